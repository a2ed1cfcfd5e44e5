//! The what-if pane.

use crate::content::what_if;
use crate::state::{Pane, State};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

/// Draws before and after, and the choices.
pub(super) fn draw(state: &State, area: Rect, frame: &mut Frame<'_>) {
    let theme = &state.theme;
    let (above, choices) = what_if::split(state, area);
    let mut summary = what_if::summary(state, usize::from(above.width));
    summary.truncate(usize::from(above.height));
    frame.render_widget(Paragraph::new(summary), above);
    if state.what_if.choices.is_empty() {
        let from_server = state.current.as_ref().is_some_and(|planned| planned.from_server);
        let why = if from_server { "A server's plan cannot be changed: paste its statement (e)." } else { "No plan yet." };
        frame.render_widget(Paragraph::new(Line::styled(why, theme.dim)), choices);
        return;
    }
    let width = usize::from(choices.width);
    let row = |number: usize| {
        let choice = &state.what_if.choices[number];
        let line = what_if::row(state, choice, width);
        if number == state.what_if.selected && state.focus == Pane::WhatIf {
            let text: String = line.spans.iter().map(|span| span.content.as_ref()).collect();
            Line::styled(crate::content::pad(&text, width, ""), theme.selected)
        } else {
            line
        }
    };
    let lines: Vec<Line<'static>> = what_if::visible(state).map(row).collect();
    frame.render_widget(Paragraph::new(lines), choices);
}
