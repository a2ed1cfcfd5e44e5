//! The start of planning a block: one entry for each leaf table, with all facts that do not depend on conditions
//! (spec 04 §0.1, §1 step 1).

use super::state::{Constness, IndexFacts, JoinTable};
use super::{DerivedEstimate, JoinInput, lateral, prices};
use crate::catalog::{Engine, IndexKind, KeySet, Switch, Table, TableStatistics};
use crate::context::Context;
use crate::cost::table::keys_per_block;
use crate::query::hints::HintKind;
use crate::query::{
    BlockId, ColumnSet, Command, JoinMember, NestId, NestKind, Query, TableId, TableKind, TableRef, TableSet, TermKind,
};
use smallvec::SmallVec;

/// Rows assumed where nothing is known: table functions, INFORMATION_SCHEMA.
const PLACEHOLDER_ROWS: u64 = 2;

/// Makes the entries of all leaf tables of a block.
pub(super) fn join_tables(
    ctx: &Context<'_>,
    query: &Query,
    block: BlockId,
    input: &JoinInput<'_>,
    partitions: &[(TableId, Vec<usize>)],
) -> Vec<JoinTable> {
    query[block].leaves.iter().map(|&id| join_table(ctx, query, id, input, partitions)).collect()
}

fn join_table(
    ctx: &Context<'_>,
    query: &Query,
    id: TableId,
    input: &JoinInput<'_>,
    partitions: &[(TableId, Vec<usize>)],
) -> JoinTable {
    let reference = &query[id];
    let estimate = input.derived.iter().find(|estimate| estimate.table == id).copied();
    let partitions = partitions.iter().find(|(table, _)| *table == id).map(|(_, used)| used.clone());
    let statistics = table_statistics(ctx, reference, estimate, partitions.as_deref());
    let definition = &*reference.table;
    let row_id_bytes = definition.ref_length();
    let lateral_depends = lateral::dependencies(query, id);
    let mut table = JoinTable {
        id,
        number: reference.number,
        records: statistics.rows,
        found: statistics.rows,
        read_time: 0.0,
        table_scan_cost: 0.0,
        worst_seeks: 0.0,
        range_plan: None,
        range_plan_forced: false,
        quick: vec![None; definition.indexes.len()],
        indexes: Vec::new(),
        max_key_bytes: 0,
        keys: KeySet::EMPTY,
        const_keys: KeySet::EMPTY,
        skip_scan_keys: KeySet::EMPTY,
        checked_keys: KeySet::EMPTY,
        needed_registers: KeySet::EMPTY,
        covering: KeySet::EMPTY,
        quick_condition_rows: statistics.rows,
        condition_columns: Default::default(),
        conjuncts: Vec::new(),
        dependent: reference.depends.union(lateral_depends).union(nest_depends(query, reference.nest)).tables(),
        key_dependent: TableSet::EMPTY,
        const_key_parts: vec![0; definition.indexes.len()],
        outer_nests: SmallVec::new(),
        semijoin_nest: None,
        inner_of_outer_join: reference.outer_join,
        constness: Constness::No,
        null_row: false,
        const_note: None,
        always_false: false,
        unfinished: is_unfinished(query, reference),
        partitions,
        materialized: matches!(reference.kind, TableKind::Derived { .. } | TableKind::RecursiveReference { .. }),
        lateral_depends,
        materialization_cost: estimate.map_or(0.0, |estimate| estimate.cost),
        write_cost: 0.0,
        buffered_bytes: definition.join_buffer_row_bytes(
            reference.read_set.iter(),
            reference.nullable_row,
            statistics.mean_row_bytes,
        ),
        row_id_bytes,
        key_uses: 0..0,
        block_nested_loop: allows_join_buffer(ctx, query, id),
        statistics,
    };
    embed(query, reference.nest, &mut table);
    table.table_scan_cost = prices::scan_pages(definition, &statistics) * ctx.costs().pages(1.0, statistics.clustered_in_memory);
    table.read_time = table.table_scan_cost;
    if let (Some(estimate), true) = (estimate, !lateral_depends.is_empty()) {
        table.write_cost = lateral::write_cost(ctx, definition, estimate.rows);
    }
    fill_index_facts(ctx, query, &mut table);
    table
}

/// Facts about all indexes of a table; asked again when generated keys were added.
pub(super) fn fill_index_facts(ctx: &Context<'_>, query: &Query, table: &mut JoinTable) {
    let definition = &*query[table.id].table;
    let readable = covering_keys(ctx, query, table.id);
    table.covering = if is_changed(query, table.id) { KeySet::EMPTY } else { readable };
    let extensions = ctx.settings.switches.on(Switch::UseIndexExtensions);
    let statistics = ctx.statistics();
    let page_bytes = table.statistics.page_bytes;
    table.quick.resize(definition.indexes.len(), None);
    table.const_key_parts.resize(definition.indexes.len(), 0);
    table.max_key_bytes = 0;
    table.indexes = definition
        .indexes
        .iter()
        .enumerate()
        .map(|(number, index)| {
            let actual_parts = if extensions { index.parts.len() } else { index.user_parts };
            let known = definition.engine != Engine::TempTable;
            let key_bytes = index.key_length();
            let generated = if known { index.user_parts as u32 } else { 0 };
            table.max_key_bytes = table.max_key_bytes.max(key_bytes + generated);
            IndexFacts {
                user_parts: index.user_parts,
                actual_parts,
                unique: index.unique,
                nullable_part: index.parts[..index.user_parts]
                    .iter()
                    .any(|part| definition.columns.get(part.column as usize).is_none_or(|column| column.nullable)),
                clustered_primary: definition.primary == Some(number as u8) && definition.clustered == Some(number as u8),
                full_text: index.kind == IndexKind::FullText,
                key_bytes,
                records_per_key: (1..=index.parts.len())
                    .map(|parts| match known {
                        true => statistics.records_per_key(definition, number as u8, parts).unwrap_or(-1.0),
                        false => -1.0,
                    })
                    .collect(),
                entries_per_page: keys_per_block(definition.block_size(page_bytes), key_bytes, table.row_id_bytes),
                in_memory: if known { statistics.index_in_memory(definition, number as u8) } else { 1.0 },
                covering: readable.contains(number as u8),
                key_uses: 0..0,
            }
        })
        .collect();
}

fn table_statistics(
    ctx: &Context<'_>,
    reference: &TableRef,
    estimate: Option<DerivedEstimate>,
    partitions: Option<&[usize]>,
) -> TableStatistics {
    let temporary = |rows: u64, exact: bool| TableStatistics {
        rows,
        rows_exact: exact,
        clustered_pages: 0,
        clustered_leaf_pages: 0,
        data_bytes: 0,
        mean_row_bytes: 0,
        page_bytes: 16384,
        clustered_in_memory: 1.0,
        rows_upper_bound: 0,
    };
    match (&reference.kind, estimate) {
        (TableKind::Base, _) => match partitions {
            Some(used) => ctx.statistics().table_partitions(&reference.table, used),
            None => ctx.statistics().table(&reference.table),
        },
        (_, Some(estimate)) => temporary(estimate.rows, true),
        (TableKind::Derived { .. } | TableKind::RecursiveReference { .. }, None) => temporary(PLACEHOLDER_ROWS, true),
        _ => temporary(PLACEHOLDER_ROWS, false),
    }
}

fn nest_depends(query: &Query, mut nest: Option<NestId>) -> TableSet {
    let mut depends = TableSet::EMPTY;
    while let Some(id) = nest {
        depends = depends.union(query[id].depends);
        nest = query[id].parent;
    }
    depends
}

/// Notes the outer-join nests and the semijoin nest around a table.
pub(super) fn embed(query: &Query, mut nest: Option<NestId>, table: &mut JoinTable) {
    table.outer_nests.clear();
    table.semijoin_nest = None;
    while let Some(id) = nest {
        let around = &query[id];
        if around.outer_join || matches!(around.kind, NestKind::Antijoin(_)) {
            table.outer_nests.push(id);
            table.inner_of_outer_join = true;
        }
        if table.semijoin_nest.is_none() && matches!(around.kind, NestKind::Semijoin(_) | NestKind::Antijoin(_)) {
            table.semijoin_nest = Some(id);
        }
        nest = around.parent;
    }
}

/// Number of members whose places an outer-join nest waits for; a semijoin nest counts as its members.
pub(super) fn nest_members(query: &Query, nest: NestId) -> u32 {
    query[nest]
        .members
        .iter()
        .map(|member| match member {
            JoinMember::Table(_) => 1,
            JoinMember::Nest(inner) => match query[*inner].kind {
                NestKind::Semijoin(_) => nest_members(query, *inner),
                // A nest without ON condition was dissolved; one that is left counts once, when it is complete.
                _ if query[*inner].outer_join || matches!(query[*inner].kind, NestKind::Antijoin(_)) => 1,
                _ => nest_members(query, *inner),
            },
        })
        .sum()
}

/// Indexes that hold every column that the statement reads (spec 04 §4.4).
fn covering_keys(ctx: &Context<'_>, query: &Query, id: TableId) -> KeySet {
    let reference = &query[id];
    let table = &*reference.table;
    if table.engine == Engine::TempTable {
        let all: ColumnSet = (0..table.columns.len() as u16).fold(ColumnSet::default(), |mut set, column| {
            set.insert(column);
            set
        });
        return keys_with_columns(table, &all, false);
    }
    let usable = reference.usable_keys.union(reference.usable_keys_group).union(reference.usable_keys_order);
    let mut needed = reference.read_set.clone();
    needed.extend(&reference.write_set);
    super::prefix_cover::keys(ctx, query, id, &needed).union(keys_with_columns(table, &needed, false)).intersect(usable)
}

/// The target of an UPDATE or DELETE: its rows are read in full, although lookups are priced as if an index were enough.
fn is_changed(query: &Query, id: TableId) -> bool {
    match &query.command {
        Command::Update { targets, .. } | Command::Delete { targets, .. } => targets.contains(&id),
        _ => false,
    }
}

/// Indexes that hold all these columns; those of the clustered primary key are in every index. Full-text indexes hold columns,
/// too, but nothing can be read from them.
pub(super) fn keys_with_columns(table: &Table, columns: &ColumnSet, full_text: bool) -> KeySet {
    let clustered: SmallVec<[u16; 4]> = table
        .primary
        .filter(|primary| table.clustered == Some(*primary))
        .and_then(|primary| table.indexes.get(primary as usize))
        .map(|index| {
            index.parts[..index.user_parts].iter().filter(|part| part.prefix_chars.is_none()).map(|part| part.column).collect()
        })
        .unwrap_or_default();
    let mut keys = KeySet::EMPTY;
    for (number, index) in table.indexes.iter().enumerate() {
        let readable = matches!(index.kind, IndexKind::BTree | IndexKind::Hash) && !index.multi_valued;
        let usable = readable || full_text && index.kind == IndexKind::FullText;
        if !usable {
            continue;
        }
        let holds = |column: u16| {
            clustered.contains(&column) || index.parts.iter().any(|part| part.column == column && part.prefix_chars.is_none())
        };
        if columns.iter().all(holds) {
            keys.insert(number as u8);
        }
    }
    keys
}

/// BNL and NO_BNL of the table, else of the block, else the switch (spec 09 §1.6).
fn allows_join_buffer(ctx: &Context<'_>, query: &Query, table: TableId) -> bool {
    query.table_hint(table, HintKind::Bnl).unwrap_or_else(|| ctx.settings.switches.on(Switch::BlockNestedLoop))
}

/// A derived table that a set operation is written into directly (spec 05 §10.3).
fn is_unfinished(query: &Query, reference: &TableRef) -> bool {
    let TableKind::Derived { unit, .. } = reference.kind else { return false };
    let term = &query[unit].term;
    matches!(term.kind, TermKind::SetOperation { .. }) && term.order_by.is_empty()
}
