//! What the built-in bundle and those beside the project must give.

use crate::catalog::{Catalog, ConstRow, IndexKind, RangeQuestion, SubqueryResult, Table};
use crate::value::Value;
use std::path::PathBuf;

fn table<'a>(catalog: &'a Catalog, schema: &str, name: &str) -> &'a Table {
    &catalog.schemas[schema].tables[name]
}

fn corpus(name: &str) -> Option<Catalog> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus").join(name).join("bundle");
    path.exists().then(|| super::load(&path).unwrap())
}

#[test]
fn sample_holds_the_employees() {
    let catalog = Catalog::sample();
    assert_eq!(catalog.current_schema.as_deref(), Some("employees"));
    assert!(catalog.assumptions.is_empty(), "{:?}", catalog.assumptions);
    assert_eq!(catalog.schemas["employees"].tables.len(), 12);
    assert_eq!(catalog.settings.buffer_pool_bytes, 3_221_225_472);
    let dept_emp = table(&catalog, "employees", "dept_emp");
    let names: Vec<&str> = dept_emp.indexes.iter().map(|index| &*index.name).collect();
    assert_eq!(names, ["PRIMARY", "ix_fromdate", "ix_empno_fromdate"]);
    let by_date = &dept_emp.indexes[1];
    assert_eq!((by_date.user_parts, by_date.parts.len(), by_date.actual_unique), (1, 3, true));
    assert_eq!(dept_emp.indexes[2].parts.len(), 3);
    assert_eq!(dept_emp.ref_length(), 20);
    let full_text = &table(&catalog, "employees", "employee_name").indexes[1];
    assert_eq!((full_text.kind, full_text.parser.as_deref()), (IndexKind::FullText, Some("ngram")));
}

#[test]
fn statistics_of_the_sample() {
    let catalog = Catalog::sample();
    let statistics = &catalog.statistics;
    let salaries = table(&catalog, "employees", "salaries");
    assert_eq!(statistics.table(salaries).rows, 3_173_265);
    assert_eq!(statistics.table(salaries).clustered_pages, 6825);
    assert_eq!(statistics.records_per_key(salaries, 0, 1), Some(3_173_265f32 / 298_640f32));
    assert_eq!(statistics.index_in_memory(salaries, 1), 1.0);
    let parted = table(&catalog, "employees", "employees_parted");
    assert_eq!(statistics.table(parted).rows, 300_428);
    assert_eq!(statistics.table_partitions(parted, &[2, 3]).rows, 28_383);
    assert_eq!(statistics.partition_rows(parted).map(|rows| rows.len()), Some(4));
    let dual = table(&catalog, "employees", "tb_dual");
    assert!(statistics.table(dual).rows_exact && statistics.table(dual).rows == 1);
    let compressed = table(&catalog, "employees", "employees_comp4k");
    assert_eq!(statistics.table(compressed).data_bytes, 1_183_744);
    assert!(statistics.histogram(table(&catalog, "employees", "titles"), 1).is_some());
}

#[test]
fn captured_answers_of_the_sample() {
    let catalog = Catalog::sample();
    let statistics = &catalog.statistics;
    let dept_emp = table(&catalog, "employees", "dept_emp");
    let ranges = ["'d001' <= dept_no <= 'd003'".to_owned()];
    let question = RangeQuestion { table: dept_emp, index: 0, ranges: &ranges, partitions: None, sql: "", dives: true };
    assert_eq!(statistics.rows_in_ranges(question), Some(128_438));
    let employees = table(&catalog, "employees", "employees");
    let ConstRow::Found(row) = statistics.const_row(employees, Some(0), &[Value::Int(10001)]) else { panic!("no row") };
    assert_eq!(row[&2], Value::Str("Georgi".into()));
    assert_eq!(statistics.const_row(employees, Some(0), &[Value::Str("0".into())]), ConstRow::Missing);
    assert_eq!(statistics.const_row(employees, Some(0), &[Value::Int(7)]), ConstRow::Unknown);
    let dual = table(&catalog, "employees", "tb_dual");
    assert!(matches!(statistics.const_row(dual, None, &[]), ConstRow::Found(_)));
    let count = statistics.subquery("employees", "SELECT COUNT(*) FROM departments");
    let Some(SubqueryResult::Rows { rows, .. }) = count else { panic!("no result") };
    assert_eq!(rows, &[[Some("9".to_owned())]]);
}

#[test]
fn every_corpus_loads_without_assumptions() {
    for name in ["employees", "employees-random", "sakila", "tpch", "tpch-random"] {
        let Some(catalog) = corpus(name) else { return };
        assert!(catalog.assumptions.is_empty(), "{name}: {:?}", catalog.assumptions);
    }
    if let Some(sakila) = corpus("sakila") {
        let schema = &sakila.schemas["sakila"];
        assert_eq!((schema.views.len(), schema.functions.len(), schema.other_routines.len()), (7, 3, 3));
        assert_eq!(schema.functions["get_customer_balance"].parameters, 2);
        assert!(schema.functions["get_customer_balance"].deterministic);
        assert!(!schema.functions["inventory_in_stock"].deterministic);
    }
}

#[test]
fn a_damaged_file_names_its_line() {
    use super::{Files, InputError};
    use std::borrow::Cow;
    struct One(&'static str);
    impl Files for One {
        fn read(&self, name: &str) -> Result<Option<Cow<'_, str>>, InputError> {
            Ok((name == "schema.sql").then_some(Cow::Borrowed(self.0)))
        }
        fn path(&self, name: &str) -> PathBuf {
            PathBuf::from(name)
        }
    }
    let good = super::load_files(&One("CREATE DATABASE `d`;\nUSE `d`;\nCREATE TABLE t (a int primary key);")).unwrap();
    assert!(good.assumptions.len() > 3 && good.schemas["d"].tables["t"].primary == Some(0));
    let error = super::load_files(&One("USE `d`;\nCREATE TABLE t (\n a int,\n b nonsense(3)\n);")).unwrap_err();
    assert!(matches!(error, InputError::Content { line: 4, .. }), "{error}");
}
