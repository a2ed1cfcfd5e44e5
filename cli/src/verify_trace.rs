//! `myexplain verify --trace`: how far recorded optimizer traces and ours agree.

use crate::output::print;
use crate::{Failure, Found, session};
use flate2::read::GzDecoder;
use myexplain::catalog::Catalog;
use myexplain::error::PlanError;
use myexplain::ingest::recording::Recording;
use myexplain::planner::parallel;
use myexplain::trace::compare::{self, Agreement};
use serde_json::{Value, json};
use std::fmt::Write;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Bytes that one recorded trace may have.
const TRACE_LIMIT: u64 = 256 << 20;

struct Compared {
    name: String,
    agreement: Agreement,
    difference: Option<(String, String)>,
}

/// Compares the traces beside the recordings.
pub(crate) fn run(catalog: &Catalog, recordings: &[PathBuf], jobs: usize) -> Result<Found, Failure> {
    let compared = parallel::map(recordings, jobs, |path| compare_one(catalog, path));
    let compared: Vec<Compared> = compared.into_iter().collect::<Result<Vec<_>, String>>()?.into_iter().flatten().collect();
    if compared.is_empty() {
        return Err("no traces: expected NAME.json.gz or NAME.json in a directory `trace` beside the recordings"
            .to_owned()
            .into());
    }
    print(&report(&compared))?;
    let differs = compared.iter().any(|one| !one.agreement.plans || !one.agreement.alternatives);
    Ok(if differs { Found::Differences } else { Found::Nothing })
}

fn compare_one(catalog: &Catalog, path: &Path) -> Result<Option<Compared>, String> {
    let name = path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let Some(server) = recorded_trace(path, &name)? else { return Ok(None) };
    let recording = Recording::read(&session::read_text(path)?);
    let sql = recording.section("sql").unwrap_or("");
    let plan = session::under(catalog, &recording.sets())
        .map_err(PlanError::from)
        .and_then(|catalog| session::traced_plan(&catalog, sql));
    let planner = json!({ "steps": plan.ok().and_then(|plan| plan.trace) });
    let agreement = compare::compare(&server, &planner);
    let difference = compare::first_difference(&server, &planner);
    Ok(Some(Compared { name, agreement, difference }))
}

/// The server's trace of a recording, if it was kept.
fn recorded_trace(recording: &Path, name: &str) -> Result<Option<Value>, String> {
    let Some(folder) = recording.parent().and_then(Path::parent).map(|folder| folder.join("trace")) else { return Ok(None) };
    let (packed, plain) = (folder.join(format!("{name}.json.gz")), folder.join(format!("{name}.json")));
    let mut text = String::new();
    let (path, read) = if packed.is_file() {
        let file = std::fs::File::open(&packed).map_err(|error| format!("cannot read {}: {error}", packed.display()))?;
        let read = GzDecoder::new(file).take(TRACE_LIMIT).read_to_string(&mut text).map(|_| ());
        (packed, read)
    } else if plain.is_file() {
        let read = std::fs::read_to_string(&plain).map(|whole| text = whole);
        (plain, read)
    } else {
        return Ok(None);
    };
    read.map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let trace = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(Some(trace))
}

fn report(compared: &[Compared]) -> String {
    let mut out = String::new();
    for one in compared {
        if let Some((server, planner)) = &one.difference {
            let _ = writeln!(out, "{}: alternatives\n      server:  {server}\n      planner: {planner}", one.name);
        } else if !one.agreement.plans {
            let _ = writeln!(out, "{}: another plan", one.name);
        }
    }
    if !out.is_empty() {
        out.push('\n');
    }
    let total = compared.len();
    for (name, same) in [
        ("plans", compared.iter().filter(|one| one.agreement.plans).count()),
        ("alternatives", compared.iter().filter(|one| one.agreement.alternatives).count()),
    ] {
        let percent = 100.0 * same as f64 / total as f64;
        let _ = writeln!(out, "{name:12} {same:4} of {total:4}  {percent:6.2} %");
    }
    let _ = writeln!(out, "{total} traces");
    out
}
