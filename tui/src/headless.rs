//! The explorer without a terminal: keys in, pictures out, planning on the calling thread. For tests, benches and the pictures in
//! the documents.

use crate::message::{Effect, Message};
use crate::planning;
use crate::state::{Start, State};
use crate::view::view;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use myexplain::Catalog;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use std::convert::Infallible;
use std::sync::Arc;

/// An explorer.
#[derive(Debug)]
pub struct Headless {
    /// Its state.
    pub state: State,
    /// Texts that were put on the clipboard.
    pub copied: Vec<String>,
    /// Files that were to be written: path and text.
    pub written: Vec<(String, String)>,
    /// It was left.
    pub ended: bool,
    catalog: Arc<Catalog>,
    terminal: Terminal<TestBackend>,
}

impl Headless {
    /// Starts with a picture of so many columns and rows.
    ///
    /// # Errors
    /// None: the backend keeps the picture in memory.
    pub fn new(start: Start, columns: u16, rows: u16) -> Result<Headless, Infallible> {
        let catalog = Arc::clone(&start.catalog);
        let (state, effects) = State::new(start);
        let terminal = Terminal::new(TestBackend::new(columns, rows))?;
        let mut explorer = Headless { state, copied: Vec::new(), written: Vec::new(), ended: false, catalog, terminal };
        explorer.send(Message::Resize(columns, rows));
        explorer.perform(effects);
        Ok(explorer)
    }

    /// Sends a message and does what follows from it.
    pub fn send(&mut self, message: Message) {
        let effects = self.state.update(message);
        self.perform(effects);
    }

    /// Presses keys: letters as they are, others by name: `<Enter>`, `<Esc>`, `<Tab>`, `<Down>`, `<C-d>`, `<Space>`.
    pub fn press(&mut self, keys: &str) {
        let mut rest = keys;
        while let Some(first) = rest.chars().next() {
            let named = rest.strip_prefix('<').and_then(|inside| inside.split_once('>')).filter(|(name, _)| key(name).is_some());
            let event = match named {
                Some((name, behind)) => {
                    rest = behind;
                    key(name)
                }
                None => {
                    rest = &rest[first.len_utf8()..];
                    Some(KeyEvent::from(KeyCode::Char(first)))
                }
            };
            event.into_iter().for_each(|event| self.send(Message::Key(event)));
        }
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Plan(request, _) => {
                    let answer = planning::answer(&self.catalog, &request, &Arc::default());
                    self.send(Message::Planned(Box::new(answer)));
                }
                Effect::Survey(statements) => {
                    for (number, statement) in statements.iter().enumerate() {
                        let survey = planning::survey(&self.catalog, statement, &Arc::default());
                        self.send(Message::Surveyed(number, survey));
                    }
                }
                Effect::Copy(text) => self.copied.push(text),
                Effect::Write(path, text) => self.written.push((path.display().to_string(), text)),
                Effect::Quit => self.ended = true,
                Effect::Interrupt | Effect::Open(_) | Effect::Suspend => {}
            }
        }
    }

    /// Draws the picture.
    ///
    /// # Errors
    /// None: the backend keeps the picture in memory.
    pub fn draw(&mut self) -> Result<&Buffer, Infallible> {
        let state = &self.state;
        self.terminal.draw(|frame| view(state, frame))?;
        Ok(self.terminal.backend().buffer())
    }

    /// The picture as text, without blanks at the ends of lines.
    ///
    /// # Errors
    /// None: the backend keeps the picture in memory.
    pub fn text(&mut self) -> Result<String, Infallible> {
        let buffer = self.draw()?;
        let row = |y: u16| {
            let mut text = String::new();
            let mut skip = 0;
            for x in 0..buffer.area.width {
                let symbol = buffer.cell((x, y)).map_or(" ", |cell| cell.symbol());
                if skip == 0 {
                    text.push_str(symbol);
                }
                // A wide character takes the next cell too.
                skip = if skip > 0 { skip - 1 } else { crate::content::width_of(symbol).saturating_sub(1) };
            }
            text.trim_end().to_owned() + "\n"
        };
        Ok((0..buffer.area.height).map(row).collect())
    }
}

/// A key by name.
fn key(name: &str) -> Option<KeyEvent> {
    if let Some(letter) = name.strip_prefix("C-") {
        let letter = letter.chars().next()?;
        return Some(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL));
    }
    let code = match name {
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "Tab" => KeyCode::Tab,
        "Space" => KeyCode::Char(' '),
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        "PageDown" => KeyCode::PageDown,
        "PageUp" => KeyCode::PageUp,
        "Backspace" => KeyCode::Backspace,
        _ => return None,
    };
    Some(KeyEvent::from(code))
}
