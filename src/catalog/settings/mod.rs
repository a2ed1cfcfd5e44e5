//! Session settings that move a plan: `optimizer_switch`, variables, SQL modes (spec 09 §3, §4).

mod assign;
mod rules;
mod variables;

use super::ServerVersion;
use super::types::CollationId;
use indexmap::IndexMap;
use std::sync::Arc;

/// Flags of `optimizer_switch`, in the order in which the variable prints them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Switch {
    IndexMerge,
    IndexMergeUnion,
    IndexMergeSortUnion,
    IndexMergeIntersection,
    EngineConditionPushdown,
    IndexConditionPushdown,
    Mrr,
    MrrCostBased,
    BlockNestedLoop,
    BatchedKeyAccess,
    Materialization,
    Semijoin,
    LooseScan,
    FirstMatch,
    DuplicateWeedout,
    SubqueryMaterializationCostBased,
    UseIndexExtensions,
    ConditionFanoutFilter,
    DerivedMerge,
    UseInvisibleIndexes,
    SkipScan,
    HashJoin,
    SubqueryToDerived,
    PreferOrderingIndex,
    HypergraphOptimizer,
    DerivedConditionPushdown,
    /// Since 8.2; moves no plan.
    HashSetOperations,
}

/// Names of the flags, in the order of [`Switch`].
pub const SWITCH_NAMES: [&str; 27] = [
    "index_merge",
    "index_merge_union",
    "index_merge_sort_union",
    "index_merge_intersection",
    "engine_condition_pushdown",
    "index_condition_pushdown",
    "mrr",
    "mrr_cost_based",
    "block_nested_loop",
    "batched_key_access",
    "materialization",
    "semijoin",
    "loosescan",
    "firstmatch",
    "duplicateweedout",
    "subquery_materialization_cost_based",
    "use_index_extensions",
    "condition_fanout_filter",
    "derived_merge",
    "use_invisible_indexes",
    "skip_scan",
    "hash_join",
    "subquery_to_derived",
    "prefer_ordering_index",
    "hypergraph_optimizer",
    "derived_condition_pushdown",
    "hash_set_operations",
];

/// The state of all flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SwitchSet(u32);

impl Default for SwitchSet {
    fn default() -> Self {
        let mut set = SwitchSet((1 << SWITCH_NAMES.len()) - 1);
        for off in [Switch::BatchedKeyAccess, Switch::UseInvisibleIndexes, Switch::SubqueryToDerived, Switch::HypergraphOptimizer]
        {
            set.set(off, false);
        }
        set
    }
}

impl SwitchSet {
    /// True if the flag is on.
    pub fn on(self, flag: Switch) -> bool {
        self.0 >> flag as u8 & 1 == 1
    }
    /// State of a flag by its name in `optimizer_switch`; none if there is no such flag.
    pub fn by_name(self, name: &str) -> Option<bool> {
        let at = SWITCH_NAMES.iter().position(|own| own.eq_ignore_ascii_case(name))?;
        Some(self.0 >> at & 1 == 1)
    }
    /// Turns a flag on or off.
    pub fn set(&mut self, flag: Switch, on: bool) {
        if on { self.0 |= 1 << flag as u8 } else { self.0 &= !(1 << flag as u8) }
    }
}

/// Bits of `sql_mode` that matter to parsing, resolving, folding and printing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct SqlMode {
    pub ansi_quotes: bool,
    pub pipes_as_concat: bool,
    pub high_not_precedence: bool,
    pub ignore_space: bool,
    pub no_backslash_escapes: bool,
    pub no_unsigned_subtraction: bool,
    pub only_full_group_by: bool,
    pub strict: bool,
    pub no_zero_date: bool,
    pub no_zero_in_date: bool,
    pub allow_invalid_dates: bool,
    pub error_for_division_by_zero: bool,
    pub pad_char_to_full_length: bool,
}

/// All settings of one statement, resolved: no stage reads a variable by name.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Release whose rules hold.
    pub version: ServerVersion,
    /// `optimizer_switch`.
    pub switches: SwitchSet,
    /// `sql_mode`.
    pub sql_mode: SqlMode,
    /// `optimizer_search_depth`.
    pub search_depth: u32,
    /// `optimizer_prune_level`.
    pub prune_level: u32,
    /// `eq_range_index_dive_limit`.
    pub eq_range_index_dive_limit: u32,
    /// `range_optimizer_max_mem_size`, bytes.
    pub range_optimizer_max_mem_size: u64,
    /// `max_seeks_for_key`.
    pub max_seeks_for_key: u64,
    /// `join_buffer_size`, bytes.
    pub join_buffer_bytes: u64,
    /// `sort_buffer_size`, bytes.
    pub sort_buffer_bytes: u64,
    /// `read_rnd_buffer_size`, bytes.
    pub read_rnd_buffer_bytes: u64,
    /// `tmp_table_size`, bytes.
    pub tmp_table_bytes: u64,
    /// `max_heap_table_size`, bytes.
    pub max_heap_table_bytes: u64,
    /// `big_tables`.
    pub big_tables: bool,
    /// `sql_select_limit`.
    pub select_limit: u64,
    /// `sql_safe_updates`.
    pub safe_updates: bool,
    /// `sql_buffer_result`.
    pub buffer_result: bool,
    /// `sql_auto_is_null`.
    pub auto_is_null: bool,
    /// `div_precision_increment`.
    pub div_precision_increment: u32,
    /// `group_concat_max_len`.
    pub group_concat_max_len: u64,
    /// `windowing_use_high_precision`.
    pub windowing_use_high_precision: bool,
    /// `innodb_buffer_pool_size`, bytes.
    pub buffer_pool_bytes: u64,
    /// `collation_connection`.
    pub collation_connection: CollationId,
    /// `lower_case_table_names`.
    pub lower_case_table_names: u8,
    /// `time_zone` as an offset from UTC in seconds.
    pub time_zone_seconds: i32,
    /// `timestamp`, microseconds since the epoch: what NOW() returns.
    pub timestamp_micros: i64,
    /// `end_markers_in_json`.
    pub end_markers_in_json: bool,
    /// All variables by lower-cased name as text, for `@@name`, printing and unknown-variable errors.
    pub variables: Arc<IndexMap<String, String>>,
    /// User variables that SET statements gave a value, by lower-cased name.
    pub user_variables: IndexMap<String, crate::value::Value>,
}

/// What NOW() returns unless `timestamp` is set: planning reads no clock, so that the same input gives the same plan.
pub const DEFAULT_TIMESTAMP_MICROS: i64 = 1_666_000_000_000_000;

impl Default for Settings {
    /// MySQL's own defaults.
    fn default() -> Self {
        Settings {
            version: ServerVersion::default(),
            switches: SwitchSet::default(),
            sql_mode: SqlMode {
                only_full_group_by: true,
                strict: true,
                no_zero_date: true,
                no_zero_in_date: true,
                error_for_division_by_zero: true,
                ..SqlMode::default()
            },
            search_depth: 62,
            prune_level: 1,
            eq_range_index_dive_limit: 200,
            range_optimizer_max_mem_size: 8_388_608,
            max_seeks_for_key: u64::MAX,
            join_buffer_bytes: 262_144,
            sort_buffer_bytes: 262_144,
            read_rnd_buffer_bytes: 262_144,
            tmp_table_bytes: 16_777_216,
            max_heap_table_bytes: 16_777_216,
            big_tables: false,
            select_limit: u64::MAX,
            safe_updates: false,
            buffer_result: false,
            auto_is_null: false,
            div_precision_increment: 4,
            group_concat_max_len: 1024,
            windowing_use_high_precision: true,
            buffer_pool_bytes: 134_217_728,
            collation_connection: CollationId::UTF8MB4_0900_AI_CI,
            lower_case_table_names: 0,
            time_zone_seconds: 0,
            timestamp_micros: DEFAULT_TIMESTAMP_MICROS,
            end_markers_in_json: false,
            variables: Arc::default(),
            user_variables: IndexMap::new(),
        }
    }
}
