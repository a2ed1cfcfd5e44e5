//! Conditions that keep an index from being used.

use crate::advise::finding::{Draft, Place, Remedy, RemedyKind};
use crate::advise::subject::{Reading, Subject};
use crate::catalog::ColumnNo;
use crate::parse::ast::CompareOp;
use crate::query::{BlockId, Expr, ExprId, TableId};

/// Rows that the table must be read by, so that a missed index matters.
const MANY_ROWS: f64 = 1_000.0;

/// The operands of a condition that an index could look up if they were columns.
pub(super) fn operands(subject: &Subject<'_>, expr: ExprId) -> Vec<ExprId> {
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

/// MX003: a function or an operation on an indexed column.
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
    draft.remedy(as_range(subject, condition, column))
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
    subject.confirm_sql(RemedyKind::Rewrite, subject.replaced(place, &range), "")
}
