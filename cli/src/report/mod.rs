//! What gates report, in the forms that people, CI systems and code hosts read.

mod github;
mod gitlab;
mod json;
mod junit;
mod markdown;
mod sarif;
mod tap;

use crate::Failure;
use clap::ValueEnum;
use std::path::Path;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Note,
    Warning,
    Error,
}

impl Level {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

/// What a rule is about, for forms that list their rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RuleInfo {
    /// Stable id.
    pub(crate) id: String,
    /// One sentence.
    pub(crate) summary: String,
    /// Why it matters and what to do, as Markdown.
    pub(crate) help: String,
    /// Where that can be read on the web.
    pub(crate) help_uri: Option<String>,
}

/// Something to tell of a statement.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) rule: RuleInfo,
    pub(crate) level: Level,
    /// One sentence.
    pub(crate) message: String,
    /// More lines: the difference, the evidence.
    pub(crate) detail: Vec<String>,
    /// Line and column in the file, from 1.
    pub(crate) line: usize,
    pub(crate) column: usize,
    /// The same for the same problem, wherever in its file the statement moves.
    pub(crate) fingerprint: u64,
}

/// One statement that was looked at.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// As a path with slashes, relative where the argument was.
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) problems: Vec<Problem>,
}

/// All that was looked at, in a fixed order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    /// The command: `check`, `advise`.
    pub(crate) command: &'static str,
    pub(crate) cases: Vec<Case>,
}

/// Forms for machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// One JSON document
    Json,
    /// Markdown
    Markdown,
    /// SARIF 2.1.0
    Sarif,
    /// JUnit XML
    Junit,
    /// Test Anything Protocol
    Tap,
    /// Annotations of GitHub Actions
    Github,
    /// Code Quality report of GitLab
    Gitlab,
}

impl Report {
    /// The report in a form; every form ends with a line feed.
    pub(crate) fn render(&self, form: Form) -> String {
        let mut text = match form {
            Form::Json => json::render(self),
            Form::Markdown => markdown::render(self),
            Form::Sarif => sarif::render(self),
            Form::Junit => junit::render(self),
            Form::Tap => tap::render(self),
            Form::Github => github::render(self),
            Form::Gitlab => gitlab::render(self),
        };
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text
    }

    /// Writes a form to a file.
    pub(crate) fn write(&self, form: Form, path: &Path) -> Result<(), Failure> {
        let written = std::fs::write(path, self.render(form));
        written.map_err(|error| format!("cannot write {}: {error}", path.display()).into())
    }

    /// Problems with the statements that they belong to.
    fn problems(&self) -> impl Iterator<Item = (&Case, &Problem)> {
        self.cases.iter().flat_map(|case| case.problems.iter().map(move |problem| (case, problem)))
    }
}

/// FNV-1a over texts: the same on every machine and in every release.
pub(crate) fn fingerprint<'a>(texts: impl IntoIterator<Item = &'a str>) -> u64 {
    let bytes = texts.into_iter().flat_map(|text| text.bytes().chain([0xff]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests;
