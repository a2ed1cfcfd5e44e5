//! The what-if pane: before and after, and what could be changed.

use super::{cut, fold_line, pad, ratio, short};
use crate::state::{Pane, State};
use crate::what_if::{Choice, Group};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Columns from which on before and after stand beside the choices.
const BESIDE: u16 = 100;
/// Lines that before and after take at most above the choices.
const MOST_ABOVE: usize = 5;

/// The rectangles of before and after, and of the choices.
pub fn split(state: &State, area: Rect) -> (Rect, Rect) {
    if area.width >= BESIDE {
        let choices = area.width / 2;
        let right = Rect { x: area.x + choices + 1, width: area.width - choices - 1, ..area };
        return (right, Rect { width: choices, ..area });
    }
    let lines = summary(state, usize::from(area.width)).len().min(MOST_ABOVE).min(usize::from(area.height) / 2) as u16;
    let above = Rect { height: lines, ..area };
    (above, Rect { y: area.y + lines, height: area.height - lines, ..area })
}

/// Rows that the choices have.
pub fn choices_height(state: &State, area: Rect) -> usize {
    usize::from(split(state, area).1.height)
}

/// The row of the pane that the choices begin in.
pub fn choices_top(state: &State, area: Rect) -> usize {
    usize::from(split(state, area).1.y - area.y)
}

/// What is changed and what came of it.
pub fn summary(state: &State, width: usize) -> Vec<Line<'static>> {
    let theme = &state.theme;
    let changes = &state.what_if.changes;
    let mut lines = Vec::new();
    if changes.is_empty() {
        let text = "Nothing is changed. Space changes the selected line, a adds an index; the plan follows at once.";
        return fold_line(Line::styled(text, theme.dim), width, 0);
    }
    let (before, after) = (state.base.as_ref(), state.current.as_ref());
    if let Some(failure) = &state.failure {
        lines.push(Line::styled(failure.text.clone(), theme.error));
    } else if let (Some(before), Some(after)) = (before, after) {
        let style = if after.cost < before.cost { theme.good } else { theme.warn };
        lines.push(Line::from(vec![
            Span::styled("cost ", theme.key),
            Span::raw(format!("{} {} {}", short(before.cost), theme.symbols.arrow, short(after.cost))),
            Span::raw("  "),
            Span::styled(ratio(before.cost, after.cost), style),
        ]));
        let differences = super::compare::decision_lines(state, before, after);
        if differences.is_empty() {
            lines.push(Line::styled("the same plan", theme.dim));
        }
        lines.extend(differences);
    }
    lines.push(Line::styled(format!("with {}", changes.describe()), theme.dim));
    lines.into_iter().flat_map(|line| fold_line(line, width, 4)).collect()
}

/// A row of the choices.
pub fn row(state: &State, choice: &Choice, width: usize) -> Line<'static> {
    let theme = &state.theme;
    let ellipsis = theme.symbols.ellipsis;
    if choice.is_title() {
        return Line::styled(choice.label.clone(), theme.key);
    }
    let mark = if choice.state.changed { theme.symbols.changed } else { " " };
    let value = match choice.state.changed && !choice.original.is_empty() {
        true => format!("{} (was {})", choice.state.text, choice.original),
        false => choice.state.text.clone(),
    };
    let value_width = match choice.group {
        Group::AddIndex | Group::OtherVariable => 0,
        _ => super::width_of(&value).min(width / 2),
    };
    let label = match choice.used {
        true => format!("{} (used)", choice.label),
        false => choice.label.clone(),
    };
    let label = pad(&label, width.saturating_sub(value_width + 4), ellipsis);
    let style = if choice.state.changed { theme.warn } else { Default::default() };
    Line::from(vec![
        Span::styled(format!("{mark} "), theme.warn),
        Span::styled(label, style),
        Span::styled(
            format!(" {}", cut(&value, value_width, ellipsis)),
            if choice.state.changed { theme.warn } else { theme.dim },
        ),
    ])
}

/// The rows of the choices that are in sight, with their numbers.
pub fn visible(state: &State) -> std::ops::Range<usize> {
    let height = choices_height(state, state.areas().inside(Pane::WhatIf));
    let top = state.what_if.top;
    top..(top + height).min(state.what_if.choices.len())
}
