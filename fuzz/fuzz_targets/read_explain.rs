//! Any text: plans are found or not; what was found can be shown, analysed and read back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use myexplain::ingest::{analysis, reader};

fuzz_target!(|text: &str| {
    for plan in reader::read(text).plans {
        let nodes = plan.nodes();
        analysis::analyse(&nodes);
        plan.decisions();
        plan.as_table();
        reader::read(&plan.render());
    }
});
