//! The command line: one file a command, each of them thin.
//!
//! Results go to stdout, all else to stderr. Exit codes: 0 done, 1 a gate found something, 2 usage or input error.

mod about;
mod advise;
mod bundle;
mod capture;
mod check;
mod config;
mod diff;
mod explain;
mod output;
mod plan_questions;
mod planning_args;
mod report;
mod routine;
mod rule;
mod session;
mod slowlog;
mod sweep;
mod terminal;
mod tui;
mod verify;
mod verify_trace;
mod view;
mod weather;
mod what_if_args;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use config::Config;
use myexplain::planner::parallel;
use std::process::ExitCode;
use terminal::Terminal;

/// EXPLAIN for MySQL without MySQL.
#[derive(Parser, Debug)]
#[command(name = "myexplain", version, long_version = about::VERSION, about, long_about = LONG_ABOUT, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    terminal: terminal::TerminalArgs,

    /// Read options from this file alone, not from the project's and the user's myexplain.toml
    #[arg(long, value_name = "FILE", global = true, help_heading = "Configuration")]
    config: Option<std::path::PathBuf>,

    /// Read no myexplain.toml
    #[arg(long, global = true, conflicts_with = "config", help_heading = "Configuration")]
    no_config: bool,
}

const LONG_ABOUT: &str = "EXPLAIN for MySQL without MySQL.

Plans SQL as MySQL 8.0 does, from a bundle: a directory with the schema and the statistics of a server, no rows. Without a \
bundle the well-known employees schema is used, which is built in.";

#[derive(Subcommand, Debug)]
enum Command {
    /// Print the plan of a statement, as the server's EXPLAIN does
    Explain(explain::Explain),
    /// Find what is wrong with statements, and what to do about it, proven by planning it
    Advise(advise::Advise),
    /// Print the page of a rule, or list all rules
    Rule(rule::Rule),
    /// Browse a plan, ask why, try what if
    Tui(tui::Tui),
    /// Plan recorded statements and tell how far plans and recordings agree
    Verify(verify::Verify),
    /// Compare plans under two bundles, settings or suppositions, or of two EXPLAIN outputs: what changed, and why
    Diff(diff::Diff),
    /// Show EXPLAIN output of any server as a tree: cost and time, wrong estimates, where the error begins
    View(view::View),
    /// Find the statements of a log that cost most, plan them and say what can be won
    #[command(name = "slowlog")]
    SlowLog(slowlog::SlowLog),
    /// Fail when a statement's plan is not the approved one: the gate for CI
    Check(check::Check),
    /// Go through the plans that nobody approved, and approve them
    Review(check::Review),
    /// Make bundles without a server, look into them, change them
    Bundle(bundle::Bundle),
    /// Make a bundle of a live server's schema and statistics, or print the script that asks for them
    Capture(Box<capture::Capture>),
    /// Find where the plan flips when a cost, a row count, a literal or a LIMIT varies
    Sweep(sweep::SweepCommand),
    /// Print the effective options and where each comes from
    Config(about::ConfigCommand),
    /// Print a completion script for a shell
    Completions(about::Completions),
    /// Print the manual page, or write one a command
    Man(about::Man),
    /// Print what a bug report needs: version, configuration, what the bundle lacks
    Doctor(about::Doctor),
}

/// What every command may use: what the terminal can show, and what the configuration files say.
struct Surroundings {
    terminal: Terminal,
    config: Config,
}

impl Command {
    fn run(&self, around: &Surroundings) -> Result<Found, Failure> {
        match self {
            Command::Check(check) => check.run(around),
            Command::Review(review) => review.run(around),
            Command::Bundle(bundle) => bundle.run(around),
            Command::Capture(capture) => capture.run(around.terminal),
            Command::Sweep(sweep) => sweep.run(around),
            Command::Config(command) => command.run(&around.config),
            Command::Completions(completions) => completions.run(),
            Command::Man(man) => man.run(),
            Command::Doctor(doctor) => doctor.run(&around.config),
            Command::Explain(explain) => explain.run(around.terminal),
            Command::Advise(advise) => advise.run(around),
            Command::Rule(rule) => rule.run(),
            Command::Tui(tui) => tui.run(around.terminal),
            Command::SlowLog(slowlog) => slowlog.run(around.terminal),
            Command::Verify(verify) => verify.run(),
            Command::Diff(diff) => diff.run(around.terminal),
            Command::View(view) => view.run(around.terminal),
        }
    }
}

/// Why a command ends without its result.
enum Failure {
    /// A sentence for stderr, or several.
    Message(String),
    /// The reader of stdout has gone: nothing to say.
    ReaderGone,
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Failure::ReaderGone,
            _ => Failure::Message(format!("cannot write the result: {error}")),
        }
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Failure::Message(message)
    }
}

/// What a gate found.
enum Found {
    Nothing,
    Differences,
}

fn main() -> ExitCode {
    match parallel::with_room(run) {
        Ok(Found::Nothing) | Err(Failure::ReaderGone) => ExitCode::SUCCESS,
        Ok(Found::Differences) => ExitCode::from(1),
        Err(Failure::Message(message)) => {
            output::complain(&message);
            ExitCode::from(2)
        }
    }
}

/// Runs the command that the arguments ask for.
fn run() -> Result<Found, Failure> {
    let words: Vec<_> = std::env::args_os().collect();
    let config = Config::load(&words)?;
    let matches = config.apply(Arguments::command())?.get_matches_from(words);
    let arguments = Arguments::from_arg_matches(&matches).map_err(|error| error.to_string())?;
    let around = Surroundings { terminal: arguments.terminal.terminal(), config };
    arguments.command.run(&around)
}
