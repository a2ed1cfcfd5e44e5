//! Tables of query blocks, sets of them, and the join tree.

use super::block::{BlockId, UnitId};
use super::expr::ExprId;
use crate::catalog::{ColumnNo, ConstRow, KeySet, Table};
use crate::parse::ast::IndexHint;
use std::sync::Arc;

/// A table of the statement, of any block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableId(pub u32);

/// A join nest of the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NestId(pub u32);

/// A set of tables of one block, by table number, and three pseudo tables (spec 02 conventions).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
pub struct TableSet(pub u64);

impl TableSet {
    /// No table.
    pub const EMPTY: TableSet = TableSet(0);
    /// Constant only during execution.
    pub const INNER: TableSet = TableSet(1 << 61);
    /// Refers to an outer block.
    pub const OUTER_REF: TableSet = TableSet(1 << 62);
    /// Not deterministic.
    pub const RAND: TableSet = TableSet(1 << 63);
    /// All pseudo tables.
    pub const PSEUDO: TableSet = TableSet(7 << 61);

    /// The set of one table.
    pub fn of(number: u8) -> TableSet {
        TableSet(1 << number)
    }
    /// The set of the tables numbered below `count`.
    pub fn first(count: usize) -> TableSet {
        TableSet((1u64 << count.min(61)) - 1)
    }
    /// True if there is no member.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// True if the table is a member.
    pub fn contains(self, number: u8) -> bool {
        self.0 >> number & 1 == 1
    }
    /// Adds a table.
    pub fn insert(&mut self, number: u8) {
        self.0 |= 1 << number;
    }
    /// Members of either.
    pub fn union(self, other: TableSet) -> TableSet {
        TableSet(self.0 | other.0)
    }
    /// Members of both.
    pub fn intersect(self, other: TableSet) -> TableSet {
        TableSet(self.0 & other.0)
    }
    /// Members of this set only.
    pub fn minus(self, other: TableSet) -> TableSet {
        TableSet(self.0 & !other.0)
    }
    /// True if they share a member.
    pub fn meets(self, other: TableSet) -> bool {
        self.0 & other.0 != 0
    }
    /// True if every member is in `other`.
    pub fn is_subset(self, other: TableSet) -> bool {
        self.0 & !other.0 == 0
    }
    /// Without the pseudo tables.
    pub fn tables(self) -> TableSet {
        self.minus(TableSet::PSEUDO)
    }
    /// Number of members.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }
    /// The real tables' numbers in ascending order.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        let mut rest = self.tables().0;
        std::iter::from_fn(move || {
            if rest == 0 {
                return None;
            }
            let lowest = rest.trailing_zeros() as u8;
            rest &= rest - 1;
            Some(lowest)
        })
    }
}

/// A set of columns of one table (up to 4096 columns).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ColumnSet(smallvec::SmallVec<[u64; 1]>);

impl ColumnSet {
    /// Adds a column; true if it was new.
    pub fn insert(&mut self, column: ColumnNo) -> bool {
        let word = column as usize / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        let bit = 1u64 << (column % 64);
        let new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        new
    }
    /// Removes a column.
    pub fn remove(&mut self, column: ColumnNo) {
        if let Some(word) = self.0.get_mut(column as usize / 64) {
            *word &= !(1 << (column % 64));
        }
    }
    /// True if the column is a member.
    pub fn contains(&self, column: ColumnNo) -> bool {
        self.0.get(column as usize / 64).is_some_and(|word| word >> (column % 64) & 1 == 1)
    }
    /// True if there is no member.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }
    /// Members in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = ColumnNo> + '_ {
        self.0
            .iter()
            .enumerate()
            .flat_map(|(i, word)| (0..64).filter(move |b| word >> b & 1 == 1).map(move |b| (i * 64 + b) as ColumnNo))
    }
    /// True if every member is in `other`.
    pub fn is_subset(&self, other: &ColumnSet) -> bool {
        self.0.iter().enumerate().all(|(i, word)| word & !other.0.get(i).copied().unwrap_or(0) == 0)
    }
    /// True if they share a member.
    pub fn meets(&self, other: &ColumnSet) -> bool {
        self.0.iter().zip(other.0.iter()).any(|(a, b)| a & b != 0)
    }
    /// Adds all members of `other`.
    pub fn extend(&mut self, other: &ColumnSet) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (word, more) in self.0.iter_mut().zip(other.0.iter()) {
            *word |= more;
        }
    }
    /// Number of members.
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }
}

/// What a table of FROM is.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum TableKind {
    /// A table of the catalog.
    Base,
    /// A derived table, view or CTE reference. Until it is merged or materialized this is all there is; `unit` is its own
    /// copy of the definition.
    Derived {
        unit: UnitId,
        lateral: bool,
        /// Name of the view, if it is one: schema, name.
        view: Option<(Arc<str>, Arc<str>)>,
        /// Name of the CTE, if it is one.
        cte: Option<Arc<str>>,
        /// First reference of the same CTE in the statement, if this is a later one.
        shared_with: Option<TableId>,
    },
    /// The reference of a recursive CTE to itself inside its definition: the table that stands for the CTE outside.
    RecursiveReference { cte: Arc<str>, unit: UnitId },
    /// JSON_TABLE.
    JsonTable { document: ExprId },
    /// A table of INFORMATION_SCHEMA.
    InformationSchema,
}

/// A table in a FROM clause.
#[derive(Clone, Debug)]
pub struct TableRef {
    /// Block that it belongs to (changes when a derived table is merged or a subquery becomes a semijoin).
    pub block: BlockId,
    /// Its bit in [`TableSet`] within the block: leaf order (spec 02 §3.4).
    pub number: u8,
    /// What it is.
    pub kind: TableKind,
    /// Name by which it is known.
    pub alias: Arc<str>,
    /// Schema that prints before the alias of its columns; empty for derived tables and CTEs.
    pub schema: Arc<str>,
    /// Its definition; for derived tables one that is made from the select list (engine TempTable), to which generated keys
    /// are added while planning.
    pub table: Arc<Table>,
    /// On the inner side of an outer join as written, or nullable by aggregation: all its columns count as nullable, for good
    /// (spec 02 §0.2-1 and -5, 04 §2.2).
    pub nullable_row: bool,
    /// A kept outer join's ON condition that the table carries itself.
    pub on: Option<ExprId>,
    /// The table itself is the right operand of an outer join (of an antijoin: the nest is).
    pub outer_join: bool,
    /// Right operand of STRAIGHT_JOIN.
    pub straight: bool,
    /// Nest in whose list it stands; none at the top.
    pub nest: Option<NestId>,
    /// Tables that must precede it (spec 04 §2.1), filled by join simplification.
    pub depends: TableSet,
    /// Old-style index hints.
    pub index_hints: Vec<IndexHint>,
    /// Names in PARTITION (…).
    pub partitions: Vec<Arc<str>>,
    /// Columns that the statement reads from it; marked when names are resolved (spec 04 §4.4).
    pub read_set: ColumnSet,
    /// Columns that the statement writes.
    pub write_set: ColumnSet,
    /// Indexes that lookups, grouping and ordering may use, after hints and visibility (spec 04 §4.1).
    pub usable_keys: KeySet,
    /// For GROUP BY.
    pub usable_keys_group: KeySet,
    /// For ORDER BY.
    pub usable_keys_order: KeySet,
    /// A FORCE-like hint holds.
    pub force_index: bool,
    /// For GROUP BY.
    pub force_index_group: bool,
    /// For ORDER BY.
    pub force_index_order: bool,
    /// The row of a table that was read while planning; none for all other tables.
    pub const_row: Option<Arc<ConstRow>>,
    /// It was read because it can hold one row at most (`type` system, phase 1 of spec 02 §7.2).
    pub system: bool,
    /// JSON_TABLE as written: its path and columns.
    pub json_table: Option<Arc<crate::parse::ast::JsonTable>>,
    /// Hint texts that printing needs (spec 08 §10.3): as the note prints them.
    pub query_block_name: Option<Arc<str>>,
}

/// A member of a FROM list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum JoinMember {
    Table(TableId),
    Nest(NestId),
}

/// What a nest is.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum NestKind {
    /// Parentheses, a join's operands, a merged derived table.
    Join,
    Semijoin(Box<SemijoinInfo>),
    Antijoin(Box<SemijoinInfo>),
}

/// What the join planner needs to know of a semijoin or antijoin (spec 05 §1.5).
#[derive(Clone, Debug, PartialEq)]
pub struct SemijoinInfo {
    /// Number of the subquery's block: `<subqueryN>`.
    pub select_id: u32,
    /// Block of the subquery as it was.
    pub block: BlockId,
    /// Pairs (outer, inner) of IN and of decorrelated equalities, in order.
    pub pairs: Vec<(ExprId, ExprId)>,
    /// Tables of the enclosing block that the pairs' outer expressions use.
    pub depends: TableSet,
    /// Tables of the enclosing block that other parts of the condition use: rules out materialization.
    pub correlated: TableSet,
    /// Strategies allowed by hints and switches, as a bit set of [`crate::join::SemijoinStrategy`].
    pub strategies: u8,
}

/// The temporary table of a materialized semijoin in the final plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MaterializedNest(pub NestId);

/// A nest of the join tree.
#[derive(Clone, Debug)]
pub struct Nest {
    /// What it is.
    pub kind: NestKind,
    /// Members in FROM order.
    pub members: Vec<JoinMember>,
    /// ON condition.
    pub on: Option<ExprId>,
    /// It is the right operand of an outer join (also true of antijoin nests).
    pub outer_join: bool,
    /// Right operand of STRAIGHT_JOIN.
    pub straight: bool,
    /// Nest in whose list it stands.
    pub parent: Option<NestId>,
    /// Tables that must precede its members.
    pub depends: TableSet,
    /// It came from a merged view, derived table or CTE.
    pub merged_from: Option<TableId>,
}
