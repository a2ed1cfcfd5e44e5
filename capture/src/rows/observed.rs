//! Statistics that answer from rows and remember what they were asked: the answers become `dives.jsonl`, `rows.jsonl` and the
//! subqueries that are to be evaluated.

use super::AnalyzedTables;
use super::answer;
use super::range_text::{self, PartRange};
use myexplain::catalog::{
    ColumnNo, ConstRow, Index, IndexNo, RangeQuestion, Statistics, StatisticsLayer, SubqueryResult, Table, stored_value,
};
use myexplain::value::Value;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What was asked while planning.
#[derive(Debug, Default)]
pub struct Asked {
    /// Lines of `dives.jsonl`.
    pub dives: BTreeSet<String>,
    /// Lines of `rows.jsonl`.
    pub rows: BTreeSet<String>,
    /// Subqueries without an answer: schema and text.
    pub subqueries: BTreeSet<(String, String)>,
    /// Ranges and keys that rows cannot answer.
    pub unanswered: BTreeSet<String>,
}

/// A layer over the statistics of a bundle.
pub struct Observed {
    below: Arc<dyn Statistics>,
    tables: Arc<AnalyzedTables>,
    asked: Mutex<Asked>,
}

impl fmt::Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observed").field("below", &self.below).finish_non_exhaustive()
    }
}

impl Observed {
    /// Answers from `tables`, else from `below`.
    pub fn new(below: Arc<dyn Statistics>, tables: Arc<AnalyzedTables>) -> Observed {
        Observed { below, tables, asked: Mutex::default() }
    }

    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was asked so far.
    pub fn take(&self) -> Asked {
        std::mem::take(&mut *self.asked())
    }

    fn rows(&self, question: &RangeQuestion<'_>) -> Option<u64> {
        let table = self.tables.get(question.table)?;
        let index = question.table.indexes.get(question.index as usize)?;
        let mut sum = 0;
        for range in question.ranges {
            let parts = range_text::parse(range, question.table, index)?;
            sum += match self.without_dive(question, index, &parts) {
                Some(rows) => rows,
                None => table
                    .dive(index, question.partitions, |held, tree, rows| answer::rows_of_text(held, index, tree, range, rows))?,
            };
        }
        Some(sum)
    }

    /// Rows that the server takes from the index's definition or statistics (spec 01 §5.6).
    fn without_dive(&self, question: &RangeQuestion<'_>, index: &Index, parts: &[PartRange]) -> Option<u64> {
        let is_point = |range: &PartRange| range.low.as_ref().is_some_and(|(_, closed)| *closed) && range.low == range.high;
        let has_null = |range: &PartRange| range.low.as_ref().is_some_and(|(value, _)| value.is_null());
        if parts.is_empty() || !parts.iter().all(is_point) {
            return None;
        }
        let whole_unique = index.unique && parts.len() == index.user_parts;
        if whole_unique {
            return (!parts.iter().any(has_null)).then_some(1);
        }
        if question.dives {
            return None;
        }
        Some(self.below.records_per_key(question.table, question.index, parts.len()).map_or(1, |rows| rows as u64))
    }
}

impl StatisticsLayer for Observed {
    fn below(&self) -> &dyn Statistics {
        self.below.as_ref()
    }

    fn rows_in_ranges(&self, question: RangeQuestion<'_>) -> Option<u64> {
        let index = question.table.indexes.get(question.index as usize)?;
        let Some(rows) = self.rows(&question) else {
            let text =
                format!("{}.{}.{}: {}", question.table.schema, question.table.name, index.name, question.ranges.join(" OR "));
            self.asked().unanswered.insert(text);
            return self.below.rows_in_ranges(question);
        };
        let mut line = json!({
            "schema": &*question.table.schema, "table": &*question.table.name, "index": &*index.name, "ranges": question.ranges,
            "rows": rows, "index_dives_for_eq_ranges": question.dives,
        });
        if let Some(partitions) = question.partitions {
            line["partitions"] = json!(partitions);
        }
        self.asked().dives.insert(line.to_string());
        Some(rows)
    }

    fn const_row(&self, table: &Table, index: Option<IndexNo>, key: &[Value]) -> ConstRow {
        let answer = self.tables.get(table).and_then(|analyzed| answer::const_row(&analyzed.held, index, key));
        let Some(answer) = answer else {
            self.asked().unanswered.insert(format!("{}.{}: a row by key", table.schema, table.name));
            return self.below.const_row(table, index, key);
        };
        let name = index.and_then(|no| table.indexes.get(no as usize)).map(|index| index.name.to_string());
        let key: Vec<Option<String>> = key.iter().map(|value| value.to_text().map(|text| text.into_owned())).collect();
        let named = answer.as_ref().map(|row| -> BTreeMap<&str, &Option<String>> {
            row.iter().map(|(no, text)| (&*table.columns[*no as usize].name, text)).collect()
        });
        let line = json!({ "schema": &*table.schema, "table": &*table.name, "index": name, "key": key, "row": named });
        self.asked().rows.insert(line.to_string());
        match answer {
            None => ConstRow::Missing,
            Some(row) => {
                let typed = |(no, text): (ColumnNo, Option<String>)| {
                    let ty = &table.columns[no as usize].ty;
                    (no, text.map_or(Value::Null, |text| stored_value::value_of_text(ty, &text)))
                };
                ConstRow::Found(row.into_iter().map(typed).collect())
            }
        }
    }

    fn subquery(&self, schema: &str, sql: &str) -> Option<&SubqueryResult> {
        let known = self.below.subquery(schema, sql);
        if known.is_none() {
            self.asked().subqueries.insert((schema.to_owned(), sql.to_owned()));
        }
        known
    }
}
