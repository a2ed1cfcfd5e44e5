//! Plans of a live MySQL 9.7 (or later): the same statements, the server's recordings and ours. Skipped unless `MYEXPLAIN_LIVE` is
//! the address of a server where the user may create schemas (`.ci/mysql start` prints one).

use myexplain::parse::script;
use mysql::prelude::Queryable;
use mysql::{Conn, Opts, Row, Value};
use serde_json::json;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const SCHEMA: &str = "myexplain_live_versions";
/// Statements that are compared.
const STATEMENTS: usize = 150;
/// Percent of them that must be equal to the byte.
const LEAST: f64 = 85.0;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn fixture(name: &str) -> String {
    let path = root().join("fixtures").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn plans_of_a_live_server_are_the_same() {
    let Ok(address) = std::env::var("MYEXPLAIN_LIVE") else {
        println!("skipped: MYEXPLAIN_LIVE names no server");
        return;
    };
    let mut server = Conn::new(Opts::from_url(&address).expect("MYEXPLAIN_LIVE is an address")).expect("the server answers");
    let version: String = server.query_first("SELECT VERSION()").expect("its version").expect("one row");
    if version.parse() != Ok(myexplain::catalog::ServerVersion::V9_7) {
        println!("skipped: {address} runs {version}, this test is about 9.7");
        return;
    }
    let corpus = std::env::temp_dir().join(format!("{SCHEMA}-{}", std::process::id()));
    std::fs::create_dir_all(corpus.join("golden")).expect("a directory for recordings");
    load(&mut server);
    capture(&address, &corpus.join("bundle"));
    let dives = record(&mut server, &corpus.join("golden"));
    std::fs::write(corpus.join("bundle/dives.jsonl"), dives).expect("dives are written");
    std::fs::write(corpus.join("bundle/rows.jsonl"), rows(&mut server)).expect("rows are written");
    let report = verify(&corpus);
    server.query_drop(format!("DROP DATABASE {SCHEMA}")).expect("the schema goes again");
    std::fs::remove_dir_all(&corpus).expect("the directory goes again");
    println!("{version}\n{report}");
    for section in ["traditional", "tree"] {
        let share = share(&report, section);
        assert!(share >= LEAST, "{section}: {share} % of {STATEMENTS} statements are equal, {LEAST} % are wanted\n{report}");
    }
}

/// The employees schema with rows that are computed: the same in every run.
fn load(server: &mut Conn) {
    let schema = fixture("employees-9.7/bundle/schema.sql");
    let mut statements = vec![format!("DROP DATABASE IF EXISTS {SCHEMA}"), "SET cte_max_recursion_depth = 10000".to_owned()];
    statements.extend(schema.replace("`employees`", "`{}`").split(";\n").filter(|sql| !sql.trim().is_empty()).map(|sql| {
        // The schema's name comes first; a table has the same name.
        let name = if sql.contains("TABLE `{}`") { "employees" } else { SCHEMA };
        sql.replace("`{}`", &format!("`{name}`"))
    }));
    let tables = "departments employees dept_emp dept_manager salaries titles employee_name employees_parted employees_comp4k tb_test1 tb_test2";
    statements.extend(tables.split(' ').map(|table| format!("ALTER TABLE {table} STATS_AUTO_RECALC = 0")));
    statements.extend(ROWS.split(";\n").filter(|sql| !sql.trim().is_empty()).map(str::to_owned));
    statements.extend(tables.split(' ').map(|table| format!("ANALYZE TABLE {table}")));
    for (table, columns) in [
        ("employees", "birth_date, last_name"),
        ("dept_emp", "to_date"),
        ("salaries", "from_date, to_date"),
        ("titles", "title, from_date"),
    ] {
        statements.push(format!("ANALYZE TABLE {table} UPDATE HISTOGRAM ON {columns} WITH 50 BUCKETS"));
    }
    for sql in statements {
        server.query_drop(&sql).unwrap_or_else(|error| panic!("{error}\n{sql}"));
    }
}

/// 6,000 employees; `CRC32` takes the place of chance.
const ROWS: &str = "
INSERT INTO departments VALUES ('d001','Marketing'),('d002','Finance'),('d003','Human Resources'),('d004','Production'),
  ('d005','Development'),('d006','Quality Management'),('d007','Sales'),('d008','Research'),('d009','Customer Service');
INSERT INTO employees WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 5999)
  SELECT 10001 + i, DATE'1952-02-01' + INTERVAL CRC32(CONCAT('b', i)) % 4748 DAY,
    ELT(1 + CRC32(CONCAT('f', i)) % 60, 'Matt', 'Georgi', 'Zita', 'Babette', 'Gad', 'Bezalel', CONCAT('Name', CRC32(i) % 900)),
    CONCAT(ELT(1 + CRC32(CONCAT('l', i)) % 4, 'Acton', 'Facello', 'Simmel', 'Preusig'), CRC32(CONCAT('x', i)) % 300),
    IF(CRC32(CONCAT('g', i)) % 10 < 6, 'M', 'F'), DATE'1985-01-01' + INTERVAL CRC32(CONCAT('h', i)) % 5500 DAY
  FROM n WHERE ELT(1 + CRC32(CONCAT('f', i)) % 60, 1, 1, 1, 1, 1, 1, 1) IS NOT NULL;
INSERT INTO employees WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 5999)
  SELECT 10001 + i, DATE'1952-02-01' + INTERVAL CRC32(CONCAT('b', i)) % 4748 DAY, CONCAT('Name', CRC32(CONCAT('f', i)) % 900),
    CONCAT('Family', CRC32(CONCAT('x', i)) % 1200), IF(CRC32(CONCAT('g', i)) % 10 < 6, 'M', 'F'),
    DATE'1985-01-01' + INTERVAL CRC32(CONCAT('h', i)) % 5500 DAY
  FROM n WHERE ELT(1 + CRC32(CONCAT('f', i)) % 60, 1, 1, 1, 1, 1, 1, 1) IS NULL;
INSERT INTO employees_parted SELECT * FROM employees;
INSERT INTO employees_comp4k SELECT * FROM employees;
INSERT INTO employee_name SELECT emp_no, first_name, last_name FROM employees;
INSERT INTO dept_emp SELECT emp_no, CONCAT('d00', 1 + CRC32(CONCAT('d', emp_no)) % 9), hire_date + INTERVAL CRC32(CONCAT('s', emp_no)) % 1500 DAY,
    IF(CRC32(CONCAT('t', emp_no)) % 5 = 0, hire_date + INTERVAL 1500 + CRC32(emp_no) % 2500 DAY, '9999-01-01') FROM employees;
INSERT IGNORE INTO dept_emp SELECT emp_no, CONCAT('d00', 1 + CRC32(CONCAT('e', emp_no)) % 9), hire_date, hire_date + INTERVAL 900 DAY
  FROM employees WHERE emp_no % 10 = 3;
INSERT INTO salaries WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9)
  SELECT emp_no, 38000 + CRC32(CONCAT('p', emp_no)) % 40000 + i * (CRC32(CONCAT(emp_no, i)) % 4000), hire_date + INTERVAL i YEAR,
    IF(i = 9, '9999-01-01', hire_date + INTERVAL i + 1 YEAR) FROM employees JOIN n WHERE i < 3 + CRC32(CONCAT('y', emp_no)) % 8;
INSERT INTO titles SELECT emp_no, ELT(1 + CRC32(CONCAT('t', emp_no)) % 6, 'Staff', 'Engineer', 'Senior Staff', 'Senior Engineer',
    'Technique Leader', 'Assistant Engineer'), hire_date, IF(emp_no % 50 = 0, NULL, '9999-01-01') FROM employees;
INSERT INTO titles SELECT emp_no, 'Manager', hire_date + INTERVAL 4 YEAR, IF(emp_no % 40 = 0, NULL, hire_date + INTERVAL 9 YEAR)
  FROM employees WHERE emp_no % 3 = 0;
INSERT INTO dept_manager WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 23)
  SELECT CONCAT('d00', 1 + i % 9), 11022 + 37 * i, DATE'1985-01-01' + INTERVAL 400 * (i DIV 9) DAY, IF(i < 15, '1992-01-01', '9999-01-01') FROM n;
INSERT INTO tb_dual VALUES (1);
INSERT INTO tb_test1 VALUES (1, 10), (2, NULL);
INSERT INTO tb_test2 VALUES (1, 10);
";

fn capture(address: &str, bundle: &Path) {
    let output = Command::new(env!("CARGO_BIN_EXE_myexplain"))
        .args(["capture", "--no-config", "--force", "--no-defaults"])
        .arg(format!("{}/{SCHEMA}", address.trim_end_matches('/')))
        .arg("--output")
        .arg(bundle)
        .output()
        .expect("the binary runs");
    assert!(output.status.success(), "capture failed: {}", String::from_utf8_lossy(&output.stderr));
}

fn text(value: &Value) -> String {
    match value {
        Value::NULL => "NULL".to_owned(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        other => other.as_sql(true).trim_matches('\'').to_owned(),
    }
}

/// Rows as the mysql client prints them in a pipe, with a header.
fn table(rows: &[Row]) -> String {
    let Some(first) = rows.first() else { return String::new() };
    let header: Vec<String> = first.columns_ref().iter().map(|column| column.name_str().into_owned()).collect();
    let mut lines = vec![header.join("\t")];
    lines.extend(
        rows.iter()
            .map(|row| (0..row.len()).map(|no| row.as_ref(no).map_or_else(String::new, text)).collect::<Vec<_>>().join("\t")),
    );
    lines.join("\n")
}

/// Writes what the server plans for each statement, and returns the row counts of its index dives.
fn record(server: &mut Conn, golden: &Path) -> String {
    let setup = "SET SESSION time_zone = '+00:00', timestamp = 1666000000, optimizer_trace_max_mem_size = 100000000";
    server.query_drop(setup).expect("session settings");
    let by_hand =
        script::read(&fixture("employees/queries.sql")).into_iter().filter(|each| !each.name.starts_with("error-")).step_by(2);
    let generated = script::read(&fixture("employees-random/queries.sql")).into_iter().step_by(4);
    let mut dives = String::new();
    let mut recorded = 0;
    for statement in by_hand.chain(generated) {
        if recorded == STATEMENTS {
            break;
        }
        server.query_drop("SET SESSION optimizer_switch = DEFAULT, sql_mode = DEFAULT").expect("defaults");
        for set in &statement.sets {
            server.query_drop(format!("SET SESSION {set}")).unwrap_or_else(|error| panic!("{}: {error}", statement.name));
        }
        server.query_drop("SET SESSION optimizer_trace = 'enabled=on'").expect("the trace is switched on");
        // What the server refuses is no plan.
        let Ok(rows) = server.query::<Row, _>(format!("EXPLAIN FORMAT=TRADITIONAL {}", statement.sql)) else { continue };
        let trace: Option<String> =
            server.query_first("SELECT trace FROM information_schema.optimizer_trace").expect("the trace");
        server.query_drop("SET SESSION optimizer_trace = 'enabled=off'").expect("the trace is switched off");
        let tree: Option<String> = server.query_first(format!("EXPLAIN FORMAT=TREE {}", statement.sql)).expect("a tree");
        let trace: serde_json::Value = serde_json::from_str(&trace.unwrap_or_default()).unwrap_or_default();
        find_dives(&trace, None, &statement.sql, &mut dives);
        let sets = if statement.sets.is_empty() { String::new() } else { format!("=== set\n{}\n", statement.sets.join("\n")) };
        let (rows, tree) = (table(&rows), tree.unwrap_or_default());
        let recording = format!("{sets}=== sql\n{}\n=== traditional\n{rows}\n=== tree\n{}\n", statement.sql, tree.trim_end());
        std::fs::write(golden.join(format!("{}.txt", statement.name)), recording).expect("a recording is written");
        recorded += 1;
    }
    assert_eq!(recorded, STATEMENTS);
    dives
}

/// Row counts of ranges that a trace tells of, as lines of a bundle's `dives.jsonl`.
fn find_dives(trace: &serde_json::Value, table: Option<&str>, sql: &str, out: &mut String) {
    if let Some(list) = trace.as_array() {
        list.iter().for_each(|each| find_dives(each, table, sql, out));
    }
    let Some(object) = trace.as_object() else { return };
    let named = object.get("table").and_then(|name| name.as_str());
    let table = named.or(table);
    let known = object.contains_key("rowid_ordered")
        && object.contains_key("ranges")
        && object.get("rows").is_some_and(|rows| rows.is_u64());
    if let (true, Some(table)) = (known, table.and_then(|table| table.split('`').nth(1))) {
        let dived = object.get("index_dives_for_eq_ranges").and_then(serde_json::Value::as_bool).unwrap_or(true);
        let line = json!({
            "schema": SCHEMA, "table": table, "index": object["index"], "ranges": object["ranges"], "rows": object["rows"],
            "index_dives_for_eq_ranges": dived, "sql": sql,
        });
        let _ = writeln!(out, "{line}");
    }
    object.values().for_each(|each| find_dives(each, table, sql, out));
}

/// The rows that const tables read, by the keys that were captured from another server with the same schema.
fn rows(server: &mut Conn) -> String {
    let mut out = String::new();
    let keys = fixture("employees/bundle/rows.jsonl") + &fixture("employees-random/bundle/rows.jsonl");
    for line in keys.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("a line of rows.jsonl");
        let (Some(table), key) = (line["table"].as_str(), line["key"].as_array()) else { continue };
        let columns: Vec<String> = server
            .exec(
                "SELECT column_name FROM information_schema.statistics WHERE table_schema = ? AND table_name = ? AND index_name = ? ORDER BY seq_in_index",
                (SCHEMA, table, line["index"].as_str().unwrap_or("")),
            )
            .expect("the index' columns");
        let values: Vec<Value> = key.into_iter().flatten().map(|value| value.as_str().map_or(Value::NULL, Value::from)).collect();
        let condition =
            columns.iter().map(|column| format!("`{column}` = ?")).take(values.len()).collect::<Vec<_>>().join(" AND ");
        let condition = if condition.is_empty() { "TRUE".to_owned() } else { condition };
        let found: Option<Row> = match server.exec_first(format!("SELECT * FROM {table} WHERE {condition} LIMIT 1"), values) {
            Ok(row) => row,
            // A key that this table's columns cannot be compared with is no const table either.
            Err(_) => continue,
        };
        let row = found.map(|row| {
            let columns = row.columns();
            let named = columns.iter().enumerate().map(|(no, column)| {
                let value = row.as_ref(no).filter(|value| **value != Value::NULL).map(text);
                (column.name_str().into_owned(), value)
            });
            named.collect::<std::collections::BTreeMap<String, Option<String>>>()
        });
        let _ = writeln!(
            out,
            "{}",
            json!({ "schema": SCHEMA, "table": table, "index": line["index"], "key": line["key"], "row": row })
        );
    }
    out
}

fn verify(corpus: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_myexplain"))
        .args(["verify", "--no-config", "--bundle"])
        .args([corpus.join("bundle"), corpus.join("golden")])
        .output()
        .expect("the binary runs");
    assert!(matches!(output.status.code(), Some(0 | 1)), "verify failed: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Percent of equal recordings in one section, as `verify` prints it.
fn share(report: &str, section: &str) -> f64 {
    let line = report.lines().find(|line| line.starts_with(section));
    let percent = line.and_then(|line| line.strip_suffix(" %")?.rsplit(' ').next()?.parse().ok());
    percent.unwrap_or_else(|| panic!("no share of {section} in\n{report}"))
}
