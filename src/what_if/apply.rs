//! Changes, carried out one after the other on a copy of the catalog.

use super::alter::{self, Effects};
use super::change::{Change, RowTarget};
use super::layer::{IndexLayer, Layered, TableLayer, same_column};
use super::names::{Member, find_table};
use super::{Derivation, Hypothesis, histogram, index_statistics, rows};
use crate::catalog::ddl::{self, Alteration, Definition, NamedTable, SchemaStatement, TableDefinition};
use crate::catalog::schema::same_name;
use crate::catalog::settings::SWITCH_NAMES;
use crate::catalog::{Catalog, ColumnNo, IndexNo, Statistics, Table, View};
use std::sync::Arc;

/// A hypothesis in the making.
pub(super) struct Builder {
    catalog: Catalog,
    layer: Layered,
    derivations: Vec<Derivation>,
}

/// `schema.table.member` as derivations have it.
fn full_name(table: &Table, member: Option<&str>) -> String {
    match member {
        Some(member) => format!("{}.{}.{member}", table.schema, table.name),
        None => format!("{}.{}", table.schema, table.name),
    }
}

impl Builder {
    pub(super) fn new(catalog: &Catalog) -> Builder {
        let layer = Layered { base: Arc::clone(&catalog.statistics), tables: Vec::new() };
        Builder { catalog: catalog.clone(), layer, derivations: Vec::new() }
    }

    pub(super) fn finish(self) -> Hypothesis {
        let Builder { mut catalog, layer, derivations } = self;
        if !layer.tables.is_empty() {
            catalog.statistics = Arc::new(layer);
        }
        Hypothesis { catalog, derivations }
    }

    pub(super) fn apply(&mut self, change: &Change) -> Result<(), String> {
        match change {
            Change::AddIndex { table, key } => self.alter(table, &[Alteration::AddIndex(key.clone())]),
            Change::DropIndex(index) => self.alter(&index.table, &[Alteration::DropIndex(index.name.clone())]),
            Change::Invisible(index) => self.visibility(index, false),
            Change::Visible(index) => self.visibility(index, true),
            Change::Ddl { file, text } => self.migrate(file, text),
            Change::Rows { table, rows } => self.rows(table, *rows),
            Change::Histogram { column, buckets } => self.histogram(column, *buckets),
            Change::DropHistogram(column) => self.drop_histogram(column),
            Change::Cost { name, value } => {
                // The server keeps single-precision numbers (spec 01 §9).
                self.catalog.costs.set(name, f64::from(*value as f32));
                Ok(())
            }
            Change::Switch { name, on } => self.switch(name, *on),
            Change::Set { name, value } => self.set(name, value),
            Change::Cached { index, share } => self.cached(index, *share),
            Change::Version(version) => {
                self.catalog.set_version(*version);
                Ok(())
            }
        }
    }

    fn derived(&mut self, of: String, lines: Vec<String>) {
        if !lines.is_empty() {
            self.derivations.push(Derivation { of, lines });
        }
    }

    fn switch(&mut self, name: &str, on: bool) -> Result<(), String> {
        if !SWITCH_NAMES.contains(&name) {
            return Err(format!("optimizer_switch has no flag '{name}'"));
        }
        let value = format!("{name}={}", if on { "on" } else { "off" });
        self.set("optimizer_switch", &value)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        self.catalog.settings.assign_any(name, value).map_err(|error| error.to_string())
    }

    /// Place of the layer of a table, which is made if there is none.
    fn layered(&mut self, table: &Arc<Table>) -> usize {
        let same = |layer: &TableLayer| layer.table.name == table.name && layer.table.schema == table.schema;
        if let Some(place) = self.layer.tables.iter().position(same) {
            return place;
        }
        self.layer.tables.push(TableLayer::of(table, &*self.layer.base));
        self.layer.tables.len() - 1
    }

    fn index(&self, member: &Member) -> Result<(Arc<Table>, IndexNo), String> {
        let table = find_table(&self.catalog, &member.table)?;
        match table.index_by_name(&member.name) {
            Some(index) => Ok((table, index)),
            None => {
                let names: Vec<&str> = table.indexes.iter().map(|index| &*index.name).collect();
                let has = if names.is_empty() { "it has none".to_owned() } else { format!("it has {}", names.join(", ")) };
                Err(format!("Key '{}' doesn't exist in table '{}'; {has}", member.name, table.name))
            }
        }
    }

    fn column(&self, member: &Member) -> Result<(Arc<Table>, ColumnNo), String> {
        let table = find_table(&self.catalog, &member.table)?;
        let column = table.column_by_name(&member.name);
        let column = column.ok_or_else(|| format!("Unknown column '{}' in '{}'", member.name, table.name))?;
        Ok((table, column))
    }

    fn visibility(&mut self, index: &Member, visible: bool) -> Result<(), String> {
        let (_, number) = self.index(index)?;
        let _ = number;
        self.alter(&index.table, &[Alteration::IndexVisibility { index: index.name.clone(), visible }])
    }

    fn cached(&mut self, index: &Member, share: f64) -> Result<(), String> {
        let (table, number) = self.index(index)?;
        let place = self.layered(&table);
        let layer = &mut self.layer.tables[place];
        let facts = &mut layer.indexes[number as usize];
        facts.in_memory = share;
        facts.in_memory_known = true;
        if table.clustered == Some(number) {
            layer.numbers.clustered_in_memory = share;
        }
        Ok(())
    }

    fn rows(&mut self, named: &NamedTable, target: RowTarget) -> Result<(), String> {
        let table = find_table(&self.catalog, named)?;
        let place = self.layered(&table);
        let lines = rows::grow(&mut self.layer.tables[place], target);
        self.derived(full_name(&table, None), lines);
        Ok(())
    }

    fn histogram(&mut self, member: &Member, buckets: u32) -> Result<(), String> {
        let (table, column) = self.column(member)?;
        let (made, lines) = histogram::derive(&self.layer, &table, column, buckets)?;
        self.replace_histogram(&table, column, Some(Arc::new(made)));
        self.derived(full_name(&table, Some(&member.name)), lines);
        Ok(())
    }

    fn drop_histogram(&mut self, member: &Member) -> Result<(), String> {
        let (table, column) = self.column(member)?;
        if self.layer.histogram(&table, column).is_none() {
            return Err(format!("No histogram statistics found for column '{}'", member.name));
        }
        self.replace_histogram(&table, column, None);
        Ok(())
    }

    fn replace_histogram(
        &mut self,
        table: &Arc<Table>,
        column: ColumnNo,
        histogram: Option<Arc<crate::catalog::histogram::Histogram>>,
    ) {
        let place = self.layered(table);
        let histograms = &mut self.layer.tables[place].histograms;
        histograms.retain(|(no, _)| *no != column);
        histograms.push((column, histogram));
    }

    fn migrate(&mut self, file: &str, text: &str) -> Result<(), String> {
        let statements = ddl::read_migration(text).map_err(|error| format!("{file}:{}: {}", error.line, error.what))?;
        let current = self.catalog.current_schema.clone();
        for (line, statement) in statements {
            self.statement(statement).map_err(|what| format!("{file}:{line}: {what}"))?;
        }
        self.catalog.current_schema = current;
        Ok(())
    }

    fn statement(&mut self, statement: SchemaStatement) -> Result<(), String> {
        match statement {
            SchemaStatement::Define(definition) => self.define(definition),
            SchemaStatement::Alter { table, actions } => self.alter(&table, &actions),
            SchemaStatement::DropTables { tables, if_exists } => {
                for named in tables {
                    match find_table(&self.catalog, &named) {
                        Ok(table) => self.forget(&table),
                        Err(_) if if_exists => {}
                        Err(_) => return Err(format!("Unknown table '{}'", named.name)),
                    }
                }
                Ok(())
            }
            SchemaStatement::DropViews { views, if_exists } => {
                for named in views {
                    let schema = self.schema_name(named.schema.as_deref())?;
                    let views = self.catalog.schemas.get_mut(&*schema).map(|schema| &mut schema.views);
                    let gone = views.and_then(|views| views.shift_remove(&named.name.to_lowercase()));
                    if gone.is_none() && !if_exists {
                        return Err(format!("Unknown table '{schema}.{}'", named.name));
                    }
                }
                Ok(())
            }
            SchemaStatement::RenameTables(pairs) => {
                pairs.into_iter().try_for_each(|(old, new)| self.alter(&old, &[Alteration::RenameTable(new)]))
            }
            SchemaStatement::UpdateHistogram { table, columns, buckets } => {
                columns.into_iter().try_for_each(|name| self.histogram(&Member { table: table.clone(), name }, buckets))
            }
            SchemaStatement::DropHistogram { table, columns } => {
                columns.into_iter().try_for_each(|name| self.drop_histogram(&Member { table: table.clone(), name }))
            }
        }
    }

    fn schema_name(&self, named: Option<&str>) -> Result<Arc<str>, String> {
        let name = named.map(Arc::from).or_else(|| self.catalog.current_schema.clone());
        name.ok_or_else(|| "No database selected".to_owned())
    }

    fn define(&mut self, definition: Definition) -> Result<(), String> {
        match definition {
            Definition::Use(name) => {
                self.catalog.schemas.entry(name.clone()).or_default();
                self.catalog.current_schema = Some(Arc::from(name));
                Ok(())
            }
            Definition::Database { name, charset, collation } => {
                let default = crate::catalog::CollationId::UTF8MB4_0900_AI_CI;
                let collation = ddl::resolve_collation(charset.as_deref(), collation.as_deref(), default)?;
                self.catalog.schemas.entry(name).or_default().collation.get_or_insert(collation);
                Ok(())
            }
            Definition::Table(definition) => self.create_table(&definition),
            Definition::View(view) => {
                let schema = self.schema_name(view.schema.as_deref())?;
                let made = View {
                    schema: Arc::clone(&schema),
                    name: Arc::from(view.name.as_str()),
                    definition: Arc::from(view.select),
                    columns: view.columns.iter().map(|name| Arc::from(name.as_str())).collect(),
                    algorithm: view.algorithm,
                };
                let entry = self.catalog.schemas.entry(schema.to_string()).or_default();
                entry.views.insert(view.name.to_lowercase(), Arc::new(made));
                Ok(())
            }
            Definition::Routine(routine) => Err(format!("routines are not changed by what-if ('{}')", routine.name)),
        }
    }

    fn create_table(&mut self, definition: &TableDefinition) -> Result<(), String> {
        let schema = self.schema_name(definition.schema.as_deref())?;
        let table = Arc::new(self.built(definition, &schema)?);
        let entry = self.catalog.schemas.entry(schema.to_string()).or_default();
        let key = definition.name.to_lowercase();
        if entry.tables.contains_key(&key) {
            return Err(format!("Table '{}' already exists", definition.name));
        }
        let any = self.catalog.schemas.values().flat_map(|schema| schema.tables.values()).next().cloned();
        let numbers = rows::empty(&self.layer, any.as_deref(), table.page_bytes);
        let index = |index: &crate::catalog::Index| IndexLayer {
            original: None,
            records_per_key: vec![Some(1.0); index.parts.len()],
            leaf_pages: Some(1),
            in_memory: 1.0,
            in_memory_known: true,
        };
        let layer = TableLayer {
            original: None,
            numbers,
            growth: 1.0,
            columns: vec![None; table.columns.len()],
            indexes: table.indexes.iter().map(index).collect(),
            histograms: Vec::new(),
            table: Arc::clone(&table),
        };
        self.layer.tables.push(layer);
        let name = full_name(&table, None);
        self.catalog.schemas.entry(schema.to_string()).or_default().tables.insert(key, table);
        self.derived(name, vec!["a new table, empty; --rows gives it rows".to_owned()]);
        Ok(())
    }

    fn built(&self, definition: &TableDefinition, schema: &Arc<str>) -> Result<Table, String> {
        let default = self.catalog.schemas.get(&**schema).and_then(|schema| schema.collation);
        let default = default.unwrap_or(crate::catalog::CollationId::UTF8MB4_0900_AI_CI);
        ddl::build_table(definition, schema, default, self.catalog.settings.collation_connection)
    }

    fn forget(&mut self, table: &Table) {
        if let Some(schema) = self.catalog.schemas.get_mut(&*table.schema) {
            schema.tables.shift_remove(&table.name.to_lowercase());
        }
        self.layer.tables.retain(|layer| layer.table.name != table.name || layer.table.schema != table.schema);
    }

    fn alter(&mut self, named: &NamedTable, actions: &[Alteration]) -> Result<(), String> {
        let old = find_table(&self.catalog, named)?;
        let mut definition = ddl::definition_of(&old);
        let mut effects = Effects::default();
        for action in actions {
            alter::alter(&mut definition, action, &mut effects)?;
        }
        let schema: Arc<str> = definition.schema.as_deref().map_or_else(|| Arc::clone(&old.schema), Arc::from);
        let new = Arc::new(self.built(&definition, &schema)?);
        let renamed = new.name != old.name || new.schema != old.schema;
        if renamed && self.catalog.schemas.get(&*schema).is_some_and(|s| s.tables.contains_key(&new.name.to_lowercase())) {
            return Err(format!("Table '{}' already exists", new.name));
        }
        let place = self.layered(&old);
        let before = self.layer.tables[place].clone();
        let (after, open) = carried_over(&before, &new, &effects);
        self.layer.tables[place] = after;
        for index in open {
            self.derive_index(place, &before, index);
        }
        if renamed && let Some(entry) = self.catalog.schemas.get_mut(&*old.schema) {
            entry.tables.shift_remove(&old.name.to_lowercase());
        }
        let entry = self.catalog.schemas.entry(schema.to_string()).or_default();
        entry.tables.insert(new.name.to_lowercase(), new);
        Ok(())
    }

    /// Statistics of an index that was not there before, from what was known before.
    fn derive_index(&mut self, place: usize, before: &TableLayer, index: IndexNo) {
        let below = Layered { base: Arc::clone(&self.layer.base), tables: vec![before.clone()] };
        let layer = &self.layer.tables[place];
        let table = Arc::clone(&layer.table);
        let derived = index_statistics::derive(&below, &before.table, layer, index);
        let name = full_name(&table, Some(&table.indexes[index as usize].name));
        self.layer.tables[place].indexes[index as usize] = derived.facts;
        self.derived(name, derived.lines);
    }
}

/// The layer of a changed table with everything that stays known, and the indexes that nothing is known of yet.
fn carried_over(before: &TableLayer, new: &Arc<Table>, effects: &Effects) -> (TableLayer, Vec<IndexNo>) {
    let old = &before.table;
    let old_name = |name: &str, renames: &[(String, String)]| -> String {
        renames.iter().rev().fold(name.to_owned(), |name, (old, new)| if same_name(&name, new) { old.clone() } else { name })
    };
    let old_column = |no: usize| -> Option<ColumnNo> {
        let column = &new.columns[no];
        if column.functional {
            return same_column(old, column);
        }
        if effects.new_columns.iter().any(|name| same_name(name, &column.name)) {
            return None;
        }
        old.column_by_name(&old_name(&column.name, &effects.columns))
    };
    let from_old: Vec<Option<ColumnNo>> = (0..new.columns.len()).map(old_column).collect();
    let mut open = Vec::new();
    let mut indexes = Vec::with_capacity(new.indexes.len());
    for (no, index) in new.indexes.iter().enumerate() {
        let same_part = |(new, old): (&crate::catalog::KeyPart, &crate::catalog::KeyPart)| {
            from_old[new.column as usize] == Some(old.column) && new.prefix_chars == old.prefix_chars
        };
        let known = old.index_by_name(&old_name(&index.name, &effects.indexes)).filter(|old_no| {
            let old_index = &old.indexes[*old_no as usize];
            old_index.kind == index.kind
                && old_index.user_parts == index.user_parts
                && index.parts[..index.user_parts].iter().zip(&old_index.parts).all(same_part)
        });
        match known {
            Some(old_no) => {
                let mut facts = before.indexes[old_no as usize].clone();
                // The parts that follow the user's are those of the primary key: together one row.
                facts.records_per_key.truncate(index.parts.len().max(index.user_parts));
                facts.records_per_key.resize(index.parts.len(), Some(1.0));
                indexes.push(facts);
            }
            None => {
                indexes.push(IndexLayer::default());
                open.push(no as IndexNo);
            }
        }
    }
    // The server drops the histogram of a changed column, and of one that a single-part unique index covers (spec 01 §7.1).
    let alone = |no: usize| {
        new.indexes.iter().any(|index| {
            let part = &index.parts[0];
            index.unique && index.user_parts == 1 && part.column as usize == no && part.prefix_chars.is_none()
        })
    };
    let dropped = |no: usize| effects.retyped.iter().any(|name| same_name(name, &new.columns[no].name)) || alone(no);
    let changed = |no: usize| {
        if dropped(no) {
            return Some((no as ColumnNo, None));
        }
        let histogram = before.histograms.iter().find(|(old, _)| Some(*old) == from_old[no])?;
        Some((no as ColumnNo, histogram.1.clone()))
    };
    let layer = TableLayer {
        table: Arc::clone(new),
        original: before.original.clone(),
        numbers: before.numbers,
        growth: before.growth,
        columns: from_old.iter().map(|old| before.columns[(*old)? as usize]).collect(),
        indexes,
        histograms: (0..new.columns.len()).filter_map(changed).collect(),
    };
    (layer, open)
}
