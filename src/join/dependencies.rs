//! Which tables must precede which: closure over outer joins, and join order hints (spec 04 §2.1, §9.6).

use super::graph;
use super::state::JoinTable;
use crate::parse::ast::HintTable;
use crate::query::hints::HintKind;
use crate::query::{BlockId, Diagnostic, JoinMember, Level, Query, TableKind, TableSet};

/// Propagates dependencies and, where that happens, starts `key_dependent` with them (spec 04 §1 steps 1 and 2).
pub(super) fn propagate(query: &Query, block: BlockId, tables: &mut [JoinTable]) {
    let recursive = tables.iter().find(|table| matches!(query[table.id].kind, TableKind::RecursiveReference { .. }));
    let recursive = recursive.map(|table| table.number);
    if let Some(reference) = recursive {
        for table in tables.iter_mut().filter(|table| table.number != reference) {
            table.dependent.insert(reference);
        }
        let table = &mut tables[reference as usize];
        table.covering = crate::catalog::KeySet::EMPTY;
    }
    if recursive.is_none() && !has_outer_join(query, &query[block].from) {
        return;
    }
    graph::close(tables);
    for table in tables.iter_mut() {
        table.key_dependent = table.dependent;
    }
}

fn has_outer_join(query: &Query, members: &[JoinMember]) -> bool {
    members.iter().any(|member| match *member {
        JoinMember::Table(table) => query[table].outer_join || query[table].on.is_some(),
        JoinMember::Nest(nest) => {
            query[nest].outer_join || query[nest].on.is_some() || has_outer_join(query, &query[nest].members)
        }
    })
}

/// Kinds of join order hints that add dependencies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OrderHint {
    Prefix,
    Suffix,
    Order,
}

/// Applies JOIN_PREFIX, JOIN_SUFFIX and JOIN_ORDER in textual order; one that would close a cycle is dropped.
pub(super) fn apply_order_hints(query: &mut Query, block: BlockId, tables: &mut [JoinTable], const_set: TableSet) {
    let count = query.hints.of_block(block).map_or(0, |hints| hints.join_orders.len());
    for place in 0..count {
        let Some(hint) = query.hints.of_block(block).and_then(|hints| hints.join_orders.get(place)) else { continue };
        let kind = match &*hint.name {
            "JOIN_PREFIX" => OrderHint::Prefix,
            "JOIN_SUFFIX" => OrderHint::Suffix,
            _ => OrderHint::Order,
        };
        if hint.dropped {
            continue;
        }
        let number = |named: &HintTable| {
            let id = query.hinted_table(block, named)?;
            tables.iter().find(|table| table.id == id).map(|table| table.number)
        };
        let unknown = hint.tables.iter().find(|named| number(named).is_none()).map(|named| unresolved(named, &hint.name));
        let listed: Option<Vec<u8>> = hint.tables.iter().map(number).collect();
        let applied = listed.is_some_and(|listed| {
            let before: Vec<TableSet> = tables.iter().map(|table| table.dependent).collect();
            order(query, tables, kind, &listed, const_set);
            let closed = graph::close(tables);
            if !closed {
                for (table, dependent) in tables.iter_mut().zip(before) {
                    table.dependent = dependent;
                }
            }
            closed
        });
        let hints = query.hints.blocks.iter_mut().find(|hints| hints.block == block);
        if let Some(hint) = hints.and_then(|hints| hints.join_orders.get_mut(place)) {
            hint.dropped = !applied;
        }
        query.diagnostics.extend(unknown);
    }
}

/// Warning 3128 of a table that the block does not have.
fn unresolved(named: &HintTable, hint: &str) -> Diagnostic {
    let quoted = |name: &str| format!("`{}`", name.replace('`', "``"));
    let block = named.query_block.as_ref().map_or(String::new(), |name| format!("@{}", quoted(name)));
    let text = format!("Unresolved name {}{block} for {hint} hint", quoted(&named.name));
    Diagnostic { level: Level::Warning, code: 3128, text }
}

fn order(query: &Query, tables: &mut [JoinTable], kind: OrderHint, listed: &[u8], const_set: TableSet) {
    let mut map = TableSet::EMPTY;
    for &number in listed {
        if const_set.contains(number) {
            continue;
        }
        tables[number as usize].dependent = tables[number as usize].dependent.union(map);
        around_nests(query, tables, number, map);
        map.insert(number);
    }
    let all = TableSet::first(tables.len()).minus(const_set);
    for number in 0..tables.len() as u8 {
        if const_set.contains(number) {
            continue;
        }
        let added = match kind {
            OrderHint::Order => continue,
            OrderHint::Prefix if map.contains(number) => continue,
            OrderHint::Prefix => map,
            OrderHint::Suffix if !map.contains(number) => continue,
            OrderHint::Suffix => all.minus(map),
        };
        tables[number as usize].dependent = tables[number as usize].dependent.union(added);
        around_nests(query, tables, number, added);
    }
}

/// A table's place in the order holds for the whole outer-join nest around it.
fn around_nests(query: &Query, tables: &mut [JoinTable], number: u8, before: TableSet) {
    let nests = tables[number as usize].outer_nests.clone();
    for nest in nests {
        let inside = crate::rewrite::prepare::joins::tables_of(query, JoinMember::Nest(nest));
        for member in inside.iter() {
            let table = &mut tables[member as usize];
            table.dependent = table.dependent.union(before.minus(inside));
        }
    }
}

/// True if a hint fixes the order of the block as written.
pub(super) fn fixed_order(query: &Query, block: BlockId) -> bool {
    query.hints.of_block(block).is_some_and(|hints| hints.switches.get(HintKind::JoinFixedOrder) == Some(true))
}
