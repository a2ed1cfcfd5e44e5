//! Tables as CSV or TSV: `mysql.slow_log`, `mysql.general_log`, `performance_schema.events_statements_summary_by_digest`.

use super::delimited::{self, Delimiter, Record, fields};
use super::header::{nanos, number};
use super::time::parse_utc;
use super::window::Window;
use super::{Event, Form, Reading, Sink, Summary};
use std::io;

/// Columns of `mysql.slow_log`, whose CSV file has no line of names.
const SLOW_LOG: &[&str] = &[
    "start_time",
    "user_host",
    "query_time",
    "lock_time",
    "rows_sent",
    "rows_examined",
    "db",
    "last_insert_id",
    "insert_id",
    "server_id",
    "sql_text",
    "thread_id",
];

/// Columns of `mysql.general_log`.
const GENERAL_LOG: &[&str] = &["event_time", "user_host", "thread_id", "server_id", "command_type", "argument"];

/// What a table is, by its first line.
pub(super) fn form_of(line: &[u8]) -> Option<Form> {
    Layout::of(line).map(|(layout, _)| layout.form)
}

struct Layout {
    form: Form,
    delimiter: Delimiter,
    /// Names of the columns, in lower case.
    names: Vec<String>,
}

impl Layout {
    /// The layout, and whether the line holds the names.
    fn of(line: &[u8]) -> Option<(Layout, bool)> {
        [Delimiter::Tab, Delimiter::Comma].into_iter().find_map(|delimiter| {
            let cells = fields(line.trim_ascii_end(), delimiter);
            let names: Vec<String> = cells
                .iter()
                .map(|cell| String::from_utf8_lossy(cell.as_deref().unwrap_or_default()).trim().to_lowercase())
                .collect();
            let has = |name: &str| names.iter().any(|own| own == name);
            if has("count_star") && (has("digest_text") || has("query_sample_text")) {
                return Some((Layout { form: Form::DigestSummary, delimiter, names }, true));
            }
            if has("sql_text") && has("query_time") || has("argument") && has("command_type") {
                return Some((Layout { form: Form::LogTable, delimiter, names }, true));
            }
            let dated =
                cells.first().and_then(Option::as_deref).is_some_and(|cell| cell.len() >= 19 && parse_utc(cell).is_some());
            let known = [SLOW_LOG, GENERAL_LOG].into_iter().find(|columns| dated && columns.len() == cells.len())?;
            let names = known.iter().map(|name| (*name).to_owned()).collect();
            Some((Layout { form: Form::LogTable, delimiter, names }, false))
        })
    }

    fn cell<'r>(&self, record: &'r Record, name: &str) -> Option<&'r [u8]> {
        let at = self.names.iter().position(|own| own == name)?;
        record.get(at)?.as_deref()
    }

    fn text(&self, record: &Record, name: &str) -> String {
        String::from_utf8_lossy(self.cell(record, name).unwrap_or_default()).into_owned()
    }

    fn number(&self, record: &Record, name: &str) -> u64 {
        self.cell(record, name).map_or(0, number)
    }
}

pub(super) fn read(window: &mut Window<'_>, sink: &mut dyn Sink, reading: &mut Reading) -> io::Result<()> {
    let Some(length) = window.line_length()? else { return Ok(()) };
    let Some((layout, has_names)) = Layout::of(&window.data()[..length]) else { return Ok(()) };
    if has_names {
        window.take(length);
    }
    loop {
        let line = window.lines() + 1;
        let Some(record) = delimited::next(window, layout.delimiter)? else { return Ok(()) };
        if record.len() != layout.names.len() {
            if record.iter().any(|cell| cell.as_ref().is_some_and(|text| !text.is_empty())) {
                let shown = record.iter().flatten().next().cloned().unwrap_or_default();
                reading.unknown(line, &shown);
            }
        } else if layout.form == Form::DigestSummary {
            if let Some(summary) = summary(&layout, &record) {
                sink.summary(&summary);
            }
        } else {
            event(&layout, &record, sink);
        }
    }
}

fn event(layout: &Layout, record: &Record, sink: &mut dyn Sink) {
    let slow = layout.cell(record, "sql_text");
    let is_statement = |command: &[u8]| command == b"Query" || command == b"Execute";
    let general = layout.cell(record, "argument").filter(|_| layout.cell(record, "command_type").is_some_and(is_statement));
    let Some(sql) = slow.or(general).map(<[u8]>::trim_ascii).filter(|sql| !sql.is_empty()) else { return };
    let account = layout.cell(record, "user_host").unwrap_or_default();
    let user = &account[..account.iter().position(|byte| *byte == b'[').unwrap_or(account.len())];
    let host = memchr::memchr(b'@', account).map_or(&[][..], |sign| account[sign + 1..].trim_ascii());
    let host = &host[..host.iter().position(|byte| *byte == b' ').unwrap_or(host.len())];
    let at = layout.cell(record, "start_time").or(layout.cell(record, "event_time")).and_then(parse_utc);
    sink.event(&Event {
        sql: sql.strip_suffix(b";").unwrap_or(sql),
        time: layout.cell(record, "query_time").and_then(clock),
        lock_time: layout.cell(record, "lock_time").and_then(clock).unwrap_or(0),
        rows_sent: layout.number(record, "rows_sent"),
        rows_examined: layout.number(record, "rows_examined"),
        user,
        host: host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]")).unwrap_or(host),
        schema: layout.cell(record, "db").unwrap_or_default(),
        at,
        weight: 1,
    });
}

/// `00:00:01.000213` as nanoseconds.
fn clock(text: &[u8]) -> Option<u64> {
    let mut parts = text.split(|byte| *byte == b':');
    let (hours, minutes) = (number(parts.next()?), number(parts.next()?));
    Some((hours * 60 + minutes) * 60_000_000_000 + nanos(parts.next()?)?)
}

/// Timers are picoseconds. The row for digests beyond the table's size has no digest.
fn summary(layout: &Layout, record: &Record) -> Option<Summary> {
    let sample = layout.cell(record, "query_sample_text").map(|text| String::from_utf8_lossy(text).into_owned());
    let digest_text = layout.cell(record, "digest_text").map(|text| String::from_utf8_lossy(text).into_owned());
    let nanos = |name: &str| layout.number(record, name) / 1000;
    Some(Summary {
        text: digest_text.or_else(|| sample.clone())?,
        digest: layout.text(record, "digest"),
        sample: sample.filter(|text| !text.trim().is_empty()),
        schema: layout.text(record, "schema_name"),
        count: layout.number(record, "count_star"),
        times: [nanos("sum_timer_wait"), nanos("min_timer_wait"), nanos("max_timer_wait")],
        time_95: layout.cell(record, "quantile_95").map(|text| number(text) / 1000),
        lock_time: nanos("sum_lock_time"),
        rows_sent: layout.number(record, "sum_rows_sent"),
        rows_examined: layout.number(record, "sum_rows_examined"),
        seen: ["first_seen", "last_seen"].map(|name| layout.cell(record, name).and_then(parse_utc)),
    })
}
