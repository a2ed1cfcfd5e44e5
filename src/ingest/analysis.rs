//! What a measured plan tells: how far estimates are off, where the time goes, where the error begins.

use super::node::{Actual, Node, NodeKind};

/// From this q-error on an estimate counts as wrong.
pub const WRONG: f64 = 2.0;

/// What was computed for one node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeAnalysis {
    /// Levels below the root.
    pub depth: usize,
    /// Rows of all executions, as estimated for one execution times the measured executions, and as measured.
    pub rows: Option<(f64, f64)>,
    /// The greater of the two divided by the smaller, both at least one row; 1 is right.
    pub q_error: Option<f64>,
    /// Milliseconds of all executions, the nodes below included.
    pub total_ms: Option<f64>,
    /// Milliseconds of all executions, the nodes below left out.
    pub own_ms: Option<f64>,
    /// Estimated cost of all executions, the nodes below left out, in the server's cost units.
    pub own_cost: Option<f64>,
    /// A LIMIT above it ends it early, so fewer rows than estimated are no error of the estimate.
    pub may_end_early: bool,
}

/// What was computed for a plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Analysis {
    /// One a node, in the order of [`Node::walk`] over the roots.
    pub nodes: Vec<NodeAnalysis>,
    /// The node whose estimate is wrong although those of the nodes below it are right; the worst of them if there are several.
    pub error_begins: Option<usize>,
    /// The node with the most time of its own.
    pub slowest: Option<usize>,
    /// Milliseconds of the whole statement.
    pub total_ms: Option<f64>,
    /// Sum of the own costs.
    pub total_cost: f64,
}

/// Analyses a plan.
pub fn analyse(roots: &[Node]) -> Analysis {
    let mut analysis = Analysis::default();
    for root in roots {
        let from = analysis.nodes.len();
        visit(root, Place { depth: 0, limited: false, executions: 1.0 }, &mut analysis.nodes);
        if let Some(total) = analysis.nodes[from].total_ms {
            *analysis.total_ms.get_or_insert(0.0) += total;
        }
    }
    analysis.total_cost = analysis.nodes.iter().filter_map(|node| node.own_cost).sum();
    analysis.error_begins = error_begins(&analysis.nodes);
    analysis.slowest = greatest(analysis.nodes.iter().map(|node| node.own_ms.filter(|own| *own > 0.0)));
    analysis
}

#[derive(Clone, Copy)]
struct Place {
    depth: usize,
    limited: bool,
    /// Estimated executions.
    executions: f64,
}

/// Analyses a node and those below it; gives the time and the estimated cost of all of its executions.
fn visit(node: &Node, place: Place, found: &mut Vec<NodeAnalysis>) -> (Option<f64>, Option<f64>) {
    let own = found.len();
    found.push(NodeAnalysis { depth: place.depth, may_end_early: place.limited, ..NodeAnalysis::default() });
    let (mut ms_below, mut cost_below) = (None, None);
    for (no, child) in node.children.iter().enumerate() {
        // The inner side of a nested loop runs once for each row of the outer one.
        let outer = node.children.first().filter(|_| no > 0 && node.kind == NodeKind::NestedLoopJoin);
        let repeated = outer.and_then(Node::estimated_rows).unwrap_or(1.0);
        let below = Place {
            depth: place.depth + 1,
            limited: node.kind == NodeKind::Limit || (place.limited && !blocks(node.kind)),
            executions: place.executions * repeated,
        };
        let (ms, cost) = visit(child, below, found);
        ms_below = sum(ms_below, ms);
        cost_below = sum(cost_below, cost);
    }
    let measured = node.measured();
    let never = matches!(node.actual, Some(Actual::NeverExecuted));
    let total_ms = measured.and_then(|measured| measured.total_ms()).or(if never { Some(0.0) } else { ms_below });
    let total_cost = node.total_cost().map(|cost| cost * place.executions).or(cost_below);
    let left = |total: Option<f64>, below: Option<f64>| total.map(|total| (total - below.unwrap_or(0.0)).max(0.0));
    let rows = node.estimated_rows().zip(measured).map(|(rows, measured)| {
        let loops = measured.loops.max(1) as f64;
        (rows * loops, measured.rows.value * loops)
    });
    let facts = &mut found[own];
    facts.rows = rows;
    facts.q_error = rows.map(|(estimated, actual)| {
        let (estimated, actual) = (estimated.max(1.0), actual.max(1.0));
        (estimated / actual).max(actual / estimated)
    });
    facts.total_ms = total_ms;
    facts.own_ms = if node.actual.is_some() { left(total_ms, ms_below) } else { None };
    facts.own_cost = if node.cost.is_some() { left(total_cost, cost_below) } else { None };
    (total_ms, total_cost)
}

fn sum(so_far: Option<f64>, more: Option<f64>) -> Option<f64> {
    match (so_far, more) {
        (Some(so_far), Some(more)) => Some(so_far + more),
        (so_far, more) => so_far.or(more),
    }
}

/// Does it read all of its input before it gives the first row?
fn blocks(kind: NodeKind) -> bool {
    use NodeKind::*;
    matches!(kind, Sort | TemporaryAggregate | Aggregate | Materialize | SetOperation | Hash | Window)
}

fn error_begins(nodes: &[NodeAnalysis]) -> Option<usize> {
    let wrong = |node: &NodeAnalysis| {
        let excused = node.may_end_early && node.rows.is_some_and(|(estimated, actual)| actual < estimated);
        node.q_error.filter(|q_error| *q_error >= WRONG && !excused)
    };
    let begins = |no: usize| {
        let below = nodes[no + 1..].iter().take_while(|below| below.depth > nodes[no].depth);
        let right_below = below.filter_map(wrong).next().is_none();
        wrong(&nodes[no]).filter(|_| right_below)
    };
    greatest((0..nodes.len()).map(begins))
}

/// The place of the greatest number; the first of equal ones.
fn greatest(numbers: impl Iterator<Item = Option<f64>>) -> Option<usize> {
    let known = numbers.enumerate().filter_map(|(no, number)| Some((no, number?)));
    known.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(no, _)| no)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::tree_text;

    /// Measured by MySQL 9.7; the estimate of the filter changed from 1666 to 16 and of what follows from it by hand.
    const TEXT: &str = "\
-> Limit: 3 row(s)  (actual time=16..16 rows=3 loops=1)
    -> Sort: avg(p.amount) DESC, limit input to 3 row(s) per chunk  (actual time=16..16 rows=3 loops=1)
        -> Table scan on <temporary>  (actual time=16..16 rows=4 loops=1)
            -> Aggregate using temporary table  (actual time=16..16 rows=4 loops=1)
                -> Nested loop inner join  (cost=607 rows=49) (actual time=0.195..13.9 rows=5274 loops=1)
                    -> Filter: (e.salary > 60000)  (cost=504 rows=16) (actual time=0.172..0.95 rows=1758 loops=1)
                        -> Table scan on e  (cost=504 rows=5000) (actual time=0.0602..0.745 rows=5000 loops=1)
                    -> Index lookup on p using PRIMARY (emp_no = e.emp_no)  (cost=0.252 rows=3) (actual time=0.00377..0.00416 rows=3 loops=1758)
";

    #[test]
    fn the_error_begins_where_the_nodes_below_are_right() {
        let nodes = tree_text::read(TEXT).expect("a tree");
        let analysis = analyse(&nodes);
        assert_eq!(analysis.error_begins, Some(5));
        assert_eq!(analysis.nodes[5].q_error.map(f64::round), Some(110.0));
        assert_eq!(analysis.nodes[6].q_error, Some(1.0));
        assert_eq!(analysis.total_ms, Some(16.0));
    }

    #[test]
    fn own_time_is_what_the_nodes_below_leave() {
        let analysis = analyse(&tree_text::read(TEXT).expect("a tree"));
        let own: Vec<f64> =
            analysis.nodes.iter().filter_map(|node| node.own_ms).map(|ms| (ms * 1000.0).round() / 1000.0).collect();
        // The join: 13.9 - 0.95 - 1758 x 0.00416.
        assert_eq!(own, [0.0, 0.0, 0.0, 2.1, 5.637, 0.205, 0.745, 7.313]);
        assert_eq!(analysis.slowest, Some(7));
        let sum: f64 = analysis.nodes.iter().filter_map(|node| node.own_ms).sum();
        assert!((sum - 16.0).abs() < 1e-9, "{sum}");
    }

    #[test]
    fn a_limit_excuses_rows_that_were_not_read() {
        let text = "-> Limit: 1 row(s)  (cost=9 rows=1) (actual time=0.1..0.1 rows=1 loops=1)\n    -> Table scan on t  (cost=9 rows=900) (actual time=0.1..0.1 rows=1 loops=1)\n";
        let analysis = analyse(&tree_text::read(text).expect("a tree"));
        assert_eq!((analysis.nodes[1].q_error, analysis.error_begins), (Some(900.0), None));
        let never = "-> Table scan on t  (cost=9 rows=900) (never executed)\n";
        let analysis = analyse(&tree_text::read(never).expect("a tree"));
        assert_eq!((analysis.nodes[0].q_error, analysis.nodes[0].own_ms, analysis.error_begins), (None, Some(0.0), None));
    }
}
