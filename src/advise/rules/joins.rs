//! How tables are joined.

use super::LARGE_TABLE;
use super::access::index_for;
use crate::advise::finding::{Draft, Place, RemedyKind};
use crate::advise::sargable;
use crate::advise::subject::{Reading, Subject};
use crate::catalog::Switch;
use crate::explain::decisions::Decisions;
use crate::parse::ast::CompareOp;
use crate::plan::{AccessMethod, AccessType, BlockPlan, JoinBuffer};
use crate::query::{BlockId, Command, Expr, NestId, NestKind, TableId, TableKind, TableSet};

/// A large table is joined without an index on the columns that join it.
pub(super) fn join_without_index(subject: &Subject<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for reading in subject.readings() {
        let scanned = matches!(reading.access.access_type, AccessType::All | AccessType::Index)
            && !matches!(reading.access.method, AccessMethod::DynamicRange);
        if !scanned || reading.at <= reading.plan.const_tables || reading.table_rows() < LARGE_TABLE {
            continue;
        }
        let conditions = sargable::of_block(subject, reading.block);
        let own: Vec<_> = conditions.iter().filter(|one| one.table == reading.id).collect();
        let Some(join) = own.iter().find(|one| !one.is_constant() && one.comparison == sargable::Comparison::Equality) else {
            continue;
        };
        let equalities: Vec<_> = own.iter().copied().filter(|one| one.comparison == sargable::Comparison::Equality).collect();
        let remedy = subject.confirm_index(index_for(subject, reading.id, &equalities));
        let how = if reading.access.join_buffer == JoinBuffer::None { "for each row before it" } else { "and joined by hash" };
        let text = format!(
            "no index serves {}: all {:.0} rows of {} are read {how}",
            subject.text(reading.block, join.expr),
            reading.table_rows(),
            reading.table.alias,
        );
        let draft = Draft::at(subject.place_of_column((join.table, join.column)), text).on(reading.definition());
        drafts.push(draft.number("rows", reading.table_rows(), "rows").remedy(remedy));
    }
    drafts
}

/// Tables that no condition connects.
pub(super) fn cross_join(subject: &Subject<'_>) -> Vec<Draft> {
    const MANY_PAIRS: f64 = 10_000.0;
    let on_purpose = subject.words.place_of(&["cross", "join"]).is_some();
    let mut drafts = Vec::new();
    for (block, plan) in subject.blocks() {
        let parts = unconnected(subject, block, plan);
        if parts.len() < 2 || on_purpose {
            continue;
        }
        let rows_of = |set: &TableSet| {
            let of_set = plan.tables[plan.const_tables..plan.primary_tables]
                .iter()
                .filter(|access| access.table.is_some_and(|table| set.contains(subject.query()[table].number)));
            of_set.map(|access| (access.rows_fetched * f64::from(access.filter_effect)).max(1.0)).product::<f64>()
        };
        let pairs: f64 = parts.iter().map(rows_of).product();
        let Some(last) = last_of(subject, plan, parts[parts.len() - 1]) else { continue };
        if pairs < MANY_PAIRS || parts.iter().any(|set| rows_of(set) <= 1.0) {
            continue;
        }
        let alias = &subject.query()[last].alias;
        let text = format!("no condition connects {alias} with the tables before it: about {pairs:.0} pairs of rows");
        let draft = Draft::at(subject.place_of_table(last), text).on(&subject.query()[last].table);
        drafts.push(draft.number("pairs", pairs, "rows"));
    }
    drafts
}

fn last_of(subject: &Subject<'_>, plan: &BlockPlan, set: TableSet) -> Option<TableId> {
    let mut tables = plan.tables.iter().rev().filter_map(|access| access.table);
    tables.find(|table| set.contains(subject.query()[*table].number))
}

/// Sets of tables of a block that conditions connect, in the order of their first tables; tables of one row are left out.
fn unconnected(subject: &Subject<'_>, block: BlockId, plan: &BlockPlan) -> Vec<TableSet> {
    let query = subject.query();
    let read = plan.tables[plan.const_tables.min(plan.tables.len())..plan.primary_tables.min(plan.tables.len())].iter();
    let mut parts: Vec<TableSet> = read.filter_map(|access| Some(TableSet::of(query[access.table?].number))).collect();
    if parts.len() < 2 || !query[block].semijoin_nests.is_empty() {
        return Vec::new();
    }
    let mut links: Vec<TableSet> =
        subject.conjuncts(block).iter().map(|expr| query.exprs.facts(*expr).used.tables()).filter(|set| set.len() > 1).collect();
    // Equalities with one constant connect too: `a.x = b.x AND a.x = 5` was rewritten to them.
    let constants: Vec<_> = sargable::of_block(subject, block)
        .into_iter()
        .filter(|one| one.is_constant() && one.comparison == sargable::Comparison::Equality)
        .filter_map(|one| {
            let Expr::Compare { op: CompareOp::Equal, right, .. } = query.exprs[query.real(one.expr)] else { return None };
            Some((TableSet::of(query[one.table].number), subject.text(block, right)))
        })
        .collect();
    for (at, (set, value)) in constants.iter().enumerate() {
        links.extend(constants[at + 1..].iter().filter(|(_, other)| other == value).map(|(other, _)| set.union(*other)));
    }
    for access in &plan.tables {
        let lateral = access.table.map(|table| (TableSet::of(query[table].number), query.lateral_dependencies(block, table)));
        links.extend(lateral.filter(|(_, depends)| !depends.is_empty()).map(|(own, depends)| own.union(depends.tables())));
    }
    for link in links {
        let (touched, mut rest): (Vec<TableSet>, Vec<TableSet>) = parts.into_iter().partition(|part| part.meets(link));
        if let Some(joined) = touched.into_iter().reduce(TableSet::union) {
            rest.push(joined);
        }
        parts = rest;
    }
    parts
}

/// The guess for a condition without index and histogram decides the join order.
pub(super) fn missing_histogram(subject: &Subject<'_>) -> Vec<Draft> {
    let query = subject.query();
    let guessed: Vec<_> = sargable::of_statement(subject)
        .into_iter()
        .filter(|one| one.is_constant() && !is_in_an_index(subject, one.table, one.column))
        .filter(|one| {
            let table = &query[one.table].table;
            let statistics = &subject.catalog.statistics;
            statistics.histogram(table, one.column).is_none() && statistics.table(table).rows as f64 >= LARGE_TABLE
        })
        .filter(|one| {
            subject.plan.blocks[one.block.0 as usize].as_ref().is_some_and(|plan| plan.primary_tables - plan.const_tables > 1)
        })
        .collect();
    let Some(first) = guessed.first() else { return Vec::new() };
    // Without the guesses the plan is another one: they decide it.
    let without = subject.plan_under(|catalog| catalog.settings.switches.set(Switch::ConditionFanoutFilter, false));
    let decided = without.is_some_and(|without| Decisions::of(&without) != Decisions::of(subject.plan));
    let Some(reading) = subject.readings().into_iter().find(|reading| reading.id == first.table) else { return Vec::new() };
    if !decided || reading.access.filter_effect >= 1.0 {
        return Vec::new();
    }
    let table = &query[first.table].table;
    let column = &table.columns[first.column as usize].name;
    let filtered = f64::from(reading.access.filter_effect) * 100.0;
    let text = format!(
        "{} has neither index nor histogram: {filtered:.2} % is a guess, and it decides the join order \
         (ANALYZE TABLE {} UPDATE HISTOGRAM ON {column})",
        subject.column_name((first.table, first.column)),
        table.name,
    );
    let draft = Draft::at(subject.place_of_column((first.table, first.column)), text).on(table);
    vec![draft.number("filtered", filtered, "%").number("rows", reading.table_rows(), "rows")]
}

fn is_in_an_index(subject: &Subject<'_>, table: TableId, column: u16) -> bool {
    subject.is_leading((table, column))
}

/// LEFT JOIN whose inner rows the WHERE needs: it acts as an inner join.
pub(super) fn outer_join_made_inner(subject: &Subject<'_>) -> Vec<Draft> {
    let query = subject.query();
    let Some(place) = outer_join_place(subject) else { return Vec::new() };
    let mut drafts = Vec::new();
    for reading in subject.readings() {
        if !reading.table.nullable_row || reading.table.outer_join || is_below_outer_join(subject, reading.id) {
            continue;
        }
        if query[reading.block].grouped && query[reading.block].rollup {
            continue;
        }
        let text =
            format!("the WHERE needs a row of {}: the outer join gives the same rows as an inner join", reading.table.alias,);
        drafts.push(Draft::at(Some(place), text).on(reading.definition()));
    }
    drafts.truncate(1);
    drafts
}

/// The place of the first LEFT JOIN or RIGHT JOIN.
fn outer_join_place(subject: &Subject<'_>) -> Option<Place> {
    let words = &subject.words;
    let found =
        ["left", "right"].iter().flat_map(|side| [words.place_of(&[side, "join"]), words.place_of(&[side, "outer", "join"])]);
    found.flatten().min()
}

fn is_below_outer_join(subject: &Subject<'_>, table: TableId) -> bool {
    let query = subject.query();
    let mut nest: Option<NestId> = query[table].nest;
    while let Some(at) = nest {
        if query[at].outer_join || matches!(query[at].kind, NestKind::Antijoin(_)) {
            return true;
        }
        nest = query[at].parent;
    }
    false
}

/// A table that is joined by LEFT JOIN through a unique key and used nowhere else.
pub(super) fn needless_outer_join(subject: &Subject<'_>) -> Vec<Draft> {
    let query = subject.query();
    let mut drafts = Vec::new();
    if !matches!(query.command, Command::Select) {
        return drafts;
    }
    for reading in subject.readings() {
        let unique = matches!(reading.access.access_type, AccessType::EqRef | AccessType::Const);
        if !unique || !reading.table.outer_join || is_used_elsewhere(subject, &reading) {
            continue;
        }
        let remedy = without_join(subject, &reading);
        if remedy.is_none() {
            continue;
        }
        let text = format!(
            "{} is joined by a unique key and nothing of it is used: it can neither add nor remove rows",
            reading.table.alias,
        );
        let draft = Draft::at(subject.place_of_table(reading.id), text).on(reading.definition());
        drafts.push(draft.number("lookups", reading.executions(), "").remedy(remedy));
    }
    drafts
}

/// True if a column of the table stands outside its own ON condition.
fn is_used_elsewhere(subject: &Subject<'_>, reading: &Reading<'_>) -> bool {
    let query = subject.query();
    let mut all = 0usize;
    let mut own = 0usize;
    let count = |root, total: &mut usize| {
        query.walk_deep(root, &mut |id| {
            if matches!(query.exprs[id], Expr::Column { table, .. } if table == reading.id) {
                *total += 1;
            }
        });
    };
    for (block, _) in subject.blocks() {
        query.block_roots(block).into_iter().for_each(|root| count(root, &mut all));
    }
    if let Some(on) = reading.table.on {
        count(on, &mut own);
    }
    own == 0 || all > own
}

/// The statement without the text of a join: from LEFT to the next clause.
fn without_join(subject: &Subject<'_>, reading: &Reading<'_>) -> Option<crate::advise::finding::Remedy> {
    let words = &subject.words;
    let place = subject.place_of_table(reading.id)?;
    let table = words.list.iter().position(|word| word.start == place.start)?;
    let first = (0..table).rev().find(|at| words.list[*at].is("left"))?;
    let next =
        ["left", "right", "inner", "join", "where", "group", "order", "limit", "having", "union", "straight_join", "natural"];
    let ends = |at: &usize| {
        words.list[*at].text == ")" || words.list[*at].text == "," || next.iter().any(|word| words.list[*at].is(word))
    };
    let mut at = table;
    let mut end = subject.sql.len();
    while at < words.list.len() {
        if words.list[at].text == "(" {
            at = words.closing(at)? + 1;
            continue;
        }
        if ends(&at) || words.list[at].text == ";" {
            end = words.list[at].start;
            break;
        }
        at += 1;
    }
    let removed = words.place_of_bytes(words.list[first].start, end);
    subject.confirm_sql(RemedyKind::Rewrite, subject.replaced(removed, "").trim_end().to_owned(), "the same rows")
}

/// The search for the join order stops early and misses a cheaper one.
pub(super) fn shallow_search(subject: &Subject<'_>) -> Vec<Draft> {
    const FULL_DEPTH: u32 = 62;
    let depth = subject.plan.settings.search_depth;
    let most = subject.blocks().map(|(_, plan)| plan.primary_tables.saturating_sub(plan.const_tables)).max().unwrap_or(0);
    if depth == 0 || most as u32 <= depth {
        return Vec::new();
    }
    let Some(after) = subject.plan_under(|catalog| catalog.settings.search_depth = FULL_DEPTH) else { return Vec::new() };
    let sql = format!("SET SESSION optimizer_search_depth = {FULL_DEPTH}");
    let Some(remedy) = subject.confirm(RemedyKind::Setting, sql, "planning takes longer", &after) else { return Vec::new() };
    let text = format!("{most} tables are joined, optimizer_search_depth is {depth}: a cheaper order is missed");
    let place = subject.words.place_of(&["from"]);
    vec![Draft::at(place, text).number("tables", most as f64, "").number("depth", f64::from(depth), "").remedy(Some(remedy))]
}

/// A derived table of many rows that is stored before it is read.
pub(super) fn large_derived_table(subject: &Subject<'_>) -> Vec<Draft> {
    const MANY_STORED: f64 = 50_000.0;
    let query = subject.query();
    let mut drafts = Vec::new();
    for (_, plan) in subject.blocks() {
        for access in &plan.tables {
            let Some(id) = access.table else { continue };
            let TableKind::Derived { shared_with: None, .. } = query[id].kind else { continue };
            if (access.table_rows as f64) < MANY_STORED {
                continue;
            }
            let text =
                format!("the derived table {} is stored before it is read: about {} rows", query[id].alias, access.table_rows);
            let place = subject.words.place_of_table(&query[id].alias, &query[id].alias).or_else(|| {
                let alias = &query[id].alias;
                subject.words.place_of(&[")", alias]).or_else(|| subject.words.place_of(&["as", alias]))
            });
            drafts.push(Draft::at(place, text).number("rows", access.table_rows as f64, "rows"));
        }
    }
    drafts
}

/// NATURAL JOIN.
pub(super) fn natural_join(subject: &Subject<'_>) -> Vec<Draft> {
    let Some(place) = subject.words.place_of(&["natural"]) else { return Vec::new() };
    let columns: Vec<String> = subject
        .all_conjuncts()
        .iter()
        .filter(|(_, expr)| matches!(subject.query().exprs[*expr], Expr::Compare { op: CompareOp::Equal, .. }))
        .map(|(block, expr)| subject.text(*block, *expr))
        .collect();
    let text = format!("NATURAL JOIN compares all columns of the same name, today: {}", columns.join(" AND "));
    vec![Draft::at(Some(place), text)]
}
