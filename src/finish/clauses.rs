//! ORDER BY and GROUP BY made simpler (spec 06 §4.2 to §4.4, 02 §6.1).

use super::place::{Element, Work};
use crate::plan::AccessType;
use crate::query::{Clause, Expr, ExprFlags, ExprId, OrderElement, TableSet};
use crate::rewrite::conditions::fixes_value;

impl Work<'_, '_> {
    /// Removes elements that cannot change the order. Returns what is left and whether the first table can be sorted by it;
    /// `None` for the latter if the plan is const (then the flag stays as it is).
    pub(super) fn remove_const(&self, list: &[Element], is_group: bool) -> (Vec<Element>, Option<bool>) {
        let change = !self.b().rollup;
        let Some(first) = self.first() else {
            return (if change { Vec::new() } else { list.to_vec() }, None);
        };
        let has_on = self.places[first].outer_joins.first().is_some_and(|join| self.bounds(*join).is_some());
        let has_windows = !self.b().windows.is_empty();
        let mut simple = !(has_on || is_group && has_windows);
        let mut kept: Vec<Element> = Vec::with_capacity(list.len());
        for element in list {
            match self.fate(element, &kept, first) {
                Fate::Drop if change => {}
                Fate::Drop | Fate::Keep => kept.push(element.clone()),
                Fate::KeepComplex => {
                    simple = false;
                    kept.push(element.clone());
                }
            }
        }
        if kept.is_empty() {
            simple = true;
        }
        (kept, Some(simple))
    }

    /// Subqueries of elements that were dropped because they are constant count as optimized away (spec 02 §6.1-2).
    pub(super) fn forget_constant_subqueries(&mut self, before: &[Element], kept: &[Element]) {
        if self.first().is_none() {
            return;
        }
        for element in before {
            let expr = element.expr();
            let constant = self.used(expr).minus(TableSet::INNER).is_empty();
            let dropped = !kept.iter().any(|other| other.expr() == expr);
            if !(constant && dropped && self.expr_flags(expr).any(ExprFlags::SUBQUERY)) {
                continue;
            }
            let mut units = Vec::new();
            self.query.walk(expr, &mut |id| {
                if let Expr::Subquery(subquery) = &self.query.exprs[id] {
                    units.push(subquery.unit);
                }
            });
            units.into_iter().for_each(|unit| self.query[unit].clause = Clause::OptimizedAway);
        }
    }

    fn fate(&self, element: &Element, earlier: &[Element], first: usize) -> Fate {
        let expr = element.expr();
        let flags = self.expr_flags(expr);
        let used = self.used(expr);
        let has_outer_join = self.places.iter().any(|place| !place.outer_joins.is_empty());
        if flags.any(ExprFlags::AGGREGATE.union(ExprFlags::WINDOW)) {
            return Fate::KeepComplex;
        }
        if self.primary > 1 && self.b().rollup && has_outer_join {
            return Fate::KeepComplex;
        }
        if used.minus(TableSet::INNER).is_empty() {
            return Fate::Drop;
        }
        if earlier.iter().any(|other| self.query.same(other.expr(), expr)) {
            return Fate::Drop;
        }
        if flags.any(ExprFlags::SUBQUERY) && self.is_selected(expr) {
            return Fate::KeepComplex;
        }
        if used.meets(TableSet::RAND) || used.meets(TableSet::OUTER_REF) {
            return Fate::KeepComplex;
        }
        if self.where_.is_some_and(|root| self.is_fixed_by(root, expr)) {
            return Fate::Drop;
        }
        let own = TableSet::of(self.places[first].number);
        let others = used.tables().minus(own);
        if !others.is_empty() {
            let elsewhere = !used.meets(own);
            if elsewhere && self.depends_on_earlier(others, earlier) {
                return Fate::Drop;
            }
            return Fate::KeepComplex;
        }
        Fate::Keep
    }

    /// The expression stands in the select list.
    pub(super) fn is_selected(&self, expr: ExprId) -> bool {
        self.b().items.iter().any(|item| self.query.same(item.expr, expr))
    }

    /// All tables are looked up by values that the earlier elements determine (spec 06 §4.3).
    fn depends_on_earlier(&self, tables: TableSet, earlier: &[Element]) -> bool {
        tables.iter().all(|number| self.is_eq_ref_of(number, earlier, 0))
    }

    fn is_eq_ref_of(&self, number: u8, earlier: &[Element], depth: usize) -> bool {
        let Some(place) = self.places.iter().position(|place| place.number == number) else { return false };
        let entry = &self.places[place];
        if place < self.state.const_tables {
            return entry.outer_joins.is_empty();
        }
        if entry.access != AccessType::EqRef || self.has_nullable_row(place) || depth > self.places.len() {
            return false;
        }
        let Some(lookup) = &entry.lookup else { return false };
        let mut last_matched = None;
        for value in &lookup.values {
            if self.is_const(*value) {
                continue;
            }
            if let Some(at) = earlier.iter().position(|element| self.query.same(element.expr(), *value)) {
                last_matched = last_matched.max(Some(at));
                continue;
            }
            if !self.used(*value).tables().iter().all(|other| self.is_eq_ref_of(other, earlier, depth + 1)) {
                return false;
            }
        }
        match last_matched {
            Some(last) => earlier[..last].iter().all(|element| !self.used(element.expr()).contains(number)),
            None => true,
        }
    }

    /// A condition fixes the value of an expression to a constant (spec 06 §4.4, 02 §4.10).
    pub(super) fn is_fixed_by(&self, condition: ExprId, expr: ExprId) -> bool {
        fixes_value(self.query, condition, expr)
    }

    /// What note 1003 prints of a list: elements before the first kept one stay, later ones only if they were kept; the
    /// whole list if nothing was kept (spec 02 §6.1).
    pub(super) fn printed_after(before: &[Element], kept: &[Element]) -> Vec<OrderElement> {
        if kept.is_empty() {
            return before.iter().map(Element::shown).collect();
        }
        let is_kept = |element: &Element| kept.iter().any(|k| k.element == element.element);
        let first = before.iter().position(is_kept).unwrap_or(0);
        before
            .iter()
            .enumerate()
            .filter(|(index, element)| *index < first || is_kept(element))
            .map(|(_, element)| element.shown())
            .collect()
    }
}

/// What becomes of an element.
enum Fate {
    Drop,
    Keep,
    /// Kept, and the first table alone cannot be sorted by it.
    KeepComplex,
}
