//! Rows and costs of the semijoin strategies over a range of places (spec 05 §3).

use super::prices;
use super::ref_access::Lookup;
use super::search::Search;
use super::semijoin::Outcome;
use super::state::{KeyUse, Position};
use super::trace;
use crate::access::RangePlanKind;
use crate::catalog::KeySet;
use crate::query::{Expr, ExprId, TableSet};

/// The access of a loose scan's driving table.
#[derive(Clone, Copy, Debug)]
struct LooseScanAccess {
    cost: f64,
    rows: f64,
    index: u8,
    parts: u8,
    lookup: Option<Lookup>,
}

impl Search<'_, '_> {
    /// FirstMatch and LooseScan over the places `first..=last` (spec 05 §3.1, §3.2). With `store` the accesses that are
    /// chosen anew go into the places.
    pub fn match_costs(&mut self, first: usize, last: usize, remaining: TableSet, loose: bool, store: bool) -> Option<Outcome> {
        if self.tracing {
            self.ctx.trace(|t| {
                t.open_object(Some("recalculate_access_paths_and_cost"));
                t.open_array(Some("tables"));
            });
        }
        let outcome = self.match_costs_of(first, last, remaining, loose, store);
        if self.tracing {
            self.ctx.trace(|t| {
                t.close();
                t.close();
            });
        }
        outcome
    }

    fn match_costs_of(&mut self, first: usize, last: usize, remaining: TableSet, loose: bool, store: bool) -> Option<Outcome> {
        let (rowcount, mut cost) = self.prefix(first);
        let is_inner = |search: &Self, place: usize| search.nest_at(search.at(place)).is_some();
        let inner_count = (first..=last).filter(|&place| is_inner(self, place)).count();
        let last_inner = (first..=last).rev().find(|&place| is_inner(self, place)).unwrap_or(first);
        let (mut inner, mut outer) = (1.0, 1.0);
        let mut later = remaining;
        for place in first..=last {
            later.insert(self.at(place).table);
        }
        for place in first..=last {
            let table = self.at(place).table;
            let mut position = *self.at(place);
            if loose && place == first {
                position = self.loose_scan_position(place, later, rowcount)?;
                if store {
                    let rows = rowcount * position.rows_fetched;
                    position.prefix_cost = cost + position.read_cost + self.rows_cost(rows);
                    position.prefix_rowcount = rows * f64::from(position.filter_effect);
                }
            } else if position.join_buffer {
                let no_buffer = if loose { place <= last_inner } else { inner_count > 1 };
                self.replan(place, later, no_buffer, rowcount * inner * outer, &mut position);
            }
            later = later.minus(TableSet::of(table));
            cost += position.read_cost + self.rows_cost(rowcount * inner * outer * position.rows_fetched);
            let fanout = position.rows_fetched * f64::from(position.filter_effect);
            if is_inner(self, place) {
                inner *= fanout;
            } else {
                outer *= fanout;
            }
            if store {
                *self.at_mut(place) = position;
            }
        }
        Some(Outcome { rows: rowcount * outer, cost })
    }

    /// Chooses the access of a placed table again, with other prefix rows. Rows and cost of the prefix stay.
    fn replan(&mut self, place: usize, later: TableSet, no_buffer: bool, prefix_rows: f64, position: &mut Position) {
        let mut fresh = Position::empty(position.table);
        self.trace_table(position.table);
        self.best_access(position.table, later, place, no_buffer, prefix_rows, &mut fresh);
        self.trace_end();
        position.rows_fetched = fresh.rows_fetched;
        position.read_cost = fresh.read_cost;
        position.filter_effect = fresh.filter_effect;
        position.key = fresh.key;
        position.ref_depend = fresh.ref_depend;
        position.bound_parts = fresh.bound_parts;
        position.join_buffer = fresh.join_buffer;
    }

    fn trace_table(&self, table: u8) {
        if self.tracing {
            let name = trace::table_name(self.query, self.tables[table as usize].id);
            self.ctx.trace(|t| {
                t.open_object(None);
                t.field("table", name);
            });
        }
    }

    fn trace_end(&self) {
        if self.tracing {
            self.ctx.trace(|t| t.close());
        }
    }

    /// The driving table of a loose scan (spec 05 §3.3); none if no index removes the duplicates. `later` holds the tables
    /// that are not available, the driving table among them.
    fn loose_scan_position(&mut self, place: usize, later: TableSet, prefix_rows: f64) -> Option<Position> {
        let old = *self.at(place);
        let mut position = old;
        let mut lookups = Vec::new();
        self.trace_table(old.table);
        let mut regular = Position::empty(old.table);
        self.best_access_of_all(old.table, later, place, true, prefix_rows, &mut regular, Some(&mut lookups));
        let access = self.loose_scan_access(place, later, &lookups);
        if let Some(access) = &access {
            let table = &self.tables[old.table as usize];
            position.rows_fetched = access.rows;
            position.read_cost = access.cost;
            position.key = access.lookup.map(|lookup| lookup.index);
            position.ref_depend = access.lookup.map_or(TableSet::EMPTY, |lookup| lookup.depends);
            position.bound_parts = access.lookup.map_or(0, |lookup| lookup.bound_parts);
            position.join_buffer = false;
            position.loose_scan = Some((access.index, access.parts));
            let available = TableSet(!later.union(self.excluded).0);
            let columns = access.lookup.map(|lookup| (lookup.index, lookup.bound_parts));
            position.filter_effect = self.filter_of(table, columns, available, access.rows, None);
        }
        self.trace_end();
        access.map(|_| position)
    }

    fn loose_scan_access(&self, place: usize, later: TableSet, lookups: &[Lookup]) -> Option<LooseScanAccess> {
        let number = self.at(place).table;
        let table = &self.tables[number as usize];
        let nest_place = self.nest_at(self.at(place))?;
        let nest = &self.nests[nest_place];
        let all: u64 = if nest.pairs.len() >= 64 { u64::MAX } else { (1 << nest.pairs.len()) - 1 };
        let bound = (0..nest.pairs.len()).filter(|&pair| self.pair_is_bound(&nest.pairs[pair], later, place));
        let bound = bound.fold(0u64, |set, pair| set | 1 << pair);
        self.trace_loose_open();
        let mut best: Option<LooseScanAccess> = None;
        let mut accepted = KeySet::EMPTY;
        let mut parts_of = [0u8; 64];
        for (index_number, index) in table.indexes.iter().enumerate() {
            if index.key_uses.is_empty() {
                continue;
            }
            let definition = &self.query[table.id].table.indexes[index_number];
            let (mut handled, mut handled_parts) = (0u64, 0u32);
            let lookup = lookups.iter().find(|lookup| lookup.index as usize == index_number);
            let bound_parts = lookup.map_or(0, |lookup| lookup.bound_parts);
            for key_use in &self.key_uses[index.key_uses.clone()] {
                if key_use.part == KeyUse::FULL_TEXT || key_use.part >= 32 {
                    continue;
                }
                let Some((of, pair)) = key_use.semijoin_pair.filter(|_| key_use.used.meets(later.union(self.excluded))) else {
                    continue;
                };
                let whole = definition.parts.get(key_use.part).is_some_and(|part| part.prefix_chars.is_none());
                if of == nest.id && whole && pair < 64 {
                    handled |= 1 << pair;
                    handled_parts |= 1 << key_use.part;
                }
            }
            self.trace_loose_index(&definition.name);
            if handled | bound != all {
                self.trace_loose_rejected("index_handles_needed_semijoin_equalities");
                continue;
            }
            if handled_parts == 0 {
                self.trace_loose_rejected("some_index_part_used");
                continue;
            }
            let largest = 31 - handled_parts.leading_zeros();
            let wanted = if largest >= 31 { u32::MAX } else { (1 << (largest + 1)) - 1 };
            if (handled_parts | bound_parts) & wanted != wanted {
                self.trace_loose_rejected("index_can_remove_duplicates");
                continue;
            }
            let access = |cost: f64, rows: f64, lookup: Option<Lookup>| LooseScanAccess {
                cost,
                rows,
                index: index_number as u8,
                parts: largest as u8 + 1,
                lookup,
            };
            let cheaper = |cost: f64, best: &Option<LooseScanAccess>| best.is_none_or(|best| cost < best.cost);
            if bound_parts & 1 != 0 {
                if let Some(lookup) = lookup {
                    let chosen = cheaper(lookup.read_cost, &best);
                    self.trace_loose_candidate("ref", lookup.read_cost, chosen);
                    if chosen {
                        best = Some(access(lookup.read_cost, lookup.fanout, Some(*lookup)));
                    }
                }
            } else if index.covering {
                let records = table.records as f64;
                let cost = prices::index_only_scan(self.costs, index, records);
                let per_key = index.records_per_key.get(largest as usize).copied().filter(|rows| *rows > 0.0);
                let rows = per_key.map_or(records, |per_key| records / f64::from(per_key));
                let chosen = cheaper(cost, &best);
                self.trace_loose_candidate("covering_scan", cost, chosen);
                if chosen {
                    best = Some(access(cost, rows, None));
                }
            } else if self.tracing {
                self.ctx.trace(|t| {
                    t.field("ref_possible", false);
                    t.field("covering_scan_possible", false);
                });
            }
            accepted.insert(index_number as u8);
            parts_of[index_number] = largest as u8 + 1;
            self.trace_end();
        }
        if self.tracing {
            self.ctx.trace(|t| t.close());
        }
        if let Some(plan) = table.range_plan.as_ref().filter(|_| place == self.input.const_tables)
            && let RangePlanKind::IndexRange(scan) = &plan.kind
            && accepted.contains(scan.index)
        {
            let chosen = best.is_none_or(|best| plan.cost < best.cost);
            if self.tracing {
                self.ctx.trace(|t| {
                    t.open_object(Some("range_scan"));
                    t.field("cost", trace::number(plan.cost));
                    if chosen {
                        t.field("chosen", true);
                    }
                    t.close();
                });
            }
            if chosen {
                best = Some(LooseScanAccess {
                    cost: plan.cost,
                    rows: plan.rows,
                    index: scan.index,
                    parts: parts_of[scan.index as usize],
                    lookup: None,
                });
            }
        }
        self.trace_loose_close();
        best
    }

    /// The outer side of a pair is known before the driving table, or a column of the pair equals something known.
    fn pair_is_bound(&self, pair: &(ExprId, ExprId), later: TableSet, place: usize) -> bool {
        if !self.query.exprs.facts(pair.0).used.meets(later) {
            return true;
        }
        let before = self.positions[..place].iter().fold(TableSet::EMPTY, |set, p| set.union(TableSet::of(p.table)));
        let Some(where_) = self.where_ else { return false };
        let conjuncts: &[ExprId] = match &self.query.exprs[where_] {
            Expr::And(args) => args,
            _ => &[where_],
        };
        let sides = [self.query.column_of(pair.0), self.query.column_of(pair.1)];
        conjuncts.iter().any(|&conjunct| {
            let Expr::MultipleEqual { columns, constant, .. } = &self.query.exprs[conjunct] else { return false };
            let member = columns.iter().any(|&column| {
                let column = self.query.column_of(column);
                column.is_some() && sides.contains(&column)
            });
            member && (constant.is_some() || columns.iter().any(|&column| self.query.exprs.facts(column).used.meets(before)))
        })
    }

    fn trace_loose_open(&self) {
        if self.tracing {
            self.ctx.trace(|t| {
                t.open_nameless_object();
                t.open_object(Some("searching_loose_scan_index"));
                t.open_array(Some("indexes"));
            });
        }
    }

    fn trace_loose_close(&self) {
        if self.tracing {
            self.ctx.trace(|t| {
                t.close();
                t.close();
            });
        }
    }

    fn trace_loose_index(&self, name: &str) {
        if self.tracing {
            self.ctx.trace(|t| {
                t.open_object(None);
                t.field("index", name);
            });
        }
    }

    fn trace_loose_rejected(&self, cause: &str) {
        if self.tracing {
            self.ctx.trace(|t| {
                t.field(cause, false);
                t.close();
            });
        }
    }

    fn trace_loose_candidate(&self, name: &str, cost: f64, chosen: bool) {
        if self.tracing {
            self.ctx.trace(|t| {
                t.open_object(Some(name));
                t.field("cost", trace::number(cost));
                if chosen {
                    t.field("chosen", true);
                }
                t.close();
            });
        }
    }

    /// Duplicate weedout over the places `first..=last` (spec 05 §3.4).
    pub fn weedout_cost(&self, first: usize, last: usize) -> Outcome {
        let (rowcount, mut cost) = self.prefix(first);
        let mut row_bytes = if first == self.input.const_tables { 0.0 } else { 8.0 };
        let (mut inner, mut outer, mut max_outer) = (1.0, 1.0, 1.0);
        for position in &self.positions[first..=last] {
            let table = &self.tables[position.table as usize];
            cost += position.read_cost + self.rows_cost(rowcount * inner * outer * position.rows_fetched);
            let fanout = position.rows_fetched * f64::from(position.filter_effect);
            if self.nest_at(position).is_some() {
                inner *= fanout;
            } else {
                max_outer *= table.records as f64 * f64::from(position.filter_effect);
                if inner > 1.0 {
                    outer *= inner * position.rows_fetched * f64::from(position.filter_effect);
                    inner = 1.0;
                } else {
                    outer *= fanout;
                }
                row_bytes += f64::from(table.row_id_bytes);
            }
        }
        if max_outer < outer {
            if max_outer > 0.0 {
                inner *= outer / max_outer;
            }
            outer = max_outer;
        }
        let (create, row) = self.temporary_table(outer * row_bytes);
        cost = cost + create + (rowcount * outer + rowcount * inner * outer) * row;
        Outcome { rows: rowcount * outer, cost }
    }

    /// Cost of creating a temporary table of so many bytes, and of one row in it.
    pub fn temporary_table(&self, bytes: f64) -> (f64, f64) {
        if bytes < self.ctx.settings.max_heap_table_bytes as f64 {
            (self.costs.memory_temptable_create, self.costs.memory_temptable_row)
        } else {
            (self.costs.disk_temptable_create, self.costs.disk_temptable_row)
        }
    }

    /// A nest that ends at `last` is materialized and looked up (spec 05 §3.5).
    pub fn materialize_lookup_cost(&self, nest: usize, last: usize) -> Outcome {
        let nest = &self.nests[nest];
        let first = last + 1 - nest.inner.len();
        let (rows, cost) = self.prefix(first);
        let costs = nest.materialization.as_ref().map(|plan| plan.costs).unwrap_or_default();
        Outcome { rows, cost: cost + (costs.materialize + rows * costs.lookup) }
    }

    /// A nest whose last table stands at `last_inner` is materialized and scanned; outer tables follow up to `last`
    /// (spec 05 §3.6).
    pub fn materialize_scan_cost(
        &mut self,
        nest: usize,
        last_inner: usize,
        last: usize,
        remaining: TableSet,
        store: bool,
    ) -> Outcome {
        let first = last_inner + 1 - self.nests[nest].inner.len();
        let costs = self.nests[nest].materialization.as_ref().map(|plan| plan.costs).unwrap_or_default();
        let (rowcount, mut cost) = self.prefix(first);
        cost += costs.materialize + rowcount * costs.scan;
        if self.tracing {
            self.ctx.trace(|t| {
                t.open_object(Some("recalculate_access_paths_and_cost"));
                t.open_array(Some("tables"));
            });
        }
        let mut outer = 1.0;
        let mut later = remaining;
        for place in last_inner + 1..=last {
            later.insert(self.at(place).table);
        }
        for place in last_inner + 1..=last {
            let mut position = *self.at(place);
            self.replan(place, later, false, rowcount * costs.distinct_rows * outer, &mut position);
            later = later.minus(TableSet::of(position.table));
            outer *= position.rows_fetched;
            cost += position.read_cost + self.rows_cost(rowcount * costs.distinct_rows * outer);
            outer *= f64::from(position.filter_effect);
            if store {
                *self.at_mut(place) = position;
            }
        }
        if self.tracing {
            self.ctx.trace(|t| {
                t.close();
                t.close();
            });
        }
        Outcome { rows: rowcount * outer, cost }
    }
}
