//! Findings for a comment in a review.

use super::text::{amount, factor};
use super::{Advised, counts};
use myexplain::advise::{Finding, Findings};
use std::fmt::Write;

/// The whole report.
pub(super) fn report(advised: &[Advised], schema: &Findings) -> String {
    let all = advised.iter().filter_map(|one| one.findings.as_ref().ok()).chain([schema]);
    let summary = counts(all.flat_map(|findings| &findings.found));
    let mut out = format!("## Findings: {}\n", if summary.is_empty() { "none" } else { &summary });
    for one in advised {
        let Ok(findings) = &one.findings else { continue };
        if findings.found.is_empty() {
            continue;
        }
        let place = one.written.place(1).map_or(String::new(), |place| format!(" ({place})"));
        let _ = write!(out, "\n### {}{place}\n\n```sql\n{}\n```\n\n", one.written.statement.name, one.written.statement.sql);
        findings.found.iter().for_each(|finding| self::finding(&mut out, finding));
    }
    if !schema.found.is_empty() {
        out.push_str("\n### schema\n\n");
        schema.found.iter().for_each(|finding| self::finding(&mut out, finding));
    }
    out
}

fn finding(out: &mut String, finding: &Finding) {
    let place = finding.place.map_or(String::new(), |place| format!(" line {}, column {}:", place.line, place.column));
    let _ = writeln!(out, "- **{} {} {}**:{place} {}", finding.severity, finding.rule, finding.name, finding.evidence.text);
    if let Some(remark) = &finding.remark {
        let _ = writeln!(out, "  ({remark})");
    }
    let Some(remedy) = &finding.remedy else {
        let _ = writeln!(out, "  {}", finding.advice.split_whitespace().collect::<Vec<_>>().join(" "));
        return;
    };
    let _ = writeln!(
        out,
        "  \n  {}: cost {} → {}{}, rows read {} → {}\n\n  ```sql\n{}\n  ```\n",
        remedy.kind.name(),
        amount(remedy.cost_before),
        amount(remedy.cost_after),
        factor(remedy.cost_before, remedy.cost_after),
        amount(remedy.rows_before),
        amount(remedy.rows_after),
        remedy.sql.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n"),
    );
    for line in remedy.note.lines().filter(|line| !line.is_empty()) {
        let _ = writeln!(out, "  {line}\n");
    }
}
