//! Marks of semijoin strategies in the final plan (spec 05 §5.4, §11.3).

use super::place::Work;
use crate::join::SemijoinStrategy;
use crate::plan::{AccessType, JoinBuffer};

impl Work<'_, '_> {
    /// Ranges of FirstMatch, LooseScan and weedout among the ordinary places, as the search left them.
    pub(super) fn set_semijoin_ranges(&mut self) {
        let mut index = self.state.const_tables;
        while index < self.primary {
            let position = self.places[index].position;
            let length = (position.semijoin_tables as usize).max(1);
            let last = (index + length - 1).min(self.primary.saturating_sub(1));
            match position.semijoin {
                SemijoinStrategy::FirstMatch => {
                    self.set_range(index, last);
                    self.places[last].semijoin.first_match_to = Some(index.checked_sub(1).unwrap_or(usize::MAX));
                }
                SemijoinStrategy::LooseScan => {
                    self.set_range(index, last);
                    self.places[index].semijoin.loose_scan_until = Some(last);
                    self.places[index].semijoin.loose_scan_key_bytes = self.loose_scan_key_bytes(index);
                    if last > index {
                        self.places[last].semijoin.first_match_to = Some(index);
                    }
                }
                SemijoinStrategy::DuplicateWeedout => self.set_range(index, last),
                _ => {
                    index += 1;
                    continue;
                }
            }
            index = last + 1;
        }
    }

    fn set_range(&mut self, first: usize, last: usize) {
        for place in &mut self.places[first..=last] {
            place.semijoin_range = Some((first, last));
        }
    }

    fn loose_scan_key_bytes(&self, index: usize) -> u32 {
        let Some((key, parts)) = self.places[index].position.loose_scan else { return 0 };
        let Some(table) = self.table(index) else { return 0 };
        table.indexes.get(key as usize).map_or(0, |definition| definition.key_bytes(parts as usize))
    }

    /// Bounds of weedout ranges, once join buffers are known: a buffer moves the start to the first table that is not const,
    /// an outer join that the end lies in moves the end.
    pub(super) fn set_up_weedout(&mut self) {
        for index in self.state.const_tables..self.primary {
            if self.places[index].position.semijoin != SemijoinStrategy::DuplicateWeedout {
                continue;
            }
            let Some((mut first, mut last)) = self.places[index].semijoin_range else { continue };
            if self.places[first..=last].iter().any(|place| place.buffer != JoinBuffer::None) {
                first = self.state.const_tables;
            }
            let around_first = self.places[first].outer_joins.clone();
            for join in self.places[last].outer_joins.clone() {
                if !around_first.contains(&join)
                    && let Some((_, end)) = self.bounds(join)
                {
                    last = last.max(end);
                }
            }
            self.places[first].semijoin.weedout_start = true;
            self.places[last].semijoin.weedout_end = true;
            self.places[first].semijoin.weedout_confluent = self.stores_no_row_id(first, last);
        }
    }

    /// Every table of a weedout range is inner to the nest, or looked up by values of such tables: LIMIT 1 does.
    fn stores_no_row_id(&self, first: usize, last: usize) -> bool {
        (first..=last).all(|index| {
            let Some(facts) = self.facts(index) else { return false };
            if facts.semijoin_nest.is_some() {
                return true;
            }
            let place = &self.places[index];
            let Some(lookup) = &place.lookup else { return false };
            let own_nest = place.table.and_then(|id| self.query[id].nest);
            place.access == AccessType::EqRef
                && lookup.values.iter().all(|value| {
                    self.used(*value).tables().iter().all(|number| {
                        let source = self.state.tables.get(number as usize);
                        source.is_some_and(|source| self.query[source.id].nest == own_nest)
                    })
                })
        })
    }
}
