//! Intervals over one key part, ordered lists of them, and their AND and OR (spec 03 §3.1, §3.3, §3.5).

use super::key_value::KeyValue;
use std::cmp::Ordering;
use std::rc::Rc;

/// One end of an interval.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// The value; none is minus infinity at the lower and plus infinity at the upper end.
    pub value: Option<KeyValue>,
    /// The value itself is not part of the interval.
    pub open: bool,
}

impl Bound {
    /// Infinity.
    pub const INFINITE: Bound = Bound { value: None, open: false };
    /// An end that belongs to the interval.
    pub fn closed(value: KeyValue) -> Bound {
        Bound { value: Some(value), open: false }
    }
    /// An end that does not.
    pub fn open(value: KeyValue) -> Bound {
        Bound { value: Some(value), open: true }
    }
    /// Closed and finite: a following key part may lengthen it.
    pub fn is_extensible(&self) -> bool {
        self.value.is_some() && !self.open
    }
}

/// Values of one key part between two ends, with what must hold for the following parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: Bound,
    /// Upper end.
    pub high: Bound,
    /// A condition with values that are not read yet narrows it further.
    pub maybe: bool,
    /// The condition on a later key part, ANDed.
    pub next: Option<Rc<List>>,
}

impl Interval {
    /// Everything.
    pub fn full() -> Interval {
        Interval { low: Bound::INFINITE, high: Bound::INFINITE, maybe: false, next: None }
    }
    /// One value.
    pub fn point(value: KeyValue) -> Interval {
        Interval { low: Bound::closed(value.clone()), high: Bound::closed(value), maybe: false, next: None }
    }
    /// Between two ends.
    pub fn between(low: Bound, high: Bound) -> Interval {
        Interval { low, high, maybe: false, next: None }
    }
    /// Minus to plus infinity.
    pub fn is_full(&self) -> bool {
        self.low.value.is_none() && self.high.value.is_none()
    }
    /// Both ends closed and equal (NULL included).
    pub fn is_point(&self) -> bool {
        match (&self.low, &self.high) {
            (Bound { value: Some(low), open: false }, Bound { value: Some(high), open: false }) => {
                low.compare(high) == Ordering::Equal
            }
            _ => false,
        }
    }
    /// The point NULL.
    pub fn is_null_point(&self) -> bool {
        self.is_point() && self.low.value.as_ref().is_some_and(KeyValue::is_null)
    }
    fn is_empty(&self) -> bool {
        match (&self.low.value, &self.high.value) {
            (Some(low), Some(high)) => match low.compare(high) {
                Ordering::Less => false,
                Ordering::Equal => self.low.open || self.high.open,
                Ordering::Greater => true,
            },
            _ => false,
        }
    }
}

fn compare_lows(a: &Bound, b: &Bound) -> Ordering {
    match (&a.value, &b.value) {
        (None, None) => Ordering::Equal,
        (None, _) => Ordering::Less,
        (_, None) => Ordering::Greater,
        (Some(x), Some(y)) => x.compare(y).then(a.open.cmp(&b.open)),
    }
}

fn compare_highs(a: &Bound, b: &Bound) -> Ordering {
    match (&a.value, &b.value) {
        (None, None) => Ordering::Equal,
        (None, _) => Ordering::Greater,
        (_, None) => Ordering::Less,
        (Some(x), Some(y)) => x.compare(y).then(b.open.cmp(&a.open)),
    }
}

/// How an interval that ends with `high` lies to one that starts with `low`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Gap {
    /// Values lie between them, or may.
    Apart,
    /// Nothing lies between them and nothing is in both.
    Adjacent,
    Overlap,
}

fn gap(high: &Bound, low: &Bound) -> Gap {
    let (Some(end), Some(start)) = (&high.value, &low.value) else { return Gap::Overlap };
    match end.compare(start) {
        Ordering::Less => Gap::Apart,
        Ordering::Greater => Gap::Overlap,
        Ordering::Equal => match (high.open, low.open) {
            (true, true) => Gap::Apart,
            (false, false) => Gap::Overlap,
            _ => Gap::Adjacent,
        },
    }
}

/// The lower end that starts where `high` ends.
fn after(high: &Bound) -> Bound {
    Bound { value: high.value.clone(), open: !high.open }
}

/// The upper end that ends where `low` starts.
fn before(low: &Bound) -> Bound {
    Bound { value: low.value.clone(), open: !low.open }
}

/// What a list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListKind {
    /// Intervals.
    Range,
    /// Depends on values that are not read yet; its one interval only carries the following parts.
    Maybe,
    /// Never true.
    Impossible,
}

/// Ordered disjoint intervals over one key part: their OR. No list at all means "always true".
#[derive(Clone, Debug, PartialEq)]
pub struct List {
    /// Key part, from 0.
    pub part: u8,
    /// Kind.
    pub kind: ListKind,
    /// Array parts keep points in the order of arrival, newest first, and never merge them (spec 03 §2.7).
    pub array: bool,
    /// Spatial parts keep one box and combine with nothing.
    pub geometry: bool,
    /// The intervals.
    pub intervals: Vec<Interval>,
}

impl List {
    /// One interval.
    pub fn of(part: u8, interval: Interval) -> List {
        List { part, kind: ListKind::Range, array: false, geometry: false, intervals: vec![interval] }
    }
    /// Known only when other tables are read.
    pub fn maybe(part: u8) -> List {
        let all = Interval { maybe: true, ..Interval::full() };
        List { part, kind: ListKind::Maybe, array: false, geometry: false, intervals: vec![all] }
    }
    fn is_trivial(&self) -> bool {
        self.kind == ListKind::Range && matches!(self.intervals.as_slice(), [only] if only.is_full() && !only.maybe)
    }
    /// Some interval or the list itself depends on values that are not read yet.
    pub fn has_maybe(&self) -> bool {
        self.kind == ListKind::Maybe
            || self.intervals.iter().any(|interval| interval.maybe || interval.next.as_ref().is_some_and(|next| next.has_maybe()))
    }
}

type Link = Option<Rc<List>>;

/// AND of two lists; none is "always true".
pub fn list_and(first: Link, second: Link) -> Link {
    let (first, second) = match (first, second) {
        (None, other) | (other, None) => return other,
        (Some(first), Some(second)) => (first, second),
    };
    if first.kind == ListKind::Impossible {
        return Some(first);
    }
    if second.kind == ListKind::Impossible {
        return Some(second);
    }
    if first.is_trivial() && first.intervals[0].next.is_none() {
        return Some(second);
    }
    if second.is_trivial() && second.intervals[0].next.is_none() {
        return Some(first);
    }
    match first.part.cmp(&second.part) {
        Ordering::Less => Some(attach(first, &second)),
        Ordering::Greater => Some(attach(second, &first)),
        Ordering::Equal => Some(same_part_and(first, second)),
    }
}

/// Puts `below` under every interval of `upper`.
fn attach(upper: Rc<List>, below: &Rc<List>) -> Rc<List> {
    let mut list = Rc::unwrap_or_clone(upper);
    list.intervals.retain_mut(|interval| {
        interval.next = list_and(interval.next.take(), Some(below.clone()));
        interval.next.as_ref().is_none_or(|next| next.kind != ListKind::Impossible)
    });
    if list.intervals.is_empty() {
        list.kind = ListKind::Impossible;
    }
    Rc::new(list)
}

fn same_part_and(first: Rc<List>, second: Rc<List>) -> Rc<List> {
    match (first.kind, second.kind) {
        (ListKind::Maybe, ListKind::Maybe) => {
            let next = list_and(
                first.intervals.first().and_then(|interval| interval.next.clone()),
                second.intervals.first().and_then(|interval| interval.next.clone()),
            );
            let mut list = Rc::unwrap_or_clone(first);
            if let Some(interval) = list.intervals.first_mut() {
                interval.next = next;
            }
            return Rc::new(list);
        }
        (ListKind::Maybe, _) => return flag_maybe(second, &first),
        (_, ListKind::Maybe) => return flag_maybe(first, &second),
        _ => {}
    }
    if first.geometry || first.array {
        return if first.array { attach_same_part(first, second) } else { first };
    }
    let mut list = List { part: first.part, kind: ListKind::Range, array: false, geometry: false, intervals: Vec::new() };
    let (mut i, mut j) = (0, 0);
    while let (Some(a), Some(b)) = (first.intervals.get(i), second.intervals.get(j)) {
        if let Some(both) = intersect(a, b) {
            list.intervals.push(both);
        }
        if compare_highs(&a.high, &b.high).is_lt() { i += 1 } else { j += 1 }
    }
    if list.intervals.is_empty() {
        list.kind = ListKind::Impossible;
    }
    Rc::new(list)
}

/// A second condition on an array part hangs below the first, where no scan ever uses it.
fn attach_same_part(first: Rc<List>, second: Rc<List>) -> Rc<List> {
    let mut list = Rc::unwrap_or_clone(first);
    for interval in &mut list.intervals {
        if interval.next.is_none() {
            interval.next = Some(second.clone());
        }
    }
    Rc::new(list)
}

fn flag_maybe(ranges: Rc<List>, maybe: &List) -> Rc<List> {
    let below = maybe.intervals.first().and_then(|interval| interval.next.clone());
    let mut list = Rc::unwrap_or_clone(ranges);
    list.intervals.retain_mut(|interval| {
        interval.maybe = true;
        if below.is_some() {
            interval.next = list_and(interval.next.take(), below.clone());
        }
        interval.next.as_ref().is_none_or(|next| next.kind != ListKind::Impossible)
    });
    if list.intervals.is_empty() {
        list.kind = ListKind::Impossible;
    }
    Rc::new(list)
}

fn intersect(a: &Interval, b: &Interval) -> Option<Interval> {
    let low = if compare_lows(&a.low, &b.low).is_ge() { &a.low } else { &b.low };
    let high = if compare_highs(&a.high, &b.high).is_le() { &a.high } else { &b.high };
    let mut both = Interval { low: low.clone(), high: high.clone(), maybe: a.maybe || b.maybe, next: None };
    if both.is_empty() {
        return None;
    }
    both.next = list_and(a.next.clone(), b.next.clone());
    both.next.as_ref().is_none_or(|next| next.kind != ListKind::Impossible).then_some(both)
}

/// OR of two lists; none is "always true".
pub fn list_or(first: Link, second: Link) -> Link {
    let (first, second) = (first?, second?);
    if first.kind == ListKind::Impossible {
        return Some(second);
    }
    if second.kind == ListKind::Impossible {
        return Some(first);
    }
    if first.part != second.part || first.geometry || second.geometry {
        return None;
    }
    if first.kind == ListKind::Maybe {
        return Some(first);
    }
    if second.kind == ListKind::Maybe {
        return Some(second);
    }
    let mut list = Rc::unwrap_or_clone(first);
    if list.array {
        for interval in &second.intervals {
            list.intervals.insert(0, interval.clone());
        }
        return Some(Rc::new(list));
    }
    // The longer one takes in the shorter one.
    let mut other = Rc::unwrap_or_clone(second);
    if list.intervals.len() < other.intervals.len() {
        std::mem::swap(&mut list, &mut other);
    }
    for interval in other.intervals {
        insert(&mut list.intervals, interval);
    }
    match list.intervals.as_slice() {
        [only] if only.is_full() => only.maybe.then(|| Rc::new(List::maybe(list.part))),
        _ => Some(Rc::new(list)),
    }
}

/// Merges one interval into an ordered list.
fn insert(list: &mut Vec<Interval>, mut new: Interval) {
    // First interval that does not end before the new one starts.
    let mut at = list.partition_point(|old| gap(&old.high, &new.low) == Gap::Apart);
    while let Some(old) = list.get_mut(at) {
        match gap(&old.high, &new.low) {
            Gap::Apart => {
                at += 1;
                continue;
            }
            Gap::Adjacent if old.next == new.next => {
                new.low = old.low.clone();
                new.maybe |= old.maybe;
                list.remove(at);
                continue;
            }
            Gap::Adjacent => {
                at += 1;
                continue;
            }
            Gap::Overlap => {}
        }
        match gap(&new.high, &old.low) {
            Gap::Apart => break,
            Gap::Adjacent => {
                if old.next == new.next {
                    old.low = new.low;
                    old.maybe |= new.maybe;
                    return;
                }
                break;
            }
            Gap::Overlap => {}
        }
        if old.next == new.next {
            // One interval of both; what it still overlaps is looked at next.
            if compare_lows(&old.low, &new.low).is_le() {
                new.low = old.low.clone();
            }
            new.maybe |= old.maybe;
            if compare_highs(&old.high, &new.high).is_ge() {
                new.high = old.high.clone();
                *old = new;
                return;
            }
            list.remove(at);
            continue;
        }
        if old.next.is_none() && compare_lows(&old.low, &new.low).is_le() && compare_highs(&old.high, &new.high).is_ge() {
            return;
        }
        match split(list, at, new) {
            Some((place, rest)) => {
                at = place;
                new = rest;
            }
            None => return,
        }
    }
    list.insert(at, new);
}

/// Cuts the interval at `at` and an overlapping new one with other following parts at their four ends. Returns what is left
/// of the new one behind the old one, and where to go on.
fn split(list: &mut Vec<Interval>, mut at: usize, mut new: Interval) -> Option<(usize, Interval)> {
    let mut old = list.remove(at);
    // What lies before the overlap.
    match compare_lows(&old.low, &new.low) {
        Ordering::Less => {
            if old.next.is_some() {
                list.insert(at, Interval { high: before(&new.low), ..old.clone() });
                at += 1;
                old.low = new.low.clone();
            } else {
                // The old one is true alone: it swallows the overlap.
                new.low = old.low.clone();
            }
        }
        Ordering::Greater => {
            list.insert(at, Interval { high: before(&old.low), ..new.clone() });
            at += 1;
            new.low = old.low.clone();
        }
        Ordering::Equal => {}
    }
    // The overlap, and what lies behind it.
    let order = compare_highs(&old.high, &new.high);
    let shared_high = if order.is_le() { old.high.clone() } else { new.high.clone() };
    let shared = Interval {
        low: old.low.clone(),
        high: shared_high.clone(),
        maybe: old.maybe || new.maybe,
        next: if old.next.is_none() { None } else { list_or(old.next.clone(), new.next.clone()) },
    };
    match order {
        Ordering::Greater => {
            if shared.next == old.next {
                list.insert(at, Interval { low: shared.low, ..old });
            } else {
                list.insert(at, shared);
                list.insert(at + 1, Interval { low: after(&shared_high), ..old });
            }
            None
        }
        Ordering::Equal => {
            list.insert(at, shared);
            None
        }
        Ordering::Less => {
            list.insert(at, shared);
            new.low = after(&shared_high);
            Some((at + 1, new))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const A_VALUES: i128 = 8;
    const B_VALUES: i128 = 4;

    fn number(value: i128) -> KeyValue {
        KeyValue::Integer(value)
    }

    /// One comparison with a constant: part, lower end, upper end (value, open).
    #[derive(Clone, Debug)]
    struct Comparison {
        part: u8,
        low: Option<(i128, bool)>,
        high: Option<(i128, bool)>,
    }

    impl Comparison {
        fn list(&self) -> Option<Rc<List>> {
            let bound = |end: Option<(i128, bool)>| {
                end.map_or(Bound::INFINITE, |(value, open)| Bound { value: Some(number(value)), open })
            };
            let interval = Interval::between(bound(self.low), bound(self.high));
            if interval.is_full() {
                return None;
            }
            let empty = interval.is_empty();
            let mut list = List::of(self.part, interval);
            if empty {
                list.kind = ListKind::Impossible;
                list.intervals.clear();
            }
            Some(Rc::new(list))
        }
        fn holds(&self, row: (i128, i128)) -> bool {
            let value = if self.part == 0 { row.0 } else { row.1 };
            self.low.is_none_or(|(low, open)| value > low || value == low && !open)
                && self.high.is_none_or(|(high, open)| value < high || value == high && !open)
        }
    }

    #[derive(Clone, Debug)]
    enum Condition {
        Leaf(Comparison),
        And(Box<Condition>, Box<Condition>),
        Or(Box<Condition>, Box<Condition>),
    }

    impl Condition {
        fn list(&self) -> Option<Rc<List>> {
            match self {
                Condition::Leaf(leaf) => leaf.list(),
                Condition::And(a, b) => list_and(a.list(), b.list()),
                Condition::Or(a, b) => list_or(a.list(), b.list()),
            }
        }
        fn holds(&self, row: (i128, i128)) -> bool {
            match self {
                Condition::Leaf(leaf) => leaf.holds(row),
                Condition::And(a, b) => a.holds(row) && b.holds(row),
                Condition::Or(a, b) => a.holds(row) || b.holds(row),
            }
        }
    }

    fn contains(list: &Option<Rc<List>>, row: (i128, i128)) -> bool {
        let Some(list) = list else { return true };
        let value = number(if list.part == 0 { row.0 } else { row.1 });
        list.kind != ListKind::Impossible
            && list.intervals.iter().any(|interval| {
                let point = Interval::point(value.clone());
                intersect(&Interval { next: None, ..interval.clone() }, &point).is_some() && contains(&interval.next, row)
            })
    }

    fn rows() -> impl Iterator<Item = (i128, i128)> {
        (0..A_VALUES).flat_map(|a| (0..B_VALUES).map(move |b| (a, b)))
    }

    fn is_ordered_and_disjoint(list: &Option<Rc<List>>) -> bool {
        list.as_ref().is_none_or(|list| {
            list.intervals.windows(2).all(|pair| gap(&pair[0].high, &pair[1].low) != Gap::Overlap)
                && list.intervals.iter().all(|interval| {
                    !interval.is_empty()
                        && interval.next.as_ref().is_none_or(|next| next.part > list.part)
                        && is_ordered_and_disjoint(&interval.next)
                })
        })
    }

    fn comparison(part: u8) -> impl Strategy<Value = Comparison> {
        let values = if part == 0 { A_VALUES } else { B_VALUES };
        let end = move || proptest::option::weighted(0.7, (0..values, any::<bool>()));
        (end(), end()).prop_map(move |(low, high)| Comparison { part, low, high })
    }

    fn condition(leaf: BoxedStrategy<Comparison>) -> impl Strategy<Value = Condition> {
        leaf.prop_map(Condition::Leaf).prop_recursive(5, 24, 2, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone()).prop_map(|(a, b)| Condition::And(Box::new(a), Box::new(b))),
                (inner.clone(), inner).prop_map(|(a, b)| Condition::Or(Box::new(a), Box::new(b))),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// On one key part the lists are exact.
        #[test]
        fn lists_of_one_part_are_exact(condition in condition(comparison(0).boxed())) {
            let list = condition.list();
            prop_assert!(is_ordered_and_disjoint(&list), "{list:?}");
            for row in rows() {
                prop_assert_eq!(contains(&list, row), condition.holds(row), "{:?} in {:?}", row, list);
            }
        }

        /// On two parts nothing that the condition allows is lost, and AND alone is exact.
        #[test]
        fn lists_of_two_parts_lose_nothing(
            condition in condition(prop_oneof![comparison(0), comparison(1)].boxed())
        ) {
            let list = condition.list();
            prop_assert!(is_ordered_and_disjoint(&list), "{list:?}");
            for row in rows() {
                prop_assert!(contains(&list, row) || !condition.holds(row), "{:?} not in {:?}", row, list);
            }
        }

        /// An OR of ANDs over both parts is exact, unless the first part ends up without any limit.
        #[test]
        fn or_of_both_parts_is_exact(pairs in proptest::collection::vec((comparison(0), comparison(1)), 1..6)) {
            let conditions = pairs.iter().map(|(a, b)| {
                Condition::And(Box::new(Condition::Leaf(a.clone())), Box::new(Condition::Leaf(b.clone())))
            });
            let condition = conditions.reduce(|a, b| Condition::Or(Box::new(a), Box::new(b))).unwrap();
            let whole = pairs.iter().all(|(a, _)| a.low.is_some() || a.high.is_some());
            let list = condition.list();
            prop_assert!(is_ordered_and_disjoint(&list), "{list:?}");
            if whole && list.is_some() {
                for row in rows() {
                    prop_assert_eq!(contains(&list, row), condition.holds(row), "{:?} in {:?}", row, list);
                }
            }
        }
    }

    #[test]
    fn overlapping_intervals_with_other_next_parts_are_cut() {
        let leaf = |part, low, high| Condition::Leaf(Comparison { part, low, high });
        let both = |a, b| Condition::And(Box::new(a), Box::new(b));
        let point = |value| Some((value, false));
        let condition = Condition::Or(
            Box::new(both(leaf(0, None, Some((5, true))), leaf(1, point(3), point(3)))),
            Box::new(both(leaf(0, Some((3, true)), None), leaf(1, point(7), point(7)))),
        );
        let list = condition.list().unwrap();
        let ends: Vec<_> = list.intervals.iter().map(|i| (i.low.clone(), i.high.clone())).collect();
        let (three, five) = (number(3), number(5));
        assert_eq!(
            ends,
            [
                (Bound::INFINITE, Bound::closed(three.clone())),
                (Bound::open(three), Bound::open(five.clone())),
                (Bound::closed(five), Bound::INFINITE),
            ]
        );
        assert_eq!(list.intervals[1].next.as_ref().unwrap().intervals.len(), 2);
    }
}
