//! INSERT, REPLACE, UPDATE, DELETE (spec 09 §6.7).

use super::ast::{ColumnName, Delete, Expr, Insert, InsertSource, ObjectName, TableExpr, TableFactor, TableSource, Update, With};
use super::cursor::{Parsed, Parser};
use super::error::incorrect_usage;
use super::token::Op;
use sqlparser::keywords::Keyword;

impl Parser<'_> {
    pub(super) fn insert(&mut self) -> Parsed<Insert> {
        let replace = self.is_keyword(Keyword::REPLACE);
        self.at += 1;
        let hints = self.hint_comment();
        if matches!(self.peek().keyword, Keyword::LOW_PRIORITY | Keyword::DELAYED)
            || !replace && self.is_keyword(Keyword::HIGH_PRIORITY)
        {
            self.at += 1;
        }
        let ignore = !replace && self.keyword(Keyword::IGNORE);
        self.keyword(Keyword::INTO);
        let table = self.table_name()?;
        let partitions = self.partition_list()?;
        let mut columns = Vec::new();
        let source = if self.keyword(Keyword::SET) {
            let (names, row) = self.assignments()?.into_iter().unzip::<ColumnName, Expr, Vec<_>, Vec<_>>();
            columns = names.into_iter().map(|name| name.column).collect();
            InsertSource::Values(vec![row])
        } else {
            if self.is_op(Op::LParen) && !self.query_in_parens(0) {
                columns = self.insert_columns()?;
            }
            self.insert_source()?
        };
        let row_alias = self.row_alias(replace, &source)?;
        let on_duplicate = if !replace && self.keywords(Keyword::ON, Keyword::DUPLICATE) {
            self.expect_keyword(Keyword::KEY)?;
            self.expect_keyword(Keyword::UPDATE)?;
            self.assignments()?
        } else {
            Vec::new()
        };
        self.finish_hints(&hints);
        Ok(Insert { hints, replace, ignore, table, partitions, columns, source, row_alias, on_duplicate })
    }

    fn insert_columns(&mut self) -> Parsed<Vec<super::ast::Name>> {
        self.at += 1;
        if self.op(Op::RParen) {
            return Ok(Vec::new());
        }
        let columns = self.comma_list(Self::column_name)?;
        self.expect_op(Op::RParen)?;
        Ok(columns.into_iter().map(|name| name.column).collect())
    }

    fn insert_source(&mut self) -> Parsed<InsertSource> {
        let rows_follow = self.is_keyword_nth(1, Keyword::ROW) || self.is_op_nth(1, Op::LParen);
        if !matches!(self.peek().keyword, Keyword::VALUES | Keyword::VALUE) || !rows_follow {
            return Ok(InsertSource::Query(self.query_statement()?));
        }
        self.at += 1;
        let rows = self.comma_list(|parser| {
            parser.keyword(Keyword::ROW);
            parser.expect_op(Op::LParen)?;
            if parser.op(Op::RParen) {
                return Ok(Vec::new());
            }
            let row = parser.comma_list(Self::expression_or_default)?;
            parser.expect_op(Op::RParen)?;
            Ok(row)
        })?;
        Ok(InsertSource::Values(rows))
    }

    fn row_alias(&mut self, replace: bool, source: &InsertSource) -> Parsed<Option<(super::ast::Name, Vec<super::ast::Name>)>> {
        if replace || !matches!(source, InsertSource::Values(_)) || !self.keyword(Keyword::AS) {
            return Ok(None);
        }
        let alias = self.identifier()?;
        Ok(Some((alias, self.optional_column_list()?)))
    }

    fn assignments(&mut self) -> Parsed<Vec<(ColumnName, Expr)>> {
        self.comma_list(|parser| {
            let column = parser.column_name()?;
            if !parser.op(Op::Eq) {
                parser.expect_op(Op::Assign)?;
            }
            Ok((column, parser.expression_or_default()?))
        })
    }

    pub(super) fn update(&mut self, with: Option<With>) -> Parsed<Update> {
        self.at += 1;
        let hints = self.hint_comment();
        self.keyword(Keyword::LOW_PRIORITY);
        let ignore = self.keyword(Keyword::IGNORE);
        let tables = self.comma_list(Self::table_reference)?;
        self.expect_keyword(Keyword::SET)?;
        let assignments = self.assignments()?;
        let where_ = self.optional_clause(Keyword::WHERE)?;
        let order_by = self.order_by()?;
        let limit = self.plain_limit()?;
        if !matches!(tables.as_slice(), [TableExpr::Table(_)]) {
            if !order_by.is_empty() {
                self.defer(incorrect_usage("UPDATE", "ORDER BY"));
            } else if limit.is_some() {
                self.defer(incorrect_usage("UPDATE", "LIMIT"));
            }
        }
        self.finish_hints(&hints);
        Ok(Update { with, hints, ignore, tables, assignments, where_, order_by, limit })
    }

    // One number, no OFFSET.
    fn plain_limit(&mut self) -> Parsed<Option<super::ast::Limit>> {
        if !self.keyword(Keyword::LIMIT) {
            return Ok(None);
        }
        Ok(Some(super::ast::Limit { count: self.limit_number()?, offset: None }))
    }

    pub(super) fn delete(&mut self, with: Option<With>) -> Parsed<Delete> {
        self.at += 1;
        let hints = self.hint_comment();
        let mut delete = Delete {
            with,
            hints,
            ignore: false,
            quick: false,
            targets: Vec::new(),
            tables: Vec::new(),
            where_: None,
            order_by: Vec::new(),
            limit: None,
        };
        loop {
            if self.keyword(Keyword::IGNORE) {
                delete.ignore = true;
            } else if self.is_word("QUICK") && self.as_identifier(self.peek_nth(1)).is_none_or(|_| !self.is_op_nth(1, Op::Dot)) {
                self.at += 1;
                delete.quick = true;
            } else if !self.keyword(Keyword::LOW_PRIORITY) {
                break;
            }
        }
        if !self.keyword(Keyword::FROM) {
            delete.targets = self.comma_list(Self::delete_target)?;
            self.expect_keyword(Keyword::FROM)?;
            delete.tables = self.comma_list(Self::table_reference)?;
            delete.where_ = self.optional_clause(Keyword::WHERE)?;
        } else {
            delete = self.delete_from(delete)?;
        }
        self.finish_hints(&delete.hints);
        Ok(delete)
    }

    // Behind FROM stand targets if USING follows them, else the one table of the short form.
    fn delete_from(&mut self, mut delete: Delete) -> Parsed<Delete> {
        let begin = self.at;
        let targets = self.comma_list(Self::delete_target);
        if self.keyword(Keyword::USING) {
            delete.targets = targets?;
            delete.tables = self.comma_list(Self::table_reference)?;
            delete.where_ = self.optional_clause(Keyword::WHERE)?;
            return Ok(delete);
        }
        self.at = begin;
        let name = self.table_name()?;
        let alias = self.table_alias()?;
        let partitions = self.partition_list()?;
        delete.tables.push(TableExpr::Table(TableFactor {
            source: TableSource::Named(name),
            alias,
            columns: Vec::new(),
            partitions,
            index_hints: Vec::new(),
        }));
        delete.where_ = self.optional_clause(Keyword::WHERE)?;
        delete.order_by = self.order_by()?;
        delete.limit = self.plain_limit()?;
        Ok(delete)
    }

    // `[schema.]t[.*]`
    fn delete_target(&mut self) -> Parsed<ObjectName> {
        let mut name = ObjectName { schema: None, name: self.identifier()? };
        while self.op(Op::Dot) {
            if self.op(Op::Mul) {
                break;
            }
            name = ObjectName { schema: Some(name.name), name: self.identifier_behind_point()? };
        }
        Ok(name)
    }
}
