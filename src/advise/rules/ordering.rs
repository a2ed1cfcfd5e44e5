//! Sorting, grouping, LIMIT.

use super::{LARGE_TABLE, MANY_ROWS};
use crate::advise::candidate::{Candidate, Part};
use crate::advise::finding::{Draft, Place, RemedyKind};
use crate::advise::measure::Measure;
use crate::advise::sargable::{self, Comparison};
use crate::advise::subject::{Subject, plan};
use crate::catalog::Switch;
use crate::explain::decisions::{Decisions, TableDecision};
use crate::plan::{BlockPlan, Plan};
use crate::query::{BlockId, Command, Expr, OrderElement, TableId};
use std::sync::Arc;

/// An index over the columns compared with constants by equality, then these; none if they are not columns of one base table.
fn index_in_order(subject: &Subject<'_>, block: BlockId, elements: &[OrderElement]) -> Option<Candidate> {
    let columns = elements.iter().map(|element| subject.column(element.expr)).collect::<Option<Vec<_>>>()?;
    let table = columns.first()?.0;
    if columns.iter().any(|(other, _)| *other != table) {
        return None;
    }
    let definition = Arc::clone(&subject.query()[table].table);
    let bound = sargable::of_block(subject, block);
    let bound = bound.iter().filter(|one| one.table == table && one.is_constant() && one.comparison == Comparison::Equality);
    let mut candidate =
        Candidate { parts: bound.filter_map(|one| Part::of_column(&definition, one.column)).collect(), table: definition };
    for (element, (_, column)) in elements.iter().zip(&columns) {
        let part = Part::of_column(&candidate.table, *column)?;
        if !candidate.parts.iter().any(|known| known.key == part.key) {
            candidate.parts.push(Part { descending: element.descending, ..part });
        }
    }
    // One direction throughout can be read backwards: an ascending index serves it.
    if elements.iter().all(|element| element.descending) {
        candidate.parts.iter_mut().for_each(|part| part.descending = false);
    }
    Some(candidate)
}

/// Rows that a block's join gives.
fn joined_rows(plan: &BlockPlan) -> f64 {
    let last = plan.tables[..plan.primary_tables.min(plan.tables.len())].last();
    last.map_or(0.0, |access| access.prefix_rowcount)
}

fn sorts(plan: &Plan, block: BlockId) -> bool {
    plan.blocks
        .get(block.0 as usize)
        .and_then(Option::as_ref)
        .is_some_and(|plan| plan.flags.order_by.filesort || plan.tables.iter().any(|access| access.sort.is_some()))
}

/// A sort that an index would save.
pub(super) fn filesort(subject: &Subject<'_>) -> Vec<Draft> {
    let query = subject.query();
    let mut drafts = Vec::new();
    for (block, plan) in subject.blocks() {
        let order = &query[block].order_by;
        if order.is_empty() || !sorts(subject.plan, block) || !query[block].group_by.is_empty() {
            continue;
        }
        let rows = joined_rows(plan);
        if rows < LARGE_TABLE {
            continue;
        }
        let remedy = index_in_order(subject, block, order).and_then(|candidate| {
            subject.confirm_indexes(&[candidate], |before, after| after.cost < before.cost || after.rows < before.rows)
        });
        let Some(remedy) = remedy else { continue };
        let limit = plan.row_limit.map_or(String::new(), |limit| format!(" to give the first {limit}"));
        let text = format!("about {rows:.0} rows are sorted{limit}; an index would give them in order");
        let draft = Draft::at(clause(subject, "order"), text).number("rows", rows, "rows").remedy(Some(remedy));
        drafts.push(draft);
    }
    drafts
}

/// The place of `ORDER BY` or `GROUP BY`, the last in the text.
fn clause(subject: &Subject<'_>, word: &str) -> Option<Place> {
    let words = &subject.words;
    let at = (0..words.list.len())
        .rev()
        .find(|at| words.list[*at].is(word) && words.list.get(at + 1).is_some_and(|by| by.is("by")))?;
    words.place(at, at + 1)
}

/// A temporary table for grouping or DISTINCT that an index would save.
pub(super) fn temporary_for_grouping(subject: &Subject<'_>) -> Vec<Draft> {
    let query = subject.query();
    let mut drafts = Vec::new();
    for (block, plan) in subject.blocks() {
        let stores = plan.flags.group_by.temporary || plan.flags.distinct.temporary || plan.flags.group_by.filesort;
        let group = &query[block].group_by;
        if !stores || group.is_empty() || joined_rows(plan) < LARGE_TABLE {
            continue;
        }
        let Some(mut candidate) = index_in_order(subject, block, group) else { continue };
        candidate.parts.iter_mut().for_each(|part| part.descending = false);
        let covering = covering(subject, &candidate, group[0].expr);
        let still = |remedy_plan: Measure, after: Measure| after.cost < remedy_plan.cost;
        let remedy =
            [Some(candidate), covering].into_iter().flatten().find_map(|candidate| subject.confirm_indexes(&[candidate], still));
        let Some(remedy) = remedy else { continue };
        let rows = joined_rows(plan);
        let text = format!("about {rows:.0} rows are grouped in a temporary table; an index would give them group by group");
        drafts.push(Draft::at(clause(subject, "group"), text).number("rows", rows, "rows").remedy(Some(remedy)));
    }
    drafts
}

/// The candidate with all columns behind it that the statement reads, if there are few.
fn covering(subject: &Subject<'_>, candidate: &Candidate, first: crate::query::ExprId) -> Option<Candidate> {
    const MOST_PARTS: usize = 5;
    let (table, _) = subject.column(first)?;
    let mut covering = candidate.clone();
    for column in subject.query()[table].read_set.iter() {
        if !covering.parts.iter().any(|part| part.column() == Some(column)) {
            covering.parts.push(Part::of_column(&candidate.table, column)?);
        }
    }
    (covering.parts.len() <= MOST_PARTS && covering.parts.len() > candidate.parts.len()).then_some(covering)
}

/// ORDER BY … LIMIT reads an index in order and hopes to find its rows early, instead of those that the WHERE selects.
pub(super) fn limit_drops_index(subject: &Subject<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (block, plan) in subject.blocks() {
        let (Some(limit), false) = (plan.row_limit, subject.query()[block].order_by.is_empty()) else { continue };
        let Some(other) = subject.plan_under(|catalog| catalog.settings.switches.set(Switch::PreferOrderingIndex, false)) else {
            continue;
        };
        let (mine, theirs) = (Decisions::of(subject.plan), Decisions::of(&other));
        let readings = subject.readings();
        let Some(reading) = readings.iter().find(|reading| reading.block == block) else { continue };
        if mine == theirs || reading.table_rows() < LARGE_TABLE {
            continue;
        }
        let key = |decisions: &Decisions, at: usize| {
            decisions.tables.get(at).and_then(|table| table.key.clone()).unwrap_or("no index".into())
        };
        let differs = (0..mine.tables.len()).find(|at| mine.tables.get(*at) != theirs.tables.get(*at)).unwrap_or(0);
        // Reading in order risks nothing where no index selects rows: the sort would have to read them all anyway.
        let selects =
            |table: &TableDecision| table.key.is_some() && !matches!(table.access_type.as_deref(), Some("index" | "ALL"));
        let reads_in_order = mine.tables.get(differs).is_some_and(|table| table.key.is_some());
        if !reads_in_order || !theirs.tables.get(differs).is_some_and(selects) {
            continue;
        }
        let flip = flip_limit(subject, limit).map_or(String::new(), |flip| format!("; from LIMIT {flip} on it does not"));
        let text = format!(
            "LIMIT {limit} makes the server read {} in order (cost {:.0}) instead of {} (cost {:.0}){flip}: \
             if the rows wanted lie late, nearly all {:.0} rows are read",
            key(&mine, differs),
            subject.measure.cost,
            key(&theirs, differs),
            Measure::of(&other).cost,
            reading.table_rows(),
        );
        let note = "the selective index is read and its rows are sorted";
        let sql = hinted(subject, "SET_VAR(optimizer_switch='prefer_ordering_index=off')");
        let remedy = sql.and_then(|sql| subject.confirm_sql(RemedyKind::Hint, sql, note));
        let place = subject.words.place_of(&["limit"]);
        let draft = Draft::at(place, text).on(reading.definition()).number("limit", limit as f64, "rows");
        drafts.push(draft.number("cost without", Measure::of(&other).cost, "cost").remedy(remedy));
    }
    drafts
}

/// The statement with an optimizer hint behind its first SELECT; none if it has hints already.
fn hinted(subject: &Subject<'_>, hint: &str) -> Option<String> {
    let at = subject.words.find(0, &["select"])?;
    let end = subject.words.list[at].end();
    let fresh = !subject.sql[end..].trim_start().starts_with("/*+");
    fresh.then(|| format!("{} /*+ {hint} */{}", &subject.sql[..end], &subject.sql[end..]))
}

/// The smallest LIMIT with which the plan is another one, up to a million.
fn flip_limit(subject: &Subject<'_>, limit: u64) -> Option<u64> {
    const MOST: u64 = 1_000_000;
    let at = (0..subject.words.list.len()).rev().find(|at| subject.words.list[*at].is("limit"))?;
    let number = subject.words.list.get(at + 1).filter(|word| word.text.parse::<u64>().is_ok())?;
    if subject.words.list.get(at + 2).is_some_and(|word| word.text == "," || word.is("offset")) {
        return None;
    }
    let place = subject.words.place_of_bytes(number.start, number.end());
    let mine = Decisions::of(subject.plan);
    let same = |limit: u64| {
        plan(subject.catalog, &subject.replaced(place, &limit.to_string())).is_some_and(|plan| Decisions::of(&plan) == mine)
    };
    let (mut low, mut high) = (limit, limit.max(1));
    while same(high) {
        low = high;
        high = high.checked_mul(4).filter(|high| *high <= MOST)?;
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if same(middle) { low = middle } else { high = middle }
    }
    Some(high)
}

/// A large OFFSET.
pub(super) fn offset_paging(subject: &Subject<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (_, plan) in subject.blocks() {
        if (plan.row_offset as f64) < MANY_ROWS || joined_rows(plan) < MANY_ROWS {
            continue;
        }
        let wanted = plan.row_limit.unwrap_or(plan.row_offset).saturating_sub(plan.row_offset);
        let text = format!("{} rows are read and thrown away to give {wanted}", plan.row_offset);
        let place = subject.words.place_of(&["offset"]).or_else(|| subject.words.place_of(&["limit"]));
        drafts.push(Draft::at(place, text).number("offset", plan.row_offset as f64, "rows"));
    }
    drafts
}

/// ORDER BY RAND().
pub(super) fn order_by_random(subject: &Subject<'_>) -> Vec<Draft> {
    let query = subject.query();
    let mut drafts = Vec::new();
    for (block, plan) in subject.blocks() {
        let is_random = |element: &OrderElement| {
            query.any(element.expr, &mut |query, id| matches!(&query.exprs[id], Expr::Func { func, .. } if func.name() == "rand"))
        };
        let rows = joined_rows(plan);
        if !query[block].order_by.iter().any(is_random) || rows < MANY_ROWS {
            continue;
        }
        let text = format!("about {rows:.0} rows get a random number each and are sorted by it");
        drafts.push(Draft::at(subject.words.place_of(&["rand", "(", ")"]), text).number("rows", rows, "rows"));
    }
    drafts
}

/// LIMIT without ORDER BY.
pub(super) fn limit_without_order(subject: &Subject<'_>) -> Vec<Draft> {
    let query = subject.query();
    let [root] = query[query.root].blocks[..] else { return Vec::new() };
    let Some(plan) = subject.plan.blocks[root.0 as usize].as_ref() else { return Vec::new() };
    let Some(limit) = plan.row_limit.filter(|limit| *limit > 1) else { return Vec::new() };
    let block = &query[root];
    let single = block.implicitly_grouped() || !block.order_by.is_empty() || !plan.order_by.is_empty();
    if single
        || !matches!(query.command, Command::Select)
        || joined_rows(plan) <= limit as f64
        || clause(subject, "order").is_some()
    {
        return Vec::new();
    }
    let text = format!("LIMIT {limit} without ORDER BY: which rows come is left to the plan");
    vec![Draft::at(subject.words.place_of(&["limit"]), text).number("limit", limit as f64, "rows")]
}

/// HAVING for what WHERE could do before grouping.
pub(super) fn having_for_where(subject: &Subject<'_>) -> Vec<Draft> {
    use crate::query::ExprFlags;
    let query = subject.query();
    let mut drafts = Vec::new();
    for (block, plan) in subject.blocks() {
        let Some(having) = query[block].having else { continue };
        let early = |expr: &crate::query::ExprId| {
            let flags = query.exprs.facts(*expr).flags;
            let late = ExprFlags::AGGREGATE.union(ExprFlags::WINDOW).union(ExprFlags::SUBQUERY).union(ExprFlags::ROLLUP);
            !flags.any(late) && !subject.columns_in(*expr).is_empty()
        };
        let parts = crate::advise::subject::conjuncts(query, having);
        let Some(part) = parts.iter().find(|part| early(part)) else { continue };
        if joined_rows(plan) < MANY_ROWS || !query[block].grouped || query[block].rollup {
            continue;
        }
        let text = format!("{} is checked after grouping; in WHERE it would spare the work", subject.text(block, *part));
        let remedy = (parts.len() == 1).then(|| having_as_where(subject)).flatten();
        let draft = Draft::at(subject.words.place_of(&["having"]), text).number("rows", joined_rows(plan), "rows");
        drafts.push(draft.remedy(remedy));
    }
    drafts
}

/// The statement of one block with its HAVING moved to WHERE.
fn having_as_where(subject: &Subject<'_>) -> Option<crate::advise::finding::Remedy> {
    let words = &subject.words;
    if words.list.iter().filter(|word| word.is("select")).count() != 1 {
        return None;
    }
    let having = words.find(0, &["having"])?;
    let group = words.find(0, &["group", "by"])?;
    let ends = |at: &usize| {
        ["order", "limit", "window", "for"].iter().any(|word| words.list[*at].is(word)) || words.list[*at].text == ";"
    };
    let end = (having..words.list.len()).find(ends).map_or(subject.sql.len(), |at| words.list[at].start);
    let condition = subject.sql[words.list.get(having + 1)?.start..end].trim();
    let group_start = words.list[group].start;
    let before = match words.find(0, &["where"]).filter(|at| *at < group) {
        Some(at) => {
            let old = subject.sql[words.list.get(at + 1)?.start..group_start].trim();
            format!("{} ({old}) AND {condition} ", &subject.sql[..words.list[at].end()])
        }
        None => format!("{}WHERE {condition} ", &subject.sql[..group_start]),
    };
    let sql = format!("{before}{}{}", &subject.sql[group_start..words.list[having].start], &subject.sql[end..]);
    subject.confirm_sql(RemedyKind::Rewrite, sql.trim_end().to_owned(), "the same groups")
}

/// SQL_CALC_FOUND_ROWS.
pub(super) fn calc_found_rows(subject: &Subject<'_>) -> Vec<Draft> {
    let Some(place) = subject.words.place_of(&["sql_calc_found_rows"]) else { return Vec::new() };
    let text = "all rows are found and counted though only those of the LIMIT are wanted; it is deprecated since 8.0.17";
    let note = "count with a second statement: SELECT COUNT(*)";
    let remedy = subject.confirm_sql(RemedyKind::Rewrite, subject.replaced(place, ""), note);
    vec![Draft::at(Some(place), text).remedy(remedy)]
}

/// DISTINCT that removes nothing.
pub(super) fn needless_distinct(subject: &Subject<'_>) -> Vec<Draft> {
    let query = subject.query();
    let [root] = query[query.root].blocks[..] else { return Vec::new() };
    let Some(at) = subject.words.find(0, &["select", "distinct"]).filter(|at| *at == 0) else { return Vec::new() };
    let block = &query[root];
    let tables: Vec<TableId> = block.leaves.clone();
    let [table] = tables[..] else { return Vec::new() };
    let chosen: Vec<_> = block.items.iter().filter_map(|item| subject.column(item.expr)).map(|(_, column)| column).collect();
    let definition = &query[table].table;
    let key = definition.indexes.iter().find(|index| {
        let parts = &index.parts[..index.user_parts];
        index.unique
            && parts.iter().all(|part| {
                chosen.contains(&part.column) && !definition.columns[part.column as usize].nullable && part.prefix_chars.is_none()
            })
    });
    let Some(key) = key.filter(|_| block.group_by.is_empty()) else { return Vec::new() };
    let text = format!("the rows differ already: the select list holds the unique key {}", key.name);
    vec![Draft::at(subject.words.place(at + 1, at + 1), text).on(definition)]
}
