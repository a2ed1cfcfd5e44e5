//! Expressions as the server prints them, in TREE, note 1003, JSON and the trace (spec 08 §9).
//!
//! Printing simplifies nothing: it shows the nodes that rewriting and planning left.

use super::context::PrintContext;
use super::{identifier, literal};
use crate::catalog::{ColumnNo, ConstRow};
use crate::parse::ast::{ArithmeticOp, MatchMode, TruthTest};
use crate::plan::BlockPlan;
use crate::query::{Expr, ExprId, NestId, Query, RefKind, TableId};

/// Appends the text of an expression.
pub fn print(out: &mut String, query: &Query, blocks: &[Option<BlockPlan>], expr: ExprId, context: &PrintContext<'_>) {
    Printer { out, query, blocks, context: *context, unconvertible: Vec::new(), bare_rollup_sums: false }.expr(expr);
}

/// What printing needs at hand; the parts of one statement are printed by methods in this room's files.
pub(super) struct Printer<'o, 'a> {
    /// Where the text goes.
    pub(super) out: &'o mut String,
    /// The statement.
    pub(super) query: &'a Query,
    /// Plans of its blocks: order of tables in guards, conditions of blocks.
    pub(super) blocks: &'a [Option<BlockPlan>],
    /// The surroundings.
    pub(super) context: PrintContext<'a>,
    /// Literals with characters that the system character set lacks, in the order of print.
    pub(super) unconvertible: Vec<ExprId>,
    /// Aggregates print without their ROLLUP wrapper: HAVING of a block that ended without rows.
    pub(super) bare_rollup_sums: bool,
}

impl<'a> Printer<'_, 'a> {
    pub(super) fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    pub(super) fn name(&mut self, name: &str) {
        identifier::print(self.out, name, &self.context);
    }

    /// The plan of a block, if it has one.
    pub(super) fn plan(&self, block: crate::query::BlockId) -> Option<&'a BlockPlan> {
        self.blocks.get(block.0 as usize)?.as_ref()
    }

    pub(super) fn list(&mut self, exprs: &[ExprId], separator: &str) {
        for (i, expr) in exprs.iter().enumerate() {
            if i > 0 {
                self.out.push_str(separator);
            }
            self.expr(*expr);
        }
    }

    fn parenthesized(&mut self, exprs: &[ExprId], separator: &str) {
        self.out.push('(');
        self.list(exprs, separator);
        self.out.push(')');
    }

    /// `(left op right)`
    fn binary(&mut self, left: ExprId, op: &str, right: ExprId) {
        self.out.push('(');
        self.expr(left);
        self.out.push(' ');
        self.out.push_str(op);
        self.out.push(' ');
        self.expr(right);
        self.out.push(')');
    }

    /// `before` expression `after`
    pub(super) fn around(&mut self, before: &str, expr: ExprId, after: &str) {
        self.out.push_str(before);
        self.expr(expr);
        self.out.push_str(after);
    }

    /// `(expression suffix)`
    fn suffixed(&mut self, expr: ExprId, suffix: &str) {
        self.out.push('(');
        self.expr(expr);
        self.out.push_str(suffix);
        self.out.push(')');
    }

    pub(super) fn expr(&mut self, id: ExprId) {
        match &self.query.exprs[id] {
            Expr::Literal { value, form } => {
                literal::print(self.out, value, form, self.context.system_charset);
                if self.context.system_charset && literal::is_unconvertible(value) {
                    self.unconvertible.push(id);
                }
            }
            Expr::Column { table, column } => self.column(*table, *column),
            Expr::Ref { target, kind } => match kind {
                RefKind::Alias(name) => self.name(name),
                _ => self.expr(*target),
            },
            Expr::Parameter { name } => self.push(name.as_deref().unwrap_or("?")),
            Expr::UserVariable(name) => {
                self.push("(@");
                self.name(name);
                self.push(")");
            }
            Expr::AssignUserVariable { name, value } => {
                self.push("(@");
                self.push(name);
                self.around(":=", *value, ")");
            }
            // Only as a select item of its own does a system variable print (as the item's name).
            Expr::SystemVariable { .. } => {}
            Expr::Func { func, args, extra } => self.function(func.name(), args, extra.as_deref()),
            Expr::StoredFunction { schema, name, args, .. } => {
                if !schema.is_empty() {
                    self.name(schema);
                    self.push(".");
                }
                self.name(name);
                self.parenthesized(args, ",");
            }
            Expr::Negate(arg) => self.around("-(", *arg, ")"),
            Expr::BitNot(arg) => self.around("~(", *arg, ")"),
            Expr::Arithmetic { op, left, right } => self.binary(*left, arithmetic_text(*op), *right),
            Expr::Compare { op, left, right } => self.binary(*left, op.symbol(), *right),
            Expr::And(args) => self.parenthesized(args, " and "),
            Expr::Or(args) => self.parenthesized(args, " or "),
            Expr::Xor(left, right) => self.binary(*left, "xor", *right),
            Expr::Not(arg) => self.around("(not(", *arg, "))"),
            Expr::IsNull { arg, negated } => self.suffixed(*arg, if *negated { " is not null" } else { " is null" }),
            Expr::IsTruth { arg, test, negated } => self.suffixed(*arg, truth_test_text(*test, *negated)),
            Expr::Between { arg, low, high, negated } => {
                self.around("(", *arg, if *negated { " not between " } else { " between " });
                self.around("", *low, " and ");
                self.around("", *high, ")");
            }
            Expr::In { arg, list, negated } => {
                self.around("(", *arg, if *negated { " not in " } else { " in " });
                self.parenthesized(list, ",");
                self.push(")");
            }
            Expr::Like { arg, pattern, escape } => {
                self.around("(", *arg, " like ");
                self.expr(*pattern);
                if let Some(escape) = escape {
                    self.around(" escape ", *escape, "");
                }
                self.push(")");
            }
            _ => self.expr_with_words(id),
        }
    }

    fn expr_with_words(&mut self, id: ExprId) {
        match &self.query.exprs[id] {
            Expr::Case { operand, branches, otherwise } => self.case(*operand, branches, *otherwise),
            Expr::If { condition, then, otherwise } => {
                self.around("if(", *condition, ",");
                self.around("", *then, ",");
                self.around("", *otherwise, ")");
            }
            Expr::Cast { arg, ty, array } => self.cast(*arg, ty, *array),
            Expr::ConvertUsing { arg, charset } => {
                self.around("convert(", *arg, " using ");
                self.push(charset);
                self.push(")");
            }
            Expr::Collate { arg, collation } => {
                self.around("(", *arg, " collate ");
                self.push(collation);
                self.push(")");
            }
            Expr::DateAdd { date, amount, unit, subtract } => {
                self.around("(", *date, if *subtract { " - interval " } else { " + interval " });
                self.around("", *amount, " ");
                self.lower_case(unit);
                self.push(")");
            }
            Expr::Row(args) => self.parenthesized(args, ","),
            Expr::Match { columns, against, mode } => {
                self.push("(match ");
                self.list(columns, ",");
                self.around(" against (", *against, "");
                self.push(match mode {
                    MatchMode::NaturalLanguage => "))",
                    MatchMode::Boolean => " in boolean mode))",
                    MatchMode::QueryExpansion => " with query expansion))",
                });
            }
            Expr::Aggregate { kind, distinct, args, order_by, separator } => {
                self.aggregate(*kind, *distinct, args, order_by, separator.as_ref(), None);
            }
            Expr::Window { function, args, window } => self.window_function(*function, args, *window),
            Expr::Grouping(args) => {
                self.push("grouping");
                self.parenthesized(args, ",");
            }
            Expr::RollupGroupItem { arg, position } => {
                self.around("rollup_group_item(", *arg, ",");
                self.number(u64::from(*position));
                self.push(")");
            }
            Expr::RollupSum(arg) if self.bare_rollup_sums => self.expr(*arg),
            Expr::RollupSum(arg) => self.rollup_sum(*arg),
            Expr::DefaultOf(arg) => self.around("default(", *arg, ")"),
            Expr::ValuesOf(arg) => self.around("values(", *arg, ")"),
            _ => self.internal(id),
        }
    }

    /// Nodes that no user writes.
    fn internal(&mut self, id: ExprId) {
        match &self.query.exprs[id] {
            Expr::Subquery(subquery) => self.subquery(subquery),
            Expr::InOptimizer { left, inner } => {
                self.around("<in_optimizer>(", *left, ",");
                self.around("", *inner, ")");
            }
            Expr::QuantifierWrapper { all, arg } => self.around(if *all { "<not>(" } else { "<nop>(" }, *arg, ")"),
            Expr::Cache(arg) => self.around("<cache>(", *arg, ")"),
            Expr::Guard { kind, condition } => {
                self.push("<if>(");
                self.guard(*kind);
                self.around(", ", *condition, ", true)");
            }
            Expr::IsNotNullTest(arg) => self.around("<is_not_null_test>(", *arg, ")"),
            Expr::RefNullHelper(arg) => self.around("<ref_null_helper>(", *arg, ")"),
            Expr::MultipleEqual { columns, constant, .. } => {
                self.push("multiple equal(");
                if let Some(constant) = constant {
                    self.around("", *constant, if columns.is_empty() { "" } else { ", " });
                }
                self.list(columns, ", ");
                self.push(")");
            }
            Expr::MaterializedColumn { nest, position } => self.materialized_column(*nest, *position),
            Expr::AntijoinMarker => self.push("false"),
            // All other kinds print before they get here.
            _ => {}
        }
    }

    /// `[schema.]alias.column`, or the value if the table is const.
    fn column(&mut self, table: TableId, column: ColumnNo) {
        let table = &self.query[table];
        if self.context.const_values
            && let Some(row) = &table.const_row
        {
            match row.as_ref() {
                ConstRow::Missing => return self.push("NULL"),
                ConstRow::Found(values) => {
                    if let Some(value) = values.get(&column) {
                        return literal::print_column_value(self.out, value, self.context.system_charset);
                    }
                }
                ConstRow::Unknown => {}
            }
        }
        let Some(definition) = table.table.columns.get(usize::from(column)) else { return };
        if let (true, Some(generated)) = (definition.functional, &definition.generated) {
            return self.push(&unqualified_expression(&generated.expression));
        }
        if self.context.bare_columns {
            return self.name(&definition.name);
        }
        let qualified = self.context.schema_before_alias || table.alias == table.table.name;
        if qualified && !table.schema.is_empty() && self.context.hidden_schema != Some(&*table.schema) {
            self.name(&table.schema);
            self.push(".");
        }
        if !table.alias.is_empty() {
            self.name(&table.alias);
            self.push(".");
        }
        self.name(&definition.name);
    }

    fn materialized_column(&mut self, nest: NestId, position: u32) {
        let mut table = String::from("<subquery");
        let (select_id, name) = super::subquery::materialized_column_name(self.query, nest, position as usize);
        super::push_number(&mut table, u64::from(select_id));
        table.push('>');
        self.name(&table);
        self.push(".");
        self.name(name);
    }

    fn case(&mut self, operand: Option<ExprId>, branches: &[(ExprId, ExprId)], otherwise: Option<ExprId>) {
        self.push("(case ");
        if let Some(operand) = operand {
            self.around("", operand, " ");
        }
        for (when, then) in branches {
            self.around("when ", *when, " then ");
            self.around("", *then, " ");
        }
        if let Some(otherwise) = otherwise {
            self.around("else ", otherwise, " ");
        }
        self.push("end)");
    }

    pub(super) fn number(&mut self, number: u64) {
        super::push_number(self.out, number);
    }

    pub(super) fn lower_case(&mut self, word: &str) {
        self.out.extend(word.chars().map(|c| c.to_ascii_lowercase()));
    }
}

/// The expression of a functional index part as stored, its columns without quotes.
pub(super) fn unqualified_expression(stored: &str) -> String {
    let mut text = String::with_capacity(stored.len());
    let mut in_string = false;
    for c in stored.chars() {
        match c {
            '\'' => in_string = !in_string,
            '`' if !in_string => continue,
            _ => {}
        }
        text.push(c);
    }
    text
}

fn arithmetic_text(op: ArithmeticOp) -> &'static str {
    match op {
        ArithmeticOp::Add => "+",
        ArithmeticOp::Subtract => "-",
        ArithmeticOp::Multiply => "*",
        ArithmeticOp::Divide => "/",
        ArithmeticOp::IntegerDivide => "DIV",
        ArithmeticOp::Modulo => "%",
        ArithmeticOp::BitAnd => "&",
        ArithmeticOp::BitOr => "|",
        ArithmeticOp::BitXor => "^",
        ArithmeticOp::ShiftLeft => "<<",
        ArithmeticOp::ShiftRight => ">>",
    }
}

fn truth_test_text(test: TruthTest, negated: bool) -> &'static str {
    match (test, negated) {
        (TruthTest::True, false) => " is true",
        (TruthTest::True, true) => " is not true",
        (TruthTest::False, false) => " is false",
        (TruthTest::False, true) => " is not false",
        (TruthTest::Unknown, false) => " is null",
        (TruthTest::Unknown, true) => " is not null",
    }
}
