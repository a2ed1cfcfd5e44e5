//! The planner: from a statement's text to its plan, stage by stage.

mod block;
mod derived;
pub mod parallel;
mod result_trace;
mod route;
mod secondary;
mod subquery;

use crate::catalog::{Catalog, RoutineVariable, ServerVersion, Settings};
use crate::context::Context;
use crate::error::{PlanError, Result};
use crate::explain::note;
use crate::finish;
use crate::parse;
use crate::parse::ast::Statement;
use crate::plan::{BlockPlan, Plan};
use crate::query::{Command, Query, UnitId};
use crate::resolve::{self, set_var};
use crate::rewrite;
use crate::trace::Trace;
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Plans statements against a catalog.
///
/// ```
/// let catalog = myexplain::Catalog::sample();
/// let plan = myexplain::Planner::new(&catalog).plan("SELECT * FROM employees WHERE emp_no = 10001")?;
/// assert_eq!(plan.query.blocks.len(), 1);
/// # Ok::<(), myexplain::PlanError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Planner<'c> {
    catalog: &'c Catalog,
    settings: Arc<Settings>,
    variables: Vec<RoutineVariable>,
    trace: bool,
    interrupt: Option<Arc<AtomicBool>>,
}

impl<'c> Planner<'c> {
    /// A planner with the settings that the catalog's server has.
    pub fn new(catalog: &'c Catalog) -> Self {
        Planner { catalog, settings: Arc::new(catalog.settings.clone()), variables: Vec::new(), trace: false, interrupt: None }
    }

    /// Changes a session variable, as SET SESSION does.
    ///
    /// # Errors
    /// Those of SET: an unknown variable (1193), a wrong value (1231).
    pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
        Arc::make_mut(&mut self.settings).assign(name, value)?;
        Ok(())
    }

    /// Follows another release than the catalog does.
    pub fn with_version(mut self, version: ServerVersion) -> Self {
        Arc::make_mut(&mut self.settings).set_version(version);
        self
    }

    /// Records the optimizer's decisions into the plan.
    pub fn with_trace(mut self, on: bool) -> Self {
        self.trace = on;
        self
    }

    /// Gives up with [`PlanError::Interrupted`](crate::PlanError::Interrupted) soon after the flag is raised: for an interface in
    /// which a newer statement makes an older one void.
    pub fn with_interrupt(mut self, flag: Arc<AtomicBool>) -> Self {
        self.interrupt = Some(flag);
        self
    }

    /// Plans statements as they stand in a stored program with these parameters and variables.
    pub fn with_variables(mut self, variables: Vec<RoutineVariable>) -> Self {
        self.variables = variables;
        self
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Plans one statement; `EXPLAIN` before it is ignored.
    ///
    /// # Errors
    /// What the server would refuse, with its code and text; what this planner does not cover.
    pub fn plan(&self, sql: &str) -> Result<Plan> {
        let statement = parse::statement(sql, &self.settings)?;
        self.plan_statement(&statement)
    }

    /// Plans a parsed statement.
    ///
    /// # Errors
    /// As [`Planner::plan`].
    pub fn plan_statement(&self, statement: &Statement) -> Result<Plan> {
        let hinted = set_var::apply(&statement.variables, &self.settings);
        let settings = match &hinted {
            Some(hinted) => Arc::new(hinted.settings.clone()),
            None => Arc::clone(&self.settings),
        };
        let context = Context {
            catalog: self.catalog,
            settings: &settings,
            sql: &statement.text,
            variables: &self.variables,
            trace: self.trace.then(RefCell::default),
            missed_dives: RefCell::default(),
            interrupt: self.interrupt.clone(),
            evaluated_units: Default::default(),
            notes: Default::default(),
        };
        let mut query = resolve::resolve(&context, statement)?;
        trace_preparation(&context, &query);
        let route = route::route(self.catalog, statement, &query);
        rewrite::prepare::prepare(&context, &mut query)?;
        let mut planning = Planning::new(&context, query);
        planning.plan_unit(planning.query.root)?;
        if context.is_interrupted() {
            return Err(PlanError::Interrupted);
        }
        planning.query.secondary_engine = planning.secondary_engine();
        let Planning { mut query, blocks, .. } = planning;
        if settings.version >= ServerVersion::V9_7 {
            finish::generated_keys::renumber(&mut query, &blocks);
        }
        let (trace, missed_dives, notes) = (context.trace, context.missed_dives.into_inner(), context.notes.into_inner());
        let changed = query[query.root].blocks.first().and_then(|block| blocks.get(block.0 as usize)?.as_ref());
        let immediate_targets = changed.map_or(Vec::new(), |plan| finish::immediate_targets(&query, plan));
        let executed = context.evaluated_units.into_inner().into_iter().map(UnitId).collect();
        Ok(Plan {
            query,
            blocks,
            settings,
            costs: self.catalog.costs,
            statistics: Arc::clone(&self.catalog.statistics),
            route,
            trace: trace.map(|trace| Trace::finish(trace.into_inner())),
            immediate_targets,
            executed,
            missed_dives,
            notes,
        })
    }
}

/// Records the blocks of the outermost query expression as their names were resolved (spec 09 §5.4).
fn trace_preparation(ctx: &Context<'_>, query: &Query) {
    if ctx.trace.is_none() || !matches!(query.command, Command::Select) {
        return;
    }
    for &block in &query[query.root].blocks {
        let text = note::expanded(query, block, ctx.settings);
        ctx.trace(|t| {
            t.open_object(None);
            t.open_object(Some("join_preparation"));
            t.field("select#", query[block].select_id);
            t.open_array(Some("steps"));
            t.open_object(None);
            t.field("expanded_query", text);
            t.close();
            t.close();
            t.close();
            t.close();
        });
    }
}

/// What planning one statement has found so far.
pub(crate) struct Planning<'a> {
    pub(crate) ctx: &'a Context<'a>,
    pub(crate) query: Query,
    /// Plans by block.
    pub(crate) blocks: Vec<Option<BlockPlan>>,
    /// Estimates by query expression.
    pub(crate) units: Vec<Option<derived::UnitEstimate>>,
}

impl<'a> Planning<'a> {
    fn new(ctx: &'a Context<'a>, query: Query) -> Self {
        let blocks = vec![None; query.blocks.len()];
        let units = vec![None; query.units.len()];
        Planning { ctx, query, blocks, units }
    }

    /// Plans the blocks of a query expression in order, unless it has been planned, and estimates its rows.
    pub(crate) fn plan_unit(&mut self, unit: UnitId) -> Result<()> {
        if self.units[unit.0 as usize].is_some() {
            return Ok(());
        }
        for block in self.query[unit].blocks.clone() {
            self.plan_block(block)?;
        }
        self.trace_results(unit);
        self.units[unit.0 as usize] = Some(self.estimate_unit(unit));
        Ok(())
    }
}
