//! Everything that the picture depends on. No terminal, no clock, no thread.

pub mod editor;
pub mod layout;
pub mod plan_pane;
pub mod queries;

pub use editor::Editor;
pub use layout::{Areas, Pane};
pub use plan_pane::{Form, PlanPane};
pub use queries::{Order, Queries, Query};

use crate::input::Input;
use crate::message::{Effect, Request};
use crate::model::{Failure, Planned, Statement};
use crate::theme::Theme;
use crate::what_if::{Step, WhatIfPane};
use myexplain::Catalog;
use std::sync::Arc;
use std::time::Duration;

/// What the explorer is started with.
#[derive(Clone, Debug)]
pub struct Start {
    /// What to plan against.
    pub catalog: Arc<Catalog>,
    /// Name of the bundle, for the head line.
    pub bundle: String,
    /// Name of the file, if one was given.
    pub file: Option<String>,
    /// Its text.
    pub text: String,
    /// Colours and symbols.
    pub theme: Theme,
    /// Options that lead to this catalog, as one would write them behind `myexplain explain`.
    pub options: String,
    /// What is supposed from the start.
    pub changes: Vec<Step>,
}

/// How far a text is scrolled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scroll {
    /// First visible line.
    pub top: usize,
}

/// Something that lies over the panes, or takes the keys.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub enum Overlay {
    #[default]
    None,
    /// All keys.
    Help { top: usize },
    /// A line behind `:`.
    Command(Input),
    /// A line behind `/`.
    Search(Input),
    /// A value for the what-if pane.
    Prompt { title: String, input: Input, purpose: Purpose },
    /// A text with a title.
    Text { title: String, text: String, top: usize },
}

/// What a typed value is for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Purpose {
    /// A value of the what-if option; the text before `=` is given.
    Change {
        option: String,
        name: String,
    },
    AddIndex,
}

/// A sentence at the bottom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notice {
    /// The sentence.
    pub text: String,
    /// It tells of a failure.
    pub is_error: bool,
}

/// The whole state.
#[derive(Clone, Debug)]
pub struct State {
    /// What to plan against.
    pub catalog: Arc<Catalog>,
    /// Name of the bundle.
    pub bundle: String,
    /// Name of the file.
    pub file: Option<String>,
    /// Options that lead to this catalog.
    pub options: String,
    /// Colours and symbols.
    pub theme: Theme,
    /// Columns and rows.
    pub size: (u16, u16),
    /// The pane that keys go to.
    pub focus: Pane,
    /// The pane that is shown below the plan.
    pub lower: Pane,
    /// Only the focused pane is shown.
    pub zoomed: bool,
    /// The statements.
    pub queries: Queries,
    /// The text of the statement.
    pub editor: Editor,
    /// The plan.
    pub plan: PlanPane,
    /// Scroll positions of the panes that are texts.
    pub scrolls: [Scroll; Pane::ALL.len()],
    /// The what-if pane.
    pub what_if: WhatIfPane,
    /// What lies over the panes.
    pub overlay: Overlay,
    /// What is searched for.
    pub search: String,
    /// A sentence at the bottom.
    pub notice: Notice,
    /// The plan that is shown.
    pub current: Option<Arc<Planned>>,
    /// The plan without the changes of the what-if pane.
    pub base: Option<Arc<Planned>>,
    /// Why the text that stands in the editor has no plan.
    pub failure: Option<Failure>,
    /// The plan that was kept for comparison, with a name.
    pub marked: Option<(String, Arc<Planned>)>,
    /// Number of the newest request.
    pub newest: u64,
    /// An answer to it is awaited.
    pub waiting: bool,
    /// The plan that is awaited is of another statement than the one that is shown.
    pub opening: bool,
    /// A number typed before a command.
    pub count: Option<usize>,
}

impl State {
    /// The state at the start, and what has to be done first.
    pub fn new(start: Start) -> (State, Vec<Effect>) {
        let mut state = State {
            catalog: start.catalog,
            bundle: start.bundle,
            file: start.file,
            options: start.options,
            theme: start.theme,
            size: (80, 24),
            focus: Pane::Plan,
            lower: Pane::Detail,
            zoomed: false,
            queries: Queries::default(),
            editor: Editor::default(),
            plan: PlanPane::default(),
            scrolls: Default::default(),
            what_if: WhatIfPane::default(),
            overlay: Overlay::None,
            search: String::new(),
            notice: Notice::default(),
            current: None,
            base: None,
            failure: None,
            marked: None,
            newest: 0,
            waiting: false,
            opening: false,
            count: None,
        };
        start.changes.into_iter().for_each(|step| state.what_if.changes.set(step));
        let effects = state.load(&start.text);
        (state, effects)
    }

    /// Takes over the statements of a text, or a plan that a server printed.
    pub fn load(&mut self, text: &str) -> Vec<Effect> {
        if let Some(planned) = crate::model::server_plan::read(text) {
            self.queries = Queries::default();
            self.show_server_plan(planned);
            return Vec::new();
        }
        self.queries = Queries::read(text);
        let statements = self.queries.all.iter().map(|query| query.statement.clone()).collect();
        let mut effects = match self.queries.selected() {
            Some(_) => self.open_selected(),
            None => Vec::new(),
        };
        self.focus(match self.queries.all.len() {
            0 => Pane::Sql,
            1 => Pane::Plan,
            _ => Pane::Queries,
        });
        if self.queries.all.len() > 1 {
            effects.push(Effect::Survey(statements));
        }
        effects
    }

    /// Shows a plan that a server printed. It is also kept for comparison: its statement may be planned here next.
    pub fn show_server_plan(&mut self, planned: Planned) {
        self.editor = Editor::new(&Statement { sql: planned.sql.clone(), sets: Vec::new() });
        self.base = None;
        // What is being planned is no longer wanted.
        self.newest += 1;
        self.waiting = false;
        self.plan.reset();
        let planned = Arc::new(planned);
        self.marked = Some(("the server's plan".to_owned(), Arc::clone(&planned)));
        self.show(planned);
        self.focus(Pane::Plan);
        let next = if self.editor.is_blank() { "e types or pastes its statement" } else { "p plans its statement here" };
        self.say(format!("A plan that a server printed; {next}."));
    }

    /// Plans the selected statement.
    pub fn open_selected(&mut self) -> Vec<Effect> {
        let Some(query) = self.queries.selected() else { return Vec::new() };
        self.editor = Editor::new(&query.statement);
        self.base = None;
        self.opening = true;
        vec![self.request(Duration::ZERO)]
    }

    /// Asks for a plan of what stands in the editor, under the changes of the what-if pane.
    pub fn request(&mut self, pause: Duration) -> Effect {
        self.newest += 1;
        self.waiting = true;
        let statement = self.editor.statement();
        let with_base = self.base.as_ref().is_none_or(|base| base.sql != statement.sql);
        let changes = self.what_if.changes.clone();
        Effect::Plan(Request { id: self.newest, statement, changes, with_base }, pause)
    }

    /// Shows a plan; what was selected stays selected if the plan has the same form.
    pub fn show(&mut self, planned: Arc<Planned>) {
        self.plan.take(&planned.tree);
        self.failure = None;
        self.what_if.refresh(&self.catalog, &planned);
        self.current = Some(planned);
    }

    /// Gives the keys to a pane.
    pub fn focus(&mut self, pane: Pane) {
        self.focus = pane;
        if pane.is_lower(self.size) {
            self.lower = pane;
        }
    }

    /// Number of the table that the selected node of the plan is about.
    pub fn selected_table(&self) -> Option<usize> {
        self.current.as_ref()?.tree.table_of(self.plan.selected)
    }

    /// Where everything stands.
    pub fn areas(&self) -> Areas {
        layout::areas(self)
    }

    /// The scroll position of a pane that is a text.
    pub fn scroll(&self, pane: Pane) -> usize {
        self.scrolls[pane.number()].top
    }

    /// Says a sentence at the bottom.
    pub fn say(&mut self, text: impl Into<String>) {
        self.notice = Notice { text: text.into(), is_error: false };
    }

    /// Tells of a failure at the bottom.
    pub fn complain(&mut self, text: impl Into<String>) {
        self.notice = Notice { text: text.into(), is_error: true };
    }

    /// A name for the plan that is shown.
    pub fn plan_name(&self) -> String {
        let name = self.queries.selected().map_or_else(|| "statement".to_owned(), |query| query.name.clone());
        match self.what_if.changes.is_empty() {
            true => name,
            false => format!("{name} with {}", self.what_if.changes.describe()),
        }
    }
}

/// The statement that stands in the editor and its settings.
impl Editor {
    /// As it would be planned.
    pub fn statement(&self) -> Statement {
        Statement { sql: self.text(), sets: self.sets.clone() }
    }
}
