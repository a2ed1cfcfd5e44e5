//! The join order of a block, for the graph from left to right.

use super::details::TableDetails;
use myexplain::plan::{Plan, TableAccess};

/// One step of a join order.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Name or alias.
    pub name: String,
    /// `type` and index.
    pub access: String,
    /// Rows of one execution.
    pub rows: f64,
    /// Rows of the join with it.
    pub joined_rows: f64,
    /// Cost of the join with it.
    pub joined_cost: f64,
    /// Rows before it are kept in a join buffer.
    pub hash_join: bool,
}

/// The tables of one SELECT in the order in which they are read.
#[derive(Clone, Debug, PartialEq)]
pub struct JoinOrder {
    /// Number of the SELECT.
    pub select: u32,
    /// The tables.
    pub steps: Vec<Step>,
}

/// The join orders of all blocks that read tables.
pub fn of_plan(plan: &Plan, tables: &[TableDetails], accesses: &[&TableAccess]) -> Vec<JoinOrder> {
    let mut orders: Vec<JoinOrder> = Vec::new();
    let mut number = 0;
    for block in plan.blocks.iter().flatten() {
        let mut steps = Vec::new();
        let mut select = 0;
        for _ in &block.tables {
            let (details, access) = (&tables[number], accesses[number]);
            number += 1;
            select = details.select;
            steps.push(Step {
                name: details.name.clone(),
                access: match &details.index {
                    Some(index) => format!("{} {index}", details.access_type),
                    None => details.access_type.clone(),
                },
                rows: details.rows,
                joined_rows: details.prefix_rows,
                joined_cost: details.prefix_cost,
                hash_join: access.join_buffer == myexplain::plan::JoinBuffer::Hash,
            });
        }
        if !steps.is_empty() {
            orders.push(JoinOrder { select, steps });
        }
    }
    orders.sort_by_key(|order| order.select);
    orders
}
