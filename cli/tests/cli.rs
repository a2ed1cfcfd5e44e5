//! The command as people use it: what it prints, what it refuses, and how it ends.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn myexplain(arguments: &[&str]) -> Output {
    with_stdin(arguments, "")
}

fn with_stdin(arguments: &[&str], stdin: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_myexplain"))
        .args(arguments)
        .env_remove("MYEXPLAIN_BUNDLE")
        .env_remove("MYEXPLAIN_FORMAT")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut pipe = child.stdin.take().expect("stdin is a pipe");
    // A command that does not read stdin may close it first.
    let _ = pipe.write_all(stdin.as_bytes());
    drop(pipe);
    child.wait_with_output().expect("the binary ends")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs a command that must fail as an input error, in bounded time, and returns what it says.
fn refused(arguments: &[&str], stdin: &str) -> String {
    let began = Instant::now();
    let output = with_stdin(arguments, stdin);
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    assert!(output.stdout.is_empty(), "{}", stdout(&output));
    said
}

fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("myexplain-cli-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a scratch folder");
    folder
}

const STATEMENT: &str = "SELECT * FROM employees WHERE first_name='Matt'";

#[test]
fn plans_print_in_every_format() {
    for format in ["traditional", "tree", "json", "vertical", "tsv"] {
        let output = myexplain(&["explain", "-e", STATEMENT, "--format", format]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        insta::assert_snapshot!(format, stdout(&output));
    }
}

#[test]
fn warnings_print_behind_the_plan() {
    let output = myexplain(&["explain", "-w", "-e", "SELECT 1"]);
    insta::assert_snapshot!("warnings", stdout(&output));
}

#[test]
fn the_statement_chooses_its_format() {
    let written = myexplain(&["explain", "-e", &format!("EXPLAIN FORMAT=TREE {STATEMENT}")]);
    let asked = myexplain(&["explain", "-e", STATEMENT, "--format", "tree"]);
    assert_eq!(stdout(&written), stdout(&asked));
}

#[test]
fn files_and_stdin_hold_many_statements() {
    let text = "-- two statements\nSET optimizer_switch='mrr=off';\nSELECT 1;\nSELECT 2\n;";
    let output = with_stdin(&["explain", "-", "--format", "tsv"], text);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stdout(&output).lines().count(), 4);
    let folder = scratch("file");
    let file = folder.join("two.sql");
    std::fs::write(&file, text).expect("a file");
    let again = myexplain(&["explain", file.to_str().expect("a path"), "--format", "tsv"]);
    assert_eq!(stdout(&again), stdout(&output));
}

#[test]
fn recordings_do_not_depend_on_threads() {
    let folder = scratch("recordings");
    let queries = folder.join("queries.sql");
    let text =
        "-- name: one\nSELECT * FROM departments;\n-- name: two\n-- set: sql_mode=''\nSELECT nope FROM employees;\nSELECT 1;";
    std::fs::write(&queries, text).expect("a file");
    let run = |jobs: &str| {
        let out = folder.join(jobs);
        let output = myexplain(&[
            "explain",
            "--queries",
            queries.to_str().expect("a path"),
            "--out",
            out.to_str().expect("a path"),
            "--jobs",
            jobs,
        ]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        ["one", "two", "query-3"].map(|name| std::fs::read_to_string(out.join(format!("{name}.txt"))).expect("a recording"))
    };
    let [one, two, three] = run("1");
    assert_eq!(run("4"), [one.clone(), two.clone(), three]);
    assert!(one.starts_with("=== sql\nSELECT * FROM departments\n=== traditional\nid\tselect_type"), "{one}");
    assert_eq!(
        two,
        "=== set\nsql_mode=''\n=== sql\nSELECT nope FROM employees\n=== error\n1054\tUnknown column 'nope' in 'field list'\n"
    );
    let verified = myexplain(&["verify", folder.join("1").to_str().expect("a path")]);
    assert_eq!(verified.status.code(), Some(0), "{}", stdout(&verified));
    insta::assert_snapshot!("verify", stdout(&verified));
}

#[test]
fn verify_finds_a_difference() {
    let folder = scratch("difference");
    std::fs::write(folder.join("wrong.txt"), "=== sql\nSELECT 1\n=== traditional\nid\tselect_type\n1\tPRIMARY\n")
        .expect("a file");
    let output = myexplain(&["verify", folder.to_str().expect("a path")]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stdout(&output).starts_with("wrong: traditional: line 1\n      server:  id\tselect_type\n"), "{}", stdout(&output));
}

#[test]
fn errors_are_the_servers() {
    let explain = |sql: &str| refused(&["explain", "-e", sql], "");
    assert_eq!(explain("SELECT nope FROM employees"), "ERROR 1054 (42S22): Unknown column 'nope' in 'field list'\n");
    assert_eq!(explain("SELECT * FROM nope"), "ERROR 1146 (42S02): Table 'employees.nope' doesn't exist\n");
    assert!(explain("SELECT FROM").starts_with("ERROR 1064 (42000): You have an error in your SQL syntax;"));
    assert!(explain("SELECT FROM").ends_with("near 'FROM' at line 1\n"));
    assert_eq!(explain("/* nothing */"), "ERROR 1065 (42000): Query was empty\n");
    let said = refused(&["explain", "-"], "-- a comment\n\n\nSELECT *\nFROM nope;");
    assert_eq!(said, "ERROR 1146 (42S02) at line 4: Table 'employees.nope' doesn't exist\n");
}

#[test]
fn settings_are_checked() {
    let said = refused(&["explain", "--set", "no_such_variable=1", "-e", "SELECT 1"], "");
    assert_eq!(said, "ERROR 1193 (HY000): Unknown system variable 'no_such_variable'\n");
    let said = refused(&["explain", "--set", "optimizer_switch='mrr=maybe'", "-e", "SELECT 1"], "");
    assert!(said.starts_with("ERROR 1231 (42000): Variable 'optimizer_switch' can't be set to the value of"), "{said}");
}

#[test]
fn damaged_bundles_name_file_and_line() {
    let bundle = scratch("bundle");
    std::fs::write(bundle.join("schema.sql"), "CREATE TABLE `t` (\n  `a` int NOT NULL\n  `b` int\n").expect("a file");
    let said = refused(&["explain", "-b", bundle.to_str().expect("a path"), "-e", "SELECT 1 FROM t"], "");
    assert!(said.contains("schema.sql:"), "{said}");
    let said = refused(&["explain", "-b", "/nowhere/at/all", "-e", "SELECT 1"], "");
    assert!(said.contains("/nowhere/at/all"), "{said}");
}

#[test]
fn deep_and_huge_statements_end_in_time() {
    let deep = format!("SELECT {}1{}", "(".repeat(10_000), ")".repeat(10_000));
    let long = format!("SELECT 1{}", " + 1".repeat(100_000));
    let nested = format!("SELECT {}1{}", "(SELECT ".repeat(5_000), ")".repeat(5_000));
    for text in [deep, long, nested] {
        assert!(refused(&["explain", "-"], &text).contains("ERROR 1436 (HY000)"));
    }
    let huge = format!("SELECT '{}'", "x".repeat(20 << 20));
    assert!(refused(&["explain", "-"], &huge).contains("ERROR 1153 (08S01)"));
    let unclosed = format!("SELECT '{}", "x".repeat(1 << 20));
    assert!(refused(&["explain", "-"], &unclosed).contains("ERROR 1064 (42000)"));
}

#[test]
fn usage_errors_are_told_apart_from_findings() {
    for arguments in [&["explain", "--nope"][..], &["explain"], &["verify"], &["explain", "-e", "SELECT 1", "--format", "xml"]] {
        assert_eq!(myexplain(arguments).status.code(), Some(2), "{arguments:?}");
    }
    assert_eq!(myexplain(&["--version"]).status.code(), Some(0));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_myexplain"))
        .args(["explain", "-e", STATEMENT])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the binary ends");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
}

/// Every statement of a stored program is planned, under the number of its line.
#[test]
fn a_procedure_with_five_statements_shows_five_plans() {
    let procedure = "CREATE PROCEDURE p(IN n varchar(14), IN d date)\nBEGIN\n\
        SELECT * FROM employees WHERE first_name = n;\n\
        SELECT COUNT(*) FROM dept_emp WHERE from_date = d;\n\
        IF n IS NOT NULL THEN\nUPDATE employees SET last_name = n WHERE emp_no = 10001;\nEND IF;\n\
        DELETE FROM salaries WHERE emp_no = 10001;\n\
        INSERT INTO departments SELECT dept_no, n FROM departments;\nEND";
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_myexplain"))
        .args(["explain", "-e", procedure])
        .output()
        .expect("the binary runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("-- ")).collect();
    let numbers: Vec<&str> = lines.iter().filter_map(|line| line.split_whitespace().nth(4)).collect();
    assert_eq!(numbers, ["3:", "4:", "6:", "8:", "9:"], "{text}");
    assert!(text.contains("ix_firstname"), "a parameter drives a lookup: {text}");
    assert_eq!(output.status.code(), Some(0));
}

/// Read/write split: the class of a statement and why.
#[test]
fn routes() {
    let route = |sql: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_myexplain"))
            .args(["explain", "--route", "-e", sql])
            .output()
            .expect("the binary runs");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    assert_eq!(route("SELECT * FROM employees"), "replica: a read without side effects");
    assert_eq!(route("SELECT * FROM employees FOR UPDATE"), "primary: it locks rows (FOR UPDATE)");
    assert_eq!(route("SELECT * FROM employees LOCK IN SHARE MODE"), "primary: it locks rows (FOR SHARE)");
    assert_eq!(route("DELETE FROM employees"), "primary: it writes");
    assert_eq!(route("SELECT GET_LOCK('a', 1)"), "primary: GET_LOCK() has side effects or depends on the session");
    assert_eq!(route("SELECT @n := emp_no FROM employees"), "primary: it assigns @n");
}

/// A table of a secondary engine is handed over when the plan is dear enough, unless the session forbids it.
#[test]
fn statements_go_to_the_secondary_engine_by_cost() {
    let bundle = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bundles/rapid");
    let plan = |set: &str, sql: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_myexplain"))
            .args(["explain", "-b", bundle, "--format", "tsv", "--set", set, "-e", sql])
            .output()
            .expect("the binary runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let offloaded = |text: &str| text.contains("Using secondary engine RAPID");
    assert!(offloaded(&plan("use_secondary_engine=ON", "SELECT * FROM t WHERE b = 1")));
    assert!(!offloaded(&plan("use_secondary_engine=OFF", "SELECT * FROM t WHERE b = 1")));
    assert!(!offloaded(&plan("use_secondary_engine=ON", "SELECT * FROM t WHERE a = 1")));
    assert!(!offloaded(&plan("secondary_engine_cost_threshold=100000000", "SELECT * FROM t WHERE b = 1")));
    assert!(!offloaded(&plan("use_secondary_engine=ON", "UPDATE t SET b = 2 WHERE b = 1")));
}

/// A prefix of a column in an index is enough for short LIKE patterns; seen on a live server for these patterns.
#[test]
fn prefix_indexes_cover_short_patterns() {
    let bundle = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bundles/shop");
    let covered = |condition: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_myexplain"))
            .args(["explain", "-b", bundle, "--format", "tsv", "-e", &format!("SELECT id FROM cust WHERE {condition}")])
            .output()
            .expect("the binary runs");
        String::from_utf8_lossy(&output.stdout).contains("Using index")
    };
    for condition in ["name LIKE 'nam%'", "name LIKE 'name 12345%'", "name LIKE 'na_e%'", "name NOT LIKE 'nam%'"] {
        assert!(covered(condition), "{condition}");
    }
    for condition in
        ["name LIKE 'name 1234567%'", "name LIKE 'n%m%'", "name = 'nam'", "name LIKE 'a%' AND name LIKE 'name 1234567%'"]
    {
        assert!(!covered(condition), "{condition}");
    }
}

/// Seen on a live server: an ENUM whose collation does not pad keeps its equality beside a lookup, and a number that is fixed by
/// an equality is replaced in IN and BETWEEN whatever it is compared with there.
#[test]
fn equalities_beside_lookups_and_in_lists() {
    let bundle = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bundles/shop");
    let plan = |condition: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_myexplain"))
            .args(["explain", "-b", bundle, "--format", "tsv", "-e", &format!("SELECT * FROM visit WHERE {condition}")])
            .output()
            .expect("the binary runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(plan("region_id = 3 AND tier = 'gold'").contains("Using index condition"));
    assert!(!plan("region_id = 3").contains("Using"));
    for condition in ["region_id = 3 AND region_id IN (1.5, 2)", "region_id = 3 AND region_id BETWEEN 3.5 AND 4"] {
        assert!(plan(condition).contains("Impossible WHERE"), "{condition}");
    }
}

#[test]
fn suppositions_are_planned_and_said() {
    let sql = "SELECT * FROM employees WHERE last_name = 'Facello'";
    let index = "CREATE INDEX by_name ON employees (last_name)";
    let output = myexplain(&["explain", "-f", "tsv", "-e", sql, "--add-index", index, "--rows", "employees=2x"]);
    assert!(stdout(&output).contains("\tref\tby_name\tby_name\t"), "{}", stdout(&output));
    assert_eq!(
        stderr(&output),
        "what if: --add-index 'ALTER TABLE employees ADD INDEX by_name (last_name)'\nwhat if: --rows employees=2x\n"
    );
    // In the order of the command line: an index that is dropped again is gone.
    let both = ["explain", "-q", "-f", "tsv", "-e", sql, "--add-index", index, "--drop-index", "employees.by_name"];
    let output = myexplain(&both);
    assert!(stdout(&output).contains("\tALL\t") && stderr(&output).is_empty(), "{}", stdout(&output));
    let said = refused(&["explain", "-e", sql, "--drop-index", "employees.by_name", "--add-index", index], "");
    assert_eq!(said, "--drop-index employees.by_name: Can't DROP 'by_name'; check that column/key exists\n");
    assert!(refused(&["explain", "-e", sql, "--rows", "employees=lots"], "").contains("TABLE=ROWS or TABLE=FACTORx"));
}

#[test]
fn a_migration_is_supposed_from_a_file() {
    let folder = scratch("migration");
    let file = folder.join("m.sql");
    std::fs::write(&file, "ALTER TABLE employees ADD COLUMN email VARCHAR(80),\n  ADD KEY (email);\n").expect("a file");
    let sql = "SELECT 1 FROM employees ORDER BY email LIMIT 1";
    let output = myexplain(&["explain", "-q", "-f", "tsv", "-e", sql, "--ddl", &file.to_string_lossy()]);
    assert!(stdout(&output).contains("\tindex\tNULL\temail\t"), "{}{}", stdout(&output), stderr(&output));
    std::fs::write(&file, "ALTER TABLE employees\n  EXPLODE;\n").expect("a file");
    assert!(
        refused(&["explain", "-e", sql, "--ddl", &file.to_string_lossy()], "").contains("m.sql:2: the statement ends too early")
    );
}

#[test]
fn trust_and_margins_follow_the_plan() {
    let sql = "SELECT * FROM titles t JOIN employees e USING (emp_no) WHERE t.title LIKE '%x%' AND e.last_name LIKE '%y%'";
    let output = myexplain(&["explain", "-f", "tsv", "-e", sql, "--trust", "--margins"]);
    let text = stdout(&output);
    assert!(text.contains("select 1 join order: ") && text.contains("% by guess (e.last_name like '%y%')"), "{text}");
    assert!(text.contains("2 guessed; the guess on "), "{text}");
}
