//! Range plans as the optimizer trace prints them (spec 09 §5.6).

use super::plan::{RangePlan, RangePlanKind};
use crate::catalog::{IndexNo, Table};
use crate::trace::Trace;

/// The fields of a plan object.
pub fn plan_object(trace: &mut Trace, table: &Table, plan: &RangePlan) {
    let name = |index: IndexNo| table.indexes[index as usize].name.to_string();
    let parts = |index: IndexNo, count: usize| -> Vec<String> {
        let parts = &table.indexes[index as usize].parts;
        parts.iter().take(count).map(|part| table.columns[part.column as usize].name.to_string()).collect()
    };
    match &plan.kind {
        RangePlanKind::IndexRange(scan) => {
            trace.field("type", "range_scan");
            trace.field("index", name(scan.index));
            trace.field("rows", plan.rows);
            trace.field("ranges", scan.trace_ranges.clone());
        }
        RangePlanKind::SortUnion(members) => {
            trace.field("type", "index_merge");
            member_array(trace, table, "index_merge_of", members);
        }
        RangePlanKind::Union(members) => {
            trace.field("type", "index_roworder_union");
            member_array(trace, table, "union_of", members);
        }
        RangePlanKind::Intersection { scans, clustered, covering } => {
            trace.field("type", "index_roworder_intersect");
            trace.field("rows", plan.rows);
            trace.field("cost", plan.cost);
            trace.field("covering", *covering);
            trace.field("clustered_pk_scan", clustered.is_some());
            member_array(trace, table, "intersect_of", scans);
        }
        RangePlanKind::GroupSkip(scan) => {
            trace.field("type", "index_group");
            trace.field("index", name(scan.index));
            trace.field("group_attribute", scan.min_max_column.clone().map(|column| column.to_string()));
            trace.field("min_aggregate", scan.has_min);
            trace.field("max_aggregate", scan.has_max);
            trace.field("distinct_aggregate", scan.aggregate_distinct);
            trace.field("rows", plan.rows);
            trace.field("cost", plan.cost);
            trace.field("key_parts_used_for_access", parts(scan.index, scan.used_parts));
            trace.field("ranges", scan.trace_ranges.clone());
        }
        RangePlanKind::SkipScan(scan) => {
            trace.field("type", "skip_scan");
            trace.field("index", name(scan.index));
            trace.field("key_parts_used_for_access", parts(scan.index, scan.used_parts));
            if !scan.trace_prefix.is_empty() {
                trace.field("prefix ranges", scan.trace_prefix.clone());
            }
            trace.field("range", vec![scan.tree_range.clone()]);
        }
    }
}

fn member_array(trace: &mut Trace, table: &Table, key: &str, members: &[RangePlan]) {
    trace.open_array(Some(key));
    for member in members {
        trace.open_object(None);
        plan_object(trace, table, member);
        trace.close();
    }
    trace.close();
}

/// A plan that competes by its cost alone, under `label`.
pub fn summary(trace: &mut Trace, label: &'static str, table: &Table, plan: &RangePlan, chosen: bool) {
    trace.open_object(Some(label));
    plan_object(trace, table, plan);
    trace.field("chosen", chosen);
    if !chosen {
        trace.field("cause", "cost");
    }
    trace.close();
}
