//! Latency of loading a bundle and of planning, catalog loaded.
//!
//! `cargo bench` prints criterion's figures; the medians over a corpus come from the `corpus` group, which times each statement
//! alone and reports the median statement.

#![allow(missing_docs)] // criterion's macros make public items

use criterion::{Criterion, criterion_group, criterion_main};
use myexplain::catalog::bundle;
use myexplain::{Catalog, Planner, explain, parse};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Statements of a corpus' `queries.sql`.
fn statements(corpus: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(corpus.join("queries.sql")).unwrap_or_default();
    parse::script::read(&text).into_iter().map(|statement| statement.sql.to_string()).collect()
}

/// Median and maximum over the statements of each statement's best time of several runs.
fn median_and_max(planner: &Planner<'_>, statements: &[String], all_formats: bool) -> (Duration, Duration) {
    let mut times: Vec<Duration> = statements
        .iter()
        .filter(|sql| planner.plan(sql).is_ok())
        .map(|sql| {
            (0..30)
                .map(|_| {
                    let began = Instant::now();
                    if let Ok(plan) = planner.plan(black_box(sql)) {
                        black_box(explain::traditional::rows(&plan));
                        if all_formats {
                            black_box(explain::tree::render(&plan));
                            black_box(explain::json::render(&plan));
                            black_box(explain::note::diagnostics(&plan));
                        }
                    }
                    began.elapsed()
                })
                .min()
                .unwrap_or_default()
        })
        .collect();
    times.sort_unstable();
    (times.get(times.len() / 2).copied().unwrap_or_default(), times.last().copied().unwrap_or_default())
}

fn corpora(_: &mut Criterion) {
    let mut folders = vec![root().join("fixtures/employees"), root().join("fixtures/employees-random")];
    for name in ["sakila", "tpch", "tpch-random"] {
        folders.push(root().join("../shared/corpus").join(name));
    }
    for folder in folders.into_iter().filter(|folder| folder.is_dir()) {
        let Ok(catalog) = bundle::load(&folder.join("bundle")) else { continue };
        let planner = Planner::new(&catalog);
        let statements = statements(&folder);
        let (one, one_max) = median_and_max(&planner, &statements, false);
        let (all, all_max) = median_and_max(&planner, &statements, true);
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        println!("{name}: one format: median {one:?}, max {one_max:?}; all formats and note: median {all:?}, max {all_max:?}");
    }
}

fn load(c: &mut Criterion) {
    let folder = root().join("fixtures/employees/bundle");
    c.bench_function("load the employees bundle", |b| b.iter(|| bundle::load(black_box(&folder))));
}

/// `e1 JOIN e2 ON … JOIN en`: a chain of self joins.
fn chain(tables: usize) -> String {
    let mut sql = String::from("SELECT e1.emp_no FROM dept_emp e1");
    for n in 2..=tables {
        let left = n - 1;
        sql.push_str(&format!(" JOIN dept_emp e{n} ON e{n}.emp_no = e{left}.emp_no"));
    }
    sql
}

fn join_search(c: &mut Criterion) {
    let catalog = Catalog::sample();
    let planner = Planner::new(&catalog);
    let mut group = c.benchmark_group("join search");
    for tables in [5, 10, 17] {
        let sql = chain(tables);
        group.sample_size(20).bench_function(format!("chain of {tables}"), |b| b.iter(|| planner.plan(black_box(&sql))));
    }
    group.finish();
}

criterion_group!(benches, corpora, load, join_search);
criterion_main!(benches);
