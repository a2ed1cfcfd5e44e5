//! The text of the statement. The text area of ratatui keeps text, cursor and history; the view draws it with colours.

use crate::model::Statement;
use crossterm::event::KeyEvent;
use ratatui_textarea::{CursorMove, TextArea};

/// The editor.
#[derive(Clone, Debug, Default)]
pub struct Editor {
    area: TextArea<'static>,
    /// Settings that stand before the statement in its file.
    pub sets: Vec<String>,
    /// Keys are typed into it.
    pub typing: bool,
}

impl Editor {
    /// With a statement.
    pub fn new(statement: &Statement) -> Editor {
        let lines = statement.sql.lines().map(|line| line.replace('\t', "    ")).collect();
        Editor { area: TextArea::new(lines), sets: statement.sets.clone(), typing: false }
    }

    /// The text, without a delimiter at its end.
    pub fn text(&self) -> String {
        let text = self.area.lines().join("\n");
        text.trim_end().trim_end_matches(';').to_owned()
    }

    /// The lines as they are.
    pub fn lines(&self) -> &[String] {
        self.area.lines()
    }

    /// Line and column of the cursor, in characters.
    pub fn cursor(&self) -> (usize, usize) {
        let cursor = self.area.cursor();
        (cursor.0, cursor.1)
    }

    /// True if nothing but blanks stands in it.
    pub fn is_blank(&self) -> bool {
        self.area.lines().iter().all(|line| line.trim().is_empty())
    }

    /// Takes a key; true if the text is another one now.
    pub fn key(&mut self, event: KeyEvent) -> bool {
        let before = self.area.lines().to_vec();
        self.area.input(event);
        before != self.area.lines()
    }

    /// Inserts pasted text.
    pub fn paste(&mut self, text: &str) {
        self.area.insert_str(text.replace("\r\n", "\n").replace(['\r'], "\n").replace('\t', "    "));
    }

    /// Replaces the whole text; undo brings the old one back.
    pub fn replace(&mut self, text: &str) {
        self.area.select_all();
        self.area.insert_str(text);
    }

    /// Puts the cursor on a cell of the text.
    pub fn go_to(&mut self, line: usize, column: usize) {
        let most = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        self.area.move_cursor(CursorMove::Jump(most(line), most(column)));
    }

    /// Moves the cursor by lines while it is only looked at.
    pub fn move_lines(&mut self, lines: isize) {
        let (line, column) = self.cursor();
        self.go_to(line.saturating_add_signed(lines).min(self.lines().len().saturating_sub(1)), column);
    }
}
