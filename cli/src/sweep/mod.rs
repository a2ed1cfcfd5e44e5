//! `myexplain sweep`: where does the plan flip, along one parameter or two.

mod data;
mod plot;
mod svg;

use crate::planning_args::PlanningArgs;
use crate::{Failure, Found, Surroundings, output, session};
use clap::{Args, ValueEnum};
use myexplain::Catalog;
use myexplain::parse::script;
use myexplain::planner::parallel;
use myexplain::what_if::sweep::{Axis, Diagram, Sweep, diagram, sweep};
use std::path::PathBuf;

/// Arguments of `sweep`.
#[derive(Args, Debug)]
pub(crate) struct SweepCommand {
    #[command(flatten)]
    planning: PlanningArgs,

    /// The statement; `:name` stands for a value that --literal varies
    #[arg(short = 'e', long = "execute", value_name = "SQL", conflicts_with = "file")]
    sql: Option<String>,

    /// File with the statement; `-` is stdin
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    /// Vary the share of a table's rows that ranges and equalities on an indexed column find (0 to 1)
    #[arg(long, value_name = "T.C=FROM..TO", help_heading = "Vary")]
    selectivity: Vec<String>,

    /// Vary the value of :NAME in the statement: numbers, or dates as YYYY-MM-DD
    #[arg(long, value_name = "NAME=FROM..TO", help_heading = "Vary")]
    literal: Vec<String>,

    /// Vary the number behind the statement's last LIMIT
    #[arg(long, value_name = "FROM..TO", help_heading = "Vary")]
    limit: Option<String>,

    /// Steps along one axis
    #[arg(long, value_name = "N", default_value_t = 60)]
    steps: usize,

    /// Points of a diagram over two axes
    #[arg(long, value_name = "COLUMNSxROWS", default_value = "100x60", value_parser = grid)]
    grid: [usize; 2],

    /// Keep only the plans that matter in a diagram: small areas whose cost varies by no more than this share join a neighbour
    #[arg(long, value_name = "SLACK", num_args = 0..=1, default_missing_value = "0.2")]
    reduce: Option<f64>,

    /// Form of the result
    #[arg(short, long, value_enum, default_value_t)]
    format: Format,

    /// Write the result to a file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Threads to plan with; the result does not depend on it
    #[arg(short, long, value_name = "N")]
    jobs: Option<usize>,
}

/// Forms of the result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For the terminal: plans, flips, and a plot
    #[default]
    Text,
    /// One line a point
    Csv,
    /// One JSON document
    Json,
    /// A picture
    Svg,
}

/// Most points of a diagram.
const MOST_POINTS: usize = 4_000_000;
/// Share of the points below which a plan may be left out of a reduced diagram.
const SMALL_SHARE: f64 = 0.05;

fn grid(text: &str) -> Result<[usize; 2], String> {
    let sizes = text.split_once(['x', '×']).and_then(|(columns, rows)| Some([columns.parse().ok()?, rows.parse().ok()?]));
    let sizes: [usize; 2] = sizes.ok_or("write COLUMNSxROWS, as in 100x60")?;
    if sizes.iter().any(|size| *size < 2) || sizes[0].saturating_mul(sizes[1]) > MOST_POINTS {
        return Err(format!("a grid has at least 2x2 and at most {MOST_POINTS} points"));
    }
    Ok(sizes)
}

impl SweepCommand {
    pub(crate) fn run(&self, around: &Surroundings) -> Result<Found, Failure> {
        let catalog = self.planning.varying_catalog(around.terminal)?;
        let (catalog, sql) = self.statement(catalog)?;
        let axes = self.axes()?;
        let jobs = self.jobs.unwrap_or_else(parallel::default_jobs);
        let text = match &axes[..] {
            [axis] => {
                let steps = self.steps.clamp(2, MOST_POINTS);
                let found = sweep(&catalog, &sql, axis, steps, jobs).map_err(|error| error.to_string())?;
                self.render_sweep(&found, &sql, around)
            }
            [x, y] => {
                let found = diagram(&catalog, &sql, [x, y], self.grid, jobs).map_err(|error| error.to_string())?;
                let found = self.reduce.map_or_else(|| found.clone(), |slack| found.reduced(slack, SMALL_SHARE));
                self.render_diagram(&found, &sql, around)
            }
            [] => {
                let message = "nothing is varied: give a range FROM..TO to one or two of --cost, --rows, --cached, --set, \
                               --selectivity, --literal, --limit";
                return Err(message.to_owned().into());
            }
            more => return Err(format!("{} axes: one or two can be drawn", more.len()).into()),
        };
        match &self.output {
            Some(path) => std::fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))?,
            None => output::print(&text)?,
        }
        Ok(Found::Nothing)
    }

    /// The statement, and the catalog after the SET and USE before it.
    fn statement(&self, mut catalog: Catalog) -> Result<(Catalog, String), Failure> {
        let text = match (&self.sql, &self.file) {
            (Some(sql), _) => sql.clone(),
            (None, Some(file)) => session::read_text(file)?,
            (None, None) => return Err("no statement given: use -e SQL, a file, or - for stdin".to_owned().into()),
        };
        for statement in script::read(&text) {
            if session::change(&mut catalog, &statement.sql).map_err(|error| error.to_string())? {
                continue;
            }
            let catalog = session::under(&catalog, &statement.sets).map_err(|error| error.to_string())?.into_owned();
            return Ok((catalog, statement.sql));
        }
        Err("ERROR 1065 (42000): Query was empty".to_owned().into())
    }

    fn axes(&self) -> Result<Vec<Axis>, String> {
        let mut axes = self.planning.varied().to_vec();
        let own = [("selectivity", &self.selectivity), ("literal", &self.literal)];
        for (option, value) in own.into_iter().flat_map(|(option, values)| values.iter().map(move |value| (option, value))) {
            axes.push(Axis::from_option(option, value)?);
        }
        if let Some(range) = &self.limit {
            axes.push(Axis::from_option("limit", range)?);
        }
        Ok(axes)
    }

    fn render_sweep(&self, found: &Sweep, sql: &str, around: &Surroundings) -> String {
        match self.format {
            Format::Text => plot::sweep(found, around.terminal),
            Format::Csv => data::sweep_csv(found),
            Format::Json => data::sweep_json(found, sql),
            Format::Svg => svg::sweep(found),
        }
    }

    fn render_diagram(&self, found: &Diagram, sql: &str, around: &Surroundings) -> String {
        match self.format {
            Format::Text => plot::diagram(found, around.terminal),
            Format::Csv => data::diagram_csv(found),
            Format::Json => data::diagram_json(found, sql),
            Format::Svg => svg::diagram(found),
        }
    }
}

/// A plan's name: A to Z, then A2 to Z2 and so on.
fn plan_name(no: usize) -> String {
    let letter = char::from(b'A' + (no % 26) as u8);
    if no < 26 { letter.to_string() } else { format!("{letter}{}", no / 26 + 1) }
}
