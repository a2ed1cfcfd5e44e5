//! Statements counted by digest.

use super::series::Series;
use super::{Event, Sink, Summary};
use crate::ingest::digest::{Digester, Rules, fingerprint};
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

/// What is kept at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Classes; when there are more, those that took the least time are given up, and counted in [`Totals::given_up`].
    pub classes: usize,
    /// Bytes of a sample; a longer statement is kept as its beginning, which cannot be planned.
    pub sample: usize,
    /// Users, hosts and schemas of a class.
    pub names: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { classes: 100_000, sample: 32 * 1024, names: 20 }
    }
}

/// A statement of a class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Its text, or the beginning of it.
    pub sql: String,
    /// Only the beginning was kept.
    pub cut: bool,
    /// Its time in nanoseconds.
    pub time: u64,
    /// Its default schema; empty if unknown.
    pub schema: String,
    /// When, in microseconds since 1970 UTC.
    pub at: Option<i64>,
    /// It is a digest text, whose `?` stand for values that nobody knows.
    pub is_digest_text: bool,
}

/// Statements of one digest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Class {
    /// STATEMENT_DIGEST_TEXT; for an administrator command its text.
    pub digest_text: String,
    /// STATEMENT_DIGEST.
    pub digest: String,
    /// pt-query-digest's fingerprint, of the first statement.
    pub fingerprint: String,
    /// pt-query-digest's checksum.
    pub checksum: String,
    /// Executions.
    pub count: u64,
    /// Their times in nanoseconds; empty if the log does not tell them.
    pub time: Series,
    /// Time waited for locks: sum in nanoseconds.
    pub lock_time: u64,
    /// Rows sent: sum.
    pub rows_sent: u64,
    /// Rows examined: sum.
    pub rows_examined: u64,
    /// First and last seen, in microseconds since 1970 UTC.
    pub seen: Option<(i64, i64)>,
    /// Users, hosts and schemas with their executions; what passes the limit is counted under the empty name.
    pub users: Names,
    /// Hosts.
    pub hosts: Names,
    /// Schemas.
    pub schemas: Names,
    /// The slowest statement, or the first one.
    pub sample: Sample,
}

/// Names and how often each was seen, those seen first in front.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(Vec<(Box<str>, u64)>);

impl Names {
    #[inline]
    fn add(&mut self, name: &[u8], times: u64, limit: usize) {
        if name.is_empty() {
            return;
        }
        if let Some((_, seen)) = self.0.iter_mut().find(|(own, _)| own.as_bytes() == name) {
            *seen += times;
            return;
        }
        let text = String::from_utf8_lossy(&name[..name.len().min(256)]);
        let text = if self.0.len() < limit { text.as_ref() } else { "" };
        match self.0.iter_mut().find(|(own, _)| own.as_ref() == text) {
            Some((_, seen)) => *seen += times,
            None => self.0.push((Box::from(text), times)),
        }
    }

    fn merge(&mut self, other: &Names, limit: usize) {
        for (name, times) in &other.0 {
            self.add(name.as_bytes(), *times, limit);
        }
    }

    /// Names, the most frequent first; further ones count under the empty name.
    pub fn by_frequency(&self) -> Vec<(&str, u64)> {
        let mut names: Vec<(&str, u64)> = self.0.iter().map(|(name, times)| (name.as_ref(), *times)).collect();
        names.sort_by(|(a, seen_a), (b, seen_b)| seen_b.cmp(seen_a).then(a.cmp(b)));
        names
    }

    /// The most frequent name.
    pub fn main(&self) -> Option<&str> {
        self.by_frequency().into_iter().map(|(name, _)| name).find(|name| !name.is_empty())
    }
}

impl Class {
    #[inline]
    fn saw(&mut self, at: Option<i64>) {
        if let Some(at) = at {
            self.seen = Some(self.seen.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
        }
    }

    /// Adds the statements of another class.
    fn merge(&mut self, other: Class, limits: &Limits) {
        self.count += other.count;
        self.lock_time += other.lock_time;
        self.rows_sent += other.rows_sent;
        self.rows_examined += other.rows_examined;
        if other.time.max > self.time.max || self.sample.sql.is_empty() {
            self.sample = other.sample;
        }
        self.time.merge(&other.time);
        for at in other.seen.into_iter().flat_map(|(first, last)| [first, last]) {
            self.saw(Some(at));
        }
        self.users.merge(&other.users, limits.names);
        self.hosts.merge(&other.hosts, limits.names);
        self.schemas.merge(&other.schemas, limits.names);
    }

    /// Takes the statement as sample if it is the slowest so far.
    #[inline]
    fn offer(&mut self, event: &Event<'_>, limits: &Limits) {
        let time = event.time.unwrap_or(0);
        if self.count > 0 && time <= self.sample.time {
            return;
        }
        let cut = event.sql.len() > limits.sample;
        let sql = &event.sql[..event.sql.len().min(limits.sample)];
        // Statements of a class are much alike in length: the old text is written over.
        self.sample.sql.clear();
        match std::str::from_utf8(sql) {
            Ok(sql) => self.sample.sql.push_str(sql),
            Err(_) => self.sample.sql.push_str(&String::from_utf8_lossy(sql)),
        }
        self.sample.schema.clear();
        self.sample.schema.push_str(&String::from_utf8_lossy(event.schema));
        (self.sample.cut, self.sample.time, self.sample.at) = (cut, time, event.at);
    }
}

/// Sums over all classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Executions.
    pub count: u64,
    /// Executions whose time is known.
    pub timed: u64,
    /// Their time in nanoseconds.
    pub time: u64,
    /// Time waited for locks, in nanoseconds.
    pub lock_time: u64,
    /// Rows sent.
    pub rows_sent: u64,
    /// Rows examined.
    pub rows_examined: u64,
    /// First and last seen, in microseconds since 1970 UTC.
    pub seen: Option<(i64, i64)>,
    /// Classes that were given up because there were too many, and the executions in them.
    pub given_up: (u64, u64),
}

/// Counts statements by digest, in bounded memory.
#[derive(Debug, Default)]
pub struct Classes {
    digester: Digester,
    limits: Limits,
    index: HashMap<u128, u32, BuildHasherDefault<AsItIs>>,
    list: Vec<Class>,
    totals: Totals,
}

/// The keys are hashes already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u128(&mut self, key: u128) {
        self.0 = key as u64;
    }
}

/// Two hashes of 64 bits by multiplication and folding. The classes of one log are far too few for a chance collision.
#[inline]
fn hash(bytes: &[u8]) -> u128 {
    const A: u64 = 0x9e37_79b9_7f4a_7c15;
    const B: u64 = 0xd6e8_feb8_6659_fd93;
    const C: u64 = 0xa076_1d64_78bd_642f;
    #[inline]
    fn fold(a: u64, b: u64) -> u64 {
        let product = u128::from(a) * u128::from(b);
        product as u64 ^ (product >> 64) as u64
    }
    let (mut one, mut two) = (A ^ bytes.len() as u64, B);
    let mut chunks = bytes.chunks_exact(16);
    for chunk in chunks.by_ref() {
        let low = chunk.first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let high = chunk.last_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        one = fold(low ^ one, high ^ B);
        two = fold(low ^ C, high ^ two).rotate_left(23);
    }
    let mut rest = [0; 16];
    rest[..chunks.remainder().len()].copy_from_slice(chunks.remainder());
    let last = u128::from_le_bytes(rest);
    one = fold(last as u64 ^ one, (last >> 64) as u64 ^ B);
    two = fold(last as u64 ^ C, (last >> 64) as u64 ^ two);
    u128::from(fold(one ^ A, C)) | u128::from(fold(two ^ A, B)) << 64
}

impl Classes {
    /// Counts under these limits, with digests by these rules.
    pub fn new(limits: Limits, rules: Rules) -> Classes {
        Classes { digester: Digester::new(rules), limits, ..Classes::default() }
    }

    /// Sums over all classes.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// The classes, those that took most time first, then the most frequent.
    pub fn into_sorted(self) -> Vec<Class> {
        sorted(self.list)
    }

    /// The classes by pt-query-digest's checksum instead of MySQL's digest, in the order of [`Self::into_sorted`].
    pub fn into_sorted_by_checksum(self) -> Vec<Class> {
        let mut merged: BTreeMap<String, Class> = BTreeMap::new();
        for class in self.list {
            match merged.get_mut(&class.checksum) {
                Some(known) => known.merge(class, &self.limits),
                None => {
                    merged.insert(class.checksum.clone(), class);
                }
            }
        }
        sorted(merged.into_values().collect())
    }

    /// Place of the class of a statement in the list.
    #[inline]
    fn class_of(&mut self, sql: &[u8]) -> usize {
        let is_command = sql.starts_with(b"administrator command: ");
        let key = if is_command { hash(sql) } else { hash(self.digester.read(sql)) };
        if let Some(found) = self.index.get(&key) {
            return *found as usize;
        }
        if self.list.len() >= self.limits.classes {
            self.give_up_half();
        }
        self.add_class(sql, is_command);
        self.index.insert(key, (self.list.len() - 1) as u32);
        self.list.len() - 1
    }

    #[cold]
    fn add_class(&mut self, sql: &[u8], is_command: bool) {
        let text = String::from_utf8_lossy(&sql[..sql.len().min(self.limits.sample)]);
        let fingerprint = fingerprint::fingerprint(&text);
        let (digest_text, digest) =
            if is_command { (text.into_owned(), String::new()) } else { (self.digester.text(), self.digester.hash()) };
        let checksum = fingerprint::checksum(&fingerprint);
        self.list.push(Class { digest_text, digest, fingerprint, checksum, ..Class::default() });
    }

    /// Gives up the half of the classes that took the least time.
    #[cold]
    fn give_up_half(&mut self) {
        let mut order: Vec<usize> = (0..self.list.len()).collect();
        order.sort_by_key(|at| (std::cmp::Reverse(self.list[*at].time.sum), std::cmp::Reverse(self.list[*at].count), *at));
        let mut keep = vec![false; self.list.len()];
        for at in &order[..self.limits.classes / 2] {
            keep[*at] = true;
        }
        let mut moved = vec![None; self.list.len()];
        let mut list = Vec::with_capacity(self.list.len());
        for (at, class) in std::mem::take(&mut self.list).into_iter().enumerate() {
            if keep[at] {
                moved[at] = Some(list.len() as u32);
                list.push(class);
            } else {
                self.totals.given_up.0 += 1;
                self.totals.given_up.1 += class.count;
            }
        }
        self.list = list;
        self.index.retain(|_, at| match moved[*at as usize] {
            Some(place) => {
                *at = place;
                true
            }
            None => false,
        });
    }

    fn count(&mut self, count: u64, lock_time: u64, [sent, examined]: [u64; 2]) {
        self.totals.count += count;
        self.totals.lock_time += lock_time;
        self.totals.rows_sent += sent;
        self.totals.rows_examined += examined;
    }

    #[inline]
    fn saw(&mut self, at: Option<i64>) {
        if let Some(at) = at {
            self.totals.seen = Some(self.totals.seen.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
        }
    }
}

fn sorted(mut list: Vec<Class>) -> Vec<Class> {
    list.sort_by(|a, b| {
        b.time
            .sum
            .cmp(&a.time.sum)
            .then(b.count.cmp(&a.count))
            .then_with(|| a.digest_text.cmp(&b.digest_text))
            .then_with(|| a.digest.cmp(&b.digest))
    });
    list
}

impl Sink for Classes {
    fn event(&mut self, event: &Event<'_>) {
        let times = event.weight;
        self.count(times, event.lock_time * times, [event.rows_sent * times, event.rows_examined * times]);
        self.saw(event.at);
        if let Some(time) = event.time {
            self.totals.timed += times;
            self.totals.time += time * times;
        }
        let at = self.class_of(event.sql);
        let limits = self.limits;
        let class = &mut self.list[at];
        class.offer(event, &limits);
        class.count += times;
        if let Some(time) = event.time {
            class.time.add(time, times);
        }
        class.lock_time += event.lock_time * times;
        class.rows_sent += event.rows_sent * times;
        class.rows_examined += event.rows_examined * times;
        class.saw(event.at);
        class.users.add(event.user, times, limits.names);
        class.hosts.add(event.host, times, limits.names);
        class.schemas.add(event.schema, times, limits.names);
    }

    fn summary(&mut self, summary: &Summary) {
        self.count(summary.count, summary.lock_time, [summary.rows_sent, summary.rows_examined]);
        self.totals.timed += summary.count;
        self.totals.time += summary.times[0];
        for at in summary.seen {
            self.saw(at);
        }
        let at = self.class_of(summary.text.as_bytes());
        let limits = self.limits;
        let class = &mut self.list[at];
        if !summary.digest.is_empty() {
            class.digest.clone_from(&summary.digest);
        }
        let slower = summary.times[2] > class.time.max || class.count == 0;
        if slower && (summary.sample.is_some() || class.sample.sql.is_empty() || class.sample.is_digest_text) {
            let sql = summary.sample.as_ref().unwrap_or(&summary.text);
            class.sample = Sample {
                sql: sql[..sql.floor_char_boundary(limits.sample)].to_owned(),
                cut: sql.len() > limits.sample || sql.ends_with("..."),
                time: summary.times[2],
                schema: summary.schema.clone(),
                at: summary.seen[1],
                is_digest_text: summary.sample.is_none(),
            };
        }
        class.count += summary.count;
        class.time.add_summary(summary.count, summary.times, summary.time_95);
        class.lock_time += summary.lock_time;
        class.rows_sent += summary.rows_sent;
        class.rows_examined += summary.rows_examined;
        for at in summary.seen {
            class.saw(at);
        }
        class.schemas.add(summary.schema.as_bytes(), summary.count, limits.names);
    }

    fn server_version(&mut self, version: u32) {
        let rules = &mut self.digester.rules;
        *rules = Rules {
            ansi_quotes: rules.ansi_quotes,
            no_backslash_escapes: rules.no_backslash_escapes,
            ..Rules::of_version(version)
        };
    }
}
