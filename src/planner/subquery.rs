//! IN subqueries that are not joins: by EXISTS or materialized (spec 05 §8.4, §8.5).

use super::Planning;
use crate::join::{self, Decision, JoinState, ParentPlan};
use crate::plan::BlockPlan;
use crate::query::{BlockId, Expr, ExprId, LiteralForm, Query, SubqueryStrategy, UnitRole};
use crate::value::Value;

impl Planning<'_> {
    /// Decides for the block of an IN subquery whose plan with the injected conditions was searched, and takes the injection
    /// back if materialization wins.
    pub(super) fn decide_subquery(&mut self, block: BlockId, state: JoinState) -> JoinState {
        let Some(predicate) = self.undecided_predicate(block) else { return state };
        let parents = self.parent_plans(block);
        match join::decide(self.ctx, &self.query, block, &state, &parents) {
            Decision::Exists => {
                set_strategy(&mut self.query, predicate, SubqueryStrategy::Exists);
                state
            }
            Decision::Materialize(mut plan, _) => {
                set_strategy(&mut self.query, predicate, SubqueryStrategy::Materialize);
                self.take_back_injection(block);
                plan.where_ = self.query[block].where_;
                *plan
            }
        }
    }

    fn undecided_predicate(&self, block: BlockId) -> Option<ExprId> {
        let UnitRole::Subquery(predicate) = self.query[self.query[block].unit].role else { return None };
        match &self.query.exprs[predicate] {
            Expr::Subquery(subquery) if subquery.strategy == SubqueryStrategy::Undecided => Some(predicate),
            _ => None,
        }
    }

    /// From the nearest enclosing block outwards, up to the first that is evaluated once.
    fn parent_plans(&self, block: BlockId) -> Vec<ParentPlan> {
        let mut parents = Vec::new();
        let mut unit = self.query[block].unit;
        while let (UnitRole::Subquery(predicate), Some(outer)) = (self.query[unit].role, self.query[unit].outer) {
            let Some(plan) = &self.blocks[outer.0 as usize] else { break };
            // An UPDATE or DELETE of one table is planned without a join: nothing is known of how often it asks.
            if plan.data_change.is_some() {
                break;
            }
            let cacheable = !self.query[outer].uncacheable.any();
            parents.push(self.parent_plan(outer, plan, predicate, cacheable));
            if cacheable {
                break;
            }
            unit = self.query[outer].unit;
        }
        parents
    }

    fn parent_plan(&self, outer: BlockId, plan: &BlockPlan, predicate: ExprId, cacheable: bool) -> ParentPlan {
        let select_id = self.query[outer].select_id;
        let attached = plan.tables.iter().position(|access| {
            let conditions = [access.condition, access.index_condition];
            conditions.into_iter().flatten().any(|root| self.query.any(root, &mut |_, id| id == predicate))
        });
        let all_const = plan.const_tables == plan.primary_tables;
        if all_const || attached.is_some_and(|place| place < plan.const_tables) {
            return ParentPlan { select_id, table: None, at_const_tables: true, fanout: 1.0, cacheable };
        }
        let Some(place) = attached else {
            let fanout = plan.best_rowcount as f64;
            return ParentPlan { select_id, table: None, at_const_tables: false, fanout, cacheable };
        };
        let access = &plan.tables[place];
        let starts_nest = access.inner_of.is_some()
            && plan.tables.get(place.wrapping_sub(1)).is_none_or(|before| before.inner_of != access.inner_of);
        let before = place.checked_sub(1).filter(|_| place > plan.const_tables && !starts_nest);
        let prefix_rows = before.map_or(1.0, |before| plan.tables[before].prefix_rowcount);
        let table = access.table.map(|table| join::trace_name(&self.query, table));
        ParentPlan { select_id, table, at_const_tables: false, fanout: access.rows_fetched * prefix_rows, cacheable }
    }

    /// The injected conditions go; where nothing else stood, `true` stays behind (spec 02 §5.6).
    fn take_back_injection(&mut self, block: BlockId) {
        let injected = std::mem::take(&mut self.query[block].injected);
        self.query[block].uncacheable = injected.uncacheable_before;
        let unit = self.query[block].unit;
        self.query[unit].uncacheable = self.query[unit].uncacheable_before_injection;
        if let Some(condition) = self.query[block].where_
            && !injected.where_.is_empty()
        {
            self.query[block].where_ = Some(without(&mut self.query, block, condition, &injected.where_));
        }
        if let Some(condition) = self.query[block].having
            && !injected.having.is_empty()
        {
            self.query[block].having = Some(without(&mut self.query, block, condition, &injected.having));
        }
    }
}

fn set_strategy(query: &mut Query, predicate: ExprId, strategy: SubqueryStrategy) {
    if let Expr::Subquery(subquery) = &mut query.exprs[predicate] {
        subquery.strategy = strategy;
    }
}

/// A condition without some of its conjuncts.
fn without(query: &mut Query, block: BlockId, condition: ExprId, parts: &[ExprId]) -> ExprId {
    let members = match &query.exprs[condition] {
        Expr::And(members) => members.clone(),
        _ => vec![condition],
    };
    let kept: Vec<ExprId> = members.into_iter().filter(|member| !parts.contains(member)).collect();
    match kept.as_slice() {
        [] => query.add(block, Expr::Literal { value: Value::Int(1), form: LiteralForm::Boolean(true) }),
        [only] => *only,
        _ => query.add(block, Expr::And(kept)),
    }
}
