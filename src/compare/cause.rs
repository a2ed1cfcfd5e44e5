//! Why a plan changed, found by trying: the old catalog with one part of the new one at a time.

use super::mixed::{assign, mixed};
use crate::catalog::Catalog;
use crate::explain::decisions::Decisions;
use crate::plan::Plan;
use crate::planner::Planner;
use crate::planner::parallel::guarded;
use crate::query::TableKind;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// A part of what a plan is made from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Part {
    /// The release that is followed.
    Version,
    /// The definition of a table or view (`schema.name`): columns, indexes, partitions.
    Definition(String),
    /// The statistics of a table: rows, index statistics, histograms, dives.
    Statistics(String),
    /// A variable, or `optimizer_switch` and one of its flags.
    Setting(String),
    /// Cost constants of the server and its engines.
    CostConstants,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Version => f.write_str("server version"),
            Part::Definition(table) => write!(f, "DDL of {table}"),
            Part::Statistics(table) => write!(f, "statistics of {table}"),
            Part::Setting(name) => write!(f, "setting {name}"),
            Part::CostConstants => f.write_str("cost constants"),
        }
    }
}

/// Why a plan changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Each of these alone makes the new plan from the old catalog.
    Alone(Vec<Part>),
    /// These make it together, and none of them can be left out.
    Together(Vec<Part>),
    /// All that differs does not make it: the difference is of another kind (rows or subqueries that were captured, a routine).
    Unknown,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |parts: &[Part], link: &str| parts.iter().map(Part::to_string).collect::<Vec<_>>().join(link);
        match self {
            Cause::Alone(parts) if parts.len() == 1 => f.write_str(&list(parts, "")),
            Cause::Alone(parts) => write!(f, "{} (each alone)", list(parts, ", or ")),
            Cause::Together(parts) => write!(f, "{} (together)", list(parts, " and ")),
            Cause::Unknown => f.write_str("unknown"),
        }
    }
}

/// What differs between two catalogs, whatever the statement.
#[derive(Debug)]
pub struct Suspects<'c> {
    old: &'c Catalog,
    new: &'c Catalog,
    parts: Vec<Part>,
}

/// Parts that are tried for one statement.
const MAX_PARTS: usize = 64;

impl<'c> Suspects<'c> {
    /// What differs between two catalogs.
    pub fn between(old: &'c Catalog, new: &'c Catalog) -> Suspects<'c> {
        let mut parts = Vec::new();
        if old.version() != new.version() {
            parts.push(Part::Version);
        }
        if old.costs != new.costs {
            parts.push(Part::CostConstants);
        }
        parts.extend(settings(old, new).into_iter().map(Part::Setting));
        let same_statistics = Arc::ptr_eq(&old.statistics, &new.statistics);
        for name in names(old).union(&names(new)) {
            if definition(old, name) != definition(new, name) {
                parts.push(Part::Definition(name.clone()));
            }
            if !same_statistics {
                parts.push(Part::Statistics(name.clone()));
            }
        }
        Suspects { old, new, parts }
    }

    /// Why a statement's plan changed; none if it did not.
    pub fn cause(&self, sql: &str, before: &Plan, after: &Plan) -> Option<Cause> {
        let wanted = Decisions::of(after);
        if Decisions::of(before) == wanted {
            return None;
        }
        let used: BTreeSet<String> = [before, after].into_iter().flat_map(used_tables).collect();
        let relevant = |part: &&Part| match part {
            Part::Definition(name) | Part::Statistics(name) => used.contains(name),
            _ => true,
        };
        let parts: Vec<Part> = self.parts.iter().filter(relevant).take(MAX_PARTS).cloned().collect();
        let alone: Vec<Part> =
            parts.iter().filter(|part| self.makes(std::slice::from_ref(*part), sql, &wanted)).cloned().collect();
        if !alone.is_empty() {
            return Some(Cause::Alone(alone));
        }
        if !self.makes(&parts, sql, &wanted) {
            return Some(Cause::Unknown);
        }
        let mut needed = parts;
        let mut no = 0;
        while no < needed.len() {
            let part = needed.remove(no);
            if !self.makes(&needed, sql, &wanted) {
                needed.insert(no, part);
                no += 1;
            }
        }
        Some(Cause::Together(needed))
    }

    /// Does the old catalog with these parts of the new one give the wanted plan?
    fn makes(&self, parts: &[Part], sql: &str, wanted: &Decisions) -> bool {
        let Some(catalog) = mixed(self.old, self.new, parts) else { return false };
        let plan = guarded(|| Planner::new(&catalog).plan(sql).map(|plan| Decisions::of(&plan)));
        matches!(plan, Ok(Ok(decisions)) if decisions == *wanted)
    }
}

/// Variables and flags that differ in a way that the planner sees.
fn settings(old: &Catalog, new: &Catalog) -> Vec<String> {
    let mut names: BTreeSet<String> = old.settings.variables.keys().chain(new.settings.variables.keys()).cloned().collect();
    names.remove("optimizer_switch");
    names.remove("version");
    let flags = |catalog: &Catalog| {
        catalog.settings.switches.text(catalog.version()).split(',').map(str::to_owned).collect::<BTreeSet<_>>()
    };
    for flag in flags(new).difference(&flags(old)) {
        let name = flag.split('=').next().unwrap_or_default();
        names.insert(format!("optimizer_switch {name}"));
    }
    let matters = |name: &String| {
        let mut tried = old.clone();
        assign(&mut tried, new, name)?;
        tried.settings.variables = Arc::clone(&old.settings.variables);
        (tried.settings != old.settings).then_some(())
    };
    names.into_iter().filter(|name| matters(name).is_some()).collect()
}

/// Tables and views as `schema.name`.
fn names(catalog: &Catalog) -> BTreeSet<String> {
    let tables = |schema: &crate::catalog::Schema| {
        let tables = schema.tables.values().map(|table| table.name.to_string());
        tables.chain(schema.views.values().map(|view| view.name.to_string())).collect::<Vec<_>>()
    };
    let all = catalog.schemas.iter().map(|(name, schema)| (name, tables(schema)));
    all.flat_map(|(schema, tables)| tables.into_iter().map(move |table| format!("{schema}.{table}"))).collect()
}

/// A definition as a text to compare.
fn definition(catalog: &Catalog, name: &str) -> Option<String> {
    let (schema, table) = name.split_once('.')?;
    let (schema, table) = (catalog.schemas.get(schema)?, table.to_lowercase());
    let of_table = schema.tables.get(&table).map(|table| format!("{table:?}"));
    of_table.or_else(|| Some(format!("{:?}", schema.views.get(&table)?)))
}

fn used_tables(plan: &Plan) -> Vec<String> {
    let base = plan.query.tables.iter().filter(|table| matches!(table.kind, TableKind::Base));
    base.map(|table| format!("{}.{}", table.table.schema, table.table.name)).collect()
}
