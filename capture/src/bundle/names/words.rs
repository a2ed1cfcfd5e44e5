//! Cutting SQL into words, names in quotes, literals and the rest, each with its place. Texts that are no SQL pass too.

/// What a piece of SQL is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An unquoted word.
    Word,
    /// A name in backticks.
    Quoted,
    /// A string or a number.
    Literal,
    /// A comment; the hints of `/*+ … */` are cut like SQL.
    Comment,
    /// One character of anything else.
    Other,
}

/// A piece of SQL and its place in bytes. White space between pieces belongs to none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Cuts a text.
pub(super) fn cut(sql: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(first) = sql.get(at..).and_then(|rest| rest.chars().next()) {
        let (kind, end) = piece(sql, at, first);
        if !first.is_whitespace() {
            words.push(Word { kind, start: at, end });
        }
        at = end;
    }
    words
}

fn piece(sql: &str, at: usize, first: char) -> (Kind, usize) {
    let rest = &sql[at..];
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '$' || c as u32 > 0x7f;
    let run = || at + rest.find(|c| !is_name(c)).unwrap_or(rest.len());
    match first {
        '`' => (Kind::Quoted, quoted_end(sql, at, b'`')),
        '\'' | '"' => (Kind::Literal, quoted_end(sql, at, first as u8)),
        '/' if rest.starts_with("/*!") => {
            let digits = rest[3..].find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len() - 3);
            (Kind::Comment, at + 3 + digits)
        }
        '/' if rest.starts_with("/*+") => (Kind::Comment, at + 3),
        '*' if rest.starts_with("*/") => (Kind::Comment, at + 2),
        '/' if rest.starts_with("/*") => (Kind::Comment, at + rest.find("*/").map_or(rest.len(), |end| end + 2)),
        '#' => (Kind::Comment, at + rest.find('\n').unwrap_or(rest.len())),
        '-' if rest.starts_with("-- ") => (Kind::Comment, at + rest.find('\n').unwrap_or(rest.len())),
        c if c.is_ascii_digit() => (Kind::Literal, run()),
        c if is_name(c) => (Kind::Word, run()),
        c => (Kind::Other, at + c.len_utf8()),
    }
}

/// The byte behind a piece in quotes; a quote is doubled within, or behind a backslash in strings.
fn quoted_end(sql: &str, start: usize, quote: u8) -> usize {
    let bytes = sql.as_bytes();
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'\\' && quote != b'`' {
            at += 2;
        } else if byte != quote {
            at += 1;
        } else if bytes.get(at + 1) == Some(&quote) {
            at += 2;
        } else {
            at += 1;
            break;
        }
    }
    let mut end = at.min(sql.len());
    while !sql.is_char_boundary(end) {
        end += 1;
    }
    end
}
