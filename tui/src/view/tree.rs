//! The plan as a tree: only the rows in sight are laid out, however large the plan is.

use super::text::mark_found;
use crate::content::queries::access_style;
use crate::content::{cut, pad, short, tree_height};
use crate::model::Planned;
use crate::model::details::percent;
use crate::model::tree::Node;
use crate::state::State;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// Widths of the columns behind the words; 0: not shown.
struct Columns {
    label: usize,
    access: usize,
    index: usize,
    rows: usize,
    filtered: usize,
    measured: usize,
    cost: usize,
    bar: usize,
}

impl Columns {
    fn of(width: usize, measured: bool) -> Columns {
        let mut columns = Columns { label: 0, access: 7, index: 0, rows: 7, filtered: 0, measured: 0, cost: 7, bar: 5 };
        if measured {
            (columns.measured, columns.access) = (10, 0);
        }
        if width >= 90 {
            (columns.filtered, columns.bar) = (6, 10);
        }
        if width >= 130 {
            columns.index = 18;
        }
        let others =
            [columns.access, columns.index, columns.rows, columns.filtered, columns.measured, columns.cost, columns.bar, SHARE];
        // A blank before each column.
        let used: usize = others.iter().filter(|width| **width > 0).map(|width| width + 1).sum();
        columns.label = width.saturating_sub(used);
        columns
    }
}

/// Columns of the share in percent.
const SHARE: usize = 4;

/// Draws the tree.
pub(super) fn draw(state: &State, area: Rect, frame: &mut Frame<'_>) {
    let theme = &state.theme;
    let Some(planned) = &state.current else { return empty(state, area, frame) };
    let measured = planned.tree.nodes.iter().any(|node| node.measured.is_some());
    let columns = Columns::of(usize::from(area.width), measured);
    let mut lines = vec![header(state, &columns, measured)];
    if planned.tree.nodes.is_empty() {
        lines.push(Line::styled("No tree for this statement; f shows the other forms.", theme.dim));
    }
    let rows = state.plan.folding.visible().iter().skip(state.plan.top).take(tree_height(usize::from(area.height)));
    for number in rows {
        let line = row(state, planned, *number, &columns);
        let line = if *number == state.plan.selected { line.style(theme.selected) } else { line };
        lines.push(mark_found(line, &state.search, theme.found));
    }
    frame.render_widget(Paragraph::new(lines), area);
}

fn empty(state: &State, area: Rect, frame: &mut Frame<'_>) {
    let theme = &state.theme;
    let lines = match (&state.failure, state.waiting) {
        (Some(failure), _) => vec![
            Line::styled(failure.text.clone(), theme.error),
            Line::default(),
            Line::styled("e goes to the place in the statement.", theme.dim),
        ],
        (None, true) => vec![Line::styled(format!("planning{}", theme.symbols.ellipsis), theme.dim)],
        (None, false) => vec![
            Line::from("No statement yet."),
            Line::default(),
            Line::from(vec![
                Span::styled("e", theme.key),
                Span::raw("            type a statement; its plan shows while you type"),
            ]),
            Line::from(vec![
                Span::styled(":open FILE", theme.key),
                Span::raw("   read a file of statements, or a server's EXPLAIN"),
            ]),
            Line::from(vec![Span::styled("paste", theme.key), Span::raw("        a statement, or EXPLAIN ANALYZE of a server")]),
        ],
    };
    frame.render_widget(Paragraph::new(lines).wrap(ratatui::widgets::Wrap { trim: false }), area);
}

fn header(state: &State, columns: &Columns, measured: bool) -> Line<'static> {
    let mut text = pad("", columns.label, "");
    let mut add = |width: usize, word: &str, right: bool| {
        if width > 0 {
            text += &if right { format!(" {word:>width$}") } else { format!(" {word:<width$}") };
        }
    };
    add(columns.access, "type", false);
    add(columns.index, "index", false);
    add(columns.rows, "rows", true);
    add(columns.filtered, "filt.%", true);
    add(columns.measured, "real rows", true);
    add(columns.cost, if measured { "ms" } else { "cost" }, true);
    add(SHARE, "own", true);
    Line::styled(text, state.theme.dim)
}

fn row(state: &State, planned: &Planned, number: usize, columns: &Columns) -> Line<'static> {
    let theme = &state.theme;
    let symbols = &theme.symbols;
    let node = &planned.tree.nodes[number];
    let fold = match (planned.tree.has_children(number), state.plan.folding.is_folded(number)) {
        (false, _) => symbols.leaf,
        (true, true) => symbols.folded,
        (true, false) => symbols.open,
    };
    let (guides, rest) = guides(state, planned, number, columns.label);
    let label = format!("{fold} {}", node.label.replace('\n', " "));
    let folded_note = match state.plan.folding.is_folded(number) {
        true => format!(" ({} below)", node.end - number - 1),
        false => String::new(),
    };
    let label = cut(&label, rest.saturating_sub(folded_note.len()), symbols.ellipsis) + &folded_note;
    let selected = number == state.plan.selected;
    // Colours under the selection would make it hard to read.
    let style = |style| if selected { Default::default() } else { style };
    let mut spans = vec![
        Span::styled(guides, style(theme.border)),
        Span::styled(pad(&label, rest, symbols.ellipsis), style(theme.weight(node.own_share))),
    ];
    let access = node.access_type.as_deref().unwrap_or("");
    let mut add = |width: usize, text: String, own: ratatui::style::Style| {
        if width > 0 {
            spans.push(Span::styled(format!(" {text}"), style(own)));
        }
    };
    let plain = ratatui::style::Style::new();
    let right = |text: String, width: usize| format!("{:>width$}", cut(&text, width, symbols.ellipsis));
    add(columns.access, pad(access, columns.access, symbols.ellipsis), access_style(theme, access));
    add(columns.index, pad(node.index.as_deref().unwrap_or(""), columns.index, symbols.ellipsis), plain);
    add(columns.rows, right(node.rows.map_or_else(String::new, short), columns.rows), plain);
    let filtered = node.filtered.filter(|filtered| *filtered < 100.0).map_or_else(String::new, percent);
    add(columns.filtered, right(filtered, columns.filtered), plain);
    add(columns.measured, right(real_rows(node), columns.measured), off_style(state, node));
    add(columns.cost, right(cost(node), columns.cost), plain);
    let share = (node.own_share * 100.0).round();
    add(SHARE, right(if share >= 1.0 { format!("{share}%") } else { String::new() }, SHARE), theme.weight(node.own_share));
    add(columns.bar, pad(&symbols.bar(node.own_share, columns.bar), columns.bar, ""), theme.weight(node.own_share));
    Line::from(spans)
}

/// Milliseconds of all executions where they were measured, else the cost.
fn cost(node: &Node) -> String {
    match (node.measured, node.cost) {
        (Some(measured), _) => short(measured.last_row_ms * measured.loops),
        (None, Some(cost)) => short(cost),
        (None, None) => String::new(),
    }
}

fn real_rows(node: &Node) -> String {
    node.measured.map_or_else(
        String::new,
        |measured| {
            if measured.loops == 0.0 { "never".to_owned() } else { short(measured.rows) }
        },
    )
}

/// Estimates that are far from what was measured stand out.
fn off_style(state: &State, node: &Node) -> ratatui::style::Style {
    let (Some(measured), Some(estimate)) = (node.measured, node.rows) else { return Default::default() };
    let (real, estimate) = (measured.rows.max(1.0), estimate.max(1.0));
    match (real / estimate).max(estimate / real) {
        factor if factor >= 10.0 && measured.loops > 0.0 => state.theme.hot,
        factor if factor >= 3.0 && measured.loops > 0.0 => state.theme.warn,
        _ => Default::default(),
    }
}

/// Levels that are drawn with lines; deeper nodes say their depth.
const DEEPEST: usize = 40;

/// The lines that lead to a node, and the cells that are left for its words.
fn guides(state: &State, planned: &Planned, number: usize, width: usize) -> (String, usize) {
    let symbols = &state.theme.symbols;
    let nodes = &planned.tree.nodes;
    let level = nodes[number].level;
    if level > DEEPEST || level * 2 > width.saturating_sub(20) {
        let text = format!("{level}{} ", symbols.arrow);
        let used = crate::content::width_of(&text);
        return (text, width.saturating_sub(used));
    }
    let is_last = |number: usize| match nodes[number].parent {
        Some(parent) => nodes[number].end >= nodes[parent].end,
        None => true,
    };
    let mut pieces = Vec::new();
    let mut at = number;
    while let Some(parent) = nodes[at].parent {
        pieces.push(match (at == number, is_last(at)) {
            (true, true) => symbols.last_branch,
            (true, false) => symbols.branch,
            (false, true) => "  ",
            (false, false) => symbols.pass,
        });
        at = parent;
    }
    pieces.reverse();
    (pieces.concat(), width.saturating_sub(pieces.len() * 2))
}
