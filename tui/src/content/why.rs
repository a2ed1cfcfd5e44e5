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
        lines.push(Line::styled(format!("Ways to read {} {place}", table.name), theme.key));
        lines.extend(join.iter().flat_map(|way| of_way(theme, way, width)));
        lines.push(Line::default());
    }
    if !range.is_empty() {
        lines.push(Line::styled(format!("Ranges of {}", table.name), theme.key));
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

fn of_way(theme: &Theme, way: &Alternative, width: usize) -> Vec<Line<'static>> {
    let what_width = (width / 3).clamp(20, 44);
    let (mark, style) = mark(theme, way.verdict);
    let cell = |value: Option<f64>, word: &str| value.map_or_else(String::new, |value| format!("{word} {}", short(value)));
    let head = format!(
        "{mark} {} {} {} ",
        pad(&way.what, what_width, theme.symbols.ellipsis),
        pad(&cell(way.cost, "cost"), 13, theme.symbols.ellipsis),
        pad(&cell(way.rows, "rows"), 13, theme.symbols.ellipsis),
    );
    let indent = super::width_of(&head).min(width.saturating_sub(20));
    fold_line(Line::from(vec![Span::styled(head, style), Span::styled(way.reason.clone(), style)]), width, indent)
}

fn of_orders(theme: &Theme, block: &BlockAlternatives, width: usize) -> Vec<Line<'static>> {
    if block.orders.len() < 2 && block.orders.first().is_none_or(|order| order.tables.len() < 2) {
        return Vec::new();
    }
    let count = block.orders.len();
    let mut lines = vec![Line::styled(format!("Join orders of SELECT #{}: {count} were followed", block.select), theme.key)];
    lines.extend(block.orders.iter().take(MOST_ORDERS).flat_map(|order| of_order(theme, order, width)));
    if count > MOST_ORDERS {
        lines.push(Line::styled(format!("{} {} more", theme.symbols.ellipsis, count - MOST_ORDERS), theme.dim));
    }
    lines
}

fn of_order(theme: &Theme, order: &OrderAlternative, width: usize) -> Vec<Line<'static>> {
    let what_width = (width / 3).clamp(20, 60);
    let (mark, style) = mark(theme, order.verdict);
    let arrow = format!(" {} ", theme.symbols.arrow);
    let tables = cut(&order.tables.join(&arrow), what_width, theme.symbols.ellipsis);
    let head = format!(
        "{mark} {} {} {} ",
        pad(&tables, what_width, theme.symbols.ellipsis),
        pad(&order.cost.map_or_else(String::new, |cost| format!("cost {}", short(cost))), 13, ""),
        pad(&order.rows.map_or_else(String::new, |rows| format!("rows {}", short(rows))), 13, ""),
    );
    let indent = super::width_of(&head).min(width.saturating_sub(20));
    fold_line(Line::from(vec![Span::styled(head, style), Span::styled(order.reason.clone(), style)]), width, indent)
}
