//! What to plan against: the options that every command that plans has.

use crate::{Failure, session};
use clap::Args;
use myexplain::Catalog;
use std::path::PathBuf;

/// A bundle, and settings on top of it.
#[derive(Args, Debug, Clone, Default)]
pub(crate) struct PlanningArgs {
    /// Schema and statistics of a server; without it, the built-in employees schema
    #[arg(short, long, value_name = "BUNDLE", env = "MYEXPLAIN_BUNDLE", help_heading = "Planning")]
    pub(crate) bundle: Option<PathBuf>,

    /// Set a session variable before planning; may be repeated
    #[arg(long = "set", value_name = "NAME=VALUE", help_heading = "Planning")]
    pub(crate) sets: Vec<String>,
}

impl PlanningArgs {
    /// The catalog that these options describe.
    pub(crate) fn catalog(&self) -> Result<Catalog, Failure> {
        let mut catalog = session::load(self.bundle.as_deref())?;
        session::assign(&mut catalog, &self.sets).map_err(|error| error.to_string())?;
        Ok(catalog)
    }
}
