//! `myexplain capture`: a bundle from a live server, or the script for somebody who may ask it.

mod connection_args;
mod queries;

use crate::output::print;
use crate::terminal::Terminal;
use crate::{Failure, Found};
use clap::{ArgAction, Args};
use connection_args::ConnectionArgs;
use myexplain_capture::bundle::redact;
use myexplain_capture::files::{BundleFiles, Existing};
use myexplain_capture::script::{ScriptOptions, script};
use myexplain_capture::server::{CaptureOptions, Captured, Progress, Selection, Server, ServerError, WorkloadOptions, grants};
use myexplain_capture::workload::Query;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Arguments of `capture`.
#[derive(Args, Debug)]
#[command(disable_help_flag = true, after_help = AFTER_HELP)]
pub(crate) struct Capture {
    #[command(flatten)]
    connection: ConnectionArgs,

    /// Schemas to capture, by names or patterns (*, ?); without it, the address' schema, or all but the server's own
    #[arg(long, value_name = "NAME", help_heading = "What")]
    schemas: Vec<String>,

    /// Tables to capture, by names or patterns, with or without their schema; without it, all
    #[arg(long, value_name = "NAME", help_heading = "What")]
    tables: Vec<String>,

    /// Where the bundle goes: a directory, or one compressed file if it ends in .tar.zst
    #[arg(short, long, value_name = "BUNDLE", help_heading = "What")]
    output: Option<PathBuf>,

    /// Replace a bundle that is there already
    #[arg(long, help_heading = "What")]
    force: bool,

    /// Leave out what holds values of the tables: histograms, and in definitions comments, text defaults and AUTO_INCREMENT numbers
    #[arg(long, conflicts_with_all = ["queries", "for_queries"], help_heading = "What")]
    no_values: bool,

    /// Statements to be exact for: the server explains each, and what its optimizer read goes into the bundle
    #[arg(long, value_name = "FILE", help_heading = "Workload")]
    queries: Option<PathBuf>,

    /// Where to write what the server explained, one file a statement; 'verify' compares plans with it
    #[arg(long, value_name = "DIR", help_heading = "Workload")]
    recordings: Option<PathBuf>,

    /// Let the server look up rows by unique keys and run subqueries, as its optimizer does for these statements
    #[arg(long, help_heading = "Workload")]
    read_values: bool,

    /// Statements for which an existing bundle, named by --output, shall get what it lacks, and nothing else
    #[arg(long = "for", value_name = "FILE", conflicts_with_all = ["queries", "schemas", "tables"], help_heading = "Workload")]
    for_queries: Option<PathBuf>,

    /// Seconds that the server may spend on one statement
    #[arg(long, value_name = "SECONDS", default_value_t = 30, help_heading = "Care")]
    time_limit: u32,

    /// Capture nothing if a privilege is missing
    #[arg(long, help_heading = "Care")]
    strict: bool,

    /// Print a script that asks the same, for the plain mysql client; 'bundle import' reads what it prints
    #[arg(long, help_heading = "Without a connection")]
    print_sql: bool,

    /// How many definitions of tables, views and stored programs the script has room for
    #[arg(long, value_name = "N", default_value_t = 1000, help_heading = "Without a connection")]
    script_objects: usize,

    /// Print the GRANT statements that make a user who may capture and nothing else
    #[arg(long, help_heading = "Without a connection")]
    print_grants: bool,

    /// Print help
    #[arg(long, action = ArgAction::Help)]
    help: Option<bool>,
}

const AFTER_HELP: &str = "\
The address is mysql://user@host:3306/schema, h=host,P=3306,u=user,D=schema or user@tcp(host:3306)/schema. Option files \
(~/.my.cnf), login paths and the MYSQL_* variables are read as the mysql client does it. -p asks for the password; nobody needs \
to write one on the command line, where others can see it.

The session is read-only and nothing is changed. docs/capture.md tells which privileges are needed, docs/privacy.md what is in \
a bundle.";

impl Capture {
    pub(crate) fn run(&self, terminal: Terminal) -> Result<Found, Failure> {
        if self.print_grants {
            print(&grants(self.connection.user().unwrap_or("myexplain"), &self.schemas))?;
            return Ok(Found::Nothing);
        }
        if self.print_sql {
            let database = self.connection.address_database()?;
            let options = ScriptOptions {
                selection: self.selection(database)?,
                limit_seconds: self.time_limit,
                no_values: self.no_values,
                most_objects: self.script_objects,
            };
            print(&script(&options))?;
            return Ok(Found::Nothing);
        }
        let Some(options) = self.connection.options(terminal)? else { return Ok(Found::Nothing) };
        let queries = self.queries.as_ref().or(self.for_queries.as_ref()).map(|path| queries::read(path)).transpose()?;
        let selection = self.selection(options.database.clone())?;
        let out = self.place(options.database.as_deref());
        let connect = || Server::connect(&options).map_err(|error| self.connection.advise(&error));
        if self.for_queries.is_some() {
            return self.complete(&mut connect()?, &queries.unwrap_or_default(), &out, terminal);
        }
        let mut server = connect()?;
        self.check(&mut server, terminal)?;
        let bar = Bar { terminal };
        let care = CaptureOptions { selection, limit_seconds: self.time_limit, no_values: self.no_values };
        let captured = server.capture(&care, &mut |step| bar.show(step));
        bar.clear();
        let mut captured = captured.map_err(|error| in_words(&error, self.time_limit))?;
        if self.no_values {
            redact::definitions_without_values(&mut captured.files);
        }
        if let Some(queries) = queries {
            // A session of its own: statements are explained under the server's settings, not under those of the capture.
            drop(server);
            self.explain(&mut connect()?, &queries, &mut captured.files, terminal)?;
        }
        self.write(&captured, &out, terminal)
    }

    /// Has the server explain the statements, and writes the recordings.
    fn explain(
        &self,
        server: &mut Server,
        queries: &[Query],
        files: &mut BundleFiles,
        terminal: Terminal,
    ) -> Result<(), Failure> {
        let options = WorkloadOptions {
            read_values: self.read_values,
            only_missed: self.for_queries.is_some() && self.recordings.is_none(),
            limit_seconds: self.time_limit,
        };
        let bar = Bar { terminal };
        let report = server.workload(queries, options, files, &mut |step| bar.show(step));
        bar.clear();
        let report = report.map_err(|error| in_words(&error, self.time_limit))?;
        for gap in &report.gaps {
            terminal.remark(gap);
        }
        if let Some(directory) = &self.recordings {
            std::fs::create_dir_all(directory).map_err(|error| format!("cannot create {}: {error}", directory.display()))?;
            for (name, recording) in &report.recordings {
                let path = directory.join(format!("{}.txt", name.replace(['/', '\\', '\0'], "_")));
                std::fs::write(&path, recording.text()).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
            }
        }
        let statements = if queries.len() == 1 { "statement" } else { "statements" };
        terminal.remark(&format!("{} of {} {statements} explained by the server", report.asked, queries.len()));
        Ok(())
    }

    /// Adds to a bundle what planning some statements has missed.
    fn complete(&self, server: &mut Server, queries: &[Query], out: &Path, terminal: Terminal) -> Result<Found, Failure> {
        let mut files = BundleFiles::read(out).map_err(|error| format!("{error}; --output names the bundle to complete"))?;
        self.explain(server, queries, &mut files, terminal)?;
        files.write(out, Existing::Replace).map_err(|error| error.to_string())?;
        Ok(Found::Nothing)
    }

    fn selection(&self, database: Option<String>) -> Result<Selection, Failure> {
        let address: Vec<String> = database.into_iter().collect();
        let schemas = if self.schemas.is_empty() { &address } else { &self.schemas };
        Ok(Selection::new(schemas, &self.tables)?)
    }

    fn place(&self, database: Option<&str>) -> PathBuf {
        let by_name = || PathBuf::from(format!("{}.bundle", database.unwrap_or("server").replace(['/', '\\'], "_")));
        self.output.clone().unwrap_or_else(by_name)
    }

    /// Says which privileges are missing, before anything is captured.
    fn check(&self, server: &mut Server, terminal: Terminal) -> Result<(), Failure> {
        let missing = server.missing_privileges().map_err(|error| in_words(&error, self.time_limit))?;
        let lines: Vec<String> = missing.iter().map(|one| format!("no {}: {}", one.privilege, one.without)).collect();
        if self.strict && !lines.is_empty() {
            return Err(format!("nothing was captured:\n  {}", lines.join("\n  ")).into());
        }
        for line in lines {
            terminal.remark(&line);
        }
        Ok(())
    }

    fn write(&self, captured: &Captured, out: &Path, terminal: Terminal) -> Result<Found, Failure> {
        let existing = if self.force { Existing::Replace } else { Existing::Keep };
        captured.files.write(out, existing).map_err(|error| error.to_string())?;
        for gap in &captured.gaps {
            terminal.remark(gap);
        }
        check_readable(&captured.files, terminal);
        let tables = if captured.tables == 1 { "table" } else { "tables" };
        terminal.remark(&format!("{} {tables} captured: myexplain explain -b {} -e …", captured.tables, out.display()));
        Ok(Found::Nothing)
    }
}

/// Tries the bundle, so that a definition that cannot be read is known now and not when it is needed.
fn check_readable(files: &BundleFiles, terminal: Terminal) {
    if let Err(error) = myexplain::catalog::bundle::load_files(files) {
        terminal.remark(&format!("the bundle is written, but this version cannot plan with it: {error}"));
    }
}

fn in_words(error: &ServerError, limit: u32) -> String {
    match error {
        ServerError::Refused { code: 3024, .. } => {
            format!("{error}: a statement took longer than {limit} s; --time-limit allows more. Nothing was written")
        }
        other => other.to_string(),
    }
}

/// Progress on a terminal: one line that is written over.
struct Bar {
    terminal: Terminal,
}

impl Bar {
    fn show(&self, step: Progress<'_>) {
        if self.terminal.progress {
            eprint!("\r\x1b[K{} ({} of {})", step.what, step.done + 1, step.of);
            let _ = std::io::stderr().flush();
        }
    }
    fn clear(&self) {
        if self.terminal.progress {
            eprint!("\r\x1b[K");
        }
    }
}
