//! What optimizer hints say about range access to one table (spec 03 §7.1, §9; 09 §1.6).

use crate::catalog::{KeySet, Table};
use crate::parse::ast::{HintArguments, HintTable};
use crate::query::{Query, TableId};

/// Hints on range access of one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct RangeHints {
    /// NO_RANGE_OPTIMIZATION.
    pub no_range: KeySet,
    /// INDEX_MERGE: the named indexes, all of them if none is named.
    pub index_merge: Option<NamedIndexes>,
    /// NO_INDEX_MERGE without index names.
    pub no_index_merge: bool,
    /// NO_INDEX_MERGE with index names.
    pub no_index_merge_of: KeySet,
    /// SKIP_SCAN.
    pub skip_scan: Option<NamedIndexes>,
    /// NO_SKIP_SCAN without index names.
    pub no_skip_scan: bool,
    /// NO_SKIP_SCAN with index names.
    pub no_skip_scan_of: KeySet,
    /// MRR.
    pub mrr: KeySet,
    /// NO_MRR.
    pub no_mrr: KeySet,
}

/// Indexes that a hint names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedIndexes(pub KeySet);

impl NamedIndexes {
    /// The hint names no index: it means the cheapest.
    pub fn is_any(self) -> bool {
        self.0.is_empty()
    }
    /// The hint allows the index.
    pub fn allows(self, index: u8) -> bool {
        self.is_any() || self.0.contains(index)
    }
}

impl RangeHints {
    /// The hints that name a table. The first of two that conflict counts.
    pub fn of(query: &Query, table: TableId) -> RangeHints {
        let mut hints = RangeHints::default();
        let reference = &query[table];
        let block = &query[reference.block];
        for hint in &block.hints {
            let names_table = |given: &HintTable| given.name.eq_ignore_ascii_case(&reference.alias);
            let indexes = match &hint.arguments {
                HintArguments::Tables(tables) if tables.iter().any(names_table) => KeySet::EMPTY,
                HintArguments::Indexes { table: given, indexes } if names_table(given) => {
                    let named = numbers(&reference.table, indexes);
                    if named.is_empty() && !indexes.is_empty() {
                        continue;
                    }
                    named
                }
                _ => continue,
            };
            hints.add(&hint.name, indexes, KeySet::first(reference.table.indexes.len()));
        }
        hints
    }

    fn add(&mut self, name: &str, indexes: KeySet, all: KeySet) {
        let these = if indexes.is_empty() { all } else { indexes };
        match name {
            "NO_RANGE_OPTIMIZATION" => self.no_range = self.no_range.union(these),
            "INDEX_MERGE" if self.index_merge.is_none() && !self.no_index_merge => {
                self.index_merge = Some(NamedIndexes(indexes));
            }
            "NO_INDEX_MERGE" if self.index_merge.is_none() => {
                if indexes.is_empty() {
                    self.no_index_merge = true;
                } else {
                    self.no_index_merge_of = self.no_index_merge_of.union(indexes);
                }
            }
            "SKIP_SCAN" if self.skip_scan.is_none() && !self.no_skip_scan => {
                self.skip_scan = Some(NamedIndexes(indexes));
            }
            "NO_SKIP_SCAN" if self.skip_scan.is_none() => {
                if indexes.is_empty() {
                    self.no_skip_scan = true;
                } else {
                    self.no_skip_scan_of = self.no_skip_scan_of.union(indexes);
                }
            }
            "MRR" | "BKA" => self.mrr = self.mrr.union(these.minus(self.no_mrr)),
            "NO_MRR" => self.no_mrr = self.no_mrr.union(these.minus(self.mrr)),
            _ => {}
        }
    }
}

fn numbers(table: &Table, names: &[std::sync::Arc<str>]) -> KeySet {
    let mut set = KeySet::EMPTY;
    for name in names {
        if let Some(index) = table.index_by_name(name) {
            set.insert(index);
        }
    }
    set
}
