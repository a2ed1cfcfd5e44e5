//! A bundle from dumps: definitions of `mysqldump --no-data --routines`, statistics of `mysqldump mysql innodb_table_stats …`.

use crate::ddl::{self, Kind};
use crate::files::BundleFiles;
use crate::scanner::Scanner;
use crate::server::{Captured, supported};
use crate::tsv::Tsv;
use myexplain::catalog::bundle::About;
use myexplain::parse::script;
use std::collections::{BTreeMap, BTreeSet};

/// Why dumps make no bundle.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DumpError {
    /// A statement that cannot be read.
    #[error("{file}:{line}: {what}")]
    Content {
        /// Name of the dump.
        file: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// A server that this program does not know, or nothing in the dumps.
    #[error("{0}")]
    Refused(String),
}

/// A table of the schema `mysql` whose rows go into a bundle.
struct Source {
    table: &'static str,
    file: &'static str,
    /// Columns of the table: rows of a dump that names no columns have them in this order.
    columns: &'static [&'static str],
    /// Columns of the bundle's file.
    kept: &'static [&'static str],
    without: &'static str,
}

const SOURCES: [Source; 4] = [
    Source {
        table: "innodb_table_stats",
        file: "innodb_table_stats.tsv",
        columns: &["database_name", "table_name", "last_update", "n_rows", "clustered_index_size", "sum_of_other_index_sizes"],
        kept: &["database_name", "table_name", "n_rows", "clustered_index_size", "sum_of_other_index_sizes", "last_update"],
        without: "row counts and sizes of tables are unknown: all tables count as empty",
    },
    Source {
        table: "innodb_index_stats",
        file: "innodb_index_stats.tsv",
        columns: &[
            "database_name",
            "table_name",
            "index_name",
            "last_update",
            "stat_name",
            "stat_value",
            "sample_size",
            "stat_description",
        ],
        kept: &["database_name", "table_name", "index_name", "stat_name", "stat_value", "sample_size", "stat_description"],
        without: "rows per key and pages of indexes are unknown: costs and join orders differ",
    },
    Source {
        table: "server_cost",
        file: "server_cost.tsv",
        columns: &["cost_name", "cost_value", "last_update", "comment", "default_value"],
        kept: &["cost_name", "cost_value", "last_update", "comment"],
        without: "MySQL's default cost constants are assumed",
    },
    Source {
        table: "engine_cost",
        file: "engine_cost.tsv",
        columns: &["engine_name", "device_type", "cost_name", "cost_value", "last_update", "comment", "default_value"],
        kept: &["engine_name", "device_type", "cost_name", "cost_value", "last_update", "comment"],
        without: "MySQL's default cost constants are assumed",
    },
];

/// What no dump holds, and what planning is like without it.
const NEVER_THERE: [(&str, &str); 4] = [
    ("innodb_tablestats.tsv", "row counts are those of the last ANALYZE TABLE instead of those that the running server uses"),
    ("innodb_cached_indexes.tsv", "tables smaller than the buffer pool are taken to be in memory: costs differ where not all is"),
    ("tables.tsv", "rows and sizes of tables that are not InnoDB's are unknown"),
    ("statistics.tsv", "rows per key of tables that are not InnoDB's are unknown"),
];

/// Schemas of the server's own.
const OWN_SCHEMAS: [&str; 4] = ["mysql", "sys", "information_schema", "performance_schema"];

type Row = Vec<Option<String>>;

/// True if a text has definitions or statistics in statements, as a dump has them.
pub fn is_dump(text: &str) -> bool {
    let mut read = Contents::default();
    text.lines().any(|line| header_field(line, "-- MySQL dump").is_some() || header_field(line, "-- MariaDB dump").is_some())
        || !ddl::statements(text).is_empty()
        || (read.statistics("", text).is_ok() && read.rows.values().any(|rows| !rows.is_empty()))
}

/// Makes a bundle of dumps, each given with its name. They may be one server's only; a later definition replaces an earlier one.
///
/// # Errors
/// A statement that cannot be read, a server that is not MySQL 8.0 or later, or no definition of a table.
pub fn import(dumps: &[(String, String)]) -> Result<Captured, DumpError> {
    let mut contents = Contents::default();
    for (name, text) in dumps {
        contents.add(name, text)?;
    }
    contents.bundle()
}

/// What has been read.
#[derive(Default)]
struct Contents {
    version: Option<String>,
    /// By kind, schema (none if the dump does not name it) and name: texts in the order of the last definition.
    definitions: Vec<(Defined, String)>,
    rows: BTreeMap<&'static str, Vec<Row>>,
    /// Schema, table and column of histograms.
    histograms: BTreeSet<(Option<String>, String, String)>,
}

#[derive(Clone, PartialEq, Eq)]
struct Defined {
    kind: Kind,
    schema: Option<String>,
    name: String,
    /// Functions, procedures, triggers and tables have name spaces of their own.
    what: &'static str,
}

/// The rest of a line of a dump's head.
fn header_field<'l>(line: &'l str, start: &str) -> Option<&'l str> {
    line.strip_prefix(start).map(str::trim)
}

impl Contents {
    /// Reads a file: one dump, or several one after the other.
    fn add(&mut self, file: &str, text: &str) -> Result<(), DumpError> {
        self.statistics(file, text)?;
        let mut start = 0;
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            if at > start && (line.starts_with("-- MySQL dump") || line.starts_with("-- MariaDB dump")) {
                self.one_dump(&text[start..at])?;
                start = at;
            }
            at += line.len();
        }
        self.one_dump(&text[start..])
    }

    fn one_dump(&mut self, text: &str) -> Result<(), DumpError> {
        let mut schema: Option<String> = None;
        for line in text.lines().take_while(|line| line.is_empty() || line.starts_with("--")) {
            if let Some((_, name)) = line.split_once("    Database: ") {
                schema = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
            }
            if let Some(version) = header_field(line, "-- Server version") {
                supported(version, "").map_err(DumpError::Refused)?;
                self.version = Some(version.to_owned());
            }
        }
        for statement in script::read(text) {
            let sql = statement.sql.trim();
            if let Some(histogram) = histogram(sql) {
                let (named, table, columns) = histogram;
                let schema = named.or_else(|| schema.clone());
                self.histograms.extend(columns.into_iter().map(|column| (schema.clone(), table.clone(), column)));
            }
            for definition in ddl::statements(&ddl::delimited(sql)) {
                match ddl::name_of(&definition) {
                    Some((Kind::Use, _, name)) => schema = Some(name),
                    Some((kind, named, name)) => {
                        let schema = if kind == Kind::Database { None } else { named.or_else(|| schema.clone()) };
                        self.define(Defined { kind, schema, name, what: word_of(&definition) }, definition);
                    }
                    None => {}
                }
            }
        }
        Ok(())
    }

    /// A dump defines a view twice: first as a table of constants, for others to refer to.
    fn define(&mut self, defined: Defined, text: String) {
        let owner = if defined.kind == Kind::Database { Some(&defined.name) } else { defined.schema.as_ref() };
        if owner.is_some_and(|owner| OWN_SCHEMAS.contains(&owner.to_lowercase().as_str())) {
            return;
        }
        self.definitions.retain(|(each, _)| *each != defined);
        self.definitions.push((defined, text));
    }

    /// Reads the rows of the tables with statistics.
    fn statistics(&mut self, file: &str, text: &str) -> Result<(), DumpError> {
        let mut at = Scanner::new(text);
        while at.next_statement() {
            if at.word("insert") || at.word("replace") {
                while ["ignore", "low_priority", "delayed", "high_priority", "into"].iter().any(|word| at.word(word)) {}
                let mut name = at.name().unwrap_or_default();
                if at.symbol('.') {
                    name = at.name().unwrap_or_default();
                }
                if let Some(source) = SOURCES.iter().find(|source| source.table.eq_ignore_ascii_case(&name)) {
                    let into = self.rows.entry(source.file).or_default();
                    read_rows(&mut at, source, into).map_err(|what| DumpError::Content {
                        file: file.to_owned(),
                        line: at.line(),
                        what,
                    })?;
                }
            }
            at.skip_statement();
        }
        Ok(())
    }

    fn bundle(mut self) -> Result<Captured, DumpError> {
        let mut notes = Vec::new();
        self.name_schemas(&mut notes)?;
        let tables: BTreeSet<(String, String)> = self
            .definitions
            .iter()
            .filter(|(defined, _)| defined.kind == Kind::Table)
            .map(|(defined, _)| (defined.schema.clone().unwrap_or_default().to_lowercase(), defined.name.to_lowercase()))
            .collect();
        if tables.is_empty() {
            return Err(DumpError::Refused(
                "no CREATE TABLE in it: dump the definitions too (mysqldump --no-data --routines SCHEMA)".to_owned(),
            ));
        }
        let mut files = BundleFiles::new("(imported)");
        files.set("schema.sql", self.schema_text());
        for source in &SOURCES {
            match self.rows.remove(source.file) {
                Some(rows) => files.set(source.file, text_of(source, rows, &tables)),
                None => notes.push(format!("{} is missing (dump mysql.{} too): {}", source.file, source.table, source.without)),
            }
        }
        notes.extend(NEVER_THERE.map(|(file, without)| format!("{file} is missing (no dump holds it): {without}")));
        notes.push(self.histogram_note());
        let mut about = About::new(concat!("myexplain ", env!("CARGO_PKG_VERSION")));
        about.server_version.clone_from(&self.version);
        let mut gaps = notes.clone();
        about.notes = notes;
        if let Some(version) = &self.version {
            files.set("variables.tsv", format!("variable_name\tvalue\nversion\t{version}\n"));
            let guess = "variables.tsv has only the version (no dump holds the others): MySQL's default variables";
            about.guesses.push(guess.to_owned());
            gaps.push(guess.to_owned());
        } else {
            gaps.push("variables.tsv is missing (no dump holds it): MySQL's default variables".to_owned());
        }
        files.set_about(&about);
        Ok(Captured { files, gaps, tables: tables.len() })
    }

    /// A dump without comments of one schema does not name it: the statistics do.
    fn name_schemas(&mut self, notes: &mut Vec<String>) -> Result<(), DumpError> {
        let nameless = |(defined, _): &(Defined, String)| defined.schema.is_none() && defined.kind != Kind::Database;
        if !self.definitions.iter().any(nameless) {
            return Ok(());
        }
        let rows = self.rows.get("innodb_table_stats.tsv").into_iter().flatten();
        let mut named: BTreeSet<&str> = rows.filter_map(|row| row.first()?.as_deref()).collect();
        named.retain(|name| !OWN_SCHEMAS.contains(name));
        let mut names = named.into_iter();
        let name = match (names.next(), names.next()) {
            (Some(only), None) => only.to_owned(),
            (None, _) => "test".to_owned(),
            _ => {
                return Err(DumpError::Refused(
                    "the dump does not name the schema of its tables, and there are statistics of several: dump with --databases"
                        .to_owned(),
                ));
            }
        };
        notes.push(format!("the dump does not name the schema of its tables: taken to be '{name}'"));
        for (defined, _) in &mut self.definitions {
            if defined.kind != Kind::Database && defined.schema.is_none() {
                defined.schema = Some(name.clone());
            }
        }
        self.histograms = std::mem::take(&mut self.histograms)
            .into_iter()
            .map(|(schema, table, column)| (schema.or_else(|| Some(name.clone())), table, column))
            .collect();
        Ok(())
    }

    fn schema_text(&self) -> String {
        let mut text = String::new();
        for (_, definition) in self.definitions.iter().filter(|(defined, _)| defined.kind == Kind::Database) {
            text.push_str(&ddl::delimited(definition));
        }
        let mut current: Option<&str> = None;
        for (defined, definition) in self.definitions.iter().filter(|(defined, _)| defined.kind != Kind::Database) {
            let schema = defined.schema.as_deref();
            if schema != current {
                text.push_str(&format!("USE `{}`;\n\n", schema.unwrap_or_default().replace('`', "``")));
                current = schema;
            }
            text.push_str(&ddl::delimited(definition));
        }
        text
    }

    /// A dump names histograms, at best, and has none of their buckets.
    fn histogram_note(&self) -> String {
        const MISSING: &str = "column_statistics.jsonl is missing (no dump holds histograms)";
        const WITHOUT: &str = "'filtered' is guessed by the server's default filters";
        if self.histograms.is_empty() {
            return format!("{MISSING}: {WITHOUT}");
        }
        let name = |(schema, table, column): &(Option<String>, String, String)| {
            format!("{}.{table}.{column}", schema.as_deref().unwrap_or_default())
        };
        let names: Vec<String> = self.histograms.iter().map(name).collect();
        format!("{MISSING}; the server has some on {}: {WITHOUT}", names.join(", "))
    }
}

fn read_rows(at: &mut Scanner<'_>, source: &Source, into: &mut Vec<Row>) -> Result<(), String> {
    let listed = at.names();
    let given: Vec<&str> = match &listed {
        Some(names) => names.iter().map(String::as_str).collect(),
        None => source.columns.to_vec(),
    };
    let place = |column: &&str| given.iter().position(|name| name.eq_ignore_ascii_case(column));
    let places: Vec<Option<usize>> = source.kept.iter().map(place).collect();
    if !at.word("values") && !at.word("value") {
        return Ok(());
    }
    while let Some(values) = at.row()? {
        if values.len() != given.len() {
            return Err(format!("{} values for {} columns of '{}'", values.len(), given.len(), source.table));
        }
        into.push(places.iter().map(|place| place.and_then(|place| values.get(place)?.clone())).collect());
    }
    Ok(())
}

/// A file of the bundle: rows of known tables, in an order that does not depend on the dump.
fn text_of(source: &Source, mut rows: Vec<Row>, tables: &BTreeSet<(String, String)>) -> String {
    if source.kept.first() == Some(&"database_name") {
        let field = |row: &Row, place: usize| row.get(place).cloned().flatten().unwrap_or_default().to_lowercase();
        rows.retain(|row| {
            let stored = field(row, 1);
            let whole = stored.split("#p#").next().unwrap_or(&stored).to_owned();
            tables.contains(&(field(row, 0), whole)) || tables.contains(&(field(row, 0), stored))
        });
    }
    rows.sort();
    rows.dedup();
    let mut tsv = Tsv::new(source.kept);
    tsv.rows = rows;
    tsv.text()
}

/// What a definition defines, as far as names may be the same.
fn word_of(definition: &str) -> &'static str {
    const WORDS: [&str; 5] = ["FUNCTION", "PROCEDURE", "TRIGGER", "EVENT", "VIEW"];
    let words = definition.split(|c: char| !c.is_ascii_alphabetic());
    words.take(60).find_map(|word| WORDS.into_iter().find(|each| *each == word)).unwrap_or("TABLE")
}

/// Schema, table and columns of `ANALYZE TABLE … UPDATE HISTOGRAM ON …`, which dumps have in a version comment.
fn histogram(sql: &str) -> Option<(Option<String>, String, Vec<String>)> {
    let bare = sql.strip_prefix("/*!").map_or(sql, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    let mut at = Scanner::new(bare);
    if !at.word("analyze") {
        return None;
    }
    while ["local", "no_write_to_binlog"].iter().any(|word| at.word(word)) {}
    if !at.word("table") {
        return None;
    }
    let mut table = at.name()?;
    let mut schema = None;
    if at.symbol('.') {
        schema = Some(std::mem::replace(&mut table, at.name()?));
    }
    if !(at.word("update") && at.word("histogram") && at.word("on")) {
        return None;
    }
    let mut columns = Vec::new();
    while let Some(column) = at.name() {
        columns.push(column);
        if !at.symbol(',') {
            break;
        }
    }
    Some((schema, table, columns))
}

#[cfg(test)]
mod tests;
