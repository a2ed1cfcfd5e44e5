//! The cheapest way to read a table after a prefix of the join order: lookup or scan (spec 04 §7).

use super::lateral;
use super::ref_access::{ALL_PARTS, BestLookup, Lookup};
use super::search::{Search, SortTable};
use super::state::{JoinTable, Position};
use super::trace;
use crate::access::RangePlanKind;
use crate::catalog::{Engine, IndexNo};
use crate::estimate::{FilterTable, HistogramLine, filter};
use crate::query::{ColumnSet, TableSet};

/// A priced scan.
#[derive(Clone, Copy, Debug)]
struct Scan {
    /// Cost without evaluating the rows that go on.
    cost: f64,
    /// Rows that go on: those that pass the constant part of the condition.
    rows_after: f64,
}

impl Search<'_, '_> {
    /// Chooses how `table` is read as the next table. `remaining` holds the tables not placed yet, this one included.
    /// `no_buffer` forbids a join buffer.
    pub fn best_access(
        &mut self,
        number: u8,
        remaining: TableSet,
        idx: usize,
        no_buffer: bool,
        prefix_rows: f64,
        position: &mut Position,
    ) {
        self.best_access_of_all(number, remaining, idx, no_buffer, prefix_rows, position, None);
    }

    /// As [`Search::best_access`]; with `every`, all lookups are priced and handed on (for a loose scan).
    #[allow(clippy::too_many_arguments)]
    pub fn best_access_of_all(
        &mut self,
        number: u8,
        remaining: TableSet,
        idx: usize,
        no_buffer: bool,
        prefix_rows: f64,
        position: &mut Position,
        every: Option<&mut Vec<Lookup>>,
    ) {
        let table = &self.tables[number as usize];
        let no_buffer = no_buffer || !self.may_buffer(table, remaining, idx);
        if self.tracing {
            self.ctx.trace(|t| {
                t.open_object(Some("best_access_path"));
                t.open_array(Some("considered_access_paths"));
            });
        }
        let lookup = self.best_lookup(table, remaining, idx, prefix_rows, every);
        let lateral = lateral::cost(table, &self.positions[..idx], prefix_rows);
        if let Some(cost) = lateral {
            self.trace_lateral(table, &cost);
        }
        self.choose(table, remaining, idx, no_buffer, prefix_rows, lookup, position);
        if let Some(cost) = lateral {
            position.read_cost += cost.per_read;
        }
        if self.tracing {
            self.ctx.trace(|t| {
                t.close();
                t.close();
            });
        }
    }

    /// Spec 04 §7.1.
    fn may_buffer(&self, table: &JoinTable, remaining: TableSet, idx: usize) -> bool {
        if idx == self.input.const_tables || !table.block_nested_loop {
            return false;
        }
        if self.laterals.is_empty() {
            return true;
        }
        let prefix = self.positions[..idx].iter().fold(TableSet::EMPTY, |set, place| set.union(TableSet::of(place.table)));
        !lateral::forbids_buffer(self.tables, self.laterals, remaining, prefix)
    }

    #[allow(clippy::too_many_arguments)]
    fn choose(
        &mut self,
        table: &JoinTable,
        remaining: TableSet,
        idx: usize,
        no_buffer: bool,
        prefix_rows: f64,
        found: BestLookup,
        position: &mut Position,
    ) {
        let available = TableSet(!remaining.union(self.excluded).0);
        let lookup = found.best;
        if self.rejects_scan(table, lookup.as_ref()) {
            self.take_lookup(table, available, lookup, position);
            return;
        }
        let scan = self.scan(table, idx, no_buffer, prefix_rows, found);
        let total = scan.cost + self.rows_cost(prefix_rows * scan.rows_after);
        let better = lookup.is_none_or(|lookup| total < lookup.read_cost + self.rows_cost(prefix_rows * lookup.fanout));
        if self.tracing {
            self.ctx.trace(|t| {
                t.field("resulting_rows", trace::number(scan.rows_after));
                t.field("cost", trace::number(total));
                t.field("chosen", better);
            });
        }
        if !better {
            self.trace_close_scan();
            self.take_lookup(table, available, lookup, position);
            return;
        }
        position.read_cost = scan.cost;
        position.rows_fetched = scan.rows_after;
        position.key = None;
        position.ref_depend = TableSet::EMPTY;
        position.join_buffer = !no_buffer;
        if table.found > 0 {
            let full = self.filter_of(table, None, available, table.found as f64, None);
            let passing = f64::from(table.found as f32 * full);
            position.filter_effect = (passing / scan.rows_after).min(1.0) as f32;
        }
        self.outer_join_floor(table, position);
        // The order of the first table is lost behind a scan that reads no more rows than the limit (spec 04 §7.5).
        if idx == self.input.const_tables
            && self.sort_by_table == SortTable::Table(table.number)
            && self.input.select_limit as f64 >= position.rows_fetched
        {
            self.sort_by_table = SortTable::AlwaysTemporary;
            if self.tracing {
                self.ctx.trace(|t| t.field("use_tmp_table", true));
            }
        }
        self.trace_close_scan();
    }

    fn trace_close_scan(&self) {
        if self.tracing {
            self.ctx.trace(|t| t.close());
        }
    }

    /// Rows of an outer join's inner table are never none.
    fn outer_join_floor(&self, table: &JoinTable, position: &mut Position) {
        if position.rows_fetched == 0.0 && table.inner_of_outer_join {
            position.rows_fetched = 1.0;
        }
    }

    fn take_lookup(&self, table: &JoinTable, available: TableSet, lookup: Option<Lookup>, position: &mut Position) {
        let Some(lookup) = lookup else { return };
        position.read_cost = lookup.read_cost;
        position.rows_fetched = lookup.fanout;
        position.key = Some(lookup.index);
        position.ref_depend = lookup.depends;
        position.bound_parts = lookup.bound_parts;
        position.join_buffer = false;
        self.outer_join_floor(table, position);
        position.filter_effect =
            self.filter_of(table, Some((lookup.index, lookup.bound_parts)), available, position.rows_fetched, None);
    }

    /// Spec 04 §7.2; writes the trace of a rejected scan.
    fn rejects_scan(&self, table: &JoinTable, lookup: Option<&Lookup>) -> bool {
        let Some(lookup) = lookup else { return false };
        let plan = table.range_plan.as_ref();
        let kind = if plan.is_some() { "range" } else { "scan" };
        if lookup.fanout < table.found as f64 && lookup.read_cost <= table.read_time {
            if self.tracing {
                let cost = table.read_time + self.rows_cost(table.found as f64);
                self.ctx.trace(|t| {
                    t.open_object(None);
                    t.field("access_type", kind);
                });
                self.trace_range_details(table);
                self.ctx.trace(|t| {
                    t.field("cost", trace::number(cost));
                    t.field("rows", table.found);
                    t.field("chosen", false);
                    t.field("cause", "cost");
                    t.close();
                });
            }
            return true;
        }
        let cause = if plan.is_some_and(|plan| {
            let ordinary = !matches!(plan.kind, RangePlanKind::GroupSkip(_) | RangePlanKind::SkipScan(_));
            let same_index = plan.single_index() == Some(lookup.index);
            let parts = table.quick.get(lookup.index as usize).copied().flatten().map_or(0, |quick| quick.key_parts);
            ordinary && same_index && (lookup.used_parts == ALL_PARTS || lookup.used_parts >= parts)
        }) {
            "heuristic_index_cheaper"
        } else if self.scans_by_index(table)
            && !table.covering.is_empty()
            && plan.is_none_or(|plan| matches!(plan.kind, RangePlanKind::Intersection { .. }) && lookup.read_cost < plan.cost)
        {
            "covering_index_better_than_full_scan"
        } else if self.query[table.id].force_index && plan.is_none() {
            "force_index"
        } else {
            return false;
        };
        if self.tracing {
            self.ctx.trace(|t| {
                t.open_object(None);
                t.field("access_type", if cause == "force_index" { "scan" } else { kind });
            });
            self.trace_range_details(table);
            self.ctx.trace(|t| {
                t.field("chosen", false);
                t.field("cause", cause);
                t.close();
            });
        }
        true
    }

    /// InnoDB reads a table through an index.
    fn scans_by_index(&self, table: &JoinTable) -> bool {
        matches!(self.query[table.id].table.engine, Engine::InnoDb | Engine::Other)
    }

    /// Spec 04 §7.3; leaves the trace object of the scan open.
    fn scan(&self, table: &JoinTable, idx: usize, no_buffer: bool, prefix_rows: f64, found: BestLookup) -> Scan {
        let rows = table.found as f64;
        if self.tracing {
            self.ctx.trace(|t| {
                t.open_object(None);
                t.field("rows_to_scan", table.found);
            });
        }
        let rows_after = if self.filtering_enabled() {
            let mut lines = Vec::new();
            let share = self.filter_of(table, None, TableSet::EMPTY, rows, self.tracing.then_some(&mut lines));
            self.trace_filtering(table, &lines, share);
            rows * f64::from(share)
        } else if table.quick_condition_rows != table.found {
            table.quick_condition_rows as f64
        } else if found.found_condition {
            0.75 * rows
        } else {
            rows
        };
        if let Some(plan) = &table.range_plan {
            if self.tracing {
                self.ctx.trace(|t| t.field("access_type", "range"));
                self.trace_range_details(table);
            }
            let cost = prefix_rows * (plan.cost + self.rows_cost(rows - rows_after));
            return Scan { cost, rows_after };
        }
        let records = table.records as f64;
        let once = if self.query[table.id].force_index && found.best.is_none() && self.has_forced_key(table) {
            (1.0 + records) * self.costs.pages(1.0, table.statistics.clustered_in_memory)
        } else {
            table.table_scan_cost
        };
        if self.tracing {
            self.ctx.trace(|t| t.field("access_type", "scan"));
        }
        let cost = if no_buffer {
            prefix_rows * (once + self.rows_cost(records - rows_after))
        } else {
            let buffers = 1.0 + self.prefix_bytes(idx) * prefix_rows / self.ctx.settings.join_buffer_bytes as f64;
            if self.tracing {
                self.ctx.trace(|t| {
                    t.field("using_join_cache", true);
                    t.field("buffers_needed", trace::number(buffers.trunc()));
                });
            }
            buffers * (once + self.rows_cost(records - rows_after))
        };
        Scan { cost, rows_after }
    }

    fn has_forced_key(&self, table: &JoinTable) -> bool {
        !table.materialized
    }

    /// Bytes of one prefix row in a join buffer: of the tables that stand first in the list of tables, which after the search
    /// is back in its first order.
    fn prefix_bytes(&self, idx: usize) -> f64 {
        let from = self.input.const_tables.min(idx);
        let bytes: u64 =
            self.best_ref[from..idx].iter().map(|&table| u64::from(self.tables[table as usize].buffered_bytes)).sum();
        bytes as f64
    }

    fn filtering_enabled(&self) -> bool {
        self.ctx.settings.switches.on(crate::catalog::Switch::ConditionFanoutFilter)
    }

    /// The share of rows of a table that pass what its access does not check (spec 04 §8.3).
    pub fn filter_of(
        &self,
        table: &JoinTable,
        lookup: Option<(IndexNo, u32)>,
        available: TableSet,
        fanout: f64,
        lines: Option<&mut Vec<HistogramLine>>,
    ) -> f32 {
        if !self.filtering {
            return 1.0;
        }
        let ignore = match (lookup, &table.range_plan) {
            (Some((index, bound_parts)), _) => self.columns_of_lookup(table, index, bound_parts),
            (None, Some(plan)) => plan.columns.clone(),
            (None, None) => ColumnSet::default(),
        };
        let input = FilterTable {
            id: table.id,
            number: table.number,
            records: table.records,
            found: table.found,
            condition_columns: &table.condition_columns,
            conjuncts: &table.conjuncts,
            quick: &self.quick[table.number as usize],
        };
        filter(self.ctx, self.query, self.histograms, input, available, ignore, fanout, lines)
    }

    fn trace_range_details(&self, table: &JoinTable) {
        if let Some(plan) = table.range_plan.as_ref().filter(|_| self.tracing) {
            let text = trace::range_text(&self.query[table.id].table, plan);
            self.ctx.trace(|t| {
                t.open_object(Some("range_details"));
                t.field("used_index", text);
                t.close();
            });
        }
    }

    fn trace_filtering(&self, table: &JoinTable, lines: &[HistogramLine], share: f32) {
        if !self.tracing || table.condition_columns.is_empty() || table.found < 1 {
            return;
        }
        self.ctx.trace(|t| {
            t.open_array(Some("filtering_effect"));
            for line in lines {
                t.open_object(None);
                t.field("histogram_selectivity", trace::number(f64::from(line.selectivity)));
                t.close();
            }
            t.close();
            t.field("final_filtering_effect", trace::number(f64::from(share)));
        });
    }

    fn trace_lateral(&self, table: &JoinTable, cost: &lateral::LateralCost) {
        if self.tracing {
            self.ctx.trace(|t| {
                t.open_object(None);
                t.open_object(Some("lateral_materialization"));
                t.field("cost_for_one_run_of_inner_query", trace::number(table.materialization_cost));
                t.field("cost_for_writing_to_tmp_table", trace::number(table.write_cost));
                t.field("count_of_runs", trace::number(cost.runs));
                t.field("total_cost", trace::number(cost.total));
                t.field("cost_per_read", trace::number(cost.per_read));
                t.close();
                t.close();
            });
        }
    }
}
