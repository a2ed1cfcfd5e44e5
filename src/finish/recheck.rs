//! Looking at the access of scans again once their conditions are known: ranges that depend on earlier tables, a low LIMIT
//! (spec 06 §3.5, 03 §10.2, §10.4).

use super::access::range_type;
use super::conditions::IMPOSSIBLE_WHERE;
use super::ordering::OrderQuestion;
use super::place::{FilterState, UNLIMITED, Work};
use crate::access::range::analyse;
use crate::access::{RangeHints, RangeOutcome, RangeRequest, ScanDirection, WantedOrder};
use crate::catalog::KeySet;
use crate::plan::AccessType;
use crate::query::{ExprId, TableSet};

/// Why the access is looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    NotFirstTable,
    LowLimit,
}

/// Rows of a range scan from which on dynamic ranges are preferred.
const DYNAMIC_RANGE_ROWS: f64 = 100.0;

impl Work<'_, '_> {
    /// Looks at the access of a place again, after WHERE and before ON was attached.
    pub(super) fn recheck_access(&mut self, index: usize) -> Result<(), &'static str> {
        let place = &self.places[index];
        if place.table.is_none() {
            return Ok(());
        }
        let lookup = matches!(place.access, AccessType::Ref | AccessType::EqRef | AccessType::RefOrNull);
        let inner = place.first_inner.is_some();
        if !(place.condition.is_some() || self.where_.is_none() || lookup || inner || place.range.is_some()) {
            return Ok(());
        }
        let needed = self.facts(index).map_or(KeySet::EMPTY, |facts| facts.needed_registers);
        let scan =
            matches!(self.places[index].access, AccessType::All | AccessType::Index | AccessType::Range | AccessType::IndexMerge);
        let before_access = self.places[index].access;
        let before_range = self.places[index].range.clone();
        if !needed.is_empty() && self.places[index].range.is_some() {
            self.drop_range(index);
        }
        if !scan || self.places[index].range_settled {
            return Ok(());
        }
        if let Some(reason) = self.recheck_reason(index) {
            self.recheck(index, reason)?;
        }
        self.consider_dynamic_ranges(index);
        if self.places[index].access != before_access || self.places[index].range != before_range {
            self.places[index].filter_state = FilterState::Stale;
        }
        Ok(())
    }

    fn drop_range(&mut self, index: usize) {
        let place = &mut self.places[index];
        place.range = None;
        if matches!(place.access, AccessType::Range | AccessType::IndexMerge) {
            place.access = AccessType::All;
        }
    }

    fn recheck_reason(&self, index: usize) -> Option<Reason> {
        let facts = self.facts(index)?;
        let place = &self.places[index];
        if place.position.loose_scan.is_some() || facts.materialized {
            return None;
        }
        let outer_dependent = self.query[self.b().unit].outer.is_some()
            && self.where_.is_some_and(|root| self.used(root).meets(TableSet::OUTER_REF));
        if self.where_.is_some() && facts.keys != facts.const_keys && (index > 0 || outer_dependent) {
            return Some(Reason::NotFirstTable);
        }
        let wanted = self.state.select_limit as f64;
        let rows = place.rows * f64::from(place.filter);
        let low = self.state.select_limit != UNLIMITED && wanted < rows && !self.found_rows;
        (!facts.const_keys.is_empty() && Some(index) == self.first() && low).then_some(Reason::LowLimit)
    }

    fn recheck(&mut self, index: usize, reason: Reason) -> Result<(), &'static str> {
        let Some(facts) = self.facts(index) else { return Ok(()) };
        let mut keys = facts.keys;
        let mut wanted = WantedOrder::Any;
        if reason == Reason::LowLimit {
            match self.keys_for_low_limit(index) {
                LowLimit::Settled => return Ok(()),
                LowLimit::Recheck(candidates, direction) => {
                    keys = candidates;
                    wanted = direction;
                }
            }
        }
        let was_index = self.places[index].access == AccessType::Index;
        self.drop_range(index);
        let limit = if self.found_rows { UNLIMITED } else { self.state.select_limit };
        let on = self.places[index].outer_joins.first().and_then(|join| self.on_condition(*join));
        let condition = self.places[index].condition;
        let both = self.and(condition, on);
        self.trace_recheck(index, reason == Reason::LowLimit);
        let mut outcome = self.analyse_ranges(index, keys, both, limit, false, wanted);
        if on.is_some() && outcome.as_ref().is_some_and(|outcome| outcome.impossible) {
            outcome = self.analyse_ranges(index, keys, condition, limit, false, wanted);
        }
        self.trace_end();
        let Some(outcome) = outcome else { return Ok(()) };
        if outcome.impossible {
            return Err(IMPOSSIBLE_WHERE);
        }
        let place = &mut self.places[index];
        if let Some(range) = outcome.plan {
            place.access = range_type(&range.kind);
            place.range = Some(range);
        } else if was_index {
            place.access = AccessType::Index;
        }
        Ok(())
    }

    /// What a LIMIT lower than the expected rows asks for.
    fn keys_for_low_limit(&mut self, index: usize) -> LowLimit {
        let list = self.order_by.clone();
        let present = self.places[index].range.as_ref().and_then(|range| Some((range.single_index()?, range.is_reversible())));
        if let Some((key, reversible)) = present {
            let order = self.place_order_by_key(index, &list, key, false);
            if order.direction == 1 {
                return LowLimit::Settled;
            }
            if order.direction == -1 && !order.mixed && reversible {
                self.reverse_range(index);
                return LowLimit::Settled;
            }
        }
        let Some(id) = self.places[index].table else { return LowLimit::Settled };
        let forced = self.query[id].force_index_order;
        let keys = self.facts(index).map_or(KeySet::EMPTY, |facts| facts.keys);
        if !forced && self.switch_keeps_access(index) {
            return LowLimit::Recheck(keys, WantedOrder::Any);
        }
        let usable = if forced { keys.intersect(self.query[id].usable_keys_order) } else { keys };
        let question = OrderQuestion {
            list: &list,
            is_group: false,
            constants_removed: false,
            limit: self.state.select_limit,
            no_changes: true,
            keys: usable,
        };
        match self.cheaper_for_place(index, &question, usable, None, self.state.select_limit) {
            None => LowLimit::Settled,
            Some(found) => {
                let direction = if found.direction < 0 { WantedOrder::Descending } else { WantedOrder::Ascending };
                LowLimit::Recheck(KeySet::of(found.index), direction)
            }
        }
    }

    fn reverse_range(&mut self, index: usize) {
        if let Some(range) = &mut self.places[index].range
            && let crate::access::RangePlanKind::IndexRange(scan) = &mut range.kind
        {
            scan.direction = ScanDirection::Backward;
        }
    }

    fn consider_dynamic_ranges(&mut self, index: usize) {
        let Some(facts) = self.facts(index) else { return };
        let mut estimated = KeySet::EMPTY;
        for (key, quick) in facts.quick.iter().enumerate() {
            if quick.is_some() {
                estimated.insert(key as u8);
            }
        }
        let (needed, checked) = (facts.needed_registers, facts.checked_keys);
        if estimated.union(needed).is_subset(checked) {
            return;
        }
        if let Some(facts) = self.facts_mut(index) {
            facts.keys = facts.keys.union(estimated).union(needed);
        }
        let keys = self.facts(index).map_or(KeySet::EMPTY, |facts| facts.keys);
        let place = &mut self.places[index];
        let large = place.range.as_ref().is_some_and(|range| range.rows >= DYNAMIC_RANGE_ROWS);
        if !needed.is_empty() && (estimated.is_empty() || large) {
            place.dynamic = true;
            place.dynamic_keys = keys;
            place.access = AccessType::All;
        }
    }

    /// Runs the range optimizer for a place and keeps its estimates (spec 03 §1, calls B to D).
    pub(super) fn analyse_ranges(
        &mut self,
        index: usize,
        keys: KeySet,
        condition: Option<ExprId>,
        limit: u64,
        forced: bool,
        wanted: WantedOrder,
    ) -> Option<RangeOutcome> {
        let id = self.places[index].table?;
        let facts = self.facts(index)?;
        let conditions: Vec<ExprId> = condition.into_iter().collect();
        let statistics = facts.statistics;
        let partitions = facts.partitions.clone();
        let mut own = TableSet::EMPTY;
        own.insert(self.places[index].number);
        let previous = self.places[index].available.minus(own).minus(self.state.const_table_set);
        let request = RangeRequest {
            block: self.block,
            table: id,
            statistics: &statistics,
            partitions: partitions.as_deref(),
            conditions: &conditions,
            equalities: &self.where_equalities,
            keys,
            readable: self.state.const_table_set,
            previous,
            limit,
            ignore_table_scan: self.query[id].force_index,
            force: forced,
            order: wanted,
            skip_dives: false,
            covering: facts.covering,
            inner_of_outer_join: facts.inner_of_outer_join,
            table_count: self.state.tables.len(),
            hints: RangeHints::of(self.query, id),
        };
        let outcome = analyse(self.ctx, self.query, &request);
        self.query.diagnostics.extend(outcome.diagnostics.iter().cloned());
        let facts = self.facts_mut(index)?;
        facts.needed_registers = outcome.needed_registers;
        for (key, estimate) in &outcome.quick {
            if let Some(slot) = facts.quick.get_mut(*key as usize) {
                *slot = Some(*estimate);
            }
        }
        for (key, rows) in &outcome.member_rows {
            if let Some(Some(estimate)) = facts.quick.get_mut(*key as usize) {
                estimate.rows = *rows;
            }
        }
        facts.quick_condition_rows = facts.quick_condition_rows.min(outcome.condition_rows);
        facts.keys = facts.keys.union(outcome.possible_keys);
        Some(outcome)
    }
}

/// Outcome of [`Work::keys_for_low_limit`].
enum LowLimit {
    /// The present access is right, or nothing better exists.
    Settled,
    /// Analyse these indexes for this direction.
    Recheck(KeySet, WantedOrder),
}
