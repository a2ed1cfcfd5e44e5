//! Sweeps and forecasts as people use them.

use std::process::{Command, Output};

fn myexplain(arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_myexplain")).args(arguments).arg("--no-config").output();
    output.expect("the binary runs")
}

fn stdout(arguments: &[&str]) -> String {
    let output = myexplain(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

const BY_DATE: &str = "SELECT * FROM employees ORDER BY hire_date LIMIT 10";
const JOIN: &str = "SELECT e.last_name, d.dept_name, s.salary, t.title FROM employees e JOIN dept_emp de ON de.emp_no = e.emp_no \
                    JOIN departments d ON d.dept_no = de.dept_no JOIN salaries s ON s.emp_no = e.emp_no \
                    JOIN titles t ON t.emp_no = e.emp_no WHERE e.birth_date < '1960-01-01' AND t.title = 'Staff' \
                    AND d.dept_name = 'Sales' ORDER BY e.hire_date LIMIT 100";

#[test]
fn the_limit_at_which_an_index_gives_way_to_a_sort() {
    let text = stdout(&["sweep", "-e", BY_DATE, "--limit", "1..300000", "--width", "80"]);
    let flip = text.lines().find(|line| line.contains("A → B")).expect("a flip");
    let numbers: Vec<u64> = flip.split(' ').filter_map(|word| word.parse().ok()).collect();
    let access = |limit: u64| {
        stdout(&["explain", "-f", "tsv", "-e", &format!("SELECT * FROM employees ORDER BY hire_date LIMIT {limit}")])
    };
    assert!(numbers[1] == numbers[0] + 1, "{flip}");
    assert!(access(numbers[0]).contains("ix_hiredate") && access(numbers[1]).contains("Using filesort"), "{flip}");
}

#[test]
fn diagrams_in_every_form() {
    let axes = ["sweep", "-e", JOIN, "--rows", "dept_emp=1k..10M", "--cost", "io_block_read_cost=0.1..10", "--grid", "12x8"];
    let with = |form: &str| stdout(&[&axes[..], &["--format", form]].concat());
    assert_eq!(with("csv").lines().count(), 1 + 12 * 8);
    let json: serde_json::Value = serde_json::from_str(&with("json")).expect("JSON");
    assert!(json["plans"].as_array().is_some_and(|plans| plans.len() > 1), "{json}");
    assert_eq!(json["points"].as_array().map(Vec::len), Some(96));
    let svg = with("svg");
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n") && svg.contains("rows of dept_emp"));
    assert_eq!(with("text"), stdout(&[&axes[..], &["--jobs", "5"]].concat()), "whatever the number of threads");
}

#[test]
fn what_cannot_be_varied_is_named() {
    for (arguments, expected) in [
        (&["sweep", "-e", BY_DATE][..], "nothing is varied"),
        (&["sweep", "-e", BY_DATE, "--rows", "nope=1..10"][..], "nope"),
        (&["sweep", "-e", BY_DATE, "--literal", "x=1..10"][..], "the statement has no :x"),
        (
            &["sweep", "-e", BY_DATE, "--selectivity", "employees.last_name=0..1"][..],
            "no index of employees begins with last_name",
        ),
        (&["explain", "-e", BY_DATE, "--rows", "employees=1..10"][..], "only 'myexplain sweep' varies"),
    ] {
        let output = myexplain(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && said.contains(expected), "{arguments:?}: {said}");
    }
}

#[test]
fn a_forecast_names_the_plans_and_the_statistic_to_blame() {
    let sql = "SELECT * FROM dept_emp de JOIN employees e USING (emp_no) JOIN titles t USING (emp_no)";
    let text = stdout(&["explain", "--weather", "100", "--seed", "3", "-e", sql]);
    assert!(text.contains("100 samples of the statistics, 2 plans"), "{text}");
    assert!(
        text.contains("the plan under the statistics as they are") && text.contains("%  rows of employees.dept_emp"),
        "{text}"
    );
    assert_eq!(text, stdout(&["explain", "--weather", "100", "--seed", "3", "--jobs", "1", "-e", sql]));
}
