//! How tables are read.

use super::{LARGE_TABLE, MANY_ROWS};
use crate::access::RangePlanKind;
use crate::advise::candidate::Candidate;
use crate::advise::finding::{Draft, RemedyKind};
use crate::advise::sargable::{self, Comparison, Sargable};
use crate::advise::subject::{Reading, Subject};
use crate::catalog::ColumnNo;
use crate::plan::{AccessMethod, AccessType};
use crate::query::{Command, Expr, ExprId, TableId};
use std::sync::Arc;

/// Share of the rows that may stay at most, so that a full scan counts as a waste.
const SMALL_SHARE: f32 = 0.3;

/// Tables that are read from end to end, the table itself or one of its indexes.
pub(super) fn scans<'a>(subject: &Subject<'a>) -> Vec<Reading<'a>> {
    let scanned = |reading: &Reading<'_>| {
        matches!(reading.access.access_type, AccessType::All | AccessType::Index)
            && !matches!(reading.access.method, AccessMethod::DynamicRange)
    };
    subject.readings().into_iter().filter(scanned).collect()
}

/// True if rows that are read stay locked until the transaction ends.
pub(super) fn locks_rows(subject: &Subject<'_>) -> bool {
    subject.statement.locks.is_some() || !matches!(subject.query().command, Command::Select)
}

/// The index that serves conditions best: columns compared by equality, then one column of a range.
pub(super) fn index_for(subject: &Subject<'_>, table: TableId, conditions: &[&Sargable]) -> Option<Candidate> {
    let of_kind = |kind: Comparison| conditions.iter().filter(move |one| one.comparison == kind).map(|one| one.column);
    let mut columns: Vec<ColumnNo> = of_kind(Comparison::Equality).collect();
    columns.extend(of_kind(Comparison::InList).chain(of_kind(Comparison::Range)).next());
    Candidate::of_columns(&subject.query()[table].table, &columns)
}

/// Conditions on a table with values that are known before it is read.
fn constant_conditions(subject: &Subject<'_>, reading: &Reading<'_>) -> Vec<Sargable> {
    let all = sargable::of_block(subject, reading.block);
    all.into_iter().filter(|one| one.table == reading.id && one.is_constant()).collect()
}

/// A large table that is scanned for a condition: its first condition and what its index would be.
fn wasteful_scans(subject: &Subject<'_>, check: impl Fn(&Reading<'_>, &Sargable, Option<Candidate>) -> Draft) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for reading in scans(subject) {
        let share = reading.access.filter_effect;
        // For UPDATE and DELETE of one table no share is estimated.
        let selective = share <= SMALL_SHARE || reading.plan.data_change.is_some();
        if reading.table_rows() < LARGE_TABLE || !selective || reading.access.rows_fetched < LARGE_TABLE / 2.0 {
            continue;
        }
        let conditions = constant_conditions(subject, &reading);
        let Some(first) = conditions.first() else { continue };
        let candidate = index_for(subject, reading.id, &conditions.iter().collect::<Vec<_>>());
        let filtered = f64::from(share) * 100.0;
        let draft = check(&reading, first, candidate).on(reading.definition());
        drafts.push(draft.number("rows", reading.access.rows_fetched, "rows").number("filtered", filtered, "%"));
    }
    drafts
}

fn place_of_condition(subject: &Subject<'_>, condition: &Sargable) -> Option<crate::advise::finding::Place> {
    subject.place_of_column((condition.table, condition.column)).or_else(|| subject.place_of_table(condition.table))
}

/// A full scan: a large table is scanned for a condition that no index serves.
pub(super) fn full_scan(subject: &Subject<'_>) -> Vec<Draft> {
    if locks_rows(subject) {
        return Vec::new();
    }
    wasteful_scans(subject, |reading, condition, candidate| {
        let text = format!(
            "{} is read from end to end: {:.0} rows, of which about {:.2} % pass {}",
            reading.table.alias,
            reading.access.rows_fetched,
            reading.access.filter_effect * 100.0,
            subject.text(reading.block, condition.expr),
        );
        Draft::at(place_of_condition(subject, condition), text).remedy(subject.confirm_index(candidate))
    })
}

/// A change or a locking read scans a large table: every row of it stays locked.
pub(super) fn locks_by_scan(subject: &Subject<'_>) -> Vec<Draft> {
    if !locks_rows(subject) {
        return Vec::new();
    }
    wasteful_scans(subject, |reading, condition, candidate| {
        let text = format!(
            "{:.0} rows of {} are read and locked to find those with {}",
            reading.access.rows_fetched,
            reading.table.alias,
            subject.text(reading.block, condition.expr),
        );
        Draft::at(place_of_condition(subject, condition), text).remedy(subject.confirm_index(candidate))
    })
}

/// The whole of a large table goes to the client.
pub(super) fn unbounded_read(subject: &Subject<'_>) -> Vec<Draft> {
    const MANY_RESULTS: f64 = 100_000.0;
    let query = subject.query();
    let [root] = query[query.root].blocks[..] else { return Vec::new() };
    let block = &query[root];
    let Some(plan) = subject.plan.blocks[root.0 as usize].as_ref() else { return Vec::new() };
    let bounded = block.where_.is_some() || plan.where_.is_some() || block.having.is_some() || plan.row_limit.is_some();
    let gathers = block.grouped || block.options.distinct || !matches!(query.command, Command::Select);
    if bounded || gathers || (plan.best_rowcount as f64) < MANY_RESULTS || subject.statement.into.is_some() {
        return Vec::new();
    }
    let Some(reading) = subject.readings().into_iter().find(|reading| reading.block == root) else { return Vec::new() };
    let text = format!("no WHERE and no LIMIT: about {} rows go to the client", plan.best_rowcount);
    let draft = Draft::at(subject.place_of_table(reading.id), text).on(reading.definition());
    vec![draft.number("rows", plan.best_rowcount as f64, "rows")]
}

/// Range checked for each record.
pub(super) fn range_checked(subject: &Subject<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for reading in subject.readings() {
        if reading.access.method != AccessMethod::DynamicRange || reading.table_rows() < MANY_ROWS {
            continue;
        }
        let text = format!(
            "for each of {:.0} rows before it the server decides anew how to read {} ({:.0} rows), in the worst case all of it",
            reading.executions(),
            reading.table.alias,
            reading.table_rows(),
        );
        let draft = Draft::at(subject.place_of_table(reading.id), text).on(reading.definition());
        drafts.push(draft.number("executions", reading.executions(), "").number("rows", reading.table_rows(), "rows"));
    }
    drafts
}

/// Index entries that an intersection must read, so that one mentions it.
const FEW_ENTRIES: f64 = 100.0;

/// Several indexes are read and intersected where one index over the columns would do.
pub(super) fn index_intersection(subject: &Subject<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for reading in subject.readings() {
        let AccessMethod::Range(range) = &reading.access.method else { continue };
        let RangePlanKind::Intersection { scans, .. } = &range.kind else { continue };
        let conditions = constant_conditions(subject, &reading);
        let entries: f64 = range.leaves().iter().map(|leaf| leaf.rows).sum();
        let candidate = index_for(subject, reading.id, &conditions.iter().collect::<Vec<_>>());
        let remedy = candidate
            .and_then(|candidate| subject.confirm_indexes(&[candidate], |before, after| after.cost <= before.cost * 0.8));
        if remedy.is_none() || entries < FEW_ENTRIES {
            continue;
        }
        let text = format!("{} indexes of {} are read and their rows intersected", scans.len(), reading.table.alias);
        let draft = Draft::at(subject.place_of_table(reading.id), text).on(reading.definition()).remedy(remedy);
        drafts.push(draft.number("indexes", scans.len() as f64, "").number("rows", reading.access.rows_fetched, "rows"));
    }
    drafts
}

/// OR over several columns of a table that is scanned for it.
pub(super) fn or_over_columns(subject: &Subject<'_>) -> Vec<Draft> {
    let query = subject.query();
    let mut drafts = Vec::new();
    for reading in scans(subject) {
        if reading.table_rows() < LARGE_TABLE || reading.access.filter_effect > SMALL_SHARE {
            continue;
        }
        for expr in subject.conjuncts(reading.block) {
            let Expr::Or(arms) = &query.exprs[query.real(expr)] else { continue };
            let Some(arms) = arms_of_table(subject, &reading, arms) else { continue };
            let definition = Arc::clone(&reading.table.table);
            let candidates: Vec<Candidate> =
                arms.iter().filter_map(|arm| Candidate::of_columns(&definition, &[arm.column])).collect();
            let text = format!(
                "OR over {} columns: no single index serves it, {:.0} rows of {} are read",
                arms.len(),
                reading.access.rows_fetched,
                reading.table.alias,
            );
            let remedy = subject.confirm_indexes(&candidates, crate::advise::subject::is_clearly_cheaper);
            let place = subject.words.place_of(&["or"]).or_else(|| subject.place_of_table(reading.id));
            let draft = Draft::at(place, text).on(reading.definition()).remedy(remedy);
            drafts.push(draft.number("rows", reading.access.rows_fetched, "rows").number("columns", arms.len() as f64, ""));
        }
    }
    drafts
}

/// One condition an arm, on at least two columns of the table; none if an arm is something else.
fn arms_of_table(subject: &Subject<'_>, reading: &Reading<'_>, arms: &[ExprId]) -> Option<Vec<Sargable>> {
    let mut found: Vec<Sargable> = Vec::new();
    for arm in arms {
        let parts = crate::advise::subject::conjuncts(subject.query(), *arm);
        let mut usable = parts.iter().flat_map(|part| sargable::of_condition(subject, reading.block, *part));
        let condition = usable.find(|one| one.table == reading.id && one.is_constant())?;
        if !found.iter().any(|known| known.column == condition.column) {
            found.push(condition);
        }
    }
    (found.len() > 1).then_some(found)
}

/// A range on an early key part keeps later parts, compared by equality, from being used.
pub(super) fn range_before_equality(subject: &Subject<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for reading in subject.readings() {
        let AccessMethod::Range(range) = &reading.access.method else { continue };
        let RangePlanKind::IndexRange(scan) = &range.kind else { continue };
        if reading.access.rows_fetched < MANY_ROWS {
            continue;
        }
        let index = &reading.definition().indexes[scan.index as usize];
        let conditions = constant_conditions(subject, &reading);
        let equal =
            |column: ColumnNo| conditions.iter().find(|one| one.column == column && one.comparison == Comparison::Equality);
        let ranged =
            |column: ColumnNo| conditions.iter().any(|one| one.column == column && one.comparison != Comparison::Equality);
        let parts = &index.parts[..index.user_parts];
        let Some(first_range) = parts.iter().position(|part| ranged(part.column)) else { continue };
        let Some(late) = parts[first_range + 1..].iter().find_map(|part| equal(part.column)) else { continue };
        let remedy = subject.confirm_index(index_for(subject, reading.id, &conditions.iter().collect::<Vec<_>>()));
        let text = format!(
            "index {} is read by a range of its part {}, so {} is only checked, on {:.0} rows",
            index.name,
            first_range + 1,
            subject.text(reading.block, late.expr),
            reading.access.rows_fetched,
        );
        let draft = Draft::at(place_of_condition(subject, late), text).on(reading.definition()).remedy(remedy);
        drafts.push(draft.number("rows", reading.access.rows_fetched, "rows"));
    }
    drafts
}

/// A lookup by index fetches many rows only for one or two small columns that the index lacks.
pub(super) fn almost_covering(subject: &Subject<'_>) -> Vec<Draft> {
    const FEW_COLUMNS: usize = 2;
    const SMALL_BYTES: f64 = 64.0;
    let mut drafts = Vec::new();
    for reading in subject.readings() {
        let Some(index) = single_index(&reading) else { continue };
        let table = Arc::clone(&reading.table.table);
        if reading.access.index_only || table.clustered == Some(index) || reading.rows_read() < MANY_ROWS {
            continue;
        }
        let index = &table.indexes[index as usize];
        let missing: Vec<ColumnNo> =
            reading.table.read_set.iter().filter(|column| !index.parts.iter().any(|part| part.column == *column)).collect();
        let bytes: f64 =
            missing.iter().map(|column| crate::advise::candidate::mean_bytes(&table.columns[*column as usize].ty)).sum();
        if missing.is_empty() || missing.len() > FEW_COLUMNS || bytes > SMALL_BYTES || index.multi_valued {
            continue;
        }
        let columns: Vec<ColumnNo> =
            index.parts[..index.user_parts].iter().map(|part| part.column).chain(missing.iter().copied()).collect();
        let remedy = Candidate::of_columns(&table, &columns)
            .and_then(|candidate| subject.confirm_indexes(&[candidate], |before, after| after.cost <= before.cost * 0.5));
        if remedy.is_none() {
            continue;
        }
        let names: Vec<&str> = missing.iter().map(|column| &*table.columns[*column as usize].name).collect();
        let text = format!(
            "index {} finds {:.0} rows of {}, each of which is fetched from the table only for {}",
            index.name,
            reading.rows_read(),
            reading.table.alias,
            names.join(", "),
        );
        let draft = Draft::at(subject.place_of_table(reading.id), text).on(reading.definition()).remedy(remedy);
        drafts.push(draft.number("rows", reading.rows_read(), "rows").number("bytes", bytes, "bytes"));
    }
    drafts
}

/// The one index that a table is read by.
pub(super) fn single_index(reading: &Reading<'_>) -> Option<crate::catalog::IndexNo> {
    match &reading.access.method {
        AccessMethod::Lookup(lookup) => Some(lookup.index),
        AccessMethod::IndexScan { index, .. } => Some(*index),
        AccessMethod::Range(range) => match &range.kind {
            RangePlanKind::IndexRange(scan) => Some(scan.index),
            _ => None,
        },
        _ => None,
    }
}

/// All partitions of a large table are read.
pub(super) fn all_partitions(subject: &Subject<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for reading in subject.readings() {
        let (Some(used), Some(partitioning)) = (&reading.access.partitions, &reading.definition().partitioning) else { continue };
        let leaves: usize = partitioning.partitions.iter().map(|partition| partition.subpartitions.len().max(1)).sum();
        let conditions = subject.conjuncts(reading.block);
        if leaves < 2 || used.len() < leaves || reading.rows_read() < LARGE_TABLE || conditions.is_empty() {
            continue;
        }
        let text = format!(
            "all {leaves} partitions of {} are read ({:.0} rows): no condition picks some of them by {}",
            reading.table.alias,
            reading.rows_read(),
            partitioning.expression.replace('`', ""),
        );
        let draft = Draft::at(subject.place_of_table(reading.id), text).on(reading.definition());
        drafts.push(draft.number("partitions", leaves as f64, "").number("rows", reading.rows_read(), "rows"));
    }
    drafts
}

/// An IN list so long that the server takes index statistics instead of looking into the index.
pub(super) fn dive_limit(subject: &Subject<'_>) -> Vec<Draft> {
    let limit = subject.plan.settings.eq_range_index_dive_limit as usize;
    let query = subject.query();
    let mut drafts = Vec::new();
    for (block, expr) in subject.all_conjuncts() {
        let Expr::In { arg, list, negated: false } = &query.exprs[query.real(expr)] else { continue };
        let Some(column) = subject.column(*arg).filter(|column| subject.is_leading(*column)) else { continue };
        let Some(reading) = subject.readings().into_iter().find(|reading| reading.id == column.0) else { continue };
        if limit == 0 || list.len() < limit || reading.table_rows() < LARGE_TABLE || reading.block != block {
            continue;
        }
        let text = format!(
            "{} is compared with {} values, the limit is {limit}: rows are guessed from the mean of the index, not looked up",
            subject.column_name(column),
            list.len(),
        );
        let remedy = subject.plan_under(|catalog| catalog.settings.eq_range_index_dive_limit = 0).and_then(|after| {
            let sql = "SET SESSION eq_range_index_dive_limit = 0".to_owned();
            subject.confirm(RemedyKind::Setting, sql, "planning then takes one look into the index for each value", &after)
        });
        let draft = Draft::at(subject.place_of_column(column), text).on(reading.definition()).remedy(remedy);
        drafts.push(draft.number("values", list.len() as f64, "").number("limit", limit as f64, ""));
    }
    drafts
}

/// The range optimizer gave up for want of memory.
pub(super) fn range_memory(subject: &Subject<'_>) -> Vec<Draft> {
    const OUT_OF_RANGE_MEMORY: u16 = 3170;
    if !subject.query().diagnostics.iter().any(|diagnostic| diagnostic.code == OUT_OF_RANGE_MEMORY) {
        return Vec::new();
    }
    let limit = subject.plan.settings.range_optimizer_max_mem_size;
    let remedy = subject.plan_under(|catalog| catalog.settings.range_optimizer_max_mem_size = 0).and_then(|after| {
        let sql = "SET SESSION range_optimizer_max_mem_size = 0".to_owned();
        subject.confirm(RemedyKind::Setting, sql, "0 takes the limit away", &after)
    });
    let text = format!("the conditions need more than range_optimizer_max_mem_size ({limit} bytes): no range is used");
    let place = subject.words.place_of(&["in"]).or_else(|| subject.words.place_of(&["where"]));
    vec![Draft::at(place, text).number("limit", limit as f64, "bytes").remedy(remedy)]
}
