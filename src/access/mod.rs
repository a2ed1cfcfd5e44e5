//! The ways to read one table, and their prices.

pub mod plan;

pub use plan::{IndexRange, QuickEstimate, RangeOutcome, RangePlan, RangePlanKind, ScanDirection};
