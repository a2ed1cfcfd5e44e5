//! Where the plan flips: a parameter is varied over a range, or two, and the plans that are met are told apart.

mod axis;
mod diagram;
mod selectivity;
mod subject;

pub use axis::{AXIS_OPTIONS, Axis, Parameter, Scale};
pub use diagram::{Cell, Diagram, diagram};

use crate::catalog::Catalog;
use crate::error::PlanError;
use crate::explain::decisions::Decisions;
use crate::planner::parallel;
use subject::Subject;

/// Why a sweep ends without a result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// An axis does not fit the statement or the catalog.
    #[error("{0}")]
    Axis(String),
    /// The statement cannot be planned.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

/// What planning at one point gave.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Met {
    decisions: Decisions,
    cost: f64,
}

/// One point of a sweep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// The parameter's value.
    pub value: f64,
    /// Number of the plan in [`Sweep::plans`].
    pub plan: usize,
    /// Its cost there, in the optimizer's units.
    pub cost: f64,
}

/// Where one plan gives way to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flip {
    /// The last value, of those tried, with the plan before.
    pub below: f64,
    /// The first value, of those tried, with the plan behind.
    pub above: f64,
    /// The plan before.
    pub from: usize,
    /// The plan behind.
    pub to: usize,
}

/// The plans along one axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// What was varied.
    pub axis: Axis,
    /// The plans that were met, in the order in which they are met first from the lower end on.
    pub plans: Vec<Decisions>,
    /// The steps, from the lower end to the upper.
    pub samples: Vec<Sample>,
    /// The flips between neighbouring steps, exact to the number for whole numbers and dates, to nine digits else. A plan that
    /// comes and goes between two neighbouring steps is not seen.
    pub flips: Vec<Flip>,
}

/// Most points that the search for flips may plan besides the steps.
const MOST_BISECTIONS: usize = 20_000;

/// Varies one parameter in `steps` steps (at least 2) and finds the flips between them by bisection. Steps are planned on `jobs`
/// threads; the result does not depend on their number.
///
/// # Errors
/// The axis does not fit, or the statement cannot be planned.
pub fn sweep(catalog: &Catalog, sql: &str, axis: &Axis, steps: usize, jobs: usize) -> Result<Sweep, SweepError> {
    let subject = Subject::new(catalog, sql, &[axis])?;
    let steps = steps.max(2);
    let mut values: Vec<f64> = (0..steps).map(|no| axis.value(no as f64 / (steps - 1) as f64)).collect();
    values.dedup();
    let met = parallel::map(&values, jobs, |value| subject.plan(&[(axis, *value)]));
    let mut plans = Plans::default();
    let mut samples = Vec::with_capacity(values.len());
    for (value, met) in values.iter().zip(met) {
        let met = met?;
        samples.push(Sample { value: *value, cost: met.cost, plan: plans.number(met.decisions) });
    }
    let flips = flips(&subject, axis, &samples, &mut plans)?;
    Ok(Sweep { axis: axis.clone(), plans: plans.met, samples, flips })
}

/// Plans that were met, numbered in the order of the first meeting.
#[derive(Default)]
struct Plans {
    met: Vec<Decisions>,
}

impl Plans {
    fn number(&mut self, decisions: Decisions) -> usize {
        self.met.iter().position(|known| *known == decisions).unwrap_or_else(|| {
            self.met.push(decisions);
            self.met.len() - 1
        })
    }
}

fn flips(subject: &Subject<'_>, axis: &Axis, samples: &[Sample], plans: &mut Plans) -> Result<Vec<Flip>, SweepError> {
    let mut flips = Vec::new();
    let mut left = MOST_BISECTIONS;
    // Gaps to look into, the lowest on top.
    let mut gaps: Vec<[(f64, usize); 2]> =
        samples.windows(2).rev().map(|pair| [(pair[0].value, pair[0].plan), (pair[1].value, pair[1].plan)]).collect();
    while let Some([low, high]) = gaps.pop() {
        if low.1 == high.1 {
            continue;
        }
        match axis.between(low.0, high.0).filter(|_| left > 0) {
            Some(value) => {
                left -= 1;
                let middle = (value, plans.number(subject.plan(&[(axis, value)])?.decisions));
                gaps.push([middle, high]);
                gaps.push([low, middle]);
            }
            None => flips.push(Flip { below: low.0, above: high.0, from: low.1, to: high.1 }),
        }
    }
    Ok(flips)
}

#[cfg(test)]
mod tests;
