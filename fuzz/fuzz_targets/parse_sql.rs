//! Any text as a statement, hints included: a tree or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = myexplain::parse::statement(text, &myexplain::Catalog::sample().settings);
});
