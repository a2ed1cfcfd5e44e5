//! Tables and indexes that statements use: rules for workloads.

use super::{LARGE_TABLE, MANY_ROWS};
use crate::advise::candidate::{suppose, table_name};
use crate::advise::finding::{Draft, Remedy, RemedyKind};
use crate::advise::measure::Measure;
use crate::advise::subject::plan;
use crate::advise::workload::Workload;
use crate::catalog::{Engine, Index, IndexKind, IndexNo, KeyPart, Table};
use crate::what_if::Change;

fn rows(workload: &Workload<'_>, table: &Table) -> f64 {
    workload.catalog.statistics.table(table).rows as f64
}

/// Tables of InnoDB with so many rows.
fn tables(workload: &Workload<'_>, least: f64) -> Vec<std::sync::Arc<Table>> {
    let all = workload.tables().into_iter();
    all.filter(|table| table.engine == Engine::InnoDb && rows(workload, table) >= least).collect()
}

/// What statements cost and read without an index: before, after; none if one of them cannot be planned.
fn without(workload: &Workload<'_>, table: &Table, index: &Index) -> Option<(Measure, Measure)> {
    let change = Change::from_option("drop-index", &format!("{}.{}.{}", table.schema, table.name, index.name)).ok()?;
    let catalog = suppose(workload.catalog, [change])?;
    let sum = |measures: Vec<Measure>| {
        measures
            .iter()
            .fold(Measure { cost: 0.0, rows: 0.0 }, |sum, one| Measure { cost: sum.cost + one.cost, rows: sum.rows + one.rows })
    };
    let after = workload.plans.iter().map(|before| Some(Measure::of(&plan(&catalog, &before.query.sql)?)));
    Some((sum(workload.plans.iter().map(Measure::of).collect()), sum(after.collect::<Option<Vec<_>>>()?)))
}

/// DROP INDEX, or making it invisible, if no statement gets dearer.
fn removal(workload: &Workload<'_>, table: &Table, index: &Index, sql: String, note: String) -> Option<Remedy> {
    let (before, after) = without(workload, table, index)?;
    (after.cost <= before.cost * 1.01).then_some(Remedy {
        kind: RemedyKind::Index,
        sql,
        note,
        cost_before: before.cost,
        cost_after: after.cost,
        rows_before: before.rows,
        rows_after: after.rows,
    })
}

/// An index whose columns begin another one.
pub(super) fn redundant_index(workload: &Workload<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for table in tables(workload, LARGE_TABLE) {
        for (no, index) in table.indexes.iter().enumerate() {
            let Some(wider) = wider_index(&table, no as IndexNo) else { continue };
            let sql = format!("ALTER TABLE {} DROP INDEX `{}`;", table_name(&table), index.name);
            let note =
                "ALGORITHM=INPLACE, LOCK=NONE; make it INVISIBLE first (INSTANT) and drop it when nothing slows down".to_owned();
            let remedy = removal(workload, &table, index, sql, note);
            let text = format!("index {} of {} is the beginning of index {}", index.name, table.name, wider.name);
            let pages = workload.catalog.statistics.leaf_pages(&table, no as IndexNo).unwrap_or(0) as f64;
            drafts.push(Draft::at(None, text).on(&table).number("pages", pages, "pages").remedy(remedy));
        }
    }
    drafts
}

/// An index that begins with all parts of another one; of two equal ones the later counts as redundant.
fn wider_index(table: &Table, no: IndexNo) -> Option<&Index> {
    let index = &table.indexes[no as usize];
    let own = &index.parts[..index.user_parts];
    if index.unique || index.kind != IndexKind::BTree || index.multi_valued || table.primary == Some(no) {
        return None;
    }
    let same =
        |a: &KeyPart, b: &KeyPart| a.column == b.column && a.prefix_chars == b.prefix_chars && a.descending == b.descending;
    let begins = |(other_no, other): (usize, &Index)| {
        let parts = &other.parts[..other.user_parts];
        let longer = parts.len() > own.len() || (parts.len() == own.len() && (other_no as IndexNo) < no);
        // The primary key holds whole rows: a short index beside it can be much cheaper to read.
        let clustered = table.clustered == Some(other_no as IndexNo);
        other_no as IndexNo != no
            && longer
            && !clustered
            && other.kind == IndexKind::BTree
            && other.visible
            && own.iter().zip(parts).all(|(a, b)| same(a, b))
    };
    table.indexes.iter().enumerate().find(|other| begins(*other)).map(|(_, other)| other)
}

/// An index that no statement uses.
pub(super) fn unused_index(workload: &Workload<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    if !workload.complete {
        return drafts;
    }
    let used: std::collections::BTreeSet<String> = workload.plans.iter().flat_map(used_indexes).collect();
    for table in tables(workload, LARGE_TABLE) {
        for (no, index) in table.indexes.iter().enumerate() {
            let name = format!("{}.{}.{}", table.schema, table.name, index.name);
            if index.unique || !index.visible || used.contains(&name) || wider_index(&table, no as IndexNo).is_some() {
                continue;
            }
            let sql = format!("ALTER TABLE {} ALTER INDEX `{}` INVISIBLE;", table_name(&table), index.name);
            let note = "ALGORITHM=INPLACE, LOCK=NONE, at once; drop it (INPLACE, LOCK=NONE) when nothing slows down".to_owned();
            let Some(remedy) = removal(workload, &table, index, sql, note) else { continue };
            let pages = workload.catalog.statistics.leaf_pages(&table, no as IndexNo).unwrap_or(0) as f64;
            let text = format!("none of {} statements uses index {} of {}", workload.plans.len(), index.name, table.name);
            drafts.push(Draft::at(None, text).on(&table).number("pages", pages, "pages").remedy(Some(remedy)));
        }
    }
    drafts
}

/// Indexes that a plan reads, as `schema.table.index`.
fn used_indexes(plan: &crate::plan::Plan) -> Vec<String> {
    let mut found = Vec::new();
    for access in plan.blocks.iter().flatten().flat_map(|block| &block.tables) {
        let Some(id) = access.table else { continue };
        let table = &plan.query[id].table;
        let mut note = |no: IndexNo| {
            if let Some(index) = table.indexes.get(no as usize) {
                found.push(format!("{}.{}.{}", table.schema, table.name, index.name));
            }
        };
        match &access.method {
            crate::plan::AccessMethod::Lookup(lookup) => note(lookup.index),
            crate::plan::AccessMethod::IndexScan { index, .. } => note(*index),
            crate::plan::AccessMethod::Range(range) => {
                range.leaves().into_iter().filter_map(|leaf| leaf.single_index()).for_each(&mut note);
            }
            crate::plan::AccessMethod::ConstRow => access.possible_keys.iter().for_each(&mut note),
            _ => {}
        }
    }
    found
}

/// A table without a primary key.
pub(super) fn no_primary_key(workload: &Workload<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for table in tables(workload, MANY_ROWS) {
        if table.clustered.is_some() {
            continue;
        }
        let text = format!("{} has neither a primary key nor a unique key without NULL: InnoDB adds a hidden row id", table.name);
        drafts.push(Draft::at(None, text).on(&table).number("rows", rows(workload, &table), "rows"));
    }
    drafts
}

/// A long primary key, which every secondary index repeats.
pub(super) fn wide_primary_key(workload: &Workload<'_>) -> Vec<Draft> {
    const WIDE_BYTES: u32 = 32;
    let mut drafts = Vec::new();
    for table in tables(workload, LARGE_TABLE) {
        let Some(key) = table.clustered.map(|no| &table.indexes[no as usize]) else { continue };
        let secondary = table.indexes.iter().filter(|index| index.kind == IndexKind::BTree).count().saturating_sub(1);
        let bytes = f64::from(key.key_length());
        if key.key_length() < WIDE_BYTES || secondary < 2 {
            continue;
        }
        let text = format!(
            "the primary key of {} takes up to {bytes:.0} bytes, and each of {secondary} secondary indexes repeats it for every row",
            table.name,
        );
        let draft = Draft::at(None, text).on(&table).number("bytes", bytes, "bytes");
        drafts.push(draft.number("indexes", secondary as f64, "").number("rows", rows(workload, &table), "rows"));
    }
    drafts
}

/// An index without statistics.
pub(super) fn missing_statistics(workload: &Workload<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for table in tables(workload, MANY_ROWS) {
        let unknown = |(no, index): &(usize, &Index)| {
            index.kind == IndexKind::BTree && workload.catalog.statistics.records_per_key(&table, *no as IndexNo, 1).is_none()
        };
        let names: Vec<&str> = table.indexes.iter().enumerate().filter(unknown).map(|(_, index)| &*index.name).collect();
        if names.is_empty() {
            continue;
        }
        let text =
            format!("{} has no statistics of index {}: its lookups are guessed (ANALYZE TABLE)", table.name, names.join(", "));
        drafts.push(Draft::at(None, text).on(&table).number("indexes", names.len() as f64, ""));
    }
    drafts
}
