//! Casts that a comparison of two types shows   (spec 02 §4.9-6)
//!
//! before: `varchar_col = int_col`
//! after:  `cast(varchar_col as double) = cast(int_col as double)`
//! holds if: both operands are not constant, and of different classes
//! not if:   one is a constant or a subquery; integers with decimals, signed with unsigned; YEAR with temporal values

use crate::catalog::{DataType, ResultClass, TypeKind};
use crate::evaluate::is_constant;
use crate::query::typing;
use crate::query::{BlockId, Expr, ExprId, Query};

/// Adds the casts to all comparisons of a condition, in place.
pub fn add_casts(query: &mut Query, block: BlockId, condition: ExprId) {
    for child in query.children(condition) {
        add_casts(query, block, child);
    }
    let Expr::Compare { op, left, right } = query.exprs[condition] else { return };
    if [left, right].iter().any(|side| {
        is_constant(query, *side)
            || matches!(
                query.exprs[*side],
                Expr::Subquery(_) | Expr::Row(_) | Expr::Cast { .. } | Expr::Cache(_) | Expr::MaterializedColumn { .. }
            )
    }) {
        return;
    }
    let ty = |expr: ExprId| &query.exprs.facts(expr).ty;
    let (l, r) = wanted(ty(left), ty(right));
    if l.is_none() && r.is_none() {
        return;
    }
    let mut cast = |side: ExprId, ty: Option<DataType>| match ty {
        Some(ty) => query.add(block, Expr::Cast { arg: side, ty, array: false }),
        None => side,
    };
    let (left, right) = (cast(left, l), cast(right, r));
    query.exprs.replace(condition, Expr::Compare { op, left, right });
}

/// The types that two operands are cast to.
fn wanted(left: &DataType, right: &DataType) -> (Option<DataType>, Option<DataType>) {
    if left.kind == TypeKind::Year && typing::is_temporal(right) || right.kind == TypeKind::Year && typing::is_temporal(left) {
        return (None, None);
    }
    let one = |own: &DataType, other: &DataType| -> Option<DataType> {
        match (typing::is_temporal(own), typing::is_temporal(other)) {
            (true, true) => both_temporal(own, other),
            (false, true) if typing::is_character(own) => Some(match other.kind {
                TypeKind::Date => typing::temporal(TypeKind::Date, 0),
                TypeKind::Time => typing::temporal(TypeKind::Time, 6),
                _ => typing::temporal(TypeKind::DateTime, 6),
            }),
            (false, false) => {
                let (a, b) = (typing::class(own), typing::class(other));
                let mixed = (a == ResultClass::Str) != (b == ResultClass::Str);
                let numbers_and_text =
                    mixed && [own, other].iter().all(|ty| typing::class(ty) != ResultClass::Str || typing::is_character(ty));
                (numbers_and_text && a != ResultClass::Real).then(typing::double)
            }
            _ => None,
        }
    };
    (one(left, right), one(right, left))
}

/// Two temporal operands of different types: what is no date with time becomes one, if either is, or a date meets a time.
fn both_temporal(own: &DataType, other: &DataType) -> Option<DataType> {
    let with_time = |ty: &DataType| matches!(ty.kind, TypeKind::DateTime | TypeKind::Timestamp);
    if own.kind == other.kind || with_time(own) {
        return None;
    }
    let needed = with_time(other) || own.kind != other.kind;
    needed.then(|| typing::temporal(TypeKind::DateTime, own.decimals))
}
