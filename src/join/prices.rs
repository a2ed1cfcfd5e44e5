//! Prices of reading one table, from its facts and the cost constants (spec 04 §0.3, 01 §10).

use super::state::{IndexFacts, JoinTable};
use crate::catalog::{Engine, Table};
use crate::cost::CostConstants;
use crate::cost::table::index_only_blocks;

/// Rows of a temporary table that one page is taken to hold.
const TEMP_ROWS_PER_PAGE: f64 = 20.0;

/// Pages that a full scan of the table reads.
pub(super) fn scan_pages(table: &Table, statistics: &crate::catalog::TableStatistics) -> f64 {
    match table.engine {
        Engine::InnoDb | Engine::Other => statistics.clustered_pages as f64,
        Engine::MyIsam => statistics.data_bytes as f64 / 4096.0 + 2.0,
        Engine::Memory | Engine::TempTable => statistics.rows as f64 / TEMP_ROWS_PER_PAGE + 10.0,
    }
}

/// Cost of reading `pages` pages of the table.
pub(super) fn page_reads(costs: &CostConstants, table: &JoinTable, pages: f64) -> f64 {
    costs.pages(pages, table.statistics.clustered_in_memory)
}

/// Cost of reading `rows` rows of an index without the rows themselves.
pub(super) fn index_only_scan(costs: &CostConstants, index: &IndexFacts, rows: f64) -> f64 {
    index_only_blocks(rows, index.entries_per_page) * costs.pages(1.0, index.in_memory)
}

/// Cost of reading `rows` rows of the clustered primary key in one range; `rows` counts truncated.
pub(super) fn clustered_range(costs: &CostConstants, table: &JoinTable, pages: f64, rows: f64) -> f64 {
    let rows = rows as u64;
    let pages_read = if rows <= 2 {
        rows as f64
    } else if table.statistics.rows_upper_bound < rows {
        pages
    } else {
        1.0 + rows as f64 / table.statistics.rows_upper_bound as f64 * pages
    };
    pages_read * page_reads(costs, table, 1.0)
}
