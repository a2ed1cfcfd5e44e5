//! Blocks whose planning ends before tables are read (spec 06 §2).

use super::assemble::offset_of;
use super::place::{UNLIMITED, Work};
use crate::context::Context;
use crate::plan::block::ClauseFlags;
use crate::plan::{BlockPlan, Outcome};
use crate::query::{BlockId, Query};

/// The plan of a block that ends early: no tables, a message, VALUES. WHERE and HAVING that can never hold print as `false`.
pub fn without_tables(ctx: &Context<'_>, query: &mut Query, block: BlockId, outcome: Outcome) -> BlockPlan {
    let _ = ctx;
    let b = &query[block];
    let (mut where_, mut having) = (b.where_, b.having);
    let mut flags = ClauseFlags::default();
    flags.order_by.exists = !b.order_by.is_empty();
    flags.group_by.exists = !b.group_by.is_empty();
    flags.distinct.exists = b.options.distinct;
    let (group_by, order_by, distinct) = (b.group_by.clone(), b.order_by.clone(), b.options.distinct);
    let grouped = b.implicitly_grouped();
    let rows = match (&outcome, &b.values) {
        (Outcome::Values, Some(rows)) => rows.len() as u64,
        (Outcome::ZeroRows(_), _) => u64::from(grouped),
        _ => 1,
    };
    let row_limit = number(query, query[block].limit).map(|count| count.saturating_add(offset_of(query, block)));
    match outcome {
        Outcome::ZeroRows("Impossible WHERE") => where_ = Some(query.add_boolean(block, false)),
        Outcome::ZeroRows("Impossible HAVING") => having = Some(query.add_boolean(block, false)),
        _ => {}
    }
    let best_rowcount = if let Outcome::ZeroRows(_) = outcome { 0 } else { rows.min(row_limit.unwrap_or(UNLIMITED)) };
    BlockPlan {
        outcome,
        tables: Vec::new(),
        const_tables: 0,
        primary_tables: 0,
        best_read: 0.0,
        sort_cost: 0.0,
        windowing_cost: 0.0,
        best_rowcount,
        where_,
        having,
        final_having: having,
        group_by,
        order_by,
        distinct,
        flags,
        steps: Vec::new(),
        final_aggregate: grouped.then(Vec::new),
        group_optimized_away: false,
        count_only: false,
        window_order: Vec::new(),
        row_limit,
        row_offset: offset_of(query, block),
        index_subquery: false,
        window_steps: Vec::new(),
        data_change: None,
    }
}

fn number(query: &Query, expr: Option<crate::query::ExprId>) -> Option<u64> {
    use crate::query::Expr;
    use crate::value::Value;
    match &query.exprs[query.real(expr?)] {
        Expr::Literal { value: Value::Int(n), .. } => Some((*n).max(0) as u64),
        Expr::Literal { value: Value::UInt(n), .. } => Some(*n),
        _ => None,
    }
}

impl Work<'_, '_> {
    /// The plan of a message that came up after WHERE was substituted.
    pub(super) fn zero_rows(self, message: &'static str) -> BlockPlan {
        let (where_, having) = (self.where_, self.having);
        let best_rowcount = self.state.refined_rowcount();
        let mut plan = without_tables(self.ctx, self.query, self.block, Outcome::ZeroRows(message));
        plan.where_ = where_;
        plan.having = having;
        // What was estimated before stays: a derived table is not known to be empty.
        plan.best_rowcount = best_rowcount;
        if message == super::conditions::IMPOSSIBLE_HAVING {
            plan.having = Some(self.query.add_boolean(self.block, false));
        }
        plan
    }
}
