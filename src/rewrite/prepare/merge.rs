//! A derived table, view or CTE reference dissolved into the block that holds it   (spec 02 §2.1 to §2.3)
//!
//! before: `SELECT d.x FROM (SELECT a.x FROM a WHERE a.y > 1) d WHERE d.x < 5`
//! after:  `SELECT a.x FROM a WHERE a.x < 5 AND a.y > 1`
//! holds if: the definition is one block without grouping, HAVING, DISTINCT, LIMIT and windows, and reads a table
//! not if:   NO_MERGE, `derived_merge=off`, ALGORITHM=TEMPTABLE, a correlated subquery in its select list

use super::MAX_TABLES;
use crate::catalog::{ColumnNo, Switch, ViewAlgorithm};
use crate::context::Context;
use crate::query::{
    BlockId, ColumnSet, Command, Expr, ExprId, JoinMember, Nest, NestId, NestKind, Query, RefKind, TableId, TableKind, TableSet,
    TermKind, UnitId, UnitRole,
};

/// Decides whether a prepared derived table is merged (spec 02 §2.1, §2.2).
pub(super) fn should_merge(ctx: &Context<'_>, query: &Query, table: TableId) -> bool {
    let TableKind::Derived { unit, view, cte, .. } = &query[table].kind else { return false };
    let Some(inner) = single_block(query, *unit) else { return false };
    let definition = &query[inner];
    let can = definition.values.is_none()
        && !definition.grouped
        && definition.having.is_none()
        && !definition.options.distinct
        && !definition.leaves.is_empty()
        && definition.limit.is_none()
        && definition.windows.is_empty();
    let algorithm = view.as_ref().and_then(|(schema, name)| view_algorithm(ctx, schema, name));
    if !can || algorithm == Some(ViewAlgorithm::TempTable) || cte.is_some() && shared_and_random(query, table, *unit) {
        return false;
    }
    let outer = query[table].block;
    if algorithm != Some(ViewAlgorithm::Merge) {
        let wanted = match query.merge_hint(table) {
            Some(hint) => hint,
            None => {
                let heuristic = !query.assigns_user_variables && !selects_dependent_subquery(query, inner);
                (view.is_some() || allows_merge(query, outer)) && heuristic && ctx.settings.switches.on(Switch::DerivedMerge)
            }
        };
        if !wanted {
            return false;
        }
    }
    if query[outer].options.straight_join && !definition.semijoin_nests.is_empty() {
        return false;
    }
    query[outer].leaves.len() + definition.leaves.len() - 1 <= MAX_TABLES
}

fn single_block(query: &Query, unit: UnitId) -> Option<BlockId> {
    match &query[unit].term.kind {
        TermKind::Block(block) => Some(*block),
        _ => None,
    }
}

fn view_algorithm(ctx: &Context<'_>, schema: &str, name: &str) -> Option<ViewAlgorithm> {
    Some(ctx.catalog.schemas.get(schema)?.views.get(&name.to_lowercase())?.algorithm)
}

/// A CTE with several references whose definition is not deterministic is materialized once.
fn shared_and_random(query: &Query, table: TableId, unit: UnitId) -> bool {
    let shared = query.tables.iter().enumerate().any(|(index, other)| {
        let id = TableId(index as u32);
        let TableKind::Derived { shared_with, .. } = &other.kind else { return false };
        id != table && (*shared_with == Some(table) || matches!(&query[table].kind, TableKind::Derived { shared_with: Some(first), .. } if id == *first || *shared_with == Some(*first)))
    });
    shared && query[unit].uncacheable.rand
}

/// A visible select expression contains a correlated or non-deterministic subquery.
fn selects_dependent_subquery(query: &Query, inner: BlockId) -> bool {
    let dependent = |unit: UnitId| query[unit].uncacheable.any();
    query[inner].items.iter().any(|item| {
        let mut found = false;
        query.walk(item.expr, &mut |id| {
            if let Expr::Subquery(subquery) = &query.exprs[id] {
                found |= dependent(subquery.unit);
            }
        });
        found
    })
}

/// `allow_merge_derived` of spec 02 §2.2.
fn allows_merge(query: &Query, block: BlockId) -> bool {
    let unit = query[block].unit;
    match (query[unit].role, query[unit].outer) {
        (UnitRole::Top, _) | (_, None) => true,
        (UnitRole::Derived(_), Some(outer)) => allows_merge(query, outer),
        (UnitRole::Subquery(_), Some(outer)) => {
            let first_level = matches!(query[query[outer].unit].role, UnitRole::Top);
            if first_level { matches!(query.command, Command::Select) } else { allows_merge(query, outer) }
        }
    }
}

/// Merges a derived table into its block.
pub(super) fn merge(query: &mut Query, table: TableId) {
    let TableKind::Derived { unit, .. } = query[table].kind else { return };
    let Some(inner) = single_block(query, unit) else { return };
    let outer = query[table].block;

    let referenced = referenced_columns(query, outer, table);
    drop_unreferenced_items(query, inner, &referenced);
    let nest = replace_by_nest(query, outer, inner, table);
    adopt_leaves(query, outer, inner, table);
    adopt_inner_units(query, outer, unit, inner);
    order_by_name(query, outer, inner, table);
    replace_references(query, outer, inner, table);
    renew(query, outer);
    let definition_where = query[inner].where_.take();
    if let Some(condition) = definition_where {
        let on = query[nest].on;
        let both = super::and_after(query, outer, on, condition);
        query[nest].on = Some(both);
        query.renew_facts(outer, both);
    }
    adopt_order_by(query, outer, inner);
    let nests = std::mem::take(&mut query[inner].semijoin_nests);
    query[outer].semijoin_nests.extend(nests);
    query[table].kind = TableKind::Derived { unit, lateral: false, view: None, cte: None, shared_with: None };
}

/// ORDER BY elements that name a select item which is an expression of the definition keep its name; columns print as such.
fn order_by_name(query: &mut Query, outer: BlockId, inner: BlockId, table: TableId) {
    for index in 0..query[outer].order_by.len() {
        let element = &query[outer].order_by[index];
        if element.item.is_some()
            && let Expr::Column { table: of, column } = query.exprs[element.expr]
            && of == table
            && let Some(item) = query[inner].items.get(usize::from(column))
            && query.column_of(item.expr).is_none()
        {
            query[outer].order_by[index].by_alias = true;
        }
    }
}

/// Which columns of `table` anything in its block, or in blocks inside it, names.
fn referenced_columns(query: &Query, outer: BlockId, table: TableId) -> ColumnSet {
    let mut referenced = ColumnSet::default();
    for_each_block(query, outer, &mut |block| {
        for root in query.block_roots(block) {
            query.walk(root, &mut |id| {
                if let Expr::Column { table: of, column } = query.exprs[id]
                    && of == table
                {
                    referenced.insert(column);
                }
            });
        }
    });
    referenced
}

/// Calls `visit` with the block and all blocks inside it.
pub(super) fn for_each_block(query: &Query, block: BlockId, visit: &mut dyn FnMut(BlockId)) {
    let mut pending = vec![block];
    while let Some(block) = pending.pop() {
        visit(block);
        for unit in &query[block].inner_units {
            pending.extend(query[*unit].blocks.iter().copied());
        }
    }
}

/// Select items that nobody names vanish: their subqueries from EXPLAIN, their columns from the read sets (spec 04 §4.4).
fn drop_unreferenced_items(query: &mut Query, inner: BlockId, referenced: &ColumnSet) {
    let unused: Vec<ExprId> = query[inner]
        .items
        .iter()
        .enumerate()
        .filter(|(i, _)| !referenced.contains(*i as ColumnNo))
        .map(|(_, item)| item.expr)
        .collect();
    if unused.is_empty() {
        return;
    }
    for &expr in &unused {
        super::clauses::forget_subqueries_of(query, inner, expr);
    }
    let mut kept: Vec<(TableId, ColumnNo)> = Vec::new();
    let mut candidates: Vec<(TableId, ColumnNo)> = Vec::new();
    for_each_block(query, inner, &mut |block| {
        for root in query.block_roots(block) {
            let into = if block == inner && unused.contains(&root) { &mut candidates } else { &mut kept };
            query.walk(root, &mut |id| {
                if let Expr::Column { table, column } = query.exprs[id] {
                    into.push((table, column));
                }
            });
        }
    });
    for (table, column) in candidates {
        if !kept.contains(&(table, column)) {
            query[table].read_set.remove(column);
        }
    }
}

/// The list that holds a member: a nest's or the block's FROM list.
pub fn containing_list(query: &mut Query, block: BlockId, parent: Option<NestId>) -> &mut Vec<JoinMember> {
    match parent {
        Some(nest) => &mut query[nest].members,
        None => &mut query[block].from,
    }
}

fn replace_by_nest(query: &mut Query, outer: BlockId, inner: BlockId, table: TableId) -> NestId {
    let parent = query[table].nest;
    let nest = NestId(query.nests.len() as u32);
    let members = std::mem::take(&mut query[inner].from);
    let (on, outer_join, straight) = (query[table].on.take(), query[table].outer_join, query[table].straight);
    for &member in &members {
        match member {
            JoinMember::Table(table) => query[table].nest = Some(nest),
            JoinMember::Nest(inside) => query[inside].parent = Some(nest),
        }
    }
    query.nests.push(Nest {
        kind: NestKind::Join,
        members,
        on,
        outer_join,
        straight,
        parent,
        depends: TableSet::EMPTY,
        merged_from: Some(table),
    });
    for member in containing_list(query, outer, parent) {
        if *member == JoinMember::Table(table) {
            *member = JoinMember::Nest(nest);
        }
    }
    nest
}

fn adopt_leaves(query: &mut Query, outer: BlockId, inner: BlockId, table: TableId) {
    let adopted = std::mem::take(&mut query[inner].leaves);
    let nullable = query[table].nullable_row;
    for &leaf in &adopted {
        query[leaf].block = outer;
        query[leaf].nullable_row |= nullable;
    }
    let leaves = &mut query[outer].leaves;
    if let Some(place) = leaves.iter().position(|leaf| *leaf == table) {
        leaves.splice(place..=place, adopted);
    }
    renumber(query, outer);
}

/// Numbers the block's leaves in order.
pub(super) fn renumber(query: &mut Query, block: BlockId) {
    for (number, leaf) in query[block].leaves.clone().into_iter().enumerate() {
        query[leaf].number = number as u8;
    }
}

/// The definition's own inner units take the place of its unit in the outer list.
pub(super) fn adopt_inner_units(query: &mut Query, outer: BlockId, unit: UnitId, inner: BlockId) {
    let adopted = std::mem::take(&mut query[inner].inner_units);
    for &inside in &adopted {
        query[inside].outer = Some(outer);
    }
    let units = &mut query[outer].inner_units;
    match units.iter().position(|u| *u == unit) {
        Some(place) => {
            units.splice(place..=place, adopted);
        }
        None => units.extend(adopted),
    }
}

/// Every reference to a column of the table becomes a reference to the definition's expression.
fn replace_references(query: &mut Query, outer: BlockId, inner: BlockId, table: TableId) {
    let mut blocks = Vec::new();
    for_each_block(query, outer, &mut |block| blocks.push(block));
    for block in blocks {
        let mut references = Vec::new();
        for root in query.block_roots(block) {
            query.walk(root, &mut |id| {
                if let Expr::Column { table: of, column } = query.exprs[id]
                    && of == table
                {
                    references.push((id, column));
                }
            });
        }
        references.sort_unstable();
        references.dedup();
        for (id, column) in references {
            let Some(item) = query[inner].items.get(column as usize) else { continue };
            let definition = item.expr;
            let target = super::plain_copy(query, definition, block);
            query.exprs.replace(id, Expr::Ref { target, kind: RefKind::View(table, column) });
        }
    }
}

/// Renews the facts of all expressions of a block and of the blocks inside it, innermost first.
pub(super) fn renew(query: &mut Query, block: BlockId) {
    let mut blocks = Vec::new();
    for_each_block(query, block, &mut |b| blocks.push(b));
    for block in blocks.into_iter().rev() {
        for root in query.block_roots(block) {
            query.renew_facts(block, root);
        }
    }
}

/// ORDER BY of a definition survives only as the only FROM element of a plain block (spec 02 §2.3-5).
fn adopt_order_by(query: &mut Query, outer: BlockId, inner: BlockId) {
    let order_by = std::mem::take(&mut query[inner].order_by);
    let only = query[outer].from.len() == 1 && query[outer].leaves.len() == query.leaves_below(query[outer].from[0]);
    let o = &query[outer];
    let plain = !o.grouped && !o.options.distinct && o.order_by.is_empty();
    let changes_rows = !matches!(query.command, Command::Insert(_) | Command::Replace(_));
    let in_set_operation = !matches!(query[o.unit].term.kind, TermKind::Block(_));
    if only
        && plain
        && changes_rows
        && !in_set_operation
        && !order_by.is_empty()
        && matches!(query[outer].from[0], JoinMember::Nest(n) if query[n].merged_from.is_some())
    {
        for element in &order_by {
            query.renew_facts(outer, element.expr);
        }
        query[outer].order_by = order_by
            .into_iter()
            .map(|mut element| {
                element.item = None;
                element.by_alias = false;
                element
            })
            .collect();
    }
}
