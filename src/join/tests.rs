//! The worked examples of spec 04 §14, planned from tables and conditions that are built by hand.

use super::{JoinInput, JoinState, plan};
use crate::catalog::histogram::Histogram;
use crate::catalog::{
    Catalog, Column, ColumnNo, ConstRow, DataType, Engine, Index, IndexKind, IndexNo, KeyPart, KeySet, RangeQuestion, Settings,
    Statistics, SubqueryResult, Table, TableStatistics, TypeKind,
};
use crate::context::Context;
use crate::parse::ast::CompareOp;
use crate::query::{
    Block, BlockId, Command, Expr, ExprId, JoinMember, LiteralForm, Query, TableId, TableKind, TableRef, TableSet, Term,
    TermKind, Unit, UnitId, UnitRole,
};
use crate::value::Value;
use std::cell::RefCell;
use std::sync::Arc;

/// Name, rows, clustered pages, leaf pages.
const TABLES: [(&str, u64, u64, u64); 6] = [
    ("region", 5, 1, 1),
    ("nation", 25, 1, 1),
    ("cust", 500, 3, 2),
    ("ord", 3000, 9, 8),
    ("item", 9000, 23, 22),
    ("part", 200, 1, 1),
];

#[derive(Debug)]
struct Numbers;

impl Statistics for Numbers {
    fn table(&self, table: &Table) -> TableStatistics {
        let (_, rows, pages, leaves) = *TABLES.iter().find(|t| t.0 == &*table.name).expect("a table of the example");
        TableStatistics {
            rows,
            clustered_pages: pages,
            clustered_leaf_pages: leaves,
            data_bytes: pages * 16384,
            mean_row_bytes: 30,
            page_bytes: 16384,
            rows_upper_bound: 2 * leaves * 16384 / u64::from(table.min_record_bytes()),
            ..TableStatistics::temporary(rows)
        }
    }
    fn records_per_key(&self, table: &Table, index: IndexNo, parts: usize) -> Option<f32> {
        let index = &table.indexes[index as usize];
        Some(match (&*table.name, &*index.name, parts) {
            ("nation", "n_r", 1) => 5.0,
            ("cust", "c_n", 1) => 20.0,
            ("cust", "c_seg", 1) => 125.0,
            ("ord", "o_c", 1) => 6.0,
            ("ord", "o_d", 1) => 10.0,
            ("item", "PRIMARY", 1) => 3.0,
            ("item", "i_p", 1) => (9000.0f64 / 181.0) as f32,
            ("item", "i_p", 2) => (9000.0f64 / 185.0) as f32,
            _ => 1.0,
        })
    }
    fn index_in_memory(&self, _: &Table, _: IndexNo) -> f64 {
        1.0
    }
    fn rows_in_ranges(&self, question: RangeQuestion<'_>) -> Option<u64> {
        Some(match &*question.table.indexes[question.index as usize].name {
            "c_n" => 20,
            "c_seg" => 125,
            "o_d" => 10,
            _ => return None,
        })
    }
    fn histogram(&self, _: &Table, _: ColumnNo) -> Option<&Histogram> {
        None
    }
    fn partition_rows(&self, _: &Table) -> Option<Vec<u64>> {
        None
    }
    fn const_row(&self, _: &Table, _: Option<IndexNo>, _: &[Value]) -> ConstRow {
        ConstRow::Unknown
    }
    fn subquery(&self, _: &str, _: &str) -> Option<&SubqueryResult> {
        None
    }
}

fn column(name: &str, ty: DataType, nullable: bool) -> Column {
    Column {
        name: Arc::from(name),
        ty,
        nullable,
        auto_increment: false,
        generated: None,
        visible: true,
        functional: false,
        default: None,
    }
}

fn int(name: &str) -> Column {
    column(name, DataType::int(), false)
}

fn text(name: &str, chars: u32, nullable: bool) -> Column {
    column(name, DataType::varchar(chars, crate::catalog::CollationId::UTF8MB4_0900_AI_CI), nullable)
}

/// A table from its columns and its keys: name, unique, columns. The first key named PRIMARY clusters the rows.
fn table(name: &str, columns: Vec<Column>, keys: &[(&str, bool, &[ColumnNo])]) -> Table {
    let mut table = Table::temporary(Arc::from(name), columns);
    table.engine = Engine::InnoDb;
    table.schema = Arc::from("spec");
    let primary: Vec<ColumnNo> = keys.iter().find(|key| key.0 == "PRIMARY").map_or(Vec::new(), |key| key.2.to_vec());
    for (number, (name, unique, parts)) in keys.iter().enumerate() {
        if *name == "PRIMARY" {
            table.primary = Some(number as IndexNo);
            table.clustered = Some(number as IndexNo);
        }
        let appended = primary.iter().filter(|column| !unique && !parts.contains(column));
        let key_part = |&column: &ColumnNo| {
            let definition = &table.columns[column as usize];
            let length = definition.ty.key_bytes();
            let store_length = length + u32::from(definition.nullable) + if definition.ty.has_length_bytes() { 2 } else { 0 };
            KeyPart { column, prefix_chars: None, descending: false, length, store_length }
        };
        let all: Vec<KeyPart> = parts.iter().chain(appended).map(key_part).collect();
        table.indexes.push(Index {
            name: Arc::from(*name),
            kind: IndexKind::BTree,
            unique: *unique,
            actual_unique: true,
            visible: true,
            user_parts: parts.len(),
            parts: all,
            parser: None,
            multi_valued: false,
        });
    }
    table
}

fn definition(name: &str) -> Table {
    let date = column("o_date", DataType::plain(TypeKind::Date, 10, 0), false);
    let members: Arc<[Box<str>]> = ["a", "b", "c"].map(Box::from).to_vec().into();
    let stat = DataType { members: Some(members), ..DataType::plain(TypeKind::Enum, 1, 0) };
    match name {
        "region" => table(name, vec![int("r_id"), text("r_name", 20, false)], &[("PRIMARY", true, &[0])]),
        "nation" => table(
            name,
            vec![int("n_id"), int("r_id"), text("n_name", 20, false)],
            &[("PRIMARY", true, &[0]), ("n_r", false, &[1])],
        ),
        "cust" => table(
            name,
            vec![int("c_id"), int("n_id"), int("c_seg"), text("c_note", 40, true)],
            &[("PRIMARY", true, &[0]), ("c_n", false, &[1]), ("c_seg", false, &[2])],
        ),
        "ord" => table(
            name,
            vec![int("o_id"), int("c_id"), date, column("o_stat", stat, false), int("o_tot")],
            &[("PRIMARY", true, &[0]), ("o_c", false, &[1]), ("o_d", false, &[2])],
        ),
        "item" => table(
            name,
            vec![
                int("o_id"),
                int("l_no"),
                column("p_id", DataType::int(), true),
                int("qty"),
                column("flag", DataType::plain(TypeKind::Bit, 2, 0), false),
            ],
            &[("PRIMARY", true, &[0, 1]), ("i_p", false, &[2, 3])],
        ),
        _ => table(
            name,
            vec![int("p_id"), int("p_type"), text("p_name", 30, false)],
            &[("PRIMARY", true, &[0]), ("p_u", true, &[2])],
        ),
    }
}

fn single_block() -> Query {
    let unit = Unit {
        role: UnitRole::Top,
        clause: Default::default(),
        outer: None,
        term: Term { kind: TermKind::Block(BLOCK), select_id: 1, order_by: vec![], limit: None, offset: None },
        blocks: vec![BLOCK],
        uncacheable: Default::default(),
        ctes: vec![],
        recursive: false,
        text: None,
        uncacheable_before_injection: Default::default(),
    };
    let block = Block {
        select_id: 1,
        unit: UnitId(0),
        hints: vec![],
        name: None,
        options: Default::default(),
        items: vec![],
        from: vec![],
        leaves: vec![],
        where_: None,
        had_where: true,
        written_where: None,
        group_by: vec![],
        rollup: false,
        having: None,
        order_by: vec![],
        limit: None,
        offset: None,
        windows: vec![],
        values: None,
        inner_units: vec![],
        semijoin_nests: vec![],
        grouped: false,
        has_aggregates: false,
        uncacheable: Default::default(),
        empty: false,
        recursive: false,
        injected: Default::default(),
    };
    Query {
        sql: Arc::from(""),
        current_schema: None,
        exprs: Default::default(),
        blocks: vec![block],
        units: vec![unit],
        tables: vec![],
        nests: vec![],
        root: UnitId(0),
        command: Command::Select,
        diagnostics: vec![],
        assigns_user_variables: false,
        assigned_variables: vec![],
        hints: Default::default(),
        substituted: Default::default(),
        secondary_engine: None,
        absorbed_columns: Vec::new(),
        inherited_equalities: Vec::new(),
        equalities_in_place: Default::default(),
        types: Default::default(),
        user_variables: Default::default(),
        system_variables: Default::default(),
    }
}

fn table_reference(number: u8, table: Table) -> TableRef {
    let keys = KeySet::first(table.indexes.len());
    TableRef {
        block: BLOCK,
        number,
        kind: TableKind::Base,
        alias: table.name.clone(),
        schema: table.schema.clone(),
        table: Arc::new(table),
        nullable_row: false,
        on: None,
        outer_join: false,
        straight: false,
        nest: None,
        depends: TableSet::EMPTY,
        json_table: None,
        index_hints: vec![],
        partitions: vec![],
        read_set: Default::default(),
        write_set: Default::default(),
        usable_keys: keys,
        usable_keys_group: keys,
        usable_keys_order: keys,
        force_index: false,
        force_index_group: false,
        force_index_order: false,
        const_row: None,
        system: false,
        query_block_name: None,
    }
}

/// A statement under construction: one block.
struct Example {
    query: Query,
}

const BLOCK: BlockId = BlockId(0);

impl Example {
    /// A block over some tables of which these columns are read.
    fn of(tables: &[(&str, &[ColumnNo])]) -> Example {
        let mut query = single_block();
        for (number, (name, read)) in tables.iter().enumerate() {
            let mut reference = table_reference(number as u8, definition(name));
            read.iter().for_each(|column| {
                reference.read_set.insert(*column);
            });
            let id = TableId(number as u32);
            query.tables.push(reference);
            query[BLOCK].leaves.push(id);
            query[BLOCK].from.push(JoinMember::Table(id));
        }
        Example { query }
    }
    fn column(&mut self, table: u32, column: ColumnNo) -> ExprId {
        self.query.add(BLOCK, Expr::Column { table: TableId(table), column })
    }
    fn number(&mut self, value: i64) -> ExprId {
        self.query.add_literal(BLOCK, Value::Int(value))
    }
    fn equal(&mut self, columns: &[(u32, ColumnNo)], constant: Option<ExprId>) -> ExprId {
        let columns = columns.iter().map(|&(table, column)| self.column(table, column)).collect();
        self.query.add(BLOCK, Expr::MultipleEqual { columns, constant, always_false: false })
    }
    fn compare(&mut self, table: u32, column: ColumnNo, op: CompareOp, value: i64) -> ExprId {
        let (left, right) = (self.column(table, column), self.number(value));
        self.query.add(BLOCK, Expr::Compare { op, left, right })
    }
    fn plan(mut self, conjuncts: Vec<ExprId>) -> (Query, JoinState) {
        let where_ = self.query.add(BLOCK, Expr::And(conjuncts));
        self.query[BLOCK].where_ = Some(where_);
        let settings = Settings::default();
        let catalog = Catalog { statistics: Arc::new(Numbers), ..Catalog::sample() };
        let ctx = Context {
            catalog: &catalog,
            settings: &settings,
            sql: "",
            variables: &[],
            trace: None,
            missed_dives: RefCell::new(Vec::new()),
            interrupt: None,
            evaluated_units: Default::default(),
            notes: Default::default(),
        };
        let state = plan(&ctx, &mut self.query, BLOCK, &JoinInput::default()).expect("planned");
        (self.query, state)
    }
}

/// Alias, index, rows fetched, filter, prefix cost with three decimals, of every place.
fn places(query: &Query, state: &JoinState) -> Vec<String> {
    let place = |position: &super::Position| {
        let table = &query[state.tables[position.table as usize].id];
        let key = position.key.map_or("-", |key| &table.table.indexes[key as usize].name);
        format!("{} {key} {:.4} {:.4} {:.4}", table.alias, position.rows_fetched, position.filter_effect, position.prefix_cost)
    };
    state.positions.iter().map(place).collect()
}

#[test]
fn three_tables() {
    let mut example = Example::of(&[("cust", &[0, 1, 3]), ("ord", &[0, 1, 4]), ("item", &[0, 3])]);
    let seven = example.number(7);
    let conjuncts = vec![
        example.equal(&[(0, 1)], Some(seven)),
        example.equal(&[(0, 0), (1, 1)], None),
        example.compare(1, 4, CompareOp::Greater, 500),
        example.equal(&[(1, 0), (2, 0)], None),
        example.compare(2, 3, CompareOp::Less, 10),
    ];
    let (query, state) = example.plan(conjuncts);
    assert_eq!(
        places(&query, &state),
        ["cust c_n 20.0000 1.0000 4.2500", "ord o_c 6.0000 0.3333 46.2500", "item PRIMARY 3.0000 0.3333 68.2823",]
    );
    assert_eq!(format!("{:.4}", state.best_read), "68.2813");
    assert_eq!(state.tables[0].buffered_bytes, 170);
    assert_eq!(state.tables[2].statistics.rows_upper_bound, 20024);
}

#[test]
fn five_tables() {
    let mut example = Example::of(&[
        ("region", &[0, 1]),
        ("nation", &[0, 1, 2]),
        ("cust", &[0, 1, 3]),
        ("ord", &[0, 1, 2, 4]),
        ("item", &[0, 3]),
    ]);
    let name = example.query.add_literal(BLOCK, Value::Str(Arc::from("r3")));
    let date = example.query.add(
        BLOCK,
        Expr::Literal { value: Value::Date(crate::value::Temporal::date(2020, 2, 1)), form: LiteralForm::TypedTemporal },
    );
    let conjuncts = vec![
        example.equal(&[(0, 1)], Some(name)),
        example.equal(&[(3, 2)], Some(date)),
        example.equal(&[(1, 1), (0, 0)], None),
        example.equal(&[(2, 1), (1, 0)], None),
        example.equal(&[(3, 1), (2, 0)], None),
        example.equal(&[(4, 0), (3, 0)], None),
        example.compare(4, 3, CompareOp::Greater, 5),
    ];
    let (query, state) = example.plan(conjuncts);
    assert_eq!(
        places(&query, &state),
        [
            "region - 1.0000 1.0000 0.7500",
            "ord o_d 10.0000 1.0000 4.2500",
            "cust PRIMARY 1.0000 1.0000 7.7500",
            "nation PRIMARY 1.0000 0.2000 11.2500",
            "item PRIMARY 3.0000 0.3333 12.3517",
        ]
    );
}

#[test]
fn eq_ref_counts_distinct_combinations_of_the_prefix() {
    let mut example = Example::of(&[("cust", &[0]), ("ord", &[0, 1]), ("item", &[0])]);
    for (later, earlier) in [(0usize, 1u8), (0, 2)] {
        example.query.tables[later].depends.insert(earlier);
    }
    let conjuncts = vec![example.equal(&[(1, 1), (0, 0)], None), example.equal(&[(2, 0), (1, 0)], None)];
    let (query, state) = example.plan(conjuncts);
    assert_eq!(
        places(&query, &state),
        ["ord - 3000.0000 1.0000 302.2500", "item PRIMARY 3.0000 1.0000 1955.1740", "cust PRIMARY 1.0000 1.0000 3605.1740"]
    );
}
