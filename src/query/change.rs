//! Questions about statements that change rows.

use super::Query;
use super::block::Command;
use super::tables::TableKind;

impl Query {
    /// INSERT … SELECT and REPLACE … SELECT that read the table they write: rows are buffered (spec 06 §15.6).
    pub fn reads_insert_target(&self) -> bool {
        let (Command::Insert(target) | Command::Replace(target)) = &self.command else { return false };
        let table = &self[target.table].table;
        let is_read = |(number, other): (usize, &super::TableRef)| {
            number != target.table.0 as usize
                && other.kind == TableKind::Base
                && other.table.name == table.name
                && other.table.schema == table.schema
        };
        target.from_query && self.tables.iter().enumerate().any(is_read)
    }
}
