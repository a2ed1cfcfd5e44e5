//! Lateral derived tables: what they depend on and what reading them costs (spec 04 §12.3, 05 §10.5).

use super::state::{JoinTable, Position};
use crate::catalog::Table;
use crate::context::Context;
use crate::query::{Expr, Query, TableId, TableKind, TableSet};

/// Tables of its own block that a lateral derived table, or a JSON_TABLE, refers to.
pub(super) fn dependencies(query: &Query, table: TableId) -> TableSet {
    let block = query[table].block;
    let mut depends = TableSet::EMPTY;
    let mut visit = |expr| {
        if let Expr::Column { table: used, .. } = query.exprs[expr]
            && used != table
            && query[used].block == block
        {
            depends.insert(query[used].number);
        }
    };
    match &query[table].kind {
        TableKind::Derived { unit, lateral: true, .. } => query.walk_unit(*unit, &mut visit),
        TableKind::JsonTable { document } => query.walk_deep(*document, &mut visit),
        _ => {}
    }
    depends
}

/// Cost of writing the rows of one run into the temporary table.
pub(super) fn write_cost(ctx: &Context<'_>, definition: &Table, rows: u64) -> f64 {
    let row_bytes: u64 = definition.columns.iter().map(|column| u64::from(column.ty.pack_bytes())).sum();
    let costs = ctx.costs();
    let in_memory = row_bytes as f64 * (rows as f64) < ctx.settings.max_heap_table_bytes as f64;
    let row = if in_memory { costs.memory_temptable_row } else { costs.disk_temptable_row };
    rows as f64 * row
}

/// What materializing adds to the cost of reading a lateral table after the first `idx` places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LateralCost {
    /// Runs of the definition: rows of the prefix up to its last dependency.
    pub runs: f64,
    /// Cost of all runs.
    pub total: f64,
    /// What is added to the read cost, once.
    pub per_read: f64,
}

/// Computes it; none for tables that are not lateral.
pub(super) fn cost(table: &JoinTable, prefix: &[Position], prefix_rows: f64) -> Option<LateralCost> {
    if !table.materialized || table.lateral_depends.is_empty() {
        return None;
    }
    let last = prefix.iter().rev().find(|place| place.table != Position::NEST && table.lateral_depends.contains(place.table))?;
    let runs = last.prefix_rowcount;
    let total = runs * (table.materialization_cost + table.write_cost);
    let per_read = if prefix_rows > 0.0 { total / prefix_rows } else { 0.0 };
    Some(LateralCost { runs, total, per_read })
}

/// True if some lateral table that still has to be placed depends on a table of the prefix: no join buffer then.
pub(super) fn forbids_buffer(tables: &[JoinTable], laterals: TableSet, remaining: TableSet, prefix: TableSet) -> bool {
    laterals.intersect(remaining).iter().any(|number| tables[number as usize].lateral_depends.meets(prefix))
}
