//! The parser's place in a statement, and the small questions that all of the grammar asks.

use super::ast::{Hint, HintArguments, IntoTarget, Name, ObjectName, ParseWarning, RowLock, Span, VariableAssignment};
use super::error::{syntax_error, too_deep};
use super::literal::{quoted_name, string_value};
use super::token::{Kind, Op, Token};
use crate::catalog::settings::SqlMode;
use crate::error::ServerError;
use sqlparser::keywords::Keyword;
use std::sync::Arc;

/// Results of the grammar.
pub(super) type Parsed<T> = Result<T, ServerError>;

/// Levels of nesting that a statement may have: every stage after this one walks trees by recursion.
pub(super) const DEPTH_LIMIT: usize = 200;

/// Operands that a chain of left-associative operators may have: it makes a tree of that depth.
pub(super) const CHAIN_LIMIT: usize = 500;

/// A parser on its way through one statement.
pub(super) struct Parser<'a> {
    /// The statement.
    pub(super) text: &'a str,
    pub(super) tokens: Vec<Token>,
    pub(super) at: usize,
    pub(super) mode: SqlMode,
    pub(super) warnings: Vec<ParseWarning>,
    pub(super) variables: Vec<VariableAssignment>,
    /// The first error that the server would find after the whole statement has passed the grammar (spec 09 §7.3).
    pub(super) deferred: Option<ServerError>,
    pub(super) locks: Option<RowLock>,
    pub(super) into: Option<IntoTarget>,
    /// Bytes before the explained statement, which spans do not count.
    pub(super) base: u32,
    depth: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, tokens: Vec<Token>, mode: SqlMode) -> Self {
        Parser {
            text,
            tokens,
            at: 0,
            mode,
            warnings: Vec::new(),
            variables: Vec::new(),
            deferred: None,
            locks: None,
            into: None,
            base: 0,
            depth: 0,
        }
    }

    /// Runs a part of the grammar one level deeper.
    pub(super) fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= DEPTH_LIMIT {
            return Err(too_deep(DEPTH_LIMIT));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    // The list ends with End, behind which nothing moves.
    fn token_at(&self, at: usize) -> Token {
        const NOTHING: Token = Token { kind: Kind::End, keyword: Keyword::NoKeyword, start: 0, end: 0, pair: 0 };
        self.tokens.get(at).or(self.tokens.last()).copied().unwrap_or(NOTHING)
    }

    /// The next token.
    pub(super) fn peek(&self) -> Token {
        self.token_at(self.at)
    }

    /// The token `n` places behind the next one.
    pub(super) fn peek_nth(&self, n: usize) -> Token {
        self.token_at(self.at + n)
    }

    /// Takes the next token.
    pub(super) fn next(&mut self) -> Token {
        let token = self.peek();
        if token.kind != Kind::End {
            self.at += 1;
        }
        token
    }

    /// End of the token before the next one.
    pub(super) fn previous_end(&self) -> u32 {
        self.at.checked_sub(1).map_or(0, |at| self.token_at(at).end)
    }

    /// Text of a token.
    pub(super) fn slice(&self, token: Token) -> &'a str {
        &self.text[token.start as usize..token.end as usize]
    }

    /// Bytes `start..end` as a span of the explained statement.
    pub(super) fn span(&self, start: u32, end: u32) -> Span {
        Span { start: start.saturating_sub(self.base), end: end.saturating_sub(self.base) }
    }

    /// 1064 at the next token.
    pub(super) fn error<T>(&self) -> Parsed<T> {
        Err(syntax_error(self.text, self.peek().start as usize))
    }

    /// 1064 at a token.
    pub(super) fn error_at<T>(&self, token: Token) -> Parsed<T> {
        Err(syntax_error(self.text, token.start as usize))
    }

    /// Notes an error that shows only if the rest of the statement is well-formed.
    pub(super) fn defer(&mut self, error: ServerError) {
        self.deferred.get_or_insert(error);
    }

    /// Notes the SET_VAR hints of a block that is finished.
    pub(super) fn finish_hints(&mut self, hints: &[Hint]) {
        for hint in hints {
            if let HintArguments::Variable { name, value, quoted } = &hint.arguments {
                let (name, value) = (name.clone(), value.clone());
                self.variables.push(VariableAssignment { name, value, quoted: *quoted });
            }
        }
    }

    pub(super) fn warn(&mut self, code: u16, text: impl Into<String>) {
        self.warnings.push(ParseWarning { code, text: text.into() });
    }

    /// 1287 for a construct and what to use instead.
    pub(super) fn warn_deprecated(&mut self, what: &str, instead: &str) {
        self.warn(1287, format!("'{what}' is deprecated and will be removed in a future release. Please use {instead} instead"));
    }

    pub(super) fn is_keyword(&self, keyword: Keyword) -> bool {
        self.peek().keyword == keyword
    }

    pub(super) fn is_keyword_nth(&self, n: usize, keyword: Keyword) -> bool {
        self.peek_nth(n).keyword == keyword
    }

    /// Takes the keyword if it is next.
    pub(super) fn keyword(&mut self, keyword: Keyword) -> bool {
        let found = self.is_keyword(keyword);
        if found {
            self.at += 1;
        }
        found
    }

    /// Takes two keywords if both are next.
    pub(super) fn keywords(&mut self, first: Keyword, second: Keyword) -> bool {
        let found = self.is_keyword(first) && self.is_keyword_nth(1, second);
        if found {
            self.at += 2;
        }
        found
    }

    pub(super) fn expect_keyword(&mut self, keyword: Keyword) -> Parsed<()> {
        if self.keyword(keyword) { Ok(()) } else { self.error() }
    }

    /// True if the next token is this unquoted word; for words that sqlparser has no keyword for.
    pub(super) fn is_word(&self, word: &str) -> bool {
        let token = self.peek();
        matches!(token.kind, Kind::Word | Kind::Reserved) && self.slice(token).eq_ignore_ascii_case(word)
    }

    pub(super) fn word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.at += 1;
        }
        found
    }

    pub(super) fn is_op(&self, op: Op) -> bool {
        self.peek().kind == Kind::Op(op)
    }

    pub(super) fn is_op_nth(&self, n: usize, op: Op) -> bool {
        self.peek_nth(n).kind == Kind::Op(op)
    }

    /// Takes the operator if it is next.
    pub(super) fn op(&mut self, op: Op) -> bool {
        let found = self.is_op(op);
        if found {
            self.at += 1;
        }
        found
    }

    pub(super) fn expect_op(&mut self, op: Op) -> Parsed<()> {
        if self.op(op) { Ok(()) } else { self.error() }
    }

    /// `element {, element}`.
    pub(super) fn comma_list<T>(&mut self, mut element: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut list = vec![element(self)?];
        while self.op(Op::Comma) {
            list.push(element(self)?);
        }
        Ok(list)
    }

    /// `( element {, element} )`.
    pub(super) fn parenthesized_list<T>(&mut self, element: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        self.expect_op(Op::LParen)?;
        let list = self.comma_list(element)?;
        self.expect_op(Op::RParen)?;
        Ok(list)
    }

    /// The token as a name, if it may be one where a reserved word may not.
    pub(super) fn as_identifier(&self, token: Token) -> Option<Name> {
        match token.kind {
            Kind::Word => Some(self.slice(token).into()),
            Kind::Quoted => Some(quoted_name(self.slice(token))),
            _ => None,
        }
    }

    pub(super) fn identifier(&mut self) -> Parsed<Name> {
        match self.as_identifier(self.peek()) {
            Some(name) => {
                self.at += 1;
                Ok(name)
            }
            None => self.error(),
        }
    }

    /// A name behind a point: reserved words and numbers serve too, if no blank stands between.
    pub(super) fn identifier_behind_point(&mut self) -> Parsed<Name> {
        let token = self.peek();
        match token.kind {
            _ if token.start != self.previous_end() => return self.identifier(),
            Kind::Reserved => self.at += 1,
            Kind::Number if self.slice(token).bytes().all(|b| b.is_ascii_digit()) => self.at += 1,
            _ => return self.identifier(),
        }
        Ok(self.slice(token).into())
    }

    /// `[schema.]name` of a table.
    pub(super) fn table_name(&mut self) -> Parsed<ObjectName> {
        let first = self.identifier()?;
        let (schema, name) = if self.op(Op::Dot) { (Some(first), self.identifier_behind_point()?) } else { (None, first) };
        if name.is_empty() || name.ends_with(' ') {
            self.defer(ServerError::new(1103, "42000", format!("Incorrect table name '{name}'")));
        } else if name.chars().count() > 64 {
            self.defer(ServerError::new(1059, "42000", format!("Identifier name '{name}' is too long")));
        }
        Ok(ObjectName { schema, name })
    }

    /// A name that may be written as string too.
    pub(super) fn identifier_or_string(&mut self) -> Parsed<Arc<str>> {
        let token = self.peek();
        if token.kind == Kind::String {
            self.at += 1;
            return Ok(self.string_of(token));
        }
        self.identifier()
    }

    /// A character string, nothing else.
    pub(super) fn string(&mut self) -> Parsed<Arc<str>> {
        let token = self.peek();
        if token.kind != Kind::String {
            return self.error();
        }
        self.at += 1;
        Ok(self.string_of(token))
    }

    /// Value of a string token.
    pub(super) fn string_of(&self, token: Token) -> Arc<str> {
        string_value(self.slice(token), !self.mode.no_backslash_escapes)
    }

    /// An unsigned integer without sign, point or exponent.
    pub(super) fn unsigned(&mut self) -> Parsed<u64> {
        let token = self.peek();
        if token.kind == Kind::Number
            && let Ok(value) = self.slice(token).parse::<u64>()
        {
            self.at += 1;
            return Ok(value);
        }
        self.error()
    }

    /// True if a query expression begins at the `(` that is `n` tokens away, rather than an expression or a join in parentheses.
    pub(super) fn query_in_parens(&self, n: usize) -> bool {
        let mut at = self.at + n;
        loop {
            let open = self.token_at(at);
            if open.kind != Kind::Op(Op::LParen) {
                return false;
            }
            let inner = self.token_at(at + 1);
            match inner.keyword {
                Keyword::SELECT | Keyword::WITH | Keyword::TABLE => return true,
                Keyword::VALUES => return self.token_at(at + 2).keyword == Keyword::ROW,
                _ => {}
            }
            if inner.kind != Kind::Op(Op::LParen) || inner.pair == 0 {
                return false;
            }
            let behind = self.token_at(inner.pair as usize + 1);
            match behind.keyword {
                Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT | Keyword::ORDER | Keyword::LIMIT => {}
                _ if behind.kind == Kind::Op(Op::RParen) => {}
                _ => return false,
            }
            at += 1;
        }
    }
}
