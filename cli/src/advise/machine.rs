//! Findings in the forms that CI systems and code hosts read.

use super::Advised;
use crate::report::{Case, Level, Problem, Report, RuleInfo, fingerprint};
use myexplain::advise::{Finding, Findings, Severity};

/// Findings as a report.
pub(super) fn report(advised: &[Advised], schema: &Findings) -> Report {
    let mut cases: Vec<Case> = advised.iter().map(case).collect();
    if !schema.found.is_empty() {
        let problems = schema.found.iter().map(|finding| problem(finding, 1, "schema")).collect();
        cases.push(Case { name: "schema".to_owned(), file: String::new(), line: 1, problems });
    }
    Report { command: "advise", cases }
}

fn case(one: &Advised) -> Case {
    let statement = &one.written.statement;
    let file = one.written.file.as_ref().map_or(String::new(), |file| file.display().to_string().replace('\\', "/"));
    let problems = match &one.findings {
        Ok(findings) => findings.found.iter().map(|finding| problem(finding, statement.line, &statement.sql)).collect(),
        Err(error) => {
            let rule = RuleInfo {
                id: "plan-error".to_owned(),
                summary: "A statement cannot be planned".to_owned(),
                help: String::new(),
                help_uri: None,
            };
            vec![Problem {
                rule,
                level: Level::Error,
                message: error.clone(),
                detail: Vec::new(),
                line: statement.line,
                column: 1,
                fingerprint: fingerprint(["plan-error", &statement.sql]),
            }]
        }
    };
    Case { name: statement.name.clone(), file, line: statement.line, problems }
}

fn problem(finding: &Finding, line: usize, sql: &str) -> Problem {
    let id = finding.rule.to_string();
    let summary = finding.rule().map_or("", |rule| rule.summary());
    let rule = RuleInfo {
        id: id.clone(),
        summary: summary.split_whitespace().collect::<Vec<_>>().join(" "),
        help: format!("{}\n\n{}", finding.why, finding.advice),
        help_uri: super::text::page_address(finding),
    };
    let mut detail: Vec<String> = finding.remark.iter().cloned().collect();
    if let Some(remedy) = &finding.remedy {
        detail.push(super::text::remedy_line(remedy));
        detail.extend(remedy.sql.lines().chain(remedy.note.lines()).map(str::to_owned));
    }
    Problem {
        rule,
        level: match finding.severity {
            Severity::Info => Level::Note,
            Severity::Warning => Level::Warning,
            Severity::Error => Level::Error,
        },
        message: finding.evidence.text.clone(),
        detail,
        line: finding.place.map_or(line, |place| line + place.line - 1),
        column: finding.place.map_or(1, |place| place.column),
        fingerprint: fingerprint([id.as_str(), sql, finding.table.as_deref().unwrap_or("")]),
    }
}
