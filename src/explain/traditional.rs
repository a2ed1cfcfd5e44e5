//! FORMAT=TRADITIONAL: one row a table, in twelve columns (spec 07 §2 to §6).

use super::client::ClientColumn;
use super::facts::{Covering, Entry, Extra, derived_number, push_access_name, push_table_name};
use super::push_number;
use crate::parse::ast::SetOperator;
use crate::plan::{BlockPlan, JoinBuffer, Outcome, Plan};
use crate::query::{Block, BlockId, Command, InsertTarget, TableId, TableKind, Term, TermKind, Unit, UnitId, UnitRole};
use std::borrow::Cow;
use std::fmt::Write;

/// The columns in order.
pub const COLUMNS: [ClientColumn; 12] = [
    ClientColumn { name: "id", numeric: true, nullable: false },
    ClientColumn { name: "select_type", numeric: false, nullable: false },
    ClientColumn { name: "table", numeric: false, nullable: true },
    ClientColumn { name: "partitions", numeric: false, nullable: true },
    ClientColumn { name: "type", numeric: false, nullable: true },
    ClientColumn { name: "possible_keys", numeric: false, nullable: true },
    ClientColumn { name: "key", numeric: false, nullable: true },
    ClientColumn { name: "key_len", numeric: false, nullable: true },
    ClientColumn { name: "ref", numeric: false, nullable: true },
    ClientColumn { name: "rows", numeric: true, nullable: true },
    ClientColumn { name: "filtered", numeric: true, nullable: true },
    ClientColumn { name: "Extra", numeric: false, nullable: true },
];

/// A row; NULL is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row(pub [Option<Cow<'static, str>>; 12]);

/// All rows of a plan.
pub fn rows(plan: &Plan) -> Vec<Row> {
    let mut table = Rows { plan, rows: Vec::with_capacity(plan.query.tables.len() + 1) };
    table.unit(plan.query.root);
    table.rows
}

/// The rows as the client's batch mode writes them: a header, tabs, `NULL`.
pub fn tsv(plan: &Plan) -> String {
    let rows = rows(plan);
    super::client::batch(&COLUMNS, &super::client::cells_of(&rows), false)
}

/// Flags of a block that the select type and JSON tell: only with a plan, and inside another block.
pub(super) fn dependent_and_cacheable(plan: &Plan, block: BlockId) -> (bool, bool) {
    let data = &plan.query[block];
    let planned = plan.blocks.get(block.0 as usize).is_some_and(Option::is_some);
    if plan.query[data.unit].outer.is_none() || !planned {
        return (false, true);
    }
    (data.uncacheable.dependent, !data.uncacheable.any())
}

/// Where a block stands in its query expression.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The first block of its query expression.
    first: bool,
    /// Place among the children of its direct set operation, and that operation (none for parentheses).
    parent: Option<(usize, Option<SetOperator>)>,
}

struct Rows<'a> {
    plan: &'a Plan,
    rows: Vec<Row>,
}

impl<'a> Rows<'a> {
    fn unit(&mut self, id: UnitId) {
        let unit = &self.plan.query[id];
        self.term(unit, &unit.term, None);
    }

    fn term(&mut self, unit: &'a Unit, term: &'a Term, parent: Option<(usize, Option<SetOperator>)>) {
        match &term.kind {
            TermKind::Block(block) => self.block(*block, Place { first: unit.blocks.first() == Some(block), parent }),
            TermKind::SetOperation { operator, children, .. } => {
                for (i, child) in children.iter().enumerate() {
                    self.term(unit, child, Some((i, Some(*operator))));
                }
                if is_materialized(self.plan, unit, term) {
                    self.result(unit, term);
                }
            }
            TermKind::Parenthesized(inner) => {
                self.term(unit, inner, Some((0, None)));
                self.result(unit, term);
            }
        }
    }

    fn result(&mut self, unit: &Unit, term: &Term) {
        let mut row = Row::default();
        let name = match &term.kind {
            TermKind::SetOperation { operator, .. } => match operator {
                SetOperator::Union => "UNION RESULT",
                SetOperator::Intersect => "INTERSECT RESULT",
                SetOperator::Except => "EXCEPT RESULT",
            },
            _ => "RESULT",
        };
        row.0[0] = Some(number_text(u64::from(term.select_id)));
        row.0[1] = Some(Cow::Borrowed(name));
        if let Some(message) = result_message(self.plan, unit, term) {
            row.0[11] = Some(Cow::Borrowed(message));
        } else {
            row.0[2] = Some(Cow::Owned(result_name(&self.plan.query, term)));
            row.0[4] = Some(Cow::Borrowed("ALL"));
            let filesort = !term.order_by.is_empty();
            row.0[11] = Some(Cow::Borrowed(if filesort { "Using temporary; Using filesort" } else { "Using temporary" }));
        }
        self.rows.push(row);
    }

    fn block(&mut self, id: BlockId, place: Place) {
        let plan = self.plan;
        let block = &plan.query[id];
        self.block_rows(id, block, place);
        if block.empty {
            return;
        }
        for unit in &block.inner_units {
            if !is_shared(plan, *unit) {
                self.unit(*unit);
            }
        }
    }

    fn block_rows(&mut self, id: BlockId, block: &'a Block, place: Place) {
        let plan = self.plan;
        let block_plan = plan.blocks.get(id.0 as usize).and_then(Option::as_ref);
        let select_type = self.select_type(id, block, place, false);
        let message = block_message(block_plan);
        if let Some(target) = insert_target(plan, id) {
            let only_target = !target.from_query || matches!(block_plan.map(|p| &p.outcome), Some(Outcome::NoTables));
            if only_target || message.is_none() {
                self.insert_target(block, target);
            }
            if only_target {
                return;
            }
        }
        match (message, block_plan) {
            (None, Some(block_plan)) => self.tables(id, block, block_plan, place, select_type),
            (message, _) => {
                let mut row = Row::default();
                row.0[0] = Some(number_text(u64::from(block.select_id)));
                row.0[1] = Some(self.select_type(id, block, place, true));
                row.0[11] = message.map(Cow::Borrowed);
                self.rows.push(row);
            }
        }
    }

    fn tables(&mut self, id: BlockId, block: &Block, plan: &'a BlockPlan, place: Place, select_type: Cow<'static, str>) {
        let mut flags_pending = true;
        for (i, access) in plan.tables.iter().enumerate() {
            let entry = Entry { query: &self.plan.query, block: id, plan, access };
            let inner = access.inner_of.filter(|_| i >= plan.primary_tables);
            let mut row = Row::default();
            match inner {
                Some(nest) => {
                    let number = super::subquery::nest_number(&self.plan.query, nest);
                    row.0[0] = Some(number_text(u64::from(number)));
                    row.0[1] = Some(Cow::Borrowed("MATERIALIZED"));
                }
                None => {
                    row.0[0] = Some(number_text(u64::from(block.select_id)));
                    let changed = access.table.is_some_and(|table| is_changed(&self.plan.query.command, table));
                    row.0[1] = Some(if changed { self.select_type(id, block, place, true) } else { select_type.clone() });
                }
            }
            table_cells(&mut row, &entry);
            row.0[11] = extra_text(&entry, block.recursive && i == 0, &mut flags_pending);
            self.rows.push(row);
        }
    }

    fn insert_target(&mut self, block: &Block, target: &InsertTarget) {
        let table = &self.plan.query[target.table];
        let mut row = Row::default();
        row.0[0] = Some(number_text(u64::from(block.select_id)));
        row.0[1] = Some(Cow::Borrowed(command_word(&self.plan.query.command).unwrap_or("INSERT")));
        row.0[2] = Some(Cow::Owned(table.alias.to_string()));
        row.0[3] = partition_list(table).map(Cow::Owned);
        row.0[4] = Some(Cow::Borrowed("ALL"));
        self.rows.push(row);
    }

    fn select_type(&self, id: BlockId, block: &Block, place: Place, changed: bool) -> Cow<'static, str> {
        let unit = &self.plan.query[block.unit];
        let name = match (place.first, unit.outer.is_none(), &unit.role, place.parent) {
            (true, true, ..) => {
                let alone = block.inner_units.is_empty() && place.parent.is_none();
                if alone { "SIMPLE" } else { "PRIMARY" }
            }
            (true, false, UnitRole::Derived(_), _) => "DERIVED",
            (true, false, ..) => "SUBQUERY",
            (false, _, _, Some((0, _)) | Some((_, None)) | None) => "PRIMARY",
            (false, _, _, Some((_, Some(SetOperator::Union)))) => "UNION",
            (false, _, _, Some((_, Some(SetOperator::Intersect)))) => "INTERSECT",
            (false, _, _, Some((_, Some(SetOperator::Except)))) => "EXCEPT",
        };
        let name = match (changed, name) {
            (true, "SIMPLE" | "PRIMARY") => command_word(&self.plan.query.command).unwrap_or(name),
            _ => name,
        };
        match dependent_and_cacheable(self.plan, id) {
            (true, _) => Cow::Owned(format!("DEPENDENT {name}")),
            (false, false) if name != "DERIVED" => Cow::Owned(format!("UNCACHEABLE {name}")),
            _ => Cow::Borrowed(name),
        }
    }
}

/// Message of a block without table rows; none if it has tables.
pub(super) fn block_message(plan: Option<&BlockPlan>) -> Option<&'static str> {
    match plan {
        None => Some("Not optimized, outer query is empty"),
        Some(plan) => match plan.outcome {
            Outcome::Planned => None,
            Outcome::NoTables | Outcome::Values => Some("No tables used"),
            Outcome::ZeroRows(message) => Some(message),
            Outcome::OptimizedAway => Some("Select tables optimized away"),
        },
    }
}

/// The target of INSERT or REPLACE if it belongs to this block.
pub(super) fn insert_target(plan: &Plan, block: BlockId) -> Option<&InsertTarget> {
    let (Command::Insert(target) | Command::Replace(target)) = &plan.query.command else { return None };
    (plan.query[plan.query.root].blocks.first() == Some(&block)).then_some(target)
}

/// The select type of changed tables.
pub(super) fn command_word(command: &Command) -> Option<&'static str> {
    match command {
        Command::Select => None,
        Command::Insert(_) => Some("INSERT"),
        Command::Replace(_) => Some("REPLACE"),
        Command::Update { .. } => Some("UPDATE"),
        Command::Delete { .. } => Some("DELETE"),
    }
}

/// True if UPDATE or DELETE changes the table.
pub(super) fn is_changed(command: &Command, table: TableId) -> bool {
    match command {
        Command::Update { targets, .. } | Command::Delete { targets, .. } => targets.contains(&table),
        _ => false,
    }
}

/// A derived table that shares the temporary table of another reference of its CTE.
pub(super) fn is_shared(plan: &Plan, unit: UnitId) -> bool {
    let UnitRole::Derived(table) = plan.query[unit].role else { return false };
    matches!(plan.query[table].kind, TableKind::Derived { shared_with: Some(first), .. } if first != table)
}

/// Names of the partitions of an INSERT's target.
fn partition_list(table: &crate::query::TableRef) -> Option<String> {
    let partitioning = table.table.partitioning.as_ref()?;
    let mut text = String::new();
    for partition in &partitioning.partitions {
        if !table.partitions.is_empty() && !table.partitions.iter().any(|name| name.eq_ignore_ascii_case(&partition.name)) {
            continue;
        }
        if partition.subpartitions.is_empty() {
            push_item(&mut text, &partition.name);
        }
        for sub in &partition.subpartitions {
            push_item(&mut text, &partition.name);
            text.push('_');
            text.push_str(sub);
        }
    }
    (!text.is_empty()).then_some(text)
}

/// True if the result of a set operation goes through a temporary table (spec 07 §2.4).
pub(super) fn is_materialized(plan: &Plan, unit: &Unit, term: &Term) -> bool {
    let TermKind::SetOperation { operator, distinct_until, .. } = &term.kind else { return true };
    let top = std::ptr::eq(term, &unit.term);
    let insert_source = unit.outer.is_none() && matches!(plan.query.command, Command::Insert(_) | Command::Replace(_));
    *operator != SetOperator::Union || distinct_until.is_some() || !term.order_by.is_empty() || !top || insert_source
}

/// Message of a set operation's result row.
pub(super) fn result_message(plan: &Plan, unit: &Unit, term: &Term) -> Option<&'static str> {
    let planned = |block: &BlockId| plan.blocks.get(block.0 as usize).is_some_and(Option::is_some);
    if !unit.blocks.iter().any(planned) {
        return Some("Not optimized, outer query is empty");
    }
    let zero = |expr: crate::query::ExprId| {
        use crate::query::Expr;
        use crate::value::Value;
        matches!(&plan.query.exprs[expr], Expr::Literal { value: Value::Int(0) | Value::UInt(0), .. })
    };
    (term.limit.is_some_and(zero) && term.offset.is_none_or(zero)).then_some("Zero limit")
}

/// Longest name of a result row, in bytes.
const RESULT_NAME_BYTES: usize = 64;

/// `<union1,2>`: a result row's name.
pub(super) fn result_name(query: &crate::query::Query, term: &Term) -> String {
    let (word, children) = match &term.kind {
        TermKind::SetOperation { operator, children, .. } => {
            let word = match operator {
                SetOperator::Union => "<union",
                SetOperator::Intersect => "<intersect",
                SetOperator::Except => "<except",
            };
            (word, children.as_slice())
        }
        TermKind::Parenthesized(inner) => {
            let word = match (term.order_by.is_empty(), term.limit.is_some()) {
                (false, true) => "<ordered/limited",
                (true, true) => "<limited",
                (_, false) => "<ordered",
            };
            (word, std::slice::from_ref(inner.as_ref()))
        }
        TermKind::Block(_) => return String::new(),
    };
    let number = |child: &Term| match &child.kind {
        TermKind::Block(block) => query[*block].select_id,
        _ => child.select_id,
    };
    numbered_name(word, children.iter().map(number))
}

/// A word and numbers; long lists are cut before the last number (spec 07 §3.3).
fn numbered_name(word: &str, numbers: impl DoubleEndedIterator<Item = u32> + Clone) -> String {
    let last = numbers.clone().next_back().unwrap_or(0);
    let last_digits = last.checked_ilog10().map_or(1, |log| log as usize + 1);
    let mut name = String::from(word);
    let mut piece_start = name.len();
    let mut over = false;
    for number in numbers {
        if name.len() + word.len() + last_digits >= RESULT_NAME_BYTES {
            over = true;
            break;
        }
        piece_start = name.len();
        push_number(&mut name, u64::from(number));
        name.push(',');
    }
    if over || name.len() >= RESULT_NAME_BYTES {
        name.truncate(piece_start);
        name.push_str("...,");
        push_number(&mut name, u64::from(last));
        name.push(',');
    }
    name.pop();
    name.push('>');
    name
}

fn number_text(number: u64) -> Cow<'static, str> {
    const SMALL: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
    match SMALL.get(number as usize) {
        Some(text) => Cow::Borrowed(text),
        None => {
            let mut text = String::new();
            push_number(&mut text, number);
            Cow::Owned(text)
        }
    }
}

fn push_item(list: &mut String, item: &str) {
    if !list.is_empty() {
        list.push(',');
    }
    list.push_str(item);
}

/// The columns from `table` to `filtered`.
fn table_cells(row: &mut Row, entry: &Entry<'_>) {
    let text = |text: String| (!text.is_empty()).then_some(Cow::Owned(text));
    let mut name = String::new();
    entry.push_name(&mut name, true);
    row.0[2] = Some(Cow::Owned(name));
    row.0[3] = entry.access.partitions.as_ref().and_then(|list| text(list.join(",")));
    row.0[4] = Some(Cow::Borrowed(entry.type_text()));
    let mut list = String::new();
    entry.possible_keys().for_each(|key| push_item(&mut list, key));
    row.0[5] = text(list);
    let (mut keys, mut lengths) = (String::new(), String::new());
    entry.for_each_key(&mut |key, bytes| {
        push_item(&mut keys, key);
        if !lengths.is_empty() {
            lengths.push(',');
        }
        push_number(&mut lengths, u64::from(bytes));
    });
    row.0[6] = text(keys);
    row.0[7] = text(lengths);
    let mut refs = String::new();
    entry.for_each_ref(&mut |part| push_item(&mut refs, part));
    row.0[8] = text(refs);
    row.0[9] = entry.rows().map(number_text);
    row.0[10] = Some(percent_text(entry.filtered()));
}

fn percent_text(percent: f32) -> Cow<'static, str> {
    if percent == 100.0 { Cow::Borrowed("100.00") } else { Cow::Owned(format!("{:.2}", f64::from(percent))) }
}

/// Extra. The block's own pieces go to the first row that reaches them.
fn extra_text(entry: &Entry<'_>, recursive: bool, flags_pending: &mut bool) -> Option<Cow<'static, str>> {
    let extras = entry.extras();
    let mut text = String::new();
    if recursive {
        push_piece(&mut text, "Recursive");
    }
    let delete_all = entry.plan.data_change.is_some_and(|change| change.delete_all);
    if delete_all {
        push_piece(&mut text, "Deleting all rows");
        return Some(Cow::Owned(text));
    }
    extras.before.iter().for_each(|extra| push_extra(&mut text, entry, extra));
    if !extras.stops && *flags_pending {
        *flags_pending = false;
        let (temporary, filesort) = block_flags(entry.plan);
        if temporary {
            push_piece(&mut text, "Using temporary");
        }
        if filesort {
            push_piece(&mut text, "Using filesort");
        }
    }
    extras.after.iter().for_each(|extra| push_extra(&mut text, entry, extra));
    (!text.is_empty()).then_some(Cow::Owned(text))
}

/// Whether any clause needs a temporary table, a filesort.
fn block_flags(plan: &BlockPlan) -> (bool, bool) {
    if let Some(change) = plan.data_change {
        return (change.temporary, change.filesort);
    }
    let flags = &plan.flags;
    let clauses = [flags.order_by, flags.group_by, flags.distinct, flags.buffer_result, flags.windowing];
    (clauses.iter().any(|clause| clause.temporary), clauses.iter().any(|clause| clause.filesort))
}

fn push_piece(text: &mut String, piece: &str) {
    if !text.is_empty() {
        text.push_str("; ");
    }
    text.push_str(piece);
}

fn push_extra(text: &mut String, entry: &Entry<'_>, extra: &Extra<'_>) {
    let piece = match extra {
        Extra::ConstRowNotFound => "const row not found",
        Extra::UniqueRowNotFound => "unique row not found",
        Extra::ImpossibleOn => "Impossible ON condition",
        Extra::IndexCondition(_) => "Using index condition",
        Extra::IndexMerge => "Using ",
        Extra::TableFunction => "Table function: json_table; Using temporary",
        Extra::DynamicRange(_) => "Range checked for each record (index map: 0x",
        Extra::Where => "Using where",
        Extra::BackwardScan => "Backward index scan",
        Extra::NotExists => "Not exists",
        Extra::Mrr => "Using MRR",
        Extra::FullTextHints(_) => "Ft_hints: ",
        Extra::Covering(Covering::Index) => "Using index",
        Extra::Covering(Covering::GroupBy { scanning: false }) => "Using index for group-by",
        Extra::Covering(Covering::GroupBy { scanning: true }) => "Using index for group-by (scanning)",
        Extra::Covering(Covering::SkipScan) => "Using index for skip scan",
        Extra::Distinct => "Distinct",
        Extra::LooseScan => "LooseScan",
        Extra::StartTemporary => "Start temporary",
        Extra::EndTemporary => "End temporary",
        Extra::FirstMatch(_) => "FirstMatch",
        Extra::Rematerialize(_) => "Rematerialize (",
        Extra::FullScanOnNull => "Full scan on NULL key",
        Extra::JoinBuffer(JoinBuffer::BatchedKeyAccess) => "Using join buffer (Batched Key Access)",
        Extra::JoinBuffer(_) => "Using join buffer (hash join)",
        Extra::SecondaryEngine(_) => "Using secondary engine ",
    };
    push_piece(text, piece);
    push_argument(text, entry, extra);
}

fn push_argument(text: &mut String, entry: &Entry<'_>, extra: &Extra<'_>) {
    match extra {
        Extra::IndexMerge => entry.push_merge(text),
        Extra::DynamicRange(keys) => {
            let _ = write!(text, "{:X})", keys.0);
        }
        Extra::FullTextHints(hints) => text.push_str(hints),
        Extra::SecondaryEngine(name) => text.push_str(name),
        Extra::FirstMatch(Some(place)) => {
            if let Some(target) = entry.plan.tables.get(*place) {
                text.push('(');
                push_access_name(text, entry.query, target, true);
                text.push(')');
            }
        }
        Extra::Rematerialize(tables) => {
            for (i, table) in tables.iter().enumerate() {
                text.push_str(if i > 0 { "," } else { "" });
                push_table_name(text, entry.query, *table, derived_number(entry.query, *table).is_some());
            }
            text.push(')');
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts that a server printed (spec 07 §3.3).
    #[test]
    fn long_result_names_are_cut() {
        let list = |last: u32| (1..=last).map(|id| id.to_string()).collect::<Vec<_>>().join(",");
        assert_eq!(numbered_name("<union", 1..21), format!("<union{}>", list(20)));
        assert_eq!(numbered_name("<union", 1..22), format!("<union{},...,21>", list(19)));
        assert_eq!(numbered_name("<intersect", 1..18), format!("<intersect{}>", list(17)));
        assert_eq!(numbered_name("<intersect", 1..19), format!("<intersect{},...,18>", list(16)));
    }
}
