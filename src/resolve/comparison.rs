//! Comparisons: rows, collations, constants brought to the type of the column beside them (spec 02 §4.1, §4.9, 09 §4.5).

use super::expression::wrong_width;
use super::literal::wrong_value;
use super::{Resolver, server};
use crate::catalog::{DataType, TypeKind};
use crate::error::Result;
use crate::parse::ast::{CompareOp, Expr as Ast};
use crate::query::{BlockId, Expr, ExprId, Facts, LiteralForm, typing};
use crate::value::Value;
use crate::value::store::{StoreOutcome, store};
use crate::value::temporal::read_datetime;

impl Resolver<'_> {
    /// `left op right` as written: row constructors of the same size are compared element by element.
    pub(super) fn comparison(&mut self, block: BlockId, op: CompareOp, left: &Ast, right: &Ast) -> Result<ExprId> {
        if let (Ast::Row(a), Ast::Row(b)) = (left, right)
            && a.len() == b.len()
            && a.len() > 1
            && matches!(op, CompareOp::Equal | CompareOp::NullSafeEqual | CompareOp::NotEqual)
        {
            let all = op != CompareOp::NotEqual;
            let mut members = Vec::with_capacity(a.len());
            for (l, r) in a.iter().zip(b) {
                let member = self.comparison(block, op, l, r)?;
                match &self.query.exprs[member] {
                    Expr::And(inner) if all => members.extend(inner.iter().copied()),
                    Expr::Or(inner) if !all => members.extend(inner.iter().copied()),
                    _ => members.push(member),
                }
            }
            return Ok(self.query.add(block, if all { Expr::And(members) } else { Expr::Or(members) }));
        }
        let left = self.expr(block, left)?;
        let right = self.expr(block, right)?;
        self.compare(block, op, left, right)
    }

    /// `left op right`.
    pub(super) fn compare(&mut self, block: BlockId, op: CompareOp, left: ExprId, right: ExprId) -> Result<ExprId> {
        let width = self.width(left);
        if width != self.width(right) {
            return wrong_width(width);
        }
        let (mut left, mut right) = (left, right);
        if width == 1 {
            self.check_collations(&[left, right], op.symbol())?;
            self.check_date_text(left, right)?;
            self.check_date_text(right, left)?;
            right = self.convert_constant(block, left, right);
            left = self.convert_constant(block, right, left);
        }
        Ok(self.query.add(block, Expr::Compare { op, left, right }))
    }

    /// `x [NOT] BETWEEN low AND high`; equal constant bounds make it an equality (spec 02 §4.2-1).
    pub(super) fn between(&mut self, block: BlockId, arg: &Ast, low: &Ast, high: &Ast, negated: bool) -> Result<ExprId> {
        let arg = self.scalar(block, arg)?;
        let low = self.scalar(block, low)?;
        let high = self.scalar(block, high)?;
        self.check_collations(&[arg, low, high], "between")?;
        let constant = |id: ExprId| self.query.exprs.facts(id).used.is_empty();
        if !negated && constant(low) && constant(high) && self.query.same(low, high) && !self.query.exprs.facts(low).nullable {
            return self.compare(block, CompareOp::Equal, arg, low);
        }
        Ok(self.query.add(block, Expr::Between { arg, low, high, negated }))
    }

    /// `x [NOT] IN (…)`; a list of one element is an equality.
    pub(super) fn in_list(&mut self, block: BlockId, arg: &Ast, list: &[Ast], negated: bool) -> Result<ExprId> {
        let arg = self.expr(block, arg)?;
        let width = self.width(arg);
        let mut resolved = Vec::with_capacity(list.len());
        for element in list {
            let element = self.expr(block, element)?;
            if self.width(element) != width {
                return wrong_width(width);
            }
            resolved.push(element);
        }
        if let [one] = resolved[..] {
            let op = if negated { CompareOp::Equal.negated() } else { None }.unwrap_or(CompareOp::Equal);
            return self.compare(block, op, arg, one);
        }
        if width == 1 {
            let mut operands = vec![arg];
            operands.extend(&resolved);
            self.check_collations(&operands, " IN ")?;
        }
        Ok(self.query.add(block, Expr::In { arg, list: resolved, negated }))
    }

    /// Errors 1267, 1270 and 1271: character operands whose collations do not go together.
    pub(super) fn check_collations(&self, operands: &[ExprId], operation: &str) -> Result<()> {
        let facts: Vec<&Facts> = operands.iter().map(|o| self.query.exprs.facts(*o)).collect();
        if !facts.iter().all(|f| typing::is_character(&f.ty) || f.ty.kind == TypeKind::Null) {
            return Ok(());
        }
        let characters: Vec<&Facts> = facts.into_iter().filter(|f| f.ty.kind != TypeKind::Null).collect();
        match typing::aggregate_collation(&characters, &self.query.types) {
            Some((_, strength)) if strength != typing::NONE => return Ok(()),
            Some(_) if characters.iter().all(|f| f.ty.collation == characters[0].ty.collation) => return Ok(()),
            _ => {}
        }
        let text = |f: &Facts| format!("({},{})", typing::collation_name(f.ty.collation), derivation(f.coercibility));
        match characters[..] {
            [a, b] => server(
                1267,
                "HY000",
                format!("Illegal mix of collations {} and {} for operation '{operation}'", text(a), text(b)),
            ),
            [a, b, c] => server(
                1270,
                "HY000",
                format!("Illegal mix of collations {}, {}, {} for operation '{operation}'", text(a), text(b), text(c)),
            ),
            _ => server(1271, "HY000", format!("Illegal mix of collations for operation '{operation}'")),
        }
    }

    /// Error 1525: a column with a date part compared with a text that is no date.
    fn check_date_text(&self, column: ExprId, constant: ExprId) -> Result<()> {
        let ty = &self.query.exprs.facts(column).ty;
        if !typing::has_date(ty) || self.query.column_of(column).is_none() {
            return Ok(());
        }
        if let Expr::Literal { value: Value::Str(text), .. } = &self.query.exprs[constant] {
            let rules = self.ctx.settings.date_rules();
            if read_datetime(text, rules).is_none() {
                let kind = match ty.kind {
                    TypeKind::Date => "DATE",
                    TypeKind::Timestamp => "TIMESTAMP",
                    _ => "DATETIME",
                };
                return Err(wrong_value(kind, text).into());
            }
        }
        Ok(())
    }

    /// A literal beside a YEAR, TIME or date column in the form in which the column would hold it (spec 02 §4.9-2). Integers
    /// keep their text here; folding rewrites them.
    fn convert_constant(&mut self, block: BlockId, column: ExprId, constant: ExprId) -> ExprId {
        if self.query.column_of(column).is_none() {
            return constant;
        }
        let ty: DataType = self.query.exprs.facts(column).ty.clone();
        let Expr::Literal { value, .. } = &self.query.exprs[constant] else { return constant };
        let number = matches!(value, Value::Int(_) | Value::UInt(_) | Value::Decimal(_) | Value::Double(_));
        let applies = match ty.kind {
            TypeKind::Year => number || matches!(value, Value::Str(_)),
            TypeKind::Time => number || matches!(value, Value::Str(_)),
            TypeKind::Date | TypeKind::DateTime | TypeKind::Timestamp => number,
            _ => false,
        };
        if !applies {
            return constant;
        }
        let stored = store(value, &ty, self.ctx.settings.store_rules());
        let fits = match stored.outcome {
            StoreOutcome::Exact => true,
            StoreOutcome::TimeNote => ty.kind == TypeKind::Time,
            StoreOutcome::TimeTruncated => ty.kind == TypeKind::Date,
            _ => false,
        };
        if !fits || stored.value.is_null() {
            return constant;
        }
        self.query.add(block, Expr::Literal { value: stored.value, form: LiteralForm::Plain })
    }
}

fn derivation(coercibility: u8) -> &'static str {
    ["EXPLICIT", "NONE", "IMPLICIT", "SYSCONST", "COERCIBLE", "NUMERIC", "IGNORABLE"][usize::from(coercibility.min(6))]
}
