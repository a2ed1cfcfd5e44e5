//! The entries of the plan in order, and what surrounds each: outer joins, prefixes (spec 05 §5.3, 04 §11.1).

use super::place::{FilterState, OuterJoin, Place, Work};
use crate::catalog::KeySet;
use crate::join::Position;
use crate::plan::{AccessType, JoinBuffer, SemijoinMark};
use crate::query::{NestId, NestKind, TableId, TableSet};

impl Work<'_, '_> {
    /// Makes a place of every position: const tables, the others with one entry for each materialized nest, then the inner
    /// tables of those nests.
    pub(super) fn lay_out(&mut self) {
        let ordinary = self.state.positions.clone();
        let inner: Vec<(NestId, Vec<Position>)> =
            self.state.materialized.iter().map(|nest| (nest.nest, nest.positions.clone())).collect();
        for position in ordinary {
            let place = self.make_place(position, None);
            self.places.push(place);
        }
        self.primary = self.places.len();
        for (nest, positions) in inner {
            for position in positions {
                let place = self.make_place(position, Some(nest));
                self.places.push(place);
            }
        }
        self.set_prefixes();
        self.find_outer_join_bounds();
        self.set_semijoin_ranges();
    }

    /// Number of a nest's temporary table in the block's table sets.
    pub(super) fn nest_number(&self, nest: NestId) -> u8 {
        self.query.nest_bit(self.block, nest).0.trailing_zeros() as u8
    }

    fn make_place(&self, position: Position, inner_of: Option<NestId>) -> Place {
        let nest = position.nest;
        let table = if nest.is_some() { None } else { self.state.tables.get(position.table as usize).map(|t| t.id) };
        let number = nest.map_or(position.table, |nest| self.nest_number(nest));
        let outer_joins = match (table, nest) {
            (Some(id), _) => self.outer_joins_of_table(id, inner_of),
            (None, Some(nest)) => self.outer_joins_of_nest(nest),
            _ => Vec::new(),
        };
        Place {
            number,
            table,
            nest,
            inner_of,
            position,
            rows: position.rows_fetched,
            filter: position.filter_effect,
            filter_state: FilterState::Known,
            access: AccessType::All,
            lookup: None,
            range: None,
            index: None,
            dynamic: false,
            range_settled: false,
            reversed: false,
            ordered_range: false,
            index_only: false,
            condition: None,
            index_condition: None,
            not_null: Vec::new(),
            available: TableSet::EMPTY,
            added: TableSet::EMPTY,
            buffer: JoinBuffer::None,
            not_exists: false,
            unused_in_distinct: false,
            outer_joins,
            last_inner: None,
            first_inner: None,
            first_upper: None,
            semijoin: SemijoinMark::default(),
            semijoin_range: None,
            sort: None,
            dynamic_keys: KeySet::EMPTY,
        }
    }

    /// Outer joins around a table, innermost first; of an inner table of a materialized nest those inside the nest.
    fn outer_joins_of_table(&self, id: TableId, inside: Option<NestId>) -> Vec<OuterJoin> {
        let mut found = Vec::new();
        if self.query[id].outer_join {
            found.push(OuterJoin::Table(id));
        }
        let mut nest = self.query[id].nest;
        while let Some(current) = nest {
            if Some(current) == inside {
                break;
            }
            if self.query[current].outer_join {
                found.push(OuterJoin::Nest(current));
            }
            nest = self.query[current].parent;
        }
        found
    }

    /// Outer joins around a nest's temporary table: the nest itself if it is an antijoin.
    fn outer_joins_of_nest(&self, id: NestId) -> Vec<OuterJoin> {
        let mut found = Vec::new();
        let mut nest = Some(id);
        while let Some(current) = nest {
            if self.query[current].outer_join || matches!(self.query[current].kind, NestKind::Antijoin(_)) {
                found.push(OuterJoin::Nest(current));
            }
            nest = self.query[current].parent;
        }
        found
    }

    /// Which tables each place sees (spec 06 §3.4). Outer references come in with the first place that is not const, what is
    /// not deterministic with the last.
    fn set_prefixes(&mut self) {
        let constants = self.state.const_table_set.union(TableSet::INNER);
        let mut before = TableSet::EMPTY;
        let mut seen = constants.union(TableSet::OUTER_REF);
        for index in 0..self.primary {
            if index < self.state.const_tables {
                self.places[index].available = seen;
                continue;
            }
            seen.insert(self.places[index].number);
            if index + 1 == self.primary {
                seen = seen.union(TableSet::RAND);
            }
            self.places[index].available = seen;
            self.places[index].added = seen.minus(before);
            before = seen;
        }
        let mut current = None;
        for index in self.primary..self.places.len() {
            let nest = self.places[index].inner_of;
            if nest != current {
                current = nest;
                before = TableSet::EMPTY;
                seen = constants;
            }
            seen.insert(self.places[index].number);
            if self.places.get(index + 1).is_none_or(|next| next.inner_of != nest) {
                seen = seen.union(TableSet::RAND);
            }
            self.places[index].available = seen;
            self.places[index].added = seen.minus(before);
            before = seen;
        }
    }

    /// First and last places of each outer join (spec 06 §3.4, 07 §1.2).
    fn find_outer_join_bounds(&mut self) {
        let const_tables = self.state.const_tables;
        for index in const_tables..self.places.len() {
            let joins = self.places[index].outer_joins.clone();
            let mut firsts = joins.iter().filter_map(|join| self.bounds(*join).map(|bounds| bounds.0));
            let first_inner = firsts.next();
            let first_upper = firsts.find(|first| Some(*first) != first_inner);
            self.places[index].first_inner = first_inner;
            self.places[index].first_upper = first_upper;
        }
        for index in const_tables..self.places.len() {
            let Some(join) = self.places[index].outer_joins.first().copied() else { continue };
            if let Some((first, last)) = self.bounds(join)
                && first == index
            {
                self.places[index].last_inner = Some(last);
            }
        }
    }

    /// First and last place of an outer join among the places that are not const.
    pub(super) fn bounds(&self, join: OuterJoin) -> Option<(usize, usize)> {
        let inside = |place: &Place| place.outer_joins.contains(&join);
        let from = self.state.const_tables;
        let first = (from..self.places.len()).find(|index| inside(&self.places[*index]))?;
        let last = (first..self.places.len()).rev().find(|index| inside(&self.places[*index]))?;
        Some((first, last))
    }

    /// The ON condition of an outer join.
    pub(super) fn on_condition(&self, join: OuterJoin) -> Option<crate::query::ExprId> {
        match join {
            OuterJoin::Table(id) => self.query[id].on,
            OuterJoin::Nest(id) => self.query[id].on,
        }
    }

    /// Is the place's table the inner side of an outer join as written: its columns count as nullable for good (spec 06 §3.2)?
    pub(super) fn has_nullable_row(&self, place: usize) -> bool {
        match self.places[place].table {
            Some(id) => self.query[id].nullable_row,
            None => self.places[place].first_inner.is_some(),
        }
    }
}
