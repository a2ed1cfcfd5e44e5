//! Reading what servers and other tools print.

pub mod analysis;
mod client_text;
pub mod digest;
pub mod json;
mod json_blocks;
mod json_decisions;
mod json_plan;
pub mod node;
pub mod plan;
pub mod reader;
pub mod recording;
pub mod slowlog;
pub mod table;
mod table_plan;
pub mod tree_text;

pub use node::{Node, NodeKind};
pub use plan::ReadPlan;
