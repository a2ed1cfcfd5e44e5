//! `myexplain check`: the gate that fails when a statement's plan is not the approved one; `myexplain review`: approving plans.

mod fragile;
mod review;
mod source;
mod text;

pub(crate) use review::Review;

use crate::planning_args::PlanningArgs;
use crate::report::{Case, Form, Level, Problem, Report, RuleInfo, fingerprint};
use crate::terminal::Terminal;
use crate::{Failure, Found, Surroundings, output, session};
use clap::{Args, ValueEnum};
use fragile::Fragile;
use myexplain::Catalog;
use myexplain::advise::Finding;
use myexplain::check::{Change, Snapshot, Verdict, verdict};
use myexplain::error::PlanError;
use myexplain::parse::script::ScriptStatement;
use myexplain::plan::Plan;
use myexplain::planner::parallel;
use source::SourceFile;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// Which statements, against which snapshots: shared by `check` and `review`.
#[derive(Args, Debug)]
pub(crate) struct Subject {
    #[command(flatten)]
    planning: PlanningArgs,

    /// Files of statements, directories of .sql files, general or slow logs
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Directory of the approved plans, one small text file a statement
    #[arg(short, long, value_name = "DIR", default_value = "plans")]
    snapshots: PathBuf,

    /// Only statements whose name matches (`*` and `?` are wildcards)
    #[arg(long, value_name = "GLOB")]
    filter: Option<String>,

    /// Only statements that are not the same at this commit; shows the plan there and here
    #[arg(long, value_name = "REF")]
    base: Option<String>,

    /// Threads to plan with; the result does not depend on it
    #[arg(short, long, value_name = "N")]
    jobs: Option<usize>,
}

/// Arguments of `check`.
#[derive(Args, Debug)]
pub(crate) struct Check {
    #[command(flatten)]
    subject: Subject,

    /// Approve the plans of now: write the snapshots. Refused where CI is set
    #[arg(long)]
    update: bool,

    /// What to do with snapshots whose statement is gone
    #[arg(long, value_enum, default_value_t)]
    unreferenced: Unreferenced,

    /// What makes the command fail
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',', default_value = "change")]
    fail_on: Vec<FailOn>,

    /// Report, but exit with 0 whatever was found
    #[arg(long)]
    exit_zero: bool,

    /// Form of the report
    #[arg(short, long, value_enum, default_value_t)]
    format: CheckFormat,

    /// Write the report to a file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Write a SARIF report beside the other one
    #[arg(long, value_name = "FILE")]
    sarif: Option<PathBuf>,

    /// Write a JUnit report beside the other one
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,

    /// Write a Markdown report beside the other one
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

/// Fate of snapshots without a statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Unreferenced {
    /// Say so
    #[default]
    Warn,
    /// Delete them (with --update)
    Delete,
    /// Leave them alone
    Ignore,
}

/// What a gate fails on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// A plan that is not the approved one, that nobody approved yet, or that cannot be made
    Change,
    /// A changed plan that costs more than the approved one, or that cannot be made
    Worse,
    /// Any problem of level error
    Error,
    /// Any problem of level warning or error
    Warning,
    /// A plan that is another one under more than a tenth of 100 plausible samples of InnoDB's statistics; takes as many plans
    Fragile,
}

/// Forms of the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum CheckFormat {
    /// For people
    #[default]
    Text,
    /// One JSON document
    Json,
    /// Markdown
    Markdown,
    /// SARIF 2.1.0
    Sarif,
    /// JUnit XML
    Junit,
    /// Test Anything Protocol
    Tap,
    /// Annotations of GitHub Actions, and a step summary
    Github,
    /// Code Quality report of GitLab
    Gitlab,
}

/// A statement that was planned, and what came of it.
struct Checked {
    name: String,
    file: PathBuf,
    line: usize,
    sql: String,
    snapshot: PathBuf,
    outcome: Result<Plan, PlanError>,
    verdict: Verdict,
    /// Lines of the plan at the commit to compare with, where there was one.
    base: Option<Vec<String>>,
    /// What may be behind a changed plan.
    findings: Vec<Finding>,
    /// How the plan hangs on the luck of the statistics, where that was asked for.
    fragile: Option<Fragile>,
}

impl Checked {
    /// The file as reports name it.
    fn shown_file(&self) -> String {
        let path = self.file.strip_prefix("./").unwrap_or(&self.file);
        path.to_string_lossy().replace('\\', "/")
    }

    /// What the snapshot says of where its statement stands.
    fn origin(&self) -> String {
        format!("{}: {}", self.shown_file(), self.name)
    }
}

impl Subject {
    /// Plans the statements and compares each with its snapshot; if asked for, looks whether the plans are fragile.
    fn checked(&self, ask_fragile: bool, terminal: Terminal) -> Result<Vec<Checked>, Failure> {
        let catalog = self.planning.catalog()?;
        let files = source::collect(&self.files)?;
        let base = match &self.base {
            Some(commit) => Some(source::at_commit(&files, commit)?),
            None => None,
        };
        let jobs = self.jobs.unwrap_or_else(parallel::default_jobs);
        let numbers: Vec<usize> = (0..files.len()).collect();
        let done = parallel::map(&numbers, jobs, |no| {
            let weather_jobs = ask_fragile.then(|| (jobs / files.len()).max(1));
            self.file(&catalog, &files[*no], base.as_ref().map(|base| &base[*no]), weather_jobs)
        });
        let (mut checked, mut left_out) = (Vec::new(), 0);
        for file in done {
            let (statements, others) = file?;
            checked.extend(statements);
            left_out += others;
        }
        if left_out > 0 {
            terminal.remark(&format!(
                "{} of logs left out: they cannot be planned with this bundle",
                text::counted(left_out, "statement")
            ));
        }
        Ok(checked)
    }

    /// The statements of a file; with `weather_jobs`, asks with so many threads whether each plan is fragile.
    fn file(
        &self,
        catalog: &Catalog,
        file: &SourceFile,
        base: Option<&SourceFile>,
        weather_jobs: Option<usize>,
    ) -> Result<(Vec<Checked>, usize), String> {
        let mut before: HashMap<&str, (&str, Vec<String>)> = HashMap::new();
        for planned in base.map_or_else(|| Ok(Vec::new()), |base| planned(catalog, base))? {
            before.insert(&planned.statement.name, (&planned.statement.sql, lines(&planned.outcome)));
        }
        let mut left_out = 0;
        let mut checked = Vec::new();
        for Planned { statement, catalog, outcome } in planned(catalog, file)? {
            let (name, sql) = (statement.name.as_str(), statement.sql.as_str());
            if file.is_log && outcome.is_err() {
                left_out += 1;
                continue;
            }
            let old = before.get(name);
            let untouched = old.is_some_and(|(old, _)| old.split_whitespace().eq(sql.split_whitespace()));
            if untouched || self.filter.as_deref().is_some_and(|glob| !matches_glob(glob, name)) {
                continue;
            }
            let snapshot = self.snapshots.join(source::snapshot_path(&file.path, name));
            let verdict = verdict(read_snapshot(&snapshot)?.as_ref(), &outcome);
            let findings = match verdict {
                Verdict::Changed(_) => session::findings(&catalog, sql),
                _ => Vec::new(),
            };
            let fragile = match weather_jobs {
                Some(jobs) if outcome.is_ok() => {
                    let place = |error: PlanError| format!("{}:{}: {error}", file.path.display(), statement.line);
                    fragile::fragile(&catalog, sql, jobs).map_err(place)?
                }
                _ => None,
            };
            checked.push(Checked {
                name: name.to_owned(),
                file: file.path.clone(),
                line: statement.line,
                sql: sql.to_owned(),
                snapshot,
                verdict,
                findings,
                fragile,
                outcome,
                base: old.map(|(_, lines)| lines.clone()),
            });
        }
        Ok((checked, left_out))
    }
}

/// A statement of a file with its plan, and the catalog that it was planned against.
struct Planned<'a> {
    statement: &'a ScriptStatement,
    catalog: Catalog,
    outcome: Result<Plan, PlanError>,
}

/// The statements of a file with their plans; SET and USE hold for those behind them.
fn planned<'a>(catalog: &Catalog, file: &'a SourceFile) -> Result<Vec<Planned<'a>>, String> {
    let mut session = catalog.clone();
    let mut done = Vec::new();
    for statement in &file.statements {
        let failed = |error: PlanError| format!("{}:{}: {error}", file.path.display(), statement.line);
        match session::change(&mut session, &statement.sql) {
            Ok(true) => continue,
            Ok(false) => {}
            // Other programs of a log use schemas that the bundle does not have.
            Err(_) if file.is_log => {
                session.current_schema = None;
                continue;
            }
            Err(error) => return Err(failed(error)),
        }
        let catalog = session::under(&session, &statement.sets).map_err(|error| failed(error.into()))?.into_owned();
        let outcome = session::plan(&catalog, &statement.sql);
        done.push(Planned { statement, catalog, outcome });
    }
    Ok(done)
}

fn lines(outcome: &Result<Plan, PlanError>) -> Vec<String> {
    match outcome {
        Ok(plan) => Snapshot::of(plan).lines,
        Err(error) => vec![error.to_string()],
    }
}

fn read_snapshot(path: &Path) -> Result<Option<Snapshot>, String> {
    match std::fs::read_to_string(path) {
        Ok(text) => Snapshot::read(&text).map(Some).map_err(|error| format!("{}: {error}", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("cannot read {}: {error}", path.display())),
    }
}

/// Writes the snapshot of a plan.
fn approve(checked: &Checked) -> Result<(), String> {
    let Ok(plan) = &checked.outcome else { return Ok(()) };
    let failed = |error: std::io::Error| format!("cannot write {}: {error}", checked.snapshot.display());
    if let Some(directory) = checked.snapshot.parent() {
        std::fs::create_dir_all(directory).map_err(failed)?;
    }
    std::fs::write(&checked.snapshot, Snapshot::print(plan, &checked.origin())).map_err(failed)
}

/// Continuous integration runs this: nothing must be written.
fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "0" && value != "false")
}

/// `*` stands for any text, `?` for one character.
fn matches_glob(glob: &str, text: &str) -> bool {
    let (glob, text): (Vec<char>, Vec<char>) = (glob.chars().collect(), text.chars().collect());
    let (mut g, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if g < glob.len() && (glob[g] == '?' || glob[g] == text[t]) && glob[g] != '*' {
            (g, t) = (g + 1, t + 1);
        } else if g < glob.len() && glob[g] == '*' {
            star = Some((g, t));
            g += 1;
        } else if let Some((star_at, from)) = star {
            (g, t) = (star_at + 1, from + 1);
            star = Some((star_at, from + 1));
        } else {
            return false;
        }
    }
    glob[g..].iter().all(|c| *c == '*')
}

impl Check {
    pub(crate) fn run(&self, around: &Surroundings) -> Result<Found, Failure> {
        if self.update && in_ci() {
            return Err("--update is refused where CI is set: approve plans on your machine and commit them".to_owned().into());
        }
        let checked = self.subject.checked(!self.update && self.fail_on.contains(&FailOn::Fragile), around.terminal)?;
        if let (Some(glob), true) = (&self.subject.filter, checked.is_empty()) {
            around.terminal.remark(&format!("no statement to check has a name that matches '{glob}'"));
        }
        if self.update {
            return self.approve_all(&checked, around);
        }
        let unreferenced = self.unreferenced(&checked)?;
        let report = self.report(&checked, &unreferenced);
        for (form, path) in [(Form::Sarif, &self.sarif), (Form::Junit, &self.junit), (Form::Markdown, &self.markdown)] {
            if let Some(path) = path {
                report.write(form, path)?;
            }
        }
        let text = match self.format.form() {
            None => text::render(&checked, &report, around.terminal),
            Some(form) => report.render(form),
        };
        match &self.output {
            Some(path) => {
                std::fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
            }
            None => output::print(&text)?,
        }
        if self.format == CheckFormat::Github {
            append_step_summary(&report)?;
        }
        let failed = self.fail_on.iter().any(|what| what.is_met(&checked, &report));
        Ok(if failed && !self.exit_zero { Found::Differences } else { Found::Nothing })
    }

    fn approve_all(&self, checked: &[Checked], around: &Surroundings) -> Result<Found, Failure> {
        let mut written = 0;
        for statement in checked.iter().filter(|statement| statement.verdict != Verdict::Same) {
            match &statement.outcome {
                Ok(_) => {
                    approve(statement)?;
                    written += 1;
                }
                Err(error) => around.terminal.remark(&format!("{}:{}: {error}", statement.shown_file(), statement.line)),
            }
        }
        let mut deleted = 0;
        if self.unreferenced == Unreferenced::Delete {
            for path in self.unreferenced(checked)? {
                std::fs::remove_file(&path).map_err(|error| format!("cannot delete {}: {error}", path.display()))?;
                deleted += 1;
            }
        }
        around.terminal.remark(&format!(
            "{} approved, {} deleted",
            text::counted(written, "plan"),
            text::counted(deleted, "snapshot")
        ));
        let failed = checked.iter().any(|statement| statement.outcome.is_err());
        Ok(if failed && !self.exit_zero { Found::Differences } else { Found::Nothing })
    }

    /// Snapshots that no statement asked for; none if only some statements were looked at.
    fn unreferenced(&self, checked: &[Checked]) -> Result<Vec<PathBuf>, String> {
        let subject = &self.subject;
        if self.unreferenced == Unreferenced::Ignore || subject.filter.is_some() || subject.base.is_some() {
            return Ok(Vec::new());
        }
        let known: BTreeSet<&Path> = checked.iter().map(|statement| statement.snapshot.as_path()).collect();
        let mut found = Vec::new();
        plan_files(&subject.snapshots, &mut found)?;
        Ok(found.into_iter().filter(|path| !known.contains(path.as_path())).collect())
    }

    fn report(&self, checked: &[Checked], unreferenced: &[PathBuf]) -> Report {
        let mut cases: Vec<Case> = checked.iter().map(case).collect();
        for path in unreferenced {
            let file = path.to_string_lossy().replace('\\', "/");
            let message = "no statement belongs to this snapshot; delete it with --update --unreferenced=delete".to_owned();
            cases.push(Case {
                name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
                line: 1,
                problems: vec![Problem {
                    fingerprint: fingerprint(["plan-unreferenced", &file]),
                    rule: rule("plan-unreferenced", "A snapshot has no statement"),
                    level: Level::Note,
                    message,
                    detail: Vec::new(),
                    line: 1,
                    column: 1,
                }],
                file,
            });
        }
        Report { command: "check", cases }
    }
}

fn plan_files(directory: &Path, found: &mut Vec<PathBuf>) -> Result<(), String> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Ok(()) };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() && !path.is_symlink() {
            plan_files(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "plan") {
            found.push(path);
        }
    }
    Ok(())
}

fn rule(id: &str, summary: &str) -> RuleInfo {
    let help = "`myexplain check` compares the plan of each statement with the approved one. If the new plan is wanted, approve it \
                with `myexplain review` or `myexplain check --update` and commit the snapshot; `myexplain explain` and \
                `myexplain diff` show the plan, `myexplain advise` what to do about it.";
    RuleInfo { id: id.to_owned(), summary: summary.to_owned(), help: help.to_owned(), help_uri: None }
}

/// What to do about a fragile plan.
const FRAGILE_HELP: &str = "InnoDB guesses the statistics from a few pages of each index, so another ANALYZE TABLE may bring \
                            another plan. Pin the plan with the hints of `myexplain explain --as-hints`, make the better index \
                            a clear choice, or raise STATS_SAMPLE_PAGES of the table; `myexplain explain --weather` shows more.";

/// What is to be told of one statement.
fn case(checked: &Checked) -> Case {
    let problem = |id: &str, summary: &str, level: Level, message: String, detail: Vec<String>| Problem {
        fingerprint: fingerprint([id, &checked.shown_file(), &checked.name]),
        rule: rule(id, summary),
        level,
        message,
        detail,
        line: checked.line,
        column: 1,
    };
    let mut problems = match &checked.verdict {
        Verdict::Same => Vec::new(),
        Verdict::New => {
            let detail = match &checked.base {
                Some(before) => difference(before, &lines(&checked.outcome)),
                None => lines(&checked.outcome).iter().map(|line| format!("+ {line}")).collect(),
            };
            vec![problem("plan-new", "A plan that nobody approved yet", Level::Error, "no approved plan".to_owned(), detail)]
        }
        Verdict::Changed(change) => {
            let mut detail = difference(&change.before, &change.after);
            detail.extend(checked.findings.iter().map(finding_line));
            vec![problem("plan-changed", "A plan is not the approved one", Level::Error, changed_message(change), detail)]
        }
        Verdict::NotPlanned(error) => {
            vec![problem("plan-error", "A statement cannot be planned", Level::Error, error.clone(), Vec::new())]
        }
        other => vec![problem("plan-unknown", "An outcome without a name", Level::Error, format!("{other:?}"), Vec::new())],
    };
    if let Some(Fragile { message, detail }) = &checked.fragile {
        let summary = "A plan hangs on the luck of the statistics";
        let mut fragile = problem("plan-fragile", summary, Level::Warning, message.clone(), detail.clone());
        fragile.rule.help = FRAGILE_HELP.to_owned();
        problems.push(fragile);
    }
    Case { name: checked.name.clone(), file: checked.shown_file(), line: checked.line, problems }
}

/// A finding in one line, with the remedy that planning confirmed.
fn finding_line(finding: &Finding) -> String {
    let remedy = finding.remedy.as_ref().map(|remedy| format!("; {}", remedy.sql));
    format!("{} {}: {}{}", finding.rule, finding.severity, finding.evidence.text, remedy.unwrap_or_default())
}

fn changed_message(change: &Change) -> String {
    let cost = match (change.cost_before, change.cost_ratio()) {
        (Some(before), Some(ratio)) => format!(", cost {before:.2} → {:.2} (×{})", change.cost_after, text::ratio(ratio)),
        _ => format!(", cost {:.2}", change.cost_after),
    };
    format!("plan changed{cost}")
}

/// Lines that went (`- `), came (`+ `) and stayed.
fn difference(before: &[String], after: &[String]) -> Vec<String> {
    let before: Vec<&str> = before.iter().map(String::as_str).collect();
    let after: Vec<&str> = after.iter().map(String::as_str).collect();
    let diff = similar::TextDiff::from_slices(&before, &after);
    diff.iter_all_changes()
        .map(|change| match change.tag() {
            similar::ChangeTag::Delete => format!("- {}", change.value()),
            similar::ChangeTag::Insert => format!("+ {}", change.value()),
            similar::ChangeTag::Equal => format!("  {}", change.value()),
        })
        .collect()
}

impl CheckFormat {
    fn form(self) -> Option<Form> {
        Some(match self {
            CheckFormat::Text => return None,
            CheckFormat::Json => Form::Json,
            CheckFormat::Markdown => Form::Markdown,
            CheckFormat::Sarif => Form::Sarif,
            CheckFormat::Junit => Form::Junit,
            CheckFormat::Tap => Form::Tap,
            CheckFormat::Github => Form::Github,
            CheckFormat::Gitlab => Form::Gitlab,
        })
    }
}

impl FailOn {
    fn is_met(self, checked: &[Checked], report: &Report) -> bool {
        let any_verdict = |wanted: fn(&Verdict) -> bool| checked.iter().any(|statement| wanted(&statement.verdict));
        let any_level = |level| report.cases.iter().flat_map(|case| &case.problems).any(|problem| problem.level >= level);
        match self {
            FailOn::Change => any_verdict(|verdict| *verdict != Verdict::Same),
            FailOn::Worse => any_verdict(|verdict| match verdict {
                Verdict::Changed(change) => change.cost_ratio().is_none_or(|ratio| ratio > 1.0),
                verdict => matches!(verdict, Verdict::NotPlanned(_)),
            }),
            FailOn::Error => any_level(Level::Error),
            FailOn::Warning => any_level(Level::Warning),
            FailOn::Fragile => checked.iter().any(|statement| statement.fragile.is_some()),
        }
    }
}

/// GitHub shows this file's Markdown on the page of the run.
fn append_step_summary(report: &Report) -> Result<(), String> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else { return Ok(()) };
    let file = std::fs::OpenOptions::new().append(true).create(true).open(&path);
    let written = file.and_then(|mut file| std::io::Write::write_all(&mut file, report.render(Form::Markdown).as_bytes()));
    written.map_err(|error| format!("cannot write {}: {error}", Path::new(&path).display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (glob, text, expected) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abcd", false),
            ("?b*", "ab", true),
            ("a?", "a", false),
            ("*a*", "bab", true),
        ] {
            assert_eq!(matches_glob(glob, text), expected, "{glob} {text}");
        }
    }
}
