//! What a report shows, whatever its form.

use super::judge::{self, Judgement};
use myexplain::Catalog;
use myexplain::ingest::slowlog::{Class, Reading, Totals};
use myexplain::planner::parallel;

/// One log that was read.
pub(super) struct Input {
    pub(super) name: String,
    pub(super) reading: Reading,
}

/// One class with what the planner says of it.
pub(super) struct Row {
    /// Place by the time that it took, from 1.
    pub(super) by_time: usize,
    pub(super) class: Class,
    /// None if nothing was planned.
    pub(super) judgement: Option<Judgement>,
}

/// The whole report.
pub(super) struct Report {
    pub(super) inputs: Vec<Input>,
    pub(super) totals: Totals,
    /// Classes in all.
    pub(super) classes: usize,
    /// Those that are shown: what can be won most first, then the time that they took.
    pub(super) rows: Vec<Row>,
    /// A bundle was given.
    pub(super) planned: bool,
}

impl Report {
    pub(super) fn new(inputs: Vec<Input>, totals: Totals, list: Vec<Class>, top: usize, catalog: Option<&Catalog>) -> Report {
        let classes = list.len();
        let shown: Vec<Class> = list.into_iter().take(top).collect();
        let judgements: Vec<Option<Judgement>> = match catalog {
            Some(catalog) => parallel::map(&shown, parallel::default_jobs(), |class| Some(judge::judge(catalog, class))),
            None => shown.iter().map(|_| None).collect(),
        };
        let ranked = shown.into_iter().zip(judgements).enumerate();
        let mut rows: Vec<Row> = ranked.map(|(no, (class, judgement))| Row { by_time: no + 1, class, judgement }).collect();
        rows.sort_by(|a, b| b.winnable().total_cmp(&a.winnable()).then(a.by_time.cmp(&b.by_time)));
        Report { inputs, totals, classes, rows, planned: catalog.is_some() }
    }

    /// Share of a class in the time of all, or in their number if no time is known.
    pub(super) fn share(&self, row: &Row) -> f64 {
        let (part, whole) =
            if self.totals.time > 0 { (row.class.time.sum, self.totals.time) } else { (row.class.count, self.totals.count) };
        if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
    }

    /// Lines that were not understood.
    pub(super) fn unknown_lines(&self) -> u64 {
        self.inputs.iter().map(|input| input.reading.unknown_lines).sum()
    }

    /// Remarks on the reading, a sentence each.
    pub(super) fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        for Input { name, reading } in &self.inputs {
            if reading.unknown_lines > 0 {
                remarks.push(format!("{name}: {} lines were not understood", reading.unknown_lines));
                remarks.extend(reading.unknown.iter().map(|line| format!("{name}:{}: {}", line.number, line.text)));
            }
            if reading.cut > 0 {
                remarks.push(format!("{name}: {} entries were too long and were cut", reading.cut));
            }
        }
        let (classes, executions) = self.totals.given_up;
        if classes > 0 {
            remarks.push(format!(
                "there were too many classes: {classes} of those that took the least time, with {executions} executions, are missing"
            ));
        }
        if !self.planned {
            remarks.push("nothing was planned: no bundle was given".to_owned());
        }
        remarks
    }
}

impl Row {
    /// Rows examined for one sent.
    pub(super) fn examined_per_sent(&self) -> Option<f64> {
        (self.class.rows_examined > 0).then(|| self.class.rows_examined as f64 / self.class.rows_sent.max(1) as f64)
    }

    /// Nanoseconds of the class' whole time that the best confirmed remedy is estimated to save; cost times executions if no
    /// time is known.
    pub(super) fn winnable(&self) -> f64 {
        let Some(best) = self.judgement.as_ref().and_then(Judgement::best_remedy) else { return 0.0 };
        let saved = (1.0 - best.cost_after / best.cost_before.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
        if self.class.time.count > 0 {
            self.class.time.sum as f64 * saved
        } else {
            (best.cost_before - best.cost_after).max(0.0) * self.class.count as f64
        }
    }

    /// What can be won, in words.
    pub(super) fn winnable_text(&self) -> Option<String> {
        let won = self.winnable();
        if won <= 0.0 {
            return None;
        }
        Some(if self.class.time.count > 0 {
            super::words::time(won as u64)
        } else {
            format!("cost {}", super::words::figure(won))
        })
    }
}
