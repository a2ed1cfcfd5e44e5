//! Our own JSON: versioned, described by `docs/schema/report.schema.json`.

use super::Report;
use serde_json::json;

/// Version of the form; grows when a field changes its meaning or goes.
const VERSION: u32 = 1;

pub(super) fn render(report: &Report) -> String {
    let statements: Vec<_> = report
        .cases
        .iter()
        .map(|case| {
            let problems: Vec<_> = case
                .problems
                .iter()
                .map(|problem| {
                    json!({
                        "rule": problem.rule.id,
                        "level": problem.level.name(),
                        "message": problem.message,
                        "detail": problem.detail,
                        "line": problem.line,
                        "column": problem.column,
                        "fingerprint": format!("{:016x}", problem.fingerprint),
                    })
                })
                .collect();
            json!({ "name": case.name, "file": case.file, "line": case.line, "problems": problems })
        })
        .collect();
    format!("{:#}", json!({ "version": VERSION, "command": report.command, "statements": statements }))
}
