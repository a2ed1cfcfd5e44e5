//! The optimizer trace of a set operation's result: a block of its own that scans the temporary table (spec 09 §5.3, 06 §16.3).

use super::Planning;
use crate::parse::ast::SetOperator;
use crate::query::{Command, Term, TermKind, UnitId, UnitRole};
use crate::trace::Trace;

impl Planning<'_> {
    /// Records the blocks of all results of a query expression that are stored before they are read.
    pub(super) fn trace_results(&self, unit: UnitId) {
        let unit = &self.query[unit];
        let into_derived = matches!(unit.role, UnitRole::Derived(_)) && unit.term.order_by.is_empty();
        let inserts = matches!(self.query.command, Command::Insert(_) | Command::Replace(_)) && unit.role == UnitRole::Top;
        self.trace_term(&unit.term, true, inserts, into_derived);
    }

    fn trace_term(&self, term: &Term, is_top: bool, inserts: bool, into_derived: bool) {
        let stored = match &term.kind {
            TermKind::Block(_) => return,
            TermKind::Parenthesized(inner) => {
                self.trace_term(inner, false, false, false);
                true
            }
            TermKind::SetOperation { operator, children, distinct_until } => {
                children.iter().for_each(|child| self.trace_term(child, false, false, false));
                !is_top || *operator != SetOperator::Union || distinct_until.is_some() || !term.order_by.is_empty() || inserts
            }
        };
        if stored && !into_derived {
            let (select_id, sorts) = (term.select_id, !term.order_by.is_empty());
            let scan_cost = self.ctx.costs().memory_block_read * 10.0;
            self.ctx.trace(|trace| record(trace, select_id, sorts, scan_cost));
        }
    }
}

/// The result is planned before it has rows: a scan of an empty temporary table.
fn record(trace: &mut Trace, select_id: u32, sorts: bool, scan_cost: f64) {
    let table = "``";
    trace.open_object(None);
    trace.open_object(Some("join_optimization"));
    trace.field("select#", select_id);
    trace.open_array(Some("steps"));
    step(trace, "table_dependencies", |t| {
        t.field("table", table);
        t.field("row_may_be_null", false);
        t.field("map_bit", 0);
        t.open_array(Some("depends_on_map_bits"));
        t.close();
    });
    step(trace, "rows_estimation", |t| {
        t.field("table", table);
        t.open_object(Some("table_scan"));
        t.field("rows", 0);
        t.field("cost", scan_cost);
        t.close();
    });
    step(trace, "considered_execution_plans", |t| considered_plan(t, table, sorts, scan_cost));
    trace.close();
    trace.close();
    trace.close();
}

/// One step: an array of one object under a key.
fn step(trace: &mut Trace, key: &str, fill: impl FnOnce(&mut Trace)) {
    trace.open_object(None);
    trace.open_array(Some(key));
    trace.open_object(None);
    fill(trace);
    trace.close();
    trace.close();
    trace.close();
}

fn considered_plan(t: &mut Trace, table: &str, sorts: bool, scan_cost: f64) {
    t.open_array(Some("plan_prefix"));
    t.close();
    t.field("table", table);
    t.open_object(Some("best_access_path"));
    t.open_array(Some("considered_access_paths"));
    t.open_object(None);
    t.field("rows_to_scan", 0);
    t.field("access_type", "scan");
    t.field("resulting_rows", 0);
    t.field("cost", scan_cost);
    t.field("chosen", true);
    if sorts {
        t.field("use_tmp_table", true);
    }
    t.close();
    t.close();
    t.close();
    t.field("condition_filtering_pct", 100);
    t.field("rows_for_plan", 0);
    t.field("cost_for_plan", scan_cost);
    if sorts {
        t.field("sort_cost", 0);
        t.field("new_cost_for_plan", scan_cost);
    }
    t.field("chosen", true);
}
