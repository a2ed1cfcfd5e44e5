//! From interval lists to the ranges that an index is read by (spec 03 §4).

use super::interval::{Bound, Interval, List, ListKind};
use super::key_value::KeyValue;
use super::setup::IndexSetup;
use crate::catalog::{IndexKind, Table};
use smallvec::SmallVec;

/// A tuple of leading key part values.
pub type KeyTuple = SmallVec<[KeyValue; 2]>;

/// One range to read.
#[derive(Clone, Debug)]
pub struct EmittedRange<'t> {
    /// The interval of each part on the way to the range.
    pub path: SmallVec<[&'t Interval; 4]>,
    /// Where the scan starts; empty: at the index's start.
    pub min: KeyTuple,
    /// Where it ends; empty: at the index's end.
    pub max: KeyTuple,
    /// Entries equal to `min` do not belong to it.
    pub min_open: bool,
    /// Entries equal to `max` do not belong to it.
    pub max_open: bool,
    /// A following part's ends were appended to a range of this part (step 2b).
    pub lengthened: bool,
}

impl EmittedRange<'_> {
    /// One value of all its parts.
    pub fn is_equality(&self) -> bool {
        !self.min_open && !self.max_open && !self.min.is_empty() && self.min == self.max
    }
    /// The mark that makes a range be dived where statistics would do (spec 03 §5.1).
    pub fn has_null_mark(&self) -> bool {
        self.path.iter().any(|interval| {
            interval.is_null_point()
                || interval.high.value.is_none()
                    && interval.low.open
                    && interval.low.value.as_ref().is_some_and(KeyValue::is_null)
        })
    }
}

/// Enumerates the ranges of a list whose first part is 0. `scan_order`: as an index with descending parts is read; else always
/// ascending, as the optimizer trace prints them.
pub fn enumerate<'t>(index: &IndexSetup, list: &'t List, scan_order: bool) -> Vec<EmittedRange<'t>> {
    let mut walk = Walk { index, scan_order, found: Vec::new() };
    let start = EmittedRange {
        path: SmallVec::new(),
        min: KeyTuple::new(),
        max: KeyTuple::new(),
        min_open: false,
        max_open: false,
        lengthened: false,
    };
    walk.list(list, &start);
    walk.found
}

struct Walk<'i, 't> {
    index: &'i IndexSetup,
    scan_order: bool,
    found: Vec<EmittedRange<'t>>,
}

impl<'t> Walk<'_, 't> {
    fn descending(&self, part: u8) -> bool {
        self.index.parts.get(part as usize).is_some_and(|part| part.descending)
    }

    fn list(&mut self, list: &'t List, prefix: &EmittedRange<'t>) {
        if self.scan_order && self.descending(list.part) {
            for interval in list.intervals.iter().rev() {
                self.interval(list.part, interval, prefix);
            }
        } else {
            for interval in &list.intervals {
                self.interval(list.part, interval, prefix);
            }
        }
    }

    fn interval(&mut self, part: u8, interval: &'t Interval, prefix: &EmittedRange<'t>) {
        let mut range = prefix.clone();
        range.path.push(interval);
        let (start, end) = self.ends(part, interval);
        if let Some(value) = &start.value {
            range.min.push(value.clone());
            range.min_open = start.open;
        }
        if let Some(value) = &end.value {
            range.max.push(value.clone());
            range.max_open = end.open;
        }
        let next = interval.next.as_deref().filter(|next| next.part == part + 1 && next.kind == ListKind::Range);
        let Some(next) = next else {
            self.found.push(range);
            return;
        };
        if interval.is_point() {
            self.list(next, &range);
            return;
        }
        range.lengthened = true;
        if start.is_extensible() {
            range.min_open = self.lengthen(next, &mut range.min, true).unwrap_or(range.min_open);
        }
        if end.is_extensible() {
            range.max_open = self.lengthen(next, &mut range.max, false).unwrap_or(range.max_open);
        }
        self.found.push(range);
    }

    /// Where a scan of the interval starts and ends.
    fn ends(&self, part: u8, interval: &'t Interval) -> (&'t Bound, &'t Bound) {
        if self.descending(part) { (&interval.high, &interval.low) } else { (&interval.low, &interval.high) }
    }

    /// Appends the first start (or last end) of the following parts; returns whether the last one is open.
    fn lengthen(&self, list: &'t List, tuple: &mut KeyTuple, at_start: bool) -> Option<bool> {
        let first = at_start != self.descending(list.part);
        let interval = if first { list.intervals.first() } else { list.intervals.last() }?;
        let bound = if first { &interval.low } else { &interval.high };
        tuple.push(bound.value.clone()?);
        if bound.open {
            return Some(true);
        }
        let next = interval.next.as_deref().filter(|next| next.part == list.part + 1 && next.kind == ListKind::Range);
        Some(next.and_then(|next| self.lengthen(next, tuple, at_start)).unwrap_or(false))
    }
}

/// Number of key parts that the ranges use, without lengthening: `used_key_parts`.
pub fn used_parts(ranges: &[EmittedRange<'_>]) -> usize {
    ranges.iter().map(|range| range.path.len()).max().unwrap_or(0)
}

/// Bytes of the longest key of the ranges: `key_len`.
pub fn key_bytes(index: &IndexSetup, ranges: &[EmittedRange<'_>]) -> u32 {
    let longest = ranges.iter().map(|range| range.min.len().max(range.max.len())).max().unwrap_or(0);
    index.parts[..longest.min(index.parts.len())].iter().map(|part| part.store_length).sum()
}

/// Equality paths, counted until `limit` is reached (spec 03 §5.1).
pub fn equality_paths(list: &List, limit: u64) -> u64 {
    let mut count = 0;
    for interval in &list.intervals {
        if interval.is_point() && !interval.is_null_point() {
            count += match interval.next.as_deref().filter(|next| next.part == list.part + 1) {
                Some(next) => equality_paths(next, limit - count),
                None => 1,
            };
        }
        if count >= limit {
            break;
        }
    }
    count
}

/// Do the ranges deliver rows in row id order (spec 03 §4.3)?
pub fn is_rowid_ordered(table: &Table, setup: &IndexSetup, ranges: &[EmittedRange<'_>]) -> bool {
    let index = &table.indexes[setup.index as usize];
    let has_virtual_part = index.parts[..index.user_parts]
        .iter()
        .any(|part| table.columns[part.column as usize].generated.as_ref().is_some_and(|generated| generated.is_virtual));
    if index.kind != IndexKind::BTree || has_virtual_part {
        return false;
    }
    if Some(setup.index) == table.clustered {
        return true;
    }
    let [range] = ranges else { return false };
    let user_parts = &index.parts[..index.user_parts];
    let used = range.path.len();
    if range.lengthened
        || used <= index.user_parts && !range.is_equality()
        || user_parts.iter().any(|part| part.descending)
        || user_parts.iter().take(used).any(|part| part.prefix_chars.is_some())
    {
        return false;
    }
    if used >= index.user_parts {
        return true;
    }
    // The rest of the user's parts must be the leading columns of the primary key.
    let Some(primary) = table.clustered else { return false };
    let primary = &table.indexes[primary as usize].parts;
    let rest = &user_parts[used..];
    rest.len() <= primary.len()
        && rest.iter().zip(primary).all(|(part, key)| part.column == key.column && part.prefix_chars.is_none())
}

/// May the index be a member of an index merge (spec 03 §4.3)?
pub fn merges(table: &Table, setup: &IndexSetup) -> bool {
    let index = &table.indexes[setup.index as usize];
    !index.parts[..index.user_parts].iter().any(|part| part.descending)
}
