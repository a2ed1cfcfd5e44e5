//! Statistics of an index that nobody built.
//!
//! Rows a key: how many different values the first columns have together. That is exact where another index begins with the same
//! columns in any order, or where they hold a unique key; else it comes from histograms and from what the types can hold; several
//! columns are taken as independent, within what indexes over some or more of them tell.

use super::layer::{IndexLayer, TableLayer, same_column};
use super::record::{entry_bytes, leaf_pages};
use crate::catalog::{Column, ColumnNo, Engine, IndexKind, IndexNo, KeyPart, Statistics, Table, TypeKind};

/// Statistics, and how they came to be.
pub(super) struct Derived {
    pub(super) facts: IndexLayer,
    pub(super) lines: Vec<String>,
}

/// A number of different values.
#[derive(Clone, Debug)]
struct Distinct {
    values: f64,
    why: String,
}

/// A column as a part of an index holds it: whole, or its first characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Piece {
    column: ColumnNo,
    prefix: Option<u32>,
}

impl Piece {
    fn of(part: &KeyPart) -> Piece {
        Piece { column: part.column, prefix: part.prefix_chars }
    }
}

/// What was known before: facts of the table as it was.
struct Known<'a> {
    facts: &'a dyn Statistics,
    table: &'a Table,
    rows: f64,
}

/// The server's guess where it has no statistics: one key in a hundred.
const GUESSED_VALUES: f64 = 100.0;

/// Derives the statistics of an index of `layer`'s table from `facts` about `before`, the table as it was.
pub(super) fn derive(facts: &dyn Statistics, before: &Table, layer: &TableLayer, index: IndexNo) -> Derived {
    let table = &layer.table;
    let definition = &table.indexes[index as usize];
    let rows = facts.table(before).rows;
    let known = Known { facts, table: before, rows: rows as f64 };
    let old = |column: ColumnNo| same_column(before, &table.columns[column as usize]);
    let mut lines = Vec::new();
    let mut records_per_key = Vec::with_capacity(definition.parts.len());
    let mut last: Option<Distinct> = None;
    for parts in 1..=definition.parts.len() {
        let whole_unique = definition.unique && parts >= definition.user_parts;
        let distinct =
            if whole_unique || parts == definition.parts.len() && parts > definition.user_parts && definition.actual_unique {
                Distinct { values: known.rows, why: "unique".to_owned() }
            } else {
                known.distinct(table, &definition.parts[..parts], last.as_ref(), &old)
            };
        let per_key = (rows as f32 / distinct.values.max(1.0) as f32).max(1.0);
        if parts <= definition.user_parts {
            let columns: Vec<&str> =
                definition.parts[..parts].iter().map(|part| &*table.columns[part.column as usize].name).collect();
            lines.push(format!(
                "rows a key of ({}): {per_key:.4} = {rows} rows / {:.0} values: {}",
                columns.join(", "),
                distinct.values,
                distinct.why
            ));
        }
        records_per_key.push(Some(per_key));
        last = Some(distinct);
    }
    if !matches!(definition.kind, IndexKind::BTree) || table.engine == Engine::Memory {
        return other_kind(table, index, records_per_key, lines);
    }
    let mut pages = None;
    if matches!(table.engine, Engine::InnoDb | Engine::Other) {
        let entry = entry_bytes(facts, before, table, &stored_parts(table, index), old);
        lines.extend(entry.lines);
        let count = leaf_pages(rows, entry.bytes, facts.table(before).page_bytes.max(1024), table.clustered == Some(index));
        lines.push(format!("leaf pages: {count} = {rows} entries of {:.1} bytes in full pages", entry.bytes));
        pages = Some(count);
    }
    let (in_memory, in_memory_known) = memory_share(facts, before, &mut lines);
    Derived { facts: IndexLayer { original: None, records_per_key, leaf_pages: pages, in_memory, in_memory_known }, lines }
}

/// The server counts pages that were read into memory, not those that building an index left there: a new index counts as not
/// cached (seen on 9.7). Where no shares are known, sizes tell, as for the other indexes.
fn memory_share(facts: &dyn Statistics, before: &Table, lines: &mut Vec<String>) -> (f64, bool) {
    let others = || (0..before.indexes.len()).map(|no| no as IndexNo);
    let by_size = others().find(|no| !facts.index_in_memory_known(before, *no));
    match by_size {
        None => {
            lines.push("in memory: nothing, as the server counts it for an index that was just built".to_owned());
            (0.0, true)
        }
        Some(other) => {
            let share = facts.index_in_memory(before, other);
            lines.push(format!("in memory: {share:.2}, as for index {}: by size", before.indexes[other as usize].name));
            (share, false)
        }
    }
}

/// The parts that an entry holds: the user's and those of the clustered key that are not among them; a unique index shows the
/// optimizer only the first, but its entries hold the row's key all the same.
fn stored_parts(table: &Table, index: IndexNo) -> Vec<KeyPart> {
    let definition = &table.indexes[index as usize];
    let mut parts = definition.parts.clone();
    if let Some(clustered) = table.clustered.filter(|no| *no != index) {
        let clustered = &table.indexes[clustered as usize];
        for part in &clustered.parts[..clustered.user_parts] {
            if !parts.iter().any(|own| own.column == part.column && own.prefix_chars.is_none()) {
                parts.push(part.clone());
            }
        }
    }
    parts
}

/// Hash, full-text and spatial indexes, and MEMORY tables (spec 01 §3.2, §10.9).
fn other_kind(table: &Table, index: IndexNo, known: Vec<Option<f32>>, mut lines: Vec<String>) -> Derived {
    let definition = &table.indexes[index as usize];
    let parts = definition.parts.len();
    let records_per_key = match (table.engine, definition.kind) {
        (Engine::Memory, IndexKind::BTree) => vec![None; parts],
        (Engine::Memory, _) => {
            let full = known.last().copied().flatten().map(|rows| if definition.unique { 1.0 } else { rows.max(2.0) });
            (0..parts).map(|no| full.filter(|_| no + 1 == parts)).collect()
        }
        _ => {
            lines = vec!["rows a key: 1, as the server has it for indexes that are no trees".to_owned()];
            vec![Some(1.0); parts]
        }
    };
    let in_memory_known = false;
    Derived { facts: IndexLayer { original: None, records_per_key, leaf_pages: None, in_memory: 1.0, in_memory_known }, lines }
}

impl Known<'_> {
    /// Different values of some parts together; `shorter` is the answer without the last of them.
    fn distinct(
        &self,
        table: &Table,
        parts: &[KeyPart],
        shorter: Option<&Distinct>,
        old: &dyn Fn(ColumnNo) -> Option<ColumnNo>,
    ) -> Distinct {
        let pieces: Option<Vec<Piece>> =
            parts.iter().map(|part| Some(Piece { column: old(part.column)?, prefix: part.prefix_chars })).collect();
        if let Some(found) = pieces.as_ref().and_then(|pieces| self.unique(pieces).or_else(|| self.same_columns(pieces))) {
            return found;
        }
        let Some(last) = parts.last() else { return Distinct { values: 1.0, why: String::new() } };
        let single = || match old(last.column) {
            Some(column) => self.single(Piece { column, prefix: last.prefix_chars }),
            None => self.new_column(&table.columns[last.column as usize]),
        };
        let Some(shorter) = shorter else { return single() };
        let last_alone = match old(last.column) {
            Some(column) => {
                let piece = [Piece { column, prefix: last.prefix_chars }];
                self.unique(&piece).or_else(|| self.same_columns(&piece)).unwrap_or_else(single)
            }
            None => single(),
        };
        self.together(shorter, &last_alone, pieces.as_deref())
    }

    /// The columns hold a whole unique key.
    fn unique(&self, pieces: &[Piece]) -> Option<Distinct> {
        let index = self.table.indexes.iter().find(|index| {
            let user = &index.parts[..index.user_parts];
            index.unique && user.iter().all(|part| pieces.contains(&Piece::of(part)))
        })?;
        Some(Distinct { values: self.rows, why: format!("they hold the unique key {}", index.name) })
    }

    /// Another index begins with the same columns, in any order.
    fn same_columns(&self, pieces: &[Piece]) -> Option<Distinct> {
        self.prefixes(pieces.len()).find_map(|(no, parts, own)| {
            let same = own.len() == pieces.len() && own.iter().all(|piece| pieces.contains(piece));
            if !same {
                return None;
            }
            let per_key = self.facts.records_per_key(self.table, no, parts)?;
            let name = &self.table.indexes[no as usize].name;
            let why =
                if parts == 1 { format!("as in index {name}") } else { format!("as the first {parts} columns of index {name}") };
            Some(Distinct { values: self.rows / f64::from(per_key.max(1.0)), why })
        })
    }

    /// Prefixes of tree indexes: index, number of parts, pieces.
    fn prefixes(&self, least: usize) -> impl Iterator<Item = (IndexNo, usize, Vec<Piece>)> {
        let trees = self.table.indexes.iter().enumerate().filter(|(_, index)| matches!(index.kind, IndexKind::BTree));
        trees.flat_map(move |(no, index)| {
            (least..=index.parts.len())
                .map(move |parts| (no as IndexNo, parts, index.parts[..parts].iter().map(Piece::of).collect()))
        })
    }

    /// One column that begins no index.
    fn single(&self, piece: Piece) -> Distinct {
        let column = &self.table.columns[piece.column as usize];
        if let Some(histogram) = self.facts.histogram(self.table, piece.column) {
            let nulls = u64::from(histogram.null_share > 0.0);
            let values = ((histogram.distinct_values() + nulls) as f64).clamp(1.0, self.rows.max(1.0));
            let sampled = if histogram.sampling_rate < 1.0 {
                format!(" (it looked at {:.0} % of the rows)", histogram.sampling_rate * 100.0)
            } else {
                String::new()
            };
            let cut = if piece.prefix.is_some() { ", at most" } else { "" };
            return Distinct { values, why: format!("histogram of {}{sampled}{cut}", column.name) };
        }
        let (least, most) = self.bounds(&[piece]);
        if let Some(held) = type_values(column) {
            let values = held.clamp(least, most);
            return Distinct { values, why: format!("what the type of {} can hold", column.name) };
        }
        let values = GUESSED_VALUES.clamp(least, most);
        let bounded = if values == GUESSED_VALUES { "" } else { ", within what indexes over it tell" };
        Distinct { values, why: format!("a guess: nothing is known of {}{bounded}; a histogram would tell", column.name) }
    }

    /// A column that the table did not have.
    fn new_column(&self, column: &Column) -> Distinct {
        match &column.generated {
            Some(generated) => {
                let values = GUESSED_VALUES.min(self.rows.max(1.0));
                Distinct { values, why: format!("a guess: nothing is known of {}", generated.expression) }
            }
            None => Distinct { values: 1.0, why: format!("{} is new: every row holds its default", column.name) },
        }
    }

    /// Least and most different values that indexes over some or more of the columns tell.
    fn bounds(&self, pieces: &[Piece]) -> (f64, f64) {
        let (mut least, mut most) = (1.0f64, self.rows.max(1.0));
        for (no, parts, own) in self.prefixes(1) {
            let Some(per_key) = self.facts.records_per_key(self.table, no, parts) else { continue };
            let values = self.rows / f64::from(per_key.max(1.0));
            if pieces.iter().all(|piece| own.contains(piece)) {
                most = most.min(values);
                // (a, b) has at most as many values as a times b.
                let shorter = own[..parts - 1].iter().all(|piece| !pieces.contains(piece)) && pieces.len() == 1;
                if shorter
                    && parts > 1
                    && let Some(per_key) = self.facts.records_per_key(self.table, no, parts - 1)
                {
                    least = least.max(values / (self.rows / f64::from(per_key.max(1.0))).max(1.0));
                }
            }
            if own.iter().all(|piece| pieces.contains(piece)) {
                least = least.max(values);
            }
        }
        (least.min(most), most)
    }

    /// Two sets of columns, taken as independent, within the bounds.
    fn together(&self, shorter: &Distinct, last: &Distinct, pieces: Option<&[Piece]>) -> Distinct {
        let (least, most) = pieces.map_or((1.0, self.rows.max(1.0)), |pieces| self.bounds(pieces));
        let least = least.max(shorter.values).max(last.values).min(most);
        let pairs = shorter.values * last.values;
        // Of so many pairs that could be, those that at least one of the rows has.
        let met = pairs * -(-self.rows / pairs.max(1.0)).exp_m1();
        let values = met.clamp(least, most);
        let bounded = if values == met { "" } else { ", within what other indexes tell" };
        let why = format!("{:.0} x {:.0} if independent{bounded} ({})", shorter.values, last.values, last.why);
        Distinct { values, why }
    }
}

/// Values that a type can hold, if they are few; NULL counts.
fn type_values(column: &Column) -> Option<f64> {
    let held = match column.ty.kind {
        TypeKind::Enum => column.ty.member_count() as f64,
        TypeKind::Set if column.ty.member_count() <= 6 => (1u64 << column.ty.member_count()) as f64,
        TypeKind::TinyInt | TypeKind::Bit if column.ty.length == 1 => 2.0,
        _ => return None,
    };
    Some(held.max(1.0) + f64::from(u8::from(column.nullable)))
}
