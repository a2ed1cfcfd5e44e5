//! Moving in a pane.

use crate::content;
use crate::keys::Action;
use crate::state::plan_pane::heaviest;
use crate::state::{Form, Pane, State};

impl State {
    pub(super) fn motion(&mut self, action: Action) {
        let page = usize::from(self.areas().inside(self.focus).height).saturating_sub(1).max(1) as isize;
        let count = self.count.map_or(1, |count| count as isize);
        match action {
            Action::Down => self.step(count),
            Action::Up => self.step(-count),
            Action::PageDown => self.step(page * count),
            Action::PageUp => self.step(-page * count),
            Action::First => self.step(isize::MIN / 2),
            Action::Last => match self.count {
                Some(line) => {
                    self.step(isize::MIN / 2);
                    self.step(line.saturating_sub(1) as isize);
                }
                None => self.step(isize::MAX / 2),
            },
            tree_action if self.plan.form == Form::Tree => self.tree_motion(tree_action, count.unsigned_abs()),
            _ => {}
        }
    }

    /// Moves by rows.
    pub(super) fn step(&mut self, rows: isize) {
        match self.focus {
            Pane::Queries => self.queries.step(rows),
            Pane::Sql => self.editor.move_lines(rows),
            Pane::Plan if self.plan.form == Form::Tree => {
                let row = self.plan.row().saturating_add_signed(rows);
                self.plan.select_row(row);
                self.scrolls[Pane::Detail.number()].top = 0;
                self.scrolls[Pane::Why.number()].top = 0;
            }
            Pane::WhatIf => self.what_if.step(rows),
            pane => self.scroll_by(pane, rows),
        }
    }

    /// Scrolls a pane that is a text.
    pub(super) fn scroll_by(&mut self, pane: Pane, rows: isize) {
        let height = usize::from(self.areas().inside(pane).height);
        let lines = content::length(self, pane);
        let scroll = &mut self.scrolls[pane.number()];
        scroll.top = scroll.top.saturating_add_signed(rows).min(lines.saturating_sub(height));
    }

    fn tree_motion(&mut self, action: Action, count: usize) {
        let Some(planned) = self.current.clone() else { return };
        let tree = &planned.tree;
        let at = self.plan.selected;
        let Some(node) = tree.nodes.get(at) else { return };
        let siblings = || match node.parent {
            Some(parent) => tree.children(parent),
            None => (0..tree.nodes.len()).filter(|number| tree.nodes[*number].parent.is_none()).collect(),
        };
        match action {
            Action::NextSibling => {
                if let Some(next) = siblings().into_iter().filter(|number| *number > at).nth(count - 1) {
                    self.plan.selected = next;
                }
            }
            Action::PreviousSibling => {
                if let Some(before) = siblings().into_iter().rev().filter(|number| *number < at).nth(count - 1) {
                    self.plan.selected = before;
                }
            }
            Action::Parent => self.plan.selected = node.parent.unwrap_or(at),
            Action::Fold if tree.has_children(at) && !self.plan.folding.is_folded(at) => self.plan.folding.set(tree, at, true),
            Action::Fold => self.plan.selected = node.parent.unwrap_or(at),
            Action::Unfold if self.plan.folding.is_folded(at) => self.plan.folding.set(tree, at, false),
            Action::Unfold if tree.has_children(at) => self.plan.selected = at + 1,
            Action::ToggleFold => self.plan.folding.set(tree, at, !self.plan.folding.is_folded(at)),
            Action::FoldAll => {
                self.plan.folding.set_all(tree, true);
                self.climb_to_visible();
            }
            Action::UnfoldAll => self.plan.folding.set_all(tree, false),
            Action::Heaviest => {
                let after = (tree.nodes[at].own_share > 0.0).then_some(at);
                let is_heaviest = heaviest(tree, None) == Some(at);
                if let Some(number) = heaviest(tree, after.filter(|_| is_heaviest || self.was_heavy(tree, at))) {
                    self.plan.selected = number;
                    self.plan.folding.reveal(tree, number);
                }
            }
            _ => {}
        }
    }

    /// The selected node was reached by asking for the heaviest: it takes more than a hundredth of the work.
    fn was_heavy(&self, tree: &crate::model::tree::Tree, at: usize) -> bool {
        tree.nodes[at].own_share > 0.01
    }

    /// After folding the selected node may be hidden: the nearest visible one above it is selected.
    fn climb_to_visible(&mut self) {
        let Some(planned) = &self.current else { return };
        let visible = self.plan.folding.visible();
        while visible.binary_search(&self.plan.selected).is_err() {
            let Some(parent) = planned.tree.nodes.get(self.plan.selected).and_then(|node| node.parent) else { return };
            self.plan.selected = parent;
        }
    }

    /// Scrolls so that what is selected is in sight.
    pub(super) fn keep_visible(&mut self) {
        let areas = self.areas();
        let height = |pane: Pane| usize::from(areas.inside(pane).height);
        self.plan.keep_visible(content::tree_height(height(Pane::Plan)));
        self.queries.keep_visible(content::queries::height(height(Pane::Queries)));
        self.what_if.keep_visible(content::choices_height(self, areas.inside(Pane::WhatIf)));
    }

    /// Goes to the next or the last match of what is searched for.
    pub(super) fn search_step(&mut self, direction: isize) {
        if self.search.is_empty() {
            self.say("Nothing is searched for: / asks for words.");
            return;
        }
        let wanted = self.search.to_lowercase();
        if self.focus == Pane::Plan && self.plan.form == Form::Tree {
            self.search_tree(&wanted, direction);
            return;
        }
        let lines = content::plain_lines(self, self.focus);
        let count = lines.len();
        let top = self.scroll(self.focus);
        let found = (1..=count)
            .map(|step| (top as isize + direction * step as isize).rem_euclid(count.max(1) as isize) as usize)
            .find(|line| lines[*line].to_lowercase().contains(&wanted));
        match found {
            Some(line) => {
                self.scroll_by(self.focus, line as isize - top as isize);
            }
            None => self.say(format!("{}: not found", self.search)),
        }
    }

    fn search_tree(&mut self, wanted: &str, direction: isize) {
        let Some(planned) = self.current.clone() else { return };
        let nodes = &planned.tree.nodes;
        let count = nodes.len() as isize;
        let at = self.plan.selected as isize;
        let found = (1..=count)
            .map(|step| (at + direction * step).rem_euclid(count) as usize)
            .find(|number| nodes[*number].label.to_lowercase().contains(wanted));
        match found {
            Some(number) => {
                self.plan.selected = number;
                self.plan.folding.reveal(&planned.tree, number);
            }
            None => self.say(format!("{}: not found", self.search)),
        }
    }
}
