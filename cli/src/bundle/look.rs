//! `bundle info` and `bundle diff`: what is in bundles.

use super::read;
use crate::{Failure, Found, output};
use clap::{Args, ValueEnum};
use myexplain_capture::bundle::{diff, info};
use myexplain_capture::files::BundleFiles;
use serde_json::json;
use std::path::PathBuf;

/// Form of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// Arguments of `bundle info`.
#[derive(Args, Debug)]
pub(super) struct Info {
    /// The bundle; without it, the built-in one
    #[arg(value_name = "BUNDLE")]
    bundle: Option<PathBuf>,

    /// Form of the report
    #[arg(short, long, value_enum, default_value_t)]
    format: Form,
}

impl Info {
    pub(super) fn run(&self) -> Result<Found, Failure> {
        let files = self.bundle.as_ref().map_or_else(|| Ok(BundleFiles::sample()), |path| read(path))?;
        let info = info::info(&files)?;
        match self.format {
            Form::Text => output::print(&info.text())?,
            Form::Json => output::print(&format!("{:#}\n", json!(info)))?,
        }
        Ok(Found::Nothing)
    }
}

/// Arguments of `bundle diff`.
#[derive(Args, Debug)]
pub(super) struct Diff {
    /// The one bundle
    #[arg(value_name = "A")]
    before: PathBuf,

    /// The other one
    #[arg(value_name = "B")]
    after: PathBuf,

    /// Tell of numbers that differ by more than so many percent
    #[arg(long, value_name = "PERCENT", default_value_t = 10.0)]
    threshold: f64,

    /// Form of the report
    #[arg(short, long, value_enum, default_value_t)]
    format: Form,
}

impl Diff {
    pub(super) fn run(&self) -> Result<Found, Failure> {
        let found = diff::diff(&read(&self.before)?, &read(&self.after)?, self.threshold / 100.0);
        match self.format {
            Form::Text => output::print(&diff::text(&found))?,
            Form::Json => output::print(&format!("{:#}\n", json!({ "version": 1, "differences": found })))?,
        }
        Ok(if found.is_empty() { Found::Nothing } else { Found::Differences })
    }
}
