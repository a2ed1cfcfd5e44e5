//! Access types from the search's positions, and the first adjustments (spec 04 §11.1, §11.2, 06 §3.1).

use super::place::{FilterState, Work};
use crate::access::RangePlanKind;
use crate::catalog::{IndexNo, KeySet, Table};
use crate::join::{Constness, SemijoinStrategy};
use crate::plan::AccessType;

impl Work<'_, '_> {
    /// Gives every place its access type.
    pub(super) fn choose_access(&mut self) {
        for index in 0..self.places.len() {
            self.access_from_position(index);
        }
        for index in self.state.const_tables..self.places.len() {
            if self.places[index].access == AccessType::All {
                self.prefer_covering_index(index);
            }
        }
    }

    fn access_from_position(&mut self, index: usize) {
        if index < self.state.const_tables {
            let system = matches!(self.facts(index).map(|t| t.constness), Some(Constness::System));
            self.places[index].access = if system { AccessType::System } else { AccessType::Const };
            return;
        }
        let range = self.facts(index).and_then(|table| table.range_plan.clone());
        let place = &mut self.places[index];
        if place.nest.is_some() {
            let lookup = place.position.key.is_some() || place.position.semijoin == SemijoinStrategy::MaterializeLookup;
            place.access = if lookup { AccessType::Ref } else { AccessType::All };
            return;
        }
        place.range = range;
        if let Some((loose, _)) = place.position.loose_scan
            && place.range.as_ref().is_some_and(|range| range.single_index() != Some(loose))
        {
            place.range = None;
        }
        place.access = match (&place.position.key, &place.range) {
            (Some(_), _) => AccessType::Ref,
            (None, Some(range)) => range_type(&range.kind),
            (None, None) => AccessType::All,
        };
    }

    /// A full scan becomes a scan of the shortest covering index.
    fn prefer_covering_index(&mut self, index: usize) {
        let Some(facts) = self.facts(index) else { return };
        let covering = facts.covering;
        if covering.is_empty() || facts.materialized {
            return;
        }
        let Some(table) = self.table(index) else { return };
        let shortest = shortest_key(table, covering);
        let place = &mut self.places[index];
        let chosen = place.position.loose_scan.map(|scan| scan.0).or(shortest);
        if let Some(chosen) = chosen {
            place.access = AccessType::Index;
            place.index = Some(chosen);
        }
    }

    /// A ref becomes the range scan on the same index that uses more of it (after lookups were made).
    pub(super) fn ref_to_range(&mut self, index: usize) -> bool {
        let place = &self.places[index];
        let Some(range) = &place.range else { return false };
        if place.access != AccessType::Ref {
            if place.lookup.is_some() {
                self.places[index].range = None;
            }
            return false;
        }
        let Some(lookup) = &place.lookup else { return false };
        let same_index = range.single_index() == Some(lookup.index);
        let values = lookup.values.clone();
        let longer = range.key_bytes() > lookup.key_bytes;
        let plain = lookup.null_part.is_none();
        let constant = values.iter().all(|value| self.used(*value).tables().is_empty());
        let kind = range_type(&range.kind);
        let place = &mut self.places[index];
        if same_index && longer && plain && constant {
            place.access = kind;
            place.lookup = None;
            place.filter_state = FilterState::Stale;
            place.range_settled = true;
            return true;
        }
        place.range = None;
        false
    }

    /// Ranges that can never hold, found by the search (spec 06 §3.1 point 3).
    pub(super) fn impossible_ranges(&self, index: usize) -> bool {
        let Some(facts) = self.facts(index) else { return false };
        if !facts.always_false || facts.const_keys.is_empty() || self.places[index].first_inner.is_some() {
            return false;
        }
        let first = Some(index) == self.first();
        match self.places[index].access {
            AccessType::Ref => first,
            AccessType::All | AccessType::Index | AccessType::Range | AccessType::IndexMerge => true,
            _ => false,
        }
    }
}

/// `range` or `index_merge`.
pub(super) fn range_type(kind: &RangePlanKind) -> AccessType {
    match kind {
        RangePlanKind::IndexRange(_) | RangePlanKind::GroupSkip(_) | RangePlanKind::SkipScan(_) => AccessType::Range,
        RangePlanKind::SortUnion(_) | RangePlanKind::Union(_) | RangePlanKind::Intersection { .. } => AccessType::IndexMerge,
    }
}

/// The covering index with the shortest keys (spec 06 §3.1): a clustered primary key only if no other qualifies, or the other
/// has as many parts as the table has columns.
pub(super) fn shortest_key(table: &Table, covering: KeySet) -> Option<IndexNo> {
    let clustered = table.primary.filter(|primary| table.clustered == Some(*primary));
    let secondary = covering
        .iter()
        .filter(|index| Some(*index) != clustered && table.indexes.get(*index as usize).is_some())
        .min_by_key(|index| table.indexes[*index as usize].key_length());
    let primary = clustered.filter(|primary| covering.contains(*primary));
    match (secondary, primary) {
        (Some(index), Some(primary)) => {
            let visible = table.columns.iter().filter(|column| !column.functional).count();
            let wide = table.indexes[index as usize].user_parts >= visible;
            Some(if wide { primary } else { index })
        }
        (index, primary) => index.or(primary),
    }
}
