//! The worked examples of spec 03 §14: ranges, key lengths, costs and pruned partitions, from SQL text.

use super::partition::{leaf_names, prune};
use super::plan::{RangePlanKind, tree_ranges_text};
use super::range::{RangeRequest, WantedOrder, analyse};
use super::{RangeHints, RangeOutcome};
use crate::catalog::ddl::build_table;
use crate::catalog::ddl::{Definition, read_script};
use crate::catalog::histogram::Histogram;
use crate::catalog::{
    Catalog, CollationId, ColumnNo, ConstRow, IndexNo, KeySet, RangeQuestion, Schema, Settings, Statistics, SubqueryResult,
    Table, TableStatistics,
};
use crate::context::Context;
use crate::query::{BlockId, Query, TableId, TableSet};
use crate::rewrite::{conditions, prepare};
use std::cell::RefCell;
use std::sync::Arc;

/// Rows and pages of one table, rows of ranges by their printed text, records per key by index name.
#[derive(Clone, Debug, Default)]
struct Fixed {
    rows: u64,
    pages: u64,
    leaf_pages: u64,
    dives: Vec<(String, u64)>,
    per_key: Vec<(String, Vec<f32>)>,
}

impl Statistics for Fixed {
    fn table(&self, table: &Table) -> TableStatistics {
        let data_bytes = self.pages * 16384;
        TableStatistics {
            rows: self.rows,
            rows_exact: false,
            clustered_pages: self.pages,
            clustered_leaf_pages: self.leaf_pages,
            data_bytes,
            mean_row_bytes: data_bytes / self.rows.max(1),
            page_bytes: 16384,
            clustered_in_memory: 1.0,
            rows_upper_bound: 2 * self.leaf_pages * 16384 / u64::from(table.min_record_bytes()),
        }
    }
    fn records_per_key(&self, table: &Table, index: IndexNo, parts: usize) -> Option<f32> {
        let name = &table.indexes[index as usize].name;
        let (_, known) = self.per_key.iter().find(|(known, _)| **known == **name)?;
        known.get(parts - 1).copied()
    }
    fn index_in_memory(&self, _: &Table, _: IndexNo) -> f64 {
        1.0
    }
    fn rows_in_ranges(&self, question: RangeQuestion<'_>) -> Option<u64> {
        let text = question.ranges.join(" OR ");
        self.dives.iter().find(|(known, _)| *known == text).map(|(_, rows)| *rows)
    }
    fn histogram(&self, _: &Table, _: ColumnNo) -> Option<&Histogram> {
        None
    }
    fn partition_rows(&self, _: &Table) -> Option<Vec<u64>> {
        None
    }
    fn const_row(&self, _: &Table, _: Option<IndexNo>, _: &[crate::value::Value]) -> ConstRow {
        ConstRow::Unknown
    }
    fn subquery(&self, _: &str, _: &str) -> Option<&SubqueryResult> {
        None
    }
}

fn catalog(ddl: &str, statistics: Fixed) -> Catalog {
    let mut catalog = Catalog::empty();
    let schema_name: Arc<str> = "s".into();
    let mut schema = Schema::default();
    for (_, definition) in read_script(ddl).unwrap() {
        let Definition::Table(definition) = definition else { continue };
        let collation = CollationId::UTF8MB4_0900_AI_CI;
        let table = build_table(&definition, &schema_name, collation, collation).unwrap();
        schema.tables.insert(table.name.to_lowercase(), Arc::new(table));
    }
    catalog.schemas.insert("s".into(), schema);
    catalog.current_schema = Some(schema_name);
    catalog.statistics = Arc::new(statistics);
    catalog
}

fn with_query<R>(catalog: &Catalog, settings: &Settings, sql: &str, use_it: impl FnOnce(&Context<'_>, &Query) -> R) -> R {
    let ctx = Context {
        catalog,
        settings,
        sql,
        variables: &[],
        trace: None,
        missed_dives: RefCell::new(Vec::new()),
        interrupt: None,
        evaluated_units: Default::default(),
        notes: Default::default(),
    };
    let statement = crate::parse::statement(sql, settings).unwrap();
    let mut query = crate::resolve::resolve(&ctx, &statement).unwrap();
    prepare::prepare(&ctx, &mut query).unwrap();
    conditions::optimize_where(&ctx, &mut query, BlockId(0)).unwrap();
    use_it(&ctx, &query)
}

fn covering_keys(query: &Query, table: TableId) -> KeySet {
    let reference = &query[table];
    let mut keys = KeySet::EMPTY;
    for (number, index) in reference.table.indexes.iter().enumerate() {
        let holds = |column: ColumnNo| index.parts.iter().any(|part| part.column == column && part.prefix_chars.is_none());
        if reference.read_set.iter().all(holds) && reference.table.clustered != Some(number as IndexNo) {
            keys.insert(number as IndexNo);
        }
    }
    keys
}

fn analyse_sql(catalog: &Catalog, sql: &str) -> (RangeOutcome, Vec<String>) {
    analyse_as(catalog, sql, |_| {})
}

fn analyse_as(catalog: &Catalog, sql: &str, ask: impl Fn(&mut RangeRequest<'_>)) -> (RangeOutcome, Vec<String>) {
    let settings = catalog.settings.clone();
    with_query(catalog, &settings, sql, |ctx, query| {
        let table = query[BlockId(0)].leaves[0];
        let statistics = ctx.statistics().table(&query[table].table);
        let conditions: Vec<_> = query[BlockId(0)].where_.into_iter().collect();
        let mut request = RangeRequest {
            block: BlockId(0),
            table,
            statistics: &statistics,
            partitions: None,
            conditions: &conditions,
            equalities: &[],
            keys: KeySet::first(query[table].table.indexes.len()),
            readable: TableSet::EMPTY,
            previous: TableSet::EMPTY,
            limit: u64::MAX,
            ignore_table_scan: false,
            force: false,
            order: WantedOrder::Any,
            skip_dives: false,
            covering: covering_keys(query, table),
            inner_of_outer_join: false,
            table_count: 1,
            hints: RangeHints::of(query, table),
        };
        ask(&mut request);
        let outcome = analyse(ctx, query, &request);
        let names = query[table].table.indexes.iter().map(|index| index.name.to_string()).collect();
        (outcome, names)
    })
}

/// `ranges|key_len` of a plain range scan.
fn ranges_of(outcome: &RangeOutcome) -> String {
    match outcome.plan.as_ref().map(|plan| &plan.kind) {
        Some(RangePlanKind::IndexRange(scan)) => {
            format!("{}|{}", tree_ranges_text(&scan.tree_ranges, true), scan.key_bytes)
        }
        Some(other) => format!("{other:?}"),
        None if outcome.impossible => "impossible".into(),
        None => "none".into(),
    }
}

/// Statistics under which every range is cheaper than a scan.
fn generous() -> Fixed {
    Fixed { rows: 1_000_000, pages: 100_000, leaf_pages: 90_000, ..Fixed::default() }
}

#[test]
fn key_part_chains() {
    let ddl = "CREATE TABLE kp (id INT NOT NULL, a INT NOT NULL, b INT NOT NULL, c INT NOT NULL, d INT, \
               PRIMARY KEY (id), KEY k (a,b,c));";
    let catalog = catalog(ddl, generous());
    let cases = [
        ("a>=2 AND b>=3", "(2 <= a AND 3 <= b)|8"),
        ("a>2 AND b>3", "(2 < a)|4"),
        ("a BETWEEN 2 AND 4 AND b=3 AND c=1", "(2 <= a <= 4 AND b = 3 AND c = 1)|12"),
        ("a=2 AND b>3 AND c=1", "(a = 2 AND 3 < b)|8"),
        ("a<=2 AND b<3", "(a <= 2 AND b < 3)|8"),
        ("a IN (1,2) AND b IN (3,4) AND c>1", "(a = 1 AND b = 3 AND 1 < c) OR (a = 1 AND b = 4 AND 1 < c) OR (2 more)|12"),
        ("(a<5 AND b=3) OR (a>3 AND b=7)", "(a <= 3 AND b <= 3) OR (3 < a < 5) OR (5 <= a AND 7 <= b)|8"),
        ("a=1 AND b=2 AND c=3 AND id>5", "(a = 1 AND b = 2 AND c = 3 AND 5 < id)|16"),
        ("a=1 OR (a=2 AND b=3)", "(a = 1) OR (a = 2 AND b = 3)|8"),
    ];
    for (condition, expected) in cases {
        let (outcome, _) = analyse_as(&catalog, &format!("SELECT * FROM kp WHERE {condition}"), |request| {
            request.ignore_table_scan = true;
            request.keys = KeySet::of(1);
        });
        assert_eq!(ranges_of(&outcome), expected, "{condition}");
    }
}

#[test]
fn value_conversion() {
    let ddl = "CREATE TABLE t1 (id INT NOT NULL, a INT, b INT NOT NULL, e DECIMAL(10,2), g TINYINT UNSIGNED, dt DATE, \
               c VARCHAR(20), ch CHAR(10) CHARACTER SET latin1, bin VARBINARY(8), en ENUM('x','y'), bi BIT(4), \
               filler CHAR(200), PRIMARY KEY (id), KEY ka (a), KEY kb (b), KEY ke (e), KEY kg (g), KEY kdt (dt), \
               KEY kc (c), KEY kch (ch), KEY kbin (bin), KEY ken (en), KEY kbi (bi));";
    let catalog = catalog(ddl, generous());
    let cases = [
        ("a NOT IN (3,1,2)", "(NULL < a < 1) OR (1 < a < 2) OR (2 more)"),
        ("a IN (1.5,7)", "(a = 2) OR (a = 7)"),
        ("a NOT IN (1.5,7)", "(NULL < a < 7) OR (7 < a)"),
        ("a BETWEEN '3' AND '9.5'", "(3 <= a < 10)"),
        ("a NOT BETWEEN 5 AND 4", "(NULL < a)"),
        ("a BETWEEN 5 AND 4", "impossible"),
        ("a BETWEEN -99999999999 AND 5", "none"),
        ("a BETWEEN 5 AND 99999999999", "(5 <= a)"),
        ("a<5 OR a IS NULL", "(NULL <= a < 5)"),
        ("a>5 OR a<=5", "(NULL < a)"),
        ("g IN (-1,3)", "(g = 3)"),
        ("e IN (5.255,6)", "(e = 5.26) OR (e = 6.00)"),
        ("e BETWEEN 1.001 AND 2.009", "(1.00 < e < 2.01)"),
        ("dt IN ('2020-01-05 10:00:00','2020-01-06')", "(dt = '2020-01-06')"),
        ("dt BETWEEN '2020-01-05 10:00:00' AND '2020-01-06 10:00:00'", "('2020-01-05' < dt <= '2020-01-06')"),
        ("c < 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'", "(NULL < c <= 'aaaaaaaaaaaaaaaaaaaa')"),
        ("c LIKE ''", "(c = '')"),
        ("c LIKE 'abc'", "(c = 'abc')"),
        ("ch LIKE 'c1%'", r"('c1\0\0\0\0\0\0\0\0' <= ch <= 'c1????????')"),
        ("ch LIKE 'c1_'", r"('c1\0' <= ch <= 'c1?')"),
        ("bin LIKE 'A%'", "(0x01004100000000000000 <= bin <= 0x080041ffffffffffffff)"),
        ("bin LIKE 'A_'", "(0x02004100202020202020 <= bin <= 0x020041ff202020202020)"),
        ("en IN ('x','nope')", "(en = '') OR (en = 'x')"),
        ("bi < 20", "none"),
        ("c = 5", "none"),
        ("a = NULL", "impossible"),
        ("b <=> NULL", "impossible"),
        ("c IN ('ab ','ab','AB')", "(c = 'ab') OR (c = 'ab ')"),
    ];
    for (condition, expected) in cases {
        let sql = format!("SELECT * FROM t1 WHERE {condition}");
        let (outcome, _) = analyse_as(&catalog, &sql, |request| request.ignore_table_scan = true);
        let found = ranges_of(&outcome);
        assert_eq!(found.split('|').next(), Some(expected), "{condition}");
    }
}

#[test]
fn conversion_warning_is_pushed() {
    let ddl = "CREATE TABLE t1 (id INT NOT NULL, c VARCHAR(20), PRIMARY KEY (id), KEY kc (c));";
    let (outcome, _) = analyse_sql(&catalog(ddl, generous()), "SELECT * FROM t1 WHERE c > 5");
    assert_eq!(outcome.diagnostics.len(), 1);
    assert_eq!(
        outcome.diagnostics[0].text,
        "Cannot use range access on index 'kc' due to type or collation conversion on field 'c'"
    );
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= b.abs() * 6e-6
}

#[test]
fn plain_range_costs() {
    let ddl = "CREATE TABLE t1 (id INT NOT NULL, b INT NOT NULL, v CHAR(100), PRIMARY KEY (id), KEY kb (b));";
    let statistics = Fixed {
        rows: 3942,
        pages: 24,
        leaf_pages: 23,
        dives: vec![("3 <= b <= 4".into(), 217), ("b = 1 OR b = 2 OR b = 3".into(), 327)],
        ..Fixed::default()
    };
    let catalog = catalog(ddl, statistics);
    for (sql, cost) in [
        ("SELECT * FROM t1 WHERE b BETWEEN 3 AND 4", 76.21),
        ("SELECT * FROM t1 WHERE b IN (1,2,3)", 115.21),
        ("SELECT b FROM t1 WHERE b BETWEEN 3 AND 4", 22.0127),
    ] {
        let (outcome, _) = analyse_sql(&catalog, sql);
        let plan = outcome.plan.unwrap();
        assert!(close(plan.cost, cost), "{sql}: {}", plan.cost);
    }
}

#[test]
fn statistics_instead_of_dives() {
    let ddl = "CREATE TABLE t1 (id INT NOT NULL, a INT, v CHAR(100), PRIMARY KEY (id), KEY ka (a));";
    let statistics = Fixed {
        rows: 3942,
        pages: 24,
        leaf_pages: 23,
        per_key: vec![("ka".into(), vec![3942.0 / 39.0, 1.0])],
        ..Fixed::default()
    };
    let mut catalog = catalog(ddl, statistics);
    catalog.settings.eq_range_index_dive_limit = 2;
    let (outcome, _) = analyse_sql(&catalog, "SELECT * FROM t1 WHERE a IS NULL OR a IN (1,2)");
    let plan = outcome.plan.unwrap();
    assert_eq!(plan.rows, 303.0);
    assert!(close(plan.cost, 106.81), "{}", plan.cost);
}

fn merge_catalog() -> Catalog {
    let ddl = "CREATE TABLE im (id INT NOT NULL, k1 INT NOT NULL, k2 INT NOT NULL, k3 INT, v CHAR(100), \
               PRIMARY KEY (id), KEY i1 (k1), KEY i2 (k2), KEY i3 (k3));";
    let statistics = Fixed {
        rows: 7992,
        pages: 97,
        leaf_pages: 96,
        dives: vec![
            ("k1 = 5".into(), 80),
            ("k2 = 5".into(), 89),
            ("k3 = 4".into(), 115),
            ("k1 < 2".into(), 160),
            ("id < 10".into(), 9),
        ],
        ..Fixed::default()
    };
    catalog(ddl, statistics)
}

#[test]
fn rowid_ordered_intersection() {
    let (outcome, names) = analyse_sql(&merge_catalog(), "SELECT * FROM im WHERE k1=5 AND k2=5");
    let plan = outcome.plan.unwrap();
    assert!(close(plan.cost, 0.540732), "{}", plan.cost);
    assert_eq!(plan.rows, 1.0);
    let RangePlanKind::Intersection { scans, clustered, covering } = &plan.kind else { panic!("{plan:?}") };
    let members: Vec<&str> = scans.iter().map(|scan| &*names[scan.single_index().unwrap() as usize]).collect();
    assert_eq!((members, clustered.is_some(), *covering), (vec!["i1", "i2"], false, false));
    assert!(close(scans[0].cost, 0.269268) && close(scans[1].cost, 0.271463));
    let (outcome, _) = analyse_sql(&merge_catalog(), "SELECT id FROM im WHERE k1=5 AND k2=5");
    assert!(matches!(outcome.plan.unwrap().kind, RangePlanKind::Intersection { covering: true, .. }));
}

#[test]
fn rowid_ordered_union() {
    let (outcome, _) = analyse_sql(&merge_catalog(), "SELECT * FROM im WHERE k1=5 OR k2=5");
    let plan = outcome.plan.unwrap();
    assert!(matches!(plan.kind, RangePlanKind::Union(_)));
    assert!(close(plan.cost, 60.1969), "{}", plan.cost);
    assert_eq!(plan.rows, 169.0);
    let (outcome, _) = analyse_sql(&merge_catalog(), "SELECT * FROM im WHERE (k1=5 AND k2=5) OR k3=4");
    let plan = outcome.plan.unwrap();
    assert_eq!(plan.rows, 116.0);
    let RangePlanKind::Union(members) = &plan.kind else { panic!("{plan:?}") };
    assert!(matches!(members[0].kind, RangePlanKind::Intersection { .. }));
}

#[test]
fn sort_union() {
    let (outcome, _) = analyse_sql(&merge_catalog(), "SELECT * FROM im WHERE k1<2 OR k2=5");
    let plan = outcome.plan.unwrap();
    assert!(matches!(plan.kind, RangePlanKind::SortUnion(_)));
    assert!(close(plan.cost, 235.073), "{}", plan.cost);
    assert_eq!(plan.rows, 249.0);
    let (outcome, names) = analyse_sql(&merge_catalog(), "SELECT * FROM im WHERE k1<2 OR k2=5 OR id<10");
    let plan = outcome.plan.unwrap();
    let members: Vec<&str> = plan.leaves().iter().map(|scan| &*names[scan.single_index().unwrap() as usize]).collect();
    assert_eq!((members, plan.rows), (vec!["i1", "i2", "PRIMARY"], 258.0));
    assert!(close(plan.cost, 274.0 - 25.8 + 0.0) || (plan.cost - 248.2).abs() < 0.5, "{}", plan.cost);
}

#[test]
fn hinted_disk_sweep() {
    let mut statistics = Fixed { rows: 7992, pages: 97, leaf_pages: 96, ..Fixed::default() };
    statistics.dives.push(("k1 = 1 OR k1 = 2 OR k1 = 3".into(), 240));
    let ddl = "CREATE TABLE im (id INT NOT NULL, k1 INT NOT NULL, v CHAR(100), PRIMARY KEY (id), KEY i1 (k1));";
    let catalog = catalog(ddl, statistics);
    let (outcome, _) = analyse_as(&catalog, "SELECT * FROM im WHERE k1 IN (1,2,3)", |request| {
        request.hints.mrr = KeySet::of(1);
    });
    let plan = outcome.plan.unwrap();
    assert!(close(plan.cost, 78.5823), "{}", plan.cost);
    assert!(plan.index_range().unwrap().mrr);
}

fn loose_catalog() -> Catalog {
    let ddl = "CREATE TABLE g1 (id INT NOT NULL, a INT NOT NULL, b INT NOT NULL, c INT, d INT, \
               PRIMARY KEY (id), KEY abc (a,b,c));";
    let statistics = Fixed {
        rows: 6000,
        pages: 20,
        leaf_pages: 19,
        dives: vec![("a < 5".into(), 1500), ("a = 3 OR a = 4".into(), 600)],
        per_key: vec![("abc".into(), vec![300.0, 30.0, 6000.0 / 1400.0, 1.0])],
    };
    catalog(ddl, statistics)
}

#[test]
fn loose_index_scan() {
    let cases = [
        ("SELECT a,MIN(b) FROM g1 GROUP BY a", 7.45, 21.0, 4),
        ("SELECT a,MIN(c) FROM g1 WHERE b IN (3,4) GROUP BY a", 11.65, 42.0, 13),
        ("SELECT a,MAX(c) FROM g1 WHERE b IN (3,4) GROUP BY a", 11.65, 42.0, 8),
        ("SELECT DISTINCT a,b FROM g1", 43.45, 201.0, 8),
        ("SELECT COUNT(DISTINCT a,b,c) FROM g1", 283.45, 1401.0, 13),
    ];
    for (sql, cost, rows, key_bytes) in cases {
        let (outcome, _) = analyse_sql(&loose_catalog(), sql);
        let plan = outcome.plan.unwrap_or_else(|| panic!("{sql}"));
        assert!(matches!(plan.kind, RangePlanKind::GroupSkip(_)), "{sql}: {plan:?}");
        assert!(close(plan.cost, cost), "{sql}: {}", plan.cost);
        assert_eq!((plan.rows, plan.key_bytes()), (rows, key_bytes), "{sql}");
    }
    let sql = "SELECT a,MIN(b),MAX(b) FROM g1 WHERE a<5 AND b>3 GROUP BY a";
    let mut catalog = loose_catalog();
    let mut statistics = Fixed { rows: 6000, pages: 20, leaf_pages: 19, ..Fixed::default() };
    statistics.per_key = vec![("abc".into(), vec![300.0, 30.0, 6000.0 / 1400.0, 1.0])];
    statistics.dives = vec![("a < 5".into(), 1500)];
    catalog.statistics = Arc::new(statistics);
    let (outcome, _) = analyse_sql(&catalog, sql);
    let plan = outcome.plan.unwrap();
    let RangePlanKind::GroupSkip(scan) = &plan.kind else { panic!("{plan:?}") };
    assert_eq!(tree_ranges_text(&scan.tree_ranges, true), "(3 < b)");
    assert!(close(plan.cost, 4.25), "{}", plan.cost);
}

#[test]
fn skip_scan() {
    let (outcome, _) = analyse_sql(&loose_catalog(), "SELECT a,b,c FROM g1 WHERE c=3");
    let plan = outcome.plan.unwrap();
    assert!(close(plan.cost, 390.544), "{}", plan.cost);
    assert_eq!((plan.rows, plan.key_bytes()), (857.0, 13));
    let (outcome, _) = analyse_sql(&loose_catalog(), "SELECT a,b,c FROM g1 WHERE a IN (3,4) AND c<3");
    let plan = outcome.plan.unwrap();
    assert!(close(plan.cost, 57.5027), "{}", plan.cost);
    assert_eq!(plan.rows, 199.0);
    let RangePlanKind::SkipScan(scan) = &plan.kind else { panic!("{plan:?}") };
    assert_eq!(scan.tree_text(), "a IN (3, 4), NULL < c < 3");
}

#[test]
fn partition_pruning() {
    let ddl = "
CREATE TABLE pr (a INT, b INT) PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20), PARTITION p2 VALUES LESS THAN (30), PARTITION pm VALUES LESS THAN MAXVALUE);
CREATE TABLE prc (a INT, b VARCHAR(5)) PARTITION BY RANGE COLUMNS(a,b) (PARTITION p0 VALUES LESS THAN (10,'g'), PARTITION p1 VALUES LESS THAN (10,'m'), PARTITION p2 VALUES LESS THAN (20,'g'), PARTITION p3 VALUES LESS THAN (20,MAXVALUE), PARTITION p4 VALUES LESS THAN (MAXVALUE,MAXVALUE));
CREATE TABLE pl (a INT) PARTITION BY LIST (a) (PARTITION p0 VALUES IN (1,3,5,NULL), PARTITION p1 VALUES IN (2,4,6), PARTITION p2 VALUES IN (10,20));
CREATE TABLE plc (a VARCHAR(5)) PARTITION BY LIST COLUMNS(a) (PARTITION p0 VALUES IN ('a','aa'), PARTITION p1 VALUES IN ('b','bb'));
CREATE TABLE ph (a INT) PARTITION BY HASH (a) PARTITIONS 4;
CREATE TABLE plh (a INT) PARTITION BY LINEAR HASH (a) PARTITIONS 6;
CREATE TABLE pk (a INT, b INT) PARTITION BY KEY (a,b) PARTITIONS 4;
CREATE TABLE psub (a INT, b INT) PARTITION BY RANGE (a) SUBPARTITION BY HASH (b) SUBPARTITIONS 2 (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20), PARTITION p2 VALUES LESS THAN MAXVALUE);
CREATE TABLE pto (d DATE) PARTITION BY RANGE (to_days(d)) (PARTITION p0 VALUES LESS THAN (737791), PARTITION p1 VALUES LESS THAN (737822), PARTITION p2 VALUES LESS THAN (737851), PARTITION pm VALUES LESS THAN MAXVALUE);
CREATE TABLE py (d DATETIME) PARTITION BY RANGE (year(d)) (PARTITION p0 VALUES LESS THAN (2019), PARTITION p1 VALUES LESS THAN (2020), PARTITION p2 VALUES LESS THAN (2021), PARTITION pm VALUES LESS THAN MAXVALUE);
CREATE TABLE pe (a INT) PARTITION BY RANGE (a+1) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE);
";
    let catalog = catalog(ddl, generous());
    let cases = [
        ("pr", "a<10", "p0"),
        ("pr", "a<=10", "p0,p1"),
        ("pr", "a>9", "p1,p2,pm"),
        ("pr", "a>19 AND a<20", ""),
        ("pr", "a IS NULL", "p0"),
        ("pr", "a IS NOT NULL", "p0,p1,p2,pm"),
        ("pr", "a<5 OR b>3", "p0,p1,p2,pm"),
        ("prc", "a=10", "p0,p1,p2"),
        ("prc", "a=10 AND b>'h'", "p1,p2"),
        ("prc", "b='h'", "p0,p1,p2,p3,p4"),
        ("pl", "a>6", "p2"),
        ("pl", "a=7", ""),
        ("pl", "a IS NOT NULL", "p0,p1,p2"),
        ("plc", "a LIKE 'b%'", "p1"),
        ("plc", "a='A'", "p0"),
        ("ph", "a BETWEEN 1 AND 2", "p1,p2"),
        ("ph", "a<3", "p0,p1,p2,p3"),
        ("ph", "a IS NULL", "p0"),
        ("plh", "a=5", "p5"),
        ("plh", "a=7", "p3"),
        ("pk", "a=1", "p0,p1,p2,p3"),
        ("psub", "a=5 AND b=3", "p0_p0sp1"),
        ("psub", "b=3", "p0_p0sp1,p1_p1sp1,p2_p2sp1"),
        ("psub", "a=5 OR b=3", "p0_p0sp0,p0_p0sp1,p1_p1sp1,p2_p2sp1"),
        ("psub", "a<10 AND b>3", "p0_p0sp0,p0_p0sp1"),
        ("pto", "d>'2020-01-15'", "p0,p1,p2,pm"),
        ("pto", "d BETWEEN '2020-01-02' AND '2020-01-20'", "p1"),
        ("pto", "d BETWEEN '2020-01-02' AND '2020-02-20'", "p0,p1,p2"),
        ("py", "d<'2020-01-01'", "p0,p1"),
        ("py", "d>'2019-12-31 23:59:59'", "p1,p2,pm"),
        ("pe", "a=5", "p0"),
        ("pe", "a<5", "p0,p1"),
        ("pe", "a BETWEEN 5 AND 6", "p0"),
    ];
    let settings = catalog.settings.clone();
    for (table, condition, expected) in cases {
        let sql = format!("SELECT * FROM {table} WHERE {condition}");
        let found = with_query(&catalog, &settings, &sql, |ctx, query| {
            let table = query[BlockId(0)].leaves[0];
            let pruned = prune(ctx, query, table, query[BlockId(0)].where_, TableSet::EMPTY, true).unwrap();
            let names = leaf_names(query[table].table.partitioning.as_ref().unwrap());
            let used: Vec<&str> = pruned.used.iter().map(|place| &*names[*place]).collect();
            used.join(",")
        });
        assert_eq!(found, expected, "{table}: {condition}");
    }
}
