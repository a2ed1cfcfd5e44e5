//! Union and sort-union of index scans (spec 03 §7.3, §7.4).

use super::merge_intersection;
use super::plan::{RangePlan, RangePlanKind};
use super::range::{BestIndex, Driver, IndexScan, Role};
use super::tree_and_or::Merge;
use crate::catalog::Switch;
use crate::query::{ColumnSet, Command};
use crate::trace::Trace;

/// Sums over the members of a merge.
struct Members {
    found: Vec<BestIndex>,
    cost: f64,
    rows: u64,
    clustered_rows: u64,
    has_clustered: bool,
    all_rowid_ordered: bool,
    all_have_rowid_ordered: bool,
    too_expensive: bool,
}

/// The best way to carry out one merge below `limit`.
pub(super) fn find(driver: &mut Driver<'_>, merge: &Merge, limit: f64) -> Option<RangePlan> {
    driver.ctx().trace(|trace| trace.open_object(None));
    let plan = search(driver, merge, limit);
    driver.ctx().trace(Trace::close);
    plan
}

fn search(driver: &mut Driver<'_>, merge: &Merge, limit: f64) -> Option<RangePlan> {
    let forced = driver.request.hints.index_merge.is_some();
    let records = driver.request.statistics.rows;
    let members = choose_members(driver, merge, limit, false);
    let mut cost = members.cost;
    driver.ctx().trace(|trace| trace.field("cost_of_reading_ranges", cost));
    let too_many = members.rows + members.clustered_rows >= records && limit != f64::MAX;
    if members.too_expensive || !forced && (cost > limit || too_many) {
        driver.ctx().trace(|trace| {
            trace.field("chosen", false);
            trace.field("cause", "cost");
        });
        return None;
    }
    let union_allowed = driver.merge_kind_allowed(Switch::IndexMergeUnion);
    if members.all_rowid_ordered && union_allowed {
        driver.ctx().trace(|trace| {
            trace.field("use_roworder_union", true);
            trace.field("cause", "always_cheaper_than_not_roworder_retrieval");
        });
        return rowid_ordered_union(driver, members.found, limit);
    }
    if members.has_clustered {
        let mapping = members.rows as f64 * driver.ctx().costs().key_compare;
        cost += mapping;
        driver.ctx().trace(|trace| trace.field("cost_of_mapping_rowid_in_non_clustered_pk_scan", mapping));
    }
    let sweep = driver.prices.sweep(members.rows, driver.interrupted());
    cost += sweep;
    driver.ctx().trace(|trace| trace.field("cost_sort_rowid_and_read_disk", sweep));
    let mut limit = limit;
    let mut best = None;
    if forced || cost <= limit && driver.merge_kind_allowed(Switch::IndexMergeSortUnion) {
        let duplicates = driver.prices.deduplicate(members.rows);
        cost += duplicates;
        driver.ctx().trace(|trace| {
            trace.field("cost_duplicate_removal", duplicates);
            trace.field("total_cost", cost);
        });
        if cost < limit || forced {
            limit = cost;
            best = Some(sort_union(driver, &members, cost));
        }
    } else {
        driver.ctx().trace(|trace| {
            trace.field("use_roworder_index_merge", true);
            trace.field("cause", "cost");
        });
    }
    let is_delete = matches!(driver.setup.query.command, Command::Delete { multi_table: false, .. });
    if !members.all_have_rowid_ordered || is_delete || !union_allowed {
        return best;
    }
    let ordered = choose_members(driver, merge, limit, true);
    if ordered.too_expensive {
        return best;
    }
    let union = rowid_ordered_union(driver, ordered.found, limit);
    match (best, union) {
        (Some(sorted), Some(union)) => Some(if sorted.cost < union.cost { sorted } else { union }),
        (sorted, union) => union.or(sorted),
    }
}

/// The best index of each member (step 1). Behind one that is too expensive the others are only looked at.
fn choose_members(driver: &mut Driver<'_>, merge: &Merge, limit: f64, only_rowid_ordered: bool) -> Members {
    let mut members = Members {
        found: Vec::with_capacity(merge.0.len()),
        cost: 0.0,
        rows: 0,
        clustered_rows: 0,
        has_clustered: false,
        all_rowid_ordered: true,
        all_have_rowid_ordered: true,
        too_expensive: false,
    };
    let key = if only_rowid_ordered { "indexes_to_merge_in_rowid_order" } else { "indexes_to_merge" };
    driver.ctx().trace(|trace| trace.open_array(Some(key)));
    for tree in &merge.0 {
        driver.ctx().trace(|trace| trace.open_object(None));
        let found = driver.best_index(tree, limit, Role::Member, only_rowid_ordered);
        members.too_expensive |= found.best.is_none();
        match found.best.as_ref().filter(|_| !members.too_expensive) {
            None => driver.ctx().trace(|trace| {
                trace.field("chosen", false);
                trace.field("cause", "cost");
            }),
            Some(scan) => {
                if scan.mergeable {
                    members.add(driver, scan, !found.rowid_ordered.is_empty());
                } else {
                    members.all_have_rowid_ordered &= !found.rowid_ordered.is_empty();
                }
                driver.ctx().trace(|trace| {
                    trace.field("index_to_merge", driver.index_name(scan.place));
                    trace.field("cumulated_cost", members.cost);
                });
            }
        }
        members.found.push(found);
        driver.ctx().trace(Trace::close);
    }
    driver.ctx().trace(Trace::close);
    members
}

impl Members {
    fn add(&mut self, driver: &Driver<'_>, scan: &IndexScan, has_rowid_ordered: bool) {
        self.cost += scan.cost;
        self.all_rowid_ordered &= scan.rowid_ordered;
        self.all_have_rowid_ordered &= has_rowid_ordered;
        if Some(scan.index) == driver.setup.table.clustered {
            self.clustered_rows = scan.rows;
            self.has_clustered = true;
        } else {
            self.rows += scan.rows;
        }
    }
}

fn union_columns(members: &[RangePlan]) -> (ColumnSet, bool) {
    let mut columns = ColumnSet::default();
    for member in members {
        columns.extend(&member.columns);
    }
    (columns, members.iter().any(|member| member.estimated))
}

fn sort_union(driver: &Driver<'_>, members: &Members, cost: f64) -> RangePlan {
    let plans: Vec<RangePlan> =
        members.found.iter().filter_map(|found| found.best.as_ref()).map(|scan| driver.scan_plan(scan)).collect();
    let (columns, estimated) = union_columns(&plans);
    let rows = (members.rows + members.clustered_rows).min(driver.request.statistics.rows);
    RangePlan {
        kind: RangePlanKind::SortUnion(plans),
        rows: rows as f64,
        cost,
        columns,
        forced: driver.request.hints.index_merge.is_some(),
        estimated,
    }
}

/// Union of row-id ordered scans, each replaced by an intersection where that is cheaper (spec 03 §7.4).
fn rowid_ordered_union(driver: &mut Driver<'_>, members: Vec<BestIndex>, limit: f64) -> Option<RangePlan> {
    let records = driver.request.statistics.rows;
    let costs = *driver.ctx().costs();
    let mut plans = Vec::with_capacity(members.len());
    let (mut scans_cost, mut rows, mut share) = (0.0, 0u64, 1.0);
    driver.ctx().trace(|trace| trace.open_array(Some("analyzing_roworder_scans")));
    let mut failed = false;
    for found in members {
        let Some(scan) = found.best else {
            failed = true;
            break;
        };
        let plan = driver.scan_plan(&scan);
        driver.ctx().trace(|trace| {
            trace.open_object(None);
            super::plan_trace::plan_object(trace, driver.setup.table, &plan);
        });
        let member_limit = if scan.rowid_ordered {
            driver.prices.read(scan.index, 1, scan.rows) + scan.rows as f64 * costs.row_evaluate
        } else {
            limit
        };
        let intersection = merge_intersection::find(driver, found.rowid_ordered, member_limit, false);
        driver.ctx().trace(Trace::close);
        let member = match intersection {
            Some(intersection) => merge_intersection::plan(driver, &intersection),
            None if scan.rowid_ordered => plan,
            None => {
                failed = true;
                break;
            }
        };
        scans_cost += member.cost;
        rows = (rows as f64 + member.rows) as u64;
        share *= member.rows / records as f64;
        plans.push(member);
    }
    driver.ctx().trace(Trace::close);
    if failed {
        return None;
    }
    rows = rows.saturating_sub((share * records as f64) as u64);
    let sweep = driver.prices.sweep(rows, driver.interrupted());
    let merging = costs.key_compare * rows as f64 * (plans.len() as f64).log2();
    let cost = sweep + scans_cost + merging;
    let chosen = cost < limit || driver.request.hints.index_merge.is_some();
    driver.ctx().trace(|trace| {
        trace.field("index_roworder_union_cost", cost);
        trace.field("members", plans.len());
        if chosen {
            trace.field("chosen", true);
        }
    });
    if !chosen {
        return None;
    }
    let (columns, estimated) = union_columns(&plans);
    Some(RangePlan {
        kind: RangePlanKind::Union(plans),
        rows: rows as f64,
        cost,
        columns,
        forced: driver.request.hints.index_merge.is_some(),
        estimated,
    })
}
