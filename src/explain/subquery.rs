//! Subqueries in expressions, and the conditions that hold only in some states of a join (spec 08 §9.9).

use super::expression::Printer;
use crate::plan::{AccessMethod, AccessType, BlockPlan, TableAccess};
use crate::query::{
    Expr, ExprId, GuardKind, NestId, NestKind, Query, SubqueryExpr, SubqueryKind, SubqueryStrategy, TableId, TermKind,
    TruthValue, UnitId,
};

impl<'a> Printer<'_, 'a> {
    /// A subquery item, without the `<in_optimizer>` around it.
    pub(super) fn subquery(&mut self, subquery: &SubqueryExpr) {
        match (subquery.strategy, subquery.kind) {
            (SubqueryStrategy::Min, _) => {
                self.push("<min>");
                self.query_in_parentheses(subquery.unit);
            }
            (SubqueryStrategy::Max, _) => {
                self.push("<max>");
                self.query_in_parentheses(subquery.unit);
            }
            (_, SubqueryKind::Scalar) => self.query_in_parentheses(subquery.unit),
            (_, SubqueryKind::Exists) => self.exists(subquery),
            (SubqueryStrategy::Materialize, _) => self.materialized(subquery),
            _ => self.in_to_exists(subquery),
        }
    }

    fn exists(&mut self, subquery: &SubqueryExpr) {
        let negated = subquery.truth == TruthValue::Negated;
        self.push(if negated { "(not exists" } else { "exists" });
        self.query_in_parentheses(subquery.unit);
        if negated {
            self.push(")");
        }
        self.push(truth_suffix(subquery));
    }

    fn in_to_exists(&mut self, subquery: &SubqueryExpr) {
        if subquery.truth == TruthValue::Negated {
            self.push("not ");
        }
        self.push("<exists>");
        match self.index_lookup_plan(subquery.unit) {
            Some((plan, access)) if self.context.full_subqueries => self.index_lookup(subquery.unit, plan, access),
            _ => self.query_in_parentheses(subquery.unit),
        }
        self.push(truth_suffix(subquery));
    }

    /// The plan of a subquery that is executed as one index lookup, and its table.
    fn index_lookup_plan(&self, unit: UnitId) -> Option<(&'a BlockPlan, &'a TableAccess)> {
        let TermKind::Block(block) = &self.query[unit].term.kind else { return None };
        let plan = self.plan(*block).filter(|plan| plan.index_subquery)?;
        Some((plan, plan.tables.first()?))
    }

    /// `(<index_lookup>(<cache>(x) in t on k …))`
    fn index_lookup(&mut self, unit: UnitId, plan: &BlockPlan, access: &TableAccess) {
        let AccessMethod::Lookup(lookup) = &access.method else { return self.query_in_parentheses(unit) };
        let Some(table) = access.table.map(|id| &self.query[id]) else { return };
        let unique = access.access_type == AccessType::EqRef;
        self.push(if unique { "(<primary_index_lookup>(" } else { "(<index_lookup>(" });
        self.list(&lookup.values, ",");
        self.push(" in ");
        let derived = matches!(table.kind, crate::query::TableKind::Derived { .. });
        self.push(if derived { &table.alias } else { &table.table.name });
        self.push(" on ");
        self.push(table.table.indexes.get(usize::from(lookup.index)).map_or("", |index| &index.name));
        if access.access_type == AccessType::RefOrNull || (!unique && plan.having.is_some()) {
            self.push(" checking NULL");
        }
        if let Some(condition) = access.condition {
            self.around(" where ", condition, "");
        }
        if let Some(having) = plan.having {
            self.around(" having ", having, "");
        }
        self.push("))");
    }

    /// `x in (subquery)`, in full with the lookup into the temporary table.
    fn materialized(&mut self, subquery: &SubqueryExpr) {
        let Some(left) = subquery.left else { return };
        self.expr(left);
        self.push(if subquery.truth == TruthValue::Negated { " not in " } else { " in " });
        if self.context.full_subqueries {
            self.push("( <materialize> (");
            self.query_expression(subquery.unit);
            self.around(" ), <primary_index_lookup>(", left, " in <temporary table> on <auto_distinct_key> where (");
            self.materialized_comparisons(subquery.unit, left);
            self.push(")))");
        } else {
            self.query_in_parentheses(subquery.unit);
        }
        self.push(truth_suffix(subquery));
    }

    fn materialized_comparisons(&mut self, unit: UnitId, left: ExprId) {
        let lefts = match &self.query.exprs[left] {
            Expr::Row(args) => args.as_slice(),
            _ => std::slice::from_ref(&left),
        };
        let Some(block) = self.query[unit].blocks.first() else { return };
        for (i, (left, item)) in lefts.iter().zip(&self.query[*block].items).enumerate() {
            self.push(if i > 0 { " and " } else { "" });
            self.around("(", *left, " = ");
            self.name("<materialized_subquery>");
            self.push(".");
            self.name(&item.name);
            self.push(")");
        }
    }

    /// `(select #2)`, or the whole text.
    pub(super) fn query_in_parentheses(&mut self, unit: UnitId) {
        self.push("(");
        if self.context.full_subqueries {
            self.query_expression(unit);
        } else {
            self.push("select #");
            let number = self.query[unit].blocks.first().map_or(0, |block| self.query[*block].select_id);
            self.number(u64::from(number));
        }
        self.push(")");
    }

    /// The state that a guarded condition waits for.
    pub(super) fn guard(&mut self, kind: GuardKind) {
        match kind {
            GuardKind::IsNotNullComplement(table) => self.guarded_tables("is_not_null_compl(", table),
            GuardKind::FoundMatch(table) => self.guarded_tables("found_match(", table),
            GuardKind::IsNotNullComplementOfNest(nest) => self.guarded_nest("is_not_null_compl(", nest),
            GuardKind::FoundMatchOfNest(nest) => self.guarded_nest("found_match(", nest),
            GuardKind::OuterFieldIsNotNull => self.push("outer_field_is_not_null"),
        }
    }

    /// `<subqueryN>`: the temporary table of a materialized antijoin.
    fn guarded_nest(&mut self, words: &str, nest: NestId) {
        self.push(words);
        let number = nest_number(self.query, nest);
        self.push("<subquery");
        self.number(u64::from(number));
        self.push(">)");
    }

    /// `a..d`: the inner tables of an outer join in the order of the plan.
    fn guarded_tables(&mut self, words: &str, first: TableId) {
        self.push(words);
        self.push(&self.query[first].alias);
        let tables = self.plan(self.query[first].block).map_or(&[][..], |plan| &plan.tables);
        let first_place = tables.iter().position(|access| access.table == Some(first));
        let last_place = first_place.and_then(|place| tables[place].last_inner);
        if let Some(last) = last_place.filter(|last| Some(*last) != first_place).and_then(|place| tables.get(place)) {
            self.push("..");
            match (last.table, last.materialized) {
                (Some(table), _) => self.push(&self.query[table].alias),
                (None, Some(nest)) => {
                    let number = nest_number(self.query, nest);
                    self.push("<subquery");
                    self.number(u64::from(number));
                    self.push(">");
                }
                (None, None) => {}
            }
        }
        self.push(")");
    }
}

/// The tested truth value; that of WHERE itself does not print.
fn truth_suffix(subquery: &SubqueryExpr) -> &'static str {
    match subquery.truth {
        TruthValue::IsTrue if subquery.at_predicate_level => "",
        TruthValue::Identity | TruthValue::Negated => "",
        TruthValue::IsTrue => " is true",
        TruthValue::IsFalse => " is false",
        TruthValue::IsNotTrue => " is not true",
        TruthValue::IsNotFalse => " is not false",
    }
}

/// Number in `<subqueryN>` of a semijoin nest.
pub(super) fn nest_number(query: &Query, nest: NestId) -> u32 {
    match &query[nest].kind {
        NestKind::Semijoin(info) | NestKind::Antijoin(info) => info.select_id,
        NestKind::Join => 0,
    }
}

/// Number in `<subqueryN>` and name of a column of a semijoin nest's temporary table.
pub(super) fn materialized_column_name(query: &Query, nest: NestId, position: usize) -> (u32, &str) {
    let (NestKind::Semijoin(info) | NestKind::Antijoin(info)) = &query[nest].kind else { return (0, "") };
    let inner = info.pairs.get(position).map(|(_, inner)| *inner);
    // A pair that came from a decorrelated equality has no item of its own.
    let item = query[info.block].items.get(position).filter(|item| inner.is_none_or(|inner| query.same(item.expr, inner)));
    let item = item.map(|item| &*item.name);
    let column = || match info.pairs.get(position).map(|(_, inner)| &query.exprs[*inner]) {
        Some(Expr::Column { table, column }) => query[*table].table.columns.get(usize::from(*column)).map(|c| &*c.name),
        _ => None,
    };
    (info.select_id, column().or(item).unwrap_or(""))
}
