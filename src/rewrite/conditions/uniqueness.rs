//! Does a condition fix an expression to one value? (spec 02 §4.10)

use crate::catalog::ResultClass;
use crate::evaluate::comparison::collation_of;
use crate::evaluate::is_constant;
use crate::parse::ast::CompareOp;
use crate::query::typing;
use crate::query::{Expr, ExprId, Query};

/// True if every row that satisfies the condition has the same value of the expression. In an OR all arms must fix it to an
/// equal constant.
pub fn fixes_value(query: &Query, condition: ExprId, expr: ExprId) -> bool {
    fixing_constant(query, condition, expr).is_some()
}

fn fixing_constant(query: &Query, condition: ExprId, expr: ExprId) -> Option<ExprId> {
    match &query.exprs[condition] {
        Expr::And(args) => args.iter().find_map(|arg| fixing_constant(query, *arg, expr)),
        Expr::Or(args) => {
            let first = fixing_constant(query, *args.first()?, expr)?;
            let all = args[1..].iter().all(|arg| fixing_constant(query, *arg, expr).is_some_and(|c| query.same(c, first)));
            all.then_some(first)
        }
        Expr::Compare { op: CompareOp::Equal | CompareOp::NullSafeEqual, left, right } => {
            if query.same(*left, expr) && determines(query, *left, *right) {
                Some(*right)
            } else if query.same(*right, expr) && determines(query, *right, *left) {
                Some(*left)
            } else {
                None
            }
        }
        Expr::MultipleEqual { columns, constant: Some(constant), .. } => {
            columns.iter().any(|column| query.same(*column, expr)).then_some(*constant)
        }
        _ => None,
    }
}

/// Does `value = constant` determine the value?
fn determines(query: &Query, value: ExprId, constant: ExprId) -> bool {
    if !is_constant(query, constant) {
        return false;
    }
    let (value, constant) = (query.exprs.facts(value), query.exprs.facts(constant));
    if typing::class(&value.ty) != typing::class(&constant.ty) {
        return false;
    }
    if typing::class(&value.ty) != ResultClass::Str || typing::is_temporal(&value.ty) {
        return true;
    }
    !typing::is_temporal(&constant.ty) && collation_of(value, constant, &query.types) == value.ty.collation
}
