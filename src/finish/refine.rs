//! Key-only reading, index condition pushdown, and the rows and filter that are shown (spec 06 §8, 04 §11.6).

use super::place::{FilterState, Work};
use crate::access::RangePlanKind;
use crate::catalog::{KeySet, Switch};
use crate::estimate::{FilterTable, HistogramCache, IndexRows, filter};
use crate::plan::{AccessType, JoinBuffer};
use crate::query::{ColumnSet, Command, TableSet};

impl Work<'_, '_> {
    /// Step 11 of spec 06 §1.
    pub(super) fn refine(&mut self) {
        self.set_up_weedout();
        for index in 0..self.places.len() {
            if index < self.state.const_tables {
                self.refine_const(index);
                continue;
            }
            self.refine_access(index);
            self.refine_rows(index);
        }
        self.switch_off_mixed_buffers();
    }

    /// Indexes that may be read alone: none of a table that rows are changed in.
    fn covering(&self, index: usize) -> Option<KeySet> {
        let id = self.places[index].table;
        let changed = match &self.query.command {
            Command::Update { targets, .. } | Command::Delete { targets, .. } => id.is_some_and(|id| targets.contains(&id)),
            _ => false,
        };
        if changed { None } else { self.facts(index).map(|facts| facts.covering) }
    }

    fn refine_const(&mut self, index: usize) {
        let covering = self.covering(index);
        let key = self.places[index].lookup.as_ref().map(|lookup| lookup.index);
        if let (Some(covering), Some(key)) = (covering, key) {
            self.places[index].index_only = covering.contains(key);
        }
    }

    fn refine_access(&mut self, index: usize) {
        let covering = self.covering(index);
        let place = &self.places[index];
        match place.access {
            AccessType::EqRef | AccessType::Ref | AccessType::RefOrNull | AccessType::Const | AccessType::System => {
                let Some(key) = place.lookup.as_ref().map(|lookup| lookup.index) else { return };
                if covering.is_some_and(|covering| covering.contains(key)) {
                    self.places[index].index_only = true;
                } else {
                    self.push_index_condition(index, key);
                }
            }
            AccessType::Range | AccessType::IndexMerge => {
                let Some(range) = &place.range else { return };
                match range.single_index() {
                    Some(key) if covering.is_some_and(|covering| covering.contains(key)) => {
                        self.places[index].index_only = true;
                    }
                    Some(key) if matches!(range.kind, RangePlanKind::IndexRange(_)) => self.push_index_condition(index, key),
                    Some(_) => {}
                    None => {
                        let covered = matches!(&range.kind, RangePlanKind::Intersection { covering: true, .. });
                        self.places[index].index_only = covered;
                    }
                }
            }
            AccessType::Index => {
                let key = place.index;
                self.places[index].index_only = match (covering, key) {
                    (Some(covering), Some(key)) => covering.contains(key),
                    _ => false,
                };
            }
            _ => {}
        }
    }

    /// Rows really read by the access, and the part of the filter that comes from constant conditions (spec 04 §11.6).
    fn refine_rows(&mut self, index: usize) {
        let Some(facts) = self.facts(index) else { return };
        let records = facts.records as f64;
        let place = &mut self.places[index];
        let rows = match place.access {
            AccessType::All | AccessType::Index => Some(records),
            AccessType::Range | AccessType::IndexMerge => place.range.as_ref().map(|range| range.rows),
            _ => None,
        };
        if let Some(rows) = rows
            && place.filter_state != FilterState::StaleRowsFinal
        {
            let before = place.rows;
            place.rows = rows;
            if place.filter_state == FilterState::Known {
                place.filter = if rows == 0.0 { 0.0 } else { place.filter * (before / rows) as f32 };
            }
        }
        if place.filter_state != FilterState::Known {
            self.renew_filter(index);
        }
    }

    /// The filter of the final access, from the whole condition (spec 04 §8).
    fn renew_filter(&mut self, index: usize) {
        let place = &self.places[index];
        let own = TableSet::of(place.number);
        let available = place.available.minus(own);
        let rows = place.rows;
        let Some(facts) = self.facts(index) else { return };
        let ignore = self.columns_of_access(index);
        let quick: Vec<IndexRows> = facts
            .quick
            .iter()
            .enumerate()
            .filter_map(|(key, quick)| {
                quick.as_ref().map(|quick| IndexRows { index: key as u8, rows: quick.rows, key_parts: quick.key_parts })
            })
            .collect();
        let table = FilterTable {
            id: facts.id,
            number: facts.number,
            records: facts.records,
            found: facts.found,
            condition_columns: &facts.condition_columns,
            conjuncts: &facts.conjuncts,
            quick: &quick,
        };
        let enabled = self.ctx.settings.switches.on(Switch::ConditionFanoutFilter) && self.state.where_.is_some();
        let filter = if enabled {
            filter(self.ctx, self.query, &HistogramCache::default(), table, available, ignore, rows, None)
        } else {
            1.0
        };
        self.places[index].filter = filter;
    }

    /// Columns that the access accounts for (spec 04 §8.3 step 3).
    fn columns_of_access(&self, index: usize) -> ColumnSet {
        let place = &self.places[index];
        let mut columns = ColumnSet::default();
        if let (Some(_), Some(key)) = (&place.lookup, place.position.key) {
            let Some(definition) = self.table(index).and_then(|table| table.indexes.get(key as usize)) else { return columns };
            for use_ in self.state.key_uses.iter().filter(|use_| use_.table == place.number && use_.index == key) {
                if use_.part >= 32 || place.position.bound_parts >> use_.part & 1 == 0 {
                    break;
                }
                if let Some(part) = definition.parts.get(use_.part) {
                    columns.insert(part.column);
                }
            }
        } else if let Some(range) = &place.range {
            columns = range.columns.clone();
        }
        columns
    }

    /// A block with a hash join and an outer join by batched key access uses neither (spec 04 §11.5).
    fn switch_off_mixed_buffers(&mut self) {
        let hash = self.places.iter().any(|place| place.buffer == JoinBuffer::Hash);
        let outer_batched =
            self.places.iter().any(|place| place.buffer == JoinBuffer::BatchedKeyAccess && place.first_inner.is_some());
        self.no_hash_joins = hash && outer_batched;
    }
}
