//! `myexplain verify`: how faithful plans are to what a server printed.

use crate::output::print;
use crate::{Failure, Found, session, verify_trace};
use clap::Args;
use myexplain::catalog::Catalog;
use myexplain::error::PlanError;
use myexplain::ingest::recording::Recording;
use myexplain::planner::parallel;
use std::fmt::Write;
use std::path::PathBuf;

/// Arguments of `verify`.
#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// Directory with schema and statistics of the server; without it, the built-in employees schema
    #[arg(short, long, value_name = "DIR", env = "MYEXPLAIN_BUNDLE")]
    bundle: Option<PathBuf>,

    /// Directory of recordings (NAME.txt)
    #[arg(value_name = "RECORDINGS")]
    recordings: PathBuf,

    /// List the statements that asked for row counts which the bundle does not hold
    #[arg(short, long)]
    verbose: bool,

    /// Compare optimizer traces instead: NAME.json.gz or NAME.json in the directory `trace` beside the recordings
    #[arg(long)]
    trace: bool,

    /// Threads to plan with; the result does not depend on it
    #[arg(short, long, value_name = "N", env = "MYEXPLAIN_JOBS")]
    jobs: Option<usize>,
}

/// Sections that are compared, byte by byte.
const COMPARED: [&str; 5] = ["traditional", "warnings", "tree", "json", "error"];

/// How one recording compares.
struct Compared {
    name: String,
    /// Per compared section that the server printed: its name, and the first difference if there is one.
    sections: Vec<(&'static str, Option<String>)>,
    /// The traditional rows agree but for rows and filtered.
    shape: Option<bool>,
    /// Ranges whose row counts the bundle does not hold.
    missed: usize,
}

impl Verify {
    pub(crate) fn run(&self) -> Result<Found, Failure> {
        let catalog = session::load(self.bundle.as_deref())?;
        let paths = session::recordings_in(&self.recordings)?;
        let jobs = self.jobs.unwrap_or_else(parallel::default_jobs);
        if self.trace {
            return verify_trace::run(&catalog, &paths, jobs);
        }
        let compared = parallel::map(&paths, jobs, |path| {
            let text = session::read_text(path)?;
            let name = path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            Ok(compare(&catalog, name, &Recording::read(&text)))
        });
        let compared = compared.into_iter().collect::<Result<Vec<Compared>, String>>()?;
        print(&report(&compared, self.verbose))?;
        let differs = compared.iter().any(|one| one.sections.iter().any(|(_, difference)| difference.is_some()));
        Ok(if differs { Found::Differences } else { Found::Nothing })
    }
}

fn compare(catalog: &Catalog, name: String, wanted: &Recording) -> Compared {
    let sets = wanted.sets();
    let sql = wanted.section("sql").unwrap_or("");
    let outcome = session::under(catalog, &sets).map_err(PlanError::from).and_then(|catalog| session::plan(&catalog, sql));
    let got = Recording::of_plan(&sets, sql, &outcome);
    let instead = match &outcome {
        Ok(_) => None,
        Err(error) => Some(error.to_string()),
    };
    let sections = COMPARED.into_iter().filter_map(|section| {
        let server = wanted.section(section)?;
        let planner = got.section(section);
        let difference = match planner {
            Some(planner) => first_difference(server, planner),
            None => Some(nothing(server, instead.as_deref())),
        };
        Some((section, difference))
    });
    let shape = wanted.section("traditional").map(|server| {
        let planner = got.section("traditional").map(shape_of);
        planner.is_some_and(|planner| planner == shape_of(server))
    });
    let missed = outcome.as_ref().map_or(0, |plan| plan.missed_dives.len());
    Compared { name, sections: sections.collect(), shape, missed }
}

/// The rows without the columns rows and filtered.
fn shape_of(tsv: &str) -> Vec<Vec<&str>> {
    let mut rows = tsv.lines().map(|line| line.split('\t').collect::<Vec<&str>>());
    let Some(header) = rows.next() else { return Vec::new() };
    let kept: Vec<usize> = (0..header.len()).filter(|i| !matches!(header[*i], "rows" | "filtered")).collect();
    rows.map(|row| kept.iter().filter_map(|i| row.get(*i).copied()).collect()).collect()
}

fn nothing(server: &str, instead: Option<&str>) -> String {
    let first = server.lines().next().unwrap_or("");
    format!("      server:  {first}\n      planner: {}", instead.unwrap_or("(nothing)"))
}

fn first_difference(server: &str, planner: &str) -> Option<String> {
    if server == planner {
        return None;
    }
    let mut lines = (server.split('\n'), planner.split('\n'));
    let mut number = 0;
    loop {
        number += 1;
        let (one, other) = (lines.0.next(), lines.1.next());
        if one != other || one.is_none() {
            let text = |line: Option<&str>| line.unwrap_or("(end)").to_owned();
            return Some(format!("line {number}\n      server:  {}\n      planner: {}", text(one), text(other)));
        }
    }
}

fn report(compared: &[Compared], verbose: bool) -> String {
    let mut out = String::new();
    for one in compared {
        for (section, difference) in &one.sections {
            if let Some(difference) = difference {
                let _ = writeln!(out, "{}: {section}: {}", one.name, difference.trim_start());
            }
        }
    }
    if verbose {
        for one in compared.iter().filter(|one| one.missed > 0) {
            let ranges = if one.missed == 1 { "range" } else { "ranges" };
            let _ = writeln!(out, "{}: {} {ranges} estimated without a captured row count", one.name, one.missed);
        }
    }
    if !out.is_empty() {
        out.push('\n');
    }
    let shapes: Vec<bool> = compared.iter().filter_map(|one| one.shape).collect();
    share(&mut out, "shape", shapes.iter().filter(|same| **same).count(), shapes.len());
    for section in COMPARED {
        let all = compared.iter().flat_map(|one| &one.sections).filter(|(name, _)| *name == section);
        let (same, total) =
            all.fold((0, 0), |(same, total), (_, difference)| (same + usize::from(difference.is_none()), total + 1));
        share(&mut out, section, same, total);
    }
    let _ = writeln!(out, "{} recordings", compared.len());
    out
}

fn share(out: &mut String, name: &str, same: usize, total: usize) {
    if total > 0 {
        let percent = 100.0 * same as f64 / total as f64;
        let _ = writeln!(out, "{name:12} {same:4} of {total:4}  {percent:6.2} %");
    }
}
