//! Points in a histogram: their order, and how far into a bucket a point lies (spec 01 §8.3).

use super::HistogramValues;
use crate::catalog::ServerVersion;
use crate::catalog::collation;
use crate::catalog::stored_value;
use crate::catalog::types::{CollationId, DataType};
use crate::value::{Temporal, Value};
use bigdecimal::{BigDecimal, RoundingMode, ToPrimitive};
use std::cmp::Ordering;

/// Characters of a string that a histogram looks at.
const STRING_CHARS: usize = 42;

/// A value in a histogram's own domain.
#[derive(Clone, Debug)]
pub(super) enum Point {
    Int(i64),
    UInt(u64),
    Double(f64),
    Decimal(BigDecimal),
    /// With date; `true` for a pure date.
    Date(Temporal, bool),
    /// A date as the number YYYYMMDD (9.7).
    DateNumber(i64),
    Time(Temporal),
    Str(String),
}

fn cut(text: &str) -> String {
    text.chars().take(STRING_CHARS).collect()
}

fn rounded(number: &BigDecimal) -> Option<i64> {
    number.with_scale_round(0, RoundingMode::HalfUp).to_i64()
}

fn leading_number(text: &str) -> f64 {
    let text = text.trim_start();
    let mut end = 0;
    for (at, c) in text.char_indices() {
        let head = &text[..at + c.len_utf8()];
        if head.parse::<f64>().is_ok() && !c.is_ascii_alphabetic() {
            end = head.len();
        } else if !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E')) {
            break;
        }
    }
    text[..end].parse().unwrap_or(0.0)
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        Value::UInt(number) => i64::try_from(*number).ok(),
        Value::Decimal(number) => rounded(number),
        Value::Double(number) => Some(number.round_ties_even() as i64),
        Value::Str(text) => Some(leading_number(text).round_ties_even() as i64),
        Value::Bytes(bytes) if bytes.len() <= 8 => Some(bytes.iter().fold(0i64, |sum, byte| sum << 8 | i64::from(*byte))),
        _ => None,
    }
}

fn unsigned(value: &Value) -> Option<u64> {
    match value {
        Value::UInt(number) => Some(*number),
        Value::Int(number) => Some(*number as u64),
        Value::Decimal(number) => number.with_scale_round(0, RoundingMode::HalfUp).to_u64(),
        other => integer(other).map(|number| number as u64),
    }
}

fn real(value: &Value) -> Option<f64> {
    match value {
        Value::Double(number) => Some(*number),
        Value::Int(number) => Some(*number as f64),
        Value::UInt(number) => Some(*number as f64),
        Value::Decimal(number) => number.to_f64(),
        Value::Str(text) => Some(leading_number(text)),
        _ => None,
    }
}

fn decimal(value: &Value) -> Option<BigDecimal> {
    match value {
        Value::Decimal(number) => Some(number.clone()),
        Value::Int(number) => Some(BigDecimal::from(*number)),
        Value::UInt(number) => Some(BigDecimal::from(*number)),
        Value::Double(number) => number.to_string().parse().ok(),
        Value::Str(text) => text.trim().parse().ok().or_else(|| leading_number(text).to_string().parse().ok()),
        _ => None,
    }
}

/// YYYYMMDD or YYYYMMDDhhmmss as a number.
fn date_of_number(number: i64) -> Option<(Temporal, bool)> {
    let (date, time) = if number >= 10_000_000_000 { (number / 1_000_000, number % 1_000_000) } else { (number, 0) };
    let text = format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
        date / 10_000,
        date / 100 % 100,
        date % 100,
        time / 10_000,
        time / 100 % 100,
        time % 100
    );
    Some((stored_value::date_time(&text)?, number < 10_000_000_000))
}

fn member_number(ty: &DataType, text: &str) -> i64 {
    let text = text.trim_end_matches(' ');
    let same = |member: &str| collation::compare(ty.collation, member, text) == Ordering::Equal;
    ty.members().position(same).map_or(0, |no| no as i64 + 1)
}

fn member_bits(ty: &DataType, text: &str) -> i64 {
    let parts = text.split(',').filter(|part| !part.is_empty());
    parts.map(|part| member_number(ty, part)).filter(|no| *no > 0).fold(0, |bits, no| bits | 1i64.wrapping_shl(no as u32 - 1))
}

/// A constant in the histogram's domain; none if it cannot be compared there. `as_written`: a string of a date stays a pure date
/// (BETWEEN and IN), else it counts as midnight (the six comparisons).
pub(super) fn point(
    version: ServerVersion,
    values: HistogramValues,
    ty: &DataType,
    value: &Value,
    as_written: bool,
) -> Option<Point> {
    let point = match values {
        HistogramValues::Int => Point::Int(integer(value)?),
        HistogramValues::UInt => Point::UInt(unsigned(value)?),
        HistogramValues::Double => Point::Double(real(value)?),
        HistogramValues::Decimal => Point::Decimal(decimal(value)?),
        HistogramValues::Str => match value {
            Value::Str(text) => Point::Str(cut(text)),
            Value::Bytes(bytes) => Point::Str(cut(&String::from_utf8_lossy(bytes))),
            _ => return None,
        },
        HistogramValues::Enum => Point::Int(match value {
            Value::Str(text) => member_number(ty, text),
            other => integer(other)?,
        }),
        HistogramValues::Set => Point::Int(match value {
            Value::Str(text) => member_bits(ty, text),
            other => integer(other)?,
        }),
        HistogramValues::Date | HistogramValues::DateTime => match value {
            Value::Date(date) => Point::Date(*date, as_written || values == HistogramValues::Date),
            Value::DateTime(time) => Point::Date(*time, false),
            Value::Str(text) => {
                let pure = !text.trim().contains([' ', 'T', ':']);
                Point::Date(stored_value::date_time(text.trim())?, pure && (as_written || values == HistogramValues::Date))
            }
            Value::Int(_) | Value::UInt(_) => {
                let (time, pure) = date_of_number(integer(value)?)?;
                Point::Date(time, pure)
            }
            _ => return None,
        },
        HistogramValues::Time => match value {
            Value::Time(time) => Point::Time(*time),
            Value::DateTime(time) => Point::Time(Temporal { year: 0, month: 0, day: 0, ..*time }),
            Value::Str(text) => Point::Time(stored_value::time(text.trim())?),
            _ => return None,
        },
    };
    Some(match point {
        // The distance between dates is that of their numbers since 9.7, of days before (spec 01 §12).
        Point::Date(date, _) if values == HistogramValues::Date && version >= ServerVersion::V9_7 => {
            Point::DateNumber(date_number(&date))
        }
        point => point,
    })
}

/// A bucket's own value as a point.
/// It is of the kind of `asked`, the point that it is compared with.
pub(super) fn bucket_point(value: &Value, asked: &Point) -> Option<Point> {
    Some(match value {
        Value::Date(date) if matches!(asked, Point::DateNumber(_)) => Point::DateNumber(date_number(date)),
        Value::Int(number) => Point::Int(*number),
        Value::UInt(number) => Point::UInt(*number),
        Value::Double(number) => Point::Double(*number),
        Value::Decimal(number) => Point::Decimal(number.clone()),
        Value::Str(text) => Point::Str(cut(text)),
        Value::Bytes(bytes) => Point::Str(String::from_utf8_lossy(bytes).into_owned()),
        Value::Date(date) => Point::Date(*date, true),
        Value::DateTime(time) => Point::Date(*time, false),
        Value::Time(time) => Point::Time(*time),
        _ => return None,
    })
}

/// Order of two points of one histogram.
pub(super) fn order(collation: CollationId, a: &Point, b: &Point) -> Ordering {
    match (a, b) {
        (Point::Int(a), Point::Int(b)) | (Point::DateNumber(a), Point::DateNumber(b)) => a.cmp(b),
        (Point::UInt(a), Point::UInt(b)) => a.cmp(b),
        (Point::Double(a), Point::Double(b)) => a.total_cmp(b),
        (Point::Decimal(a), Point::Decimal(b)) => a.cmp(b),
        (Point::Date(a, _), Point::Date(b, _)) => seconds(a).total_cmp(&seconds(b)),
        (Point::Time(a), Point::Time(b)) => seconds(a).total_cmp(&seconds(b)),
        (Point::Str(a), Point::Str(b)) => collation::compare(collation, a, b),
        _ => Ordering::Equal,
    }
}

fn date_number(date: &Temporal) -> i64 {
    i64::from(date.year) * 10_000 + i64::from(date.month) * 100 + i64::from(date.day)
}

/// Days since the year 0 in the Gregorian calendar; months and days that are 0 count as they stand.
fn day_number(time: &Temporal) -> i64 {
    if time.year == 0 && time.month == 0 {
        return i64::from(time.day);
    }
    let (year, month, day) = (i64::from(time.year), i64::from(time.month), i64::from(time.day));
    let mut days = 365 * year + 31 * (month - 1) + day;
    let year = if month <= 2 {
        year - 1
    } else {
        days -= (month * 4 + 23) / 10;
        year
    };
    days + year.div_euclid(4) - (year.div_euclid(100) + 1) * 3 / 4
}

fn seconds(time: &Temporal) -> f64 {
    let clock = i64::from(time.hour) * 3600 + i64::from(time.minute) * 60 + i64::from(time.second);
    let whole = day_number(time) * 86_400 + clock;
    let value = whole as f64 + f64::from(time.microsecond) / 1e6;
    if time.negative { -value } else { value }
}

fn date_only(time: &Temporal) -> Temporal {
    Temporal { hour: 0, minute: 0, second: 0, microsecond: 0, ..*time }
}

fn share(x: f64, low: f64, high: f64) -> f64 {
    if x < low {
        0.0
    } else if low == high {
        1.0
    } else {
        (x - low) / (high - low)
    }
}

fn string_share(collation: CollationId, x: &str, low: &str, high: &str) -> f64 {
    if collation::compare(collation, x, low) == Ordering::Less {
        return 0.0;
    }
    if collation::compare(collation, low, high) == Ordering::Equal {
        return 1.0;
    }
    let key = |text: &str| {
        let mut key = Vec::new();
        collation::padded_sort_key(collation, text, STRING_CHARS, &mut key);
        key
    };
    let (x, low, high) = (key(x), key(low), key(high));
    let shortest = x.len().min(low.len()).min(high.len());
    let common = (0..shortest).take_while(|at| x[*at] == low[*at] && low[*at] == high[*at]).count();
    let next_eight = |key: &[u8]| -> u64 {
        let mut bytes = [0u8; 8];
        for (to, from) in bytes.iter_mut().zip(&key[common..]) {
            *to = *from;
        }
        u64::from_be_bytes(bytes)
    };
    let (x, low, high) = (next_eight(&x), next_eight(&low), next_eight(&high));
    if low == high {
        return 1.0;
    }
    x.wrapping_sub(low) as f64 / high.wrapping_sub(low) as f64
}

/// Share of a bucket below a point (`dl`).
pub(super) fn share_below(collation: CollationId, x: &Point, low: &Point, high: &Point) -> f64 {
    match (x, low, high) {
        (Point::Int(x), Point::Int(low), Point::Int(high)) => (*x as f64 - *low as f64) / (*high as f64 - *low as f64 + 1.0),
        (Point::UInt(x), Point::UInt(low), Point::UInt(high)) => (*x as f64 - *low as f64) / (*high as f64 - *low as f64 + 1.0),
        (Point::Double(x), Point::Double(low), Point::Double(high)) => (x - low) / (high - low),
        (Point::Decimal(x), Point::Decimal(low), Point::Decimal(high)) => {
            if x < low {
                0.0
            } else if low == high {
                1.0
            } else {
                let real = |number: &BigDecimal| number.to_f64().unwrap_or(0.0);
                (real(x) - real(low)) / (real(high) - real(low))
            }
        }
        (Point::Date(x, x_pure), Point::Date(low, low_pure), Point::Date(high, _)) => {
            let of = |time: &Temporal| seconds(&if *x_pure || *low_pure { date_only(time) } else { *time });
            share(of(x), of(low), of(high))
        }
        (Point::DateNumber(x), Point::DateNumber(low), Point::DateNumber(high)) => share(*x as f64, *low as f64, *high as f64),
        (Point::Time(x), Point::Time(low), Point::Time(high)) => {
            let (x, low, high) = (seconds(x), seconds(low), seconds(high));
            if x < low || low == high { share(x, low, high) } else { distance(x, low) / distance(high, low) }
        }
        (Point::Str(x), Point::Str(low), Point::Str(high)) => string_share(collation, x, low, high),
        _ => 0.0,
    }
}

fn distance(a: f64, b: f64) -> f64 {
    (a - b).abs()
}

/// Share of a bucket above a point (`du`).
pub(super) fn share_above(collation: CollationId, x: &Point, low: &Point, high: &Point) -> f64 {
    match (x, low, high) {
        (Point::Int(x), Point::Int(low), Point::Int(high)) => (*high as f64 - *x as f64) / (*high as f64 - *low as f64 + 1.0),
        (Point::UInt(x), Point::UInt(low), Point::UInt(high)) => (*high as f64 - *x as f64) / (*high as f64 - *low as f64 + 1.0),
        _ => 1.0 - share_below(collation, x, low, high),
    }
}
