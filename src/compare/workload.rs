//! Many statements under two catalogs.

use super::{Cause, PlanDiff, Suspects};
use crate::catalog::Catalog;
use crate::error::PlanError;
use crate::parse::script::ScriptStatement;
use crate::plan::Plan;
use crate::planner::Planner;
use crate::planner::parallel::{guarded, map};

/// How a statement fares under two catalogs.
#[derive(Clone, Debug, PartialEq)]
pub struct StatementDiff {
    /// Its name, or its number.
    pub name: String,
    /// Its line in the file, from 1.
    pub line: usize,
    /// Its text.
    pub sql: String,
    /// The difference; none where one side cannot be planned.
    pub diff: Option<PlanDiff>,
    /// Why the decisions changed; none if they did not.
    pub cause: Option<Cause>,
    /// What the planner said before and after, where it refused.
    pub errors: (Option<String>, Option<String>),
}

impl StatementDiff {
    /// Did the decisions change, or whether it can be planned?
    pub fn changed(&self) -> bool {
        match &self.diff {
            Some(diff) => !diff.same_plan(),
            None => self.errors.0 != self.errors.1,
        }
    }

    /// Cost after less cost before.
    pub fn cost_change(&self) -> f64 {
        match self.diff.as_ref().map(|diff| diff.cost) {
            Some((Some(before), Some(after))) => after - before,
            _ => 0.0,
        }
    }
}

/// Plans statements under two catalogs and compares. First what changed, the greatest rise of cost first, then the others in their
/// order; the result does not depend on the number of threads.
pub fn workload(before: &Catalog, after: &Catalog, statements: &[ScriptStatement], jobs: usize) -> Vec<StatementDiff> {
    let suspects = Suspects::between(before, after);
    let mut found = map(statements, jobs, |statement| compare(&suspects, before, after, statement));
    found.sort_by(|a, b| b.changed().cmp(&a.changed()).then(b.cost_change().total_cmp(&a.cost_change())));
    found
}

fn compare(suspects: &Suspects<'_>, before: &Catalog, after: &Catalog, statement: &ScriptStatement) -> StatementDiff {
    if statement.sets.is_empty() {
        return compared(suspects, before, after, statement);
    }
    match (under(before, &statement.sets), under(after, &statement.sets)) {
        (Ok(before), Ok(after)) => compared(&Suspects::between(&before, &after), &before, &after, statement),
        (old, new) => StatementDiff { errors: (old.err(), new.err()), ..unplanned(statement) },
    }
}

fn compared(suspects: &Suspects<'_>, before: &Catalog, after: &Catalog, statement: &ScriptStatement) -> StatementDiff {
    let (old, new) = (plan(before, &statement.sql), plan(after, &statement.sql));
    match (&old, &new) {
        (Ok(old), Ok(new)) => StatementDiff {
            diff: Some(PlanDiff::of(old, new)),
            cause: suspects.cause(&statement.sql, old, new),
            ..unplanned(statement)
        },
        _ => StatementDiff { errors: (old.err(), new.err()), ..unplanned(statement) },
    }
}

fn unplanned(statement: &ScriptStatement) -> StatementDiff {
    StatementDiff {
        name: statement.name.clone(),
        line: statement.line,
        sql: statement.sql.clone(),
        diff: None,
        cause: None,
        errors: (None, None),
    }
}

/// A catalog under the settings that stand before a statement.
fn under(catalog: &Catalog, sets: &[String]) -> Result<Catalog, String> {
    let mut own = catalog.clone();
    for set in sets {
        let (name, value) = set.split_once('=').ok_or_else(|| format!("'{set}' is no assignment; write NAME=VALUE"))?;
        let name = name.trim().trim_end_matches(':');
        own.settings.assign(name, value.trim()).map_err(|error| error.to_string())?;
    }
    Ok(own)
}

fn plan(catalog: &Catalog, sql: &str) -> Result<Plan, String> {
    let planned = guarded(|| Planner::new(catalog).plan(sql));
    planned
        .unwrap_or_else(|panic| Err(PlanError::NotCovered(format!("internal error, please report it: {panic}"))))
        .map_err(|error| error.to_string())
}
