//! The search for the best join order: greedy over depth-first extensions with pruning (spec 04 §9).

use super::nest_check::OpenNests;
use super::state::{JoinTable, KeyUse, Position, SemijoinNest, SemijoinStrategy};
use super::trace;
use crate::context::Context;
use crate::cost::CostConstants;
use crate::estimate::{HistogramCache, IndexRows};
use crate::query::{ExprId, NestId, Query, TableSet};

/// The one table that ORDER BY or GROUP BY uses, as the search sees it (spec 04 §9.4, §7.5).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum SortTable {
    /// There is none.
    None,
    /// This one.
    Table(u8),
    /// It was read by a scan once: from then on a temporary table is assumed whatever comes first.
    AlwaysTemporary,
}

/// What the search needs to know beside tables and key uses.
#[derive(Clone, Debug)]
pub(super) struct SearchInput {
    /// Leading const tables of the order.
    pub const_tables: usize,
    /// The set of const tables.
    pub const_set: TableSet,
    /// Table that all of ORDER BY or GROUP BY uses.
    pub sort_by_table: Option<u8>,
    /// LIMIT plus OFFSET.
    pub select_limit: u64,
    /// STRAIGHT_JOIN of the whole block.
    pub straight: bool,
    /// Windows that sort: each adds the rows of the plan to its cost.
    pub sorting_windows: usize,
    /// Pseudo tables that must not be used: the outer reference, when an IN subquery is planned for materialization.
    pub excluded: TableSet,
}

/// The search over one block, or over the tables of one nest.
pub(super) struct Search<'a, 'c> {
    pub ctx: &'a Context<'c>,
    pub query: &'a Query,
    pub costs: &'a CostConstants,
    pub tables: &'a [JoinTable],
    pub key_uses: &'a [KeyUse],
    pub nests: &'a [SemijoinNest],
    /// Place in `nests` by table number.
    pub nest_of: Vec<Option<u8>>,
    /// Range estimates by table number.
    pub quick: Vec<Vec<IndexRows>>,
    pub histograms: &'a HistogramCache,
    pub where_: Option<ExprId>,
    pub input: SearchInput,
    /// Tables that cannot be used: those outside of the nest that is planned alone, and pseudo tables.
    pub excluded: TableSet,
    /// The nest that is planned alone.
    pub alone: Option<NestId>,
    /// Lateral tables.
    pub laterals: TableSet,
    pub filtering: bool,
    pub tracing: bool,
    pub best_ref: Vec<u8>,
    pub positions: Vec<Position>,
    pub best_positions: Vec<Position>,
    /// The best plan while its semijoins are fixed; empty before.
    pub fixed: Vec<Position>,
    pub open: OpenNests,
    pub best_read: f64,
    pub best_rowcount: u64,
    pub sort_cost: f64,
    pub windowing_cost: f64,
    pub sort_by_table: SortTable,
    found_allowed: bool,
    prune: bool,
}

impl<'a, 'c> Search<'a, 'c> {
    /// A search that starts with the const tables placed.
    #[allow(clippy::too_many_arguments)]
    pub fn new(
        ctx: &'a Context<'c>,
        query: &'a Query,
        tables: &'a [JoinTable],
        key_uses: &'a [KeyUse],
        nests: &'a [SemijoinNest],
        histograms: &'a HistogramCache,
        where_: Option<ExprId>,
        input: SearchInput,
        best_ref: Vec<u8>,
    ) -> Search<'a, 'c> {
        let nest_of = tables
            .iter()
            .map(|table| nests.iter().position(|nest| nest.inner.contains(table.number)).map(|place| place as u8))
            .collect();
        let quick = tables
            .iter()
            .map(|table| {
                let known = |(index, estimate): (usize, &Option<crate::access::QuickEstimate>)| {
                    estimate.map(|e| IndexRows { index: index as u8, rows: e.rows, key_parts: e.key_parts })
                };
                table.quick.iter().enumerate().filter_map(known).collect()
            })
            .collect();
        let mut positions: Vec<Position> = best_ref.iter().map(|&table| Position::empty(table)).collect();
        for position in &mut positions[..input.const_tables] {
            *position = super::const_position(query, &tables[position.table as usize]);
        }
        let laterals = tables.iter().filter(|table| !table.lateral_depends.is_empty());
        let excluded = input.excluded;
        Search {
            ctx,
            query,
            costs: ctx.costs(),
            tables,
            key_uses,
            nests,
            nest_of,
            quick,
            histograms,
            where_,
            excluded,
            alone: None,
            laterals: laterals.fold(TableSet::EMPTY, |set, table| set.union(TableSet::of(table.number))),
            filtering: ctx.settings.switches.on(crate::catalog::Switch::ConditionFanoutFilter) && where_.is_some(),
            tracing: ctx.trace.is_some(),
            best_positions: positions.clone(),
            fixed: Vec::new(),
            positions,
            best_ref,
            open: OpenNests::new(query, tables),
            best_read: f64::MAX,
            best_rowcount: u64::MAX,
            sort_cost: 0.0,
            windowing_cost: 0.0,
            sort_by_table: input.sort_by_table.map_or(SortTable::None, SortTable::Table),
            found_allowed: false,
            prune: ctx.settings.prune_level == 1,
            input,
        }
    }

    /// Cost of evaluating rows.
    pub fn rows_cost(&self, rows: f64) -> f64 {
        self.costs.rows(rows)
    }

    /// Rows and cost of the prefix before place `idx`: those of an empty prefix for the first table that is not const.
    pub fn prefix(&self, idx: usize) -> (f64, f64) {
        if idx == self.input.const_tables || idx == 0 {
            return (1.0, 0.0);
        }
        let before = self.at(idx - 1);
        (before.prefix_rowcount, before.prefix_cost)
    }

    /// A place of the order in hand: that of the search, or the best one while it is fixed.
    pub fn at(&self, place: usize) -> &Position {
        if self.fixed.is_empty() { &self.positions[place] } else { &self.fixed[place] }
    }

    /// See [`Search::at`].
    pub fn at_mut(&mut self, place: usize) -> &mut Position {
        if self.fixed.is_empty() { &mut self.positions[place] } else { &mut self.fixed[place] }
    }

    /// Finds the best order of `joined` and leaves it in `best_positions`.
    pub fn choose_order(&mut self, joined: TableSet) {
        let start = self.input.const_tables;
        if self.input.straight {
            self.straight_join(joined, start);
            return;
        }
        let count = joined.len();
        let depth = match self.ctx.settings.search_depth {
            0 if count <= 7 => count + 1,
            0 => 7,
            depth => depth as usize,
        };
        self.greedy_search(joined, start, depth);
    }

    fn greedy_search(&mut self, mut remaining: TableSet, mut idx: usize, depth: usize) {
        loop {
            self.best_read = f64::MAX;
            self.best_rowcount = u64::MAX;
            self.found_allowed = false;
            self.best_extension(remaining, idx, depth);
            if remaining.len() <= depth {
                return;
            }
            let fixed = self.best_positions[idx];
            self.positions[idx] = fixed;
            let table = fixed.table;
            self.open.enter(self.alone, table);
            let Some(place) = self.best_ref[idx..].iter().position(|&other| other == table) else { return };
            self.best_ref[idx..=idx + place].rotate_right(1);
            remaining = remaining.minus(TableSet::of(table));
            idx += 1;
        }
    }

    fn straight_join(&mut self, mut remaining: TableSet, mut idx: usize) {
        let (mut rows, mut cost) = (1.0, 0.0);
        let order = self.best_ref[idx..].to_vec();
        for table in order {
            if !remaining.contains(table) {
                continue;
            }
            self.trace_open(table, idx);
            self.place(table, remaining, idx);
            remaining = remaining.minus(TableSet::of(table));
            self.trace_prefix(idx);
            if !self.nests.is_empty() && self.alone.is_none() {
                self.advance_semijoin(remaining, table, idx);
            }
            self.trace_close();
            rows = self.positions[idx].prefix_rowcount;
            cost = self.positions[idx].prefix_cost;
            idx += 1;
        }
        if self.pays_for_sort() {
            cost += rows;
        }
        self.best_positions.clone_from(&self.positions);
        self.best_read = cost - 0.001;
        self.best_rowcount = rows as u64;
    }

    /// Chooses the access of `table` at place `idx` and accumulates rows and cost.
    fn place(&mut self, table: u8, remaining: TableSet, idx: usize) {
        let (rows, _) = self.prefix(idx);
        let mut position = Position::empty(table);
        self.best_access(table, remaining, idx, false, rows, &mut position);
        self.positions[idx] = position;
        self.accumulate(idx);
    }

    fn accumulate(&mut self, idx: usize) {
        let (rows, cost) = self.prefix(idx);
        let row_cost = self.costs.row_evaluate;
        let position = &mut self.positions[idx];
        let joined = rows * position.rows_fetched;
        position.prefix_cost = cost + position.read_cost + joined * row_cost;
        position.prefix_rowcount = joined * f64::from(position.filter_effect);
    }

    fn pays_for_sort(&self) -> bool {
        match self.sort_by_table {
            SortTable::None => false,
            SortTable::AlwaysTemporary => true,
            SortTable::Table(table) => self.positions.get(self.input.const_tables).is_none_or(|first| first.table != table),
        }
    }

    /// Tries every table at place `idx` (spec 04 §9.5). Returns nothing: the best complete plan is kept aside.
    fn best_extension(&mut self, remaining: TableSet, idx: usize, depth: usize) {
        let (mut best_rows, mut best_cost) = (f64::MAX, f64::MAX);
        let mut eq_ref_done = TableSet::EMPTY;
        let saved: smallvec::SmallVec<[u8; 64]> = self.best_ref[idx..].into();
        for place in idx..self.best_ref.len() {
            // Nobody waits for the plan any more: the first complete one will do.
            if self.best_read < f64::MAX && self.ctx.is_interrupted() {
                break;
            }
            let table = self.best_ref[place];
            self.best_ref.swap(idx, place);
            if !remaining.contains(table)
                || eq_ref_done.contains(table)
                || self.tables[table as usize].dependent.meets(remaining)
                || !self.open.enter(self.alone, table)
            {
                continue;
            }
            self.trace_open(table, idx);
            self.place(table, remaining, idx);
            let rest = remaining.minus(TableSet::of(table));
            self.trace_prefix(idx);
            if !self.nests.is_empty() && self.alone.is_none() {
                self.advance_semijoin(rest, table, idx);
            }
            let position = self.positions[idx];
            if position.prefix_cost >= self.best_read && self.found_allowed {
                self.trace_flag("pruned_by_cost");
                self.leave(table);
                continue;
            }
            if self.prune {
                let first_sorted = idx == self.input.const_tables && self.sort_by_table == SortTable::Table(table);
                if best_rows > position.prefix_rowcount || best_cost > position.prefix_cost || first_sorted {
                    if best_rows >= position.prefix_rowcount
                        && best_cost >= position.prefix_cost
                        && (!self.tables[table as usize].key_dependent.meets(remaining) || position.rows_fetched < 2.0)
                    {
                        best_rows = position.prefix_rowcount;
                        best_cost = position.prefix_cost;
                    }
                } else if self.found_allowed {
                    self.trace_flag("pruned_by_heuristic");
                    self.leave(table);
                    continue;
                }
            }
            if depth > 1 && !rest.is_empty() {
                if self.prune && position.key.is_some() && position.rows_fetched <= 1.0 {
                    if eq_ref_done.is_empty() {
                        self.trace_array("rest_of_plan");
                        eq_ref_done = TableSet::of(table).union(self.eq_ref_extension(rest, idx + 1, depth - 1));
                        self.trace_close();
                        self.leave(table);
                        if eq_ref_done == remaining {
                            break;
                        }
                    } else {
                        self.trace_flag("pruned_by_eq_ref_heuristic");
                        self.leave(table);
                    }
                    continue;
                }
                self.trace_array("rest_of_plan");
                self.best_extension(rest, idx + 1, depth - 1);
                self.trace_close();
            } else {
                self.consider_plan(idx);
            }
            self.leave(table);
        }
        self.best_ref[idx..].copy_from_slice(&saved);
    }

    /// Ends a candidate: its nests are as before it, its trace object is closed.
    fn leave(&mut self, table: u8) {
        self.open.leave(self.alone, table);
        self.trace_close();
    }

    /// Appends the first table that is as cheap a lookup as the one before it, and so on (spec 04 §9.5). Returns what was
    /// appended.
    fn eq_ref_extension(&mut self, remaining: TableSet, idx: usize, depth: usize) -> TableSet {
        if remaining.is_empty() {
            return TableSet::EMPTY;
        }
        let saved: smallvec::SmallVec<[u8; 64]> = self.best_ref[idx..].into();
        for place in idx..self.best_ref.len() {
            let table = self.best_ref[place];
            self.best_ref.swap(idx, place);
            let join_table = &self.tables[table as usize];
            if join_table.key_uses.is_empty()
                || !remaining.contains(table)
                || join_table.dependent.meets(remaining)
                || join_table.key_dependent.minus(remaining.union(self.excluded)).is_empty()
                || !self.open.enter(self.alone, table)
            {
                continue;
            }
            self.trace_open(table, idx);
            let (rows, _) = self.prefix(idx);
            let mut position = Position::empty(table);
            self.best_access(table, remaining, idx, false, rows, &mut position);
            self.positions[idx] = position;
            let before = &self.positions[idx - 1];
            let added = position.key.is_some()
                && almost_equal(position.read_cost, before.read_cost)
                && almost_equal(position.rows_fetched, before.rows_fetched);
            if self.tracing {
                self.ctx.trace(|t| t.field("added_to_eq_ref_extension", added));
            }
            if added {
                self.accumulate(idx);
                self.trace_prefix(idx);
                let rest = remaining.minus(TableSet::of(table));
                if !self.nests.is_empty() && self.alone.is_none() {
                    self.advance_semijoin(rest, table, idx);
                }
                if self.positions[idx].prefix_cost >= self.best_read {
                    self.trace_flag("pruned_by_cost");
                    self.leave(table);
                    continue;
                }
                let mut appended = TableSet::of(table);
                if depth > 1 && !rest.is_empty() {
                    self.trace_array("rest_of_plan");
                    appended = appended.union(self.eq_ref_extension(rest, idx + 1, depth - 1));
                    self.trace_close();
                } else {
                    self.consider_plan(idx);
                }
                self.leave(table);
                self.best_ref[idx..].copy_from_slice(&saved);
                return appended;
            }
            self.leave(table);
        }
        self.best_ref[idx..].copy_from_slice(&saved);
        self.best_extension(remaining, idx, depth);
        TableSet::EMPTY
    }

    /// A complete plan, or one cut at the search depth: is it the best so far?
    fn consider_plan(&mut self, idx: usize) {
        let rows = self.positions[idx].prefix_rowcount;
        let mut cost = self.positions[idx].prefix_cost;
        let mut sort_cost = 0.0;
        if self.pays_for_sort() {
            sort_cost = rows;
            cost += sort_cost;
            if self.tracing {
                self.ctx.trace(|t| {
                    t.field("sort_cost", trace::number(sort_cost));
                    t.field("new_cost_for_plan", trace::number(cost));
                });
            }
        }
        let cheaper = cost < self.best_read;
        let allowed = self.plan_is_allowed(idx);
        let chosen = if self.found_allowed { allowed && cheaper } else { allowed || cheaper };
        if self.tracing {
            self.ctx.trace(|t| {
                t.field("chosen", chosen);
                if chosen && !cheaper {
                    t.field("cause", "previous_plan_used_disabled_strategy");
                } else if !chosen && cheaper {
                    t.field("cause", "plan_uses_disabled_strategy");
                }
            });
        }
        if !chosen {
            return;
        }
        self.best_positions[..=idx].copy_from_slice(&self.positions[..=idx]);
        if self.input.sorting_windows > 0 {
            self.windowing_cost = rows * self.input.sorting_windows as f64;
            cost += self.windowing_cost;
            let windowing_cost = self.windowing_cost;
            if self.tracing {
                self.ctx.trace(|t| {
                    t.field("windowing_sort_cost", trace::number(windowing_cost));
                    t.field("new_cost_for_plan", trace::number(cost));
                });
            }
        }
        self.best_read = cost - 0.001;
        self.best_rowcount = if rows >= u64::MAX as f64 { u64::MAX } else { rows as u64 };
        self.sort_cost = sort_cost;
        self.found_allowed = allowed;
    }

    /// No place removes duplicates by a weedout that a nest in its range does not enable (spec 05 §5.1).
    fn plan_is_allowed(&self, idx: usize) -> bool {
        if self.nests.is_empty() || self.alone.is_some() {
            return true;
        }
        (self.input.const_tables..=idx).all(|place| {
            let position = &self.positions[place];
            position.semijoin != SemijoinStrategy::DuplicateWeedout
                || self.positions[position.progress.weedout_first as usize..=place].iter().all(|covered| {
                    self.nest_of[covered.table as usize]
                        .is_none_or(|nest| self.nests[nest as usize].strategies & SemijoinStrategy::DuplicateWeedout as u8 != 0)
                })
        })
    }

    fn trace_open(&self, table: u8, idx: usize) {
        if self.tracing {
            // A nest that is planned by itself does not mention const tables.
            let from = if self.alone.is_some() { self.input.const_tables } else { 0 };
            let prefix: Vec<serde_json::Value> = self.positions[from..idx]
                .iter()
                .map(|place| trace::table_name(self.query, self.tables[place.table as usize].id).into())
                .collect();
            let name = trace::table_name(self.query, self.tables[table as usize].id);
            self.ctx.trace(|t| {
                t.open_object(None);
                t.field("plan_prefix", prefix);
                t.field("table", name);
            });
        }
    }

    fn trace_prefix(&self, idx: usize) {
        if self.tracing {
            let position = &self.positions[idx];
            self.ctx.trace(|t| {
                t.field("condition_filtering_pct", trace::number(f64::from(position.filter_effect * 100.0)));
                t.field("rows_for_plan", trace::number(position.prefix_rowcount));
                t.field("cost_for_plan", trace::number(position.prefix_cost));
            });
        }
    }

    fn trace_flag(&self, name: &str) {
        if self.tracing {
            self.ctx.trace(|t| t.field(name, true));
        }
    }

    fn trace_array(&self, name: &str) {
        if self.tracing {
            self.ctx.trace(|t| t.open_array(Some(name)));
        }
    }

    fn trace_close(&self) {
        if self.tracing {
            self.ctx.trace(|t| t.close());
        }
    }
}

/// Within ten per cent.
fn almost_equal(left: f64, right: f64) -> bool {
    left >= right * 0.9 && left <= right * 1.1
}
