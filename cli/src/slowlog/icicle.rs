//! A plan as an icicle of cost: each step as wide as its share of the whole cost, above the steps that feed it.

use myexplain::ingest::{Node, NodeKind};

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Slab {
    /// The line of TREE, without numbers.
    pub(super) label: String,
    /// Left end and width, as shares of the whole.
    pub(super) left: f64,
    pub(super) width: f64,
    /// Steps above it.
    pub(super) depth: usize,
    /// Cost with the steps below, over all executions; none where TREE has no number.
    pub(super) cost: Option<f64>,
    /// Share of the whole cost that is its own.
    pub(super) own: f64,
    /// Rows of one execution.
    pub(super) rows: Option<f64>,
}

/// A step with its cost over all executions.
struct Step<'n> {
    node: &'n Node,
    cost: f64,
    children: Vec<Step<'n>>,
}

/// Steps that are looked at below one another.
const DEEPEST: usize = 60;

/// The steps of a plan, from the outermost inwards.
pub(super) fn slabs(nodes: &[Node]) -> Vec<Slab> {
    let steps: Vec<Step<'_>> = nodes.iter().map(|node| step(node, 1.0, 0)).collect();
    let whole: f64 = steps.iter().map(|step| step.cost).sum();
    let mut slabs = Vec::new();
    let mut left = 0.0;
    for step in &steps {
        let width = if whole > 0.0 { step.cost / whole } else { 1.0 / steps.len() as f64 };
        lay(step, left, width, 0, &mut slabs);
        left += width;
    }
    slabs
}

/// TREE tells what one execution of the inner side of a nested loop costs: it runs once a row of the outer side.
fn step(node: &Node, executions: f64, depth: usize) -> Step<'_> {
    let mut children = Vec::new();
    let mut loops = executions;
    if depth < DEEPEST {
        for child in &node.children {
            children.push(step(child, loops, depth + 1));
            if node.kind == NodeKind::NestedLoopJoin {
                loops = executions * child.estimated_rows().unwrap_or(1.0).max(1.0);
            }
        }
    }
    let below: f64 = children.iter().map(|child| child.cost).sum();
    let cost = node.total_cost().map_or(below, |cost| cost * executions);
    Step { node, cost, children }
}

fn lay(step: &Step<'_>, left: f64, width: f64, depth: usize, slabs: &mut Vec<Slab>) {
    let below: f64 = step.children.iter().map(|child| child.cost).sum();
    // Rounded numbers may make the parts more than the whole.
    let scale = if below > 0.0 { width / below.max(step.cost) } else { 0.0 };
    let own = (width - below * scale).max(0.0);
    slabs.push(Slab {
        label: step.node.label.clone(),
        left,
        width,
        depth,
        cost: step.node.total_cost().map(|_| step.cost),
        own,
        rows: step.node.estimated_rows(),
    });
    let mut left = left;
    for child in &step.children {
        lay(child, left, child.cost * scale, depth + 1, slabs);
        left += child.cost * scale;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use myexplain::ingest::tree_text;

    #[test]
    fn the_inner_side_of_a_nested_loop_counts_as_often_as_it_runs() {
        let text = "-> Nested loop inner join  (cost=350 rows=2625)\n    -> Covering index lookup on e using ix_firstname (first_name='Matt')  (cost=25.4 rows=247)\n    -> Index lookup on s using PRIMARY (emp_no=e.emp_no)  (cost=0.257 rows=10.6)\n";
        let slabs = slabs(&tree_text::read(text).expect("a tree"));
        assert_eq!(slabs.iter().map(|slab| slab.depth).collect::<Vec<_>>(), [0, 1, 1]);
        assert!((slabs[1].width - 25.4 / 350.0).abs() < 1e-9);
        assert!((slabs[2].width - 0.257 * 247.0 / 350.0).abs() < 1e-9);
        assert!((slabs[2].left - slabs[1].width).abs() < 1e-9);
        assert!(slabs.iter().all(|slab| slab.left >= 0.0 && slab.left + slab.width <= 1.0 + 1e-9));
    }
}
