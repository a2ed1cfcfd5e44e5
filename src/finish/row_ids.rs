//! Columns that are read so that rows can be found again (spec 06 §8, 07 §9.5).

use super::place::Work;
use crate::query::Command;

impl Work<'_, '_> {
    /// Adds the primary key to the columns that are read from a table, where its rows may have to be fetched again: below a
    /// sort or temporary table, in a weedout range, and for rows that a join changes.
    pub(super) fn read_primary_keys(&mut self) {
        let whole_block = self.need_temporary
            || self.distinct
            || !self.group_by.is_empty()
            || !self.order_by.is_empty()
            || !self.query[self.block].windows.is_empty();
        let mut in_weedout = false;
        for index in self.state.const_tables..self.places.len() {
            let place = &self.places[index];
            in_weedout |= place.semijoin.weedout_start;
            let weeded = in_weedout;
            in_weedout &= !place.semijoin.weedout_end;
            let Some(id) = place.table else { continue };
            let changed = match &self.query.command {
                Command::Update { targets, .. } | Command::Delete { targets, .. } => targets.contains(&id),
                _ => false,
            };
            if !(whole_block || weeded || changed) {
                continue;
            }
            let table = self.query[id].table.clone();
            let Some(primary) = table.primary.and_then(|no| table.indexes.get(usize::from(no))) else { continue };
            for part in primary.parts.iter().take(primary.user_parts) {
                self.query[id].read_set.insert(part.column);
            }
        }
    }
}
