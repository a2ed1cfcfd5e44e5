//! A catalog with some parts of another one.

use super::cause::Part;
use crate::catalog::histogram::Histogram;
use crate::catalog::schema::same_name;
use crate::catalog::{Catalog, ColumnNo, ConstRow, IndexNo, RangeQuestion, Statistics, SubqueryResult, Table, TableStatistics};
use crate::value::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The old catalog with these parts of the new one; none where a setting cannot be assigned.
pub(super) fn mixed(old: &Catalog, new: &Catalog, parts: &[Part]) -> Option<Catalog> {
    let mut catalog = old.clone();
    let mut from_new = BTreeSet::new();
    if parts.contains(&Part::Version) {
        catalog.set_version(new.version());
    }
    for part in parts {
        match part {
            Part::Version => {}
            Part::CostConstants => catalog.costs = new.costs,
            Part::Setting(name) => assign(&mut catalog, new, name)?,
            Part::Definition(name) => define(&mut catalog, new, name)?,
            Part::Statistics(name) => {
                from_new.insert(name.clone());
            }
        }
    }
    catalog.statistics = Arc::new(Mixed { old: Owner::of(old), new: Owner::of(new), from_new });
    Some(catalog)
}

/// Gives a variable, or a flag of `optimizer_switch`, the value that it has in another catalog.
pub(super) fn assign(catalog: &mut Catalog, other: &Catalog, name: &str) -> Option<()> {
    match name.strip_prefix("optimizer_switch ") {
        Some(flag) => {
            let text = other.settings.switches.text(other.version());
            let value = text.split(',').find_map(|item| item.strip_prefix(flag)?.strip_prefix('='))?;
            catalog.settings.assign("optimizer_switch", &format!("'{flag}={value}'")).ok()
        }
        None => {
            let value = other.settings.variable(name).ok()?.replace('\'', "''");
            catalog.settings.assign(name, &format!("'{value}'")).ok()
        }
    }
}

/// Defines a table or view as another catalog does, or drops it.
fn define(catalog: &mut Catalog, other: &Catalog, name: &str) -> Option<()> {
    let (schema_name, table) = name.split_once('.')?;
    let table = table.to_lowercase();
    let theirs = other.schemas.get(schema_name);
    let schema = catalog.schemas.entry(schema_name.to_owned()).or_default();
    match theirs.and_then(|theirs| theirs.tables.get(&table)) {
        Some(definition) => drop(schema.tables.insert(table.clone(), Arc::clone(definition))),
        None => drop(schema.tables.shift_remove(&table)),
    }
    match theirs.and_then(|theirs| theirs.views.get(&table)) {
        Some(view) => drop(schema.views.insert(table, Arc::clone(view))),
        None => drop(schema.views.shift_remove(&table)),
    }
    Some(())
}

/// Statistics with the definitions that they were made for: they find facts by numbers of indexes and columns.
#[derive(Debug)]
struct Owner {
    statistics: Arc<dyn Statistics>,
    tables: Vec<Arc<Table>>,
}

impl Owner {
    fn of(catalog: &Catalog) -> Owner {
        let tables = catalog.schemas.values().flat_map(|schema| schema.tables.values().cloned()).collect();
        Owner { statistics: Arc::clone(&catalog.statistics), tables }
    }

    fn table<'t>(&'t self, asked: &'t Table) -> &'t Table {
        self.tables.iter().find(|own| own.schema == asked.schema && own.name == asked.name).map_or(asked, |own| own)
    }

    fn index(&self, asked: &Table, index: IndexNo) -> Option<IndexNo> {
        let name = &asked.indexes.get(index as usize)?.name;
        self.table(asked).indexes.iter().position(|own| same_name(&own.name, name)).map(|no| no as IndexNo)
    }

    fn column(&self, asked: &Table, column: ColumnNo) -> Option<ColumnNo> {
        column_no(self.table(asked), &asked.columns.get(column as usize)?.name)
    }
}

fn column_no(table: &Table, name: &str) -> Option<ColumnNo> {
    table.columns.iter().position(|own| same_name(&own.name, name)).map(|no| no as ColumnNo)
}

/// The answers of one catalog, for some tables those of another.
#[derive(Debug)]
struct Mixed {
    old: Owner,
    new: Owner,
    /// Tables (`schema.table`) that the new one answers for.
    from_new: BTreeSet<String>,
}

impl Mixed {
    fn owner(&self, table: &Table) -> (&Owner, &Owner) {
        match self.from_new.contains(&format!("{}.{}", table.schema, table.name)) {
            true => (&self.new, &self.old),
            false => (&self.old, &self.new),
        }
    }

    /// Who knows an index, and as which number: an index that one of them lacks is known to the other.
    fn index(&self, table: &Table, index: IndexNo) -> Option<(&Owner, IndexNo)> {
        let (first, second) = self.owner(table);
        [first, second].into_iter().find_map(|owner| Some((owner, owner.index(table, index)?)))
    }
}

impl Statistics for Mixed {
    fn table(&self, table: &Table) -> TableStatistics {
        let (owner, _) = self.owner(table);
        owner.statistics.table(owner.table(table))
    }
    fn table_partitions(&self, table: &Table, used: &[usize]) -> TableStatistics {
        let (owner, _) = self.owner(table);
        owner.statistics.table_partitions(owner.table(table), used)
    }
    fn leaf_pages(&self, table: &Table, index: IndexNo) -> Option<u64> {
        let (owner, index) = self.index(table, index)?;
        owner.statistics.leaf_pages(owner.table(table), index)
    }
    fn records_per_key(&self, table: &Table, index: IndexNo, parts: usize) -> Option<f32> {
        let (owner, index) = self.index(table, index)?;
        owner.statistics.records_per_key(owner.table(table), index, parts)
    }
    fn index_in_memory(&self, table: &Table, index: IndexNo) -> f64 {
        self.index(table, index).map_or(1.0, |(owner, index)| owner.statistics.index_in_memory(owner.table(table), index))
    }
    fn index_in_memory_known(&self, table: &Table, index: IndexNo) -> bool {
        self.index(table, index).is_some_and(|(owner, index)| owner.statistics.index_in_memory_known(owner.table(table), index))
    }
    fn rows_in_ranges(&self, question: RangeQuestion<'_>) -> Option<u64> {
        let (owner, index) = self.index(question.table, question.index)?;
        owner.statistics.rows_in_ranges(RangeQuestion { table: owner.table(question.table), index, ..question })
    }
    fn histogram(&self, table: &Table, column: ColumnNo) -> Option<&Histogram> {
        let (owner, _) = self.owner(table);
        let column = owner.column(table, column)?;
        owner.statistics.histogram(owner.table(table), column)
    }
    fn partition_rows(&self, table: &Table) -> Option<Vec<u64>> {
        let (owner, _) = self.owner(table);
        owner.statistics.partition_rows(owner.table(table))
    }
    fn const_row(&self, table: &Table, index: Option<IndexNo>, key: &[Value]) -> ConstRow {
        let (owner, _) = self.owner(table);
        let own_index = index.and_then(|index| owner.index(table, index));
        if index.is_some() && own_index.is_none() {
            return ConstRow::Unknown;
        }
        let own = owner.table(table);
        match owner.statistics.const_row(own, own_index, key) {
            ConstRow::Found(row) => {
                let name = |no: &ColumnNo| own.columns.get(*no as usize).map(|column| &column.name);
                let values = row.iter().filter_map(|(no, value)| Some((column_no(table, name(no)?)?, value.clone())));
                ConstRow::Found(values.collect())
            }
            other => other,
        }
    }
    fn subquery(&self, schema: &str, sql: &str) -> Option<&SubqueryResult> {
        let newer = !self.from_new.is_empty();
        let (first, second) = if newer { (&self.new, &self.old) } else { (&self.old, &self.new) };
        first.statistics.subquery(schema, sql).or_else(|| second.statistics.subquery(schema, sql).filter(|_| newer))
    }
}
