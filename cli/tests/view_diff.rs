//! `view` and `diff` as people use them.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn run(arguments: &[&str], stdin: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_myexplain"))
        .args(arguments)
        .args(["--no-config", "--width", "110"])
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

fn stdout(arguments: &[&str], stdin: &str) -> String {
    let output = run(arguments, stdin);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/explain").join(name);
    path.to_str().expect("a path").to_owned()
}

#[test]
fn a_measured_plan_names_the_node_where_the_error_begins() {
    let text = stdout(&["view", &fixture("mysql97-analyze-vertical.txt")], "");
    assert!(text.contains("The error begins at: Filter: ((e.emp_no < 0)"), "{text}");
    assert!(text.contains("estimated 1790 rows, read 61: 29.3 times too many"), "{text}");
}

#[test]
fn a_pager_passes_on_what_is_no_plan() {
    let result = "+---+\n| 1 |\n+---+\n| 1 |\n+---+\n1 row in set (0.00 sec)\n";
    assert_eq!(stdout(&["view"], result), result);
    let plan = std::fs::read_to_string(fixture("mysql97-json-v2-table.txt")).expect("a fixture");
    assert!(stdout(&["view"], &plan).contains("Select #2 (subquery in condition; run only once)"));
}

#[test]
fn other_forms_of_a_plan_that_was_read() {
    let file = fixture("mysql97-json-v1-markers.txt");
    assert!(stdout(&["view", &file, "--format", "traditional"], "").contains("| SIMPLE      | emp   | NULL       | ref  |"));
    assert!(stdout(&["view", &file, "--format", "tree"], "").contains("-> Index lookup on emp using ix_dept (const)"));
    assert!(stdout(&["view", &file, "--format", "same"], "").contains("} /* query_block */"));
    let json = stdout(&["view", &file, "--format", "json"], "");
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(value["plans"][0]["nodes"][1]["index"], "ix_dept");
}

#[test]
fn a_switch_is_found_as_the_cause_and_the_gate_fails() {
    let sql = "SELECT * FROM employees WHERE first_name = 'Matt' OR hire_date = '1990-01-01'";
    let arguments = ["diff", "-e", sql, "--b-set", "optimizer_switch='index_merge=off'"];
    let text = stdout(&arguments, "");
    assert!(text.contains("likely cause: setting optimizer_switch index_merge\n"), "{text}");
    assert!(text.contains("employees: access index_merge → ALL"), "{text}");
    let failed = run(&[&arguments[..], &["--fail-on", "change"]].concat(), "");
    assert_eq!(failed.status.code(), Some(1));
    let same = run(&["diff", "-e", sql, "--fail-on", "numbers"], "");
    assert_eq!(same.status.code(), Some(0));
}

#[test]
fn a_supposed_index_is_found_as_the_cause() {
    let sql = "SELECT * FROM employees WHERE last_name = 'Simmel'";
    let text = stdout(&["diff", "-e", sql, "--add-index", "ALTER TABLE employees ADD INDEX by_last (last_name)"], "");
    assert!(text.contains("likely cause: DDL of employees.employees\n"), "{text}");
    assert!(text.contains("employees: access ALL → ref"), "{text}");
}

#[test]
fn a_tree_and_a_table_of_one_plan_are_the_same_plan() {
    let dir = std::env::temp_dir().join(format!("myexplain-diff-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a directory");
    let sql = "SELECT * FROM employees e JOIN salaries s USING (emp_no) WHERE e.first_name = 'Matt'";
    let mut files = Vec::new();
    for format in ["tree", "vertical"] {
        let path = dir.join(format).to_str().expect("a path").to_owned();
        std::fs::write(&path, stdout(&["explain", "-e", sql, "--format", format], "")).expect("written");
        files.push(path);
    }
    let output = run(&["diff", &files[0], &files[1], "--fail-on", "change"], "");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    let mixed = run(&["diff", &files[0], "-e", sql], "");
    assert_eq!(mixed.status.code(), Some(2));
    std::fs::remove_dir_all(&dir).expect("removed");
}

#[test]
fn an_upgrade_is_checked_over_a_workload() {
    let workload = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/employees/queries.sql");
    let run = |versions: &str| {
        let arguments = ["diff", "--server-version", versions, "--format", "json", "--no-config", workload];
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_myexplain")).args(arguments).output().expect("runs");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, upgrade) = run("8.0..9.7");
    assert_eq!(code, Some(0));
    assert!(upgrade.contains("\"changed\": true"), "{upgrade}");
    assert!(!run("8.0..8.0").1.contains("\"changed\": true"));
    assert_eq!(run("8.0..").0, Some(2));
}
