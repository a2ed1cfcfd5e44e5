//! Values of literals and names from their text (spec 09 §6.1 points 5, 8, 9).

use std::sync::Arc;

/// The characters of a quoted string without its quotes: doubled quotes and, if `escapes`, backslashes resolved.
pub(super) fn string_value(quoted: &str, escapes: bool) -> Arc<str> {
    let quote = quoted.chars().next().unwrap_or('\'');
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or("");
    if !(inner.contains(quote) || escapes && inner.contains('\\')) {
        return inner.into();
    }
    let mut value = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(ch) = chars.next() {
        if ch == quote {
            chars.next();
            value.push(quote);
        } else if ch == '\\' && escapes {
            match chars.next() {
                Some('0') => value.push('\0'),
                Some('b') => value.push('\u{8}'),
                Some('n') => value.push('\n'),
                Some('r') => value.push('\r'),
                Some('t') => value.push('\t'),
                Some('Z') => value.push('\u{1a}'),
                // The backslash stays, for LIKE to see it.
                Some(wild @ ('%' | '_')) => value.extend(['\\', wild]),
                Some(other) => value.push(other),
                None => {}
            }
        } else {
            value.push(ch);
        }
    }
    value.into()
}

/// The name in quotes.
pub(super) fn quoted_name(quoted: &str) -> Arc<str> {
    string_value(quoted, false)
}

/// Bytes of `x'4142'` or `0x4142`; `None` if the number of digits is odd within quotes or a digit is none.
pub(super) fn hex_bytes(text: &str) -> Option<Arc<[u8]>> {
    let (digits, quoted) = match text.strip_prefix("0x") {
        Some(digits) => (digits, false),
        None => (text.get(2..text.len().checked_sub(1)?)?, true),
    };
    if quoted && digits.len() % 2 == 1 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let nibble = |b: u8| (b as char).to_digit(16).unwrap_or(0) as u8;
    let digits = digits.as_bytes();
    let odd = digits.len() % 2;
    let mut bytes = Vec::with_capacity(digits.len() / 2 + 1);
    bytes.extend(digits[..odd].iter().map(|b| nibble(*b)));
    bytes.extend(digits[odd..].chunks(2).map(|pair| nibble(pair[0]) << 4 | nibble(pair[1])));
    Some(bytes.into())
}

/// Bytes of `b'101'` or `0b101`.
pub(super) fn bit_bytes(text: &str) -> Option<Arc<[u8]>> {
    let digits = match text.strip_prefix("0b") {
        Some(digits) => digits,
        None => text.get(2..text.len().checked_sub(1)?)?,
    };
    if !digits.bytes().all(|b| b == b'0' || b == b'1') {
        return None;
    }
    let bytes = digits.as_bytes().rchunks(8).rev().map(|byte| byte.iter().fold(0u8, |value, bit| value << 1 | (bit - b'0')));
    Some(bytes.collect())
}

/// Character sets of MySQL 8.0, in order.
#[rustfmt::skip]
const CHARSETS: &[&str] = &[
    "armscii8", "ascii", "big5", "binary", "cp1250", "cp1251", "cp1256", "cp1257", "cp850", "cp852", "cp866", "cp932", "dec8", "eucjpms",
    "euckr", "gb18030", "gb2312", "gbk", "geostd8", "greek", "hebrew", "hp8", "keybcs2", "koi8r", "koi8u", "latin1", "latin2", "latin5",
    "latin7", "macce", "macroman", "sjis", "swe7", "tis620", "ucs2", "ujis", "utf16", "utf16le", "utf32", "utf8", "utf8mb3", "utf8mb4",
];

/// The character set of that name in lower case, if the server has it (`utf8` is `utf8mb3`).
pub(super) fn charset(name: &str) -> Option<Arc<str>> {
    let name = name.to_ascii_lowercase();
    if name == "utf8" {
        return Some("utf8mb3".into());
    }
    CHARSETS.binary_search(&name.as_str()).ok().map(|_| name.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings() {
        assert_eq!(&*string_value(r"'a''b\'c\n\%\x'", true), "a'b'c\n\\%x");
        assert_eq!(&*string_value(r"'a\'", false), "a\\");
        assert_eq!(&*string_value("\"a'b\"", true), "a'b");
        assert_eq!(&*quoted_name("`a``b`"), "a`b");
    }

    #[test]
    fn bytes() {
        assert_eq!(hex_bytes("x'4142'").as_deref(), Some(&b"AB"[..]));
        assert_eq!(hex_bytes("0x142").as_deref(), Some(&[1u8, 0x42][..]));
        assert_eq!(hex_bytes("x'4'"), None);
        assert_eq!(bit_bytes("b'101000001'").as_deref(), Some(&[1u8, 0x41][..]));
        assert!(CHARSETS.is_sorted());
    }
}
