//! Rows: records per key, histogram selectivity, condition filtering (spec 04 §8, 01 §8).
