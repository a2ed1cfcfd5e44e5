//! IN→EXISTS or materialization of an IN subquery (spec 05 §8.4, §8.5).

use super::hints::{SubqueryChoice, subquery_choice};
use super::materialization::{self, Possible};
use super::state::{JoinState, MaterializationCosts};
use super::trace;
use crate::context::Context;
use crate::query::{BlockId, Expr, ExprId, Query, SubqueryKind, TableSet, TermKind, UnitRole};

/// Where in the plan of an enclosing block the subquery is evaluated, and how often: from the nearest block outwards, up to
/// the first that is evaluated once.
#[derive(Clone, Debug, PartialEq)]
pub struct ParentPlan {
    /// Number of the enclosing block.
    pub select_id: u32,
    /// Table that the predicate is attached to, as the trace names it; none for the join's result.
    pub table: Option<String>,
    /// It is evaluated once, with the const tables.
    pub at_const_tables: bool,
    /// Evaluations for one execution of the enclosing block.
    pub fanout: f64,
    /// The enclosing block is evaluated once.
    pub cacheable: bool,
}

/// How an IN subquery is carried out.
#[derive(Debug)]
pub enum Decision {
    /// IN→EXISTS, with the plan at hand.
    Exists,
    /// Materialized: the plan without the injected conditions, and its costs.
    Materialize(Box<JoinState>, MaterializationCosts),
}

/// Decides for the block of a subquery, whose plan with injected conditions is `exists`. `parents` is empty while the
/// enclosing block has no plan.
pub fn decide(ctx: &Context<'_>, query: &Query, block: BlockId, exists: &JoinState, parents: &[ParentPlan]) -> Decision {
    let choice = subquery_choice(ctx.settings.switches, query, block);
    if choice == SubqueryChoice::Exists || (choice == SubqueryChoice::Cost && query[block].uncacheable.rand) {
        return Decision::Exists;
    }
    let pairs = match possible(query, block, parents) {
        Ok(pairs) => pairs,
        Err(cause) => {
            trace_impossible(ctx, query, block, cause);
            return Decision::Exists;
        }
    };
    trace_open(ctx, query, block);
    let added_to_where = !query[block].injected.where_.is_empty();
    let again = added_to_where.then(|| {
        ctx.trace(|t| t.open_array(Some("steps")));
        let again = super::plan_again(ctx, query, exists, TableSet::OUTER_REF);
        ctx.trace(|t| t.close());
        again
    });
    if !added_to_where {
        ctx.trace(|t| {
            t.field("surely_same_plan_as_EXISTS", true);
            t.field("cause", "EXISTS_did_not_change_WHERE");
        });
    }
    let plan = again.as_ref().unwrap_or(exists);
    let inner: Vec<ExprId> = pairs.iter().map(|pair| pair.1).collect();
    let costs = materialization::costs(ctx, query, &plan.tables, &inner, plan.best_rowcount as f64, plan.best_read);
    let evaluations: f64 = parents.iter().fold(1.0, |product, parent| product * parent.fanout);
    let cost_exists = evaluations * exists.best_read;
    let cost_materialize = costs.materialize + evaluations * costs.lookup;
    let chosen = choice == SubqueryChoice::Materialization || cost_materialize < cost_exists;
    ctx.trace(|t| {
        t.open_object(Some("subq_mat_decision"));
        t.open_array(Some("parent_fanouts"));
        for parent in parents {
            t.open_object(None);
            t.field("select#", parent.select_id);
            match &parent.table {
                _ if parent.at_const_tables => t.field("subq_attached_to_const_table", true),
                Some(table) => {
                    t.field("subq_attached_to_table", true);
                    t.field("table", table.as_str());
                }
                None => t.field("subq_attached_to_join_result", true),
            }
            t.field("fanout", trace::number(parent.fanout));
            t.field("cacheable", parent.cacheable);
            t.close();
        }
        t.close();
        t.field("cost_to_create_and_fill_materialized_table", trace::number(costs.materialize));
        t.field("cost_of_one_EXISTS", trace::number(exists.best_read));
        t.field("number_of_subquery_evaluations", trace::number(evaluations));
        t.field("cost_of_materialization", trace::number(cost_materialize));
        t.field("cost_of_EXISTS", trace::number(cost_exists));
        t.field("chosen", chosen);
        t.close();
        t.close();
        t.close();
    });
    if !chosen {
        return Decision::Exists;
    }
    let plan = again.unwrap_or_else(|| copy_of(exists));
    Decision::Materialize(Box::new(plan), costs)
}

fn copy_of(state: &JoinState) -> JoinState {
    JoinState {
        tables: state.tables.clone(),
        key_uses: state.key_uses.clone(),
        positions: state.positions.clone(),
        materialized: state.materialized.clone(),
        nests: state.nests.clone(),
        ..*state
    }
}

/// The compared pairs, if the subquery can be materialized; else why not (spec 05 §8.4 step 3).
fn possible(query: &Query, block: BlockId, parents: &[ParentPlan]) -> Result<Vec<(ExprId, ExprId)>, &'static str> {
    let b = &query[block];
    let unit = &query[b.unit];
    let subquery = match unit.role {
        UnitRole::Subquery(expr) => match &query.exprs[expr] {
            Expr::Subquery(subquery) if subquery.kind == SubqueryKind::In => subquery,
            _ => return Err("not an IN predicate"),
        },
        _ => return Err("not an IN predicate"),
    };
    if b.uncacheable.rand {
        return Err("non-deterministic");
    }
    if !matches!(unit.term.kind, TermKind::Block(_)) || !unit.term.order_by.is_empty() || unit.term.limit.is_some() {
        return Err("in set operation or a parenthesized query expression");
    }
    if b.leaves.is_empty() {
        return Err("no inner tables");
    }
    if parents.is_empty() {
        return Err("parent query has no JOIN");
    }
    if unit.outer.is_some_and(|outer| query[outer].leaves.is_empty()) {
        return Err("no tables in outer query");
    }
    if b.injected.uncacheable_before.dependent {
        return Err("correlated");
    }
    let Some(left) = subquery.left else { return Err("not an IN predicate") };
    let outer: Vec<ExprId> = match &query.exprs[query.real(left)] {
        Expr::Row(elements) => elements.clone(),
        _ => vec![left],
    };
    let pairs: Vec<(ExprId, ExprId)> = outer.into_iter().zip(b.items.iter().map(|item| item.expr)).collect();
    match materialization::possible(query, &pairs) {
        Possible::No => return Err("type mismatch"),
        Possible::Scan => return Err("inner blob"),
        Possible::Lookup => {}
    }
    let nullable = |expr: ExprId| query.exprs.facts(expr).nullable;
    let any_null = pairs.iter().any(|pair| nullable(pair.0) || nullable(pair.1));
    if !subquery.at_predicate_level && any_null && pairs.len() > 1 {
        return Err("cannot_handle_partial_matches");
    }
    Ok(pairs)
}

fn trace_impossible(ctx: &Context<'_>, query: &Query, block: BlockId, cause: &str) {
    ctx.trace(|t| {
        t.open_object(None);
        transformation(t, query[block].select_id);
        t.field("possible", false);
        t.field("cause", cause);
        t.close();
        t.close();
    });
}

fn transformation(t: &mut crate::trace::Trace, select_id: u32) {
    t.open_object(Some("transformation"));
    t.field("select#", select_id);
    t.field("from", "IN (SELECT)");
    t.field("to", "materialization");
}

fn trace_open(ctx: &Context<'_>, query: &Query, block: BlockId) {
    ctx.trace(|t| {
        t.open_object(None);
        transformation(t, query[block].select_id);
        t.field("possible", true);
        t.close();
        t.close();
        t.open_object(None);
        t.open_object(Some("execution_plan_for_potential_materialization"));
    });
}
