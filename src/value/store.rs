//! Storing a value into a column: what the column holds then, and what was lost (spec 02 §4.9-2, 03 §2.4).

use super::compare::{enum_index, set_bits};
use super::number::{
    decimal_digits, double_to_decimal, is_negative, limit_decimal, read_decimal, read_double, round_decimal, round_double,
};
use super::temporal::{DateRules, number_to_datetime};
use super::types::{CollationId, DataType, TypeKind};
use super::{Temporal, Value};
use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, Zero};

/// What happened to a value on its way into a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreOutcome {
    /// Nothing was lost.
    Exact,
    /// Digits of a fraction were rounded or cut: a note at most.
    Rounded,
    /// A fraction of a second was rounded, or the date of a TIME value dropped: a note.
    TimeNote,
    /// The time of day was cut off a DATE column's value: a note.
    TimeTruncated,
    /// Characters were dropped: a text that is too long, or that is only partly a number or date.
    Truncated,
    /// A text that is no number at all gave zero.
    NotANumber,
    /// Beyond the type's range: the nearest value was stored.
    OutOfRange {
        /// Above the largest value.
        high: bool,
    },
    /// No value of the type at all (a text that is no date, a member that does not exist).
    Invalid,
}

/// A stored value.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// What the column holds.
    pub value: Value,
    /// How it got there.
    pub outcome: StoreOutcome,
}

/// What of a session decides how values are stored.
#[derive(Clone, Copy, Debug, Default)]
pub struct StoreRules {
    /// Rules for dates.
    pub dates: DateRules,
    /// Offset of the session's time zone from UTC in seconds.
    pub time_zone_seconds: i32,
}

fn exact(value: Value) -> Stored {
    Stored { value, outcome: StoreOutcome::Exact }
}

/// Stores a value into a column of a type. NULL stays NULL (whether the column takes it is the caller's question).
pub fn store(value: &Value, ty: &DataType, rules: StoreRules) -> Stored {
    if value.is_null() {
        return exact(Value::Null);
    }
    match ty.kind {
        TypeKind::TinyInt | TypeKind::SmallInt | TypeKind::MediumInt | TypeKind::Int | TypeKind::BigInt => {
            store_integer(value, ty)
        }
        TypeKind::Year => store_year(value),
        TypeKind::Bit => store_bit(value, ty),
        TypeKind::Decimal => store_decimal(value, ty),
        TypeKind::Float | TypeKind::Double => store_double(value, ty),
        TypeKind::Date => store_date(value, rules),
        TypeKind::DateTime | TypeKind::Timestamp => store_datetime(value, ty, rules),
        TypeKind::Time => store_time(value, ty),
        TypeKind::Enum => store_enum(value, ty),
        TypeKind::Set => store_set(value, ty),
        TypeKind::Json => match value {
            Value::Json(_) => exact(value.clone()),
            _ => exact(value.to_text().map_or(Value::Null, |text| Value::Json(text.into()))),
        },
        TypeKind::Char | TypeKind::VarChar => store_text(value, ty),
        _ => store_blob(value, ty),
    }
}

/// Smallest and largest value of an integer type.
pub fn integer_range(ty: &DataType) -> (i128, i128) {
    let bits = match ty.kind {
        TypeKind::TinyInt => 8,
        TypeKind::SmallInt => 16,
        TypeKind::MediumInt => 24,
        TypeKind::Int => 32,
        _ => 64,
    };
    if ty.unsigned { (0, (1 << bits) - 1) } else { (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) }
}

/// The number that a value stands for, exactly, and what reading it lost.
fn read_number(value: &Value) -> (BigDecimal, StoreOutcome) {
    match value {
        Value::Str(text) | Value::Json(text) => {
            let read = read_decimal(text);
            if read.whole {
                return (read.value, StoreOutcome::Exact);
            }
            let begins_with_number =
                text.trim_start().trim_start_matches(['-', '+', '.']).starts_with(|c: char| c.is_ascii_digit());
            (read.value, if begins_with_number { StoreOutcome::Truncated } else { StoreOutcome::NotANumber })
        }
        Value::Double(number) => match double_to_decimal(*number) {
            Some((number, _)) => (number, StoreOutcome::Exact),
            None => (BigDecimal::zero(), StoreOutcome::OutOfRange { high: *number > 0.0 }),
        },
        _ => (value.to_decimal().map_or_else(BigDecimal::zero, |read| read.value), StoreOutcome::Exact),
    }
}

fn store_integer(value: &Value, ty: &DataType) -> Stored {
    let (low, high) = integer_range(ty);
    let typed = |number: i128| {
        if ty.unsigned { Value::UInt(number.max(0) as u64) } else { Value::Int(number as i64) }
    };
    let (number, mut outcome) = match value {
        Value::Int(number) => (Some(i128::from(*number)), StoreOutcome::Exact),
        Value::UInt(number) => (Some(i128::from(*number)), StoreOutcome::Exact),
        Value::Bytes(bytes) => (Some(i128::from(super::convert::bytes_to_integer(bytes))), StoreOutcome::Exact),
        Value::Double(number) => {
            let rounded = number.round_ties_even();
            let outcome = if rounded == *number { StoreOutcome::Exact } else { StoreOutcome::Rounded };
            (super::number::double_to_integer(*number).or(Some(if *number < 0.0 { i128::MIN } else { i128::MAX })), outcome)
        }
        _ => {
            let (number, outcome) = read_number(value);
            let rounded = round_decimal(&number, 0);
            let outcome = if outcome == StoreOutcome::Exact && rounded != number { StoreOutcome::Rounded } else { outcome };
            let limit = if is_negative(&number) { i128::MIN } else { i128::MAX };
            (Some(super::number::decimal_to_integer(&number).unwrap_or(limit)), outcome)
        }
    };
    let number = number.unwrap_or(0);
    let clamped = number.clamp(low, high);
    if clamped != number {
        outcome = StoreOutcome::OutOfRange { high: number > high };
    }
    Stored { value: typed(clamped), outcome }
}

fn store_year(value: &Value) -> Stored {
    let (number, mut outcome) = match value {
        Value::Date(date) | Value::DateTime(date) => (BigDecimal::from(date.year), StoreOutcome::Exact),
        _ => read_number(value),
    };
    let is_text = matches!(value, Value::Str(_));
    let text_digits = value.to_text().map_or(0, |text| text.trim().len());
    let year = super::number::decimal_to_integer(&number).unwrap_or(-1);
    if outcome == StoreOutcome::Exact && round_decimal(&number, 0) != number {
        outcome = StoreOutcome::Rounded;
    }
    let full = match year {
        0 if !is_text || text_digits == 4 => 0,
        0..=69 if year < 70 && (is_text || year > 0) => year + 2000,
        70..=99 => year + 1900,
        1901..=2155 => year,
        _ => {
            return Stored { value: Value::UInt(0), outcome: StoreOutcome::OutOfRange { high: year > 2155 } };
        }
    };
    Stored { value: Value::UInt(full as u64), outcome }
}

fn store_bit(value: &Value, ty: &DataType) -> Stored {
    let bits = ty.length.clamp(1, 64);
    let bytes = bits.div_ceil(8) as usize;
    let (number, outcome) = match value {
        Value::Str(text) => {
            let long = text.len() > 8;
            (i128::from(super::convert::bytes_to_integer(text.as_bytes())) + if long { 1 << 64 } else { 0 }, StoreOutcome::Exact)
        }
        _ => (value.to_integer().map_or(0, |read| read.value), StoreOutcome::Exact),
    };
    let high = (1i128 << bits) - 1;
    let number = if number < 0 { number + (1 << 64) } else { number };
    let clamped = number.min(high);
    let outcome = if clamped == number { outcome } else { StoreOutcome::OutOfRange { high: true } };
    Stored { value: Value::Bytes((clamped as u64).to_be_bytes()[8 - bytes..].into()), outcome }
}

fn store_decimal(value: &Value, ty: &DataType) -> Stored {
    let (number, mut outcome) = read_number(value);
    if let StoreOutcome::OutOfRange { high } = outcome {
        return Stored { value: Value::Decimal(largest_decimal(ty, !high)), outcome };
    }
    let scale = i64::from(ty.decimals);
    let rounded = round_decimal(&number, scale);
    if rounded != number && outcome == StoreOutcome::Exact {
        outcome = StoreOutcome::Rounded;
    }
    if ty.unsigned && is_negative(&rounded) {
        return Stored {
            value: Value::Decimal(BigDecimal::zero().with_scale(scale)),
            outcome: StoreOutcome::OutOfRange { high: false },
        };
    }
    if !rounded.is_zero() && decimal_digits(&rounded) > i64::from(ty.length) {
        let high = !is_negative(&rounded);
        return Stored { value: Value::Decimal(largest_decimal(ty, !high)), outcome: StoreOutcome::OutOfRange { high } };
    }
    Stored { value: Value::Decimal(rounded), outcome }
}

/// The largest (or smallest) number of a DECIMAL type.
pub fn largest_decimal(ty: &DataType, negative: bool) -> BigDecimal {
    let nines = BigInt::from(10).pow(ty.length.min(65)) - BigInt::from(1);
    let largest = BigDecimal::new(nines, i64::from(ty.decimals));
    match (negative, ty.unsigned) {
        (true, true) => BigDecimal::zero().with_scale(i64::from(ty.decimals)),
        (true, false) => -largest,
        _ => largest,
    }
}

/// Decimals of types whose number of decimals is not fixed.
const NOT_FIXED: u8 = 31;

fn store_double(value: &Value, ty: &DataType) -> Stored {
    let (number, mut outcome) = match value {
        Value::Str(text) => {
            let read = read_double(text);
            let (_, outcome) = read_number(value);
            (read.value, if read.whole { StoreOutcome::Exact } else { outcome })
        }
        _ => (value.to_double().map_or(0.0, |read| read.value), StoreOutcome::Exact),
    };
    let mut stored = number;
    if ty.decimals < NOT_FIXED {
        let limit = 10f64.powi(ty.length as i32 - i32::from(ty.decimals)) - 10f64.powi(-i32::from(ty.decimals));
        stored = round_double(number, i64::from(ty.decimals), false);
        if stored.abs() > limit {
            outcome = StoreOutcome::OutOfRange { high: stored > 0.0 };
            stored = limit.copysign(stored);
        } else if stored != number && outcome == StoreOutcome::Exact {
            outcome = StoreOutcome::Rounded;
        }
    }
    if ty.kind == TypeKind::Float {
        if stored.abs() > f64::from(f32::MAX) {
            outcome = StoreOutcome::OutOfRange { high: stored > 0.0 };
            stored = f64::from(f32::MAX).copysign(stored);
        }
        stored = f64::from(stored as f32);
    }
    if ty.unsigned && stored < 0.0 {
        outcome = StoreOutcome::OutOfRange { high: false };
        stored = 0.0;
    }
    Stored { value: Value::Double(stored), outcome }
}

fn invalid(value: Value) -> Stored {
    Stored { value, outcome: StoreOutcome::Invalid }
}

/// The date with time that a value is for storing, and what reading it lost; none if it is none.
fn read_for_date(value: &Value, rules: StoreRules) -> Option<(Temporal, StoreOutcome)> {
    if let Value::Time(time) = value {
        // A time of day is put on the current date by the server; the caller has no clock, so the time counts from day zero.
        return Some((*time, StoreOutcome::Exact));
    }
    let read = value.to_datetime(rules.dates)?;
    Some((read.value, if read.clean { StoreOutcome::Exact } else { StoreOutcome::Truncated }))
}

fn store_date(value: &Value, rules: StoreRules) -> Stored {
    let Some((read, outcome)) = read_for_date(value, rules) else {
        return invalid(Value::Date(Temporal::ZERO));
    };
    let outcome = match outcome {
        StoreOutcome::Exact if !read.is_midnight() => StoreOutcome::TimeTruncated,
        other => other,
    };
    Stored { value: Value::Date(read.date_part()), outcome }
}

fn store_datetime(value: &Value, ty: &DataType, rules: StoreRules) -> Stored {
    let Some((read, mut outcome)) = read_for_date(value, rules) else {
        return invalid(Value::DateTime(Temporal { decimals: ty.decimals, ..Temporal::ZERO }));
    };
    let Some(rounded) = read.rounded(ty.decimals, false) else {
        return Stored {
            value: Value::DateTime(read.with_decimals(ty.decimals)),
            outcome: StoreOutcome::OutOfRange { high: true },
        };
    };
    if rounded.microsecond != read.microsecond && outcome == StoreOutcome::Exact {
        outcome = StoreOutcome::TimeNote;
    }
    if ty.kind == TypeKind::Timestamp
        && !rounded.is_zero_date()
        && let Some(high) = outside_timestamp(&rounded, rules.time_zone_seconds)
    {
        outcome = StoreOutcome::OutOfRange { high };
    }
    Stored { value: Value::DateTime(rounded), outcome }
}

/// Seconds from the beginning of the calendar to 1970.
const EPOCH_SECONDS: i64 = 719_528 * 86_400;

/// Is the local date outside of what TIMESTAMP holds, and on which side?
pub fn outside_timestamp(local: &Temporal, time_zone_seconds: i32) -> Option<bool> {
    let seconds = local.micros().div_euclid(1_000_000) - EPOCH_SECONDS - i64::from(time_zone_seconds);
    if seconds < 1 {
        Some(false)
    } else if seconds > i64::from(i32::MAX) {
        Some(true)
    } else {
        None
    }
}

fn store_time(value: &Value, ty: &DataType) -> Stored {
    let Some(read) = value.to_time() else {
        return invalid(Value::Time(Temporal { decimals: ty.decimals, ..Temporal::ZERO }));
    };
    let has_date = match value {
        Value::Date(_) | Value::DateTime(_) => true,
        Value::Str(text) => {
            text.len() >= 12 && super::temporal::read_datetime(text, DateRules::default()).is_some_and(|read| read.has_time)
        }
        Value::Int(number) => number_to_datetime(*number, 0, 0, DateRules::default()).is_some_and(|read| read.has_time),
        _ => false,
    };
    let rounded = read.value.rounded(ty.decimals, true).unwrap_or(read.value);
    let outcome = if !read.clean {
        if rounded.hour >= 838 { StoreOutcome::OutOfRange { high: !rounded.negative } } else { StoreOutcome::Truncated }
    } else if has_date || rounded.microsecond != read.value.microsecond {
        StoreOutcome::TimeNote
    } else {
        StoreOutcome::Exact
    };
    Stored { value: Value::Time(rounded), outcome }
}

fn member_text(ty: &DataType, number: usize) -> Option<Value> {
    let members = ty.members.as_deref().unwrap_or_default();
    number.checked_sub(1).and_then(|at| members.get(at)).map(|member| Value::text(&**member))
}

fn store_enum(value: &Value, ty: &DataType) -> Stored {
    let number = match value {
        Value::Str(text) => match enum_index(ty, text) {
            0 => text.trim().parse().unwrap_or(0),
            at => at,
        },
        _ => value.to_integer().and_then(|read| usize::try_from(read.value).ok()).unwrap_or(usize::MAX),
    };
    match member_text(ty, number) {
        Some(member) => exact(member),
        None if number == 0 && !matches!(value, Value::Str(_)) => exact(Value::text("")),
        None => Stored { value: Value::text(""), outcome: StoreOutcome::Truncated },
    }
}

fn store_set(value: &Value, ty: &DataType) -> Stored {
    let members = ty.members.as_deref().unwrap_or_default();
    let all = if members.len() >= 64 { u64::MAX } else { (1u64 << members.len()) - 1 };
    let mut outcome = StoreOutcome::Exact;
    let bits = match value {
        Value::Str(text) => set_bits(ty, text).unwrap_or_else(|| {
            outcome = StoreOutcome::Truncated;
            text.split(',').filter_map(|member| set_bits(ty, member)).fold(0, |all, bit| all | bit)
        }),
        _ => value.to_integer().map_or(0, |read| read.value as u64),
    };
    if bits & !all != 0 {
        outcome = StoreOutcome::Truncated;
    }
    let names: Vec<&str> =
        members.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, member)| &**member).collect();
    Stored { value: Value::text(names.join(",")), outcome }
}

fn store_text(value: &Value, ty: &DataType) -> Stored {
    let length = ty.length as usize;
    if ty.collation == CollationId::BINARY {
        let mut bytes = match value {
            Value::Bytes(bytes) => bytes.to_vec(),
            _ => value.to_text().map_or_else(Vec::new, |text| text.as_bytes().to_vec()),
        };
        let cut = bytes.len() > length;
        bytes.truncate(length);
        if ty.kind == TypeKind::Char {
            bytes.resize(length, 0);
        }
        let outcome = if cut { StoreOutcome::Truncated } else { StoreOutcome::Exact };
        return Stored { value: Value::Bytes(bytes.into()), outcome };
    }
    let text = value.to_text().unwrap_or_default();
    let (kept, mut outcome) = match text.char_indices().nth(length) {
        Some((end, _)) if text[end..].trim_end_matches(' ').is_empty() => (&text[..end], StoreOutcome::Exact),
        Some((end, _)) => (&text[..end], StoreOutcome::Truncated),
        None => (&text[..], StoreOutcome::Exact),
    };
    if let Value::Bytes(bytes) = value
        && std::str::from_utf8(bytes).is_err()
    {
        outcome = StoreOutcome::Invalid;
    }
    let kept = if ty.kind == TypeKind::Char { kept.trim_end_matches(' ') } else { kept };
    match value {
        Value::Str(whole) if whole.len() == kept.len() => Stored { value: value.clone(), outcome },
        _ => Stored { value: Value::text(kept), outcome },
    }
}

fn store_blob(value: &Value, ty: &DataType) -> Stored {
    match value {
        Value::Str(_) if ty.collation != CollationId::BINARY => exact(value.clone()),
        Value::Bytes(_) => exact(value.clone()),
        _ => {
            let text = value.to_text().unwrap_or_default();
            if ty.collation == CollationId::BINARY {
                exact(Value::Bytes(text.as_bytes().into()))
            } else {
                exact(Value::text(&*text))
            }
        }
    }
}

/// Reads a value of a type from the text in which a client would print it (rows and results in a bundle).
pub fn read_typed(text: &str, ty: &DataType) -> Value {
    let rules = StoreRules { dates: DateRules { allow_invalid: true, ..DateRules::default() }, time_zone_seconds: 0 };
    let value = Value::text(text);
    if ty.kind == TypeKind::Timestamp {
        return store(&value, &DataType { kind: TypeKind::DateTime, ..ty.clone() }, rules).value;
    }
    if ty.kind == TypeKind::Decimal {
        return Value::Decimal(limit_decimal(read_decimal(text).value).0);
    }
    store(&value, ty, rules).value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ty(kind: TypeKind, length: u32, decimals: u8) -> DataType {
        DataType {
            kind,
            unsigned: false,
            zerofill: false,
            length,
            decimals,
            collation: if matches!(kind, TypeKind::Char | TypeKind::VarChar | TypeKind::Enum | TypeKind::Set) {
                CollationId::UTF8MB4_0900_AI_CI
            } else {
                CollationId::BINARY
            },
            members: None,
        }
    }

    fn stored(value: Value, ty: &DataType) -> (String, StoreOutcome) {
        let stored = store(&value, ty, StoreRules::default());
        (stored.value.to_text().unwrap_or_default().into_owned(), stored.outcome)
    }

    #[test]
    fn integers_round_and_clamp() {
        let int = ty(TypeKind::TinyInt, 4, 0);
        assert_eq!(stored(Value::text("5"), &int), ("5".into(), StoreOutcome::Exact));
        assert_eq!(stored(Value::text("5.5"), &int), ("6".into(), StoreOutcome::Rounded));
        assert_eq!(stored(Value::text("5x"), &int), ("5".into(), StoreOutcome::Truncated));
        assert_eq!(stored(Value::text("x"), &int), ("0".into(), StoreOutcome::NotANumber));
        assert_eq!(stored(Value::Int(200), &int), ("127".into(), StoreOutcome::OutOfRange { high: true }));
        assert_eq!(stored(Value::Double(2.5), &int), ("2".into(), StoreOutcome::Rounded));
    }

    #[test]
    fn decimals_take_the_scale_of_the_column() {
        let decimal = ty(TypeKind::Decimal, 8, 2);
        assert_eq!(stored(Value::Int(3000), &decimal), ("3000.00".into(), StoreOutcome::Exact));
        assert_eq!(stored(Value::text("1.239"), &decimal), ("1.24".into(), StoreOutcome::Rounded));
        assert_eq!(stored(Value::Int(12_345_678), &decimal), ("999999.99".into(), StoreOutcome::OutOfRange { high: true }));
    }

    #[test]
    fn dates_lose_their_time() {
        let date = ty(TypeKind::Date, 10, 0);
        assert_eq!(stored(Value::Int(20_200_105), &date), ("2020-01-05".into(), StoreOutcome::Exact));
        assert_eq!(stored(Value::text("2020-01-05 10:00:00"), &date), ("2020-01-05".into(), StoreOutcome::TimeTruncated));
        assert_eq!(stored(Value::text("abc"), &date), ("0000-00-00".into(), StoreOutcome::Invalid));
        let time = ty(TypeKind::Time, 10, 0);
        assert_eq!(stored(Value::text("10:11:12.5"), &time), ("10:11:13".into(), StoreOutcome::TimeNote));
        assert_eq!(stored(Value::Int(5), &time), ("00:00:05".into(), StoreOutcome::Exact));
    }

    #[test]
    fn years_of_two_digits() {
        let year = ty(TypeKind::Year, 4, 0);
        assert_eq!(stored(Value::text("20"), &year), ("2020".into(), StoreOutcome::Exact));
        assert_eq!(stored(Value::Int(0), &year), ("0".into(), StoreOutcome::Exact));
        assert_eq!(stored(Value::Int(3000), &year), ("0".into(), StoreOutcome::OutOfRange { high: true }));
    }

    #[test]
    fn texts_are_cut_and_members_looked_up() {
        let text = ty(TypeKind::VarChar, 3, 0);
        assert_eq!(stored(Value::text("abcd"), &text), ("abc".into(), StoreOutcome::Truncated));
        let mut choice = ty(TypeKind::Enum, 1, 0);
        choice.members = Some(["M".into(), "F".into()].into_iter().collect());
        assert_eq!(stored(Value::text("f"), &choice), ("F".into(), StoreOutcome::Exact));
        assert_eq!(stored(Value::text("nope"), &choice), (String::new(), StoreOutcome::Truncated));
    }
}
