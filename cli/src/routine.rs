//! Stored programs: the plan of every statement of a body, under the number of its line.

use myexplain::catalog::ddl::{self, resolve_type};
use myexplain::catalog::{Catalog, CollationId, Routine as StoredRoutine, RoutineVariable};
use myexplain::parse::routine::{self, Routine, RoutineStatement};
use std::sync::Arc;

/// A body that is ready to be planned.
pub(crate) struct Body {
    pub(crate) title: String,
    pub(crate) statements: Vec<RoutineStatement>,
    pub(crate) variables: Vec<RoutineVariable>,
}

/// The stored program of a name, `schema.name` or `name`, among those of the bundle; its CREATE statement.
pub(crate) fn definition(catalog: &Catalog, name: &str) -> Result<Arc<str>, String> {
    let (schema, name) = match name.split_once('.') {
        Some((schema, name)) => (Some(schema), name),
        None => (catalog.current_schema.as_deref(), name),
    };
    let schemas = catalog.schemas.iter().filter(|(own, _)| schema.is_none_or(|wanted| wanted.eq_ignore_ascii_case(own)));
    let mut routines = schemas.flat_map(|(_, schema)| schema.functions.values().chain(&schema.other_routines));
    let found: Option<&Arc<StoredRoutine>> = routines.find(|routine| routine.name.eq_ignore_ascii_case(name));
    found
        .map(|routine| routine.definition.clone())
        .ok_or_else(|| format!("no stored program `{name}` in the bundle's schema.sql"))
}

/// Reads a CREATE statement of a stored program.
pub(crate) fn body(catalog: &Catalog, text: &str) -> Result<Body, String> {
    let routine = routine::read(text, &catalog.settings.sql_mode)
        .ok_or("the stored program cannot be read: BEGIN, IF, CASE or a loop has no END")?;
    let mut variables: Vec<RoutineVariable> = routine.variables.iter().map(|(name, ty)| variable(catalog, name, ty)).collect();
    variables.extend(row_variables(catalog, &routine));
    Ok(Body { title: format!("{} {}", routine.kind, routine.name), statements: routine.statements, variables })
}

fn variable(catalog: &Catalog, name: &str, ty: &str) -> RoutineVariable {
    let collation = catalog.settings.collation_connection;
    RoutineVariable { qualifier: None, name: name.into(), ty: type_of(ty, collation) }
}

/// A type in words; what cannot be read counts as text.
fn type_of(words: &str, collation: CollationId) -> myexplain::catalog::DataType {
    let read = ddl::read_type(words).and_then(|ty| resolve_type(&ty, collation).ok());
    read.unwrap_or_else(|| myexplain::query::typing::string(255, collation))
}

/// NEW and OLD of a trigger.
fn row_variables(catalog: &Catalog, routine: &Routine) -> Vec<RoutineVariable> {
    let Some(table) = &routine.table else { return Vec::new() };
    let schemas = catalog.schemas.values();
    let Some(table) = schemas.filter_map(|schema| schema.tables.get(&table.to_lowercase())).next() else { return Vec::new() };
    let of = |qualifier: &str| {
        let qualifier: Arc<str> = qualifier.into();
        let columns = table.columns.iter().filter(|column| !column.functional);
        columns
            .map(|column| RoutineVariable {
                qualifier: Some(qualifier.clone()),
                name: column.name.clone(),
                ty: column.ty.clone(),
            })
            .collect::<Vec<_>>()
    };
    [of("NEW"), of("OLD")].concat()
}
