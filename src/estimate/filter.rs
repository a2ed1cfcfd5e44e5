//! Condition filtering: the share of the rows of one table that pass what its access method does not check (spec 04 §8.3).

use super::predicate::{Effect, HistogramCache, HistogramLine};
use crate::catalog::IndexNo;
use crate::context::Context;
use crate::context::notes::{FilterNote, FilterPart};
use crate::query::{ColumnSet, ExprId, Query, TableId, TableSet};

/// An estimate of the range optimizer as filtering uses it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IndexRows {
    /// The index.
    pub index: IndexNo,
    /// Rows in the ranges.
    pub rows: u64,
    /// Leading key parts that the ranges bind.
    pub key_parts: usize,
}

/// The table whose rows are filtered.
#[derive(Clone, Copy, Debug)]
pub struct FilterTable<'a> {
    /// The table.
    pub id: TableId,
    /// Its number in the block.
    pub number: u8,
    /// `N`: rows of the table.
    pub records: u64,
    /// `found`: rows that its best table-level method reads.
    pub found: u64,
    /// Columns named in WHERE.
    pub condition_columns: &'a ColumnSet,
    /// Conjuncts of WHERE that name a column of the table, in order: the others have no effect.
    pub conjuncts: &'a [ExprId],
    /// Range estimates in index order.
    pub quick: &'a [IndexRows],
}

/// The share of rows that pass, in single precision. `ignore` holds the columns that the access method accounts for;
/// `available` the tables whose rows are known when this one is read, pseudo tables included; `fanout` the rows read.
/// Histogram answers are added to `lines` where the caller records them.
#[allow(clippy::too_many_arguments)]
pub fn filter(
    ctx: &Context<'_>,
    query: &Query,
    cache: &HistogramCache,
    table: FilterTable<'_>,
    available: TableSet,
    mut ignore: ColumnSet,
    fanout: f64,
    lines: Option<&mut Vec<HistogramLine>>,
) -> f32 {
    if fanout < 1.0 || table.found < 1 || table.records < 1 || table.condition_columns.is_empty() {
        return 1.0;
    }
    if table.condition_columns.is_subset(&ignore) {
        return 1.0;
    }
    let mut share = 1.0f32;
    let mut parts_noted = ctx.trace.is_some().then(Vec::new);
    let definition = &query[table.id].table;
    for estimate in table.quick {
        let Some(index) = definition.indexes.get(estimate.index as usize) else { continue };
        let parts = || index.parts.iter().take(estimate.key_parts);
        if parts().any(|part| ignore.contains(part.column)) {
            continue;
        }
        for part in parts() {
            ignore.insert(part.column);
        }
        share *= (estimate.rows as f32 / table.records as f32).min(1.0);
        if let Some(noted) = &mut parts_noted {
            noted.push(FilterPart::Range { index: estimate.index, rows: estimate.rows });
        }
    }
    if !table.condition_columns.is_subset(&ignore) {
        let (number, records) = (table.number, table.records);
        let noted = parts_noted.as_mut();
        let source = std::cell::Cell::new(None);
        let mut effect = Effect { ctx, query, cache, table: table.id, number, records, available, ignore, lines, noted, source };
        for &conjunct in table.conjuncts {
            share *= effect.of(conjunct);
        }
    }
    share = share.max(1.0f32 / table.records as f32);
    if f64::from(share) * fanout < f64::from(0.05f32) {
        share = 0.05f32 / fanout as f32;
    }
    if let Some(parts) = parts_noted {
        ctx.note(|notes| notes.filters.push(FilterNote { table: table.id.0, share, parts }));
    }
    share
}
