//! Rows in ranges that nobody captured: from histograms and index statistics (spec 01 §5.8, §3.2).
//!
//! A guess, kept on the safe side: without a histogram a one-sided range holds a third, a two-sided one a ninth of the rows, as
//! the server's default filters say. Ranges over more than about ten leaf pages come out at twice their rows, at most half the
//! table, as the server's dives do.

use super::ServerVersion;
use super::histogram::HistogramOperator;
use super::schema::{IndexNo, Table};
use super::statistics::Statistics;
use super::types::CollationId;
use crate::value::temporal::{date_of_day_number, day_number};
use crate::value::{Temporal, Value};

/// One range of an index: leading parts bound by equality, then possibly bounds of the next part.
#[derive(Clone, Copy, Debug, Default)]
pub struct UncapturedRange<'a> {
    /// How many leading parts are bound by equality.
    pub equal_parts: usize,
    /// Their values, none where one is not known: histograms know how frequent they are.
    pub equal_values: &'a [Option<Value>],
    /// Lower bound of the part after those, and whether it is in the range.
    pub low: Option<(&'a Value, bool)>,
    /// Upper bound of that part.
    pub high: Option<(&'a Value, bool)>,
}

/// Shares of default filters (spec 01 §8.1).
const ONE_SIDED: f64 = 0.3333;
const TWO_SIDED: f64 = 0.1111;
/// The least share that a histogram answers: it may stand for less.
const LEAST: f64 = 0.001;

/// What the rows of a range were taken from; of several the weakest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Basis {
    Histogram,
    IndexStatistics,
    Default,
}

/// Rows that a dive into one range would give, at least 1, and what they were taken from.
pub fn rows_of_range(statistics: &dyn Statistics, table: &Table, index: IndexNo, range: UncapturedRange<'_>) -> (u64, Basis) {
    let rows = statistics.table(table).rows;
    let (expected, basis) = expected_rows(statistics, table, index, range, rows as f64);
    let leaf_pages = statistics.leaf_pages(table, index).unwrap_or(0);
    (dive_like(expected, rows, leaf_pages), basis)
}

fn expected_rows(
    statistics: &dyn Statistics,
    table: &Table,
    index: IndexNo,
    range: UncapturedRange<'_>,
    rows: f64,
) -> (f64, Basis) {
    let mut basis = Basis::Histogram;
    let equal_rows = match range.equal_parts {
        0 => rows,
        parts => {
            let found = equal_rows(statistics, table, index, parts, range.equal_values, rows);
            basis = found.1;
            found.0
        }
    };
    let ask = |operator, values: &[&Value]| share(statistics, table, index, range.equal_parts, operator, values);
    let mut or_default = |answer: Option<f64>, default: f64| {
        answer.unwrap_or_else(|| {
            basis = Basis::Default;
            let part = table.indexes.get(index as usize).and_then(|index| index.parts.get(range.equal_parts));
            part.map_or(default, |part| statistics.guessed_share(table, part.column, default))
        })
    };
    let bounds = match (range.low, range.high) {
        (None, None) => 1.0,
        (Some((low, true)), None) => or_default(ask(HistogramOperator::GreaterOrEqual, &[low]), ONE_SIDED),
        (Some((low, false)), None) => or_default(ask(HistogramOperator::Greater, &[low]), ONE_SIDED),
        (None, Some((high, true))) => or_default(ask(HistogramOperator::LessOrEqual, &[high]), ONE_SIDED),
        (None, Some((high, false))) => or_default(ask(HistogramOperator::Less, &[high]), ONE_SIDED),
        (Some(low), Some(high)) => {
            let one_by_one = few_values(low, high).and_then(|values| {
                let each = values.iter().map(|value| ask(HistogramOperator::Equal, &[value]).filter(|share| *share > LEAST));
                each.sum::<Option<f64>>()
            });
            or_default(one_by_one.or_else(|| ask(HistogramOperator::Between, &[low.0, high.0])), TWO_SIDED)
        }
    };
    (equal_rows * bounds, basis)
}

/// The whole numbers or days between two bounds, if they are few: their shares add up better than the server interpolates within
/// a bucket, which counts distances, not values.
fn few_values((low, low_closed): (&Value, bool), (high, high_closed): (&Value, bool)) -> Option<Vec<Value>> {
    const MOST: i64 = 32;
    let day = |date: &Temporal| day_number(date.year, date.month, date.day);
    let (low_number, high_number) = match (low, high) {
        (Value::Int(low), Value::Int(high)) => (*low, *high),
        (Value::Date(low), Value::Date(high)) => (day(low), day(high)),
        _ => return None,
    };
    let first = low_number.checked_add(i64::from(!low_closed))?;
    let last = high_number.checked_sub(i64::from(!high_closed))?;
    if last.checked_sub(first).is_none_or(|span| span >= MOST) {
        return None;
    }
    let value = |number: i64| match low {
        Value::Date(_) => {
            let (year, month, day) = date_of_day_number(number);
            Value::Date(Temporal::date(year, month, day))
        }
        _ => Value::Int(number),
    };
    Some((first..=last).map(value).collect())
}

/// Rows with these values of the first parts. One part: as its histogram says. More: records per key, which know how the parts
/// hang together, times what the histograms say of how much more or less frequent than the mean each value is.
fn equal_rows(
    statistics: &dyn Statistics,
    table: &Table,
    index: IndexNo,
    parts: usize,
    values: &[Option<Value>],
    rows: f64,
) -> (f64, Basis) {
    let frequency = |part: usize| {
        let value = values.get(part)?.as_ref()?;
        share(statistics, table, index, part, HistogramOperator::Equal, &[value])
    };
    if let Some(share) = frequency(0).filter(|_| parts == 1) {
        return (rows * share, Basis::Histogram);
    }
    let Some(per_key) = statistics.records_per_key(table, index, parts) else { return (1.0, Basis::Default) };
    let (mut expected, mut most) = (f64::from(per_key), rows);
    for part in 0..parts {
        let Some(share) = frequency(part) else { continue };
        let column = table.indexes.get(index as usize).and_then(|index| index.parts.get(part)).map(|part| part.column);
        let histogram = column.and_then(|column| statistics.histogram(table, column));
        expected *= share * histogram.map_or(1, |histogram| histogram.distinct_values().max(1)) as f64;
        most = most.min(rows * share);
    }
    (expected.min(most), Basis::IndexStatistics)
}

fn share(
    statistics: &dyn Statistics,
    table: &Table,
    index: IndexNo,
    part: usize,
    operator: HistogramOperator,
    values: &[&Value],
) -> Option<f64> {
    let column = table.indexes.get(index as usize)?.parts.get(part)?.column;
    let histogram = statistics.histogram(table, column)?;
    let ty = &table.columns.get(column as usize)?.ty;
    let constants: Vec<(&Value, CollationId)> = values.iter().map(|value| (*value, histogram.collation)).collect();
    histogram.selectivity(ServerVersion::default(), ty, operator, &constants)
}

/// What a dive makes of `expected` rows in a table of `rows` rows whose index has `leaf_pages` leaf pages.
fn dive_like(expected: f64, rows: u64, leaf_pages: u64) -> u64 {
    let expected = expected.min(rows as f64).max(1.0);
    let rows_per_page = rows as f64 / leaf_pages.max(1) as f64;
    if leaf_pages < 10 || expected / rows_per_page <= 9.5 {
        return expected.round() as u64;
    }
    let sampled = 0.95 * (expected - rows_per_page);
    ((2.0 * sampled) as u64).min(rows / 2).max(1)
}

/// Records per key where statistics have none, as skip scan and loose index scan guess them (spec 01 §3.2), in single precision.
/// `known` is the records per key of all `user_parts` parts.
pub fn guessed_records_per_key(rows: u64, parts: usize, user_parts: usize, unique: bool, known: Option<f32>) -> f32 {
    let table_rows = rows as f32;
    let all = known.unwrap_or(if unique { 1.0 } else { (table_rows / 10.0).clamp(1.0, 10.0) });
    let first = table_rows * 0.01f32;
    if first < all {
        all
    } else if user_parts > 1 {
        first - ((parts as f32 - 1.0) / (user_parts as f32 - 1.0)) * (first - all)
    } else if unique {
        1.0
    } else {
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    #[test]
    fn guesses_stay_within_the_table() {
        let catalog = Catalog::sample();
        let employees = &catalog.schemas["employees"].tables["employees"];
        let statistics = &*catalog.statistics;
        let low = Value::Int(400_000);
        let open = UncapturedRange { low: Some((&low, true)), ..UncapturedRange::default() };
        assert_eq!(rows_of_range(statistics, employees, 0, open), (299_506 / 2, Basis::Default));
        let one = UncapturedRange { equal_parts: 1, ..UncapturedRange::default() };
        assert_eq!(rows_of_range(statistics, employees, 0, one), (1, Basis::IndexStatistics));
        let by_key = (299_506.0f32 / 5279.0).round() as u64;
        assert_eq!(rows_of_range(statistics, employees, 1, one), (by_key, Basis::IndexStatistics));
    }

    #[test]
    fn few_days_are_counted_one_by_one() {
        let day = |day| Value::Date(Temporal::date(2020, 2, day));
        let (first, last) = (day(27), Value::Date(Temporal::date(2020, 3, 1)));
        assert_eq!(few_values((&first, true), (&last, true)).map(|days| days.len()), Some(4), "a leap year");
        assert_eq!(few_values((&first, false), (&last, false)), Some(vec![day(28), day(29)]));
        assert_eq!(few_values((&Value::Int(1), true), (&Value::Int(100), true)), None);
        assert_eq!(few_values((&Value::Int(i64::MIN), false), (&Value::Int(i64::MAX), true)), None);
    }

    #[test]
    fn few_pages_are_exact() {
        assert_eq!(dive_like(201.4, 15_312, 58), 201);
        assert_eq!(dive_like(9000.0, 15_312, 58), 7656);
        assert_eq!(dive_like(0.2, 0, 0), 1);
    }
}
