//! Cost of reading a table as a formula with its values. A formula is shown only if it gives the number that the planner used.

use super::{Place, Section, number};
use myexplain::access::table_cost::TableCost;
use myexplain::catalog::{IndexNo, Table};
use myexplain::plan::AccessMethod;

/// A formula with its values, and what it comes to for one execution.
struct Formula {
    text: String,
    once: f64,
}

impl Place<'_> {
    pub(super) fn cost(&self) -> Section {
        let access = self.access;
        let mut lines = Vec::new();
        if matches!(access.method, AccessMethod::ConstRow) {
            return Section { title: "Cost", lines };
        }
        let executions = self.executions();
        let fits = |formula: &Formula| {
            let expected = access.read_cost;
            ((formula.once * executions) - expected).abs() <= 1e-4 * expected.abs().max(1e-6)
        };
        let formula = self.formulas().into_iter().find(fits);
        let times = if executions == 1.0 { String::new() } else { format!("{} executions × ", number(executions)) };
        lines.push(match formula {
            Some(formula) => format!("read {} = {times}{}", number(access.read_cost), formula.text),
            None => format!("read {} (for {} executions)", number(access.read_cost), number(executions)),
        });
        let joined = executions * access.rows_fetched;
        let evaluated = self.plan.costs.rows(joined);
        lines.push(format!(
            "evaluate {} = {} rows × {} row_evaluate_cost",
            number(evaluated),
            number(joined),
            self.plan.costs.row_evaluate
        ));
        lines.push(format!("join up to here: cost {}, {} rows", number(access.prefix_cost), number(access.prefix_rowcount)));
        Section { title: "Cost", lines }
    }

    /// Formulas that could have given the read cost of one execution.
    fn formulas(&self) -> Vec<Formula> {
        let (Some(table), Some(numbers)) = (self.table(), self.statistics()) else { return Vec::new() };
        let statistics = &*self.plan.statistics;
        let cost = TableCost { constants: &self.plan.costs, table, numbers, statistics };
        let page = cost.page_read(1.0);
        let page_words = format!("{} a page ({}% in memory)", number(page), super::percent(numbers.clustered_in_memory * 100.0));
        let rows = self.access.rows_fetched;
        match &self.access.method {
            AccessMethod::TableScan => scan_formulas(&cost, &page_words, rows),
            AccessMethod::Lookup(lookup) => self.lookup_formulas(table, &cost, lookup.index, rows, &page_words),
            AccessMethod::Range(range) => {
                vec![Formula { text: format!("{} (range plan, rows evaluated once)", number(range.cost)), once: range.cost }]
            }
            AccessMethod::IndexScan { index, .. } => {
                let blocks = cost.index_only_blocks(*index, rows);
                let text = format!("{} blocks of the index × {}", number(blocks), number(cost.index_page_read(*index, 1.0)));
                let mut formulas = vec![Formula { text, once: cost.index_scan(*index, rows) }];
                formulas.extend(scan_formulas(&cost, &page_words, rows));
                formulas
            }
            AccessMethod::ConstRow | AccessMethod::DynamicRange => Vec::new(),
        }
    }

    fn lookup_formulas(&self, table: &Table, cost: &TableCost<'_>, index: IndexNo, rows: f64, page_words: &str) -> Vec<Formula> {
        let mut formulas = Vec::new();
        if self.access.index_only && table.clustered != Some(index) {
            let blocks = cost.index_only_blocks(index, rows);
            let text = format!("{} blocks of the index × {}", number(blocks), number(cost.index_page_read(index, 1.0)));
            formulas.push(Formula { text, once: cost.index_scan(index, rows) });
        }
        let pages = cost.read_time(index, 1.0, rows);
        if table.clustered == Some(index) {
            formulas
                .push(Formula { text: format!("{} pages × {page_words}", number(pages)), once: cost.read(index, 1.0, rows) });
        }
        let text = format!("{} rows, a page each × {page_words}", number(rows));
        formulas.push(Formula { text, once: cost.page_read(rows) });
        formulas.push(Formula { text: format!("1 row, a page × {page_words}"), once: cost.page_read(1.0) });
        formulas
    }
}

/// Without and with the evaluation of the rows that a condition drops.
fn scan_formulas(cost: &TableCost<'_>, page_words: &str, rows: f64) -> Vec<Formula> {
    let pages = number(cost.scan_time());
    let scan = cost.table_scan();
    let text = format!("{pages} pages × {page_words}");
    let dropped = (cost.numbers.rows as f64 - rows).max(0.0);
    let with_dropped = format!("{text} + {} dropped rows × {}", number(dropped), cost.constants.row_evaluate);
    vec![Formula { text, once: scan }, Formula { text: with_dropped, once: scan + cost.constants.rows(dropped) }]
}
