//! Rows in index ranges, as the server's optimizer trace tells them (`dives.jsonl`).

use super::recording::Explained;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What the trace says of one range scan, and the statement that it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DiveLine {
    /// Schema, table, index, ranges, partitions and kind: what the planner asks by.
    key: String,
    rows: u64,
    sql: String,
    line: Map<String, Value>,
}

/// Members of a range scan that go into the file, in its order.
const MEMBERS: [&str; 8] =
    ["ranges", "rows", "index_dives_for_eq_ranges", "rowid_ordered", "using_mrr", "index_only", "in_memory", "cost"];

/// All range scans of a statement's trace.
pub(crate) fn of_trace(explained: &Explained, current_schema: &str, sql: &str) -> Vec<DiveLine> {
    let note = explained.recording.section("warnings").unwrap_or_default();
    let mut found = Vec::new();
    if let Some(trace) = &explained.trace {
        let around = Around { explained, note, current_schema, sql };
        around.walk(trace, None, &mut found);
    }
    found
}

struct Around<'a> {
    explained: &'a Explained,
    note: &'a str,
    current_schema: &'a str,
    sql: &'a str,
}

impl Around<'_> {
    /// Walks the trace; `table` is the one that the surrounding object speaks of. The depth is that of the trace, which
    /// serde_json limits.
    fn walk(&self, value: &Value, table: Option<&str>, found: &mut Vec<DiveLine>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.walk(item, table, found)),
            Value::Object(members) => {
                let table = members.get("table").and_then(Value::as_str).or(table);
                if let Some(line) = table.and_then(|table| self.line(members, table)) {
                    found.push(line);
                }
                members.values().for_each(|member| self.walk(member, table, found));
            }
            _ => {}
        }
    }

    fn line(&self, members: &Map<String, Value>, table: &str) -> Option<DiveLine> {
        members.get("index_dives_for_eq_ranges")?;
        let (rows, index) = (members.get("rows")?.as_u64()?, members.get("index")?);
        let ranges = members.get("ranges")?;
        if ranges.as_array()?.iter().any(|range| range.as_str().is_none_or(|text| text.starts_with("not_printed"))) {
            return None;
        }
        let (name, alias) = names_of(table)?;
        let mut line = Map::new();
        line.insert("schema".to_owned(), self.schema_of(table, &name).into());
        line.insert("table".to_owned(), name.into());
        line.insert("index".to_owned(), index.clone());
        for member in MEMBERS {
            if let Some(value) = members.get(member) {
                line.insert(member.to_owned(), value.clone());
            }
        }
        let partitions = self.explained.partitions.iter().find(|(table, _)| *table == alias);
        if let Some((_, partitions)) = partitions {
            line.insert("partitions".to_owned(), partitions.clone().into());
        }
        let parts = ["schema", "table", "index", "ranges", "partitions", "index_dives_for_eq_ranges"];
        let key = parts.map(|part| line.get(part).map(Value::to_string).unwrap_or_default()).join("\t");
        Some(DiveLine { key, rows, sql: self.sql.to_owned(), line })
    }

    /// The rewritten statement names the schema: `` `shop`.`orders` `o` ``.
    fn schema_of(&self, printed: &str, name: &str) -> String {
        let behind = [format!(".{printed}"), format!(".`{name}`")];
        let found = behind.iter().find_map(|text| {
            let at = self.note.find(text.as_str())?;
            let before = self.note[..at].strip_suffix('`')?;
            Some(before[before.rfind('`')? + 1..].to_owned())
        });
        found.unwrap_or_else(|| self.current_schema.to_owned())
    }
}

/// Name and alias of `` `orders` `o` ``.
fn names_of(printed: &str) -> Option<(String, String)> {
    let mut names = printed.split('`').skip(1).step_by(2).map(str::to_owned);
    let name = names.next()?;
    let alias = names.next().unwrap_or_else(|| name.clone());
    Some((name, alias))
}

/// The lines of the file: those that were there, and the found ones. Where one question had different answers, each goes with
/// its statement.
pub(crate) fn lines(existing: &str, found: &[DiveLine]) -> String {
    let mut rows_by_key: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for dive in found {
        let rows = rows_by_key.entry(&dive.key).or_default();
        if !rows.contains(&dive.rows) {
            rows.push(dive.rows);
        }
    }
    let mut lines: Vec<String> = existing.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
    for dive in found {
        let mut line = dive.line.clone();
        if rows_by_key.get(dive.key.as_str()).is_some_and(|rows| rows.len() > 1) {
            line.insert("sql".to_owned(), dive.sql.clone().into());
        }
        lines.push(spaced(&Value::Object(line)));
    }
    joined(lines)
}

/// Sorted, each line once.
pub(crate) fn joined(mut lines: Vec<String>) -> String {
    lines.sort();
    lines.dedup();
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// JSON on one line with a blank behind commas and colons, as the other files have it.
pub(crate) fn spaced(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(spaced).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("{}: {}", Value::from(name.as_str()), spaced(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use myexplain::ingest::recording::Recording;

    fn explained(trace: &str) -> Explained {
        let note = "Note\t1003\t/* select#1 */ select 1 from `shop`.`orders` `o` join `crm`.`people`";
        let recording = Recording { sections: vec![("warnings".into(), note.into())] };
        Explained { recording, trace: serde_json::from_str(trace).ok(), partitions: vec![("o".into(), "p0,p1".into())] }
    }

    const TRACE: &str = r#"{"rows_estimation": [{"table": "`orders` `o`", "range_analysis": {"range_scan_alternatives": [
        {"index": "k", "ranges": ["1 <= a"], "index_dives_for_eq_ranges": true, "rows": 7, "cost": 1.5, "chosen": true}]}},
        {"table": "`people`", "x": {"index": "n", "ranges": ["b = 2"], "index_dives_for_eq_ranges": false, "rows": 1}}]}"#;

    #[test]
    fn range_scans_of_a_trace() {
        let found = of_trace(&explained(TRACE), "other", "SELECT 1");
        let expected = "{\"schema\": \"crm\", \"table\": \"people\", \"index\": \"n\", \"ranges\": [\"b = 2\"], \"rows\": 1, \
                        \"index_dives_for_eq_ranges\": false}\n\
                        {\"schema\": \"shop\", \"table\": \"orders\", \"index\": \"k\", \"ranges\": [\"1 <= a\"], \"rows\": 7, \
                        \"index_dives_for_eq_ranges\": true, \"cost\": 1.5, \"partitions\": \"p0,p1\"}\n";
        assert_eq!(lines("", &found), expected);
        assert_eq!(lines(expected, &found), expected);
    }

    #[test]
    fn different_answers_go_with_their_statements() {
        let mut found = of_trace(&explained(TRACE), "other", "SELECT 1");
        found.extend(of_trace(&explained(&TRACE.replace("\"rows\": 7", "\"rows\": 8")), "other", "SELECT 2"));
        let text = lines("", &found);
        assert!(text.contains("\"rows\": 7") && text.contains("\"sql\": \"SELECT 1\"") && text.contains("\"sql\": \"SELECT 2\""));
        assert_eq!(text.matches("\"sql\"").count(), 2);
    }
}
