//! What the panes show, as owned data: made on the planning thread, read by the view.

pub mod alternatives;
pub mod details;
pub mod order;
pub mod planned;
pub mod server_plan;
pub mod tree;
mod words;

pub use planned::{Failure, Planned, Statement};
