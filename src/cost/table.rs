//! Formulas of reading one table (spec 01 §10.1 to §10.3, 04 §5.1).

/// Index entries of a block in a covering read (spec 01 §10.3).
pub fn keys_per_block(block_size: u32, key_length: u32, ref_length: u32) -> u32 {
    (block_size / 2) / (key_length + ref_length).max(1) + 1
}

/// Blocks that a covering read of `rows` rows takes, not rounded.
pub fn index_only_blocks(rows: f64, keys_per_block: u32) -> f64 {
    let keys = f64::from(keys_per_block);
    (rows + keys - 1.0) / keys
}

/// Ceiling of the cost of one lookup (spec 04 §5.1); `rows` is the table's row count.
pub fn worst_seeks(page_read_of_tenth: f64, table_scan: f64, page_read_of_two: f64) -> f64 {
    f64::max(f64::min(page_read_of_tenth, 3.0 * table_scan), page_read_of_two)
}
