//! Subqueries in expressions (spec 02 §5.1, 05 §1.2).

use super::ast_clause::AstClause;
use super::condition::Test;
use super::expression::wrong_width;
use super::unit::unsupported;
use super::{Resolver, server};
use crate::error::Result;
use crate::parse::ast::{CompareOp, Expr as Ast, Quantifier, QueryExpr};
use crate::query::{
    BlockId, Clause, Expr, ExprId, SubqueryExpr, SubqueryKind, SubqueryStrategy, TermKind, TruthValue, UnitId, UnitRole,
};

impl Resolver<'_> {
    /// A subquery of any kind.
    pub(super) fn subquery(
        &mut self,
        block: BlockId,
        query: &QueryExpr,
        kind: SubqueryKind,
        left: Option<ExprId>,
    ) -> Result<ExprId> {
        let clause = match self.state(block).clause {
            AstClause::SelectList | AstClause::WindowPartition | AstClause::Window => Clause::SelectList,
            AstClause::Where | AstClause::On => Clause::Where,
            AstClause::GroupBy => Clause::GroupBy,
            AstClause::Having => Clause::Having,
            AstClause::OrderBy => Clause::OrderBy,
            AstClause::Values => Clause::InsertValues,
            AstClause::UpdateValue => Clause::UpdateValue,
            AstClause::InsertUpdate => Clause::InsertUpdate,
            AstClause::TableFunction => Clause::OptimizedAway,
        };
        let instance = self.state(block).instance;
        let unit = self.new_unit(UnitRole::Subquery(ExprId(u32::MAX)), clause, Some(block));
        if kind == SubqueryKind::Exists {
            self.exists.push(unit);
        }
        self.unit(unit, query, instance, Some(block))?;
        self.add_inner_unit(block, unit);
        self.check_subquery(unit, kind, left)?;
        let subquery = SubqueryExpr {
            unit,
            kind,
            left,
            truth: TruthValue::Identity,
            at_predicate_level: false,
            strategy: SubqueryStrategy::Plain,
        };
        let id = self.query.add(block, Expr::Subquery(subquery));
        self.query[unit].role = UnitRole::Subquery(id);
        Ok(id)
    }

    fn check_subquery(&self, unit: UnitId, kind: SubqueryKind, left: Option<ExprId>) -> Result<()> {
        if !matches!(kind, SubqueryKind::In | SubqueryKind::Quantified(..)) {
            return Ok(());
        }
        let u = &self.query[unit];
        let limited = u.term.limit.is_some() || u.blocks.iter().any(|b| self.query[*b].limit.is_some());
        if limited && matches!(u.term.kind, TermKind::Block(_) | TermKind::SetOperation { .. }) {
            return unsupported("LIMIT & IN/ALL/ANY/SOME subquery");
        }
        let width = left.map_or(1, |l| self.width(l));
        let inner = u.blocks.first().map_or(0, |b| self.query[*b].items.len());
        if width != inner { wrong_width(width) } else { Ok(()) }
    }

    /// True for the query expression of an EXISTS that is being resolved.
    pub(super) fn in_exists(&self, unit: UnitId) -> bool {
        self.exists.contains(&unit)
    }

    fn left_operand(&mut self, block: BlockId, left: &Ast) -> Result<ExprId> {
        let before = std::mem::replace(&mut self.state_mut(block).left_of_in, true);
        let left = self.expr(block, left);
        self.state_mut(block).left_of_in = before;
        left
    }

    /// `x [NOT] IN (subquery)`.
    pub(super) fn in_subquery(&mut self, block: BlockId, left: &Ast, query: &QueryExpr, negated: bool) -> Result<ExprId> {
        let left = self.left_operand(block, left)?;
        let id = self.subquery(block, query, SubqueryKind::In, Some(left))?;
        Ok(if negated { self.test_subquery(block, id, Test::Not) } else { id })
    }

    /// `x op ANY|ALL (subquery)`; `= ANY` and `<> ALL` are IN and NOT IN.
    pub(super) fn quantified(
        &mut self,
        block: BlockId,
        left: &Ast,
        op: CompareOp,
        quantifier: Quantifier,
        query: &QueryExpr,
    ) -> Result<ExprId> {
        match (op, quantifier) {
            (CompareOp::Equal, Quantifier::Any) => return self.in_subquery(block, left, query, false),
            (CompareOp::NotEqual, Quantifier::All) => return self.in_subquery(block, left, query, true),
            (CompareOp::NullSafeEqual, _) => {
                return server(1064, "42000", "You have an error in your SQL syntax");
            }
            _ => {}
        }
        let left = self.left_operand(block, left)?;
        self.subquery(block, query, SubqueryKind::Quantified(op, quantifier), Some(left))
    }
}
