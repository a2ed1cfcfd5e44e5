//! The pages of an index as InnoDB fills them (spec 01 §6): inserts one by one in the order of the rows, or a sorted load.

use std::collections::BTreeMap;

/// Bytes for records and their directory on an empty page of 16 KiB.
pub const PAGE_ROOM: u32 = 16_252;

/// Bytes that sequential inserts leave free on a leaf page of the clustered index.
const RESERVE: u32 = 1024;

/// How the rows came into the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Filling {
    /// Inserted in the order of the file, with all indexes there.
    #[default]
    Inserted,
    /// Rebuilt after loading: OPTIMIZE TABLE, or indexes added afterwards.
    Rebuilt,
}

/// The leaf level of an index.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Leaves {
    /// Records of each page, in key order.
    pub records: Vec<u32>,
    /// Pages were split elsewhere than at the right end.
    pub scattered: bool,
}

/// Bytes of the page directory for `records` records.
pub fn directory(records: usize) -> u32 {
    (2 * records as u32).div_ceil(4)
}

#[derive(Debug, Default)]
struct Page {
    /// Places of its records in the order of the whole index.
    records: Vec<u32>,
    bytes: u32,
    last_insert: Option<u32>,
}

/// Fills the leaf level. `places`: for each row in the order of insertion its place in key order; `bytes`: for each place the
/// bytes of its record.
pub fn fill(places: &[u32], bytes: &[u32], room: u32, clustered: bool, filling: Filling) -> Leaves {
    match filling {
        Filling::Inserted => inserted(places, bytes, room, clustered),
        Filling::Rebuilt => rebuilt(bytes, room, clustered),
    }
}

/// A sorted load (spec 01 §6.4).
fn rebuilt(bytes: &[u32], room: u32, clustered: bool) -> Leaves {
    let reserve = if clustered { RESERVE.min(room / 15) } else { 0 };
    let (mut records, mut on_page, mut free) = (Vec::new(), 0usize, room);
    for size in bytes {
        let need = size + directory(on_page + 1) - directory(on_page);
        if on_page > 0 && (need > free || on_page >= 2 && free - need < reserve) {
            records.push(on_page as u32);
            (on_page, free) = (0, room);
        }
        free = free.saturating_sub(size + directory(on_page + 1) - directory(on_page));
        on_page += 1;
    }
    if on_page > 0 {
        records.push(on_page as u32);
    }
    Leaves { records, scattered: false }
}

/// Row by row (spec 01 §6.3).
fn inserted(places: &[u32], bytes: &[u32], room: u32, clustered: bool) -> Leaves {
    let mut tree =
        Tree { bytes, room, reserve: clustered.then_some(RESERVE.min(room / 15)), pages: BTreeMap::new(), elsewhere: 0 };
    for place in places {
        tree.insert(*place);
    }
    let splits = tree.pages.len().saturating_sub(1);
    let records: Vec<u32> = tree.pages.values().map(|page| page.records.len() as u32).filter(|records| *records > 0).collect();
    Leaves { records, scattered: tree.elsewhere * 10 > splits }
}

struct Tree<'a> {
    bytes: &'a [u32],
    room: u32,
    /// Bytes that runs of inserts leave free; none for secondary indexes.
    reserve: Option<u32>,
    /// By the place of the record that each page was made for; the first page by 0.
    pages: BTreeMap<u32, Page>,
    /// Splits of pages that were not the last one.
    elsewhere: usize,
}

impl Tree<'_> {
    fn size(&self, place: u32) -> u32 {
        self.bytes.get(place as usize).copied().unwrap_or(0)
    }

    fn insert(&mut self, place: u32) {
        let (size, room, reserve, alone) = (self.size(place), self.room, self.reserve, self.pages.len() <= 1);
        if self.pages.is_empty() {
            self.pages.insert(0, Page::default());
        }
        let Some((key, page)) = self.pages.range_mut(..=place).next_back() else { return };
        let key = *key;
        let at = page.records.partition_point(|each| *each < place);
        let (count, last) = (page.records.len(), page.last_insert);
        let to_right = at > 0 && last == Some(page.records[at - 1]);
        let to_left = at < count && last == Some(page.records[at]);
        let free = room.saturating_sub(page.bytes + directory(count + 1));
        let keeps_reserve = reserve.is_none_or(|reserve| count < 2 || !(to_right || to_left) || reserve + size <= free);
        if count == 0 || size <= free && keeps_reserve {
            page.put(place, size);
            return;
        }
        if self.pages.range(key + 1..).next().is_some() {
            self.elsewhere += 1;
        }
        let run = if alone {
            Run::None
        } else if to_right {
            Run::Right
        } else if to_left {
            Run::Left
        } else {
            Run::None
        };
        self.split(key, place, at, run);
    }

    fn split(&mut self, key: u32, place: u32, at: usize, run: Run) {
        let size = self.size(place);
        let Some(page) = self.pages.get_mut(&key) else { return };
        let count = page.records.len();
        let (cut, new_goes_right) = match run {
            Run::Right if count - at <= 1 => (at, true),
            Run::Right => (at + 1, false),
            Run::Left if at >= 3 => (at - 1, true),
            Run::Left => (at, false),
            Run::None => (count / 2, at > count / 2),
        };
        let right = page.records.split_off(cut);
        let moved: u32 = right.iter().map(|each| self.bytes.get(*each as usize).copied().unwrap_or(0)).sum();
        page.bytes -= moved;
        page.last_insert = None;
        let mut new = Page { records: right, bytes: moved, last_insert: None };
        let target = if new_goes_right { &mut new } else { page };
        // Where the half is still too full, the new record gets a page of its own.
        let fits = target.records.is_empty() || target.bytes + size + directory(target.records.len() + 1) <= self.room;
        if fits {
            target.put(place, size);
        }
        if let Some(first) = new.records.first() {
            self.pages.insert(*first, new);
        }
        if !fits {
            self.insert_alone(place, size);
        }
    }

    fn insert_alone(&mut self, place: u32, size: u32) {
        let Some((_, page)) = self.pages.range_mut(..=place).next_back() else { return };
        let at = page.records.partition_point(|each| *each < place);
        let right = page.records.split_off(at);
        let moved: u32 = right.iter().map(|each| self.bytes.get(*each as usize).copied().unwrap_or(0)).sum();
        page.bytes -= moved;
        let mut alone = Page::default();
        alone.put(place, size);
        self.pages.insert(place, alone);
        if let Some(first) = right.first() {
            self.pages.insert(*first, Page { bytes: moved, last_insert: None, records: right });
        }
    }
}

enum Run {
    Right,
    Left,
    None,
}

impl Page {
    fn put(&mut self, place: u32, size: u32) {
        let at = self.records.partition_point(|each| *each < place);
        self.records.insert(at, place);
        self.bytes += size;
        self.last_insert = Some(place);
    }
}

/// Pages of the levels above the leaves, root included; 0 if the root is the only page.
pub fn pages_above(leaves: u64, fan_out: u64, scattered: bool) -> u64 {
    let per_page = if scattered { (fan_out * 69 / 100).max(2) } else { fan_out.max(2) };
    let (mut level, mut pages) = (leaves, 0);
    while level > 1 {
        level = if level <= fan_out { 1 } else { level.div_ceil(per_page) };
        pages += level;
    }
    pages
}

/// Node pointers on a page.
pub fn fan_out(pointer_bytes: u32) -> u64 {
    // Half a byte of directory for each.
    u64::from(2 * PAGE_ROOM / (2 * pointer_bytes.max(1) + 1)).max(2)
}

/// Pages that a segment reserves for those it uses (spec 01 §4.1).
pub fn reserved_pages(used: u64, scattered: bool) -> u64 {
    const FRAGMENTS: u64 = 32;
    const EXTENT: u64 = 64;
    if used <= FRAGMENTS {
        return used;
    }
    let reserved = FRAGMENTS + EXTENT * (used - FRAGMENTS).div_ceil(EXTENT);
    // Inserts in random order take the next extent before the last one is full.
    if scattered && (reserved - used) * 8 < reserved { reserved + EXTENT } else { reserved }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ascending(rows: u32) -> Vec<u32> {
        (0..rows).collect()
    }

    /// Records of 57 bytes; every 50th has a NULL of 4 bytes.
    fn rows_of_big() -> Vec<u32> {
        (1..=15_000).map(|no| if no % 50 == 0 { 53 } else { 57 }).collect()
    }

    /// The server's own figures, spec 01 §5.7 and §6.3: table `big` of 15,000 rows.
    #[test]
    fn ascending_inserts_fill_pages_as_the_server_does() {
        let clustered = fill(&ascending(15_000), &rows_of_big(), PAGE_ROOM, true, Filling::Inserted);
        assert_eq!(clustered.records.len(), 58);
        assert_eq!((clustered.records[0], clustered.records[1], clustered.records[57]), (132, 265, 28));
        let secondary = fill(&ascending(15_000), &[13; 15_000], PAGE_ROOM, false, Filling::Inserted);
        assert_eq!(secondary.records.len(), 13);
        assert_eq!((secondary.records[0], secondary.records[1], secondary.records[12]), (601, 1203, 1166));
        assert!(!clustered.scattered && !secondary.scattered);
    }

    #[test]
    fn a_rebuild_fills_pages_as_the_server_does() {
        let clustered = fill(&[], &rows_of_big(), PAGE_ROOM, true, Filling::Rebuilt);
        assert_eq!((clustered.records[0], clustered.records.len()), (265, 57));
        let secondary = fill(&[], &[13; 15_000], PAGE_ROOM, false, Filling::Rebuilt);
        assert_eq!(secondary.records[0], 1203);
    }

    #[test]
    fn random_inserts_fill_two_thirds() {
        let rows = 60_000u32;
        // A multiplication with a number that has no common factor visits every place once.
        let places: Vec<u32> = (0..rows).map(|no| (u64::from(no) * 37_861 % u64::from(rows)) as u32).collect();
        let leaves = fill(&places, &vec![17; rows as usize], PAGE_ROOM, false, Filling::Inserted);
        let share = 17.5 * f64::from(rows) / (f64::from(PAGE_ROOM) * leaves.records.len() as f64);
        assert!((0.5..0.9).contains(&share), "{share}");
        assert!(leaves.scattered);
        assert_eq!(leaves.records.iter().sum::<u32>(), rows);
    }

    /// Sizes of spec 01 §4.1 and of the employees bundle's indexes.
    #[test]
    fn segments_reserve_extents() {
        assert_eq!(reserved_pages(58, false) + pages_above(58, 1000, false), 97);
        assert_eq!(reserved_pages(1, false) + pages_above(1, 1000, false), 1);
        assert_eq!(reserved_pages(739, true) + 1, 865);
        assert_eq!(reserved_pages(358, false) + 1, 417);
        assert_eq!(reserved_pages(866, false) + 1, 929);
        assert_eq!(reserved_pages(500, true) + reserved_pages(359, true) + reserved_pages(268, true) + 3, 1379);
    }
}
