//! `myexplain diff`: plans under two bundles, settings or suppositions, or of two recordings.

use crate::output::print;
use crate::terminal::Terminal;
use crate::what_if_args::WhatIfArgs;
use crate::{Failure, Found, session};
use anstyle::{AnsiColor, Style};
use clap::{Args, ValueEnum};
use myexplain::Catalog;
use myexplain::catalog::ServerVersion;
use myexplain::compare::{self, Cause, PlanDiff, StatementDiff};
use myexplain::explain::tree::push_number;
use myexplain::ingest::ReadPlan;
use myexplain::parse::script::{self, ScriptStatement};
use myexplain::planner::parallel;
use myexplain::what_if::{Change, WhatIf};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Arguments of `diff`.
#[derive(Args, Debug)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Diff {
    /// Up to two bundles (A, B) and a file of statements; or two recordings, EXPLAIN texts or directories of recordings
    #[arg(value_name = "A B FILE")]
    paths: Vec<PathBuf>,

    /// The statement
    #[arg(short = 'e', long = "execute", value_name = "SQL")]
    sql: Option<String>,

    /// Set a session variable on side A; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    a_set: Vec<String>,

    /// Set a session variable on side B; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    b_set: Vec<String>,

    /// Release that side A follows
    #[arg(long, value_name = "VERSION")]
    a_version: Option<ServerVersion>,

    /// Release that side B follows, or both sides: 8.0..9.7
    #[arg(long, visible_alias = "b-version", value_name = "VERSION|A..B", conflicts_with = "a_version")]
    server_version: Option<Releases>,

    #[command(flatten)]
    supposed: WhatIfArgs,

    /// Form of the output
    #[arg(short, long, value_enum, default_value_t)]
    format: DiffFormat,

    /// Exit with 1 if a plan changed, or if a number did
    #[arg(long, value_enum)]
    fail_on: Option<FailOn>,

    /// Threads to plan with; the result does not depend on it
    #[arg(short, long)]
    jobs: Option<usize>,
}

/// Releases of both sides.
#[derive(Clone, Copy, Debug)]
struct Releases {
    /// None: as the bundle says.
    a: Option<ServerVersion>,
    b: ServerVersion,
}

impl FromStr for Releases {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let release = |text: &str| text.parse::<ServerVersion>().map_err(|error| error.to_string());
        match text.split_once("..") {
            Some((a, b)) => Ok(Releases { a: Some(release(a)?), b: release(b)? }),
            None => Ok(Releases { a: None, b: release(text)? }),
        }
    }
}

const AFTER_HELP: &str = "\
What is supposed (--add-index, --rows, --set and the others) holds on side B. Without a bundle, the built-in employees schema is used.

    myexplain diff yesterday.tar.zst today.tar.zst workload.sql
    myexplain diff bundle --add-index 'ALTER TABLE t ADD INDEX k (a)' workload.sql
    myexplain diff --server-version 8.0..9.7 workload.sql       what an upgrade would change
    myexplain diff before.txt after.txt         two EXPLAIN outputs or recordings

The likely cause is found by trying: side A with one difference of side B at a time.";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum DiffFormat {
    #[default]
    Text,
    Json,
    Markdown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// A decision: join order, access, key, strategy
    Change,
    /// A decision, a cost or a row count
    Numbers,
}

/// What a path names.
enum Side {
    Bundle(PathBuf),
    /// Plans by name.
    Plans(Vec<(String, ReadPlan)>),
}

impl Diff {
    pub(crate) fn run(&self, terminal: Terminal) -> Result<Found, Failure> {
        let mut sides = Vec::new();
        let mut statements: Vec<ScriptStatement> = self.sql.iter().flat_map(|sql| script::read(sql)).collect();
        for path in &self.paths {
            match named(path)? {
                Named::Side(side) => sides.push(side),
                Named::Statements(found) => statements.extend(found),
            }
        }
        if sides.len() > 2 {
            return Err("more than two sides given: diff compares A with B".to_owned().into());
        }
        let mut sides = sides.into_iter();
        let found = match (sides.next(), sides.next()) {
            (Some(Side::Plans(a)), Some(Side::Plans(b))) => compare_read(&a, &b),
            (Some(Side::Plans(_)), _) | (_, Some(Side::Plans(_))) => {
                return Err("give two EXPLAIN texts or recordings, or bundles on both sides".to_owned().into());
            }
            (a, b) => self.compare_planned(a.as_ref(), b.as_ref(), statements)?,
        };
        print(&self.report(&found, terminal))?;
        Ok(if self.fails(&found) { Found::Differences } else { Found::Nothing })
    }

    fn compare_planned(
        &self,
        a: Option<&Side>,
        b: Option<&Side>,
        statements: Vec<ScriptStatement>,
    ) -> Result<Vec<StatementDiff>, Failure> {
        if statements.is_empty() {
            return Err("no statement given: use -e SQL or a file of statements".to_owned().into());
        }
        if let [axis, ..] = &self.supposed.varied[..] {
            return Err(format!("{axis} is given as a range: only 'myexplain sweep' varies anything").into());
        }
        let load = |side: Option<&Side>| match side {
            Some(Side::Bundle(path)) => session::load(Some(path)),
            _ => session::load(None),
        };
        let before = load(a)?;
        let after = if b.is_some() { load(b)? } else { before.clone() };
        let of_a = self.a_version.or(self.server_version.and_then(|releases| releases.a));
        let of_b = self.server_version.map(|releases| releases.b);
        let old = supposed(&before, of_a, &WhatIf::default(), &self.a_set)?;
        let new = supposed(&after, of_b, &self.supposed.what_if, &self.b_set)?;
        Ok(compare::workload(&old, &new, &statements, self.jobs.unwrap_or_else(parallel::default_jobs)))
    }

    fn fails(&self, found: &[StatementDiff]) -> bool {
        let numbers = |statement: &StatementDiff| statement.diff.as_ref().is_some_and(|diff| !diff.is_empty());
        match self.fail_on {
            None => false,
            Some(FailOn::Change) => found.iter().any(StatementDiff::changed),
            Some(FailOn::Numbers) => found.iter().any(|statement| statement.changed() || numbers(statement)),
        }
    }

    fn report(&self, found: &[StatementDiff], terminal: Terminal) -> String {
        match self.format {
            DiffFormat::Text => text(found, terminal),
            DiffFormat::Json => {
                format!("{:#}\n", json!({ "version": 1, "statements": found.iter().map(statement_json).collect::<Vec<_>>() }))
            }
            DiffFormat::Markdown => markdown(found),
        }
    }
}

fn supposed(catalog: &Catalog, version: Option<ServerVersion>, what_if: &WhatIf, sets: &[String]) -> Result<Catalog, Failure> {
    let changes: WhatIf = version.into_iter().map(Change::Version).chain(what_if.iter().cloned()).collect();
    let mut catalog = changes.apply(catalog).map_err(|error| error.to_string())?.catalog;
    session::assign(&mut catalog, sets).map_err(|error| error.to_string())?;
    Ok(catalog)
}

enum Named {
    Side(Side),
    Statements(Vec<ScriptStatement>),
}

/// A bundle, plans, or statements: by what lies at the path.
fn named(path: &Path) -> Result<Named, Failure> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if path.is_dir() {
        if path.join("schema.sql").exists() {
            return Ok(Named::Side(Side::Bundle(path.to_owned())));
        }
        let read = |path: PathBuf| {
            let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            Ok(session::read_text(&path)?).map(|text| ReadPlan::read(&text).map(|plan| (name, plan)))
        };
        let plans: Result<Vec<_>, String> = session::recordings_in(path)?.into_iter().map(read).collect();
        return Ok(Named::Side(Side::Plans(plans?.into_iter().flatten().collect())));
    }
    if [".zst", ".tar", ".gz", ".tgz"].iter().any(|end| name.ends_with(end)) {
        return Ok(Named::Side(Side::Bundle(path.to_owned())));
    }
    let text = session::read_text(path)?;
    let plans = if name.ends_with(".sql") { Vec::new() } else { myexplain::ingest::reader::read(&text).plans };
    if plans.is_empty() {
        return Ok(Named::Statements(script::read(&text)));
    }
    let plans = plans.into_iter().enumerate().map(|(no, plan)| (format!("plan-{}", no + 1), plan));
    Ok(Named::Side(Side::Plans(plans.collect())))
}

/// Plans of the same name, or single plans whatever their names.
fn compare_read(a: &[(String, ReadPlan)], b: &[(String, ReadPlan)]) -> Vec<StatementDiff> {
    let single = a.len() == 1 && b.len() == 1;
    let by_name: BTreeMap<&str, &ReadPlan> = b.iter().map(|(name, plan)| (name.as_str(), plan)).collect();
    let compare = |(name, before): &(String, ReadPlan)| {
        let after = if single { b.first().map(|(_, plan)| plan) } else { by_name.get(name.as_str()).copied() };
        let missing = after.is_none().then(|| "not recorded".to_owned());
        StatementDiff {
            name: name.clone(),
            line: 0,
            sql: before.sql.clone().unwrap_or_default(),
            diff: after.map(|after| PlanDiff::of_read(before, after)),
            cause: None,
            errors: (None, missing),
        }
    };
    let mut found: Vec<StatementDiff> = a.iter().map(compare).collect();
    found.sort_by(|a, b| b.changed().cmp(&a.changed()).then(b.cost_change().total_cmp(&a.cost_change())));
    found
}

/// Three significant digits.
fn short(number: f64) -> String {
    let mut text = String::new();
    push_number(&mut text, number);
    text
}

fn cost(diff: &PlanDiff) -> String {
    let ratio = diff.cost_ratio().filter(|ratio| (ratio - 1.0).abs() >= 0.005);
    let ratio = ratio.map(|ratio| format!(" (×{})", short(ratio))).unwrap_or_default();
    match diff.cost {
        (Some(before), Some(after)) if short(before) == short(after) => format!("cost {}", short(before)),
        (Some(before), Some(after)) => format!("cost {} → {}{ratio}", short(before), short(after)),
        _ => "cost unknown".to_owned(),
    }
}

/// Changes, then numbers, a line each.
fn lines(statement: &StatementDiff) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(diff) = &statement.diff {
        lines.extend(diff.changes.iter().map(ToString::to_string));
        let number = |number: Option<f64>| number.map_or_else(|| "–".to_owned(), short);
        for change in &diff.numbers {
            let pairs = [("rows", change.rows, ""), ("filtered", change.filtered, "%")];
            let shown = pairs.iter().filter(|(_, (before, after), _)| before != after);
            lines.extend(shown.map(|(what, (before, after), unit)| {
                format!("{}: {what} {}{unit} → {}{unit}", change.table, number(*before), number(*after))
            }));
        }
    }
    for (side, error) in [("before", &statement.errors.0), ("after", &statement.errors.1)] {
        lines.extend(error.iter().map(|error| format!("{side}: {error}")));
    }
    lines
}

fn summary(found: &[StatementDiff]) -> String {
    let changed = found.iter().filter(|statement| statement.changed()).count();
    let differs =
        |statement: &&StatementDiff| !statement.changed() && statement.diff.as_ref().is_some_and(|diff| !diff.is_empty());
    let numbers = found.iter().filter(differs).count();
    let unplanned = found.iter().filter(|statement| statement.diff.is_none()).count();
    let tail = if unplanned > 0 { format!(", {unplanned} not planned") } else { String::new() };
    let statements = if found.len() == 1 { "statement" } else { "statements" };
    format!("{} {statements}: {changed} with another plan, {numbers} with other numbers only{tail}", found.len())
}

/// Statements that differ in anything.
fn shown(found: &[StatementDiff]) -> impl Iterator<Item = &StatementDiff> {
    found.iter().filter(|statement| !lines(statement).is_empty() || statement.diff.as_ref().is_some_and(|diff| !diff.is_empty()))
}

fn text(found: &[StatementDiff], terminal: Terminal) -> String {
    let mut out = String::new();
    for statement in shown(found) {
        let color = match (statement.changed(), statement.cost_change()) {
            (false, _) => None,
            (true, rise) if rise > 0.0 => Some(AnsiColor::Red),
            _ => Some(AnsiColor::Green),
        };
        let style = Style::new().bold().fg_color(color.map(Into::into));
        out.push_str(&terminal.paint(style, &statement.name));
        if let Some(diff) = &statement.diff {
            out.push_str(&format!("  {}", cost(diff)));
        }
        out.push('\n');
        if let Some(cause) = &statement.cause {
            out.push_str(&format!("  likely cause: {cause}\n"));
        }
        lines(statement).iter().for_each(|line| out.push_str(&format!("  {line}\n")));
        out.push('\n');
    }
    out.push_str(&summary(found));
    out.push('\n');
    out
}

fn markdown(found: &[StatementDiff]) -> String {
    let mut out = format!("{}\n", summary(found));
    if shown(found).next().is_some() {
        out.push_str("\n| statement | cost | changes | likely cause |\n|---|---|---|---|\n");
    }
    for statement in shown(found) {
        let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
        let changes: Vec<String> = lines(statement).iter().map(|line| cell(line)).collect();
        let cause = statement.cause.as_ref().map(Cause::to_string).unwrap_or_default();
        let cost = statement.diff.as_ref().map(cost).unwrap_or_default();
        out.push_str(&format!("| {} | {cost} | {} | {} |\n", cell(&statement.name), changes.join("<br>"), cell(&cause)));
    }
    out
}

fn statement_json(statement: &StatementDiff) -> Value {
    let diff = statement.diff.as_ref();
    let changes = diff.map(|diff| diff.changes.iter());
    let changes: Vec<Value> = changes
        .into_iter()
        .flatten()
        .map(|change| json!({ "aspect": change.aspect.word(), "table": change.table, "before": change.before, "after": change.after }))
        .collect();
    let numbers: Vec<Value> = diff
        .into_iter()
        .flat_map(|diff| &diff.numbers)
        .map(|change| json!({ "table": change.table, "rows": [change.rows.0, change.rows.1], "filtered": [change.filtered.0, change.filtered.1] }))
        .collect();
    let (how, parts) = match &statement.cause {
        Some(Cause::Alone(parts)) => ("alone", parts.as_slice()),
        Some(Cause::Together(parts)) => ("together", parts.as_slice()),
        Some(Cause::Unknown) => ("unknown", [].as_slice()),
        None => ("none", [].as_slice()),
    };
    json!({
        "name": statement.name,
        "line": statement.line,
        "sql": statement.sql,
        "changed": statement.changed(),
        "cost": diff.map(|diff| [diff.cost.0, diff.cost.1]),
        "changes": changes,
        "numbers": numbers,
        "cause": { "how": how, "parts": parts.iter().map(ToString::to_string).collect::<Vec<_>>() },
        "errors": [statement.errors.0, statement.errors.1],
    })
}
