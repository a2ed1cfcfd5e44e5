//! A bundle computed from rows: statistics, histograms and page counts as ANALYZE TABLE would compute them on a server with these
//! rows, and the dives and rows that planning some statements asks for.

mod analyze;
mod answer;
mod held;
pub(crate) mod histogram;
mod observed;
mod partition;
mod range_text;
mod source;
mod tree;

pub use held::HeldTable;
pub use histogram::DEFAULT_BUCKETS;
pub use source::{HeldTables, SourceError, files_of, read};
pub use tree::Filling;

use crate::files::BundleFiles;
use crate::statistics::{self, IndexNumbers, PartNumbers, TableNumbers};
use crate::workload::Statement;
use analyze::{AnalyzedIndex, Method};
use myexplain::Catalog;
use myexplain::catalog::{Engine, Index, IndexKind, Table, bundle};
use myexplain::planner::Planner;
use myexplain::planner::parallel::guarded;
use observed::{Asked, Observed};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A histogram that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedHistogram {
    /// Table, or `schema.table`.
    pub table: String,
    /// Column.
    pub column: String,
    /// Buckets at most.
    pub buckets: usize,
}

/// What is to be computed.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Histograms.
    pub histograms: Vec<WantedHistogram>,
    /// How the rows came into the tables.
    pub filling: Filling,
    /// When the histograms were "updated": UTC, `2026-11-21 18:00:00.000000`.
    pub last_updated: String,
}

/// Tables with their rows and what was computed of them.
#[derive(Debug, Default)]
pub struct AnalyzedTables {
    tables: BTreeMap<(String, String), AnalyzedTable>,
}

/// One table.
#[derive(Debug)]
struct AnalyzedTable {
    held: HeldTable,
    /// One, or one for each leaf partition.
    parts: Vec<AnalyzedPart>,
    /// Names of the leaf partitions; empty for a table without.
    partition_names: Vec<String>,
    numbers: TableNumbers,
}

#[derive(Debug)]
struct AnalyzedPart {
    indexes: BTreeMap<String, AnalyzedIndex>,
    rows: u64,
}

impl AnalyzedTables {
    fn get(&self, table: &Table) -> Option<&AnalyzedTable> {
        self.tables.get(&(table.schema.to_string(), table.name.to_string()))
    }
}

impl AnalyzedTable {
    /// Sums dives over the used partitions.
    fn dive(
        &self,
        index: &Index,
        partitions: Option<&[String]>,
        rows: impl Fn(&HeldTable, &AnalyzedIndex, u64) -> Option<u64>,
    ) -> Option<u64> {
        let mut sum = 0;
        for (no, part) in self.parts.iter().enumerate() {
            let used = partitions.is_none_or(|used| self.partition_names.get(no).is_none_or(|name| used.contains(name)));
            if used {
                sum += rows(&self.held, part.indexes.get(&*index.name)?, part.rows)?;
            }
        }
        Some(sum)
    }
}

/// Computes the statistics of all tables and writes them into `files`, which has the schema. Tables without rows are empty tables.
/// Gives the analyzed rows, and what could not be computed.
pub fn analyze(
    files: &mut BundleFiles,
    catalog: &Catalog,
    mut held: HeldTables,
    wanted: &Wanted,
) -> (AnalyzedTables, Vec<String>) {
    let mut remarks = Vec::new();
    let mut histograms = String::new();
    let sample_pages = catalog.settings.variables.get("innodb_stats_persistent_sample_pages").and_then(|text| text.parse().ok());
    let method = Method { filling: wanted.filling, sample_pages: sample_pages.unwrap_or(20) };
    let mut analyzed = AnalyzedTables::default();
    let mut numbers = Vec::new();
    for (schema, content) in &catalog.schemas {
        for table in content.tables.values() {
            let key = (schema.clone(), table.name.to_string());
            let mut held = held.remove(&key).unwrap_or_else(|| HeldTable::new(Arc::clone(table)));
            let columns = histogram_columns(table, wanted);
            held.sort(&columns.iter().map(|(column, _)| (*column, histogram::needed_order(table, *column))).collect::<Vec<_>>());
            note_generated(&held, &mut remarks);
            for (column, buckets) in columns {
                match histogram::histogram_line(&held, column, buckets, &wanted.last_updated) {
                    Ok(line) => histograms.push_str(&line),
                    Err(remark) => remarks.push(remark),
                }
            }
            let table = analyze_table(held, catalog, method, &mut remarks);
            numbers.push(table.numbers.clone());
            analyzed.tables.insert(key, table);
        }
    }
    for histogram in &wanted.histograms {
        if !numbers
            .iter()
            .any(|numbers| histogram_columns(&numbers.table, wanted).iter().any(|_| named(&numbers.table, &histogram.table)))
        {
            remarks.push(format!("{}.{}: no such column; no histogram", histogram.table, histogram.column));
        }
    }
    statistics::write(files, &numbers);
    files.set("column_statistics.jsonl", histograms);
    (analyzed, remarks)
}

fn named(table: &Table, name: &str) -> bool {
    let (schema, name) = name.split_once('.').map_or((None, name), |(schema, name)| (Some(schema), name));
    table.name.eq_ignore_ascii_case(name) && schema.is_none_or(|schema| table.schema.eq_ignore_ascii_case(schema))
}

fn histogram_columns(table: &Table, wanted: &Wanted) -> Vec<(u16, usize)> {
    let of_table = wanted.histograms.iter().filter(|histogram| named(table, &histogram.table));
    of_table.filter_map(|histogram| Some((table.column_by_name(&histogram.column)?, histogram.buckets))).collect()
}

/// Values of generated columns are not in dumps, and are not computed.
fn note_generated(held: &HeldTable, remarks: &mut Vec<String>) {
    let table = &held.table;
    for index in &table.indexes {
        let missing = index.parts[..index.user_parts]
            .iter()
            .any(|part| table.columns[part.column as usize].generated.is_some() && held.is_empty_column(part.column));
        if missing && held.rows() > 0 {
            remarks.push(format!("{}.{}: values of generated columns are not known; taken as NULL", table.name, index.name));
        }
    }
}

fn analyze_table(held: HeldTable, catalog: &Catalog, method: Method, remarks: &mut Vec<String>) -> AnalyzedTable {
    let table = Arc::clone(&held.table);
    let names = statistics::stored_names(&table);
    let partitions = match &table.partitioning {
        Some(partitioning) => partition::rows_of_partitions(&held, partitioning, catalog, remarks),
        None => vec![(0..held.rows() as u32).collect()],
    };
    let mut parts = Vec::new();
    let mut numbers = Vec::new();
    for (rows, stored_as) in partitions.iter().zip(names) {
        let (part, part_numbers) = analyze_part(&held, rows, stored_as, method);
        parts.push(part);
        numbers.push(part_numbers);
    }
    let partition_names = table.partitioning.as_ref().map_or(Vec::new(), myexplain::access::partition::leaf_names);
    let numbers = TableNumbers { table, parts: numbers };
    AnalyzedTable { held, parts, partition_names, numbers }
}

fn analyze_part(held: &HeldTable, rows: &[u32], stored_as: String, method: Method) -> (AnalyzedPart, PartNumbers) {
    let table = &held.table;
    let mut indexes = BTreeMap::new();
    let mut numbers: Vec<IndexNumbers> = Vec::new();
    let clustered = table.clustered.and_then(|no| table.indexes.get(no as usize));
    let clustered_name = clustered.map_or("GEN_CLUST_INDEX", |index| &index.name).to_owned();
    let holding = analyze::analyze(held, rows, clustered, &held::clustered_fields(table), method);
    let believed = match table.engine {
        Engine::InnoDb => holding.distinct.last().copied().unwrap_or(0),
        _ => rows.len() as u64,
    };
    numbers.push(index_numbers(&clustered_name, &holding));
    indexes.insert(clustered_name.clone(), holding);
    for index in table.indexes.iter().filter(|index| index.kind == IndexKind::BTree && *index.name != *clustered_name) {
        let made = analyze::analyze(held, rows, Some(index), &held::secondary_fields(table, index), method);
        numbers.push(index_numbers(&index.name, &made));
        indexes.insert(index.name.to_string(), made);
    }
    if held::has_full_text(table) {
        numbers.push(document_ids(rows.len() as u64));
    }
    (AnalyzedPart { indexes, rows: believed }, PartNumbers { stored_as, rows: believed, indexes: numbers })
}

fn index_numbers(name: &str, made: &AnalyzedIndex) -> IndexNumbers {
    let distinct = made.distinct.iter().copied().zip(made.descriptions.iter().cloned()).collect();
    IndexNumbers {
        name: name.to_owned(),
        distinct,
        leaf_pages: made.leaf_pages(),
        size_pages: made.size_pages(),
        cached_pages: made.leaf_pages() + made.pages_above,
        sampled_pages: made.sampled_pages,
    }
}

/// The index on the hidden document id of a table with full-text indexes.
fn document_ids(rows: u64) -> IndexNumbers {
    const RECORD_BYTES: u32 = 17;
    let places: Vec<u32> = (0..rows as u32).collect();
    let leaves = tree::fill(&places, &vec![RECORD_BYTES; places.len()], tree::PAGE_ROOM, false, Filling::Inserted);
    let leaf_pages = (leaves.records.len() as u64).max(1);
    let above = tree::pages_above(leaf_pages, tree::fan_out(RECORD_BYTES), false);
    IndexNumbers {
        name: "FTS_DOC_ID_INDEX".to_owned(),
        distinct: vec![(rows, "FTS_DOC_ID".to_owned())],
        leaf_pages,
        size_pages: tree::reserved_pages(leaf_pages, false) + above,
        cached_pages: leaf_pages + above,
        sampled_pages: leaf_pages,
    }
}

/// What planning the statements asked for beyond statistics.
#[derive(Debug, Default)]
pub struct Answers {
    /// Statements that could not be planned, with the reason.
    pub unplanned: Vec<String>,
    /// Ranges and keys that rows cannot answer, and subqueries, which are not evaluated here.
    pub unanswered: BTreeSet<String>,
}

/// Plans statements and writes what the optimizer asks for into `dives.jsonl` and `rows.jsonl`. Subqueries are not evaluated:
/// those whose values are asked for are among the unanswered.
pub fn answer(files: &mut BundleFiles, tables: AnalyzedTables, statements: &[Statement]) -> Result<Answers, String> {
    let mut answers = Answers::default();
    for name in ["dives.jsonl", "rows.jsonl", "subqueries.jsonl"] {
        files.set(name, "");
    }
    let catalog = bundle::load_files(files).map_err(|error| error.to_string())?;
    let observed = Arc::new(Observed::new(Arc::clone(&catalog.statistics), Arc::new(tables)));
    let base = Catalog { statistics: observed.clone(), ..catalog };
    for statement in statements {
        let planned = statement.under(&base).and_then(|catalog| {
            let plan = || Planner::new(&catalog).plan(&statement.sql).map(drop).map_err(|error| error.to_string());
            guarded(plan).unwrap_or_else(Err)
        });
        if let Err(why) = planned {
            answers.unplanned.push(format!("{}: {why}", statement.name));
        }
    }
    let asked: Asked = observed.take();
    files.set("dives.jsonl", lines(asked.dives.iter()));
    files.set("rows.jsonl", lines(asked.rows.iter()));
    answers.unanswered = asked.unanswered;
    let subqueries = asked.subqueries.iter();
    answers.unanswered.extend(subqueries.map(|(_, sql)| format!("the value of a subquery (they are not evaluated here): {sql}")));
    Ok(answers)
}

fn lines<'a>(lines: impl Iterator<Item = &'a String>) -> String {
    lines.map(|line| format!("{line}\n")).collect()
}
