//! A plan that a server printed, in any of its formats, pasted or from a file.

use super::planned::{Planned, Texts};
use super::tree::{Measured, Node, Tree};
use myexplain::ingest::node::Actual;
use myexplain::ingest::plan::PlanFormat;
use myexplain::ingest::{Node as ReadNode, NodeKind, ReadPlan, reader};

/// Reads the first plan in a text; none if there is none.
pub fn read(text: &str) -> Option<Planned> {
    let plan = reader::read(text).plans.into_iter().next()?;
    let roots = plan.nodes();
    let nodes: Vec<Node> = roots.iter().flat_map(ReadNode::walk).map(|(level, node)| of_node(level, node)).collect();
    if nodes.is_empty() {
        return None;
    }
    Some(Planned {
        sql: plan.sql.clone().unwrap_or_default(),
        cost: plan.total_cost().unwrap_or(0.0),
        tree: Tree::new(nodes),
        texts: texts(&plan),
        decisions: plan.decisions(),
        from_server: true,
        ..Planned::default()
    })
}

/// The formats that the text held.
fn texts(plan: &ReadPlan) -> Texts {
    let traditional = match (plan.format, &plan.table) {
        (PlanFormat::Table(layout), Some(table)) => table.render(layout),
        (_, Some(table)) => table.render(myexplain::ingest::table::Layout::Framed),
        (_, None) => String::new(),
    };
    Texts {
        traditional,
        tree: plan.tree.as_ref().map(|nodes| myexplain::ingest::tree_text::render(nodes)).unwrap_or_default(),
        json: plan.json.as_ref().map(|json| json.render()).unwrap_or_default(),
        ..Texts::default()
    }
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
        access_type: access_type(node).map(str::to_owned),
        index: node.index.clone(),
        ..Node::default()
    }
}

/// `type` of the traditional table for a node that reads a table.
fn access_type(node: &ReadNode) -> Option<&'static str> {
    Some(match node.kind {
        NodeKind::TableScan => "ALL",
        NodeKind::IndexScan => "index",
        NodeKind::RangeScan | NodeKind::SkipScan => "range",
        NodeKind::SingleRowLookup if node.label.starts_with("Constant") => "const",
        NodeKind::SingleRowLookup => "eq_ref",
        NodeKind::IndexLookup => "ref",
        NodeKind::FullText => "fulltext",
        _ => return None,
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
    fn what_the_client_prints_around_it_comes_off() {
        let line = "-> Table scan on t  (cost=1.25 rows=10)";
        let rule = format!("+{}+", "-".repeat(line.len() + 2));
        let framed = format!("{rule}\n| {:<1$} |\n{rule}\n| {line} |\n{rule}\n1 row in set (0.00 sec)\n", "EXPLAIN", line.len());
        for text in [framed, format!("{line}\n")] {
            let planned = read(&text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(planned.tree.nodes[0].label, "Table scan on t", "{text}");
        }
        assert!(read("SELECT 1;\nSELECT 2").is_none());
    }
}
