//! How close a plan was: every decision with its runner-up and the distance between them. Read from the optimizer trace of a plan
//! (`Planner::with_trace`).

use super::alternatives::{Alternative, TableAlternatives, alternatives};
use super::trace_reader::{Order, number, search_of, steps_of, table_of, text, truth};
use crate::context::notes::OrderNote;
use crate::plan::Plan;
use crate::query::TableId;
use serde_json::Value;
use std::fmt;

/// One decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// What was decided.
    pub kind: DecisionKind,
    /// Number of the SELECT.
    pub select: u64,
    /// The table; empty where it is about the whole SELECT.
    pub table: String,
    /// What was taken.
    pub chosen: Choice,
    /// The best of what was not; none if there was no other way.
    pub runner_up: Option<Choice>,
}

/// What a decision is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DecisionKind {
    /// How a table is read.
    Access,
    /// In which order tables are joined.
    JoinOrder,
    /// How a semijoin is done.
    Semijoin,
    /// Whether a subquery is materialized.
    Subquery,
    /// Whether rows are sorted or read in the order of an index.
    Ordering,
}

/// One way.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// What it is.
    pub name: String,
    /// Its cost, if it was computed.
    pub cost: Option<f64>,
    /// The search gave up at that cost: it would have cost more.
    pub at_least: bool,
    /// Rows of one execution, or of the join.
    pub rows: Option<f64>,
    /// Why it was not taken.
    pub why: Option<String>,
}

impl Decision {
    /// Cost of the runner-up for one unit of what was taken; below 1 where a rule preferred what costs more.
    pub fn ratio(&self) -> Option<f64> {
        let runner_up = self.runner_up.as_ref()?.cost?;
        let chosen = self.chosen.cost.filter(|cost| *cost > 0.0)?;
        Some(runner_up / chosen)
    }
}

/// The decisions of a plan, block by block, the closest first within a kind. Empty if the plan has no trace.
pub fn margins(plan: &Plan) -> Vec<Decision> {
    let mut found: Vec<Decision> = alternatives(plan).iter().filter_map(access).collect();
    for (select, steps) in steps_of(plan) {
        let search = search_of(steps);
        let orders = search.orders();
        if let Some(chosen) = search.chosen() {
            found.extend(join_order(select, &chosen, &orders));
            found.extend(semijoin(select, steps, &chosen));
        }
    }
    found.extend(subqueries(plan));
    found.extend(orderings(plan));
    let closeness = |decision: &Decision| decision.ratio().unwrap_or(f64::MAX);
    found.sort_by(|a, b| (a.select, a.kind).cmp(&(b.select, b.kind)).then(closeness(a).total_cmp(&closeness(b))));
    found
}

fn choice(way: &Alternative) -> Choice {
    let why = (way.verdict != super::alternatives::Verdict::Chosen).then(|| way.why().to_owned());
    Choice { name: way.name(), cost: way.cost, at_least: false, rows: way.rows, why }
}

fn access(table: &TableAlternatives) -> Option<Decision> {
    let mut chosen = choice(table.chosen()?);
    let runner_up = table.runner_up().map(|(rival, own)| {
        chosen.cost = Some(own);
        choice(rival)
    });
    Some(Decision { kind: DecisionKind::Access, select: table.select, table: table.table.clone(), chosen, runner_up })
}

fn names(order: &Order<'_>) -> String {
    order.tables.iter().map(|entry| table_of(entry)).collect::<Vec<_>>().join(", ")
}

fn join_order(select: u64, chosen: &Order<'_>, orders: &[Order<'_>]) -> Option<Decision> {
    if chosen.tables.len() < 2 {
        return None;
    }
    let named = |order: &Order<'_>, why: Option<&str>| Choice {
        name: if order.tables.len() < chosen.tables.len() { format!("{}, …", names(order)) } else { names(order) },
        cost: Some(order.cost),
        at_least: order.tables.len() < chosen.tables.len(),
        rows: order.tables.last().and_then(|last| number(last, "rows_for_plan")),
        why: why.map(str::to_owned),
    };
    let own = names(chosen);
    let others = || orders.iter().filter(|order| names(order) != own);
    // What a heuristic cut off has no cost that compares: its prefix is cheap because it is short.
    let by_cost = others().filter(|order| order.pruned != Some("pruned_by_heuristic"));
    let runner_up = by_cost.min_by(|a, b| a.cost.total_cmp(&b.cost)).map(|order| {
        let why = if order.pruned.is_some() { "given up: it costs more" } else { "it costs more" };
        named(order, Some(why))
    });
    let runner_up = runner_up.or_else(|| {
        let cut = others().min_by(|a, b| a.cost.total_cmp(&b.cost))?;
        Some(named(cut, Some("given up early: other beginnings looked better")))
    });
    Some(Decision { kind: DecisionKind::JoinOrder, select, table: String::new(), chosen: named(chosen, None), runner_up })
}

fn semijoin(select: u64, steps: &[Value], chosen: &Order<'_>) -> Option<Decision> {
    let weighed: Vec<&Value> = chosen
        .tables
        .iter()
        .filter_map(|entry| entry.get("semijoin_strategy_choice")?.as_array())
        .flatten()
        .filter(|strategy| number(strategy, "cost").is_some())
        .collect();
    let considered = super::trace_reader::objects(steps, "considered_execution_plans");
    let last = considered.iter().rev().find_map(|entry| text(entry, "final_semijoin_strategy"));
    let taken =
        last.or_else(|| weighed.iter().rev().find(|s| truth(s, "chosen") == Some(true)).and_then(|s| text(s, "strategy")))?;
    let named = |strategy: &Value, why: Option<&str>| Choice {
        name: text(strategy, "strategy").unwrap_or_default(),
        cost: number(strategy, "cost"),
        at_least: false,
        rows: number(strategy, "rows"),
        why: why.map(str::to_owned),
    };
    let own = weighed.iter().rev().find(|strategy| text(strategy, "strategy").as_ref() == Some(&taken))?;
    let others = weighed.iter().filter(|strategy| text(strategy, "strategy").as_ref() != Some(&taken));
    let cost = |strategy: &Value| number(strategy, "cost").unwrap_or(f64::MAX);
    let runner_up = others.min_by(|a, b| cost(a).total_cmp(&cost(b))).map(|strategy| {
        let why = if cost(strategy) > cost(own) { "it costs more" } else { "weighed later at no lower cost" };
        named(strategy, Some(why))
    });
    Some(Decision { kind: DecisionKind::Semijoin, select, table: String::new(), chosen: named(own, None), runner_up })
}

/// EXISTS or materialization.
fn subqueries(plan: &Plan) -> Vec<Decision> {
    let mut found = Vec::new();
    let mut open: Vec<&Value> = plan.trace.iter().flatten().collect();
    while let Some(value) = open.pop() {
        if let Some(decision) = value.get("subq_mat_decision") {
            let select = value.get("select#").and_then(Value::as_u64).unwrap_or(0);
            let way = |name: &str, key: &str| Choice {
                name: name.to_owned(),
                cost: number(decision, key),
                at_least: false,
                rows: None,
                why: None,
            };
            let materialized = way("materialization", "cost_of_materialization");
            let exists = way("EXISTS", "cost_of_EXISTS");
            let (chosen, mut other) =
                if truth(decision, "chosen") == Some(true) { (materialized, exists) } else { (exists, materialized) };
            other.why = Some("it costs more".to_owned());
            let table = String::new();
            found.push(Decision { kind: DecisionKind::Subquery, select, table, chosen, runner_up: Some(other) });
        }
        match value {
            Value::Object(fields) => open.extend(fields.values()),
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    found.reverse();
    found
}

/// Reading in the order of an index, or sorting what the present access reads.
fn orderings(plan: &Plan) -> Vec<Decision> {
    let mut tables: Vec<u32> = plan.notes.orders.iter().map(|note| note.table).collect();
    tables.dedup();
    tables.into_iter().filter_map(|table| ordering(plan, table)).collect()
}

fn ordering(plan: &Plan, table: u32) -> Option<Decision> {
    let id = TableId(table);
    let notes: Vec<&OrderNote> = plan.notes.orders.iter().filter(|note| note.table == table).collect();
    let (block, access) = plan.blocks.iter().enumerate().find_map(|(no, block)| {
        let access = block.as_ref()?.tables.iter().find(|access| access.table == Some(id))?;
        Some((no, access))
    })?;
    let definition = &plan.query[id].table;
    let used = used_index(access);
    let index = |no: u8| definition.indexes.get(no as usize).map_or("", |index| &*index.name);
    let in_order = |note: &OrderNote, why: Option<&str>| Choice {
        name: format!("the order of {}", index(note.index)),
        cost: Some(note.cost),
        at_least: false,
        rows: None,
        why: why.map(str::to_owned),
    };
    let sorted = |note: &OrderNote, why: Option<&str>| Choice {
        name: match note.present_index {
            Some(no) => format!("reading by {}, then a sort", index(no)),
            None => "reading the table, then a sort".to_owned(),
        },
        cost: Some(note.present_cost),
        at_least: false,
        rows: None,
        why: why.map(str::to_owned),
    };
    let by_cost = |a: &&&OrderNote, b: &&&OrderNote| a.cost.total_cmp(&b.cost);
    let taken = notes.iter().find(|note| Some(note.index) == used && note.accepted && note.present_index != used);
    let (chosen, runner_up) = match taken {
        Some(note) => {
            let why = if note.present_cost < note.cost { "a rule prefers the index" } else { "it costs more" };
            (in_order(note, None), sorted(note, Some(why)))
        }
        None => {
            let best = notes.iter().min_by(by_cost)?;
            let why = if best.accepted { "it reads more rows until enough are found" } else { "it costs more" };
            (sorted(best, None), in_order(best, Some(why)))
        }
    };
    let select = plan.query.blocks.get(block).map_or(0, |block| u64::from(block.select_id));
    let table = plan.query[id].alias.to_string();
    Some(Decision { kind: DecisionKind::Ordering, select, table, chosen, runner_up: Some(runner_up) })
}

fn used_index(access: &crate::plan::TableAccess) -> Option<u8> {
    use crate::plan::AccessMethod::{IndexScan, Lookup};
    match &access.method {
        Lookup(lookup) => Some(lookup.index),
        IndexScan { index, .. } => Some(*index),
        crate::plan::AccessMethod::Range(range) => range.single_index(),
        _ => None,
    }
}

impl fmt::Display for DecisionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DecisionKind::Access => "access",
            DecisionKind::JoinOrder => "join order",
            DecisionKind::Semijoin => "semijoin",
            DecisionKind::Subquery => "subquery",
            DecisionKind::Ordering => "order",
        })
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        if let Some(cost) = self.cost {
            write!(f, ", cost {}{}", if self.at_least { "at least " } else { "" }, crate::trace::text::six_digits(cost))?;
        }
        if let Some(rows) = self.rows {
            write!(f, ", rows {}", crate::trace::text::six_digits(rows))?;
        }
        Ok(())
    }
}

/// `access of e: ref on k, cost 89.6, rows 256; x367 to scan, cost 32909 (it costs more)`.
impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "select {} {}", self.select, self.kind)?;
        if !self.table.is_empty() {
            write!(f, " of {}", self.table)?;
        }
        write!(f, ": {}", self.chosen)?;
        let Some(other) = &self.runner_up else { return write!(f, "; no other way was weighed") };
        match self.ratio() {
            Some(ratio) => write!(f, "; {}x{ratio:.2} to {other}", if other.at_least { "at least " } else { "" })?,
            None => write!(f, "; next {other}")?,
        }
        match &other.why {
            Some(why) => write!(f, " ({why})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Catalog, Planner};

    fn of(sql: &str) -> Vec<Decision> {
        margins(&Planner::new(&Catalog::sample()).with_trace(true).plan(sql).unwrap())
    }

    fn one(decisions: &[Decision], kind: DecisionKind) -> &Decision {
        decisions.iter().find(|decision| decision.kind == kind).unwrap_or_else(|| panic!("{kind}: {decisions:#?}"))
    }

    #[test]
    fn access_and_join_order() {
        let found = of("SELECT * FROM employees e JOIN dept_emp d USING (emp_no) WHERE e.first_name = 'Georgi'");
        let order = one(&found, DecisionKind::JoinOrder);
        assert_eq!(order.chosen.name, "e, d");
        assert!(order.ratio().unwrap() > 10.0 && order.runner_up.as_ref().unwrap().at_least, "{order}");
        let access = found.iter().find(|decision| decision.kind == DecisionKind::Access && decision.table == "d").unwrap();
        assert_eq!(access.chosen.name, "ref on ix_empno_fromdate");
        assert_eq!(access.runner_up.as_ref().unwrap().name, "scan");
    }

    #[test]
    fn semijoin_strategies() {
        let found = of("SELECT * FROM employees e WHERE emp_no IN (SELECT emp_no FROM dept_emp WHERE from_date = '1990-01-01')");
        let strategy = one(&found, DecisionKind::Semijoin);
        assert!(strategy.ratio().is_some(), "{strategy}");
    }

    #[test]
    fn sort_or_the_order_of_an_index() {
        let found = of("SELECT * FROM employees WHERE first_name LIKE 'G%' ORDER BY hire_date LIMIT 5");
        let order = one(&found, DecisionKind::Ordering);
        assert_eq!(order.chosen.name, "the order of ix_hiredate");
        assert!(order.runner_up.as_ref().unwrap().name.starts_with("reading by ix_firstname"), "{order}");
        assert!(order.ratio().unwrap() > 1.0, "{order}");
        let sorted = of("SELECT * FROM employees WHERE first_name = 'Georgi' ORDER BY hire_date LIMIT 200");
        let order = one(&sorted, DecisionKind::Ordering);
        assert_eq!(order.chosen.name, "reading by ix_firstname, then a sort");
    }
}
