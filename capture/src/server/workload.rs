//! What planning some statements exactly takes: their dives, and, where allowed, rows and subquery values.

use super::connection::{Server, ServerError};
use super::selection::name;
use super::{Progress, dives, misses};
use crate::files::BundleFiles;
use crate::workload::Query;
use myexplain::catalog::bundle::load_files;
use myexplain::ingest::recording::Recording;

/// Rounds of planning and looking up: a row may decide which row is asked for next.
const MOST_ROUNDS: usize = 5;

/// What to ask for the statements of a workload.
#[derive(Clone, Copy, Debug)]
pub struct WorkloadOptions {
    /// Look rows and subquery values up, too.
    pub read_values: bool,
    /// Only for statements for which the bundle lacks something.
    pub only_missed: bool,
    /// Seconds that the server may spend on one statement.
    pub limit_seconds: u32,
}

/// What a workload brought.
#[derive(Clone, Debug, Default)]
pub struct WorkloadReport {
    /// A recording of each statement that was explained, with its name.
    pub recordings: Vec<(String, Recording)>,
    /// Statements that the server was asked about.
    pub asked: usize,
    /// What could not be had, one sentence each.
    pub gaps: Vec<String>,
}

impl Server {
    /// Explains statements and adds to the bundle what the server's optimizer read for them. `USE` and `SET` are among the settings
    /// of a statement; nothing is run but EXPLAIN and, if allowed, the look-ups.
    ///
    /// # Errors
    /// A lost connection, or a bundle that cannot be read.
    pub fn workload(
        &mut self,
        queries: &[Query],
        options: WorkloadOptions,
        files: &mut BundleFiles,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<WorkloadReport, ServerError> {
        let mut report = WorkloadReport::default();
        let timestamp = self.timestamp(files)?;
        self.begin_explaining(options.limit_seconds, timestamp)?;
        let catalog = load_files(files).map_err(|error| ServerError::Useless(error.to_string()))?;
        let mut found = Vec::new();
        let mut used = None;
        for (done, query) in queries.iter().enumerate() {
            progress(Progress { what: &query.statement.name, done, of: queries.len() });
            let missed = misses::of_statement(&catalog, query);
            let missed_values = options.read_values && (!missed.rows.is_empty() || !missed.subqueries.is_empty());
            if options.only_missed && missed.dives == 0 && !missed_values {
                continue;
            }
            report.asked += 1;
            let under = query.statement.under(&catalog);
            let schema = under.ok().and_then(|catalog| catalog.current_schema).map(|schema| schema.to_string());
            if used != schema {
                if let Some(schema) = &schema {
                    self.run(&format!("USE {}", name(schema)))?;
                }
                used.clone_from(&schema);
            }
            let explained = self.explain(query, !options.only_missed)?;
            if explained.trace.is_none() && explained.recording.section("traditional").is_some() {
                let why = "the server kept its optimizer trace back: its ranges are estimated";
                report.gaps.push(format!("{}: {why}", query.statement.name));
            }
            let sql = query.statement.sql.trim().trim_end_matches(';');
            found.extend(dives::of_trace(&explained, schema.as_deref().unwrap_or_default(), sql));
            report.recordings.push((query.statement.name.clone(), explained.recording));
        }
        files.set("dives.jsonl", dives::lines(files.get("dives.jsonl").unwrap_or_default(), &found));
        if options.read_values {
            self.look_up(queries, files, &mut report, progress)?;
        }
        Ok(report)
    }

    /// The time that the statements are explained at: the bundle's, so that NOW() is the same in every capture for it.
    fn timestamp(&mut self, files: &mut BundleFiles) -> Result<f64, ServerError> {
        const FILE: &str = "variables.tsv";
        let variables = files.get(FILE).unwrap_or("variable_name\tvalue\n").to_owned();
        let named = variables.lines().find_map(|line| line.strip_prefix("timestamp\t")?.parse::<f64>().ok());
        if let Some(time) = named.filter(|time| *time > 0.0) {
            return Ok(time);
        }
        let rows = self.rows("SELECT UNIX_TIMESTAMP()")?;
        let now = rows.first().and_then(|row| row.first()?.as_deref()?.parse().ok()).unwrap_or(0.0);
        files.set(FILE, format!("{variables}timestamp\t{now:.6}\n"));
        Ok(now)
    }

    /// Plans, looks up what planning missed, and plans again with that.
    fn look_up(
        &mut self,
        queries: &[Query],
        files: &mut BundleFiles,
        report: &mut WorkloadReport,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(), ServerError> {
        let lines = |files: &BundleFiles, file: &str| -> Vec<String> {
            files.get(file).unwrap_or_default().lines().map(str::to_owned).collect()
        };
        let (mut rows, mut subqueries) = (lines(files, "rows.jsonl"), lines(files, "subqueries.jsonl"));
        let mut refused = Vec::new();
        for round in 0..MOST_ROUNDS {
            let catalog = load_files(files).map_err(|error| ServerError::Useless(error.to_string()))?;
            let before = rows.len() + subqueries.len();
            let (mut asked_rows, mut asked_subqueries) = (Vec::new(), Vec::new());
            for (done, query) in queries.iter().enumerate() {
                if done % 50 == 0 {
                    progress(Progress { what: "rows and subquery values", done: round, of: MOST_ROUNDS });
                }
                let missed = misses::of_statement(&catalog, query);
                for row in missed.rows.into_iter().filter(|row| !asked_rows.contains(row)).collect::<Vec<_>>() {
                    match self.look_up_row(&row)? {
                        Some(line) => rows.push(line),
                        None => refused.push(format!("{}: a row of {}.{}", query.statement.name, row.schema, row.table)),
                    }
                    asked_rows.push(row);
                }
                for (schema, sql) in missed.subqueries {
                    if asked_subqueries.contains(&(schema.clone(), sql.clone())) {
                        continue;
                    }
                    self.run(&format!("USE {}", name(&schema)))?;
                    match self.look_up_subquery(&schema, &sql)? {
                        Some(line) => subqueries.push(line),
                        None => refused.push(format!("{}: the value of a subquery", query.statement.name)),
                    }
                    asked_subqueries.push((schema, sql));
                }
            }
            if rows.len() + subqueries.len() == before {
                break;
            }
            files.set("rows.jsonl", dives::joined(rows.clone()));
            files.set("subqueries.jsonl", dives::joined(subqueries.clone()));
        }
        refused.sort();
        refused.dedup();
        report.gaps.extend(refused.into_iter().map(|what| format!("{what} could not be read: it is taken as unknown")));
        Ok(())
    }
}
