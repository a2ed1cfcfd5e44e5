//! Conditions over literals only: evaluated and removed when they are resolved   (spec 02 §4.3)
//!
//! before: `WHERE 1 = 1 AND a = 1`
//! after:  `WHERE a = 1`
//! holds if: the operand is constant and made of literals and built-in functions on them
//! not if:   NOW(), variables, parameters, subqueries, stored functions: 4.7 removes those later

use crate::context::Context;
use crate::error::Result;
use crate::evaluate::{evaluate, evaluate_now};
use crate::query::{BlockId, Expr, ExprFlags, ExprId, JoinMember, Query, TableSet};

/// Removes constant WHERE, ON and HAVING conditions of a block, and constant operands of their ANDs and ORs.
pub fn remove_constant_conditions(ctx: &Context<'_>, query: &mut Query, block: BlockId) -> Result<()> {
    super::conversions::warn(ctx, query, block);
    if let Some(condition) = query[block].where_ {
        let full_text = has_full_text(query, condition);
        let condition = if full_text { condition } else { simplify(ctx, query, block, condition)? };
        query[block].where_ = match truth(ctx, query, condition)? {
            Some(true) => {
                query[block].had_where = false;
                None
            }
            Some(false) => Some(query.add_boolean(block, false)),
            None => Some(condition),
        };
    }
    let members = query[block].from.clone();
    simplify_ons(ctx, query, block, &members)?;
    if let Some(condition) = query[block].having {
        let condition = simplify(ctx, query, block, condition)?;
        query[block].having = Some(match truth(ctx, query, condition)? {
            Some(truth) => query.add_boolean(block, truth),
            None => condition,
        });
    }
    Ok(())
}

fn has_full_text(query: &Query, condition: ExprId) -> bool {
    query.exprs.facts(condition).flags.any(ExprFlags::FULL_TEXT)
}

/// True if the expression is constant over literals.
pub fn is_literal_constant(query: &Query, expr: ExprId) -> bool {
    let facts = query.exprs.facts(expr);
    let not_literal = ExprFlags::NOT_LITERAL.union(ExprFlags::AGGREGATE).union(ExprFlags::WINDOW).union(ExprFlags::ROLLUP);
    facts.used == TableSet::EMPTY
        && !facts.flags.any(not_literal)
        // IS NULL of a column that cannot be NULL uses no table, but it is not made of literals.
        && !query.any(expr, &mut |query, id| matches!(query.exprs[id], Expr::Column { .. }))
}

/// Truth of a condition over literals; NULL is false. None: it is none, or its value is not known.
fn truth(ctx: &Context<'_>, query: &mut Query, condition: ExprId) -> Result<Option<bool>> {
    if !is_literal_constant(query, condition) {
        return Ok(None);
    }
    // Optimizer booleans stand for what was evaluated before.
    if matches!(&query.exprs[condition], Expr::Literal { .. }) {
        return Ok(evaluate(ctx, query, condition).truth());
    }
    Ok(evaluate_now(ctx, query, condition)?.truth())
}

/// Drops neutral constant operands of an AND or OR at predicate level; a deciding one replaces the whole.
fn simplify(ctx: &Context<'_>, query: &mut Query, block: BlockId, condition: ExprId) -> Result<ExprId> {
    let (args, deciding) = match &query.exprs[condition] {
        Expr::And(args) => (args.clone(), false),
        Expr::Or(args) => (args.clone(), true),
        _ => return Ok(condition),
    };
    let mut kept = Vec::with_capacity(args.len());
    let before = args.clone();
    for arg in args {
        let arg = simplify(ctx, query, block, arg)?;
        match truth(ctx, query, arg)? {
            Some(truth) if truth == deciding => {
                before.iter().for_each(|dropped| super::trivial::forget_subqueries(query, *dropped));
                return Ok(query.add_boolean(block, deciding));
            }
            Some(_) => {}
            None => kept.push(arg),
        }
    }
    if kept == before {
        return Ok(condition);
    }
    if kept.is_empty() {
        return Ok(query.add_boolean(block, !deciding));
    }
    let node = match deciding {
        true => Expr::Or(kept),
        false => Expr::And(kept),
    };
    query.exprs.replace(condition, node);
    query.renew_facts(block, condition);
    Ok(condition)
}

fn simplify_ons(ctx: &Context<'_>, query: &mut Query, block: BlockId, members: &[JoinMember]) -> Result<()> {
    for member in members {
        match *member {
            JoinMember::Table(table) => {
                if let Some(on) = query[table].on {
                    let on = simplify_on(ctx, query, block, on)?;
                    query[table].on = Some(on);
                }
            }
            JoinMember::Nest(nest) => {
                let inner = query[nest].members.clone();
                simplify_ons(ctx, query, block, &inner)?;
                if let Some(on) = query[nest].on {
                    let on = simplify_on(ctx, query, block, on)?;
                    query[nest].on = Some(on);
                }
            }
        }
    }
    Ok(())
}

fn simplify_on(ctx: &Context<'_>, query: &mut Query, block: BlockId, on: ExprId) -> Result<ExprId> {
    if has_full_text(query, on) {
        return Ok(on);
    }
    let on = simplify(ctx, query, block, on)?;
    Ok(match truth(ctx, query, on)? {
        Some(truth) => query.add_boolean(block, truth),
        None => on,
    })
}
