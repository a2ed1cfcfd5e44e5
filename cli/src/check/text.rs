//! The report of `check` for people.

use super::Checked;
use crate::report::{Level, Report};
use crate::terminal::Terminal;
use anstyle::{AnsiColor, Style};
use myexplain::check::Verdict;
use std::fmt::Write;

pub(super) fn render(checked: &[Checked], report: &Report, terminal: Terminal) -> String {
    let mut out = String::new();
    for case in &report.cases {
        for problem in &case.problems {
            let (mark, style) = match problem.level {
                Level::Error => ("✗", AnsiColor::Red),
                Level::Warning => ("!", AnsiColor::Yellow),
                Level::Note => ("·", AnsiColor::Cyan),
            };
            let place = format!("{}:{}", case.file, problem.line);
            let name = terminal.paint(Style::new().bold(), &case.name);
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{} {place} {name}: {}", terminal.paint(style.on_default(), mark), problem.message);
            for line in &problem.detail {
                let _ = writeln!(out, "    {}", painted(line, terminal));
            }
        }
    }
    let count = |wanted: fn(&Verdict) -> bool| checked.iter().filter(|statement| wanted(&statement.verdict)).count();
    let (changed, new) = (count(|v| matches!(v, Verdict::Changed(_))), count(|v| *v == Verdict::New));
    let failed = count(|v| matches!(v, Verdict::NotPlanned(_)));
    let same = checked.len() - changed - new - failed;
    let _ = writeln!(
        out,
        "{}: {same} as approved, {changed} changed, {new} new, {failed} not planned",
        counted(checked.len(), "statement")
    );
    if changed + new > 0 {
        out.push_str("If these plans are wanted: myexplain review, or myexplain check --update, with the same arguments.\n");
    }
    out
}

fn painted(line: &str, terminal: Terminal) -> String {
    let style = match line.chars().next() {
        Some('-') => AnsiColor::Red.on_default(),
        Some('+') => AnsiColor::Green.on_default(),
        _ => Style::new().dimmed(),
    };
    terminal.paint(style, line)
}

/// A multiple with the digits that matter: `1.2`, `37`, `1180`.
pub(super) fn ratio(ratio: f64) -> String {
    let digits = if ratio < 0.1 { 3 } else { usize::from(ratio < 10.0) };
    format!("{ratio:.digits$}")
}

/// A number of things: `1 statement`, `2 statements`.
pub(super) fn counted(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}
