//! Constants as index keys: which can be compared by index order, and what they become (spec 03 §2.3, §2.4).

use super::key_value::KeyValue;
use super::setup::Part;
use crate::catalog::{CollationId, DataType, ResultClass, Settings, TypeKind, collation};
use crate::query::{ExprId, Query};
use crate::value::Value;
use crate::value::collation::compare_strings;
use crate::value::compare::{ComparisonClass, compare, enum_index, set_bits};
use crate::value::number::{print_double, print_float};
use crate::value::store::{self as storing, StoreOutcome};
use bigdecimal::Zero;
use std::cmp::Ordering;
use std::sync::Arc;

/// What storing a constant into the column tells about a comparison with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The stored value serves, after adjusting whether ends are open.
    Usable,
    /// Characters that the column's character set lacks.
    InvalidCharacters,
    /// No value of the type at all.
    Bad,
    /// Beyond the type's range; on which side is known for numbers.
    OutOfRange {
        /// Above the largest value; none for types that are no numbers.
        above: Option<bool>,
    },
    /// The time of day was cut off a DATE.
    TimeCutInDate,
    /// The time of day was cut off something else.
    TimeCut,
}

/// A constant as an index holds it.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The key value.
    pub key: KeyValue,
    /// What happened on the way.
    pub outcome: Outcome,
    /// The stored value compared with the original one.
    pub order: Ordering,
    /// The original is a negative integer.
    pub negative_integer: bool,
}

/// Stores a constant into a key part.
pub fn store(part: &Part, value: &Value, settings: &Settings) -> Stored {
    let rules = settings.lenient_store_rules();
    let stored = storing::store(value, &part.ty, rules);
    let outcome = outcome_of(part, value, &stored);
    let order = order_of(part, &stored.value, value);
    let negative_integer = matches!(value, Value::Int(number) if *number < 0);
    Stored { key: key_of(part, &stored.value), outcome, order, negative_integer }
}

fn outcome_of(part: &Part, original: &Value, stored: &storing::Stored) -> Outcome {
    match stored.outcome {
        StoreOutcome::OutOfRange { .. } => {
            let numeric = part.ty.is_numeric() && part.ty.kind != TypeKind::Bit;
            Outcome::OutOfRange { above: numeric.then(|| is_above(&stored.value)) }
        }
        StoreOutcome::TimeTruncated if part.ty.kind == TypeKind::Date => Outcome::TimeCutInDate,
        StoreOutcome::TimeTruncated => Outcome::TimeCut,
        StoreOutcome::Invalid if part.ty.is_plain_string() => Outcome::InvalidCharacters,
        StoreOutcome::Invalid => Outcome::Bad,
        _ if part.ty.is_plain_string() && !fits_charset(original, part.ty.collation) => Outcome::InvalidCharacters,
        _ => Outcome::Usable,
    }
}

/// Was the value above the range? Told by the nearest value that was stored (spec 03 §2.4).
fn is_above(stored: &Value) -> bool {
    match stored {
        Value::Int(number) => *number > 0,
        Value::UInt(number) => *number > 0,
        Value::Decimal(number) => *number > bigdecimal::BigDecimal::zero(),
        Value::Double(number) => *number > 0.0,
        _ => false,
    }
}

fn fits_charset(value: &Value, collation: CollationId) -> bool {
    let Value::Str(text) = value else { return true };
    if text.is_ascii() {
        return true;
    }
    match collation::info(collation).charset() {
        "ascii" => false,
        "utf8mb3" | "ucs2" => text.chars().all(|c| c.len_utf8() < 4),
        "latin1" => text.chars().all(|c| (c as u32) < 256 || in_windows_1252(c)),
        _ => true,
    }
}

fn in_windows_1252(c: char) -> bool {
    "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ".contains(c)
}

/// Stored against original, in the class in which both can be compared exactly.
fn order_of(part: &Part, stored: &Value, original: &Value) -> Ordering {
    let ty = &part.ty;
    let integer = |value: &Value| matches!(value, Value::Int(_) | Value::UInt(_));
    let class = match ty.kind {
        TypeKind::Time => ComparisonClass::Time,
        _ if ty.is_temporal() => ComparisonClass::DateTime,
        _ if ty.is_numeric() && integer(original) && ty.result_class() == ResultClass::Int => return Ordering::Equal,
        _ if ty.is_numeric() => match (stored, original) {
            (Value::Double(_), _) | (_, Value::Double(_)) => ComparisonClass::Real,
            _ => ComparisonClass::Decimal,
        },
        _ => ComparisonClass::Str(ty.collation),
    };
    compare(stored, original, class).unwrap_or(Ordering::Equal)
}

/// A value of the part's own type as a key, cut to a prefix.
pub fn key_of(part: &Part, value: &Value) -> KeyValue {
    let ty = &part.ty;
    match value {
        Value::Null => KeyValue::Null,
        Value::Int(number) => KeyValue::Integer(i128::from(*number)),
        Value::UInt(number) => KeyValue::Integer(i128::from(*number)),
        Value::Decimal(number) => KeyValue::Decimal(number.clone()),
        Value::Double(number) => KeyValue::Double(*number),
        Value::Date(moment) | Value::DateTime(moment) => KeyValue::Moment(*moment),
        Value::Time(time) => KeyValue::Time(*time),
        Value::Bytes(bytes) if ty.kind == TypeKind::Bit => {
            KeyValue::Integer(i128::from(crate::value::convert::bytes_to_integer(bytes)))
        }
        Value::Bytes(bytes) => {
            let kept = &bytes[..bytes.len().min(part.length as usize)];
            KeyValue::Bytes { bytes: kept.into(), pad: 0 }
        }
        Value::Str(text) => match ty.kind {
            TypeKind::Enum => KeyValue::Integer(enum_index(ty, text) as i128),
            TypeKind::Set => KeyValue::Integer(i128::from(set_bits(ty, text).unwrap_or(0))),
            _ => KeyValue::Text { text: cut(part, text), collation: ty.collation },
        },
        Value::Json(text) => KeyValue::Text { text: text.clone(), collation: ty.collation },
    }
}

fn cut(part: &Part, text: &Arc<str>) -> Arc<str> {
    let Some(chars) = part.prefix_chars else { return text.clone() };
    match text.char_indices().nth(chars as usize) {
        Some((end, _)) => text[..end].into(),
        None => text.clone(),
    }
}

/// Order of texts under a collation.
pub fn compare_text(collation: CollationId, a: &str, b: &str) -> Ordering {
    compare_strings(a, b, collation)
}

/// True and not NULL.
pub fn is_true(value: &Value) -> bool {
    value.truth() == Some(true)
}

/// A value as characters; empty for NULL.
pub fn text_of(value: &Value) -> String {
    value.to_text().unwrap_or_default().into_owned()
}

/// An approximate number as SELECT prints it.
pub fn double_text(number: f64, float: bool) -> String {
    if float { print_float(number) } else { print_double(number) }
}

/// The class in which a list value is compared with a column; NOT IN needs one class for all (spec 03 §2.2).
pub fn list_class(column: &DataType, value: &DataType) -> ComparisonClass {
    match (column.result_class(), value.result_class()) {
        _ if column.kind == TypeKind::Time => ComparisonClass::Time,
        _ if column.is_temporal() => ComparisonClass::DateTime,
        (ResultClass::Int, ResultClass::Int) => ComparisonClass::Int,
        (ResultClass::Str, ResultClass::Str) => ComparisonClass::Str(column.collation),
        (ResultClass::Int | ResultClass::Decimal, ResultClass::Int | ResultClass::Decimal) => ComparisonClass::Decimal,
        _ => ComparisonClass::Real,
    }
}

/// Can a column be compared with a value in index order (spec 03 §2.3)? `column` and `value` are the predicate's operands.
pub fn comparable(query: &Query, part: &DataType, column: ExprId, value: ExprId, equality: bool) -> bool {
    let value_facts = query.exprs.facts(value);
    let value_ty = &value_facts.ty;
    if value_ty.kind == TypeKind::Null {
        return true;
    }
    if value_ty.kind == TypeKind::Json {
        return false;
    }
    let string_value = value_ty.result_class() == ResultClass::Str && !value_ty.is_temporal();
    if part.is_plain_string() && string_value {
        let used = comparison_collation(query, column, value);
        if used != part.collation {
            return equality && is_binary_collation(used);
        }
        return true;
    }
    if part.result_class() == ResultClass::Str && !part.is_temporal() && value_ty.is_temporal() {
        return false;
    }
    if part.kind == TypeKind::Time && value_ty.is_temporal_with_date() {
        return false;
    }
    !(part.is_plain_string() && value_ty.result_class() != ResultClass::Str)
}

/// The collation in which two strings are compared: the one of lower coercibility.
pub fn comparison_collation(query: &Query, a: ExprId, b: ExprId) -> CollationId {
    let (a, b) = (query.exprs.facts(a), query.exprs.facts(b));
    match a.coercibility.cmp(&b.coercibility) {
        Ordering::Less => a.ty.collation,
        Ordering::Greater => b.ty.collation,
        Ordering::Equal if is_binary_collation(b.ty.collation) => b.ty.collation,
        Ordering::Equal => a.ty.collation,
    }
}

fn is_binary_collation(id: CollationId) -> bool {
    let name = collation::info(id).name;
    name.ends_with("_bin") || name == "binary"
}

/// A key value as a plain value (for histograms); none for what has none.
pub fn plain_value(key: &KeyValue, part: &Part) -> Option<Value> {
    Some(match key {
        KeyValue::Null => Value::Null,
        KeyValue::Integer(_) if matches!(part.ty.kind, TypeKind::Enum | TypeKind::Set) => return None,
        KeyValue::Integer(number) => Value::integer(*number)?,
        KeyValue::Decimal(number) => Value::Decimal(number.clone()),
        KeyValue::Double(number) => Value::Double(*number),
        KeyValue::Moment(moment) if part.ty.kind == TypeKind::Date => Value::Date(*moment),
        KeyValue::Moment(moment) => Value::DateTime(*moment),
        KeyValue::Time(time) => Value::Time(*time),
        KeyValue::Text { text, .. } => Value::Str(text.clone()),
        KeyValue::Bytes { bytes, .. } => Value::Bytes(bytes.clone()),
        KeyValue::Unknown(_) => return None,
    })
}
