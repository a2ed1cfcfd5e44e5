//! The explorer without a picture, for screen readers and pipes: a line in, some lines out. The same state behind it, the same
//! commands as behind `:`.

use crate::content;
use crate::message::{Effect, Message};
use crate::model::Planned;
use crate::model::details::percent;
use crate::planning;
use crate::state::{Overlay, Pane, Start, State};
use std::io::{self, BufRead, Write};
use std::sync::Arc;

/// Columns that texts are laid out in: no pane limits them.
const WIDTH: u16 = 160;

const HELP: &str = "\
Commands:
  list                 the statements
  open NUMBER          plan a statement of the list
  plan                 the plan, a numbered line a node
  node NUMBER          how the numbers of a node came to be
  why                  what was weighed for the node, and why it lost
  table, tree, json, rewritten, order, trace
                       the plan in the server's forms
  statement            the text of the statement
  changes              what is changed, and what came of it
  compare              two plans, one after the other
  sql STATEMENT        plan this statement
  help                 this text; commands of the explorer work too:
                       invisible TABLE.INDEX, switch FLAG=off, rows TABLE=10x, undo, export, save FILE ...
  quit
";

/// Runs until the input ends.
///
/// # Errors
/// The output cannot be written, or the input cannot be read.
pub fn run(start: Start, input: &mut dyn BufRead, out: &mut dyn Write) -> io::Result<()> {
    let catalog = Arc::clone(&start.catalog);
    let (mut state, effects) = State::new(start);
    state.update(Message::Resize(WIDTH, 50));
    let mut session = Session { state, catalog, out };
    session.perform(effects)?;
    session.greet()?;
    let mut line = String::new();
    loop {
        write!(session.out, "> ")?;
        session.out.flush()?;
        line.clear();
        if input.read_line(&mut line)? == 0 {
            writeln!(session.out)?;
            return Ok(());
        }
        if !session.command(line.trim())? {
            return Ok(());
        }
    }
}

struct Session<'o> {
    state: State,
    catalog: Arc<myexplain::Catalog>,
    out: &'o mut dyn Write,
}

impl Session<'_> {
    fn greet(&mut self) -> io::Result<()> {
        writeln!(self.out, "myexplain, bundle {}. help lists the commands.", self.state.bundle)?;
        if self.state.queries.all.len() > 1 {
            return self.list();
        }
        self.plan()
    }

    /// Carries a line out; false ends.
    fn command(&mut self, line: &str) -> io::Result<bool> {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        match word {
            "" => {}
            "quit" | "q" | "exit" => return Ok(false),
            "help" | "?" => write!(self.out, "{HELP}")?,
            "list" => self.list()?,
            "open" if rest.trim().parse::<usize>().is_ok() => self.explorer(&format!("query {}", rest.trim()))?,
            "plan" => self.plan()?,
            "node" => match rest.trim().parse::<usize>().ok().and_then(|number| number.checked_sub(1)) {
                Some(number) => {
                    self.state.plan.selected = number;
                    self.pane(Pane::Detail)?;
                }
                None => writeln!(self.out, "node needs the number of a node; plan shows them")?,
            },
            "why" => self.pane(Pane::Why)?,
            "compare" => self.pane(Pane::Compare)?,
            "changes" => self.changes()?,
            "statement" => writeln!(self.out, "{}", self.state.editor.text())?,
            "table" | "tree" | "json" | "rewritten" | "order" | "trace" => self.form(word)?,
            _ => self.explorer(line)?,
        }
        Ok(true)
    }

    /// A command of the explorer, and the plan if there is another one.
    fn explorer(&mut self, line: &str) -> io::Result<()> {
        let before = self.state.newest;
        self.state.overlay = Overlay::Command(crate::input::Input::new(line));
        let enter = crossterm::event::KeyEvent::from(crossterm::event::KeyCode::Enter);
        let effects = self.state.update(Message::Key(enter));
        self.perform(effects)?;
        if let Overlay::Text { text, .. } = std::mem::take(&mut self.state.overlay) {
            write!(self.out, "{text}")?;
        }
        if !self.state.notice.text.is_empty() {
            writeln!(self.out, "{}", self.state.notice.text)?;
        }
        if self.state.newest != before {
            if self.state.what_if.changes.is_empty() {
                self.plan()?;
            } else {
                self.changes()?;
            }
        }
        Ok(())
    }

    fn perform(&mut self, effects: Vec<Effect>) -> io::Result<()> {
        for effect in effects {
            match effect {
                Effect::Plan(request, _) => {
                    let answer = planning::answer(&self.catalog, &request, &Arc::default());
                    self.state.update(Message::Planned(Box::new(answer)));
                }
                Effect::Write(path, text) => match std::fs::write(&path, text) {
                    Ok(()) => writeln!(self.out, "written: {}", path.display())?,
                    Err(error) => writeln!(self.out, "cannot write {}: {error}", path.display())?,
                },
                Effect::Open(path) => match std::fs::read_to_string(&path) {
                    Ok(text) => {
                        let effects = self.state.update(Message::Opened(path, text));
                        self.perform(effects)?;
                        self.list()?;
                    }
                    Err(error) => writeln!(self.out, "cannot read {}: {error}", path.display())?,
                },
                _ => {}
            }
        }
        Ok(())
    }

    fn list(&mut self) -> io::Result<()> {
        for (number, query) in self.state.queries.all.iter().enumerate() {
            writeln!(self.out, "{}. {}: {}", number + 1, query.name, content::cut(&query.words, 100, "..."))?;
        }
        Ok(())
    }

    fn plan(&mut self) -> io::Result<()> {
        if let Some(failure) = &self.state.failure {
            return writeln!(self.out, "{}", failure.text);
        }
        let Some(planned) = self.state.current.clone() else {
            return writeln!(self.out, "No statement yet: sql STATEMENT plans one, open FILE reads a file.");
        };
        writeln!(self.out, "Cost {}.", content::short(planned.cost))?;
        for number in 0..planned.tree.nodes.len() {
            writeln!(self.out, "{}", node_line(&planned, number))?;
        }
        Ok(())
    }

    fn pane(&mut self, pane: Pane) -> io::Result<()> {
        self.state.focus(pane);
        for line in content::plain_lines(&self.state, pane) {
            writeln!(self.out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    fn changes(&mut self) -> io::Result<()> {
        for line in content::what_if::summary(&self.state, usize::from(WIDTH)) {
            let text: String = line.spans.iter().map(|span| span.content.as_ref()).collect();
            writeln!(self.out, "{}", text.trim_end())?;
        }
        Ok(())
    }

    fn form(&mut self, name: &str) -> io::Result<()> {
        use crate::state::Form;
        let form = match name {
            "table" => Form::Traditional,
            "tree" => Form::TreeText,
            "json" => Form::Json,
            "rewritten" => Form::Rewritten,
            "order" => Form::JoinOrder,
            _ => Form::Trace,
        };
        match &self.state.current {
            Some(planned) => writeln!(self.out, "{}", content::plan::text(planned, form).trim_end()),
            None => writeln!(self.out, "There is no plan."),
        }
    }
}

/// A node in words: depth, what it does, numbers.
fn node_line(planned: &Planned, number: usize) -> String {
    let node = &planned.tree.nodes[number];
    let mut text = format!("{}. level {}: {}", number + 1, node.level + 1, node.label.replace('\n', " "));
    if let Some(access) = &node.access_type {
        text += &format!(", type {access}");
    }
    if let Some(rows) = node.rows {
        text += &format!(", {} rows", content::short(rows));
    }
    if let Some(cost) = node.cost {
        text += &format!(", cost {}", content::short(cost));
    }
    if node.own_share >= 0.005 {
        text += &format!(", {} percent of the whole", percent((node.own_share * 100.0).round()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::{Palette, Theme};
    use myexplain::Catalog;

    #[test]
    fn a_session_without_a_picture() {
        let start = Start {
            catalog: Arc::new(Catalog::sample()),
            bundle: "employees".into(),
            file: None,
            text: "SELECT * FROM employees WHERE first_name = 'Matt'".into(),
            theme: Theme::new(Palette::None, true),
            options: String::new(),
            changes: Vec::new(),
        };
        let commands = "node 1\nwhy\ninvisible employees.ix_firstname\nundo\nnonsense\nquit\n";
        let mut out = Vec::new();
        run(start, &mut commands.as_bytes(), &mut out).expect("runs");
        let text = String::from_utf8(out).expect("UTF-8");
        for wanted in [
            "1. level 1: Index lookup on employees using ix_firstname (first_name='Matt'), type ref, 247 rows",
            "Ways to read employees as the first table",
            "- 1 SIMPLE employees ref key=ix_firstname(58) ref=const",
            "+ 1 SIMPLE employees ALL [Using where]",
            ":nonsense is no command",
        ] {
            assert!(text.contains(wanted), "{wanted} is missing in\n{text}");
        }
    }
}
