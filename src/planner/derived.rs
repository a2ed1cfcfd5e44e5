//! Rows and cost of query expressions: what a materialized derived table looks like from outside (spec 02 §2.5, 05 §10.1).

use super::Planning;
use crate::parse::ast::SetOperator;
use crate::plan::Outcome;
use crate::query::{BlockId, Term, TermKind, UnitId};

/// Estimate of a query expression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct UnitEstimate {
    /// Rows: the record count of the materialized table.
    pub(crate) rows: u64,
    /// Cost of one execution.
    pub(crate) cost: f64,
}

impl Planning<'_> {
    /// Estimates a query expression whose blocks are planned.
    pub(crate) fn estimate_unit(&self, unit: UnitId) -> UnitEstimate {
        let mut rows = self.rows_of_term(&self.query[unit].term);
        if self.query[unit].uncacheable.dependent && rows <= 1 {
            rows = 2;
        }
        let plans = self.query[unit].blocks.iter().filter_map(|block| self.blocks[block.0 as usize].as_ref());
        UnitEstimate { rows, cost: plans.map(|plan| plan.best_read).sum() }
    }

    /// Right operands of INTERSECT and EXCEPT do not count.
    fn rows_of_term(&self, term: &Term) -> u64 {
        match &term.kind {
            TermKind::Block(block) => self.contribution(*block),
            TermKind::Parenthesized(inner) => self.rows_of_term(inner),
            TermKind::SetOperation { operator: SetOperator::Union, children, .. } => {
                children.iter().fold(0, |sum: u64, child| sum.saturating_add(self.rows_of_term(child)))
            }
            TermKind::SetOperation { children, .. } => children.first().map_or(0, |first| self.rows_of_term(first)),
        }
    }

    pub(super) fn contribution(&self, block: BlockId) -> u64 {
        let b = &self.query[block];
        if let Some(values) = &b.values {
            return values.len() as u64;
        }
        let Some(plan) = &self.blocks[block.0 as usize] else { return 0 };
        if b.implicitly_grouped() || plan.group_optimized_away {
            return 1;
        }
        match plan.outcome {
            // Blocks that were found out to be empty late keep their estimate.
            Outcome::ZeroRows(_) if plan.best_rowcount == 0 => 0,
            Outcome::NoTables | Outcome::OptimizedAway => 1,
            _ => plan.best_rowcount,
        }
    }
}
