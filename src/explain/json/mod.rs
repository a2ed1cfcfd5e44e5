//! FORMAT=JSON; of version 1 (spec 07 §9): the document is written as text, member by member, in the server's order.

mod table;
mod units;
mod windows;
mod writer;

use super::traditional::{block_message, command_word, insert_target, is_materialized, result_message, result_name};
use crate::parse::ast::SetOperator;
use crate::plan::block::ClauseFlag;
use crate::plan::{BlockPlan, Outcome, Plan};
use crate::query::{BlockId, Clause, Command, Term, TermKind, Unit, UnitId};
use units::Lists;
use writer::Writer;

/// The document, in the version that `explain_json_format_version` names.
pub fn render(plan: &Plan) -> String {
    if plan.settings.variable("explain_json_format_version") == Ok("2") {
        return super::tree::document::render(plan);
    }
    let mut document = Document { plan, writer: Writer::new(plan.settings.end_markers_in_json) };
    document.query_block(plan.query.root);
    document.writer.finish()
}

/// Writing one document.
struct Document<'a> {
    plan: &'a Plan,
    writer: Writer,
}

/// The levels around a block's tables, from outside to inside.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrapper {
    Ordering,
    Duplicates,
    Windowing,
    Grouping,
    Buffer,
}

impl Wrapper {
    const ALL: [Wrapper; 5] = [Wrapper::Ordering, Wrapper::Duplicates, Wrapper::Windowing, Wrapper::Grouping, Wrapper::Buffer];

    fn key(self) -> &'static str {
        match self {
            Wrapper::Ordering => "ordering_operation",
            Wrapper::Duplicates => "duplicates_removal",
            Wrapper::Windowing => "windowing",
            Wrapper::Grouping => "grouping_operation",
            Wrapper::Buffer => "buffer_result",
        }
    }

    fn flag(self, plan: &BlockPlan) -> ClauseFlag {
        match self {
            Wrapper::Ordering => plan.flags.order_by,
            Wrapper::Duplicates => plan.flags.distinct,
            Wrapper::Windowing => plan.flags.windowing,
            Wrapper::Grouping => plan.flags.group_by,
            Wrapper::Buffer => plan.flags.buffer_result,
        }
    }

    fn is_there(self, plan: &BlockPlan) -> bool {
        let windowed = self != Wrapper::Windowing || !plan.window_steps.is_empty();
        self.flag(plan).exists && windowed
    }
}

impl<'a> Document<'a> {
    /// `"query_block": { … }` of a query expression.
    fn query_block(&mut self, unit: UnitId) {
        self.writer.open_member("query_block", '{');
        let unit = &self.plan.query[unit];
        match &unit.term.kind {
            TermKind::Block(block) => self.select(*block),
            _ => self.set_operation(unit, &unit.term),
        }
        self.writer.close('}', Some("query_block"));
    }

    fn set_operation(&mut self, unit: &'a Unit, term: &'a Term) {
        let (key, children) = match &term.kind {
            TermKind::SetOperation { operator, children, .. } => {
                let key = match operator {
                    SetOperator::Union => "union_result",
                    SetOperator::Intersect => "intersect_result",
                    SetOperator::Except => "except_result",
                };
                (key, children.as_slice())
            }
            TermKind::Parenthesized(inner) => ("unary_result", std::slice::from_ref(inner.as_ref())),
            TermKind::Block(block) => return self.specification(*block),
        };
        self.writer.open_member(key, '{');
        if is_materialized(self.plan, unit, term) {
            self.writer.boolean("using_temporary_table", true);
            if let Some(message) = result_message(self.plan, unit, term) {
                self.writer.string("message", message);
            } else {
                self.writer.number("select_id", u64::from(term.select_id));
                self.writer.string("table_name", &result_name(&self.plan.query, term));
                self.writer.string("access_type", "ALL");
                if !term.order_by.is_empty() {
                    self.writer.boolean("using_filesort", true);
                }
            }
        } else {
            self.writer.boolean("using_temporary_table", false);
        }
        self.writer.open_member("query_specifications", '[');
        for child in children {
            self.writer.element();
            self.writer.open('{');
            self.set_operation(unit, child);
            self.writer.close('}', None);
        }
        self.writer.close(']', Some("query_specifications"));
        self.writer.close('}', Some(key));
    }

    /// A plain operand of a set operation.
    fn specification(&mut self, block: BlockId) {
        self.flags_of(block);
        self.writer.open_member("query_block", '{');
        self.select(block);
        self.writer.close('}', Some("query_block"));
    }

    fn flags_of(&mut self, block: BlockId) {
        let (dependent, cacheable) = super::traditional::dependent_and_cacheable(self.plan, block);
        self.writer.boolean("dependent", dependent);
        self.writer.boolean("cacheable", cacheable);
    }

    /// The content of one block's `query_block`.
    fn select(&mut self, id: BlockId) {
        let plan = self.plan;
        let block = &plan.query[id];
        let block_plan = plan.blocks.get(id.0 as usize).and_then(Option::as_ref);
        self.writer.number("select_id", u64::from(block.select_id));
        if block.recursive {
            self.writer.boolean("recursive", true);
        }
        let lists = Lists::of(plan, id, block_plan);
        let target = insert_target(plan, id);
        let no_tables = matches!(block_plan.map(|p| &p.outcome), Some(Outcome::NoTables));
        if let Some(target) = target.filter(|target| !target.from_query || no_tables) {
            self.insert_target(target, None);
            return self.block_lists(&lists);
        }
        match (block_plan, block_message(block_plan)) {
            (Some(block_plan), None) if block_plan.data_change.is_some() => self.data_change(id, block_plan, &lists),
            (Some(block_plan), None) => {
                self.block_costs(block_plan);
                match target {
                    Some(target) => self.insert_from(id, block_plan, target, &lists),
                    None => self.content(id, block_plan, &lists),
                }
            }
            (_, message) => self.message(message.unwrap_or_default(), &lists),
        }
    }

    fn block_costs(&mut self, plan: &BlockPlan) {
        let wraps = |wrapper: Wrapper| wrapper.is_there(plan) && wrapper.flag(plan).filesort;
        let twice =
            !plan.window_steps.is_empty() && wraps(Wrapper::Grouping) && (wraps(Wrapper::Ordering) || wraps(Wrapper::Duplicates));
        self.writer.open_member("cost_info", '{');
        self.writer.cost("query_cost", if twice { plan.best_read + plan.sort_cost } else { plan.best_read });
        self.writer.close('}', Some("cost_info"));
    }

    /// The target row of INSERT and REPLACE.
    fn insert_target(&mut self, target: &crate::query::InsertTarget, select_id: Option<u32>) {
        let table = &self.plan.query[target.table];
        self.writer.open_member("table", '{');
        self.changed_flag();
        if let Some(number) = select_id {
            self.writer.number("select_id", u64::from(number));
        }
        self.writer.string("table_name", &table.alias);
        self.writer.string("access_type", "ALL");
        self.writer.close('}', Some("table"));
    }

    fn changed_flag(&mut self) {
        if let Some(word) = command_word(&self.plan.query.command) {
            self.writer.boolean(&word.to_ascii_lowercase(), true);
        }
    }

    fn insert_from(&mut self, id: BlockId, plan: &'a BlockPlan, target: &crate::query::InsertTarget, lists: &Lists) {
        let wrappers: Vec<Wrapper> = Wrapper::ALL.into_iter().filter(|wrapper| wrapper.is_there(plan)).collect();
        let select_id = (!wrappers.is_empty()).then_some(self.plan.query[id].select_id);
        self.insert_target(target, select_id);
        // A block whose outermost level is windowing loses its content here.
        if wrappers.first() != Some(&Wrapper::Windowing) {
            self.writer.open_member("insert_from", '{');
            self.content(id, plan, lists);
            self.writer.close('}', Some("insert_from"));
        }
    }

    /// Levels, tables and lists of a planned block.
    fn content(&mut self, id: BlockId, plan: &'a BlockPlan, lists: &Lists) {
        let mut wrappers = [Wrapper::Ordering; 5];
        let mut count = 0;
        for wrapper in Wrapper::ALL.into_iter().filter(|wrapper| wrapper.is_there(plan)) {
            wrappers[count] = wrapper;
            count += 1;
        }
        self.wrapped(id, plan, lists, &wrappers[..count]);
        if count == 0 {
            self.block_lists(lists);
        }
    }

    fn wrapped(&mut self, id: BlockId, plan: &'a BlockPlan, lists: &Lists, wrappers: &[Wrapper]) {
        let Some((wrapper, inner)) = wrappers.split_first() else { return self.tables(id, plan, lists) };
        let flag = wrapper.flag(plan);
        self.writer.open_member(wrapper.key(), '{');
        if flag.temporary && *wrapper != Wrapper::Windowing {
            self.writer.boolean("using_temporary_table", true);
        }
        if !matches!(wrapper, Wrapper::Windowing | Wrapper::Buffer) {
            self.writer.boolean("using_filesort", flag.filesort);
        }
        if *wrapper == Wrapper::Windowing {
            self.windows(id, plan);
        }
        if let Some(cost) = sort_cost(plan, *wrapper).filter(|cost| *cost > 0.0) {
            self.writer.open_member("cost_info", '{');
            self.writer.cost("sort_cost", cost);
            self.writer.close('}', Some("cost_info"));
        }
        self.wrapped(id, plan, lists, inner);
        if inner.is_empty() {
            self.block_lists(lists);
        }
        match wrapper {
            Wrapper::Ordering => self.unit_list("order_by_subqueries", lists, Clause::OrderBy),
            Wrapper::Grouping => self.unit_list("group_by_subqueries", lists, Clause::GroupBy),
            _ => {}
        }
        self.writer.close('}', Some(wrapper.key()));
    }

    /// A block that ended with a message.
    fn message(&mut self, message: &str, lists: &Lists) {
        self.writer.string("message", message);
        match lists.derived.as_slice() {
            [] => {}
            derived => {
                self.writer.open_member("table", '{');
                self.changed_flag();
                if let [one] = derived {
                    self.materialized_unit(*one);
                } else {
                    self.writer.open_member("nested_loop", '[');
                    for unit in derived {
                        self.writer.element();
                        self.writer.open('{');
                        self.materialized_unit(*unit);
                        self.writer.close('}', None);
                    }
                    self.writer.close(']', Some("nested_loop"));
                }
                self.writer.close('}', Some("table"));
            }
        }
        self.unit_list("attached_subqueries", lists, Clause::Where);
        self.block_lists(lists);
        self.unit_list("order_by_subqueries", lists, Clause::OrderBy);
        self.unit_list("group_by_subqueries", lists, Clause::GroupBy);
    }

    /// UPDATE or DELETE of one table without a join plan.
    fn data_change(&mut self, id: BlockId, plan: &'a BlockPlan, lists: &Lists) {
        let change = plan.data_change.unwrap_or_default();
        let ordered = !self.plan.query[id].order_by.is_empty() && !change.delete_all;
        if ordered {
            self.writer.open_member("ordering_operation", '{');
            if change.temporary && !change.key_modified {
                self.writer.boolean("using_temporary_table", true);
            }
            self.writer.boolean("using_filesort", change.filesort);
        }
        self.tables(id, plan, lists);
        self.block_lists(lists);
        if ordered {
            self.unit_list("order_by_subqueries", lists, Clause::OrderBy);
            self.writer.close('}', Some("ordering_operation"));
        }
    }

    /// True if the statement changes rows and shows it at its tables.
    fn changes(&self) -> bool {
        !matches!(self.plan.query.command, Command::Select)
    }
}

/// Cost that a level prints (spec 07 §9.7).
fn sort_cost(plan: &BlockPlan, wrapper: Wrapper) -> Option<f64> {
    if wrapper == Wrapper::Windowing {
        return Some(plan.windowing_cost);
    }
    let sorts = |wrapper: Wrapper| wrapper.is_there(plan) && wrapper.flag(plan).filesort;
    let there = |wrapper: &Wrapper| wrapper.is_there(plan);
    let outer = [Wrapper::Duplicates, Wrapper::Ordering];
    if plan.window_steps.is_empty() {
        let innermost = [Wrapper::Grouping, Wrapper::Duplicates, Wrapper::Ordering].into_iter().find(there);
        return (innermost == Some(wrapper)).then_some(plan.sort_cost);
    }
    if wrapper == Wrapper::Grouping {
        return sorts(wrapper).then_some(plan.sort_cost);
    }
    let any_sorts = outer.into_iter().any(sorts);
    (any_sorts && outer.into_iter().find(there) == Some(wrapper)).then_some(plan.sort_cost)
}
