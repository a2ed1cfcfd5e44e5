//! PARTITION BY.

use super::lexis::{Parsed, any_value, any_word, flag, list, name, number, parenthesized, punctuation, string, word, words};
use super::{PartitionClause, PartitionItem};
use crate::catalog::schema::PartitionMethod;
use nom::Parser;
use nom::combinator::{map, opt};

/// PARTITION BY … with everything that belongs to it.
pub(super) fn partition_by(input: &str) -> Parsed<'_, PartitionClause> {
    let (rest, ()) = words(&["partition", "by"])(input)?;
    let (rest, mut clause) = method(rest)?;
    let (rest, count) = opt(count("partitions")).parse(rest)?;
    clause.count = count;
    let (rest, sub) = opt(subpartition_by).parse(rest)?;
    clause.sub = sub.map(Box::new);
    let (rest, partitions) = if rest.starts_with('(') { list(partition)(rest)? } else { (rest, Vec::new()) };
    clause.partitions = partitions;
    Ok((rest, clause))
}

fn subpartition_by(input: &str) -> Parsed<'_, PartitionClause> {
    let (rest, ()) = words(&["subpartition", "by"])(input)?;
    let (rest, mut clause) = method(rest)?;
    let (rest, count) = opt(count("subpartitions")).parse(rest)?;
    clause.count = count;
    Ok((rest, clause))
}

fn count<'a>(introduced: &'static str) -> impl FnMut(&'a str) -> Parsed<'a, u32> {
    move |input| {
        let (rest, _) = word(introduced)(input)?;
        map(number, |n| u32::try_from(n).unwrap_or(u32::MAX).min(8192)).parse(rest)
    }
}

fn method(input: &str) -> Parsed<'_, PartitionClause> {
    let (rest, linear) = flag(&["linear"])(input)?;
    let (rest, kind) = any_word(rest)?;
    let (rest, columns) = flag(&["columns"])(rest)?;
    let (rest, algorithm) = flag(&["algorithm"])(rest)?;
    let (rest, _) = if algorithm { (punctuation('='), number).parse(rest)? } else { (rest, ('=', 0)) };
    let method = match (kind.to_ascii_lowercase().as_str(), columns, linear) {
        ("range", false, _) => PartitionMethod::Range,
        ("range", true, _) => PartitionMethod::RangeColumns,
        ("list", false, _) => PartitionMethod::List,
        ("list", true, _) => PartitionMethod::ListColumns,
        ("hash", _, false) => PartitionMethod::Hash,
        ("hash", _, true) => PartitionMethod::LinearHash,
        ("key", _, false) => PartitionMethod::Key,
        ("key", _, true) => PartitionMethod::LinearKey,
        _ => return Err(nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Tag))),
    };
    let by_columns = columns || matches!(method, PartitionMethod::Key | PartitionMethod::LinearKey);
    let (rest, (expression, columns)) = if by_columns {
        let (after, names) = list(name)(rest)?;
        let text = names.iter().map(|name| format!("`{}`", name.replace('`', "``"))).collect::<Vec<_>>().join(",");
        (after, (text, names))
    } else {
        map(parenthesized, |text| (text.to_owned(), Vec::new())).parse(rest)?
    };
    Ok((rest, PartitionClause { method, expression, columns, sub: None, count: None, partitions: Vec::new() }))
}

fn partition(input: &str) -> Parsed<'_, PartitionItem> {
    let (rest, _) = word("partition")(input)?;
    let (rest, partition_name) = name_or_string(rest)?;
    let (rest, description) = opt(values).parse(rest)?;
    let (rest, ()) = partition_options(rest)?;
    let (rest, subpartitions) = if rest.starts_with('(') { list(subpartition)(rest)? } else { (rest, Vec::new()) };
    Ok((rest, PartitionItem { name: partition_name, description, subpartitions }))
}

fn subpartition(input: &str) -> Parsed<'_, String> {
    let (rest, _) = word("subpartition")(input)?;
    let (rest, found) = name_or_string(rest)?;
    let (rest, ()) = partition_options(rest)?;
    Ok((rest, found))
}

fn name_or_string(input: &str) -> Parsed<'_, String> {
    nom::branch::alt((string, name)).parse(input)
}

fn values(input: &str) -> Parsed<'_, String> {
    let (rest, _) = word("values")(input)?;
    let (rest, less_than) = flag(&["less", "than"])(rest)?;
    let rest = if less_than { rest } else { word("in")(rest)?.0 };
    if let Ok((rest, _)) = word("maxvalue")(rest) {
        return Ok((rest, "MAXVALUE".to_owned()));
    }
    map(parenthesized, str::to_owned).parse(rest)
}

fn partition_options(input: &str) -> Parsed<'_, ()> {
    let mut rest = input;
    while !rest.is_empty() && !rest.starts_with([',', '(', ')']) {
        let (after, first) = any_word(rest)?;
        let two_words = ["data", "index", "storage"].into_iter().any(|each| first.eq_ignore_ascii_case(each));
        let after = if two_words { any_word(after)?.0 } else { after };
        let (after, _) = opt(punctuation('=')).parse(after)?;
        rest = any_value(after)?.0;
    }
    Ok((rest, ()))
}
