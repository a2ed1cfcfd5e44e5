//! First estimate of rows and cost of every table by itself (spec 04 §5).

use super::block_tables::keys_with_columns;
use super::prices;
use super::state::{Constness, JoinTable};
use super::trace;
use crate::access::hints::RangeHints;
use crate::access::range::{RangeRequest, WantedOrder, analyse};
use crate::catalog::{ColumnNo, KeySet, Switch};
use crate::context::Context;
use crate::query::{AggregateKind, BlockId, ColumnSet, Expr, ExprId, NestId, Query, TableId, TableKind, TableSet};

/// What the estimates of a block depend on.
#[derive(Clone, Copy, Debug)]
pub(super) struct EstimateInput {
    pub block: BlockId,
    /// Const tables that have a row.
    pub readable: TableSet,
    /// LIMIT for range analysis: none if the block sorts, groups or removes duplicates.
    pub row_limit: u64,
    /// FORCE INDEX with one index on the only table: no dives.
    pub skip_dives: bool,
}

/// A table that turned out to have no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Impossible {
    /// Its columns are all NULL: the ON condition cannot hold.
    NullRow(u8),
    /// The block has no row.
    NoRow(u8),
}

/// Estimates all tables; returns those whose ranges can never hold.
pub(super) fn estimate(ctx: &Context<'_>, query: &mut Query, tables: &mut [JoinTable], input: EstimateInput) -> Vec<Impossible> {
    ctx.trace(|t| {
        t.open_object(None);
        t.open_array(Some("rows_estimation"));
    });
    let mut impossible = Vec::new();
    for number in 0..tables.len() {
        if ctx.trace.is_some() {
            let name = trace::table_name(query, tables[number].id);
            ctx.trace(|t| {
                t.open_object(None);
                t.field("table", name);
            });
        }
        if tables[number].constness != Constness::No {
            estimate_const(ctx, query, &mut tables[number]);
        } else if let Some(found) = estimate_table(ctx, query, tables, number, input) {
            impossible.push(found);
        }
        ctx.trace(|t| t.close());
    }
    ctx.trace(|t| {
        t.close();
        t.close();
    });
    impossible
}

fn estimate_const(ctx: &Context<'_>, query: &Query, table: &mut JoinTable) {
    let page = prices::page_reads(ctx.costs(), table, 1.0);
    table.records = 1;
    table.found = 1;
    table.read_time = page;
    table.worst_seeks = page;
    let missing = matches!(query[table.id].const_row.as_deref(), Some(crate::catalog::ConstRow::Missing)) || table.null_row;
    ctx.trace(|t| {
        t.field("rows", 1);
        t.field("cost", 1);
        t.field("table_type", if table.constness == Constness::System { "system" } else { "const" });
        t.field("empty", missing);
    });
}

fn estimate_table(
    ctx: &Context<'_>,
    query: &mut Query,
    tables: &mut [JoinTable],
    number: usize,
    input: EstimateInput,
) -> Option<Impossible> {
    let count = tables.len();
    let table = &mut tables[number];
    table.found = table.records;
    table.read_time = table.table_scan_cost;
    table.worst_seeks = worst_seeks(ctx, table);
    add_group_and_skip_scan_keys(ctx, query, input.block, table, count);
    let on = nearest_on(query, table.id);
    let condition = if table.inner_of_outer_join { on } else { query[input.block].where_ };
    let keys = table.const_keys.union(table.skip_scan_keys);
    let mut never = false;
    if !keys.is_empty() && !table.materialized && !matches!(query[table.id].kind, TableKind::JsonTable { .. }) {
        never = analyse_ranges(ctx, query, table, condition, keys, count, input);
    } else {
        if let Some(on) = on {
            let facts = query.exprs.facts(on);
            never = facts.used.is_empty()
                && matches!(crate::evaluate::evaluate(ctx, query, on), crate::evaluate::Evaluated::Known(v) if is_false(&v));
        }
        let (rows, cost) = (table.found, table.read_time);
        ctx.trace(|t| {
            t.open_object(Some("table_scan"));
            t.field("rows", rows);
            t.field("cost", trace::number(cost));
            t.close();
        });
    }
    table.always_false = never;
    if !never || table.semijoin_nest.is_some() || (table.inner_of_outer_join && !table.outer_nests.is_empty()) {
        return None;
    }
    if query[table.id].outer_join {
        ctx.trace(|t| {
            t.field("returning_empty_null_row", true);
            t.field("cause", "always_false_outer_join_condition");
        });
        return Some(Impossible::NullRow(table.number));
    }
    ctx.trace(|t| {
        t.field("rows", 0);
        t.field("cause", "impossible_where_condition");
    });
    Some(Impossible::NoRow(table.number))
}

fn is_false(value: &crate::value::Value) -> bool {
    value.is_null() || matches!(value, crate::value::Value::Int(0) | crate::value::Value::UInt(0))
}

/// Ceiling of the cost of one lookup (spec 04 §5.1).
pub(super) fn worst_seeks(ctx: &Context<'_>, table: &JoinTable) -> f64 {
    let costs = ctx.costs();
    let tenth = prices::page_reads(costs, table, table.records as f64 / 10.0);
    crate::cost::table::worst_seeks(tenth, table.table_scan_cost, prices::page_reads(costs, table, 2.0))
}

/// The nearest ON condition of a table: its own, or that of the nests around it.
pub(super) fn nearest_on(query: &Query, table: TableId) -> Option<ExprId> {
    if let Some(on) = query[table].on {
        return Some(on);
    }
    let mut nest: Option<NestId> = query[table].nest;
    while let Some(id) = nest {
        if let Some(on) = query[id].on {
            return Some(on);
        }
        nest = query[id].parent;
    }
    None
}

/// The outermost ON condition around a table that is still an outer join's inner one.
pub(super) fn outermost_on(query: &Query, table: TableId) -> Option<ExprId> {
    let mut found = query[table].on;
    let mut nest: Option<NestId> = query[table].nest;
    while let Some(id) = nest {
        found = query[id].on.or(found);
        nest = query[id].parent;
    }
    found
}

fn analyse_ranges(
    ctx: &Context<'_>,
    query: &mut Query,
    table: &mut JoinTable,
    condition: Option<ExprId>,
    keys: KeySet,
    count: usize,
    input: EstimateInput,
) -> bool {
    let conditions: Vec<ExprId> = condition.into_iter().collect();
    let equalities = match table.inner_of_outer_join {
        true => query[input.block].where_.map_or_else(Vec::new, |root| equalities_of(query, root)),
        false => Vec::new(),
    };
    let statistics = table.statistics;
    let request = RangeRequest {
        block: input.block,
        table: table.id,
        statistics: &statistics,
        partitions: table.partitions.as_deref(),
        conditions: &conditions,
        equalities: &equalities,
        keys,
        readable: input.readable,
        previous: TableSet::EMPTY,
        limit: input.row_limit,
        ignore_table_scan: query[table.id].force_index,
        force: false,
        order: WantedOrder::Any,
        skip_dives: input.skip_dives,
        covering: table.covering,
        inner_of_outer_join: table.inner_of_outer_join,
        table_count: count,
        hints: RangeHints::of(query, table.id),
    };
    let outcome = analyse(ctx, query, &request);
    table.needed_registers = outcome.needed_registers;
    table.keys = table.keys.union(outcome.possible_keys);
    for (index, estimate) in &outcome.quick {
        if let Some(slot) = table.quick.get_mut(*index as usize) {
            *slot = Some(*estimate);
        }
    }
    table.quick_condition_rows = table.quick_condition_rows.min(outcome.condition_rows);
    query.diagnostics.extend(outcome.diagnostics);
    if outcome.impossible {
        table.found = 0;
        table.read_time = 0.0;
        return true;
    }
    if let Some(plan) = outcome.plan {
        table.found = plan.rows as u64;
        table.read_time = plan.cost;
        table.range_plan_forced = plan.forced;
        table.range_plan = Some(plan);
    }
    false
}

/// Multiple equalities among the conjuncts of a condition.
fn equalities_of(query: &Query, condition: ExprId) -> Vec<ExprId> {
    let is_equality = |e: &ExprId| matches!(query.exprs[*e], Expr::MultipleEqual { .. });
    match &query.exprs[condition] {
        Expr::And(args) => args.iter().copied().filter(is_equality).collect(),
        Expr::MultipleEqual { .. } => vec![condition],
        _ => Vec::new(),
    }
}

/// Indexes for loose index scans and skip scans (spec 04 §5.3).
fn add_group_and_skip_scan_keys(ctx: &Context<'_>, query: &Query, block: BlockId, table: &mut JoinTable, count: usize) {
    let reference = &query[table.id];
    if !matches!(reference.kind, TableKind::Base) {
        return;
    }
    let b = &query[block];
    let mut columns = Columns { table: table.id, set: ColumnSet::default(), cached: Vec::new(), foreign: false };
    let cause;
    let distinct_aggregates =
        if b.group_by.is_empty() && !b.options.distinct { distinct_aggregate_columns(query, block) } else { None };
    if !b.group_by.is_empty() {
        b.group_by.iter().for_each(|element| columns.add(query, element.expr));
        cause = "group_by";
    } else if b.options.distinct {
        b.items.iter().for_each(|item| columns.add(query, item.expr));
        cause = "distinct";
    } else if let (Some(args), 1) = (&distinct_aggregates, count) {
        args.iter().for_each(|&arg| columns.add(query, arg));
        cause = "indexed_distinct_aggregate";
    } else {
        let hints = RangeHints::of(query, table.id);
        let allowed = (ctx.settings.switches.on(Switch::SkipScan) || hints.skip_scan.is_some()) && !hints.no_skip_scan;
        let (Some(where_), 1, true) = (b.where_, count, allowed) else { return };
        columns.add(query, where_);
        cause = "skip_scan";
    }
    if columns.set.is_empty() || columns.foreign {
        return;
    }
    let usable = reference.usable_keys.union(reference.usable_keys_group);
    let mut possible = keys_with_columns(&reference.table, &columns.set, true);
    // For cached columns the server looks at the indexes of their tables by number.
    for (table, column) in columns.cached {
        let mut one = ColumnSet::default();
        one.insert(column);
        possible = possible.intersect(keys_with_columns(&query[table].table, &one, true));
    }
    if cause == "skip_scan" {
        table.skip_scan_keys = possible;
        return;
    }
    possible = possible.intersect(usable);
    let added = possible.minus(table.const_keys);
    if !added.is_empty() {
        table.const_keys = table.const_keys.union(possible);
        table.keys = table.keys.union(possible);
        let names: Vec<&str> = added.iter().map(|index| &*reference.table.indexes[index as usize].name).collect();
        ctx.trace(|t| {
            t.open_object(Some("const_keys_added"));
            t.field("keys", names);
            t.field("cause", cause);
            t.close();
        });
    }
}

/// Columns of one table below some expressions, and those of other tables.
struct Columns {
    table: TableId,
    set: ColumnSet,
    /// Cached columns of outer blocks that the server takes for columns of the table.
    cached: Vec<(TableId, ColumnNo)>,
    /// Another table's column was met.
    foreign: bool,
}

impl Columns {
    fn add(&mut self, query: &Query, root: ExprId) {
        self.collect(query, root, false);
    }

    fn collect(&mut self, query: &Query, root: ExprId, cached: bool) {
        match &query.exprs[root] {
            Expr::Column { table, column } if *table == self.table => {
                self.set.insert(*column);
            }
            Expr::Column { table, column } => {
                let outer = query[*table].block != query[self.table].block;
                // The left operand of IN keeps its table's number in the outer block, which is taken for one of this block.
                if cached && outer && query[*table].number == query[self.table].number {
                    self.cached.push((*table, *column));
                } else {
                    self.foreign |= cached || !outer || query[*table].const_row.is_none();
                }
            }
            Expr::Cache(arg) => self.collect(query, *arg, true),
            expr => expr.for_each_child(|child| self.collect(query, child, cached)),
        }
    }
}

/// Arguments of COUNT/SUM/AVG(DISTINCT), if all aggregates of a block without GROUP BY allow a loose index scan: those, MIN
/// and MAX, over one common set of columns.
fn distinct_aggregate_columns(query: &Query, block: BlockId) -> Option<Vec<ExprId>> {
    if !query[block].has_aggregates {
        return None;
    }
    let mut common: Option<Vec<ExprId>> = None;
    let mut qualifies = true;
    let roots = query[block].items.iter().map(|item| item.expr).chain(query[block].having);
    for root in roots.chain(query[block].order_by.iter().map(|element| element.expr)) {
        query.walk(root, &mut |expr| {
            let Expr::Aggregate { kind, distinct, args, .. } = &query.exprs[expr] else { return };
            match kind {
                AggregateKind::Min | AggregateKind::Max => {}
                AggregateKind::Count | AggregateKind::Sum | AggregateKind::Avg if *distinct => {
                    qualifies &= args.iter().all(|&arg| query.column_of(arg).is_some());
                    match &common {
                        None => common = Some(args.clone()),
                        Some(others) => {
                            let within = |a: &[ExprId], b: &[ExprId]| a.iter().all(|&x| b.iter().any(|&y| query.same(x, y)));
                            qualifies &= within(others, args) && within(args, others);
                        }
                    }
                }
                _ => qualifies = false,
            }
        });
    }
    common.filter(|_| qualifies)
}
