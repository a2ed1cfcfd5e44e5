//! The ways to read one table, and their prices: the range optimizer (spec 03).
//!
//! [`range::analyse`] asks for all of it: `predicate` and `leaf` turn predicates into intervals, `interval` and `tree_and_or` combine them,
//! `ranges` enumerates what an index is read by, `rows` counts it, `cost` prices it; `merge_intersection`, `merge_union`,
//! `group_skip` and `skip_scan` are the other ways; `print` writes ranges. [`partition::prune`] finds used partitions.

mod block_facts;
mod convert;
pub mod cost;
mod group_skip;
pub mod hints;
mod interval;
mod key_value;
mod leaf;
mod like;
mod merge_intersection;
mod merge_union;
mod multi_valued;
pub mod partition;
pub mod plan;
mod plan_trace;
mod predicate;
mod print;
pub mod range;
mod ranges;
mod rows;
mod setup;
mod skip_scan;
pub mod table_cost;
#[cfg(test)]
mod tests;
mod tree_and_or;

pub use hints::RangeHints;
pub use plan::{
    GroupSkipScan, IndexRange, QuickEstimate, RangeOutcome, RangePlan, RangePlanKind, ScanDirection, SkipScan, tree_ranges_text,
};
pub use range::{RangeRequest, WantedOrder};
