//! Cost of collecting row ids without duplicates, in memory and, when they do not fit, in sorted runs on disk (spec 03 §7.5).

use super::CostConstants;

/// Runs that one merge step takes.
const MERGE_RUNS: u64 = 7;
/// Runs that the last merge takes at most.
const LAST_MERGE_RUNS: u64 = 15;
/// Bytes that a tree node adds to an element.
const TREE_NODE_BYTES: u64 = 24;
/// Bytes of an input or output block.
const IO_BYTES: f64 = 4096.0;

/// log2(n!) by Stirling's formula.
fn log2_factorial(n: f64) -> f64 {
    if n <= 1.0 {
        return 0.0;
    }
    (2.0 * std::f64::consts::PI).log2() / 2.0 + n.log2() / 2.0 + n * (n.log2() - std::f64::consts::E.log2())
}

/// Cost of merging `runs` sorted runs of `elements` elements together.
fn merge(constants: &CostConstants, elements: f64, element_bytes: f64, runs: f64) -> f64 {
    2.0 * constants.io_block_read * (elements * element_bytes) / IO_BYTES + constants.keys(elements * runs.log2())
}

/// Cost of merging `full` runs of `run` elements and one of `last` into one.
fn merge_all(constants: &CostConstants, mut run: u64, mut full: u64, mut last: u64, bytes: f64) -> f64 {
    let mut cost = 0.0;
    if last == 0 {
        last = run;
        full = full.saturating_sub(1);
    }
    while full + 1 > LAST_MERGE_RUNS {
        let (mut from, mut groups) = (0, 0);
        while from + MERGE_RUNS + 3 < full + 1 {
            cost += merge(constants, (MERGE_RUNS * run) as f64, bytes, MERGE_RUNS as f64);
            from += MERGE_RUNS;
            groups += 1;
        }
        let left = full - from;
        cost += merge(constants, (run * left + last) as f64, bytes, (left + 1) as f64);
        last += run * left;
        run = run.saturating_mul(MERGE_RUNS);
        full = groups;
    }
    cost + merge(constants, (run * full + last) as f64, bytes, (full + 1) as f64)
}

/// Cost of collecting `keys` keys of `key_bytes` bytes without duplicates in `memory_bytes` bytes.
pub fn unique_cost(constants: &CostConstants, keys: u64, key_bytes: u32, memory_bytes: u64) -> f64 {
    let element = (TREE_NODE_BYTES + u64::from(key_bytes)).next_multiple_of(8);
    let most = (memory_bytes / element).max(1);
    let (full, last) = (keys / most, keys % most);
    let mut compares = 2.0 * log2_factorial((last + 1) as f64);
    if full > 0 {
        compares += full as f64 * log2_factorial((most + 1) as f64);
    }
    let mut cost = constants.keys(compares);
    if full == 0 {
        return cost;
    }
    let bytes = f64::from(key_bytes);
    let blocks = |elements: u64| (bytes * elements as f64 / IO_BYTES).ceil();
    cost += constants.disk_seek_base() * full as f64 * blocks(most);
    cost += constants.disk_seek_base() * blocks(last);
    cost += merge_all(constants, most, full, last, bytes);
    cost + constants.io_block_read * blocks(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_memory_only_compares() {
        let constants = CostConstants::default();
        assert_eq!(unique_cost(&constants, 0, 4, 262_144), 0.0);
        let few = unique_cost(&constants, 100, 4, 262_144);
        assert!((few - 0.05 * 2.0 * log2_factorial(101.0)).abs() < 1e-12);
    }

    #[test]
    fn runs_on_disk_cost_more() {
        let constants = CostConstants::default();
        let (one, many) = (unique_cost(&constants, 9000, 4, 262_144), unique_cost(&constants, 2_000_000, 4, 262_144));
        assert!(one < many && many.is_finite());
    }
}
