//! Uncorrelated subqueries that the server runs while planning: their captured results (spec 02 §4.7).

use super::comparison::{class_of, holds, mirrored};
use super::{Evaluator, Halt, Outcome};
use crate::catalog::SubqueryResult;
use crate::parse::ast::{CompareOp, Quantifier};
use crate::query::{Expr, ExprId, SubqueryExpr, SubqueryKind, TermKind, TruthValue, UnitId};
use crate::value::{Value, read_typed};

/// What is known of a subquery's rows.
enum Rows {
    None,
    One(Vec<Value>),
    Several,
}

impl Evaluator<'_> {
    pub(super) fn subquery(&mut self, expr: ExprId, subquery: &SubqueryExpr) -> Outcome {
        let rows = self.rows(subquery.unit)?;
        match (subquery.kind, rows) {
            (SubqueryKind::Exists, rows) => {
                let exists = !matches!(rows, Rows::None);
                let negated = matches!(subquery.truth, TruthValue::Negated | TruthValue::IsFalse | TruthValue::IsNotTrue);
                Ok(Value::boolean(exists != negated))
            }
            (SubqueryKind::Scalar, Rows::None) => Ok(Value::Null),
            (SubqueryKind::Scalar, Rows::One(row)) => row.into_iter().next().ok_or(Halt::Unknown),
            (SubqueryKind::Scalar, Rows::Several) => self.fail(1242, "21000", "Subquery returns more than 1 row".to_owned()),
            (SubqueryKind::In, rows) => {
                let found = self.quantified(expr, subquery, CompareOp::Equal, Quantifier::Any, rows)?;
                Ok(tested(found, subquery.truth))
            }
            (SubqueryKind::Quantified(op, quantifier), rows) => {
                let found = self.quantified(expr, subquery, op, quantifier, rows)?;
                Ok(tested(found, subquery.truth))
            }
        }
    }

    /// Rows of a query expression: by its blocks where they tell, else as captured.
    fn rows(&mut self, unit: UnitId) -> Result<Rows, Halt> {
        let query = self.query;
        if let TermKind::Block(block) = &query[unit].term.kind {
            let block = &query[*block];
            let impossible = |condition: Option<ExprId>| {
                condition.is_some_and(
                    |condition| matches!(&query.exprs[condition], Expr::Literal { value, .. } if value.truth() != Some(true)),
                )
            };
            let zero = block
                .limit
                .is_some_and(|limit| matches!(&query.exprs[limit], Expr::Literal { value: Value::Int(0) | Value::UInt(0), .. }));
            if impossible(block.having) || (zero && block.offset.is_none()) {
                return Ok(Rows::None);
            }
            if impossible(block.where_) && !block.grouped {
                return Ok(Rows::None);
            }
            if block.from.is_empty()
                && block.where_.is_none()
                && block.having.is_none()
                && !block.grouped
                && block.values.is_none()
            {
                let mut row = Vec::with_capacity(block.items.len());
                for item in &block.items {
                    row.push(self.value(item.expr)?);
                }
                return Ok(Rows::One(row));
            }
        }
        self.ctx.note_evaluated(unit.0);
        self.captured(unit)
    }

    fn captured(&mut self, unit: UnitId) -> Result<Rows, Halt> {
        let query = self.query;
        let text = query[unit].text.as_deref().ok_or(Halt::Unknown)?;
        let schema = query.current_schema.as_deref().unwrap_or_default();
        match self.ctx.statistics().subquery(schema, text) {
            None => Err(Halt::Unknown),
            Some(SubqueryResult::MoreThanOneRow) => Ok(Rows::Several),
            Some(SubqueryResult::Rows { rows, .. }) => match rows.as_slice() {
                [] => Ok(Rows::None),
                [row] => {
                    let items = query[unit].blocks.first().map(|block| query[*block].items.as_slice()).unwrap_or_default();
                    let typed = row.iter().enumerate().map(|(at, text)| match text {
                        None => Value::Null,
                        Some(text) => match items.get(at) {
                            Some(item) => read_typed(text, &query.exprs.facts(item.expr).ty),
                            None => Value::text(text.as_str()),
                        },
                    });
                    Ok(Rows::One(typed.collect()))
                }
                _ => Ok(Rows::Several),
            },
        }
    }

    /// `left op ANY/ALL (rows)`: true, false or NULL.
    fn quantified(
        &mut self,
        expr: ExprId,
        subquery: &SubqueryExpr,
        op: CompareOp,
        quantifier: Quantifier,
        rows: Rows,
    ) -> Result<Option<bool>, Halt> {
        debug_assert!(matches!(&self.query.exprs[expr], Expr::Subquery(_)));
        let row = match rows {
            Rows::None => return Ok(Some(quantifier == Quantifier::All)),
            Rows::Several => return Err(Halt::Unknown),
            Rows::One(row) => row,
        };
        let left = subquery.left.ok_or(Halt::Unknown)?;
        let items = self.query[subquery.unit].blocks.first().map(|block| self.query[*block].items.as_slice()).unwrap_or_default();
        let lefts = match &self.query.exprs[left] {
            Expr::Row(lefts) => lefts.as_slice(),
            _ => std::slice::from_ref(&left),
        };
        let mut unknown = false;
        for ((left, item), value) in lefts.iter().zip(items).zip(&row) {
            let l = self.value(*left)?;
            let class = class_of(self.query, *left, item.expr);
            match self.order(&l, value, class)? {
                None => unknown = true,
                Some(order) if holds(op, order) => {}
                Some(order) => {
                    debug_assert!(holds(mirrored(op), order.reverse()) == holds(op, order));
                    return Ok(Some(false));
                }
            }
        }
        Ok(if unknown { None } else { Some(true) })
    }
}

/// The value of a predicate that is tested for a truth value.
fn tested(found: Option<bool>, truth: TruthValue) -> Value {
    match truth {
        TruthValue::Identity => found.map_or(Value::Null, Value::boolean),
        TruthValue::Negated => found.map_or(Value::Null, |found| Value::boolean(!found)),
        TruthValue::IsTrue => Value::boolean(found == Some(true)),
        TruthValue::IsFalse => Value::boolean(found == Some(false)),
        TruthValue::IsNotTrue => Value::boolean(found != Some(true)),
        TruthValue::IsNotFalse => Value::boolean(found != Some(false)),
    }
}
