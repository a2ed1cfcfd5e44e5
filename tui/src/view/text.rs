//! A pane that is a text: only the lines in sight are drawn.

use crate::content;
use crate::state::{Pane, State};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// Draws the pane.
pub(super) fn draw(state: &State, pane: Pane, area: Rect, frame: &mut Frame<'_>) {
    let lines = content::lines(state, pane);
    let height = usize::from(area.height);
    let top = state.scroll(pane).min(lines.len().saturating_sub(height));
    let visible: Vec<Line<'static>> =
        lines.into_iter().skip(top).take(height).map(|line| mark_found(line, &state.search, state.theme.found)).collect();
    frame.render_widget(Paragraph::new(visible), area);
}

/// Lets what is searched for stand out.
pub(super) fn mark_found(line: Line<'static>, search: &str, style: Style) -> Line<'static> {
    if search.is_empty() {
        return line;
    }
    let wanted = search.to_ascii_lowercase();
    let mut spans = Vec::new();
    for span in line.spans {
        let text = span.content.to_string();
        let low = text.to_ascii_lowercase();
        let mut at = 0;
        for (from, part) in low.match_indices(&wanted) {
            spans.push(Span::styled(text[at..from].to_owned(), span.style));
            at = from + part.len();
            spans.push(Span::styled(text[from..at].to_owned(), style));
        }
        spans.push(Span::styled(text[at..].to_owned(), span.style));
    }
    Line { spans, ..line }
}
