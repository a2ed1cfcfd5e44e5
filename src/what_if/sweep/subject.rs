//! The statement of a sweep, planned at one point.

use super::axis::{Axis, Parameter};
use super::selectivity::Selective;
use super::{Met, SweepError};
use crate::catalog::Catalog;
use crate::explain::decisions::Decisions;
use crate::parse;
use crate::parse::ast::Statement;
use crate::planner::Planner;
use crate::what_if::WhatIf;
use std::borrow::Cow;
use std::sync::Arc;

/// A statement and the catalog that it is planned against where nothing is varied.
pub(super) struct Subject<'c> {
    catalog: &'c Catalog,
    sql: &'c str,
    /// The statement, if its text stays the same at all points.
    parsed: Option<Statement>,
}

impl<'c> Subject<'c> {
    /// # Errors
    /// The axes do not fit the statement or the catalog.
    pub(super) fn new(catalog: &'c Catalog, sql: &'c str, axes: &[&Axis]) -> Result<Subject<'c>, SweepError> {
        for axis in axes {
            match &axis.parameter {
                Parameter::Literal(name) if substitute(sql, name, "0").is_none() => {
                    return Err(SweepError::Axis(format!(
                        "the statement has no :{name}; write it in place of the value to vary"
                    )));
                }
                Parameter::Limit if with_limit(sql, "1").is_none() => {
                    return Err(SweepError::Axis("the statement has no LIMIT with a number".to_owned()));
                }
                _ => {}
            }
        }
        let changes_text = |axis: &&Axis| matches!(axis.parameter, Parameter::Literal(_) | Parameter::Limit);
        let parsed = if axes.iter().any(changes_text) {
            None
        } else {
            Some(parse::statement(sql, &catalog.settings).map_err(crate::PlanError::from)?)
        };
        Ok(Subject { catalog, sql, parsed })
    }

    /// The plan where each axis has a value.
    pub(super) fn plan(&self, point: &[(&Axis, f64)]) -> Result<Met, SweepError> {
        let changes: WhatIf = point.iter().filter_map(|(axis, value)| axis.change(*value)).collect();
        let mut catalog = if changes.is_empty() {
            Cow::Borrowed(self.catalog)
        } else {
            Cow::Owned(changes.apply(self.catalog).map_err(|error| SweepError::Axis(error.to_string()))?.catalog)
        };
        let mut sql = Cow::Borrowed(self.sql);
        for (axis, value) in point {
            match &axis.parameter {
                Parameter::Selectivity(column) => {
                    let layer = Selective::new(&catalog, column, *value).map_err(SweepError::Axis)?;
                    catalog.to_mut().statistics = Arc::new(layer);
                }
                Parameter::Literal(name) => {
                    sql = substitute(&sql, name, &axis.literal(*value)).map_or(sql, Cow::Owned);
                }
                Parameter::Limit => sql = with_limit(&sql, &axis.literal(*value)).map_or(sql, Cow::Owned),
                _ => {}
            }
        }
        let planner = Planner::new(&catalog);
        let plan = match &self.parsed {
            Some(statement) => planner.plan_statement(statement),
            None => planner.plan(&sql),
        }?;
        Ok(Met { decisions: Decisions::of(&plan), cost: plan.total_cost() })
    }
}

/// The text with every `:name` outside of strings and comments replaced; none if there is none.
fn substitute(sql: &str, name: &str, value: &str) -> Option<String> {
    let mut out = String::with_capacity(sql.len() + value.len());
    let mut rest = sql;
    let mut found = false;
    while !rest.is_empty() {
        let behind = rest.strip_prefix(':').and_then(|rest| rest.strip_prefix(name));
        match behind.filter(|behind| !behind.starts_with(|c: char| c.is_alphanumeric() || c == '_')) {
            Some(behind) => {
                out.push_str(value);
                (rest, found) = (behind, true);
            }
            None => {
                let (piece, behind) = rest.split_at(parse::script::piece_length(rest).clamp(1, rest.len()));
                out.push_str(piece);
                rest = behind;
            }
        }
    }
    found.then_some(out)
}

/// The text with another number behind its last LIMIT; none if there is no LIMIT with a number.
fn with_limit(sql: &str, value: &str) -> Option<String> {
    let mut at = None;
    let mut place = 0;
    while place < sql.len() {
        let rest = &sql[place..];
        let word = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_').len();
        if word > 0 {
            let behind = rest[word..].trim_start();
            let digits = behind.len() - behind.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            if rest[..word].eq_ignore_ascii_case("limit") && digits > 0 {
                let start = sql.len() - behind.len();
                at = Some(start..start + digits);
            }
            place += word;
        } else {
            place += parse::script::piece_length(rest).clamp(1, rest.len());
        }
    }
    let at = at?;
    Some(format!("{}{value}{}", &sql[..at.start], &sql[at.end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_placeholder_outside_of_strings_is_replaced() {
        let sql = "SELECT ':a' FROM t WHERE x < :a AND y = :ab /* :a */";
        assert_eq!(substitute(sql, "a", "5").as_deref(), Some("SELECT ':a' FROM t WHERE x < 5 AND y = :ab /* :a */"));
        assert_eq!(substitute(sql, "b", "5"), None);
    }

    #[test]
    fn the_last_limit_counts() {
        let sql = "SELECT * FROM (SELECT 1 FROM t LIMIT 3) d WHERE 'limit 4' = x_limit Limit  20";
        let expected = "SELECT * FROM (SELECT 1 FROM t LIMIT 3) d WHERE 'limit 4' = x_limit Limit  7";
        assert_eq!(with_limit(sql, "7").as_deref(), Some(expected));
        assert_eq!(with_limit("SELECT 'LIMIT 1'", "7"), None);
    }
}
