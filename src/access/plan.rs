//! What the range optimizer hands on (spec 03).

use crate::catalog::{IndexNo, KeySet};
use crate::query::{ColumnSet, Diagnostic};
use std::sync::Arc;

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
    /// The ranges as TREE prints them, in scan order, each without its parentheses: `'a' <= c < 'b'` (spec 03 §13.2).
    /// [`tree_ranges_text`] puts them together.
    pub tree_ranges: Vec<String>,
    /// The same ranges as the optimizer trace prints a chosen plan; empty without a trace.
    pub trace_ranges: Vec<String>,
    /// Longest number of key parts used: decides `used_key_parts`.
    pub key_parts: usize,
    /// Bytes of the longest range key: `key_len`.
    pub key_bytes: u32,
    /// Disk-sweep MRR is used (`Using MRR`), unless the scan is later used for its order.
    pub mrr: bool,
    /// Reads rows in row id order.
    pub rowid_ordered: bool,
    /// Direction.
    pub direction: ScanDirection,
    /// Only the index is read.
    pub index_only: bool,
    /// Every range is one value of all its parts; with `unique_point`, of a whole unique key.
    pub equality_only: bool,
}

/// Kinds of range plans.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum RangePlanKind {
    IndexRange(IndexRange),
    /// sort_union: index merge of arbitrary ranges, in the order of the condition; a member on the clustered primary key prints
    /// last.
    SortUnion(Vec<RangePlan>),
    /// Intersection of row-id ordered scans; `clustered` filters by a clustered primary key range.
    Intersection {
        scans: Vec<RangePlan>,
        clustered: Option<Box<RangePlan>>,
        /// The indexes hold all columns that the statement reads: rows are not fetched.
        covering: bool,
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
    /// `Using index for group-by (scanning)`.
    pub scanning: bool,
    /// It serves aggregates with DISTINCT.
    pub aggregate_distinct: bool,
    /// MIN is taken.
    pub has_min: bool,
    /// MAX is taken.
    pub has_max: bool,
    /// The MIN/MAX argument's name.
    pub min_max_column: Option<Arc<str>>,
    /// Ranges of the prefix, as the optimizer trace prints them.
    pub trace_ranges: Vec<String>,
    /// What TREE prints behind `over`: ranges of the MIN/MAX column if there are any, else the ranges of the prefix, in the
    /// form of [`IndexRange::tree_ranges`]. Empty: no `over`.
    pub tree_ranges: Vec<String>,
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
    /// The parts of the equality prefix, as TREE prints them: `a = 1`, `b IN (1, 2, (2 more))`.
    pub tree_prefix: Vec<String>,
    /// Prefix and range as the optimizer trace prints them.
    pub trace_prefix: Vec<String>,
    /// The range on the range part, as TREE prints it (no parentheses).
    pub tree_range: String,
}

impl SkipScan {
    /// What TREE prints behind `over`.
    pub fn tree_text(&self) -> String {
        let mut text = String::new();
        for part in &self.tree_prefix {
            text.push_str(part);
            text.push_str(", ");
        }
        text.push_str(&self.tree_range);
        text
    }
}

/// Ranges as one text, as TREE prints them: `(1 <= a) OR (a = 7)`; of more than three the first two and `(n more)`
/// (spec 03 §13.3). `shorten` is false for the JSON v2 array.
pub fn tree_ranges_text(ranges: &[String], shorten: bool) -> String {
    let shown = if shorten && ranges.len() > 3 { 2 } else { ranges.len() };
    let mut text = String::new();
    for range in &ranges[..shown] {
        if !text.is_empty() {
            text.push_str(" OR ");
        }
        text.push('(');
        text.push_str(range);
        text.push(')');
    }
    if shown < ranges.len() {
        text.push_str(&format!(" OR ({} more)", ranges.len() - shown));
    }
    text
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
    /// A hint made the choice.
    pub forced: bool,
    /// Some rows come from no captured dive but from an approximation (spec 01 §5.8).
    pub estimated: bool,
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
    /// The plain scan over ranges of one index, if it is one.
    pub fn index_range(&self) -> Option<&IndexRange> {
        match &self.kind {
            RangePlanKind::IndexRange(scan) => Some(scan),
            _ => None,
        }
    }
    /// Loose index scan or skip scan.
    pub fn is_loose(&self) -> bool {
        matches!(self.kind, RangePlanKind::GroupSkip(_) | RangePlanKind::SkipScan(_))
    }
    /// Scans of single indexes, nested ones flattened; the clustered filter of an intersection comes last. A plan of one index is
    /// its own only member.
    pub fn leaves(&self) -> Vec<&RangePlan> {
        match &self.kind {
            RangePlanKind::SortUnion(members) => members.iter().flat_map(RangePlan::leaves).collect(),
            RangePlanKind::Union(members) => members.iter().flat_map(RangePlan::leaves).collect(),
            RangePlanKind::Intersection { scans, clustered, .. } => {
                scans.iter().chain(clustered.as_deref()).flat_map(RangePlan::leaves).collect()
            }
            _ => vec![self],
        }
    }
    /// `key_len` of a plan of one index.
    pub fn key_bytes(&self) -> u32 {
        match &self.kind {
            RangePlanKind::IndexRange(scan) => scan.key_bytes,
            RangePlanKind::GroupSkip(scan) => scan.key_bytes,
            RangePlanKind::SkipScan(scan) => scan.key_bytes,
            _ => 0,
        }
    }
    /// Number of used key parts of a plan of one index: `used_key_parts`.
    pub fn key_parts(&self) -> usize {
        match &self.kind {
            RangePlanKind::IndexRange(scan) => scan.key_parts,
            RangePlanKind::GroupSkip(scan) => scan.used_parts,
            RangePlanKind::SkipScan(scan) => scan.used_parts,
            _ => 0,
        }
    }
    /// Can the scan be read backwards? Only plain scans can (spec 03 §10.1).
    pub fn is_reversible(&self) -> bool {
        matches!(self.kind, RangePlanKind::IndexRange(_))
    }
}

/// What range analysis of one table found.
#[derive(Clone, Debug, Default)]
pub struct RangeOutcome {
    /// The condition can never hold.
    pub impossible: bool,
    /// Best plan cheaper than the table scan, if any.
    pub plan: Option<RangePlan>,
    /// Estimates by index. They overwrite earlier ones of the same statement (spec 03 §7.6).
    pub quick: Vec<(IndexNo, QuickEstimate)>,
    /// Rows that index merge members gave for an index: they overwrite the rows (only) of an estimate that the index already
    /// has, or will get later (spec 03 §7.6).
    pub member_rows: Vec<(IndexNo, u64)>,
    /// Smallest estimate made (`u64::MAX` if none was): lowers `quick_condition_rows`.
    pub condition_rows: u64,
    /// Indexes whose ranges depend on tables that are not read yet (dynamic ranges, spec 03 §10.4).
    pub needed_registers: KeySet,
    /// Indexes that become possible keys by having a range, a merge member or a skip scan.
    pub possible_keys: KeySet,
    /// Warnings 1739 and 3170.
    pub diagnostics: Vec<Diagnostic>,
}
