//! The outermost layer of a statement: EXPLAIN before it, SET, USE, and what is refused at once.

use super::ast::{ColumnName, ExplainFormat, Expr, Literal, Name, Statement, StatementKind};
use super::comment::expand_version_comments;
use super::cursor::{Parsed, Parser};
use super::error::{empty_query, not_yet, too_long};
use super::token::{Kind, Op, tokens};
use crate::catalog::Settings;
use crate::catalog::settings::SqlMode;
use crate::error::ServerError;
use sqlparser::keywords::Keyword;

/// Bytes that a statement may have.
const LENGTH_LIMIT: usize = 4 << 20;

/// Parses one statement (spec 09 §6, §7.1). A `;` at its end is allowed; an EXPLAIN before it too.
pub fn statement(text: &str, settings: &Settings) -> Result<Statement, ServerError> {
    statement_under(text, &settings.sql_mode, server_version(settings))
}

/// Parses one statement under SQL modes and for a server's version (8.0.39 is 80039).
pub(super) fn statement_under(text: &str, mode: &SqlMode, version: u32) -> Result<Statement, ServerError> {
    let blank = |c: char| matches!(c, ' ' | '\t' | '\n' | '\x0b' | '\x0c' | '\r' | ';');
    let text = text.trim_matches(blank);
    if text.len() > LENGTH_LIMIT {
        return Err(too_long(text.len(), LENGTH_LIMIT));
    }
    let text = expand_version_comments(text, version);
    let tokens = tokens(&text, mode);
    if tokens.len() <= 1 {
        return Err(empty_query());
    }
    let mut parser = Parser::new(&text, tokens, *mode);
    let explain = parser.explain()?;
    let kind = parser.kind()?;
    if parser.peek().kind != Kind::End {
        return parser.error();
    }
    if let Some(error) = parser.deferred {
        return Err(error);
    }
    Ok(Statement {
        text: text[parser.base as usize..].into(),
        explain,
        kind,
        warnings: parser.warnings,
        variables: parser.variables,
        locks: parser.locks,
        into: parser.into,
    })
}

impl Parser<'_> {
    fn explain(&mut self) -> Parsed<Option<ExplainFormat>> {
        if !matches!(self.peek().keyword, Keyword::EXPLAIN | Keyword::DESCRIBE | Keyword::DESC) {
            return Ok(None);
        }
        self.at += 1;
        let mut format = if self.keyword(Keyword::ANALYZE) { ExplainFormat::Analyze } else { ExplainFormat::Default };
        if self.is_keyword(Keyword::FORMAT) && self.is_op_nth(1, Op::Eq) {
            self.at += 2;
            let named = self.explain_format()?;
            format = match (format, named) {
                (ExplainFormat::Analyze, ExplainFormat::Tree) => ExplainFormat::Analyze,
                (ExplainFormat::Analyze, ExplainFormat::Json) => {
                    self.defer(not_yet("EXPLAIN ANALYZE with JSON format"));
                    ExplainFormat::Analyze
                }
                (ExplainFormat::Analyze, _) => {
                    self.defer(not_yet("EXPLAIN ANALYZE with TRADITIONAL format"));
                    ExplainFormat::Analyze
                }
                (_, named) => named,
            };
        }
        self.base = self.peek().start;
        Ok(Some(format))
    }

    fn explain_format(&mut self) -> Parsed<ExplainFormat> {
        let name = self.identifier_or_string()?;
        match name.to_ascii_uppercase().as_str() {
            "TRADITIONAL" => Ok(ExplainFormat::Traditional),
            "JSON" => Ok(ExplainFormat::Json),
            "TREE" => Ok(ExplainFormat::Tree),
            _ => Err(ServerError::new(1791, "HY000", format!("Unknown EXPLAIN format name: '{name}'"))),
        }
    }

    fn kind(&mut self) -> Parsed<StatementKind> {
        let token = self.peek();
        match token.keyword {
            Keyword::SELECT | Keyword::VALUES | Keyword::TABLE => Ok(StatementKind::Select(self.query_statement()?)),
            Keyword::WITH => self.with_statement(),
            Keyword::INSERT | Keyword::REPLACE => Ok(StatementKind::Insert(self.insert()?)),
            Keyword::UPDATE => Ok(StatementKind::Update(self.update(None)?)),
            Keyword::DELETE => Ok(StatementKind::Delete(self.delete(None)?)),
            Keyword::SET if self.base == 0 => self.set(),
            Keyword::USE if self.base == 0 => {
                self.at += 1;
                Ok(StatementKind::Use(self.identifier()?))
            }
            _ if token.kind == Kind::Op(Op::LParen) => Ok(StatementKind::Select(self.query_statement()?)),
            _ if self.base > 0 && self.as_identifier(token).is_some() => self.describe(),
            _ => self.error(),
        }
    }

    // `EXPLAIN table [column]` is another statement; what follows an unknown verb is where the server stumbles.
    fn describe(&mut self) -> Parsed<StatementKind> {
        self.table_name()?;
        if matches!(self.peek().kind, Kind::Word | Kind::Quoted | Kind::String) {
            self.at += 1;
        }
        if self.peek().kind != Kind::End {
            return self.error();
        }
        Err(not_yet("DESCRIBE of a table: the columns are in SHOW CREATE TABLE of the bundle"))
    }

    fn with_statement(&mut self) -> Parsed<StatementKind> {
        let start = self.peek().start;
        let with = self.with_clause()?;
        match self.peek().keyword {
            Keyword::UPDATE => Ok(StatementKind::Update(self.update(Some(with))?)),
            Keyword::DELETE => Ok(StatementKind::Delete(self.delete(Some(with))?)),
            _ => {
                let mut query = self.query_behind_with(Some(with), start)?;
                self.query_tail(&mut query)?;
                Ok(StatementKind::Select(query))
            }
        }
    }

    fn set(&mut self) -> Parsed<StatementKind> {
        self.at += 1;
        if self.keyword(Keyword::NAMES) {
            let charset = self.identifier_or_string()?;
            let value = Expr::Literal(Literal::String { value: charset, introducer: None, national: false });
            return Ok(StatementKind::Set(vec![("names".into(), value)]));
        }
        Ok(StatementKind::Set(self.comma_list(Self::assignment)?))
    }

    fn assignment(&mut self) -> Parsed<(Name, Expr)> {
        let name = if self.op(Op::AtAt) {
            let name = self.identifier()?;
            if is_scope(&name) && self.op(Op::Dot) { self.identifier()? } else { name }
        } else if self.is_op(Op::At) {
            let name = self.user_variable_name()?;
            format!("@{name}").into()
        } else {
            let first = self.identifier()?;
            if is_scope(&first) && self.peek().kind == Kind::Word { self.identifier()? } else { first }
        };
        if !self.op(Op::Eq) {
            self.expect_op(Op::Assign)?;
        }
        let token = self.peek();
        // Reserved words serve as values of variables: ON, DEFAULT, ALL, BINARY.
        if token.kind == Kind::Reserved && matches!(self.peek_nth(1).kind, Kind::End | Kind::Op(Op::Comma)) {
            self.at += 1;
            let column = ColumnName { schema: None, table: None, column: self.slice(token).into() };
            return Ok((name, Expr::Column(column)));
        }
        Ok((name, self.expression()?))
    }
}

/// The server's version as version comments count it: 8.0.39 is 80039.
fn server_version(settings: &Settings) -> u32 {
    let mut parts = settings.variables.get("version").map_or("8.0.39", |v| v.as_str()).split(['.', '-']);
    let mut part = || parts.next().and_then(|p| p.parse::<u32>().ok()).unwrap_or(0);
    part() * 10_000 + part() * 100 + part()
}

fn is_scope(word: &str) -> bool {
    ["global", "session", "local", "persist", "persist_only"].iter().any(|scope| word.eq_ignore_ascii_case(scope))
}
