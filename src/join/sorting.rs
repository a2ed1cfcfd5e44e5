//! What ORDER BY, GROUP BY and windows mean for the search (spec 04 §9.4, 06 §4.1, §12.1).

use crate::context::Context;
use crate::evaluate::{Evaluated, evaluate};
use crate::query::{BlockId, Expr, ExprId, OrderElement, Query, SubqueryKind, TableSet, UnitRole};
use crate::value::Value;

/// LIMIT plus OFFSET of a block; the largest number without LIMIT. EXISTS looks for one row.
pub(super) fn select_limit(ctx: &Context<'_>, query: &Query, block: BlockId) -> u64 {
    let number = |expr: Option<ExprId>| match evaluate(ctx, query, expr?) {
        Evaluated::Known(Value::Int(n)) => u64::try_from(n).ok(),
        Evaluated::Known(Value::UInt(n)) => Some(n),
        _ => None,
    };
    let b = &query[block];
    if let Some(limit) = number(b.limit) {
        return limit.saturating_add(number(b.offset).unwrap_or(0));
    }
    match query[b.unit].role {
        UnitRole::Subquery(expr) if b.limit.is_none() => match &query.exprs[expr] {
            Expr::Subquery(subquery) if subquery.kind == SubqueryKind::Exists => 1,
            _ => u64::MAX,
        },
        _ => u64::MAX,
    }
}

/// The one table whose columns all elements of ORDER BY (or GROUP BY) use.
pub(super) fn sort_by_table(query: &Query, block: BlockId) -> Option<u8> {
    let b = &query[block];
    let (order, group) = match (b.order_by.is_empty(), b.group_by.is_empty()) {
        (true, true) => return None,
        (true, false) => (&b.group_by, &b.group_by),
        (false, true) => (&b.order_by, &b.order_by),
        (false, false) => (&b.order_by, &b.group_by),
    };
    let mut used = TableSet::EMPTY;
    for (one, other) in order.iter().zip(group) {
        if !query.same(one.expr, other.expr) {
            return None;
        }
        used = used.union(query.exprs.facts(one.expr).used);
    }
    used = used.minus(TableSet::INNER);
    let single = used.len() == 1 && used.tables() == used;
    if single { used.iter().next() } else { None }
}

/// How many windows of a block sort their input; a window with the same key as an earlier one shares its sort.
pub(super) fn sorting_windows(query: &Query, block: BlockId) -> usize {
    let b = &query[block];
    if b.implicitly_grouped() {
        return 0;
    }
    let keys: Vec<Vec<&OrderElement>> = b
        .windows
        .iter()
        .map(|window| {
            let base = window.base.as_ref().and_then(|name| b.windows.iter().find(|other| other.name.as_ref() == Some(name)));
            let inherited = base.into_iter().flat_map(|base| base.partition_by.iter().chain(&base.order_by));
            inherited.chain(&window.partition_by).chain(&window.order_by).collect()
        })
        .collect();
    let same = |a: &[&OrderElement], b: &[&OrderElement]| {
        a.len() == b.len() && a.iter().zip(b).all(|(x, y)| x.descending == y.descending && query.same(x.expr, y.expr))
    };
    keys.iter()
        .enumerate()
        .filter(|(place, key)| !key.is_empty() && !keys[..*place].iter().any(|earlier| same(earlier, key)))
        .count()
}
