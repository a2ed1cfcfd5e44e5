//! The list of statements.

use crate::content;
use crate::state::State;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// Draws the list.
pub(super) fn draw(state: &State, area: Rect, frame: &mut Frame<'_>) {
    let theme = &state.theme;
    let queries = &state.queries;
    let width = usize::from(area.width).saturating_sub(2);
    if queries.all.is_empty() {
        let lines = vec![
            Line::from("No file of statements."),
            Line::from(vec![
                Span::styled(":open FILE", theme.key),
                Span::raw(" reads one; "),
                Span::styled("e", theme.key),
                Span::raw(" types one."),
            ]),
        ];
        frame.render_widget(Paragraph::new(lines), area);
        return;
    }
    if queries.shown.is_empty() {
        let text = format!("Nothing matches {}. Esc shows all.", queries.filter);
        frame.render_widget(Paragraph::new(Line::styled(text, theme.dim)), area);
        return;
    }
    let rows = queries.shown.iter().enumerate().skip(queries.top).take(content::queries::height(usize::from(area.height)));
    let mut lines = vec![content::queries::header(queries, theme, usize::from(area.width))];
    lines.extend(rows.filter_map(|(row, number)| {
        let query = queries.all.get(*number)?;
        let line = content::queries::row(queries, query, theme, width);
        let plain = || line.spans.iter().map(|span| span.content.as_ref()).collect::<String>();
        Some(if row == queries.row {
            let text = content::pad(&format!("{} {}", theme.symbols.folded, plain()), width + 2, "");
            Line::styled(text, theme.selected)
        } else {
            let mut spans = vec![Span::raw("  ")];
            spans.extend(line.spans);
            Line::from(spans)
        })
    }));
    frame.render_widget(Paragraph::new(lines), area);
}
