//! `myexplain slowlog` as people use it, its JSON against the published schema, and its page in a real browser.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn log(name: &str) -> String {
    root().join("src/ingest/slowlog/fixtures").join(name).display().to_string()
}

/// Runs `slowlog` against the employees bundle.
fn slowlog(arguments: &[&str]) -> String {
    let bundle = root().join("fixtures/employees/bundle").display().to_string();
    run(&[&["slowlog", "-b", &bundle], arguments].concat(), 0, Stdio::null())
}

fn run(arguments: &[&str], code: i32, stdin: Stdio) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_myexplain"))
        .args(arguments)
        .env_remove("MYEXPLAIN_BUNDLE")
        .stdin(stdin)
        .output()
        .expect("the binary runs");
    let (out, err) = (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned());
    assert_eq!(output.status.code(), Some(code), "{out}\n{err}");
    if code == 0 { out } else { err }
}

#[test]
fn a_report_for_a_terminal_names_class_plan_and_finding() {
    let report = slowlog(&["--width", "100", &log("mysql80.log")]);
    assert!(report.contains("7 statements of 6 classes took 4.10 s, 2024-01-02T03:04:05Z to 2024-01-02T03:05:13Z"), "{report}");
    assert!(report.contains("digest "), "{report}");
    assert!(report.contains("-> Limit: 10 row(s)"), "{report}");
    assert!(report.contains("not planned: a statement without a plan"), "{report}");
    // The path of the log cannot be broken; nor can a digest, which fits into 72.
    let breakable = |line: &&str| !line.contains("mysql80.log");
    assert!(report.lines().filter(breakable).all(|line| line.chars().count() <= 100), "{report}");
    let narrow = slowlog(&["--width", "72", &log("mysql80.log")]);
    assert!(narrow.lines().filter(breakable).all(|line| line.chars().count() <= 72), "{narrow}");
}

#[test]
fn json_is_as_its_schema_says() {
    let schema = std::fs::read_to_string(root().join("docs/schema/slowlog.schema.json")).expect("the schema");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for name in ["mysql80.log", "general.log", "digests.tsv", "percona.log"] {
        let document: Value = serde_json::from_str(&slowlog(&["--format", "json", &log(name)])).expect("JSON");
        let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        let lines = slowlog(&["--format", "jsonl", &log(name)]);
        let classes: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(document["classes"].as_array(), Some(&classes));
    }
    let mut broken: Value = serde_json::from_str(&slowlog(&["--format", "json", &log("mysql80.log")])).expect("JSON");
    broken["classes"][0]["count"] = Value::from("many");
    assert!(!validator.is_valid(&broken), "the schema refuses what is wrong");
}

#[test]
fn classes_are_ranked_by_what_can_be_won() {
    let document: Value = serde_json::from_str(&slowlog(&["--format", "json", &log("mysql80.log")])).expect("JSON");
    let classes = document["classes"].as_array().expect("classes");
    let won: Vec<f64> = classes.iter().map(|class| class["to_win"]["seconds"].as_f64().unwrap_or(0.0)).collect();
    assert!(won.windows(2).all(|pair| pair[0] >= pair[1]), "{won:?}");
    assert!(won[0] > 0.0, "{classes:?}");
    let total = classes[0]["time_seconds"]["total"].as_f64().expect("a time");
    assert!(won[0] <= total);
}

#[test]
fn a_digest_summary_is_planned_for_the_values_that_may_stand_there() {
    let dir = std::env::temp_dir().join(format!("myexplain-digests-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a directory");
    let file = dir.join("digests.tsv");
    let text = "SCHEMA_NAME\tDIGEST\tDIGEST_TEXT\tCOUNT_STAR\tSUM_TIMER_WAIT\tMIN_TIMER_WAIT\tMAX_TIMER_WAIT\n\
                employees\tabc\tSELECT COUNT ( * ) FROM `employees` WHERE `hire_date` > ? AND `emp_no` IN (...) LIMIT ? \t10\t5000000000000\t1000000\t900000000000\n";
    std::fs::write(&file, text).expect("a file");
    let document: Value = serde_json::from_str(&slowlog(&["--format", "json", &file.display().to_string()])).expect("JSON");
    std::fs::remove_dir_all(&dir).expect("it goes");
    let plans = document["classes"][0]["plan"]["plans_by_value"].as_array().cloned().unwrap_or_default();
    let whole: f64 = plans.iter().filter_map(|plan| plan["share"].as_f64()).sum();
    assert!(!plans.is_empty() && (whole - 1.0).abs() < 1e-6, "{document}");
}

#[test]
fn logs_in_pipes_and_refusals() {
    let file = std::fs::File::open(log("mysql80.log")).expect("the log");
    let report = run(&["slowlog", "-"], 0, file.into());
    assert!(report.contains("6 classes"), "{report}");
    assert!(run(&["slowlog", "/no/such/log"], 2, Stdio::null()).contains("/no/such/log"));
    let bundle = root().join("fixtures/employees/bundle/engine_cost.tsv").display().to_string();
    assert!(run(&["slowlog", &bundle], 2, Stdio::null()).contains("no slow log"));
}

#[test]
fn a_statement_with_placeholders_has_plans_by_value() {
    let sql = "SELECT * FROM salaries WHERE from_date > ? AND to_date < '1990-01-01'";
    let text = run(&["explain", "--format", "tree", "-e", sql], 0, Stdio::null());
    assert!(text.contains("placeholder 1: salaries.from_date, "), "{text}");
    assert!(text.contains("% of the values, cost "), "{text}");
    assert!(text.contains("-> "), "{text}");
}

#[test]
fn markdown_has_a_table_and_code() {
    let text = slowlog(&["--format", "markdown", &log("mysql80.log")]);
    assert!(text.contains("| | share | total |"), "{text}");
    assert!(text.contains("\n```sql\n"), "{text}");
}

#[test]
fn a_page_escapes_what_a_log_holds() {
    let dir = std::env::temp_dir().join(format!("myexplain-page-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a directory");
    let file = dir.join("evil.sql");
    std::fs::write(&file, "SELECT '</script><script>alert(1)</script>' FROM `<img src=x>`;\n").expect("a file");
    let page = slowlog(&["--format", "html", &file.display().to_string()]);
    std::fs::remove_dir_all(&dir).expect("it goes");
    assert!(!page.contains("<img src=x>") && !page.contains("<script>alert"), "{page}");
    assert!(!page.contains("http://") && !page.contains("https://"), "the page needs no network");
}

/// Runs Chromium without a window; none if MYEXPLAIN_CHROMIUM does not name it.
fn chromium(arguments: &[&str]) -> Option<Vec<u8>> {
    let Some(binary) = std::env::var_os("MYEXPLAIN_CHROMIUM") else {
        eprintln!("skipped: set MYEXPLAIN_CHROMIUM to the path of Chromium");
        return None;
    };
    let profile = std::env::temp_dir().join(format!("myexplain-chromium-{}", std::process::id()));
    let output = Command::new(binary)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
        ])
        .args(["--disable-component-update", "--disable-sync", "--virtual-time-budget=2000"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("Chromium runs");
    let _ = std::fs::remove_dir_all(&profile);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

#[test]
fn the_page_works_in_chromium() {
    let dir = std::env::temp_dir().join(format!("myexplain-report-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a directory");
    let page = dir.join("report.html");
    let bundle = root().join("fixtures/employees/bundle").display().to_string();
    let file = page.display().to_string();
    run(&["slowlog", "-b", &bundle, "--format", "html", "-o", &file, &log("mysql80.log")], 0, Stdio::null());
    let dom = |fragment: &str| chromium(&["--dump-dom", &format!("file://{file}{fragment}")]);
    let Some(sorted) = dom("#sort=count") else { return };
    let sorted = String::from_utf8_lossy(&sorted).into_owned();
    let counts = column(&sorted, 3);
    assert!(counts.len() > 3 && counts.windows(2).all(|pair| pair[0] >= pair[1]), "{counts:?}");
    assert!(sorted.contains("aria-sort=\"descending\""), "the heading says how it is sorted");
    assert!(sorted.matches("class=\"slab").count() >= 3, "the icicle is drawn");
    let backwards = String::from_utf8_lossy(&dom("#sort=%23").expect("Chromium is there")).into_owned();
    assert_eq!(column(&backwards, 0), [6.0, 5.0, 4.0, 3.0, 2.0, 1.0], "another column gives another order");
    std::fs::remove_dir_all(&dir).expect("it goes");
}

/// Values of a column of the table, in the order of its rows.
fn column(dom: &str, number: usize) -> Vec<f64> {
    let body = dom.split("<tbody>").nth(1).and_then(|rest| rest.split("</tbody>").next()).unwrap_or_default();
    let rows = body.split("<tr>").skip(1);
    let cell = |row: &str| -> Option<f64> { row.split("data-value=\"").nth(number + 1)?.split('"').next()?.parse().ok() };
    rows.filter_map(cell).collect()
}
