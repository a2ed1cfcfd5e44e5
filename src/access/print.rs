//! Ranges as the optimizer trace and TREE print them (spec 03 §13).

use super::interval::{Bound, Interval, List};
use super::key_value::KeyValue;
use super::ranges::{EmittedRange, KeyTuple};
use super::setup::{IndexSetup, Part};
use crate::catalog::{CollationId, DataType, TypeKind, collation};
use crate::value::Temporal;
use std::fmt::Write;

/// For whom a range is printed: they differ in characters that utf8mb3 lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The optimizer trace: one `?` for each character that cannot be shown.
    Trace,
    /// TREE and JSON: one `?` for each byte of the column's character set that is not utf8mb3.
    Tree,
}

/// The text of one enumerated range in the trace's form: every interval on the way, in ascending terms.
pub fn trace_range(index: &IndexSetup, range: &EmittedRange<'_>) -> String {
    let mut text = String::new();
    for (part, interval) in index.parts.iter().zip(&range.path) {
        if interval.is_full() {
            continue;
        }
        separate(&mut text);
        print_interval(&mut text, part, interval, Reader::Trace);
    }
    text
}

/// The intervals of a list as the trace prints them, from whichever part it starts.
pub fn trace_list(index: &IndexSetup, list: &List) -> Vec<String> {
    let mut texts = Vec::new();
    let Some(part) = index.parts.get(usize::from(list.part)) else { return texts };
    for interval in &list.intervals {
        let mut text = String::new();
        print_interval(&mut text, part, interval, Reader::Trace);
        let next = interval.next.as_deref().filter(|next| next.part == list.part + 1);
        match next.filter(|_| interval.is_point()) {
            Some(next) => texts.extend(trace_list(index, next).iter().map(|below| format!("{text} AND {below}"))),
            None => texts.push(text),
        }
    }
    texts
}

/// One interval of one part.
pub fn print_interval(text: &mut String, part: &Part, interval: &Interval, reader: Reader) {
    print_part(text, part, &interval.low, &interval.high, reader);
}

/// The text of a range as it is read (spec 03 §13.2).
pub fn scan_range(index: &IndexSetup, range: &EmittedRange<'_>, reader: Reader) -> String {
    tuple_range(index, &range.min, &range.max, range.min_open, range.max_open, reader)
}

fn tuple_range(index: &IndexSetup, min: &KeyTuple, max: &KeyTuple, min_open: bool, max_open: bool, reader: Reader) -> String {
    let mut text = String::new();
    let length = min.len().max(max.len());
    for (place, part) in index.parts.iter().enumerate().take(length) {
        let last = place + 1 == length;
        let low = Bound { value: min.get(place).cloned(), open: last && min_open };
        let high = Bound { value: max.get(place).cloned(), open: last && max_open };
        separate(&mut text);
        print_part(&mut text, part, &low, &high, reader);
    }
    text
}

fn separate(text: &mut String) {
    if !text.is_empty() {
        text.push_str(" AND ");
    }
}

fn print_part(text: &mut String, part: &Part, low: &Bound, high: &Bound, reader: Reader) {
    let name = part.name.as_ref();
    if part.array {
        if let Some(value) = &low.value {
            print_value(text, part, value, reader);
        }
        let _ = write!(text, " MEMBER OF ({name})");
        return;
    }
    if part.geometry {
        let _ = write!(text, "{name} unprintable_geometry_value");
        return;
    }
    if let (Bound { value: Some(a), open: false }, Bound { value: Some(b), open: false }) = (low, high)
        && a == b
    {
        let _ = write!(text, "{name} = ");
        print_value(text, part, a, reader);
        return;
    }
    if let Some(value) = &low.value {
        print_value(text, part, value, reader);
        text.push_str(if low.open { " < " } else { " <= " });
    }
    text.push_str(name);
    if let Some(value) = &high.value {
        text.push_str(if high.open { " < " } else { " <= " });
        print_value(text, part, value, reader);
    }
}

/// One value (spec 03 §13.1).
pub fn print_value(text: &mut String, part: &Part, value: &KeyValue, reader: Reader) {
    let ty = &part.ty;
    if value.is_null() {
        text.push_str("NULL");
        return;
    }
    match ty.kind {
        TypeKind::TinyBlob | TypeKind::Blob | TypeKind::MediumBlob | TypeKind::LongBlob | TypeKind::Json => {
            text.push_str("unprintable_blob_value");
            return;
        }
        TypeKind::Geometry => {
            text.push_str("unprintable_geometry_value");
            return;
        }
        _ => {}
    }
    match value {
        KeyValue::Null => {}
        KeyValue::Unknown(expr) => {
            let _ = write!(text, "<e{}>", expr.0);
        }
        KeyValue::Integer(number) => print_integer(text, ty, *number),
        KeyValue::Decimal(number) => text.push_str(&number.to_plain_string()),
        KeyValue::Double(number) => text.push_str(&super::convert::double_text(*number, ty.kind == TypeKind::Float)),
        KeyValue::Moment(moment) => print_moment(text, ty, moment),
        KeyValue::Time(time) => print_time(text, ty, time),
        KeyValue::Text { text: characters, .. } => {
            let characters = if ty.kind == TypeKind::Char { characters.trim_end_matches(' ') } else { characters };
            quote(text, characters, ty.collation, reader);
        }
        KeyValue::Bytes { bytes, pad } => print_bytes(text, part, bytes, *pad),
    }
}

fn print_integer(text: &mut String, ty: &DataType, number: i128) {
    match (ty.kind, &ty.members) {
        (TypeKind::Enum, Some(members)) => {
            let label = usize::try_from(number - 1).ok().and_then(|place| members.get(place)).map_or("", |label| label);
            quote(text, label, ty.collation, Reader::Trace);
        }
        (TypeKind::Set, Some(members)) => {
            let chosen: Vec<&str> = members
                .iter()
                .enumerate()
                .filter(|(bit, _)| *bit < 64 && number >> bit & 1 == 1)
                .map(|(_, label)| label.as_ref())
                .collect();
            quote(text, &chosen.join(","), ty.collation, Reader::Trace);
        }
        (TypeKind::Year, _) => {
            let _ = write!(text, "{number:04}");
        }
        _ if ty.zerofill => {
            let _ = write!(text, "{number:0width$}", width = ty.length as usize);
        }
        _ => {
            let _ = write!(text, "{number}");
        }
    }
}

fn print_moment(text: &mut String, ty: &DataType, moment: &Temporal) {
    let _ = write!(text, "'{:04}-{:02}-{:02}", moment.year, moment.month, moment.day);
    if ty.kind != TypeKind::Date {
        let _ = write!(text, " {:02}:{:02}:{:02}", moment.hour, moment.minute, moment.second);
        print_fraction(text, ty, moment.microsecond);
    }
    text.push('\'');
}

fn print_time(text: &mut String, ty: &DataType, time: &Temporal) {
    let sign = if time.negative { "-" } else { "" };
    let _ = write!(text, "'{sign}{:02}:{:02}:{:02}", time.hour, time.minute, time.second);
    print_fraction(text, ty, time.microsecond);
    text.push('\'');
}

fn print_fraction(text: &mut String, ty: &DataType, microsecond: u32) {
    let digits = usize::from(ty.decimals.min(6));
    if digits > 0 {
        let all = format!("{microsecond:06}");
        let _ = write!(text, ".{}", &all[..digits]);
    }
}

/// The key's bytes: a length of two bytes for variable types, then the value, filled to the part's length.
fn print_bytes(text: &mut String, part: &Part, bytes: &[u8], pad: u8) {
    if part.ty.kind == TypeKind::Bit {
        let number = bytes.iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
        let _ = write!(text, "{number}");
        return;
    }
    text.push_str("0x");
    if part.ty.kind == TypeKind::VarChar {
        let length = bytes.len() as u16;
        let _ = write!(text, "{:02x}{:02x}", length & 0xff, length >> 8);
    }
    let fill = std::iter::repeat(&pad);
    for byte in bytes.iter().chain(fill).take(part.length as usize) {
        let _ = write!(text, "{byte:02x}");
    }
}

fn quote(text: &mut String, characters: &str, column: CollationId, reader: Reader) {
    text.push('\'');
    for c in characters.chars() {
        match c {
            '\0' => text.push_str("\\0"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\\' => text.push_str("\\\\"),
            '\'' => text.push_str("\\'"),
            '"' => text.push_str("\\\""),
            '\u{1a}' => text.push_str("\\Z"),
            c if c.is_ascii() => text.push(c),
            c => print_character(text, c, column, reader),
        }
    }
    text.push('\'');
}

fn print_character(text: &mut String, c: char, column: CollationId, reader: Reader) {
    let beyond = c.len_utf8() == 4;
    match reader {
        Reader::Trace if beyond => text.push('?'),
        Reader::Trace => text.push(c),
        Reader::Tree if collation::info(column).charset().starts_with("utf8") => {
            if beyond {
                text.push_str("????")
            } else {
                text.push(c)
            }
        }
        Reader::Tree => text.push('?'),
    }
}
