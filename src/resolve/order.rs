//! GROUP BY, HAVING and ORDER BY: names that mean select items, positions, aliases (spec 02 §1.1-3 and -4).

use super::ast_clause::AstClause;
use super::{Resolver, server};
use crate::catalog::schema::same_name;
use crate::error::Result;
use crate::parse::ast::{ColumnName, Expr as Ast, Literal, OrderItem};
use crate::query::{BlockId, Expr, ExprFlags, ExprId, OrderElement, RefKind};
use std::sync::Arc;

/// What an element of GROUP BY or ORDER BY is.
struct Element {
    expr: ExprId,
    item: Option<usize>,
    by_alias: bool,
}

impl Resolver<'_> {
    /// GROUP BY.
    pub(super) fn group_by(&mut self, block: BlockId, items: &[OrderItem]) -> Result<()> {
        self.state_mut(block).clause = AstClause::GroupBy;
        for item in items {
            let element = self.group_element(block, &item.expr)?;
            let flags = self.query.exprs.facts(element.expr).flags;
            if flags.any(ExprFlags::AGGREGATE.union(ExprFlags::WINDOW)) {
                if let Some(index) = element.item {
                    let name = self.query[block].items[index].name.clone();
                    return server(1056, "42000", format!("Can't group on '{name}'"));
                }
                return server(1111, "HY000", "Invalid use of group function");
            }
            self.push_element(block, item, element, true);
        }
        Ok(())
    }

    fn push_element(&mut self, block: BlockId, item: &OrderItem, element: Element, group: bool) {
        let element = OrderElement {
            expr: element.expr,
            descending: item.descending,
            explicit_direction: item.explicit_direction,
            item: element.item,
            by_alias: element.by_alias,
        };
        let b = &mut self.query[block];
        if group { b.group_by.push(element) } else { b.order_by.push(element) }
    }

    fn group_element(&mut self, block: BlockId, expr: &Ast) -> Result<Element> {
        if let Some(element) = self.position(block, expr, AstClause::GroupBy)? {
            return Ok(element);
        }
        if let Ast::Column(name) = expr {
            let local = self.local_column(block, name, AstClause::GroupBy)?;
            let item = if name.table.is_none() { self.find_item(block, name, AstClause::GroupBy)? } else { None };
            if let Some(found) = local {
                let expr = self.column(block, found);
                if let Some((index, true)) = item
                    && !self.query.same(self.query[block].items[index].expr, expr)
                {
                    self.warn_ambiguous(&name.column, AstClause::GroupBy);
                }
                return Ok(self.matched(block, expr));
            }
            if let Some((index, _)) = item {
                return Ok(self.alias_element(block, index));
            }
            let expr = self.resolve_column(block, name)?;
            return Ok(Element { expr, item: None, by_alias: false });
        }
        let expr = self.scalar(block, expr)?;
        Ok(self.matched(block, expr))
    }

    /// An element that names a select item by its position.
    fn position(&self, block: BlockId, expr: &Ast, clause: AstClause) -> Result<Option<Element>> {
        let Ast::Literal(Literal::Integer(digits)) = expr else { return Ok(None) };
        let items = &self.query[block].items;
        match digits.parse::<usize>() {
            Ok(n) if (1..=items.len()).contains(&n) => {
                Ok(Some(Element { expr: items[n - 1].expr, item: Some(n - 1), by_alias: false }))
            }
            _ => server(1054, "42S22", format!("Unknown column '{digits}' in '{}'", clause.name())),
        }
    }

    /// An expression, with the select item that is the same if there is one.
    fn matched(&self, block: BlockId, expr: ExprId) -> Element {
        let item = self.query[block].items.iter().position(|item| self.query.same(item.expr, expr));
        Element { expr, item, by_alias: false }
    }

    fn alias_element(&self, block: BlockId, index: usize) -> Element {
        let expr = self.query[block].items[index].expr;
        Element { expr, item: Some(index), by_alias: !self.keeps_column_name(block, index) }
    }

    /// True if the select item is a column under its own name.
    pub(super) fn keeps_column_name(&self, block: BlockId, index: usize) -> bool {
        let item = &self.query[block].items[index];
        self.query.column_of(item.expr).is_some_and(|(table, column)| {
            self.query[table].table.columns.get(column as usize).is_some_and(|c| same_name(&c.name, &item.name))
        })
    }

    /// HAVING.
    pub(super) fn having(&mut self, block: BlockId, having: Option<&Ast>) -> Result<()> {
        self.state_mut(block).clause = AstClause::Having;
        if let Some(having) = having {
            let condition = self.condition(block, having)?;
            self.set_predicate_level(condition);
            self.query[block].having = Some(condition);
        }
        Ok(())
    }

    /// ORDER BY of a block.
    pub(super) fn order_by(&mut self, block: BlockId, items: &[OrderItem]) -> Result<()> {
        self.state_mut(block).clause = AstClause::OrderBy;
        let aggregated = self.query[block].has_aggregates || !self.query[block].group_by.is_empty();
        for (index, item) in items.iter().enumerate() {
            let element = self.order_element(block, &item.expr)?;
            if !aggregated && self.query[block].has_aggregates {
                return server(
                    3029,
                    "HY000",
                    format!(
                        "Expression #{} of ORDER BY contains aggregate function and applies to the result of a non-aggregated query",
                        index + 1
                    ),
                );
            }
            self.push_element(block, item, element, false);
        }
        Ok(())
    }

    fn order_element(&mut self, block: BlockId, expr: &Ast) -> Result<Element> {
        if let Some(element) = self.position(block, expr, AstClause::OrderBy)? {
            return Ok(element);
        }
        if let Ast::Column(name) = expr {
            if let Some((index, by_name)) = self.find_item(block, name, AstClause::OrderBy)? {
                let element = self.alias_element(block, index);
                return Ok(Element { by_alias: element.by_alias && by_name, ..element });
            }
            let expr = self.resolve_column(block, name)?;
            return Ok(self.matched(block, expr));
        }
        let expr = self.scalar(block, expr)?;
        Ok(self.matched(block, expr))
    }

    /// A name inside an expression of GROUP BY: FROM first, then select items.
    pub(super) fn group_column(&mut self, block: BlockId, name: &ColumnName) -> Result<ExprId> {
        if self.local_column(block, name, AstClause::GroupBy)?.is_none()
            && let Some((index, by_name)) = self.find_item(block, name, AstClause::GroupBy)?
        {
            return Ok(self.item_reference(block, index, by_name));
        }
        self.resolve_column(block, name)
    }

    /// A name inside an expression of ORDER BY: FROM first, then select items.
    pub(super) fn order_column(&mut self, block: BlockId, name: &ColumnName) -> Result<ExprId> {
        if self.local_column(block, name, AstClause::OrderBy)?.is_none()
            && let Some((index, by_name)) = self.find_item(block, name, AstClause::OrderBy)?
        {
            return Ok(self.item_reference(block, index, by_name));
        }
        self.resolve_column(block, name)
    }

    /// A name in HAVING: select items and group columns, then outer blocks.
    pub(super) fn having_column(&mut self, block: BlockId, name: &ColumnName) -> Result<ExprId> {
        let item = self.find_item(block, name, AstClause::Having)?;
        let group = self.find_group_column(block, name);
        match (item, group) {
            (Some((index, _)), Some(group)) if !self.query.same(self.query[block].items[index].expr, group) => {
                self.warn_ambiguous(&name.column, AstClause::Having);
                Ok(self.query.add(block, Expr::Ref { target: group, kind: RefKind::Item }))
            }
            (Some((index, by_name)), _) => Ok(self.item_reference(block, index, by_name)),
            (None, Some(group)) => Ok(self.query.add(block, Expr::Ref { target: group, kind: RefKind::Item })),
            (None, None) => match self.outer_column(block, name)? {
                Some(outer) => Ok(outer),
                None => self.unknown_column(name, AstClause::Having),
            },
        }
    }

    fn find_group_column(&self, block: BlockId, name: &ColumnName) -> Option<ExprId> {
        self.query[block].group_by.iter().map(|g| g.expr).find(|g| {
            self.query.column_of(*g).is_some_and(|(table, column)| {
                name.table.as_ref().is_none_or(|t| self.is_table(table, name.schema.as_deref(), t))
                    && self.query[table].table.columns.get(column as usize).is_some_and(|c| same_name(&c.name, &name.column))
            })
        })
    }

    /// A reference to a select item: by its alias if it has one of its own.
    fn item_reference(&mut self, block: BlockId, index: usize, by_name: bool) -> ExprId {
        let target = self.query[block].items[index].expr;
        let kind = if !by_name || self.keeps_column_name(block, index) {
            RefKind::Item
        } else {
            RefKind::Alias(self.query[block].items[index].name.clone())
        };
        self.query.add(block, Expr::Ref { target, kind })
    }

    /// A select item of an enclosing block, from a subquery in its HAVING or ORDER BY.
    pub(super) fn outer_item(&mut self, block: BlockId, outer: BlockId, name: &ColumnName) -> Option<ExprId> {
        let (index, _) = self.find_item(outer, name, AstClause::Having).ok().flatten()?;
        let target = self.query[outer].items[index].expr;
        self.depend(block, outer);
        let (inner_id, outer_id) = (self.query[block].select_id, self.query[outer].select_id);
        let written = super::scope::written(name);
        let text = format!("Field or reference '{written}' of SELECT #{inner_id} was resolved in SELECT #{outer_id}");
        self.warn(crate::query::Level::Note, 1276, text);
        let alias: Arc<str> = self.query[outer].items[index].name.clone();
        let target = if self.keeps_column_name(outer, index) {
            target
        } else {
            self.query.add(outer, Expr::Ref { target, kind: RefKind::Alias(alias) })
        };
        Some(self.query.add(block, Expr::Ref { target, kind: RefKind::Outer(outer) }))
    }
}
