//! Rows in a range from histograms and index statistics alone, where no dive was captured (spec 01 §5.8).

use super::key_value::KeyValue;
use super::ranges::EmittedRange;
use super::setup::{IndexSetup, Setup};
use crate::catalog::TableStatistics;
use crate::catalog::histogram::{Buckets, Histogram};
use crate::value::Value;
use crate::value::compare::compare_in_type;
use std::cmp::Ordering;

/// Shares that the optimizer assumes where nothing is known.
const UNKNOWN_RANGE_SHARE: f64 = 0.3333;
const UNKNOWN_BOUNDED_SHARE: f64 = 0.1111;

/// An estimate of what a dive would return.
pub fn rows_in_range(setup: &Setup<'_>, index: &IndexSetup, range: &EmittedRange<'_>, statistics: &TableStatistics) -> u64 {
    let records = statistics.rows.max(1) as f64;
    let equal_parts = range.path.iter().take_while(|interval| interval.is_point()).count();
    let per_key = |parts: usize| setup.ctx.statistics().records_per_key(setup.table, index.index, parts).map(f64::from);
    let mut expected = if equal_parts == 0 {
        records
    } else if equal_parts == 1 && range.path[0].is_null_point() {
        let share = setup.ctx.statistics().histogram(setup.table, index.parts[0].column).map(|h| h.null_share);
        share.map_or_else(|| per_key(1).unwrap_or(1.0), |share| share * records)
    } else {
        per_key(equal_parts).unwrap_or(1.0)
    };
    if let (Some(interval), Some(part)) = (range.path.get(equal_parts), index.parts.get(equal_parts)) {
        let share = setup
            .ctx
            .statistics()
            .histogram(setup.table, part.column)
            .and_then(|histogram| share_between(histogram, interval.low.value.as_ref(), interval.high.value.as_ref(), part));
        expected *= share.unwrap_or_else(|| match (&interval.low.value, &interval.high.value) {
            (Some(low), None) if low.is_null() => 1.0,
            (Some(low), Some(_)) if !low.is_null() => UNKNOWN_BOUNDED_SHARE,
            _ => UNKNOWN_RANGE_SHARE,
        });
    }
    as_a_dive_returns(setup, index, expected, statistics)
}

/// Long ranges are counted by sampling and come out too large.
fn as_a_dive_returns(setup: &Setup<'_>, index: &IndexSetup, expected: f64, statistics: &TableStatistics) -> u64 {
    const EXACT_LEAF_PAGES: f64 = 9.5;
    let records = statistics.rows.max(1);
    let leaf_pages = setup.ctx.statistics().leaf_pages(setup.table, index.index).unwrap_or(1).max(1);
    let rows_per_leaf = records as f64 / leaf_pages as f64;
    if expected / rows_per_leaf <= EXACT_LEAF_PAGES {
        return (expected.round() as u64).clamp(1, records);
    }
    let sampled = 2.0 * 0.95 * (expected - rows_per_leaf);
    (sampled.round() as u64).clamp(1, (records / 2).max(1))
}

/// Share of rows between two values by a histogram.
fn share_between(
    histogram: &Histogram,
    low: Option<&KeyValue>,
    high: Option<&KeyValue>,
    part: &super::setup::Part,
) -> Option<f64> {
    let not_null = 1.0 - histogram.null_share;
    let below = |value: Option<&KeyValue>, default: f64| match value {
        None | Some(KeyValue::Null) => Some(default),
        Some(value) => share_below(histogram, &super::convert::plain_value(value, part)?, part),
    };
    let (from, to) = (below(low, 0.0)?, below(high, not_null)?);
    Some((to - from).max(0.0))
}

fn share_below(histogram: &Histogram, value: &Value, part: &super::setup::Part) -> Option<f64> {
    let mut before = 0.0;
    match &histogram.buckets {
        Buckets::Singleton(values) => {
            for (bucket, cumulative) in values {
                if compare_in_type(bucket, value, &part.ty) != Ordering::Less {
                    break;
                }
                before = *cumulative;
            }
        }
        Buckets::EquiHeight(buckets) => {
            for bucket in buckets {
                if compare_in_type(&bucket.high, value, &part.ty) != Ordering::Less {
                    if compare_in_type(&bucket.low, value, &part.ty) == Ordering::Less {
                        before = (before + bucket.cumulative_share) / 2.0;
                    }
                    break;
                }
                before = bucket.cumulative_share;
            }
        }
    }
    Some(before)
}
