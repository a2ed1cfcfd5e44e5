//! Where the parts of a table's condition go (spec 08 §3.4, §3.5).

use super::{Builder, Node, NodeKind};
use crate::catalog::Catalog;
use crate::context::Context;
use crate::evaluate::{Evaluated, evaluate, is_constant};
use crate::query::{BlockId, Expr, ExprFlags, ExprId, GuardKind, NestId, TableId, TableSet};
use std::cell::RefCell;

/// The first inner entry of a join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Table(TableId),
    /// The temporary table of a materialized antijoin.
    Nest(NestId),
    /// The innermost semijoin around.
    Semijoin,
}

/// A condition that waits for an outer join or semijoin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pending {
    pub(super) condition: ExprId,
    pub(super) owner: Owner,
}

/// When a guarded condition is checked.
enum Guarded {
    /// Above the outer join.
    Above(Owner),
    /// On rows of the inner side.
    Inside(Owner),
}

fn guarded(kind: GuardKind) -> Option<Guarded> {
    Some(match kind {
        GuardKind::FoundMatch(table) => Guarded::Above(Owner::Table(table)),
        GuardKind::FoundMatchOfNest(nest) => Guarded::Above(Owner::Nest(nest)),
        GuardKind::IsNotNullComplement(table) => Guarded::Inside(Owner::Table(table)),
        GuardKind::IsNotNullComplementOfNest(nest) => Guarded::Inside(Owner::Nest(nest)),
        GuardKind::OuterFieldIsNotNull => return None,
    })
}

/// The parts of a table's condition.
#[derive(Debug, Default)]
pub(super) struct Split {
    /// Checked on the table's rows.
    pub(super) below: Vec<ExprId>,
    /// Checked above an outer join.
    pub(super) above: Vec<Pending>,
    /// Conditions of a hash join.
    pub(super) join: Vec<Pending>,
}

/// What decides where conditions go.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SplitAs {
    /// A join around collects conditions for hashing.
    pub(super) collects_join_conditions: bool,
    /// That join is a semijoin.
    pub(super) in_semijoin: bool,
}

impl<'p> Builder<'p> {
    /// The members of a conjunction, to any depth.
    pub(super) fn flatten(&self, condition: ExprId, out: &mut Vec<ExprId>) {
        match &self.plan.query.exprs[condition] {
            Expr::And(members) => members.iter().for_each(|member| self.flatten(*member, out)),
            // What is constant while running prints as a cache elsewhere; guards inside still belong to their joins.
            Expr::Cache(inner) if self.holds_guards(*inner) => self.flatten(*inner, out),
            _ => out.push(condition),
        }
    }

    /// Splits the condition of one table.
    pub(super) fn split(&self, condition: Option<ExprId>, own: impl Fn(ExprId) -> bool, how: SplitAs) -> Split {
        let mut split = Split::default();
        let mut members = Vec::new();
        if let Some(condition) = condition {
            self.flatten(condition, &mut members);
        }
        for member in members {
            self.split_member(member, &own, how, &mut split);
        }
        split
    }

    fn split_member(&self, member: ExprId, own: &impl Fn(ExprId) -> bool, how: SplitAs, split: &mut Split) {
        let exprs = &self.plan.query.exprs;
        let guard = |id: ExprId| match &exprs[id] {
            Expr::Guard { kind, condition } => guarded(*kind).map(|guarded| (guarded, *condition)),
            _ => None,
        };
        match guard(member) {
            Some((Guarded::Above(owner), condition)) => split.above.push(Pending { condition, owner }),
            Some((Guarded::Inside(owner), condition)) => match guard(condition) {
                Some((Guarded::Above(inner) | Guarded::Inside(inner), _)) => {
                    let mut innermost = condition;
                    while let Some((_, condition)) = guard(innermost) {
                        innermost = condition;
                    }
                    if how.collects_join_conditions {
                        split.join.push(Pending { condition: innermost, owner });
                    } else {
                        split.above.push(Pending { condition: innermost, owner: inner });
                    }
                }
                None if how.collects_join_conditions => {
                    let owner = if how.in_semijoin { Owner::Semijoin } else { owner };
                    split.join.push(Pending { condition, owner });
                }
                None => split.below.push(condition),
            },
            None if how.collects_join_conditions && how.in_semijoin && !self.is_guard(member) && !own(member) => {
                split.join.push(Pending { condition: member, owner: Owner::Semijoin });
            }
            None => split.below.push(member),
        }
    }

    fn holds_guards(&self, condition: ExprId) -> bool {
        match &self.plan.query.exprs[condition] {
            Expr::And(members) => members.iter().any(|member| self.is_guard(*member)),
            _ => self.is_guard(condition),
        }
    }

    fn is_guard(&self, condition: ExprId) -> bool {
        matches!(self.plan.query.exprs[condition], Expr::Guard { .. })
    }

    /// True, false or unknown if the condition is constant; none if it is not.
    pub(super) fn constant_truth(&self, condition: ExprId) -> Option<Option<bool>> {
        let query = &self.plan.query;
        if matches!(query.exprs[condition], Expr::AntijoinMarker) {
            return Some(Some(false));
        }
        // What is constant only while running is not looked at: subqueries, NOW(), user variables.
        let facts = query.exprs.facts(condition);
        let runs = facts.flags.any(ExprFlags::SUBQUERY) || facts.used.meets(TableSet::INNER);
        if runs || !is_constant(query, condition) {
            return None;
        }
        let catalog = Catalog { statistics: self.plan.statistics.clone(), ..Catalog::empty() };
        let ctx = Context {
            catalog: &catalog,
            settings: &self.plan.settings,
            sql: &query.sql,
            variables: &[],
            trace: None,
            missed_dives: RefCell::default(),
            interrupt: None,
            evaluated_units: Default::default(),
            notes: Default::default(),
        };
        match evaluate(&ctx, query, condition) {
            Evaluated::Known(value) => Some(Evaluated::Known(value).truth()),
            _ => None,
        }
    }

    /// A filter with the child's numbers; constant conditions go, a false one leaves no rows (spec 08 §3.5).
    pub(super) fn attach_filter(&self, child: Node<'p>, conditions: Vec<ExprId>, block: BlockId) -> Node<'p> {
        let mut kept = Vec::with_capacity(conditions.len());
        for condition in conditions {
            match self.constant_truth(condition) {
                None => kept.push(condition),
                Some(Some(true)) => {}
                Some(_) => {
                    if matches!(child.kind, NodeKind::Lookup { lookup: super::LookupType::MultiRange, .. }) {
                        kept.push(condition);
                        continue;
                    }
                    let mut node = Node::new(NodeKind::ZeroRows("Impossible filter".into()), Vec::new());
                    (node.rows, node.cost, node.init) = (0.0, 0.0, 0.0);
                    return node;
                }
            }
        }
        if kept.is_empty() { child } else { Node::above(NodeKind::Filter { conditions: kept, block }, child) }
    }
}
