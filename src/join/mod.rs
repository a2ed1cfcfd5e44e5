//! Join order and access method: key uses, const tables, ref access, greedy search, semijoin strategies (spec 04, 05).

pub mod state;

pub use state::{JoinState, JoinTable, KeyUse, Position, SemijoinStrategy};
