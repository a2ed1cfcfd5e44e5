//! What to plan against: the options that every command that plans has.

use crate::{Failure, session};
use clap::Args;
use myexplain::Catalog;
use myexplain::catalog::ServerVersion;
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

    /// Plan as this release does: 8.0, 8.4 or 9.7; without it, as the release that the bundle was captured from
    #[arg(long, value_name = "VERSION", help_heading = "Planning")]
    pub(crate) server_version: Option<ServerVersion>,
}

impl PlanningArgs {
    /// The catalog that these options describe.
    pub(crate) fn catalog(&self) -> Result<Catalog, Failure> {
        let mut catalog = session::load(self.bundle.as_deref())?;
        if let Some(version) = self.server_version {
            catalog.set_version(version);
        }
        session::assign(&mut catalog, &self.sets).map_err(|error| error.to_string())?;
        Ok(catalog)
    }
}
