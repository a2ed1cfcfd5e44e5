//! The registry of rules: stable ids, severities and pages.

use super::finding::{Draft, Severity};
use super::rules;
use super::subject::Subject;
use super::workload::Workload;
use serde::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// The id of a rule: `MX001`. An id is never used again for another rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub u16);

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MX{:03}", self.0)
    }
}

impl FromStr for RuleId {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.trim().strip_prefix("MX").or_else(|| text.trim().strip_prefix("mx"));
        let number = digits.filter(|digits| digits.len() == 3).and_then(|digits| digits.parse().ok());
        number.map(RuleId).ok_or_else(|| format!("'{text}' is no rule; rules are named MX001 and so on"))
    }
}

impl Serialize for RuleId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
pub(super) enum Check {
    /// One statement with its plan.
    Statement(fn(&Subject<'_>) -> Vec<Draft>),
    /// All statements together, and the schema that they use.
    Workload(fn(&Workload<'_>) -> Vec<Draft>),
}

/// A rule.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// Its name in words: `full-scan`.
    pub name: &'static str,
    /// How much its findings matter, unless a finding says otherwise.
    pub severity: Severity,
    /// Its page, Markdown.
    pub page: &'static str,
    pub(super) check: Check,
}

impl Rule {
    /// What it finds, in one sentence.
    pub fn summary(&self) -> &'static str {
        let body = self.page.split_once("\n\n").map_or("", |(_, body)| body);
        body.split("\n\n").next().unwrap_or("").trim()
    }

    /// Why it matters.
    pub fn why(&self) -> &'static str {
        self.section("Why")
    }

    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        self.section("What to do")
    }

    /// True if it looks at all statements together.
    pub fn is_for_workloads(&self) -> bool {
        matches!(self.check, Check::Workload(_))
    }

    /// The text of a section of its page.
    pub fn section(&self, heading: &str) -> &'static str {
        let mut parts = self.page.split("\n## ");
        let found = parts.find_map(|part| part.strip_prefix(heading)?.strip_prefix('\n'));
        found.unwrap_or("").trim()
    }
}

/// All rules by id.
pub const RULES: &[Rule] = rules::ALL;

/// A rule by its id.
pub fn by_id(id: RuleId) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}
