//! Findings and advice: what is wrong with a statement, why, and what to do about it. Built only on the planner's public
//! interface; a remedy is given only if planning it again shows that it helps.
//!
//! ```
//! let catalog = myexplain::Catalog::sample();
//! let findings = myexplain::advise::find(&catalog, "SELECT * FROM employees WHERE YEAR(hire_date) = 1990")?;
//! assert_eq!(findings[0].rule.to_string(), "MX003");
//! # Ok::<(), myexplain::PlanError>(())
//! ```

pub mod alternatives;
pub mod as_hints;
mod candidate;
mod doubt;
mod finding;
pub mod indexes;
pub mod margins;
mod measure;
pub mod placeholders;
mod rule;
mod rules;
mod sargable;
mod subject;
mod suppress;
mod trace_reader;
pub mod trust;
pub mod why_not;
mod words;
mod workload;

pub use finding::{Evidence, Finding, Number, Place, Remedy, RemedyKind, Severity};
pub use measure::Measure;
pub use rule::{RULES, Rule, RuleId, by_id};
pub use suppress::{Allow, Day, Options, Suppressed, allowances};

use crate::catalog::Catalog;
use crate::error::Result;
use crate::parse;
use crate::plan::Plan;
use crate::planner::Planner;
use rule::Check;
use subject::Subject;
use workload::Workload;

/// What was found in one statement or workload, worst first, then by place and rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// Findings to show.
    pub found: Vec<Finding>,
    /// Findings that somebody accepted.
    pub suppressed: Vec<Suppressed>,
}

/// Finds what is wrong with a statement.
///
/// # Errors
/// As [`Planner::plan`].
pub fn find(catalog: &Catalog, sql: &str) -> Result<Vec<Finding>> {
    Ok(find_with(catalog, sql, &Options::default())?.found)
}

/// Finds what is wrong with a statement, under options; comments in its text that accept findings are respected.
///
/// # Errors
/// As [`Planner::plan`].
pub fn find_with(catalog: &Catalog, sql: &str, options: &Options) -> Result<Findings> {
    let statement = parse::statement(sql, &catalog.settings)?;
    let plan = Planner::new(catalog).with_trace(true).plan_statement(&statement)?;
    let subject = Subject::new(catalog, sql, &statement, &plan);
    let drafts = RULES.iter().filter_map(|rule| match rule.check {
        Check::Statement(check) => Some(check(&subject).into_iter().map(|draft| draft.finish(rule))),
        Check::Workload(_) => None,
    });
    Ok(judged(drafts.flatten().collect(), &options.with_comments(sql)))
}

/// Finds what is wrong with the schema that planned statements use. `complete`: these are all statements that it serves, so
/// that an index that none of them uses is of no use.
pub fn find_in_workload(catalog: &Catalog, plans: &[Plan], complete: bool, options: &Options) -> Findings {
    let workload = Workload { catalog, plans, complete };
    let drafts = RULES.iter().filter_map(|rule| match rule.check {
        Check::Workload(check) => Some(check(&workload).into_iter().map(|draft| draft.finish(rule))),
        Check::Statement(_) => None,
    });
    judged(drafts.flatten().collect(), options)
}

fn judged(findings: Vec<Finding>, options: &Options) -> Findings {
    let mut all = Findings::default();
    for judged in findings.into_iter().filter_map(|finding| options.judge(finding)) {
        match judged {
            Ok(finding) => all.found.push(finding),
            Err(suppressed) => all.suppressed.push(suppressed),
        }
    }
    let start = |finding: &Finding| finding.place.map_or(usize::MAX, |place| place.start);
    all.found.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), start(finding), finding.rule));
    all
}
