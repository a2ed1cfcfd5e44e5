//! The aggregate functions of a block, as far as finishing asks.

use super::place::Work;
use crate::query::{AggregateKind, Expr, ExprFlags, ExprId};

impl Work<'_, '_> {
    /// Aggregate functions of the block: those of the select list, HAVING and ORDER BY.
    pub(super) fn aggregates(&self) -> Vec<ExprId> {
        let mut found = Vec::new();
        let b = self.b();
        let roots = b.items.iter().map(|item| item.expr).chain(b.having).chain(b.order_by.iter().map(|o| o.expr));
        for root in roots {
            if !self.expr_flags(root).any(ExprFlags::AGGREGATE) {
                continue;
            }
            self.query.walk(root, &mut |id| {
                if matches!(self.query.exprs[id], Expr::Aggregate { .. }) && !found.contains(&id) {
                    found.push(id);
                }
            });
        }
        found
    }

    pub(super) fn has_json_aggregate(&self) -> bool {
        let json = |id: &ExprId| {
            let Expr::Aggregate { kind, .. } = &self.query.exprs[*id] else { return false };
            matches!(kind, AggregateKind::JsonArrayAgg | AggregateKind::JsonObjectAgg)
        };
        self.aggregates().iter().any(json)
    }

    /// May GROUP BY be carried out by the key of a temporary table (spec 06 §7.1)?
    pub(super) fn may_group_by_key(&self) -> bool {
        let sorted_only = |id: &ExprId| {
            let Expr::Aggregate { kind, distinct, .. } = &self.query.exprs[*id] else { return false };
            *distinct || *kind == AggregateKind::GroupConcat
        };
        !self.b().rollup && !self.no_group_key && !self.aggregates().iter().any(sorted_only)
    }
}
