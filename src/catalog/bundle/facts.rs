//! Statistics of tables and indexes from the TSV files (spec 01 §3).

use super::Loader;
use super::tsv::Row;
use crate::catalog::captured::{IndexFacts, TableFacts, sum_of_partitions};
use crate::catalog::{Engine, Index, IndexKind, Partitioning, Table, TableStatistics};
use crate::error::InputError;
use std::collections::HashMap;
use std::sync::Arc;

/// `mysql.innodb_index_stats` of one index.
#[derive(Clone, Debug, Default)]
struct IndexRows {
    leaf_pages: Option<u64>,
    /// `n_diff_pfx01` …; 0 where a row is missing.
    distinct: Vec<u64>,
}

/// Row count and pages of one InnoDB table or partition.
#[derive(Clone, Copy, Debug)]
struct Pages {
    rows: u64,
    clustered: u64,
    others: u64,
    /// Bytes of a compressed page, 0 if not compressed.
    zip_bytes: u64,
}

/// A line of `tables.tsv`.
#[derive(Clone, Copy, Debug, Default)]
struct TableRow {
    rows: u64,
    mean_row_bytes: u64,
    data_bytes: u64,
    index_bytes: u64,
}

type TableKey = (String, String);
type IndexKey = (String, String, String);

/// The files' content by table and index.
#[derive(Debug, Default)]
struct Captured {
    live: HashMap<TableKey, Pages>,
    persistent: HashMap<TableKey, Pages>,
    indexes: HashMap<IndexKey, IndexRows>,
    cached_pages: HashMap<IndexKey, u64>,
    has_cached_pages: bool,
    tables: HashMap<TableKey, TableRow>,
    cardinality: HashMap<IndexKey, Vec<Option<u64>>>,
}

/// Cuts `schema/table` and undoes the file name encoding (`@0040` is `@`).
fn file_name(name: &str) -> Option<TableKey> {
    let (schema, table) = name.split_once('/')?;
    Some((decode_file_name(schema), decode_file_name(table)))
}

/// Undoes the encoding of file names, which InnoDB names its tables by (`@002d` is `-`); `#` stays, so that partitions can be told.
pub fn decode_file_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find('@') {
        out.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 5).and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
        match code {
            Some(c) => {
                out.push(c);
                rest = &rest[at + 5..];
            }
            None => {
                out.push('@');
                rest = &rest[at + 1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn optional(row: &Row<'_, '_>, name: &str) -> u64 {
    row.get(name).and_then(|text| text.parse().ok()).unwrap_or(0)
}

impl Loader<'_> {
    pub(super) fn table_facts(&mut self) -> Result<(), InputError> {
        let captured = self.read_captured()?;
        let page_bytes = self.catalog.settings.variables.get("innodb_page_size").and_then(|text| text.parse().ok());
        let builder = FactsBuilder {
            captured: &captured,
            page_bytes: page_bytes.unwrap_or(16_384),
            buffer_pool_bytes: self.catalog.settings.buffer_pool_bytes,
        };
        let mut without = Vec::new();
        for (schema, content) in &self.catalog.schemas {
            let facts = self.statistics.schemas.entry(schema.clone()).or_default();
            for table in content.tables.values() {
                if !builder.is_known(table) {
                    without.push(format!("{schema}.{}", table.name));
                }
                facts.tables.insert(table.name.to_string(), builder.table(table));
            }
        }
        if !without.is_empty() {
            self.catalog.assumptions.push(format!("no statistics of {}: empty tables", without.join(", ")));
        }
        Ok(())
    }

    fn read_captured(&mut self) -> Result<Captured, InputError> {
        let mut captured = Captured::default();
        let pages = |row: &Row<'_, '_>, names: [&str; 3]| -> Result<Pages, super::Problem> {
            Ok(Pages {
                rows: row.number(names[0])?,
                clustered: row.number(names[1])?,
                others: row.number(names[2])?,
                zip_bytes: optional(row, "zip_page_size"),
            })
        };
        let live = self.rows("innodb_tablestats.tsv", |_, row| {
            if let Some(key) = file_name(row.need("name")?) {
                captured.live.insert(key, pages(&row, ["num_rows", "clust_index_size", "other_index_size"])?);
            }
            Ok(())
        })?;
        let persistent = self.rows("innodb_table_stats.tsv", |_, row| {
            let key = (row.need("database_name")?.to_owned(), row.need("table_name")?.to_owned());
            let value = pages(&row, ["n_rows", "clustered_index_size", "sum_of_other_index_sizes"])?;
            captured.persistent.insert(key, value);
            Ok(())
        })?;
        let indexes = self.rows("innodb_index_stats.tsv", |_, row| {
            let key = index_key(&row, "database_name")?;
            let entry = captured.indexes.entry(key).or_default();
            let value = row.number("stat_value")?;
            match row.need("stat_name")? {
                "n_leaf_pages" => entry.leaf_pages = Some(value),
                name => {
                    let part = name.strip_prefix("n_diff_pfx").and_then(|no| no.parse::<usize>().ok());
                    if let Some(part @ 1..=64) = part {
                        if entry.distinct.len() < part {
                            entry.distinct.resize(part, 0);
                        }
                        entry.distinct[part - 1] = value;
                    }
                }
            }
            Ok(())
        })?;
        captured.has_cached_pages = self.rows("innodb_cached_indexes.tsv", |_, row| {
            if let Some((schema, table)) = file_name(row.need("table_name")?) {
                let key = (schema, table, row.need("index_name")?.to_owned());
                *captured.cached_pages.entry(key).or_default() += row.number("n_cached_pages")?;
            }
            Ok(())
        })?;
        let tables = self.rows("tables.tsv", |loader, row| {
            let key = (row.need("table_schema")?.to_owned(), row.need("table_name")?.to_owned());
            loader.forget_unloaded_secondary_engine(&key, row.get("create_options").unwrap_or_default());
            let value = TableRow {
                rows: optional(&row, "table_rows"),
                mean_row_bytes: optional(&row, "avg_row_length"),
                data_bytes: optional(&row, "data_length"),
                index_bytes: optional(&row, "index_length"),
            };
            captured.tables.insert(key, value);
            Ok(())
        })?;
        self.rows("statistics.tsv", |_, row| {
            let entry = captured.cardinality.entry(index_key(&row, "table_schema")?).or_default();
            let part = optional(&row, "seq_in_index").clamp(1, 64) as usize;
            if entry.len() < part {
                entry.resize(part, None);
            }
            entry[part - 1] = row.get("cardinality").and_then(|text| text.parse().ok());
            Ok(())
        })?;
        if !live && !persistent && !tables {
            self.assume("innodb_tablestats.tsv", "row counts are unknown");
        }
        if !indexes {
            self.assume("innodb_index_stats.tsv", "records per key come from statistics.tsv where it has them");
        }
        if !captured.has_cached_pages {
            self.assume("innodb_cached_indexes.tsv", "tables smaller than the buffer pool are in memory");
        }
        Ok(captured)
    }

    /// A table that the server has not loaded into its secondary engine is not served by it (spec 09 §4.4).
    fn forget_unloaded_secondary_engine(&mut self, (schema, name): &TableKey, create_options: &str) {
        if create_options.to_ascii_uppercase().contains("SECONDARY_LOAD=\"1\"") {
            return;
        }
        let tables = self.catalog.schemas.get_mut(schema).map(|schema| &mut schema.tables);
        let table = tables.and_then(|tables| tables.get_mut(&name.to_lowercase()));
        if let Some(table) = table.filter(|table| table.secondary_engine.is_some()) {
            std::sync::Arc::make_mut(table).secondary_engine = None;
        }
    }
}

fn index_key(row: &Row<'_, '_>, schema: &str) -> Result<IndexKey, super::Problem> {
    Ok((row.need(schema)?.to_owned(), row.need("table_name")?.to_owned(), row.need("index_name")?.to_owned()))
}

struct FactsBuilder<'c> {
    captured: &'c Captured,
    page_bytes: u32,
    buffer_pool_bytes: u64,
}

/// Share in memory, guessed by size (spec 01 §3.3).
fn share_by_size(bytes: u64, buffer_bytes: u64) -> f64 {
    const UNKNOWN_BUFFER: f64 = 104_857_600.0;
    let buffer = if buffer_bytes == 0 { UNKNOWN_BUFFER } else { buffer_bytes as f64 };
    let share = bytes as f64 / buffer;
    if share < 0.2 {
        1.0
    } else if share > 1.0 {
        0.0
    } else {
        1.0 - (share - 0.2) / 0.8
    }
}

/// Names under which the leaf partitions of a table have their statistics.
fn partition_names(table: &Table, partitioning: &Partitioning) -> Vec<String> {
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

impl FactsBuilder<'_> {
    fn key(&self, table: &Table) -> TableKey {
        (table.schema.to_string(), table.name.to_string())
    }

    fn is_known(&self, table: &Table) -> bool {
        let key = self.key(table);
        let captured = self.captured;
        let partitioned = || {
            let names = table.partitioning.as_ref().map_or(Vec::new(), |parts| partition_names(table, parts));
            names.into_iter().any(|name| captured.persistent.contains_key(&(key.0.clone(), name)))
        };
        captured.live.contains_key(&key)
            || captured.persistent.contains_key(&key)
            || captured.tables.contains_key(&key)
            || partitioned()
    }

    fn table(&self, table: &Table) -> TableFacts {
        match (&table.partitioning, table.engine) {
            (Some(partitioning), Engine::InnoDb) => self.partitioned(table, partitioning),
            (_, Engine::InnoDb) => self.innodb(table),
            _ => self.other_engine(table),
        }
    }

    /// Pages of a table or partition; what the running server held is preferred.
    fn pages(&self, schema: &str, name: &str) -> Pages {
        let key = (schema.to_owned(), name.to_owned());
        if let Some(pages) = self.captured.live.get(&key).or_else(|| self.captured.persistent.get(&key)) {
            return *pages;
        }
        let table = self.captured.tables.get(&key).copied().unwrap_or_default();
        let page = u64::from(self.page_bytes);
        Pages { rows: table.rows, clustered: (table.data_bytes / page).max(1), others: table.index_bytes / page, zip_bytes: 0 }
    }

    fn index_rows(&self, schema: &str, table: &str, index: &str) -> Option<&IndexRows> {
        self.captured.indexes.get(&(schema.to_owned(), table.to_owned(), index.to_owned()))
    }

    /// Name of the index that holds the rows.
    fn clustered_name(table: &Table) -> &str {
        table.clustered.and_then(|no| table.indexes.get(no as usize)).map_or("GEN_CLUST_INDEX", |index| &index.name)
    }

    fn numbers(&self, table: &Table, stored_as: &str, pages: Pages) -> TableStatistics {
        let physical = match pages.zip_bytes {
            0 if table.row_format == Some(crate::catalog::RowFormat::Compressed) => u64::from(table.page_bytes),
            0 => u64::from(self.page_bytes),
            bytes => bytes,
        };
        let rows = pages.rows.max(1);
        let data_bytes = pages.clustered * physical;
        let leaf_pages = self
            .index_rows(&table.schema, stored_as, Self::clustered_name(table))
            .and_then(|index| index.leaf_pages)
            .unwrap_or_else(|| estimated_leaf_pages(pages.clustered));
        let shortest = u64::from(table.min_record_bytes().max(1));
        TableStatistics {
            rows,
            rows_exact: false,
            clustered_pages: pages.clustered,
            clustered_leaf_pages: leaf_pages,
            data_bytes,
            mean_row_bytes: data_bytes / rows,
            page_bytes: self.page_bytes,
            clustered_in_memory: 1.0,
            rows_upper_bound: 2 * leaf_pages * u64::from(self.page_bytes) / shortest,
        }
    }

    fn innodb(&self, table: &Table) -> TableFacts {
        let pages = self.pages(&table.schema, &table.name);
        let mut numbers = self.numbers(table, &table.name, pages);
        let other_bytes = pages.others * (numbers.data_bytes / pages.clustered.max(1));
        let clustered = self.cached_share(table, Self::clustered_name(table), Some(numbers.clustered_leaf_pages));
        numbers.clustered_in_memory = clustered.unwrap_or_else(|| share_by_size(numbers.data_bytes, self.buffer_pool_bytes));
        let indexes = table
            .indexes
            .iter()
            .enumerate()
            .map(|(no, index)| {
                let is_clustered = table.clustered == Some(no as u8);
                let bytes = if is_clustered { numbers.data_bytes } else { other_bytes };
                self.index(table, index, &table.name, pages.rows, bytes)
            })
            .collect();
        TableFacts { numbers, partitions: Vec::new(), indexes, histograms: Vec::new(), rows: Vec::new() }
    }

    fn cached_share(&self, table: &Table, index: &str, leaf_pages: Option<u64>) -> Option<f64> {
        if !self.captured.has_cached_pages || table.partitioning.is_some() {
            return None;
        }
        let key = (table.schema.to_string(), table.name.to_string(), index.to_owned());
        let cached = self.captured.cached_pages.get(&key).copied().unwrap_or(0);
        Some(match leaf_pages {
            Some(0) | None => 0.0,
            Some(leaf_pages) => (cached as f64 / leaf_pages as f64).clamp(0.0, 1.0),
        })
    }

    fn index(&self, table: &Table, index: &Index, stored_as: &str, rows: u64, bytes: u64) -> IndexFacts {
        let in_tree = matches!(index.kind, IndexKind::BTree | IndexKind::Hash);
        let stored = self.index_rows(&table.schema, stored_as, &index.name);
        let leaf_pages = stored.and_then(|stored| stored.leaf_pages);
        let known = if in_tree { self.cached_share(table, &index.name, leaf_pages.or(Some(1))) } else { None };
        IndexFacts {
            name: index.name.clone(),
            records_per_key: self.records_per_key(table, index, stored, rows, in_tree),
            leaf_pages,
            in_memory: known.unwrap_or_else(|| share_by_size(bytes, self.buffer_pool_bytes)),
            in_memory_known: known.is_some(),
            dives: HashMap::new(),
        }
    }

    /// Records per key (spec 01 §3.2): a division in single precision, at least 1.
    fn records_per_key(
        &self,
        table: &Table,
        index: &Index,
        stored: Option<&IndexRows>,
        rows: u64,
        in_tree: bool,
    ) -> Vec<Option<f32>> {
        let parts = index.parts.len();
        if !in_tree || rows == 0 {
            return vec![Some(1.0); parts];
        }
        let per_key = |distinct: u64| match distinct {
            0 => rows as f32,
            distinct => (rows as f32 / distinct as f32).max(1.0),
        };
        if let Some(stored) = stored {
            return (0..parts).map(|no| Some(per_key(stored.distinct.get(no).copied().unwrap_or(0)))).collect();
        }
        let cardinality = self.cardinality(table, index);
        let known = |no: usize| cardinality.get(no).copied().flatten().map(per_key);
        let last_known = known(index.user_parts.saturating_sub(1));
        (0..parts)
            .map(|no| match known(no) {
                Some(value) => Some(value),
                // All columns of the primary key are bound: one row.
                None if no + 1 == parts && parts > index.user_parts => Some(1.0),
                None => last_known,
            })
            .collect()
    }

    fn cardinality(&self, table: &Table, index: &Index) -> &[Option<u64>] {
        let key = (table.schema.to_string(), table.name.to_string(), index.name.to_string());
        self.captured.cardinality.get(&key).map_or(&[], |rows| rows.as_slice())
    }

    fn partitioned(&self, table: &Table, partitioning: &Partitioning) -> TableFacts {
        let names = partition_names(table, partitioning);
        let pages: Vec<Pages> = names.iter().map(|name| self.pages(&table.schema, name)).collect();
        let parts: Vec<TableStatistics> = names
            .iter()
            .zip(&pages)
            .map(|(name, pages)| TableStatistics { rows: pages.rows, ..self.numbers(table, name, *pages) })
            .collect();
        let mut largest = 0;
        for (no, part) in pages.iter().enumerate() {
            if part.rows > pages[largest].rows {
                largest = no;
            }
        }
        let whole = parts.first().copied().unwrap_or_else(|| TableStatistics::temporary(0));
        let mut numbers = sum_of_partitions(whole, parts.iter());
        numbers.clustered_in_memory = share_by_size(numbers.data_bytes, self.buffer_pool_bytes);
        let other_bytes: u64 = pages.iter().map(|pages| pages.others * u64::from(self.page_bytes)).sum();
        let sample = names.get(largest).map_or("", |name| name.as_str());
        let sample_rows = pages.get(largest).map_or(0, |pages| pages.rows);
        let indexes = table
            .indexes
            .iter()
            .enumerate()
            .map(|(no, index)| {
                let is_clustered = table.clustered == Some(no as u8);
                let bytes = if is_clustered { numbers.data_bytes } else { other_bytes };
                let mut facts = self.index(table, index, sample, sample_rows, bytes);
                let leaves = names.iter().map(|name| self.index_rows(&table.schema, name, &index.name)?.leaf_pages);
                facts.leaf_pages = leaves.sum();
                facts
            })
            .collect();
        TableFacts { numbers, partitions: parts, indexes, histograms: Vec::new(), rows: Vec::new() }
    }

    /// MyISAM, MEMORY and others (spec 01 §10.9).
    fn other_engine(&self, table: &Table) -> TableFacts {
        let row = self.captured.tables.get(&self.key(table)).copied().unwrap_or_default();
        let in_memory = match table.engine {
            Engine::Memory | Engine::TempTable => 1.0,
            _ => share_by_size(row.data_bytes, 0),
        };
        let numbers = TableStatistics {
            rows: row.rows,
            rows_exact: matches!(table.engine, Engine::MyIsam | Engine::Memory),
            clustered_pages: 0,
            clustered_leaf_pages: 0,
            data_bytes: row.data_bytes,
            mean_row_bytes: row.mean_row_bytes,
            page_bytes: self.page_bytes,
            clustered_in_memory: in_memory,
            rows_upper_bound: 0,
        };
        let indexes = table
            .indexes
            .iter()
            .map(|index| IndexFacts {
                name: Arc::clone(&index.name),
                records_per_key: self.other_records_per_key(table, index, row.rows),
                leaf_pages: None,
                in_memory: match table.engine {
                    Engine::Memory | Engine::TempTable => 1.0,
                    _ => share_by_size(row.index_bytes, 0),
                },
                in_memory_known: false,
                dives: HashMap::new(),
            })
            .collect();
        TableFacts { numbers, partitions: Vec::new(), indexes, histograms: Vec::new(), rows: Vec::new() }
    }

    fn other_records_per_key(&self, table: &Table, index: &Index, rows: u64) -> Vec<Option<f32>> {
        let cardinality = self.cardinality(table, index);
        let parts = index.parts.len();
        let of = |no: usize| -> Option<f32> {
            let distinct = cardinality.get(no).copied().flatten().filter(|distinct| *distinct > 0)?;
            Some((rows as f32 / distinct as f32).max(1.0))
        };
        match (table.engine, index.kind) {
            (Engine::Memory, IndexKind::BTree) => vec![None; parts],
            (Engine::Memory, _) => {
                let full =
                    if index.unique { Some(1.0) } else { of(parts.saturating_sub(1)).map(|rpk| rpk.max(2.0)).or(Some(2.0)) };
                (0..parts).map(|no| if no + 1 == parts { full } else { None }).collect()
            }
            // The capacity of an integer: MyISAM keeps whole numbers.
            _ => (0..parts).map(|no| of(no).map(f32::trunc)).collect(),
        }
    }
}

/// Leaf pages where only the size is known: all pages of a small tree but its root.
fn estimated_leaf_pages(pages: u64) -> u64 {
    if pages <= 1 { 1 } else { pages - 1 - pages / 100 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_by_size() {
        assert_eq!(share_by_size(10, 100), 1.0);
        assert_eq!(share_by_size(101, 100), 0.0);
        assert!((share_by_size(60, 100) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn file_names_decode() {
        assert_eq!(file_name("db/a@002db"), Some(("db".to_owned(), "a-b".to_owned())));
    }
}
