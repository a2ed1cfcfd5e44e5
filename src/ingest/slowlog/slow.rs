//! The slow query log of MySQL 5.6 to 9.x, Percona Server and MariaDB; logs of several servers may stand in one file.

use super::header::{Header, number};
use super::window::Window;
use super::{Reading, Sink};
use memchr::memmem;
use std::io;

/// True if an entry begins with this line.
pub(super) fn begins_entry(line: &[u8]) -> bool {
    line.starts_with(b"# Time: ") || line.starts_with(b"# User@Host: ")
}

/// True for the lines that a server writes when it opens the log.
pub(super) fn is_banner(line: &[u8]) -> bool {
    line.starts_with(b"Tcp port: ")
        || line.starts_with(b"TCP Port: ")
        || line.starts_with(b"Time ") && line.trim_ascii_end().ends_with(b"Argument")
        || memmem::find(line, b", Version: ").is_some() && memmem::find(line, b"started with:").is_some()
}

/// Schemas that are remembered for clients whose schema the log tells only once.
struct Reader<'a> {
    sink: &'a mut dyn Sink,
    reading: &'a mut Reading,
    /// The schema of the last `use` line: it holds until the next one.
    schema: Vec<u8>,
    /// The last `# Time:`, which older servers write only when the second changes.
    at: Option<i64>,
    boundary: memmem::Finder<'static>,
}

pub(super) fn read(window: &mut Window<'_>, sink: &mut dyn Sink, reading: &mut Reading) -> io::Result<()> {
    let mut reader = Reader { sink, reading, schema: Vec::new(), at: None, boundary: memmem::Finder::new(b"\n# ") };
    let mut searched = 0;
    loop {
        let complete = window.at_end();
        match reader.entry_end(window.data(), &mut searched, complete) {
            Some(end) => {
                reader.entry(&window.data()[..end], window.lines());
                window.take(end);
                searched = 0;
            }
            None => {
                if !window.fill()? && !window.at_end() {
                    // Longer than any entry may be: what is there counts as its statement, the rest is passed over.
                    reader.reading.cut += 1;
                    let end = window.data().len();
                    reader.entry(window.data(), window.lines());
                    window.take(end);
                    pass_over(&reader.boundary, window)?;
                    searched = 0;
                }
            }
        }
        if window.at_end() && window.data().is_empty() {
            return Ok(());
        }
    }
}

/// Takes what lies before the next entry.
fn pass_over(boundary: &memmem::Finder<'_>, window: &mut Window<'_>) -> io::Result<()> {
    loop {
        let data = window.data();
        if let Some(at) = boundary.find_iter(data).find(|at| begins_entry(&data[at + 1..])) {
            window.take(at + 1);
            return Ok(());
        }
        let keep = data.len().min(16);
        let taken = data.len() - keep;
        window.take(taken);
        if !window.fill()? {
            window.take(keep);
            return Ok(());
        }
    }
}

impl Reader<'_> {
    /// Where the entry at the beginning ends; none if more must be read to tell. `searched` is where the search for its end goes on.
    #[inline]
    fn entry_end(&self, data: &[u8], searched: &mut usize, complete: bool) -> Option<usize> {
        if data.is_empty() {
            return None;
        }
        let mut from = *searched;
        if from == 0 {
            // The lines of the header belong to one entry, though they begin as entries do.
            while data.get(from) == Some(&b'#') {
                match memchr::memchr(b'\n', &data[from..]) {
                    Some(end) => from += end + 1,
                    None => return complete.then_some(data.len()),
                }
            }
            from = from.saturating_sub(1);
        }
        for at in self.boundary.find_iter(&data[from..]).map(|at| at + from) {
            let line = &data[at + 1..];
            if line.len() < 13 && !complete {
                break;
            }
            if begins_entry(line) {
                return Some(at + 1);
            }
        }
        if complete {
            return Some(data.len());
        }
        *searched = data.len().saturating_sub(16).max(from);
        None
    }

    /// Header lines, and the statement behind them.
    fn entry(&mut self, entry: &[u8], lines_before: u64) {
        let mut header = Header { at: self.at, ..Header::default() };
        let mut at = 0;
        let mut lines = lines_before;
        while entry.get(at) == Some(&b'#') {
            let end = memchr::memchr(b'\n', &entry[at..]).map_or(entry.len(), |end| at + end);
            let line = &entry[at..end];
            if line.starts_with(b"# administrator command:") {
                break;
            }
            lines += 1;
            if !header.line(line, at) {
                self.reading.unknown(lines, line);
            }
            at = (end + 1).min(entry.len());
        }
        self.at = header.at;
        let body = self.without_banner(&entry[at..]);
        if header.time.is_none() {
            self.unknown_lines(body, lines);
            return;
        }
        let body = self.assignments(body, &mut header);
        let sql = statement(body);
        if sql.is_empty() {
            return;
        }
        let own = entry.get(header.schema.0..header.schema.1).unwrap_or_default();
        let schema = if own.is_empty() { &self.schema } else { own };
        self.sink.event(&header.event(entry, sql, schema));
    }

    /// Text without a time before it: the lines of a server's start are known, others are not.
    fn unknown_lines(&mut self, body: &[u8], lines_before: u64) {
        for (no, line) in body.split(|byte| *byte == b'\n').enumerate() {
            if !line.trim_ascii().is_empty() && !is_banner(line) {
                self.reading.unknown(lines_before + no as u64 + 1, line);
            }
        }
    }

    /// The body of an entry without the lines that a server wrote behind it when it was started or the log was flushed.
    #[inline]
    fn without_banner<'a>(&mut self, body: &'a [u8]) -> &'a [u8] {
        let trimmed = body.trim_ascii_end();
        if !trimmed.ends_with(b"Argument") {
            return body;
        }
        let Some(started) = memmem::rfind(trimmed, b"started with:") else { return body };
        let start = memchr::memrchr(b'\n', &trimmed[..started]).map_or(0, |end| end + 1);
        if let Some(version) = memmem::find(&trimmed[start..started], b", Version: ") {
            let text = &trimmed[start + version + 11..started];
            let end = text.iter().position(|byte| *byte <= b' ').unwrap_or(text.len());
            let text = String::from_utf8_lossy(&text[..end]).into_owned();
            if let Some(version) = version_number(&text) {
                self.sink.server_version(version);
            }
            self.reading.server(&text);
            // The schema of a client of the server before does not hold any more.
            self.schema.clear();
        }
        &body[..start]
    }

    /// Takes `use db;` and `SET timestamp=…;` lines off the front.
    #[inline]
    fn assignments<'a>(&mut self, mut body: &'a [u8], header: &mut Header) -> &'a [u8] {
        loop {
            let end = memchr::memchr(b'\n', body).unwrap_or(body.len());
            let line = body[..end].trim_ascii_end();
            let rest = &body[(end + 1).min(body.len())..];
            if line.len() < 10 && !line.starts_with(b"use ") {
                return body;
            }
            if line.starts_with(b"SET ") && line.ends_with(b";") && is_replay_set(line) && !rest.is_empty() {
                if let Some(at) = memmem::find(line, b"timestamp=") {
                    let seconds = number(&line[at + 10..]);
                    let micros = header.at.filter(|at| at.div_euclid(1_000_000).abs_diff(seconds as i64) < 1);
                    header.at = micros.or(i64::try_from(seconds).ok().and_then(|seconds| seconds.checked_mul(1_000_000)));
                }
            } else if line.starts_with(b"use ") && line.ends_with(b";") && !rest.trim_ascii().is_empty() {
                self.schema.clear();
                let name = line[4..line.len() - 1].trim_ascii();
                let name = name.strip_prefix(b"`").and_then(|name| name.strip_suffix(b"`")).unwrap_or(name);
                self.schema.extend_from_slice(name);
            } else {
                return body;
            }
            body = rest;
        }
    }
}

/// `SET` of what the server writes so that the statement can be replayed.
#[inline]
fn is_replay_set(line: &[u8]) -> bool {
    [&b"SET timestamp="[..], b"SET last_insert_id=", b"SET insert_id="].iter().any(|start| line.starts_with(start))
}

/// The statement of a body, without its `;`. Administrator commands stand in comments.
#[inline]
fn statement(body: &[u8]) -> &[u8] {
    let mut sql = body;
    while let [rest @ .., b'\n' | b'\r'] = sql {
        sql = rest;
    }
    let sql = sql.strip_suffix(b";").unwrap_or(sql);
    sql.strip_prefix(b"# ").filter(|command| command.starts_with(b"administrator command:")).unwrap_or(sql)
}

/// `8.0.39-0ubuntu` as `80039`; MariaDB's versions count as 8.0, whose syntax they are nearer to.
fn version_number(text: &str) -> Option<u32> {
    if text.contains("MariaDB") {
        return Some(80_000);
    }
    let mut parts = text.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse::<u32>().ok());
    let (major, minor, patch) = (parts.next()??, parts.next()??, parts.next()??);
    Some(major.min(99) * 10_000 + minor.min(99) * 100 + patch.min(99))
}
