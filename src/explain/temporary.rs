//! Arguments of aggregates and window functions that read a temporary table print as its columns (spec 08 §6.3).

use super::expression::Printer;
use crate::plan::{BlockPlan, TempTableKind};
use crate::query::{Expr, ExprId, RefKind, TableId, TableKind, TermKind};

/// Name of a temporary table's column that holds an expression.
const UNNAMED_COLUMN: &str = "tmp_field";

impl Printer<'_, '_> {
    /// True if the aggregates of the block at hand read a temporary table or a stream.
    pub(super) fn aggregates_read_temporary(&self) -> bool {
        self.plan(self.context.block).is_some_and(|plan| {
            let later = |kind: &TempTableKind| *kind == TempTableKind::AggregateThenStore;
            plan.steps.iter().skip(1).any(|step| later(&step.kind)) || (plan.final_aggregate.is_some() && !plan.steps.is_empty())
        })
    }

    /// True if a window's functions read a temporary table or a stream.
    pub(super) fn window_reads_temporary(&self, window: usize) -> bool {
        let place = |plan: &BlockPlan| plan.steps.iter().position(|step| step.kind == TempTableKind::Window(window));
        self.plan(self.context.block).and_then(place).is_some_and(|place| place > 0)
    }

    /// An argument as a column of the temporary table that it is read from.
    pub(super) fn temporary_argument(&mut self, argument: ExprId, of_window: bool) {
        match &self.query.exprs[argument] {
            Expr::Literal { .. } => self.expr(argument),
            Expr::Column { table, .. } if self.context.const_values && self.query[*table].const_row.is_some() => {
                self.expr(argument);
            }
            Expr::Column { table, column } => {
                let table_ref = &self.query[*table];
                let name = table_ref.table.columns.get(usize::from(*column)).map_or("", |column| &column.name);
                self.temporary_column(*table, usize::from(*column), name);
            }
            Expr::Ref { target, kind: RefKind::View(view, column) } => {
                let outer = self.query[*view].table.columns.get(usize::from(*column)).map(|column| &*column.name);
                match (&self.query.exprs[*target], outer) {
                    (Expr::Column { table, column }, Some(name)) => self.temporary_column(*table, usize::from(*column), name),
                    _ => self.temporary_argument(*target, of_window),
                }
            }
            Expr::Ref { target, .. } => self.temporary_argument(*target, of_window),
            _ if self.query.exprs.facts(argument).used.is_empty() && !self.has_aggregate(argument) => self.expr(argument),
            Expr::RollupGroupItem { arg, .. } if of_window => match &self.query.exprs[*arg] {
                Expr::Column { table, column } => {
                    let name = self.query[*table].table.columns.get(usize::from(*column)).map_or("", |column| &column.name);
                    self.name(name);
                }
                _ => self.text_as_name(argument),
            },
            _ if of_window => self.text_as_name(argument),
            _ => self.name(UNNAMED_COLUMN),
        }
    }

    fn has_aggregate(&self, expr: ExprId) -> bool {
        use crate::query::ExprFlags;
        self.query.exprs.facts(expr).flags.any(ExprFlags::AGGREGATE.union(ExprFlags::WINDOW))
    }

    /// The base table's own name, not its alias; a column that a derived table computes has its name alone.
    fn temporary_column(&mut self, table: TableId, column: usize, name: &str) {
        let query = self.query;
        let mut source = &query[table];
        let mut column = column;
        while let TableKind::Derived { unit, .. } = &source.kind {
            let TermKind::Block(block) = &query[*unit].term.kind else { return self.name(name) };
            let Some(item) = query[*block].items.get(column) else { return self.name(name) };
            let mut inner = item.expr;
            while let Expr::Ref { target, .. } = &query.exprs[inner] {
                inner = *target;
            }
            let Expr::Column { table, column: of } = &query.exprs[inner] else { return self.name(name) };
            (source, column) = (&query[*table], usize::from(*of));
        }
        let schema = &source.table.schema;
        if !schema.is_empty() && self.context.hidden_schema != Some(&**schema) {
            self.name(schema);
            self.push(".");
        }
        self.name(&source.table.name);
        self.push(".");
        self.name(name);
    }

    /// An expression's text in TREE, as the name of a column.
    fn text_as_name(&mut self, expr: ExprId) {
        let mut text = String::new();
        let context = super::PrintContext {
            always_quote: false,
            hidden_schema: self.query.current_schema.as_deref(),
            full_subqueries: false,
            system_charset: false,
            ..self.context
        };
        super::expression::print(&mut text, self.query, self.blocks, expr, &context);
        self.name(&text);
    }
}
