//! The frame of a pane with its title; the names of panes that share a place, and of the forms of a plan, are tabs.

use super::tabs;
use crate::state::{Form, Pane, State};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders};

/// Column of the frame in which the first tab begins.
pub fn title_start(pane: Pane) -> usize {
    // The corner, a blank, number and title, blanks around a separator.
    2 + 2 + pane.title().chars().count() + 3
}

/// Draws a frame.
pub(super) fn draw(state: &State, pane: Pane, area: Rect, frame: &mut Frame<'_>) {
    let theme = &state.theme;
    let focused = state.focus == pane;
    let border = if focused { theme.focused } else { theme.border };
    let separator = Span::styled(format!(" {} ", theme.symbols.separator), border);
    let mut spans = vec![Span::raw(" ")];
    let names = tabs(state, pane);
    if names.is_empty() {
        let style = if focused { theme.focused } else { theme.title };
        spans.push(Span::styled(format!("{} {}", pane.number() + 1, pane.title()), style));
    }
    for (place, name) in names.iter().enumerate() {
        if place > 0 {
            spans.push(separator.clone());
        }
        let style = match *name == pane {
            true if focused => theme.focused,
            true => theme.title,
            false => theme.dim,
        };
        spans.push(Span::styled(format!("{} {}", name.number() + 1, name.title()), style));
    }
    if pane == Pane::Plan {
        for form in Form::ALL {
            spans.push(separator.clone());
            let style = if form == state.plan.form { theme.title } else { theme.dim };
            spans.push(Span::styled(form.name(), style));
        }
    }
    spans.push(Span::raw(" "));
    let block = Block::new().borders(Borders::ALL).border_set(theme.symbols.border).border_style(border).title(Line::from(spans));
    let block = match note(state, pane) {
        Some(note) => block.title_bottom(Line::styled(format!(" {note} "), theme.dim).right_aligned()),
        None => block,
    };
    frame.render_widget(block, area);
}

/// What the lower edge says: how far one is.
fn note(state: &State, pane: Pane) -> Option<String> {
    match pane {
        Pane::Queries => {
            let queries = &state.queries;
            let filter = if queries.filter.is_empty() { String::new() } else { format!("filter {}, ", queries.filter) };
            let count = match (queries.shown.len(), queries.all.len()) {
                (_, 0) => return None,
                (shown, all) if shown == all => all.to_string(),
                (shown, all) => format!("{shown} of {all}"),
            };
            Some(format!("{filter}{count} by {}", queries.order.name()))
        }
        Pane::Plan if state.plan.form == Form::Tree => {
            let rows = state.plan.folding.visible().len();
            (rows > 1).then(|| format!("{} of {rows}", state.plan.row() + 1))
        }
        Pane::Sql => state.editor.typing.then(|| "typing: Esc ends".to_owned()),
        Pane::WhatIf => {
            let steps = state.what_if.changes.steps().len();
            (steps > 0).then(|| if steps == 1 { "1 change".to_owned() } else { format!("{steps} changes") })
        }
        _ => None,
    }
}
