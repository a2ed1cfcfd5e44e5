//! Writes the document as the server lays it out: two blanks a level, one member a line (spec 07 §9.1, §9.2).

use crate::explain::push_number;
use std::fmt::Write;

/// Indentation in one piece; deeper levels repeat it.
const BLANKS: &str = "                                                                ";

/// The document so far.
pub(super) struct Writer {
    /// The text.
    pub(super) out: String,
    depth: usize,
    /// The open container has no member yet.
    fresh: bool,
    end_markers: bool,
}

impl Writer {
    /// An open root object.
    pub(super) fn new(end_markers: bool) -> Self {
        let mut out = String::with_capacity(2048);
        out.push('{');
        Writer { out, depth: 1, fresh: true, end_markers }
    }

    /// Closes the root object.
    pub(super) fn finish(mut self) -> String {
        self.depth -= 1;
        self.new_line();
        self.out.push('}');
        self.out
    }

    fn new_line(&mut self) {
        self.out.push('\n');
        let mut blanks = 2 * self.depth;
        while blanks > 0 {
            let piece = blanks.min(BLANKS.len());
            self.out.push_str(&BLANKS[..piece]);
            blanks -= piece;
        }
    }

    /// Starts an element of an array.
    pub(super) fn element(&mut self) {
        if !std::mem::take(&mut self.fresh) {
            self.out.push(',');
        }
        self.new_line();
    }

    /// Starts a member of an object.
    pub(super) fn key(&mut self, key: &str) {
        self.element();
        self.out.push('"');
        self.out.push_str(key);
        self.out.push_str("\": ");
    }

    /// Opens an object (`{`) or an array (`[`) at this place.
    pub(super) fn open(&mut self, bracket: char) {
        self.out.push(bracket);
        self.depth += 1;
        self.fresh = true;
    }

    /// Opens a member that is an object or an array.
    pub(super) fn open_member(&mut self, key: &str, bracket: char) {
        self.key(key);
        self.open(bracket);
    }

    /// Closes the innermost container; `key` is its own, if it has one.
    pub(super) fn close(&mut self, bracket: char, key: Option<&str>) {
        self.depth -= 1;
        self.new_line();
        self.out.push(bracket);
        self.fresh = false;
        if let (true, Some(key)) = (self.end_markers, key) {
            self.out.push_str(" /* ");
            self.out.push_str(key);
            self.out.push_str(" */");
        }
    }

    pub(super) fn string(&mut self, key: &str, value: &str) {
        self.key(key);
        self.quoted(value);
    }

    /// A string element or value at this place.
    pub(super) fn quoted(&mut self, value: &str) {
        self.out.push('"');
        let start = self.out.len();
        self.out.push_str(value);
        self.close_text(start);
    }

    /// Starts a string member whose text is appended to `out`; returns what [`Writer::close_text`] wants.
    pub(super) fn open_text(&mut self, key: &str) -> usize {
        self.key(key);
        self.out.push('"');
        self.out.len()
    }

    /// Ends a string that began at `start`: escapes what has to be.
    pub(super) fn close_text(&mut self, start: usize) {
        if self.out.as_bytes()[start..].iter().any(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)) {
            let text = self.out.split_off(start);
            text.chars().for_each(|c| self.push_escaped(c));
        }
        self.out.push('"');
    }

    fn push_escaped(&mut self, c: char) {
        match c {
            '"' => self.out.push_str("\\\""),
            '\\' => self.out.push_str("\\\\"),
            '\n' => self.out.push_str("\\n"),
            '\r' => self.out.push_str("\\r"),
            '\t' => self.out.push_str("\\t"),
            '\0'..'\x20' => {
                // Writing to a String cannot fail.
                let _ = write!(self.out, "\\u{:04x}", u32::from(c));
            }
            _ => self.out.push(c),
        }
    }

    pub(super) fn boolean(&mut self, key: &str, value: bool) {
        self.key(key);
        self.out.push_str(if value { "true" } else { "false" });
    }

    pub(super) fn number(&mut self, key: &str, value: u64) {
        self.key(key);
        push_number(&mut self.out, value);
    }

    /// A cost: two decimals, from 1e14 on fourteen digits.
    pub(super) fn cost(&mut self, key: &str, cost: f64) {
        self.key(key);
        self.out.push('"');
        push_cost(&mut self.out, cost);
        self.out.push('"');
    }

    /// Two decimals between quotes.
    pub(super) fn percent(&mut self, key: &str, value: f32) {
        self.key(key);
        if value == 100.0 {
            self.out.push_str("\"100.00\"");
        } else {
            let _ = write!(self.out, "\"{:.2}\"", f64::from(value));
        }
    }
}

fn push_cost(out: &mut String, cost: f64) {
    if cost < 1e14 {
        let _ = write!(out, "{cost:.2}");
        return;
    }
    // As C prints `%.14g` of such numbers: digits without trailing zeros, a signed exponent of two digits at least.
    let text = format!("{cost:.13e}");
    let Some((digits, exponent)) = text.split_once('e') else { return };
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    let _ = write!(out, "{digits}e+{exponent:0>2}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout() {
        let mut writer = Writer::new(true);
        writer.open_member("a", '{');
        writer.string("text", "x\"\\\n\u{1}/é");
        writer.open_member("list", '[');
        writer.element();
        writer.quoted("i");
        writer.close(']', Some("list"));
        writer.close('}', Some("a"));
        writer.number("n", 7);
        let expected = "{\n  \"a\": {\n    \"text\": \"x\\\"\\\\\\n\\u0001/é\",\n    \"list\": [\n      \"i\"\n    ] /* list */\n  } /* a */,\n  \"n\": 7\n}";
        assert_eq!(writer.finish(), expected);
    }

    #[test]
    fn costs() {
        let text = |cost| {
            let mut out = String::new();
            push_cost(&mut out, cost);
            out
        };
        assert_eq!(text(2.125), "2.12");
        assert_eq!(text(1e14), "1e+14");
        assert_eq!(text(1_234_567_890_123_456.7), "1.2345678901235e+15");
    }
}
