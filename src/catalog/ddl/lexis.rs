//! Words of the DDL that SHOW CREATE prints: names, strings, numbers, parenthesized texts, version comments.

use nom::branch::alt;
use nom::bytes::complete::{tag_no_case, take_while, take_while1};
use nom::character::complete::char;
use nom::combinator::{map, opt, recognize};
use nom::{IResult, Parser};
use std::borrow::Cow;

/// Result of a parser over the text.
pub(super) type Parsed<'a, T> = IResult<&'a str, T>;

fn error<T>(input: &str) -> Parsed<'_, T> {
    Err(nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Fail)))
}

/// Length of the quoted piece that starts at `text` (the quote included), or none if `text` starts with no quote or does not
/// close it. Backslashes escape in strings, not in back-quoted names; a doubled quote stands for itself.
fn quoted_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let quote = *bytes.first().filter(|b| matches!(b, b'\'' | b'"' | b'`'))?;
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quote != b'`' => at += 2,
            b if b == quote && bytes.get(at + 1) == Some(&quote) => at += 2,
            b if b == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

/// Length of the comment that starts at `text`; version comments are none.
fn comment_length(text: &str) -> Option<usize> {
    let line = |text: &str| text.find('\n').unwrap_or(text.len());
    if text.starts_with("/*") && !text.starts_with("/*!") {
        return Some(text[2..].find("*/").map_or(text.len(), |end| end + 4));
    }
    if text.starts_with("-- ") || text.starts_with("--\n") || text.starts_with('#') {
        return Some(line(text));
    }
    None
}

/// Replaces comments, and the frames of version comments (`/*!50100 … */`), by blanks of the same length: what a version
/// comment holds is part of the statement. Texts in quotes stay.
pub(super) fn open_version_comments(text: &str) -> Cow<'_, str> {
    if !text.contains("/*") && !text.contains("--") && !text.contains('#') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let (mut at, mut inside) = (0, false);
    let blanks = |out: &mut String, from: usize, to: usize| {
        out.extend(text[from..to].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
    };
    while at < text.len() {
        let rest = &text[at..];
        let length = if let Some(length) = quoted_length(rest) {
            out.push_str(&rest[..length]);
            length
        } else if let Some(length) = comment_length(rest) {
            blanks(&mut out, at, at + length);
            length
        } else if let Some(version) = rest.strip_prefix("/*!") {
            inside = true;
            let length = 3 + version.bytes().take_while(u8::is_ascii_digit).take(6).count();
            blanks(&mut out, at, at + length);
            length
        } else if inside && rest.starts_with("*/") {
            inside = false;
            out.push_str("  ");
            2
        } else {
            let length = rest.chars().next().map_or(1, char::len_utf8);
            out.push_str(&rest[..length]);
            length
        };
        at += length;
    }
    Cow::Owned(out)
}

/// Skips blanks.
pub(super) fn blank(input: &str) -> Parsed<'_, ()> {
    map(take_while(char::is_whitespace), |_| ()).parse(input)
}

/// `parser`, then blanks.
pub(super) fn lexeme<'a, T>(
    mut parser: impl Parser<&'a str, Output = T, Error = nom::error::Error<&'a str>>,
) -> impl FnMut(&'a str) -> Parsed<'a, T> {
    move |input| {
        let (rest, value) = parser.parse(input)?;
        let (rest, ()) = blank(rest)?;
        Ok((rest, value))
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// One character of punctuation, then blanks.
pub(super) fn punctuation<'a>(wanted: char) -> impl FnMut(&'a str) -> Parsed<'a, char> {
    lexeme(char(wanted))
}

/// A word, without regard to case, then blanks.
pub(super) fn word<'a>(wanted: &'static str) -> impl FnMut(&'a str) -> Parsed<'a, &'a str> {
    move |input| {
        let (rest, found) = tag_no_case(wanted).parse(input)?;
        if rest.starts_with(is_word) {
            return error(input);
        }
        let (rest, ()) = blank(rest)?;
        Ok((rest, found))
    }
}

/// Several words.
pub(super) fn words<'a>(wanted: &'static [&'static str]) -> impl FnMut(&'a str) -> Parsed<'a, ()> {
    move |input| {
        let mut rest = input;
        for each in wanted {
            rest = word(each)(rest)?.0;
        }
        Ok((rest, ()))
    }
}

/// True and the rest after it if the words come next.
pub(super) fn flag<'a>(wanted: &'static [&'static str]) -> impl FnMut(&'a str) -> Parsed<'a, bool> {
    move |input| map(opt(words(wanted)), |found| found.is_some()).parse(input)
}

/// Any unquoted word.
pub(super) fn any_word(input: &str) -> Parsed<'_, &str> {
    lexeme(take_while1(is_word))(input)
}

fn unquote(quoted: &str) -> String {
    let quote = quoted.chars().next().unwrap_or('\'');
    let inner = &quoted[1..quoted.len() - 1];
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' if quote != '`' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some('0') => out.push('\0'),
                Some('b') => out.push('\u{8}'),
                Some('Z') => out.push('\u{1a}'),
                Some(other) => out.push(other),
                None => {}
            },
            c if c == quote => {
                chars.next();
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

fn quoted_raw(quotes: &'static [u8]) -> impl FnMut(&str) -> Parsed<'_, &str> {
    move |input| match quoted_length(input) {
        Some(length) if quotes.contains(&input.as_bytes()[0]) => Ok((&input[length..], &input[..length])),
        _ => error(input),
    }
}

/// A name: quoted with backquotes or double quotes, or a bare word.
pub(super) fn name(input: &str) -> Parsed<'_, String> {
    lexeme(alt((map(quoted_raw(b"`\""), unquote), map(take_while1(is_word), str::to_owned))))(input)
}

/// `[schema.]name`.
pub(super) fn qualified_name(input: &str) -> Parsed<'_, (Option<String>, String)> {
    let (rest, first) = name(input)?;
    match punctuation('.')(rest) {
        Ok((rest, _)) => map(name, |second| (Some(first.clone()), second)).parse(rest),
        Err(_) => Ok((rest, (None, first))),
    }
}

/// A string in single or double quotes, with its escapes undone.
pub(super) fn string(input: &str) -> Parsed<'_, String> {
    lexeme(map(quoted_raw(b"'\""), unquote))(input)
}

/// An unsigned number.
pub(super) fn number(input: &str) -> Parsed<'_, u64> {
    let digits = lexeme(take_while1(|c: char| c.is_ascii_digit()))(input)?;
    match digits.1.parse() {
        Ok(value) => Ok((digits.0, value)),
        Err(_) => error(input),
    }
}

/// `(n)`.
pub(super) fn length(input: &str) -> Parsed<'_, u32> {
    let (rest, (_, value, _)) = (punctuation('('), number, punctuation(')')).parse(input)?;
    Ok((rest, u32::try_from(value).unwrap_or(u32::MAX)))
}

/// The text between a pair of parentheses; quotes and inner parentheses are respected.
pub(super) fn parenthesized(input: &str) -> Parsed<'_, &str> {
    let (start, _) = char('(').parse(input)?;
    let (mut at, mut depth) = (0, 1usize);
    while at < start.len() {
        let rest = &start[at..];
        if let Some(length) = quoted_length(rest) {
            at += length;
            continue;
        }
        match rest.as_bytes()[0] {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            let (rest, ()) = blank(&start[at + 1..])?;
            return Ok((rest, start[..at].trim()));
        }
        at += rest.chars().next().map_or(1, char::len_utf8);
    }
    error(input)
}

/// A value that need not be understood: a string, a number, words up to the next blank, or a parenthesized text.
pub(super) fn any_value(input: &str) -> Parsed<'_, &str> {
    let bare = |input| take_while1(|c: char| !c.is_whitespace() && !matches!(c, ',' | '(' | ')' | '\'' | '"'))(input);
    let parens = |input| recognize(parenthesized).parse(input);
    let simple = alt((quoted_raw(b"'\"`"), recognize((bare, opt(quoted_raw(b"'"))))));
    let mut value = alt((parens, recognize((simple, opt(parens)))));
    let (rest, found) = value.parse(input)?;
    let (rest, ()) = blank(rest)?;
    Ok((rest, found.trim_end()))
}

/// A list in parentheses.
pub(super) fn list<'a, T>(mut item: impl FnMut(&'a str) -> Parsed<'a, T>) -> impl FnMut(&'a str) -> Parsed<'a, Vec<T>> {
    move |input| {
        let (mut rest, _) = punctuation('(')(input)?;
        let mut items = Vec::new();
        if let Ok((rest, _)) = punctuation(')')(rest) {
            return Ok((rest, items));
        }
        loop {
            let (after, value) = item(rest)?;
            items.push(value);
            match punctuation(',')(after) {
                Ok((after, _)) => rest = after,
                Err(_) => return map(punctuation(')'), |_| ()).parse(after).map(|(rest, ())| (rest, items)),
            }
        }
    }
}

/// Splits a script at `;` (or what DELIMITER set), outside of quotes and comments: (line of the first word, text).
pub(super) fn statements(script: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let (mut start, mut at, mut delimiter) = (0, 0, ";");
    while at < script.len() {
        let rest = &script[at..];
        let at_line_start = script[start..at].trim().is_empty();
        if at_line_start && rest.get(..9).is_some_and(|w| w.eq_ignore_ascii_case("delimiter")) {
            let end = rest.find('\n').unwrap_or(rest.len());
            delimiter = match rest[9..end].trim() {
                "" => ";",
                other => other,
            };
            at += end;
            start = at;
        } else if let Some(length) = quoted_length(rest).or_else(|| comment_length(rest)) {
            at += length;
        } else if rest.starts_with(delimiter) {
            push_statement(script, start, at, &mut found);
            at += delimiter.len();
            start = at;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    push_statement(script, start, script.len(), &mut found);
    let (mut line, mut seen) = (1, 0);
    for (offset, _) in &mut found {
        line += script[seen..*offset].matches('\n').count();
        seen = *offset;
        *offset = line;
    }
    found
}

fn push_statement<'a>(script: &'a str, start: usize, end: usize, found: &mut Vec<(usize, &'a str)>) {
    let text = &script[start..end.max(start)];
    let trimmed = text.trim();
    if !trimmed.is_empty() {
        found.push((start + (text.len() - text.trim_start().len()), trimmed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_comments_open_and_others_vanish() {
        let text = "a /*!50100 PARTITION */ 'x /*! */' /* no */ `-- ` b";
        assert_eq!(open_version_comments(text), "a          PARTITION    'x /*! */'          `-- ` b");
    }

    #[test]
    fn delimiters_split_scripts() {
        let script = "SELECT ';';\nDELIMITER ;;\nCREATE x; y;;\nDELIMITER ;\nz";
        assert_eq!(statements(script), vec![(1, "SELECT ';'"), (3, "CREATE x; y"), (5, "z")]);
    }

    #[test]
    fn quotes_double_and_escape() {
        assert_eq!(string("'it''s\\n' x"), Ok(("x", "it's\n".to_owned())));
        assert_eq!(name("`a``b` ("), Ok(("(", "a`b".to_owned())));
        assert_eq!(parenthesized("(a ')' (b)) c"), Ok(("c", "a ')' (b)")));
    }
}
