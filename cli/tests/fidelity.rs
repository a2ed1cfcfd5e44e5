//! The score of every corpus stays at or above its floor in `fixtures/fidelity.toml`, and nothing it planned made it panic.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

type Floors = BTreeMap<String, BTreeMap<String, f64>>;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn floors() -> Floors {
    let text = std::fs::read_to_string(root().join("fixtures/fidelity.toml")).expect("fixtures/fidelity.toml");
    toml::from_str(&text).expect("fidelity.toml holds tables of numbers")
}

/// Shares in percent by section, as `verify` prints them.
fn verified(corpus: &Path) -> BTreeMap<String, f64> {
    let output = Command::new(env!("CARGO_BIN_EXE_myexplain"))
        .args(["verify", "--bundle"])
        .args([corpus.join("bundle"), corpus.join("golden")])
        .output()
        .expect("the binary runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(matches!(output.status.code(), Some(0 | 1)), "verify of {} failed: {text}", corpus.display());
    let share = |line: &str| {
        let percent = line.strip_suffix(" %")?.rsplit(' ').next()?.parse().ok()?;
        Some((line.split(' ').next()?.to_owned(), percent))
    };
    text.lines().filter_map(share).collect()
}

fn check(name: &str, corpus: &Path) {
    let floors = floors();
    let floor = floors.get(name).unwrap_or_else(|| panic!("no floor for {name}"));
    let scores = verified(corpus);
    for (section, least) in floor {
        let score = scores.get(section).copied().unwrap_or_else(|| panic!("{name}: no score of {section}"));
        assert!(score >= *least, "{name}: {section} fell to {score} %, its floor is {least} %");
    }
}

#[test]
fn employees() {
    check("employees", &root().join("fixtures/employees"));
}

#[test]
fn employees_random() {
    check("employees-random", &root().join("fixtures/employees-random"));
}

/// What MySQL 9.7 printed; its bundle says that it is of that release.
#[test]
fn employees_97() {
    check("employees-97", &root().join("fixtures/employees-9.7"));
}

#[test]
fn trees() {
    check("trees", &root().join("fixtures/trees"));
}

/// Corpora that lie beside the project where there are any.
#[test]
fn corpora_beside_the_project() {
    for name in ["sakila", "tpch", "tpch-random"] {
        let corpus = root().join("../shared/corpus").join(name);
        if corpus.is_dir() {
            check(name, &corpus);
        }
    }
}
