//! Conditions: constants, multiple equalities, folding, and printing equalities back for a join order (spec 02 §4).

mod cache;
mod casts;
mod constants;
mod conversions;
pub mod equalities;
mod folding;
mod hash_join;
mod linked;
pub mod literals;
mod substitute;
mod trivial;
mod uniqueness;

pub use cache::cache_constants;
pub use casts::add_casts;
pub use equalities::absorb_const_tables;
pub use hash_join::adjust_operands;
pub use substitute::{ChosenOrder, substitute_best_equal};
pub use trivial::remove_eq_conds;
pub use uniqueness::fixes_value;

use crate::context::Context;
use crate::error::Result;
use crate::evaluate::is_constant;
use crate::query::{BlockId, Command, ExprId, Query};

/// What is known of a condition as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It depends on rows.
    Ok,
    /// It always holds.
    True,
    /// It never holds.
    False,
}

/// Optimizes the WHERE and ON conditions of a block in the server's order (spec 02 §4.4). A WHERE that always holds is removed,
/// one that never holds becomes `false`.
pub fn optimize_where(ctx: &Context<'_>, query: &mut Query, block: BlockId) -> Result<Truth> {
    let written = query[block].where_;
    equalities::build(ctx, query, block)?;
    let Some(condition) = query[block].where_ else { return Ok(Truth::True) };
    // A lone equality moves into a multiple equality; the server goes on printing what was written.
    if written != Some(condition)
        && matches!(query.command, Command::Update { multi_table: false, .. } | Command::Delete { multi_table: false, .. })
    {
        query[block].written_where = written;
    }
    constants::propagate(ctx, query, condition);
    query.renew_facts(block, condition);
    let (condition, truth) = remove_eq_conds(ctx, query, block, condition)?;
    set_where(query, block, condition, truth);
    Ok(truth)
}

fn set_where(query: &mut Query, block: BlockId, condition: Option<ExprId>, truth: Truth) {
    query[block].where_ = match truth {
        Truth::False => Some(query.add_boolean(block, false)),
        Truth::True => None,
        Truth::Ok => condition,
    };
    if let Some(condition) = query[block].where_ {
        query.renew_facts(block, condition);
    }
}

/// Optimizes HAVING: constant propagation and trivial removal only. One that always holds becomes `true`.
pub fn optimize_having(ctx: &Context<'_>, query: &mut Query, block: BlockId) -> Result<Truth> {
    let Some(condition) = query[block].having else { return Ok(Truth::True) };
    constants::propagate(ctx, query, condition);
    let (condition, truth) = remove_eq_conds(ctx, query, block, condition)?;
    query[block].having = match truth {
        Truth::Ok => condition,
        Truth::True => Some(query.add_boolean(block, true)),
        Truth::False => Some(query.add_boolean(block, false)),
    };
    if let Some(condition) = query[block].having {
        query.renew_facts(block, condition);
    }
    Ok(truth)
}

/// A copy of a finished condition whose equalities have their constants in the columns' types: what UPDATE and DELETE of one
/// table check, while their note shows the constants as written.
pub fn folded_copy(ctx: &Context<'_>, query: &mut Query, block: BlockId, condition: ExprId) -> Result<ExprId> {
    let copy = query.copy(condition, block, &mut |_, _| None);
    Ok(match folding::fold(ctx, query, block, copy, true)? {
        (Some(folded), Truth::Ok) => folded,
        _ => copy,
    })
}

/// True if an expression is constant before the tables of its own block are read, those of at most one row included.
fn is_constant_before_tables(query: &Query, expr: ExprId) -> bool {
    query.exprs.facts(expr).used.tables().is_empty() && is_constant(query, expr)
}
