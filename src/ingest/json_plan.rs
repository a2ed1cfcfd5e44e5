//! Nodes and decisions from FORMAT=JSON: MySQL's first and second version, MariaDB's.

use super::json::Json;
use super::node::{Actual, CostFigures, Figure, Measured, Node};
use super::{json_blocks, json_decisions};
use crate::explain::decisions::Decisions;

/// The plan of a document as a tree.
pub(super) fn nodes(root: &Json) -> Vec<Node> {
    match (root.get("query_block"), root.get("query_plan")) {
        (Some(_), _) => json_blocks::nodes(root),
        (None, Some(plan)) => vec![iterator(plan)],
        (None, None) => vec![iterator(root)],
    }
}

/// The decisions that a document shows.
pub(super) fn decisions(root: &Json) -> Decisions {
    match root.get("query_block") {
        Some(_) => json_decisions::decisions(root),
        None => super::table_plan::decisions(&nodes(root)),
    }
}

/// Members that a node of the second version has a field for.
const TAKEN: [&str; 11] = [
    "inputs",
    "inputs_from_select_list",
    "operation",
    "estimated_rows",
    "estimated_total_cost",
    "estimated_first_row_cost",
    "actual_rows",
    "actual_loops",
    "actual_first_row_ms",
    "actual_last_row_ms",
    "query",
];

/// A node of the second version, whose words are those of TREE.
fn iterator(value: &Json) -> Node {
    let figure = |name: &str| value.number_of(name).filter(|number| *number >= 0.0).map(Figure::new);
    let mut node = Node::of_label(value.text_of("operation").unwrap_or("(no operation)"));
    node.rows = figure("estimated_rows");
    node.cost = figure("estimated_total_cost").map(|total| CostFigures { first: figure("estimated_first_row_cost"), total });
    node.actual = match (figure("actual_rows"), value.number_of("actual_loops")) {
        (Some(rows), Some(loops)) => Some(Actual::Measured(Measured {
            first_ms: figure("actual_first_row_ms"),
            last_ms: figure("actual_last_row_ms"),
            rows,
            loops: loops as u64,
        })),
        (None, Some(0.0)) => Some(Actual::NeverExecuted),
        _ => None,
    };
    if let Some(table) = value.text_of("alias").or_else(|| value.text_of("table_name")) {
        node.table = Some(table.to_owned());
    }
    if let Some(index) = value.text_of("index_name") {
        node.index = Some(index.to_owned());
    }
    node.details = details(value, &TAKEN);
    node.children = ["inputs", "inputs_from_select_list"]
        .iter()
        .filter_map(|name| value.get(name))
        .flat_map(Json::elements)
        .map(iterator)
        .collect();
    match value.text_of("heading") {
        Some(heading) => Node { children: vec![node], ..Node::of_label(heading) },
        None => node,
    }
}

/// Members that are texts, numbers, truths or lists of texts, but those named.
pub(super) fn details(value: &Json, taken: &[&str]) -> Vec<(String, String)> {
    let text = |value: &Json| match value {
        Json::Bool(truth) => Some(truth.to_string()),
        Json::Array(elements) => {
            let texts: Option<Vec<&str>> = elements.iter().map(Json::text).collect();
            texts.map(|texts| texts.join(", "))
        }
        other => other.text().map(str::to_owned),
    };
    let members = value.members().iter().filter(|(name, _)| !taken.contains(&name.as_str()));
    members.filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect()
}
