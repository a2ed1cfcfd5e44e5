//! Commands about the program itself: its configuration, shell completions, manual pages, and what a bug report needs.

use crate::config::Config;
use crate::output::print;
use crate::{Arguments, Failure, Found};
use clap::{Args, CommandFactory, Subcommand, ValueEnum};
use clap_complete::aot::{Generator, Shell, generate};
use clap_complete_nushell::Nushell;
use std::fmt::Write;
use std::path::PathBuf;

/// Version, commit, target and the servers that are followed: what `--version` prints.
pub(crate) const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\ncommit: ",
    env!("MYEXPLAIN_COMMIT"),
    "\ntarget: ",
    env!("MYEXPLAIN_TARGET"),
    "\nservers: MySQL 8.0, 8.4, 9.7"
);

/// Arguments of `config`.
#[derive(Args, Debug)]
pub(crate) struct ConfigCommand {
    #[command(subcommand)]
    action: ConfigAction,
}

#[derive(Subcommand, Debug)]
enum ConfigAction {
    /// Print the options that have a value, and where each value comes from
    Show,
}

impl ConfigCommand {
    pub(crate) fn run(&self, config: &Config) -> Result<Found, Failure> {
        let ConfigAction::Show = self.action;
        print(&config.show(&config.apply(Arguments::command())?))?;
        Ok(Found::Nothing)
    }
}

/// Shells that completions can be made for.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[allow(missing_docs)]
enum ShellName {
    Bash,
    Zsh,
    Fish,
    Powershell,
    Elvish,
    Nushell,
}

/// Arguments of `completions`.
#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// The shell
    shell: ShellName,
}

impl Completions {
    pub(crate) fn run(&self) -> Result<Found, Failure> {
        let text = match self.shell {
            ShellName::Bash => completions(Shell::Bash),
            ShellName::Zsh => completions(Shell::Zsh),
            ShellName::Fish => completions(Shell::Fish),
            ShellName::Powershell => completions(Shell::PowerShell),
            ShellName::Elvish => completions(Shell::Elvish),
            ShellName::Nushell => completions(Nushell),
        };
        print(&text)?;
        Ok(Found::Nothing)
    }
}

fn completions(shell: impl Generator) -> String {
    let mut bytes = Vec::new();
    generate(shell, &mut Arguments::command(), "myexplain", &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Arguments of `man`.
#[derive(Args, Debug)]
pub(crate) struct Man {
    /// Write one page a command into this directory instead of the main page to stdout
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Man {
    pub(crate) fn run(&self) -> Result<Found, Failure> {
        let command = Arguments::command();
        match &self.out {
            Some(directory) => {
                std::fs::create_dir_all(directory)
                    .and_then(|()| clap_mangen::generate_to(command, directory))
                    .map_err(|error| format!("cannot write to {}: {error}", directory.display()))?;
            }
            None => {
                let mut bytes = Vec::new();
                clap_mangen::Man::new(command).render(&mut bytes)?;
                print(&String::from_utf8_lossy(&bytes))?;
            }
        }
        Ok(Found::Nothing)
    }
}

/// Arguments of `doctor`.
#[derive(Args, Debug)]
pub(crate) struct Doctor {
    #[command(flatten)]
    planning: crate::planning_args::PlanningArgs,
}

impl Doctor {
    /// What a bug report needs: version, configuration, and what the bundle lacks; no statement, no name, no value.
    pub(crate) fn run(&self, config: &Config) -> Result<Found, Failure> {
        let catalog = self.planning.catalog()?;
        let mut out = format!("myexplain {VERSION}\n\nconfiguration\n");
        for line in config.show(&config.apply(Arguments::command())?).lines().filter(|line| !line.ends_with("# default")) {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "  {line}");
        }
        let tables: usize = catalog.schemas.values().map(|schema| schema.tables.len()).sum();
        let _ = writeln!(out, "\nbundle\n  schemas: {}\n  tables: {tables}", catalog.schemas.len());
        for gap in &catalog.assumptions {
            let _ = writeln!(out, "  assumed: {gap}");
        }
        print(&out)?;
        Ok(Found::Nothing)
    }
}
