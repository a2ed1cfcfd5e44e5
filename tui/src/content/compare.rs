//! Two plans side by side.

use super::{cut, pad, ratio, short};
use crate::model::Planned;
use crate::state::State;
use crate::theme::Theme;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use std::sync::Arc;

/// The plan before, its name, and that of the plan after.
fn sides(state: &State) -> Option<(String, Arc<Planned>, String)> {
    let current = state.plan_name();
    match (&state.marked, &state.base) {
        (Some((name, marked)), _) => Some((name.clone(), Arc::clone(marked), current)),
        (None, Some(base)) if !state.what_if.changes.is_empty() => {
            Some(("as it is".into(), Arc::clone(base), format!("with {}", state.what_if.changes.describe())))
        }
        _ => None,
    }
}

/// The lines.
pub fn lines(state: &State, width: usize) -> Vec<Line<'static>> {
    let theme = &state.theme;
    let (Some((before_name, before, after_name)), Some(after)) = (sides(state), state.current.as_ref()) else {
        let hints = [
            "Nothing to compare yet. There are two ways:",
            "  6, then change something: the plans before and after stand here side by side;",
            "  m keeps the plan that is shown, then go to another statement, or edit this one.",
        ];
        return hints.iter().map(|hint| Line::styled(*hint, theme.dim)).collect();
    };
    let half = width.saturating_sub(3) / 2;
    let mut lines = vec![Line::from(vec![
        Span::styled(pad(&before_name, half, theme.symbols.ellipsis), theme.title),
        Span::styled(format!(" {} ", theme.symbols.separator), theme.border),
        Span::styled(cut(&after_name, half, theme.symbols.ellipsis), theme.title),
    ])];
    let style = if after.cost <= before.cost { theme.good } else { theme.warn };
    lines.push(Line::from(vec![
        Span::raw(pad(&format!("cost {}", short(before.cost)), half, "")),
        Span::styled(format!(" {} ", theme.symbols.separator), theme.border),
        Span::raw(format!("cost {}  ", short(after.cost))),
        Span::styled(ratio(before.cost, after.cost), style),
    ]));
    lines.extend(trees(theme, &before, after, half));
    let differences = decision_lines(state, &before, after);
    lines.push(Line::default());
    lines.push(Line::styled(if differences.is_empty() { "The decisions are the same." } else { "Decisions" }, theme.key));
    lines.extend(differences);
    lines
}

/// The trees side by side; lines that the other side lacks stand out.
fn trees(theme: &Theme, before: &Planned, after: &Planned, half: usize) -> Vec<Line<'static>> {
    let (left, right) = (tree_lines(before), tree_lines(after));
    let pairs = align(&left, &right);
    let side = |line: Option<&(String, Option<f64>)>, differs: bool, style: Style| {
        let Some((label, cost)) = line else { return Span::raw(" ".repeat(half)) };
        let cost = cost.map_or_else(String::new, short);
        let label = pad(label, half.saturating_sub(9), theme.symbols.ellipsis);
        Span::styled(format!("{label} {cost:>8}"), if differs { style } else { Style::new() })
    };
    let row = |(left, right): Pair<'_, TreeLine>| {
        let differs = left.map(|line| &line.0) != right.map(|line| &line.0);
        Line::from(vec![
            side(left, differs, theme.warn),
            Span::styled(format!(" {} ", theme.symbols.separator), theme.border),
            side(right, differs, theme.good),
        ])
    };
    pairs.into_iter().map(row).collect()
}

fn tree_lines(planned: &Planned) -> Vec<(String, Option<f64>)> {
    let line = |node: &crate::model::tree::Node| (format!("{}{}", "  ".repeat(node.level), node.label), node.cost);
    planned.tree.nodes.iter().take(MOST_LINES).map(line).collect()
}

/// Lines that are aligned: their number enters squared.
const MOST_LINES: usize = 400;

/// Words and cost of a node.
type TreeLine = (String, Option<f64>);

type Pair<'l, T> = (Option<&'l T>, Option<&'l T>);

/// Lines that are the same stand beside each other (longest common subsequence).
fn align<'l>(left: &'l [(String, Option<f64>)], right: &'l [(String, Option<f64>)]) -> Vec<Pair<'l, (String, Option<f64>)>> {
    let mut common = vec![vec![0u32; right.len() + 1]; left.len() + 1];
    for (l, left) in left.iter().enumerate().rev() {
        for (r, right) in right.iter().enumerate().rev() {
            common[l][r] = if left.0 == right.0 { common[l + 1][r + 1] + 1 } else { common[l + 1][r].max(common[l][r + 1]) };
        }
    }
    let (mut l, mut r) = (0, 0);
    let mut pairs = Vec::new();
    // Lines of the two sides that differ share a row as long as both have some.
    let (mut gone, mut new): (Vec<&_>, Vec<&_>) = (Vec::new(), Vec::new());
    let flush = |gone: &mut Vec<&'l _>, new: &mut Vec<&'l _>, pairs: &mut Vec<_>| {
        for row in 0..gone.len().max(new.len()) {
            pairs.push((gone.get(row).copied(), new.get(row).copied()));
        }
        gone.clear();
        new.clear();
    };
    while l < left.len() || r < right.len() {
        if l < left.len() && r < right.len() && left[l].0 == right[r].0 {
            flush(&mut gone, &mut new, &mut pairs);
            pairs.push((Some(&left[l]), Some(&right[r])));
            (l, r) = (l + 1, r + 1);
        } else if r == right.len() || (l < left.len() && common[l + 1][r] >= common[l][r + 1]) {
            gone.push(&left[l]);
            l += 1;
        } else {
            new.push(&right[r]);
            r += 1;
        }
    }
    flush(&mut gone, &mut new, &mut pairs);
    pairs
}

/// What was decided otherwise, a line a table, `-` before and `+` after.
pub fn decision_lines(state: &State, before: &Planned, after: &Planned) -> Vec<Line<'static>> {
    let theme = &state.theme;
    let (left, right) = (&before.decisions.tables, &after.decisions.tables);
    if left == right {
        return Vec::new();
    }
    let mut lines = Vec::new();
    for row in 0..left.len().max(right.len()) {
        let (before, after) = (left.get(row), right.get(row));
        if before == after {
            continue;
        }
        lines.extend(before.map(|decision| Line::styled(format!("- {decision}"), theme.warn)));
        lines.extend(after.map(|decision| Line::styled(format!("+ {decision}"), theme.good)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_lines_stand_beside_each_other() {
        let lines =
            |texts: &[&str]| -> Vec<(String, Option<f64>)> { texts.iter().map(|text| ((*text).to_owned(), None)).collect() };
        let (left, right) = (lines(&["a", "x", "b"]), lines(&["a", "y", "z", "b"]));
        let pairs: Vec<(Option<&str>, Option<&str>)> = align(&left, &right)
            .into_iter()
            .map(|(left, right)| (left.map(|line| line.0.as_str()), right.map(|line| line.0.as_str())))
            .collect();
        assert_eq!(pairs, [(Some("a"), Some("a")), (Some("x"), Some("y")), (None, Some("z")), (Some("b"), Some("b"))]);
    }
}
