//! The node that reads one table (spec 08 §3.2).

use super::{Builder, LookupType, Node, NodeKind, Numbers};
use crate::access::{RangePlan, RangePlanKind};
use crate::plan::{AccessMethod, AccessType, RefAccess, TableAccess};
use crate::query::{BlockId, ExprId, TableKind};

impl<'p> Builder<'p> {
    /// The access of a table with the sort on its rows, before any materialization. `below`: conditions checked under that sort.
    pub(super) fn access(&self, access: &'p TableAccess, block: BlockId, below: &[ExprId]) -> Node<'p> {
        let mut node = self.bare_access(access, block);
        let init = self.kept_init(node.init);
        node.set(self.table_numbers(access, false, init));
        if let AccessMethod::Lookup(lookup) = &access.method
            && lookup.guarded_parts != 0
            && access.access_type != AccessType::Const
        {
            node = self.alternative(access, node);
        }
        if let Some(sort) = &access.sort {
            node = self.attach_filter(node, below.to_vec(), block);
            node = self.sort(sort, block, self.plan.query[block].rollup, node);
        }
        if node.rows == -1.0 {
            node.set(self.table_numbers(access, false, -1.0));
        }
        node
    }

    fn alternative(&self, access: &'p TableAccess, lookup: Node<'p>) -> Node<'p> {
        let mut scan = Node::new(NodeKind::TableScan(access), Vec::new());
        scan.set(Numbers { rows: access.table_rows as f64, cost: access.scan_cost, init: -1.0 });
        Node::new(NodeKind::Alternative { access }, vec![lookup, scan])
    }

    fn bare_access(&self, access: &'p TableAccess, block: BlockId) -> Node<'p> {
        let leaf = |kind| Node::new(kind, Vec::new());
        match &access.method {
            AccessMethod::ConstRow => const_row(access),
            AccessMethod::Lookup(_) if matches!(access.access_type, AccessType::Const | AccessType::System) => const_row(access),
            AccessMethod::Lookup(lookup) => leaf(NodeKind::Lookup { access, lookup: lookup_type(access, lookup), block }),
            AccessMethod::Range(range) => self.range(access, range, block, false),
            AccessMethod::IndexScan { index, reverse } => {
                let started = self.plan.executed.contains(&self.plan.query[block].unit);
                leaf(NodeKind::IndexScan { access, index: *index, reverse: *reverse, started })
            }
            AccessMethod::DynamicRange => leaf(NodeKind::DynamicRange { access, block }),
            AccessMethod::TableScan => {
                let table = access.table.map(|id| &self.plan.query[id]);
                if table.is_some_and(|table| matches!(table.kind, TableKind::RecursiveReference { .. })) {
                    leaf(NodeKind::FollowTail(access))
                } else {
                    leaf(NodeKind::TableScan(access))
                }
            }
        }
    }

    /// A range plan; `merged` if it feeds an index merge (the index is never read alone then).
    fn range(&self, access: &'p TableAccess, range: &'p RangePlan, block: BlockId, merged: bool) -> Node<'p> {
        let inputs = |scans: &'p [RangePlan]| -> Vec<Node<'p>> {
            scans.iter().map(|scan| self.merge_input(access, scan, block)).collect()
        };
        match &range.kind {
            RangePlanKind::SortUnion(scans) => {
                let primary = access.table.and_then(|id| self.plan.query[id].table.clustered);
                let children = scans.iter().map(|scan| {
                    let input = self.merge_input(access, scan, block);
                    let is_clustered = primary.is_some() && scan.single_index() == primary;
                    if is_clustered { input.under("Clustered primary key (scanned separately)") } else { input }
                });
                Node::new(NodeKind::SortedMerge, children.collect())
            }
            RangePlanKind::Intersection { scans, clustered, .. } => {
                let mut members = inputs(scans);
                // 9.7 shows the ranges of the clustered key too, and lets all members start at no cost (spec 03 §15).
                if self.since_9_7() {
                    members.extend(clustered.iter().map(|scan| self.merge_input(access, scan, block)));
                    members.iter_mut().for_each(|member| member.init = 0.0);
                }
                Node::new(NodeKind::RowIdIntersection, members)
            }
            RangePlanKind::Union(scans) => Node::new(NodeKind::RowIdUnion, inputs(scans)),
            _ => Node::new(NodeKind::Range { access, range, block, merged }, Vec::new()),
        }
    }

    fn merge_input(&self, access: &'p TableAccess, scan: &'p RangePlan, block: BlockId) -> Node<'p> {
        self.range(access, scan, block, true).with(Numbers { rows: scan.rows, cost: scan.cost, init: -1.0 })
    }
}

/// A table that is read once but is no const table of the plan.
fn const_row(access: &TableAccess) -> Node<'_> {
    Node::new(NodeKind::ConstRow(access), Vec::new()).with(Numbers { rows: 1.0, cost: 0.0, init: 0.0 })
}

fn lookup_type(access: &TableAccess, lookup: &RefAccess) -> LookupType {
    match access.access_type {
        AccessType::EqRef | AccessType::UniqueSubquery => LookupType::EqRef,
        AccessType::FullText => LookupType::FullText,
        AccessType::RefOrNull => LookupType::RefOrNull,
        _ if lookup.null_part.is_some() => LookupType::RefOrNull,
        _ => LookupType::Ref,
    }
}
