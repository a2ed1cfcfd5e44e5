//! Rows and costs of nodes (spec 08 §4). The order of additions is the server's.

use super::{Builder, Node, NodeKind, Numbers};
use crate::plan::TableAccess;

/// What the cost model says of a materialization (spec 08 §4.4).
pub(super) struct MaterializeNumbers {
    pub(super) node: Numbers,
    /// Cost until the table is filled.
    pub(super) filled: f64,
}

impl<'p> Builder<'p> {
    /// Numbers of a table's access, or of the filter on it (spec 08 §4.1); the cost is the same.
    pub(super) fn table_numbers(&self, access: &TableAccess, after_filter: bool, init: f64) -> Numbers {
        let rows_after = access.rows_fetched * f64::from(access.filter_effect);
        let rows = if after_filter { rows_after } else { access.rows_fetched };
        let once = access.read_cost + self.evaluate(rows_after);
        let prefix = access.prefix_rowcount;
        let cost = if prefix <= 0.0 { once } else { once * rows_after / prefix };
        Numbers { rows, cost, init }
    }

    /// Cost of aggregating, keeping or buffering one row. 9.7 counts microseconds, 0.434 of which are a unit (spec 08 §14).
    pub(super) fn per_row(&self) -> f64 {
        if self.since_9_7() { 0.1 / 0.434 } else { 0.1 }
    }

    /// Cost of a filter on a row of a materialized table.
    pub(super) fn per_filtered_row(&self) -> f64 {
        if self.since_9_7() { 0.025 / 0.434 } else { 0.1 }
    }

    /// Cost until the first row of what has the numbers of its table: that of what reads the table, before 9.7 (spec 08 §14).
    pub(super) fn kept_init(&self, init: f64) -> f64 {
        if self.since_9_7() { -1.0 } else { init }
    }

    /// A nested loop; `access` is the first inner table (spec 08 §4.2).
    pub(super) fn nested_loop_numbers(&self, outer: &Node<'p>, inner: &Node<'p>, access: &TableAccess) -> Numbers {
        if outer.rows == -1.0 || inner.rows == -1.0 {
            return Numbers { rows: -1.0, cost: -1.0, init: -1.0 };
        }
        let filter = f64::from(access.filter_effect);
        let before = if filter > 0.0 { inner.rows / filter } else { 0.0 };
        let joined = outer.rows * before;
        Numbers { rows: joined * filter, cost: outer.cost + access.read_cost + self.evaluate(joined), init: -1.0 }
    }

    /// A hash join (spec 08 §4.2).
    pub(super) fn hash_numbers(&self, probe: &Node<'p>, build: &Node<'p>, access: &TableAccess) -> Numbers {
        if probe.rows == -1.0 || build.rows == -1.0 {
            return Numbers { rows: -1.0, cost: -1.0, init: -1.0 };
        }
        let joined = probe.rows * build.rows;
        let rows = joined * f64::from(access.filter_effect);
        Numbers { rows, cost: build.cost + access.read_cost + self.evaluate(joined), init: -1.0 }
    }

    /// LIMIT and OFFSET; `end` counts both (spec 08 §4.6).
    pub(super) fn limit(&self, end: Option<u64>, offset: u64, child: Node<'p>) -> Node<'p> {
        let (limit, skipped) = (end.map_or(f64::INFINITY, |end| end as f64), offset as f64);
        let Numbers { rows: child_rows, cost: child_cost, init: child_init } = child.numbers();
        let rows = if child_rows < 0.0 {
            -1.0
        } else if skipped >= child_rows {
            0.0
        } else {
            child_rows.min(limit) - skipped
        };
        let (cost, init) = if child_init < 0.0 {
            (child_cost, -1.0)
        } else if child_rows < 1e-6 {
            (child_init, child_init)
        } else {
            let (first, last) = ((skipped / child_rows).min(1.0), (limit / child_rows).min(1.0));
            (child_init + last * (child_cost - child_init), child_init + first * (child_cost - child_init))
        };
        Node::new(NodeKind::Limit { end, offset, counts_all: false }, vec![child]).with(Numbers { rows, cost, init })
    }

    /// Scanning a temporary table of `rows` rows.
    pub(super) fn temp_scan(&self, rows: f64) -> f64 {
        let big = self.plan.settings.big_tables;
        if big {
            2.0 * self.plan.costs.memory_block_read
        } else {
            (rows.trunc() / 20.0 + 10.0) * self.plan.costs.memory_block_read
        }
    }

    /// Numbers of a MATERIALIZE; renews those of a plain scan of its table (spec 08 §4.4).
    pub(super) fn materialize_numbers(&self, rows: f64, input_cost: f64, table_path: &mut Node<'p>) -> MaterializeNumbers {
        let keeping = self.per_row() * rows;
        let filled = input_cost + keeping;
        let (mut init, mut cost) = (input_cost, input_cost);
        if matches!(table_path.kind, NodeKind::TableScan(_) | NodeKind::TempTableScan(_)) {
            let scan = self.temp_scan(rows);
            table_path.set(Numbers { rows, cost: input_cost + scan, init: input_cost });
            if self.since_9_7() {
                // The same sum in another order: a document shows its last digit.
                let node = Numbers { rows, cost: filled + scan, init: filled };
                return MaterializeNumbers { node, filled };
            }
            (init, cost) = (0.0, 0.0);
        }
        init += table_path.init.max(0.0) + keeping;
        cost += table_path.cost.max(0.0) + keeping;
        MaterializeNumbers { node: Numbers { rows, cost, init }, filled }
    }

    /// A sort above a materialization, priced anew (spec 08 §4.5).
    pub(super) fn sort_numbers(&self, child: &Node<'p>, limit: Option<u64>) -> Numbers {
        let rows = child.rows;
        let kept = limit.map_or(rows, |limit| rows.min(limit as f64));
        let compared = kept * kept.log2().max(1.0);
        // 9.7 has prices of its own for reading and for comparing a row (spec 08 §14).
        let sort = match (rows <= 1.0, self.since_9_7()) {
            (true, false) => 0.1,
            (false, false) => 0.1 * (rows + compared),
            (true, true) => 0.15 / 0.434,
            (false, true) => rows * (0.15 / 0.434) + compared * (0.014 / 0.434),
        };
        let cost = child.cost + sort;
        Numbers { rows: kept, cost, init: cost }
    }
}
