//! The report for a terminal.

use super::judge::{Judgement, Planned};
use super::report::{Report, Row};
use super::words::{figure, grouped, one_line, percent, time, wrapped};
use crate::terminal::Terminal;
use anstyle::{AnsiColor, Style};
use myexplain::advise::{Finding, Severity};
use myexplain::ingest::slowlog::format_utc;
use std::fmt::Write;

const HEAD: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const BAD: Style = AnsiColor::Red.on_default();
const WARNING: Style = AnsiColor::Yellow.on_default();
const GOOD: Style = AnsiColor::Green.on_default();

pub(super) fn render(report: &Report, terminal: Terminal) -> String {
    let mut out = String::new();
    head(report, terminal, &mut out);
    if !report.rows.is_empty() {
        table(report, terminal, &mut out);
    }
    for (no, row) in report.rows.iter().enumerate() {
        detail(report, no + 1, row, terminal, &mut out);
    }
    out
}

fn head(report: &Report, terminal: Terminal, out: &mut String) {
    for input in &report.inputs {
        let form = input.reading.form.map_or("empty", |form| form.name());
        let servers = input.reading.servers.join(", ");
        let servers = if servers.is_empty() { String::new() } else { format!(", server {servers}") };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}: {form}, {} bytes{servers}", terminal.paint(HEAD, &input.name), grouped(input.reading.bytes));
    }
    let totals = &report.totals;
    let span = totals.seen.map_or(String::new(), |(first, last)| format!(", {} to {}", format_utc(first), format_utc(last)));
    let took = if totals.timed > 0 { format!(" took {}", time(totals.time)) } else { String::new() };
    let sums = format!("{} statements of {} classes{took}{span}", grouped(totals.count), grouped(report.classes as u64));
    for line in wrapped(&sums, terminal.width) {
        let _ = writeln!(out, "{line}");
    }
    for remark in report.remarks() {
        for line in wrapped(&remark, terminal.width) {
            let _ = writeln!(out, "{}", terminal.paint(WARNING, &line));
        }
    }
}

/// One line a class; the last column takes what the others leave.
fn table(report: &Report, terminal: Terminal, out: &mut String) {
    let mut lines = vec![["", "share", "total", "count", "mean", "p95", "max", "rows/sent", "to win"].map(str::to_owned)];
    for (no, row) in report.rows.iter().enumerate() {
        let series = &row.class.time;
        let timed = |nanos: u64| if series.count > 0 { time(nanos) } else { "-".to_owned() };
        lines.push([
            (no + 1).to_string(),
            percent(report.share(row)),
            timed(series.sum),
            grouped(row.class.count),
            timed(series.mean()),
            timed(series.quantile(0.95)),
            timed(series.max),
            row.examined_per_sent().map_or("-".to_owned(), figure),
            row.winnable_text().unwrap_or_else(|| "-".to_owned()),
        ]);
    }
    // On a narrow terminal the columns that can be told from others go first.
    let mut columns: Vec<usize> = (0..9).collect();
    let width_of = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    for dropped in [4, 6, 7, 5] {
        let used: usize = columns.iter().map(|column| width_of(*column) + 2).sum();
        if used + 30 <= terminal.width {
            break;
        }
        columns.retain(|column| *column != dropped);
    }
    let used: usize = columns.iter().map(|column| width_of(*column) + 2).sum();
    let rest = terminal.width.saturating_sub(used).max(8);
    out.push('\n');
    for (no, line) in lines.iter().enumerate() {
        let mut text = String::new();
        for column in &columns {
            let _ = write!(text, "{:>width$}  ", line[*column], width = width_of(*column));
        }
        let class = no.checked_sub(1).map_or("class".to_owned(), |row| one_line(&report.rows[row].class.digest_text, rest));
        let text = format!("{text}{class}");
        let _ = writeln!(out, "{}", if no == 0 { terminal.paint(HEAD, &text) } else { text });
    }
}

fn detail(report: &Report, no: usize, row: &Row, terminal: Terminal, out: &mut String) {
    let class = &row.class;
    let _ = writeln!(out);
    for (line, text) in wrapped(&class.digest_text, terminal.width.saturating_sub(4)).iter().take(12).enumerate() {
        let number = if line == 0 { format!("{no:>2}. ") } else { "    ".to_owned() };
        let _ = writeln!(out, "{number}{}", terminal.paint(HEAD, text));
    }
    let mut facts = vec![format!("{} of all, {} times", percent(report.share(row)), grouped(class.count))];
    if class.time.count > 0 {
        let series = &class.time;
        facts.push(format!(
            "total {}, mean {}, median {}, p95 {}, max {}, locks {}",
            time(series.sum),
            time(series.mean()),
            time(series.quantile(0.5)),
            time(series.quantile(0.95)),
            time(series.max),
            time(class.lock_time)
        ));
    }
    if let Some(ratio) = row.examined_per_sent() {
        facts.push(format!(
            "{} rows examined, {} sent: {} for one",
            grouped(class.rows_examined),
            grouped(class.rows_sent),
            figure(ratio)
        ));
    }
    if let Some((first, last)) = class.seen {
        facts.push(format!("seen {} to {}", format_utc(first), format_utc(last)));
    }
    for (what, names) in [("users", &class.users), ("hosts", &class.hosts), ("databases", &class.schemas)] {
        if !names.is_empty() {
            facts.push(format!("{what} {}", names_text(names)));
        }
    }
    if !class.digest.is_empty() {
        facts.push(format!("digest {}", class.digest));
    }
    facts.push(format!("checksum {}", class.checksum));
    for fact in facts {
        for line in wrapped(&fact, terminal.width.saturating_sub(4)) {
            let _ = writeln!(out, "    {line}");
        }
    }
    sample(row, terminal, out);
}

/// The most frequent names.
pub(super) fn names_text(names: &[(String, u64)]) -> String {
    let shown: Vec<&str> = names.iter().map(|(name, _)| if name.is_empty() { "others" } else { name.as_str() }).take(6).collect();
    let more = names.len().saturating_sub(shown.len());
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

fn sample(row: &Row, terminal: Terminal, out: &mut String) {
    let sample = &row.class.sample;
    let what = if sample.is_digest_text { "digest text".to_owned() } else { format!("worst, {}", time(sample.time)) };
    let what = if row.class.time.count == 0 { "first seen" } else { &what };
    let _ = writeln!(out, "    {}", terminal.paint(FAINT, &format!("-- {what}")));
    for line in sample.sql.lines().take(20) {
        let shown: String = line.chars().take(terminal.width.saturating_sub(4)).collect();
        let _ = writeln!(out, "    {shown}");
    }
    match &row.judgement {
        None => {}
        Some(Judgement::Unplanned(why)) => {
            for line in wrapped(&format!("not planned: {why}"), terminal.width.saturating_sub(4)) {
                let _ = writeln!(out, "    {}", terminal.paint(WARNING, &line));
            }
        }
        Some(Judgement::Planned(planned)) => plan(row, planned, terminal, out),
    }
}

fn plan(row: &Row, planned: &Planned, terminal: Terminal, out: &mut String) {
    for line in by_value_lines(planned) {
        for line in wrapped(&line, terminal.width.saturating_sub(4)) {
            let _ = writeln!(out, "    {line}");
        }
    }
    for line in planned.tree.lines() {
        let shown: String = line.chars().take(terminal.width.saturating_sub(4)).collect();
        let _ = writeln!(out, "    {}", terminal.paint(FAINT, &shown));
    }
    for finding in &planned.findings {
        finding_lines(finding, terminal, out);
    }
    if let Some(won) = row.winnable_text() {
        let _ = writeln!(out, "    {}", terminal.paint(GOOD, &format!("to win: about {won}")));
    }
}

/// The plans of a statement whose values are unknown, a line each.
pub(super) fn by_value_lines(planned: &Planned) -> Vec<String> {
    let shares = planned.by_value.iter().map(|plan| {
        let (least, most) = (figure(plan.cost.0), figure(plan.cost.1));
        let cost = if least == most { least } else { format!("{least} to {most}") };
        let tables: Vec<String> = plan.decisions.tables.iter().map(|table| table.to_string()).collect();
        format!("{} of the values, cost {cost}: {}", percent(plan.share), tables.join("; "))
    });
    shares.collect()
}

fn finding_lines(finding: &Finding, terminal: Terminal, out: &mut String) {
    let style = match finding.severity {
        Severity::Error => BAD,
        Severity::Warning => WARNING,
        Severity::Info => Style::new(),
    };
    let text = format!("{} {}: {}", finding.rule, finding.name, finding.evidence.text);
    for line in wrapped(&text, terminal.width.saturating_sub(4)) {
        let _ = writeln!(out, "    {}", terminal.paint(style, &line));
    }
    if let Some(remedy) = &finding.remedy {
        let text = format!("{} cost {} → {}", remedy.sql, figure(remedy.cost_before), figure(remedy.cost_after));
        for line in wrapped(&text, terminal.width.saturating_sub(6)) {
            let _ = writeln!(out, "      {}", terminal.paint(GOOD, &line));
        }
    }
}
