//! Intersection of row-id ordered index scans (spec 03 §7.2).

use super::interval::{Interval, List};
use super::plan::{RangePlan, RangePlanKind};
use super::range::{Driver, IndexScan};
use crate::catalog::{ColumnNo, RangeQuestion, Switch};
use crate::query::ColumnSet;
use crate::trace::Trace;

/// A chosen intersection.
#[derive(Clone, Debug)]
pub(super) struct Intersection {
    pub scans: Vec<IndexScan>,
    /// The clustered primary key's ranges filter row ids.
    pub clustered: Option<IndexScan>,
    pub cost: f64,
    pub rows: f64,
    pub covering: bool,
}

/// One scan with what it adds to an intersection.
struct Candidate {
    scan: IndexScan,
    /// Needed columns among its user parts.
    covered: ColumnSet,
    /// Cost of reading its entries alone, without evaluating rows.
    entries_cost: f64,
}

/// The running totals of the search.
#[derive(Clone)]
struct State {
    rows: f64,
    entries_cost: f64,
    entries: u64,
    columns: ColumnSet,
    covering: bool,
    total: f64,
}

/// The cheapest intersection below `limit`, if any. `plain`: it reads rows itself (not as a member of a union).
pub(super) fn find(driver: &mut Driver<'_>, scans: Vec<IndexScan>, limit: f64, plain: bool) -> Option<Intersection> {
    let _ = plain;
    driver.ctx().trace(|trace| trace.open_object(Some("analyzing_roworder_intersect")));
    let found = search(driver, scans, limit);
    driver.ctx().trace(Trace::close);
    if let Some(found) = &found {
        driver.outcome.condition_rows = driver.outcome.condition_rows.min(found.rows as u64);
    }
    found
}

fn search(driver: &mut Driver<'_>, scans: Vec<IndexScan>, limit: f64) -> Option<Intersection> {
    if scans.len() < 2 || !driver.merge_kind_allowed(Switch::IndexMergeIntersection) {
        let cause = if scans.len() < 2 { "too_few_roworder_scans" } else { "disabled" };
        driver.ctx().trace(|trace| {
            trace.field("usable", false);
            trace.field("cause", cause);
        });
        return None;
    }
    let needed = needed_columns(driver);
    let clustered_index = driver.setup.table.clustered;
    let mut clustered: Option<IndexScan> = None;
    let mut candidates = Vec::with_capacity(scans.len());
    for mut scan in scans {
        scan.rows = driver.last_rows[scan.place].unwrap_or(scan.rows);
        if Some(scan.index) == clustered_index {
            clustered = Some(scan);
        } else {
            candidates.push(candidate(driver, scan, &needed));
        }
    }
    order(&mut candidates, &needed);
    let hint = driver.request.hints.index_merge;
    let forced_by_name = hint.is_some_and(|named| !named.is_any());
    let forced_any = hint.is_some_and(|named| named.is_any());
    let mut state = State {
        rows: driver.request.statistics.rows as f64,
        entries_cost: 0.0,
        entries: 0,
        columns: ColumnSet::default(),
        covering: false,
        total: f64::MAX,
    };
    let mut added: Vec<IndexScan> = Vec::new();
    let mut best: Option<(State, usize)> = None;
    let mut least = f64::MAX;
    driver.ctx().trace(|trace| trace.open_array(Some("intersecting_indexes")));
    for candidate in &candidates {
        if state.covering {
            break;
        }
        driver.ctx().trace(|trace| {
            trace.open_object(None);
            trace.field("index", driver.index_name(candidate.scan.place));
        });
        let share = selectivity(driver, &state, &candidate.scan);
        if share >= 1.0 && !forced_by_name {
            driver.ctx().trace(|trace| {
                trace.field("cumulated_total_cost", state.total);
                trace.field("usable", false);
                trace.field("cause", "does_not_reduce_cost_of_intersect");
                trace.close();
            });
            continue;
        }
        state.rows *= share;
        state.entries += candidate.scan.rows;
        state.entries_cost += candidate.entries_cost;
        state.columns.extend(&candidate.covered);
        state.covering = needed.is_subset(&state.columns);
        let sweep = if state.covering { 0.0 } else { driver.prices.sweep(state.rows as u64, driver.interrupted()) };
        state.total = state.entries_cost + sweep;
        added.push(candidate.scan.clone());
        let chosen = state.total < least || forced_by_name || forced_any && added.len() <= 2 && clustered.is_none();
        if chosen {
            best = Some((state.clone(), added.len()));
            least = state.total;
        }
        driver.ctx().trace(|trace| {
            trace.field("index_scan_cost", candidate.entries_cost);
            trace.field("cumulated_index_scan_cost", state.entries_cost);
            trace.field("disk_sweep_cost", sweep);
            trace.field("cumulated_total_cost", state.total);
            trace.field("usable", true);
            trace.field("matching_rows_now", state.rows);
            trace.field("isect_covering_with_this_index", state.covering);
            trace.field("chosen", chosen);
            if !chosen {
                trace.field("cause", "does_not_reduce_cost");
            }
            trace.close();
        });
    }
    driver.ctx().trace(Trace::close);
    let Some((mut best, count)) = best else {
        driver.ctx().trace(|trace| {
            trace.field("chosen", false);
            trace.field("cause", "does_not_increase_selectivity");
        });
        return None;
    };
    added.truncate(count);
    let clustered = add_clustered(driver, &mut best, clustered, least);
    let usable = (least < limit || hint.is_some()) && (clustered.is_some() || added.len() >= 2);
    let rows = best.rows.max(1.0);
    driver.ctx().trace(|trace| {
        if !(clustered.is_some() || added.len() >= 2) {
            trace.field("chosen", false);
            trace.field("cause", "too_few_indexes_to_merge");
            return;
        }
        trace.field("rows", rows);
        trace.field("cost", best.total);
        trace.field("covering", best.covering);
        trace.field("chosen", usable);
        if !usable {
            trace.field("cause", "cost");
        }
    });
    usable.then_some(Intersection { scans: added, clustered, cost: best.total, rows, covering: best.covering })
}

/// The clustered primary key's ranges as a filter (step 6).
fn add_clustered(driver: &mut Driver<'_>, best: &mut State, clustered: Option<IndexScan>, least: f64) -> Option<IndexScan> {
    let excluded =
        clustered.as_ref().is_some_and(|scan| driver.request.hints.index_merge.is_some_and(|named| !named.allows(scan.index)));
    let had_clustered = clustered.is_some();
    let Some(scan) = clustered.filter(|_| !best.covering && !excluded) else {
        let cause = if had_clustered { "roworder_is_covering" } else { "no_clustered_pk_index" };
        driver.ctx().trace(|trace| {
            trace.open_object(Some("clustered_pk"));
            trace.field("clustered_pk_added_to_intersect", false);
            trace.field("cause", cause);
            trace.close();
        });
        return None;
    };
    let mut state = best.clone();
    let share = selectivity(driver, &state, &scan);
    state.rows *= share;
    let compare = best.entries as f64 * driver.ctx().costs().key_compare;
    state.entries_cost += compare;
    let sweep = driver.prices.sweep(state.rows as u64, driver.interrupted());
    state.total = state.entries_cost + sweep;
    let used = state.total < least;
    driver.ctx().trace(|trace| {
        trace.open_object(Some("clustered_pk"));
        trace.field("index_scan_cost", compare);
        trace.field("cumulated_index_scan_cost", state.entries_cost);
        trace.field("disk_sweep_cost", sweep);
        if used {
            trace.field("clustered_pk_scan_added_to_intersect", true);
            trace.field("cumulated_cost", state.total);
        } else {
            trace.field("clustered_pk_added_to_intersect", false);
            trace.field("cause", "cost");
        }
        trace.close();
    });
    if !used {
        return None;
    }
    *best = state;
    Some(scan)
}

/// Columns that the statement needs and the row id does not give.
fn needed_columns(driver: &Driver<'_>) -> ColumnSet {
    let reference = &driver.setup.query[driver.request.table];
    let mut needed = reference.read_set.clone();
    needed.extend(&reference.write_set);
    if let Some(clustered) = driver.setup.table.clustered {
        let index = &driver.setup.table.indexes[clustered as usize];
        for part in &index.parts[..index.user_parts] {
            needed.remove(part.column);
        }
    }
    needed
}

fn candidate(driver: &Driver<'_>, scan: IndexScan, needed: &ColumnSet) -> Candidate {
    let index = &driver.setup.table.indexes[scan.index as usize];
    let mut covered = ColumnSet::default();
    for part in &index.parts[..index.user_parts] {
        if needed.contains(part.column) {
            covered.insert(part.column);
        }
    }
    let entries_cost = driver.prices.index_only(scan.index, scan.rows as f64);
    Candidate { scan, covered, entries_cost }
}

/// Puts first what covers most of the columns that are still needed (step 2).
fn order(candidates: &mut [Candidate], needed: &ColumnSet) {
    let mut remaining = needed.clone();
    let mut left: Vec<ColumnSet> = candidates.iter().map(|candidate| candidate.covered.clone()).collect();
    let count = candidates.len();
    for place in 0..count.saturating_sub(1) {
        if remaining.is_empty() {
            return;
        }
        let mut best = place;
        for other in place..count {
            let shared: Vec<ColumnNo> = left[other].iter().filter(|column| remaining.contains(*column)).collect();
            let mut kept = ColumnSet::default();
            shared.iter().for_each(|column| {
                kept.insert(*column);
            });
            left[other] = kept;
            if other == place || left[other].is_empty() {
                continue;
            }
            let (now, then) = (left[other].len(), left[best].len());
            if now > then || now == then && candidates[other].scan.rows < candidates[best].scan.rows {
                best = other;
            }
        }
        candidates.swap(place, best);
        left.swap(place, best);
        for column in candidates[place].covered.iter() {
            remaining.remove(column);
        }
    }
}

/// By which factor a scan lowers the rows (spec 03 §7.2.1).
fn selectivity(driver: &Driver<'_>, state: &State, scan: &IndexScan) -> f64 {
    let records = driver.request.statistics.rows;
    let index = &driver.setup.indexes[scan.place];
    let covered = |part: usize| index.parts.get(part).is_some_and(|part| state.columns.contains(part.column));
    let mut share = 1.0;
    let mut previous = records;
    let mut before = covered(0);
    let mut list: Option<&List> = Some(&scan.list);
    let mut chain: Vec<&Interval> = Vec::new();
    while let Some(here) = list {
        let part = usize::from(here.part);
        let Some(interval) = here.intervals.first() else { break };
        if covered(part) != before {
            let rows = prefix_rows(driver, scan, &chain);
            if covered(part) {
                share *= rows as f64 / previous as f64;
                previous = u64::MAX;
            } else {
                previous = rows;
            }
            before = covered(part);
        }
        chain.push(interval);
        list = interval.next.as_deref().filter(|next| usize::from(next.part) == part + 1);
    }
    if !before {
        share *= scan.rows as f64 / previous as f64;
    }
    share
}

/// Rows of the leading points of a scan.
fn prefix_rows(driver: &Driver<'_>, scan: &IndexScan, chain: &[&Interval]) -> u64 {
    let index = &driver.setup.indexes[scan.place];
    let per_key = || driver.ctx().statistics().records_per_key(driver.setup.table, scan.index, chain.len());
    let has_null = chain.iter().any(|interval| interval.is_null_point());
    if !driver.last_dives
        && !has_null
        && let Some(rows) = per_key()
    {
        return rows as u64;
    }
    let mut text = String::new();
    for (part, interval) in index.parts.iter().zip(chain) {
        if !text.is_empty() {
            text.push_str(" AND ");
        }
        super::print::print_interval(&mut text, part, interval, super::print::Reader::Trace);
    }
    let question = RangeQuestion {
        table: driver.setup.table,
        index: scan.index,
        ranges: &[text],
        partitions: driver.partition_names.as_deref(),
        sql: driver.ctx().sql,
        dives: true,
    };
    let dived = driver.ctx().statistics().rows_in_ranges(question);
    dived.unwrap_or_else(|| per_key().map_or(1, |rows| (rows as u64).max(1)))
}

/// The plan of an intersection.
pub(super) fn plan(driver: &Driver<'_>, found: &Intersection) -> RangePlan {
    let member = |scan: &IndexScan| {
        let mut plan = driver.scan_plan(scan);
        plan.cost = driver.prices.index_only(scan.index, scan.rows as f64);
        plan
    };
    let scans: Vec<RangePlan> = found.scans.iter().map(member).collect();
    let clustered = found.clustered.as_ref().map(|scan| Box::new(member(scan)));
    let mut columns = ColumnSet::default();
    for scan in scans.iter().chain(clustered.as_deref()) {
        columns.extend(&scan.columns);
    }
    let estimated = scans.iter().any(|scan| scan.estimated);
    RangePlan {
        kind: RangePlanKind::Intersection { scans, clustered, covering: found.covering },
        rows: found.rows,
        cost: found.cost,
        columns,
        forced: driver.request.hints.index_merge.is_some(),
        estimated,
    }
}
