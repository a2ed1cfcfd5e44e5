//! Cuts statements into the tokens of a digest, byte by byte, as the server's lexer does.

use super::Rules;
use super::tokens::*;
use super::words;
use memchr::{memchr, memchr2, memmem};

/// Kinds of first bytes.
const OTHER: u8 = 0;
const SPACE: u8 = 1;
const LETTER: u8 = 2;
const DIGIT: u8 = 3;

const CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [OTHER; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        table[byte] = match b {
            b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c => SPACE,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' | 0x80..=0xff => LETTER,
            b'0'..=b'9' => DIGIT,
            _ => OTHER,
        };
        byte += 1;
    }
    table
}

#[inline]
fn is_word(byte: u8) -> bool {
    CLASSES[usize::from(byte)] >= LETTER
}

/// Reads a statement, or a digest text, into the array.
pub(super) fn read(sql: &[u8], rules: &Rules, is_digest_text: bool, array: &mut TokenArray) {
    array.clear();
    let mut lexer = Lexer {
        sql,
        at: 0,
        rules,
        array,
        is_digest_text,
        in_code_comment: false,
        ddl: false,
        hint_may_follow: false,
        by: None,
        depth: 0,
    };
    lexer.run();
}

struct Lexer<'a> {
    sql: &'a [u8],
    at: usize,
    rules: &'a Rules,
    array: &'a mut TokenArray,
    /// All identifiers are quoted, so that functions are known without the `(` directly behind them.
    is_digest_text: bool,
    /// Inside `/*! … */`.
    in_code_comment: bool,
    /// CREATE or ALTER, where NULL describes a column.
    ddl: bool,
    /// Only white space stands between here and a word behind which a hint may stand.
    hint_may_follow: bool,
    /// Depth of the list behind the last BY, while it lasts.
    by: Option<u32>,
    depth: u32,
}

impl Lexer<'_> {
    #[inline]
    fn peek(&self, ahead: usize) -> u8 {
        self.sql.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn run(&mut self) {
        while let Some(&byte) = self.sql.get(self.at) {
            match CLASSES[usize::from(byte)] {
                SPACE => self.at += 1,
                LETTER => self.word(),
                DIGIT => self.number(),
                _ => self.other(byte),
            }
            if self.array.is_full() {
                return;
            }
        }
    }

    /// End of the word characters from here on.
    #[inline]
    fn word_end(&self, from: usize) -> usize {
        let rest = &self.sql[from..];
        from + rest.iter().position(|byte| !is_word(*byte)).unwrap_or(rest.len())
    }

    fn word(&mut self) {
        let start = self.at;
        let end = self.word_end(start);
        let name = &self.sql[start..end];
        self.at = end;
        let next = self.peek(0);
        if next == b'\'' && name.len() == 1 && matches!(name[0] | 0x20, b'x' | b'b' | b'n') {
            self.skip_quoted(b'\'');
            return if name[0] | 0x20 == b'n' { self.array.push_value() } else { self.array.push_number() };
        }
        let after_point = start > 0 && self.sql[start - 1] == b'.';
        let qualifies =
            next == b'.' && self.at_session_scope(start).is_none() && { is_word(self.peek(1)) || self.peek(1) == b'`' };
        if !after_point && !qualifies {
            if let Some(word) = words::find(name)
                && (!word.function || next == b'(' || self.is_digest_text)
            {
                return self.keyword(word.token, name);
            }
            if name[0] == b'_' && is_character_set(&name[1..]) {
                return self.array.push(CHARACTER_SET);
            }
        }
        self.hint_may_follow = false;
        self.identifier(name);
    }

    /// Two `@` directly before a place: the word there names a scope or a variable.
    #[inline]
    fn at_session_scope(&self, start: usize) -> Option<()> {
        (start >= 2 && self.sql[start - 1] == b'@' && self.sql[start - 2] == b'@').then_some(())
    }

    /// A name; further ones behind points follow it, which may begin with digits and are never keywords.
    #[inline]
    fn identifier(&mut self, name: &[u8]) {
        self.array.push_identifier(IDENTIFIER, name);
        while self.peek(0) == b'.' && is_word(self.peek(1)) {
            let start = self.at + 1;
            let end = self.word_end(start);
            self.array.push(u16::from(b'.'));
            self.array.push_identifier(IDENTIFIER, &self.sql[start..end]);
            self.at = end;
        }
    }

    fn keyword(&mut self, token: u16, name: &[u8]) {
        self.hint_may_follow = matches!(token, SELECT | INSERT | REPLACE | UPDATE | DELETE);
        match token {
            NULL if !self.null_is_a_word() => return self.array.push_value(),
            CREATE | ALTER if self.array.bytes().is_empty() => self.ddl = true,
            BY => self.by = Some(self.depth),
            ASC | DESC => {}
            _ if self.by == Some(self.depth) && !name.is_empty() => self.by = None,
            _ => {}
        }
        self.array.push_keyword(token);
    }

    /// NULL in IS NULL, as attribute of a column, as action of a foreign key and of JSON_TABLE; elsewhere it is a literal.
    fn null_is_a_word(&self) -> bool {
        let last = self.array.last(0);
        if last == Some(IS) || last == Some(NOT) && (self.ddl || self.array.last(1) == Some(IS)) {
            return true;
        }
        if self.ddl && last != Some(DEFAULT) && !matches!(last, Some(EQUAL | 40 | 44)) {
            return true;
        }
        let rest = self.sql[self.at..].trim_ascii_start();
        if !rest.get(..3).is_some_and(|word| word.eq_ignore_ascii_case(b"on ")) {
            return false;
        }
        let event = rest[3..].trim_ascii_start().get(..5);
        event.is_some_and(|word| word.eq_ignore_ascii_case(b"empty") || word.eq_ignore_ascii_case(b"error"))
    }

    fn number(&mut self) {
        let start = self.at;
        self.hint_may_follow = false;
        if let Some(end) = self.prefixed_number(start) {
            self.at = end;
            return self.array.push_number();
        }
        let mut end = start + self.digits(start);
        match self.sql.get(end) {
            Some(b'.') => {
                end += 1;
                end += self.digits(end);
                end += self.exponent(end);
            }
            Some(b'e' | b'E') if self.exponent(end) > 0 => end += self.exponent(end),
            Some(byte) if is_word(*byte) => {
                end = self.word_end(end);
                self.at = end;
                return self.identifier(&self.sql[start..end]);
            }
            _ => {
                self.at = end;
                if self.rules.ordinals && self.is_ordinal() {
                    let number =
                        self.sql[start..end].iter().fold(0_u32, |n, d| n.wrapping_mul(10).wrapping_add(u32::from(d - b'0')));
                    return self.array.push_ordinal(number);
                }
            }
        }
        self.at = end;
        self.array.push_number();
    }

    fn digits(&self, from: usize) -> usize {
        self.sql[from..].iter().take_while(|byte| byte.is_ascii_digit()).count()
    }

    /// Length of an exponent, 0 if there is none.
    fn exponent(&self, from: usize) -> usize {
        let rest = &self.sql[from.min(self.sql.len())..];
        let sign = match rest {
            [b'e' | b'E', b'+' | b'-', digit, ..] if digit.is_ascii_digit() => 2,
            [b'e' | b'E', digit, ..] if digit.is_ascii_digit() => 1,
            _ => return 0,
        };
        sign + self.digits(from + sign)
    }

    /// End of `0x41` or `0b1`.
    fn prefixed_number(&self, start: usize) -> Option<usize> {
        let rest = &self.sql[start..];
        let is_digit: fn(&u8) -> bool = match rest {
            [b'0', b'x', ..] => u8::is_ascii_hexdigit,
            [b'0', b'b', ..] => |byte| matches!(byte, b'0' | b'1'),
            _ => return None,
        };
        let digits = rest[2..].iter().take_while(|byte| is_digit(byte)).count();
        let end = start + 2 + digits;
        (digits > 0 && !self.sql.get(end).is_some_and(|byte| is_word(*byte))).then_some(end)
    }

    /// The number before this place stands alone in a list behind BY.
    fn is_ordinal(&self) -> bool {
        let begins = matches!(self.array.last(0), Some(BY | 44)) || self.array.last(0).is_none();
        if self.by != Some(self.depth) || !begins {
            return false;
        }
        let rest = self.sql[self.at..].trim_ascii_start();
        let word = &rest[..rest.iter().position(|byte| !is_word(*byte)).unwrap_or(rest.len())];
        match rest.first() {
            None | Some(b',' | b')' | b';') => true,
            Some(byte) if is_word(*byte) => !OPERATORS.iter().any(|operator| word.eq_ignore_ascii_case(operator.as_bytes())),
            _ => false,
        }
    }

    fn other(&mut self, byte: u8) {
        if self.comment(byte) {
            return;
        }
        self.hint_may_follow = false;
        match byte {
            b'\'' => {
                self.skip_quoted(b'\'');
                self.array.push_value();
            }
            b'"' if !self.rules.ansi_quotes => {
                self.skip_quoted(b'"');
                self.array.push_value();
            }
            b'`' | b'"' => self.quoted_identifier(byte, IDENTIFIER),
            b'(' => self.open(),
            b')' => {
                self.at += 1;
                self.depth = self.depth.saturating_sub(1);
                if self.by.is_some_and(|depth| depth > self.depth) {
                    self.by = None;
                }
                self.array.push_close();
            }
            b'@' => self.variable(),
            b'?' => {
                self.at += 1;
                self.array.push_value();
            }
            b'.' if self.sql[self.at..].starts_with(b"...") => {
                self.at += 3;
                self.array.push_ellipsis();
            }
            b'.' if self.peek(1).is_ascii_digit() => {
                let digits = self.digits(self.at + 1);
                let end = self.at + 1 + digits;
                self.at = end + self.exponent(end);
                self.array.push_number();
            }
            b'\\' if self.peek(1) == b'N' => {
                self.at += 2;
                self.array.push_value();
            }
            b':' if is_word(self.peek(1)) && !self.peek(1).is_ascii_digit() && self.stands_alone() => {
                self.at = self.word_end(self.at + 1);
                self.array.push_value();
            }
            _ => self.operator(byte),
        }
    }

    /// Nothing that an operator could belong to stands directly before this place.
    fn stands_alone(&self) -> bool {
        self.at.checked_sub(1).is_none_or(|before| !is_word(self.sql[before]) && self.sql[before] != b'`')
    }

    fn open(&mut self) {
        const SHOWN: &[u8] = b"(_charset)";
        if self.sql[self.at..].starts_with(SHOWN) {
            self.at += SHOWN.len();
            return self.array.push(CHARACTER_SET);
        }
        self.at += 1;
        self.depth += 1;
        self.array.push(u16::from(b'('));
    }

    fn operator(&mut self, byte: u8) {
        let rest = &self.sql[self.at..];
        let long: &[(&[u8], u16)] = match byte {
            b'<' => &[(b"<=>", NULL_SAFE_EQUAL), (b"<=", LESS_EQUAL), (b"<>", NOT_EQUAL), (b"<<", SHIFT_LEFT), (b"<", LESS)],
            b'>' => &[(b">=", GREATER_EQUAL), (b">>", SHIFT_RIGHT), (b">", GREATER)],
            b'!' => &[(b"!=", NOT_EQUAL)],
            b'=' => &[(b"=", EQUAL)],
            b'|' => &[(b"||", OR_OR)],
            b'&' => &[(b"&&", AND_AND)],
            b':' => &[(b":=", ASSIGN)],
            b'-' => &[(b"->>", LONG_ARROW), (b"->", ARROW)],
            _ => &[],
        };
        for (text, token) in long {
            if rest.starts_with(text) {
                self.at += text.len();
                return self.array.push(*token);
            }
        }
        self.at += 1;
        // A `;` at the end, and bytes that no statement has, count for nothing.
        if byte > b' ' && byte != 0x7f && (byte != b';' || !self.sql[self.at..].trim_ascii_start().is_empty() && self.ddl) {
            self.array.push(u16::from(byte));
        }
    }

    /// `@name`, `@'name'`, or the beginning of `@@name`.
    fn variable(&mut self) {
        self.at += 1;
        self.array.push(AT);
        match self.peek(0) {
            quote @ (b'\'' | b'"') => {
                self.skip_quoted(quote);
                self.array.push_value();
            }
            b'?' => {}
            byte if is_word(byte) && self.at_session_scope(self.at).is_none() => {
                while is_word(self.peek(0)) || self.peek(0) == b'.' {
                    self.at += 1;
                }
                self.array.push_value();
            }
            _ => {}
        }
    }

    /// Goes behind the quoted string that begins here.
    fn skip_quoted(&mut self, quote: u8) {
        self.at += 1;
        loop {
            let rest = &self.sql[self.at.min(self.sql.len())..];
            let found = if self.rules.no_backslash_escapes { memchr(quote, rest) } else { memchr2(quote, b'\\', rest) };
            let Some(found) = found else {
                self.at = self.sql.len();
                return;
            };
            self.at += found;
            if self.sql[self.at] == b'\\' || self.peek(1) == quote {
                self.at += 2;
            } else {
                self.at += 1;
                return;
            }
        }
    }

    fn quoted_identifier(&mut self, quote: u8, token: u16) {
        let start = self.at + 1;
        let mut end = start;
        let mut doubled = false;
        loop {
            end += memchr(quote, &self.sql[end..]).unwrap_or(self.sql.len() - end);
            if self.sql.get(end + 1) != Some(&quote) || end >= self.sql.len() {
                break;
            }
            doubled = true;
            end += 2;
        }
        self.at = (end + 1).min(self.sql.len());
        let name = &self.sql[start.min(end)..end];
        if !doubled {
            return self.array.push_identifier(token, name);
        }
        let mut plain = Vec::with_capacity(name.len());
        let mut bytes = name.iter();
        while let Some(byte) = bytes.next() {
            plain.push(*byte);
            if *byte == quote {
                bytes.next();
            }
        }
        self.array.push_identifier(token, &plain);
    }

    /// Skips a comment, or begins one that holds code or hints; false if there is none here.
    fn comment(&mut self, byte: u8) -> bool {
        let rest = &self.sql[self.at..];
        match (byte, self.peek(1)) {
            (b'#', _) => self.at += memchr(b'\n', rest).unwrap_or(rest.len()),
            (b'-', b'-') if rest.len() == 2 || rest[2] <= b' ' => self.at += memchr(b'\n', rest).unwrap_or(rest.len()),
            (b'/', b'*') if rest.starts_with(b"/*!") => self.code_comment(),
            (b'/', b'*') if rest.starts_with(b"/*+") && self.hint_may_follow => self.hint(),
            (b'/', b'*') => {
                if rest.starts_with(b"/* , ... */") {
                    self.array.mark_more_rows();
                }
                self.at += memmem::find(&rest[2..], b"*/").map_or(rest.len(), |end| end + 4);
                self.hint_may_follow = false;
            }
            (b'*', b'/') if self.in_code_comment => {
                self.in_code_comment = false;
                self.at += 2;
            }
            _ => return false,
        }
        true
    }

    fn code_comment(&mut self) {
        let digits = self.digits(self.at + 3).min(6);
        let (marker, version) = if digits >= 5 {
            let number = self.sql[self.at + 3..self.at + 3 + digits].iter().fold(0, |n, digit| n * 10 + u32::from(digit - b'0'));
            (3 + digits, number)
        } else {
            (3, 0)
        };
        if version <= self.rules.version {
            self.in_code_comment = true;
            self.at += marker;
        } else {
            let rest = &self.sql[self.at..];
            self.at += memmem::find(rest, b"*/").map_or(rest.len(), |end| end + 2);
        }
    }

    /// `/*+ … */`, whose words are others.
    fn hint(&mut self) {
        self.hint_may_follow = false;
        let rest = &self.sql[self.at..];
        let end = self.at + memmem::find(rest, b"*/").unwrap_or(rest.len());
        self.at += 3;
        if self.sql[self.at.min(end)..end].trim_ascii().is_empty() {
            self.at = (end + 2).min(self.sql.len());
            return;
        }
        self.array.push(HINT_BEGIN);
        while self.at < end {
            let byte = self.sql[self.at];
            match CLASSES[usize::from(byte)] {
                SPACE => self.at += 1,
                LETTER => {
                    let start = self.at;
                    self.at = self.word_end(start).min(end);
                    let name = &self.sql[start..self.at];
                    let after_at = start > 0 && self.sql[start - 1] == b'@';
                    match words::find_hint(name) {
                        Some(token) if !after_at && self.peek(0) != b'@' => self.array.push(token),
                        _ if self.peek(0) == b'@' => self.array.push_identifier(IDENTIFIER_AT, name),
                        _ => self.array.push_identifier(IDENTIFIER, name),
                    }
                }
                DIGIT => {
                    self.at = self.word_end(self.at).min(end);
                    if self.peek(0) == b'.' {
                        self.at = self.word_end(self.at + 1).min(end);
                    }
                    self.array.push_value();
                }
                _ => self.hint_punctuation(byte),
            }
        }
        self.at = (end + 2).min(self.sql.len());
        self.array.push(HINT_END);
    }

    fn hint_punctuation(&mut self, byte: u8) {
        match byte {
            b'\'' | b'"' => {
                self.skip_quoted(byte);
                self.array.push_value();
            }
            b'`' => {
                let closing = memchr(b'`', &self.sql[self.at + 1..]).map_or(self.sql.len(), |end| self.at + end + 2);
                let token = if self.sql.get(closing) == Some(&b'@') { IDENTIFIER_AT } else { IDENTIFIER };
                self.quoted_identifier(b'`', token);
            }
            b')' => {
                self.at += 1;
                self.array.push_close();
            }
            b'?' => {
                self.at += 1;
                self.array.push_value();
            }
            b'.' if self.sql[self.at..].starts_with(b"...") => {
                self.at += 3;
                self.array.push_ellipsis();
            }
            // Here `=` is a character, not the operator.
            _ => {
                self.at += 1;
                self.array.push(u16::from(byte));
            }
        }
    }
}

const SELECT: u16 = 748;
const INSERT: u16 = 496;
const REPLACE: u16 = 711;
const UPDATE: u16 = 864;
const DELETE: u16 = 385;
const NULL: u16 = 627;
const IS: u16 = 509;
const NOT: u16 = 622;
const DEFAULT: u16 = 380;
const CREATE: u16 = 354;
const ALTER: u16 = 269;
const BY: u16 = 303;
const ASC: u16 = 277;
const DESC: u16 = 386;

/// Words behind which a number is no ordinal but an operand.
const OPERATORS: &[&str] =
    &["div", "mod", "and", "or", "xor", "is", "not", "in", "like", "rlike", "regexp", "between", "sounds", "member", "collate"];

fn is_character_set(name: &[u8]) -> bool {
    const NAMES: &[&str] = &[
        "armscii8", "ascii", "big5", "binary", "cp1250", "cp1251", "cp1256", "cp1257", "cp850", "cp852", "cp866", "cp932",
        "dec8", "eucjpms", "euckr", "gb18030", "gb2312", "gbk", "geostd8", "greek", "hebrew", "hp8", "keybcs2", "koi8r", "koi8u",
        "latin1", "latin2", "latin5", "latin7", "macce", "macroman", "sjis", "swe7", "tis620", "ucs2", "ujis", "utf16",
        "utf16le", "utf32", "utf8", "utf8mb3", "utf8mb4",
    ];
    NAMES.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}
