//! SARIF 2.1.0, for code scanning.

use super::{Report, RuleInfo};
use serde_json::{Value, json};

pub(super) fn render(report: &Report) -> String {
    let mut rules: Vec<&RuleInfo> = report.problems().map(|(_, problem)| &problem.rule).collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    rules.dedup_by(|a, b| a.id == b.id);
    let results: Vec<Value> = report
        .problems()
        .map(|(case, problem)| {
            let mut text = problem.message.clone();
            for line in &problem.detail {
                text.push('\n');
                text.push_str(line);
            }
            json!({
                "ruleId": problem.rule.id,
                "ruleIndex": rules.iter().position(|rule| rule.id == problem.rule.id),
                "level": problem.level.name(),
                "message": { "text": text },
                "locations": [{
                    "physicalLocation": {
                        "artifactLocation": { "uri": uri(&case.file) },
                        "region": { "startLine": problem.line.max(1), "startColumn": problem.column.max(1) },
                    },
                    "logicalLocations": [{ "name": case.name, "kind": "member" }],
                }],
                "partialFingerprints": { "myexplain/v1": format!("{:016x}", problem.fingerprint) },
            })
        })
        .collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "myexplain",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| described(rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{document:#}")
}

fn described(rule: &RuleInfo) -> Value {
    let mut value = json!({
        "id": rule.id,
        "shortDescription": { "text": rule.summary },
        "help": { "text": rule.help, "markdown": rule.help },
    });
    if let Some(uri) = &rule.help_uri {
        value["helpUri"] = json!(uri);
    }
    value
}

/// A path as a relative URI reference.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}
