//! Facts about an expression that every stage asks: type, used tables, nullability, constness (spec 02 conventions, §3.2, §8).

use super::tables::TableSet;
use crate::catalog::DataType;

/// Properties that a node inherits from what it contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ExprFlags(pub u16);

impl ExprFlags {
    /// Contains an aggregate function of its block.
    pub const AGGREGATE: ExprFlags = ExprFlags(1);
    /// Contains a window function.
    pub const WINDOW: ExprFlags = ExprFlags(2);
    /// Contains a subquery.
    pub const SUBQUERY: ExprFlags = ExprFlags(4);
    /// Contains a stored or loadable function: expensive, not evaluated by trivial removal (spec 02 §4.7).
    pub const STORED_FUNCTION: ExprFlags = ExprFlags(8);
    /// Contains what keeps it from being "constant over literals": parameter, variable, NOW() … (spec 02 §4.3).
    pub const NOT_LITERAL: ExprFlags = ExprFlags(16);
    /// Contains a ROLLUP wrapper.
    pub const ROLLUP: ExprFlags = ExprFlags(32);
    /// Contains MATCH … AGAINST.
    pub const FULL_TEXT: ExprFlags = ExprFlags(64);
    /// Contains a system variable (`@@x`).
    pub const SYSTEM_VARIABLE: ExprFlags = ExprFlags(128);

    /// True if any bit of `other` is set.
    pub fn any(self, other: ExprFlags) -> bool {
        self.0 & other.0 != 0
    }
    /// Bits of both.
    pub fn union(self, other: ExprFlags) -> ExprFlags {
        ExprFlags(self.0 | other.0)
    }
}

/// What is known about a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// Type of its value.
    pub ty: DataType,
    /// Can it be NULL? (Outer joins as written make columns nullable for good.)
    pub nullable: bool,
    /// Tables of the node's own block that it uses, with the pseudo tables. Renewed by `Query::renew_facts` when table
    /// numbers change.
    pub used: TableSet,
    /// Null-rejection map (spec 02 §3.2) below predicate level.
    pub null_rejected: TableSet,
    /// Inherited properties.
    pub flags: ExprFlags,
    /// Coercibility of the collation, 0 (explicit) ..= 6 (ignorable).
    pub coercibility: u8,
}
