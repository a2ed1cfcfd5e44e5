//! Weather: how a plan fares when InnoDB samples its statistics again.
//!
//! Persistent statistics come from a sample of a few pages of each index (20 unless the table says otherwise), so that the numbers
//! of two ANALYZE TABLE differ although no row did. Here plausible other samples are drawn, and the statement is planned under each.

use crate::catalog::{Catalog, IndexNo, Statistics, StatisticsLayer, Table, TableStatistics};
use crate::error::Result;
use crate::explain::decisions::Decisions;
use crate::parse;
use crate::planner::{Planner, parallel};
use crate::query::TableKind;
use std::sync::Arc;

/// Pages of an index that InnoDB looks at (`innodb_stats_persistent_sample_pages`).
const SAMPLED_PAGES: f64 = 20.0;
/// How far the rows of single pages lie from their mean, as a share of the mean: pages are between half full and full.
const FILL_VARIATION: f64 = 0.15;

/// Which statistic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Statistic {
    /// Rows of a table: `schema.table`.
    Rows(String),
    /// Records per key of the first parts of an index: `schema.table.index`, and how many parts.
    RecordsPerKey(String, usize),
}

/// A plan, and how often it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// The plan.
    pub decisions: Decisions,
    /// Share of the samples that led to it, 0..=1.
    pub share: f64,
    /// Lowest and highest cost, in the optimizer's units.
    pub costs: [f64; 2],
}

/// What many samples led to.
#[derive(Clone, Debug, PartialEq)]
pub struct Weather {
    /// Samples drawn.
    pub samples: usize,
    /// The plan under the statistics as they were captured.
    pub now: Decisions,
    /// All plans that came, the most frequent first.
    pub plans: Vec<Forecast>,
    /// Statistics that by themselves, drawn again alone, lead to another plan than now, and in which share of the samples; the
    /// greatest first.
    pub blame: Vec<(Statistic, f64)>,
}

/// Plans a statement under `samples` draws of the statistics of the tables that it names. The same `seed` gives the same draws,
/// whatever the number of threads.
///
/// # Errors
/// The statement cannot be planned.
pub fn weather(catalog: &Catalog, sql: &str, samples: usize, seed: u64, jobs: usize) -> Result<Weather> {
    let statement = parse::statement(sql, &catalog.settings)?;
    let plan = Planner::new(catalog).plan_statement(&statement)?;
    let now = Decisions::of(&plan);
    let sources = sources(&plan.query, catalog);
    let draw = |no: usize, only: Option<&Statistic>| -> Result<(Decisions, f64)> {
        let mut own = catalog.clone();
        own.statistics =
            Arc::new(Drawn::new(&catalog.statistics, &sources, seed ^ (no as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15), only));
        let plan = Planner::new(&own).plan_statement(&statement)?;
        Ok((Decisions::of(&plan), plan.total_cost()))
    };
    let numbers: Vec<usize> = (0..samples.max(1)).collect();
    let mut plans: Vec<(Decisions, usize, [f64; 2])> = Vec::new();
    let mut strayed = Vec::new();
    for (no, drawn) in parallel::map(&numbers, jobs, |no| draw(*no, None)).into_iter().enumerate() {
        let (decisions, cost) = drawn?;
        if decisions != now {
            strayed.push(no);
        }
        match plans.iter_mut().find(|(known, ..)| *known == decisions) {
            Some((_, count, costs)) => {
                *count += 1;
                *costs = [costs[0].min(cost), costs[1].max(cost)];
            }
            None => plans.push((decisions, 1, [cost; 2])),
        }
    }
    plans.sort_by_key(|(_, count, _)| std::cmp::Reverse(*count));
    let total = numbers.len() as f64;
    let mut blame = Vec::new();
    for source in &sources {
        let alone = parallel::map(&strayed, jobs, |no| draw(*no, Some(&source.statistic)));
        let mut count = 0;
        for drawn in alone {
            count += usize::from(drawn?.0 != now);
        }
        if count > 0 {
            blame.push((source.statistic.clone(), count as f64 / total));
        }
    }
    blame.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let forecast =
        |(decisions, count, costs): (Decisions, usize, [f64; 2])| Forecast { decisions, share: count as f64 / total, costs };
    Ok(Weather { samples: numbers.len(), now, plans: plans.into_iter().map(forecast).collect(), blame })
}

/// One number that a sample gives, and how far it strays.
#[derive(Debug)]
struct Source {
    table: Arc<Table>,
    statistic: Statistic,
    index: Option<(IndexNo, usize)>,
    /// Standard deviation of its logarithm.
    deviation: f64,
}

/// The sampled statistics of the base tables of a statement.
fn sources(query: &crate::query::Query, catalog: &Catalog) -> Vec<Source> {
    let mut tables: Vec<Arc<Table>> = Vec::new();
    for table in query.tables.iter().filter(|table| matches!(table.kind, TableKind::Base)) {
        if !tables.iter().any(|known| known.schema == table.table.schema && known.name == table.table.name) {
            tables.push(Arc::clone(&table.table));
        }
    }
    tables.iter().flat_map(|table| sources_of(table, catalog.statistics.as_ref())).collect()
}

fn sources_of(table: &Arc<Table>, statistics: &dyn Statistics) -> Vec<Source> {
    let numbers = statistics.table(table);
    // Other engines count their rows.
    if numbers.rows_exact || numbers.clustered_leaf_pages == 0 {
        return Vec::new();
    }
    let name = format!("{}.{}", table.schema, table.name);
    let rows_deviation = FILL_VARIATION * sampling(numbers.clustered_leaf_pages as f64);
    let mut found = vec![Source {
        table: Arc::clone(table),
        statistic: Statistic::Rows(name.clone()),
        index: None,
        deviation: rows_deviation,
    }];
    for (no, index) in table.indexes.iter().enumerate() {
        let no = no as IndexNo;
        let leaf_pages = statistics.leaf_pages(table, no).unwrap_or(1).max(1) as f64;
        let rows_per_page = (numbers.rows as f64 / leaf_pages).max(1.0);
        for parts in 1..=index.user_parts {
            if index.actual_unique && parts == index.user_parts {
                continue;
            }
            let Some(records) = statistics.records_per_key(table, no, parts).map(f64::from).filter(|records| *records > 1.0)
            else {
                continue;
            };
            // A page holds rows_per_page / records keys on average; how many varies as counts of independent events do.
            let variation = (records / rows_per_page).sqrt().min(1.0);
            let deviation = variation * sampling(leaf_pages);
            if deviation > 0.0 {
                let statistic = Statistic::RecordsPerKey(format!("{name}.{}", index.name), parts);
                found.push(Source { table: Arc::clone(table), statistic, index: Some((no, parts)), deviation });
            }
        }
    }
    found
}

/// What sampling leaves of the variation between pages: nothing where all pages are looked at.
fn sampling(pages: f64) -> f64 {
    let sampled = SAMPLED_PAGES.min(pages);
    ((1.0 - sampled / pages) / sampled).sqrt()
}

/// Statistics with some numbers drawn again.
#[derive(Debug)]
struct Drawn {
    below: Arc<dyn Statistics>,
    rows: Vec<(Arc<Table>, f64)>,
    records: Vec<(Arc<Table>, IndexNo, usize, f64)>,
}

impl Drawn {
    fn new(below: &Arc<dyn Statistics>, sources: &[Source], seed: u64, only: Option<&Statistic>) -> Drawn {
        let mut drawn = Drawn { below: Arc::clone(below), rows: Vec::new(), records: Vec::new() };
        for (no, source) in sources.iter().enumerate() {
            // Each number has its own draw, so that one alone strays as it does among the others.
            let factor =
                (normal(seed.wrapping_add((no as u64 + 1).wrapping_mul(0xd1b5_4a32_d192_ed03))) * source.deviation).exp();
            if only.is_some_and(|only| *only != source.statistic) {
                continue;
            }
            match source.index {
                None => drawn.rows.push((Arc::clone(&source.table), factor)),
                Some((index, parts)) => drawn.records.push((Arc::clone(&source.table), index, parts, factor)),
            }
        }
        drawn
    }

    fn rows_factor(&self, table: &Table) -> f64 {
        self.rows.iter().find(|(own, _)| own.name == table.name && own.schema == table.schema).map_or(1.0, |(_, factor)| *factor)
    }

    fn strayed(&self, table: &Table, mut numbers: TableStatistics) -> TableStatistics {
        if !numbers.rows_exact {
            numbers.rows = ((numbers.rows as f64 * self.rows_factor(table)).round() as u64).max(1);
        }
        numbers
    }
}

impl StatisticsLayer for Drawn {
    fn below(&self) -> &dyn Statistics {
        self.below.as_ref()
    }
    fn table(&self, table: &Table) -> TableStatistics {
        self.strayed(table, self.below.table(table))
    }
    fn table_partitions(&self, table: &Table, used: &[usize]) -> TableStatistics {
        self.strayed(table, self.below.table_partitions(table, used))
    }
    fn records_per_key(&self, table: &Table, index: IndexNo, parts: usize) -> Option<f32> {
        let below = self.below.records_per_key(table, index, parts)?;
        let mine = |own: &Arc<Table>| own.name == table.name && own.schema == table.schema;
        let drawn = self.records.iter().find(|(own, no, count, _)| *no == index && *count == parts && mine(own));
        Some(drawn.map_or(below, |(.., factor)| (f64::from(below) * factor).max(1.0) as f32))
    }
}

/// A draw from the standard normal distribution (Box and Muller), the same for the same seed.
fn normal(seed: u64) -> f64 {
    let uniform = |seed: u64| (splitmix(seed) >> 11) as f64 / (1u64 << 53) as f64;
    let (radius, angle) = (uniform(seed).max(f64::MIN_POSITIVE), uniform(seed ^ 0x5851_f42d_4c95_7f2d));
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

/// SplitMix64: scatters a number over all 64 bits.
fn splitmix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_normal() {
        let draws: Vec<f64> = (0..20_000).map(|no| normal(no * 7919)).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / draws.len() as f64;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
    }

    #[test]
    fn a_unique_lookup_stays_in_any_weather() {
        let found = weather(&Catalog::sample(), "SELECT * FROM employees WHERE emp_no = 10001", 50, 1, 2).expect("plans");
        assert_eq!((found.plans.len(), found.plans[0].share), (1, 1.0));
        assert!(found.blame.is_empty());
    }

    #[test]
    fn a_close_call_flips_and_the_statistic_is_named() {
        // Two orders of this join cost about the same.
        let sql = "SELECT * FROM dept_emp de JOIN employees e USING (emp_no) JOIN titles t USING (emp_no)";
        let catalog = Catalog::sample();
        let one = weather(&catalog, sql, 200, 7, 1).expect("plans");
        assert_eq!(one, weather(&catalog, sql, 200, 7, 5).expect("plans"), "whatever the number of threads");
        assert!((one.plans.iter().map(|plan| plan.share).sum::<f64>() - 1.0).abs() < 1e-9);
        let strayed: f64 = one.plans.iter().filter(|plan| plan.decisions != one.now).map(|plan| plan.share).sum();
        assert!(one.plans.len() > 1 && strayed > 0.05, "{:?}", one.plans);
        assert!(
            one.blame.iter().any(|(statistic, _)| *statistic == Statistic::Rows("employees.dept_emp".into())),
            "{:?}",
            one.blame
        );
        assert!(one.blame.iter().all(|(_, share)| *share <= strayed));
    }
}
