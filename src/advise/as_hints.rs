//! The plan as hints: the shortest block of optimizer hints that pins a plan, found by leaving hints out while planning again.

use super::candidate::suppose;
use super::words::Words;
use crate::access::RangePlanKind;
use crate::catalog::{Catalog, IndexNo, SwitchSet, Table};
use crate::error::{PlanError, Result};
use crate::explain::decisions::Decisions;
use crate::plan::{AccessMethod, JoinBuffer, Plan, TableAccess};
use crate::planner::Planner;
use crate::planner::parallel::guarded;
use crate::query::{BlockId, NestId, NestKind, Query, SubqueryStrategy, TableId, TableKind, UnitRole};
use crate::what_if::Change;
use serde::Serialize;

/// A plan pinned by hints.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PinnedPlan {
    /// The hints, in order; empty if the plan needs none.
    pub hints: Vec<String>,
    /// The statement with them.
    pub sql: String,
    /// Hints of the complete block that the search began with.
    pub complete: usize,
    /// Changes of statistics and cost constants under which plans were compared.
    pub perturbations: usize,
    /// Those under which the plan without any hint is another one.
    pub fragile: usize,
    /// Those under which the plan with these hints is the same.
    pub held: usize,
    /// Why hints cannot pin the plan as it stands; none if they do.
    pub unpinned: Option<String>,
}

/// The shortest block of hints under which a statement keeps its plan: today, and with tables ten and a hundred times larger or smaller
/// and cost constants ten times higher, as far as the complete block keeps it. Hints that the statement has are replaced.
///
/// # Errors
/// As [`Planner::plan`].
pub fn plan_as_hints(catalog: &Catalog, sql: &str) -> Result<PinnedPlan> {
    let plan = planned(catalog, sql)?;
    let wanted = Decisions::of(&plan);
    let bare = without_hints(sql);
    // Blocks in which tables were written are kept only beside hints: one that names nothing does no harm.
    let named = planned(catalog, &with_hints(&bare, &["NO_BNL(`-`)".to_owned()])).ok();
    let complete = complete_block(named.as_ref().filter(|named| Decisions::of(named) == wanted).unwrap_or(&plan));
    let perturbed = perturbations(catalog, &plan);
    let search = Search { catalog, bare: &bare, wanted: &wanted, perturbed: &perturbed };
    let mut result = PinnedPlan {
        hints: Vec::new(),
        sql: with_hints(&bare, &complete),
        complete: complete.len(),
        perturbations: perturbed.len(),
        fragile: perturbed.len() - search.held(&[]).len(),
        held: 0,
        unpinned: None,
    };
    if let Some(difference) = search.difference(&complete) {
        result.hints = complete;
        result.unpinned = Some(difference);
        return Ok(result);
    }
    let required = search.held(&complete);
    let mut hints = search.shortest(complete, &required);
    search.shorten_orders(&mut hints, &required);
    result.sql = with_hints(&bare, &hints);
    result.held = search.held(&hints).len();
    result.hints = hints;
    Ok(result)
}

fn planned(catalog: &Catalog, sql: &str) -> Result<Plan> {
    let outcome = guarded(|| Planner::new(catalog).plan(sql));
    outcome.unwrap_or_else(|panic| Err(PlanError::NotCovered(format!("internal error, please report it: {panic}"))))
}

/// Plans with hints, compared with the one that is wanted.
struct Search<'a> {
    catalog: &'a Catalog,
    bare: &'a str,
    wanted: &'a Decisions,
    perturbed: &'a [Catalog],
}

impl Search<'_> {
    fn keeps(&self, catalog: &Catalog, hints: &[String]) -> bool {
        planned(catalog, &with_hints(self.bare, hints)).is_ok_and(|plan| Decisions::of(&plan) == *self.wanted)
    }

    /// The first decision that the hints do not keep.
    fn difference(&self, hints: &[String]) -> Option<String> {
        let found = match planned(self.catalog, &with_hints(self.bare, hints)) {
            Ok(plan) => Decisions::of(&plan),
            Err(error) => return Some(error.to_string()),
        };
        if found == *self.wanted {
            return None;
        }
        let at = (0..self.wanted.tables.len()).find(|at| found.tables.get(*at) != self.wanted.tables.get(*at)).unwrap_or(0);
        let line = |decisions: &Decisions| decisions.tables.get(at).map_or("nothing".to_owned(), |table| table.to_string());
        Some(format!("no hint keeps '{}': with all hints it is '{}'", line(self.wanted), line(&found)))
    }

    /// The perturbations under which the hints keep the plan, by number.
    fn held(&self, hints: &[String]) -> Vec<usize> {
        (0..self.perturbed.len()).filter(|no| self.keeps(&self.perturbed[*no], hints)).collect()
    }

    fn suffices(&self, hints: &[String], required: &[usize]) -> bool {
        self.keeps(self.catalog, hints) && required.iter().all(|no| self.keeps(&self.perturbed[*no], hints))
    }

    /// Leaves out hints one by one until none can go.
    fn shortest(&self, mut hints: Vec<String>, required: &[usize]) -> Vec<String> {
        loop {
            let without = |at: usize| {
                let mut fewer = hints.clone();
                fewer.remove(at);
                fewer
            };
            let Some(fewer) = (0..hints.len()).rev().map(without).find(|fewer| self.suffices(fewer, required)) else { break };
            hints = fewer;
        }
        hints
    }

    /// JOIN_PREFIX of the first tables instead of JOIN_ORDER of all, where that is enough.
    fn shorten_orders(&self, hints: &mut [String], required: &[usize]) {
        for at in 0..hints.len() {
            let Some(arguments) = hints[at].strip_prefix("JOIN_ORDER(").and_then(|rest| rest.strip_suffix(')')) else { continue };
            let (block, list) = match arguments.split_once(' ') {
                Some((block, list)) if block.starts_with('@') => (format!("{block} "), list.to_owned()),
                _ => (String::new(), arguments.to_owned()),
            };
            let tables: Vec<&str> = list.split(", ").collect();
            for count in 1..tables.len().saturating_sub(1) {
                let mut shorter = hints.to_vec();
                shorter[at] = format!("JOIN_PREFIX({block}{})", tables[..count].join(", "));
                if self.suffices(&shorter, required) {
                    hints[at] = shorter.swap_remove(at);
                    break;
                }
            }
        }
    }
}

/// All hints that say something about a plan, strategies of subqueries first, then join orders, then tables.
fn complete_block(plan: &Plan) -> Vec<String> {
    let mut hints = Vec::new();
    switches(plan, &mut hints);
    derived_tables(plan, &mut hints);
    subqueries(plan, &mut hints);
    for (no, block) in plan.blocks.iter().enumerate() {
        let Some(block) = block else { continue };
        let id = BlockId(no as u32);
        let tables: Vec<&TableAccess> = block.tables[block.const_tables.min(block.tables.len())..].iter().collect();
        let order: Vec<String> = tables.iter().filter_map(|access| Some(table_name(plan, access.table?))).collect();
        if order.len() > 1 {
            hints.push(format!("JOIN_ORDER({}{})", block_prefix(&plan.query, id), order.join(", ")));
        }
        for access in tables {
            of_table(plan, access, order.len() > 1, &mut hints);
        }
    }
    let mut unique = Vec::new();
    for hint in hints {
        if !unique.contains(&hint) {
            unique.push(hint);
        }
    }
    unique
}

/// Flags of optimizer_switch that are not as they are by default: elsewhere they may be.
fn switches(plan: &Plan, hints: &mut Vec<String>) {
    let version = plan.settings.version;
    let (mine, default) = (plan.settings.switches.text(version), SwitchSet::default().text(version));
    let changed = mine.split(',').zip(default.split(',')).filter(|(mine, default)| mine != default);
    hints.extend(changed.map(|(mine, _)| format!("SET_VAR(optimizer_switch='{mine}')")));
}

/// MERGE and NO_MERGE.
fn derived_tables(plan: &Plan, hints: &mut Vec<String>) {
    let query = &plan.query;
    for (no, table) in query.tables.iter().enumerate() {
        if !matches!(table.kind, TableKind::Derived { .. }) {
            continue;
        }
        let merged = query.nests.iter().any(|nest| nest.merged_from == Some(TableId(no as u32)));
        let name = table_name(plan, TableId(no as u32));
        hints.push(if merged { format!("MERGE({name})") } else { format!("NO_MERGE({name})") });
    }
}

/// Strategies of semijoins and subqueries.
fn subqueries(plan: &Plan, hints: &mut Vec<String>) {
    let query = &plan.query;
    for (no, nest) in query.nests.iter().enumerate() {
        let (NestKind::Semijoin(info) | NestKind::Antijoin(info)) = &nest.kind else { continue };
        let name = &query[info.block];
        let block = name.name.as_ref().map_or_else(|| format!("select#{:x}", info.select_id), |name| name.to_string());
        let inner: Vec<&TableAccess> = plan
            .blocks
            .iter()
            .flatten()
            .flat_map(|block| &block.tables)
            .filter(|access| access.table.is_some_and(|table| is_below(query, table, NestId(no as u32))))
            .collect();
        let strategy = if inner.iter().any(|access| access.inner_of.is_some()) {
            "MATERIALIZATION"
        } else if inner.iter().any(|access| access.semijoin.loose_scan_until.is_some()) {
            "LOOSESCAN"
        } else if matches!(nest.kind, NestKind::Antijoin(_))
            || inner.iter().any(|access| access.semijoin.first_match_to.is_some())
        {
            "FIRSTMATCH"
        } else {
            "DUPSWEEDOUT"
        };
        hints.push(format!("SEMIJOIN(@`{block}` {strategy})"));
    }
    for unit in &query.units {
        let UnitRole::Subquery(expr) = unit.role else { continue };
        let Some(block) = unit.blocks.first().filter(|block| plan.blocks[block.0 as usize].is_some()) else { continue };
        let strategy = subquery_strategy(query, expr);
        let name = query.block_name(*block);
        match strategy {
            Some(SubqueryStrategy::Materialize) => hints.push(format!("SUBQUERY(@`{name}` MATERIALIZATION)")),
            Some(SubqueryStrategy::Exists) => hints.push(format!("SUBQUERY(@`{name}` INTOEXISTS)")),
            _ => {}
        }
    }
}

/// True if a table stands in a nest or in one inside it.
fn is_below(query: &Query, table: TableId, nest: NestId) -> bool {
    let mut at = query[table].nest;
    while let Some(inner) = at {
        if inner == nest {
            return true;
        }
        at = query[inner].parent;
    }
    false
}

fn subquery_strategy(query: &Query, expr: crate::query::ExprId) -> Option<SubqueryStrategy> {
    let mut found = None;
    query.walk(expr, &mut |id| {
        if let crate::query::Expr::Subquery(subquery) = &query.exprs[id] {
            found.get_or_insert(subquery.strategy);
        }
    });
    found
}

/// Hints on how one table is read and joined.
fn of_table(plan: &Plan, access: &TableAccess, joined: bool, hints: &mut Vec<String>) {
    let Some(id) = access.table.filter(|table| plan.query[*table].kind == TableKind::Base) else { return };
    let name = table_name(plan, id);
    let table = &plan.query[id].table;
    let index = |no: IndexNo| quoted_index(table, no);
    match &access.method {
        AccessMethod::ConstRow => return,
        AccessMethod::TableScan => hints.push(format!("NO_INDEX({name})")),
        AccessMethod::Lookup(lookup) => hints.push(format!("INDEX({name} {})", index(lookup.index))),
        AccessMethod::IndexScan { index: no, .. } => hints.push(format!("INDEX({name} {})", index(*no))),
        AccessMethod::DynamicRange => {}
        AccessMethod::Range(range) => match &range.kind {
            RangePlanKind::IndexRange(scan) => {
                hints.push(format!("INDEX({name} {})", index(scan.index)));
                if scan.mrr {
                    hints.push(format!("MRR({name} {})", index(scan.index)));
                }
            }
            RangePlanKind::SkipScan(scan) => hints.push(format!("SKIP_SCAN({name} {})", index(scan.index))),
            RangePlanKind::GroupSkip(scan) => hints.push(format!("INDEX({name} {})", index(scan.index))),
            RangePlanKind::Union(_) | RangePlanKind::SortUnion(_) | RangePlanKind::Intersection { .. } => {
                let leaves = range.leaves().into_iter().filter_map(|leaf| leaf.single_index());
                let mut names: Vec<String> = leaves.map(index).collect();
                names.dedup();
                hints.push(format!("INDEX_MERGE({name} {})", names.join(", ")));
            }
        },
    }
    match access.join_buffer {
        JoinBuffer::Hash => hints.push(format!("BNL({name})")),
        JoinBuffer::BatchedKeyAccess => hints.push(format!("BKA({name})")),
        JoinBuffer::None if joined => hints.push(format!("NO_BNL({name})")),
        JoinBuffer::None => {}
    }
}

/// The name of an index in a hint.
pub(super) fn quoted_index(table: &Table, no: IndexNo) -> String {
    format!("`{}`", table.indexes[no as usize].name.replace('`', "``"))
}

/// The block in which a table was written.
fn home(plan: &Plan, table: TableId) -> BlockId {
    plan.query.hints.home.get(table.0 as usize).copied().unwrap_or(plan.query[table].block)
}

/// A table in a hint of the first block: with its own block behind it where that is another one.
pub(super) fn table_name(plan: &Plan, table: TableId) -> String {
    let block = home(plan, table);
    let alias = format!("`{}`", plan.query[table].alias.replace('`', "``"));
    if plan.query[block].select_id == 1 { alias } else { format!("{alias}@`{}`", plan.query.block_name(block)) }
}

fn block_prefix(query: &Query, block: BlockId) -> String {
    if query[block].select_id == 1 { String::new() } else { format!("@`{}` ", query.block_name(block)) }
}

/// The statement without optimizer hints.
fn without_hints(sql: &str) -> String {
    let mut out = String::new();
    let mut rest = sql;
    while let Some(start) = rest.find("/*+") {
        let Some(end) = rest[start..].find("*/") else { break };
        out.push_str(&rest[..start]);
        rest = rest[start + end + 2..].trim_start();
    }
    out + rest
}

/// The statement with hints behind its first keyword that may have some.
pub(super) fn with_hints(bare: &str, hints: &[String]) -> String {
    let words = Words::of(bare);
    let takes =
        |word: &&super::words::Word<'_>| ["select", "update", "delete", "insert", "replace"].iter().any(|verb| word.is(verb));
    match words.list.iter().find(takes) {
        Some(word) if !hints.is_empty() => {
            format!("{} /*+ {} */{}", &bare[..word.end()], hints.join(" "), &bare[word.end()..])
        }
        _ => bare.to_owned(),
    }
}

/// Catalogs in which each table is ten or a hundred times larger or smaller, all are, or a cost constant is ten times as high.
fn perturbations(catalog: &Catalog, plan: &Plan) -> Vec<Catalog> {
    let mut tables: Vec<String> = Vec::new();
    for table in plan.query.tables.iter().filter(|table| table.kind == TableKind::Base) {
        let name = format!("{}.{}", table.table.schema, table.table.name);
        if !tables.contains(&name) {
            tables.push(name);
        }
    }
    let rows = |name: &String, factor: &str| Change::from_option("rows", &format!("{name}={factor}x")).ok();
    let mut sets: Vec<Vec<Change>> = Vec::new();
    for factor in ["10", "0.1", "100", "0.01"] {
        sets.extend(tables.iter().filter_map(|name| Some(vec![rows(name, factor)?])));
        if tables.len() > 1 {
            sets.push(tables.iter().filter_map(|name| rows(name, factor)).collect());
        }
    }
    let costs = &catalog.costs;
    for (name, value) in [
        ("io_block_read_cost", costs.io_block_read),
        ("memory_block_read_cost", costs.memory_block_read),
        ("row_evaluate_cost", costs.row_evaluate),
    ] {
        sets.extend(Change::from_option("cost", &format!("{name}={}", value * 10.0)).ok().map(|change| vec![change]));
    }
    sets.into_iter().filter_map(|changes| suppose(catalog, changes)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pinned(sql: &str) -> PinnedPlan {
        let catalog = Catalog::sample();
        let pinned = plan_as_hints(&catalog, sql).expect("plans");
        let same = |text: &str| Decisions::of(&planned(&catalog, text).expect("plans"));
        if pinned.unpinned.is_none() {
            assert_eq!(same(&pinned.sql), same(sql), "{}", pinned.sql);
        }
        pinned
    }

    #[test]
    fn a_join_order_is_pinned_by_as_few_hints_as_it_needs() {
        let found = pinned("SELECT * FROM employees e JOIN salaries s ON s.emp_no = e.emp_no WHERE e.first_name = 'Matt'");
        assert_eq!(found.unpinned, None);
        assert!(found.hints.len() < found.complete, "{:?}", found.hints);
    }

    #[test]
    fn semijoins_and_derived_tables_are_named_by_their_block() {
        let sql = "SELECT * FROM employees e WHERE e.emp_no IN (SELECT d.emp_no FROM dept_manager d WHERE d.dept_no = 'd001')";
        assert_eq!(pinned(sql).unpinned, None);
        let sql = "SELECT * FROM departments d WHERE d.dept_no IN (SELECT de.dept_no FROM dept_emp de)";
        assert_eq!(pinned(sql).unpinned, None);
        let sql = "SELECT d.title, COUNT(*) FROM (SELECT emp_no, title FROM titles) d GROUP BY d.title";
        assert_eq!(pinned(sql).unpinned, None);
    }

    #[test]
    fn hints_of_the_statement_are_replaced() {
        assert_eq!(without_hints("SELECT /*+ NO_INDEX(e) */ 1 FROM e"), "SELECT 1 FROM e");
        assert_eq!(with_hints("WITH c AS (SELECT 1) SELECT 2", &["X()".to_owned()]), "WITH c AS (SELECT /*+ X() */ 1) SELECT 2");
    }
}
