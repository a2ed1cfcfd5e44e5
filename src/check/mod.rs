//! Approved plans as small text files, and how the plans of today compare with them.

mod snapshot;

pub use snapshot::{NotASnapshot, Snapshot};

use crate::catalog::Catalog;
use crate::error::PlanError;
use crate::explain::decisions::Decisions;
use crate::plan::Plan;
use crate::planner::Planner;

/// How a statement's plan compares with the approved one.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Verdict {
    /// The same decisions.
    Same,
    /// Nothing was approved yet.
    New,
    /// Other decisions than the approved ones.
    Changed(Change),
    /// The statement cannot be planned, although plans of it may have been approved: the server's error, or what is not covered.
    NotPlanned(String),
}

/// What differs from the approved plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Lines of the approved plan, in its order.
    pub before: Vec<String>,
    /// Lines of the plan now.
    pub after: Vec<String>,
    /// Cost when it was approved, in the optimizer's units.
    pub cost_before: Option<f64>,
    /// Cost now.
    pub cost_after: f64,
}

impl Change {
    /// Cost now as a multiple of the cost when it was approved.
    pub fn cost_ratio(&self) -> Option<f64> {
        self.cost_before.filter(|cost| *cost > 0.0).map(|cost| self.cost_after / cost)
    }
}

/// Compares the outcome of planning a statement with what was approved.
pub fn verdict(approved: Option<&Snapshot>, outcome: &Result<Plan, PlanError>) -> Verdict {
    let plan = match outcome {
        Ok(plan) => plan,
        Err(error) => return Verdict::NotPlanned(error.to_string()),
    };
    let now = Snapshot::of(plan);
    match approved {
        None => Verdict::New,
        Some(approved) if approved.lines == now.lines => Verdict::Same,
        Some(approved) => Verdict::Changed(Change {
            before: approved.lines.clone(),
            after: now.lines,
            cost_before: approved.cost,
            cost_after: plan.total_cost(),
        }),
    }
}

/// The decisions of a statement's plan, one line a table, or why there is none: what [`assert_plan!`](crate::assert_plan) compares.
pub fn plan_text(catalog: &Catalog, sql: &str) -> String {
    match Planner::new(catalog).plan(sql) {
        Ok(plan) => Decisions::of(&plan).to_string(),
        Err(error) => format!("{error}\n"),
    }
}

/// Fails a test when the plan of a statement is not the approved one. For users of the crate `insta`, which must be among the
/// dependencies of the tests: the approved plan is an inline or a file snapshot, and `cargo insta review` approves a new one.
///
/// ```
/// # use myexplain::{Catalog, assert_plan};
/// let catalog = Catalog::sample();
/// assert_plan!(&catalog, "SELECT emp_no FROM employees WHERE first_name = 'Matt'", @"1 SIMPLE employees ref key=ix_firstname(58) ref=const [Using index]");
/// ```
#[macro_export]
macro_rules! assert_plan {
    ($catalog:expr, $sql:expr, @$approved:literal $(,)?) => {
        insta::assert_snapshot!($crate::check::plan_text($catalog, $sql), @$approved)
    };
    ($catalog:expr, $sql:expr $(,)?) => {
        insta::assert_snapshot!($crate::check::plan_text($catalog, $sql))
    };
    ($name:expr, $catalog:expr, $sql:expr $(,)?) => {
        insta::assert_snapshot!($name, $crate::check::plan_text($catalog, $sql))
    };
}
