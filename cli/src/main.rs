//! The command line: one file a command, each of them thin.
//!
//! Results go to stdout, all else to stderr. Exit codes: 0 done, 1 a gate found something, 2 usage or input error.

mod explain;
mod output;
mod planning_args;
mod routine;
mod session;
mod terminal;
mod verify;
mod verify_trace;

use clap::{Parser, Subcommand};
use myexplain::planner::parallel;
use std::process::ExitCode;
use terminal::Terminal;

/// EXPLAIN for MySQL without MySQL.
#[derive(Parser, Debug)]
#[command(name = "myexplain", version, about, long_about = LONG_ABOUT, propagate_version = true, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    terminal: terminal::TerminalArgs,
}

const LONG_ABOUT: &str = "EXPLAIN for MySQL without MySQL.

Plans SQL as MySQL 8.0 does, from a bundle: a directory with the schema and the statistics of a server, no rows. Without a \
bundle the well-known employees schema is used, which is built in.";

#[derive(Subcommand, Debug)]
enum Command {
    /// Print the plan of a statement, as the server's EXPLAIN does
    Explain(explain::Explain),
    /// Plan recorded statements and tell how far plans and recordings agree
    Verify(verify::Verify),
}

impl Command {
    fn run(&self, _terminal: Terminal) -> Result<Found, Failure> {
        match self {
            Command::Explain(explain) => explain.run(),
            Command::Verify(verify) => verify.run(),
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

/// Runs the command that the arguments ask for.
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let terminal = arguments.terminal.terminal();
    let result = parallel::with_room(move || arguments.command.run(terminal));
    match result {
        Ok(Found::Nothing) | Err(Failure::ReaderGone) => ExitCode::SUCCESS,
        Ok(Found::Differences) => ExitCode::from(1),
        Err(Failure::Message(message)) => {
            output::complain(&message);
            ExitCode::from(2)
        }
    }
}
