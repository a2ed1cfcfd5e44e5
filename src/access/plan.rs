//! What the range optimizer hands on (spec 03).

use crate::catalog::{IndexNo, KeySet};
use crate::query::ColumnSet;

/// An estimate that the range optimizer made for one index, chosen or not (04 §0.1 `quick[k]`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuickEstimate {
    /// Rows in the ranges.
    pub rows: u64,
    /// Leading key parts that the ranges bind.
    pub key_parts: usize,
    /// Number of ranges.
    pub ranges: u32,
}

/// Which way an ordered scan goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ScanDirection {
    Forward,
    Backward,
}

/// A scan over ranges of one index.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexRange {
    /// The index.
    pub index: IndexNo,
    /// The ranges as TREE prints them, e.g. `('a' <= c < 'b')` pieces without the surrounding text (spec 03 §13.3).
    pub tree_ranges: Vec<String>,
    /// The ranges as the optimizer trace prints them (key into captured dives).
    pub trace_ranges: Vec<String>,
    /// Longest number of key parts used: decides `used_key_parts`.
    pub key_parts: usize,
    /// Bytes of the longest range key: `key_len`.
    pub key_bytes: u32,
    /// Disk-sweep MRR is used (`Using MRR`).
    pub mrr: bool,
    /// Reads rows in row id order.
    pub rowid_ordered: bool,
    /// Direction.
    pub direction: ScanDirection,
    /// Only the index is read.
    pub index_only: bool,
}

/// Kinds of range plans.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum RangePlanKind {
    IndexRange(IndexRange),
    /// sort_union: index merge of arbitrary ranges.
    SortUnion(Vec<RangePlan>),
    /// Intersection of row-id ordered scans; `clustered` filters by a clustered primary key range.
    Intersection {
        scans: Vec<RangePlan>,
        clustered: Option<Box<RangePlan>>,
    },
    /// Union of row-id ordered scans and intersections.
    Union(Vec<RangePlan>),
    /// Loose index scan: `Using index for group-by`.
    GroupSkip(GroupSkipScan),
    /// Skip scan: `Using index for skip scan`.
    SkipScan(SkipScan),
}

/// A loose index scan (spec 03 §8).
#[derive(Clone, Debug, PartialEq)]
pub struct GroupSkipScan {
    /// The index.
    pub index: IndexNo,
    /// Parts of the group prefix.
    pub group_parts: usize,
    /// Key parts used: `used_key_parts`.
    pub used_parts: usize,
    /// Bytes: `key_len`.
    pub key_bytes: u32,
    /// It serves AGG(DISTINCT): `Using index for group-by (scanning)` where the scan jumps in order.
    pub scanning: bool,
    /// It serves aggregates with DISTINCT.
    pub aggregate_distinct: bool,
    /// MIN is taken.
    pub has_min: bool,
    /// MAX is taken.
    pub has_max: bool,
    /// Prefix ranges, as TREE prints them.
    pub tree_prefix_ranges: Vec<String>,
    /// Ranges of the MIN/MAX column, as TREE prints them.
    pub tree_min_max_ranges: Vec<String>,
}

/// A skip scan (spec 03 §9).
#[derive(Clone, Debug, PartialEq)]
pub struct SkipScan {
    /// The index.
    pub index: IndexNo,
    /// Key parts used.
    pub used_parts: usize,
    /// Bytes: `key_len`.
    pub key_bytes: u32,
    /// Prefix equality ranges, as TREE prints them.
    pub tree_prefix_ranges: Vec<String>,
    /// The range on the range part, as TREE prints it.
    pub tree_range: String,
}

/// A range plan with its price.
#[derive(Clone, Debug, PartialEq)]
pub struct RangePlan {
    /// What it does.
    pub kind: RangePlanKind,
    /// Rows read by one execution.
    pub rows: f64,
    /// Cost of one execution, row evaluation of the range scan included as the server does.
    pub cost: f64,
    /// Columns that its ranges bind (04 §8.3 step 3).
    pub columns: ColumnSet,
}

impl RangePlan {
    /// The index of a plan that reads exactly one.
    pub fn single_index(&self) -> Option<IndexNo> {
        match &self.kind {
            RangePlanKind::IndexRange(scan) => Some(scan.index),
            RangePlanKind::GroupSkip(scan) => Some(scan.index),
            RangePlanKind::SkipScan(scan) => Some(scan.index),
            _ => None,
        }
    }
}

/// What range analysis of one table found.
#[derive(Clone, Debug)]
pub struct RangeOutcome {
    /// The condition can never hold.
    pub impossible: bool,
    /// Best plan cheaper than the table scan, if any.
    pub plan: Option<RangePlan>,
    /// Estimates by index.
    pub quick: Vec<(IndexNo, QuickEstimate)>,
    /// Smallest estimate made: lowers `quick_condition_rows`.
    pub condition_rows: u64,
    /// Indexes whose ranges depend on tables that are not read yet (dynamic ranges, spec 03 §10.4).
    pub needed_registers: KeySet,
}
