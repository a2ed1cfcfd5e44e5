//! Rows in the ranges of one index: index dives as they were captured, index statistics, or an approximation
//! (spec 03 §5.1, 01 §5).

use super::convert;
use super::interval::{Bound, List};
use super::key_value::KeyValue;
use super::print::trace_range;
use super::ranges::{EmittedRange, enumerate, equality_paths};
use super::setup::{IndexSetup, Setup};
use crate::catalog::range_rows::{Basis, UncapturedRange, rows_of_range};
use crate::catalog::{RangeQuestion, TypeKind};
use crate::context::notes::{RangeNote, RangeSource};
use crate::value::Value;
use smallvec::SmallVec;

/// Rows in the ranges, and how they were found.
pub struct RangeRows {
    /// Sum over the ranges.
    pub rows: u64,
    /// False: equality ranges take index statistics.
    pub dives: bool,
    /// The ranges as the trace prints them.
    pub trace_ranges: Vec<String>,
    /// Not all of it is known: an approximation.
    pub estimated: bool,
}

/// What the count depends on besides the ranges.
pub struct RowQuestion<'a> {
    /// Used partitions' names, if the table is partitioned.
    pub partitions: Option<&'a [String]>,
    /// All dives are skipped (spec 03 §5.1 `skip_all`).
    pub skip_dives: bool,
}

/// Rows in the ranges of a usable list.
pub fn rows_in_list(
    setup: &Setup<'_>,
    index: &IndexSetup,
    list: &List,
    ranges: &[EmittedRange<'_>],
    question: &RowQuestion<'_>,
) -> RangeRows {
    let dives = !uses_statistics(setup, list);
    let descending = index.parts.iter().any(|part| part.descending);
    let trace_ranges: Vec<String> = if descending {
        enumerate(index, list, false).iter().map(|range| trace_range(index, range)).collect()
    } else {
        ranges.iter().map(|range| trace_range(index, range)).collect()
    };
    let mut counted = 0u64;
    let mut open: SmallVec<[usize; 4]> = SmallVec::new();
    for (place, range) in ranges.iter().enumerate() {
        match rows_without_dive(setup, index, range, dives, question.skip_dives) {
            Some(rows) => counted += rows,
            None => open.push(place),
        }
    }
    let mut answer = RangeRows { rows: counted, dives, trace_ranges, estimated: false };
    let whole_keys = dives && !question.skip_dives;
    let mut source = if whole_keys { RangeSource::Unique } else { RangeSource::IndexStatistics };
    if open.is_empty() || question.partitions.is_some_and(|names| names.is_empty()) {
        note(setup, index, &answer, source);
        return answer;
    }
    if let Some(rows) = ask(setup, index, &answer.trace_ranges, dives, question) {
        answer.rows = rows;
        note(setup, index, &answer, RangeSource::Dive);
        return answer;
    }
    for place in open {
        let (rows, single) = single_range(setup, index, &ranges[place], question);
        answer.rows += rows;
        answer.estimated |= single > RangeSource::Dive;
        source = source.max(single);
    }
    if answer.estimated {
        setup.ctx.missed_dives.borrow_mut().push(describe(setup, index, &answer.trace_ranges));
    }
    note(setup, index, &answer, source);
    answer
}

fn note(setup: &Setup<'_>, index: &IndexSetup, answer: &RangeRows, source: RangeSource) {
    setup.ctx.note(|notes| {
        let (table, ranges) = (setup.table_id.0, answer.trace_ranges.clone());
        notes.ranges.push(RangeNote { table, index: index.index, ranges, rows: answer.rows, source });
    });
}

fn single_range(
    setup: &Setup<'_>,
    index: &IndexSetup,
    range: &EmittedRange<'_>,
    question: &RowQuestion<'_>,
) -> (u64, RangeSource) {
    let text = trace_range(index, range);
    if let Some(rows) = ask(setup, index, std::slice::from_ref(&text), true, question) {
        return (rows, RangeSource::Dive);
    }
    let (rows, basis) = uncaptured(setup, index, range);
    let source = match basis {
        Basis::Histogram => RangeSource::Histogram,
        Basis::IndexStatistics => RangeSource::IndexStatistics,
        Basis::Default => RangeSource::Default,
    };
    (rows, source)
}

/// Rows of a range that nobody dived into, by histograms and index statistics (spec 01 §5.8).
fn uncaptured(setup: &Setup<'_>, index: &IndexSetup, range: &EmittedRange<'_>) -> (u64, Basis) {
    let equal_parts = range.path.iter().take_while(|interval| interval.is_point()).count();
    let plain = |place: usize, bound: &Bound| {
        let value = bound.value.as_ref().filter(|value| !value.is_null())?;
        match (value, index.parts[place].ty.kind) {
            // Histograms hold the numbers of members.
            (KeyValue::Integer(number), TypeKind::Enum) => Value::integer(*number),
            _ => convert::plain_value(value, &index.parts[place]),
        }
    };
    let equal_values: SmallVec<[Option<Value>; 4]> =
        range.path[..equal_parts].iter().enumerate().map(|(place, interval)| plain(place, &interval.low)).collect();
    let (mut low, mut high) = (None, None);
    if let Some(interval) = range.path.get(equal_parts) {
        low = plain(equal_parts, &interval.low).map(|value| (value, !interval.low.open));
        high = plain(equal_parts, &interval.high).map(|value| (value, !interval.high.open));
    }
    let question = UncapturedRange {
        equal_parts,
        equal_values: &equal_values,
        low: low.as_ref().map(|(value, closed)| (value, *closed)),
        high: high.as_ref().map(|(value, closed)| (value, *closed)),
    };
    rows_of_range(setup.ctx.statistics(), setup.table, index.index, question)
}

fn ask(setup: &Setup<'_>, index: &IndexSetup, ranges: &[String], dives: bool, question: &RowQuestion<'_>) -> Option<u64> {
    setup.ctx.statistics().rows_in_ranges(RangeQuestion {
        table: setup.table,
        index: index.index,
        ranges,
        partitions: question.partitions,
        sql: setup.ctx.sql,
        dives,
    })
}

fn describe(setup: &Setup<'_>, index: &IndexSetup, ranges: &[String]) -> String {
    format!("{}.{}.{}: {}", setup.table.schema, setup.table.name, index.name, ranges.join(" OR "))
}

/// Do equality ranges of the list take index statistics (`eq_range_index_dive_limit`)?
pub fn uses_statistics(setup: &Setup<'_>, list: &List) -> bool {
    match u64::from(setup.ctx.settings.eq_range_index_dive_limit) {
        0 => false,
        1 => true,
        limit => equality_paths(list, limit) >= limit,
    }
}

/// Rows of ranges that need no dive; none for those that do (spec 03 §5.1).
fn rows_without_dive(
    setup: &Setup<'_>,
    index: &IndexSetup,
    range: &EmittedRange<'_>,
    dives: bool,
    skip_all: bool,
) -> Option<u64> {
    let definition = &setup.table.indexes[index.index as usize];
    let equality = range.is_equality();
    let whole_unique = equality && definition.unique && range.min.len() == definition.user_parts;
    if whole_unique && !range.min.iter().any(KeyValue::is_null) {
        return Some(1);
    }
    let null_mark = (!equality || whole_unique) && range.has_null_mark();
    if null_mark || !(skip_all || !dives && equality) {
        return None;
    }
    if !equality {
        return Some(1);
    }
    let per_key = setup.ctx.statistics().records_per_key(setup.table, index.index, range.min.len());
    Some(per_key.map_or(1, |rows| rows as u64))
}
