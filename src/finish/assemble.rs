//! The working state turned into the plan.

use super::place::{Place, UNLIMITED, Work};
use crate::access::RangePlanKind;
use crate::catalog::{ConstRow, KeySet};
use crate::join::Constness;
use crate::plan::{AccessMethod, AccessType, BlockPlan, JoinBuffer, Outcome, TableAccess};
use crate::query::{Expr, Query, SubqueryStrategy, TableId, TableKind, UnitRole};

impl Work<'_, '_> {
    /// The plan of the block.
    pub(super) fn into_plan(mut self, outcome: Outcome) -> BlockPlan {
        let planned = outcome == Outcome::Planned;
        let tables = if planned { (0..self.places.len()).map(|index| self.table_access(index)).collect() } else { Vec::new() };
        let row_offset = offset_of(self.query, self.block);
        let row_limit = self.shown_limit();
        let having = self.query[self.block].having.and(self.printed_having());
        BlockPlan {
            outcome,
            tables,
            const_tables: if planned { self.state.const_tables } else { 0 },
            primary_tables: if planned { self.primary } else { 0 },
            best_read: self.state.best_read,
            sort_cost: self.state.sort_cost,
            windowing_cost: self.state.windowing_cost,
            best_rowcount: self.state.refined_rowcount(),
            where_: self.where_,
            having,
            final_having: self.having,
            group_by: std::mem::take(&mut self.printed_group_by),
            order_by: std::mem::take(&mut self.printed_order_by),
            distinct: self.query[self.block].options.distinct,
            flags: self.flags,
            steps: std::mem::take(&mut self.steps),
            final_aggregate: self.final_aggregate.take(),
            group_optimized_away: self.group_optimized_away,
            count_only: self.count_only,
            window_order: self.window_order().into_iter().map(|window| window.0).collect(),
            row_limit,
            row_offset,
            index_subquery: self.index_subquery,
            window_steps: std::mem::take(&mut self.window_steps),
            data_change: None,
        }
    }

    /// HAVING as the note prints it: what was left after const tables were read.
    fn printed_having(&self) -> Option<crate::query::ExprId> {
        self.shown_having
    }

    /// LIMIT plus OFFSET; EXISTS and IN→EXISTS stop after one row.
    fn shown_limit(&self) -> Option<u64> {
        let written = self.state.select_limit;
        if let UnitRole::Subquery(expr) = self.query[self.b().unit].role
            && let Expr::Subquery(subquery) = &self.query.exprs[expr]
            && subquery.strategy == SubqueryStrategy::Exists
        {
            return Some(written.min(1));
        }
        (written != UNLIMITED).then_some(written)
    }

    fn table_access(&mut self, index: usize) -> TableAccess {
        let rematerializes = self.rematerialized_by(index);
        let is_const = index < self.state.const_tables;
        let method = self.method(index);
        let full_text_hints = self.full_text_hints(index);
        let place = &mut self.places[index];
        let buffer = if self.no_hash_joins { JoinBuffer::None } else { place.buffer };
        let facts = place.table.and_then(|_| self.state.tables.get(place.number as usize));
        let possible_keys = facts.map_or(KeySet::EMPTY, |facts| {
            let quick = facts.quick.iter().enumerate().filter(|(_, quick)| quick.is_some());
            quick.fold(facts.keys, |keys, (key, _)| keys.union(KeySet::of(key as u8)))
        });
        let const_row = place.table.and_then(|id| self.query[id].const_row.as_deref());
        let missing = is_const && matches!(const_row, Some(ConstRow::Missing));
        let impossible = is_const && matches!(facts.map(|facts| facts.constness), Some(Constness::Impossible));
        let const_note = match place.access {
            _ if impossible => Some("Impossible ON condition"),
            AccessType::System if missing => Some("const row not found"),
            AccessType::Const if missing => Some("unique row not found"),
            _ => None,
        };
        let (rows, filter) = match (is_const, const_note) {
            (true, Some("Impossible ON condition")) | (true, None) => (1.0, 1.0),
            (true, Some(_)) => (0.0, 0.0),
            _ => (place.rows, place.filter),
        };
        TableAccess {
            table: place.table,
            materialized: place.nest,
            inner_of: place.inner_of,
            access_type: place.access,
            method,
            possible_keys: if facts.is_some_and(|facts| facts.materialized) { used_key(place) } else { possible_keys },
            dynamic_keys: place.dynamic_keys,
            index_only: place.index_only,
            rows_fetched: rows,
            filter_effect: filter,
            prefix_rowcount: place.position.prefix_rowcount,
            read_cost: place.position.read_cost,
            prefix_cost: place.position.prefix_cost,
            table_rows: facts.map_or(0, |facts| facts.records),
            scan_cost: facts.map_or(0.0, |facts| facts.table_scan_cost),
            condition: place.condition,
            index_condition: place.index_condition,
            join_buffer: buffer,
            not_exists: place.not_exists,
            distinct: place.unused_in_distinct,
            last_inner: place.last_inner,
            first_inner: place.first_inner,
            first_upper: place.first_upper,
            semijoin: place.semijoin.clone(),
            sort: place.sort.take(),
            partitions: partition_names(self.query, place, facts.and_then(|facts| facts.partitions.as_deref())),
            const_note,
            full_text_hints,
            rematerializes,
            estimated_rows: place.range.as_ref().is_some_and(|range| range.estimated),
        }
    }

    fn method(&self, index: usize) -> AccessMethod {
        let place = &self.places[index];
        if place.dynamic {
            return AccessMethod::DynamicRange;
        }
        match place.access {
            AccessType::Range | AccessType::IndexMerge => match &place.range {
                Some(range) => {
                    let mut range = range.clone();
                    if let RangePlanKind::IndexRange(scan) = &mut range.kind {
                        scan.mrr &= !place.ordered_range;
                        scan.index_only = place.index_only;
                    }
                    AccessMethod::Range(Box::new(range))
                }
                None => AccessMethod::TableScan,
            },
            AccessType::Index => match place.index {
                Some(key) => AccessMethod::IndexScan { index: key, reverse: place.reversed },
                None => AccessMethod::TableScan,
            },
            AccessType::All => AccessMethod::TableScan,
            _ => match &place.lookup {
                Some(lookup) => {
                    let mut lookup = lookup.clone();
                    lookup.reverse = place.reversed;
                    AccessMethod::Lookup(lookup)
                }
                None => AccessMethod::ConstRow,
            },
        }
    }

    /// Lateral derived tables whose last dependency a place is (spec 05 §10.5).
    fn rematerialized_by(&self, index: usize) -> Vec<TableId> {
        if index < self.state.const_tables {
            return Vec::new();
        }
        let number = self.places[index].number;
        let mut found = Vec::new();
        for later in index + 1..self.primary {
            let Some(facts) = self.facts(later) else { continue };
            let lateral = self.places[later].table.is_some_and(|id| matches!(self.query[id].kind, TableKind::Derived { .. }));
            if !lateral {
                continue;
            }
            let depends = facts.lateral_depends;
            let last = (0..later).rev().find(|earlier| depends.contains(self.places[*earlier].number));
            if depends.contains(number) && last == Some(index) {
                found.extend(self.places[later].table);
            }
        }
        found
    }
}

/// Of a materialized table only the used key is left.
fn used_key(place: &Place) -> KeySet {
    place.lookup.as_ref().map_or(KeySet::EMPTY, |lookup| KeySet::of(lookup.index))
}

/// Names of the used partitions, `parent_sub` where there are subpartitions; none for tables without partitions.
pub(super) fn partition_names_of(table: &crate::catalog::Table, used: Option<&[usize]>) -> Option<Vec<String>> {
    let partitioning = table.partitioning.as_ref()?;
    let mut all = Vec::new();
    for partition in &partitioning.partitions {
        if partition.subpartitions.is_empty() {
            all.push(partition.name.to_string());
        }
        for sub in &partition.subpartitions {
            all.push(format!("{}_{}", partition.name, sub));
        }
    }
    Some(match used {
        Some(used) => used.iter().filter_map(|number| all.get(*number).cloned()).collect(),
        None => all,
    })
}

fn partition_names(query: &Query, place: &Place, used: Option<&[usize]>) -> Option<Vec<String>> {
    partition_names_of(&query[place.table?].table, used)
}

/// OFFSET of a block as a number.
pub(super) fn offset_of(query: &Query, block: crate::query::BlockId) -> u64 {
    let value = query[block].offset.map(|offset| &query.exprs[query.real(offset)]);
    match value {
        Some(Expr::Literal { value: crate::value::Value::Int(n), .. }) => (*n).max(0) as u64,
        Some(Expr::Literal { value: crate::value::Value::UInt(n), .. }) => *n,
        _ => 0,
    }
}
