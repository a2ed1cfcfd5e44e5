//! `schema.sql`.

use super::Loader;
use crate::catalog::ddl::{self, Definition, RoutineDefinition, RoutineType};
use crate::catalog::{CollationId, Routine, Schema, Table, View};
use crate::error::InputError;
use std::sync::Arc;

const NAME: &str = "schema.sql";

impl Loader<'_> {
    pub(super) fn schema(&mut self) -> Result<(), InputError> {
        let text = match self.text(NAME)? {
            Some(text) => text,
            None => {
                let source = std::io::Error::new(std::io::ErrorKind::NotFound, "a bundle needs this file");
                return Err(InputError::Io { path: self.files.path(NAME), source });
            }
        };
        let definitions = ddl::read_script(&text).map_err(|error| self.problem(NAME, (error.line, error.what)))?;
        let mut current: Option<Arc<str>> = None;
        for (line, definition) in definitions {
            self.define(definition, &mut current).map_err(|what| self.problem(NAME, (line, what)))?;
        }
        Ok(())
    }

    fn define(&mut self, definition: Definition, current: &mut Option<Arc<str>>) -> Result<(), String> {
        match definition {
            Definition::Database { name, charset, collation } => {
                let default = server_collation(self);
                let collation = ddl::resolve_collation(charset.as_deref(), collation.as_deref(), default)?;
                self.schema_entry(&name).collation = Some(collation);
            }
            Definition::Use(name) => {
                self.schema_entry(&name);
                if self.catalog.current_schema.is_none() {
                    self.catalog.current_schema = Some(Arc::from(name.as_str()));
                }
                *current = Some(Arc::from(name));
            }
            Definition::Table(definition) => {
                let schema = self.schema_of(definition.schema.as_deref(), current);
                let default = self.schema_entry(&schema).collation.unwrap_or(CollationId::UTF8MB4_0900_AI_CI);
                let connection = self.catalog.settings.collation_connection;
                let table: Table = ddl::build_table(&definition, &schema, default, connection)
                    .map_err(|what| format!("table '{}': {what}", definition.name))?;
                self.schema_entry(&schema).tables.insert(definition.name.to_lowercase(), Arc::new(table));
            }
            Definition::View(view) => {
                let schema = self.schema_of(view.schema.as_deref(), current);
                let made = View {
                    schema: schema.clone(),
                    name: Arc::from(view.name.as_str()),
                    definition: Arc::from(view.select),
                    columns: view.columns.iter().map(|name| Arc::from(name.as_str())).collect(),
                    algorithm: view.algorithm,
                };
                self.schema_entry(&schema).views.insert(view.name.to_lowercase(), Arc::new(made));
            }
            Definition::Routine(routine) => self.routine(routine, current)?,
        }
        Ok(())
    }

    fn routine(&mut self, routine: RoutineDefinition, current: &Option<Arc<str>>) -> Result<(), String> {
        let schema = self.schema_of(routine.schema.as_deref(), current);
        let default = self.schema_entry(&schema).collation.unwrap_or(CollationId::UTF8MB4_0900_AI_CI);
        let returns = routine.returns.as_ref().map(|ty| ddl::resolve_type(ty, default)).transpose()?;
        let made = Arc::new(Routine {
            schema: schema.clone(),
            name: Arc::from(routine.name.as_str()),
            deterministic: routine.deterministic,
            parameters: routine.parameters,
            returns,
            definition: Arc::from(routine.text),
        });
        let entry = self.schema_entry(&schema);
        if routine.routine_type == RoutineType::Function {
            entry.functions.insert(routine.name.to_lowercase(), made);
        } else {
            entry.other_routines.push(made);
        }
        Ok(())
    }

    fn schema_of(&mut self, named: Option<&str>, current: &Option<Arc<str>>) -> Arc<str> {
        match (named, current) {
            (Some(name), _) => Arc::from(name),
            (None, Some(current)) => current.clone(),
            (None, None) => {
                let schema: Arc<str> = Arc::from("test");
                self.catalog.current_schema.get_or_insert_with(|| schema.clone());
                schema
            }
        }
    }

    fn schema_entry(&mut self, name: &str) -> &mut Schema {
        self.catalog.schemas.entry(name.to_owned()).or_default()
    }
}

fn server_collation(loader: &Loader<'_>) -> CollationId {
    let named = loader.catalog.settings.variables.get("collation_server");
    let info = named.and_then(|name| crate::catalog::collation::by_name(name));
    info.map_or(CollationId::UTF8MB4_0900_AI_CI, |info| info.id)
}
