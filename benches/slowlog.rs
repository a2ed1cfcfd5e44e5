//! How fast a slow log is digested, and the generator of the log.
//!
//! ```text
//! cargo bench --bench slowlog                                digests 256 MB from memory
//! cargo bench --bench slowlog -- --write FILE [MEGABYTES]    writes a log (1000 MB), to be digested by other programs too
//! cargo bench --bench slowlog -- --read FILE                 digests a log from a file
//! ```

use myexplain::ingest::digest::Rules;
use myexplain::ingest::slowlog::{Classes, Limits, read};
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Instant;

/// Statements of different digest (and of different pt-query-digest fingerprint).
const CLASSES: u64 = 10_000;

/// xorshift64*: the same log on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

/// A name made of letters only: pt-query-digest takes digits in names for numbers.
fn name(number: u64) -> String {
    const SYLLABLES: [&str; 10] = ["ka", "lo", "mi", "nu", "re", "so", "ta", "vu", "wy", "zo"];
    let digit = |place: u32| SYLLABLES[(number / 10_u64.pow(place) % 10) as usize];
    format!("{}{}{}", digit(2), digit(1), digit(0))
}

/// Statement of a class, with literals of its own.
fn statement(class: u64, random: &mut Random, sql: &mut String) {
    let (shape, table, column) = (class % 10, name(class / 10 % 50), name(class / 500));
    let id = random.below(10_000_000);
    // Writing to a String cannot fail.
    let _ = match shape {
        0 => write!(sql, "SELECT id, {column}, created_at FROM {table} WHERE id = {id}"),
        1 => write!(
            sql,
            "SELECT * FROM {table} WHERE {column} = 'value {id}' AND status IN ('open', 'paid', 'sent') ORDER BY created_at DESC LIMIT 20"
        ),
        2 => write!(sql, "UPDATE {table} SET {column} = {column} + 1, updated_at = '2024-01-02 03:04:05' WHERE id = {id}"),
        3 => write!(
            sql,
            "SELECT t.id, t.{column}, c.name\n  FROM {table} t\n  JOIN customers c ON c.id = t.customer_id\n  LEFT JOIN addresses a ON a.customer_id = c.id AND a.kind = 'billing'\n WHERE t.{column} BETWEEN {id} AND {}\n   AND c.country = 'DE'\n ORDER BY t.id",
            id + 100
        ),
        4 => {
            let _ = write!(sql, "INSERT INTO {table} (id, {column}, note) VALUES ");
            for row in 0..=random.below(8) {
                let comma = if row > 0 { ", " } else { "" };
                let _ = write!(sql, "{comma}({}, {}, 'it\\'s row {row} of many')", id + row, random.below(1000));
            }
            Ok(())
        }
        5 => {
            let _ = write!(sql, "SELECT /* batch {id} */ {column} FROM {table} WHERE id IN (");
            for item in 0..=random.below(30) {
                let comma = if item > 0 { "," } else { "" };
                let _ = write!(sql, "{comma}{}", id + item * 7);
            }
            sql.write_str(")")
        }
        6 => write!(
            sql,
            "SELECT COUNT(*), SUM(amount) FROM `{table}` WHERE `{column}` > {id}.{} GROUP BY customer_id HAVING COUNT(*) > 3",
            id % 100
        ),
        7 => write!(sql, "DELETE FROM {table} WHERE {column} < '{}-01-01' LIMIT 1000", 2000 + id % 24),
        8 => write!(
            sql,
            "SELECT o.id FROM {table} o WHERE EXISTS (SELECT 1 FROM items i WHERE i.order_id = o.id AND i.{column} = {id}) AND o.total >= {} AND o.note LIKE '%{}%'",
            id % 1000,
            id % 77
        ),
        _ => write!(
            sql,
            "SELECT {column}, CASE WHEN total > {id} THEN 'big' ELSE 'small' END AS size FROM {table} WHERE deleted_at IS NULL AND region = {} LIMIT {}, 50",
            id % 9,
            id % 500
        ),
    };
}

/// Appends one entry of a slow log, as MySQL 8.0 writes it.
fn entry(number: u64, random: &mut Random, log: &mut String, sql: &mut String) {
    // Some classes are seen often, all of them sometimes.
    let class = if random.below(4) > 0 { random.below(200) * 50 % CLASSES } else { random.below(CLASSES) };
    let seconds = 1_704_164_645 + number / 200;
    let of_day = seconds % 86_400;
    let micros = random.below(1_000_000);
    let time = (class % 97 + 1) * 100 + random.below(20_000);
    sql.clear();
    statement(class, random, sql);
    let user = ["app", "web", "report", "batch"][(class % 4) as usize];
    let _ = write!(
        log,
        "# Time: 2024-01-{:02}T{:02}:{:02}:{:02}.{micros:06}Z\n# User@Host: {user}[{user}] @  [10.0.{}.{}]  Id: {:5}\n\
         # Query_time: {}.{:06}  Lock_time: 0.{:06} Rows_sent: {}  Rows_examined: {}\nSET timestamp={seconds};\n{sql};\n",
        2 + (seconds - 1_704_164_645) / 86_400 % 28,
        of_day / 3600,
        of_day / 60 % 60,
        of_day % 60,
        class % 4,
        class % 200,
        random.below(90_000),
        time / 1_000_000,
        time % 1_000_000,
        random.below(50),
        random.below(100),
        random.below(100_000),
    );
}

/// Entries of about so many bytes, in pieces.
fn generate(bytes: u64, mut write: impl FnMut(&str)) {
    let mut random = Random(0x5eed_1e55);
    let (mut log, mut sql) = (String::new(), String::new());
    log.push_str("/usr/sbin/mysqld, Version: 8.0.39 (MySQL Community Server - GPL). started with:\n");
    log.push_str("Tcp port: 3306  Unix socket: /var/run/mysqld/mysqld.sock\nTime                 Id Command    Argument\n");
    let (mut written, mut number) = (0, 0);
    // Every class once, so that any log holds all of them, if it is long enough.
    let mut first = Random(7);
    for class in 0..CLASSES {
        sql.clear();
        statement(class, &mut first, &mut sql);
        let _ = write!(
            log,
            "# Time: 2024-01-02T03:04:05.000000Z\n# User@Host: app[app] @ localhost []  Id: {:5}\n# Query_time: 0.000100  Lock_time: 0.000001 Rows_sent: 1  Rows_examined: 1\nSET timestamp=1704164645;\n{sql};\n",
            1
        );
    }
    while written + (log.len() as u64) < bytes {
        entry(number, &mut random, &mut log, &mut sql);
        number += 1;
        if log.len() > 1 << 20 {
            written += log.len() as u64;
            write(&log);
            log.clear();
        }
    }
    write(&log);
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [flag, file, rest @ ..] = arguments.as_slice()
        && flag == "--write"
    {
        let megabytes: u64 = rest.first().map_or(1000, |text| text.parse().expect("a number of megabytes"));
        let mut out = std::io::BufWriter::new(std::fs::File::create(file).expect("a file that can be written"));
        generate(megabytes * 1_000_000, |text| out.write_all(text.as_bytes()).expect("room for the log"));
        return;
    }
    if let [flag, file] = arguments.as_slice()
        && flag == "--read"
    {
        return digest(&mut std::fs::File::open(file).expect("a log"));
    }
    let mut log = Vec::new();
    generate(256_000_000, |text| log.extend_from_slice(text.as_bytes()));
    for _ in 0..3 {
        digest(&mut log.as_slice());
    }
}

fn digest(log: &mut dyn std::io::Read) {
    let mut classes = Classes::new(Limits::default(), Rules::default());
    let start = Instant::now();
    let reading = read(log, &mut classes, &mut |_| ()).expect("a log");
    let seconds = start.elapsed().as_secs_f64();
    let totals = *classes.totals();
    let digests = classes.into_sorted_by_checksum();
    println!(
        "{:.0} MB/s: {} MB, {} statements, {} fingerprints, {} unknown lines",
        reading.bytes as f64 / 1e6 / seconds,
        reading.bytes / 1_000_000,
        totals.count,
        digests.len(),
        reading.unknown_lines
    );
}
