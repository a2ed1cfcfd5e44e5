//! What the panes say, line by line: the view draws it, scrolling counts it, copying and searching read it.

pub mod compare;
pub mod detail;
pub mod plan;
pub mod queries;
pub mod sql;
pub mod what_if;
pub mod why;
mod wrap;

pub use what_if::{choices_height, choices_top};
pub use wrap::{cut, fold_line, pad, width_of};

use crate::model::Planned;
use crate::model::details::number;
use crate::state::{Form, Pane, State};
use myexplain::ingest::recording::Recording;
use ratatui::text::Line;

/// Rows of the tree in a pane of this height: one holds the names of the columns.
pub fn tree_height(height: usize) -> usize {
    height.saturating_sub(1)
}

/// The lines of a pane that is a text.
pub fn lines(state: &State, pane: Pane) -> Vec<Line<'static>> {
    let width = usize::from(state.areas().inside(pane).width);
    match pane {
        Pane::Detail => detail::lines(state, width),
        Pane::Why => why::lines(state, width),
        Pane::Compare => compare::lines(state, width),
        Pane::Plan => plan::text_lines(state, width),
        Pane::Queries | Pane::Sql | Pane::WhatIf => Vec::new(),
    }
}

/// How many lines a pane that is a text has.
pub fn length(state: &State, pane: Pane) -> usize {
    match pane {
        Pane::Plan => plan::text_length(state),
        pane => lines(state, pane).len(),
    }
}

/// The lines without styles.
pub fn plain_lines(state: &State, pane: Pane) -> Vec<String> {
    lines(state, pane).iter().map(|line| line.spans.iter().map(|span| span.content.as_ref()).collect()).collect()
}

/// What `y` copies from the focused pane, and what that is.
pub fn copied(state: &State) -> (String, String) {
    let text = match state.focus {
        Pane::Queries => state.queries.selected().map(|query| query.statement.sql.clone()).unwrap_or_default(),
        Pane::Sql => state.editor.text(),
        Pane::WhatIf => state.what_if.changes.as_sql(&state.editor.text()),
        Pane::Plan => match (&state.current, state.plan.form) {
            (Some(planned), Form::Tree) => planned.texts.tree.clone(),
            (Some(planned), form) => plan::text(planned, form),
            (None, _) => String::new(),
        },
        pane => plain_lines(state, pane).iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n"),
    };
    let what = match state.focus {
        Pane::Queries | Pane::Sql => "the statement".to_owned(),
        Pane::Plan if state.plan.form == Form::Tree => "the plan as TREE".to_owned(),
        Pane::Plan => format!("the plan as {}", state.plan.form.name()),
        Pane::WhatIf => "the changes as SQL".to_owned(),
        pane => format!("the text of {}", pane.title()),
    };
    (text.trim_end().to_owned(), what)
}

/// Statement and plan in the form of a recording.
pub fn recording(state: &State, planned: &Planned) -> String {
    let texts = &planned.texts;
    let mut recording = Recording::default();
    let mut add = |name: &str, text: &str| recording.sections.push((name.to_owned(), text.trim_end_matches('\n').to_owned()));
    if !state.editor.sets.is_empty() {
        add("set", &state.editor.sets.join("\n"));
    }
    add("sql", &state.what_if.changes.hinted(&planned.sql));
    for (name, text) in [("traditional", &texts.tsv), ("warnings", &texts.warnings), ("tree", &texts.tree), ("json", &texts.json)]
    {
        if !text.is_empty() {
            add(name, text);
        }
    }
    recording.text()
}

/// A cost or a number of rows in few characters.
pub fn short(value: f64) -> String {
    match value {
        value if value >= 1e9 => number(value),
        value if value >= 1e6 => format!("{:.2}M", value / 1e6),
        value if value >= 1e5 => format!("{:.0}k", value / 1e3),
        value => number(value),
    }
}

/// How two costs compare, in words.
pub fn ratio(before: f64, after: f64) -> String {
    if before <= 0.0 || after <= 0.0 {
        return String::new();
    }
    let (ratio, word) = if after >= before { (after / before, "dearer") } else { (before / after, "cheaper") };
    match ratio {
        ratio if ratio < 1.005 => "the same cost".into(),
        ratio if ratio < 2.0 => {
            format!("{:.0}% {word}", if after >= before { (ratio - 1.0) * 100.0 } else { (1.0 - 1.0 / ratio) * 100.0 })
        }
        ratio if ratio < 10.0 => format!("{ratio:.1} times {word}"),
        ratio => format!("{ratio:.0} times {word}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_in_words() {
        assert_eq!(ratio(100.0, 100.1), "the same cost");
        assert_eq!(ratio(100.0, 150.0), "50% dearer");
        assert_eq!(ratio(150.0, 100.0), "33% cheaper");
        assert_eq!(ratio(25.4, 30182.0), "1188 times dearer");
        assert_eq!(ratio(10.0, 2.0), "5.0 times cheaper");
    }
}
