//! The detail pane: how the numbers of the selected node came to be.

use super::{fold_line, short};
use crate::model::Planned;
use crate::model::details::percent;
use crate::model::tree::Node;
use crate::state::State;
use ratatui::text::{Line, Span};

/// The lines.
pub fn lines(state: &State, width: usize) -> Vec<Line<'static>> {
    let theme = &state.theme;
    let Some(planned) = &state.current else {
        return vec![Line::styled("No plan yet. Press e and type a statement.", theme.dim)];
    };
    let Some(node) = planned.tree.nodes.get(state.plan.selected) else {
        return vec![Line::styled("This statement has no plan tree; f shows the other forms.", theme.dim)];
    };
    let mut lines = vec![Line::styled(node.label.replace('\n', " "), theme.title)];
    lines.extend(node_lines(state, planned, node));
    if let Some(table) = state.selected_table().and_then(|number| planned.tables.get(number)) {
        for section in &table.sections {
            lines.push(Line::default());
            lines.push(Line::styled(section.title, theme.key));
            lines.extend(section.lines.iter().map(|text| Line::from(format!("  {text}"))));
        }
    } else if planned.from_server {
        lines.push(Line::default());
        lines.push(Line::styled("A server printed this plan: only what it printed is known.", theme.dim));
    }
    if !planned.findings.is_empty() {
        lines.push(Line::default());
        lines.push(Line::styled("Findings of the statement", theme.key));
        for finding in &planned.findings {
            let style = if finding.severity == "info" { theme.dim } else { theme.warn };
            lines.push(Line::from(vec![
                Span::styled(format!("  {} {}: ", finding.id, finding.severity), style),
                Span::raw(finding.text.clone()),
            ]));
            lines.push(Line::from(format!("    {}", finding.advice)));
        }
    }
    if !planned.doubts.is_empty() {
        lines.push(Line::default());
        lines.push(Line::styled("What this rests on", theme.key));
        lines.extend(
            planned.doubts.iter().flat_map(|doubt| doubt.lines()).map(|text| Line::styled(format!("  {text}"), theme.warn)),
        );
    }
    lines.into_iter().flat_map(|line| fold_line(line, width, 4)).collect()
}

/// The node's own numbers.
fn node_lines(state: &State, planned: &Planned, node: &Node) -> Vec<Line<'static>> {
    let theme = &state.theme;
    let mut words = Vec::new();
    if let Some(cost) = node.cost {
        words.push(format!("cost {} for one execution with all below", short(cost)));
    }
    if let Some(rows) = node.rows {
        words.push(format!("{} rows", short(rows)));
    }
    let mut lines = Vec::new();
    if !words.is_empty() {
        lines.push(Line::from(words.join(", ")));
    }
    let root = planned.tree.nodes.first();
    let (of_what, whole) = match (node.measured, root.and_then(|root| root.measured)) {
        (Some(_), Some(root)) => ("time", format!("{} ms", short(root.last_row_ms * root.loops))),
        _ => ("cost", short(planned.cost)),
    };
    lines.push(Line::from(vec![
        Span::styled(format!("{}%", percent(node.own_share * 100.0)), theme.weight(node.own_share)),
        Span::raw(format!(
            " of the statement's {of_what} is its own, {}% with all below (statement: {})",
            percent(node.share * 100.0),
            whole
        )),
    ]));
    if let Some(measured) = node.measured {
        lines.push(Line::from(format!(
            "measured: {} ms, {} rows an execution, {} executions",
            measured.last_row_ms, measured.rows, measured.loops
        )));
        if let Some(estimate) = node.rows.filter(|_| measured.loops > 0.0) {
            let factor = (measured.rows.max(1.0) / estimate.max(1.0)).max(estimate.max(1.0) / measured.rows.max(1.0));
            if factor >= 2.0 {
                let text = format!("the estimate of {} rows is off by a factor of {}", short(estimate), short(factor));
                lines.push(Line::styled(text, theme.warn));
            }
        }
    }
    lines
}
