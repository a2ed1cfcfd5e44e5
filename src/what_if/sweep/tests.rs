use super::*;
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
    let sql = "SELECT * FROM employees WHERE hire_date > '1999-01-01' ORDER BY birth_date LIMIT 5";
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
    assert!(sweep(&Catalog::sample(), sql, &axis("literal", "x=1..2"), 4, 1).is_err(), "there is no :x");
}

#[test]
fn steps_do_not_depend_on_threads() {
    let sql = "SELECT * FROM employees e JOIN salaries s USING (emp_no) WHERE e.hire_date > :day";
    let day = axis("literal", "day=1985-01-01..2000-01-01");
    let one = sweep(&Catalog::sample(), sql, &day, 30, 1).expect("sweeps");
    assert_eq!(one, sweep(&Catalog::sample(), sql, &day, 30, 7).expect("sweeps"));
    assert!(one.plans.len() > 1, "a range for a late day, a scan for an early one: {:?}", one.plans);
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

#[test]
fn dearer_rows_favour_the_range_over_the_scan() {
    let sql = "SELECT * FROM salaries WHERE emp_no BETWEEN 10001 AND :last";
    let sql = sql.replace(":last", "400000");
    let _ = &sql;
    let found = swept("SELECT * FROM employees WHERE hire_date > '1995-01-01'", "cost", "row_evaluate_cost=0.0001..100");
    let [cheap, dear] = ends(&found);
    assert!(cheap.contains(" ALL "), "{cheap}");
    assert!(dear.contains(" range "), "{dear}");
}
