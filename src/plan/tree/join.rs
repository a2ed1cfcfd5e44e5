//! Joining the tables of a block in plan order (spec 08 §3.3).

use super::condition::{Owner, Pending, SplitAs};
use super::{Builder, JoinType, LookupType, Node, NodeKind};
use crate::plan::{AccessMethod, BlockPlan, JoinBuffer, TableAccess};
use crate::query::{BlockId, Expr, ExprId, NestKind, TableSet};

/// What a range of tables was entered for: those structures are not entered again at its first table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Under(u8);

impl Under {
    const TOP: Under = Under(0);
    const OUTER_JOIN: Under = Under(1);
    const SEMIJOIN: Under = Under(2);
    const WEEDOUT: Under = Under(4);
    const LOOSE_SCAN: Under = Under(8);

    fn contains(self, structure: Under) -> bool {
        self.0 & structure.0 != 0
    }

    /// Entered for `structure` too, at the place where this range begins; elsewhere for `structure` alone.
    fn and(self, structure: Under, same_place: bool) -> Under {
        if same_place { Under(self.0 | structure.0) } else { structure }
    }
}

/// Conditions that a range hands to the join around it.
#[derive(Debug, Default)]
struct Handed {
    above: Vec<Pending>,
    join: Vec<Pending>,
}

/// What the structure that starts at a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Structure {
    Plain,
    OuterJoin { end: usize, limit_one: bool },
    Semijoin { end: usize },
    Weedout { end: usize },
    LooseScan { end: usize },
}

/// The join of one block, or of one materialized semijoin.
pub(super) struct JoinBuilder<'b, 'p> {
    pub(super) builder: &'b Builder<'p>,
    pub(super) block: BlockId,
    pub(super) plan: &'p BlockPlan,
    /// A weedout had to be left out where it belongs: one over all is needed.
    postponed_weedout: bool,
    const_tables: TableSet,
    first_place: usize,
}

impl<'b, 'p> JoinBuilder<'b, 'p> {
    pub(super) fn new(builder: &'b Builder<'p>, block: BlockId, plan: &'p BlockPlan) -> Self {
        let query = &builder.plan.query;
        let mut const_tables = TableSet::EMPTY;
        for access in &plan.tables[..plan.const_tables.min(plan.tables.len())] {
            if let Some(table) = access.table {
                const_tables.insert(query[table].number);
            }
        }
        JoinBuilder { builder, block, plan, postponed_weedout: false, const_tables, first_place: 0 }
    }

    /// Joins the tables from `first` to before `last`.
    pub(super) fn build(mut self, first: usize, last: usize) -> Node<'p> {
        self.first_place = first;
        let mut handed = Handed::default();
        let mut path = self.connect(first, last, Under::TOP, SplitAs::default(), &mut handed);
        let left: Vec<ExprId> = handed.above.iter().chain(&handed.join).map(|pending| pending.condition).collect();
        path = self.builder.attach_filter(path, left, self.block);
        if self.postponed_weedout {
            let tables = self.weedout_tables(first, last);
            path = Node::above(NodeKind::Weedout(tables), path);
        }
        path
    }

    fn table(&self, place: usize) -> &'p TableAccess {
        &self.plan.tables[place]
    }

    /// The tables of some places.
    fn side(&self, first: usize, last: usize) -> TableSet {
        let query = &self.builder.plan.query;
        let mut side = TableSet::EMPTY;
        for access in &self.plan.tables[first..last] {
            if let Some(table) = access.table {
                side.insert(query[table].number);
            }
            if let Some(nest) = access.materialized {
                side = side.union(query.nest_bit(self.block, nest));
            }
        }
        side
    }

    /// True if the condition uses no other table than those of `side`.
    fn stays_within(&self, side: TableSet, condition: ExprId) -> bool {
        self.builder.used(condition, self.const_tables).is_subset(side)
    }

    /// What starts at a place (spec 08 §3.3-2).
    fn structure(&mut self, place: usize, first: usize, last: usize, under: Under, has_path: bool) -> Structure {
        let at_start = place == first;
        let marks = &self.table(place).semijoin;
        let outer = self
            .table(place)
            .last_inner
            .filter(|end| *end >= place && *end < last && !(at_start && under.contains(Under::OUTER_JOIN)))
            .map(|end| end + 1);
        let semi = (place..last)
            .rev()
            .find(|j| self.table(*j).semijoin.first_match_to.is_some_and(|to| self.returns_before(to, place)))
            .filter(|_| !(at_start && under.contains(Under::SEMIJOIN)))
            .map(|end| end + 1);
        let mut weedout = None;
        if marks.weedout_start && !(at_start && under.contains(Under::WEEDOUT)) {
            match (place..last).find(|j| self.table(*j).semijoin.weedout_end) {
                Some(end) => weedout = Some(end + 1),
                None => self.postponed_weedout = true,
            }
        }
        let loose = marks.loose_scan_until.filter(|end| *end > place && *end < last && has_path);
        match (outer, semi, weedout) {
            (Some(outer), semi, Some(weedout)) if outer <= weedout => {
                let confluent = self.table(place).semijoin.weedout_confluent;
                self.postponed_weedout |= !confluent;
                let _ = semi;
                Structure::OuterJoin { end: outer, limit_one: confluent }
            }
            (Some(outer), Some(semi), _) if semi == outer => Structure::OuterJoin { end: outer, limit_one: true },
            (Some(outer), Some(semi), _) if semi > outer => Structure::Semijoin { end: semi },
            (Some(outer), ..) => Structure::OuterJoin { end: outer, limit_one: false },
            (None, Some(semi), weedout) => {
                self.postponed_weedout |= weedout.is_some_and(|weedout| weedout >= semi);
                Structure::Semijoin { end: semi }
            }
            (None, None, Some(end)) => Structure::Weedout { end },
            (None, None, None) => match loose {
                Some(end) if !(at_start && under.contains(Under::LOOSE_SCAN)) => Structure::LooseScan { end: end + 1 },
                _ => Structure::Plain,
            },
        }
    }

    fn returns_before(&self, target: usize, place: usize) -> bool {
        target == usize::MAX && place == self.first_place || target.checked_add(1) == Some(place)
    }

    fn connect(&mut self, first: usize, last: usize, under: Under, how: SplitAs, handed: &mut Handed) -> Node<'p> {
        let mut path: Option<Node<'p>> = None;
        if under == Under::TOP && self.table(first).last_inner.is_some() {
            path = Some(single_row());
        }
        let mut place = first;
        while place < last {
            match self.structure(place, first, last, under, path.is_some()) {
                Structure::OuterJoin { end, limit_one } => {
                    path = Some(self.join_range(path, (place, end), (first, under), JoinType::Left, limit_one, handed));
                    place = end;
                }
                Structure::Semijoin { end } => {
                    path = Some(self.join_range(path, (place, end), (first, under), JoinType::Semi, false, handed));
                    place = end;
                }
                Structure::Weedout { end } => {
                    let sub = self.connect(place, end, under.and(Under::WEEDOUT, place == first), how, handed);
                    let numbers = sub.numbers();
                    let sub = if self.table(place).semijoin.weedout_confluent {
                        self.builder.limit(Some(1), 0, sub).with(numbers)
                    } else {
                        Node::above(NodeKind::Weedout(self.weedout_tables(place, end)), sub)
                    };
                    path = Some(self.inner_loop(path, sub, place));
                    place = end;
                }
                Structure::LooseScan { end } => {
                    let sub = self.connect(place, end, under.and(Under::LOOSE_SCAN, place == first), how, handed);
                    path = Some(self.inner_loop(path, sub, place));
                    place = end;
                }
                Structure::Plain => {
                    path = Some(self.plain_table(path, place, (first, last), how, handed));
                    place += 1;
                }
            }
        }
        path.unwrap_or_else(single_row)
    }

    /// True if a weedout range that starts at `place` ends before the last table of the range that ends at `end`.
    fn weedout_ends_before(&self, place: usize, end: usize) -> bool {
        (place..end).find(|j| self.table(*j).semijoin.weedout_end).is_some_and(|last| last + 1 < end)
    }

    fn inner_loop(&self, path: Option<Node<'p>>, inner: Node<'p>, place: usize) -> Node<'p> {
        match path {
            None => inner,
            Some(outer) => self.nested_loop(JoinType::Inner, outer, inner, place),
        }
    }

    fn nested_loop(&self, join: JoinType, outer: Node<'p>, inner: Node<'p>, place: usize) -> Node<'p> {
        let numbers = self.builder.nested_loop_numbers(&outer, &inner, self.table(place));
        Node::new(NodeKind::NestedLoop(join), vec![outer, inner]).with(numbers)
    }

    /// The inner side of an outer join or semijoin, joined to what is before it (spec 08 §3.3-3).
    fn join_range(
        &mut self,
        path: Option<Node<'p>>,
        (place, end): (usize, usize),
        (first, under): (usize, Under),
        join: JoinType,
        limit_one: bool,
        handed: &mut Handed,
    ) -> Node<'p> {
        let access = self.table(place);
        let buffered = access.join_buffer == JoinBuffer::Hash;
        let how = SplitAs { collects_join_conditions: buffered && path.is_some(), in_semijoin: join == JoinType::Semi };
        let entered = if join == JoinType::Semi { Under::SEMIJOIN } else { Under::OUTER_JOIN };
        let mut within = under.and(entered, place == first);
        // A weedout that starts here and is not longer than the join was dropped in favour of the join.
        if access.semijoin.weedout_start && !self.weedout_ends_before(place, end) {
            within = Under(within.0 | Under::WEEDOUT.0);
        }
        let mut inner = Handed::default();
        let mut sub = self.connect(place, end, within, how, &mut inner);
        let owns = |owner: Owner| match owner {
            Owner::Table(table) => access.table == Some(table),
            Owner::Nest(nest) => access.materialized == Some(nest),
            Owner::Semijoin => join == JoinType::Semi,
        };
        let (own_above, above): (Vec<Pending>, Vec<Pending>) =
            inner.above.into_iter().partition(|pending| join == JoinType::Left && owns(pending.owner));
        let (own_join, outer_join): (Vec<Pending>, Vec<Pending>) =
            inner.join.into_iter().partition(|pending| owns(pending.owner));
        handed.join.extend(outer_join);
        let mut own_above: Vec<ExprId> = own_above.into_iter().map(|pending| pending.condition).collect();
        let join = self.outer_join_type(join, place, under, first, &mut own_above);
        let join_conditions: Vec<ExprId> = own_join.into_iter().map(|pending| pending.condition).collect();
        let no_path = path.is_none();
        if no_path || limit_one {
            sub = self.builder.limit(Some(1), 0, sub);
        }
        let mut node = match path {
            None => self.builder.attach_filter(sub, join_conditions, self.block),
            Some(outer) => self.join_sides(join, outer, sub, (place, end), first, join_conditions),
        };
        let (mut attached, mut passed) = (own_above, Vec::new());
        for pending in above {
            // A condition of a join that this range is not part of is checked as soon as that join is made.
            if self.owner_is_outside(pending.owner, place, end) { passed.push(pending) } else { attached.push(pending.condition) }
        }
        handed.above.extend(passed);
        node = self.builder.attach_filter(node, attached, self.block);
        node
    }

    fn owner_is_outside(&self, owner: Owner, first: usize, last: usize) -> bool {
        !self.plan.tables[first..last].iter().any(|access| match owner {
            Owner::Table(table) => access.table == Some(table),
            Owner::Nest(nest) => access.materialized == Some(nest),
            Owner::Semijoin => false,
        })
    }

    /// LEFT or ANTI; takes the antijoin's own marker out of the conditions above.
    fn outer_join_type(&self, join: JoinType, place: usize, under: Under, first: usize, above: &mut Vec<ExprId>) -> JoinType {
        if join != JoinType::Left {
            return join;
        }
        let exprs = &self.builder.plan.query.exprs;
        let before = above.len();
        above.retain(|condition| !matches!(exprs[*condition], Expr::AntijoinMarker));
        let access = self.table(place);
        if above.len() < before || self.is_antijoin(access) {
            return JoinType::Anti;
        }
        let inside_outer_join = under.contains(Under::OUTER_JOIN) || access.first_upper.is_some();
        let _ = first;
        if access.not_exists && !inside_outer_join { JoinType::Anti } else { JoinType::Left }
    }

    /// The table starts the inner side of an antijoin nest.
    fn is_antijoin(&self, access: &TableAccess) -> bool {
        let query = &self.builder.plan.query;
        let mut nest = access.table.and_then(|table| query[table].nest);
        while let Some(id) = nest {
            match &query[id].kind {
                NestKind::Antijoin(_) => return access.not_exists,
                NestKind::Semijoin(_) => return false,
                NestKind::Join if query[id].outer_join => return false,
                NestKind::Join => nest = query[id].parent,
            }
        }
        false
    }

    fn join_sides(
        &self,
        join: JoinType,
        outer: Node<'p>,
        sub: Node<'p>,
        (place, end): (usize, usize),
        first: usize,
        conditions: Vec<ExprId>,
    ) -> Node<'p> {
        let access = self.table(place);
        let previous = place.checked_sub(1).map(|previous| self.table(previous));
        let loose =
            previous.filter(|table| join == JoinType::Semi && table.semijoin.loose_scan_until.is_some_and(|end| end >= place));
        if let Some(driving) = loose {
            let numbers = self.builder.nested_loop_numbers(&outer, &sub, access);
            return Node::new(NodeKind::NestedLoopDuplicateRemoval { access: driving }, vec![outer, sub]).with(numbers);
        }
        let inner_side = self.side(place, end);
        match access.join_buffer {
            JoinBuffer::Hash if self.is_independent(&sub, inner_side) => {
                self.hash_join(join, outer, sub, place, (self.side(first, place), inner_side), conditions)
            }
            JoinBuffer::BatchedKeyAccess => {
                let node = Node::new(NodeKind::BatchedKeyAccess(join), vec![outer.under("Batch input rows"), sub]);
                self.builder.attach_filter(node, conditions, self.block)
            }
            _ => {
                let sub = self.builder.attach_filter(sub, conditions, self.block);
                self.nested_loop(join, outer, sub, place)
            }
        }
    }

    /// No condition and no look-up of a subtree needs tables outside.
    fn is_independent(&self, node: &Node<'p>, side: TableSet) -> bool {
        let own = match &node.kind {
            NodeKind::Filter { conditions, .. } => conditions.iter().all(|condition| self.stays_within(side, *condition)),
            NodeKind::Lookup { access, .. } => match &access.method {
                AccessMethod::Lookup(lookup) => lookup.values.iter().all(|value| self.stays_within(side, *value)),
                _ => true,
            },
            NodeKind::Materialize(_) => return true,
            _ => true,
        };
        own && node.children.iter().all(|child| self.is_independent(child, side))
    }

    /// A hash join of an inner side; what is before it is the probe side.
    fn hash_join(
        &self,
        join: JoinType,
        probe: Node<'p>,
        build: Node<'p>,
        place: usize,
        (probe_side, build_side): (TableSet, TableSet),
        conditions: Vec<ExprId>,
    ) -> Node<'p> {
        let mut flat = Vec::new();
        conditions.iter().for_each(|condition| self.builder.flatten(*condition, &mut flat));
        let (hashed, others) = self.builder.hash_conditions(flat, probe_side, build_side, self.const_tables);
        let query = &self.builder.plan.query;
        let on_build = |condition: &ExprId| {
            let deterministic = !query.exprs.facts(*condition).used.meets(TableSet::RAND);
            deterministic && !probe_side.meets(self.builder.used(*condition, self.const_tables))
        };
        let (below, extra): (Vec<ExprId>, Vec<ExprId>) = others.into_iter().partition(on_build);
        let mut build = self.builder.attach_filter(build, below, self.block);
        if matches!(join, JoinType::Semi | JoinType::Anti) && hashed.is_empty() && extra.is_empty() {
            build = self.builder.limit(Some(1), 0, build);
        }
        let numbers = self.builder.hash_numbers(&probe, &build, self.table(place));
        let kind = NodeKind::HashJoin { join, conditions: hashed, extra, block: self.block };
        Node::new(kind, vec![probe, build.under("Hash")]).with(numbers)
    }

    /// One table of an inner join (spec 08 §3.3-6).
    fn plain_table(
        &mut self,
        path: Option<Node<'p>>,
        place: usize,
        (first, last): (usize, usize),
        how: SplitAs,
        handed: &mut Handed,
    ) -> Node<'p> {
        let access = self.table(place);
        let own = self.side(place, place + 1);
        let structure = self.side(first, last);
        let within = |condition: ExprId| self.stays_within(structure, condition);
        let mut split = self.builder.split(access.condition, within, how);
        handed.above.append(&mut split.above);
        handed.join.append(&mut split.join);
        let hash = access.join_buffer == JoinBuffer::Hash && path.is_some();
        let mut join_conditions = Vec::new();
        if hash {
            (split.below, join_conditions) = split.below.into_iter().partition(|condition| self.stays_within(own, *condition));
        }
        let consumed = access.sort.is_some();
        let mut node = self.builder.table_node(access, self.block, self.plan, if consumed { &split.below } else { &[] });
        let batched = access.join_buffer == JoinBuffer::BatchedKeyAccess;
        if let NodeKind::Lookup { lookup, .. } = &mut node.kind
            && batched
        {
            *lookup = LookupType::MultiRange;
            node.set(self.builder.table_numbers(access, false, -1.0));
        }
        if !consumed {
            let known = node.rows >= 0.0;
            let any = !split.below.is_empty();
            node = self.builder.attach_filter(node, split.below, self.block);
            if known && any {
                let init = self.builder.kept_init(node.init);
                node.set(self.builder.table_numbers(access, true, init));
            }
        }
        if access.semijoin.loose_scan_until == Some(place) {
            node = Node::above(NodeKind::RemoveDuplicatesOnIndex(access), node);
        }
        for _ in &access.rematerializes {
            let numbers = node.numbers();
            node = Node::new(NodeKind::CacheInvalidator(access), vec![node]);
            (node.rows, node.cost) = (numbers.rows, numbers.cost);
        }
        let Some(outer) = path else { return node };
        if hash {
            return self.inner_hash_join(outer, node, place, first, join_conditions);
        }
        if batched {
            return Node::new(NodeKind::BatchedKeyAccess(JoinType::Inner), vec![outer.under("Batch input rows"), node]);
        }
        let is_last = place + 1 == self.plan.primary_tables;
        if is_last && access.distinct && access.first_inner.is_none() {
            node = self.builder.limit(Some(1), 0, node);
        }
        self.nested_loop(JoinType::Inner, outer, node, place)
    }

    /// The new table probes; what is before it is hashed.
    fn inner_hash_join(&self, build: Node<'p>, probe: Node<'p>, place: usize, first: usize, conditions: Vec<ExprId>) -> Node<'p> {
        let (probe_side, build_side) = (self.side(place, place + 1), self.side(first, place));
        let (hashed, others) = self.builder.hash_conditions(conditions, probe_side, build_side, self.const_tables);
        let numbers = self.builder.hash_numbers(&probe, &build, self.table(place));
        let kind = NodeKind::HashJoin { join: JoinType::Inner, conditions: hashed, extra: Vec::new(), block: self.block };
        let node = Node::new(kind, vec![probe, build.under("Hash")]).with(numbers);
        self.builder.attach_filter(node, others, self.block)
    }

    /// Tables of a weedout range whose row ids tell duplicates apart: those that are no inner tables of a semijoin
    /// (spec 05 §11.3).
    fn weedout_tables(&self, first: usize, last: usize) -> Vec<&'p TableAccess> {
        let query = &self.builder.plan.query;
        let inner = |access: &TableAccess| {
            let mut nest = access.table.and_then(|table| query[table].nest);
            while let Some(id) = nest {
                if matches!(query[id].kind, NestKind::Semijoin(_)) {
                    return true;
                }
                nest = query[id].parent;
            }
            false
        };
        self.plan.tables[first..last].iter().filter(|access| !inner(access)).collect()
    }
}

/// `Rows fetched before execution`.
pub(super) fn single_row<'p>() -> Node<'p> {
    let mut node = Node::new(NodeKind::RowsBeforeExecution, Vec::new());
    (node.rows, node.cost, node.init) = (1.0, 0.0, 0.0);
    node
}
