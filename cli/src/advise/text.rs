//! Findings for people: the place in the statement, the numbers, the remedy with cost before and after.

use super::{Advised, Written, counts};
use crate::terminal::Terminal;
use anstyle::{AnsiColor, Style};
use myexplain::advise::{Finding, Findings, Remedy, Severity};
use std::fmt::Write;

/// Columns before the text of a line: number, bar.
const GUTTER: usize = 7;

/// The whole report.
pub(super) fn report(advised: &[Advised], schema: &Findings, terminal: Terminal) -> String {
    let mut out = String::new();
    for one in advised {
        let Ok(findings) = &one.findings else { continue };
        if findings.found.is_empty() {
            continue;
        }
        let place = one.written.place(1).map_or(String::new(), |place| format!("  {place}"));
        let _ = writeln!(
            out,
            "{}{}",
            terminal.paint(Style::new().bold(), &one.written.statement.name),
            terminal.paint(dim(), &place)
        );
        for finding in &findings.found {
            out.push('\n');
            self::finding(&mut out, finding, Some(&one.written), terminal);
        }
        out.push('\n');
    }
    if !schema.found.is_empty() {
        let _ = writeln!(out, "{}", terminal.paint(Style::new().bold(), "schema"));
        for finding in &schema.found {
            out.push('\n');
            self::finding(&mut out, finding, None, terminal);
        }
        out.push('\n');
    }
    let all = advised.iter().filter_map(|one| one.findings.as_ref().ok()).chain([schema]);
    let found = all.clone().flat_map(|findings| &findings.found);
    let suppressed = all.clone().map(|findings| findings.suppressed.len()).sum::<usize>();
    let planned = advised.iter().filter(|one| one.findings.is_ok()).count();
    let accepted = if suppressed > 0 { format!(", {suppressed} accepted") } else { String::new() };
    let summary = counts(found);
    let summary = if summary.is_empty() { "nothing found".to_owned() } else { summary };
    let failed = advised.len() - planned;
    let failed = if failed > 0 { format!(", {failed} not planned") } else { String::new() };
    let _ = writeln!(out, "{planned} {}: {summary}{accepted}{failed}", if planned == 1 { "statement" } else { "statements" });
    out
}

/// One finding.
pub(crate) fn finding(out: &mut String, finding: &Finding, written: Option<&Written>, terminal: Terminal) {
    let label = terminal.paint(style(finding.severity), &format!("{} {}", finding.severity, finding.rule));
    let _ = writeln!(out, "{} {}", linked(&label, finding, terminal), finding.name);
    if let (Some(written), Some(place)) = (written, finding.place) {
        let text = &written.statement.sql;
        excerpt(out, text, place.line, place.column, text.get(place.start..place.end).unwrap_or(""), finding.severity, terminal);
    }
    wrapped(out, "  ", &finding.evidence.text, terminal);
    if let Some(remark) = &finding.remark {
        wrapped(out, "  ", &format!("({remark})"), terminal);
    }
    match &finding.remedy {
        Some(remedy) => self::remedy(out, remedy, terminal),
        None => wrapped(out, "  → ", finding.advice, terminal),
    }
}

fn remedy(out: &mut String, remedy: &Remedy, terminal: Terminal) {
    let mut head = String::new();
    wrapped(&mut head, "  → ", &remedy_line(remedy), terminal);
    for line in head.lines() {
        let _ = writeln!(out, "{}", terminal.paint(Style::new().bold(), line));
    }
    for line in remedy.sql.lines() {
        let _ = writeln!(out, "      {}", terminal.paint(AnsiColor::Cyan.on_default(), line));
    }
    for line in remedy.note.lines().filter(|line| !line.is_empty()) {
        wrapped(out, "      ", line, terminal);
    }
}

/// `index: cost 30,183 → 0.35 (86237 times less), rows read 299,506 → 1.00`.
pub(super) fn remedy_line(remedy: &Remedy) -> String {
    format!(
        "{}: cost {} → {}{}, rows read {} → {}",
        remedy.kind.name(),
        amount(remedy.cost_before),
        amount(remedy.cost_after),
        factor(remedy.cost_before, remedy.cost_after),
        amount(remedy.rows_before),
        amount(remedy.rows_after),
    )
}

/// How many times less; empty if it is not less.
pub(super) fn factor(before: f64, after: f64) -> String {
    let times = before / after.max(0.01);
    match times {
        t if t >= 10.0 => format!(" ({t:.0} times less)"),
        t if t >= 1.05 => format!(" ({t:.1} times less)"),
        _ => String::new(),
    }
}

/// A number with as many digits as matter.
pub(super) fn amount(number: f64) -> String {
    match number {
        n if n >= 1e15 => format!("{n:.1e}"),
        n if n >= 100.0 => {
            let digits = format!("{n:.0}");
            let mut out = String::new();
            for (at, digit) in digits.chars().enumerate() {
                if at > 0 && (digits.len() - at) % 3 == 0 {
                    out.push(',');
                }
                out.push(digit);
            }
            out
        }
        n if n >= 10.0 => format!("{n:.1}"),
        n => format!("{n:.2}"),
    }
}

/// The line of the place, with carets below it.
fn excerpt(out: &mut String, text: &str, line: usize, column: usize, marked: &str, severity: Severity, terminal: Terminal) {
    let Some(whole) = text.lines().nth(line - 1) else { return };
    let width = terminal.width.saturating_sub(GUTTER).max(20);
    let chars: Vec<char> = whole.chars().map(|c| if c == '\t' { ' ' } else { c }).collect();
    let marked = marked.lines().next().unwrap_or("").chars().count().max(1);
    // A long line is cut so that the place stays in sight.
    let from = if chars.len() <= width { 0 } else { (column - 1).saturating_sub(width / 2).min(chars.len() - width) };
    let shown: String = chars.iter().skip(from).take(width).collect();
    let carets = "^".repeat(marked.min(width.saturating_sub(column - 1 - from)).max(1));
    let blank = " ".repeat(column - 1 - from);
    let _ = writeln!(out, "{} {}", terminal.paint(dim(), &format!("{line:>4} |")), shown.trim_end());
    let _ = writeln!(out, "{} {blank}{}", terminal.paint(dim(), "     |"), terminal.paint(style(severity), &carets));
}

/// Text in lines no longer than the terminal is wide, the first behind a prefix, the others below it.
pub(super) fn wrapped(out: &mut String, prefix: &str, text: &str, terminal: Terminal) {
    let indent = " ".repeat(prefix.chars().count());
    let mut line = prefix.to_owned();
    let mut length = prefix.chars().count();
    let mut first = true;
    for word in text.split_whitespace() {
        let size = word.chars().count();
        if !first && length + 1 + size > terminal.width {
            let _ = writeln!(out, "{line}");
            line = indent.clone();
            length = indent.len();
            first = true;
        }
        if !first {
            line.push(' ');
            length += 1;
        }
        line.push_str(word);
        length += size;
        first = false;
    }
    let _ = writeln!(out, "{line}");
}

/// The label as a link to the rule's page, where the terminal has colours and the package says where its pages are.
fn linked(label: &str, finding: &Finding, terminal: Terminal) -> String {
    match page_address(finding).filter(|_| terminal.color) {
        Some(address) => format!("\u{1b}]8;;{address}\u{1b}\\{label}\u{1b}]8;;\u{1b}\\"),
        None => label.to_owned(),
    }
}

/// Where the rule's page can be read on the web; none if the package does not say where it lives.
pub(super) fn page_address(finding: &Finding) -> Option<String> {
    const HOME: &str = env!("CARGO_PKG_REPOSITORY");
    (!HOME.is_empty()).then(|| format!("{HOME}/blob/main/docs/rules/{}.md", finding.rule))
}

fn dim() -> Style {
    Style::new().dimmed()
}

fn style(severity: Severity) -> Style {
    match severity {
        Severity::Error => AnsiColor::Red.on_default().bold(),
        Severity::Warning => AnsiColor::Yellow.on_default().bold(),
        Severity::Info => AnsiColor::Blue.on_default().bold(),
    }
}
