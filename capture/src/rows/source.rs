//! Rows from files: CSV, TSV as LOAD DATA and `mysql -B` have it, and the INSERT statements of a dump.

use super::held::HeldTable;
use crate::scanner::Scanner;
use crate::tsv;
use myexplain::catalog::{Catalog, ColumnNo, Table};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Tables with rows, by schema and table name.
pub type HeldTables = BTreeMap<(String, String), HeldTable>;

/// Why rows could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// A file cannot be read.
    #[error("cannot read {path}: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file's content is wrong.
    #[error("{path}:{line}: {what}", path = path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
}

/// The data files of a directory (`TABLE.csv`, `TABLE.tsv`, `TABLE.txt`, or dumps `*.sql`), or one file.
pub fn files_of(path: &Path) -> Result<Vec<PathBuf>, SourceError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let fail = |source| SourceError::Read { path: path.to_owned(), source };
    let entries = std::fs::read_dir(path).map_err(fail)?;
    let is_data = |path: &PathBuf| matches!(extension(path).as_str(), "csv" | "tsv" | "txt" | "sql");
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_data).collect();
    paths.sort();
    Ok(paths)
}

fn extension(path: &Path) -> String {
    path.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// Reads one file into the tables that the catalog knows. Gives the names of tables that it does not know.
pub fn read(path: &Path, catalog: &Catalog, into: &mut HeldTables) -> Result<Vec<String>, SourceError> {
    let bytes = std::fs::read(path).map_err(|source| SourceError::Read { path: path.to_owned(), source })?;
    let text = String::from_utf8_lossy(&bytes);
    let content = |(line, what)| SourceError::Content { path: path.to_owned(), line, what };
    if extension(path) == "sql" {
        return read_dump(&text, catalog, into).map_err(content);
    }
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let Some(held) = table_of(catalog, &stem, None, into) else { return Ok(vec![stem]) };
    if extension(path) == "csv" { read_csv(&text, held) } else { read_tsv(&text, held) }.map_err(content)?;
    Ok(Vec::new())
}

/// The table of a name, `table` or `schema.table`.
fn table_of<'h>(catalog: &Catalog, name: &str, current: Option<&str>, into: &'h mut HeldTables) -> Option<&'h mut HeldTable> {
    let (schema, name) = match name.split_once('.') {
        Some((schema, name)) => (Some(schema), name),
        None => (current, name),
    };
    let found = catalog
        .schemas
        .iter()
        .filter(|(each, _)| schema.is_none_or(|schema| schema.eq_ignore_ascii_case(each)))
        .find_map(|(_, content)| content.tables.get(&name.to_lowercase()))?;
    let key = (found.schema.to_string(), found.name.to_string());
    Some(into.entry(key).or_insert_with(|| HeldTable::new(Arc::clone(found))))
}

/// Columns that data without a list of columns fills: all but generated and hidden ones.
fn given_columns(table: &Table) -> Vec<ColumnNo> {
    let given = |(_, column): &(usize, &myexplain::catalog::Column)| !column.functional && column.generated.is_none();
    table.columns.iter().enumerate().filter(given).map(|(no, _)| no as ColumnNo).collect()
}

/// The columns that a header names; none if it is no header.
fn header_columns<'a>(table: &Table, fields: impl Iterator<Item = &'a str>) -> Option<Vec<ColumnNo>> {
    fields.map(|name| table.column_by_name(name.trim())).collect()
}

fn wrong_count(line: usize, got: usize, wanted: usize) -> (usize, String) {
    (line, format!("{got} values for {wanted} columns; give a header line with the columns' names"))
}

fn read_tsv(text: &str, held: &mut HeldTable) -> Result<(), (usize, String)> {
    let mut columns = given_columns(&held.table);
    for (no, line) in text.lines().enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if no == 0
            && let Some(named) = header_columns(&held.table, line.split('\t'))
        {
            columns = named;
            continue;
        }
        let fields: Vec<Option<String>> = line.split('\t').map(tsv::unescape).collect();
        if fields.len() != columns.len() {
            return Err(wrong_count(no + 1, fields.len(), columns.len()));
        }
        // `mysql -B` writes NULL, LOAD DATA wants \N.
        held.push(&columns, fields.iter().map(|field| field.as_deref().filter(|text| *text != "NULL")));
    }
    Ok(())
}

fn read_csv(text: &str, held: &mut HeldTable) -> Result<(), (usize, String)> {
    let mut columns = given_columns(&held.table);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    for (no, record) in reader.records().enumerate() {
        let record = record.map_err(|error| (error.position().map_or(no + 1, |at| at.line() as usize), error.to_string()))?;
        if no == 0
            && let Some(named) = header_columns(&held.table, record.iter())
        {
            columns = named;
            continue;
        }
        if record.len() != columns.len() {
            let line = record.position().map_or(no + 1, |at| at.line() as usize);
            return Err(wrong_count(line, record.len(), columns.len()));
        }
        held.push(&columns, record.iter().map(|field| Some(field).filter(|field| !matches!(*field, "\\N" | "NULL"))));
    }
    Ok(())
}

/// Reads the INSERT and REPLACE statements of a dump; all else is passed over.
fn read_dump(text: &str, catalog: &Catalog, into: &mut HeldTables) -> Result<Vec<String>, (usize, String)> {
    let mut unknown: Vec<String> = Vec::new();
    let mut schema: Option<String> = None;
    let mut at = Scanner::new(text);
    while at.next_statement() {
        if at.word("use") {
            schema = at.name();
        } else if at.word("insert") || at.word("replace") {
            while ["ignore", "low_priority", "delayed", "high_priority", "into"].iter().any(|word| at.word(word)) {}
            let Some(mut name) = at.name() else { continue };
            if at.symbol('.') {
                name = format!("{name}.{}", at.name().unwrap_or_default());
            }
            let Some(held) = table_of(catalog, &name, schema.as_deref(), into) else {
                if !unknown.contains(&name) {
                    unknown.push(name);
                }
                at.skip_statement();
                continue;
            };
            insert(&mut at, held).map_err(|what| (at.line(), what))?;
        }
        at.skip_statement();
    }
    Ok(unknown)
}

fn insert(at: &mut Scanner<'_>, held: &mut HeldTable) -> Result<(), String> {
    let mut columns = given_columns(&held.table);
    let listed = at.names();
    if let Some(names) = &listed {
        columns = header_columns(&held.table, names.iter().map(String::as_str))
            .ok_or_else(|| format!("table '{}' has not all of the columns {}", held.table.name, names.join(", ")))?;
    }
    if !at.word("values") && !at.word("value") {
        return Ok(()); // INSERT … SELECT brings no rows of its own.
    }
    // A dump lists generated columns only if it lists columns at all.
    let all: Vec<ColumnNo> =
        (0..held.table.columns.len() as ColumnNo).filter(|no| !held.table.columns[*no as usize].functional).collect();
    while let Some(values) = at.row()? {
        let columns = if listed.is_none() && values.len() == all.len() { &all } else { &columns };
        if values.len() != columns.len() {
            return Err(format!("{} values for {} columns of '{}'", values.len(), columns.len(), held.table.name));
        }
        held.push(columns, values.iter().map(Option::as_deref));
    }
    Ok(())
}
