//! Any text against the built-in schema: a plan that every renderer can print, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use myexplain::explain::{json, note, traditional, tree};

fuzz_target!(|text: &str| {
    if let Ok(plan) = myexplain::Planner::new(&myexplain::Catalog::sample()).plan(text) {
        traditional::tsv(&plan);
        tree::render(&plan);
        json::render(&plan);
        note::warnings(&plan);
    }
});
