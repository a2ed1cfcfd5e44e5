//! The forms of the plan pane that are texts.

use super::{fold_line, short};
use crate::model::Planned;
use crate::state::{Form, State};
use crate::theme::Theme;
use ratatui::text::{Line, Span};

/// A form as a text; the tree and the join order are drawn.
pub fn text(planned: &Planned, form: Form) -> String {
    match form {
        Form::Traditional => planned.texts.traditional.clone(),
        Form::TreeText | Form::Tree => planned.texts.tree.clone(),
        Form::Json => planned.texts.json.clone(),
        Form::Rewritten => planned.texts.rewritten.clone(),
        Form::Trace => planned.texts.trace.clone(),
        Form::JoinOrder => {
            let theme = Theme::new(crate::theme::Palette::None, true);
            let lines = orders(planned, &theme, usize::MAX);
            lines.iter().map(|line| line.spans.iter().map(|span| span.content.as_ref()).collect::<String>() + "\n").collect()
        }
    }
}

/// The lines of the form that is shown.
pub fn text_lines(state: &State, width: usize) -> Vec<Line<'static>> {
    let Some(planned) = &state.current else { return Vec::new() };
    let lines = match state.plan.form {
        Form::Tree => Vec::new(),
        Form::JoinOrder => orders(planned, &state.theme, width),
        Form::Rewritten => {
            let lines = planned.texts.rewritten.lines().map(|line| Line::from(line.to_owned()));
            lines.flat_map(|line| fold_line(line, width, 2)).collect()
        }
        form => text(planned, form).lines().map(|line| Line::from(line.to_owned())).collect(),
    };
    if lines.is_empty() && state.plan.form != Form::Tree {
        let why = if planned.from_server { "The server did not print this form." } else { "There is nothing in this form." };
        return vec![Line::styled(why, state.theme.dim)];
    }
    lines
}

/// How many lines the form has.
pub fn text_length(state: &State) -> usize {
    let Some(planned) = &state.current else { return 0 };
    match state.plan.form {
        Form::Tree => state.plan.folding.visible().len(),
        Form::Traditional => planned.texts.traditional.lines().count(),
        Form::TreeText => planned.texts.tree.lines().count(),
        Form::Json => planned.texts.json.lines().count(),
        Form::Trace => planned.texts.trace.lines().count(),
        _ => super::lines(state, crate::state::Pane::Plan).len(),
    }
}

/// The join orders as graphs from left to right: a box a table, the rows that flow on between them.
fn orders(planned: &Planned, theme: &Theme, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for order in &planned.orders {
        lines.push(Line::styled(format!("SELECT #{}", order.select), theme.key));
        let boxes: Vec<[String; 3]> = order
            .steps
            .iter()
            .map(|step| {
                let join = if step.hash_join { "hash join, " } else { "" };
                [step.name.clone(), format!("{join}{}", step.access), format!("{} rows each", short(step.rows))]
            })
            .collect();
        let mut row: Vec<Vec<Span<'static>>> = vec![Vec::new(); 5];
        let mut used = 0;
        for (step, texts) in order.steps.iter().zip(&boxes) {
            let inner = texts.iter().map(|text| super::width_of(text)).max().unwrap_or(0);
            let flow = format!(" {} rows {} ", short(step.joined_rows), theme.symbols.arrow);
            let needed = inner + 4 + super::width_of(&flow);
            if used > 0 && used + needed > width {
                lines.extend(row.iter_mut().map(|spans| Line::from(std::mem::take(spans))));
                used = 0;
            }
            used += needed;
            add_box(&mut row, theme, texts, inner, &flow);
            let cost = format!("cost {}", short(step.joined_cost));
            row[4].push(Span::styled(super::pad(&format!("  {cost}"), needed, ""), theme.dim));
        }
        lines.extend(row.into_iter().map(Line::from));
        lines.push(Line::default());
    }
    lines
}

/// A box of three lines of text and what flows out of it.
fn add_box(row: &mut [Vec<Span<'static>>], theme: &Theme, texts: &[String; 3], inner: usize, flow: &str) {
    let set = theme.symbols.border;
    let blank = " ".repeat(super::width_of(flow));
    let rule = set.horizontal_top.repeat(inner + 2);
    // Five rows: the frame's upper edge carries the name.
    let name = super::pad(&format!("{} {} ", set.horizontal_top, texts[0]), inner + 2, "").trim_end().to_owned();
    let fill = set.horizontal_top.repeat((inner + 2).saturating_sub(super::width_of(&name) + 1));
    row[0].push(Span::styled(set.top_left, theme.border));
    row[0].push(Span::styled(format!("{name} "), theme.title));
    row[0].push(Span::styled(format!("{fill}{}{blank}", set.top_right), theme.border));
    for (at, text) in [(1, &texts[1]), (2, &texts[2])] {
        row[at].push(Span::styled(format!("{} ", set.vertical_left), theme.border));
        row[at].push(Span::raw(super::pad(text, inner, "")));
        row[at].push(Span::styled(format!(" {}", set.vertical_right), theme.border));
        row[at].push(if at == 1 { Span::styled(flow.to_owned(), theme.number) } else { Span::raw(blank.clone()) });
    }
    row[3].push(Span::styled(format!("{}{rule}{}{blank}", set.bottom_left, set.bottom_right), theme.border));
}
