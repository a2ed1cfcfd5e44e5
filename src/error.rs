//! Errors: MySQL's own where it has one, ours with place and remedy otherwise.

use std::path::PathBuf;

/// An error that the server would report too.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ERROR {code} ({sqlstate}): {text}")]
pub struct ServerError {
    /// MySQL's code.
    pub code: u16,
    /// SQLSTATE.
    pub sqlstate: &'static str,
    /// Text.
    pub text: String,
}

impl ServerError {
    /// An error by code, SQLSTATE and text.
    pub fn new(code: u16, sqlstate: &'static str, text: impl Into<String>) -> Self {
        ServerError { code, sqlstate, text: text.into() }
    }
}

/// Why a statement was not planned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The server refuses it too.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// Something that the server plans and this program does not.
    #[error("not covered: {0}")]
    NotCovered(String),
    /// Another thread wanted it no longer (see [`crate::Planner::with_interrupt`]).
    #[error("planning was interrupted")]
    Interrupted,
}

/// Why an input file could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file's content is wrong.
    #[error("{path}:{line}: {what}", path = path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong and what to do.
        what: String,
    },
}

/// Short form of results of planning stages.
pub type Result<T, E = PlanError> = std::result::Result<T, E>;
