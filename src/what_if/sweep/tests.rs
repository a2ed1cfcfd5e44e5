use super::*;
use crate::what_if::{Change, WhatIf};
use std::collections::BTreeSet;

fn axis(option: &str, text: &str) -> Axis {
    Axis::from_option(option, text).expect("an axis")
}

fn swept(sql: &str, option: &str, range: &str) -> Sweep {
    sweep(&Catalog::sample(), sql, &axis(option, range), 40, 2).expect("sweeps")
}

/// The access of the first table, as both ends of a sweep have it.
fn ends(sweep: &Sweep) -> [String; 2] {
    let line = |sample: Option<&Sample>| sample.map(|sample| sweep.plans[sample.plan].to_string()).unwrap_or_default();
    [line(sweep.samples.first()), line(sweep.samples.last())]
}

#[test]
fn a_flip_is_found_to_the_row() {
    let found = swept("SELECT * FROM employees ORDER BY hire_date LIMIT 10", "limit", "1..300000");
    assert!(found.flips.iter().all(|flip| flip.above - flip.below == 1.0), "{:?}", found.flips);
    assert!(!found.flips.is_empty(), "a scan and sort must win at some LIMIT");
    // At the ends of a flip, and only there, the plans differ.
    let flip = found.flips[0];
    let plan_at = |limit: f64| {
        let sql = format!("SELECT * FROM employees ORDER BY hire_date LIMIT {limit:.0}");
        Decisions::of(&crate::Planner::new(&Catalog::sample()).plan(&sql).expect("plans"))
    };
    assert_eq!(plan_at(flip.below), found.plans[flip.from]);
    assert_eq!(plan_at(flip.above), found.plans[flip.to]);
    assert_ne!(found.plans[flip.from], found.plans[flip.to]);
    let without = sweep(&Catalog::sample(), "SELECT 1", &axis("literal", "x=1..2"), 4, 1);
    assert!(matches!(without, Err(SweepError::Axis(text)) if text.contains(":x")));
}

#[test]
fn steps_do_not_depend_on_threads() {
    let sql = "SELECT * FROM employees ORDER BY hire_date LIMIT :n";
    let count = axis("literal", "n=1..300000");
    let one = sweep(&Catalog::sample(), sql, &count, 30, 1).expect("sweeps");
    assert_eq!(one, sweep(&Catalog::sample(), sql, &count, 30, 7).expect("sweeps"));
    assert!(one.plans.len() > 1, "an index for few rows, a sort for many: {:?}", one.plans);
}

#[test]
fn a_diagram_agrees_with_its_edges_and_is_reduced_to_fewer_plans() {
    let sql = "SELECT * FROM employees e JOIN salaries s USING (emp_no) WHERE e.hire_date > '1999-01-01' ORDER BY e.first_name LIMIT 100";
    let (x, y) = (axis("rows", "employees=1000..10M"), axis("cost", "io_block_read_cost=0.1..10"));
    let grid = diagram(&Catalog::sample(), sql, [&x, &y], [20, 10], 2).expect("a diagram");
    assert_eq!(grid.cells.len(), 200);
    let used: BTreeSet<usize> = grid.cells.iter().map(|cell| cell.plan).collect();
    assert_eq!(used.len(), grid.plans.len());
    assert!((grid.shares().iter().sum::<f64>() - 1.0).abs() < 1e-9);
    let reduced = grid.reduced(1e9, 1.0);
    assert_eq!(reduced.plans.len(), 1, "with boundless slack one plan is left");
    assert_eq!(grid.reduced(0.0, 0.0), grid);
}

// The effects that the manual's chapter on the cost model promises for its constants (spec 01 §9).

/// First lines of the plans at both ends of a cost constant's range, under suppositions, with exactly one flip between them.
fn flip(suppositions: &[(&str, &str)], sql: &str, range: &str) -> [String; 2] {
    let changes = suppositions.iter().map(|(option, value)| Change::from_option(option, value).expect("a change"));
    let supposed = changes.collect::<WhatIf>().apply(&Catalog::sample()).expect("applies");
    let found = sweep(&supposed.catalog, sql, &axis("cost", range), 40, 2).expect("sweeps");
    assert_eq!(found.flips.len(), 1, "{:?}", found.flips);
    ends(&found)
}

#[test]
fn dearer_rows_favour_the_range_over_the_scan() {
    let [cheap, dear] = flip(&[], "SELECT * FROM employees WHERE hire_date > '1995-01-01'", "row_evaluate_cost=0.0001..100");
    assert!(cheap.contains(" ALL ") && dear.contains(" range "), "{cheap}{dear}");
}

#[test]
fn dearer_comparisons_disfavour_sorting() {
    let sql = "SELECT * FROM employees WHERE first_name = 'Matt' OR hire_date = '1999-01-01'";
    let [cheap, dear] = flip(&[], sql, "key_compare_cost=0.001..10000");
    assert!(cheap.contains("index_merge") && dear.contains(" ALL "), "{cheap}{dear}");
}

const BY_EMPLOYEE: &str = "SELECT * FROM employees WHERE emp_no IN (SELECT emp_no FROM salaries WHERE salary > 80000)";
const BY_HIGH_PAY: &str = "SELECT * FROM employees WHERE emp_no IN (SELECT emp_no FROM salaries WHERE salary > 100000)";

const BY_DEPARTMENT: &str = "SELECT * FROM departments WHERE dept_no IN \
                             (SELECT dept_no FROM dept_emp JOIN salaries USING (emp_no) WHERE salary > 100000)";

#[test]
fn dearer_temporary_tables_are_avoided() {
    let small: &[(&str, &str)] = &[("set", "max_heap_table_size=16384")];
    for (suppositions, sql, range) in [
        (&[][..], BY_EMPLOYEE, "memory_temptable_row_cost=0.0001..1000"),
        (&[][..], BY_DEPARTMENT, "memory_temptable_create_cost=0.01..1M"),
        (small, BY_EMPLOYEE, "disk_temptable_row_cost=0.0001..1000"),
        (small, BY_HIGH_PAY, "disk_temptable_create_cost=0.01..1M"),
    ] {
        let [cheap, dear] = flip(suppositions, sql, range);
        assert!(cheap.contains("MATERIALIZED") && !dear.contains("MATERIALIZED"), "{range}: {cheap}{dear}");
    }
}

/// Two indexes that cover the statement; the smaller one is not in the buffer pool, the larger is.
const CACHED_AND_NOT: &[(&str, &str)] = &[
    ("add-index", "ALTER TABLE employees ADD INDEX cached (first_name, gender)"),
    ("cached", "employees.ix_firstname=0"),
    ("cached", "employees.cached=1"),
];

#[test]
fn dearer_disk_reads_favour_what_is_in_memory() {
    let sql = "SELECT emp_no FROM employees WHERE first_name = 'Matt'";
    let [cheap, dear] = flip(CACHED_AND_NOT, sql, "io_block_read_cost=0.01..100");
    assert!(cheap.contains("key=ix_firstname(") && dear.contains("key=cached("), "{cheap}{dear}");
}

#[test]
fn dearer_memory_reads_favour_what_is_less_in_memory() {
    let sql = "SELECT emp_no FROM employees WHERE first_name = 'Matt'";
    let [cheap, dear] = flip(CACHED_AND_NOT, sql, "memory_block_read_cost=0.01..100");
    assert!(cheap.contains("key=cached(") && dear.contains("key=ix_firstname("), "{cheap}{dear}");
}
