//! Reading a bundle (DESIGN §3) into a [`Catalog`].

mod about;
mod facts;
mod histograms;
mod lines;
mod schema;
#[cfg(test)]
mod tests;
mod tsv;

pub use about::{ABOUT_FILE, About, FORMAT, KNOWN_FILES};
pub use facts::decode_file_name;
pub(super) use histograms::StoredHistogram;
pub use histograms::histogram_of_text;

use super::captured::CapturedStatistics;
use super::{Catalog, ServerVersion, Settings};
use crate::cost::CostConstants;
use crate::error::InputError;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use tsv::Problem;

/// The files of a bundle: a directory, or texts held in memory.
pub trait Files {
    /// The text of a file; none if there is no such file.
    fn read(&self, name: &str) -> Result<Option<Cow<'_, str>>, InputError>;
    /// How error messages name a file.
    fn path(&self, name: &str) -> PathBuf;
    /// Names of all files, if they can be listed: those that are not known are named as gaps.
    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

struct Directory<'a>(&'a Path);

impl Files for Directory<'_> {
    fn read(&self, name: &str) -> Result<Option<Cow<'_, str>>, InputError> {
        let path = self.path(name);
        match std::fs::read(&path) {
            Ok(bytes) => Ok(Some(Cow::Owned(match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
            }))),
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(InputError::Io { path, source }),
        }
    }
    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
    fn names(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.0) else { return Vec::new() };
        let files = entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
        let mut names: Vec<String> = files.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }
}

macro_rules! sample_files {
    ($($name:literal),* $(,)?) => {
        const SAMPLE: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../../fixtures/employees/bundle/", $name)))),*];
    };
}
sample_files!(
    "schema.sql",
    "tables.tsv",
    "partitions.tsv",
    "statistics.tsv",
    "innodb_table_stats.tsv",
    "innodb_index_stats.tsv",
    "innodb_tablestats.tsv",
    "innodb_cached_indexes.tsv",
    "column_statistics.jsonl",
    "server_cost.tsv",
    "engine_cost.tsv",
    "variables.tsv",
    "dives.jsonl",
    "rows.jsonl",
    "subqueries.jsonl",
);

/// The files of the built-in employees bundle: names and texts.
pub fn sample_files() -> &'static [(&'static str, &'static str)] {
    SAMPLE
}

struct BuiltIn;

impl Files for BuiltIn {
    fn read(&self, name: &str) -> Result<Option<Cow<'_, str>>, InputError> {
        Ok(SAMPLE.iter().find(|(each, _)| *each == name).map(|(_, text)| Cow::Borrowed(*text)))
    }
    fn path(&self, name: &str) -> PathBuf {
        Path::new("(built-in employees bundle)").join(name)
    }
}

/// Loads a bundle from a directory. A missing optional file is an assumption (see [`Catalog::assumptions`]); a damaged one is an
/// error with file and line.
pub fn load(directory: &Path) -> Result<Catalog, InputError> {
    load_files(&Directory(directory))
}

impl Catalog {
    /// The employees bundle that is built into the program.
    pub fn sample() -> Catalog {
        static LOADED: OnceLock<Catalog> = OnceLock::new();
        LOADED.get_or_init(|| load_files(&BuiltIn).unwrap_or_else(|_| Catalog::empty())).clone()
    }
    /// A catalog without schemas, with MySQL's defaults.
    pub fn empty() -> Catalog {
        Catalog {
            schemas: Default::default(),
            current_schema: None,
            settings: Settings::default(),
            costs: CostConstants::default(),
            statistics: Arc::new(CapturedStatistics::default()),
            assumptions: Vec::new(),
        }
    }
}

/// A bundle that is being read.
struct Loader<'f> {
    files: &'f dyn Files,
    catalog: Catalog,
    statistics: CapturedStatistics,
}

/// Loads a bundle from anything that holds its files.
pub fn load_files(files: &dyn Files) -> Result<Catalog, InputError> {
    let mut loader = Loader { files, catalog: Catalog::empty(), statistics: CapturedStatistics::default() };
    loader.about()?;
    loader.variables()?;
    loader.schema()?;
    loader.costs()?;
    loader.table_facts()?;
    loader.histograms()?;
    loader.lines()?;
    let Loader { mut catalog, statistics, .. } = loader;
    catalog.statistics = Arc::new(statistics);
    Ok(catalog)
}

impl<'f> Loader<'f> {
    fn text(&self, name: &str) -> Result<Option<Cow<'f, str>>, InputError> {
        self.files.read(name)
    }
    fn problem(&self, name: &str, (line, what): Problem) -> InputError {
        InputError::Content { path: self.files.path(name), line, what }
    }
    /// Says what the bundle says of itself, and which files in it are not known.
    fn about(&mut self) -> Result<(), InputError> {
        let about = match self.text(ABOUT_FILE)? {
            Some(text) => About::read(&text).map_err(|problem| self.problem(ABOUT_FILE, problem))?,
            None => About::default(),
        };
        let assumptions = &mut self.catalog.assumptions;
        if about.format > FORMAT {
            assumptions.push(format!(
                "the bundle has format {}, this program knows {FORMAT}: what is new in it is left out; update myexplain",
                about.format
            ));
        }
        assumptions.extend(about.guesses);
        let is_data = |name: &str| [".tsv", ".jsonl", ".json", ".sql"].iter().any(|end| name.ends_with(end));
        let unknown = self.files.names().into_iter().filter(|name| is_data(name) && !KNOWN_FILES.contains(&name.as_str()));
        assumptions.extend(unknown.map(|name| format!("{name} is not known to this version: left out")));
        Ok(())
    }
    /// Records that a file is missing and what is assumed instead.
    fn assume(&mut self, name: &str, instead: &str) {
        self.catalog.assumptions.push(format!("{name} is missing: {instead}"));
    }
    /// Reads an optional TSV file and hands its rows to `visit`; false if it is missing.
    fn rows(
        &mut self,
        name: &str,
        mut visit: impl FnMut(&mut Self, tsv::Row<'_, '_>) -> Result<(), Problem>,
    ) -> Result<bool, InputError> {
        let Some(text) = self.text(name)? else { return Ok(false) };
        tsv::each_row(&text, |row| visit(self, row)).map_err(|problem| self.problem(name, problem))?;
        Ok(true)
    }

    fn variables(&mut self) -> Result<(), InputError> {
        const NAME: &str = "variables.tsv";
        let mut rows: Vec<(String, String)> = Vec::new();
        let found = self.rows(NAME, |_, row| {
            let value = row.get("value").map(tsv::unescape).unwrap_or_default();
            rows.push((row.need("variable_name")?.to_owned(), value.into_owned()));
            Ok(())
        })?;
        if !found {
            self.assume(NAME, "MySQL's default variables");
        }
        if let Some((_, version)) = rows.iter().find(|(name, _)| name.eq_ignore_ascii_case("version"))
            && version.parse::<ServerVersion>().is_err()
        {
            let followed = ServerVersion::default();
            self.catalog.assumptions.push(format!("{NAME}: version '{version}' is not known: planned as {followed}"));
        }
        self.catalog.settings = Settings::from_variables(rows.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        Ok(())
    }

    fn costs(&mut self) -> Result<(), InputError> {
        let value = |row: &tsv::Row<'_, '_>| -> Result<Option<f64>, Problem> {
            let Some(text) = row.get("cost_value") else { return Ok(None) };
            let number: f64 = text.parse().map_err(|_| (row.line, format!("'{text}' is not a cost")))?;
            Ok((number > 0.0).then_some(f64::from(number as f32)))
        };
        let server = self.rows("server_cost.tsv", |loader, row| {
            let Some(cost) = value(&row)? else { return Ok(()) };
            loader.catalog.costs.set(&row.need("cost_name")?.to_ascii_lowercase(), cost);
            Ok(())
        })?;
        let mut specific = Vec::new();
        let engine = self.rows("engine_cost.tsv", |loader, row| {
            let Some(cost) = value(&row)? else { return Ok(()) };
            let name = row.need("cost_name")?.to_ascii_lowercase();
            match row.get("engine_name").unwrap_or("default").to_ascii_lowercase().as_str() {
                "default" => loader.catalog.costs.set(&name, cost),
                "innodb" => specific.push((name, cost)),
                _ => {}
            }
            Ok(())
        })?;
        for (name, cost) in specific {
            self.catalog.costs.set(&name, cost);
        }
        if !server {
            self.assume("server_cost.tsv", "MySQL's default cost constants");
        }
        if !engine {
            self.assume("engine_cost.tsv", "MySQL's default cost constants");
        }
        Ok(())
    }
}

impl CostConstants {
    /// Sets a constant by its name in `mysql.server_cost` or `mysql.engine_cost`; unknown names are ignored, as the server does.
    pub fn set(&mut self, name: &str, value: f64) {
        match name {
            "row_evaluate_cost" => self.row_evaluate = value,
            "key_compare_cost" => self.key_compare = value,
            "memory_temptable_create_cost" => self.memory_temptable_create = value,
            "memory_temptable_row_cost" => self.memory_temptable_row = value,
            "disk_temptable_create_cost" => self.disk_temptable_create = value,
            "disk_temptable_row_cost" => self.disk_temptable_row = value,
            "io_block_read_cost" => self.io_block_read = value,
            "memory_block_read_cost" => self.memory_block_read = value,
            _ => {}
        }
    }
}
