//! Index advice: which indexes a workload would gain from, what they save and what they cost; what it would lose without one.

mod candidates;
mod choice;

use super::candidate::{size_text, suppose};
use super::measure::Measure;
use super::subject::{Subject, plan};
use crate::catalog::Catalog;
use crate::error::PlanError;
use crate::parse;
use crate::planner::Planner;
use crate::planner::parallel::guarded;
use crate::what_if::Change;
use serde::Serialize;

/// A statement of a workload.
#[derive(Clone, Debug)]
pub struct Weighted {
    /// Its name in reports.
    pub name: String,
    /// Its text.
    pub sql: String,
    /// How often it runs, relative to the others.
    pub weight: f64,
}

/// What the advised indexes may be at most.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// Indexes.
    pub indexes: Option<usize>,
    /// Bytes of all together.
    pub bytes: Option<u64>,
}

/// Cost and rows of a statement before and after, of one execution.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proof {
    /// The statement's name.
    pub statement: String,
    /// How often it runs.
    pub weight: f64,
    /// As it is.
    pub before: Measure,
    /// With the advice.
    pub after: Measure,
}

/// An index that a workload would gain from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AdvisedIndex {
    /// `schema.table`.
    pub table: String,
    /// ALTER TABLE … ADD INDEX, without `;`.
    pub ddl: String,
    /// Size, algorithm and lock, what it costs on write.
    pub note: String,
    /// Bytes, about.
    pub bytes: f64,
    /// Pages, about.
    pub pages: f64,
    /// Entries to write with each new row.
    pub entries_per_row: f64,
    /// Weighted cost that it saves, given the indexes before it.
    pub saves: f64,
    /// Statements that it serves.
    pub proofs: Vec<Proof>,
    /// Indexes that it makes needless, with their DROP INDEX and what to know about it.
    pub replaces: Vec<Removal>,
}

/// An index that is no longer needed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Removal {
    /// Its name.
    pub index: String,
    /// ALTER TABLE … DROP INDEX, without `;`.
    pub ddl: String,
    /// Pages that it frees, algorithm and lock.
    pub note: String,
}

/// Advice for a workload.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct IndexAdvice {
    /// Indexes to make, the most useful first.
    pub indexes: Vec<AdvisedIndex>,
    /// Weighted cost of all statements as they are.
    pub cost_before: f64,
    /// Weighted cost with the advice.
    pub cost_after: f64,
    /// Indexes that were tried.
    pub tried: usize,
    /// Statements that could not be planned, with the reason.
    pub failed: Vec<(String, String)>,
}

/// What a workload would lose without an index.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DropEffect {
    /// The index, as given.
    pub index: String,
    /// ALTER TABLE … DROP INDEX, without `;`.
    pub ddl: String,
    /// Size, algorithm and lock.
    pub note: String,
    /// Statements that would get dearer, the greatest weighted loss first.
    pub losers: Vec<Proof>,
    /// Statements that would stay as they are, or get cheaper.
    pub unchanged: usize,
    /// Statements that could not be planned, with the reason.
    pub failed: Vec<(String, String)>,
}

/// Advises on indexes for a workload.
pub fn advise_indexes(catalog: &Catalog, statements: &[Weighted], limits: Limits) -> IndexAdvice {
    let mut pool = candidates::Pool::default();
    let mut failed = Vec::new();
    let mut work = Vec::new();
    for statement in statements {
        match look_at(catalog, statement, &mut pool) {
            Ok(measured) => work.push(measured),
            Err(error) => failed.push((statement.name.clone(), error.to_string())),
        }
    }
    let mut advice = choice::choose(catalog, work, pool.candidates, limits);
    advice.failed = failed;
    advice
}

/// Plans a statement as it is and adds the indexes that could serve it to the pool.
fn look_at<'s>(
    catalog: &Catalog,
    statement: &'s Weighted,
    pool: &mut candidates::Pool,
) -> Result<choice::Measured<'s>, PlanError> {
    let work = || {
        let parsed = parse::statement(&statement.sql, &catalog.settings)?;
        let plan = Planner::new(catalog).plan_statement(&parsed)?;
        let subject = Subject::new(catalog, &statement.sql, &parsed, &plan);
        let tables = candidates::collect(&subject, pool);
        Ok(choice::Measured { statement, tables, before: subject.measure, now: subject.measure })
    };
    guarded(work).unwrap_or_else(|panic| Err(PlanError::NotCovered(format!("internal error, please report it: {panic}"))))
}

/// Tells which statements would lose if an index (`table.index` or `schema.table.index`) went.
///
/// # Errors
/// The index is unknown.
pub fn drop_effect(catalog: &Catalog, statements: &[Weighted], index: &str) -> Result<DropEffect, String> {
    let change = Change::from_option("drop-index", index)?;
    let what_if: crate::what_if::WhatIf = [change].into_iter().collect();
    let after = what_if.apply(catalog).map_err(|refused| refused.what)?.catalog;
    let mut effect = DropEffect {
        index: index.to_owned(),
        ddl: String::new(),
        note: String::new(),
        losers: Vec::new(),
        unchanged: 0,
        failed: Vec::new(),
    };
    (effect.ddl, effect.note) = removal_of(catalog, index).unwrap_or_default();
    for statement in statements {
        let measured = measure(catalog, &statement.sql).and_then(|before| Ok((before, measure(&after, &statement.sql)?)));
        let (before, after) = match measured {
            Ok(measures) => measures,
            Err(error) => {
                effect.failed.push((statement.name.clone(), error.to_string()));
                continue;
            }
        };
        if after.cost > before.cost * 1.000_001 {
            effect.losers.push(Proof { statement: statement.name.clone(), weight: statement.weight, before, after });
        } else {
            effect.unchanged += 1;
        }
    }
    let loss = |proof: &Proof| proof.weight * (proof.after.cost - proof.before.cost);
    effect.losers.sort_by(|a, b| loss(b).total_cmp(&loss(a)));
    Ok(effect)
}

/// DROP INDEX with size, algorithm and lock.
fn removal_of(catalog: &Catalog, index: &str) -> Option<(String, String)> {
    let parts: Vec<&str> = index.split('.').map(|part| part.trim_matches('`')).collect();
    let (schema, table, name) = match parts[..] {
        [table, name] => (catalog.current_schema.as_deref()?, table, name),
        [schema, table, name] => (schema, table, name),
        _ => return None,
    };
    let table = catalog.schemas.get(schema)?.tables.get(&table.to_lowercase())?;
    let no = table.index_by_name(name)?;
    Some(removal_text(catalog, table, no))
}

/// DROP INDEX of an index, and what to know about it.
fn removal_text(catalog: &Catalog, table: &crate::catalog::Table, no: crate::catalog::IndexNo) -> (String, String) {
    let index = &table.indexes[no as usize];
    let pages = catalog.statistics.leaf_pages(table, no);
    let size = pages.map_or("a size that is not known".to_owned(), |pages| {
        format!("about {} ({pages} leaf pages)", size_text(pages as f64 * f64::from(table.page_bytes)))
    });
    let verb = if table.primary == Some(no) {
        (
            format!("ALTER TABLE {} DROP PRIMARY KEY", super::candidate::table_name(table)),
            "ALGORITHM=COPY, LOCK=SHARED: the table is rebuilt",
        )
    } else {
        let drop = format!("ALTER TABLE {} DROP INDEX `{}`", super::candidate::table_name(table), index.name);
        (drop, "ALGORITHM=INPLACE, LOCK=NONE; make it INVISIBLE first and drop it when nothing slows down")
    };
    (verb.0, format!("frees {size}; {}", verb.1))
}

/// The measure of a statement.
fn measure(catalog: &Catalog, sql: &str) -> Result<Measure, PlanError> {
    let planned = guarded(|| Planner::new(catalog).plan(sql));
    let planned =
        planned.unwrap_or_else(|panic| Err(PlanError::NotCovered(format!("internal error, please report it: {panic}"))));
    planned.map(|plan| Measure::of(&plan))
}

/// The measure of a statement under changes.
fn measure_with(catalog: &Catalog, changes: &[Change], sql: &str) -> Option<Measure> {
    plan(&suppose(catalog, changes.iter().cloned())?, sql).map(|plan| Measure::of(&plan))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(statements: &[&str]) -> Vec<Weighted> {
        let one = |(no, sql): (usize, &&str)| Weighted { name: format!("q{no}"), sql: (*sql).to_owned(), weight: 1.0 };
        statements.iter().enumerate().map(one).collect()
    }

    #[test]
    fn an_index_is_advised_with_its_proof() {
        let work = work(&["SELECT emp_no FROM employees WHERE last_name = 'Facello'", "SELECT * FROM departments"]);
        let advice = advise_indexes(&Catalog::sample(), &work, Limits::default());
        assert_eq!(advice.indexes.len(), 1, "{advice:?}");
        let index = &advice.indexes[0];
        assert!(index.ddl.contains("(`last_name`)") && index.note.contains("ALGORITHM=INPLACE"), "{index:?}");
        assert!(index.proofs[0].after.cost < index.proofs[0].before.cost / 10.0);
        assert!(advice.cost_after < advice.cost_before / 10.0);
    }

    #[test]
    fn limits_hold() {
        let work = work(&[
            "SELECT emp_no FROM employees WHERE last_name = 'Facello'",
            "SELECT * FROM titles WHERE title = 'Staff' AND from_date = '1990-01-01'",
        ]);
        let of = |limits| advise_indexes(&Catalog::sample(), &work, limits).indexes.len();
        assert_eq!(of(Limits { indexes: Some(0), bytes: None }), 0);
        assert_eq!(of(Limits { indexes: Some(1), bytes: None }), 1);
        assert_eq!(of(Limits { indexes: None, bytes: Some(4096) }), 0);
    }

    #[test]
    fn the_losers_of_a_dropped_index_are_named() {
        let work = work(&["SELECT * FROM employees WHERE first_name = 'Matt'", "SELECT * FROM employees WHERE emp_no = 10001"]);
        let effect = drop_effect(&Catalog::sample(), &work, "employees.ix_firstname").expect("the index is there");
        assert_eq!(effect.losers.iter().map(|proof| proof.statement.as_str()).collect::<Vec<_>>(), ["q0"]);
        assert_eq!(effect.unchanged, 1);
        assert!(drop_effect(&Catalog::sample(), &work, "employees.nope").is_err());
    }
}
