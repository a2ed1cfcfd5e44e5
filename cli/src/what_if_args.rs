//! The options that suppose something, in the order in which the command line has them.

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, value_parser};
use myexplain::what_if::sweep::{AXIS_OPTIONS, Axis};
use myexplain::what_if::{Change, OPTIONS, WhatIf};
use std::path::{Path, PathBuf};

/// Suppositions of the command line.
#[derive(Debug, Clone, Default)]
pub(crate) struct WhatIfArgs {
    /// In order.
    pub(crate) what_if: WhatIf,
    /// Ranges (`FROM..TO`) instead of single values, in order: what `sweep` varies.
    pub(crate) varied: Vec<Axis>,
}

const HEADING: &str = "What if";

/// Value name and help by option.
fn words(option: &str) -> (&'static str, &'static str) {
    match option {
        "add-index" => ("DDL", "Suppose an index: ALTER TABLE t ADD INDEX k (a, b), or CREATE INDEX"),
        "drop-index" => ("T.K", "Suppose that an index is gone"),
        "invisible" => ("T.K", "Suppose that an index is invisible"),
        "visible" => ("T.K", "Suppose that an index is visible"),
        "ddl" => ("FILE", "Suppose that a migration has run"),
        "rows" => ("T=N|T=Nx", "Suppose so many rows in a table, or so many times what it has"),
        "histogram" => ("T.C[=BUCKETS]", "Suppose a histogram of a column"),
        "drop-histogram" => ("T.C", "Suppose that a column has no histogram"),
        "cost" => ("NAME=VALUE", "Suppose another cost constant"),
        "switch" => ("FLAG=on|off", "Suppose another flag of optimizer_switch"),
        "set" => ("NAME=VALUE", "Set a session variable before planning"),
        _ => ("T.K=SHARE", "Suppose that this share (0 to 1) of an index is in the buffer pool"),
    }
}

impl Args for WhatIfArgs {
    fn augment_args(command: Command) -> Command {
        OPTIONS.into_iter().fold(command, |command, option| {
            let (value, help) = words(option);
            let heading = if option == "set" { "Planning" } else { HEADING };
            let arg = Arg::new(option).long(option).value_name(value).help(format!("{help}; may be repeated"));
            let arg = arg.action(ArgAction::Append).help_heading(heading);
            command.arg(if option == "ddl" { arg.value_parser(value_parser!(PathBuf)) } else { arg })
        })
    }
    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for WhatIfArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut placed = Vec::new();
        for option in OPTIONS {
            let (Some(places), Some(values)) = (matches.indices_of(option), matches.get_raw(option)) else { continue };
            // What variables and files give comes before what the command line adds.
            let written = matches.value_source(option) == Some(ValueSource::CommandLine);
            for (place, value) in places.zip(values) {
                let place = if written { place } else { 0 };
                placed.push((place, supposed(option, &value.to_string_lossy())?));
            }
        }
        placed.sort_by_key(|(place, _)| *place);
        let mut args = WhatIfArgs::default();
        for (_, supposed) in placed {
            match supposed {
                Supposed::Change(change) => args.what_if.push(change),
                Supposed::Range(axis) => args.varied.push(axis),
            }
        }
        Ok(args)
    }
    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// What one option gives.
enum Supposed {
    Change(Change),
    Range(Axis),
}

fn supposed(option: &str, value: &str) -> Result<Supposed, clap::Error> {
    let is_range = AXIS_OPTIONS.contains(&option) && value.rsplit_once('=').is_some_and(|(_, range)| range.contains(".."));
    let read = || match option {
        "ddl" => Change::ddl(value, &crate::session::read_text(Path::new(value))?).map(Supposed::Change),
        _ if is_range => Axis::from_option(option, value).map(Supposed::Range),
        _ => Change::from_option(option, value).map(Supposed::Change),
    };
    read().map_err(|error| clap::Error::raw(clap::error::ErrorKind::ValueValidation, format!("{error}\n")))
}
