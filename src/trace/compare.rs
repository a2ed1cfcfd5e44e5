//! Two traces of one statement held against each other: the chosen plans, and every alternative with its rows and cost.

use super::text::six_digits;
use serde_json::{Map, Value};

/// What two traces share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// The same plans were chosen: order of tables and access of each.
    pub plans: bool,
    /// Every access that was weighed agrees in index, rows, cost and choice, in the same order.
    pub alternatives: bool,
}

/// Compares two traces.
pub fn compare(server: &Value, planner: &Value) -> Agreement {
    let (mut ours, mut theirs) = (Found::default(), Found::default());
    theirs.read(server);
    ours.read(planner);
    Agreement { plans: ours.plans == theirs.plans, alternatives: ours.alternatives == theirs.alternatives }
}

/// The first alternative that differs, as (server's, planner's) text.
pub fn first_difference(server: &Value, planner: &Value) -> Option<(String, String)> {
    let (mut ours, mut theirs) = (Found::default(), Found::default());
    theirs.read(server);
    ours.read(planner);
    let missing = || "(nothing)".to_owned();
    let longest = ours.alternatives.len().max(theirs.alternatives.len());
    (0..longest)
        .map(|i| (theirs.alternatives.get(i), ours.alternatives.get(i)))
        .find(|(a, b)| a != b)
        .map(|(a, b)| (a.cloned().unwrap_or_else(missing), b.cloned().unwrap_or_else(missing)))
}

#[derive(Default)]
struct Found {
    plans: Vec<String>,
    alternatives: Vec<String>,
}

impl Found {
    fn read(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.read(item)),
            Value::Object(fields) => {
                self.alternative(fields);
                self.complete_plan(fields);
                fields.values().for_each(|field| self.read(field));
            }
            _ => {}
        }
    }

    /// An object that names an index or an access type together with rows, a cost or a verdict.
    fn alternative(&mut self, fields: &Map<String, Value>) {
        let named = fields.contains_key("index") || fields.contains_key("access_type");
        let weighed = ["rows", "cost", "chosen"].into_iter().any(|key| fields.contains_key(key));
        if !named || !weighed {
            return;
        }
        let mut text = String::new();
        for key in ["access_type", "index", "rows", "rows_to_scan", "resulting_rows", "cost", "chosen"] {
            if let Some(field) = fields.get(key) {
                text.push_str(&format!("{key}={} ", scalar(field)));
            }
        }
        self.alternatives.push(text.trim_end().to_owned());
    }

    /// A complete join order that was chosen: the prefix, the last table, its cost.
    fn complete_plan(&mut self, fields: &Map<String, Value>) {
        if !fields.contains_key("plan_prefix") || fields.get("chosen") != Some(&Value::Bool(true)) {
            return;
        }
        let keys = ["plan_prefix", "table", "rows_for_plan", "cost_for_plan"];
        let texts = keys.into_iter().filter_map(|key| fields.get(key)).map(scalar);
        self.plans.push(texts.collect::<Vec<_>>().join(" "));
    }
}

/// Numbers as the server prints them, so that a difference below its digits does not count.
fn scalar(value: &Value) -> String {
    match value {
        Value::Number(number) => number.as_f64().map_or_else(String::new, six_digits),
        other => other.to_string(),
    }
}
