//! Taking out of a bundle what could be data.
//!
//! Texts are masked: each distinct text becomes a short word, equal texts (without regard to case) the same word, and the words
//! sort as the texts do. So plans stay what they are for statements that are masked in the same way. Numbers, dates and the members
//! of ENUM and SET stay, unless all values are dropped.

use crate::files::BundleFiles;
use crate::pieces::{Pieces, Subject};
use crate::rows::histogram::base64_text;
use myexplain::catalog::{Catalog, bundle, collation, stored_value};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// How much is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Texts are masked; numbers and dates stay.
    MaskTexts,
    /// Histograms, dives, rows and subqueries are dropped: counts alone remain.
    DropValues,
}

/// A masked bundle.
#[derive(Debug)]
pub struct Redacted {
    /// The bundle.
    pub files: BundleFiles,
    /// The statements with the same masks.
    pub statements: Vec<String>,
    /// What is still in it that could tell something, one sentence each.
    pub remains: Vec<String>,
}

/// Masks a bundle, and statements in the same way.
///
/// # Errors
/// The bundle cannot be loaded.
pub fn redact(files: &BundleFiles, statements: &[String], extent: Extent) -> Result<Redacted, String> {
    let catalog = bundle::load_files(files).map_err(|error| error.to_string())?;
    let mut texts = Texts::new(&catalog);
    let mut pieces = Pieces::of(files);
    if extent == Extent::DropValues {
        for name in ["column_statistics.jsonl", "dives.jsonl", "rows.jsonl", "subqueries.jsonl"] {
            if let Some(file) = pieces.files.get_mut(name) {
                file.pieces.clear();
            }
        }
    }
    // Once to see all texts, once to mask them.
    pieces.clone().files.iter_mut().for_each(|(name, file)| {
        file.pieces.iter_mut().for_each(|piece| visit(name, &piece.subject, &mut piece.text, &catalog, &mut texts))
    });
    statements.iter().for_each(|sql| drop(texts.in_sql(sql)));
    texts.choose_words();
    for (name, file) in &mut pieces.files {
        for piece in &mut file.pieces {
            visit(name, &piece.subject, &mut piece.text, &catalog, &mut texts);
        }
    }
    let statements = statements.iter().map(|sql| texts.in_sql(sql)).collect();
    let mut masked = pieces.files(files, |_| true);
    let mut about = files.about().map_err(|error| error.to_string())?;
    about.notes.push(match extent {
        Extent::MaskTexts => "texts were masked; numbers and dates are as they were".to_owned(),
        Extent::DropValues => "histograms, dives, rows and subqueries were left out".to_owned(),
    });
    masked.set_about(&about);
    Ok(Redacted { files: masked, statements, remains: remains(extent) })
}

fn remains(extent: Extent) -> Vec<String> {
    let mut remains = vec![
        "names of schemas, tables, columns, indexes, partitions, views and stored programs".to_owned(),
        "definitions: types, defaults, members of ENUM and SET, bounds of partitions, bodies of views and stored programs"
            .to_owned(),
        "counts: rows, pages, distinct values, shares of values in histograms".to_owned(),
    ];
    if extent == Extent::MaskTexts {
        remains.push("numbers, dates and times in histograms, ranges, rows and subqueries".to_owned());
        remains.push("the order of texts, and which are equal".to_owned());
    }
    remains
}

/// Masks one piece, or sees its texts while no words are chosen yet.
fn visit(file: &str, subject: &Subject, text: &mut String, catalog: &Catalog, texts: &mut Texts) {
    if file == "schema.sql" {
        *text = without_comments(text);
        return;
    }
    if !matches!(subject, Subject::Histogram(..) | Subject::Answer(..)) {
        return;
    }
    let Ok(mut line) = serde_json::from_str::<Json>(text) else { return };
    match file {
        "column_statistics.jsonl" => line.get_mut("histogram").into_iter().for_each(|each| histogram(each, texts)),
        "dives.jsonl" => {
            list(&mut line, "ranges").for_each(|range| in_sql_field(Some(range), texts));
            in_sql_field(line.get_mut("sql"), texts);
        }
        "rows.jsonl" => row(&mut line, catalog, texts),
        _ => {
            in_sql_field(line.get_mut("sql"), texts);
            for value in list(&mut line, "rows").flat_map(|row| row.as_array_mut().into_iter().flatten()) {
                texts.value(value);
            }
            list(&mut line, "columns").for_each(|name| in_sql_field(Some(name), texts));
        }
    }
    *text = line.to_string();
}

/// The elements of a list in an object; none if it is not there.
fn list<'a>(line: &'a mut Json, name: &str) -> impl Iterator<Item = &'a mut Json> + use<'a> {
    line.get_mut(name).and_then(Json::as_array_mut).into_iter().flatten()
}

fn in_sql_field(field: Option<&mut Json>, texts: &mut Texts) {
    if let Some(Json::String(sql)) = field {
        *sql = texts.in_sql(sql);
    }
}

fn histogram(histogram: &mut Json, texts: &mut Texts) {
    if histogram["data-type"] != "string" {
        return;
    }
    let id = myexplain::catalog::CollationId(histogram["collation-id"].as_u64().unwrap_or(255) as u16);
    let values = if histogram["histogram-type"] == "singleton" { 1 } else { 2 };
    for bucket in list(histogram, "buckets") {
        for value in bucket.as_array_mut().into_iter().flatten().take(values) {
            let Some(text) = value.as_str() else { continue };
            let bytes = text
                .split_once(':')
                .and_then(|(_, rest)| rest.split_once(':'))
                .and_then(|(_, code)| stored_value::decode_base64(code));
            let decoded = bytes.map_or_else(
                || text.to_owned(),
                |bytes| collation::decode(id, &bytes).unwrap_or_else(|| String::from_utf8_lossy(&bytes).into_owned()),
            );
            *value = Json::String(base64_text(&collation::encode(id, &texts.masked(&decoded))));
        }
    }
}

fn row(line: &mut Json, catalog: &Catalog, texts: &mut Texts) {
    let name = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
    let (schema, table, index) = (name("schema"), name("table"), name("index"));
    let Some(table) = catalog.schemas.get(&schema).and_then(|schema| schema.tables.get(&table.to_lowercase())) else { return };
    let is_text = |column: u16| table.columns.get(column as usize).is_some_and(|column| column.ty.is_plain_string());
    if let Some(index) = table.index_by_name(&index).map(|no| &table.indexes[no as usize]) {
        for (value, part) in list(line, "key").zip(&index.parts) {
            if is_text(part.column) {
                texts.value(value);
            }
        }
    }
    if let Some(values) = line.get_mut("row").and_then(Json::as_object_mut) {
        for (column, value) in values.iter_mut() {
            if table.column_by_name(column).is_some_and(is_text) {
                texts.value(value);
            }
        }
    }
}

/// A definition without its comments.
fn without_comments(definition: &str) -> String {
    let mut out = String::with_capacity(definition.len());
    for (is_text, piece) in literals(definition) {
        let before = out.trim_end().to_ascii_uppercase();
        let before = before.trim_end_matches('=').trim_end();
        // Places and addresses of other servers (with passwords) stand in options of tables.
        let is_comment = [" COMMENT", " CONNECTION", " DIRECTORY", ")COMMENT"].iter().any(|option| before.ends_with(option));
        if is_text && is_comment {
            out.push_str("''");
        } else {
            out.push_str(piece);
        }
    }
    out
}

/// Takes out of `schema.sql` what could be data and what no plan rests on: comments, places and addresses, texts as defaults of
/// columns that are no ENUM or SET, and the next numbers of AUTO_INCREMENT. Members of ENUM and SET, expressions, bounds of
/// partitions and stored programs stay.
pub fn definitions_without_values(files: &mut BundleFiles) {
    let mut pieces = Pieces::of(files);
    let Some(file) = pieces.files.get_mut("schema.sql") else { return };
    for piece in file.pieces.iter_mut().filter(|piece| matches!(piece.subject, Subject::Table(..))) {
        piece.text = without_numbering(&without_defaults(&without_comments(&piece.text)));
    }
    if let Some(schema) = pieces.files(files, |_| true).remove("schema.sql") {
        files.set("schema.sql", schema);
    }
}

/// A definition of a table, texts that are defaults of columns made empty.
fn without_defaults(definition: &str) -> String {
    let mut out = String::with_capacity(definition.len());
    for (is_text, piece) in literals(definition) {
        let line = out.rsplit('\n').next().unwrap_or_default().to_ascii_uppercase();
        let is_member = line.contains(" ENUM(") || line.contains(" SET(");
        let inner = piece.trim_matches(['\'', '"']);
        let is_default = is_text && line.trim_end().ends_with(" DEFAULT") && !is_member;
        out.push_str(if is_default && !is_number_or_time(inner) { "''" } else { piece });
    }
    out
}

/// A definition of a table without the next number of AUTO_INCREMENT.
fn without_numbering(definition: &str) -> String {
    const OPTION: &str = " AUTO_INCREMENT=";
    let mut out = String::with_capacity(definition.len());
    for (is_text, piece) in literals(definition) {
        match piece.split_once(OPTION).filter(|_| !is_text) {
            Some((before, after)) => {
                out.push_str(before);
                out.push_str(after.trim_start_matches(|c: char| c.is_ascii_digit()));
            }
            None => out.push_str(piece),
        }
    }
    out
}

/// Cuts a text into what is a literal in single quotes and what is not.
fn literals(sql: &str) -> Vec<(bool, &str)> {
    let mut pieces = Vec::new();
    let (mut start, bytes) = (0, sql.as_bytes());
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'\'' | b'`' | b'"') => {
                let mut end = at + 1;
                while end < bytes.len() && (bytes[end] != quote || bytes.get(end + 1) == Some(&quote)) {
                    end += if bytes[end] == quote || (bytes[end] == b'\\' && quote != b'`') { 2 } else { 1 };
                }
                let mut end = (end + 1).min(bytes.len());
                while !sql.is_char_boundary(end) {
                    end += 1;
                }
                if quote != b'`' {
                    pieces.push((false, &sql[start..at]));
                    pieces.push((true, &sql[at..end]));
                    start = end;
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    pieces.push((false, &sql[start..]));
    pieces
}

/// All texts that were seen, and the words for them.
struct Texts {
    /// Members of ENUM and SET: they are in the definitions.
    known: BTreeSet<String>,
    seen: BTreeSet<String>,
    words: Option<BTreeMap<String, String>>,
}

impl Texts {
    fn new(catalog: &Catalog) -> Texts {
        let tables = catalog.schemas.values().flat_map(|schema| schema.tables.values());
        let members = tables.flat_map(|table| &table.columns).flat_map(|column| column.ty.members());
        Texts { known: members.map(str::to_lowercase).collect(), seen: BTreeSet::new(), words: None }
    }

    /// The word for a text; the text itself while the words are not chosen.
    fn masked(&mut self, text: &str) -> String {
        let folded = text.to_lowercase();
        if folded.is_empty() || self.known.contains(&folded) || is_number_or_time(&folded) {
            return text.to_owned();
        }
        match &self.words {
            None => {
                self.seen.insert(folded);
                text.to_owned()
            }
            Some(words) => words.get(&folded).cloned().unwrap_or_else(|| "x".to_owned()),
        }
    }

    fn value(&mut self, value: &mut Json) {
        if let Json::String(text) = value {
            *text = self.masked(text);
        }
    }

    fn in_sql(&mut self, sql: &str) -> String {
        let mut out = String::with_capacity(sql.len());
        for (is_text, piece) in literals(sql) {
            let inner = is_text.then(|| piece.get(1..piece.len().saturating_sub(1))).flatten();
            match inner {
                Some(inner) => {
                    let quote = &piece[..1];
                    let plain = inner.replace("\\'", "'").replace("''", "'").replace("\\\"", "\"").replace("\\\\", "\\");
                    let is_pattern = out.trim_end().to_ascii_uppercase().ends_with(" LIKE");
                    let masked = if is_pattern { self.pattern(&plain) } else { self.masked(&plain) };
                    if masked == plain {
                        out.push_str(piece);
                    } else {
                        out.push_str(&format!("{quote}{masked}{quote}"));
                    }
                }
                None => out.push_str(piece),
            }
        }
        out
    }

    /// A pattern of LIKE: its wildcards stay where they are, and the texts between them are masked.
    fn pattern(&mut self, pattern: &str) -> String {
        let mut out = String::with_capacity(pattern.len());
        for part in pattern.split_inclusive(['%', '_']) {
            let text = part.trim_end_matches(['%', '_']);
            out.push_str(&self.masked(text));
            out.push_str(&part[text.len()..]);
        }
        out
    }

    /// Words of letters, all of one length, in the order of the texts.
    fn choose_words(&mut self) {
        const LETTERS: usize = 26;
        let mut length = 1;
        while LETTERS.pow(length) < self.seen.len() && length < 12 {
            length += 1;
        }
        let word = |mut number: usize| {
            let mut letters = vec![b'a'; length as usize];
            for letter in letters.iter_mut().rev() {
                *letter = b'a' + (number % LETTERS) as u8;
                number /= LETTERS;
            }
            String::from_utf8_lossy(&letters).into_owned()
        };
        self.words = Some(self.seen.iter().enumerate().map(|(number, text)| (text.clone(), word(number))).collect());
    }
}

fn is_number_or_time(text: &str) -> bool {
    text.parse::<f64>().is_ok()
        || (text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
            && text.chars().all(|c| c.is_ascii_digit() || "-: .".contains(c)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use myexplain::explain::traditional;
    use myexplain::planner::Planner;

    #[test]
    fn plans_stay_and_texts_go() {
        let sample = BundleFiles::sample();
        let sql = "SELECT * FROM employees WHERE first_name = 'Georgi' AND hire_date > '1990-01-01' AND gender = 'M'".to_owned();
        let redacted = redact(&sample, std::slice::from_ref(&sql), Extent::MaskTexts).unwrap();
        let plan = |files: &BundleFiles, sql: &str| {
            let catalog = bundle::load_files(files).unwrap();
            traditional::tsv(&Planner::new(&catalog).plan(sql).unwrap())
        };
        let masked = &redacted.statements[0];
        assert!(!masked.contains("Georgi") && masked.contains("1990-01-01") && masked.contains("'M'"), "{masked}");
        assert_eq!(plan(&redacted.files, masked), plan(&sample, &sql));
        for name in ["dives.jsonl", "rows.jsonl", "subqueries.jsonl", "column_statistics.jsonl"] {
            let text = redacted.files.get(name).unwrap();
            assert!(!text.contains("Georgi") && !text.contains("Facello"), "{name}");
            assert!(!text.contains("base64:type254:QWN0b24="), "{name}");
        }
    }

    #[test]
    fn nothing_but_counts_if_values_are_dropped() {
        let redacted = redact(&BundleFiles::sample(), &[], Extent::DropValues).unwrap();
        assert_eq!(redacted.files.get("dives.jsonl"), Some(""));
        assert_eq!(redacted.files.get("column_statistics.jsonl"), Some(""));
        assert_eq!(bundle::load_files(&redacted.files).unwrap().schemas["employees"].tables.len(), 12);
        assert_eq!(redacted.remains.len(), 3);
    }

    #[test]
    fn values_go_from_definitions() {
        let mut files = BundleFiles::new("x");
        files.set(
            "schema.sql",
            "CREATE DATABASE `d`;\nUSE `d`;\nCREATE TABLE `t` (\n  `a` varchar(9) DEFAULT 'Georgi' COMMENT 'boss''s',\n  \
             `e` enum('x','y') DEFAULT 'y',\n  `n` int NOT NULL AUTO_INCREMENT,\n  `m` int DEFAULT '7',\n  PRIMARY KEY (`n`)\n\
             ) ENGINE=InnoDB AUTO_INCREMENT=4711 DEFAULT CHARSET=utf8mb4 COMMENT='secret';\n",
        );
        definitions_without_values(&mut files);
        let schema = files.get("schema.sql").unwrap();
        for gone in ["Georgi", "boss", "4711", "secret"] {
            assert!(!schema.contains(gone), "{gone}: {schema}");
        }
        for kept in ["enum('x','y') DEFAULT 'y'", "DEFAULT '7'", "NOT NULL AUTO_INCREMENT,", "DEFAULT CHARSET=utf8mb4"] {
            assert!(schema.contains(kept), "{kept}: {schema}");
        }
        assert_eq!(bundle::load_files(&files).unwrap().schemas["d"].tables["t"].columns.len(), 4);
    }

    #[test]
    fn wildcards_stay() {
        let sql = "SELECT * FROM employees WHERE first_name LIKE '%att' OR first_name LIKE 'Ge_rgi%'".to_owned();
        let redacted = redact(&BundleFiles::sample(), std::slice::from_ref(&sql), Extent::MaskTexts).unwrap();
        let patterns: Vec<&str> = redacted.statements[0].split('\'').skip(1).step_by(2).collect();
        assert!(patterns[0].starts_with('%') && patterns[0] != "%att" && patterns[0].len() > 1, "{patterns:?}");
        assert!(patterns[1].ends_with('%') && patterns[1].contains('_') && !patterns[1].contains("Ge"), "{patterns:?}");
    }

    #[test]
    fn comments_go_from_definitions() {
        let definition = "CREATE TABLE `t` (`a` enum('x','y') COMMENT 'it''s secret', `b` int) COMMENT='more'";
        assert_eq!(without_comments(definition), "CREATE TABLE `t` (`a` enum('x','y') COMMENT '', `b` int) COMMENT=''");
    }
}
