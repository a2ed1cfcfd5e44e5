//! The choice among candidates: greedy, the greatest saving first, under limits; then what the choice makes needless.

use super::{AdvisedIndex, IndexAdvice, Limits, Proof, Removal, Weighted, measure_with, removal_text};
use crate::advise::candidate::{Candidate, Key, suppose};
use crate::advise::measure::Measure;
use crate::advise::subject::plan;
use crate::catalog::{Catalog, IndexKind, IndexNo};
use crate::what_if::Change;
use std::collections::BTreeSet;

/// Share of the workload's cost that an index must save, or of one statement's that it serves.
const WORTH_OF_WORKLOAD: f64 = 0.005;
/// Share of a statement's cost that counts as a saving.
const WORTH_OF_STATEMENT: f64 = 0.1;
/// Cost units that count for a statement that loses more than half of its cost, however little of the workload that is.
const MUCH_FOR_ONE: f64 = 1_000.0;
/// Savings so close to the best that the smaller index is taken.
const NEARLY_AS_GOOD: f64 = 0.95;
/// Candidates that go on after each was tried alone.
const MOST_CANDIDATES: usize = 60;

/// A statement with its cost as it is and with what has been chosen so far.
#[derive(Debug)]
pub(super) struct Measured<'s> {
    pub(super) statement: &'s Weighted,
    /// Tables that it uses, as `schema.table`.
    pub(super) tables: BTreeSet<String>,
    pub(super) before: Measure,
    pub(super) now: Measure,
}

impl Measured<'_> {
    fn saving(&self, after: Measure) -> f64 {
        let saved = self.now.cost - after.cost;
        if saved >= self.now.cost * WORTH_OF_STATEMENT || saved < 0.0 { saved * self.statement.weight } else { 0.0 }
    }
}

/// What one candidate would bring now.
struct Trial {
    candidate: usize,
    saves: f64,
    /// Statements that change, with their new measure.
    changed: Vec<(usize, Measure)>,
}

impl Trial {
    /// True if a statement of some weight loses more than half of its cost.
    fn is_much_for_one(&self, work: &[Measured<'_>]) -> bool {
        let much = |(at, after): &(usize, Measure)| {
            let saved = work[*at].now.cost - after.cost;
            saved * work[*at].statement.weight >= MUCH_FOR_ONE && after.cost < work[*at].now.cost / 2.0
        };
        self.changed.iter().any(much)
    }
}

/// Chooses.
pub(super) fn choose(catalog: &Catalog, mut work: Vec<Measured<'_>>, candidates: Vec<Candidate>, limits: Limits) -> IndexAdvice {
    let total =
        |work: &[Measured<'_>], of: fn(&Measured<'_>) -> f64| work.iter().map(|one| one.statement.weight * of(one)).sum::<f64>();
    let mut advice =
        IndexAdvice { cost_before: total(&work, |one| one.before.cost), tried: candidates.len(), ..IndexAdvice::default() };
    let threshold = advice.cost_before * WORTH_OF_WORKLOAD;
    let mut left: Vec<usize> = promising(catalog, &work, &candidates);
    let mut chosen: Vec<usize> = Vec::new();
    let mut changes: Vec<Change> = Vec::new();
    let mut bytes = 0.0;
    while limits.indexes.is_none_or(|most| chosen.len() < most) {
        let fits = |at: &usize| limits.bytes.is_none_or(|most| bytes + candidates[*at].bytes(catalog) <= most as f64);
        left.retain(fits);
        let trials: Vec<Trial> = left.iter().filter_map(|at| try_one(catalog, &work, &candidates, *at, &changes)).collect();
        let Some(best) = best_of(catalog, &candidates, &trials, limits) else { break };
        if best.saves < threshold.max(1.0) && !best.is_much_for_one(&work) {
            break;
        }
        let candidate = &candidates[best.candidate];
        let proofs = best.changed.iter().map(|(at, after)| proof(&work[*at], *after)).collect();
        advice.indexes.push(advised(catalog, candidate, best.saves, proofs));
        bytes += candidate.bytes(catalog);
        changes.extend(candidate.change());
        chosen.push(best.candidate);
        for (at, after) in &best.changed {
            work[*at].now = *after;
        }
        let taken = best.candidate;
        left.retain(|at| *at != taken);
    }
    drop_needless(catalog, &mut work, &mut advice, &mut changes, &chosen, &candidates);
    advice.cost_after = total(&work, |one| one.now.cost);
    advice
}

/// Candidates that save something when tried alone, the best first.
fn promising(catalog: &Catalog, work: &[Measured<'_>], candidates: &[Candidate]) -> Vec<usize> {
    let mut alone: Vec<Trial> = (0..candidates.len()).filter_map(|at| try_one(catalog, work, candidates, at, &[])).collect();
    alone.retain(|trial| trial.saves > 0.0);
    alone.sort_by(|a, b| b.saves.total_cmp(&a.saves).then(a.candidate.cmp(&b.candidate)));
    alone.into_iter().take(MOST_CANDIDATES).map(|trial| trial.candidate).collect()
}

/// Plans all statements of the candidate's table with it; none if it does not fit the catalog.
fn try_one(catalog: &Catalog, work: &[Measured<'_>], candidates: &[Candidate], at: usize, changes: &[Change]) -> Option<Trial> {
    let candidate = &candidates[at];
    let table = format!("{}.{}", candidate.table.schema, candidate.table.name);
    let supposed = suppose(catalog, changes.iter().cloned().chain([candidate.change()?]))?;
    let mut trial = Trial { candidate: at, saves: 0.0, changed: Vec::new() };
    for (no, one) in work.iter().enumerate().filter(|(_, one)| one.tables.contains(&table)) {
        let Some(after) = plan(&supposed, &one.statement.sql) else { continue };
        let after = Measure::of(&after);
        let saving = one.saving(after);
        trial.saves += saving;
        if saving != 0.0 {
            trial.changed.push((no, after));
        }
    }
    Some(trial)
}

/// The trial that saves most (a byte, if bytes are limited); of nearly equal ones that of the smallest index.
fn best_of<'t>(catalog: &Catalog, candidates: &[Candidate], trials: &'t [Trial], limits: Limits) -> Option<&'t Trial> {
    let size = |trial: &Trial| candidates[trial.candidate].bytes(catalog);
    let score = |trial: &Trial| if limits.bytes.is_some() { trial.saves / size(trial) } else { trial.saves };
    let best = trials.iter().map(score).max_by(f64::total_cmp)?;
    let near = trials.iter().filter(|trial| score(trial) >= best * NEARLY_AS_GOOD && trial.saves > 0.0);
    near.min_by(|a, b| size(a).total_cmp(&size(b)).then(score(b).total_cmp(&score(a))).then(a.candidate.cmp(&b.candidate)))
}

fn proof(one: &Measured<'_>, after: Measure) -> Proof {
    Proof { statement: one.statement.name.clone(), weight: one.statement.weight, before: one.now, after }
}

fn advised(catalog: &Catalog, candidate: &Candidate, saves: f64, proofs: Vec<Proof>) -> AdvisedIndex {
    AdvisedIndex {
        table: format!("{}.{}", candidate.table.schema, candidate.table.name),
        ddl: candidate.ddl(),
        note: candidate.note(catalog),
        bytes: candidate.bytes(catalog),
        pages: candidate.pages(catalog),
        entries_per_row: candidate.entries_per_row(),
        saves,
        proofs,
        replaces: Vec::new(),
    }
}

/// Takes back chosen indexes that begin later chosen ones, and names existing ones that begin a chosen one, if no statement
/// gets dearer without them.
fn drop_needless(
    catalog: &Catalog,
    work: &mut [Measured<'_>],
    advice: &mut IndexAdvice,
    changes: &mut Vec<Change>,
    chosen: &[usize],
    candidates: &[Candidate],
) {
    let mut kept: Vec<usize> = (0..chosen.len()).collect();
    for at in 0..chosen.len() {
        let begins = |other: &usize| *other != at && is_beginning(&candidates[chosen[at]], &candidates[chosen[*other]]);
        if !kept.iter().any(begins) {
            continue;
        }
        let rest: Vec<usize> = kept.iter().copied().filter(|other| *other != at).collect();
        let without: Vec<Change> = rest.iter().filter_map(|other| candidates[chosen[*other]].change()).collect();
        if renew(catalog, work, &without) {
            kept = rest;
            *changes = without;
        }
    }
    let mut number = 0;
    advice.indexes.retain(|_| {
        number += 1;
        kept.contains(&(number - 1))
    });
    for (index, at) in advice.indexes.iter_mut().zip(&kept) {
        let candidate = &candidates[chosen[*at]];
        for no in existing_beginnings(candidate) {
            let old = &candidate.table.indexes[no as usize];
            let name = format!("{}.{}.{}", candidate.table.schema, candidate.table.name, old.name);
            let Ok(drop) = Change::from_option("drop-index", &name) else { continue };
            let with_drop: Vec<Change> = changes.iter().cloned().chain([drop]).collect();
            if renew(catalog, work, &with_drop) {
                *changes = with_drop;
                let (ddl, note) = removal_text(catalog, &candidate.table, no);
                index.replaces.push(Removal { index: old.name.to_string(), ddl, note });
            }
        }
    }
}

/// Measures all statements under changes; true, and the measures are kept, if none gets dearer than it is now.
fn renew(catalog: &Catalog, work: &mut [Measured<'_>], changes: &[Change]) -> bool {
    const ALLOWED: f64 = 1.02;
    let measures: Option<Vec<Measure>> = work.iter().map(|one| measure_with(catalog, changes, &one.statement.sql)).collect();
    let Some(measures) = measures else { return false };
    let holds = work.iter().zip(&measures).all(|(one, after)| after.cost <= one.now.cost * ALLOWED);
    if holds {
        work.iter_mut().zip(measures).for_each(|(one, after)| one.now = after);
    }
    holds
}

/// True if the parts of one candidate begin another of the same table.
fn is_beginning(short: &Candidate, long: &Candidate) -> bool {
    let same = short.table.schema == long.table.schema && short.table.name == long.table.name;
    same && short.parts.len() < long.parts.len() && short.parts.iter().zip(&long.parts).all(|(a, b)| a == b)
}

/// Existing secondary indexes whose parts begin the candidate.
fn existing_beginnings(candidate: &Candidate) -> Vec<IndexNo> {
    let table = &candidate.table;
    let begins = |no: &IndexNo| {
        let index = &table.indexes[*no as usize];
        let parts = &index.parts[..index.user_parts];
        index.kind == IndexKind::BTree
            && !index.unique
            && parts.len() < candidate.parts.len()
            && parts.iter().zip(&candidate.parts).all(|(old, new)| {
                new.key == Key::Column(old.column) && old.prefix_chars.is_none() && old.descending == new.descending
            })
    };
    (0..table.indexes.len() as IndexNo).filter(begins).collect()
}
