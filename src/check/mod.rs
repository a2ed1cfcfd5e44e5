//! Approved plans as small text files, and how the plans of today compare with them.

mod snapshot;

pub use snapshot::{NotASnapshot, Snapshot};

use crate::error::PlanError;
use crate::plan::Plan;

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
