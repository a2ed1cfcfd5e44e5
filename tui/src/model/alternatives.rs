//! What the optimizer weighed, from its trace: every way to read a table, every join order, and why each lost.

mod reasons;

use reasons::reason;
use serde_json::Value;

/// What became of an alternative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Verdict {
    Chosen,
    Lost,
    /// It could not be used at all, so it has no price.
    Unusable,
}

/// A way to read a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    /// `ref ix_firstname`, `table scan`.
    pub what: String,
    /// Rows of one execution.
    pub rows: Option<f64>,
    /// Cost, in the optimizer's units.
    pub cost: Option<f64>,
    /// What became of it.
    pub verdict: Verdict,
    /// Why, in words.
    pub reason: String,
    /// When it was weighed: while ranges were looked at, or as a step of a join order.
    pub stage: Stage,
}

/// When an alternative was weighed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Stage {
    Join,
    Range,
}

/// What was weighed for one table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableAlternatives {
    /// Name or alias.
    pub table: String,
    /// Tables before it in the order that was chosen.
    pub prefix: Vec<String>,
    /// The ways, best first.
    pub ways: Vec<Alternative>,
}

/// A join order, as far as the search followed it.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderAlternative {
    /// Names or aliases.
    pub tables: Vec<String>,
    /// Rows at its end.
    pub rows: Option<f64>,
    /// Cost at its end.
    pub cost: Option<f64>,
    /// What became of it.
    pub verdict: Verdict,
    /// Why, in words.
    pub reason: String,
}

/// What was weighed in one SELECT.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BlockAlternatives {
    /// Number of the SELECT.
    pub select: u32,
    /// By table.
    pub tables: Vec<TableAlternatives>,
    /// Join orders, best first.
    pub orders: Vec<OrderAlternative>,
}

/// Reads a trace.
pub fn of_trace(steps: &[Value]) -> Vec<BlockAlternatives> {
    let mut blocks: Vec<BlockAlternatives> = Vec::new();
    steps.iter().for_each(|step| find_blocks(step, &mut blocks, 0));
    blocks.retain(|block| !block.tables.is_empty());
    blocks.sort_by_key(|block| block.select);
    blocks
}

/// Levels of nesting that are followed: a trace of a deep statement is cut, not followed without end.
const DEEPEST: usize = 200;

fn find_blocks(value: &Value, blocks: &mut Vec<BlockAlternatives>, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Object(fields) => {
            if let Some(optimization) = fields.get("join_optimization") {
                let select = optimization["select#"].as_u64().unwrap_or(0) as u32;
                let empty = Vec::new();
                let steps = optimization["steps"].as_array().unwrap_or(&empty);
                blocks.push(block(select, steps));
            } else if fields.contains_key("range_analysis") && fields.contains_key("table") && depth <= 1 {
                // UPDATE and DELETE of one table have no join.
                blocks.push(block(1, &[serde_json::json!({ "rows_estimation": [value] })]));
            }
            fields.values().for_each(|field| find_blocks(field, blocks, depth + 1));
        }
        Value::Array(items) => items.iter().for_each(|item| find_blocks(item, blocks, depth + 1)),
        _ => {}
    }
}

fn block(select: u32, steps: &[Value]) -> BlockAlternatives {
    let mut block = BlockAlternatives { select, ..Default::default() };
    for step in steps {
        for estimation in step["rows_estimation"].as_array().into_iter().flatten() {
            let table = alias(text(estimation, "table"));
            let ways = range_ways(estimation);
            block.tables.push(TableAlternatives { table, prefix: Vec::new(), ways });
        }
        let Some(plans) = step["considered_execution_plans"].as_array() else { continue };
        let mut walk = Walk::default();
        walk.plans(plans, 0);
        block.orders = walk.ranked();
        let chosen = block.orders.iter().find(|order| order.verdict == Verdict::Chosen).map(|order| order.tables.clone());
        let chosen = chosen.unwrap_or_default();
        for (place, table) in chosen.iter().enumerate() {
            let weighed = walk.weighed.iter().find(|weighed| weighed.prefix == chosen[..place] && &weighed.table == table);
            let Some(weighed) = weighed else { continue };
            match block.tables.iter_mut().find(|own| &own.table == table) {
                Some(own) => {
                    own.prefix.clone_from(&weighed.prefix);
                    own.ways.splice(0..0, weighed.ways.iter().cloned());
                }
                None => block.tables.push(weighed.clone()),
            }
        }
    }
    for table in &mut block.tables {
        rank(&mut table.ways);
    }
    block
}

/// Join steps before range analysis, in each the chosen first, then by cost, then those without a cost.
fn rank(ways: &mut [Alternative]) {
    ways.sort_by(|a, b| {
        let key = |way: &Alternative| (way.stage, way.verdict, way.cost.is_none());
        key(a).cmp(&key(b)).then(a.cost.unwrap_or(0.0).total_cmp(&b.cost.unwrap_or(0.0)))
    });
}

/// What the search over join orders did.
#[derive(Default)]
struct Walk {
    orders: Vec<OrderAlternative>,
    weighed: Vec<TableAlternatives>,
}

impl Walk {
    fn plans(&mut self, plans: &[Value], depth: usize) {
        if depth > DEEPEST {
            return;
        }
        for plan in plans.iter().filter(|plan| plan.get("best_access_path").is_some()) {
            let prefix: Vec<String> = strings(plan, "plan_prefix").map(alias).collect();
            let table = alias(text(plan, "table"));
            let paths = plan["best_access_path"]["considered_access_paths"].as_array();
            let ways = paths.into_iter().flatten().map(join_way).collect();
            let mut ways: Vec<Alternative> = ways;
            settle(&mut ways);
            let mut tables = prefix.clone();
            tables.push(table.clone());
            self.weighed.push(TableAlternatives { table, prefix, ways });
            match plan.get("rest_of_plan").and_then(Value::as_array) {
                Some(rest) => self.plans(rest, depth + 1),
                None => self.end(plan, tables),
            }
        }
    }

    fn end(&mut self, plan: &Value, tables: Vec<String>) {
        let yes = |key: &str| plan[key].as_bool() == Some(true);
        let is_complete = yes("chosen");
        let cause = if yes("pruned_by_cost") {
            "given up here: dearer than the best complete order"
        } else if yes("pruned_by_heuristic") {
            "given up here: another table in this place promised fewer rows at less cost"
        } else if yes("pruned_by_eq_ref_heuristic") {
            "an eq_ref extension was followed in its place"
        } else if plan.get("added_to_eq_ref_extension").is_some() {
            return;
        } else if is_complete {
            "best so far when it was found"
        } else {
            "dearer than the best"
        };
        let cost = plan["new_cost_for_plan"].as_f64().or_else(|| plan["cost_for_plan"].as_f64());
        // Of the complete orders the last one that was called best is the choice; see `ranked`.
        let verdict = if is_complete { Verdict::Chosen } else { Verdict::Lost };
        self.orders.push(OrderAlternative { tables, rows: plan["rows_for_plan"].as_f64(), cost, verdict, reason: cause.into() });
    }

    /// The orders, best first.
    fn ranked(&self) -> Vec<OrderAlternative> {
        let mut orders = self.orders.clone();
        let last = orders.iter().rposition(|order| order.verdict == Verdict::Chosen);
        let best = last.and_then(|last| orders[last].cost);
        // STRAIGHT_JOIN has one order and says nothing of a choice.
        let last = last.or_else(|| orders.len().checked_sub(1));
        for (number, order) in orders.iter_mut().enumerate() {
            if Some(number) == last {
                order.verdict = Verdict::Chosen;
                order.reason = "the cheapest complete order".into();
                continue;
            }
            if order.verdict == Verdict::Chosen {
                order.reason = "best until a cheaper one was found".into();
            }
            order.verdict = Verdict::Lost;
            if let (Some(best), Some(cost)) = (best, order.cost)
                && cost > best
                && best > 0.0
            {
                order.reason += &times(cost / best);
            }
        }
        orders.sort_by(|a, b| a.verdict.cmp(&b.verdict).then(a.cost.unwrap_or(f64::MAX).total_cmp(&b.cost.unwrap_or(f64::MAX))));
        orders
    }
}

/// "chosen" in the trace means best so far: only the last of them is the choice.
fn settle(ways: &mut [Alternative]) {
    let last = ways.iter().rposition(|way| way.verdict == Verdict::Chosen);
    let best = last.and_then(|last| ways[last].cost);
    for (number, way) in ways.iter_mut().enumerate() {
        if way.verdict == Verdict::Chosen && Some(number) != last {
            way.verdict = Verdict::Lost;
            way.reason = "best until a cheaper one was found".into();
        }
        if way.verdict == Verdict::Lost
            && let (Some(best), Some(cost)) = (best, way.cost)
            && best > 0.0
            && cost > best
        {
            way.reason += &times(cost / best);
        }
    }
}

/// How many times the cost of the best, in words.
fn times(ratio: f64) -> String {
    if ratio < 10.0 { format!(" ({ratio:.1} times the cost)") } else { format!(" ({ratio:.0} times the cost)") }
}

/// One of `considered_access_paths`.
fn join_way(path: &Value) -> Alternative {
    let kind = text(path, "access_type");
    let index = path["index"].as_str().or_else(|| path["range_details"]["used_index"].as_str());
    let what = match (kind, index) {
        ("scan", _) if path["using_join_cache"].as_bool() == Some(true) => "table scan, join buffer".to_owned(),
        ("scan", _) => "table scan".to_owned(),
        (kind, Some(index)) => format!("{kind} {index}"),
        (kind, None) => kind.to_owned(),
    };
    let rows = path["rows"].as_f64().or_else(|| path["resulting_rows"].as_f64());
    alternative(path, what, rows, Stage::Join)
}

fn alternative(step: &Value, what: String, rows: Option<f64>, stage: Stage) -> Alternative {
    let usable = step["usable"].as_bool() != Some(false);
    let verdict = match step["chosen"].as_bool() {
        _ if !usable => Verdict::Unusable,
        Some(true) => Verdict::Chosen,
        _ => Verdict::Lost,
    };
    let reason = match (verdict, step["cause"].as_str()) {
        (_, Some(cause)) => reason(cause),
        (Verdict::Chosen, None) => "the cheapest".into(),
        (Verdict::Unusable, None) => "its first part is not compared with anything that is known at this point".into(),
        (Verdict::Lost, None) => "dearer".into(),
    };
    Alternative { what, rows, cost: step["cost"].as_f64(), verdict, reason, stage }
}

/// What the range analysis of a table weighed.
fn range_ways(estimation: &Value) -> Vec<Alternative> {
    let mut ways = Vec::new();
    if let Some(kind) = estimation["table_type"].as_str() {
        let reason = format!("{kind}: one row at most, so it is read while planning");
        ways.push(Alternative {
            what: format!("{kind} row"),
            rows: Some(1.0),
            cost: estimation["cost"].as_f64(),
            verdict: Verdict::Chosen,
            reason,
            stage: Stage::Range,
        });
        return ways;
    }
    let analysis = &estimation["range_analysis"];
    for index in analysis["potential_range_indexes"].as_array().into_iter().flatten() {
        if index["usable"].as_bool() == Some(false) {
            ways.push(alternative(index, format!("range {}", text(index, "index")), None, Stage::Range));
        }
    }
    let covering = &analysis["best_covering_index_scan"];
    if covering.is_object() {
        ways.push(alternative(covering, format!("index scan {}", text(covering, "index")), None, Stage::Range));
    }
    for (key, list, what) in [
        ("group_index_range", "potential_group_range_indexes", "loose scan for GROUP BY"),
        ("skip_scan_range", "potential_skip_scan_indexes", "skip scan"),
    ] {
        let step = &analysis[key];
        if let (Some(false), Some(_)) = (step["chosen"].as_bool(), step["cause"].as_str()) {
            let mut way = alternative(step, what.to_owned(), None, Stage::Range);
            way.verdict = Verdict::Unusable;
            ways.push(way);
        }
        for index in step[list].as_array().into_iter().flatten() {
            ways.push(alternative(index, format!("{what} {}", text(index, "index")), index["rows"].as_f64(), Stage::Range));
        }
    }
    let ranges = &analysis["analyzing_range_alternatives"];
    for range in ranges["range_scan_alternatives"].as_array().into_iter().flatten() {
        ways.push(alternative(range, format!("range {}", text(range, "index")), range["rows"].as_f64(), Stage::Range));
    }
    let intersect = &ranges["analyzing_roworder_intersect"];
    if intersect["chosen"].is_boolean() || intersect["usable"].as_bool() == Some(false) {
        ways.push(alternative(intersect, "index merge, intersection".into(), intersect["rows"].as_f64(), Stage::Range));
    }
    for union in analysis["analyzing_index_merge_union"].as_array().into_iter().flatten() {
        let mut way = alternative(union, "index merge, union".into(), None, Stage::Range);
        way.cost = union["total_cost"].as_f64().or_else(|| union["index_roworder_union_cost"].as_f64());
        ways.push(way);
    }
    settle(&mut ways);
    for key in [analysis, estimation] {
        let scan = &key["table_scan"];
        if scan.is_object() {
            let chosen = !ways.iter().any(|way| way.verdict == Verdict::Chosen);
            ways.push(Alternative {
                what: "table scan".into(),
                rows: scan["rows"].as_f64(),
                cost: scan["cost"].as_f64(),
                verdict: if chosen { Verdict::Chosen } else { Verdict::Lost },
                reason: if chosen { "no range is cheaper" } else { "what ranges have to beat" }.into(),
                stage: Stage::Range,
            });
        }
    }
    ways
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or("")
}

fn strings<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v str> {
    value[key].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// The alias in `` `name` `alias` ``, or the name.
fn alias(name: &str) -> String {
    let words: Vec<&str> = name.split('`').collect();
    match words[..] {
        // Only blanks stand between name and alias; other words begin an index hint.
        [_, name, " ", alias, ..] if !name.is_empty() => alias.to_owned(),
        [_, name, ..] => name.to_owned(),
        _ => name.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Statement, planned};
    use myexplain::Catalog;

    fn weighed(sql: &str) -> Vec<BlockAlternatives> {
        let statement = Statement { sql: sql.into(), sets: Vec::new() };
        planned::plan(&Catalog::sample(), &statement, &Default::default()).expect("plans").alternatives
    }

    #[test]
    fn names_of_tables_in_the_trace() {
        assert_eq!(alias("`employees` `e`"), "e");
        assert_eq!(alias("`employees` FORCE INDEX (`ix_firstname`)"), "employees");
        assert_eq!(alias(" `d`"), "d");
    }

    #[test]
    fn the_join_order_that_was_chosen_comes_first() {
        let blocks = weighed("SELECT * FROM salaries s JOIN employees e ON e.emp_no = s.emp_no WHERE first_name = 'Matt'");
        let orders = &blocks[0].orders;
        assert_eq!(orders[0].tables, ["e", "s"]);
        assert_eq!(orders[0].verdict, Verdict::Chosen);
        assert!(orders[1..].iter().all(|order| order.verdict == Verdict::Lost));
        let salaries = blocks[0].tables.iter().find(|table| table.table == "s").expect("s was weighed");
        assert_eq!(salaries.prefix, ["e"]);
        assert_eq!((salaries.ways[0].what.as_str(), salaries.ways[0].verdict), ("ref PRIMARY", Verdict::Chosen));
    }

    #[test]
    fn a_range_that_is_too_dear_says_so() {
        let blocks = weighed("SELECT * FROM employees WHERE hire_date > '1986-01-01'");
        let ways = &blocks[0].tables[0].ways;
        let range = ways.iter().find(|way| way.what == "range ix_hiredate").expect("the range was weighed");
        assert_eq!(range.verdict, Verdict::Lost);
        assert!(range.reason.contains("dear"), "{}", range.reason);
        assert_eq!(ways[0].what, "table scan");
    }
}
