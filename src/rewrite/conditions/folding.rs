//! A comparison of a column with a constant that the column's type cannot hold as written   (spec 02 §4.8)
//!
//! before: `tiny < 200`          `i < 5.5`     `d = '2020-01-05'`
//! after:  `tiny IS NOT NULL`    `i < 6`       `d = DATE'2020-01-05'`
//! holds if: the constant's place relative to the type's range is known
//! not if:   the constant is a function call (other than a negated literal), or NULL

use super::Truth;
use crate::catalog::{DataType, ResultClass, TypeKind};
use crate::context::Context;
use crate::error::Result;
use crate::evaluate::comparison::{converted_to_column, mirrored};
use crate::evaluate::{evaluate, is_constant};
use crate::parse::ast::CompareOp;
use crate::query::typing;
use crate::query::{BlockId, Expr, ExprId, LiteralForm, Query, TableSet};
use crate::value::number::{decimal_digits, is_negative, limit_decimal, truncate_decimal};
use crate::value::store::{integer_range, outside_timestamp};
use crate::value::{DateRules, StoreRules, Value, store};
use bigdecimal::{BigDecimal, RoundingMode, ToPrimitive, Zero};

/// Where a constant lies relative to what a column can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Inside,
    OutsideHigh,
    OutsideLow,
    OnMin,
    OnMax,
    /// The constant was brought down to a value of the column.
    RoundedDown,
    /// The constant was brought up to a value of the column.
    RoundedUp,
    /// A YEAR between 0 and 1901.
    YearHole,
}

/// A constant's place, what it is rewritten to, and the operator (column first) if that changes with it.
struct Analysis {
    place: Place,
    literal: Option<(Value, LiteralForm)>,
    op: CompareOp,
}

impl Analysis {
    fn at(place: Place, op: CompareOp) -> Analysis {
        Analysis { place, literal: None, op }
    }
    fn plain(place: Place, op: CompareOp, value: Value) -> Analysis {
        Analysis { place, literal: Some((value, LiteralForm::Plain)), op }
    }
}

/// Folds a condition; gives what is left of it.
pub(super) fn fold(
    ctx: &Context<'_>,
    query: &mut Query,
    block: BlockId,
    condition: ExprId,
    at_predicate_level: bool,
) -> Result<(Option<ExprId>, Truth)> {
    match query.exprs[condition].clone() {
        Expr::Compare { op, left, right } => match oriented(query, left, right) {
            Some((column, constant, column_left)) => {
                Ok(fold_comparison(ctx, query, block, condition, op, column, constant, column_left, at_predicate_level))
            }
            None => fold_arguments(ctx, query, block, condition),
        },
        Expr::MultipleEqual { columns, constant: Some(constant), always_false } => {
            if always_false {
                return Ok((None, Truth::False));
            }
            let Some(column) = columns.first().copied().filter(|_| foldable_constant(query, constant)) else {
                return Ok((Some(condition), Truth::Ok));
            };
            let Some(analysis) = analyse(ctx, query, column, constant, CompareOp::Equal) else {
                return Ok((Some(condition), Truth::Ok));
            };
            if !matches!(analysis.place, Place::Inside | Place::OnMin | Place::OnMax) {
                return Ok((None, Truth::False));
            }
            if let Some((value, form)) = analysis.literal.filter(|_| !keeps_hexadecimal(query, column, constant)) {
                let constant = Some(query.add(block, Expr::Literal { value, form }));
                query.exprs.replace(condition, Expr::MultipleEqual { columns, constant, always_false });
            }
            Ok((Some(condition), Truth::Ok))
        }
        Expr::MultipleEqual { .. } => Ok((Some(condition), Truth::Ok)),
        Expr::IsNull { arg, negated: true } if !query.exprs.facts(arg).nullable => Ok((None, Truth::True)),
        Expr::Literal { .. } | Expr::Column { .. } | Expr::Ref { .. } | Expr::Subquery(_) | Expr::InOptimizer { .. } => {
            Ok((Some(condition), Truth::Ok))
        }
        _ => fold_arguments(ctx, query, block, condition),
    }
}

/// Folds the operands of another operator: a decided one becomes an explicit `true` or `false`.
fn fold_arguments(ctx: &Context<'_>, query: &mut Query, block: BlockId, condition: ExprId) -> Result<(Option<ExprId>, Truth)> {
    let children = query.children(condition);
    let mut folded = children.clone();
    for child in &mut folded {
        if query.exprs.facts(*child).used == TableSet::EMPTY || query.children(*child).is_empty() {
            continue;
        }
        *child = match fold(ctx, query, block, *child, false)? {
            (_, Truth::True) => query.add_boolean(block, true),
            (_, Truth::False) => query.add_boolean(block, false),
            (rest, Truth::Ok) => rest.unwrap_or(*child),
        };
    }
    if folded != children {
        let mut at = 0;
        query.exprs[condition].for_each_child_mut(|child| {
            *child = folded[at];
            at += 1;
        });
    }
    Ok((Some(condition), Truth::Ok))
}

/// A hexadecimal literal stays as it was written, but for BIGINT columns.
fn keeps_hexadecimal(query: &Query, column: ExprId, constant: ExprId) -> bool {
    matches!(query.exprs[constant], Expr::Literal { form: LiteralForm::Hex, .. })
        && query.exprs.facts(query.real(column)).ty.kind != TypeKind::BigInt
}

/// The column and the constant of a comparison that may be folded, and whether the column stands left.
fn oriented(query: &Query, left: ExprId, right: ExprId) -> Option<(ExprId, ExprId, bool)> {
    let column = |expr: ExprId| query.column_of(expr).is_some() && !is_constant(query, expr);
    let constant = |expr: ExprId| foldable_constant(query, expr);
    if column(left) && constant(right) {
        Some((left, right, true))
    } else if column(right) && constant(left) {
        Some((right, left, false))
    } else {
        None
    }
}

/// Constants that folding looks at: no function calls but `-literal`.
fn foldable_constant(query: &Query, expr: ExprId) -> bool {
    match &query.exprs[expr] {
        Expr::Literal { .. } => true,
        Expr::Negate(arg) => matches!(&query.exprs[*arg], Expr::Literal { .. }),
        Expr::Cache(_) | Expr::Parameter { .. } | Expr::Column { .. } => is_constant(query, expr),
        _ => false,
    }
}

#[allow(clippy::too_many_arguments)]
fn fold_comparison(
    ctx: &Context<'_>,
    query: &mut Query,
    block: BlockId,
    condition: ExprId,
    op: CompareOp,
    column: ExprId,
    constant: ExprId,
    column_left: bool,
    at_predicate_level: bool,
) -> (Option<ExprId>, Truth) {
    let facing = if column_left { op } else { mirrored(op) };
    let Some(analysis) = analyse(ctx, query, column, constant, facing) else { return (Some(condition), Truth::Ok) };
    let op = match outcome(analysis.place, analysis.op) {
        Outcome::True => return always(query, block, column, op, at_predicate_level),
        Outcome::False => return never(query, block, column, op, at_predicate_level),
        Outcome::Operator(op) => op,
    };
    let constant = match analysis.literal.filter(|_| !keeps_hexadecimal(query, column, constant)) {
        Some((value, form)) => query.add(block, Expr::Literal { value, form }),
        None => constant,
    };
    let written = if column_left { op } else { mirrored(op) };
    let (left, right) = if column_left { (column, constant) } else { (constant, column) };
    query.exprs.replace(condition, Expr::Compare { op: written, left, right });
    (Some(condition), Truth::Ok)
}

enum Outcome {
    True,
    False,
    Operator(CompareOp),
}

/// What a comparison becomes by the constant's place; the operator has the column on the left.
fn outcome(place: Place, op: CompareOp) -> Outcome {
    use CompareOp::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual, NullSafeEqual};
    match (place, op) {
        (Place::Inside, op) => Outcome::Operator(op),
        (Place::OnMin, Less) | (Place::OnMax, Greater) => Outcome::False,
        (Place::OnMin, GreaterEqual) | (Place::OnMax, LessEqual) => Outcome::True,
        (Place::OnMin, LessEqual) | (Place::OnMax, GreaterEqual) => Outcome::Operator(Equal),
        (Place::OnMin | Place::OnMax, op) => Outcome::Operator(op),
        (_, Equal | NullSafeEqual) => Outcome::False,
        (_, NotEqual) => Outcome::True,
        (Place::OutsideHigh, Less | LessEqual) | (Place::OutsideLow, Greater | GreaterEqual) => Outcome::True,
        (Place::OutsideHigh, _) | (Place::OutsideLow, _) => Outcome::False,
        (Place::RoundedDown, Less) => Outcome::Operator(LessEqual),
        (Place::RoundedDown, GreaterEqual) => Outcome::Operator(Greater),
        (Place::RoundedUp, LessEqual) => Outcome::Operator(Less),
        (Place::RoundedUp, Greater) => Outcome::Operator(GreaterEqual),
        (_, op) => Outcome::Operator(op),
    }
}

/// The comparison holds for every value but NULL.
fn always(query: &mut Query, block: BlockId, column: ExprId, op: CompareOp, at_predicate_level: bool) -> (Option<ExprId>, Truth) {
    if !query.exprs.facts(column).nullable || op == CompareOp::NullSafeEqual {
        return (None, Truth::True);
    }
    if at_predicate_level {
        return (Some(query.add(block, Expr::IsNull { arg: column, negated: true })), Truth::Ok);
    }
    let condition = query.add(block, Expr::IsNull { arg: column, negated: false });
    let then = query.add_literal(block, Value::Null);
    let otherwise = query.add_literal(block, Value::Int(1));
    (Some(query.add(block, Expr::If { condition, then, otherwise })), Truth::Ok)
}

/// The comparison holds for no value.
fn never(query: &mut Query, block: BlockId, column: ExprId, op: CompareOp, at_predicate_level: bool) -> (Option<ExprId>, Truth) {
    if at_predicate_level || !query.exprs.facts(column).nullable || op == CompareOp::NullSafeEqual {
        return (None, Truth::False);
    }
    let node = Expr::Compare { op: CompareOp::NotEqual, left: column, right: column };
    (Some(query.add(block, node)), Truth::Ok)
}

/// The constant's place; none if the comparison stays as it is.
fn analyse(ctx: &Context<'_>, query: &Query, column: ExprId, constant: ExprId, op: CompareOp) -> Option<Analysis> {
    let ty = &query.exprs.facts(query.real(column)).ty;
    let constant_ty = &query.exprs.facts(constant).ty;
    let relevant = matches!(typing::class(ty), ResultClass::Int | ResultClass::Decimal | ResultClass::Real)
        && ty.kind != TypeKind::Bit
        || typing::is_temporal(ty);
    if !relevant {
        return None;
    }
    let value = evaluate(ctx, query, constant).known().filter(|value| !value.is_null())?;
    match ty.kind {
        TypeKind::Year => year(ctx, query, column, constant, &value, op),
        TypeKind::Decimal => decimal(ty, constant_ty, &value, op),
        TypeKind::Float | TypeKind::Double => double(ty, constant_ty, &value, op),
        TypeKind::Date | TypeKind::DateTime | TypeKind::Timestamp => datetime(ctx, query, ty, constant, &value, op),
        TypeKind::Time => {
            let value = converted_to_column(ctx, query, column, constant)?;
            let is_literal =
                matches!(&query.exprs[constant], Expr::Literal { value: Value::Time(_), form: LiteralForm::TypedTemporal });
            let literal = (!is_literal).then_some((value, LiteralForm::TypedTemporal));
            Some(Analysis { place: Place::Inside, literal, op })
        }
        _ => Some(integer(ty, constant_ty, &value, op)),
    }
}

/// An exact number for a constant next to an integer column: texts by way of a double. None: beyond what is exact.
fn exact_number(value: &Value) -> Result<BigDecimal, bool> {
    let real = match value {
        Value::Double(real) => *real,
        Value::Str(_) => value.to_double().map_or(0.0, |read| read.value),
        _ => return value.to_decimal().map(|read| read.value).ok_or(true),
    };
    match crate::value::number::double_to_decimal(real) {
        Some((exact, _)) if exact.is_zero() && real != 0.0 => {
            Ok(BigDecimal::new(if real < 0.0 { (-1).into() } else { 1.into() }, 1))
        }
        Some((exact, clean)) if clean || limit_decimal(exact.clone()).1 => Ok(exact),
        _ => Err(real > 0.0),
    }
}

fn outside(high: bool, op: CompareOp) -> Analysis {
    Analysis::at(if high { Place::OutsideHigh } else { Place::OutsideLow }, op)
}

fn integer(ty: &DataType, constant_ty: &DataType, value: &Value, op: CompareOp) -> Analysis {
    let is_integer = typing::class(constant_ty) == ResultClass::Int && !matches!(value, Value::Bytes(_));
    let mut op = op;
    let (number, literal) = if is_integer {
        (value.to_integer().map_or(0, |read| read.value), None)
    } else {
        let exact = match exact_number(value) {
            Ok(exact) => exact,
            Err(high) => return outside(high, op),
        };
        let whole = match op {
            CompareOp::Less | CompareOp::LessEqual => exact.with_scale_round(0, RoundingMode::Ceiling),
            CompareOp::Greater | CompareOp::GreaterEqual => exact.with_scale_round(0, RoundingMode::Floor),
            _ => truncate_decimal(&exact, 0),
        };
        if whole != exact {
            op = match op {
                CompareOp::LessEqual => CompareOp::Less,
                CompareOp::GreaterEqual => CompareOp::Greater,
                CompareOp::Less | CompareOp::Greater => op,
                _ => return outside(true, op),
            };
        }
        match whole.to_i128().and_then(|number| Value::integer(number).map(|value| (number, value))) {
            Some((number, value)) => (number, Some((value, LiteralForm::Plain))),
            None => return outside(!is_negative(&whole), op),
        }
    };
    let (low, high) = integer_range(ty);
    let place = if number < low {
        Place::OutsideLow
    } else if number > high {
        Place::OutsideHigh
    } else if number == low {
        Place::OnMin
    } else if number == high {
        Place::OnMax
    } else {
        Place::Inside
    };
    // BIGINT: only the sign can put a constant outside.
    let place = match place {
        Place::OnMin | Place::OnMax if ty.kind == TypeKind::BigInt && !(ty.unsigned && number == 0) => Place::Inside,
        place => place,
    };
    Analysis { place, literal, op }
}

fn is_range(op: CompareOp) -> bool {
    matches!(op, CompareOp::Less | CompareOp::LessEqual | CompareOp::Greater | CompareOp::GreaterEqual)
}

fn decimal(ty: &DataType, constant_ty: &DataType, value: &Value, op: CompareOp) -> Option<Analysis> {
    let scale = i64::from(ty.decimals);
    let exact = match value {
        Value::Double(real) => match crate::value::number::double_to_decimal(*real) {
            Some((exact, true)) => exact,
            Some((exact, false)) if exact.is_zero() && is_range(op) => {
                let zero = BigDecimal::zero().with_scale(scale);
                let place = if *real < 0.0 { Place::RoundedUp } else { Place::RoundedDown };
                return Some(Analysis::plain(place, op, Value::Decimal(zero)));
            }
            Some((exact, false)) if real.abs() < 1e30 => exact,
            _ => return Some(outside(*real > 0.0, op)),
        },
        _ => value.to_decimal()?.value,
    };
    let whole_digits = match truncate_decimal(&exact, 0) {
        whole if whole.is_zero() => 0,
        whole => decimal_digits(&whole),
    };
    if whole_digits > i64::from(ty.length) - scale {
        return Some(outside(!is_negative(&exact), op));
    }
    let cut = truncate_decimal(&exact, scale);
    if cut == exact {
        let same_scale = typing::class(constant_ty) == ResultClass::Decimal && exact.fractional_digit_count() == scale;
        return Some(if same_scale {
            Analysis::at(Place::Inside, op)
        } else {
            Analysis::plain(Place::Inside, op, Value::Decimal(cut))
        });
    }
    if !is_range(op) {
        return Some(outside(true, op));
    }
    let place = if is_negative(&exact) { Place::RoundedUp } else { Place::RoundedDown };
    Some(Analysis::plain(place, op, Value::Decimal(cut)))
}

fn double(ty: &DataType, constant_ty: &DataType, value: &Value, op: CompareOp) -> Option<Analysis> {
    let number = value.to_double()?.value;
    let limit = if ty.kind == TypeKind::Float { f64::from(f32::MAX) } else { f64::MAX };
    if number.abs() > limit {
        return Some(outside(number > 0.0, op));
    }
    let mut kept = number;
    let mut place = Place::Inside;
    if ty.decimals < typing::NOT_FIXED {
        let stored = store(&Value::Double(number), ty, StoreRules::default());
        if let crate::value::StoreOutcome::OutOfRange { high } = stored.outcome {
            return Some(outside(high, op));
        }
        kept = stored.value.to_double()?.value;
        if crate::value::number::round_double(number, i64::from(ty.decimals), false) == number {
            place = Place::Inside;
        } else if kept > number {
            place = Place::RoundedUp;
        } else if kept < number {
            place = Place::RoundedDown;
        }
    }
    if typing::class(constant_ty) == ResultClass::Real && kept == number {
        return Some(Analysis::at(place, op));
    }
    Some(Analysis::plain(place, op, Value::Double(kept)))
}

fn year(ctx: &Context<'_>, query: &Query, column: ExprId, constant: ExprId, value: &Value, op: CompareOp) -> Option<Analysis> {
    if let Some(converted) = converted_to_column(ctx, query, column, constant) {
        let place = match converted.to_integer()?.value {
            0 => Place::OnMin,
            2155 => Place::OnMax,
            _ => Place::Inside,
        };
        return Some(Analysis::plain(place, op, converted));
    }
    let exact = exact_number(value).ok()?;
    let whole = truncate_decimal(&exact, 0);
    let number = whole.to_i64().unwrap_or(if is_negative(&exact) { -1 } else { 9999 });
    let literal = (whole != exact).then_some((Value::Int(number), LiteralForm::Plain));
    let place = match number {
        2156.. => Place::OutsideHigh,
        ..=-1 => Place::OutsideLow,
        1..=1900 => Place::YearHole,
        _ if whole != exact => Place::RoundedDown,
        _ => Place::Inside,
    };
    Some(Analysis { place, literal, op })
}

fn datetime(ctx: &Context<'_>, query: &Query, ty: &DataType, constant: ExprId, value: &Value, op: CompareOp) -> Option<Analysis> {
    if matches!(value, Value::Time(_)) {
        return None;
    }
    let rules = DateRules { no_zero_date: false, ..ctx.settings.date_rules() };
    let read = value.to_datetime(rules)?.value;
    if ty.kind == TypeKind::Timestamp
        && !read.is_zero_date()
        && let Some(high) = outside_timestamp(&read, ctx.settings.time_zone_seconds)
    {
        return Some(outside(high, op));
    }
    let is_typed_literal = |date: bool| {
        let Expr::Literal { value, form: LiteralForm::TypedTemporal } = &query.exprs[constant] else { return false };
        if date { matches!(value, Value::Date(_)) } else { matches!(value, Value::DateTime(_)) }
    };
    if ty.kind == TypeKind::Date {
        let place = if read.is_midnight() { Place::Inside } else { Place::RoundedDown };
        if is_typed_literal(true) {
            return Some(Analysis::at(place, op));
        }
        let literal = Some((Value::Date(read.date_part()), LiteralForm::TypedTemporal));
        return Some(Analysis { place, literal, op });
    }
    if is_typed_literal(true) || is_typed_literal(false) {
        return Some(Analysis::at(Place::Inside, op));
    }
    let literal = Some((Value::DateTime(read), LiteralForm::TypedTemporal));
    Some(Analysis { place: Place::Inside, literal, op })
}
