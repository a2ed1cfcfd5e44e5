//! One statement, explained by the server in all formats. The statement itself is never run.

use super::answers::Row;
use super::connection::{Server, ServerError};
use super::selection::literal;
use crate::workload::Query;
use myexplain::explain::client;
use myexplain::explain::traditional::COLUMNS;
use myexplain::ingest::recording::Recording;

/// What the server said of a statement.
#[derive(Clone, Debug, Default)]
pub(crate) struct Explained {
    /// All formats.
    pub(crate) recording: Recording,
    /// The optimizer trace of the traditional EXPLAIN; none if the server kept it back.
    pub(crate) trace: Option<serde_json::Value>,
    /// Used partitions by the name of the table in EXPLAIN.
    pub(crate) partitions: Vec<(String, String)>,
}

/// Statements that EXPLAIN takes.
const EXPLAINABLE: [&str; 8] = ["select", "with", "table", "values", "insert", "replace", "update", "delete"];
/// Bytes of optimizer trace that the server may keep.
const TRACE_BYTES: u64 = 64 << 20;

impl Server {
    /// Makes the session one in which statements are explained: the server's own settings, but read-only, and with the optimizer
    /// trace.
    pub(crate) fn begin_explaining(&mut self, limit_seconds: u32, timestamp: f64) -> Result<(), ServerError> {
        self.run("SET NAMES utf8mb4")?;
        self.run("SET SESSION collation_connection = @@GLOBAL.collation_connection")?;
        self.run(&format!("SET SESSION max_execution_time = {}, lock_wait_timeout = 5", u64::from(limit_seconds) * 1000))?;
        self.run("SET SESSION TRANSACTION READ ONLY")?;
        self.run(&format!("SET SESSION optimizer_trace = 'enabled=on', optimizer_trace_max_mem_size = {TRACE_BYTES}"))?;
        self.run(&format!("SET SESSION timestamp = {timestamp:.6}"))
    }

    /// Explains a statement under its settings; with the traditional format alone, or in all.
    pub(crate) fn explain(&mut self, query: &Query, all_formats: bool) -> Result<Explained, ServerError> {
        let sql = query.statement.sql.trim().trim_end_matches(';');
        let mut sections = Vec::new();
        if !query.sets.is_empty() {
            sections.push(("set".to_owned(), query.sets.join("\n")));
        }
        sections.push(("sql".to_owned(), sql.to_owned()));
        let mut explained = Explained { recording: Recording { sections }, ..Explained::default() };
        let first = sql.trim_start_matches(['(', ' ', '\n', '\r', '\t']).split(|c: char| !c.is_ascii_alphabetic()).next();
        let first = without_comments(sql, first.unwrap_or_default()).to_ascii_lowercase();
        if !EXPLAINABLE.contains(&first.as_str()) {
            let what = format!("'{first}' is no statement that EXPLAIN takes");
            explained.recording.sections.push(("not covered".to_owned(), what));
            return Ok(explained);
        }
        let writes = ["insert", "replace", "update", "delete", "with"].contains(&first.as_str());
        let told = self.under(query, writes, |server| server.explain_formats(sql, all_formats, &mut explained));
        match told {
            Err(ServerError::Refused { code, text, .. }) => {
                explained.recording.sections.push(("error".to_owned(), format!("{code}\t{text}")));
            }
            other => other?,
        }
        Ok(explained)
    }

    fn explain_formats(&mut self, sql: &str, all_formats: bool, explained: &mut Explained) -> Result<(), ServerError> {
        // The server takes several statements in one text; preparing takes one, and runs nothing.
        self.run(&format!("PREPARE myexplain FROM {}", literal(&format!("EXPLAIN FORMAT=TRADITIONAL {sql}"))))?;
        let rows = self.rows(&format!("EXPLAIN FORMAT=TRADITIONAL {sql}"))?;
        let warnings = self.rows("SHOW WARNINGS")?;
        let trace = self.rows(
            "SELECT TRACE FROM information_schema.OPTIMIZER_TRACE \
             WHERE MISSING_BYTES_BEYOND_MAX_MEM_SIZE = 0 AND INSUFFICIENT_PRIVILEGES = 0",
        )?;
        let text = trace.into_iter().next().and_then(|mut row| row.first_mut()?.take());
        explained.trace = text.and_then(|text| serde_json::from_str(&text).ok());
        explained.partitions = rows.iter().filter_map(|row| Some((row.get(2)?.clone()?, row.get(3)?.clone()?))).collect();
        let sections = &mut explained.recording.sections;
        let cells: Vec<Vec<Option<&str>>> = rows.iter().map(|row| row.iter().map(Option::as_deref).collect()).collect();
        sections.push(("traditional".to_owned(), client::batch(&COLUMNS, &cells, false).trim_end_matches('\n').to_owned()));
        sections.push(("warnings".to_owned(), warnings.iter().map(line_of).collect::<Vec<_>>().join("\n")));
        if !all_formats {
            return Ok(());
        }
        for (name, format) in [("tree", "TREE"), ("json", "JSON")] {
            let told = self.rows(&format!("EXPLAIN FORMAT={format} {sql}"));
            let sections = &mut explained.recording.sections;
            match told {
                Ok(rows) => {
                    let text: Vec<String> = rows.into_iter().flatten().flatten().collect();
                    sections.push((name.to_owned(), text.join("\n").trim_end_matches('\n').to_owned()));
                }
                Err(ServerError::Refused { code, text, .. }) => {
                    sections.push((format!("{name} error"), format!("{code}\t{text}")));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Does something under a statement's settings and takes them back. EXPLAIN of a statement that changes data is refused in a
    /// read-only session, although it changes nothing.
    fn under(
        &mut self,
        query: &Query,
        writes: bool,
        act: impl FnOnce(&mut Server) -> Result<(), ServerError>,
    ) -> Result<(), ServerError> {
        let mut told = Ok(());
        for set in &query.sets {
            let scope = if set.trim_start().starts_with('@') { "" } else { "SESSION " };
            told = told.and_then(|()| self.run(&format!("PREPARE myexplain FROM {}", literal(&format!("SET {scope}{set}")))));
            told = told.and_then(|()| self.run(&format!("SET {scope}{set}")));
        }
        if writes {
            told = told.and_then(|()| self.run("SET SESSION TRANSACTION READ WRITE"));
        }
        told = told.and_then(|()| act(self));
        if writes {
            self.run("SET SESSION TRANSACTION READ ONLY")?;
        }
        for name in query.sets.iter().filter_map(|set| Some(set.split_once('=')?.0.trim_end_matches(':').trim())) {
            let (scope, value) = if name.starts_with('@') { ("", "NULL") } else { ("SESSION ", "DEFAULT") };
            match self.run(&format!("SET {scope}{name} = {value}")) {
                Ok(()) | Err(ServerError::Refused { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        told
    }
}

/// The first word behind leading comments and parentheses.
fn without_comments(sql: &str, first: &str) -> String {
    if !first.is_empty() {
        return first.to_owned();
    }
    let mut rest = sql.trim_start_matches(['(', ' ', '\n', '\r', '\t']);
    while rest.starts_with("/*") && !rest.starts_with("/*!") {
        let Some(end) = rest.find("*/") else { break };
        rest = rest[end + 2..].trim_start_matches(['(', ' ', '\n', '\r', '\t']);
    }
    rest.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default().to_owned()
}

fn line_of(row: &Row) -> String {
    row.iter().map(|field| field.as_deref().unwrap_or("NULL")).collect::<Vec<_>>().join("\t")
}
