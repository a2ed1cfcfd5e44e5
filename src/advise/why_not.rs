//! Why a plan does not use an index: not usable and by which rule, dearer and by how much, or passed over; and what would flip it.

use super::alternatives::{Verdict, alternatives};
use super::as_hints::{quoted_index, table_name, with_hints};
use super::candidate::{Candidate, Part, suppose};
use super::measure::Measure;
use super::rules::operands;
use super::sargable;
use super::subject::{Subject, plan};
use crate::access::RangePlanKind;
use crate::catalog::{Catalog, ColumnNo, Index, IndexKind, IndexNo, KeyPart, ResultClass, Switch, Table};
use crate::error::{PlanError, Result};
use crate::parse;
use crate::plan::{AccessMethod, Plan};
use crate::planner::Planner;
use crate::query::{Expr, ExprId, TableId, TableKind};
use crate::what_if::Change;
use serde::Serialize;
use std::fmt;

/// Why an index is not used.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "class", rename_all = "snake_case")]
pub enum Reason {
    /// It is used.
    Used,
    /// No condition, order or covering lets the optimizer use it; the rule in one sentence.
    NotUsable {
        /// `not the leading column`, `function on the column` …
        rule: &'static str,
        /// With the names of this statement.
        detail: String,
    },
    /// It can be used, and the plan with it costs more.
    Costlier {
        /// Cost of the plan as it is.
        cost: f64,
        /// Cost of the plan that is made to use it.
        cost_with: f64,
    },
    /// A rule passed it over, whatever it costs.
    Pruned {
        /// The rule.
        heuristic: String,
        /// Cost of the plan as it is.
        cost: f64,
        /// Cost of the plan that is made to use it, if it can be made to.
        cost_with: Option<f64>,
    },
}

/// What became of an index for one table of a statement.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WhyNot {
    /// Number of the SELECT.
    pub select: u32,
    /// Alias of the table.
    pub table: String,
    /// The index.
    pub index: String,
    /// What the plan uses instead: `ref on ix_firstname`, `a table scan`.
    pub instead: String,
    /// Why.
    pub reason: Reason,
    /// What would make the optimizer use it, each found by planning.
    pub flips: Vec<String>,
}

/// Tells why a statement does not use an index: `index`, `table.index` or `schema.table.index`; `table` may be an alias. One answer
/// for each table of the statement that has the index.
///
/// # Errors
/// As [`Planner::plan`]; no table of the statement has such an index.
pub fn why_not(catalog: &Catalog, sql: &str, index: &str) -> Result<Vec<WhyNot>> {
    let statement = parse::statement(sql, &catalog.settings)?;
    let plan = Planner::new(catalog).with_trace(true).plan_statement(&statement)?;
    let subject = Subject::new(catalog, sql, &statement, &plan);
    let found: Vec<WhyNot> =
        named(&plan, index).into_iter().map(|(table, no)| Question { subject: &subject, table, index: no }.answer()).collect();
    if found.is_empty() {
        return Err(PlanError::NotCovered(format!("no table of the statement has an index '{index}'")));
    }
    Ok(found)
}

/// Tables of the statement with an index of that name.
fn named(plan: &Plan, index: &str) -> Vec<(TableId, IndexNo)> {
    let parts: Vec<&str> = index.split('.').map(|part| part.trim().trim_matches('`')).collect();
    let Some((name, owners)) = parts.split_last() else { return Vec::new() };
    let fits = |table: &crate::query::TableRef| match owners {
        [] => true,
        [table_or_alias] => {
            table.alias.eq_ignore_ascii_case(table_or_alias) || table.table.name.eq_ignore_ascii_case(table_or_alias)
        }
        [schema, of] => table.table.name.eq_ignore_ascii_case(of) && table.table.schema.eq_ignore_ascii_case(schema),
        _ => false,
    };
    let tables = plan.query.tables.iter().enumerate();
    let base = tables.filter(|(_, table)| table.kind == TableKind::Base && fits(table));
    base.filter_map(|(id, table)| Some((TableId(id as u32), table.table.index_by_name(name)?))).collect()
}

/// One table and one of its indexes.
struct Question<'s, 'a> {
    subject: &'s Subject<'a>,
    table: TableId,
    index: IndexNo,
}

impl Question<'_, '_> {
    fn definition(&self) -> &Table {
        &self.subject.query()[self.table].table
    }

    fn index(&self) -> &Index {
        &self.definition().indexes[self.index as usize]
    }

    /// The index's parts as the user wrote them.
    fn parts(&self) -> &[KeyPart] {
        &self.index().parts[..self.index().user_parts]
    }

    fn column_name(&self, column: ColumnNo) -> &str {
        &self.definition().columns[column as usize].name
    }

    fn answer(&self) -> WhyNot {
        let query = self.subject.query();
        let table = &query[self.table];
        let reason = self.reason();
        let flips = match reason {
            Reason::Used => Vec::new(),
            Reason::NotUsable { .. } => self.visible_flip().into_iter().collect(),
            _ => self.flips(),
        };
        WhyNot {
            select: query[table.block].select_id,
            table: table.alias.to_string(),
            index: self.index().name.to_string(),
            instead: self.instead(),
            reason,
            flips,
        }
    }

    fn reason(&self) -> Reason {
        if self.is_used(self.subject.plan) {
            return Reason::Used;
        }
        let forced = self.forced();
        let cost = self.subject.measure.cost;
        let cost_with = forced.as_ref().map(|plan| Measure::of(plan).cost);
        if let Some(not_usable) = self.forbidden() {
            return not_usable;
        }
        // A hint makes the server skip its look into the index: the cost of a range is then that of one row.
        let guessed = forced.as_ref().is_some_and(|plan| self.reads_range(plan));
        if guessed && let Some((cost, cost_with)) = self.weighed().filter(|(cost, cost_with)| cost_with > cost) {
            return Reason::Costlier { cost, cost_with };
        }
        match cost_with {
            Some(cost_with) if cost_with > cost => {
                let passed_over = || self.pruned(cost, Some(cost_with)).unwrap_or(Reason::Costlier { cost, cost_with });
                if self.conditions_use_it() {
                    passed_over()
                } else {
                    self.not_usable().unwrap_or(Reason::Costlier { cost, cost_with })
                }
            }
            Some(cost_with) => {
                let heuristic = "the search never came to it".to_owned();
                let known = (!guessed).then_some(cost_with);
                self.pruned(cost, known).unwrap_or(Reason::Pruned { heuristic, cost, cost_with: known })
            }
            None => {
                let detail =
                    "no condition, order or grouping of the statement can use it, and it does not hold all columns that are read";
                let no_use = || Reason::NotUsable { rule: "no use for it", detail: detail.to_owned() };
                self.not_usable().or_else(|| self.pruned(cost, None)).unwrap_or_else(no_use)
            }
        }
    }

    /// True if a plan reads ranges of the table's index.
    fn reads_range(&self, plan: &Plan) -> bool {
        let alias = &self.subject.query()[self.table].alias;
        plan.blocks.iter().flatten().flat_map(|block| &block.tables).any(|access| {
            access.table.is_some_and(|id| plan.query[id].alias == *alias) && matches!(access.method, AccessMethod::Range(_))
        })
    }

    /// Cost of reading the table as the plan does, and by the index, as the optimizer weighed them.
    fn weighed(&self) -> Option<(f64, f64)> {
        let alias = &self.subject.query()[self.table].alias;
        let all = alternatives(self.subject.plan);
        let of_table = all.iter().find(|table| table.table.trim_matches('`').eq_ignore_ascii_case(alias))?;
        let way = of_table.of_index(&self.index().name).filter(|way| way.verdict == Verdict::Lost)?;
        Some((of_table.chosen()?.cost?, way.cost?))
    }

    /// True if a plan reads the table by the index.
    fn is_used(&self, plan: &Plan) -> bool {
        let alias = &self.subject.query()[self.table].alias;
        let name = &self.index().name;
        plan.blocks.iter().flatten().flat_map(|block| &block.tables).any(|access| {
            let Some(table) = access.table.map(|id| &plan.query[id]) else { return false };
            let is = |no: IndexNo| table.table.indexes.get(no as usize).is_some_and(|index| index.name == *name);
            let same = table.alias == *alias && table.table.name == self.definition().name;
            same && match &access.method {
                AccessMethod::Lookup(lookup) => is(lookup.index),
                AccessMethod::IndexScan { index, .. } => is(*index),
                AccessMethod::Range(range) => range.leaves().into_iter().filter_map(|leaf| leaf.single_index()).any(is),
                AccessMethod::ConstRow => self.index().unique && access.possible_keys.contains(self.index),
                _ => false,
            }
        })
    }

    /// The plan that a hint makes use the index; none if no hint can.
    fn forced(&self) -> Option<Plan> {
        let hint =
            format!("INDEX({} {})", table_name(self.subject.plan, self.table), quoted_index(self.definition(), self.index));
        let plan = plan(self.subject.catalog, &with_hints(self.subject.sql, &[hint]))?;
        self.is_used(&plan).then_some(plan)
    }

    /// How the table is read instead.
    fn instead(&self) -> String {
        let Some(reading) = self.subject.readings().into_iter().find(|reading| reading.id == self.table) else {
            return "nothing: the table is not read".to_owned();
        };
        let name = |no: IndexNo| self.definition().indexes[no as usize].name.to_string();
        let kind = reading.access.access_type.name();
        match &reading.access.method {
            AccessMethod::TableScan => "a scan of the table".to_owned(),
            AccessMethod::ConstRow => "one row by a unique key".to_owned(),
            AccessMethod::DynamicRange => "a range checked for each record".to_owned(),
            AccessMethod::Lookup(lookup) => format!("{kind} on {}", name(lookup.index)),
            AccessMethod::IndexScan { index, .. } => format!("a scan of index {}", name(*index)),
            AccessMethod::Range(range) => match &range.kind {
                RangePlanKind::IndexRange(scan) => format!("{kind} on {}", name(scan.index)),
                _ => {
                    let leaves = range.leaves().into_iter().filter_map(|leaf| leaf.single_index());
                    format!("{kind} on {}", leaves.map(name).collect::<Vec<_>>().join(", "))
                }
            },
        }
    }

    /// Invisible, of a kind that serves other conditions, or excluded by a hint.
    fn forbidden(&self) -> Option<Reason> {
        let table = &self.subject.query()[self.table];
        let index = self.index();
        let reason = |rule, detail: String| Some(Reason::NotUsable { rule, detail });
        if !index.visible && !self.subject.plan.settings.switches.on(Switch::UseInvisibleIndexes) {
            return reason("invisible", format!("{} is INVISIBLE", index.name));
        }
        match index.kind {
            IndexKind::FullText => return reason("full-text", format!("{} serves MATCH … AGAINST only", index.name)),
            IndexKind::Spatial => return reason("spatial", format!("{} serves spatial functions only", index.name)),
            _ => {}
        }
        let usable = table.usable_keys.union(table.usable_keys_order).union(table.usable_keys_group);
        if !usable.contains(self.index) && index.kind == IndexKind::BTree {
            return reason("hint", format!("a hint of the statement excludes {}", index.name));
        }
        None
    }

    /// True if a condition compares the first column so that a range or lookup can use it.
    fn conditions_use_it(&self) -> bool {
        let Some(first) = self.parts().first() else { return false };
        sargable::of_statement(self.subject).iter().any(|one| one.table == self.table && one.column == first.column)
    }

    /// The rule by which no condition can use the index.
    fn not_usable(&self) -> Option<Reason> {
        let first = self.parts().first()?.column;
        let (query, subject) = (self.subject.query(), self.subject);
        let name = format!("{}.{}", query[self.table].alias, self.column_name(first));
        let reason = |rule, detail: String| Some(Reason::NotUsable { rule, detail });
        let mentions = |expr: ExprId| subject.columns_in(expr).contains(&(self.table, first));
        for (block, expr) in subject.all_conjuncts().into_iter().filter(|(_, expr)| mentions(*expr)) {
            let text = subject.text(block, expr);
            match &query.exprs[query.real(expr)] {
                Expr::Or(_) => return reason("OR", format!("an arm of {text} does without {name}")),
                Expr::Like { arg, pattern, .. }
                    if subject.column(*arg) == Some((self.table, first)) && sargable::begins_with_wildcard(subject, *pattern) =>
                {
                    return reason("leading wildcard", format!("the pattern of {text} does not fix the beginning of {name}"));
                }
                Expr::Compare { left, right, .. } => {
                    let other = if subject.column(*left) == Some((self.table, first)) { *right } else { *left };
                    let own = &self.definition().columns[first as usize].ty;
                    let theirs = query.exprs.facts(other).ty.result_class();
                    let column_side = [*left, *right].into_iter().any(|side| subject.column(side) == Some((self.table, first)));
                    if column_side && own.is_plain_string() && theirs != ResultClass::Str {
                        return reason("conversion", format!("{name} is text and {text} compares it as a number"));
                    }
                }
                _ => {}
            }
            let computed =
                operands(subject, expr).into_iter().find(|operand| subject.column(*operand).is_none() && mentions(*operand));
            if let Some(computed) = computed {
                return reason("function on the column", format!("{} is compared, not {name}", subject.text(block, computed)));
            }
        }
        let later = sargable::of_statement(subject)
            .into_iter()
            .find(|one| one.table == self.table && self.parts()[1..].iter().any(|part| part.column == one.column));
        if let Some(later) = later {
            let column = self.column_name(later.column);
            return reason(
                "not the leading column",
                format!("{} begins with {name}, and the conditions compare {column}", self.index().name),
            );
        }
        if !self.conditions_use_it() {
            return reason("no condition", format!("no condition compares {name}, the first column of {}", self.index().name));
        }
        None
    }

    /// What the trace says if a rule passed the index over.
    fn pruned(&self, cost: f64, cost_with: Option<f64>) -> Option<Reason> {
        let alias = &self.subject.query()[self.table].alias;
        let all = alternatives(self.subject.plan);
        let of_table = all.iter().find(|table| table.table.trim_matches('`').eq_ignore_ascii_case(alias))?;
        let way = of_table.of_index(&self.index().name).filter(|way| way.verdict != Verdict::Chosen)?;
        let by_cost = matches!(way.cause.as_deref(), Some("cost") | None);
        (!by_cost).then(|| Reason::Pruned { heuristic: way.why().to_owned(), cost, cost_with })
    }

    /// What would happen if an invisible index were visible.
    fn visible_flip(&self) -> Option<String> {
        if self.index().visible {
            return None;
        }
        let change = Change::from_option("visible", &self.full_name()).ok()?;
        let after = plan(&suppose(self.subject.catalog, [change])?, self.subject.sql)?;
        let cost = Measure::of(&after).cost;
        Some(match self.is_used(&after) {
            true => format!("if it were visible it would be used: cost {:.2} instead of {cost:.2}", self.subject.measure.cost),
            false => "if it were visible it would not be used either".to_owned(),
        })
    }

    fn full_name(&self) -> String {
        format!("{}.{}.{}", self.definition().schema, self.definition().name, self.index().name)
    }

    /// Changes under which the optimizer uses the index.
    fn flips(&self) -> Vec<String> {
        let table = format!("{}.{}", self.definition().schema, self.definition().name);
        let rows = self.subject.catalog.statistics.table(self.definition()).rows as f64;
        let with_rows = |factor: f64| Change::from_option("rows", &format!("{table}={:.0}", (rows * factor).max(1.0))).ok();
        let costs = &self.subject.catalog.costs;
        let mut found = Vec::new();
        if let Some(factor) = self.bisect(with_rows, 1000.0) {
            found.push(format!("from {:.0} rows of {} on ({factor:.2} times as many)", rows * factor, self.definition().name));
        }
        if let Some(factor) = self.bisect(with_rows, 0.001) {
            found.push(format!("up to {:.0} rows of {} ({factor:.3} times as many)", rows * factor, self.definition().name));
        }
        for (name, value) in [
            ("memory_block_read_cost", costs.memory_block_read),
            ("io_block_read_cost", costs.io_block_read),
            ("row_evaluate_cost", costs.row_evaluate),
        ] {
            let with_cost = |factor: f64| Change::from_option("cost", &format!("{name}={}", value * factor)).ok();
            for limit in [100.0, 0.01] {
                if let Some(factor) = self.bisect(with_cost, limit) {
                    let word = if limit > 1.0 { "from" } else { "up to" };
                    found.push(format!("{word} {name} = {:.4} ({value} today)", value * factor));
                }
            }
        }
        found.extend(self.covering_flip());
        found
    }

    /// The factor nearest to 1 towards a limit at which the index is used; none if it is not used at the limit.
    fn bisect(&self, change: impl Fn(f64) -> Option<Change>, limit: f64) -> Option<f64> {
        const STEPS: usize = 24;
        let used = |factor: f64| {
            let catalog = change(factor).and_then(|change| suppose(self.subject.catalog, [change]));
            catalog.and_then(|catalog| plan(&catalog, self.subject.sql)).is_some_and(|plan| self.is_used(&plan))
        };
        if !used(limit) {
            return None;
        }
        let (mut near, mut far) = (0.0, limit.ln());
        for _ in 0..STEPS {
            let middle = f64::midpoint(near, far);
            if used(middle.exp()) { far = middle } else { near = middle }
        }
        Some(far.exp())
    }

    /// The index with the other columns that the statement reads.
    fn covering_flip(&self) -> Option<String> {
        const MOST_COLUMNS: usize = 4;
        let table = &self.subject.query()[self.table];
        let own: Vec<ColumnNo> = self.parts().iter().map(|part| part.column).collect();
        let held: Vec<ColumnNo> = self.index().parts.iter().map(|part| part.column).collect();
        let missing: Vec<ColumnNo> = table.read_set.iter().filter(|column| !held.contains(column)).collect();
        if missing.is_empty() || missing.len() > MOST_COLUMNS {
            return None;
        }
        let parts =
            own.iter().chain(&missing).map(|column| Part::of_column(&table.table, *column)).collect::<Option<Vec<_>>>()?;
        let candidate = Candidate { table: table.table.clone(), parts };
        let after = plan(&suppose(self.subject.catalog, [candidate.change()?])?, self.subject.sql)?;
        let used = crate::explain::decisions::Decisions::of(&after).to_string().contains(&candidate.name());
        let names: Vec<&str> = missing.iter().map(|column| self.column_name(*column)).collect();
        used.then(|| {
            let cost = Measure::of(&after).cost;
            format!("if it held {} too, it would cover the statement: cost {cost:.2}", names.join(", "))
        })
    }
}

/// `e.ix_hiredate (SELECT 1): not usable …`, a few lines.
impl fmt::Display for WhyNot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{} (SELECT {}): ", self.table, self.index, self.select)?;
        match &self.reason {
            Reason::Used => writeln!(f, "it is used")?,
            Reason::NotUsable { rule, detail } => {
                writeln!(f, "not usable, {rule}: {detail}")?;
                writeln!(f, "  the plan uses {}", self.instead)?;
            }
            Reason::Costlier { cost, cost_with } => {
                let times = cost_with / cost.max(0.01);
                writeln!(f, "dearer: cost {cost_with:.2} with it, {cost:.2} with {} ({times:.2} times as much)", self.instead)?;
            }
            Reason::Pruned { heuristic, cost, cost_with } => {
                writeln!(f, "passed over: {heuristic}")?;
                let with =
                    cost_with.map_or("no hint makes the plan use it".to_owned(), |with| format!("it would cost {with:.2}"));
                writeln!(f, "  {with}; the plan uses {} and costs {cost:.2}", self.instead)?;
            }
        }
        if !self.flips.is_empty() {
            writeln!(f, "  it would be used:")?;
        }
        self.flips.iter().try_for_each(|flip| writeln!(f, "    {flip}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(sql: &str, index: &str) -> Reason {
        why_not(&Catalog::sample(), sql, index).expect("plans")[0].reason.clone()
    }

    fn rule(sql: &str, index: &str) -> &'static str {
        match reason(sql, index) {
            Reason::NotUsable { rule, .. } => rule,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_rule_has_its_name() {
        assert_eq!(rule("SELECT * FROM employees WHERE YEAR(hire_date) = 1990", "ix_hiredate"), "function on the column");
        assert_eq!(rule("SELECT * FROM employees WHERE first_name = 5", "ix_firstname"), "conversion");
        assert_eq!(rule("SELECT * FROM employees WHERE first_name LIKE '%a'", "ix_firstname"), "leading wildcard");
        assert_eq!(
            rule("SELECT * FROM employees WHERE birth_date = '1960-01-01'", "ix_gender_birthdate"),
            "not the leading column"
        );
        assert_eq!(rule("SELECT * FROM employees WHERE last_name = 'x'", "ix_firstname"), "no condition");
        assert_eq!(rule("SELECT * FROM employees IGNORE INDEX (ix_firstname) WHERE first_name = 'Matt'", "ix_firstname"), "hint");
        assert_eq!(rule("SELECT * FROM employees WHERE first_name = 'Matt' OR last_name = 'x'", "ix_firstname"), "OR");
    }

    #[test]
    fn a_dearer_index_has_both_costs() {
        let found = reason("SELECT * FROM employees WHERE gender = 'M' AND first_name = 'Matt'", "ix_gender_birthdate");
        let Reason::Costlier { cost, cost_with } = found else { panic!("{found:?}") };
        assert!(cost_with > cost);
        let found = reason("SELECT * FROM employees WHERE hire_date > '1990-01-01'", "ix_hiredate");
        let Reason::Costlier { cost, cost_with } = found else { panic!("{found:?}") };
        assert!(cost_with > cost);
        assert_eq!(reason("SELECT * FROM employees WHERE first_name = 'Matt'", "employees.ix_firstname"), Reason::Used);
        assert!(why_not(&Catalog::sample(), "SELECT 1", "nope").is_err());
    }
}
