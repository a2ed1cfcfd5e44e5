//! Workflow commands of GitHub Actions: they become annotations on the changed lines.

use super::{Level, Report};
use std::fmt::Write;

pub(super) fn render(report: &Report) -> String {
    let mut out = String::new();
    for (case, problem) in report.problems() {
        let command = match problem.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "notice",
        };
        let title = property(&format!("{}: {}", problem.rule.id, case.name));
        let mut lines = vec![problem.message.clone()];
        lines.extend(problem.detail.iter().cloned());
        let (file, line, column) = (property(&case.file), problem.line, problem.column);
        // Writing to a String cannot fail.
        let _ = writeln!(out, "::{command} file={file},line={line},col={column},title={title}::{}", message(&lines.join("\n")));
    }
    out
}

fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
