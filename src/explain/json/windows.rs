//! The `windows` array (spec 07 §9.9).

use super::Document;
use crate::explain::context::PrintContext;
use crate::explain::{expression, window_function_name};
use crate::plan::{BlockPlan, WindowStep};
use crate::query::{BlockId, Expr};

impl Document<'_> {
    pub(super) fn windows(&mut self, block: BlockId, plan: &BlockPlan) {
        self.writer.open_member("windows", '[');
        for (i, step) in plan.window_steps.iter().enumerate() {
            self.writer.element();
            self.writer.open('{');
            self.window(block, plan, step, i + 1 == plan.window_steps.len());
            self.writer.close('}', None);
        }
        self.writer.close(']', Some("windows"));
    }

    fn window(&mut self, id: BlockId, plan: &BlockPlan, step: &WindowStep, last: bool) {
        let windows = &self.plan.query[id].windows;
        let name = windows.get(step.window).and_then(|window| window.name.as_deref());
        self.writer.string("name", name.unwrap_or("<unnamed window>"));
        if plan.window_steps.len() > 1 {
            // Windows without a name count before the others.
            let before = |named: bool, end: usize| windows.iter().take(end).filter(|w| w.name.is_some() == named).count();
            let named = name.is_some();
            let position = 1 + before(named, step.window) + if named { before(false, windows.len()) } else { 0 };
            self.writer.number("definition_position", position as u64);
            if last {
                self.writer.boolean("last_executed_window", true);
            }
        }
        if !step.streamed {
            self.writer.boolean("using_temporary_table", true);
        }
        self.window_sort(id, step);
        if step.frame_buffer {
            self.writer.open_member("frame_buffer", '{');
            self.writer.boolean("using_temporary_table", true);
            if step.optimized_frame {
                self.writer.boolean("optimized_frame_evaluation", true);
            }
            self.writer.close('}', Some("frame_buffer"));
        }
        self.writer.open_member("functions", '[');
        for function in &step.functions {
            if let Expr::Window { function, .. } = &self.plan.query.exprs[*function] {
                self.writer.element();
                self.writer.quoted(window_function_name(*function));
            }
        }
        self.writer.close(']', Some("functions"));
    }

    fn window_sort(&mut self, id: BlockId, step: &WindowStep) {
        if step.sort.is_empty() {
            return;
        }
        self.writer.boolean("using_filesort", true);
        self.writer.open_member("filesort_key", '[');
        let context = PrintContext { bare_columns: true, ..PrintContext::json(&self.plan.settings, id) };
        for element in &step.sort {
            self.writer.element();
            self.writer.out.push('"');
            let start = self.writer.out.len();
            expression::print(&mut self.writer.out, &self.plan.query, &self.plan.blocks, element.expr, &context);
            if element.descending {
                self.writer.out.push_str(" desc");
            }
            self.writer.close_text(start);
        }
        self.writer.close(']', Some("filesort_key"));
    }
}
