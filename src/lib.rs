//! Plans MySQL statements without MySQL. Does not run queries, does not read rows.
//!
//! The way of the data: [`parse`] → [`resolve`] → [`rewrite`] → [`join`] and [`finish`] → [`explain`].

pub mod access;
pub mod advise;
pub mod catalog;
pub mod check;
pub mod compare;
pub mod context;
pub mod cost;
pub mod error;
pub mod estimate;
pub mod evaluate;
pub mod explain;
pub mod finish;
pub mod ingest;
pub mod join;
pub mod parse;
pub mod plan;
pub mod planner;
pub mod query;
pub mod resolve;
pub mod rewrite;
pub mod trace;
pub mod value;
pub mod what_if;

pub use catalog::Catalog;
pub use context::Context;
pub use error::{PlanError, ServerError};
pub use planner::Planner;
pub use what_if::{Change, WhatIf};
