//! Calls: functions with a syntax of their own, aggregates, everything else `name(args)` (spec 09 §6.1 point 7, §6.2 level 17).

use super::ast::{Call, Expr, Literal, MatchMode, Name};
use super::cursor::{Parsed, Parser};
use super::error::not_yet;
use super::expression::{Level, plain_call};
use super::reserved::is_tight;
use super::token::{Kind, Op, Token};
use sqlparser::keywords::Keyword;
use std::sync::Arc;

impl Parser<'_> {
    /// A call by name; the `(` is the token behind the name.
    pub(super) fn call(&mut self, token: Token) -> Parsed<Expr> {
        let written = self.slice(token);
        let name = written.to_ascii_uppercase();
        if token.kind == Kind::Quoted {
            let schema_less = self.identifier()?;
            return self.arguments(None, schema_less);
        }
        self.at += 1;
        let schema_less: Name = written.into();
        let touching = self.peek().start == token.end || self.mode.ignore_space;
        if !touching && is_tight(written) {
            return self.spaced_call(schema_less);
        }
        self.at += 1;
        match name.as_str() {
            "CAST" => {
                let begin = self.at;
                let expr = self.expression()?;
                let end = self.previous_end();
                self.expect_keyword(Keyword::AS)?;
                let ty = self.cast_type()?;
                self.check_precision(&ty, begin, end)?;
                self.close(Self::cast_to(expr, ty))
            }
            "COUNT" | "SUM" | "AVG" | "MIN" | "MAX" | "BIT_AND" | "BIT_OR" | "BIT_XOR" | "STD" | "STDDEV" | "STDDEV_POP"
            | "STDDEV_SAMP" | "VARIANCE" | "VAR_POP" | "VAR_SAMP" | "ST_COLLECT" | "JSON_ARRAYAGG" | "JSON_OBJECTAGG" => {
                self.aggregate(schema_less, &name)
            }
            "GROUP_CONCAT" => self.group_concat(schema_less),
            "EXTRACT" => {
                let unit = self.interval_unit()?;
                self.expect_keyword(Keyword::FROM)?;
                let expr = Box::new(self.expression()?);
                self.close(Expr::Extract { unit, expr })
            }
            "POSITION" => {
                let part = self.expression_at(Level::BitOr)?;
                self.expect_keyword(Keyword::IN)?;
                let whole = self.expression()?;
                self.close(Expr::Position(Box::new(part), Box::new(whole)))
            }
            "TRIM" => self.trim(),
            "SUBSTRING" | "SUBSTR" | "MID" => self.substring(schema_less),
            "DATE_ADD" | "DATE_SUB" | "ADDDATE" | "SUBDATE" => self.date_arithmetic(&name),
            "TIMESTAMPADD" | "TIMESTAMPDIFF" => {
                let unit = self.interval_unit()?;
                self.expect_op(Op::Comma)?;
                let left = Box::new(self.expression()?);
                self.expect_op(Op::Comma)?;
                let right = Box::new(self.expression()?);
                self.close(Expr::TimestampFunction { add: name == "TIMESTAMPADD", unit, left, right })
            }
            "GET_FORMAT" => {
                let token = self.next();
                let kind = self.slice(token).to_ascii_uppercase();
                self.expect_op(Op::Comma)?;
                let kind = Literal::String { value: kind.into(), introducer: None, national: false };
                let locale = self.expression()?;
                self.close(plain_call(&schema_less, vec![Expr::Literal(kind), locale]))
            }
            "WEIGHT_STRING" => self.weight_string(schema_less),
            "JSON_VALUE" => self.json_value(schema_less),
            _ => {
                self.at -= 1;
                match fixed_arity(&name) {
                    Some((least, most)) => self.fixed_arguments(schema_less, least, most),
                    None => self.arguments(None, schema_less),
                }
            }
        }
    }

    /// `( expr {, expr} )` with a number of arguments that the grammar itself demands.
    fn fixed_arguments(&mut self, name: Name, least: usize, most: usize) -> Parsed<Expr> {
        self.expect_op(Op::LParen)?;
        let mut args = Vec::new();
        while args.len() < most && (args.len() < least || args.is_empty() && !self.is_op(Op::RParen) || self.is_op(Op::Comma)) {
            if !args.is_empty() {
                self.expect_op(Op::Comma)?;
            }
            args.push(self.expression()?);
        }
        self.expect_op(Op::RParen)?;
        self.finish_call(Call { name, args, ..Call::default() })
    }

    fn spaced_call(&mut self, name: Name) -> Parsed<Expr> {
        self.spaced_call_of(None, name)
    }

    /// Names of built-in functions with a syntax of their own never are stored functions (error 1630).
    fn spaced_call_of(&mut self, schema: Option<Name>, name: Name) -> Parsed<Expr> {
        self.expect_op(Op::LParen)?;
        let args = if self.is_op(Op::RParen) { Vec::new() } else { self.comma_list(Self::expression)? };
        self.close(Expr::Call(Box::new(Call { schema, name, args, blank_before_parenthesis: true, ..Call::default() })))
    }

    /// `schema.function( … )`.
    pub(super) fn stored_function(&mut self, schema: Name, name: Name) -> Parsed<Expr> {
        if is_tight(&name) {
            return self.spaced_call_of(Some(schema), name);
        }
        self.arguments(Some(schema), name)
    }

    fn close(&mut self, expr: Expr) -> Parsed<Expr> {
        self.expect_op(Op::RParen)?;
        Ok(expr)
    }

    /// `( [expr {, expr}] )` and what may follow it.
    fn arguments(&mut self, schema: Option<Name>, name: Name) -> Parsed<Expr> {
        self.expect_op(Op::LParen)?;
        let args = if self.is_op(Op::RParen) { Vec::new() } else { self.comma_list(Self::expression)? };
        self.expect_op(Op::RParen)?;
        self.finish_call(Call { schema, name, args, ..Call::default() })
    }

    fn finish_call(&mut self, mut call: Call) -> Parsed<Expr> {
        (call.over, call.ignore_nulls) = self.over_clause()?;
        if call.over.is_some() && call.distinct {
            self.defer(not_yet("<window function>(DISTINCT ..)"));
        }
        Ok(Expr::Call(Box::new(call)))
    }

    fn aggregate(&mut self, name: Name, upper: &str) -> Parsed<Expr> {
        let mut call = Call { name, ..Call::default() };
        if upper == "COUNT" && self.op(Op::Mul) {
            call.star = true;
        } else {
            self.keyword(Keyword::ALL);
            call.distinct = self.keyword(Keyword::DISTINCT);
            let most = match upper {
                "COUNT" if call.distinct => usize::MAX,
                "JSON_OBJECTAGG" => 2,
                _ => 1,
            };
            call.args.push(self.expression()?);
            while call.args.len() < most && self.op(Op::Comma) {
                call.args.push(self.expression()?);
            }
        }
        self.expect_op(Op::RParen)?;
        self.finish_call(call)
    }

    fn group_concat(&mut self, name: Name) -> Parsed<Expr> {
        let distinct = self.keyword(Keyword::DISTINCT);
        let args = self.comma_list(Self::expression)?;
        let order_by = self.order_by()?;
        let separator = if self.keyword(Keyword::SEPARATOR) { Some(self.string()?) } else { None };
        self.expect_op(Op::RParen)?;
        self.finish_call(Call { name, distinct, args, order_by, separator, ..Call::default() })
    }

    fn trim(&mut self) -> Parsed<Expr> {
        let token = self.peek();
        let side = matches!(token.keyword, Keyword::LEADING | Keyword::TRAILING | Keyword::BOTH).then(|| {
            self.at += 1;
            Arc::from(self.slice(token).to_ascii_uppercase())
        });
        if side.is_some() && self.keyword(Keyword::FROM) {
            let expr = Box::new(self.expression()?);
            return self.close(Expr::Trim { side, remove: None, expr });
        }
        let first = Box::new(self.expression()?);
        if self.keyword(Keyword::FROM) {
            let expr = Box::new(self.expression()?);
            return self.close(Expr::Trim { side, remove: Some(first), expr });
        }
        if side.is_some() {
            return self.error();
        }
        self.close(Expr::Trim { side, remove: None, expr: first })
    }

    // SUBSTRING(a FROM b [FOR c]) is SUBSTRING(a, b [, c]).
    fn substring(&mut self, name: Name) -> Parsed<Expr> {
        let mut args = vec![self.expression()?];
        if self.keyword(Keyword::FROM) {
            args.push(self.expression()?);
            args.extend(self.optional_clause(Keyword::FOR)?);
        } else {
            self.expect_op(Op::Comma)?;
            args.extend(self.comma_list(Self::expression)?);
            if args.len() > 3 {
                return self.error();
            }
        }
        self.close(plain_call(&name, args))
    }

    // ADDDATE and SUBDATE also take a number of days.
    fn date_arithmetic(&mut self, name: &str) -> Parsed<Expr> {
        let date = Box::new(self.expression()?);
        self.expect_op(Op::Comma)?;
        let subtract = matches!(name, "DATE_SUB" | "SUBDATE");
        let (amount, unit) = if self.is_interval_amount() || name.starts_with("DATE") {
            self.interval()?
        } else {
            (self.expression()?, "DAY".into())
        };
        self.close(Expr::DateAdd { date, amount: Box::new(amount), unit, subtract })
    }

    fn weight_string(&mut self, name: Name) -> Parsed<Expr> {
        let args = vec![self.expression()?];
        let mut suffix = None;
        if self.keyword(Keyword::AS) {
            let ty = self.cast_type()?;
            suffix = Some(format!("as {}({})", ty.name.to_ascii_lowercase(), ty.length.unwrap_or(1)).into());
        }
        self.close(Expr::Call(Box::new(Call { name, args, suffix, ..Call::default() })))
    }

    fn json_value(&mut self, name: Name) -> Parsed<Expr> {
        let mut args = vec![self.expression()?];
        self.expect_op(Op::Comma)?;
        args.push(self.expression()?);
        let start = self.peek().start as usize;
        if self.keyword(Keyword::RETURNING) {
            self.cast_type()?;
        }
        while self.json_action()?.is_some() {
            self.expect_keyword(Keyword::ON)?;
            if !self.keyword(Keyword::EMPTY) {
                self.expect_keyword(Keyword::ERROR)?;
            }
        }
        let words = self.text[start..self.previous_end().max(start as u32) as usize].trim();
        let suffix = (!words.is_empty()).then(|| words.into());
        self.close(Expr::Call(Box::new(Call { name, args, suffix, ..Call::default() })))
    }

    /// A call by a reserved word.
    pub(super) fn reserved_call(&mut self, token: Token) -> Parsed<Expr> {
        let name: Name = self.slice(token).into();
        let has_arguments = self.is_op_nth(1, Op::LParen);
        match token.keyword {
            Keyword::CURRENT_DATE
            | Keyword::CURRENT_TIME
            | Keyword::CURRENT_TIMESTAMP
            | Keyword::CURRENT_USER
            | Keyword::LOCALTIME
            | Keyword::LOCALTIMESTAMP => self.clock(name, has_arguments),
            Keyword::NoKeyword if is_utc_clock(&name) => self.clock(name, has_arguments),
            _ if !has_arguments && token.keyword != Keyword::MATCH && !self.is_hint_then_paren() => {
                // A word that can only begin a call has the server stumble over what follows it.
                self.at += usize::from(begins_call(token.keyword));
                self.error()
            }
            Keyword::GROUPING => {
                self.at += 1;
                self.arguments(None, name)
            }
            Keyword::IF => self.fixed_reserved(name, 3),
            Keyword::LEFT | Keyword::RIGHT | Keyword::MOD => self.fixed_reserved(name, 2),
            Keyword::DATABASE | Keyword::SCHEMA => self.fixed_reserved(name, 0),
            Keyword::RANK | Keyword::DENSE_RANK | Keyword::PERCENT_RANK | Keyword::CUME_DIST | Keyword::ROW_NUMBER => {
                self.window_function(name, 0)
            }
            Keyword::NTILE | Keyword::FIRST_VALUE | Keyword::LAST_VALUE => self.window_function(name, 1),
            Keyword::NTH_VALUE => self.window_function(name, 2),
            Keyword::LAG | Keyword::LEAD => self.window_function(name, 3),
            Keyword::EXISTS | Keyword::ROW => {
                // Neither a subquery nor a row of two follows.
                self.at += 2;
                self.error()
            }
            _ if is_tight(&name) => self.call(token),
            Keyword::REPLACE | Keyword::INSERT => {
                self.at += 1;
                // A hint comment here is read and dropped.
                if self.peek().kind == Kind::Hint {
                    self.at += 1;
                }
                let arguments = if token.keyword == Keyword::REPLACE { 3 } else { 4 };
                self.fixed_arguments(name, arguments, arguments)
            }
            Keyword::NoKeyword if name.eq_ignore_ascii_case("REPEAT") => self.fixed_reserved(name, 2),
            Keyword::CHAR => self.char_function(name),
            Keyword::CONVERT => self.convert(),
            Keyword::VALUES => {
                self.at += 2;
                let column = self.column_name()?;
                self.close(Expr::ValuesOf(column))
            }
            Keyword::DEFAULT => {
                self.at += 2;
                let column = self.column_name()?;
                self.close(Expr::DefaultOf(column))
            }
            Keyword::MATCH => self.match_against(),
            _ => self.error(),
        }
    }

    fn fixed_reserved(&mut self, name: Name, arguments: usize) -> Parsed<Expr> {
        self.at += 1;
        self.fixed_arguments(name, arguments, arguments)
    }

    /// A function that exists only with OVER and takes up to so many arguments.
    fn window_function(&mut self, name: Name, most: usize) -> Parsed<Expr> {
        self.at += 2;
        let mut args = Vec::new();
        if most > 0 {
            args.push(self.expression()?);
            while args.len() < most && self.op(Op::Comma) {
                args.push(self.expression()?);
            }
        }
        self.expect_op(Op::RParen)?;
        let call = Call { name, args, ..Call::default() };
        match self.over_clause()? {
            (None, _) => self.error(),
            (over, ignore_nulls) => Ok(Expr::Call(Box::new(Call { over, ignore_nulls, ..call }))),
        }
    }

    fn is_hint_then_paren(&self) -> bool {
        self.peek_nth(1).kind == Kind::Hint && self.is_op_nth(2, Op::LParen)
    }

    fn clock(&mut self, name: Name, has_parens: bool) -> Parsed<Expr> {
        self.at += 1;
        let mut args = Vec::new();
        if has_parens {
            self.at += 1;
            if !self.is_op(Op::RParen) {
                let token = self.peek();
                self.unsigned()?;
                args.push(self.number_literal(token));
            }
            self.expect_op(Op::RParen)?;
        }
        Ok(plain_call(&name, args))
    }

    fn char_function(&mut self, name: Name) -> Parsed<Expr> {
        self.at += 2;
        let args = self.comma_list(Self::expression)?;
        let suffix = if self.keyword(Keyword::USING) { Some(self.charset_name()?) } else { None };
        self.close(Expr::Call(Box::new(Call { name, args, suffix, ..Call::default() })))
    }

    fn convert(&mut self) -> Parsed<Expr> {
        self.at += 2;
        let begin = self.at;
        let expr = self.expression()?;
        let end = self.previous_end();
        if self.keyword(Keyword::USING) {
            let charset = self.charset_name()?;
            return self.close(Expr::ConvertUsing { expr: Box::new(expr), charset });
        }
        self.expect_op(Op::Comma)?;
        let ty = self.cast_type()?;
        self.check_precision(&ty, begin, end)?;
        self.close(Self::cast_to(expr, ty))
    }

    fn match_against(&mut self) -> Parsed<Expr> {
        self.at += 1;
        let parens = self.op(Op::LParen);
        let columns = self.comma_list(Self::column_name)?;
        if parens {
            self.expect_op(Op::RParen)?;
        }
        self.expect_keyword(Keyword::AGAINST)?;
        self.expect_op(Op::LParen)?;
        let against = Box::new(self.expression_at(Level::BitOr)?);
        let mut mode = MatchMode::NaturalLanguage;
        if self.keyword(Keyword::IN) {
            if self.keyword(Keyword::BOOLEAN) {
                mode = MatchMode::Boolean;
            } else {
                self.expect_keyword(Keyword::NATURAL)?;
                self.expect_keyword(Keyword::LANGUAGE)?;
            }
            self.expect_keyword(Keyword::MODE)?;
        }
        if mode == MatchMode::NaturalLanguage && self.keyword(Keyword::WITH) {
            self.expect_keyword(Keyword::QUERY)?;
            self.expect_keyword(Keyword::EXPANSION)?;
            mode = MatchMode::QueryExpansion;
        }
        self.close(Expr::Match { columns, against, mode })
    }
}

/// Least and most arguments of functions whose names are keywords: a wrong number is an error of the grammar.
fn fixed_arity(name: &str) -> Option<(usize, usize)> {
    Some(match name {
        "USER" | "ROW_COUNT" | "CURDATE" => (0, 0),
        "CURTIME" | "NOW" | "SYSDATE" => (0, 1),
        "ASCII" | "CHARSET" | "COLLATION" | "DATE" | "DAY" | "HOUR" | "MICROSECOND" | "MINUTE" | "MONTH" | "QUARTER"
        | "REVERSE" | "SECOND" | "TIME" | "YEAR" => (1, 1),
        "TIMESTAMP" | "WEEK" => (1, 2),
        "COALESCE" => (1, usize::MAX),
        "TRUNCATE" => (2, 2),
        "FORMAT" => (2, 3),
        _ => return None,
    })
}

fn begins_call(keyword: Keyword) -> bool {
    use Keyword::*;
    matches!(
        keyword,
        IF | LEFT
            | RIGHT
            | MOD
            | DATABASE
            | SCHEMA
            | GROUPING
            | RANK
            | DENSE_RANK
            | PERCENT_RANK
            | CUME_DIST
            | ROW_NUMBER
            | NTILE
            | LAG
            | LEAD
            | FIRST_VALUE
            | LAST_VALUE
            | NTH_VALUE
            | REPLACE
            | INSERT
            | CHAR
            | CONVERT
            | VALUES
            | DEFAULT
            | EXISTS
            | ROW
    )
}

fn is_utc_clock(name: &str) -> bool {
    ["UTC_DATE", "UTC_TIME", "UTC_TIMESTAMP"].iter().any(|clock| name.eq_ignore_ascii_case(clock))
}
