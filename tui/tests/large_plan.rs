//! A plan with 10,000 nodes stays fluent: only what is in sight is laid out.

use myexplain::Catalog;
use myexplain_tui::headless::Headless;
use myexplain_tui::{Palette, Start, Theme};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A UNION of many joins, as a server prints it: a node for the whole, then three a branch.
fn union_of(branches: usize) -> String {
    let mut text = String::from("-> Append  (cost=1e+6 rows=1e+6)\n");
    for branch in 0..branches {
        text += &format!(
            "    -> Nested loop inner join  (cost={0} rows=10)\n        -> Table scan on a{branch}  (cost=1.25 rows=10)\n        \
             -> Single-row index lookup on b{branch} using PRIMARY (id=a{branch}.id)  (cost=0.26 rows=1)\n",
            branch + 1
        );
    }
    text
}

#[test]
fn ten_thousand_nodes() {
    let start = Start {
        catalog: Arc::new(Catalog::sample()),
        bundle: "employees".into(),
        file: None,
        text: union_of(3333),
        theme: Theme::new(Palette::Dark, false),
        options: String::new(),
        changes: Vec::new(),
    };
    let Ok(mut explorer) = Headless::new(start, 160, 50);
    assert_eq!(explorer.state.current.as_ref().map(|planned| planned.tree.nodes.len()), Some(10_000));
    explorer.press("G");
    assert_eq!(explorer.state.plan.row(), 9_999);
    let Ok(picture) = explorer.text();
    assert!(picture.contains("10000 of 10000"), "{picture}");
    explorer.press("-");
    assert_eq!(explorer.state.plan.folding.visible().len(), 3_334);
    explorer.press("+g");
    // A key and its picture, many times: the fastest says what the program needs, whatever else the machine does.
    let mut fastest = Duration::MAX;
    for _ in 0..50 {
        let began = Instant::now();
        explorer.press("j");
        let Ok(_) = explorer.draw();
        fastest = fastest.min(began.elapsed());
    }
    println!("fastest frame: {fastest:?}");
    assert!(fastest < Duration::from_millis(16), "{fastest:?}");
}
