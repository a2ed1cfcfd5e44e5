//! The picture: a pure function of the state.

mod choices;
mod frame;
pub mod help;
mod queries;
mod sql;
mod text;
mod tree;

use crate::content;
use crate::keys::{self, Scope};
use crate::state::layout::{SMALLEST, lower_panes};
use crate::state::{Form, Overlay, Pane, State};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

pub use frame::title_start;

/// Draws the state.
pub fn view(state: &State, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        return too_small(frame, area);
    }
    let areas = state.areas();
    frame.render_widget(Paragraph::new(head(state)), areas.head);
    for (pane, area) in &areas.panes {
        frame::draw(state, *pane, *area, frame);
        let inside = areas.inside(*pane);
        match pane {
            Pane::Queries => queries::draw(state, inside, frame),
            Pane::Sql => sql::draw(state, inside, frame),
            Pane::Plan if state.plan.form == Form::Tree => tree::draw(state, inside, frame),
            Pane::WhatIf => choices::draw(state, inside, frame),
            pane => text::draw(state, *pane, inside, frame),
        }
    }
    foot(state, areas.foot, frame);
    help::draw_overlay(state, frame);
}

fn too_small(frame: &mut Frame<'_>, area: Rect) {
    let (width, height) = SMALLEST;
    let words = format!(
        "myexplain needs {width} columns and {height} rows; here are {} and {}. Enlarge the window, or start it with --plain. q quits.",
        area.width, area.height
    );
    frame.render_widget(Paragraph::new(words).wrap(ratatui::widgets::Wrap { trim: true }), area);
}

/// Bundle, file and statement on the left; cost and what is going on on the right, which is never cut.
fn head(state: &State) -> Line<'static> {
    let theme = &state.theme;
    let dot = if theme.symbols.full == "#" { " - " } else { " · " };
    let mut left = state.bundle.clone();
    if let Some(file) = &state.file {
        left += &format!("{dot}{}", file.rsplit('/').next().unwrap_or(file));
    }
    if let Some(query) = state.queries.selected() {
        left += &format!("{dot}{}", query.name);
        if state.queries.all.len() > 1 {
            left += &format!(" ({} of {})", state.queries.row + 1, state.queries.shown.len());
        }
    }
    let right = standing(state, dot);
    let used: usize = right.iter().map(|span| content::width_of(&span.content)).sum();
    let name = " myexplain ";
    let room = usize::from(state.size.0).saturating_sub(used + name.len() + 1);
    let mut spans =
        vec![Span::styled(name, theme.title), Span::styled(content::pad(&left, room, theme.symbols.ellipsis), theme.key)];
    spans.push(Span::raw(" "));
    spans.extend(right);
    Line::from(spans)
}

/// Cost, and what is going on.
fn standing(state: &State, dot: &'static str) -> Vec<Span<'static>> {
    let theme = &state.theme;
    let mut spans = Vec::new();
    if state.waiting {
        spans.push(Span::styled(format!("planning{} (^c stops) ", theme.symbols.ellipsis), theme.warn));
    } else if state.failure.is_some() {
        spans.push(Span::styled(
            if state.current.is_some() { "no plan: the last one is shown " } else { "no plan " },
            theme.error,
        ));
    }
    let Some(planned) = &state.current else { return spans };
    if planned.from_server {
        spans.push(Span::styled(format!("printed by a server{dot}"), theme.dim));
    }
    spans.push(Span::raw("cost "));
    spans.push(Span::styled(content::short(planned.cost), theme.number));
    if let Some(base) = state.base.as_ref().filter(|_| !state.what_if.changes.is_empty()) {
        let style = if planned.cost <= base.cost { theme.good } else { theme.warn };
        spans.push(Span::styled(format!(", {}", content::ratio(base.cost, planned.cost)), style));
    }
    spans.push(Span::raw(" "));
    spans
}

/// What is typed, what is said, or the keys that matter now.
fn foot(state: &State, area: Rect, frame: &mut Frame<'_>) {
    let theme = &state.theme;
    let width = usize::from(area.width);
    let typed = match &state.overlay {
        Overlay::Command(input) => Some((":".to_owned(), input)),
        Overlay::Search(input) if state.focus == Pane::Queries => Some(("filter: ".to_owned(), input)),
        Overlay::Search(input) => Some(("/".to_owned(), input)),
        _ => None,
    };
    if let Some((before, input)) = typed {
        frame.render_widget(Paragraph::new(help::typed_line(&before, input, width, theme)), area);
        return;
    }
    let line = match (&state.notice.text, &state.failure) {
        (text, _) if !text.is_empty() => {
            let style = if state.notice.is_error { theme.error } else { theme.key };
            Line::styled(content::cut(text, width, theme.symbols.ellipsis), style)
        }
        (_, Some(failure)) if state.focus == Pane::Sql => {
            Line::styled(content::cut(&failure.text, width, theme.symbols.ellipsis), theme.error)
        }
        _ if state.editor.typing => {
            let keys = [("Esc", "ends"), ("^u", "undo"), ("^r", "redo"), ("^w", "deletes a word")];
            hints(state, keys.iter().map(|(key, word)| (*key, *word)), width)
        }
        _ => {
            let here = keys::BINDINGS.iter().filter(|binding| !binding.footer.is_empty()).filter(|binding| match binding.scope {
                Scope::Everywhere => !shadowed(state.focus, binding),
                Scope::In(panes) => panes.contains(&state.focus),
            });
            hints(state, here.map(|binding| (binding.keys[0], binding.footer)), width)
        }
    };
    frame.render_widget(Paragraph::new(line), area);
}

/// The pane gives the key another meaning.
fn shadowed(pane: Pane, binding: &keys::Binding) -> bool {
    keys::BINDINGS.iter().any(|own| match own.scope {
        Scope::In(panes) => panes.contains(&pane) && own.keys.contains(&binding.keys[0]),
        Scope::Everywhere => false,
    })
}

/// Keys with a word each, as many as fit; `?` and `q` always.
fn hints<'k>(state: &State, keys: impl Iterator<Item = (&'k str, &'k str)>, width: usize) -> Line<'static> {
    let theme = &state.theme;
    let all: Vec<(&str, &str)> = keys.collect();
    let cells = |(key, word): &(&str, &str)| content::width_of(key) + content::width_of(word) + 3;
    let (always, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|(key, _)| matches!(*key, "?" | "q"));
    let mut room = width.saturating_sub(always.iter().map(cells).sum::<usize>());
    let fitting = others.into_iter().take_while(|hint| {
        let fits = cells(hint) <= room;
        room = room.saturating_sub(cells(hint));
        fits
    });
    let mut spans = Vec::new();
    for (key, word) in fitting.collect::<Vec<_>>().into_iter().chain(always) {
        spans.push(Span::styled(format!(" {key}"), theme.key));
        spans.push(Span::raw(format!(" {word} ")));
    }
    Line::from(spans)
}

/// The panes that share the place of this one.
fn tabs(state: &State, pane: Pane) -> &'static [Pane] {
    if pane.is_lower(state.size) && !state.zoomed { lower_panes(state.size) } else { &[] }
}
