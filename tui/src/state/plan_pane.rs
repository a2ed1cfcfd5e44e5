//! The plan pane: which form is shown, which node is selected, what is folded.

use crate::model::tree::{Folding, Tree};

/// Forms of a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Form {
    #[default]
    Tree,
    Traditional,
    TreeText,
    Json,
    Rewritten,
    JoinOrder,
    Trace,
}

impl Form {
    /// All of them in order.
    pub const ALL: [Form; 7] =
        [Form::Tree, Form::Traditional, Form::TreeText, Form::Json, Form::Rewritten, Form::JoinOrder, Form::Trace];

    /// Its name, for the frame and the command line.
    pub fn name(self) -> &'static str {
        match self {
            Form::Tree => "tree",
            Form::Traditional => "table",
            Form::TreeText => "TREE",
            Form::Json => "JSON",
            Form::Rewritten => "rewritten",
            Form::JoinOrder => "order",
            Form::Trace => "trace",
        }
    }

    /// The form so many places behind this one, in a circle.
    pub fn turn(self, places: isize) -> Form {
        let at = Form::ALL.iter().position(|form| *form == self).unwrap_or(0) as isize;
        Form::ALL[(at + places).rem_euclid(Form::ALL.len() as isize) as usize]
    }
}

/// The plan pane.
#[derive(Clone, Debug, Default)]
pub struct PlanPane {
    /// What is shown.
    pub form: Form,
    /// Number of the selected node.
    pub selected: usize,
    /// First visible row of the tree.
    pub top: usize,
    /// What is folded.
    pub folding: Folding,
    labels: Vec<String>,
}

impl PlanPane {
    /// Forgets the selection.
    pub fn reset(&mut self) {
        *self = PlanPane { form: self.form, ..PlanPane::default() };
    }

    /// Takes over a tree. One of the same shape keeps folding and selection; in another the same node is looked for.
    pub fn take(&mut self, tree: &Tree) {
        let labels: Vec<String> = tree.nodes.iter().map(|node| node.label.clone()).collect();
        if labels == self.labels {
            return;
        }
        let was = self.labels.get(self.selected);
        let same = was.and_then(|was| labels.iter().position(|label| label == was));
        let kept = self.selected.min(labels.len().saturating_sub(1));
        self.selected = match (same, was) {
            (Some(same), _) => same,
            (None, Some(_)) => kept,
            // A new plan: where the most work is.
            (None, None) => heaviest(tree, None).unwrap_or(0),
        };
        self.labels = labels;
        self.folding = Folding::open(tree);
        self.top = 0;
    }

    /// The row of the selected node among the visible ones.
    pub fn row(&self) -> usize {
        self.folding.visible().partition_point(|number| *number < self.selected)
    }

    /// Selects the node in a row.
    pub fn select_row(&mut self, row: usize) {
        let visible = self.folding.visible();
        if let Some(number) = visible.get(row.min(visible.len().saturating_sub(1))) {
            self.selected = *number;
        }
    }

    /// Scrolls so that the selected node is among `height` visible rows.
    pub fn keep_visible(&mut self, height: usize) {
        let row = self.row();
        if row < self.top {
            self.top = row;
        } else if height > 0 && row >= self.top + height {
            self.top = row + 1 - height;
        }
        let rows = self.folding.visible().len();
        self.top = self.top.min(rows.saturating_sub(height.min(rows)));
    }
}

/// The node with the most work of its own, or the next behind one.
pub fn heaviest(tree: &Tree, after: Option<usize>) -> Option<usize> {
    let mut numbers: Vec<usize> = (0..tree.nodes.len()).filter(|number| tree.nodes[*number].own_share > 0.0).collect();
    numbers.sort_by(|a, b| tree.nodes[*b].own_share.total_cmp(&tree.nodes[*a].own_share).then(a.cmp(b)));
    let at = after.and_then(|after| numbers.iter().position(|number| *number == after)).map_or(0, |at| at + 1);
    numbers.get(at).or(numbers.first()).copied()
}
