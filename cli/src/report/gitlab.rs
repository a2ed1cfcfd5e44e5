//! GitLab's Code Quality report.

use super::{Level, Report};
use serde_json::json;

pub(super) fn render(report: &Report) -> String {
    let entries: Vec<_> = report
        .problems()
        .map(|(case, problem)| {
            json!({
                "description": format!("{}: {}", case.name, problem.message),
                "check_name": problem.rule.id,
                "fingerprint": format!("{:016x}", problem.fingerprint),
                "severity": match problem.level {
                    Level::Error => "major",
                    Level::Warning => "minor",
                    Level::Note => "info",
                },
                "location": { "path": case.file, "lines": { "begin": problem.line } },
            })
        })
        .collect();
    format!("{:#}", json!(entries))
}
