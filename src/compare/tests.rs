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
