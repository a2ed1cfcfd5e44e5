//! Where a block's expressions hang.

use super::{BlockId, Expr, ExprId, JoinMember, NestKind, Query, TableId, TableKind, TableSet, WindowFrameBound};

impl Query {
    /// All root expressions of a block: select list, ON conditions, WHERE, GROUP BY, HAVING, windows, ORDER BY, LIMIT, VALUES
    /// rows, pairs of semijoins, and the documents of its table functions. Expressions inside subqueries belong to the subqueries' blocks.
    pub fn block_roots(&self, block: BlockId) -> Vec<ExprId> {
        let b = &self[block];
        let mut roots: Vec<ExprId> = b.items.iter().map(|item| item.expr).collect();
        self.on_conditions(&b.from, &mut roots);
        self.semijoin_pairs(&b.from, &mut roots);
        for leaf in &b.leaves {
            if let TableKind::JsonTable { document } = self[*leaf].kind {
                roots.push(document);
            }
        }
        roots.extend(b.where_);
        roots.extend(b.group_by.iter().map(|element| element.expr));
        roots.extend(b.having);
        for window in &b.windows {
            roots.extend(window.partition_by.iter().chain(&window.order_by).map(|element| element.expr));
            for bound in window.frame.iter().flat_map(|frame| [&frame.start, &frame.end]) {
                if let WindowFrameBound::Preceding(expr) | WindowFrameBound::Following(expr) = bound {
                    roots.push(*expr);
                }
            }
        }
        roots.extend(b.order_by.iter().map(|element| element.expr));
        roots.extend(b.limit);
        roots.extend(b.offset);
        roots.extend(b.values.iter().flatten().flatten());
        if self[self.root].blocks.first() == Some(&block) {
            self.command_roots(&mut roots);
        }
        roots
    }

    /// Tables of `block` that the definition of one of its tables refers to (LATERAL derived tables, table functions).
    pub fn lateral_dependencies(&self, block: BlockId, table: TableId) -> TableSet {
        let TableKind::Derived { unit, lateral: true, .. } = self[table].kind else {
            return match self[table].kind {
                TableKind::JsonTable { document } => self.exprs.facts(document).used.tables(),
                _ => TableSet::EMPTY,
            };
        };
        let mut dependencies = TableSet::EMPTY;
        let mut pending = self[unit].blocks.clone();
        while let Some(inner) = pending.pop() {
            for root in self.block_roots(inner) {
                self.walk(root, &mut |id| {
                    if let Expr::Column { table: of, .. } = self.exprs[id]
                        && self[of].block == block
                    {
                        dependencies.insert(self[of].number);
                    }
                });
            }
            for inside in &self[inner].inner_units {
                pending.extend(&self[*inside].blocks);
            }
        }
        dependencies
    }

    /// ON conditions below a FROM list, in its order.
    pub fn on_conditions(&self, members: &[JoinMember], roots: &mut Vec<ExprId>) {
        for member in members {
            match member {
                JoinMember::Table(table) => roots.extend(self[*table].on),
                JoinMember::Nest(nest) => {
                    self.on_conditions(&self[*nest].members, roots);
                    roots.extend(self[*nest].on);
                }
            }
        }
    }

    /// Both sides of the pairs of the semijoins and antijoins below a FROM list.
    fn semijoin_pairs(&self, members: &[JoinMember], roots: &mut Vec<ExprId>) {
        for member in members {
            let JoinMember::Nest(nest) = member else { continue };
            if let NestKind::Semijoin(info) | NestKind::Antijoin(info) = &self[*nest].kind {
                roots.extend(info.pairs.iter().flat_map(|(outer, inner)| [*outer, *inner]));
            }
            self.semijoin_pairs(&self[*nest].members, roots);
        }
    }

    /// Number of leaf tables below a member of a FROM list.
    pub fn leaves_below(&self, member: JoinMember) -> usize {
        match member {
            JoinMember::Table(_) => 1,
            JoinMember::Nest(nest) => self[nest].members.iter().map(|member| self.leaves_below(*member)).sum(),
        }
    }

    fn command_roots(&self, roots: &mut Vec<ExprId>) {
        use super::Command;
        match &self.command {
            Command::Select | Command::Delete { .. } => {}
            Command::Insert(target) | Command::Replace(target) => {
                roots.extend(&target.columns);
                roots.extend(target.rows.iter().flatten());
                roots.extend(target.on_duplicate.iter().flat_map(|(column, value)| [*column, *value]));
            }
            Command::Update { assignments, .. } => {
                roots.extend(assignments.iter().flat_map(|(column, value)| [*column, *value]));
            }
        }
    }
}
