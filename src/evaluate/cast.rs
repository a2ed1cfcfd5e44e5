//! CAST and CONVERT.

use super::{Evaluator, Halt, Outcome};
use crate::catalog::{CollationId, DataType, TypeKind};
use crate::query::{ExprId, Level};
use crate::value::number::round_decimal;
use crate::value::{StoreRules, Temporal, Value, store};

impl Evaluator<'_> {
    pub(super) fn cast(&mut self, arg: ExprId, ty: &DataType) -> Outcome {
        let value = self.value(arg)?;
        if value.is_null() {
            return Ok(Value::Null);
        }
        let text = || value.to_text().unwrap_or_default().into_owned();
        match ty.kind {
            TypeKind::TinyInt | TypeKind::SmallInt | TypeKind::MediumInt | TypeKind::Int | TypeKind::BigInt => {
                let Some(read) = value.to_integer() else { return Ok(Value::Null) };
                if !read.clean {
                    self.warn_truncated("INTEGER", &text());
                }
                Ok(if ty.unsigned { Value::UInt(read.value as u64) } else { Value::Int(read.value as i64) })
            }
            TypeKind::Decimal => {
                let Some(read) = value.to_decimal() else { return Ok(Value::Null) };
                if !read.clean {
                    self.warn_truncated("DECIMAL", &text());
                }
                Ok(store(&Value::Decimal(round_decimal(&read.value, i64::from(ty.decimals))), ty, StoreRules::default()).value)
            }
            TypeKind::Double | TypeKind::Float => {
                let Some(read) = value.to_double() else { return Ok(Value::Null) };
                if !read.clean {
                    self.warn_truncated("DOUBLE", &text());
                }
                Ok(Value::Double(if ty.kind == TypeKind::Float { f64::from(read.value as f32) } else { read.value }))
            }
            TypeKind::Date => Ok(self.read_datetime(&value).map_or(Value::Null, |read| Value::Date(read.date_part()))),
            TypeKind::DateTime | TypeKind::Timestamp => Ok(self
                .read_datetime(&value)
                .and_then(|read| read.rounded(ty.decimals, false))
                .map_or(Value::Null, Value::DateTime)),
            TypeKind::Time => match value.to_time() {
                Some(read) => Ok(read.value.rounded(ty.decimals, true).map_or(Value::Null, Value::Time)),
                None => {
                    self.warn_truncated("time", &text());
                    Ok(Value::Null)
                }
            },
            TypeKind::Year => Ok(store(&value, ty, StoreRules::default()).value),
            TypeKind::Char | TypeKind::VarChar => Ok(self.cast_text(&value, ty)),
            TypeKind::Json => match &value {
                Value::Json(_) => Ok(value),
                _ => match serde_json::from_str::<serde_json::Value>(&text()) {
                    Ok(_) => Ok(Value::Json(text().into())),
                    Err(_) => Err(Halt::Unknown),
                },
            },
            _ if ty.collation == CollationId::BINARY => Ok(Value::Bytes(text().into_bytes().into())),
            _ => Ok(Value::text(text())),
        }
    }

    fn read_datetime(&mut self, value: &Value) -> Option<Temporal> {
        let read = match value {
            Value::Time(time) => return Some(self.on_current_date(time)),
            _ => value.to_datetime(self.dates()),
        };
        if read.is_none() {
            let text = value.to_text().unwrap_or_default().into_owned();
            self.warn(Level::Warning, 1292, format!("Incorrect datetime value: '{text}'"));
        }
        read.map(|read| read.value)
    }

    fn cast_text(&mut self, value: &Value, ty: &DataType) -> Value {
        let text = value.to_text().unwrap_or_default();
        let limit = ty.length as usize;
        let text = match text.char_indices().nth(limit) {
            Some((end, _)) if limit > 0 => &text[..end],
            _ => &text[..],
        };
        if ty.collation == CollationId::BINARY { Value::Bytes(text.as_bytes().into()) } else { Value::text(text) }
    }

    pub(super) fn convert_using(&mut self, arg: ExprId, charset: &str) -> Outcome {
        let value = self.value(arg)?;
        if value.is_null() {
            return Ok(Value::Null);
        }
        let text = value.to_text().unwrap_or_default();
        Ok(if charset.eq_ignore_ascii_case("binary") { Value::Bytes(text.as_bytes().into()) } else { Value::text(&*text) })
    }
}
