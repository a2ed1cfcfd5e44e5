//! Plans that hang on the luck of InnoDB's sample of the statistics: what `--fail-on fragile` looks for.

use crate::weather::statistic_name;
use myexplain::Catalog;
use myexplain::error::PlanError;
use myexplain::what_if::weather::{Weather, weather};

/// Samples of the statistics that a statement is planned under.
const SAMPLES: usize = 100;

/// Seed of the draws: the same for every run, so that a gate says the same twice.
const SEED: u64 = 1;

/// Share of the samples with another plan above which a plan counts as fragile.
const MOST_FLIPS: f64 = 0.1;

/// A plan that is another one under many plausible samples.
#[derive(Clone, Debug)]
pub(super) struct Fragile {
    pub(super) message: String,
    /// The plans with their shares.
    pub(super) detail: Vec<String>,
}

/// Whether the plan of a statement flips in more than a tenth of the samples, and what is to blame.
pub(super) fn fragile(catalog: &Catalog, sql: &str, jobs: usize) -> Result<Option<Fragile>, PlanError> {
    Ok(judged(&weather(catalog, sql, SAMPLES, SEED, jobs)?))
}

fn judged(found: &Weather) -> Option<Fragile> {
    let kept = found.plans.iter().find(|plan| plan.decisions == found.now).map_or(0.0, |plan| plan.share);
    let flips = 1.0 - kept;
    if flips <= MOST_FLIPS {
        return None;
    }
    let blame = found.blame.first().map_or_else(
        || "no statistic does it alone".to_owned(),
        |(statistic, share)| format!("{} alone does it in {:.0} %", statistic_name(statistic), share * 100.0),
    );
    let message =
        format!("the plan is another one under {:.0} % of {} samples of the statistics; {blame}", flips * 100.0, found.samples);
    let mut detail = Vec::new();
    for plan in &found.plans {
        let now = if plan.decisions == found.now { ", the plan of now" } else { "" };
        detail.push(format!("{:.0} % of the samples{now}", plan.share * 100.0));
        detail.extend(plan.decisions.tables.iter().map(|table| format!("  {table}")));
    }
    Some(Fragile { message, detail })
}
