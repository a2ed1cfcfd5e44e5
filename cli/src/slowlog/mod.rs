//! `myexplain slowlog`: the statements of a log by class, the worst of them planned, with findings, ranked by what can be won.

mod html;
mod icicle;
mod json;
mod judge;
mod markdown;
mod report;
mod source;
mod text;
mod words;

use crate::planning_args::PlanningArgs;
use crate::terminal::Terminal;
use crate::{Failure, Found, output};
use clap::{Args, ValueEnum};
use myexplain::ingest::digest::Rules;
use myexplain::ingest::slowlog::{self, Classes, Limits};
use report::{Input, Report};
use std::path::PathBuf;

/// Arguments of `slowlog`.
#[derive(Args, Debug)]
pub(crate) struct SlowLog {
    #[command(flatten)]
    planning: PlanningArgs,

    /// Logs: slow logs, general logs, log tables or digest summaries as CSV or TSV, SQL; also compressed; `-` is stdin
    #[arg(value_name = "LOG", required = true)]
    logs: Vec<PathBuf>,

    /// Classes to show and to plan
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10, env = "MYEXPLAIN_TOP")]
    top: usize,

    /// What makes statements one class
    #[arg(long, value_enum, value_name = "WHAT", default_value_t, env = "MYEXPLAIN_GROUP_BY")]
    group_by: GroupBy,

    /// Form of the report
    #[arg(short, long, value_enum, default_value_t)]
    format: Format,

    /// File to write the report to, instead of stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// What makes statements one class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum GroupBy {
    /// MySQL's statement digest
    #[default]
    Digest,
    /// pt-query-digest's fingerprint
    Fingerprint,
}

/// Forms of the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal
    #[default]
    Text,
    /// One JSON document: docs/schema/slowlog.schema.json
    Json,
    /// A JSON document a class
    Jsonl,
    /// Markdown
    Markdown,
    /// One page that needs no network
    Html,
}

impl SlowLog {
    pub(crate) fn run(&self, terminal: Terminal) -> Result<Found, Failure> {
        let catalog = match self.planning.bundle {
            Some(_) => Some(self.planning.announced_catalog(terminal)?),
            None => None,
        };
        let rules = catalog.as_ref().map_or_else(Rules::default, |catalog| {
            let mode = &catalog.settings.sql_mode;
            Rules { ansi_quotes: mode.ansi_quotes, no_backslash_escapes: mode.no_backslash_escapes, ..Rules::default() }
        });
        let mut classes = Classes::new(Limits::default(), rules);
        let mut inputs = Vec::new();
        for log in &self.logs {
            inputs.push(read(log, &mut classes, terminal)?);
        }
        let totals = *classes.totals();
        let list = match self.group_by {
            GroupBy::Digest => classes.into_sorted(),
            GroupBy::Fingerprint => classes.into_sorted_by_checksum(),
        };
        if catalog.is_none() {
            terminal.remark("nothing was planned: give the server's bundle with -b");
        }
        let report = Report::new(inputs, totals, list, self.top, catalog.as_ref());
        let on_terminal = self.output.is_none();
        let text = match self.format {
            Format::Text => text::render(&report, if on_terminal { terminal } else { Terminal { color: false, ..terminal } }),
            Format::Json => json::document(&report),
            Format::Jsonl => json::lines(&report),
            Format::Markdown => markdown::render(&report),
            Format::Html => html::render(&report),
        };
        match &self.output {
            Some(path) => std::fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))?,
            None => output::print(&text)?,
        }
        Ok(Found::Nothing)
    }
}

/// Reads one log to its end, with progress on a terminal.
fn read(log: &std::path::Path, classes: &mut Classes, terminal: Terminal) -> Result<Input, Failure> {
    let mut source = source::open(log)?;
    let mut progress = source::Progress::new(log, source.progress.clone(), terminal);
    let reading = slowlog::read(source.reader.as_mut(), classes, &mut |bytes| progress.show(bytes));
    progress.clear();
    let reading = reading.map_err(|error| format!("{}: {error}", log.display()))?;
    Ok(Input { name: log.display().to_string(), reading })
}
