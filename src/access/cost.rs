//! Prices of reading ranges (spec 03 §5.2 to §5.4, §7.5; 01 §10.2 to §10.8).

use crate::catalog::{Engine, IndexNo, Settings, Switch, Table, TableStatistics, TypeKind};
use crate::context::Context;

/// What the prices of one table's scans depend on.
pub struct Prices<'a> {
    ctx: &'a Context<'a>,
    table: &'a Table,
    statistics: &'a TableStatistics,
    /// Used leaf partitions, if the table is partitioned.
    partitions: Option<&'a [usize]>,
    /// Cost of reading one page of the table (`page_read_cost(1.0)`).
    pub page: f64,
    /// Bytes of a row id (`ref_length`).
    pub row_id_bytes: u32,
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
    /// Prices of a table.
    pub fn new(ctx: &'a Context<'a>, table: &'a Table, statistics: &'a TableStatistics, partitions: Option<&'a [usize]>) -> Self {
        let page = ctx.costs().pages(1.0, statistics.clustered_in_memory);
        Prices { ctx, table, statistics, partitions, page, row_id_bytes: row_id_bytes(table) }
    }

    /// Cost of reading one page of an index.
    pub fn index_page(&self, index: IndexNo) -> f64 {
        self.ctx.costs().pages(1.0, self.ctx.statistics().index_in_memory(self.table, index))
    }

    /// Entries in an index page (`keys_per_block`, integer arithmetic).
    pub fn entries_per_page(&self, index: IndexNo) -> u32 {
        let key_length = self.table.indexes[index as usize].key_length();
        let page = match self.table.engine {
            Engine::Memory | Engine::TempTable => return 1,
            Engine::MyIsam => 1024,
            _ => self.statistics.page_bytes,
        };
        (page / 2) / (key_length + self.row_id_bytes) + 1
    }

    /// Cost of reading `rows` entries of an index alone.
    pub fn index_only(&self, index: IndexNo, rows: f64) -> f64 {
        let entries = f64::from(self.entries_per_page(index));
        (rows + entries - 1.0) / entries * self.index_page(index)
    }

    /// Cost of reading rows through an index.
    pub fn read(&self, index: IndexNo, ranges: u64, rows: u64) -> f64 {
        let (ranges, rows) = (ranges as f64, rows as f64);
        let pages = if matches!(self.table.engine, Engine::Memory | Engine::TempTable) {
            rows / 20.0 + 1.0
        } else if Some(index) == self.table.primary && Some(index) == self.table.clustered {
            if rows <= 2.0 {
                rows
            } else {
                let bound = self.upper_bound() as f64;
                if bound < rows {
                    self.statistics.clustered_pages as f64
                } else {
                    ranges + rows / bound * self.statistics.clustered_pages as f64
                }
            }
        } else {
            ranges + rows
        };
        pages * self.page
    }

    /// The engine's upper bound of rows in the table (spec 01 §10.5).
    pub fn upper_bound(&self) -> u64 {
        let row_bytes = least_row_bytes(self.table).max(1);
        let bound = |leaf_pages: u64, page_bytes: u32| 2 * leaf_pages * u64::from(page_bytes) / row_bytes;
        match self.partitions {
            Some(used) => used
                .iter()
                .map(|partition| self.ctx.statistics().table_partitions(self.table, &[*partition]))
                .map(|part| bound(part.clustered_leaf_pages, part.page_bytes))
                .sum(),
            None => bound(self.statistics.clustered_leaf_pages, self.statistics.page_bytes),
        }
    }

    /// Cost of a range scan with row evaluation, and whether it reads by disk sweep (spec 03 §5.2, §5.3).
    pub fn range_scan(&self, index: IndexNo, ranges: u64, rows: u64, index_only: bool, mrr: Mrr) -> (f64, bool) {
        let costs = self.ctx.costs();
        let clustered = Some(index) == self.table.clustered;
        let io = if index_only && !clustered { self.index_only(index, rows as f64) } else { self.read(index, ranges, rows) };
        let plain = io + (rows as f64 * costs.row_evaluate + 0.01);
        if index_only || clustered || mrr == Mrr::Never || !self.sweepable(index) {
            return (plain, false);
        }
        let pool = self.ctx.settings.buffer_pool_bytes;
        if mrr == Mrr::IfCheaper && (self.statistics.data_bytes < pool || rows <= 50) {
            return (plain, false);
        }
        match self.disk_sweep_scan(index, rows) {
            Some(sweep) if mrr == Mrr::Forced => (sweep.min(plain), true),
            Some(sweep) if sweep <= plain => (sweep, true),
            _ => (plain, false),
        }
    }

    fn sweepable(&self, index: IndexNo) -> bool {
        let index = &self.table.indexes[index as usize];
        self.table.engine != Engine::TempTable && !index.parts[..index.user_parts].iter().any(|part| part.prefix_chars.is_some())
    }

    fn disk_sweep_scan(&self, index: IndexNo, rows: u64) -> Option<f64> {
        let capacity = self.ctx.settings.read_rnd_buffer_bytes / u64::from(self.row_id_bytes);
        if capacity == 0 {
            return None;
        }
        let (full, rest) = (rows / capacity, rows % capacity);
        let costs = self.ctx.costs();
        let sort = |n: u64| if n == 0 { 0.0 } else { n as f64 * (n as f64).log2() * (costs.key_compare / 10.0) };
        let io = full as f64 * self.sweep(capacity, false) + self.sweep(rest, false) + self.index_only(index, rows as f64);
        let cpu = full as f64 * sort(capacity) + sort(rest) + rows as f64 * costs.row_evaluate;
        Some(io + cpu)
    }

    /// Cost of fetching rows in row id order (spec 03 §5.4).
    pub fn sweep(&self, rows: u64, interrupted: bool) -> f64 {
        if rows == 0 {
            return 0.0;
        }
        let costs = self.ctx.costs();
        let blocks = (self.statistics.data_bytes as f64 / 4096.0).ceil().max(1.0);
        let busy = (blocks * (1.0 - (1.0 - 1.0 / blocks).powf(rows as f64))).max(1.0);
        let in_memory = self.statistics.clustered_in_memory;
        let random = costs.pages(busy, in_memory);
        if interrupted {
            return random;
        }
        let in_memory_blocks = busy * in_memory;
        let disk_blocks = busy - in_memory_blocks;
        let skipped = if disk_blocks > 1.0 { blocks / disk_blocks } else { blocks };
        let seek = 0.9 * costs.io_block_read + 0.1 / 128.0 * costs.io_block_read * skipped;
        let sequential = in_memory_blocks * costs.memory_block_read + disk_blocks * seek;
        if sequential < random { sequential } else { random }
    }

    /// Base cost that ranges must beat: a table scan (spec 01 §10.2).
    pub fn table_scan(&self, records: u64, limit: u64, ignored: bool) -> f64 {
        let costs = self.ctx.costs();
        let records_f = records as f64;
        if limit < records {
            if ignored {
                return f64::MAX;
            }
            return costs.pages(records_f, self.statistics.clustered_in_memory) + 1.0 + (costs.rows(records_f) + 1.0);
        }
        if ignored {
            return f64::MAX;
        }
        self.scan_pages() * self.page + 1.1 + (costs.rows(records_f) + 1.0)
    }

    /// Units of a full scan (`scan_time`).
    fn scan_pages(&self) -> f64 {
        match self.table.engine {
            Engine::Memory | Engine::TempTable => self.statistics.rows as f64 / 20.0 + 10.0,
            Engine::InnoDb => self.statistics.clustered_pages as f64,
            _ => self.statistics.data_bytes as f64 / 4096.0 + 2.0,
        }
    }

    /// Cost of removing duplicates of `rows` row ids (spec 03 §7.5).
    pub fn deduplicate(&self, rows: u64) -> f64 {
        let costs = self.ctx.costs();
        let size = f64::from(self.row_id_bytes);
        let element = (24 + u64::from(self.row_id_bytes)).div_ceil(8) * 8;
        let most = (self.ctx.settings.sort_buffer_bytes / element).max(1);
        let (mut full, mut last) = (rows / most, rows % most);
        let mut compares = 2.0 * log2_factorial(last as f64 + 1.0);
        if full > 0 {
            compares += full as f64 * log2_factorial(most as f64 + 1.0);
        }
        let mut cost = compares * costs.key_compare;
        if full == 0 {
            return cost;
        }
        let io = costs.io_block_read;
        let seek = 0.9 * io;
        cost += seek * full as f64 * (size * most as f64 / 4096.0).ceil();
        cost += seek * (size * last as f64 / 4096.0).ceil();
        if last == 0 {
            last = most;
            full -= 1;
        }
        let merge =
            |elements: f64, buffers: f64| 2.0 * io * (elements * size) / 4096.0 + costs.key_compare * elements * buffers.log2();
        let mut run = most as f64;
        let mut last = last as f64;
        const MOST_BUFFERS: u64 = 15;
        const BUFFERS: u64 = 7;
        while full + 1 > MOST_BUFFERS {
            let mut groups = 0;
            let mut done = 0;
            while done + BUFFERS + 3 < full + 1 {
                groups += 1;
                done += BUFFERS;
            }
            cost += groups as f64 * merge(BUFFERS as f64 * run, BUFFERS as f64);
            let left = full - done;
            cost += merge(run * left as f64 + last, left as f64 + 1.0);
            last += run * left as f64;
            run *= BUFFERS as f64;
            full = groups;
        }
        cost += merge(run * full as f64 + last, full as f64 + 1.0);
        cost + io * (size * rows as f64 / 4096.0).ceil()
    }
}

/// log2 of a factorial by Stirling's formula.
fn log2_factorial(n: f64) -> f64 {
    if n <= 1.0 {
        return 0.0;
    }
    (2.0 * std::f64::consts::PI).log2() / 2.0 + n.log2() / 2.0 + n * (n.log2() - std::f64::consts::E.log2())
}

/// Bytes of a row id: the clustered key, or InnoDB's hidden row id; two more name the partition (spec 03, notation).
pub fn row_id_bytes(table: &Table) -> u32 {
    let own = match table.clustered {
        Some(clustered) => table.indexes[clustered as usize].key_length(),
        None => 6,
    };
    own + if table.partitioning.is_some() { 2 } else { 0 }
}

/// Least bytes of a clustered record (spec 01 §10.5).
pub fn least_row_bytes(table: &Table) -> u64 {
    const HEADER: u64 = 5;
    const TRANSACTION_AND_ROLL_POINTER: u64 = 13;
    let mut bytes = HEADER + TRANSACTION_AND_ROLL_POINTER + if table.clustered.is_none() { 6 } else { 0 };
    let mut nullable = 0;
    for column in &table.columns {
        if column.generated.as_ref().is_some_and(|generated| generated.is_virtual || generated.is_array) {
            continue;
        }
        nullable += u64::from(column.nullable);
        let ty = &column.ty;
        bytes += match ty.kind {
            TypeKind::Char if ty.char_bytes() == 1 => u64::from(ty.length),
            TypeKind::Char | TypeKind::VarChar => {
                if u64::from(ty.length) * u64::from(ty.char_bytes()) < 128 {
                    1
                } else {
                    2
                }
            }
            _ if ty.is_blob() => 1,
            _ => u64::from(ty.key_bytes()),
        };
    }
    let user_document_id = table.columns.iter().any(|column| column.name.eq_ignore_ascii_case("FTS_DOC_ID"));
    if !user_document_id && table.indexes.iter().any(|index| index.kind == crate::catalog::IndexKind::FullText) {
        bytes += 8;
    }
    bytes + nullable.div_ceil(8)
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
