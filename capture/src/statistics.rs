//! Writing the statistics files of a bundle from numbers that were computed or guessed.

use crate::files::BundleFiles;
use crate::tsv::{NULL, Tsv};
use myexplain::catalog::{Engine, IndexKind, RowFormat, Table};
use std::sync::Arc;

/// Numbers of one index.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexNumbers {
    /// Its name; `GEN_CLUST_INDEX` for the hidden row id.
    pub name: String,
    /// Distinct prefixes of one part, two parts …, each with the columns that it counts.
    pub distinct: Vec<(u64, String)>,
    /// Leaf pages.
    pub leaf_pages: u64,
    /// Pages reserved.
    pub size_pages: u64,
    /// Pages in the buffer pool.
    pub cached_pages: u64,
    /// Leaf pages that were looked at.
    pub sampled_pages: u64,
}

/// Numbers of a table, or of one partition of it.
#[derive(Clone, Debug, PartialEq)]
pub struct PartNumbers {
    /// Name under which the server stores them: `t`, or `t#p#p0`.
    pub stored_as: String,
    /// Rows as the server believes them to be.
    pub rows: u64,
    /// Indexes that are trees; the one that holds the rows first.
    pub indexes: Vec<IndexNumbers>,
}

/// Numbers of one table.
#[derive(Clone, Debug)]
pub struct TableNumbers {
    /// The table.
    pub table: Arc<Table>,
    /// One, or one for each leaf partition in order.
    pub parts: Vec<PartNumbers>,
}

impl TableNumbers {
    /// Rows of all partitions.
    pub fn rows(&self) -> u64 {
        self.parts.iter().map(|part| part.rows).sum()
    }
    fn clustered_pages(&self) -> u64 {
        self.parts.iter().filter_map(|part| part.indexes.first()).map(|index| index.size_pages).sum()
    }
    fn other_pages(&self) -> u64 {
        self.parts.iter().flat_map(|part| part.indexes.iter().skip(1)).map(|index| index.size_pages).sum()
    }
}

/// Names under which the server stores statistics of the leaf partitions; the table's own name if it has none.
pub fn stored_names(table: &Table) -> Vec<String> {
    let Some(partitioning) = &table.partitioning else { return vec![table.name.to_string()] };
    let mut names = Vec::new();
    for partition in &partitioning.partitions {
        let name = format!("{}#p#{}", table.name, partition.name.to_lowercase());
        if partition.subpartitions.is_empty() {
            names.push(name);
        } else {
            names.extend(partition.subpartitions.iter().map(|sub| format!("{name}#sp#{}", sub.to_lowercase())));
        }
    }
    names
}

/// Writes `tables.tsv`, `partitions.tsv`, `statistics.tsv` and the four InnoDB files.
pub fn write(files: &mut BundleFiles, tables: &[TableNumbers]) {
    let mut facts = Tsv::new(&[
        "table_schema",
        "table_name",
        "table_type",
        "engine",
        "row_format",
        "table_rows",
        "avg_row_length",
        "data_length",
        "index_length",
        "create_options",
    ]);
    let mut live =
        Tsv::new(&["name", "n_cols", "row_format", "zip_page_size", "num_rows", "clust_index_size", "other_index_size"]);
    let mut stored = Tsv::new(&["database_name", "table_name", "n_rows", "clustered_index_size", "sum_of_other_index_sizes"]);
    let mut indexes =
        Tsv::new(&["database_name", "table_name", "index_name", "stat_name", "stat_value", "sample_size", "stat_description"]);
    let mut cached = Tsv::new(&["table_name", "index_name", "n_cached_pages"]);
    for numbers in tables {
        let table = &*numbers.table;
        push_table(&mut facts, numbers);
        if !matches!(table.engine, Engine::InnoDb) {
            continue;
        }
        let zip = if table.row_format == Some(RowFormat::Compressed) { table.page_bytes } else { 0 };
        let name = format!("{}/{}", file_name(&table.schema), file_name(&table.name));
        if table.partitioning.is_none() {
            live.push(&[
                &name,
                &(table.columns.len() + 3),
                &row_format(table),
                &zip,
                &numbers.rows(),
                &numbers.clustered_pages(),
                &numbers.other_pages(),
            ]);
        }
        for part in &numbers.parts {
            let others: u64 = part.indexes.iter().skip(1).map(|index| index.size_pages).sum();
            let clustered = part.indexes.first().map_or(1, |index| index.size_pages);
            stored.push(&[&table.schema, &part.stored_as, &part.rows, &clustered, &others]);
            for index in &part.indexes {
                push_index(&mut indexes, &table.schema, &part.stored_as, index);
                if table.partitioning.is_none() {
                    cached.push(&[&name, &index.name, &index.cached_pages]);
                }
            }
        }
    }
    for (name, tsv) in [
        ("tables.tsv", facts),
        ("partitions.tsv", partitions(tables)),
        ("statistics.tsv", cardinality(tables)),
        ("innodb_tablestats.tsv", live),
        ("innodb_table_stats.tsv", stored),
        ("innodb_index_stats.tsv", indexes),
        ("innodb_cached_indexes.tsv", cached),
    ] {
        files.set(name, tsv.text());
    }
}

fn push_table(facts: &mut Tsv, numbers: &TableNumbers) {
    let table = &*numbers.table;
    let rows = numbers.rows();
    let engine = match table.engine {
        Engine::InnoDb | Engine::TempTable => "InnoDB",
        Engine::MyIsam => "MyISAM",
        Engine::Memory => "MEMORY",
        Engine::Other => "OTHER",
    };
    let page = match table.row_format {
        Some(RowFormat::Compressed) => u64::from(table.page_bytes),
        _ => 16_384,
    };
    let (data, index_bytes) = match table.engine {
        Engine::InnoDb => (numbers.clustered_pages() * page, numbers.other_pages() * page),
        _ => (rows * u64::from(table.record_length()), if table.indexes.is_empty() { 0 } else { 2048 }),
    };
    let mean = data.checked_div(rows).unwrap_or(0);
    let options = if table.partitioning.is_some() { "partitioned" } else { "" };
    facts.push(&[
        &table.schema,
        &table.name,
        &"BASE TABLE",
        &engine,
        &row_format(table),
        &rows,
        &mean,
        &data,
        &index_bytes,
        &options,
    ]);
}

fn row_format(table: &Table) -> &'static str {
    match table.row_format {
        Some(RowFormat::Compact) => "Compact",
        Some(RowFormat::Redundant) => "Redundant",
        Some(RowFormat::Compressed) => "Compressed",
        Some(RowFormat::Fixed) => "Fixed",
        _ => "Dynamic",
    }
}

fn push_index(indexes: &mut Tsv, schema: &str, stored_as: &str, index: &IndexNumbers) {
    for (place, (distinct, columns)) in index.distinct.iter().enumerate() {
        let name = format!("n_diff_pfx{:02}", place + 1);
        indexes.push(&[&schema, &stored_as, &index.name, &name, distinct, &index.sampled_pages, columns]);
    }
    indexes.push(&[
        &schema,
        &stored_as,
        &index.name,
        &"n_leaf_pages",
        &index.leaf_pages,
        &NULL,
        &"Number of leaf pages in the index",
    ]);
    indexes.push(&[&schema, &stored_as, &index.name, &"size", &index.size_pages, &NULL, &"Number of pages in the index"]);
}

fn partitions(tables: &[TableNumbers]) -> Tsv {
    let mut out = Tsv::new(&[
        "table_schema",
        "table_name",
        "partition_name",
        "subpartition_name",
        "partition_ordinal_position",
        "partition_method",
        "partition_expression",
        "partition_description",
    ]);
    for table in tables.iter().map(|numbers| &numbers.table) {
        let Some(partitioning) = &table.partitioning else { continue };
        let method = method_name(partitioning.method);
        for (no, partition) in partitioning.partitions.iter().enumerate() {
            let subs: Vec<&str> = match partition.subpartitions.len() {
                0 => vec![NULL],
                _ => partition.subpartitions.iter().map(|name| &**name).collect(),
            };
            let description = partition.description.as_deref().unwrap_or(NULL);
            for sub in subs {
                let expression = &partitioning.expression;
                out.push(&[&table.schema, &table.name, &partition.name, &sub, &(no + 1), &method, expression, &description]);
            }
        }
    }
    out
}

fn method_name(method: myexplain::catalog::PartitionMethod) -> &'static str {
    use myexplain::catalog::PartitionMethod::*;
    match method {
        Range => "RANGE",
        RangeColumns => "RANGE COLUMNS",
        List => "LIST",
        ListColumns => "LIST COLUMNS",
        Hash => "HASH",
        LinearHash => "LINEAR HASH",
        Key => "KEY",
        LinearKey => "LINEAR KEY",
    }
}

fn cardinality(tables: &[TableNumbers]) -> Tsv {
    let mut out = Tsv::new(&[
        "table_schema",
        "table_name",
        "index_name",
        "seq_in_index",
        "column_name",
        "expression",
        "sub_part",
        "collation",
        "cardinality",
        "nullable",
        "non_unique",
        "index_type",
        "is_visible",
    ]);
    for numbers in tables {
        let table = &*numbers.table;
        // The server takes the records per key of the partition with the most rows.
        let largest = numbers.parts.iter().rev().max_by_key(|part| part.rows);
        for index in &table.indexes {
            let known =
                largest.and_then(|part| part.indexes.iter().find(|each| each.name == *index.name).map(|each| (part.rows, each)));
            for (place, part) in index.parts[..index.user_parts].iter().enumerate() {
                let column = &table.columns[part.column as usize];
                let per_key = known.and_then(|(rows, known)| Some(rows as f32 / known.distinct.get(place)?.0.max(1) as f32));
                let cardinality =
                    per_key.map_or(numbers.rows(), |rows| (numbers.rows() as f64 / f64::from(rows.max(1.0))).round() as u64);
                let kind = match index.kind {
                    IndexKind::BTree => "BTREE",
                    IndexKind::Hash => "HASH",
                    IndexKind::FullText => "FULLTEXT",
                    IndexKind::Spatial => "SPATIAL",
                };
                let expression =
                    column.generated.as_ref().filter(|_| column.functional).map(|generated| generated.expression.to_string());
                let name = if column.functional { NULL } else { &column.name };
                let prefix = part.prefix_chars.map_or(NULL.to_owned(), |chars| chars.to_string());
                let order = match index.kind {
                    IndexKind::FullText => NULL,
                    _ if part.descending => "D",
                    _ => "A",
                };
                let nullable = if column.nullable { "YES" } else { "" };
                out.push(&[
                    &table.schema,
                    &table.name,
                    &index.name,
                    &(place + 1),
                    &name,
                    &expression.as_deref().unwrap_or(NULL),
                    &prefix,
                    &order,
                    &cardinality,
                    &nullable,
                    &u8::from(!index.unique),
                    &kind,
                    &if index.visible { "YES" } else { "NO" },
                ]);
            }
        }
    }
    out
}

/// A name as InnoDB's views print it: characters beyond letters, digits and `_` as `@` and four hexadecimal digits.
pub fn file_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii_alphanumeric() || c == '_' {
            out.push(c);
        } else {
            out.push_str(&format!("@{:04x}", u32::from(c)));
        }
    }
    out
}
