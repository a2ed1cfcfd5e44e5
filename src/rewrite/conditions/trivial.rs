//! Parts of a condition that are always true or always false are removed   (spec 02 §4.7)
//!
//! before: `a > 3 AND NOW() > '2020-01-01' AND id = id`
//! after:  `a > 3`
//! holds if: the part has one value for the whole execution, and knowing it is cheap (no stored function)
//! not if:   the value is known to the server only (a subquery whose result was not captured)

use super::Truth;
use super::folding::fold;
use crate::context::Context;
use crate::error::Result;
use crate::evaluate::evaluate_now;
use crate::parse::ast::CompareOp;
use crate::query::block::Clause;
use crate::query::{BlockId, Expr, ExprFlags, ExprId, Query, TableSet};

/// Removes trivial parts and folds comparisons. Gives the rest of the condition, if it is neither always true nor false.
pub fn remove_eq_conds(
    ctx: &Context<'_>,
    query: &mut Query,
    block: BlockId,
    condition: ExprId,
) -> Result<(Option<ExprId>, Truth)> {
    match &query.exprs[condition] {
        Expr::And(args) => {
            let args = args.clone();
            junction(ctx, query, block, condition, &args, false)
        }
        Expr::Or(args) => {
            let args = args.clone();
            junction(ctx, query, block, condition, &args, true)
        }
        _ => predicate(ctx, query, block, condition),
    }
}

fn junction(
    ctx: &Context<'_>,
    query: &mut Query,
    block: BlockId,
    condition: ExprId,
    args: &[ExprId],
    deciding: bool,
) -> Result<(Option<ExprId>, Truth)> {
    let (neutral, decided) = if deciding { (Truth::False, Truth::True) } else { (Truth::True, Truth::False) };
    let mut kept = Vec::with_capacity(args.len());
    for arg in args {
        match remove_eq_conds(ctx, query, block, *arg)? {
            (_, truth) if truth == decided => {
                forget_subqueries(query, condition);
                return Ok((None, decided));
            }
            (_, truth) if truth == neutral => forget_subqueries(query, *arg),
            (rest, _) => kept.extend(rest),
        }
    }
    Ok(match kept[..] {
        [] => (None, neutral),
        [only] => {
            if deciding && matches!(query.exprs[only], Expr::MultipleEqual { .. }) {
                query.equalities_in_place.push(only);
            }
            (Some(only), Truth::Ok)
        }
        _ => {
            query.exprs.replace(condition, if deciding { Expr::Or(kept) } else { Expr::And(kept) });
            (Some(condition), Truth::Ok)
        }
    })
}

fn predicate(ctx: &Context<'_>, query: &mut Query, block: BlockId, condition: ExprId) -> Result<(Option<ExprId>, Truth)> {
    if let Some(truth) = evaluated(ctx, query, condition)? {
        return Ok((None, truth));
    }
    if let Some(truth) = same_operands(query, condition) {
        return Ok((None, truth));
    }
    let (condition, truth) = fold(ctx, query, block, condition, true)?;
    match (condition, truth) {
        (Some(condition), Truth::Ok) => {
            query.renew_facts(block, condition);
            match evaluated(ctx, query, condition)? {
                Some(truth) => Ok((None, truth)),
                None => Ok((Some(condition), Truth::Ok)),
            }
        }
        other => Ok(other),
    }
}

/// Truth of a part that has one value for the execution, if it may be evaluated and its value is known.
fn evaluated(ctx: &Context<'_>, query: &mut Query, condition: ExprId) -> Result<Option<Truth>> {
    if !super::is_constant_before_tables(query, condition) || query.exprs.facts(condition).flags.any(ExprFlags::STORED_FUNCTION) {
        return Ok(None);
    }
    let truth = evaluate_now(ctx, query, condition)?.truth();
    Ok(truth.map(|truth| if truth { Truth::True } else { Truth::False }))
}

/// A comparison of an expression with itself.
fn same_operands(query: &Query, condition: ExprId) -> Option<Truth> {
    let Expr::Compare { op, left, right } = query.exprs[condition] else { return None };
    if query.exprs.facts(left).used.meets(TableSet::RAND) || !query.same(left, right) {
        return None;
    }
    match op {
        CompareOp::NullSafeEqual => Some(Truth::True),
        CompareOp::Equal | CompareOp::LessEqual | CompareOp::GreaterEqual => {
            (!query.exprs.facts(left).nullable).then_some(Truth::True)
        }
        CompareOp::NotEqual | CompareOp::Less | CompareOp::Greater => Some(Truth::False),
    }
}

/// Marks the subqueries of a dropped condition.
pub(super) fn forget_subqueries(query: &mut Query, condition: ExprId) {
    if !query.exprs.facts(condition).flags.any(ExprFlags::SUBQUERY) {
        return;
    }
    let mut units = Vec::new();
    query.walk(condition, &mut |id| {
        if let Expr::Subquery(subquery) = &query.exprs[id] {
            units.push(subquery.unit);
        }
    });
    for unit in units {
        query[unit].clause = Clause::OptimizedAway;
    }
}

/// All multiple equalities of a condition, at any depth of ANDs and ORs.
pub(super) fn conjunct_levels(query: &Query, condition: ExprId, found: &mut Vec<ExprId>) {
    match &query.exprs[condition] {
        Expr::And(args) | Expr::Or(args) => args.iter().for_each(|arg| conjunct_levels(query, *arg, found)),
        Expr::MultipleEqual { .. } => found.push(condition),
        _ => {}
    }
}
