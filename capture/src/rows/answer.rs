//! What the optimizer asks about data while it plans, answered from rows: index dives as InnoDB makes them (spec 01 §5), and rows by
//! unique key.

use super::analyze::AnalyzedIndex;
use super::held::HeldTable;
use super::range_text::{self, PartRange};
use myexplain::catalog::{ColumnNo, Index, IndexKind, IndexNo};
use myexplain::value::Value;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// An end of a range: values of the first parts, and what is done with records that are equal to them.
struct End {
    /// See [`super::held::ColumnOrder::place`].
    places: Vec<u64>,
    /// Equal records are on the far side: `>` on the left, `<` on the right.
    excluded: bool,
}

/// Rows of a dive into one tree, and whether they are exact.
pub fn rows_in_range(held: &HeldTable, index: &Index, tree: &AnalyzedIndex, parts: &[PartRange], table_rows: u64) -> Option<u64> {
    let (low, high) = (end_of(held, index, parts, true)?, end_of(held, index, parts, false)?);
    let before = |end: &End, equal_too: bool| -> u64 {
        tree.sorted.partition_point(|row| {
            let order = compare(held, index, *row, &end.places);
            order == Ordering::Less || equal_too && order == Ordering::Equal
        }) as u64
    };
    // Record numbers from 0: the first inside the range, the first behind it.
    let first = low.as_ref().map_or(0, |end| before(end, end.excluded));
    let behind = high.as_ref().map_or(tree.sorted.len() as u64, |end| before(end, !end.excluded));
    Some(Dive::new(tree).rows(first, behind, low.is_some(), high.as_ref().map(|end| end.excluded), table_rows))
}

fn end_of(held: &HeldTable, index: &Index, parts: &[PartRange], low: bool) -> Option<Option<End>> {
    let mut end = End { places: Vec::new(), excluded: false };
    for (range, part) in parts.iter().zip(&index.parts) {
        // The end of a descending part is the other one in the index.
        let side = if low != part.descending { &range.low } else { &range.high };
        let Some((value, closed)) = side else { break };
        let ty = &held.table.columns[part.column as usize].ty;
        end.places.push(held.order(part.column, part.prefix_chars)?.place(value, ty));
        end.excluded = !closed;
        if !closed {
            break;
        }
    }
    Some((!end.places.is_empty()).then_some(end))
}

/// Compares a row's key with the places of some values.
fn compare(held: &HeldTable, index: &Index, row: u32, places: &[u64]) -> Ordering {
    for (place, part) in places.iter().zip(&index.parts) {
        let rank = held.order(part.column, part.prefix_chars).map_or(0, |order| u64::from(order.ranks[row as usize]));
        let order = (2 * rank).cmp(place);
        let order = if part.descending { order.reverse() } else { order };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// The levels of a tree as record counts of pages, from the root on.
struct Dive {
    levels: Vec<Vec<u64>>,
}

/// A place on a page: the page's number on its level, the position on it (from 1), the page's records.
#[derive(Clone, Copy, Debug, PartialEq)]
struct At {
    page: usize,
    position: u64,
    records: u64,
}

impl Dive {
    fn new(tree: &AnalyzedIndex) -> Dive {
        let mut levels = vec![tree.leaves.records.iter().map(|records| u64::from(*records)).collect::<Vec<u64>>()];
        let per_page = if tree.leaves.scattered { (tree.fan_out * 69 / 100).max(2) } else { tree.fan_out };
        while levels[0].len() > 1 {
            let below = levels[0].len() as u64;
            let per_page = if below <= tree.fan_out { below } else { per_page };
            let full = (below / per_page) as usize;
            let mut level = vec![per_page; full];
            if !below.is_multiple_of(per_page) {
                level.push(below % per_page);
            }
            levels.insert(0, level);
        }
        Dive { levels }
    }

    /// Where on each level the descent to the leaf record `record` (from 1 on its page; 0 and one more are the borders) passes.
    fn path(&self, leaf: At) -> Vec<At> {
        let mut path = vec![leaf];
        for level in self.levels.iter().rev().skip(1) {
            let mut below = path[0].page as u64;
            let page = level.iter().position(|records| {
                let inside = below < *records;
                if !inside {
                    below -= records;
                }
                inside
            });
            let page = page.unwrap_or(level.len().saturating_sub(1));
            path.insert(0, At { page, position: below + 1, records: level[page] });
        }
        path
    }

    fn leaves(&self) -> &[u64] {
        self.levels.last().map_or(&[], |leaves| leaves)
    }

    /// The leaf page on which the record with this number (from 0) is, and its position there.
    fn leaf_of(&self, record: u64) -> At {
        let mut before = 0;
        for (page, records) in self.leaves().iter().enumerate() {
            if record < before + records {
                return At { page, position: record - before + 1, records: *records };
            }
            before += records;
        }
        let page = self.leaves().len().saturating_sub(1);
        let records = self.leaves().last().copied().unwrap_or(0);
        At { page, position: records + 1, records }
    }

    /// Records in the range from record `first` up to the one before `behind`.
    fn rows(&self, first: u64, behind: u64, has_low: bool, high_excluded: Option<bool>, table_rows: u64) -> u64 {
        // The first record of a page is found behind the last one of the page before, since the descent goes below what is less.
        let left = match (has_low, first) {
            (false, _) => At { page: 0, position: 0, records: self.leaves().first().copied().unwrap_or(0) },
            (true, 0) => self.leaf_of(0),
            (true, first) => {
                let before = self.leaf_of(first - 1);
                At { position: before.position + 1, ..before }
            }
        };
        let right = match (high_excluded, behind) {
            (None, _) => {
                let page = self.leaves().len().saturating_sub(1);
                let records = self.leaves().last().copied().unwrap_or(0);
                At { page, position: records + 1, records }
            }
            (Some(_), 0) => At { page: 0, position: 0, records: self.leaves().first().copied().unwrap_or(0) },
            // `<`: the last record that is less; `<=`: the first that is greater.
            (Some(true), behind) => self.leaf_of(behind - 1),
            (Some(false), behind) => {
                let before = self.leaf_of(behind - 1);
                At { position: before.position + 1, ..before }
            }
        };
        let count_left = has_low && left.position <= left.records;
        let count_right = high_excluded == Some(true) && right.position > 0;
        let rows = self.between(&self.path(left), &self.path(right), count_left, count_right, table_rows);
        rows.max(1)
    }

    /// Spec 01 §5.4.
    fn between(&self, left: &[At], right: &[At], mut count_left: bool, mut count_right: bool, table_rows: u64) -> u64 {
        let (mut n, mut exact, mut diverged, mut lot, mut divergence) = (0i64, true, false, false, usize::MAX);
        for (level, (a, b)) in left.iter().zip(right).enumerate() {
            let (a_pos, b_pos) = (a.position as i64, b.position as i64);
            if !diverged && (a.page, a.position) != (b.page, b.position) {
                diverged = true;
                if (a.page, a_pos) < (b.page, b_pos) {
                    n = b_pos - a_pos - 1;
                    if n > 0 {
                        (lot, divergence) = (true, level);
                    }
                } else {
                    (n, count_left, count_right) = (0, false, false);
                }
            } else if diverged && !lot {
                if a_pos < a.records as i64 || b_pos > 1 {
                    (lot, divergence, n) = (true, level, 0);
                    n += (a.records as i64 - a_pos).max(0);
                    n += (b_pos - 1).max(0);
                }
            } else if lot {
                (n, exact) = self.on_level(level, *a, *b, n);
            }
        }
        let levels = left.len();
        if exact {
            match (left.last(), right.last()) {
                (Some(a), Some(b)) if a == b => n = i64::from(count_left && count_right),
                _ => n += i64::from(count_left) + i64::from(count_right),
            }
        }
        if levels > divergence.saturating_add(1) && !exact {
            n *= 2;
        }
        let half = (table_rows / 2) as i64;
        if !exact && n > half {
            n = if half == 0 { table_rows as i64 } else { half };
        }
        n.max(0) as u64
    }

    fn on_level(&self, level: usize, a: At, b: At, before: i64) -> (i64, bool) {
        const READS: i64 = 10;
        let pages = &self.levels[level];
        let mut sum = 0i64;
        if a.position <= a.records {
            sum += (a.records - a.position) as i64;
        }
        if b.position > 1 {
            sum += b.position as i64 - 1;
        }
        let (mut page, mut reads) = (a.page, 0i64);
        loop {
            reads += 1;
            if page != a.page {
                sum += pages[page] as i64;
            }
            page += 1;
            if reads == READS || page >= pages.len() {
                return (before * sum / reads, false);
            }
            if page == b.page {
                return (sum, true);
            }
        }
    }
}

/// Rows of a dive whose text is a range as the trace prints it; none if the text or the index cannot be answered from rows.
pub fn rows_of_text(held: &HeldTable, index: &Index, tree: &AnalyzedIndex, text: &str, table_rows: u64) -> Option<u64> {
    if !matches!(index.kind, IndexKind::BTree) || index.multi_valued {
        return None;
    }
    let parts = range_text::parse(text, &held.table, index)?;
    rows_in_range(held, index, tree, &parts, table_rows)
}

/// A row by the values of a unique index; the inner none if there is no such row, the outer if that cannot be told.
pub fn const_row(held: &HeldTable, index: Option<IndexNo>, key: &[Value]) -> Option<Option<BTreeMap<ColumnNo, Option<String>>>> {
    let row = match index {
        None => (held.rows() == 1).then_some(0)?,
        Some(no) => {
            let index = held.table.indexes.get(no as usize)?;
            let mut wanted = Vec::new();
            for (value, part) in key.iter().zip(&index.parts) {
                let place =
                    held.order(part.column, part.prefix_chars)?.place(value, &held.table.columns[part.column as usize].ty);
                wanted.push(place);
            }
            // NULL is equal to nothing; odd places are between values.
            if wanted.len() != key.len() || key.iter().any(Value::is_null) || wanted.iter().any(|place| place % 2 == 1) {
                return Some(None);
            }
            match (0..held.rows() as u32).find(|row| compare(held, index, *row, &wanted).is_eq()) {
                Some(row) => row as usize,
                None => return Some(None),
            }
        }
    };
    let columns = held.table.columns.iter().enumerate().filter(|(_, column)| !column.functional && column.generated.is_none());
    Some(Some(columns.map(|(no, _)| (no as ColumnNo, held.text(row, no as ColumnNo).map(str::to_owned))).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::tree::Leaves;

    fn tree(records: Vec<u32>) -> Dive {
        let sorted = (0..records.iter().sum()).collect();
        Dive::new(&AnalyzedIndex {
            sorted,
            leaves: Leaves { records, scattered: false },
            pages_above: 1,
            fan_out: 1200,
            distinct: Vec::new(),
            descriptions: Vec::new(),
            sampled_pages: 20,
            external_pages: 0,
        })
    }

    /// The server's answers on table `big`, spec 01 §5.7: index `ke` (values 1 to 15,000) and the clustered index.
    #[test]
    fn dives_answer_as_the_server_does() {
        let mut ke = vec![601u32];
        ke.extend([1203; 11]);
        ke.push(1166);
        let ke = tree(ke);
        let table_rows = 15_312;
        // Values are record numbers plus one. NOT NULL: `e < 700` has no left end.
        assert_eq!(ke.rows(0, 699, false, Some(true), table_rows), 699);
        assert_eq!(ke.rows(3299, 15_000, true, None, table_rows), 11_701);
        assert_eq!(ke.rows(300, 15_000, true, None, table_rows), 7656);
        assert_eq!(ke.rows(0, 14_989, false, Some(true), table_rows), 7656);
        assert_eq!(ke.rows(499, 11_999, true, Some(false), table_rows), 7656);
        assert_eq!(ke.rows(601, 602, true, Some(false), table_rows), 1);
        assert_eq!(ke.rows(1804, 3007, true, Some(false), table_rows), 1203);
        let mut clustered = vec![132u32];
        clustered.extend([265; 56]);
        clustered.push(28);
        let clustered = tree(clustered);
        assert_eq!(clustered.rows(99, 2900, true, Some(false), table_rows), 5070);
        assert_eq!(clustered.rows(2999, 9000, true, Some(false), table_rows), 7656);
        assert_eq!(clustered.rows(499, 3000, true, Some(false), table_rows), 2501);
        assert_eq!(clustered.rows(99, 300, true, Some(false), table_rows), 201);
    }
}
