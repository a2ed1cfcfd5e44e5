//! The join graph: tables, the order that outer joins and hints demand, and the equalities that connect tables.

use super::state::{JoinState, JoinTable};
use crate::query::{Query, TableSet};
use petgraph::dot::{Config, Dot};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::Dfs;

/// An edge of the join graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinEdge {
    /// The source must be placed before the target.
    Precedes,
    /// The source's columns can drive a lookup into the target.
    Drives,
}

/// Makes the dependencies between tables transitive. False if a table would have to precede itself; then nothing changed.
pub(super) fn close(tables: &mut [JoinTable]) -> bool {
    let edges = tables.iter().flat_map(|table| {
        let target = NodeIndex::new(table.number as usize);
        table.dependent.iter().map(move |source| (target, NodeIndex::new(source as usize)))
    });
    let mut graph: DiGraph<(), ()> = DiGraph::new();
    tables.iter().for_each(|_| {
        graph.add_node(());
    });
    let edges: Vec<_> = edges.filter(|(_, source)| source.index() < tables.len()).collect();
    graph.extend_with_edges(edges);
    let mut closed = vec![TableSet::EMPTY; tables.len()];
    for (number, reached) in closed.iter_mut().enumerate() {
        let start = NodeIndex::new(number);
        for neighbor in graph.neighbors(start) {
            let mut walk = Dfs::new(&graph, neighbor);
            while let Some(node) = walk.next(&graph) {
                reached.insert(node.index() as u8);
            }
        }
        if reached.contains(number as u8) {
            return false;
        }
    }
    for (table, reached) in tables.iter_mut().zip(closed) {
        table.dependent = reached;
    }
    true
}

/// The join graph of a planned block.
pub fn join_graph(query: &Query, state: &JoinState) -> DiGraph<String, JoinEdge> {
    let mut graph = DiGraph::new();
    for table in &state.tables {
        graph.add_node(format!("{} ({} rows)", query[table.id].alias, table.records));
    }
    for table in &state.tables {
        let target = NodeIndex::new(table.number as usize);
        for source in table.dependent.iter() {
            graph.add_edge(NodeIndex::new(source as usize), target, JoinEdge::Precedes);
        }
        let drives =
            state.key_uses[table.key_uses.clone()].iter().fold(TableSet::EMPTY, |set, key_use| set.union(key_use.used.tables()));
        for source in drives.iter().filter(|source| (*source as usize) < state.tables.len()) {
            graph.add_edge(NodeIndex::new(source as usize), target, JoinEdge::Drives);
        }
    }
    graph
}

/// The join graph in the DOT language, for people.
pub fn dot(query: &Query, state: &JoinState) -> String {
    let graph = join_graph(query, state);
    let style = |_: &DiGraph<String, JoinEdge>, edge: petgraph::graph::EdgeReference<'_, JoinEdge>| match edge.weight() {
        JoinEdge::Precedes => "style=bold".to_owned(),
        JoinEdge::Drives => "style=dashed".to_owned(),
    };
    let label = |_: &DiGraph<String, JoinEdge>, (_, name): (NodeIndex, &String)| format!("label={name:?}");
    let config = [Config::NodeNoLabel, Config::EdgeNoLabel];
    format!("{:?}", Dot::with_attr_getters(&graph, &config, &style, &label))
}
