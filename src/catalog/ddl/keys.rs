//! Indexes and foreign keys.

use super::lexis::{Parsed, any_value, any_word, length, list, name, parenthesized, punctuation, qualified_name, word, words};
use super::{KeyDefinition, KeyType, PartDefinition};
use crate::catalog::schema::IndexKind;
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt};

/// PRIMARY KEY, UNIQUE KEY, KEY, FULLTEXT KEY, SPATIAL KEY with parts and options.
pub(super) fn key(input: &str) -> Parsed<'_, KeyDefinition> {
    let (rest, key_type) = key_type(input)?;
    let (rest, _) = opt(alt((word("key"), word("index")))).parse(rest)?;
    let has_name = !rest.starts_with('(') && word("using")(rest).is_err();
    let (rest, key_name) = if has_name { map(name, Some).parse(rest)? } else { (rest, None) };
    parts_and_options(rest, key_type, key_name)
}

/// The parts of a key and its options, before and behind them.
pub(super) fn parts_and_options(input: &str, key_type: KeyType, name: Option<String>) -> Parsed<'_, KeyDefinition> {
    let mut key = KeyDefinition { key_type, name, parts: Vec::new(), method: None, invisible: false, parser: None };
    let (rest, ()) = key_options(input, &mut key)?;
    let (rest, parts) = list(part)(rest)?;
    key.parts = parts;
    let (rest, ()) = key_options(rest, &mut key)?;
    Ok((rest, key))
}

fn key_type(input: &str) -> Parsed<'_, KeyType> {
    for (first, kind) in [
        ("primary", KeyType::Primary),
        ("unique", KeyType::Unique),
        ("fulltext", KeyType::FullText),
        ("spatial", KeyType::Spatial),
    ] {
        if let Ok((rest, _)) = word(first)(input) {
            return Ok((rest, kind));
        }
    }
    map(alt((word("key"), word("index"))), |_| KeyType::Plain).parse(input)
}

fn part(input: &str) -> Parsed<'_, PartDefinition> {
    let (rest, (column, expression, prefix)) = if input.starts_with('(') {
        map(parenthesized, |text| (None, Some(text.to_owned()), None)).parse(input)?
    } else {
        map((name, opt(length)), |(column, prefix)| (Some(column), None, prefix)).parse(input)?
    };
    let (rest, direction) = opt(alt((word("asc"), word("desc")))).parse(rest)?;
    let descending = direction.is_some_and(|word| word.eq_ignore_ascii_case("desc"));
    Ok((rest, PartDefinition { column, expression, prefix, descending }))
}

/// What USING names.
pub(super) fn method_of(word: &str) -> IndexKind {
    if word.eq_ignore_ascii_case("hash") { IndexKind::Hash } else { IndexKind::BTree }
}

fn key_options<'a>(input: &'a str, key: &mut KeyDefinition) -> Parsed<'a, ()> {
    let mut rest = input;
    loop {
        if let Ok((after, _)) = word("using")(rest) {
            let (after, method) = any_word(after)?;
            key.method = Some(method_of(method));
            rest = after;
        } else if let Ok((after, ())) = words(&["with", "parser"])(rest) {
            let (after, parser) = name(after)?;
            key.parser = Some(parser);
            rest = after;
        } else if let Ok((after, _)) = word("invisible")(rest) {
            key.invisible = true;
            rest = after;
        } else if let Ok((after, _)) = word("visible")(rest) {
            rest = after;
        } else if let Some(after) = ignored_option(rest) {
            rest = after;
        } else {
            return Ok((rest, ()));
        }
    }
}

fn ignored_option(input: &str) -> Option<&str> {
    for option in ["key_block_size", "comment", "engine_attribute", "secondary_engine_attribute"] {
        if let Ok((rest, _)) = word(option)(input) {
            let (rest, _) = opt(punctuation('=')).parse(rest).ok()?;
            return any_value(rest).ok().map(|(rest, _)| rest);
        }
    }
    None
}

/// FOREIGN KEY [name] (columns) REFERENCES …: the columns.
pub(super) fn foreign_key(input: &str) -> Parsed<'_, Vec<String>> {
    let (rest, ()) = words(&["foreign", "key"])(input)?;
    let (rest, _) = if rest.starts_with('(') { (rest, String::new()) } else { name(rest)? };
    let (rest, columns) = list(map((name, opt(length)), |(column, _)| column).parsing())(rest)?;
    let (rest, ()) = references(rest)?;
    Ok((rest, columns))
}

/// REFERENCES table (columns) with its actions.
pub(super) fn references(input: &str) -> Parsed<'_, ()> {
    let (rest, _) = word("references")(input)?;
    let (rest, _) = qualified_name(rest)?;
    let (mut rest, _) = opt(parenthesized).parse(rest)?;
    loop {
        if let Ok((after, _)) = word("match")(rest) {
            rest = any_word(after)?.0;
        } else if let Ok((after, _)) = (word("on"), alt((word("delete"), word("update")))).parse(rest) {
            let (after, first) = any_word(after)?;
            let two_words = first.eq_ignore_ascii_case("set") || first.eq_ignore_ascii_case("no");
            rest = if two_words { any_word(after)?.0 } else { after };
        } else {
            return Ok((rest, ()));
        }
    }
}

/// A parser object as a function, for [`list`].
trait Parsing<'a, T> {
    fn parsing(self) -> impl FnMut(&'a str) -> Parsed<'a, T>;
}
impl<'a, T, P: Parser<&'a str, Output = T, Error = nom::error::Error<&'a str>>> Parsing<'a, T> for P {
    fn parsing(mut self) -> impl FnMut(&'a str) -> Parsed<'a, T> {
        move |input| self.parse(input)
    }
}
