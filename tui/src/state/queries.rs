//! The statements of the file: order, filter, selection.

use crate::fuzzy;
use crate::message::Survey;
use crate::model::Statement;
use myexplain::ingest::slowlog::{self, Class, Classes};
use myexplain::parse::script;

/// A statement of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// From a `-- name:` line, or its number.
    pub name: String,
    /// Line of the file, from 1; 0 for a digest of a slow log.
    pub line: usize,
    /// The text and its settings.
    pub statement: Statement,
    /// The text on one line.
    pub words: String,
    /// What it comes to; none as long as that is not known.
    pub survey: Option<Survey>,
    /// Seconds that its executions took together, from a slow log.
    pub seconds: Option<f64>,
    /// Executions, from a slow log.
    pub executions: Option<u64>,
}

/// What the list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Order {
    #[default]
    File,
    Cost,
    Time,
    Findings,
    Name,
}

impl Order {
    /// All of them.
    pub const ALL: [Order; 5] = [Order::File, Order::Cost, Order::Time, Order::Findings, Order::Name];

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Order::File => "file",
            Order::Cost => "cost",
            Order::Time => "time",
            Order::Findings => "findings",
            Order::Name => "name",
        }
    }
}

/// Nanoseconds in a second.
const SECOND: f64 = 1e9;

/// The classes of a log, with a sample of each; none if the text is no log.
fn classes(text: &str) -> Option<Vec<Query>> {
    let mut classes = Classes::default();
    let reading = slowlog::read(&mut text.as_bytes(), &mut classes, &mut |_| {}).ok()?;
    if matches!(reading.form, None | Some(slowlog::Form::Sql)) {
        return None;
    }
    let query = |(number, class): (usize, Class)| {
        let sql = if class.sample.sql.is_empty() || class.sample.cut { class.digest_text } else { class.sample.sql };
        Query {
            name: format!("class-{}", number + 1),
            line: 0,
            words: sql.split_whitespace().collect::<Vec<_>>().join(" "),
            statement: Statement { sql, sets: Vec::new() },
            survey: None,
            seconds: Some(class.time.sum as f64 / SECOND),
            executions: Some(class.count),
        }
    };
    Some(classes.into_sorted().into_iter().enumerate().map(query).collect())
}

/// The statements.
#[derive(Clone, Debug, Default)]
pub struct Queries {
    /// All of them, in the order of the file.
    pub all: Vec<Query>,
    /// What is shown: numbers into `all`.
    pub shown: Vec<usize>,
    /// The selected row of `shown`.
    pub row: usize,
    /// First visible row.
    pub top: usize,
    /// What is typed to filter.
    pub filter: String,
    /// What the list is sorted by.
    pub order: Order,
}

impl Queries {
    /// The statements of a text: of a script, or the classes of a log.
    pub fn read(text: &str) -> Queries {
        if let Some(classes) = classes(text) {
            let mut queries = Queries::of(classes);
            queries.order = Order::Time;
            queries.arrange();
            return queries;
        }
        let query = |statement: script::ScriptStatement| Query {
            name: statement.name,
            line: statement.line,
            words: statement.sql.split_whitespace().collect::<Vec<_>>().join(" "),
            statement: Statement { sql: statement.sql, sets: statement.sets },
            ..Query::default()
        };
        let all: Vec<Query> = script::read(text).into_iter().map(query).collect();
        Queries::of(all)
    }

    /// A list of statements.
    pub fn of(all: Vec<Query>) -> Queries {
        let mut queries = Queries { all, ..Queries::default() };
        queries.arrange();
        queries
    }

    /// The selected statement.
    pub fn selected(&self) -> Option<&Query> {
        self.shown.get(self.row).and_then(|number| self.all.get(*number))
    }

    /// Filters and sorts anew; the selected statement stays selected if it is still shown.
    pub fn arrange(&mut self) {
        let selected = self.shown.get(self.row).copied();
        let texts: Vec<String> = self.all.iter().map(|query| format!("{} {}", query.name, query.words)).collect();
        self.shown = fuzzy::matches(&self.filter, texts.iter().map(String::as_str));
        let cost = |query: &Query| query.survey.as_ref().and_then(|survey| survey.cost).unwrap_or(-1.0);
        let findings = |query: &Query| query.survey.as_ref().map_or(0, |survey| survey.findings.len());
        let all = &self.all;
        match self.order {
            Order::File if self.filter.is_empty() => {}
            // The best match stands first.
            Order::File => {}
            Order::Cost => self.shown.sort_by(|a, b| cost(&all[*b]).total_cmp(&cost(&all[*a]))),
            Order::Time => {
                let time = |number: &usize| all[*number].seconds.unwrap_or(-1.0);
                self.shown.sort_by(|a, b| time(b).total_cmp(&time(a)));
            }
            Order::Findings => self.shown.sort_by_key(|number| std::cmp::Reverse(findings(&all[*number]))),
            Order::Name => self.shown.sort_by(|a, b| all[*a].name.cmp(&all[*b].name)),
        }
        self.row = selected.and_then(|selected| self.shown.iter().position(|number| *number == selected)).unwrap_or(0);
    }

    /// The next order that makes sense.
    pub fn next_order(&mut self) {
        let has_times = self.all.iter().any(|query| query.seconds.is_some());
        let at = Order::ALL.iter().position(|order| *order == self.order).unwrap_or(0);
        let mut next = Order::ALL[(at + 1) % Order::ALL.len()];
        if next == Order::Time && !has_times {
            next = Order::Findings;
        }
        self.order = next;
        self.arrange();
    }

    /// Moves the selection by rows.
    pub fn step(&mut self, rows: isize) {
        self.row = self.row.saturating_add_signed(rows).min(self.shown.len().saturating_sub(1));
    }

    /// Scrolls so that the selected row is visible.
    pub fn keep_visible(&mut self, height: usize) {
        if self.row < self.top {
            self.top = self.row;
        } else if height > 0 && self.row >= self.top + height {
            self.top = self.row + 1 - height;
        }
    }
}
