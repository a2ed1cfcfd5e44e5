//! Sweeps on the terminal: the plans, where they flip, and a plot in characters.

use super::plan_name;
use crate::terminal::Terminal;
use anstyle::{AnsiColor, Color, Style};
use myexplain::explain::decisions::Decisions;
use myexplain::what_if::sweep::{Diagram, Sweep};
use std::fmt::Write;

/// Colours of plans, told apart on dark and light ground.
const COLORS: [AnsiColor; 6] =
    [AnsiColor::Blue, AnsiColor::Red, AnsiColor::Green, AnsiColor::Magenta, AnsiColor::Cyan, AnsiColor::Yellow];

/// Lines of a plot.
const PLOT_LINES: usize = 12;
/// Lines of a diagram.
const DIAGRAM_LINES: usize = 24;
/// Columns left of a plot, for its scale.
const MARGIN: usize = 12;

fn style(plan: usize) -> Style {
    Style::new().fg_color(Some(Color::Ansi(COLORS[plan % COLORS.len()]))).bold()
}

fn list(out: &mut String, plans: &[Decisions], note: impl Fn(usize) -> String, terminal: Terminal) {
    for (no, plan) in plans.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}  {}", terminal.paint(style(no), &plan_name(no)), note(no));
        for table in &plan.tables {
            let _ = writeln!(out, "     {table}");
        }
    }
}

pub(super) fn sweep(found: &Sweep, terminal: Terminal) -> String {
    let mut out = String::new();
    let (axis, samples) = (&found.axis, &found.samples);
    let costs = |plan: usize| samples.iter().filter(move |sample| sample.plan == plan).map(|sample| sample.cost);
    let note = |plan: usize| {
        let (least, most) = (costs(plan).fold(f64::INFINITY, f64::min), costs(plan).fold(0.0, f64::max));
        if least.is_finite() { format!("cost {least:.2} to {most:.2}") } else { "only between two steps".to_owned() }
    };
    list(&mut out, &found.plans, note, terminal);
    out.push('\n');
    let (from, to) = (axis.print(axis.from), axis.print(axis.to));
    if found.flips.is_empty() {
        let _ = writeln!(out, "{axis}: one plan from {from} to {to}");
    }
    for flip in &found.flips {
        let names = [flip.from, flip.to].map(|plan| terminal.paint(style(plan), &plan_name(plan)));
        let (below, above) = (axis.print(flip.below), axis.print(flip.above));
        // Two neighbours that print the same are one place to a person.
        let place = if below == above { format!("at {above}") } else { format!("between {below} and {above}") };
        let _ = writeln!(out, "{axis}: {} → {} {place}", names[0], names[1]);
    }
    out.push('\n');
    curve(&mut out, found, terminal);
    out
}

/// The cost over the parameter, each point with its plan's letter.
fn curve(out: &mut String, found: &Sweep, terminal: Terminal) {
    let width = terminal.width.saturating_sub(MARGIN + 1).clamp(10, 160);
    let costs = || found.samples.iter().map(|sample| sample.cost);
    let (least, most) = (costs().fold(f64::INFINITY, f64::min).max(1e-9), costs().fold(1e-9, f64::max));
    // Costs span decades: the scale is logarithmic where it helps.
    let by_ratio = most / least > 100.0;
    let height = |cost: f64| {
        let share = if by_ratio {
            (cost.max(1e-9) / least).ln() / (most / least).ln()
        } else {
            (cost - least) / (most - least).max(1e-12)
        };
        ((share.clamp(0.0, 1.0)) * (PLOT_LINES - 1) as f64).round() as usize
    };
    let mut canvas = vec![vec![None; width]; PLOT_LINES];
    let mut samples = found.samples.iter().peekable();
    let stands_for = |column: usize| found.axis.value(column as f64 / (width - 1) as f64);
    for (column, value) in (0..width).map(|column| (column, stands_for(column))) {
        while samples.peek().is_some_and(|sample| sample.value < value) {
            samples.next();
        }
        // The step at or behind this column stands for it.
        let Some(sample) = samples.peek().copied().or(found.samples.last()) else { break };
        canvas[PLOT_LINES - 1 - height(sample.cost)][column] = Some(sample.plan);
    }
    for (no, line) in canvas.iter().enumerate() {
        let label = match no {
            0 => format!("{most:.2}"),
            no if no == PLOT_LINES - 1 => format!("{least:.2}"),
            no if no == PLOT_LINES / 2 => if by_ratio { "cost (log)" } else { "cost" }.to_owned(),
            _ => String::new(),
        };
        let _ = write!(out, "{label:>MARGIN$}│");
        for point in line {
            match point {
                Some(plan) => out.push_str(&terminal.paint(style(*plan), &plan_name(*plan)[..1])),
                None => out.push(' '),
            }
        }
        out.truncate(out.trim_end_matches(' ').len());
        out.push('\n');
    }
    foot(out, width, &found.axis.print(found.axis.from), &found.axis.to_string(), &found.axis.print(found.axis.to));
}

/// The line below a plot: its lower end, what it shows, its upper end.
fn foot(out: &mut String, width: usize, from: &str, name: &str, to: &str) {
    let _ = writeln!(out, "{:>MARGIN$}└{}", "", "─".repeat(width));
    let free = width.saturating_sub(from.len() + to.len());
    let _ = writeln!(out, "{:>MARGIN$} {from}{name:^free$}{to}", "");
}

pub(super) fn diagram(found: &Diagram, terminal: Terminal) -> String {
    let mut out = String::new();
    let shares = found.shares();
    list(&mut out, &found.plans, |plan| format!("{:.1} % of the points", shares[plan] * 100.0), terminal);
    out.push('\n');
    let width = terminal.width.saturating_sub(MARGIN + 1).clamp(10, found.columns.max(10));
    let lines = DIAGRAM_LINES.min(found.rows);
    let _ = writeln!(out, "{:>MARGIN$} {}", "", found.y);
    for line in 0..lines {
        let row = (lines - 1 - line) * (found.rows - 1) / (lines - 1).max(1);
        let label = match line {
            0 => found.y.print(found.y.to),
            line if line == lines - 1 => found.y.print(found.y.from),
            _ => String::new(),
        };
        let _ = write!(out, "{label:>MARGIN$}│");
        for column in 0..width {
            let cell = found.cells[row * found.columns + column * (found.columns - 1) / (width - 1)];
            out.push_str(&terminal.paint(style(cell.plan), &plan_name(cell.plan)[..1]));
        }
        out.push('\n');
    }
    foot(&mut out, width, &found.x.print(found.x.from), &found.x.to_string(), &found.x.print(found.x.to));
    out
}
