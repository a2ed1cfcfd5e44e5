//! Hash joins change operands of their equalities in place   (spec 02 §4.5, procedure step 7)
//!
//! before: `z.z + x.y = y.id`, z hash-joined to {x, y}
//! after:  `z.z + z.y = y.id`
//! holds if: a column that substitution put there has an equal column of the wanted side
//! not if:   one side of the equality lies in the left tables and the other in the right ones

use crate::parse::ast::CompareOp;
use crate::query::{BlockId, Expr, ExprId, Query, TableSet};

/// Adjusts an equality among the join conditions of a hash join with these left and right tables.
pub fn adjust_operands(query: &mut Query, block: BlockId, predicate: ExprId, left_tables: TableSet, right_tables: TableSet) {
    let Expr::Compare { op: CompareOp::Equal, left, right } = query.exprs[predicate] else { return };
    let used = |expr: ExprId| query.exprs.facts(expr).used.tables();
    let (l, r) = (used(left), used(right));
    if l.is_empty() || r.is_empty() {
        return;
    }
    if l.is_subset(left_tables) && r.is_subset(right_tables) || l.is_subset(right_tables) && r.is_subset(left_tables) {
        return;
    }
    let (adjusts_right, wanted) = if l.is_subset(left_tables) {
        (true, right_tables)
    } else if r.is_subset(left_tables) {
        (false, right_tables)
    } else if l.is_subset(right_tables) {
        (true, left_tables)
    } else if r.is_subset(right_tables) {
        (false, left_tables)
    } else {
        return;
    };
    let side = if adjusts_right { right } else { left };
    let new_side = adjusted(query, block, side, wanted);
    let (left, right) = if adjusts_right { (left, new_side) } else { (new_side, right) };
    query.exprs.replace(predicate, Expr::Compare { op: CompareOp::Equal, left, right });
    query.renew_facts(block, predicate);
}

/// The side itself if it is a column, else with the columns that are direct arguments of functions in it, brought to tables.
fn adjusted(query: &mut Query, block: BlockId, side: ExprId, wanted: TableSet) -> ExprId {
    if matches!(query.exprs[side], Expr::Column { .. } | Expr::MaterializedColumn { .. }) {
        return equal_column(query, block, side, wanted).unwrap_or(side);
    }
    let children = query.children(side);
    let new: Vec<ExprId> = children.iter().map(|child| adjusted(query, block, *child, wanted)).collect();
    let mut at = 0;
    query.exprs[side].for_each_child_mut(|child| {
        *child = new[at];
        at += 1;
    });
    side
}

/// The first other column, of the wanted tables, of the multiple equality that a column was put in by.
fn equal_column(query: &Query, block: BlockId, column: ExprId, wanted: TableSet) -> Option<ExprId> {
    let (_, equal) = query.substituted.iter().find(|(node, _)| *node == column)?;
    let Expr::MultipleEqual { columns, .. } = &query.exprs[*equal] else { return None };
    columns.iter().copied().find(|other| {
        *other != column && query.column_of(*other).is_some_and(|(table, _)| query.table_bit(block, table).is_subset(wanted))
    })
}
