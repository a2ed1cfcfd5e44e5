//! Which column a name means (spec 02 §1.1 and §1.4).

use super::ast_clause::AstClause;
use super::numbering::same_table_name;
use super::{Resolver, server};
use crate::catalog::ColumnNo;
use crate::catalog::schema::same_name;
use crate::error::Result;
use crate::parse::ast::ColumnName;
use crate::query::{BlockId, Expr, ExprId, Level, Query, TableId};

/// A column of a table in sight.
pub(super) type Found = (TableId, ColumnNo);

/// Tables in sight, left to right.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    pub tables: Vec<TableId>,
    /// With NATURAL or USING: the columns that unqualified names and `*` mean, common ones first; none without.
    pub columns: Option<Vec<Found>>,
}

impl Scope {
    /// The tables of both, left ones first.
    pub fn joined(resolver: &Resolver<'_>, left: &Scope, right: &Scope) -> Scope {
        let tables = left.tables.iter().chain(&right.tables).copied().collect();
        let columns = (left.columns.is_some() || right.columns.is_some()).then(|| {
            let mut all = left.all_columns(resolver);
            all.extend(right.all_columns(resolver));
            all
        });
        Scope { tables, columns }
    }

    /// Columns that `*` means.
    pub fn all_columns(&self, resolver: &Resolver<'_>) -> Vec<Found> {
        match &self.columns {
            Some(columns) => columns.clone(),
            None => self.tables.iter().flat_map(|table| table_columns(resolver, *table)).collect(),
        }
    }
}

/// The visible columns of a table.
pub(super) fn table_columns(resolver: &Resolver<'_>, table: TableId) -> Vec<Found> {
    let columns = &resolver.query[table].table.columns;
    let visible = columns.iter().enumerate().filter(|(_, c)| c.visible && !c.functional);
    visible.map(|(no, _)| (table, no as ColumnNo)).collect()
}

/// A column name as written.
pub(super) fn written(name: &ColumnName) -> String {
    let mut text = String::new();
    for part in [&name.schema, &name.table].into_iter().flatten() {
        text.push_str(part);
        text.push('.');
    }
    text + &name.column
}

/// The outcome of a search in one scope.
enum Search {
    One(Found),
    Ambiguous,
    Nothing,
}

impl Search {
    fn meet(&mut self, at: Found) {
        *self = match *self {
            Search::Nothing => Search::One(at),
            Search::One(before) if before == at => Search::One(at),
            _ => Search::Ambiguous,
        };
    }
}

impl Resolver<'_> {
    fn search(&self, scope: &Scope, name: &ColumnName) -> Search {
        let mut found = Search::Nothing;
        if let Some(table_name) = &name.table {
            for &table in &scope.tables {
                let t = &self.query[table];
                let schema_fits = match &name.schema {
                    None => true,
                    Some(schema) => {
                        let own = if t.schema.is_empty() { &t.table.schema } else { &t.schema };
                        same_table_name(self.ctx, own, schema)
                    }
                };
                if schema_fits
                    && same_table_name(self.ctx, &t.alias, table_name)
                    && let Some(column) = t.table.column_by_name(&name.column)
                {
                    found.meet((table, column));
                }
            }
            return found;
        }
        if let Some(columns) = &scope.columns {
            for &(table, column) in columns {
                if same_name(&self.query[table].table.columns[column as usize].name, &name.column) {
                    found.meet((table, column));
                }
            }
            if !matches!(found, Search::Nothing) {
                return found;
            }
        }
        for &table in &scope.tables {
            let table_columns = &self.query[table].table;
            if let Some(column) = table_columns.column_by_name(&name.column)
                && (scope.columns.is_none() || !table_columns.columns[column as usize].visible)
            {
                found.meet((table, column));
            }
        }
        found
    }

    /// The column of the block's own FROM clause that a name means, if there is one.
    pub(super) fn local_column(&self, block: BlockId, name: &ColumnName, clause: AstClause) -> Result<Option<Found>> {
        self.column_in(&self.state(block).scope, name, clause)
    }

    /// The column of a scope that a name means, if there is one.
    pub(super) fn column_in(&self, scope: &Scope, name: &ColumnName, clause: AstClause) -> Result<Option<Found>> {
        match self.search(scope, name) {
            Search::One(found) => Ok(Some(found)),
            Search::Nothing => Ok(None),
            Search::Ambiguous => server(1052, "23000", format!("Column '{}' in {} is ambiguous", written(name), clause.name())),
        }
    }

    /// A reference to a column found in the block itself.
    pub(super) fn column(&mut self, block: BlockId, found: Found) -> ExprId {
        let (table, column) = found;
        self.query[table].read_set.insert(column);
        self.query.add(block, Expr::Column { table, column })
    }

    /// The column that a name means in a block or around it.
    pub(super) fn resolve_column(&mut self, block: BlockId, name: &ColumnName) -> Result<ExprId> {
        let clause = self.state(block).clause;
        if let Some(value) = self.routine_variable(block, name).or_else(|| self.row_alias_column(block, name)) {
            return Ok(value);
        }
        if let Some(found) = self.local_column(block, name, clause)? {
            if self.state(block).aggregate_depth == 0 {
                self.state_mut(block).uses.push((None, found.0));
            }
            return Ok(self.column(block, found));
        }
        if let Some(outer) = self.outer_column(block, name)? {
            return Ok(outer);
        }
        if self.state(block).left_of_in {
            let text = format!("Unknown column '{}' in 'IN/ALL/ANY subquery'", written(name));
            return server(1054, "42S22", text);
        }
        // In an outermost block without any table it is the table that is unknown.
        if let Some(table) = &name.table
            && self.state(block).outer.is_none()
            && self.state(block).scope.tables.is_empty()
            && !matches!(clause, AstClause::Values)
        {
            return server(1109, "42S02", format!("Unknown table '{table}' in {}", clause.name()));
        }
        self.unknown_column(name, clause)
    }

    /// A parameter or variable of the stored program that the statement stands in: it hides columns of its name.
    fn routine_variable(&mut self, block: BlockId, name: &ColumnName) -> Option<ExprId> {
        let same = |a: Option<&str>, b: Option<&str>| match (a, b) {
            (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
            (None, None) => true,
            _ => false,
        };
        let variables = if name.schema.is_some() { &[] } else { self.ctx.variables };
        let variable = variables
            .iter()
            .rfind(|v| same(v.qualifier.as_deref(), name.table.as_deref()) && v.name.eq_ignore_ascii_case(&name.column))?;
        let id = self.query.add(block, Expr::Parameter { name: Some(variable.name.clone()) });
        self.query.exprs.facts_mut(id).ty = variable.ty.clone();
        Some(id)
    }

    /// Error 1054.
    pub(super) fn unknown_column<T>(&self, name: &ColumnName, clause: AstClause) -> Result<T> {
        server(1054, "42S22", format!("Unknown column '{}' in '{}'", written(name), clause.name()))
    }

    /// A column of an enclosing block: makes everything between dependent and leaves note 1276 (spec 02 §1.1-6).
    pub(super) fn outer_column(&mut self, block: BlockId, name: &ColumnName) -> Result<Option<ExprId>> {
        let mut next = self.state(block).outer;
        while let Some(outer) = next {
            let clause = self.state(outer).clause;
            if let Some((table, column)) = self.local_column(outer, name, clause)? {
                self.query[table].read_set.insert(column);
                self.depend(block, outer);
                self.note_outer_reference(block, outer, (table, column));
                if self.state(outer).aggregate_depth == 0 {
                    self.state_mut(outer).uses.push((Some(block), table));
                }
                return Ok(Some(self.query.add(block, Expr::Column { table, column })));
            }
            if self.state(outer).items_known
                && matches!(clause, AstClause::Having | AstClause::OrderBy | AstClause::GroupBy)
                && let Some(item) = self.outer_item(block, outer, name)
            {
                return Ok(Some(item));
            }
            next = self.state(outer).outer;
        }
        Ok(None)
    }

    fn note_outer_reference(&mut self, block: BlockId, outer: BlockId, found: Found) {
        let (inner, outer) = (self.query[block].select_id, self.query[outer].select_id);
        let name = self.full_name(found);
        let text = format!("Field or reference '{name}' of SELECT #{inner} was resolved in SELECT #{outer}");
        self.warn(Level::Note, 1276, text);
    }

    /// `schema.table.column`, without the schema for tables that have none.
    pub(super) fn full_name(&self, (table, column): Found) -> String {
        full_column_name(&self.query, table, column)
    }

    /// Marks all blocks and query expressions from `block` out to (without) `outer` as dependent.
    pub(super) fn depend(&mut self, block: BlockId, outer: BlockId) {
        let mut at = block;
        while at != outer {
            self.query[at].uncacheable.dependent = true;
            let unit = self.query[at].unit;
            self.query[unit].uncacheable.dependent = true;
            match self.query[unit].outer {
                Some(next) => at = next,
                None => return,
            }
        }
    }

    /// Marks the block and the query expressions around it, without the outermost one, as not to be evaluated once.
    pub(super) fn mark_uncacheable(&mut self, block: BlockId, random: bool) {
        let mut at = block;
        loop {
            let unit = self.query[at].unit;
            let Some(outer) = self.query[unit].outer else { return };
            if random {
                self.query[at].uncacheable.rand = true;
                self.query[unit].uncacheable.rand = true;
            } else {
                self.query[at].uncacheable.side_effect = true;
                self.query[unit].uncacheable.side_effect = true;
            }
            at = outer;
        }
    }
}

/// `schema.table.column`, without the schema for tables that have none.
pub(super) fn full_column_name(query: &Query, table: TableId, column: ColumnNo) -> String {
    let t = &query[table];
    let column = t.table.columns.get(column as usize).map_or("", |c| &c.name);
    if t.schema.is_empty() { format!("{}.{column}", t.alias) } else { format!("{}.{}.{column}", t.schema, t.alias) }
}
