//! The report as JSON: `docs/schema/slowlog.schema.json` describes it.

use super::judge::Judgement;
use super::report::{Report, Row};
use myexplain::ingest::slowlog::format_utc;
use serde_json::{Value, json};

/// Version of the form; grows when a field changes its meaning or goes.
const VERSION: u32 = 1;

/// The whole report.
pub(super) fn document(report: &Report) -> String {
    let totals = &report.totals;
    let inputs: Vec<Value> = report
        .inputs
        .iter()
        .map(|input| {
            let reading = &input.reading;
            json!({
                "name": input.name,
                "form": reading.form.map(|form| form.name()),
                "bytes": reading.bytes,
                "servers": reading.servers,
                "unknown_lines": reading.unknown_lines,
                "unknown": reading.unknown.iter().map(|line| json!({ "line": line.number, "text": line.text })).collect::<Vec<_>>(),
                "cut": reading.cut,
            })
        })
        .collect();
    let value = json!({
        "version": VERSION,
        "inputs": inputs,
        "totals": {
            "statements": totals.count,
            "classes": report.classes,
            "time_seconds": seconds(totals.time),
            "lock_time_seconds": seconds(totals.lock_time),
            "rows_sent": totals.rows_sent,
            "rows_examined": totals.rows_examined,
            "first_seen": totals.seen.map(|(first, _)| format_utc(first)),
            "last_seen": totals.seen.map(|(_, last)| format_utc(last)),
            "classes_given_up": totals.given_up.0,
            "statements_given_up": totals.given_up.1,
        },
        "classes": report.rows.iter().enumerate().map(|(no, row)| class(report, no + 1, row)).collect::<Vec<_>>(),
    });
    format!("{value:#}\n")
}

/// A line a class.
pub(super) fn lines(report: &Report) -> String {
    report.rows.iter().enumerate().map(|(no, row)| format!("{}\n", class(report, no + 1, row))).collect()
}

fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}

fn names(names: &[(String, u64)]) -> Value {
    names.iter().map(|(name, count)| json!({ "name": name, "count": count })).collect()
}

fn class(report: &Report, rank: usize, row: &Row) -> Value {
    let class = &row.class;
    let series = &class.time;
    let times = (series.count > 0).then(|| {
        json!({
            "total": seconds(series.sum),
            "mean": seconds(series.mean()),
            "median": seconds(series.quantile(0.5)),
            "p95": seconds(series.quantile(0.95)),
            "min": seconds(series.min),
            "max": seconds(series.max),
        })
    });
    json!({
        "rank": rank,
        "rank_by_time": row.by_time,
        "digest_text": class.digest_text,
        "digest": (!class.digest.is_empty()).then_some(&class.digest),
        "fingerprint": class.fingerprint,
        "checksum": class.checksum,
        "count": class.count,
        "share": report.share(row),
        "time_seconds": times,
        "lock_time_seconds": seconds(class.lock_time),
        "rows_sent": class.rows_sent,
        "rows_examined": class.rows_examined,
        "rows_examined_per_sent": row.examined_per_sent(),
        "first_seen": class.seen.map(|(first, _)| format_utc(first)),
        "last_seen": class.seen.map(|(_, last)| format_utc(last)),
        "users": names(&class.users),
        "hosts": names(&class.hosts),
        "databases": names(&class.schemas),
        "sample": {
            "sql": class.sample.sql,
            "cut": class.sample.cut,
            "is_digest_text": class.sample.is_digest_text,
            "time_seconds": (series.count > 0).then(|| seconds(class.sample.time)),
            "database": (!class.sample.schema.is_empty()).then_some(&class.sample.schema),
        },
        "to_win": (row.winnable() > 0.0).then(|| {
            if series.count > 0 { json!({ "seconds": row.winnable() / 1e9 }) } else { json!({ "cost": row.winnable() }) }
        }),
        "plan": row.judgement.as_ref().map(judgement),
    })
}

fn judgement(judgement: &Judgement) -> Value {
    match judgement {
        Judgement::Unplanned(why) => json!({ "not_planned": why }),
        Judgement::Planned(planned) => json!({
            "cost": planned.cost,
            "decisions": planned.decisions.to_string().lines().collect::<Vec<_>>(),
            "fingerprint": format!("{:016x}", planned.decisions.fingerprint()),
            "tree": planned.tree,
            "findings": planned.findings,
            "plans_by_value": planned.by_value.iter().map(|plan| json!({
                "share": plan.share,
                "cost_min": plan.cost.0,
                "cost_max": plan.cost.1,
                "decisions": plan.decisions.to_string().lines().collect::<Vec<_>>(),
                "sql": plan.sql,
            })).collect::<Vec<_>>(),
        }),
    }
}
