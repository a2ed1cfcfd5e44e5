//! Names to columns, types and collations, query blocks, errors with MySQL's codes and texts (spec 02 §1, 09 §7).

pub mod hints;
pub mod index_hints;
pub mod set_var;
