//! A statement with placeholders, planned for the values that may stand there: each plan with the share of values that leads to it.
//!
//! `?`, `:name` and digest texts are understood. The values come from the histogram of the column that a placeholder is compared
//! with, on the assumption that parameters are spread as the column's values are; NULL has the column's share of NULLs. Where there
//! is no histogram, one value that nothing is known of stands for all. One placeholder varies at a time, the others stay at their
//! median.

use super::words::{Word, Words};
use crate::catalog::histogram::{Buckets, Histogram};
use crate::catalog::types::TypeKind;
use crate::catalog::{Catalog, ColumnNo, Table};
use crate::error::Result;
use crate::explain::decisions::Decisions;
use crate::plan::Plan;
use crate::planner::Planner;
use crate::value::Value;
use std::sync::Arc;

/// Values that one placeholder is planned with at most: the most frequent ones, or buckets evenly spread.
const MOST_VALUES: usize = 100;

/// Plans that are made for one statement at most.
const MOST_PLANS: usize = 400;

/// Values that a list of unknown length (`IN (...)`) is planned with.
const LIST: &str = "(?, ?, ?)";

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Buckets of the column's histogram.
    Histogram,
    /// Nothing is known of the column's values.
    Unknown,
}

/// A placeholder, or several that belong together (a list, BETWEEN).
#[derive(Clone, Debug, PartialEq)]
pub struct Placeholder {
    /// Numbers of the placeholders, from 1.
    pub numbers: Vec<usize>,
    /// The column that they are compared with, as `table.column`; none if they are compared with none.
    pub column: Option<String>,
    /// Where its values come from.
    pub source: Source,
    /// Values that were tried.
    pub values: usize,
}

/// One plan, and how much leads to it.
#[derive(Clone, Debug)]
pub struct PlanShare {
    /// Share of the values, 0 to 1: the mean over the placeholders that vary.
    pub share: f64,
    /// The plan without its numbers.
    pub decisions: Decisions,
    /// Least and greatest cost, in the optimizer's units.
    pub cost: (f64, f64),
    /// A statement with values that leads to it: that of the greatest cost.
    pub sql: String,
}

/// All plans of a statement with placeholders, the most frequent first.
#[derive(Clone, Debug)]
pub struct PlansByValue {
    /// The placeholders that vary.
    pub placeholders: Vec<Placeholder>,
    /// Distinct plans.
    pub plans: Vec<PlanShare>,
    /// Not all values were tried, as there would have been too many plans.
    pub capped: bool,
}

/// True if a statement has placeholders.
pub fn has_placeholders(sql: &str) -> bool {
    let words = Words::of(sql);
    (0..words.list.len()).any(|at| placeholder_end(&words.list, at).is_some())
}

/// Plans a statement with placeholders for the values that may stand there.
///
/// # Errors
/// As [`Planner::plan`].
pub fn plans_by_value(catalog: &Catalog, sql: &str) -> Result<PlansByValue> {
    let text = expanded(sql);
    let template = Template::of(&text);
    let probe = Planner::new(catalog).plan(&template.probe())?;
    let variables: Vec<Variable> =
        template.groups().into_iter().map(|group| Variable::of(catalog, &template, &probe, group)).collect();
    let mut plans: Vec<PlanShare> = Vec::new();
    let varying: Vec<usize> = (0..variables.len()).filter(|at| variables[*at].choices.len() > 1).collect();
    let rounds = varying.len().max(1);
    let budget = MOST_PLANS / rounds;
    let mut capped = false;
    let medians: Vec<usize> = variables.iter().map(Variable::median).collect();
    for round in 0..rounds {
        let varied = varying.get(round).copied();
        let choices = varied.map_or(1, |at| variables[at].choices.len());
        capped |= choices > budget;
        for choice in 0..choices.min(budget) {
            let mut chosen = medians.clone();
            let mut share = 1.0;
            if let Some(at) = varied {
                chosen[at] = choice;
                share = variables[at].choices[choice].share;
            }
            let statement = template.filled(&variables, &chosen);
            let plan = Planner::new(catalog).plan(&statement)?;
            add(&mut plans, share / rounds as f64, &plan, statement);
        }
    }
    let whole: f64 = plans.iter().map(|plan| plan.share).sum();
    for plan in &mut plans {
        plan.share /= whole.max(f64::MIN_POSITIVE);
    }
    plans.sort_by(|a, b| b.share.total_cmp(&a.share).then_with(|| a.decisions.to_string().cmp(&b.decisions.to_string())));
    let placeholders =
        variables.into_iter().filter(|variable| variable.described.column.is_some()).map(|variable| variable.described);
    Ok(PlansByValue { placeholders: placeholders.collect(), plans, capped })
}

fn add(plans: &mut Vec<PlanShare>, share: f64, plan: &Plan, sql: String) {
    let decisions = Decisions::of(plan);
    let cost = super::Measure::of(plan).cost;
    let Some(known) = plans.iter_mut().find(|known| known.decisions == decisions) else {
        plans.push(PlanShare { share, decisions, cost: (cost, cost), sql });
        return;
    };
    known.share += share;
    if cost > known.cost.1 {
        known.sql = sql;
    }
    known.cost = (known.cost.0.min(cost), known.cost.1.max(cost));
}

/// A digest text as a statement: lists of any length get a few values, and function names their parenthesis. Others stay as they are.
fn expanded(sql: &str) -> String {
    if !sql.contains("...") && !sql.contains(" ( ") {
        return sql.to_owned();
    }
    let mut text = String::with_capacity(sql.len() + 64);
    let mut rest = sql;
    while !rest.is_empty() {
        let replaced = [
            (" (...) /* , ... */", LIST),
            (" (?) /* , ... */", "(?)"),
            (" (...)", LIST),
            ("?, ...", "?, ?"),
            (" (?)", "(?)"),
            (" ( ", "( "),
            ("(_charset) ", ""),
            ("@?", "@parameter"),
        ]
        .into_iter()
        .find(|(shown, _)| rest.starts_with(shown));
        match replaced {
            Some((shown, meant)) => {
                text.push_str(meant);
                rest = &rest[shown.len()..];
            }
            None => {
                let quoted = rest.strip_prefix('`').and_then(|name| name.find('`')).map(|end| end + 2);
                let length = quoted.unwrap_or_else(|| rest.chars().next().map_or(1, char::len_utf8));
                text.push_str(&rest[..length]);
                rest = &rest[length..];
            }
        }
    }
    text
}

/// The word behind the placeholder that begins at a word, if one does.
fn placeholder_end(words: &[Word<'_>], at: usize) -> Option<usize> {
    let word = words.get(at)?;
    if word.is_string {
        return None;
    }
    if word.text == "?" {
        return Some(at + 1);
    }
    let name = words.get(at + 1)?;
    let named = word.text == ":" && name.start == word.end() && name.text.starts_with(|c: char| c.is_alphabetic() || c == '_');
    // `a:b` is no placeholder.
    let alone = at == 0 || words[at - 1].end() < word.start || matches!(words[at - 1].text, "(" | "," | "=" | "<" | ">");
    (named && alone).then_some(at + 2)
}

/// What a placeholder is compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// `=`, `<`, BETWEEN, IN.
    Comparison,
    /// LIKE.
    Like,
    /// LIMIT or OFFSET.
    Limit,
    Offset,
    /// Anything else.
    Other,
}

/// A statement cut at its placeholders.
struct Template<'a> {
    words: Words<'a>,
    text: &'a str,
    /// First and last byte of each placeholder, its word, and what it is used for.
    slots: Vec<(usize, usize, usize, Use)>,
}

impl<'a> Template<'a> {
    fn of(text: &'a str) -> Template<'a> {
        let words = Words::of(text);
        let mut slots = Vec::new();
        let mut at = 0;
        while at < words.list.len() {
            match placeholder_end(&words.list, at) {
                Some(end) => {
                    slots.push((words.list[at].start, words.list[end - 1].end(), at, use_of(&words.list, at)));
                    at = end;
                }
                None => at += 1,
            }
        }
        Template { words, text, slots }
    }

    fn with(&self, literal: impl Fn(usize) -> String) -> String {
        let mut out = String::with_capacity(self.text.len() + 16);
        let mut from = 0;
        for (number, (start, end, ..)) in self.slots.iter().enumerate() {
            out.push_str(&self.text[from..*start]);
            out.push_str(&literal(number));
            from = *end;
        }
        out.push_str(&self.text[from..]);
        out
    }

    /// The statement with values that fit everywhere, to learn its tables.
    fn probe(&self) -> String {
        self.with(|slot| neutral(self.slots[slot].3))
    }

    fn filled(&self, variables: &[Variable], chosen: &[usize]) -> String {
        self.with(|slot| {
            let found = variables.iter().zip(chosen).find_map(|(variable, choice)| {
                let place = variable.slots.iter().position(|own| *own == slot)?;
                let literals = &variable.choices[*choice].literals;
                literals.get(place % literals.len().max(1)).cloned()
            });
            found.unwrap_or_else(|| neutral(self.slots[slot].3))
        })
    }

    /// Placeholders that vary together: those of one list or BETWEEN.
    fn groups(&self) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for slot in 0..self.slots.len() {
            let joined = slot > 0 && {
                let (from, to) = (self.slots[slot - 1].2 + 1, self.slots[slot].2);
                let between: Vec<&str> = self.words.list[from.min(to)..to].iter().map(|word| word.text).collect();
                let in_list = between == [","] && self.slots[slot].3 == Use::Comparison;
                in_list || between.len() == 1 && between[0].eq_ignore_ascii_case("and") && self.is_between(slot - 1)
            };
            match groups.last_mut() {
                Some(group) if joined => group.push(slot),
                _ => groups.push(vec![slot]),
            }
        }
        groups
    }

    fn is_between(&self, slot: usize) -> bool {
        self.slots[slot].2.checked_sub(1).is_some_and(|before| self.words.list[before].is("between"))
    }

    /// Words before a placeholder that name the column it is compared with: qualifier and name.
    fn column(&self, slot: usize) -> Option<(Option<String>, String)> {
        let words = &self.words.list;
        let at = self.slots[slot].2;
        let mut before = at;
        // Backwards over `( ? ,` of a list, operators and NOT.
        while before > 0 {
            let word = &words[before - 1];
            let passed = word.text.chars().all(|c| "=<>!(,?".contains(c))
                || ["in", "like", "not", "between"].iter().any(|name| word.is(name));
            if word.is_string || !passed {
                break;
            }
            before -= 1;
        }
        if before < at && before > 0 {
            return named(words, before - 1);
        }
        // `? = column`
        let after = placeholder_end(words, at)?;
        let operator = words.get(after).is_some_and(|word| word.text.chars().all(|c| "=<>!".contains(c)));
        let mut name = after;
        while operator && words.get(name).is_some_and(|word| word.text.chars().all(|c| "=<>!".contains(c))) {
            name += 1;
        }
        while operator && words.get(name + 1).is_some_and(|word| word.text == ".") && words.get(name + 2).is_some() {
            name += 2;
        }
        operator.then(|| named(words, name)).flatten()
    }
}

/// The column whose name stands at a word, with the qualifier before it.
fn named(words: &[Word<'_>], at: usize) -> Option<(Option<String>, String)> {
    let word = words.get(at).filter(|word| !word.is_string)?;
    if !word.name.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '$') {
        return None;
    }
    let qualifier = at.checked_sub(2).filter(|_| words[at - 1].text == ".").map(|before| words[before].name.to_string());
    Some((qualifier, word.name.to_string()))
}

fn use_of(words: &[Word<'_>], at: usize) -> Use {
    let Some(before) = at.checked_sub(1).map(|before| &words[before]) else { return Use::Other };
    if before.is("limit") {
        // LIMIT offset, count
        return if words.get(at + 1).is_some_and(|word| word.text == ",") { Use::Offset } else { Use::Limit };
    }
    if before.is("offset") {
        return Use::Offset;
    }
    if before.text == "," && at >= 3 && words[at - 3].is("limit") {
        return Use::Limit;
    }
    if before.is("like") {
        return Use::Like;
    }
    Use::Comparison
}

fn neutral(used: Use) -> String {
    match used {
        Use::Limit => "10",
        Use::Offset => "0",
        _ => "NULL",
    }
    .to_owned()
}

/// Values for placeholders that vary together.
struct Variable {
    slots: Vec<usize>,
    choices: Vec<Choice>,
    described: Placeholder,
}

/// One value, or the values of a list.
struct Choice {
    literals: Vec<String>,
    share: f64,
}

impl Variable {
    fn of(catalog: &Catalog, template: &Template<'_>, probe: &Plan, slots: Vec<usize>) -> Variable {
        let numbers = slots.iter().map(|slot| slot + 1).collect();
        let used = template.slots[slots[0]].3;
        let unknown = |column, literal: String| Variable {
            slots: slots.clone(),
            choices: vec![Choice { literals: vec![literal], share: 1.0 }],
            described: Placeholder { numbers, column, source: Source::Unknown, values: 1 },
        };
        if matches!(used, Use::Limit | Use::Offset) {
            return unknown(None, neutral(used));
        }
        let Some((table, column)) =
            template.column(slots[0]).and_then(|(qualifier, name)| find(probe, qualifier.as_deref(), &name))
        else {
            return unknown(None, neutral(used));
        };
        let definition = &table.columns[column];
        let full_name = format!("{}.{}", table.name, definition.name);
        let histogram = ColumnNo::try_from(column).ok().and_then(|number| catalog.statistics.histogram(&table, number));
        let Some(histogram) = histogram else {
            return unknown(Some(full_name), typical(definition.ty.kind));
        };
        let between = slots.len() == 2 && template.is_between(slots[0]);
        let choices = choices(histogram, slots.len(), used, between);
        if choices.is_empty() {
            return unknown(Some(full_name), typical(definition.ty.kind));
        }
        let numbers = slots.iter().map(|slot| slot + 1).collect();
        let described = Placeholder { numbers, column: Some(full_name), source: Source::Histogram, values: choices.len() };
        Variable { slots, choices, described }
    }

    /// The choice below which half of the values lie.
    fn median(&self) -> usize {
        let mut sum = 0.0;
        let half = self.choices.iter().map(|choice| choice.share).sum::<f64>() / 2.0;
        self.choices
            .iter()
            .position(|choice| {
                sum += choice.share;
                sum >= half
            })
            .unwrap_or(0)
    }
}

/// The table and column of a name among the statement's tables.
fn find(probe: &Plan, qualifier: Option<&str>, column: &str) -> Option<(Arc<Table>, usize)> {
    probe
        .query
        .tables
        .iter()
        .filter(|table| qualifier.is_none_or(|qualifier| table.alias.eq_ignore_ascii_case(qualifier)))
        .find_map(|table| {
            let at = table.table.columns.iter().position(|own| own.name.eq_ignore_ascii_case(column))?;
            Some((Arc::clone(&table.table), at))
        })
}

/// Values of a histogram in their order, with their shares; NULL, if there are NULLs, at the end.
fn choices(histogram: &Histogram, slots: usize, used: Use, between: bool) -> Vec<Choice> {
    let mut before = 0.0;
    let mut share = |cumulative: &f64| {
        let own = cumulative - before;
        before = *cumulative;
        own
    };
    let mut values: Vec<(Value, Value, f64)> = match &histogram.buckets {
        Buckets::Singleton(buckets) => {
            buckets.iter().map(|(value, cumulative)| (value.clone(), value.clone(), share(cumulative))).collect()
        }
        Buckets::EquiHeight(buckets) => {
            buckets.iter().map(|bucket| (bucket.low.clone(), bucket.high.clone(), share(&bucket.cumulative_share))).collect()
        }
    };
    thin_out(&mut values);
    let mut choices = Vec::with_capacity(values.len() + 1);
    for (at, (low, high, share)) in values.iter().enumerate() {
        let texts: Option<Vec<String>> = if between {
            [literal(low, used), literal(high, used)].into_iter().collect()
        } else {
            (0..slots).map(|slot| literal(&values[(at + slot) % values.len()].0, used)).collect()
        };
        if let Some(literals) = texts {
            choices.push(Choice { literals, share: *share });
        }
    }
    if histogram.null_share > 0.0 {
        choices.push(Choice { literals: vec!["NULL".to_owned()], share: histogram.null_share });
    }
    choices
}

/// Joins neighbours until there are few enough; the more frequent one stands for both.
fn thin_out(values: &mut Vec<(Value, Value, f64)>) {
    let step = values.len().div_ceil(MOST_VALUES);
    if step < 2 {
        return;
    }
    *values = values
        .chunks(step)
        .filter_map(|chunk| {
            let share = chunk.iter().map(|(.., share)| share).sum();
            let (low, ..) = chunk.iter().max_by(|a, b| a.2.total_cmp(&b.2))?;
            let (_, high, _) = chunk.last()?;
            Some((low.clone(), high.clone(), share))
        })
        .collect();
}

/// A value as SQL; none for what cannot be written.
fn literal(value: &Value, used: Use) -> Option<String> {
    let text = match value {
        Value::Null => return Some("NULL".to_owned()),
        Value::Int(number) => number.to_string(),
        Value::UInt(number) => number.to_string(),
        Value::Decimal(number) => number.to_plain_string(),
        Value::Double(number) => format!("{number:e}"),
        Value::Str(text) if used == Use::Like => return Some(quoted(&format!("{}%", text.chars().take(3).collect::<String>()))),
        Value::Str(text) => return Some(quoted(text)),
        Value::Bytes(bytes) if bytes.is_empty() => return Some("''".to_owned()),
        Value::Bytes(bytes) => return Some(format!("0x{}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())),
        Value::Date(date) => return Some(quoted(&date.print_date())),
        Value::Time(time) => return Some(quoted(&time.print_time())),
        Value::DateTime(time) => return Some(quoted(&time.print_datetime())),
        Value::Json(_) => return None,
    };
    Some(if used == Use::Like { quoted(&format!("{text}%")) } else { text })
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// A value that nothing is known of.
fn typical(kind: TypeKind) -> String {
    use TypeKind::*;
    match kind {
        TinyInt | SmallInt | MediumInt | Int | BigInt | Decimal | Float | Double | Bit => "1",
        Year => "2000",
        Date => "'2000-01-01'",
        DateTime | Timestamp => "'2000-01-01 00:00:00'",
        Time => "'12:00:00'",
        _ => "'a'",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_told_from_other_texts() {
        for sql in ["SELECT * FROM t WHERE a = ?", "SELECT * FROM t WHERE a = :name", "SELECT 1 LIMIT ?"] {
            assert!(has_placeholders(sql), "{sql}");
        }
        for sql in ["SELECT '?' FROM t", "SELECT a AS `?` /* ? */ FROM t -- ?", "SELECT 'a:b'"] {
            assert!(!has_placeholders(sql), "{sql}");
        }
    }

    #[test]
    fn digest_texts_become_statements() {
        assert_eq!(
            expanded("SELECT COUNT ( * ) FROM `a ( b` WHERE `c` IN (...) AND `d` = ? LIMIT ?, ..."),
            "SELECT COUNT( * ) FROM `a ( b` WHERE `c` IN(?, ?, ?) AND `d` = ? LIMIT ?, ?"
        );
    }

    #[test]
    fn each_plan_has_the_share_of_the_values_that_lead_to_it() {
        let catalog = Catalog::sample();
        let found = plans_by_value(&catalog, "SELECT * FROM employees WHERE emp_no = ?").expect("plans");
        assert_eq!(found.plans.len(), 1);
        assert!((found.plans[0].share - 1.0).abs() < 1e-9);
        assert_eq!(found.placeholders[0].column.as_deref(), Some("employees.emp_no"));
    }
}
