//! Where the numbers of a plan came from, noted while planning if a trace is recorded.

/// What was noted.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// Counts of rows in ranges.
    pub ranges: Vec<RangeNote>,
    /// Shares of rows that pass conditions.
    pub filters: Vec<FilterNote>,
    /// Indexes that were weighed for their order.
    pub orders: Vec<OrderNote>,
}

/// Rows in the ranges of an index.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeNote {
    /// Number of the table in the statement (`TableId`).
    pub table: u32,
    /// Number of the index.
    pub index: u8,
    /// The ranges as the trace prints them.
    pub ranges: Vec<String>,
    /// Rows.
    pub rows: u64,
    /// Where they came from.
    pub source: RangeSource,
}

/// Where the rows of ranges came from; of several sources the weakest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RangeSource {
    /// A whole unique key: one row.
    Unique,
    /// A captured dive.
    Dive,
    /// A histogram.
    Histogram,
    /// Records per key.
    IndexStatistics,
    /// A default share.
    Default,
}

/// The share of a table's rows that pass, for one way to read it at one place.
#[derive(Clone, Debug, PartialEq)]
pub struct FilterNote {
    /// Number of the table in the statement.
    pub table: u32,
    /// The share, 0..=1.
    pub share: f32,
    /// What it is the product of.
    pub parts: Vec<FilterPart>,
}

/// One factor of a share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FilterPart {
    /// The rows in ranges of an index.
    Range {
        /// The index.
        index: u8,
        /// Rows in its ranges.
        rows: u64,
    },
    /// A condition.
    Condition {
        /// Number of its expression (`ExprId`).
        condition: u32,
        /// Share that passes.
        share: f32,
        /// Where that came from.
        source: FilterSource,
    },
}

/// Where the share of a condition came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterSource {
    /// A histogram of the column.
    Histogram(u16),
    /// Records per key of the index.
    IndexStatistics(u8),
    /// A default share for the column.
    Default(u16),
}

/// An index that was weighed because it gives an order.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderNote {
    /// Number of the table in the statement.
    pub table: u32,
    /// The index.
    pub index: u8,
    /// The order is that of GROUP BY.
    pub group: bool,
    /// Cost of reading through the index until enough rows are found.
    pub cost: f64,
    /// Cost of the access that was there before.
    pub present_cost: f64,
    /// The index of that access.
    pub present_index: Option<u8>,
    /// Costs allow the index.
    pub accepted: bool,
}
