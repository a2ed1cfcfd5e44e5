//! The why pane: what was weighed for the selected table and for the join order, and why each lost.

use super::{cut, fold_line, pad, short};
use crate::model::alternatives::{Alternative, BlockAlternatives, OrderAlternative, Stage, Verdict};
use crate::model::details::TableDetails;
use crate::state::State;
use crate::theme::Theme;
use ratatui::text::{Line, Span};

/// Join orders that are listed.
const MOST_ORDERS: usize = 200;

/// The lines.
pub fn lines(state: &State, width: usize) -> Vec<Line<'static>> {
    let theme = &state.theme;
    let Some(planned) = &state.current else {
        return vec![Line::styled("No plan yet: nothing was weighed.", theme.dim)];
    };
    if planned.from_server {
        let text =
            "A server printed this plan and not what it weighed. Press e and paste its statement: then it is planned here.";
        return fold_line(Line::styled(text, theme.dim), width, 0);
    }
    let table = state.selected_table().and_then(|number| planned.tables.get(number));
    let mut lines = Vec::new();
    match table {
        Some(table) => lines.extend(of_table(theme, table, &planned.alternatives, width)),
        None if planned.alternatives.is_empty() => {
            lines
                .push(Line::styled("Nothing was weighed: the statement reads no table, or rows by unique key alone.", theme.dim));
        }
        None => lines.push(Line::styled("Select a node that reads a table: its alternatives show here.", theme.dim)),
    }
    let select = table.map(|table| table.select);
    for block in planned.alternatives.iter().filter(|block| select.is_none_or(|select| block.select == select)) {
        lines.extend(of_orders(theme, block, width));
    }
    lines
}

fn of_table(theme: &Theme, table: &TableDetails, blocks: &[BlockAlternatives], width: usize) -> Vec<Line<'static>> {
    let of_block = blocks.iter().filter(|block| block.select == table.select);
    let weighed = of_block.flat_map(|block| &block.tables).find(|weighed| weighed.table == table.name);
    let Some(weighed) = weighed else {
        let text = format!("{}: read without a choice ({}).", table.name, table.access_type);
        return vec![Line::styled(text, theme.dim), Line::default()];
    };
    let mut lines = Vec::new();
    let join: Vec<&Alternative> = weighed.ways.iter().filter(|way| way.stage == Stage::Join).collect();
    let range: Vec<&Alternative> = weighed.ways.iter().filter(|way| way.stage == Stage::Range).collect();
    if !join.is_empty() {
        let place = match &weighed.prefix[..] {
            [] => "as the first table".to_owned(),
            prefix => format!("behind {}", prefix.join(", ")),
        };
        lines.push(title(theme, &format!("Ways to read {} {place}", table.name), width));
        lines.extend(join.iter().flat_map(|way| of_way(theme, way, width)));
        lines.push(Line::default());
    }
    if !range.is_empty() {
        lines.push(title(theme, &format!("Ranges of {}", table.name), width));
        lines.extend(range.iter().flat_map(|way| of_way(theme, way, width)));
        lines.push(Line::default());
    }
    lines
}

/// Mark and style of a verdict.
fn mark(theme: &Theme, verdict: Verdict) -> (&'static str, ratatui::style::Style) {
    match verdict {
        Verdict::Chosen => (theme.symbols.chosen, theme.good),
        Verdict::Lost => (theme.symbols.lost, ratatui::style::Style::new()),
        Verdict::Unusable => (theme.symbols.unusable, theme.dim),
    }
}

/// Cells of a number.
const NUMBER: usize = 8;

/// Cells of the words before the numbers.
fn what_width(width: usize) -> usize {
    (width * 2 / 5).clamp(20, 60)
}

/// A title with the names of the columns.
fn title(theme: &Theme, text: &str, width: usize) -> Line<'static> {
    Line::from(vec![
        Span::styled(pad(text, what_width(width) + 2, theme.symbols.ellipsis), theme.key),
        Span::styled(format!(" {:>NUMBER$} {:>NUMBER$}  why", "cost", "rows"), theme.dim),
    ])
}

/// A row: mark, words, numbers, reason.
fn row(theme: &Theme, verdict: Verdict, what: &str, numbers: [Option<f64>; 2], reason: &str, width: usize) -> Vec<Line<'static>> {
    let (mark, style) = mark(theme, verdict);
    let [cost, rows] = numbers.map(|number| number.map_or_else(String::new, short));
    let head = format!("{mark} {} {cost:>NUMBER$} {rows:>NUMBER$}  ", pad(what, what_width(width), theme.symbols.ellipsis));
    let indent = super::width_of(&head).min(width.saturating_sub(20));
    fold_line(Line::from(vec![Span::styled(head, style), Span::styled(reason.to_owned(), style)]), width, indent)
}

fn of_way(theme: &Theme, way: &Alternative, width: usize) -> Vec<Line<'static>> {
    row(theme, way.verdict, &way.what, [way.cost, way.rows], &way.reason, width)
}

fn of_orders(theme: &Theme, block: &BlockAlternatives, width: usize) -> Vec<Line<'static>> {
    if block.orders.len() < 2 && block.orders.first().is_none_or(|order| order.tables.len() < 2) {
        return Vec::new();
    }
    let count = block.orders.len();
    let mut lines = vec![title(theme, &format!("Join orders of SELECT #{} ({count})", block.select), width)];
    lines.extend(block.orders.iter().take(MOST_ORDERS).flat_map(|order| of_order(theme, order, width)));
    if count > MOST_ORDERS {
        lines.push(Line::styled(format!("{} {} more", theme.symbols.ellipsis, count - MOST_ORDERS), theme.dim));
    }
    lines
}

fn of_order(theme: &Theme, order: &OrderAlternative, width: usize) -> Vec<Line<'static>> {
    let arrow = format!(" {} ", theme.symbols.arrow);
    let tables = cut(&order.tables.join(&arrow), what_width(width), theme.symbols.ellipsis);
    row(theme, order.verdict, &tables, [order.cost, order.rows], &order.reason, width)
}
