//! Casts that comparisons of two types show once access is chosen (spec 02 §4.9-6).

use super::place::Work;
use crate::query::{ExprId, JoinMember};
use crate::rewrite::conditions::add_casts;

impl Work<'_, '_> {
    /// Adds them in place, so that every text that shares a comparison shows them: conditions, the note, the select list.
    pub(super) fn show_casts(&mut self) {
        let mut roots: Vec<ExprId> = Vec::new();
        for place in &self.places {
            roots.extend(place.condition);
            roots.extend(place.index_condition);
        }
        roots.extend(self.where_);
        roots.extend(self.having);
        roots.extend(self.shown_having);
        let block = &self.query[self.block];
        roots.extend(block.items.iter().map(|item| item.expr));
        roots.extend(block.order_by.iter().chain(&block.group_by).map(|element| element.expr));
        roots.extend(block.leaves.iter().filter_map(|table| self.query[*table].on));
        let mut members = block.from.clone();
        while let Some(member) = members.pop() {
            if let JoinMember::Nest(nest) = member {
                roots.extend(self.query[nest].on);
                members.extend(self.query[nest].members.iter().copied());
            }
        }
        for root in roots {
            add_casts(self.query, self.block, root);
        }
    }
}
