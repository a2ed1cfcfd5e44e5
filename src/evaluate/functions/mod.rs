//! Built-in functions.

mod date;
mod format;
mod interval;
mod json;
mod number;
mod text;

use super::comparison::{class_of, holds};
use super::{Evaluator, Halt, Outcome};
use crate::parse::ast::CompareOp;
use crate::query::ExprId;
use crate::value::Value;

impl Evaluator<'_> {
    pub(super) fn function(&mut self, expr: ExprId, name: &str, args: &[ExprId], extra: Option<&str>) -> Outcome {
        match name {
            "coalesce" | "ifnull" => self.coalesce(expr, args),
            "nullif" => self.nullif(args),
            "any_value" | "name_const" => args.last().map_or(Err(Halt::Unknown), |arg| self.value(*arg)),
            "greatest" | "least" => self.extreme(expr, args, name == "greatest"),
            "interval" => self.interval_position(args),
            "field" => self.field(args),
            "elt" => self.elt(args),
            "concat_ws" => self.concat_ws(args),
            "database" => Ok(self.query.current_schema.as_deref().map_or(Value::Null, Value::text)),
            "version" => {
                Ok(self.ctx.settings.variables.get("version").map_or(Value::text("8.0.39"), |text| Value::text(text.as_str())))
            }
            "now" | "curdate" | "curtime" | "utc_date" | "utc_time" | "utc_timestamp" => self.clock(name, args),
            "json_array" | "json_object" => self.json_build(name, args),
            _ => {
                let Some(values) = self.all(args)? else { return Ok(Value::Null) };
                self.strict_function(expr, name, args, &values, extra)
            }
        }
    }

    /// Functions that give NULL for any NULL argument.
    fn strict_function(&mut self, expr: ExprId, name: &str, args: &[ExprId], values: &[Value], extra: Option<&str>) -> Outcome {
        if let Some(outcome) = self.number_function(expr, name, values) {
            return outcome;
        }
        if let Some(outcome) = self.text_function(name, args, values, extra) {
            return outcome;
        }
        if let Some(outcome) = self.date_function(name, args, values, extra) {
            return outcome;
        }
        if let Some(outcome) = self.json_function(name, values) {
            return outcome;
        }
        Err(Halt::Unknown)
    }

    fn coalesce(&mut self, expr: ExprId, args: &[ExprId]) -> Outcome {
        for arg in args {
            let value = self.value(*arg)?;
            if !value.is_null() {
                return Ok(self.to_type(value, expr));
            }
        }
        Ok(Value::Null)
    }

    fn nullif(&mut self, args: &[ExprId]) -> Outcome {
        let [left, right] = args else { return Err(Halt::Unknown) };
        let equal = self.compare(CompareOp::Equal, *left, *right)?;
        if equal.truth() == Some(true) { Ok(Value::Null) } else { self.value(*left) }
    }

    fn extreme(&mut self, expr: ExprId, args: &[ExprId], greatest: bool) -> Outcome {
        let Some(values) = self.all(args)? else { return Ok(Value::Null) };
        let wanted = if greatest { CompareOp::Greater } else { CompareOp::Less };
        let mut best = 0;
        for at in 1..values.len() {
            let class = class_of(self.query, args[at], args[best]);
            if self.order(&values[at], &values[best], class)?.is_some_and(|order| holds(wanted, order)) {
                best = at;
            }
        }
        values.into_iter().nth(best).map_or(Err(Halt::Unknown), |value| Ok(self.to_type(value, expr)))
    }

    fn interval_position(&mut self, args: &[ExprId]) -> Outcome {
        let [first, rest @ ..] = args else { return Err(Halt::Unknown) };
        let Some(number) = self.value(*first)?.to_double() else { return Ok(Value::Int(-1)) };
        let mut position = 0;
        for (at, arg) in rest.iter().enumerate() {
            if self.value(*arg)?.to_double().is_some_and(|limit| number.value >= limit.value) {
                position = at as i64 + 1;
            }
        }
        Ok(Value::Int(position))
    }

    fn field(&mut self, args: &[ExprId]) -> Outcome {
        let [first, rest @ ..] = args else { return Err(Halt::Unknown) };
        for (at, arg) in rest.iter().enumerate() {
            if self.compare(CompareOp::Equal, *first, *arg)?.truth() == Some(true) {
                return Ok(Value::Int(at as i64 + 1));
            }
        }
        Ok(Value::Int(0))
    }

    fn elt(&mut self, args: &[ExprId]) -> Outcome {
        let [first, rest @ ..] = args else { return Err(Halt::Unknown) };
        let Some(number) = self.value(*first)?.to_integer() else { return Ok(Value::Null) };
        match usize::try_from(number.value - 1).ok().and_then(|at| rest.get(at)) {
            Some(arg) => self.value(*arg),
            None => Ok(Value::Null),
        }
    }

    fn concat_ws(&mut self, args: &[ExprId]) -> Outcome {
        let [separator, rest @ ..] = args else { return Err(Halt::Unknown) };
        let separator = self.value(*separator)?;
        let Some(separator) = separator.to_text() else { return Ok(Value::Null) };
        let mut parts = Vec::new();
        for arg in rest {
            let value = self.value(*arg)?;
            if let Some(text) = value.to_text() {
                parts.push(text.into_owned());
            }
        }
        Ok(Value::text(parts.join(&separator)))
    }
}
