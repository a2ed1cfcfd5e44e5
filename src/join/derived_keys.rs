//! Keys generated on materialized derived tables (spec 02 §2.7, 05 §10.3).

use super::block_tables;
use super::state::JoinTable;
use crate::catalog::{ColumnNo, Index, IndexKind, KeyPart, Table};
use crate::context::Context;
use crate::query::{BlockId, ColumnSet, ExprId, Query, TableId, TableKind};
use std::sync::Arc;

const MAX_KEY_PARTS: usize = 16;
const MAX_KEY_BYTES: u32 = 1000;
const MAX_KEYS: usize = 64;

/// Columns that comparisons name, by derived table and by the table that they are compared with (none: by anything).
#[derive(Debug, Default)]
pub(super) struct PossibleKeys(Vec<PossibleKey>);

#[derive(Debug)]
struct PossibleKey {
    derived: TableId,
    referenced_by: Option<u8>,
    columns: ColumnSet,
}

impl PossibleKeys {
    /// Notes a comparison of a derived column.
    pub fn note(&mut self, query: &Query, block: BlockId, derived: TableId, column: ColumnNo, values: &[ExprId]) {
        let Some(definition) = query[derived].table.columns.get(column as usize) else { return };
        if definition.ty.is_blob() || definition.ty.key_bytes() == 0 {
            return;
        }
        for &value in values {
            if let Some((table, _)) = query.column_of(value)
                && query[table].block == block
            {
                self.add(derived, Some(query[table].number), column);
            }
        }
        self.add(derived, None, column);
    }

    fn add(&mut self, derived: TableId, referenced_by: Option<u8>, column: ColumnNo) {
        let existing = self.0.iter_mut().find(|key| key.derived == derived && key.referenced_by == referenced_by);
        match existing {
            Some(key) if key.columns.len() >= MAX_KEY_PARTS => {}
            Some(key) => {
                key.columns.insert(column);
            }
            None => {
                let mut columns = ColumnSet::default();
                columns.insert(column);
                self.0.push(PossibleKey { derived, referenced_by, columns });
            }
        }
    }
}

/// Makes the keys of all derived tables of the block, and renews the facts about their indexes.
pub(super) fn create(ctx: &Context<'_>, query: &mut Query, tables: &mut [JoinTable], possible: &PossibleKeys) {
    for table in tables.iter_mut() {
        let id = table.id;
        let mut keys: Vec<&PossibleKey> = possible.0.iter().filter(|key| key.derived == id).collect();
        if keys.is_empty() {
            continue;
        }
        keys.sort_by_key(|key| key.referenced_by.map_or(0, |by| u16::from(by) + 1));
        let mut next_name = keys_of_shared_table(query, id);
        for key in keys {
            let definition = Arc::make_mut(&mut query[id].table);
            if definition.indexes.len() >= MAX_KEYS {
                break;
            }
            if let Some(index) = generated_index(definition, &key.columns, next_name) {
                definition.indexes.push(index);
                next_name += 1;
            }
        }
        block_tables::fill_index_facts(ctx, query, table);
    }
    share_longest_key(query, tables);
}

/// All references of a CTE share one temporary table, and so its longest key.
fn share_longest_key(query: &Query, tables: &mut [JoinTable]) {
    let root = |id: TableId| match query[id].kind {
        TableKind::Derived { shared_with: Some(first), .. } => first,
        _ => id,
    };
    for number in 0..tables.len() {
        if !tables[number].materialized {
            continue;
        }
        let own = root(tables[number].id);
        let longest = tables
            .iter()
            .filter(|other| other.number as usize <= number && root(other.id) == own)
            .map(|other| other.max_key_bytes)
            .max();
        tables[number].max_key_bytes = longest.unwrap_or(0);
    }
}

/// Number of keys that the temporary table has already, over all references of a CTE.
fn keys_of_shared_table(query: &Query, id: TableId) -> usize {
    let root = |id: TableId| match query[id].kind {
        TableKind::Derived { shared_with: Some(first), .. } => first,
        _ => id,
    };
    let own = root(id);
    let sharing = |other: &TableId| matches!(query[*other].kind, TableKind::Derived { .. }) && root(*other) == own;
    (0..query.tables.len() as u32).map(TableId).filter(sharing).map(|other| query[other].table.indexes.len()).sum()
}

fn generated_index(table: &Table, columns: &ColumnSet, number: usize) -> Option<Index> {
    let parts: Vec<KeyPart> = columns.iter().take(MAX_KEY_PARTS).map(|column| key_part(table, column)).collect();
    let bytes: u32 = parts.iter().map(|part| part.store_length).sum();
    (bytes <= MAX_KEY_BYTES).then(|| index_of(Arc::from(format!("<auto_key{number}>")), parts, false))
}

fn key_part(table: &Table, column: ColumnNo) -> KeyPart {
    let (length, extra) = table.columns.get(column as usize).map_or((0, 0), |definition| {
        let variable = if definition.ty.has_length_bytes() { 2 } else { 0 };
        (definition.ty.key_bytes(), variable + u32::from(definition.nullable))
    });
    KeyPart { column, prefix_chars: None, descending: false, length, store_length: length + extra }
}

fn index_of(name: Arc<str>, parts: Vec<KeyPart>, unique: bool) -> Index {
    Index {
        name,
        kind: IndexKind::BTree,
        unique,
        actual_unique: unique,
        visible: true,
        user_parts: parts.len(),
        parts,
        parser: None,
        multi_valued: false,
    }
}

/// Limits of a unique key of an internal temporary table, in bytes and parts.
const MAX_DISTINCT_KEY_BYTES: u32 = 3072;

/// Adds the key that a UNION DISTINCT removes duplicates by, if its columns fit into one.
pub(super) fn add_distinct_key(table: &mut Table) {
    let columns = table.columns.iter().enumerate().filter(|(_, column)| !column.functional);
    if table.columns.iter().any(|column| column.ty.is_blob()) || table.columns.len() > MAX_KEY_PARTS {
        return;
    }
    let numbers: Vec<ColumnNo> = columns.map(|(number, _)| number as ColumnNo).collect();
    let parts: Vec<KeyPart> = numbers.into_iter().map(|column| key_part(table, column)).collect();
    let bytes: u32 = parts.iter().map(|part| part.store_length).sum();
    if bytes <= MAX_DISTINCT_KEY_BYTES {
        table.indexes.insert(0, index_of(Arc::from("<auto_distinct_key>"), parts, true));
    }
}
