//! Where a proxy in front of a replicated or clustered server must send a statement.

use crate::parse::ast::{IntoTarget, RowLock};
use std::fmt;

/// The class of a statement for read/write split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// A read that any replica can serve.
    Replica,
    /// Only the primary can serve it.
    Primary(RouteReason),
}

/// Why a statement needs the primary.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RouteReason {
    /// It changes rows.
    Write,
    /// It locks the rows that it reads.
    LockingRead(RowLock),
    /// It calls a built-in function that acts on the server or on other sessions, or reads what only the session that wrote
    /// can know.
    Function(String),
    /// It calls a stored function that is not declared to read only.
    StoredFunction(String),
    /// It assigns a user variable, which later statements of the session may read.
    UserVariable(String),
    /// It sends rows into a file on the server's host, or into user variables.
    Into(IntoTarget),
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Route::Replica => f.write_str("replica: a read without side effects"),
            Route::Primary(reason) => write!(f, "primary: {reason}"),
        }
    }
}

impl fmt::Display for RouteReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RouteReason::Write => f.write_str("it writes"),
            RouteReason::LockingRead(RowLock::Share) => f.write_str("it locks rows (FOR SHARE)"),
            RouteReason::LockingRead(RowLock::Update) => f.write_str("it locks rows (FOR UPDATE)"),
            RouteReason::Function(name) => write!(f, "{name}() has side effects or depends on the session"),
            RouteReason::StoredFunction(name) => write!(f, "the stored function {name} may write"),
            RouteReason::UserVariable(name) => write!(f, "it assigns @{name}"),
            RouteReason::Into(IntoTarget::File) => f.write_str("it writes a file on the server"),
            RouteReason::Into(IntoTarget::Variables) => f.write_str("it assigns variables (INTO)"),
        }
    }
}
