//! EXPLAIN FORMAT=TREE (spec 08 §5 to §7).

mod access;
pub mod document;
mod line;
mod number;

pub use number::push_number;

use super::PrintContext;
use super::expression::Printer;
use crate::catalog::ServerVersion;
use crate::plan::tree::{self, Materialize, Node, NodeKind};
use crate::plan::{Plan, TableAccess};
use crate::query::{BlockId, Expr, ExprFlags, ExprId, Query, SubqueryExpr, UnitId};

/// A statement's tree; every line ends with a line feed.
pub fn render(plan: &Plan) -> String {
    let node = tree::build(plan);
    let mut writer = Writer { out: String::with_capacity(512), plan, marks: None };
    writer.node(&node, 0);
    writer.out
}

/// A line of the tree as data: what a browser of plans shows of a node.
#[derive(Clone, Debug)]
pub struct TreeLine<'p> {
    /// Depth, from 0.
    pub level: usize,
    /// The words, without the arrow and the numbers.
    pub label: String,
    /// Cost in the optimizer's units of one execution, with all below it; none where nothing is printed.
    pub cost: Option<f64>,
    /// Rows of one execution.
    pub rows: Option<f64>,
    /// The table of the plan that the line reads.
    pub access: Option<&'p TableAccess>,
}

/// The lines of a statement's tree.
pub fn lines(plan: &Plan) -> Vec<TreeLine<'_>> {
    let node = tree::build(plan);
    let mut writer = Writer { out: String::with_capacity(512), plan, marks: Some(Vec::new()) };
    writer.node(&node, 0);
    let Writer { out, marks, .. } = writer;
    let marks = marks.unwrap_or_default();
    let ends = marks.iter().skip(1).map(|next| next.start).chain([out.len()]);
    let line = |(mark, end): (&Mark<'_>, usize)| -> (usize, usize) {
        let words = mark.start + 4 * mark.level + "-> ".len();
        (words, mark.label_end.unwrap_or(end))
    };
    let spans: Vec<(usize, usize)> = marks.iter().zip(ends).map(line).collect();
    let text = |(from, to): (usize, usize)| out.get(from..to).unwrap_or_default().trim_end().to_owned();
    let known = |number: f64| (number >= 0.0).then_some(number);
    marks
        .iter()
        .zip(spans)
        .map(|(mark, span)| TreeLine {
            level: mark.level,
            label: text(span),
            cost: mark.label_end.and(known(mark.cost)),
            rows: mark.label_end.and(known(mark.rows)),
            access: mark.access,
        })
        .collect()
}

/// Where a line begins, and what it is about.
struct Mark<'p> {
    start: usize,
    level: usize,
    label_end: Option<usize>,
    cost: f64,
    rows: f64,
    access: Option<&'p TableAccess>,
}

/// The table that a node reads, if it reads one.
fn access_of<'p>(kind: &NodeKind<'p>) -> Option<&'p TableAccess> {
    match kind {
        NodeKind::TableScan(access)
        | NodeKind::IndexScan { access, .. }
        | NodeKind::Lookup { access, .. }
        | NodeKind::ConstRow(access)
        | NodeKind::FollowTail(access)
        | NodeKind::Range { access, .. }
        | NodeKind::DynamicRange { access, .. }
        | NodeKind::CountRows(access)
        | NodeKind::InformationSchema(_, access)
        | NodeKind::Alternative { access } => Some(access),
        _ => None,
    }
}

/// What a subquery's heading calls its place.
#[derive(Clone, Copy)]
enum Place {
    Condition,
    Projection,
}

struct Writer<'p> {
    out: String,
    plan: &'p Plan,
    /// The lines written, if they are wanted as data.
    marks: Option<Vec<Mark<'p>>>,
}

impl<'p> Writer<'p> {
    fn query(&self) -> &'p Query {
        &self.plan.query
    }

    fn printer(&mut self, block: BlockId) -> Printer<'_, 'p> {
        let context = PrintContext::tree(&self.plan.query, &self.plan.settings, block);
        Printer {
            out: &mut self.out,
            query: &self.plan.query,
            blocks: &self.plan.blocks,
            context,
            unconvertible: Vec::new(),
            bare_rollup_sums: false,
        }
    }

    fn expr(&mut self, expr: ExprId, block: BlockId) {
        self.printer(block).expr(expr);
    }

    fn since_9_7(&self) -> bool {
        self.plan.settings.version >= ServerVersion::V9_7
    }

    /// What `write` writes, by itself.
    fn text(&mut self, write: impl FnOnce(&mut Self)) -> String {
        let before = std::mem::take(&mut self.out);
        write(self);
        std::mem::replace(&mut self.out, before)
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn indent(&mut self, level: usize) {
        let start = self.out.len();
        if let Some(marks) = &mut self.marks {
            marks.push(Mark { start, level, label_end: None, cost: -1.0, rows: -1.0, access: None });
        }
        for _ in 0..level {
            self.out.push_str("    ");
        }
        self.out.push_str("-> ");
    }

    fn node(&mut self, node: &Node<'p>, mut level: usize) {
        if let Some(heading) = &node.heading {
            self.indent(level);
            self.push(heading);
            self.push("\n");
            level += 1;
        }
        match &node.kind {
            NodeKind::NotExecutable => {
                // A line like others in 9.7 (spec 08 §14).
                if self.since_9_7() {
                    self.indent(level);
                }
                self.push("<not executable by iterator executor>\n");
            }
            NodeKind::Materialize(materialize) => self.materialize(node, materialize, level),
            NodeKind::TempTableAggregate(path) => {
                self.line(path, level);
                self.line(node, level + 1);
                node.children.iter().for_each(|child| self.node(child, level + 2));
                self.projections(node, level + 1);
                return;
            }
            NodeKind::InformationSchema(path, _) => {
                self.line(path, level);
                self.line(node, level + 1);
            }
            _ => {
                self.line(node, level);
                node.children.iter().for_each(|child| self.node(child, level + 1));
                self.condition_subqueries(node, level + 1);
            }
        }
        self.projections(node, level);
    }

    /// The way in which the table is read, then below it the materialization and what fills it.
    fn materialize(&mut self, node: &Node<'p>, materialize: &Materialize<'p>, level: usize) {
        let path = &materialize.table_path;
        self.indent(level);
        self.reads(path);
        self.describe(path);
        self.numbers(path.rows, node.cost.max(0.0), node.init);
        self.push("\n");
        let mut below = level + 1;
        if matches!(path.kind, NodeKind::Alternative { .. })
            && let Some(first) = path.children.first()
        {
            self.line(first, below);
            below += 1;
        }
        self.indent(below);
        self.push(&materialize.text);
        self.numbers(node.rows, materialize.cost, materialize.cost);
        self.push("\n");
        node.children.iter().for_each(|child| self.node(child, below + 1));
        if matches!(path.kind, NodeKind::Alternative { .. }) {
            path.children.iter().skip(1).for_each(|child| self.node(child, level + 1));
        }
    }

    fn line(&mut self, node: &Node<'p>, level: usize) {
        self.indent(level);
        self.reads(node);
        self.describe(node);
        self.numbers(node.rows, node.cost.max(0.0), node.init);
        self.push("\n");
    }

    /// Notes which table the line that was begun last reads.
    fn reads(&mut self, node: &Node<'p>) {
        if let Some(mark) = self.marks.as_mut().and_then(|marks| marks.last_mut()) {
            mark.access = access_of(&node.kind);
        }
    }

    /// `  (cost=F..C rows=R)`
    fn numbers(&mut self, rows: f64, cost: f64, init: f64) {
        if rows < 0.0 {
            return;
        }
        let label_end = Some(self.out.len());
        if let Some(mark) = self.marks.as_mut().and_then(|marks| marks.last_mut()) {
            (mark.label_end, mark.cost, mark.rows) = (label_end, cost, rows);
        }
        self.push("  (cost=");
        if init >= 0.0 {
            let first = if rows <= 1.0 { cost } else { init + (cost - init) / rows };
            push_number(&mut self.out, first);
            self.push("..");
        }
        push_number(&mut self.out, cost);
        self.push(" rows=");
        push_number(&mut self.out, rows);
        self.push(")");
    }

    fn condition_subqueries(&mut self, node: &Node<'p>, level: usize) {
        let NodeKind::Filter { conditions, .. } = &node.kind else { return };
        let mut found = Vec::new();
        conditions.iter().for_each(|condition| find_subqueries(self.query(), *condition, &mut found));
        found.into_iter().for_each(|subquery| self.subquery(subquery, Place::Condition, level));
    }

    fn projections(&mut self, node: &Node<'p>, level: usize) {
        for unit in &node.projections {
            if let Some(subquery) = subquery_of(self.query(), *unit) {
                self.subquery(subquery, Place::Projection, level);
            }
        }
    }

    fn subquery(&mut self, subquery: &'p SubqueryExpr, place: Place, level: usize) {
        if self.query()[subquery.unit].blocks.is_empty() {
            return;
        }
        self.indent(level);
        self.subquery_heading(subquery, place);
        self.push("\n");
        let tree = tree::build_subquery(self.plan, subquery);
        self.node(&tree, level + 1);
    }

    /// `Select #2 (subquery in condition; run only once)`
    fn subquery_heading(&mut self, subquery: &'p SubqueryExpr, place: Place) {
        let query = self.query();
        let Some(block) = query[subquery.unit].blocks.first().map(|block| &query[*block]) else { return };
        let how = if block.uncacheable.dependent {
            "dependent"
        } else if block.uncacheable.any() || query[subquery.unit].uncacheable.any() {
            "uncacheable"
        } else {
            "run only once"
        };
        self.push("Select #");
        super::push_number(&mut self.out, u64::from(block.select_id));
        self.push(match place {
            Place::Condition => " (subquery in condition; ",
            Place::Projection => " (subquery in projection; ",
        });
        self.push(how);
        self.push(")");
    }
}

/// Subqueries of an expression in post-order, those inside of subqueries left out.
fn find_subqueries<'p>(query: &'p Query, expr: ExprId, found: &mut Vec<&'p SubqueryExpr>) {
    if !query.exprs.facts(expr).flags.any(ExprFlags::SUBQUERY) {
        return;
    }
    query.children(expr).into_iter().for_each(|child| find_subqueries(query, child, found));
    if let Expr::Subquery(subquery) = &query.exprs[expr] {
        found.push(subquery);
    }
}

/// The expression that a subquery's unit stands in.
fn subquery_of(query: &Query, unit: UnitId) -> Option<&SubqueryExpr> {
    match query[unit].role {
        crate::query::UnitRole::Subquery(expr) => match &query.exprs[expr] {
            Expr::Subquery(subquery) => Some(subquery),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::{Catalog, Planner};

    #[test]
    fn lines_as_data_say_what_the_text_says() {
        let catalog = Catalog::sample();
        for sql in [
            "SELECT * FROM employees e JOIN salaries s USING (emp_no) WHERE first_name = 'a\n-> b' ORDER BY salary LIMIT 3",
            "SELECT emp_no IN (SELECT emp_no FROM titles) FROM (SELECT DISTINCT emp_no FROM dept_emp) AS d",
        ] {
            let plan = Planner::new(&catalog).plan(sql).expect("plans");
            let mut text = String::new();
            for line in super::lines(&plan) {
                text += &format!("{}-> {}", "    ".repeat(line.level), line.label);
                if let (Some(cost), Some(rows)) = (line.cost, line.rows) {
                    let mut numbers = String::new();
                    super::push_number(&mut numbers, cost);
                    numbers += " rows=";
                    super::push_number(&mut numbers, rows);
                    text += &format!("  (cost={numbers})");
                }
                text.push('\n');
            }
            let expected: String = super::render(&plan)
                .lines()
                .map(|line| match line.split_once("(cost=") {
                    // The cost until the first row is not part of the data.
                    Some((before, behind)) => {
                        format!("{before}(cost={}\n", behind.split_once("..").map_or(behind, |(_, last)| last))
                    }
                    None => format!("{line}\n"),
                })
                .collect();
            assert_eq!(text, expected);
        }
    }
}
