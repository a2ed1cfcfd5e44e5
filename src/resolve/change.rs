//! INSERT, REPLACE, UPDATE, DELETE (spec 06 §15, 07 §6).

use super::ast_clause::AstClause;
use super::numbering::Opened;
use super::scope::Scope;
use super::{Resolver, server};
use crate::catalog::schema::same_name;
use crate::catalog::{ColumnNo, Table};
use crate::error::Result;
use crate::parse::ast::{self, ColumnName, InsertSource, Limit, OrderItem, QueryBody, SelectItem, StatementKind, TableExpr};
use crate::query::{BlockId, Command, Expr, ExprId, InsertTarget, TableId, TableKind, Term, TermKind};
use std::sync::Arc;

/// The rows that an INSERT brings, as ON DUPLICATE KEY UPDATE may name them.
#[derive(Clone, Debug)]
pub(super) struct Inserted {
    table: TableId,
    /// Alias of the row, and the names that it gives to columns.
    alias: Option<Arc<str>>,
    columns: Vec<(Arc<str>, ColumnNo)>,
}

/// Number of a table that is written but not read: above all that are.
const TARGET_NUMBER: u8 = 60;

/// Columns of a view by the view's names, as columns of the base table; none for a base table itself.
type ViewColumns = Option<Vec<(Arc<str>, ColumnNo)>>;

fn find_column(table: &Table, names: &ViewColumns, wanted: &str) -> Option<ColumnNo> {
    match names {
        None => table.column_by_name(wanted),
        Some(names) => names.iter().find(|(name, _)| same_name(name, wanted)).map(|(_, number)| *number),
    }
}

impl Resolver<'_> {
    /// The block of a statement that is no query.
    fn root_block(&mut self, hints: &[ast::Hint]) -> BlockId {
        let root = self.query.root;
        let block = self.new_block(root, 1, 0, None);
        self.query[root].blocks.push(block);
        self.query[root].term =
            Term { kind: TermKind::Block(block), select_id: 1, order_by: Vec::new(), limit: None, offset: None };
        self.hints(block, hints);
        block
    }

    fn order_and_limit(&mut self, block: BlockId, order_by: &[OrderItem], limit: Option<&Limit>) -> Result<()> {
        self.order_by(block, order_by)?;
        if let Some(limit) = limit {
            let count = self.expr(block, &limit.count)?;
            self.query[block].limit = Some(count);
        }
        Ok(())
    }

    /// UPDATE.
    pub(super) fn update(&mut self, update: &ast::Update) -> Result<()> {
        let block = self.root_block(&update.hints);
        let pending = self.build_from(block, &update.tables)?;
        self.index_hints(block)?;
        let multi_table = self.base_tables(block) > 1;
        if multi_table && !update.order_by.is_empty() {
            return server(1221, "HY000", "Incorrect usage of UPDATE and ORDER BY");
        }
        if multi_table && update.limit.is_some() {
            return server(1221, "HY000", "Incorrect usage of UPDATE and LIMIT");
        }
        let mut assignments = Vec::with_capacity(update.assignments.len());
        let mut targets: Vec<TableId> = Vec::new();
        for (name, value) in &update.assignments {
            self.state_mut(block).clause = AstClause::UpdateValue;
            let (column, table) = self.assigned_column(block, name)?;
            if !targets.contains(&table) {
                targets.push(table);
            }
            let value = self.assigned_value(block, column, value)?;
            assignments.push((column, value));
        }
        self.where_clause(block, update.where_.as_ref())?;
        self.resolve_on(block, &pending.conditions)?;
        self.state_mut(block).items_known = true;
        self.order_and_limit(block, &update.order_by, update.limit.as_ref())?;
        self.finish_grouping(block)?;
        self.query.command =
            Command::Update { targets, assignments, multi_table, single_form: !multi_table, ignore: update.ignore };
        self.check_not_read(block)
    }

    fn assigned_column(&mut self, block: BlockId, name: &ColumnName) -> Result<(ExprId, TableId)> {
        let Some((table, column)) = self.local_column(block, name, AstClause::SelectList)? else {
            return self.unknown_column(name, AstClause::SelectList);
        };
        self.check_targets(&[table], "UPDATE")?;
        let Some((base, base_column)) = self.base_column(table, column) else {
            return server(1348, "HY000", format!("Column '{}' is not updatable", name.column));
        };
        self.query[base].write_set.insert(base_column);
        Ok((self.query.add(block, Expr::Column { table, column }), base))
    }

    /// Tables of a block, those of views counted by what they are made of.
    fn base_tables(&self, block: BlockId) -> usize {
        let leaves = &self.query[block].leaves;
        leaves
            .iter()
            .map(|leaf| match self.view_block(*leaf) {
                Some(inner) => self.base_tables(inner),
                None => 1,
            })
            .sum()
    }

    /// The block of a view that can be changed through, if the table is one.
    fn view_block(&self, table: TableId) -> Option<BlockId> {
        let TableKind::Derived { view: Some(_), unit, .. } = self.query[table].kind else { return None };
        let [block] = self.query[unit].blocks[..] else { return None };
        let b = &self.query[block];
        let plain = !b.grouped && !b.options.distinct && b.limit.is_none() && b.having.is_none() && b.windows.is_empty();
        (plain && !b.leaves.is_empty()).then_some(block)
    }

    /// The column of a base table that a column is, seen through views.
    fn base_column(&self, table: TableId, column: ColumnNo) -> Option<(TableId, ColumnNo)> {
        let (mut table, mut column) = (table, column);
        while let Some(block) = self.view_block(table) {
            let item = self.query[block].items.get(usize::from(column))?;
            (table, column) = self.query.column_of(item.expr)?;
        }
        Some((table, column))
    }

    fn assigned_value(&mut self, block: BlockId, column: ExprId, value: &ast::Expr) -> Result<ExprId> {
        if matches!(value, ast::Expr::DefaultValue) {
            return Ok(self.query.add(block, Expr::DefaultOf(column)));
        }
        self.scalar(block, value)
    }

    fn check_targets(&self, targets: &[TableId], command: &str) -> Result<()> {
        for target in targets {
            let t = &self.query[*target];
            let updatable = matches!(t.kind, TableKind::Base) || self.view_block(*target).is_some();
            if !updatable {
                let text = format!("The target table {} of the {command} is not updatable", t.alias);
                return server(1288, "HY000", text);
            }
        }
        Ok(())
    }

    /// Error 1093: a table that is changed is read by a subquery.
    fn check_not_read(&self, block: BlockId) -> Result<()> {
        let targets = match &self.query.command {
            Command::Update { targets, .. } | Command::Delete { targets, .. } => targets.clone(),
            Command::Insert(target) | Command::Replace(target) => vec![target.table],
            Command::Select => return Ok(()),
        };
        for target in targets {
            let t = &self.query[target];
            if !matches!(t.kind, TableKind::Base) {
                continue;
            }
            let read = self.query.tables.iter().any(|other| {
                other.block != block
                    && matches!(other.kind, TableKind::Base)
                    && Arc::ptr_eq(&other.table, &t.table)
                    && !self.below_derived(other.block)
            });
            if read {
                let text = format!("You can't specify target table '{}' for update in FROM clause", t.alias);
                return server(1093, "HY000", text);
            }
        }
        Ok(())
    }

    /// True if the block is part of a derived table's definition, at any depth: it is materialized before the change.
    fn below_derived(&self, mut block: BlockId) -> bool {
        loop {
            let unit = self.query[block].unit;
            if matches!(self.query[unit].role, crate::query::UnitRole::Derived(_)) {
                return true;
            }
            match self.query[unit].outer {
                Some(outer) => block = outer,
                None => return false,
            }
        }
    }

    /// DELETE.
    pub(super) fn delete(&mut self, delete: &ast::Delete) -> Result<()> {
        let block = self.root_block(&delete.hints);
        let pending = self.build_from(block, &delete.tables)?;
        self.index_hints(block)?;
        let multi_table = !delete.targets.is_empty();
        let mut targets = Vec::new();
        for name in &delete.targets {
            let found = self.query[block].leaves.iter().copied().find(|t| {
                self.is_table(*t, name.schema.as_deref(), &name.name)
                    || (name.schema.is_some() && same_name(&self.query[*t].table.name, &name.name))
            });
            match found {
                Some(table) => targets.push(table),
                None => return server(1109, "42S02", format!("Unknown table '{}' in MULTI DELETE", name.name)),
            }
        }
        if !multi_table {
            targets.extend(self.query[block].leaves.first());
        }
        self.check_targets(&targets, "DELETE")?;
        let targets = targets.into_iter().map(|table| self.deleted_table(table)).collect::<Result<Vec<_>>>()?;
        self.where_clause(block, delete.where_.as_ref())?;
        self.resolve_on(block, &pending.conditions)?;
        self.state_mut(block).items_known = true;
        self.order_and_limit(block, &delete.order_by, delete.limit.as_ref())?;
        self.query.command =
            Command::Delete { targets, multi_table, single_form: !multi_table, ignore: delete.ignore, quick: delete.quick };
        self.check_not_read(block)
    }

    /// The base table that rows are deleted from: a view must be made of one.
    fn deleted_table(&self, table: TableId) -> Result<TableId> {
        let mut at = table;
        while let Some(block) = self.view_block(at) {
            match self.query[block].leaves[..] {
                [one] => at = one,
                _ => {
                    let view = &self.query[table];
                    let text = format!("Can not delete from join view '{}.{}'", view.schema, view.alias);
                    return server(1395, "HY000", text);
                }
            }
        }
        Ok(at)
    }

    /// INSERT and REPLACE.
    pub(super) fn insert(&mut self, insert: &ast::Insert) -> Result<()> {
        let from_query = matches!(insert.source, InsertSource::Query(_));
        let block = match &insert.source {
            InsertSource::Query(query) => {
                self.root_unit(query, 0)?;
                let block = self.query[self.query.root].blocks[0];
                if !insert.hints.is_empty() {
                    self.query[block].hints.extend(insert.hints.iter().cloned());
                }
                block
            }
            InsertSource::Values(_) => self.root_block(&insert.hints),
        };
        let (table, names) = self.insert_target(block, insert)?;
        let columns = self.insert_columns(block, table, &names, insert)?;
        let rows = match &insert.source {
            InsertSource::Values(rows) => self.insert_rows(block, table, &columns, rows)?,
            InsertSource::Query(_) => {
                let width = self.query[block].items.len();
                if width != columns.len() {
                    return server(1136, "21S01", "Column count doesn't match value count at row 1");
                }
                Vec::new()
            }
        };
        let on_duplicate = self.on_duplicate(block, table, insert)?;
        let written = if insert.columns.is_empty() { Vec::new() } else { columns };
        let target = InsertTarget { table, columns: written, rows, from_query, ignore: insert.ignore, on_duplicate };
        self.query.command = if insert.replace { Command::Replace(target) } else { Command::Insert(target) };
        if from_query { Ok(()) } else { self.check_not_read(block) }
    }

    fn insert_target(&mut self, block: BlockId, insert: &ast::Insert) -> Result<(TableId, ViewColumns)> {
        let opened = self.numbering.opened_table(&insert.table, 0).cloned();
        let Some((table, names)) = opened.and_then(|opened| self.insertable(&opened)) else {
            let text = format!("The target table {} of the INSERT is not insertable-into", insert.table.name);
            return server(1471, "HY000", text);
        };
        let (alias, schema) = (table.name.clone(), table.schema.clone());
        let id = self.add_table_ref(block, TARGET_NUMBER, TableKind::Base, alias, schema, table);
        self.query[id].partitions = insert.partitions.clone();
        Ok((id, names))
    }

    /// The base table behind the target of an INSERT, and the names that a view gives to its columns.
    fn insertable(&self, opened: &Opened) -> Option<(Arc<Table>, ViewColumns)> {
        let (view, statement, instance) = match opened {
            Opened::Base(table) => return Some((table.clone(), None)),
            Opened::View { view, statement, instance } => (view, statement, *instance),
            Opened::Cte { .. } | Opened::Recursive { .. } => return None,
        };
        let StatementKind::Select(query) = &statement.kind else { return None };
        let QueryBody::Select(select) = &query.body else { return None };
        let [TableExpr::Table(factor)] = &select.from[..] else { return None };
        if select.options.distinct || !select.group_by.is_empty() || select.having.is_some() || query.limit.is_some() {
            return None;
        }
        let (table, inner) = self.insertable(self.numbering.opened(factor, instance)?)?;
        let mut names = Vec::with_capacity(select.items.len());
        for (index, item) in select.items.iter().enumerate() {
            let SelectItem::Expr { expr: ast::Expr::Column(column), alias, .. } = item else { return None };
            let number = find_column(&table, &inner, &column.column)?;
            let name = view.columns.get(index).or(alias.as_ref()).unwrap_or(&column.column);
            names.push((name.clone(), number));
        }
        Some((table, Some(names)))
    }

    fn insert_columns(
        &mut self,
        block: BlockId,
        table: TableId,
        names: &ViewColumns,
        insert: &ast::Insert,
    ) -> Result<Vec<ExprId>> {
        let definition = self.query[table].table.clone();
        let mut numbers = Vec::new();
        if let (true, Some(names)) = (insert.columns.is_empty(), names) {
            numbers.extend(names.iter().map(|(_, number)| usize::from(*number)));
        } else if insert.columns.is_empty() {
            numbers.extend((0..definition.columns.len()).filter(|no| {
                let column = &definition.columns[*no];
                column.visible && !column.functional
            }));
        }
        for name in &insert.columns {
            let Some(no) = find_column(&definition, names, name) else {
                return server(1054, "42S22", format!("Unknown column '{name}' in 'field list'"));
            };
            if numbers.contains(&usize::from(no)) {
                return server(1110, "42000", format!("Column '{name}' specified twice"));
            }
            numbers.push(usize::from(no));
        }
        let mut columns = Vec::with_capacity(numbers.len());
        for no in numbers {
            self.query[table].write_set.insert(no as u16);
            columns.push(self.query.add(block, Expr::Column { table, column: no as u16 }));
        }
        Ok(columns)
    }

    fn insert_rows(
        &mut self,
        block: BlockId,
        table: TableId,
        columns: &[ExprId],
        rows: &[Vec<ast::Expr>],
    ) -> Result<Vec<Vec<ExprId>>> {
        self.state_mut(block).scope = Scope { tables: vec![table], columns: None };
        self.state_mut(block).clause = AstClause::Values;
        let mut resolved = Vec::with_capacity(rows.len());
        for (index, row) in rows.iter().enumerate() {
            if !row.is_empty() && row.len() != columns.len() {
                let text = format!("Column count doesn't match value count at row {}", index + 1);
                return server(1136, "21S01", text);
            }
            let mut values = Vec::with_capacity(row.len());
            for (value, column) in row.iter().zip(columns) {
                values.push(self.assigned_value(block, *column, value)?);
            }
            resolved.push(values);
        }
        Ok(resolved)
    }

    fn on_duplicate(&mut self, block: BlockId, table: TableId, insert: &ast::Insert) -> Result<Vec<(ExprId, ExprId)>> {
        if insert.on_duplicate.is_empty() {
            return Ok(Vec::new());
        }
        let mut tables = vec![table];
        tables.extend(self.query[block].leaves.iter().copied());
        self.state_mut(block).scope = Scope { tables, columns: None };
        self.state_mut(block).clause = AstClause::InsertUpdate;
        self.state_mut(block).items_known = false;
        self.inserted = Some(self.inserted_rows(table, insert));
        let mut pairs = Vec::with_capacity(insert.on_duplicate.len());
        for (name, value) in &insert.on_duplicate {
            let target_only = Scope { tables: vec![table], columns: None };
            let Some((_, no)) = self.column_in(&target_only, name, AstClause::InsertUpdate)? else {
                return self.unknown_column(name, AstClause::InsertUpdate);
            };
            self.query[table].write_set.insert(no);
            let column = self.query.add(block, Expr::Column { table, column: no });
            pairs.push((column, self.assigned_value(block, column, value)?));
        }
        Ok(pairs)
    }

    fn inserted_rows(&self, table: TableId, insert: &ast::Insert) -> Inserted {
        let Some((alias, names)) = &insert.row_alias else {
            return Inserted { table, alias: None, columns: Vec::new() };
        };
        let definition = &self.query[table].table;
        let written: Vec<ColumnNo> = if insert.columns.is_empty() {
            let visible = definition.columns.iter().enumerate().filter(|(_, c)| c.visible && !c.functional);
            visible.map(|(no, _)| no as ColumnNo).collect()
        } else {
            insert.columns.iter().filter_map(|name| definition.column_by_name(name)).collect()
        };
        let own = |no: ColumnNo| definition.columns[usize::from(no)].name.clone();
        let columns = written.iter().enumerate().map(|(i, no)| (names.get(i).cloned().unwrap_or_else(|| own(*no)), *no));
        Inserted { table, alias: Some(alias.clone()), columns: columns.collect() }
    }

    /// `VALUES(column)`: the value that would be inserted.
    pub(super) fn inserted_value(&mut self, block: BlockId, name: &ColumnName) -> Result<ExprId> {
        let column = match &self.inserted {
            Some(inserted) => {
                let target = Scope { tables: vec![inserted.table], columns: None };
                match self.column_in(&target, name, AstClause::InsertUpdate)? {
                    Some(found) => self.column(block, found),
                    None => return self.unknown_column(name, AstClause::InsertUpdate),
                }
            }
            None => self.resolve_column(block, name)?,
        };
        Ok(self.query.add(block, Expr::ValuesOf(column)))
    }

    /// A name that means a column of the inserted row by its alias.
    pub(super) fn row_alias_column(&mut self, block: BlockId, name: &ColumnName) -> Option<ExprId> {
        let inserted = self.inserted.as_ref()?;
        let alias = inserted.alias.as_ref()?;
        let qualified = name.table.as_ref().is_some_and(|t| super::numbering::same_table_name(self.ctx, t, alias));
        let renamed = name.table.is_none() && self.query[inserted.table].table.column_by_name(&name.column).is_none();
        if !qualified && !renamed {
            return None;
        }
        let table = inserted.table;
        let column = inserted.columns.iter().find(|(known, _)| same_name(known, &name.column)).map(|(_, no)| *no)?;
        let column = self.column(block, (table, column));
        Some(self.query.add(block, Expr::ValuesOf(column)))
    }
}
