//! Recordings: what a server, or the planner, printed for one statement, in sections (`=== NAME`).

use crate::error::PlanError;
use crate::explain::{json, note, traditional, tree};
use crate::plan::Plan;
use crate::planner::parallel::guarded;
use std::fmt::Write;

/// The sections of a recording in the order of the file: name and text, without the line end before the next section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// Name and text.
    pub sections: Vec<(String, String)>,
}

/// A renderer of a plan.
type Render = fn(&Plan) -> String;

impl Recording {
    /// Reads a recording; a text without sections gives one without sections.
    pub fn read(text: &str) -> Recording {
        let mut sections: Vec<(String, String)> = Vec::new();
        for line in text.split('\n') {
            let line = line.strip_suffix('\r').unwrap_or(line);
            if let Some(name) = section_name(line) {
                sections.push((name.to_owned(), String::new()));
            } else if let Some((_, section)) = sections.last_mut() {
                section.push_str(line);
                section.push('\n');
            }
        }
        for (_, section) in &mut sections {
            section.truncate(section.trim_end_matches('\n').len());
        }
        Recording { sections }
    }

    /// Text of a section.
    pub fn section(&self, name: &str) -> Option<&str> {
        self.sections.iter().find(|(own, _)| own == name).map(|(_, text)| text.as_str())
    }

    /// Settings that the statement was recorded under.
    pub fn sets(&self) -> Vec<String> {
        let lines = self.section("set").unwrap_or("").lines();
        lines.map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    }

    /// What the planner has to say of a statement.
    pub fn of_plan(sets: &[String], sql: &str, outcome: &Result<Plan, PlanError>) -> Recording {
        let mut recording = Recording::default();
        if !sets.is_empty() {
            recording.add("set", sets.join("\n"));
        }
        recording.add("sql", sql.to_owned());
        match outcome {
            Ok(plan) => recording.add_formats(plan),
            Err(PlanError::Server(error)) => recording.add("error", format!("{}\t{}", error.code, error.text)),
            Err(other) => recording.add("not covered", other.to_string()),
        }
        recording
    }

    fn add(&mut self, name: &str, text: String) {
        self.sections.push((name.to_owned(), text.trim_end_matches('\n').to_owned()));
    }

    fn add_formats(&mut self, plan: &Plan) {
        let formats: [(&str, Render); 4] =
            [("traditional", traditional::tsv), ("warnings", note::warnings), ("tree", tree::render), ("json", json::render)];
        for (name, render) in formats {
            match guarded(|| render(plan)) {
                Ok(text) => self.add(name, text),
                Err(panic) => self.add(&format!("{name} error"), format!("internal error, please report it: {panic}")),
            }
        }
    }

    /// The recording as a file.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (name, section) in &self.sections {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "=== {name}");
            text.push_str(section);
            if !section.is_empty() {
                text.push('\n');
            }
        }
        text
    }
}

/// `=== name`, name being lower-case words.
fn section_name(line: &str) -> Option<&str> {
    let name = line.strip_prefix("=== ")?;
    (!name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == ' ')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_survive_a_round_trip() {
        let text = "=== set\nsql_mode=''\n=== sql\nSELECT 1\n=== error\n1054\tnope\n";
        let recording = Recording::read(text);
        assert_eq!(recording.text(), text);
        assert_eq!(recording.sets(), ["sql_mode=''"]);
        assert_eq!(Recording::read(&text.replace('\n', "\r\n")), recording);
    }
}
