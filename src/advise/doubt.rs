//! Which guesses decide something: the statement planned again with each of them ten times higher and lower.

use super::trust::{DecisiveGuess, filter_note};
use crate::catalog::{Catalog, ColumnNo, Statistics, StatisticsLayer, Table};
use crate::context::notes::{FilterPart, FilterSource, RangeSource};
use crate::explain::decisions::Decisions;
use crate::plan::Plan;
use crate::planner::Planner;
use crate::query::TableId;
use std::sync::Arc;

/// How wrong a guess may be.
const FACTORS: [f64; 2] = [0.1, 10.0];
/// Most guesses that are doubted: each costs two plans.
const MOST_GUESSES: usize = 16;

/// A guess: a default share for a column, or for the ranges of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Guess {
    table: TableId,
    column: Option<ColumnNo>,
}

/// The guesses that change the plan, and how many plans that took.
pub(super) fn decisive_guesses(catalog: &Catalog, sql: &str, plan: &Plan) -> (Vec<DecisiveGuess>, usize) {
    let own = Decisions::of(plan);
    let (mut found, mut plans) = (Vec::new(), 0);
    for guess in guesses(plan).into_iter().take(MOST_GUESSES) {
        let reference = &plan.query[guess.table];
        for factor in FACTORS {
            let doubted = Doubted {
                base: Arc::clone(&catalog.statistics),
                schema: Arc::clone(&reference.table.schema),
                table: Arc::clone(&reference.table.name),
                column: guess.column,
                factor,
            };
            let other = Catalog { statistics: Arc::new(doubted), ..catalog.clone() };
            plans += 1;
            let Ok(again) = Planner::new(&other).plan(sql) else { continue };
            let Some(decides) = difference(&own, &Decisions::of(&again)) else { continue };
            let column = guess.column.and_then(|no| reference.table.columns.get(no as usize));
            let about = column.map_or(reference.alias.to_string(), |column| format!("{}.{}", reference.alias, column.name));
            let decisive = DecisiveGuess { about, decides };
            if !found.contains(&decisive) {
                found.push(decisive);
            }
        }
    }
    (found, plans)
}

/// Guesses behind the numbers of the plan, and those of ways that lost because of one.
fn guesses(plan: &Plan) -> Vec<Guess> {
    let mut found: Vec<Guess> = Vec::new();
    let mut add = |guess: Guess| {
        if !found.contains(&guess) {
            found.push(guess);
        }
    };
    for access in plan.blocks.iter().flatten().flat_map(|block| &block.tables) {
        let Some(table) = access.table else { continue };
        for part in filter_note(plan, table, access).map_or(&[][..], |note| &note.parts) {
            if let FilterPart::Condition { source: FilterSource::Default(column), .. } = part {
                add(Guess { table, column: Some(*column) });
            }
        }
    }
    for note in &plan.notes.ranges {
        if note.source == RangeSource::Default {
            add(Guess { table: TableId(note.table), column: None });
        }
    }
    found
}

/// What differs, in words; none if nothing does.
fn difference(before: &Decisions, after: &Decisions) -> Option<String> {
    if before == after {
        return None;
    }
    let order = |decisions: &Decisions| decisions.tables.iter().map(|table| (table.id, table.table.clone())).collect::<Vec<_>>();
    let (one, other) = (order(before), order(after));
    if one != other {
        let (mut one, mut other) = (one, other);
        one.sort();
        other.sort();
        return Some(if one == other { "join order".to_owned() } else { "strategy of a subquery".to_owned() });
    }
    let changed = before.tables.iter().zip(&after.tables).find(|(a, b)| a != b)?.0;
    let same_access = before
        .tables
        .iter()
        .zip(&after.tables)
        .all(|(a, b)| (&a.access_type, &a.key, &a.key_len) == (&b.access_type, &b.key, &b.key_len));
    let what = if same_access { "strategy for" } else { "access of" };
    Some(format!("{what} {}", changed.table.as_deref().unwrap_or("the result")))
}

/// Statistics whose guesses about one table are multiplied.
#[derive(Debug)]
struct Doubted {
    base: Arc<dyn Statistics>,
    schema: Arc<str>,
    table: Arc<str>,
    column: Option<ColumnNo>,
    factor: f64,
}

impl StatisticsLayer for Doubted {
    fn below(&self) -> &dyn Statistics {
        self.base.as_ref()
    }
    fn guessed_share(&self, table: &Table, column: ColumnNo, share: f64) -> f64 {
        let meant = table.name == self.table && table.schema == self.schema && self.column.is_none_or(|own| own == column);
        let share = self.base.guessed_share(table, column, share);
        if meant { (share * self.factor).min(1.0) } else { share }
    }
}
