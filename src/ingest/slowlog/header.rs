//! The `# …` lines before a statement of a slow log.

use super::Event;
use super::time::parse_utc;

/// What the lines before one statement say. Texts are ranges of the entry.
#[derive(Clone, Debug, Default)]
pub(super) struct Header {
    pub(super) user: (usize, usize),
    pub(super) host: (usize, usize),
    pub(super) schema: (usize, usize),
    pub(super) time: Option<u64>,
    pub(super) lock_time: u64,
    pub(super) rows_sent: u64,
    pub(super) rows_examined: u64,
    pub(super) at: Option<i64>,
    /// Of so many statements one was logged.
    pub(super) rate: u64,
}

/// Lines that say nothing which is counted here, by their beginnings.
const SILENT: &[&[u8]] = &[
    b"# Thread_id:",
    b"# Bytes_sent:",
    b"# Stored routine:",
    b"# Stored_routine:",
    b"# QC_Hit:",
    b"# QC_hit:",
    b"# Full_scan:",
    b"# Filesort:",
    b"# Tmp_table",
    b"# InnoDB_trx_id:",
    b"#   InnoDB_",
    b"# No InnoDB statistics",
    b"# Log_slow_rate",
    b"# Rows_affected:",
    b"# Pages_",
    b"# Priority_queue:",
    b"# explain:",
    b"# Start:",
    b"# Query_digest",
    b"# Ssl_",
    b"#",
];

impl Header {
    /// Reads one line, which begins at `base` of the entry; false if it is of no known form.
    #[inline]
    pub(super) fn line(&mut self, line: &[u8], base: usize) -> bool {
        match line.get(2) {
            Some(b'Q') if line.starts_with(b"# Query_time:") => self.pairs(line, base),
            Some(b'U') if line.starts_with(b"# User@Host:") => self.user_and_host(line, base),
            Some(b'T') if line.starts_with(b"# Time:") => self.at = parse_utc(&line[7..]),
            Some(b'T') if line.starts_with(b"# Thread_id:") => self.pairs(line, base),
            Some(b'S') if line.starts_with(b"# Schema:") => self.pairs(line, base),
            Some(b'L') if line.starts_with(b"# Log_slow_rate") => self.pairs(line, base),
            _ => {
                return SILENT
                    .iter()
                    .any(|known| if known.len() == 1 { line.trim_ascii_end() == *known } else { line.starts_with(known) });
            }
        }
        true
    }

    /// `root[root] @ localhost [127.0.0.1]  Id:  8`.
    fn user_and_host(&mut self, line: &[u8], base: usize) {
        let mut at = 12;
        at += blanks(&line[at..]);
        let until = |from: usize, stops: &[u8]| {
            line[from..].iter().position(|byte| stops.contains(byte)).map_or(line.len(), |n| from + n)
        };
        let open = until(at, b"[");
        let close = until(open, b"]");
        self.user = if open > at { (base + at, base + open) } else { (base + (open + 1).min(close), base + close) };
        let sign = until(close, b"@");
        at = (sign + 1).min(line.len());
        at += blanks(&line[at..]);
        let end = until(at, b" [\r\n");
        if end > at {
            self.host = (base + at, base + end);
            return;
        }
        let open = until(at, b"[");
        let close = until(open, b"]");
        self.host = (base + (open + 1).min(close), base + close);
    }

    /// `Name: value  Name: value`.
    #[inline]
    fn pairs(&mut self, line: &[u8], base: usize) {
        let mut at = 2;
        while at < line.len() {
            let Some(colon) = line[at..].iter().position(|byte| *byte == b':').map(|n| at + n) else { return };
            let name = &line[at..colon];
            let mut value = colon + 1;
            value += blanks(&line[value..]);
            let end = line[value..].iter().position(|byte| *byte <= b' ').map_or(line.len(), |n| value + n);
            // An empty value: what looks like one is the next name.
            if end > value && line[end - 1] == b':' && line[value].is_ascii_alphabetic() {
                at = value;
                continue;
            }
            self.pair(name, &line[value..end], base + value);
            at = end + blanks(&line[end..]);
            // The rest of log_slow_extra is not counted.
            if name == b"Errno" {
                return;
            }
        }
    }

    #[inline]
    fn pair(&mut self, name: &[u8], value: &[u8], at: usize) {
        match name {
            b"Query_time" => self.time = nanos(value),
            b"Lock_time" => self.lock_time = nanos(value).unwrap_or(0),
            b"Rows_sent" => self.rows_sent = number(value),
            b"Rows_examined" => self.rows_examined = number(value),
            b"Schema" => self.schema = (at, at + value.len()),
            b"Log_slow_rate_limit" => self.rate = number(value),
            _ => {}
        }
    }

    /// The event that these lines belong to.
    #[inline]
    pub(super) fn event<'a>(&self, entry: &'a [u8], sql: &'a [u8], schema: &'a [u8]) -> Event<'a> {
        let text = |(from, to): (usize, usize)| entry.get(from..to).unwrap_or_default();
        Event {
            sql,
            time: self.time,
            lock_time: self.lock_time,
            rows_sent: self.rows_sent,
            rows_examined: self.rows_examined,
            user: text(self.user),
            host: text(self.host),
            schema,
            at: self.at,
            weight: self.rate.max(1),
        }
    }
}

#[inline]
fn blanks(text: &[u8]) -> usize {
    text.iter().take_while(|byte| **byte == b' ' || **byte == b'\t').count()
}

#[inline]
pub(super) fn number(digits: &[u8]) -> u64 {
    digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0, |n, byte| n.wrapping_mul(10).wrapping_add(u64::from(byte - b'0')))
}

/// Seconds with decimals as nanoseconds.
#[inline]
pub(super) fn nanos(seconds: &[u8]) -> Option<u64> {
    let whole = seconds.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if whole == 0 || whole > 9 {
        return None;
    }
    let mut nanos = number(&seconds[..whole]);
    let decimals = seconds.get(whole).filter(|byte| **byte == b'.').map_or(&[][..], |_| &seconds[whole + 1..]);
    let mut ended = false;
    for place in 0..9 {
        let digit = decimals.get(place).filter(|byte| byte.is_ascii_digit() && !ended);
        ended |= digit.is_none();
        nanos = nanos * 10 + digit.map_or(0, |byte| u64::from(byte - b'0'));
    }
    Some(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &str, range: (usize, usize)) -> String {
        String::from_utf8_lossy(&line.as_bytes()[range.0..range.1]).into_owned()
    }

    #[test]
    fn users_and_hosts() {
        for (line, user, host) in [
            ("# User@Host: root[root] @ localhost []  Id:     8", "root", "localhost"),
            ("# User@Host: app[app] @  [10.0.0.7]  Id: 12", "app", "10.0.0.7"),
            ("# User@Host: [repl] @ db-2 [10.0.0.8]", "repl", "db-2"),
        ] {
            let mut header = Header::default();
            assert!(header.line(line.as_bytes(), 0));
            assert_eq!((text(line, header.user).as_str(), text(line, header.host).as_str()), (user, host));
        }
    }

    #[test]
    fn values_of_all_servers() {
        let mut header = Header::default();
        let extra = "# Query_time: 1.000213  Lock_time: 0.000003 Rows_sent: 1  Rows_examined: 7 Thread_id: 8 Errno: 0 Killed: 0";
        assert!(header.line(extra.as_bytes(), 0));
        assert_eq!((header.time, header.lock_time), (Some(1_000_213_000), 3000));
        assert_eq!((header.rows_sent, header.rows_examined), (1, 7));
        let mariadb = "# Thread_id: 11  Schema: shop  QC_hit: No";
        assert!(header.line(mariadb.as_bytes(), 0));
        assert_eq!(text(mariadb, header.schema), "shop");
        let none = "# Schema:   Last_errno: 0  Killed: 0";
        let mut header = Header::default();
        assert!(header.line(none.as_bytes(), 0));
        assert_eq!(header.schema, (0, 0));
        assert!(!header.line(b"# Nonsense here", 0));
        assert_eq!(nanos(b"123.5"), Some(123_500_000_000));
        assert_eq!(nanos(b"x"), None);
    }
}
