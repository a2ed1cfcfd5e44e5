//! DATE_FORMAT and STR_TO_DATE.

use super::date::{day_name, day_of_year, month_name, week, weekday};
use crate::value::temporal::days_in_month;
use crate::value::{Temporal, Value};
use std::fmt::Write;

fn ordinal(day: u8) -> &'static str {
    match day {
        11..=13 => "th",
        day if day % 10 == 1 => "st",
        day if day % 10 == 2 => "nd",
        day if day % 10 == 3 => "rd",
        _ => "th",
    }
}

/// A date as a format tells; none if a name is asked of a zero month or day.
pub(super) fn format_date(date: &Temporal, format: &str) -> Option<String> {
    let mut text = String::new();
    let mut letters = format.chars();
    let half = |hour: u16| if hour.is_multiple_of(12) { 12 } else { hour % 12 };
    while let Some(letter) = letters.next() {
        if letter != '%' {
            text.push(letter);
            continue;
        }
        let Some(specifier) = letters.next() else {
            text.push('%');
            break;
        };
        let named = date.month > 0 && date.day > 0;
        let written = match specifier {
            'M' if date.month > 0 => write!(text, "{}", month_name(date.month)),
            'b' if date.month > 0 => write!(text, "{}", &month_name(date.month)[..3]),
            'W' if named => write!(text, "{}", day_name(weekday(date))),
            'a' if named => write!(text, "{}", &day_name(weekday(date))[..3]),
            'M' | 'b' | 'W' | 'a' => return None,
            'D' => write!(text, "{}{}", date.day, ordinal(date.day)),
            'Y' => write!(text, "{:04}", date.year),
            'y' => write!(text, "{:02}", date.year % 100),
            'm' => write!(text, "{:02}", date.month),
            'c' => write!(text, "{}", date.month),
            'd' => write!(text, "{:02}", date.day),
            'e' => write!(text, "{}", date.day),
            'f' => write!(text, "{:06}", date.microsecond),
            'H' => write!(text, "{:02}", date.hour),
            'k' => write!(text, "{}", date.hour),
            'h' | 'I' => write!(text, "{:02}", half(date.hour)),
            'l' => write!(text, "{}", half(date.hour)),
            'i' => write!(text, "{:02}", date.minute),
            'j' => write!(text, "{:03}", day_of_year(date)),
            'p' => write!(text, "{}", if date.hour % 24 < 12 { "AM" } else { "PM" }),
            'r' => {
                let noon = if date.hour % 24 < 12 { "AM" } else { "PM" };
                write!(text, "{:02}:{:02}:{:02} {noon}", half(date.hour), date.minute, date.second)
            }
            'S' | 's' => write!(text, "{:02}", date.second),
            'T' => write!(text, "{:02}:{:02}:{:02}", date.hour, date.minute, date.second),
            'U' => write!(text, "{:02}", week(date, 0).0),
            'u' => write!(text, "{:02}", week(date, 1).0),
            'V' => write!(text, "{:02}", week(date, 2).0),
            'v' => write!(text, "{:02}", week(date, 3).0),
            'X' => write!(text, "{:04}", week(date, 2).1),
            'x' => write!(text, "{:04}", week(date, 3).1),
            'w' => write!(text, "{}", (weekday(date) + 1) % 7),
            other => write!(text, "{other}"),
        };
        written.ok()?;
    }
    Some(text)
}

fn take_number(rest: &mut &str, most: usize) -> Option<u32> {
    let count = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let (digits, after) = rest.split_at(count);
    *rest = after;
    digits.parse().ok()
}

fn take_name(rest: &mut &str, names: impl Iterator<Item = &'static str>, short: bool) -> Option<u8> {
    for (at, name) in names.enumerate() {
        let name = if short { &name[..3] } else { name };
        if rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)) {
            *rest = &rest[name.len()..];
            return Some(at as u8 + 1);
        }
    }
    None
}

/// Reads a date by a format: DATE, TIME or DATETIME by the parts that the format names.
pub(super) fn parse_date(text: &str, format: &str) -> Option<Value> {
    let mut value = Temporal::ZERO;
    let (mut has_date, mut has_time, mut afternoon) = (false, false, None);
    let mut rest = text;
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        rest = rest.trim_start();
        if letter.is_whitespace() {
            continue;
        }
        if letter != '%' {
            rest = rest.strip_prefix(letter)?;
            continue;
        }
        match letters.next()? {
            'Y' => (value.year, has_date) = (take_number(&mut rest, 4)? as u16, true),
            'y' => {
                let year = take_number(&mut rest, 2)? as u16;
                (value.year, has_date) = (if year < 70 { year + 2000 } else { year + 1900 }, true);
            }
            'm' | 'c' => (value.month, has_date) = (take_number(&mut rest, 2)? as u8, true),
            'd' | 'e' => (value.day, has_date) = (take_number(&mut rest, 2)? as u8, true),
            'D' => {
                (value.day, has_date) = (take_number(&mut rest, 2)? as u8, true);
                rest = rest.get(2.min(rest.len())..)?;
            }
            'M' => (value.month, has_date) = (take_name(&mut rest, (1..=12).map(month_name), false)?, true),
            'b' => (value.month, has_date) = (take_name(&mut rest, (1..=12).map(month_name), true)?, true),
            'W' => has_date |= take_name(&mut rest, (0..7).map(day_name), false).is_some(),
            'a' => has_date |= take_name(&mut rest, (0..7).map(day_name), true).is_some(),
            'H' | 'k' | 'h' | 'I' | 'l' => (value.hour, has_time) = (take_number(&mut rest, 2)? as u16, true),
            'i' => (value.minute, has_time) = (take_number(&mut rest, 2)? as u8, true),
            's' | 'S' => (value.second, has_time) = (take_number(&mut rest, 2)? as u8, true),
            'f' => {
                let before = rest.len();
                let digits = take_number(&mut rest, 6)?;
                value.microsecond = digits * 10u32.pow(6 - (before - rest.len()).min(6) as u32);
                (value.decimals, has_time) = (6, true);
            }
            'p' => {
                afternoon = Some(rest.get(..2)?.eq_ignore_ascii_case("pm"));
                rest = &rest[2..];
            }
            'T' => {
                let parts: Vec<u32> = rest.get(..8)?.split(':').filter_map(|part| part.parse().ok()).collect();
                let [hour, minute, second] = parts[..] else { return None };
                (value.hour, value.minute, value.second, has_time) = (hour as u16, minute as u8, second as u8, true);
                rest = &rest[8..];
            }
            '%' => rest = rest.strip_prefix('%')?,
            _ => return None,
        }
    }
    if let Some(afternoon) = afternoon {
        value.hour = value.hour % 12 + if afternoon { 12 } else { 0 };
    }
    if value.month > 12 || value.hour > 23 || value.minute > 59 || value.second > 59 {
        return None;
    }
    if has_date && value.month > 0 && value.day > days_in_month(value.year, value.month) {
        return None;
    }
    match (has_date, has_time) {
        (true, true) => Some(Value::DateTime(value)),
        (true, false) => Some(Value::Date(value)),
        (false, true) => Some(Value::Time(value)),
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::temporal::{DateRules, read_datetime};

    #[test]
    fn formats_go_both_ways() {
        let date = read_datetime("2009-10-04 22:23:00", DateRules::default()).map(|read| read.value).unwrap_or(Temporal::ZERO);
        assert_eq!(format_date(&date, "%W %M %Y").as_deref(), Some("Sunday October 2009"));
        assert_eq!(format_date(&date, "%D %y %a %d %m %b %j").as_deref(), Some("4th 09 Sun 04 10 Oct 277"));
        assert_eq!(format_date(&date, "%H %k %I %r %T %S %w").as_deref(), Some("22 22 10 10:23:00 PM 22:23:00 00 0"));
        let read = parse_date("May 1, 2013", "%M %d,%Y").and_then(|value| value.to_text().map(|text| text.into_owned()));
        assert_eq!(read.as_deref(), Some("2013-05-01"));
        let read = parse_date("09:30:17", "%h:%i:%s").and_then(|value| value.to_text().map(|text| text.into_owned()));
        assert_eq!(read.as_deref(), Some("09:30:17"));
    }
}
