//! Histograms of columns (spec 01 §7.4, §8).

use crate::value::Value;

/// A histogram as `information_schema.COLUMN_STATISTICS` holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// The buckets.
    pub buckets: Buckets,
    /// Share of NULL values, 0..=1.
    pub null_share: f64,
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
