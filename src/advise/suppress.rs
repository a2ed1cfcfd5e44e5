//! Findings that somebody has looked at and accepted: in SQL comments and in a configuration.

use super::finding::{Finding, Severity};
use super::rule::RuleId;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    /// Year.
    pub year: u16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day, 1 to 31.
    pub day: u8,
}

impl FromStr for Day {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.splitn(3, '-');
        let mut part = |digits: usize| parts.next().filter(|part| part.len() == digits)?.parse::<u16>().ok();
        let day = (|| Some((part(4)?, part(2)?, part(2)?)))();
        let in_calendar = day.filter(|(_, month, day)| (1..=12).contains(month) && (1..=31).contains(day));
        let day = in_calendar.map(|(year, month, day)| Day { year, month: month as u8, day: day as u8 });
        day.ok_or_else(|| format!("'{text}' is no date; write YYYY-MM-DD"))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// That findings of a rule are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    /// The rule.
    pub rule: RuleId,
    /// Last day on which it holds; none for ever.
    pub until: Option<Day>,
    /// Why.
    pub reason: String,
    /// Only findings about this table (`schema.table` or `table`), if given.
    pub table: Option<String>,
}

/// What is known besides the statement: accepted findings, severities, the day.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Accepted findings.
    pub allow: Vec<Allow>,
    /// Severities other than the rules' own; none switches the rule off.
    pub severity: BTreeMap<RuleId, Option<Severity>>,
    /// Today; without it no acceptance expires.
    pub today: Option<Day>,
}

/// A finding that was accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// Why it was accepted.
    pub reason: String,
}

impl Options {
    /// These options and what the comments of a statement accept.
    pub fn with_comments(&self, text: &str) -> Options {
        let mut options = self.clone();
        options.allow.extend(allowances(text));
        options
    }

    /// The finding as these options want it: kept, or the reason why it is not shown.
    pub(super) fn judge(&self, mut finding: Finding) -> Option<Result<Finding, Suppressed>> {
        match self.severity.get(&finding.rule) {
            Some(None) => return None,
            Some(Some(severity)) => finding.severity = *severity,
            None => {}
        }
        let about =
            |allow: &&Allow| allow.rule == finding.rule && allow.table.as_deref().is_none_or(|table| is_about(&finding, table));
        let (expired, holding): (Vec<_>, Vec<_>) = self
            .allow
            .iter()
            .filter(about)
            .partition(|allow| self.today.zip(allow.until).is_some_and(|(today, until)| today > until));
        if let Some(allow) = holding.first() {
            return Some(Err(Suppressed { reason: allow.reason.clone(), finding }));
        }
        if let Some(until) = expired.iter().filter_map(|allow| allow.until).max() {
            finding.remark = Some(format!("its suppression expired on {until}"));
        }
        Some(Ok(finding))
    }
}

fn is_about(finding: &Finding, table: &str) -> bool {
    let Some(found) = finding.table.as_deref() else { return false };
    found.eq_ignore_ascii_case(table) || found.rsplit_once('.').is_some_and(|(_, name)| name.eq_ignore_ascii_case(table))
}

/// What comments like `-- myexplain: allow=MX003,MX007 until=2026-12-31 reason=a report, once a night` accept.
pub fn allowances(text: &str) -> Vec<Allow> {
    let marked = text.lines().filter_map(|line| line.split_once("myexplain:")).filter(|(before, _)| is_comment_start(before));
    marked.flat_map(|(_, pragma)| allowances_of(pragma)).collect()
}

fn is_comment_start(before: &str) -> bool {
    let before = before.trim_end();
    before.is_empty() || before.ends_with("--") || before.ends_with('#') || before.ends_with("/*") || before.ends_with('*')
}

fn allowances_of(pragma: &str) -> Vec<Allow> {
    let pragma = pragma.split("*/").next().unwrap_or(pragma);
    let (fields, reason) = pragma.split_once("reason=").unwrap_or((pragma, ""));
    let mut rules: Vec<RuleId> = Vec::new();
    let (mut until, mut table) = (None, None);
    for field in fields.split_whitespace() {
        match field.split_once('=') {
            Some(("allow", list)) => rules.extend(list.split(',').filter_map(|id| id.parse::<RuleId>().ok())),
            Some(("until", day)) => until = day.parse().ok(),
            Some(("table", name)) => table = Some(name.to_owned()),
            _ => {}
        }
    }
    let reason = reason.trim().trim_matches('"').to_owned();
    rules.into_iter().map(|rule| Allow { rule, until, reason: reason.clone(), table: table.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_tell_rules_date_and_reason() {
        let found = allowances("-- myexplain: allow=MX003,MX007 until=2026-12-31 reason=a report, once a night\nSELECT 1");
        assert_eq!(found.iter().map(|allow| allow.rule.0).collect::<Vec<_>>(), [3, 7]);
        assert_eq!(found[0].until.map(|day| day.to_string()).as_deref(), Some("2026-12-31"));
        assert_eq!(found[0].reason, "a report, once a night");
        assert_eq!(allowances("/* myexplain: allow=MX003 table=t reason=x */ SELECT 1")[0].table.as_deref(), Some("t"));
        assert!(allowances("SELECT 'not a comment, myexplain: allow=MX003'").is_empty());
    }

    #[test]
    fn days_are_read_with_care() {
        assert!("2026-13-01".parse::<Day>().is_err());
        assert!("2026-1-1".parse::<Day>().is_err());
        assert!("2026-02-01".parse::<Day>() < "2026-11-30".parse::<Day>());
    }
}
