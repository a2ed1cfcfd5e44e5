//! Rows of a table in memory: each column as codes into its distinct texts, with the place of each text in the column's order.

use indexmap::IndexSet;
use myexplain::catalog::{Column, ColumnNo, DataType, Index, Table, TypeKind, collation, stored_value};
use myexplain::value::Value;
use myexplain::value::compare::{compare_in_type, enum_index};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

/// Code of NULL.
const NULL: u32 = u32::MAX;

/// Rows of one table, in the order in which they came.
#[derive(Debug)]
pub struct HeldTable {
    /// Its definition.
    pub table: Arc<Table>,
    columns: Vec<HeldColumn>,
    rows: usize,
    /// Orders of columns and of prefixes of columns, made when the rows are complete.
    orders: HashMap<(ColumnNo, Option<u32>), ColumnOrder>,
}

#[derive(Debug, Default)]
struct HeldColumn {
    texts: IndexSet<Box<str>>,
    codes: Vec<u32>,
}

/// Values of a column in its order: equal values have one rank, NULL has rank 0.
#[derive(Debug)]
pub struct ColumnOrder {
    /// Rank of each row's value.
    pub ranks: Vec<u32>,
    /// One value of each rank, from rank 1 on: the first that was met.
    pub values: Vec<Value>,
}

impl HeldTable {
    /// No rows yet.
    pub fn new(table: Arc<Table>) -> HeldTable {
        let columns = table.columns.iter().map(|_| HeldColumn::default()).collect();
        HeldTable { table, columns, rows: 0, orders: HashMap::new() }
    }

    /// Adds a row: a text or NULL for each of the `given` columns; the others are NULL.
    pub fn push<'a>(&mut self, given: &[ColumnNo], values: impl Iterator<Item = Option<&'a str>>) {
        for (column, value) in given.iter().zip(values) {
            let Some(column) = self.columns.get_mut(*column as usize) else { continue };
            // A column that earlier lines did not have was NULL there.
            column.codes.resize(self.rows, NULL);
            let code = match value {
                None => NULL,
                Some(text) => match column.texts.get_index_of(text) {
                    Some(code) => code as u32,
                    None => column.texts.insert_full(Box::from(text)).0 as u32,
                },
            };
            column.codes.push(code);
        }
        self.rows += 1;
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The text of a value; none for NULL.
    pub fn text(&self, row: usize, column: ColumnNo) -> Option<&str> {
        let held = self.columns.get(column as usize)?;
        let code = *held.codes.get(row)?;
        held.texts.get_index(code as usize).map(|text| &**text)
    }

    /// True if no row has a value in the column.
    pub fn is_empty_column(&self, column: ColumnNo) -> bool {
        self.columns.get(column as usize).is_none_or(|column| column.texts.is_empty())
    }

    /// Makes the orders of all columns that indexes need, and those given.
    pub fn sort(&mut self, others: &[(ColumnNo, Option<u32>)]) {
        let parts = self.table.indexes.iter().flat_map(|index| &index.parts).map(|part| (part.column, part.prefix_chars));
        let wanted: Vec<_> = parts.chain(others.iter().copied()).collect();
        for (column, prefix) in wanted {
            if !self.orders.contains_key(&(column, prefix)) {
                let order = self.order_of(column, prefix);
                self.orders.insert((column, prefix), order);
            }
        }
    }

    /// The order of a column or of a prefix of it, if it was made.
    pub fn order(&self, column: ColumnNo, prefix: Option<u32>) -> Option<&ColumnOrder> {
        self.orders.get(&(column, prefix))
    }

    fn order_of(&self, column: ColumnNo, prefix: Option<u32>) -> ColumnOrder {
        let held = &self.columns[column as usize];
        let ty = &self.table.columns[column as usize].ty;
        let values: Vec<Value> = held.texts.iter().map(|text| stored_value::value_of_text(ty, cut(text, prefix))).collect();
        let keys: Vec<SortKey> = values.iter().map(|value| sort_key(value, ty)).collect();
        let mut sorted: Vec<u32> = (0..values.len() as u32).collect();
        let compare =
            |a: u32, b: u32| compare_keys((&keys[a as usize], &values[a as usize]), (&keys[b as usize], &values[b as usize]), ty);
        sorted.sort_by(|a, b| compare(*a, *b));
        let mut rank_of = vec![0u32; values.len()];
        let mut by_rank: Vec<Value> = Vec::new();
        let mut before: Option<u32> = None;
        for code in sorted {
            if before.is_none_or(|before| compare(before, code) != Ordering::Equal) {
                by_rank.push(values[code as usize].clone());
            }
            rank_of[code as usize] = by_rank.len() as u32;
            before = Some(code);
        }
        let rank = |row: usize| held.codes.get(row).and_then(|code| rank_of.get(*code as usize)).copied().unwrap_or(0);
        ColumnOrder { ranks: (0..self.rows).map(rank).collect(), values: by_rank }
    }

    /// Bytes of each row in an index's leaf level or, without an index, in a table that has no clustered one (spec 01 §6.1).
    pub fn record_bytes(&self, fields: &RecordFields) -> Vec<u32> {
        let lengths: Vec<Vec<u32>> = fields
            .columns
            .iter()
            .map(|(no, prefix)| {
                let ty = &self.table.columns[*no as usize].ty;
                self.columns[*no as usize].texts.iter().map(|text| stored_bytes(ty, cut(text, *prefix))).collect()
            })
            .collect();
        let one = |row: usize| {
            let stored = fields.columns.iter().zip(&lengths).map(|((no, _), lengths)| {
                let code = self.columns[*no as usize].codes.get(row);
                code.and_then(|code| lengths.get(*code as usize)).copied().unwrap_or(0)
            });
            fields.overhead_bytes + stored.sum::<u32>()
        };
        (0..self.rows).map(one).collect()
    }
}

impl ColumnOrder {
    /// Where a value stands among the ranks: twice the rank of an equal one, or the odd number between two ranks. NULL is 0.
    pub fn place(&self, value: &Value, ty: &DataType) -> u64 {
        if value.is_null() {
            return 0;
        }
        match self.values.binary_search_by(|each| compare_in_type(each, value, ty)) {
            Ok(at) => 2 * (at as u64 + 1),
            Err(at) => 2 * at as u64 + 1,
        }
    }
}

/// What a record of an index consists of.
#[derive(Clone, Debug)]
pub struct RecordFields {
    columns: Vec<(ColumnNo, Option<u32>)>,
    /// Header, NULL bits, transaction id, roll pointer, hidden row id.
    overhead_bytes: u32,
}

fn is_stored(column: &Column) -> bool {
    !column.functional && column.generated.as_ref().is_none_or(|generated| !generated.is_virtual)
}

fn null_bytes<'a>(columns: impl Iterator<Item = &'a Column>) -> u32 {
    (columns.filter(|column| column.nullable).count() as u32).div_ceil(8)
}

const HEADER: u32 = 5;
const TRANSACTION_AND_ROLL: u32 = 13;
const ROW_ID: u32 = 6;
const DOCUMENT_ID: u32 = 8;

/// Fields of the records that hold the rows.
pub fn clustered_fields(table: &Table) -> RecordFields {
    let stored = || table.columns.iter().enumerate().filter(|(_, column)| is_stored(column));
    let hidden = if table.clustered.is_none() { ROW_ID } else { 0 } + if has_full_text(table) { DOCUMENT_ID } else { 0 };
    RecordFields {
        columns: stored().map(|(no, _)| (no as ColumnNo, None)).collect(),
        overhead_bytes: HEADER + TRANSACTION_AND_ROLL + hidden + null_bytes(stored().map(|(_, column)| column)),
    }
}

/// True if the table has a full-text index, and with it a hidden document id.
pub fn has_full_text(table: &Table) -> bool {
    table.indexes.iter().any(|index| index.kind == myexplain::catalog::IndexKind::FullText)
}

/// Fields of the records of another index: its parts, and what is missing of the primary key.
pub fn secondary_fields(table: &Table, index: &Index) -> RecordFields {
    let mut columns: Vec<(ColumnNo, Option<u32>)> =
        index.parts[..index.user_parts].iter().map(|part| (part.column, part.prefix_chars)).collect();
    let hidden = match table.clustered.and_then(|no| table.indexes.get(no as usize)) {
        Some(clustered) => {
            for part in &clustered.parts[..clustered.user_parts] {
                if !columns.contains(&(part.column, None)) {
                    columns.push((part.column, None));
                }
            }
            0
        }
        None => ROW_ID,
    };
    let nulls = null_bytes(columns.iter().map(|(no, _)| &table.columns[*no as usize]));
    RecordFields { columns, overhead_bytes: HEADER + hidden + nulls }
}

fn cut(text: &str, prefix: Option<u32>) -> &str {
    let Some(chars) = prefix else { return text };
    text.char_indices().nth(chars as usize).map_or(text, |(end, _)| &text[..end])
}

/// Bytes of a value in a record, with its length bytes.
fn stored_bytes(ty: &DataType, text: &str) -> u32 {
    let variable = match ty.kind {
        TypeKind::VarChar => true,
        TypeKind::Char => ty.char_bytes() > 1,
        _ => ty.is_blob(),
    };
    if !variable {
        return if ty.kind == TypeKind::Char { ty.key_bytes() } else { ty.pack_bytes() };
    }
    let bytes = match collation::info(ty.collation).charset() {
        "latin1" | "ascii" | "cp1250" | "cp1251" | "latin2" => text.chars().count(),
        "ucs2" | "utf16" | "utf16le" => text.chars().map(|c| 2 * c.len_utf16()).sum(),
        "utf32" => 4 * text.chars().count(),
        _ => text.len(),
    } as u32;
    let bytes = if ty.kind == TypeKind::Char { bytes.max(ty.length) } else { bytes };
    let short = !ty.is_blob() && ty.key_bytes() <= 255 || bytes <= 127;
    bytes + if short { 1 } else { 2 }
}

/// Texts are compared by their sort keys, all else by value.
enum SortKey {
    Bytes(Vec<u8>),
    Member(usize),
    Value,
}

fn sort_key(value: &Value, ty: &DataType) -> SortKey {
    match (value, ty.kind) {
        (Value::Str(text), TypeKind::Enum) => SortKey::Member(enum_index(ty, text)),
        (
            Value::Str(text),
            TypeKind::Char | TypeKind::VarChar | TypeKind::TinyBlob | TypeKind::Blob | TypeKind::MediumBlob | TypeKind::LongBlob,
        ) => {
            let mut key = Vec::new();
            collation::sort_key(ty.collation, text, &mut key);
            SortKey::Bytes(key)
        }
        _ => SortKey::Value,
    }
}

fn compare_keys(a: (&SortKey, &Value), b: (&SortKey, &Value), ty: &DataType) -> Ordering {
    match (a.0, b.0) {
        (SortKey::Bytes(a), SortKey::Bytes(b)) => a.cmp(b),
        (SortKey::Member(a), SortKey::Member(b)) => a.cmp(b),
        _ => compare_in_type(a.1, b.1, ty),
    }
}
