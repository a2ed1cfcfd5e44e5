//! Calls by name: built-in functions, aggregates, window functions, stored functions (spec 08 §9.6, 02 §1.5 and §8).

use super::ast_clause::AstClause;
use super::unit::unsupported;
use super::{Resolver, server};
use crate::catalog::{Routine, TypeKind};
use crate::error::Result;
use crate::parse::ast::{ArithmeticOp, Call, Expr as Ast, OrderItem, Over};
use crate::query::function::Constness;
use crate::query::{AggregateKind, BlockId, Expr, ExprId, Func, OrderElement, RefKind, WindowFunction, typing};
use crate::value::Value;
use std::sync::Arc;

fn aggregate_kind(name: &str) -> Option<AggregateKind> {
    Some(match name {
        "count" => AggregateKind::Count,
        "sum" => AggregateKind::Sum,
        "avg" => AggregateKind::Avg,
        "min" => AggregateKind::Min,
        "max" => AggregateKind::Max,
        "bit_and" => AggregateKind::BitAnd,
        "bit_or" => AggregateKind::BitOr,
        "bit_xor" => AggregateKind::BitXor,
        "std" | "stddev" | "stddev_pop" => AggregateKind::Std,
        "stddev_samp" => AggregateKind::StddevSamp,
        "variance" | "var_pop" => AggregateKind::VarPop,
        "var_samp" => AggregateKind::VarSamp,
        "group_concat" => AggregateKind::GroupConcat,
        "json_arrayagg" => AggregateKind::JsonArrayAgg,
        "json_objectagg" => AggregateKind::JsonObjectAgg,
        _ => return None,
    })
}

fn window_function(name: &str) -> Option<(WindowFunction, usize, usize)> {
    Some(match name {
        "row_number" => (WindowFunction::RowNumber, 0, 0),
        "rank" => (WindowFunction::Rank, 0, 0),
        "dense_rank" => (WindowFunction::DenseRank, 0, 0),
        "percent_rank" => (WindowFunction::PercentRank, 0, 0),
        "cume_dist" => (WindowFunction::CumeDist, 0, 0),
        "ntile" => (WindowFunction::Ntile, 1, 1),
        "lag" => (WindowFunction::Lag, 1, 3),
        "lead" => (WindowFunction::Lead, 1, 3),
        "first_value" => (WindowFunction::FirstValue, 1, 1),
        "last_value" => (WindowFunction::LastValue, 1, 1),
        "nth_value" => (WindowFunction::NthValue, 2, 2),
        _ => return None,
    })
}

impl Resolver<'_> {
    /// A call by name.
    pub(super) fn call(&mut self, block: BlockId, call: &Call) -> Result<ExprId> {
        let lower = call.name.to_ascii_lowercase();
        if call.schema.is_some() || call.blank_before_parenthesis {
            return self.stored_function(block, call);
        }
        if let Some(kind) = aggregate_kind(&lower) {
            return match &call.over {
                Some(over) => {
                    if call.distinct {
                        return unsupported("<window function>(DISTINCT ..)");
                    }
                    self.window_call(block, call, WindowFunction::Aggregate(counted(kind, call)), over, &lower)
                }
                None => self.aggregate(block, call, counted(kind, call)),
            };
        }
        if let Some((function, least, most)) = window_function(&lower) {
            let Some(over) = &call.over else {
                return server(3593, "HY000", format!("You cannot use the window function '{lower}' in this context.'"));
            };
            if call.args.len() < least || call.args.len() > most {
                return wrong_count(&call.name);
            }
            if call.ignore_nulls {
                return unsupported("IGNORE NULLS");
            }
            return self.window_call(block, call, function, over, &lower);
        }
        if lower == "grouping" {
            let args = self.arguments(block, &call.args)?;
            return Ok(self.query.add(block, Expr::Grouping(args)));
        }
        if let Some(special) = self.special(block, call, &lower)? {
            return Ok(special);
        }
        match Func::find(&lower) {
            Some(func) if !func.0.syntax_only || matches!(func.name(), "json_value" | "get_format" | "trim") => {
                let args = self.arguments(block, &call.args)?;
                if !func.takes(args.len()) {
                    return wrong_count(&call.name);
                }
                self.add_function(block, func, args, call.suffix.clone())
            }
            _ => self.stored_function(block, call),
        }
    }

    fn arguments(&mut self, block: BlockId, args: &[Ast]) -> Result<Vec<ExprId>> {
        args.iter().map(|a| self.scalar(block, a)).collect()
    }

    /// Functions that are written as one thing and are another.
    fn special(&mut self, block: BlockId, call: &Call, name: &str) -> Result<Option<ExprId>> {
        let args = &call.args[..];
        let id = match (name, args) {
            ("mod", [a, b]) => self.arithmetic(block, ArithmeticOp::Modulo, a, b)?,
            ("date", [a]) => self.cast_to(block, a, TypeKind::Date)?,
            ("time", [a]) => self.cast_to(block, a, TypeKind::Time)?,
            ("timestamp", [a]) => self.cast_to(block, a, TypeKind::DateTime)?,
            ("isnull", [a]) => self.is_null(block, a, false)?,
            ("if", [condition, then, otherwise]) => {
                let condition = self.scalar(block, condition)?;
                let then = self.scalar(block, then)?;
                let otherwise = self.scalar(block, otherwise)?;
                self.check_collations(&[then, otherwise], "if")?;
                self.query.add(block, Expr::If { condition, then, otherwise })
            }
            ("instr", [text, what]) => {
                let (text, what) = (self.scalar(block, text)?, self.scalar(block, what)?);
                self.function(block, "locate", vec![what, text])?
            }
            ("bin", [a]) => self.converted_base(block, a, 2)?,
            ("oct", [a]) => self.converted_base(block, a, 8)?,
            ("round", [a]) => self.with_literal(block, "round", a, 0)?,
            ("week", [a]) => {
                let mode = self.ctx.settings.variables.get("default_week_format").and_then(|v| v.parse().ok());
                self.with_literal(block, "week", a, mode.unwrap_or(0))?
            }
            ("weekofyear", [a]) => self.with_literal(block, "week", a, 3)?,
            ("yearweek", [a]) => self.with_literal(block, "yearweek", a, 0)?,
            ("adddate" | "subdate", [date, days]) => {
                let (date, amount) = (self.scalar(block, date)?, self.scalar(block, days)?);
                self.query.add(block, Expr::DateAdd { date, amount, unit: Arc::from("DAY"), subtract: name == "subdate" })
            }
            ("datediff", [a, b]) => {
                let left = self.builtin(block, "to_days", &[a])?;
                let right = self.builtin(block, "to_days", &[b])?;
                self.query.add(block, Expr::Arithmetic { op: ArithmeticOp::Subtract, left, right })
            }
            ("from_unixtime", [a, format]) => {
                let time = self.builtin(block, "from_unixtime", &[a])?;
                let format = self.scalar(block, format)?;
                self.function(block, "date_format", vec![time, format])?
            }
            ("charset" | "collation" | "coercibility", [a]) => {
                let arg = self.scalar(block, a)?;
                let Some(func) = Func::find(name) else { return Ok(None) };
                self.add_function(block, func, vec![arg], None)?
            }
            ("mod" | "date" | "time" | "isnull" | "if" | "instr" | "bin" | "oct" | "weekofyear" | "datediff", _) => {
                return wrong_count(&call.name);
            }
            _ => return Ok(None),
        };
        Ok(Some(id))
    }

    fn cast_to(&mut self, block: BlockId, arg: &Ast, kind: TypeKind) -> Result<ExprId> {
        let arg = self.scalar(block, arg)?;
        let ty = &self.query.exprs.facts(arg).ty;
        let decimals = if kind == TypeKind::Date { 0 } else { crate::query::function::fraction_digits(ty) };
        // The fraction is taken from the argument without being written: `cast(a as datetime)`.
        let id = self.query.add(block, Expr::Cast { arg, ty: typing::temporal(kind, 0), array: false });
        self.query.exprs.facts_mut(id).ty.decimals = decimals;
        Ok(id)
    }

    fn converted_base(&mut self, block: BlockId, arg: &Ast, base: i64) -> Result<ExprId> {
        let arg = self.scalar(block, arg)?;
        let from = self.query.add_literal(block, Value::Int(10));
        let to = self.query.add_literal(block, Value::Int(base));
        self.function(block, "conv", vec![arg, from, to])
    }

    fn with_literal(&mut self, block: BlockId, name: &'static str, arg: &Ast, number: i64) -> Result<ExprId> {
        let arg = self.scalar(block, arg)?;
        let number = self.query.add_literal(block, Value::Int(number));
        self.function(block, name, vec![arg, number])
    }

    /// A built-in function over resolved arguments.
    pub(super) fn add_function(
        &mut self,
        block: BlockId,
        func: Func,
        args: Vec<ExprId>,
        extra: Option<Arc<str>>,
    ) -> Result<ExprId> {
        match func.0.constness {
            Constness::Random => self.mark_uncacheable(block, true),
            Constness::SideEffect => self.mark_uncacheable(block, false),
            _ if func.name() == "last_insert_id" && !args.is_empty() => self.mark_uncacheable(block, false),
            _ => {}
        }
        if matches!(func.name(), "concat" | "concat_ws" | "replace" | "coalesce" | "ifnull" | "greatest" | "least" | "strcmp") {
            self.check_collations(&args, func.name())?;
        }
        let decimals = self.literal_argument(&args, func.name());
        let id = self.query.add(block, Expr::Func { func, args, extra });
        if let Some(decimals) = decimals {
            let ty = &mut self.query.exprs.facts_mut(id).ty;
            match func.name() {
                "round" | "truncate" if ty.kind == TypeKind::Decimal => {
                    let scale = u32::from(ty.decimals);
                    let wanted = decimals.clamp(0, 30) as u32;
                    let whole = ty.length - scale.min(ty.length) + u32::from(func.name() == "round" && wanted < scale);
                    *ty = typing::decimal(whole + wanted.min(scale), wanted.min(scale), ty.unsigned);
                }
                "round" | "truncate" if ty.kind == TypeKind::Double => {
                    ty.decimals = decimals.clamp(0, i64::from(typing::NOT_FIXED)) as u8;
                }
                "round" | "truncate" => {}
                _ => ty.decimals = decimals.clamp(0, 6) as u8,
            }
        }
        Ok(id)
    }

    /// The literal number of decimals that decides the type of ROUND, TRUNCATE and NOW.
    fn literal_argument(&self, args: &[ExprId], name: &str) -> Option<i64> {
        let arg = match (name, args) {
            ("round" | "truncate", [_, decimals]) => *decimals,
            ("now" | "curtime" | "sysdate" | "utc_time" | "utc_timestamp", [decimals]) => *decimals,
            _ => return None,
        };
        match self.query.exprs[arg] {
            Expr::Literal { value: Value::Int(n), .. } => Some(n),
            _ => None,
        }
    }

    fn stored_function(&mut self, block: BlockId, call: &Call) -> Result<ExprId> {
        let schema = call.schema.clone().or_else(|| self.ctx.catalog.current_schema.clone());
        let Some(schema) = schema else {
            return server(1305, "42000", format!("FUNCTION {} does not exist", call.name));
        };
        let found: Option<Arc<Routine>> =
            self.ctx.catalog.schemas.get(&*schema).and_then(|s| s.functions.get(&call.name.to_lowercase()).cloned());
        let Some(routine) = found else {
            if call.blank_before_parenthesis {
                let advice = "Check the 'Function Name Parsing and Resolution' section in the Reference Manual";
                return server(1630, "42000", format!("FUNCTION {schema}.{} does not exist. {advice}", call.name));
            }
            return server(1305, "42000", format!("FUNCTION {schema}.{} does not exist", call.name));
        };
        if routine.parameters != call.args.len() {
            let text = format!(
                "Incorrect number of arguments for FUNCTION {schema}.{}; expected {}, got {}",
                routine.name,
                routine.parameters,
                call.args.len()
            );
            return server(1318, "42000", text);
        }
        let args = self.arguments(block, &call.args)?;
        if !routine.deterministic {
            self.mark_uncacheable(block, true);
        }
        let node = Expr::StoredFunction {
            schema: call.schema.clone().unwrap_or_else(|| Arc::from("")),
            name: call.name.clone(),
            deterministic: routine.deterministic,
            args,
        };
        let id = self.query.add(block, node);
        if let Some(ty) = &routine.returns {
            let facts = self.query.exprs.facts_mut(id);
            facts.ty = ty.clone();
            facts.coercibility = if typing::is_character(ty) { typing::IMPLICIT } else { typing::NUMERIC };
        }
        Ok(id)
    }

    /// An aggregate function: it belongs to the block whose columns it takes (spec 02 §1.1).
    fn aggregate(&mut self, block: BlockId, call: &Call, kind: AggregateKind) -> Result<ExprId> {
        if self.state(block).aggregate_depth > 0 {
            return server(1111, "HY000", "Invalid use of group function");
        }
        self.state_mut(block).aggregate_depth += 1;
        let node = self.aggregate_node(block, call, kind);
        self.state_mut(block).aggregate_depth -= 1;
        let node = node?;
        let owner = self.aggregating_block(block, &node);
        if !self.state(owner).clause.takes_aggregates() {
            return server(1111, "HY000", "Invalid use of group function");
        }
        self.query[owner].has_aggregates = true;
        let id = self.query.add(owner, node);
        if owner == block {
            return Ok(id);
        }
        self.query.renew_facts(owner, id);
        self.depend(block, owner);
        Ok(self.query.add(block, Expr::Ref { target: id, kind: RefKind::Outer(owner) }))
    }

    fn aggregate_node(&mut self, block: BlockId, call: &Call, kind: AggregateKind) -> Result<Expr> {
        let mut args =
            if call.star { vec![self.query.add_literal(block, Value::Int(0))] } else { self.arguments(block, &call.args)? };
        let takes = match kind {
            AggregateKind::JsonObjectAgg => args.len() == 2,
            AggregateKind::GroupConcat => !args.is_empty(),
            AggregateKind::Count => args.len() == 1 || (call.distinct && !args.is_empty()),
            _ => args.len() == 1,
        };
        if !takes {
            return wrong_count(&call.name);
        }
        if kind == AggregateKind::CountStar {
            args.clear();
        }
        let order_by = self.plain_order(block, &call.order_by)?;
        let distinct = call.distinct && !matches!(kind, AggregateKind::Min | AggregateKind::Max);
        let separator = call.separator.clone().or_else(|| (kind == AggregateKind::GroupConcat).then(|| Arc::from(",")));
        Ok(Expr::Aggregate { kind, distinct, args, order_by, separator })
    }

    /// The block that an aggregate is computed in: the innermost of those whose columns it takes, its own without columns.
    fn aggregating_block(&self, block: BlockId, node: &Expr) -> BlockId {
        let mut owners = Vec::new();
        node.for_each_child(|child| {
            self.query.walk_deep(child, &mut |id| {
                if let Expr::Column { table, .. } = self.query.exprs[id] {
                    owners.push(self.query[table].block);
                }
            });
        });
        if owners.is_empty() || owners.contains(&block) {
            return block;
        }
        let mut next = self.state(block).outer;
        while let Some(outer) = next {
            if owners.contains(&outer) {
                let state = self.state(outer);
                let fits = state.clause.takes_aggregates() && state.aggregate_depth == 0;
                return if fits { outer } else { block };
            }
            next = self.state(outer).outer;
        }
        block
    }

    fn plain_order(&mut self, block: BlockId, items: &[OrderItem]) -> Result<Vec<OrderElement>> {
        let mut elements = Vec::with_capacity(items.len());
        for item in items {
            elements.push(OrderElement {
                expr: self.scalar(block, &item.expr)?,
                descending: item.descending,
                explicit_direction: item.explicit_direction,
                item: None,
                by_alias: false,
            });
        }
        Ok(elements)
    }

    fn window_call(&mut self, block: BlockId, call: &Call, function: WindowFunction, over: &Over, name: &str) -> Result<ExprId> {
        let state = self.state(block);
        if state.aggregate_depth > 0 || !matches!(state.clause, AstClause::SelectList | AstClause::OrderBy) {
            return server(3593, "HY000", format!("You cannot use the window function '{name}' in this context.'"));
        }
        let mut args =
            if call.star { vec![self.query.add_literal(block, Value::Int(0))] } else { self.arguments(block, &call.args)? };
        if function == WindowFunction::Aggregate(AggregateKind::CountStar) {
            args.clear();
        }
        let number = match function {
            WindowFunction::Ntile => args.first(),
            WindowFunction::NthValue => args.get(1),
            _ => None,
        };
        if let Some(number) = number
            && matches!(self.query.exprs[*number], Expr::Literal { value: Value::Int(0) | Value::Null, .. })
        {
            return server(1210, "HY000", format!("Incorrect arguments to {name}"));
        }
        let window = self.window_of(block, over)?;
        Ok(self.query.add(block, Expr::Window { function, args, window }))
    }
}

fn counted(kind: AggregateKind, call: &Call) -> AggregateKind {
    if kind == AggregateKind::Count && call.star { AggregateKind::CountStar } else { kind }
}

/// Error 1582 of a call of a built-in function, which the server finds before it opens any table.
pub(super) fn check_count(call: &Call) -> Result<()> {
    if call.schema.is_some() || call.blank_before_parenthesis || call.over.is_some() {
        return Ok(());
    }
    match Func::find(&call.name.to_ascii_lowercase()) {
        Some(func) if !func.0.syntax_only && !func.takes(call.args.len()) => wrong_count(&call.name),
        _ => Ok(()),
    }
}

/// Error 1582.
fn wrong_count<T>(name: &str) -> Result<T> {
    server(1582, "42000", format!("Incorrect parameter count in the call to native function '{name}'"))
}
