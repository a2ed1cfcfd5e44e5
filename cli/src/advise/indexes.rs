//! `advise --indexes`: which indexes a workload would gain from; `advise --drop`: what it would lose without one.

use super::text::{amount, factor, wrapped};
use super::{Advise, Format, Written};
use crate::output::print;
use crate::terminal::Terminal;
use crate::{Failure, Found};
use anstyle::{AnsiColor, Style};
use myexplain::Catalog;
use myexplain::advise::indexes::{DropEffect, IndexAdvice, Limits, Proof, Weighted, advise_indexes, drop_effect};
use serde_json::json;
use std::fmt::Write;

/// Statements that a report lists for one index.
const SHOWN_PROOFS: usize = 10;

/// Advises on indexes.
pub(super) fn advise(catalog: &Catalog, statements: &[Written], options: &Advise, terminal: Terminal) -> Result<Found, Failure> {
    let bytes = options.max_size.as_deref().map(read_size).transpose()?;
    let limits = Limits { indexes: options.max_indexes, bytes };
    let advice = advise_indexes(catalog, &weighted(statements), limits);
    let report = match options.format {
        Format::Json | Format::Jsonl => format!("{:#}\n", json!({ "version": 1, "advice": advice })),
        Format::Text => text(&advice, terminal),
        Format::Markdown => markdown(&advice),
        other => return Err(format!("--indexes has no form {other:?}").into()),
    };
    print(&report)?;
    complain_of(&advice.failed, terminal);
    Ok(Found::Nothing)
}

/// Tells who would lose without indexes.
pub(super) fn drops(catalog: &Catalog, statements: &[Written], options: &Advise, terminal: Terminal) -> Result<Found, Failure> {
    let work = weighted(statements);
    let effect = |index: &String| drop_effect(catalog, &work, index).map_err(|error| format!("--drop {index}: {error}"));
    let effects = options.drops.iter().map(effect).collect::<Result<Vec<_>, _>>()?;
    let report = match options.format {
        Format::Json | Format::Jsonl => format!("{:#}\n", json!({ "version": 1, "drops": effects })),
        Format::Text | Format::Markdown => {
            effects.iter().map(|effect| drop_text(effect, terminal)).collect::<Vec<_>>().join("\n")
        }
        other => return Err(format!("--drop has no form {other:?}").into()),
    };
    print(&report)?;
    effects.iter().take(1).for_each(|effect| complain_of(&effect.failed, terminal));
    let loses = effects.iter().any(|effect| !effect.losers.is_empty());
    Ok(if loses { Found::Differences } else { Found::Nothing })
}

fn weighted(statements: &[Written]) -> Vec<Weighted> {
    let one = |written: &Written| Weighted {
        name: written.statement.name.clone(),
        sql: written.statement.sql.clone(),
        weight: written.weight(),
    };
    statements.iter().map(one).collect()
}

fn complain_of(failed: &[(String, String)], terminal: Terminal) {
    for (name, error) in failed {
        terminal.remark(&format!("{name}: left out: {error}"));
    }
}

/// `500M`, `1G`, `4096`: bytes.
fn read_size(text: &str) -> Result<u64, String> {
    let upper = text.trim().to_ascii_uppercase();
    let digits = upper.trim_end_matches('B').trim_end_matches('I');
    let (number, unit) = match digits.strip_suffix(['K', 'M', 'G', 'T']) {
        Some(number) => (number, digits.chars().last().unwrap_or(' ')),
        None => (digits, ' '),
    };
    let shift = match unit {
        'K' => 10,
        'M' => 20,
        'G' => 30,
        'T' => 40,
        _ => 0,
    };
    let number: f64 = number.trim().parse().map_err(|_| format!("'{text}' is no size; write 500M or 1G"))?;
    Ok((number * f64::from(1u32 << (shift % 32).min(30)) * if shift == 40 { 1024.0 } else { 1.0 }) as u64)
}

fn text(advice: &IndexAdvice, terminal: Terminal) -> String {
    let mut out = String::new();
    let bold = Style::new().bold();
    let head = match advice.indexes.len() {
        0 => format!("no index would help; {} were tried", advice.tried),
        count => format!(
            "{count} {} of {} that were tried: cost {} → {}{}",
            if count == 1 { "index" } else { "indexes" },
            advice.tried,
            amount(advice.cost_before),
            amount(advice.cost_after),
            factor(advice.cost_before, advice.cost_after),
        ),
    };
    let mut lines = String::new();
    wrapped(&mut lines, "", &head, terminal);
    for line in lines.lines() {
        let _ = writeln!(out, "{}", terminal.paint(bold, line));
    }
    for index in &advice.indexes {
        let _ = writeln!(out, "\n{};", terminal.paint(AnsiColor::Cyan.on_default(), &index.ddl));
        wrapped(&mut out, "  ", &index.note, terminal);
        proofs(&mut out, &index.proofs, terminal);
        for removal in &index.replaces {
            let _ = writeln!(out, "{};", terminal.paint(AnsiColor::Cyan.on_default(), &removal.ddl));
            let _ = writeln!(out, "  needless with it: {}", removal.note);
        }
    }
    out
}

fn proofs(out: &mut String, proofs: &[Proof], terminal: Terminal) {
    for proof in proofs.iter().take(SHOWN_PROOFS) {
        let times = if proof.weight == 1.0 { String::new() } else { format!(", {} times", proof.weight) };
        let line = format!(
            "{}: cost {} → {}{}, rows read {} → {}{times}",
            proof.statement,
            amount(proof.before.cost),
            amount(proof.after.cost),
            factor(proof.before.cost, proof.after.cost),
            amount(proof.before.rows),
            amount(proof.after.rows),
        );
        wrapped(out, "    ", &line, terminal);
    }
    if proofs.len() > SHOWN_PROOFS {
        let _ = writeln!(out, "    and {} more statements", proofs.len() - SHOWN_PROOFS);
    }
}

fn markdown(advice: &IndexAdvice) -> String {
    let mut out = format!(
        "## Index advice: cost {} → {}{}\n",
        amount(advice.cost_before),
        amount(advice.cost_after),
        factor(advice.cost_before, advice.cost_after),
    );
    for index in &advice.indexes {
        let _ = write!(out, "\n```sql\n{};\n", index.ddl);
        index.replaces.iter().for_each(|removal| {
            let _ = writeln!(out, "{};", removal.ddl);
        });
        let _ = write!(out, "```\n\n{}\n\n", index.note);
        index.replaces.iter().for_each(|removal| {
            let _ = writeln!(out, "`{}` is needless then: {}\n", removal.index, removal.note);
        });
        out.push_str("| statement | weight | cost before | after |\n|---|---|---|---|\n");
        for proof in &index.proofs {
            let (before, after) = (amount(proof.before.cost), amount(proof.after.cost));
            let _ = writeln!(out, "| {} | {} | {before} | {after} |", proof.statement, proof.weight);
        }
    }
    out
}

fn drop_text(effect: &DropEffect, terminal: Terminal) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{};", terminal.paint(AnsiColor::Cyan.on_default(), &effect.ddl));
    wrapped(&mut out, "  ", &effect.note, terminal);
    let all = effect.losers.len() + effect.unchanged;
    let verdict = match effect.losers.len() {
        0 => format!("none of {all} statements would lose"),
        1 => format!("1 of {all} statements would lose:"),
        losers => format!("{losers} of {all} statements would lose:"),
    };
    let _ = writeln!(out, "  {}", terminal.paint(Style::new().bold(), &verdict));
    for proof in &effect.losers {
        let _ = writeln!(
            out,
            "    {}: cost {} → {}{}",
            proof.statement,
            amount(proof.before.cost),
            amount(proof.after.cost),
            if proof.weight == 1.0 { String::new() } else { format!(", {} times", proof.weight) },
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(read_size("4096"), Ok(4096));
        assert_eq!(read_size("500M"), Ok(500 << 20));
        assert_eq!(read_size("1GiB"), Ok(1 << 30));
        assert_eq!(read_size("0.5g"), Ok(1 << 29));
        assert!(read_size("much").is_err());
    }
}
