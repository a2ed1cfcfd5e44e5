//! Keys while a line is typed or a text lies over the panes.

use crate::message::Effect;
use crate::state::{Overlay, Pane, State};
use crate::view::help;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

impl State {
    pub(super) fn overlay_key(&mut self, event: KeyEvent) -> Vec<Effect> {
        let control = event.modifiers.contains(KeyModifiers::CONTROL);
        if event.code == KeyCode::Esc || (control && event.code == KeyCode::Char('c')) {
            self.overlay = Overlay::None;
            return Vec::new();
        }
        match &mut self.overlay {
            Overlay::Help { .. } | Overlay::Text { .. } => return self.read_key(event),
            Overlay::Command(input) | Overlay::Search(input) | Overlay::Prompt { input, .. } => {
                if event.code == KeyCode::Backspace && input.text().is_empty() {
                    self.overlay = Overlay::None;
                    return Vec::new();
                }
                if event.code != KeyCode::Enter {
                    input.key(event);
                    self.filter_while_typing();
                    return Vec::new();
                }
            }
            Overlay::None => return Vec::new(),
        }
        match std::mem::take(&mut self.overlay) {
            Overlay::Command(input) => return self.command(input.text()),
            Overlay::Search(input) if self.focus != Pane::Queries => {
                self.search = input.text().to_owned();
                if !self.search.is_empty() {
                    self.search_step(1);
                }
            }
            Overlay::Prompt { input, purpose, .. } => return self.prompted(&purpose, input.text()),
            _ => {}
        }
        Vec::new()
    }

    /// The list of statements is filtered with every letter.
    fn filter_while_typing(&mut self) {
        if let (Overlay::Search(input), Pane::Queries) = (&self.overlay, self.focus) {
            self.queries.filter = input.text().to_owned();
            self.queries.arrange();
            self.queries.row = 0;
        }
    }

    fn read_key(&mut self, event: KeyEvent) -> Vec<Effect> {
        let page = usize::from(self.size.1).saturating_sub(6).max(1) as isize;
        let rows = match event.code {
            KeyCode::Char('j') | KeyCode::Down => 1,
            KeyCode::Char('k') | KeyCode::Up => -1,
            KeyCode::Char('d' | 'f' | ' ') | KeyCode::PageDown => page,
            KeyCode::Char('u' | 'b') | KeyCode::PageUp => -page,
            KeyCode::Char('g') | KeyCode::Home => isize::MIN / 2,
            KeyCode::Char('G') | KeyCode::End => isize::MAX / 2,
            KeyCode::Char('y') => {
                if let Overlay::Text { text, title, .. } = &self.overlay {
                    let (text, title) = (text.clone(), title.clone());
                    return self.copy_text(text, &title);
                }
                return Vec::new();
            }
            _ => {
                self.overlay = Overlay::None;
                return Vec::new();
            }
        };
        let size = self.size;
        let focus = self.focus;
        let lines = match &self.overlay {
            Overlay::Help { .. } => help::line_count(focus, size),
            Overlay::Text { text, .. } => help::text_line_count(text, size),
            _ => 0,
        };
        if let Overlay::Help { top } | Overlay::Text { top, .. } = &mut self.overlay {
            *top = top.saturating_add_signed(rows).min(lines.saturating_sub(help::height(size)));
        }
        Vec::new()
    }
}
