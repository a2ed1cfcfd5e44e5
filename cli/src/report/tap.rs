//! Test Anything Protocol, version 13.

use super::{Level, Report};
use std::fmt::Write;

pub(super) fn render(report: &Report) -> String {
    let mut out = format!("TAP version 13\n1..{}\n", report.cases.len());
    for (no, case) in report.cases.iter().enumerate() {
        let failed = case.problems.iter().any(|problem| problem.level > Level::Note);
        let state = if failed { "not ok" } else { "ok" };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{state} {} - {}:{} {}", no + 1, case.file, case.line, case.name.replace(['#', '\n'], " "));
        if case.problems.is_empty() {
            continue;
        }
        out.push_str("  ---\n  problems:\n");
        for problem in &case.problems {
            let _ = writeln!(out, "    - rule: {}\n      level: {}", problem.rule.id, problem.level.name());
            // JSON strings are YAML strings.
            let _ = writeln!(out, "      message: {}", serde_json::json!(problem.message));
            let _ = writeln!(out, "      detail: {}", serde_json::json!(problem.detail));
        }
        out.push_str("  ...\n");
    }
    out
}
