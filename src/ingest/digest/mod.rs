//! Statement digests: what statements have in common when their literals are left out.
//!
//! MySQL's (`STATEMENT_DIGEST_TEXT`, `STATEMENT_DIGEST`) and, in [`fingerprint`], those of pt-query-digest. Both were learned by
//! asking the programs; neither's source was read.

pub mod fingerprint;
mod lexer;
mod tokens;
mod words;

use tokens::TokenArray;

/// What may differ between servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Version, as `80039`: comments like `/*!80040 … */` are code from that version on.
    pub version: u32,
    /// ORDER BY 1 and GROUP BY 1 keep their ordinals, as 9.7 has it; otherwise they are `?`.
    pub ordinals: bool,
    /// `"` quotes identifiers (SQL mode ANSI_QUOTES).
    pub ansi_quotes: bool,
    /// `\` is an ordinary character in strings (SQL mode NO_BACKSLASH_ESCAPES).
    pub no_backslash_escapes: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Rules { version: 80_039, ordinals: false, ansi_quotes: false, no_backslash_escapes: false }
    }
}

impl Rules {
    /// The rules of a server of this version, as `80039`.
    pub fn of_version(version: u32) -> Rules {
        Rules { version, ordinals: version >= 90_000, ..Rules::default() }
    }
}

/// Makes digests, one statement after the other, without allocating for each.
#[derive(Debug, Default)]
pub struct Digester {
    /// What differs between servers.
    pub rules: Rules,
    array: TokenArray,
}

impl Digester {
    /// A digester for servers with these rules.
    pub fn new(rules: Rules) -> Digester {
        Digester { rules, array: TokenArray::default() }
    }

    /// Reads a statement and gives its tokens as bytes: equal for statements of one class.
    pub fn read(&mut self, sql: &[u8]) -> &[u8] {
        lexer::read(sql, &self.rules, false, &mut self.array);
        self.array.bytes()
    }

    /// Reads a digest text and gives the tokens that the statements of its class have.
    pub fn read_digest_text(&mut self, text: &[u8]) -> &[u8] {
        lexer::read(text, &self.rules, true, &mut self.array);
        self.array.bytes()
    }

    /// STATEMENT_DIGEST_TEXT of the statement read last.
    pub fn text(&self) -> String {
        self.array.text()
    }

    /// STATEMENT_DIGEST of the statement read last: SHA-256 in 64 hexadecimal digits.
    pub fn hash(&self) -> String {
        self.array.sha256()
    }
}

/// Bytes as lower-case hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// At most so many bytes of a text, whole characters.
pub(crate) fn beginning(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests;
