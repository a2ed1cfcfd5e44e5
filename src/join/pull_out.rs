//! Inner tables of a semijoin that a unique key binds to at most one row become ordinary tables (spec 04 §2.4, 05 §2.1).

use super::block_tables::embed;
use super::state::{JoinTable, KeyUse};
use super::trace;
use crate::context::Context;
use crate::query::{BlockId, JoinMember, NestId, NestKind, Query, TableSet};

/// Pulls tables out of all semijoin nests of the block; empty nests vanish.
pub(super) fn pull_out(ctx: &Context<'_>, query: &mut Query, block: BlockId, tables: &mut [JoinTable], key_uses: &[KeyUse]) {
    let nests = query[block].semijoin_nests.clone();
    if nests.is_empty() {
        return;
    }
    ctx.trace(|t| {
        t.open_object(None);
        t.open_array(Some("pulled_out_semijoin_tables"));
    });
    for nest in nests {
        if matches!(query[nest].kind, NestKind::Semijoin(_)) {
            pull_from_nest(ctx, query, block, nest, tables, key_uses);
        }
    }
    ctx.trace(|t| {
        t.close();
        t.close();
    });
}

fn pull_from_nest(
    ctx: &Context<'_>,
    query: &mut Query,
    block: BlockId,
    nest: NestId,
    tables: &mut [JoinTable],
    key_uses: &[KeyUse],
) {
    let mut inside = crate::rewrite::prepare::joins::tables_of(query, JoinMember::Nest(nest));
    // The server's lists hold the last member first.
    let direct: Vec<u8> = query[nest]
        .members
        .iter()
        .rev()
        .filter_map(|member| match member {
            JoinMember::Table(table) => Some(query[*table].number),
            JoinMember::Nest(_) => None,
        })
        .collect();
    // A table that another one in the nest depends on stays (spec 05 §2.1 step 1).
    let blocked = query[nest].members.iter().fold(TableSet::EMPTY, |blocked, member| {
        let depends = match *member {
            JoinMember::Table(table) => tables[query[table].number as usize].dependent,
            JoinMember::Nest(inner) => query[inner].depends,
        };
        blocked.union(depends.intersect(inside))
    });
    loop {
        let mut pulled = false;
        for &number in &direct {
            if !inside.contains(number) || blocked.contains(number) {
                continue;
            }
            if is_functionally_dependent(query, &tables[number as usize], key_uses, inside) {
                inside = inside.minus(TableSet::of(number));
                pulled = true;
                let name = trace::table_name(query, tables[number as usize].id);
                ctx.trace(|t| {
                    t.open_object(None);
                    t.field("table", name);
                    t.field("functionally_dependent", true);
                    t.close();
                });
                move_out(query, block, nest, number, tables);
            }
        }
        if !pulled {
            break;
        }
    }
    if query[nest].members.is_empty() {
        remove_nest(query, block, nest);
    }
}

/// A unique index of the table has all its parts bound to values from outside the nest.
fn is_functionally_dependent(query: &Query, table: &JoinTable, key_uses: &[KeyUse], inside: TableSet) -> bool {
    let definition = &query[table.id].table;
    definition.indexes.iter().enumerate().any(|(number, index)| {
        if !index.unique {
            return false;
        }
        let wanted = (1u64 << index.user_parts) - 1;
        let bound =
            key_uses[table.key_uses.clone()].iter().filter(|k| k.index as usize == number).fold(0u64, |bound, key_use| {
                let nullable = || {
                    index
                        .parts
                        .get(key_use.part)
                        .and_then(|part| definition.columns.get(part.column as usize))
                        .is_none_or(|column| column.nullable)
                };
                let usable = key_use.part < index.user_parts
                    && !key_use.used.meets(inside)
                    && !key_use.ref_or_null
                    && (key_use.null_rejecting || !key_use.value_nullable || !nullable());
                if usable { bound | 1 << key_use.part } else { bound }
            });
        bound & wanted == wanted
    })
}

fn move_out(query: &mut Query, block: BlockId, nest: NestId, number: u8, tables: &mut [JoinTable]) {
    let id = tables[number as usize].id;
    query[nest].members.retain(|member| *member != JoinMember::Table(id));
    if let NestKind::Semijoin(info) = &mut query[nest].kind {
        info.correlated.insert(number);
        info.depends.insert(number);
    }
    let parent = query[nest].parent;
    query[id].nest = parent;
    // The server prints pulled-out tables before all others.
    list_of(query, block, parent).insert(0, JoinMember::Table(id));
    tables[number as usize].inner_of_outer_join = query[id].outer_join;
    let mut table = tables[number as usize].clone();
    embed(query, parent, &mut table);
    tables[number as usize] = table;
}

fn list_of(query: &mut Query, block: BlockId, nest: Option<NestId>) -> &mut Vec<JoinMember> {
    match nest {
        Some(nest) => &mut query[nest].members,
        None => &mut query[block].from,
    }
}

fn remove_nest(query: &mut Query, block: BlockId, nest: NestId) {
    let parent = query[nest].parent;
    list_of(query, block, parent).retain(|member| *member != JoinMember::Nest(nest));
    query[block].semijoin_nests.retain(|other| *other != nest);
}
