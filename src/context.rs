//! What every stage of planning one statement may look at.

pub mod notes;

use crate::catalog::{Catalog, RoutineVariable, Settings, Statistics};
use crate::trace::Trace;
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The surroundings of one statement: read-only, but for the record of decisions.
#[derive(Debug)]
pub struct Context<'a> {
    /// Schema, statistics, cost constants.
    pub catalog: &'a Catalog,
    /// Settings of this statement: server, SET, SET_VAR.
    pub settings: &'a Settings,
    /// Text of the statement, as key into captured answers.
    pub sql: &'a str,
    /// Parameters and local variables of the stored program that the statement stands in; they hide columns of their names.
    pub variables: &'a [RoutineVariable],
    /// The record of decisions, if asked for.
    pub trace: Option<RefCell<Trace>>,
    /// Ranges that no captured answer was found for, as the trace prints them.
    pub missed_dives: RefCell<Vec<String>>,
    /// Numbers of the query expressions whose rows were asked for while planning: these are planned even in a block that turns out
    /// to be empty.
    pub evaluated_units: RefCell<Vec<u32>>,
    /// Where numbers came from, if a trace is recorded.
    pub notes: RefCell<notes::Notes>,
    /// Raised by another thread when the plan is no longer wanted.
    pub interrupt: Option<Arc<AtomicBool>>,
}

impl Context<'_> {
    /// Answers about data.
    pub fn statistics(&self) -> &dyn Statistics {
        self.catalog.statistics.as_ref()
    }
    /// True if the plan is no longer wanted.
    pub fn is_interrupted(&self) -> bool {
        self.interrupt.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
    /// Cost constants.
    pub fn costs(&self) -> &crate::cost::CostConstants {
        &self.catalog.costs
    }
    /// Notes that the rows of a query expression were asked for.
    pub fn note_evaluated(&self, unit: u32) {
        let mut units = self.evaluated_units.borrow_mut();
        if !units.contains(&unit) {
            units.push(unit);
        }
    }
    /// Notes where a number came from; the closure runs only if a trace was asked for.
    pub fn note(&self, record: impl FnOnce(&mut notes::Notes)) {
        if self.trace.is_some() {
            record(&mut self.notes.borrow_mut());
        }
    }
    /// Records a decision; the closure runs only if a trace was asked for.
    pub fn trace(&self, record: impl FnOnce(&mut Trace)) {
        if let Some(trace) = &self.trace {
            record(&mut trace.borrow_mut());
        }
    }
}
