//! Outer-join nests must be placed without other tables between (spec 04 §9.7).

use super::block_tables::nest_members;
use super::state::JoinTable;
use crate::query::{NestId, Query};
use smallvec::SmallVec;

/// Which outer-join nests are open, and how far each is placed.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenNests {
    nests: Vec<NestId>,
    totals: Vec<u32>,
    counters: Vec<u32>,
    /// Places in `nests` around each table, innermost first.
    around: Vec<SmallVec<[u8; 4]>>,
    open: u64,
}

impl OpenNests {
    /// No nest is open.
    pub fn new(query: &Query, tables: &[JoinTable]) -> OpenNests {
        let mut open = OpenNests::default();
        for table in tables {
            let around = table.outer_nests.iter().map(|&nest| {
                let known = open.nests.iter().position(|&other| other == nest);
                known.unwrap_or_else(|| {
                    open.nests.push(nest);
                    open.totals.push(nest_members(query, nest));
                    open.nests.len() - 1
                }) as u8
            });
            let around: SmallVec<[u8; 4]> = around.collect();
            open.around.push(around);
        }
        open.counters = vec![0; open.nests.len()];
        open
    }

    /// The open nests as a bit set.
    pub fn open(&self) -> u64 {
        self.open
    }

    /// Places a table; false, and nothing changed, if an open nest does not hold it. `alone` is the nest that is planned by
    /// itself: nests around it do not count.
    pub fn enter(&mut self, alone: Option<NestId>, table: u8) -> bool {
        if self.nests.is_empty() {
            return true;
        }
        let around = &self.around[table as usize];
        let map = around.iter().fold(0u64, |map, &nest| map | 1 << nest);
        if self.open & !map != 0 {
            return false;
        }
        for &nest in around {
            let place = nest as usize;
            if alone == Some(self.nests[place]) {
                break;
            }
            self.counters[place] += 1;
            self.open |= 1 << nest;
            if self.counters[place] != self.totals[place] {
                break;
            }
            self.open &= !(1 << nest);
        }
        true
    }

    /// Takes a table back.
    pub fn leave(&mut self, alone: Option<NestId>, table: u8) {
        if self.nests.is_empty() {
            return;
        }
        for &nest in &self.around[table as usize] {
            let place = nest as usize;
            if alone == Some(self.nests[place]) {
                break;
            }
            self.open |= 1 << nest;
            let was_full = self.counters[place] == self.totals[place];
            self.counters[place] = self.counters[place].saturating_sub(1);
            if self.counters[place] == 0 {
                self.open &= !(1 << nest);
            }
            if !was_full {
                break;
            }
        }
    }
}
