//! What optimizer hints say about blocks, tables and indexes (spec 09 §1.6).
//!
//! Resolving fills [`Hints`]; names are resolved and conflicts gone, so that every stage only asks.

use super::{BlockId, Query, TableId};
use crate::catalog::{IndexNo, KeySet};
use crate::parse::ast::{HintTable, Name};
use std::sync::Arc;

/// Kinds of hints, a hint and its negation being one kind, in the order in which they print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum HintKind {
    Bka,
    Bnl,
    Icp,
    Mrr,
    RangeOptimization,
    Semijoin,
    Subquery,
    Merge,
    JoinFixedOrder,
    IndexMerge,
    SkipScan,
    HashJoin,
    Index,
    JoinIndex,
    GroupIndex,
    OrderIndex,
    DerivedConditionPushdown,
}

impl HintKind {
    /// All kinds in order.
    pub const ALL: [HintKind; 17] = [
        HintKind::Bka,
        HintKind::Bnl,
        HintKind::Icp,
        HintKind::Mrr,
        HintKind::RangeOptimization,
        HintKind::Semijoin,
        HintKind::Subquery,
        HintKind::Merge,
        HintKind::JoinFixedOrder,
        HintKind::IndexMerge,
        HintKind::SkipScan,
        HintKind::HashJoin,
        HintKind::Index,
        HintKind::JoinIndex,
        HintKind::GroupIndex,
        HintKind::OrderIndex,
        HintKind::DerivedConditionPushdown,
    ];

    /// Name without `NO_`.
    pub fn name(self) -> &'static str {
        match self {
            HintKind::Bka => "BKA",
            HintKind::Bnl => "BNL",
            HintKind::Icp => "ICP",
            HintKind::Mrr => "MRR",
            HintKind::RangeOptimization => "RANGE_OPTIMIZATION",
            HintKind::Semijoin => "SEMIJOIN",
            HintKind::Subquery => "SUBQUERY",
            HintKind::Merge => "MERGE",
            HintKind::JoinFixedOrder => "JOIN_FIXED_ORDER",
            HintKind::IndexMerge => "INDEX_MERGE",
            HintKind::SkipScan => "SKIP_SCAN",
            HintKind::HashJoin => "HASH_JOIN",
            HintKind::Index => "INDEX",
            HintKind::JoinIndex => "JOIN_INDEX",
            HintKind::GroupIndex => "GROUP_INDEX",
            HintKind::OrderIndex => "ORDER_INDEX",
            HintKind::DerivedConditionPushdown => "DERIVED_CONDITION_PUSHDOWN",
        }
    }

    /// Kind and direction of a written hint; none for join orders and global hints.
    pub fn of_name(name: &str) -> Option<(HintKind, bool)> {
        let (plain, on) = name.strip_prefix("NO_").map_or((name, true), |plain| (plain, false));
        HintKind::ALL.into_iter().find(|kind| kind.name() == plain).map(|kind| (kind, on))
    }
}

/// On or off, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HintSwitches {
    given: u32,
    on: u32,
}

impl HintSwitches {
    /// What was said of a kind, if anything.
    pub fn get(self, kind: HintKind) -> Option<bool> {
        let bit = 1 << kind as u8;
        (self.given & bit != 0).then_some(self.on & bit != 0)
    }
    /// Notes a hint.
    pub fn set(&mut self, kind: HintKind, on: bool) {
        self.given |= 1 << kind as u8;
        if on {
            self.on |= 1 << kind as u8;
        }
    }
    /// Forgets a hint.
    pub fn clear(&mut self, kind: HintKind) {
        self.given &= !(1 << kind as u8);
    }
}

/// SEMIJOIN, NO_SEMIJOIN or SUBQUERY with its strategies.
#[derive(Clone, Debug, PartialEq)]
pub struct StrategyHint {
    /// Not the `NO_` form.
    pub on: bool,
    /// Upper-cased strategies as written; empty for all.
    pub strategies: Vec<Arc<str>>,
}

/// JOIN_PREFIX, JOIN_SUFFIX or JOIN_ORDER.
#[derive(Clone, Debug, PartialEq)]
pub struct JoinOrderHint {
    /// Name.
    pub name: Arc<str>,
    /// Tables as written: looked up when the block is optimized, among the tables that it has then.
    pub tables: Vec<HintTable>,
    /// It names what is not there, or contradicts another one: neither followed nor printed.
    pub dropped: bool,
}

/// A hint on a table with a list of indexes: INDEX_MERGE, SKIP_SCAN, INDEX and its kin.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexListHint {
    /// Not the `NO_` form.
    pub on: bool,
    /// Names as written; empty for all indexes.
    pub names: Vec<Name>,
    /// The indexes, all of the table's if none is named.
    pub indexes: KeySet,
    /// Every name was found.
    pub resolved: bool,
}

/// MRR, NO_ICP and NO_RANGE_OPTIMIZATION of one index.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexHints {
    /// Name as written.
    pub name: Name,
    /// The index, if the table has it.
    pub index: Option<IndexNo>,
    /// What was said.
    pub switches: HintSwitches,
    /// Hints with lists of indexes that name it: for warnings only.
    pub listed: HintSwitches,
}

/// Hints on one table of a block.
#[derive(Clone, Debug, PartialEq)]
pub struct TableHints {
    /// Name as written.
    pub name: Name,
    /// The table, if the block has it.
    pub table: Option<TableId>,
    /// What was said of the whole table.
    pub switches: HintSwitches,
    /// Hints with lists of indexes, in the order of writing.
    pub lists: Vec<(HintKind, IndexListHint)>,
    /// Hints on single indexes in the order of their first mention.
    pub indexes: Vec<IndexHints>,
}

/// Hints on one block.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockHints {
    /// The block.
    pub block: BlockId,
    /// Hints without a table.
    pub switches: HintSwitches,
    /// SEMIJOIN.
    pub semijoin: Option<StrategyHint>,
    /// SUBQUERY.
    pub subquery: Option<StrategyHint>,
    /// Join orders in the order of writing.
    pub join_orders: Vec<JoinOrderHint>,
    /// Tables in the order of first mention.
    pub tables: Vec<TableHints>,
}

impl BlockHints {
    /// No hints for `block`.
    pub fn new(block: BlockId) -> BlockHints {
        BlockHints {
            block,
            switches: HintSwitches::default(),
            semijoin: None,
            subquery: None,
            join_orders: Vec::new(),
            tables: Vec::new(),
        }
    }
}

/// A SET_VAR that took effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableHint {
    /// Lower-cased name.
    pub name: Arc<str>,
    /// Value as it prints.
    pub value: Arc<str>,
    /// It prints in quotes.
    pub quoted: bool,
}

/// All hints of a statement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hints {
    /// Blocks that hints speak of, in the order in which blocks end: inner before outer.
    pub blocks: Vec<BlockHints>,
    /// Block of every table before anything was merged: what is said of a block holds for its tables wherever they go.
    pub home: Vec<BlockId>,
    /// MAX_EXECUTION_TIME.
    pub max_execution_time: Option<u64>,
    /// SET_VAR, in the order of writing.
    pub variables: Vec<VariableHint>,
}

impl Hints {
    /// Hints on a block.
    pub fn of_block(&self, block: BlockId) -> Option<&BlockHints> {
        self.blocks.iter().find(|hints| hints.block == block)
    }
    /// Hints that name a table.
    pub fn of_table(&self, table: TableId) -> Option<&TableHints> {
        self.blocks.iter().flat_map(|block| &block.tables).find(|hints| hints.table == Some(table))
    }
}

impl Query {
    /// Name of a block as hints, warnings and the note print it: QB_NAME or `select#N`.
    pub fn block_name(&self, block: BlockId) -> String {
        match &self[block].name {
            Some(name) => name.to_string(),
            None => format!("select#{:x}", self[block].select_id),
        }
    }

    /// The table that a join order hint on an optimized block means. The block behind a table's name counts only against blocks that
    /// have a name of their own.
    pub fn hinted_table(&self, block: BlockId, named: &HintTable) -> Option<TableId> {
        let name = named.name.to_lowercase();
        let fits = |table: &TableId| {
            let home = self.hints.home.get(table.0 as usize).copied().unwrap_or(block);
            self[*table].alias.to_lowercase() == name
                && match (&named.query_block, &self[home].name) {
                    (Some(written), Some(own)) => written.eq_ignore_ascii_case(own),
                    _ => true,
                }
        };
        self[block].leaves.iter().copied().find(fits)
    }

    /// A table hint's direction: the table's own, else the one on its block as it was written; none without such a hint.
    pub fn table_hint(&self, table: TableId, kind: HintKind) -> Option<bool> {
        if self.hints.blocks.is_empty() {
            return None;
        }
        let own = self.hints.of_table(table).and_then(|hints| hints.switches.get(kind));
        own.or_else(|| {
            let home = self.hints.home.get(table.0 as usize).copied().unwrap_or(self[table].block);
            self.hints.of_block(home)?.switches.get(kind)
        })
    }

    /// MRR, ICP or RANGE_OPTIMIZATION of one index: the index's own, else the table's; none without such a hint.
    pub fn index_hint(&self, table: TableId, index: IndexNo, kind: HintKind) -> Option<bool> {
        if self.hints.blocks.is_empty() {
            return None;
        }
        let hints = self.hints.of_table(table)?;
        let own = hints.indexes.iter().find(|hints| hints.index == Some(index)).and_then(|hints| hints.switches.get(kind));
        own.or_else(|| hints.switches.get(kind))
    }

    /// A hint with a list of indexes that is in force for a table.
    pub fn index_list_hint(&self, table: TableId, kind: HintKind) -> Option<&IndexListHint> {
        if self.hints.blocks.is_empty() {
            return None;
        }
        let lists = &self.hints.of_table(table)?.lists;
        lists.iter().find(|(other, list)| *other == kind && list.resolved).map(|(_, list)| list)
    }

    /// MERGE or NO_MERGE of a derived table, view or CTE reference; none without such a hint.
    pub fn merge_hint(&self, table: TableId) -> Option<bool> {
        self.table_hint(table, HintKind::Merge)
    }

    /// DERIVED_CONDITION_PUSHDOWN or its negation; none without such a hint.
    pub fn pushdown_hint(&self, table: TableId) -> Option<bool> {
        self.table_hint(table, HintKind::DerivedConditionPushdown)
    }

    /// Whether hints switch semijoin conversion of a subquery's block on or off; none without such a hint (spec 05 §1.3).
    pub fn semijoin_hint(&self, block: BlockId) -> Option<bool> {
        let hints = self.hints.of_block(block)?;
        if hints.subquery.is_some() {
            return Some(false);
        }
        let semijoin = hints.semijoin.as_ref()?;
        match semijoin.on {
            true => Some(true),
            false => semijoin.strategies.is_empty().then_some(false),
        }
    }

    /// SEMIJOIN or NO_SEMIJOIN with strategies on a subquery's block (spec 05 §1.6).
    pub fn semijoin_strategies_hint(&self, block: BlockId) -> Option<&StrategyHint> {
        self.hints.of_block(block)?.semijoin.as_ref().filter(|hint| !hint.strategies.is_empty())
    }

    /// SUBQUERY of a block: true for MATERIALIZATION, false for INTOEXISTS; none without such a hint (spec 05 §8).
    pub fn materialization_hint(&self, block: BlockId) -> Option<bool> {
        let hint = self.hints.of_block(block)?.subquery.as_ref()?;
        hint.strategies.first().map(|strategy| &**strategy == "MATERIALIZATION")
    }
}
