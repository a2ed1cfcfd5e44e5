//! Bytes of an entry in a leaf page of an index, and how many pages a newly built index takes (spec 01 §6.1, §6.2, §6.4).

use crate::catalog::histogram::{Buckets, Histogram};
use crate::catalog::schema::{Column, ColumnNo, KeyPart, Table};
use crate::catalog::{Statistics, collation};
use crate::value::Value;

/// Bytes of an empty page that records and their directory can take.
const PAGE_OVERHEAD: f64 = 132.0;
/// Bytes before every record.
const RECORD_HEADER: f64 = 5.0;
/// Bytes of the hidden row id of a table without primary key.
const ROW_ID: f64 = 6.0;

/// Mean bytes of an entry, and how the lengths of strings were found.
pub(super) struct EntryBytes {
    pub(super) bytes: f64,
    pub(super) lines: Vec<String>,
}

/// Mean bytes of an entry of an index with these parts (the user's and the appended ones).
/// `facts` answers about `known`, the table as it was; columns of `table` that it has not are taken at half their length.
pub(super) fn entry_bytes(
    facts: &dyn Statistics,
    known: &Table,
    table: &Table,
    parts: &[KeyPart],
    old_column: impl Fn(ColumnNo) -> Option<ColumnNo>,
) -> EntryBytes {
    let mut lines = Vec::new();
    let mut bytes = RECORD_HEADER;
    let mut nullable = 0u32;
    for part in parts {
        let column = &table.columns[part.column as usize];
        nullable += u32::from(column.nullable);
        let (data, line) = part_bytes(facts, known, column, part, old_column(part.column));
        bytes += data;
        lines.extend(line);
    }
    if table.clustered.is_none() {
        bytes += ROW_ID;
    }
    EntryBytes { bytes: bytes + f64::from(nullable.div_ceil(8)), lines }
}

fn part_bytes(
    facts: &dyn Statistics,
    known: &Table,
    column: &Column,
    part: &KeyPart,
    old: Option<ColumnNo>,
) -> (f64, Option<String>) {
    let most = f64::from(part.length);
    if !is_variable(column) {
        return (most, None);
    }
    let histogram = old.and_then(|no| facts.histogram(known, no)).and_then(mean_text_bytes);
    let by_rows = || {
        let numbers = facts.table(known);
        (numbers.mean_row_bytes > 0).then(|| mean_variable_bytes(known, numbers.mean_row_bytes))
    };
    let (mean, why) = match (histogram, old.and_then(|_| by_rows())) {
        (Some(mean), _) => (mean, "as in its histogram"),
        (None, Some(mean)) => (mean, "from the mean length of the table's rows"),
        (None, None) => (most / 2.0, "half of what it can hold"),
    };
    let mean = mean.clamp(shortest(column).min(most), most);
    let length_bytes = if mean <= 127.0 || most <= 255.0 { 1.0 } else { 2.0 };
    (mean + length_bytes, Some(format!("bytes of {}: {mean:.1}, {why}", column.name)))
}

fn is_variable(column: &Column) -> bool {
    use crate::catalog::TypeKind::{Char, VarChar};
    let wide = || collation::info(column.ty.collation).max_char_bytes() > 1;
    column.ty.is_blob() || column.ty.kind == VarChar || (column.ty.kind == Char && wide())
}

/// CHAR(n) of a character set with wide characters takes n bytes at least.
fn shortest(column: &Column) -> f64 {
    if column.ty.kind == crate::catalog::TypeKind::Char { f64::from(column.ty.length) } else { 0.0 }
}

fn mean_text_bytes(histogram: &Histogram) -> Option<f64> {
    let length = |value: &Value| match value {
        Value::Str(text) => Some(text.len() as f64),
        Value::Bytes(bytes) => Some(bytes.len() as f64),
        _ => None,
    };
    let (mut sum, mut before) = (0.0, 0.0);
    let mut add = |bytes: f64, cumulative: f64| {
        sum += bytes * (cumulative - before);
        before = cumulative;
    };
    match &histogram.buckets {
        Buckets::Singleton(buckets) => {
            for (value, cumulative) in buckets {
                add(length(value)?, *cumulative);
            }
        }
        Buckets::EquiHeight(buckets) => {
            for bucket in buckets {
                add((length(&bucket.low)? + length(&bucket.high)?) / 2.0, bucket.cumulative_share);
            }
        }
    }
    (before > 0.0).then_some(sum / before)
}

/// What the mean row leaves for each of its columns of variable length: pages are 15/16 full, and every row has its header,
/// transaction id, roll pointer and the columns of fixed length.
fn mean_variable_bytes(table: &Table, mean_row_bytes: u64) -> f64 {
    const HIDDEN: f64 = 18.0;
    let stored =
        || table.columns.iter().filter(|column| !column.generated.as_ref().is_some_and(|generated| generated.is_virtual));
    let fixed: u32 = stored().filter(|column| !is_variable(column)).map(|column| column.ty.pack_bytes()).sum();
    let variable = stored().filter(|column| is_variable(column)).count().max(1) as f64;
    let rest = mean_row_bytes as f64 * 15.0 / 16.0 - HIDDEN - f64::from(fixed);
    (rest / variable - 1.0).max(1.0)
}

/// Leaf pages of an index of `rows` entries that was just built: full pages, for nothing is left free in secondary indexes, and a
/// sixteenth in the clustered one.
pub(super) fn leaf_pages(rows: u64, entry_bytes: f64, page_bytes: u32, clustered: bool) -> u64 {
    let room = f64::from(page_bytes) - PAGE_OVERHEAD - if clustered { f64::from(page_bytes) / 16.0 } else { 0.0 };
    // A directory slot of two bytes for four records.
    let entries = (room / (entry_bytes + 0.5)).floor().max(1.0);
    ((rows as f64 / entries).ceil() as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_the_specification() {
        // Spec 01 §6.4: 1203 records of 13 bytes, 1120 of 14, 265 of 57 in a clustered page.
        assert_eq!(leaf_pages(1203 * 10, 13.0, 16384, false), 10);
        assert_eq!(leaf_pages(1203 * 10 + 1, 13.0, 16384, false), 11);
        assert_eq!(leaf_pages(1120 * 3, 14.0, 16384, false), 3);
        let clustered = leaf_pages(265 * 20, 57.0, 16384, true);
        assert!((20..=21).contains(&clustered), "{clustered}");
    }
}
