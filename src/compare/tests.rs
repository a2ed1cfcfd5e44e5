use super::*;
use crate::{Catalog, Planner};

fn plan(sql: &str) -> Plan {
    Planner::new(&Catalog::sample()).plan(sql).expect("plans")
}

fn lines(before: &str, after: &str) -> Vec<String> {
    PlanDiff::of(&plan(before), &plan(after)).changes.iter().map(Change::to_string).collect()
}

#[test]
fn another_literal_is_no_change_of_the_plan() {
    let (matt, anneke) =
        (plan("SELECT * FROM employees WHERE first_name = 'Matt'"), plan("SELECT * FROM employees WHERE first_name = 'Anneke'"));
    let diff = PlanDiff::of(&matt, &anneke);
    assert!(diff.same_plan() && !diff.is_empty(), "{diff:?}");
    assert!(PlanDiff::of(&matt, &matt).is_empty());
}

#[test]
fn join_order_comes_first() {
    let straight = "SELECT STRAIGHT_JOIN * FROM departments d, dept_manager m WHERE m.dept_no = d.dept_no AND m.emp_no > 110000";
    let turned = "SELECT STRAIGHT_JOIN * FROM dept_manager m, departments d WHERE m.dept_no = d.dept_no AND m.emp_no > 110000";
    let found = lines(straight, turned);
    assert_eq!(found[0], "join order: d, m → m, d");
    assert!(found.iter().any(|line| line.starts_with("d: access ")), "{found:?}");
}

#[test]
fn strategies_tell_only_what_differs() {
    let sorted = "SELECT * FROM employees WHERE first_name = 'Matt' ORDER BY last_name";
    let found = lines("SELECT * FROM employees WHERE first_name = 'Matt'", sorted);
    assert_eq!(found, ["employees: strategy – → Using filesort"]);
}

#[test]
fn a_table_and_a_tree_of_one_plan_do_not_differ() {
    let plan = plan("SELECT * FROM employees e JOIN salaries s USING (emp_no) WHERE e.first_name = 'Matt'");
    let tree = ReadPlan::read(&crate::explain::tree::render(&plan)).expect("a tree");
    let table = ReadPlan::read(&crate::explain::traditional::tsv(&plan)).expect("a table");
    for (before, after) in [(&tree, &table), (&table, &tree)] {
        assert!(PlanDiff::of_read(before, after).same_plan(), "{:?}", PlanDiff::of_read(before, after));
    }
    assert!(PlanDiff::between(&Side::of_with_tree(&plan), &Side::of_read(&tree)).same_plan());
}

fn only(changed: &Catalog, sql: &str) -> Option<String> {
    let sample = Catalog::sample();
    let statements = crate::parse::script::read(sql);
    let found = workload(&sample, changed, &statements, 1);
    assert_eq!(found.len(), 1);
    found[0].cause.as_ref().map(Cause::to_string)
}

fn supposed(changes: &[(&str, &str)]) -> Catalog {
    let changes = changes.iter().map(|(option, value)| crate::what_if::Change::from_option(option, value).expect("a change"));
    changes.collect::<crate::what_if::WhatIf>().apply(&Catalog::sample()).expect("applies").catalog
}

#[test]
fn the_cause_is_what_alone_makes_the_change() {
    let by_name = "SELECT * FROM employees WHERE last_name = 'Simmel'";
    let indexed = supposed(&[("add-index", "ALTER TABLE employees ADD INDEX by_last (last_name)"), ("rows", "titles=10x")]);
    assert_eq!(only(&indexed, by_name).as_deref(), Some("DDL of employees.employees"));
    let mut switched = Catalog::sample();
    switched.settings.assign("optimizer_switch", "'index_merge_intersection=off,mrr=off'").expect("assigns");
    let merged = "SELECT * FROM employees WHERE first_name = 'Matt' AND last_name = 'Simmel'";
    assert_eq!(only(&switched, merged), None);
    let small = supposed(&[("rows", "employees=3"), ("set", "max_seeks_for_key=10")]);
    let cause = only(&small, "SELECT * FROM dept_manager m JOIN employees e ON e.emp_no = m.emp_no WHERE e.gender = 'M'");
    assert_eq!(cause.as_deref(), Some("statistics of employees.employees"));
}

#[test]
fn worst_first_and_an_unchanged_catalog_changes_nothing() {
    let statements = crate::parse::script::read("SELECT 1; SELECT * FROM titles WHERE emp_no = 10001; SELECT * FROM nowhere;");
    let sample = Catalog::sample();
    let same = workload(&sample, &sample, &statements, 2);
    assert!(same.iter().all(|statement| !statement.changed() && statement.cause.is_none()), "{same:?}");
    let dropped = supposed(&[("drop-index", "titles.PRIMARY")]);
    let found = workload(&sample, &dropped, &statements, 2);
    assert!(found[0].sql.contains("titles") && found[0].cost_change() > 0.0, "{found:?}");
}
