//! Functions of dates and times.

use super::super::{Evaluator, Halt, Outcome};
use super::format::{format_date, parse_date};
use crate::catalog::TypeKind;
use crate::query::ExprId;
use crate::value::temporal::{date_of_day_number, day_number, days_in_month};
use crate::value::{Temporal, Value};
use bigdecimal::BigDecimal;

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// English name of a month, 1..=12.
pub(super) fn month_name(month: u8) -> &'static str {
    MONTHS[usize::from(month.clamp(1, 12)) - 1]
}

/// English name of a day of the week, 0 = Monday.
pub(super) fn day_name(weekday: i64) -> &'static str {
    DAYS[weekday.rem_euclid(7) as usize]
}

/// Day of the week, 0 = Monday.
pub(super) fn weekday(date: &Temporal) -> i64 {
    (day_number(date.year, date.month, date.day) + 5) % 7
}

/// Day of the year, from 1.
pub(super) fn day_of_year(date: &Temporal) -> i64 {
    day_number(date.year, date.month, date.day) - day_number(date.year, 1, 1) + 1
}

/// Week and the year that it belongs to, by the mode of WEEK().
pub(super) fn week(date: &Temporal, mode: i64) -> (i64, i64) {
    let monday_first = mode & 1 != 0;
    let from_one = mode & 2 != 0;
    // Modes with Monday first count the first week with four days, those with Sunday first the first full week, and 4..=7
    // the other way round.
    let first_full = (mode & 4 != 0) == monday_first;
    let number = day_number(date.year, date.month, date.day);
    let start_of = |year: i64| -> i64 {
        let first = day_number(year as u16, 1, 1);
        let weekday = if monday_first { (first + 5) % 7 } else { (first + 6) % 7 };
        let late = if first_full { weekday != 0 } else { weekday >= 4 };
        if late { first + 7 - weekday } else { first - weekday }
    };
    let mut year = i64::from(date.year);
    if number < start_of(year) {
        if !from_one {
            return (0, year);
        }
        year -= 1;
    } else if from_one && year < 9999 && number >= start_of(year + 1) {
        year += 1;
    }
    ((number - start_of(year)) / 7 + 1, year)
}

/// Seconds from the beginning of the calendar to 1970.
const EPOCH_SECONDS: i64 = 719_528 * 86_400;

impl Evaluator<'_> {
    pub(super) fn clock(&mut self, name: &str, args: &[ExprId]) -> Outcome {
        let decimals = match args.first() {
            Some(arg) => self.value(*arg)?.to_integer().map_or(0, |read| read.value.clamp(0, 6) as u8),
            None => 0,
        };
        let mut now = self.now(decimals);
        if name.starts_with("utc") {
            let shifted = now.micros() - i64::from(self.ctx.settings.time_zone_seconds) * 1_000_000;
            now = Temporal::from_micros(shifted, decimals).unwrap_or(now);
        }
        Ok(match name {
            "now" | "utc_timestamp" => Value::DateTime(now),
            "curdate" | "utc_date" => Value::Date(now.date_part()),
            _ => Value::Time(now.time_part()),
        })
    }

    pub(super) fn date_function(
        &mut self,
        name: &str,
        args: &[ExprId],
        values: &[Value],
        extra: Option<&str>,
    ) -> Option<Outcome> {
        Some(match name {
            "year" | "quarter" | "month" | "dayofmonth" | "dayofweek" | "dayofyear" | "weekday" | "week" | "yearweek"
            | "monthname" | "dayname" | "to_days" | "to_seconds" | "last_day" => self.part_of_date(name, args, values),
            "hour" | "minute" | "second" | "microsecond" | "time_to_sec" => Ok(part_of_time(name, &values[0])),
            "extract" => self.extract(args, values, extra?),
            "from_days" => {
                let (year, month, day) = date_of_day_number(values[0].to_integer()?.value as i64);
                Ok(Value::Date(Temporal::date(year, month, day)))
            }
            "datediff" => self.datediff(args),
            "timestampdiff" => self.timestampdiff(args, extra?),
            "date_format" => match self.datetime(args[0]) {
                Ok(Some(date)) => Ok(format_date(&date, &values[1].to_text()?).map_or(Value::Null, Value::text)),
                Ok(None) => Ok(Value::Null),
                Err(halt) => Err(halt),
            },
            "time_format" => match values[0].to_time() {
                Some(time) => Ok(format_date(&time.value, &values[1].to_text()?).map_or(Value::Null, Value::text)),
                None => Ok(Value::Null),
            },
            "str_to_date" => Ok(parse_date(&values[0].to_text()?, &values[1].to_text()?).unwrap_or(Value::Null)),
            "makedate" => {
                let (year, day) = (values[0].to_integer()?.value as i64, values[1].to_integer()?.value as i64);
                let year = full_year(year);
                if day < 1 || !(0..=9999).contains(&year) {
                    return Some(Ok(Value::Null));
                }
                let (year, month, day) = date_of_day_number(day_number(year as u16, 1, 1).checked_add(day - 1)?);
                Ok(if month == 0 { Value::Null } else { Value::Date(Temporal::date(year, month, day)) })
            }
            "maketime" => {
                let (hour, minute) = (values[0].to_integer()?.value, values[1].to_integer()?.value);
                let second = values[2].to_double()?.value;
                if !(0..60).contains(&minute) || !(0.0..60.0).contains(&second) {
                    return Some(Ok(Value::Null));
                }
                let micros = (hour.abs().min(839) * 60 + minute) as i64 * 60_000_000 + (second * 1e6).round() as i64;
                Ok(Value::Time(Temporal::from_time_micros(if hour < 0 { -micros } else { micros }, 0)))
            }
            "sec_to_time" => {
                let seconds = values[0].to_double()?.value;
                let decimals = values[0].to_decimal()?.value.fractional_digit_count().clamp(0, 6) as u8;
                Ok(Value::Time(Temporal::from_time_micros((seconds * 1e6).round().clamp(-4e15, 4e15) as i64, decimals)))
            }
            "timediff" => match (values[0].to_time(), values[1].to_time()) {
                (Some(l), Some(r)) => {
                    let both_dates = |value: &Value| matches!(value, Value::DateTime(_));
                    let micros = if both_dates(&values[0]) && both_dates(&values[1]) {
                        match (&values[0], &values[1]) {
                            (Value::DateTime(l), Value::DateTime(r)) => l.micros() - r.micros(),
                            _ => 0,
                        }
                    } else {
                        l.value.time_micros() - r.value.time_micros()
                    };
                    Ok(Value::Time(Temporal::from_time_micros(micros, l.value.decimals.max(r.value.decimals))))
                }
                _ => Ok(Value::Null),
            },
            "unix_timestamp" => self.unix_timestamp(args),
            "from_unixtime" => {
                let exact = values[0].to_decimal()?.value;
                let decimals = exact.fractional_digit_count().clamp(0, 6) as u8;
                let micros = crate::value::number::decimal_to_integer(&(exact * BigDecimal::from(1_000_000)))?;
                let zone = i64::from(self.ctx.settings.time_zone_seconds);
                match i64::try_from(micros).ok().filter(|micros| *micros >= 0) {
                    Some(micros) => Ok(micros
                        .checked_add((EPOCH_SECONDS + zone) * 1_000_000)
                        .and_then(|micros| Temporal::from_micros(micros, decimals))
                        .map_or(Value::Null, Value::DateTime)),
                    None => Ok(Value::Null),
                }
            }
            "period_add" | "period_diff" => Ok(period(name, values)),
            "date" => match self.datetime(args[0]) {
                Ok(date) => Ok(date.map_or(Value::Null, |date| Value::Date(date.date_part()))),
                Err(halt) => Err(halt),
            },
            _ => return None,
        })
    }

    fn part_of_date(&mut self, name: &str, args: &[ExprId], values: &[Value]) -> Outcome {
        let Some(date) = self.datetime(args[0])? else { return Ok(Value::Null) };
        let complete = date.month > 0 && date.day > 0;
        let mode = values.get(1).and_then(Value::to_integer).map_or(0, |read| read.value as i64 & 7);
        let number = match name {
            "year" => i64::from(date.year),
            "month" => i64::from(date.month),
            "dayofmonth" => i64::from(date.day),
            "quarter" => (i64::from(date.month) + 2) / 3,
            "monthname" => {
                return Ok(if date.month == 0 { Value::Null } else { Value::text(month_name(date.month)) });
            }
            _ if !complete => return Ok(Value::Null),
            "dayname" => return Ok(Value::text(day_name(weekday(&date)))),
            "last_day" => {
                let day = days_in_month(date.year, date.month);
                return Ok(Value::Date(Temporal::date(date.year, date.month, day)));
            }
            "weekday" => weekday(&date),
            "dayofweek" => (weekday(&date) + 1) % 7 + 1,
            "dayofyear" => day_of_year(&date),
            "week" => week(&date, mode).0,
            "yearweek" => {
                let (week, year) = week(&date, mode | 2);
                year * 100 + week
            }
            "to_days" => day_number(date.year, date.month, date.day),
            _ => date.micros().div_euclid(1_000_000),
        };
        Ok(Value::Int(number))
    }

    fn extract(&mut self, args: &[ExprId], values: &[Value], unit: &str) -> Outcome {
        let unit = unit.to_ascii_uppercase();
        let simple = match unit.as_str() {
            "YEAR" => "year",
            "QUARTER" => "quarter",
            "MONTH" => "month",
            "WEEK" => "week",
            "DAY" => "dayofmonth",
            "HOUR" => "hour",
            "MINUTE" => "minute",
            "SECOND" => "second",
            "MICROSECOND" => "microsecond",
            "YEAR_MONTH" => {
                let date = self.datetime(args[0])?;
                return Ok(date.map_or(Value::Null, |date| Value::Int(i64::from(date.year) * 100 + i64::from(date.month))));
            }
            _ => return Err(Halt::Unknown),
        };
        match simple {
            "hour" | "minute" | "second" | "microsecond" => Ok(part_of_time(simple, &values[0])),
            _ => self.part_of_date(simple, args, &values[..1]),
        }
    }

    fn datediff(&mut self, args: &[ExprId]) -> Outcome {
        let [left, right] = args else { return Err(Halt::Unknown) };
        let (Some(l), Some(r)) = (self.datetime(*left)?, self.datetime(*right)?) else { return Ok(Value::Null) };
        let days = |date: &Temporal| day_number(date.year, date.month, date.day);
        Ok(Value::Int(days(&l) - days(&r)))
    }

    fn timestampdiff(&mut self, args: &[ExprId], unit: &str) -> Outcome {
        let [left, right] = args else { return Err(Halt::Unknown) };
        let (Some(from), Some(to)) = (self.datetime(*left)?, self.datetime(*right)?) else { return Ok(Value::Null) };
        let micros = to.micros() - from.micros();
        Ok(Value::Int(match unit.to_ascii_uppercase().as_str() {
            "MICROSECOND" => micros,
            "SECOND" => micros / 1_000_000,
            "MINUTE" => micros / 60_000_000,
            "HOUR" => micros / 3_600_000_000,
            "DAY" => micros / 86_400_000_000,
            "WEEK" => micros / (7 * 86_400_000_000),
            "MONTH" => whole_months(&from, &to),
            "QUARTER" => whole_months(&from, &to) / 3,
            "YEAR" => whole_months(&from, &to) / 12,
            _ => return Err(Halt::Unknown),
        }))
    }

    fn unix_timestamp(&mut self, args: &[ExprId]) -> Outcome {
        let zone = i64::from(self.ctx.settings.time_zone_seconds);
        let Some(arg) = args.first() else {
            return Ok(Value::Int(self.ctx.settings.timestamp_micros.div_euclid(1_000_000)));
        };
        let Some(date) = self.datetime(*arg)? else { return Ok(Value::Null) };
        let micros = date.micros() - (EPOCH_SECONDS + zone) * 1_000_000;
        if micros < 0 {
            return Ok(Value::Int(0));
        }
        let decimals = if self.ty(*arg).kind == TypeKind::Date { 0 } else { date.decimals };
        Ok(if decimals == 0 {
            Value::Int(micros / 1_000_000)
        } else {
            let exact = BigDecimal::new(micros.into(), 6);
            Value::Decimal(crate::value::number::truncate_decimal(&exact, i64::from(decimals)))
        })
    }
}

/// Whole months from one date to another.
fn whole_months(from: &Temporal, to: &Temporal) -> i64 {
    let (low, high, sign) = if from.micros() <= to.micros() { (from, to, 1) } else { (to, from, -1) };
    let months = |date: &Temporal| i64::from(date.year) * 12 + i64::from(date.month);
    let rest = |date: &Temporal| i64::from(date.day) * 86_400_000_000 + date.time_micros();
    let whole = months(high) - months(low) - i64::from(rest(high) < rest(low));
    sign * whole
}

fn part_of_time(name: &str, value: &Value) -> Value {
    let Some(time) = value.to_time() else { return Value::Null };
    let time = time.value;
    Value::Int(match name {
        "hour" => i64::from(time.hour),
        "minute" => i64::from(time.minute),
        "second" => i64::from(time.second),
        "microsecond" => i64::from(time.microsecond),
        _ => time.time_micros() / 1_000_000,
    })
}

/// The year that a year of two digits means; others stay.
fn full_year(year: i64) -> i64 {
    match year {
        ..70 => year + 2000,
        70..100 => year + 1900,
        _ => year,
    }
}

fn period(name: &str, values: &[Value]) -> Value {
    let months = |period: i64| {
        let period = period.clamp(0, 999_912);
        full_year(period / 100) * 12 + period % 100 - 1
    };
    let (Some(l), Some(r)) = (values[0].to_integer(), values[1].to_integer()) else { return Value::Null };
    let (l, r) = (l.value as i64, r.value as i64);
    if name == "period_diff" {
        return Value::Int(months(l).wrapping_sub(months(r)));
    }
    let total = months(l) + r.clamp(-1_000_000, 1_000_000);
    Value::Int(total.div_euclid(12) * 100 + total.rem_euclid(12) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_by_mode() {
        let date = Temporal::date(2008, 2, 20);
        assert_eq!(week(&date, 0).0, 7);
        assert_eq!(week(&date, 1).0, 8);
        assert_eq!(week(&Temporal::date(2008, 12, 31), 1).0, 53);
        assert_eq!(week(&Temporal::date(2000, 1, 1), 0).0, 0);
        assert_eq!(week(&Temporal::date(2000, 1, 1), 2), (52, 1999));
    }

    #[test]
    fn days_and_months() {
        assert_eq!(day_name(weekday(&Temporal::date(2007, 2, 3))), "Saturday");
        assert_eq!(day_of_year(&Temporal::date(2007, 2, 3)), 34);
        assert_eq!(whole_months(&Temporal::date(2003, 2, 1), &Temporal::date(2003, 5, 1)), 3);
        assert_eq!(whole_months(&Temporal::date(2003, 2, 2), &Temporal::date(2003, 5, 1)), 2);
    }
}
