//! The plan of one query block (spec 07 §1, 08 §3).

use crate::access::RangePlan;
use crate::catalog::{IndexNo, KeySet};
use crate::query::{ExprId, NestId, OrderElement, TableId};

/// How planning of a block ended.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Outcome {
    /// Tables are read.
    Planned,
    /// `No tables used`.
    NoTables,
    /// No row can come: `Impossible WHERE` and the like.
    ZeroRows(&'static str),
    /// `Select tables optimized away`.
    OptimizedAway,
    /// VALUES ROW(…).
    Values,
}

/// The `type` column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum AccessType {
    System,
    Const,
    EqRef,
    Ref,
    FullText,
    RefOrNull,
    IndexMerge,
    UniqueSubquery,
    IndexSubquery,
    Range,
    Index,
    All,
}

impl AccessType {
    /// Its name, as the `type` column and the trace print it (spec 07 §3.5).
    pub fn name(self) -> &'static str {
        match self {
            AccessType::System => "system",
            AccessType::Const => "const",
            AccessType::EqRef => "eq_ref",
            AccessType::Ref => "ref",
            AccessType::FullText => "fulltext",
            AccessType::RefOrNull => "ref_or_null",
            AccessType::IndexMerge => "index_merge",
            AccessType::UniqueSubquery => "unique_subquery",
            AccessType::IndexSubquery => "index_subquery",
            AccessType::Range => "range",
            AccessType::Index => "index",
            AccessType::All => "ALL",
        }
    }
}

/// A lookup by key.
#[derive(Clone, Debug, PartialEq)]
pub struct RefAccess {
    /// The index.
    pub index: IndexNo,
    /// Value for each used part, in order (columns already replaced by the best of their multiple equality).
    pub values: Vec<ExprId>,
    /// Bytes: `key_len`.
    pub key_bytes: u32,
    /// Parts with a guard (IN→EXISTS): `Full scan on NULL key`.
    pub guarded_parts: u32,
    /// Parts whose equality rejects NULL.
    pub null_rejecting: u32,
    /// The part that also looks for NULL (ref_or_null).
    pub null_part: Option<usize>,
    /// The index is read backwards.
    pub reverse: bool,
    /// Conditions that the lookup consumes: the comparison of each part, where known.
    pub conditions: Vec<Option<ExprId>>,
}

/// How rows are fetched.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum AccessMethod {
    /// Read while planning, or null-complemented.
    ConstRow,
    Lookup(RefAccess),
    Range(Box<RangePlan>),
    IndexScan {
        index: IndexNo,
        reverse: bool,
    },
    TableScan,
    /// `Range checked for each record`.
    DynamicRange,
}

/// Join buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum JoinBuffer {
    #[default]
    None,
    /// Hash join.
    Hash,
    BatchedKeyAccess,
}

/// What a table does for a semijoin (spec 05 §11.3).
#[derive(Clone, Debug, PartialEq, Default)]
pub struct SemijoinMark {
    /// `FirstMatch(t)`: after a match, go back to this table's place in the plan (`usize::MAX`: before the first).
    pub first_match_to: Option<usize>,
    /// A LooseScan starts here; holds the last place of its range.
    pub loose_scan_until: Option<usize>,
    /// `Start temporary`.
    pub weedout_start: bool,
    /// `End temporary`.
    pub weedout_end: bool,
    /// At `weedout_start`: no row id needs to be stored, one row is enough (LIMIT 1).
    pub weedout_confluent: bool,
    /// Bytes of key that a LooseScan compares.
    pub loose_scan_key_bytes: u32,
}

/// One table of the plan.
#[derive(Clone, Debug)]
pub struct TableAccess {
    /// The table; for the temporary table of a materialized semijoin the nest is given instead.
    pub table: Option<TableId>,
    /// Temporary table of a materialized semijoin.
    pub materialized: Option<NestId>,
    /// Materialized nest whose inner tables this one belongs to.
    pub inner_of: Option<NestId>,
    /// `type`.
    pub access_type: AccessType,
    /// How rows are fetched.
    pub method: AccessMethod,
    /// Indexes of `possible_keys`.
    pub possible_keys: KeySet,
    /// Indexes with an estimate or dynamic ranges: `index map` of dynamic ranges.
    pub dynamic_keys: KeySet,
    /// Only the index is read (`Using index`).
    pub index_only: bool,
    /// Rows read by one execution (after refinement, spec 07 §1.2).
    pub rows_fetched: f64,
    /// Share that passes (after refinement).
    pub filter_effect: f32,
    /// Prefix rows of the search.
    pub prefix_rowcount: f64,
    /// Reading cost of the search.
    pub read_cost: f64,
    /// Prefix cost of the search.
    pub prefix_cost: f64,
    /// Rows of the table as the engine reports them.
    pub table_rows: u64,
    /// Cost of a full scan without evaluation.
    pub scan_cost: f64,
    /// Condition checked on rows of this table, guards included.
    pub condition: Option<ExprId>,
    /// Condition pushed into the index.
    pub index_condition: Option<ExprId>,
    /// Join buffer.
    pub join_buffer: JoinBuffer,
    /// `Not exists`.
    pub not_exists: bool,
    /// `Distinct`.
    pub distinct: bool,
    /// First inner table of an outer join (or antijoin): place in the plan of its last inner table.
    pub last_inner: Option<usize>,
    /// Place in the plan of the first inner table of the innermost outer join around it.
    pub first_inner: Option<usize>,
    /// Place of the first inner table of the next outer join around that one.
    pub first_upper: Option<usize>,
    /// Semijoin marks.
    pub semijoin: SemijoinMark,
    /// A filesort on this table's rows, before the join goes on.
    pub sort: Option<SortStep>,
    /// Names of the used partitions; none for tables without partitions.
    pub partitions: Option<Vec<String>>,
    /// `Impossible ON condition`, `unique row not found`, `const row not found`.
    pub const_note: Option<&'static str>,
    /// `Ft_hints: …`, without the words before the colon.
    pub full_text_hints: Option<String>,
    /// Lateral derived tables that this row invalidates: `Rematerialize (…)`.
    pub rematerializes: Vec<TableId>,
    /// Ranges were not captured: rows are estimated.
    pub estimated_rows: bool,
}

/// A filesort.
#[derive(Clone, Debug)]
pub struct SortStep {
    /// Elements.
    pub elements: Vec<OrderElement>,
    /// Rows wanted, if limited.
    pub limit: Option<u64>,
    /// Removes duplicates (DISTINCT).
    pub remove_duplicates: bool,
    /// Sorts row ids.
    pub row_ids: bool,
}

/// What a temporary table after the join does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum TempTableKind {
    /// `Aggregate using temporary table`.
    Aggregate,
    /// Aggregates sorted input, then stores.
    AggregateThenStore,
    /// Stores rows.
    Store,
    /// The output of a window.
    Window(usize),
}

/// One temporary table after the join (spec 06 §9, 08 §3.6).
#[derive(Clone, Debug)]
pub struct TempTableStep {
    /// What it does.
    pub kind: TempTableKind,
    /// It removes duplicates by a unique key (DISTINCT, or GROUP BY without aggregates).
    pub deduplicates: bool,
    /// Group list of the aggregation that feeds it (for its row estimate).
    pub group_by: Vec<OrderElement>,
    /// Rows stored at most.
    pub limit: Option<u64>,
    /// HAVING applied while storing.
    pub having: Option<ExprId>,
    /// Condition checked when reading it.
    pub condition: Option<ExprId>,
    /// DISTINCT by a sort that removes duplicates, or by LIMIT 1 if all columns are constant.
    pub duplicate_removal: Option<SortStep>,
    /// Sort of its rows.
    pub sort: Option<SortStep>,
    /// The window's result is streamed, not stored.
    pub streamed_window: bool,
}

/// One clause's flags (spec 07 §7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClauseFlag {
    /// The clause exists.
    pub exists: bool,
    /// It needs a temporary table.
    pub temporary: bool,
    /// It needs a filesort.
    pub filesort: bool,
    /// It removes duplicates by sorting.
    pub duplicates: bool,
}

/// Flags of all clauses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct ClauseFlags {
    pub order_by: ClauseFlag,
    pub group_by: ClauseFlag,
    pub distinct: ClauseFlag,
    pub buffer_result: ClauseFlag,
    pub windowing: ClauseFlag,
}

/// One window as it is executed (spec 06 §12.2, §12.3).
#[derive(Clone, Debug)]
pub struct WindowStep {
    /// Index into the block's windows.
    pub window: usize,
    /// Elements that its input is sorted by, inherited ones included; empty if it is not sorted.
    pub sort: Vec<OrderElement>,
    /// Its rows go on without a temporary table (short circuit).
    pub streamed: bool,
    /// It needs a frame buffer.
    pub frame_buffer: bool,
    /// Frames are evaluated incrementally (static, row or range optimized).
    pub optimized_frame: bool,
    /// Its functions, in the order of use.
    pub functions: Vec<ExprId>,
}

/// How UPDATE and DELETE of one table work (spec 06 §15.2, §15.3, 07 §6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct DataChange {
    /// `Using temporary`: rows are collected before they are changed.
    pub temporary: bool,
    /// The key that is scanned is changed.
    pub key_modified: bool,
    /// `Using filesort`.
    pub filesort: bool,
    /// `Deleting all rows`.
    pub delete_all: bool,
}

/// The plan of one block.
#[derive(Clone, Debug)]
pub struct BlockPlan {
    /// How planning ended.
    pub outcome: Outcome,
    /// Tables in plan order: const tables, the others (with the temporary tables of materialized semijoins), then the inner
    /// tables of each materialized semijoin.
    pub tables: Vec<TableAccess>,
    /// Leading const tables.
    pub const_tables: usize,
    /// Tables before the inner tables of materialized semijoins.
    pub primary_tables: usize,
    /// Query cost.
    pub best_read: f64,
    /// Sort cost in it.
    pub sort_cost: f64,
    /// Windowing cost in it.
    pub windowing_cost: f64,
    /// Rows, as a containing block estimates a derived table by.
    pub best_rowcount: u64,
    /// WHERE as the note prints it.
    pub where_: Option<ExprId>,
    /// HAVING as the note prints it.
    pub having: Option<ExprId>,
    /// HAVING that remains to be applied at the end of the block (TREE).
    pub final_having: Option<ExprId>,
    /// GROUP BY as the note prints it.
    pub group_by: Vec<OrderElement>,
    /// ORDER BY as the note prints it.
    pub order_by: Vec<OrderElement>,
    /// GROUP BY was found to be constant: one group (spec 02 §6.4-4).
    pub group_optimized_away: bool,
    /// DISTINCT as the note prints it.
    pub distinct: bool,
    /// Clause flags.
    pub flags: ClauseFlags,
    /// Temporary tables after the join.
    pub steps: Vec<TempTableStep>,
    /// The final step aggregates a stream: its group list (empty for implicit grouping).
    pub final_aggregate: Option<Vec<OrderElement>>,
    /// All of it is one count of records (`Count rows in t`).
    pub count_only: bool,
    /// Windows in the order of execution (indexes into the block's windows).
    pub window_order: Vec<usize>,
    /// LIMIT + OFFSET as a number; none if unlimited.
    pub row_limit: Option<u64>,
    /// OFFSET.
    pub row_offset: u64,
    /// The IN subquery is executed by an index lookup (`unique_subquery`, `index_subquery`).
    pub index_subquery: bool,
    /// The windows in the order of execution, as JSON and TREE describe them; empty if no window step is made.
    pub window_steps: Vec<WindowStep>,
    /// An UPDATE or DELETE of one table without a join plan; `tables` then holds that table alone.
    pub data_change: Option<DataChange>,
}
