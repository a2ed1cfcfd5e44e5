//! `bundle from-rows`: statistics as ANALYZE TABLE would compute them, from files of rows.

use super::statements::Statements;
use super::{MADE_BY, Output, load, now, read};
use crate::terminal::Terminal;
use crate::{Failure, Found, session};
use clap::Args;
use myexplain::catalog::bundle::About;
use myexplain_capture::files::BundleFiles;
use myexplain_capture::rows::{self, DEFAULT_BUCKETS, Filling, HeldTables, Wanted, WantedHistogram};
use std::path::PathBuf;

/// Arguments of `bundle from-rows`.
#[derive(Args, Debug)]
pub(super) struct FromRows {
    /// Files TABLE.csv or TABLE.tsv, dumps (*.sql), or directories of them
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,

    /// CREATE TABLE statements; without it, those of the dumps, or of the bundle
    #[arg(long, value_name = "FILE", conflicts_with = "bundle")]
    schema: Option<PathBuf>,

    /// Take schema, variables and cost constants from this bundle
    #[arg(short, long, value_name = "BUNDLE")]
    bundle: Option<PathBuf>,

    /// Schema (database) of the tables that do not name theirs
    #[arg(long, value_name = "NAME", default_value = "test")]
    database: String,

    /// Make a histogram of a column, of 100 buckets or so many; may be repeated
    #[arg(long = "histogram", value_name = "TABLE.COLUMN[=BUCKETS]")]
    histograms: Vec<String>,

    /// Fill pages as after OPTIMIZE TABLE, not by inserts in the order of the rows
    #[arg(long)]
    rebuilt: bool,

    #[command(flatten)]
    statements: Statements,

    #[command(flatten)]
    output: Output,
}

impl FromRows {
    pub(super) fn run(&self, terminal: Terminal) -> Result<Found, Failure> {
        self.output.check()?;
        let statements = self.statements.read()?;
        let histograms = self.histograms.iter().map(|text| wanted_histogram(text)).collect::<Result<_, _>>()?;
        let paths = self.data_files()?;
        let mut files = self.base(&paths)?;
        let catalog = load(&files)?;
        let mut held = HeldTables::new();
        for path in &paths {
            for unknown in rows::read(path, &catalog, &mut held).map_err(|error| error.to_string())? {
                terminal.remark(&format!("{}: the schema has no table '{unknown}'; its rows are left out", path.display()));
            }
        }
        if held.is_empty() {
            return Err("no rows were read: name each file as its table (orders.csv), and give the tables with --schema"
                .to_owned()
                .into());
        }
        let filling = if self.rebuilt { Filling::Rebuilt } else { Filling::Inserted };
        let stamp = now().replace('T', " ").replace('Z', ".000000");
        let wanted = Wanted { histograms, filling, last_updated: stamp };
        let (analyzed, remarks) = rows::analyze(&mut files, &catalog, held, &wanted);
        remarks.iter().for_each(|remark| terminal.remark(remark));
        if !statements.is_empty() {
            let answers = rows::answer(&mut files, analyzed, &statements)?;
            for text in &answers.unplanned {
                terminal.remark(&format!("not planned: {text}"));
            }
            for text in &answers.unanswered {
                terminal.remark(&format!("not answered from rows: {text}"));
            }
        }
        let mut about = About::new(MADE_BY);
        about.captured_at = Some(now());
        about.notes.push("statistics were computed from rows, not captured from a server".to_owned());
        about.notes.extend(remarks);
        files.set_about(&about);
        load(&files)?;
        self.output.write(&files)?;
        Ok(Found::Nothing)
    }

    fn data_files(&self) -> Result<Vec<PathBuf>, Failure> {
        let mut paths = Vec::new();
        for path in &self.paths {
            paths.extend(rows::files_of(path).map_err(|error| error.to_string())?);
        }
        if paths.is_empty() {
            return Err("no file of rows (*.csv, *.tsv, *.txt, *.sql) there".to_owned().into());
        }
        Ok(paths)
    }

    /// Schema, variables and cost constants.
    fn base(&self, paths: &[PathBuf]) -> Result<BundleFiles, Failure> {
        let mut files = BundleFiles::new(&self.output.output);
        if let Some(bundle) = &self.bundle {
            let base = read(bundle)?;
            for name in ["schema.sql", "variables.tsv", "server_cost.tsv", "engine_cost.tsv"] {
                if let Some(text) = base.get(name) {
                    files.set(name, text);
                }
            }
            return Ok(files);
        }
        let mut schema = format!("CREATE DATABASE `{0}`;\nUSE `{0}`;\n\n", self.database.replace('`', "``"));
        let dumps = || paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "sql")).collect();
        let sources: Vec<&PathBuf> = self.schema.as_ref().map_or_else(dumps, |schema| vec![schema]);
        if sources.is_empty() {
            return Err("no CREATE TABLE statements: give --schema FILE, -b BUNDLE, or a dump".to_owned().into());
        }
        for source in sources {
            schema.push_str(&myexplain_capture::ddl::definitions(&session::read_text(source)?));
        }
        files.set("schema.sql", schema);
        Ok(files)
    }
}

fn wanted_histogram(text: &str) -> Result<WantedHistogram, Failure> {
    let (name, buckets) = text.split_once('=').unwrap_or((text, ""));
    let buckets = if buckets.is_empty() { Some(DEFAULT_BUCKETS) } else { buckets.parse().ok() };
    match (name.rsplit_once('.'), buckets) {
        (Some((table, column)), Some(buckets @ 1..=1024)) => {
            Ok(WantedHistogram { table: table.to_owned(), column: column.to_owned(), buckets })
        }
        _ => Err(format!("--histogram {text}: write TABLE.COLUMN or TABLE.COLUMN=BUCKETS, 1 to 1024 buckets").into()),
    }
}
