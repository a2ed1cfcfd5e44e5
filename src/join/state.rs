//! The working state of planning one block: what the planner knows of each table, and the order that it chose.

use crate::access::{QuickEstimate, RangePlan};
use crate::catalog::{IndexNo, KeySet, TableStatistics};
use crate::query::{BlockId, ColumnSet, ExprId, NestId, TableId, TableSet};

/// How duplicates of a semijoin are avoided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum SemijoinStrategy {
    None = 0,
    FirstMatch = 1,
    LooseScan = 2,
    MaterializeLookup = 4,
    MaterializeScan = 8,
    DuplicateWeedout = 16,
}

/// An equality that can drive an index lookup (spec 04 §3).
#[derive(Clone, Debug, PartialEq)]
pub struct KeyUse {
    /// Table number in the block.
    pub table: u8,
    /// Index.
    pub index: IndexNo,
    /// Key part, from 0; `usize::MAX` for full text.
    pub part: usize,
    /// The value that the part is compared with.
    pub value: ExprId,
    /// Tables that the value uses.
    pub used: TableSet,
    /// `part = value OR part IS NULL`.
    pub ref_or_null: bool,
    /// NULL never matches.
    pub null_rejecting: bool,
    /// Rows of the one table that the value uses (`ref_table_rows` of spec 04 §3.6).
    pub ref_table_rows: f64,
    /// The guard of an IN→EXISTS condition (outer operand may be NULL).
    pub guarded: bool,
    /// Which pair of a semijoin nest it is: nest and index of the pair.
    pub semijoin_pair: Option<(NestId, usize)>,
    /// The comparison that it came from.
    pub condition: Option<ExprId>,
}

/// What the planner knows of one table of the block (spec 04 §0.1).
#[derive(Clone, Debug)]
pub struct JoinTable {
    /// The table.
    pub id: TableId,
    /// Its number in the block.
    pub number: u8,
    /// Statistics; of derived tables made from the estimate of their definition.
    pub statistics: TableStatistics,
    /// `N`.
    pub records: u64,
    /// `found`.
    pub found: u64,
    /// `read_time`.
    pub read_time: f64,
    /// Ceiling of the cost of one lookup.
    pub worst_seeks: f64,
    /// The range plan kept for the table.
    pub range_plan: Option<RangePlan>,
    /// Estimates by index.
    pub quick: Vec<Option<QuickEstimate>>,
    /// Indexes that `possible_keys` lists.
    pub keys: KeySet,
    /// Indexes with constant conditions.
    pub const_keys: KeySet,
    /// Indexes with at least one kept key use.
    pub checked_keys: KeySet,
    /// Indexes whose ranges depend on tables not read yet.
    pub needed_registers: KeySet,
    /// Indexes that hold all columns the statement reads.
    pub covering: KeySet,
    /// Lowest estimate of rows that satisfy the condition.
    pub quick_condition_rows: u64,
    /// Columns named in WHERE.
    pub condition_columns: ColumnSet,
    /// Tables that must precede.
    pub dependent: TableSet,
    /// Tables that could drive a lookup into it.
    pub key_dependent: TableSet,
    /// Constant leading parts by index (for ORDER BY and GROUP BY).
    pub const_key_parts: Vec<u32>,
    /// Outer-join nests around it, innermost first.
    pub outer_nests: Vec<NestId>,
    /// Semijoin or antijoin nest around it.
    pub semijoin_nest: Option<NestId>,
    /// Const or system table: how.
    pub constness: Constness,
    /// The ranges can never hold.
    pub always_false: bool,
    /// All partitions were pruned, or the used ones' numbers.
    pub partitions: Option<Vec<usize>>,
}

/// Why a table is constant.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Constness {
    No,
    /// At most one row, known by count.
    System,
    /// One row by a unique index.
    Const {
        index: IndexNo,
    },
    /// Null-complemented or empty because its condition can never hold.
    Impossible,
}

/// One place of a join order (spec 04 §7, 05 §3).
#[derive(Clone, Debug)]
pub struct Position {
    /// Table number in the block; a materialized nest's temporary table has none.
    pub table: u8,
    /// Rows read by one execution.
    pub rows_fetched: f64,
    /// Cost of reading for all prefix rows, without evaluating rows.
    pub read_cost: f64,
    /// Share of read rows that pass the conditions.
    pub filter_effect: f32,
    /// Rows of the prefix up to and with this place.
    pub prefix_rowcount: f64,
    /// Cost of the prefix.
    pub prefix_cost: f64,
    /// Index of a lookup; none for scans and ranges.
    pub key: Option<IndexNo>,
    /// Tables that the lookup's values come from.
    pub ref_depend: TableSet,
    /// Parts that the chosen lookup binds, as a bit set.
    pub bound_parts: u32,
    /// The search planned a join buffer.
    pub join_buffer: bool,
    /// Strategy that ends here (or, after finalization, starts here).
    pub semijoin: SemijoinStrategy,
    /// Tables that the strategy covers.
    pub semijoin_tables: u8,
    /// Index of a loose scan and its parts.
    pub loose_scan: Option<(IndexNo, usize)>,
}

/// The state of planning one block.
#[derive(Debug)]
pub struct JoinState {
    /// The block.
    pub block: BlockId,
    /// Tables by number.
    pub tables: Vec<JoinTable>,
    /// Key uses, sorted and pruned.
    pub key_uses: Vec<KeyUse>,
    /// WHERE with multiple equalities.
    pub where_: Option<ExprId>,
    /// Chosen order, const tables first.
    pub positions: Vec<Position>,
    /// How many leading tables are const.
    pub const_tables: usize,
    /// The set of const tables.
    pub const_table_set: TableSet,
    /// Query cost (reduced by 0.001 as the server does).
    pub best_read: f64,
    /// Rows of the plan, truncated.
    pub best_rowcount: u64,
    /// Cost of sorting that is part of `best_read`.
    pub sort_cost: f64,
    /// Cost of windowing that is part of `best_read`.
    pub windowing_cost: f64,
    /// Table that all of ORDER BY or GROUP BY uses.
    pub sort_by_table: Option<u8>,
    /// Planning ended early: the message.
    pub zero_result: Option<&'static str>,
    /// LIMIT as far as range analysis uses it.
    pub row_limit: u64,
}
