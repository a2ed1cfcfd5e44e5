//! The report as one page that needs no network: style and script are part of it.

use super::icicle::Slab;
use super::judge::{Judgement, Planned};
use super::report::{Report, Row};
use super::text::{by_value_lines, names_text};
use super::words::{figure, grouped, one_line, percent, time};
use myexplain::advise::Finding;
use myexplain::ingest::slowlog::format_utc;
use std::fmt::Write;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Columns of the table: name, and how it is sorted first.
const COLUMNS: [&str; 10] = ["#", "share", "total", "count", "mean", "p95", "max", "rows/sent", "to win", "class"];

pub(super) fn render(report: &Report) -> String {
    let mut out = String::from("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    out.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n");
    // Writing to a String cannot fail.
    let _ = writeln!(out, "<title>Slow statements</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>");
    head(report, &mut out);
    table(report, &mut out);
    for (no, row) in report.rows.iter().enumerate() {
        detail(report, no + 1, row, &mut out);
    }
    let _ = writeln!(out, "</main>\n<script>\n{SCRIPT}</script>\n</body>\n</html>");
    out
}

/// Text as it must stand in HTML.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for ch in text.chars() {
        match ch {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            ch if ch.is_control() && ch != '\n' && ch != '\t' => out.push('\u{fffd}'),
            ch => out.push(ch),
        }
    }
    out
}

fn head(report: &Report, out: &mut String) {
    let totals = &report.totals;
    out.push_str("<header>\n<h1>Slow statements</h1>\n<p class=\"inputs\">");
    let inputs: Vec<String> = report
        .inputs
        .iter()
        .map(|input| {
            let form = input.reading.form.map_or("empty", |form| form.name());
            format!("{} ({form}, {} bytes)", escaped(&input.name), grouped(input.reading.bytes))
        })
        .collect();
    let _ = writeln!(out, "{}</p>", inputs.join(", "));
    out.push_str("<dl class=\"tiles\">");
    let mut tile = |name: &str, value: String| {
        let _ = write!(out, "<div><dt>{name}</dt><dd>{}</dd></div>", escaped(&value));
    };
    tile("statements", grouped(totals.count));
    tile("classes", grouped(report.classes as u64));
    if totals.timed > 0 {
        tile("time", time(totals.time));
        tile("waiting for locks", time(totals.lock_time));
    }
    if totals.rows_examined > 0 {
        tile("rows examined", grouped(totals.rows_examined));
    }
    if let Some((first, last)) = totals.seen {
        tile("from", format_utc(first));
        tile("to", format_utc(last));
    }
    tile("unknown lines", grouped(report.unknown_lines()));
    out.push_str("</dl>\n");
    for remark in report.remarks() {
        let _ = writeln!(out, "<p class=\"remark\">{}</p>", escaped(&remark));
    }
    out.push_str("</header>\n");
}

fn table(report: &Report, out: &mut String) {
    out.push_str("<div class=\"scroll\"><table id=\"classes\">\n<thead><tr>");
    for (no, column) in COLUMNS.iter().enumerate() {
        let kind = if no + 1 == COLUMNS.len() { "text" } else { "number" };
        let _ = write!(
            out,
            "<th class=\"{kind}\" scope=\"col\"><button type=\"button\" data-column=\"{column}\">{column}</button></th>"
        );
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for (no, row) in report.rows.iter().enumerate() {
        table_row(report, no + 1, row, out);
    }
    out.push_str("</tbody>\n</table></div>\n");
}

fn table_row(report: &Report, no: usize, row: &Row, out: &mut String) {
    let series = &row.class.time;
    let timed = |nanos: u64| (nanos as f64, if series.count > 0 { time(nanos) } else { String::new() });
    let share = report.share(row);
    let ratio = row.examined_per_sent();
    let cells = [
        (no as f64, no.to_string()),
        (share, percent(share)),
        timed(series.sum),
        (row.class.count as f64, grouped(row.class.count)),
        timed(series.mean()),
        timed(series.quantile(0.95)),
        timed(series.max),
        (ratio.unwrap_or(0.0), ratio.map_or(String::new(), figure)),
        (row.winnable(), row.winnable_text().unwrap_or_default()),
    ];
    out.push_str("<tr>");
    for (column, (value, text)) in COLUMNS.iter().zip(cells) {
        let bar =
            if *column == "share" { format!(" style=\"--share:{:.2}%\" class=\"bar\"", share * 100.0) } else { String::new() };
        let _ = write!(out, "<td data-value=\"{value}\"{bar}>{}</td>", escaped(&text));
    }
    let _ = writeln!(
        out,
        "<td class=\"text\" data-value=\"{0}\"><a href=\"#class-{no}\"><code>{0}</code></a></td></tr>",
        escaped(&one_line(&row.class.digest_text, 140))
    );
}

fn detail(report: &Report, no: usize, row: &Row, out: &mut String) {
    let class = &row.class;
    let _ = writeln!(
        out,
        "<section id=\"class-{no}\" class=\"class\">\n<h2><span>{no}</span> <code>{}</code></h2>",
        escaped(&class.digest_text)
    );
    out.push_str("<dl class=\"facts\">");
    let mut fact = |name: &str, value: &str| {
        let _ = write!(out, "<div><dt>{name}</dt><dd>{}</dd></div>", escaped(value));
    };
    fact("count", &grouped(class.count));
    fact("share", &percent(report.share(row)));
    if class.time.count > 0 {
        let series = &class.time;
        for (name, nanos) in [
            ("total", series.sum),
            ("mean", series.mean()),
            ("median", series.quantile(0.5)),
            ("p95", series.quantile(0.95)),
            ("max", series.max),
            ("locks", class.lock_time),
        ] {
            fact(name, &time(nanos));
        }
    }
    if class.rows_examined > 0 {
        fact("rows examined", &grouped(class.rows_examined));
        fact("rows sent", &grouped(class.rows_sent));
    }
    if let Some((first, last)) = class.seen {
        fact("first seen", &format_utc(first));
        fact("last seen", &format_utc(last));
    }
    for (what, names) in [("users", &class.users), ("hosts", &class.hosts), ("databases", &class.schemas)] {
        if !names.is_empty() {
            fact(what, &names_text(names));
        }
    }
    if let Some(won) = row.winnable_text() {
        fact("to win", &won);
    }
    if !class.digest.is_empty() {
        fact("digest", &class.digest);
    }
    fact("checksum", &class.checksum);
    let _ = writeln!(out, "</dl>\n<pre class=\"sql\"><code>{}</code></pre>", escaped(&class.sample.sql));
    match &row.judgement {
        None => {}
        Some(Judgement::Unplanned(why)) => {
            let _ = writeln!(out, "<p class=\"remark\">Not planned: {}</p>", escaped(why));
        }
        Some(Judgement::Planned(planned)) => plan(planned, out),
    }
    out.push_str("</section>\n");
}

fn plan(planned: &Planned, out: &mut String) {
    let shares = by_value_lines(planned);
    if !shares.is_empty() {
        let items: String = shares.iter().map(|line| format!("<li>{}</li>", escaped(line))).collect();
        let _ = writeln!(out, "<ul class=\"shares\">{items}</ul>");
    }
    for finding in &planned.findings {
        finding_box(finding, out);
    }
    if !planned.slabs.is_empty() {
        icicle(&planned.slabs, out);
    }
    let _ = writeln!(
        out,
        "<details open><summary>Plan</summary><pre class=\"tree\">{}</pre></details>",
        escaped(planned.tree.trim_end())
    );
}

fn finding_box(finding: &Finding, out: &mut String) {
    let _ = write!(
        out,
        "<div class=\"finding {}\"><p><b>{} {}</b> {}</p>",
        finding.severity,
        finding.rule,
        escaped(finding.name),
        escaped(&finding.evidence.text)
    );
    if let Some(remedy) = &finding.remedy {
        let _ = write!(
            out,
            "<pre class=\"sql\"><code>{}</code></pre><p class=\"gain\">cost {} → {}, rows {} → {}</p>",
            escaped(&remedy.sql),
            figure(remedy.cost_before),
            figure(remedy.cost_after),
            figure(remedy.rows_before),
            figure(remedy.rows_after)
        );
        if !remedy.note.is_empty() {
            let _ = write!(out, "<p class=\"note\">{}</p>", escaped(&remedy.note));
        }
    } else {
        let _ = write!(out, "<p class=\"note\">{}</p>", escaped(finding.advice));
    }
    out.push_str("</div>\n");
}

/// The steps as data; the script draws them.
fn icicle(slabs: &[Slab], out: &mut String) {
    let values: Vec<serde_json::Value> = slabs
        .iter()
        .map(|slab| {
            serde_json::json!({
                "label": slab.label, "left": slab.left, "width": slab.width, "depth": slab.depth,
                "own": slab.own, "cost": slab.cost.map(figure), "rows": slab.rows.map(figure),
            })
        })
        .collect();
    // Inside of a script element, `<` could end it.
    let data = serde_json::Value::from(values).to_string().replace('<', "\\u003c");
    let _ = writeln!(
        out,
        "<figure><figcaption>Where the cost arises: each step as wide as its cost with the steps below it</figcaption>\
         <div class=\"icicle\"></div><script type=\"application/json\">{data}</script></figure>"
    );
}
