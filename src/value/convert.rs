//! A value as number, text or date: what the server sees when it asks a value for another class.

use super::number::{
    decimal_to_double, decimal_to_integer, double_to_decimal, double_to_integer, print_decimal, print_double, read_decimal,
    read_double, read_integer,
};
use super::temporal::{DateRules, number_to_datetime, number_to_time, read_datetime, read_time};
use super::{Temporal, Value};
use bigdecimal::{BigDecimal, Zero};
use std::borrow::Cow;
use std::sync::Arc;

/// A converted value, and whether nothing was lost (else a warning 1292 is due).
#[derive(Clone, Debug, PartialEq)]
pub struct Converted<T> {
    /// The value.
    pub value: T,
    /// False if the text was not wholly a value of the class.
    pub clean: bool,
}

fn clean<T>(value: T) -> Option<Converted<T>> {
    Some(Converted { value, clean: true })
}

/// Bytes read as a big-endian number; the last eight count.
pub fn bytes_to_integer(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte))
}

impl Value {
    /// A text value.
    pub fn text(text: impl Into<Arc<str>>) -> Value {
        Value::Str(text.into())
    }

    /// 1 or 0.
    pub fn boolean(value: bool) -> Value {
        Value::Int(i64::from(value))
    }

    /// An integer in the smallest of the two integer kinds that holds it; none if it needs more than 64 bits.
    pub fn integer(value: i128) -> Option<Value> {
        i64::try_from(value).map(Value::Int).or_else(|_| u64::try_from(value).map(Value::UInt)).ok()
    }

    /// As an approximate number; none for NULL.
    pub fn to_double(&self) -> Option<Converted<f64>> {
        match self {
            Value::Null => None,
            Value::Int(value) => clean(*value as f64),
            Value::UInt(value) => clean(*value as f64),
            Value::Decimal(value) => clean(decimal_to_double(value)),
            Value::Double(value) => clean(*value),
            Value::Str(text) | Value::Json(text) => {
                let read = read_double(text.trim_matches('"'));
                Some(Converted { value: read.value, clean: read.whole })
            }
            Value::Bytes(bytes) => clean(bytes_to_integer(bytes) as f64),
            Value::Date(_) | Value::Time(_) | Value::DateTime(_) => {
                self.to_decimal().and_then(|exact| clean(decimal_to_double(&exact.value)))
            }
        }
    }

    /// As an exact number; none for NULL.
    pub fn to_decimal(&self) -> Option<Converted<BigDecimal>> {
        match self {
            Value::Null => None,
            Value::Int(value) => clean(BigDecimal::from(*value)),
            Value::UInt(value) => clean(BigDecimal::from(*value)),
            Value::Decimal(value) => clean(value.clone()),
            Value::Double(value) => {
                let (value, exact) = double_to_decimal(*value)?;
                Some(Converted { value, clean: exact })
            }
            Value::Str(text) | Value::Json(text) => {
                let read = read_decimal(text.trim_matches('"'));
                Some(Converted { value: read.value, clean: read.whole })
            }
            Value::Bytes(bytes) => clean(BigDecimal::from(bytes_to_integer(bytes))),
            Value::Date(value) => clean(BigDecimal::from(value.digits(true, false))),
            Value::DateTime(value) => clean(with_fraction(value.digits(true, true), value)),
            Value::Time(value) => clean(with_fraction(value.digits(false, true), value)),
        }
    }

    /// As an integer, rounded (texts: the digits that they begin with); none for NULL.
    pub fn to_integer(&self) -> Option<Converted<i128>> {
        let limit = |value: Option<i128>, negative: bool| {
            let (low, high) = (i128::from(i64::MIN), i128::from(u64::MAX));
            let value = value.unwrap_or(if negative { low - 1 } else { high + 1 });
            let clamped = value.clamp(low, high);
            Some(Converted { value: clamped, clean: clamped == value })
        };
        match self {
            Value::Null => None,
            Value::Int(value) => clean(i128::from(*value)),
            Value::UInt(value) => clean(i128::from(*value)),
            Value::Decimal(value) => limit(decimal_to_integer(value), *value < BigDecimal::zero()),
            Value::Double(value) => limit(double_to_integer(*value), *value < 0.0),
            Value::Str(text) | Value::Json(text) => {
                let read = read_integer(text.trim_matches('"'));
                Some(Converted { value: read.value, clean: read.whole })
            }
            Value::Bytes(bytes) => clean(i128::from(bytes_to_integer(bytes))),
            Value::Date(value) => clean(i128::from(value.digits(true, false))),
            Value::DateTime(value) => {
                let rounded = value.rounded(0, false).unwrap_or(*value);
                clean(i128::from(rounded.digits(true, true)))
            }
            Value::Time(value) => {
                let rounded = value.rounded(0, true).unwrap_or(*value);
                clean(i128::from(rounded.digits(false, true)))
            }
        }
    }

    /// Is it true? None for NULL.
    pub fn truth(&self) -> Option<bool> {
        match self {
            Value::Null => None,
            Value::Int(value) => Some(*value != 0),
            Value::UInt(value) => Some(*value != 0),
            Value::Decimal(value) => Some(!value.is_zero()),
            _ => self.to_double().map(|number| number.value != 0.0),
        }
    }

    /// As text; none for NULL. Bytes that are no UTF-8 are replaced.
    pub fn to_text(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Value::Null => return None,
            Value::Int(value) => Cow::Owned(value.to_string()),
            Value::UInt(value) => Cow::Owned(value.to_string()),
            Value::Decimal(value) => Cow::Owned(print_decimal(value)),
            Value::Double(value) => Cow::Owned(print_double(*value)),
            Value::Str(text) | Value::Json(text) => Cow::Borrowed(&**text),
            Value::Bytes(bytes) => String::from_utf8_lossy(bytes),
            Value::Date(value) => Cow::Owned(value.print_date()),
            Value::Time(value) => Cow::Owned(value.print_time()),
            Value::DateTime(value) => Cow::Owned(value.print_datetime()),
        })
    }

    /// As a date with time. None for NULL and for what is no date.
    pub fn to_datetime(&self, rules: DateRules) -> Option<Converted<Temporal>> {
        let read = match self {
            Value::Null => return None,
            Value::Date(value) | Value::DateTime(value) => return clean(*value),
            Value::Time(_) => return None,
            Value::Int(value) => number_to_datetime(*value, 0, 0, rules)?,
            Value::UInt(value) => number_to_datetime(i64::try_from(*value).ok()?, 0, 0, rules)?,
            Value::Decimal(_) | Value::Double(_) => {
                let (number, micros, decimals) = self.seconds_and_micros()?;
                number_to_datetime(number, micros, decimals, rules)?
            }
            Value::Str(_) | Value::Bytes(_) | Value::Json(_) => read_datetime(self.to_text()?.trim_matches('"'), rules)?,
        };
        Some(Converted { value: read.value, clean: !read.truncated })
    }

    /// As a time. None for NULL and for what is no time.
    pub fn to_time(&self) -> Option<Converted<Temporal>> {
        let read = match self {
            Value::Null => return None,
            Value::Time(value) => return clean(*value),
            Value::DateTime(value) => return clean(value.time_part()),
            Value::Date(_) => return clean(Temporal::ZERO),
            Value::Int(value) => number_to_time(*value, 0, 0)?,
            Value::UInt(value) => number_to_time(i64::try_from(*value).ok()?, 0, 0)?,
            Value::Decimal(_) | Value::Double(_) => {
                let (number, micros, decimals) = self.seconds_and_micros()?;
                number_to_time(number, micros, decimals)?
            }
            Value::Str(_) | Value::Bytes(_) | Value::Json(_) => read_time(self.to_text()?.trim_matches('"'))?,
        };
        Some(Converted { value: read.value, clean: !read.truncated })
    }

    /// Whole part, microseconds and digits of the fraction of a number that stands for a date or time.
    fn seconds_and_micros(&self) -> Option<(i64, u32, u8)> {
        use bigdecimal::ToPrimitive;
        let exact = self.to_decimal()?.value;
        let decimals = exact.fractional_digit_count().clamp(0, 6) as u8;
        let whole = super::number::truncate_decimal(&exact, 0);
        let fraction = ((&exact - &whole) * BigDecimal::from(1_000_000)).abs();
        let micros = super::number::round_decimal(&fraction, 0).to_u32()?.min(999_999);
        Some((whole.to_i64()?, micros, decimals))
    }
}

fn with_fraction(digits: i64, value: &Temporal) -> BigDecimal {
    if value.decimals == 0 {
        return BigDecimal::from(digits);
    }
    let micros = i64::from(value.microsecond);
    let exact =
        BigDecimal::new((i128::from(digits) * 1_000_000 + i128::from(if value.negative { -micros } else { micros })).into(), 6);
    super::number::truncate_decimal(&exact, i64::from(value.decimals))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_numbers_too() {
        let date = Value::Date(Temporal::date(2020, 1, 5));
        assert_eq!(date.to_integer().map(|number| number.value), Some(20_200_105));
        assert_eq!(date.to_text().as_deref(), Some("2020-01-05"));
        let value = Value::Int(20_200_105).to_datetime(DateRules::default()).map(|read| read.value);
        assert_eq!(value, Some(Temporal::date(2020, 1, 5)));
    }

    #[test]
    fn texts_are_cut_to_their_number() {
        assert_eq!(Value::text("5x").to_double(), Some(Converted { value: 5.0, clean: false }));
        assert_eq!(Value::text("1").truth(), Some(true));
        assert_eq!(Value::Null.truth(), None);
    }
}
