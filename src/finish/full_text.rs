//! What InnoDB is told about a full-text search beforehand: `Ft_hints` (spec 07 §4, step 12).

use super::place::Work;
use crate::parse::ast::CompareOp;
use crate::plan::AccessType;
use crate::query::{Expr, ExprId, RefKind};
use crate::value::Value;
use std::fmt::Write;

impl Work<'_, '_> {
    /// The hints of a full-text access: sorted rows or no ranking, a bound of the rank, a limit of rows.
    pub(super) fn full_text_hints(&self, index: usize) -> Option<String> {
        let place = self.places.get(index)?;
        if place.access != AccessType::FullText {
            return None;
        }
        let predicate = place.lookup.as_ref()?.conditions.first().copied().flatten()?;
        let (search, bound) = self.rank_bound(predicate)?;
        let mut text = String::new();
        let sorted = self.sorts_by_rank(search);
        if sorted {
            text.push_str("sorted");
        } else if bound.is_none() && self.uses_of(search) <= 1 {
            text.push_str("no_ranking");
        }
        if let Some((op, rank)) = bound {
            push_separator(&mut text);
            // Writing to a String cannot fail.
            let _ = write!(text, "rank {op} {rank}");
        }
        let alone = self.query[self.block].where_.is_none_or(|root| root == predicate) && self.primary == 1;
        if let Some(limit) = self.row_limit().filter(|_| sorted && alone) {
            push_separator(&mut text);
            let _ = write!(text, "limit = {limit}");
        }
        (!text.is_empty()).then_some(text)
    }

    /// The MATCH of a predicate, and the bound that the predicate sets to its rank.
    fn rank_bound(&self, predicate: ExprId) -> Option<(ExprId, Option<(&'static str, String)>)> {
        let is_match = |id: ExprId| matches!(self.query.exprs[self.query.real(id)], Expr::Match { .. });
        match &self.query.exprs[predicate] {
            Expr::Match { .. } => Some((predicate, None)),
            Expr::Compare { op, left, right } => {
                let (search, other, op) = if is_match(*left) {
                    (*left, *right, *op)
                } else if is_match(*right) {
                    (*right, *left, crate::evaluate::comparison::mirrored(*op))
                } else {
                    return None;
                };
                let op = match op {
                    CompareOp::Greater => ">",
                    CompareOp::GreaterEqual => ">=",
                    _ => return Some((search, None)),
                };
                let rank = match &self.query.exprs[self.query.real(other)] {
                    Expr::Literal { value, .. } => one_digit(value),
                    _ => None,
                };
                Some((search, rank.map(|rank| (op, rank))))
            }
            _ => None,
        }
    }

    /// ORDER BY is the rank alone, best first.
    fn sorts_by_rank(&self, search: ExprId) -> bool {
        matches!(self.query[self.block].order_by.as_slice(), [only] if only.descending && self.query.same(only.expr, search))
            && self.primary == 1
    }

    /// How often the block asks for the same search.
    fn uses_of(&self, search: ExprId) -> usize {
        let block = &self.query[self.block];
        let mut roots: Vec<ExprId> = block.items.iter().map(|item| item.expr).collect();
        roots.extend(block.where_);
        roots.extend(block.having);
        // A reference to a select element is that element's use.
        let direct =
            |expr: &ExprId| !matches!(self.query.exprs[*expr], Expr::Ref { kind: RefKind::Alias(_) | RefKind::Item, .. });
        roots.extend(block.order_by.iter().chain(&block.group_by).map(|element| element.expr).filter(direct));
        let mut count = 0;
        for root in roots {
            self.query.walk(root, &mut |id| {
                count += usize::from(matches!(self.query.exprs[id], Expr::Match { .. }) && self.query.same(id, search));
            });
        }
        count
    }

    fn row_limit(&self) -> Option<u64> {
        (self.state.select_limit != super::place::UNLIMITED).then_some(self.state.select_limit)
    }
}

fn push_separator(text: &mut String) {
    if !text.is_empty() {
        text.push_str(", ");
    }
}

/// A number as C prints it by `%.0g`: one significant digit.
fn one_digit(value: &Value) -> Option<String> {
    let number = match value {
        Value::Int(number) => *number as f64,
        Value::UInt(number) => *number as f64,
        Value::Double(number) => *number,
        Value::Decimal(number) => number.to_string().parse().ok()?,
        _ => return None,
    };
    if number == 0.0 {
        return Some("0".to_owned());
    }
    let text = format!("{number:.0e}");
    let (digit, exponent) = text.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    if (-4..1).contains(&exponent) {
        let rounded: f64 = text.parse().ok()?;
        return Some(rounded.to_string());
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    Some(format!("{digit}e{sign}{:02}", exponent.abs()))
}
