//! Nodes from the rows of the traditional table, and decisions from nodes.

use super::node::{Actual, Figure, Measured, Node, NodeKind};
use super::table::{Cell, Column, Table};
use crate::explain::decisions::{Decisions, TableDecision};
use std::collections::BTreeMap;

/// Blocks inside of blocks that are followed.
const MAX_NESTING: usize = 16;
/// Tables of a block that are shown as a join; MySQL joins 61 at most.
const MAX_TABLES: usize = 64;

/// The plan of a traditional table: each block a list of joins that leans to the left, derived tables below the table that reads them,
/// other subqueries below the outermost block.
pub(super) fn nodes(table: &Table) -> Vec<Node> {
    let mut blocks = Blocks::of(table);
    let mut roots = Vec::new();
    // The result of a set operation stands last in the table but reads the blocks before it.
    if let Some(result) = blocks.results.pop() {
        roots.push(blocks.row(result, 0));
    }
    while let Some((&id, _)) = blocks.rows.first_key_value() {
        let Some(block) = blocks.block(id, 0) else { continue };
        match roots.first_mut() {
            None => roots.push(block),
            Some(root) => root.children.push(subquery(table, id, block)),
        }
    }
    roots
}

fn subquery(table: &Table, id: u64, block: Node) -> Node {
    let row = (0..table.rows.len()).find(|row| table.number(*row, Column::Id) == Some(id as f64));
    let kind = row.and_then(|row| table.text(row, Column::SelectType)).unwrap_or_default().to_ascii_lowercase();
    let label = if kind.is_empty() { format!("Select #{id}") } else { format!("Select #{id} ({kind})") };
    Node { children: vec![block], ..Node::of_label(label) }
}

/// Rows by block, taken out as they are used.
struct Blocks<'t> {
    table: &'t Table,
    rows: BTreeMap<u64, Vec<usize>>,
    /// Rows of results of set operations.
    results: Vec<usize>,
}

impl<'t> Blocks<'t> {
    fn of(table: &'t Table) -> Blocks<'t> {
        let mut blocks = Blocks { table, rows: BTreeMap::new(), results: Vec::new() };
        for row in 0..table.rows.len() {
            let select_type = table.text(row, Column::SelectType).unwrap_or_default();
            let named = table.text(row, Column::Table).unwrap_or_default();
            let is_result = select_type.ends_with("RESULT") && named.starts_with('<');
            match table.number(row, Column::Id) {
                Some(id) if !is_result => blocks.rows.entry(id as u64).or_default().push(row),
                _ => blocks.results.push(row),
            }
        }
        blocks
    }

    fn block(&mut self, id: u64, nesting: usize) -> Option<Node> {
        let rows = self.rows.remove(&id)?;
        let wide = rows.len() > MAX_TABLES;
        let tables: Vec<Node> = rows.iter().map(|row| self.row(*row, nesting)).collect();
        if wide {
            return Some(Node { children: tables, ..Node::of_label("Nested loop inner join") });
        }
        let buffered = rows.iter().map(|row| join_label(&self.table.text(*row, Column::Extra).unwrap_or_default()));
        tables
            .into_iter()
            .zip(buffered)
            .reduce(|(left, _), (right, label)| (Node { children: vec![left, right], ..Node::of_label(label) }, label))
            .map(|(node, _)| node)
    }

    fn row(&mut self, row: usize, nesting: usize) -> Node {
        let table = self.table;
        let name = table.text(row, Column::Table);
        let mut node = Node::of_label(label(table, row));
        node.rows = table.number(row, Column::Rows).map(|rows| Figure { value: rows, decimals: Some(0) });
        // MariaDB's ANALYZE counts rows, not time; NULL: never reached.
        node.actual = table.columns.contains(&Column::MeasuredRows).then(|| match table.number(row, Column::MeasuredRows) {
            Some(rows) => Actual::Measured(Measured { first_ms: None, last_ms: None, rows: Figure::new(rows), loops: 1 }),
            None => Actual::NeverExecuted,
        });
        node.table = name.as_deref().map(str::to_owned);
        node.index = table.text(row, Column::Key).map(|key| key.into_owned());
        for column in &table.columns {
            if let Some(text) = table.text(row, *column).filter(|_| !matches!(column, Column::Id | Column::Table | Column::Rows))
            {
                node.details.push((column.name().to_owned(), text.into_owned()));
            }
        }
        if nesting < MAX_NESTING {
            let read = referred(name.as_deref().unwrap_or_default());
            node.children = read.into_iter().filter_map(|id| self.block(id, nesting + 1)).collect();
        }
        node
    }
}

/// The blocks that a temporary table is made of: `<derived2>`, `<subquery3>`, `<union1,2>`.
fn referred(name: &str) -> Vec<u64> {
    let Some(inner) = name.strip_prefix('<').and_then(|name| name.strip_suffix('>')) else { return Vec::new() };
    inner.trim_start_matches(|c: char| !c.is_ascii_digit()).split(',').filter_map(|id| id.parse().ok()).collect()
}

fn join_label(extra: &str) -> &'static str {
    if extra.contains("hash join") || extra.contains("BNLH") {
        "Inner hash join"
    } else if extra.contains("join buffer") {
        "Block nested loop join"
    } else {
        "Nested loop inner join"
    }
}

/// A row in the words of TREE.
fn label(table: &Table, row: usize) -> String {
    let text = |column| table.text(row, column).unwrap_or_default();
    let (name, key, extra, access) = (text(Column::Table), text(Column::Key), text(Column::Extra), text(Column::Type));
    if name.is_empty() || access.is_empty() {
        let is_constant = extra.is_empty() || extra.contains("No tables used");
        return match (is_constant, name.is_empty()) {
            (true, true) => "Rows fetched before execution".to_owned(),
            (_, false) if !text(Column::SelectType).is_empty() && extra.is_empty() => format!("Change {name}"),
            _ => format!("Zero rows ({extra})"),
        };
    }
    access_label(
        &access,
        &name,
        &key,
        &text(Column::Ref),
        extra.contains("Using index") && !extra.contains("Using index condition"),
    )
}

/// How a table is read, in the words of TREE, from the words of the traditional table.
pub(super) fn access_label(access: &str, name: &str, key: &str, reference: &str, covering: bool) -> String {
    let access = access.split('|').next().unwrap_or_default();
    let words = match access {
        "ALL" => return format!("Table scan on {name}"),
        "system" | "const" => return format!("Constant row from {name}"),
        "index" => "index scan",
        "range" => "index range scan",
        "eq_ref" | "unique_subquery" => "single-row index lookup",
        "ref" | "ref_or_null" | "index_subquery" => "index lookup",
        "fulltext" => "full-text index search",
        "index_merge" => "index merge",
        other => other,
    };
    let words = if covering { format!("covering {words}") } else { words.to_owned() };
    let mut label: String = words.chars().take(1).flat_map(char::to_uppercase).collect();
    label.extend(words.chars().skip(1));
    label.push_str(&format!(" on {name}"));
    if !key.is_empty() {
        label.push_str(&format!(" using {key}"));
    }
    if !reference.is_empty() {
        label.push_str(&format!(" ({reference})"));
    }
    label
}

/// The decisions that nodes show: order, access and index of the tables; with each the steps above it that it is the first table of.
pub(super) fn decisions(nodes: &[Node]) -> Decisions {
    let mut steps: Vec<String> = Vec::new();
    let mut tables = Vec::new();
    for (_, node) in nodes.iter().flat_map(Node::walk) {
        let temporary = node.table.as_deref().is_some_and(|table| table.starts_with('<'));
        match access_type(node) {
            Some(access_type) if !temporary => tables.push(TableDecision {
                table: node.table.clone(),
                access_type: Some(access_type.to_owned()),
                key: node.index.clone(),
                extra: std::mem::take(&mut steps),
                ..TableDecision::default()
            }),
            _ => steps.extend(step(node)),
        }
    }
    if !steps.is_empty() {
        tables.push(TableDecision { extra: steps, ..TableDecision::default() });
    }
    Decisions { tables }
}

/// A table of decisions, with estimated rows by table name, each used once.
pub(super) fn table_of(decisions: &Decisions, mut estimates: Vec<(&str, f64)>) -> Table {
    let names = crate::explain::traditional::COLUMNS;
    let columns: Vec<Column> = names.iter().filter_map(|column| Column::of_name(column.name)).collect();
    let mut rows = Vec::new();
    for decision in &decisions.tables {
        let place = estimates.iter().position(|(table, _)| decision.table.as_deref() == Some(*table));
        let estimate = place.map(|place| estimates.remove(place).1);
        let text = |text: &Option<String>| text.clone().map(Cell::Text);
        let cell = |column: &Column| match column {
            Column::Id => decision.id.map(Cell::Number),
            Column::SelectType => Some(decision.select_type.clone()).filter(|text| !text.is_empty()).map(Cell::Text),
            Column::Table => text(&decision.table),
            Column::Partitions => text(&decision.partitions),
            Column::Type => text(&decision.access_type),
            Column::Key => text(&decision.key),
            Column::KeyLen => text(&decision.key_len),
            Column::Ref => text(&decision.key_ref),
            Column::Rows => estimate.map(|rows| Cell::Number(rows.round() as u64)),
            Column::Extra => Some(decision.extra.join("; ")).filter(|text| !text.is_empty()).map(Cell::Text),
            _ => None,
        };
        rows.push(columns.iter().map(cell).collect());
    }
    Table { columns, rows, text_numbers: false }
}

/// `type` of the traditional table for a node that reads a table.
pub fn access_type(node: &Node) -> Option<&'static str> {
    Some(match node.kind {
        NodeKind::TableScan => "ALL",
        NodeKind::IndexScan => "index",
        NodeKind::RangeScan | NodeKind::SkipScan => "range",
        NodeKind::SingleRowLookup if node.label.starts_with("Constant") => "const",
        NodeKind::SingleRowLookup => "eq_ref",
        NodeKind::IndexLookup => "ref",
        NodeKind::IndexMerge if node.table.is_some() => "index_merge",
        NodeKind::FullText => "fulltext",
        _ => return None,
    })
}

/// A step that is a decision, without conditions and numbers.
fn step(node: &Node) -> Option<String> {
    use NodeKind::*;
    let decided = node.kind.joins()
        || matches!(
            node.kind,
            Sort | TemporaryAggregate | Materialize | SetOperation | Deduplicate | Window | IndexMerge | Alternative | ZeroRows
        );
    let end = node.label.find([':', '(']).unwrap_or(node.label.len());
    decided.then(|| node.label.get(..end).unwrap_or_default().trim_end().to_owned())
}
