//! The rules, a group of related ones in a file. A check returns drafts; ids, severities and pages are in the list below.

mod access;
mod predicates;

use super::finding::Severity::{Error, Info, Warning};
use super::rule::{Check, Rule, RuleId};

/// Rows from which on a table counts as large: a full scan of fewer rows is cheap.
const LARGE_TABLE: f64 = 10_000.0;

macro_rules! rule {
    ($id:literal, $page:literal, $name:literal, $severity:ident, $kind:ident($check:path)) => {
        Rule {
            id: RuleId($id),
            name: $name,
            severity: $severity,
            page: include_str!(concat!("../../../docs/rules/", $page, ".md")),
            check: Check::$kind($check),
        }
    };
}

/// All rules by id.
pub(super) const ALL: &[Rule] = &[
    rule!(1, "MX001", "full-scan", Warning, Statement(access::full_scan)),
    rule!(3, "MX003", "function-on-column", Warning, Statement(predicates::function_on_column)),
];
