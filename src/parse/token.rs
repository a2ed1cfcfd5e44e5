//! Tokens of a statement with their places, made from sqlparser's.

use super::dialect::MySql80;
use super::reserved::{is_reserved, is_tight};
use crate::catalog::settings::SqlMode;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Location, Token as RawToken, TokenWithSpan, Tokenizer, Whitespace, Word};

/// One token: what it is and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: Kind,
    /// sqlparser's name of an unquoted word, if it knows it.
    pub(super) keyword: Keyword,
    /// First byte.
    pub(super) start: u32,
    /// One past the last byte.
    pub(super) end: u32,
    /// For `(`: the place of its `)` in the list of tokens, 0 if there is none.
    pub(super) pair: u32,
}

/// Kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word that may serve as identifier.
    Word,
    /// A word that must be quoted to serve as identifier.
    Reserved,
    /// An identifier in quotes.
    Quoted,
    /// A number.
    Number,
    /// A character string.
    String,
    /// `N'…'`.
    National,
    /// `x'…'`, `0x…`.
    Hex,
    /// `b'…'`, `0b…`.
    Bit,
    /// `/*+ … */` where the server looks for one.
    Hint,
    /// Operators and punctuation.
    Op(Op),
    /// The rest of the text is not made of tokens: an unclosed string, identifier or comment.
    Broken,
    /// End of the text.
    End,
}

/// Operators and punctuation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    LParen,
    RParen,
    Comma,
    Dot,
    Semicolon,
    Plus,
    Minus,
    Mul,
    Div,
    Mod,
    Caret,
    Amp,
    AmpAmp,
    Pipe,
    PipePipe,
    Tilde,
    Bang,
    Eq,
    NullSafeEq,
    NotEq,
    Less,
    LessEq,
    Greater,
    GreaterEq,
    ShiftLeft,
    ShiftRight,
    Assign,
    Arrow,
    LongArrow,
    At,
    AtAt,
    LBrace,
    RBrace,
    Question,
    Other,
}

/// Cuts a statement into tokens; the last one is [`Kind::End`].
pub(super) fn tokens(text: &str, mode: &SqlMode) -> Vec<Token> {
    let dialect = MySql80::new(mode);
    let mut raw: Vec<TokenWithSpan> = Vec::with_capacity(text.len() / 3 + 4);
    let broken = Tokenizer::new(&dialect, text).with_unescape(false).tokenize_with_location_into_buf(&mut raw).is_err();
    let mut list = TokenList {
        text,
        tokens: Vec::with_capacity(raw.len() / 2 + 2),
        place: Place::new(text),
        hint_may_follow: false,
        open: Vec::new(),
    };
    for token in &raw {
        let start = list.place.byte;
        let end = list.place.advance(token.span.end);
        list.add(&token.token, start, end);
    }
    if broken {
        list.push(Kind::Broken, Keyword::NoKeyword, list.place.byte, text.len());
    }
    list.push(Kind::End, Keyword::NoKeyword, text.len(), text.len());
    list.tokens
}

struct TokenList<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    place: Place<'a>,
    /// Only white space stands between here and a SELECT, INSERT, REPLACE, UPDATE or DELETE.
    hint_may_follow: bool,
    open: Vec<u32>,
}

impl TokenList<'_> {
    fn add(&mut self, token: &RawToken, start: usize, end: usize) {
        if let RawToken::Whitespace(space) = token {
            self.add_space(space, start, end);
            return;
        }
        match token {
            RawToken::Word(word) => self.add_word(word, start, end),
            RawToken::Number(_, long) => {
                // A number cannot end in a letter: `1L` is a name.
                let kind = if *long { Kind::Word } else { Kind::Number };
                self.push(kind, Keyword::NoKeyword, start, end);
            }
            RawToken::SingleQuotedString(_) | RawToken::DoubleQuotedString(_) => self.push_plain(Kind::String, start, end),
            RawToken::NationalStringLiteral(_) => self.push_plain(Kind::National, start, end),
            RawToken::HexStringLiteral(_) => self.push_plain(Kind::Hex, start, end),
            RawToken::SingleQuotedByteStringLiteral(_) => self.push_plain(Kind::Bit, start, end),
            // The server knows neither `==` nor `=>`, but takes them for one token.
            RawToken::DoubleEq | RawToken::RArrow => self.push_plain(Kind::Op(Op::Other), start, end),
            other => match operator(other) {
                Some(op) => self.push_plain(Kind::Op(op), start, end),
                None => self.add_characters(start, end),
            },
        }
    }

    fn add_space(&mut self, space: &Whitespace, start: usize, end: usize) {
        if let Whitespace::MultiLineComment(comment) = space
            && self.hint_may_follow
            && comment.starts_with('+')
        {
            self.push_plain(Kind::Hint, start, end);
        } else if matches!(space, Whitespace::MultiLineComment(_) | Whitespace::SingleLineComment { .. }) {
            self.hint_may_follow = false;
        }
    }

    fn add_word(&mut self, word: &Word, start: usize, end: usize) {
        if word.quote_style.is_some() {
            return self.push_plain(Kind::Quoted, start, end);
        }
        let start = self.take_digits_before(start);
        let slice = &self.text[start..end];
        if slice.starts_with(|c: char| c.is_ascii_digit()) {
            // `1.a` is the number `1.` and a name; `0b1` a bit string.
            if let Some(digits) = slice.strip_prefix("0b")
                && !digits.is_empty()
                && digits.bytes().all(|b| b == b'0' || b == b'1')
            {
                return self.push_plain(Kind::Bit, start, end);
            }
            if slice.contains('.') {
                let number = slice.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(slice.len());
                self.push_plain(Kind::Number, start, start + number);
                return self.push_plain(Kind::Word, start + number, end);
            }
        }
        let reserved = is_reserved(word.keyword, slice) || self.text[end..].starts_with('(') && is_tight(slice);
        let kind = if reserved && !self.qualifies(end) { Kind::Reserved } else { Kind::Word };
        let keyword = if self.qualifies(end) { Keyword::NoKeyword } else { word.keyword };
        self.push(kind, keyword, start, end);
        self.hint_may_follow =
            matches!(word.keyword, Keyword::SELECT | Keyword::INSERT | Keyword::REPLACE | Keyword::UPDATE | Keyword::DELETE);
    }

    /// True if a point and a name follow without a blank: any word before them is a name too.
    fn qualifies(&self, end: usize) -> bool {
        let mut behind = self.text[end..].chars();
        behind.next() == Some('.') && behind.next().is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '`'))
    }

    // The tokenizer cuts `1e` in two, as it hoped for an exponent; it is one name.
    fn take_digits_before(&mut self, start: usize) -> usize {
        if let Some(last) = self.tokens.last()
            && last.kind == Kind::Number
            && last.end as usize == start
            && self.text[last.start as usize..start].bytes().all(|b| b.is_ascii_digit())
        {
            let begin = last.start as usize;
            self.tokens.pop();
            return begin;
        }
        start
    }

    /// Operators of other dialects, character by character.
    fn add_characters(&mut self, start: usize, end: usize) {
        let text = self.text;
        for (offset, ch) in text[start..end].char_indices() {
            let at = start + offset;
            self.push_plain(Kind::Op(character(ch)), at, at + ch.len_utf8());
        }
    }

    fn push_plain(&mut self, kind: Kind, start: usize, end: usize) {
        self.push(kind, Keyword::NoKeyword, start, end);
        self.hint_may_follow = false;
        match kind {
            Kind::Op(Op::LParen) => self.open.push(self.tokens.len() as u32 - 1),
            Kind::Op(Op::RParen) => {
                if let Some(open) = self.open.pop() {
                    self.tokens[open as usize].pair = self.tokens.len() as u32 - 1;
                }
            }
            _ => {}
        }
    }

    fn push(&mut self, kind: Kind, keyword: Keyword, start: usize, end: usize) {
        self.tokens.push(Token { kind, keyword, start: start as u32, end: end as u32, pair: 0 });
    }
}

/// Turns sqlparser's lines and columns, which count characters, into bytes by walking along.
struct Place<'a> {
    text: &'a str,
    byte: usize,
    line: u64,
    column: u64,
    /// Every character is one byte and there is one line.
    plain: bool,
}

impl<'a> Place<'a> {
    fn new(text: &'a str) -> Self {
        let plain = text.bytes().all(|b| b.is_ascii() && b != b'\n');
        Place { text, byte: 0, line: 1, column: 1, plain }
    }

    fn advance(&mut self, to: Location) -> usize {
        if self.plain {
            self.byte = (to.column as usize - 1).min(self.text.len());
            return self.byte;
        }
        let mut rest = self.text[self.byte..].chars();
        while (self.line, self.column) != (to.line, to.column) {
            let Some(ch) = rest.next() else { break };
            self.byte += ch.len_utf8();
            if ch == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.byte
    }
}

fn operator(token: &RawToken) -> Option<Op> {
    Some(match token {
        RawToken::LParen => Op::LParen,
        RawToken::RParen => Op::RParen,
        RawToken::Comma => Op::Comma,
        RawToken::Period => Op::Dot,
        RawToken::SemiColon => Op::Semicolon,
        RawToken::Plus => Op::Plus,
        RawToken::Minus => Op::Minus,
        RawToken::Mul => Op::Mul,
        RawToken::Div => Op::Div,
        RawToken::Mod => Op::Mod,
        RawToken::Caret => Op::Caret,
        RawToken::Ampersand => Op::Amp,
        RawToken::Overlap => Op::AmpAmp,
        RawToken::Pipe => Op::Pipe,
        RawToken::StringConcat => Op::PipePipe,
        RawToken::Tilde => Op::Tilde,
        RawToken::ExclamationMark => Op::Bang,
        RawToken::Eq => Op::Eq,
        RawToken::Spaceship => Op::NullSafeEq,
        RawToken::Neq => Op::NotEq,
        RawToken::Lt => Op::Less,
        RawToken::LtEq => Op::LessEq,
        RawToken::Gt => Op::Greater,
        RawToken::GtEq => Op::GreaterEq,
        RawToken::ShiftLeft => Op::ShiftLeft,
        RawToken::ShiftRight => Op::ShiftRight,
        RawToken::Assignment => Op::Assign,
        RawToken::Arrow => Op::Arrow,
        RawToken::LongArrow => Op::LongArrow,
        RawToken::AtSign => Op::At,
        RawToken::AtAt => Op::AtAt,
        RawToken::LBrace => Op::LBrace,
        RawToken::RBrace => Op::RBrace,
        RawToken::Placeholder(name) if name == "?" => Op::Question,
        _ => return None,
    })
}

fn character(ch: char) -> Op {
    match ch {
        '<' => Op::Less,
        '>' => Op::Greater,
        '=' => Op::Eq,
        '!' => Op::Bang,
        '~' => Op::Tilde,
        '^' => Op::Caret,
        '@' => Op::At,
        '|' => Op::Pipe,
        '&' => Op::Amp,
        '/' => Op::Div,
        '*' => Op::Mul,
        '-' => Op::Minus,
        '+' => Op::Plus,
        '%' => Op::Mod,
        '?' => Op::Question,
        '.' => Op::Dot,
        _ => Op::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<(Kind, String)> {
        tokens(text, &SqlMode::default()).iter().map(|t| (t.kind, text[t.start as usize..t.end as usize].to_string())).collect()
    }

    #[test]
    fn places_are_bytes() {
        let cut = cut("SELECT 'ä',\n`ö`.b\r\n FROM t");
        let texts: Vec<&str> = cut.iter().map(|(_, t)| t.as_str()).collect();
        assert_eq!(texts, ["SELECT", "'ä'", ",", "`ö`", ".", "b", "FROM", "t", ""]);
    }

    #[test]
    fn numbers_and_names() {
        let kinds: Vec<_> = cut("1.a 1e5 1e .5 0b101 0x41 t.1a 1--1");
        let expect = [
            (Kind::Number, "1."),
            (Kind::Word, "a"),
            (Kind::Number, "1e5"),
            (Kind::Word, "1e"),
            (Kind::Number, ".5"),
            (Kind::Bit, "0b101"),
            (Kind::Hex, "0x41"),
            (Kind::Word, "t"),
            (Kind::Op(Op::Dot), "."),
            (Kind::Word, "1a"),
            (Kind::Number, "1"),
            (Kind::Op(Op::Minus), "-"),
            (Kind::Op(Op::Minus), "-"),
            (Kind::Number, "1"),
            (Kind::End, ""),
        ];
        assert_eq!(kinds, expect.map(|(k, t)| (k, t.to_string())));
    }

    #[test]
    fn hints_only_behind_their_keyword() {
        let kinds = |text: &str| cut(text).iter().filter(|(k, _)| *k == Kind::Hint).count();
        assert_eq!(kinds("SELECT /*+ BKA(t) */ 1"), 1);
        assert_eq!(kinds("SELECT/*+ BKA(t) *//*+ BNL(t) */ 1"), 1);
        assert_eq!(kinds("SELECT /* */ /*+ BKA(t) */ 1"), 0);
        assert_eq!(kinds("SELECT DISTINCT /*+ BKA(t) */ 1"), 0);
    }
}
