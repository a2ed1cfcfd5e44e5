//! Disk-sweep multi-range read (spec 01 §10.8).

use super::CostConstants;

/// What the cost of disk-sweep MRR depends on.
#[derive(Clone, Copy, Debug)]
pub struct MrrQuestion {
    /// Rows read.
    pub rows: f64,
    /// Bytes of a row pointer (`ref_length`).
    pub ref_length: u32,
    /// The sweep hands on which range a row came from (batched key access): eight more bytes a row.
    pub with_association: bool,
    /// `read_rnd_buffer_size`, bytes.
    pub buffer_bytes: u64,
    /// Bytes of the table's data.
    pub data_bytes: u64,
    /// Share of the table in memory.
    pub table_in_memory: f64,
    /// Cost of the covering scan of the index that finds the row pointers (`index_scan_cost`).
    pub index_scan: f64,
}

/// Cost of a sweep over the rows of a table, in row id order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DiskSweep {
    /// Reading.
    pub io: f64,
    /// Computing.
    pub cpu: f64,
}

/// Rows that a buffer holds; none if not even one.
fn rows_per_buffer(question: &MrrQuestion) -> Option<f64> {
    let element = u64::from(question.ref_length) + if question.with_association { 8 } else { 0 };
    match question.buffer_bytes / element.max(1) {
        0 => None,
        rows => Some(rows as f64),
    }
}

/// Cost of reading `rows` rows in row id order (`get_sweep_read_cost`). `interrupted`: other reads move the disk head between.
pub fn sweep_read(constants: &CostConstants, rows: f64, data_bytes: u64, table_in_memory: f64, interrupted: bool) -> f64 {
    let blocks = (data_bytes as f64 / 4096.0).ceil().max(1.0);
    let busy = (blocks * (1.0 - (1.0 - 1.0 / blocks).powf(rows))).max(1.0);
    let random = constants.pages(busy, table_in_memory);
    if interrupted {
        return random;
    }
    let in_memory = busy * table_in_memory;
    let on_disk = busy - in_memory;
    let seek = constants.disk_seek(if on_disk > 1.0 { blocks / on_disk } else { blocks });
    let sweep = in_memory * constants.memory_block_read + on_disk * seek;
    if sweep < random { sweep } else { random }
}

/// Cost of disk-sweep MRR with the evaluation of its rows; none if the buffer holds no row.
pub fn disk_sweep_mrr(constants: &CostConstants, question: &MrrQuestion) -> Option<f64> {
    let per_buffer = rows_per_buffer(question)?;
    let full_sweeps = (question.rows / per_buffer).floor();
    let last = question.rows % per_buffer;
    let sweep = |rows: f64| -> DiskSweep {
        if rows == 0.0 {
            return DiskSweep { io: 0.0, cpu: 0.0 };
        }
        let io = sweep_read(constants, rows, question.data_bytes, question.table_in_memory, false);
        DiskSweep { io, cpu: rows * rows.log2() * (constants.key_compare / 10.0) }
    };
    let (full, rest) = (sweep(per_buffer), sweep(last));
    let io = full_sweeps * full.io + rest.io + question.index_scan;
    let cpu = full_sweeps * full.cpu + rest.cpu + question.rows * constants.row_evaluate;
    Some(io + cpu)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example_e4() {
        let constants = CostConstants::default();
        let index_scan = crate::cost::table::index_only_blocks(201.0, 1025) * 0.25;
        let question = MrrQuestion {
            rows: 201.0,
            ref_length: 4,
            with_association: false,
            buffer_bytes: 262_144,
            data_bytes: 97 * 16384,
            table_in_memory: 1.0,
            index_scan,
        };
        let cost = disk_sweep_mrr(&constants, &question).unwrap();
        assert!((cost - 67.3452).abs() < 5e-5, "{cost}");
    }
}
