//! The plan: what EXPLAIN prints, for every block, and nothing that still has to be decided.

pub mod block;
pub mod route;
pub mod tree;

pub use block::{
    AccessMethod, AccessType, BlockPlan, ClauseFlags, DataChange, JoinBuffer, Outcome, RefAccess, SemijoinMark, SortStep,
    TableAccess, TempTableKind, TempTableStep, WindowStep,
};

pub use route::{Route, RouteReason};

use crate::query::Query;
use std::sync::Arc;

/// A planned statement.
#[derive(Debug)]
#[non_exhaustive]
pub struct Plan {
    /// The rewritten statement, with the expressions that the plan refers to.
    pub query: Query,
    /// Plans of the blocks, indexed by `BlockId`; none for blocks that were merged away or never planned.
    pub blocks: Vec<Option<BlockPlan>>,
    /// Settings that were in force.
    pub settings: Arc<crate::catalog::Settings>,
    /// Cost constants that were in force.
    pub costs: crate::cost::CostConstants,
    /// Answers about data that were in force: TREE estimates the groups of an aggregation from them (spec 08 §4.7).
    pub statistics: Arc<dyn crate::catalog::Statistics>,
    /// Where a proxy must send the statement.
    pub route: Route,
    /// The optimizer trace, if asked for.
    pub trace: Option<Vec<serde_json::Value>>,
    /// Targets of a multi-table UPDATE or DELETE whose rows are changed while the join runs; of others row ids are collected.
    pub immediate_targets: Vec<crate::query::TableId>,
    /// Query expressions that the server runs while it plans: what they read shows in TREE (spec 08 §6.1).
    pub executed: Vec<crate::query::UnitId>,
    /// Ranges that no captured answer was found for.
    pub missed_dives: Vec<String>,
    /// Where numbers came from, if a trace was asked for.
    pub notes: crate::context::notes::Notes,
}

impl Plan {
    /// Cost of the whole statement in the optimizer's units: what TREE shows at its topmost node that has a cost, materialized
    /// inputs included; without such a node, the sum over the planned blocks.
    pub fn total_cost(&self) -> f64 {
        let blocks = || self.blocks.iter().flatten().map(|block| block.best_read).sum();
        topmost_cost(&tree::build(self)).unwrap_or_else(blocks)
    }
}

/// Cost of a node, or the sum of those below it where it has none.
fn topmost_cost(node: &tree::Node<'_>) -> Option<f64> {
    if node.cost >= 0.0 {
        return Some(node.cost);
    }
    node.children.iter().filter_map(topmost_cost).reduce(|sum, cost| sum + cost)
}
