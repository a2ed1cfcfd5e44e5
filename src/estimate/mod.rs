//! Estimates of rows that need no access path: condition filtering (spec 04 §8) and histogram selectivity (spec 01 §8).

pub mod filter;
mod histogram;
pub mod predicate;

pub use filter::{FilterTable, IndexRows, filter};
pub use predicate::{HistogramCache, HistogramLine, column_effect, effect};
