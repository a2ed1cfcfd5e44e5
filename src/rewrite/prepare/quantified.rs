//! `op ANY` and `op ALL` over a subquery: MIN or MAX of it where NULL cannot matter   (spec 02 §5.7, 05 §9.3)
//!
//! before: `x > ALL (SELECT b.y FROM b)`
//! after:  `<not>((x <= (SELECT MAX(b.y) FROM b)))`
//! holds if: the operator is an order comparison, the subquery is not correlated, and NULL does not matter
//! not if:   `= ALL`, `<> ANY`, a nullable side below predicate level: these get the IN→EXISTS form

use super::subquery::in_to_exists;
use crate::parse::ast::{CompareOp, Quantifier};
use crate::query::{
    AggregateKind, BlockId, Expr, ExprId, Query, SubqueryExpr, SubqueryKind, SubqueryStrategy, TermKind, TruthValue,
};

/// Transforms a quantified comparison in place.
pub(super) fn transform(
    query: &mut Query,
    block: BlockId,
    expr: ExprId,
    subquery: SubqueryExpr,
    op: CompareOp,
    quantifier: Quantifier,
) {
    let all = quantifier == Quantifier::All;
    let inner_op = if all { op.negated().unwrap_or(op) } else { op };
    if orders(op) && !query[subquery.unit].uncacheable.any() && !null_matters(query, &subquery) {
        min_max(query, block, expr, subquery, inner_op, all);
        return;
    }
    let place = query.add(block, query.exprs[expr].clone());
    in_to_exists(query, block, place, subquery, inner_op);
    query.exprs.replace(expr, Expr::QuantifierWrapper { all, arg: place });
    query.renew_facts(block, expr);
}

fn orders(op: CompareOp) -> bool {
    matches!(op, CompareOp::Less | CompareOp::LessEqual | CompareOp::Greater | CompareOp::GreaterEqual)
}

/// NULL matters below predicate level if either side can be NULL.
fn null_matters(query: &Query, subquery: &SubqueryExpr) -> bool {
    let at_top = subquery.at_predicate_level || matches!(subquery.truth, TruthValue::IsTrue | TruthValue::IsNotTrue);
    let left_nullable = subquery.left.is_some_and(|left| query.exprs.facts(left).nullable);
    !at_top && (left_nullable || column_nullable(query, subquery))
}

fn column_nullable(query: &Query, subquery: &SubqueryExpr) -> bool {
    query[subquery.unit].blocks.iter().any(|b| query[*b].items.iter().any(|item| query.exprs.facts(item.expr).nullable))
}

fn min_max(query: &mut Query, block: BlockId, expr: ExprId, mut subquery: SubqueryExpr, op: CompareOp, all: bool) {
    let Some(left) = subquery.left.take() else { return };
    let takes_max = matches!(op, CompareOp::Less | CompareOp::LessEqual);
    match aggregated_block(query, &subquery, all) {
        Some(inner) => {
            let argument = query[inner].items[0].expr;
            let kind = if takes_max { AggregateKind::Max } else { AggregateKind::Min };
            let aggregate =
                Expr::Aggregate { kind, distinct: false, args: vec![argument], order_by: Vec::new(), separator: None };
            let aggregate = query.add(inner, aggregate);
            query[inner].items[0].expr = aggregate;
            query[inner].items[0].name_is_alias = false;
            query[inner].grouped = true;
            query[inner].has_aggregates = true;
            subquery.strategy = SubqueryStrategy::Plain;
        }
        None => subquery.strategy = if takes_max { SubqueryStrategy::Max } else { SubqueryStrategy::Min },
    }
    subquery.kind = SubqueryKind::Scalar;
    subquery.truth = TruthValue::Identity;
    let unit = subquery.unit;
    let right = query.add(block, Expr::Subquery(subquery));
    query[unit].role = crate::query::UnitRole::Subquery(right);
    let arg = query.add(block, Expr::Compare { op, left, right });
    query.exprs.replace(expr, Expr::QuantifierWrapper { all, arg });
    query.renew_facts(block, expr);
}

/// The block whose select expression can become MIN or MAX.
fn aggregated_block(query: &Query, subquery: &SubqueryExpr, all: bool) -> Option<BlockId> {
    let TermKind::Block(inner) = query[subquery.unit].term.kind else { return None };
    let b = &query[inner];
    let plain = !b.grouped
        && b.group_by.is_empty()
        && b.having.is_none()
        && b.windows.is_empty()
        && b.values.is_none()
        && !b.leaves.is_empty()
        && b.items.len() == 1;
    (plain && !(all && column_nullable(query, subquery))).then_some(inner)
}
