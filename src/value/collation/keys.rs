//! Sort keys and comparisons of text under a collation.

use super::{CollationInfo, info};
use crate::value::types::CollationId;
use std::cmp::Ordering;

/// The text that bytes in a collation's character set stand for; none for binary strings and bytes that are no text.
pub fn decode(id: CollationId, bytes: &[u8]) -> Option<String> {
    match info(id).charset() {
        "binary" => None,
        "latin1" => Some(bytes.iter().map(|byte| latin1_char(*byte)).collect()),
        "ucs2" | "utf16" => {
            let units = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).collect::<Result<String, _>>().ok()
        }
        "utf32" => bytes.chunks_exact(4).map(|b| char::from_u32(u32::from_be_bytes([b[0], b[1], b[2], b[3]]))).collect(),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    }
}

/// The bytes of a text in a collation's character set; the inverse of [`decode`]. What latin1 lacks becomes `?`.
pub fn encode(id: CollationId, text: &str) -> Vec<u8> {
    match info(id).charset() {
        "latin1" => text.chars().map(|c| latin1_byte(c).unwrap_or(b'?')).collect(),
        "ucs2" | "utf16" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        "utf32" => text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect(),
        _ => text.as_bytes().to_vec(),
    }
}

/// MySQL's latin1 is Windows-1252 with the five holes mapped to themselves.
fn latin1_char(byte: u8) -> char {
    const HIGH: [u16; 32] = [
        0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D, 0x017D, 0x8F,
        0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D, 0x017E,
        0x0178,
    ];
    match byte {
        0x80..=0x9f => char::from_u32(u32::from(HIGH[usize::from(byte) - 0x80])).unwrap_or('?'),
        byte => char::from(byte),
    }
}

fn latin1_byte(c: char) -> Option<u8> {
    match u32::from(c) {
        code @ (0..=0x7f | 0xa0..=0xff) => Some(code as u8),
        _ => (0x80..=0x9fu8).find(|byte| latin1_char(*byte) == c),
    }
}

/// How the characters of a collation become weights.
#[derive(Clone, Copy, PartialEq)]
enum Weights {
    /// Bytes as they are.
    Bytes,
    /// Code points, so many bytes each.
    CodePoints(u8),
    /// One upper-cased byte a character.
    Latin1,
    /// Two bytes a character, upper-cased.
    General,
    /// Primary weights of the Unicode collation algorithm.
    Uca,
}

fn weights(info: &CollationInfo) -> Weights {
    match info.name {
        "binary" => Weights::Bytes,
        "utf8mb4_bin" | "utf16_bin" | "utf16le_bin" | "utf32_bin" => Weights::CodePoints(3),
        "utf8mb3_bin" | "ucs2_bin" => Weights::CodePoints(2),
        name if info.is_binary_sorting() && name.starts_with("utf8mb4_0900") => Weights::Bytes,
        _ if info.is_binary_sorting() => Weights::Bytes,
        _ if info.is_unicode() && info.name.contains("_general_") => Weights::General,
        _ if info.is_unicode() => Weights::Uca,
        _ => Weights::Latin1,
    }
}

/// Appends the sort key of a text. PAD SPACE collations ignore trailing spaces.
pub fn sort_key(id: CollationId, text: &str, key: &mut Vec<u8>) {
    let info = info(id);
    let text = if info.pad_space { text.trim_end_matches(' ') } else { text };
    push_weights(weights(info), info, text, key);
}

/// Appends the sort key filled up to the maximum length of `chars` characters, as histograms use it: PAD SPACE collations are
/// filled with the weight of space, others not at all (spec 01 §8.3).
pub fn padded_sort_key(id: CollationId, text: &str, chars: usize, key: &mut Vec<u8>) {
    let info = info(id);
    let kind = weights(info);
    let cut = text.char_indices().nth(chars).map_or(text, |(end, _)| &text[..end]);
    push_weights(kind, info, cut, key);
    if !info.pad_space || kind == Weights::Bytes {
        return;
    }
    for _ in cut.chars().count()..chars {
        push_weights(kind, info, " ", key);
    }
}

fn push_weights(kind: Weights, info: &CollationInfo, text: &str, key: &mut Vec<u8>) {
    match kind {
        Weights::Bytes if info.charset() == "latin1" => key.extend(text.chars().map(|c| latin1_byte(c).unwrap_or(b'?'))),
        Weights::Bytes => key.extend_from_slice(text.as_bytes()),
        Weights::CodePoints(bytes) => {
            for c in text.chars() {
                key.extend_from_slice(&u32::from(c).to_be_bytes()[4 - usize::from(bytes)..]);
            }
        }
        Weights::Latin1 => key.extend(text.chars().map(super::weights::latin1)),
        Weights::General => {
            for c in text.chars() {
                key.extend_from_slice(&super::weights::general(c).to_be_bytes());
            }
        }
        Weights::Uca => {
            for c in text.chars() {
                super::weights::primary(c, key);
            }
        }
    }
}

/// Compares two texts under a collation.
pub fn compare(id: CollationId, left: &str, right: &str) -> Ordering {
    if left == right {
        return Ordering::Equal;
    }
    let info = info(id);
    let kind = weights(info);
    let (mut a, mut b) = (Vec::with_capacity(left.len() * 2), Vec::with_capacity(right.len() * 2));
    push_weights(kind, info, left, &mut a);
    push_weights(kind, info, right, &mut b);
    if info.pad_space && kind != Weights::Bytes {
        let mut space = Vec::new();
        push_weights(kind, info, " ", &mut space);
        pad(&mut a, b.len(), &space);
        pad(&mut b, a.len(), &space);
    } else if info.pad_space {
        pad(&mut a, b.len(), b" ");
        pad(&mut b, a.len(), b" ");
    }
    a.cmp(&b)
}

fn pad(key: &mut Vec<u8>, length: usize, space: &[u8]) {
    while key.len() < length {
        key.extend_from_slice(space);
    }
}
