//! Where each condition on a table is checked, and what share of rows the optimizer gives it.

use super::{Place, Section};
use myexplain::catalog::histogram::{Buckets, Histogram};
use myexplain::explain::{PrintContext, expression};
use myexplain::parse::ast::CompareOp;
use myexplain::plan::AccessMethod;
use myexplain::query::{Expr, ExprId};
use myexplain::value::Value;

impl Place<'_> {
    pub(super) fn expression(&self, expr: ExprId) -> String {
        let mut text = String::new();
        let context = PrintContext::tree(&self.plan.query, &self.plan.settings, self.block);
        expression::print(&mut text, &self.plan.query, &self.plan.blocks, expr, &context);
        text
    }

    pub(super) fn conditions(&self) -> Section {
        let mut lines = Vec::new();
        if let AccessMethod::Lookup(lookup) = &self.access.method {
            let consumed = lookup.conditions.iter().flatten();
            lines.extend(consumed.map(|condition| format!("{}: by the lookup itself", self.expression(*condition))));
        }
        for condition in self.conjuncts(self.access.index_condition) {
            lines.push(format!("{}: in the index, before the row is read (index condition)", self.expression(condition)));
        }
        for condition in self.conjuncts(self.access.condition) {
            lines.push(format!("{}: on the row (Using where)", self.expression(condition)));
        }
        Section { title: "Conditions", lines }
    }

    fn conjuncts(&self, condition: Option<ExprId>) -> Vec<ExprId> {
        let Some(condition) = condition else { return Vec::new() };
        match &self.plan.query.exprs[condition] {
            Expr::And(parts) => parts.clone(),
            _ => vec![condition],
        }
    }

    /// Columns that an index for this table's conditions would have: those compared for equality, then the first of a range.
    pub(super) fn index_columns(&self) -> Vec<String> {
        let consumed: Vec<ExprId> = match &self.access.method {
            AccessMethod::Lookup(lookup) => lookup.conditions.iter().flatten().copied().collect(),
            _ => Vec::new(),
        };
        let mut conditions = self.conjuncts(self.access.condition);
        conditions.extend(self.conjuncts(self.access.index_condition));
        conditions.extend(consumed);
        let (mut equal, mut range) = (Vec::new(), Vec::new());
        for condition in conditions {
            let (columns, is_equality) = match &self.plan.query.exprs[condition] {
                Expr::Compare { op, left, right } => {
                    (vec![*left, *right], matches!(op, CompareOp::Equal | CompareOp::NullSafeEqual))
                }
                Expr::Between { arg, .. } => (vec![*arg], false),
                _ => continue,
            };
            let list = if is_equality { &mut equal } else { &mut range };
            list.extend(columns.into_iter().filter_map(|side| self.own_column(side)));
        }
        equal.extend(range.into_iter().next());
        let mut unique: Vec<String> = Vec::new();
        equal.into_iter().for_each(|column| {
            if !unique.contains(&column) {
                unique.push(column);
            }
        });
        unique
    }

    /// Name of a column of this table.
    fn own_column(&self, expr: ExprId) -> Option<String> {
        let (table, column) = self.plan.query.column_of(expr)?;
        let definition = self.table().filter(|_| Some(table) == self.access.table)?;
        definition.columns.get(usize::from(column)).filter(|column| !column.functional).map(|column| column.name.to_string())
    }

    /// The bucket of the histogram that the constant of a comparison falls into.
    pub(super) fn bucket_of(&self, condition: ExprId) -> Option<String> {
        let Expr::Compare { left, right, .. } = &self.plan.query.exprs[condition] else { return None };
        let query = &self.plan.query;
        let (table, column) = query.column_of(*left)?;
        let Expr::Literal { value, .. } = &query.exprs[*right] else { return None };
        Some(bucket(self.plan.statistics.histogram(&query[table].table, column)?, value))
    }
}

/// ` (bucket 3 of 100: 1 .. 9)`, where the constant falls into one.
fn bucket(histogram: &Histogram, value: &Value) -> String {
    let text = |value: &Value| value.to_text().map_or_else(|| "NULL".to_owned(), |text| text.to_string());
    let wanted = text(value);
    match &histogram.buckets {
        Buckets::Singleton(buckets) => match buckets.iter().position(|(own, _)| text(own) == wanted) {
            Some(at) => format!(" (bucket {} of {}: {wanted})", at + 1, buckets.len()),
            None => format!(" ({} buckets, none for {wanted})", buckets.len()),
        },
        Buckets::EquiHeight(buckets) => {
            let holds = |low: &str, high: &str| match (wanted.parse::<f64>(), low.parse::<f64>(), high.parse::<f64>()) {
                (Ok(wanted), Ok(low), Ok(high)) => low <= wanted && wanted <= high,
                _ => low <= wanted.as_str() && wanted.as_str() <= high,
            };
            match buckets.iter().position(|bucket| holds(&text(&bucket.low), &text(&bucket.high))) {
                Some(at) => {
                    format!(
                        " (bucket {} of {}: {} .. {})",
                        at + 1,
                        buckets.len(),
                        text(&buckets[at].low),
                        text(&buckets[at].high)
                    )
                }
                None => format!(" ({} buckets)", buckets.len()),
            }
        }
    }
}
