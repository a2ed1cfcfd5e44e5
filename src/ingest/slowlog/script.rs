//! Plain SQL: statements that end with `;`.

use super::window::Window;
use super::{Event, Reading, Sink};
use memchr::{memchr, memchr2, memmem};
use std::io;

const FIRST_WORDS: &[&str] = &[
    "select",
    "insert",
    "update",
    "delete",
    "replace",
    "with",
    "set",
    "use",
    "call",
    "create",
    "alter",
    "drop",
    "show",
    "explain",
    "begin",
    "start",
    "commit",
    "rollback",
    "table",
    "values",
    "do",
    "analyze",
    "desc",
    "describe",
    "delimiter",
    "truncate",
    "lock",
    "unlock",
    "load",
    "execute",
    "prepare",
    "(",
];

/// True if a statement begins with this line.
pub(super) fn begins_statement(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    line.starts_with(b"(")
        || line.starts_with(b"-- ")
        || FIRST_WORDS.iter().any(|word| {
            line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
                && !line.get(word.len()).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        })
}

pub(super) fn read(window: &mut Window<'_>, sink: &mut dyn Sink, reading: &mut Reading) -> io::Result<()> {
    let mut schema = Vec::new();
    loop {
        let data = window.data();
        let end = match statement_end(data) {
            Some(end) => end,
            None if window.fill()? => continue,
            None => window.data().len(),
        };
        if end == 0 {
            return Ok(());
        }
        if end >= super::window::LONGEST_ENTRY {
            reading.cut += 1;
        }
        let data = &window.data()[..end];
        let sql = strip_comments_before(data.strip_suffix(b";").unwrap_or(data));
        if sql.get(..4).is_some_and(|word| word.eq_ignore_ascii_case(b"use ")) {
            schema = sql[4..].trim_ascii().iter().copied().filter(|byte| *byte != b'`').collect();
        } else if !sql.is_empty() {
            sink.event(&Event { sql, schema: &schema, weight: 1, ..Event::default() });
        }
        window.take(end);
    }
}

/// The statement without blanks and whole-line comments before it.
fn strip_comments_before(mut sql: &[u8]) -> &[u8] {
    loop {
        sql = sql.trim_ascii();
        if sql.starts_with(b"--") || sql.starts_with(b"#") {
            sql = memchr(b'\n', sql).map_or(&[][..], |end| &sql[end..]);
        } else {
            return sql;
        }
    }
}

/// Place behind the `;` that ends the first statement.
fn statement_end(data: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < data.len() {
        at += data[at..].iter().position(|byte| matches!(byte, b';' | b'\'' | b'"' | b'`' | b'#' | b'-' | b'/'))?;
        match data[at] {
            b';' => return Some(at + 1),
            b'#' => at += memchr(b'\n', &data[at..])?,
            b'-' if data[at..].starts_with(b"--") && data.get(at + 2).is_none_or(|byte| *byte <= b' ') => {
                at += memchr(b'\n', &data[at..])?
            }
            b'/' if data[at..].starts_with(b"/*") => at += 4 + memmem::find(&data[at + 2..], b"*/")?,
            b'-' | b'/' => at += 1,
            quote => {
                at += 1;
                loop {
                    at += memchr2(quote, b'\\', data.get(at..)?)?;
                    if data[at] == b'\\' && quote != b'`' {
                        at += 2;
                    } else if data[at] == b'\\' {
                        at += 1;
                    } else {
                        at += 1;
                        break;
                    }
                }
            }
        }
    }
    None
}
