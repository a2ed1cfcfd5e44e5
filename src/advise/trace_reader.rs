//! Reading the optimizer trace of a plan: blocks, the search for a join order, fields.

use crate::plan::Plan;
use serde_json::Value;

/// The optimization of each block: number of the SELECT, and its steps.
pub(super) fn steps_of(plan: &Plan) -> Vec<(u64, &[Value])> {
    let mut found = Vec::new();
    let mut open: Vec<&Value> = plan.trace.iter().flatten().rev().collect();
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => {
                if let Some(block) = fields.get("join_optimization")
                    && let Some(steps) = block.get("steps").and_then(Value::as_array)
                {
                    found.push((block.get("select#").and_then(Value::as_u64).unwrap_or(0), steps.as_slice()));
                }
                open.extend(fields.values().rev());
            }
            Value::Array(items) => open.extend(items.iter().rev()),
            _ => {}
        }
    }
    found
}

/// The objects of an array that stands under `key` in one of the steps.
pub(super) fn objects<'a>(steps: &'a [Value], key: &str) -> Vec<&'a Value> {
    steps.iter().filter_map(|step| step.get(key)?.as_array()).flatten().collect()
}

/// The search for a join order of one block.
pub(super) fn search_of(steps: &[Value]) -> Search<'_> {
    Search { considered: objects(steps, "considered_execution_plans") }
}

/// `considered_execution_plans`.
pub(super) struct Search<'a> {
    considered: Vec<&'a Value>,
}

/// A join order, or the beginning of one.
#[derive(Clone, Debug)]
pub(super) struct Order<'a> {
    /// One object a table.
    pub(super) tables: Vec<&'a Value>,
    /// Cost up to here, with the sort if one is needed.
    pub(super) cost: f64,
    /// Why the search went no further.
    pub(super) pruned: Option<&'static str>,
}

impl<'a> Search<'a> {
    /// Every order that the search came to the end of, or gave up.
    pub(super) fn orders(&self) -> Vec<Order<'a>> {
        let mut found = Vec::new();
        let first = self.considered.iter().filter(|entry| entry.get("plan_prefix").is_some());
        let mut open: Vec<(Vec<&'a Value>, &'a Value)> = first.rev().map(|entry| (Vec::new(), *entry)).collect();
        while let Some((before, entry)) = open.pop() {
            let mut tables = before;
            tables.push(entry);
            // A try to follow by unique keys that came to nothing.
            if truth(entry, "added_to_eq_ref_extension") == Some(false) {
                continue;
            }
            match entry.get("rest_of_plan").and_then(Value::as_array) {
                Some(rest) => open.extend(rest.iter().rev().map(|next| (tables.clone(), next))),
                None => {
                    let cost = number(entry, "new_cost_for_plan").or_else(|| number(entry, "cost_for_plan")).unwrap_or(f64::MAX);
                    let pruned =
                        ["pruned_by_cost", "pruned_by_heuristic"].into_iter().find(|key| truth(entry, key) == Some(true));
                    found.push(Order { tables, cost, pruned });
                }
            }
        }
        found
    }

    /// The order that was chosen: the last that was the best so far.
    pub(super) fn chosen(&self) -> Option<Order<'a>> {
        let complete = |order: &Order<'a>| {
            order.pruned.is_none() && order.tables.last().is_some_and(|last| truth(last, "chosen") == Some(true))
        };
        self.orders().into_iter().rfind(complete)
    }

    /// Its tables.
    pub(super) fn chosen_tables(&self) -> Vec<&'a Value> {
        self.chosen().map_or(Vec::new(), |order| order.tables)
    }
}

/// Alias or name of the table of an entry: the trace prints `` `name` `alias` ``.
pub(super) fn table_of(entry: &Value) -> String {
    let printed = entry.get("table").and_then(Value::as_str).unwrap_or_default();
    let last = printed.rsplit("` `").next().unwrap_or(printed);
    last.trim_matches('`').replace("``", "`")
}

pub(super) fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().map(str::to_owned)
}

pub(super) fn number(value: &Value, key: &str) -> Option<f64> {
    value.get(key)?.as_f64()
}

pub(super) fn truth(value: &Value, key: &str) -> Option<bool> {
    value.get(key)?.as_bool()
}
