//! Hints of whole statements over the built-in schema: the specification's texts (spec 09 §1.4, §1.5).

use super::resolve;
use crate::catalog::Catalog;
use crate::context::Context;
use crate::parse;
use crate::query::Query;
use crate::query::hints::HintKind;
use std::cell::RefCell;
use std::sync::OnceLock;

fn resolved(sql: &str) -> Result<Query, String> {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    let catalog = CATALOG.get_or_init(Catalog::sample);
    let statement = parse::statement(sql, &catalog.settings).map_err(|error| error.to_string())?;
    let ctx = Context {
        catalog,
        settings: &catalog.settings,
        sql,
        variables: &[],
        trace: None,
        missed_dives: RefCell::new(Vec::new()),
        interrupt: None,
        evaluated_units: Default::default(),
        notes: Default::default(),
    };
    resolve(&ctx, &statement).map_err(|error| error.to_string())
}

fn warnings(sql: &str) -> Vec<String> {
    resolved(sql).unwrap().diagnostics.into_iter().map(|d| d.text).collect()
}

#[test]
fn duplicates_and_conflicts() {
    let ignored = |comment: &str| {
        let sql = format!("SELECT /*+ {comment} */ 1 FROM employees t1, salaries t2");
        let texts = warnings(&sql).into_iter();
        let strip = |text: String| {
            let text = text.strip_prefix("Hint ")?.strip_suffix(" is ignored as conflicting/duplicated")?;
            Some(text.to_owned())
        };
        texts.filter_map(strip).collect::<Vec<_>>()
    };
    assert_eq!(ignored("BKA(t1) NO_BKA(t1)"), ["NO_BKA(`t1` )"]);
    assert_eq!(ignored("BNL() BNL(t1) NO_BNL()"), ["BNL(`t1` )", "NO_BNL( )"]);
    assert!(ignored("NO_BNL(t1) BNL()").is_empty());
    assert_eq!(ignored("MRR(t1 PRIMARY) MRR(t1 primary)"), ["MRR(`t1` `primary` )"]);
    assert_eq!(ignored("INDEX(t1 PRIMARY) ORDER_INDEX(t1 PRIMARY)"), ["ORDER_INDEX(`t1`  `PRIMARY`)"]);
    assert_eq!(ignored("INDEX(t1 PRIMARY) GROUP_INDEX(t1)"), ["GROUP_INDEX(`t1` )"]);
    assert!(ignored("INDEX(t1 PRIMARY) JOIN_INDEX(t1 ix_firstname)").is_empty());
    assert_eq!(ignored("JOIN_PREFIX(t1) JOIN_PREFIX(t2)"), ["JOIN_PREFIX( `t2`)"]);
    assert_eq!(ignored("JOIN_ORDER(t1,t2) JOIN_FIXED_ORDER()"), ["JOIN_FIXED_ORDER( )"]);
    assert_eq!(ignored("QB_NAME(q1) QB_NAME(q2)"), ["QB_NAME(`q2`)"]);
    assert_eq!(ignored("MAX_EXECUTION_TIME(1000) MAX_EXECUTION_TIME(2000)"), ["MAX_EXECUTION_TIME(2000)"]);
    let semijoin =
        "SELECT 1 FROM employees WHERE emp_no IN (SELECT /*+ SEMIJOIN(FIRSTMATCH) SUBQUERY(INTOEXISTS) */ emp_no FROM salaries)";
    assert_eq!(warnings(semijoin)[0], "Hint SUBQUERY(  INTOEXISTS) is ignored as conflicting/duplicated");
}

#[test]
fn names_that_are_not_there() {
    let sql = "SELECT /*+ BKA(t9) INDEX(t1 zz) NO_ICP(t1 zz) BNL(@nope t1) */ 1 FROM employees t1";
    assert_eq!(
        warnings(sql),
        [
            "Query block name `nope` is not found for BNL hint",
            "Unresolved name `t9`@`select#1` for BKA hint",
            "Unresolved name `t1`@`select#1` `zz` for NO_ICP hint",
            "Unresolved name `t1`@`select#1` `zz` for INDEX hint",
        ]
    );
    let one_index = "SELECT /*+ INDEX_MERGE(t1 PRIMARY) */ 1 FROM employees t1";
    assert_eq!(warnings(one_index), ["Invalid number of arguments for hint INDEX_MERGE(`t1`  `PRIMARY`)"]);
}

#[test]
fn hints_reach_their_tables() {
    let sql = "SELECT /*+ NO_BNL(b@sq) NO_MERGE(@`select#1` d) */ 1 FROM (SELECT /*+ QB_NAME(sq) */ b.emp_no FROM salaries b) d";
    let query = resolved(sql).unwrap();
    assert_eq!(query.diagnostics, []);
    let id = |alias: &str| {
        let place = query.tables.iter().position(|table| &*table.alias == alias);
        crate::query::TableId(place.unwrap() as u32)
    };
    assert_eq!(query.table_hint(id("b"), HintKind::Bnl), Some(false));
    assert_eq!(query.merge_hint(id("d")), Some(false));
    assert_eq!(query.merge_hint(id("b")), None);
}

#[test]
fn index_maps() {
    let maps = |from: &str| {
        let query = resolved(&format!("SELECT {from}")).unwrap();
        let table = &query.tables[0];
        let names = |keys: crate::catalog::KeySet| {
            keys.iter().map(|no| table.table.indexes[no as usize].name.to_string()).collect::<Vec<_>>().join(",")
        };
        let all = table.table.indexes.len();
        let keys = [table.usable_keys, table.usable_keys_order, table.usable_keys_group];
        (keys.map(|keys| if keys.iter().count() == all { "all".into() } else { names(keys) }), table.force_index)
    };
    let all = || "all".to_string();
    let first = || "ix_firstname".to_string();
    assert_eq!(maps("1 FROM employees USE INDEX FOR JOIN (ix_first)"), ([first(), all(), all()], false));
    assert_eq!(maps("1 FROM employees FORCE INDEX (ix_firstname)"), ([first(), first(), first()], true));
    assert_eq!(maps("1 FROM employees FORCE INDEX FOR ORDER BY (ix_firstname)"), ([all(), first(), all()], true));
    assert_eq!(
        maps("/*+ JOIN_INDEX(employees ix_firstname) */ 1 FROM employees"),
        ([first(), String::new(), String::new()], true)
    );
    assert_eq!(maps("/*+ NO_INDEX(employees) */ 1 FROM employees"), ([String::new(), String::new(), String::new()], false));
    let error = |from: &str| resolved(&format!("SELECT 1 FROM {from}")).unwrap_err();
    assert!(error("employees e USE INDEX (i)").ends_with("Key 'i' doesn't exist in table 'e'"));
    let both = error("employees USE INDEX () FORCE INDEX (PRIMARY)");
    assert!(both.ends_with("Incorrect usage of USE INDEX and FORCE INDEX"));
}
