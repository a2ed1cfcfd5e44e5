//! Options of tables and databases.

use super::TableOptions;
use super::lexis::{Parsed, any_value, any_word, flag, name, number, punctuation, word, words};
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt};

/// Options up to PARTITION BY or the end. Those that do not matter to planning are passed over.
pub(super) fn table_options(input: &str) -> Parsed<'_, TableOptions> {
    let mut options = TableOptions::default();
    let mut rest = input;
    while !rest.is_empty() && words(&["partition", "by"])(rest).is_err() {
        rest = option(rest, &mut options)?.0;
        rest = opt(punctuation(',')).parse(rest)?.0;
    }
    Ok((rest, options))
}

fn option<'a>(input: &'a str, options: &mut TableOptions) -> Parsed<'a, ()> {
    let (rest, _) = flag(&["default"])(input)?;
    let charset = alt((map(words(&["character", "set"]), |()| ""), word("charset"))).parse(rest);
    if let Ok((rest, _)) = charset {
        let (rest, _) = opt(punctuation('=')).parse(rest)?;
        return map(name_or_string, |found| options.charset = Some(found)).parse(rest);
    }
    let equals = |rest| opt(punctuation('=')).parse(rest).map(|(rest, _)| rest);
    if let Ok((rest, _)) = word("collate")(rest) {
        return map(name_or_string, |found| options.collation = Some(found)).parse(equals(rest)?);
    }
    if let Ok((rest, _)) = alt((word("engine"), word("type"))).parse(rest) {
        return map(name_or_string, |found| options.engine = Some(found)).parse(equals(rest)?);
    }
    if let Ok((rest, _)) = word("secondary_engine")(rest) {
        return map(name_or_string, |found| options.secondary_engine = Some(found)).parse(equals(rest)?);
    }
    if let Ok((rest, _)) = word("row_format")(rest) {
        return map(any_word, |found| options.row_format = Some(found.to_ascii_uppercase())).parse(equals(rest)?);
    }
    if let Ok((rest, _)) = word("key_block_size")(rest) {
        return map(number, |found| options.key_block_size = u32::try_from(found).ok()).parse(equals(rest)?);
    }
    ignored(rest)
}

fn name_or_string(input: &str) -> Parsed<'_, String> {
    alt((super::lexis::string, name)).parse(input)
}

fn ignored(input: &str) -> Parsed<'_, ()> {
    if let Ok((rest, ())) = words(&["start", "transaction"])(input) {
        return Ok((rest, ()));
    }
    if let Ok((rest, _)) = word("storage")(input) {
        return map(any_word, |_| ()).parse(rest);
    }
    if let Ok((rest, _)) = word("tablespace")(input) {
        let (rest, _) = opt(punctuation('=')).parse(rest)?;
        return map(name, |_| ()).parse(rest);
    }
    let (rest, first) = any_word(input)?;
    let two_words = ["data", "index"].into_iter().any(|each| first.eq_ignore_ascii_case(each));
    let rest = if two_words { any_word(rest)?.0 } else { rest };
    let (rest, _) = opt(punctuation('=')).parse(rest)?;
    map(any_value, |_| ()).parse(rest)
}

/// Bytes up to the next comma outside of quotes and parentheses, or to the end.
pub(super) fn until_comma(input: &str) -> usize {
    let (mut quote, mut depth) = (None, 0usize);
    for (at, c) in input.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => return at,
            _ => {}
        }
    }
    input.len()
}
