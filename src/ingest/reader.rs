//! Finds the plans in a text: a file, a paste from a terminal with prompts and footers, what a pager is handed.

use super::client_text::{self, ClientResult};
use super::json::{JsonDocument, JsonLayout};
use super::node::Node;
use super::plan::{PlanFormat, ReadPlan, ServerGuess};
use super::recording::Recording;
use super::table::{Cell, Column, Layout, Table};
use super::tree_text;

/// Plans that are read of one text.
const MAX_PLANS: usize = 1000;

/// Documents that are tried in vain.
const MAX_REFUSED: usize = 50;

/// What was found in a text.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The plans in their order.
    pub plans: Vec<ReadPlan>,
    /// Lines that belong to no plan and are not known to mean nothing (prompts, footers, blank lines, warnings).
    pub unknown_lines: usize,
}

/// Reads every plan in a text. A recording gives one plan with all of its formats.
pub fn read(text: &str) -> Reading {
    let text = cleaned(text);
    if text.contains("=== sql\n") {
        let plan = of_recording(&Recording::read(&text));
        if plan.is_some() {
            return Reading { plans: plan.into_iter().collect(), unknown_lines: 0 };
        }
    }
    let lines: Vec<&str> = text.split('\n').collect();
    let mut reader = Reader { text: &text, lines, at: 0, offset: 0, sql: None, refused: 0, found: Reading::default() };
    while reader.at < reader.lines.len() && reader.found.plans.len() < MAX_PLANS {
        reader.step();
    }
    reader.found
}

/// The plan of a recording, in every format that was recorded.
pub fn of_recording(recording: &Recording) -> Option<ReadPlan> {
    let part = |name: &str| recording.section(name).and_then(|text| read(text).plans.into_iter().next());
    let parts = [part("traditional"), part("tree"), part("json")];
    let mut whole = parts.into_iter().flatten().reduce(|mut whole, part| {
        whole.table = whole.table.or(part.table);
        whole.tree = whole.tree.or(part.tree);
        whole.json = whole.json.or(part.json);
        if whole.server == ServerGuess::Unknown {
            whole.server = part.server;
        }
        whole
    })?;
    if whole.tree.is_some() {
        whole.format = PlanFormat::Tree;
    }
    whole.sql = recording.section("sql").map(str::to_owned);
    Some(whole)
}

/// Line ends of Unix, no colours, no byte order mark, and no more quotation marks than the text itself has.
fn cleaned(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    // Colours: ESC [ digits and semicolons, a letter.
    while let Some(at) = rest.find("\u{1b}[") {
        out.push_str(&rest[..at]);
        let after = rest[at + 2..].trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        rest = after.strip_prefix(|c: char| c.is_ascii_alphabetic()).unwrap_or(after);
    }
    out.push_str(rest);
    out
}

struct Reader<'t> {
    text: &'t str,
    lines: Vec<&'t str>,
    /// The line that comes next.
    at: usize,
    /// Its place in the text.
    offset: usize,
    /// The statement before the next plan.
    sql: Option<String>,
    /// Documents that could not be read; not many are tried, as each costs time.
    refused: usize,
    found: Reading,
}

impl Reader<'_> {
    /// Reads a plan at the next line, or passes over the line.
    fn step(&mut self) {
        let rest = &self.lines[self.at..];
        let line = rest[0];
        if let Some((sql, lines)) = statement(rest) {
            self.sql = Some(sql);
            return self.advance(lines);
        }
        let client = client_text::framed(rest).map(|result| (result, Layout::Framed));
        let client = client.or_else(|| Some((client_text::vertical(rest)?, Layout::Vertical)));
        let client =
            client.or_else(|| is_header(line).then(|| client_text::tabs(rest)).flatten().map(|result| (result, Layout::Tabs)));
        if let Some((result, layout)) = client {
            let lines = result.lines;
            let plan = of_client(&result, layout);
            if plan.is_none() && !is_warnings(&result) {
                self.found.unknown_lines += lines;
            }
            self.keep(plan);
            return self.advance(lines);
        }
        if line.trim_start().starts_with('{') && self.refused < MAX_REFUSED {
            if let Some((document, lines)) = self.document() {
                self.keep(of_json(document));
                return self.advance(lines);
            }
            self.refused += 1;
        }
        if let Some((plan, lines)) = bare_tree(rest) {
            self.keep(Some(plan));
            return self.advance(lines);
        }
        let noise =
            line.trim().is_empty() || client_text::is_footer(line) || client_text::is_text_column(line.trim()) || is_remark(line);
        self.found.unknown_lines += usize::from(!noise);
        self.advance(1);
    }

    fn advance(&mut self, lines: usize) {
        let end = (self.at + lines.max(1)).min(self.lines.len());
        self.offset += self.lines[self.at..end].iter().map(|line| line.len() + 1).sum::<usize>();
        self.at = end;
    }

    fn keep(&mut self, plan: Option<ReadPlan>) {
        if let Some(mut plan) = plan {
            let sql = self.sql.take();
            plan.sql = plan.sql.or(sql);
            self.found.plans.push(plan);
        }
    }

    /// The JSON document that begins at the next line, and the lines that it takes.
    fn document(&self) -> Option<(JsonDocument, usize)> {
        let text = self.text.get(self.offset..)?;
        if let Some((document, rest)) = JsonDocument::read(text) {
            let lines = text[..text.len() - rest.len()].matches('\n').count() + 1;
            return Some((document, lines));
        }
        let line = client_text::unescaped(self.lines[self.at]);
        JsonDocument::read(&line).map(|(document, _)| (document, 1))
    }
}

/// A statement behind a prompt (`mysql> EXPLAIN …` up to `;` or `\G`), or between the dashes of `mysql -v`; and its lines.
fn statement(lines: &[&str]) -> Option<(String, usize)> {
    let line = lines.first()?;
    if line.len() > 8 && line.chars().all(|c| c == '-') {
        let end = lines.iter().skip(1).take(1000).position(|line| line.len() > 8 && line.chars().all(|c| c == '-'))? + 1;
        return Some((bare_statement(&lines[1..end].join("\n")), end + 1));
    }
    let (prompt, first) = line.split_once("> ")?;
    let prompt = prompt.trim_start();
    let known = ["mysql", "MariaDB [", "MySQL "].iter().any(|start| prompt.starts_with(start)) && prompt.len() < 100;
    if !known {
        return None;
    }
    let mut sql = vec![first];
    let ends =
        |line: &str| line.trim_end().ends_with([';']) || line.trim_end().ends_with("\\G") || line.trim_end().ends_with("\\g");
    let mut used = 1;
    if !ends(first) {
        for line in lines.iter().skip(1).take(1000) {
            let Some(more) = line.trim_start().strip_prefix("-> ") else { break };
            used += 1;
            sql.push(more);
            if ends(more) {
                break;
            }
        }
    }
    Some((bare_statement(&sql.join("\n")), used))
}

fn bare_statement(sql: &str) -> String {
    let sql = sql.trim();
    let sql = sql.strip_suffix("\\G").or_else(|| sql.strip_suffix("\\g")).unwrap_or(sql);
    sql.trim_end().trim_end_matches(';').to_owned()
}

/// A line of names, of which `select_type` is one.
fn is_header(line: &str) -> bool {
    line.split('\t').any(|name| Column::of_name(name) == Some(Column::SelectType)) || is_change_header(line)
}

/// The lines of a table that MySQL prints beside a plan.
fn is_change_header(line: &str) -> bool {
    line.starts_with("Level\tCode\tMessage")
}

fn is_warnings(result: &ClientResult) -> bool {
    result.names.first().is_some_and(|name| name == "Level")
}

/// `Note (Code 1003): …`, `Empty set`, `Query OK`, `Bye`, `PAGER set to …`: lines of the client without meaning here.
fn is_remark(line: &str) -> bool {
    let line = line.trim();
    let starts = [
        "Note (Code",
        "Warning (Code",
        "Error (Code",
        "Empty set",
        "Query OK",
        "Bye",
        "PAGER",
        "Database changed",
        "mysql>",
        "```",
    ];
    starts.iter().any(|start| line.starts_with(start)) || line.chars().all(|c| c == '-')
}

/// A plan of what the client showed; none if it is something else.
fn of_client(result: &ClientResult, layout: Layout) -> Option<ReadPlan> {
    let first = result.names.first()?;
    if result.names.len() == 1 {
        let text = result.rows.first().filter(|_| client_text::is_text_column(first))?.first()?;
        return of_text(text);
    }
    let columns: Vec<Column> = result.names.iter().map(|name| Column::of_name(name)).collect::<Option<_>>()?;
    if !columns.contains(&Column::SelectType) {
        return None;
    }
    let cell = |(column, text): (&Column, &String)| (text != "NULL").then(|| Cell::read(*column, text));
    let fits = |row: &&Vec<String>| row.len() == columns.len();
    let rows: Vec<_> = result.rows.iter().filter(fits).map(|row| columns.iter().zip(row).map(cell).collect()).collect();
    let from_mariadb = columns.iter().any(|column| matches!(column, Column::MeasuredRows | Column::MeasuredFiltered))
        || result.first_width >= 4
            && !columns.contains(&Column::Partitions)
            && !rows.iter().any(|row: &Vec<Option<Cell>>| row[0].is_none());
    let table = Table { columns, rows, text_numbers: from_mariadb };
    let server = if from_mariadb { ServerGuess::MariaDb } else { server_of(&table) };
    Some(ReadPlan { server, table: Some(table), ..ReadPlan::empty(PlanFormat::Table(layout)) })
}

/// A tree or a document, with or without the escapes of batch mode.
fn of_text(text: &str) -> Option<ReadPlan> {
    let trimmed = text.trim_start();
    if trimmed.starts_with('{') {
        let document = JsonDocument::read(trimmed).map(|(document, _)| document);
        return of_json(document.or_else(|| Some(JsonDocument::read(&client_text::unescaped(trimmed))?.0))?);
    }
    of_tree(tree_text::read(text)?)
}

fn of_tree(nodes: Vec<Node>) -> Option<ReadPlan> {
    let measured = nodes.iter().any(|root| root.walk().iter().any(|(_, node)| node.actual.is_some()));
    let format = if measured { PlanFormat::Analyze } else { PlanFormat::Tree };
    Some(ReadPlan { server: ServerGuess::MySql8, tree: Some(nodes), ..ReadPlan::empty(format) })
}

fn of_json(document: JsonDocument) -> Option<ReadPlan> {
    let root = &document.root;
    let second = root.get("query_plan").is_some() || root.get("operation").is_some();
    let (format, server) = match (root.get("query_block").is_some(), document.layout) {
        (true, JsonLayout::ShortArrays) => (PlanFormat::JsonMariaDb, ServerGuess::MariaDb),
        (true, _) => (PlanFormat::JsonV1, ServerGuess::Unknown),
        (false, _) if second => (PlanFormat::JsonV2, ServerGuess::MySql83),
        _ => return None,
    };
    let sql = root.text_of("query").map(str::to_owned);
    Some(ReadPlan { server, sql, json: Some(document), ..ReadPlan::empty(format) })
}

/// A tree without a frame, and its lines: batch mode with escapes, `--raw`, or a paste.
fn bare_tree(lines: &[&str]) -> Option<(ReadPlan, usize)> {
    let line = lines.first()?;
    let start = line.trim_start_matches(' ');
    if !start.starts_with("-> ") && !start.starts_with("<not executable") {
        return None;
    }
    if line.contains("\\n") && line.trim_end().ends_with("\\n") {
        return Some((of_tree(tree_text::read(&client_text::unescaped(line))?)?, 1));
    }
    let indent = line.len() - start.len();
    let mut taken: Vec<&str> = Vec::new();
    let mut open_quote = false;
    for (no, line) in lines.iter().enumerate() {
        let own = line.trim_start_matches(' ');
        let is_node = own.starts_with("-> ") && (no == 0 || line.len() - own.len() >= indent + 4 || !starts_anew(line, indent));
        if !(is_node || open_quote || no == 0) {
            break;
        }
        let quotes = line.matches('\'').count();
        open_quote = if is_node { quotes % 2 == 1 } else { open_quote ^ (quotes % 2 == 1) };
        taken.push(if is_node { line.get(indent..).unwrap_or(own) } else { line });
    }
    let plan = of_tree(tree_text::read(&taken.join("\n"))?)?;
    Some((plan, taken.len()))
}

/// A second root does not belong to the tree before it, unless it is a subquery of the SELECT list.
fn starts_anew(line: &str, indent: usize) -> bool {
    let own = line.trim_start_matches(' ');
    line.len() - own.len() <= indent && !own.starts_with("-> Select #")
}

/// The server by what its table says.
fn server_of(table: &Table) -> ServerGuess {
    let extra =
        |text: &str| (0..table.rows.len()).any(|row| table.text(row, Column::Extra).is_some_and(|extra| extra.contains(text)));
    if !table.columns.contains(&Column::Partitions) || extra("(Block Nested Loop)") {
        ServerGuess::MySql5
    } else if extra("hash join") || extra("rematerialize") || extra("skip scan") {
        ServerGuess::MySql8
    } else {
        ServerGuess::Unknown
    }
}
