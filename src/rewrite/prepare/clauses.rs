//! Clauses that mean nothing: of subqueries (spec 02 §5.2), ORDER BY under implicit grouping and in set operations (§6.2),
//! DISTINCT that grouping implies (§6.3).

use crate::context::Context;
use crate::query::{BlockId, Expr, ExprFlags, OrderElement, Query, SubqueryKind, TermKind, UnitId, UnitRole};

/// Drops ORDER BY, DISTINCT and GROUP BY of a subquery where its predicate does not care (spec 02 §5.2).
pub(super) fn remove_redundant(query: &mut Query, unit: UnitId) {
    let UnitRole::Subquery(expr) = query[unit].role else { return };
    let Expr::Subquery(subquery) = &query.exprs[expr] else { return };
    let kind = subquery.kind;
    for block in query[unit].blocks.clone() {
        match kind {
            SubqueryKind::Scalar => {
                if query[block].limit.is_none() {
                    drop_order_by(query, block);
                }
            }
            SubqueryKind::Exists | SubqueryKind::In | SubqueryKind::Quantified(..) => {
                drop_order_by(query, block);
                query[block].options.distinct = false;
                let b = &query[block];
                if !b.group_by.is_empty() && !b.has_aggregates && b.having.is_none() && !b.rollup && b.windows.is_empty() {
                    let dropped = std::mem::take(&mut query[block].group_by);
                    query[block].grouped = false;
                    forget_subqueries(query, block, &dropped);
                }
            }
        }
    }
}

/// ORDER BY and DISTINCT of a block at the end of its preparation (spec 02 §6.2, §6.3).
pub(super) fn simplify_order_and_distinct(_ctx: &Context<'_>, query: &mut Query, block: BlockId) {
    let in_set_operation = !matches!(query[query[block].unit].term.kind, TermKind::Block(_));
    let has_windows = !query[block].windows.is_empty();
    if query[block].implicitly_grouped() && !(has_windows && query[block].limit.is_some() && in_set_operation) {
        drop_order_by(query, block);
    }
    if in_set_operation && query[block].limit.is_none() && !is_only_operand(query, block) {
        drop_order_by(query, block);
    }
    let b = &query[block];
    if b.options.distinct && b.grouped && !b.rollup && b.windows.is_empty() && grouping_in_select_list(query, block) {
        query[block].options.distinct = false;
    }
}

/// True if the block is not an operand of a set operation but stands in parentheses alone.
fn is_only_operand(query: &Query, block: BlockId) -> bool {
    query[query[block].unit].blocks.len() == 1
}

fn grouping_in_select_list(query: &Query, block: BlockId) -> bool {
    let b = &query[block];
    b.group_by.iter().all(|group| group.item.is_some() || b.items.iter().any(|item| query.same(item.expr, group.expr)))
}

fn drop_order_by(query: &mut Query, block: BlockId) {
    let dropped = std::mem::take(&mut query[block].order_by);
    forget_subqueries(query, block, &dropped);
}

/// Takes the subqueries inside dropped elements out of EXPLAIN, unless the element names a select item.
fn forget_subqueries(query: &mut Query, block: BlockId, dropped: &[OrderElement]) {
    for element in dropped.iter().filter(|element| element.item.is_none()) {
        if query.exprs.facts(element.expr).flags.any(ExprFlags::SUBQUERY) {
            forget_subqueries_of(query, block, element.expr);
        }
    }
}

/// Takes the query expressions inside `root` out of the block's inner units.
pub(crate) fn forget_subqueries_of(query: &mut Query, block: BlockId, root: crate::query::ExprId) {
    let mut units = Vec::new();
    query.walk(root, &mut |id| {
        if let Expr::Subquery(subquery) = &query.exprs[id] {
            units.push(subquery.unit);
        }
    });
    query[block].inner_units.retain(|unit| !units.contains(unit));
}
