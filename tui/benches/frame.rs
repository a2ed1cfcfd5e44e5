//! Time of a key and its picture on plans of 10 and of 10,000 nodes.

#![allow(missing_docs)] // What criterion generates has none.

use criterion::{Criterion, criterion_group, criterion_main};
use myexplain::Catalog;
use myexplain_tui::headless::Headless;
use myexplain_tui::{Palette, Start, Theme};
use std::sync::Arc;

/// EXPLAIN of a UNION, three nodes a branch and one for the whole.
fn union_of(branches: usize) -> String {
    let branch = |number: usize| {
        format!(
            "    -> Nested loop inner join  (cost=5.1 rows=10)\n        -> Table scan on a{number}  (cost=1.25 rows=10)\n        \
             -> Single-row index lookup on b{number} using PRIMARY (id=a{number}.id)  (cost=0.26 rows=1)\n"
        )
    };
    "-> Append  (cost=1e+6 rows=1e+6)\n".to_owned() + &(0..branches).map(branch).collect::<String>()
}

fn frame(criterion: &mut Criterion) {
    for (nodes, branches) in [(10, 3), (10_000, 3333)] {
        let start = Start {
            catalog: Arc::new(Catalog::sample()),
            bundle: "employees".into(),
            file: None,
            text: union_of(branches),
            theme: Theme::new(Palette::Dark, false),
            options: String::new(),
            changes: Vec::new(),
        };
        let Ok(mut explorer) = Headless::new(start, 160, 50);
        let mut down = true;
        criterion.bench_function(&format!("frame of {nodes} nodes"), |bencher| {
            bencher.iter(|| {
                explorer.press(if down { "j" } else { "k" });
                if explorer.state.plan.selected + 1 == nodes || explorer.state.plan.selected == 0 {
                    down = !down;
                }
                let Ok(buffer) = explorer.draw();
                std::hint::black_box(buffer.area);
            });
        });
    }
}

criterion_group!(benches, frame);
criterion_main!(benches);
