use super::*;
use crate::ingest::digest::Rules;

fn main_name(names: &[(String, u64)]) -> Option<&str> {
    names.first().map(|(name, _)| name.as_str())
}

fn read_all(log: &[u8]) -> (Vec<Class>, Totals, Reading) {
    let mut classes = Classes::new(Limits::default(), Rules::default());
    let reading = read(&mut &log[..], &mut classes, &mut |_| ()).expect("reads");
    let totals = *classes.totals();
    (classes.into_sorted(), totals, reading)
}

#[test]
fn a_log_of_mysql_8_with_two_servers_and_a_flush() {
    let log = include_bytes!("fixtures/mysql80.log");
    let (classes, totals, reading) = read_all(log);
    assert_eq!(reading.form, Some(Form::SlowLog));
    assert_eq!((reading.unknown_lines, reading.servers), (0, vec!["8.0.39".to_owned(), "8.4.3".to_owned()]));
    assert_eq!(totals.count, 7);
    assert_eq!(classes[0].digest_text, "SELECT * FROM `salaries` WHERE `salary` > ? ORDER BY `from_date` DESC LIMIT ?");
    assert_eq!((classes[0].count, classes[0].time.sum), (2, 3_600_000_000));
    assert_eq!(classes[0].sample.sql, "SELECT *\n  FROM salaries\n WHERE salary > 60000\n ORDER BY from_date DESC LIMIT 10");
    assert_eq!(classes[0].sample.schema, "employees");
    assert_eq!(classes[0].seen.map(|(first, _)| format_utc(first)), Some("2024-01-02T03:04:05Z".to_owned()));
    let ping = classes.iter().find(|class| class.digest_text.starts_with("administrator")).expect("a command");
    assert_eq!((ping.digest_text.as_str(), ping.count), ("administrator command: Ping", 1));
    let hash = classes.iter().find(|class| class.sample.sql.contains("# not")).expect("a statement with a comment");
    assert_eq!(hash.digest_text, "SELECT `emp_no` FROM `employees` WHERE `last_name` = ?");
    assert_eq!(main_name(&hash.users), Some("app"));
    assert_eq!(main_name(&hash.hosts), Some("10.0.0.7"));
}

#[test]
fn logs_of_other_servers() {
    for (log, text, examined, schema) in [
        (&include_bytes!("fixtures/mysql56.log")[..], "SELECT `sleep` (?)", 0, "shop"),
        (&include_bytes!("fixtures/percona.log")[..], "SELECT COUNT ( * ) FROM `orders` WHERE `total` > ?", 1_200_000, "shop"),
        (&include_bytes!("fixtures/mariadb.log")[..], "UPDATE `orders` SET `state` = ? WHERE `id` = ?", 12, "shop"),
        (&include_bytes!("fixtures/extra.log")[..], "SELECT * FROM `t` WHERE `a` IN (...)", 9, "shop"),
    ] {
        let (classes, _, reading) = read_all(log);
        assert_eq!(reading.unknown_lines, 0, "{:?}", reading.unknown);
        let class = classes.iter().find(|class| class.digest_text.eq_ignore_ascii_case(text));
        let class = class.unwrap_or_else(|| panic!("{text}: {:?}", classes.iter().map(|c| &c.digest_text).collect::<Vec<_>>()));
        assert_eq!((class.rows_examined, main_name(&class.schemas)), (examined, Some(schema)), "{text}");
        assert!(class.time.sum > 0 && class.seen.is_some());
    }
}

#[test]
fn a_rate_limit_counts_what_was_not_logged() {
    let (classes, totals, _) = read_all(include_bytes!("fixtures/percona.log"));
    assert_eq!(totals.count, 101, "{classes:?}");
}

#[test]
fn a_general_log() {
    let (classes, _, reading) = read_all(include_bytes!("fixtures/general.log"));
    assert_eq!((reading.form, reading.unknown_lines), (Some(Form::GeneralLog), 0));
    let texts: Vec<(&str, u64)> = classes.iter().map(|class| (class.digest_text.as_str(), class.count)).collect();
    assert_eq!(texts[0], ("SELECT * FROM `orders` WHERE `id` = ?", 2));
    let insert = classes.iter().find(|class| class.digest_text.starts_with("INSERT")).expect("an insert");
    assert_eq!(insert.sample.sql, "INSERT INTO orders\n  VALUES (1, 'a\tb')");
    assert_eq!((main_name(&insert.users), main_name(&insert.schemas)), (Some("app"), Some("shop")));
    assert_eq!(insert.time.count, 0);
}

#[test]
fn tables_as_csv_and_tsv() {
    let (classes, _, reading) = read_all(include_bytes!("fixtures/slow_log.csv"));
    assert_eq!((reading.form, reading.unknown_lines), (Some(Form::LogTable), 0));
    assert_eq!(classes[0].digest_text, "SELECT * FROM `orders` WHERE `note` = ?");
    assert_eq!(
        (classes[0].time.sum, classes[0].rows_examined, main_name(&classes[0].schemas)),
        (2_500_100_000, 1000, Some("shop"))
    );
    assert_eq!((main_name(&classes[0].users), main_name(&classes[0].hosts)), (Some("app"), Some("localhost")));

    let (classes, totals, reading) = read_all(include_bytes!("fixtures/digests.tsv"));
    assert_eq!(reading.form, Some(Form::DigestSummary));
    assert_eq!((totals.count, totals.time), (1100, 60_000_000_000));
    assert_eq!(classes[0].digest, "3bb95eeade896657c4526e74ff2a2862039d0a0fe8a9e7155b5fe492cbd78387");
    assert!(classes[0].sample.is_digest_text);
    assert_eq!(classes[0].time.max, 900_000_000);
    assert!(!classes[1].sample.is_digest_text);
}

#[test]
fn plain_sql() {
    let sql = b"-- a file\nUSE shop;\nSELECT ';' FROM a; select \"x\\\"\" from a /* ; */;\nSELECT `;` FROM b # ;\n;SELECT 1";
    let (classes, totals, reading) = read_all(sql);
    assert_eq!((reading.form, totals.count), (Some(Form::Sql), 4));
    assert_eq!((classes[0].digest_text.as_str(), classes[0].count), ("SELECT ? FROM `a`", 2));
    assert_eq!(main_name(&classes[0].schemas), Some("shop"));
}

#[test]
fn lines_that_nobody_knows_are_counted_and_kept() {
    let log = b"# Time: 2024-01-02T03:04:05Z\n# User@Host: a[a] @ b []  Id: 1\n# Surprise: yes\n# Query_time: 1.0  Lock_time: 0 Rows_sent: 1  Rows_examined: 1\nSET timestamp=1;\nSELECT 1;\n# Time: 2024-01-02T03:04:06Z\ngarbage\n";
    let (classes, _, reading) = read_all(log);
    assert_eq!(classes.len(), 1);
    assert_eq!(reading.unknown_lines, 2);
    assert_eq!(reading.unknown[0], UnknownLine { number: 3, text: "# Surprise: yes".to_owned() });
    assert_eq!(reading.unknown[1], UnknownLine { number: 8, text: "garbage".to_owned() });
    assert!(read(&mut &b"\x7fELF what is this"[..], &mut Classes::default(), &mut |_| ()).is_err());
    assert_eq!(read_all(b"").2.form, None);
}

/// Gives a log in pieces of a few bytes, so that every line is cut somewhere.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.0.len().min(self.1).min(buffer.len());
        buffer[..length].copy_from_slice(&self.0[..length]);
        self.0 = &self.0[length..];
        Ok(length)
    }
}

#[test]
fn where_a_read_ends_does_not_matter() {
    for log in [
        &include_bytes!("fixtures/mysql80.log")[..],
        include_bytes!("fixtures/general.log"),
        include_bytes!("fixtures/slow_log.csv"),
        include_bytes!("fixtures/percona.log"),
    ] {
        let (whole, ..) = read_all(log);
        for length in [1, 3, 17, 100] {
            let mut classes = Classes::new(Limits::default(), Rules::default());
            read(&mut Pieces(log, length), &mut classes, &mut |_| ()).expect("reads");
            assert_eq!(classes.into_sorted(), whole, "pieces of {length}");
        }
    }
}

#[test]
fn too_many_classes_give_up_the_cheapest() {
    let mut classes = Classes::new(Limits { classes: 10, ..Limits::default() }, Rules::default());
    for number in 0..100_u64 {
        let sql = format!("SELECT c{number} FROM t");
        classes.event(&Event { sql: sql.as_bytes(), time: Some(1_000_000 * (100 - number)), weight: 1, ..Event::default() });
    }
    let totals = *classes.totals();
    let list = classes.into_sorted();
    assert!(list.len() <= 10);
    assert_eq!(list[0].digest_text, "SELECT `c0` FROM `t`");
    assert_eq!(totals.given_up.0 as usize + list.len(), 100);
    assert_eq!(totals.count, 100);
}

#[test]
fn checksums_join_classes() {
    let mut classes = Classes::new(Limits::default(), Rules::default());
    for sql in ["SELECT a FROM t", "select A from T", "SELECT a FROM t WHERE b IN (1)", "SELECT a FROM t WHERE b IN (1, 2)"] {
        classes.event(&Event { sql: sql.as_bytes(), time: Some(5_000_000), weight: 1, ..Event::default() });
    }
    let joined = classes.into_sorted_by_checksum();
    assert_eq!(joined.iter().map(|class| class.count).collect::<Vec<_>>(), [2, 2]);
}
