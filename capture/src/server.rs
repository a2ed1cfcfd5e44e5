//! Capturing from a live server: the only place that opens a connection. Nothing is changed there: the session is read-only, every
//! statement has a time limit, and nothing is run but what [`questions`] lists, EXPLAIN, and the look-ups that the user allowed.

pub(crate) mod answers;
mod connection;
mod dives;
mod lookups;
mod misses;
mod privileges;
pub(crate) mod questions;
mod recording;
pub(crate) mod selection;
mod workload;

pub use answers::Captured;
pub(crate) use connection::supported;
pub use connection::{Server, ServerError};
pub use privileges::{MissingPrivilege, grants};
pub use selection::Selection;
pub use workload::{WorkloadOptions, WorkloadReport};

use answers::{Answers, Object};
use questions::{OBJECTS, Question};

/// How many SHOW CREATE go to the server at once.
const TOGETHER: usize = 50;

/// What to capture, and how carefully.
#[derive(Clone, Debug)]
pub struct CaptureOptions {
    /// Schemas and tables.
    pub selection: Selection,
    /// Seconds that the server may spend on one statement.
    pub limit_seconds: u32,
    /// Leave out what holds values of the tables: histograms and bounds of partitions (`schema.sql` has these too).
    pub no_values: bool,
}

/// How far a capture is.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// What is being read.
    pub what: &'a str,
    /// Steps done, of how many.
    pub done: usize,
    /// Steps in all.
    pub of: usize,
}

impl Server {
    /// Reads schema and statistics in one consistent pass.
    ///
    /// What the user may not read is a gap of the bundle, not an error.
    ///
    /// # Errors
    /// A lost connection, a statement over its time limit, or nothing to capture.
    pub fn capture(&mut self, options: &CaptureOptions, progress: &mut dyn FnMut(Progress<'_>)) -> Result<Captured, ServerError> {
        for statement in questions::session(options.limit_seconds) {
            self.run(&statement)?;
        }
        let asked = questions::asked(&options.selection, options.no_values);
        let mut answers = Answers::default();
        for (done, question) in asked.iter().enumerate() {
            progress(Progress { what: question.name, done, of: asked.len() });
            match self.rows(&question.sql) {
                Ok(rows) => answers.add(question, rows),
                Err(error) if error.is_refusal() && question.name != OBJECTS => {}
                Err(error) => return Err(error),
            }
            if question.name == OBJECTS {
                self.definitions(&mut answers, progress)?;
            }
        }
        self.run("COMMIT")?;
        finish(&questions::questions(&options.selection), &answers, &options.selection)
    }

    fn definitions(&mut self, answers: &mut Answers, progress: &mut dyn FnMut(Progress<'_>)) -> Result<(), ServerError> {
        let objects = answers.objects();
        let mut rest: &[Object] = &objects;
        while !rest.is_empty() {
            progress(Progress { what: "schema.sql", done: objects.len() - rest.len(), of: objects.len() });
            let (now, later) = rest.split_at(TOGETHER.min(rest.len()));
            let statements: Vec<&str> = now.iter().map(|object| object.statement.as_str()).collect();
            // The server stops at the first statement that it refuses.
            let (found, refused) = self.several(&statements)?;
            let answered = found.len();
            for (object, rows) in now.iter().zip(found) {
                let row = rows.into_iter().next();
                let text = row.and_then(|mut row| row.get_mut(object.kind.definition_column())?.take());
                answers.definitions.insert(object.clone(), text);
            }
            rest = match now.get(answered).filter(|_| refused) {
                Some(object) => {
                    answers.definitions.insert(object.clone(), None);
                    &rest[answered + 1..]
                }
                None => later,
            };
        }
        Ok(())
    }
}

/// The bundle, unless there is nothing in it.
pub(crate) fn finish(asked: &[Question], answers: &Answers, selection: &Selection) -> Result<Captured, ServerError> {
    let captured = answers::bundle(asked, answers);
    if captured.tables == 0 {
        let what = selection.describe();
        return Err(ServerError::Useless(format!(
            "no table of {what} can be seen: either there is none, or the user lacks SELECT on them \
             (myexplain capture --print-grants prints what to grant)"
        )));
    }
    Ok(captured)
}
