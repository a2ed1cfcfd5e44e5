//! Equalities that a lookup already guarantees leave the table conditions (spec 06 §3.6).

use super::place::Work;
use crate::catalog::{DataType, ServerVersion, TypeKind};
use crate::parse::ast::CompareOp;
use crate::plan::AccessType;
use crate::query::{Expr, ExprId, GuardKind};
use crate::rewrite::conditions;
use crate::value::Value;
use crate::value::store::{StoreOutcome, store};

impl Work<'_, '_> {
    /// Reduces every table's condition, then wraps constants in `<cache>` (spec 02 §4.12), HAVING's too.
    pub(super) fn finalize_conditions(&mut self) {
        for index in self.state.const_tables..self.places.len() {
            if let Some(condition) = self.places[index].condition {
                let outside = self.null_extended_outside(index);
                let reduced = self.reduce(condition, index, &outside);
                self.places[index].condition = reduced;
                if let Some(reduced) = reduced {
                    self.places[index].condition = Some(conditions::cache_constants(self.query, self.block, reduced));
                }
            }
        }
        if let Some(having) = self.having {
            let cached = conditions::cache_constants(self.query, self.block, having);
            if self.shown_having == self.having {
                self.shown_having = Some(cached);
            }
            self.having = Some(cached);
        }
    }

    /// Places whose rows may be null-extended where the condition of `index` is checked: all inner tables of outer joins but
    /// the one that owns the condition.
    fn null_extended_outside(&self, index: usize) -> Vec<bool> {
        let inner = |(at, place): (usize, &super::place::Place)| at != index && place.first_inner.is_some();
        self.places.iter().enumerate().map(inner).collect()
    }

    fn reduce(&mut self, condition: ExprId, owner: usize, extended: &[bool]) -> Option<ExprId> {
        match self.query.exprs[condition].clone() {
            Expr::And(members) => self.reduce_and(condition, &members, owner, extended),
            Expr::Or(members) => {
                let mut kept = Vec::with_capacity(members.len());
                for member in &members {
                    kept.push(self.reduce(*member, owner, extended)?);
                }
                if kept == members { Some(condition) } else { Some(self.add(Expr::Or(kept))) }
            }
            Expr::Guard { kind, condition: inside } => {
                let mut extended = extended.to_vec();
                if let Some(first) = self.found_match_place(kind) {
                    let last = self.places[first].last_inner.unwrap_or(first);
                    extended[first..=last].iter_mut().for_each(|flag| *flag = true);
                }
                let reduced = self.reduce(inside, owner, &extended)?;
                if reduced == inside {
                    return Some(condition);
                }
                Some(self.add(Expr::Guard { kind, condition: reduced }))
            }
            Expr::Compare { op: CompareOp::Equal, left, right } => {
                let implied = self.implied(left, right, extended) || self.implied(right, left, extended);
                (!implied).then_some(condition)
            }
            _ => Some(condition),
        }
    }

    fn reduce_and(&mut self, whole: ExprId, members: &[ExprId], owner: usize, extended: &[bool]) -> Option<ExprId> {
        let mut kept = Vec::with_capacity(members.len());
        for member in members {
            kept.extend(self.reduce(*member, owner, extended));
        }
        match kept.len() {
            0 => None,
            1 => Some(kept[0]),
            _ if kept == members => Some(whole),
            _ => Some(self.add(Expr::And(kept))),
        }
    }

    fn found_match_place(&self, kind: GuardKind) -> Option<usize> {
        match kind {
            GuardKind::FoundMatch(id) => self.place_of(id),
            GuardKind::FoundMatchOfNest(nest) => self.places.iter().position(|place| place.nest == Some(nest)),
            _ => None,
        }
    }

    /// `column = value` follows from the lookup into the column's table.
    fn implied(&self, column: ExprId, value: ExprId, extended: &[bool]) -> bool {
        let Some(place) = self.place_of_column(column) else { return false };
        if place < self.state.const_tables || extended[place] {
            return false;
        }
        let entry = &self.places[place];
        let Some(lookup) = &entry.lookup else { return false };
        let lookup_type = matches!(entry.access, AccessType::Ref | AccessType::EqRef | AccessType::Const);
        if !lookup_type || lookup.guarded_parts != 0 {
            return false;
        }
        if let Expr::MaterializedColumn { position, .. } = self.query.exprs[self.query.real(column)] {
            let part = lookup.values.get(position as usize);
            return part.is_some_and(|known| self.same_value(*known, value)) && self.is_exact(column, value);
        }
        let Some((_, number)) = self.query.column_of(column) else { return false };
        let Some(table) = self.table(place) else { return false };
        let Some(definition) = table.indexes.get(lookup.index as usize) else { return false };
        for (part, known) in lookup.values.iter().enumerate() {
            let Some(key_part) = definition.parts.get(part) else { break };
            if key_part.column == number && key_part.prefix_chars.is_none() && self.same_value(*known, value) {
                return self.is_exact(column, value);
            }
        }
        false
    }

    fn same_value(&self, known: ExprId, value: ExprId) -> bool {
        self.query.same(known, value)
    }

    /// The lookup compares exactly as the equality does (spec 06 §3.6 point 4).
    fn is_exact(&self, column: ExprId, value: ExprId) -> bool {
        let ty = &self.query.exprs.facts(column).ty;
        let mut real = self.query.real(value);
        if let Expr::Cache(inner) = self.query.exprs[real] {
            real = self.query.real(inner);
        }
        // A const table's column is still a column here.
        if matches!(self.query.exprs[real], Expr::Column { .. } | Expr::MaterializedColumn { .. }) {
            return same_definition(ty, &self.query.exprs.facts(value).ty);
        }
        if !self.is_const(value) {
            return false;
        }
        if matches!(ty.kind, TypeKind::Char | TypeKind::VarChar) && ty.collation == crate::catalog::CollationId::BINARY {
            return false;
        }
        // ENUM and SET count as CHAR here.
        if matches!(ty.kind, TypeKind::Char | TypeKind::Enum | TypeKind::Set) && !pads_space(ty) {
            return false;
        }
        if ty.kind == TypeKind::Float && ty.decimals > 0 {
            return false;
        }
        // Before 9.7 an equality with a subquery stays (spec 02 §10-4).
        let has_subquery = self.query.exprs.facts(value).flags.any(crate::query::ExprFlags::SUBQUERY);
        if has_subquery && self.ctx.settings.version < ServerVersion::V9_7 {
            return false;
        }
        match crate::evaluate::evaluate(self.ctx, self.query, value) {
            crate::evaluate::Evaluated::Known(Value::Null) => false,
            crate::evaluate::Evaluated::Known(known) => {
                store(&known, ty, self.ctx.settings.store_rules()).outcome == StoreOutcome::Exact
            }
            _ => true,
        }
    }
}

/// Columns that compare as they are stored: same type, length, collation, signedness.
fn same_definition(a: &DataType, b: &DataType) -> bool {
    a.kind == b.kind
        && a.unsigned == b.unsigned
        && a.decimals == b.decimals
        && a.collation == b.collation
        && (a.length == b.length || !matches!(a.kind, TypeKind::Char | TypeKind::VarChar | TypeKind::Decimal | TypeKind::Bit))
        && a.members == b.members
}

/// PAD SPACE collations ignore trailing blanks in comparisons; utf8mb4_0900 ones and binary do not.
fn pads_space(ty: &DataType) -> bool {
    crate::catalog::collation::info(ty.collation).pad_space
}
