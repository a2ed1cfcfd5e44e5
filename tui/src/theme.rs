//! Colours and symbols. Only the 16 colours of the terminal are used, so that a user's own palette decides.

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;

/// Which colours suit the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Palette {
    /// Light text on a dark ground.
    #[default]
    Dark,
    /// Dark text on a light ground.
    Light,
    /// No colours at all (NO_COLOR): bold, dim, underlined, reversed.
    None,
}

/// Roles of text, as styles.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Theme {
    pub palette: Palette,
    pub symbols: Symbols,
    pub title: Style,
    pub focused: Style,
    pub border: Style,
    pub dim: Style,
    pub selected: Style,
    pub key: Style,
    pub keyword: Style,
    pub string: Style,
    pub number: Style,
    pub comment: Style,
    pub good: Style,
    pub warn: Style,
    pub hot: Style,
    pub found: Style,
    pub error: Style,
}

impl Theme {
    /// The styles of a palette; `ascii`: no characters beyond ASCII.
    pub fn new(palette: Palette, ascii: bool) -> Theme {
        let plain = Style::new();
        let fg = |color: Color| plain.fg(color);
        let symbols = if ascii { Symbols::ASCII } else { Symbols::UNICODE };
        let theme = Theme {
            palette,
            symbols,
            title: plain.add_modifier(Modifier::BOLD),
            focused: plain.add_modifier(Modifier::BOLD),
            border: plain.add_modifier(Modifier::DIM),
            dim: plain.add_modifier(Modifier::DIM),
            selected: plain.add_modifier(Modifier::REVERSED),
            key: plain.add_modifier(Modifier::BOLD),
            keyword: plain.add_modifier(Modifier::BOLD),
            string: plain,
            number: plain,
            comment: plain.add_modifier(Modifier::DIM),
            good: plain.add_modifier(Modifier::BOLD),
            warn: plain.add_modifier(Modifier::UNDERLINED),
            hot: plain.add_modifier(Modifier::BOLD),
            found: plain.add_modifier(Modifier::UNDERLINED),
            error: plain.add_modifier(Modifier::BOLD),
        };
        match palette {
            Palette::None => theme,
            Palette::Dark => Theme {
                focused: fg(Color::LightCyan).add_modifier(Modifier::BOLD),
                border: fg(Color::DarkGray),
                dim: fg(Color::DarkGray),
                key: fg(Color::LightCyan),
                keyword: fg(Color::LightBlue),
                string: fg(Color::LightGreen),
                number: fg(Color::LightMagenta),
                comment: fg(Color::DarkGray),
                good: fg(Color::LightGreen),
                warn: fg(Color::LightYellow),
                hot: fg(Color::LightRed).add_modifier(Modifier::BOLD),
                found: plain.fg(Color::Black).bg(Color::LightYellow),
                error: fg(Color::LightRed),
                ..theme
            },
            Palette::Light => Theme {
                focused: fg(Color::Blue).add_modifier(Modifier::BOLD),
                border: fg(Color::Gray),
                dim: fg(Color::DarkGray),
                key: fg(Color::Blue),
                keyword: fg(Color::Blue),
                string: fg(Color::Green),
                number: fg(Color::Magenta),
                comment: fg(Color::DarkGray),
                good: fg(Color::Green),
                warn: fg(Color::Magenta),
                hot: fg(Color::Red).add_modifier(Modifier::BOLD),
                found: plain.fg(Color::Black).bg(Color::Yellow),
                error: fg(Color::Red),
                ..theme
            },
        }
    }

    /// The style of text behind the place of an error; the first piece of it stands out.
    pub fn error_at(&self, style: Style, is_first: bool) -> Style {
        if is_first { self.error.add_modifier(Modifier::UNDERLINED | Modifier::REVERSED) } else { style }
    }

    /// The style for something that takes this share of the whole work.
    pub fn weight(&self, share: f64) -> Style {
        match share {
            share if share >= 0.5 => self.hot,
            share if share >= 0.15 => self.warn,
            share if share >= 0.01 => Style::new(),
            _ => self.dim,
        }
    }
}

/// Characters for lines and marks.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Symbols {
    pub border: border::Set<'static>,
    pub branch: &'static str,
    pub last_branch: &'static str,
    pub pass: &'static str,
    pub folded: &'static str,
    pub open: &'static str,
    pub leaf: &'static str,
    pub full: &'static str,
    /// Eighths of a cell, from one to seven; empty where there are none.
    pub eighths: &'static [&'static str],
    pub ellipsis: &'static str,
    pub separator: &'static str,
    pub arrow: &'static str,
    pub chosen: &'static str,
    pub lost: &'static str,
    pub unusable: &'static str,
    pub changed: &'static str,
}

impl Symbols {
    const UNICODE: Symbols = Symbols {
        border: border::PLAIN,
        branch: "├─",
        last_branch: "└─",
        pass: "│ ",
        folded: "▸",
        open: "▾",
        leaf: " ",
        full: "█",
        eighths: &["▏", "▎", "▍", "▌", "▋", "▊", "▉"],
        ellipsis: "…",
        separator: "│",
        arrow: "→",
        chosen: "✓",
        lost: "✗",
        unusable: "·",
        changed: "●",
    };
    const ASCII: Symbols = Symbols {
        border: border::Set {
            top_left: "+",
            top_right: "+",
            bottom_left: "+",
            bottom_right: "+",
            vertical_left: "|",
            vertical_right: "|",
            horizontal_top: "-",
            horizontal_bottom: "-",
        },
        branch: "|-",
        last_branch: "`-",
        pass: "| ",
        folded: "+",
        open: "-",
        leaf: " ",
        full: "#",
        eighths: &[],
        ellipsis: "...",
        separator: "|",
        arrow: "->",
        chosen: "*",
        lost: "x",
        unusable: ".",
        changed: "*",
    };

    /// A bar over `width` cells of which `share` is filled.
    pub fn bar(&self, share: f64, width: usize) -> String {
        let steps = self.eighths.len() + 1;
        let filled = (share.clamp(0.0, 1.0) * (width * steps) as f64).round() as usize;
        let mut bar = self.full.repeat(filled / steps);
        if let Some(part) = (filled % steps).checked_sub(1) {
            bar.push_str(self.eighths.get(part).copied().unwrap_or(""));
        }
        bar
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars() {
        assert_eq!(Symbols::UNICODE.bar(0.5, 5), "██▌");
        assert_eq!(Symbols::ASCII.bar(0.5, 5), "###");
        assert_eq!(Symbols::ASCII.bar(0.0, 5), "");
        assert_eq!(Symbols::UNICODE.bar(2.0, 3), "███");
    }
}
