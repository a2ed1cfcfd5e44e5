//! The working state of planning one block: what the planner knows of each table, and the order that it chose.

use crate::access::{QuickEstimate, RangePlan};
use crate::catalog::{IndexNo, KeySet, TableStatistics};
use crate::query::{BlockId, ColumnSet, ExprId, NestId, TableId, TableSet};
use smallvec::SmallVec;
use std::ops::Range;

/// How duplicates of a semijoin are avoided. As a bit set (`SemijoinInfo::strategies`) the two materialization strategies
/// are switched together: either bit allows both.
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
    /// Key part, from 0; [`KeyUse::FULL_TEXT`] for full text.
    pub part: usize,
    /// The value that the part is compared with.
    pub value: ExprId,
    /// Tables that the value uses.
    pub used: TableSet,
    /// `part = value OR part IS NULL`.
    pub ref_or_null: bool,
    /// NULL never matches.
    pub null_rejecting: bool,
    /// Rows of the one table that the value uses (`ref_table_rows` of spec 04 §3.6); infinite by default.
    pub ref_table_rows: f64,
    /// The guard of an IN→EXISTS condition (outer operand may be NULL).
    pub guarded: bool,
    /// Which pair of a semijoin nest it is: nest and index of the pair.
    pub semijoin_pair: Option<(NestId, usize)>,
    /// The comparison that it came from.
    pub condition: Option<ExprId>,
    /// The literal NULL, or an expression that is known to be NULL.
    pub value_is_null: bool,
    /// Can the value be NULL?
    pub value_nullable: bool,
}

impl KeyUse {
    /// Part number of a full-text key use: higher than any real part.
    pub const FULL_TEXT: usize = usize::MAX;
}

/// Facts about one index of one table that the search asks for again and again.
#[derive(Clone, Debug, Default)]
pub struct IndexFacts {
    /// Parts that the user wrote.
    pub user_parts: usize,
    /// Parts with the primary key columns that InnoDB appends, as far as `use_index_extensions` counts them.
    pub actual_parts: usize,
    /// UNIQUE as the user wrote it.
    pub unique: bool,
    /// A user part can be NULL.
    pub nullable_part: bool,
    /// The clustered primary key.
    pub clustered_primary: bool,
    /// FULLTEXT.
    pub full_text: bool,
    /// Bytes of the user parts, length and NULL bytes included.
    pub key_bytes: u32,
    /// Records per key by number of parts minus one; negative where unknown.
    pub records_per_key: SmallVec<[f32; 4]>,
    /// Entries in a page, as index-only reads count them (spec 04 §0.3, `B`).
    pub entries_per_page: u32,
    /// Share of the index in the buffer pool.
    pub in_memory: f64,
    /// It holds every column that the statement reads from the table.
    pub covering: bool,
    /// Its key uses in `JoinState::key_uses`.
    pub key_uses: Range<usize>,
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
    /// `N`: rows as the engine reports them.
    pub records: u64,
    /// `found`: rows to read by the best table-level method.
    pub found: u64,
    /// `read_time`: cost of that method once, without row evaluation for scans.
    pub read_time: f64,
    /// Cost of a full table scan, without row evaluation.
    pub table_scan_cost: f64,
    /// Ceiling of the cost of one lookup.
    pub worst_seeks: f64,
    /// The range plan kept for the table (also while a ref was chosen; spec 04 §11.1, §11.2).
    pub range_plan: Option<RangePlan>,
    /// The range plan was forced by an index merge or skip scan hint.
    pub range_plan_forced: bool,
    /// Estimates by index.
    pub quick: Vec<Option<QuickEstimate>>,
    /// Facts by index.
    pub indexes: Vec<IndexFacts>,
    /// Longest key of the table as spec 04 §6.3 A3 counts it.
    pub max_key_bytes: u32,
    /// Indexes that `possible_keys` lists (with those of `quick`).
    pub keys: KeySet,
    /// Indexes with constant conditions.
    pub const_keys: KeySet,
    /// Indexes that only a skip scan could use (spec 04 §5.3).
    pub skip_scan_keys: KeySet,
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
    /// Conjuncts of WHERE that name a column of the table, in order.
    pub conjuncts: Vec<ExprId>,
    /// Tables that must precede.
    pub dependent: TableSet,
    /// Tables that could drive a lookup into it.
    pub key_dependent: TableSet,
    /// Leading parts of each index that are bound to constants, as a bit set by part (for ORDER BY and GROUP BY).
    pub const_key_parts: Vec<u32>,
    /// Outer-join nests (antijoin nests too) around it, innermost first.
    pub outer_nests: SmallVec<[NestId; 2]>,
    /// Semijoin or antijoin nest around it.
    pub semijoin_nest: Option<NestId>,
    /// It is inner to an outer join that is still one (its own, or a nest's around it).
    pub inner_of_outer_join: bool,
    /// Const or system table: how.
    pub constness: Constness,
    /// A const table without a matching row: all its columns are NULL.
    pub null_row: bool,
    /// `Impossible ON condition`, `unique row not found`, `const row not found`.
    pub const_note: Option<&'static str>,
    /// The ranges can never hold.
    pub always_false: bool,
    /// All partitions were pruned, or the used ones' numbers; none for tables without partitions.
    pub partitions: Option<Vec<usize>>,
    /// A derived table, view or CTE that is materialized.
    pub materialized: bool,
    /// Tables that a lateral derived table refers to.
    pub lateral_depends: TableSet,
    /// Cost of one run of a derived table's definition, and of writing its rows once.
    pub materialization_cost: f64,
    /// Cost of writing the rows of a lateral derived table once.
    pub write_cost: f64,
    /// Bytes of the columns read, as a join buffer stores them (spec 04 §7.3).
    pub buffered_bytes: u32,
    /// Bytes of a row id.
    pub row_id_bytes: u32,
    /// Key uses of the table in `JoinState::key_uses`.
    pub key_uses: Range<usize>,
    /// A derived table that a set operation is written into directly: lookups cost the ceiling.
    pub unfinished: bool,
    /// Block nested loop may be used (switch, or hint).
    pub block_nested_loop: bool,
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

/// Semijoin bookkeeping of one place of a join order (spec 05 §4).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SemijoinProgress {
    /// Inner tables whose duplicates nobody removes yet.
    pub duplicates: TableSet,
    /// Start of an open FirstMatch range.
    pub first_match: Option<u8>,
    /// Tables that it needs.
    pub first_match_needs: TableSet,
    /// Tables that remained when it started.
    pub first_match_remaining: TableSet,
    /// Start of an open LooseScan range.
    pub loose_scan: Option<u8>,
    /// Tables that it needs.
    pub loose_scan_needs: TableSet,
    /// Tables that a deferred MaterializeScan needs; empty if there is none.
    pub scan_needs: TableSet,
    /// Place of its last inner table.
    pub scan_last_inner: u8,
    /// Tables that a duplicate weedout needs.
    pub weedout_tables: TableSet,
    /// Its start.
    pub weedout_first: u8,
    /// Outer-join nests that are open behind this place.
    pub open_nests: u64,
}

/// One place of a join order (spec 04 §7, 05 §3).
#[derive(Clone, Copy, Debug)]
pub struct Position {
    /// Table number in the block; [`Position::NEST`] for a materialized nest's temporary table.
    pub table: u8,
    /// The nest, if this place is a materialized nest's temporary table.
    pub nest: Option<NestId>,
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
    /// Strategy of the range that starts here (while searching: that ends here). `MaterializeLookup` and `MaterializeScan`
    /// stand on the temporary table's place.
    pub semijoin: SemijoinStrategy,
    /// Number of places that the strategy's range covers, from here on.
    pub semijoin_tables: u8,
    /// Index of a loose scan and the number of its parts that are compared (largest handled part plus one).
    pub loose_scan: Option<(IndexNo, u8)>,
    /// Bookkeeping of the search.
    pub progress: SemijoinProgress,
}

impl Position {
    /// Table number of a place that is no table of the block.
    pub const NEST: u8 = u8::MAX;

    /// An unused place.
    pub fn empty(table: u8) -> Position {
        Position {
            table,
            nest: None,
            rows_fetched: 0.0,
            read_cost: 0.0,
            filter_effect: 1.0,
            prefix_rowcount: 1.0,
            prefix_cost: 0.0,
            key: None,
            ref_depend: TableSet::EMPTY,
            bound_parts: 0,
            join_buffer: false,
            semijoin: SemijoinStrategy::None,
            semijoin_tables: 0,
            loose_scan: None,
            progress: SemijoinProgress::default(),
        }
    }
}

/// The numbers of materializing a semijoin nest or an IN subquery (spec 05 §2.4).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MaterializationCosts {
    /// Rows that the inner join yields.
    pub rows: f64,
    /// Cost of the inner join, of creating the table and of writing the rows.
    pub materialize: f64,
    /// Cost of one scan of the table.
    pub scan: f64,
    /// Cost of one lookup.
    pub lookup: f64,
    /// Rows after removing duplicates.
    pub distinct_rows: f64,
}

/// What was found out about materializing one nest, before the search.
#[derive(Clone, Debug)]
pub struct MaterializationPlan {
    /// Its costs.
    pub costs: MaterializationCosts,
    /// The best order of its tables alone.
    pub positions: Vec<Position>,
    /// A lookup into the temporary table is possible.
    pub lookup_allowed: bool,
}

/// A semijoin or antijoin nest as the search sees it.
#[derive(Clone, Debug)]
pub struct SemijoinNest {
    /// The nest.
    pub id: NestId,
    /// An antijoin.
    pub anti: bool,
    /// Tables still in it.
    pub inner: TableSet,
    /// Outer tables that it refers to.
    pub depends: TableSet,
    /// Outer tables that the condition uses otherwise than in pair equalities.
    pub correlated: TableSet,
    /// Enabled strategies: bits of [`SemijoinStrategy`].
    pub strategies: u8,
    /// Pairs (outer, inner).
    pub pairs: Vec<(ExprId, ExprId)>,
    /// The plan of materializing it, if that is possible.
    pub materialization: Option<MaterializationPlan>,
}

/// A nest that the chosen plan materializes.
#[derive(Clone, Debug)]
pub struct MaterializedSemijoin {
    /// The nest.
    pub nest: NestId,
    /// Its temporary table is scanned; otherwise it is looked up.
    pub scan: bool,
    /// Its inner tables in their own plan order; rows and costs start from an empty prefix.
    pub positions: Vec<Position>,
    /// Its costs.
    pub costs: MaterializationCosts,
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
    /// Chosen order, const tables first, in which each materialized nest is one place (spec 05 §5.3).
    pub positions: Vec<Position>,
    /// How many leading tables are const.
    pub const_tables: usize,
    /// The set of const tables.
    pub const_table_set: TableSet,
    /// Const tables that have a row.
    pub found_const_tables: TableSet,
    /// Materialized nests in the order of the plan; their inner tables follow the ordinary places.
    pub materialized: Vec<MaterializedSemijoin>,
    /// Semijoin and antijoin nests that remained after pulling tables out.
    pub nests: Vec<SemijoinNest>,
    /// Query cost (reduced by 0.001 as the server does).
    pub best_read: f64,
    /// Rows of the plan, truncated, as the search left them (before [`JoinState::refined_rowcount`]).
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
    /// LIMIT plus OFFSET of the block; the largest number without LIMIT.
    pub select_limit: u64,
    /// The block is (part of) a derived table.
    pub in_derived_table: bool,
    /// The join order is fixed by STRAIGHT_JOIN.
    pub straight: bool,
}

impl JoinState {
    /// Rows by which a containing block estimates the block (spec 04 §11.8).
    pub fn refined_rowcount(&self) -> u64 {
        if self.tables.len() == self.const_tables {
            return self.best_rowcount.min(1);
        }
        let rows = if self.in_derived_table && self.best_rowcount <= 1 { 2 } else { self.best_rowcount };
        rows.min(self.select_limit)
    }
}
