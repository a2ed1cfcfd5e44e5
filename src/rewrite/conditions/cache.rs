//! Constants that are computed once are wrapped: `<cache>(…)`   (spec 02 §4.12)
//!
//! before: `u > 1 + 1`
//! after:  `u > <cache>(1 + 1)`
//! holds if: the expression has one value for the execution
//! not if:   literals, columns, parameters, subqueries, rows, DATABASE() and the like

use crate::evaluate::is_constant;
use crate::query::function::Constness;
use crate::query::{BlockId, Expr, ExprFlags, ExprId, Query};

/// Wraps the maximal constant parts of a condition, in place; gives the condition, which is new if all of it is constant.
pub fn cache_constants(query: &mut Query, block: BlockId, condition: ExprId) -> ExprId {
    let guarded = |query: &Query, id: ExprId| matches!(query.exprs[id], Expr::Guard { .. } | Expr::AntijoinMarker);
    if is_constant(query, condition)
        && !query.exprs.facts(condition).flags.any(ExprFlags::SUBQUERY)
        && !query.any(condition, &mut |query, id| guarded(query, id))
    {
        return if is_cached(query, condition) { query.add(block, Expr::Cache(condition)) } else { condition };
    }
    match &query.exprs[condition] {
        Expr::Cache(_) | Expr::MultipleEqual { .. } | Expr::Aggregate { .. } | Expr::Window { .. } | Expr::Ref { .. } => {
            return condition;
        }
        _ => {}
    }
    // The value of MEMBER OF is kept even if it is a literal.
    if let Expr::Func { func, args, .. } = &query.exprs[condition]
        && func.name() == "member of"
        && let Some(value) = args.first().copied()
        && is_constant(query, value)
    {
        let cached = query.add(block, Expr::Cache(value));
        if let Expr::Func { args, .. } = &mut query.exprs[condition] {
            args[0] = cached;
        }
    }
    let children = query.children(condition);
    let new: Vec<ExprId> = children.iter().map(|child| cache_constants(query, block, *child)).collect();
    if new[..] != children[..] {
        let mut at = 0;
        query.exprs[condition].for_each_child_mut(|child| {
            *child = new[at];
            at += 1;
        });
    }
    condition
}

/// Is a constant expression of a kind that is wrapped?
fn is_cached(query: &Query, expr: ExprId) -> bool {
    match &query.exprs[query.real(expr)] {
        Expr::Literal { .. }
        | Expr::Column { .. }
        | Expr::Parameter { .. }
        | Expr::Subquery(_)
        | Expr::InOptimizer { .. }
        | Expr::QuantifierWrapper { .. }
        | Expr::Row(_)
        | Expr::Cache(_)
        | Expr::MultipleEqual { .. }
        // A guard asks for the state of the join.
        | Expr::Guard { .. }
        | Expr::AntijoinMarker => false,
        Expr::Func { func, .. } => func.0.constness != Constness::Session,
        _ => true,
    }
}
