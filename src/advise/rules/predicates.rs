//! Conditions that keep an index from being used, or that mean something else than they seem to.

use super::{LARGE_TABLE, MANY_ROWS};
use crate::advise::candidate::{Candidate, Key, Part};
use crate::advise::finding::{Draft, Place, Remedy, RemedyKind};
use crate::advise::sargable;
use crate::advise::subject::{Reading, Subject};
use crate::catalog::{ColumnNo, ResultClass, TypeKind};
use crate::parse::ast::CompareOp;
use crate::plan::Outcome;
use crate::query::{BlockId, Expr, ExprId, TableId, TableSet};
use crate::value::{ComparisonClass, Value};
use crate::value::{collation, compare};
use std::sync::Arc;

/// The operands of a condition that an index could look up if they were columns.
pub(in crate::advise) fn operands(subject: &Subject<'_>, expr: ExprId) -> Vec<ExprId> {
    let query = subject.query();
    match &query.exprs[query.real(expr)] {
        Expr::Compare { op, left, right } if *op != CompareOp::NotEqual => vec![*left, *right],
        Expr::Between { arg, negated: false, .. } | Expr::In { arg, negated: false, .. } | Expr::Like { arg, .. } => vec![*arg],
        _ => Vec::new(),
    }
}

/// How the table of a column is read in a block, if it is read by many rows.
pub(super) fn heavy_reading<'a>(subject: &Subject<'a>, block: BlockId, table: TableId) -> Option<Reading<'a>> {
    let readings = subject.readings();
    readings.into_iter().find(|reading| reading.block == block && reading.id == table && reading.rows_read() >= MANY_ROWS)
}

/// A function or an operation on an indexed column.
pub(super) fn function_on_column(subject: &Subject<'_>) -> Vec<Draft> {
    let query = subject.query();
    let mut drafts = Vec::new();
    for (block, expr) in subject.all_conjuncts() {
        for operand in operands(subject, expr) {
            let operation = query.real(operand);
            let columns = subject.columns_in(operation);
            let [column] = columns[..] else { continue };
            if !computes(subject, operation, column) || !subject.is_leading(column) {
                continue;
            }
            if let Some(reading) = heavy_reading(subject, block, column.0) {
                drafts.push(computed_column(subject, &reading, expr, operation, column));
            }
        }
    }
    drafts
}

/// True if the statement itself computes something from the column; casts that the server adds are not meant.
fn computes(subject: &Subject<'_>, operation: ExprId, column: (TableId, ColumnNo)) -> bool {
    match subject.query().exprs[operation] {
        Expr::Func { .. } | Expr::Arithmetic { .. } | Expr::Negate(_) | Expr::DateAdd { .. } | Expr::If { .. } => true,
        Expr::Cast { .. } | Expr::ConvertUsing { .. } | Expr::Collate { .. } => called(subject, column).is_some(),
        _ => false,
    }
}

/// The call in the text that mentions a column: its place and the name of the function.
fn called<'a>(subject: &'a Subject<'_>, (table, column): (TableId, ColumnNo)) -> Option<(Place, &'a str)> {
    let name = &subject.query()[table].table.columns[column as usize].name;
    let place = subject.words.place_of_call(name)?;
    let word = subject.words.list.iter().find(|word| word.start == place.start)?;
    Some((place, word.text))
}

fn computed_column(
    subject: &Subject<'_>,
    reading: &Reading<'_>,
    condition: ExprId,
    operation: ExprId,
    column: (TableId, ColumnNo),
) -> Draft {
    let place = called(subject, column).map(|(place, _)| place).or_else(|| subject.place_of_column(column));
    let text = format!(
        "{} hides {} from index {}: {:.0} rows are read and checked",
        subject.text(reading.block, operation),
        subject.column_name(column),
        subject.leading_index(column).unwrap_or_default(),
        reading.rows_read(),
    );
    let draft = Draft::at(place, text).on(reading.definition()).number("rows", reading.rows_read(), "rows");
    let remedy = as_range(subject, condition, column).or_else(|| functional_index(subject, reading, operation));
    draft.remedy(remedy)
}

/// `YEAR(c) = 1990` and `DATE(c) = '1990-01-31'` as ranges of the column.
fn as_range(subject: &Subject<'_>, condition: ExprId, column: (TableId, ColumnNo)) -> Option<Remedy> {
    let query = subject.query();
    let Expr::Compare { op: CompareOp::Equal, .. } = query.exprs[query.real(condition)] else { return None };
    let (call, function) = called(subject, column)?;
    let last = subject.words.list.iter().position(|word| word.end() == call.end)?;
    let [equals, value] = subject.words.list.get(last + 1..last + 3)? else { return None };
    if equals.text != "=" {
        return None;
    }
    let name = subject.column_name(column);
    let range = match function.to_ascii_lowercase().as_str() {
        "year" => {
            let year: u32 = value.text.parse().ok().filter(|year| (1000..9999).contains(year))?;
            format!("{name} >= '{year}-01-01' AND {name} < '{}-01-01'", year + 1)
        }
        "date" if value.is_string => {
            format!("{name} >= {} AND {name} < {} + INTERVAL 1 DAY", value.text, value.text)
        }
        _ => return None,
    };
    let place = subject.words.place_of_bytes(call.start, value.end());
    subject.confirm_sql(RemedyKind::Rewrite, subject.replaced(place, &range), "the same rows, as a range of the index")
}

/// An index over the expression itself.
fn functional_index(subject: &Subject<'_>, reading: &Reading<'_>, operation: ExprId) -> Option<Remedy> {
    let query = subject.query();
    let facts = query.exprs.facts(operation);
    if facts.used.meets(TableSet::PSEUDO) || facts.ty.is_blob() {
        return None;
    }
    let prefix = format!("{}.", reading.table.alias);
    let text = subject.text(reading.block, operation).replace(&format!("`{}`.", reading.table.alias), "").replace(&prefix, "");
    let key = Key::Expression(text, facts.ty.key_bytes());
    let candidate = Candidate { table: Arc::clone(&reading.table.table), parts: vec![Part { key, descending: false }] };
    subject.confirm_index(Some(candidate))
}

/// A text column compared with a number, or a column with one of another kind.
pub(super) fn implicit_conversion(subject: &Subject<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (block, expr) in subject.all_conjuncts() {
        for (operand, other) in compared(subject, expr) {
            let Some(column) = converted_column(subject, operand) else { continue };
            let own = &subject.query()[column.0].table.columns[column.1 as usize].ty;
            let theirs = &subject.query().exprs.facts(other).ty;
            let other_class = theirs.result_class();
            let converts = own.is_plain_string()
                && (theirs.is_temporal() || matches!(other_class, ResultClass::Int | ResultClass::Decimal | ResultClass::Real))
                && theirs.kind != TypeKind::Null;
            if !converts || !subject.is_leading(column) {
                continue;
            }
            let Some(reading) = heavy_reading(subject, block, column.0) else { continue };
            let kind = if theirs.is_temporal() { "a date" } else { "a number" };
            let text = format!(
                "{} is text and is compared with {kind}: each value is converted and index {} is of no use, {:.0} rows are read",
                subject.column_name(column),
                subject.leading_index(column).unwrap_or_default(),
                reading.rows_read(),
            );
            let draft = Draft::at(subject.place_of_column(column), text).on(reading.definition());
            drafts.push(draft.number("rows", reading.rows_read(), "rows").remedy(quoted(subject, other)));
        }
    }
    drafts
}

/// Both ways round: an operand and what it is compared with.
fn compared(subject: &Subject<'_>, expr: ExprId) -> Vec<(ExprId, ExprId)> {
    let query = subject.query();
    match &query.exprs[query.real(expr)] {
        Expr::Compare { op, left, right } if *op != CompareOp::NotEqual => vec![(*left, *right), (*right, *left)],
        Expr::Between { arg, low, negated: false, .. } => vec![(*arg, *low)],
        Expr::In { arg, list, negated: false } => list.iter().take(1).map(|value| (*arg, *value)).collect(),
        _ => Vec::new(),
    }
}

/// The column that an operand is, below casts that the server added.
fn converted_column(subject: &Subject<'_>, operand: ExprId) -> Option<(TableId, ColumnNo)> {
    let query = subject.query();
    match query.exprs[query.real(operand)] {
        Expr::Cast { arg, .. } | Expr::Cache(arg) => {
            let column = subject.column(arg)?;
            called(subject, column).is_none().then_some(column)
        }
        _ => subject.column(operand),
    }
}

/// The statement with a number written as a string.
fn quoted(subject: &Subject<'_>, number: ExprId) -> Option<Remedy> {
    let query = subject.query();
    let Expr::Literal { value: Value::Int(value), .. } = &query.exprs[query.real(number)] else { return None };
    let digits = value.to_string();
    let from = subject.words.conditions_from();
    let word = subject.words.list.iter().skip(from).find(|word| word.text == digits)?;
    let place = subject.words.place_of_bytes(word.start, word.end());
    let note = "not the same if texts with other digits mean the same number, such as '01' and '1'";
    subject.confirm_sql(RemedyKind::Rewrite, subject.replaced(place, &format!("'{digits}'")), note)
}

/// Text columns of different character sets or collations are compared.
pub(super) fn charset_conversion(subject: &Subject<'_>) -> Vec<Draft> {
    let query = subject.query();
    let mut drafts = Vec::new();
    for (block, expr) in subject.all_conjuncts() {
        let Expr::Compare { left, right, .. } = query.exprs[query.real(expr)] else { continue };
        let peel = |side: ExprId| match query.exprs[query.real(side)] {
            Expr::ConvertUsing { arg, .. } | Expr::Collate { arg, .. } => subject.column(arg),
            _ => subject.column(side),
        };
        let (Some(one), Some(other)) = (peel(left), peel(right)) else { continue };
        let collation_of = |(table, column): (TableId, ColumnNo)| {
            let ty = &query[table].table.columns[column as usize].ty;
            ty.is_plain_string().then_some(ty.collation)
        };
        let (Some(a), Some(b)) = (collation_of(one), collation_of(other)) else { continue };
        if a == b || (heavy_reading(subject, block, one.0).is_none() && heavy_reading(subject, block, other.0).is_none()) {
            continue;
        }
        let describe = |column, id| {
            let info = collation::info(id);
            format!("{} is {}", subject.column_name(column), info.name)
        };
        let text = format!("{}, {}: one of them is converted for every comparison", describe(one, a), describe(other, b));
        let definition = &query[one.0].table;
        drafts.push(Draft::at(subject.place_of_column(one), text).on(definition));
    }
    drafts
}

/// LIKE '%x', or a regular expression, on a large table.
pub(super) fn leading_wildcard(subject: &Subject<'_>) -> Vec<Draft> {
    let query = subject.query();
    let mut drafts = Vec::new();
    for (block, expr) in subject.all_conjuncts() {
        let (arg, what) = match &query.exprs[query.real(expr)] {
            Expr::Like { arg, pattern, .. } if sargable::begins_with_wildcard(subject, *pattern) => {
                (*arg, "a pattern that begins with a wildcard")
            }
            Expr::Func { func, args, .. } if func.name() == "regexp_like" && !args.is_empty() => {
                (args[0], "a regular expression")
            }
            _ => continue,
        };
        let Some(column) = subject.column(arg) else { continue };
        let Some(reading) = heavy_reading(subject, block, column.0) else { continue };
        if reading.rows_read() < LARGE_TABLE {
            continue;
        }
        let text =
            format!("{} is compared with {what}: {:.0} rows are checked", subject.column_name(column), reading.rows_read());
        let draft = Draft::at(subject.place_of_column(column), text).on(reading.definition());
        drafts.push(draft.number("rows", reading.rows_read(), "rows"));
    }
    drafts
}

/// A condition with a value that is another one for every row.
pub(super) fn random_condition(subject: &Subject<'_>) -> Vec<Draft> {
    let query = subject.query();
    let mut drafts = Vec::new();
    for (block, expr) in subject.all_conjuncts() {
        let facts = query.exprs.facts(expr);
        let [column, ..] = subject.columns_in(expr)[..] else { continue };
        if !facts.used.meets(TableSet::RAND) || query.any(expr, &mut |query, id| matches!(query.exprs[id], Expr::Subquery(_))) {
            continue;
        }
        let Some(reading) = heavy_reading(subject, block, column.0) else { continue };
        let text = format!(
            "{} has another value for every row: no index is used, {:.0} rows are read",
            subject.text(block, expr),
            reading.rows_read(),
        );
        let place = ["rand", "uuid", "sysdate", "random_bytes"].iter().find_map(|name| subject.words.place_of(&[name, "("]));
        let remedy = subject.words.place_of(&["sysdate"]).and_then(|place| {
            let note = "NOW() is the time at which the statement began, the same for all rows";
            subject.confirm_sql(RemedyKind::Rewrite, subject.replaced(place, "NOW"), note)
        });
        let draft = Draft::at(place.or_else(|| subject.place_of_column(column)), text).on(reading.definition());
        drafts.push(draft.number("rows", reading.rows_read(), "rows").remedy(remedy));
    }
    drafts
}

/// A condition that no row can fulfil.
pub(super) fn impossible_where(subject: &Subject<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (block, plan) in subject.blocks() {
        let Outcome::ZeroRows(message) = plan.outcome else { continue };
        let written = if message.contains("HAVING") { "having" } else { "where" };
        let Some(at) = subject.words.find(0, &[written]) else { continue };
        // `WHERE 1 = 0` and `WHERE FALSE` are written on purpose.
        let rest = &subject.words.list[at + 1..];
        let on_purpose = rest.first().is_some_and(|word| word.is("false") || word.text.parse::<f64>().is_ok());
        let certain = matches!(message, "Impossible WHERE" | "Impossible HAVING");
        if !certain || on_purpose || compares_with_null(subject) {
            continue;
        }
        let number = subject.query()[block].select_id;
        let text = format!("{message}: SELECT number {number} never gives a row");
        drafts.push(Draft::at(subject.words.place(at, at), text));
    }
    drafts
}

/// True if the text compares something with NULL.
fn compares_with_null(subject: &Subject<'_>) -> bool {
    null_comparison(subject).is_some()
}

/// The place of `= NULL`, `<> NULL` and the like among the conditions.
fn null_comparison(subject: &Subject<'_>) -> Option<(usize, usize)> {
    let words = &subject.words.list;
    let from = words.iter().position(|word| ["where", "on", "having"].iter().any(|name| word.is(name)))?;
    let is_operator = |at: usize| matches!(words[at].text, "=" | "<" | ">");
    let null = (from + 1..words.len()).find(|at| {
        let null_safe = at
            .checked_sub(3)
            .is_some_and(|before| words[before].text == "<" && words[before + 1].text == "=" && words[before + 2].text == ">");
        words[*at].is("null") && is_operator(at - 1) && !null_safe
    })?;
    let first = (from..null).rev().find(|at| !is_operator(*at) && words[*at].text != "!").unwrap_or(null);
    Some((first, null))
}

/// `= NULL`, which is true for no row.
pub(super) fn compare_with_null(subject: &Subject<'_>) -> Vec<Draft> {
    let Some((first, last)) = null_comparison(subject) else { return Vec::new() };
    let text = "a comparison with NULL is never true: IS NULL or IS NOT NULL is meant";
    vec![Draft::at(subject.words.place(first, last), text)]
}

/// A date without time as the upper end of a column that has a time of day.
pub(super) fn date_as_upper_end(subject: &Subject<'_>) -> Vec<Draft> {
    let query = subject.query();
    let mut drafts = Vec::new();
    for (_, expr) in subject.all_conjuncts() {
        let (arg, high) = match query.exprs[query.real(expr)] {
            Expr::Between { arg, high, negated: false, .. } => (arg, high),
            Expr::Compare { op: CompareOp::LessEqual, left, right } => (left, right),
            _ => continue,
        };
        let Some(column) = subject.column(arg) else { continue };
        let table = &query[column.0].table;
        let ty = &table.columns[column.1 as usize].ty;
        if !matches!(ty.kind, TypeKind::DateTime | TypeKind::Timestamp) {
            continue;
        }
        let words = &subject.words;
        let date = words.list.iter().skip(words.conditions_from()).find(|word| {
            let end_of_range = words
                .list
                .iter()
                .position(|other| other.start == word.start)
                .is_some_and(|at| at >= 2 && (words.list[at - 1].is("and") || words.list[at - 1].text == "="));
            word.is_string && word.name.len() == 10 && word.name.matches('-').count() == 2 && end_of_range
        });
        let Some(date) = date else { continue };
        let midnight = match &query.exprs[query.real(high)] {
            Expr::Literal { value: Value::DateTime(t) | Value::Date(t), .. } => t.hour == 0 && t.minute == 0 && t.second == 0,
            Expr::Literal { value: Value::Str(text), .. } => text.len() == 10,
            _ => false,
        };
        if !midnight {
            continue;
        }
        let text = format!(
            "{} has a time of day, and {} means its first moment: the rest of that day is left out",
            subject.column_name(column),
            date.text,
        );
        drafts.push(Draft::at(Some(words.place_of_bytes(date.start, date.end())), text).on(table));
    }
    drafts
}

/// A value beyond those that the histogram or the captured statistics know.
pub(super) fn beyond_histogram(subject: &Subject<'_>) -> Vec<Draft> {
    let query = subject.query();
    let mut drafts = Vec::new();
    for condition in sargable::of_statement(subject) {
        let table = &query[condition.table].table;
        let Some(histogram) = subject.catalog.statistics.histogram(table, condition.column) else { continue };
        let rows = subject.catalog.statistics.table(table).rows as f64;
        let ty = &table.columns[condition.column as usize].ty;
        let class = match ty.result_class() {
            _ if ty.is_temporal_with_date() => ComparisonClass::DateTime,
            ResultClass::Int => ComparisonClass::Int,
            ResultClass::Decimal => ComparisonClass::Decimal,
            ResultClass::Real => ComparisonClass::Real,
            _ => continue,
        };
        let Some((low, high)) = bounds(histogram) else { continue };
        let above = |value: &Value| compare::compare(value, high, class).is_some_and(|order| order.is_gt());
        let below = |value: &Value| compare::compare(value, low, class).is_some_and(|order| order.is_lt());
        let Some((lower, equal)) = lower_end(subject, condition.expr) else { continue };
        let beyond = above(&lower) || (equal && below(&lower));
        if rows < LARGE_TABLE || !beyond {
            continue;
        }
        let column = (condition.table, condition.column);
        let text = format!(
            "{} lies beyond all values that the histogram of {} knows, the last of which is {}: the optimizer expects no row",
            lower.to_text().unwrap_or_default(),
            subject.column_name(column),
            high.to_text().unwrap_or_default(),
        );
        drafts.push(Draft::at(subject.place_of_column(column), text).on(table).number("rows", rows, "rows"));
    }
    drafts
}

/// Smallest and largest value of a histogram.
fn bounds(histogram: &crate::catalog::histogram::Histogram) -> Option<(&Value, &Value)> {
    use crate::catalog::histogram::Buckets;
    match &histogram.buckets {
        Buckets::Singleton(values) => Some((&values.first()?.0, &values.last()?.0)),
        Buckets::EquiHeight(buckets) => Some((&buckets.first()?.low, &buckets.last()?.high)),
    }
}

/// The value that a column must be greater than or equal to; true if it is an equality.
fn lower_end(subject: &Subject<'_>, expr: ExprId) -> Option<(Value, bool)> {
    let query = subject.query();
    let literal = |id: ExprId| match &query.exprs[query.real(id)] {
        Expr::Literal { value, .. } => Some(value.clone()),
        Expr::Cache(inner) => match &query.exprs[query.real(*inner)] {
            Expr::Literal { value, .. } => Some(value.clone()),
            _ => None,
        },
        _ => None,
    };
    match query.exprs[query.real(expr)] {
        Expr::Compare { op: CompareOp::Equal, left, right } => Some((literal(right).or_else(|| literal(left))?, true)),
        Expr::Compare { op: CompareOp::Greater | CompareOp::GreaterEqual, right, .. } => Some((literal(right)?, false)),
        Expr::Compare { op: CompareOp::Less | CompareOp::LessEqual, left, .. } => Some((literal(left)?, false)),
        Expr::Between { low, negated: false, .. } => Some((literal(low)?, false)),
        _ => None,
    }
}
