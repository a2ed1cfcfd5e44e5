//! Windows (spec 06 §12.1, 09 §6.6).

use super::ast_clause::AstClause;
use super::{Resolver, server};
use crate::catalog::schema::same_name;
use crate::error::Result;
use crate::parse::ast::{self, FrameBound, Name, Over, WindowSpec};
use crate::query::{BlockId, Expr, OrderElement, Window, WindowFrame, WindowFrameBound};
use crate::value::Value;

impl Resolver<'_> {
    /// Makes the windows of a WINDOW clause known by name; their expressions are resolved after the other clauses.
    pub(super) fn name_windows(&mut self, block: BlockId, windows: &[(Name, WindowSpec)]) -> Result<()> {
        for (name, spec) in windows {
            if self.state(block).windows.iter().any(|(known, _)| same_name(known, name)) {
                return server(3591, "HY000", format!("Window '{name}' is defined twice."));
            }
            let index = self.query[block].windows.len();
            self.query[block].windows.push(Window {
                name: Some(name.clone()),
                base: spec.base.clone(),
                partition_by: Vec::new(),
                order_by: Vec::new(),
                frame: None,
            });
            self.state_mut(block).windows.push((name.clone(), index));
        }
        self.check_cycles(block)
    }

    fn check_cycles(&self, block: BlockId) -> Result<()> {
        let windows = &self.query[block].windows;
        for start in 0..windows.len() {
            let mut at = start;
            for _ in 0..=windows.len() {
                let Some(base) = &windows[at].base else { break };
                let Some(next) = self.named_window(block, base) else {
                    return server(3579, "HY000", format!("Window name '{base}' is not defined."));
                };
                if next == start {
                    return server(3580, "HY000", "There is a circularity in the window dependency graph.");
                }
                at = next;
            }
        }
        Ok(())
    }

    fn named_window(&self, block: BlockId, name: &str) -> Option<usize> {
        self.state(block).windows.iter().find(|(known, _)| same_name(known, name)).map(|(_, index)| *index)
    }

    /// Resolves the windows of the WINDOW clause.
    pub(super) fn resolve_named_windows(&mut self, block: BlockId, windows: &[(Name, WindowSpec)]) -> Result<()> {
        for (index, (_, spec)) in windows.iter().enumerate() {
            let window = self.window(block, spec)?;
            let name = self.query[block].windows[index].name.clone();
            self.query[block].windows[index] = Window { name, ..window };
        }
        for index in 0..self.query[block].windows.len() {
            self.check_window(block, index)?;
        }
        self.drop_unused_windows(block);
        Ok(())
    }

    /// The window of an OVER clause.
    pub(super) fn window_of(&mut self, block: BlockId, over: &Over) -> Result<usize> {
        match over {
            Over::Named(name) => match self.named_window(block, name) {
                Some(index) => Ok(index),
                None => server(3579, "HY000", format!("Window name '{name}' is not defined.")),
            },
            Over::Spec(spec) => {
                if let Some(base) = &spec.base
                    && self.named_window(block, base).is_none()
                {
                    return server(3579, "HY000", format!("Window name '{base}' is not defined."));
                }
                let window = self.window(block, spec)?;
                self.query[block].windows.push(window);
                Ok(self.query[block].windows.len() - 1)
            }
        }
    }

    fn window(&mut self, block: BlockId, spec: &WindowSpec) -> Result<Window> {
        let before = std::mem::replace(&mut self.state_mut(block).clause, AstClause::WindowPartition);
        let mut partition_by = Vec::with_capacity(spec.partition_by.len());
        for expr in &spec.partition_by {
            partition_by.push(self.window_element(block, expr, false, false)?);
        }
        self.state_mut(block).clause = AstClause::Window;
        let mut order_by = Vec::with_capacity(spec.order_by.len());
        for item in &spec.order_by {
            order_by.push(self.window_element(block, &item.expr, item.descending, item.explicit_direction)?);
        }
        let frame = spec.frame.as_ref().map(|frame| self.frame(block, frame)).transpose()?;
        self.state_mut(block).clause = before;
        Ok(Window { name: None, base: spec.base.clone(), partition_by, order_by, frame })
    }

    fn window_element(
        &mut self,
        block: BlockId,
        expr: &ast::Expr,
        descending: bool,
        explicit_direction: bool,
    ) -> Result<OrderElement> {
        let expr = self.scalar(block, expr)?;
        let item = self.query[block].items.iter().position(|item| self.query.same(item.expr, expr));
        Ok(OrderElement { expr, descending, explicit_direction, item, by_alias: false })
    }

    fn frame(&mut self, block: BlockId, frame: &ast::Frame) -> Result<WindowFrame> {
        let start = self.bound(block, &frame.start)?;
        let end = match &frame.end {
            Some(end) => self.bound(block, end)?,
            None => WindowFrameBound::CurrentRow,
        };
        Ok(WindowFrame { rows: frame.rows, start, end, explicit_end: frame.end.is_some() })
    }

    fn bound(&mut self, block: BlockId, bound: &FrameBound) -> Result<WindowFrameBound> {
        Ok(match bound {
            FrameBound::UnboundedPreceding => WindowFrameBound::UnboundedPreceding,
            FrameBound::Preceding(e) => WindowFrameBound::Preceding(self.scalar(block, e)?),
            FrameBound::CurrentRow => WindowFrameBound::CurrentRow,
            FrameBound::Following(e) => WindowFrameBound::Following(self.scalar(block, e)?),
            FrameBound::UnboundedFollowing => WindowFrameBound::UnboundedFollowing,
        })
    }

    fn check_window(&self, block: BlockId, index: usize) -> Result<()> {
        let window = &self.query[block].windows[index];
        let name = window.name.as_deref().unwrap_or("<unnamed window>");
        if let Some(base_name) = &window.base
            && let Some(base) = self.named_window(block, base_name)
        {
            let base = &self.query[block].windows[base];
            if !window.partition_by.is_empty() {
                return server(3581, "HY000", "A window which depends on another cannot define partitioning.");
            }
            if base.frame.is_some() {
                let text = format!("Window '{base_name}' has a frame definition, so cannot be referenced by another window.");
                return server(3582, "HY000", text);
            }
            if !window.order_by.is_empty() && !base.order_by.is_empty() {
                let text = format!("Window '{name}' cannot inherit '{base_name}' since both contain an ORDER BY clause.");
                return server(3583, "HY000", text);
            }
        }
        let Some(frame) = &window.frame else { return Ok(()) };
        if matches!(frame.start, WindowFrameBound::UnboundedFollowing) {
            return server(3584, "HY000", format!("Window '{name}': frame start cannot be UNBOUNDED FOLLOWING."));
        }
        if matches!(frame.end, WindowFrameBound::UnboundedPreceding) {
            return server(3585, "HY000", format!("Window '{name}': frame end cannot be UNBOUNDED PRECEDING."));
        }
        let distance = [&frame.start, &frame.end].into_iter().find_map(|bound| match bound {
            WindowFrameBound::Preceding(e) | WindowFrameBound::Following(e) => Some(*e),
            _ => None,
        });
        let Some(distance) = distance else { return Ok(()) };
        if frame.rows {
            let fits = matches!(
                self.query.exprs[distance],
                Expr::Literal { value: Value::Int(0..) | Value::UInt(_), .. } | Expr::Parameter { .. }
            );
            if !fits {
                let text = format!("Window '{name}': frame start or end is negative, NULL or of non-integral type");
                return server(3586, "HY000", text);
            }
        } else if window.order_by.len() != 1 && window.base.is_none() {
            let text = format!(
                "Window '{name}' with RANGE N PRECEDING/FOLLOWING frame requires exactly one ORDER BY expression, of numeric or temporal type"
            );
            return server(3587, "HY000", text);
        }
        Ok(())
    }

    /// Named windows that nothing uses go, unless a used one builds on them or they contain a subquery.
    fn drop_unused_windows(&mut self, block: BlockId) {
        let count = self.query[block].windows.len();
        if count == 0 {
            return;
        }
        let mut used = vec![false; count];
        let roots: Vec<_> = {
            let b = &self.query[block];
            b.items.iter().map(|i| i.expr).chain(b.order_by.iter().map(|o| o.expr)).collect()
        };
        let mut nodes = Vec::new();
        for root in roots {
            self.query.walk(root, &mut |id| {
                if let Expr::Window { window, .. } = self.query.exprs[id] {
                    nodes.push(id);
                    used[window] = true;
                }
            });
        }
        for _ in 0..count {
            for index in 0..count {
                if used[index]
                    && let Some(base) = self.query[block].windows[index].base.clone()
                    && let Some(base) = self.named_window(block, &base)
                {
                    used[base] = true;
                }
            }
        }
        if used.iter().all(|u| *u) {
            return;
        }
        let mut places = vec![0; count];
        let mut next = 0;
        for (place, used) in places.iter_mut().zip(&used) {
            *place = next;
            next += usize::from(*used);
        }
        for node in nodes {
            if let Expr::Window { window, .. } = &mut self.query.exprs[node] {
                *window = places[*window];
            }
        }
        let mut keep = used.iter();
        self.query[block].windows.retain(|_| keep.next().copied().unwrap_or(true));
    }
}
