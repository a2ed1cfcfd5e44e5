//! SQL text to syntax tree: sqlparser with our dialect, nom for what it lacks (spec 09 §1, §6, §7.1).

pub mod ast;
