//! The files with one JSON object a line: dives, rows, subqueries.

use super::Loader;
use super::tsv::Problem;
use crate::catalog::captured::{CapturedRow, Dive, hash_ranges};
use crate::catalog::{IndexNo, SubqueryResult, Table, stored_value};
use crate::error::InputError;
use crate::value::Value;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Deserialize)]
struct DiveLine<'a> {
    #[serde(borrow)]
    schema: Cow<'a, str>,
    #[serde(borrow)]
    table: Cow<'a, str>,
    #[serde(borrow)]
    index: Cow<'a, str>,
    ranges: Vec<String>,
    rows: u64,
    #[serde(default)]
    partitions: Option<Names>,
    #[serde(default)]
    sql: Option<String>,
    #[serde(default = "yes")]
    index_dives_for_eq_ranges: bool,
}

/// `"p0,p1"` or `["p0", "p1"]`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Names {
    Joined(String),
    List(Vec<String>),
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
struct RowLine<'a> {
    #[serde(borrow)]
    schema: Cow<'a, str>,
    #[serde(borrow)]
    table: Cow<'a, str>,
    #[serde(default)]
    index: Option<String>,
    #[serde(default)]
    key: Vec<Option<String>>,
    #[serde(default)]
    row: Option<BTreeMap<String, Option<String>>>,
}

#[derive(Deserialize)]
struct SubqueryLine {
    schema: String,
    sql: String,
    #[serde(default)]
    columns: Vec<String>,
    #[serde(default)]
    rows: Vec<Vec<Option<String>>>,
    #[serde(default)]
    more_than_one_row: bool,
}

impl Loader<'_> {
    pub(super) fn lines(&mut self) -> Result<(), InputError> {
        self.each_line("dives.jsonl", "ranges are estimated from histograms and index statistics", Self::dive)?;
        self.each_line("rows.jsonl", "rows of const tables exist, with unknown values", Self::row)?;
        self.each_line("subqueries.jsonl", "values of subqueries are unknown", Self::subquery)
    }

    pub(super) fn each_line(
        &mut self,
        name: &str,
        instead: &str,
        read: fn(&mut Self, &str) -> Result<(), String>,
    ) -> Result<(), InputError> {
        let Some(text) = self.text(name)? else {
            self.assume(name, instead);
            return Ok(());
        };
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            read(self, line).map_err(|what| self.problem(name, (number + 1, what) as Problem))?;
        }
        Ok(())
    }

    /// The table that a line names, if the schema has it.
    pub(super) fn named_table(&self, schema: &str, table: &str) -> Option<Arc<Table>> {
        let tables = &self.catalog.schemas.get(schema)?.tables;
        tables.get(table).or_else(|| tables.get(&table.to_lowercase())).cloned()
    }

    fn dive(&mut self, line: &str) -> Result<(), String> {
        let line: DiveLine<'_> = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let schema = self.statistics.schemas.get_mut(&*line.schema);
        let table = schema.and_then(|schema| schema.tables.get_mut(&*line.table));
        let index = table.and_then(|table| table.indexes.iter_mut().find(|index| *index.name == *line.index));
        // Answers about tables and indexes that are no longer there do no harm.
        let Some(index) = index else { return Ok(()) };
        let partitions = line.partitions.map(|names| match names {
            Names::Joined(names) => names.split(',').map(|name| name.trim().to_owned()).collect(),
            Names::List(names) => names.into_boxed_slice(),
        });
        let dive = Dive {
            partitions,
            sql: line.sql.map(String::into_boxed_str),
            dived: line.index_dives_for_eq_ranges,
            rows: line.rows,
            ranges: line.ranges.into_boxed_slice(),
        };
        index.dives.entry(hash_ranges(&dive.ranges)).or_default().push(dive);
        Ok(())
    }

    fn row(&mut self, line: &str) -> Result<(), String> {
        let line: RowLine<'_> = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let Some(table) = self.named_table(&line.schema, &line.table) else { return Ok(()) };
        let index: Option<IndexNo> = match line.index.as_deref() {
            Some(name) => match table.index_by_name(name) {
                Some(index) => Some(index),
                None => return Ok(()),
            },
            None => None,
        };
        let typed = |column: usize, text: Option<&str>| match (table.columns.get(column), text) {
            (Some(column), Some(text)) => stored_value::value_of_text(&column.ty, text),
            _ => Value::Null,
        };
        let parts = index.and_then(|no| table.indexes.get(no as usize)).map_or(&[][..], |index| &index.parts[..]);
        let key = line.key.iter().zip(parts).map(|(text, part)| typed(part.column as usize, text.as_deref())).collect();
        let row = line.row.map(|values| {
            let by_number = values.iter().filter_map(|(name, text)| {
                let column = table.column_by_name(name)?;
                Some((column, typed(column as usize, text.as_deref())))
            });
            by_number.collect::<BTreeMap<_, _>>()
        });
        let facts = self.statistics.schemas.get_mut(&*line.schema).and_then(|schema| schema.tables.get_mut(&*table.name));
        if let Some(facts) = facts {
            facts.rows.push(CapturedRow { index, key, row });
        }
        Ok(())
    }

    fn subquery(&mut self, line: &str) -> Result<(), String> {
        let line: SubqueryLine = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let result = if line.more_than_one_row {
            SubqueryResult::MoreThanOneRow
        } else {
            SubqueryResult::Rows { columns: line.columns, rows: line.rows }
        };
        self.statistics.schemas.entry(line.schema).or_default().subqueries.insert(line.sql, result);
        Ok(())
    }
}
