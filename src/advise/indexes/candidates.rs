//! Indexes that could serve a statement: from its conditions, joins, order, grouping and the columns that it reads.

use crate::advise::candidate::{Candidate, Key, Part, mean_bytes};
use crate::advise::rules::operands;
use crate::advise::sargable::{self, Comparison};
use crate::advise::subject::Subject;
use crate::catalog::{ColumnNo, Engine, ResultClass, Table, TypeKind};
use crate::query::{BlockId, Expr, ExprId, OrderElement, TableId, TableKind};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Columns that a covering index may have beyond those that it is searched by.
const MOST_COVERED: usize = 4;
/// Bytes that they may have.
const MOST_COVERED_BYTES: f64 = 128.0;
/// Parts of an index (InnoDB allows 16).
const MOST_PARTS: usize = 8;
/// Tables with fewer rows need no index.
const SMALL_TABLE_ROWS: u64 = 100;

/// Candidates without duplicates, in the order in which they were found.
#[derive(Debug, Default)]
pub(super) struct Pool {
    pub(super) candidates: Vec<Candidate>,
    known: BTreeSet<(String, String)>,
}

impl Pool {
    fn add(&mut self, candidate: Candidate) {
        let table = format!("{}.{}", candidate.table.schema, candidate.table.name);
        let fits = !candidate.parts.is_empty() && candidate.parts.len() <= MOST_PARTS && !candidate.exists();
        if fits && self.known.insert((table, candidate.key_text())) {
            self.candidates.push(candidate);
        }
    }
}

/// Adds the candidates of a statement; returns the tables that it uses, as `schema.table`.
pub(super) fn collect(subject: &Subject<'_>, pool: &mut Pool) -> BTreeSet<String> {
    let query = subject.query();
    let mut tables = BTreeSet::new();
    for (block, _) in subject.blocks() {
        for (no, table) in query.tables.iter().enumerate() {
            let definition = &table.table;
            if table.block != block || table.kind != TableKind::Base {
                continue;
            }
            tables.insert(format!("{}.{}", definition.schema, definition.name));
            let large = subject.catalog.statistics.table(definition).rows >= SMALL_TABLE_ROWS;
            if large && matches!(definition.engine, Engine::InnoDb | Engine::MyIsam | Engine::Other) {
                of_table(subject, block, TableId(no as u32), pool);
            }
        }
    }
    tables
}

fn of_table(subject: &Subject<'_>, block: BlockId, id: TableId, pool: &mut Pool) {
    let table = &subject.query()[id].table;
    let conditions = sargable::of_block(subject, block);
    let own = || conditions.iter().filter(|one| one.table == id);
    let of = |constant: bool, equal: bool| -> Vec<ColumnNo> {
        let fitting = own().filter(|one| one.is_constant() == constant && (one.comparison == Comparison::Equality) == equal);
        distinct(fitting.map(|one| one.column))
    };
    let (equal, joined) = (of(true, true), of(false, true));
    let ranged = distinct(of(true, false).into_iter().chain(of(false, false)));
    let both = distinct(equal.iter().chain(&joined).copied());
    let joined_first = distinct(joined.iter().chain(&equal).copied());
    let mut bases: Vec<Vec<Part>> = Vec::new();
    for columns in [&equal, &joined, &both, &joined_first] {
        bases.push(parts(table, columns));
        bases.extend(ranged.iter().map(|range| parts(table, &distinct(columns.iter().copied().chain([*range])))));
    }
    let query = subject.query();
    for elements in [&query[block].order_by, &query[block].group_by] {
        bases.extend(ordered(subject, id, &equal, elements));
    }
    bases.extend(computed(subject, block, id, &equal));
    bases.retain(|base| !base.is_empty());
    for base in bases {
        if let Some(covering) = covering(subject, id, &base) {
            pool.add(Candidate { table: Arc::clone(table), parts: covering });
        }
        pool.add(Candidate { table: Arc::clone(table), parts: base });
    }
}

fn distinct(columns: impl IntoIterator<Item = ColumnNo>) -> Vec<ColumnNo> {
    let mut found = Vec::new();
    for column in columns {
        if !found.contains(&column) {
            found.push(column);
        }
    }
    found
}

fn parts(table: &Table, columns: &[ColumnNo]) -> Vec<Part> {
    columns.iter().filter_map(|column| Part::of_column(table, *column)).collect()
}

/// Columns compared by equality, then those of ORDER BY or GROUP BY with their directions.
fn ordered(subject: &Subject<'_>, id: TableId, equal: &[ColumnNo], elements: &[OrderElement]) -> Option<Vec<Part>> {
    let table = &subject.query()[id].table;
    let mut all = parts(table, equal);
    let one_way = elements.iter().all(|element| element.descending);
    for element in elements {
        let (_, column) = subject.column(element.expr).filter(|(of, _)| *of == id)?;
        let part = Part::of_column(table, column)?;
        if !all.iter().any(|known| known.column() == Some(column)) {
            all.push(Part { descending: element.descending && !one_way, ..part });
        }
    }
    (!elements.is_empty()).then_some(all)
}

/// The parts and all other columns that the statement reads, if they are few and small.
fn covering(subject: &Subject<'_>, id: TableId, base: &[Part]) -> Option<Vec<Part>> {
    let table = &subject.query()[id].table;
    if base.iter().any(|part| !matches!(part.key, Key::Column(_))) {
        return None;
    }
    let clustered: Vec<ColumnNo> = table.clustered.map_or(Vec::new(), |no| {
        let index = &table.indexes[no as usize];
        index.parts[..index.user_parts].iter().map(|part| part.column).collect()
    });
    let missing: Vec<ColumnNo> = subject.query()[id]
        .read_set
        .iter()
        .filter(|column| !clustered.contains(column) && !base.iter().any(|part| part.column() == Some(*column)))
        .collect();
    let bytes: f64 = missing.iter().map(|column| mean_bytes(&table.columns[*column as usize].ty)).sum();
    if missing.is_empty() || missing.len() > MOST_COVERED || bytes > MOST_COVERED_BYTES {
        return None;
    }
    let extra = parts(table, &missing);
    let whole = extra.len() == missing.len() && extra.iter().all(|part| matches!(part.key, Key::Column(_)));
    whole.then(|| base.iter().cloned().chain(extra).collect())
}

/// Functional and multi-valued parts: of conditions on an expression of one column.
fn computed(subject: &Subject<'_>, block: BlockId, id: TableId, equal: &[ColumnNo]) -> Vec<Vec<Part>> {
    let query = subject.query();
    let mut found = Vec::new();
    for expr in subject.conjuncts(block) {
        if let Some(key) = array_key(subject, block, id, expr) {
            found.push(vec![Part { key, descending: false }]);
        }
        for operand in operands(subject, expr) {
            let operation = query.real(operand);
            let computes = matches!(query.exprs[operation], Expr::Func { .. } | Expr::Arithmetic { .. });
            let facts = query.exprs.facts(operation);
            let deterministic = !facts.used.meets(crate::query::TableSet::PSEUDO) && !facts.ty.is_blob();
            let of_one = matches!(subject.columns_in(operation)[..], [(of, _)] if of == id);
            if !computes || !deterministic || !of_one || facts.ty.kind == TypeKind::Json {
                continue;
            }
            let part = Part {
                key: Key::Expression(unqualified(subject, block, id, operation), facts.ty.key_bytes()),
                descending: false,
            };
            found.push(vec![part.clone()]);
            let mut behind = parts(&query[id].table, equal);
            behind.push(part);
            found.push(behind);
        }
    }
    found
}

/// An expression as DDL writes it: columns without their table.
fn unqualified(subject: &Subject<'_>, block: BlockId, id: TableId, expr: ExprId) -> String {
    let alias = &subject.query()[id].alias;
    subject.text(block, expr).replace(&format!("`{alias}`."), "").replace(&format!("{alias}."), "")
}

/// The multi-valued part for MEMBER OF, JSON_CONTAINS and JSON_OVERLAPS on a JSON array of the table.
fn array_key(subject: &Subject<'_>, block: BlockId, id: TableId, expr: ExprId) -> Option<Key> {
    let query = subject.query();
    let Expr::Func { func, args, .. } = &query.exprs[query.real(expr)] else { return None };
    let (array, value) = match (func.name(), &args[..]) {
        ("member of" | "member_of", [value, array]) => (*array, *value),
        ("json_contains" | "json_overlaps", [array, value]) => (*array, *value),
        _ => return None,
    };
    let [(of, _)] = subject.columns_in(array)[..] else { return None };
    if of != id || query.exprs.facts(array).ty.kind != TypeKind::Json {
        return None;
    }
    let text = unqualified(subject, block, id, array);
    let literal = subject.text(block, value);
    let number = query.exprs.facts(value).ty.result_class() == ResultClass::Int
        || literal.trim_matches(['\'', '[', ' ']).starts_with(|c: char| c.is_ascii_digit());
    let ty = if number { "UNSIGNED ARRAY" } else { "CHAR(64) ARRAY" };
    Some(Key::Array(format!("CAST({text} AS {ty})")))
}
