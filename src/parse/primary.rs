//! Operands: literals, names, variables, what stands in parentheses, prefix operators, COLLATE (spec 09 §6.1, §6.2 levels 15-17).

use super::ast::{CastType, ColumnName, Expr, Literal, Name, TemporalLiteral, VariableScope};
use super::cursor::{Parsed, Parser};
use super::expression::{Level, plain_call};
use super::literal::{bit_bytes, charset, hex_bytes};
use super::token::{Kind, Op, Token};
use crate::error::ServerError;
use crate::value::collation::by_name;
use sqlparser::keywords::Keyword;
use std::sync::Arc;

impl Parser<'_> {
    /// A prefix operator with its operand, or an operand with its COLLATE.
    pub(super) fn simple_expression(&mut self) -> Parsed<Expr> {
        let token = self.peek();
        match token.kind {
            Kind::Op(Op::Minus) => self.prefix(|operand| Expr::Negate(Box::new(operand))),
            Kind::Op(Op::Plus) => self.prefix(|operand| operand),
            Kind::Op(Op::Tilde) => self.prefix(|operand| Expr::BitNot(Box::new(operand))),
            Kind::Op(Op::Bang) => {
                self.warn_deprecated("!", "NOT");
                self.prefix(|operand| Expr::Not(Box::new(operand)))
            }
            Kind::Reserved if token.keyword == Keyword::NOT && self.mode.high_not_precedence => {
                self.prefix(|operand| Expr::Not(Box::new(operand)))
            }
            Kind::Reserved if token.keyword == Keyword::BINARY => {
                self.warn_deprecated("BINARY expr", "CAST");
                self.prefix(|operand| Expr::Binary(Box::new(operand)))
            }
            _ => {
                let mut expr = self.primary(token)?;
                while self.keyword(Keyword::COLLATE) {
                    let collation = self.collation_name()?;
                    expr = Expr::Collate { expr: Box::new(expr), collation };
                }
                Ok(expr)
            }
        }
    }

    fn prefix(&mut self, make: impl FnOnce(Expr) -> Expr) -> Parsed<Expr> {
        self.at += 1;
        Ok(make(self.deeper(Self::simple_expression)?))
    }

    fn primary(&mut self, token: Token) -> Parsed<Expr> {
        match token.kind {
            Kind::Word | Kind::Quoted => self.name_or_call(token),
            Kind::Reserved => self.reserved_operand(token),
            Kind::Number => {
                self.at += 1;
                Ok(self.number_literal(token))
            }
            Kind::String => Ok(self.string_literal(None, false)),
            Kind::National => {
                self.warn(
                    3720,
                    "NATIONAL/NCHAR/NVARCHAR implies the character set UTF8MB3, which will be replaced by UTF8MB4 in a future \
                     release. Please consider using CHAR(x) CHARACTER SET UTF8MB4 in order to be unambiguous.",
                );
                Ok(self.string_literal(None, true))
            }
            Kind::Hex | Kind::Bit => self.bytes_literal(None),
            Kind::Op(Op::LParen) => self.parentheses(),
            Kind::Op(Op::At) => self.user_variable(),
            Kind::Op(Op::AtAt) => self.system_variable(),
            Kind::Op(Op::LBrace) => self.braces(),
            _ => self.error(),
        }
    }

    /// A number token as literal.
    pub(super) fn number_literal(&self, token: Token) -> Expr {
        let text = self.slice(token);
        let literal = if text.contains(['e', 'E']) {
            Literal::Float(text.into())
        } else if text.contains('.') {
            Literal::Decimal(text.into())
        } else {
            Literal::Integer(text.into())
        };
        Expr::Literal(literal)
    }

    /// A string and the strings behind it, which belong to it.
    fn string_literal(&mut self, introducer: Option<Arc<str>>, national: bool) -> Expr {
        let first = self.next();
        let text = if national { &self.slice(first)[1..] } else { self.slice(first) };
        let mut value = super::literal::string_value(text, !self.mode.no_backslash_escapes);
        while self.peek().kind == Kind::String {
            let piece = self.next();
            value = format!("{value}{}", self.string_of(piece)).into();
        }
        Expr::Literal(Literal::String { value, introducer, national })
    }

    fn bytes_literal(&mut self, introducer: Option<Arc<str>>) -> Parsed<Expr> {
        let token = self.peek();
        let bit = token.kind == Kind::Bit;
        let bytes = if bit { bit_bytes(self.slice(token)) } else { hex_bytes(self.slice(token)) };
        match bytes {
            Some(bytes) => {
                self.at += 1;
                Ok(Expr::Literal(Literal::Hex { bytes, bit, introducer }))
            }
            None => self.error(),
        }
    }

    fn parentheses(&mut self) -> Parsed<Expr> {
        if self.query_in_parens(0) {
            return Ok(Expr::Subquery(self.subquery()?));
        }
        self.at += 1;
        let mut list = self.comma_list(Self::expression)?;
        self.expect_op(Op::RParen)?;
        match list.pop() {
            Some(only) if list.is_empty() => Ok(only),
            Some(last) => {
                list.push(last);
                Ok(Expr::Row(list))
            }
            None => self.error(),
        }
    }

    /// `{d '…'}`, `{t '…'}`, `{ts '…'}`, `{word expr}`.
    fn braces(&mut self) -> Parsed<Expr> {
        self.at += 1;
        let word = self.identifier()?;
        let kind = match word.to_ascii_lowercase().as_str() {
            "d" => Some(TemporalLiteral::Date),
            "t" => Some(TemporalLiteral::Time),
            "ts" => Some(TemporalLiteral::Timestamp),
            _ => None,
        };
        let expr = match kind {
            Some(kind) if self.peek().kind == Kind::String => Expr::Literal(Literal::Temporal { kind, text: self.string()? }),
            _ => self.expression()?,
        };
        self.expect_op(Op::RBrace)?;
        Ok(expr)
    }

    /// `@name`, without the `@`.
    pub(super) fn user_variable_name(&mut self) -> Parsed<Name> {
        let sign = self.next();
        let token = self.peek();
        if token.start != sign.end {
            return Ok("".into());
        }
        match token.kind {
            Kind::Quoted | Kind::String => self.identifier_or_string(),
            Kind::Word | Kind::Reserved | Kind::Number => {
                // Points belong to the name.
                let mut end = token.end;
                self.at += 1;
                while self.is_op(Op::Dot) && self.peek().start == end && self.peek_nth(1).start == end + 1 {
                    end = self.peek_nth(1).end;
                    self.at += 2;
                }
                Ok(self.text[token.start as usize..end as usize].into())
            }
            _ => Ok("".into()),
        }
    }

    fn user_variable(&mut self) -> Parsed<Expr> {
        let name = self.user_variable_name()?;
        if !self.op(Op::Assign) {
            return Ok(Expr::UserVariable(name));
        }
        self.warn(
            1287,
            "Setting user variables within expressions is deprecated and will be removed in a future release. Consider alternatives: \
             'SET variable=expression, ...', or 'SELECT expression(s) INTO variables(s)'.",
        );
        Ok(Expr::AssignUserVariable(name, Box::new(self.expression()?)))
    }

    fn system_variable(&mut self) -> Parsed<Expr> {
        self.at += 1;
        let first = self.identifier()?;
        let scope = match first.to_ascii_lowercase().as_str() {
            "global" | "persist" => Some(VariableScope::Global),
            "session" | "local" => Some(VariableScope::Session),
            _ => None,
        };
        if !self.op(Op::Dot) {
            return Ok(Expr::SystemVariable(VariableScope::Default, first));
        }
        let second = self.identifier_behind_point()?;
        Ok(match scope {
            Some(scope) => Expr::SystemVariable(scope, second),
            None => Expr::SystemVariable(VariableScope::Default, format!("{first}.{second}").into()),
        })
    }

    fn reserved_operand(&mut self, token: Token) -> Parsed<Expr> {
        match token.keyword {
            Keyword::NULL => {
                self.at += 1;
                Ok(Expr::Literal(Literal::Null))
            }
            Keyword::TRUE | Keyword::FALSE => {
                self.at += 1;
                Ok(Expr::Literal(Literal::Boolean(token.keyword == Keyword::TRUE, self.slice(token).into())))
            }
            Keyword::CASE => self.case(),
            Keyword::EXISTS if self.query_in_parens(1) => {
                self.at += 1;
                Ok(Expr::Exists(self.subquery()?))
            }
            Keyword::ROW if self.is_op_nth(1, Op::LParen) => {
                self.at += 1;
                let list = self.parenthesized_list(Self::expression)?;
                if list.len() < 2 { self.error() } else { Ok(Expr::Row(list)) }
            }
            Keyword::INTERVAL if self.is_interval_function() => {
                self.at += 1;
                Ok(plain_call("interval", self.parenthesized_list(Self::expression)?))
            }
            Keyword::INTERVAL => {
                let (amount, unit) = self.interval()?;
                self.expect_op(Op::Plus)?;
                let date = Box::new(self.expression_at(Level::Simple)?);
                Ok(Expr::DateAdd { date, amount: Box::new(amount), unit, subtract: false })
            }
            _ => self.reserved_call(token),
        }
    }

    fn case(&mut self) -> Parsed<Expr> {
        self.at += 1;
        let operand = if self.is_keyword(Keyword::WHEN) { None } else { Some(Box::new(self.expression()?)) };
        let mut branches = Vec::new();
        self.expect_keyword(Keyword::WHEN)?;
        loop {
            let condition = self.expression()?;
            self.expect_keyword(Keyword::THEN)?;
            branches.push((condition, self.expression()?));
            if !self.keyword(Keyword::WHEN) {
                break;
            }
        }
        let otherwise = self.optional_clause(Keyword::ELSE)?.map(Box::new);
        self.expect_keyword(Keyword::END)?;
        Ok(Expr::Case { operand, branches, otherwise })
    }

    // INTERVAL (a, b) with two arguments or more is a function.
    fn is_interval_function(&self) -> bool {
        let open = self.peek_nth(1);
        if open.kind != Kind::Op(Op::LParen) || open.pair == 0 {
            return false;
        }
        let mut n = 2;
        while self.at + n < open.pair as usize {
            let token = self.peek_nth(n);
            match token.kind {
                Kind::Op(Op::Comma) => return true,
                Kind::Op(Op::LParen) if token.pair > 0 => n = token.pair as usize - self.at,
                _ => {}
            }
            n += 1;
        }
        false
    }

    /// True if INTERVAL amount unit is next.
    pub(super) fn is_interval_amount(&self) -> bool {
        self.is_keyword(Keyword::INTERVAL) && !self.is_interval_function()
    }

    /// `INTERVAL amount unit`.
    pub(super) fn interval(&mut self) -> Parsed<(Expr, Arc<str>)> {
        self.expect_keyword(Keyword::INTERVAL)?;
        let amount = self.expression()?;
        Ok((amount, self.interval_unit()?))
    }

    /// A unit of time, in upper case.
    pub(super) fn interval_unit(&mut self) -> Parsed<Arc<str>> {
        let token = self.peek();
        let unit = self.slice(token).to_ascii_uppercase();
        if matches!(token.kind, Kind::Word | Kind::Reserved) && UNITS.contains(&unit.as_str()) {
            self.at += 1;
            return Ok(unit.into());
        }
        self.error()
    }

    /// A column, or a word that begins a literal or a call.
    fn name_or_call(&mut self, token: Token) -> Parsed<Expr> {
        let behind = self.peek_nth(1);
        match behind.kind {
            Kind::Op(Op::LParen) => return self.call(token),
            Kind::String if token.kind == Kind::Word => {
                if let Some(kind) = temporal(token.keyword) {
                    self.at += 1;
                    return Ok(Expr::Literal(Literal::Temporal { kind, text: self.string()? }));
                }
                if let Some(introducer) = self.introducer(token) {
                    self.at += 1;
                    return Ok(self.string_literal(Some(introducer), false));
                }
            }
            Kind::Hex | Kind::Bit if token.kind == Kind::Word => {
                if let Some(introducer) = self.introducer(token) {
                    self.at += 1;
                    return self.bytes_literal(Some(introducer));
                }
            }
            _ if token.kind == Kind::Word && self.introducer(token).is_some() && behind.kind != Kind::Op(Op::Dot) => {
                self.at += 1;
                return self.error();
            }
            _ => {}
        }
        self.column_or_qualified_call()
    }

    fn introducer(&self, token: Token) -> Option<Arc<str>> {
        charset(self.slice(token).strip_prefix('_')?)
    }

    fn column_or_qualified_call(&mut self) -> Parsed<Expr> {
        let first = self.identifier()?;
        let mut column = ColumnName { schema: None, table: None, column: first };
        if self.op(Op::Dot) {
            let second = self.identifier_behind_point()?;
            if self.is_op(Op::LParen) {
                return self.stored_function(column.column, second);
            }
            column = ColumnName { schema: None, table: Some(column.column), column: second };
            if self.op(Op::Dot) {
                let third = self.identifier_behind_point()?;
                column = ColumnName { schema: column.table, table: Some(column.column), column: third };
            }
        }
        self.json_path(column)
    }

    // `col -> path` and `col ->> path`
    fn json_path(&mut self, column: ColumnName) -> Parsed<Expr> {
        let unquote = self.is_op(Op::LongArrow);
        let column = Expr::Column(column);
        if !unquote && !self.is_op(Op::Arrow) {
            return Ok(column);
        }
        self.at += 1;
        let path = self.string()?;
        Ok(Expr::JsonPath { expr: Box::new(column), path, unquote })
    }

    /// `[[schema.]table.]column`.
    pub(super) fn column_name(&mut self) -> Parsed<ColumnName> {
        let column = self.identifier()?;
        let mut name = ColumnName { schema: None, table: None, column };
        while name.schema.is_none() && self.op(Op::Dot) {
            let next = self.identifier_behind_point()?;
            name = ColumnName { schema: name.table, table: Some(name.column), column: next };
        }
        Ok(name)
    }

    /// A character set's name; an unknown one is an error at once.
    pub(super) fn charset_name(&mut self) -> Parsed<Arc<str>> {
        if self.keyword(Keyword::BINARY) {
            return Ok("binary".into());
        }
        let name = self.identifier_or_string()?;
        charset(&name).ok_or_else(|| ServerError::new(1115, "42000", format!("Unknown character set: '{name}'")))
    }

    /// A collation's name; an unknown one is an error at once.
    pub(super) fn collation_name(&mut self) -> Parsed<Arc<str>> {
        let name = self.identifier_or_string()?;
        match by_name(&name) {
            Some(_) => Ok(name),
            None => Err(ServerError::new(1273, "HY000", format!("Unknown collation: '{name}'"))),
        }
    }

    /// `CAST(expr AS type)` as a tree.
    pub(super) fn cast_to(expr: Expr, ty: CastType) -> Expr {
        Expr::Cast { expr: Box::new(expr), ty }
    }
}

fn temporal(keyword: Keyword) -> Option<TemporalLiteral> {
    match keyword {
        Keyword::DATE => Some(TemporalLiteral::Date),
        Keyword::TIME => Some(TemporalLiteral::Time),
        Keyword::TIMESTAMP => Some(TemporalLiteral::Timestamp),
        _ => None,
    }
}

/// Units of intervals.
const UNITS: [&str; 20] = [
    "MICROSECOND",
    "SECOND",
    "MINUTE",
    "HOUR",
    "DAY",
    "WEEK",
    "MONTH",
    "QUARTER",
    "YEAR",
    "SECOND_MICROSECOND",
    "MINUTE_MICROSECOND",
    "MINUTE_SECOND",
    "HOUR_MICROSECOND",
    "HOUR_SECOND",
    "HOUR_MINUTE",
    "DAY_MICROSECOND",
    "DAY_SECOND",
    "DAY_MINUTE",
    "DAY_HOUR",
    "YEAR_MONTH",
];
