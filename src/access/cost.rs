//! Prices of reading ranges (spec 03 §5.2 to §5.4, §7.5), on top of the cost functions of a table.

use super::table_cost::TableCost;
use crate::catalog::{IndexNo, Settings, Switch, Table, TableStatistics};
use crate::context::Context;
use crate::cost::mrr::{MrrQuestion, disk_sweep_mrr, sweep_read};
use crate::cost::sort::unique_cost;
use crate::cost::table::keys_per_block;

/// Prices of one table's scans.
pub struct Prices<'a> {
    settings: &'a Settings,
    cost: TableCost<'a>,
}

/// May disk-sweep multi-range read be used?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mrr {
    /// Not at all.
    Never,
    /// If it is cheaper.
    IfCheaper,
    /// A hint (or `mrr_cost_based=off`) demands it.
    Forced,
}

impl<'a> Prices<'a> {
    /// Prices of a table, by its numbers over the used partitions.
    pub fn new(ctx: &'a Context<'a>, table: &'a Table, numbers: &TableStatistics) -> Self {
        let cost = TableCost { constants: ctx.costs(), table, numbers: *numbers, statistics: ctx.statistics() };
        Prices { settings: ctx.settings, cost }
    }

    /// Cost of reading one page of an index.
    pub fn index_page(&self, index: IndexNo) -> f64 {
        self.cost.index_page_read(index, 1.0)
    }

    /// Entries in an index page.
    pub fn entries_per_page(&self, index: IndexNo) -> u32 {
        let table = self.cost.table;
        let key_length = table.indexes[index as usize].key_length();
        keys_per_block(table.block_size(self.cost.numbers.page_bytes), key_length, table.ref_length())
    }

    /// Cost of reading `rows` entries of an index alone.
    pub fn index_only(&self, index: IndexNo, rows: f64) -> f64 {
        self.cost.index_scan(index, rows)
    }

    /// Cost of reading rows through an index.
    pub fn read(&self, index: IndexNo, ranges: u64, rows: u64) -> f64 {
        self.cost.read(index, ranges as f64, rows as f64)
    }

    /// Cost of a range scan with row evaluation, and whether it reads by disk sweep (spec 03 §5.2, §5.3).
    pub fn range_scan(&self, index: IndexNo, ranges: u32, rows: u64, index_only: bool, mrr: Mrr) -> (f64, bool) {
        let plain = self.cost.range_scan(index, ranges, rows, index_only);
        if index_only || Some(index) == self.cost.table.clustered || mrr == Mrr::Never || !self.sweepable(index) {
            return (plain, false);
        }
        const FEWEST_ROWS: u64 = 50;
        let small = self.cost.numbers.data_bytes < self.settings.buffer_pool_bytes;
        if mrr == Mrr::IfCheaper && (small || rows <= FEWEST_ROWS) {
            return (plain, false);
        }
        let question = MrrQuestion {
            rows: rows as f64,
            ref_length: self.cost.table.ref_length(),
            with_association: false,
            buffer_bytes: self.settings.read_rnd_buffer_bytes,
            data_bytes: self.cost.numbers.data_bytes,
            table_in_memory: self.cost.numbers.clustered_in_memory,
            index_scan: self.index_only(index, rows as f64),
        };
        match disk_sweep_mrr(self.cost.constants, &question) {
            Some(sweep) if mrr == Mrr::Forced => (sweep.min(plain), true),
            Some(sweep) if sweep <= plain => (sweep, true),
            _ => (plain, false),
        }
    }

    fn sweepable(&self, index: IndexNo) -> bool {
        let index = &self.cost.table.indexes[index as usize];
        !index.parts[..index.user_parts].iter().any(|part| part.prefix_chars.is_some())
    }

    /// Cost of fetching rows in row id order (spec 03 §5.4).
    pub fn sweep(&self, rows: u64, interrupted: bool) -> f64 {
        if rows == 0 {
            return 0.0;
        }
        let numbers = &self.cost.numbers;
        sweep_read(self.cost.constants, rows as f64, numbers.data_bytes, numbers.clustered_in_memory, interrupted)
    }

    /// Base cost that ranges must beat: a table scan (spec 01 §10.2).
    pub fn table_scan(&self, limit: u64, ignored: bool) -> f64 {
        if ignored {
            f64::MAX
        } else if limit < self.cost.numbers.rows.max(1) {
            self.cost.range_base_limited()
        } else {
            self.cost.range_base()
        }
    }

    /// Cost of a scan of a whole covering index.
    pub fn covering_scan(&self, index: IndexNo) -> f64 {
        self.cost.covering_scan(index)
    }

    /// Cost of removing duplicates of `rows` row ids (spec 03 §7.5).
    pub fn deduplicate(&self, rows: u64) -> f64 {
        unique_cost(self.cost.constants, rows, self.cost.table.ref_length(), self.settings.sort_buffer_bytes)
    }
}

/// Whether disk-sweep reads may be used for plain range scans of a statement, without hints.
pub fn mrr_by_switch(settings: &Settings) -> Mrr {
    if !settings.switches.on(Switch::Mrr) {
        Mrr::Never
    } else if settings.switches.on(Switch::MrrCostBased) {
        Mrr::IfCheaper
    } else {
        Mrr::Forced
    }
}
