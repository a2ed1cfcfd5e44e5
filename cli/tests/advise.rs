//! `advise`, `rule`, `explain --why-not` and `explain --as-hints` as people use them.

use std::process::{Command, Output};

fn myexplain(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_myexplain"));
    command.args(arguments).arg("--no-config").env_remove("MYEXPLAIN_BUNDLE").env_remove("MYEXPLAIN_FORMAT");
    command.output().expect("the binary runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

const SCAN: &str = "SELECT emp_no FROM employees WHERE last_name = 'Facello'";

#[test]
fn a_finding_shows_its_place_and_a_proven_remedy() {
    let output = myexplain(&["advise", "-e", SCAN]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let lines: Vec<&str> = text.lines().collect();
    let at = lines.iter().position(|line| line.contains(SCAN)).expect("the statement is shown");
    assert_eq!(lines[at].find("last_name"), lines[at + 1].find('^'), "{text}");
    assert!(
        text.contains("warning MX001 full-scan") && text.contains("ADD INDEX") && text.contains("ALGORITHM=INPLACE"),
        "{text}"
    );
}

#[test]
fn exit_codes_follow_fail_on() {
    let code = |arguments: &[&str]| myexplain(arguments).status.code();
    assert_eq!(code(&["advise", "--fail-on", "error", "-e", SCAN]), Some(0));
    assert_eq!(code(&["advise", "--fail-on", "never", "-e", SCAN]), Some(0));
    assert_eq!(code(&["advise", "-e", "SELECT 1"]), Some(0));
    assert_eq!(code(&["advise", "-e", "SELECT nope FROM employees"]), Some(2));
    assert_eq!(code(&["advise"]), Some(2));
}

#[test]
fn a_comment_accepts_a_finding_until_its_day() {
    let with = |until: &str| {
        let sql = format!("-- myexplain: allow=MX001 until={until} reason=a report, once a night\n{SCAN}");
        stdout(&myexplain(&["advise", "-e", &sql]))
    };
    assert!(with("9999-12-31").contains("1 accepted"));
    assert!(with("2020-01-31").contains("its suppression expired on 2020-01-31"));
}

#[test]
fn machines_read_json_and_sarif() {
    let json = |form: &str| -> serde_json::Value {
        serde_json::from_slice(&myexplain(&["advise", "-f", form, "-e", SCAN]).stdout).expect("valid JSON")
    };
    let finding = &json("json")["statements"][0]["findings"]["found"][0];
    assert_eq!((finding["rule"].as_str(), finding["place"]["column"].as_u64()), (Some("MX001"), Some(36)));
    assert!(finding["remedy"]["cost_after"].as_f64() < finding["remedy"]["cost_before"].as_f64());
    assert_eq!(json("sarif")["runs"][0]["results"][0]["ruleId"], "MX001");
}

#[test]
fn pages_are_printed() {
    assert!(stdout(&myexplain(&["rule", "MX003"])).starts_with("# MX003 function-on-column"));
    assert!(stdout(&myexplain(&["rule", "--list"])).lines().count() >= 40);
    assert_eq!(myexplain(&["rule", "MX999"]).status.code(), Some(2));
}

#[test]
fn indexes_are_advised_and_missed() {
    let text = stdout(&myexplain(&["advise", "--indexes", "-e", SCAN]));
    assert!(text.contains("ADD INDEX `ix_last_name` (`last_name`)") && text.contains("LOCK=NONE"), "{text}");
    let sql = "SELECT * FROM employees WHERE first_name = 'Matt'";
    let output = myexplain(&["advise", "--drop", "employees.ix_firstname", "-e", sql]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("1 of 1 statements would lose"), "{}", stdout(&output));
}

#[test]
fn an_index_that_is_not_used_is_explained() {
    let sql = "SELECT * FROM employees WHERE YEAR(hire_date) = 1990";
    let text = stdout(&myexplain(&["explain", "--why-not", "ix_hiredate", "-e", sql]));
    assert!(text.contains("not usable, function on the column"), "{text}");
    assert_eq!(myexplain(&["explain", "--why-not", "nope", "-e", sql]).status.code(), Some(2));
}

#[test]
fn a_pinned_plan_is_a_statement_with_hints() {
    let sql = "SELECT d.dept_name, e.first_name, s.salary FROM departments d JOIN dept_emp de ON de.dept_no = d.dept_no \
               JOIN employees e ON e.emp_no = de.emp_no JOIN salaries s ON s.emp_no = e.emp_no \
               WHERE e.first_name = 'Matt' AND s.salary > 100000";
    let text = stdout(&myexplain(&["explain", "--as-hints", "-e", sql]));
    assert!(text.starts_with("SELECT /*+ ") && text.contains("changes of rows and costs"), "{text}");
}

#[test]
fn what_cannot_be_done_is_said_in_the_words_of_the_command() {
    let stderr = |arguments: &[&str]| {
        let output = myexplain(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let gone = stderr(&["advise", "--drop", "employees.nope", "-e", SCAN]);
    assert!(gone.starts_with("--drop employees.nope: "), "{gone}");
    assert!(stderr(&["advise", "--drop", "employees.ix_firstname", "-f", "sarif", "-e", SCAN]).contains("--drop has no form"));
    assert!(stderr(&["advise", "-e", "-- nothing but a comment"]).contains("no statement in it"));
    let output = myexplain(&["advise", "-e", "SELEC 1"]);
    assert_eq!(stdout(&output), "0 statements: nothing found, 1 not planned\n");
}

#[test]
fn a_narrow_terminal_cuts_no_line() {
    for arguments in [&["advise", "-e", SCAN][..], &["advise", "--indexes", "-e", SCAN]] {
        let text = stdout(&myexplain(&[arguments, &["--width", "40"]].concat()));
        // A statement to copy stays whole.
        let prose = text.lines().filter(|line| !line.contains("ALTER TABLE"));
        let long: Vec<&str> = prose.filter(|line| line.chars().count() > 40).collect();
        assert!(text.contains("ALTER TABLE") && long.is_empty(), "{long:?}");
    }
}
