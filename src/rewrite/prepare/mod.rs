//! Preparation: everything between resolved names and optimization of a block, in the server's order (spec 02 §0.2).
//!
//! Inner query expressions are prepared before the block that holds them: derived tables are merged or kept, redundant clauses
//! of subqueries go, subquery predicates become semijoins or get their own form; at last, from the outermost block inwards,
//! outer joins are simplified and conditions pushed into materialized tables.

mod clauses;
pub(crate) mod joins;
mod merge;
mod pushdown;
mod quantified;
mod semijoin;
mod subquery;

use crate::catalog::Switch;
use crate::context::Context;
use crate::error::{Result, ServerError};
use crate::query::{BlockId, Command, Expr, ExprId, Query, SubqueryKind, TableKind, UnitId, UnitRole};
use crate::resolve::full_group_by;
use crate::rewrite::conditions::literals;

pub use merge::containing_list;

/// Leaf tables of one block at most (spec 02 conventions).
pub const MAX_TABLES: usize = 61;

/// Prepares the whole statement in place.
pub fn prepare(ctx: &Context<'_>, query: &mut Query) -> Result<()> {
    change_by_join(ctx, query);
    prepare_unit(ctx, query, query.root)?;
    local_transformations(ctx, query, query.root)?;
    pushdown::push_into_derived(ctx, query, query.root);
    Ok(())
}

/// An UPDATE or DELETE of one table with an IN or EXISTS subquery that could be joined or materialized is carried out as one
/// of several tables (spec 06 §15.1, 05 §1.3-5).
fn change_by_join(ctx: &Context<'_>, query: &mut Query) {
    let Some(&block) = query[query.root].blocks.first() else { return };
    if !query[block].order_by.is_empty() || query[block].limit.is_some() {
        return;
    }
    let joins = query[block].inner_units.iter().any(|unit| {
        let UnitRole::Subquery(expr) = query[*unit].role else { return false };
        let Expr::Subquery(subquery) = &query.exprs[expr] else { return false };
        let semijoin = query.semijoin_hint(query[*unit].blocks[0]).unwrap_or(ctx.settings.switches.on(Switch::Semijoin));
        matches!(subquery.kind, SubqueryKind::In | SubqueryKind::Exists)
            && (semijoin || ctx.settings.switches.on(Switch::Materialization))
    });
    if let Command::Update { multi_table, .. } | Command::Delete { multi_table, .. } = &mut query.command {
        *multi_table |= joins;
    }
}

fn prepare_unit(ctx: &Context<'_>, query: &mut Query, unit: UnitId) -> Result<()> {
    for index in 0..query[unit].blocks.len() {
        let block = query[unit].blocks[index];
        prepare_block(ctx, query, block)?;
    }
    Ok(())
}

/// Steps 2 to 16 of spec 02 §0.2 for one block.
fn prepare_block(ctx: &Context<'_>, query: &mut Query, block: BlockId) -> Result<()> {
    prepare_derived_tables(ctx, query, block)?;
    literals::remove_constant_conditions(ctx, query, block)?;
    let subqueries: Vec<UnitId> = inner_subqueries(query, block);
    for unit in subqueries {
        prepare_unit(ctx, query, unit)?;
        clauses::remove_redundant(query, unit);
    }
    clauses::simplify_order_and_distinct(ctx, query, block);
    semijoin::flatten(ctx, query, block)?;
    subquery::transform_rest(ctx, query, block)?;
    Ok(())
}

/// Units of subqueries in the block's expressions, in the order of the text.
fn inner_subqueries(query: &Query, block: BlockId) -> Vec<UnitId> {
    let units = query[block].inner_units.iter().rev().copied();
    units.filter(|unit| matches!(query[*unit].role, UnitRole::Subquery(_))).collect()
}

/// Prepares derived tables, views and CTE references left to right and merges those that can be.
fn prepare_derived_tables(ctx: &Context<'_>, query: &mut Query, block: BlockId) -> Result<()> {
    let leaves = query[block].leaves.clone();
    for table in leaves {
        let TableKind::Derived { unit, .. } = query[table].kind else { continue };
        prepare_unit(ctx, query, unit)?;
        if merge::should_merge(ctx, query, table) {
            merge::merge(query, table);
        }
    }
    if query[block].leaves.len() > MAX_TABLES {
        let text = format!("Too many tables; MySQL can only use {MAX_TABLES} tables in a join");
        return Err(ServerError::new(1116, "HY000", text).into());
    }
    Ok(())
}

/// Step 17 of spec 02 §0.2: outermost block first, inner blocks simplified before the block that holds them.
fn local_transformations(ctx: &Context<'_>, query: &mut Query, unit: UnitId) -> Result<()> {
    for index in 0..query[unit].blocks.len() {
        let block = query[unit].blocks[index];
        for inner in query[block].inner_units.clone() {
            local_transformations(ctx, query, inner)?;
        }
        joins::simplify(ctx, query, block);
        full_group_by::check(ctx, query, block)?;
    }
    Ok(())
}

/// ANDs a condition to another, after it.
pub(crate) fn and_after(query: &mut Query, block: BlockId, first: Option<ExprId>, second: ExprId) -> ExprId {
    let Some(first) = first else { return second };
    let mut members = conjuncts(query, first);
    members.extend(conjuncts(query, second));
    query.add(block, Expr::And(members))
}

/// The members of a top-level AND, or the condition itself.
pub(crate) fn conjuncts(query: &Query, condition: ExprId) -> Vec<ExprId> {
    match &query.exprs[condition] {
        Expr::And(members) => members.clone(),
        _ => vec![condition],
    }
}

/// A copy of an expression for a block.
pub(crate) fn plain_copy(query: &mut Query, expr: ExprId, block: BlockId) -> ExprId {
    query.copy(expr, block, &mut |_, _| None)
}
