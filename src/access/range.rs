//! The range optimizer's driver: all alternatives for one table in the server's order (spec 03 §1, §6).

use super::cost::{Mrr, Prices, mrr_by_switch};
use super::hints::RangeHints;
use super::interval::{List, ListKind};
use super::plan::{IndexRange, QuickEstimate, RangeOutcome, RangePlan, RangePlanKind, ScanDirection};
use super::predicate::Builder;
use super::print::{Reader, scan_range};
use super::ranges::{self, enumerate};
use super::rows::{RowQuestion, rows_in_list};
use super::setup::{IndexSetup, Setup, actual_parts, index_setup};
use super::tree_and_or::{KeyTree, Tree, tree_and};
use super::{group_skip, merge_intersection, merge_union, skip_scan};
use crate::catalog::{IndexKind, IndexNo, KeySet, Switch, Table, TableStatistics};
use crate::context::Context;
use crate::query::{BlockId, ColumnSet, Command, Diagnostic, ExprId, Level, Query, TableId, TableSet};
use crate::trace::Trace;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Which order of rows the caller wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum WantedOrder {
    /// Any.
    #[default]
    Any,
    /// As the index is ordered.
    Ascending,
    /// Against it.
    Descending,
}

/// One question to the range optimizer (spec 03 §1).
#[derive(Clone, Debug)]
pub struct RangeRequest<'a> {
    /// The block.
    pub block: BlockId,
    /// The table.
    pub table: TableId,
    /// Its statistics, over the used partitions.
    pub statistics: &'a TableStatistics,
    /// Numbers of the used leaf partitions, if the table is partitioned.
    pub partitions: Option<&'a [usize]>,
    /// Conditions, ANDed: WHERE or ON (calls A, C, D), the attached condition and ON (call B).
    pub conditions: &'a [ExprId],
    /// Multiple equalities that hold besides: those of WHERE for an attached condition, of enclosing levels for an ON.
    pub equalities: &'a [ExprId],
    /// Indexes to look at; those that hints or visibility rule out are left out here.
    pub keys: KeySet,
    /// Tables whose values are known (const tables).
    pub readable: TableSet,
    /// Tables that are read before this one, values unknown yet (call B); with `TableSet::OUTER_REF` in a subquery.
    pub previous: TableSet,
    /// LIMIT that may end reading early; `u64::MAX` for none.
    pub limit: u64,
    /// A table scan is no alternative (FORCE INDEX).
    pub ignore_table_scan: bool,
    /// Analyse even where a table scan costs next to nothing (calls C and D).
    pub force: bool,
    /// Wanted order.
    pub order: WantedOrder,
    /// Index dives are skipped for the whole table (spec 03 §5.1).
    pub skip_dives: bool,
    /// Indexes that hold all columns the statement reads.
    pub covering: KeySet,
    /// The table is inner to an outer join.
    pub inner_of_outer_join: bool,
    /// Number of tables of the block, const tables and semijoined ones included.
    pub table_count: usize,
    /// Hints for this table.
    pub hints: RangeHints,
}

/// Which part a scan plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A plain range scan.
    Plain,
    /// A member of an index merge.
    Member,
    /// The prefix of a loose index scan or skip scan.
    Prefix,
}

/// A priced scan over the ranges of one index.
#[derive(Clone, Debug)]
pub(super) struct IndexScan {
    /// Place in the analysis's indexes.
    pub place: usize,
    pub index: IndexNo,
    pub rows: u64,
    pub cost: f64,
    pub ranges: u32,
    pub key_parts: usize,
    pub key_bytes: u32,
    pub rowid_ordered: bool,
    pub mergeable: bool,
    pub mrr: bool,
    pub index_only: bool,
    pub dives: bool,
    pub trace_ranges: Vec<String>,
    pub list: Rc<List>,
    pub estimated: bool,
}

/// The state of one analysis.
pub(super) struct Driver<'a> {
    pub setup: Setup<'a>,
    pub request: &'a RangeRequest<'a>,
    pub prices: Prices<'a>,
    pub partition_names: Option<Vec<String>>,
    pub outcome: RangeOutcome,
    /// The last row count of each index, by place (spec 03 §7.6).
    pub last_rows: Vec<Option<u64>>,
    /// The last computed index took statistics for equality ranges.
    pub last_dives: bool,
}

/// Analyses the ranges of one table.
pub fn analyse(ctx: &Context<'_>, query: &Query, request: &RangeRequest<'_>) -> RangeOutcome {
    let mut outcome = RangeOutcome { condition_rows: u64::MAX, ..RangeOutcome::default() };
    if request.keys.is_empty() {
        return outcome;
    }
    let table = &*query[request.table].table;
    let statistics = request.statistics;
    let prices = Prices::new(ctx, table, statistics);
    let records = statistics.rows.max(1);
    let scan_cost = prices.table_scan(request.limit, request.ignore_table_scan);
    const NOT_WORTH_ANALYSING: f64 = 2.0;
    if request.limit >= records && scan_cost <= NOT_WORTH_ANALYSING && !request.force {
        return outcome;
    }
    ctx.trace(|trace| {
        trace.open_object(Some("range_analysis"));
        trace.open_object(Some("table_scan"));
        trace.field("rows", records);
        trace.field("cost", scan_cost);
        trace.close();
    });
    if let Some(indexes) = usable_indexes(ctx, query, table, request) {
        let setup = Setup {
            ctx,
            query,
            table_id: request.table,
            table,
            indexes,
            readable: request.readable,
            previous: request.previous,
            equalities: request.equalities,
            inner_of_outer_join: request.inner_of_outer_join,
            pruning: false,
            may_evaluate: true,
            diagnostics: RefCell::new(Vec::new()),
            memory_bytes: Cell::new(0),
            met_unknown: Cell::new(false),
        };
        let places = setup.indexes.len();
        let mut driver = Driver {
            setup,
            request,
            prices,
            partition_names: partition_names(table, request.partitions),
            outcome,
            last_rows: vec![None; places],
            last_dives: true,
        };
        driver.run(scan_cost);
        outcome = driver.outcome;
        outcome.diagnostics.extend(driver.setup.diagnostics.into_inner());
    }
    ctx.trace(Trace::close);
    outcome
}

fn partition_names(table: &Table, used: Option<&[usize]>) -> Option<Vec<String>> {
    let names = super::partition::leaf_names(table.partitioning.as_ref()?);
    used.map(|used| used.iter().filter_map(|place| names.get(*place).cloned()).collect())
}

/// Indexes that take part, in index order; none if hints or visibility leave none of those asked for.
fn usable_indexes(ctx: &Context<'_>, query: &Query, table: &Table, request: &RangeRequest<'_>) -> Option<Vec<IndexSetup>> {
    let keys = request.keys.intersect(query[request.table].usable_keys);
    if keys.is_empty() {
        return None;
    }
    ctx.trace(|trace| trace.open_array(Some("potential_range_indexes")));
    let mut found = Vec::new();
    for (number, index) in table.indexes.iter().enumerate() {
        let number = number as IndexNo;
        // A SPATIAL index over a column without SRID is never used; one with it serves no other conditions than spatial ones.
        let cause = if !keys.contains(number) || index.kind == IndexKind::Spatial {
            Some("not_applicable")
        } else if request.hints.no_range.contains(number) {
            Some("no_range_optimization hint")
        } else if index.kind == IndexKind::FullText {
            Some("fulltext")
        } else {
            None
        };
        if cause.is_none() {
            found.push(index_setup(ctx, table, number));
        }
        ctx.trace(|trace| {
            trace.open_object(None);
            trace.field("index", &*index.name);
            trace.field("usable", cause.is_none());
            match cause {
                Some(cause) => trace.field("cause", cause),
                None => {
                    let parts = &index.parts[..actual_parts(ctx, index)];
                    let names: Vec<&str> = parts.iter().map(|part| &*table.columns[part.column as usize].name).collect();
                    trace.field("key_parts", names);
                }
            }
            trace.close();
        });
    }
    ctx.trace(Trace::close);
    Some(found)
}

impl<'a> Driver<'a> {
    pub fn ctx(&self) -> &'a Context<'a> {
        self.setup.ctx
    }
    pub fn index_name(&self, place: usize) -> &str {
        &self.setup.indexes[place].name
    }
    /// More than one table in the join: sweeps are interrupted.
    pub fn interrupted(&self) -> bool {
        self.request.table_count != 1
    }

    fn run(&mut self, scan_cost: f64) {
        let mut best_cost = self.covering_scan().map_or(scan_cost, |cost| cost.min(scan_cost));
        let tree = self.build_tree();
        if self.outcome.impossible {
            return;
        }
        let mut forced = false;
        if let Some(plan) = group_skip::find(self, tree.as_ref(), best_cost) {
            let rows = (plan.rows as u64).min(self.request.statistics.rows);
            self.outcome.condition_rows = self.outcome.condition_rows.min(rows);
            if plan.cost < best_cost {
                best_cost = plan.cost;
                self.outcome.plan = Some(plan);
            }
        }
        let skip_scan_on = self.ctx().settings.switches.on(Switch::SkipScan) || self.request.hints.skip_scan.is_some();
        if skip_scan_on && let Some(plan) = skip_scan::find(self, tree.as_ref(), best_cost) {
            forced = plan.forced;
            if plan.cost < best_cost || forced {
                best_cost = plan.cost;
                self.outcome.plan = Some(plan);
            }
        }
        if let Some(tree) = tree.as_ref().filter(|_| !forced) {
            self.ranges_and_merges(tree, best_cost);
        }
        self.summary();
    }

    /// Cost of the cheapest scan of a covering index (spec 03 §6 step 4).
    fn covering_scan(&self) -> Option<f64> {
        let index = shortest_key(self.setup.table, self.request.covering)?;
        let cost = self.prices.covering_scan(index);
        let scan = self.prices.table_scan(self.request.limit, self.request.ignore_table_scan);
        self.ctx().trace(|trace| {
            trace.open_object(Some("best_covering_index_scan"));
            trace.field("index", &*self.setup.table.indexes[index as usize].name);
            trace.field("cost", cost);
            trace.field("chosen", cost < scan);
            if cost >= scan {
                trace.field("cause", "cost");
            }
            trace.close();
        });
        Some(cost)
    }

    fn build_tree(&mut self) -> Option<KeyTree> {
        if self.request.conditions.is_empty() {
            return None;
        }
        let mut builder = Builder::new(&self.setup);
        let mut tree: Option<Tree> = None;
        for condition in self.request.conditions {
            tree = tree_and(tree, builder.tree(*condition));
            if tree == Some(Tree::Impossible) {
                break;
            }
        }
        let causes = std::mem::take(&mut builder.impossible);
        self.ctx().trace(|trace| trace_impossible(trace, &causes));
        if self.setup.out_of_memory() {
            self.warn_of_memory();
            return None;
        }
        match tree {
            Some(Tree::Impossible) => {
                self.outcome.impossible = true;
                self.ctx().trace(|trace| trace.field("impossible_range", true));
                None
            }
            Some(Tree::Always) => {
                self.ctx().trace(|trace| {
                    trace.field("range_scan_possible", false);
                    trace.field("cause", "condition_always_true");
                });
                None
            }
            Some(Tree::Key(tree)) => Some(tree),
            None => None,
        }
    }

    fn warn_of_memory(&self) {
        let limit = self.ctx().settings.range_optimizer_max_mem_size;
        self.setup.diagnostics.borrow_mut().push(Diagnostic {
            level: Level::Warning,
            code: 3170,
            text: format!(
                "Memory capacity of {limit} bytes for 'range_optimizer_max_mem_size' exceeded. Range optimization was not done for this query."
            ),
        });
    }

    /// Steps 8a to 8c of spec 03 §6.
    fn ranges_and_merges(&mut self, tree: &KeyTree, mut best_cost: f64) {
        self.ctx().trace(|trace| {
            trace.open_object(Some("analyzing_range_alternatives"));
        });
        let found = self.best_index(tree, best_cost, Role::Plain, false);
        if let Some(scan) = found.best {
            best_cost = scan.cost;
            let plan = self.scan_plan(&scan);
            self.outcome.plan = Some(plan);
        }
        let is_delete = matches!(self.setup.query.command, Command::Delete { multi_table: false, .. });
        let merges_on = self.merges_allowed();
        if merges_on
            && !is_delete
            && let Some(intersection) = merge_intersection::find(self, found.rowid_ordered, best_cost, true)
        {
            best_cost = intersection.cost;
            let plan = merge_intersection::plan(self, &intersection);
            self.outcome.plan = Some(plan);
        }
        self.ctx().trace(Trace::close);
        if !merges_on || tree.merges.is_empty() || self.request.statistics.rows == 0 {
            return;
        }
        self.ctx().trace(|trace| trace.open_array(Some("analyzing_index_merge_union")));
        let mut best: Option<RangePlan> = None;
        for merge in &tree.merges {
            if let Some(plan) = merge_union::find(self, merge, best_cost) {
                self.outcome.condition_rows = self.outcome.condition_rows.min(plan.rows as u64);
                if best.as_ref().is_none_or(|best| plan.cost < best.cost) {
                    best = Some(plan);
                }
            }
        }
        self.ctx().trace(Trace::close);
        if best.is_some() {
            self.outcome.plan = best;
        }
    }

    fn merges_allowed(&self) -> bool {
        if self.request.order == WantedOrder::Descending || self.request.hints.no_index_merge {
            return false;
        }
        self.request.hints.index_merge.is_some() || self.ctx().settings.switches.on(Switch::IndexMerge)
    }

    /// Is one of the index merge kinds allowed by its switch or the hint?
    pub fn merge_kind_allowed(&self, switch: Switch) -> bool {
        self.request.hints.index_merge.is_some() || self.ctx().settings.switches.on(switch)
    }

    /// The cheapest single index of a tree (spec 03 §6.1), and its row-id ordered scans.
    pub fn best_index(&mut self, tree: &KeyTree, limit: f64, role: Role, only_rowid_ordered: bool) -> BestIndex {
        let mut found = BestIndex { best: None, rowid_ordered: Vec::new() };
        let mut limit = limit;
        self.ctx().trace(|trace| trace.open_array(Some("range_scan_alternatives")));
        for place in 0..self.setup.indexes.len() {
            let Some(list) = tree.lists[place].clone() else { continue };
            let index = self.setup.indexes[place].index;
            if list.has_maybe() {
                self.outcome.needed_registers.insert(index);
            }
            self.ctx().trace(|trace| {
                trace.open_object(None);
                trace.field("index", self.index_name(place));
            });
            let verdict = match self.price(place, &list, role) {
                None if list.kind == ListKind::Maybe => Err("depends_on_unread_values"),
                None => Err("no_valid_range_for_this_index"),
                Some(scan) => self.judge(scan, &mut found, &mut limit, only_rowid_ordered),
            };
            self.ctx().trace(|trace| {
                trace.field("chosen", verdict.is_ok());
                if let Err(cause) = verdict {
                    trace.field("cause", cause);
                }
                trace.close();
            });
        }
        self.ctx().trace(Trace::close);
        found
    }

    fn judge(
        &mut self,
        scan: IndexScan,
        found: &mut BestIndex,
        limit: &mut f64,
        only_rowid_ordered: bool,
    ) -> Result<(), &'static str> {
        let hints = &self.request.hints;
        let named = hints.index_merge;
        if hints.no_index_merge_of.contains(scan.index) || named.is_some_and(|named| !named.allows(scan.index)) {
            return Err("index_merge_hint");
        }
        if only_rowid_ordered && !scan.rowid_ordered {
            return Err("not_rowid_ordered");
        }
        if scan.rowid_ordered {
            found.rowid_ordered.push(scan.clone());
        }
        let forced = named.is_some_and(|named| !named.is_any() || found.best.is_none());
        if scan.cost < *limit || forced {
            *limit = scan.cost;
            found.best = Some(scan);
            Ok(())
        } else {
            Err("cost")
        }
    }

    /// Rows and cost of the ranges of one index (spec 03 §5); stores the estimates that the role asks for.
    pub fn price(&mut self, place: usize, list: &Rc<List>, role: Role) -> Option<IndexScan> {
        if list.part != 0 || list.kind != ListKind::Range {
            return None;
        }
        let index = &self.setup.indexes[place];
        let number = index.index;
        let ranges = enumerate(index, list, true);
        let question = RowQuestion { partitions: self.partition_names.as_deref(), skip_dives: self.request.skip_dives };
        let counted = rows_in_list(&self.setup, index, list, &ranges, &question);
        let covering = self.request.covering.contains(number) && !self.setup.table.indexes[number as usize].multi_valued;
        let index_only = match role {
            Role::Plain => covering,
            Role::Member => true,
            Role::Prefix => false,
        };
        let count = ranges.len() as u32;
        let (cost, mrr) = self.prices.range_scan(number, count, counted.rows, index_only, self.mrr(number, role));
        let scan = IndexScan {
            place,
            index: number,
            rows: counted.rows,
            cost,
            ranges: count,
            key_parts: ranges::used_parts(&ranges),
            key_bytes: ranges::key_bytes(index, &ranges),
            rowid_ordered: ranges::is_rowid_ordered(self.setup.table, index, &ranges),
            mergeable: ranges::merges(self.setup.table, index),
            mrr,
            index_only,
            dives: counted.dives,
            trace_ranges: counted.trace_ranges,
            list: list.clone(),
            estimated: counted.estimated || self.setup.met_unknown.get(),
        };
        self.store_estimates(&scan, role);
        if role != Role::Prefix {
            self.ctx().trace(|trace| self.trace_scan(trace, &scan));
        }
        Some(scan)
    }

    fn mrr(&self, index: IndexNo, role: Role) -> Mrr {
        let wanted =
            role == Role::Plain && self.request.order == WantedOrder::Any && matches!(self.setup.query.command, Command::Select);
        if !wanted || self.request.hints.no_mrr.contains(index) {
            Mrr::Never
        } else if self.request.hints.mrr.contains(index) {
            Mrr::Forced
        } else {
            mrr_by_switch(self.ctx().settings)
        }
    }

    fn store_estimates(&mut self, scan: &IndexScan, role: Role) {
        self.last_rows[scan.place] = Some(scan.rows);
        self.last_dives = scan.dives;
        self.outcome.possible_keys.insert(scan.index);
        let entry = self.outcome.quick.iter_mut().find(|(index, _)| *index == scan.index);
        if role == Role::Member {
            if let Some((_, estimate)) = entry {
                estimate.rows = scan.rows;
            }
            self.outcome.member_rows.retain(|(index, _)| *index != scan.index);
            self.outcome.member_rows.push((scan.index, scan.rows));
            return;
        }
        let estimate = QuickEstimate { rows: scan.rows, key_parts: scan.key_parts, ranges: scan.ranges };
        match entry {
            Some((_, old)) => *old = estimate,
            None => self.outcome.quick.push((scan.index, estimate)),
        }
        self.outcome.condition_rows = self.outcome.condition_rows.min(scan.rows);
    }

    fn trace_scan(&self, trace: &mut Trace, scan: &IndexScan) {
        trace.field("ranges", scan.trace_ranges.clone());
        if self.request.skip_dives {
            trace.field("index_dives_for_range_access", "skipped_due_to_force_index");
        } else {
            trace.field("index_dives_for_eq_ranges", scan.dives);
        }
        trace.field("rowid_ordered", scan.rowid_ordered);
        trace.field("using_mrr", scan.mrr);
        trace.field("index_only", scan.index_only);
        trace.field("in_memory", in_memory(self.ctx(), self.setup.table, scan.index));
        if self.request.skip_dives {
            trace.field("rows", "not applicable");
            trace.field("cost", "not applicable");
        } else {
            trace.field("rows", scan.rows);
            trace.field("cost", scan.cost);
        }
    }

    /// The plan of a plain scan.
    pub fn scan_plan(&self, scan: &IndexScan) -> RangePlan {
        let index = &self.setup.indexes[scan.place];
        let ranges = enumerate(index, &scan.list, true);
        let mut columns = ColumnSet::default();
        for part in &index.parts[..scan.key_parts] {
            columns.insert(part.column);
        }
        let kind = RangePlanKind::IndexRange(IndexRange {
            index: scan.index,
            tree_ranges: ranges.iter().map(|range| scan_range(index, range, Reader::Tree)).collect(),
            trace_ranges: match self.ctx().trace {
                Some(_) => ranges.iter().map(|range| scan_range(index, range, Reader::Trace)).collect(),
                None => Vec::new(),
            },
            key_parts: scan.key_parts,
            key_bytes: scan.key_bytes,
            mrr: scan.mrr,
            rowid_ordered: scan.rowid_ordered,
            direction: ScanDirection::Forward,
            index_only: scan.index_only,
            equality_only: ranges.iter().all(|range| range.is_equality()),
        });
        RangePlan { kind, rows: scan.rows as f64, cost: scan.cost, columns, forced: false, estimated: scan.estimated }
    }

    fn summary(&mut self) {
        if self.outcome.plan.as_ref().is_some_and(|plan| (plan.rows as u64) == 0) {
            self.outcome.impossible = true;
        }
        let Some(plan) = &self.outcome.plan else { return };
        self.ctx().trace(|trace| {
            trace.open_object(Some("chosen_range_access_summary"));
            trace.open_object(Some("range_access_plan"));
            super::plan_trace::plan_object(trace, self.setup.table, plan);
            trace.close();
            trace.field("rows_for_plan", plan.rows);
            trace.field("cost_for_plan", plan.cost);
            trace.field("chosen", true);
            trace.close();
        });
    }
}

/// What [`Driver::best_index`] found.
pub(super) struct BestIndex {
    pub best: Option<IndexScan>,
    pub rowid_ordered: Vec<IndexScan>,
}

/// Share of an index in memory as the trace prints it.
pub(super) fn in_memory(ctx: &Context<'_>, table: &Table, index: IndexNo) -> f64 {
    if ctx.statistics().index_in_memory_known(table, index) { ctx.statistics().index_in_memory(table, index) } else { -1.0 }
}

/// The covering index with the shortest key (spec 03 §6, `find_shortest_key`).
pub fn shortest_key(table: &Table, covering: KeySet) -> Option<IndexNo> {
    let clustered = table.primary.filter(|primary| Some(*primary) == table.clustered);
    let mut best: Option<(u32, IndexNo)> = None;
    for index in covering.iter().filter(|index| Some(*index) != clustered) {
        let length = table.indexes[index as usize].key_length();
        if best.is_none_or(|(shortest, _)| length < shortest) {
            best = Some((length, index));
        }
    }
    let clustered = clustered.filter(|index| covering.contains(*index));
    match (best, clustered) {
        (None, clustered) => clustered,
        (Some((_, index)), Some(clustered)) if table.indexes[index as usize].user_parts >= table.columns.len() => Some(clustered),
        (Some((_, index)), _) => Some(index),
    }
}

fn trace_impossible(trace: &mut Trace, causes: &[&'static str]) {
    trace.open_array(Some("setup_range_conditions"));
    for cause in causes {
        trace.open_object(None);
        trace.open_object(Some("impossible_condition"));
        trace.field("cause", *cause);
        trace.close();
        trace.close();
    }
    trace.close();
}
