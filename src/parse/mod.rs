//! SQL text to syntax tree: sqlparser cuts the text into tokens under our dialect, the grammar of MySQL 8.0 is a recursive descent
//! over them, nom reads optimizer hints (spec 09 §1, §6, §7.1).

pub mod ast;
mod call;
mod cast;
mod comment;
mod cursor;
mod dialect;
mod error;
mod expression;
mod hints;
mod literal;
mod manipulation;
mod primary;
mod query;
mod reserved;
pub mod routine;
pub mod script;
mod table;
#[cfg(test)]
mod tests;
mod token;
mod top;
mod window;

pub use reserved::{is_keyword, is_reserved_word};
pub use top::statement;
