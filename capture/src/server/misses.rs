//! What the planner asked and the bundle did not know: a layer over the statistics that listens.

use crate::workload::Query;
use myexplain::catalog::{Catalog, ConstRow, IndexNo, RangeQuestion, Statistics, StatisticsLayer, SubqueryResult, Table};
use myexplain::planner::{Planner, parallel};
use myexplain::value::Value;
use std::sync::{Arc, Mutex, PoisonError};

/// Questions without an answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Misses {
    /// Rows in ranges.
    pub(crate) dives: usize,
    /// Rows by unique keys: table, index (none: the one row), key.
    pub(crate) rows: Vec<MissedRow>,
    /// Schema and text.
    pub(crate) subqueries: Vec<(String, String)>,
}

/// A row that is read while planning.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MissedRow {
    pub(crate) schema: String,
    pub(crate) table: String,
    /// Name and columns of the index.
    pub(crate) index: Option<(String, Vec<String>)>,
    pub(crate) key: Vec<Value>,
}

/// Plans a statement and says what the bundle did not know. A statement that cannot be planned asks for nothing.
pub(crate) fn of_statement(catalog: &Catalog, query: &Query) -> Misses {
    let Ok(mut catalog) = query.statement.under(catalog) else { return Misses::default() };
    let misses = Arc::new(Mutex::new(Misses::default()));
    catalog.statistics = Arc::new(Listening { inner: Arc::clone(&catalog.statistics), misses: Arc::clone(&misses) });
    let _ = parallel::guarded(|| Planner::new(&catalog).plan(&query.statement.sql).is_ok());
    let found = misses.lock().unwrap_or_else(PoisonError::into_inner);
    found.clone()
}

#[derive(Debug)]
struct Listening {
    inner: Arc<dyn Statistics>,
    misses: Arc<Mutex<Misses>>,
}

impl Listening {
    fn note(&self, write: impl FnOnce(&mut Misses)) {
        write(&mut self.misses.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl StatisticsLayer for Listening {
    fn below(&self) -> &dyn Statistics {
        self.inner.as_ref()
    }
    fn rows_in_ranges(&self, question: RangeQuestion<'_>) -> Option<u64> {
        let rows = self.inner.rows_in_ranges(question);
        if rows.is_none() {
            self.note(|misses| misses.dives += 1);
        }
        rows
    }
    fn const_row(&self, table: &Table, index: Option<IndexNo>, key: &[Value]) -> ConstRow {
        let row = self.inner.const_row(table, index, key);
        if row == ConstRow::Unknown {
            let columns = |no: IndexNo| {
                let index = table.indexes.get(usize::from(no))?;
                let parts = index.parts.iter().take(key.len());
                let names = parts.filter_map(|part| table.columns.get(usize::from(part.column)));
                Some((index.name.to_string(), names.map(|column| column.name.to_string()).collect()))
            };
            let missed = MissedRow {
                schema: table.schema.to_string(),
                table: table.name.to_string(),
                index: index.and_then(columns),
                key: key.to_vec(),
            };
            self.note(|misses| {
                if !misses.rows.contains(&missed) {
                    misses.rows.push(missed);
                }
            });
        }
        row
    }
    fn subquery(&self, schema: &str, sql: &str) -> Option<&SubqueryResult> {
        let result = self.inner.subquery(schema, sql);
        if result.is_none() {
            let missed = (schema.to_owned(), sql.to_owned());
            self.note(|misses| {
                if !misses.subqueries.contains(&missed) {
                    misses.subqueries.push(missed);
                }
            });
        }
        result
    }
}
