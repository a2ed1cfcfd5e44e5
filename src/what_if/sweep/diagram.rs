//! Plan diagrams: two parameters, and the plan at every point of a grid.

use super::{Axis, Plans, Subject, SweepError};
use crate::catalog::Catalog;
use crate::explain::decisions::Decisions;
use crate::planner::parallel;

/// The plan at one point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Number of the plan in [`Diagram::plans`].
    pub plan: usize,
    /// Its cost there, in the optimizer's units.
    pub cost: f64,
}

/// A grid of plans.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagram {
    /// From left to right.
    pub x: Axis,
    /// From bottom to top.
    pub y: Axis,
    /// Points along x.
    pub columns: usize,
    /// Points along y.
    pub rows: usize,
    /// The plans, in the order in which they are met first: from the bottom row up, each from left to right.
    pub plans: Vec<Decisions>,
    /// The points, bottom row first.
    pub cells: Vec<Cell>,
}

/// Plans the statement at `columns` × `rows` points on `jobs` threads; the result does not depend on their number.
///
/// # Errors
/// An axis does not fit, or the statement cannot be planned.
pub fn diagram(
    catalog: &Catalog,
    sql: &str,
    [x, y]: [&Axis; 2],
    [columns, rows]: [usize; 2],
    jobs: usize,
) -> Result<Diagram, SweepError> {
    let subject = Subject::new(catalog, sql, &[x, y])?;
    let (columns, rows) = (columns.max(2), rows.max(2));
    let share = |no: usize, of: usize| no as f64 / (of - 1) as f64;
    let numbers: Vec<usize> = (0..rows).collect();
    let planned = parallel::map(&numbers, jobs, |row| -> Result<Vec<super::Met>, SweepError> {
        let upward = y.value(share(*row, rows));
        (0..columns).map(|column| subject.plan(&[(x, x.value(share(column, columns))), (y, upward)])).collect()
    });
    let mut plans = Plans::default();
    let mut cells = Vec::with_capacity(columns * rows);
    for row in planned {
        cells.extend(row?.into_iter().map(|met| Cell { cost: met.cost, plan: plans.number(met.decisions) }));
    }
    Ok(Diagram { x: x.clone(), y: y.clone(), columns, rows, plans: plans.met, cells })
}

impl Diagram {
    /// Share of the points that each plan has, by number.
    pub fn shares(&self) -> Vec<f64> {
        let mut counts = vec![0usize; self.plans.len()];
        self.cells.iter().for_each(|cell| counts[cell.plan] += 1);
        counts.into_iter().map(|count| count as f64 / self.cells.len() as f64).collect()
    }

    /// The diagram with the plans that matter: a plan whose cost varies by no more than the factor `1 + slack` over its points, and
    /// which has less than `small` of all points, gives them to the plan with which it shares most of its border, smallest first.
    ///
    /// Costs of two plans are equal where one gives way to the other; so the neighbour costs about the same at the border, and a
    /// plan whose own cost hardly varies has little to lose. The neighbour's cost inside is not computed: this is no guarantee.
    pub fn reduced(&self, slack: f64, small: f64) -> Diagram {
        let mut cells = self.cells.clone();
        let mut kept = vec![true; self.plans.len()];
        let mut order: Vec<usize> = (0..self.plans.len()).collect();
        let shares = self.shares();
        order.sort_by(|a, b| shares[*a].total_cmp(&shares[*b]).then(b.cmp(a)));
        for plan in order {
            let own = || cells.iter().filter(|cell| cell.plan == plan).map(|cell| cell.cost);
            let (least, most) = (own().fold(f64::INFINITY, f64::min), own().fold(0.0, f64::max));
            let share = own().count() as f64 / cells.len() as f64;
            if share >= small || most > least * (1.0 + slack) {
                continue;
            }
            if let Some(heir) = self.longest_border(&cells, plan) {
                cells.iter_mut().filter(|cell| cell.plan == plan).for_each(|cell| cell.plan = heir);
                kept[plan] = false;
            }
        }
        let numbers: Vec<usize> = kept
            .iter()
            .scan(0, |next, kept| {
                let own = *next;
                *next += usize::from(*kept);
                Some(own)
            })
            .collect();
        cells.iter_mut().for_each(|cell| cell.plan = numbers[cell.plan]);
        let plans = self.plans.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(plan, _)| plan.clone()).collect();
        Diagram { plans, cells, ..self.clone() }
    }

    /// The plan with which one shares most of its border.
    fn longest_border(&self, cells: &[Cell], plan: usize) -> Option<usize> {
        let mut borders = vec![0usize; self.plans.len()];
        for (no, cell) in cells.iter().enumerate().filter(|(_, cell)| cell.plan == plan) {
            let (row, column) = (no / self.columns, no % self.columns);
            let neighbours = [
                (column > 0).then(|| no - 1),
                (column + 1 < self.columns).then(|| no + 1),
                (row > 0).then(|| no - self.columns),
                (row + 1 < self.rows).then(|| no + self.columns),
            ];
            for other in neighbours.into_iter().flatten().map(|place| cells[place].plan).filter(|other| *other != cell.plan) {
                borders[other] += 1;
            }
        }
        let longest = borders.iter().copied().max().filter(|length| *length > 0)?;
        borders.iter().position(|length| *length == longest)
    }
}
