//! The array of tokens that a statement digest is made of: identifiers stay, literals become one token, lists of them another.
//!
//! A token is two bytes, low byte first; an identifier is followed by the length of its name in two bytes and the name. The numbers
//! are those of MySQL 8.0 to 9.7, found by asking a server for digests of chosen statements.

use super::words;
use sha2::{Digest, Sha256};

/// Bytes of tokens that a server keeps (`max_digest_length`): what comes later does not count.
const MAX_BYTES: usize = 1024;

pub(super) const VALUE: u16 = 1100;
const VALUE_LIST: u16 = 1101;
const ROW_OF_ONE: u16 = 1102;
const ROWS_OF_ONE: u16 = 1103;
const ROW_OF_MANY: u16 = 1104;
const ROWS_OF_MANY: u16 = 1105;
pub(super) const IDENTIFIER: u16 = 1106;
/// In a hint: a table, directly followed by `@` and a query block.
pub(super) const IDENTIFIER_AT: u16 = 1107;
pub(super) const HINT_BEGIN: u16 = 1108;
pub(super) const HINT_END: u16 = 1109;
const IN_VALUES: u16 = 1110;
/// An ordinal in ORDER BY or GROUP BY, its number in four bytes behind it.
const ORDINAL: u16 = 1111;
pub(super) const CHARACTER_SET: u16 = 852;
pub(super) const IN: u16 = 504;
pub(super) const AT: u16 = b'@' as u16;
const COMMA: u16 = b',' as u16;
const OPEN: u16 = b'(' as u16;
const CLOSE: u16 = b')' as u16;
const WITH: u16 = 892;
const ROLLUP: u16 = 734;
const WITH_ROLLUP: u16 = 894;

/// Tokens of one statement; reused for the next.
#[derive(Debug, Default)]
pub(super) struct TokenArray {
    bytes: Vec<u8>,
    /// Bytes up to the end of the last identifier or ordinal, behind which plain tokens follow.
    floor: usize,
    full: bool,
}

impl TokenArray {
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.floor = 0;
        self.full = false;
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// No later token counts.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// The `n`th token from the end, if no identifier stands between it and the end.
    #[inline]
    pub(super) fn last(&self, n: usize) -> Option<u16> {
        let at = self.bytes.len().checked_sub(2 * (n + 1))?;
        if at < self.floor {
            return None;
        }
        Some(u16::from_le_bytes([self.bytes[at], self.bytes[at + 1]]))
    }

    #[inline]
    fn pop(&mut self, tokens: usize) {
        if !self.full {
            self.bytes.truncate(self.bytes.len() - 2 * tokens);
        }
    }

    #[inline]
    pub(super) fn push(&mut self, token: u16) {
        if self.full || self.bytes.len() + 2 > MAX_BYTES {
            self.full = true;
            return;
        }
        self.bytes.extend_from_slice(&token.to_le_bytes());
    }

    #[inline]
    pub(super) fn push_identifier(&mut self, token: u16, name: &[u8]) {
        if self.full || self.bytes.len() + 4 + name.len() > MAX_BYTES {
            self.full = true;
            return;
        }
        self.bytes.extend_from_slice(&token.to_le_bytes());
        self.bytes.extend_from_slice(&(name.len() as u16).to_le_bytes());
        self.bytes.extend_from_slice(name);
        self.floor = self.bytes.len();
    }

    /// A literal; it joins a list of literals before it.
    #[inline]
    pub(super) fn push_value(&mut self) {
        if self.last(0) == Some(COMMA) && matches!(self.last(1), Some(VALUE | VALUE_LIST)) {
            self.pop(2);
            self.push(VALUE_LIST);
        } else {
            self.push(VALUE);
        }
    }

    /// A number; signs before it belong to it where an operand is expected.
    #[inline]
    pub(super) fn push_number(&mut self) {
        while matches!(self.last(0), Some(SIGN_PLUS | SIGN_MINUS)) && self.last(1).is_some_and(takes_signed_number) {
            self.pop(1);
        }
        self.push_value();
    }

    /// `...`, as a digest text has it for the rest of a list.
    pub(super) fn push_ellipsis(&mut self) {
        if self.last(0) == Some(COMMA) && matches!(self.last(1), Some(VALUE | VALUE_LIST)) {
            self.pop(2);
        }
        self.push(VALUE_LIST);
    }

    /// `/* , ... */`, as a digest text has it for more rows.
    pub(super) fn mark_more_rows(&mut self) {
        let list = match self.last(0) {
            Some(ROW_OF_ONE) => ROWS_OF_ONE,
            Some(ROW_OF_MANY) => ROWS_OF_MANY,
            _ => return,
        };
        self.pop(1);
        self.push(list);
    }

    pub(super) fn push_ordinal(&mut self, number: u32) {
        if self.full || self.bytes.len() + 6 > MAX_BYTES {
            self.full = true;
            return;
        }
        self.bytes.extend_from_slice(&ORDINAL.to_le_bytes());
        self.bytes.extend_from_slice(&number.to_le_bytes());
        self.floor = self.bytes.len();
    }

    /// `)`: rows of literals become one token, and lists of such rows another.
    #[inline]
    pub(super) fn push_close(&mut self) {
        let (row, rows) = match (self.last(0), self.last(1)) {
            (Some(VALUE), Some(OPEN)) => (ROW_OF_ONE, ROWS_OF_ONE),
            (Some(VALUE_LIST), Some(OPEN)) => (ROW_OF_MANY, ROWS_OF_MANY),
            _ => return self.push(CLOSE),
        };
        self.pop(2);
        match (self.last(0), self.last(1)) {
            (Some(IN), _) => {
                self.pop(1);
                self.push(IN_VALUES);
            }
            (Some(COMMA), Some(before)) if before == row || before == rows => {
                self.pop(2);
                self.push(rows);
            }
            _ => self.push(row),
        }
    }

    /// A keyword; WITH ROLLUP counts as one.
    #[inline]
    pub(super) fn push_keyword(&mut self, token: u16) {
        if token == ROLLUP && self.last(0) == Some(WITH) {
            self.pop(1);
            return self.push(WITH_ROLLUP);
        }
        self.push(token);
    }

    /// STATEMENT_DIGEST: SHA-256 in hexadecimal digits.
    pub(super) fn sha256(&self) -> String {
        super::hex(&Sha256::digest(&self.bytes))
    }

    /// STATEMENT_DIGEST_TEXT.
    pub(super) fn text(&self) -> String {
        let mut text = String::with_capacity(self.bytes.len() * 2);
        let mut rest = self.bytes.as_slice();
        let mut glued = true;
        while let Some((token, behind)) = split_u16(rest) {
            rest = behind;
            if !glued {
                text.push(' ');
            }
            glued = matches!(token, AT | IDENTIFIER_AT);
            match token {
                IDENTIFIER | IDENTIFIER_AT => {
                    let Some((length, behind)) = split_u16(rest) else { break };
                    let (name, behind) = behind.split_at(usize::from(length).min(behind.len()));
                    rest = behind;
                    text.push('`');
                    text.push_str(&String::from_utf8_lossy(name));
                    text.push('`');
                }
                ORDINAL => {
                    let Some((number, behind)) = rest.split_first_chunk::<4>() else { break };
                    rest = behind;
                    text.push_str(&u32::from_le_bytes(*number).to_string());
                }
                other => push_word(&mut text, other),
            }
        }
        text
    }
}

pub(super) const SIGN_PLUS: u16 = b'+' as u16;
pub(super) const SIGN_MINUS: u16 = b'-' as u16;

fn split_u16(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (first, rest) = bytes.split_first_chunk::<2>()?;
    Some((u16::from_le_bytes(*first), rest))
}

fn push_word(text: &mut String, token: u16) {
    text.push_str(match token {
        VALUE => "?",
        VALUE_LIST => "?, ...",
        ROW_OF_ONE => "(?)",
        ROWS_OF_ONE => "(?) /* , ... */",
        ROW_OF_MANY => "(...)",
        ROWS_OF_MANY => "(...) /* , ... */",
        IN_VALUES => "IN (...)",
        HINT_BEGIN => "/*+",
        HINT_END => "*/",
        CHARACTER_SET => "(_charset)",
        WITH_ROLLUP => "WITH ROLLUP",
        GREATER_EQUAL => ">=",
        LESS_EQUAL => "<=",
        EQUAL => "=",
        NULL_SAFE_EQUAL => "<=>",
        LESS => "<",
        GREATER => ">",
        NOT_EQUAL => "!=",
        OR_OR => "||",
        AND_AND => "&&",
        ASSIGN => ":=",
        SHIFT_LEFT => "<<",
        SHIFT_RIGHT => ">>",
        ARROW => "->",
        LONG_ARROW => "->>",
        character if character < 128 => return text.push(char::from(character as u8)),
        word => words::text(word),
    });
}

pub(super) const GREATER_EQUAL: u16 = 456;
pub(super) const LESS_EQUAL: u16 = 522;
pub(super) const EQUAL: u16 = 415;
pub(super) const NULL_SAFE_EQUAL: u16 = 416;
pub(super) const LESS: u16 = 549;
pub(super) const GREATER: u16 = 469;
pub(super) const NOT_EQUAL: u16 = 614;
pub(super) const OR_OR: u16 = 642;
pub(super) const AND_AND: u16 = 273;
pub(super) const ASSIGN: u16 = 757;
pub(super) const SHIFT_LEFT: u16 = 759;
pub(super) const SHIFT_RIGHT: u16 = 760;
pub(super) const ARROW: u16 = 514;
pub(super) const LONG_ARROW: u16 = 907;

/// True if a sign behind this token belongs to the number that follows it.
fn takes_signed_number(token: u16) -> bool {
    match token {
        EQUAL | NULL_SAFE_EQUAL | LESS | LESS_EQUAL | GREATER | GREATER_EQUAL | NOT_EQUAL | OR_OR | AND_AND | SHIFT_LEFT
        | SHIFT_RIGHT => true,
        character if character < 128 => b"(,+-*/%^|&".contains(&(character as u8)),
        word => words::takes_signed_number(word),
    }
}
