//! Message in, new state and effects out. No terminal, no clock, no thread.

mod command;
mod motion;
mod mouse;
mod overlay;
mod what_if;

use crate::content;
use crate::keys::{self, Action};
use crate::message::{Answer, Effect, Message};
use crate::state::{Overlay, Pane, State};
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::time::Duration;

/// How long the keyboard rests before what was typed is planned.
const TYPING_PAUSE: Duration = Duration::from_millis(250);

impl State {
    /// Takes a message.
    pub fn update(&mut self, message: Message) -> Vec<Effect> {
        let effects = match message {
            Message::Key(event) if event.kind == KeyEventKind::Release => Vec::new(),
            Message::Key(event) => self.key(event),
            Message::Mouse(event) => self.mouse(event),
            Message::Paste(text) => self.paste(&text),
            Message::Resize(width, height) => {
                self.size = (width, height);
                let focus = self.focus;
                self.focus(focus);
                Vec::new()
            }
            Message::Planned(answer) => {
                self.planned(*answer);
                Vec::new()
            }
            Message::Surveyed(number, survey) => {
                if let Some(query) = self.queries.all.get_mut(number) {
                    query.survey = Some(survey);
                }
                self.queries.arrange();
                Vec::new()
            }
            Message::Said(text) => {
                self.say(text);
                Vec::new()
            }
            Message::Opened(path, text) => {
                self.file = Some(path.display().to_string());
                self.load(&text)
            }
            Message::Terminate => vec![Effect::Quit],
        };
        self.keep_visible();
        effects
    }

    /// An answer came. One to an older request than the newest is dropped.
    fn planned(&mut self, answer: Answer) {
        if answer.id != self.newest {
            return;
        }
        self.waiting = false;
        if answer.base.is_some() {
            self.base = answer.base;
        }
        if std::mem::take(&mut self.opening) {
            // Nothing of another statement's plan stays.
            self.plan.reset();
            self.current = None;
            self.what_if.choices.clear();
        }
        match answer.outcome {
            Ok(planned) => self.show(planned),
            Err(failure) => {
                if !self.what_if.changes.is_empty() {
                    self.complain(failure.text.clone());
                }
                self.failure = Some(failure);
            }
        }
    }

    fn key(&mut self, event: KeyEvent) -> Vec<Effect> {
        self.notice = Default::default();
        let control = event.modifiers.contains(KeyModifiers::CONTROL);
        if control && event.code == KeyCode::Char('z') {
            return vec![Effect::Suspend];
        }
        if self.overlay != Overlay::None {
            return self.overlay_key(event);
        }
        if self.editor.typing {
            return self.type_key(event);
        }
        if let (KeyCode::Char(digit @ '0'..='9'), false) = (event.code, control)
            && self.takes_digit(digit)
        {
            let digit = digit as usize - '0' as usize;
            self.count = Some((self.count.unwrap_or(0) * 10 + digit).min(100_000));
            return Vec::new();
        }
        let action = keys::find(self.focus, event);
        let effects = action.map_or_else(Vec::new, |action| self.act(action));
        self.count = None;
        effects
    }

    /// Digits choose a pane; those behind `0` are a count, as in `05j`.
    fn takes_digit(&self, digit: char) -> bool {
        self.count.is_some() || digit == '0' || digit > '7'
    }

    fn type_key(&mut self, event: KeyEvent) -> Vec<Effect> {
        let control = event.modifiers.contains(KeyModifiers::CONTROL);
        match event.code {
            KeyCode::Esc => {
                self.editor.typing = false;
                return Vec::new();
            }
            KeyCode::Char('c') if control => {
                self.editor.typing = false;
                return Vec::new();
            }
            _ => {}
        }
        if self.editor.key(event) { vec![self.typed()] } else { Vec::new() }
    }

    /// The text of the statement is another one.
    fn typed(&mut self) -> Effect {
        self.request(TYPING_PAUSE)
    }

    fn paste(&mut self, text: &str) -> Vec<Effect> {
        match &mut self.overlay {
            Overlay::Command(input) | Overlay::Search(input) | Overlay::Prompt { input, .. } => {
                input.insert(text);
                return Vec::new();
            }
            _ => {}
        }
        if let Some(planned) = crate::model::server_plan::read(text) {
            self.show_server_plan(planned);
            return Vec::new();
        }
        if !self.editor.typing {
            self.focus(Pane::Sql);
            self.editor.replace("");
            self.editor.typing = true;
        }
        self.editor.paste(text);
        vec![self.typed()]
    }

    /// Does what a key asks for.
    pub fn act(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Quit => return vec![Effect::Quit],
            Action::Suspend => return vec![Effect::Suspend],
            Action::Help => self.overlay = Overlay::Help { top: 0 },
            Action::Command => self.overlay = Overlay::Command(Default::default()),
            Action::Search => {
                let text = if self.focus == Pane::Queries { self.queries.filter.clone() } else { String::new() };
                self.overlay = Overlay::Search(crate::input::Input::new(text));
            }
            Action::SearchNext => self.search_step(1),
            Action::SearchPrevious => self.search_step(-1),
            Action::NextPane => self.turn_focus(1),
            Action::PreviousPane => self.turn_focus(-1),
            Action::Focus(pane) => self.focus(pane),
            Action::Zoom => self.zoomed = !self.zoomed,
            Action::Copy => return self.copy(),
            Action::CopySql => return self.copy_text(self.editor.text(), "the statement"),
            Action::Mark => self.mark(),
            Action::Edit => {
                self.focus(Pane::Sql);
                self.editor.typing = true;
                if let Some((line, column)) = self.failure.as_ref().and_then(|failure| failure.at) {
                    self.editor.go_to(line, column);
                }
            }
            Action::Plan if self.editor.is_blank() => self.say("There is no statement to plan: e types one."),
            Action::Plan => return vec![self.request(Duration::ZERO)],
            Action::NextQuery => return self.step_query(1),
            Action::PreviousQuery => return self.step_query(-1),
            Action::Open => {
                let effects = self.open_selected();
                self.focus(Pane::Plan);
                return effects;
            }
            Action::Order => {
                self.queries.next_order();
                self.say(format!("sorted by {}", self.queries.order.name()));
            }
            Action::Interrupt => return self.interrupt(),
            Action::Back => self.back(),
            Action::NextForm => self.plan.form = self.plan.form.turn(1),
            Action::PreviousForm => self.plan.form = self.plan.form.turn(-1),
            Action::Undo => return self.undo(),
            Action::Redo => return self.redo(),
            Action::Toggle
            | Action::Force
            | Action::AddIndex
            | Action::SetValue
            | Action::Remove
            | Action::Clear
            | Action::Export => return self.change(action),
            motion => self.motion(motion),
        }
        Vec::new()
    }

    fn interrupt(&mut self) -> Vec<Effect> {
        if !self.waiting {
            self.say("Nothing is being planned. q quits.");
            return Vec::new();
        }
        self.waiting = false;
        self.newest += 1;
        self.say("interrupted");
        vec![Effect::Interrupt]
    }

    fn back(&mut self) {
        if !self.search.is_empty() {
            self.search.clear();
        } else if self.focus == Pane::Queries && !self.queries.filter.is_empty() {
            self.queries.filter.clear();
            self.queries.arrange();
        } else if self.zoomed {
            self.zoomed = false;
        } else if self.plan.form != Default::default() {
            self.plan.form = Default::default();
        } else if self.focus != Pane::Plan {
            self.focus(Pane::Plan);
        }
    }

    fn mark(&mut self) {
        let Some(planned) = self.current.clone() else { return };
        let name = self.plan_name();
        self.say(format!("kept for comparison: {name} (7 compares)"));
        self.marked = Some((name, planned));
    }

    fn step_query(&mut self, rows: isize) -> Vec<Effect> {
        let before = self.queries.row;
        self.queries.step(rows);
        if self.queries.row == before { Vec::new() } else { self.open_selected() }
    }

    fn turn_focus(&mut self, places: isize) {
        let at = self.focus.number() as isize + places;
        self.focus(Pane::ALL[at.rem_euclid(Pane::ALL.len() as isize) as usize]);
    }

    fn copy(&mut self) -> Vec<Effect> {
        let (text, what) = content::copied(self);
        self.copy_text(text, &what)
    }

    fn copy_text(&mut self, text: String, what: &str) -> Vec<Effect> {
        if text.trim().is_empty() {
            self.say("nothing to copy");
            return Vec::new();
        }
        if text.len() > crate::clipboard::MOST_BYTES {
            self.complain(format!("{what}: too long for the terminal's clipboard; :write FILE saves it"));
            return Vec::new();
        }
        self.say(format!("copied {what}"));
        vec![Effect::Copy(text)]
    }
}
