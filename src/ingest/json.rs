//! JSON as servers print it: members in their order, repeated names, numbers as written, end markers.

use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_until, take_while, take_while1};
use nom::character::complete::{anychar, char as one};
use nom::combinator::{opt, recognize, value as constant};
use nom::multi::{fold_many0, many0_count};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};
use std::fmt::Write;

/// Containers in containers at most.
const MAX_DEPTH: usize = 200;
/// Columns that MariaDB fills with an array of texts before it breaks the line.
const MARIADB_LINE: usize = 79;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number as it was written: servers print some with more digits than another printer would.
    Number(String),
    /// A text without its escapes.
    String(String),
    /// Elements.
    Array(Vec<Json>),
    /// Members in the order of the text; a name may occur twice, as `table` does in MariaDB's plans.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// The first member of a name.
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.members().iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// The members of an object; none of other values.
    pub fn members(&self) -> &[(String, Json)] {
        match self {
            Json::Object(members) => members,
            _ => &[],
        }
    }

    /// The elements of an array; none of other values.
    pub fn elements(&self) -> &[Json] {
        match self {
            Json::Array(elements) => elements,
            _ => &[],
        }
    }

    /// The text of a string or a number.
    pub fn text(&self) -> Option<&str> {
        match self {
            Json::String(text) | Json::Number(text) => Some(text),
            _ => None,
        }
    }

    /// A number, or a text that is one (`"2.65"`).
    pub fn number(&self) -> Option<f64> {
        self.text()?.parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// Is it `true`?
    pub fn is_true(&self) -> bool {
        *self == Json::Bool(true)
    }

    /// The member's text.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.get(name)?.text()
    }

    /// The member's number.
    pub fn number_of(&self, name: &str) -> Option<f64> {
        self.get(name)?.number()
    }
}

/// How a document is laid out; two blanks a level in all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JsonLayout {
    /// One member or element a line, empty containers on two lines.
    #[default]
    Lines,
    /// The same with the container's name in a comment behind its end (`end_markers_in_json`).
    EndMarkers,
    /// Empty containers on one line (`explain_json_format_version=2`).
    ClosedEmpty,
    /// Arrays of texts on one line while they fit (MariaDB).
    ShortArrays,
}

/// A document with its layout.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonDocument {
    /// The value.
    pub root: Json,
    /// The layout to print it in.
    pub layout: JsonLayout,
}

impl JsonDocument {
    /// Reads the document at the start of a text; also what follows it.
    pub fn read(text: &str) -> Option<(JsonDocument, &str)> {
        let strict =
            value(text, 0, string).ok().map(|(rest, root)| (JsonDocument::of(root, &text[..text.len() - rest.len()]), rest));
        if strict.as_ref().is_some_and(|(document, _)| document.layout != JsonLayout::ShortArrays) {
            return strict;
        }
        let raw =
            value(text, 0, raw_string).ok().map(|(rest, root)| (JsonDocument::of(root, &text[..text.len() - rest.len()]), rest));
        raw.filter(|(document, _)| document.layout == JsonLayout::ShortArrays).or(strict)
    }

    /// The document with the layout that its text has.
    fn of(root: Json, read: &str) -> JsonDocument {
        let block = root.get("query_block");
        let layout = if block.is_none() && root.get("query_optimization").is_none() {
            JsonLayout::ClosedEmpty
        } else if read.contains("} /* query_block */") {
            JsonLayout::EndMarkers
        } else if root.get("query_optimization").is_some() || is_mariadb(block, read) {
            JsonLayout::ShortArrays
        } else {
            JsonLayout::Lines
        };
        JsonDocument { root, layout }
    }

    /// The text, without a line end behind it.
    pub fn render(&self) -> String {
        let mut writer = Writer { out: String::new(), layout: self.layout };
        writer.value(&self.root, 0, None);
        writer.out
    }
}

/// MariaDB gives a block its cost as a number, and writes lists of texts on one line.
fn is_mariadb(block: Option<&Json>, text: &str) -> bool {
    let own = |name: &str| block.is_some_and(|block| block.get(name).is_some());
    !own("cost_info")
        && (text.contains(": [\"") || own("cost") || own("r_loops") || own("nested_loop") && !text.contains("\"cost_info\""))
}

type Read<'a, T> = IResult<&'a str, T>;

/// Blanks, line ends and comments.
fn space(text: &str) -> Read<'_, ()> {
    let comment = recognize((tag("/*"), take_until("*/"), tag("*/")));
    let blank = take_while1(|c: char| c.is_whitespace());
    many0_count(alt((blank, comment))).map(|_| ()).parse(text)
}

/// How texts are written.
type Text = for<'a> fn(&'a str) -> Read<'a, String>;

fn value(text: &str, depth: usize, string: Text) -> Read<'_, Json> {
    if depth > MAX_DEPTH {
        return Err(nom::Err::Failure(nom::error::Error::new(text, nom::error::ErrorKind::TooLarge)));
    }
    let simple = (
        constant(Json::Null, tag("null")),
        constant(Json::Bool(true), tag("true")),
        constant(Json::Bool(false), tag("false")),
        number.map(|text: &str| Json::Number(text.to_owned())),
        string.map(Json::String),
    );
    let (text, ()) = space(text)?;
    let array = |text| {
        let element = |text| value(text, depth + 1, string);
        list(text, '[', ']', element).map(|(rest, elements)| (rest, Json::Array(elements)))
    };
    let object = |text| {
        let member = |text| {
            let (rest, name) = preceded(space, string).parse(text)?;
            let (rest, _) = preceded(space, one(':')).parse(rest)?;
            value(rest, depth + 1, string).map(|(rest, value)| (rest, (name, value)))
        };
        list(text, '{', '}', member).map(|(rest, members)| (rest, Json::Object(members)))
    };
    alt((alt(simple), array, object)).parse(text)
}

/// Elements between brackets, separated by commas.
fn list<'a, T>(text: &'a str, open: char, close: char, mut element: impl FnMut(&'a str) -> Read<'a, T>) -> Read<'a, Vec<T>> {
    let (mut rest, _) = one(open)(text)?;
    let mut found = Vec::new();
    if let Ok((rest, _)) = preceded(space, one::<_, nom::error::Error<_>>(close)).parse(rest) {
        return Ok((rest, found));
    }
    loop {
        let (after, next) = element(rest)?;
        found.push(next);
        let (after, mark) = preceded(space, anychar).parse(after)?;
        rest = after;
        if mark == close {
            return Ok((rest, found));
        }
        if mark != ',' {
            return Err(nom::Err::Error(nom::error::Error::new(after, nom::error::ErrorKind::Char)));
        }
    }
}

fn number(text: &str) -> Read<'_, &str> {
    let digits = || take_while1(|c: char| c.is_ascii_digit());
    let exponent = (alt((one('e'), one('E'))), opt(alt((one('+'), one('-')))), digits());
    recognize((opt(one('-')), digits(), opt((one('.'), digits())), opt(exponent))).parse(text)
}

/// A text between double quotes; control characters may stand in it as they are.
fn string(text: &str) -> Read<'_, String> {
    let plain = is_not("\"\\").map(Piece::Text);
    let piece = alt((plain, preceded(one('\\'), escape).map(Piece::Char)));
    let pieces = fold_many0(piece, String::new, |mut whole, piece| {
        match piece {
            Piece::Text(text) => whole.push_str(text),
            Piece::Char(c) => whole.push(c),
        }
        whole
    });
    delimited(one('"'), pieces, one('"')).parse(text)
}

/// A text as MariaDB writes it: nothing is escaped, so it ends at a quote that punctuation of JSON follows.
fn raw_string(text: &str) -> Read<'_, String> {
    let (inner, _) = one('"')(text)?;
    let ends = |rest: &str| rest.trim_start().starts_with([',', ':', ']', '}']);
    let end = inner.match_indices('"').map(|(at, _)| at).find(|at| ends(&inner[at + 1..]));
    match end {
        Some(end) => Ok((&inner[end + 1..], inner[..end].to_owned())),
        None => Err(nom::Err::Error(nom::error::Error::new(text, nom::error::ErrorKind::Char))),
    }
}

enum Piece<'a> {
    Text(&'a str),
    Char(char),
}

/// What stands behind a backslash; an unknown escape means its character.
fn escape(text: &str) -> Read<'_, char> {
    let (rest, c) = anychar(text)?;
    let simple = match c {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'u' => {
            let (rest, digits) = take_while(|c: char| c.is_ascii_hexdigit())(rest)?;
            let four = digits.get(..4).and_then(|four| u32::from_str_radix(four, 16).ok());
            let code = four.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER);
            let taken = digits.len().min(4);
            return Ok((&text[text.len() - rest.len() - digits.len() + taken..], code));
        }
        other => other,
    };
    Ok((rest, simple))
}

struct Writer {
    out: String,
    layout: JsonLayout,
}

impl Writer {
    fn value(&mut self, value: &Json, level: usize, name: Option<&str>) {
        match value {
            Json::Null => self.out.push_str("null"),
            Json::Bool(yes) => self.out.push_str(if *yes { "true" } else { "false" }),
            Json::Number(text) => self.out.push_str(text),
            Json::String(text) => self.string(text),
            Json::Array(elements) => {
                if self.layout == JsonLayout::ShortArrays && self.short_array(elements, level, name) {
                    return;
                }
                self.out.push('[');
                for (no, element) in elements.iter().enumerate() {
                    self.new_line(level + 1, no > 0);
                    self.value(element, level + 1, None);
                }
                self.close(']', level, elements.is_empty(), name);
            }
            Json::Object(members) => {
                self.out.push('{');
                for (no, (name, member)) in members.iter().enumerate() {
                    self.new_line(level + 1, no > 0);
                    self.string(name);
                    self.out.push_str(": ");
                    self.value(member, level + 1, Some(name));
                }
                self.close('}', level, members.is_empty(), name);
            }
        }
    }

    fn close(&mut self, bracket: char, level: usize, empty: bool, name: Option<&str>) {
        if !(empty && self.layout == JsonLayout::ClosedEmpty) {
            self.new_line(level, false);
        }
        self.out.push(bracket);
        if let (JsonLayout::EndMarkers, Some(name)) = (self.layout, name) {
            // Writing to a String cannot fail.
            let _ = write!(self.out, " /* {name} */");
        }
    }

    /// Writes an array of texts on one line if it fits.
    fn short_array(&mut self, elements: &[Json], level: usize, name: Option<&str>) -> bool {
        if elements.is_empty() || !elements.iter().all(|element| matches!(element, Json::String(_))) {
            return false;
        }
        let start = self.out.len();
        self.out.push('[');
        for (no, element) in elements.iter().enumerate() {
            self.out.push_str(if no > 0 { ", " } else { "" });
            self.value(element, 0, None);
        }
        self.out.push(']');
        let before = 2 * level + name.map_or(0, |name| name.len() + 4);
        let fits = before + self.out.len() - start <= MARIADB_LINE;
        if !fits {
            self.out.truncate(start);
        }
        fits
    }

    fn new_line(&mut self, level: usize, comma: bool) {
        self.out.push_str(if comma { ",\n" } else { "\n" });
        self.out.extend(std::iter::repeat_n("  ", level));
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        if self.layout == JsonLayout::ShortArrays {
            self.out.push_str(text);
            return self.out.push('"');
        }
        for c in text.chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\u{8}' if self.layout == JsonLayout::ClosedEmpty => self.out.push_str("\\b"),
                '\u{c}' if self.layout == JsonLayout::ClosedEmpty => self.out.push_str("\\f"),
                '\0'..'\x20' => {
                    // Writing to a String cannot fail.
                    let _ = write!(self.out, "\\u{:04x}", u32::from(c));
                }
                _ => self.out.push(c),
            }
        }
        self.out.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(text: &str) -> String {
        JsonDocument::read(text).map(|(document, _)| document.render()).unwrap_or_default()
    }

    #[test]
    fn order_repeated_names_and_numbers_survive() {
        let text =
            "{\n  \"query_block\": {\n    \"table\": 1.50,\n    \"table\": \"\\\"\\u0001\\n\\\\é\",\n    \"a\": [\n    ]\n  }\n}";
        assert_eq!(round(text), text);
        let marked = "{\n  \"query_block\": {\n    \"a\": [\n      -2e6\n    ] /* a */\n  } /* query_block */\n}";
        assert_eq!(round(marked), marked);
        let second = "{\n  \"query_plan\": {\n    \"inputs\": [],\n    \"x\": null\n  }\n}";
        assert_eq!(round(second), second);
    }

    #[test]
    fn mariadb_escapes_nothing() {
        let text = "{\n  \"query_block\": {\n    \"cost\": 0.5,\n    \"keys\": [\"a\", \"b\"],\n    \"condition\": \"x = 'a\"b\\n'\"\n  }\n}";
        assert_eq!(round(text), text);
    }

    #[test]
    fn depth_is_bounded_and_noise_refused() {
        assert!(JsonDocument::read(&"[".repeat(100_000)).is_none());
        assert!(JsonDocument::read(&"{\"a\":".repeat(100_000)).is_none());
        assert!(
            ["", "{", "{]", "[1 2]", "\"", "\"\\", "{\"a\" 1}", "\"\\u1"].iter().all(|text| JsonDocument::read(text).is_none())
        );
        let deep = format!("{}{}", "[".repeat(150), "]".repeat(150));
        assert!(JsonDocument::read(&deep).is_some());
        assert_eq!(JsonDocument::read("[true] rest").map(|(_, rest)| rest), Some(" rest"));
    }
}
