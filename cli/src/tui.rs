//! `myexplain tui`: the explorer.

use crate::planning_args::PlanningArgs;
use crate::terminal::Terminal;
use crate::{Failure, Found, session};
use clap::{Args, ValueEnum};
use myexplain_tui::{Palette, Start, Step, Theme};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

/// Arguments of `tui`.
#[derive(Args, Debug)]
pub(crate) struct Tui {
    #[command(flatten)]
    planning: PlanningArgs,

    /// File of statements, or a plan that a server printed (EXPLAIN FORMAT=TREE, EXPLAIN ANALYZE); `-` is stdin. Without it and
    /// without a bundle, some statements over the built-in schema
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    /// The statement
    #[arg(short = 'e', long = "execute", value_name = "SQL", conflicts_with = "file")]
    sql: Option<String>,

    /// Colours for a dark or a light terminal; NO_COLOR and --color never switch them off
    #[arg(long, value_enum, default_value_t, env = "MYEXPLAIN_THEME")]
    theme: ThemeName,

    /// Draw with ASCII characters only
    #[arg(long, env = "MYEXPLAIN_ASCII")]
    ascii: bool,

    /// Leave the mouse to the terminal
    #[arg(long, env = "MYEXPLAIN_NO_MOUSE")]
    no_mouse: bool,

    /// No picture: a line in, some lines out, for screen readers and pipes
    #[arg(long, env = "MYEXPLAIN_PLAIN")]
    plain: bool,
}

/// Grounds of terminals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum ThemeName {
    /// Light text on a dark ground
    #[default]
    Dark,
    /// Dark text on a light ground
    Light,
}

/// What a newcomer finds who gives neither statements nor a bundle.
const EXAMPLES: &str = include_str!("examples.sql");

impl Tui {
    pub(crate) fn run(&self, terminal: Terminal) -> Result<Found, Failure> {
        let start = self.start(terminal)?;
        let done = if self.plain {
            let stdin = std::io::stdin();
            myexplain_tui::plain::run(start, &mut stdin.lock(), &mut std::io::stdout().lock())
        } else if std::io::stdout().is_terminal() {
            myexplain_tui::run(start, !self.no_mouse)
        } else {
            return Err("the explorer needs a terminal; --plain works without one".to_owned().into());
        };
        done?;
        Ok(Found::Nothing)
    }

    fn start(&self, terminal: Terminal) -> Result<Start, Failure> {
        let catalog = self.planning.base()?;
        let changes = self.planning.what_if();
        // What does not fit is told before the terminal is taken.
        changes.apply(&catalog).map_err(|error| error.to_string())?;
        let (text, file) = match (&self.sql, &self.file) {
            (Some(sql), _) => (sql.clone(), None),
            (None, Some(file)) => (session::read_text(file)?, Some(file.display().to_string())),
            (None, None) if self.planning.bundle.is_none() => (EXAMPLES.to_owned(), Some("examples".to_owned())),
            (None, None) => (String::new(), None),
        };
        let palette = match self.theme {
            _ if !terminal.color => Palette::None,
            ThemeName::Dark => Palette::Dark,
            ThemeName::Light => Palette::Light,
        };
        let bundle = self.planning.bundle.as_ref();
        Ok(Start {
            catalog: Arc::new(catalog),
            bundle: bundle.map_or_else(|| "employees (built in)".to_owned(), |bundle| bundle_name(bundle)),
            file,
            text,
            theme: Theme::new(palette, self.ascii),
            changes: changes.iter().cloned().map(Step::of_change).collect(),
            options: bundle.map_or_else(String::new, |bundle| format!("-b {}", bundle.display())),
        })
    }
}

/// The last part of a bundle's path that says something.
fn bundle_name(bundle: &std::path::Path) -> String {
    let mut words = bundle.iter().filter_map(|word| word.to_str()).filter(|word| !matches!(*word, "bundle" | "." | "/"));
    words.next_back().unwrap_or("bundle").to_owned()
}
