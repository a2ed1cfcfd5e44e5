//! The top of multi-table UPDATE and DELETE (spec 08 §3.1-6, §6.3).

use super::{Builder, Node, NodeKind, Numbers};
use crate::plan::Outcome;
use crate::query::{BlockId, Command, TableId};

/// A table that rows are changed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangedTable {
    /// The table.
    pub table: TableId,
    /// Its rows are changed while the join runs; else row ids are collected first.
    pub immediate: bool,
}

impl<'p> Builder<'p> {
    /// The tree of an UPDATE or DELETE.
    pub(super) fn change(&self) -> Node<'p> {
        let query = &self.plan.query;
        let block = query[query.root].blocks.first().copied().unwrap_or(BlockId(0));
        let Some(plan) = self.block_plan(block) else { return Node::new(NodeKind::NotExecutable, Vec::new()) };
        let one_table =
            matches!(query.command, Command::Update { multi_table: false, .. } | Command::Delete { multi_table: false, .. });
        if plan.data_change.is_some() || one_table {
            return Node::new(NodeKind::NotExecutable, Vec::new());
        }
        let child = self.block(block);
        let immediate = match plan.outcome {
            Outcome::ZeroRows(_) => Vec::new(),
            _ => self.plan.immediate_targets.clone(),
        };
        match &query.command {
            Command::Update { targets, .. } => {
                let tables = self.changed(block, targets, |table| immediate.contains(&table));
                Node::new(NodeKind::Update(tables), vec![child])
            }
            Command::Delete { targets, .. } => {
                let tables = self.changed(block, targets, |table| immediate.contains(&table));
                let buffered = tables.iter().filter(|table| !table.immediate).count() as f64;
                let cost = child.cost + self.per_row() * buffered * child.rows;
                let numbers = Numbers { rows: child.rows, cost, init: child.init };
                let known = child.rows >= 0.0;
                let node = Node::new(NodeKind::Delete(tables), vec![child]);
                if known { node.with(numbers) } else { node }
            }
            _ => child,
        }
    }

    /// The targets in leaf order.
    fn changed(&self, block: BlockId, targets: &[TableId], immediate: impl Fn(TableId) -> bool) -> Vec<ChangedTable> {
        let mut tables: Vec<TableId> = targets.to_vec();
        let place = |table: &TableId| self.plan.query[block].leaves.iter().position(|leaf| leaf == table);
        tables.sort_by_key(|table| place(table).unwrap_or(usize::MAX));
        tables.into_iter().map(|table| ChangedTable { table, immediate: immediate(table) }).collect()
    }
}
