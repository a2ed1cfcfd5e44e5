//! The output of the script, read.

use super::{FORMAT, MARK};
use crate::server::answers::{Answers, Row};
use crate::server::questions::{Question, questions};
use crate::server::supported;
use crate::server::{Captured, Selection, finish};
use std::collections::HashMap;

/// Why the output makes no bundle.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The output is no such output, or was made in another way than the script asks for.
    #[error("line {line}: {what}")]
    Content {
        /// Line, from 1.
        line: usize,
        /// What is wrong and what to do.
        what: String,
    },
    /// Something is missing at its end.
    #[error("{0}")]
    Incomplete(String),
    /// A server that this program does not know, or nothing in it.
    #[error("{0}")]
    Refused(String),
}

/// Columns that may be NULL: the client prints NULL as the word.
const NULLABLE: [&str; 17] = [
    "engine",
    "row_format",
    "table_rows",
    "avg_row_length",
    "data_length",
    "index_length",
    "create_options",
    "sub_part",
    "collation",
    "cardinality",
    "cost_value",
    "comment",
    "sample_size",
    "default_value",
    "index_type",
    "nullable",
    "version_comment",
];

/// Makes a bundle of what the mysql client printed for the script.
///
/// # Errors
/// Output of something else, cut off, or of an unsupported server.
pub fn import(output: &str) -> Result<Captured, ImportError> {
    let asked = questions(&Selection::default());
    let mut reader = Reader { asked: &asked, answers: Answers::default(), shown: HashMap::new(), open: Open::Head, done: false };
    for (number, line) in output.lines().enumerate() {
        reader.line(line).map_err(|what| ImportError::Content { line: number + 1, what })?;
    }
    reader.finish()
}

/// What the lines belong to.
#[derive(Debug)]
enum Open {
    /// Nothing yet, or nothing any more.
    Head,
    Between,
    Answer(usize, Vec<Row>),
    Definition(String),
}

struct Reader<'q> {
    asked: &'q [Question],
    answers: Answers,
    /// By the statement that showed it.
    shown: HashMap<String, Row>,
    open: Open,
    done: bool,
}

impl Reader<'_> {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if let Some(mark) = line.strip_prefix(MARK).and_then(|rest| rest.strip_prefix(' '))
            && !line.contains('\t')
        {
            return self.mark(line, &unescape(mark));
        }
        if line.is_empty() || is_remark(line) {
            return Ok(());
        }
        let row = || line.split('\t').map(|field| Some(unescape(field))).collect::<Row>();
        match &mut self.open {
            Open::Head => Ok(()),
            Open::Between => Err(unexpected()),
            Open::Answer(place, rows) => {
                let question = &self.asked[*place];
                let mut row = row();
                if row.len() != question.columns.len() {
                    return Err(unexpected());
                }
                for (field, column) in row.iter_mut().zip(question.columns) {
                    if field.as_deref() == Some("NULL") && NULLABLE.contains(column) {
                        *field = None;
                    }
                }
                rows.push(row);
                Ok(())
            }
            Open::Definition(statement) => {
                let statement = std::mem::take(statement);
                let nulls = row().into_iter().map(|field| field.filter(|text| text != "NULL")).collect();
                self.shown.insert(statement, nulls);
                self.open = Open::Between;
                Ok(())
            }
        }
    }

    fn mark(&mut self, line: &str, mark: &str) -> Result<(), String> {
        if line == FORMAT {
            self.open = Open::Between;
            return Ok(());
        }
        if matches!(self.open, Open::Head) {
            let what = "this is not the output of 'myexplain capture --print-sql', or of another version of it";
            return Err(what.to_owned());
        }
        let (word, rest) = mark.split_once(' ').unwrap_or((mark, ""));
        match word {
            "ask" => {
                let place = self.asked.iter().position(|question| question.name == rest);
                let place = place.ok_or_else(|| format!("'{rest}' is not known: made by another version of the script?"))?;
                if matches!(self.open, Open::Answer(..)) {
                    return Err("two marks in a row: run the client with --skip-column-names".to_owned());
                }
                self.open = Open::Answer(place, Vec::new());
            }
            "end" => {
                let Open::Answer(place, rows) = std::mem::replace(&mut self.open, Open::Between) else {
                    return Err(unexpected());
                };
                if rest == "0" {
                    self.answers.add(&self.asked[place], rows);
                }
            }
            "room" => {
                let (room, needed) = rest.split_once(' ').unwrap_or((rest, ""));
                let numbers = room.parse::<usize>().ok().zip(needed.parse::<usize>().ok());
                if let Some((room, needed)) = numbers.filter(|(room, needed)| needed > room) {
                    return Err(format!(
                        "the script had room for {room} definitions, the server has {needed}: print it anew with \
                         --script-objects {needed}"
                    ));
                }
            }
            "show" => self.open = Open::Definition(rest.to_owned()),
            "done" => {
                self.open = Open::Between;
                self.done = true;
            }
            _ => return Err(unexpected()),
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Captured, ImportError> {
        if matches!(self.open, Open::Head) {
            return Err(ImportError::Incomplete("this is not the output of 'myexplain capture --print-sql'".to_owned()));
        }
        if !self.done {
            let what = "the output breaks off: the connection was lost, or the client ran without --force";
            return Err(ImportError::Incomplete(what.to_owned()));
        }
        let version = self.answers.server(0).unwrap_or_default();
        supported(version, self.answers.server(1).unwrap_or_default()).map_err(ImportError::Refused)?;
        for object in self.answers.objects() {
            let row = self.shown.remove(&object.statement);
            let text = row.and_then(|mut row| row.get_mut(object.kind.definition_column())?.take());
            self.answers.definitions.insert(object, text);
        }
        finish(self.asked, &self.answers, &Selection::default()).map_err(|error| ImportError::Refused(error.to_string()))
    }
}

fn unexpected() -> String {
    "not what the script prints: run the client with --batch --skip-column-names, and without --raw, --table or --xml".to_owned()
}

/// What the client says beside the answers, where both went into one file.
fn is_remark(line: &str) -> bool {
    (line.starts_with("ERROR ") && line.contains(" at line ")) || line.starts_with("mysql: [Warning]")
}

/// Undoes the escapes of `mysql --batch`.
fn unescape(field: &str) -> String {
    let mut out = String::with_capacity(field.len());
    let mut chars = field.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('t') => out.push('\t'),
            Some('n') => out.push('\n'),
            Some('0') => out.push('\0'),
            Some('\\') => out.push('\\'),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}
