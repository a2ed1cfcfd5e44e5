//! Hypothetical indexes against real ones: for each statement the plan with a supposed index is compared with what a server says
//! after the index was really built and analysed. Needs a server that may be written to: `MYEXPLAIN_LIVE=mysql://root@127.0.0.1:3306`.

use myexplain::catalog::{Catalog, bundle};
use myexplain::explain::{traditional, tree};
use myexplain::{Change, Planner, WhatIf};
use myexplain_capture::options::ConnectionOptions;
use myexplain_capture::server::{CaptureOptions, Selection, Server};
use mysql::prelude::Queryable;
use mysql::{Conn, Opts};

/// An index, and a statement that may use it.
const CASES: &[(&str, &str)] = &[
    ("CREATE INDEX k ON person (last)", "SELECT * FROM person WHERE last = 'last17'"),
    ("CREATE INDEX k ON person (last)", "SELECT id FROM person WHERE last = 'last17'"),
    ("CREATE INDEX k ON person (last)", "SELECT * FROM person WHERE last IN ('last1', 'last2', 'last3')"),
    ("CREATE INDEX k ON person (last)", "SELECT * FROM person WHERE last BETWEEN 'last10' AND 'last12'"),
    ("CREATE INDEX k ON person (last)", "SELECT last, COUNT(*) FROM person GROUP BY last"),
    ("CREATE INDEX k ON person (last)", "SELECT DISTINCT last FROM person"),
    ("CREATE INDEX k ON person (city)", "SELECT * FROM person WHERE city = 'city0'"),
    ("CREATE INDEX k ON person (city)", "SELECT * FROM person WHERE city = 'city30' AND score > 900"),
    ("CREATE INDEX k ON person (born)", "SELECT * FROM person WHERE born = '1980-05-01'"),
    ("CREATE INDEX k ON person (born)", "SELECT * FROM person WHERE born BETWEEN '1980-05-01' AND '1980-05-20'"),
    ("CREATE INDEX k ON person (born)", "SELECT * FROM person WHERE born > '1970-01-01'"),
    ("CREATE INDEX k ON person (born)", "SELECT * FROM person ORDER BY born LIMIT 10"),
    ("CREATE INDEX k ON person (born)", "SELECT * FROM person ORDER BY born"),
    ("CREATE INDEX k ON person (score)", "SELECT * FROM person WHERE score = 500"),
    ("CREATE INDEX k ON person (score)", "SELECT * FROM person WHERE score > 990"),
    ("CREATE INDEX k ON person (score)", "SELECT MAX(score) FROM person"),
    ("CREATE INDEX k ON person (score DESC)", "SELECT id, score FROM person ORDER BY score DESC LIMIT 20"),
    ("CREATE INDEX k ON person (status)", "SELECT COUNT(*) FROM person WHERE status = 'new'"),
    ("CREATE INDEX k ON person (status, city)", "SELECT * FROM person WHERE status = 'gone' AND city = 'city3'"),
    ("CREATE INDEX k ON person (city, status)", "SELECT * FROM person WHERE city = 'city3' AND status = 'active'"),
    ("CREATE INDEX k ON person (city, born)", "SELECT * FROM person WHERE city = 'city8' AND born > '1999-01-01'"),
    ("CREATE INDEX k ON person (company_id, last)", "SELECT * FROM person WHERE company_id = 7 AND last = 'last3'"),
    ("CREATE UNIQUE INDEX k ON person (email)", "SELECT * FROM person WHERE email = 'p77@example.com'"),
    (
        "CREATE INDEX k ON company (country)",
        "SELECT c.name, p.last FROM company c JOIN person p ON p.company_id = c.id WHERE c.country = 'C3'",
    ),
    ("CREATE INDEX k ON company (size)", "SELECT * FROM company WHERE size < 5"),
    ("CREATE INDEX k ON visit (day)", "SELECT * FROM visit WHERE day = '2020-03-03'"),
    ("CREATE INDEX k ON visit (day, minutes)", "SELECT minutes FROM visit WHERE day = '2020-03-03'"),
    ("CREATE INDEX k ON visit (minutes)", "SELECT * FROM visit v JOIN person p ON p.id = v.person_id WHERE v.minutes = 240"),
    ("CREATE INDEX k ON visit (kind, day)", "SELECT * FROM visit WHERE kind = 2 AND day BETWEEN '2020-02-01' AND '2020-02-03'"),
    (
        "CREATE INDEX k ON visit (day, person_id)",
        "SELECT p.last FROM person p WHERE p.id IN (SELECT person_id FROM visit WHERE day = '2020-04-04')",
    ),
    ("CREATE INDEX k ON visit (minutes, day)", "SELECT * FROM visit WHERE minutes = 12 ORDER BY day LIMIT 5"),
    ("CREATE INDEX k ON visit (kind)", "SELECT kind, AVG(minutes) FROM visit GROUP BY kind"),
];

/// Tables whose content is the same on every run. Columns without an index have a histogram, as columns that one thinks of indexing
/// should.
const SETUP: &[&str] = &[
    "SET cte_max_recursion_depth = 100000",
    "CREATE TABLE digits (n INT PRIMARY KEY)",
    "INSERT INTO digits WITH RECURSIVE s AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM s WHERE n < 40000) SELECT n FROM s",
    "CREATE TABLE company (id INT PRIMARY KEY, name VARCHAR(40) NOT NULL, country CHAR(2) NOT NULL, size INT NOT NULL)",
    "INSERT INTO company SELECT n, CONCAT('company', n), CONCAT('C', CRC32(CONCAT(n, 'a')) % 9), POW(CRC32(CONCAT(n, 'b')) % 100, 2) / 50 \
     FROM digits WHERE n <= 2000",
    "CREATE TABLE person (id INT PRIMARY KEY, company_id INT NOT NULL, last VARCHAR(30) NOT NULL, city VARCHAR(30), email VARCHAR(60) NOT NULL, \
     born DATE NOT NULL, score INT, status ENUM('new', 'active', 'gone') NOT NULL, note VARCHAR(200), KEY by_company (company_id))",
    "INSERT INTO person SELECT n, 1 + CRC32(CONCAT(n, 'c')) % 2000, CONCAT('last', CRC32(CONCAT(n, 'd')) % 300), \
     CONCAT('city', FLOOR(POW(CRC32(CONCAT(n, 'e')) % 1000, 2) / 20000)), CONCAT('p', n, '@example.com'), \
     '1950-01-01' + INTERVAL CRC32(CONCAT(n, 'f')) % 18262 DAY, IF(n % 10 = 0, NULL, CRC32(CONCAT(n, 'g')) % 1000), \
     1 + (CRC32(CONCAT(n, 'h')) % 20 > 0) + (CRC32(CONCAT(n, 'h')) % 20 > 15), REPEAT('x', CRC32(CONCAT(n, 'i')) % 120) FROM digits",
    "CREATE TABLE visit (id INT PRIMARY KEY, person_id INT NOT NULL, day DATE NOT NULL, minutes INT NOT NULL, kind TINYINT NOT NULL, \
     KEY by_person (person_id, day))",
    "INSERT INTO visit SELECT n * 2 + m, 1 + CRC32(CONCAT(n, 'j', m)) % 40000, '2020-01-01' + INTERVAL CRC32(CONCAT(n, 'k', m)) % 366 DAY, \
     CRC32(CONCAT(n, 'l', m)) % 250, CRC32(CONCAT(n, 'm', m)) % 5 FROM digits, (SELECT 0 AS m UNION ALL SELECT 1) AS two",
    "ANALYZE TABLE company UPDATE HISTOGRAM ON country, size WITH 100 BUCKETS",
    "ANALYZE TABLE person UPDATE HISTOGRAM ON last, city, email, born, score, status WITH 100 BUCKETS",
    "ANALYZE TABLE visit UPDATE HISTOGRAM ON day, minutes, kind WITH 100 BUCKETS",
    "ANALYZE TABLE company, person, visit",
];

#[derive(Debug, PartialEq)]
struct Seen {
    /// Table, type and key, row by row.
    access: Vec<[String; 3]>,
    cost: f64,
}

/// Cost at the topmost node of a tree that has one.
fn topmost_cost(tree: &str) -> f64 {
    let cost = tree
        .split("(cost=")
        .nth(1)
        .map(|rest| rest.chars().take_while(|c| c.is_ascii_digit() || ".e+".contains(*c)).collect::<String>());
    // The server prints a range of costs (`0.5..7.25`) where there is one before the first row.
    cost.and_then(|text| text.split("..").last().and_then(|text| text.parse().ok())).unwrap_or(0.0)
}

fn live(connection: &mut Conn, sql: &str) -> Seen {
    let rows: Vec<mysql::Row> = connection.query(format!("EXPLAIN FORMAT=TRADITIONAL {sql}")).unwrap();
    let cell = |row: &mysql::Row, name: &str| row.get::<Option<String>, _>(name).flatten().unwrap_or_default();
    let access = rows.iter().map(|row| [cell(row, "table"), cell(row, "type"), cell(row, "key")]).collect();
    let tree: Option<String> = connection.query_first(format!("EXPLAIN FORMAT=TREE {sql}")).unwrap();
    Seen { access, cost: topmost_cost(&tree.unwrap()) }
}

fn supposed(base: &Catalog, ddl: &str, sql: &str) -> Seen {
    let what_if: WhatIf = [Change::add_index(ddl).unwrap()].into_iter().collect();
    let hypothesis = what_if.apply(base).unwrap();
    let plan = Planner::new(&hypothesis.catalog).plan(sql).unwrap();
    let rows = traditional::rows(&plan);
    let text = |cell: &Option<std::borrow::Cow<'static, str>>| cell.as_deref().unwrap_or_default().to_owned();
    let access = rows.iter().map(|row| [text(&row.0[2]), text(&row.0[4]), text(&row.0[6])]).collect();
    Seen { access, cost: topmost_cost(&tree::render(&plan)) }
}

fn leaf_pages(base: &Catalog, schema: &str, table: &str, ddl: &str) -> u64 {
    let what_if: WhatIf = [Change::add_index(ddl).unwrap()].into_iter().collect();
    let supposed = what_if.apply(base).unwrap().catalog;
    let table = &supposed.schemas[schema].tables[table];
    supposed.statistics.leaf_pages(table, table.index_by_name("k").unwrap()).unwrap()
}

fn capture(address: &str, schema: &str) -> Catalog {
    let mut server = Server::connect(&ConnectionOptions::of_address(address).unwrap()).unwrap();
    let selection = Selection::new(&[schema.to_owned()], &[]).unwrap();
    let captured = server.capture(&CaptureOptions { selection, limit_seconds: 60, no_values: false }, &mut |_| {}).unwrap();
    let mut catalog = bundle::load_files(&captured.files).unwrap();
    catalog.current_schema = Some(schema.into());
    catalog
}

#[test]
fn hypothetical_indexes_predict_real_ones() {
    let Ok(address) = std::env::var("MYEXPLAIN_LIVE") else {
        eprintln!("skipped: MYEXPLAIN_LIVE names no server (see .ci/mysql)");
        return;
    };
    let mut connection = Conn::new(Opts::from_url(&address).unwrap()).unwrap();
    let schema = format!("myexplain_what_if_{}", std::process::id());
    connection.query_drop(format!("CREATE DATABASE {schema} DEFAULT CHARACTER SET utf8mb4")).unwrap();
    connection.query_drop(format!("USE {schema}")).unwrap();
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| compare(&mut connection, &address, &schema)));
    connection.query_drop(format!("DROP DATABASE {schema}")).unwrap();
    let (same_access, near_cost) = outcome.unwrap();
    let share = |count: usize| count as f64 / CASES.len() as f64;
    assert!(CASES.len() >= 30);
    assert!(share(same_access) >= 0.9, "access and key: {same_access} of {}", CASES.len());
    assert!(share(near_cost) >= 0.8, "cost within 15 %: {near_cost} of {}", CASES.len());
}

fn compare(connection: &mut Conn, address: &str, schema: &str) -> (usize, usize) {
    for sql in SETUP {
        connection.query_drop(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    let base = capture(address, schema);
    let (mut same_access, mut near_cost, mut near_pages) = (0, 0, 0);
    for (ddl, sql) in CASES {
        let predicted = supposed(&base, ddl, sql);
        let table = ddl.split(" ON ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
        connection.query_drop(ddl).unwrap();
        connection.query_drop(format!("ANALYZE TABLE {table}")).unwrap();
        let real = live(connection, sql);
        let pages: Option<u64> = connection
            .query_first(format!(
                "SELECT stat_value FROM mysql.innodb_index_stats WHERE database_name = '{schema}' AND table_name = '{table}' \
                 AND index_name = 'k' AND stat_name = 'n_leaf_pages'"
            ))
            .unwrap();
        let (pages, supposed_pages) = (pages.unwrap() as f64, leaf_pages(&base, schema, table, ddl) as f64);
        near_pages += usize::from((pages - supposed_pages).abs() <= 0.1 * pages);
        connection.query_drop(format!("DROP INDEX k ON {table}")).unwrap();
        let access = predicted.access == real.access;
        let cost = (predicted.cost - real.cost).abs() <= 0.15 * real.cost;
        same_access += usize::from(access);
        near_cost += usize::from(cost);
        let mark = |fits: bool| if fits { "=" } else { "/" };
        let (supposed_cost, real_cost) = (predicted.cost, real.cost);
        println!(
            "{}{} {supposed_cost:>10.2} {real_cost:>10.2} {supposed_pages:>4} {pages:>4}  {ddl}: {sql}",
            mark(access),
            mark(cost)
        );
        if !access {
            println!("     supposed {:?}\n     real     {:?}", predicted.access, real.access);
        }
    }
    let n = CASES.len();
    println!(
        "access and key {same_access} of {n}, cost within 15 % {near_cost} of {n}, leaf pages within 10 % {near_pages} of {n}"
    );
    assert!(near_pages as f64 >= 0.8 * n as f64, "leaf pages: {near_pages} of {n}");
    (same_access, near_cost)
}
