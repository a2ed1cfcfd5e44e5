//! The questions that the optimizer asks about data (DESIGN §2, spec 01 §3 to §8).
//!
//! Nothing else in the planner knows where a number came from: a captured bundle answers, rows held in memory can answer,
//! and what-if is a layer that changes some answers.

use super::histogram::Histogram;
use super::schema::{ColumnNo, IndexNo, Table};
use crate::value::Value;
use std::collections::BTreeMap;

/// Table-level numbers (spec 01 §3.1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TableStatistics {
    /// Rows as the engine reports them (InnoDB: at least 1).
    pub rows: u64,
    /// True if the engine's row count is exact (MyISAM, MEMORY).
    pub rows_exact: bool,
    /// Pages of the clustered index.
    pub clustered_pages: u64,
    /// Leaf pages of the clustered index.
    pub clustered_leaf_pages: u64,
    /// Bytes of the data (clustered pages x page size; data file length of MyISAM).
    pub data_bytes: u64,
    /// Mean bytes of a row.
    pub mean_row_bytes: u64,
    /// Bytes of a page.
    pub page_bytes: u32,
    /// Share of the clustered index in the buffer pool, 0..=1.
    pub clustered_in_memory: f64,
    /// Rows that could be in the leaf pages at most (InnoDB, spec 01 §10.5); 0 for other engines.
    pub rows_upper_bound: u64,
}

impl TableStatistics {
    /// Statistics of an internal temporary table of `rows` rows: a derived table, a materialized subquery (spec 01 §10.9).
    pub fn temporary(rows: u64) -> TableStatistics {
        TableStatistics {
            rows,
            rows_exact: false,
            clustered_pages: 0,
            clustered_leaf_pages: 0,
            data_bytes: 0,
            mean_row_bytes: 0,
            page_bytes: 0,
            clustered_in_memory: 1.0,
            rows_upper_bound: 0,
        }
    }
}

/// A question for the rows in some ranges of one index (a dive, spec 01 §5).
#[derive(Clone, Copy, Debug)]
pub struct RangeQuestion<'a> {
    /// The table.
    pub table: &'a Table,
    /// The index.
    pub index: IndexNo,
    /// The ranges as the optimizer trace prints them.
    pub ranges: &'a [String],
    /// Names of the used partitions if the table is partitioned.
    pub partitions: Option<&'a [String]>,
    /// Text of the statement: tells apart dives whose printed ranges are the same.
    pub sql: &'a str,
    /// True if the server would dive, false if it would take index statistics for equality ranges.
    pub dives: bool,
}

/// What reading one row by a unique key gave (const tables).
#[derive(Clone, Debug, PartialEq)]
pub enum ConstRow {
    /// The row: values by column name, in the bundle's text form parsed to the column's type.
    Found(BTreeMap<ColumnNo, Value>),
    /// There is no such row.
    Missing,
    /// The bundle does not know; the usual case is assumed: the row exists, its values are unknown.
    Unknown,
}

/// What evaluating a subquery, derived table or MIN/MAX while planning gave.
#[derive(Clone, Debug, PartialEq)]
pub enum SubqueryResult {
    /// Columns by name, and at most one row.
    Rows {
        /// Column names.
        columns: Vec<String>,
        /// Zero rows or one row; values as text, None is NULL.
        rows: Vec<Vec<Option<String>>>,
    },
    /// More than one row (error 1242 for a scalar subquery).
    MoreThanOneRow,
}

/// Answers about data. Every method is cheap: a look-up, no computation over rows.
pub trait Statistics: Send + Sync + std::fmt::Debug {
    /// Table-level numbers.
    fn table(&self, table: &Table) -> TableStatistics;
    /// Table-level numbers over some partitions (numbers of leaf partitions in order): sums of theirs (spec 01 §3.2).
    fn table_partitions(&self, table: &Table, used: &[usize]) -> TableStatistics {
        let _ = used;
        self.table(table)
    }
    /// Pages of an index's leaf level; none if unknown.
    fn leaf_pages(&self, table: &Table, index: IndexNo) -> Option<u64> {
        let _ = (table, index);
        None
    }
    /// Records per key of the first `parts` parts (user and appended ones) of an index; none if unknown (spec 01 §3.2).
    fn records_per_key(&self, table: &Table, index: IndexNo, parts: usize) -> Option<f32>;
    /// Share of an index in the buffer pool, 0..=1 (spec 01 §3.3).
    fn index_in_memory(&self, table: &Table, index: IndexNo) -> f64;
    /// False where the share of an index in memory is a guess by size: the trace then prints -1.
    fn index_in_memory_known(&self, table: &Table, index: IndexNo) -> bool {
        let _ = (table, index);
        true
    }
    /// Rows in ranges, if captured.
    fn rows_in_ranges(&self, question: RangeQuestion<'_>) -> Option<u64>;
    /// A share of rows that nothing is known about: the default, unless somebody wants to know what hangs on it.
    fn guessed_share(&self, table: &Table, column: ColumnNo, share: f64) -> f64 {
        let _ = (table, column);
        share
    }
    /// True if answers about an index, or about the table itself, are only supposed.
    fn is_supposed(&self, table: &Table, index: Option<IndexNo>) -> bool {
        let _ = (table, index);
        false
    }
    /// True if the histogram of a column is only supposed.
    fn is_supposed_histogram(&self, table: &Table, column: ColumnNo) -> bool {
        let _ = (table, column);
        false
    }
    /// Histogram of a column.
    fn histogram(&self, table: &Table, column: ColumnNo) -> Option<&Histogram>;
    /// Rows of single partitions, in the order of the partitions (or of the subpartitions), if known.
    fn partition_rows(&self, table: &Table) -> Option<Vec<u64>>;
    /// One row by a unique key (`index` none: the one row of a system table).
    fn const_row(&self, table: &Table, index: Option<IndexNo>, key: &[Value]) -> ConstRow;
    /// The captured result of a subquery's, derived table's or MIN/MAX statement's text; none if it was not captured.
    fn subquery(&self, schema: &str, sql: &str) -> Option<&SubqueryResult>;
}

/// Statistics that change some answers of others below them and pass all other questions on.
pub trait StatisticsLayer: Send + Sync + std::fmt::Debug {
    /// Who is asked what this layer does not answer itself.
    fn below(&self) -> &dyn Statistics;
    /// As [`Statistics::table`].
    fn table(&self, table: &Table) -> TableStatistics {
        self.below().table(table)
    }
    /// As [`Statistics::table_partitions`].
    fn table_partitions(&self, table: &Table, used: &[usize]) -> TableStatistics {
        self.below().table_partitions(table, used)
    }
    /// As [`Statistics::leaf_pages`].
    fn leaf_pages(&self, table: &Table, index: IndexNo) -> Option<u64> {
        self.below().leaf_pages(table, index)
    }
    /// As [`Statistics::records_per_key`].
    fn records_per_key(&self, table: &Table, index: IndexNo, parts: usize) -> Option<f32> {
        self.below().records_per_key(table, index, parts)
    }
    /// As [`Statistics::index_in_memory`].
    fn index_in_memory(&self, table: &Table, index: IndexNo) -> f64 {
        self.below().index_in_memory(table, index)
    }
    /// As [`Statistics::index_in_memory_known`].
    fn index_in_memory_known(&self, table: &Table, index: IndexNo) -> bool {
        self.below().index_in_memory_known(table, index)
    }
    /// As [`Statistics::rows_in_ranges`].
    fn rows_in_ranges(&self, question: RangeQuestion<'_>) -> Option<u64> {
        self.below().rows_in_ranges(question)
    }
    /// As [`Statistics::guessed_share`].
    fn guessed_share(&self, table: &Table, column: ColumnNo, share: f64) -> f64 {
        self.below().guessed_share(table, column, share)
    }
    /// As [`Statistics::is_supposed`].
    fn is_supposed(&self, table: &Table, index: Option<IndexNo>) -> bool {
        self.below().is_supposed(table, index)
    }
    /// As [`Statistics::is_supposed_histogram`].
    fn is_supposed_histogram(&self, table: &Table, column: ColumnNo) -> bool {
        self.below().is_supposed_histogram(table, column)
    }
    /// As [`Statistics::histogram`].
    fn histogram(&self, table: &Table, column: ColumnNo) -> Option<&Histogram> {
        self.below().histogram(table, column)
    }
    /// As [`Statistics::partition_rows`].
    fn partition_rows(&self, table: &Table) -> Option<Vec<u64>> {
        self.below().partition_rows(table)
    }
    /// As [`Statistics::const_row`].
    fn const_row(&self, table: &Table, index: Option<IndexNo>, key: &[Value]) -> ConstRow {
        self.below().const_row(table, index, key)
    }
    /// As [`Statistics::subquery`].
    fn subquery(&self, schema: &str, sql: &str) -> Option<&SubqueryResult> {
        self.below().subquery(schema, sql)
    }
}

impl<T: StatisticsLayer> Statistics for T {
    fn table(&self, table: &Table) -> TableStatistics {
        StatisticsLayer::table(self, table)
    }
    fn table_partitions(&self, table: &Table, used: &[usize]) -> TableStatistics {
        StatisticsLayer::table_partitions(self, table, used)
    }
    fn leaf_pages(&self, table: &Table, index: IndexNo) -> Option<u64> {
        StatisticsLayer::leaf_pages(self, table, index)
    }
    fn records_per_key(&self, table: &Table, index: IndexNo, parts: usize) -> Option<f32> {
        StatisticsLayer::records_per_key(self, table, index, parts)
    }
    fn index_in_memory(&self, table: &Table, index: IndexNo) -> f64 {
        StatisticsLayer::index_in_memory(self, table, index)
    }
    fn index_in_memory_known(&self, table: &Table, index: IndexNo) -> bool {
        StatisticsLayer::index_in_memory_known(self, table, index)
    }
    fn rows_in_ranges(&self, question: RangeQuestion<'_>) -> Option<u64> {
        StatisticsLayer::rows_in_ranges(self, question)
    }
    fn guessed_share(&self, table: &Table, column: ColumnNo, share: f64) -> f64 {
        StatisticsLayer::guessed_share(self, table, column, share)
    }
    fn is_supposed(&self, table: &Table, index: Option<IndexNo>) -> bool {
        StatisticsLayer::is_supposed(self, table, index)
    }
    fn is_supposed_histogram(&self, table: &Table, column: ColumnNo) -> bool {
        StatisticsLayer::is_supposed_histogram(self, table, column)
    }
    fn histogram(&self, table: &Table, column: ColumnNo) -> Option<&Histogram> {
        StatisticsLayer::histogram(self, table, column)
    }
    fn partition_rows(&self, table: &Table) -> Option<Vec<u64>> {
        StatisticsLayer::partition_rows(self, table)
    }
    fn const_row(&self, table: &Table, index: Option<IndexNo>, key: &[Value]) -> ConstRow {
        StatisticsLayer::const_row(self, table, index, key)
    }
    fn subquery(&self, schema: &str, sql: &str) -> Option<&SubqueryResult> {
        StatisticsLayer::subquery(self, schema, sql)
    }
}
