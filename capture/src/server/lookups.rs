//! Small look-ups that the user allowed: rows by unique keys and values of subqueries, as the optimizer itself reads them while it
//! plans.

use super::connection::{Server, ServerError};
use super::dives::spaced;
use super::misses::MissedRow;
use super::selection::{literal, name};
use myexplain::value::{Temporal, Value};
use serde_json::{Map, Value as Json, json};

/// Rows of a subquery that are read: more than one is all that matters.
const ENOUGH_ROWS: usize = 2;

impl Server {
    /// A line of `rows.jsonl`; none if the server refused.
    pub(crate) fn look_up_row(&mut self, missed: &MissedRow) -> Result<Option<String>, ServerError> {
        let table = format!("{}.{}", name(&missed.schema), name(&missed.table));
        let (index, columns) = match &missed.index {
            Some((index, columns)) => (Json::from(index.as_str()), columns.as_slice()),
            None => (Json::Null, &[][..]),
        };
        let Some(key) = missed.key.iter().map(key_text).collect::<Option<Vec<_>>>() else { return Ok(None) };
        let conditions = columns.iter().zip(&key).map(|(column, value)| match value {
            Some(value) => format!("{} = {}", name(column), literal(value)),
            None => format!("{} IS NULL", name(column)),
        });
        let conditions: Vec<String> = conditions.collect();
        let rows = if key.contains(&None) {
            // NULL equals nothing: there is no such row.
            Ok((Vec::new(), Vec::new()))
        } else {
            let condition = if conditions.is_empty() { "TRUE".to_owned() } else { conditions.join(" AND ") };
            self.table(&format!("SELECT * FROM {table} WHERE {condition} LIMIT {ENOUGH_ROWS}"))
        };
        let (columns, mut rows) = match rows {
            Err(ServerError::Refused { .. }) => return Ok(None),
            other => other?,
        };
        if rows.len() > 1 {
            return Ok(None);
        }
        let row = rows.pop().map(|row| columns.into_iter().zip(row.into_iter().map(Json::from)).collect::<Map<_, _>>());
        let line = json!({
            "schema": missed.schema, "table": missed.table, "index": index, "key": key,
            "row": row.map_or(Json::Null, Json::Object),
        });
        Ok(Some(spaced(&line)))
    }

    /// A line of `subqueries.jsonl`; none if the server refused.
    pub(crate) fn look_up_subquery(&mut self, schema: &str, sql: &str) -> Result<Option<String>, ServerError> {
        let told = self
            .run(&format!("PREPARE myexplain FROM {}", literal(sql)))
            .and_then(|()| self.run(&format!("SET SESSION sql_select_limit = {ENOUGH_ROWS}")))
            .and_then(|()| self.table(sql));
        self.run("SET SESSION sql_select_limit = DEFAULT")?;
        let (columns, rows) = match told {
            Err(ServerError::Refused { .. }) => return Ok(None),
            other => other?,
        };
        let line = if rows.len() > 1 {
            json!({"schema": schema, "sql": sql, "columns": columns, "more_than_one_row": true})
        } else {
            json!({"schema": schema, "sql": sql, "columns": columns, "rows": rows})
        };
        Ok(Some(spaced(&line)))
    }
}

/// A key's value as text; none for values that have no text.
fn key_text(value: &Value) -> Option<Option<String>> {
    Some(Some(match value {
        Value::Null => return Some(None),
        Value::Int(number) => number.to_string(),
        Value::UInt(number) => number.to_string(),
        Value::Decimal(number) => number.to_plain_string(),
        Value::Double(number) => number.to_string(),
        Value::Str(text) | Value::Json(text) => text.to_string(),
        Value::Bytes(_) => return None,
        Value::Date(time) => date(time),
        Value::DateTime(time) => format!("{} {}", date(time), clock(time)),
        Value::Time(time) => format!("{}{}", if time.negative { "-" } else { "" }, clock(time)),
    }))
}

fn date(time: &Temporal) -> String {
    format!("{:04}-{:02}-{:02}", time.year, time.month, time.day)
}

fn clock(time: &Temporal) -> String {
    let whole = format!("{:02}:{:02}:{:02}", time.hour, time.minute, time.second);
    if time.microsecond == 0 { whole } else { format!("{whole}.{:06}", time.microsecond) }
}
