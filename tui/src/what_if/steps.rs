//! What is supposed: an ordered list of options as the command line has them, and optimizer hints.

use myexplain::Catalog;
use myexplain::what_if::{Change, Derivation, WhatIf};

/// One supposition: an option of the command line (`invisible`, `switch`, `rows` …) with its value; `index` and `no-index` are
/// optimizer hints with the value `alias index`.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The option, without `--`.
    pub option: String,
    /// Its value.
    pub value: String,
    /// The change, where it was given as one: of a migration the value is but the name of a file.
    given: Option<Change>,
}

impl Step {
    /// A step.
    pub fn new(option: &str, value: impl Into<String>) -> Step {
        Step { option: option.to_owned(), value: value.into(), given: None }
    }

    /// A step of a change.
    pub fn of_change(change: Change) -> Step {
        Step { option: change.option().to_owned(), value: change.value(), given: Some(change) }
    }

    /// What it is about: a later step about the same thing replaces it.
    pub fn target(&self) -> String {
        let name = self.value.split('=').next().unwrap_or("").trim();
        match self.option.as_str() {
            "invisible" | "visible" | "drop-index" => format!("index {name}"),
            "index" | "no-index" => format!("hint {}", self.value),
            "histogram" | "drop-histogram" => format!("histogram {name}"),
            "add-index" | "ddl" => format!("{} {}", self.option, self.value),
            "server-version" => "server-version".to_owned(),
            option => format!("{option} {name}"),
        }
    }

    fn is_hint(&self) -> bool {
        matches!(self.option.as_str(), "index" | "no-index")
    }

    /// The change, if it is one of the command line.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the value.
    pub fn change(&self) -> Result<Option<Change>, String> {
        match &self.given {
            _ if self.is_hint() => Ok(None),
            Some(change) => Ok(Some(change.clone())),
            None => Change::from_option(&self.option, &self.value).map(Some),
        }
    }

    /// In a few words.
    pub fn describe(&self) -> String {
        match self.option.as_str() {
            "index" | "no-index" => self.hint().unwrap_or_default(),
            "invisible" | "visible" => format!("{} {}", self.value, self.option),
            "add-index" => self.value.clone(),
            "drop-index" => format!("without {}", self.value),
            "drop-histogram" => format!("no histogram of {}", self.value),
            "histogram" => format!("histogram of {}", self.value),
            "rows" => format!("rows of {}", self.value),
            "server-version" => format!("MySQL {}", self.value),
            _ => self.value.clone(),
        }
    }

    /// `INDEX(e ix)`.
    fn hint(&self) -> Option<String> {
        let name = if self.option == "index" { "INDEX" } else { "NO_INDEX" };
        self.is_hint().then(|| format!("{name}({})", self.value))
    }
}

/// All suppositions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    steps: Vec<Step>,
}

impl Changes {
    /// True if nothing is supposed.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The steps in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Adds a step, in the place of one about the same thing.
    pub fn set(&mut self, step: Step) {
        let target = step.target();
        match self.steps.iter_mut().find(|own| own.target() == target) {
            Some(own) => *own = step,
            None => self.steps.push(step),
        }
    }

    /// The step about a target.
    pub fn about(&self, target: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.target() == target)
    }

    /// True if there is a step about a target.
    pub fn has(&self, target: &str) -> bool {
        self.about(target).is_some()
    }

    /// Removes the step about a target.
    pub fn remove(&mut self, target: &str) {
        self.steps.retain(|step| step.target() != target);
    }

    /// In a few words.
    pub fn describe(&self) -> String {
        self.steps.iter().map(Step::describe).collect::<Vec<_>>().join(", ")
    }

    /// The list of the library; hints are no part of it.
    ///
    /// # Errors
    /// The first value that cannot be read.
    pub fn what_if(&self) -> Result<WhatIf, String> {
        let changes = self.steps.iter().filter_map(|step| step.change().transpose());
        changes.collect::<Result<WhatIf, String>>()
    }

    /// The catalog in which all is as supposed, and how numbers came to be that nobody measured.
    ///
    /// # Errors
    /// The first change that does not fit.
    pub fn apply(&self, catalog: &Catalog) -> Result<(Catalog, Vec<Derivation>), String> {
        let hypothesis = self.what_if()?.apply(catalog).map_err(|error| error.to_string())?;
        Ok((hypothesis.catalog, hypothesis.derivations))
    }

    /// The statement with the hints.
    pub fn hinted(&self, sql: &str) -> String {
        let hints: Vec<String> = self.steps.iter().filter_map(Step::hint).collect();
        if hints.is_empty() { sql.to_owned() } else { with_hints(sql, &hints.join(" ")) }
    }

    /// What one would run on a server: SQL for each change that has some, then the statement with its hints.
    pub fn as_sql(&self, sql: &str) -> String {
        let mut out = String::new();
        for change in self.what_if().iter().flatten() {
            match change.sql() {
                Some(sql) => out += &format!("{sql};\n"),
                None => out += &format!("-- no SQL does this: --{} {}\n", change.option(), change.value()),
            }
        }
        out + &self.hinted(sql) + ";\n"
    }

    /// The command line that prints the same plan.
    pub fn as_command(&self, options: &str, sql: &str) -> String {
        let mut words = vec!["myexplain explain".to_owned()];
        words.extend(Some(options.to_owned()).filter(|options| !options.is_empty()));
        for change in self.what_if().iter().flatten() {
            words.push(format!("--{} {}", change.option(), shell_word(&change.value())));
        }
        words.push(format!("-e {}", shell_word(&self.hinted(sql))));
        words.join(" ")
    }
}

/// A word as a shell reads it.
fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./=:,@%+".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// Puts optimizer hints behind the first word of a statement, into the hint comment that may stand there already.
fn with_hints(sql: &str, hints: &str) -> String {
    let word = first_word(sql);
    let (before, behind) = sql.split_at(word.end);
    let rest = behind.trim_start();
    match rest.strip_prefix("/*+").and_then(|inside| inside.find("*/").map(|end| inside.split_at(end))) {
        Some((inside, end)) => format!("{before} /*+ {} {hints} {end}", inside.trim()),
        None => format!("{before} /*+ {hints} */{behind}"),
    }
}

/// The word that hints stand behind: SELECT, INSERT, REPLACE, UPDATE, DELETE, past comments, EXPLAIN and parentheses.
fn first_word(sql: &str) -> std::ops::Range<usize> {
    let low = sql.to_ascii_lowercase();
    let starts = ["select", "insert", "replace", "update", "delete"];
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let found = starts.iter().filter_map(|word| {
        let whole =
            |at: &usize| !low[..*at].ends_with(is_word) && !low[at + word.len()..].starts_with(is_word) && !in_comment(&low, *at);
        low.match_indices(word).map(|(at, _)| at).find(whole).map(|at| at..at + word.len())
    });
    found.min_by_key(|range| range.start).unwrap_or(0..0)
}

/// True inside of `/* … */` or behind `-- ` or `#` on the line.
fn in_comment(sql: &str, at: usize) -> bool {
    let before = &sql[..at];
    let line = before.rsplit('\n').next().unwrap_or("");
    line.contains("-- ") || line.contains('#') || before.rfind("/*") > before.rfind("*/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_about_the_same_thing_replaces_the_old_one() {
        let mut changes = Changes::default();
        changes.set(Step::new("switch", "mrr=off"));
        changes.set(Step::new("rows", "t=5"));
        changes.set(Step::new("switch", "mrr=on"));
        assert_eq!(changes.describe(), "mrr=on, rows of t=5");
    }

    #[test]
    fn hints_stand_behind_the_first_word() {
        let mut changes = Changes::default();
        changes.set(Step::new("no-index", "e ix"));
        assert_eq!(changes.hinted("SELECT 1"), "SELECT /*+ NO_INDEX(e ix) */ 1");
        assert_eq!(changes.hinted("-- select\n(select /*+ MRR(e) */ 1)"), "-- select\n(select /*+ MRR(e) NO_INDEX(e ix) */ 1)");
        assert_eq!(
            changes.hinted("WITH selected AS (SELECT 1) SELECT 2"),
            "WITH selected AS (SELECT /*+ NO_INDEX(e ix) */ 1) SELECT 2"
        );
    }

    #[test]
    fn exports_name_every_change() {
        let mut changes = Changes::default();
        changes.set(Step::new("switch", "mrr=off"));
        changes.set(Step::new("rows", "employees=5"));
        changes.set(Step::new("index", "e ix"));
        let sql = "SELECT 'a' FROM employees e";
        assert_eq!(
            changes.as_command("-b prod", sql),
            r"myexplain explain -b prod --switch mrr=off --rows employees=5 -e 'SELECT /*+ INDEX(e ix) */ '\''a'\'' FROM employees e'"
        );
        assert_eq!(
            changes.as_sql(sql),
            "SET SESSION optimizer_switch = 'mrr=off';\n-- no SQL does this: --rows employees=5\n\
             SELECT /*+ INDEX(e ix) */ 'a' FROM employees e;\n"
        );
    }
}
