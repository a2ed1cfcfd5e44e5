//! The share of rows that conditions on one column alone let pass (spec 03 §9 step 5).

use crate::catalog::ColumnNo;
use crate::context::Context;
use crate::query::{ExprId, Query, TableId};

/// The share, if the column has `distinct` values.
pub fn of(_ctx: &Context<'_>, query: &Query, table: TableId, conditions: &[ExprId], column: ColumnNo, distinct: u64) -> f32 {
    let _ = (query, table, conditions, column);
    (1.0 / distinct as f32).max(0.1)
}
