//! Note 1003: the statement as rewritten and planned, and the other warnings (spec 08 §10, 07 §11).

mod change;
mod from;
mod hints;
mod json_table;

use super::context::PrintContext;
use super::expression::Printer;
use crate::catalog::Settings;
use crate::parse::ast::{SelectOptions, SetOperator};
use crate::plan::{BlockPlan, Outcome, Plan};
use crate::query::{
    Block, BlockId, Command, Diagnostic, Expr, ExprId, Level, OrderElement, Query, SubqueryKind, Term, TermKind, Unit, UnitId,
    UnitRole,
};
use crate::value::Value;
use std::fmt::Write;

/// All warnings of the traditional EXPLAIN, note 1003 last.
pub fn diagnostics(plan: &Plan) -> Vec<Diagnostic> {
    let mut list = plan.query.diagnostics.clone();
    let window_blocks = plan.blocks.iter().flatten().filter(|block| !block.window_steps.is_empty()).count();
    for _ in 0..window_blocks {
        let text = "To get information about window functions use EXPLAIN FORMAT=JSON".to_owned();
        list.push(Diagnostic { level: Level::Note, code: 3598, text });
    }
    let (mut text, unconvertible) = print_statement(&plan.query, &plan.blocks, &plan.settings, true);
    for literal in unconvertible {
        let Expr::Literal { value: Value::Str(value), .. } = &plan.query.exprs[literal] else { continue };
        let mut text = String::from("Cannot convert string '");
        super::literal::print_bytes(&mut text, value.as_bytes());
        text.push_str("' from utf8mb4 to utf8mb3");
        list.push(Diagnostic { level: Level::Warning, code: 1300, text });
    }
    // The server cuts messages at a zero byte.
    text.truncate(text.find('\0').unwrap_or(text.len()));
    list.push(Diagnostic { level: Level::Note, code: 1003, text });
    list
}

/// SHOW WARNINGS as lines of level, code and message.
pub fn warnings(plan: &Plan) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics(plan) {
        let _ = writeln!(text, "{}\t{}\t{}", level_name(diagnostic.level), diagnostic.code, diagnostic.text);
    }
    text
}

/// A level as SHOW WARNINGS writes it.
pub fn level_name(level: Level) -> &'static str {
    match level {
        Level::Note => "Note",
        Level::Warning => "Warning",
        Level::Error => "Error",
    }
}

/// The text of note 1003; with no plans at all, the statement as prepared.
pub fn rewritten(query: &Query, blocks: &[Option<BlockPlan>], settings: &Settings) -> String {
    print_statement(query, blocks, settings, true).0
}

/// The same text as FORMAT=JSON of version 2 has it: columns without schema where their table has an alias.
pub(super) fn rewritten_for_document(plan: &Plan) -> String {
    print_statement(&plan.query, &plan.blocks, &plan.settings, false).0
}

/// One block as the optimizer trace prints it: without plans, and without the name of the current schema.
pub fn expanded(query: &Query, block: BlockId, settings: &Settings) -> String {
    let mut out = String::with_capacity(256);
    let context = PrintContext { hidden_schema: query.current_schema.as_deref(), ..PrintContext::note(settings, block) };
    let mut printer = Printer { out: &mut out, query, blocks: &[], context, unconvertible: Vec::new(), bare_rollup_sums: false };
    printer.block(block);
    out
}

/// The text, and the literals with characters that it could not show.
fn print_statement(
    query: &Query,
    blocks: &[Option<BlockPlan>],
    settings: &Settings,
    schema_before_alias: bool,
) -> (String, Vec<ExprId>) {
    let mut out = String::with_capacity(512);
    let block = query[query.root].blocks.first().copied().unwrap_or(BlockId(0));
    let changes = !matches!(query.command, Command::Select);
    let context = PrintContext { const_values: !changes, schema_before_alias, ..PrintContext::note(settings, block) };
    let mut printer = Printer { out: &mut out, query, blocks, context, unconvertible: Vec::new(), bare_rollup_sums: false };
    match &query.command {
        Command::Select => printer.query_expression(query.root),
        command => printer.change(command),
    }
    let unconvertible = printer.unconvertible;
    (out, unconvertible)
}

impl<'a> Printer<'_, 'a> {
    /// `[with …] body`
    pub(super) fn query_expression(&mut self, unit: UnitId) {
        let unit = &self.query[unit];
        self.with_clause(unit);
        self.term(unit, &unit.term);
    }

    /// Only CTEs that are materialized somewhere print; a comma follows each that printed if any other was written after it.
    pub(super) fn with_clause(&mut self, unit: &Unit) {
        let mut printed = false;
        for (name, table) in &unit.ctes {
            if printed {
                self.push(", ");
            }
            let Some((inner, columns)) = self.materialized_definition(*table) else { continue };
            if !printed {
                self.push(if unit.recursive { "with recursive " } else { "with " });
                printed = true;
            }
            self.name(name);
            if columns {
                self.derived_columns(*table);
            }
            self.push(" as (");
            self.query_expression(inner);
            self.push(")");
        }
        if printed {
            self.push(" ");
        }
    }

    fn term(&mut self, unit: &Unit, term: &Term) {
        match &term.kind {
            TermKind::Block(block) => self.block(*block),
            TermKind::SetOperation { operator, children, distinct_until } => {
                for (i, child) in children.iter().enumerate() {
                    if i > 0 {
                        self.push(match operator {
                            SetOperator::Union => " union ",
                            SetOperator::Intersect => " intersect ",
                            SetOperator::Except => " except ",
                        });
                        if distinct_until.is_none_or(|until| i > until) {
                            self.push("all ");
                        }
                    }
                    self.operand(unit, child);
                }
            }
            TermKind::Parenthesized(inner) => self.operand(unit, inner),
        }
        if !matches!(term.kind, TermKind::Block(_)) {
            let first = unit.blocks.first().copied();
            self.order_list(" order by ", &term.order_by, first, true);
            if prints_limit(self, unit) {
                self.limit(term.limit, term.offset);
            }
        }
    }

    /// A member of a set operation; in parentheses if it is one itself or has an ORDER BY or LIMIT of its own.
    fn operand(&mut self, unit: &Unit, term: &Term) {
        let parentheses = match &term.kind {
            TermKind::Block(block) => {
                let block = &self.query[*block];
                !block.order_by.is_empty() || block.limit.is_some()
            }
            _ => true,
        };
        if parentheses {
            self.push("(");
        }
        self.term(unit, term);
        if parentheses {
            self.push(")");
        }
    }

    /// One query block.
    pub(super) fn block(&mut self, id: BlockId) {
        let outer = std::mem::replace(&mut self.context.block, id);
        let block = &self.query[id];
        if let Some(rows) = &block.values {
            self.values_rows(rows);
            let unit = &self.query[block.unit];
            if prints_limit(self, unit) {
                self.limit(block.limit, block.offset);
            }
        } else {
            self.select(id, block);
        }
        self.context.block = outer;
    }

    fn values_rows(&mut self, rows: &[Vec<ExprId>]) {
        self.push("values ");
        for (i, row) in rows.iter().enumerate() {
            self.push(if i > 0 { ",row(" } else { "row(" });
            self.list(row, ",");
            self.push(")");
        }
    }

    fn select(&mut self, id: BlockId, block: &'a Block) {
        let plan = self.plan(id);
        let unit = &self.query[block.unit];
        self.push("/* select#");
        self.number(u64::from(block.select_id));
        self.push(" */ select ");
        self.hint_comment(id, true);
        let distinct = plan.map_or(block.options.distinct, |plan| plan.distinct);
        let buffered = block.options.sql_buffer_result || (unit.outer.is_none() && self.query.reads_insert_target());
        self.options(&SelectOptions { distinct, sql_buffer_result: buffered, ..block.options });
        self.items(unit, block);
        self.tables_clause(block);
        self.condition(" where ", plan.map_or(block.where_, |plan| plan.where_), block.had_where || self.adds_where(block, plan));
        let group_by = plan.map_or(&block.group_by, |plan| &plan.group_by);
        self.order_list(" group by ", group_by, Some(id), false);
        if block.rollup && !group_by.is_empty() {
            self.push(" with rollup");
        }
        self.bare_rollup_sums = plan.is_some_and(|plan| matches!(plan.outcome, Outcome::ZeroRows(_)));
        self.condition(" having ", plan.map_or(block.having, |plan| plan.having), false);
        self.bare_rollup_sums = false;
        self.named_windows(block);
        let order_by = plan.map_or(&block.order_by, |plan| &plan.order_by);
        self.order_list(" order by ", order_by, Some(id), false);
        if prints_limit(self, unit) {
            self.limit(block.limit, block.offset);
        }
    }

    /// Optimizing adds `true` where outer joins are left and no WHERE is.
    fn adds_where(&self, block: &Block, plan: Option<&BlockPlan>) -> bool {
        plan.is_some_and(|plan| plan.outcome == Outcome::Planned)
            && block.leaves.iter().any(|id| self.is_inner_to_outer_join(&self.query[*id]))
    }

    fn options(&mut self, options: &SelectOptions) {
        let words = [
            (options.straight_join, "straight_join "),
            (options.high_priority, "high_priority "),
            (options.distinct, "distinct "),
            (options.sql_small_result, "sql_small_result "),
            (options.sql_big_result, "sql_big_result "),
            (options.sql_buffer_result, "sql_buffer_result "),
            (options.sql_calc_found_rows, "sql_calc_found_rows "),
        ];
        words.iter().filter(|(on, _)| *on).for_each(|(_, word)| self.push(word));
    }

    fn items(&mut self, unit: &Unit, block: &Block) {
        let in_expression = matches!(unit.role, UnitRole::Subquery(_));
        for (i, item) in block.items.iter().enumerate() {
            if i > 0 {
                self.push(",");
            }
            match &self.query.exprs[item.expr] {
                Expr::SystemVariable { .. } => self.push(&item.name),
                // A group column that is read from a temporary table has lost its wrapper.
                Expr::RollupGroupItem { arg, .. } if self.aggregates_read_temporary() => self.expr(*arg),
                _ => self.expr(item.expr),
            }
            if !in_expression || item.alias_written {
                self.push(" AS ");
                super::identifier::print_quoted(self.out, &item.name, if self.context.ansi_quotes { '"' } else { '`' });
            }
        }
    }

    /// A condition; one that is gone after it was there is true.
    pub(super) fn condition(&mut self, words: &str, condition: Option<ExprId>, existed: bool) {
        match condition {
            Some(condition) => self.around(words, condition, ""),
            None if existed => {
                self.push(words);
                self.push("true");
            }
            None => {}
        }
    }

    /// ORDER BY and GROUP BY. `of_result`: elements name columns of a set operation's result.
    pub(super) fn order_list(&mut self, words: &str, elements: &[OrderElement], block: Option<BlockId>, of_result: bool) {
        for (i, element) in elements.iter().enumerate() {
            self.push(if i == 0 { words } else { "," });
            let item = element.item.and_then(|item| self.query[block?].items.get(item));
            match item {
                Some(item) if element.by_alias || of_result => self.name(&item.name),
                _ => self.order_expr(element.expr),
            }
            if element.descending {
                self.push(" desc");
            }
        }
    }

    fn order_expr(&mut self, expr: ExprId) {
        match &self.query.exprs[expr] {
            Expr::RollupGroupItem { arg, .. } => self.expr(*arg),
            Expr::Literal { value: Value::Int(_) | Value::UInt(_), .. } => self.push("''"),
            _ => self.expr(expr),
        }
    }

    fn named_windows(&mut self, block: &Block) {
        let named = block.windows.iter().filter_map(|window| Some((window.name.as_ref()?, window)));
        for (i, (name, window)) in named.enumerate() {
            self.push(if i == 0 { " window " } else { ", " });
            self.name(name);
            self.push(" AS ");
            self.window_definition(window);
            self.push(" ");
        }
    }

    pub(super) fn limit(&mut self, limit: Option<ExprId>, offset: Option<ExprId>) {
        let Some(limit) = limit else { return };
        self.push(" limit ");
        if let Some(offset) = offset {
            self.around("", offset, ",");
        }
        self.expr(limit);
    }
}

/// IN, ANY, ALL and EXISTS have an implied LIMIT that does not print.
fn prints_limit(printer: &Printer<'_, '_>, unit: &Unit) -> bool {
    match unit.role {
        UnitRole::Subquery(expr) => match &printer.query.exprs[expr] {
            Expr::Subquery(subquery) => subquery.kind == SubqueryKind::Scalar,
            _ => true,
        },
        _ => true,
    }
}

/// The block's plan that a change without join plan has.
fn change_plan(plan: Option<&BlockPlan>) -> bool {
    plan.is_some_and(|plan| plan.data_change.is_some())
}
