//! FROM: tables, joins, derived tables, JSON_TABLE, index hints (spec 09 §2, §6.5).

use super::ast::{
    IndexHint, IndexHintKind, IndexHintScope, Join, JoinKind, JsonTable, JsonTableColumn, Name, TableExpr, TableFactor,
    TableSource,
};
use super::cursor::{Parsed, Parser};
use super::token::{Kind, Op};
use crate::error::ServerError;
use sqlparser::keywords::Keyword;
use std::sync::Arc;

/// Joins that one chain may have: far more than the 61 tables that the server joins.
const JOIN_LIMIT: usize = 200;

/// How a join was written.
struct JoinWords {
    kind: JoinKind,
    natural: bool,
    /// LEFT and RIGHT cannot go without ON or USING.
    needs_condition: bool,
}

impl Parser<'_> {
    /// One element of FROM: a table or a chain of joins.
    pub(super) fn table_reference(&mut self) -> Parsed<TableExpr> {
        self.deeper(|parser| {
            let left = parser.table_factor()?;
            parser.joins(left)
        })
    }

    fn joins(&mut self, mut left: TableExpr) -> Parsed<TableExpr> {
        for _ in 0..JOIN_LIMIT {
            let Some(words) = self.join_words()? else { return Ok(left) };
            left = self.join(left, &words)?;
        }
        Err(ServerError::new(1116, "HY000", "Too many tables; MySQL can only use 61 tables in a join"))
    }

    fn join_words(&mut self) -> Parsed<Option<JoinWords>> {
        let natural = self.keyword(Keyword::NATURAL);
        let token = self.peek();
        let kind = match token.keyword {
            Keyword::JOIN | Keyword::INNER => JoinKind::Inner,
            Keyword::CROSS if !natural => JoinKind::Inner,
            Keyword::STRAIGHT_JOIN if !natural => JoinKind::Straight,
            Keyword::LEFT => JoinKind::Left,
            Keyword::RIGHT => JoinKind::Right,
            _ if natural => return self.error(),
            _ => return Ok(None),
        };
        self.at += 1;
        let outer = matches!(kind, JoinKind::Left | JoinKind::Right);
        if outer {
            self.keyword(Keyword::OUTER);
        }
        if !matches!(token.keyword, Keyword::JOIN | Keyword::STRAIGHT_JOIN) {
            self.expect_keyword(Keyword::JOIN)?;
        }
        Ok(Some(JoinWords { kind, natural, needs_condition: outer && !natural }))
    }

    // `a JOIN b JOIN c ON x ON y` groups to the right: as long as a condition is still owed, joins belong to the right operand.
    fn join(&mut self, left: TableExpr, words: &JoinWords) -> Parsed<TableExpr> {
        let mut right = self.table_factor()?;
        if !words.natural {
            right = self.right_operand(right, words.needs_condition)?;
        }
        let mut join = Join { left, right, kind: words.kind, natural: words.natural, on: None, using: Vec::new() };
        if words.natural {
            return Ok(TableExpr::Join(Box::new(join)));
        }
        if !self.is_keyword_nth(1, Keyword::DUPLICATE) && self.keyword(Keyword::ON) {
            join.on = Some(self.expression()?);
        } else if self.keyword(Keyword::USING) {
            join.using = self.parenthesized_list(Self::identifier)?;
        } else if words.needs_condition {
            return self.error();
        }
        Ok(TableExpr::Join(Box::new(join)))
    }

    fn right_operand(&mut self, right: TableExpr, condition_needed: bool) -> Parsed<TableExpr> {
        let mut right = right;
        let mut count = 0;
        while self.starts_join() && (condition_needed || self.conditions_owed()) {
            count += 1;
            if count > JOIN_LIMIT {
                return Err(ServerError::new(1116, "HY000", "Too many tables; MySQL can only use 61 tables in a join"));
            }
            let Some(words) = self.join_words()? else { break };
            right = self.deeper(|parser| parser.join(right, &words))?;
        }
        Ok(right)
    }

    fn starts_join(&self) -> bool {
        matches!(
            self.peek().keyword,
            Keyword::JOIN
                | Keyword::INNER
                | Keyword::CROSS
                | Keyword::STRAIGHT_JOIN
                | Keyword::LEFT
                | Keyword::RIGHT
                | Keyword::NATURAL
        )
    }

    /// Looks ahead in this chain of joins: true if more conditions than joins stand in what follows, so that one is left for
    /// the join before.
    fn conditions_owed(&self) -> bool {
        let mut owed = 0i32;
        let mut at = 0;
        loop {
            let token = self.peek_nth(at);
            match token.keyword {
                Keyword::NATURAL => {
                    // NATURAL [LEFT [OUTER]] JOIN takes no condition.
                    while !matches!(self.peek_nth(at).keyword, Keyword::JOIN) && self.peek_nth(at).kind != Kind::End {
                        at += 1;
                    }
                }
                // `USE INDEX FOR JOIN (…)` joins nothing.
                Keyword::JOIN if at > 0 && self.is_keyword_nth(at - 1, Keyword::FOR) => {}
                Keyword::JOIN | Keyword::STRAIGHT_JOIN => owed += 1,
                Keyword::ON if self.is_keyword_nth(at + 1, Keyword::DUPLICATE) => return false,
                Keyword::ON | Keyword::USING => {
                    owed -= 1;
                    if owed < 0 {
                        return true;
                    }
                }
                Keyword::WHERE
                | Keyword::GROUP
                | Keyword::HAVING
                | Keyword::ORDER
                | Keyword::LIMIT
                | Keyword::UNION
                | Keyword::EXCEPT
                | Keyword::INTERSECT
                | Keyword::SET
                | Keyword::WINDOW => return false,
                _ => {}
            }
            match token.kind {
                Kind::Op(Op::LParen) if token.pair > 0 => at = token.pair as usize - self.at,
                Kind::Op(Op::RParen | Op::Comma) | Kind::End | Kind::Broken => return false,
                _ => {}
            }
            at += 1;
        }
    }

    fn table_factor(&mut self) -> Parsed<TableExpr> {
        if self.is_op(Op::LBrace) && self.is_outer_join_brace() {
            self.at += 2;
            let table = self.table_reference()?;
            self.expect_op(Op::RBrace)?;
            return Ok(table);
        }
        if self.keyword(Keyword::LATERAL) {
            return self.derived_table(true);
        }
        if self.query_in_parens(0) {
            return self.derived_table(false);
        }
        if self.op(Op::LParen) {
            let list = self.comma_list(Self::table_reference)?;
            self.expect_op(Op::RParen)?;
            return Ok(TableExpr::Nested(list));
        }
        if self.is_keyword(Keyword::JSON_TABLE) && self.is_op_nth(1, Op::LParen) {
            return self.json_table();
        }
        self.named_table()
    }

    fn is_outer_join_brace(&self) -> bool {
        self.slice(self.peek_nth(1)).eq_ignore_ascii_case("OJ")
    }

    fn named_table(&mut self) -> Parsed<TableExpr> {
        let name = self.table_name()?;
        let partitions = self.partition_list()?;
        let alias = self.table_alias()?;
        let index_hints = self.index_hints()?;
        Ok(TableExpr::Table(TableFactor {
            source: TableSource::Named(name),
            alias,
            columns: Vec::new(),
            partitions,
            index_hints,
        }))
    }

    /// `[PARTITION ( name {, name} )]`.
    pub(super) fn partition_list(&mut self) -> Parsed<Vec<Name>> {
        if self.is_keyword(Keyword::PARTITION) {
            self.at += 1;
            return self.parenthesized_list(Self::identifier);
        }
        Ok(Vec::new())
    }

    /// `[[AS] alias]` of a table; strings do not serve.
    pub(super) fn table_alias(&mut self) -> Parsed<Option<Name>> {
        self.optional_alias(false)
    }

    fn derived_table(&mut self, lateral: bool) -> Parsed<TableExpr> {
        let query = self.subquery()?;
        let alias = self.table_alias()?;
        if alias.is_none() && self.something_may_follow() {
            return Err(ServerError::new(1248, "42000", "Every derived table must have its own alias"));
        }
        let columns = if alias.is_some() { self.optional_column_list()? } else { Vec::new() };
        Ok(TableExpr::Table(TableFactor {
            source: TableSource::Derived { query, lateral },
            alias,
            columns,
            partitions: Vec::new(),
            index_hints: Vec::new(),
        }))
    }

    /// The missing alias is noticed at once, unless the next token fits nowhere behind a table.
    fn something_may_follow(&self) -> bool {
        use Keyword::*;
        let token = self.peek();
        let clause = matches!(
            token.keyword,
            WHERE | GROUP | HAVING | WINDOW | ORDER | LIMIT | UNION | EXCEPT | INTERSECT | ON | USING | FOR | LOCK | INTO | SET
        );
        let ends = matches!(token.kind, Kind::Op(Op::RParen | Op::Comma | Op::RBrace) | Kind::End);
        clause || ends || self.starts_join()
    }

    fn index_hints(&mut self) -> Parsed<Vec<IndexHint>> {
        let mut hints = Vec::new();
        loop {
            let kind = match self.peek().keyword {
                Keyword::USE => IndexHintKind::Use,
                Keyword::FORCE => IndexHintKind::Force,
                Keyword::IGNORE => IndexHintKind::Ignore,
                _ => return Ok(hints),
            };
            self.at += 1;
            if !self.keyword(Keyword::INDEX) {
                self.expect_keyword(Keyword::KEY)?;
            }
            let scope = self.index_hint_scope()?;
            self.expect_op(Op::LParen)?;
            let indexes = if kind == IndexHintKind::Use && self.is_op(Op::RParen) {
                Vec::new()
            } else {
                self.comma_list(Self::index_name)?
            };
            self.expect_op(Op::RParen)?;
            hints.push(IndexHint { kind, scope, indexes });
        }
    }

    fn index_hint_scope(&mut self) -> Parsed<IndexHintScope> {
        if !self.keyword(Keyword::FOR) {
            return Ok(IndexHintScope::All);
        }
        if self.keyword(Keyword::JOIN) {
            Ok(IndexHintScope::Join)
        } else if self.keywords(Keyword::ORDER, Keyword::BY) {
            Ok(IndexHintScope::OrderBy)
        } else if self.keywords(Keyword::GROUP, Keyword::BY) {
            Ok(IndexHintScope::GroupBy)
        } else {
            self.error()
        }
    }

    fn index_name(&mut self) -> Parsed<Name> {
        let token = self.peek();
        if self.keyword(Keyword::PRIMARY) {
            return Ok(self.slice(token).into());
        }
        self.identifier()
    }

    fn json_table(&mut self) -> Parsed<TableExpr> {
        self.at += 2;
        let document = self.expression()?;
        self.expect_op(Op::Comma)?;
        let path = self.string()?;
        let columns = self.json_table_columns()?;
        self.expect_op(Op::RParen)?;
        let alias = self.table_alias()?;
        if alias.is_none() && self.something_may_follow() {
            return Err(ServerError::new(3667, "42000", "Every table function must have an alias"));
        }
        Ok(TableExpr::Table(TableFactor {
            source: TableSource::JsonTable(Box::new(JsonTable { document, path, columns })),
            alias,
            columns: Vec::new(),
            partitions: Vec::new(),
            index_hints: Vec::new(),
        }))
    }

    fn json_table_columns(&mut self) -> Parsed<Vec<JsonTableColumn>> {
        self.expect_keyword(Keyword::COLUMNS)?;
        self.deeper(|parser| parser.parenthesized_list(Self::json_table_column))
    }

    fn json_table_column(&mut self) -> Parsed<JsonTableColumn> {
        if self.is_keyword(Keyword::NESTED) && matches!(self.peek_nth(1).kind, Kind::String | Kind::Word) {
            self.at += 1;
            self.keyword(Keyword::PATH);
            let path = self.string()?;
            return Ok(JsonTableColumn::Nested { path, columns: self.json_table_columns()? });
        }
        let name = self.identifier()?;
        if self.keyword(Keyword::FOR) {
            self.expect_keyword(Keyword::ORDINALITY)?;
            return Ok(JsonTableColumn::Ordinality(name));
        }
        let mut ty = self.column_type()?;
        if self.keyword(Keyword::COLLATE) {
            ty.collation = Some(self.identifier_or_string()?);
        }
        let exists = self.keyword(Keyword::EXISTS);
        self.expect_keyword(Keyword::PATH)?;
        let path = self.string()?;
        let (mut on_empty, mut on_error) = (None, None);
        while let Some(action) = self.json_action()? {
            self.expect_keyword(Keyword::ON)?;
            if self.keyword(Keyword::EMPTY) {
                on_empty = Some(action);
            } else {
                self.expect_keyword(Keyword::ERROR)?;
                on_error = Some(action);
            }
        }
        Ok(JsonTableColumn::Path { name, ty, path, exists, on_empty, on_error })
    }

    /// `NULL`, `ERROR` or `DEFAULT 'json'` before ON EMPTY and ON ERROR, as written.
    pub(super) fn json_action(&mut self) -> Parsed<Option<Arc<str>>> {
        if self.keyword(Keyword::NULL) {
            return Ok(Some("NULL".into()));
        }
        if self.keyword(Keyword::ERROR) {
            return Ok(Some("ERROR".into()));
        }
        if self.keyword(Keyword::DEFAULT) {
            let start = self.peek().start as usize;
            self.at += 1;
            let literal = &self.text[start..self.previous_end() as usize];
            return Ok(Some(format!("DEFAULT {literal}").into()));
        }
        Ok(None)
    }
}
