//! Version comments: `/*! … */` is code, `/*!80021 … */` is code from that version on (spec 09 §6.1 point 4).

use std::borrow::Cow;

/// The text as the server of this version (`80039`) reads it: markers of executed comments and whole skipped ones are gone.
pub(super) fn expand_version_comments(text: &str, version: u32) -> Cow<'_, str> {
    if !text.contains("/*!") {
        return Cow::Borrowed(text);
    }
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    // Inside an executed comment its end is a marker too.
    let mut inside = false;
    while let Some(first) = rest.chars().next() {
        let taken = if let Some(comment) = rest.strip_prefix("/*!") {
            let (number, body) = version_of(comment);
            let marker = rest.len() - body.len();
            if number.is_none_or(|number| number <= version) {
                inside = true;
                rest = &rest[marker..];
            } else {
                rest = body.find("*/").map_or("", |end| &body[end + 2..]);
            }
            continue;
        } else if inside && rest.starts_with("*/") {
            inside = false;
            rest = &rest[2..];
            continue;
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first == '#' || rest.starts_with("-- ") {
            rest.find('\n').unwrap_or(rest.len())
        } else if matches!(first, '\'' | '"' | '`') {
            quoted_length(rest, first)
        } else {
            first.len_utf8()
        };
        expanded.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    Cow::Owned(expanded)
}

/// The version of a comment (5 or 6 digits behind `/*!`) and what follows it.
fn version_of(comment: &str) -> (Option<u32>, &str) {
    let digits = comment.bytes().take(6).take_while(u8::is_ascii_digit).count();
    if digits < 5 {
        return (None, comment);
    }
    (comment[..digits].parse().ok(), &comment[digits..])
}

/// Bytes of the quoted thing that `text` begins with, to the end if it is not closed.
pub(super) fn quoted_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, ch) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if ch == '\\' && quote != '`' {
            escaped = true;
        } else if ch == quote {
            // A doubled quote begins the next piece, which is copied likewise.
            return at + ch.len_utf8();
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        let expand = |text| expand_version_comments(text, 80039).into_owned();
        assert_eq!(expand("1 /* a */ + /*! 1 */ + /*!80000 10 */"), "1 /* a */ +  1  +  10 ");
        assert_eq!(expand("1 /*!80040 + 2 */, '/*! x */'"), "1 , '/*! x */'");
        assert_eq!(expand("/*!80039 1"), " 1");
    }
}
