//! Lookups by key: which key uses bind which parts, and the resulting type (spec 04 §11.3).

use super::place::Work;
use crate::catalog::IndexNo;
use crate::join::KeyUse;
use crate::plan::{AccessType, RefAccess};
use crate::query::{Expr, ExprId, NestId, TableSet};

impl Work<'_, '_> {
    /// Makes the lookup of every place that the search gave a key, then lets longer range scans win.
    pub(super) fn make_lookups(&mut self) {
        for index in self.state.const_tables..self.places.len() {
            if self.places[index].access == AccessType::Ref {
                match self.places[index].nest {
                    Some(nest) => self.make_nest_lookup(index, nest),
                    None => {
                        if let Some(key) = self.places[index].position.key {
                            self.make_lookup(index, key);
                        }
                    }
                }
            }
        }
        for index in self.state.const_tables..self.places.len() {
            self.ref_to_range(index);
        }
        for index in 0..self.state.const_tables {
            if let crate::join::Constness::Const { index: key } = self.state.tables[self.places[index].number as usize].constness
            {
                self.make_const_lookup(index, key);
            }
        }
    }

    fn key_uses_of(&self, index: usize, key: IndexNo) -> Vec<KeyUse> {
        let number = self.places[index].number;
        self.state.key_uses.iter().filter(|use_| use_.table == number && use_.index == key).cloned().collect()
    }

    /// Builds the lookup of a place from the key uses of an index, and sets its type.
    pub(super) fn make_lookup(&mut self, index: usize, key: IndexNo) {
        let mut own = TableSet::EMPTY;
        own.insert(self.places[index].number);
        let prefix = self.places[index].available.minus(own).minus(TableSet::RAND);
        let prefix = prefix.union(TableSet::OUTER_REF).union(TableSet::INNER);
        let uses = self.key_uses_of(index, key);
        let full_text = uses.iter().any(|use_| use_.part == KeyUse::FULL_TEXT);
        let mut lookup = empty_lookup(key);
        let mut refs_null = false;
        let mut matches_null = false;
        let mut all_const = true;
        let Some(table) = self.table(index).cloned() else { return };
        let nullable_row = self.places[index].table.is_some_and(|id| self.query[id].nullable_row);
        let actual_parts = self.facts(index).and_then(|t| t.indexes.get(key as usize)).map_or(0, |facts| facts.actual_parts);
        let Some(definition) = table.indexes.get(key as usize) else { return };
        for use_ in &uses {
            if use_.part == KeyUse::FULL_TEXT {
                lookup.values.push(use_.value);
                lookup.conditions.push(use_.condition);
                break;
            }
            let part = lookup.values.len();
            let seen = self.state.const_table_set.union(prefix);
            if use_.part != part || (use_.ref_or_null && refs_null) || part >= actual_parts {
                continue;
            }
            let Some(value) = self.available_value(use_, index, seen) else { continue };
            let Some(key_part) = definition.parts.get(part) else { break };
            let column_nullable = table.columns.get(key_part.column as usize).is_some_and(|column| column.nullable);
            if use_.ref_or_null {
                refs_null = true;
                if column_nullable || nullable_row {
                    lookup.null_part = Some(part);
                }
            }
            if use_.null_rejecting {
                lookup.null_rejecting |= 1 << part;
            }
            if use_.guarded {
                lookup.guarded_parts |= 1 << part;
            }
            if (column_nullable || nullable_row) && (!use_.null_rejecting || use_.ref_or_null) {
                matches_null = true;
            }
            if !self.used(value).minus(TableSet::INNER).is_empty() {
                all_const = false;
            }
            lookup.values.push(value);
            lookup.conditions.push(use_.condition);
            lookup.key_bytes += key_part.store_length;
        }
        let nullable_part = definition
            .parts
            .iter()
            .take(definition.user_parts)
            .any(|part| table.columns.get(part.column as usize).is_some_and(|column| column.nullable));
        matches_null &= nullable_part;
        let unique = if actual_parts < definition.parts.len() { definition.unique } else { definition.actual_unique };
        let place = &mut self.places[index];
        if full_text {
            lookup.key_bytes = 0;
            place.access = AccessType::FullText;
        } else if !unique || matches_null || lookup.values.len() != actual_parts {
            place.access = if lookup.null_part.is_some() { AccessType::RefOrNull } else { AccessType::Ref };
        } else if all_const {
            place.access = AccessType::Const;
            place.rows = 1.0;
        } else {
            place.access = AccessType::EqRef;
            place.rows = 1.0;
        }
        if lookup.values.is_empty() {
            place.access = AccessType::All;
            return;
        }
        place.lookup = Some(lookup);
    }

    /// The value of a key use in its best form, if all that it uses is there: an inner expression of a materialized nest is
    /// a column of the temporary table outside the nest.
    fn available_value(&mut self, use_: &KeyUse, index: usize, seen: TableSet) -> Option<ExprId> {
        let value = self.best_field(use_.value, index);
        if self.used(value).is_subset(seen) {
            return Some(value);
        }
        if self.places[index].inner_of.is_some() {
            return None;
        }
        for nest in &self.state.materialized {
            let known = self.state.nests.iter().find(|known| known.id == nest.nest)?;
            let position = known.pairs.iter().position(|pair| self.query.same(pair.1, use_.value));
            if let Some(position) = position {
                let column = Expr::MaterializedColumn { nest: nest.nest, position: position as u32 };
                let column = self.query.add(self.block, column);
                return self.used(column).is_subset(seen).then_some(column);
            }
        }
        None
    }

    /// A const table keeps the key that its row was read by.
    fn make_const_lookup(&mut self, index: usize, key: IndexNo) {
        let Some(table) = self.table(index).cloned() else { return };
        let Some(definition) = table.indexes.get(key as usize) else { return };
        let mut lookup = empty_lookup(key);
        for use_ in self.key_uses_of(index, key) {
            let part = lookup.values.len();
            if use_.part != part || !self.is_const(use_.value) || part >= definition.user_parts {
                continue;
            }
            lookup.values.push(use_.value);
            lookup.conditions.push(use_.condition);
            lookup.key_bytes += definition.parts[part].store_length;
        }
        if lookup.values.len() < definition.user_parts {
            lookup.key_bytes = definition.key_length();
        }
        self.places[index].lookup = Some(lookup);
    }

    /// The lookup into the temporary table of a materialized nest: one part for each pair (spec 05 §11.2).
    fn make_nest_lookup(&mut self, index: usize, nest: NestId) {
        let pairs: Vec<(ExprId, ExprId)> =
            self.state.nests.iter().find(|known| known.id == nest).map(|known| known.pairs.clone()).unwrap_or_default();
        let mut lookup = empty_lookup(0);
        let mut all_const = true;
        for (part, (outer, inner)) in pairs.iter().enumerate() {
            let value = self.best_field(*outer, index);
            if !self.used(value).minus(TableSet::INNER).is_empty() {
                all_const = false;
            }
            lookup.values.push(value);
            lookup.conditions.push(None);
            lookup.null_rejecting |= 1 << part.min(31);
            lookup.key_bytes += self.materialized_column_bytes(nest, *inner);
        }
        let place = &mut self.places[index];
        place.access = if all_const { AccessType::Const } else { AccessType::EqRef };
        place.rows = 1.0;
        place.lookup = Some(lookup);
    }

    /// Bytes that an inner expression takes in the key of a materialized nest (spec 05 §11.2).
    fn materialized_column_bytes(&self, nest: NestId, inner: ExprId) -> u32 {
        let facts = self.query.exprs.facts(inner);
        let anti = matches!(self.query[nest].kind, crate::query::NestKind::Antijoin(_));
        let length_bytes = if facts.ty.has_length_bytes() { 2 } else { 0 };
        facts.ty.key_bytes() + length_bytes + u32::from(facts.nullable || anti)
    }

    /// The best column of a value's multiple equality: the one whose table comes first in the plan.
    pub(super) fn best_field(&mut self, value: ExprId, index: usize) -> ExprId {
        if !matches!(self.query.exprs[self.query.real(value)], Expr::Column { .. } | Expr::MaterializedColumn { .. }) {
            return value;
        }
        self.best_equal_column(value, index).unwrap_or(value)
    }
}

fn empty_lookup(index: IndexNo) -> RefAccess {
    RefAccess {
        index,
        values: Vec::new(),
        key_bytes: 0,
        guarded_parts: 0,
        null_rejecting: 0,
        null_part: None,
        reverse: false,
        conditions: Vec::new(),
    }
}
