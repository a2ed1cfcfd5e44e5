//! The best index lookup for a table after a prefix of the join order (spec 04 §6).

use super::prices;
use super::search::Search;
use super::state::{IndexFacts, JoinTable, KeyUse};
use super::trace;
use crate::catalog::IndexNo;
use crate::query::TableSet;

/// Kinds of lookups in order of preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LookupClass {
    ClusteredPrimary,
    Unique,
    NotUnique,
    FullText,
}

/// Number of used parts that stands for "the whole key".
pub(super) const ALL_PARTS: usize = usize::MAX;

/// A lookup that could be chosen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lookup {
    pub index: IndexNo,
    pub class: LookupClass,
    /// Rows of one lookup.
    pub fanout: f64,
    /// Cost of the lookups of all prefix rows.
    pub read_cost: f64,
    /// Leading parts used, or [`ALL_PARTS`].
    pub used_parts: usize,
    /// Tables that the values come from; const tables left out.
    pub depends: TableSet,
    /// Parts with a usable key use, as a bit set.
    pub bound_parts: u32,
}

/// What the search for a lookup found.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BestLookup {
    pub best: Option<Lookup>,
    /// Some part of some index had a usable key use.
    pub found_condition: bool,
}

/// Parts of one index that the prefix binds, as bit sets.
#[derive(Clone, Copy, Debug, Default)]
struct Bound {
    found: u32,
    constant: u32,
    null_safe: u32,
    or_null: u32,
    depends: TableSet,
}

impl Search<'_, '_> {
    /// Number of distinct lookup values that come from `set` (spec 04 §6.5).
    pub fn distinct_prefix(&self, mut set: TableSet, idx: usize) -> f64 {
        let mut distinct = 1.0;
        for position in self.positions[..idx].iter().rev() {
            let fan = position.rows_fetched * f64::from(position.filter_effect);
            if set.contains(position.table) {
                set = set.union(position.ref_depend);
                if position.rows_fetched > f64::EPSILON {
                    distinct *= fan;
                }
            } else if fan < 1.0 {
                distinct *= fan;
            }
        }
        distinct
    }

    /// The best lookup into `table`. For a loose scan every index is priced, and all are handed to `every`.
    pub fn best_lookup(
        &self,
        table: &JoinTable,
        remaining: TableSet,
        idx: usize,
        prefix_rows: f64,
        mut every: Option<&mut Vec<Lookup>>,
    ) -> BestLookup {
        let mut result = BestLookup::default();
        if table.key_uses.is_empty() || table.range_plan_forced {
            return result;
        }
        let mut best_cost = f64::MAX;
        let mut best_class = LookupClass::NotUnique;
        let mut distinct = (table.records / 10) as f64;
        for (number, index) in table.indexes.iter().enumerate() {
            if index.key_uses.is_empty() {
                continue;
            }
            let number = number as IndexNo;
            let key_uses = &self.key_uses[index.key_uses.clone()];
            let bound = self.bind(table, key_uses, remaining, idx, &mut distinct);
            if distinct < 10.0 {
                distinct = 10.0;
                let records = table.records as f64;
                if table.records > 0 && records < distinct {
                    distinct = records;
                }
            }
            let found = if index.full_text {
                self.full_text_lookup(number, key_uses, &bound, best_class, remaining, idx)
            } else {
                self.index_lookup(
                    table,
                    number,
                    index,
                    &bound,
                    idx,
                    prefix_rows,
                    distinct,
                    (best_class, every.is_some()),
                    &mut result,
                )
            };
            let Some(lookup) = found else { continue };
            if let Some(every) = &mut every {
                every.push(lookup);
            }
            let cost = lookup.read_cost + prefix_rows * self.rows_cost(lookup.fanout);
            let cheaper = cost < best_cost;
            let both_not_unique = best_class >= LookupClass::NotUnique && lookup.class >= LookupClass::NotUnique;
            let chosen = ((both_not_unique || best_class == lookup.class) && cheaper) || lookup.class < best_class;
            let stop = (chosen && lookup.class == LookupClass::ClusteredPrimary)
                || (!chosen && best_class == LookupClass::ClusteredPrimary && result.best.is_some());
            if self.tracing {
                self.ctx.trace(|t| {
                    t.field("rows", trace::number(lookup.fanout));
                    t.field("cost", trace::number(cost));
                    t.field("chosen", chosen);
                    if stop {
                        t.field("cause", "clustered_pk_chosen_by_heuristics");
                    }
                    t.close();
                });
            }
            if chosen {
                best_cost = cost;
                best_class = lookup.class;
                result.best = Some(lookup);
            }
            if stop && every.is_none() {
                break;
            }
        }
        result
    }

    /// Which parts of an index the prefix binds, and with what (spec 04 §6.2 steps 1 and 2).
    fn bind(&self, table: &JoinTable, key_uses: &[KeyUse], remaining: TableSet, idx: usize, distinct: &mut f64) -> Bound {
        let mut bound = Bound::default();
        let unavailable = remaining.union(self.excluded);
        let const_set = self.input.const_set.union(TableSet::INNER);
        let nullable_row = self.query[table.id].nullable_row;
        let mut at = 0;
        while at < key_uses.len() {
            let part = key_uses[at].part;
            let bit = if part == KeyUse::FULL_TEXT { 0 } else { 1u32 << (part as u32 & 31) };
            let mut smallest = f64::MAX;
            let mut part_depends = TableSet::EMPTY;
            let or_null_before = bound.or_null;
            while at < key_uses.len() && key_uses[at].part == part {
                let key_use = &key_uses[at];
                at += 1;
                if key_use.used.meets(unavailable) || (or_null_before != 0 && key_use.ref_or_null) {
                    continue;
                }
                let used = key_use.used.minus(const_set);
                bound.found |= bit;
                if used.is_empty() {
                    bound.constant |= bit;
                }
                let column_nullable = nullable_row || self.part_nullable(table, key_use);
                if key_use.null_rejecting || !key_use.value_nullable || !column_nullable {
                    bound.null_safe |= bit;
                }
                let rows = self.distinct_prefix(bound.depends.union(key_use.used), idx);
                if rows < smallest {
                    smallest = rows;
                    part_depends = used;
                }
                *distinct = distinct.min(key_use.ref_table_rows);
                if key_use.ref_or_null {
                    bound.or_null |= bit;
                }
            }
            bound.depends = bound.depends.union(part_depends);
        }
        bound
    }

    fn part_nullable(&self, table: &JoinTable, key_use: &KeyUse) -> bool {
        let definition = &self.query[table.id].table;
        definition
            .indexes
            .get(key_use.index as usize)
            .and_then(|index| index.parts.get(key_use.part))
            .and_then(|part| definition.columns.get(part.column as usize))
            .is_none_or(|column| column.nullable)
    }

    fn full_text_lookup(
        &self,
        number: IndexNo,
        key_uses: &[KeyUse],
        bound: &Bound,
        best_class: LookupClass,
        remaining: TableSet,
        idx: usize,
    ) -> Option<Lookup> {
        let usable = key_uses.iter().any(|key_use| !key_use.used.meets(remaining.union(self.excluded)));
        if self.tracing {
            self.ctx.trace(|t| {
                t.open_object(None);
                t.field("access_type", "fulltext");
                t.field("index", number_name(self, key_uses, number));
                if best_class < LookupClass::NotUnique {
                    t.field("chosen", false);
                    t.field("cause", "heuristic_eqref_already_found");
                    t.close();
                } else if !usable {
                    t.field("usable", false);
                    t.field("chosen", false);
                    t.close();
                }
            });
        }
        if best_class < LookupClass::NotUnique || !usable {
            return None;
        }
        Some(Lookup {
            index: number,
            class: LookupClass::FullText,
            fanout: 1.0,
            read_cost: self.distinct_prefix(bound.depends, idx) * self.page_cost(key_uses),
            used_parts: ALL_PARTS,
            depends: bound.depends,
            bound_parts: u32::MAX,
        })
    }

    fn page_cost(&self, key_uses: &[KeyUse]) -> f64 {
        key_uses.first().map_or(0.0, |first| prices::page_reads(self.costs, &self.tables[first.table as usize], 1.0))
    }

    /// Class, fanout and price of one index (spec 04 §6.2 steps 5 to 9, §6.3); none if it is rejected. The trace object of an
    /// accepted one is left open.
    #[allow(clippy::too_many_arguments)]
    fn index_lookup(
        &self,
        table: &JoinTable,
        number: IndexNo,
        index: &IndexFacts,
        bound: &Bound,
        idx: usize,
        prefix_rows: f64,
        distinct: f64,
        (best_class, price_all): (LookupClass, bool),
        result: &mut BestLookup,
    ) -> Option<Lookup> {
        result.found_condition |= bound.found != 0;
        let all_bits = if index.actual_parts >= 32 { u32::MAX } else { (1u32 << index.actual_parts) - 1 };
        let all_covered = bound.found == all_bits;
        let all_null_safe = bound.or_null == 0 && bound.null_safe & all_bits == all_bits;
        let class = if all_covered && index.unique {
            match () {
                _ if index.clustered_primary => LookupClass::ClusteredPrimary,
                _ if !index.nullable_part || all_null_safe => LookupClass::Unique,
                _ => LookupClass::NotUnique,
            }
        } else {
            LookupClass::NotUnique
        };
        self.trace_lookup(table, number, class);
        if class > best_class && !price_all {
            self.trace_rejected("heuristic_eqref_already_found");
            return None;
        }
        let records = table.records as f64;
        let quick = table.quick.get(number as usize).copied().flatten();
        let constant = bound.depends.is_empty();
        let per_key = |parts: usize| index.records_per_key.get(parts.wrapping_sub(1)).copied().filter(|rows| *rows >= 0.0);
        let (fanout, used_parts);
        if all_covered && bound.or_null == 0 {
            used_parts = ALL_PARTS;
            if index.unique && (!index.nullable_part || all_null_safe) {
                return Some(Lookup {
                    index: number,
                    class,
                    fanout: 1.0,
                    read_cost: self.distinct_prefix(bound.depends, idx) * prices::page_reads(self.costs, table, 1.0),
                    used_parts,
                    depends: bound.depends,
                    bound_parts: bound.found,
                });
            }
            if constant {
                fanout = quick.map_or_else(|| if distinct > 0.0 { records / distinct } else { 0.0 }, |quick| quick.rows as f64);
            } else {
                let mut rows = match per_key(index.actual_parts) {
                    Some(rows) => f64::from(rows),
                    None => {
                        let longest = f64::from(table.max_key_bytes);
                        let own = f64::from(index.key_bytes);
                        let longer = if longest > 0.0 { (longest - own) / longest } else { 0.0 };
                        (records / distinct * (1.0 + longer)).max(2.0)
                    }
                };
                if let Some(quick) = quick {
                    let leading = leading_bits(quick.key_parts);
                    if bound.constant & leading == leading && quick.ranges == 1 && rows > quick.rows as f64 {
                        rows = quick.rows as f64;
                    }
                }
                fanout = rows;
            }
        } else {
            if bound.found & 1 == 0 {
                if self.tracing {
                    self.ctx.trace(|t| {
                        t.field("usable", false);
                        t.field("chosen", false);
                        t.close();
                    });
                }
                return None;
            }
            let parts = bound.found.trailing_ones() as usize;
            used_parts = parts;
            let null_ranges = u32::from(bound.or_null & bound.constant != 0);
            let or_null = u32::from(bound.or_null != 0);
            match quick {
                Some(quick) if constant && quick.key_parts == parts && quick.ranges == 1 + or_null => {
                    fanout = quick.rows as f64;
                }
                _ => {
                    let mut rows = match per_key(parts) {
                        Some(rows) => {
                            if constant && quick.is_some_and(|quick| quick.key_parts > parts) {
                                self.trace_rejected("range_uses_more_keyparts");
                                return None;
                            }
                            f64::from(rows)
                        }
                        None => guess_without_statistics(table, index, parts, distinct),
                    };
                    if bound.or_null != 0 {
                        rows *= 2.0;
                    }
                    if let Some(quick) = quick {
                        let behind = 1u32.checked_shl(quick.key_parts as u32).unwrap_or(0);
                        if quick.key_parts <= parts
                            && bound.constant & behind != 0
                            && quick.ranges == 1 + null_ranges
                            && rows > quick.rows as f64
                        {
                            rows = quick.rows as f64;
                        }
                    }
                    fanout = rows;
                }
            }
        }
        let read_cost = prefix_rows * self.lookup_cost(table, index, fanout);
        Some(Lookup { index: number, class, fanout, read_cost, used_parts, depends: bound.depends, bound_parts: bound.found })
    }

    /// Cost of one lookup that finds `rows` rows (`L` of spec 04 §6.3).
    fn lookup_cost(&self, table: &JoinTable, index: &IndexFacts, rows: f64) -> f64 {
        let rows = rows.min(self.ctx.settings.max_seeks_for_key as f64);
        if table.unfinished {
            table.worst_seeks
        } else if index.covering {
            prices::index_only_scan(self.costs, index, rows)
        } else if index.clustered_primary {
            prices::clustered_range(self.costs, table, table.statistics.clustered_pages as f64, rows)
        } else {
            prices::page_reads(self.costs, table, rows).min(table.worst_seeks)
        }
    }

    fn trace_lookup(&self, table: &JoinTable, number: IndexNo, class: LookupClass) {
        if self.tracing {
            let name = &self.query[table.id].table.indexes[number as usize].name;
            self.ctx.trace(|t| {
                t.open_object(None);
                t.field("access_type", if class < LookupClass::NotUnique { "eq_ref" } else { "ref" });
                t.field("index", &**name);
            });
        }
    }

    fn trace_rejected(&self, cause: &str) {
        if self.tracing {
            self.ctx.trace(|t| {
                t.field("chosen", false);
                t.field("cause", cause);
                t.close();
            });
        }
    }

    /// Columns that a lookup accounts for: those of the index's key uses up to the first whose part is not bound
    /// (spec 04 §8.3 step 3).
    pub fn columns_of_lookup(&self, table: &JoinTable, index: IndexNo, bound_parts: u32) -> crate::query::ColumnSet {
        columns_of_lookup(self.query, table, self.key_uses, index, bound_parts)
    }
}

/// See [`Search::columns_of_lookup`].
pub(super) fn columns_of_lookup(
    query: &crate::query::Query,
    table: &JoinTable,
    key_uses: &[KeyUse],
    index: IndexNo,
    bound_parts: u32,
) -> crate::query::ColumnSet {
    let mut columns = crate::query::ColumnSet::default();
    let (Some(definition), Some(facts)) = (query[table.id].table.indexes.get(index as usize), table.indexes.get(index as usize))
    else {
        return columns;
    };
    if facts.full_text {
        // The appended columns of the primary key count too.
        let table = &query[table.id].table;
        let primary = table.clustered.and_then(|primary| table.indexes.get(primary as usize));
        let appended = primary.into_iter().flat_map(|index| index.parts.iter().take(index.user_parts));
        definition.parts.iter().take(definition.user_parts).chain(appended).for_each(|part| {
            columns.insert(part.column);
        });
        return columns;
    }
    for key_use in &key_uses[facts.key_uses.clone()] {
        let Some(part) = definition.parts.get(key_use.part) else { break };
        if bound_parts & 1 << (key_use.part as u32 & 31) == 0 {
            break;
        }
        columns.insert(part.column);
    }
    columns
}

fn number_name(search: &Search<'_, '_>, key_uses: &[KeyUse], number: IndexNo) -> String {
    let Some(first) = key_uses.first() else { return String::new() };
    let table = &search.tables[first.table as usize];
    search.query[table.id].table.indexes.get(number as usize).map_or_else(String::new, |index| index.name.to_string())
}

fn leading_bits(parts: usize) -> u32 {
    if parts >= 32 { u32::MAX } else { (1 << parts) - 1 }
}

/// Rows of a lookup with a prefix of a key that has no statistics (spec 04 §6.3 B3).
fn guess_without_statistics(table: &JoinTable, index: &IndexFacts, parts: usize, distinct: f64) -> f64 {
    let records = table.records as f64;
    if table.records == 0 {
        return 0.0;
    }
    let whole = match index.records_per_key.get(index.user_parts.wrapping_sub(1)).filter(|rows| **rows >= 0.0) {
        Some(rows) => f64::from(*rows),
        None => records / distinct + 1.0,
    };
    let rows = if whole / records >= 0.01 {
        whole
    } else {
        let (a, user_parts, used) = (records * 0.01, index.user_parts as f64, parts as f64);
        let rows = if index.user_parts > 1 { (used * (whole - a) + a * user_parts - whole) / (user_parts - 1.0) } else { a };
        rows.max(1.0)
    };
    rows.trunc()
}
