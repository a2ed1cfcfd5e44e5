//! The keys of the what-if pane.

use crate::input::Input;
use crate::keys::Action;
use crate::message::Effect;
use crate::state::{Overlay, Pane, Purpose, State};
use crate::what_if::{Choice, Group, Step};
use std::time::Duration;

impl State {
    pub(super) fn change(&mut self, action: Action) -> Vec<Effect> {
        if action == Action::Export {
            self.export();
            return Vec::new();
        }
        if action == Action::Clear {
            return if self.what_if.clear_changes() { self.changed() } else { Vec::new() };
        }
        if action == Action::AddIndex {
            self.ask_for_index();
            return Vec::new();
        }
        let Some(choice) = self.what_if.choices.get(self.what_if.selected).cloned() else { return Vec::new() };
        match action {
            Action::Remove => self.take_back(&choice),
            Action::Force => self.turn_hint(&choice),
            Action::SetValue => {
                self.ask_for_value(&choice);
                Vec::new()
            }
            _ => self.toggle(&choice),
        }
    }

    fn toggle(&mut self, choice: &Choice) -> Vec<Effect> {
        let step = match choice.group {
            Group::Title => return Vec::new(),
            Group::Index if choice.name.to_ascii_uppercase().ends_with(".PRIMARY") => {
                self.complain("A primary key cannot be made invisible; f ignores it.");
                return Vec::new();
            }
            Group::Index if choice.original == "visible" => Step::new("invisible", choice.name.clone()),
            Group::Index => Step::new("visible", choice.name.clone()),
            Group::Switch => {
                let other = if choice.original == "on" { "off" } else { "on" };
                Step::new("switch", format!("{}={other}", choice.name))
            }
            Group::Histogram => Step::new("drop-histogram", choice.name.clone()),
            Group::AddIndex => {
                self.ask_for_index();
                return Vec::new();
            }
            Group::Other => return self.take_back(choice),
            Group::Rows | Group::Cost | Group::Variable | Group::OtherVariable => {
                self.ask_for_value(choice);
                return Vec::new();
            }
        };
        if self.what_if.changes.has(&choice.target()) {
            return self.take_back(choice);
        }
        self.make(step)
    }

    fn take_back(&mut self, choice: &Choice) -> Vec<Effect> {
        let mut targets = vec![choice.target()];
        if choice.group == Group::Index {
            targets.extend(choice.hints().iter().map(Step::target));
        }
        let taken = targets.iter().filter(|target| self.what_if.changes.has(target)).cloned().collect::<Vec<_>>();
        for target in &taken {
            self.what_if.take_back(target);
        }
        if taken.is_empty() { Vec::new() } else { self.changed() }
    }

    /// As it is, forced, ignored, and round.
    fn turn_hint(&mut self, choice: &Choice) -> Vec<Effect> {
        if choice.group != Group::Index {
            self.complain("f forces or ignores an index: select one.");
            return Vec::new();
        }
        let [force, ignore] = choice.hints();
        match self.what_if.changes.about(&force.target()).map(|step| step.option.clone()) {
            None => self.make(force),
            Some(option) if option == force.option => self.make(ignore),
            Some(_) => {
                self.what_if.take_back(&ignore.target());
                self.changed()
            }
        }
    }

    fn ask_for_value(&mut self, choice: &Choice) {
        let (option, title) = match choice.group {
            Group::Rows => ("rows", format!("Rows of {} (a number, or a factor as 10x)", choice.name)),
            Group::Cost => ("cost", format!("Value of {}", choice.name)),
            Group::Variable => ("set", format!("Value of {}", choice.name)),
            Group::OtherVariable => ("set", "A variable and its value: NAME=VALUE".to_owned()),
            _ => return,
        };
        let name = if choice.group == Group::OtherVariable { String::new() } else { choice.name.clone() };
        let text = if name.is_empty() || choice.state.text == "default" { String::new() } else { choice.state.text.clone() };
        let purpose = Purpose::Change { option: option.to_owned(), name };
        self.overlay = Overlay::Prompt { title, input: Input::new(text), purpose };
    }

    fn ask_for_index(&mut self) {
        let title = "An index that does not exist, as ALTER TABLE … ADD INDEX or CREATE INDEX".to_owned();
        self.overlay = Overlay::Prompt { title, input: Input::new(self.guess_index()), purpose: Purpose::AddIndex };
    }

    /// An index on the columns that the selected table's conditions compare: equalities first, then one range.
    fn guess_index(&self) -> String {
        let empty = "ALTER TABLE  ADD INDEX ix_new ()".to_owned();
        let Some(planned) = &self.current else { return empty };
        let with_columns = |number: &usize| planned.tables.get(*number).is_some_and(|table| !table.index_columns.is_empty());
        let number = self.selected_table().filter(with_columns).or_else(|| (0..planned.tables.len()).find(with_columns));
        let Some((table, (schema, name))) =
            number.and_then(|number| planned.tables.get(number)).and_then(|table| Some((table, table.base.as_ref()?)))
        else {
            return empty;
        };
        let shown =
            if self.catalog.current_schema.as_deref() == Some(schema) { name.clone() } else { format!("{schema}.{name}") };
        let columns = table.index_columns.join(", ");
        format!("ALTER TABLE {shown} ADD INDEX ix_{} ({columns})", table.index_columns.join("_"))
    }

    /// A value was typed.
    pub(super) fn prompted(&mut self, purpose: &Purpose, text: &str) -> Vec<Effect> {
        let text = text.trim();
        if text.is_empty() {
            return Vec::new();
        }
        let step = match purpose {
            Purpose::AddIndex => Step::new("add-index", text.trim_end_matches(';')),
            Purpose::Change { option, name } if name.is_empty() => Step::new(option, text),
            Purpose::Change { option, name } => Step::new(option, format!("{name}={text}")),
        };
        match step.change() {
            Ok(_) => self.make(step),
            Err(error) => {
                self.complain(error);
                Vec::new()
            }
        }
    }

    /// Makes a step and plans anew.
    pub(super) fn make(&mut self, step: Step) -> Vec<Effect> {
        self.what_if.make(step);
        self.changed()
    }

    fn changed(&mut self) -> Vec<Effect> {
        let Some(planned) = self.current.clone() else {
            return Vec::new();
        };
        if planned.from_server {
            self.what_if.undo();
            self.complain("The plan of a server cannot be changed: press e and type or paste its statement.");
            return Vec::new();
        }
        self.what_if.refresh(&self.catalog, &planned);
        vec![self.request(Duration::ZERO)]
    }

    pub(super) fn undo(&mut self) -> Vec<Effect> {
        if self.what_if.undo() {
            return self.changed();
        }
        self.say("No what-if step to undo.");
        Vec::new()
    }

    pub(super) fn redo(&mut self) -> Vec<Effect> {
        if self.what_if.redo() {
            return self.changed();
        }
        self.say("Nothing to redo.");
        Vec::new()
    }

    /// The changes as SQL and as a command line.
    pub(super) fn export(&mut self) {
        let sql = self.editor.text();
        let changes = &self.what_if.changes;
        let text = format!("-- SQL\n{}\n# Command line\n{}\n", changes.as_sql(&sql), changes.as_command(&self.options, &sql));
        self.overlay = Overlay::Text { title: "Export (y copies)".into(), text, top: 0 };
        if self.focus != Pane::WhatIf {
            self.focus(Pane::WhatIf);
        }
    }
}
