//! In which class two operands are compared (spec 02 §4.9), and comparing them.

use super::{Evaluator, Halt, Outcome, is_constant};
use crate::catalog::{CollationId, ResultClass, TypeKind};
use crate::context::Context;
use crate::parse::ast::CompareOp;
use crate::query::typing::{self, TypeContext};
use crate::query::{Expr, ExprFlags, ExprId, Facts, Level, Query};
use crate::value::{ComparisonClass, StoreOutcome, Value, compare, store};
use std::cmp::Ordering;

/// The collation under which two operands are compared; that of the stronger operand, bytes if they do not go together.
pub fn collation_of(left: &Facts, right: &Facts, context: &TypeContext) -> CollationId {
    typing::aggregate_collation(&[left, right], context).map_or(CollationId::BINARY, |(collation, _)| collation)
}

/// The result class of a type as comparisons see it: ENUM, SET, JSON and temporal values are strings.
fn class(facts: &Facts) -> ResultClass {
    typing::class(&facts.ty)
}

/// The class in which `left op right` compares, before a constant is converted to a column's type (spec 02 §4.9-1 and -3).
pub fn class_of(query: &Query, left: ExprId, right: ExprId) -> ComparisonClass {
    class_of_facts(
        query.exprs.facts(left),
        query.exprs.facts(right),
        is_constant(query, left),
        is_constant(query, right),
        &query.types,
    )
}

fn class_of_facts(l: &Facts, r: &Facts, left_constant: bool, right_constant: bool, context: &TypeContext) -> ComparisonClass {
    let date = |facts: &Facts| typing::has_date(&facts.ty);
    let time = |facts: &Facts| facts.ty.kind == TypeKind::Time;
    let string = |facts: &Facts| class(facts) == ResultClass::Str && !typing::is_temporal(&facts.ty);
    let null = |facts: &Facts| facts.ty.kind == TypeKind::Null;
    if (date(l) || date(r)) && (typing::is_temporal(&l.ty) && typing::is_temporal(&r.ty)) {
        return ComparisonClass::DateTime;
    }
    if (date(l) && (string(r) || null(r))) || (date(r) && (string(l) || null(l))) {
        return ComparisonClass::DateTime;
    }
    if (time(l) && (time(r) || string(r))) || (time(r) && string(l)) {
        return ComparisonClass::Time;
    }
    match (class(l), class(r)) {
        (ResultClass::Str, ResultClass::Str) => ComparisonClass::Str(collation_of(l, r, context)),
        (ResultClass::Int, ResultClass::Int) => ComparisonClass::Int,
        (ResultClass::Int | ResultClass::Decimal, ResultClass::Int | ResultClass::Decimal) => ComparisonClass::Decimal,
        (ResultClass::Decimal, ResultClass::Str) if right_constant && !left_constant => ComparisonClass::Decimal,
        (ResultClass::Str, ResultClass::Decimal) if left_constant && !right_constant => ComparisonClass::Decimal,
        (ResultClass::Int, ResultClass::Str) if typing::is_temporal(&r.ty) => ComparisonClass::Int,
        (ResultClass::Str, ResultClass::Int) if typing::is_temporal(&l.ty) => ComparisonClass::Int,
        _ => ComparisonClass::Real,
    }
}

/// Does an order satisfy an operator?
pub fn holds(op: CompareOp, order: Ordering) -> bool {
    match op {
        CompareOp::Equal | CompareOp::NullSafeEqual => order == Ordering::Equal,
        CompareOp::NotEqual => order != Ordering::Equal,
        CompareOp::Less => order == Ordering::Less,
        CompareOp::LessEqual => order != Ordering::Greater,
        CompareOp::Greater => order == Ordering::Greater,
        CompareOp::GreaterEqual => order != Ordering::Less,
    }
}

/// The operator with its operands exchanged.
pub fn mirrored(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Less => CompareOp::Greater,
        CompareOp::LessEqual => CompareOp::GreaterEqual,
        CompareOp::Greater => CompareOp::Less,
        CompareOp::GreaterEqual => CompareOp::LessEqual,
        other => other,
    }
}

impl Evaluator<'_> {
    pub(super) fn compare(&mut self, op: CompareOp, left: ExprId, right: ExprId) -> Outcome {
        if let (Expr::Row(l), Expr::Row(r)) = (&self.query.exprs[left], &self.query.exprs[right]) {
            return self.compare_rows(op, l, r);
        }
        let l = self.value(left)?;
        if l.is_null() && op != CompareOp::NullSafeEqual {
            return Ok(Value::Null);
        }
        let r = self.value(right)?;
        if op == CompareOp::NullSafeEqual && (l.is_null() || r.is_null()) {
            return Ok(Value::boolean(l.is_null() && r.is_null()));
        }
        let class = class_of(self.query, left, right);
        let order = self.order(&l, &r, class)?;
        Ok(order.map_or(Value::Null, |order| Value::boolean(holds(op, order))))
    }

    /// Order of two values in a class, with the warnings of their conversion.
    pub(super) fn order(&mut self, l: &Value, r: &Value, class: ComparisonClass) -> Result<Option<Ordering>, Halt> {
        match class {
            ComparisonClass::Real => self.warn_about_numbers(&[l, r], "DOUBLE"),
            ComparisonClass::Decimal => self.warn_about_numbers(&[l, r], "DECIMAL"),
            ComparisonClass::DateTime => {
                for value in [l, r] {
                    if !value.is_null() && compare(value, value, ComparisonClass::DateTime).is_none() {
                        let text = value.to_text().unwrap_or_default().into_owned();
                        self.warn(Level::Warning, 1292, format!("Incorrect datetime value: '{text}'"));
                        return Err(Halt::Unknown);
                    }
                }
            }
            _ => {}
        }
        Ok(compare(l, r, class))
    }

    fn warn_about_numbers(&mut self, values: &[&Value], class: &str) {
        for value in values {
            if let Value::Str(text) = value
                && value.to_double().is_some_and(|read| !read.clean)
            {
                let text = text.clone();
                self.warn_truncated(class, &text);
            }
        }
    }

    fn compare_rows(&mut self, op: CompareOp, left: &[ExprId], right: &[ExprId]) -> Outcome {
        let mut unknown = false;
        for (l, r) in left.iter().zip(right) {
            let decisive = match op {
                CompareOp::Equal | CompareOp::NullSafeEqual => op,
                _ => CompareOp::Equal,
            };
            match self.compare(decisive, *l, *r)?.truth() {
                Some(true) => {}
                Some(false) => {
                    return match op {
                        CompareOp::Equal | CompareOp::NullSafeEqual => Ok(Value::boolean(false)),
                        CompareOp::NotEqual => Ok(Value::boolean(true)),
                        _ if unknown => Ok(Value::Null),
                        _ => self.compare(op, *l, *r),
                    };
                }
                None => unknown = true,
            }
        }
        if unknown {
            return Ok(Value::Null);
        }
        Ok(Value::boolean(!matches!(op, CompareOp::NotEqual | CompareOp::Less | CompareOp::Greater)))
    }

    pub(super) fn between(&mut self, arg: ExprId, low: ExprId, high: ExprId, negated: bool) -> Outcome {
        let at_least = self.compare(CompareOp::GreaterEqual, arg, low)?.truth();
        let at_most = self.compare(CompareOp::LessEqual, arg, high)?.truth();
        let inside = match (at_least, at_most) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        };
        Ok(inside.map_or(Value::Null, |inside| Value::boolean(inside != negated)))
    }

    pub(super) fn is_in(&mut self, arg: ExprId, list: &[ExprId], negated: bool) -> Outcome {
        let (mut null, mut halted) = (false, None);
        for item in list {
            match self.compare(CompareOp::Equal, arg, *item) {
                Ok(value) => match value.truth() {
                    Some(true) => return Ok(Value::boolean(!negated)),
                    Some(false) => {}
                    None => null = true,
                },
                Err(halt) => halted = Some(halt),
            }
        }
        match halted {
            Some(halt) => Err(halt),
            None if null => Ok(Value::Null),
            None => Ok(Value::boolean(negated)),
        }
    }

    pub(super) fn multiple_equal(&mut self, columns: &[ExprId], constant: Option<ExprId>, always_false: bool) -> Outcome {
        if always_false {
            return Ok(Value::Int(0));
        }
        let all: Vec<ExprId> = constant.into_iter().chain(columns.iter().copied()).collect();
        let Some((first, rest)) = all.split_first() else { return Err(Halt::Unknown) };
        let (mut null, mut halted) = (false, None);
        for other in rest {
            match self.compare(CompareOp::Equal, *other, *first) {
                Ok(value) => match value.truth() {
                    Some(true) => {}
                    Some(false) => return Ok(Value::Int(0)),
                    None => null = true,
                },
                Err(halt) => halted = Some(halt),
            }
        }
        match halted {
            Some(halt) => Err(halt),
            None => Ok(if null { Value::Null } else { Value::Int(1) }),
        }
    }
}

/// The value that a constant takes when it is compared with an integer-like or temporal column: stored into the column
/// without loss it is compared as an integer (spec 02 §4.9-2). None: it stays as it is.
pub fn converted_to_column(ctx: &Context, query: &Query, column: ExprId, constant: ExprId) -> Option<Value> {
    query.column_of(column)?;
    let (column, facts) = (query.exprs.facts(column), query.exprs.facts(constant));
    if !facts.used.is_empty() || facts.flags.any(ExprFlags::AGGREGATE.union(ExprFlags::WINDOW)) {
        return None;
    }
    let integer_like = typing::class(&column.ty) == ResultClass::Int || typing::is_temporal(&column.ty);
    if !integer_like || (typing::has_date(&column.ty) && typing::is_character(&facts.ty)) {
        return None;
    }
    let value = super::evaluate(ctx, query, constant).known().filter(|value| !value.is_null())?;
    let stored = store(&value, &column.ty, ctx.settings.store_rules());
    let lossless =
        stored.outcome == StoreOutcome::Exact || (column.ty.kind == TypeKind::Time && stored.outcome == StoreOutcome::TimeNote);
    lossless.then_some(stored.value)
}

/// The class in which `left op right` compares, constants converted to columns where that is possible.
pub fn class_in(ctx: &Context, query: &Query, left: ExprId, right: ExprId) -> ComparisonClass {
    let converted =
        converted_to_column(ctx, query, left, right).is_some() || converted_to_column(ctx, query, right, left).is_some();
    match class_of(query, left, right) {
        class @ (ComparisonClass::DateTime | ComparisonClass::Time) => class,
        _ if converted => ComparisonClass::Int,
        class => class,
    }
}
