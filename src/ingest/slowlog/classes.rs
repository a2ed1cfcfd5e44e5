//! Statements counted by digest.

use super::names::{AsItIs, NameTable, Names, hash};
use super::series::Series;
use super::{Event, Sink, Summary};
use crate::ingest::digest::{Digester, Rules, beginning, fingerprint};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;

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
    /// Users with their executions, the most frequent first; those beyond the limit count under the empty name.
    pub users: Vec<(String, u64)>,
    /// Hosts likewise.
    pub hosts: Vec<(String, u64)>,
    /// Schemas likewise.
    pub schemas: Vec<(String, u64)>,
    /// The slowest statement, or the first one.
    pub sample: Sample,
}

/// What changes with every statement of a class.
#[derive(Debug, Default)]
struct Tally {
    count: u64,
    time: Series,
    lock_time: u64,
    rows_sent: u64,
    rows_examined: u64,
    seen: Option<(i64, i64)>,
    users: Names,
    hosts: Names,
    schemas: Names,
    sample: Sample,
}

/// What a class is called.
#[derive(Debug, Default)]
struct Texts {
    digest_text: String,
    digest: String,
    fingerprint: String,
    checksum: String,
}

/// The earliest and the latest of times.
#[inline]
fn extend(seen: &mut Option<(i64, i64)>, at: Option<i64>) {
    if let Some(at) = at {
        *seen = Some(seen.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
    }
}

impl Tally {
    /// Adds the statements of another class.
    fn merge(&mut self, other: Tally, limits: &Limits) {
        self.count += other.count;
        self.lock_time += other.lock_time;
        self.rows_sent += other.rows_sent;
        self.rows_examined += other.rows_examined;
        if other.time.max > self.time.max || self.sample.sql.is_empty() {
            self.sample = other.sample;
        }
        self.time.merge(&other.time);
        for at in other.seen.into_iter().flat_map(|(first, last)| [first, last]) {
            extend(&mut self.seen, Some(at));
        }
        let pairs = [(&mut self.users, other.users), (&mut self.hosts, other.hosts), (&mut self.schemas, other.schemas)];
        for (own, other) in pairs {
            for (name, times) in other.0 {
                own.add(name, times, limits.names);
            }
        }
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
    tallies: Vec<Tally>,
    /// By the places of `tallies`.
    texts: Vec<Texts>,
    names: NameTable,
    totals: Totals,
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
        let pairs = self.texts.into_iter().zip(self.tallies);
        sorted(pairs.map(|(texts, tally)| class(texts, tally, &self.names)).collect())
    }

    /// The classes by pt-query-digest's checksum instead of MySQL's digest, in the order of [`Self::into_sorted`].
    pub fn into_sorted_by_checksum(self) -> Vec<Class> {
        let mut merged: BTreeMap<String, (Texts, Tally)> = BTreeMap::new();
        for (texts, tally) in self.texts.into_iter().zip(self.tallies) {
            match merged.get_mut(&texts.checksum) {
                Some((_, known)) => known.merge(tally, &self.limits),
                None => {
                    merged.insert(texts.checksum.clone(), (texts, tally));
                }
            }
        }
        sorted(merged.into_values().map(|(texts, tally)| class(texts, tally, &self.names)).collect())
    }

    /// Place of the class of a statement in the list.
    #[inline]
    fn class_of(&mut self, sql: &[u8], is_digest_text: bool) -> usize {
        let is_command = sql.starts_with(b"administrator command: ");
        let key = if is_command {
            hash(sql)
        } else if is_digest_text {
            hash(self.digester.read_digest_text(sql))
        } else {
            hash(self.digester.read(sql))
        };
        if let Some(found) = self.index.get(&key) {
            return *found as usize;
        }
        if self.tallies.len() >= self.limits.classes {
            self.give_up_half();
        }
        self.add_class(sql, is_command);
        self.index.insert(key, (self.tallies.len() - 1) as u32);
        self.tallies.len() - 1
    }

    #[cold]
    fn add_class(&mut self, sql: &[u8], is_command: bool) {
        let text = String::from_utf8_lossy(&sql[..sql.len().min(self.limits.sample)]);
        let fingerprint = fingerprint::fingerprint(&text);
        let (digest_text, digest) =
            if is_command { (text.into_owned(), String::new()) } else { (self.digester.text(), self.digester.hash()) };
        let checksum = fingerprint::checksum(&fingerprint);
        self.texts.push(Texts { digest_text, digest, fingerprint, checksum });
        self.tallies.push(Tally::default());
    }

    /// Gives up the half of the classes that took the least time.
    #[cold]
    fn give_up_half(&mut self) {
        let mut order: Vec<usize> = (0..self.tallies.len()).collect();
        order.sort_by_key(|at| (Reverse(self.tallies[*at].time.sum), Reverse(self.tallies[*at].count), *at));
        let mut moved = vec![None; self.tallies.len()];
        for at in &order[..self.limits.classes / 2] {
            moved[*at] = Some(0);
        }
        let (mut texts, mut tallies) = (Vec::new(), Vec::new());
        let pairs = std::mem::take(&mut self.texts).into_iter().zip(std::mem::take(&mut self.tallies));
        for (place, (text, tally)) in moved.iter_mut().zip(pairs) {
            if place.is_some() {
                *place = Some(tallies.len() as u32);
                texts.push(text);
                tallies.push(tally);
            } else {
                self.totals.given_up.0 += 1;
                self.totals.given_up.1 += tally.count;
            }
        }
        (self.texts, self.tallies) = (texts, tallies);
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
}

fn class(texts: Texts, tally: Tally, names: &NameTable) -> Class {
    Class {
        digest_text: texts.digest_text,
        digest: texts.digest,
        fingerprint: texts.fingerprint,
        checksum: texts.checksum,
        count: tally.count,
        time: tally.time,
        lock_time: tally.lock_time,
        rows_sent: tally.rows_sent,
        rows_examined: tally.rows_examined,
        seen: tally.seen,
        users: names.by_frequency(&tally.users),
        hosts: names.by_frequency(&tally.hosts),
        schemas: names.by_frequency(&tally.schemas),
        sample: tally.sample,
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
        extend(&mut self.totals.seen, event.at);
        if let Some(time) = event.time {
            self.totals.timed += times;
            self.totals.time += time * times;
        }
        let at = self.class_of(event.sql, false);
        let limits = self.limits;
        let class = &mut self.tallies[at];
        class.offer(event, &limits);
        class.count += times;
        if let Some(time) = event.time {
            class.time.add(time, times);
        }
        class.lock_time += event.lock_time * times;
        class.rows_sent += event.rows_sent * times;
        class.rows_examined += event.rows_examined * times;
        extend(&mut class.seen, event.at);
        if !event.user.is_empty() {
            class.users.add(self.names.id(event.user), times, limits.names);
        }
        if !event.host.is_empty() {
            class.hosts.add(self.names.id(event.host), times, limits.names);
        }
        if !event.schema.is_empty() {
            class.schemas.add(self.names.id(event.schema), times, limits.names);
        }
    }

    fn summary(&mut self, summary: &Summary) {
        self.count(summary.count, summary.lock_time, [summary.rows_sent, summary.rows_examined]);
        self.totals.timed += summary.count;
        self.totals.time += summary.times[0];
        for at in summary.seen {
            extend(&mut self.totals.seen, at);
        }
        let at = self.class_of(summary.text.as_bytes(), !summary.digest.is_empty());
        let limits = self.limits;
        let class = &mut self.tallies[at];
        if !summary.digest.is_empty() {
            self.texts[at].digest.clone_from(&summary.digest);
        }
        let slower = summary.times[2] > class.time.max || class.count == 0;
        if slower && (summary.sample.is_some() || class.sample.sql.is_empty() || class.sample.is_digest_text) {
            let sql = summary.sample.as_ref().unwrap_or(&summary.text);
            class.sample = Sample {
                sql: beginning(sql, limits.sample).to_owned(),
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
            extend(&mut class.seen, at);
        }
        if !summary.schema.is_empty() {
            class.schemas.add(self.names.id(summary.schema.as_bytes()), summary.count, limits.names);
        }
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
