//! From a definition to a [`Table`]: types with character sets, indexes in the optimizer's order (spec 01 §2.1), appended
//! primary key parts (§2.3), hidden columns of functional parts (§1.4).

use super::{ColumnDefinition, KeyDefinition, KeyType, PartDefinition, PartitionClause, TableDefinition, TypeDefinition};
use crate::catalog::collation;
use crate::catalog::schema::{
    Column, ColumnNo, Engine, GeneratedColumn, Index, IndexKind, KeyPart, Partition, Partitioning, RowFormat, SubPartitioning,
    Table, same_name,
};
use crate::catalog::types::{BLOB_BYTES, CollationId, DataType, NOT_FIXED_DECIMALS, TypeKind};
use std::sync::Arc;

/// Most parts of an index, and most bytes of a key.
const MAX_PARTS: usize = 16;
const MAX_KEY_BYTES: u32 = 3072;
/// Most indexes of a table.
const MAX_INDEXES: usize = 64;

/// Resolves a type's character set and lengths; `default` is the collation of what it belongs to.
pub fn resolve_type(ty: &TypeDefinition, default: CollationId) -> Result<DataType, String> {
    use TypeKind::*;
    let collation = resolve_collation(ty.charset.as_deref(), ty.collation.as_deref(), default)?;
    let is_text = matches!(ty.kind, Char | VarChar | TinyBlob | Blob | MediumBlob | LongBlob | Enum | Set);
    let collation = if is_text && !ty.bytes { collation } else { CollationId::BINARY };
    let decimals = ty.decimals.unwrap_or(0).min(u32::from(NOT_FIXED_DECIMALS)) as u8;
    let fraction = ty.length.unwrap_or(0).min(6);
    let with_fraction = |base: u32| base + if fraction > 0 { fraction + 1 } else { 0 };
    let mut kind = ty.kind;
    let (length, decimals) = match ty.kind {
        TinyInt | SmallInt | MediumInt | Int | BigInt => {
            let widths = [4, 6, 9, 11, 20];
            let place = [TinyInt, SmallInt, MediumInt, Int, BigInt].iter().position(|k| *k == ty.kind).unwrap_or(3);
            let narrower = u32::from(ty.unsigned && ty.kind != BigInt);
            (ty.length.unwrap_or(widths[place] - narrower), 0)
        }
        Decimal => (ty.length.unwrap_or(10).clamp(1, 65), decimals),
        Float if ty.length.is_some_and(|p| p > 24) && ty.decimals.is_none() => {
            kind = Double;
            (22, NOT_FIXED_DECIMALS)
        }
        Float | Double => match (ty.length, ty.decimals) {
            (Some(length), Some(_)) => (length, decimals),
            _ => (if ty.kind == Float { 12 } else { 22 }, NOT_FIXED_DECIMALS),
        },
        Bit => (ty.length.unwrap_or(1).clamp(1, 64), 0),
        Year => (4, 0),
        Date => (10, 0),
        Time => (with_fraction(10), fraction as u8),
        DateTime | Timestamp => (with_fraction(19), fraction as u8),
        Char => (ty.length.unwrap_or(1), 0),
        VarChar => (ty.length.unwrap_or(0), 0),
        TinyBlob => (BLOB_BYTES[0], 0),
        Blob => match ty.length {
            Some(chars) => {
                let bytes = chars.saturating_mul(collation::info(collation).max_char_bytes());
                let place = BLOB_BYTES.iter().position(|most| bytes <= *most).unwrap_or(3);
                kind = [TinyBlob, Blob, MediumBlob, LongBlob][place];
                (BLOB_BYTES[place], 0)
            }
            None => (BLOB_BYTES[1], 0),
        },
        MediumBlob => (BLOB_BYTES[2], 0),
        LongBlob | Json | Geometry => (u32::MAX, 0),
        Enum | Set | Null => (0, 0),
    };
    let members: Option<Arc<[Box<str>]>> = (!ty.members.is_empty())
        .then(|| ty.members.iter().map(|member| member.trim_end_matches(' ').into()).collect::<Vec<Box<str>>>().into());
    let mut resolved = DataType { kind, unsigned: ty.unsigned, zerofill: ty.zerofill, length, decimals, collation, members };
    if matches!(kind, Enum | Set) {
        resolved.length = resolved.max_chars();
    }
    Ok(resolved)
}

/// The collation that CHARACTER SET and COLLATE words name.
pub(crate) fn resolve_collation(charset: Option<&str>, named: Option<&str>, default: CollationId) -> Result<CollationId, String> {
    match (named, charset) {
        (Some(name), _) => collation::by_name(name).map(|info| info.id).ok_or_else(|| format!("unknown collation '{name}'")),
        (None, Some(charset)) => {
            collation::default_of_charset(charset).map(|info| info.id).ok_or_else(|| format!("unknown character set '{charset}'"))
        }
        (None, None) => Ok(default),
    }
}

/// The name of the collation that CHARACTER SET and COLLATE words name.
///
/// # Errors
/// An unknown name.
pub fn resolve_charset_words(charset: Option<&str>, named: Option<&str>) -> Result<String, String> {
    let collation = resolve_collation(charset, named, CollationId::UTF8MB4_0900_AI_CI)?;
    Ok(collation::info(collation).name.to_string())
}

/// Makes the table. `schema_collation` is the schema's default, `connection` that of literals in functional index parts.
pub fn build_table(
    definition: &TableDefinition,
    schema: &Arc<str>,
    schema_collation: CollationId,
    connection: CollationId,
) -> Result<Table, String> {
    let options = &definition.options;
    let collation = resolve_collation(options.charset.as_deref(), options.collation.as_deref(), schema_collation)?;
    let engine = engine(options.engine.as_deref());
    let mut columns =
        definition.columns.iter().map(|column| build_column(column, collation)).collect::<Result<Vec<Column>, String>>()?;
    let mut keys = all_keys(definition);
    for key in keys.iter().filter(|key| key.key_type == KeyType::Primary) {
        for part in &key.parts {
            if let Some(no) = part.column.as_deref().and_then(|name| column_number(&columns, name)) {
                columns[no].nullable = false;
            }
        }
    }
    let mut indexes = Vec::with_capacity(keys.len());
    for (place, key) in keys.drain(..).enumerate() {
        indexes.push((place, build_index(&key, place, engine, &mut columns, connection)?));
    }
    if indexes.len() > MAX_INDEXES {
        return Err(format!("Too many keys specified; max {MAX_INDEXES} keys allowed"));
    }
    indexes.sort_by_key(|(place, index)| (sort_rank(index, &columns), *place));
    let mut indexes: Vec<Index> = indexes.into_iter().map(|(_, index)| index).collect();
    let primary = primary_index(&indexes, &columns);
    let clustered = if matches!(engine, Engine::InnoDb | Engine::Other) { primary } else { None };
    if let Some(clustered) = clustered {
        extend_with_primary_key(&mut indexes, clustered, &columns);
    }
    let page_bytes = options.key_block_size.filter(|kb| *kb > 0).map_or(16384, |kb| kb.saturating_mul(1024));
    let mut table = Table {
        schema: schema.clone(),
        name: Arc::from(definition.name.as_str()),
        engine,
        columns,
        indexes,
        primary: primary.map(|no| no as u8),
        clustered: clustered.map(|no| no as u8),
        partitioning: None,
        collation,
        page_bytes,
        secondary_engine: options.secondary_engine.as_deref().map(Arc::from),
        row_format: options.row_format.as_deref().and_then(row_format),
    };
    if let Some(clause) = &definition.partitioning {
        table.partitioning = Some(build_partitioning(clause, &table)?);
    }
    Ok(table)
}

fn engine(name: Option<&str>) -> Engine {
    match name.map(str::to_ascii_lowercase).as_deref() {
        None | Some("innodb") => Engine::InnoDb,
        Some("myisam" | "mrg_myisam" | "merge") => Engine::MyIsam,
        Some("memory" | "heap") => Engine::Memory,
        Some(_) => Engine::Other,
    }
}

fn row_format(name: &str) -> Option<RowFormat> {
    Some(match name {
        "DYNAMIC" => RowFormat::Dynamic,
        "COMPACT" => RowFormat::Compact,
        "REDUNDANT" => RowFormat::Redundant,
        "COMPRESSED" => RowFormat::Compressed,
        "FIXED" => RowFormat::Fixed,
        "DEFAULT" => RowFormat::Default,
        _ => return None,
    })
}

fn build_column(column: &ColumnDefinition, default: CollationId) -> Result<Column, String> {
    let ty = resolve_type(&column.ty, default).map_err(|what| format!("column '{}': {what}", column.name))?;
    Ok(Column {
        name: Arc::from(column.name.as_str()),
        ty,
        nullable: column.nullable.unwrap_or(true),
        auto_increment: column.auto_increment,
        generated: column.generated.as_ref().map(|(expression, stored)| GeneratedColumn {
            expression: Arc::from(expression.as_str()),
            is_virtual: !stored,
            is_array: false,
        }),
        visible: !column.invisible,
        functional: false,
        default: column.default.as_deref().map(Arc::from),
    })
}

/// Keys of columns' own words, keys of the list, and the indexes that foreign keys need, in definition order.
fn all_keys(definition: &TableDefinition) -> Vec<KeyDefinition> {
    let of_column = |column: &ColumnDefinition, key_type| KeyDefinition {
        key_type,
        name: None,
        parts: vec![PartDefinition { column: Some(column.name.clone()), expression: None, prefix: None, descending: false }],
        method: None,
        invisible: false,
        parser: None,
    };
    let mut keys = Vec::new();
    for column in &definition.columns {
        if column.primary {
            keys.push(of_column(column, KeyType::Primary));
        }
        if column.unique {
            keys.push(of_column(column, KeyType::Unique));
        }
    }
    keys.extend(definition.keys.iter().cloned());
    for foreign in &definition.foreign_keys {
        let starts_with = |key: &KeyDefinition| {
            !matches!(key.key_type, KeyType::FullText | KeyType::Spatial)
                && key.parts.len() >= foreign.columns.len()
                && foreign.columns.iter().zip(&key.parts).all(|(column, part)| {
                    part.prefix.is_none() && part.column.as_deref().is_some_and(|name| same_name(name, column))
                })
        };
        if !keys.iter().any(starts_with) {
            let part = |column: &String| PartDefinition {
                column: Some(column.clone()),
                expression: None,
                prefix: None,
                descending: false,
            };
            keys.push(KeyDefinition {
                key_type: KeyType::Plain,
                name: foreign.name.clone().or_else(|| foreign.columns.first().cloned()),
                parts: foreign.columns.iter().map(part).collect(),
                method: None,
                invisible: false,
                parser: None,
            });
        }
    }
    name_keys(&mut keys);
    keys
}

/// An unnamed key is named after its first column, with a number if that name is taken.
fn name_keys(keys: &mut [KeyDefinition]) {
    for no in 0..keys.len() {
        if keys[no].key_type == KeyType::Primary {
            keys[no].name = Some("PRIMARY".to_owned());
        }
        if keys[no].name.is_some() {
            continue;
        }
        let base = keys[no].parts.first().and_then(|part| part.column.clone()).unwrap_or("functional_index".to_owned());
        let taken = |name: &str| keys.iter().any(|key| key.name.as_deref().is_some_and(|other| same_name(other, name)));
        let mut name = base.clone();
        let mut number = 2;
        while taken(&name) {
            name = format!("{base}_{number}");
            number += 1;
        }
        keys[no].name = Some(name);
    }
}

fn column_number(columns: &[Column], name: &str) -> Option<usize> {
    columns.iter().position(|column| !column.functional && same_name(&column.name, name))
}

fn build_index(
    key: &KeyDefinition,
    place: usize,
    engine: Engine,
    columns: &mut Vec<Column>,
    connection: CollationId,
) -> Result<Index, String> {
    let index_name = key.name.as_deref().unwrap_or_default();
    let mut parts = Vec::with_capacity(key.parts.len());
    let mut multi_valued = false;
    for (no, part) in key.parts.iter().enumerate() {
        let column = match (&part.column, &part.expression) {
            (Some(name), _) => column_number(columns, name)
                .ok_or_else(|| format!("Key column '{name}' doesn't exist in table (index '{index_name}')"))?,
            (None, Some(expression)) => {
                let hidden = hidden_column(expression, index_name, place, no, columns, connection);
                multi_valued |= hidden.generated.as_ref().is_some_and(|generated| generated.is_array);
                columns.push(hidden);
                columns.len() - 1
            }
            (None, None) => return Err(format!("index '{index_name}' has an empty part")),
        };
        parts.push(key_part(&columns[column], column, part, key.key_type));
    }
    if parts.len() > MAX_PARTS {
        return Err(format!("Too many key parts specified; max {MAX_PARTS} parts allowed (index '{index_name}')"));
    }
    let kind = match key.key_type {
        KeyType::FullText => IndexKind::FullText,
        KeyType::Spatial => IndexKind::Spatial,
        _ if engine == Engine::Memory && key.method != Some(IndexKind::BTree) => IndexKind::Hash,
        _ => IndexKind::BTree,
    };
    let unique = matches!(key.key_type, KeyType::Primary | KeyType::Unique);
    Ok(Index {
        name: Arc::from(index_name),
        kind,
        unique,
        actual_unique: unique,
        visible: !key.invisible,
        user_parts: parts.len(),
        parts,
        parser: key.parser.as_deref().map(Arc::from),
        multi_valued,
    })
}

fn hidden_column(
    expression: &str,
    index: &str,
    place: usize,
    part: usize,
    columns: &[Column],
    connection: CollationId,
) -> Column {
    let typed = super::expression_type::type_of(expression, columns, connection);
    Column {
        name: Arc::from(format!("!hidden!{index}!{part}!{place}")),
        ty: typed.ty,
        nullable: true,
        auto_increment: false,
        generated: Some(GeneratedColumn { expression: Arc::from(expression), is_virtual: true, is_array: typed.is_array }),
        visible: false,
        functional: true,
        default: None,
    }
}

fn key_part(column: &Column, no: usize, part: &PartDefinition, key_type: KeyType) -> KeyPart {
    let full = column.ty.key_bytes();
    let char_bytes = column.ty.char_bytes();
    let prefix = part.prefix.filter(|_| column.ty.is_plain_string() && key_type != KeyType::FullText);
    let prefix_bytes = prefix.map(|chars| chars.saturating_mul(char_bytes));
    let is_prefix = prefix_bytes.is_some_and(|bytes| bytes < full);
    let length = match (key_type, prefix_bytes) {
        (KeyType::Spatial, _) => 32,
        (_, Some(bytes)) if is_prefix => bytes,
        _ => full,
    };
    let length_bytes = if column.ty.has_length_bytes() { 2 } else { 0 };
    KeyPart {
        column: no as ColumnNo,
        prefix_chars: prefix.filter(|_| is_prefix),
        descending: part.descending,
        length,
        store_length: length.saturating_add(u32::from(column.nullable) + length_bytes),
    }
}

/// What the index list is sorted by (spec 01 §2.1); smaller comes first.
fn sort_rank(index: &Index, columns: &[Column]) -> (bool, bool, bool, bool, bool, bool) {
    let user = &index.parts[..index.user_parts];
    let nullable = user.iter().any(|part| columns[part.column as usize].nullable);
    let partial = user.iter().any(|part| part.prefix_chars.is_some());
    let is_virtual = user.iter().any(|part| is_virtual_column(&columns[part.column as usize]));
    let unique = index.unique;
    (
        !unique,
        unique && nullable,
        unique && &*index.name != "PRIMARY",
        unique && partial,
        index.kind == IndexKind::FullText,
        is_virtual,
    )
}

fn is_virtual_column(column: &Column) -> bool {
    column.generated.as_ref().is_some_and(|generated| generated.is_virtual)
}

/// The primary key, or the first unique index that can stand for it (spec 01 §2.2).
fn primary_index(indexes: &[Index], columns: &[Column]) -> Option<usize> {
    indexes.iter().position(|index| {
        index.unique
            && index.parts[..index.user_parts].iter().all(|part| {
                let column = &columns[part.column as usize];
                !column.nullable && part.prefix_chars.is_none() && !is_virtual_column(column)
            })
            || &*index.name == "PRIMARY"
    })
}

/// Appends the primary key's columns to the other indexes (spec 01 §2.3).
fn extend_with_primary_key(indexes: &mut [Index], primary: usize, columns: &[Column]) {
    let primary_parts: Vec<KeyPart> = indexes[primary].parts[..indexes[primary].user_parts].to_vec();
    for (no, index) in indexes.iter_mut().enumerate() {
        if no == primary {
            continue;
        }
        let mut bytes = index.key_length();
        let mut unique = true;
        for part in &primary_parts {
            if index.parts.len() >= MAX_PARTS {
                unique = false;
                break;
            }
            let full_length = columns[part.column as usize].ty.key_bytes();
            let held = |own: &KeyPart| own.column == part.column && own.length == full_length;
            if index.parts[..index.user_parts].iter().any(held) {
                continue;
            }
            if bytes.saturating_add(part.length) > MAX_KEY_BYTES {
                unique = false;
                break;
            }
            bytes += part.length;
            if !index.unique {
                index.parts.push(part.clone());
            }
        }
        index.actual_unique |= unique;
    }
}

fn build_partitioning(clause: &PartitionClause, table: &Table) -> Result<Partitioning, String> {
    let numbers = |names: &[String]| -> Result<Vec<ColumnNo>, String> {
        names
            .iter()
            .map(|name| table.column_by_name(name).ok_or_else(|| format!("Unknown column '{name}' in partition function")))
            .collect()
    };
    let mut columns = numbers(&clause.columns)?;
    let by_key = |method| {
        use crate::catalog::PartitionMethod::{Key, LinearKey};
        matches!(method, Key | LinearKey)
    };
    let primary_columns = || -> Vec<ColumnNo> {
        let primary = table.primary.and_then(|no| table.indexes.get(no as usize));
        primary.map_or(Vec::new(), |index| index.parts[..index.user_parts].iter().map(|part| part.column).collect())
    };
    if columns.is_empty() && by_key(clause.method) {
        columns = primary_columns();
    }
    let sub_count = clause.sub.as_ref().map(|sub| sub.count.unwrap_or(1));
    let named = |item: &super::PartitionItem| Partition {
        name: Arc::from(item.name.as_str()),
        description: item.description.as_deref().map(Arc::from),
        subpartitions: match sub_count {
            Some(count) if item.subpartitions.is_empty() => {
                (0..count).map(|no| Arc::from(format!("{}sp{no}", item.name))).collect()
            }
            _ => item.subpartitions.iter().map(|name| Arc::from(name.as_str())).collect(),
        },
    };
    let partitions: Vec<Partition> = if clause.partitions.is_empty() {
        let item = |no| super::PartitionItem { name: format!("p{no}"), description: None, subpartitions: Vec::new() };
        (0..clause.count.unwrap_or(1)).map(item).map(|item| named(&item)).collect()
    } else {
        clause.partitions.iter().map(named).collect()
    };
    let sub = match &clause.sub {
        None => None,
        Some(sub) => {
            let mut columns = numbers(&sub.columns)?;
            if columns.is_empty() && by_key(sub.method) {
                columns = primary_columns();
            }
            Some(Box::new(SubPartitioning { method: sub.method, expression: Arc::from(sub.expression.as_str()), columns }))
        }
    };
    Ok(Partitioning { method: clause.method, expression: Arc::from(clause.expression.as_str()), columns, partitions, sub })
}
