//! The house rules that a compiler does not check: no room reaches ahead of itself.

use std::fs;
use std::path::{Path, PathBuf};

/// In the order of the data; a room uses itself and rooms to its left.
const ROOMS: &[&str] = &[
    "error", "value", "cost", "catalog", "parse", "trace", "context", "query", "resolve", "evaluate", "rewrite", "estimate",
    "access", "join", "plan", "finish", "explain", "planner", "ingest", "what_if", "compare", "advise", "check",
];

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn sources() -> Vec<(String, PathBuf, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    files.sort();
    assert!(files.len() > 20, "no sources found below {}", src.display());
    let room = |path: &Path| {
        let relative = path.strip_prefix(&src).ok()?;
        let first = relative.components().next()?.as_os_str().to_str()?.to_owned();
        Some(first.trim_end_matches(".rs").to_owned())
    };
    files.into_iter().filter_map(|path| Some((room(&path)?, path.clone(), fs::read_to_string(path).ok()?))).collect()
}

fn rank(room: &str) -> Option<usize> {
    ROOMS.iter().position(|known| *known == room)
}

/// Rooms that a text names as `crate::room`.
fn used_rooms(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .collect()
}

#[test]
fn no_room_reaches_ahead() {
    let mut wrong = Vec::new();
    for (room, path, text) in sources() {
        if room == "lib" {
            continue;
        }
        let Some(own) = rank(&room) else { panic!("{} lies in no known room", path.display()) };
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for used in used_rooms(code) {
            if rank(&used).is_some_and(|used| used > own) {
                wrong.push(format!("{} reaches into {used}", path.display()));
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn cost_knows_only_numbers() {
    for (room, path, text) in sources() {
        if room == "cost" {
            let others: Vec<String> = used_rooms(&text).into_iter().filter(|used| used != "cost").collect();
            assert!(others.is_empty(), "{} uses {others:?}", path.display());
        }
    }
}
