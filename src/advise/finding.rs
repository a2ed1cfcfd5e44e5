//! What a finding says: the rule, the place, the numbers, and the remedy that was planned.

use super::rule::{self, Rule, RuleId};
use serde::Serialize;
use std::fmt;
use std::str::FromStr;

/// How much a finding matters; a greater one matters more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Costs time today or will when the table grows.
    Warning,
    /// Wrong result, or a cost out of all proportion.
    Error,
}

impl Severity {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Severity {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Severity::Info, Severity::Warning, Severity::Error];
        let named = all.into_iter().find(|severity| severity.name().eq_ignore_ascii_case(text));
        named.ok_or_else(|| format!("'{text}' is no severity; write error, warning or info"))
    }
}

/// A place in the text of the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Line in the statement, from 1.
    pub line: usize,
    /// Character in the line, from 1.
    pub column: usize,
}

/// A number that a finding rests on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Number {
    /// What it is: `rows`, `filtered`.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// Its unit: `rows`, `cost`, `%`, `bytes`; empty for a ratio or a plain count.
    pub unit: &'static str,
}

/// What was seen.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evidence {
    /// One sentence with the names and numbers of this statement.
    pub text: String,
    /// The numbers in it.
    pub numbers: Vec<Number>,
}

/// What a remedy changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RemedyKind {
    /// DDL for an index: new, changed or dropped.
    Index,
    /// ANALYZE TABLE … UPDATE HISTOGRAM.
    Histogram,
    /// Another text of the statement.
    Rewrite,
    /// The statement with an optimizer hint, or without one.
    Hint,
    /// A session variable.
    Setting,
}

impl RemedyKind {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            RemedyKind::Index => "index",
            RemedyKind::Histogram => "histogram",
            RemedyKind::Rewrite => "rewrite",
            RemedyKind::Hint => "hint",
            RemedyKind::Setting => "setting",
        }
    }
}

/// A change that was planned and found to help.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Remedy {
    /// What it changes.
    pub kind: RemedyKind,
    /// The DDL, the new statement, the SET.
    pub sql: String,
    /// What to know before one does it: size, algorithm and lock of a DDL; where a rewrite means something else.
    pub note: String,
    /// Cost of the statement as it is, in the optimizer's units.
    pub cost_before: f64,
    /// Cost with the remedy.
    pub cost_after: f64,
    /// Rows that the plan reads as it is.
    pub rows_before: f64,
    /// Rows that the plan reads with the remedy.
    pub rows_after: f64,
}

/// What one rule found at one place of a statement.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The rule.
    pub rule: RuleId,
    /// Its name: `full-scan`.
    pub name: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// Where in the statement; none for what the statement as a whole does.
    pub place: Option<Place>,
    /// Table that it is about, as `schema.table`.
    pub table: Option<String>,
    /// What was seen.
    pub evidence: Evidence,
    /// Why it matters.
    pub why: &'static str,
    /// What to do in general.
    pub advice: &'static str,
    /// What to do here, proven by planning it.
    pub remedy: Option<Remedy>,
    /// A remark, such as that its suppression has expired.
    pub remark: Option<String>,
}

impl Finding {
    /// The rule's entry in the registry.
    pub fn rule(&self) -> Option<&'static Rule> {
        rule::by_id(self.rule)
    }
}

/// What a rule's check returns: a finding without what the registry knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub(super) place: Option<Place>,
    pub(super) table: Option<String>,
    pub(super) text: String,
    pub(super) numbers: Vec<Number>,
    pub(super) remedy: Option<Remedy>,
}

impl Draft {
    /// A finding at a place, in one sentence.
    pub(super) fn at(place: Option<Place>, text: impl Into<String>) -> Draft {
        Draft { place, text: text.into(), ..Draft::default() }
    }

    /// With the table that it is about.
    pub(super) fn on(mut self, table: &crate::catalog::Table) -> Draft {
        self.table = Some(format!("{}.{}", table.schema, table.name));
        self
    }

    /// With a number.
    pub(super) fn number(mut self, name: &'static str, value: f64, unit: &'static str) -> Draft {
        self.numbers.push(Number { name, value, unit });
        self
    }

    /// With a remedy, if one was confirmed.
    pub(super) fn remedy(mut self, remedy: Option<Remedy>) -> Draft {
        self.remedy = remedy;
        self
    }

    /// The finding of a rule.
    pub(super) fn finish(self, rule: &'static Rule) -> Finding {
        Finding {
            rule: rule.id,
            name: rule.name,
            severity: rule.severity,
            place: self.place,
            table: self.table,
            evidence: Evidence { text: self.text, numbers: self.numbers },
            why: rule.why(),
            advice: rule.advice(),
            remedy: self.remedy,
            remark: None,
        }
    }
}
