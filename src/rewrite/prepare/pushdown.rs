//! Conditions of a block pushed into a materialized derived table   (spec 02 §2.4)
//!
//! before: `SELECT * FROM (SELECT a.x, COUNT(*) c FROM a GROUP BY a.x) d WHERE d.x > 5 AND d.c > 2`
//! after:  `SELECT * FROM (SELECT a.x, COUNT(*) c FROM a WHERE a.x > 5 GROUP BY a.x HAVING c > 2) d`
//! holds if: the condition names no other table and every column's definition may stand in WHERE or HAVING
//! not if:   LIMIT in the definition, an inner table of an outer join, a CTE with several references, subqueries, `@@x`

use super::{and_after, conjuncts, plain_copy};
use crate::catalog::{ResultClass, Switch};
use crate::context::Context;
use crate::query::{
    BlockId, Expr, ExprFlags, ExprId, LiteralForm, NestId, NestKind, Query, RefKind, TableId, TableKind, TableSet, Term,
    TermKind, UnitId,
};
use crate::value::Value;

/// Pushes conditions down, outermost block first, so that they can sink through several levels.
pub(super) fn push_into_derived(ctx: &Context<'_>, query: &mut Query, unit: UnitId) {
    for block in query[unit].blocks.clone() {
        for table in query[block].leaves.clone() {
            if allowed(ctx, query, table) {
                push_into(query, block, table);
            }
        }
        for inner in query[block].inner_units.clone() {
            push_into_derived(ctx, query, inner);
        }
    }
}

fn allowed(ctx: &Context<'_>, query: &Query, table: TableId) -> bool {
    let TableKind::Derived { unit, cte, shared_with, .. } = &query[table].kind else { return false };
    let switched = query.pushdown_hint(table).unwrap_or(ctx.settings.switches.on(Switch::DerivedConditionPushdown));
    let several_references = cte.is_some()
        && (shared_with.is_some()
            || query
                .tables
                .iter()
                .any(|t| matches!(t.kind, TableKind::Derived { shared_with: Some(first), .. } if first == table)));
    switched
        && !query.assigns_user_variables
        && !several_references
        && !query[*unit].recursive
        && !inner_of_outer_join(query, table)
        && !has_limit(query, &query[*unit].term)
}

fn has_limit(query: &Query, term: &Term) -> bool {
    term.limit.is_some()
        || match &term.kind {
            TermKind::Block(block) => query[*block].limit.is_some(),
            TermKind::SetOperation { children, .. } => children.iter().any(|child| has_limit(query, child)),
            TermKind::Parenthesized(inner) => has_limit(query, inner),
        }
}

fn inner_of_outer_join(query: &Query, table: TableId) -> bool {
    let mut outer = query[table].outer_join;
    let mut nest = query[table].nest;
    while let Some(around) = nest {
        outer |= query[around].outer_join;
        nest = query[around].parent;
    }
    outer
}

fn push_into(query: &mut Query, block: BlockId, table: TableId) {
    let TableKind::Derived { unit, .. } = query[table].kind else { return };
    let Some(condition) = query[block].where_ else { return };
    let mut pushed = Vec::new();
    let mut rest = Vec::new();
    for part in conjuncts(query, condition) {
        let constant = query.exprs.facts(part).used.is_empty();
        if !constant && pushable(query, part, table, unit) { pushed.push(part) } else { rest.push(part) }
    }
    if pushed.is_empty() {
        return;
    }
    for inner in query[unit].blocks.clone() {
        let kept = push_into_block(query, inner, table, &pushed);
        for part in kept {
            if !rest.contains(&part) {
                rest.push(part);
            }
        }
    }
    rest.sort_by_key(|part| conjuncts(query, condition).iter().position(|p| p == part));
    pushed.retain(|part| !rest.contains(part));
    for part in pushed {
        forget_semijoin_pair(query, block, part);
    }
    query[block].where_ = match rest.len() {
        0 => None,
        1 => Some(rest[0]),
        _ => Some(query.add(block, Expr::And(rest))),
    };
    if query[block].where_.is_none() {
        query[block].had_where = false;
    }
}

/// A condition goes as a whole: an AND or OR if every member can go.
fn pushable(query: &Query, condition: ExprId, table: TableId, unit: UnitId) -> bool {
    match &query.exprs[condition] {
        Expr::And(members) | Expr::Or(members) => members.iter().all(|m| pushable(query, *m, table, unit)),
        _ => {
            let used = query.exprs.facts(condition).used.tables();
            let own = used == TableSet::of(query[table].number);
            let const_for_execution = query.exprs.facts(condition).used.minus(TableSet::INNER).is_empty();
            (own || const_for_execution) && valid(query, condition, table, unit)
        }
    }
}

fn valid(query: &Query, root: ExprId, table: TableId, unit: UnitId) -> bool {
    let set_operation = query[unit].blocks.len() > 1;
    let mut ok = true;
    query.walk(root, &mut |id| {
        ok &= match &query.exprs[id] {
            Expr::Column { table: of, column } => *of == table && column_can_go(query, unit, *column as usize),
            Expr::Subquery(_) | Expr::SystemVariable { .. } | Expr::Guard { .. } | Expr::Parameter { .. } => false,
            Expr::Func { .. } | Expr::StoredFunction { .. } if set_operation => !query.exprs.facts(id).used.meets(TableSet::RAND),
            _ => true,
        }
    });
    ok
}

/// Every operand's definition of the column has the same result class and neither subquery nor randomness nor `@@x`.
fn column_can_go(query: &Query, unit: UnitId, column: usize) -> bool {
    let mut class: Option<ResultClass> = None;
    query[unit].blocks.iter().all(|block| {
        let Some(item) = query[*block].items.get(column) else { return false };
        let facts = query.exprs.facts(item.expr);
        let this = crate::query::typing::class(&facts.ty);
        let same = class.is_none_or(|first| first == this);
        class = Some(this);
        same && !facts.used.meets(TableSet::RAND) && !facts.flags.any(ExprFlags::SUBQUERY.union(ExprFlags::SYSTEM_VARIABLE))
    })
}

/// Adds the parts to a block's WHERE or HAVING; returns those that must stay outside (spec 02 §2.4-3).
fn push_into_block(query: &mut Query, inner: BlockId, table: TableId, parts: &[ExprId]) -> Vec<ExprId> {
    let mut kept = Vec::new();
    for &part in parts {
        if !query[inner].windows.is_empty() && !survives_windows(query, inner, table, part) {
            kept.push(part);
            continue;
        }
        let b = &query[inner];
        let into_having = b.grouped && (b.group_by.is_empty() || b.rollup || !only_group_columns(query, inner, table, part));
        let mut replace = |query: &mut Query, id: ExprId| {
            let Expr::Column { table: of, column } = query.exprs[id] else { return None };
            if of != table {
                return None;
            }
            let definition = query[inner].items.get(column as usize)?.expr;
            if into_having {
                return Some(query.add(inner, Expr::Ref { target: definition, kind: RefKind::Item }));
            }
            Some(plain_copy(query, definition, inner))
        };
        let copy = query.copy(part, inner, &mut replace);
        if into_having {
            let both = and_after(query, inner, query[inner].having, copy);
            query[inner].having = Some(both);
        } else {
            let both = and_after(query, inner, query[inner].where_, copy);
            query[inner].where_ = Some(both);
            query[inner].had_where = true;
        }
    }
    kept
}

fn columns_of(query: &Query, table: TableId, part: ExprId) -> Vec<usize> {
    let mut columns = Vec::new();
    query.walk(part, &mut |id| {
        if let Expr::Column { table: of, column } = query.exprs[id]
            && of == table
        {
            columns.push(column as usize);
        }
    });
    columns
}

fn survives_windows(query: &Query, inner: BlockId, table: TableId, part: ExprId) -> bool {
    let deterministic = !query.exprs.facts(part).used.meets(TableSet::RAND);
    deterministic
        && columns_of(query, table, part).into_iter().all(|column| {
            let Some(item) = query[inner].items.get(column) else { return false };
            query[inner].windows.iter().all(|window| window.partition_by.iter().any(|p| query.same(p.expr, item.expr)))
        })
}

fn only_group_columns(query: &Query, inner: BlockId, table: TableId, part: ExprId) -> bool {
    columns_of(query, table, part).into_iter().all(|column| {
        let Some(item) = query[inner].items.get(column) else { return false };
        query[inner].group_by.iter().any(|group| group.item == Some(column) || query.same(group.expr, item.expr))
    })
}

/// An equality of a semijoin that went down is no longer a pair of its nest (spec 02 §2.4-4).
fn forget_semijoin_pair(query: &mut Query, block: BlockId, part: ExprId) {
    let Expr::Compare { left, right, .. } = query.exprs[part] else { return };
    for nest in query[block].semijoin_nests.clone() {
        let (Some(pairs), is_semijoin) = (pairs_of(query, nest), matches!(query[nest].kind, NestKind::Semijoin(_))) else {
            continue;
        };
        let place = pairs.iter().position(|(outer, inner)| query.same(*outer, left) && query.same(*inner, right));
        let (Some(place), true) = (place, is_semijoin) else { continue };
        let one = |query: &mut Query| query.add(block, Expr::Literal { value: Value::Int(1), form: LiteralForm::Plain });
        let dummy = (pairs.len() == 1).then(|| (one(query), one(query)));
        if let NestKind::Semijoin(info) = &mut query[nest].kind {
            info.pairs.remove(place);
            info.pairs.extend(dummy);
        }
    }
}

fn pairs_of(query: &Query, nest: NestId) -> Option<Vec<(ExprId, ExprId)>> {
    match &query[nest].kind {
        NestKind::Semijoin(info) | NestKind::Antijoin(info) => Some(info.pairs.clone()),
        NestKind::Join => None,
    }
}
