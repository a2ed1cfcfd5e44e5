//! A plan that was read: of a server's EXPLAIN in any format and version, or of our own planner.

use super::json::JsonDocument;
use super::node::Node;
use super::table::{Layout, Table};
use super::{json_plan, reader, table_plan, tree_text};
use crate::explain::decisions::Decisions;
use crate::explain::tree;
use crate::plan::Plan;
use std::borrow::Cow;
use std::fmt;

/// The format that a plan was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanFormat {
    /// The traditional table.
    Table(Layout),
    /// FORMAT=TREE.
    Tree,
    /// EXPLAIN ANALYZE: TREE with what was measured.
    Analyze,
    /// FORMAT=JSON as MySQL prints it from 5.6 on (`query_block`).
    JsonV1,
    /// FORMAT=JSON of the iterators (`explain_json_format_version=2`, MySQL 8.3 and later).
    JsonV2,
    /// MariaDB's EXPLAIN or ANALYZE FORMAT=JSON.
    JsonMariaDb,
}

impl fmt::Display for PlanFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PlanFormat::Table(Layout::Framed) => "traditional",
            PlanFormat::Table(Layout::Vertical) => "traditional (vertical)",
            PlanFormat::Table(_) => "traditional (tabs)",
            PlanFormat::Tree => "tree",
            PlanFormat::Analyze => "tree (analyze)",
            PlanFormat::JsonV1 => "json",
            PlanFormat::JsonV2 => "json version 2",
            PlanFormat::JsonMariaDb => "json (MariaDB)",
        })
    }
}

/// The server that seems to have printed a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerGuess {
    /// Nothing in the text tells.
    #[default]
    Unknown,
    /// MySQL 5.6 or 5.7.
    MySql5,
    /// MySQL 8.0 or later.
    MySql8,
    /// MySQL 8.3 or later.
    MySql83,
    /// MariaDB.
    MariaDb,
}

impl fmt::Display for ServerGuess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ServerGuess::Unknown => "unknown server",
            ServerGuess::MySql5 => "MySQL 5.6 or 5.7",
            ServerGuess::MySql8 => "MySQL 8.0 or later",
            ServerGuess::MySql83 => "MySQL 8.3 or later",
            ServerGuess::MariaDb => "MariaDB",
        })
    }
}

/// A plan that was read. What the text held is in `table`, `tree` or `json`; [`ReadPlan::nodes`] is there for all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadPlan {
    /// The format that it was read from; [`ReadPlan::render`] writes this one.
    pub format: PlanFormat,
    /// The server that seems to have printed it.
    pub server: ServerGuess,
    /// The statement, where the text held it.
    pub sql: Option<String>,
    /// The rows of the traditional table.
    pub table: Option<Table>,
    /// The nodes of TREE, as printed.
    pub tree: Option<Vec<Node>>,
    /// The JSON document.
    pub json: Option<JsonDocument>,
}

impl ReadPlan {
    /// The first plan in a text, in whatever format; see [`super::reader::read`] for all of them.
    pub fn read(text: &str) -> Option<ReadPlan> {
        reader::read(text).plans.into_iter().next()
    }

    pub(super) fn empty(format: PlanFormat) -> ReadPlan {
        ReadPlan { format, server: ServerGuess::Unknown, sql: None, table: None, tree: None, json: None }
    }

    /// A plan of ours, as its TREE and its traditional table show it.
    pub fn of(plan: &Plan) -> ReadPlan {
        ReadPlan {
            format: PlanFormat::Tree,
            server: ServerGuess::MySql8,
            sql: None,
            table: Some(Table::of(plan)),
            tree: tree_text::read(&tree::render(plan)),
            json: None,
        }
    }

    /// The plan as a tree. A traditional table gives a list that leans to the left: it tells the order of tables, not the joins.
    pub fn nodes(&self) -> Cow<'_, [Node]> {
        match (&self.tree, &self.json, &self.table) {
            (Some(nodes), ..) => Cow::Borrowed(nodes),
            (None, Some(json), _) => Cow::Owned(json_plan::nodes(&json.root)),
            (None, None, Some(table)) => Cow::Owned(table_plan::nodes(table)),
            (None, None, None) => Cow::Borrowed(&[]),
        }
    }

    /// The decisions as far as the format tells them: all of them from the traditional table and from JSON; from TREE the join
    /// order, access and index of each table.
    pub fn decisions(&self) -> Decisions {
        match (&self.table, &self.json, &self.tree) {
            (Some(table), ..) => Decisions::of_rows(&table.traditional_rows()),
            (None, Some(json), _) => json_plan::decisions(&json.root),
            (None, None, Some(nodes)) => table_plan::decisions(nodes),
            (None, None, None) => Decisions::default(),
        }
    }

    /// Does the format tell every decision, not only the order, access and index of the tables?
    pub fn tells_all_decisions(&self) -> bool {
        self.table.is_some() || self.json.as_ref().is_some_and(|json| json.root.get("query_block").is_some())
    }

    /// The plan as a traditional table; what the format that was read does not tell is NULL.
    pub fn as_table(&self) -> Table {
        if let Some(table) = &self.table {
            return table.clone();
        }
        let nodes = self.nodes();
        let mut rows: Vec<(&str, f64)> = Vec::new();
        for (_, node) in nodes.iter().flat_map(Node::walk) {
            if let (Some(table), Some(estimate)) = (&node.table, node.estimated_rows()) {
                rows.push((table, estimate));
            }
        }
        table_plan::table_of(&self.decisions(), rows)
    }

    /// Estimated cost of the statement in the server's cost units, where the format tells it.
    pub fn total_cost(&self) -> Option<f64> {
        let roots = self.nodes();
        let cost = |root: &Node| root.walk().into_iter().find_map(|(_, node)| node.total_cost());
        roots.iter().filter_map(cost).reduce(|sum, cost| sum + cost)
    }

    /// The text in the format that it was read from, as the server prints it.
    pub fn render(&self) -> String {
        match (self.format, &self.table, &self.tree, &self.json) {
            (PlanFormat::Table(layout), Some(table), ..) => table.render(layout),
            (PlanFormat::Tree | PlanFormat::Analyze, _, Some(nodes), _) => tree_text::render(nodes),
            (PlanFormat::JsonV1 | PlanFormat::JsonV2 | PlanFormat::JsonMariaDb, .., Some(json)) => json.render(),
            _ => String::new(),
        }
    }
}

/// The decisions that a tree shows: order, access and index of the tables, and the steps above them.
pub fn tree_decisions(nodes: &[Node]) -> Decisions {
    table_plan::decisions(nodes)
}
