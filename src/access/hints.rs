//! What optimizer hints say about range access to one table (spec 03 §7.1, §9; 09 §1.6).

use crate::catalog::{IndexNo, KeySet};
use crate::query::hints::HintKind;
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
    pub fn allows(self, index: IndexNo) -> bool {
        self.is_any() || self.0.contains(index)
    }
}

impl RangeHints {
    /// The hints in force for a table.
    pub fn of(query: &Query, table: TableId) -> RangeHints {
        let mut hints = RangeHints::default();
        if query.hints.blocks.is_empty() {
            return hints;
        }
        for index in 0..query[table].table.indexes.len() as IndexNo {
            match query.index_hint(table, index, HintKind::Mrr) {
                Some(true) => hints.mrr.insert(index),
                Some(false) => hints.no_mrr.insert(index),
                None => {}
            }
            if query.index_hint(table, index, HintKind::RangeOptimization) == Some(false) {
                hints.no_range.insert(index);
            }
        }
        // A hint for batched key access asks for disk-sweep reads, too.
        if query.table_hint(table, HintKind::Bka) == Some(true) {
            hints.mrr = KeySet::first(query[table].table.indexes.len());
        }
        (hints.index_merge, hints.no_index_merge, hints.no_index_merge_of) = lists(query, table, HintKind::IndexMerge);
        (hints.skip_scan, hints.no_skip_scan, hints.no_skip_scan_of) = lists(query, table, HintKind::SkipScan);
        hints
    }
}

/// The positive hint's indexes, whether the negative one means all, and the negative one's indexes.
fn lists(query: &Query, table: TableId, kind: HintKind) -> (Option<NamedIndexes>, bool, KeySet) {
    match query.index_list_hint(table, kind) {
        None => (None, false, KeySet::EMPTY),
        Some(hint) if hint.on && hint.names.is_empty() => (Some(NamedIndexes(KeySet::EMPTY)), false, KeySet::EMPTY),
        Some(hint) if hint.on => (Some(NamedIndexes(hint.indexes)), false, KeySet::EMPTY),
        Some(hint) if hint.names.is_empty() => (None, true, KeySet::EMPTY),
        Some(hint) => (None, false, hint.indexes),
    }
}
