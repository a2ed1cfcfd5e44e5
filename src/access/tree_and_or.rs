//! Trees: what a condition says of each index, and index merges; their AND and OR (spec 03 §3.1, §3.2, §3.4).

use super::interval::{List, ListKind, list_and, list_or};
use std::rc::Rc;

/// The intervals that a condition leaves of each index of the analysis, by place in the analysis (not index number).
#[derive(Clone, Debug, PartialEq, Default)]
pub struct KeyTree {
    /// One list an index; none says nothing.
    pub lists: Vec<Option<Rc<List>>>,
    /// Alternatives to the lists: merges, ANDed.
    pub merges: Vec<Merge>,
}

/// An OR of trees to be read by index merge.
#[derive(Clone, Debug, PartialEq)]
pub struct Merge(pub Vec<KeyTree>);

/// What a condition says. A missing tree (none) says nothing that can be used.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// Always true.
    Always,
    /// Never true.
    Impossible,
    /// Intervals.
    Key(KeyTree),
}

impl KeyTree {
    /// A tree without lists for `indexes` indexes.
    pub fn empty(indexes: usize) -> KeyTree {
        KeyTree { lists: vec![None; indexes], merges: Vec::new() }
    }
    /// No list for any index.
    pub fn has_no_lists(&self) -> bool {
        self.lists.iter().all(Option::is_none)
    }
    fn has_range(&self) -> bool {
        self.lists.iter().flatten().any(|list| list.kind == ListKind::Range)
    }
    /// Drops lists that start behind the first key part; false if none is left.
    fn keep_first_parts(&mut self) -> bool {
        for list in &mut self.lists {
            if list.as_ref().is_some_and(|list| list.part != 0) {
                *list = None;
            }
        }
        !self.has_no_lists()
    }
    fn combinable_with(&self, other: &KeyTree) -> bool {
        self.lists.iter().zip(&other.lists).any(|pair| matches!(pair, (Some(a), Some(b)) if a.part == b.part))
    }
}

/// AND of two conditions' trees (spec 03 §3.2).
pub fn tree_and(first: Option<Tree>, second: Option<Tree>) -> Option<Tree> {
    let (first, second) = match (first, second) {
        (None, other) | (other, None) => return other,
        (Some(first), Some(second)) => (first, second),
    };
    let (mut first, second) = match (first, second) {
        (Tree::Impossible, _) | (_, Tree::Impossible) => return Some(Tree::Impossible),
        (Tree::Always, other) | (other, Tree::Always) => return Some(other),
        (Tree::Key(first), Tree::Key(second)) => (first, second),
    };
    for (list, more) in first.lists.iter_mut().zip(second.lists) {
        *list = list_and(list.take(), more);
        if list.as_ref().is_some_and(|list| list.kind == ListKind::Impossible) {
            return Some(Tree::Impossible);
        }
    }
    first.merges.extend(second.merges);
    Some(Tree::Key(first))
}

/// OR of two conditions' trees (spec 03 §3.4). With `jump_scans` (partition pruning) lists that start at later parts stay.
pub fn tree_or(first: Option<Tree>, second: Option<Tree>, jump_scans: bool) -> Option<Tree> {
    let (first, second) = (first?, second?);
    let (mut first, mut second) = match (first, second) {
        (Tree::Impossible, other) | (other, Tree::Impossible) => return Some(other),
        (Tree::Always, _) | (_, Tree::Always) => return Some(Tree::Always),
        (Tree::Key(first), Tree::Key(second)) => (first, second),
    };
    for tree in [&mut first, &mut second] {
        if !tree.merges.is_empty() && tree.has_range() {
            tree.merges.clear();
        }
    }
    if first.combinable_with(&second) {
        for (list, more) in first.lists.iter_mut().zip(second.lists) {
            *list = match (list.take(), more) {
                (Some(a), Some(b)) if a.part == b.part => list_or(Some(a), Some(b)),
                _ => None,
            };
        }
        return (!first.has_no_lists()).then_some(Tree::Key(first));
    }
    merge_or(first, second, jump_scans)
}

fn merge_or(mut first: KeyTree, mut second: KeyTree, jump_scans: bool) -> Option<Tree> {
    let indexes = first.lists.len();
    match (first.merges.is_empty(), second.merges.is_empty()) {
        (true, true) => {
            if !jump_scans && (!first.keep_first_parts() || !second.keep_first_parts()) {
                return Some(Tree::Always);
            }
            let mut tree = KeyTree::empty(indexes);
            tree.merges.push(Merge(vec![first, second]));
            Some(Tree::Key(tree))
        }
        (false, false) => {
            first.merges.truncate(1);
            let mut merge = first.merges.remove(0);
            for tree in second.merges.swap_remove(0).0 {
                if !merge.add(tree, jump_scans) {
                    return Some(Tree::Always);
                }
            }
            first.merges.push(merge);
            Some(Tree::Key(first))
        }
        (first_plain, _) => {
            let (mut merged, mut plain) = if first_plain { (second, first) } else { (first, second) };
            if !jump_scans && !plain.keep_first_parts() {
                return Some(Tree::Always);
            }
            merged.merges.retain_mut(|merge| merge.add(plain.clone(), jump_scans));
            if merged.merges.is_empty() {
                return Some(Tree::Always);
            }
            Some(Tree::Key(merged))
        }
    }
}

impl Merge {
    /// ORs a tree to the merge; false if the result is always true.
    fn add(&mut self, tree: KeyTree, jump_scans: bool) -> bool {
        let Some(place) = self.0.iter().position(|member| member.combinable_with(&tree)) else {
            self.0.push(tree);
            return true;
        };
        let member = std::mem::take(&mut self.0[place]);
        match tree_or(Some(Tree::Key(member)), Some(Tree::Key(tree)), jump_scans) {
            Some(Tree::Key(both)) => {
                self.0[place] = both;
                true
            }
            _ => false,
        }
    }
}
