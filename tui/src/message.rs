//! What comes in, and what is to be done outside.

use crate::model::{Failure, Planned, Statement};
use crossterm::event::{KeyEvent, MouseEvent};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Something happened.
#[derive(Clone, Debug)]
pub enum Message {
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse.
    Mouse(MouseEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has another size, in columns and rows.
    Resize(u16, u16),
    /// An answer to a request.
    Planned(Box<Answer>),
    /// What a statement of the file comes to.
    Surveyed(usize, Survey),
    /// Something was done outside, or could not be: a sentence.
    Said(String),
    /// A file was read.
    Opened(PathBuf, String),
    /// The process shall end.
    Terminate,
}

/// A plan that is wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Number; a newer one makes older ones void.
    pub id: u64,
    /// What is planned.
    pub statement: Statement,
    /// The changes of the what-if pane, as its list has them.
    pub changes: crate::what_if::Changes,
    /// The plan without the changes is wanted too.
    pub with_base: bool,
}

/// A plan, or why there is none.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Number of the request.
    pub id: u64,
    /// The plan without the changes, if it was asked for.
    pub base: Option<Arc<Planned>>,
    /// The plan.
    pub outcome: Result<Arc<Planned>, Failure>,
}

/// What the list of statements shows of one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Survey {
    /// Cost in the optimizer's units; none if it could not be planned.
    pub cost: Option<f64>,
    /// The worst access of its plan.
    pub access: String,
    /// Ids of what is found wrong with it.
    pub findings: Vec<String>,
    /// Why it was not planned.
    pub failure: Option<String>,
}

/// Something to be done outside of the state.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Plan, after a pause in which no newer request comes.
    Plan(Request, Duration),
    /// Stop planning.
    Interrupt,
    /// Work out what each of these statements comes to, by and by.
    Survey(Vec<Statement>),
    /// Put text on the clipboard.
    Copy(String),
    /// Write a file.
    Write(PathBuf, String),
    /// Read a file.
    Open(PathBuf),
    /// Give the terminal back until the process is continued.
    Suspend,
    /// End.
    Quit,
}
