//! Conditions on tables: IS NOT NULL of lookup values, the constant part, WHERE and ON over the tables (spec 06 §3.2 to §3.4).

use super::place::{OuterJoin, Work};
use crate::evaluate;
use crate::plan::AccessType;
use crate::query::{Expr, ExprFlags, ExprId, GuardKind, NestId, NestKind, TableSet};

/// Message of a constant part that does not hold.
pub(super) const IMPOSSIBLE_WHERE: &str = "Impossible WHERE noticed after reading const tables";
/// Message of a constant HAVING that does not hold.
pub(super) const IMPOSSIBLE_HAVING: &str = "Impossible HAVING noticed after reading const tables";

impl Work<'_, '_> {
    /// Attaches conditions to the tables and looks at the access of scans again. `Err` holds the message if no row can come.
    pub(super) fn attach_conditions(&mut self) -> Result<(), &'static str> {
        for index in self.state.const_tables..self.places.len() {
            if self.impossible_ranges(index) {
                return Err(IMPOSSIBLE_WHERE);
            }
        }
        self.add_not_null_conditions();
        self.evaluate_constant_part()?;
        for index in self.state.const_tables..self.places.len() {
            self.attach_where(index)?;
            self.attach_on_conditions(index);
            self.attach_antijoin_markers(index);
            self.attach_nest_condition(index);
        }
        self.mark_not_exists();
        Ok(())
    }

    /// Values of null-rejecting lookup parts must not be NULL: said on the tables that they come from (spec 06 §3.2).
    fn add_not_null_conditions(&mut self) {
        for index in self.state.const_tables..self.places.len() {
            let place = &self.places[index];
            if !matches!(place.access, AccessType::Ref | AccessType::EqRef | AccessType::RefOrNull) {
                continue;
            }
            if self.has_nullable_row(index) {
                continue;
            }
            let Some(lookup) = self.places[index].lookup.clone() else { continue };
            for (part, value) in lookup.values.iter().enumerate() {
                if lookup.null_rejecting >> part & 1 == 0 {
                    continue;
                }
                self.add_not_null_condition(index, *value);
            }
        }
    }

    fn add_not_null_condition(&mut self, index: usize, value: ExprId) {
        let value = self.query.real(value);
        let Some(source) = self.place_of_column(value) else { return };
        if source == index || source < self.state.const_tables || !self.query.exprs.facts(value).nullable {
            return;
        }
        if self.places[source].not_null.contains(&value) {
            return;
        }
        self.places[source].not_null.push(value);
        let not_null = self.add(Expr::IsNull { arg: value, negated: true });
        let so_far = self.places[source].condition;
        self.places[source].condition = self.and(so_far, Some(not_null));
    }

    /// The part of WHERE that only uses const tables is evaluated now (spec 06 §3.3).
    fn evaluate_constant_part(&mut self) -> Result<(), &'static str> {
        let Some(root) = self.where_ else { return Ok(()) };
        if self.state.const_tables == 0 && self.used(root).tables().is_empty() && self.plan_is_const() {
            return Ok(());
        }
        let available = self.state.const_table_set.union(TableSet::INNER);
        if let Some(part) = self.extract(root, available, TableSet::EMPTY)
            && self.is_false(part)
        {
            return Err(IMPOSSIBLE_WHERE);
        }
        if self.plan_is_const() && self.is_const(root) && !self.is_expensive(root) {
            self.where_ = None;
        }
        Ok(())
    }

    /// Known to be false (or NULL) while planning.
    pub(super) fn is_false(&self, condition: ExprId) -> bool {
        match &self.query.exprs[condition] {
            Expr::And(members) => members.iter().any(|member| self.is_false(*member)),
            Expr::Or(members) => !members.is_empty() && members.iter().all(|member| self.is_false(*member)),
            _ => matches!(self.truth(condition), Some(false)),
        }
    }

    /// Truth of a constant condition, if it is known.
    pub(super) fn truth(&self, condition: ExprId) -> Option<bool> {
        evaluate::evaluate(self.ctx, self.query, condition).truth()
    }

    fn attach_where(&mut self, index: usize) -> Result<(), &'static str> {
        let (available, added) = (self.places[index].available, self.places[index].added);
        let mut part = self.where_.and_then(|root| self.extract(root, available, added));
        if part.is_none() && self.where_.is_some() && self.places[index].range.is_some() {
            part = Some(self.query.add_boolean(self.block, true));
        }
        let not_null = self.places[index].condition;
        let mut condition = self.and(part, not_null);
        if let Some(whole) = condition
            && let Some(first) = self.places[index].first_inner
        {
            condition = Some(self.guard_found_match(whole, Some(first), None));
        }
        self.places[index].condition = condition;
        self.recheck_access(index)
    }

    /// Wraps a condition once for every outer join from `first` outwards, up to but not including the one that starts at `until`.
    fn guard_found_match(&mut self, condition: ExprId, first: Option<usize>, until: Option<usize>) -> ExprId {
        let Some(index) = first else { return condition };
        if first == until {
            return condition;
        }
        let upper = self.upper_of(index);
        let inside = self.guard_found_match(condition, upper, until);
        let kind = self.found_match(index);
        self.add(Expr::Guard { kind, condition: inside })
    }

    /// First place of the outer join around the one that starts at `index`.
    fn upper_of(&self, index: usize) -> Option<usize> {
        self.places[index].first_upper
    }

    fn found_match(&self, first: usize) -> GuardKind {
        match (self.places[first].table, self.places[first].nest) {
            (Some(id), _) => GuardKind::FoundMatch(id),
            (None, Some(nest)) => GuardKind::FoundMatchOfNest(nest),
            _ => GuardKind::OuterFieldIsNotNull,
        }
    }

    fn not_null_complement(&self, first: usize) -> GuardKind {
        match (self.places[first].table, self.places[first].nest) {
            (Some(id), _) => GuardKind::IsNotNullComplement(id),
            (None, Some(nest)) => GuardKind::IsNotNullComplementOfNest(nest),
            _ => GuardKind::OuterFieldIsNotNull,
        }
    }

    /// ON conditions of the outer joins that end here, innermost first (spec 06 §3.4).
    fn attach_on_conditions(&mut self, last: usize) {
        let joins = self.places[last].outer_joins.clone();
        for join in joins {
            match self.bounds(join) {
                Some((first, end)) if end == last => self.attach_on_condition(join, first, last),
                _ => {}
            }
        }
    }

    fn attach_on_condition(&mut self, join: OuterJoin, first: usize, last: usize) {
        let Some(on) = self.on_condition(join) else { return };
        let constants = self.state.const_table_set.union(TableSet::INNER);
        if let Some(part) = self.extract(on, constants, TableSet::EMPTY) {
            self.attach_on_part(first, first, part);
        }
        for index in first..=last {
            let available = self.places[index].available;
            let added = if index == first { available } else { self.places[index].added };
            if let Some(part) = self.extract(on, available, added) {
                self.attach_on_part(index, first, part);
            }
        }
    }

    /// The ON condition of a materialized antijoin, once its last inner table was looked at.
    fn attach_nest_condition(&mut self, index: usize) {
        let Some(nest) = self.places[index].inner_of else { return };
        let is_last = self.places.get(index + 1).is_none_or(|next| next.inner_of != Some(nest));
        let anti = matches!(self.query[nest].kind, NestKind::Antijoin(_));
        if let (true, true, Some(on)) = (is_last, anti, self.query[nest].on) {
            self.attach_inside_nest(on, nest);
        }
    }

    /// The parts of a materialized antijoin's condition that its inner tables check: these run without any guard.
    fn attach_inside_nest(&mut self, on: ExprId, nest: NestId) {
        let inner: Vec<usize> = (self.primary..self.places.len()).filter(|i| self.places[*i].inner_of == Some(nest)).collect();
        let constants = self.state.const_table_set.union(TableSet::INNER);
        if let (Some(first), Some(part)) = (inner.first(), self.extract(on, constants, TableSet::EMPTY)) {
            let so_far = self.places[*first].condition;
            self.places[*first].condition = self.and(so_far, Some(part));
        }
        for index in inner {
            let (available, added) = (self.places[index].available, self.places[index].added);
            let Some(part) = self.extract(on, available, added) else { continue };
            let innermost = self.places[index].first_inner;
            let part = self.guard_found_match(part, innermost, None);
            let so_far = self.places[index].condition;
            self.places[index].condition = self.and(so_far, Some(part));
        }
    }

    fn attach_on_part(&mut self, index: usize, first: usize, part: ExprId) {
        let innermost = self.places[index].first_inner;
        let inside = self.guard_found_match(part, innermost, Some(first));
        let kind = self.not_null_complement(first);
        let guarded = self.add(Expr::Guard { kind, condition: inside });
        let so_far = self.places[index].condition;
        self.places[index].condition = self.and(so_far, Some(guarded));
    }

    /// The condition that no inner row may satisfy, on the first inner table of an antijoin.
    fn attach_antijoin_markers(&mut self, index: usize) {
        for join in self.places[index].outer_joins.clone() {
            let OuterJoin::Nest(nest) = join else { continue };
            let anti = matches!(self.query[nest].kind, NestKind::Antijoin(_));
            if anti && self.bounds(join).is_some_and(|(first, _)| first == index) {
                self.attach_antijoin_marker(index);
            }
        }
    }

    fn attach_antijoin_marker(&mut self, first: usize) {
        let never = self.add(Expr::AntijoinMarker);
        let kind = self.found_match(first);
        let found = self.add(Expr::Guard { kind, condition: never });
        let kind = self.not_null_complement(first);
        let marker = self.add(Expr::Guard { kind, condition: found });
        let so_far = self.places[first].condition;
        self.places[first].condition = self.and(so_far, Some(marker));
        self.places[first].not_exists = true;
    }

    /// `LEFT JOIN … WHERE inner.col IS NULL` with a column that cannot be NULL by itself (spec 04 §3.1, 06 §10.1).
    fn mark_not_exists(&mut self) {
        let Some(root) = self.state.where_.or(self.where_) else { return };
        for part in super::equalities::conjuncts(self.query, root) {
            let Expr::IsNull { arg, negated: false } = self.query.exprs[part] else { continue };
            let Some((table, column)) = self.query.column_of(arg) else { continue };
            let not_nullable = self.query[table].table.columns.get(column as usize).is_some_and(|c| !c.nullable);
            let Some(place) = self.place_of(table) else { continue };
            if not_nullable && place >= self.state.const_tables && self.places[place].first_inner.is_some() {
                self.places[place].not_exists = true;
            }
        }
    }

    /// HAVING without aggregates, when const tables were read: trivial parts go (spec 06 §1 step 5).
    pub(super) fn evaluate_having(&mut self) -> Result<(), &'static str> {
        let Some(root) = self.having else { return Ok(()) };
        let aggregates = ExprFlags::AGGREGATE.union(ExprFlags::WINDOW);
        if self.state.const_tables == 0 || self.expr_flags(root).any(aggregates) || self.b().rollup {
            return Ok(());
        }
        let parts = super::equalities::conjuncts(self.query, root);
        let mut kept = Vec::new();
        for part in &parts {
            let constant = self.is_const(*part) && !self.is_expensive(*part);
            match if constant { self.truth(*part) } else { None } {
                Some(false) => return Err(IMPOSSIBLE_HAVING),
                Some(true) => {}
                None => kept.push(*part),
            }
        }
        if kept.len() < parts.len() {
            self.having = match kept.len() {
                0 => None,
                1 => Some(kept[0]),
                _ => Some(self.add(Expr::And(kept))),
            };
            self.shown_having = match self.having {
                None => Some(self.query.add_boolean(self.block, true)),
                having => having,
            };
        }
        Ok(())
    }
}
