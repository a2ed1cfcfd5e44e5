//! `myexplain advise`: what is wrong with statements and their schema, and what to do about it.

mod indexes;
mod machine;
mod markdown;
mod options;
mod text;

use crate::output::print;
use crate::planning_args::PlanningArgs;
use crate::report::Form;
use crate::{Failure, Found, Surroundings, session};
use clap::{Args, ValueEnum};
use myexplain::Catalog;
use myexplain::advise::{self, Finding, Findings, Options, Severity};
use myexplain::parse::script::{self, ScriptStatement};
use myexplain::plan::Plan;
use myexplain::planner::parallel;
pub(crate) use options::options;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Arguments of `advise`.
#[derive(Args, Debug)]
pub(crate) struct Advise {
    #[command(flatten)]
    planning: PlanningArgs,

    /// The statement
    #[arg(short = 'e', long = "execute", value_name = "SQL", conflicts_with = "files", allow_hyphen_values = true)]
    sql: Option<String>,

    /// Files of statements; `-` is stdin
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Form of the report
    #[arg(short, long, value_enum, default_value_t)]
    format: Format,

    /// Exit with 1 if there is a finding of this severity or a greater one
    #[arg(long, value_enum, default_value_t)]
    fail_on: FailOn,

    /// Suppose that these are all statements that the schema serves: name the indexes that none of them uses
    #[arg(long)]
    complete: bool,

    /// Advise on indexes for all statements together instead
    #[arg(long)]
    indexes: bool,

    /// Size that the advised indexes may have together: 500M, 1G
    #[arg(long, value_name = "SIZE", requires = "indexes")]
    max_size: Option<String>,

    /// Indexes to advise at most
    #[arg(long, value_name = "N", requires = "indexes")]
    max_indexes: Option<usize>,

    /// Tell which statements would lose if this index went; may be repeated
    #[arg(long = "drop", value_name = "T.K", conflicts_with = "indexes")]
    drops: Vec<String>,

    /// Threads to plan with; the result does not depend on it
    #[arg(short, long, value_name = "N")]
    jobs: Option<usize>,
}

/// Forms of the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// One document
    Json,
    /// One document a statement, one a line
    Jsonl,
    /// For a comment in a review
    Markdown,
    /// SARIF 2.1.0
    Sarif,
    /// JUnit XML
    Junit,
    /// Test Anything Protocol
    Tap,
    /// Annotations of GitHub Actions
    Github,
    /// Code Quality report of GitLab
    Gitlab,
}

/// What counts as failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Errors
    Error,
    /// Warnings and errors
    #[default]
    Warning,
    /// Any finding
    Info,
    /// Nothing
    Never,
}

impl FailOn {
    /// True if a finding counts.
    pub(crate) fn counts(self, severity: Severity) -> bool {
        match self {
            FailOn::Error => severity >= Severity::Error,
            FailOn::Warning => severity >= Severity::Warning,
            FailOn::Info => true,
            FailOn::Never => false,
        }
    }
}

/// A statement and where it was written.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    /// File; none for the command line.
    pub(crate) file: Option<PathBuf>,
    /// The statement.
    pub(crate) statement: ScriptStatement,
}

/// A statement and what was found in it.
pub(crate) struct Advised {
    /// The statement.
    pub(crate) written: Written,
    /// Its findings, or why it could not be planned.
    pub(crate) findings: Result<Findings, String>,
    /// Its plan.
    plan: Option<Plan>,
}

impl Written {
    /// `file:line` of a line of the statement; none for the command line.
    pub(crate) fn place(&self, line: usize) -> Option<String> {
        self.file.as_ref().map(|file| format!("{}:{}", file.display(), self.statement.line + line - 1))
    }

    /// How often the statement runs, as `-- weight:` before it says; 1 without.
    pub(crate) fn weight(&self) -> f64 {
        let written = self.statement.comments.iter().find_map(|comment| comment.strip_prefix("weight:")?.trim().parse().ok());
        written.filter(|weight: &f64| weight.is_finite() && *weight > 0.0).unwrap_or(1.0)
    }
}

impl Advise {
    pub(crate) fn run(&self, around: &Surroundings) -> Result<Found, Failure> {
        let catalog = self.planning.announced_catalog(around.terminal)?;
        let statements = self.statements()?;
        if self.indexes {
            return indexes::advise(&catalog, &statements, self, around.terminal);
        }
        if !self.drops.is_empty() {
            return indexes::drops(&catalog, &statements, self, around.terminal);
        }
        let options = options(&around.config)?;
        let jobs = self.jobs.unwrap_or_else(parallel::default_jobs);
        let mut advised = parallel::map(&statements, jobs, |written| advise_one(&catalog, written, &options));
        let plans: Vec<Plan> = advised.iter_mut().filter_map(|one| one.plan.take()).collect();
        let schema = parallel::guarded(|| advise::find_in_workload(&catalog, &plans, self.complete, &options))
            .map_err(|panic| format!("internal error, please report it: {panic}"))?;
        let machine = |form: Form| machine::report(&advised, &schema).render(form);
        let report = match self.format {
            Format::Sarif => machine(Form::Sarif),
            Format::Junit => machine(Form::Junit),
            Format::Tap => machine(Form::Tap),
            Format::Github => machine(Form::Github),
            Format::Gitlab => machine(Form::Gitlab),
            Format::Text => text::report(&advised, &schema, around.terminal),
            Format::Markdown => markdown::report(&advised, &schema),
            Format::Json => format!("{:#}\n", json_report(&advised, &schema)),
            Format::Jsonl => advised.iter().map(|one| format!("{}\n", json_statement(one))).collect(),
        };
        print(&report)?;
        self.outcome(&advised, &schema)
    }

    /// The statements of the command line or of the files.
    fn statements(&self) -> Result<Vec<Written>, Failure> {
        let mut all = Vec::new();
        if let Some(sql) = &self.sql {
            all.extend(script::read(sql).into_iter().map(|statement| Written { file: None, statement }));
        }
        for file in &self.files {
            let text = session::read_text(file)?;
            let file = (file != Path::new("-")).then(|| file.clone());
            all.extend(script::read(&text).into_iter().map(|statement| Written { file: file.clone(), statement }));
        }
        if all.is_empty() {
            let first = self.files.first().map(|file| file.display().to_string());
            return Err(match (first, self.files.len()) {
                (Some(file), 1) => format!("{file}: no statement in it"),
                (Some(file), count) => format!("{file} and {} more: no statement in them", count - 1),
                (None, _) if self.sql.is_some() => "-e: no statement in it".to_owned(),
                (None, _) => "no statement given: use -e SQL, files, or - for stdin".to_owned(),
            }
            .into());
        }
        Ok(all)
    }

    /// Errors first: a statement that could not be looked at is no clean one.
    fn outcome(&self, advised: &[Advised], schema: &Findings) -> Result<Found, Failure> {
        let errors = advised.iter().filter_map(|one| {
            let error = one.findings.as_ref().err()?;
            Some(format!("{}: {error}", one.written.place(1).unwrap_or_else(|| one.written.statement.name.clone())))
        });
        let errors: Vec<String> = errors.collect();
        if !errors.is_empty() {
            return Err(errors.join("\n").into());
        }
        let found = advised.iter().filter_map(|one| one.findings.as_ref().ok()).chain([schema]);
        let counts = found.flat_map(|findings| &findings.found).any(|finding| self.fail_on.counts(finding.severity));
        Ok(if counts { Found::Differences } else { Found::Nothing })
    }
}

/// Plans a statement and looks for findings. SET and USE lines are settings of the statement itself (`-- set:`).
pub(crate) fn advise_one(catalog: &Catalog, written: &Written, options: &Options) -> Advised {
    let statement = &written.statement;
    let comments = statement.comments.iter().map(|comment| format!("-- {comment}\n")).collect::<String>();
    let options = options.with_comments(&comments);
    let work = || -> Result<(Findings, Plan), String> {
        let catalog = session::under(catalog, &statement.sets).map_err(|error| error.to_string())?;
        let findings = advise::find_with(&catalog, &statement.sql, &options).map_err(|error| error.to_string())?;
        let plan = session::plan(&catalog, &statement.sql).map_err(|error| error.to_string())?;
        Ok((findings, plan))
    };
    let outcome = parallel::guarded(work).unwrap_or_else(|panic| Err(format!("internal error, please report it: {panic}")));
    match outcome {
        Ok((findings, plan)) => Advised { written: written.clone(), findings: Ok(findings), plan: Some(plan) },
        Err(error) => Advised { written: written.clone(), findings: Err(error), plan: None },
    }
}

fn json_report(advised: &[Advised], schema: &Findings) -> Value {
    json!({
        "version": 1,
        "statements": advised.iter().map(json_statement).collect::<Vec<_>>(),
        "schema": json_findings(schema),
    })
}

fn json_statement(one: &Advised) -> Value {
    let mut value = json!({
        "name": one.written.statement.name,
        "file": one.written.file,
        "line": one.written.statement.line,
        "sql": one.written.statement.sql,
    });
    match &one.findings {
        Ok(findings) => value["findings"] = json_findings(findings),
        Err(error) => value["error"] = json!(error),
    }
    value
}

fn json_findings(findings: &Findings) -> Value {
    let suppressed = findings.suppressed.iter().map(|one| json!({ "finding": one.finding, "reason": one.reason }));
    json!({ "found": findings.found, "suppressed": suppressed.collect::<Vec<_>>() })
}

/// `2 errors, 1 warning`; empty if there is none.
pub(crate) fn counts<'a>(findings: impl Iterator<Item = &'a Finding> + Clone) -> String {
    let of = |severity: Severity, one: &str, many: &str| {
        let count = findings.clone().filter(|finding| finding.severity == severity).count();
        (count > 0).then(|| format!("{count} {}", if count == 1 { one } else { many }))
    };
    let parts = [
        of(Severity::Error, "error", "errors"),
        of(Severity::Warning, "warning", "warnings"),
        of(Severity::Info, "remark", "remarks"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
