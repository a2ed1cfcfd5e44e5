//! The error catalogue over the built-in schema (spec 09 §7.2): what parsing and resolving refuse, in the server's order.

use super::resolve;
use crate::catalog::Catalog;
use crate::context::Context;
use crate::parse;
use std::cell::RefCell;

/// Statement, then code and text.
const CATALOGUE: &[(&str, u16, &str)] = &[
    ("SELECT * FROM nosuch.t", 1049, "Unknown database 'nosuch'"),
    ("SELECT t9.* FROM employees", 1051, "Unknown table 't9'"),
    ("SELECT emp_no FROM employees, salaries", 1052, "Column 'emp_no' in field list is ambiguous"),
    ("SELECT 1 FROM employees, salaries WHERE emp_no = 1", 1052, "Column 'emp_no' in where clause is ambiguous"),
    ("SELECT zz FROM employees", 1054, "Unknown column 'zz' in 'field list'"),
    ("SELECT 1 FROM employees WHERE zz = 1", 1054, "Unknown column 'zz' in 'where clause'"),
    ("SELECT 1 FROM employees GROUP BY zz", 1054, "Unknown column 'zz' in 'group statement'"),
    ("SELECT 1 FROM employees ORDER BY zz", 1054, "Unknown column 'zz' in 'order clause'"),
    ("SELECT 1 FROM employees HAVING zz = 1", 1054, "Unknown column 'zz' in 'having clause'"),
    ("SELECT 1 FROM employees e JOIN salaries s ON e.zz = 1", 1054, "Unknown column 'e.zz' in 'on clause'"),
    ("SELECT 1 FROM employees e JOIN salaries s USING (zz)", 1054, "Unknown column 'zz' in 'from clause'"),
    (
        "SELECT 1 FROM employees a, employees b LEFT JOIN salaries s ON s.emp_no = a.emp_no",
        1054,
        "Unknown column 'a.emp_no' in 'on clause'",
    ),
    ("SELECT 1 ORDER BY 2", 1054, "Unknown column '2' in 'order clause'"),
    ("SELECT _nosuch 'a'", 1054, "Unknown column '_nosuch' in 'field list'"),
    ("SELECT COUNT(*) c FROM employees GROUP BY c", 1056, "Can't group on 'c'"),
    ("SELECT 1 FROM (SELECT 1 AS a, 2 AS a) d", 1060, "Duplicate column name 'a'"),
    ("SELECT 1 FROM employees, employees", 1066, "Not unique table/alias: 'employees'"),
    ("WITH c AS (SELECT 1), c AS (SELECT 2) SELECT * FROM c", 1066, "Not unique table/alias: 'c'"),
    ("SELECT *", 1096, "No tables used"),
    ("DELETE zz FROM employees", 1109, "Unknown table 'zz' in MULTI DELETE"),
    ("INSERT INTO departments (dept_no, dept_no) VALUES (1, 2)", 1110, "Column 'dept_no' specified twice"),
    ("SELECT 1 FROM employees WHERE COUNT(*) > 1", 1111, "Invalid use of group function"),
    ("INSERT INTO departments (dept_no) VALUES (1, 2)", 1136, "Column count doesn't match value count at row 1"),
    ("INSERT INTO departments VALUES ('a', 'b'), ('c')", 1136, "Column count doesn't match value count at row 2"),
    ("SELECT zz FROM nosuch", 1146, "Table 'employees.nosuch' doesn't exist"),
    ("SELECT 1 FROM employees USE INDEX (nope) WHERE zz", 1176, "Key 'nope' doesn't exist in table 'employees'"),
    ("SELECT @@nosuch", 1193, "Unknown system variable 'nosuch'"),
    ("SELECT (SELECT 1, 2)", 1241, "Operand should contain 1 column(s)"),
    ("SELECT 1 FROM employees WHERE (emp_no, 1) = 1", 1241, "Operand should contain 2 column(s)"),
    ("SELECT 1 UNION SELECT 1, 2", 1222, "The used SELECT statements have a different number of columns"),
    ("SELECT 1 FROM (SELECT 1)", 1248, "Every derived table must have its own alias"),
    (
        "SELECT 1 FROM employees WHERE emp_no IN (SELECT emp_no FROM salaries LIMIT 1)",
        1235,
        "This version of MySQL doesn't yet support 'LIMIT & IN/ALL/ANY/SOME subquery'",
    ),
    (
        "SELECT emp_no FROM employees e UNION SELECT 1 ORDER BY e.emp_no",
        1250,
        "Table 'e' from one of the SELECTs cannot be used in global ORDER clause",
    ),
    ("SELECT 'a' COLLATE latin1_bin", 1253, "COLLATION 'latin1_bin' is not valid for CHARACTER SET 'utf8mb4'"),
    ("SELECT 'a' COLLATE nosuch", 1273, "Unknown collation: 'nosuch'"),
    (
        "SELECT 'a' COLLATE utf8mb4_bin = 'a' COLLATE utf8mb4_general_ci",
        1267,
        "Illegal mix of collations (utf8mb4_bin,EXPLICIT) and (utf8mb4_general_ci,EXPLICIT) for operation '='",
    ),
    ("SELECT nosuch(1)", 1305, "FUNCTION employees.nosuch does not exist"),
    (
        "SELECT now ()",
        1630,
        "FUNCTION employees.now does not exist. Check the 'Function Name Parsing and Resolution' section in the Reference Manual",
    ),
    ("SELECT abs(1,2), zz FROM nosuch", 1582, "Incorrect parameter count in the call to native function 'abs'"),
    ("SELECT ConCat()", 1582, "Incorrect parameter count in the call to native function 'ConCat'"),
    ("SELECT DATE '2020-13-45'", 1525, "Incorrect DATE value: '2020-13-45'"),
    ("SELECT TIMESTAMP 'x'", 1525, "Incorrect DATETIME value: 'x'"),
    (
        "SELECT 1 FROM (SELECT 1) d (a, b)",
        1353,
        "In definition of view, derived table or common table expression, SELECT list and column names list have different column counts",
    ),
    ("SELECT CAST(1 AS DECIMAL(70))", 1426, "Too-big precision 70 specified for '1'. Maximum is 65."),
    ("SELECT 1 FROM employees PARTITION (p0)", 1747, "PARTITION () clause on non partitioned table"),
    (
        "WITH RECURSIVE c AS (SELECT * FROM c) SELECT * FROM c",
        3573,
        "Recursive Common Table Expression 'c' should contain a UNION",
    ),
    ("SELECT SUM(1) OVER w FROM employees", 3579, "Window name 'w' is not defined."),
    (
        "SELECT 1 FROM employees WHERE ROW_NUMBER() OVER () = 1",
        3593,
        "You cannot use the window function 'row_number' in this context.'",
    ),
    (
        "VALUES ROW()",
        3942,
        "Each row of a VALUES clause must have at least one column, unless when used as source in an INSERT statement.",
    ),
    ("UPDATE employees, salaries SET first_name = 'a' LIMIT 1", 1221, "Incorrect usage of UPDATE and LIMIT"),
    ("UPDATE employees SET zz = 1", 1054, "Unknown column 'zz' in 'field list'"),
    (
        "UPDATE employees SET emp_no = (SELECT MAX(emp_no) FROM employees)",
        1093,
        "You can't specify target table 'employees' for update in FROM clause",
    ),
    ("INSERT INTO departments (zz) VALUES (1)", 1054, "Unknown column 'zz' in 'field list'"),
    ("SELECT DEFAULT(emp_no) FROM employees", 1364, "Field 'emp_no' doesn't have a default value"),
    ("SELECT 1 FROM `employees `", 1103, "Incorrect table name 'employees '"),
    (
        "SELECT a.b.c.d",
        1064,
        "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right syntax to use near '.d' at line 1",
    ),
    ("SELECT SUM(DISTINCT 1) OVER ()", 1235, "This version of MySQL doesn't yet support '<window function>(DISTINCT ..)'"),
    ("SELECT @@global.timestamp", 1238, "Variable 'timestamp' is a SESSION variable"),
    ("SELECT SUM(SUM(emp_no)) FROM employees", 1111, "Invalid use of group function"),
    (
        "SELECT GROUPING(first_name) FROM employees GROUP BY last_name WITH ROLLUP",
        3602,
        "Argument #1 of GROUPING function is not in GROUP BY",
    ),
    (
        "SELECT SUM(1) OVER (ROWS BETWEEN UNBOUNDED FOLLOWING AND CURRENT ROW)",
        3584,
        "Window '<unnamed window>': frame start cannot be UNBOUNDED FOLLOWING.",
    ),
    ("SELECT NTILE(0) OVER ()", 1210, "Incorrect arguments to ntile"),
];

#[test]
fn catalogue() {
    let catalog = Catalog::sample();
    let mut wrong = Vec::new();
    for (sql, code, text) in CATALOGUE {
        let outcome = parse::statement(sql, &catalog.settings).map_err(crate::error::PlanError::from).and_then(|statement| {
            let ctx = Context {
                catalog: &catalog,
                settings: &catalog.settings,
                sql,
                variables: &[],
                trace: None,
                missed_dives: RefCell::new(Vec::new()),
                interrupt: None,
                evaluated_units: Default::default(),
                notes: Default::default(),
            };
            resolve(&ctx, &statement)
        });
        let got = match outcome {
            Ok(_) => "accepted".to_owned(),
            Err(crate::error::PlanError::Server(error)) if error.code == *code && error.text == *text => continue,
            Err(error) => error.to_string(),
        };
        wrong.push(format!("{sql}\n    wanted {code}: {text}\n    got    {got}"));
    }
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), CATALOGUE.len(), wrong.join("\n"));
}
