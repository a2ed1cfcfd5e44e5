//! What materializing a semijoin nest or an IN subquery costs, found out before the search (spec 05 §2.4, §8.4).

use super::initial_order;
use super::search::{Search, SearchInput};
use super::state::{JoinState, JoinTable, MaterializationCosts, MaterializationPlan, Position, SemijoinStrategy};
use crate::catalog::record::materialized_column_bytes;
use crate::catalog::{DataType, TypeKind};
use crate::context::Context;
use crate::estimate::HistogramCache;
use crate::query::{Expr, ExprId, Query, TableSet};

/// A unique key of the temporary table has at most so many parts.
const MAX_KEY_PARTS: usize = 16;
/// … and bytes.
const MAX_KEY_BYTES: u64 = 3072;

/// What the types of the compared expressions allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Possible {
    No,
    /// Only a scan of the temporary table.
    Scan,
    /// Scan and lookup.
    Lookup,
}

/// Plans every nest that may be materialized by itself. Returns the order of tables as the last of these plans left it.
pub(super) fn plan_nests(
    ctx: &Context<'_>,
    query: &Query,
    state: &mut JoinState,
    histograms: &HistogramCache,
    input: &SearchInput,
    mut order: Vec<u8>,
) -> Vec<u8> {
    for place in 0..state.nests.len() {
        let nest = &state.nests[place];
        if !nest.enables(SemijoinStrategy::MaterializeLookup) {
            continue;
        }
        ctx.trace(|t| {
            t.open_object(None);
            t.open_object(Some("execution_plan_for_potential_materialization"));
            t.open_array(Some("steps"));
        });
        let possible = if nest.correlated.is_empty() { possible(query, &nest.pairs) } else { Possible::No };
        let mut plan = None;
        if possible != Possible::No {
            let (found, sorted) = plan_nest(ctx, query, state, histograms, input, order, place);
            order = sorted;
            plan = found.map(|(costs, positions)| MaterializationPlan {
                costs,
                positions,
                lookup_allowed: possible == Possible::Lookup,
            });
        }
        ctx.trace(|t| {
            t.close();
            t.close();
            t.close();
        });
        state.nests[place].materialization = plan;
    }
    order
}

type NestPlan = (MaterializationCosts, Vec<Position>);

fn plan_nest(
    ctx: &Context<'_>,
    query: &Query,
    state: &JoinState,
    histograms: &HistogramCache,
    input: &SearchInput,
    order: Vec<u8>,
    place: usize,
) -> (Option<NestPlan>, Vec<u8>) {
    let nest = &state.nests[place];
    let const_tables = input.const_tables;
    let order = initial_order::sort(&state.tables, order, const_tables, state.straight, nest.inner);
    let mut search = Search::new(
        ctx,
        query,
        &state.tables,
        &state.key_uses,
        &state.nests,
        histograms,
        state.where_,
        input.clone(),
        order.clone(),
    );
    search.alone = Some(nest.id);
    let others = TableSet::first(state.tables.len()).minus(nest.inner);
    search.excluded = search.excluded.union(others);
    ctx.trace(|t| {
        t.open_object(None);
        t.open_array(Some("considered_execution_plans"));
    });
    search.choose_order(nest.inner);
    ctx.trace(|t| {
        t.close();
        t.close();
    });
    let count = nest.inner.len();
    let positions: Vec<Position> = search.best_positions[const_tables..const_tables + count].to_vec();
    let (mut rows, mut cost) = (1.0, 0.0);
    for position in &positions {
        if position.rows_fetched > 0.0 {
            rows *= position.rows_fetched;
            cost += position.read_cost + ctx.costs().rows(rows);
            rows *= f64::from(position.filter_effect);
        }
    }
    let inner: Vec<ExprId> = nest.pairs.iter().map(|pair| pair.1).collect();
    let costs = costs(ctx, query, &state.tables, &inner, rows, cost);
    (Some((costs, positions)), order)
}

/// Steps 5 to 8 of spec 05 §2.4.
pub(super) fn costs(
    ctx: &Context<'_>,
    query: &Query,
    tables: &[JoinTable],
    inner: &[ExprId],
    rows: f64,
    join_cost: f64,
) -> MaterializationCosts {
    let used = inner.iter().fold(TableSet::EMPTY, |set, &expr| set.union(query.exprs.facts(expr).used));
    let product: f64 = used
        .iter()
        .filter_map(|number| tables.get(number as usize))
        .fold(1.0, |product, table| product * table.quick_condition_rows as f64);
    let distinct_rows = rows.min(product);
    let row_bytes: u64 = inner.iter().map(|&expr| materialized_column_bytes(&query.exprs.facts(expr).ty)).sum();
    let constants = ctx.costs();
    let in_memory = row_bytes as f64 * distinct_rows < ctx.settings.max_heap_table_bytes as f64;
    let (create, row) = match in_memory {
        true => (constants.memory_temptable_create, constants.memory_temptable_row),
        false => (constants.disk_temptable_create, constants.disk_temptable_row),
    };
    MaterializationCosts {
        rows,
        materialize: join_cost + create + rows * row,
        scan: if distinct_rows > 0.0 { distinct_rows * row } else { 0.0 },
        lookup: row,
        distinct_rows,
    }
}

/// Can the pairs be compared by a temporary table's key? (spec 05 §2.4 step 2)
pub(super) fn possible(query: &Query, pairs: &[(ExprId, ExprId)]) -> Possible {
    if pairs.is_empty() || pairs.len() > MAX_KEY_PARTS {
        return Possible::No;
    }
    let mut lookup = true;
    let mut key_bytes = 0u64;
    for &(outer, inner) in pairs {
        if matches!(query.exprs[outer], Expr::Row(_)) || matches!(query.exprs[inner], Expr::Row(_)) {
            return Possible::No;
        }
        let inner_nullable = query.exprs.facts(inner).nullable;
        let (outer, inner) = (&query.exprs.facts(outer).ty, &query.exprs.facts(inner).ty);
        if !types_fit(outer, inner) {
            return Possible::No;
        }
        lookup &= !inner.is_blob();
        let variable = if inner.has_length_bytes() { 2 } else { 0 };
        let bytes = u64::from(inner.key_bytes()) + u64::from(inner_nullable) + variable;
        key_bytes += bytes;
        lookup &= bytes <= MAX_KEY_BYTES;
    }
    if lookup && key_bytes <= MAX_KEY_BYTES { Possible::Lookup } else { Possible::Scan }
}

fn types_fit(outer: &DataType, inner: &DataType) -> bool {
    if inner.is_numeric() {
        return true;
    }
    if outer.is_numeric() {
        return false;
    }
    // A literal NULL is a string of bytes.
    let outer_is_string = outer.is_string() || outer.kind == TypeKind::Null;
    if outer_is_string && inner.is_string() && outer.collation != inner.collation {
        return false;
    }
    match (inner.is_temporal(), inner.is_temporal_with_date()) {
        (true, false) => outer.is_temporal() && !outer.is_temporal_with_date(),
        (true, true) => true,
        _ => !outer.is_temporal(),
    }
}
