//! A plan as a tree of nodes, whatever format it was read from: what is done, on which table, at what cost, and what was measured.

use crate::explain::tree::push_number;
use std::fmt::{self, Write};

/// A number with the form in which it was printed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// The value as far as the print tells it.
    pub value: f64,
    /// Digits after the point; none for three significant digits, as MySQL prints TREE since 8.0.32.
    pub decimals: Option<u8>,
}

impl Figure {
    /// A number to be printed in three significant digits.
    pub fn new(value: f64) -> Figure {
        Figure { value, decimals: None }
    }

    /// Reads a number that is not negative and remembers how it was printed.
    pub fn read(text: &str) -> Option<Figure> {
        let value: f64 = text.parse().ok().filter(|value: &f64| value.is_finite() && *value >= 0.0)?;
        let short = Figure::new(value);
        if short.to_string() == text {
            return Some(short);
        }
        let digits = text.split_once('.').map_or(0, |(_, digits)| digits.len());
        Some(Figure { value, decimals: Some(u8::try_from(digits).ok()?) })
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.decimals {
            Some(decimals) => write!(f, "{:.*}", usize::from(decimals), self.value),
            None => {
                let mut text = String::new();
                push_number(&mut text, self.value);
                f.write_str(&text)
            }
        }
    }
}

/// Estimated cost of one execution, in the server's cost units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CostFigures {
    /// Cost up to the first row, where it was printed.
    pub first: Option<Figure>,
    /// Cost of all rows.
    pub total: Figure,
}

/// What EXPLAIN ANALYZE measured at a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Actual {
    /// The node was not reached.
    NeverExecuted,
    /// It ran.
    Measured(Measured),
}

/// Times and rows of a node, the nodes below it included; averages over its executions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Milliseconds until the first row; none where the server did not measure time.
    pub first_ms: Option<Figure>,
    /// Milliseconds until the last row.
    pub last_ms: Option<Figure>,
    /// Rows of one execution.
    pub rows: Figure,
    /// Executions.
    pub loops: u64,
}

impl Measured {
    /// Milliseconds of all executions together, the nodes below included.
    pub fn total_ms(&self) -> Option<f64> {
        Some(self.last_ms?.value * self.loops as f64)
    }
}

/// What a node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NodeKind {
    /// Reads a whole table.
    TableScan,
    /// Reads a whole index.
    IndexScan,
    /// Reads the rows of one key value.
    IndexLookup,
    /// Reads the one row of a unique key value.
    SingleRowLookup,
    /// Reads ranges of an index.
    RangeScan,
    /// Skips through an index: loose scan for groups, skip scan.
    SkipScan,
    /// Combines several indexes.
    IndexMerge,
    /// Searches a full-text index.
    FullText,
    /// Rows known before execution: constants, const tables.
    Constant,
    /// No rows, for the reason given.
    ZeroRows,
    /// Drops rows.
    Filter,
    /// A nested-loop join.
    NestedLoopJoin,
    /// A hash join.
    HashJoin,
    /// A block nested loop or batched key access join.
    BufferedJoin,
    /// The side of a hash join that the hash table is made of.
    Hash,
    /// Sorts.
    Sort,
    /// Stops after so many rows, or skips some.
    Limit,
    /// Groups or counts sorted or single-group input.
    Aggregate,
    /// Groups in a temporary table.
    TemporaryAggregate,
    /// Computes window functions.
    Window,
    /// Fills a temporary table.
    Materialize,
    /// UNION, INTERSECT, EXCEPT.
    SetOperation,
    /// Removes duplicates.
    Deduplicate,
    /// Passes rows on.
    Stream,
    /// A subquery of an expression.
    Subquery,
    /// Changes data.
    Change,
    /// Chooses between plans while it runs, or runs again.
    Alternative,
    /// A query block or another frame around nodes.
    Block,
    /// Anything else.
    Other,
}

impl NodeKind {
    /// Does it read rows of a table or of a temporary table?
    pub fn reads_table(self) -> bool {
        use NodeKind::*;
        matches!(self, TableScan | IndexScan | IndexLookup | SingleRowLookup | RangeScan | SkipScan | IndexMerge | FullText)
    }

    /// Does it join?
    pub fn joins(self) -> bool {
        matches!(self, NodeKind::NestedLoopJoin | NodeKind::HashJoin | NodeKind::BufferedJoin)
    }

    /// What a line of TREE does, by its first words.
    pub fn of_label(label: &str) -> NodeKind {
        let words = label.strip_prefix("Covering ").or_else(|| label.strip_prefix("Reverse ")).unwrap_or(label);
        let lower = words.to_ascii_lowercase();
        let rule = RULES.iter().find(|(start, _)| lower.starts_with(start));
        match rule {
            Some((_, kind)) => *kind,
            None if lower.contains("hash join") || lower.contains("hash semijoin") || lower.contains("hash antijoin") => {
                NodeKind::HashJoin
            }
            None if lower.contains("materialize") => NodeKind::Materialize,
            None => NodeKind::Other,
        }
    }
}

/// First words of a line, lower case, and what they mean; the first that fits counts.
const RULES: &[(&str, NodeKind)] = &[
    ("table scan", NodeKind::TableScan),
    ("sample scan", NodeKind::TableScan),
    ("scan new records", NodeKind::TableScan),
    ("clustered primary key", NodeKind::IndexMerge),
    ("index scan", NodeKind::IndexScan),
    ("index range scan", NodeKind::RangeScan),
    ("multi-range index lookup", NodeKind::IndexLookup),
    ("index lookup", NodeKind::IndexLookup),
    ("index skip scan", NodeKind::SkipScan),
    ("index skip-scan", NodeKind::SkipScan),
    ("skip scan", NodeKind::SkipScan),
    ("group aggregate", NodeKind::Aggregate),
    ("single-row", NodeKind::SingleRowLookup),
    ("constant row", NodeKind::SingleRowLookup),
    ("full-text", NodeKind::FullText),
    ("intersect rows", NodeKind::IndexMerge),
    ("deduplicate rows", NodeKind::IndexMerge),
    ("sort-deduplicate", NodeKind::IndexMerge),
    ("rows fetched before execution", NodeKind::Constant),
    ("zero rows", NodeKind::ZeroRows),
    ("zero input rows", NodeKind::ZeroRows),
    ("impossible", NodeKind::ZeroRows),
    ("filter", NodeKind::Filter),
    ("nested loop", NodeKind::NestedLoopJoin),
    ("batched key access", NodeKind::BufferedJoin),
    ("block nested loop", NodeKind::BufferedJoin),
    ("hash", NodeKind::Hash),
    ("sort", NodeKind::Sort),
    ("limit", NodeKind::Limit),
    ("aggregate using temporary table", NodeKind::TemporaryAggregate),
    ("temporary table", NodeKind::Materialize),
    ("aggregate", NodeKind::Aggregate),
    ("count rows", NodeKind::Aggregate),
    ("window", NodeKind::Window),
    ("union materialize", NodeKind::SetOperation),
    ("intersect materialize", NodeKind::SetOperation),
    ("except materialize", NodeKind::SetOperation),
    ("append", NodeKind::SetOperation),
    ("materialize", NodeKind::Materialize),
    ("remove duplicate", NodeKind::Deduplicate),
    ("weedout", NodeKind::Deduplicate),
    ("stream results", NodeKind::Stream),
    ("select #", NodeKind::Subquery),
    ("insert into", NodeKind::Change),
    ("replace into", NodeKind::Change),
    ("update ", NodeKind::Change),
    ("delete from", NodeKind::Change),
    ("alternative plans", NodeKind::Alternative),
    ("repeat", NodeKind::Alternative),
    ("invalidate", NodeKind::Alternative),
    ("query block", NodeKind::Block),
];

/// A step of a plan with the steps that feed it.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What is done, in the words of TREE, without the numbers: `Index lookup on s using PRIMARY (emp_no=e.emp_no)`. Of several
    /// lines where a literal holds a line end.
    pub label: String,
    /// What it does.
    pub kind: NodeKind,
    /// The table, alias or temporary table that is read.
    pub table: Option<String>,
    /// The index, or several, comma-separated.
    pub index: Option<String>,
    /// Estimated cost, the nodes below included.
    pub cost: Option<CostFigures>,
    /// Estimated rows of one execution.
    pub rows: Option<Figure>,
    /// What was measured.
    pub actual: Option<Actual>,
    /// What the format says besides: name and text (`attached_condition`, `Extra`, …), in its order.
    pub details: Vec<(String, String)>,
    /// Line without an arrow, as TREE prints `<not executable by iterator executor>`.
    pub bare: bool,
    /// The steps that feed it, in the order of the print.
    pub children: Vec<Node>,
}

impl Node {
    /// A node that does what a line of TREE says.
    pub fn of_label(label: impl Into<String>) -> Node {
        let label = label.into();
        let kind = NodeKind::of_label(&label);
        let (table, index) = table_and_index(kind, &label);
        Node {
            kind,
            table,
            index,
            cost: None,
            rows: None,
            actual: None,
            details: Vec::new(),
            bare: false,
            children: Vec::new(),
            label,
        }
    }

    /// Estimated cost of all rows.
    pub fn total_cost(&self) -> Option<f64> {
        Some(self.cost?.total.value)
    }

    /// Estimated rows of one execution.
    pub fn estimated_rows(&self) -> Option<f64> {
        Some(self.rows?.value)
    }

    /// What was measured, if it ran.
    pub fn measured(&self) -> Option<&Measured> {
        match &self.actual {
            Some(Actual::Measured(measured)) => Some(measured),
            _ => None,
        }
    }

    /// The node and those below it in the order of the print, each with its depth (0 for this one).
    pub fn walk(&self) -> Vec<(usize, &Node)> {
        let mut found = Vec::new();
        let mut open = vec![(0, self)];
        while let Some((depth, node)) = open.pop() {
            found.push((depth, node));
            open.extend(node.children.iter().rev().map(|child| (depth + 1, child)));
        }
        found
    }

    /// The numbers as TREE prints them behind the label: `  (cost=1.1 rows=1) (actual time=0.1..0.2 rows=1 loops=1)`.
    pub fn numbers(&self) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        if let (Some(cost), Some(rows)) = (self.cost, self.rows) {
            let first = cost.first.map(|first| format!("{first}..")).unwrap_or_default();
            let _ = write!(out, "  (cost={first}{} rows={rows})", cost.total);
        } else if let Some(rows) = self.rows {
            let _ = write!(out, "  (rows={rows})");
        }
        let gap = if out.is_empty() { "  " } else { " " };
        match &self.actual {
            Some(Actual::NeverExecuted) => {
                let _ = write!(out, "{gap}(never executed)");
            }
            Some(Actual::Measured(measured)) => {
                let _ = write!(out, "{gap}(actual ");
                if let (Some(first), Some(last)) = (measured.first_ms, measured.last_ms) {
                    let _ = write!(out, "time={first}..{last} ");
                }
                let _ = write!(out, "rows={} loops={})", measured.rows, measured.loops);
            }
            None => {}
        }
        out
    }
}

/// Table and index of a line: `… on TABLE using INDEX …`. Names stand unquoted, so one with ` using ` or ` (` in it is cut.
fn table_and_index(kind: NodeKind, label: &str) -> (Option<String>, Option<String>) {
    let rest = match kind {
        _ if label.starts_with("Count rows in ") => label.strip_prefix("Count rows in "),
        _ if label.starts_with("Constant row from ") => label.strip_prefix("Constant row from "),
        _ if kind.reads_table() => label.split_once(" on ").map(|(_, rest)| rest),
        _ => None,
    };
    let Some(rest) = rest else { return (None, None) };
    let until = |text: &str, ends: &[&str]| {
        let end = ends.iter().filter_map(|end| text.find(end)).min().unwrap_or(text.len());
        Some(text[..end].to_owned()).filter(|name| !name.is_empty())
    };
    let table = until(rest, &[" using ", " (", "  ", ", with ", " over ", " from "]);
    let index = rest.split_once(" using ").and_then(|(_, rest)| until(rest, &[" (", " over ", ", with ", " and ", " from "]));
    (table, index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_keep_their_form() {
        for text in
            ["0", "0.35", "41202", "500e-6", "1e+6", "2.75", "2.750", "10", "1.10", "5000", "1234567.25", "0.00101", "100.0"]
        {
            let figure = Figure::read(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(figure.to_string(), text);
        }
        assert_eq!(Figure::read("500e-6").map(|figure| figure.value), Some(0.0005));
        assert!(["", "-1", "inf", "nan", "1..2"].iter().all(|text| Figure::read(text).is_none()));
    }

    #[test]
    fn a_label_tells_kind_table_and_index() {
        let cases = [
            ("Table scan on e", NodeKind::TableScan, Some("e"), None),
            (
                "Covering index lookup on e using ix_firstname (first_name='Matt')",
                NodeKind::IndexLookup,
                Some("e"),
                Some("ix_firstname"),
            ),
            (
                "Index range scan on t using PRIMARY over (1 <= a), with index condition: (t.b = 1)",
                NodeKind::RangeScan,
                Some("t"),
                Some("PRIMARY"),
            ),
            ("Table scan on <temporary>", NodeKind::TableScan, Some("<temporary>"), None),
            ("Left hash join (a.x = b.x)", NodeKind::HashJoin, None, None),
            ("Nested loop semijoin", NodeKind::NestedLoopJoin, None, None),
            ("Filter: (a.x on b using c)", NodeKind::Filter, None, None),
            ("Constant row from <subquery2>", NodeKind::SingleRowLookup, Some("<subquery2>"), None),
            ("Count rows in employees", NodeKind::Aggregate, Some("employees"), None),
        ];
        for (label, kind, table, index) in cases {
            let node = Node::of_label(label);
            assert_eq!((node.kind, node.table.as_deref(), node.index.as_deref()), (kind, table, index), "{label}");
        }
    }
}
