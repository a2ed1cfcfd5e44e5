//! Cost of reading one table by its engine (spec 01 §10.1 to §10.7, 04 §0.3, §5.1).

use crate::catalog::{Engine, IndexNo, Statistics, Table, TableStatistics};
use crate::cost::CostConstants;
use crate::cost::table::{index_only_blocks, keys_per_block};

/// The cost functions of one table's engine. Costs are without the evaluation of rows unless said otherwise.
#[derive(Clone, Copy, Debug)]
pub struct TableCost<'a> {
    /// Cost constants.
    pub constants: &'a CostConstants,
    /// The table.
    pub table: &'a Table,
    /// Its numbers, over the partitions that are left.
    pub numbers: TableStatistics,
    /// Answers about its indexes.
    pub statistics: &'a dyn Statistics,
}

impl<'a> TableCost<'a> {
    /// Reading `pages` random pages of the table.
    pub fn page_read(&self, pages: f64) -> f64 {
        self.constants.pages(pages, self.numbers.clustered_in_memory)
    }
    /// Reading `pages` random pages of an index.
    pub fn index_page_read(&self, index: IndexNo, pages: f64) -> f64 {
        let in_memory = match self.table.engine {
            Engine::TempTable | Engine::Memory => 1.0,
            _ => self.statistics.index_in_memory(self.table, index),
        };
        self.constants.pages(pages, in_memory)
    }
    /// Blocks of a full scan.
    pub fn scan_time(&self) -> f64 {
        match self.table.engine {
            Engine::InnoDb => self.numbers.clustered_pages as f64,
            Engine::Memory | Engine::TempTable => self.numbers.rows as f64 / 20.0 + 10.0,
            Engine::MyIsam => self.numbers.data_bytes as f64 / 4096.0 + 2.0,
            Engine::Other if self.numbers.clustered_pages > 0 => self.numbers.clustered_pages as f64,
            Engine::Other => self.numbers.data_bytes as f64 / 4096.0 + 2.0,
        }
    }
    /// A full scan.
    pub fn table_scan(&self) -> f64 {
        self.scan_time() * self.page_read(1.0)
    }
    /// Blocks that a covering read of `rows` entries of an index takes.
    pub fn index_only_blocks(&self, index: IndexNo, rows: f64) -> f64 {
        let key_length = self.table.indexes.get(index as usize).map_or(0, |index| index.key_length());
        let block_size = self.table.block_size(self.numbers.page_bytes);
        index_only_blocks(rows, keys_per_block(block_size, key_length, self.table.ref_length()))
    }
    /// A covering read of `rows` entries of an index.
    pub fn index_scan(&self, index: IndexNo, rows: f64) -> f64 {
        self.index_only_blocks(index, rows) * self.index_page_read(index, 1.0)
    }
    /// Blocks that reading `rows` rows through an index takes (spec 01 §10.5); both numbers are cut to integers first.
    pub fn read_time(&self, index: IndexNo, ranges: f64, rows: f64) -> f64 {
        let (ranges, rows) = (f64::from(ranges as u32), rows as u64 as f64);
        match self.table.engine {
            Engine::Memory | Engine::TempTable => rows / 20.0 + 1.0,
            Engine::InnoDb | Engine::Other if self.table.clustered == Some(index) => {
                let most = self.numbers.rows_upper_bound as f64;
                if rows <= 2.0 {
                    rows
                } else if most < rows {
                    self.scan_time()
                } else {
                    ranges + rows / most * self.scan_time()
                }
            }
            _ => ranges + rows,
        }
    }
    /// Reading `rows` rows through an index in `ranges` ranges.
    pub fn read(&self, index: IndexNo, ranges: f64, rows: f64) -> f64 {
        self.read_time(index, ranges, rows) * self.page_read(1.0)
    }
    /// A range scan with the evaluation of its rows (spec 01 §10.7). The clustered index is always read as a whole, whatever
    /// columns are wanted.
    pub fn range_scan(&self, index: IndexNo, ranges: u32, rows: u64, index_only: bool) -> f64 {
        let rows_read = rows as f64;
        let covering = index_only && self.table.clustered != Some(index);
        let read = if covering { self.index_scan(index, rows_read) } else { self.read(index, f64::from(ranges), rows_read) };
        read + (rows_read * self.constants.row_evaluate + 0.01)
    }
    /// Cost of the table scan that range plans are compared with (spec 01 §10.2), without the cases of forced indexes and
    /// small limits.
    pub fn range_base(&self) -> f64 {
        let rows = self.numbers.rows.max(1) as f64;
        let io = self.table_scan() + 1.1;
        io + (self.constants.rows(rows) + 1.0)
    }
    /// The base if fewer rows than the table has are wanted: reading all of them one by one (spec 01 §10.2).
    pub fn range_base_limited(&self) -> f64 {
        let rows = self.numbers.rows.max(1) as f64;
        (self.page_read(rows) + 1.0) + (self.constants.rows(rows) + 1.0)
    }
    /// A covering scan of a whole index with the evaluation of its rows (`best_covering_index_scan`).
    pub fn covering_scan(&self, index: IndexNo) -> f64 {
        let rows = self.numbers.rows.max(1) as f64;
        self.index_scan(index, rows) + self.constants.rows(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::bundle;
    use std::path::PathBuf;

    fn corpus(name: &str) -> Option<crate::Catalog> {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus").join(name).join("bundle");
        path.exists().then(|| bundle::load(&path).unwrap())
    }

    /// Every captured range scan that is neither MRR nor over partitions has the cost that the server computed for it.
    #[test]
    fn range_costs_of_all_captured_dives() {
        for name in ["employees", "employees-random", "sakila", "tpch", "tpch-random"] {
            let Some(catalog) = corpus(name) else { return };
            let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus").join(name).join("bundle/dives.jsonl");
            let text = std::fs::read_to_string(path).unwrap();
            for line in text.lines() {
                let dive: serde_json::Value = serde_json::from_str(line).unwrap();
                let text = |key: &str| dive[key].as_str().unwrap_or_default().to_owned();
                let (table_name, index_name) = (text("table"), text("index"));
                let table = &*catalog.schemas[&text("schema")].tables[&table_name];
                if dive["using_mrr"].as_bool() == Some(true) || table.partitioning.is_some() {
                    continue;
                }
                let index = table.index_by_name(&index_name).unwrap();
                let numbers = catalog.statistics.table(table);
                let cost = TableCost { constants: &catalog.costs, table, numbers, statistics: &*catalog.statistics };
                let ranges = dive["ranges"].as_array().unwrap().len() as u32;
                let rows = dive["rows"].as_u64().unwrap();
                let ours = cost.range_scan(index, ranges, rows, dive["index_only"].as_bool().unwrap());
                let server = dive["cost"].as_f64().unwrap();
                assert!((ours / server - 1.0).abs() < 6e-6, "{name} {table_name}.{index_name} {ranges} {rows}: {ours} {server}");
                let in_memory = dive["in_memory"].as_f64().unwrap();
                assert!((catalog.statistics.index_in_memory(table, index) - in_memory).abs() < 5e-6, "{line}");
            }
        }
    }
}
