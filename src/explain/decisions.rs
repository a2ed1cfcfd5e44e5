//! The decisions of a plan without its numbers: what must stay the same for a plan to count as the same plan.

use super::traditional::{self, Row};
use crate::plan::Plan;
use std::fmt;

/// What was decided for one table, as a row of the traditional table says it, without `possible_keys`, `rows` and `filtered`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TableDecision {
    /// Number of the SELECT; none for the result of a set operation.
    pub id: Option<u64>,
    /// `select_type`.
    pub select_type: String,
    /// Name or alias, `<derived2>` and the like; none where no table is read.
    pub table: Option<String>,
    /// Partitions that are read.
    pub partitions: Option<String>,
    /// `type`.
    pub access_type: Option<String>,
    /// The index or indexes.
    pub key: Option<String>,
    /// Bytes of the used key parts, as printed.
    pub key_len: Option<String>,
    /// What the key is compared with.
    pub key_ref: Option<String>,
    /// The parts of Extra: join buffer, sort, temporary table, semijoin strategy.
    pub extra: Vec<String>,
}

/// The decisions of a plan, in the order of the traditional table: join order, access, strategies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Decisions {
    /// One a row.
    pub tables: Vec<TableDecision>,
}

impl Decisions {
    /// The decisions of a plan.
    pub fn of(plan: &Plan) -> Decisions {
        Decisions::of_rows(&traditional::rows(plan))
    }

    /// The decisions that rows of the traditional table show.
    pub fn of_rows(rows: &[Row]) -> Decisions {
        Decisions { tables: rows.iter().map(TableDecision::of_row).collect() }
    }

    /// A number that is the same for the same decisions, on every machine and in every release (FNV-1a, 64 bits).
    pub fn fingerprint(&self) -> u64 {
        let text = self.to_string();
        text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    }
}

impl TableDecision {
    fn of_row(Row(cells): &Row) -> TableDecision {
        let [id, select_type, table, partitions, access_type, _, key, key_len, key_ref, _, _, extra] = cells;
        let owned = |cell: &Option<std::borrow::Cow<'static, str>>| cell.as_ref().map(|text| text.to_string());
        TableDecision {
            id: id.as_ref().and_then(|text| text.parse().ok()),
            select_type: owned(select_type).unwrap_or_default(),
            table: owned(table),
            partitions: owned(partitions),
            access_type: owned(access_type),
            key: owned(key),
            key_len: owned(key_len),
            key_ref: owned(key_ref),
            extra: extra.iter().flat_map(|text| text.split("; ")).map(str::to_owned).collect(),
        }
    }
}

/// One line a table, fields by name, those without a value left out: `1 SIMPLE e ref key=ix_firstname(58) ref=const [Using index]`.
impl fmt::Display for Decisions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tables.iter().try_for_each(|table| writeln!(f, "{table}"))
    }
}

impl fmt::Display for TableDecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.id {
            Some(id) => write!(f, "{id} {}", self.select_type)?,
            None => write!(f, "- {}", self.select_type)?,
        }
        for word in [&self.table, &self.access_type].into_iter().flatten() {
            write!(f, " {word}")?;
        }
        if let Some(key) = &self.key {
            write!(f, " key={key}")?;
            self.key_len.iter().try_for_each(|bytes| write!(f, "({bytes})"))?;
        }
        self.key_ref.iter().try_for_each(|key_ref| write!(f, " ref={key_ref}"))?;
        self.partitions.iter().try_for_each(|partitions| write!(f, " partitions={partitions}"))?;
        if !self.extra.is_empty() {
            write!(f, " [{}]", self.extra.join("; "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Catalog, Planner};

    fn decisions(sql: &str) -> Decisions {
        Decisions::of(&Planner::new(&Catalog::sample()).plan(sql).expect("plans"))
    }

    #[test]
    fn a_line_tells_the_decision_and_no_number() {
        let found = decisions("SELECT emp_no FROM employees e WHERE first_name = 'Matt'");
        assert_eq!(found.to_string(), "1 SIMPLE e ref key=ix_firstname(58) ref=const [Using index]\n");
    }

    #[test]
    fn literals_do_not_make_another_plan_but_another_index_does() {
        let matt = decisions("SELECT * FROM employees WHERE first_name = 'Matt'");
        assert_eq!(matt.fingerprint(), decisions("SELECT * FROM employees WHERE first_name = 'Anneke'").fingerprint());
        let scan = decisions("SELECT * FROM employees IGNORE INDEX (ix_firstname) WHERE first_name = 'Matt'");
        assert_ne!(matt.fingerprint(), scan.fingerprint());
    }
}
