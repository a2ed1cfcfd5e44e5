//! What conditions print as after optimization (spec 02 §4): statements over a small schema, without data.

use myexplain::catalog::Catalog;
use myexplain::catalog::bundle::{Files, load_files};
use myexplain::error::InputError;
use myexplain::explain::context::PrintContext;
use myexplain::explain::expression;
use myexplain::query::{Block, BlockId, ExprId, JoinMember, Query, TableId};
use myexplain::rewrite::conditions::{self, ChosenOrder, Truth};
use myexplain::{Context, parse, resolve, rewrite};
use std::borrow::Cow;
use std::cell::RefCell;
use std::path::PathBuf;

const SCHEMA: &str = "CREATE DATABASE `spec_02` /*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci */;
USE `spec_02`;

CREATE TABLE `t1` (
  `id` int NOT NULL AUTO_INCREMENT,
  `a` int DEFAULT NULL,
  `b` int NOT NULL,
  `c` varchar(20) DEFAULT NULL,
  `d` date DEFAULT NULL,
  `e` decimal(8,2) DEFAULT NULL,
  `u` int unsigned DEFAULT NULL,
  `ti` tinyint DEFAULT NULL,
  `bi` bigint DEFAULT NULL,
  `y` year DEFAULT NULL,
  `tm` time DEFAULT NULL,
  `dt` datetime DEFAULT NULL,
  `f` double DEFAULT NULL,
  `f2` float(7,2) DEFAULT NULL,
  `dec0` decimal(6,0) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `ub` (`b`),
  KEY `ka` (`a`),
  KEY `kc` (`c`),
  KEY `kd` (`d`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
";

struct Memory(String);

impl Files for Memory {
    fn read(&self, name: &str) -> Result<Option<Cow<'_, str>>, InputError> {
        Ok((name == "schema.sql").then_some(Cow::Borrowed(self.0.as_str())))
    }
    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(name)
    }
}

fn catalog() -> Catalog {
    let table = &SCHEMA[SCHEMA.find("CREATE TABLE").unwrap_or(0)..];
    let more: String = ["t2", "t3"].iter().map(|name| format!("\n{}", table.replace("`t1`", &format!("`{name}`")))).collect();
    load_files(&Memory(format!("{SCHEMA}{more}"))).expect("the schema can be read")
}

/// The outermost block after preparation and optimization of its conditions, printed; tables in the given order.
struct Printed {
    where_: String,
    on: String,
    having: String,
    truth: Truth,
}

fn table_named(query: &Query, block: &Block, name: &str) -> Option<TableId> {
    block.leaves.iter().copied().find(|table| &*query[*table].alias == name)
}

fn ons(query: &Query, members: &[JoinMember], found: &mut Vec<ExprId>) {
    for member in members {
        match member {
            JoinMember::Table(table) => found.extend(query[*table].on),
            JoinMember::Nest(nest) => {
                ons(query, &query[*nest].members, found);
                found.extend(query[*nest].on);
            }
        }
    }
}

fn print(sql: &str, order: &[&str], substitute: bool) -> Printed {
    let catalog = catalog();
    let settings = catalog.settings.clone();
    let ctx = Context {
        catalog: &catalog,
        settings: &settings,
        sql,
        variables: &[],
        trace: None,
        missed_dives: RefCell::default(),
        interrupt: None,
        evaluated_units: RefCell::default(),
        notes: Default::default(),
    };
    let statement = parse::statement(sql, &settings).expect("the statement can be parsed");
    let mut query = resolve::resolve(&ctx, &statement).expect("the statement can be resolved");
    rewrite::prepare::prepare(&ctx, &mut query).expect("the statement can be prepared");
    let block = BlockId(0);
    let truth = conditions::optimize_where(&ctx, &mut query, block).expect("WHERE can be optimized");
    conditions::optimize_having(&ctx, &mut query, block).expect("HAVING can be optimized");
    if substitute && truth != Truth::False {
        let rank: Vec<Option<TableId>> = order.iter().map(|name| table_named(&query, &query[block], name)).collect();
        let place = |table: TableId| rank.iter().position(|each| *each == Some(table)).unwrap_or(table.0 as usize);
        let chosen = ChosenOrder { rank: &place, materialized: &[] };
        conditions::substitute_best_equal(&ctx, &mut query, block, &chosen).expect("equalities can be substituted");
    }
    let mut roots: Vec<ExprId> = query[block].where_.into_iter().chain(query[block].having).collect();
    ons(&query, &query[block].from, &mut roots);
    for root in roots {
        conditions::cache_constants(&mut query, block, root);
        conditions::add_casts(&mut query, block, root);
    }
    let context = PrintContext { always_quote: false, hidden_schema: Some("spec_02"), ..PrintContext::note(&settings, block) };
    let text = |expr: Option<ExprId>| {
        let mut out = String::new();
        if let Some(expr) = expr {
            expression::print(&mut out, &query, &[], expr, &context);
        }
        out
    };
    let mut on = Vec::new();
    ons(&query, &query[block].from, &mut on);
    let on: Vec<String> = on.into_iter().map(|on| text(Some(on))).collect();
    Printed { where_: text(query[block].where_), on: on.join(" / "), having: text(query[block].having), truth }
}

#[track_caller]
fn check(sql: &str, expected: &str) {
    let printed = print(sql, &[], true);
    assert_eq!(printed.where_, expected, "{sql}");
}

#[track_caller]
fn check_t1(condition: &str, expected: &str) {
    check(&format!("select a from t1 where {condition}"), expected);
}

#[test]
fn parse_time_forms() {
    check_t1("a", "(0 <> t1.a)");
    check_t1("not a", "(t1.a = 0)");
    check_t1("not (a <=> 3)", "(not((t1.a <=> 3)))");
    check_t1("a=true", "(t1.a = true)");
    check_t1("(a=5) is unknown", "((t1.a = 5) is null)");
}

#[test]
fn constants_over_literals() {
    check_t1("1=1 and a=1", "(t1.a = 1)");
    check_t1("a>5 or 1", "");
    check_t1("2>3 or a=1", "(t1.a = 1)");
    check_t1("a>5 and null", "false");
    check_t1("version()>'5'", "");
    check_t1("1", "");
    check_t1("now()>'2020-01-01' and a=5", "(t1.a = 5)");
}

#[test]
fn multiple_equalities() {
    check_t1("a=b and a>5", "((t1.b = t1.a) and (t1.a > 5))");
    check_t1("a=5 and (a=5 or b=3)", "((t1.a = 5) and (true or (t1.b = 3)))");
    check_t1("a=5 and (b=a or b=7)", "((t1.a = 5) and ((t1.b = 5) or (t1.b = 7)))");
    check_t1("a=5 and a in (1,2,5)", "(t1.a = 5)");
    check_t1("a=5 and b+a>3", "((t1.a = 5) and ((t1.b + 5) > 3))");
    check_t1("c='v1' and c<>'x'", "(t1.c = 'v1')");
    check_t1("c='v1' and c like 'v%'", "((t1.c = 'v1') and (t1.c like 'v%'))");
    check_t1("d='2020-01-05' and year(d)=2020", "((t1.d = DATE'2020-01-05') and (year(t1.d) = 2020))");
    check_t1("a<=>5 and b>a", "((t1.a <=> 5) and (t1.b > 5))");
    check_t1("a=5 and a=6", "false");
    check_t1("a='5' and b>a", "((t1.a = 5) and (t1.b > 5))");
    check("select * from (select a,b from t1) d where a=5 and b>a", "((t1.a = 5) and (t1.b > t1.a))");
}

#[test]
fn equalities_in_the_chosen_order() {
    let sql = "select 1 from t1,t2,t3 where t1.a=t2.a and t2.a=t3.a and t3.a>45";
    assert_eq!(print(sql, &["t2", "t3", "t1"], true).where_, "((t3.a = t2.a) and (t1.a = t2.a) and (t2.a > 45))");
    let sql = "select 1 from t1,t2,t3 where t1.a=t2.a and t2.a=t3.a";
    assert_eq!(print(sql, &["t3", "t1", "t2"], true).where_, "((t1.a = t3.a) and (t2.a = t3.a))");
    let sql = "select 1 from t1,t2 where t1.u=5 and t1.u=t2.a";
    assert_eq!(print(sql, &["t1", "t2"], true).where_, "((t1.u = 5) and (5 = t2.a))");
    let sql = "select 1 from t1,t2 where t2.c=t1.c and t2.c like 'v1%' and t2.c>'v0' and year(t2.d)=2020";
    assert_eq!(
        print(sql, &["t1", "t2"], true).where_,
        "((t2.c = t1.c) and (t2.c like 'v1%') and (t1.c > 'v0') and (year(t2.d) = 2020))"
    );
    let sql = "select 1 from t1,t2 where t1.a=t2.a and (t1.a=t2.a or t1.a=t2.b)";
    assert_eq!(print(sql, &["t1", "t2"], true).where_, "(t2.a = t1.a)");
    let sql = "select 1 from t1 left join t2 on t1.id=t2.id left join t3 on t3.id=t2.id where t3.a>1";
    assert_eq!(print(sql, &["t3", "t2", "t1"], true).where_, "((t2.id = t3.id) and (t1.id = t3.id) and (t3.a > 1))");
}

#[test]
fn the_last_equality_comes_first() {
    let sql = "select 1 from t1,t2 where t1.a=t2.a and t1.u=t2.u";
    assert_eq!(print(sql, &["t1", "t2"], true).where_, "((t2.u = t1.u) and (t2.a = t1.a))");
}

#[test]
fn columns_are_sorted_by_exchanges() {
    let sql = "select 1 from t2,t1 where t2.id=t2.a and t2.a=t2.b and t2.id=t1.a and t1.c>'x'";
    let expected = "((t2.a = t1.a) and (t2.b = t1.a) and (t2.id = t1.a) and (t1.c > 'x'))";
    assert_eq!(print(sql, &["t1", "t2"], true).where_, expected);
}

#[test]
fn nested_comparisons_are_folded_too() {
    check_t1("if(a<3000000000,b,id)=3", "(if(if((t1.a is null),NULL,1),t1.b,t1.id) = 3)");
}

#[test]
fn variables_are_evaluated_and_go() {
    check_t1("@v is null and u=5", "(t1.u = 5)");
    check_t1("u=5 and (select 5)=5", "(t1.u = 5)");
    assert_eq!(print("select a from t1 where u=5 and 1=(select 2)", &[], true).truth, Truth::False);
}

#[test]
fn casts_of_functions() {
    check_t1("a = uuid()", "(cast(t1.a as double) = cast(uuid() as double))");
}

#[test]
fn an_early_stop_prints_multiple_equalities() {
    let printed = print("select a from t1 where b=5 and a=b and c>'x'", &[], false);
    assert_eq!(printed.where_, "((t1.c > 'x') and multiple equal(5, t1.b, t1.a))");
}

#[test]
fn folding_of_integers() {
    assert_eq!(print("select a from t1 where ti=200", &[], true).truth, Truth::False);
    check_t1("ti<200", "(t1.ti is not null)");
    check_t1("ti<=127", "(t1.ti is not null)");
    check_t1("ti>=127", "(t1.ti = 127)");
    check_t1("ti<=-128", "(t1.ti = <cache>(-(128)))");
    check_t1("u<0", "false");
    check_t1("u=-1", "false");
    check_t1("u>=0", "(t1.u is not null)");
    check_t1("b<3000000000", "");
    check_t1("a<5.5", "(t1.a < 6)");
    check_t1("a<=5.5", "(t1.a < 6)");
    check_t1("a>=5.5", "(t1.a > 5)");
    check_t1("5.5>a", "(6 > t1.a)");
    check_t1("a='5'", "(t1.a = 5)");
    check_t1("bi=0x10", "(t1.bi = 16)");
    check_t1("bi=1e10", "(t1.bi = 10000000000)");
    check_t1("bi>1e-320", "(t1.bi > 0)");
    check_t1("bi=1e30", "false");
    check_t1("bi<1e30", "(t1.bi is not null)");
    check_t1("a > -5.5", "(t1.a > -6)");
    check_t1("a > -'5'", "(t1.a > -5)");
}

#[test]
fn folding_of_other_numbers() {
    check_t1("e=1.5", "(t1.e = 1.50)");
    check_t1("e='1.5'", "(t1.e = 1.50)");
    check_t1("e>0", "(t1.e > 0.00)");
    check_t1("e<1.234", "(t1.e <= 1.23)");
    check_t1("e>1.234", "(t1.e > 1.23)");
    check_t1("e>'abc'", "(t1.e > 0.00)");
    check_t1("e=-5", "(t1.e = -5.00)");
    check_t1("dec0<-1.5", "(t1.dec0 < -1)");
    check_t1("dec0>1.5", "(t1.dec0 > 1)");
    check_t1("dec0='12'", "(t1.dec0 = 12)");
    check_t1("dec0=1 and dec0=2", "((t1.dec0 = 1) and (t1.dec0 = 2))");
    check_t1("dec0=1.0 and dec0=2.0", "false");
    check_t1("f=1.1", "(t1.f = 1.1)");
    check_t1("f>'abc'", "(t1.f > 0)");
    check_t1("f > -5", "(t1.f > -5)");
    check_t1("f2>1.234", "(t1.f2 > 1.2300000190734863)");
    check_t1("f2<=1.239", "(t1.f2 < 1.2400000095367432)");
}

#[test]
fn folding_of_dates() {
    check_t1("d>'2020-01-05'", "(t1.d > DATE'2020-01-05')");
    check_t1("d>'2020-01-05 10:00:00'", "(t1.d > DATE'2020-01-05')");
    check_t1("d='2020-01-05 10:00:00'", "false");
    check_t1("d=20200105", "(t1.d = DATE'2020-01-05')");
    check_t1("d between '2020-01-01' and '2020-01-02'", "(t1.d between '2020-01-01' and '2020-01-02')");
    check_t1("dt>'2020-01-01'", "(t1.dt > TIMESTAMP'2020-01-01 00:00:00')");
    check_t1("dt=date'2020-01-05'", "(t1.dt = DATE'2020-01-05')");
    check_t1("tm=5", "(t1.tm = TIME'00:00:05')");
    check_t1("tm='10:11:12.5'", "(t1.tm = TIME'10:11:13')");
    check_t1("y='20'", "(t1.y = 2020)");
    check_t1("y=3000", "false");
    check_t1("y=1000", "false");
    check_t1("y>1000", "(t1.y > 1000)");
}

#[test]
fn caches() {
    check_t1("u > 1+1", "(t1.u > <cache>((1 + 1)))");
    check_t1("a > -5", "(t1.a > <cache>(-(5)))");
    check_t1("c like concat('v','%')", "(t1.c like <cache>(concat('v','%')))");
    check_t1("u in (1+1,3)", "(t1.u in (<cache>((1 + 1)),3))");
    check_t1("c > database()", "(t1.c > database())");
    check_t1("d = curdate()", "(t1.d = <cache>(curdate()))");
}

#[test]
fn on_conditions() {
    let on =
        |condition: &str| print(&format!("select 1 from t1 left join t2 on t1.id=t2.id and {condition}"), &["t1", "t2"], true).on;
    assert_eq!(on("t2.ti<200"), "((t2.id = t1.id) and (t2.ti < 200))");
    assert_eq!(on("t2.ti=200"), "false");
    assert_eq!(on("t2.e<1.234"), "((t2.id = t1.id) and (t2.e < 1.234))");
    assert_eq!(on("t2.d='2020-01-05'"), "((t2.d = DATE'2020-01-05') and (t2.id = t1.id))");
    assert_eq!(on("t2.b is not null"), "((t2.id = t1.id) and (t2.b is not null))");
    assert_eq!(on("1=1"), "((t2.id = t1.id))");
    assert_eq!(on("1=0"), "false");
    assert_eq!(on("t2.a=5 and t2.u>t2.a"), "((t2.a = 5) and (t2.id = t1.id) and (t2.u > 5))");
    assert_eq!(on("t2.a<=>5 and t2.u>t2.a"), "((t2.id = t1.id) and (t2.a <=> 5) and (t2.u > t2.a))");
}

#[test]
fn having() {
    let having = |condition: &str| print(&format!("select a,ti from t1 having {condition}"), &[], true).having;
    assert_eq!(having("a=5 and a<6"), "(t1.a = 5)");
    assert_eq!(having("ti<200"), "(t1.ti is not null)");
    assert_eq!(having("now()>'2020-01-01'"), "true");
}

#[test]
fn casts() {
    let printed = |condition: &str| print(&format!("select 1 from t1,t2 where {condition}"), &["t1", "t2"], true).where_;
    assert_eq!(printed("t1.c=t2.a"), "(cast(t1.c as double) = cast(t2.a as double))");
    assert_eq!(printed("t1.a=t2.u"), "(t1.a = t2.u)");
    assert_eq!(printed("t1.d=t2.dt"), "(cast(t1.d as datetime) = t2.dt)");
    assert_eq!(printed("t1.d=t2.c"), "(t1.d = cast(t2.c as date))");
}
