//! Every recorded statement resolves without an error, but for those that the server refused.

use myexplain::catalog::{Catalog, bundle};
use myexplain::{Context, PlanError, parse, resolve};
use std::cell::RefCell;
use std::fs;
use std::path::Path;

const CORPORA: [&str; 5] = ["employees", "employees-random", "sakila", "tpch", "tpch-random"];

/// The text of a section of a recording.
fn section<'t>(recording: &'t str, name: &str) -> Option<&'t str> {
    let head = format!("=== {name}\n");
    let start = if recording.starts_with(&head) { head.len() } else { recording.find(&format!("\n{head}"))? + head.len() + 1 };
    let rest = &recording[start..];
    Some(rest.find("\n=== ").map_or(rest.trim_end(), |end| &rest[..end]))
}

fn resolved(catalog: &Catalog, recording: &str) -> Result<String, PlanError> {
    let sql = section(recording, "sql").unwrap_or("");
    let mut settings = catalog.settings.clone();
    for line in section(recording, "set").unwrap_or("").lines() {
        if let Some((name, value)) = line.split_once('=') {
            settings.assign(name.trim(), value.trim().trim_matches('\''))?;
        }
    }
    let statement = parse::statement(sql, &settings)?;
    let ctx = Context {
        catalog,
        settings: &settings,
        sql,
        variables: &[],
        trace: None,
        missed_dives: RefCell::default(),
        interrupt: None,
        evaluated_units: RefCell::default(),
        notes: Default::default(),
    };
    let query = resolve::resolve(&ctx, &statement)?;
    Ok(query.diagnostics.iter().map(|d| format!("{} {}\n", d.code, d.text)).collect())
}

#[test]
fn recorded_statements_resolve() {
    let mut wrong = Vec::new();
    for corpus in CORPORA {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus").join(corpus);
        if !folder.is_dir() {
            continue;
        }
        let catalog = bundle::load(&folder.join("bundle")).expect("bundle");
        let mut files: Vec<_> = fs::read_dir(folder.join("golden")).expect("golden").flatten().map(|f| f.path()).collect();
        files.sort();
        for file in files {
            let recording = fs::read_to_string(&file).expect("recording");
            let name = format!("{corpus}/{}", file.file_stem().unwrap_or_default().to_string_lossy());
            let expected = section(&recording, "error");
            match (resolved(&catalog, &recording), expected) {
                (Ok(notes), None) => {
                    let recorded: String = section(&recording, "warnings")
                        .unwrap_or("")
                        .lines()
                        .filter(|line| line.starts_with("Note\t1276"))
                        .map(|line| line["Note\t".len()..].replacen('\t', " ", 1) + "\n")
                        .collect();
                    let own: String = notes.lines().filter(|l| l.starts_with("1276")).map(|l| format!("{l}\n")).collect();
                    if own != recorded {
                        wrong.push(format!("{name}: notes\n{own}instead of\n{recorded}"));
                    }
                }
                (Err(error), Some(expected)) => {
                    let own = match error {
                        PlanError::Server(error) => format!("{}\t{}", error.code, error.text),
                        other => other.to_string(),
                    };
                    if own != expected {
                        wrong.push(format!("{name}: {own}\n  instead of {expected}"));
                    }
                }
                (Err(error), None) => wrong.push(format!("{name}: {error}")),
                // Errors of later stages.
                (Ok(_), Some(expected)) => {
                    if !expected.starts_with("1055") {
                        wrong.push(format!("{name}: nothing instead of {expected}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}
