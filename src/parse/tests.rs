//! The grammar against the specification's examples and against recorded statements.

use super::ast::*;
use super::top::statement_under;
use crate::catalog::settings::SqlMode;
use std::path::Path;

fn parse(text: &str) -> Result<Statement, String> {
    statement_under(text, &SqlMode::default(), 80039).map_err(|e| e.to_string())
}

fn select(text: &str) -> Select {
    match parse(text).map(|s| s.kind) {
        Ok(StatementKind::Select(QueryExpr { body: QueryBody::Select(select), .. })) => *select,
        other => panic!("{text}: {other:?}"),
    }
}

/// The one expression of `SELECT …` in prefix form.
fn shape(text: &str) -> String {
    match &select(&format!("SELECT {text}")).items[..] {
        [SelectItem::Expr { expr, .. }] => prefix(expr),
        other => panic!("{text}: {other:?}"),
    }
}

fn prefix(expr: &Expr) -> String {
    let many = |name: &str, list: &[Expr]| format!("({name} {})", list.iter().map(prefix).collect::<Vec<_>>().join(" "));
    match expr {
        Expr::Column(name) => name.column.to_string(),
        Expr::Literal(Literal::Integer(text)) => text.to_string(),
        Expr::Literal(Literal::String { value, .. }) => format!("'{value}'"),
        Expr::Literal(Literal::Null) => "null".into(),
        Expr::Negate(e) => format!("(neg {})", prefix(e)),
        Expr::Not(e) => format!("(not {})", prefix(e)),
        Expr::Binary(e) => format!("(binary {})", prefix(e)),
        Expr::And(list) => many("and", list),
        Expr::Or(list) => many("or", list),
        Expr::Row(list) => many("row", list),
        Expr::Xor(a, b) => format!("(xor {} {})", prefix(a), prefix(b)),
        Expr::Arithmetic(op, a, b) => format!("({op:?} {} {})", prefix(a), prefix(b)),
        Expr::Compare(op, a, b) => format!("({op:?} {} {})", prefix(a), prefix(b)),
        Expr::IsNull { expr, negated } => format!("(null{} {})", u8::from(*negated), prefix(expr)),
        Expr::IsTruth { expr, test, negated } => format!("({test:?}{} {})", u8::from(*negated), prefix(expr)),
        Expr::Between { expr, low, high, .. } => format!("(between {} {} {})", prefix(expr), prefix(low), prefix(high)),
        Expr::Like { expr, pattern, .. } => format!("(like {} {})", prefix(expr), prefix(pattern)),
        Expr::InList { expr, list, .. } => format!("(in {} {})", prefix(expr), many("list", list)),
        Expr::Collate { expr, collation } => format!("(collate {} {collation})", prefix(expr)),
        Expr::DateAdd { date, amount, unit, subtract } => {
            format!("(date{} {} {} {unit})", if *subtract { '-' } else { '+' }, prefix(date), prefix(amount))
        }
        Expr::Call(call) => many(&call.name, &call.args),
        other => format!("{other:?}"),
    }
}

#[test]
fn precedence() {
    for (text, expected) in [
        ("a OR b AND NOT c = 1", "(or a (and b (not (Equal c 1))))"),
        ("a OR b OR (c OR d)", "(or a b c d)"),
        ("a XOR b AND c", "(xor a (and b c))"),
        ("1 = 1 = 2", "(Equal (Equal 1 1) 2)"),
        ("a IS NULL = 1", "(Equal (null0 a) 1)"),
        ("a = 1 IS NOT TRUE", "(True1 (Equal a 1))"),
        ("a between 1 and 2 between 3 and 4", "(between a 1 (between 2 3 4))"),
        ("a BETWEEN 1 AND 2 AND b", "(and (between a 1 2) b)"),
        ("-2^2", "(BitXor (neg 2) 2)"),
        ("1 + 2 * 3 - 4", "(Subtract (Add 1 (Multiply 2 3)) 4)"),
        ("a | b & c << 1", "(BitOr a (BitAnd b (ShiftLeft c 1)))"),
        ("a DIV 2 MOD 3", "(Modulo (IntegerDivide a 2) 3)"),
        ("!a + 1", "(Add (not a) 1)"),
        ("BINARY a = 'x'", "(Equal (binary a) 'x')"),
        ("-a COLLATE utf8mb4_bin", "(neg (collate a utf8mb4_bin))"),
        ("d + INTERVAL 1 DAY > 5", "(Greater (date+ d 1 DAY) 5)"),
        ("INTERVAL 1+1 day_hour + d", "(date+ d (Add 1 1) DAY_HOUR)"),
        ("interval(a, b)", "(interval a b)"),
        ("(a, b) = (1, 2)", "(Equal (row a b) (row 1 2))"),
        ("1--1", "(Subtract 1 (neg 1))"),
        ("'a' 'b' \"c\"", "'abc'"),
        ("subdate(d, 3)", "(date- d 3 DAY)"),
        ("a NOT IN (1) OR b", "(or (in a (list 1)) b)"),
    ] {
        assert_eq!(shape(text), expected, "{text}");
    }
}

#[test]
fn modes() {
    let mode = SqlMode { pipes_as_concat: true, ansi_quotes: true, ..SqlMode::default() };
    let parsed = statement_under("SELECT a * \"b\" || c ^ 2", &mode, 80039).unwrap();
    let StatementKind::Select(QueryExpr { body: QueryBody::Select(select), .. }) = parsed.kind else { panic!() };
    let SelectItem::Expr { expr, .. } = &select.items[0] else { panic!() };
    assert_eq!(prefix(expr), "(Multiply a (BitXor (concat b c) 2))");
}

#[test]
fn refusals_name_the_place() {
    for (text, near) in [
        ("SELECT FROM WHERE", "FROM WHERE"),
        ("SELECT a IN (1) IN (0)", "IN (0)"),
        ("SELECT a IS TRUE = 1", "= 1"),
        ("SELECT a LIKE 'x' + 1", "+ 1"),
        ("SELECT a NOT 5", "5"),
        ("SELECT x'4'", "x'4'"),
        ("SELECT 1 LIMIT 1 UNION SELECT 2", "UNION SELECT 2"),
        ("SELECT a FROM t GROUP BY a desc", "desc"),
        ("SELECT * FROM t1 FULL OUTER JOIN t2 ON 1", "OUTER JOIN t2 ON 1"),
        ("SELECT * FROM t1 LEFT JOIN t2", ""),
        ("SELECT a, * FROM t", "* FROM t"),
        ("SELECT 'abc", "'abc"),
        ("SELECT 1 /* open", "/* open"),
        ("SELECT count (*) FROM t", "*) FROM t"),
        ("SELECT substring ('a' from 1)", "from 1)"),
        ("SELECT a := 1", ":= 1"),
        ("SELECT ?", "?"),
        ("DELETE FROM t1 USE INDEX (ka) WHERE a=1", "USE INDEX (ka) WHERE a=1"),
        ("SELECT * FROM t1 FORCE INDEX () WHERE a=1", ") WHERE a=1"),
        ("EXPLAIN FORMAT=TREE ANALYZE SELECT 1", "ANALYZE SELECT 1"),
        ("EXPLAIN extended SELECT 1", "SELECT 1"),
        ("EXPLAIN selec 1", "1"),
        ("EXPLAIN SHOW TABLES", "SHOW TABLES"),
        ("FLUSH TABLES", "FLUSH TABLES"),
        ("SELECT .t1", ".t1"),
        ("SELECT 1 LIMIT -1", "-1"),
        ("SELECT 1 FROM t WHERE a = NOT b", "NOT b"),
    ] {
        let error = parse(text).expect_err(text);
        assert!(error.contains(&format!("near '{near}' at line 1")), "{text}: {error}");
    }
    assert!(parse("SELECT\n1\nFROM").unwrap_err().ends_with("near '' at line 3"));
    assert_eq!(parse(" ; /* nothing */ ").unwrap_err(), "ERROR 1065 (42000): Query was empty");
}

#[test]
fn errors_of_the_tree_come_after_those_of_the_grammar() {
    assert!(parse("SELECT * FROM (SELECT 1)").unwrap_err().contains("1248"));
    assert!(parse("SELECT * FROM (SELECT 1) 5").unwrap_err().contains("1064"));
    assert!(parse("SELECT ALL DISTINCT 1").unwrap_err().contains("Incorrect usage of ALL and DISTINCT"));
    assert!(parse("EXPLAIN FORMAT=xml SELECT zz").unwrap_err().contains("Unknown EXPLAIN format name: 'xml'"));
    assert!(parse("SELECT CONVERT(1 USING klingon)").unwrap_err().contains("Unknown character set: 'klingon'"));
}

#[test]
fn spans_are_the_source_text() {
    let text = "EXPLAIN SELECT COUNT( * ), (SELECT  1 /* c */) x , 1 /* a */ +\n2 FROM (( SELECT 3 ) ) d";
    let parsed = parse(text).unwrap();
    let StatementKind::Select(QueryExpr { body: QueryBody::Select(select), .. }) = &parsed.kind else { panic!() };
    let slice = |span: Span| &parsed.text[span.start as usize..span.end as usize];
    let texts: Vec<&str> = select
        .items
        .iter()
        .map(|item| match item {
            SelectItem::Expr { span, .. } => slice(*span),
            _ => "*",
        })
        .collect();
    assert_eq!(texts, ["COUNT( * )", "(SELECT  1 /* c */)", "1 /* a */ +\n2"]);
    let SelectItem::Expr { expr: Expr::Subquery(query), .. } = &select.items[1] else { panic!() };
    assert_eq!(slice(query.span), "SELECT  1");
    assert!(parsed.text.starts_with("SELECT COUNT"));
}

#[test]
fn joins_group_as_their_conditions_say() {
    fn show(table: &TableExpr) -> String {
        match table {
            TableExpr::Table(TableFactor { source: TableSource::Named(name), .. }) => name.name.to_string(),
            TableExpr::Table(factor) => factor.alias.as_deref().unwrap_or("?").to_string(),
            TableExpr::Nested(list) => format!("[{}]", list.iter().map(show).collect::<Vec<_>>().join(",")),
            TableExpr::Join(join) => {
                let on = if join.on.is_some() { "+" } else { "" };
                format!("({} {:?}{on} {})", show(&join.left), join.kind, show(&join.right))
            }
        }
    }
    for (text, expected) in [
        ("a JOIN b ON 1 JOIN c ON 2", "((a Inner+ b) Inner+ c)"),
        ("a JOIN b JOIN c ON 1 ON 2", "(a Inner+ (b Inner+ c))"),
        ("a JOIN b JOIN c ON 1", "((a Inner b) Inner+ c)"),
        ("a LEFT JOIN b LEFT JOIN c ON 1 ON 2", "(a Left+ (b Left+ c))"),
        ("a JOIN b LEFT JOIN c ON 1", "((a Inner b) Left+ c)"),
        ("a LEFT JOIN (b, c) ON 1", "(a Left+ [b,c])"),
        ("(a JOIN b) LEFT JOIN ((SELECT 1) d JOIN c) ON 1", "([(a Inner b)] Left+ [(d Inner c)])"),
        ("((SELECT 1) UNION (SELECT 2)) u STRAIGHT_JOIN a", "(u Straight a)"),
        ("a NATURAL LEFT JOIN b JOIN c ON 1", "((a Left b) Inner+ c)"),
    ] {
        let select = select(&format!("SELECT 1 FROM {text}"));
        assert_eq!(show(&select.from[0]), expected, "{text}");
    }
}

#[test]
fn what_mysql_accepts() {
    for text in [
        "SELECT t.select, `a``b`, t.1a, @x.y, @`z`, @@session.sql_mode, _latin1'a', N'b', 0x41, b'1', DATE'2020-01-01', {ts '2020-01-01'} FROM t",
        "SELECT IF(a,1,2), LEFT(b,1), REPEAT('x',2), REPLACE(a,'b','c'), INSERT('a',1,1,'b'), CHAR(65 USING utf8mb4), UTC_DATE, NOW(6), MOD(5,2), DATABASE()",
        "SELECT GROUP_CONCAT(DISTINCT a, b ORDER BY c DESC SEPARATOR ';'), COUNT(DISTINCT a, b), SUM(ALL a) FROM t GROUP BY d WITH ROLLUP HAVING 1",
        "SELECT ROW_NUMBER() OVER (PARTITION BY a ORDER BY b ROWS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING), LAG(a, 1) IGNORE NULLS OVER () FROM t",
        "SELECT MATCH(a, b) AGAINST ('x' IN BOOLEAN MODE), MATCH a AGAINST ('x' WITH QUERY EXPANSION) FROM t",
        "SELECT j->'$.a', j->>'$.b', 5 MEMBER OF (j), CAST(a AS DECIMAL(10,2)), CONVERT(a, CHAR(3)), CAST(j AS UNSIGNED ARRAY) FROM t",
        "SELECT * FROM t PARTITION (p0, p1) AS x USE INDEX FOR ORDER BY (PRIMARY, k) IGNORE KEY (j), u FORCE INDEX (k) FOR UPDATE",
        "SELECT * FROM JSON_TABLE('[1]', '$[*]' COLUMNS (n FOR ORDINALITY, v INT PATH '$' DEFAULT '0' ON EMPTY NULL ON ERROR, NESTED PATH '$.x' COLUMNS (w VARCHAR(10) PATH '$'))) AS jt",
        "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n+1 FROM c WHERE n < 5) SELECT * FROM c LOCK IN SHARE MODE",
        "(SELECT 1) UNION ALL (SELECT 2 ORDER BY 1 LIMIT 2, 3) INTERSECT TABLE t EXCEPT VALUES ROW(1), ROW(2) ORDER BY 1 LIMIT 3 OFFSET 4",
        "SELECT SQL_CALC_FOUND_ROWS STRAIGHT_JOIN SQL_BUFFER_RESULT 1 'alias' FROM DUAL WHERE EXISTS (SELECT 1) INTO @a, @b",
        "INSERT IGNORE INTO t PARTITION (p) (a, b) VALUES (1, DEFAULT), (2, 3) AS n(x, y) ON DUPLICATE KEY UPDATE a = VALUES(a) + n.x",
        "INSERT INTO t SELECT * FROM u JOIN v ON u.a = v.a ON DUPLICATE KEY UPDATE b = 1",
        "INSERT t SET a = 1, b = DEFAULT(b)",
        "REPLACE INTO t (a) (SELECT 1)",
        "UPDATE LOW_PRIORITY t a JOIN u USING (id), v SET a.x = 1, u.y = DEFAULT WHERE a.z IN (SELECT 1)",
        "UPDATE t SET a = a + 1 WHERE b > 1 ORDER BY c DESC LIMIT 5",
        "DELETE QUICK FROM t AS a PARTITION (p) WHERE b = 1 ORDER BY c LIMIT 3",
        "DELETE a.*, b FROM t a JOIN u b ON a.x = b.x WHERE a.y",
        "DELETE FROM a USING t a, u WHERE a.x = u.x",
        "WITH c AS (SELECT 1) DELETE t FROM t JOIN c",
        "SELECT a <=> NULL, a IS NOT UNKNOWN, a SOUNDS LIKE b, a NOT REGEXP 'x', a RLIKE 'y', a >= ALL (SELECT 1), a = SOME (SELECT 2) FROM t",
        "SELECT CASE a WHEN 1 THEN 2 ELSE 3 END, CASE WHEN a THEN b END, EXTRACT(YEAR FROM d), TRIM(BOTH 'x' FROM y), TIMESTAMPDIFF(DAY, a, b) FROM t",
        "SELECT @a := 1, @b := @a + 1",
        "SELECT * FROM a, LATERAL (SELECT a.x) AS l(y), ((b)), (c, d) WHERE (1, 2) IN ((1, 2), (3, 4))",
        "SELECT SUM(x) OVER w, first_value(x) OVER (w ORDER BY y) FROM t WINDOW w AS (PARTITION BY a)",
        "SELECT avg(a), max(b) alias, date, time, timestamp, year, status, count, value FROM t",
        "SET optimizer_switch='mrr=off', SESSION sort_buffer_size = 1024, @@sql_mode = DEFAULT, @x := 3",
        "USE employees",
        "SELECT substring('abc', 2), SUBSTR('abc' FROM 2 FOR 1), ADDDATE(d, INTERVAL 1 WEEK), WEIGHT_STRING(a AS CHAR(3)), GET_FORMAT(DATE, 'USA') FROM t",
    ] {
        if text.contains("IGNORE NULLS") {
            assert!(parse(text).unwrap_err().contains("1235"), "{text}");
        } else if let Err(error) = parse(text) {
            panic!("{text}: {error}");
        }
    }
}

#[test]
fn size_and_depth_are_bounded() {
    let deep = |n: usize| format!("SELECT {}1{}", "(".repeat(n), ")".repeat(n));
    assert!(parse(&deep(100)).is_ok());
    for text in [
        deep(10_000),
        format!("SELECT {}1", "-".repeat(100_000)),
        format!("SELECT 1{}", " + 1".repeat(100_000)),
        format!("SELECT {}1", "NOT ".repeat(100_000)),
        format!("SELECT 1{}", " UNION SELECT 1".repeat(10_000)),
        format!("SELECT * FROM t{}", " JOIN t".repeat(10_000)),
        format!("SELECT * FROM {}t{}", "(".repeat(10_000), ")".repeat(10_000)),
        format!("SELECT {}1{}", "(SELECT ".repeat(5_000), ")".repeat(5_000)),
        format!("SELECT '{}'", "x".repeat(20_000_000)),
    ] {
        assert!(parse(&text).is_err(), "{}", &text[..60]);
    }
    let wide = format!("SELECT 1 FROM t WHERE a = 1{}", " OR a = 1".repeat(50_000));
    assert!(parse(&wide).is_ok());
}

#[test]
fn recorded_statements_parse() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    for corpus in ["employees", "employees-random", "sakila", "tpch", "tpch-random"] {
        let Ok(text) = std::fs::read_to_string(corpora.join(corpus).join("queries.sql")) else { continue };
        for statement in super::script::read(&text) {
            let golden = corpora.join(corpus).join("golden").join(format!("{}.txt", statement.name));
            let golden = std::fs::read_to_string(golden).unwrap_or_default();
            let expected = golden.lines().find_map(|line| line.strip_prefix("1064\t"));
            match parse(&statement.sql) {
                Ok(_) => assert_eq!(expected, None, "{}", statement.name),
                Err(error) => {
                    let refused = golden.contains("=== error") && expected.is_none_or(|text| error.ends_with(text));
                    assert!(refused, "{}: {error}", statement.name);
                }
            }
        }
    }
}

mod random {
    use super::super::script;
    use super::parse;
    use proptest::prelude::*;

    #[rustfmt::skip]
    const WORDS: &[&str] = &[
        "SELECT", "FROM", "WHERE", "(", ")", ",", "*", "a", "t.b", "'x'", "\"y\"", "`z`", "1", "1.5e3", "0x41", "b'1'", "AND", "OR", "NOT",
        "IN", "BETWEEN", "LIKE", "IS", "NULL", "TRUE", "CASE", "WHEN", "THEN", "ELSE", "END", "JOIN", "LEFT", "ON", "USING", "GROUP", "BY",
        "ORDER", "LIMIT", "UNION", "ALL", "WITH", "AS", "INTERVAL", "DAY", "+", "-", "=", "<=>", ":=", "@v", "@@x", "/*+ BKA(t) */", "/*! 1 */",
        "/*", "*/", "-- ", "\n", ";", "INSERT", "INTO", "VALUES", "UPDATE", "SET", "DELETE", "COUNT(", "CAST(", "OVER", "PARTITION", "ROWS",
        "JSON_TABLE(", "COLUMNS", "MATCH", "AGAINST", "{", "}", "?", "\\", "é", "_latin1", "N'a'", "x'4'", "!", "||", "->", "EXISTS", "ROW", "DATE",
        "ROLLUP", "HAVING", "EXPLAIN", "FORMAT", "NATURAL", "STRAIGHT_JOIN", "FORCE", "INDEX", "LATERAL", "VALUES(", "DEFAULT", ".", "..", "$1",
        "WINDOW", "w", "RECURSIVE", "FOR", "TABLE", "@", "'open", "`open",
    ];

    fn text() -> impl Strategy<Value = String> {
        prop::collection::vec(prop::sample::select(WORDS), 0..40).prop_map(|words| words.join(" "))
    }

    proptest! {
        #[test]
        fn any_words_are_parsed_or_refused(text in text()) {
            let _ = parse(&text);
            let _ = parse(&format!("SELECT {text}"));
            let _ = parse(&format!("SELECT * FROM t WHERE a = {text}"));
        }

        #[test]
        fn any_characters_are_parsed_or_refused(text in "\\PC*") {
            let _ = parse(&text);
            let _ = parse(&format!("SELECT /*+ {text}"));
            let _ = script::read(&text);
        }

        #[test]
        fn spans_lie_in_the_text(text in text()) {
            let Ok(statement) = parse(&format!("SELECT {text}")) else { return Ok(()) };
            let super::StatementKind::Select(query) = &statement.kind else { return Ok(()) };
            let span = query.span;
            prop_assert!(statement.text.get(span.start as usize..span.end as usize).is_some());
        }
    }
}
