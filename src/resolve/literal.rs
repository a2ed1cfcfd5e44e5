//! Literals and the types of CAST.

use super::{Resolver, server};
use crate::catalog::{CollationId, DataType, TypeKind};
use crate::error::{Result, ServerError};
use crate::parse::ast::{CastType, Literal, TemporalLiteral};
use crate::query::{BlockId, Expr, ExprId, LiteralForm, typing};
use crate::value::Value;
use crate::value::number::{read_decimal, read_double};
use crate::value::temporal::{read_datetime, read_time};
use std::sync::Arc;

impl Resolver<'_> {
    /// A literal as written.
    pub(super) fn literal(&mut self, block: BlockId, literal: &Literal) -> Result<ExprId> {
        let (value, form) = match literal {
            Literal::Null => (Value::Null, LiteralForm::Plain),
            Literal::Boolean(value, word) => (Value::Int((*value).into()), LiteralForm::Text(word.clone())),
            Literal::Integer(digits) => (integer(digits), LiteralForm::Plain),
            Literal::Decimal(digits) => (Value::Decimal(read_decimal(digits).value), LiteralForm::Text(digits.clone())),
            Literal::Float(text) => (Value::Double(read_double(text).value), LiteralForm::Text(text.clone())),
            Literal::String { value, introducer: Some(charset), .. } => {
                if typing::default_collation(charset).is_none() {
                    return server(1115, "42000", format!("Unknown character set: '{charset}'"));
                }
                (Value::Str(value.clone()), LiteralForm::Introducer(charset.clone()))
            }
            Literal::String { value, introducer: None, .. } => (Value::Str(value.clone()), LiteralForm::Plain),
            Literal::Hex { bytes, introducer: Some(charset), .. } => match std::str::from_utf8(bytes) {
                Ok(text) => (Value::Str(Arc::from(text)), LiteralForm::Introducer(charset.clone())),
                Err(_) if charset.eq_ignore_ascii_case("latin1") => {
                    let text: String = bytes.iter().map(|b| char::from(*b)).collect();
                    (Value::Str(Arc::from(text)), LiteralForm::Introducer(charset.clone()))
                }
                Err(_) => (Value::Bytes(bytes.clone()), LiteralForm::Hex),
            },
            Literal::Hex { bytes, .. } => (Value::Bytes(bytes.clone()), LiteralForm::Hex),
            Literal::Temporal { kind, text } => (self.temporal_literal(*kind, text)?, LiteralForm::TypedTemporal),
        };
        Ok(self.query.add(block, Expr::Literal { value, form }))
    }

    fn temporal_literal(&self, kind: TemporalLiteral, text: &str) -> Result<Value> {
        let rules = self.ctx.settings.date_rules();
        let read = match kind {
            TemporalLiteral::Time => read_time(text),
            TemporalLiteral::Date | TemporalLiteral::Timestamp => read_datetime(text, rules),
        };
        let fits = read.filter(|read| !read.truncated);
        match (kind, fits) {
            (TemporalLiteral::Date, Some(read)) if !read.has_time => Ok(Value::Date(read.value)),
            (TemporalLiteral::Time, Some(read)) => Ok(Value::Time(read.value)),
            (TemporalLiteral::Timestamp, Some(read)) => Ok(Value::DateTime(read.value)),
            _ => {
                let name = match kind {
                    TemporalLiteral::Date => "DATE",
                    TemporalLiteral::Time => "TIME",
                    TemporalLiteral::Timestamp => "DATETIME",
                };
                Err(wrong_value(name, text).into())
            }
        }
    }

    /// The type that a CAST target or a JSON_TABLE column names.
    pub(super) fn cast_type(&self, ty: &CastType) -> Result<DataType> {
        let fraction = ty.length.unwrap_or(0).min(6) as u8;
        let charset = ty.charset.as_deref();
        let collation = match (&ty.collation, charset) {
            (Some(name), _) => typing::collation_named(name),
            (None, Some(charset)) => match typing::default_collation(charset) {
                None => return server(1115, "42000", format!("Unknown character set: '{charset}'")),
                found => found,
            },
            (None, None) => None,
        }
        .unwrap_or(self.query.types.collation);
        let chars = |default: u32| ty.length.unwrap_or(default);
        Ok(match &*ty.name {
            "SIGNED" | "BIGINT" => typing::integer(21, false),
            "UNSIGNED" => typing::integer(21, true),
            "INT" | "INTEGER" | "SERIAL" => typing::plain(TypeKind::Int),
            "TINYINT" | "BOOL" | "BOOLEAN" => typing::plain(TypeKind::TinyInt),
            "SMALLINT" => typing::plain(TypeKind::SmallInt),
            "MEDIUMINT" => typing::plain(TypeKind::MediumInt),
            "INT UNSIGNED" => DataType { unsigned: true, ..typing::plain(TypeKind::Int) },
            "BIGINT UNSIGNED" => typing::integer(20, true),
            "DATE" => typing::temporal(TypeKind::Date, 0),
            "TIME" => typing::temporal(TypeKind::Time, fraction),
            "DATETIME" => typing::temporal(TypeKind::DateTime, fraction),
            "TIMESTAMP" => typing::temporal(TypeKind::Timestamp, fraction),
            "YEAR" => DataType { length: 4, unsigned: true, ..typing::plain(TypeKind::Year) },
            "DECIMAL" | "DEC" | "NUMERIC" | "FIXED" => {
                let scale = ty.decimals.unwrap_or(0);
                DataType { length: ty.length.unwrap_or(10), decimals: scale as u8, ..typing::plain(TypeKind::Decimal) }
            }
            "FLOAT" if ty.length.unwrap_or(0) <= 24 => {
                DataType { length: 12, decimals: typing::NOT_FIXED, ..typing::plain(TypeKind::Float) }
            }
            "FLOAT" | "DOUBLE" | "REAL" => typing::double(),
            "JSON" => typing::json(),
            "BINARY" | "VARBINARY" => text_of(chars(u32::MAX), CollationId::BINARY),
            "NCHAR" => text_of(chars(u32::MAX), CollationId::UTF8MB3_GENERAL_CI),
            "VARCHAR" | "CHAR" => text_of(chars(u32::MAX), collation),
            "TEXT" | "TINYTEXT" | "MEDIUMTEXT" | "LONGTEXT" => {
                let (kind, length) = blob(&ty.name);
                DataType { length, collation, ..typing::plain(kind) }
            }
            "BLOB" | "TINYBLOB" | "MEDIUMBLOB" | "LONGBLOB" => {
                let (kind, length) = blob(&ty.name);
                DataType { length, ..typing::plain(kind) }
            }
            name if name.ends_with("GEOMETRY") || name.contains("POINT") || name.contains("POLYGON") => {
                typing::plain(TypeKind::Geometry)
            }
            _ => text_of(chars(1), collation),
        })
    }
}

/// Characters of a CAST: VARCHAR whatever the length; no length is kept as `u32::MAX`, which prints none.
fn text_of(chars: u32, collation: CollationId) -> DataType {
    DataType { length: chars, collation, ..typing::plain(TypeKind::VarChar) }
}

fn blob(name: &str) -> (TypeKind, u32) {
    match name {
        "TINYTEXT" | "TINYBLOB" => (TypeKind::TinyBlob, 255),
        "MEDIUMTEXT" | "MEDIUMBLOB" => (TypeKind::MediumBlob, 16_777_215),
        "LONGTEXT" | "LONGBLOB" => (TypeKind::LongBlob, u32::MAX),
        _ => (TypeKind::Blob, 65_535),
    }
}

/// Digits as the smallest type that holds them: signed, unsigned, exact.
fn integer(digits: &str) -> Value {
    if let Ok(n) = digits.parse::<i64>() {
        return Value::Int(n);
    }
    match digits.parse::<u64>() {
        Ok(n) => Value::UInt(n),
        Err(_) => Value::Decimal(read_decimal(digits).value),
    }
}

/// Error 1525.
pub(super) fn wrong_value(kind: &str, text: &str) -> ServerError {
    ServerError::new(1525, "HY000", format!("Incorrect {kind} value: '{text}'"))
}
