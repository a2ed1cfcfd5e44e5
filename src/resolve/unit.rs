//! Query expressions: set operations, parentheses, their ORDER BY and LIMIT (spec 06 §16.1, 02 §1.2).

use super::ast_clause::AstClause;
use super::numbering::{Instance, key};
use super::terms::{self, Leaf, LimitNumber, Tail, TermPlan};
use super::{Resolver, server};
use crate::catalog::schema::same_name;
use crate::error::Result;
use crate::parse::ast::{self, Literal, OrderItem, QueryBody, QueryExpr, SetOperator};
use crate::query::{BlockId, Clause, Expr, ExprId, OrderElement, RefKind, Term, TermKind, Unit, UnitId, UnitRole};
use crate::value::Value;

impl Resolver<'_> {
    /// The outermost query expression.
    pub(super) fn root_unit(&mut self, query: &QueryExpr, instance: Instance) -> Result<()> {
        let root = self.query.root;
        self.unit(root, query, instance, None)
    }

    /// Adds an empty query expression.
    pub(super) fn new_unit(&mut self, role: UnitRole, clause: Clause, outer: Option<BlockId>) -> UnitId {
        let id = UnitId(self.query.units.len() as u32);
        self.query.units.push(Unit::new(role, clause, outer));
        id
    }

    /// Hangs a query expression into the block that contains it: newest, that is greatest number, first.
    pub(super) fn add_inner_unit(&mut self, block: BlockId, unit: UnitId) {
        let number = |q: &crate::query::Query, u: UnitId| q[u].blocks.first().map_or(0, |b| q[*b].select_id);
        let own = number(&self.query, unit);
        let place = self.query[block].inner_units.iter().position(|other| number(&self.query, *other) < own);
        let units = &mut self.query.blocks[block.0 as usize].inner_units;
        units.insert(place.unwrap_or(units.len()), unit);
    }

    /// Resolves a query expression into `unit`; names that its blocks do not know are searched in `sees`.
    pub(super) fn unit(&mut self, unit: UnitId, query: &QueryExpr, instance: Instance, sees: Option<BlockId>) -> Result<()> {
        let top_level = unit == self.query.root;
        let plan = terms::plan(query, top_level);
        self.query[unit].text = Some(std::sync::Arc::from(self.source(query.span)));
        let mut recursive_met = false;
        for leaf in plan.leaves() {
            for with in &leaf.withs {
                self.with_lists.push((key(*with, instance), unit));
            }
            let number = self.numbering.block(leaf.body, instance);
            let recursive = self.numbering.is_recursive(leaf.body, instance);
            if recursive {
                self.check_recursive_member(unit, &plan, leaf)?;
                self.fix_recursion(unit)?;
                recursive_met = true;
                self.query[unit].recursive = true;
            } else if recursive_met {
                return self.recursive_order(unit);
            }
            let block = self.new_block(unit, number, instance, sees);
            self.query[block].recursive = recursive;
            self.query[unit].blocks.push(block);
            self.leaf(block, leaf)?;
            self.check_same_width(unit, block)?;
            if recursive {
                self.check_recursive_block(unit, block)?;
            }
        }
        let ids: Vec<u32> = self.numbering.nodes(query, instance).to_vec();
        let blocks = self.query[unit].blocks.clone();
        let mut places = Places { blocks: blocks.iter(), ids: ids.iter() };
        let term = self.term(unit, &plan, &mut places)?;
        self.query[unit].term = term;
        self.unite_flags(unit);
        Ok(())
    }

    fn check_same_width(&self, unit: UnitId, block: BlockId) -> Result<()> {
        let first = self.query[unit].blocks[0];
        if self.query[first].items.len() != self.query[block].items.len() {
            return server(1222, "21000", "The used SELECT statements have a different number of columns");
        }
        Ok(())
    }

    /// If one operand cannot be evaluated once, none can (spec 02 §5.8).
    fn unite_flags(&mut self, unit: UnitId) {
        let blocks = self.query[unit].blocks.clone();
        if blocks.len() < 2 || !blocks.iter().any(|b| self.query[*b].uncacheable.any()) {
            return;
        }
        for block in blocks {
            if !self.query[block].uncacheable.any() {
                self.query[block].uncacheable.united = true;
            }
        }
    }

    fn term(&mut self, unit: UnitId, plan: &TermPlan<'_>, places: &mut Places<'_>) -> Result<Term> {
        match plan {
            TermPlan::Block(_) => {
                let block = places.blocks.next().copied().unwrap_or(BlockId(0));
                Ok(Term {
                    kind: TermKind::Block(block),
                    select_id: self.query[block].select_id,
                    order_by: Vec::new(),
                    limit: None,
                    offset: None,
                })
            }
            TermPlan::Set { operator, children, distinct_until, tail } => {
                let children = children.iter().map(|child| self.term(unit, child, places)).collect::<Result<Vec<_>>>()?;
                let kind = TermKind::SetOperation { operator: *operator, children, distinct_until: *distinct_until };
                self.node(unit, kind, tail, places)
            }
            TermPlan::Parenthesized { inner, tail } => {
                let inner = self.term(unit, inner, places)?;
                self.node(unit, TermKind::Parenthesized(Box::new(inner)), tail, places)
            }
        }
    }

    fn node(&mut self, unit: UnitId, kind: TermKind, tail: &Tail<'_>, places: &mut Places<'_>) -> Result<Term> {
        let select_id = places.ids.next().copied().unwrap_or(0);
        let block = self.query[unit].blocks[0];
        let order_by = self.global_order(unit, tail.order_by)?;
        let limit = self.limit_number(block, tail.count)?;
        let offset = self.limit_number(block, tail.offset)?;
        Ok(Term { kind, select_id, order_by, limit, offset })
    }

    /// One number of a LIMIT as an expression.
    pub(super) fn limit_number(&mut self, block: BlockId, number: Option<LimitNumber<'_>>) -> Result<Option<ExprId>> {
        Ok(match number {
            None => None,
            Some(LimitNumber::Written(expr)) => Some(self.expr(block, expr)?),
            Some(LimitNumber::Merged(n)) => {
                let value = i64::try_from(n).map_or(Value::UInt(n), Value::Int);
                Some(self.query.add_literal(block, value))
            }
        })
    }

    /// ORDER BY of a set operation: names and positions of the result's columns.
    fn global_order(&mut self, unit: UnitId, items: &[OrderItem]) -> Result<Vec<OrderElement>> {
        let block = self.query[unit].blocks[0];
        let mut elements = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let (expr, position) = self.global_element(block, &item.expr)?;
            let aggregate = self.query.any(expr, &mut |q, id| matches!(q.exprs[id], Expr::Aggregate { .. }));
            if aggregate && position.is_none() {
                return server(
                    3028,
                    "HY000",
                    format!(
                        "Expression #{} of ORDER BY contains aggregate function and applies to a UNION, EXCEPT or INTERSECT",
                        index + 1
                    ),
                );
            }
            elements.push(OrderElement {
                expr,
                descending: item.descending,
                explicit_direction: item.explicit_direction,
                item: position,
                by_alias: position.is_some(),
            });
        }
        Ok(elements)
    }

    fn global_element(&mut self, block: BlockId, expr: &ast::Expr) -> Result<(ExprId, Option<usize>)> {
        let count = self.query[block].items.len();
        if let ast::Expr::Literal(Literal::Integer(digits)) = expr {
            return match digits.parse::<usize>() {
                Ok(n) if (1..=count).contains(&n) => Ok((self.result_column(block, n - 1), Some(n - 1))),
                _ => server(1054, "42S22", format!("Unknown column '{digits}' in 'order clause'")),
            };
        }
        if let ast::Expr::Column(name) = expr {
            if let Some(table) = &name.table {
                return server(
                    1250,
                    "42000",
                    format!("Table '{table}' from one of the SELECTs cannot be used in global ORDER clause"),
                );
            }
            let found = self.query[block].items.iter().position(|item| same_name(&item.name, &name.column));
            return match found {
                Some(position) => Ok((self.result_column(block, position), Some(position))),
                None => self.unknown_column(name, AstClause::OrderBy),
            };
        }
        // An expression over the result's columns.
        let state = self.state_mut(block);
        let scope = std::mem::take(&mut state.scope);
        let clause = std::mem::replace(&mut state.clause, AstClause::OrderBy);
        let resolved = self.expr(block, expr);
        let state = self.state_mut(block);
        state.scope = scope;
        state.clause = clause;
        Ok((resolved?, None))
    }

    fn result_column(&mut self, block: BlockId, position: usize) -> ExprId {
        let item = &self.query[block].items[position];
        let (target, name) = (item.expr, item.name.clone());
        self.query.add(block, Expr::Ref { target, kind: RefKind::Alias(name) })
    }

    fn leaf(&mut self, block: BlockId, leaf: &Leaf<'_>) -> Result<()> {
        match leaf.body {
            QueryBody::Select(select) => self.select(block, select, &leaf.tail),
            QueryBody::Values(rows) => self.values(block, rows, &leaf.tail),
            QueryBody::Table(name) => self.table_statement(block, name, &leaf.tail),
            QueryBody::SetOperation { .. } | QueryBody::Parens(_) => Ok(()),
        }
    }

    fn recursion_name(&self, unit: UnitId) -> &str {
        self.recursions.iter().rev().find(|r| r.unit == unit).map_or("", |r| &r.name)
    }

    fn recursive_order<T>(&self, unit: UnitId) -> Result<T> {
        let name = self.recursion_name(unit);
        server(
            3574,
            "HY000",
            format!(
                "Recursive Common Table Expression '{name}' should have one or more non-recursive query blocks followed by one or more recursive ones"
            ),
        )
    }

    fn check_recursive_member(&self, unit: UnitId, plan: &TermPlan<'_>, leaf: &Leaf<'_>) -> Result<()> {
        let name = self.recursion_name(unit);
        match plan {
            TermPlan::Set { operator: SetOperator::Union, tail, .. } => {
                if !tail.order_by.is_empty() {
                    return unsupported("ORDER BY over UNION in recursive Common Table Expression");
                }
            }
            _ => {
                return server(3573, "HY000", format!("Recursive Common Table Expression '{name}' should contain a UNION"));
            }
        }
        let distinct = matches!(leaf.body, QueryBody::Select(select) if select.options.distinct);
        if !leaf.tail.order_by.is_empty() || leaf.tail.count.is_some() || distinct {
            return unsupported("ORDER BY / LIMIT / SELECT DISTINCT in recursive query block of Common Table Expression");
        }
        if self.query[unit].blocks.is_empty() {
            return self.recursive_order(unit);
        }
        Ok(())
    }

    fn check_recursive_block(&self, unit: UnitId, block: BlockId) -> Result<()> {
        let b = &self.query[block];
        if b.grouped || !b.windows.is_empty() {
            let name = self.recursion_name(unit);
            return server(
                3575,
                "HY000",
                format!(
                    "Recursive Common Table Expression '{name}' can contain neither aggregation nor window functions in recursive query block"
                ),
            );
        }
        Ok(())
    }
}

/// Error 1235.
pub(super) fn unsupported<T>(what: &str) -> Result<T> {
    server(1235, "42000", format!("This version of MySQL doesn't yet support '{what}'"))
}

/// Blocks and node numbers that are still to be given places in the tree, in the order of the plan.
struct Places<'p> {
    blocks: std::slice::Iter<'p, BlockId>,
    ids: std::slice::Iter<'p, u32>,
}
