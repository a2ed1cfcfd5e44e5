//! Tables of FROM: base tables, derived tables, views, CTE references, JSON_TABLE (spec 02 §1.2 and §2).

use super::ast_clause::AstClause;
use super::numbering::{CteDefinition, Instance, Opened, same_table_name};
use super::scope::Scope;
use super::{Recursion, Resolver, server};
use crate::catalog::schema::same_name;
use crate::catalog::{Column, KeySet, Table, TypeKind};
use crate::error::{PlanError, Result};
use crate::parse::ast::{JsonTable, JsonTableColumn, QueryExpr, StatementKind, TableFactor, TableSource};
use crate::query::typing;
use crate::query::{BlockId, Clause, ColumnSet, Level, TableId, TableKind, TableRef, TableSet, UnitId, UnitRole};
use std::sync::Arc;

impl Resolver<'_> {
    /// Adds a table of FROM to its block. Definitions of derived tables are resolved later, by `resolve_tables`.
    pub(super) fn open_factor(&mut self, block: BlockId, factor: &TableFactor) -> Result<TableId> {
        let instance = self.state(block).instance;
        let empty = || Arc::new(Table::temporary(Arc::from(""), Vec::new()));
        let (kind, alias, schema, table) = match &factor.source {
            TableSource::Named(name) => {
                let alias = factor.alias.clone().unwrap_or_else(|| name.name.clone());
                match self.numbering.opened(factor, instance) {
                    Some(Opened::Base(table)) => {
                        let (schema, table) = (table.schema.clone(), table.clone());
                        let alias = if factor.alias.is_some() { alias } else { table.name.clone() };
                        (TableKind::Base, alias, schema, table)
                    }
                    Some(Opened::View { view, .. }) => {
                        let schema = view.schema.clone();
                        (placeholder(false), alias, schema, empty())
                    }
                    Some(Opened::Cte { .. }) => (placeholder(false), alias, Arc::from(""), empty()),
                    Some(Opened::Recursive { definition, instance }) => {
                        let (name, instance) = (definition.name.clone(), *instance);
                        let (table, unit) = self.recursive_table(&name, instance)?;
                        (TableKind::RecursiveReference { cte: name, unit }, alias, Arc::from(""), table)
                    }
                    None => return Err(PlanError::NotCovered(format!("table {}", name.name))),
                }
            }
            TableSource::Derived { lateral, .. } => {
                let Some(alias) = factor.alias.clone() else {
                    return server(1248, "42000", "Every derived table must have its own alias");
                };
                (placeholder(*lateral), alias, Arc::from(""), empty())
            }
            TableSource::JsonTable(_) => {
                let Some(alias) = factor.alias.clone() else {
                    return server(3667, "42000", "Every table function must have an alias");
                };
                (TableKind::JsonTable { document: crate::query::ExprId(0) }, alias, Arc::from(""), empty())
            }
        };
        self.check_partitions(&table, factor)?;
        Ok(self.add_table(block, kind, alias, schema, table, factor))
    }

    fn add_table(
        &mut self,
        block: BlockId,
        kind: TableKind,
        alias: Arc<str>,
        schema: Arc<str>,
        table: Arc<Table>,
        factor: &TableFactor,
    ) -> TableId {
        let number = self.query[block].leaves.len().min(60) as u8;
        let id = self.add_table_ref(block, number, kind, alias, schema, table);
        self.query[id].index_hints = factor.index_hints.clone();
        self.query[id].partitions = factor.partitions.clone();
        self.query.blocks[block.0 as usize].leaves.push(id);
        id
    }

    /// A table without hints.
    pub(super) fn add_table_ref(
        &mut self,
        block: BlockId,
        number: u8,
        kind: TableKind,
        alias: Arc<str>,
        schema: Arc<str>,
        table: Arc<Table>,
    ) -> TableId {
        let usable = usable_keys(self.ctx, &table);
        let id = TableId(self.query.tables.len() as u32);
        self.query.tables.push(TableRef {
            block,
            number,
            kind,
            alias,
            schema,
            table,
            nullable_row: false,
            on: None,
            outer_join: false,
            straight: false,
            nest: None,
            depends: TableSet::EMPTY,
            index_hints: Vec::new(),
            partitions: Vec::new(),
            read_set: ColumnSet::default(),
            write_set: ColumnSet::default(),
            usable_keys: usable,
            usable_keys_group: usable,
            usable_keys_order: usable,
            force_index: false,
            force_index_group: false,
            force_index_order: false,
            const_row: None,
            system: false,
            json_table: None,
            query_block_name: None,
        });
        id
    }

    /// Resolves what stands behind the tables of a FROM clause, left to right; LATERAL definitions see what is to their left.
    pub(super) fn resolve_tables(&mut self, block: BlockId, tables: &[(TableId, &TableFactor)]) -> Result<()> {
        let mut in_sight = Scope::default();
        for &(table, factor) in tables {
            self.state_mut(block).scope = in_sight.clone();
            match &factor.source {
                TableSource::Named(_) => self.resolve_named(block, table, factor)?,
                TableSource::Derived { query, lateral } => {
                    let instance = self.state(block).instance;
                    let sees = if *lateral { Some(block) } else { self.state(block).outer };
                    let unit = self.derived_unit(block, table, query, instance, sees)?;
                    self.query[table].kind =
                        TableKind::Derived { unit, lateral: *lateral, view: None, cte: None, shared_with: None };
                    self.derived_columns(table, unit, &factor.columns, None)?;
                }
                TableSource::JsonTable(json) => self.json_table(block, table, json)?,
            }
            in_sight.tables.push(table);
        }
        self.state_mut(block).scope = in_sight;
        Ok(())
    }

    fn resolve_named(&mut self, block: BlockId, table: TableId, factor: &TableFactor) -> Result<()> {
        let instance = self.state(block).instance;
        match self.numbering.opened(factor, instance).cloned() {
            Some(Opened::View { view, statement, instance }) => {
                let StatementKind::Select(query) = &statement.kind else {
                    return Err(PlanError::NotCovered(format!("view {}", view.name)));
                };
                let outer_text = std::mem::replace(&mut self.text, statement.text.clone());
                let unit = self.derived_unit(block, table, query, instance, None);
                self.text = outer_text;
                let unit = unit.map_err(|error| match error {
                    PlanError::Server(e) if matches!(e.code, 1054 | 1146 | 1305 | 1049) => {
                        super::numbering::invalid_view(&view).into()
                    }
                    other => other,
                })?;
                let name = Some((view.schema.clone(), view.name.clone()));
                self.query[table].kind = TableKind::Derived { unit, lateral: false, view: name, cte: None, shared_with: None };
                self.derived_columns(table, unit, &view.columns, Some(view.schema.clone()))
            }
            Some(Opened::Cte { definition, instance }) => self.resolve_cte(block, table, &definition, instance),
            _ => Ok(()),
        }
    }

    fn resolve_cte(&mut self, block: BlockId, table: TableId, definition: &Arc<CteDefinition>, instance: Instance) -> Result<()> {
        let address = Arc::as_ptr(&definition.query) as usize;
        let shared_with = self.shared.iter().find(|(of, _)| *of == address).map(|(_, first)| *first);
        if shared_with.is_none() {
            self.shared.push((address, table));
        }
        // Notes arise once, however often the definition is copied.
        let recursion = definition.recursive.then(|| definition.clone());
        let unit = self.cte_unit(block, table, definition, instance, recursion)?;
        self.query[table].kind =
            TableKind::Derived { unit, lateral: false, view: None, cte: Some(definition.name.clone()), shared_with };
        self.derived_columns(table, unit, &definition.columns, None)?;
        if shared_with.is_none() {
            self.keep_definition(table, definition);
        }
        Ok(())
    }

    /// Keeps the first reference of a CTE in the WITH list of the query expression that it was written in, in the order of the
    /// text.
    fn keep_definition(&mut self, table: TableId, definition: &CteDefinition) {
        let (list, place) = definition.list;
        let home = self.with_lists.iter().rev().find(|(of, _)| *of == list).map_or(self.query.root, |(_, unit)| *unit);
        self.cte_places.push((table, place));
        let place_of = |table: TableId| self.cte_places.iter().find(|(of, _)| *of == table).map_or(0, |(_, place)| *place);
        let ctes = &self.query[home].ctes;
        let at = ctes.iter().position(|(_, other)| place_of(*other) > place).unwrap_or(ctes.len());
        self.query[home].ctes.insert(at, (definition.name.clone(), table));
        self.query[home].recursive |= definition.recursive;
    }

    fn cte_unit(
        &mut self,
        block: BlockId,
        table: TableId,
        definition: &CteDefinition,
        instance: Instance,
        recursion: Option<Arc<CteDefinition>>,
    ) -> Result<UnitId> {
        let outer = self.state(block).outer;
        if let Some(definition) = recursion {
            self.recursions.push(Recursion {
                instance,
                name: definition.name.clone(),
                columns: definition.columns.clone(),
                table: None,
                unit: UnitId(self.query.units.len() as u32),
            });
            let unit = self.derived_unit(block, table, &definition.query, instance, outer);
            self.recursions.pop();
            return unit;
        }
        self.derived_unit(block, table, &definition.query, instance, outer)
    }

    /// Resolves the definition of a derived table, view or CTE reference; `sees` is where its outer names are searched.
    fn derived_unit(
        &mut self,
        block: BlockId,
        table: TableId,
        query: &QueryExpr,
        instance: Instance,
        sees: Option<BlockId>,
    ) -> Result<UnitId> {
        let unit = self.new_unit(UnitRole::Derived(table), Clause::Derived, Some(block));
        self.unit(unit, query, instance, sees)?;
        self.add_inner_unit(block, unit);
        Ok(unit)
    }

    fn recursive_table(&self, name: &str, instance: Instance) -> Result<(Arc<Table>, UnitId)> {
        let recursion = self.recursions.iter().rev().find(|r| r.instance == instance && &*r.name == name);
        match recursion.and_then(|r| r.table.clone().map(|table| (table, r.unit))) {
            Some(found) => Ok(found),
            None => server(
                3574,
                "HY000",
                format!(
                    "Recursive Common Table Expression '{name}' should have one or more non-recursive query blocks followed by one or more recursive ones"
                ),
            ),
        }
    }

    /// Makes the definition of a derived table from its select list.
    fn derived_columns(&mut self, table: TableId, unit: UnitId, names: &[Arc<str>], schema: Option<Arc<str>>) -> Result<()> {
        let columns = self.unit_columns(unit, names)?;
        let mut definition = Table::temporary(self.query[table].alias.clone(), columns);
        if let Some(schema) = schema {
            definition.schema = schema;
        }
        self.query[table].table = Arc::new(definition);
        Ok(())
    }

    /// The columns that a query expression gives, renamed by a column list if there is one.
    pub(super) fn unit_columns(&self, unit: UnitId, names: &[Arc<str>]) -> Result<Vec<Column>> {
        let blocks = &self.query[unit].blocks;
        let Some(first) = blocks.first() else { return Ok(Vec::new()) };
        let items = &self.query[*first].items;
        if !names.is_empty() && names.len() != items.len() {
            return server(
                1353,
                "HY000",
                "In definition of view, derived table or common table expression, SELECT list and column names list have different column counts",
            );
        }
        let mut columns: Vec<Column> = Vec::with_capacity(items.len());
        for (i, item) in items.iter().enumerate() {
            let name = names.get(i).unwrap_or(&item.name).clone();
            if columns.iter().any(|c| same_name(&c.name, &name)) {
                return server(1060, "42S21", format!("Duplicate column name '{name}'"));
            }
            columns.push(self.unit_column(blocks, i, name));
        }
        Ok(columns)
    }

    fn unit_column(&self, blocks: &[BlockId], index: usize, name: Arc<str>) -> Column {
        let exprs: Vec<_> = blocks.iter().filter_map(|b| self.query[*b].items.get(index).map(|i| i.expr)).collect();
        let rows = blocks.iter().filter_map(|b| self.query[*b].values.as_ref()).flatten();
        let values: Vec<_> = rows.filter_map(|row| row.get(index).copied()).collect();
        let nullable = exprs.iter().chain(&values).any(|e| self.query.exprs.facts(*e).nullable);
        let all: Vec<_> = exprs.iter().chain(&values).copied().collect();
        let ty = match all[..] {
            [one] if self.query.column_of(one).is_some() => self.query.exprs.facts(one).ty.clone(),
            [one] => typing::column_type(&self.query.exprs.facts(one).ty),
            _ => typing::column_type(&self.query.joined(&all).0),
        };
        plain_column(name, ty, nullable)
    }

    /// The table of a recursive CTE, from its non-recursive members: all columns nullable.
    pub(super) fn fix_recursion(&mut self, unit: UnitId) -> Result<()> {
        let Some(index) = self.recursions.iter().rposition(|r| r.unit == unit && r.table.is_none()) else { return Ok(()) };
        let names = self.recursions[index].columns.clone();
        let mut columns = self.unit_columns(unit, &names)?;
        columns.iter_mut().for_each(|c| c.nullable = true);
        let name = self.recursions[index].name.clone();
        self.recursions[index].table = Some(Arc::new(Table::temporary(name, columns)));
        Ok(())
    }

    fn json_table(&mut self, block: BlockId, table: TableId, json: &JsonTable) -> Result<()> {
        self.state_mut(block).clause = AstClause::TableFunction;
        let document = self.expr(block, &json.document)?;
        let mut columns = Vec::new();
        self.json_columns(&json.columns, &mut columns)?;
        for (i, column) in columns.iter().enumerate() {
            if columns[..i].iter().any(|c| same_name(&c.name, &column.name)) {
                return server(1060, "42S21", format!("Duplicate column name '{}'", column.name));
            }
        }
        let alias = self.query[table].alias.clone();
        self.query[table].table = Arc::new(Table::temporary(alias, columns));
        self.query[table].kind = TableKind::JsonTable { document };
        self.query[table].json_table = Some(Arc::new(json.clone()));
        Ok(())
    }

    fn json_columns(&self, list: &[JsonTableColumn], columns: &mut Vec<Column>) -> Result<()> {
        for column in list {
            match column {
                JsonTableColumn::Ordinality(name) => {
                    let ty = crate::catalog::DataType { unsigned: true, ..typing::plain(TypeKind::Int) };
                    columns.push(plain_column(name.clone(), ty, true));
                }
                JsonTableColumn::Path { name, ty, .. } => {
                    columns.push(plain_column(name.clone(), self.cast_type(ty)?, true));
                }
                JsonTableColumn::Nested { columns: inner, .. } => self.json_columns(inner, columns)?,
            }
        }
        Ok(())
    }

    fn check_partitions(&self, table: &Table, factor: &TableFactor) -> Result<()> {
        if factor.partitions.is_empty() {
            return Ok(());
        }
        let Some(partitioning) = &table.partitioning else {
            return server(1747, "HY000", "PARTITION () clause on non partitioned table");
        };
        for wanted in &factor.partitions {
            let known = partitioning
                .partitions
                .iter()
                .any(|p| same_name(&p.name, wanted) || p.subpartitions.iter().any(|s| same_name(s, wanted)));
            if !known {
                return server(1735, "HY000", format!("Unknown partition '{wanted}' in table '{}'", table.name));
            }
        }
        Ok(())
    }

    /// True if the table is the one with this name and schema.
    pub(super) fn is_table(&self, table: TableId, schema: Option<&str>, name: &str) -> bool {
        let t = &self.query[table];
        same_table_name(self.ctx, &t.alias, name) && schema.is_none_or(|s| same_table_name(self.ctx, &t.schema, s))
    }

    /// Leaves a warning that a name in GROUP BY could mean a column or an alias.
    pub(super) fn warn_ambiguous(&mut self, name: &str, clause: AstClause) {
        self.warn(Level::Warning, 1052, format!("Column '{name}' in {} is ambiguous", clause.name()));
    }
}

fn placeholder(lateral: bool) -> TableKind {
    TableKind::Derived { unit: UnitId(0), lateral, view: None, cte: None, shared_with: None }
}

/// A visible column without default.
pub(super) fn plain_column(name: Arc<str>, ty: crate::catalog::DataType, nullable: bool) -> Column {
    Column { name, ty, nullable, auto_increment: false, generated: None, visible: true, functional: false, default: None }
}

/// Indexes that the optimizer may use before hints: the visible ones, all with `use_invisible_indexes`.
fn usable_keys(ctx: &crate::context::Context<'_>, table: &Table) -> KeySet {
    let invisible_too = ctx.settings.switches.on(crate::catalog::Switch::UseInvisibleIndexes);
    let mut keys = KeySet::EMPTY;
    for (no, index) in table.indexes.iter().enumerate().take(64) {
        if index.visible || invisible_too {
            keys.insert(no as u8);
        }
    }
    keys
}
