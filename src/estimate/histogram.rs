//! Asking a column's histogram for the share of rows that a predicate lets pass (spec 01 §8.1, §8.2).

use super::predicate::Question;
use crate::catalog::collation;
use crate::catalog::histogram::{Histogram, HistogramOperator};
use crate::catalog::{CollationId, DataType, ServerVersion};
use crate::context::Context;
use crate::evaluate::{Evaluated, evaluate};
use crate::parse::ast::CompareOp;
use crate::query::{Expr, ExprId, Query};
use crate::value::Value;

/// A constant with the collation of its own.
type Constant = (Value, CollationId);

/// Selectivity in double precision; none if the histogram cannot answer.
pub(super) fn selectivity(
    ctx: &Context<'_>,
    query: &Query,
    histogram: &Histogram,
    ty: &DataType,
    question: Question<'_>,
) -> Option<f64> {
    let constant = |expr: ExprId| constant(ctx, query, ty, expr);
    let ask = |operator: HistogramOperator, constants: &[Constant]| {
        let constants: Vec<(&Value, CollationId)> = constants.iter().map(|(value, collation)| (value, *collation)).collect();
        histogram.selectivity(ctx.settings.version, ty, operator, &constants)
    };
    match question {
        Question::Compare { op, left, right } => {
            let (value, mirrored) = match (is_column(query, left), is_column(query, right)) {
                (true, _) => (right, false),
                (false, true) => (left, true),
                _ => return None,
            };
            let operator = operator(ctx.settings.version, op, mirrored)?;
            match constant(value) {
                Some(value) => ask(operator, &[value]),
                // 9.7 asks how many values there are where the value itself is not known (spec 01 §12).
                None if ctx.settings.version >= ServerVersion::V9_7 => histogram.equality_with_unknown(operator),
                None => None,
            }
        }
        Question::Constant { value } => ask(HistogramOperator::Equal, &[constant(value)?]),
        Question::Between { column, low, high, negated } => {
            if !is_column(query, column) {
                return None;
            }
            let operator = if negated { HistogramOperator::NotBetween } else { HistogramOperator::Between };
            ask(operator, &[constant(low)?, constant(high)?])
        }
        Question::InList { column, list, negated } => {
            if !is_column(query, column) {
                return None;
            }
            let constants = list.iter().map(|&item| constant(item)).collect::<Option<Vec<Constant>>>()?;
            ask(if negated { HistogramOperator::NotIn } else { HistogramOperator::In }, &constants)
        }
        Question::IsNull { column, negated } => {
            if !is_column(query, column) {
                return None;
            }
            ask(if negated { HistogramOperator::IsNotNull } else { HistogramOperator::IsNull }, &[])
        }
    }
}

/// A direct reference to a column.
fn is_column(query: &Query, expr: ExprId) -> bool {
    matches!(query.exprs[expr], Expr::Column { .. })
}

/// The value of an expression that needs no execution, and its collation as the comparison leaves it: a string of another
/// character set is converted to the column's.
fn constant(ctx: &Context<'_>, query: &Query, ty: &DataType, expr: ExprId) -> Option<Constant> {
    let facts = query.exprs.facts(expr);
    let const_row = query.column_of(expr).is_some_and(|(table, _)| query[table].const_row.is_some());
    if !facts.used.is_empty() && !const_row {
        return None;
    }
    let Evaluated::Known(value) = evaluate(ctx, query, expr) else { return None };
    let own = match value {
        Value::Str(_) | Value::Bytes(_) | Value::Json(_) => facts.ty.collation,
        _ => CollationId::LATIN1_SWEDISH_CI,
    };
    const EXPLICIT: u8 = 0;
    let text = ty.is_string() && matches!(value, Value::Str(_)) && facts.coercibility != EXPLICIT;
    // In 9.7 the collation that the comparison uses decides, whatever the literal's own is (spec 01 §12).
    let by_comparison = ctx.settings.version >= ServerVersion::V9_7;
    let other_charset = || collation::info(own).charset() != collation::info(ty.collation).charset();
    let converted = text && (by_comparison || ty.collation != CollationId::BINARY && other_charset());
    Some((value, if converted { ty.collation } else { own }))
}

fn operator(version: ServerVersion, op: CompareOp, mirrored: bool) -> Option<HistogramOperator> {
    Some(match (op, mirrored) {
        // `<=>` asks as `=` does since 9.7 (spec 01 §12, 04 §17).
        (CompareOp::NullSafeEqual, _) if version >= ServerVersion::V9_7 => HistogramOperator::Equal,
        (CompareOp::Equal, _) => HistogramOperator::Equal,
        (CompareOp::NotEqual, _) => HistogramOperator::NotEqual,
        (CompareOp::Less, false) | (CompareOp::Greater, true) => HistogramOperator::Less,
        (CompareOp::LessEqual, false) | (CompareOp::GreaterEqual, true) => HistogramOperator::LessOrEqual,
        (CompareOp::Greater, false) | (CompareOp::Less, true) => HistogramOperator::Greater,
        (CompareOp::GreaterEqual, false) | (CompareOp::LessEqual, true) => HistogramOperator::GreaterOrEqual,
        (CompareOp::NullSafeEqual, _) => return None,
    })
}
