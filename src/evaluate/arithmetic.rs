//! Arithmetic and bit operations.

use super::{Evaluator, Halt, Outcome};
use crate::catalog::{ResultClass, TypeKind};
use crate::parse::ast::ArithmeticOp;
use crate::query::typing;
use crate::query::{ExprId, Level};
use crate::value::Value;
use crate::value::number::{limit_decimal, round_decimal, truncate_decimal};
use bigdecimal::{BigDecimal, Zero};

impl Evaluator<'_> {
    /// The value as number of its class; texts become doubles with a warning.
    pub(super) fn number(&mut self, expr: ExprId) -> Outcome {
        let value = self.value(expr)?;
        Ok(self.as_number(value))
    }

    pub(super) fn as_number(&mut self, value: Value) -> Value {
        match &value {
            Value::Str(text) => {
                let read = value.to_double();
                if read.as_ref().is_some_and(|read| !read.clean) {
                    let text = text.clone();
                    self.warn_truncated("DOUBLE", &text);
                }
                read.map_or(Value::Null, |read| Value::Double(read.value))
            }
            Value::Json(_) => value.to_double().map_or(Value::Null, |read| Value::Double(read.value)),
            Value::Bytes(bytes) => Value::UInt(crate::value::convert::bytes_to_integer(bytes)),
            Value::Date(_) => value.to_integer().and_then(|read| Value::integer(read.value)).unwrap_or(Value::Null),
            Value::Time(time) | Value::DateTime(time) if time.decimals == 0 => {
                value.to_integer().and_then(|read| Value::integer(read.value)).unwrap_or(Value::Null)
            }
            Value::Time(_) | Value::DateTime(_) => value.to_decimal().map_or(Value::Null, |read| Value::Decimal(read.value)),
            _ => value,
        }
    }

    pub(super) fn negate(&mut self, expr: ExprId, arg: ExprId) -> Outcome {
        let value = self.number(arg)?;
        Ok(match value {
            Value::Int(number) => match number.checked_neg() {
                Some(number) => Value::Int(number),
                None => return self.out_of_range("BIGINT"),
            },
            Value::UInt(number) => match i64::try_from(-i128::from(number)) {
                Ok(number) => Value::Int(number),
                Err(_) => Value::Decimal(-BigDecimal::from(number)),
            },
            Value::Decimal(number) => Value::Decimal(-number),
            Value::Double(number) => Value::Double(-number),
            _ => {
                debug_assert!(value.is_null() || !typing::is_temporal(self.ty(expr)));
                Value::Null
            }
        })
    }

    pub(super) fn bit_not(&mut self, arg: ExprId) -> Outcome {
        let value = self.number(arg)?;
        Ok(value.to_integer().map_or(Value::Null, |read| Value::UInt(!(read.value as u64))))
    }

    /// Error 1690. Its text names the expression as printed, which planning errors do not need: the place is left out.
    fn out_of_range(&mut self, class: &str) -> Outcome {
        let text = format!("{class} value is out of range");
        self.fail(1690, "22003", text)
    }

    pub(super) fn arithmetic(&mut self, expr: ExprId, op: ArithmeticOp, left: ExprId, right: ExprId) -> Outcome {
        let (l, r) = (self.number(left)?, self.number(right)?);
        if l.is_null() || r.is_null() {
            return Ok(Value::Null);
        }
        match op {
            ArithmeticOp::BitAnd
            | ArithmeticOp::BitOr
            | ArithmeticOp::BitXor
            | ArithmeticOp::ShiftLeft
            | ArithmeticOp::ShiftRight => self.bits(op, &l, &r),
            ArithmeticOp::IntegerDivide => self.integer_divide(&l, &r),
            ArithmeticOp::Modulo => self.modulo(&l, &r),
            _ => match typing::class(self.ty(expr)) {
                ResultClass::Int => self.integers(expr, op, &l, &r),
                ResultClass::Decimal => self.decimals(expr, op, &l, &r),
                _ => self.doubles(op, &l, &r),
            },
        }
    }

    fn bits(&mut self, op: ArithmeticOp, l: &Value, r: &Value) -> Outcome {
        let (Some(l), Some(r)) = (l.to_integer(), r.to_integer()) else { return Ok(Value::Null) };
        let (l, r) = (l.value as u64, r.value as u64);
        let shift = |by: u64| u32::try_from(by).ok().filter(|by| *by < 64);
        Ok(Value::UInt(match op {
            ArithmeticOp::BitAnd => l & r,
            ArithmeticOp::BitOr => l | r,
            ArithmeticOp::BitXor => l ^ r,
            ArithmeticOp::ShiftLeft => shift(r).map_or(0, |by| l << by),
            _ => shift(r).map_or(0, |by| l >> by),
        }))
    }

    fn division_by_zero(&mut self) -> Outcome {
        if self.ctx.settings.sql_mode.error_for_division_by_zero {
            self.warn(Level::Warning, 1365, "Division by 0".to_owned());
        }
        Ok(Value::Null)
    }

    fn integers(&mut self, expr: ExprId, op: ArithmeticOp, l: &Value, r: &Value) -> Outcome {
        let (Some(l), Some(r)) = (l.to_integer(), r.to_integer()) else { return Ok(Value::Null) };
        let result = match op {
            ArithmeticOp::Add => l.value.checked_add(r.value),
            ArithmeticOp::Subtract => l.value.checked_sub(r.value),
            _ => l.value.checked_mul(r.value),
        };
        let unsigned = self.ty(expr).unsigned;
        let value = match result {
            Some(number) if unsigned => u64::try_from(number).ok().map(Value::UInt),
            Some(number) => i64::try_from(number).ok().map(Value::Int),
            None => None,
        };
        match value {
            Some(value) => Ok(value),
            None => self.out_of_range(if unsigned { "BIGINT UNSIGNED" } else { "BIGINT" }),
        }
    }

    fn decimals(&mut self, expr: ExprId, op: ArithmeticOp, l: &Value, r: &Value) -> Outcome {
        let (Some(l), Some(r)) = (l.to_decimal(), r.to_decimal()) else { return Ok(Value::Null) };
        let result = match op {
            ArithmeticOp::Add => l.value + r.value,
            ArithmeticOp::Subtract => l.value - r.value,
            ArithmeticOp::Multiply => l.value * r.value,
            _ if r.value.is_zero() => return self.division_by_zero(),
            _ => l.value / r.value,
        };
        let ty = self.ty(expr);
        let scale = if ty.kind == TypeKind::Decimal { i64::from(ty.decimals) } else { 30 };
        let (limited, exact) = limit_decimal(round_decimal(&result, scale));
        if exact { Ok(Value::Decimal(limited)) } else { self.out_of_range("DECIMAL") }
    }

    fn doubles(&mut self, op: ArithmeticOp, l: &Value, r: &Value) -> Outcome {
        let (Some(l), Some(r)) = (l.to_double(), r.to_double()) else { return Ok(Value::Null) };
        let result = match op {
            ArithmeticOp::Add => l.value + r.value,
            ArithmeticOp::Subtract => l.value - r.value,
            ArithmeticOp::Multiply => l.value * r.value,
            _ if r.value == 0.0 => return self.division_by_zero(),
            _ => l.value / r.value,
        };
        if result.is_finite() { Ok(Value::Double(result)) } else { self.out_of_range("DOUBLE") }
    }

    fn integer_divide(&mut self, l: &Value, r: &Value) -> Outcome {
        let (Some(l), Some(r)) = (l.to_decimal(), r.to_decimal()) else { return Ok(Value::Null) };
        if r.value.is_zero() {
            return self.division_by_zero();
        }
        let whole = truncate_decimal(&(l.value / r.value), 0);
        match crate::value::number::decimal_to_integer(&whole).and_then(Value::integer) {
            Some(value) => Ok(value),
            None => self.out_of_range("BIGINT"),
        }
    }

    fn modulo(&mut self, l: &Value, r: &Value) -> Outcome {
        if matches!(l, Value::Double(_)) || matches!(r, Value::Double(_)) {
            let (Some(l), Some(r)) = (l.to_double(), r.to_double()) else { return Ok(Value::Null) };
            return if r.value == 0.0 { self.division_by_zero() } else { Ok(Value::Double(l.value % r.value)) };
        }
        let (Some(l_exact), Some(r_exact)) = (l.to_decimal(), r.to_decimal()) else { return Ok(Value::Null) };
        if r_exact.value.is_zero() {
            return self.division_by_zero();
        }
        if matches!(l, Value::Decimal(_)) || matches!(r, Value::Decimal(_)) {
            return Ok(Value::Decimal(l_exact.value % r_exact.value));
        }
        let (Some(l), Some(r)) = (l.to_integer(), r.to_integer()) else { return Err(Halt::Unknown) };
        Value::integer(l.value % r.value).ok_or(Halt::Unknown)
    }
}
