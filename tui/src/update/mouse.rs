//! The mouse: a click selects, the wheel scrolls what is under it.

use crate::message::Effect;
use crate::state::layout::lower_panes;
use crate::state::{Form, Overlay, Pane, State};
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;

/// Rows that a notch of the wheel moves.
const NOTCH: isize = 3;

impl State {
    pub(super) fn mouse(&mut self, event: MouseEvent) -> Vec<Effect> {
        if self.overlay != Overlay::None {
            if matches!(event.kind, MouseEventKind::Down(_)) {
                self.overlay = Overlay::None;
            }
            return Vec::new();
        }
        let Some((pane, area)) = self.areas().at(event.column, event.row) else { return Vec::new() };
        match event.kind {
            MouseEventKind::ScrollDown => self.wheel(pane, NOTCH),
            MouseEventKind::ScrollUp => self.wheel(pane, -NOTCH),
            MouseEventKind::Down(MouseButton::Left) => return self.click(pane, area, event.column, event.row),
            _ => {}
        }
        Vec::new()
    }

    fn wheel(&mut self, pane: Pane, rows: isize) {
        let focus = std::mem::replace(&mut self.focus, pane);
        self.step(rows);
        self.focus = focus;
    }

    fn click(&mut self, pane: Pane, area: Rect, column: u16, row: u16) -> Vec<Effect> {
        if row == area.y {
            return self.click_title(pane, usize::from(column - area.x));
        }
        self.focus(pane);
        let line = usize::from(row - area.y).saturating_sub(1);
        match pane {
            Pane::Queries if line > 0 => {
                let at = self.queries.top + line - 1;
                if at < self.queries.shown.len() {
                    let again = self.queries.row == at;
                    self.queries.row = at;
                    if again {
                        return self.act(crate::keys::Action::Open);
                    }
                }
            }
            Pane::Plan if self.plan.form == Form::Tree && line > 0 => {
                let at = self.plan.top + line - 1;
                if at < self.plan.folding.visible().len() {
                    if self.plan.row() == at {
                        self.act(crate::keys::Action::ToggleFold);
                    } else {
                        self.plan.select_row(at);
                    }
                }
            }
            Pane::WhatIf => {
                let first = crate::content::choices_top(self, self.areas().inside(Pane::WhatIf));
                if let Some(at) = line.checked_sub(first).map(|line| self.what_if.top + line) {
                    let is_choice = self.what_if.choices.get(at).is_some_and(|choice| !choice.is_title());
                    if is_choice && self.what_if.selected == at {
                        return self.act(crate::keys::Action::Toggle);
                    }
                    if is_choice {
                        self.what_if.selected = at;
                    }
                }
            }
            Pane::Sql => {
                let x = usize::from(column.saturating_sub(area.x + 1)).saturating_sub(crate::content::sql::MARGIN);
                let top = crate::content::sql::top(self, usize::from(area.height.saturating_sub(2)));
                self.editor.go_to(top + line, x);
            }
            _ => {}
        }
        Vec::new()
    }

    /// The names in a frame are tabs.
    fn click_title(&mut self, pane: Pane, x: usize) -> Vec<Effect> {
        if pane == Pane::Plan {
            let names: Vec<(Form, &str)> = Form::ALL.iter().map(|form| (*form, form.name())).collect();
            let start = crate::view::title_start(Pane::Plan);
            if let Some(form) = tab_at(x, start, &names) {
                self.plan.form = form;
            }
            self.focus(Pane::Plan);
        } else if pane.is_lower(self.size) && !self.zoomed {
            let names: Vec<(Pane, String)> =
                lower_panes(self.size).iter().map(|pane| (*pane, format!("{} {}", pane.number() + 1, pane.title()))).collect();
            let names: Vec<(Pane, &str)> = names.iter().map(|(pane, name)| (*pane, name.as_str())).collect();
            self.focus(tab_at(x, 2, &names).unwrap_or(pane));
        } else {
            self.focus(pane);
        }
        Vec::new()
    }
}

/// The tab at a column of the frame: names stand with three columns between them.
fn tab_at<T: Copy>(x: usize, start: usize, names: &[(T, &str)]) -> Option<T> {
    let mut from = start;
    for (what, name) in names {
        let to = from + name.chars().count();
        if (from..to).contains(&x) {
            return Some(*what);
        }
        from = to + 3;
    }
    None
}
