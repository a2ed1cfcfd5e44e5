//! What else there was: for each table of a plan the ways to read it that the optimizer weighed, what each costs, and why it lost.
//! Read from the optimizer trace of a plan (`Planner::with_trace`).

use super::trace_reader::{number, objects, search_of, steps_of, table_of, text, truth};
use crate::plan::Plan;
use serde_json::Value;

/// The ways to read one table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableAlternatives {
    /// Number of the SELECT.
    pub select: u64,
    /// Alias or name, as the plan shows it.
    pub table: String,
    /// The ways, the chosen one first, then those with a cost by their cost, then the unusable ones.
    pub ways: Vec<Alternative>,
    /// Cost of the chosen way that compares with those of ranges and of a scan of the table alone: of a range what it cost when it
    /// met them, of another way its cost if the table comes first in the join order.
    pub range_cost: Option<f64>,
}

/// One way to read a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    /// `ref`, `eq_ref`, `range`, `scan`, `index_merge` …, in the trace's words.
    pub access: String,
    /// The index, or the text of an index merge; none for a scan of the table.
    pub index: Option<String>,
    /// Rows of one execution, if they were estimated.
    pub rows: Option<f64>,
    /// Cost of all executions, if it was computed.
    pub cost: Option<f64>,
    /// How it ended.
    pub verdict: Verdict,
    /// Why it was not taken, in the trace's words: `cost`, `heuristic_index_cheaper`, `not_applicable` …
    pub cause: Option<String>,
    /// Where it was weighed.
    pub stage: Stage,
}

/// How a candidate ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was taken.
    Chosen,
    /// Another was cheaper, or a rule preferred another.
    Lost,
    /// It cannot be used for this statement.
    Unusable,
}

/// Where a candidate was weighed: costs of one stage compare with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Ranges of the table alone, before the join order was searched.
    Ranges,
    /// In the join order.
    Join,
}

impl Alternative {
    /// `range on k`, `scan`.
    pub fn name(&self) -> String {
        match &self.index {
            Some(index) => format!("{} on {index}", self.access),
            None => self.access.clone(),
        }
    }

    /// The cause as a sentence.
    pub fn why(&self) -> &str {
        match self.cause.as_deref() {
            Some("cost") => "it costs more",
            Some("not_applicable") => "no condition on its first column",
            Some("heuristic_index_cheaper") => "a lookup by the same index reads no more rows",
            Some("covering_index_better_than_full_scan") => "the covering index is preferred",
            Some("clustered_pk_chosen_by_heuristics") => {
                "a lookup of the primary key was preferred without a comparison of costs"
            }
            Some("no_matching_row_or_constant_table") => "the table is read once, by a unique key",
            Some("too_few_roworder_scans") => "there are too few scans in the order of row ids to merge",
            Some("not_single_table") => "only for a single table",
            Some("not_group_by_or_distinct") => "only for GROUP BY or DISTINCT",
            Some("unknown") | None => "another way was better",
            Some("force_index") => "FORCE INDEX forbids it",
            Some(other) => other,
        }
    }
}

/// The alternatives of every table that the search placed, in the order of the trace. Empty if the plan has no trace.
pub fn alternatives(plan: &Plan) -> Vec<TableAlternatives> {
    let mut found = Vec::new();
    for (select, steps) in steps_of(plan) {
        let ranges = objects(steps, "rows_estimation");
        for placed in search_of(steps).chosen_tables() {
            let name = table_of(placed);
            let mut ways = join_ways(placed);
            let mut range_cost = None;
            if let Some(estimate) = ranges.iter().find(|estimate| estimate.get("table") == placed.get("table")) {
                range_cost = add_range_ways(estimate, &mut ways);
            }
            order(&mut ways);
            let chosen = ways.first().filter(|way| way.verdict == Verdict::Chosen);
            if chosen.is_none_or(|way| !matches!(way.access.as_str(), "range" | "index_merge")) {
                let is_first = placed.get("plan_prefix").and_then(Value::as_array).is_some_and(Vec::is_empty);
                range_cost = chosen.filter(|_| is_first).and_then(|way| way.cost);
            }
            found.push(TableAlternatives { select, table: name, ways, range_cost });
        }
    }
    found
}

impl TableAlternatives {
    /// The chosen way.
    pub fn chosen(&self) -> Option<&Alternative> {
        self.ways.iter().find(|way| way.verdict == Verdict::Chosen)
    }

    /// The cheapest way that lost, by a cost that compares with the chosen one's, and that cost of the chosen one: those of the join
    /// order, or those of the table alone.
    pub fn runner_up(&self) -> Option<(&Alternative, f64)> {
        let chosen = self.chosen()?;
        let best = |stage: Stage| {
            let rivals = self.ways.iter().filter(move |way| way.verdict == Verdict::Lost && way.stage == stage);
            let priced = rivals.filter_map(|way| Some((way, way.cost?)));
            priced.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(way, _)| way)
        };
        if let (Some(rival), Some(cost)) = (best(Stage::Join), chosen.cost) {
            return Some((rival, cost));
        }
        Some((best(Stage::Ranges)?, self.range_cost?))
    }

    /// What became of an index, the most telling entry first.
    pub fn of_index(&self, index: &str) -> Option<&Alternative> {
        self.ways.iter().find(|way| way.index.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(index)))
    }
}

/// The ways that `best_access_path` weighed at the table's place. Several may say chosen: each was the best so far.
fn join_ways(placed: &Value) -> Vec<Alternative> {
    let paths = placed.get("best_access_path").and_then(|best| best.get("considered_access_paths")).and_then(Value::as_array);
    let paths = paths.map_or(&[][..], Vec::as_slice);
    let taken = paths.iter().rposition(|path| truth(path, "chosen") == Some(true));
    let way = |(no, path): (usize, &Value)| {
        let verdict = match (truth(path, "usable"), taken == Some(no)) {
            (Some(false), _) => Verdict::Unusable,
            (_, true) => Verdict::Chosen,
            _ => Verdict::Lost,
        };
        let details = path.get("range_details").and_then(|details| text(details, "used_index"));
        let merge = details.as_ref().is_some_and(|text| text.contains('('));
        let access = text(path, "access_type").unwrap_or_default();
        Alternative {
            access: if merge && access == "range" { "index_merge".to_owned() } else { access },
            index: text(path, "index").or(details),
            rows: number(path, "rows").or_else(|| number(path, "rows_to_scan")),
            cost: number(path, "cost"),
            verdict,
            cause: text(path, "cause").or_else(|| (verdict == Verdict::Lost).then(|| "cost".to_owned())),
            stage: Stage::Join,
        }
    };
    paths.iter().enumerate().map(way).collect()
}

/// What the range optimizer looked at and what did not come as far as the join order; gives the cost of what it chose.
fn add_range_ways(estimate: &Value, ways: &mut Vec<Alternative>) -> Option<f64> {
    let analysis = estimate.get("range_analysis")?;
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let known = |ways: &[Alternative], index: &str| ways.iter().any(|way| way.index.as_deref() == Some(index));
    let scans = analysis.get("analyzing_range_alternatives").and_then(|range| range.get("range_scan_alternatives"));
    let covering = analysis.get("best_covering_index_scan");
    let summary = analysis.get("chosen_range_access_summary");
    let winner = summary.and_then(|summary| text(summary.get("range_access_plan")?, "index"));
    if let Some(scan) = analysis.get("table_scan").filter(|_| !ways.iter().any(|way| way.access == "scan")) {
        ways.push(Alternative {
            access: "scan".to_owned(),
            index: None,
            rows: number(scan, "rows"),
            cost: number(scan, "cost"),
            verdict: Verdict::Lost,
            cause: Some("cost".to_owned()),
            stage: Stage::Ranges,
        });
    }
    let weighed = list(scans).into_iter().map(|scan| ("range", scan)).chain(covering.cloned().map(|scan| ("index", scan)));
    for (access, scan) in weighed {
        let Some(index) = text(&scan, "index") else { continue };
        let in_join = ways.iter().any(|way| way.access == access && way.index.as_deref() == Some(&index));
        if in_join || winner.as_deref() == Some(&index) {
            continue;
        }
        ways.push(Alternative {
            access: access.to_owned(),
            rows: number(&scan, "rows"),
            cost: number(&scan, "cost"),
            verdict: Verdict::Lost,
            cause: text(&scan, "cause").or_else(|| Some("cost".to_owned())),
            stage: Stage::Ranges,
            index: Some(index),
        });
    }
    for index in list(analysis.get("potential_range_indexes")) {
        let Some(name) = text(&index, "index").filter(|name| !known(ways, name)) else { continue };
        if truth(&index, "usable") == Some(false) {
            ways.push(Alternative {
                access: "range".to_owned(),
                index: Some(name),
                rows: None,
                cost: None,
                verdict: Verdict::Unusable,
                cause: text(&index, "cause"),
                stage: Stage::Ranges,
            });
        }
    }
    summary.and_then(|summary| number(summary, "cost_for_plan"))
}

fn order(ways: &mut [Alternative]) {
    let rank = |way: &Alternative| match (way.verdict, way.cost) {
        (Verdict::Chosen, _) => 0,
        (Verdict::Lost, Some(_)) => 1,
        (Verdict::Lost, None) => 2,
        (Verdict::Unusable, _) => 3,
    };
    ways.sort_by(|a, b| {
        let costs = a.cost.unwrap_or(f64::MAX).total_cmp(&b.cost.unwrap_or(f64::MAX));
        rank(a).cmp(&rank(b)).then(costs)
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Catalog, Planner};

    fn of(sql: &str) -> Vec<TableAlternatives> {
        alternatives(&Planner::new(&Catalog::sample()).with_trace(true).plan(sql).unwrap())
    }

    #[test]
    fn every_index_has_its_verdict() {
        let tables = of("SELECT * FROM employees e JOIN dept_emp d USING (emp_no) \
                         WHERE hire_date BETWEEN '1990-01-01' AND '1990-01-10' AND first_name = 'Georgi'");
        assert_eq!(tables.iter().map(|table| &*table.table).collect::<Vec<_>>(), ["e", "d"]);
        let e = &tables[0];
        assert_eq!(e.chosen().unwrap().name(), "ref on ix_firstname");
        let by_date = e.of_index("ix_hiredate").unwrap();
        assert_eq!((by_date.verdict, by_date.stage), (Verdict::Lost, Stage::Ranges));
        assert!(by_date.cost > e.chosen().unwrap().cost);
        assert_eq!(e.of_index("ix_gender_birthdate").unwrap().why(), "no condition on its first column");
        assert_eq!(tables[1].runner_up().unwrap().0.access, "scan");
    }

    #[test]
    fn a_range_compares_with_a_scan_where_both_were_weighed() {
        let tables = of("SELECT * FROM employees WHERE hire_date BETWEEN '1990-01-01' AND '1990-01-10'");
        let (rival, own) = tables[0].runner_up().unwrap();
        assert_eq!((rival.access.as_str(), rival.stage), ("scan", Stage::Ranges));
        assert!(rival.cost.unwrap() > own);
    }

    #[test]
    fn without_a_trace_nothing_is_known() {
        let plan = Planner::new(&Catalog::sample()).plan("SELECT * FROM employees").unwrap();
        assert!(alternatives(&plan).is_empty());
    }
}
