//! Functions, casts, aggregates and window functions in print (spec 08 §9.5 to §9.8).

use super::expression::Printer;
use super::literal;
use crate::catalog::{CollationId, DataType, ServerVersion, TypeKind};
use crate::query::{AggregateKind, Expr, ExprId, OrderElement, Window, WindowFrame, WindowFrameBound, WindowFunction};
use std::sync::Arc;

impl Printer<'_, '_> {
    /// A built-in function: `name(a,b)`, but for those with words of their own.
    pub(super) fn function(&mut self, name: &str, args: &[ExprId], extra: Option<&str>) {
        match (name, args) {
            ("extract", [arg]) => {
                self.push("extract(");
                self.lower_case(extra.unwrap_or(""));
                self.around(" from ", *arg, ")");
            }
            ("trim", [arg, rest @ ..]) => self.trim(*arg, rest.first().copied(), extra),
            ("get_format", [arg]) => {
                self.push("get_format(");
                self.push(extra.unwrap_or("DATE"));
                self.around(", ", *arg, ")");
            }
            ("timestampdiff", [left, right]) => {
                self.push("timestampdiff(");
                self.push(&extra.unwrap_or("").to_ascii_uppercase());
                self.around(",", *left, ",");
                self.around("", *right, ")");
            }
            ("member of", [value, array]) => {
                self.around("", *value, " member of (");
                self.around("", *array, ")");
            }
            ("json_value", [document, path, ..]) => {
                self.around("json_value(", *document, ", ");
                self.expr(*path);
                self.push(" returning ");
                self.push(&returning(extra.unwrap_or("")));
                self.push(")");
            }
            ("weight_string", [arg]) => {
                self.around("weight_string(", *arg, "");
                if let Some(extra) = extra {
                    self.push(" as ");
                    self.lower_case(extra);
                }
                self.push(")");
            }
            ("cast_as_year", [arg]) => self.cast_as_year(*arg),
            ("name_const", _) => self.call("NAME_CONST", args, ""),
            ("week" | "yearweek" | "round", [_]) => self.call(name, args, ",0"),
            _ => self.call(name, args, ""),
        }
    }

    fn call(&mut self, name: &str, args: &[ExprId], last: &str) {
        self.push(name);
        self.push("(");
        self.list(args, ",");
        self.push(last);
        self.push(")");
    }

    fn trim(&mut self, arg: ExprId, remove: Option<ExprId>, side: Option<&str>) {
        self.push("trim(");
        if let Some(side) = side {
            self.lower_case(side);
            self.push(" ");
        }
        if let Some(remove) = remove {
            self.around("", remove, " from ");
        }
        self.around("", arg, ")");
    }

    /// `cast(x as type)`; before 9.7 YEAR has a function of its own (spec 08 §14).
    pub(super) fn cast(&mut self, arg: ExprId, ty: &DataType, array: bool) {
        if ty.kind == TypeKind::Year && !array {
            return self.cast_as_year(arg);
        }
        self.around("cast(", arg, " as ");
        self.cast_type(ty, array);
        self.push(if array { " array)" } else { ")" });
    }

    fn cast_type(&mut self, ty: &DataType, array: bool) {
        match ty.kind {
            TypeKind::TinyInt | TypeKind::SmallInt | TypeKind::MediumInt | TypeKind::Int | TypeKind::BigInt => {
                self.push(if ty.unsigned { "unsigned" } else { "signed" });
            }
            TypeKind::Decimal => {
                self.push("decimal(");
                self.number(u64::from(ty.length));
                self.push(",");
                self.number(u64::from(ty.decimals));
                self.push(")");
            }
            TypeKind::Float => self.push("float"),
            TypeKind::Double => self.push("double"),
            TypeKind::Year => self.push("year"),
            TypeKind::Date => self.push("date"),
            TypeKind::Time => self.with_decimals("time", ty.decimals),
            TypeKind::DateTime | TypeKind::Timestamp => self.with_decimals("datetime", ty.decimals),
            TypeKind::Json => self.push("json"),
            TypeKind::Geometry => self.push("geometry"),
            _ => {
                self.push("char");
                if ty.length != UNLIMITED_CHARACTERS {
                    self.push("(");
                    self.number(u64::from(ty.length));
                    self.push(")");
                }
                if !array {
                    self.push(" charset ");
                    self.push(charset_name(ty.collation));
                }
            }
        }
    }

    fn with_decimals(&mut self, name: &str, decimals: u8) {
        self.push(name);
        if (1..=6).contains(&decimals) {
            self.push("(");
            self.number(u64::from(decimals));
            self.push(")");
        }
    }

    pub(super) fn aggregate(
        &mut self,
        kind: AggregateKind,
        distinct: bool,
        args: &[ExprId],
        order_by: &[OrderElement],
        separator: Option<&Arc<str>>,
        window: Option<usize>,
    ) {
        self.push(aggregate_name(kind));
        self.push("(");
        if kind == AggregateKind::CountStar {
            return self.push("0)");
        }
        if distinct && !matches!(kind, AggregateKind::Min | AggregateKind::Max) {
            self.push("distinct ");
        }
        let temporary = match window {
            Some(window) => self.window_reads_temporary(window),
            None => self.aggregates_read_temporary(),
        };
        self.arguments(args, temporary, window.is_some());
        if kind == AggregateKind::GroupConcat {
            for (i, element) in order_by.iter().enumerate() {
                self.push(if i == 0 { " order by " } else { "," });
                self.arguments(&[element.expr], temporary, window.is_some());
                self.push(if element.descending { " DESC" } else { " ASC" });
            }
            self.push(" separator ");
            literal::print_string(self.out, separator.map_or(",", |text| text), self.context.system_charset);
        }
        self.push(")");
    }

    fn arguments(&mut self, args: &[ExprId], temporary: bool, of_window: bool) {
        if !temporary {
            return self.list(args, ",");
        }
        for (i, arg) in args.iter().enumerate() {
            self.push(if i > 0 { "," } else { "" });
            self.temporary_argument(*arg, of_window);
        }
    }

    /// The switcher repeats the DISTINCT of its aggregate.
    pub(super) fn rollup_sum(&mut self, arg: ExprId) {
        let distinct = matches!(&self.query.exprs[arg],
            Expr::Aggregate { kind, distinct: true, .. } if !matches!(kind, AggregateKind::Min | AggregateKind::Max));
        self.around(if distinct { "rollup_sum_switcher(distinct " } else { "rollup_sum_switcher(" }, arg, ")");
    }

    pub(super) fn window_function(&mut self, function: WindowFunction, args: &[ExprId], window: usize) {
        match function {
            WindowFunction::Aggregate(kind) => self.aggregate(kind, false, args, &[], None, Some(window)),
            _ => {
                self.push(window_function_name(function));
                self.push("(");
                let temporary = self.window_reads_temporary(window);
                self.arguments(args, temporary, true);
                self.push(")");
            }
        }
        self.push(" OVER ");
        let block = self.context.block;
        let Some(window) = self.query.blocks.get(block.0 as usize).and_then(|block| block.windows.get(window)) else { return };
        match &window.name {
            Some(name) => self.name(name),
            None => {
                self.window_definition(window);
                self.push(" ");
            }
        }
    }

    /// `(base PARTITION BY … ORDER BY … frame )`
    pub(super) fn window_definition(&mut self, window: &Window) {
        self.push("(");
        if let Some(base) = &window.base {
            self.name(base);
            self.push(" ");
        }
        self.window_list("PARTITION BY ", &window.partition_by);
        self.window_list("ORDER BY ", &window.order_by);
        if let Some(frame) = &window.frame {
            self.frame(frame);
        }
        self.push(")");
    }

    fn window_list(&mut self, words: &str, elements: &[OrderElement]) {
        for (i, element) in elements.iter().enumerate() {
            self.push(if i == 0 { words } else { "," });
            self.expr(element.expr);
            if element.descending {
                self.push(" desc");
            }
        }
        if !elements.is_empty() {
            self.push(" ");
        }
    }

    pub(super) fn cast_as_year(&mut self, arg: ExprId) {
        match self.context.version >= ServerVersion::V9_7 {
            true => self.around("cast(", arg, " as year)"),
            false => self.around("cast_as_year(", arg, ")"),
        }
    }

    fn frame(&mut self, frame: &WindowFrame) {
        self.push(if frame.rows { "ROWS BETWEEN " } else { "RANGE BETWEEN " });
        self.frame_bound(&frame.start);
        self.push(" AND ");
        self.frame_bound(&frame.end);
        // A blank follows before 9.7.
        self.push(if self.context.version < ServerVersion::V9_7 { " " } else { "" });
    }

    fn frame_bound(&mut self, bound: &WindowFrameBound) {
        match bound {
            WindowFrameBound::UnboundedPreceding => self.push("UNBOUNDED PRECEDING"),
            WindowFrameBound::UnboundedFollowing => self.push("UNBOUNDED FOLLOWING"),
            WindowFrameBound::CurrentRow => self.push("CURRENT ROW"),
            WindowFrameBound::Preceding(distance) => self.frame_distance(*distance, "PRECEDING"),
            WindowFrameBound::Following(distance) => self.frame_distance(*distance, "FOLLOWING"),
        }
    }

    /// An interval is a date sum whose date does not print; two blanks follow it.
    fn frame_distance(&mut self, distance: ExprId, word: &str) {
        if let Expr::DateAdd { amount, unit, .. } = &self.query.exprs[distance] {
            self.around("INTERVAL ", *amount, " ");
            self.lower_case(unit);
            self.push(" ");
        } else {
            self.expr(distance);
        }
        self.push(" ");
        self.push(word);
    }
}

/// What JSON_VALUE returns, and what it does without a value, from the words as written.
fn returning(written: &str) -> String {
    let (ty, rest) = match written.strip_prefix("returning ") {
        None => ("char(512)", written),
        Some(words) => words.find([' ', ')']).map_or((words, ""), |end| {
            let end = if words[end..].starts_with(')') { end + 1 } else { end };
            (&words[..end], &words[end..])
        }),
    };
    let mut text = ty.replace(',', ", ");
    if !rest.trim().is_empty() {
        text.push(' ');
        text.push_str(rest.trim());
    }
    text
}

/// Length of `CHAR` without a length.
pub const UNLIMITED_CHARACTERS: u32 = u32::MAX;

/// Name of an aggregate function as it prints.
pub fn aggregate_name(kind: AggregateKind) -> &'static str {
    match kind {
        AggregateKind::Count | AggregateKind::CountStar => "count",
        AggregateKind::Sum => "sum",
        AggregateKind::Avg => "avg",
        AggregateKind::Min => "min",
        AggregateKind::Max => "max",
        AggregateKind::BitAnd => "bit_and",
        AggregateKind::BitOr => "bit_or",
        AggregateKind::BitXor => "bit_xor",
        AggregateKind::Std => "std",
        AggregateKind::StddevSamp => "stddev_samp",
        AggregateKind::VarPop => "variance",
        AggregateKind::VarSamp => "var_samp",
        AggregateKind::GroupConcat => "group_concat",
        AggregateKind::JsonArrayAgg => "json_arrayagg",
        AggregateKind::JsonObjectAgg => "json_objectagg",
        AggregateKind::AnyValue => "any_value",
    }
}

/// Name of a window function as it prints.
pub fn window_function_name(function: WindowFunction) -> &'static str {
    match function {
        WindowFunction::RowNumber => "row_number",
        WindowFunction::Rank => "rank",
        WindowFunction::DenseRank => "dense_rank",
        WindowFunction::PercentRank => "percent_rank",
        WindowFunction::CumeDist => "cume_dist",
        WindowFunction::Ntile => "ntile",
        WindowFunction::Lag => "lag",
        WindowFunction::Lead => "lead",
        WindowFunction::FirstValue => "first_value",
        WindowFunction::LastValue => "last_value",
        WindowFunction::NthValue => "nth_value",
        WindowFunction::Aggregate(kind) => aggregate_name(kind),
    }
}

/// Name of a collation's character set.
fn charset_name(collation: CollationId) -> &'static str {
    match collation.0 {
        8 | 5 | 15 | 31 | 47 | 48 | 49 | 94 => "latin1",
        11 | 65 => "ascii",
        33 | 76 | 83 | 192..=215 => "utf8mb3",
        63 => "binary",
        _ => "utf8mb4",
    }
}
