//! IN subqueries that are one index lookup: `unique_subquery`, `index_subquery` (spec 02 §5.6, 05 §8.6).

use super::place::Work;
use crate::plan::AccessType;
use crate::query::{Expr, ExprId, SubqueryKind, SubqueryStrategy, UnitRole};

impl Work<'_, '_> {
    /// Is the block such a subquery?
    pub(super) fn becomes_index_subquery(&self) -> bool {
        let unit = &self.query[self.b().unit];
        let UnitRole::Subquery(expr) = unit.role else { return false };
        let Expr::Subquery(subquery) = &self.query.exprs[expr] else { return false };
        let exists = subquery.strategy == SubqueryStrategy::Exists && subquery.kind == SubqueryKind::In;
        if !exists || unit.blocks.len() != 1 || !self.b().group_by.is_empty() || self.b().grouped {
            return false;
        }
        if self.primary != 1 || self.state.const_tables != 0 || self.where_.is_none() {
            return false;
        }
        let place = &self.places[0];
        let Some(lookup) = &place.lookup else { return false };
        if !lookup.values.first().is_some_and(|value| self.is_injected_operand(*value)) {
            return false;
        }
        match place.access {
            AccessType::EqRef | AccessType::Ref => self.having.is_none(),
            AccessType::RefOrNull => self.having_is_injected(),
            _ => false,
        }
    }

    /// `<cache>(left operand)`.
    fn is_injected_operand(&self, value: ExprId) -> bool {
        matches!(self.query.exprs[self.query.real(value)], Expr::Cache(_))
    }

    fn having_is_injected(&self) -> bool {
        let Some(having) = self.having else { return false };
        let injected = &self.b().injected.having;
        super::equalities::conjuncts(self.query, having).iter().all(|part| injected.contains(part))
    }
}
