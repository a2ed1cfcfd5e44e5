//! The interval of `column LIKE pattern` (spec 03 §2.5).

use super::interval::{Bound, Interval};
use super::key_value::KeyValue;
use super::setup::Part;
use crate::catalog::{CollationId, collation};
use crate::value::Value;

/// The interval between the smallest and the largest string that the pattern can match; none if it begins with a wildcard.
pub fn interval(part: &Part, pattern: &Value, escape: Option<char>) -> Option<Interval> {
    let text = super::convert::text_of(pattern);
    if text.starts_with(['%', '_']) {
        return None;
    }
    let info = collation::info(part.ty.collation);
    let (low, high) = if part.ty.collation == CollationId::BINARY {
        let bytes = match pattern {
            Value::Bytes(bytes) => bytes.to_vec(),
            _ => text.into_bytes(),
        };
        byte_bounds(part, &bytes, escape)
    } else if info.max_char_bytes() == 1 {
        single_byte_bounds(part, &text, escape)
    } else {
        multi_byte_bounds(part, &text, escape)
    };
    Some(Interval::between(Bound::closed(low), Bound::closed(high)))
}

/// The literal characters before the first wildcard (at most `limit`), and the pattern from the wildcard on.
fn literal_prefix(pattern: &str, escape: Option<char>, limit: usize) -> (String, Option<&str>) {
    let mut prefix = String::new();
    let mut taken = 0;
    let mut rest = pattern.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        if taken == limit {
            return (prefix, None);
        }
        let literal = if Some(c) == escape {
            match rest.next() {
                Some((_, next)) => next,
                None => c,
            }
        } else if c == '%' || c == '_' {
            return (prefix, Some(&pattern[at..]));
        } else {
            c
        };
        prefix.push(literal);
        taken += 1;
    }
    (prefix, None)
}

/// Characters that the key part holds.
fn part_chars(part: &Part) -> usize {
    (part.length / collation::info(part.ty.collation).max_char_bytes().max(1)) as usize
}

fn text_key(part: &Part, text: String) -> KeyValue {
    KeyValue::Text { text: text.into(), collation: part.ty.collation }
}

fn multi_byte_bounds(part: &Part, pattern: &str, escape: Option<char>) -> (KeyValue, KeyValue) {
    let info = collation::info(part.ty.collation);
    let (prefix, wildcard) = literal_prefix(pattern, escape, part_chars(part));
    if wildcard.is_none() {
        return (text_key(part, prefix.clone()), text_key(part, prefix));
    }
    let uca = info.name.contains("_unicode_") || is_uca_language(info.name);
    let smallest = if uca && !info.is_uca_900() { '\t' } else { '\0' };
    let largest = if info.is_uca_900() { '\u{10FFFF}' } else { '\u{FFFF}' };
    let bytes = part.length as usize;
    let mut low = prefix.clone();
    if info.pad_space && !info.name.ends_with("_bin") {
        while low.len() < bytes {
            low.push(smallest);
        }
    }
    let mut high = prefix;
    while high.len() + largest.len_utf8() <= bytes {
        high.push(largest);
    }
    while high.len() < bytes {
        high.push(' ');
    }
    // A column of variable length keeps its number of characters only.
    if part.ty.has_length_bytes() {
        let chars = part_chars(part);
        if let Some((end, _)) = high.char_indices().nth(chars) {
            high.truncate(end);
        }
        if let Some((end, _)) = low.char_indices().nth(chars) {
            low.truncate(end);
        }
    }
    (text_key(part, low), text_key(part, high))
}

/// The collations of the Unicode collation algorithm before 9.0 (`utf8mb4_czech_ci` and the like).
fn is_uca_language(name: &str) -> bool {
    !(name.contains("_general_") || name.ends_with("_bin") || name.contains("_0900_")) && name.starts_with("utf8")
}

fn single_byte_bounds(part: &Part, pattern: &str, escape: Option<char>) -> (KeyValue, KeyValue) {
    let (low, high) = byte_patterns(&pattern.chars().collect::<Vec<_>>(), escape, part.length as usize, '\0', '\u{ff}', ' ');
    let keep = |(characters, used): (Vec<char>, usize)| text_key(part, characters.into_iter().take(used).collect());
    // Behind a `%` the lower bound is filled up to the whole length, unless the collation compares bytes.
    let filled = low.0.last() == Some(&'\0') && !collation::info(part.ty.collation).name.ends_with("_bin");
    let low = if filled { (low.0, part.length as usize) } else { low };
    (keep(low), keep(high))
}

fn byte_bounds(part: &Part, pattern: &[u8], escape: Option<char>) -> (KeyValue, KeyValue) {
    let escape = escape.and_then(|c| u8::try_from(u32::from(c)).ok());
    let characters: Vec<char> = pattern.iter().map(|byte| char::from(*byte)).collect();
    let (low, high) = byte_patterns(&characters, escape.map(char::from), part.length as usize, '\0', '\u{ff}', ' ');
    let binary = |(characters, used): (Vec<char>, usize), is_low: bool| {
        let percent_low = is_low && used < characters.len();
        let pad = if percent_low { characters.last().map_or(0, |c| *c as u8) } else { b' ' };
        let used = if percent_low { used } else { used.min(characters.len()) };
        KeyValue::Bytes { bytes: characters.iter().take(used).map(|c| *c as u8).collect::<Vec<_>>().into(), pad }
    };
    (binary(low, true), binary(high, false))
}

/// Smallest and largest string of single-byte characters, each with the length that counts (what lies behind it fills the key).
#[allow(clippy::type_complexity)]
fn byte_patterns(
    pattern: &[char],
    escape: Option<char>,
    length: usize,
    smallest: char,
    largest: char,
    blank: char,
) -> ((Vec<char>, usize), (Vec<char>, usize)) {
    let (mut low, mut high) = (Vec::with_capacity(length), Vec::with_capacity(length));
    let mut place = 0;
    while place < pattern.len() && low.len() < length {
        let c = pattern[place];
        if Some(c) == escape && place + 1 < pattern.len() {
            place += 1;
            low.push(pattern[place]);
            high.push(pattern[place]);
        } else if c == '_' && Some(c) != escape {
            low.push(smallest);
            high.push(largest);
        } else if c == '%' && Some(c) != escape {
            let used = low.len();
            low.resize(length, smallest);
            high.resize(length, largest);
            return ((low, used), (high, length));
        } else {
            low.push(c);
            high.push(c);
        }
        place += 1;
    }
    let used = low.len();
    low.resize(length, blank);
    high.resize(length, blank);
    ((low, used), (high, used))
}
