//! Where columns stand in predicates such that an equal column or constant may stand there instead (spec 02 §4.5).

use crate::catalog::{ColumnNo, ResultClass};
use crate::context::Context;
use crate::evaluate::comparison::class_in;
use crate::query::typing;
use crate::query::{BlockId, Expr, ExprId, Query, RefKind, TableId};
use crate::value::ComparisonClass;

/// A place of a column in a predicate.
#[derive(Clone, Debug)]
pub(super) struct Use {
    /// The node that holds the column as a direct sub-expression.
    pub parent: ExprId,
    /// Which sub-expression, in the order of `Expr::for_each_child`.
    pub child: usize,
    /// The column's node.
    pub node: ExprId,
    /// The column.
    pub column: (TableId, ColumnNo),
    /// The class in which it is compared there, if it is an operand of a comparison.
    pub class: Option<ComparisonClass>,
}

/// Puts another expression at a place. The left operand of an IN subquery stands in its injected conditions too.
pub(super) fn replace_use(query: &mut Query, place: &Use, by: ExprId) {
    let mut at = 0;
    query.exprs[place.parent].for_each_child_mut(|child| {
        if at == place.child {
            *child = by;
        }
        at += 1;
    });
    let Expr::Subquery(subquery) = &query.exprs[place.parent] else { return };
    let mut caches = Vec::new();
    for block in &query[subquery.unit].blocks {
        let injected = &query[*block].injected;
        for root in injected.where_.iter().chain(&injected.having) {
            query.walk(*root, &mut |id| {
                if matches!(query.exprs[id], Expr::Cache(left) if query.column_of(left) == Some(place.column)) {
                    caches.push((*block, id, *root));
                }
            });
        }
    }
    for (block, cache, root) in caches {
        query.exprs.replace(cache, Expr::Cache(by));
        query.renew_facts(block, root);
    }
}

/// The class in which a node compares its operands; none if it is no comparison. `Err`: operands of different classes.
fn comparison(ctx: &Context<'_>, query: &Query, node: ExprId) -> Result<Option<ComparisonClass>, ()> {
    let same = |arg: ExprId, others: &[ExprId]| {
        let mut classes = others.iter().map(|other| class_in(ctx, query, arg, *other));
        let first = classes.next().ok_or(())?;
        if classes.all(|class| class == first) { Ok(Some(first)) } else { Err(()) }
    };
    match &query.exprs[node] {
        Expr::Compare { left, right, .. } => Ok(Some(class_in(ctx, query, *left, *right))),
        Expr::Between { arg, low, high, .. } => same(*arg, &[*low, *high]),
        Expr::In { arg, list, .. } => same(*arg, list),
        _ => Ok(None),
    }
}

/// Visits every place below a predicate where a column of the block may be replaced; only columns that are `wanted`.
pub(super) fn for_each_use(
    ctx: &Context<'_>,
    query: &Query,
    block: BlockId,
    predicate: ExprId,
    wanted: &dyn Fn((TableId, ColumnNo)) -> bool,
    visit: &mut dyn FnMut(Use),
) {
    if query.exprs.facts(predicate).used.tables().is_empty() {
        return;
    }
    if matches!(
        &query.exprs[predicate],
        Expr::Row(_) | Expr::MultipleEqual { .. } | Expr::Ref { .. } | Expr::Match { .. } | Expr::Column { .. }
    ) {
        return;
    }
    for (at, child) in query.children(predicate).into_iter().enumerate() {
        let node = direct_column(query, child);
        let Some((node, column)) = node else {
            for_each_use(ctx, query, block, child, wanted, visit);
            continue;
        };
        if query[column.0].block != block || !wanted(column) {
            continue;
        }
        let ty = &query.exprs.facts(node).ty;
        // A number in BETWEEN and IN is replaced whatever it is compared with; seen on a live server for `n = 3 AND n IN (1.5, 2)`.
        let in_list = matches!(query.exprs[predicate], Expr::Between { .. } | Expr::In { .. });
        if in_list && typing::class(ty) != ResultClass::Str {
            visit(Use { parent: predicate, child: at, node, column, class: None });
            continue;
        }
        let class = match comparison(ctx, query, predicate) {
            Err(()) => continue,
            Ok(Some(ComparisonClass::Str(collation))) if typing::is_character(ty) && collation != ty.collation => continue,
            Ok(None) if typing::class(ty) == ResultClass::Str => continue,
            Ok(class) => class,
        };
        visit(Use { parent: predicate, child: at, node, column, class });
    }
}

/// The column that an expression is, unless it is reached through a merged derived table, view or CTE.
fn direct_column(query: &Query, mut expr: ExprId) -> Option<(ExprId, (TableId, ColumnNo))> {
    loop {
        match &query.exprs[expr] {
            Expr::Column { table, column } => return Some((expr, (*table, *column))),
            Expr::Ref { target, kind: RefKind::Alias(_) | RefKind::Item } => expr = *target,
            _ => return None,
        }
    }
}
