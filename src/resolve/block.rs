//! One query block: its clauses in the server's order (spec 02 §0.2).

use super::ast_clause::AstClause;
use super::numbering::Instance;
use super::scope::{Found, Scope};
use super::terms::Tail;
use super::{BlockState, Resolver, server};
use crate::catalog::schema::same_name;
use crate::error::Result;
use crate::parse::ast::{self, ObjectName, Select, SelectOptions, TableExpr, TableFactor, TableSource};
use crate::query::{Block, BlockId, Expr, ExprId, Injected, LiteralForm, SelectItem, Uncacheable, UnitId, UnitRole};
use crate::value::Value;
use std::sync::Arc;

impl Resolver<'_> {
    /// Adds an empty block.
    pub(super) fn new_block(&mut self, unit: UnitId, select_id: u32, instance: Instance, outer: Option<BlockId>) -> BlockId {
        let id = BlockId(self.query.blocks.len() as u32);
        self.query.blocks.push(Block {
            select_id,
            unit,
            hints: Vec::new(),
            name: None,
            options: SelectOptions::default(),
            items: Vec::new(),
            from: Vec::new(),
            leaves: Vec::new(),
            where_: None,
            had_where: false,
            written_where: None,
            group_by: Vec::new(),
            rollup: false,
            having: None,
            order_by: Vec::new(),
            limit: None,
            offset: None,
            windows: Vec::new(),
            values: None,
            inner_units: Vec::new(),
            semijoin_nests: Vec::new(),
            grouped: false,
            has_aggregates: false,
            uncacheable: Uncacheable::default(),
            empty: false,
            recursive: false,
            injected: Injected::default(),
        });
        self.states.push(BlockState {
            outer,
            instance,
            scope: Scope::default(),
            clause: AstClause::SelectList,
            windows: Vec::new(),
            uses: Vec::new(),
            aggregate_depth: 0,
            left_of_in: false,
            has_group_by: false,
            items_known: false,
        });
        id
    }

    /// Keeps the hints of a block until all blocks stand.
    pub(super) fn hints(&mut self, block: BlockId, hints: &[ast::Hint]) {
        self.query[block].hints = hints.to_vec();
    }

    /// Applies USE, FORCE and IGNORE INDEX to the tables of a block.
    pub(super) fn index_hints(&mut self, block: BlockId) -> Result<()> {
        for id in self.query[block].leaves.clone() {
            if !self.query[id].index_hints.is_empty() {
                super::index_hints::set_for_table(&mut self.query, id, self.ctx.settings)?;
            }
        }
        Ok(())
    }

    /// Resolves a SELECT.
    pub(super) fn select(&mut self, block: BlockId, select: &Select, tail: &Tail<'_>) -> Result<()> {
        self.hints(block, &select.hints);
        self.query[block].options = select.options;
        self.state_mut(block).has_group_by = !select.group_by.is_empty();
        let pending = self.build_from(block, &select.from)?;
        self.index_hints(block)?;
        self.name_windows(block, &select.windows)?;
        self.select_list(block, select)?;
        self.where_clause(block, select.where_.as_ref())?;
        self.resolve_on(block, &pending.conditions)?;
        self.group_by(block, &select.group_by)?;
        self.query[block].rollup = select.rollup;
        self.state_mut(block).items_known = true;
        self.having(block, select.having.as_ref())?;
        self.order_by(block, tail.order_by)?;
        self.query[block].limit = self.limit_number(block, tail.count)?;
        self.query[block].offset = self.limit_number(block, tail.offset)?;
        self.resolve_named_windows(block, &select.windows)?;
        self.finish_grouping(block)
    }

    /// WHERE.
    pub(super) fn where_clause(&mut self, block: BlockId, where_: Option<&ast::Expr>) -> Result<()> {
        self.state_mut(block).clause = AstClause::Where;
        if let Some(where_) = where_ {
            let condition = self.condition(block, where_)?;
            let condition = self.null_date_trick(block, condition);
            self.set_predicate_level(condition);
            self.query[block].where_ = Some(condition);
            self.query[block].had_where = true;
        }
        Ok(())
    }

    fn select_list(&mut self, block: BlockId, select: &Select) -> Result<()> {
        self.state_mut(block).clause = AstClause::SelectList;
        for item in &select.items {
            match item {
                ast::SelectItem::Wildcard => self.wildcard(block, select)?,
                ast::SelectItem::TableWildcard(name) => self.table_wildcard(block, name)?,
                ast::SelectItem::Expr { expr, alias, span } => {
                    let resolved = self.expr(block, expr)?;
                    self.check_one_column(resolved)?;
                    let (name, name_is_alias) = self.item_name(resolved, expr, alias.as_ref(), *span);
                    self.query[block].items.push(SelectItem {
                        expr: resolved,
                        name,
                        name_is_alias,
                        alias_written: alias.is_some(),
                    });
                    self.nullable_by_aggregation(block, false);
                }
            }
        }
        self.nullable_by_aggregation(block, true);
        Ok(())
    }

    /// Tables whose columns the select list uses beside aggregates count as nullable (spec 02 §0.2-5).
    fn nullable_by_aggregation(&mut self, block: BlockId, at_end: bool) {
        if self.state(block).has_group_by {
            return;
        }
        let aggregated = at_end && self.query[block].has_aggregates;
        let uses = std::mem::take(&mut self.state_mut(block).uses);
        let mut rest = Vec::new();
        for (inner, table) in uses {
            if aggregated || inner.is_some_and(|b| self.query[b].has_aggregates) {
                self.query[table].nullable_row = true;
            } else {
                rest.push((inner, table));
            }
        }
        self.state_mut(block).uses = rest;
    }

    fn item_name(&self, item: ExprId, expr: &ast::Expr, alias: Option<&Arc<str>>, span: ast::Span) -> (Arc<str>, bool) {
        if let Some(alias) = alias {
            return (alias.clone(), true);
        }
        match expr {
            ast::Expr::Column(name) => {
                let name = match self.query.column_of(item) {
                    Some((table, column)) => {
                        self.query[table].table.columns.get(column as usize).map_or(&name.column, |c| &c.name).clone()
                    }
                    None => name.column.clone(),
                };
                (name, true)
            }
            ast::Expr::Literal(ast::Literal::String { value, introducer: None, .. }) => (value.clone(), false),
            _ => {
                let mut text = self.source(span);
                while text.len() > 255 {
                    let cut = (0..=255).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
                    text = &text[..cut];
                }
                (Arc::from(text), false)
            }
        }
    }

    fn wildcard(&mut self, block: BlockId, select: &Select) -> Result<()> {
        let unit = self.query[block].unit;
        let exists = matches!(self.query[unit].role, UnitRole::Subquery(_)) && self.state(block).clause == AstClause::SelectList;
        if exists && self.in_exists(unit) && select.having.is_none() {
            let node = Expr::Literal { value: Value::Int(1), form: LiteralForm::Plain };
            let expr = self.query.add(block, node);
            self.query[block].items.push(SelectItem { expr, name: Arc::from("1"), name_is_alias: false, alias_written: false });
            return Ok(());
        }
        if self.state(block).scope.tables.is_empty() {
            return server(1096, "HY000", "No tables used");
        }
        let columns = self.state(block).scope.all_columns(self);
        self.push_columns(block, columns);
        Ok(())
    }

    fn table_wildcard(&mut self, block: BlockId, name: &ObjectName) -> Result<()> {
        match self.columns_of(block, name.schema.as_ref(), &name.name) {
            Some(columns) => {
                self.push_columns(block, columns);
                Ok(())
            }
            None => {
                let full = match &name.schema {
                    Some(schema) => format!("{schema}.{}", name.name),
                    None => name.name.to_string(),
                };
                server(1051, "42S02", format!("Unknown table '{full}'"))
            }
        }
    }

    fn push_columns(&mut self, block: BlockId, columns: Vec<Found>) {
        for found in columns {
            self.state_mut(block).uses.push((None, found.0));
            let expr = self.column(block, found);
            let name = self.query[found.0].table.columns[found.1 as usize].name.clone();
            self.query[block].items.push(SelectItem { expr, name, name_is_alias: true, alias_written: false });
        }
    }

    /// VALUES ROW(…), …
    pub(super) fn values(&mut self, block: BlockId, rows: &[Vec<ast::Expr>], tail: &Tail<'_>) -> Result<()> {
        self.state_mut(block).clause = AstClause::Values;
        let width = rows.first().map_or(0, Vec::len);
        let mut resolved = Vec::with_capacity(rows.len());
        for (index, row) in rows.iter().enumerate() {
            if row.len() != width {
                let text = format!("Column count doesn't match value count at row {}", index + 1);
                return server(1136, "21S01", text);
            }
            resolved.push(row.iter().map(|e| self.expr(block, e)).collect::<Result<Vec<_>>>()?);
        }
        for (index, expr) in resolved.first().into_iter().flatten().enumerate() {
            let name = Arc::from(format!("column_{index}"));
            self.query[block].items.push(SelectItem { expr: *expr, name, name_is_alias: true, alias_written: false });
        }
        self.query[block].values = Some(resolved);
        self.state_mut(block).items_known = true;
        self.order_by(block, tail.order_by)?;
        self.query[block].limit = self.limit_number(block, tail.count)?;
        self.query[block].offset = self.limit_number(block, tail.offset)?;
        Ok(())
    }

    /// `TABLE t` is `SELECT * FROM t`.
    pub(super) fn table_statement(&mut self, block: BlockId, name: &ObjectName, tail: &Tail<'_>) -> Result<()> {
        let factor = TableFactor {
            source: TableSource::Named(name.clone()),
            alias: None,
            columns: Vec::new(),
            partitions: Vec::new(),
            index_hints: Vec::new(),
        };
        let from = [TableExpr::Table(factor)];
        let instance = self.state(block).instance;
        if let TableExpr::Table(factor) = &from[0]
            && let Some(opened) = self.numbering.opened_table(name, instance).cloned()
        {
            self.numbering.open_as(factor, instance, opened);
        }
        self.build_from(block, &from)?;
        let columns = self.state(block).scope.all_columns(self);
        self.push_columns(block, columns);
        self.state_mut(block).items_known = true;
        self.order_by(block, tail.order_by)?;
        self.query[block].limit = self.limit_number(block, tail.count)?;
        self.query[block].offset = self.limit_number(block, tail.offset)?;
        Ok(())
    }

    /// The select item that a name in HAVING, GROUP BY or ORDER BY means: by alias or by column; error 1052 if two that differ
    /// fit. Tells whether the alias fitted.
    pub(super) fn find_item(&self, block: BlockId, name: &ast::ColumnName, clause: AstClause) -> Result<Option<(usize, bool)>> {
        let items = &self.query[block].items;
        let mut found: Option<(usize, bool)> = None;
        for (index, item) in items.iter().enumerate() {
            let column = self.query.column_of(item.expr);
            let fits = match (&name.table, column) {
                (Some(table), Some((of, column))) => {
                    self.is_table(of, name.schema.as_deref(), table)
                        && self.query[of].table.columns.get(column as usize).is_some_and(|c| same_name(&c.name, &name.column))
                }
                (Some(_), None) => false,
                (None, _) => same_name(&item.name, &name.column) && (item.name_is_alias || column.is_some()),
            };
            if !fits {
                continue;
            }
            match found {
                Some((before, _)) if self.query.same(items[before].expr, item.expr) => {}
                Some(_) => {
                    let text = format!("Column '{}' in {} is ambiguous", super::scope::written(name), clause.name());
                    return server(1052, "23000", text);
                }
                None => found = Some((index, name.table.is_none())),
            }
        }
        if found.is_none() && name.table.is_none() {
            // A renamed column may still be named by its own name.
            found = items
                .iter()
                .position(|item| {
                    self.query.column_of(item.expr).is_some_and(|(of, column)| {
                        self.query[of].table.columns.get(column as usize).is_some_and(|c| same_name(&c.name, &name.column))
                    })
                })
                .map(|index| (index, false));
        }
        Ok(found)
    }
}
