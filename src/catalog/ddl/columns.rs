//! Column definitions.

use super::lexis::{
    Parsed, any_value, any_word, flag, length, list, name, number, parenthesized, punctuation, string, word, words,
};
use super::{ColumnDefinition, TypeDefinition};
use crate::catalog::types::TypeKind;
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt};

fn typed(kind: TypeKind) -> TypeDefinition {
    TypeDefinition {
        kind,
        length: None,
        decimals: None,
        unsigned: false,
        zerofill: false,
        members: Vec::new(),
        bytes: false,
        charset: None,
        collation: None,
    }
}

/// Type names that are one word: (word, kind, byte string, form of what follows).
const TYPES: &[(&str, TypeKind, bool)] = &[
    ("tinyint", TypeKind::TinyInt, false),
    ("smallint", TypeKind::SmallInt, false),
    ("mediumint", TypeKind::MediumInt, false),
    ("int", TypeKind::Int, false),
    ("integer", TypeKind::Int, false),
    ("bigint", TypeKind::BigInt, false),
    ("decimal", TypeKind::Decimal, false),
    ("numeric", TypeKind::Decimal, false),
    ("dec", TypeKind::Decimal, false),
    ("fixed", TypeKind::Decimal, false),
    ("float", TypeKind::Float, false),
    ("double", TypeKind::Double, false),
    ("real", TypeKind::Double, false),
    ("bit", TypeKind::Bit, false),
    ("year", TypeKind::Year, false),
    ("date", TypeKind::Date, false),
    ("time", TypeKind::Time, false),
    ("datetime", TypeKind::DateTime, false),
    ("timestamp", TypeKind::Timestamp, false),
    ("char", TypeKind::Char, false),
    ("character", TypeKind::Char, false),
    ("nchar", TypeKind::Char, false),
    ("varchar", TypeKind::VarChar, false),
    ("nvarchar", TypeKind::VarChar, false),
    ("binary", TypeKind::Char, true),
    ("varbinary", TypeKind::VarChar, true),
    ("tinytext", TypeKind::TinyBlob, false),
    ("text", TypeKind::Blob, false),
    ("mediumtext", TypeKind::MediumBlob, false),
    ("longtext", TypeKind::LongBlob, false),
    ("tinyblob", TypeKind::TinyBlob, true),
    ("blob", TypeKind::Blob, true),
    ("mediumblob", TypeKind::MediumBlob, true),
    ("longblob", TypeKind::LongBlob, true),
    ("enum", TypeKind::Enum, false),
    ("set", TypeKind::Set, false),
    ("json", TypeKind::Json, false),
    ("geometry", TypeKind::Geometry, false),
    ("point", TypeKind::Geometry, false),
    ("linestring", TypeKind::Geometry, false),
    ("polygon", TypeKind::Geometry, false),
    ("multipoint", TypeKind::Geometry, false),
    ("multilinestring", TypeKind::Geometry, false),
    ("multipolygon", TypeKind::Geometry, false),
    ("geomcollection", TypeKind::Geometry, false),
    ("geometrycollection", TypeKind::Geometry, false),
];

/// A type without the words about its character set.
pub(super) fn data_type(input: &str) -> Parsed<'_, TypeDefinition> {
    let (mut rest, found) = any_word(input)?;
    if found.eq_ignore_ascii_case("bool") || found.eq_ignore_ascii_case("boolean") {
        return Ok((rest, TypeDefinition { length: Some(1), ..typed(TypeKind::TinyInt) }));
    }
    if found.eq_ignore_ascii_case("serial") {
        return Ok((rest, TypeDefinition { unsigned: true, ..typed(TypeKind::BigInt) }));
    }
    let Some(&(_, kind, bytes)) = TYPES.iter().find(|(word, ..)| word.eq_ignore_ascii_case(found)) else {
        return Err(nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Tag)));
    };
    let mut ty = TypeDefinition { bytes, ..typed(kind) };
    if kind == TypeKind::Double {
        rest = flag(&["precision"])(rest)?.0;
    }
    if kind == TypeKind::Char && !bytes {
        let (after, varying) = flag(&["varying"])(rest)?;
        rest = after;
        if varying {
            ty.kind = TypeKind::VarChar;
        }
    }
    if matches!(kind, TypeKind::Enum | TypeKind::Set) {
        let (after, members) = list(string)(rest)?;
        ty.members = members;
        rest = after;
    } else if rest.starts_with('(') {
        let (after, numbers) = list(number)(rest)?;
        let mut numbers = numbers.into_iter().map(|n| u32::try_from(n).unwrap_or(u32::MAX));
        ty.length = numbers.next();
        ty.decimals = numbers.next();
        rest = after;
    }
    loop {
        if let Ok((after, _)) = word("unsigned")(rest) {
            ty.unsigned = true;
            rest = after;
        } else if let Ok((after, _)) = word("signed")(rest) {
            rest = after;
        } else if let Ok((after, _)) = word("zerofill")(rest) {
            ty.zerofill = true;
            ty.unsigned = true;
            rest = after;
        } else {
            return Ok((rest, ty));
        }
    }
}

/// CHARACTER SET and COLLATE, in any order, as far as they stand here.
pub(super) fn charset_words<'a>(input: &'a str, ty: &mut TypeDefinition) -> Parsed<'a, ()> {
    let mut rest = input;
    loop {
        let charset = alt((map(words(&["character", "set"]), |()| ""), word("charset"))).parse(rest);
        if let Ok((after, _)) = charset {
            let (after, found) = name(after)?;
            ty.charset = Some(found);
            rest = after;
        } else if let Ok((after, _)) = word("collate")(rest) {
            let (after, found) = name(after)?;
            ty.collation = Some(found);
            rest = after;
        } else if let Ok((after, _)) = word("binary")(rest) {
            rest = after;
        } else {
            return Ok((rest, ()));
        }
    }
}

/// CHECK (…) [NOT ENFORCED].
pub(super) fn check(input: &str) -> Parsed<'_, ()> {
    let (rest, _) = word("check")(input)?;
    let (rest, _) = parenthesized(rest)?;
    let (rest, _) = flag(&["not", "enforced"])(rest)?;
    map(flag(&["enforced"]), |_| ()).parse(rest)
}

/// A whole column definition.
pub(super) fn column(input: &str) -> Parsed<'_, ColumnDefinition> {
    let (rest, column_name) = name(input)?;
    let serial = word("serial")(rest).is_ok();
    let (rest, ty) = data_type(rest)?;
    let mut column = ColumnDefinition {
        name: column_name,
        ty,
        nullable: serial.then_some(false),
        auto_increment: serial,
        invisible: false,
        default: None,
        generated: None,
        primary: false,
        unique: serial,
    };
    let mut rest = rest;
    loop {
        let (after, ()) = charset_words(rest, &mut column.ty)?;
        rest = after;
        let ends = rest.is_empty() || rest.starts_with([',', ')']);
        if ends || word("first")(rest).is_ok() || word("after")(rest).is_ok() {
            return Ok((rest, column));
        }
        rest = attribute(rest, &mut column)?.0;
    }
}

fn attribute<'a>(input: &'a str, column: &mut ColumnDefinition) -> Parsed<'a, ()> {
    let done = |rest: &'a str| Ok((rest, ()));
    if let Ok((rest, ())) = words(&["not", "null"])(input) {
        column.nullable = Some(false);
        return done(rest);
    }
    if let Ok((rest, _)) = word("null")(input) {
        column.nullable = Some(true);
        return done(rest);
    }
    if let Ok((rest, ())) = words(&["not", "secondary"])(input) {
        return done(rest);
    }
    if let Ok((rest, _)) = word("default")(input) {
        let (rest, default) = default_value(rest)?;
        column.default = default;
        return done(rest);
    }
    if let Ok((rest, ())) = words(&["on", "update"])(input) {
        return map(any_value, |_| ()).parse(rest);
    }
    if let Ok((rest, _)) = word("auto_increment")(input) {
        column.auto_increment = true;
        return done(rest);
    }
    if let Ok((rest, _)) = word("invisible")(input) {
        column.invisible = true;
        return done(rest);
    }
    if let Ok((rest, ())) = words(&["generated", "always"])(input) {
        return done(rest);
    }
    if let Ok((rest, _)) = word("as")(input) {
        let (rest, expression) = parenthesized(rest)?;
        let (rest, kind) = opt(alt((word("virtual"), word("stored"), word("persistent")))).parse(rest)?;
        let stored = kind.is_some_and(|kind| !kind.eq_ignore_ascii_case("virtual"));
        column.generated = Some((expression.to_owned(), stored));
        return done(rest);
    }
    if let Ok((rest, ())) = words(&["primary", "key"])(input) {
        column.primary = true;
        return done(rest);
    }
    if let Ok((rest, _)) = word("unique")(input) {
        column.unique = true;
        return map(flag(&["key"]), |_| ()).parse(rest);
    }
    if let Ok((rest, _)) = word("key")(input) {
        column.primary = true;
        return done(rest);
    }
    other_attribute(input)
}

/// Attributes that do not matter to planning.
fn other_attribute(input: &str) -> Parsed<'_, ()> {
    if word("check")(input).is_ok() {
        return check(input);
    }
    if let Ok((rest, _)) = word("constraint")(input) {
        let (rest, _) = if word("check")(rest).is_ok() { (rest, String::new()) } else { name(rest)? };
        return check(rest);
    }
    if word("references")(input).is_ok() {
        return super::keys::references(input);
    }
    if let Ok((rest, _)) = word("visible")(input) {
        return Ok((rest, ()));
    }
    let with_value = ["comment", "srid", "storage", "column_format", "engine_attribute", "secondary_engine_attribute"];
    for attribute in with_value {
        if let Ok((rest, _)) = word(attribute)(input) {
            let (rest, _) = opt(punctuation('=')).parse(rest)?;
            return map(any_value, |_| ()).parse(rest);
        }
    }
    Err(nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Tag)))
}

/// A default: none for NULL, the string's content, or the text of anything else.
fn default_value(input: &str) -> Parsed<'_, Option<String>> {
    if let Ok((rest, _)) = word("null")(input) {
        return Ok((rest, None));
    }
    if let Ok((rest, text)) = string(input) {
        return Ok((rest, Some(text)));
    }
    if let Ok((rest, _)) = word("current_timestamp")(input) {
        let (rest, fraction) = opt(length).parse(rest)?;
        let (rest, _) = opt((punctuation('('), punctuation(')'))).parse(rest)?;
        let text = fraction.map_or("CURRENT_TIMESTAMP".to_owned(), |n| format!("CURRENT_TIMESTAMP({n})"));
        return Ok((rest, Some(text)));
    }
    let (rest, sign) = opt(alt((punctuation('-'), punctuation('+')))).parse(input)?;
    let (rest, value) = any_value(rest)?;
    let sign = if sign == Some('-') { "-" } else { "" };
    Ok((rest, Some(format!("{sign}{value}"))))
}
