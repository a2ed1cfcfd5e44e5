//! The general query log: statements without times.

use super::time::parse_utc;
use super::window::Window;
use super::{Event, Reading, Sink};
use std::collections::BTreeMap;
use std::io;

/// Connections whose user and schema are remembered.
const CONNECTIONS: usize = 10_000;

/// One line that begins an entry: time, connection, command, argument.
struct Line<'a> {
    at: Option<i64>,
    connection: u64,
    command: &'a [u8],
    argument: &'a [u8],
}

const COMMANDS: &[&[u8]] = &[
    b"Query",
    b"Connect",
    b"Quit",
    b"Execute",
    b"Prepare",
    b"Init DB",
    b"Close stmt",
    b"Reset stmt",
    b"Field List",
    b"Statistics",
    b"Ping",
    b"Change user",
    b"Binlog Dump",
    b"Binlog Dump GTID",
    b"Register Slave",
    b"Register Replica",
    b"Reset Connection",
    b"Shutdown",
    b"Kill",
    b"Fetch",
    b"Long Data",
    b"Process",
    b"Refresh",
    b"Debug",
    b"Set option",
    b"Sleep",
    b"Daemon",
    b"Delayed insert",
    b"Error",
    b"Time",
    b"Create DB",
    b"Drop DB",
    b"Table Dump",
    b"Connect Out",
    b"Clone",
];

/// `2024-01-02T03:04:05.678901Z\t   8 Query\tSELECT 1`, `240102  3:04:05\t    8 Query\tSELECT 1`, or, in the same second, two tabs for
/// the time.
fn parse(line: &[u8]) -> Option<Line<'_>> {
    let tab = memchr::memchr(b'\t', line)?;
    let time = &line[..tab];
    let at = parse_utc(time);
    if at.is_none() && !time.is_empty() {
        return None;
    }
    let rest = line[tab + 1..].trim_ascii_start();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 || rest.get(digits) != Some(&b' ') {
        return None;
    }
    let connection = super::header::number(&rest[..digits]);
    let rest = &rest[digits + 1..];
    let end = memchr::memchr(b'\t', rest).unwrap_or(rest.len());
    let command = rest[..end].trim_ascii();
    COMMANDS.contains(&command).then(|| Line { at, connection, command, argument: rest.get(end + 1..).unwrap_or_default() })
}

pub(super) fn begins_entry(line: &[u8]) -> bool {
    parse(line).is_some()
}

#[derive(Clone, Default)]
struct Client {
    user: Vec<u8>,
    host: Vec<u8>,
    schema: Vec<u8>,
}

pub(super) fn read(window: &mut Window<'_>, sink: &mut dyn Sink, reading: &mut Reading) -> io::Result<()> {
    let mut log = Log { clients: BTreeMap::new(), pending: None, sql: Vec::new(), at: None };
    while let Some(length) = window.line_length()? {
        let lines = window.lines();
        let line = &window.data()[..length];
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        if let Some(entry) = parse(line) {
            log.flush(sink);
            log.begin(&entry);
        } else if super::slow::is_banner(line) {
            log.flush(sink);
        } else if log.pending.is_some() {
            // A statement goes on.
            if log.sql.len() < super::window::LONGEST_ENTRY {
                log.sql.push(b'\n');
                log.sql.extend_from_slice(line);
            }
        } else if !line.trim_ascii().is_empty() {
            reading.unknown(lines + 1, line);
        }
        window.take(length);
    }
    log.flush(sink);
    Ok(())
}

struct Log {
    clients: BTreeMap<u64, Client>,
    /// Connection of the statement that may go on.
    pending: Option<u64>,
    sql: Vec<u8>,
    at: Option<i64>,
}

impl Log {
    fn begin(&mut self, entry: &Line<'_>) {
        self.at = entry.at.or(self.at);
        match entry.command {
            b"Query" | b"Execute" => {
                self.pending = Some(entry.connection);
                self.sql.clear();
                self.sql.extend_from_slice(entry.argument);
                let use_schema = entry.argument.get(..4).is_some_and(|word| word.eq_ignore_ascii_case(b"use "));
                if use_schema {
                    let name = entry.argument[4..].trim_ascii();
                    self.client(entry.connection).schema = name.iter().copied().filter(|byte| !b"`;".contains(byte)).collect();
                }
            }
            b"Connect" | b"Change user" => {
                let client = self.client(entry.connection);
                *client = connected(entry.argument);
            }
            b"Init DB" => self.client(entry.connection).schema = entry.argument.trim_ascii().to_vec(),
            b"Quit" => {
                self.clients.remove(&entry.connection);
            }
            _ => {}
        }
    }

    fn client(&mut self, connection: u64) -> &mut Client {
        if self.clients.len() >= CONNECTIONS {
            self.clients.pop_first();
        }
        self.clients.entry(connection).or_default()
    }

    fn flush(&mut self, sink: &mut dyn Sink) {
        let Some(connection) = self.pending.take() else { return };
        let sql = self.sql.trim_ascii();
        let sql = sql.strip_suffix(b";").unwrap_or(sql);
        if sql.is_empty() {
            return;
        }
        let unknown = Client::default();
        let client = self.clients.get(&connection).unwrap_or(&unknown);
        sink.event(&Event {
            sql,
            user: &client.user,
            host: &client.host,
            schema: &client.schema,
            at: self.at,
            weight: 1,
            ..Event::default()
        });
    }
}

/// `root@localhost on shop using Socket`.
fn connected(argument: &[u8]) -> Client {
    let mut words = argument.split(|byte| *byte == b' ');
    let account = words.next().unwrap_or_default();
    let sign = memchr::memchr(b'@', account).unwrap_or(account.len());
    let schema = words.next().filter(|word| *word == b"on").and_then(|_| words.next()).unwrap_or_default();
    Client {
        user: account[..sign].to_vec(),
        host: account.get(sign + 1..).unwrap_or_default().to_vec(),
        schema: schema.trim_ascii().to_vec(),
    }
}
