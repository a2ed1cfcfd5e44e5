//! Subqueries and set operations.

use super::access::index_for;
use super::{LARGE_TABLE, MANY_ROWS};
use crate::advise::finding::{Draft, Place, RemedyKind};
use crate::advise::measure::executions;
use crate::advise::sargable;
use crate::advise::subject::Subject;
use crate::catalog::Switch;
use crate::parse::ast::{Expr as Ast, Literal, QueryBody, QueryExpr, SelectItem, SetOperator, StatementKind};
use crate::query::{BlockId, Expr, SubqueryKind, TruthValue, UnitRole};

/// The place of a subquery: its text, or the first SELECT behind a parenthesis.
fn place_of_block(subject: &Subject<'_>, block: BlockId) -> Option<Place> {
    let unit = &subject.query()[subject.query()[block].unit];
    let found = unit.text.as_ref().and_then(|text| {
        let start = subject.sql.find(text.trim())?;
        Some(subject.words.place_of_bytes(start, start + text.trim().len()))
    });
    found.or_else(|| subject.words.place_of(&["(", "select"]))
}

/// A subquery that runs again for each of many rows.
pub(super) fn dependent_subquery(subject: &Subject<'_>) -> Vec<Draft> {
    let query = subject.query();
    let mut drafts = Vec::new();
    for (block, plan) in subject.blocks() {
        let unit = &query[query[block].unit];
        if !matches!(unit.role, UnitRole::Subquery(_)) || !unit.uncacheable.dependent || unit.uncacheable.rand {
            continue;
        }
        let times = executions(subject.plan, block.0 as usize);
        let readings: Vec<_> = subject.readings().into_iter().filter(|reading| reading.block == block).collect();
        let rows: f64 = readings.iter().map(|reading| reading.rows_read()).sum();
        if times < MANY_ROWS || times * rows < LARGE_TABLE * 10.0 {
            continue;
        }
        let number = query[block].select_id;
        let text = format!(
            "SELECT number {number} runs for each of about {times:.0} rows and reads {rows:.0} rows each time (cost {:.2} each)",
            plan.best_read,
        );
        let conditions = sargable::of_block(subject, block);
        let by_index = readings.iter().find_map(|reading| {
            let own: Vec<_> = conditions.iter().filter(|one| one.table == reading.id).collect();
            subject.confirm_index(index_for(subject, reading.id, &own))
        });
        let by_switch = || {
            let flags = [(Switch::Semijoin, "semijoin"), (Switch::Materialization, "materialization")];
            let off = flags.into_iter().filter(|(flag, _)| !subject.plan.settings.switches.on(*flag));
            off.into_iter().find_map(|(flag, name)| {
                let after = subject.plan_under(|catalog| catalog.settings.switches.set(flag, true))?;
                let sql = format!("SET SESSION optimizer_switch = '{name}=on'");
                subject.confirm(RemedyKind::Setting, sql, "the subquery becomes part of the join or is stored once", &after)
            })
        };
        let remedy = by_index.or_else(by_switch);
        let draft = Draft::at(place_of_block(subject, block), text).number("executions", times, "").number("rows", rows, "rows");
        drafts.push(draft.remedy(remedy));
    }
    drafts
}

/// A subquery that is not dependent and yet cannot be kept.
pub(super) fn uncacheable_subquery(subject: &Subject<'_>) -> Vec<Draft> {
    let query = subject.query();
    let mut drafts = Vec::new();
    for (block, _) in subject.blocks() {
        let unit = &query[query[block].unit];
        let flags = unit.uncacheable;
        if !matches!(unit.role, UnitRole::Subquery(_)) || flags.dependent || !(flags.rand || flags.side_effect) {
            continue;
        }
        let times = executions(subject.plan, block.0 as usize);
        if times < MANY_ROWS {
            continue;
        }
        let why = if flags.rand { "it calls a random function" } else { "it assigns or calls what may change" };
        let text = format!("SELECT number {} runs for each of about {times:.0} rows: {why}", query[block].select_id);
        drafts.push(Draft::at(place_of_block(subject, block), text).number("executions", times, ""));
    }
    drafts
}

/// NOT IN with a subquery that can give NULL.
pub(super) fn not_in_nullable(subject: &Subject<'_>) -> Vec<Draft> {
    let query = subject.query();
    let mut drafts = Vec::new();
    for (block, expr) in subject.all_conjuncts() {
        let mut found = None;
        query.walk(expr, &mut |id| {
            if let Expr::Subquery(subquery) = &query.exprs[id]
                && subquery.kind == SubqueryKind::In
                && matches!(subquery.truth, TruthValue::Negated | TruthValue::IsFalse)
            {
                found = Some(subquery.unit);
            }
        });
        let Some(unit) = found else { continue };
        let inner = query[unit].blocks.first().copied().unwrap_or(block);
        let Some(item) = query[inner].items.first() else { continue };
        let Some(column) = subject.column(item.expr) else { continue };
        if !query[column.0].table.columns[column.1 as usize].nullable {
            continue;
        }
        let text = format!(
            "{} can be NULL: one NULL in the subquery makes NOT IN give no row at all, and no antijoin is possible",
            subject.column_name(column),
        );
        drafts.push(Draft::at(subject.words.place_of(&["not", "in"]), text).on(&query[column.0].table));
    }
    drafts
}

/// `(SELECT COUNT(*) …) > 0`, which asks whether there is a row.
pub(super) fn count_for_exists(subject: &Subject<'_>) -> Vec<Draft> {
    let words = &subject.words;
    let list = &words.list;
    let mut drafts = Vec::new();
    for open in 0..list.len() {
        let counts = list[open].text == "("
            && list.get(open + 1).is_some_and(|word| word.is("select"))
            && list.get(open + 2).is_some_and(|word| word.is("count"))
            && list.get(open + 3).is_some_and(|word| word.text == "(");
        let Some(close) = words.closing(open).filter(|_| counts) else { continue };
        let Some(end_of_count) = words.closing(open + 3) else { continue };
        let texts: Vec<&str> = list[close + 1..].iter().take(3).map(|word| word.text).collect();
        let (asks, last, negated) = match texts[..] {
            [">", "0", ..] => (true, close + 2, false),
            [">", "=", "1"] => (true, close + 3, false),
            ["<", ">", "0"] | ["!", "=", "0"] => (true, close + 3, false),
            ["=", "0", ..] => (true, close + 2, true),
            _ => (false, close, false),
        };
        if !asks || !list.get(end_of_count + 1).is_some_and(|word| word.is("from")) {
            continue;
        }
        let Some(place) = words.place(open, last) else { continue };
        let body = &subject.sql[list[end_of_count].end()..list[close].start];
        if ["group", "limit", "having"].iter().any(|word| list[open..close].iter().any(|other| other.is(word))) {
            continue;
        }
        let exists = format!("{}EXISTS (SELECT 1{body})", if negated { "NOT " } else { "" });
        let remedy = subject.confirm_sql(RemedyKind::Rewrite, subject.replaced(place, &exists), "EXISTS stops at the first row");
        if remedy.is_none() {
            continue;
        }
        drafts.push(Draft::at(Some(place), "all rows are counted to know whether there is one").remedy(remedy));
    }
    drafts
}

/// UNION of parts that can have no row in common.
pub(super) fn union_for_union_all(subject: &Subject<'_>) -> Vec<Draft> {
    let StatementKind::Select(query) = &subject.statement.kind else { return Vec::new() };
    let QueryBody::SetOperation { operator: SetOperator::Union, distinct: true, left, right } = &query.body else {
        return Vec::new();
    };
    if !differ_by_constant(left, right) {
        return Vec::new();
    }
    let rows: f64 = subject.blocks().map(|(_, plan)| plan.best_rowcount as f64).sum();
    if rows < LARGE_TABLE {
        return Vec::new();
    }
    let text = format!(
        "the parts differ in a constant column, so that they share no row; yet about {rows:.0} rows are stored to compare them",
    );
    let place = subject.words.place_of(&["union"]);
    let remedy = place.and_then(|place| {
        let note = "the same rows, if neither part gives a row twice";
        let sql = subject.replaced(place, "UNION ALL");
        let after = subject.plan_of(&sql)?;
        subject.confirm_if(RemedyKind::Rewrite, sql, note, &after, |before, after| after.cost < before.cost)
    });
    vec![Draft::at(place, text).number("rows", rows, "rows").remedy(remedy)]
}

/// True if the select lists hold different literals at one place.
fn differ_by_constant(left: &QueryBody, right: &QueryBody) -> bool {
    let items = |body: &QueryBody| match body {
        QueryBody::Select(select) => Some(select.items.iter().map(literal_of).collect::<Vec<_>>()),
        _ => None,
    };
    let (Some(left), Some(right)) = (items(left), items(right)) else { return false };
    left.iter().zip(&right).any(|(a, b)| matches!((a, b), (Some(a), Some(b)) if a != b))
}

fn literal_of(item: &SelectItem) -> Option<Literal> {
    match item {
        SelectItem::Expr { expr: Ast::Literal(literal), .. } => Some(literal.clone()),
        _ => None,
    }
}

/// ORDER BY inside a derived table or a part of a UNION, which nobody sees.
pub(super) fn useless_inner_order(subject: &Subject<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let StatementKind::Select(query) = &subject.statement.kind else { return drafts };
    for inner in derived_queries(query) {
        if inner.order_by.is_empty() || inner.limit.is_some() {
            continue;
        }
        let (start, end) = (inner.span.start as usize, inner.span.end as usize);
        let shift = subject.sql.find(&*subject.statement.text).unwrap_or(0);
        let inside =
            |word: &crate::advise::words::Word<'_>| word.start >= start + shift && word.start < end + shift && word.is("order");
        let place = subject.words.list.iter().rposition(inside).and_then(|at| subject.words.place(at, at + 1));
        drafts.push(Draft::at(place, "the order of a derived table is lost: the outer SELECT decides on the order"));
    }
    drafts
}

/// The derived tables of the outermost FROM.
fn derived_queries(query: &QueryExpr) -> Vec<&QueryExpr> {
    use crate::parse::ast::{TableExpr, TableSource};
    let QueryBody::Select(select) = &query.body else { return Vec::new() };
    let mut found = Vec::new();
    let mut pending: Vec<&TableExpr> = select.from.iter().rev().collect();
    while let Some(next) = pending.pop() {
        match next {
            TableExpr::Table(factor) => {
                if let TableSource::Derived { query, .. } = &factor.source {
                    found.push(&**query);
                }
            }
            TableExpr::Nested(list) => pending.extend(list.iter().rev()),
            TableExpr::Join(join) => pending.extend([&join.right, &join.left]),
        }
    }
    found
}
