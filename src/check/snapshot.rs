//! The text form of an approved plan: a line a table with what was decided; rows and costs stand in comments and do not count.

use crate::explain::decisions::Decisions;
use crate::explain::traditional;
use crate::plan::Plan;
use std::fmt::Write;

/// First line of every snapshot; the number is the form's version.
const HEADER: &str = "# myexplain plan 1";
/// What a line's comment begins with.
const COMMENT: &str = "  # ";

/// An approved plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// The decisions, one line a table ([`Decisions`]).
    pub lines: Vec<String>,
    /// Cost when it was written, from the comment; only for people.
    pub cost: Option<f64>,
}

/// A text that is no snapshot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no plan snapshot: the first line must be '{HEADER}'")]
pub struct NotASnapshot;

impl Snapshot {
    /// What a snapshot of this plan would hold.
    pub fn of(plan: &Plan) -> Snapshot {
        let lines = Decisions::of(plan).tables.iter().map(ToString::to_string).collect();
        Snapshot { lines, cost: Some(plan.total_cost()) }
    }

    /// The file for a plan. `origin` says where the statement stands: `queries/orders.sql: by_customer`.
    pub fn print(plan: &Plan, origin: &str) -> String {
        let decisions = Decisions::of(plan);
        let rows = traditional::rows(plan);
        let mut text = format!("{HEADER}\n# {origin}\n# cost {:.2}\n\n", plan.total_cost());
        for (decision, row) in decisions.tables.iter().zip(&rows) {
            // Writing to a String cannot fail.
            let _ = write!(text, "{decision}");
            if let (Some(rows), Some(filtered)) = (&row.0[9], &row.0[10]) {
                let _ = write!(text, "{COMMENT}rows {rows}, filtered {filtered}");
            }
            text.push('\n');
        }
        text
    }

    /// Reads a snapshot.
    ///
    /// # Errors
    /// A text that does not begin as snapshots do.
    pub fn read(text: &str) -> Result<Snapshot, NotASnapshot> {
        let mut lines = text.lines().map(str::trim_end);
        if lines.next() != Some(HEADER) {
            return Err(NotASnapshot);
        }
        let mut snapshot = Snapshot::default();
        for line in lines.filter(|line| !line.is_empty()) {
            match line.strip_prefix("# ") {
                Some(comment) => {
                    snapshot.cost = snapshot.cost.or(comment.strip_prefix("cost ").and_then(|cost| cost.parse().ok()))
                }
                None => snapshot.lines.push(line.rsplit_once(COMMENT).map_or(line, |(decision, _)| decision).to_owned()),
            }
        }
        Ok(snapshot)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Verdict, verdict};
    use super::*;
    use crate::{Catalog, Planner};

    const SQL: &str = "SELECT * FROM employees WHERE first_name = 'Matt'";

    #[test]
    fn a_snapshot_holds_the_decisions_and_numbers_as_comments() {
        let plan = Planner::new(&Catalog::sample()).plan(SQL).expect("plans");
        let text = Snapshot::print(&plan, "q.sql: matt");
        let row = "1 SIMPLE employees ref key=ix_firstname(58) ref=const";
        assert_eq!(
            text,
            format!("# myexplain plan 1\n# q.sql: matt\n# cost {:.2}\n\n{row}  # rows 247, filtered 100.00\n", 86.45)
        );
        let read = Snapshot::read(&text).expect("a snapshot");
        assert_eq!(read.lines, [row]);
        assert_eq!(verdict(Some(&read), &Ok(plan)), Verdict::Same);
    }

    #[test]
    fn another_access_is_a_change_and_other_numbers_are_not() {
        let approved = format!(
            "{HEADER}\r\n# cost 1.50\r\n1 SIMPLE employees ref key=ix_firstname(58) ref=const  # rows 1, filtered 1.00\r\n"
        );
        let approved = Snapshot::read(&approved).expect("a snapshot");
        let catalog = Catalog::sample();
        assert_eq!(verdict(Some(&approved), &Planner::new(&catalog).plan(SQL)), Verdict::Same);
        let scan = Planner::new(&catalog).plan("SELECT * FROM employees IGNORE INDEX (ix_firstname) WHERE first_name = 'Matt'");
        let Verdict::Changed(change) = verdict(Some(&approved), &scan) else { panic!("a change") };
        assert_eq!(change.after, ["1 SIMPLE employees ALL [Using where]"]);
        assert!(change.cost_ratio().is_some_and(|ratio| ratio > 1000.0), "{change:?}");
    }

    #[test]
    fn other_files_are_refused() {
        assert_eq!(Snapshot::read("SELECT 1"), Err(NotASnapshot));
        assert_eq!(Snapshot::read(""), Err(NotASnapshot));
    }
}
