//! How far the numbers of a plan can be trusted: where each came from, and whether a guess decides anything.
//!
//! ```
//! let catalog = myexplain::Catalog::sample();
//! let trust = myexplain::advise::trust::of_statement(&catalog, "SELECT * FROM employees WHERE last_name LIKE '%z'")?;
//! assert_eq!(trust.summary(), "1 from statistics, 1 guessed; no guess decides anything");
//! # Ok::<(), myexplain::PlanError>(())
//! ```

use super::doubt;
use crate::access::RangePlan;
use crate::catalog::{Catalog, Engine};
use crate::context::notes::{FilterNote, FilterPart, FilterSource, RangeNote, RangeSource};
use crate::error::Result;
use crate::explain::{PrintContext, expression};
use crate::plan::{AccessMethod, AccessType, Plan, TableAccess};
use crate::planner::Planner;
use crate::query::{BlockId, Expr, ExprId, TableId};
use std::fmt;

/// Where a number came from, the most trustworthy first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A unique key: one row.
    UniqueKey,
    /// Index dives that the server made.
    Dive,
    /// Computed from the plan of a derived table or subquery.
    Computed,
    /// A histogram.
    Histogram,
    /// Records per key of an index.
    IndexStatistics,
    /// The row count of the table.
    TableStatistics,
    /// Nothing is known: a default share.
    Guess,
}

/// One number of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct SourcedNumber {
    /// Rows, or a share from 0 to 1.
    pub value: f64,
    /// Where it came from; of several sources the weakest.
    pub source: Source,
    /// It rests on something that is only supposed.
    pub supposed: bool,
    /// What it is about: an index with its ranges, a condition.
    pub about: String,
}

/// The numbers of one table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableTrust {
    /// Number of the SELECT.
    pub select: u64,
    /// Alias or name.
    pub table: String,
    /// Rows of one execution.
    pub rows: SourcedNumber,
    /// Share that passes the conditions (`filtered`).
    pub filtered: f64,
    /// What that is the product of; empty if there is nothing to pass.
    pub factors: Vec<SourcedNumber>,
}

/// The numbers of a plan, and what guesses decide.
#[derive(Clone, Debug, PartialEq)]
pub struct Trust {
    /// Table by table, in the order of the plan.
    pub tables: Vec<TableTrust>,
    /// Guesses that decide something: what they are about, and what becomes different if they are ten times too high or too low.
    pub decisive: Vec<DecisiveGuess>,
    /// Statements that were planned again to find that out.
    pub plans: usize,
}

/// A guess that the plan hangs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisiveGuess {
    /// The table or column, `t` or `t.c`.
    pub about: String,
    /// What would be different: `join order`, `access of t` …
    pub decides: String,
}

/// Plans a statement and tells where its numbers came from.
///
/// # Errors
/// Those of planning.
pub fn of_statement(catalog: &Catalog, sql: &str) -> Result<Trust> {
    let plan = Planner::new(catalog).with_trace(true).plan(sql)?;
    let tables = sources(&plan);
    let (decisive, plans) = doubt::decisive_guesses(catalog, sql, &plan);
    Ok(Trust { tables, decisive, plans })
}

/// Where the numbers of a plan came from. It must have been planned with a trace.
pub fn sources(plan: &Plan) -> Vec<TableTrust> {
    let mut found = Vec::new();
    for (no, block) in plan.blocks.iter().enumerate() {
        let Some(block) = block else { continue };
        for access in &block.tables {
            if let Some(id) = access.table {
                found.push(of_table(plan, BlockId(no as u32), id, access));
            }
        }
    }
    found
}

fn of_table(plan: &Plan, block: BlockId, id: TableId, access: &TableAccess) -> TableTrust {
    let filtered = f64::from(access.filter_effect);
    let select = u64::from(plan.query[block].select_id);
    TableTrust {
        select,
        table: plan.query[id].alias.to_string(),
        rows: rows(plan, id, access),
        filtered,
        factors: if filtered >= 1.0 { Vec::new() } else { factors(plan, block, id, access) },
    }
}

fn rows(plan: &Plan, id: TableId, access: &TableAccess) -> SourcedNumber {
    let table = &plan.query[id].table;
    let index = |no: u8| table.indexes.get(no as usize).map_or("", |index| &*index.name).to_owned();
    let of = |source, supposed, about| SourcedNumber { value: access.rows_fetched, source, supposed, about };
    let table_supposed = plan.statistics.is_supposed(table, None);
    if table.engine == Engine::TempTable {
        return of(Source::Computed, false, "what it is made of".to_owned());
    }
    match &access.method {
        AccessMethod::ConstRow => of(Source::UniqueKey, false, "read while planning".to_owned()),
        AccessMethod::Lookup(lookup) => {
            let supposed = plan.statistics.is_supposed(table, Some(lookup.index));
            let unique = matches!(access.access_type, AccessType::EqRef | AccessType::Const | AccessType::System);
            let dived = notes(plan, id, lookup.index).find(|note| note.rows as f64 == access.rows_fetched);
            match dived {
                _ if unique => of(Source::UniqueKey, supposed, index(lookup.index)),
                Some(note) => of(note.source.into(), supposed, format!("{}: {}", index(lookup.index), note.ranges.join(" OR "))),
                None => of(Source::IndexStatistics, supposed, format!("rows a key of {}", index(lookup.index))),
            }
        }
        AccessMethod::Range(range) => {
            let leaves = range.leaves();
            let noted: Vec<&RangeNote> = leaves.iter().filter_map(|leaf| note_of(plan, id, leaf)).collect();
            let supposed =
                leaves.iter().filter_map(|leaf| leaf.single_index()).any(|no| plan.statistics.is_supposed(table, Some(no)));
            let source = noted.iter().map(|note| Source::from(note.source)).max().unwrap_or(Source::IndexStatistics);
            let about = |note: &&RangeNote| format!("{}: {}", index(note.index), note.ranges.join(" OR "));
            of(source, supposed, noted.iter().map(about).collect::<Vec<_>>().join("; "))
        }
        AccessMethod::IndexScan { .. } | AccessMethod::TableScan | AccessMethod::DynamicRange => {
            let cut = if access.rows_fetched < access.table_rows as f64 { ", until enough are found" } else { "" };
            of(Source::TableStatistics, table_supposed, format!("rows of {}{cut}", table.name))
        }
    }
}

fn notes(plan: &Plan, id: TableId, index: u8) -> impl Iterator<Item = &RangeNote> {
    plan.notes.ranges.iter().rev().filter(move |note| note.table == id.0 && note.index == index)
}

fn note_of<'p>(plan: &'p Plan, id: TableId, leaf: &RangePlan) -> Option<&'p RangeNote> {
    let index = leaf.single_index()?;
    let same_ranges = |note: &&RangeNote| leaf.index_range().is_some_and(|range| range.trace_ranges == note.ranges);
    notes(plan, id, index).find(same_ranges).or_else(|| notes(plan, id, index).next())
}

/// The factors of the share that the search took for the chosen way.
fn factors(plan: &Plan, block: BlockId, id: TableId, access: &TableAccess) -> Vec<SourcedNumber> {
    filter_note(plan, id, access).map_or(Vec::new(), |note| {
        note.parts.iter().map(|part| factor(plan, block, id, part)).filter(|factor| factor.value < 1.0).collect()
    })
}

/// The note of the chosen way: of several with the same share the last.
pub(super) fn filter_note<'p>(plan: &'p Plan, id: TableId, access: &TableAccess) -> Option<&'p FilterNote> {
    let mut own = plan.notes.filters.iter().rev().filter(|note| note.table == id.0);
    own.clone().find(|note| note.share == access.filter_effect).or_else(|| own.next())
}

fn factor(plan: &Plan, block: BlockId, id: TableId, part: &FilterPart) -> SourcedNumber {
    let table = &plan.query[id].table;
    let supposed = |index: u8| plan.statistics.is_supposed(table, Some(index));
    match part {
        FilterPart::Range { index, rows } => {
            let note = notes(plan, id, *index).find(|note| note.rows == *rows);
            let name = table.indexes.get(*index as usize).map_or("", |index| &*index.name);
            SourcedNumber {
                value: *rows as f64 / plan.statistics.table(table).rows.max(1) as f64,
                source: note.map_or(Source::IndexStatistics, |note| note.source.into()),
                supposed: supposed(*index),
                about: note.map_or(name.to_owned(), |note| format!("{name}: {}", note.ranges.join(" OR "))),
            }
        }
        FilterPart::Condition { condition, share, source } => {
            let (source, supposed) = match source {
                FilterSource::Histogram(column) => (Source::Histogram, plan.statistics.is_supposed_histogram(table, *column)),
                FilterSource::IndexStatistics(index) => (Source::IndexStatistics, supposed(*index)),
                FilterSource::Default(_) => (Source::Guess, false),
            };
            SourcedNumber { value: f64::from(*share), source, supposed, about: condition_text(plan, block, ExprId(*condition)) }
        }
    }
}

/// A condition as TREE prints it; a multiple equality as one would write it.
fn condition_text(plan: &Plan, block: BlockId, condition: ExprId) -> String {
    let context = PrintContext::tree(&plan.query, &plan.settings, block);
    let text = |expr: ExprId| {
        let mut text = String::new();
        expression::print(&mut text, &plan.query, &plan.blocks, expr, &context);
        text
    };
    match &plan.query.exprs[condition] {
        Expr::MultipleEqual { columns, constant, .. } => {
            let sides: Vec<String> = columns.iter().chain(constant).map(|side| text(*side)).collect();
            format!("({})", sides.join(" = "))
        }
        _ => text(condition),
    }
}

impl From<RangeSource> for Source {
    fn from(source: RangeSource) -> Source {
        match source {
            RangeSource::Unique => Source::UniqueKey,
            RangeSource::Dive => Source::Dive,
            RangeSource::Histogram => Source::Histogram,
            RangeSource::IndexStatistics => Source::IndexStatistics,
            RangeSource::Default => Source::Guess,
        }
    }
}

impl Trust {
    /// All numbers: rows of the tables, and the factors of what passes.
    pub fn numbers(&self) -> impl Iterator<Item = &SourcedNumber> {
        self.tables.iter().flat_map(|table| std::iter::once(&table.rows).chain(&table.factors))
    }

    /// `2 exact, 1 from statistics, 1 guessed; the guess on t.c decides the join order`.
    pub fn summary(&self) -> String {
        let count = |fits: &dyn Fn(&SourcedNumber) -> bool| self.numbers().filter(|number| fits(number)).count();
        let exact = count(&|number| number.source <= Source::Computed && !number.supposed);
        let known = count(&|number| (Source::Histogram..=Source::TableStatistics).contains(&number.source) && !number.supposed);
        let guessed = count(&|number| number.source == Source::Guess);
        let supposed = count(&|number| number.supposed && number.source != Source::Guess);
        let named = [(exact, "exact"), (known, "from statistics"), (supposed, "supposed"), (guessed, "guessed")];
        let counts: Vec<String> =
            named.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        let mut text = if counts.is_empty() { "no numbers".to_owned() } else { counts.join(", ") };
        for guess in &self.decisive {
            text.push_str(&format!("; the guess on {} decides the {}", guess.about, guess.decides));
        }
        if guessed > 0 && self.decisive.is_empty() {
            text.push_str("; no guess decides anything");
        }
        text
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Source::UniqueKey => "unique key",
            Source::Dive => "dive",
            Source::Computed => "computed",
            Source::Histogram => "histogram",
            Source::IndexStatistics => "index statistics",
            Source::TableStatistics => "table statistics",
            Source::Guess => "guess",
        })
    }
}

impl SourcedNumber {
    fn origin(&self) -> String {
        let supposed = if self.supposed { ", supposed" } else { "" };
        let about = match self.about.as_str() {
            "" => String::new(),
            // Conditions print with their parentheses.
            text if text.starts_with('(') => format!(" {text}"),
            text => format!(" ({text})"),
        };
        format!("{}{supposed}{about}", self.source)
    }
}

/// A line for the rows of each table, one for each factor of `filtered`, and the summary.
impl fmt::Display for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use crate::trace::text::six_digits;
        for table in &self.tables {
            let rows = &table.rows;
            writeln!(f, "select {} {}: rows {} by {}", table.select, table.table, six_digits(rows.value), rows.origin())?;
            if table.filtered < 1.0 {
                writeln!(f, "  filtered {} %", six_digits(table.filtered * 100.0))?;
            }
            for factor in &table.factors {
                writeln!(f, "    {} % by {}", six_digits(factor.value * 100.0), factor.origin())?;
            }
        }
        writeln!(f, "{}", self.summary())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Change, WhatIf};

    fn of(sql: &str) -> Trust {
        of_statement(&Catalog::sample(), sql).unwrap()
    }

    #[test]
    fn dives_statistics_and_keys() {
        let trust = of("SELECT * FROM employees e JOIN dept_emp d USING (emp_no) WHERE e.first_name = 'Georgi'");
        assert_eq!(trust.tables[0].rows.source, Source::Dive, "{trust}");
        assert_eq!(trust.tables[1].rows.source, Source::IndexStatistics, "{trust}");
        let by_key = of("SELECT * FROM employees WHERE emp_no = 10001");
        assert_eq!(by_key.tables[0].rows.source, Source::UniqueKey);
        let all = of("SELECT * FROM employees");
        assert_eq!((all.tables[0].rows.source, all.summary().as_str()), (Source::TableStatistics, "1 from statistics"));
    }

    #[test]
    fn histograms_and_guesses_of_conditions() {
        let trust = of("SELECT * FROM employees WHERE birth_date > '1964-01-01' AND last_name LIKE '%o'");
        let sources: Vec<Source> = trust.tables[0].factors.iter().map(|factor| factor.source).collect();
        assert_eq!(sources, [Source::Histogram, Source::Guess], "{trust}");
        assert!(trust.tables[0].factors[0].about.contains("birth_date > "), "{trust}");
    }

    #[test]
    fn what_is_supposed_is_said() {
        let what_if: WhatIf = [Change::add_index("CREATE INDEX k ON employees (last_name)").unwrap()].into_iter().collect();
        let catalog = what_if.apply(&Catalog::sample()).unwrap().catalog;
        let trust = of_statement(&catalog, "SELECT * FROM employees WHERE last_name = 'Facello'").unwrap();
        assert!(trust.tables[0].rows.supposed, "{trust}");
        assert_eq!(trust.summary(), "1 supposed");
    }

    #[test]
    fn a_guess_that_decides() {
        // Which of the two is read first hangs on how many rows pass the LIKE.
        let trust =
            of("SELECT * FROM titles t JOIN employees e USING (emp_no) WHERE t.title LIKE '%x%' AND e.last_name LIKE '%y%'");
        assert!(trust.decisive.iter().any(|guess| guess.decides == "join order"), "{trust}");
    }
}
