//! Index condition pushdown (spec 06 §8.2).

use super::place::Work;
use crate::catalog::{IndexNo, TypeKind};
use crate::plan::{AccessType, JoinBuffer};
use crate::query::hints::HintKind;
use crate::query::{Command, Expr, ExprFlags, ExprId, GuardKind};

/// The part of a condition that an index can check.
struct Pushable {
    /// The part.
    part: Option<ExprId>,
    /// All of it is pushed: it need not be checked again.
    done: bool,
}

impl Work<'_, '_> {
    /// Pushes what can be checked on the entries of index `key`, and leaves the rest.
    pub(super) fn push_index_condition(&mut self, index: usize, key: IndexNo) {
        let Some(condition) = self.places[index].condition else { return };
        if !self.may_push(index, key) {
            return;
        }
        let place = &self.places[index];
        let scan = matches!(place.access, AccessType::All | AccessType::Index | AccessType::Range | AccessType::IndexMerge);
        let others = !(scan && place.buffer == JoinBuffer::Hash);
        let mut done = Vec::new();
        let pushable = self.pushable(condition, index, key, others, &mut done);
        let Some(part) = pushable.part else { return };
        if !self.names_column_of(part, index) {
            return;
        }
        if place_uses_other_tables(self, part, index) && self.places[index].buffer == JoinBuffer::BatchedKeyAccess {
            return;
        }
        self.places[index].index_condition = Some(part);
        self.places[index].condition = self.remainder(condition, &done);
    }

    fn may_push(&self, index: usize, key: IndexNo) -> bool {
        let place = &self.places[index];
        let Some(id) = place.table else { return false };
        let Some(table) = self.table(index) else { return false };
        let multi_table_change =
            matches!(self.query.command, Command::Update { multi_table: true, .. } | Command::Delete { multi_table: true, .. })
                && self.query[self.b().unit].outer.is_none();
        let on = self.ctx.settings.switches.on(crate::catalog::Switch::IndexConditionPushdown)
            && self.query.index_hint(id, key, HintKind::Icp) != Some(false);
        let guarded = place.lookup.as_ref().is_some_and(|lookup| lookup.guarded_parts != 0);
        let virtual_part = table.indexes[key as usize].parts.iter().any(|part| {
            let column = table.columns.get(part.column as usize);
            column.and_then(|column| column.generated.as_ref()).is_some_and(|generated| generated.is_virtual)
        });
        !(place.reversed
            || multi_table_change
            || !on
            || guarded
            || virtual_part
            || place.index_only
            || matches!(place.access, AccessType::Const | AccessType::System)
            || table.engine == crate::catalog::Engine::TempTable
            || table.clustered == Some(key))
    }

    fn pushable(&mut self, condition: ExprId, index: usize, key: IndexNo, others: bool, done: &mut Vec<ExprId>) -> Pushable {
        match self.query.exprs[condition].clone() {
            Expr::And(members) => {
                let mut kept = Vec::new();
                let mut all = true;
                for member in &members {
                    let pushable = self.pushable(*member, index, key, others, done);
                    all &= pushable.done;
                    kept.extend(pushable.part);
                }
                if all {
                    done.push(condition);
                }
                let part = match kept.len() {
                    0 => None,
                    1 => Some(kept[0]),
                    _ if kept == members => Some(condition),
                    _ => Some(self.add(Expr::And(kept))),
                };
                Pushable { part, done: all }
            }
            Expr::Or(members) => {
                let mut kept = Vec::new();
                let mut all = true;
                let mut inside = Vec::new();
                for member in &members {
                    let pushable = self.pushable(*member, index, key, others, &mut inside);
                    let Some(part) = pushable.part else { return Pushable { part: None, done: false } };
                    all &= pushable.done;
                    kept.push(part);
                }
                if all {
                    done.push(condition);
                }
                let part = if kept == members { Some(condition) } else { Some(self.add(Expr::Or(kept))) };
                Pushable { part, done: all }
            }
            _ => {
                let fits = self.uses_index_only(condition, index, key, others);
                if fits {
                    done.push(condition);
                }
                Pushable { part: fits.then_some(condition), done: fits }
            }
        }
    }

    /// The condition without what was pushed; nothing is taken out of an OR.
    fn remainder(&mut self, condition: ExprId, done: &[ExprId]) -> Option<ExprId> {
        if done.contains(&condition) {
            return None;
        }
        let Expr::And(members) = self.query.exprs[condition].clone() else { return Some(condition) };
        let mut kept = Vec::new();
        for member in &members {
            kept.extend(self.remainder(*member, done));
        }
        match kept.len() {
            0 => None,
            1 => Some(kept[0]),
            _ if kept == members => Some(condition),
            _ => Some(self.add(Expr::And(kept))),
        }
    }

    fn uses_index_only(&self, expr: ExprId, index: usize, key: IndexNo, others: bool) -> bool {
        if self.expr_flags(expr).any(ExprFlags::SUBQUERY.union(ExprFlags::STORED_FUNCTION)) {
            return false;
        }
        if self.is_const(expr) {
            return true;
        }
        match &self.query.exprs[expr] {
            Expr::Column { table, column } => {
                if self.places[index].table != Some(*table) {
                    return others;
                }
                self.is_whole_part(index, key, *column)
            }
            Expr::Ref { target, .. } => self.uses_index_only(*target, index, key, others),
            Expr::MaterializedColumn { .. } => others,
            Expr::Guard { kind, condition } => {
                matches!(kind, GuardKind::IsNotNullComplement(_) | GuardKind::IsNotNullComplementOfNest(_))
                    && self.uses_index_only(*condition, index, key, others)
            }
            Expr::Match { .. }
            | Expr::Aggregate { .. }
            | Expr::Window { .. }
            | Expr::Row(_)
            | Expr::AssignUserVariable { .. }
            | Expr::DefaultOf(_)
            | Expr::ValuesOf(_)
            | Expr::AntijoinMarker => false,
            _ => self.query.children(expr).iter().all(|child| self.uses_index_only(*child, index, key, others)),
        }
    }

    /// The column is a full part of the index, appended primary key columns included, and no blob.
    fn is_whole_part(&self, index: usize, key: IndexNo, column: u16) -> bool {
        let Some(table) = self.table(index) else { return false };
        let definition = &table.indexes[key as usize];
        let blob = table.columns.get(column as usize).is_none_or(|column| {
            matches!(
                column.ty.kind,
                TypeKind::TinyBlob
                    | TypeKind::Blob
                    | TypeKind::MediumBlob
                    | TypeKind::LongBlob
                    | TypeKind::Json
                    | TypeKind::Geometry
            )
        });
        let own = definition.parts.iter().any(|part| part.column == column && part.prefix_chars.is_none());
        let clustered = table.clustered.filter(|clustered| table.primary == Some(*clustered));
        let in_primary = clustered.is_some_and(|primary| {
            let primary = &table.indexes[primary as usize];
            primary.parts[..primary.user_parts].iter().any(|part| part.column == column && part.prefix_chars.is_none())
        });
        !blob && (own || in_primary)
    }

    /// The condition names a column of the table, or is guarded by the outer join that the table is inner to.
    fn names_column_of(&self, expr: ExprId, index: usize) -> bool {
        let id = self.places[index].table;
        self.query.any(expr, &mut |query, node| match query.exprs[node] {
            Expr::Column { table, .. } => Some(table) == id,
            Expr::Guard { kind: GuardKind::IsNotNullComplement(first), .. } => Some(first) == id,
            _ => false,
        })
    }
}

fn place_uses_other_tables(work: &Work<'_, '_>, expr: ExprId, index: usize) -> bool {
    let own = crate::query::TableSet::of(work.places[index].number);
    !work.used(expr).tables().minus(own).is_empty()
}
