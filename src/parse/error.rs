//! Errors of parsing, in the server's words (spec 09 §7.1).

use crate::error::ServerError;

/// 1064 for the token that begins at byte `at`: the text from there, at most 80 bytes, and its line.
pub(super) fn syntax_error(text: &str, at: usize) -> ServerError {
    ServerError::new(
        1064,
        "42000",
        format!(
            "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right \
             syntax to use near '{}' at line {}",
            near(text, at),
            line(text, at)
        ),
    )
}

/// The text from `at` on, cut to 80 bytes at a character boundary.
pub(super) fn near(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or("");
    let mut end = rest.len().min(80);
    while !rest.is_char_boundary(end) {
        end -= 1;
    }
    &rest[..end]
}

/// Line of a byte, from 1.
pub(super) fn line(text: &str, at: usize) -> usize {
    1 + text.as_bytes()[..at.min(text.len())].iter().filter(|b| **b == b'\n').count()
}

/// 1065: nothing but blanks and comments.
pub(super) fn empty_query() -> ServerError {
    ServerError::new(1065, "42000", "Query was empty")
}

/// 1436: nested deeper than this program allows. The server has the same error at a depth that depends on its stack.
pub(super) fn too_deep(limit: usize) -> ServerError {
    ServerError::new(1436, "HY000", format!("Thread stack overrun:  The statement nests deeper than {limit} levels; simplify it"))
}

/// 1153: the statement is longer than this program accepts.
pub(super) fn too_long(bytes: usize, limit: usize) -> ServerError {
    ServerError::new(
        1153,
        "08S01",
        format!("Got a packet bigger than 'max_allowed_packet' bytes ({bytes} bytes; at most {limit} are accepted)"),
    )
}

/// 1235 for a feature that the grammar has and the server lacks.
pub(super) fn not_yet(what: &str) -> ServerError {
    ServerError::new(1235, "42000", format!("This version of MySQL doesn't yet support '{what}'"))
}

/// 1221 for two things that exclude each other.
pub(super) fn incorrect_usage(one: &str, other: &str) -> ServerError {
    ServerError::new(1221, "HY000", format!("Incorrect usage of {one} and {other}"))
}
