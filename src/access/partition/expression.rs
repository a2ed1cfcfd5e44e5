//! Values of partitioning expressions: HASH, RANGE and LIST by an expression (spec 03 §12.3, §12.4, §12.6).

use crate::value::{Temporal, temporal};

/// A partitioning expression. Columns are places in the list of partitioning columns.
#[derive(Clone, Debug, PartialEq)]
pub enum PartitionExpr {
    /// A constant.
    Number(i128),
    /// A column.
    Column(usize),
    /// `left op right`.
    Binary(char, Box<PartitionExpr>, Box<PartitionExpr>),
    /// A function by lower-cased name.
    Call(String, Vec<PartitionExpr>),
}

/// A column's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ColumnValue {
    /// NULL.
    Null,
    /// A number.
    Number(i128),
    /// A date, with or without time of day.
    Moment(Temporal),
    /// A time of day.
    Time(Temporal),
}

impl PartitionExpr {
    /// Reads an expression as SHOW CREATE TABLE prints it. New column names are added to `columns`.
    pub fn parse(text: &str, columns: &mut Vec<String>) -> Option<PartitionExpr> {
        let mut parser = Parser { rest: text, columns, depth: 0 };
        let expr = parser.sum()?;
        parser.skip_blanks();
        parser.rest.is_empty().then_some(expr)
    }

    /// The expression's value; the outer none is "cannot be computed", the inner one is NULL.
    pub fn value(&self, columns: &[ColumnValue], time_zone_seconds: i32) -> Option<Option<i128>> {
        match self {
            PartitionExpr::Number(number) => Some(Some(*number)),
            PartitionExpr::Column(place) => match columns.get(*place)? {
                ColumnValue::Null => Some(None),
                ColumnValue::Number(number) => Some(Some(*number)),
                _ => None,
            },
            PartitionExpr::Binary(op, left, right) => {
                let (left, right) = (left.value(columns, time_zone_seconds)?, right.value(columns, time_zone_seconds)?);
                let (Some(left), Some(right)) = (left, right) else { return Some(None) };
                binary(*op, left, right)
            }
            PartitionExpr::Call(name, args) => call(name, args, columns, time_zone_seconds),
        }
    }
}

fn binary(op: char, left: i128, right: i128) -> Option<Option<i128>> {
    Some(match op {
        '+' => left.checked_add(right),
        '-' => left.checked_sub(right),
        '*' => left.checked_mul(right),
        'd' if right == 0 => None,
        'd' => left.checked_div(right),
        '%' if right == 0 => None,
        '%' => left.checked_rem(right),
        _ => return None,
    })
}

fn call(name: &str, args: &[PartitionExpr], columns: &[ColumnValue], time_zone_seconds: i32) -> Option<Option<i128>> {
    if let [PartitionExpr::Column(place)] = args {
        match columns.get(*place)? {
            ColumnValue::Null => return Some(None),
            ColumnValue::Moment(moment) => return of_moment(name, moment, time_zone_seconds),
            ColumnValue::Time(time) => return of_time(name, time),
            ColumnValue::Number(_) => {}
        }
    }
    let mut values = Vec::with_capacity(args.len());
    for arg in args {
        match arg.value(columns, time_zone_seconds)? {
            Some(value) => values.push(value),
            None => return Some(None),
        }
    }
    match (name, values.as_slice()) {
        ("abs", [value]) => Some(value.checked_abs()),
        ("floor" | "ceiling" | "ceil", [value]) => Some(Some(*value)),
        ("mod", [left, right]) => binary('%', *left, *right),
        _ => None,
    }
}

/// Day number; none for dates with a zero month or day.
fn day_number(moment: &Temporal) -> Option<i128> {
    (moment.month != 0 && moment.day != 0).then(|| i128::from(temporal::day_number(moment.year, moment.month, moment.day)))
}

fn seconds_of_day(moment: &Temporal) -> i128 {
    (i128::from(moment.hour) * 60 + i128::from(moment.minute)) * 60 + i128::from(moment.second)
}

fn of_moment(name: &str, moment: &Temporal, time_zone_seconds: i32) -> Option<Option<i128>> {
    const SECONDS_A_DAY: i128 = 86_400;
    const EPOCH_DAY: i128 = 719_528;
    let days = day_number(moment);
    let first_of_year = || i128::from(temporal::day_number(moment.year, 1, 1));
    Some(match name {
        "year" => Some(i128::from(moment.year)),
        "month" => Some(i128::from(moment.month)),
        "day" | "dayofmonth" => Some(i128::from(moment.day)),
        "quarter" => Some((i128::from(moment.month) + 2) / 3),
        "hour" => Some(i128::from(moment.hour)),
        "minute" => Some(i128::from(moment.minute)),
        "second" => Some(i128::from(moment.second)),
        "microsecond" => Some(i128::from(moment.microsecond)),
        "to_days" => days,
        "to_seconds" => days.map(|days| days * SECONDS_A_DAY + seconds_of_day(moment)),
        "weekday" => days.map(|days| (days + 5) % 7),
        "dayofweek" => days.map(|days| (days + 6) % 7 + 1),
        "dayofyear" => days.map(|days| days - first_of_year() + 1),
        "time_to_sec" => Some(seconds_of_day(moment)),
        "unix_timestamp" => {
            days.map(|days| (days - EPOCH_DAY) * SECONDS_A_DAY + seconds_of_day(moment) - i128::from(time_zone_seconds))
        }
        _ => return None,
    })
}

fn of_time(name: &str, time: &Temporal) -> Option<Option<i128>> {
    let sign = if time.negative { -1 } else { 1 };
    Some(Some(match name {
        "hour" => i128::from(time.hour),
        "minute" => i128::from(time.minute),
        "second" => i128::from(time.second),
        "microsecond" => i128::from(time.microsecond),
        "time_to_sec" => sign * seconds_of_day(time),
        _ => return None,
    }))
}

struct Parser<'t, 'c> {
    rest: &'t str,
    columns: &'c mut Vec<String>,
    depth: usize,
}

impl Parser<'_, '_> {
    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, word: &str) -> bool {
        self.skip_blanks();
        match self.rest.get(..word.len()) {
            Some(start) if start.eq_ignore_ascii_case(word) => {
                self.rest = &self.rest[word.len()..];
                true
            }
            _ => false,
        }
    }

    fn sum(&mut self) -> Option<PartitionExpr> {
        const DEEPEST: usize = 32;
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let mut left = self.product()?;
        loop {
            let op = if self.take("+") {
                '+'
            } else if self.take("-") {
                '-'
            } else {
                self.depth -= 1;
                return Some(left);
            };
            left = PartitionExpr::Binary(op, Box::new(left), Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Option<PartitionExpr> {
        let mut left = self.primary()?;
        loop {
            let op = if self.take("*") {
                '*'
            } else if self.take("div ") {
                'd'
            } else if self.take("%") || self.take("mod ") {
                '%'
            } else {
                return Some(left);
            };
            left = PartitionExpr::Binary(op, Box::new(left), Box::new(self.primary()?));
        }
    }

    fn primary(&mut self) -> Option<PartitionExpr> {
        if self.take("(") {
            let inner = self.sum()?;
            return self.take(")").then_some(inner);
        }
        self.skip_blanks();
        if let Some(quoted) = self.rest.strip_prefix('`') {
            let end = quoted.find('`')?;
            let name = &quoted[..end];
            self.rest = &quoted[end + 1..];
            return Some(self.column(name));
        }
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        if word.is_empty() {
            return None;
        }
        self.rest = rest;
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            return word.parse().ok().map(PartitionExpr::Number);
        }
        if !self.take("(") {
            return Some(self.column(word));
        }
        let mut args = Vec::new();
        while !self.take(")") {
            if !args.is_empty() && !self.take(",") {
                return None;
            }
            args.push(self.sum()?);
        }
        Some(PartitionExpr::Call(word.to_ascii_lowercase(), args))
    }

    fn column(&mut self, name: &str) -> PartitionExpr {
        let place = self.columns.iter().position(|known| known.eq_ignore_ascii_case(name)).unwrap_or_else(|| {
            self.columns.push(name.to_owned());
            self.columns.len() - 1
        });
        PartitionExpr::Column(place)
    }
}
