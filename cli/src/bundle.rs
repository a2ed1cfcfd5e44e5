//! `myexplain bundle`: making bundles without a server, looking into them, changing them.

mod change;
mod from_rows;
mod import;
mod look;
mod statements;

use crate::{Failure, Found, Surroundings};
use clap::{Args, Subcommand};
use myexplain_capture::files::{BundleFiles, Existing};
use std::path::{Path, PathBuf};

/// Arguments of `bundle`.
#[derive(Args, Debug)]
pub(crate) struct Bundle {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Print what is in a bundle, what is missing and what that costs in exactness
    Info(look::Info),
    /// Print where two bundles differ: schema, statistics, histograms, variables, cost constants
    Diff(look::Diff),
    /// Make one bundle of several
    Merge(change::Merge),
    /// Make the smallest bundle with the same EXPLAIN for some statements, for a bug report
    Shrink(change::Shrink),
    /// Mask what could be data
    Redact(change::Redact),
    /// Make tables bigger or smaller
    Grow(change::Grow),
    /// Make a bundle from definitions and guesses
    FromDdl(change::FromDdl),
    /// Compute a bundle from rows: CSV or TSV files, or a dump
    FromRows(from_rows::FromRows),
    /// Make a bundle of the output of the script that 'capture --print-sql' prints, or of dumps
    Import(import::Import),
}

impl Bundle {
    /// Runs the subcommand.
    pub(crate) fn run(&self, around: &Surroundings) -> Result<Found, Failure> {
        match &self.command {
            Command::Info(command) => command.run(),
            Command::Diff(command) => command.run(),
            Command::Merge(command) => command.run(),
            Command::Shrink(command) => command.run(around.terminal),
            Command::Redact(command) => command.run(around.terminal),
            Command::Grow(command) => command.run(),
            Command::FromDdl(command) => command.run(),
            Command::FromRows(command) => command.run(around.terminal),
            Command::Import(command) => command.run(around.terminal),
        }
    }
}

/// Where a made bundle goes.
#[derive(Args, Debug)]
struct Output {
    /// Where to write the bundle: a directory, or one file if the name ends in .tar.zst
    #[arg(short, long, value_name = "BUNDLE")]
    output: PathBuf,

    /// Replace a bundle that is there already
    #[arg(long)]
    force: bool,
}

impl Output {
    fn write(&self, files: &BundleFiles) -> Result<(), Failure> {
        let existing = if self.force { Existing::Replace } else { Existing::Keep };
        files.write(&self.output, existing).map_err(|error| error.to_string().into())
    }

    /// Refuses before long work what would be refused after it.
    fn check(&self) -> Result<(), Failure> {
        if self.output.exists() && !self.force && !is_empty_directory(&self.output) {
            return Err(
                format!("{} is there already; choose another name, or --force to replace it", self.output.display()).into()
            );
        }
        Ok(())
    }
}

fn is_empty_directory(path: &Path) -> bool {
    std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}

/// Reads a bundle's files.
fn read(path: &Path) -> Result<BundleFiles, Failure> {
    BundleFiles::read(path).map_err(|error| error.to_string().into())
}

/// Loads what files hold.
fn load(files: &BundleFiles) -> Result<myexplain::Catalog, Failure> {
    myexplain::catalog::bundle::load_files(files).map_err(|error| error.to_string().into())
}

/// What `bundle.json` names as the maker.
const MADE_BY: &str = concat!("myexplain ", env!("CARGO_PKG_VERSION"));

/// The present time, UTC, as `bundle.json` has it.
fn now() -> String {
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (year, month, day) = civil(seconds / 86_400);
    let clock = seconds % 86_400;
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", clock / 3600, clock / 60 % 60, clock % 60)
}

/// Year, month and day of a number of days since 1970-01-01.
fn civil(days: u64) -> (u64, u64, u64) {
    let leap = |year: u64| (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
    let (mut year, mut rest) = (1970, days);
    while rest >= if leap(year) { 366 } else { 365 } {
        rest -= if leap(year) { 366 } else { 365 };
        year += 1;
    }
    let february = if leap(year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if rest < length {
            break;
        }
        rest -= length;
        month += 1;
    }
    (year, month, rest + 1)
}

#[cfg(test)]
mod tests {
    #[test]
    fn days_are_dates() {
        assert_eq!(super::civil(0), (1970, 1, 1));
        assert_eq!(super::civil(19_782), (2024, 2, 29));
        assert_eq!(super::civil(20_778), (2026, 11, 21));
    }
}
