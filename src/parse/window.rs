//! Windows: OVER, WINDOW, frames (spec 09 §6.6).

use super::ast::{Expr, Frame, FrameBound, Name, Over, WindowSpec};
use super::cursor::{Parsed, Parser};
use super::error::not_yet;
use super::token::{Kind, Op};
use sqlparser::keywords::Keyword;

impl Parser<'_> {
    /// `[FROM FIRST|LAST] [RESPECT|IGNORE NULLS] OVER …` behind a call; true if IGNORE NULLS was written.
    pub(super) fn over_clause(&mut self) -> Parsed<(Option<Over>, bool)> {
        if self.is_keyword(Keyword::FROM)
            && matches!(self.peek_nth(1).keyword, Keyword::FIRST | Keyword::LAST)
            && matches!(self.peek_nth(2).keyword, Keyword::OVER | Keyword::RESPECT | Keyword::IGNORE)
        {
            if self.is_keyword_nth(1, Keyword::LAST) {
                self.defer(not_yet("FROM LAST"));
            }
            self.at += 2;
        }
        let mut ignore_nulls = false;
        if matches!(self.peek().keyword, Keyword::RESPECT | Keyword::IGNORE) && self.is_keyword_nth(1, Keyword::NULLS) {
            ignore_nulls = self.is_keyword(Keyword::IGNORE);
            if ignore_nulls {
                self.defer(not_yet("IGNORE NULLS"));
            }
            self.at += 2;
        }
        if !self.keyword(Keyword::OVER) {
            return Ok((None, ignore_nulls));
        }
        if self.is_op(Op::LParen) {
            return Ok((Some(Over::Spec(self.window_spec()?)), ignore_nulls));
        }
        Ok((Some(Over::Named(self.identifier()?)), ignore_nulls))
    }

    /// `[WINDOW name AS ( … ) {, …}]`.
    pub(super) fn window_clause(&mut self) -> Parsed<Vec<(Name, WindowSpec)>> {
        if !self.keyword(Keyword::WINDOW) {
            return Ok(Vec::new());
        }
        self.comma_list(|parser| {
            let name = parser.identifier()?;
            parser.expect_keyword(Keyword::AS)?;
            Ok((name, parser.window_spec()?))
        })
    }

    fn window_spec(&mut self) -> Parsed<WindowSpec> {
        self.expect_op(Op::LParen)?;
        let mut spec = WindowSpec::default();
        if self.as_identifier(self.peek()).is_some() {
            spec.base = Some(self.identifier()?);
        }
        if self.keyword(Keyword::PARTITION) {
            self.expect_keyword(Keyword::BY)?;
            spec.partition_by = self.comma_list(Self::expression)?;
        }
        spec.order_by = self.order_by()?;
        spec.frame = self.frame()?;
        self.expect_op(Op::RParen)?;
        Ok(spec)
    }

    fn frame(&mut self) -> Parsed<Option<Frame>> {
        let rows = match self.peek().keyword {
            Keyword::ROWS => true,
            Keyword::RANGE => false,
            Keyword::GROUPS => {
                self.defer(not_yet("GROUPS"));
                false
            }
            _ => return Ok(None),
        };
        self.at += 1;
        let frame = if self.keyword(Keyword::BETWEEN) {
            let start = self.frame_bound()?;
            self.expect_keyword(Keyword::AND)?;
            Frame { rows, start, end: Some(self.frame_bound()?) }
        } else {
            let token = self.peek();
            let start = self.frame_bound()?;
            if matches!(start, FrameBound::Following(_) | FrameBound::UnboundedFollowing) {
                return self.error_at(token);
            }
            Frame { rows, start, end: None }
        };
        if self.is_keyword(Keyword::EXCLUDE) {
            self.defer(not_yet("EXCLUDE"));
            while !self.is_op(Op::RParen) && self.peek().kind != Kind::End {
                self.at += 1;
            }
        }
        Ok(Some(frame))
    }

    fn frame_bound(&mut self) -> Parsed<FrameBound> {
        if self.keywords(Keyword::CURRENT, Keyword::ROW) {
            return Ok(FrameBound::CurrentRow);
        }
        if self.keyword(Keyword::UNBOUNDED) {
            if self.keyword(Keyword::PRECEDING) {
                return Ok(FrameBound::UnboundedPreceding);
            }
            self.expect_keyword(Keyword::FOLLOWING)?;
            return Ok(FrameBound::UnboundedFollowing);
        }
        let amount = Box::new(self.frame_amount()?);
        if self.keyword(Keyword::PRECEDING) {
            return Ok(FrameBound::Preceding(amount));
        }
        self.expect_keyword(Keyword::FOLLOWING)?;
        Ok(FrameBound::Following(amount))
    }

    fn frame_amount(&mut self) -> Parsed<Expr> {
        let token = self.peek();
        if token.keyword == Keyword::INTERVAL {
            self.at += 1;
            let amount = Box::new(self.expression()?);
            let unit = self.interval_unit()?;
            // A bare interval: date addition without a date.
            let date = Box::new(Expr::Literal(super::ast::Literal::Null));
            return Ok(Expr::DateAdd { date, amount, unit, subtract: false });
        }
        if self.op(Op::Question) {
            return Ok(Expr::Parameter);
        }
        if token.kind != Kind::Number {
            return self.error();
        }
        self.at += 1;
        Ok(self.number_literal(token))
    }
}
