//! Outer join → inner join where a condition rejects the NULL-complemented rows; flattening of nests   (spec 02 §3.3)
//!
//! before: `SELECT a.x FROM a LEFT JOIN b ON b.x = a.x WHERE b.y < 5`
//! after:  `SELECT a.x FROM a JOIN b WHERE b.y < 5 AND b.x = a.x`
//! holds if: the condition is false or unknown when every column of b is NULL
//! not if:   `b.y IS NULL`, `COALESCE(b.y, 0) < 5`, the condition stands in the ON of this same join

use super::and_after;
use crate::context::Context;
use crate::query::facts::null_rejected;
use crate::query::{BlockId, ExprId, JoinMember, NestId, NestKind, Query, TableSet};
use std::collections::HashMap;

/// Simplifies the block's join tree, collects dependencies between tables, and flattens nests.
pub(super) fn simplify(ctx: &Context<'_>, query: &mut Query, block: BlockId) {
    let members = query[block].from.clone();
    let before = query[block].where_;
    let condition = simplify_list(query, block, &members, before);
    query[block].where_ = condition;
    if condition.is_some() && before.is_none() {
        query[block].had_where = true;
    }
    let straight = query[block].options.straight_join;
    let mut named = HashMap::new();
    collect_dependencies(query, &members, None, straight, &mut named);
    let from = flatten(query, members, None, false);
    query[block].from = from;
    let from = query[block].from.clone();
    let mut nests = Vec::new();
    collect_semijoin_nests(query, &from, &mut nests);
    query[block].semijoin_nests = nests;
    let _ = ctx;
}

/// Processes a FROM list from its last element to its first; returns the grown condition.
fn simplify_list(query: &mut Query, block: BlockId, members: &[JoinMember], mut condition: Option<ExprId>) -> Option<ExprId> {
    for &member in members.iter().rev() {
        if let JoinMember::Nest(nest) = member {
            let inner = query[nest].members.clone();
            if let Some(on) = query[nest].on {
                query[nest].on = simplify_list(query, block, &inner, Some(on));
            }
            condition = simplify_list(query, block, &inner, condition);
        }
        let used = tables_of(query, member);
        let rejected = condition.map_or(TableSet::EMPTY, |c| null_rejected(query, c, true));
        let is_antijoin = matches!(member, JoinMember::Nest(n) if matches!(query[n].kind, NestKind::Antijoin(_)));
        if is_antijoin || is_outer(query, member) && !used.meets(rejected) {
            continue;
        }
        set_outer(query, member, false);
        if let Some(on) = take_on(query, member) {
            condition = Some(and_after(query, block, condition, on));
        }
    }
    condition
}

/// All leaf tables below a member.
pub(crate) fn tables_of(query: &Query, member: JoinMember) -> TableSet {
    match member {
        JoinMember::Table(table) => TableSet::of(query[table].number),
        JoinMember::Nest(nest) => {
            query[nest].members.iter().fold(TableSet::EMPTY, |set, &member| set.union(tables_of(query, member)))
        }
    }
}

fn is_outer(query: &Query, member: JoinMember) -> bool {
    match member {
        JoinMember::Table(table) => query[table].outer_join,
        JoinMember::Nest(nest) => query[nest].outer_join,
    }
}

fn set_outer(query: &mut Query, member: JoinMember, outer: bool) {
    match member {
        JoinMember::Table(table) => query[table].outer_join = outer,
        JoinMember::Nest(nest) => query[nest].outer_join = outer,
    }
}

fn on(query: &Query, member: JoinMember) -> Option<ExprId> {
    match member {
        JoinMember::Table(table) => query[table].on,
        JoinMember::Nest(nest) => query[nest].on,
    }
}

fn take_on(query: &mut Query, member: JoinMember) -> Option<ExprId> {
    match member {
        JoinMember::Table(table) => query[table].on.take(),
        JoinMember::Nest(nest) => query[nest].on.take(),
    }
}

fn add_depends(query: &mut Query, member: JoinMember, tables: TableSet) {
    match member {
        JoinMember::Table(table) => query[table].depends = query[table].depends.union(tables),
        JoinMember::Nest(nest) => query[nest].depends = query[nest].depends.union(tables),
    }
}

fn is_straight(query: &Query, member: JoinMember) -> bool {
    match member {
        JoinMember::Table(table) => query[table].straight,
        JoinMember::Nest(nest) => query[nest].straight,
    }
}

/// Which tables must precede which (spec 04 §2.1). `named` holds, per nest, all tables that kept ON conditions inside name.
fn collect_dependencies(
    query: &mut Query,
    members: &[JoinMember],
    holder: Option<NestId>,
    select_straight: bool,
    named: &mut HashMap<NestId, TableSet>,
) {
    for &member in members {
        if let JoinMember::Nest(nest) = member {
            let inner = query[nest].members.clone();
            collect_dependencies(query, &inner, Some(nest), select_straight, named);
        }
    }
    for (place, &member) in members.iter().enumerate() {
        let own = tables_of(query, member);
        let condition_tables = on(query, member).map(|on| query.exprs.facts(on).used.tables());
        if let Some(tables) = condition_tables {
            add_depends(query, member, tables.minus(own));
            if let Some(holder) = holder {
                let entry = named.entry(holder).or_default();
                *entry = entry.union(tables);
            }
        }
        let Some(&left) = place.checked_sub(1).and_then(|left| members.get(left)) else { continue };
        let left_tables = tables_of(query, left);
        if select_straight || is_straight(query, member) {
            add_depends(query, member, left_tables);
        }
        if let Some(tables) = condition_tables {
            let is_antijoin = matches!(member, JoinMember::Nest(n) if matches!(query[n].kind, NestKind::Antijoin(_)));
            if let (JoinMember::Nest(nest), false) = (left, is_antijoin) {
                let named_left = named.get(&nest).copied().unwrap_or_default();
                add_depends(query, member, named_left.minus(own));
            }
            if !tables.minus(own).meets(left_tables) {
                add_depends(query, member, left_tables);
            }
        }
    }
}

/// Dissolves nests without ON condition into the list that holds them; members inherit the nest's dependencies.
fn flatten(query: &mut Query, members: Vec<JoinMember>, parent: Option<NestId>, in_semijoin: bool) -> Vec<JoinMember> {
    let mut flat = Vec::with_capacity(members.len());
    for member in members {
        let JoinMember::Nest(nest) = member else {
            set_parent(query, member, parent);
            flat.push(member);
            continue;
        };
        let (is_semijoin, is_antijoin) = match query[nest].kind {
            NestKind::Join => (false, false),
            NestKind::Semijoin(_) => (true, false),
            NestKind::Antijoin(_) => (false, true),
        };
        let stays = query[nest].on.is_some() || is_antijoin || is_semijoin && !in_semijoin;
        let inner = std::mem::take(&mut query[nest].members);
        let inner = flatten(query, inner, if stays { Some(nest) } else { parent }, in_semijoin || is_semijoin || is_antijoin);
        if stays {
            query[nest].members = inner;
            query[nest].parent = parent;
            flat.push(member);
        } else {
            let depends = query[nest].depends;
            for &member in &inner {
                add_depends(query, member, depends);
            }
            flat.extend(inner);
        }
    }
    flat
}

fn set_parent(query: &mut Query, member: JoinMember, parent: Option<NestId>) {
    match member {
        JoinMember::Table(table) => query[table].nest = parent,
        JoinMember::Nest(nest) => query[nest].parent = parent,
    }
}

/// Semijoin and antijoin nests, depth first, newest first (spec 05 §1.5).
fn collect_semijoin_nests(query: &Query, members: &[JoinMember], found: &mut Vec<NestId>) {
    for &member in members.iter().rev() {
        let JoinMember::Nest(nest) = member else { continue };
        if !matches!(query[nest].kind, NestKind::Join) {
            found.push(nest);
        }
        collect_semijoin_nests(query, &query[nest].members, found);
    }
}
