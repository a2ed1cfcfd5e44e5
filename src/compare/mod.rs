//! Two plans side by side: first the decisions, then the numbers; for many statements, which changed and why.
//!
//! ```
//! use myexplain::{Catalog, Planner, compare::PlanDiff};
//! let catalog = Catalog::sample();
//! let plan = |sql| Planner::new(&catalog).plan(sql);
//! let before = plan("SELECT * FROM employees WHERE first_name = 'Matt'")?;
//! let after = plan("SELECT * FROM employees IGNORE INDEX (ix_firstname) WHERE first_name = 'Matt'")?;
//! let diff = PlanDiff::of(&before, &after);
//! assert_eq!(diff.changes[0].to_string(), "employees: access ref → ALL");
//! # Ok::<(), myexplain::PlanError>(())
//! ```

mod cause;
mod change;
mod mixed;
mod side;
mod workload;

pub use cause::{Cause, Part, Suspects};
pub use change::{Aspect, Change};
pub use side::{Side, TableNumbers};
pub use workload::{StatementDiff, workload};

use crate::ingest::ReadPlan;
use crate::plan::Plan;

/// The difference of two plans of one statement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlanDiff {
    /// Decisions that differ, those that concern the join first, then table by table.
    pub changes: Vec<Change>,
    /// Estimated cost before and after, in the server's cost units; none where a format does not tell it.
    pub cost: (Option<f64>, Option<f64>),
    /// Tables of both plans whose estimates differ.
    pub numbers: Vec<NumberChange>,
}

/// Estimates of one table that differ.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberChange {
    /// Name or alias.
    pub table: String,
    /// Rows read by one execution of the access, before and after.
    pub rows: (Option<f64>, Option<f64>),
    /// Percentage of them that passes the other conditions, before and after.
    pub filtered: (Option<f64>, Option<f64>),
}

impl PlanDiff {
    /// The difference of two plans of ours.
    pub fn of(before: &Plan, after: &Plan) -> PlanDiff {
        PlanDiff::between(&Side::of(before), &Side::of(after))
    }

    /// The difference of two plans that were read. Where one tells less than the other (a TREE beside a table), what both tell is
    /// compared.
    pub fn of_read(before: &ReadPlan, after: &ReadPlan) -> PlanDiff {
        PlanDiff::between(&Side::of_read(before), &Side::of_read(after))
    }

    /// The difference of two sides.
    pub fn between(before: &Side, after: &Side) -> PlanDiff {
        let (old, new) = before.comparable(after);
        PlanDiff {
            changes: change::changes(&old, &new),
            cost: (before.cost, after.cost),
            numbers: side::number_changes(&before.numbers, &after.numbers),
        }
    }

    /// Are the decisions the same? Costs and rows may differ.
    pub fn same_plan(&self) -> bool {
        self.changes.is_empty()
    }

    /// Are the numbers the same too?
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.numbers.is_empty() && self.cost.0 == self.cost.1
    }

    /// Cost after divided by cost before; none where one is unknown or zero.
    pub fn cost_ratio(&self) -> Option<f64> {
        match self.cost {
            (Some(before), Some(after)) if before > 0.0 => Some(after / before),
            _ => None,
        }
    }

    /// The most important change in a line: `employees: access ref → ALL`.
    pub fn headline(&self) -> Option<String> {
        self.changes.first().map(Change::to_string)
    }
}

#[cfg(test)]
mod tests;
