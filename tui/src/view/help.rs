//! What lies over the panes: help, texts, a question.

use crate::content::{cut, fold_line, pad, width_of};
use crate::input::Input;
use crate::keys::{BINDINGS, Binding, Scope};
use crate::state::{Overlay, Pane, State};
use crate::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Clear, Paragraph};

/// The rectangle of a text over the panes.
fn area(size: (u16, u16)) -> Rect {
    let width = size.0.saturating_sub(4).min(120);
    Rect { x: (size.0 - width) / 2, y: 1, width, height: size.1.saturating_sub(2) }
}

/// Lines of a text over the panes that are visible.
pub fn height(size: (u16, u16)) -> usize {
    usize::from(area(size).height).saturating_sub(2)
}

/// Lines of the help.
pub fn line_count(focus: Pane, size: (u16, u16)) -> usize {
    help_lines(focus, &Theme::new(Default::default(), false), inner_width(size)).len()
}

/// Lines of a text.
pub fn text_line_count(text: &str, size: (u16, u16)) -> usize {
    text_lines(text, inner_width(size)).len()
}

fn inner_width(size: (u16, u16)) -> usize {
    usize::from(area(size).width).saturating_sub(4)
}

/// Draws what lies over the panes, if something does.
pub(super) fn draw_overlay(state: &State, frame: &mut Frame<'_>) {
    let width = inner_width(state.size);
    match &state.overlay {
        Overlay::Help { top } => {
            let lines = help_lines(state.focus, &state.theme, width);
            draw_text(state, frame, "Keys (Esc closes)", lines, *top);
        }
        Overlay::Text { title, text, top } => draw_text(state, frame, title, text_lines(text, width), *top),
        Overlay::Prompt { title, input, .. } => draw_prompt(state, frame, title, input),
        _ => {}
    }
}

fn draw_text(state: &State, frame: &mut Frame<'_>, title: &str, lines: Vec<Line<'static>>, top: usize) {
    let area = area(state.size);
    let count = lines.len();
    let visible: Vec<Line<'static>> = lines.into_iter().skip(top).take(height(state.size)).collect();
    let more =
        if count > height(state.size) { format!(" {}-{} of {count} ", top + 1, top + visible.len()) } else { String::new() };
    let block = block(state, title).title_bottom(Line::styled(more, state.theme.dim).right_aligned());
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(visible).block(block), area);
}

fn draw_prompt(state: &State, frame: &mut Frame<'_>, title: &str, input: &Input) {
    let width = state.size.0.saturating_sub(4).min(110);
    let area = Rect { x: (state.size.0 - width) / 2, y: state.size.1 / 2 - 2, width, height: 4 };
    let inside = usize::from(width).saturating_sub(4);
    let lines = vec![
        typed_line("", input, inside, &state.theme),
        Line::styled("Enter takes it, Esc leaves it, ^u empties it", state.theme.dim),
    ];
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(lines).block(block(state, title)), area);
}

fn block(state: &State, title: &str) -> Block<'static> {
    let theme = &state.theme;
    Block::new()
        .borders(Borders::ALL)
        .border_set(theme.symbols.border)
        .border_style(theme.focused)
        .padding(ratatui::widgets::Padding::horizontal(1))
        .title(Line::styled(format!(" {title} "), theme.title))
}

/// A line that is typed, its cursor reversed; the end stays in sight.
pub(super) fn typed_line(before: &str, input: &Input, width: usize, theme: &Theme) -> Line<'static> {
    let (left, right) = input.parts();
    let room = width.saturating_sub(width_of(before) + 2);
    let mut shown = left.to_owned();
    while width_of(&shown) > room {
        shown.remove(0);
    }
    let under: String = right.chars().next().unwrap_or(' ').to_string();
    let rest: String = right.chars().skip(1).collect();
    let rest = cut(&rest, room.saturating_sub(width_of(&shown)), theme.symbols.ellipsis);
    Line::from(vec![
        Span::styled(before.to_owned(), theme.key),
        Span::raw(shown),
        Span::styled(under, theme.selected),
        Span::raw(rest),
    ])
}

fn text_lines(text: &str, width: usize) -> Vec<Line<'static>> {
    text.lines().flat_map(|line| fold_line(Line::from(line.to_owned()), width, 4)).collect()
}

/// The keys of the pane first, then those of all panes, then those of the other panes.
fn help_lines(focus: Pane, theme: &Theme, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut group = |title: String, wanted: &dyn Fn(&Binding) -> bool| {
        let bindings: Vec<&Binding> = BINDINGS.iter().filter(|binding| wanted(binding)).collect();
        if bindings.is_empty() {
            return;
        }
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(Line::styled(title, theme.key));
        for binding in bindings {
            let keys = pad(&binding.keys.join(" "), 14, theme.symbols.ellipsis);
            let line = Line::from(vec![Span::styled(format!("  {keys} "), theme.title), Span::raw(binding.help)]);
            lines.extend(fold_line(line, width, 17));
        }
    };
    let of = |pane: Pane| move |binding: &Binding| matches!(binding.scope, Scope::In(panes) if panes.contains(&pane));
    group(format!("Here, in {}", focus.title()), &of(focus));
    group("Everywhere".into(), &|binding| binding.scope == Scope::Everywhere);
    for pane in Pane::ALL.into_iter().filter(|pane| *pane != focus) {
        group(format!("In {}", pane.title()), &of(pane));
    }
    lines.push(Line::default());
    lines.push(Line::styled("Numbers before a key", theme.key));
    lines.push(Line::from("  Digits 1 to 7 choose a pane; a count begins with 0: 05j moves five down, 012G goes to line 12."));
    lines.push(Line::default());
    lines.push(Line::styled("Mouse", theme.key));
    lines.push(Line::from(
        "  A click selects, a second one opens, folds or changes; names in frames are tabs; the wheel scrolls.",
    ));
    lines.into_iter().flat_map(|line| fold_line(line, width, 2)).collect()
}
