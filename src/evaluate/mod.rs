//! Values of constant and const-for-execution expressions (spec 02 §4.3, §4.7, §8).
//!
//! What cannot be known without rows (a subquery that was not captured, a stored function, a const row that the bundle lacks)
//! is [`Evaluated::Unknown`]: it never decides a condition.

mod arithmetic;
mod cast;
pub mod comparison;
mod functions;
mod logic;
mod pattern;
mod subquery;

use crate::catalog::{ConstRow, DataType, TypeKind};
use crate::context::Context;
use crate::error::{Result, ServerError};
use crate::query::function::Constness;
use crate::query::{Diagnostic, Expr, ExprFlags, ExprId, Level, Query, RefKind, TableSet};
use crate::value::{DateRules, Temporal, Value};

/// What evaluating an expression gave.
#[derive(Clone, Debug, PartialEq)]
pub enum Evaluated {
    /// Its value.
    Known(Value),
    /// It has a value, which only the server knows.
    Unknown,
    /// It has no value before rows are read.
    NotConstant,
}

impl Evaluated {
    /// The value, if it is known.
    pub fn known(self) -> Option<Value> {
        match self {
            Evaluated::Known(value) => Some(value),
            _ => None,
        }
    }
    /// Truth where it is known: NULL counts as false.
    pub fn truth(&self) -> Option<bool> {
        match self {
            Evaluated::Known(value) => Some(value.truth() == Some(true)),
            _ => None,
        }
    }
}

/// Evaluates without leaving warnings.
pub fn evaluate(ctx: &Context, query: &Query, expr: ExprId) -> Evaluated {
    let mut evaluator = Evaluator::new(ctx, query);
    evaluator.top(expr)
}

/// Evaluates as the server does once while planning: warnings go to the statement's diagnostics, an error stops planning.
pub fn evaluate_now(ctx: &Context, query: &mut Query, expr: ExprId) -> Result<Evaluated> {
    let mut evaluator = Evaluator::new(ctx, query);
    let evaluated = evaluator.top(expr);
    let (warnings, error) = (evaluator.warnings, evaluator.error);
    query.diagnostics.extend(warnings);
    match error {
        Some(error) => Err(error.into()),
        None => Ok(evaluated),
    }
}

/// True if the expression has one value for the whole execution, given the const tables that were read so far. Outer columns
/// count if their table is const.
pub fn is_constant(query: &Query, expr: ExprId) -> bool {
    let facts = query.exprs.facts(expr);
    if facts.flags.any(ExprFlags::AGGREGATE.union(ExprFlags::WINDOW).union(ExprFlags::ROLLUP)) {
        return false;
    }
    if facts.used.minus(TableSet::INNER).is_empty() {
        return true;
    }
    if facts.used.meets(TableSet::RAND) {
        return false;
    }
    let mut constant = true;
    query.walk_deep(expr, &mut |id| match &query.exprs[id] {
        Expr::Column { table, .. } => constant &= query[*table].const_row.is_some() || is_inside(query, expr, *table),
        Expr::MaterializedColumn { .. } | Expr::Match { .. } | Expr::Guard { .. } => constant = false,
        _ => {}
    });
    constant
}

/// True if the table is of a subquery below the expression.
fn is_inside(query: &Query, expr: ExprId, table: crate::query::TableId) -> bool {
    let mut inside = false;
    query.walk(expr, &mut |id| {
        if let Expr::Subquery(subquery) = &query.exprs[id] {
            inside |= query.is_within(query[table].block, subquery.unit);
        }
    });
    inside
}

/// Why there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Halt {
    Unknown,
}

type Outcome = std::result::Result<Value, Halt>;

struct Evaluator<'a> {
    ctx: &'a Context<'a>,
    query: &'a Query,
    warnings: Vec<Diagnostic>,
    error: Option<ServerError>,
}

impl<'a> Evaluator<'a> {
    fn new(ctx: &'a Context<'a>, query: &'a Query) -> Self {
        Evaluator { ctx, query, warnings: Vec::new(), error: None }
    }

    fn top(&mut self, expr: ExprId) -> Evaluated {
        if !is_constant(self.query, expr) {
            return Evaluated::NotConstant;
        }
        match self.value(expr) {
            Ok(value) => Evaluated::Known(value),
            Err(Halt::Unknown) => Evaluated::Unknown,
        }
    }

    fn ty(&self, expr: ExprId) -> &'a DataType {
        &self.query.exprs.facts(expr).ty
    }

    fn dates(&self) -> DateRules {
        self.ctx.settings.date_rules()
    }

    fn warn(&mut self, level: Level, code: u16, text: String) {
        self.warnings.push(Diagnostic { level, code, text });
    }

    fn warn_truncated(&mut self, class: &str, text: &str) {
        self.warn(Level::Warning, 1292, format!("Truncated incorrect {class} value: '{text}'"));
    }

    fn fail(&mut self, code: u16, state: &'static str, text: String) -> Outcome {
        self.error.get_or_insert_with(|| ServerError::new(code, state, text));
        Err(Halt::Unknown)
    }

    fn value(&mut self, expr: ExprId) -> Outcome {
        let query = self.query;
        match &query.exprs[expr] {
            Expr::Literal { value, .. } => Ok(value.clone()),
            Expr::Column { table, column } => match query[*table].const_row.as_deref() {
                Some(ConstRow::Found(row)) => row.get(column).cloned().ok_or(Halt::Unknown),
                Some(ConstRow::Missing) => Ok(Value::Null),
                Some(ConstRow::Unknown) | None => Err(Halt::Unknown),
            },
            Expr::Ref { target, kind: RefKind::View(..) } => self.value(*target),
            Expr::Ref { target, .. } | Expr::Cache(target) | Expr::RefNullHelper(target) => self.value(*target),
            Expr::UserVariable(name) => Ok(self.user_variable(name)),
            Expr::SystemVariable { name, .. } => self.system_variable(name),
            Expr::Func { func, args, extra } => match func.0.constness {
                Constness::Random | Constness::SideEffect => Err(Halt::Unknown),
                _ => self.function(expr, func.name(), args, extra.as_deref()),
            },
            Expr::Negate(arg) => self.negate(expr, *arg),
            Expr::BitNot(arg) => self.bit_not(*arg),
            Expr::Arithmetic { op, left, right } => self.arithmetic(expr, *op, *left, *right),
            Expr::Compare { op, left, right } => self.compare(*op, *left, *right),
            Expr::And(args) => self.and(args),
            Expr::Or(args) => self.or(args),
            Expr::Xor(left, right) => self.xor(*left, *right),
            Expr::Not(arg) => Ok(self.value(*arg)?.truth().map_or(Value::Null, |truth| Value::boolean(!truth))),
            Expr::IsNull { arg, negated } => self.is_null(*arg, *negated),
            Expr::IsTruth { arg, test, negated } => self.is_truth(*arg, *test, *negated),
            Expr::Between { arg, low, high, negated } => self.between(*arg, *low, *high, *negated),
            Expr::In { arg, list, negated } => self.is_in(*arg, list, *negated),
            Expr::Like { arg, pattern, escape } => self.like(*arg, *pattern, *escape),
            Expr::Case { operand, branches, otherwise } => self.case(expr, *operand, branches, *otherwise),
            Expr::If { condition, then, otherwise } => {
                let chosen = if self.value(*condition)?.truth() == Some(true) { *then } else { *otherwise };
                self.value_as(expr, chosen)
            }
            Expr::Cast { arg, ty, array: false } => self.cast(*arg, ty),
            Expr::ConvertUsing { arg, charset } => self.convert_using(*arg, charset),
            Expr::Collate { arg, .. } => Ok(match self.value(*arg)? {
                Value::Null => Value::Null,
                value => Value::text(value.to_text().unwrap_or_default()),
            }),
            Expr::DateAdd { date, amount, unit, subtract } => self.date_add(expr, *date, *amount, unit, *subtract),
            Expr::Subquery(subquery) => self.subquery(expr, subquery),
            Expr::InOptimizer { inner, .. } => self.value(*inner),
            Expr::QuantifierWrapper { all: false, arg } => self.value(*arg),
            Expr::QuantifierWrapper { all: true, arg } => {
                Ok(self.value(*arg)?.truth().map_or(Value::Null, |truth| Value::boolean(!truth)))
            }
            Expr::MultipleEqual { columns, constant, always_false } => self.multiple_equal(columns, *constant, *always_false),
            Expr::AntijoinMarker => Ok(Value::Int(0)),
            Expr::IsNotNullTest(arg) => Ok(Value::boolean(!self.value(*arg)?.is_null())),
            Expr::Row(_)
            | Expr::Parameter { .. }
            | Expr::AssignUserVariable { .. }
            | Expr::StoredFunction { .. }
            | Expr::Match { .. }
            | Expr::Aggregate { .. }
            | Expr::Window { .. }
            | Expr::Grouping(_)
            | Expr::RollupGroupItem { .. }
            | Expr::RollupSum(_)
            | Expr::DefaultOf(_)
            | Expr::ValuesOf(_)
            | Expr::Guard { .. }
            | Expr::Cast { .. }
            | Expr::MaterializedColumn { .. } => Err(Halt::Unknown),
        }
    }

    /// The value of `source`, brought to the type of the expression that chooses it (CASE, IF, COALESCE).
    fn value_as(&mut self, expr: ExprId, source: ExprId) -> Outcome {
        let value = self.value(source)?;
        Ok(self.to_type(value, expr))
    }

    fn to_type(&self, value: Value, expr: ExprId) -> Value {
        let ty = self.ty(expr);
        match (ty.kind, &value) {
            (_, Value::Null) => Value::Null,
            (TypeKind::Decimal, _) => value.to_decimal().map_or(Value::Null, |exact| {
                Value::Decimal(crate::value::number::round_decimal(&exact.value, i64::from(ty.decimals)))
            }),
            (TypeKind::Double | TypeKind::Float, _) => value.to_double().map_or(Value::Null, |real| Value::Double(real.value)),
            (
                TypeKind::Char | TypeKind::VarChar | TypeKind::Blob | TypeKind::MediumBlob | TypeKind::LongBlob,
                Value::Bytes(_),
            ) => value,
            (TypeKind::Char | TypeKind::VarChar | TypeKind::Blob | TypeKind::MediumBlob | TypeKind::LongBlob, _) => {
                Value::text(value.to_text().unwrap_or_default())
            }
            (TypeKind::DateTime | TypeKind::Timestamp, Value::Date(date)) => Value::DateTime(*date),
            _ => value,
        }
    }

    fn user_variable(&self, name: &str) -> Value {
        let variables = &self.ctx.settings.user_variables;
        variables.get(name).or_else(|| variables.get(&name.to_ascii_lowercase())).cloned().unwrap_or(Value::Null)
    }

    fn system_variable(&self, name: &str) -> Outcome {
        let name = name.to_ascii_lowercase();
        let Some(text) = self.ctx.settings.variables.get(&name) else { return Err(Halt::Unknown) };
        if name == "timestamp" {
            return Ok(Value::Double(self.ctx.settings.timestamp_micros as f64 / 1e6));
        }
        Ok(match text.as_str() {
            "ON" | "on" => Value::Int(1),
            "OFF" | "off" => Value::Int(0),
            text => match text.parse::<i128>().ok().and_then(Value::integer) {
                Some(number) => number,
                None => match text.parse::<f64>() {
                    Ok(number) if text.starts_with(|first: char| first.is_ascii_digit()) => Value::Double(number),
                    _ => Value::text(text),
                },
            },
        })
    }

    /// The value as a date with time; None: it is NULL or no date (a warning is left).
    fn datetime(&mut self, expr: ExprId) -> std::result::Result<Option<Temporal>, Halt> {
        let value = self.value(expr)?;
        if value.is_null() {
            return Ok(None);
        }
        let lenient = DateRules { no_zero_date: false, no_zero_in_date: false, ..self.dates() };
        let read = match &value {
            Value::Time(time) => Some(self.on_current_date(time)),
            _ => value.to_datetime(lenient).map(|read| {
                if !read.clean {
                    let text = value.to_text().unwrap_or_default().into_owned();
                    self.warn_truncated("datetime", &text);
                }
                read.value
            }),
        };
        if read.is_none() {
            let text = value.to_text().unwrap_or_default().into_owned();
            self.warn(Level::Warning, 1292, format!("Incorrect datetime value: '{text}'"));
        }
        Ok(read)
    }

    /// A time of day on the current date.
    fn on_current_date(&self, time: &Temporal) -> Temporal {
        let midnight = Temporal { hour: 0, minute: 0, second: 0, microsecond: 0, ..self.now(0) };
        Temporal::from_micros(midnight.micros() + time.time_micros(), time.decimals).unwrap_or(midnight)
    }

    /// NOW(decimals).
    fn now(&self, decimals: u8) -> Temporal {
        let local = self.ctx.settings.timestamp_micros + i64::from(self.ctx.settings.time_zone_seconds) * 1_000_000;
        let now = Temporal::from_micros(local + 719_528 * 86_400_000_000, 6).unwrap_or(Temporal::ZERO);
        now.with_decimals(decimals)
    }
}
