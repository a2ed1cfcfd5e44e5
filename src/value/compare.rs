//! Comparing values in a class (spec 02 §4.9-1).

use super::collation::compare_strings;
use super::temporal::DateRules;
use super::types::{CollationId, DataType, TypeKind};
use super::{Temporal, Value};
use std::cmp::Ordering;

/// The class in which two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComparisonClass {
    /// As integers.
    Int,
    /// As exact numbers.
    Decimal,
    /// As approximate numbers.
    Real,
    /// As strings under a collation.
    Str(CollationId),
    /// As dates with time.
    DateTime,
    /// As times.
    Time,
}

/// Order of two values in a class; none if one is NULL (or is no value of a temporal class).
pub fn compare(a: &Value, b: &Value, class: ComparisonClass) -> Option<Ordering> {
    if a.is_null() || b.is_null() {
        return None;
    }
    match class {
        ComparisonClass::Int => Some(a.to_integer()?.value.cmp(&b.to_integer()?.value)),
        ComparisonClass::Decimal => Some(a.to_decimal()?.value.cmp(&b.to_decimal()?.value)),
        ComparisonClass::Real => a.to_double()?.value.partial_cmp(&b.to_double()?.value),
        ComparisonClass::Str(collation) => Some(compare_texts(a, b, collation)),
        ComparisonClass::DateTime => Some(as_datetime(a)?.sort_number().cmp(&as_datetime(b)?.sort_number())),
        ComparisonClass::Time => Some(a.to_time()?.value.time_micros().cmp(&b.to_time()?.value.time_micros())),
    }
}

fn as_datetime(value: &Value) -> Option<Temporal> {
    let rules = DateRules { allow_invalid: true, ..DateRules::default() };
    value.to_datetime(rules).map(|read| read.value)
}

fn compare_texts(a: &Value, b: &Value, collation: CollationId) -> Ordering {
    if let (Value::Bytes(a), Value::Bytes(b)) = (a, b) {
        return a.cmp(b);
    }
    match (a.to_text(), b.to_text()) {
        (Some(a), Some(b)) => compare_strings(&a, &b, collation),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// The number of an ENUM member (from 1) by its text; 0 if there is none. Trailing blanks do not count.
pub fn enum_index(ty: &DataType, text: &str) -> usize {
    let text = text.trim_end_matches(' ');
    let members = ty.members.as_deref().unwrap_or_default();
    members
        .iter()
        .position(|member| compare_strings(member.trim_end_matches(' '), text, ty.collation) == Ordering::Equal)
        .map_or(0, |at| at + 1)
}

/// The bits of a SET value by its text; none if a member is unknown.
pub fn set_bits(ty: &DataType, text: &str) -> Option<u64> {
    if text.is_empty() {
        return Some(0);
    }
    text.split(',').try_fold(0u64, |bits, member| match enum_index(ty, member) {
        0 => None,
        at => Some(bits | 1 << (at - 1).min(63)),
    })
}

/// Order of two values of a column, as its indexes order them; NULL is first.
pub fn compare_in_type(a: &Value, b: &Value, ty: &DataType) -> Ordering {
    let nulls = b.is_null().cmp(&a.is_null());
    if nulls != Ordering::Equal || a.is_null() {
        return nulls;
    }
    let class = match ty.kind {
        TypeKind::TinyInt | TypeKind::SmallInt | TypeKind::MediumInt | TypeKind::Int | TypeKind::BigInt | TypeKind::Year => {
            ComparisonClass::Int
        }
        TypeKind::Bit => ComparisonClass::Int,
        TypeKind::Decimal => ComparisonClass::Decimal,
        TypeKind::Float | TypeKind::Double => ComparisonClass::Real,
        TypeKind::Date | TypeKind::DateTime | TypeKind::Timestamp => ComparisonClass::DateTime,
        TypeKind::Time => ComparisonClass::Time,
        TypeKind::Enum => {
            let number = |value: &Value| value.to_text().map_or(0, |text| enum_index(ty, &text));
            return number(a).cmp(&number(b));
        }
        TypeKind::Set => {
            let bits = |value: &Value| value.to_text().and_then(|text| set_bits(ty, &text)).unwrap_or(0);
            return bits(a).cmp(&bits(b));
        }
        _ => ComparisonClass::Str(ty.collation),
    };
    compare(a, b, class).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_class_decides() {
        let (a, b) = (Value::text("10"), Value::text("9"));
        assert_eq!(compare(&a, &b, ComparisonClass::Str(CollationId::UTF8MB4_0900_AI_CI)), Some(Ordering::Less));
        assert_eq!(compare(&a, &b, ComparisonClass::Real), Some(Ordering::Greater));
        assert_eq!(compare(&a, &Value::Null, ComparisonClass::Real), None);
        let date = Value::Date(Temporal::date(2020, 1, 5));
        assert_eq!(compare(&date, &Value::text("2020-01-05"), ComparisonClass::DateTime), Some(Ordering::Equal));
    }
}
