//! Skip scan: an index whose first parts have no condition is read once for each of their values (spec 03 §9).

use super::block_facts;
use super::group_skip::{records_per_key, uniform_list};
use super::interval::{Interval, List};
use super::plan::{RangePlan, RangePlanKind, SkipScan};
use super::print::{Reader, print_interval, print_value};
use super::range::{Driver, Role, WantedOrder};
use super::setup::Part;
use super::tree_and_or::KeyTree;
use crate::catalog::IndexNo;
use crate::estimate::column_effect;
use crate::query::ColumnSet;
use crate::trace::Trace;

/// An index that can serve, with its price.
struct Found {
    place: usize,
    index: IndexNo,
    /// Leading parts with equalities.
    equal_parts: usize,
    /// Parts up to and with the range part.
    used_parts: usize,
    rows: u64,
    cost: f64,
    estimated: bool,
}

/// The cheapest skip scan. `limit`: the best cost so far.
pub(super) fn find(driver: &mut Driver<'_>, tree: Option<&KeyTree>, limit: f64) -> Option<RangePlan> {
    driver.ctx().trace(|trace| trace.open_object(Some("skip_scan_range")));
    let found = search(driver, tree);
    driver.ctx().trace(Trace::close);
    let found = found?;
    let forced = driver.request.hints.skip_scan.is_some();
    let chosen = found.cost < limit || forced;
    let plan = plan(driver, tree?, &found, forced);
    driver.ctx().trace(|trace| super::plan_trace::summary(trace, "best_skip_scan_summary", driver.setup.table, &plan, chosen));
    Some(plan)
}

fn search(driver: &mut Driver<'_>, tree: Option<&KeyTree>) -> Option<Found> {
    let tree = match query_level(driver, tree) {
        Ok(tree) => tree,
        Err(cause) => {
            driver.ctx().trace(|trace| {
                trace.field("chosen", false);
                trace.field("cause", cause);
            });
            return None;
        }
    };
    driver.ctx().trace(|trace| trace.open_array(Some("potential_skip_scan_indexes")));
    let mut best: Option<Found> = None;
    for place in 0..driver.setup.indexes.len() {
        driver.ctx().trace(|trace| {
            trace.open_object(None);
            trace.field("index", driver.index_name(place));
        });
        match index(driver, tree, place) {
            Ok(found) => {
                let enough = |best: &Found| found.cost < best.cost - found.cost * f64::EPSILON;
                if best.as_ref().is_none_or(enough) {
                    best = Some(found);
                }
            }
            Err(cause) => driver.ctx().trace(|trace| {
                trace.field("usable", false);
                trace.field("cause", cause);
            }),
        }
        driver.ctx().trace(Trace::close);
    }
    driver.ctx().trace(Trace::close);
    best
}

fn query_level<'t>(driver: &Driver<'_>, tree: Option<&'t KeyTree>) -> Result<&'t KeyTree, &'static str> {
    if block_facts::is_single_table_change(driver.setup.query) {
        return Err("no_join");
    }
    let facts = block_facts::of(driver.setup.query, driver.request.block);
    if facts.tables != 1 {
        return Err("not_single_table");
    }
    if driver.request.order == WantedOrder::Descending {
        return Err("cannot_do_reverse_ordering");
    }
    if !driver.setup.query[driver.request.block].group_by.is_empty() {
        return Err("has_group_by");
    }
    let tree = tree.ok_or("disjuntive_predicate_present")?;
    if !tree.merges.is_empty() && tree.has_no_lists() {
        // Every index is looked at and found to lack a range.
        return Ok(tree);
    }
    if facts.distinct {
        return Err("has_select_distinct");
    }
    if facts.has_distinct_aggregate {
        return Err("has_aggregate_distinct");
    }
    Ok(tree)
}

/// Which role a part plays while going through an index.
#[derive(PartialEq)]
enum Stage {
    Equal,
    Skipped,
    Range,
    Trailing,
}

fn index(driver: &mut Driver<'_>, tree: &KeyTree, place: usize) -> Result<Found, &'static str> {
    let number = driver.setup.indexes[place].index;
    let hints = &driver.request.hints;
    if hints.no_skip_scan || hints.no_skip_scan_of.contains(number) || hints.skip_scan.is_some_and(|named| !named.allows(number))
    {
        return Err("skip_scan_hint");
    }
    if !driver.request.covering.contains(number) {
        return Err("query_references_nonkey_column");
    }
    let list = tree.lists[place].clone().ok_or("disjuntive_predicate_present")?;
    let mut stage = Stage::Equal;
    let (mut equal_parts, mut used_parts) = (0, None);
    for part in 0..driver.setup.indexes[place].parts.len() {
        let here = uniform_list(&list, part).map_err(|()| "keypart_in_disjunctive_query")?;
        match (here, &stage) {
            (None, Stage::Equal) => stage = Stage::Skipped,
            (None, Stage::Range) => stage = Stage::Trailing,
            (None, _) => {}
            (Some(list), Stage::Equal) => {
                if !list.intervals.iter().all(Interval::is_point) {
                    return Err("prefix_not_const_equality");
                }
                equal_parts = part + 1;
            }
            (Some(list), Stage::Skipped) => {
                if list.intervals.len() != 1 {
                    return Err("range_predicate_too_complex");
                }
                used_parts = Some(part + 1);
                stage = Stage::Range;
            }
            (Some(_), _) => {}
        }
    }
    let used_parts = used_parts.ok_or("no_range_predicate")?;
    driver.outcome.possible_keys.insert(number);
    let prefix = driver.price(place, &list, Role::Prefix);
    let (rows, groups, travel, cost) = price(driver, place, used_parts, prefix.as_ref().map(|scan| scan.rows));
    driver.ctx().trace(|trace| {
        trace.field("tree_travel_cost", travel);
        trace.field("num_groups", groups);
        trace.field("rows", rows);
        trace.field("cost", cost);
    });
    let estimated = prefix.is_some_and(|scan| scan.estimated);
    Ok(Found { place, index: number, equal_parts, used_parts, rows, cost, estimated })
}

/// Rows, groups, cost of one descent, and cost (spec 03 §9 step 5).
fn price(driver: &Driver<'_>, place: usize, used_parts: usize, prefix_rows: Option<u64>) -> (u64, u32, f64, f64) {
    let setup = &driver.setup.indexes[place];
    let index = setup.index;
    let records = driver.request.statistics.rows;
    let per_group = records_per_key(driver, index, used_parts - 1);
    let start = prefix_rows.unwrap_or(records);
    let groups = ((start as f32 / per_group) as u32).saturating_add(1).max(1);
    let per_range = records_per_key(driver, index, used_parts) as u32;
    let most_distinct = ((per_group as u32) / per_range.max(1)).max(1);
    let part = &setup.parts[used_parts - 1];
    let share = range_part_share(driver, part, most_distinct);
    let rows = ((start as f32 * share) as u64).max(1);
    let io = driver.prices.index_only(index, rows as f64);
    let costs = driver.ctx().costs();
    let height = if records == 0 { 1.0 } else { (records as f64).log2().ceil() };
    let travel = height * costs.key_compare;
    let cost = io + travel * f64::from(groups) * 2.0 + rows as f64 * costs.row_evaluate + rows as f64 * costs.key_compare;
    (rows, groups, travel, cost)
}

/// Share of rows that the conditions on the range part's column leave, if it has `distinct` values.
fn range_part_share(driver: &Driver<'_>, part: &Part, distinct: u32) -> f32 {
    let (ctx, query) = (driver.ctx(), driver.setup.query);
    let mut lines = Vec::new();
    let share = column_effect(
        ctx,
        query,
        driver.request.table,
        part.column,
        u64::from(distinct),
        driver.request.conditions,
        ctx.trace.is_some().then_some(&mut lines),
    );
    ctx.trace(|trace| {
        for line in &lines {
            trace.open_object(Some("histogram_selectivity"));
            trace.field("histogram_selectivity", f64::from(line.selectivity));
            trace.close();
        }
    });
    share
}

fn plan(driver: &Driver<'_>, tree: &KeyTree, found: &Found, forced: bool) -> RangePlan {
    let setup = &driver.setup.indexes[found.place];
    let list = tree.lists[found.place].as_deref();
    let at = |part: usize| list.and_then(|list| uniform_list(list, part).ok().flatten());
    let mut tree_prefix = Vec::new();
    let mut trace_prefix = Vec::new();
    let mut columns = ColumnSet::default();
    for part in 0..found.equal_parts {
        columns.insert(setup.parts[part].column);
        if let Some(list) = at(part) {
            tree_prefix.push(prefix_text(&setup.parts[part], list));
            for interval in &list.intervals {
                let mut text = String::new();
                print_interval(&mut text, &setup.parts[part], interval, Reader::Trace);
                trace_prefix.push(text);
            }
        }
    }
    let range_part = &setup.parts[found.used_parts - 1];
    columns.insert(range_part.column);
    let mut tree_range = String::new();
    if let Some(interval) = at(found.used_parts - 1).and_then(|list| list.intervals.first()) {
        print_interval(&mut tree_range, range_part, interval, Reader::Tree);
    }
    RangePlan {
        kind: RangePlanKind::SkipScan(SkipScan {
            index: found.index,
            used_parts: found.used_parts,
            key_bytes: setup.parts[..found.used_parts].iter().map(|part| part.store_length).sum(),
            tree_prefix,
            trace_prefix,
            tree_range,
        }),
        rows: found.rows as f64,
        cost: found.cost,
        columns,
        forced,
        estimated: found.estimated,
    }
}

/// `a = 1`, `a IN (1, 2, (2 more))`.
fn prefix_text(part: &Part, list: &List) -> String {
    const MOST_VALUES: usize = 3;
    let values: Vec<String> = list
        .intervals
        .iter()
        .filter_map(|interval| interval.low.value.as_ref())
        .map(|value| {
            let mut text = String::new();
            print_value(&mut text, part, value, Reader::Tree);
            text
        })
        .collect();
    match values.as_slice() {
        [only] => format!("{} = {only}", part.name),
        values if values.len() <= MOST_VALUES => format!("{} IN ({})", part.name, values.join(", ")),
        values => format!("{} IN ({}, {}, ({} more))", part.name, values[0], values[1], values.len() - 2),
    }
}
