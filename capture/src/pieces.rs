//! A bundle cut into pieces: definitions, lines, and what each of them is about.

use crate::ddl;
use crate::files::BundleFiles;
use crate::tsv::Tsv;
use myexplain::catalog::bundle::ABOUT_FILE;
use std::collections::BTreeMap;

/// What a piece is about. Pieces about the same belong together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A definition of a schema: CREATE DATABASE, USE.
    Schema(String),
    /// A table: definition and statistics.
    Table(String, String),
    /// A view or stored program.
    Program(String, String),
    /// A histogram: schema, table, column.
    Histogram(String, String, String),
    /// A captured answer: file, and the line without its answer.
    Answer(&'static str, String),
    /// A variable.
    Variable(String),
    /// A cost constant: file and name.
    Cost(&'static str, String),
}

/// A definition, or a line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What it is about.
    pub subject: Subject,
    /// Schema in which the piece stands: a `USE` must come before it.
    pub schema: Option<String>,
    /// Its text without the line end.
    pub text: String,
}

/// A bundle in pieces.
#[derive(Clone, Debug, Default)]
pub struct Pieces {
    /// By file; the header of a TSV file apart.
    pub files: BTreeMap<String, FilePieces>,
}

/// The pieces of one file.
#[derive(Clone, Debug, Default)]
pub struct FilePieces {
    /// First line of a TSV file.
    pub header: Option<String>,
    /// Lines and definitions in order.
    pub pieces: Vec<Piece>,
}

const LINE_FILES: [&str; 4] = ["column_statistics.jsonl", "dives.jsonl", "rows.jsonl", "subqueries.jsonl"];

impl Pieces {
    /// Cuts a bundle. Files that are not known stay out.
    pub fn of(files: &BundleFiles) -> Pieces {
        let mut pieces = Pieces::default();
        for name in files.file_names() {
            let Some(text) = files.get(name) else { continue };
            let cut = if name == "schema.sql" {
                FilePieces { header: None, pieces: definitions(text) }
            } else if let Some(file) = LINE_FILES.iter().find(|each| **each == name) {
                FilePieces {
                    header: None,
                    pieces: text.lines().filter(|line| !line.trim().is_empty()).map(|line| line_piece(file, line)).collect(),
                }
            } else if name.ends_with(".tsv") {
                tsv_pieces(name, text)
            } else {
                continue;
            };
            pieces.files.insert(name.to_owned(), cut);
        }
        pieces
    }

    /// Puts the pieces together again, those that `keep` wants.
    pub fn files(&self, origin: &BundleFiles, keep: impl Fn(&Subject) -> bool) -> BundleFiles {
        let mut files = BundleFiles::new(origin.origin());
        if let Some(about) = origin.get(ABOUT_FILE) {
            files.set(ABOUT_FILE, about);
        }
        for (name, file) in &self.files {
            let kept = file.pieces.iter().filter(|piece| keep(&piece.subject));
            let text = if name == "schema.sql" { script(kept) } else { lines(file.header.as_deref(), kept) };
            files.set(name.clone(), text);
        }
        files
    }

    /// All subjects, each once, in order.
    pub fn subjects(&self) -> Vec<Subject> {
        let mut subjects: Vec<Subject> =
            self.files.values().flat_map(|file| file.pieces.iter().map(|piece| piece.subject.clone())).collect();
        subjects.sort();
        subjects.dedup();
        subjects
    }
}

fn lines<'a>(header: Option<&str>, pieces: impl Iterator<Item = &'a Piece>) -> String {
    let mut text = header.map_or(String::new(), |header| format!("{header}\n"));
    for piece in pieces {
        text.push_str(&piece.text);
        text.push('\n');
    }
    text
}

fn script<'a>(pieces: impl Iterator<Item = &'a Piece>) -> String {
    let mut text = String::new();
    let mut current: Option<&str> = None;
    for piece in pieces {
        let is_schema = matches!(piece.subject, Subject::Schema(_));
        if !is_schema && piece.schema.as_deref() != current {
            if let Some(schema) = &piece.schema {
                text.push_str(&format!("USE `{}`;\n\n", schema.replace('`', "``")));
            }
            current = piece.schema.as_deref();
        }
        text.push_str(&ddl::delimited(&piece.text));
    }
    text
}

/// The definitions of a schema file, each with the schema that it belongs to.
fn definitions(text: &str) -> Vec<Piece> {
    let mut current: Option<String> = None;
    let mut pieces = Vec::new();
    for statement in ddl::statements(text) {
        let Some((definition, named_schema, name)) = ddl::name_of(&statement) else { continue };
        let schema = named_schema.or_else(|| current.clone());
        let of = schema.clone().unwrap_or_default();
        let subject = match definition {
            ddl::Kind::Use => {
                current = Some(name);
                continue;
            }
            ddl::Kind::Database => Subject::Schema(name),
            ddl::Kind::Table => Subject::Table(of, name),
            ddl::Kind::Program => Subject::Program(of, name),
        };
        pieces.push(Piece { subject, schema, text: statement });
    }
    pieces
}

fn tsv_pieces(name: &str, text: &str) -> FilePieces {
    let tsv = Tsv::read(text);
    let body = text.lines().filter(|line| !line.is_empty()).skip(1);
    let piece = |(row, line): (&Vec<Option<String>>, &str)| {
        let subject = match name {
            "variables.tsv" => Subject::Variable(tsv.get(row, "variable_name").unwrap_or_default().to_lowercase()),
            "server_cost.tsv" => Subject::Cost("server_cost.tsv", tsv.get(row, "cost_name").unwrap_or_default().to_owned()),
            "engine_cost.tsv" => {
                let part = |name| tsv.get(row, name).unwrap_or_default();
                Subject::Cost("engine_cost.tsv", format!("{} {} {}", part("engine_name"), part("device_type"), part("cost_name")))
            }
            _ => {
                let (schema, table) = owner(&tsv, row);
                Subject::Table(schema, table)
            }
        };
        Piece { subject, schema: None, text: line.to_owned() }
    };
    let pieces = tsv.rows.iter().zip(body).map(piece).collect();
    FilePieces { header: Some(tsv.header.join("\t")), pieces }
}

/// Schema and table that a line of a statistics file is about; partitions belong to their table.
pub fn owner(tsv: &Tsv, row: &[Option<String>]) -> (String, String) {
    let schema = tsv.get(row, "table_schema").or_else(|| tsv.get(row, "database_name"));
    let (schema, table) = match schema {
        Some(schema) => (schema.to_owned(), tsv.get(row, "table_name").unwrap_or_default().to_owned()),
        None => {
            let name = tsv.get(row, "name").or_else(|| tsv.get(row, "table_name")).unwrap_or_default();
            let (schema, table) = name.split_once('/').unwrap_or(("", name));
            (decoded(schema), decoded(table))
        }
    };
    let end = table.to_lowercase().find("#p#").unwrap_or(table.len());
    (schema, table.get(..end).unwrap_or(&table).to_owned())
}

/// Undoes the encoding of InnoDB's file names (`@0040` is `@`).
pub(crate) fn decoded(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find('@') {
        out.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 5).and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
        out.push(code.unwrap_or('@'));
        rest = &rest[at + if code.is_some() { 5 } else { 1 }..];
    }
    out.push_str(rest);
    out
}

/// The parts of a line that are its question, by file.
fn line_piece(file: &'static str, line: &str) -> Piece {
    let json: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
    let text = |name: &str| json.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    let subject = if file == "column_statistics.jsonl" {
        Subject::Histogram(text("schema_name"), text("table_name"), text("column_name"))
    } else {
        let asked: &[&str] = match file {
            "dives.jsonl" => &["schema", "table", "index", "ranges", "partitions", "sql", "index_dives_for_eq_ranges"],
            "rows.jsonl" => &["schema", "table", "index", "key"],
            _ => &["schema", "sql"],
        };
        let parts: Vec<String> = asked.iter().map(|name| json.get(*name).map_or(String::new(), ToString::to_string)).collect();
        Subject::Answer(file, parts.join(" "))
    };
    Piece { subject, schema: None, text: line.to_owned() }
}
