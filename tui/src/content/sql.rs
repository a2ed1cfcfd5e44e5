//! The statement with colours, and the place of an error.

use crate::state::State;
use crate::theme::Theme;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// Columns that the line numbers take.
pub const MARGIN: usize = 4;

/// First visible line in a pane of this height, so that the cursor is in sight.
pub fn top(state: &State, height: usize) -> usize {
    let (line, _) = state.editor.cursor();
    (line + 1).saturating_sub(height.max(1))
}

/// First visible column, so that the cursor is in sight.
pub fn left(state: &State, width: usize) -> usize {
    let (_, column) = state.editor.cursor();
    (column + 1).saturating_sub(width.saturating_sub(MARGIN).max(1))
}

/// The words that are coloured.
const KEYWORDS: &[&str] = &[
    "all",
    "and",
    "any",
    "as",
    "asc",
    "between",
    "by",
    "case",
    "cross",
    "delete",
    "desc",
    "distinct",
    "else",
    "end",
    "except",
    "exists",
    "explain",
    "force",
    "for",
    "from",
    "full",
    "group",
    "having",
    "ignore",
    "in",
    "index",
    "inner",
    "insert",
    "intersect",
    "into",
    "is",
    "join",
    "key",
    "lateral",
    "left",
    "like",
    "limit",
    "natural",
    "not",
    "null",
    "offset",
    "on",
    "or",
    "order",
    "outer",
    "over",
    "partition",
    "recursive",
    "regexp",
    "replace",
    "right",
    "rollup",
    "select",
    "set",
    "straight_join",
    "table",
    "then",
    "union",
    "update",
    "use",
    "using",
    "values",
    "when",
    "where",
    "window",
    "with",
    "xor",
];

/// The state that a line begins in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Within {
    #[default]
    Code,
    Comment,
    Quote(char),
}

/// All lines with colours.
pub fn lines(state: &State) -> Vec<Line<'static>> {
    let mut within = Within::Code;
    let failure = state.failure.as_ref().and_then(|failure| failure.at);
    let theme = &state.theme;
    let lines = state.editor.lines().iter().enumerate();
    lines
        .map(|(number, text)| {
            let mut pieces = Vec::new();
            within = colour(theme, text, within, &mut pieces);
            let error_from = failure.filter(|(line, _)| *line == number).map(|(_, column)| column);
            let mut spans = vec![Span::styled(format!("{:>3} ", number + 1), theme.dim)];
            let mut at = 0;
            for (piece, style) in pieces {
                let count = piece.chars().count();
                let style = match error_from {
                    Some(from) if at <= from && from < at + count => theme.error_at(style, true),
                    _ => style,
                };
                at += count;
                spans.push(Span::styled(piece, style));
            }
            if error_from.is_some_and(|from| from >= at) {
                spans.push(Span::styled(" ", theme.error_at(Style::new(), true)));
            }
            Line::from(spans)
        })
        .collect()
}

/// Splits a line into pieces of one colour; returns what the next line begins in.
fn colour(theme: &Theme, text: &str, mut within: Within, pieces: &mut Vec<(String, Style)>) -> Within {
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        let start = at;
        let rest = &chars[at..];
        let style = match within {
            Within::Comment => {
                at = end_of(&chars, at, &['*', '/']).inspect(|_| within = Within::Code).unwrap_or(chars.len());
                theme.comment
            }
            Within::Quote(quote) => {
                at = end_of_quote(&chars, at, quote).inspect(|_| within = Within::Code).unwrap_or(chars.len());
                theme.string
            }
            Within::Code if rest.starts_with(&['/', '*']) => {
                at = end_of(&chars, at + 2, &['*', '/']).unwrap_or_else(|| {
                    within = Within::Comment;
                    chars.len()
                });
                theme.comment
            }
            Within::Code if rest[0] == '#' || rest.starts_with(&['-', '-', ' ']) || rest == ['-', '-'] => {
                at = chars.len();
                theme.comment
            }
            Within::Code if matches!(rest[0], '\'' | '"' | '`') => {
                let quote = rest[0];
                at = end_of_quote(&chars, at + 1, quote).unwrap_or_else(|| {
                    within = Within::Quote(quote);
                    chars.len()
                });
                if quote == '`' { Style::new() } else { theme.string }
            }
            Within::Code if rest[0].is_ascii_digit() => {
                at += rest.iter().take_while(|c| c.is_ascii_alphanumeric() || **c == '.').count();
                theme.number
            }
            Within::Code if rest[0].is_alphabetic() || rest[0] == '_' => {
                let count = rest.iter().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '$')).count();
                at += count;
                let word: String = rest[..count].iter().collect::<String>().to_ascii_lowercase();
                let is_keyword = KEYWORDS.contains(&word.as_str());
                if is_keyword { theme.keyword } else { Style::new() }
            }
            Within::Code => {
                at += 1;
                Style::new()
            }
        };
        pieces.push((chars[start..at].iter().collect(), style));
    }
    within
}

fn end_of(chars: &[char], from: usize, mark: &[char]) -> Option<usize> {
    (from..chars.len()).find(|at| chars[*at..].starts_with(mark)).map(|at| at + mark.len())
}

/// Behind the closing quote; a backslash takes the next character with it.
fn end_of_quote(chars: &[char], from: usize, quote: char) -> Option<usize> {
    let mut at = from;
    while at < chars.len() {
        match chars[at] {
            '\\' if quote != '`' => at += 2,
            c if c == quote && chars.get(at + 1) == Some(&quote) => at += 2,
            c if c == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::Palette;

    #[test]
    fn colours_follow_comments_and_strings_over_lines() {
        let theme = Theme::new(Palette::Dark, false);
        let mut pieces = Vec::new();
        let within = colour(&theme, "SELECT 'it''s' /* from", Within::Code, &mut pieces);
        assert_eq!(within, Within::Comment);
        assert_eq!(pieces[0], ("SELECT".to_owned(), theme.keyword));
        assert_eq!(pieces[2], ("'it''s'".to_owned(), theme.string));
        pieces.clear();
        assert_eq!(colour(&theme, "x */ FROM t", within, &mut pieces), Within::Code);
        assert_eq!(pieces[0], ("x */".to_owned(), theme.comment));
        assert_eq!(pieces[2], ("FROM".to_owned(), theme.keyword));
    }
}
