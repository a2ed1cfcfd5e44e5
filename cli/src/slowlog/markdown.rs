//! The report as Markdown.

use super::judge::Judgement;
use super::report::{Report, Row};
use super::text::{by_value_lines, names_text};
use super::words::{figure, grouped, one_line, percent, time};
use myexplain::ingest::slowlog::format_utc;
use std::fmt::Write;

pub(super) fn render(report: &Report) -> String {
    let mut out = String::from("# Slow statements\n\n");
    let totals = &report.totals;
    for input in &report.inputs {
        let form = input.reading.form.map_or("empty", |form| form.name());
        // Writing to a String cannot fail.
        let _ = writeln!(out, "- `{}`: {form}, {} bytes", input.name, grouped(input.reading.bytes));
    }
    let span = totals.seen.map_or(String::new(), |(first, last)| format!(", {} to {}", format_utc(first), format_utc(last)));
    let took = if totals.timed > 0 { format!(", {}", time(totals.time)) } else { String::new() };
    let _ = writeln!(out, "- {} statements of {} classes{took}{span}", grouped(totals.count), grouped(report.classes as u64));
    for remark in report.remarks() {
        let _ = writeln!(out, "- {}", cell(&remark));
    }
    if report.rows.is_empty() {
        return out;
    }
    out.push_str("\n| | share | total | count | mean | p95 | max | rows/sent | to win | class |\n");
    out.push_str("|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|\n");
    for (no, row) in report.rows.iter().enumerate() {
        let series = &row.class.time;
        let timed = |nanos: u64| if series.count > 0 { time(nanos) } else { String::new() };
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            no + 1,
            percent(report.share(row)),
            timed(series.sum),
            grouped(row.class.count),
            timed(series.mean()),
            timed(series.quantile(0.95)),
            timed(series.max),
            row.examined_per_sent().map_or(String::new(), figure),
            row.winnable_text().unwrap_or_default(),
            code(&one_line(&row.class.digest_text, 100))
        );
    }
    for (no, row) in report.rows.iter().enumerate() {
        detail(no + 1, row, &mut out);
    }
    out
}

fn detail(no: usize, row: &Row, out: &mut String) {
    let class = &row.class;
    let _ = writeln!(out, "\n## {no}. {}\n", code(&one_line(&class.digest_text, 80)));
    if let Some((first, last)) = class.seen {
        let _ = writeln!(out, "- seen {} to {}", format_utc(first), format_utc(last));
    }
    for (what, names) in [("users", &class.users), ("hosts", &class.hosts), ("databases", &class.schemas)] {
        if !names.is_empty() {
            let _ = writeln!(out, "- {what}: {}", cell(&names_text(names)));
        }
    }
    if !class.digest.is_empty() {
        let _ = writeln!(out, "- digest `{}`", class.digest);
    }
    let _ = writeln!(out, "- checksum `{}`", class.checksum);
    block("sql", &class.sample.sql, out);
    match &row.judgement {
        None => {}
        Some(Judgement::Unplanned(why)) => {
            let _ = writeln!(out, "\nNot planned: {}", cell(why));
        }
        Some(Judgement::Planned(planned)) => {
            for line in by_value_lines(planned) {
                let _ = writeln!(out, "\n- {}", cell(&line));
            }
            block("", &planned.tree, out);
            for finding in &planned.findings {
                let text = cell(&finding.evidence.text);
                let _ = writeln!(out, "\n**{} {}** ({}): {text}", finding.rule, finding.name, finding.severity);
                if let Some(remedy) = &finding.remedy {
                    let costs = format!("cost {} → {}", figure(remedy.cost_before), figure(remedy.cost_after));
                    block("sql", &format!("{}\n-- {costs}", remedy.sql), out);
                }
            }
        }
    }
}

/// A block of code whose fence is longer than any in the text.
fn block(language: &str, text: &str, out: &mut String) {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let _ = writeln!(out, "\n{fence}{language}\n{}\n{fence}", text.trim_end());
}

/// Code in a cell.
fn code(text: &str) -> String {
    format!("`` {} ``", text.replace('|', "\\|"))
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('\n', " ")
}
