//! `bundle merge`, `shrink`, `redact`, `grow`, `from-ddl`: a bundle in, a bundle out.

use super::statements::Statements;
use super::{MADE_BY, Output, load, now, read};
use crate::terminal::Terminal;
use crate::{Failure, Found, output, session};
use clap::Args;
use myexplain::catalog::bundle::About;
use myexplain_capture::bundle::{grow, merge, names, redact, shrink};
use myexplain_capture::files::BundleFiles;
use myexplain_capture::{ddl, guess, statistics};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Arguments of `bundle merge`.
#[derive(Args, Debug)]
pub(super) struct Merge {
    /// The bundles; what several know is taken from the last one
    #[arg(value_name = "BUNDLE", num_args = 2.., required = true)]
    bundles: Vec<PathBuf>,

    #[command(flatten)]
    output: Output,
}

impl Merge {
    pub(super) fn run(&self) -> Result<Found, Failure> {
        self.output.check()?;
        let mut bundles = self.bundles.iter();
        let mut merged = bundles.next().map_or_else(|| Ok(BundleFiles::default()), |first| read(first))?;
        for path in bundles {
            merged = merge::merge(&merged, &read(path)?);
        }
        load(&merged)?;
        self.output.write(&merged)?;
        Ok(Found::Nothing)
    }
}

/// Arguments of `bundle shrink`.
#[derive(Args, Debug)]
pub(super) struct Shrink {
    /// The bundle; without it, the built-in one
    #[arg(short, long, value_name = "BUNDLE", env = "MYEXPLAIN_BUNDLE")]
    bundle: Option<PathBuf>,

    #[command(flatten)]
    statements: Statements,

    #[command(flatten)]
    output: Output,
}

impl Shrink {
    pub(super) fn run(&self, terminal: Terminal) -> Result<Found, Failure> {
        self.output.check()?;
        let statements = self.statements.read()?;
        if statements.is_empty() {
            return Err("no statement given: use -e SQL or --for FILE".to_owned().into());
        }
        let files = self.bundle.as_ref().map_or_else(|| Ok(BundleFiles::sample()), |path| read(path))?;
        let mut shrunk = shrink::shrink(&files, &statements)?;
        let mut about = shrunk.files.about().map_err(|error| error.to_string())?;
        about.notes.push("shrunk to what some statements need".to_owned());
        shrunk.files.set_about(&about);
        self.output.write(&shrunk.files)?;
        terminal.remark(&format!(
            "{} of {} pieces, {} of {} bytes are left; planned {} times",
            shrunk.pieces.1, shrunk.pieces.0, shrunk.bytes.1, shrunk.bytes.0, shrunk.trials
        ));
        Ok(Found::Nothing)
    }
}

/// Arguments of `bundle redact`.
#[derive(Args, Debug)]
pub(super) struct Redact {
    /// The bundle
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,

    /// Leave out histograms, dives, rows and subqueries altogether
    #[arg(long, conflicts_with_all = ["sql", "files"])]
    drop_values: bool,

    /// Mask names too: schemas, tables, columns, indexes, views, partitions, aliases. Stored programs are dropped
    #[arg(long)]
    names: bool,

    /// Where to write which name was replaced by which: keep it for yourself
    #[arg(long, value_name = "FILE", requires = "names")]
    map: Option<PathBuf>,

    #[command(flatten)]
    statements: Statements,

    #[command(flatten)]
    output: Output,
}

impl Redact {
    pub(super) fn run(&self, terminal: Terminal) -> Result<Found, Failure> {
        self.output.check()?;
        let mut statements: Vec<String> = self.statements.read()?.into_iter().map(|statement| statement.sql).collect();
        let mut files = read(&self.bundle)?;
        let mut dropped = 0;
        if self.names {
            let masked = names::mask(&files, &statements)?;
            if let Some(path) = &self.map {
                std::fs::write(path, masked.names.text()).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
            }
            (files, statements, dropped) = (masked.files, masked.statements, masked.dropped);
        }
        let extent = if self.drop_values { redact::Extent::DropValues } else { redact::Extent::MaskTexts };
        let redacted = redact::redact(&files, &statements, extent)?;
        load(&redacted.files)?;
        self.output.write(&redacted.files)?;
        for sql in &redacted.statements {
            output::print(&format!("{sql};\n"))?;
        }
        if dropped > 0 {
            terminal.remark(&format!("stored functions, procedures, triggers and events dropped: {dropped}"));
        }
        terminal.remark("still in it:");
        // The first is the names.
        redacted.remains.iter().skip(usize::from(self.names)).for_each(|remains| terminal.remark(&format!("- {remains}")));
        Ok(Found::Nothing)
    }
}

/// Arguments of `bundle grow`.
#[derive(Args, Debug)]
pub(super) struct Grow {
    /// The bundle
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,

    /// A table and how many times its rows it shall have; may be repeated
    #[arg(long = "table", value_name = "TABLE=FACTOR", required = true)]
    tables: Vec<String>,

    #[command(flatten)]
    output: Output,
}

impl Grow {
    pub(super) fn run(&self) -> Result<Found, Failure> {
        self.output.check()?;
        let factors = self.tables.iter().map(|text| factor(text)).collect::<Result<Vec<_>, _>>()?;
        let grown = grow::grow(&read(&self.bundle)?, &factors)?;
        self.output.write(&grown)?;
        Ok(Found::Nothing)
    }
}

/// `orders=10x` or `orders=0.5`.
fn factor(text: &str) -> Result<(String, f64), Failure> {
    let parsed = text.split_once('=').and_then(|(table, factor)| {
        let factor: f64 = factor.trim_end_matches(['x', 'X']).parse().ok()?;
        (factor > 0.0 && factor.is_finite()).then(|| (table.to_owned(), factor))
    });
    parsed.ok_or_else(|| format!("--table {text}: write TABLE=FACTOR, as in orders=10x").into())
}

/// Arguments of `bundle from-ddl`.
#[derive(Args, Debug)]
pub(super) struct FromDdl {
    /// File with CREATE TABLE statements, or a dump; `-` is stdin
    #[arg(value_name = "FILE")]
    schema: PathBuf,

    /// Rows of a table, as in orders=1e7; may be repeated; the others get 1000
    #[arg(long = "rows", value_name = "TABLE=ROWS")]
    rows: Vec<String>,

    /// Schema (database) of the tables that do not name theirs
    #[arg(long, value_name = "NAME", default_value = "test")]
    database: String,

    #[command(flatten)]
    output: Output,
}

impl FromDdl {
    pub(super) fn run(&self) -> Result<Found, Failure> {
        self.output.check()?;
        let rows = self.rows.iter().map(|text| row_count(text)).collect::<Result<BTreeMap<_, _>, _>>()?;
        let mut files = BundleFiles::new(&self.schema);
        let name = self.database.replace('`', "``");
        let definitions = ddl::definitions(&session::read_text(&self.schema)?);
        if definitions.is_empty() {
            return Err(format!("{}: no CREATE statement in it", self.schema.display()).into());
        }
        files.set("schema.sql", format!("CREATE DATABASE `{name}`;\nUSE `{name}`;\n\n{definitions}"));
        let catalog = load(&files)?;
        let (numbers, guesses) = guess::statistics(&catalog, &rows)?;
        statistics::write(&mut files, &numbers);
        let mut about = About::new(MADE_BY);
        about.captured_at = Some(now());
        about.guesses = guesses;
        about.notes.push("made from definitions alone".to_owned());
        files.set_about(&about);
        load(&files)?;
        self.output.write(&files)?;
        Ok(Found::Nothing)
    }
}

/// `orders=1e7`.
fn row_count(text: &str) -> Result<(String, u64), Failure> {
    let parsed = text.split_once('=').and_then(|(table, rows)| {
        let rows: f64 = rows.replace('_', "").parse().ok()?;
        (0.0..=1e15).contains(&rows).then(|| (table.to_owned(), rows as u64))
    });
    parsed.ok_or_else(|| format!("--rows {text}: write TABLE=ROWS, as in orders=1e7").into())
}
