//! Each change, on the sample schema.

use super::*;
use crate::Planner;
use crate::catalog::Table;
use crate::explain::traditional;
use std::sync::Arc;

fn supposing(options: &[(&str, &str)]) -> Hypothesis {
    let what_if: WhatIf = options.iter().map(|(option, value)| Change::from_option(option, value).unwrap()).collect();
    what_if.apply(&Catalog::sample()).unwrap()
}

fn refused(option: &str, value: &str) -> String {
    let what_if: WhatIf = [Change::from_option(option, value).unwrap()].into_iter().collect();
    what_if.apply(&Catalog::sample()).unwrap_err().to_string()
}

/// Type and key of the first table of a plan.
fn access(catalog: &Catalog, sql: &str) -> (String, String) {
    let plan = Planner::new(catalog).plan(sql).unwrap();
    let text = traditional::tsv(&plan);
    let line = text.lines().nth(1).unwrap();
    let cells: Vec<&str> = line.split('\t').collect();
    (cells[4].to_owned(), cells[6].to_owned())
}

fn table(catalog: &Catalog, name: &str) -> Arc<Table> {
    Arc::clone(&catalog.schemas["employees"].tables[name])
}

fn is(kind: &str, key: &str) -> (String, String) {
    (kind.to_owned(), key.to_owned())
}

#[test]
fn an_index_is_used_and_its_statistics_are_told() {
    let supposed = supposing(&[("add-index", "ALTER TABLE titles ADD INDEX by_from (from_date)")]);
    let sql = "SELECT * FROM titles WHERE from_date = '1990-01-01'";
    assert_ne!(access(&Catalog::sample(), sql).0, "ref");
    assert_eq!(access(&supposed.catalog, sql), is("ref", "by_from"));
    let derivation = &supposed.derivations[0];
    assert_eq!(derivation.of, "employees.titles.by_from");
    assert!(derivation.lines.iter().any(|line| line.contains("rows a key of (from_date)")), "{derivation}");
    assert!(derivation.lines.iter().any(|line| line.contains("leaf pages")), "{derivation}");
}

#[test]
fn the_order_of_columns_of_a_known_index_does_not_matter() {
    let supposed = supposing(&[("add-index", "CREATE INDEX swapped ON dept_emp (from_date, emp_no)")]);
    let table = table(&supposed.catalog, "dept_emp");
    let per_key = |index: &str, parts| {
        supposed.catalog.statistics.records_per_key(&table, table.index_by_name(index).unwrap(), parts).unwrap()
    };
    let close = |a: f32, b: f32| assert!((a - b).abs() / b < 1e-3, "{a} {b}");
    close(per_key("swapped", 1), per_key("ix_fromdate", 1));
    close(per_key("swapped", 2), per_key("ix_empno_fromdate", 2));
    close(per_key("swapped", 3), 1.0);
}

#[test]
fn independent_columns_multiply_within_bounds() {
    let per_key = |ddl: &str| {
        let supposed = supposing(&[("add-index", ddl)]);
        let table = table(&supposed.catalog, "titles");
        let index = table.index_by_name("k").unwrap();
        (1..=2).map(|parts| supposed.catalog.statistics.records_per_key(&table, index, parts).unwrap()).collect::<Vec<_>>()
    };
    let two = per_key("CREATE INDEX k ON titles (to_date, title)");
    assert!(two[1] <= two[0] && two[1] >= 1.0, "{two:?}");
    let alone = per_key("CREATE INDEX k ON titles (title, to_date)");
    assert!((alone[1] - two[1]).abs() / two[1] < 1e-3, "the order does not matter: {alone:?} {two:?}");
}

#[test]
fn dropping_and_hiding_an_index() {
    let sql = "SELECT * FROM employees WHERE hire_date = '1990-01-01'";
    let key = "ix_hiredate";
    assert_eq!(access(&Catalog::sample(), sql), is("ref", key));
    let member = format!("employees.{key}");
    for option in ["drop-index", "invisible"] {
        let supposed = supposing(&[(option, &member)]);
        assert_ne!(access(&supposed.catalog, sql).1, key, "{option}");
    }
    let both = supposing(&[("invisible", &member), ("visible", &member)]);
    assert_eq!(access(&both.catalog, sql), access(&Catalog::sample(), sql));
    assert!(refused("drop-index", "dept_emp.nope").contains("Can't DROP 'nope'"));
    assert!(refused("invisible", "dept_emp.PRIMARY").contains("primary key"));
}

#[test]
fn changes_that_change_nothing_give_the_same_plans() {
    let nothing = supposing(&[
        ("rows", "employees=1x"),
        ("add-index", "CREATE INDEX k ON salaries (salary)"),
        ("drop-index", "salaries.k"),
    ]);
    for sql in [
        "SELECT * FROM employees WHERE emp_no BETWEEN 10001 AND 10100",
        "SELECT * FROM salaries WHERE emp_no = 10001 ORDER BY from_date",
        "SELECT e.last_name, s.salary FROM employees e JOIN salaries s USING (emp_no) WHERE e.emp_no < 10010",
    ] {
        let before = crate::explain::json::render(&Planner::new(&Catalog::sample()).plan(sql).unwrap());
        let after = crate::explain::json::render(&Planner::new(&nothing.catalog).plan(sql).unwrap());
        assert_eq!(before, after, "{sql}");
    }
}

#[test]
fn rows_scale_pages_and_keys_with_few_values() {
    let supposed = supposing(&[("rows", "dept_emp=10x")]);
    let table = table(&supposed.catalog, "dept_emp");
    let (before, after) = (Catalog::sample().statistics.table(&table), supposed.catalog.statistics.table(&table));
    assert_eq!(after.rows, before.rows * 10);
    assert_eq!(after.clustered_pages, before.clustered_pages * 10);
    let sample = Catalog::sample().statistics;
    let primary = table.primary.unwrap();
    let ratio = supposed.catalog.statistics.records_per_key(&table, primary, 1).unwrap()
        / sample.records_per_key(&table, primary, 1).unwrap();
    assert!((ratio - 10.0).abs() < 1e-3, "few departments: {ratio}");
    let by_employee = table.index_by_name("ix_empno_fromdate").unwrap();
    let same = supposed.catalog.statistics.records_per_key(&table, by_employee, 1);
    assert_eq!(same, sample.records_per_key(&table, by_employee, 1), "many employees");
    let small = supposing(&[("rows", "departments=1m")]);
    let departments = self::table(&small.catalog, "departments");
    assert_eq!(small.catalog.statistics.table(&departments).rows, 1_000_000);
}

#[test]
fn a_migration_of_several_statements() {
    let script = "ALTER TABLE employees ADD COLUMN email VARCHAR(80) AFTER last_name, ADD INDEX by_email (email);\n\
                  ALTER TABLE employees RENAME COLUMN birth_date TO born, DROP COLUMN gender;\n\
                  CREATE TABLE badge (id INT PRIMARY KEY, emp_no INT NOT NULL, KEY (emp_no));\n\
                  RENAME TABLE titles TO positions;\n\
                  DROP TABLE IF EXISTS nothing, dept_manager;";
    let what_if: WhatIf = [Change::ddl("m.sql", script).unwrap()].into_iter().collect();
    let supposed = what_if.apply(&Catalog::sample()).unwrap();
    let employees = table(&supposed.catalog, "employees");
    let names: Vec<&str> = employees.columns.iter().map(|column| &*column.name).collect();
    assert_eq!(names, ["emp_no", "born", "first_name", "last_name", "email", "hire_date"]);
    let by_email = employees.index_by_name("by_email").unwrap();
    let all = supposed.catalog.statistics.table(&employees).rows as f32;
    assert_eq!(supposed.catalog.statistics.records_per_key(&employees, by_email, 1), Some(all), "all rows have the default");
    assert_eq!(access(&supposed.catalog, "SELECT * FROM badge WHERE emp_no = 1"), is("ref", "emp_no"));
    assert_eq!(access(&supposed.catalog, "SELECT * FROM positions WHERE emp_no = 10001"), is("ref", "PRIMARY"));
    let gone = Planner::new(&supposed.catalog).plan("SELECT * FROM dept_manager").unwrap_err();
    assert!(gone.to_string().contains("1146"), "{gone}");
    // The row of a const table is found under the new numbers of its columns.
    let sql = "SELECT hire_date FROM employees WHERE emp_no = 10001";
    assert_eq!(access(&supposed.catalog, sql), access(&Catalog::sample(), sql));
    let wrong: WhatIf = [Change::ddl("m.sql", "\n\nALTER TABLE employees DROP COLUMN nope").unwrap()].into_iter().collect();
    let error = wrong.apply(&Catalog::sample()).unwrap_err().to_string();
    assert_eq!(error, "--ddl m.sql: m.sql:3: Can't DROP 'nope'; check that column/key exists");
}

#[test]
fn costs_switches_variables_and_release() {
    let supposed = supposing(&[
        ("cost", "row_evaluate_cost=0.2"),
        ("switch", "mrr=off"),
        ("set", "join_buffer_size=1048576"),
        ("set", "@x=7"),
        ("server-version", "9.7"),
    ]);
    assert_eq!(supposed.catalog.costs.row_evaluate, f64::from(0.2f32));
    assert!(!supposed.catalog.settings.switches.on(crate::catalog::Switch::Mrr));
    assert_eq!(supposed.catalog.settings.join_buffer_bytes, 1_048_576);
    assert_eq!(supposed.catalog.settings.user_variables["x"], crate::value::Value::Int(7));
    assert_eq!(supposed.catalog.version(), crate::catalog::ServerVersion::V9_7);
    assert!(refused("set", "nope=1").contains("1193"));
}

#[test]
fn histograms_come_and_go() {
    let supposed = supposing(&[("histogram", "employees.gender=2")]);
    let employees = table(&supposed.catalog, "employees");
    let gender = employees.column_by_name("gender").unwrap();
    assert_eq!(supposed.catalog.statistics.histogram(&employees, gender).unwrap().distinct_values(), 2);
    let dropped = supposing(&[("histogram", "employees.gender"), ("drop-histogram", "employees.gender")]);
    assert!(dropped.catalog.statistics.histogram(&employees, gender).is_none());
    let unique = supposing(&[("add-index", "ALTER TABLE employees ADD UNIQUE INDEX u (last_name)")]);
    let employees = table(&unique.catalog, "employees");
    let last_name = employees.column_by_name("last_name").unwrap();
    assert!(unique.catalog.statistics.histogram(&employees, last_name).is_none(), "a unique index takes its place");
    assert!(refused("histogram", "employees.emp_no").contains("single-part unique index"));
}

#[test]
fn the_share_in_memory() {
    let sql = "SELECT * FROM employees";
    let cost = |share: &str| {
        let supposed = supposing(&[("cached", &format!("employees.PRIMARY={share}"))]);
        Planner::new(&supposed.catalog).plan(sql).unwrap().total_cost()
    };
    assert!(cost("0") > cost("0.5"));
    assert!(cost("0.5") > cost("1"));
}

#[test]
fn suppositions_are_undone() {
    let mut what_if = WhatIf::new();
    what_if.push(Change::from_option("rows", "employees=2x").unwrap());
    what_if.push(Change::from_option("switch", "mrr=off").unwrap());
    assert_eq!(what_if.to_string(), "--rows employees=2x --switch mrr=off");
    assert_eq!(what_if.remove(0).unwrap().option(), "rows");
    assert_eq!(what_if.undo().unwrap().option(), "switch");
    assert!(what_if.undo().is_none() && what_if.remove(0).is_none() && what_if.is_empty());
    assert!(what_if.apply(&Catalog::sample()).unwrap().derivations.is_empty());
}
