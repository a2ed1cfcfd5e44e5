//! What if: a catalog with some answers changed on purpose.
//!
//! A [`Change`] is one supposition, a [`WhatIf`] an ordered list of them. [`WhatIf::apply`] makes a catalog in which they are true,
//! and tells how every number came to be that nobody measured:
//!
//! ```
//! use myexplain::{Catalog, Change, Planner, WhatIf};
//! let mut what_if = WhatIf::default();
//! what_if.push(Change::add_index("ALTER TABLE employees ADD INDEX by_hire (hire_date)")?);
//! what_if.push(Change::from_option("rows", "employees=10x")?);
//! let supposed = what_if.apply(&Catalog::sample())?;
//! let plan = Planner::new(&supposed.catalog).plan("SELECT * FROM employees ORDER BY hire_date LIMIT 10")?;
//! assert!(supposed.derivations.iter().any(|derivation| derivation.of == "employees.employees.by_hire"));
//! # drop(plan);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod alter;
mod apply;
mod change;
mod histogram;
mod index_statistics;
mod layer;
mod names;
mod record;
mod rows;
pub mod sweep;
#[cfg(test)]
mod tests;
pub mod weather;

pub use change::{COST_NAMES, Change, OPTIONS, RowTarget};
pub use layer::Layered;
pub use names::Member;

use crate::catalog::Catalog;
use std::fmt;

/// An ordered list of suppositions; the order matters where one builds on another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WhatIf {
    changes: Vec<Change>,
}

/// A catalog in which the suppositions are true.
#[derive(Clone, Debug)]
pub struct Hypothesis {
    /// Plan against this.
    pub catalog: Catalog,
    /// How the numbers came to be that nobody measured.
    pub derivations: Vec<Derivation>,
}

/// How the numbers of one table, index or histogram were derived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derivation {
    /// What they belong to: `schema.table`, `schema.table.index` or `schema.table.column`.
    pub of: String,
    /// One sentence a number.
    pub lines: Vec<String>,
}

/// A supposition that does not fit the catalog.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{change}: {what}")]
pub struct WhatIfError {
    /// The change as an option of the command line.
    pub change: String,
    /// What is wrong.
    pub what: String,
}

impl WhatIf {
    /// No supposition.
    pub fn new() -> WhatIf {
        WhatIf::default()
    }
    /// Adds a supposition behind the others.
    pub fn push(&mut self, change: Change) {
        self.changes.push(change);
    }
    /// Takes the last one back.
    pub fn undo(&mut self) -> Option<Change> {
        self.changes.pop()
    }
    /// Takes one back by its place; none if there is no such place.
    pub fn remove(&mut self, place: usize) -> Option<Change> {
        (place < self.changes.len()).then(|| self.changes.remove(place))
    }
    /// The suppositions in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Change> {
        self.changes.iter()
    }
    /// True if nothing is supposed.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
    /// How many there are.
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// The catalog in which all of them are true.
    ///
    /// # Errors
    /// The first change that does not fit: an unknown table, column, index or variable; an index that exists already.
    pub fn apply(&self, catalog: &Catalog) -> Result<Hypothesis, WhatIfError> {
        let mut builder = apply::Builder::new(catalog);
        for change in &self.changes {
            builder.apply(change).map_err(|what| WhatIfError { change: change.to_string(), what })?;
        }
        Ok(builder.finish())
    }
}

impl FromIterator<Change> for WhatIf {
    fn from_iter<I: IntoIterator<Item = Change>>(changes: I) -> Self {
        WhatIf { changes: changes.into_iter().collect() }
    }
}

impl<'a> IntoIterator for &'a WhatIf {
    type Item = &'a Change;
    type IntoIter = std::slice::Iter<'a, Change>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for WhatIf {
    /// As options of the command line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (no, change) in self.changes.iter().enumerate() {
            write!(f, "{}{change}", if no > 0 { " " } else { "" })?;
        }
        Ok(())
    }
}

impl fmt::Display for Derivation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.of)?;
        for line in &self.lines {
            write!(f, "\n  {line}")?;
        }
        Ok(())
    }
}
