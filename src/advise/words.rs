//! The words of a statement with their places, so that a finding can point at the text that it is about.

use super::finding::Place;
use std::borrow::Cow;

/// One word: a name, keyword, number, string or operator character.
#[derive(Clone, Debug)]
pub(super) struct Word<'a> {
    /// As written.
    pub(super) text: &'a str,
    /// Without quotes.
    pub(super) name: Cow<'a, str>,
    /// A string literal.
    pub(super) is_string: bool,
    /// First byte.
    pub(super) start: usize,
}

impl Word<'_> {
    /// One past its last byte.
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// True if it is this keyword or name; case does not matter.
    pub(super) fn is(&self, name: &str) -> bool {
        !self.is_string && self.name.eq_ignore_ascii_case(name)
    }
}

/// The words of a text; comments are left out.
#[derive(Clone, Debug)]
pub(super) struct Words<'a> {
    text: &'a str,
    /// In order.
    pub(super) list: Vec<Word<'a>>,
}

impl<'a> Words<'a> {
    /// Cuts a statement into words.
    pub(super) fn of(text: &'a str) -> Words<'a> {
        let mut list = Vec::new();
        let mut at = 0;
        while let Some(first) = text[at..].chars().next() {
            let length = piece_length(&text[at..], first);
            let piece = &text[at..at + length];
            if !first.is_whitespace() && !is_comment(piece) {
                list.push(Word { text: piece, name: unquoted(piece), is_string: is_string(first), start: at });
            }
            at += length;
        }
        Words { text, list }
    }

    /// The place of the words `first..=last`.
    pub(super) fn place(&self, first: usize, last: usize) -> Option<Place> {
        let (first, last) = (self.list.get(first)?, self.list.get(last)?);
        Some(self.place_of_bytes(first.start, last.end()))
    }

    /// The place of some bytes.
    pub(super) fn place_of_bytes(&self, start: usize, end: usize) -> Place {
        let before = &self.text[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = 1 + before.bytes().filter(|byte| *byte == b'\n').count();
        Place { start, end, line, column: 1 + before[line_start..].chars().count() }
    }

    /// Number of the first word of a sequence, from a word on.
    pub(super) fn find(&self, from: usize, sequence: &[&str]) -> Option<usize> {
        let last = self.list.len().checked_sub(sequence.len())?;
        (from..=last).find(|at| sequence.iter().zip(&self.list[*at..]).all(|(wanted, word)| word.is(wanted)))
    }

    /// The place of the first occurrence of a sequence of words.
    pub(super) fn place_of(&self, sequence: &[&str]) -> Option<Place> {
        let at = self.find(0, sequence)?;
        self.place(at, at + sequence.len() - 1)
    }

    /// Number of the word that closes the parenthesis that opens at `open`.
    pub(super) fn closing(&self, open: usize) -> Option<usize> {
        let mut depth = 0usize;
        for (at, word) in self.list.iter().enumerate().skip(open) {
            match word.text {
                "(" => depth += 1,
                ")" => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(at);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// Number of the first word after which conditions may stand: WHERE, ON, HAVING; 0 without one.
    pub(super) fn conditions_from(&self) -> usize {
        self.list.iter().position(|word| ["where", "on", "having", "using"].iter().any(|name| word.is(name))).unwrap_or(0)
    }

    /// The place of a column: behind its table's alias if it is written so, first among the conditions.
    pub(super) fn place_of_column(&self, alias: &str, column: &str) -> Option<Place> {
        let at = self.column_word(self.conditions_from(), alias, column).or_else(|| self.column_word(0, alias, column))?;
        self.place(at.0, at.1)
    }

    /// First and last word of a column's name, from a word on.
    pub(super) fn column_word(&self, from: usize, alias: &str, column: &str) -> Option<(usize, usize)> {
        if let Some(at) = self.find(from, &[alias, ".", column]) {
            return Some((at, at + 2));
        }
        let bare = |at: &usize| self.list[*at].is(column) && at.checked_sub(1).is_none_or(|before| self.list[before].text != ".");
        let at = (from..self.list.len()).find(bare)?;
        Some((at, at))
    }

    /// The place of a call of one of these functions that mentions a column.
    pub(super) fn place_of_call(&self, column: &str) -> Option<Place> {
        let from = self.conditions_from();
        let opens = |from: usize| {
            (from.max(1)..self.list.len()).find_map(|open| {
                let named = self.list[open].text == "(" && is_name(self.list[open - 1].text);
                let close = self.closing(open).filter(|_| named)?;
                let holds = self.list[open..close].iter().any(|word| word.is(column));
                (holds && !is_keyword(self.list[open - 1].text)).then_some((open - 1, close))
            })
        };
        let (first, last) = opens(from).or_else(|| opens(0))?;
        self.place(first, last)
    }

    /// The place of a table's alias or name in FROM (or UPDATE, INTO).
    pub(super) fn place_of_table(&self, alias: &str, name: &str) -> Option<Place> {
        let from = self.list.iter().position(|word| ["from", "update", "into", "join"].iter().any(|key| word.is(key)))?;
        let introduced = |at: usize| {
            let before = at.checked_sub(1).map(|before| &self.list[before]);
            before.is_some_and(|before| {
                before.text == ","
                    || before.text == "."
                    || before.text == "("
                    || ["from", "join", "update", "into", "straight_join", "table"].iter().any(|key| before.is(key))
            })
        };
        let named = |at: &usize| self.list[*at].is(name) && introduced(*at);
        let aliased = |at: &usize| {
            let next = self.list.get(at + 1);
            named(at)
                && (name.eq_ignore_ascii_case(alias)
                    || next.is_some_and(|word| word.is(alias))
                    || (next.is_some_and(|word| word.is("as")) && self.list.get(at + 2).is_some_and(|word| word.is(alias))))
        };
        let at = (from..self.list.len()).find(aliased).or_else(|| (from..self.list.len()).find(named))?;
        let last = (at..(at + 3).min(self.list.len())).rev().find(|last| self.list[*last].is(alias)).unwrap_or(at);
        self.place(at, last)
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Words before a parenthesis that are no functions.
fn is_keyword(text: &str) -> bool {
    const KEYWORDS: &[&str] = &[
        "and",
        "or",
        "not",
        "in",
        "on",
        "where",
        "from",
        "join",
        "select",
        "as",
        "using",
        "having",
        "by",
        "exists",
        "any",
        "all",
        "some",
        "values",
        "over",
        "when",
        "then",
        "else",
        "between",
        "like",
        "is",
        "with",
        "index",
        "key",
        "straight_join",
    ];
    KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(text))
}

fn is_string(first: char) -> bool {
    matches!(first, '\'' | '"')
}

fn is_comment(piece: &str) -> bool {
    piece.starts_with("/*") || piece.starts_with('#') || piece.starts_with("-- ") || piece.starts_with("--\n") || piece == "--"
}

/// Bytes of the piece that the text begins with.
fn piece_length(text: &str, first: char) -> usize {
    let until_line_end = || text.find('\n').unwrap_or(text.len());
    match first {
        '\'' | '"' | '`' => quoted_length(text, first),
        '#' => until_line_end(),
        '-' if text.starts_with("-- ") || text.starts_with("--\n") || text == "--" => until_line_end().max(2),
        '/' if text.starts_with("/*") => text[2..].find("*/").map_or(text.len(), |end| end + 4),
        c if c.is_alphanumeric() || c == '_' || c == '$' => word_length(text, first),
        c => c.len_utf8(),
    }
}

fn word_length(text: &str, first: char) -> usize {
    let digits = first.is_ascii_digit();
    let in_word = |(at, c): (usize, char)| {
        let inside = c.is_alphanumeric() || c == '_' || c == '$' || (digits && c == '.' && !text[..at].contains('.'));
        (!inside).then_some(at)
    };
    text.char_indices().find_map(in_word).unwrap_or(text.len())
}

fn quoted_length(text: &str, quote: char) -> usize {
    let mut rest = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = rest.next() {
        if c == '\\' && quote != '`' {
            rest.next();
        } else if c == quote {
            if rest.peek().is_some_and(|(_, next)| *next == quote) {
                rest.next();
            } else {
                return at + 1;
            }
        }
    }
    text.len()
}

fn unquoted(piece: &str) -> Cow<'_, str> {
    let Some(quote) = piece.chars().next().filter(|c| matches!(c, '\'' | '"' | '`')) else { return Cow::Borrowed(piece) };
    let inner = &piece[1..];
    let inner = inner.strip_suffix(quote).unwrap_or(inner);
    let doubled: String = [quote, quote].iter().collect();
    if inner.contains(&doubled) { Cow::Owned(inner.replace(&doubled, &quote.to_string())) } else { Cow::Borrowed(inner) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters() {
        let words = Words::of("SELECT 'ü' -- x\n FROM `t` tt WHERE tt.a = 1");
        let place = words.place_of_column("tt", "a").expect("the column is there");
        assert_eq!((place.line, place.column), (2, 20));
        assert_eq!(words.place_of_table("tt", "t").map(|place| (place.line, place.column)), Some((2, 7)));
    }

    #[test]
    fn broken_texts_do_no_harm() {
        for text in ["'", "`a", "/*", "--", "\\", "(((", "a''b", "é\"ü", "1.2.3", "'\\"] {
            let words = Words::of(text);
            assert!(words.list.iter().all(|word| word.end() <= text.len()), "{text}");
        }
    }

    #[test]
    fn a_call_is_found_by_its_column() {
        let text = "SELECT year(hire_date) FROM e WHERE a IN (hire_date) AND YEAR(hire_date) = 1990";
        let place = Words::of(text).place_of_call("hire_date").expect("the call is there");
        assert_eq!(&text[place.start..place.end], "YEAR(hire_date)");
    }
}
