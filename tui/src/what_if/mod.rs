//! The what-if pane: what could be changed, and what is.

mod choices;
mod steps;

pub use choices::{Choice, Group, ItemState};
pub use steps::{Changes, Step};

use crate::model::Planned;
use myexplain::Catalog;

/// The pane.
#[derive(Clone, Debug, Default)]
pub struct WhatIfPane {
    /// What is changed.
    pub changes: Changes,
    /// What the changes were before each step.
    past: Vec<Changes>,
    /// What was undone.
    future: Vec<Changes>,
    /// What could be changed.
    pub choices: Vec<Choice>,
    /// The selected choice.
    pub selected: usize,
    /// First visible row.
    pub top: usize,
}

impl WhatIfPane {
    /// Lists what could be changed for a plan.
    pub fn refresh(&mut self, catalog: &Catalog, planned: &Planned) {
        let was = self.choices.get(self.selected).map(Choice::key);
        self.choices = choices::of(catalog, planned, &self.changes);
        let same = was.and_then(|was| self.choices.iter().position(|choice| choice.key() == was));
        self.selected = same.unwrap_or(0);
        if self.choices.get(self.selected).is_some_and(Choice::is_title) {
            self.step(1);
        }
    }

    /// Makes a step; a step about the same thing is replaced.
    pub fn make(&mut self, step: Step) {
        self.remember();
        self.changes.set(step);
    }

    /// Takes a step back by its target; false if there is none.
    pub fn take_back(&mut self, target: &str) -> bool {
        if !self.changes.has(target) {
            return false;
        }
        self.remember();
        self.changes.remove(target);
        true
    }

    /// Takes all back; false if there is nothing.
    pub fn clear_changes(&mut self) -> bool {
        if self.changes.is_empty() {
            return false;
        }
        self.remember();
        self.changes = Changes::default();
        true
    }

    fn remember(&mut self) {
        self.past.push(self.changes.clone());
        self.future.clear();
    }

    /// Undoes the last step; false if there is none.
    pub fn undo(&mut self) -> bool {
        let Some(past) = self.past.pop() else { return false };
        self.future.push(std::mem::replace(&mut self.changes, past));
        true
    }

    /// Redoes what was undone; false if there is nothing.
    pub fn redo(&mut self) -> bool {
        let Some(future) = self.future.pop() else { return false };
        self.past.push(std::mem::replace(&mut self.changes, future));
        true
    }

    /// Moves the selection by rows, over the titles.
    pub fn step(&mut self, rows: isize) {
        let last = self.choices.len().saturating_sub(1);
        let mut at = self.selected.saturating_add_signed(rows).min(last);
        let direction = if rows < 0 { -1 } else { 1 };
        while self.choices.get(at).is_some_and(Choice::is_title) {
            let next = at.saturating_add_signed(direction).min(last);
            if next == at {
                return self.step_to_first();
            }
            at = next;
        }
        self.selected = at;
    }

    fn step_to_first(&mut self) {
        self.selected = self.choices.iter().position(|choice| !choice.is_title()).unwrap_or(0);
    }

    /// Scrolls so that the selected row is visible; the title above the first stays in sight.
    pub fn keep_visible(&mut self, height: usize) {
        if self.selected <= 1 {
            self.top = 0;
        } else if self.selected < self.top {
            self.top = self.selected;
        } else if height > 0 && self.selected >= self.top + height {
            self.top = self.selected + 1 - height;
        }
    }
}
