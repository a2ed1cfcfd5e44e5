//! Constants from equalities that are still ordinary predicates   (spec 02 §4.6)
//!
//! before: `a <=> 5 AND b > a`
//! after:  `a <=> 5 AND b > 5`
//! holds if: `x = k` or `x <=> k` stands in the AND, x and k of one result class; the other place compares x in the same class
//! not if:   x stands in a function, not as an operand of a comparison

use crate::context::Context;
use crate::evaluate::comparison::class_in;
use crate::parse::ast::CompareOp;
use crate::query::typing;
use crate::query::{Expr, ExprId, Query};
use crate::value::ComparisonClass;

/// Replaces expressions by the constants that equalities of an AND around them give.
pub(super) fn propagate(ctx: &Context<'_>, query: &mut Query, condition: ExprId) {
    let args = match &query.exprs[condition] {
        Expr::And(args) => args.clone(),
        Expr::Or(args) => {
            for arg in args.clone() {
                propagate(ctx, query, arg);
            }
            return;
        }
        _ => return,
    };
    let mut done = Vec::new();
    while let Some(known) = args.iter().copied().find(|arg| !done.contains(arg) && fixes(ctx, query, *arg).is_some()) {
        done.push(known);
        if let Some(fixed) = fixes(ctx, query, known) {
            for arg in &args {
                if *arg != known {
                    replace_below(ctx, query, *arg, &fixed);
                }
            }
        }
    }
    for arg in args {
        propagate(ctx, query, arg);
    }
}

struct Fixed {
    expr: ExprId,
    constant: ExprId,
    class: ComparisonClass,
}

/// The expression that an equality fixes to a constant.
fn fixes(ctx: &Context<'_>, query: &Query, predicate: ExprId) -> Option<Fixed> {
    let Expr::Compare { op: CompareOp::Equal | CompareOp::NullSafeEqual, left, right } = query.exprs[predicate] else {
        return None;
    };
    let constant = |expr: ExprId| query.exprs.facts(expr).used.is_empty() && !matches!(query.exprs[expr], Expr::Row(_));
    let (expr, constant) = match (constant(left), constant(right)) {
        (false, true) => (left, right),
        (true, false) => (right, left),
        _ => return None,
    };
    let ty = |expr: ExprId| &query.exprs.facts(expr).ty;
    let class = class_in(ctx, query, left, right);
    let same_class = typing::class(ty(expr)) == typing::class(ty(constant)) || class == ComparisonClass::Int;
    (same_class && !matches!(query.exprs[expr], Expr::Row(_))).then_some(Fixed { expr, constant, class })
}

fn replace_below(ctx: &Context<'_>, query: &mut Query, condition: ExprId, fixed: &Fixed) {
    match query.exprs[condition].clone() {
        Expr::And(args) | Expr::Or(args) => {
            for arg in args {
                replace_below(ctx, query, arg, fixed);
            }
        }
        Expr::Compare { op, left, right } => {
            let constant = |expr: ExprId| query.exprs.facts(expr).used.is_empty();
            if class_in(ctx, query, left, right) != fixed.class {
                return;
            }
            let matches = |expr: ExprId| query.same(expr, fixed.expr);
            let (left, right) = if matches(right) {
                (left, fixed.constant)
            } else if !matches(left) {
                return;
            } else if matches!(op, CompareOp::Equal | CompareOp::NullSafeEqual) && !constant(right) {
                // The constant of an equality moves to the right.
                (right, fixed.constant)
            } else {
                (fixed.constant, right)
            };
            query.exprs.replace(condition, Expr::Compare { op, left, right });
            let used = query.exprs.facts(left).used.union(query.exprs.facts(right).used);
            query.exprs.facts_mut(condition).used = used;
        }
        _ => {}
    }
}
