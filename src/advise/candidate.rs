//! An index that could be made: its DDL, its size, and what making and keeping it costs.

use crate::catalog::{Catalog, ColumnNo, DataType, KeyPart, Table, TypeKind};
use crate::what_if::{Change, WhatIf};
use std::sync::Arc;

/// What a key part holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// A whole column.
    Column(ColumnNo),
    /// The first characters of a column.
    Prefix(ColumnNo, u32),
    /// An expression: SQL, and the bytes of its value.
    Expression(String, u32),
    /// The elements of a JSON array: `CAST(… AS … ARRAY)`.
    Array(String),
}

/// A part of an index that could be made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part {
    pub(super) key: Key,
    pub(super) descending: bool,
}

/// An index that could be made.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) table: Arc<Table>,
    pub(super) parts: Vec<Part>,
}

/// Characters of a TEXT column that an index holds.
const PREFIX_CHARS: u32 = 32;
/// Bytes of a record's header, and of its place in the page's directory.
const ENTRY_OVERHEAD_BYTES: f64 = 6.0;
/// Share of a page that a sorted build fills (15/16, less the page's own fields).
const PAGE_FILL: f64 = 0.92;
/// Elements that a JSON array is taken to have.
const ARRAY_ELEMENTS: f64 = 4.0;

impl Part {
    /// A column of a table, or a prefix of it where a whole column cannot be indexed.
    pub(super) fn of_column(table: &Table, column: ColumnNo) -> Option<Part> {
        let ty = &table.columns.get(column as usize)?.ty;
        let key = match ty.kind {
            TypeKind::Json | TypeKind::Geometry => return None,
            _ if ty.is_blob() || ty.key_bytes() > 767 => Key::Prefix(column, PREFIX_CHARS),
            _ => Key::Column(column),
        };
        Some(Part { key, descending: false })
    }

    /// The column, if the part holds one.
    pub(super) fn column(&self) -> Option<ColumnNo> {
        match self.key {
            Key::Column(column) | Key::Prefix(column, _) => Some(column),
            _ => None,
        }
    }
}

impl Candidate {
    /// An index over whole columns in order; columns that cannot be indexed are left out. None if nothing is left.
    pub(super) fn of_columns(table: &Arc<Table>, columns: &[ColumnNo]) -> Option<Candidate> {
        let mut parts: Vec<Part> = Vec::new();
        for part in columns.iter().filter_map(|column| Part::of_column(table, *column)) {
            if !parts.iter().any(|known| known.column() == part.column()) {
                parts.push(part);
            }
        }
        (!parts.is_empty()).then(|| Candidate { table: Arc::clone(table), parts })
    }

    /// A name that no index of the table has.
    pub(super) fn name(&self) -> String {
        let word = |part: &Part| match &part.key {
            Key::Column(column) | Key::Prefix(column, _) => self.table.columns[*column as usize].name.to_string(),
            Key::Expression(text, _) | Key::Array(text) => {
                let letters = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty());
                letters.take(2).collect::<Vec<_>>().join("_").to_lowercase()
            }
        };
        let words: Vec<String> = self.parts.iter().map(word).collect();
        let direction = if self.parts.iter().any(|part| part.descending) { "_desc" } else { "" };
        let mut name: String = format!("ix_{}", words.join("_")).chars().take(50).collect();
        name.push_str(direction);
        let mut number = 2;
        while self.table.index_by_name(&name).is_some() {
            name = format!("{name}_{number}");
            number += 1;
        }
        name
    }

    /// The key parts as DDL writes them, without parentheses.
    pub(super) fn key_text(&self) -> String {
        let text = |part: &Part| {
            let name = |column: &ColumnNo| format!("`{}`", self.table.columns[*column as usize].name.replace('`', "``"));
            let key = match &part.key {
                Key::Column(column) => name(column),
                Key::Prefix(column, chars) => format!("{}({chars})", name(column)),
                Key::Expression(text, _) | Key::Array(text) => format!("({text})"),
            };
            if part.descending { format!("{key} DESC") } else { key }
        };
        self.parts.iter().map(text).collect::<Vec<_>>().join(", ")
    }

    /// ALTER TABLE … ADD INDEX.
    pub(super) fn ddl(&self) -> String {
        format!("ALTER TABLE {} ADD INDEX `{}` ({})", table_name(&self.table), self.name(), self.key_text())
    }

    /// Bytes of one entry, about.
    fn entry_bytes(&self) -> f64 {
        let own: f64 = self.parts.iter().map(|part| part_bytes(&self.table, &part.key)).sum();
        let clustered = self.table.clustered.map(|no| &self.table.indexes[no as usize]);
        let appended = clustered.map_or(6.0, |index| {
            let missing = |part: &&KeyPart| !self.parts.iter().any(|own| own.key == Key::Column(part.column));
            index.parts[..index.user_parts]
                .iter()
                .filter(missing)
                .map(|part| mean_bytes(&self.table.columns[part.column as usize].ty))
                .sum()
        });
        own + appended + ENTRY_OVERHEAD_BYTES
    }

    /// Entries that one row has.
    pub(super) fn entries_per_row(&self) -> f64 {
        if self.parts.iter().any(|part| matches!(part.key, Key::Array(_))) { ARRAY_ELEMENTS } else { 1.0 }
    }

    /// Pages that it fills, about.
    pub(super) fn pages(&self, catalog: &Catalog) -> f64 {
        let rows = catalog.statistics.table(&self.table).rows as f64;
        let page = f64::from(self.table.page_bytes);
        (rows * self.entries_per_row() * self.entry_bytes() / (page * PAGE_FILL)).ceil().max(1.0)
    }

    /// Bytes that it fills, about.
    pub(super) fn bytes(&self, catalog: &Catalog) -> f64 {
        self.pages(catalog) * f64::from(self.table.page_bytes)
    }

    /// Size, algorithm, lock and what it costs on write.
    pub(super) fn note(&self, catalog: &Catalog) -> String {
        let computed = self.parts.iter().any(|part| matches!(part.key, Key::Expression(..) | Key::Array(_)));
        let online = if computed {
            "ALGORITHM=INPLACE, LOCK=SHARED (a part is computed: writes wait while it is built)"
        } else {
            "ALGORITHM=INPLACE, LOCK=NONE (reads and writes go on while it is built)"
        };
        let entries = match self.entries_per_row() {
            1.0 => "one more entry".to_owned(),
            more => format!("about {more:.0} more entries"),
        };
        let pages = self.pages(catalog);
        format!("about {} ({pages:.0} pages); {online}; {entries} to write with each row", size_text(self.bytes(catalog)))
    }

    /// As a change of the catalog.
    pub(super) fn change(&self) -> Option<Change> {
        Change::add_index(&self.ddl()).ok()
    }

    /// True if an index of the table serves all that this one does.
    pub(super) fn exists(&self) -> bool {
        self.table.indexes.iter().any(|index| {
            index.visible
                && index.parts.len() >= self.parts.len()
                && self.parts.iter().zip(&index.parts).all(|(own, part)| {
                    own.key == Key::Column(part.column) && part.prefix_chars.is_none() && own.descending == part.descending
                })
        })
    }
}

/// `schema`.`table`, quoted.
pub(super) fn table_name(table: &Table) -> String {
    let quote = |name: &str| format!("`{}`", name.replace('`', "``"));
    format!("{}.{}", quote(&table.schema), quote(&table.name))
}

/// Bytes for people.
pub(super) fn size_text(bytes: f64) -> String {
    match bytes {
        b if b >= 1024.0 * 1024.0 * 1024.0 => format!("{:.1} GiB", b / (1024.0 * 1024.0 * 1024.0)),
        b if b >= 1024.0 * 1024.0 => format!("{:.1} MiB", b / (1024.0 * 1024.0)),
        b => format!("{:.0} KiB", (b / 1024.0).ceil()),
    }
}

fn part_bytes(table: &Table, key: &Key) -> f64 {
    match key {
        Key::Column(column) => mean_bytes(&table.columns[*column as usize].ty),
        Key::Prefix(column, chars) => mean_bytes(&table.columns[*column as usize].ty).min(f64::from(*chars) + 1.0),
        Key::Expression(_, bytes) => f64::from(*bytes),
        Key::Array(_) => 9.0,
    }
}

/// Bytes that a value takes, about: a VARCHAR is taken to be half full of one-byte characters.
pub(super) fn mean_bytes(ty: &DataType) -> f64 {
    match ty.kind {
        TypeKind::VarChar => f64::from(ty.max_chars()) / 2.0 + 1.0,
        TypeKind::Char => f64::from(ty.max_chars()) + 1.0,
        _ if ty.is_blob() || ty.kind == TypeKind::Json => 64.0,
        _ => f64::from(ty.pack_bytes()),
    }
}

/// A catalog with changes; none if one of them does not fit.
pub(super) fn suppose(catalog: &Catalog, changes: impl IntoIterator<Item = Change>) -> Option<Catalog> {
    let what_if: WhatIf = changes.into_iter().collect();
    what_if.apply(catalog).ok().map(|hypothesis| hypothesis.catalog)
}
