//! Query expressions: WITH, SELECT, set operations, ORDER BY, LIMIT, locking (spec 09 §6.4, §6.8).

use super::ast::{
    Cte, Expr, IntoTarget, Limit, Literal, OrderItem, QueryBody, QueryExpr, RowLock, Select, SelectItem, SelectOptions,
    SetOperator, With,
};
use super::cursor::{CHAIN_LIMIT, Parsed, Parser};
use super::error::{incorrect_usage, too_deep};
use super::token::{Kind, Op};
use crate::error::ServerError;
use sqlparser::keywords::Keyword;
use std::sync::Arc;

impl Parser<'_> {
    /// A query expression as a whole statement or behind INSERT: locking and INTO may follow.
    pub(super) fn query_statement(&mut self) -> Parsed<QueryExpr> {
        let mut query = self.query_expr()?;
        self.query_tail(&mut query)?;
        Ok(query)
    }

    /// `( query )` as an operand; the span is that of the text within the parentheses.
    pub(super) fn subquery(&mut self) -> Parsed<Arc<QueryExpr>> {
        self.expect_op(Op::LParen)?;
        let mut query = self.query_expr()?;
        if self.is_keyword(Keyword::INTO) {
            return Err(misplaced_into());
        }
        self.query_tail(&mut query)?;
        query.span = self.span_from(query.span.start);
        self.expect_op(Op::RParen)?;
        Ok(Arc::new(query))
    }

    pub(super) fn query_expr(&mut self) -> Parsed<QueryExpr> {
        self.deeper(|parser| {
            let start = parser.peek().start;
            let with = if parser.is_keyword(Keyword::WITH) { Some(parser.with_clause()?) } else { None };
            parser.query_behind_with(with, start)
        })
    }

    pub(super) fn query_behind_with(&mut self, with: Option<With>, start: u32) -> Parsed<QueryExpr> {
        let body = self.query_body()?;
        let order_by = self.order_by()?;
        let limit = self.limit()?;
        let span = self.span(start, self.previous_end());
        Ok(QueryExpr { with, body, order_by, limit, locking: false, span })
    }

    fn span_from(&self, start: u32) -> super::ast::Span {
        super::ast::Span { start, end: self.span(0, self.previous_end()).end }
    }

    /// INTO and locking clauses behind a query expression.
    pub(super) fn query_tail(&mut self, query: &mut QueryExpr) -> Parsed<()> {
        loop {
            if self.is_keyword(Keyword::FOR) || self.is_keyword(Keyword::LOCK) {
                self.locking_clause()?;
                query.locking = true;
            } else if self.is_keyword(Keyword::INTO) {
                self.skip_into()?;
            } else {
                return Ok(());
            }
        }
    }

    fn locking_clause(&mut self) -> Parsed<()> {
        if self.keyword(Keyword::LOCK) {
            self.expect_keyword(Keyword::IN)?;
            self.expect_keyword(Keyword::SHARE)?;
            self.locks = self.locks.max(Some(RowLock::Share));
            return self.expect_keyword(Keyword::MODE);
        }
        self.at += 1;
        let lock = if self.keyword(Keyword::UPDATE) {
            RowLock::Update
        } else {
            self.expect_keyword(Keyword::SHARE)?;
            RowLock::Share
        };
        self.locks = self.locks.max(Some(lock));
        if self.keyword(Keyword::OF) {
            self.comma_list(Self::table_name)?;
        }
        if !self.keyword(Keyword::NOWAIT) && self.keyword(Keyword::SKIP) {
            self.expect_keyword(Keyword::LOCKED)?;
        }
        Ok(())
    }

    fn skip_into(&mut self) -> Parsed<()> {
        self.at += 1;
        if self.word("OUTFILE") || self.word("DUMPFILE") {
            self.string()?;
            self.into = Some(IntoTarget::File);
            return Ok(());
        }
        self.into = Some(IntoTarget::Variables);
        self.comma_list(|parser| if parser.is_op(Op::At) { parser.user_variable_name() } else { parser.identifier() })?;
        Ok(())
    }

    pub(super) fn with_clause(&mut self) -> Parsed<With> {
        self.expect_keyword(Keyword::WITH)?;
        let recursive = self.keyword(Keyword::RECURSIVE);
        let ctes = self.comma_list(|parser| {
            let name = parser.identifier()?;
            let columns = parser.optional_column_list()?;
            parser.expect_keyword(Keyword::AS)?;
            Ok(Cte { name, columns, query: parser.subquery()? })
        })?;
        for (no, cte) in ctes.iter().enumerate() {
            if ctes[..no].iter().any(|other| other.name == cte.name) {
                return Err(ServerError::new(1066, "42000", format!("Not unique table/alias: '{}'", cte.name)));
            }
        }
        Ok(With { recursive, ctes })
    }

    // UNION and EXCEPT bind weaker than INTERSECT; all group to the left.
    fn query_body(&mut self) -> Parsed<QueryBody> {
        let mut left = self.intersection()?;
        for _ in 0..CHAIN_LIMIT {
            let operator = match self.peek().keyword {
                Keyword::UNION => SetOperator::Union,
                Keyword::EXCEPT => SetOperator::Except,
                _ => return Ok(left),
            };
            left = self.set_operation(operator, left, Self::intersection)?;
        }
        Err(too_deep(CHAIN_LIMIT))
    }

    fn intersection(&mut self) -> Parsed<QueryBody> {
        let mut left = self.query_primary()?;
        for _ in 0..CHAIN_LIMIT {
            if !self.is_keyword(Keyword::INTERSECT) {
                return Ok(left);
            }
            left = self.set_operation(SetOperator::Intersect, left, Self::query_primary)?;
        }
        Err(too_deep(CHAIN_LIMIT))
    }

    fn set_operation(
        &mut self,
        operator: SetOperator,
        left: QueryBody,
        operand: impl FnOnce(&mut Self) -> Parsed<QueryBody>,
    ) -> Parsed<QueryBody> {
        self.at += 1;
        let distinct = !self.keyword(Keyword::ALL);
        if distinct {
            self.keyword(Keyword::DISTINCT);
        }
        let right = operand(self)?;
        Ok(QueryBody::SetOperation { operator, distinct, left: Box::new(left), right: Box::new(right) })
    }

    fn query_primary(&mut self) -> Parsed<QueryBody> {
        let token = self.peek();
        match token.keyword {
            Keyword::SELECT => Ok(QueryBody::Select(Box::new(self.select()?))),
            Keyword::VALUES => {
                self.at += 1;
                Ok(QueryBody::Values(self.comma_list(Self::row_constructor)?))
            }
            Keyword::TABLE => {
                self.at += 1;
                Ok(QueryBody::Table(self.table_name()?))
            }
            _ if token.kind == Kind::Op(Op::LParen) => {
                self.at += 1;
                let mut query = self.query_expr()?;
                self.query_tail(&mut query)?;
                self.expect_op(Op::RParen)?;
                Ok(QueryBody::Parens(Box::new(query)))
            }
            _ => self.error(),
        }
    }

    fn row_constructor(&mut self) -> Parsed<Vec<Expr>> {
        self.expect_keyword(Keyword::ROW)?;
        self.expect_op(Op::LParen)?;
        if self.op(Op::RParen) {
            let text =
                "Each row of a VALUES clause must have at least one column, unless when used as source in an INSERT statement.";
            self.defer(ServerError::new(3942, "HY000", text));
            return Ok(Vec::new());
        }
        let row = self.comma_list(Self::expression_or_default)?;
        self.expect_op(Op::RParen)?;
        Ok(row)
    }

    fn select(&mut self) -> Parsed<Select> {
        let start = self.peek().start;
        self.at += 1;
        let hints = self.hint_comment();
        let options = self.select_options()?;
        let items = self.select_items()?;
        if self.is_keyword(Keyword::INTO) {
            self.skip_into()?;
        }
        let from = self.tables_clause()?;
        let where_ = self.optional_clause(Keyword::WHERE)?;
        let (group_by, rollup) = self.group_by()?;
        let having = self.optional_clause(Keyword::HAVING)?;
        let windows = self.window_clause()?;
        self.finish_hints(&hints);
        let span = self.span(start, self.previous_end());
        Ok(Select { hints, options, items, from, where_, group_by, rollup, having, windows, span })
    }

    fn tables_clause(&mut self) -> Parsed<Vec<super::ast::TableExpr>> {
        if !self.keyword(Keyword::FROM) {
            return Ok(Vec::new());
        }
        if self.word("DUAL") {
            return Ok(Vec::new());
        }
        self.comma_list(Self::table_reference)
    }

    /// A clause of one keyword and one expression.
    pub(super) fn optional_clause(&mut self, keyword: Keyword) -> Parsed<Option<Expr>> {
        if self.keyword(keyword) { Ok(Some(self.expression()?)) } else { Ok(None) }
    }

    fn select_options(&mut self) -> Parsed<SelectOptions> {
        let mut options = SelectOptions::default();
        let mut all = false;
        loop {
            match self.peek().keyword {
                Keyword::ALL => all = true,
                Keyword::DISTINCT | Keyword::DISTINCTROW => options.distinct = true,
                Keyword::HIGH_PRIORITY => options.high_priority = true,
                Keyword::STRAIGHT_JOIN => options.straight_join = true,
                Keyword::SQL_SMALL_RESULT => options.sql_small_result = true,
                Keyword::SQL_BIG_RESULT => options.sql_big_result = true,
                Keyword::SQL_BUFFER_RESULT => options.sql_buffer_result = true,
                Keyword::SQL_NO_CACHE => {
                    options.sql_no_cache = true;
                    self.warn(1681, "'SQL_NO_CACHE' is deprecated and will be removed in a future release.");
                }
                Keyword::SQL_CALC_FOUND_ROWS => {
                    options.sql_calc_found_rows = true;
                    self.warn(
                        1287,
                        "SQL_CALC_FOUND_ROWS is deprecated and will be removed in a future release. Consider using two separate \
                         queries instead.",
                    );
                }
                _ => break,
            }
            self.at += 1;
        }
        if all && options.distinct {
            self.defer(incorrect_usage("ALL", "DISTINCT"));
        }
        Ok(options)
    }

    fn select_items(&mut self) -> Parsed<Vec<SelectItem>> {
        let mut items = Vec::with_capacity(4);
        if self.op(Op::Mul) {
            items.push(SelectItem::Wildcard);
            if !self.op(Op::Comma) {
                return Ok(items);
            }
        }
        loop {
            items.push(self.select_item()?);
            if !self.op(Op::Comma) {
                return Ok(items);
            }
        }
    }

    fn select_item(&mut self) -> Parsed<SelectItem> {
        if let Some(table) = self.table_wildcard() {
            return Ok(SelectItem::TableWildcard(table));
        }
        let first = self.peek();
        let expr = self.expression()?;
        let span = self.span(first.start, self.previous_end());
        let mut alias = self.optional_alias(true)?;
        if alias.is_none() && first.kind == Kind::String && matches!(expr, Expr::Literal(Literal::String { .. })) {
            let last = self.previous_end();
            // Of adjacent strings only the first one names the column.
            if first.end != last {
                alias = Some(self.string_of(first));
            }
        }
        Ok(SelectItem::Expr { expr, alias, span })
    }

    /// `t.*` and `s.t.*`.
    fn table_wildcard(&mut self) -> Option<super::ast::ObjectName> {
        let first = self.as_identifier(self.peek())?;
        if !self.is_op_nth(1, Op::Dot) {
            return None;
        }
        if self.is_op_nth(2, Op::Mul) {
            self.at += 3;
            return Some(super::ast::ObjectName { schema: None, name: first });
        }
        if self.is_op_nth(3, Op::Dot) && self.is_op_nth(4, Op::Mul) {
            let token = self.peek_nth(2);
            let name = self.as_identifier(token).unwrap_or_else(|| self.slice(token).into());
            self.at += 5;
            return Some(super::ast::ObjectName { schema: Some(first), name });
        }
        None
    }

    /// `[AS] alias`; strings only where `strings`.
    pub(super) fn optional_alias(&mut self, strings: bool) -> Parsed<Option<super::ast::Name>> {
        if self.keyword(Keyword::AS) {
            return Ok(Some(if strings { self.identifier_or_string()? } else { self.identifier()? }));
        }
        match self.peek().kind {
            Kind::Word | Kind::Quoted => Ok(Some(self.identifier()?)),
            Kind::String if strings => Ok(Some(self.string()?)),
            _ => Ok(None),
        }
    }

    fn group_by(&mut self) -> Parsed<(Vec<OrderItem>, bool)> {
        if !self.keyword(Keyword::GROUP) {
            return Ok((Vec::new(), false));
        }
        self.expect_keyword(Keyword::BY)?;
        let list =
            self.comma_list(|parser| Ok(OrderItem { expr: parser.expression()?, descending: false, explicit_direction: false }))?;
        Ok((list, self.keywords(Keyword::WITH, Keyword::ROLLUP)))
    }

    /// `[ORDER BY …]`.
    pub(super) fn order_by(&mut self) -> Parsed<Vec<OrderItem>> {
        if !self.keyword(Keyword::ORDER) {
            return Ok(Vec::new());
        }
        self.expect_keyword(Keyword::BY)?;
        self.comma_list(|parser| {
            let expr = parser.expression()?;
            let descending = parser.keyword(Keyword::DESC);
            let explicit_direction = descending || parser.keyword(Keyword::ASC);
            Ok(OrderItem { expr, descending, explicit_direction })
        })
    }

    /// `[LIMIT n | LIMIT offset, n | LIMIT n OFFSET offset]`.
    pub(super) fn limit(&mut self) -> Parsed<Option<Limit>> {
        if !self.keyword(Keyword::LIMIT) {
            return Ok(None);
        }
        let first = self.limit_number()?;
        if self.op(Op::Comma) {
            return Ok(Some(Limit { count: self.limit_number()?, offset: Some(first) }));
        }
        let offset = if self.keyword(Keyword::OFFSET) { Some(self.limit_number()?) } else { None };
        Ok(Some(Limit { count: first, offset }))
    }

    pub(super) fn limit_number(&mut self) -> Parsed<Expr> {
        let token = self.peek();
        if self.op(Op::Question) {
            return Ok(Expr::Parameter);
        }
        if let Some(name) = self.as_identifier(token) {
            self.at += 1;
            self.defer(ServerError::new(1327, "42000", format!("Undeclared variable: {name}")));
            return Ok(Expr::Parameter);
        }
        self.unsigned()?;
        Ok(Expr::Literal(Literal::Integer(self.slice(token).into())))
    }

    /// `[( name {, name} )]`, not the parentheses of a query.
    pub(super) fn optional_column_list(&mut self) -> Parsed<Vec<super::ast::Name>> {
        if self.is_op(Op::LParen) { self.parenthesized_list(Self::identifier) } else { Ok(Vec::new()) }
    }
}

fn misplaced_into() -> ServerError {
    let text = "Misplaced INTO clause, INTO is not allowed inside subqueries, and must be placed at end of UNION clauses.";
    ServerError::new(3954, "HY000", text)
}
