//! A planned statement, with everything that is shown of it.

use super::alternatives::{self, BlockAlternatives};
use super::details::{self, TableDetails};
use super::order::{self, JoinOrder};
use super::tree::{Node, Tree};
use myexplain::Catalog;
use myexplain::PlanError;
use myexplain::explain::decisions::Decisions;
use myexplain::explain::{client, json, note, traditional, tree};
use myexplain::plan::{Plan, TableAccess};
use myexplain::planner::Planner;
use myexplain::planner::parallel::guarded;
use myexplain::trace;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A statement with the settings that stand before it in its file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    /// The text.
    pub sql: String,
    /// Assignments as one would write them behind SET SESSION.
    pub sets: Vec<String>,
}

/// A plan and its texts.
#[derive(Clone, Debug, Default)]
pub struct Planned {
    /// The statement's text; none where a server's EXPLAIN was opened.
    pub sql: String,
    /// Cost of the whole statement in the optimizer's units.
    pub cost: f64,
    /// The tree.
    pub tree: Tree,
    /// The server's formats, where there are any.
    pub texts: Texts,
    /// The tables of the plan, in the order of the traditional table.
    pub tables: Vec<TableDetails>,
    /// The join order of each block.
    pub orders: Vec<JoinOrder>,
    /// What was weighed, by block.
    pub alternatives: Vec<BlockAlternatives>,
    /// What was decided, without numbers.
    pub decisions: Decisions,
    /// What the figures rest on that was not captured: one sentence each.
    pub doubts: Vec<String>,
    /// What is found wrong with the statement.
    pub findings: Vec<Finding>,
    /// The text was printed by a server, not planned here.
    pub from_server: bool,
}

/// Something that is wrong with a statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// `MX001`.
    pub id: String,
    /// `error`, `warning`, `info`.
    pub severity: String,
    /// What was found.
    pub text: String,
    /// What to do.
    pub advice: String,
}

/// The exact texts that a server would print.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Texts {
    pub traditional: String,
    pub tree: String,
    pub json: String,
    pub rewritten: String,
    pub trace: String,
    /// The traditional table with tabs, and the warnings: sections of a recording.
    pub tsv: String,
    pub warnings: String,
}

/// Why there is no plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// One sentence, in the server's words where it has some.
    pub text: String,
    /// Place in the statement, in characters: line and column, from 0.
    pub at: Option<(usize, usize)>,
}

impl Failure {
    /// A failure that is about no place.
    pub fn new(text: impl Into<String>) -> Failure {
        Failure { text: text.into(), at: None }
    }

    /// From an error of planning; a syntax error says where it is by quoting the text from there on.
    pub fn of(error: &PlanError, sql: &str) -> Failure {
        let text = error.to_string();
        let at = super::words::place_of_error(&text, sql);
        // What is quoted of the statement may reach over lines.
        Failure { text: text.replace('\n', " "), at }
    }
}

/// Plans a statement and makes everything that the panes show. A panic, which is a bug of this program, comes back as a failure.
/// `stop`: planning ends soon after it is raised.
pub fn plan(catalog: &Catalog, statement: &Statement, stop: &Arc<AtomicBool>) -> Result<Planned, Failure> {
    guarded(|| plan_unguarded(catalog, statement, stop))
        .unwrap_or_else(|panic| Err(Failure::new(format!("internal error, please report it: {panic}"))))
}

fn plan_unguarded(catalog: &Catalog, statement: &Statement, stop: &Arc<AtomicBool>) -> Result<Planned, Failure> {
    let mut planner = Planner::new(catalog).with_trace(true).with_interrupt(Arc::clone(stop));
    for set in &statement.sets {
        let (name, value) = set.split_once('=').unwrap_or((set, ""));
        planner.set(name.trim().trim_end_matches(':'), value.trim()).map_err(|error| Failure::of(&error, &statement.sql))?;
    }
    let plan = planner.plan(&statement.sql).map_err(|error| Failure::of(&error, &statement.sql))?;
    let mut planned = of_plan(catalog, &statement.sql, &plan);
    planned.findings = findings(catalog, &statement.sql);
    Ok(planned)
}

fn findings(catalog: &Catalog, sql: &str) -> Vec<Finding> {
    let found = guarded(|| myexplain::advise::find(catalog, sql)).ok().and_then(Result::ok).unwrap_or_default();
    let finding = |finding: myexplain::advise::Finding| Finding {
        id: finding.rule.to_string(),
        severity: finding.severity.name().to_owned(),
        text: finding.evidence.text,
        advice: finding.advice.to_owned(),
    };
    found.into_iter().map(finding).collect()
}

/// Everything that is shown of a plan.
pub fn of_plan(catalog: &Catalog, sql: &str, plan: &Plan) -> Planned {
    let rows = traditional::rows(plan);
    let steps = plan.trace.as_deref().unwrap_or_default();
    let (tables, accesses) = details::of_plan(plan);
    let mut doubts = catalog.assumptions.clone();
    let missed = plan.missed_dives.iter().map(|range| format!("rows in the range {range} were not captured: they are estimated"));
    doubts.extend(missed);
    Planned {
        sql: sql.to_owned(),
        cost: plan.total_cost(),
        tree: tree_of(plan, &tables, &accesses),
        texts: Texts {
            traditional: client::explain_table(&rows),
            tree: tree::render(plan),
            json: json::render(plan),
            rewritten: note::diagnostics(plan).iter().map(diagnostic_line).collect(),
            trace: trace::text::render(steps),
            tsv: traditional::tsv(plan),
            warnings: note::warnings(plan),
        },
        orders: order::of_plan(plan, &tables, &accesses),
        alternatives: alternatives::of_trace(steps),
        decisions: Decisions::of_rows(&rows),
        doubts,
        tables,
        findings: Vec::new(),
        from_server: false,
    }
}

fn diagnostic_line(diagnostic: &myexplain::query::Diagnostic) -> String {
    format!("{} (Code {}): {}\n", note::level_name(diagnostic.level), diagnostic.code, diagnostic.text)
}

/// The tree with what is known of the tables that its nodes read.
fn tree_of(plan: &Plan, tables: &[TableDetails], accesses: &[&TableAccess]) -> Tree {
    let lines = tree::lines(plan);
    let node = |line: tree::TreeLine<'_>| {
        let table = line.access.and_then(|access| accesses.iter().position(|own| std::ptr::eq(*own, access)));
        let details = table.and_then(|number| tables.get(number));
        Node {
            level: line.level,
            label: line.label,
            cost: line.cost,
            rows: line.rows,
            access_type: details.map(|details| details.access_type.clone()),
            index: details.and_then(|details| details.index.clone()),
            filtered: details.map(|details| details.filtered),
            table,
            ..Node::default()
        }
    };
    Tree::new(lines.into_iter().map(node).collect())
}
