//! sql_mode ONLY_FULL_GROUP_BY: every column beside aggregates must follow from the group columns (spec 02 §1.6).

use super::scope::full_column_name;
use super::server;
use crate::catalog::{ColumnNo, Index};
use crate::context::Context;
use crate::error::Result;
use crate::parse::ast::CompareOp;
use crate::query::{BlockId, Expr, ExprId, JoinMember, Query, RefKind, TableId, TableKind, TableSet, UnitId};
use std::collections::BTreeSet;

/// Columns known to have one value in each group.
type Known = BTreeSet<(TableId, ColumnNo)>;

/// Checks a block after its joins have been simplified: errors 1055, 1140, 3065, 3066.
pub fn check(ctx: &Context<'_>, query: &Query, block: BlockId) -> Result<()> {
    if !ctx.settings.sql_mode.only_full_group_by {
        return Ok(());
    }
    let b = &query[block];
    if b.options.distinct && !b.order_by.is_empty() {
        check_distinct(query, block)?;
    }
    if !b.grouped {
        return Ok(());
    }
    let checker = Checker { query, block, known: known_columns(query, block) };
    for (index, item) in b.items.iter().enumerate() {
        checker.check(item.expr, index + 1, "SELECT list", false)?;
    }
    for (index, element) in b.order_by.iter().enumerate() {
        if element.item.is_none() {
            checker.check(element.expr, index + 1, "ORDER BY clause", true)?;
        }
    }
    if let Some(having) = b.having {
        checker.check(having, 1, "HAVING clause", true)?;
    }
    for window in &b.windows {
        let name = window.name.as_deref().unwrap_or("<unnamed window>");
        let place = format!("PARTITION BY or ORDER BY clause of window '{name}'");
        for (index, element) in window.partition_by.iter().chain(&window.order_by).enumerate() {
            checker.check(element.expr, index + 1, &place, true)?;
        }
    }
    Ok(())
}

/// DISTINCT with ORDER BY: sorting must not need what is not selected.
fn check_distinct(query: &Query, block: BlockId) -> Result<()> {
    let b = &query[block];
    let selected = |id: ExprId| b.items.iter().any(|item| query.same(item.expr, id));
    for (index, element) in b.order_by.iter().enumerate() {
        if element.item.is_some() || selected(element.expr) {
            continue;
        }
        let mut missing = None;
        let mut aggregate = false;
        visit_unless(query, element.expr, &mut |id| {
            if selected(id) {
                return false;
            }
            match query.exprs[id] {
                Expr::Column { table, column } if query[table].block == block && missing.is_none() => {
                    missing = Some((table, column));
                }
                Expr::Aggregate { .. } => aggregate = true,
                _ => {}
            }
            true
        });
        let mode = "DISTINCT";
        if aggregate {
            return server(
                3066,
                "HY000",
                format!(
                    "Expression #{} of ORDER BY clause is not in SELECT list, contains aggregate function; this is incompatible with {mode}",
                    index + 1
                ),
            );
        }
        if let Some((table, column)) = missing {
            let name = full_column_name(query, table, column);
            return server(
                3065,
                "HY000",
                format!(
                    "Expression #{} of ORDER BY clause is not in SELECT list, references column '{name}' which is not in SELECT list; this is incompatible with {mode}",
                    index + 1
                ),
            );
        }
    }
    Ok(())
}

/// Visits a node and, where `enter` says so, what is below it.
fn visit_unless(query: &Query, id: ExprId, enter: &mut dyn FnMut(ExprId) -> bool) {
    if enter(id) {
        query.exprs[id].for_each_child(|child| visit_unless(query, child, enter));
    }
}

struct Checker<'q> {
    query: &'q Query,
    block: BlockId,
    known: Known,
}

impl Checker<'_> {
    fn check(&self, expr: ExprId, number: usize, place: &str, or_selected: bool) -> Result<()> {
        let Some((table, column)) = self.first_unknown(expr, or_selected) else { return Ok(()) };
        let name = full_column_name(self.query, table, column);
        if self.query[self.block].group_by.is_empty() {
            return server(
                1140,
                "42000",
                format!(
                    "In aggregated query without GROUP BY, expression #{number} of {place} contains nonaggregated column '{name}'; this is incompatible with sql_mode=only_full_group_by"
                ),
            );
        }
        server(
            1055,
            "42000",
            format!(
                "Expression #{number} of {place} is not in GROUP BY clause and contains nonaggregated column '{name}' which is not functionally dependent on columns in GROUP BY clause; this is incompatible with sql_mode=only_full_group_by"
            ),
        )
    }

    fn first_unknown(&self, expr: ExprId, or_selected: bool) -> Option<(TableId, ColumnNo)> {
        let query = self.query;
        let b = &query[self.block];
        let mut found = None;
        visit_unless(query, expr, &mut |id| {
            if found.is_some() || b.group_by.iter().any(|g| query.same(g.expr, id)) {
                return false;
            }
            if or_selected && b.items.iter().any(|item| query.same(item.expr, id)) {
                return false;
            }
            match &query.exprs[id] {
                Expr::Aggregate { .. } | Expr::Grouping(_) | Expr::RollupGroupItem { .. } | Expr::RollupSum(_) => false,
                Expr::Func { func, .. } if func.name() == "any_value" => false,
                Expr::Ref { kind: RefKind::Outer(of), .. } => *of == self.block,
                Expr::Column { table, column } => {
                    if query[*table].block == self.block && !self.known.contains(&(*table, *column)) {
                        found = Some((*table, *column));
                    }
                    false
                }
                Expr::Subquery(subquery) => {
                    found = found.or_else(|| self.unknown_below(subquery.unit));
                    true
                }
                _ => true,
            }
        });
        found
    }
}

impl Checker<'_> {
    /// The first column of the block that a subquery uses outside the block's own aggregates and that is not known.
    fn unknown_below(&self, unit: UnitId) -> Option<(TableId, ColumnNo)> {
        let query = self.query;
        let grouped = |at| query[self.block].group_by.iter().any(|g| query.column_of(g.expr) == Some(at));
        let mut aggregated = Vec::new();
        let mut found = None;
        query.walk_unit(unit, &mut |id| match query.exprs[id] {
            Expr::Ref { target, kind: RefKind::Outer(of) } if of == self.block => {
                query.walk_deep(target, &mut |below| aggregated.push(below));
            }
            Expr::Column { table, column } => {
                let at = (table, column);
                let missing = query[table].block == self.block && !self.known.contains(&at) && !grouped(at);
                if missing && found.is_none() && !aggregated.contains(&id) {
                    found = Some(at);
                }
            }
            _ => {}
        });
        found
    }
}

/// Closes the group columns under keys, equalities and outer joins.
fn known_columns(query: &Query, block: BlockId) -> Known {
    let b = &query[block];
    let mut known = Known::new();
    if b.rollup {
        return known;
    }
    for element in &b.group_by {
        known.extend(query.column_of(element.expr));
    }
    let (conjuncts, outer_joins) = conditions(query, block);
    let not_null = not_null_columns(query, &conjuncts);
    loop {
        let before = known.len();
        by_keys(query, block, &not_null, &mut known);
        for conjunct in &conjuncts {
            by_equality(query, block, *conjunct, None, &mut known);
        }
        for (condition, inner) in &outer_joins {
            let mut parts = Vec::new();
            split(query, *condition, &mut parts);
            for part in parts {
                by_equality(query, block, part, Some(inner), &mut known);
            }
        }
        derived_columns(query, block, &mut known);
        generated_columns(query, block, &mut known);
        if known.len() == before {
            return known;
        }
    }
}

/// An outer join's condition with its inner tables.
type OuterJoin = (ExprId, Vec<TableId>);

/// The conjuncts of WHERE and of inner joins, and the outer joins.
fn conditions(query: &Query, block: BlockId) -> (Vec<ExprId>, Vec<OuterJoin>) {
    let b = &query[block];
    let (mut conjuncts, mut outer_joins) = (Vec::new(), Vec::new());
    if let Some(where_) = b.where_ {
        split(query, where_, &mut conjuncts);
    }
    collect_on(query, &b.from, &mut conjuncts, &mut outer_joins);
    (conjuncts, outer_joins)
}

fn split(query: &Query, condition: ExprId, parts: &mut Vec<ExprId>) {
    match &query.exprs[condition] {
        Expr::And(members) => members.iter().for_each(|m| split(query, *m, parts)),
        _ => parts.push(condition),
    }
}

fn tables_below(query: &Query, member: JoinMember, tables: &mut Vec<TableId>) {
    match member {
        JoinMember::Table(table) => tables.push(table),
        JoinMember::Nest(nest) => query[nest].members.iter().for_each(|m| tables_below(query, *m, tables)),
    }
}

/// ON conditions: those of inner joins hold like WHERE, those of outer joins determine their inner side only.
fn collect_on(query: &Query, members: &[JoinMember], inner: &mut Vec<ExprId>, outer: &mut Vec<OuterJoin>) {
    for member in members {
        let (on, is_outer) = match *member {
            JoinMember::Table(table) => (query[table].on, query[table].outer_join),
            JoinMember::Nest(nest) => {
                collect_on(query, &query[nest].members, inner, outer);
                (query[nest].on, query[nest].outer_join)
            }
        };
        let Some(on) = on else { continue };
        if is_outer {
            let mut tables = Vec::new();
            tables_below(query, *member, &mut tables);
            outer.push((on, tables));
        } else {
            split(query, on, inner);
        }
    }
}

/// Columns that a condition keeps from being NULL.
fn not_null_columns(query: &Query, conjuncts: &[ExprId]) -> Known {
    let mut columns = Known::new();
    for conjunct in conjuncts {
        match &query.exprs[*conjunct] {
            Expr::IsNull { arg, negated: true } => columns.extend(query.column_of(*arg)),
            Expr::Compare { op, left, right } if *op != CompareOp::NullSafeEqual => {
                columns.extend(query.column_of(*left));
                columns.extend(query.column_of(*right));
            }
            _ => {}
        }
    }
    columns
}

fn by_keys(query: &Query, block: BlockId, not_null: &Known, known: &mut Known) {
    for &table in &query[block].leaves {
        let t = &query[table].table;
        let determines = |index: &Index| {
            index.unique
                && index.parts[..index.user_parts].iter().all(|part| {
                    part.prefix_chars.is_none()
                        && known.contains(&(table, part.column))
                        && (!t.columns[part.column as usize].nullable || not_null.contains(&(table, part.column)))
                })
        };
        if t.indexes.iter().any(determines) {
            known.extend((0..t.columns.len()).map(|no| (table, no as ColumnNo)));
        }
    }
}

/// `column = expression of known columns` makes the column known; with `only`, columns of these tables only.
fn by_equality(query: &Query, block: BlockId, condition: ExprId, only: Option<&Vec<TableId>>, known: &mut Known) {
    let Expr::Compare { op: CompareOp::Equal | CompareOp::NullSafeEqual, left, right } = query.exprs[condition] else {
        return;
    };
    for (side, other) in [(left, right), (right, left)] {
        let Some((table, column)) = query.column_of(side) else { continue };
        if query[table].block != block || only.is_some_and(|tables| !tables.contains(&table)) {
            continue;
        }
        if !same_class(query, side, other) || query.exprs.facts(other).used.meets(TableSet::RAND) {
            continue;
        }
        let mut all_known = true;
        query.walk(other, &mut |id| match query.exprs[id] {
            Expr::Column { table, column } => {
                all_known &= query[table].block != block || known.contains(&(table, column));
            }
            Expr::Subquery(_) => all_known &= query.exprs.facts(id).used.tables().is_empty(),
            _ => {}
        });
        if all_known {
            known.insert((table, column));
        }
    }
}

fn same_class(query: &Query, a: ExprId, b: ExprId) -> bool {
    use crate::query::typing;
    let (x, y) = (&query.exprs.facts(a).ty, &query.exprs.facts(b).ty);
    let constant = query.exprs.facts(b).used.tables().is_empty();
    typing::class(x) == typing::class(y) || (constant && typing::class(x) != crate::catalog::ResultClass::Str)
}

/// What is known inside a derived table's definition is known of its columns too.
fn derived_columns(query: &Query, block: BlockId, known: &mut Known) {
    for &table in &query[block].leaves {
        let TableKind::Derived { unit, .. } = query[table].kind else { continue };
        let [inner] = query[unit].blocks[..] else { continue };
        let i = &query[inner];
        if i.rollup {
            continue;
        }
        // Group columns that are all selected determine the rest.
        let positions: Option<Vec<usize>> =
            i.group_by.iter().map(|g| i.items.iter().position(|item| query.same(item.expr, g.expr))).collect();
        let by_group =
            i.grouped && positions.is_some_and(|positions| positions.iter().all(|p| known.contains(&(table, *p as ColumnNo))));
        let mut inner_known: Known = Known::new();
        if !i.grouped {
            for (no, item) in i.items.iter().enumerate() {
                if known.contains(&(table, no as ColumnNo)) {
                    inner_known.extend(query.column_of(item.expr));
                }
            }
            let before = inner_known.len();
            close(query, inner, &mut inner_known);
            if inner_known.len() == before && !by_group {
                continue;
            }
        }
        for (no, item) in i.items.iter().enumerate() {
            let follows = by_group || (!i.grouped && follows_from(query, inner, item.expr, &inner_known));
            if follows {
                known.insert((table, no as ColumnNo));
            }
        }
    }
}

fn follows_from(query: &Query, block: BlockId, expr: ExprId, known: &Known) -> bool {
    let mut follows = !query.exprs.facts(expr).used.meets(TableSet::RAND);
    query.walk(expr, &mut |id| match query.exprs[id] {
        Expr::Column { table, column } if query[table].block == block => follows &= known.contains(&(table, column)),
        Expr::Subquery(_) | Expr::Window { .. } => follows = false,
        _ => {}
    });
    follows
}

fn close(query: &Query, block: BlockId, known: &mut Known) {
    let (conjuncts, _) = conditions(query, block);
    let not_null = not_null_columns(query, &conjuncts);
    loop {
        let before = known.len();
        by_keys(query, block, &not_null, known);
        for conjunct in &conjuncts {
            by_equality(query, block, *conjunct, None, known);
        }
        if known.len() == before {
            return;
        }
    }
}

/// Generated columns follow from their base columns.
fn generated_columns(query: &Query, block: BlockId, known: &mut Known) {
    for &table in &query[block].leaves {
        let t = &query[table].table;
        for (no, column) in t.columns.iter().enumerate() {
            let Some(generated) = &column.generated else { continue };
            let names: Vec<&str> = generated.expression.split('`').skip(1).step_by(2).collect();
            let follows = !names.is_empty()
                && names.iter().all(|name| t.column_by_name(name).is_some_and(|base| known.contains(&(table, base))));
            if follows {
                known.insert((table, no as ColumnNo));
            }
        }
    }
}
