//! `myexplain capture` against a live MySQL server: see "Tests against a live server" in CONTRIBUTING.md.

mod employees;
mod proxy;
mod server;

use myexplain::catalog::bundle;
use myexplain::ingest::recording::Recording;
use myexplain::parse::script;
use server::Live;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

const QUERIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/employees/queries.sql");

/// Statements whose plans differ from the server's, by the reason. The server is a 9.7, what the planner knows was learned from 8.0.
const DIFFERENCES: &[(&str, &[&str])] = &[];

/// The files of a bundle in order.
fn files(bundle: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(bundle).unwrap().flatten();
    entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap())).collect()
}

/// A user made by the script that `capture --print-grants` prints.
fn least_user(live: &Live, user: &str, schema: &str) -> String {
    live.run(&format!("DROP USER IF EXISTS '{user}'@'%'"));
    let granted = live.myexplain(&["capture", "--print-grants", "-u", user, "--schemas", schema]);
    for statement in script::read(&granted.stdout) {
        live.run(&statement.sql);
    }
    live.run(&format!("ALTER USER '{user}'@'%' IDENTIFIED BY 'geheim'"));
    live.address(user, schema)
}

#[test]
fn plans_are_the_servers() {
    let Some(live) = Live::find() else { return };
    let schema = "live_capture_employees";
    employees::load(&live, schema);
    let address = least_user(&live, "live_capture_least", schema);
    let folder = tempfile::tempdir().unwrap();
    let (bundle, recordings) = (folder.path().join("bundle"), folder.path().join("recordings"));
    let captured = live.myexplain_as(
        "geheim",
        &[
            "capture",
            &address,
            "--output",
            bundle.to_str().unwrap(),
            "--queries",
            QUERIES,
            "--read-values",
            "--recordings",
            recordings.to_str().unwrap(),
        ],
    );
    assert_eq!(captured.code, 0, "{}", captured.stderr);
    assert!(!captured.stderr.contains("no "), "the granted privileges are enough: {}", captured.stderr);
    let verified = live.myexplain(&["verify", "-b", bundle.to_str().unwrap(), recordings.to_str().unwrap(), "-v"]);
    println!("{}", verified.stdout);

    let catalog = bundle::load(&bundle).unwrap();
    let (mut same, mut all, mut different) = (0, 0, Vec::new());
    for statement in script::read(&fs::read_to_string(QUERIES).unwrap()) {
        let recorded = Recording::read(&fs::read_to_string(recordings.join(format!("{}.txt", statement.name))).unwrap());
        let Some(told) = recorded.section("traditional") else { continue };
        let planned = live.planned(&catalog, &statement);
        all += 1;
        if planned.section("traditional") == Some(told) {
            same += 1;
        } else {
            println!("{}\nserver:\n{told}\nplanned:\n{}\n", statement.name, planned.text());
            different.push(statement.name);
        }
    }
    println!("{same} of {all} statements have the server's plan; different: {different:?}");
    assert!(all >= 150, "{all} statements were explained");
    assert!(same * 100 >= all * 80, "{same} of {all}");
    if live.version().starts_with("9.7") {
        let named = |name: &&String| !DIFFERENCES.iter().any(|(_, names)| names.contains(&name.as_str()));
        let unnamed: Vec<&String> = different.iter().filter(named).collect();
        assert!(unnamed.is_empty(), "differences without a named reason: {unnamed:?}");
    }
}

#[test]
fn missing_privileges_are_named() {
    let Some(live) = Live::find() else { return };
    let schema = "live_capture_rights";
    live.run_all(&[
        &format!("DROP DATABASE IF EXISTS {schema}"),
        &format!("CREATE DATABASE {schema}"),
        &format!("CREATE TABLE {schema}.t (a INT PRIMARY KEY, b INT, KEY (b))"),
        &format!("CREATE VIEW {schema}.v AS SELECT a FROM {schema}.t"),
        &format!("CREATE FUNCTION {schema}.f() RETURNS INT DETERMINISTIC RETURN 1"),
    ]);
    let user = "live_capture_rights";
    // As the printed script writes it: an underscore would stand for any character.
    let granted = r"`live\_capture\_rights`.*";
    let address = least_user(&live, user, schema);
    let folder = tempfile::tempdir().unwrap();
    let capture = |name: &str, more: &[&str]| {
        let bundle = folder.path().join(name);
        let mut words = vec!["capture", &address, "--output", bundle.to_str().unwrap()];
        words.extend(more);
        (live.myexplain_as("geheim", &words), bundle.clone())
    };
    let (whole, _) = capture("whole", &["--strict"]);
    assert_eq!((whole.code, whole.stderr.contains("missing")), (0, false), "{}", whole.stderr);
    let cases = [
        ("PROCESS ON *.*", "no PROCESS:", "innodb_tablestats.tsv"),
        ("SELECT ON mysql.innodb_table_stats", "no SELECT ON mysql.innodb_table_stats:", "innodb_table_stats.tsv"),
        ("SELECT ON mysql.innodb_index_stats", "no SELECT ON mysql.innodb_index_stats:", "innodb_index_stats.tsv"),
        ("SELECT ON mysql.server_cost", "no SELECT ON mysql.server_cost:", "server_cost.tsv"),
        ("SELECT ON mysql.engine_cost", "no SELECT ON mysql.engine_cost:", "engine_cost.tsv"),
        (&format!("SHOW VIEW ON {granted}"), "VIEW live_capture_rights.v is missing from schema.sql", ""),
        ("SHOW_ROUTINE ON *.*", "", ""),
    ];
    for (number, (privilege, message, file)) in cases.iter().enumerate() {
        live.run(&format!("REVOKE {privilege} FROM '{user}'@'%'"));
        let (told, bundle) = capture(&format!("without-{number}"), &[]);
        assert_eq!(told.code, 0, "{privilege}: {}", told.stderr);
        assert!(told.stderr.contains(message), "{privilege}: {}", told.stderr);
        let files = files(&bundle);
        assert!(!files.contains_key(*file), "{privilege}");
        assert!(bundle::load(&bundle).is_ok(), "{privilege}: the rest can be planned with");
        if message.starts_with("no ") {
            let (strict, bundle) = capture("strict", &["--strict"]);
            assert!(strict.code == 2 && !bundle.exists() && strict.stderr.contains(message), "{}", strict.stderr);
        }
        if *privilege == "SHOW_ROUTINE ON *.*" {
            assert!(!files["schema.sql"].contains("FUNCTION"));
        }
        live.run(&format!("GRANT {privilege} TO '{user}'@'%'"));
    }
    live.run(&format!("REVOKE SELECT, SHOW VIEW, TRIGGER ON {granted} FROM '{user}'@'%'"));
    let (nothing, bundle) = capture("nothing", &[]);
    assert!(nothing.code == 2 && !bundle.exists(), "{}", nothing.stderr);
    assert!(nothing.stderr.contains("lacks SELECT") && nothing.stderr.contains("--print-grants"), "{}", nothing.stderr);

    let wrong = live.myexplain_as("falsch", &["capture", &address]);
    assert!(wrong.code == 2 && wrong.stderr.contains("ERROR 1045") && wrong.stderr.contains("-p asks"), "{}", wrong.stderr);
    let with_password = address.replace("@", ":falsch@");
    let wrong = live.myexplain(&["capture", &with_password]);
    assert!(wrong.code == 2 && !wrong.stderr.contains("falsch"), "{}", wrong.stderr);
}

#[test]
fn a_server_that_dies_leaves_no_half_bundle() {
    let Some(live) = Live::find() else { return };
    let schema = "live_capture_dying";
    live.run_all(&[&format!("DROP DATABASE IF EXISTS {schema}"), &format!("CREATE DATABASE {schema}")]);
    for table in 0..120 {
        live.run(&format!("CREATE TABLE {schema}.t{table} (a INT PRIMARY KEY, b VARCHAR(50), KEY (b))"));
    }
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("bundle");
    let capture = |port: u16, more: &[&str]| {
        let address = format!("mysql://{}@127.0.0.1:{port}/{schema}", live.user());
        let mut words = vec!["capture", &address, "--output", bundle.to_str().unwrap()];
        words.extend(more);
        live.myexplain_as(live.password(), &words)
    };
    let through = proxy::Proxy::new(live.place(), None);
    let whole = capture(through.port(), &[]);
    assert_eq!(whole.code, 0, "{}", whole.stderr);
    let (before, bytes) = (files(&bundle), through.bytes());
    for part in 0..8 {
        let cut = proxy::Proxy::new(live.place(), Some(bytes * part / 8));
        let told = capture(cut.port(), &["--force"]);
        assert_eq!(told.code, 2, "after {} of {bytes} bytes: {}", bytes * part / 8, told.stderr);
        assert_eq!(files(&bundle), before, "what was there stays");
    }
    fs::remove_dir_all(&bundle).unwrap();
    let cut = proxy::Proxy::new(live.place(), Some(bytes * 3 / 4));
    let told = capture(cut.port(), &[]);
    assert!(
        told.code == 2 && told.stderr.contains("broke off") && told.stderr.contains("nothing was written"),
        "{}",
        told.stderr
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn a_thousand_tables_in_seconds() {
    let Some(live) = Live::find() else { return };
    let schema = "live_capture_many";
    if live.number(&format!("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{schema}'")) != 1000 {
        live.run_all(&[&format!("DROP DATABASE IF EXISTS {schema}"), &format!("CREATE DATABASE {schema}")]);
        for table in 0..1000 {
            live.run(&format!(
                "CREATE TABLE {schema}.t{table} (a INT PRIMARY KEY, b VARCHAR(50), c DATE, d DECIMAL(10,2), KEY (b), KEY (c, d))"
            ));
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("bundle.tar.zst");
    let start = Instant::now();
    let told = live
        .myexplain_as(live.password(), &["capture", &live.address(live.user(), schema), "--output", bundle.to_str().unwrap()]);
    let took = start.elapsed();
    assert!(told.code == 0 && told.stderr.contains("1000 tables captured"), "{}", told.stderr);
    println!("1000 tables captured in {:.2} s", took.as_secs_f64());
    assert!(took < Duration::from_secs(10), "{took:?}");
}

/// Names and values that escapes and quotes may lose.
const ODD: &[&str] = &[
    "CREATE TABLE `we``ird-näme` (id INT PRIMARY KEY, `sp ace` VARCHAR(9) COMMENT 'a\\tb\\nc\\\\d' DEFAULT 'it''s', \
     e ENUM('x','NULL'), KEY ((UPPER(`sp ace`))), KEY (e)) STATS_AUTO_RECALC=0",
    "CREATE TABLE `NULL` (`NULL` INT, KEY (`NULL`)) STATS_AUTO_RECALC=0",
    "CREATE TABLE parts (a INT) STATS_AUTO_RECALC=0 PARTITION BY LIST (a) (PARTITION p0 VALUES IN (NULL), PARTITION `P 1` VALUES IN (1, 2))",
    "CREATE TABLE hashed (a INT, KEY (a)) STATS_AUTO_RECALC=0 PARTITION BY HASH (a) PARTITIONS 3",
    "CREATE TABLE old (a INT, KEY (a)) ENGINE=MyISAM",
    "CREATE VIEW v AS SELECT id, 'a\\\\b' AS c FROM `we``ird-näme` WHERE e = 'NULL'",
    "CREATE FUNCTION f(a INT) RETURNS INT DETERMINISTIC BEGIN\n  -- a remark;\n  RETURN a + 1;\nEND",
    "CREATE PROCEDURE p() BEGIN SELECT 1; END",
    "CREATE TRIGGER tr BEFORE INSERT ON parts FOR EACH ROW SET NEW.a = 1",
    "CREATE EVENT ev ON SCHEDULE EVERY 1 YEAR DO DO 1",
    "INSERT INTO `we``ird-näme` VALUES (1, 'ä\\tb', 'x'), (2, 'c\\\\d', 'NULL')",
    "INSERT INTO `NULL` VALUES (1), (NULL)",
    "INSERT INTO hashed VALUES (1), (2), (3), (4)",
    "ANALYZE TABLE `we``ird-näme`, `NULL`, parts, hashed",
    "ANALYZE TABLE `we``ird-näme` UPDATE HISTOGRAM ON `sp ace`, e",
];

#[test]
fn the_script_gives_the_same_bundle() {
    let Some(live) = Live::find() else { return };
    let schema = "live_capture-odd";
    live.run_all(&[&format!("DROP DATABASE IF EXISTS `{schema}`"), &format!("CREATE DATABASE `{schema}`")]);
    live.run_in(schema, ODD);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let script = live.myexplain(&["capture", "--print-sql", "--schemas", schema]);
    assert_eq!(script.code, 0, "{}", script.stderr);
    let captured = live.myexplain_as(
        live.password(),
        &["capture", &live.address(live.user(), ""), "--schemas", schema, "-o", &path("captured")],
    );
    assert_eq!(captured.code, 0, "{}", captured.stderr);
    fs::write(path("answers"), live.client(&script.stdout)).unwrap();
    let imported = live.myexplain(&["bundle", "import", &path("answers"), "-o", &path("imported")]);
    assert_eq!(imported.code, 0, "{}", imported.stderr);
    assert_eq!(files(Path::new(&path("imported"))), files(Path::new(&path("captured"))));

    let files = files(Path::new(&path("captured")));
    let schema_sql = &files["schema.sql"];
    for text in
        ["CREATE TABLE `we``ird-näme`", "COMMENT 'a\tb\\nc\\\\d'", "VIEW", "FUNCTION `f`", "PROCEDURE `p`", "`tr`", "EVENT `ev`"]
    {
        assert!(schema_sql.contains(text), "{text}: {schema_sql}");
    }
    assert!(files["partitions.tsv"].contains("\tLIST\t`a`\tNULL\n"), "{}", files["partitions.tsv"]);
    assert!(files["partitions.tsv"].contains("\tHASH\t`a`\t\\N\n"), "{}", files["partitions.tsv"]);
    assert!(files["statistics.tsv"].contains("\tNULL\tNULL\t1\tNULL\t\\N\t"), "{}", files["statistics.tsv"]);
    assert!(files["innodb_tablestats.tsv"].contains("live_capture@002dodd/NULL\t"), "{}", files["innodb_tablestats.tsv"]);
    assert_eq!(files["column_statistics.jsonl"].lines().count(), 2);
    let plan = live.myexplain(&["explain", "-b", &path("imported"), "-e", "SELECT * FROM `we``ird-näme` WHERE e = 'NULL'"]);
    assert_eq!(plan.code, 0, "{}", plan.stderr);
}

#[test]
fn a_bundle_is_completed_for_statements() {
    let Some(live) = Live::find() else { return };
    let schema = "live_capture_for";
    live.run_all(&[&format!("DROP DATABASE IF EXISTS {schema}"), &format!("CREATE DATABASE {schema}")]);
    live.run_in(
        schema,
        &[
            "CREATE TABLE t (id INT PRIMARY KEY, k INT, u VARCHAR(10), KEY (k))",
            "INSERT INTO t WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900) \
             SELECT i, i * i % 97, CONCAT('u', i) FROM n",
            "ANALYZE TABLE t",
        ],
    );
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let address = live.address(live.user(), schema);
    let captured = live.myexplain_as(live.password(), &["capture", &address, "-o", &path("bundle")]);
    assert_eq!(captured.code, 0, "{}", captured.stderr);
    let queries = "SELECT * FROM t WHERE k BETWEEN 3 AND 9;\nSELECT * FROM t WHERE id = 7;\nSELECT 1;\n\
                   DELETE FROM t WHERE k > 90;\n-- name: two\nSELECT 1 /*!; DROP TABLE t */;\n";
    fs::write(path("queries.sql"), queries).unwrap();
    let words = ["capture", &address, "-o", &path("bundle"), "--for", &path("queries.sql")];
    let completed = live.myexplain_as(live.password(), &words);
    assert!(completed.code == 0 && completed.stderr.contains("2 of 5 statements explained"), "{}", completed.stderr);
    let catalog = bundle::load(Path::new(&path("bundle"))).unwrap();
    let planner = myexplain::Planner::new(&catalog);
    let plan = planner.plan("SELECT * FROM t WHERE k BETWEEN 3 AND 9").unwrap();
    assert!(plan.missed_dives.is_empty(), "{:?}", plan.missed_dives);
    assert!(!Path::new(&path("bundle")).join("rows.jsonl").exists(), "values are read only if that is allowed");
    let completed = live.myexplain_as(live.password(), &[&words[..], &["--read-values"]].concat());
    assert_eq!(completed.code, 0, "{}", completed.stderr);
    let rows = fs::read_to_string(Path::new(&path("bundle")).join("rows.jsonl")).unwrap();
    let expected = "{\"schema\": \"live_capture_for\", \"table\": \"t\", \"index\": \"PRIMARY\", \"key\": [\"7\"], \
                    \"row\": {\"id\": \"7\", \"k\": \"49\", \"u\": \"u7\"}}\n";
    assert_eq!(rows, expected);
    let count = format!("SELECT COUNT(*) FROM {schema}.t");
    assert_eq!(live.number(&count), 900, "statements are explained, never run");
}
