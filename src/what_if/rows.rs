//! A table with more or fewer rows.
//!
//! Pages grow as rows do. A column with few distinct values keeps them, so its keys get more rows each; one with many gets more
//! values, so its keys keep their rows. What is many: more than a tenth of the rows.

use super::change::RowTarget;
use super::layer::TableLayer;
use crate::catalog::{Statistics, TableStatistics};

/// Distinct values for one row, from which on they grow with the table.
const GROWING: f64 = 0.1;

/// Numbers of a table with `growth` times the rows.
pub(super) fn scaled(numbers: &TableStatistics, growth: f64, in_memory: f64) -> TableStatistics {
    if growth == 1.0 {
        return *numbers;
    }
    let times = |number: u64, least: u64| ((number as f64 * growth).round() as u64).max(least);
    let least = u64::from(numbers.clustered_pages > 0);
    let clustered_pages = times(numbers.clustered_pages, least);
    let data_bytes = match numbers.clustered_pages {
        0 => times(numbers.data_bytes, 0),
        pages => clustered_pages * (numbers.data_bytes / pages),
    };
    let rows = times(numbers.rows, u64::from(!numbers.rows_exact));
    TableStatistics {
        rows,
        clustered_pages,
        clustered_leaf_pages: times(numbers.clustered_leaf_pages, least),
        data_bytes,
        mean_row_bytes: data_bytes.checked_div(rows).unwrap_or(0),
        rows_upper_bound: times(numbers.rows_upper_bound, 0),
        clustered_in_memory: in_memory,
        ..*numbers
    }
}

/// Changes the layer of a table; gives the lines of the derivation.
pub(super) fn grow(layer: &mut TableLayer, target: RowTarget) -> Vec<String> {
    let before = layer.numbers;
    let growth = match target {
        RowTarget::Times(factor) => factor,
        RowTarget::Count(rows) => rows as f64 / before.rows.max(1) as f64,
    };
    layer.numbers = scaled(&before, growth, before.clustered_in_memory);
    if let RowTarget::Count(rows) = target {
        layer.numbers.rows = if before.rows_exact { rows } else { rows.max(1) };
    }
    layer.growth *= growth;
    let now = layer.numbers;
    let mut lines = vec![
        format!("rows: {} (before: {})", now.rows, before.rows),
        format!("pages of the clustered index: {} (before: {}), as the rows", now.clustered_pages, before.clustered_pages),
    ];
    for (no, index) in layer.indexes.iter_mut().enumerate() {
        let name = &layer.table.indexes[no].name;
        let unique = layer.table.indexes[no].actual_unique;
        index.leaf_pages = index.leaf_pages.map(|pages| ((pages as f64 * growth).round() as u64).max(1));
        let parts = index.records_per_key.len();
        for (part, per_key) in index.records_per_key.iter_mut().enumerate() {
            let Some(known) = *per_key else { continue };
            let whole_unique = unique && part + 1 == parts;
            let distinct = before.rows as f64 / f64::from(known.max(1.0));
            if whole_unique || distinct > GROWING * before.rows as f64 {
                continue;
            }
            let grown = (now.rows as f32 / distinct.min(now.rows as f64) as f32).max(1.0);
            lines.push(format!("{name}, {} parts: {grown} rows a key (before: {known}), {distinct:.0} values stay", part + 1));
            *per_key = Some(grown);
        }
    }
    lines.push("histograms: shares of the rows, unchanged".to_owned());
    lines
}

/// Numbers of a new, empty table.
pub(super) fn empty(statistics: &dyn Statistics, any: Option<&crate::catalog::Table>, page_bytes: u32) -> TableStatistics {
    let page_bytes = any.map_or(page_bytes, |table| statistics.table(table).page_bytes);
    TableStatistics {
        rows: 1,
        rows_exact: false,
        clustered_pages: 1,
        clustered_leaf_pages: 1,
        data_bytes: u64::from(page_bytes),
        mean_row_bytes: u64::from(page_bytes),
        page_bytes,
        clustered_in_memory: 1.0,
        rows_upper_bound: 0,
    }
}
