//! The order in which the search first looks at tables (spec 04 §9.1).

use super::state::JoinTable;
use crate::query::TableSet;

/// Sorts the tables behind the const ones. The relation is not transitive, so the way of sorting shows: merge sort, with
/// insertion sort below five elements. Tables in `first` go before all others (a nest that is planned by itself).
pub(super) fn sort(tables: &[JoinTable], mut order: Vec<u8>, const_tables: usize, straight: bool, first: TableSet) -> Vec<u8> {
    let less = |a: u8, b: u8| {
        let before = match (first.contains(a), first.contains(b)) {
            (true, false) => return true,
            (false, true) => return false,
            _ => (&tables[a as usize], &tables[b as usize]),
        };
        if straight { less_straight(before.0, before.1) } else { less(before.0, before.1) }
    };
    merge_sort(&mut order[const_tables..], &less);
    order
}

/// Dependencies, then key dependencies, then rows, then leaf order.
fn less(a: &JoinTable, b: &JoinTable) -> bool {
    if a.dependent.contains(b.number) {
        return false;
    }
    if b.dependent.contains(a.number) {
        return true;
    }
    let (a_key_depends, b_key_depends) = (a.key_dependent.contains(b.number), b.key_dependent.contains(a.number));
    if a_key_depends && !b_key_depends {
        return false;
    }
    if b_key_depends && !a_key_depends {
        return true;
    }
    if a.found != b.found {
        return a.found < b.found;
    }
    a.number < b.number
}

fn less_straight(a: &JoinTable, b: &JoinTable) -> bool {
    if a.dependent.contains(b.number) {
        return false;
    }
    if b.dependent.contains(a.number) {
        return true;
    }
    a.number < b.number
}

fn merge_sort(items: &mut [u8], less: &dyn Fn(u8, u8) -> bool) {
    if items.len() < 5 {
        for end in 1..items.len() {
            let mut at = end;
            while at > 0 && !less(items[at - 1], items[at]) {
                items.swap(at - 1, at);
                at -= 1;
            }
        }
        return;
    }
    let middle = items.len() / 2;
    merge_sort(&mut items[..middle], less);
    merge_sort(&mut items[middle..], less);
    let (left, right) = (items[..middle].to_vec(), items[middle..].to_vec());
    let (mut l, mut r) = (0, 0);
    for slot in items.iter_mut() {
        let take_left = match (left.get(l), right.get(r)) {
            (Some(&a), Some(&b)) => less(a, b),
            (Some(_), None) => true,
            _ => false,
        };
        if take_left {
            *slot = left[l];
            l += 1;
        } else {
            *slot = right[r];
            r += 1;
        }
    }
}
