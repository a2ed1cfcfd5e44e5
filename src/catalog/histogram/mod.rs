//! Histograms of columns (spec 01 §7.4, §8).

mod distance;
mod selectivity;

pub use selectivity::HistogramOperator;

use super::types::CollationId;
use crate::value::Value;

/// A histogram as `information_schema.COLUMN_STATISTICS` holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// The buckets.
    pub buckets: Buckets,
    /// Share of NULL values, 0..=1.
    pub null_share: f64,
    /// What its buckets hold.
    pub values: HistogramValues,
    /// Collation of the column when the histogram was built.
    pub collation: CollationId,
    /// Share of the rows that were looked at.
    pub sampling_rate: f64,
}

impl Histogram {
    /// Number of distinct values that are not NULL.
    pub fn distinct_values(&self) -> u64 {
        match &self.buckets {
            Buckets::Singleton(buckets) => buckets.len() as u64,
            Buckets::EquiHeight(buckets) => buckets.iter().map(|bucket| bucket.distinct).sum(),
        }
    }
}

/// The `data-type` of a histogram (spec 01 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum HistogramValues {
    Int,
    UInt,
    Double,
    Decimal,
    Date,
    Time,
    DateTime,
    Str,
    /// Member numbers.
    Enum,
    /// Bit masks.
    Set,
}

impl HistogramValues {
    const NAMES: [(&'static str, HistogramValues); 10] = [
        ("int", HistogramValues::Int),
        ("uint", HistogramValues::UInt),
        ("double", HistogramValues::Double),
        ("decimal", HistogramValues::Decimal),
        ("date", HistogramValues::Date),
        ("time", HistogramValues::Time),
        ("datetime", HistogramValues::DateTime),
        ("string", HistogramValues::Str),
        ("enum", HistogramValues::Enum),
        ("set", HistogramValues::Set),
    ];
    /// By the name in the histogram's JSON.
    pub fn by_name(name: &str) -> Option<HistogramValues> {
        Self::NAMES.iter().find(|(each, _)| *each == name).map(|(_, values)| *values)
    }
    /// The name in the histogram's JSON.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, values)| *values == self).map_or("", |(name, _)| name)
    }
}

/// Buckets of either kind. Shares are cumulative, 0..=1.
#[derive(Clone, Debug, PartialEq)]
pub enum Buckets {
    /// One value a bucket.
    Singleton(Vec<(Value, f64)>),
    /// Ranges of values.
    EquiHeight(Vec<EquiHeightBucket>),
}

/// A range of values.
#[derive(Clone, Debug, PartialEq)]
pub struct EquiHeightBucket {
    /// Smallest value.
    pub low: Value,
    /// Largest value.
    pub high: Value,
    /// Share of rows up to and with this bucket.
    pub cumulative_share: f64,
    /// Distinct values in the bucket.
    pub distinct: u64,
}
