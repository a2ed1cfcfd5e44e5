//! A plan that a server printed: EXPLAIN FORMAT=TREE or EXPLAIN ANALYZE, pasted or from a file.

use super::planned::{Planned, Texts};
use super::tree::{Measured, Node, Tree};
use myexplain::ingest::node::Actual;
use myexplain::ingest::{Node as ReadNode, tree_text};

/// Reads a text if it is one of these.
pub fn read(text: &str) -> Option<Planned> {
    let text = frame_off(text);
    if !looks_like_tree(&text) {
        return None;
    }
    let roots = tree_text::read(&text)?;
    let nodes: Vec<Node> = roots.iter().flat_map(ReadNode::walk).map(|(level, node)| of_node(level, node)).collect();
    let cost = roots.iter().filter_map(first_cost).sum();
    Some(Planned {
        cost,
        tree: Tree::new(nodes),
        texts: Texts { tree: text, ..Texts::default() },
        from_server: true,
        ..Planned::default()
    })
}

/// The first line with words begins a node.
fn looks_like_tree(text: &str) -> bool {
    text.lines().find(|line| !line.trim().is_empty()).is_some_and(|line| line.trim_start().starts_with("-> "))
}

/// The text without the frame that the client draws around it, or the head that `\G` gives.
fn frame_off(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let is_rule = |line: &&&str| line.starts_with('+') && line.ends_with('+');
    if lines.first().is_some_and(|line| line.starts_with("+-")) {
        let rows = lines.iter().filter(|line| !is_rule(line) && **line != "| EXPLAIN |" && !line.ends_with("in set"));
        let inside = rows.map(|line| line.strip_prefix("| ").unwrap_or(line)).map(|line| line.trim_end().trim_end_matches(" |"));
        let kept: Vec<&str> = inside.filter(|line| line.trim() != "EXPLAIN").collect();
        return kept.join("\n");
    }
    match text.find("EXPLAIN: -> ") {
        Some(at) => text[at + "EXPLAIN: ".len()..].to_owned(),
        None => text.to_owned(),
    }
}

fn first_cost(root: &ReadNode) -> Option<f64> {
    root.walk().into_iter().find_map(|(_, node)| node.total_cost())
}

fn of_node(level: usize, node: &ReadNode) -> Node {
    let measured = match &node.actual {
        Some(Actual::Measured(measured)) => Some(Measured {
            last_row_ms: measured.last_ms.map_or(0.0, |figure| figure.value),
            rows: measured.rows.value,
            loops: measured.loops as f64,
        }),
        Some(Actual::NeverExecuted) => Some(Measured { last_row_ms: 0.0, rows: 0.0, loops: 0.0 }),
        None => None,
    };
    Node {
        level,
        label: node.label.clone(),
        cost: node.total_cost(),
        rows: node.estimated_rows(),
        measured,
        access_type: access_type(&node.label).map(str::to_owned),
        index: node.index.clone(),
        ..Node::default()
    }
}

/// `type` of the traditional table for a line that reads a table.
fn access_type(label: &str) -> Option<&'static str> {
    let label = label.strip_prefix("Covering i").map_or_else(|| label.to_owned(), |rest| format!("I{rest}"));
    let begins = |words: &str| label.starts_with(words);
    Some(match () {
        () if begins("Table scan on") => "ALL",
        () if begins("Index scan on") => "index",
        () if begins("Index range scan on") || begins("Index skip scan") => "range",
        () if begins("Single-row") => "eq_ref",
        () if begins("Constant row") => "const",
        () if begins("Full-text") => "fulltext",
        () if begins("Index lookup on") || begins("Multi-range index lookup") => "ref",
        () => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::read;

    const ANALYZE: &str = "-> Nested loop inner join  (cost=350 rows=2625) (actual time=0.1..9.5 rows=2400 loops=1)
    -> Covering index lookup on e using ix_firstname (first_name='Matt')  (cost=25.4 rows=247) (actual time=0.05..0.2 rows=247 loops=1)
    -> Index lookup on s using PRIMARY (emp_no=e.emp_no)  (cost=0.257 rows=10.6) (actual time=0.02..0.03 rows=9.7 loops=247)
";

    #[test]
    fn analyze_shares_the_time_out() {
        let planned = read(ANALYZE).expect("reads");
        assert!(planned.from_server);
        assert_eq!(planned.cost, 350.0);
        let nodes = &planned.tree.nodes;
        assert_eq!(nodes[2].measured.map(|measured| measured.loops), Some(247.0));
        assert_eq!(nodes[1].access_type.as_deref(), Some("ref"));
        assert!(nodes[2].own_share > 0.7, "{}", nodes[2].own_share);
    }

    #[test]
    fn frames_of_the_client_come_off() {
        let line = "-> Table scan on t  (cost=1.25 rows=10)";
        let framed = format!("+---------+\n| EXPLAIN |\n+---------+\n| {line}\n |\n+---------+\n1 row in set (0.00 sec)\n");
        for text in [framed, format!("*** 1. row ***\nEXPLAIN: {line}\n")] {
            let planned = read(&text).expect("reads");
            assert_eq!(planned.tree.nodes[0].label, "Table scan on t", "{text}");
        }
        assert!(read("SELECT 1").is_none());
    }
}
