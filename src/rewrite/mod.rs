//! Rewriting: one file a rule (spec 02).

pub mod conditions;
pub mod generated_columns;
pub mod min_max;
pub mod prepare;
