//! Fitting text into columns. Widths are those of the terminal, where some characters take two cells.

use ratatui::text::{Line, Span};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Cells that a text takes.
pub fn width_of(text: &str) -> usize {
    text.width()
}

/// The text cut to so many cells, with an ellipsis where something is missing.
pub fn cut(text: &str, width: usize, ellipsis: &str) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(ellipsis.width());
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > room {
            break;
        }
        out.push(c);
    }
    if width >= ellipsis.width() {
        out.push_str(ellipsis);
    }
    out
}

/// The text cut and filled with blanks to exactly so many cells.
pub fn pad(text: &str, width: usize, ellipsis: &str) -> String {
    let mut out = cut(text, width, ellipsis);
    let missing = width.saturating_sub(out.width());
    out.extend(std::iter::repeat_n(' ', missing));
    out
}

/// Breaks a line at blanks so that it fits; lines behind the first are indented.
pub fn fold_line(line: Line<'static>, width: usize, indent: usize) -> Vec<Line<'static>> {
    let whole: usize = line.spans.iter().map(|span| span.content.width()).sum();
    if whole <= width || width < indent + 8 {
        return vec![line];
    }
    let mut folder = Folder { width, indent, lines: Vec::new(), current: Vec::new(), used: 0 };
    for span in line.spans {
        for word in span.content.split_inclusive(' ') {
            folder.add(word, span.style);
        }
    }
    folder.end();
    folder.lines
}

struct Folder {
    width: usize,
    indent: usize,
    lines: Vec<Line<'static>>,
    current: Vec<Span<'static>>,
    used: usize,
}

impl Folder {
    fn add(&mut self, word: &str, style: ratatui::style::Style) {
        let mut rest = word;
        while self.used + rest.trim_end().width() > self.width {
            if self.used > self.indent || (self.lines.is_empty() && self.used > 0) {
                self.end();
                continue;
            }
            // A word longer than a line is broken where the line ends.
            let room = self.width - self.used;
            let mut taken = 0;
            let mut cells = 0;
            for c in rest.chars() {
                cells += c.width().unwrap_or(0);
                if cells > room {
                    break;
                }
                taken += c.len_utf8();
            }
            if taken == 0 {
                break;
            }
            self.push(&rest[..taken], style);
            rest = &rest[taken..];
            self.end();
        }
        self.push(rest, style);
    }

    fn push(&mut self, text: &str, style: ratatui::style::Style) {
        self.used += text.width();
        self.current.push(Span::styled(text.to_owned(), style));
    }

    fn end(&mut self) {
        if self.current.iter().all(|span| span.content.trim().is_empty()) && !self.lines.is_empty() {
            self.current.clear();
        } else {
            self.lines.push(Line::from(std::mem::take(&mut self.current)));
        }
        self.current.push(Span::raw(" ".repeat(self.indent)));
        self.used = self.indent;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str, width: usize) -> Vec<String> {
        let lines = fold_line(Line::from(text.to_owned()), width, 2);
        lines.iter().map(|line| line.spans.iter().map(|span| span.content.as_ref()).collect()).collect()
    }

    #[test]
    fn lines_break_at_blanks_and_long_words_anywhere() {
        assert_eq!(folded("short", 12), ["short"]);
        assert_eq!(folded("one two three four", 12), ["one two ", "  three four"]);
        assert_eq!(folded("abcdefghijklmnopqrstuvwxyz", 12), ["abcdefghijkl", "  mnopqrstuv", "  wxyz"]);
    }

    #[test]
    fn cells_are_counted_not_characters() {
        assert_eq!(cut("日本語", 5, "…"), "日本…");
        assert_eq!(pad("日", 4, "…"), "日  ");
        assert_eq!(cut("abc", 2, "…"), "a…");
    }
}
