//! One table of keys: the handler, the footer and the help read it, so they agree.

use crate::state::Pane;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Action {
    Quit,
    Help,
    Command,
    Search,
    SearchNext,
    SearchPrevious,
    NextPane,
    PreviousPane,
    Focus(Pane),
    Zoom,
    Copy,
    CopySql,
    Undo,
    Redo,
    Mark,
    Edit,
    Plan,
    NextQuery,
    PreviousQuery,
    Interrupt,
    Suspend,
    Back,
    Down,
    Up,
    PageDown,
    PageUp,
    First,
    Last,
    NextSibling,
    PreviousSibling,
    Parent,
    Fold,
    Unfold,
    ToggleFold,
    FoldAll,
    UnfoldAll,
    NextForm,
    PreviousForm,
    Heaviest,
    Open,
    Order,
    Toggle,
    Force,
    AddIndex,
    SetValue,
    Remove,
    Clear,
    Export,
}

/// Where a key works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Scope {
    Everywhere,
    In(&'static [Pane]),
}

/// A line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// Keys as the help writes them: `j`, `Down`, `^d`.
    pub keys: &'static [&'static str],
    /// What they do.
    pub action: Action,
    /// Where.
    pub scope: Scope,
    /// In words, for the help.
    pub help: &'static str,
    /// One word for the footer; empty: not shown there.
    pub footer: &'static str,
}

const fn key(keys: &'static [&'static str], action: Action, help: &'static str, footer: &'static str) -> Binding {
    Binding { keys, action, scope: Scope::Everywhere, help, footer }
}

const fn inside(
    panes: &'static [Pane],
    keys: &'static [&'static str],
    action: Action,
    help: &'static str,
    footer: &'static str,
) -> Binding {
    Binding { keys, action, scope: Scope::In(panes), help, footer }
}

/// All keys. A pane's own keys stand before those that work everywhere, and win.
pub const BINDINGS: &[Binding] = &[
    inside(&[Pane::Queries], &["Enter"], Action::Open, "plan this statement and go to its plan", "open"),
    inside(&[Pane::Queries], &["o"], Action::Order, "sort by place in the file, cost, time, findings, name", "sort"),
    inside(&[Pane::Queries], &["/"], Action::Search, "show only what matches (fuzzy); Esc shows all again", "filter"),
    inside(&[Pane::Sql], &["Enter", "i"], Action::Edit, "type into the statement; Esc ends", "type"),
    inside(&[Pane::Plan], &["f"], Action::NextForm, "next form: tree, table, TREE, JSON, rewritten, join order", "form"),
    inside(&[Pane::Plan], &["F"], Action::PreviousForm, "form before it", ""),
    inside(&[Pane::Plan], &["Space"], Action::ToggleFold, "fold or open what is below", "fold"),
    inside(&[Pane::Plan], &["h", "Left"], Action::Fold, "fold; again: go to the node above", ""),
    inside(&[Pane::Plan], &["l", "Right"], Action::Unfold, "open; again: go into it", ""),
    inside(&[Pane::Plan], &["-"], Action::FoldAll, "fold all", ""),
    inside(&[Pane::Plan], &["+", "="], Action::UnfoldAll, "open all", ""),
    inside(&[Pane::Plan], &["J"], Action::NextSibling, "next node of the same parent", ""),
    inside(&[Pane::Plan], &["K"], Action::PreviousSibling, "node before it of the same parent", ""),
    inside(&[Pane::Plan], &["H"], Action::Parent, "node above", ""),
    inside(&[Pane::Plan], &["w"], Action::Heaviest, "go to the node with the most work of its own; again: the next", "heaviest"),
    inside(&[Pane::Plan], &["Enter"], Action::Focus(Pane::Detail), "how its numbers came to be", "detail"),
    inside(&[Pane::WhatIf], &["Space", "Enter"], Action::Toggle, "change it, or ask for a value", "change"),
    inside(&[Pane::WhatIf], &["f"], Action::Force, "an index: as it is, force, ignore", "force"),
    inside(&[Pane::WhatIf], &["a"], Action::AddIndex, "add an index that does not exist", "add index"),
    inside(&[Pane::WhatIf], &["="], Action::SetValue, "type a value", ""),
    inside(&[Pane::WhatIf], &["d", "Delete"], Action::Remove, "take this change back", ""),
    inside(&[Pane::WhatIf], &["c"], Action::Clear, "take all changes back", "clear"),
    inside(&[Pane::WhatIf], &["x"], Action::Export, "show the changes as SQL and as a command line", "export"),
    key(&["j", "Down"], Action::Down, "down", ""),
    key(&["k", "Up"], Action::Up, "up", ""),
    key(&["^d", "PageDown"], Action::PageDown, "a page down", ""),
    key(&["^u", "PageUp"], Action::PageUp, "a page up", ""),
    key(&["g", "Home"], Action::First, "to the top", ""),
    key(&["G", "End"], Action::Last, "to the end; after a number: to that line", ""),
    key(&["Tab"], Action::NextPane, "next pane", "panes"),
    key(&["S-Tab"], Action::PreviousPane, "pane before it", ""),
    key(&["1"], Action::Focus(Pane::Queries), "statements", ""),
    key(&["2"], Action::Focus(Pane::Sql), "text of the statement", ""),
    key(&["3"], Action::Focus(Pane::Plan), "plan", ""),
    key(&["4"], Action::Focus(Pane::Detail), "detail of the selected node", ""),
    key(&["5"], Action::Focus(Pane::Why), "why: what was weighed, and why it lost", ""),
    key(&["6"], Action::Focus(Pane::WhatIf), "what if", ""),
    key(&["7"], Action::Focus(Pane::Compare), "compare two plans", ""),
    key(&["z"], Action::Zoom, "this pane alone, and back", "zoom"),
    key(&["e"], Action::Edit, "type into the statement; it is planned while you type", "edit"),
    key(&["p"], Action::Plan, "plan the statement anew", ""),
    key(&["]"], Action::NextQuery, "next statement", ""),
    key(&["["], Action::PreviousQuery, "statement before it", ""),
    key(&["u"], Action::Undo, "undo the last what-if step", "undo"),
    key(&["^r", "U"], Action::Redo, "redo it", ""),
    key(&["m"], Action::Mark, "keep this plan as the one to compare with", ""),
    key(&["/"], Action::Search, "search in this pane", "search"),
    key(&["n"], Action::SearchNext, "next match", ""),
    key(&["N"], Action::SearchPrevious, "match before it", ""),
    key(&["y"], Action::Copy, "copy what this pane shows (OSC 52)", ""),
    key(&["Y"], Action::CopySql, "copy the statement", ""),
    key(&[":"], Action::Command, "command line; :help lists the commands", ""),
    key(&["^c"], Action::Interrupt, "interrupt planning", ""),
    key(&["^z"], Action::Suspend, "suspend", ""),
    key(&["Esc"], Action::Back, "back: close, leave zoom, clear the search", ""),
    key(&["?", "F1"], Action::Help, "this help", "help"),
    key(&["q"], Action::Quit, "quit", "quit"),
];

/// The binding that a key has in a pane.
pub fn find(pane: Pane, event: KeyEvent) -> Option<Action> {
    let name = name(event)?;
    let holds = |scope: Scope| match scope {
        Scope::Everywhere => true,
        Scope::In(panes) => panes.contains(&pane),
    };
    BINDINGS.iter().find(|binding| holds(binding.scope) && binding.keys.contains(&name.as_str())).map(|binding| binding.action)
}

/// A key as the table writes it.
pub fn name(event: KeyEvent) -> Option<String> {
    let control = event.modifiers.contains(KeyModifiers::CONTROL);
    Some(match event.code {
        KeyCode::Char(' ') => "Space".into(),
        KeyCode::Char(c) if control => format!("^{}", c.to_ascii_lowercase()),
        KeyCode::Char(c) => c.to_string(),
        KeyCode::BackTab => "S-Tab".into(),
        KeyCode::F(number) => format!("F{number}"),
        KeyCode::Enter => "Enter".into(),
        KeyCode::Tab => "Tab".into(),
        KeyCode::Esc => "Esc".into(),
        KeyCode::Up => "Up".into(),
        KeyCode::Down => "Down".into(),
        KeyCode::Left => "Left".into(),
        KeyCode::Right => "Right".into(),
        KeyCode::Home => "Home".into(),
        KeyCode::End => "End".into(),
        KeyCode::PageUp => "PageUp".into(),
        KeyCode::PageDown => "PageDown".into(),
        KeyCode::Delete => "Delete".into(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_place() {
        for (number, one) in BINDINGS.iter().enumerate() {
            for other in &BINDINGS[number + 1..] {
                let same_place = one.scope == other.scope;
                let shared = one.keys.iter().find(|key| other.keys.contains(key));
                assert!(!same_place || shared.is_none(), "{shared:?} is bound twice");
            }
        }
    }

    #[test]
    fn a_pane_s_own_key_wins() {
        let enter = KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE);
        assert_eq!(find(Pane::Queries, enter), Some(Action::Open));
        assert_eq!(find(Pane::Why, enter), None);
        let undo = KeyEvent::new(KeyCode::Char('r'), KeyModifiers::CONTROL);
        assert_eq!(find(Pane::Why, undo), Some(Action::Redo));
    }
}
