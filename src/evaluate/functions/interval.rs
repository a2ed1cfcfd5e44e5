//! `date ± INTERVAL amount unit`.

use super::super::{Evaluator, Halt, Outcome};
use crate::catalog::TypeKind;
use crate::query::ExprId;
use crate::value::temporal::days_in_month;
use crate::value::{DateRules, Temporal, Value};

/// An interval: months, and a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    months: i64,
    micros: i64,
}

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// Reads the numbers of a compound amount (`'1 10:20'`), in their order.
fn numbers(text: &str) -> (bool, Vec<i64>) {
    let negative = text.trim_start().starts_with('-');
    let numbers = text
        .split(|letter: char| !letter.is_ascii_digit())
        .filter(|digits| !digits.is_empty())
        .map(|digits| digits.parse().unwrap_or(i64::MAX))
        .collect();
    (negative, numbers)
}

/// The microseconds that the last number of a fraction stands for: its digits fill from the left.
fn fraction(text: &str) -> i64 {
    let digits: String = text.rsplit(|letter: char| !letter.is_ascii_digit()).next().unwrap_or("").chars().take(6).collect();
    format!("{digits:0<6}").parse().unwrap_or(0)
}

/// The interval of an amount in a unit; none if the unit is unknown or the amount too large.
pub(super) fn read(amount: &Value, unit: &str) -> Option<Interval> {
    let unit = unit.to_ascii_uppercase();
    let of = |size: i64, is_months: bool| -> Option<Interval> {
        let whole = amount.to_integer()?.value;
        let product = i64::try_from(whole.checked_mul(i128::from(size))?).ok()?;
        Some(if is_months { Interval { months: product, micros: 0 } } else { Interval { months: 0, micros: product } })
    };
    match unit.as_str() {
        "YEAR" => of(12, true),
        "QUARTER" => of(3, true),
        "MONTH" => of(1, true),
        "WEEK" => of(7 * DAY, false),
        "DAY" => of(DAY, false),
        "HOUR" => of(3600 * SECOND, false),
        "MINUTE" => of(60 * SECOND, false),
        "SECOND" => {
            let exact = amount.to_decimal()?.value * bigdecimal::BigDecimal::from(SECOND);
            let micros = crate::value::number::decimal_to_integer(&exact)?;
            Some(Interval { months: 0, micros: i64::try_from(micros).ok()? })
        }
        "MICROSECOND" => of(1, false),
        _ => compound(&amount.to_text()?, &unit),
    }
}

fn compound(text: &str, unit: &str) -> Option<Interval> {
    let (negative, mut parts) = numbers(text);
    let sizes: &[i64] = match unit {
        "YEAR_MONTH" => &[12, 1],
        "DAY_HOUR" => &[DAY, 3600 * SECOND],
        "DAY_MINUTE" => &[DAY, 3600 * SECOND, 60 * SECOND],
        "DAY_SECOND" => &[DAY, 3600 * SECOND, 60 * SECOND, SECOND],
        "DAY_MICROSECOND" => &[DAY, 3600 * SECOND, 60 * SECOND, SECOND, 1],
        "HOUR_MINUTE" => &[3600 * SECOND, 60 * SECOND],
        "HOUR_SECOND" => &[3600 * SECOND, 60 * SECOND, SECOND],
        "HOUR_MICROSECOND" => &[3600 * SECOND, 60 * SECOND, SECOND, 1],
        "MINUTE_SECOND" => &[60 * SECOND, SECOND],
        "MINUTE_MICROSECOND" => &[60 * SECOND, SECOND, 1],
        "SECOND_MICROSECOND" => &[SECOND, 1],
        _ => return None,
    };
    if parts.len() > sizes.len() {
        return None;
    }
    if unit.ends_with("MICROSECOND")
        && let Some(last) = parts.last_mut()
    {
        *last = fraction(text);
    }
    let missing = sizes.len() - parts.len();
    let total =
        parts.iter().zip(&sizes[missing..]).try_fold(0i64, |sum, (part, size)| sum.checked_add(part.checked_mul(*size)?))?;
    let total = if negative { -total } else { total };
    Some(if unit == "YEAR_MONTH" { Interval { months: total, micros: 0 } } else { Interval { months: 0, micros: total } })
}

/// A date with an interval added; none outside of the calendar.
pub(super) fn add(date: &Temporal, interval: Interval, sign: i64) -> Option<Temporal> {
    let mut date = *date;
    if interval.months != 0 {
        let start = i64::from(date.year) * 12 + i64::from(date.month) - 1;
        let months = start.checked_add(sign.checked_mul(interval.months)?)?;
        let year = u16::try_from(months.div_euclid(12)).ok().filter(|year| *year <= 9999)?;
        let month = months.rem_euclid(12) as u8 + 1;
        date = Temporal { year, month, day: date.day.min(days_in_month(year, month)), ..date };
    }
    if interval.micros == 0 {
        return Some(date);
    }
    Temporal::from_micros(date.micros().checked_add(sign.checked_mul(interval.micros)?)?, date.decimals)
}

impl Evaluator<'_> {
    pub(in super::super) fn date_add(
        &mut self,
        expr: ExprId,
        date: ExprId,
        amount: ExprId,
        unit: &str,
        subtract: bool,
    ) -> Outcome {
        let (start, amount) = (self.value(date)?, self.value(amount)?);
        if start.is_null() || amount.is_null() {
            return Ok(Value::Null);
        }
        let Some(interval) = read(&amount, unit) else { return Ok(Value::Null) };
        let sign: i64 = if subtract { -1 } else { 1 };
        let ty = self.ty(expr).clone();
        if ty.kind == TypeKind::Time {
            let Some(time) = start.to_time() else { return Ok(Value::Null) };
            let span = sign.checked_mul(interval.micros).ok_or(Halt::Unknown)?;
            let total = time.value.time_micros().checked_add(span).ok_or(Halt::Unknown)?;
            return Ok(Value::Time(Temporal::from_time_micros(total, ty.decimals)));
        }
        let (read, has_time) = match &start {
            Value::Time(time) => (Some(self.on_current_date(time)), true),
            Value::Date(date) => (Some(*date), false),
            Value::Str(text) => {
                let read = crate::value::temporal::read_datetime(text, self.dates());
                (read.map(|read| read.value), read.is_some_and(|read| read.has_time))
            }
            _ => {
                let read = start.to_datetime(DateRules { no_zero_date: true, ..self.dates() });
                (read.map(|read| read.value), matches!(start, Value::DateTime(_)))
            }
        };
        let Some(read) = read.filter(|read| read.month > 0 && read.day > 0) else {
            let text = start.to_text().unwrap_or_default().into_owned();
            self.warn(crate::query::Level::Warning, 1292, format!("Incorrect datetime value: '{text}'"));
            return Ok(Value::Null);
        };
        let Some(mut result) = add(&read, interval, sign) else {
            self.warn(crate::query::Level::Warning, 1441, "Datetime function: datetime field overflow".to_owned());
            return Ok(Value::Null);
        };
        Ok(match ty.kind {
            TypeKind::Date => Value::Date(result.date_part()),
            TypeKind::DateTime | TypeKind::Timestamp => {
                result.decimals = ty.decimals;
                Value::DateTime(result)
            }
            // A text stays one; its time prints if it had one or got one.
            _ => {
                let gets_time = interval.micros % DAY != 0;
                if result.microsecond > 0 {
                    result.decimals = 6;
                }
                Value::text(if has_time || gets_time { result.print_datetime() } else { result.print_date() })
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(date: &str, amount: &str, unit: &str, sign: i64) -> Option<String> {
        let date = crate::value::temporal::read_datetime(date, DateRules::default())?.value;
        add(&date, read(&Value::text(amount), unit)?, sign).map(|date| date.print_datetime())
    }

    #[test]
    fn intervals_are_added() {
        assert_eq!(added("2018-12-31 23:59:59", "1", "SECOND", 1).as_deref(), Some("2019-01-01 00:00:00"));
        assert_eq!(added("2018-01-31", "1", "MONTH", 1).as_deref(), Some("2018-02-28 00:00:00"));
        assert_eq!(added("2025-01-01", "1 1:1:1", "DAY_SECOND", -1).as_deref(), Some("2024-12-30 22:58:59"));
        assert_eq!(added("1998-12-01", "90", "DAY", -1).as_deref(), Some("1998-09-02 00:00:00"));
        assert_eq!(added("9999-12-31", "1", "DAY", 1), None);
    }
}
