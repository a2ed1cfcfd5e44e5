//! Subquery predicates that did not become joins: reduced to expressions, or given their IN→EXISTS form
//! (spec 02 §5.5 to §5.7, 05 §8.1 to §8.3).

use super::{and_after, merge, quantified, semijoin::row_elements};
use crate::context::Context;
use crate::error::Result;
use crate::parse::ast::CompareOp;
use crate::query::{
    BlockId, Diagnostic, Expr, ExprFlags, ExprId, GuardKind, Level, Query, SubqueryExpr, SubqueryKind, SubqueryStrategy,
    TermKind, TruthValue, UnitId, UnitRole,
};

/// Gives every remaining subquery of the block its own form, in the order of the text.
pub(super) fn transform_rest(ctx: &Context<'_>, query: &mut Query, block: BlockId) -> Result<()> {
    let units: Vec<UnitId> = super::inner_subqueries(query, block);
    for unit in units {
        let UnitRole::Subquery(expr) = query[unit].role else { continue };
        let Expr::Subquery(subquery) = query.exprs[expr].clone() else { continue };
        if query[unit].outer != Some(block) {
            continue;
        }
        match subquery.kind {
            SubqueryKind::Scalar => reduce_scalar(query, block, expr, unit),
            SubqueryKind::Exists => {}
            SubqueryKind::In => {
                if !reduce_in(query, block, expr, &subquery) {
                    in_to_exists(query, block, expr, subquery, CompareOp::Equal);
                }
            }
            SubqueryKind::Quantified(op, quantifier) => {
                quantified::transform(query, block, expr, subquery, op, quantifier);
            }
        }
    }
    merge::renew(query, block);
    let _ = ctx;
    Ok(())
}

/// The only expression of a block without tables, WHERE, HAVING, aggregates, windows.
fn single_expression(query: &Query, unit: UnitId) -> Option<(BlockId, ExprId)> {
    let TermKind::Block(inner) = query[unit].term.kind else { return None };
    let b = &query[inner];
    let plain = b.leaves.is_empty()
        && b.where_.is_none()
        && b.having.is_none()
        && b.values.is_none()
        && !b.grouped
        && b.windows.is_empty()
        && b.limit.is_none()
        && b.items.len() == 1;
    let item = b.items.first()?.expr;
    let no_aggregate = !query.exprs.facts(item).flags.any(ExprFlags::AGGREGATE.union(ExprFlags::WINDOW));
    (plain && no_aggregate).then_some((inner, item))
}

fn note_reduced(query: &mut Query, inner: BlockId) {
    let text = format!("Select {} was reduced during optimization", query[inner].select_id);
    query.diagnostics.push(Diagnostic { level: Level::Note, code: 1249, text });
}

/// `(SELECT e)` → `e`, note 1249.
fn reduce_scalar(query: &mut Query, block: BlockId, expr: ExprId, unit: UnitId) {
    let Some((inner, item)) = single_expression(query, unit) else { return };
    note_reduced(query, inner);
    merge::adopt_inner_units(query, block, unit, inner);
    let copy = super::plain_copy(query, item, block);
    let node = query.exprs[copy].clone();
    query.exprs.replace(expr, node);
    query.renew_facts(block, expr);
}

/// `x IN (SELECT e)` without tables → `x = e`.
fn reduce_in(query: &mut Query, block: BlockId, expr: ExprId, subquery: &SubqueryExpr) -> bool {
    let (Some((inner, item)), Some(left)) = (single_expression(query, subquery.unit), subquery.left) else { return false };
    if matches!(query.exprs[left], Expr::Row(_)) {
        return false;
    }
    let op = match subquery.truth {
        TruthValue::Identity | TruthValue::IsTrue => CompareOp::Equal,
        TruthValue::Negated | TruthValue::IsFalse => CompareOp::NotEqual,
        TruthValue::IsNotTrue | TruthValue::IsNotFalse => return false,
    };
    note_reduced(query, inner);
    merge::adopt_inner_units(query, block, subquery.unit, inner);
    let right = super::plain_copy(query, item, block);
    query.exprs.replace(expr, Expr::Compare { op, left, right });
    query.renew_facts(block, expr);
    true
}

/// Does it matter whether the predicate is FALSE or UNKNOWN? (spec 02 §5.6)
pub(super) fn null_matters(subquery: &SubqueryExpr) -> bool {
    let quantified = matches!(subquery.kind, SubqueryKind::Quantified(..));
    quantified || !matches!(subquery.truth, TruthValue::IsTrue | TruthValue::IsNotTrue)
}

/// Injects the comparison with the left operand into every block of the subquery, and wraps the predicate as
/// `<in_optimizer>(left, …)`.
pub(super) fn in_to_exists(query: &mut Query, block: BlockId, expr: ExprId, mut subquery: SubqueryExpr, op: CompareOp) {
    let Some(left) = subquery.left else { return };
    let matters = null_matters(&subquery);
    let left_is_constant = query.exprs.facts(left).used.is_empty();
    for inner in query[subquery.unit].blocks.clone() {
        query[inner].injected.uncacheable_before = query[inner].uncacheable;
        inject(query, block, inner, left, op, matters);
        query[inner].uncacheable.dependent |= !left_is_constant;
    }
    query[subquery.unit].uncacheable_before_injection = query[subquery.unit].uncacheable;
    query[subquery.unit].uncacheable.dependent |= !left_is_constant;

    subquery.strategy = SubqueryStrategy::Undecided;
    let unit = subquery.unit;
    let inside = query.add(block, Expr::Subquery(subquery));
    query[unit].role = UnitRole::Subquery(inside);
    query.exprs.replace(expr, Expr::InOptimizer { left, inner: inside });
    query.renew_facts(block, expr);
}

fn inject(query: &mut Query, outer: BlockId, inner: BlockId, left: ExprId, op: CompareOp, matters: bool) {
    let lefts = row_elements(query, left);
    let items: Vec<ExprId> = query[inner].items.iter().map(|item| item.expr).collect();
    let b = &query[inner];
    let grouped = b.having.is_some() || b.grouped || !b.windows.is_empty();
    let has_rows = !b.leaves.is_empty() || b.where_.is_some();
    let several = lefts.len() > 1;
    let into_having = grouped || !has_rows;
    let mut where_parts = Vec::new();
    let mut having_parts = Vec::new();
    let mut null_tests = Vec::new();
    let _ = outer;
    for (&left_item, &item) in lefts.iter().zip(&items) {
        let guarded = matters && query.exprs.facts(left_item).nullable;
        let column_nullable = query.exprs.facts(item).nullable;
        let cached_left = super::plain_copy(query, left_item, inner);
        let cached_left = query.add(inner, Expr::Cache(cached_left));
        if into_having {
            let column = super::plain_copy(query, item, inner);
            let column = query.add(inner, Expr::RefNullHelper(column));
            let comparison = query.add(inner, Expr::Compare { op, left: cached_left, right: column });
            having_parts.push(guard(query, inner, comparison, guarded));
            if several && matters {
                let column = super::plain_copy(query, item, inner);
                let test = query.add(inner, Expr::IsNotNullTest(column));
                null_tests.push(guard(query, inner, test, guarded));
            }
            continue;
        }
        let column = super::plain_copy(query, item, inner);
        let mut comparison = query.add(inner, Expr::Compare { op, left: cached_left, right: column });
        if matters && (several || column_nullable) {
            if column_nullable {
                let arg = super::plain_copy(query, item, inner);
                let is_null = query.add(inner, Expr::IsNull { arg, negated: false });
                comparison = query.add(inner, Expr::Or(vec![comparison, is_null]));
            }
            let column = super::plain_copy(query, item, inner);
            let test = query.add(inner, Expr::IsNotNullTest(column));
            null_tests.push(guard(query, inner, test, guarded));
        }
        where_parts.push(guard(query, inner, comparison, guarded));
    }
    having_parts.extend(null_tests);
    for &part in &where_parts {
        let both = and_after(query, inner, query[inner].where_, part);
        query[inner].where_ = Some(both);
    }
    for &part in &having_parts {
        let both = and_after(query, inner, query[inner].having, part);
        query[inner].having = Some(both);
    }
    query[inner].injected.where_ = where_parts;
    query[inner].injected.having = having_parts;
}

fn guard(query: &mut Query, block: BlockId, condition: ExprId, guarded: bool) -> ExprId {
    if !guarded {
        return condition;
    }
    query.add(block, Expr::Guard { kind: GuardKind::OuterFieldIsNotNull, condition })
}
