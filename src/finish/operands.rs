//! Hash joins change operands of their equalities in place (spec 02 §4.5, procedure step 7).

use super::place::Work;
use crate::parse::ast::CompareOp;
use crate::plan::JoinBuffer;
use crate::query::{Expr, ExprId, TableSet};
use crate::rewrite::conditions::adjust_operands;

impl Work<'_, '_> {
    /// Brings the equalities of every hash join to its two sides.
    pub(super) fn adjust_hash_join_operands(&mut self) {
        if self.no_hash_joins {
            return;
        }
        for index in self.state.const_tables..self.places.len() {
            if self.places[index].buffer != JoinBuffer::Hash {
                continue;
            }
            let last = self.places[index].last_inner.unwrap_or(index);
            let mut right = TableSet::EMPTY;
            self.places[index..=last].iter().for_each(|place| right.insert(place.number));
            let mut left = TableSet::EMPTY;
            let nest = self.places[index].inner_of;
            let before = self.places[..index].iter().filter(|place| place.inner_of == nest);
            before.for_each(|place| left.insert(place.number));
            let mut equalities = Vec::new();
            for place in index..=last {
                if let Some(condition) = self.places[place].condition {
                    self.collect_equalities(condition, &mut equalities);
                }
            }
            for equality in equalities {
                adjust_operands(self.query, self.block, equality, left, right);
            }
        }
    }

    fn collect_equalities(&self, condition: ExprId, found: &mut Vec<ExprId>) {
        match &self.query.exprs[condition] {
            Expr::And(members) => members.iter().for_each(|member| self.collect_equalities(*member, found)),
            Expr::Guard { condition, .. } => self.collect_equalities(*condition, found),
            Expr::Compare { op: CompareOp::Equal, .. } => found.push(condition),
            _ => {}
        }
    }
}
