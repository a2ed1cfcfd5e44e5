//! Expressions: every kind of the syntax tree to its node.

use super::ast_clause::AstClause;
use super::{Resolver, server};
use crate::catalog::{CollationId, TypeKind};
use crate::error::Result;
use crate::parse::ast::{ArithmeticOp, ColumnName, CompareOp, Expr as Ast, MatchMode, VariableScope};
use crate::query::{BlockId, Expr, ExprId, Func, LiteralForm, SubqueryKind, typing};
use crate::value::Value;
use std::sync::Arc;

impl Resolver<'_> {
    /// Any expression: a value, a truth value or a row.
    pub(super) fn expr(&mut self, block: BlockId, expr: &Ast) -> Result<ExprId> {
        match expr {
            Ast::Literal(literal) => self.literal(block, literal),
            Ast::Column(name) => self.named_column(block, name),
            Ast::Parameter => Ok(self.query.add(block, Expr::Parameter { name: None })),
            Ast::UserVariable(name) => {
                self.mark_uncacheable(block, false);
                Ok(self.query.add(block, Expr::UserVariable(name.clone())))
            }
            Ast::AssignUserVariable(name, value) => self.assign_variable(block, name, value),
            Ast::SystemVariable(scope, name) => self.system_variable(block, *scope, name),
            Ast::Negate(arg) => self.negate(block, arg),
            Ast::BitNot(arg) => {
                let arg = self.scalar(block, arg)?;
                Ok(self.query.add(block, Expr::BitNot(arg)))
            }
            Ast::Not(arg) => self.negated(block, arg),
            Ast::And(members) => self.list(block, members, true, false),
            Ast::Or(members) => self.list(block, members, false, false),
            Ast::Xor(a, b) => {
                let (a, b) = (self.condition(block, a)?, self.condition(block, b)?);
                Ok(self.query.add(block, Expr::Xor(a, b)))
            }
            Ast::Arithmetic(op, left, right) => self.arithmetic(block, *op, left, right),
            Ast::Compare(op, left, right) => self.comparison(block, *op, left, right),
            Ast::Quantified { left, op, quantifier, query } => self.quantified(block, left, *op, *quantifier, query),
            Ast::IsNull { expr, negated } => self.is_null(block, expr, *negated),
            Ast::IsTruth { expr, test, negated } => self.is_truth(block, expr, *test, *negated),
            Ast::Between { expr, negated, low, high } => self.between(block, expr, low, high, *negated),
            Ast::InList { expr, negated, list } => self.in_list(block, expr, list, *negated),
            Ast::InSubquery { expr, negated, query } => self.in_subquery(block, expr, query, *negated),
            Ast::Exists(query) => self.subquery(block, query, SubqueryKind::Exists, None),
            Ast::Subquery(query) => self.subquery(block, query, SubqueryKind::Scalar, None),
            Ast::Like { expr, negated, pattern, escape } => {
                let like = self.like(block, expr, pattern, escape.as_deref())?;
                Ok(if *negated { self.query.add(block, Expr::Not(like)) } else { like })
            }
            Ast::Regexp { expr, negated, pattern } => {
                let like = self.regexp(block, expr, pattern)?;
                Ok(if *negated { self.query.add(block, Expr::Not(like)) } else { like })
            }
            Ast::SoundsLike(left, right) => self.sounds_like(block, left, right, CompareOp::Equal),
            Ast::MemberOf(value, array) => self.builtin(block, "member of", &[value, array]),
            Ast::Row(elements) => {
                let elements = elements.iter().map(|e| self.expr(block, e)).collect::<Result<Vec<_>>>()?;
                Ok(self.query.add(block, Expr::Row(elements)))
            }
            Ast::Case { operand, branches, otherwise } => self.case(block, operand.as_deref(), branches, otherwise.as_deref()),
            Ast::Cast { expr, ty } => {
                let arg = self.scalar(block, expr)?;
                let target = self.cast_type(ty)?;
                if target.kind == TypeKind::Year {
                    return self.function(block, "cast_as_year", vec![arg]);
                }
                Ok(self.query.add(block, Expr::Cast { arg, ty: target, array: ty.array }))
            }
            Ast::Binary(arg) => {
                let arg = self.scalar(block, arg)?;
                let ty = crate::catalog::DataType { length: u32::MAX, ..typing::plain(TypeKind::VarChar) };
                debug_assert_eq!(ty.collation, CollationId::BINARY);
                Ok(self.query.add(block, Expr::Cast { arg, ty, array: false }))
            }
            Ast::ConvertUsing { expr, charset } => {
                if typing::default_collation(charset).is_none() {
                    return server(1115, "42000", format!("Unknown character set: '{charset}'"));
                }
                let arg = self.scalar(block, expr)?;
                Ok(self.query.add(block, Expr::ConvertUsing { arg, charset: charset.clone() }))
            }
            Ast::Collate { expr, collation } => self.collate(block, expr, collation),
            Ast::DateAdd { date, amount, unit, subtract } => {
                let (date, amount) = (self.scalar(block, date)?, self.scalar(block, amount)?);
                Ok(self.query.add(block, Expr::DateAdd { date, amount, unit: unit.clone(), subtract: *subtract }))
            }
            Ast::Extract { unit, expr } => {
                let args = vec![self.scalar(block, expr)?];
                self.function_with(block, "extract", args, Some(unit.clone()))
            }
            Ast::TimestampFunction { add, unit, left, right } => {
                let (left, right) = (self.scalar(block, left)?, self.scalar(block, right)?);
                if *add {
                    // TIMESTAMPADD(unit, amount, date)
                    return Ok(self
                        .query
                        .add(block, Expr::DateAdd { date: right, amount: left, unit: unit.clone(), subtract: false }));
                }
                self.function_with(block, "timestampdiff", vec![left, right], Some(unit.clone()))
            }
            Ast::Trim { side, remove, expr } => {
                let mut args = vec![self.scalar(block, expr)?];
                if let Some(remove) = remove {
                    args.push(self.scalar(block, remove)?);
                }
                self.function_with(block, "trim", args, side.clone())
            }
            Ast::Position(what, text) => self.builtin(block, "locate", &[what, text]),
            Ast::JsonPath { expr, path, unquote } => {
                let document = self.scalar(block, expr)?;
                let path = self.query.add_literal(block, Value::Str(path.clone()));
                let extracted = self.function(block, "json_extract", vec![document, path])?;
                if *unquote { self.function(block, "json_unquote", vec![extracted]) } else { Ok(extracted) }
            }
            Ast::Match { columns, against, mode } => self.full_text(block, columns, against, *mode),
            Ast::DefaultOf(name) => {
                let column = self.resolve_column(block, name)?;
                self.check_default(column, name)?;
                Ok(self.query.add(block, Expr::DefaultOf(column)))
            }
            Ast::DefaultValue => Ok(self.query.add(block, Expr::Parameter { name: Some(Arc::from("default")) })),
            Ast::ValuesOf(name) => self.inserted_value(block, name),
            Ast::Call(call) => self.call(block, call),
        }
    }

    /// An expression of one column.
    pub(super) fn scalar(&mut self, block: BlockId, expr: &Ast) -> Result<ExprId> {
        let id = self.expr(block, expr)?;
        self.check_one_column(id)?;
        Ok(id)
    }

    /// Error 1241 for rows.
    pub(super) fn check_one_column(&self, id: ExprId) -> Result<()> {
        if self.width(id) == 1 { Ok(()) } else { wrong_width(1) }
    }

    /// Number of columns of an expression.
    pub(super) fn width(&self, id: ExprId) -> usize {
        match &self.query.exprs[id] {
            Expr::Row(elements) => elements.len(),
            Expr::Subquery(subquery) if subquery.kind == SubqueryKind::Scalar => {
                self.query[subquery.unit].blocks.first().map_or(1, |b| self.query[*b].items.len())
            }
            _ => 1,
        }
    }

    fn named_column(&mut self, block: BlockId, name: &ColumnName) -> Result<ExprId> {
        let state = self.state(block);
        if state.items_known && state.aggregate_depth == 0 {
            match state.clause {
                AstClause::Having => return self.having_column(block, name),
                AstClause::OrderBy => return self.order_column(block, name),
                _ => {}
            }
        }
        if state.clause == AstClause::GroupBy && state.aggregate_depth == 0 {
            return self.group_column(block, name);
        }
        self.resolve_column(block, name)
    }

    fn assign_variable(&mut self, block: BlockId, name: &Arc<str>, value: &Ast) -> Result<ExprId> {
        self.query.assigns_user_variables = true;
        self.query.assigned_variables.push(name.clone());
        self.mark_uncacheable(block, false);
        let value = self.scalar(block, value)?;
        Ok(self.query.add(block, Expr::AssignUserVariable { name: name.clone(), value }))
    }

    fn system_variable(&mut self, block: BlockId, scope: VariableScope, name: &Arc<str>) -> Result<ExprId> {
        let lower = name.to_ascii_lowercase();
        let Some(value) = self.ctx.settings.variables.get(&lower) else {
            return server(1193, "HY000", format!("Unknown system variable '{name}'"));
        };
        self.query.system_variables.insert(lower, Arc::from(value.as_str()));
        if scope == VariableScope::Global && SESSION_ONLY.iter().any(|other| name.eq_ignore_ascii_case(other)) {
            return server(1238, "HY000", format!("Variable '{name}' is a SESSION variable"));
        }
        Ok(self.query.add(block, Expr::SystemVariable { scope, name: name.clone() }))
    }

    /// `-x`; `-9223372036854775808` is one literal.
    fn negate(&mut self, block: BlockId, arg: &Ast) -> Result<ExprId> {
        let arg = self.scalar(block, arg)?;
        if let Expr::Literal { value: Value::UInt(9_223_372_036_854_775_808), .. } = self.query.exprs[arg] {
            return Ok(self.query.add(block, Expr::Literal { value: Value::Int(i64::MIN), form: LiteralForm::Plain }));
        }
        Ok(self.query.add(block, Expr::Negate(arg)))
    }

    pub(super) fn arithmetic(&mut self, block: BlockId, op: ArithmeticOp, left: &Ast, right: &Ast) -> Result<ExprId> {
        let (left, right) = (self.scalar(block, left)?, self.scalar(block, right)?);
        Ok(self.query.add(block, Expr::Arithmetic { op, left, right }))
    }

    fn case(
        &mut self,
        block: BlockId,
        operand: Option<&Ast>,
        branches: &[(Ast, Ast)],
        otherwise: Option<&Ast>,
    ) -> Result<ExprId> {
        let operand = operand.map(|e| self.scalar(block, e)).transpose()?;
        let mut resolved = Vec::with_capacity(branches.len());
        for (when, then) in branches {
            resolved.push((self.scalar(block, when)?, self.scalar(block, then)?));
        }
        let otherwise = otherwise.map(|e| self.scalar(block, e)).transpose()?;
        let results: Vec<ExprId> = resolved.iter().map(|(_, then)| *then).chain(otherwise).collect();
        self.check_collations(&results, "case")?;
        Ok(self.query.add(block, Expr::Case { operand, branches: resolved, otherwise }))
    }

    fn collate(&mut self, block: BlockId, expr: &Ast, collation: &Arc<str>) -> Result<ExprId> {
        let arg = self.scalar(block, expr)?;
        let Some(id) = typing::collation_named(collation) else {
            return server(1273, "HY000", format!("Unknown collation: '{collation}'"));
        };
        let facts = self.query.exprs.facts(arg);
        let own = typing::charset_name(facts.ty.collation);
        let wanted = typing::charset_name(id);
        if typing::is_character(&facts.ty) && own != wanted && own != "binary" {
            return server(1253, "42000", format!("COLLATION '{collation}' is not valid for CHARACTER SET '{own}'"));
        }
        Ok(self.query.add(block, Expr::Collate { arg, collation: collation.clone() }))
    }

    /// `x LIKE pattern [ESCAPE e]`.
    pub(super) fn like(&mut self, block: BlockId, arg: &Ast, pattern: &Ast, escape: Option<&Ast>) -> Result<ExprId> {
        let (arg, pattern) = (self.scalar(block, arg)?, self.scalar(block, pattern)?);
        let escape = escape.map(|e| self.scalar(block, e)).transpose()?;
        if let Some(escape) = escape {
            let wrong = match &self.query.exprs[escape] {
                Expr::Literal { value: Value::Str(text), .. } => text.chars().count() > 1,
                _ => !self.query.exprs.facts(escape).used.is_empty(),
            };
            if wrong {
                return server(1210, "HY000", "Incorrect arguments to ESCAPE");
            }
        }
        self.check_collations(&[arg, pattern], "like")?;
        Ok(self.query.add(block, Expr::Like { arg, pattern, escape }))
    }

    /// `x REGEXP pattern`.
    pub(super) fn regexp(&mut self, block: BlockId, arg: &Ast, pattern: &Ast) -> Result<ExprId> {
        self.builtin(block, "regexp_like", &[arg, pattern])
    }

    /// `a SOUNDS LIKE b`.
    pub(super) fn sounds_like(&mut self, block: BlockId, left: &Ast, right: &Ast, op: CompareOp) -> Result<ExprId> {
        let left = self.builtin(block, "soundex", &[left])?;
        let right = self.builtin(block, "soundex", &[right])?;
        self.compare(block, op, left, right)
    }

    fn full_text(&mut self, block: BlockId, columns: &[ColumnName], against: &Ast, mode: MatchMode) -> Result<ExprId> {
        let columns = columns.iter().map(|c| self.resolve_column(block, c)).collect::<Result<Vec<_>>>()?;
        let against = self.scalar(block, against)?;
        if !self.query.exprs.facts(against).used.minus(crate::query::TableSet::INNER).is_empty() {
            return server(1210, "HY000", "Incorrect arguments to AGAINST");
        }
        self.check_full_text_index(&columns, mode)?;
        Ok(self.query.add(block, Expr::Match { columns, against, mode }))
    }

    /// Error 1191 unless an index has exactly these columns (MyISAM needs none in boolean mode).
    fn check_full_text_index(&self, columns: &[ExprId], mode: MatchMode) -> Result<()> {
        let found: Vec<_> = columns.iter().filter_map(|c| self.query.column_of(*c)).collect();
        if let Some(&(table, _)) = found.first()
            && found.len() == columns.len()
            && found.iter().all(|(t, _)| *t == table)
        {
            let t = &self.query[table].table;
            let matches = t.indexes.iter().any(|index| {
                index.kind == crate::catalog::IndexKind::FullText
                    && index.user_parts == found.len()
                    && index.parts[..index.user_parts].iter().all(|p| found.iter().any(|(_, c)| *c == p.column))
            });
            if matches || (mode == MatchMode::Boolean && t.engine == crate::catalog::Engine::MyIsam) {
                return Ok(());
            }
        }
        server(1191, "HY000", "Can't find FULLTEXT index matching the column list")
    }

    fn check_default(&self, column: ExprId, name: &ColumnName) -> Result<()> {
        if let Some((table, no)) = self.query.column_of(column) {
            let c = &self.query[table].table.columns[no as usize];
            if !c.nullable && c.default.is_none() && !c.auto_increment {
                return server(1364, "HY000", format!("Field '{}' doesn't have a default value", name.column));
            }
        }
        Ok(())
    }

    /// A call of a built-in function by its printed name, arguments not resolved yet.
    pub(super) fn builtin(&mut self, block: BlockId, name: &'static str, args: &[&Ast]) -> Result<ExprId> {
        let args = args.iter().map(|a| self.scalar(block, a)).collect::<Result<Vec<_>>>()?;
        self.function(block, name, args)
    }

    /// A built-in function by its printed name.
    pub(super) fn function(&mut self, block: BlockId, name: &'static str, args: Vec<ExprId>) -> Result<ExprId> {
        self.function_with(block, name, args, None)
    }

    fn function_with(
        &mut self,
        block: BlockId,
        name: &'static str,
        args: Vec<ExprId>,
        extra: Option<Arc<str>>,
    ) -> Result<ExprId> {
        match Func::find(name) {
            Some(func) => self.add_function(block, func, args, extra),
            None => server(1305, "42000", format!("FUNCTION {name} does not exist")),
        }
    }
}

/// Error 1241.
pub(super) fn wrong_width<T>(columns: usize) -> Result<T> {
    server(1241, "21000", format!("Operand should contain {columns} column(s)"))
}

/// Variables that have no global value.
const SESSION_ONLY: [&str; 14] = [
    "timestamp",
    "insert_id",
    "last_insert_id",
    "identity",
    "rand_seed1",
    "rand_seed2",
    "error_count",
    "warning_count",
    "external_user",
    "proxy_user",
    "gtid_next",
    "pseudo_thread_id",
    "sql_log_bin",
    "transaction_allow_batching",
];
