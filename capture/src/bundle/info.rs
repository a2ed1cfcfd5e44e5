//! What is in a bundle: tables, sizes, age of statistics, what is missing and what that costs in exactness.

use crate::files::BundleFiles;
use crate::pieces::{Pieces, Subject, owner};
use crate::tsv::Tsv;
use myexplain::catalog::bundle::{About, histogram_of_text, load_files};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// All that `bundle info` tells.
#[derive(Debug, Serialize)]
pub struct Info {
    /// Version of this report's JSON.
    pub version: u32,
    /// What `bundle.json` says.
    pub bundle: About,
    /// Server version that the variables name.
    pub server_version: Option<String>,
    /// Tables by schema and name.
    pub tables: Vec<TableInfo>,
    /// Views and stored programs.
    pub programs: usize,
    /// Captured answers by file.
    pub answers: BTreeMap<&'static str, usize>,
    /// Histograms whose buckets cannot be read.
    pub damaged_histograms: Vec<String>,
    /// What planning assumes because it is missing, guessed or unknown.
    pub assumptions: Vec<Assumption>,
}

/// Something that planning has to assume.
#[derive(Debug, Serialize)]
pub struct Assumption {
    /// What is missing and what stands in for it.
    pub what: String,
    /// What that costs in exactness, if it is known.
    pub cost: Option<&'static str>,
}

/// One table.
#[derive(Debug, Default, Serialize)]
pub struct TableInfo {
    /// Schema.
    pub schema: String,
    /// Name.
    pub table: String,
    /// Rows as the optimizer sees them.
    pub rows: u64,
    /// Bytes of the rows.
    pub data_bytes: u64,
    /// Number of columns.
    pub columns: usize,
    /// Number of indexes.
    pub indexes: usize,
    /// Number of partitions.
    pub partitions: usize,
    /// Columns with a histogram.
    pub histograms: Vec<String>,
    /// When the server computed the index statistics, if the bundle says.
    pub statistics_updated: Option<String>,
    /// When the oldest histogram was computed.
    pub oldest_histogram: Option<String>,
}

/// Looks a bundle over.
///
/// # Errors
/// It cannot be loaded.
pub fn info(files: &BundleFiles) -> Result<Info, String> {
    let catalog = load_files(files).map_err(|error| error.to_string())?;
    let bundle = files.about().map_err(|error| error.to_string())?;
    let updated = updates(files);
    let (histograms, damaged_histograms) = histograms(files);
    let mut tables = Vec::new();
    for content in catalog.schemas.values() {
        for table in content.tables.values() {
            let key = (table.schema.to_string(), table.name.to_string());
            let numbers = catalog.statistics.table(table);
            let of_table = histograms.get(&key).cloned().unwrap_or_default();
            tables.push(TableInfo {
                rows: numbers.rows,
                data_bytes: numbers.data_bytes,
                columns: table.columns.iter().filter(|column| !column.functional).count(),
                indexes: table.indexes.len(),
                partitions: table.partitioning.as_ref().map_or(0, |parts| parts.partitions.len()),
                statistics_updated: updated.get(&key).cloned(),
                oldest_histogram: of_table.iter().filter_map(|(_, updated)| updated.clone()).min(),
                histograms: of_table.into_iter().map(|(column, _)| column).collect(),
                schema: key.0,
                table: key.1,
            });
        }
    }
    let pieces = Pieces::of(files);
    let mut answers = BTreeMap::from([("dives.jsonl", 0), ("rows.jsonl", 0), ("subqueries.jsonl", 0)]);
    let mut programs = 0;
    for piece in pieces.files.values().flat_map(|file| &file.pieces) {
        match &piece.subject {
            Subject::Answer(file, _) => *answers.entry(file).or_default() += 1,
            Subject::Program(..) => programs += 1,
            _ => {}
        }
    }
    let assumptions = catalog.assumptions.iter().map(|what| Assumption { what: what.clone(), cost: cost_of(what) }).collect();
    let server_version = catalog.settings.variables.get("version").cloned();
    Ok(Info { version: 1, bundle, server_version, tables, programs, answers, damaged_histograms, assumptions })
}

/// When the statistics of each table were computed: the latest of its partitions.
fn updates(files: &BundleFiles) -> BTreeMap<(String, String), String> {
    let mut updates = BTreeMap::new();
    let Some(tsv) = files.get("innodb_table_stats.tsv").map(Tsv::read) else { return updates };
    for row in &tsv.rows {
        if let Some(update) = tsv.get(row, "last_update") {
            let entry: &mut String = updates.entry(owner(&tsv, row)).or_default();
            if entry.as_str() < update {
                update.clone_into(entry);
            }
        }
    }
    updates
}

type Histograms = BTreeMap<(String, String), Vec<(String, Option<String>)>>;

/// Columns with histograms and their age by table, and those that are damaged.
fn histograms(files: &BundleFiles) -> (Histograms, Vec<String>) {
    let (mut found, mut damaged): (Histograms, Vec<String>) = Default::default();
    for line in files.get("column_statistics.jsonl").unwrap_or_default().lines() {
        let Ok(json) = serde_json::from_str::<serde_json::Value>(line) else { continue };
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        let (schema, table, column) = (text("schema_name"), text("table_name"), text("column_name"));
        if let Err(what) = histogram_of_text(&json["histogram"].to_string()) {
            damaged.push(format!("{schema}.{table}.{column}: {what}"));
        }
        let updated = json["histogram"]["last-updated"].as_str().map(str::to_owned);
        found.entry((schema, table)).or_default().push((column, updated));
    }
    (found, damaged)
}

/// What a missing part costs.
fn cost_of(assumption: &str) -> Option<&'static str> {
    const COSTS: [(&str, &str); 9] = [
        ("dives.jsonl", "rows of ranges are estimates: rows and costs differ, the choice of an index may"),
        ("rows.jsonl", "a const table is taken to have its row: 'Impossible WHERE' and folded values are not seen"),
        ("subqueries.jsonl", "values of subqueries are unknown: ranges that use them are not seen"),
        ("innodb_cached_indexes.tsv", "costs of reading pages differ where not all is in memory"),
        ("innodb_tablestats.tsv", "row counts may lag behind what the running server holds"),
        ("innodb_index_stats.tsv", "rows of look-ups and join orders may differ"),
        ("column_statistics.jsonl", "'filtered' and join orders differ for columns that have histograms on the server"),
        ("variables.tsv", "switches, buffer sizes and limits of the server are unknown: any decision may differ"),
        ("_cost.tsv", "costs differ if the server's constants were changed"),
    ];
    COSTS.iter().find(|(file, _)| assumption.contains(file)).map(|(_, cost)| *cost)
}

impl Info {
    /// The report for people.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let made = self.bundle.made_by.as_deref().unwrap_or("unknown");
        let captured = self.bundle.captured_at.as_deref().unwrap_or("unknown");
        let server = self.bundle.server_version.as_ref().or(self.server_version.as_ref()).map_or("unknown", String::as_str);
        let _ = writeln!(out, "format {}, made by {made}, captured {captured}, server {server}\n", self.bundle.format);
        self.push_tables(&mut out);
        let answer = |file: &str| self.answers.get(file).copied().unwrap_or(0);
        let (dives, rows, subqueries) = (answer("dives.jsonl"), answer("rows.jsonl"), answer("subqueries.jsonl"));
        let _ = writeln!(
            out,
            "\n{} views and stored programs; captured: {dives} dives, {rows} rows, {subqueries} subqueries",
            self.programs
        );
        for damaged in &self.damaged_histograms {
            let _ = writeln!(out, "damaged histogram, not used: {damaged}");
        }
        for note in &self.bundle.notes {
            let _ = writeln!(out, "note: {note}");
        }
        if self.assumptions.is_empty() {
            let _ = writeln!(out, "nothing is missing");
        }
        for assumption in &self.assumptions {
            let _ = writeln!(out, "assumed: {}", assumption.what);
            if let Some(cost) = assumption.cost {
                let _ = writeln!(out, "         {cost}");
            }
        }
        out
    }

    fn push_tables(&self, out: &mut String) {
        let header = ["table", "rows", "data", "columns", "indexes", "histograms", "statistics of"].map(str::to_owned);
        let line = |table: &TableInfo| {
            let age = table.statistics_updated.as_deref().or(table.oldest_histogram.as_deref()).unwrap_or("unknown");
            [
                format!("{}.{}", table.schema, table.table),
                table.rows.to_string(),
                bytes(table.data_bytes),
                table.columns.to_string(),
                table.indexes.to_string(),
                table.histograms.len().to_string(),
                age.get(..19).unwrap_or(age).to_owned(),
            ]
        };
        let lines: Vec<[String; 7]> = std::iter::once(header).chain(self.tables.iter().map(line)).collect();
        let widths: [usize; 7] = std::array::from_fn(|at| lines.iter().map(|line| line[at].chars().count()).max().unwrap_or(0));
        for line in &lines {
            let mut text = format!("{:<width$}", line[0], width = widths[0]);
            for at in 1..6 {
                let _ = write!(text, "  {:>width$}", line[at], width = widths[at]);
            }
            let _ = writeln!(out, "{text}  {}", line[6]);
        }
    }
}

/// Bytes with a unit.
fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let (mut value, mut unit) = (number as f64, 0);
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{number} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_in_figures() {
        let info = info(&BundleFiles::sample()).unwrap();
        let salaries = info.tables.iter().find(|table| table.table == "salaries").unwrap();
        assert_eq!((salaries.rows, salaries.columns, salaries.indexes), (3_173_265, 4, 2));
        assert_eq!(salaries.histograms, ["from_date", "to_date"]);
        assert_eq!(info.answers["dives.jsonl"], 66);
        assert!(info.text().ends_with("nothing is missing\n"), "{}", info.text());
    }

    #[test]
    fn what_is_missing_has_its_price() {
        let mut files = BundleFiles::sample();
        files.remove("dives.jsonl");
        files.set(
            "column_statistics.jsonl",
            files.get("column_statistics.jsonl").unwrap().replacen("\"1985-06-08\"", "\"soon\"", 1),
        );
        files.set("later.tsv", "a\n1\n");
        let info = info(&files).unwrap();
        assert_eq!(info.damaged_histograms.len(), 1);
        let text = info.text();
        assert!(text.contains("assumed: dives.jsonl is missing") && text.contains("rows of ranges are estimates"), "{text}");
        assert!(text.contains("later.tsv is not known to this version"), "{text}");
    }
}
