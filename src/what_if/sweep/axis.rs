//! What is varied, over which range, and in which steps.

use super::super::change::Change;
use super::super::names::{self, Member};
use super::super::{COST_NAMES, RowTarget};
use crate::catalog::ddl::NamedTable;
use std::fmt;

/// What is varied.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Parameter {
    /// A cost constant.
    Cost(String),
    /// Rows of a table.
    Rows(NamedTable),
    /// Share of an index in the buffer pool, 0..=1.
    Cached(Member),
    /// A session variable with a number.
    Set(String),
    /// Share of a table's rows that ranges and equalities on a column find, 0..=1. The column begins an index.
    Selectivity(Member),
    /// The value of `:name` in the text of the statement.
    Literal(String),
    /// The LIMIT of the statement.
    Limit,
}

/// How the steps lie between both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// The same difference between any two neighbours.
    Linear,
    /// The same ratio between any two neighbours.
    Logarithmic,
}

/// What values look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Whole,
    Real,
    /// Days since 1970-01-01.
    Date,
}

/// A parameter and its range.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What is varied.
    pub parameter: Parameter,
    /// The lower end.
    pub from: f64,
    /// The upper end.
    pub to: f64,
    /// How the steps lie.
    pub scale: Scale,
    form: Form,
}

/// Ratio of both ends from which on steps are logarithmic.
const WIDE: f64 = 50.0;

/// The options that vary something, without `--`.
pub const AXIS_OPTIONS: [&str; 7] = ["cost", "rows", "cached", "set", "selectivity", "literal", "limit"];

impl Axis {
    /// Reads an axis from an option (without `--`) and its value: `NAME=FROM..TO`, for `limit` only `FROM..TO`.
    ///
    /// # Errors
    /// A sentence that says what the option expects.
    pub fn from_option(option: &str, text: &str) -> Result<Axis, String> {
        let wrong = || match option {
            "limit" => format!("--limit expects FROM..TO, not '{text}'"),
            _ => format!("--{option} expects NAME=FROM..TO, not '{text}'"),
        };
        let (name, range) = if option == "limit" { ("", text) } else { text.rsplit_once('=').ok_or_else(wrong)? };
        let (from, to) = range.split_once("..").ok_or_else(wrong)?;
        let (from, to) = (from.trim(), to.trim().trim_start_matches('='));
        let member = || names::member_of_text(name).ok_or_else(wrong);
        let parameter = match option {
            "cost" if COST_NAMES.contains(&name) => Parameter::Cost(name.to_owned()),
            "cost" => return Err(format!("'{name}' is no cost constant; there are {}", COST_NAMES.join(", "))),
            "rows" => Parameter::Rows(names::table_of_text(name).ok_or_else(wrong)?),
            "cached" => Parameter::Cached(member()?),
            "set" => Parameter::Set(name.to_owned()),
            "selectivity" => Parameter::Selectivity(member()?),
            "literal" => Parameter::Literal(name.trim_start_matches(':').to_owned()),
            "limit" => Parameter::Limit,
            _ => return Err(format!("--{option} cannot be varied; --{} can", AXIS_OPTIONS.join(", --"))),
        };
        Axis::new(parameter, from, to).ok_or_else(wrong)
    }

    fn new(parameter: Parameter, from: &str, to: &str) -> Option<Axis> {
        let (form, from, to) = match (number(from), number(to)) {
            (Some(low), Some(high)) => {
                let whole = match parameter {
                    Parameter::Rows(_) | Parameter::Limit | Parameter::Set(_) => true,
                    Parameter::Literal(_) => !from.contains('.') && !to.contains('.'),
                    _ => false,
                };
                (if whole { Form::Whole } else { Form::Real }, low, high)
            }
            _ => (Form::Date, days(from)? as f64, days(to)? as f64),
        };
        if from >= to || (form == Form::Date && !matches!(parameter, Parameter::Literal(_))) {
            return None;
        }
        let is_share = matches!(parameter, Parameter::Cached(_) | Parameter::Selectivity(_));
        if is_share && !(from >= 0.0 && to <= 1.0) {
            return None;
        }
        let wide = from > 0.0 && to / from >= WIDE && form != Form::Date;
        let scale = if wide { Scale::Logarithmic } else { Scale::Linear };
        Some(Axis { parameter, from, to, scale, form })
    }

    /// The value at a share of the way, 0 being the lower end and 1 the upper.
    pub fn value(&self, share: f64) -> f64 {
        let value = match self.scale {
            Scale::Linear => self.from + (self.to - self.from) * share,
            Scale::Logarithmic => self.from * (self.to / self.from).powf(share),
        };
        if self.form == Form::Real { value.clamp(self.from, self.to) } else { value.round().clamp(self.from, self.to) }
    }

    /// The share of the way at which a value lies.
    pub fn share(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => (value - self.from) / (self.to - self.from),
            Scale::Logarithmic => (value / self.from).ln() / (self.to / self.from).ln(),
        }
    }

    /// A value between two others; none if they are neighbours.
    pub(super) fn between(&self, low: f64, high: f64) -> Option<f64> {
        let middle = self.value((self.share(low) + self.share(high)) / 2.0);
        let apart = match self.form {
            Form::Real => (high - low) > 1e-9 * high.abs(),
            Form::Whole | Form::Date => high - low > 1.0,
        };
        // Rounding may have led to an end.
        let middle = if middle <= low || middle >= high { ((low + high) / 2.0).floor() } else { middle };
        (apart && middle > low && middle < high).then_some(middle)
    }

    /// A value as one would write it.
    pub fn print(&self, value: f64) -> String {
        match self.form {
            Form::Whole => format!("{value:.0}"),
            Form::Real => significant(value),
            Form::Date => date(value as i64),
        }
    }

    /// The value as SQL.
    pub(super) fn literal(&self, value: f64) -> String {
        match self.form {
            Form::Whole => format!("{value:.0}"),
            Form::Real => format!("{value}"),
            Form::Date => format!("'{}'", date(value as i64)),
        }
    }

    /// The change that gives the parameter a value; none for what is no change of the catalog.
    pub(super) fn change(&self, value: f64) -> Option<Change> {
        Some(match &self.parameter {
            Parameter::Cost(name) => Change::Cost { name: name.clone(), value },
            Parameter::Rows(table) => Change::Rows { table: table.clone(), rows: RowTarget::Count(value as u64) },
            Parameter::Cached(index) => Change::Cached { index: index.clone(), share: value },
            Parameter::Set(name) => Change::Set { name: name.clone(), value: format!("{value:.0}") },
            Parameter::Selectivity(_) | Parameter::Literal(_) | Parameter::Limit => return None,
        })
    }
}

impl fmt::Display for Axis {
    /// What is varied, in words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.parameter {
            Parameter::Cost(name) => write!(f, "{name}"),
            Parameter::Rows(table) => write!(f, "rows of {}", table.name),
            Parameter::Cached(index) => write!(f, "share of {}.{} in memory", index.table.name, index.name),
            Parameter::Set(name) => write!(f, "{name}"),
            Parameter::Selectivity(column) => write!(f, "selectivity of {}.{}", column.table.name, column.name),
            Parameter::Literal(name) => write!(f, ":{name}"),
            Parameter::Limit => write!(f, "LIMIT"),
        }
    }
}

/// A number; `1e6` and `10k`, `2M`, `1G` too.
fn number(text: &str) -> Option<f64> {
    let (digits, unit) = match text.chars().last()? {
        'k' | 'K' => (&text[..text.len() - 1], 1e3),
        'M' => (&text[..text.len() - 1], 1e6),
        'G' => (&text[..text.len() - 1], 1e9),
        _ => (text, 1.0),
    };
    digits.parse::<f64>().ok().map(|number| number * unit).filter(|number| number.is_finite())
}

/// Six digits that count.
fn significant(value: f64) -> String {
    if value == 0.0 || !(1e-4..1e15).contains(&value.abs()) {
        return format!("{value}");
    }
    let digits = (5 - value.abs().log10().floor() as i32).max(0) as usize;
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Days from 1970-01-01 to `YYYY-MM-DD` (proleptic Gregorian).
fn days(text: &str) -> Option<i64> {
    let mut parts = text.trim_matches(['\'', '"']).split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() || !(0..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Years begin in March, so that the leap day is the last of a year.
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    Some(era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468)
}

/// `YYYY-MM-DD` of a number of days since 1970-01-01.
fn date(days: i64) -> String {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let (day, month) = (day_of_year - (153 * shifted + 2) / 5 + 1, if shifted < 10 { shifted + 3 } else { shifted - 9 });
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_and_middle() {
        let rows = Axis::from_option("rows", "employees=100..1M").expect("an axis");
        assert_eq!((rows.value(0.0), rows.value(0.5), rows.value(1.0)), (100.0, 10_000.0, 1_000_000.0));
        assert_eq!(rows.scale, Scale::Logarithmic);
        assert_eq!(rows.between(100.0, 101.0), None);
        let cached = Axis::from_option("cached", "t.k=0..1").expect("an axis");
        assert_eq!((cached.value(0.25), cached.print(0.25)), (0.25, "0.25".to_owned()));
    }

    #[test]
    fn dates_go_by_days() {
        let day = Axis::from_option("literal", "d=1999-12-30..2000-03-01").expect("an axis");
        assert_eq!(day.to - day.from, 62.0);
        assert_eq!(day.literal(day.from + 61.0), "'2000-02-29'");
        for text in ["1970-01-01", "2024-02-29", "0001-03-01", "1900-12-31"] {
            assert_eq!(days(text).map(date).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for (option, text) in
            [("cost", "row_evaluate_cost=1"), ("cost", "x=1..2"), ("rows", "t=5..5"), ("cached", "t.k=0..2"), ("limit", "a..b")]
        {
            assert!(Axis::from_option(option, text).is_err(), "{option} {text}");
        }
    }
}
