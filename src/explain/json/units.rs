//! Where nested query expressions go (spec 07 §9.6).

use super::Document;
use crate::plan::{BlockPlan, Plan};
use crate::query::{BlockId, Clause, Expr, ExprId, Query, SubqueryStrategy, UnitId, UnitRole};
use crate::{explain::traditional::block_message, query::TableKind};
use smallvec::SmallVec;

/// The query expressions directly inside a block, by the clause that lists them.
#[derive(Default)]
pub(super) struct Lists {
    /// With the clause that each is listed under; conditions that hold one list it at their table.
    listed: SmallVec<[(UnitId, Clause); 4]>,
    /// Derived tables.
    pub(super) derived: SmallVec<[UnitId; 2]>,
}

/// Lists at the end of the innermost level, in order.
const BLOCK_LISTS: [(&str, Clause); 6] = [
    ("select_list_subqueries", Clause::SelectList),
    ("update_value_subqueries", Clause::UpdateValue),
    ("insert_values_subqueries", Clause::InsertValues),
    ("insert_update_subqueries", Clause::InsertUpdate),
    ("having_subqueries", Clause::Having),
    ("optimized_away_subqueries", Clause::OptimizedAway),
];

impl Lists {
    pub(super) fn of(plan: &Plan, id: BlockId, block_plan: Option<&BlockPlan>) -> Lists {
        let block = &plan.query[id];
        let mut lists = Lists::default();
        if block.inner_units.is_empty() || block.empty {
            return lists;
        }
        let mut attached: SmallVec<[UnitId; 4]> = SmallVec::new();
        let conditions = block_plan.map_or(&[][..], |plan| &plan.tables).iter().filter_map(|access| access.condition);
        conditions.for_each(|condition| for_each_subquery(&plan.query, condition, &mut |unit| attached.push(unit)));
        let message = block_message(block_plan);
        let unplanned = block_plan.is_none();
        for unit in &block.inner_units {
            let data = &plan.query[*unit];
            if matches!(data.role, UnitRole::Derived(_)) {
                lists.derived.push(*unit);
                continue;
            }
            let clause = match data.clause {
                clause if unplanned => clause,
                _ if message.is_some() => Clause::OptimizedAway,
                Clause::Where if !attached.contains(unit) => Clause::OptimizedAway,
                clause => clause,
            };
            lists.listed.push((*unit, clause));
        }
        lists
    }

    fn has(&self, clause: Clause) -> bool {
        self.listed.iter().any(|(_, listed)| *listed == clause)
    }
}

impl Document<'_> {
    /// The lists of the block itself.
    pub(super) fn block_lists(&mut self, lists: &Lists) {
        for (key, clause) in BLOCK_LISTS {
            self.unit_list(key, lists, clause);
        }
    }

    /// One list, if it has members.
    pub(super) fn unit_list(&mut self, key: &str, lists: &Lists, clause: Clause) {
        if !lists.has(clause) {
            return;
        }
        self.writer.open_member(key, '[');
        for (unit, listed) in &lists.listed {
            if *listed == clause {
                self.subquery(*unit, clause);
            }
        }
        self.writer.close(']', Some(key));
    }

    /// `attached_subqueries` of a table's condition.
    pub(super) fn attached_subqueries(&mut self, condition: ExprId, lists: &Lists) {
        if !lists.has(Clause::Where) {
            return;
        }
        let mut found: SmallVec<[UnitId; 4]> = SmallVec::new();
        for_each_subquery(&self.plan.query, condition, &mut |unit| found.push(unit));
        let mut open = false;
        for (unit, clause) in &lists.listed {
            if *clause == Clause::Where && found.contains(unit) {
                if !open {
                    self.writer.open_member("attached_subqueries", '[');
                    open = true;
                }
                self.subquery(*unit, Clause::Where);
            }
        }
        if open {
            self.writer.close(']', Some("attached_subqueries"));
        }
    }

    /// An element of a list of subqueries.
    fn subquery(&mut self, unit: UnitId, clause: Clause) {
        let looked_up = matches!(clause, Clause::Where | Clause::Having | Clause::SelectList | Clause::GroupBy | Clause::OrderBy);
        self.writer.element();
        self.writer.open('{');
        if looked_up && self.is_materialized_in(unit) {
            self.materialized_in(unit);
        } else {
            if let Some(first) = self.plan.query[unit].blocks.first() {
                self.flags_of(*first);
            }
            self.query_block(unit);
        }
        self.writer.close('}', None);
    }

    fn is_materialized_in(&self, unit: UnitId) -> bool {
        let query = &self.plan.query;
        let UnitRole::Subquery(expr) = query[unit].role else { return false };
        matches!(&query.exprs[expr], Expr::Subquery(subquery) if subquery.strategy == SubqueryStrategy::Materialize)
    }

    /// An IN subquery that is materialized and looked up.
    fn materialized_in(&mut self, unit: UnitId) {
        self.writer.open_member("table", '{');
        self.writer.string("table_name", "<materialized_subquery>");
        self.writer.string("access_type", "eq_ref");
        self.writer.string("key", "<auto_key>");
        let start = self.writer.open_text("key_length");
        let bytes = key_bytes(&self.plan.query, unit);
        crate::explain::push_number(&mut self.writer.out, u64::from(bytes));
        self.writer.close_text(start);
        self.writer.number("rows_examined_per_scan", 1);
        self.writer.open_member("materialized_from_subquery", '{');
        self.writer.boolean("using_temporary_table", true);
        self.writer.boolean("dependent", true);
        self.writer.boolean("cacheable", false);
        self.query_block(unit);
        self.writer.close('}', Some("materialized_from_subquery"));
        self.writer.close('}', Some("table"));
    }

    /// `"materialized_from_subquery"` of a derived table.
    pub(super) fn materialized_unit(&mut self, unit: UnitId) {
        let query = &self.plan.query;
        self.writer.open_member("materialized_from_subquery", '{');
        let shared = match query[unit].role {
            UnitRole::Derived(table) => match query[table].kind {
                TableKind::Derived { shared_with: Some(first), .. } if first != table => {
                    crate::explain::facts::derived_number(query, first)
                }
                _ => None,
            },
            _ => None,
        };
        if let Some(number) = shared {
            self.writer.open_member("sharing_temporary_table_with", '{');
            self.writer.number("select_id", u64::from(number));
            self.writer.close('}', Some("sharing_temporary_table_with"));
        } else {
            self.writer.boolean("using_temporary_table", true);
            let first = query[unit].blocks.first().copied();
            let dependent = first.is_some_and(|block| crate::explain::traditional::dependent_and_cacheable(self.plan, block).0);
            self.writer.boolean("dependent", dependent);
            self.writer.boolean("cacheable", true);
            self.query_block(unit);
        }
        self.writer.close('}', Some("materialized_from_subquery"));
    }
}

/// Bytes of the key over all columns of a materialized subquery.
fn key_bytes(query: &Query, unit: UnitId) -> u32 {
    let Some(block) = query[unit].blocks.first() else { return 0 };
    let bytes = query[*block].items.iter().map(|item| {
        let facts = query.exprs.facts(item.expr);
        let length_bytes = if facts.ty.has_length_bytes() { 2 } else { 0 };
        facts.ty.key_bytes() + length_bytes + u32::from(facts.nullable)
    });
    bytes.sum()
}

/// Subqueries in an expression, those inside others (and left of IN) left out.
fn for_each_subquery(query: &Query, root: ExprId, visit: &mut dyn FnMut(UnitId)) {
    match &query.exprs[root] {
        Expr::Subquery(subquery) => visit(subquery.unit),
        Expr::InOptimizer { inner, .. } => for_each_subquery(query, *inner, visit),
        node => node.for_each_child(|child| for_each_subquery(query, child, visit)),
    }
}
