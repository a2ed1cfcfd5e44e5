//! The conditions of a hash join (spec 08 §3.4b).

use super::{Builder, HashCondition};
use crate::catalog::{ResultClass, TypeKind, collation};
use crate::parse::ast::CompareOp;
use crate::query::{Expr, ExprId, TableSet};

/// Sort keys longer than this are only hashed.
const MAX_KEY_BYTES: u64 = 1024;

impl<'p> Builder<'p> {
    /// Tables that an expression uses, materialized semijoins among them, const tables left out.
    pub(super) fn used(&self, expr: ExprId, const_tables: TableSet) -> TableSet {
        self.plan.query.exprs.facts(expr).used.tables().minus(const_tables)
    }

    /// Takes the hash conditions out of `conditions`; the second list holds the others, and those that are only hashed.
    pub(super) fn hash_conditions(
        &self,
        conditions: Vec<ExprId>,
        probe: TableSet,
        build: TableSet,
        const_tables: TableSet,
    ) -> (Vec<HashCondition>, Vec<ExprId>) {
        let (mut hashed, mut others) = (Vec::new(), Vec::new());
        for condition in conditions {
            if self.constant_truth(condition) == Some(Some(true)) {
                continue;
            }
            if self.joins_sides(condition, probe, build, const_tables) {
                let hash_only = self.is_hash_only(condition);
                hashed.push(HashCondition { condition, hash_only });
                if hash_only {
                    others.push(condition);
                }
            } else {
                others.push(condition);
            }
        }
        (hashed, others)
    }

    fn joins_sides(&self, condition: ExprId, probe: TableSet, build: TableSet, const_tables: TableSet) -> bool {
        let exprs = &self.plan.query.exprs;
        let Expr::Compare { op: CompareOp::Equal | CompareOp::NullSafeEqual, left, right } = &exprs[condition] else {
            return false;
        };
        let is_row = |expr: ExprId| matches!(&exprs[expr], Expr::Row(members) if members.len() > 1);
        if is_row(*left) || is_row(*right) {
            return false;
        }
        let (left, right) = (self.used(*left, const_tables), self.used(*right, const_tables));
        if left.is_empty() || right.is_empty() || left.meets(right) {
            return false;
        }
        (left.is_subset(probe) && right.is_subset(build)) || (left.is_subset(build) && right.is_subset(probe))
    }

    fn is_hash_only(&self, condition: ExprId) -> bool {
        let exprs = &self.plan.query.exprs;
        let Expr::Compare { left, right, .. } = &exprs[condition] else { return false };
        let (left, right) = (exprs.facts(*left), exprs.facts(*right));
        if left.ty.kind == TypeKind::Json || right.ty.kind == TypeKind::Json {
            return true;
        }
        let is_text = |ty: &crate::catalog::DataType| ty.result_class() == ResultClass::Str && !ty.is_temporal();
        if !is_text(&left.ty) || !is_text(&right.ty) {
            return false;
        }
        let decides = if right.coercibility < left.coercibility { right } else { left };
        let chars = left.ty.max_chars().max(right.ty.max_chars());
        collation::info(decides.ty.collation).sort_key_bytes(u64::from(chars)) > MAX_KEY_BYTES
    }
}
