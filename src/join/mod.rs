//! Join order and access method: key uses, const tables, ref access, greedy search, semijoin strategies (spec 04, 05).
//!
//! [`plan`] takes a block whose WHERE and ON conditions already hold multiple equalities and leaves a [`JoinState`]: the order
//! of its tables, how each is read, and the numbers that EXPLAIN prints.

mod best_access;
mod block_tables;
mod const_tables;
mod dependencies;
mod derived_keys;
mod estimate_rows;
mod full_text_key_use;
pub mod graph;
mod hints;
mod initial_order;
mod key_use;
mod lateral;
mod layout;
mod materialization;
mod nest_check;
mod prefix_cover;
mod prices;
mod pull_out;
mod ref_access;
mod search;
mod semijoin;
mod semijoin_cost;
mod semijoin_final;
mod sorting;
pub mod state;
mod subquery_strategy;
#[cfg(test)]
mod tests;
mod trace;

pub use state::{
    Constness, IndexFacts, JoinState, JoinTable, KeyUse, MaterializationCosts, MaterializationPlan, MaterializedSemijoin,
    Position, SemijoinNest, SemijoinProgress, SemijoinStrategy,
};
pub use subquery_strategy::{Decision, ParentPlan, decide};
pub use trace::table_name as trace_name;

use crate::catalog::Engine;
use crate::context::Context;
use crate::error::Result;
use crate::estimate::HistogramCache;
use crate::query::{BlockId, ExprId, Query, TableId, TableKind, TableSet, TermKind, UnitRole};
use search::{Search, SearchInput};
use std::sync::Arc;

/// What is known of a materialized derived table, view or CTE before its reference is planned (spec 04 §12.1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DerivedEstimate {
    /// The table.
    pub table: TableId,
    /// Rows of the definition.
    pub rows: u64,
    /// Cost of one run of the definition (the sum over its blocks).
    pub cost: f64,
}

/// What the planner knows of a block before its joins are planned.
#[derive(Clone, Copy, Debug, Default)]
pub struct JoinInput<'a> {
    /// Estimates of the materialized derived tables and recursive references among the block's leaves.
    pub derived: &'a [DerivedEstimate],
}

/// Plans the joins of one block (make_join_plan, spec 04 §1).
pub fn plan(ctx: &Context<'_>, query: &mut Query, block: BlockId, input: &JoinInput<'_>) -> Result<JoinState> {
    add_distinct_keys(query, block);
    let partitions = used_partitions(ctx, query, block);
    let mut tables = block_tables::join_tables(ctx, query, block, input, &partitions);
    dependencies::propagate(query, block, &mut tables);
    trace::table_dependencies(ctx, query, &tables);
    let mut key_uses = Vec::new();
    let mut sargables = Vec::new();
    if has_conditions(query, block) {
        let found = key_use::find_key_uses(ctx, query, block, &mut tables);
        key_uses = key_use::sort_and_prune(&mut tables, found.key_uses);
        sargables = found.sargables;
        trace::key_uses(ctx, query, &tables, &key_uses);
    }
    pull_out::pull_out(ctx, query, block, &mut tables, &key_uses);
    let mut order: Vec<u8> = (0..tables.len() as u8).collect();
    let mut consts = const_tables::extract(ctx, query, block, &mut tables, &key_uses, &mut order);
    if !consts.all.is_empty() {
        const_tables::add_constant_sargables(query, &mut tables, &sargables, consts.found);
    }
    let select_limit = sorting::select_limit(ctx, query, block);
    let unordered = query[block].order_by.is_empty() && query[block].group_by.is_empty() && !query[block].options.distinct;
    let row_limit = if unordered { select_limit } else { u64::MAX };
    let estimate_input =
        estimate_rows::EstimateInput { block, readable: consts.found, row_limit, skip_dives: skips_dives(query, block, &tables) };
    let impossible = estimate_rows::estimate(ctx, query, &mut tables, estimate_input);
    const_tables::make_impossible_const(ctx, query, block, &mut tables, &mut order, &mut consts, &impossible);
    let straight = query[block].options.straight_join || dependencies::fixed_order(query, block);
    if !straight {
        dependencies::apply_order_hints(query, block, &mut tables, consts.all);
    }
    let where_ = query[block].where_;
    mark_condition_columns(ctx, query, where_, &mut tables);
    key_use::estimate_reference_rows(&tables, consts.all, &mut key_uses);
    let nests = semijoin::nests(ctx, query, block, &tables);
    let mut state = JoinState {
        block,
        tables,
        key_uses,
        where_,
        positions: order.iter().map(|&table| Position::empty(table)).collect(),
        const_tables: consts.all.len(),
        const_table_set: consts.all,
        found_const_tables: consts.found,
        materialized: Vec::new(),
        nests,
        // What a plan without a join to search costs.
        best_read: 1.0,
        best_rowcount: 1,
        sort_cost: 0.0,
        windowing_cost: 0.0,
        sort_by_table: sorting::sort_by_table(query, block),
        zero_result: consts.no_matching_row.then_some("no matching row in const table"),
        row_limit,
        select_limit,
        in_derived_table: matches!(query[query[block].unit].role, UnitRole::Derived(_)),
        straight,
    };
    search_order(ctx, query, &mut state, order, TableSet::EMPTY);
    keep_used_generated_keys(query, &mut state);
    Ok(state)
}

/// Plans the same block again without some tables' values: for the materialization of an IN subquery (spec 05 §8.4 step 4).
pub fn plan_again(ctx: &Context<'_>, query: &Query, state: &JoinState, excluded: TableSet) -> JoinState {
    let mut again = JoinState {
        block: state.block,
        tables: state.tables.clone(),
        key_uses: state.key_uses.clone(),
        where_: state.where_,
        positions: state.positions.clone(),
        materialized: Vec::new(),
        nests: state.nests.clone(),
        ..*state
    };
    let mut order: Vec<u8> = (0..again.tables.len() as u8).collect();
    let consts: Vec<u8> = state.positions[..state.const_tables].iter().map(|place| place.table).collect();
    order.retain(|table| !consts.contains(table));
    let order: Vec<u8> = consts.into_iter().chain(order).collect();
    search_order(ctx, query, &mut again, order, excluded);
    again
}

fn search_order(ctx: &Context<'_>, query: &Query, state: &mut JoinState, order: Vec<u8>, excluded: TableSet) {
    let const_tables = state.const_tables;
    if const_tables == state.tables.len() {
        state.positions = order.iter().map(|&table| const_position(query, &state.tables[table as usize])).collect();
        return;
    }
    let histograms = HistogramCache::default();
    let input = SearchInput {
        const_tables,
        const_set: state.const_table_set,
        sort_by_table: state.sort_by_table,
        select_limit: state.select_limit,
        straight: state.straight,
        sorting_windows: sorting::sorting_windows(query, state.block),
        excluded,
    };
    let order = materialization::plan_nests(ctx, query, state, &histograms, &input, order);
    ctx.trace(|t| {
        t.open_object(None);
        t.open_array(Some("considered_execution_plans"));
    });
    let order = initial_order::sort(&state.tables, order, const_tables, state.straight, TableSet::EMPTY);
    let joined = TableSet::first(state.tables.len()).minus(state.const_table_set);
    let mut search =
        Search::new(ctx, query, &state.tables, &state.key_uses, &state.nests, &histograms, state.where_, input, order);
    search.choose_order(joined);
    let laid_out = search.fix_semijoins();
    ctx.trace(|t| {
        t.close();
        t.close();
    });
    let (best_read, best_rowcount, sort_cost, windowing_cost) =
        (search.best_read, search.best_rowcount, search.sort_cost, search.windowing_cost);
    state.best_read = best_read;
    state.best_rowcount = best_rowcount;
    state.sort_cost = sort_cost;
    state.windowing_cost = windowing_cost;
    layout::lay_out(state, laid_out, ctx.costs().row_evaluate);
}

/// The place of a const table: no rows if none was found.
fn const_position(query: &Query, table: &JoinTable) -> Position {
    let missing = query[table.id].const_row.as_deref().is_some_and(|row| *row == crate::catalog::ConstRow::Missing)
        && table.const_note != Some("Impossible ON condition");
    let mut position = Position::empty(table.number);
    position.rows_fetched = if missing { 0.0 } else { 1.0 };
    position.prefix_rowcount = 1.0;
    position
}

fn has_conditions(query: &Query, block: BlockId) -> bool {
    !const_tables::condition_roots(query, block).is_empty()
}

/// Leaf partitions that each partitioned table of the block reads (spec 03 §12).
fn used_partitions(ctx: &Context<'_>, query: &Query, block: BlockId) -> Vec<(TableId, Vec<usize>)> {
    let partitioned = query[block].leaves.iter().filter(|id| query[**id].table.partitioning.is_some());
    partitioned
        .filter_map(|&id| {
            let condition = estimate_rows::outermost_on(query, id).or(query[block].where_);
            let pruned = crate::access::partition::prune(ctx, query, id, condition, TableSet::EMPTY, true)?;
            Some((id, pruned.used))
        })
        .collect()
}

/// A UNION DISTINCT that is written into a derived table directly has a key that removes its duplicates.
fn add_distinct_keys(query: &mut Query, block: BlockId) {
    for id in query[block].leaves.clone() {
        let TableKind::Derived { unit, .. } = query[id].kind else { continue };
        let term = &query[unit].term;
        let distinct = matches!(term.kind, TermKind::SetOperation { distinct_until: Some(_), .. }) && term.order_by.is_empty();
        if distinct && query[id].table.engine == Engine::TempTable && query[id].table.indexes.is_empty() {
            derived_keys::add_distinct_key(Arc::make_mut(&mut query[id].table));
        }
    }
}

/// Columns of each table that WHERE names, and the conjuncts that name them (spec 04 §8.1).
fn mark_condition_columns(ctx: &Context<'_>, query: &Query, where_: Option<ExprId>, tables: &mut [JoinTable]) {
    let Some(where_) = where_ else { return };
    if !ctx.settings.switches.on(crate::catalog::Switch::ConditionFanoutFilter) {
        return;
    }
    let conjuncts: &[ExprId] = match &query.exprs[where_] {
        crate::query::Expr::And(args) => args,
        _ => &[where_],
    };
    for &conjunct in conjuncts {
        query.walk(conjunct, &mut |expr| {
            if let crate::query::Expr::Column { table, column } = query.exprs[expr] {
                let reference = &query[table];
                if let Some(table) = tables.get_mut(reference.number as usize).filter(|t| t.id == table)
                    && table.constness == Constness::No
                {
                    table.condition_columns.insert(column);
                    if table.conjuncts.last() != Some(&conjunct) {
                        table.conjuncts.push(conjunct);
                    }
                }
            }
        });
    }
}

/// FORCE INDEX with one usable index on the only table of a simple block: ranges are not dived into (spec 04 §4.2).
fn skips_dives(query: &Query, block: BlockId, tables: &[JoinTable]) -> bool {
    let [table] = tables else { return false };
    let b = &query[block];
    let reference = &query[table.id];
    reference.force_index
        && query[b.unit].outer.is_none()
        && b.inner_units.is_empty()
        && b.group_by.is_empty()
        && !b.options.distinct
        && !b.has_aggregates
        && reference.usable_keys.iter().count() == 1
        && b.order_by.is_empty()
}

/// `possible_keys` of a derived table is the used key only (spec 04 §12.2).
fn keep_used_generated_keys(query: &Query, state: &mut JoinState) {
    let inner = state.materialized.iter().flat_map(|nest| nest.positions.iter());
    let used: Vec<(u8, Option<u8>)> = state.positions.iter().chain(inner).map(|place| (place.table, place.key)).collect();
    for table in state.tables.iter_mut().filter(|table| table.materialized) {
        if query[table.id].table.engine != Engine::TempTable {
            continue;
        }
        table.keys = crate::catalog::KeySet::EMPTY;
        if let Some((_, Some(key))) = used.iter().find(|(number, _)| *number == table.number) {
            table.keys.insert(*key);
        }
    }
}
