//! Truth: boolean contexts made explicit, NOT pushed to its operands, rows split (spec 02 §4.1 and §4.2).

use super::Resolver;
use crate::catalog::{ColumnNo, TypeKind};
use crate::error::Result;
use crate::parse::ast::{CompareOp, Expr as Ast, Literal, Quantifier, TruthTest};
use crate::query::{BlockId, Expr, ExprId, LiteralForm, SubqueryExpr, SubqueryKind, TableId, TruthValue};
use crate::value::Value;
use std::sync::Arc;

/// True for expressions that are truth values by their form.
pub(super) fn is_predicate(expr: &Ast) -> bool {
    match expr {
        Ast::Compare(..)
        | Ast::And(_)
        | Ast::Or(_)
        | Ast::Xor(..)
        | Ast::Not(_)
        | Ast::IsNull { .. }
        | Ast::IsTruth { .. }
        | Ast::Between { .. }
        | Ast::InList { .. }
        | Ast::InSubquery { .. }
        | Ast::Exists(_)
        | Ast::Quantified { .. }
        | Ast::Like { .. }
        | Ast::Regexp { .. }
        | Ast::SoundsLike(..)
        | Ast::MemberOf(..)
        | Ast::Match { .. }
        | Ast::Literal(Literal::Boolean(..)) => true,
        Ast::Call(call) => {
            call.over.is_none()
                && (call.name.eq_ignore_ascii_case("isnull")
                    || crate::query::Func::find(&call.name)
                        .is_some_and(|f| matches!(f.0.result, crate::query::function::ResultRule::Bool)))
        }
        _ => false,
    }
}

impl Resolver<'_> {
    /// An expression where only its truth counts: what is no predicate becomes `0 <> e`.
    pub(super) fn condition(&mut self, block: BlockId, expr: &Ast) -> Result<ExprId> {
        if is_predicate(expr) {
            return self.expr(block, expr);
        }
        self.compare_with_zero(block, CompareOp::NotEqual, expr)
    }

    fn compare_with_zero(&mut self, block: BlockId, op: CompareOp, expr: &Ast) -> Result<ExprId> {
        let left = self.query.add(block, Expr::Literal { value: Value::Int(0), form: LiteralForm::Plain });
        let right = self.scalar(block, expr)?;
        self.compare(block, op, left, right)
    }

    /// AND or OR over conditions; lists in lists of the same kind are taken in.
    pub(super) fn list(&mut self, block: BlockId, members: &[Ast], and: bool, negate: bool) -> Result<ExprId> {
        let mut resolved = Vec::with_capacity(members.len());
        for member in members {
            let id = if negate { self.negated(block, member)? } else { self.condition(block, member)? };
            match &self.query.exprs[id] {
                Expr::And(inner) if and => resolved.extend(inner.iter().copied()),
                Expr::Or(inner) if !and => resolved.extend(inner.iter().copied()),
                _ => resolved.push(id),
            }
        }
        Ok(self.query.add(block, if and { Expr::And(resolved) } else { Expr::Or(resolved) }))
    }

    /// NOT of an expression.
    pub(super) fn negated(&mut self, block: BlockId, expr: &Ast) -> Result<ExprId> {
        match expr {
            Ast::Not(inner) => self.condition(block, inner),
            Ast::And(members) => self.list(block, members, false, true),
            Ast::Or(members) => self.list(block, members, true, true),
            Ast::Xor(a, b) => self.negated_xor(block, a, b),
            Ast::Compare(op, left, right) => match op.negated() {
                Some(negated) => self.comparison(block, negated, left, right),
                None => self.not(block, expr),
            },
            Ast::SoundsLike(left, right) => self.sounds_like(block, left, right, CompareOp::NotEqual),
            Ast::IsNull { expr, negated } => self.is_null(block, expr, !negated),
            Ast::IsTruth { expr, test, negated } => self.is_truth(block, expr, *test, !negated),
            Ast::Between { expr, negated, low, high } => self.between(block, expr, low, high, !negated),
            Ast::InList { expr, negated, list } => self.in_list(block, expr, list, !negated),
            Ast::InSubquery { expr, negated, query } => {
                let id = self.in_subquery(block, expr, query, *negated)?;
                Ok(self.test_subquery(block, id, Test::Not))
            }
            Ast::Exists(_) => {
                let id = self.expr(block, expr)?;
                Ok(self.test_subquery(block, id, Test::Not))
            }
            Ast::Quantified { left, op, quantifier, query } => {
                let is_in =
                    matches!((op, quantifier), (CompareOp::Equal, Quantifier::Any) | (CompareOp::NotEqual, Quantifier::All));
                match op.negated() {
                    Some(negated) if !is_in => {
                        let other = if *quantifier == Quantifier::Any { Quantifier::All } else { Quantifier::Any };
                        self.quantified(block, left, negated, other, query)
                    }
                    _ => {
                        let id = self.expr(block, expr)?;
                        Ok(self.test_subquery(block, id, Test::Not))
                    }
                }
            }
            Ast::Like { expr: arg, negated: true, pattern, escape } => self.like(block, arg, pattern, escape.as_deref()),
            Ast::Regexp { expr: arg, negated: true, pattern } => self.regexp(block, arg, pattern),
            Ast::Literal(Literal::Boolean(value, _)) => {
                let form = LiteralForm::Text(Arc::from(if *value { "false" } else { "true" }));
                Ok(self.query.add(block, Expr::Literal { value: Value::Int((!*value).into()), form }))
            }
            _ if is_predicate(expr) => self.not(block, expr),
            _ => self.compare_with_zero(block, CompareOp::Equal, expr),
        }
    }

    fn not(&mut self, block: BlockId, expr: &Ast) -> Result<ExprId> {
        let inner = self.expr(block, expr)?;
        Ok(self.query.add(block, Expr::Not(inner)))
    }

    /// NOT over XOR goes to its first operand that can be negated.
    fn negated_xor(&mut self, block: BlockId, a: &Ast, b: &Ast) -> Result<ExprId> {
        let (left, right) = if can_negate(a) || !can_negate(b) {
            (self.negated(block, a)?, self.condition(block, b)?)
        } else {
            (self.condition(block, a)?, self.negated(block, b)?)
        };
        Ok(self.query.add(block, Expr::Xor(left, right)))
    }

    /// `x IS [NOT] NULL`.
    pub(super) fn is_null(&mut self, block: BlockId, expr: &Ast, negated: bool) -> Result<ExprId> {
        let arg = self.scalar(block, expr)?;
        Ok(self.query.add(block, Expr::IsNull { arg, negated }))
    }

    /// `x IS [NOT] TRUE`, `FALSE` or `UNKNOWN`; subquery predicates take the test in.
    pub(super) fn is_truth(&mut self, block: BlockId, expr: &Ast, test: TruthTest, negated: bool) -> Result<ExprId> {
        if test == TruthTest::Unknown {
            return self.is_null(block, expr, negated);
        }
        let arg = self.condition(block, expr)?;
        if let Expr::Subquery(SubqueryExpr { kind: SubqueryKind::In | SubqueryKind::Exists, .. }) = self.query.exprs[arg] {
            let test = match (test, negated) {
                (TruthTest::True, false) => Test::IsTrue,
                (TruthTest::True, true) => Test::IsNotTrue,
                (_, false) => Test::IsFalse,
                (_, true) => Test::IsNotFalse,
            };
            return Ok(self.test_subquery(block, arg, test));
        }
        Ok(self.query.add(block, Expr::IsTruth { arg, test, negated }))
    }

    /// Folds a truth test into the subquery predicate below it (spec 05 §1.2).
    pub(super) fn test_subquery(&mut self, block: BlockId, id: ExprId, test: Test) -> ExprId {
        match self.query.exprs[id].clone() {
            Expr::Subquery(mut subquery) if matches!(subquery.kind, SubqueryKind::In | SubqueryKind::Exists) => {
                subquery.truth = combine(subquery.truth, test);
                self.query.exprs.replace(id, Expr::Subquery(subquery));
                let nullable = matches!(&self.query.exprs[id], Expr::Subquery(s)
                    if matches!(s.truth, TruthValue::Identity | TruthValue::Negated))
                    && self.query.exprs.facts(id).nullable;
                self.query.exprs.facts_mut(id).nullable = nullable;
                id
            }
            _ => self.query.add(block, Expr::Not(id)),
        }
    }

    /// Marks the subquery predicates of an AND chain: there only "true or not" matters (spec 02 §5.1).
    pub(super) fn set_predicate_level(&mut self, condition: ExprId) {
        match &self.query.exprs[condition] {
            Expr::And(members) => {
                for member in members.clone() {
                    self.set_predicate_level(member);
                }
            }
            Expr::Subquery(_) => {
                if let Expr::Subquery(subquery) = &mut self.query.exprs[condition] {
                    subquery.at_predicate_level = true;
                    if subquery.truth == TruthValue::Negated {
                        subquery.truth = TruthValue::IsFalse;
                    }
                }
            }
            _ => {}
        }
    }

    /// `col IS NULL` with a DATE or DATETIME column declared NOT NULL finds zero dates (spec 02 §4.2-2); `auto_increment IS
    /// NULL` the last inserted row if `sql_auto_is_null` is on (§4.2-3).
    pub(super) fn null_date_trick(&mut self, block: BlockId, condition: ExprId) -> ExprId {
        if self.ctx.settings.auto_is_null
            && let Some((table, column)) = self.null_test(condition)
            && self.query[table].table.columns[column as usize].auto_increment
            && !self.query[table].nullable_row
            && let Some(func) = crate::query::Func::find("last_insert_id")
        {
            let left = self.query.add(block, Expr::Column { table, column });
            let right = self.query.add(block, Expr::Func { func, args: Vec::new(), extra: None });
            return self.query.add(block, Expr::Compare { op: CompareOp::Equal, left, right });
        }
        self.null_dates(block, condition)
    }

    fn null_dates(&mut self, block: BlockId, condition: ExprId) -> ExprId {
        if let Expr::And(members) = &self.query.exprs[condition] {
            let members = members.clone();
            let changed: Vec<ExprId> = members.iter().map(|m| self.null_dates(block, *m)).collect();
            if changed == members {
                return condition;
            }
            return self.query.add(block, Expr::And(changed));
        }
        let Some((table, column)) = self.null_test(condition) else { return condition };
        let definition = &self.query[table].table.columns[column as usize];
        if definition.nullable || !matches!(definition.ty.kind, TypeKind::Date | TypeKind::DateTime) {
            return condition;
        }
        let zero = crate::value::Temporal::date(0, 0, 0);
        let value = if definition.ty.kind == TypeKind::Date { Value::Date(zero) } else { Value::DateTime(zero) };
        let left = self.query.add(block, Expr::Column { table, column });
        let right = self.query.add(block, Expr::Literal { value, form: LiteralForm::Plain });
        let zero = self.query.add(block, Expr::Compare { op: CompareOp::Equal, left, right });
        // Operands of explicit joins keep the test, though only outer joins need it.
        if self.query[table].nullable_row || self.query[table].nest.is_some() {
            return self.query.add(block, Expr::Or(vec![zero, condition]));
        }
        zero
    }

    fn null_test(&self, condition: ExprId) -> Option<(TableId, ColumnNo)> {
        match self.query.exprs[condition] {
            Expr::IsNull { arg, negated: false } => match self.query.exprs[arg] {
                Expr::Column { table, column } => Some((table, column)),
                _ => None,
            },
            _ => None,
        }
    }
}

fn can_negate(expr: &Ast) -> bool {
    match expr {
        Ast::Compare(op, ..) => *op != CompareOp::NullSafeEqual,
        Ast::Like { negated, .. } | Ast::Regexp { negated, .. } => *negated,
        Ast::And(_)
        | Ast::Or(_)
        | Ast::Not(_)
        | Ast::IsNull { .. }
        | Ast::IsTruth { .. }
        | Ast::Between { .. }
        | Ast::InList { .. }
        | Ast::InSubquery { .. }
        | Ast::Exists(_)
        | Ast::Quantified { .. } => true,
        _ => !is_predicate(expr),
    }
}

/// A test of a truth value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Not,
    IsTrue,
    IsFalse,
    IsNotTrue,
    IsNotFalse,
}

/// The truth value of a subquery predicate under one more test.
fn combine(truth: TruthValue, test: Test) -> TruthValue {
    use TruthValue::{Identity, IsFalse, IsNotFalse, IsNotTrue, IsTrue, Negated};
    let not = |t| match t {
        Identity => Negated,
        Negated => Identity,
        IsTrue => IsNotTrue,
        IsNotTrue => IsTrue,
        IsFalse => IsNotFalse,
        IsNotFalse => IsFalse,
    };
    match (truth, test) {
        (t, Test::Not) => not(t),
        (Identity, Test::IsTrue) | (Negated, Test::IsFalse) => IsTrue,
        (Identity, Test::IsFalse) | (Negated, Test::IsTrue) => IsFalse,
        (Identity, Test::IsNotTrue) | (Negated, Test::IsNotFalse) => IsNotTrue,
        (Identity, Test::IsNotFalse) | (Negated, Test::IsNotTrue) => IsNotFalse,
        (t, Test::IsTrue | Test::IsNotFalse) => t,
        (t, Test::IsFalse | Test::IsNotTrue) => not(t),
    }
}
