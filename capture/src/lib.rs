//! Bundles: from a live server, the output of a script, DDL or rows; looked into, merged, shrunk, masked.

pub mod bundle;
pub mod ddl;
pub mod dump;
pub mod files;
pub mod guess;
pub mod options;
pub mod pieces;
pub mod rows;
mod scanner;
pub mod script;
pub mod server;
pub mod statistics;
pub mod tsv;
pub mod workload;
