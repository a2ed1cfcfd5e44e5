//! Windows: execution order, shared sorts, frame buffers (spec 06 §12).

use super::place::{ClauseKind, Element, OrderedBy, Work};
use crate::catalog::ResultClass;
use crate::plan::{TempTableKind, TempTableStep, WindowStep};
use crate::query::{AggregateKind, Expr, ExprId, OrderElement, WindowFrameBound, WindowFunction};

/// How one function uses its frame.
struct FrameUse {
    /// Rows must be kept until the frame is known.
    buffer: bool,
    /// A moving frame of rows can be followed incrementally.
    row_optimizable: bool,
    /// A moving frame of values can.
    range_optimizable: bool,
}

impl Work<'_, '_> {
    /// The block makes window steps.
    pub(super) fn has_window_steps(&self) -> bool {
        !self.b().windows.is_empty() && !self.plan_is_const() && !self.b().implicitly_grouped() && !self.group_optimized_away
    }

    /// Windows in the order of execution with their sort keys; empty where none is needed (spec 06 §12.1).
    pub(super) fn window_order(&self) -> Vec<(usize, Vec<OrderElement>)> {
        let b = self.b();
        let mut order: Vec<(usize, Vec<OrderElement>, bool)> =
            (0..b.windows.len()).map(|window| (window, self.window_key(window, 0), true)).collect();
        if b.implicitly_grouped() {
            return order.into_iter().map(|(window, ..)| (window, Vec::new())).collect();
        }
        for i in 0..order.len().saturating_sub(1) {
            let same = (i + 1..order.len()).find(|j| self.same_key(&order[i].1, &order[*j].1));
            if let Some(j) = same {
                order.swap(i + 1, j);
                order[i + 1].2 = false;
            }
        }
        order.into_iter().map(|(window, key, sorts)| (window, if sorts { key } else { Vec::new() })).collect()
    }

    /// The first window in the order of execution sorts its input.
    pub(super) fn first_window_sorts(&self) -> bool {
        self.window_order().first().is_some_and(|(_, key)| !key.is_empty())
    }

    fn same_key(&self, a: &[OrderElement], b: &[OrderElement]) -> bool {
        !a.is_empty()
            && a.len() == b.len()
            && a.iter().zip(b).all(|(x, y)| x.descending == y.descending && self.query.same(x.expr, y.expr))
    }

    fn base_of(&self, window: usize) -> Option<usize> {
        let b = self.b();
        let base = b.windows[window].base.as_ref()?;
        b.windows.iter().position(|other| other.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(base)))
    }

    fn window_key(&self, window: usize, depth: usize) -> Vec<OrderElement> {
        let mut key = self.partition_of(window, depth);
        key.extend(self.order_of(window, depth));
        key
    }

    fn partition_of(&self, window: usize, depth: usize) -> Vec<OrderElement> {
        let own = &self.b().windows[window].partition_by;
        match self.base_of(window) {
            Some(base) if own.is_empty() && depth < 64 => self.partition_of(base, depth + 1),
            _ => own.clone(),
        }
    }

    fn order_of(&self, window: usize, depth: usize) -> Vec<OrderElement> {
        let own = &self.b().windows[window].order_by;
        match self.base_of(window) {
            Some(base) if own.is_empty() && depth < 64 => self.order_of(base, depth + 1),
            _ => own.clone(),
        }
    }

    /// Functions of a window, in the order of the select list and ORDER BY.
    fn functions_of(&self, window: usize) -> Vec<ExprId> {
        let mut found = Vec::new();
        let b = self.b();
        let roots = b.items.iter().map(|item| item.expr).chain(b.order_by.iter().map(|o| o.expr));
        for root in roots {
            self.query.walk(root, &mut |id| {
                if matches!(self.query.exprs[id], Expr::Window { window: of, .. } if of == window) && !found.contains(&id) {
                    found.push(id);
                }
            });
        }
        found
    }

    /// Makes one step a window (spec 06 §12.3).
    pub(super) fn make_window_steps(&mut self) {
        let order = self.window_order();
        let count = order.len();
        let had_temporary = self.need_temporary;
        for (position, (window, key)) in order.into_iter().enumerate() {
            let last = position + 1 == count;
            if !key.is_empty() {
                let elements: Vec<Element> = key.iter().map(Element::ordered).collect();
                self.add_sort(&elements, ClauseKind::Windowing, None);
            }
            let deduplicates = last && self.distinct;
            let having = if position == 0 { self.having.take() } else { None };
            let functions = self.functions_of(window);
            let (frame_buffer, optimized_frame) = self.frame_buffer(window, &functions);
            self.steps.push(TempTableStep {
                kind: TempTableKind::Window(window),
                deduplicates,
                group_by: Vec::new(),
                limit: None,
                having,
                condition: None,
                duplicate_removal: None,
                sort: None,
                streamed_window: false,
            });
            if deduplicates {
                self.distinct = false;
            }
            if last && !self.order_by.is_empty() && self.ordered_by != OrderedBy::OrderBy {
                let list = self.order_by.clone();
                self.add_sort(&list, ClauseKind::OrderBy, None);
            }
            let sorted = self.steps.last().is_some_and(|step| step.sort.is_some());
            let buffers = self.b().options.sql_buffer_result;
            let streamed = last && !sorted && !deduplicates && (!buffers || had_temporary || count >= 2);
            if let Some(step) = self.steps.last_mut() {
                step.streamed_window = streamed;
            }
            self.window_steps.push(WindowStep { window, sort: key, streamed, frame_buffer, optimized_frame, functions });
        }
    }

    /// Needs a window a frame buffer, and are its frames followed incrementally (spec 06 §12.2)?
    fn frame_buffer(&self, window: usize, functions: &[ExprId]) -> (bool, bool) {
        let order = self.order_of(window, 0);
        let frame = self.frame_of(window, !order.is_empty());
        let uses: Vec<FrameUse> = functions.iter().map(|id| self.frame_use(*id, &frame, &order)).collect();
        let buffer = uses.iter().any(|function| function.buffer);
        let fixed = frame.from_start && frame.to_end;
        let optimized = if fixed {
            true
        } else if frame.rows {
            uses.iter().all(|function| function.row_optimizable)
        } else {
            uses.iter().all(|function| function.range_optimizable)
        };
        (buffer, buffer && optimized)
    }

    fn frame_of(&self, window: usize, ordered: bool) -> Frame {
        let Some(frame) = &self.b().windows[window].frame else {
            return Frame { rows: false, from_start: true, to_end: !ordered, to_current: ordered };
        };
        let unordered_range = !frame.rows && !ordered;
        let current = |bound: &WindowFrameBound| matches!(bound, WindowFrameBound::CurrentRow);
        Frame {
            rows: frame.rows,
            from_start: matches!(frame.start, WindowFrameBound::UnboundedPreceding) || (unordered_range && current(&frame.start)),
            to_end: matches!(frame.end, WindowFrameBound::UnboundedFollowing) || (unordered_range && current(&frame.end)),
            to_current: current(&frame.end) && !unordered_range,
        }
    }

    fn frame_use(&self, id: ExprId, frame: &Frame, order: &[OrderElement]) -> FrameUse {
        let Expr::Window { function, args, .. } = &self.query.exprs[id] else {
            return FrameUse { buffer: false, row_optimizable: true, range_optimizable: true };
        };
        let running = frame.rows && frame.from_start && frame.to_current;
        let all = |buffer: bool, kept: bool| FrameUse { buffer, row_optimizable: kept, range_optimizable: kept };
        match function {
            WindowFunction::RowNumber | WindowFunction::Rank | WindowFunction::DenseRank => all(false, true),
            WindowFunction::PercentRank
            | WindowFunction::CumeDist
            | WindowFunction::Ntile
            | WindowFunction::Lag
            | WindowFunction::Lead => all(true, true),
            WindowFunction::FirstValue | WindowFunction::LastValue | WindowFunction::NthValue => all(!running, true),
            WindowFunction::Aggregate(kind) => {
                let approximate = args.iter().any(|arg| {
                    let class = crate::query::typing::class(&self.query.exprs.facts(*arg).ty);
                    matches!(class, ResultClass::Real | ResultClass::Str)
                });
                let precise = self.ctx.settings.windowing_use_high_precision;
                let kept = match kind {
                    AggregateKind::Sum | AggregateKind::Avg => !(approximate && !frame.from_start && precise),
                    AggregateKind::Std | AggregateKind::StddevSamp | AggregateKind::VarPop | AggregateKind::VarSamp => {
                        !frame.from_start && !precise
                    }
                    AggregateKind::Min | AggregateKind::Max => {
                        let first = order.first().map(|element| element.expr);
                        matches!((first, args.first()), (Some(a), Some(b)) if self.query.same(a, *b))
                    }
                    _ => true,
                };
                all(!running, kept)
            }
        }
    }
}

/// A frame as far as buffering asks.
struct Frame {
    rows: bool,
    from_start: bool,
    to_end: bool,
    to_current: bool,
}
