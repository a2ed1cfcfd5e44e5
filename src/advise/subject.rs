//! A statement with its plan, as rules look at it.

use super::candidate::{Candidate, suppose};
use super::finding::{Place, Remedy, RemedyKind};
use super::measure::Measure;
use super::words::Words;
use crate::catalog::{Catalog, ColumnNo, Table};
use crate::explain::context::PrintContext;
use crate::explain::decisions::Decisions;
use crate::explain::expression;
use crate::parse::ast::Statement;
use crate::plan::{BlockPlan, Plan, TableAccess};
use crate::planner::Planner;
use crate::planner::parallel::guarded;
use crate::query::{BlockId, Expr, ExprId, Query, TableId, TableKind, TableRef};

/// A share of the cost that a remedy must save, so that one mentions it.
const WORTH_SAVING: f64 = 0.2;

/// What a rule looks at.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    /// What it was planned against.
    pub(super) catalog: &'a Catalog,
    /// The text as given: places point into it.
    pub(super) sql: &'a str,
    /// The syntax tree.
    pub(super) statement: &'a Statement,
    /// The plan, with its trace.
    pub(super) plan: &'a Plan,
    /// The words of the text.
    pub(super) words: Words<'a>,
    /// Cost and rows of the plan.
    pub(super) measure: Measure,
}

/// One base table as the plan reads it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading<'p> {
    /// Block that reads it.
    pub(super) block: BlockId,
    /// The block's plan.
    pub(super) plan: &'p BlockPlan,
    /// Its place in the block's plan.
    pub(super) at: usize,
    /// How it is read.
    pub(super) access: &'p TableAccess,
    /// Its number in the statement.
    pub(super) id: TableId,
    /// The table in FROM.
    pub(super) table: &'p TableRef,
}

impl Reading<'_> {
    /// Rows of the table.
    pub(super) fn table_rows(&self) -> f64 {
        self.access.table_rows as f64
    }

    /// How often the table is read: rows of the tables before it.
    pub(super) fn executions(&self) -> f64 {
        let before = self.plan.tables[..self.at].iter().rev().find(|before| before.inner_of == self.access.inner_of);
        before.map_or(1.0, |before| before.prefix_rowcount.max(1.0))
    }

    /// Rows read over all executions.
    pub(super) fn rows_read(&self) -> f64 {
        self.executions() * self.access.rows_fetched.max(0.0)
    }

    /// The definition.
    pub(super) fn definition(&self) -> &Table {
        &self.table.table
    }
}

impl<'a> Subject<'a> {
    /// A planned statement.
    pub(super) fn new(catalog: &'a Catalog, sql: &'a str, statement: &'a Statement, plan: &'a Plan) -> Subject<'a> {
        Subject { catalog, sql, statement, plan, words: Words::of(sql), measure: Measure::of(plan) }
    }

    /// The resolved statement.
    pub(super) fn query(&self) -> &'a Query {
        &self.plan.query
    }

    /// Blocks that were planned, in order.
    pub(super) fn blocks(&self) -> impl Iterator<Item = (BlockId, &'a BlockPlan)> {
        let numbered = self.plan.blocks.iter().enumerate();
        numbered.filter_map(|(no, block)| Some((BlockId(no as u32), block.as_ref()?)))
    }

    /// Base tables that the plan reads, in the order of the plan.
    pub(super) fn readings(&self) -> Vec<Reading<'a>> {
        let query = self.query();
        let of_block = |(block, plan): (BlockId, &'a BlockPlan)| {
            let tables = plan.tables.iter().enumerate();
            let base = tables.filter_map(move |(at, access)| {
                let id = access.table?;
                let table = &query[id];
                (table.kind == TableKind::Base).then_some(Reading { block, plan, at, access, id, table })
            });
            base.collect::<Vec<_>>()
        };
        self.blocks().flat_map(of_block).collect()
    }

    /// The conditions of a block, taken apart at AND: WHERE as the optimizer rewrote it and ON of outer joins.
    pub(super) fn conjuncts(&self, block: BlockId) -> Vec<ExprId> {
        let query = self.query();
        let mut roots: Vec<ExprId> =
            self.plan.blocks[block.0 as usize].as_ref().and_then(|plan| plan.where_).into_iter().collect();
        query.on_conditions(&query[block].from, &mut roots);
        roots.iter().flat_map(|root| conjuncts(query, *root)).collect()
    }

    /// The conditions of all planned blocks.
    pub(super) fn all_conjuncts(&self) -> Vec<(BlockId, ExprId)> {
        self.blocks().flat_map(|(block, _)| self.conjuncts(block).into_iter().map(move |expr| (block, expr))).collect()
    }

    /// An expression as one reads it, columns with their table only.
    pub(super) fn text(&self, block: BlockId, expr: ExprId) -> String {
        let mut out = String::new();
        let context = PrintContext::tree(self.query(), &self.plan.settings, block);
        expression::print(&mut out, self.query(), &self.plan.blocks, expr, &context);
        let inner = out.strip_prefix('(').and_then(|out| out.strip_suffix(')'));
        inner.filter(|inner| is_balanced(inner)).map_or(out.clone(), str::to_owned)
    }

    /// A base table's column behind an expression.
    pub(super) fn column(&self, expr: ExprId) -> Option<(TableId, ColumnNo)> {
        let (table, column) = self.query().column_of(expr)?;
        (self.query()[table].kind == TableKind::Base).then_some((table, column))
    }

    /// Columns of base tables that an expression mentions, in order.
    pub(super) fn columns_in(&self, expr: ExprId) -> Vec<(TableId, ColumnNo)> {
        let mut found = Vec::new();
        self.query().walk(expr, &mut |id| {
            if let Expr::Column { table, column } = self.query().exprs[id]
                && self.query()[table].kind == TableKind::Base
                && !found.contains(&(table, column))
            {
                found.push((table, column));
            }
        });
        found
    }

    /// `alias.column`.
    pub(super) fn column_name(&self, (table, column): (TableId, ColumnNo)) -> String {
        let table = &self.query()[table];
        format!("{}.{}", table.alias, table.table.columns[column as usize].name)
    }

    /// The place of a column in the text.
    pub(super) fn place_of_column(&self, (table, column): (TableId, ColumnNo)) -> Option<Place> {
        let table = &self.query()[table];
        self.words.place_of_column(&table.alias, &table.table.columns[column as usize].name)
    }

    /// The place of a table in FROM.
    pub(super) fn place_of_table(&self, table: TableId) -> Option<Place> {
        let table = &self.query()[table];
        self.words.place_of_table(&table.alias, &table.table.name)
    }

    /// True if an index of the table begins with the column.
    pub(super) fn is_leading(&self, (table, column): (TableId, ColumnNo)) -> bool {
        self.leading_index((table, column)).is_some()
    }

    /// Name of an index that begins with the column.
    pub(super) fn leading_index(&self, (table, column): (TableId, ColumnNo)) -> Option<&'a str> {
        let table: &'a Table = &self.query()[table].table;
        let begins = |index: &&crate::catalog::Index| index.parts.first().is_some_and(|part| part.column == column);
        let ordinary = |index: &&crate::catalog::Index| index.kind == crate::catalog::IndexKind::BTree && index.visible;
        table.indexes.iter().filter(ordinary).find(begins).map(|index| &*index.name)
    }

    /// The plan of another text under the same settings; none if it cannot be planned.
    pub(super) fn plan_of(&self, sql: &str) -> Option<Plan> {
        plan(self.catalog, sql)
    }

    /// A remedy, if its plan is clearly cheaper.
    pub(super) fn confirm(&self, kind: RemedyKind, sql: String, note: impl Into<String>, after: &Plan) -> Option<Remedy> {
        let saves =
            |before: Measure, after: Measure| after.cost <= before.cost * (1.0 - WORTH_SAVING) && before.cost - after.cost >= 1.0;
        self.confirm_if(kind, sql, note, after, saves)
    }

    /// A remedy, if its plan passes a test of the cost and rows before and after.
    pub(super) fn confirm_if(
        &self,
        kind: RemedyKind,
        sql: String,
        note: impl Into<String>,
        after: &Plan,
        better: impl Fn(Measure, Measure) -> bool,
    ) -> Option<Remedy> {
        let (before, after) = (self.measure, Measure::of(after));
        better(before, after).then(|| Remedy {
            kind,
            sql,
            note: note.into(),
            cost_before: before.cost,
            cost_after: after.cost,
            rows_before: before.rows,
            rows_after: after.rows,
        })
    }

    /// A rewritten statement as remedy, if its plan is clearly cheaper.
    pub(super) fn confirm_sql(&self, kind: RemedyKind, sql: String, note: impl Into<String>) -> Option<Remedy> {
        let after = self.plan_of(&sql)?;
        self.confirm(kind, sql, note, &after)
    }

    /// New indexes as remedy, if the statement's plan uses them and passes a test of cost and rows before and after.
    pub(super) fn confirm_indexes(&self, candidates: &[Candidate], better: impl Fn(Measure, Measure) -> bool) -> Option<Remedy> {
        let fresh: Vec<&Candidate> = candidates.iter().filter(|candidate| !candidate.exists()).collect();
        if fresh.is_empty() {
            return None;
        }
        let changes = fresh.iter().map(|candidate| candidate.change()).collect::<Option<Vec<_>>>()?;
        let after = plan(&suppose(self.catalog, changes)?, self.sql)?;
        let used = Decisions::of(&after).to_string();
        if !fresh.iter().all(|candidate| used.contains(&candidate.name())) {
            return None;
        }
        let ddl: Vec<String> = fresh.iter().map(|candidate| candidate.ddl() + ";").collect();
        let notes: Vec<String> = fresh.iter().map(|candidate| candidate.note(self.catalog)).collect();
        self.confirm_if(RemedyKind::Index, ddl.join("\n"), notes.join("\n"), &after, better)
    }

    /// A new index as remedy, if the plan with it is clearly cheaper.
    pub(super) fn confirm_index(&self, candidate: Option<Candidate>) -> Option<Remedy> {
        self.confirm_indexes(&[candidate?], is_clearly_cheaper)
    }

    /// The plan of the same text under another catalog.
    pub(super) fn plan_under(&self, change: impl FnOnce(&mut Catalog)) -> Option<Plan> {
        let mut catalog = self.catalog.clone();
        change(&mut catalog);
        plan(&catalog, self.sql)
    }

    /// The statement's text with a place replaced.
    pub(super) fn replaced(&self, place: Place, by: &str) -> String {
        format!("{}{by}{}", &self.sql[..place.start], &self.sql[place.end..])
    }
}

/// True if a plan saves a fifth of the cost, and one unit at least.
pub(super) fn is_clearly_cheaper(before: Measure, after: Measure) -> bool {
    after.cost <= before.cost * (1.0 - WORTH_SAVING) && before.cost - after.cost >= 1.0
}

/// Plans a statement; none if it cannot be planned.
pub(super) fn plan(catalog: &Catalog, sql: &str) -> Option<Plan> {
    guarded(|| Planner::new(catalog).plan(sql)).ok()?.ok()
}

/// The conjuncts of a condition.
pub(super) fn conjuncts(query: &Query, root: ExprId) -> Vec<ExprId> {
    match &query.exprs[query.real(root)] {
        Expr::And(args) => args.iter().flat_map(|arg| conjuncts(query, *arg)).collect(),
        Expr::Guard { condition, .. } => conjuncts(query, *condition),
        _ => vec![root],
    }
}

/// True if every parenthesis of the text closes in it.
fn is_balanced(text: &str) -> bool {
    let mut depth = 0i32;
    for c in text.chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}
