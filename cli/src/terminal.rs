//! What the terminal can show, as the options, the environment and the streams say.

use clap::{Args, ValueEnum};
use std::env;
use std::io::IsTerminal;

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// In pipes too
    Always,
    /// Not at all
    Never,
}

/// Options that every command has.
#[derive(Args, Debug, Clone)]
pub(crate) struct TerminalArgs {
    /// When to colour the output
    #[arg(long, value_enum, default_value_t, env = "MYEXPLAIN_COLOR", global = true, help_heading = "Output")]
    color: Color,

    /// Columns to write in; without it, those of the terminal
    #[arg(long, value_name = "N", env = "MYEXPLAIN_WIDTH", global = true, help_heading = "Output")]
    width: Option<usize>,

    /// Say nothing on stderr but errors
    #[arg(short, long, env = "MYEXPLAIN_QUIET", global = true, help_heading = "Output")]
    quiet: bool,
}

/// Columns if there is no terminal to ask.
const DEFAULT_WIDTH: usize = 100;

/// What the terminal can show.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    /// Results on stdout may be coloured.
    pub(crate) color: bool,
    /// Columns for text that is laid out by us.
    pub(crate) width: usize,
    /// Progress may be shown on stderr.
    pub(crate) progress: bool,
    /// Remarks on stderr are not wanted.
    pub(crate) quiet: bool,
}

impl TerminalArgs {
    /// What these options, the environment and the streams come to.
    pub(crate) fn terminal(&self) -> Terminal {
        let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
        let color = match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => set("CLICOLOR_FORCE") || (std::io::stdout().is_terminal() && !set("NO_COLOR") && !is_dumb()),
        };
        let measured = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        let width = self.width.or_else(measured).unwrap_or(DEFAULT_WIDTH).max(20);
        Terminal { color, width, progress: std::io::stderr().is_terminal() && !self.quiet && !is_dumb(), quiet: self.quiet }
    }
}

fn is_dumb() -> bool {
    env::var_os("TERM").is_some_and(|term| term == "dumb")
}

impl Terminal {
    /// Text in a style, or as it is without colours.
    pub(crate) fn paint(self, style: anstyle::Style, text: &str) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// Writes a remark to stderr, unless remarks are not wanted.
    pub(crate) fn remark(self, text: &str) {
        if !self.quiet {
            crate::output::complain(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_colours_no_escapes() {
        let plain = Terminal { color: false, width: 80, progress: false, quiet: false };
        let bold = anstyle::Style::new().bold();
        assert_eq!(plain.paint(bold, "ALL"), "ALL");
        assert!(Terminal { color: true, ..plain }.paint(bold, "ALL").contains("\u{1b}[1mALL"));
    }
}
