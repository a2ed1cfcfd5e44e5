//! Key uses: equalities that can drive an index lookup, found in WHERE and ON (spec 04 §3).

use super::derived_keys::PossibleKeys;
use super::state::{JoinTable, KeyUse};
use crate::catalog::{ColumnNo, Engine, IndexKind, KeySet, Switch, TypeKind, collation};
use crate::context::Context;
use crate::evaluate::{Evaluated, evaluate, is_constant};
use crate::parse::ast::CompareOp;
use crate::query::{
    BlockId, Diagnostic, Expr, ExprId, GuardKind, JoinMember, Level, LiteralForm, NestId, NestKind, Query, SubqueryKind, TableId,
    TableSet, UnitRole,
};
use crate::value::Value;

/// An equality on a column, before it is matched against indexes.
#[derive(Clone, Debug)]
struct Candidate {
    table: TableId,
    number: u8,
    column: ColumnNo,
    value: ExprId,
    ref_or_null: bool,
    null_rejecting: bool,
    guarded: bool,
    condition: ExprId,
}

/// A comparison with a column that is no equality and whose values become constant when a const table is read
/// (spec 04 §1 step 6).
#[derive(Clone, Debug)]
pub(super) struct Sargable {
    /// Table number.
    pub table: u8,
    /// Column.
    pub column: ColumnNo,
    /// Values that must be constant.
    pub values: Vec<ExprId>,
}

/// What the walk over all conditions found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Key uses in the order of discovery.
    pub key_uses: Vec<KeyUse>,
    /// Comparisons that may become constant.
    pub sargables: Vec<Sargable>,
}

struct Walk<'a, 'c> {
    ctx: &'a Context<'c>,
    query: &'a Query,
    block: BlockId,
    tables: &'a mut [JoinTable],
    null: ExprId,
    usable: TableSet,
    guards_usable: bool,
    candidates: Vec<Candidate>,
    sargables: Vec<Sargable>,
    possible_keys: PossibleKeys,
    /// Warnings 1739.
    warnings: Vec<Diagnostic>,
}

/// The multiple equalities in force at a place: those of the condition itself, then of those around it.
type Scope<'s> = &'s [ExprId];

/// Walks WHERE, then the ON conditions of tables, then those of nests. Fills `keys`, `const_keys`, `key_dependent` and
/// `const_key_parts` of the tables; generated keys of derived tables are made before candidates become key uses.
pub(super) fn find_key_uses(ctx: &Context<'_>, query: &mut Query, block: BlockId, tables: &mut [JoinTable]) -> Found {
    let null = query.add(block, Expr::Literal { value: Value::Null, form: LiteralForm::Plain });
    let mut walk = Walk {
        ctx,
        query,
        block,
        tables,
        null,
        usable: TableSet::EMPTY,
        guards_usable: false,
        candidates: Vec::new(),
        sargables: Vec::new(),
        possible_keys: PossibleKeys::default(),
        warnings: Vec::new(),
    };
    walk.all_conditions();
    let Walk { candidates, sargables, possible_keys, warnings, .. } = walk;
    query.diagnostics.extend(warnings);
    super::derived_keys::create(ctx, query, tables, &possible_keys);
    let mut key_uses = Vec::with_capacity(candidates.len() * 2);
    for candidate in &candidates {
        match_indexes(ctx, query, &tables[candidate.number as usize], candidate, &mut key_uses);
    }
    super::full_text_key_use::full_text_key_uses(query, block, tables, &mut key_uses);
    let pairs = SemijoinPairs::of(query, block);
    for key_use in &mut key_uses {
        key_use.semijoin_pair = pairs.find(query, tables, key_use);
    }
    Found { key_uses, sargables }
}

impl Walk<'_, '_> {
    fn all_conditions(&mut self) {
        let block = &self.query[self.block];
        let unit = &self.query[block.unit];
        self.guards_usable = block.group_by.is_empty()
            && block.order_by.is_empty()
            && unit.blocks.len() == 1
            && match unit.role {
                UnitRole::Subquery(expr) => {
                    matches!(&self.query.exprs[expr], Expr::Subquery(s) if s.kind == SubqueryKind::In)
                }
                _ => false,
            };
        let mut normal = TableSet::EMPTY;
        for table in self.tables.iter() {
            if !table.inner_of_outer_join {
                normal.insert(table.number);
            }
        }
        let mut outer_scope = Vec::new();
        if let Some(where_) = block.where_ {
            self.usable = normal;
            outer_scope = self.equalities_of(where_);
            self.condition(where_, &[]);
        }
        for number in 0..self.tables.len() {
            let id = self.tables[number].id;
            if let Some(on) = self.query[id].on {
                self.usable = TableSet::of(number as u8);
                let scope = self.scope_around(self.query[id].nest, &outer_scope);
                self.condition(on, &scope);
            }
        }
        for member in self.query[self.block].from.clone() {
            if let JoinMember::Nest(nest) = member {
                self.nest_conditions(nest, &outer_scope);
            }
        }
    }

    /// ON conditions of nests, inner ones first (spec 04 §3.1 step 3).
    fn nest_conditions(&mut self, nest: NestId, where_scope: Scope<'_>) {
        let mut children = TableSet::EMPTY;
        self.direct_children(nest, &mut children);
        for member in self.query[nest].members.clone() {
            if let JoinMember::Nest(inner) = member {
                self.nest_conditions(inner, where_scope);
            }
        }
        if let Some(on) = self.query[nest].on {
            self.usable = children;
            let scope = self.scope_around(self.query[nest].parent, where_scope);
            self.condition(on, &scope);
        }
    }

    /// Tables directly in a nest that are not outer-joined inside it; semijoin nests are walked through.
    fn direct_children(&self, nest: NestId, children: &mut TableSet) {
        for member in &self.query[nest].members {
            match *member {
                JoinMember::Table(table) if self.query[table].on.is_none() => children.insert(self.query[table].number),
                JoinMember::Table(_) => {}
                JoinMember::Nest(inner) => {
                    let inner_nest = &self.query[inner];
                    let outer = inner_nest.outer_join || matches!(inner_nest.kind, NestKind::Antijoin(_));
                    if !outer {
                        self.direct_children(inner, children);
                    }
                }
            }
        }
    }

    fn scope_around(&self, mut nest: Option<NestId>, where_scope: Scope<'_>) -> Vec<ExprId> {
        let mut scope = Vec::new();
        while let Some(id) = nest {
            if let Some(on) = self.query[id].on {
                scope.extend(self.equalities_of(on));
            }
            nest = self.query[id].parent;
        }
        scope.extend_from_slice(where_scope);
        scope
    }

    /// Multiple equalities that are conjuncts of a condition.
    fn equalities_of(&self, condition: ExprId) -> Vec<ExprId> {
        let is_equality = |e: &ExprId| matches!(self.query.exprs[*e], Expr::MultipleEqual { .. });
        match &self.query.exprs[condition] {
            Expr::And(args) => args.iter().copied().filter(is_equality).collect(),
            Expr::MultipleEqual { .. } => vec![condition],
            _ => Vec::new(),
        }
    }

    fn condition(&mut self, condition: ExprId, scope: Scope<'_>) {
        let query = self.query;
        match &query.exprs[condition] {
            Expr::And(args) => {
                let own = self.equalities_of(condition);
                if own.is_empty() {
                    args.iter().for_each(|&arg| self.condition(arg, scope));
                } else {
                    let mut inner = own;
                    inner.extend_from_slice(scope);
                    args.iter().for_each(|&arg| self.condition(arg, &inner));
                }
            }
            Expr::Or(args) => {
                let start = self.candidates.len();
                for (nth, &arg) in args.iter().enumerate() {
                    let middle = self.candidates.len();
                    self.condition(arg, scope);
                    if nth > 0 {
                        self.merge(start, middle);
                    }
                }
            }
            Expr::Guard { kind: GuardKind::OuterFieldIsNotNull, condition: guarded } => {
                if self.guards_usable {
                    let start = self.candidates.len();
                    self.condition(*guarded, scope);
                    self.candidates[start..].iter_mut().for_each(|candidate| candidate.guarded = true);
                }
            }
            _ => self.predicate(condition, scope),
        }
    }

    /// An OR keeps what both sides allow (spec 04 §3.2).
    fn merge(&mut self, start: usize, middle: usize) {
        let right: Vec<Candidate> = self.candidates.drain(middle..).collect();
        let left: Vec<Candidate> = self.candidates.drain(start..).collect();
        let query = self.query;
        let mut kept: Vec<Option<Candidate>> = vec![None; left.len()];
        for new in &right {
            for (old, slot) in left.iter().zip(kept.iter_mut()) {
                let old = slot.as_ref().unwrap_or(old);
                if old.table != new.table || old.column != new.column {
                    continue;
                }
                let constant = |e: ExprId| query.exprs.facts(e).used.is_subset(TableSet::INNER);
                let is_null = |e: ExprId| self.is_null(e);
                let same = query.same(old.value, new.value);
                let mut merged = old.clone();
                merged.null_rejecting = old.null_rejecting && new.null_rejecting;
                merged.ref_or_null = old.ref_or_null || new.ref_or_null;
                if same {
                    *slot = Some(merged);
                } else if constant(new.value) && (is_null(old.value) || is_null(new.value)) {
                    if is_null(old.value) {
                        merged.value = new.value;
                        merged.condition = new.condition;
                    }
                    merged.ref_or_null = true;
                    merged.null_rejecting = false;
                    *slot = Some(merged);
                }
            }
        }
        self.candidates.extend(kept.into_iter().flatten());
    }

    fn is_null(&self, expr: ExprId) -> bool {
        self.query.exprs.facts(expr).used.is_empty()
            && matches!(evaluate(self.ctx, self.query, expr), Evaluated::Known(Value::Null))
    }

    fn predicate(&mut self, predicate: ExprId, scope: Scope<'_>) {
        let query = self.query;
        match &query.exprs[predicate] {
            Expr::Compare { op, left, right } => {
                let equality = matches!(op, CompareOp::Equal | CompareOp::NullSafeEqual);
                let null_rejecting = *op != CompareOp::NullSafeEqual;
                if let (Expr::Row(_), _) | (_, Expr::Row(_)) = (&query.exprs[*left], &query.exprs[*right]) {
                    return;
                }
                if *op == CompareOp::NotEqual && query.column_of(*left).is_some() && query.column_of(*right).is_some() {
                    // The server takes the first column for its own value: only columns that equal it gain.
                    self.both_sides(predicate, scope, *left, &[*left], false, null_rejecting);
                    return;
                }
                self.both_sides(predicate, scope, *left, &[*right], equality, null_rejecting);
                self.both_sides(predicate, scope, *right, &[*left], equality, null_rejecting);
            }
            Expr::Between { arg, low, high, negated } => {
                let equality = !*negated && query.same(*low, *high);
                self.both_sides(predicate, scope, *arg, &[*low, *high], equality, true);
                self.both_sides(predicate, scope, *low, &[*arg], equality, true);
                self.both_sides(predicate, scope, *high, &[*arg], equality, true);
            }
            Expr::Like { arg, pattern, .. } if self.is_sargable_pattern(*pattern) => {
                // It is not carried over to columns that are equal.
                self.both_sides(predicate, &[], *arg, &[*pattern], false, true);
            }
            Expr::In { arg, list, .. } => match &query.exprs[*arg] {
                Expr::Row(elements) => {
                    for (place, &element) in elements.iter().enumerate() {
                        let values: Vec<ExprId> = list
                            .iter()
                            .filter_map(|&row| match &query.exprs[row] {
                                Expr::Row(values) => values.get(place).copied(),
                                _ => None,
                            })
                            .collect();
                        self.both_sides(predicate, scope, element, &values, false, true);
                        self.warn_of_rows(element, values.len());
                    }
                }
                _ => self.both_sides(predicate, scope, *arg, list, false, true),
            },
            Expr::IsNull { arg, negated } => {
                let null = self.null;
                self.both_sides(predicate, scope, *arg, &[null], !*negated, false);
            }
            Expr::MultipleEqual { columns, constant, .. } => self.multiple_equality(predicate, columns, *constant),
            Expr::Func { func, args, .. } => self.function(predicate, scope, func.name(), args),
            _ => {}
        }
    }

    fn multiple_equality(&mut self, predicate: ExprId, columns: &[ExprId], constant: Option<ExprId>) {
        if let Some(value) = constant {
            for &column in columns {
                self.column(predicate, column, &[value], true, true);
            }
            return;
        }
        for &column in columns {
            for &other in columns {
                if column != other {
                    self.column(predicate, column, &[other], true, true);
                }
            }
        }
    }

    fn function(&mut self, predicate: ExprId, scope: Scope<'_>, name: &str, args: &[ExprId]) {
        match (name, args) {
            ("member of", [value, array]) => self.both_sides(predicate, scope, *array, &[*value], true, true),
            ("json_contains", [array, value]) => self.both_sides(predicate, scope, *array, &[*value], false, true),
            ("json_overlaps", [left, right]) => {
                self.both_sides(predicate, scope, *left, &[*right], false, true);
                self.both_sides(predicate, scope, *right, &[*left], false, true);
            }
            (_, [left, right]) if is_spatial_relation(name) => {
                self.both_sides(predicate, scope, *left, &[*right], false, true);
                self.both_sides(predicate, scope, *right, &[*left], false, true);
            }
            _ => {}
        }
    }

    /// A constant pattern that does not start with a wildcard.
    fn is_sargable_pattern(&self, pattern: ExprId) -> bool {
        if !self.query.exprs.facts(pattern).used.is_empty() {
            return false;
        }
        match evaluate(self.ctx, self.query, pattern) {
            Evaluated::Known(Value::Null) => false,
            Evaluated::Known(Value::Str(text)) => !text.starts_with(['%', '_']),
            Evaluated::Known(Value::Bytes(bytes)) => !matches!(bytes.first(), Some(b'%' | b'_')),
            Evaluated::Known(_) => true,
            _ => false,
        }
    }

    /// A comparison of an expression that may be a column; the columns equal to it by a multiple equality take part.
    fn both_sides(
        &mut self,
        predicate: ExprId,
        scope: Scope<'_>,
        side: ExprId,
        values: &[ExprId],
        equality: bool,
        null_rejecting: bool,
    ) {
        let query = self.query;
        let side = match &query.exprs[side] {
            Expr::Collate { arg, .. } => *arg,
            _ => side,
        };
        let Some((table, column)) = query.column_of(side) else { return };
        self.column(predicate, side, values, equality, null_rejecting);
        for &multiple in scope {
            let Expr::MultipleEqual { columns, .. } = &query.exprs[multiple] else { continue };
            if columns.iter().any(|&member| query.column_of(member) == Some((table, column))) {
                for &member in columns {
                    if query.column_of(member) != Some((table, column)) {
                        self.column(predicate, member, values, equality, null_rejecting);
                    }
                }
                break;
            }
        }
    }

    /// Rows are compared by another collation than a character column has.
    fn warn_of_rows(&mut self, element: ExprId, rows: usize) {
        let query = self.query;
        let Some((id, column)) = query.column_of(element) else { return };
        if query[id].block != self.block || !query.exprs.facts(element).ty.is_string() {
            return;
        }
        let starts = |index: &crate::catalog::Index| index.parts.first().is_some_and(|part| part.column == column);
        let indexes = query[id].table.indexes.iter().enumerate().filter(|(_, index)| starts(index));
        let starting = indexes.fold(KeySet::EMPTY, |set, (number, _)| set.union(KeySet::of(number as u8)));
        for _ in 0..rows {
            self.warn_of(id, column, starting.intersect(query[id].usable_keys));
        }
    }

    /// Warning 1739 for each index that the comparison cannot use (spec 07 §11).
    fn warn_of(&mut self, id: TableId, column: ColumnNo, indexes: KeySet) {
        let table = &self.query[id].table;
        for index in indexes.iter().filter_map(|number| table.indexes.get(usize::from(number))) {
            let Some(column) = table.columns.get(usize::from(column)) else { return };
            self.warnings.push(Diagnostic {
                level: Level::Warning,
                code: 1739,
                text: format!(
                    "Cannot use ref access on index '{}' due to type or collation conversion on field '{}'",
                    index.name, column.name
                ),
            });
        }
    }

    /// One candidate (spec 04 §3.4).
    fn column(&mut self, predicate: ExprId, side: ExprId, values: &[ExprId], equality: bool, null_rejecting: bool) {
        let query = self.query;
        let Some((id, column)) = query.column_of(side) else { return };
        let reference = &query[id];
        if reference.block != self.block || self.tables.get(reference.number as usize).is_none_or(|t| t.id != id) {
            return;
        }
        let number = reference.number;
        let materialized = self.tables[number as usize].materialized;
        if materialized && self.tables[number as usize].records <= 1 {
            // It was read already, and gets no keys.
            return;
        }
        let used = |e: ExprId| query.exprs.facts(e).used;
        if materialized {
            self.possible_keys.note(query, self.block, id, column, values);
        }
        let table = &mut self.tables[number as usize];
        let definition = &*reference.table;
        let starting = KeySet(
            definition
                .indexes
                .iter()
                .enumerate()
                .filter(|(_, index)| index.parts.first().is_some_and(|part| part.column == column))
                .fold(0, |set, (number, _)| set | 1 << number),
        );
        let indexed = definition.indexes.iter().any(|index| index.parts.iter().any(|part| part.column == column));
        if !indexed && !materialized {
            return;
        }
        let own = TableSet::of(number).union(TableSet::RAND);
        if !values.iter().any(|&value| !used(value).meets(own)) || !self.usable.contains(number) {
            return;
        }
        let possible = starting.intersect(reference.usable_keys);
        if !materialized {
            table.keys = table.keys.union(possible);
        }
        let all_used = values.iter().fold(TableSet::EMPTY, |all, &value| all.union(used(value)));
        table.key_dependent = table.key_dependent.union(all_used.tables());
        if all_used.is_subset(TableSet::INNER) {
            table.const_keys = table.const_keys.union(possible);
        } else if !equality {
            self.sargables.push(Sargable { table: number, column, values: values.to_vec() });
        }
        if !equality {
            return;
        }
        let value = values[0];
        if !comparable(query, side, value) {
            self.warn_of(id, column, possible);
            return;
        }
        self.candidates.push(Candidate {
            table: id,
            number,
            column,
            value,
            ref_or_null: false,
            null_rejecting,
            guarded: false,
            condition: predicate,
        });
    }
}

fn is_spatial_relation(name: &str) -> bool {
    let name = name.strip_prefix("st_").or_else(|| name.strip_prefix("mbr")).unwrap_or(name);
    matches!(
        name,
        "contains"
            | "coveredby"
            | "covers"
            | "crosses"
            | "disjoint"
            | "equals"
            | "intersects"
            | "overlaps"
            | "touches"
            | "within"
    )
}

/// Can an index on the column find what the comparison finds? (spec 04 §3.4 step 9)
fn comparable(query: &Query, column: ExprId, value: ExprId) -> bool {
    let (column, value) = (query.exprs.facts(column), query.exprs.facts(value));
    let (ty, other) = (&column.ty, &value.ty);
    if other.kind == TypeKind::Null {
        return true;
    }
    if ty.is_string() {
        if other.is_temporal() || other.is_numeric() {
            return ty.kind == TypeKind::Enum || ty.kind == TypeKind::Set;
        }
        if other.is_string() && ty.collation != other.collation && value.coercibility <= column.coercibility {
            let (own, its) = (collation::info(ty.collation), collation::info(other.collation));
            return value.coercibility == column.coercibility && own.is_unicode() && !its.is_unicode();
        }
        return other.kind != TypeKind::Json;
    }
    if ty.kind == TypeKind::Time && other.is_temporal_with_date() {
        return false;
    }
    true
}

/// Key uses of one candidate: every part of every usable index that is its column (spec 04 §3.4, end).
fn match_indexes(ctx: &Context<'_>, query: &Query, table: &JoinTable, candidate: &Candidate, found: &mut Vec<KeyUse>) {
    let reference = &query[candidate.table];
    let extensions = ctx.settings.switches.on(Switch::UseIndexExtensions);
    let facts = query.exprs.facts(candidate.value);
    let value_is_null = facts.used.is_empty() && matches!(evaluate(ctx, query, candidate.value), Evaluated::Known(Value::Null));
    for (number, index) in reference.table.indexes.iter().enumerate() {
        let generated = reference.table.engine == Engine::TempTable;
        if !generated && !reference.usable_keys.contains(number as u8) {
            continue;
        }
        if matches!(index.kind, IndexKind::FullText | IndexKind::Spatial) {
            continue;
        }
        let parts = if extensions { index.parts.len() } else { index.user_parts };
        for (part, key_part) in index.parts[..parts].iter().enumerate() {
            if key_part.column != candidate.column {
                continue;
            }
            found.push(KeyUse {
                table: table.number,
                index: number as u8,
                part,
                value: candidate.value,
                // Columns of const tables of outer blocks are constants (spec 05 §9.2).
                used: if is_constant(query, candidate.value) { facts.used.intersect(TableSet::INNER) } else { facts.used },
                ref_or_null: candidate.ref_or_null,
                null_rejecting: candidate.null_rejecting,
                ref_table_rows: f64::INFINITY,
                guarded: candidate.guarded,
                semijoin_pair: None,
                condition: Some(candidate.condition),
                value_is_null,
                value_nullable: facts.nullable,
            });
        }
    }
}

/// Sorts the key uses and drops those behind a gap (spec 04 §3.6). Returns the kept ones.
pub(super) fn sort_and_prune(tables: &mut [JoinTable], mut found: Vec<KeyUse>) -> Vec<KeyUse> {
    found.sort_by_key(|k| (k.table, k.index, k.part, !k.used.minus(TableSet::OUTER_REF).is_empty(), k.ref_or_null));
    let mut kept: Vec<KeyUse> = Vec::with_capacity(found.len());
    for key_use in found {
        let table = &mut tables[key_use.table as usize];
        let constant = key_use.used.tables().is_empty() && !key_use.used.meets(TableSet::OUTER_REF);
        if constant && !key_use.ref_or_null && key_use.part < 32 {
            table.const_key_parts[key_use.index as usize] |= 1 << key_use.part;
        }
        if key_use.part != KeyUse::FULL_TEXT {
            let previous = kept.last().filter(|k| k.table == key_use.table && k.index == key_use.index);
            match previous {
                None if key_use.part != 0 => continue,
                Some(previous) if previous.part != KeyUse::FULL_TEXT => {
                    let gap = previous.part + 1 < key_use.part;
                    let constant = previous.used.minus(TableSet::INNER).is_empty() && !previous.ref_or_null;
                    let covered = previous.part == key_use.part && constant;
                    if gap || covered {
                        continue;
                    }
                }
                _ => {}
            }
        }
        table.checked_keys.insert(key_use.index);
        kept.push(key_use);
    }
    index_key_uses(tables, &kept);
    kept
}

/// Notes where the key uses of each table and index stand.
pub(super) fn index_key_uses(tables: &mut [JoinTable], key_uses: &[KeyUse]) {
    for table in tables.iter_mut() {
        table.key_uses = 0..0;
        table.indexes.iter_mut().for_each(|index| index.key_uses = 0..0);
    }
    for (place, key_use) in key_uses.iter().enumerate() {
        let table = &mut tables[key_use.table as usize];
        if table.key_uses.is_empty() {
            table.key_uses = place..place;
        }
        table.key_uses.end = place + 1;
        if let Some(index) = table.indexes.get_mut(key_use.index as usize) {
            if index.key_uses.is_empty() {
                index.key_uses = place..place;
            }
            index.key_uses.end = place + 1;
        }
    }
}

/// Sets `ref_table_rows` (optimize_keyuse, spec 04 §3.6).
pub(super) fn estimate_reference_rows(tables: &[JoinTable], const_tables: TableSet, key_uses: &mut [KeyUse]) {
    for key_use in key_uses {
        key_use.ref_table_rows = f64::INFINITY;
        let used = key_use.used.minus(const_tables);
        let real = used.tables();
        if real.len() == 1 {
            if let Some(table) = real.iter().next().and_then(|number| tables.get(number as usize)) {
                key_use.ref_table_rows = (table.records.max(100)) as f64;
            }
        } else if used == TableSet::OUTER_REF {
            key_use.ref_table_rows = 1.0;
        }
    }
}

/// The pairs of the block's semijoin nests.
struct SemijoinPairs(Vec<NestId>);

impl SemijoinPairs {
    fn of(query: &Query, block: BlockId) -> SemijoinPairs {
        SemijoinPairs(query[block].semijoin_nests.clone())
    }

    /// Which pair a key use of an inner table serves: the first whose inner expression is the key column.
    fn find(&self, query: &Query, tables: &[JoinTable], key_use: &KeyUse) -> Option<(NestId, usize)> {
        if key_use.part == KeyUse::FULL_TEXT {
            return None;
        }
        let table = &tables[key_use.table as usize];
        let index = query[table.id].table.indexes.get(key_use.index as usize)?;
        let column = index.parts.get(key_use.part)?.column;
        for &nest in &self.0 {
            let (NestKind::Semijoin(info) | NestKind::Antijoin(info)) = &query[nest].kind else { continue };
            for (place, (_, inner)) in info.pairs.iter().enumerate() {
                if query.column_of(*inner) == Some((table.id, column)) {
                    return Some((nest, place));
                }
            }
        }
        None
    }
}
