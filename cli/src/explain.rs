//! `myexplain explain`: the plan of a statement in any of the server's formats, or recordings of many statements.

use crate::output::{complain, print};
use crate::planning_args::PlanningArgs;
use crate::terminal::Terminal;
use crate::weather::WeatherArgs;
use crate::{Failure, Found, plan_questions, routine, session};
use clap::{Args, ValueEnum};
use myexplain::advise;
use myexplain::advise::placeholders::{self, PlansByValue, Source};
use myexplain::catalog::Catalog;
use myexplain::error::PlanError;
use myexplain::explain::{client, json, note, traditional, tree};
use myexplain::ingest::recording::Recording;
use myexplain::parse::ast::ExplainFormat;
use myexplain::parse::{self, script};
use myexplain::plan::Plan;
use myexplain::planner::parallel;
use myexplain::trace;
use std::path::{Path, PathBuf};

/// Arguments of `explain`.
#[derive(Args, Debug)]
pub(crate) struct Explain {
    #[command(flatten)]
    planning: PlanningArgs,

    /// The statement
    #[arg(short = 'e', long = "execute", value_name = "SQL", conflicts_with_all = ["file", "queries"])]
    sql: Option<String>,

    /// File of statements; `-` is stdin
    #[arg(value_name = "FILE", conflicts_with = "queries")]
    file: Option<PathBuf>,

    /// Form of the plan; without it, the one that the statement's own EXPLAIN names, or traditional
    #[arg(short, long, value_enum, env = "MYEXPLAIN_FORMAT")]
    format: Option<Format>,

    /// Print warnings and notes too, among them the rewritten statement
    #[arg(short, long)]
    warnings: bool,

    /// Say how close the plan was: every decision with its runner-up and the distance
    #[arg(long, conflicts_with_all = ["json_trace", "queries"])]
    margins: bool,

    /// Say where each number came from, and which guesses decide something
    #[arg(long, conflicts_with_all = ["json_trace", "queries"])]
    trust: bool,

    /// Print the optimizer's decisions: the same as --format trace
    #[arg(long, conflicts_with = "format")]
    json_trace: bool,

    /// Say where a proxy in front of a replicated server must send the statement, and why
    #[arg(long, conflicts_with_all = ["format", "json_trace", "queries"])]
    route: bool,

    /// Tell why the plan does not use an index (K, T.K), and what would make it
    #[arg(long, value_name = "INDEX", conflicts_with_all = ["format", "json_trace", "queries", "route"])]
    why_not: Option<String>,

    /// Print the shortest block of optimizer hints that pins the plan
    #[arg(long, conflicts_with_all = ["format", "json_trace", "queries", "route", "why_not"])]
    as_hints: bool,
    #[command(flatten)]
    weather: WeatherArgs,

    /// Plan every statement of a stored program of the bundle, with parameters and variables as unknown values
    #[arg(long, value_name = "NAME", conflicts_with_all = ["sql", "file", "queries"])]
    routine: Option<String>,

    /// Plan every statement of a file and write a recording for each
    #[arg(long, value_name = "FILE", requires = "out")]
    queries: Option<PathBuf>,

    /// Directory to write recordings to
    #[arg(long, value_name = "DIR", requires = "queries")]
    out: Option<PathBuf>,

    /// Threads to plan with; the result does not depend on it
    #[arg(short, long, value_name = "N", env = "MYEXPLAIN_JOBS")]
    jobs: Option<usize>,
}

/// Forms of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Table, as the mysql client draws it
    Traditional,
    /// Tree of iterators
    Tree,
    /// FORMAT=JSON
    Json,
    /// One line a column, as \G gives
    Vertical,
    /// Tab-separated values
    Tsv,
    /// The optimizer's decisions as JSON, as the server's OPTIMIZER_TRACE
    Trace,
}

impl Explain {
    pub(crate) fn run(&self, terminal: Terminal) -> Result<Found, Failure> {
        let catalog = self.planning.announced_catalog(terminal)?;
        if let (Some(queries), Some(out)) = (&self.queries, &self.out) {
            return self.record(&catalog, queries, out);
        }
        if let Some(name) = &self.routine {
            let text = routine::definition(&catalog, name)?;
            return self.print_routine(&catalog, &text);
        }
        let (text, in_file) = match (&self.sql, &self.file) {
            (Some(sql), _) => (sql.clone(), false),
            (None, Some(file)) => (session::read_text(file)?, true),
            (None, None) => return Err("no statement given: use -e SQL, a file, or - for stdin".to_owned().into()),
        };
        self.print_plans(catalog, &text, in_file, terminal)
    }

    /// The plans of a stored program's statements, each under its line.
    fn print_routine(&self, catalog: &Catalog, text: &str) -> Result<Found, Failure> {
        let body = routine::body(catalog, text)?;
        if body.statements.is_empty() {
            print(&format!("-- {}: no statement that could be planned\n", body.title))?;
        }
        for (no, statement) in body.statements.iter().enumerate() {
            let words = statement.sql.split_whitespace().collect::<Vec<_>>().join(" ");
            let shown: String = words.chars().take(100).collect();
            let gap = if no > 0 { "\n" } else { "" };
            print(&format!("{gap}-- {} line {}: {shown}\n", body.title, statement.line))?;
            match session::plan_in_routine(catalog, &statement.sql, &body.variables, self.wants_trace()) {
                Ok(plan) => print(&self.render(catalog, &statement.sql, &plan)?)?,
                Err(error) => print(&format!("{error}\n"))?,
            }
        }
        Ok(Found::Nothing)
    }

    fn print_plans(&self, mut catalog: Catalog, text: &str, in_file: bool, terminal: Terminal) -> Result<Found, Failure> {
        if parse::routine::is_routine(text) && !text.to_ascii_uppercase().contains("DELIMITER") {
            return self.print_routine(&catalog, text);
        }
        let statements = script::read(text);
        if statements.is_empty() {
            return Err("ERROR 1065 (42000): Query was empty".to_owned().into());
        }
        for (no, statement) in statements.iter().enumerate() {
            let place = in_file.then_some(statement.line);
            if no > 0 && self.format != Some(Format::Tsv) {
                print("\n")?;
            }
            if session::change(&mut catalog, &statement.sql).map_err(|error| at_line(&error, place))? {
                continue;
            }
            let catalog = session::under(&catalog, &statement.sets).map_err(|error| at_line(&error.into(), place))?;
            if parse::routine::is_routine(&statement.sql) {
                self.print_routine(&catalog, &statement.sql)?;
                continue;
            }
            if placeholders::has_placeholders(&statement.sql) {
                self.print_plans_by_value(&catalog, &statement.sql).map_err(|error| at_line(&error, place))?;
                continue;
            }
            if let Some(forecast) = self.weather.forecast(&catalog, &statement.sql, self.jobs, terminal) {
                print(&forecast.map_err(|error| at_line(&error, place))?)?;
                continue;
            }
            let plan = if self.wants_trace() {
                session::traced_plan(&catalog, &statement.sql)
            } else {
                session::plan(&catalog, &statement.sql)
            };
            let plan = plan.map_err(|error| at_line(&error, place))?;
            print(&self.render(&catalog, &statement.sql, &plan)?)?;
        }
        Ok(Found::Nothing)
    }

    /// The distinct plans of a statement with placeholders, each under the share of values that leads to it.
    fn print_plans_by_value(&self, catalog: &Catalog, sql: &str) -> Result<(), PlanError> {
        let found = session::plans_by_value(catalog, sql)?;
        let mut text = String::new();
        for line in placeholder_lines(&found) {
            text.push_str(&format!("-- {line}\n"));
        }
        for share in &found.plans {
            let plan = session::plan(catalog, &share.sql)?;
            let (least, most) = share.cost;
            let cost = if least == most { format!("{least:.2}") } else { format!("{least:.2} to {most:.2}") };
            text.push_str(&format!("\n-- {:.1} % of the values, cost {cost}: {}\n", share.share * 100.0, share.sql));
            match self.render(catalog, &share.sql, &plan) {
                Ok(plan) => text.push_str(&plan),
                Err(Failure::Message(message)) => text.push_str(&format!("{message}\n")),
                Err(Failure::ReaderGone) => return Ok(()),
            }
        }
        // A closed stdout shows at the next statement.
        let _ = print(&text);
        Ok(())
    }

    fn wants_trace(&self) -> bool {
        self.json_trace || self.margins || self.format == Some(Format::Trace)
    }

    fn render(&self, catalog: &Catalog, sql: &str, plan: &Plan) -> Result<String, Failure> {
        if let Some(index) = &self.why_not {
            return Ok(plan_questions::why_not(catalog, sql, index)?);
        }
        if self.as_hints {
            return Ok(plan_questions::as_hints(catalog, sql)?);
        }
        if self.route {
            return Ok(format!("{}\n", plan.route));
        }
        let format = match self.format {
            _ if self.json_trace => Format::Trace,
            Some(format) => format,
            None => written_format(catalog, sql),
        };
        let mut text = parallel::guarded(|| match format {
            Format::Traditional => client::explain_table(&traditional::rows(plan)),
            Format::Tree => tree::render(plan),
            Format::Json => json::render(plan),
            Format::Vertical => client::explain_vertical(&traditional::rows(plan)),
            Format::Tsv => traditional::tsv(plan),
            Format::Trace => trace::text::render(plan.trace.as_deref().unwrap_or_default()),
        })
        .map_err(|panic| format!("internal error, please report it: {panic}"))?;
        if !text.ends_with('\n') {
            text.push('\n');
        }
        if self.margins {
            for decision in advise::margins::margins(plan) {
                text.push_str(&format!("{decision}\n"));
            }
        }
        if self.trust {
            text.push_str(&advise::trust::of_statement(catalog, sql).map_err(|error| error.to_string())?.to_string());
        }
        if self.warnings {
            for diagnostic in note::diagnostics(plan) {
                let level = note::level_name(diagnostic.level);
                text.push_str(&format!("{level} (Code {}): {}\n", diagnostic.code, diagnostic.text));
            }
        }
        Ok(text)
    }

    fn record(&self, catalog: &Catalog, queries: &Path, out: &Path) -> Result<Found, Failure> {
        let statements = script::read(&session::read_text(queries)?);
        std::fs::create_dir_all(out).map_err(|error| format!("cannot create {}: {error}", out.display()))?;
        let jobs = self.jobs.unwrap_or_else(parallel::default_jobs);
        let written = parallel::map(&statements, jobs, |statement| record_one(catalog, statement, out));
        let mut failed = String::new();
        for (statement, written) in statements.iter().zip(written) {
            match written {
                Ok(None) => {}
                Ok(Some(warning)) => complain(&format!("{}: {warning}", statement.name)),
                Err(message) => failed.push_str(&format!("{message}\n")),
            }
        }
        if failed.is_empty() { Ok(Found::Nothing) } else { Err(failed.into()) }
    }
}

/// What is known of the placeholders of a statement, a line each.
fn placeholder_lines(found: &PlansByValue) -> Vec<String> {
    let described = found.placeholders.iter().map(|placeholder| {
        let numbers: Vec<String> = placeholder.numbers.iter().map(usize::to_string).collect();
        let column = placeholder.column.as_deref().unwrap_or("no column");
        let source = match placeholder.source {
            Source::Histogram => format!("{} values of its histogram", placeholder.values),
            Source::Unknown => "no histogram, one value stands for all".to_owned(),
        };
        format!("placeholder {}: {column}, {source}", numbers.join(", "))
    });
    let plural = if found.plans.len() == 1 { "plan" } else { "plans" };
    let capped = if found.capped { "; not all values were tried" } else { "" };
    described.chain([format!("{} {plural}{capped}", found.plans.len())]).collect()
}

/// Writes one recording; what the planner does not cover comes back as a sentence.
fn record_one(catalog: &Catalog, statement: &script::ScriptStatement, out: &Path) -> Result<Option<String>, String> {
    let outcome = session::under(catalog, &statement.sets)
        .map_err(PlanError::from)
        .and_then(|catalog| session::plan(&catalog, &statement.sql));
    let recording = Recording::of_plan(&statement.sets, &statement.sql, &outcome);
    let name = statement.name.replace(['/', '\\', '\0'], "_");
    let path = out.join(format!("{name}.txt"));
    std::fs::write(&path, recording.text()).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    Ok(match outcome {
        Err(error @ PlanError::NotCovered(_)) => Some(error.to_string()),
        _ => None,
    })
}

fn written_format(catalog: &Catalog, sql: &str) -> Format {
    let written = parse::statement(sql, &catalog.settings).ok().and_then(|statement| statement.explain);
    let default = || match catalog.settings.variable("explain_format") {
        Ok("JSON") => Format::Json,
        Ok("TREE") => Format::Tree,
        _ => Format::Traditional,
    };
    match written {
        Some(ExplainFormat::Json) => Format::Json,
        Some(ExplainFormat::Tree | ExplainFormat::Analyze) => Format::Tree,
        Some(ExplainFormat::Traditional) => Format::Traditional,
        Some(ExplainFormat::Default) | None => default(),
    }
}

/// An error in the client's words: with the line for statements of a file.
fn at_line(error: &PlanError, line: Option<usize>) -> String {
    match (error, line) {
        (PlanError::Server(error), Some(line)) => {
            format!("ERROR {} ({}) at line {line}: {}", error.code, error.sqlstate, error.text)
        }
        (error, Some(line)) => format!("line {line}: {error}"),
        (error, None) => error.to_string(),
    }
}
