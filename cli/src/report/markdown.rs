//! Markdown, as a comment on a pull request or a step summary shows it.

use super::{Level, Report};
use std::fmt::Write;

pub(super) fn render(report: &Report) -> String {
    let count = |level: Level| report.problems().filter(|(_, problem)| problem.level == level).count();
    let mut out = format!(
        "### myexplain {}\n\n{} statements, {} errors, {} warnings, {} notes\n",
        report.command,
        report.cases.len(),
        count(Level::Error),
        count(Level::Warning),
        count(Level::Note)
    );
    for (case, problem) in report.problems() {
        let rule = match &problem.rule.help_uri {
            Some(uri) => format!("[{}]({uri})", problem.rule.id),
            None => format!("`{}`", problem.rule.id),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "\n#### {} {} ({}:{})\n\n{}: {}",
            problem.level.name(),
            escaped(&case.name),
            escaped(&case.file),
            problem.line,
            rule,
            escaped(&problem.message)
        );
        if !problem.detail.is_empty() {
            let _ = writeln!(out, "\n```diff\n{}\n```", problem.detail.join("\n").replace("```", "'''"));
        }
    }
    out
}

/// Text that Markdown shows as it is.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#') {
            out.push('\\');
        }
        out.push(if c == '\n' { ' ' } else { c });
    }
    out
}
