//! `explain --weather`: how the plan fares when InnoDB samples its statistics again.

use crate::terminal::Terminal;
use anstyle::Style;
use clap::Args;
use myexplain::Catalog;
use myexplain::error::PlanError;
use myexplain::planner::parallel;
use myexplain::what_if::weather::{Statistic, Weather, weather};
use std::fmt::Write;

/// Options of the forecast.
#[derive(Args, Debug)]
pub(crate) struct WeatherArgs {
    /// Draw plausible other samples of InnoDB's statistics, plan under each, and report the share of each plan
    #[arg(long, value_name = "SAMPLES", num_args = 0..=1, default_missing_value = "300", value_parser = samples, conflicts_with_all = ["format", "queries", "route", "json_trace"])]
    weather: Option<usize>,

    /// Seed of the draws
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// Most samples.
const MOST_SAMPLES: usize = 100_000;

/// A number of samples that says something and comes to an end.
fn samples(text: &str) -> Result<usize, String> {
    let samples = text.parse().ok().filter(|samples| (1..=MOST_SAMPLES).contains(samples));
    samples.ok_or_else(|| format!("not a number of samples from 1 to {MOST_SAMPLES}"))
}

impl WeatherArgs {
    /// The forecast for a statement, if one was asked for.
    pub(crate) fn forecast(
        &self,
        catalog: &Catalog,
        sql: &str,
        jobs: Option<usize>,
        terminal: Terminal,
    ) -> Option<Result<String, PlanError>> {
        let samples = self.weather?;
        let found = weather(catalog, sql, samples, self.seed, jobs.unwrap_or_else(parallel::default_jobs));
        Some(found.map(|weather| render(&weather, terminal)))
    }
}

fn render(found: &Weather, terminal: Terminal) -> String {
    let mut out = format!("{} samples of the statistics, {} plans\n", found.samples, found.plans.len());
    for plan in &found.plans {
        let share = terminal.paint(Style::new().bold(), &format!("{:5.1} %", plan.share * 100.0));
        let mark = if plan.decisions == found.now { "  the plan under the statistics as they are" } else { "" };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "\n{share}  cost {:.2} to {:.2}{mark}", plan.costs[0], plan.costs[1]);
        for table in &plan.decisions.tables {
            let _ = writeln!(out, "         {table}");
        }
    }
    if let [_] = &found.plans[..] {
        out.push_str("\nThe plan does not depend on the luck of the sample.\n");
    }
    if !found.blame.is_empty() {
        out.push_str("\nStatistics that change the plan when they alone are drawn again:\n");
    }
    for (statistic, share) in &found.blame {
        let name = statistic_name(statistic);
        let _ = writeln!(out, "{:5.1} %  {name}", share * 100.0);
    }
    out
}

/// A statistic as people name it.
pub(crate) fn statistic_name(statistic: &Statistic) -> String {
    match statistic {
        Statistic::Rows(table) => format!("rows of {table}"),
        Statistic::RecordsPerKey(index, 1) => format!("records per key of the first part of {index}"),
        Statistic::RecordsPerKey(index, parts) => format!("records per key of the first {parts} parts of {index}"),
    }
}
