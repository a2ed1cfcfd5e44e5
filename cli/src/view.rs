//! `myexplain view`: EXPLAIN output of any server, as a tree that shows where cost, time and wrong estimates are.

use crate::output::print;
use crate::terminal::Terminal;
use crate::{Failure, Found, session};
use anstyle::{AnsiColor, Style};
use clap::{Args, ValueEnum};
use myexplain::ingest::analysis::{Analysis, NodeAnalysis, WRONG, analyse};
use myexplain::ingest::node::{Actual, Node};
use myexplain::ingest::reader::{self, Reading};
use myexplain::ingest::table::Layout;
use myexplain::ingest::{ReadPlan, tree_text};
use serde_json::{Value, json};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Arguments of `view`.
#[derive(Args, Debug)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct View {
    /// File with EXPLAIN output, or a recording; without it or with `-`, stdin
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    /// Form of the output
    #[arg(short, long, value_enum, default_value_t)]
    format: ViewFormat,
}

const AFTER_HELP: &str = "\
Reads what EXPLAIN, EXPLAIN ANALYZE and EXPLAIN FORMAT=JSON or TREE of MySQL 5.6 to 9.x and of MariaDB print, in every form that the \
mysql client gives it, pasted with prompts or not.

As a pager of the mysql client, which passes on every result that is no plan:

    mysql> pager myexplain view
    mysql> EXPLAIN ANALYZE SELECT …;

In the tree, `own` is the cost or time of a step without the steps below it, and the q-error is how many times the estimated rows are \
too many or too few.";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum ViewFormat {
    /// A tree with shares of cost and time, and the errors of estimates
    #[default]
    Text,
    /// Nodes with all numbers, for programs
    Json,
    /// FORMAT=TREE, whatever was read
    Tree,
    /// The traditional table, whatever was read
    Traditional,
    /// The format that was read, printed anew
    Same,
}

impl View {
    pub(crate) fn run(&self, terminal: Terminal) -> Result<Found, Failure> {
        let path = self.file.as_deref().unwrap_or(Path::new("-"));
        let from_stdin = path == Path::new("-");
        let text = if from_stdin { stdin()? } else { session::read_text(path)? };
        let reading = reader::read(&text);
        if reading.plans.is_empty() && from_stdin {
            // A pager is handed every result.
            print(&text)?;
            return Ok(Found::Nothing);
        }
        if reading.plans.is_empty() {
            return Err(format!("{}: no EXPLAIN output found", path.display()).into());
        }
        if reading.unknown_lines > 0 {
            terminal.remark(&format!("{} lines belong to no plan", reading.unknown_lines));
        }
        print(&self.text(&reading, terminal))?;
        Ok(Found::Nothing)
    }

    fn text(&self, reading: &Reading, terminal: Terminal) -> String {
        if self.format == ViewFormat::Json {
            let plans: Vec<Value> = reading.plans.iter().map(plan_json).collect();
            return format!("{:#}\n", json!({ "version": 1, "plans": plans }));
        }
        let texts: Vec<String> = reading.plans.iter().map(|plan| self.plan_text(plan, terminal)).collect();
        texts.join("\n")
    }

    fn plan_text(&self, plan: &ReadPlan, terminal: Terminal) -> String {
        let mut text = match self.format {
            ViewFormat::Text | ViewFormat::Json => Picture { terminal, plan }.text(),
            ViewFormat::Tree => tree_text::render(&plan.nodes()),
            ViewFormat::Traditional => plan.as_table().render(Layout::Framed),
            ViewFormat::Same => plan.render(),
        };
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text
    }
}

/// All of stdin; bytes that are not UTF-8 are replaced, as a pager cannot choose its input.
fn stdin() -> Result<String, String> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).map_err(|error| format!("cannot read stdin: {error}"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A plan as a tree on the terminal.
struct Picture<'p> {
    terminal: Terminal,
    plan: &'p ReadPlan,
}

/// A column of numbers left of the tree.
struct NumberColumn {
    head: &'static str,
    cells: Vec<(String, Style)>,
}

/// Cells of a bar that stands for the whole.
const BAR: usize = 8;

impl Picture<'_> {
    fn text(&self) -> String {
        let roots = self.plan.nodes();
        let analysis = analyse(&roots);
        let nodes: Vec<(usize, &Node)> = roots.iter().flat_map(Node::walk).collect();
        let columns = columns(&nodes, &analysis);
        let mut out = self.heading();
        let widths: Vec<usize> = columns.iter().map(width).collect();
        let head = |(column, width): (&NumberColumn, &usize)| match column.head {
            "share" => format!("{:<width$}  ", column.head),
            head => format!("{head:>width$}  "),
        };
        let head: String = columns.iter().zip(&widths).map(head).collect();
        out.push_str(&self.terminal.paint(Style::new().dimmed(), head.trim_end()));
        out.push('\n');
        let lines = branches(&nodes);
        for (no, ((_, node), branch)) in nodes.iter().zip(lines).enumerate() {
            let mut used = 0;
            for (column, width) in columns.iter().zip(&widths) {
                let (cell, style) = &column.cells[no];
                let padding = width.saturating_sub(cell.chars().count());
                out.push_str(&" ".repeat(padding));
                out.push_str(&self.terminal.paint(*style, cell));
                out.push_str("  ");
                used += width + 2;
            }
            out.push_str(&self.terminal.paint(Style::new().dimmed(), &branch));
            let room = self.terminal.width.saturating_sub(used + branch.chars().count()).max(20);
            let label = cut(&node.label, room);
            let style = if analysis.error_begins == Some(no) { style(AnsiColor::Red).bold() } else { Style::new() };
            out.push_str(&self.terminal.paint(style, &label));
            out.push('\n');
        }
        out.push_str(&remarks(&nodes, &analysis));
        out
    }

    fn heading(&self) -> String {
        let mut out = String::new();
        if let Some(sql) = &self.plan.sql {
            let words: Vec<&str> = sql.split_whitespace().collect();
            out.push_str(&self.terminal.paint(Style::new().bold(), &cut(&words.join(" "), self.terminal.width)));
            out.push('\n');
        }
        let source = format!("{}, {}", self.plan.format, self.plan.server);
        out.push_str(&self.terminal.paint(Style::new().dimmed(), &source));
        out.push('\n');
        out
    }
}

fn style(color: AnsiColor) -> Style {
    Style::new().fg_color(Some(color.into()))
}

fn width(column: &NumberColumn) -> usize {
    let cells = column.cells.iter().map(|(cell, _)| cell.chars().count());
    cells.chain([column.head.chars().count()]).max().unwrap_or(0)
}

/// The columns that have something to show: time if it was measured, else cost.
fn columns(nodes: &[(usize, &Node)], analysis: &Analysis) -> Vec<NumberColumn> {
    let timed = analysis.nodes.iter().any(|node| node.own_ms.is_some());
    let own = |node: &NodeAnalysis| if timed { node.own_ms } else { node.own_cost };
    let whole = if timed { analysis.nodes.iter().filter_map(|node| node.own_ms).sum() } else { analysis.total_cost };
    let share = |node: &NodeAnalysis| own(node).filter(|_| whole > 0.0).map(|own| own / whole);
    let plain = Style::new();
    let of = |head, cell: &dyn Fn(usize) -> (String, Style)| NumberColumn { head, cells: (0..nodes.len()).map(cell).collect() };
    let weight = |no: usize| share(&analysis.nodes[no]).map_or(plain, heat);
    let all = [
        of(if timed { "own ms" } else { "own cost" }, &|no| (own(&analysis.nodes[no]).map_or(String::new(), short), weight(no))),
        of("share", &|no| (share(&analysis.nodes[no]).map_or(String::new(), bar), weight(no))),
        of("rows", &|no| (nodes[no].1.estimated_rows().map_or(String::new(), short), plain)),
        of("actual", &|no| (actual(nodes[no].1), plain)),
        of("loops", &|no| {
            (
                nodes[no]
                    .1
                    .measured()
                    .filter(|measured| measured.loops > 1)
                    .map_or(String::new(), |measured| measured.loops.to_string()),
                plain,
            )
        }),
        of("q-error", &|no| {
            analysis.nodes[no].q_error.map_or((String::new(), plain), |error| (short(error), error_style(error)))
        }),
    ];
    all.into_iter().filter(|column| column.cells.iter().any(|(cell, _)| !cell.trim().is_empty())).collect()
}

fn actual(node: &Node) -> String {
    match &node.actual {
        Some(Actual::Measured(measured)) => short(measured.rows.value),
        Some(Actual::NeverExecuted) => "never".to_owned(),
        None => String::new(),
    }
}

fn heat(share: f64) -> Style {
    match share {
        share if share >= 0.3 => style(AnsiColor::Red).bold(),
        share if share >= 0.1 => style(AnsiColor::Yellow),
        _ => Style::new(),
    }
}

fn error_style(error: f64) -> Style {
    match error {
        error if error >= 10.0 => style(AnsiColor::Red).bold(),
        error if error >= WRONG => style(AnsiColor::Yellow),
        _ => Style::new(),
    }
}

/// Three significant digits.
fn short(number: f64) -> String {
    let mut text = String::new();
    myexplain::explain::tree::push_number(&mut text, number);
    text
}

/// `███▌      44%`
fn bar(share: f64) -> String {
    let eighths = (share.clamp(0.0, 1.0) * (BAR * 8) as f64).round() as usize;
    let mut text = "█".repeat(eighths / 8);
    let rest = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
    text.push_str(rest);
    let blanks = BAR - eighths / 8 - usize::from(!rest.is_empty());
    format!("{text}{}{:>4.0}%", " ".repeat(blanks), share * 100.0)
}

/// The text if it has room, else its start and an ellipsis; on one line.
fn cut(text: &str, room: usize) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.chars().count() <= room {
        return line;
    }
    let start: String = line.chars().take(room.saturating_sub(1)).collect();
    format!("{start}…")
}

/// `│  └─ ` and the like before each node.
fn branches(nodes: &[(usize, &Node)]) -> Vec<String> {
    let mut lines = vec![String::new(); nodes.len()];
    // From the end on: which levels go on below this line.
    let mut open: Vec<bool> = Vec::new();
    for (no, (depth, _)) in nodes.iter().enumerate().rev() {
        open.resize(depth + 1, false);
        let mut line = String::new();
        for (level, goes_on) in open.iter().enumerate().skip(1) {
            line.push_str(match (level == *depth, *goes_on) {
                (true, true) => "├─ ",
                (true, false) => "└─ ",
                (false, true) => "│  ",
                (false, false) => "   ",
            });
        }
        open[*depth] = true;
        lines[no] = line;
    }
    lines
}

/// Where the error begins, and where the time goes.
fn remarks(nodes: &[(usize, &Node)], analysis: &Analysis) -> String {
    let mut out = String::new();
    if let Some(no) = analysis.error_begins
        && let (Some((estimated, actual)), Some(error)) = (analysis.nodes[no].rows, analysis.nodes[no].q_error)
    {
        let direction = if actual > estimated { "too few" } else { "too many" };
        out.push_str(&format!(
            "\nThe error begins at: {}\n  estimated {} rows, read {}: {} times {direction}\n",
            cut(&nodes[no].1.label, 200),
            short(estimated),
            short(actual),
            short(error),
        ));
    }
    if let (Some(no), Some(total)) = (analysis.slowest, analysis.total_ms) {
        let own = analysis.nodes[no].own_ms.unwrap_or(0.0);
        out.push_str(&format!("\nMost time: {} of {} ms in: {}\n", short(own), short(total), cut(&nodes[no].1.label, 200)));
    }
    out
}

fn plan_json(plan: &ReadPlan) -> Value {
    let roots = plan.nodes();
    let analysis = analyse(&roots);
    let nodes: Vec<Value> = roots
        .iter()
        .flat_map(Node::walk)
        .zip(&analysis.nodes)
        .map(|((depth, node), facts)| node_json(depth, node, facts))
        .collect();
    let decisions: Vec<String> = plan.decisions().tables.iter().map(ToString::to_string).collect();
    json!({
        "format": plan.format.to_string(),
        "server": plan.server.to_string(),
        "sql": plan.sql,
        "total_cost": plan.total_cost(),
        "total_ms": analysis.total_ms,
        "error_begins": analysis.error_begins,
        "slowest": analysis.slowest,
        "decisions": decisions,
        "nodes": nodes,
    })
}

fn node_json(depth: usize, node: &Node, facts: &NodeAnalysis) -> Value {
    let measured = node.measured();
    let details: serde_json::Map<String, Value> =
        node.details.iter().map(|(name, text)| (name.clone(), Value::from(text.as_str()))).collect();
    json!({
        "depth": depth,
        "label": node.label,
        "kind": format!("{:?}", node.kind),
        "table": node.table,
        "index": node.index,
        "cost": node.total_cost(),
        "own_cost": facts.own_cost,
        "rows": node.estimated_rows(),
        "never_executed": node.actual == Some(Actual::NeverExecuted),
        "actual_rows": measured.map(|measured| measured.rows.value),
        "loops": measured.map(|measured| measured.loops),
        "first_row_ms": measured.and_then(|measured| measured.first_ms).map(|ms| ms.value),
        "last_row_ms": measured.and_then(|measured| measured.last_ms).map(|ms| ms.value),
        "total_ms": facts.total_ms,
        "own_ms": facts.own_ms,
        "q_error": facts.q_error,
        "details": details,
    })
}
