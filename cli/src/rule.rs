//! `myexplain rule`: what a rule looks for, and how to mend what it finds.

use crate::output::print;
use crate::{Failure, Found};
use clap::Args;
use myexplain::advise::{RULES, RuleId, by_id};

/// Arguments of `rule`.
#[derive(Args, Debug)]
pub(crate) struct Rule {
    /// The rule: MX001
    #[arg(value_name = "ID", required_unless_present = "list")]
    id: Option<RuleId>,

    /// List all rules
    #[arg(short, long, conflicts_with = "id")]
    list: bool,
}

impl Rule {
    pub(crate) fn run(&self) -> Result<Found, Failure> {
        let Some(id) = self.id else {
            let lines = RULES.iter().map(|rule| {
                let summary = rule.summary().split_whitespace().collect::<Vec<_>>().join(" ");
                format!("{}  {:7}  {:26}  {summary}\n", rule.id, rule.severity, rule.name)
            });
            print(&lines.collect::<String>())?;
            return Ok(Found::Nothing);
        };
        let Some(rule) = by_id(id) else {
            return Err(format!("there is no rule {id}; 'myexplain rule --list' lists them").into());
        };
        print(rule.page)?;
        Ok(Found::Nothing)
    }
}
