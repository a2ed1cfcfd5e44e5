//! ALTER TABLE on a definition.

use crate::catalog::ddl::{
    Alteration, ColumnDefinition, ColumnPlace, KeyDefinition, KeyType, PartDefinition, TableDefinition, resolve_charset_words,
};
use crate::catalog::schema::same_name;

/// What a change did to names and contents, for those who look facts up by the old ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Effects {
    /// Columns with a new name: (old, new).
    pub(super) columns: Vec<(String, String)>,
    /// Indexes with a new name: (old, new).
    pub(super) indexes: Vec<(String, String)>,
    /// Columns whose type changed, by their new name: the server drops their histograms.
    pub(super) retyped: Vec<String>,
    /// Columns that are not what stood under their name before.
    pub(super) new_columns: Vec<String>,
}

/// Carries one action out.
pub(super) fn alter(table: &mut TableDefinition, action: &Alteration, effects: &mut Effects) -> Result<(), String> {
    match action {
        Alteration::AddColumn { column, place } => add_column(table, column, place.as_ref(), effects)?,
        Alteration::DropColumn(name) => drop_column(table, name)?,
        Alteration::ChangeColumn { old, column, place } => change_column(table, old, column, place.as_ref(), effects)?,
        Alteration::RenameColumn { old, new } => {
            rename_column(table, old, new)?;
            effects.columns.push((old.clone(), new.clone()));
        }
        Alteration::AddIndex(key) => add_index(table, key)?,
        Alteration::DropIndex(name) => {
            let place = key_place(table, name).ok_or_else(|| cannot_drop(name))?;
            table.keys.remove(place);
        }
        Alteration::RenameIndex { old, new } => {
            let place = key_place(table, old).ok_or_else(|| no_key(table, old))?;
            if !same_name(old, new) && key_place(table, new).is_some() {
                return Err(format!("Duplicate key name '{new}'"));
            }
            table.keys[place].name = Some(new.clone());
            effects.indexes.push((old.clone(), new.clone()));
        }
        Alteration::IndexVisibility { index, visible } => {
            let place = key_place(table, index).ok_or_else(|| no_key(table, index))?;
            if table.keys[place].key_type == KeyType::Primary && !visible {
                return Err("A primary key index cannot be invisible".to_owned());
            }
            table.keys[place].invisible = !visible;
        }
        Alteration::AddForeignKey(key) => table.foreign_keys.push(key.clone()),
        Alteration::RenameTable(named) => {
            table.schema = named.schema.clone().or(table.schema.take());
            table.name.clone_from(&named.name);
        }
        Alteration::Options(options) => {
            let own = &mut table.options;
            let take = |own: &mut Option<String>, new: &Option<String>| {
                if new.is_some() {
                    own.clone_from(new);
                }
            };
            take(&mut own.engine, &options.engine);
            take(&mut own.row_format, &options.row_format);
            take(&mut own.secondary_engine, &options.secondary_engine);
            own.key_block_size = options.key_block_size.or(own.key_block_size);
            if options.charset.is_some() || options.collation.is_some() {
                own.charset.clone_from(&options.charset);
                own.collation.clone_from(&options.collation);
            }
        }
        Alteration::Convert { charset, collation } => {
            let named = resolve_charset_words(charset.as_deref(), collation.as_deref())?;
            for column in &mut table.columns {
                if column.ty.collation.is_some() {
                    column.ty.collation = Some(named.clone());
                    effects.retyped.push(column.name.clone());
                }
            }
            (table.options.charset, table.options.collation) = (None, Some(named));
        }
        Alteration::PartitionBy(clause) => table.partitioning = Some(clause.clone()),
        Alteration::RemovePartitioning => table.partitioning = None,
        Alteration::Nothing => {}
    }
    Ok(())
}

fn key_place(table: &TableDefinition, name: &str) -> Option<usize> {
    table.keys.iter().position(|key| key.name.as_deref().is_some_and(|own| same_name(own, name)))
}

fn column_place(table: &TableDefinition, name: &str) -> Option<usize> {
    table.columns.iter().position(|column| same_name(&column.name, name))
}

fn no_key(table: &TableDefinition, name: &str) -> String {
    format!("Key '{name}' doesn't exist in table '{}'", table.name)
}

fn no_column(table: &TableDefinition, name: &str) -> String {
    format!("Unknown column '{name}' in '{}'", table.name)
}

fn cannot_drop(name: &str) -> String {
    format!("Can't DROP '{name}'; check that column/key exists")
}

pub(super) fn add_index(table: &mut TableDefinition, key: &KeyDefinition) -> Result<(), String> {
    if let Some(name) = &key.name
        && key_place(table, name).is_some()
    {
        return Err(format!("Duplicate key name '{name}'"));
    }
    if key.key_type == KeyType::Primary {
        if table.keys.iter().any(|key| key.key_type == KeyType::Primary) {
            return Err("Multiple primary key defined".to_owned());
        }
        // The server puts the primary key first.
        table.keys.insert(0, key.clone());
        return Ok(());
    }
    table.keys.push(key.clone());
    Ok(())
}

fn add_column(
    table: &mut TableDefinition,
    column: &ColumnDefinition,
    place: Option<&ColumnPlace>,
    effects: &mut Effects,
) -> Result<(), String> {
    if column_place(table, &column.name).is_some() {
        return Err(format!("Duplicate column name '{}'", column.name));
    }
    effects.new_columns.push(column.name.clone());
    insert_column(table, column.clone(), place, None)
}

fn insert_column(
    table: &mut TableDefinition,
    mut column: ColumnDefinition,
    place: Option<&ColumnPlace>,
    before: Option<usize>,
) -> Result<(), String> {
    // Words of the column that make a key: a key of its own from now on.
    for (wanted, key_type) in [(&mut column.primary, KeyType::Primary), (&mut column.unique, KeyType::Unique)] {
        if std::mem::take(wanted) {
            let part = PartDefinition { column: Some(column.name.clone()), expression: None, prefix: None, descending: false };
            let key = KeyDefinition { key_type, name: None, parts: vec![part], method: None, invisible: false, parser: None };
            add_index(table, &key)?;
        }
    }
    let at = match place {
        Some(ColumnPlace::First) => 0,
        Some(ColumnPlace::After(name)) => 1 + column_place(table, name).ok_or_else(|| no_column(table, name))?,
        None => before.unwrap_or(table.columns.len()),
    };
    table.columns.insert(at, column);
    Ok(())
}

fn drop_column(table: &mut TableDefinition, name: &str) -> Result<(), String> {
    let place = column_place(table, name).ok_or_else(|| cannot_drop(name))?;
    table.columns.remove(place);
    // A column leaves the indexes that it is in; an index without columns goes (ALTER TABLE of the manual).
    for key in &mut table.keys {
        key.parts.retain(|part| !part.column.as_deref().is_some_and(|column| same_name(column, name)));
    }
    table.keys.retain(|key| !key.parts.is_empty());
    Ok(())
}

fn change_column(
    table: &mut TableDefinition,
    old: &str,
    column: &ColumnDefinition,
    place: Option<&ColumnPlace>,
    effects: &mut Effects,
) -> Result<(), String> {
    let at = column_place(table, old).ok_or_else(|| no_column(table, old))?;
    if !same_name(old, &column.name) {
        rename_column(table, old, &column.name)?;
        effects.columns.push((old.to_owned(), column.name.clone()));
    }
    effects.retyped.push(column.name.clone());
    table.columns.remove(at);
    insert_column(table, column.clone(), place, Some(at))
}

fn rename_column(table: &mut TableDefinition, old: &str, new: &str) -> Result<(), String> {
    let place = column_place(table, old).ok_or_else(|| no_column(table, old))?;
    if !same_name(old, new) && column_place(table, new).is_some() {
        return Err(format!("Duplicate column name '{new}'"));
    }
    table.columns[place].name = new.to_owned();
    for part in table.keys.iter_mut().flat_map(|key| &mut key.parts) {
        if part.column.as_deref().is_some_and(|column| same_name(column, old)) {
            part.column = Some(new.to_owned());
        }
    }
    Ok(())
}
