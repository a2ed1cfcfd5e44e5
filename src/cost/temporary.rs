//! Cost of internal temporary tables (spec 01 §9.3, 05 §4).

use super::CostConstants;

/// Where a temporary table is thought to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum TempTableType {
    Memory,
    Disk,
}

/// Costs of one kind of temporary table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TempTableCost {
    /// Creating it.
    pub create: f64,
    /// Writing or reading a row.
    pub row: f64,
}

impl TempTableType {
    /// Memory if rows times row length stay below `max_heap_table_size`.
    pub fn for_size(rows: f64, row_bytes: f64, max_heap_table_bytes: u64) -> TempTableType {
        if rows * row_bytes < max_heap_table_bytes as f64 { TempTableType::Memory } else { TempTableType::Disk }
    }
}

impl CostConstants {
    /// Costs of a kind of temporary table.
    pub fn temp_table(&self, kind: TempTableType) -> TempTableCost {
        match kind {
            TempTableType::Memory => TempTableCost { create: self.memory_temptable_create, row: self.memory_temptable_row },
            TempTableType::Disk => TempTableCost { create: self.disk_temptable_create, row: self.disk_temptable_row },
        }
    }
}

impl TempTableCost {
    /// Writing `writes` and reading `reads` rows (`tmptable_readwrite_cost`).
    pub fn read_write(&self, writes: f64, reads: f64) -> f64 {
        (writes + reads) * self.row
    }
}
