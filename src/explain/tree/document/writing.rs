//! The text of a JSON value as the server prints it: members by length of their name, then by name; doubles with a point.

use std::fmt::Write;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Text(String),
    Integer(i128),
    Double(f64),
    Bool(bool),
    List(Vec<Json>),
    Object(Vec<(&'static str, Json)>),
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Json::Text(text.to_owned())
    }
}
impl From<String> for Json {
    fn from(text: String) -> Self {
        Json::Text(text)
    }
}
impl From<u64> for Json {
    fn from(number: u64) -> Self {
        Json::Integer(i128::from(number))
    }
}
impl From<f64> for Json {
    fn from(number: f64) -> Self {
        Json::Double(number)
    }
}
impl From<bool> for Json {
    fn from(on: bool) -> Self {
        Json::Bool(on)
    }
}
impl From<Vec<String>> for Json {
    fn from(texts: Vec<String>) -> Self {
        Json::List(texts.into_iter().map(Json::Text).collect())
    }
}

impl Json {
    /// Appends the text; `level` is how deep the value stands.
    pub(super) fn write(mut self, out: &mut String, level: usize) {
        match &mut self {
            Json::Text(text) => quote(out, text),
            Json::Integer(number) => {
                let _ = write!(out, "{number}");
            }
            Json::Double(number) => push_double(out, *number),
            Json::Bool(on) => out.push_str(if *on { "true" } else { "false" }),
            Json::List(items) => {
                let items = std::mem::take(items).into_iter().map(|item| (None, item));
                write_members(out, level, '[', ']', items.collect());
            }
            Json::Object(members) => {
                let mut members = std::mem::take(members);
                members.sort_by_key(|(key, _)| (key.len(), *key));
                write_members(out, level, '{', '}', members.into_iter().map(|(key, value)| (Some(key), value)).collect());
            }
        }
    }
}

fn write_members(out: &mut String, level: usize, open: char, close: char, members: Vec<(Option<&str>, Json)>) {
    out.push(open);
    let many = !members.is_empty();
    for (no, (key, value)) in members.into_iter().enumerate() {
        out.push_str(if no > 0 { ",\n" } else { "\n" });
        indent(out, level + 1);
        if let Some(key) = key {
            quote(out, key);
            out.push_str(": ");
        }
        value.write(out, level + 1);
    }
    if many {
        out.push('\n');
        indent(out, level);
    }
    out.push(close);
}

fn indent(out: &mut String, level: usize) {
    (0..level).for_each(|_| out.push_str("  "));
}

fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if u32::from(c) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// The fewest digits that read back as the same number; a whole number with `.0`.
fn push_double(out: &mut String, number: f64) {
    let size = number.abs();
    if size != 0.0 && !(1e-5..1e15).contains(&size) {
        let text = format!("{number:e}");
        match text.split_once('e') {
            // The exponent of a large number has no sign.
            Some((digits, exponent)) => {
                let _ = write!(out, "{digits}e{exponent}");
            }
            None => out.push_str(&text),
        }
        return;
    }
    let _ = write!(out, "{number}");
    if number.fract() == 0.0 {
        out.push_str(".0");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_go_by_length_then_by_name() {
        let value = Json::Object(vec![
            ("operation", Json::from("a \"b\"")),
            ("inputs", Json::List(Vec::new())),
            ("limit", Json::from(2u64)),
            ("heading", Json::from(31.0)),
            ("alias", Json::List(vec![Json::Bool(true)])),
        ]);
        let mut text = String::new();
        value.write(&mut text, 0);
        let expected = "{\n  \"alias\": [\n    true\n  ],\n  \"limit\": 2,\n  \"inputs\": [],\n  \"heading\": 31.0,\n  \"operation\": \"a \\\"b\\\"\"\n}";
        assert_eq!(text, expected);
    }

    #[test]
    fn doubles_are_short_and_exact() {
        let text = |number: f64| {
            let mut out = String::new();
            push_double(&mut out, number);
            out
        };
        assert_eq!(text(0.0), "0.0");
        assert_eq!(text(75.06392655390471), "75.06392655390471");
        assert_eq!(text(124244278.2653389), "124244278.2653389");
        assert_eq!(text(0.00010160930149984832), "0.00010160930149984832");
        assert_eq!(text(1e20), "1e20");
    }
}
