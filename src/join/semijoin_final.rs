//! After the search: strategies move to the start of their ranges, and what they chose anew is kept (spec 05 §5.2).

use super::search::Search;
use super::state::{Position, SemijoinStrategy};
use crate::query::TableSet;

impl Search<'_, '_> {
    /// Fixes the strategies of the best plan; returns its places. A materialized nest's places are those of its own plan.
    pub fn fix_semijoins(&mut self) -> Vec<Position> {
        if self.nests.is_empty() {
            return self.best_positions.clone();
        }
        // What is chosen anew is priced with the places as the search left them, not with those of the best plan.
        self.fixed = self.best_positions.clone();
        let first = self.input.const_tables;
        let mut remaining = TableSet::EMPTY;
        let mut done = TableSet::EMPTY;
        for place in (first..self.fixed.len()).rev() {
            let position = self.fixed[place];
            let table = TableSet::of(position.table);
            if done.meets(table) || position.semijoin == SemijoinStrategy::None {
                if !done.meets(table) {
                    self.fixed[place].semijoin = SemijoinStrategy::None;
                }
                remaining = remaining.union(table);
                continue;
            }
            let start = self.fix_range(place, remaining);
            let (strategy, count) = (self.fixed[start].semijoin, self.fixed[start].semijoin_tables);
            for covered in start..=place {
                done.insert(self.best_positions[covered].table);
                self.fixed[covered].semijoin = SemijoinStrategy::None;
                self.fixed[covered].semijoin_tables = 0;
            }
            self.fixed[start].semijoin = strategy;
            self.fixed[start].semijoin_tables = count;
            remaining = remaining.union(table);
        }
        std::mem::take(&mut self.fixed)
    }

    /// Fixes the range that ends at `place`; returns its start, which carries strategy and length.
    fn fix_range(&mut self, place: usize, remaining: TableSet) -> usize {
        let position = self.fixed[place];
        let progress = position.progress;
        let strategy = position.semijoin;
        self.trace_final(strategy);
        let start = match strategy {
            SemijoinStrategy::MaterializeLookup => {
                let nest = self.nest_at(&position).unwrap_or_default();
                self.copy_materialized(nest, place, strategy)
            }
            SemijoinStrategy::MaterializeScan => {
                let last_inner = progress.scan_last_inner as usize;
                let nest = self.nest_at(&self.fixed[last_inner]).unwrap_or_default();
                let start = self.copy_materialized(nest, last_inner, strategy);
                self.materialize_scan_cost(nest, last_inner, place, remaining, true);
                start
            }
            SemijoinStrategy::FirstMatch => {
                let start = progress.first_match.map_or(place, usize::from);
                self.match_costs(start, place, remaining, false, true);
                let anti = self.nest_at(&self.fixed[start]).is_some_and(|nest| self.nests[nest].anti);
                self.mark(start, if anti { SemijoinStrategy::None } else { strategy }, place + 1 - start);
                start
            }
            SemijoinStrategy::LooseScan => {
                let start = progress.loose_scan.map_or(place, usize::from);
                self.match_costs(start, place, remaining, true, true);
                let tables = self.nest_at(&self.fixed[start]).map_or(1, |nest| self.nests[nest].inner.len());
                self.mark(start, strategy, tables);
                start
            }
            _ => {
                let start = progress.weedout_first as usize;
                self.mark(start, strategy, place + 1 - start);
                start
            }
        };
        self.trace_final_end();
        start
    }

    fn mark(&mut self, start: usize, strategy: SemijoinStrategy, tables: usize) {
        self.fixed[start].semijoin = strategy;
        self.fixed[start].semijoin_tables = tables as u8;
    }

    /// Puts the plan of a nest by itself in the places that end at `last`.
    fn copy_materialized(&mut self, nest: usize, last: usize, strategy: SemijoinStrategy) -> usize {
        let count = self.nests[nest].inner.len();
        let start = last + 1 - count;
        if let Some(plan) = &self.nests[nest].materialization {
            for (at, position) in plan.positions.iter().enumerate().take(count) {
                self.fixed[start + at] = *position;
            }
        }
        self.mark(start, strategy, count);
        start
    }

    fn trace_final(&self, strategy: SemijoinStrategy) {
        if self.tracing {
            let name = match strategy {
                SemijoinStrategy::FirstMatch => "FirstMatch",
                SemijoinStrategy::LooseScan => "LooseScan",
                SemijoinStrategy::MaterializeLookup => "MaterializeLookup",
                SemijoinStrategy::MaterializeScan => "MaterializeScan",
                _ => "DuplicateWeedout",
            };
            self.ctx.trace(|t| {
                t.open_object(None);
                t.field("final_semijoin_strategy", name);
            });
        }
    }

    fn trace_final_end(&self) {
        if self.tracing {
            self.ctx.trace(|t| t.close());
        }
    }
}
