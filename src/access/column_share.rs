//! The share of rows that conditions on one column alone let pass, by the default factors (spec 03 §9 step 5).

use super::block_facts::own_column;
use crate::catalog::ColumnNo;
use crate::context::Context;
use crate::parse::ast::CompareOp;
use crate::query::{Expr, ExprId, Query, TableId};

/// The share, if the column has `distinct` values.
pub fn of(_ctx: &Context<'_>, query: &Query, table: TableId, conditions: &[ExprId], column: ColumnNo, distinct: u64) -> f32 {
    let least = |share: f32| (1.0f32 / distinct as f32).max(share);
    let mut share = 1.0f32;
    for condition in conditions {
        share *= of_one(query, table, *condition, column, &least);
    }
    share
}

fn of_one(query: &Query, table: TableId, condition: ExprId, column: ColumnNo, least: &dyn Fn(f32) -> f32) -> f32 {
    let own = |expr: ExprId| own_column(query, table, expr) == Some(column);
    match &query.exprs[condition] {
        Expr::And(items) => items.iter().map(|item| of_one(query, table, *item, column, least)).product(),
        Expr::Compare { op, left, right } if own(*left) || own(*right) => match op {
            CompareOp::Equal | CompareOp::NullSafeEqual => least(0.1),
            CompareOp::NotEqual => 1.0 - least(0.1),
            _ => least(0.3333),
        },
        Expr::MultipleEqual { columns, .. } if columns.iter().any(|member| own(*member)) => least(0.1),
        Expr::Between { arg, negated, .. } if own(*arg) => {
            if *negated {
                1.0 - least(0.1111)
            } else {
                least(0.1111)
            }
        }
        Expr::Like { arg, .. } if own(*arg) => least(0.1111),
        Expr::IsNull { arg, negated } if own(*arg) => {
            if *negated {
                1.0 - least(0.1)
            } else {
                least(0.1)
            }
        }
        _ => 1.0,
    }
}
