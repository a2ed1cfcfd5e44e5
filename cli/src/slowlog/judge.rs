//! The worst statement of a class, planned against the bundle.

use super::icicle::{self, Slab};
use crate::session;
use myexplain::Catalog;
use myexplain::advise::placeholders::{self, PlanShare};
use myexplain::advise::{self, Finding, Remedy};
use myexplain::explain::decisions::Decisions;
use myexplain::explain::tree;
use myexplain::ingest::slowlog::Class;
use myexplain::ingest::tree_text;
use myexplain::planner::parallel::guarded;

/// What the planner says of a class.
pub(super) enum Judgement {
    /// The sample has a plan.
    Planned(Box<Planned>),
    /// It has none, and why: not a statement that is planned, cut, unknown tables, not covered.
    Unplanned(String),
}

/// The plan of a sample.
pub(super) struct Planned {
    /// TREE.
    pub(super) tree: String,
    /// The same as parts of the cost, for drawing.
    pub(super) slabs: Vec<Slab>,
    /// In the optimizer's units.
    pub(super) cost: f64,
    /// The decisions without numbers.
    pub(super) decisions: Decisions,
    /// Worst first.
    pub(super) findings: Vec<Finding>,
    /// The distinct plans, if the values of the statement are unknown; the costliest of them is the one above.
    pub(super) by_value: Vec<PlanShare>,
}

impl Judgement {
    pub(super) fn planned(&self) -> Option<&Planned> {
        match self {
            Judgement::Planned(planned) => Some(planned),
            Judgement::Unplanned(_) => None,
        }
    }

    /// The remedy that saves most.
    pub(super) fn best_remedy(&self) -> Option<&Remedy> {
        let remedies = self.planned()?.findings.iter().filter_map(|finding| finding.remedy.as_ref());
        let saving = |remedy: &Remedy| 1.0 - remedy.cost_after / remedy.cost_before.max(f64::MIN_POSITIVE);
        remedies.filter(|remedy| saving(remedy) > 0.0).max_by(|a, b| saving(a).total_cmp(&saving(b)))
    }
}

/// First words of statements that have a plan.
const PLANNED: &[&str] = &["select", "insert", "replace", "update", "delete", "with", "table", "values", "("];

/// Plans the sample of a class.
pub(super) fn judge(catalog: &Catalog, class: &Class) -> Judgement {
    let sample = &class.sample;
    let text = without_leading_comments(&sample.sql);
    // A server of 9.7 says in a digest text how a prepared statement came.
    let prefix = ["EXECUTE ", "PREPARE "].into_iter().find(|word| sample.is_digest_text && text.starts_with(word));
    let text = prefix.map_or(text, |word| &text[word.len()..]);
    let is_planned = PLANNED.iter().any(|word| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)));
    if !is_planned {
        return Judgement::Unplanned("a statement without a plan".to_owned());
    }
    if sample.cut {
        return Judgement::Unplanned("the statement was too long to be kept whole".to_owned());
    }
    let mut own = None;
    let catalog = if sample.schema.is_empty() || catalog.current_schema.as_deref() == Some(sample.schema.as_str()) {
        catalog
    } else {
        let changed = own.insert(catalog.clone());
        // A schema that the bundle lacks: tables without a schema before them are reported as missing.
        if session::use_schema(changed, &sample.schema).is_err() {
            return Judgement::Unplanned(format!("the bundle has no database '{}'", sample.schema));
        }
        changed
    };
    if sample.is_digest_text || placeholders::has_placeholders(text) {
        return by_value(catalog, text);
    }
    planned(catalog, text, Vec::new())
}

/// A statement whose values nobody knows: planned for the values that its columns have. The costliest plan is shown.
fn by_value(catalog: &Catalog, text: &str) -> Judgement {
    let found = match session::plans_by_value(catalog, text) {
        Ok(found) => found,
        Err(error) => return Judgement::Unplanned(error.to_string()),
    };
    let Some(worst) = found.plans.iter().max_by(|a, b| a.cost.1.total_cmp(&b.cost.1)) else {
        return Judgement::Unplanned("no plan was found for any value".to_owned());
    };
    let sql = worst.sql.clone();
    planned(catalog, &sql, found.plans)
}

fn planned(catalog: &Catalog, text: &str, by_value: Vec<PlanShare>) -> Judgement {
    let plan = match session::plan(catalog, text) {
        Ok(plan) => plan,
        Err(error) => return Judgement::Unplanned(error.to_string()),
    };
    let findings = guarded(|| advise::find(catalog, text)).ok().and_then(Result::ok).unwrap_or_default();
    let tree = tree::render(&plan);
    let slabs = tree_text::read(&tree).map_or(Vec::new(), |nodes| icicle::slabs(&nodes));
    Judgement::Planned(Box::new(Planned {
        tree,
        slabs,
        cost: advise::Measure::of(&plan).cost,
        decisions: Decisions::of(&plan),
        findings,
        by_value,
    }))
}

fn without_leading_comments(sql: &str) -> &str {
    let mut text = sql.trim_start();
    loop {
        let rest = if text.starts_with("/*") && !text.starts_with("/*!") {
            text[2..].find("*/").map(|end| &text[end + 4..])
        } else if text.starts_with("-- ") || text.starts_with('#') {
            text.find('\n').map(|end| &text[end..])
        } else {
            None
        };
        match rest {
            Some(rest) => text = rest.trim_start(),
            None => return text,
        }
    }
}
