//! Statements as resolved, on the specification's example schema (spec 02 §1 to §5).

use myexplain::catalog::bundle::{Files, load_files};
use myexplain::error::InputError;
use myexplain::explain::note;
use myexplain::{Catalog, Context, parse, resolve};
use std::borrow::Cow;
use std::path::PathBuf;

const SCHEMA: &str = "CREATE DATABASE `d`;
USE `d`;

CREATE TABLE `t1` (
  `id` int NOT NULL AUTO_INCREMENT,
  `a` int DEFAULT NULL,
  `b` int NOT NULL,
  `c` varchar(20) DEFAULT NULL,
  `d` date DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `ub` (`b`),
  KEY `ka` (`a`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

CREATE TABLE `t2` (
  `id` int NOT NULL AUTO_INCREMENT,
  `a` int DEFAULT NULL,
  `b` int NOT NULL,
  `c` varchar(20) DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

CREATE TABLE `n` (
  `id` int NOT NULL,
  `dn` date NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

CREATE TABLE `nl` (
  `x` int DEFAULT NULL,
  `p` int DEFAULT NULL,
  `q` int DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

CREATE TABLE `nr` (
  `x` int DEFAULT NULL,
  `p` int DEFAULT NULL,
  `r` int DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
";

/// What is written, and the note of the resolved statement without quotes and schema; notes and warnings follow.
#[rustfmt::skip]
const RESOLVED: &[(&str, &str)] = &[
    // NATURAL and USING.
    ("select * from nl natural join nr", "select nl.x AS x,nl.p AS p,nl.q AS q,nr.r AS r from (nl join nr on(((nl.x = nr.x) and (nl.p = nr.p))))"),
    ("select * from nl natural right join nr", "select nr.x AS x,nr.p AS p,nr.r AS r,nl.q AS q from (nr left join nl on(((nr.x = nl.x) and (nr.p = nl.p))))"),
    ("select * from nl join nr using(p)", "select nl.p AS p,nl.x AS x,nl.q AS q,nr.x AS x,nr.r AS r from (nl join nr on((nl.p = nr.p)))"),
    ("select x from nl natural left join nr", "select nl.x AS x from (nl left join nr on(((nl.x = nr.x) and (nl.p = nr.p))))"),
    // Conditions.
    ("select 1 from t1 where a", "select 1 AS 1 from t1 where (0 <> t1.a)"),
    ("select 1 from t1 where a xor b", "select 1 AS 1 from t1 where ((0 <> t1.a) xor (0 <> t1.b))"),
    ("select 1 from t1 where not a", "select 1 AS 1 from t1 where (0 = t1.a)"),
    ("select 1 from t1 where not (a <=> 3)", "select 1 AS 1 from t1 where (not((t1.a <=> 3)))"),
    ("select 1 from t1 where not (a > 1 or b is null)", "select 1 AS 1 from t1 where ((t1.a <= 1) and (t1.b is not null))"),
    ("select 1 from t1 where a = 1 and (b = 2 and (c = 'x' and 1))", "select 1 AS 1 from t1 where ((t1.a = 1) and (t1.b = 2) and (t1.c = 'x') and (0 <> 1))"),
    ("select 1 from t1 where (a,b) = (1,2)", "select 1 AS 1 from t1 where ((t1.a = 1) and (t1.b = 2))"),
    ("select 1 from t1 where (a,b) <> (1,2)", "select 1 AS 1 from t1 where ((t1.a <> 1) or (t1.b <> 2))"),
    ("select 1 from t1 where (a,b) not in ((1,2))", "select 1 AS 1 from t1 where ((t1.a,t1.b) <> (1,2))"),
    ("select 1 from t1 where not a not in (3)", "select 1 AS 1 from t1 where (t1.a = 3)"),
    ("select 1 from t1 where a between 5 and 5 and b is not unknown", "select 1 AS 1 from t1 where ((t1.a = 5) and (t1.b is not null))"),
    ("select 1 from t1 where (a > 3) is not true", "select 1 AS 1 from t1 where ((t1.a > 3) is not true)"),
    // Zero dates.
    ("select id from n where dn is null", "select n.id AS id from n where (n.dn = '0000-00-00')"),
    ("select t1.id from t1 left join n on t1.id=n.id where n.dn is null", "select t1.id AS id from (t1 left join n on((t1.id = n.id))) where ((n.dn = '0000-00-00') or (n.dn is null))"),
    // Names.
    ("select -a as a from t1 order by a", "select -(t1.a) AS a from t1 order by a"),
    ("select a x from t1 group by x having x > 1 order by x", "select t1.a AS x from t1 group by x having (x > 1) order by x"),
    ("select a, count(*) from t1 group by 1 order by 2 desc", "select t1.a AS a,count(0) AS count(*) from t1 group by t1.a order by count(0) desc"),
    ("select b a, count(*) from t1 group by a", "select t1.b AS a,count(0) AS count(*) from t1 group by t1.a; 1052 Column 'a' in group statement is ambiguous"),
    ("select (select count(*) from t2 where t2.a = t1.a) s from t1", "select (/* select#2 */ select count(0) from t2 where (t2.a = t1.a)) AS s from t1; 1276 Field or reference 'd.t1.a' of SELECT #2 was resolved in SELECT #1"),
    ("select exists(select * from t2) e from t1", "select exists(/* select#2 */ select 1 from t2) AS e from t1"),
    // Numbers of blocks.
    ("with c as (select a from t1) select * from c c1, c c2 where c1.a = (select max(id) from t2)", "with c as (/* select#2 */ select t1.a AS a from t1) /* select#1 */ select c1.a AS a,c2.a AS a from c c1 join c c2 where (c1.a = (/* select#4 */ select max(t2.id) from t2))"),
    ("with recursive r as (select 1 n union all select n+1 from r where n<5) select * from r, (select max(b) from t2 limit 1) z", "with recursive r as (/* select#2 */ select 1 AS n union all /* select#3 */ select (r.n + 1) AS n+1 from r where (r.n < 5)) /* select#1 */ select r.n AS n,z.max(b) AS max(b) from r join (/* select#6 */ select max(t2.b) AS max(b) from t2 limit 1) z"),
    ("select 1 from (select 1 union select 2) x, (select a from t1 limit 1) y", "select 1 AS 1 from (/* select#2 */ select 1 AS 1 union /* select#3 */ select 2 AS 2) x join (/* select#5 */ select t1.a AS a from t1 limit 1) y"),
];

struct Memory;

impl Files for Memory {
    fn read(&self, name: &str) -> Result<Option<Cow<'_, str>>, InputError> {
        Ok((name == "schema.sql").then_some(Cow::Borrowed(SCHEMA)))
    }
    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(name)
    }
}

fn resolved(catalog: &Catalog, sql: &str) -> Result<String, String> {
    let statement = parse::statement(sql, &catalog.settings).map_err(|error| error.to_string())?;
    let context = Context {
        catalog,
        settings: &catalog.settings,
        sql,
        variables: &[],
        trace: None,
        missed_dives: Default::default(),
        evaluated_units: Default::default(),
        notes: Default::default(),
        interrupt: None,
    };
    let query = resolve::resolve(&context, &statement).map_err(|error| error.to_string())?;
    let mut text = note::rewritten(&query, &[], &catalog.settings).replace("`d`.", "").replace('`', "");
    if let Some(rest) = text.strip_prefix("/* select#1 */ ") {
        text = rest.to_owned();
    }
    for diagnostic in &query.diagnostics {
        text += &format!("; {} {}", diagnostic.code, diagnostic.text);
    }
    Ok(text)
}

#[test]
fn statements_resolve_as_the_specification_tells() {
    let mut catalog = load_files(&Memory).expect("the schema loads");
    catalog.current_schema = Some("d".into());
    let mut wrong = String::new();
    for (written, expected) in RESOLVED {
        let own = resolved(&catalog, written).unwrap_or_else(|error| error);
        if own != *expected {
            wrong += &format!("{written}\n  expected: {expected}\n  here:     {own}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
