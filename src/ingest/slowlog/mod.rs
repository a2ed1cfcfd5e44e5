//! Logs of statements, read as a stream: slow logs, general logs, the log tables, exports of
//! `performance_schema.events_statements_summary_by_digest`, plain SQL. Memory does not grow with the log.
//!
//! [`read`] finds out what it is given and hands every statement to a [`Sink`]; [`Classes`] is the one that counts them.

mod classes;
mod delimited;
mod general;
mod header;
mod names;
mod script;
mod series;
mod slow;
mod table;
mod time;
mod window;

pub use classes::{Class, Classes, Limits, Sample, Totals};
pub use series::{Histogram, Series};
pub use time::{format_utc, parse_utc};

use std::io::{self, Read};
use window::Window;

/// One execution of a statement, as a log tells it. Texts are bytes: a log may hold any encoding.
#[derive(Clone, Copy, Debug, Default)]
pub struct Event<'a> {
    /// The statement, without the `;` behind it.
    pub sql: &'a [u8],
    /// Time it took, in nanoseconds; none in a general log.
    pub time: Option<u64>,
    /// Time it waited for locks, in nanoseconds.
    pub lock_time: u64,
    /// Rows sent to the client.
    pub rows_sent: u64,
    /// Rows examined by the server.
    pub rows_examined: u64,
    /// User name.
    pub user: &'a [u8],
    /// Host name or address of the client.
    pub host: &'a [u8],
    /// Default schema.
    pub schema: &'a [u8],
    /// When it ended or began (logs differ), in microseconds since 1970 UTC.
    pub at: Option<i64>,
    /// Executions that this one stands for, if the server logged only some of them.
    pub weight: u64,
}

/// Many executions that a server has summed up by digest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Digest text, or a sample of the statement.
    pub text: String,
    /// STATEMENT_DIGEST; empty if the export does not have it.
    pub digest: String,
    /// A statement of the class with its literals, if the export has one.
    pub sample: Option<String>,
    /// Default schema.
    pub schema: String,
    /// Executions.
    pub count: u64,
    /// Sum, least and greatest time in nanoseconds.
    pub times: [u64; 3],
    /// 95th percentile of the time in nanoseconds, if the export has it.
    pub time_95: Option<u64>,
    /// Time waited for locks, in nanoseconds.
    pub lock_time: u64,
    /// Rows sent.
    pub rows_sent: u64,
    /// Rows examined.
    pub rows_examined: u64,
    /// First and last seen, in microseconds since 1970 UTC.
    pub seen: [Option<i64>; 2],
}

/// Takes what is read.
pub trait Sink {
    /// One execution.
    fn event(&mut self, event: &Event<'_>);
    /// Executions that were summed up elsewhere.
    fn summary(&mut self, summary: &Summary);
    /// The version of the server whose entries follow, as `80039`.
    fn server_version(&mut self, _version: u32) {}
}

/// Forms of logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// The slow query log, of MySQL, Percona Server or MariaDB.
    SlowLog,
    /// The general query log.
    GeneralLog,
    /// `mysql.slow_log` or `mysql.general_log` as CSV or TSV.
    LogTable,
    /// `performance_schema.events_statements_summary_by_digest` as CSV or TSV.
    DigestSummary,
    /// SQL statements.
    Sql,
}

impl Form {
    /// What a report calls it.
    pub fn name(self) -> &'static str {
        match self {
            Form::SlowLog => "slow log",
            Form::GeneralLog => "general log",
            Form::LogTable => "log table",
            Form::DigestSummary => "digest summary",
            Form::Sql => "SQL",
        }
    }
}

/// A line that no reader knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownLine {
    /// Number, from 1.
    pub number: u64,
    /// Its beginning.
    pub text: String,
}

/// What reading one log has shown.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// What it was; none if it was empty.
    pub form: Option<Form>,
    /// Bytes read (of the text, if it was compressed).
    pub bytes: u64,
    /// Lines that were not understood.
    pub unknown_lines: u64,
    /// The first of them.
    pub unknown: Vec<UnknownLine>,
    /// Statements that were too long to be kept whole.
    pub cut: u64,
    /// Versions of the servers that wrote it, as it names them.
    pub servers: Vec<String>,
}

/// Unknown lines that are kept to be shown.
const SHOWN_UNKNOWN: usize = 5;

impl Reading {
    fn unknown(&mut self, number: u64, line: &[u8]) {
        self.unknown_lines += 1;
        if self.unknown.len() < SHOWN_UNKNOWN {
            let text: String = String::from_utf8_lossy(line).trim_end().chars().take(120).collect();
            self.unknown.push(UnknownLine { number, text });
        }
    }

    fn server(&mut self, version: &str) {
        if !self.servers.iter().any(|known| known == version) && self.servers.len() < 16 {
            self.servers.push(version.to_owned());
        }
    }
}

/// Reads a log to its end. `progress` hears how many bytes have been read, about once a MiB.
///
/// # Errors
/// Those of the source; `InvalidData` if the form cannot be told.
pub fn read(source: &mut dyn Read, sink: &mut dyn Sink, progress: &mut dyn FnMut(u64)) -> io::Result<Reading> {
    let mut window = Window::new(source, progress);
    let mut reading = Reading::default();
    window.fill_to(64 * 1024)?;
    window.skip_byte_order_mark();
    if window.data().trim_ascii().is_empty() && window.at_end() {
        return Ok(reading);
    }
    let form = detect(window.data()).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "this is no slow log, general log, log table, digest summary or SQL that I know; \
             the first line is of no known form",
        )
    })?;
    reading.form = Some(form);
    match form {
        Form::SlowLog => slow::read(&mut window, sink, &mut reading)?,
        Form::GeneralLog => general::read(&mut window, sink, &mut reading)?,
        Form::LogTable | Form::DigestSummary => table::read(&mut window, sink, &mut reading)?,
        Form::Sql => script::read(&mut window, sink, &mut reading)?,
    }
    reading.bytes = window.taken();
    Ok(reading)
}

/// What a log is, by its beginning.
fn detect(beginning: &[u8]) -> Option<Form> {
    let mut banner = false;
    for line in beginning.split(|byte| *byte == b'\n').take(400) {
        let line = line.trim_ascii_end();
        if line.is_empty() {
            continue;
        }
        if slow::begins_entry(line) || line.starts_with(b"# Query_time:") {
            return Some(Form::SlowLog);
        }
        if general::begins_entry(line) {
            return Some(Form::GeneralLog);
        }
        if slow::is_banner(line) {
            banner = true;
            continue;
        }
        if banner {
            continue;
        }
        if let Some(form) = table::form_of(line) {
            return Some(form);
        }
        if script::begins_statement(line) {
            return Some(Form::Sql);
        }
        if !line.starts_with(b"#") && !line.starts_with(b"--") && !line.starts_with(b"/*") {
            return None;
        }
    }
    banner.then_some(Form::SlowLog)
}

#[cfg(test)]
mod tests;
