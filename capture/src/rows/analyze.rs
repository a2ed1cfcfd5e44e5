//! Statistics of an index as ANALYZE TABLE computes them (spec 01 §4.2), from all rows and simulated pages.

use super::held::{HeldTable, RecordFields};
use super::tree::{self, Filling, Leaves};
use myexplain::catalog::{Index, Table};

/// What is known of one index after ANALYZE TABLE.
#[derive(Clone, Debug)]
pub struct AnalyzedIndex {
    /// Rows in key order.
    pub sorted: Vec<u32>,
    /// The leaf level.
    pub leaves: Leaves,
    /// Pages of the levels above.
    pub pages_above: u64,
    /// Node pointers on a page.
    pub fan_out: u64,
    /// Distinct prefixes of one part, two parts …, as the server would estimate them.
    pub distinct: Vec<u64>,
    /// The columns of these parts, joined by commas, as `stat_description` has them.
    pub descriptions: Vec<String>,
    /// Leaf pages that were looked at for each prefix.
    pub sampled_pages: u64,
    /// External pages of long values.
    pub external_pages: u64,
}

impl AnalyzedIndex {
    /// Pages of the leaf level, with external ones.
    pub fn leaf_pages(&self) -> u64 {
        (self.leaves.records.len() as u64).max(1) + self.external_pages
    }
    /// Pages reserved by the index.
    pub fn size_pages(&self) -> u64 {
        tree::reserved_pages(self.leaf_pages(), self.leaves.scattered) + self.pages_above
    }
}

/// How an index is computed.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    /// How the rows came.
    pub filling: Filling,
    /// `innodb_stats_persistent_sample_pages`.
    pub sample_pages: u64,
}

/// Parts of an index by which its statistics count: columns with prefix lengths and whether they descend.
fn counted_parts(table: &Table, index: &Index) -> Vec<(u16, Option<u32>, bool)> {
    let is_clustered = table.clustered.and_then(|no| table.indexes.get(no as usize)).is_some_and(|each| each.name == index.name);
    let own = if index.unique || is_clustered { index.user_parts } else { index.parts.len() };
    index.parts[..own].iter().map(|part| (part.column, part.prefix_chars, part.descending)).collect()
}

/// Analyzes one index over some rows (all, or those of a partition). No index: the hidden row id.
pub fn analyze(held: &HeldTable, rows: &[u32], index: Option<&Index>, fields: &RecordFields, method: Method) -> AnalyzedIndex {
    let table = &held.table;
    let parts = index.map_or(Vec::new(), |index| counted_parts(table, index));
    let ranks: Vec<(&[u32], bool)> = parts
        .iter()
        .filter_map(|(column, prefix, descending)| Some((held.order(*column, *prefix)?.ranks.as_slice(), *descending)))
        .collect();
    let mut sorted = rows.to_vec();
    let compare_part = |a: u32, b: u32, (ranks, descending): &(&[u32], bool)| {
        let order = ranks[a as usize].cmp(&ranks[b as usize]);
        if *descending { order.reverse() } else { order }
    };
    sorted.sort_by(|a, b| {
        let differing = ranks.iter().map(|part| compare_part(*a, *b, part)).find(|order| order.is_ne());
        differing.unwrap_or_else(|| a.cmp(b))
    });
    let bytes = held.record_bytes(fields);
    let compressed = table.row_format == Some(myexplain::catalog::RowFormat::Compressed);
    let room = if compressed { compressed_room(table.page_bytes) } else { tree::PAGE_ROOM };
    let mut external_pages = 0;
    let sizes: Vec<u32> = sorted.iter().map(|row| on_page(bytes[*row as usize], &mut external_pages)).collect();
    let mut places = vec![0u32; held.rows()];
    for (place, row) in sorted.iter().enumerate() {
        places[*row as usize] = place as u32;
    }
    let in_order: Vec<u32> = rows.iter().map(|row| places[*row as usize]).collect();
    let is_clustered = index.is_none()
        || table.clustered.and_then(|no| table.indexes.get(no as usize)).map(|each| &each.name) == index.map(|index| &index.name);
    let leaves = tree::fill(&in_order, &sizes, room, is_clustered, method.filling);
    let pointer = pointer_bytes(table, index, &sizes, is_clustered);
    let fan_out = tree::fan_out(pointer);
    let pages_above = tree::pages_above(leaves.records.len() as u64, fan_out, leaves.scattered);
    let first_differences: Vec<u8> = sorted
        .windows(2)
        .map(|pair| ranks.iter().position(|part| compare_part(pair[0], pair[1], part).is_ne()).unwrap_or(ranks.len()) as u8)
        .collect();
    let uniq = ranks.len().max(1);
    let (distinct, sampled_pages) = if index.is_none() {
        (vec![expected_rows(sorted.len() as u64, &leaves, method.sample_pages)], method.sample_pages)
    } else {
        let leaf_pages = leaves.records.len() as u64 + external_pages;
        let full = leaves.records.len() <= 1 || method.sample_pages * uniq as u64 > leaf_pages.min(1_000_000);
        let count = |parts: usize| {
            if full { exact(&first_differences, parts, sorted.len()) } else { sampled(&first_differences, parts, &leaves) }
        };
        ((1..=uniq).map(count).collect(), if full { leaf_pages.max(1) } else { method.sample_pages })
    };
    let names: Vec<&str> = parts.iter().map(|(column, ..)| &*table.columns[*column as usize].name).collect();
    let descriptions = match index {
        Some(_) => (1..=uniq).map(|count| names[..count.min(names.len())].join(",")).collect(),
        None => vec!["DB_ROW_ID".to_owned()],
    };
    AnalyzedIndex { sorted, leaves, pages_above, fan_out, distinct, descriptions, sampled_pages, external_pages }
}

/// Bytes for records on a compressed page: InnoDB writes to it as long as what it compresses to fits. A guess.
fn compressed_room(page_bytes: u32) -> u32 {
    let ratio = 1.4;
    ((f64::from(page_bytes) - 180.0) * ratio).clamp(512.0, f64::from(tree::PAGE_ROOM)) as u32
}

/// Bytes of a record on its page: long values go to pages of their own, 20 bytes stay.
fn on_page(bytes: u32, external_pages: &mut u64) -> u32 {
    const MOST: u32 = 8126;
    const POINTER: u32 = 20;
    const EXTERNAL_ROOM: u32 = 16_330;
    if bytes <= MOST {
        return bytes;
    }
    let kept = MOST / 2;
    *external_pages += u64::from((bytes - kept).div_ceil(EXTERNAL_ROOM));
    kept + POINTER
}

fn pointer_bytes(table: &Table, index: Option<&Index>, sizes: &[u32], is_clustered: bool) -> u32 {
    const CHILD: u32 = 4;
    match index {
        None => 5 + 6 + CHILD,
        Some(index) if is_clustered => {
            let key = |part: &myexplain::catalog::KeyPart| table.columns[part.column as usize].ty.pack_bytes().min(part.length);
            5 + index.parts[..index.user_parts].iter().map(key).sum::<u32>() + CHILD
        }
        Some(_) => (sizes.iter().map(|size| u64::from(*size)).sum::<u64>() / sizes.len().max(1) as u64) as u32 + CHILD,
    }
}

/// Distinct prefixes over all records.
fn exact(first_differences: &[u8], parts: usize, rows: usize) -> u64 {
    let borders = first_differences.iter().filter(|difference| usize::from(**difference) < parts).count();
    (borders + usize::from(rows > 0)) as u64
}

/// The expectation of what sampling leaf pages gives: below the last record of each group of equal prefixes on the level above the
/// leaves, the distinct prefixes of the page but one.
fn sampled(first_differences: &[u8], parts: usize, leaves: &Leaves) -> u64 {
    let is_border = |at: usize| first_differences.get(at).is_some_and(|difference| usize::from(*difference) < parts);
    let (mut start, mut groups, mut sum) = (0usize, 0u64, 0u64);
    for (page, records) in leaves.records.iter().enumerate() {
        let records = *records as usize;
        let last = page + 1 == leaves.records.len();
        let inside = (start..start + records.saturating_sub(1)).filter(|at| is_border(*at)).count() as u64;
        let ends_group = last || inside > 0 || is_border(start + records - 1);
        if ends_group {
            groups += 1;
            sum += inside;
        }
        start += records;
    }
    if groups == 0 { 0 } else { sum }
}

/// Rows that the server believes after sampling: one less for each leaf page.
fn expected_rows(rows: u64, leaves: &Leaves, sample_pages: u64) -> u64 {
    let pages = leaves.records.len() as u64;
    if pages <= 1 || sample_pages > pages { rows } else { rows - pages }
}
