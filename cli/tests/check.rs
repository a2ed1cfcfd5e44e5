//! The gate: a schema change that turns a lookup into a scan fails, and says which statement.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A project of its own: the employees bundle, statements, approved plans.
struct Project(PathBuf);

impl Project {
    fn new(name: &str) -> Project {
        let root = std::env::temp_dir().join(format!("myexplain-check-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("bundle")).expect("a temporary directory");
        let bundle = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/employees/bundle");
        for entry in fs::read_dir(bundle).expect("the fixture").flatten() {
            fs::copy(entry.path(), root.join("bundle").join(entry.file_name())).expect("copied");
        }
        let project = Project(root);
        let name = "-- name: by_first_name :many\nSELECT e.emp_no FROM employees e WHERE e.first_name = 'Matt';\n";
        let newest = "-- name: newest\nSELECT * FROM employees ORDER BY hire_date DESC LIMIT 10;\n";
        project.write("queries.sql", &format!("{name}\n{newest}"));
        project
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).expect("written");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn drop_first_name_index(&self) {
        let index = ",\n  KEY `ix_firstname` (`first_name`)";
        let schema = self.read("bundle/schema.sql");
        assert!(schema.contains(index), "the fixture has the index");
        self.write("bundle/schema.sql", &schema.replace(index, ""));
    }

    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_myexplain"));
        command.current_dir(&self.0).env_remove("CI").env_remove("GITHUB_STEP_SUMMARY").args(arguments);
        command.args(["-b", "bundle"]).envs(variables.iter().copied());
        command.output().expect("the binary runs")
    }

    fn git(&self, arguments: &[&str]) {
        let who = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
        let output = Command::new("git").current_dir(&self.0).args(who).args(arguments).output().expect("git runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_dropped_index_fails_the_gate_and_names_the_statement() {
    let project = Project::new("drop");
    assert_eq!(code(&project.run(&["check", "queries.sql"], &[])), Some(1), "nothing is approved yet");
    assert_eq!(code(&project.run(&["check", "queries.sql", "--update"], &[])), Some(0));
    assert!(
        project
            .read("plans/queries/by_first_name.plan")
            .contains("\n1 SIMPLE e ref key=ix_firstname(58) ref=const [Using index]")
    );
    assert_eq!(code(&project.run(&["check", "queries.sql"], &[("CI", "true")])), Some(0));

    project.drop_first_name_index();
    let failed = project.run(&["check", "queries.sql"], &[("CI", "true")]);
    let report = stdout(&failed);
    assert_eq!(code(&failed), Some(1), "{report}");
    assert!(report.contains("queries.sql:2 by_first_name: plan changed"), "{report}");
    assert!(
        report.contains("- 1 SIMPLE e ref key=ix_firstname(58)") && report.contains("+ 1 SIMPLE e ALL [Using where]"),
        "{report}"
    );
    assert!(report.contains("MX001"), "the finding behind it: {report}");
    assert!(report.contains("1 as approved, 1 changed"), "{report}");
    assert_eq!(code(&project.run(&["check", "queries.sql", "--exit-zero"], &[])), Some(0));
}

#[test]
fn nothing_is_written_in_ci() {
    let project = Project::new("ci");
    for arguments in [["check", "queries.sql", "--update"], ["review", "queries.sql", "--snapshots=plans"]] {
        let refused = project.run(&arguments, &[("CI", "1")]);
        assert_eq!(code(&refused), Some(2));
        assert!(!project.0.join("plans").exists());
    }
}

#[test]
fn forms_for_machines() {
    let project = Project::new("forms");
    let files = ["check", "queries.sql", "--format", "github", "--sarif", "out.sarif", "--junit", "out.xml"];
    let output = project.run(&files, &[("GITHUB_STEP_SUMMARY", "summary.md")]);
    assert_eq!(code(&output), Some(1));
    assert!(
        stdout(&output).starts_with("::error file=queries.sql,line=2,col=1,title=plan-new%3A by_first_name::"),
        "{}",
        stdout(&output)
    );
    let sarif: serde_json::Value = serde_json::from_str(&project.read("out.sarif")).expect("SARIF is JSON");
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "plan-new");
    assert!(project.read("out.xml").contains("failures=\"2\""));
    assert!(project.read("summary.md").contains("2 statements, 2 errors"));
}

#[test]
fn only_what_changed_since_a_commit() {
    let project = Project::new("base");
    project.git(&["init", "-q"]);
    project.git(&["add", "queries.sql"]);
    project.git(&["commit", "-qm", "queries"]);
    let untouched = project.run(&["check", "queries.sql", "--base", "HEAD"], &[]);
    assert_eq!((code(&untouched), stdout(&untouched).contains("0 statements")), (Some(0), true));

    let text = project.read("queries.sql").replace("WHERE e.first_name = 'Matt'", "WHERE e.last_name = 'Matt'");
    project.write("queries.sql", &text);
    let changed = project.run(&["check", "queries.sql", "--base", "HEAD"], &[]);
    let report = stdout(&changed);
    assert!(report.contains("- 1 SIMPLE e ref key=ix_firstname(58)") && report.contains("1 statement:"), "{report}");
    let unknown = project.run(&["check", "queries.sql", "--base", "nowhere"], &[]);
    assert_eq!(code(&unknown), Some(2));
}

#[test]
fn snapshots_without_a_statement_are_named_and_deleted_on_request() {
    let project = Project::new("gone");
    project.run(&["check", "queries.sql", "--update"], &[]);
    project.write("queries.sql", "-- name: newest\nSELECT * FROM employees ORDER BY hire_date DESC LIMIT 10;\n");
    let output = project.run(&["check", "queries.sql"], &[]);
    assert!(code(&output) == Some(0) && stdout(&output).contains("plans/queries/by_first_name.plan"), "{}", stdout(&output));
    project.run(&["check", "queries.sql", "--update", "--unreferenced", "delete"], &[]);
    assert!(!project.0.join("plans/queries/by_first_name.plan").exists());
    assert!(project.0.join("plans/queries/newest.plan").exists());
}

#[test]
fn review_asks_for_each_plan() {
    use std::io::Write;
    let project = Project::new("review");
    let mut child = Command::new(env!("CARGO_BIN_EXE_myexplain"))
        .current_dir(&project.0)
        .env_remove("CI")
        .args(["review", "queries.sql", "-b", "bundle"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the binary runs");
    child.stdin.take().expect("a pipe").write_all(b"what\na\nr\n").expect("answers");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(code(&output), Some(1), "one was rejected");
    assert!(project.0.join("plans/queries/by_first_name.plan").exists());
    assert!(!project.0.join("plans/queries/newest.plan").exists());
}

#[test]
fn a_plan_that_hangs_on_the_sample_of_the_statistics_is_fragile() {
    let project = Project::new("fragile");
    let join = "SELECT d.dept_name, COUNT(*) FROM departments d JOIN dept_emp de USING (dept_no) JOIN employees e USING (emp_no) \
                GROUP BY 1";
    project.write(
        "queries.sql",
        &format!("-- name: close_call\n{join};\n-- name: lookup\nSELECT * FROM employees WHERE emp_no = 10001;\n"),
    );
    project.run(&["check", "queries.sql", "--update"], &[]);
    let unasked = project.run(&["check", "queries.sql", "--fail-on", "change,warning"], &[]);
    assert_eq!((code(&unasked), stdout(&unasked).contains("samples")), (Some(0), false), "{}", stdout(&unasked));

    let output = project.run(&["check", "queries.sql", "--fail-on", "fragile", "-f", "json"], &[]);
    assert_eq!(code(&output), Some(1));
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    let problem = &report["statements"][0]["problems"][0];
    assert_eq!((problem["rule"].as_str(), problem["level"].as_str()), (Some("plan-fragile"), Some("warning")));
    let message = problem["message"].as_str().expect("a message");
    assert!(message.contains("records per key of the first part of employees.dept_emp.PRIMARY"), "{message}");
    assert_eq!(report["statements"][1]["problems"], serde_json::json!([]), "a lookup is the same in any weather");
}

#[test]
fn a_filter_that_matches_nothing_is_told() {
    let project = Project::new("filter");
    let output = project.run(&["check", "queries.sql", "--filter", "by_las*"], &[]);
    assert_eq!(code(&output), Some(0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("'by_las*'"), "a typing error must not pass in silence");
}

#[test]
fn statements_of_a_general_log_are_named_by_digest() {
    let project = Project::new("log");
    let log = |name: &str| {
        let line = |no: u32, command: &str| format!("2024-05-06T07:08:0{no}.000000Z\t   12 {command}\n");
        let head = "mysqld, Version: 8.0.39 (MySQL Community Server - GPL). started with:\nTcp port: 3306  Unix socket: /tmp/mysql.sock\nTime                 Id Command    Argument\n";
        format!(
            "{head}{}{}{}{}",
            line(1, "Connect\tapp@localhost on employees using Socket"),
            line(2, &format!("Query\tSELECT * FROM employees WHERE first_name = '{name}'")),
            line(3, "Query\tSELECT * FROM nobody_knows"),
            line(4, "Query\tCOMMIT"),
        )
    };
    project.write("test-run.log", &log("Matt"));
    let updated = project.run(&["check", "test-run.log", "--update"], &[]);
    let said = String::from_utf8_lossy(&updated.stderr).into_owned();
    assert!(said.contains("1 plan approved") && said.contains("1 statement of logs left out"), "{said}");
    project.write("test-run.log", &log("Anneke"));
    assert_eq!(code(&project.run(&["check", "test-run.log"], &[])), Some(0), "another literal is the same statement");
    project.drop_first_name_index();
    let report = stdout(&project.run(&["check", "test-run.log"], &[]));
    assert!(report.contains("digest-") && report.contains("+ 1 SIMPLE employees ALL"), "{report}");
}
