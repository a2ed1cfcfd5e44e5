//! Sweeps for programs: CSV and JSON.

use super::plan_name;
use myexplain::explain::decisions::Decisions;
use myexplain::what_if::sweep::{Diagram, Sweep};
use serde_json::{Value, json};
use std::fmt::Write;

/// Version of the JSON form.
const VERSION: u32 = 1;

pub(super) fn sweep_csv(found: &Sweep) -> String {
    let mut out = format!("{},plan,cost\n", quoted(&found.axis.to_string()));
    for sample in &found.samples {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{},{},{}", found.axis.print(sample.value), plan_name(sample.plan), sample.cost);
    }
    out
}

pub(super) fn diagram_csv(found: &Diagram) -> String {
    let mut out = format!("{},{},plan,cost\n", quoted(&found.x.to_string()), quoted(&found.y.to_string()));
    for (no, cell) in found.cells.iter().enumerate() {
        let (x, y) = place(found, no);
        let _ = writeln!(out, "{},{},{},{}", found.x.print(x), found.y.print(y), plan_name(cell.plan), cell.cost);
    }
    out
}

/// A field that may hold commas or quotes.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// The values at a cell.
fn place(found: &Diagram, no: usize) -> (f64, f64) {
    let share = |place: usize, of: usize| place as f64 / (of - 1) as f64;
    (found.x.value(share(no % found.columns, found.columns)), found.y.value(share(no / found.columns, found.rows)))
}

fn plans(plans: &[Decisions]) -> Vec<Value> {
    let described = |(no, plan): (usize, &Decisions)| {
        let tables: Vec<String> = plan.tables.iter().map(ToString::to_string).collect();
        json!({ "plan": plan_name(no), "fingerprint": format!("{:016x}", plan.fingerprint()), "tables": tables })
    };
    plans.iter().enumerate().map(described).collect()
}

pub(super) fn sweep_json(found: &Sweep, sql: &str) -> String {
    let flips: Vec<Value> = found
        .flips
        .iter()
        .map(|flip| json!({ "below": flip.below, "above": flip.above, "from": plan_name(flip.from), "to": plan_name(flip.to) }))
        .collect();
    let points: Vec<Value> = found
        .samples
        .iter()
        .map(|sample| json!({ "value": sample.value, "plan": plan_name(sample.plan), "cost": sample.cost }))
        .collect();
    let document = json!({
        "version": VERSION,
        "sql": sql,
        "axis": found.axis.to_string(),
        "plans": plans(&found.plans),
        "flips": flips,
        "points": points,
    });
    format!("{document:#}\n")
}

pub(super) fn diagram_json(found: &Diagram, sql: &str) -> String {
    let points: Vec<Value> = found
        .cells
        .iter()
        .enumerate()
        .map(|(no, cell)| {
            let (x, y) = place(found, no);
            json!({ "x": x, "y": y, "plan": plan_name(cell.plan), "cost": cell.cost })
        })
        .collect();
    let document = json!({
        "version": VERSION,
        "sql": sql,
        "x": found.x.to_string(),
        "y": found.y.to_string(),
        "columns": found.columns,
        "rows": found.rows,
        "plans": plans(&found.plans),
        "points": points,
    });
    format!("{document:#}\n")
}
