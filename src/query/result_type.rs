//! Type, nullability and coercibility of every kind of node (spec 01 §1.4).

use super::Query;
use super::expr::{AggregateKind, Expr, ExprId, LiteralForm, RefKind, SubqueryKind, TruthValue, WindowFunction};
use super::facts::Facts;
use super::function::Nulls;
use super::tables::{NestKind, TableId};
use super::typing::{self, TypeContext};
use crate::catalog::{DataType, ResultClass, TypeKind};
use crate::parse::ast::{ArithmeticOp, CompareOp};
use crate::value::Value;
use std::sync::Arc;

impl Query {
    /// Type, nullability and coercibility of a node.
    pub(super) fn type_of(&self, node: &Expr) -> (DataType, bool, u8) {
        let facts = |id: &ExprId| self.exprs.facts(*id);
        let any_nullable = || {
            let mut nullable = false;
            node.for_each_child(|child| nullable |= self.exprs.facts(child).nullable);
            nullable
        };
        let truth = |nullable: bool| (typing::boolean(), nullable, typing::NUMERIC);
        let same = |id: &ExprId| (facts(id).ty.clone(), facts(id).nullable, facts(id).coercibility);
        let context = &self.types;
        match node {
            Expr::Literal { value, form } => {
                let (ty, strength) = literal_type(value, form, context);
                (ty, value.is_null(), strength)
            }
            Expr::Column { table, column } => self.column_type(*table, *column),
            Expr::Ref { target, kind } => {
                let (ty, nullable, strength) = same(target);
                let inner = matches!(kind, RefKind::View(view, _) if self[*view].nullable_row);
                (ty, nullable || inner, strength)
            }
            Expr::Parameter { .. } => (typing::string(0, context.collation), true, typing::COERCIBLE),
            Expr::UserVariable(name) => self.user_variable_type(name),
            Expr::AssignUserVariable { value, .. } => {
                let (ty, nullable, _) = same(value);
                (ty, nullable, typing::IMPLICIT)
            }
            Expr::SystemVariable { name, .. } => system_variable_type(self.system_variables.get(&name.to_ascii_lowercase())),
            Expr::Func { func, args, .. } => {
                let facts: smallvec::SmallVec<[&Facts; 4]> = args.iter().map(|a| self.exprs.facts(*a)).collect();
                let (ty, strength) = func.0.result_type(&facts, context);
                (ty, function_nullable(func.0.nulls, &facts), strength)
            }
            Expr::StoredFunction { .. } => (typing::string(255, context.collation), true, typing::IMPLICIT),
            Expr::Negate(arg) => {
                let ty = &facts(arg).ty;
                let ty = match typing::numeric_class(ty) {
                    ResultClass::Int => typing::integer(typing::characters(ty) + 1, false),
                    ResultClass::Decimal => {
                        let (precision, scale) = typing::as_decimal(ty);
                        typing::decimal(precision, scale, false)
                    }
                    _ => typing::double(),
                };
                (ty, facts(arg).nullable, typing::NUMERIC)
            }
            Expr::BitNot(_) => (typing::integer(21, true), any_nullable(), typing::NUMERIC),
            Expr::Arithmetic { op, left, right } => {
                let ty = typing::arithmetic(*op, &facts(left).ty, &facts(right).ty, context);
                let may_divide = matches!(op, ArithmeticOp::Divide | ArithmeticOp::IntegerDivide | ArithmeticOp::Modulo);
                (ty, may_divide || any_nullable(), typing::NUMERIC)
            }
            Expr::Compare { op, .. } => truth(*op != CompareOp::NullSafeEqual && any_nullable()),
            Expr::IsNull { .. } | Expr::IsTruth { .. } => truth(false),
            Expr::And(_)
            | Expr::Or(_)
            | Expr::Xor(..)
            | Expr::Not(_)
            | Expr::Between { .. }
            | Expr::In { .. }
            | Expr::Like { .. }
            | Expr::InOptimizer { .. }
            | Expr::QuantifierWrapper { .. }
            | Expr::Guard { .. }
            | Expr::MultipleEqual { .. } => truth(any_nullable()),
            Expr::IsNotNullTest(_) | Expr::AntijoinMarker => truth(false),
            Expr::Match { .. } => (typing::double(), true, typing::NUMERIC),
            Expr::Case { branches, otherwise, .. } => {
                let results: Vec<ExprId> = branches.iter().map(|(_, then)| *then).chain(*otherwise).collect();
                let nullable = otherwise.is_none() || results.iter().any(|r| facts(r).nullable);
                let (ty, strength) = self.joined(&results);
                (ty, nullable, strength)
            }
            Expr::If { then, otherwise, .. } => {
                let (ty, strength) = self.joined(&[*then, *otherwise]);
                (ty, facts(then).nullable || facts(otherwise).nullable, strength)
            }
            Expr::Cast { arg, ty, .. } => {
                let always = typing::is_temporal(ty) || matches!(ty.kind, TypeKind::Json | TypeKind::Year);
                let strength = if typing::is_character(ty) { typing::IMPLICIT } else { typing::NUMERIC };
                (ty.clone(), always || facts(arg).nullable, strength)
            }
            Expr::ConvertUsing { arg, charset } => {
                let collation = typing::default_collation(charset).unwrap_or(context.collation);
                (typing::string(typing::characters(&facts(arg).ty), collation), true, typing::IMPLICIT)
            }
            Expr::Collate { arg, collation } => {
                let collation = typing::collation_named(collation).unwrap_or(context.collation);
                (typing::string(typing::characters(&facts(arg).ty), collation), facts(arg).nullable, typing::EXPLICIT)
            }
            Expr::DateAdd { date, amount, unit, .. } => {
                let (ty, strength) = date_add_type(&facts(date).ty, &facts(amount).ty, unit, context);
                (ty, true, strength)
            }
            Expr::Row(_) => (typing::plain(TypeKind::Null), any_nullable(), typing::NUMERIC),
            Expr::Aggregate { kind, args, .. } => self.aggregate_type(*kind, args),
            Expr::Window { function, args, .. } => self.window_type(*function, args),
            Expr::Grouping(_) => (typing::integer(21, false), false, typing::NUMERIC),
            Expr::RollupGroupItem { arg, .. } => (facts(arg).ty.clone(), true, facts(arg).coercibility),
            Expr::RollupSum(arg) => same(arg),
            Expr::DefaultOf(arg) => (facts(arg).ty.clone(), true, facts(arg).coercibility),
            Expr::ValuesOf(arg) => (facts(arg).ty.clone(), true, facts(arg).coercibility),
            Expr::Cache(arg) | Expr::RefNullHelper(arg) => same(arg),
            Expr::Subquery(subquery) => self.subquery_type(subquery),
            Expr::MaterializedColumn { nest, position } => match &self[*nest].kind {
                NestKind::Semijoin(info) | NestKind::Antijoin(info) => match info.pairs.get(*position as usize) {
                    Some((_, inner)) => same(inner),
                    None => truth(true),
                },
                NestKind::Join => truth(true),
            },
        }
    }

    fn column_type(&self, table: TableId, column: crate::catalog::ColumnNo) -> (DataType, bool, u8) {
        let table = &self[table];
        let Some(column) = table.table.columns.get(column as usize) else {
            return (typing::integer(21, false), true, typing::IMPLICIT);
        };
        let strength = if typing::is_character(&column.ty) { typing::IMPLICIT } else { typing::NUMERIC };
        (column.ty.clone(), column.nullable || table.nullable_row, strength)
    }

    fn user_variable_type(&self, name: &str) -> (DataType, bool, u8) {
        let value = self.user_variables.get(&name.to_ascii_lowercase());
        let ty = match value {
            Some(Value::Int(_)) => typing::integer(21, false),
            Some(Value::UInt(_)) => typing::integer(21, true),
            Some(Value::Decimal(_)) => typing::decimal(65, 30, false),
            Some(Value::Double(_)) => typing::double(),
            _ => typing::string(16_383, self.types.collation),
        };
        (ty, true, typing::IMPLICIT)
    }

    /// The type that holds all of these expressions, with its coercibility.
    pub fn joined(&self, exprs: &[ExprId]) -> (DataType, u8) {
        let facts: Vec<&Facts> = exprs.iter().map(|e| self.exprs.facts(*e)).collect();
        let (collation, strength) =
            typing::aggregate_collation(&facts, &self.types).unwrap_or((self.types.collation, typing::NONE));
        let types: Vec<&DataType> = facts.iter().map(|f| &f.ty).collect();
        let ty = typing::joined(&types, collation);
        let strength = if typing::is_character(&ty) { strength } else { typing::NUMERIC };
        (ty, strength)
    }

    fn aggregate_type(&self, kind: AggregateKind, args: &[ExprId]) -> (DataType, bool, u8) {
        let arg = args.first().map(|a| self.exprs.facts(*a));
        let ty = arg.map_or_else(|| typing::integer(21, false), |f| f.ty.clone());
        let numeric = typing::numeric_class(&ty);
        match kind {
            AggregateKind::Count | AggregateKind::CountStar => (typing::integer(21, false), false, typing::NUMERIC),
            AggregateKind::Sum if numeric == ResultClass::Real => (typing::double(), true, typing::NUMERIC),
            AggregateKind::Sum => {
                let (precision, scale) = typing::as_decimal(&ty);
                (typing::decimal(precision + 22, scale, false), true, typing::NUMERIC)
            }
            AggregateKind::Avg if numeric == ResultClass::Real => (typing::double(), true, typing::NUMERIC),
            AggregateKind::Avg => {
                let (precision, scale) = typing::as_decimal(&ty);
                let more = self.types.div_precision_increment;
                (typing::decimal(precision + more, (scale + more).min(30), false), true, typing::NUMERIC)
            }
            AggregateKind::Min | AggregateKind::Max => (ty, true, arg.map_or(typing::NUMERIC, |f| f.coercibility)),
            AggregateKind::AnyValue => (ty, arg.is_none_or(|f| f.nullable), arg.map_or(typing::NUMERIC, |f| f.coercibility)),
            AggregateKind::BitAnd | AggregateKind::BitOr | AggregateKind::BitXor => {
                (typing::integer(21, true), false, typing::NUMERIC)
            }
            AggregateKind::Std | AggregateKind::StddevSamp | AggregateKind::VarPop | AggregateKind::VarSamp => {
                (typing::double(), true, typing::NUMERIC)
            }
            AggregateKind::GroupConcat => {
                let facts: Vec<&Facts> = args.iter().map(|a| self.exprs.facts(*a)).collect();
                let (collation, strength) =
                    typing::aggregate_collation(&facts, &self.types).unwrap_or((self.types.collation, typing::NONE));
                let bytes = self.types.group_concat_max_len.min(u64::from(u32::MAX)) as u32;
                let chars = bytes / typing::bytes_per_character(collation).max(1);
                let ty = if chars <= 512 && bytes <= 512 {
                    typing::string(chars, collation)
                } else {
                    let kind = match bytes {
                        0..=65_535 => TypeKind::Blob,
                        65_536..=16_777_215 => TypeKind::MediumBlob,
                        _ => TypeKind::LongBlob,
                    };
                    DataType { length: bytes, collation, ..typing::plain(kind) }
                };
                (ty, true, strength)
            }
            AggregateKind::JsonArrayAgg | AggregateKind::JsonObjectAgg => (typing::json(), true, typing::IMPLICIT),
        }
    }

    fn window_type(&self, function: WindowFunction, args: &[ExprId]) -> (DataType, bool, u8) {
        let first = args.first().map(|a| self.exprs.facts(*a));
        match function {
            WindowFunction::RowNumber | WindowFunction::Rank | WindowFunction::DenseRank => {
                (typing::integer(21, true), false, typing::NUMERIC)
            }
            WindowFunction::Ntile => (typing::integer(21, true), true, typing::NUMERIC),
            WindowFunction::PercentRank | WindowFunction::CumeDist => (typing::double(), false, typing::NUMERIC),
            WindowFunction::Lag | WindowFunction::Lead if args.len() > 2 => {
                let (ty, strength) = self.joined(&[args[0], args[2]]);
                (ty, true, strength)
            }
            WindowFunction::Lag
            | WindowFunction::Lead
            | WindowFunction::FirstValue
            | WindowFunction::LastValue
            | WindowFunction::NthValue => {
                first.map_or_else(|| (typing::double(), true, typing::NUMERIC), |f| (f.ty.clone(), true, f.coercibility))
            }
            WindowFunction::Aggregate(kind) => self.aggregate_type(kind, args),
        }
    }

    fn subquery_type(&self, subquery: &super::SubqueryExpr) -> (DataType, bool, u8) {
        let unit = &self[subquery.unit];
        match subquery.kind {
            SubqueryKind::Exists => (typing::boolean(), false, typing::NUMERIC),
            SubqueryKind::Quantified(..) => (typing::boolean(), true, typing::NUMERIC),
            SubqueryKind::In => {
                let known = !matches!(subquery.truth, TruthValue::Identity | TruthValue::Negated);
                let left = subquery.left.is_some_and(|l| self.exprs.facts(l).nullable);
                let inner = unit.blocks.iter().any(|b| self[*b].items.iter().any(|i| self.exprs.facts(i.expr).nullable));
                (typing::boolean(), !known && (left || inner), typing::NUMERIC)
            }
            SubqueryKind::Scalar => {
                let items: Vec<ExprId> = unit.blocks.iter().filter_map(|b| self[*b].items.first().map(|i| i.expr)).collect();
                let (ty, strength) = match items[..] {
                    [one] => (self.exprs.facts(one).ty.clone(), self.exprs.facts(one).coercibility),
                    _ => self.joined(&items),
                };
                let always_a_row = unit.blocks.iter().all(|b| {
                    let b = &self[*b];
                    b.having.is_none()
                        && b.limit.is_none()
                        && (b.implicitly_grouped() || (b.leaves.is_empty() && b.where_.is_none()))
                });
                let nullable = !always_a_row || items.iter().any(|i| self.exprs.facts(*i).nullable);
                (ty, nullable, strength)
            }
        }
    }
}

fn function_nullable(rule: Nulls, args: &[&Facts]) -> bool {
    match rule {
        Nulls::AnyArgument => args.iter().any(|f| f.nullable),
        Nulls::AllArguments => args.iter().all(|f| f.nullable),
        Nulls::First => args.first().is_some_and(|f| f.nullable),
        Nulls::Last => args.last().is_some_and(|f| f.nullable),
        Nulls::Always => true,
        Nulls::Never => false,
    }
}

/// Type and coercibility of a literal.
fn literal_type(value: &Value, form: &LiteralForm, context: &TypeContext) -> (DataType, u8) {
    match value {
        Value::Null => (typing::plain(TypeKind::Null), typing::IGNORABLE),
        Value::Int(v) => (typing::integer(v.to_string().len() as u32, false), typing::NUMERIC),
        Value::UInt(v) => (typing::integer(v.to_string().len() as u32, *v > i64::MAX as u64), typing::NUMERIC),
        Value::Decimal(v) => {
            let scale = v.fractional_digit_count().max(0) as u32;
            let digits = v.digits() as u32;
            (typing::decimal(digits.max(scale), scale, false), typing::NUMERIC)
        }
        Value::Double(_) => (typing::double(), typing::NUMERIC),
        Value::Str(text) => {
            let collation = match form {
                LiteralForm::Introducer(charset) => typing::default_collation(charset).unwrap_or(context.collation),
                _ => context.collation,
            };
            (typing::string(text.chars().count() as u32, collation), typing::COERCIBLE)
        }
        Value::Bytes(bytes) => (typing::string(bytes.len() as u32, crate::catalog::CollationId::BINARY), typing::COERCIBLE),
        Value::Date(_) => (typing::temporal(TypeKind::Date, 0), typing::NUMERIC),
        Value::Time(t) => (typing::temporal(TypeKind::Time, t.decimals), typing::NUMERIC),
        Value::DateTime(t) => (typing::temporal(TypeKind::DateTime, t.decimals), typing::NUMERIC),
        Value::Json(_) => (typing::json(), typing::IMPLICIT),
    }
}

fn system_variable_type(value: Option<&Arc<str>>) -> (DataType, bool, u8) {
    let number = value.is_none_or(|v| v.eq_ignore_ascii_case("on") || v.eq_ignore_ascii_case("off") || v.parse::<i128>().is_ok());
    if number {
        return (typing::integer(21, value.is_some_and(|v| !v.starts_with('-'))), true, typing::NUMERIC);
    }
    if value.is_some_and(|v| v.parse::<f64>().is_ok()) {
        return (typing::double(), true, typing::NUMERIC);
    }
    let chars = value.map_or(0, |v| v.chars().count() as u32);
    (typing::string(chars, crate::catalog::CollationId::UTF8MB3_GENERAL_CI), true, typing::SYSCONST)
}

/// Type of `date ± INTERVAL`: a date stays one with units of days and more, a string stays a string.
fn date_add_type(date: &DataType, amount: &DataType, unit: &str, context: &TypeContext) -> (DataType, u8) {
    let whole_days = ["YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "YEAR_MONTH"].iter().any(|u| unit.eq_ignore_ascii_case(u));
    let micro = unit.to_ascii_lowercase().ends_with("microsecond");
    let decimals = if micro {
        6
    } else if unit.eq_ignore_ascii_case("SECOND") {
        super::function::fraction_digits(date).max(if amount.kind == TypeKind::Decimal { amount.decimals.min(6) } else { 0 })
    } else {
        date.decimals.min(6)
    };
    match date.kind {
        TypeKind::Date if whole_days => (typing::temporal(TypeKind::Date, 0), typing::NUMERIC),
        TypeKind::Date => (typing::temporal(TypeKind::DateTime, if micro { 6 } else { 0 }), typing::NUMERIC),
        TypeKind::DateTime | TypeKind::Timestamp => (typing::temporal(TypeKind::DateTime, decimals), typing::NUMERIC),
        TypeKind::Time if !whole_days => (typing::temporal(TypeKind::Time, decimals), typing::NUMERIC),
        TypeKind::Time => (typing::temporal(TypeKind::DateTime, decimals), typing::NUMERIC),
        _ => (typing::string(29, context.collation), typing::COERCIBLE),
    }
}
