//! Statistics in which every range and equality on one column finds the same share of the rows.

use super::super::names::Member;
use crate::catalog::{Catalog, ColumnNo, IndexNo, RangeQuestion, Statistics, StatisticsLayer, Table};
use std::sync::Arc;

/// The layer.
#[derive(Debug)]
pub(super) struct Selective {
    below: Arc<dyn Statistics>,
    schema: Arc<str>,
    table: Arc<str>,
    column: ColumnNo,
    /// Share of the rows, 0..=1.
    share: f64,
}

impl Selective {
    /// # Errors
    /// There is no such column, or no index begins with it: then no statistics are asked for it.
    pub(super) fn new(catalog: &Catalog, column: &Member, share: f64) -> Result<Selective, String> {
        let schema = column.table.schema.as_deref().or(catalog.current_schema.as_deref());
        let schema = schema.or_else(|| catalog.schemas.keys().next().map(String::as_str)).unwrap_or_default();
        let tables = catalog.schemas.get(schema).map(|schema| &schema.tables);
        let table = tables.and_then(|tables| tables.get(&column.table.name.to_lowercase()));
        let table = table.ok_or_else(|| format!("there is no table {}", column.table.name))?;
        let no = table.column_by_name(&column.name).ok_or_else(|| format!("{} has no column {}", table.name, column.name))?;
        let begins = |index: &crate::catalog::Index| index.parts.first().is_some_and(|part| part.column == no);
        if !table.indexes.iter().any(begins) {
            return Err(format!(
                "no index of {} begins with {}: vary a literal instead (:x in the statement, --literal x=FROM..TO)",
                table.name, column.name
            ));
        }
        let (below, schema, name) = (Arc::clone(&catalog.statistics), Arc::clone(&table.schema), Arc::clone(&table.name));
        Ok(Selective { below, schema, table: name, column: no, share })
    }

    fn concerns(&self, table: &Table, index: IndexNo) -> bool {
        let first = table.indexes.get(index as usize).and_then(|index| index.parts.first());
        *table.schema == *self.schema && *table.name == *self.table && first.is_some_and(|part| part.column == self.column)
    }

    fn rows(&self, table: &Table) -> f64 {
        (self.below.table(table).rows as f64 * self.share).max(1.0)
    }
}

impl StatisticsLayer for Selective {
    fn below(&self) -> &dyn Statistics {
        self.below.as_ref()
    }
    fn records_per_key(&self, table: &Table, index: IndexNo, parts: usize) -> Option<f32> {
        let below = self.below.records_per_key(table, index, parts);
        if !self.concerns(table, index) {
            return below;
        }
        let rows = self.rows(table) as f32;
        // More parts find no more rows than the first alone.
        if parts == 1 { Some(rows) } else { below.map(|below| below.min(rows)) }
    }
    fn rows_in_ranges(&self, question: RangeQuestion<'_>) -> Option<u64> {
        if self.concerns(question.table, question.index) {
            return Some(self.rows(question.table).round() as u64);
        }
        self.below.rows_in_ranges(question)
    }
}
