//! `myexplain bundle …` as people call it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

/// A directory that goes away with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = env::temp_dir().join(format!("myexplain-bundle-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }
    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }
    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_myexplain"));
    command.args(arguments).arg("--no-config").env_remove("MYEXPLAIN_BUNDLE").output().unwrap()
}

fn ok(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn refused(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn fixture() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/employees/bundle").display().to_string()
}

/// The cells of the traditional table without rows and filtered.
fn shape(bundle: &str, sql: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| -> Vec<String> {
        let cells = line.split('\t').enumerate();
        cells.filter(|(at, _)| !matches!(at, 9 | 10)).map(|(_, cell)| cell.to_owned()).collect()
    };
    ok(&["explain", "-b", bundle, "--format", "tsv", "-e", sql]).lines().map(cells).collect()
}

const SHOP: &str = "-- a dump\nSET NAMES utf8mb4;\nDROP TABLE IF EXISTS `orders`;\nCREATE TABLE `customers` (\n  `id` int NOT NULL,\n  \
                    `name` varchar(40) NOT NULL,\n  `country` char(2) NOT NULL,\n  PRIMARY KEY (`id`),\n  KEY `ix_country` (`country`)\n) \
                    ENGINE=InnoDB;\nCREATE TABLE `orders` (\n  `id` int NOT NULL,\n  `customer_id` int NOT NULL,\n  `status` \
                    enum('new','paid') NOT NULL,\n  `amount` decimal(8,2) DEFAULT NULL,\n  PRIMARY KEY (`id`),\n  KEY `ix_customer` \
                    (`customer_id`)\n) ENGINE=InnoDB;\nLOCK TABLES `orders` WRITE;\n";

/// 200 customers and 5,000 orders: as CSV with a header, and as INSERT statements.
fn shop(scratch: &Scratch) -> (String, String) {
    let data = scratch.path("data");
    fs::create_dir_all(&data).unwrap();
    let mut customers = String::from("id,name,country\n");
    for no in 1..=200 {
        customers.push_str(&format!("{no},\"Customer, number {no}\",{}\n", ["DE", "FR", "IT", "ES"][no % 4]));
    }
    let mut dump = SHOP.to_owned();
    let rows: Vec<String> = (1..=5000)
        .map(|no| {
            format!(
                "({no},{},'{}',{})",
                no % 200 + 1,
                ["new", "paid"][no % 2],
                if no % 10 == 0 { "NULL".into() } else { format!("{no}.50") }
            )
        })
        .collect();
    for some in rows.chunks(1000) {
        dump.push_str(&format!("INSERT INTO `orders` VALUES {};\n", some.join(",")));
    }
    dump.push_str("UNLOCK TABLES;\n");
    fs::write(Path::new(&data).join("customers.csv"), customers).unwrap();
    (data, scratch.file("dump.sql", &dump))
}

#[test]
fn rows_become_statistics_histograms_and_dives() {
    let scratch = Scratch::new("rows");
    let (data, dump) = shop(&scratch);
    let made = scratch.path("made.tar.zst");
    let sql = "SELECT * FROM orders WHERE customer_id BETWEEN 10 AND 12";
    let queries = scratch.file(
        "q.sql",
        &format!("{sql};\nSELECT name FROM customers WHERE id = 7;\nSELECT name FROM customers WHERE id = 999;\n"),
    );
    ok(&[
        "bundle",
        "from-rows",
        &data,
        &dump,
        "--histogram",
        "orders.status",
        "--histogram",
        "orders.amount=4",
        "--for",
        &queries,
        "-o",
        &made,
    ]);
    let rows = |sql: &str| ok(&["explain", "-b", &made, "--format", "tsv", "-e", sql]);
    // 25 orders for each customer.
    assert!(rows(sql).contains("\tix_customer\t4\tNULL\t75\t100.00\t"), "{}", rows(sql));
    assert!(rows("SELECT * FROM orders WHERE customer_id = 5").contains("\tix_customer\t4\tconst\t25\t"));
    assert!(rows("SELECT name FROM customers WHERE id = 7").contains("\tconst\tPRIMARY\t"));
    assert!(rows("SELECT name FROM customers WHERE id = 999").contains("no matching row in const table"));
    assert!(rows("SELECT * FROM orders WHERE status = 'new'").contains("\t50.00\t"), "by its histogram");
    let info: serde_json::Value = serde_json::from_str(&ok(&["bundle", "info", &made, "--format", "json"])).unwrap();
    let tables = info["tables"].as_array().unwrap();
    let of = |name: &str| tables.iter().find(|table| table["table"] == name).unwrap();
    assert_eq!((&of("customers")["rows"], &of("orders")["indexes"]), (&200.into(), &2.into()));
    assert_eq!(of("orders")["histograms"].as_array().map(Vec::len), Some(2));
    assert!(refused(&["bundle", "from-rows", &data, "-o", &scratch.path("x")]).contains("--schema"));
    assert!(refused(&["bundle", "from-rows", &data, &dump, "-o", &made]).contains("--force"));
}

/// Statements of the employees file whose plans have the same shape under a bundle computed from generated rows.
#[test]
fn computed_plans_agree_with_captured_ones() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let (generator, corpus) = (shared.join("datasets/employees/generate.py"), shared.join("corpus/employees"));
    if !generator.exists() || !corpus.exists() {
        return;
    }
    let scratch = Scratch::new("employees");
    let data = scratch.path("rows");
    if !Command::new("python3").arg(&generator).args([&data, "0.1"]).status().is_ok_and(|status| status.success()) {
        return;
    }
    let captured = corpus.join("bundle").display().to_string();
    let queries = corpus.join("queries.sql").display().to_string();
    let computed = scratch.path("computed");
    let mut arguments = vec!["bundle", "from-rows", &data, "-b", &captured, "--for", &queries, "-o", &computed];
    for histogram in [
        "employees.birth_date",
        "employees.last_name",
        "dept_emp.to_date",
        "salaries.from_date",
        "salaries.to_date",
        "titles.title=50",
        "titles.from_date=50",
    ] {
        arguments.extend(["--histogram", histogram]);
    }
    ok(&arguments);
    let plans = |bundle: &str, name: &str| {
        let out = scratch.path(name);
        run(&["explain", "-b", bundle, "--queries", &queries, "--out", &out]);
        out
    };
    let (one, other) = (plans(&captured, "captured"), plans(&computed, "plans"));
    let traditional = |directory: &str, name: &std::ffi::OsStr| -> Vec<String> {
        let text = fs::read_to_string(Path::new(directory).join(name)).unwrap_or_default();
        let lines =
            text.lines().skip_while(|line| *line != "=== traditional").skip(1).take_while(|line| !line.starts_with("=== "));
        let shape = |line: &str| {
            line.split('\t')
                .enumerate()
                .filter(|(at, _)| !matches!(at, 9 | 10))
                .map(|(_, cell)| cell.to_owned())
                .collect::<Vec<_>>()
        };
        lines.map(|line| shape(line).join("\t")).collect()
    };
    let (mut same, mut all) = (0, 0);
    for entry in fs::read_dir(&one).unwrap().flatten() {
        let wanted = traditional(&one, &entry.file_name());
        if wanted.is_empty() {
            continue;
        }
        all += 1;
        same += usize::from(wanted == traditional(&other, &entry.file_name()));
    }
    assert!(all > 180 && same * 100 >= all * 95, "{same} of {all}");
}

#[test]
fn definitions_and_row_counts_make_a_bundle() {
    let scratch = Scratch::new("ddl");
    let schema = scratch.file("schema.sql", SHOP);
    let made = scratch.path("guessed");
    ok(&["bundle", "from-ddl", &schema, "--rows", "orders=1e7", "--rows", "customers=50000", "-o", &made]);
    let plan = shape(&made, "SELECT * FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.country = 'DE'");
    assert_eq!(plan.len(), 3, "{plan:?}");
    let info = ok(&["bundle", "info", &made]);
    assert!(info.contains("orders: 10000000 rows, as given"), "{info}");
    assert!(
        refused(&["bundle", "from-ddl", &schema, "--rows", "order=5", "-o", &scratch.path("x")]).contains("no table 'order'")
    );
    let nothing = scratch.file("nothing.csv", "");
    let refusal = refused(&["bundle", "from-rows", &nothing, "--schema", &schema, "-o", &scratch.path("x")]);
    assert!(refusal.contains("no rows were read"), "{refusal}");
    assert!(refused(&["bundle", "from-ddl", &schema, "--rows", "orders=many", "-o", &scratch.path("x")]).contains("orders=1e7"));
}

#[test]
fn a_bundle_shrinks_grows_merges_and_is_compared() {
    let scratch = Scratch::new("change");
    let sql = "SELECT d.dept_name FROM departments d JOIN dept_emp de USING (dept_no) WHERE de.from_date < '1985-02-01'";
    let (small, big) = (scratch.path("small"), scratch.path("big.tar.zst"));
    ok(&["bundle", "shrink", "-b", &fixture(), "-e", sql, "-o", &small]);
    let explain = |bundle: &str, format: &str| ok(&["explain", "-b", bundle, "--format", format, "-w", "-e", sql]);
    for format in ["traditional", "tree", "json"] {
        assert_eq!(explain(&small, format), explain(&fixture(), format));
    }
    let schema = fs::read_to_string(Path::new(&small).join("schema.sql")).unwrap();
    assert_eq!(schema.matches("CREATE TABLE").count(), 2);
    ok(&["bundle", "grow", &fixture(), "--table", "dept_emp=10x", "-o", &big]);
    let output = run(&["bundle", "diff", &fixture(), &big]);
    assert_eq!(output.status.code(), Some(1));
    let differences = String::from_utf8(output.stdout).unwrap();
    assert!(differences.contains("employees.dept_emp n_rows: 326933 -> 3269330"), "{differences}");
    assert!(!differences.contains("employees.salaries"), "{differences}");
    assert_eq!(ok(&["bundle", "diff", &fixture(), &fixture()]), "");
    let merged = scratch.path("merged");
    ok(&["bundle", "merge", &big, &fixture(), "-o", &merged]);
    assert_eq!(run(&["bundle", "diff", &merged, &fixture()]).stdout, b"");
    assert!(refused(&["bundle", "grow", &fixture(), "--table", "nope=2x", "-o", &scratch.path("x")]).contains("'nope'"));
}

#[test]
fn a_masked_bundle_gives_masked_statements_the_same_plan() {
    let scratch = Scratch::new("redact");
    let masked = scratch.path("masked");
    let sql = "SELECT * FROM employees WHERE first_name = 'Matt' AND birth_date > '1960-01-01'";
    let statement = ok(&["bundle", "redact", &fixture(), "-e", sql, "-o", &masked]);
    let statement = statement.trim().trim_end_matches(';');
    assert!(!statement.contains("Matt"), "{statement}");
    let table = |bundle: &str, sql: &str| ok(&["explain", "-b", bundle, "-e", sql]);
    assert_eq!(table(&masked, statement), table(&fixture(), sql));
    for entry in fs::read_dir(&masked).unwrap().flatten() {
        assert!(!fs::read_to_string(entry.path()).unwrap().contains("Matt"), "{}", entry.path().display());
    }
}

#[test]
fn names_are_masked_alike_in_bundle_and_statement() {
    let scratch = Scratch::new("redact-names");
    let (masked, map) = (scratch.path("masked"), scratch.path("map.tsv"));
    let sql =
        "SELECT e.last_name FROM employees e JOIN dept_emp d USING (emp_no) WHERE d.dept_no = 'd005' AND e.first_name = 'Matt'";
    let statement = ok(&["bundle", "redact", &fixture(), "--names", "--map", &map, "-e", sql, "-o", &masked]);
    let statement = statement.trim().trim_end_matches(';');
    assert!(!statement.contains("emp") && !statement.contains("Matt"), "{statement}");
    let access = |bundle: &str, sql: &str| {
        let table = ok(&["explain", "-b", bundle, "--format", "tsv", "-e", sql]);
        // Type, key length, rows, filtered: what holds no name.
        table
            .lines()
            .skip(1)
            .map(|line| {
                let f: Vec<_> = line.split('\t').collect();
                [f[4], f[7], f[9], f[10]].join(" ")
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(access(&masked, statement), access(&fixture(), sql));
    assert!(fs::read_to_string(&map).unwrap().lines().any(|line| line.starts_with("column\tfirst_name\tc")));
    assert!(refused(&["bundle", "redact", &fixture(), "--map", &map, "-o", &scratch.path("x")]).contains("--names"));
}

#[test]
fn what_is_no_bundle_is_refused() {
    let scratch = Scratch::new("refuse");
    let text = scratch.file("notes.txt", "hello");
    assert!(refused(&["explain", "-b", &text, "-e", "SELECT 1"]).contains("is no bundle"));
    assert!(refused(&["bundle", "info", &scratch.path("nowhere")]).contains("nowhere"));
    assert!(refused(&["bundle", "shrink", "-o", &scratch.path("x")]).contains("no statement given"));
}

fn dump(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dumps").join(name).display().to_string()
}

/// The dumps were written by `mysqldump --no-data --routines --triggers --column-statistics shop` and `mysqldump mysql
/// innodb_table_stats innodb_index_stats` of one server, `captured` by `myexplain capture` of the same server at the same time.
#[test]
fn dumps_make_the_bundle_of_a_capture_but_for_named_gaps() {
    const STATEMENTS: [&str; 6] = [
        "SELECT * FROM customers c JOIN orders o ON o.customer_id = c.id JOIN lines_ l ON l.order_id = o.id WHERE c.country = 'de'",
        "SELECT * FROM german WHERE id = 3",
        "SELECT COUNT(*) FROM lines_ WHERE sku = 'sku3'",
        "SELECT customer_id, SUM(vat(total)) FROM orders WHERE placed >= '2025-06-01' GROUP BY customer_id",
        "SELECT email FROM customers WHERE id IN (SELECT customer_id FROM orders WHERE placed < '2025-01-01') ORDER BY email LIMIT 3",
        "SELECT * FROM lines_ WHERE amount = 7",
    ];
    let scratch = Scratch::new("dumps");
    let made = scratch.path("made");
    ok(&["bundle", "import", &dump("shop.sql"), &dump("statistics.sql"), "-o", &made]);
    let captured = dump("captured");
    let tree = |bundle: &str, sql: &str| ok(&["explain", "-b", bundle, "--format", "tree", "-e", sql]);
    for sql in STATEMENTS {
        assert_eq!(tree(&made, sql), tree(&captured, sql), "{sql}");
    }
    let about = fs::read_to_string(Path::new(&made).join("bundle.json")).unwrap();
    for gap in
        ["innodb_tablestats", "innodb_cached_indexes", "column_statistics", "server_cost", "variables", "tables", "statistics"]
    {
        assert!(about.contains(&format!("\"{gap}.")), "{gap}: {about}");
    }
    assert!(about.contains("the server has some on shop.customers.note"), "{about}");
    // Both dumps in one file give the same.
    let both = ["shop.sql", "statistics.sql"].map(|name| fs::read_to_string(dump(name)).unwrap()).concat();
    let other = scratch.path("other");
    ok(&["bundle", "import", &scratch.file("both.sql", &both), "-o", &other]);
    for name in ["schema.sql", "innodb_table_stats.tsv", "innodb_index_stats.tsv", "bundle.json"] {
        let read = |bundle: &str| fs::read_to_string(Path::new(bundle).join(name)).unwrap();
        assert_eq!(read(&other), read(&made), "{name}");
    }
}
