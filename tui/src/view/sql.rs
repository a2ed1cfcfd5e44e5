//! The statement.

use crate::content::sql;
use crate::state::{Overlay, Pane, State};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

/// Draws the statement, and the cursor while one types.
pub(super) fn draw(state: &State, area: Rect, frame: &mut Frame<'_>) {
    let theme = &state.theme;
    if state.editor.is_blank() && !state.editor.typing {
        let lines =
            vec![Line::from("No statement."), Line::styled("Enter or e: type one. It is planned while you type.", theme.dim)];
        frame.render_widget(Paragraph::new(lines), area);
        return;
    }
    let failure = state.failure.as_ref().map(|failure| failure.text.clone());
    let wrapped: Vec<Line<'static>> = failure
        .map(|text| crate::content::fold_line(Line::styled(text, theme.error), usize::from(area.width), 2))
        .unwrap_or_default();
    let below = (wrapped.len() as u16).min(area.height / 2);
    let text = Rect { height: area.height - below, ..area };
    let (top, left) = (sql::top(state, usize::from(text.height)), sql::left(state, usize::from(text.width)));
    let lines = sql::lines(state).into_iter().skip(top).take(usize::from(text.height));
    // Who reads sees all of a line; who types sees it where the cursor is.
    let lines: Vec<Line<'static>> = match state.editor.typing {
        true => lines.collect(),
        false => lines.flat_map(|line| crate::content::fold_line(line, usize::from(text.width), sql::MARGIN + 2)).collect(),
    };
    let left = if state.editor.typing { left } else { 0 };
    let scroll = (0, u16::try_from(left).unwrap_or(u16::MAX));
    frame.render_widget(Paragraph::new(lines).scroll(scroll), text);
    if below > 0 {
        frame.render_widget(Paragraph::new(wrapped), Rect { y: area.y + text.height, height: below, ..area });
    }
    let (line, _) = state.editor.cursor();
    let (row, column) = ((line - top) as u16, (sql::MARGIN + cursor_cells(state)).saturating_sub(left) as u16);
    if state.editor.typing && state.focus == Pane::Sql && state.overlay == Overlay::None && row < text.height {
        let last = area.x + area.width.saturating_sub(1);
        frame.set_cursor_position(Position { x: (area.x + column).min(last), y: area.y + row });
    }
}

/// Cells before the cursor on its line.
fn cursor_cells(state: &State) -> usize {
    let (line, column) = state.editor.cursor();
    let before: String = state.editor.lines().get(line).map(|text| text.chars().take(column).collect()).unwrap_or_default();
    crate::content::width_of(&before)
}
