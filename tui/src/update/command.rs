//! The line behind `:`. Options of the command line work here as there.

use crate::keys::Action;
use crate::message::Effect;
use crate::state::{Form, Order, Overlay, Pane, State};
use crate::what_if::Step;
use std::path::PathBuf;
use std::time::Duration;

/// Commands, their arguments, what they do.
pub const COMMANDS: &[(&str, &str, &str)] = &[
    ("open", "FILE", "read statements, or a plan that a server printed"),
    ("sql", "STATEMENT", "plan this statement"),
    ("query", "NAME", "go to the statement of this name or number"),
    ("sort", "file|cost|time|findings|name", "sort the statements"),
    ("form", "tree|table|TREE|JSON|rewritten|order|trace", "show the plan so"),
    ("pane", "NAME", "go to a pane: queries, sql, plan, detail, why, whatif, compare"),
    ("switch", "FLAG=on|off", "what if: a flag of optimizer_switch"),
    ("set", "NAME=VALUE", "what if: a session variable"),
    ("cost", "NAME=VALUE", "what if: a cost constant"),
    ("rows", "TABLE=ROWS|FACTORx", "what if: rows of a table"),
    ("invisible", "TABLE.INDEX", "what if: an index is invisible (visible: the other way)"),
    ("add-index", "ALTER TABLE …", "what if: an index that does not exist"),
    ("drop-index", "TABLE.INDEX", "what if: an index is gone"),
    ("histogram", "TABLE.COLUMN[=BUCKETS]", "what if: a histogram (drop-histogram: none)"),
    ("cached", "TABLE.INDEX=SHARE", "what if: share of an index in memory"),
    ("index", "ALIAS INDEX", "what if: the hint INDEX (no-index: the hint NO_INDEX)"),
    ("undo", "", "take the last what-if step back (redo: make it again)"),
    ("clear", "", "take all what-if steps back"),
    ("export", "", "the what-if steps as SQL and as a command line"),
    ("mark", "", "keep this plan for comparison"),
    ("save", "FILE", "save a recording of the statement and its plan"),
    ("write", "FILE", "save what the pane shows"),
    ("session", "FILE", "save the what-if steps as SQL"),
    ("help", "", "these commands"),
    ("quit", "", "end"),
];

impl State {
    pub(super) fn command(&mut self, line: &str) -> Vec<Effect> {
        let line = line.trim().trim_start_matches("--");
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        let needs = |what: &str| format!(":{word} needs {what}");
        match word {
            "" => {}
            "q" | "quit" | "q!" | "exit" => return vec![Effect::Quit],
            "help" | "h" => self.overlay = Overlay::Text { title: "Commands".into(), text: command_help(), top: 0 },
            "open" | "e" if !rest.is_empty() => return vec![Effect::Open(PathBuf::from(rest))],
            "sql" if !rest.is_empty() => {
                self.editor.replace(rest);
                self.focus(Pane::Plan);
                return vec![self.request(Duration::ZERO)];
            }
            "query" => return self.go_to_query(rest),
            "sort" => match Order::ALL.iter().find(|order| order.name() == rest) {
                Some(order) => {
                    self.queries.order = *order;
                    self.queries.arrange();
                }
                None => self.complain(needs("file, cost, time, findings or name")),
            },
            "form" => match Form::ALL.iter().find(|form| form.name() == rest) {
                Some(form) => {
                    self.plan.form = *form;
                    self.focus(Pane::Plan);
                }
                None => self.complain(needs("tree, table, TREE, JSON, rewritten, order or trace")),
            },
            "pane" => {
                let plain = |text: &str| text.to_lowercase().replace([' ', '-'], "");
                match Pane::ALL.iter().find(|pane| plain(pane.title()) == plain(rest)) {
                    Some(pane) => self.focus(*pane),
                    None => self.complain(needs("the name of a pane")),
                }
            }
            "undo" => return self.undo(),
            "redo" => return self.redo(),
            "clear" => return self.act(Action::Clear),
            "export" => self.export(),
            "mark" => return self.act(Action::Mark),
            "save" | "write" | "w" | "session" if rest.is_empty() => self.complain(needs("a file name")),
            "save" => return self.save_recording(rest),
            "write" | "w" => return vec![Effect::Write(PathBuf::from(rest), crate::content::copied(self).0 + "\n")],
            "session" => {
                let text = self.what_if.changes.as_sql(&self.editor.text());
                return vec![Effect::Write(PathBuf::from(rest), text)];
            }
            "index" | "no-index" if rest.contains(' ') => return self.make(Step::new(word, rest)),
            _ if myexplain::what_if::OPTIONS.contains(&word) => return self.option(word, rest),
            _ => self.complain(format!(":{word} is no command, or its argument is missing; :help lists the commands")),
        }
        Vec::new()
    }

    fn option(&mut self, option: &str, value: &str) -> Vec<Effect> {
        let unquoted = value.trim_matches('\'');
        let value = if value.starts_with('\'') && value.ends_with('\'') { unquoted } else { value };
        let step = Step::new(option, value);
        match step.change() {
            Ok(_) => {
                self.focus(Pane::WhatIf);
                self.make(step)
            }
            Err(error) => {
                self.complain(error);
                Vec::new()
            }
        }
    }

    fn go_to_query(&mut self, name: &str) -> Vec<Effect> {
        let number: Option<usize> = name.parse().ok();
        let found = self.queries.all.iter().position(|query| query.name == name);
        let found = found.or_else(|| number.and_then(|number| number.checked_sub(1)).filter(|at| *at < self.queries.all.len()));
        let Some(found) = found else {
            self.complain(format!("no statement has the name {name}"));
            return Vec::new();
        };
        self.queries.filter.clear();
        self.queries.arrange();
        self.queries.row = self.queries.shown.iter().position(|number| *number == found).unwrap_or(0);
        self.open_selected()
    }

    /// Statement and plan as a recording, which `verify` and `explain` read.
    fn save_recording(&mut self, path: &str) -> Vec<Effect> {
        let Some(planned) = &self.current else {
            self.complain("there is no plan to save");
            return Vec::new();
        };
        vec![Effect::Write(PathBuf::from(path), crate::content::recording(self, planned))]
    }
}

fn command_help() -> String {
    let line = |(name, arguments, what): &(&str, &str, &str)| {
        let usage = format!(":{name} {arguments}");
        format!("{usage:<52} {what}\n")
    };
    COMMANDS.iter().map(line).collect()
}
