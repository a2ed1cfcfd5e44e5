//! Nodes from FORMAT=JSON by blocks and tables: MySQL's first version, MariaDB's.

use super::json::Json;
use super::json_plan::details;
use super::node::{Actual, CostFigures, Figure, Measured, Node};
use super::table_plan::access_label;

/// The outermost block as one root, or what it consists of.
pub(super) fn nodes(root: &Json) -> Vec<Node> {
    root.get("query_block").map(block).into_iter().collect()
}

/// A query block: its operations, under its cost.
fn block(value: &Json) -> Node {
    let mut children = operations(value);
    let cost = value.get("cost_info").and_then(|info| figure(info, "query_cost")).or_else(|| figure(value, "cost"));
    let cost = cost.map(|total| CostFigures { first: None, total });
    if let [only] = children.as_mut_slice()
        && only.cost.is_none()
    {
        only.cost = cost;
        only.actual = only.actual.or_else(|| measured(value));
        return children.remove(0);
    }
    let label = value.text_of("select_id").map_or("Query block".to_owned(), |id| format!("Query block #{id}"));
    Node { cost, actual: measured(value), children, details: details(value, &["select_id"]), ..Node::of_label(label) }
}

/// Every operation that is a member of a value, in the order of the document.
fn operations(value: &Json) -> Vec<Node> {
    let found: Vec<Node> = value.members().iter().flat_map(|(name, member)| operation(name, member)).collect();
    let message = value.text_of("message").map(|message| Node::of_label(message_label(message)));
    if found.iter().any(|node| node.kind != super::node::NodeKind::Subquery) {
        found
    } else {
        message.into_iter().chain(found).collect()
    }
}

fn message_label(message: &str) -> String {
    match message {
        "No tables used" => "Rows fetched before execution".to_owned(),
        other => format!("Zero rows ({other})"),
    }
}

/// The nodes that a member stands for; none for facts about the value that it belongs to.
fn operation(name: &str, value: &Json) -> Vec<Node> {
    match name {
        "query_block" => vec![block(value)],
        "table" | "insert_from" if value.get("table_name").is_some() => vec![table(value)],
        "nested_loop" => join(value.elements()).into_iter().collect(),
        "query_specifications" => value.elements().iter().flat_map(operations).collect(),
        _ if name.ends_with("subqueries") => {
            value.elements().iter().enumerate().map(|(no, element)| subquery(name, no, element)).collect()
        }
        "duplicates_removal" if !value.elements().is_empty() => join(value.elements()).into_iter().collect(),
        _ => match (value, label(name, value)) {
            (Json::Object(_), Some(label)) => vec![step(label, value)],
            (Json::Object(_), None) => operations(value),
            (Json::Array(elements), _) => elements.iter().flat_map(operations).collect(),
            _ => Vec::new(),
        },
    }
}

/// An operation in the words of TREE; none for one that only passes on what its parts make.
fn label(name: &str, value: &Json) -> Option<String> {
    let truth = |name: &str| value.get(name).is_some_and(Json::is_true);
    let label = match name {
        "ordering_operation" if truth("using_filesort") => "Sort",
        "grouping_operation" if truth("using_temporary_table") => "Aggregate using temporary table",
        "grouping_operation" if truth("using_filesort") => "Sort for group aggregate",
        "grouping_operation" => "Group aggregate",
        "duplicates_removal" if truth("using_temporary_table") => "Temporary table with deduplication",
        "duplicates_removal" => "Remove duplicates from input",
        "buffer_result" | "temporary_table" => "Temporary table",
        "windowing" | "window_functions_computation" => "Window aggregate",
        "filesort" => return Some(value.text_of("sort_key").map_or("Sort".to_owned(), |key| format!("Sort: {key}"))),
        "union_result" => "Union materialize",
        "intersect_result" => "Intersect materialize",
        "except_result" => "Except materialize",
        "materialized_from_subquery" | "materialized" => "Materialize",
        "block-nl-join" => "Block nested loop join",
        "insert_from" => "Insert",
        "recursive_union" => "Materialize recursive CTE",
        _ => return None,
    };
    Some(label.to_owned())
}

fn step(label: String, value: &Json) -> Node {
    let cost = value
        .get("cost_info")
        .and_then(|info| figure(info, "sort_cost"))
        .map(|total| ("sort_cost".to_owned(), total.to_string()));
    let mut node = Node::of_label(label);
    node.details = details(value, &[]).into_iter().chain(cost).collect();
    node.children = operations(value);
    node.actual = with_children(measured(value), &node.children);
    node
}

/// MariaDB measures a sort without the steps that feed it; a node's time includes them.
fn with_children(actual: Option<Actual>, children: &[Node]) -> Option<Actual> {
    let below: f64 = children
        .iter()
        .flat_map(Node::walk)
        .filter(|(_, node)| node.children.is_empty())
        .filter_map(|(_, node)| node.measured()?.total_ms())
        .sum();
    match actual {
        Some(Actual::Measured(mut measured)) if below > 0.0 => {
            let own = measured.total_ms().unwrap_or(0.0);
            measured.last_ms = Some(Figure::new((own + below) / measured.loops as f64));
            Some(Actual::Measured(measured))
        }
        other => other,
    }
}

fn subquery(list: &str, no: usize, element: &Json) -> Node {
    let blocks = operations(element);
    let id = element
        .get("query_block")
        .and_then(|block| block.text_of("select_id"))
        .map_or_else(|| format!("{}", no + 1), str::to_owned);
    let place = list.trim_end_matches("subqueries").trim_end_matches('_').replace('_', " ");
    let place = if place.is_empty() { String::new() } else { format!(" in {place}") };
    let dependent = if element.get("dependent").is_some_and(Json::is_true) { "; dependent" } else { "" };
    Node { children: blocks, ..Node::of_label(format!("Select #{id} (subquery{place}{dependent})")) }
}

/// The tables of a join as a list that leans to the left.
fn join(elements: &[Json]) -> Option<Node> {
    let mut left: Option<Node> = None;
    for (no, element) in elements.iter().enumerate() {
        for right in operations(element) {
            left = Some(match left.take() {
                None => right,
                // MySQL joins 61 tables at most: what is longer is no plan, and is not nested deeper.
                Some(mut join) if no > 64 => {
                    join.children.push(right);
                    join
                }
                Some(left) => joined(left, right, element),
            });
        }
    }
    left
}

fn joined(left: Node, mut right: Node, element: &Json) -> Node {
    let table = element.get("table").unwrap_or(element);
    let buffer = table.text_of("using_join_buffer").unwrap_or_default();
    let is_block_join = element.get("block-nl-join").is_some();
    if is_block_join && right.children.len() == 1 {
        let own = std::mem::take(&mut right.details);
        right = right.children.remove(0);
        right.details.extend(own);
    }
    let label = match buffer {
        "hash join" => "Inner hash join",
        "" if !is_block_join => "Nested loop inner join",
        "Batched Key Access" => "Batched key access inner join",
        _ => "Block nested loop join",
    };
    let mut node = Node::of_label(label);
    node.cost =
        table.get("cost_info").and_then(|info| figure(info, "prefix_cost")).map(|total| CostFigures { first: None, total });
    node.rows = figure(table, "rows_produced_per_join");
    node.children = vec![left, right];
    node
}

/// Members of a table that a node has a field for, or a node of its own.
const TAKEN: [&str; 4] = ["table_name", "access_type", "rows", "rows_examined_per_scan"];

/// A table with what is done to its rows.
fn table(value: &Json) -> Node {
    let name = value.text_of("table_name").unwrap_or_default();
    let key = value.text_of("key").unwrap_or_default();
    let references: Vec<&str> = value.get("ref").map(Json::elements).unwrap_or_default().iter().filter_map(Json::text).collect();
    let covering = value.get("using_index").is_some_and(Json::is_true);
    let access = value.text_of("access_type");
    let mut node = match (access, value.text_of("message")) {
        (Some(access), _) => Node::of_label(access_label(access, name, key, &references.join(","), covering)),
        (None, Some(message)) => Node::of_label(message_label(message)),
        (None, None) => Node::of_label(change(value, name)),
    };
    node.table = Some(name.to_owned());
    node.index = Some(key.to_owned()).filter(|key| !key.is_empty());
    node.rows = figure(value, "rows_examined_per_scan").or_else(|| figure(value, "rows"));
    let cost = value.get("cost_info").and_then(|info| Some(info.number_of("read_cost")? + info.number_of("eval_cost")?));
    node.cost = cost.map(Figure::new).or_else(|| figure(value, "cost")).map(|total| CostFigures { first: None, total });
    node.actual = measured(value);
    node.details = details(value, &TAKEN);
    node.children = operations(value);
    node
}

/// What a data change does to a table that is not read.
fn change(value: &Json, name: &str) -> String {
    let does = |word: &str| value.get(word).is_some_and(Json::is_true);
    if does("insert") {
        format!("Insert into {name}")
    } else if does("replace") {
        format!("Replace into {name}")
    } else if does("update") {
        format!("Update {name}")
    } else if does("delete") {
        format!("Delete from {name}")
    } else {
        name.to_owned()
    }
}

/// What MariaDB's ANALYZE measured (`r_loops`, `r_rows`, `r_total_time_ms`).
fn measured(value: &Json) -> Option<Actual> {
    let loops = value.number_of("r_loops")?;
    if loops < 1.0 {
        return Some(Actual::NeverExecuted);
    }
    let time = ["r_total_time_ms", "r_table_time_ms"].iter().find_map(|name| value.number_of(name));
    let other = value.number_of("r_other_time_ms").filter(|_| value.get("r_total_time_ms").is_none()).unwrap_or(0.0);
    // Times are sums over all executions there, averages in MySQL.
    let last_ms = time.map(|time| Figure::new((time + other) / loops));
    let rows = figure(value, "r_rows").or_else(|| figure(value, "r_output_rows"))?;
    Some(Actual::Measured(Measured { first_ms: last_ms.map(|_| Figure::new(0.0)), last_ms, rows, loops: loops as u64 }))
}

fn figure(value: &Json, name: &str) -> Option<Figure> {
    value.number_of(name).filter(|number| *number >= 0.0).map(Figure::new)
}
