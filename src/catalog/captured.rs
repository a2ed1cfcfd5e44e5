//! Answers about data from a captured bundle (spec 01 §3, DESIGN §3).

use super::bundle::StoredHistogram;
use super::histogram::Histogram;
use super::schema::{ColumnNo, IndexNo, Table, same_name};
use super::statistics::{ConstRow, RangeQuestion, Statistics, SubqueryResult, TableStatistics};
use crate::value::Value;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;

/// What a bundle says about the data of all tables.
#[derive(Debug, Default)]
pub struct CapturedStatistics {
    pub(super) schemas: HashMap<String, SchemaFacts>,
}

/// What is known of one schema.
#[derive(Debug, Default)]
pub(super) struct SchemaFacts {
    /// By table name as written.
    pub(super) tables: HashMap<String, TableFacts>,
    /// By text of the statement.
    pub(super) subqueries: HashMap<String, SubqueryResult>,
}

/// What is known of one table.
#[derive(Debug)]
pub(super) struct TableFacts {
    pub(super) numbers: TableStatistics,
    /// Numbers of the leaf partitions in order; empty for tables without partitions.
    pub(super) partitions: Vec<TableStatistics>,
    /// By the index's number when the bundle was read.
    pub(super) indexes: Vec<IndexFacts>,
    pub(super) histograms: Vec<(Arc<str>, StoredHistogram)>,
    pub(super) rows: Vec<CapturedRow>,
}

/// What is known of one index.
#[derive(Debug)]
pub(super) struct IndexFacts {
    pub(super) name: Arc<str>,
    /// Records per key of the first, the first two … parts.
    pub(super) records_per_key: Vec<Option<f32>>,
    pub(super) leaf_pages: Option<u64>,
    pub(super) in_memory: f64,
    /// The share in memory was captured, not guessed by size.
    pub(super) in_memory_known: bool,
    /// By the hash of the ranges.
    pub(super) dives: HashMap<u64, Vec<Dive>>,
}

/// A captured answer for some ranges.
#[derive(Debug)]
pub(super) struct Dive {
    pub(super) ranges: Box<[String]>,
    pub(super) partitions: Option<Box<[String]>>,
    pub(super) sql: Option<Box<str>>,
    pub(super) dived: bool,
    pub(super) rows: u64,
}

/// A captured row, or its absence.
#[derive(Debug)]
pub(super) struct CapturedRow {
    /// Index by whose key it was read; none for the one row of a system table.
    pub(super) index: Option<IndexNo>,
    pub(super) key: Vec<Value>,
    pub(super) row: Option<std::collections::BTreeMap<ColumnNo, Value>>,
}

/// Hash of ranges as the trace prints them: no string is built for a question.
pub(super) fn hash_ranges(ranges: &[String]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for range in ranges {
        hasher.write(range.as_bytes());
        hasher.write_u8(0xff);
    }
    hasher.finish()
}

impl Dive {
    fn fits(&self, question: &RangeQuestion<'_>) -> bool {
        let partitions = match (&self.partitions, question.partitions) {
            (Some(own), Some(asked)) => **own == *asked,
            (None, _) => true,
            (Some(_), None) => false,
        };
        *self.ranges == *question.ranges
            && partitions
            && self.sql.as_deref().is_none_or(|sql| sql.trim() == question.sql.trim().trim_end_matches(';'))
    }
}

impl CapturedStatistics {
    fn facts(&self, table: &Table) -> Option<&TableFacts> {
        self.schemas.get(&*table.schema)?.tables.get(&*table.name)
    }
    fn index(&self, table: &Table, index: IndexNo) -> Option<&IndexFacts> {
        let facts = &self.facts(table)?.indexes;
        let name = &table.indexes.get(index as usize)?.name;
        let same_place = facts.get(index as usize).filter(|facts| facts.name == *name);
        same_place.or_else(|| facts.iter().find(|facts| same_name(&facts.name, name)))
    }
}

impl Statistics for CapturedStatistics {
    fn table(&self, table: &Table) -> TableStatistics {
        self.facts(table).map_or_else(|| TableStatistics::temporary(2), |facts| facts.numbers)
    }

    fn table_partitions(&self, table: &Table, used: &[usize]) -> TableStatistics {
        let Some(facts) = self.facts(table).filter(|facts| !facts.partitions.is_empty()) else {
            return self.table(table);
        };
        let parts = used.iter().filter_map(|no| facts.partitions.get(*no));
        sum_of_partitions(facts.numbers, parts)
    }

    fn leaf_pages(&self, table: &Table, index: IndexNo) -> Option<u64> {
        self.index(table, index)?.leaf_pages
    }

    fn records_per_key(&self, table: &Table, index: IndexNo, parts: usize) -> Option<f32> {
        let facts = self.index(table, index)?;
        *facts.records_per_key.get(parts.checked_sub(1)?)?
    }

    fn index_in_memory(&self, table: &Table, index: IndexNo) -> f64 {
        self.index(table, index).map_or(1.0, |facts| facts.in_memory)
    }

    fn index_in_memory_known(&self, table: &Table, index: IndexNo) -> bool {
        self.index(table, index).is_some_and(|facts| facts.in_memory_known)
    }

    fn rows_in_ranges(&self, question: RangeQuestion<'_>) -> Option<u64> {
        let facts = self.index(question.table, question.index)?;
        let candidates = facts.dives.get(&hash_ranges(question.ranges))?;
        let fitting = || candidates.iter().filter(|dive| dive.fits(&question));
        // A dive that belongs to this very statement goes before one that stands for all.
        fitting()
            .find(|dive| dive.sql.is_some() && dive.dived == question.dives)
            .or_else(|| fitting().find(|dive| dive.dived == question.dives))
            .or_else(|| fitting().next())
            .map(|dive| dive.rows)
    }

    fn histogram(&self, table: &Table, column: ColumnNo) -> Option<&Histogram> {
        let histograms = &self.facts(table)?.histograms;
        if histograms.is_empty() {
            return None;
        }
        let name = &table.columns.get(column as usize)?.name;
        histograms.iter().find(|(each, _)| same_name(each, name)).and_then(|(_, histogram)| histogram.get())
    }

    fn partition_rows(&self, table: &Table) -> Option<Vec<u64>> {
        let partitions = &self.facts(table)?.partitions;
        (!partitions.is_empty()).then(|| partitions.iter().map(|part| part.rows).collect())
    }

    fn const_row(&self, table: &Table, index: Option<IndexNo>, key: &[Value]) -> ConstRow {
        let Some(facts) = self.facts(table) else { return ConstRow::Unknown };
        super::captured_rows::find(&facts.rows, table, index, key)
    }

    fn subquery(&self, schema: &str, sql: &str) -> Option<&SubqueryResult> {
        let subqueries = &self.schemas.get(schema)?.subqueries;
        subqueries.get(sql).or_else(|| subqueries.get(bare_query(sql)))
    }
}

/// A query without blanks, semicolon and parentheses around it.
pub(super) fn bare_query(sql: &str) -> &str {
    let mut sql = sql.trim().trim_end_matches(';').trim_end();
    while let Some(inner) = sql.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        sql = inner.trim();
    }
    sql
}

/// Sums over partitions; an empty sum of rows counts as one row (spec 01 §3.2).
pub(super) fn sum_of_partitions<'a>(whole: TableStatistics, parts: impl Iterator<Item = &'a TableStatistics>) -> TableStatistics {
    let mut sum =
        TableStatistics { rows: 0, clustered_pages: 0, clustered_leaf_pages: 0, data_bytes: 0, rows_upper_bound: 0, ..whole };
    for part in parts {
        sum.rows += part.rows;
        sum.clustered_pages += part.clustered_pages;
        sum.clustered_leaf_pages += part.clustered_leaf_pages;
        sum.data_bytes += part.data_bytes;
        sum.rows_upper_bound += part.rows_upper_bound;
    }
    sum.rows = sum.rows.max(1);
    sum.mean_row_bytes = sum.data_bytes / sum.rows;
    sum
}
