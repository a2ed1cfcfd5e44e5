//! Any text as a file of statements.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    myexplain::parse::script::read(text);
});
