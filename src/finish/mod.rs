//! Everything after the join order is known (spec 06, 04 §11): what each table checks and when, whether an index gives the
//! order, temporary tables, sorts, aggregation and windows; the result is the block's plan as EXPLAIN prints it.
//!
//! One file a step, called in the order of spec 06 §1 by [`finish`]. Later steps depend on what earlier ones left behind.

mod access;
mod aggregates;
mod assemble;
mod buffering;
mod casts;
mod cheaper;
mod clauses;
mod conditions;
mod distinct;
mod dml;
mod early;
mod equalities;
mod full_text;
pub mod generated_keys;
mod index_subquery;
mod layout;
mod lookup;
mod operands;
mod ordering;
mod place;
mod pushdown;
mod recheck;
mod reduce;
mod refine;
mod row_ids;
mod semijoin;
mod split;
mod steps;
mod tracing;
mod windows;

pub use dml::{data_change, immediate_targets};
pub use early::without_tables;

use crate::context::Context;
use crate::error::Result;
use crate::join::JoinState;
use crate::plan::{BlockPlan, Outcome};
use crate::query::Query;
use place::Work;

/// Finishes the plan of a block whose join order was searched (spec 06 §1). A block whose planning ended early in the search
/// (`JoinState::zero_result`) gets the plan of its message.
pub fn finish(ctx: &Context<'_>, query: &mut Query, state: JoinState) -> Result<BlockPlan> {
    let mut work = Work::new(ctx, query, state);
    if let Some(message) = work.state.zero_result {
        return Ok(work.zero_rows(message));
    }
    work.lay_out();
    work.choose_access();
    work.substitute_equalities()?;
    work.make_lookups();
    if let Err(message) = work.attach_conditions() {
        return Ok(work.zero_rows(message));
    }
    work.optimize_distinct_group_order();
    if let Err(message) = work.evaluate_having() {
        return Ok(work.zero_rows(message));
    }
    if work.becomes_index_subquery() {
        work.index_subquery = true;
        work.finalize_conditions();
        work.refine();
        return Ok(work.into_plan(Outcome::Planned));
    }
    work.set_up_join_buffers();
    work.decide_temporary_table();
    work.look_for_index_order();
    work.read_primary_keys();
    work.finalize_conditions();
    work.refine();
    work.trace_refinement();
    work.make_steps();
    work.trace_steps();
    work.adjust_hash_join_operands();
    work.withdraw_sort_cost();
    work.show_casts();
    Ok(work.into_plan(Outcome::Planned))
}
