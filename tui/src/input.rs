//! A line that is typed: command, search, a value.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Text with a cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    text: String,
    /// Byte that the cursor stands before.
    cursor: usize,
}

impl Input {
    /// With text, the cursor behind it.
    pub fn new(text: impl Into<String>) -> Input {
        let text = text.into();
        Input { cursor: text.len(), text }
    }
    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }
    /// The text before and behind the cursor.
    pub fn parts(&self) -> (&str, &str) {
        self.text.split_at(self.cursor)
    }
    /// Inserts text; line ends become blanks.
    pub fn insert(&mut self, text: &str) {
        let text = text.replace(['\n', '\r', '\t'], " ");
        self.text.insert_str(self.cursor, &text);
        self.cursor += text.len();
    }
    /// Takes a key; false if it means nothing here.
    pub fn key(&mut self, event: KeyEvent) -> bool {
        let control = event.modifiers.contains(KeyModifiers::CONTROL);
        match event.code {
            KeyCode::Char('u') if control => {
                self.text.replace_range(..self.cursor, "");
                self.cursor = 0;
            }
            KeyCode::Char('w') if control => {
                let before = self.text[..self.cursor].trim_end();
                let start = before.rfind(' ').map_or(0, |at| at + 1);
                self.text.replace_range(start..self.cursor, "");
                self.cursor = start;
            }
            KeyCode::Char('a') if control => self.cursor = 0,
            KeyCode::Char('e') if control => self.cursor = self.text.len(),
            KeyCode::Char(_) if control => return false,
            KeyCode::Char(c) => self.insert(c.encode_utf8(&mut [0; 4])),
            KeyCode::Backspace => {
                if let Some(c) = self.text[..self.cursor].chars().next_back() {
                    self.cursor -= c.len_utf8();
                    self.text.remove(self.cursor);
                }
            }
            KeyCode::Delete if self.cursor < self.text.len() => {
                self.text.remove(self.cursor);
            }
            KeyCode::Left => self.cursor -= self.text[..self.cursor].chars().next_back().map_or(0, char::len_utf8),
            KeyCode::Right => self.cursor += self.text[self.cursor..].chars().next().map_or(0, char::len_utf8),
            KeyCode::Home => self.cursor = 0,
            KeyCode::End => self.cursor = self.text.len(),
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_with_letters_of_many_bytes() {
        let mut input = Input::new("größe x");
        let press = |input: &mut Input, code| input.key(KeyEvent::new(code, KeyModifiers::NONE));
        press(&mut input, KeyCode::Home);
        press(&mut input, KeyCode::Right);
        press(&mut input, KeyCode::Right);
        press(&mut input, KeyCode::Right);
        press(&mut input, KeyCode::Backspace);
        assert_eq!(input.text(), "grße x");
        input.key(KeyEvent::new(KeyCode::Char('e'), KeyModifiers::CONTROL));
        input.key(KeyEvent::new(KeyCode::Char('w'), KeyModifiers::CONTROL));
        assert_eq!(input.text(), "grße ");
    }
}
