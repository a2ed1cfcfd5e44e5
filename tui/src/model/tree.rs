//! A plan tree as a flat list of nodes, and which of them are visible under folding.

/// What EXPLAIN ANALYZE measured for a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Milliseconds until the last row of one execution.
    pub last_row_ms: f64,
    /// Rows of one execution, mean.
    pub rows: f64,
    /// Executions.
    pub loops: f64,
}

/// One node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// Depth, from 0.
    pub level: usize,
    /// The words of EXPLAIN FORMAT=TREE, without numbers.
    pub label: String,
    /// Cost of one execution with all below it, in the optimizer's units.
    pub cost: Option<f64>,
    /// Rows of one execution.
    pub rows: Option<f64>,
    /// What a server measured.
    pub measured: Option<Measured>,
    /// `type` of the traditional table, where the node reads a table.
    pub access_type: Option<String>,
    /// The index that it reads.
    pub index: Option<String>,
    /// Rows that pass its table's conditions, in percent.
    pub filtered: Option<f64>,
    /// The table that it reads, as a number into [`super::Planned::tables`].
    pub table: Option<usize>,
    /// Share of the whole work that is this node's own, 0..=1: by time where it was measured, else by cost.
    pub own_share: f64,
    /// The same with all below it.
    pub share: f64,
    /// Number of the node above it.
    pub parent: Option<usize>,
    /// Number behind the last node below it.
    pub end: usize,
}

/// A tree, nodes in the order of the text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    /// The nodes.
    pub nodes: Vec<Node>,
}

impl Tree {
    /// Links the nodes by their depth and shares the work out.
    pub fn new(mut nodes: Vec<Node>) -> Tree {
        let mut open: Vec<usize> = Vec::new();
        for number in 0..nodes.len() {
            let level = nodes[number].level;
            while let Some(last) = open.last().copied().filter(|last| nodes[*last].level >= level) {
                nodes[last].end = number;
                open.pop();
            }
            nodes[number].parent = open.last().copied();
            open.push(number);
        }
        let end = nodes.len();
        open.into_iter().for_each(|number| nodes[number].end = end);
        share_out(&mut nodes);
        Tree { nodes }
    }

    /// Numbers of the nodes directly below a node.
    pub fn children(&self, number: usize) -> Vec<usize> {
        let mut children = Vec::new();
        let (mut next, end) = (number + 1, self.nodes.get(number).map_or(0, |node| node.end));
        while next < end {
            children.push(next);
            next = self.nodes[next].end;
        }
        children
    }

    /// True if there is something below the node.
    pub fn has_children(&self, number: usize) -> bool {
        self.nodes.get(number).is_some_and(|node| node.end > number + 1)
    }

    /// The table that a node is about: its own, or that of the nodes below it as long as there is only one.
    pub fn table_of(&self, mut number: usize) -> Option<usize> {
        loop {
            let node = self.nodes.get(number)?;
            if node.table.is_some() {
                return node.table;
            }
            match self.children(number)[..] {
                [only] => number = only,
                _ => return None,
            }
        }
    }
}

/// Executions of every node, from the rows of the outer inputs; subqueries that are run only once count once.
fn executions(nodes: &[Node]) -> Vec<f64> {
    let mut executions = vec![1.0; nodes.len()];
    for number in 0..nodes.len() {
        let Some(parent) = nodes[number].parent else { continue };
        let label = &nodes[number].label;
        let above = executions[parent];
        executions[number] = if label.starts_with("Materialize") || label.contains("run only once") {
            1.0
        } else if nodes[parent].label.starts_with("Nested loop") && number > parent + 1 {
            above * nodes[parent + 1].rows.unwrap_or(1.0).max(0.0)
        } else if label.starts_with("Select #") {
            let outer = nodes.get(parent + 1).and_then(|input| input.rows).or(nodes[parent].rows);
            above * outer.unwrap_or(1.0).max(0.0)
        } else {
            above
        };
    }
    executions
}

/// Works out how much of the whole each node takes.
fn share_out(nodes: &mut [Node]) {
    let executions = executions(nodes);
    let measured = nodes.iter().any(|node| node.measured.is_some());
    let mut work = vec![0.0; nodes.len()];
    let mut below = vec![0.0; nodes.len()];
    for number in (0..nodes.len()).rev() {
        let node = &nodes[number];
        let own = if measured {
            node.measured.map(|measured| measured.last_row_ms * measured.loops)
        } else {
            node.cost.map(|cost| cost * executions[number])
        };
        // A node says how much work it is with all below it; one without numbers is as much as what is below it.
        work[number] = own.unwrap_or(0.0).max(below[number]);
        if let Some(parent) = node.parent {
            below[parent] += work[number];
        }
    }
    let whole: f64 = (0..nodes.len()).filter(|number| nodes[*number].parent.is_none()).map(|number| work[number]).sum();
    if whole > 0.0 && whole.is_finite() {
        for (number, node) in nodes.iter_mut().enumerate() {
            node.own_share = ((work[number] - below[number]) / whole).clamp(0.0, 1.0);
            node.share = (work[number] / whole).clamp(0.0, 1.0);
        }
    }
}

/// Which nodes are folded, and the rows that remain visible.
#[derive(Clone, Debug, Default)]
pub struct Folding {
    folded: Vec<bool>,
    visible: Vec<usize>,
}

impl Folding {
    /// Everything open.
    pub fn open(tree: &Tree) -> Folding {
        Folding { folded: vec![false; tree.nodes.len()], visible: (0..tree.nodes.len()).collect() }
    }

    /// Numbers of the visible nodes, from the top.
    pub fn visible(&self) -> &[usize] {
        &self.visible
    }

    /// True if what is below the node is hidden.
    pub fn is_folded(&self, number: usize) -> bool {
        self.folded.get(number).copied().unwrap_or(false)
    }

    /// Folds or opens a node.
    pub fn set(&mut self, tree: &Tree, number: usize, folded: bool) {
        if let Some(own) = self.folded.get_mut(number) {
            *own = folded && tree.has_children(number);
            self.lay_out(tree);
        }
    }

    /// Folds or opens all nodes; the topmost stay open so that something is left to see.
    pub fn set_all(&mut self, tree: &Tree, folded: bool) {
        for (number, own) in self.folded.iter_mut().enumerate() {
            *own = folded && tree.nodes[number].parent.is_some() && tree.has_children(number);
        }
        self.lay_out(tree);
    }

    /// Opens everything above a node.
    pub fn reveal(&mut self, tree: &Tree, number: usize) {
        let mut above = tree.nodes.get(number).and_then(|node| node.parent);
        while let Some(parent) = above {
            self.folded[parent] = false;
            above = tree.nodes[parent].parent;
        }
        self.lay_out(tree);
    }

    fn lay_out(&mut self, tree: &Tree) {
        self.visible.clear();
        let mut number = 0;
        while number < tree.nodes.len() {
            self.visible.push(number);
            number = if self.folded[number] { tree.nodes[number].end } else { number + 1 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(level: usize, label: &str, cost: f64, rows: f64) -> Node {
        Node { level, label: label.into(), cost: Some(cost), rows: Some(rows), ..Node::default() }
    }

    fn join() -> Tree {
        Tree::new(vec![
            node(0, "Nested loop inner join", 110.0, 100.0),
            node(1, "Table scan on a", 10.0, 10.0),
            node(1, "Filter: true", 9.0, 10.0),
            node(2, "Index lookup on b", 9.0, 10.0),
        ])
    }

    #[test]
    fn the_inner_side_counts_once_a_row_of_the_outer_side() {
        let tree = join();
        let own: Vec<f64> = tree.nodes.iter().map(|node| (node.own_share * 110.0).round()).collect();
        assert_eq!(own, [10.0, 10.0, 0.0, 90.0]);
        assert_eq!(tree.nodes[0].share, 1.0);
    }

    #[test]
    fn folding_hides_what_is_below() {
        let tree = join();
        let mut folding = Folding::open(&tree);
        folding.set(&tree, 2, true);
        assert_eq!(folding.visible(), [0, 1, 2]);
        folding.set(&tree, 1, true);
        assert!(!folding.is_folded(1), "a leaf cannot be folded");
        folding.set(&tree, 0, true);
        assert_eq!(folding.visible(), [0]);
        folding.reveal(&tree, 3);
        assert_eq!(folding.visible(), [0, 1, 2, 3]);
    }

    #[test]
    fn links_follow_the_depth() {
        let tree = join();
        assert_eq!(tree.children(0), [1, 2]);
        assert_eq!(tree.nodes[3].parent, Some(2));
        assert_eq!(tree.table_of(2), None);
    }
}
