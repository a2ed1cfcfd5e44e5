//! One side of a comparison: what a plan decided and estimated, without the plan itself.

use super::NumberChange;
use crate::explain::decisions::Decisions;
use crate::explain::traditional;
use crate::ingest::ReadPlan;
use crate::ingest::plan::tree_decisions;
use crate::ingest::table::{Column, Table};
use crate::plan::Plan;
use std::borrow::Cow;

/// Estimates of one table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableNumbers {
    /// Name or alias.
    pub table: String,
    /// Rows read by one execution of the access.
    pub rows: Option<f64>,
    /// Percentage of them that passes the other conditions.
    pub filtered: Option<f64>,
}

/// What a plan decided and estimated.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Side {
    /// The decisions.
    pub decisions: Decisions,
    /// The decisions are all that the traditional table tells; without it, those that a TREE shows.
    pub complete: bool,
    /// The decisions as a TREE of the same plan shows them, where there is one.
    pub tree: Option<Decisions>,
    /// Estimated cost of the statement, in the server's cost units.
    pub cost: Option<f64>,
    /// Estimates by table, in the order of the plan.
    pub numbers: Vec<TableNumbers>,
}

impl Side {
    /// A plan of ours.
    pub fn of(plan: &Plan) -> Side {
        let table = Table::of(plan);
        Side {
            decisions: Decisions::of_rows(&traditional::rows(plan)),
            complete: true,
            tree: None,
            cost: Some(plan.total_cost()),
            numbers: numbers_of_table(&table),
        }
    }

    /// A plan of ours together with what its TREE shows, to be compared with one that was read.
    pub fn of_with_tree(plan: &Plan) -> Side {
        Side { tree: ReadPlan::of(plan).tree.as_deref().map(tree_decisions), ..Side::of(plan) }
    }

    /// A plan that was read.
    pub fn of_read(plan: &ReadPlan) -> Side {
        let from_nodes = || {
            let nodes = plan.nodes();
            let tables = nodes.iter().flat_map(|root| root.walk()).filter_map(|(_, node)| {
                let table = node.table.clone()?;
                let filtered = node.details.iter().find(|(name, _)| name == "filtered").and_then(|(_, text)| text.parse().ok());
                Some(TableNumbers { table, rows: node.estimated_rows(), filtered })
            });
            tables.collect()
        };
        Side {
            decisions: plan.decisions(),
            complete: plan.tells_all_decisions(),
            tree: plan.tree.as_deref().map(tree_decisions),
            cost: plan.total_cost(),
            numbers: plan.table.as_ref().map_or_else(from_nodes, numbers_of_table),
        }
    }

    /// The decisions of both sides in the terms that both tell.
    pub(super) fn comparable<'s>(&'s self, other: &'s Side) -> (Cow<'s, Decisions>, Cow<'s, Decisions>) {
        match (self.complete, other.complete, &self.tree, &other.tree) {
            (true, false, Some(own), _) => (Cow::Borrowed(own), Cow::Borrowed(&other.decisions)),
            (false, true, _, Some(others)) => (Cow::Borrowed(&self.decisions), Cow::Borrowed(others)),
            (true, false, None, _) => (Cow::Owned(accesses(&self.decisions)), Cow::Owned(accesses(&other.decisions))),
            (false, true, _, None) => (Cow::Owned(accesses(&self.decisions)), Cow::Owned(accesses(&other.decisions))),
            _ => (Cow::Borrowed(&self.decisions), Cow::Borrowed(&other.decisions)),
        }
    }
}

/// Only what every format tells: tables, accesses and indexes, in their order.
fn accesses(decisions: &Decisions) -> Decisions {
    let mut tables = decisions.tables.clone();
    tables.retain(|table| table.table.as_deref().is_some_and(|name| !name.starts_with('<')));
    for table in &mut tables {
        table.id = None;
        table.select_type.clear();
        table.key_len = None;
        table.key_ref = None;
        table.partitions = None;
        table.extra.clear();
    }
    Decisions { tables }
}

fn numbers_of_table(table: &Table) -> Vec<TableNumbers> {
    let of_row = |row: usize| {
        let name = table.text(row, Column::Table)?.into_owned();
        Some(TableNumbers { table: name, rows: table.number(row, Column::Rows), filtered: table.number(row, Column::Filtered) })
    };
    (0..table.rows.len()).filter_map(of_row).collect()
}

/// Tables of both sides whose estimates differ; the same name again means the next table of that name.
pub(super) fn number_changes(before: &[TableNumbers], after: &[TableNumbers]) -> Vec<NumberChange> {
    let mut rest: Vec<&TableNumbers> = after.iter().collect();
    let mut found = Vec::new();
    for old in before {
        let Some(place) = rest.iter().position(|new| new.table == old.table) else { continue };
        let new = rest.remove(place);
        if (old.rows, old.filtered) != (new.rows, new.filtered) {
            found.push(NumberChange {
                table: old.table.clone(),
                rows: (old.rows, new.rows),
                filtered: (old.filtered, new.filtered),
            });
        }
    }
    found
}
