//! IN and EXISTS predicates that become semijoins and antijoins   (spec 02 §5.3, §5.4, 05 §1.3 to §1.5)
//!
//! before: `SELECT a.x FROM a WHERE a.x IN (SELECT b.y FROM b WHERE b.z > 1)`
//! after:  `SELECT a.x FROM a SEMI JOIN (b) WHERE b.z > 1 AND a.x = b.y`
//! holds if: the predicate stands at the AND-top level of WHERE or ON and the subquery is one plain block with tables
//! not if:   `semijoin=off`, NO_SEMIJOIN, aggregates, HAVING, windows, LIMIT 0, STRAIGHT_JOIN; NOT IN over nullable sides

use super::{MAX_TABLES, and_after, conjuncts, merge};
use crate::catalog::Switch;
use crate::context::Context;
use crate::error::Result;
use crate::parse::ast::CompareOp;
use crate::query::{
    BlockId, Command, Expr, ExprFlags, ExprId, JoinMember, LiteralForm, Nest, NestId, NestKind, Query, SemijoinInfo,
    SubqueryKind, TableSet, TermKind, TruthValue, UnitId,
};
use crate::value::Value;

/// Where a candidate predicate stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Where,
    On(JoinMember),
}

struct Candidate {
    predicate: ExprId,
    place: Place,
    unit: UnitId,
    block: BlockId,
    antijoin: bool,
    ordinal: u64,
}

/// Converts the block's candidates in the server's order of priority.
pub(super) fn flatten(ctx: &Context<'_>, query: &mut Query, block: BlockId) -> Result<()> {
    mark_predicate_level(query, block);
    let mut candidates = find_candidates(ctx, query, block);
    candidates.sort_by_key(|c| std::cmp::Reverse(priority(query, c)));
    let mut count = query[block].leaves.len();
    for candidate in candidates {
        let added = query[candidate.block].leaves.len() + 1;
        let holds_antijoin =
            query[candidate.block].semijoin_nests.iter().any(|nest| matches!(query[*nest].kind, NestKind::Antijoin(_)));
        if count + added > MAX_TABLES || holds_antijoin {
            continue;
        }
        count += added;
        convert(query, block, &candidate);
    }
    Ok(())
}

fn priority(query: &Query, candidate: &Candidate) -> u64 {
    let dependent = u64::from(query[candidate.unit].uncacheable.dependent);
    let tables = query[candidate.block].leaves.len() as u64;
    (dependent * 64 + tables) * 65536 + (65536 - candidate.ordinal)
}

/// At the AND-top level of WHERE and ON, UNKNOWN counts as FALSE (spec 02 §5.1).
fn mark_predicate_level(query: &mut Query, block: BlockId) {
    let mut roots = Vec::new();
    roots.extend(query[block].where_);
    query.on_conditions(&query[block].from, &mut roots);
    for root in roots {
        for predicate in conjuncts(query, root) {
            if let Expr::Subquery(subquery) = &mut query.exprs[predicate] {
                subquery.at_predicate_level = true;
                subquery.truth = match subquery.truth {
                    TruthValue::Identity => TruthValue::IsTrue,
                    TruthValue::Negated => TruthValue::IsFalse,
                    other => other,
                };
            }
        }
    }
}

fn find_candidates(ctx: &Context<'_>, query: &Query, block: BlockId) -> Vec<Candidate> {
    if !accepts_semijoins(query, block) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut add = |condition: ExprId, place: Place| {
        for predicate in conjuncts(query, condition) {
            if let Some(candidate) = candidate(ctx, query, block, predicate, place) {
                found.push(candidate);
            }
        }
    };
    on_places(query, &query[block].from, &mut add);
    if let Some(condition) = query[block].where_ {
        add(condition, Place::Where);
    }
    // The ordinal is the order in which the subqueries were met: that of their blocks' numbers, WHERE before ON.
    found.sort_by_key(|c| (matches!(c.place, Place::On(_)), query[c.block].select_id));
    for (ordinal, candidate) in found.iter_mut().enumerate() {
        candidate.ordinal = ordinal as u64;
    }
    found
}

fn on_places(query: &Query, members: &[JoinMember], add: &mut dyn FnMut(ExprId, Place)) {
    for &member in members {
        let on = match member {
            JoinMember::Table(table) => query[table].on,
            JoinMember::Nest(nest) => {
                on_places(query, &query[nest].members, add);
                query[nest].on
            }
        };
        if let Some(on) = on {
            add(on, Place::On(member));
        }
    }
}

/// Single-table UPDATE and DELETE accept none; neither does a block with STRAIGHT_JOIN or without tables.
fn accepts_semijoins(query: &Query, block: BlockId) -> bool {
    let single_table_change = query[query.root].blocks.first() == Some(&block)
        && matches!(query.command, Command::Update { multi_table: false, .. } | Command::Delete { multi_table: false, .. });
    !single_table_change && !query[block].options.straight_join && !query[block].leaves.is_empty()
}

fn candidate(ctx: &Context<'_>, query: &Query, outer: BlockId, predicate: ExprId, place: Place) -> Option<Candidate> {
    let Expr::Subquery(subquery) = &query.exprs[predicate] else { return None };
    if !matches!(subquery.kind, SubqueryKind::In | SubqueryKind::Exists) {
        return None;
    }
    let TermKind::Block(inner) = query[subquery.unit].term.kind else { return None };
    let b = &query[inner];
    let enabled = query.semijoin_hint(inner).unwrap_or(ctx.settings.switches.on(Switch::Semijoin));
    let plain = !b.grouped
        && b.having.is_none()
        && b.windows.is_empty()
        && b.values.is_none()
        && !b.leaves.is_empty()
        && !b.options.straight_join
        && !aggregates_outside(query, inner)
        && limit_allows(query, inner);
    let left_is_deterministic = subquery.left.is_none_or(|left| !query.exprs.facts(left).used.meets(TableSet::RAND));
    if !enabled || !plain || !left_is_deterministic {
        return None;
    }
    let antijoin = match subquery.truth {
        TruthValue::IsTrue => false,
        TruthValue::IsNotTrue => true,
        TruthValue::IsFalse | TruthValue::IsNotFalse => {
            if subquery.kind == SubqueryKind::In && may_be_unknown(query, subquery.left, inner) {
                return None;
            }
            subquery.truth == TruthValue::IsFalse
        }
        TruthValue::Identity | TruthValue::Negated => return None,
    };
    let constant_left = subquery.left.is_none_or(|left| query.exprs.facts(left).used.is_empty());
    if antijoin && constant_left && !query[subquery.unit].uncacheable.dependent {
        return None;
    }
    let _ = outer;
    Some(Candidate { predicate, place, unit: subquery.unit, block: inner, antijoin, ordinal: 0 })
}

fn aggregates_outside(query: &Query, inner: BlockId) -> bool {
    query.block_roots(inner).into_iter().any(|root| query.exprs.facts(root).flags.any(ExprFlags::AGGREGATE))
}

/// OFFSET absent or 0, LIMIT absent or not 0; both constant.
fn limit_allows(query: &Query, inner: BlockId) -> bool {
    let literal = |expr: ExprId| match &query.exprs[expr] {
        Expr::Literal { value: Value::Int(n), .. } => Some(*n as u64),
        Expr::Literal { value: Value::UInt(n), .. } => Some(*n),
        _ => None,
    };
    query[inner].offset.is_none_or(|offset| literal(offset) == Some(0))
        && query[inner].limit.is_none_or(|limit| literal(limit).is_some_and(|n| n != 0))
}

fn may_be_unknown(query: &Query, left: Option<ExprId>, inner: BlockId) -> bool {
    let left_columns = left.map(|left| row_elements(query, left)).unwrap_or_default();
    left_columns.into_iter().chain(query[inner].items.iter().map(|item| item.expr)).any(|e| query.exprs.facts(e).nullable)
}

/// The elements of a row, or the expression itself.
pub(super) fn row_elements(query: &Query, expr: ExprId) -> Vec<ExprId> {
    match &query.exprs[expr] {
        Expr::Row(elements) => elements.clone(),
        _ => vec![expr],
    }
}

/// Replaces a predicate by a literal TRUE or FALSE in place: its siblings keep their order.
fn replace_by_truth(query: &mut Query, block: BlockId, predicate: ExprId, truth: bool) {
    let literal = Expr::Literal { value: Value::Int(i64::from(truth)), form: LiteralForm::Boolean(truth) };
    query.exprs.replace(predicate, literal);
    query.renew_facts(block, predicate);
}

fn convert(query: &mut Query, outer: BlockId, candidate: &Candidate) {
    let Expr::Subquery(subquery) = query.exprs[candidate.predicate].clone() else { return };
    if is_false_literal(query, query[candidate.block].where_) {
        query[outer].inner_units.retain(|unit| *unit != candidate.unit);
        replace_by_truth(query, outer, candidate.predicate, candidate.antijoin);
        return;
    }
    replace_by_truth(query, outer, candidate.predicate, true);

    let inner = candidate.block;
    let members = std::mem::take(&mut query[inner].from);
    let existing = TableSet::first(query[outer].leaves.len());
    let mut leaves = std::mem::take(&mut query[inner].leaves);
    let nullable = candidate.antijoin || in_outer_join(query, candidate.place);
    for &leaf in &leaves {
        query[leaf].block = outer;
        query[leaf].nullable_row |= nullable;
    }
    query[outer].leaves.append(&mut leaves);
    merge::renumber(query, outer);
    merge::adopt_inner_units(query, outer, candidate.unit, inner);

    let mut pairs = in_pairs(query, outer, subquery.left, inner);
    let (rest, decorrelated) = decorrelate_where(query, outer, inner, existing);
    pairs.extend(decorrelated);
    pairs.extend(decorrelate_joins(query, outer, &members, existing));
    merge::renew(query, outer);
    // What was taken out of the subquery's WHERE is in no clause yet.
    for expr in rest.into_iter().chain(pairs.iter().flat_map(|(one, other)| [*one, *other])) {
        query.renew_facts(outer, expr);
    }
    let mut correlated = rest.map_or(TableSet::EMPTY, |rest| own_outer_tables(query, rest, existing));
    let mut ons = Vec::new();
    query.on_conditions(&members, &mut ons);
    for on in ons {
        query.renew_facts(outer, on);
        correlated = correlated.union(own_outer_tables(query, on, existing));
    }
    for leaf in query[outer].leaves.clone() {
        if !existing.contains(query[leaf].number) {
            correlated = correlated.union(lateral_dependencies(query, outer, leaf).intersect(existing));
        }
    }
    if pairs.is_empty() {
        let one = |query: &mut Query| query.add(outer, Expr::Literal { value: Value::Int(1), form: LiteralForm::Plain });
        pairs.push((one(query), one(query)));
    }
    for (_, inside) in &pairs {
        correlated = correlated.union(own_outer_tables(query, *inside, existing));
    }
    let condition = semijoin_condition(query, outer, rest, &mut pairs);
    let depends = condition.map_or(correlated, |c| correlated.union(own_outer_tables(query, c, existing)));
    let info = SemijoinInfo { select_id: query[inner].select_id, block: inner, pairs, depends, correlated, strategies: 0 };
    place_nest(query, outer, candidate, members, info, condition);
    merge::renew(query, outer);
}

/// Tables of the outer block, numbered before the subquery's own, that an expression uses.
fn own_outer_tables(query: &Query, expr: ExprId, existing: TableSet) -> TableSet {
    query.exprs.facts(expr).used.intersect(existing)
}

fn lateral_dependencies(query: &Query, outer: BlockId, leaf: crate::query::TableId) -> TableSet {
    query.lateral_dependencies(outer, leaf)
}

fn is_false_literal(query: &Query, condition: Option<ExprId>) -> bool {
    matches!(condition.map(|c| &query.exprs[c]), Some(Expr::Literal { form: LiteralForm::Boolean(false), .. }))
}

fn in_outer_join(query: &Query, place: Place) -> bool {
    let Place::On(member) = place else { return false };
    let (outer, mut parent) = match member {
        JoinMember::Table(table) => (query[table].outer_join, query[table].nest),
        JoinMember::Nest(nest) => (query[nest].outer_join, query[nest].parent),
    };
    let mut found = outer;
    while let Some(nest) = parent {
        found |= query[nest].outer_join;
        parent = query[nest].parent;
    }
    found
}

/// (outer, inner) of the IN columns; a subquery as left operand is one pair with a row.
fn in_pairs(query: &mut Query, outer: BlockId, left: Option<ExprId>, inner: BlockId) -> Vec<(ExprId, ExprId)> {
    let Some(left) = left else { return Vec::new() };
    let items: Vec<ExprId> = query[inner].items.iter().map(|item| item.expr).collect();
    if let (Expr::Subquery(_), true) = (&query.exprs[left], true) {
        let row = if items.len() == 1 { items[0] } else { query.add(outer, Expr::Row(items)) };
        return vec![(left, row)];
    }
    row_elements(query, left).into_iter().zip(items).collect()
}

/// Takes `outer = inner` equalities out of the subquery's WHERE (spec 02 §5.4-5).
fn decorrelate_where(
    query: &mut Query,
    outer: BlockId,
    inner: BlockId,
    existing: TableSet,
) -> (Option<ExprId>, Vec<(ExprId, ExprId)>) {
    let Some(condition) = query[inner].where_.take() else { return (None, Vec::new()) };
    split_equalities(query, outer, condition, existing)
}

fn split_equalities(
    query: &mut Query,
    outer: BlockId,
    condition: ExprId,
    existing: TableSet,
) -> (Option<ExprId>, Vec<(ExprId, ExprId)>) {
    query.renew_facts(outer, condition);
    let mut pairs = Vec::new();
    let mut rest = Vec::new();
    for part in conjuncts(query, condition) {
        match trivially_correlated(query, part, existing) {
            Some(pair) => pairs.push(pair),
            None => rest.push(part),
        }
    }
    let rest = match rest.len() {
        0 => None,
        1 => Some(rest[0]),
        _ if pairs.is_empty() => Some(condition),
        _ => Some(query.add(outer, Expr::And(rest))),
    };
    (rest, pairs)
}

/// `outer side = inner side`: one side only outer references, the other none, both deterministic.
fn trivially_correlated(query: &Query, part: ExprId, existing: TableSet) -> Option<(ExprId, ExprId)> {
    let Expr::Compare { op: CompareOp::Equal, left, right } = query.exprs[part] else { return None };
    let is_outer = |expr: ExprId| {
        let used = query.exprs.facts(expr).used;
        let outside = existing.union(TableSet::OUTER_REF);
        used.meets(outside) && used.minus(outside).is_empty() && !matches!(query.exprs[expr], Expr::Row(_))
    };
    let is_inner = |expr: ExprId| {
        let used = query.exprs.facts(expr).used;
        !used.meets(existing.union(TableSet::OUTER_REF).union(TableSet::RAND))
    };
    if is_outer(left) && is_inner(right) {
        Some((left, right))
    } else if is_outer(right) && is_inner(left) {
        Some((right, left))
    } else {
        None
    }
}

/// The same for ON conditions that are not on the inner side of an outer join.
fn decorrelate_joins(query: &mut Query, outer: BlockId, members: &[JoinMember], existing: TableSet) -> Vec<(ExprId, ExprId)> {
    let mut pairs = Vec::new();
    for &member in members {
        let (is_outer, on) = match member {
            JoinMember::Table(table) => (query[table].outer_join, query[table].on),
            JoinMember::Nest(nest) => (query[nest].outer_join, query[nest].on),
        };
        if is_outer {
            continue;
        }
        if let Some(on) = on {
            let (rest, found) = split_equalities(query, outer, on, existing);
            if !found.is_empty() {
                let rest = rest.or_else(|| {
                    let form = LiteralForm::Boolean(true);
                    Some(query.add(outer, Expr::Literal { value: Value::Int(1), form }))
                });
                match member {
                    JoinMember::Table(table) => query[table].on = rest,
                    JoinMember::Nest(nest) => query[nest].on = rest,
                }
                pairs.extend(found);
            }
        }
        if let JoinMember::Nest(nest) = member {
            let inside = query[nest].members.clone();
            pairs.extend(decorrelate_joins(query, outer, &inside, existing));
        }
    }
    pairs
}

/// The rest of the subquery's WHERE, then an equality for each pair (spec 02 §5.4-5).
fn semijoin_condition(query: &mut Query, outer: BlockId, rest: Option<ExprId>, pairs: &mut [(ExprId, ExprId)]) -> Option<ExprId> {
    let mut condition = rest;
    for &mut (outside, inside) in pairs.iter_mut() {
        let constants = query.exprs.facts(outside).used.is_empty() && query.exprs.facts(inside).used.is_empty();
        if constants && query.same(outside, inside) {
            continue;
        }
        let (left, right) = (super::plain_copy(query, outside, outer), super::plain_copy(query, inside, outer));
        let equality = query.add(outer, Expr::Compare { op: CompareOp::Equal, left, right });
        condition = Some(and_after(query, outer, condition, equality));
    }
    condition
}

fn place_nest(
    query: &mut Query,
    outer: BlockId,
    candidate: &Candidate,
    members: Vec<JoinMember>,
    info: SemijoinInfo,
    condition: Option<ExprId>,
) {
    let host = host_list(query, outer, candidate.place);
    let nest = NestId(query.nests.len() as u32);
    for &member in &members {
        set_parent(query, member, Some(nest));
    }
    let kind = if candidate.antijoin { NestKind::Antijoin(Box::new(info)) } else { NestKind::Semijoin(Box::new(info)) };
    query.nests.push(Nest {
        kind,
        members,
        on: None,
        outer_join: candidate.antijoin,
        straight: false,
        parent: host,
        depends: TableSet::EMPTY,
        merged_from: None,
    });
    if candidate.antijoin {
        query[nest].on = condition;
        if query[nest].on.is_none() {
            let form = LiteralForm::Boolean(true);
            query[nest].on = Some(query.add(outer, Expr::Literal { value: Value::Int(1), form }));
        }
        let left = wrap_list(query, outer, host);
        let list = merge::containing_list(query, outer, host);
        *list = vec![JoinMember::Nest(left), JoinMember::Nest(nest)];
        return;
    }
    merge::containing_list(query, outer, host).push(JoinMember::Nest(nest));
    let Some(condition) = condition else { return };
    match candidate.place {
        Place::Where => {
            let both = and_after(query, outer, query[outer].where_, condition);
            query[outer].where_ = Some(both);
        }
        Place::On(member) => {
            let holder = holder_of_condition(query, member);
            let existing = match holder {
                JoinMember::Table(table) => query[table].on,
                JoinMember::Nest(nest) => query[nest].on,
            };
            let both = Some(and_after(query, outer, existing, condition));
            match holder {
                JoinMember::Table(table) => query[table].on = both,
                JoinMember::Nest(nest) => query[nest].on = both,
            }
        }
    }
}

/// The member that carries the ON condition now: an outer-joined table that was wrapped handed it to its nest.
fn holder_of_condition(query: &Query, member: JoinMember) -> JoinMember {
    match member {
        JoinMember::Table(table) if query[table].on.is_none() => match query[table].nest {
            Some(nest) => JoinMember::Nest(nest),
            None => member,
        },
        _ => member,
    }
}

/// The list that takes the new nest (spec 02 §5.4-4).
fn host_list(query: &mut Query, outer: BlockId, place: Place) -> Option<NestId> {
    match place {
        Place::Where => None,
        Place::On(JoinMember::Nest(nest)) => Some(nest),
        Place::On(JoinMember::Table(table)) if query[table].outer_join => {
            let parent = query[table].nest;
            let wrapper = NestId(query.nests.len() as u32);
            let on = query[table].on.take();
            query[table].outer_join = false;
            query.nests.push(Nest {
                kind: NestKind::Join,
                members: vec![JoinMember::Table(table)],
                on,
                outer_join: true,
                straight: false,
                parent,
                depends: TableSet::EMPTY,
                merged_from: None,
            });
            for member in merge::containing_list(query, outer, parent) {
                if *member == JoinMember::Table(table) {
                    *member = JoinMember::Nest(wrapper);
                }
            }
            query[table].nest = Some(wrapper);
            Some(wrapper)
        }
        Place::On(JoinMember::Table(table)) => query[table].nest,
    }
}

/// All members of a list become one nest: the left side of an antijoin.
fn wrap_list(query: &mut Query, outer: BlockId, host: Option<NestId>) -> NestId {
    let wrapper = NestId(query.nests.len() as u32);
    let members = std::mem::take(merge::containing_list(query, outer, host));
    for &member in &members {
        set_parent(query, member, Some(wrapper));
    }
    query.nests.push(Nest {
        kind: NestKind::Join,
        members,
        on: None,
        outer_join: false,
        straight: false,
        parent: host,
        depends: TableSet::EMPTY,
        merged_from: None,
    });
    wrapper
}

fn set_parent(query: &mut Query, member: JoinMember, parent: Option<NestId>) {
    match member {
        JoinMember::Table(table) => query[table].nest = parent,
        JoinMember::Nest(nest) => query[nest].parent = parent,
    }
}
