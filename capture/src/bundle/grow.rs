//! A table as it would be with more rows.

use crate::files::BundleFiles;
use crate::pieces::owner;
use crate::tsv::Tsv;
use myexplain::catalog::{Catalog, Table, bundle};
use std::collections::BTreeMap;

/// Scales tables by factors: rows, pages, distinct values of unique keys, captured dives. The values of other columns stay as
/// many as they are, so each of them gets more rows; histograms hold shares and stay.
///
/// # Errors
/// The bundle cannot be loaded, or has no such table.
pub fn grow(files: &BundleFiles, factors: &[(String, f64)]) -> Result<BundleFiles, String> {
    let catalog = bundle::load_files(files).map_err(|error| error.to_string())?;
    let mut tables: BTreeMap<(String, String), (std::sync::Arc<Table>, f64)> = BTreeMap::new();
    for (name, factor) in factors {
        let table = find(&catalog, name).ok_or_else(|| format!("the bundle has no table '{name}'"))?;
        tables.insert((table.schema.to_string(), table.name.to_string()), (table, *factor));
    }
    let mut grown = files.clone();
    for (file, columns) in SCALED {
        let Some(text) = files.get(file) else { continue };
        let mut tsv = Tsv::read(text);
        let places: Vec<usize> = columns.iter().filter_map(|name| tsv.column(name)).collect();
        let owners: Vec<(String, String)> = tsv.rows.iter().map(|row| owner(&tsv, row)).collect();
        for (row, owner) in tsv.rows.iter_mut().zip(owners) {
            let Some((_, factor)) = tables.get(&owner) else { continue };
            for place in &places {
                scale(&mut row[*place], *factor);
            }
        }
        grown.set(file, tsv.text());
    }
    index_statistics(files, &mut grown, &tables);
    cardinality(files, &mut grown, &tables);
    dives(files, &mut grown, &tables);
    let mut about = files.about().map_err(|error| error.to_string())?;
    for ((schema, table), (_, factor)) in &tables {
        about
            .guesses
            .push(format!("{schema}.{table} was grown to {factor} times its rows; its statistics are scaled, not measured"));
    }
    grown.set_about(&about);
    Ok(grown)
}

/// Columns that grow with the rows.
const SCALED: [(&str, &[&str]); 4] = [
    ("tables.tsv", &["table_rows", "data_length", "index_length"]),
    ("innodb_tablestats.tsv", &["num_rows", "clust_index_size", "other_index_size"]),
    ("innodb_table_stats.tsv", &["n_rows", "clustered_index_size", "sum_of_other_index_sizes"]),
    ("innodb_cached_indexes.tsv", &["n_cached_pages"]),
];

fn find(catalog: &Catalog, name: &str) -> Option<std::sync::Arc<Table>> {
    let (schema, name) = name.split_once('.').map_or((None, name), |(schema, name)| (Some(schema), name));
    let schemas = catalog.schemas.iter().filter(|(each, _)| schema.is_none_or(|schema| schema.eq_ignore_ascii_case(each)));
    schemas.filter_map(|(_, content)| content.tables.get(&name.to_lowercase())).next().cloned()
}

fn scaled(number: u64, factor: f64) -> u64 {
    if number == 0 { 0 } else { (number as f64 * factor).round().max(1.0) as u64 }
}

fn scale(field: &mut Option<String>, factor: f64) {
    if let Some(number) = field.as_deref().and_then(|text| text.parse::<u64>().ok()) {
        *field = Some(scaled(number, factor).to_string());
    }
}

/// True if so many parts of an index determine the row.
fn is_unique_prefix(table: &Table, index: &str, parts: usize) -> bool {
    let Some(no) = table.index_by_name(index) else { return index == "GEN_CLUST_INDEX" };
    let index = &table.indexes[no as usize];
    if index.unique || table.clustered == Some(no) {
        parts >= index.user_parts
    } else {
        parts >= index.parts.len() && table.clustered.is_some()
    }
}

type Growing = BTreeMap<(String, String), (std::sync::Arc<Table>, f64)>;

fn index_statistics(files: &BundleFiles, grown: &mut BundleFiles, tables: &Growing) {
    const FILE: &str = "innodb_index_stats.tsv";
    let Some(mut tsv) = files.get(FILE).map(Tsv::read) else { return };
    let Some(place) = tsv.column("stat_value") else { return };
    let copy = tsv.clone();
    for (row, before) in tsv.rows.iter_mut().zip(&copy.rows) {
        let Some((table, factor)) = tables.get(&owner(&copy, before)) else { continue };
        let (index, stat) =
            (copy.get(before, "index_name").unwrap_or_default(), copy.get(before, "stat_name").unwrap_or_default());
        let grows = match stat.strip_prefix("n_diff_pfx").and_then(|parts| parts.parse().ok()) {
            Some(parts) => is_unique_prefix(table, index, parts),
            None => true,
        };
        if grows {
            scale(&mut row[place], *factor);
        }
    }
    grown.set(FILE, tsv.text());
}

fn cardinality(files: &BundleFiles, grown: &mut BundleFiles, tables: &Growing) {
    const FILE: &str = "statistics.tsv";
    let Some(mut tsv) = files.get(FILE).map(Tsv::read) else { return };
    let Some(place) = tsv.column("cardinality") else { return };
    let copy = tsv.clone();
    for (row, before) in tsv.rows.iter_mut().zip(&copy.rows) {
        let Some((table, factor)) = tables.get(&owner(&copy, before)) else { continue };
        let part = copy.number(before, "seq_in_index").unwrap_or(1) as usize;
        if is_unique_prefix(table, copy.get(before, "index_name").unwrap_or_default(), part) {
            scale(&mut row[place], *factor);
        }
    }
    grown.set(FILE, tsv.text());
}

/// Ranges hold more rows; look-ups of whole unique keys still find one.
fn dives(files: &BundleFiles, grown: &mut BundleFiles, tables: &Growing) {
    const FILE: &str = "dives.jsonl";
    let Some(text) = files.get(FILE) else { return };
    let mut out = String::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let mut json: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
        let name = |key: &str| json.get(key).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
        let (owner, index) = ((name("schema"), name("table")), name("index"));
        let ranges = json["ranges"].as_array().map_or(0, Vec::len) as u64;
        let rows = json["rows"].as_u64();
        if let (Some((table, factor)), Some(rows)) = (tables.get(&owner), rows) {
            let unique = table.index_by_name(&index).is_some_and(|no| table.indexes[no as usize].unique);
            let points = unique && rows <= ranges;
            json["rows"] = if points { rows.into() } else { scaled(rows, *factor).into() };
            out.push_str(&format!("{json}\n"));
        } else {
            out.push_str(&format!("{line}\n"));
        }
    }
    grown.set(FILE, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_pages_and_unique_keys_grow() {
        let sample = BundleFiles::sample();
        let grown = grow(&sample, &[("salaries".to_owned(), 10.0)]).unwrap();
        let (before, after) = (bundle::load_files(&sample).unwrap(), bundle::load_files(&grown).unwrap());
        let table = |catalog: &Catalog| catalog.schemas["employees"].tables["salaries"].clone();
        let numbers = |catalog: &Catalog| catalog.statistics.table(&table(catalog));
        assert_eq!(numbers(&after).rows, 10 * numbers(&before).rows);
        assert_eq!(numbers(&after).clustered_pages, 10 * numbers(&before).clustered_pages);
        // PRIMARY(emp_no, from_date): ten times the rows for each emp_no, still one for the whole key.
        let per_key = |catalog: &Catalog, parts| catalog.statistics.records_per_key(&table(catalog), 0, parts).unwrap();
        assert!((per_key(&after, 1) / per_key(&before, 1) - 10.0).abs() < 0.01);
        assert_eq!(per_key(&after, 2), per_key(&before, 2));
        assert!(after.assumptions.iter().any(|text| text.contains("employees.salaries was grown to 10 times")));
        assert_eq!(grown.get("column_statistics.jsonl"), sample.get("column_statistics.jsonl"));
        assert!(grow(&sample, &[("nope".to_owned(), 2.0)]).unwrap_err().contains("nope"));
    }
}
