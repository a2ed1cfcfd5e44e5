//! Bookkeeping of semijoin strategies while the join order grows (spec 05 §4).

use super::search::Search;
use super::state::{JoinTable, Position, SemijoinNest, SemijoinStrategy};
use super::{hints, trace};
use crate::context::Context;
use crate::query::{BlockId, JoinMember, NestId, NestKind, Query, TableSet};
use crate::rewrite::prepare::joins::tables_of;

/// More pairs than this rule out a loose scan.
const MAX_LOOSE_SCAN_PAIRS: usize = 64;

/// The semijoin and antijoin nests of a block with their enabled strategies (spec 05 §1.6).
pub(super) fn nests(ctx: &Context<'_>, query: &mut Query, block: BlockId, tables: &[JoinTable]) -> Vec<SemijoinNest> {
    let _ = tables;
    let ids: Vec<NestId> = query[block].semijoin_nests.clone();
    let mut nests = Vec::with_capacity(ids.len());
    for id in ids {
        let (info, anti) = match &query[id].kind {
            NestKind::Semijoin(info) => (info, false),
            NestKind::Antijoin(info) => (info, true),
            NestKind::Join => continue,
        };
        // The hint is that of the first table's own block; a join nest in front has none.
        let hinted = match query[id].members.first() {
            Some(JoinMember::Table(_)) => Some(info.block),
            _ => None,
        };
        let mut strategies = hints::semijoin_strategies(ctx.settings.switches, query, hinted);
        if anti {
            strategies &= !(SemijoinStrategy::LooseScan as u8);
        }
        nests.push(SemijoinNest {
            id,
            anti,
            inner: tables_of(query, JoinMember::Nest(id)),
            depends: info.depends.tables(),
            correlated: info.correlated.tables(),
            strategies,
            pairs: info.pairs.clone(),
            materialization: None,
        });
        if let NestKind::Semijoin(info) | NestKind::Antijoin(info) = &mut query[id].kind {
            info.strategies = strategies;
        }
    }
    nests
}

impl SemijoinNest {
    /// A strategy is enabled.
    pub fn enables(&self, strategy: SemijoinStrategy) -> bool {
        self.strategies & strategy as u8 != 0
    }
}

/// Rows and cost of the prefix under a strategy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outcome {
    pub rows: f64,
    pub cost: f64,
}

impl Search<'_, '_> {
    pub(super) fn nest(&self, table: u8) -> Option<usize> {
        self.nest_of[table as usize].map(usize::from)
    }

    /// Chooses a strategy, if one ends at place `idx`, where `table` was placed last; `remaining` no longer holds it.
    pub fn advance_semijoin(&mut self, remaining: TableSet, table: u8, idx: usize) {
        let first = self.input.const_tables;
        let mut progress = Default::default();
        if idx > first {
            let before = &self.positions[idx - 1];
            progress = before.progress;
            if before.semijoin == SemijoinStrategy::LooseScan {
                progress.loose_scan = None;
            }
            if before.semijoin == SemijoinStrategy::MaterializeScan {
                progress.scan_needs = TableSet::EMPTY;
            }
        }
        progress.open_nests = self.open.open();
        let position = &mut self.positions[idx];
        position.progress = progress;
        position.semijoin = SemijoinStrategy::None;
        let mut best = Outcome { rows: position.prefix_rowcount, cost: position.prefix_cost };
        if self.tracing {
            self.ctx.trace(|t| t.open_array(Some("semijoin_strategy_choice")));
        }
        let mut handled = TableSet::EMPTY;
        let mut chosen = SemijoinStrategy::None;
        if let Some((outcome, tables)) = self.try_first_match(remaining, table, idx) {
            best = outcome;
            handled = tables;
            chosen = SemijoinStrategy::FirstMatch;
        }
        if let Some((outcome, tables)) = self.try_loose_scan(remaining, table, idx) {
            best = outcome;
            handled = tables;
            chosen = SemijoinStrategy::LooseScan;
        }
        if let Some(nest) = self.nest(table) {
            let inner = self.nests[nest].inner;
            let duplicates = &mut self.positions[idx].progress.duplicates;
            *duplicates = duplicates.union(inner);
        }
        self.handle(idx, handled);
        if let Some(outcome) = self.try_materialize_lookup(remaining, table, idx, best) {
            best = outcome;
            chosen = SemijoinStrategy::MaterializeLookup;
            let inner = self.nest(table).map_or(TableSet::EMPTY, |nest| self.nests[nest].inner);
            self.handle(idx, inner);
        }
        if let Some((outcome, inner)) = self.try_materialize_scan(remaining, table, idx, best) {
            best = outcome;
            chosen = SemijoinStrategy::MaterializeScan;
            self.handle(idx, inner);
        }
        if let Some((outcome, tables)) = self.try_weedout(remaining, table, idx, best) {
            best = outcome;
            chosen = SemijoinStrategy::DuplicateWeedout;
            self.handle(idx, tables);
        }
        if self.tracing {
            self.ctx.trace(|t| t.close());
        }
        let position = &mut self.positions[idx];
        position.semijoin = chosen;
        if chosen != SemijoinStrategy::None {
            position.prefix_rowcount = best.rows;
            position.prefix_cost = best.cost;
        }
    }

    fn handle(&mut self, idx: usize, tables: TableSet) {
        let duplicates = &mut self.positions[idx].progress.duplicates;
        *duplicates = duplicates.minus(tables);
    }

    /// Spec 05 §4.2.
    fn try_first_match(&mut self, remaining: TableSet, table: u8, idx: usize) -> Option<(Outcome, TableSet)> {
        let nest = self.nest(table);
        let mut progress = self.positions[idx].progress;
        if let Some(start) = progress.first_match {
            let of_start = if start as usize == idx { nest } else { self.nest(self.positions[start as usize].table) };
            if nest != of_start {
                progress.first_match = None;
            }
        }
        let mut complete = None;
        if let Some(place) = nest {
            let nest = &self.nests[place];
            if nest.enables(SemijoinStrategy::FirstMatch) {
                if progress.duplicates.is_empty() && !nest.depends.meets(remaining) {
                    progress.first_match = Some(idx as u8);
                    progress.first_match_needs = TableSet::EMPTY;
                    progress.first_match_remaining = remaining;
                }
                if let Some(start) = progress.first_match {
                    progress.first_match_needs = progress.first_match_needs.union(nest.inner);
                    if nest.depends.meets(progress.first_match_remaining) {
                        progress.first_match = None;
                    } else if !progress.first_match_needs.meets(remaining) {
                        let before = match start as usize {
                            start if start == self.input.const_tables => 0,
                            start => self.positions[start - 1].progress.open_nests,
                        };
                        if progress.open_nests & !before != 0 {
                            progress.first_match = None;
                        } else {
                            complete = Some(start as usize);
                        }
                    }
                }
            }
        }
        self.positions[idx].progress = progress;
        let start = complete?;
        self.trace_strategy("FirstMatch");
        let outcome = self.match_costs(start, idx, remaining, false, false)?;
        self.trace_outcome(&outcome, None, true);
        Some((outcome, progress.first_match_needs))
    }

    /// Spec 05 §4.3.
    fn try_loose_scan(&mut self, remaining: TableSet, table: u8, idx: usize) -> Option<(Outcome, TableSet)> {
        let nest = self.nest(table);
        let with_table = remaining.union(TableSet::of(table));
        let mut progress = self.positions[idx].progress;
        if let Some(start) = progress.loose_scan {
            let start = start as usize;
            let first_table = self.positions[start].table;
            let open = self.nest(first_table);
            let unfinished = open.is_some_and(|open| self.nests[open].inner.meets(with_table));
            if unfinished {
                if nest != open {
                    progress.loose_scan = None;
                } else if idx == start + 1 {
                    let (first, second) = (&self.tables[first_table as usize], &self.tables[table as usize]);
                    let outer_joined = self.query[second.id].outer_join;
                    if outer_joined || first.outer_nests.first() != second.outer_nests.first() {
                        progress.loose_scan = None;
                    }
                }
            } else if nest.is_some() {
                progress.loose_scan = None;
            }
        }
        if let Some(place) = nest {
            let nest = &self.nests[place];
            let join_table = &self.tables[table as usize];
            if nest.enables(SemijoinStrategy::LooseScan)
                && nest.pairs.len() <= MAX_LOOSE_SCAN_PAIRS
                && nest.inner.is_subset(with_table)
                && progress.duplicates.is_empty()
                && !nest.correlated.meets(with_table)
                && nest.depends.meets(with_table)
                && !join_table.key_uses.is_empty()
                && !join_table.materialized
            {
                progress.loose_scan = Some(idx as u8);
                progress.loose_scan_needs = nest.inner.union(nest.depends);
            }
        }
        self.positions[idx].progress = progress;
        let start = progress.loose_scan? as usize;
        if progress.loose_scan_needs.meets(remaining) {
            return None;
        }
        let inner = self.nest(self.positions[start].table).map_or(TableSet::EMPTY, |open| self.nests[open].inner);
        self.trace_strategy("LooseScan");
        let outcome = self.match_costs(start, idx, remaining, true, false);
        match &outcome {
            Some(outcome) => self.trace_outcome(outcome, None, true),
            None if self.tracing => self.ctx.trace(|t| {
                t.field("chosen", false);
                t.close();
            }),
            None => {}
        }
        outcome.map(|outcome| (outcome, inner))
    }

    /// Place in `nests` of the nest whose tables are exactly the last places, if it can be materialized.
    fn complete_nest(&self, remaining: TableSet, table: u8, idx: usize) -> Option<usize> {
        let place = self.nest(table)?;
        let nest = &self.nests[place];
        nest.materialization.as_ref()?;
        if nest.inner.meets(remaining) {
            return None;
        }
        let count = nest.inner.len();
        let start = (idx + 1).checked_sub(count)?;
        if start < self.input.const_tables {
            return None;
        }
        self.positions[start..=idx].iter().all(|position| nest.inner.contains(position.table)).then_some(place)
    }

    /// Spec 05 §4.5, a nest that is just complete.
    fn try_materialize_lookup(&mut self, remaining: TableSet, table: u8, idx: usize, best: Outcome) -> Option<Outcome> {
        let place = self.complete_nest(remaining, table, idx)?;
        let nest = &self.nests[place];
        let plan = nest.materialization.as_ref()?;
        if nest.depends.meets(remaining) || !plan.lookup_allowed {
            let needs = nest.inner.union(nest.depends);
            let progress = &mut self.positions[idx].progress;
            let last = progress.scan_last_inner as usize;
            let of_other_nest = !progress.scan_needs.is_empty() && {
                let other = if last == idx { table } else { self.positions[last].table };
                self.nest_of[other as usize] != Some(place as u8)
            };
            let progress = &mut self.positions[idx].progress;
            if of_other_nest {
                progress.scan_needs = TableSet::EMPTY;
            } else {
                progress.scan_needs = needs;
                progress.scan_last_inner = idx as u8;
            }
            if self.tracing && !of_other_nest {
                self.ctx.trace(|t| {
                    t.open_object(None);
                    t.field("strategy", "MaterializeScan");
                    t.field("choice", "deferred");
                    t.close();
                });
            }
            return None;
        }
        let outcome = self.materialize_lookup_cost(place, idx);
        let duplicates = self.positions[idx].progress.duplicates;
        let chosen = outcome.cost < best.cost || !duplicates.is_empty();
        self.trace_strategy("MaterializeLookup");
        self.trace_outcome(&outcome, Some(!duplicates.is_empty()), chosen);
        chosen.then_some(outcome)
    }

    /// Spec 05 §4.5, second phase.
    fn try_materialize_scan(&mut self, remaining: TableSet, table: u8, idx: usize, best: Outcome) -> Option<(Outcome, TableSet)> {
        let progress = self.positions[idx].progress;
        if progress.scan_needs.is_empty() {
            return None;
        }
        let last_inner = progress.scan_last_inner as usize;
        let scanned = self.nest(self.positions[last_inner].table)?;
        if self.nest(table).is_some_and(|nest| nest != scanned) {
            self.positions[idx].progress.scan_needs = TableSet::EMPTY;
            return None;
        }
        if progress.scan_needs.meets(remaining) {
            return None;
        }
        self.trace_strategy("MaterializeScan");
        let outcome = self.materialize_scan_cost(scanned, last_inner, idx, remaining, false);
        let chosen = outcome.cost < best.cost || !progress.duplicates.is_empty();
        self.trace_outcome(&outcome, Some(!progress.duplicates.is_empty()), chosen);
        chosen.then(|| (outcome, self.nests[scanned].inner))
    }

    /// Spec 05 §4.6.
    fn try_weedout(&mut self, remaining: TableSet, table: u8, idx: usize, best: Outcome) -> Option<(Outcome, TableSet)> {
        let nest = self.nest(table);
        let mut progress = self.positions[idx].progress;
        if let Some(place) = nest {
            if progress.weedout_tables.is_empty() {
                progress.weedout_first = idx as u8;
            }
            let nest = &self.nests[place];
            progress.weedout_tables = progress.weedout_tables.union(nest.inner).union(nest.depends);
        }
        self.positions[idx].progress = progress;
        if progress.weedout_tables.is_empty() || progress.weedout_tables.meets(remaining) {
            return None;
        }
        let first = progress.weedout_first as usize;
        let outcome = self.weedout_cost(first, idx);
        let enabled = self
            .nest(self.positions[first].table)
            .is_some_and(|nest| self.nests[nest].enables(SemijoinStrategy::DuplicateWeedout));
        let chosen = (outcome.cost < best.cost && enabled) || !progress.duplicates.is_empty();
        self.trace_strategy("DuplicatesWeedout");
        self.trace_outcome(&outcome, Some(!progress.duplicates.is_empty()), chosen);
        chosen.then_some((outcome, progress.weedout_tables))
    }

    fn trace_strategy(&self, name: &str) {
        if self.tracing {
            self.ctx.trace(|t| {
                t.open_object(None);
                t.field("strategy", name);
            });
        }
    }

    fn trace_outcome(&self, outcome: &Outcome, duplicates: Option<bool>, chosen: bool) {
        if self.tracing {
            self.ctx.trace(|t| {
                t.field("cost", trace::number(outcome.cost));
                t.field("rows", trace::number(outcome.rows));
                if let Some(duplicates) = duplicates {
                    t.field("duplicate_tables_left", duplicates);
                }
                t.field("chosen", chosen);
                t.close();
            });
        }
    }

    /// Nest of the table at a place.
    pub fn nest_at(&self, position: &Position) -> Option<usize> {
        self.nest(position.table)
    }
}
