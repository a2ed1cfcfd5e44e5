//! What to plan against: the options that every command that plans has.

use crate::terminal::Terminal;
use crate::what_if_args::WhatIfArgs;
use crate::{Failure, session};
use clap::Args;
use myexplain::Catalog;
use myexplain::catalog::ServerVersion;
use myexplain::what_if::sweep::Axis;
use myexplain::what_if::{Change, Hypothesis, WhatIf, WhatIfError};
use std::path::PathBuf;

/// A bundle, and suppositions on top of it.
#[derive(Args, Debug, Clone, Default)]
pub(crate) struct PlanningArgs {
    /// Schema and statistics of a server; without it, the built-in employees schema
    #[arg(short, long, value_name = "BUNDLE", env = "MYEXPLAIN_BUNDLE", help_heading = "Planning")]
    pub(crate) bundle: Option<PathBuf>,

    /// Plan as this release does: 8.0, 8.4 or 9.7; without it, as the release that the bundle was captured from
    #[arg(long, value_name = "VERSION", help_heading = "Planning")]
    pub(crate) server_version: Option<ServerVersion>,

    #[command(flatten)]
    supposed: WhatIfArgs,

    /// Say on stderr how the numbers of what is supposed came to be
    #[arg(long, help_heading = "What if")]
    explain_what_if: bool,
}

impl PlanningArgs {
    /// The catalog of the bundle, without anything that is supposed.
    pub(crate) fn base(&self) -> Result<Catalog, Failure> {
        Ok(session::load(self.bundle.as_deref())?)
    }

    /// What is supposed on top of the bundle: the release first, then the options in their order.
    pub(crate) fn what_if(&self) -> WhatIf {
        let version = self.server_version.map(Change::Version);
        version.into_iter().chain(self.supposed.what_if.iter().cloned()).collect()
    }

    /// The catalog in which everything that is supposed is true.
    pub(crate) fn catalog(&self) -> Result<Catalog, Failure> {
        self.refuse_ranges()?;
        Ok(self.hypothesis()?.catalog)
    }

    /// The catalog in which everything that is supposed is true; says on stderr what that is.
    pub(crate) fn announced_catalog(&self, terminal: Terminal) -> Result<Catalog, Failure> {
        self.refuse_ranges()?;
        self.varying_catalog(terminal)
    }

    /// As [`PlanningArgs::announced_catalog`], for the command that varies what is given as a range.
    pub(crate) fn varying_catalog(&self, terminal: Terminal) -> Result<Catalog, Failure> {
        let hypothesis = self.hypothesis()?;
        for line in self.remarks(&hypothesis) {
            terminal.remark(&line);
        }
        Ok(hypothesis.catalog)
    }

    fn refuse_ranges(&self) -> Result<(), Failure> {
        match &self.supposed.varied[..] {
            [] => Ok(()),
            [axis, ..] => Err(format!("{axis} is given as a range: only 'myexplain sweep' varies anything").into()),
        }
    }

    /// Ranges among the suppositions: what is varied.
    pub(crate) fn varied(&self) -> &[Axis] {
        &self.supposed.varied
    }

    /// What is supposed, applied to the bundle; ranges are left to `sweep`.
    pub(crate) fn hypothesis(&self) -> Result<Hypothesis, Failure> {
        Ok(self.what_if().apply(&self.base()?).map_err(said)?)
    }

    /// What is supposed, a line each. Release and variables are settings: they need no remark.
    fn remarks(&self, hypothesis: &Hypothesis) -> Vec<String> {
        let supposed = self.supposed.what_if.iter().filter(|change| !matches!(change, Change::Set { .. }));
        let mut lines: Vec<String> = supposed.map(|change| format!("what if: {change}")).collect();
        if self.explain_what_if {
            lines.extend(hypothesis.derivations.iter().map(|derivation| derivation.to_string()));
        }
        lines
    }
}

/// What is wrong with a supposition; in the server's words alone where it has words for it.
fn said(error: WhatIfError) -> String {
    if error.what.starts_with("ERROR ") { error.what } else { error.to_string() }
}
