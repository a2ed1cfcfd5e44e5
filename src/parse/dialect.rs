//! How MySQL 8.0 cuts a text into tokens: our dialect for sqlparser's tokenizer (spec 09 §6.1).
//!
//! Only the tokenizer of that crate is used. Its parser guesses and goes back, by which the place of an error is lost; it accepts
//! much that the server refuses; and its tree does not keep what names of select items and keys of captured answers are made
//! of: places in the text. So the grammar is our own and gives the server's errors at the server's places.

use crate::catalog::settings::SqlMode;
use sqlparser::dialect::{Dialect, MySqlDialect};
use std::any::TypeId;

/// MySQL 8.0 under given SQL modes.
#[derive(Clone, Copy, Debug)]
pub(super) struct MySql80 {
    /// `"` quotes identifiers.
    ansi_quotes: bool,
    /// `\` is an ordinary character in strings.
    no_backslash_escapes: bool,
}

impl MySql80 {
    /// The dialect under these modes.
    pub(super) fn new(mode: &SqlMode) -> MySql80 {
        MySql80 { ansi_quotes: mode.ansi_quotes, no_backslash_escapes: mode.no_backslash_escapes }
    }
}

impl Dialect for MySql80 {
    // Comments with `#` and bit strings exist only for what calls itself MySQL.
    fn dialect(&self) -> TypeId {
        TypeId::of::<MySqlDialect>()
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_ascii_alphabetic() || ch == '_' || ch == '$' || !ch.is_ascii()
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        self.is_identifier_start(ch) || ch.is_ascii_digit()
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        ch == '`' || ch == '"' && self.ansi_quotes
    }

    fn supports_string_literal_backslash_escape(&self) -> bool {
        !self.no_backslash_escapes
    }

    fn supports_numeric_prefix(&self) -> bool {
        true
    }

    fn requires_single_line_comment_whitespace(&self) -> bool {
        true
    }
}
