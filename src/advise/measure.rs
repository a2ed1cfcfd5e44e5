//! How much a plan costs and reads, with the subqueries that MySQL's own total leaves out.

use crate::plan::{BlockPlan, Plan, TempTableKind};
use crate::query::{Clause, UnitRole};
use serde::Serialize;

/// Cost and rows of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Measure {
    /// Cost in the optimizer's units: [`Plan::total_cost`], and the cost of each subquery in an expression as often as it is
    /// expected to run, and what temporary tables for grouping cost by the server's constants (MySQL counts neither).
    pub cost: f64,
    /// Rows read from tables, over all executions.
    pub rows: f64,
}

impl Measure {
    /// Of a plan.
    pub fn of(plan: &Plan) -> Measure {
        let mut measure = Measure { cost: plan.total_cost(), rows: 0.0 };
        for (no, block) in plan.blocks.iter().enumerate() {
            let Some(block) = block else { continue };
            let executions = executions(plan, no);
            measure.rows += executions * rows_read(block);
            measure.cost += executions * grouping_cost(plan, block);
            if is_in_expression(plan, no) {
                measure.cost += executions * block.best_read.max(0.0);
            }
        }
        measure
    }
}

/// What it costs to group rows in a temporary table: each row is looked up in it and evaluated.
fn grouping_cost(plan: &Plan, block: &BlockPlan) -> f64 {
    let groups = block.steps.iter().filter(|step| step.kind == TempTableKind::Aggregate).count() as f64;
    if groups == 0.0 {
        return 0.0;
    }
    let last = block.tables[..block.primary_tables.min(block.tables.len())].last();
    let rows = last.map_or(0.0, |access| access.prefix_rowcount.max(0.0));
    groups * (plan.costs.memory_temptable_create + rows * plan.costs.memory_temptable_row + plan.costs.rows(rows))
}

/// Rows that one execution of a block reads.
fn rows_read(block: &BlockPlan) -> f64 {
    let mut total = 0.0;
    let mut prefix = 1.0;
    for access in &block.tables {
        total += prefix * access.rows_fetched.max(0.0);
        prefix = access.prefix_rowcount.max(1.0);
    }
    total
}

/// Rows that reach the conditions on the last table.
fn rows_checked(block: &BlockPlan) -> f64 {
    let primary = &block.tables[..block.primary_tables.min(block.tables.len())];
    let before =
        primary.len().checked_sub(2).and_then(|at| primary.get(at)).map_or(1.0, |access| access.prefix_rowcount.max(1.0));
    primary.last().map_or(1.0, |last| before * last.rows_fetched.max(1.0))
}

fn is_in_expression(plan: &Plan, block: usize) -> bool {
    matches!(plan.query[plan.query.blocks[block].unit].role, UnitRole::Subquery(_))
}

/// How often a block runs: once, unless it depends on rows of a block around it.
pub(super) fn executions(plan: &Plan, block: usize) -> f64 {
    let mut total = 1.0;
    let mut unit = &plan.query[plan.query.blocks[block].unit];
    // Each step goes one block outwards; there are no more blocks than that.
    for _ in 0..plan.query.blocks.len() {
        let Some(outer) = unit.outer else { break };
        let outer_plan = plan.blocks[outer.0 as usize].as_ref();
        if let (Some(outer_plan), UnitRole::Subquery(_), true) = (outer_plan, unit.role, unit.uncacheable.any()) {
            total *= match unit.clause {
                Clause::Where => rows_checked(outer_plan),
                _ => (outer_plan.best_rowcount as f64).max(1.0),
            };
        }
        unit = &plan.query[plan.query[outer].unit];
    }
    total
}
