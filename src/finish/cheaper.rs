//! The cost-based search for an index that gives an order (spec 06 §7.4).

use super::ordering::{OrderQuestion, order_by_key};
use super::place::{Element, UNLIMITED, Work};
use crate::catalog::{IndexNo, KeySet, Table};
use crate::context::Context;
use crate::context::notes::OrderNote;
use crate::plan::AccessType;
use crate::query::{Query, TableId};

/// The index found.
#[derive(Clone, Debug)]
pub(super) struct CheaperKey {
    /// The index.
    pub index: IndexNo,
    /// +1 or -1.
    pub direction: i8,
    /// Parts that ORDER BY consumes.
    pub parts: usize,
    /// Rows to read until enough are found.
    pub limit: u64,
}

/// What is searched for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Search<'l> {
    /// The list.
    pub list: &'l [Element],
    /// It was freed of constants already.
    pub constants_removed: bool,
    /// It is GROUP BY.
    pub group: bool,
    /// Indexes that may be used.
    pub usable: KeySet,
    /// Index of the present access.
    pub hint: Option<IndexNo>,
    /// Rows wanted.
    pub limit: u64,
}

/// What is known of the table that is searched.
pub(super) struct OrderedTable<'t> {
    /// The table.
    pub id: TableId,
    /// Its definition.
    pub table: &'t Table,
    /// Parts bound to constants, by index.
    pub constants: &'t [u32],
    /// Rows.
    pub rows: u64,
    /// Indexes that hold all columns read.
    pub covering: KeySet,
    /// Estimates of the range optimizer by index.
    pub quick_rows: Vec<Option<u64>>,
    /// Records per key by index and part.
    pub records_per_key: Vec<Vec<f32>>,
    /// Share of the clustered index in memory.
    pub in_memory: f64,
    /// Cost of a table scan.
    pub scan_cost: f64,
    /// Present access.
    pub access: AccessType,
    /// Its cost.
    pub cost: f64,
    /// Rows that later tables make of one row.
    pub fanout: f64,
    /// Rows that satisfy the indexed conditions.
    pub condition_rows: f64,
    /// FORCE INDEX holds for ordering.
    pub force_order: bool,
}

impl OrderedTable<'_> {
    fn per_key(&self, index: IndexNo, parts: usize) -> Option<f32> {
        let value = *self.records_per_key.get(index as usize)?.get(parts.checked_sub(1)?)?;
        (value >= 0.0).then_some(value)
    }
    fn is_clustered_primary(&self, index: IndexNo) -> bool {
        self.table.primary == Some(index) && self.table.clustered == Some(index)
    }
}

impl Work<'_, '_> {
    /// The search for a place of the plan.
    pub(super) fn cheaper_for_place(
        &mut self,
        place: usize,
        question: &OrderQuestion<'_>,
        usable: KeySet,
        hint: Option<IndexNo>,
        limit: u64,
    ) -> Option<CheaperKey> {
        let facts = self.facts(place)?;
        let entry = &self.places[place];
        let id = entry.table?;
        let mut condition_rows = facts.quick_condition_rows as f64;
        if entry.access == AccessType::Ref
            && let Some(key) = hint
        {
            let parts = entry.lookup.as_ref().map_or(0, |lookup| lookup.values.len());
            let quick = facts.quick.get(key as usize).and_then(|quick| quick.as_ref());
            condition_rows = match quick {
                Some(quick) => quick.rows as f64,
                None => self.records_per_key(place, key, parts).map_or(1.0, f64::from),
            };
        }
        let table = self.query[id].table.clone();
        let ordered = OrderedTable {
            id,
            table: &table,
            constants: &facts.const_key_parts.clone(),
            rows: facts.records,
            covering: facts.covering,
            quick_rows: facts.quick.iter().map(|quick| quick.as_ref().map(|q| q.rows)).collect(),
            records_per_key: facts.indexes.iter().map(|index| index.records_per_key.to_vec()).collect(),
            in_memory: facts.statistics.clustered_in_memory,
            scan_cost: facts.table_scan_cost,
            access: entry.access,
            cost: entry.position.read_cost,
            fanout: self.fanout_behind(place),
            condition_rows,
            force_order: self.query[id].force_index_order,
        };
        let group = question.is_group && self.grouped;
        let search = Search { list: question.list, constants_removed: question.constants_removed, group, usable, hint, limit };
        let (found, mixed) = cheaper(self.ctx, self.query, &ordered, &search);
        if let Some(facts) = self.facts_mut(place) {
            for index in mixed.iter() {
                if let Some(quick) = facts.quick.get_mut(index as usize) {
                    *quick = None;
                }
            }
        }
        found
    }

    /// Rows that the tables behind a place make of one of its rows.
    fn fanout_behind(&self, place: usize) -> f64 {
        let mut fanout = 1.0;
        for entry in &self.places[place + 1..self.primary] {
            let stale = entry.filter_state != super::place::FilterState::Known;
            let factor = if stale { -1.0 } else { entry.rows * f64::from(entry.filter) };
            fanout *= factor;
            if fanout < 0.0 {
                break;
            }
        }
        fanout
    }
}

/// The loop over the indexes. The limit is one variable for all of them: it is rescaled again for each candidate. Also
/// returns the indexes of mixed directions, whose range estimates are dropped.
pub(super) fn cheaper(
    ctx: &Context<'_>,
    query: &Query,
    t: &OrderedTable<'_>,
    search: &Search<'_>,
) -> (Option<CheaperKey>, KeySet) {
    let Search { list, constants_removed, group, usable, hint, limit: wanted } = *search;
    let has_limit = wanted != UNLIMITED;
    let mut limit = wanted;
    let mut dropped = KeySet::EMPTY;
    let mut best: Option<CheaperKey> = None;
    let (mut best_covering, mut best_user_parts, mut best_rows) = (false, 0usize, 0u64);
    for index in usable.iter() {
        let Some(definition) = t.table.indexes.get(index as usize) else { continue };
        let order = order_by_key(query, t.id, t.constants, list, index, constants_removed);
        if order.direction == 0 {
            continue;
        }
        let covering = t.covering.contains(index) || t.is_clustered_primary(index);
        if order.mixed {
            dropped.insert(index);
        }
        if !(covering || limit != UNLIMITED || (hint.is_none() && (group || t.force_order))) {
            continue;
        }
        limit = rescale(t, limit, group.then_some((index, order.parts)));
        let per_key = t.per_key(index, definition.user_parts).unwrap_or(-1.0).max(1.0);
        let lookups = f64::from(limit as f32 / per_key);
        let cost = lookups * ctx.costs().pages(f64::from(per_key), t.in_memory).min(t.scan_cost);
        let scans = matches!(t.access, AccessType::All | AccessType::Index);
        let accepted = (scans && (covering || group || t.force_order)) || cost < t.cost;
        ctx.note(|notes| {
            let (table, present_cost) = (t.id.0, t.cost);
            notes.orders.push(OrderNote { table, index, group, cost, present_cost, present_index: hint, accepted });
        });
        if !accepted {
            continue;
        }
        let quick = if dropped.contains(index) { None } else { t.quick_rows.get(index as usize).copied().flatten() };
        let hint_covering = hint.is_some_and(|hint| t.covering.contains(hint));
        let lookup_limit = if hint_covering { t.condition_rows as u64 } else { UNLIMITED };
        if (best_covering && !covering) || (covering && lookup_limit < limit) {
            continue;
        }
        let rows = quick.unwrap_or(t.rows);
        let better = match &best {
            None => true,
            Some(found) => {
                let fewer_parts = limit <= rows.min(best_rows) && definition.user_parts < best_user_parts;
                let fewer_rows = limit > rows.min(best_rows) && rows < best_rows;
                fewer_parts || fewer_rows || order.direction > found.direction
            }
        };
        if better {
            best = Some(CheaperKey { index, direction: order.direction, parts: order.parts, limit });
            best_covering = covering;
            best_user_parts = definition.user_parts;
            best_rows = rows;
        }
    }
    let mut found = best.filter(|found| Some(found.index) != hint);
    if let Some(found) = &mut found
        && !has_limit
    {
        found.limit = t.rows;
    }
    (found, dropped)
}

/// Rows of the table to read for `limit` rows of the result (spec 06 §7.4). `group`: index and parts that make a group.
fn rescale(t: &OrderedTable<'_>, limit: u64, group: Option<(IndexNo, usize)>) -> u64 {
    let mut limit = if limit == UNLIMITED { t.rows } else { limit };
    if let Some((index, parts)) = group {
        let all_parts = t.table.indexes[index as usize].parts.len();
        let per_group = if parts > 0 && parts <= all_parts { t.per_key(index, parts).unwrap_or(-1.0) } else { 1.0 };
        let per_group = per_group.max(1.0);
        if limit as f32 > t.rows as f32 / per_group {
            limit = t.rows;
        } else {
            limit = (limit as f32 * per_group) as u64;
        }
    }
    if t.fanout == 0.0 {
        limit = UNLIMITED;
    } else if t.fanout > 0.0 {
        let needed = (limit as f64 / t.fanout).max(1.0);
        limit = if needed >= u64::MAX as f64 { UNLIMITED } else { needed as u64 };
    }
    if limit as f64 > t.condition_rows {
        t.rows
    } else if t.rows as f64 >= t.condition_rows {
        (limit as f64 * t.rows as f64 / t.condition_rows) as u64
    } else {
        limit
    }
}
