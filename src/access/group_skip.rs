//! Loose index scan for GROUP BY, DISTINCT and AGG(DISTINCT) (spec 03 §8).

use super::block_facts::{self, BlockFacts};
use super::interval::{List, ListKind};
use super::plan::{GroupSkipScan, RangePlan, RangePlanKind};
use super::print::{Reader, print_interval, scan_range, trace_list};
use super::range::{Driver, Role, WantedOrder};
use super::ranges::enumerate;
use super::setup::usable_list;
use super::tree_and_or::KeyTree;
use crate::catalog::range_rows::guessed_records_per_key;
use crate::catalog::{ColumnNo, IndexNo};
use crate::query::{ColumnSet, Expr, ExprId};
use crate::trace::Trace;
use smallvec::SmallVec;

/// An index that can serve, with its price.
struct Found {
    place: usize,
    index: IndexNo,
    group_parts: usize,
    used_parts: usize,
    infix_bytes: u32,
    rows: f64,
    cost: f64,
    trace_ranges: Vec<String>,
    estimated: bool,
}

/// The question that every index is asked.
struct Wanted {
    facts: BlockFacts,
    /// Columns of GROUP BY, in order.
    group: Vec<ColumnNo>,
    /// Columns of SELECT DISTINCT, or of the DISTINCT aggregates.
    distinct: Vec<ColumnNo>,
    /// The MIN/MAX argument.
    min_max: Option<ColumnNo>,
    /// Columns that WHERE mentions.
    condition_columns: ColumnSet,
}

/// The cheapest loose index scan, whatever a scan costs. `limit`: the best cost so far.
pub(super) fn find(driver: &mut Driver<'_>, tree: Option<&KeyTree>, limit: f64) -> Option<RangePlan> {
    driver.ctx().trace(|trace| trace.open_object(Some("group_index_range")));
    let found = search(driver, tree, limit);
    driver.ctx().trace(Trace::close);
    let (plan, chosen) = found.map(|plan| {
        let chosen = plan.cost < limit;
        (plan, chosen)
    })?;
    driver.ctx().trace(|trace| super::plan_trace::summary(trace, "best_group_range_summary", driver.setup.table, &plan, chosen));
    Some(plan)
}

fn search(driver: &mut Driver<'_>, tree: Option<&KeyTree>, limit: f64) -> Option<RangePlan> {
    let wanted = match wanted(driver, tree) {
        Ok(wanted) => wanted,
        Err(cause) => {
            driver.ctx().trace(|trace| {
                trace.field("chosen", false);
                trace.field("cause", cause);
            });
            return None;
        }
    };
    if wanted.facts.distinct && wanted.group.is_empty() {
        driver.ctx().trace(|trace| trace.field("distinct_query", true));
    }
    driver.ctx().trace(|trace| trace.open_array(Some("potential_group_range_indexes")));
    let mut best: Option<Found> = None;
    for place in 0..driver.setup.indexes.len() {
        driver.ctx().trace(|trace| {
            trace.open_object(None);
            trace.field("index", driver.index_name(place));
        });
        match index(driver, tree, &wanted, place) {
            Ok(found) => {
                driver.ctx().trace(|trace| {
                    trace.field("rows", found.rows);
                    trace.field("cost", found.cost);
                });
                let enough = |best: &Found| found.cost < best.cost - found.cost * f64::EPSILON;
                if best.as_ref().is_none_or(enough) {
                    best = Some(found);
                }
            }
            // The server passes over an index without the DISTINCT arguments in silence.
            Err("select_attribute_not_prefix_in_index") if wanted.facts.aggregate_distinct => {}
            Err(cause) => driver.ctx().trace(|trace| {
                trace.field("usable", false);
                trace.field("cause", cause);
            }),
        }
        driver.ctx().trace(Trace::close);
    }
    driver.ctx().trace(Trace::close);
    let best = best?;
    if let Some(column) = wanted.min_max
        && !driver.request.conditions.iter().all(|condition| supports(driver, *condition, column))
    {
        driver.ctx().trace(|trace| {
            trace.field("usable", false);
            trace.field("cause", "unsupported_predicate_on_agg_attribute");
        });
        return None;
    }
    Some(plan(driver, tree, &wanted, best, limit))
}

/// Query-level conditions (spec 03 §8.1).
fn wanted(driver: &Driver<'_>, tree: Option<&KeyTree>) -> Result<Wanted, &'static str> {
    let request = driver.request;
    let query = driver.setup.query;
    if block_facts::is_single_table_change(query) {
        return Err("no_join");
    }
    let facts = block_facts::of(query, request.block);
    if facts.tables != 1 {
        return Err("not_single_table");
    }
    if facts.rollup {
        return Err("rollup");
    }
    if request.order == WantedOrder::Descending {
        return Err("cannot_do_reverse_ordering");
    }
    let block = &query[request.block];
    if block.group_by.is_empty() && !facts.distinct && !facts.aggregate_distinct {
        return Err("not_group_by_or_distinct");
    }
    let min_max = facts.min_max_column(request.table)?;
    let condition_columns = block_facts::columns(query, request.table, request.conditions);
    if tree.is_some_and(|tree| !tree.merges.is_empty()) {
        return Err("disjuntive_predicate_present");
    }
    if let Some(column) = min_max
        && tree.is_none()
        && condition_columns.contains(column)
        && condition_columns.len() > 1
    {
        return Err("minmax_keypart_in_disjunctive_query");
    }
    if facts.aggregate_distinct && min_max.is_some() {
        return Err("have_both_agg_distinct_and_min_max");
    }
    let own = |expr: ExprId| block_facts::own_column(query, request.table, expr);
    let mut distinct = Vec::new();
    if facts.distinct {
        for item in &block.items {
            distinct.push(own(item.expr).ok_or("select_attribute_is_expression")?);
        }
    } else if facts.aggregate_distinct {
        distinct.extend(facts.distinct_columns(request.table));
    }
    let mut group = Vec::new();
    for element in &block.group_by {
        let column = own(element.expr).ok_or("group_field_is_expression")?;
        if !group.contains(&column) {
            group.push(column);
        }
    }
    Ok(Wanted { facts, group, distinct, min_max, condition_columns })
}

/// What one index would cost (spec 03 §8.2).
fn index(driver: &mut Driver<'_>, tree: Option<&KeyTree>, wanted: &Wanted, place: usize) -> Result<Found, &'static str> {
    let number = driver.setup.indexes[place].index;
    let parts: SmallVec<[ColumnNo; 8]> = driver.setup.indexes[place].parts.iter().map(|part| part.column).collect();
    let reads = driver.setup.query[driver.request.table].read_set.clone();
    let in_parts = |column: ColumnNo| parts.contains(&column);
    if !driver.request.covering.contains(number) || !reads.iter().all(in_parts) {
        return Err("not_covering");
    }
    driver.ctx().trace(|trace| trace.field("covering", true));
    let list = tree.and_then(|tree| tree.lists[place].clone());
    let (group_parts, single_group) = group_prefix(wanted, &parts, list.as_deref())?;
    let min_max_part = match wanted.min_max {
        Some(column) => {
            let part = parts.iter().position(|part| *part == column).ok_or("aggregate_column_not_suffix_in_idx")?;
            if part < group_parts {
                return Err("aggregate_column_not_suffix_in_idx");
            }
            Some(part)
        }
        None => None,
    };
    if wanted.facts.aggregate_distinct && Some(number) == driver.setup.table.clustered {
        return Err("primary_key_is_clustered");
    }
    let infix = infix(driver, tree, wanted, place, list.as_deref(), group_parts, min_max_part)?;
    let first_unused = match min_max_part {
        Some(part) => part + 1,
        None => infix.end,
    };
    if parts.iter().skip(first_unused).any(|column| reads.contains(*column) && !parts[..first_unused].contains(column)) {
        return Err("keypart_after_infix_in_query");
    }
    if let (Some(list), Some(part)) = (list.as_deref(), min_max_part)
        && uniform_list(list, part).is_err()
    {
        return Err("minmax_keypart_in_disjunctive_query");
    }
    let prefix = list.as_ref().and_then(|list| driver.price(place, list, Role::Prefix));
    let mut trace_ranges = Vec::new();
    if let Some(list) = &list {
        driver.ctx().trace(|trace| {
            trace_ranges = trace_list(&driver.setup.indexes[place], list);
            trace.field("index_dives_for_eq_ranges", prefix.as_ref().is_none_or(|prefix| prefix.dives));
            trace.field("ranges", trace_ranges.clone());
        });
    }
    let shape = Shape {
        group_parts,
        used_parts: group_parts + infix.parts,
        infix_factor: infix.factor,
        single_group,
        both_min_and_max: wanted.facts.has_min && wanted.facts.has_max,
        has_tree: tree.is_some(),
    };
    let (rows, cost) = price(driver, place, &shape, prefix.as_ref().map(|scan| scan.rows));
    Ok(Found {
        place,
        index: number,
        group_parts,
        used_parts: shape.used_parts,
        infix_bytes: infix.bytes,
        rows,
        cost,
        trace_ranges,
        estimated: prefix.is_some_and(|scan| scan.estimated),
    })
}

/// Number of group prefix parts, and whether the ranges leave a single group.
fn group_prefix(wanted: &Wanted, parts: &[ColumnNo], list: Option<&List>) -> Result<(usize, bool), &'static str> {
    let mut single = false;
    let mut here = list.filter(|list| list.part == 0);
    for (place, column) in wanted.group.iter().enumerate() {
        if parts.get(place) != Some(column) {
            return Err("group_attribute_not_prefix_in_index");
        }
        let only = here.filter(|list| usize::from(list.part) == place).and_then(|list| match list.intervals.as_slice() {
            [only] if only.is_point() => Some(only),
            _ => None,
        });
        single = only.is_some();
        here = only.and_then(|interval| interval.next.as_deref());
    }
    let mut group_parts = wanted.group.len();
    if !wanted.distinct.is_empty() && (wanted.group.is_empty() || wanted.facts.aggregate_distinct) {
        let mut covered = vec![false; parts.len()];
        covered[..group_parts].fill(true);
        let mut count = group_parts;
        for column in &wanted.distinct {
            let part = parts.iter().position(|part| part == column).ok_or("select_attribute_not_prefix_in_index")?;
            if !std::mem::replace(&mut covered[part], true) {
                count += 1;
            }
        }
        if !covered[..count].iter().all(|covered| *covered) {
            return Err("select_attribute_not_prefix_in_index");
        }
        group_parts = count;
    }
    Ok((group_parts, single))
}

/// Equalities between the group parts and the MIN/MAX part.
struct Infix {
    parts: usize,
    bytes: u32,
    factor: u64,
    /// First part behind.
    end: usize,
}

fn infix(
    driver: &Driver<'_>,
    tree: Option<&KeyTree>,
    wanted: &Wanted,
    place: usize,
    list: Option<&List>,
    group_parts: usize,
    min_max_part: Option<usize>,
) -> Result<Infix, &'static str> {
    let index = &driver.setup.indexes[place];
    let mut infix = Infix { parts: 0, bytes: 0, factor: 1, end: group_parts };
    if index.parts.len() <= group_parts || min_max_part == Some(group_parts) {
        return Ok(infix);
    }
    if tree.is_some() {
        let last = min_max_part.unwrap_or(index.parts.len());
        for part in group_parts..last {
            let found = match list {
                Some(list) => uniform_list(list, part).map_err(|()| "non_equality_gap_attribute")?,
                None => None,
            };
            let Some(found) = found else {
                if min_max_part.is_some() {
                    return Err("no_nongroup_keypart_predicate");
                }
                break;
            };
            if !found.intervals.iter().all(|interval| interval.is_point()) {
                return Err("non_equality_gap_attribute");
            }
            infix.parts += 1;
            infix.bytes += index.parts[part].store_length;
            infix.factor *= found.intervals.len() as u64;
            infix.end = part + 1;
        }
        return Ok(infix);
    }
    if min_max_part.is_some() {
        return Err("no_nongroup_keypart_predicate");
    }
    if index.parts[group_parts..].iter().any(|part| wanted.condition_columns.contains(part.column)) {
        return Err("keypart_reference_from_where_clause");
    }
    Ok(infix)
}

/// The list on one part, which must be the same below every interval above it; an error if it is not.
pub(super) fn uniform_list(list: &List, part: usize) -> Result<Option<&List>, ()> {
    if usize::from(list.part) == part {
        return if list.kind == ListKind::Range { Ok(Some(list)) } else { Err(()) };
    }
    if usize::from(list.part) > part {
        return Ok(None);
    }
    let mut common: Option<Option<&List>> = None;
    for interval in &list.intervals {
        let below = match interval.next.as_deref() {
            Some(next) => uniform_list(next, part)?,
            None => None,
        };
        match common {
            None => common = Some(below),
            Some(before) if before == below => {}
            Some(_) => return Err(()),
        }
    }
    Ok(common.flatten())
}

/// What the price depends on.
struct Shape {
    group_parts: usize,
    used_parts: usize,
    infix_factor: u64,
    single_group: bool,
    both_min_and_max: bool,
    has_tree: bool,
}

/// Rows and cost (spec 03 §8.3).
fn price(driver: &Driver<'_>, place: usize, shape: &Shape, prefix_rows: Option<u64>) -> (f64, f64) {
    let index = driver.setup.indexes[place].index;
    let records = driver.request.statistics.rows;
    let entries = driver.prices.entries_per_page(index);
    let blocks = (records / u64::from(entries)) as u32 + 1;
    let per_group = records_per_key(driver, index, shape.group_parts);
    let mut groups: u32 = 1;
    if !shape.single_group {
        groups = ((records as f32 / per_group) as u32).saturating_add(1);
        if shape.has_tree
            && let Some(rows) = prefix_rows
        {
            let share = rows as f64 / records as f64;
            groups = ((f64::from(groups) * share).round_ties_even() as u32).max(1);
        }
    }
    let io_blocks = if shape.used_parts > shape.group_parts {
        let per_subgroup = records_per_key(driver, index, shape.used_parts) * shape.infix_factor as f32;
        let overlap = if per_subgroup >= entries as f32 {
            1.0
        } else {
            let share = f64::from(blocks) / f64::from(groups) * (f64::from(per_subgroup) - 1.0) / f64::from(per_group);
            share.min(1.0)
        };
        (f64::from(groups) * (1.0 + overlap)).min(f64::from(blocks))
    } else if per_group > entries as f32 {
        f64::from(groups) + if shape.both_min_and_max { 1.0 } else { 0.0 }
    } else {
        f64::from(blocks)
    };
    let io = io_blocks * driver.prices.index_page(index);
    let groups = f64::from(groups) * shape.infix_factor as f64;
    let height = if records == 0 { 1.0 } else { ((records as f64).ln() / f64::from(entries).ln()).ceil() };
    let costs = driver.ctx().costs();
    let travel = height * costs.key_compare;
    let cpu = if entries <= 1 { f64::MAX } else { groups * (travel + costs.row_evaluate) };
    (groups, io + cpu)
}

/// Records per key, or the guess that stands in for unknown ones (spec 03 §8.5).
pub(super) fn records_per_key(driver: &Driver<'_>, index: IndexNo, parts: usize) -> f32 {
    let statistics = driver.ctx().statistics();
    let table = driver.setup.table;
    if let Some(known) = statistics.records_per_key(table, index, parts) {
        return known;
    }
    let definition = &table.indexes[index as usize];
    let known = statistics.records_per_key(table, index, definition.user_parts);
    guessed_records_per_key(driver.request.statistics.rows, parts, definition.user_parts, definition.unique, known)
}

/// May a condition stand beside MIN/MAX of a column (end of spec 03 §8.2)?
fn supports(driver: &Driver<'_>, condition: ExprId, column: ColumnNo) -> bool {
    let query = driver.setup.query;
    let table = driver.request.table;
    let own = |expr: ExprId| block_facts::own_column(query, table, expr) == Some(column);
    let constant = |expr: ExprId| query.exprs.facts(expr).used.tables().is_empty();
    match &query.exprs[condition] {
        Expr::And(items) | Expr::Or(items) => items.iter().all(|item| supports(driver, *item, column)),
        Expr::Compare { left, right, .. } if own(*left) => constant(*right),
        Expr::Compare { left, right, .. } if own(*right) => constant(*left),
        Expr::Between { arg, low, high, .. } if own(*arg) => constant(*low) && constant(*high),
        Expr::IsNull { arg, .. } if own(*arg) => true,
        Expr::MultipleEqual { columns, constant: value, .. } if columns.iter().any(|member| own(*member)) => {
            value.is_some() && columns.len() == 1
        }
        Expr::Subquery(_) | Expr::InOptimizer { .. } => false,
        _ => {
            let mut fits = true;
            query.walk(condition, &mut |expr| fits &= !own(expr) && !matches!(query.exprs[expr], Expr::Subquery(_)));
            fits
        }
    }
}

fn plan(driver: &Driver<'_>, tree: Option<&KeyTree>, wanted: &Wanted, found: Found, limit: f64) -> RangePlan {
    let setup = &driver.setup.indexes[found.place];
    let facts = &wanted.facts;
    let list = tree.and_then(|tree| tree.lists[found.place].as_deref());
    let min_max = wanted.min_max.and_then(|column| setup.parts.iter().position(|part| part.column == column));
    let min_max_list = min_max.and_then(|part| list.and_then(|list| uniform_list(list, part).ok().flatten()));
    let mut key_bytes = setup.parts[..found.group_parts].iter().map(|part| part.store_length).sum::<u32>() + found.infix_bytes;
    let mut used_parts = found.used_parts;
    if let Some(part) = min_max {
        let part = &setup.parts[part];
        let reaches = match min_max_list {
            Some(list) => {
                facts.has_min && list.intervals.last().is_some_and(|interval| interval.low.value.is_some())
                    || facts.has_max && list.intervals.first().is_some_and(|interval| interval.high.value.is_some())
            }
            None => facts.has_min && part.nullable,
        };
        if reaches {
            key_bytes += part.store_length;
            used_parts += 1;
        }
    }
    let tree_ranges = match (min_max, min_max_list) {
        (Some(part), Some(list)) => list
            .intervals
            .iter()
            .map(|interval| {
                let mut text = String::new();
                print_interval(&mut text, &setup.parts[part], interval, Reader::Tree);
                text
            })
            .collect(),
        _ => prefix_ranges(driver, found.place, list, found.group_parts),
    };
    let scanning = facts.aggregate_distinct && limit < found.cost;
    if scanning {
        driver.ctx().trace(|trace| trace.field("index_scan", true));
    }
    let mut columns = ColumnSet::default();
    for part in &setup.parts[..used_parts] {
        columns.insert(part.column);
    }
    RangePlan {
        kind: RangePlanKind::GroupSkip(GroupSkipScan {
            index: found.index,
            group_parts: found.group_parts,
            used_parts,
            key_bytes,
            scanning,
            aggregate_distinct: facts.aggregate_distinct,
            has_min: facts.has_min,
            has_max: facts.has_max,
            min_max_column: wanted.min_max.map(|column| driver.setup.table.columns[column as usize].name.clone()),
            trace_ranges: found.trace_ranges,
            tree_ranges,
        }),
        rows: found.rows,
        cost: if scanning { 0.0 } else { found.cost },
        columns,
        forced: false,
        estimated: found.estimated,
    }
}

/// Ranges of the group prefix as TREE prints them; what is longer than the prefix is cut and then closed.
fn prefix_ranges(driver: &Driver<'_>, place: usize, list: Option<&List>, group_parts: usize) -> Vec<String> {
    let setup = &driver.setup.indexes[place];
    let Some(list) = usable_list(list) else { return Vec::new() };
    let mut texts: Vec<String> = Vec::new();
    for mut range in enumerate(setup, list, true) {
        range.min_open &= range.min.len() <= group_parts;
        range.max_open &= range.max.len() <= group_parts;
        range.min.truncate(group_parts);
        range.max.truncate(group_parts);
        let text = scan_range(setup, &range, Reader::Tree);
        if texts.last() != Some(&text) {
            texts.push(text);
        }
    }
    texts
}
