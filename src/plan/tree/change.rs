//! The top of multi-table UPDATE and DELETE (spec 08 §3.1-6, §6.3).

use super::{Builder, Node, NodeKind, Numbers};
use crate::access::{RangePlan, RangePlanKind};
use crate::plan::{AccessMethod, BlockPlan, Outcome, TableAccess};
use crate::query::{BlockId, Command, Expr, ExprId, TableId};

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
        match &query.command {
            Command::Update { targets, assignments, .. } => {
                let immediate = self.immediate_update(plan, targets, assignments);
                let tables = self.changed(block, targets, |table| immediate == Some(table));
                Node::new(NodeKind::Update(tables), vec![child])
            }
            Command::Delete { targets, .. } => {
                let immediate = self.immediate_deletes(plan, targets);
                let tables = self.changed(block, targets, |table| immediate.contains(&table));
                let buffered = tables.iter().filter(|table| !table.immediate).count() as f64;
                let cost = child.cost + 0.1 * buffered * child.rows;
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

    /// The same base table appears under another reference too.
    fn is_referenced_again(&self, table: TableId) -> bool {
        let query = &self.plan.query;
        let own = &query[table].table;
        query.tables.iter().enumerate().any(|(no, other)| {
            no != table.0 as usize && other.table.schema == own.schema && other.table.name == own.name && !own.schema.is_empty()
        })
    }

    fn immediate_deletes(&self, plan: &BlockPlan, targets: &[TableId]) -> Vec<TableId> {
        if matches!(plan.outcome, Outcome::ZeroRows(_)) || targets.iter().any(|table| self.is_referenced_again(*table)) {
            return Vec::new();
        }
        let early = plan.tables.iter().take(plan.const_tables + 1).filter_map(|access| access.table);
        early.filter(|table| targets.contains(table)).collect()
    }

    fn immediate_update(&self, plan: &BlockPlan, targets: &[TableId], assignments: &[(ExprId, ExprId)]) -> Option<TableId> {
        if matches!(plan.outcome, Outcome::ZeroRows(_)) {
            return None;
        }
        let access = plan.tables.first()?;
        let table = access.table.filter(|table| targets.contains(table))?;
        if self.is_referenced_again(table) {
            return None;
        }
        let query = &self.plan.query;
        let updated: Vec<u16> = assignments
            .iter()
            .filter_map(|(column, _)| match self.assigned(*column) {
                Some((of, column)) if of == table => Some(column),
                _ => None,
            })
            .collect();
        if targets.len() > 1 && self.later_conditions_use(plan, table, &updated) {
            return None;
        }
        let definition = &query[table].table;
        if definition.partitioning.as_ref().is_some_and(|p| updated.iter().any(|column| p.columns.contains(column))) {
            return None;
        }
        let key_updated = |index: u8| {
            let parts = definition.indexes.get(usize::from(index)).map_or(&[][..], |index| &index.parts[..index.user_parts]);
            parts.iter().any(|part| updated.contains(&part.column))
        };
        let primary_updated = definition.clustered.is_some_and(key_updated);
        let safe = match &access.method {
            AccessMethod::ConstRow => true,
            AccessMethod::Lookup(lookup) => is_single_row(access) || !key_updated(lookup.index),
            AccessMethod::Range(range) => !primary_updated && !range_indexes(range).into_iter().any(key_updated),
            AccessMethod::IndexScan { index, .. } => !primary_updated && !key_updated(*index),
            AccessMethod::TableScan => !primary_updated,
            AccessMethod::DynamicRange => false,
        };
        safe.then_some(table)
    }

    fn assigned(&self, column: ExprId) -> Option<(TableId, u16)> {
        match &self.plan.query.exprs[column] {
            Expr::Column { table, column } => Some((*table, *column)),
            Expr::Ref { target, .. } => self.assigned(*target),
            _ => None,
        }
    }

    /// A condition or look-up of a later table reads a column that is changed.
    fn later_conditions_use(&self, plan: &BlockPlan, table: TableId, updated: &[u16]) -> bool {
        let query = &self.plan.query;
        let uses = |expr: ExprId| {
            let mut found = false;
            query.walk(expr, &mut |id| {
                if let Expr::Column { table: of, column } = &query.exprs[id] {
                    found |= *of == table && updated.contains(column);
                }
            });
            found
        };
        plan.tables.iter().skip(1).any(|access| {
            let looked_up = match &access.method {
                AccessMethod::Lookup(lookup) => lookup.values.iter().any(|value| uses(*value)),
                _ => false,
            };
            looked_up || access.condition.is_some_and(uses) || access.index_condition.is_some_and(uses)
        })
    }
}

fn is_single_row(access: &TableAccess) -> bool {
    use crate::plan::AccessType::{Const, EqRef, System};
    matches!(access.access_type, Const | EqRef | System)
}

fn range_indexes(range: &RangePlan) -> Vec<u8> {
    match &range.kind {
        RangePlanKind::SortUnion(scans) | RangePlanKind::Union(scans) => scans.iter().flat_map(range_indexes).collect(),
        RangePlanKind::Intersection { scans, clustered, .. } => {
            scans.iter().chain(clustered.as_deref()).flat_map(range_indexes).collect()
        }
        _ => range.single_index().into_iter().collect(),
    }
}
