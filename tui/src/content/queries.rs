//! A row of the list of statements.

use super::{cut, pad, short};
use crate::state::{Queries, Query};
use crate::theme::Theme;
use ratatui::text::{Line, Span};

/// What widths the columns have in a list of so many cells.
struct Columns {
    name: usize,
    seconds: bool,
    findings: bool,
}

fn columns(queries: &Queries, width: usize) -> Columns {
    let longest = queries.all.iter().map(|query| super::width_of(&query.name)).max().unwrap_or(0);
    Columns {
        name: longest.clamp(4, (width / 3).max(8)),
        seconds: queries.all.iter().any(|query| query.seconds.is_some()),
        findings: width >= 40,
    }
}

/// Rows of the list in a pane of this height: one holds the names of the columns.
pub fn height(height: usize) -> usize {
    height.saturating_sub(1)
}

/// The names of the columns.
pub fn header(queries: &Queries, theme: &Theme, width: usize) -> Line<'static> {
    let columns = columns(queries, width);
    let mut text = format!("  {} {:>8}", pad("name", columns.name, ""), "cost");
    if columns.seconds {
        text += &format!(" {:>8}", "seconds");
    }
    text += &format!(" {:<6}", "access");
    if columns.findings {
        text += " finds";
    }
    Line::styled(cut(&format!("{text} statement"), width, theme.symbols.ellipsis), theme.dim)
}

/// One row.
pub fn row(queries: &Queries, query: &Query, theme: &Theme, width: usize) -> Line<'static> {
    let columns = columns(queries, width);
    let ellipsis = theme.symbols.ellipsis;
    let survey = query.survey.as_ref();
    let failed = survey.is_some_and(|survey| survey.failure.is_some());
    let cost = match survey {
        Some(survey) if failed => {
            if survey.failure.is_some() {
                "error".to_owned()
            } else {
                String::new()
            }
        }
        Some(survey) => survey.cost.map_or_else(String::new, short),
        None => ellipsis.to_owned(),
    };
    let access = survey.map_or("", |survey| survey.access.as_str());
    let mut spans = vec![
        Span::raw(format!("{} ", pad(&query.name, columns.name, ellipsis))),
        Span::styled(format!("{cost:>8}"), if failed { theme.error } else { theme.number }),
    ];
    if columns.seconds {
        let seconds = query.seconds.map_or_else(String::new, short);
        spans.push(Span::raw(format!(" {seconds:>8}")));
    }
    spans.push(Span::styled(format!(" {}", pad(access, 6, ellipsis)), access_style(theme, access)));
    if columns.findings {
        let count = survey.map_or(0, |survey| survey.findings.len());
        let text = if count > 0 { count.to_string() } else { String::new() };
        spans.push(Span::styled(format!(" {text:>5}"), theme.warn));
    }
    let used: usize = spans.iter().map(|span| super::width_of(&span.content)).sum();
    let words = match survey.and_then(|survey| survey.failure.as_deref()) {
        Some(failure) => failure.to_owned(),
        None => query.words.clone(),
    };
    spans.push(Span::styled(format!(" {}", cut(&words, width.saturating_sub(used + 1), ellipsis)), theme.dim));
    Line::from(spans)
}

/// Scans stand out.
pub fn access_style(theme: &Theme, access: &str) -> ratatui::style::Style {
    match access {
        "ALL" => theme.hot,
        "index" | "index_merge" => theme.warn,
        "system" | "const" | "eq_ref" | "ref" => theme.good,
        _ => ratatui::style::Style::new(),
    }
}
