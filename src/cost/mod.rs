//! The cost model (spec 01 §9, §10): [`CostConstants`] and formulas over plain numbers; [`TableCost`] applies them to one table.

pub mod mrr;
pub mod sort;
pub mod table;
pub mod temporary;

pub use mrr::{DiskSweep, MrrQuestion};
pub use temporary::{TempTableCost, TempTableType};

/// Values of `mysql.server_cost` and `mysql.engine_cost`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CostConstants {
    /// `row_evaluate_cost`.
    pub row_evaluate: f64,
    /// `key_compare_cost`.
    pub key_compare: f64,
    /// `memory_temptable_create_cost`.
    pub memory_temptable_create: f64,
    /// `memory_temptable_row_cost`.
    pub memory_temptable_row: f64,
    /// `disk_temptable_create_cost`.
    pub disk_temptable_create: f64,
    /// `disk_temptable_row_cost`.
    pub disk_temptable_row: f64,
    /// `io_block_read_cost`, of InnoDB.
    pub io_block_read: f64,
    /// `memory_block_read_cost`, of InnoDB.
    pub memory_block_read: f64,
}

impl Default for CostConstants {
    fn default() -> Self {
        CostConstants {
            row_evaluate: 0.1,
            key_compare: 0.05,
            memory_temptable_create: 1.0,
            memory_temptable_row: 0.1,
            disk_temptable_create: 20.0,
            disk_temptable_row: 0.5,
            io_block_read: 1.0,
            memory_block_read: 0.25,
        }
    }
}

impl CostConstants {
    /// Cost of evaluating `rows` rows.
    pub fn rows(&self, rows: f64) -> f64 {
        self.row_evaluate * rows
    }
    /// Cost of comparing `keys` keys.
    pub fn keys(&self, keys: f64) -> f64 {
        self.key_compare * keys
    }
    /// Cost of a disk seek without the way of the head (spec 01 §9.3).
    pub fn disk_seek_base(&self) -> f64 {
        0.9 * self.io_block_read
    }
    /// Cost of a disk seek over `blocks_skipped` blocks.
    pub fn disk_seek(&self, blocks_skipped: f64) -> f64 {
        self.disk_seek_base() + (0.1 / 128.0) * self.io_block_read * blocks_skipped
    }
    /// Cost of reading `pages` pages of which the share `in_memory` is cached (spec 01 §9.3).
    pub fn pages(&self, pages: f64, in_memory: f64) -> f64 {
        let in_memory_pages = pages * in_memory;
        let on_disk_pages = pages - in_memory_pages;
        self.memory_block_read * in_memory_pages + self.io_block_read * on_disk_pages
    }
}
