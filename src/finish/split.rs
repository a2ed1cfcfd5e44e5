//! Taking the part of a condition that can be checked at a table (spec 06 §3.4).

use super::place::Work;
use crate::query::{Expr, ExprId, TableSet};

impl Work<'_, '_> {
    /// The part of `condition` that uses nothing outside `available` and something of `added` (anything, if `added` is
    /// empty). The result shares its leaves with the condition.
    pub(super) fn extract(&mut self, condition: ExprId, available: TableSet, added: TableSet) -> Option<ExprId> {
        let used = self.used(condition);
        let expensive_here = added == available && self.is_expensive(condition);
        if !(added.is_empty() || used.meets(added) || expensive_here) {
            return None;
        }
        match self.query.exprs[condition].clone() {
            Expr::And(members) => self.extract_and(condition, &members, available, added),
            Expr::Or(members) => self.extract_or(condition, &members, available),
            _ => {
                if !used.minus(TableSet::INNER).is_subset(available) {
                    return None;
                }
                if added.is_empty() && self.is_expensive(condition) {
                    return None;
                }
                Some(condition)
            }
        }
    }

    fn extract_and(&mut self, whole: ExprId, members: &[ExprId], available: TableSet, added: TableSet) -> Option<ExprId> {
        let mut kept = Vec::with_capacity(members.len());
        let mut same = true;
        for member in members {
            match self.extract(*member, available, added) {
                Some(part) => match &self.query.exprs[part] {
                    Expr::And(inner) => {
                        kept.extend(inner.iter().copied());
                        same = false;
                    }
                    _ => {
                        same &= part == *member;
                        kept.push(part);
                    }
                },
                None => same = false,
            }
        }
        match kept.len() {
            0 => None,
            1 => Some(kept[0]),
            _ if same => Some(whole),
            _ => Some(self.add(Expr::And(kept))),
        }
    }

    fn extract_or(&mut self, whole: ExprId, members: &[ExprId], available: TableSet) -> Option<ExprId> {
        let mut kept = Vec::with_capacity(members.len());
        for member in members {
            kept.push(self.extract(*member, available, TableSet::EMPTY)?);
        }
        if kept == members {
            return Some(whole);
        }
        Some(self.add(Expr::Or(kept)))
    }
}
