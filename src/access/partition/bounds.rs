//! Which partitions of a RANGE or LIST table an interval meets (spec 03 §12.3 to §12.5).

use super::super::convert;
use super::super::key_value::KeyValue;
use super::super::setup::Part;
use super::expression::{ColumnValue, PartitionExpr};
use crate::catalog::{Partition, Settings, TypeKind};
use crate::value::{Temporal, Value};
use std::cmp::Ordering;

/// One bound or list value of one column.
#[derive(Clone, Debug)]
pub enum BoundValue {
    /// MAXVALUE.
    Max,
    /// A value, NULL included.
    Value(KeyValue),
}

/// One end of an interval over leading partitioning columns; empty is infinity.
#[derive(Clone, Debug, Default)]
pub struct End {
    /// Values of the leading columns.
    pub values: Vec<KeyValue>,
    /// The values themselves do not belong to it.
    pub open: bool,
}

/// Splits `10,'g'`, `(1,'a'),(2,'b')` or `NULL,MAXVALUE` into tuples of words; quotes are removed (true marks them).
fn words(text: &str) -> Vec<Vec<(String, bool)>> {
    let mut tuples = vec![Vec::new()];
    let mut word = String::new();
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    let push = |word: &mut String, quoted: &mut bool, tuples: &mut Vec<Vec<(String, bool)>>| {
        if !word.trim().is_empty() || *quoted {
            let kept = if *quoted { std::mem::take(word) } else { word.trim().to_owned() };
            if let Some(tuple) = tuples.last_mut() {
                tuple.push((kept, *quoted));
            }
        }
        word.clear();
        *quoted = false;
    };
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                word.clear();
                quoted = true;
                while let Some(c) = chars.next() {
                    match c {
                        '\'' if chars.peek() == Some(&'\'') => {
                            chars.next();
                            word.push('\'');
                        }
                        '\'' => break,
                        '\\' => word.extend(chars.next()),
                        c => word.push(c),
                    }
                }
            }
            '(' => {
                if tuples.last().is_some_and(|tuple| !tuple.is_empty()) {
                    tuples.push(Vec::new());
                }
            }
            ')' => {
                push(&mut word, &mut quoted, &mut tuples);
            }
            ',' => push(&mut word, &mut quoted, &mut tuples),
            c if quoted && c.is_whitespace() => {}
            c => word.push(c),
        }
    }
    push(&mut word, &mut quoted, &mut tuples);
    tuples.retain(|tuple| !tuple.is_empty());
    tuples
}

/// Bounds of a RANGE partition by columns.
pub fn range_columns(partition: &Partition, parts: &[Part], settings: &Settings) -> Option<Vec<BoundValue>> {
    let tuples = words(partition.description.as_deref()?);
    Some(tuples.concat().iter().zip(parts).map(|(word, part)| bound_value(word, part, settings)).collect())
}

/// Value tuples of a LIST partition by columns.
pub fn list_columns(partition: &Partition, parts: &[Part], settings: &Settings) -> Option<Vec<Vec<BoundValue>>> {
    let all = words(partition.description.as_deref()?).concat();
    Some(
        all.chunks(parts.len().max(1))
            .map(|tuple| tuple.iter().zip(parts).map(|(word, part)| bound_value(word, part, settings)).collect())
            .collect(),
    )
}

fn bound_value((word, quoted): &(String, bool), part: &Part, settings: &Settings) -> BoundValue {
    if !quoted && word.eq_ignore_ascii_case("MAXVALUE") {
        return BoundValue::Max;
    }
    if !quoted && word.eq_ignore_ascii_case("NULL") {
        return BoundValue::Value(KeyValue::Null);
    }
    BoundValue::Value(convert::store(part, &Value::Str(word.as_str().into()), settings).key)
}

/// Upper bound of a RANGE partition by an expression; none is MAXVALUE.
pub fn range_bound(partition: &Partition) -> Option<Option<i128>> {
    let text = partition.description.as_deref()?.trim();
    if text.eq_ignore_ascii_case("MAXVALUE") {
        return Some(None);
    }
    text.parse().ok().map(Some)
}

/// Values of a LIST partition by an expression; none is NULL.
pub fn list_values(partition: &Partition) -> Option<Vec<Option<i128>>> {
    words(partition.description.as_deref()?)
        .concat()
        .iter()
        .map(|(word, _)| if word.eq_ignore_ascii_case("NULL") { Some(None) } else { word.parse().ok().map(Some) })
        .collect()
}

/// A tuple end compared with a bound (spec 03 §12.5).
fn compare_end(end: &End, is_left: bool, bound: &[BoundValue]) -> Ordering {
    for (value, limit) in end.values.iter().zip(bound) {
        let order = match limit {
            BoundValue::Max => Ordering::Less,
            BoundValue::Value(limit) => value.compare(limit),
        };
        if order.is_ne() {
            return order;
        }
    }
    if end.values.len() >= bound.len() {
        return match (end.open, is_left) {
            (false, _) => Ordering::Equal,
            (true, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
        };
    }
    let next_is_max = matches!(bound.get(end.values.len()), Some(BoundValue::Max));
    if is_left != end.open || !is_left && next_is_max { Ordering::Less } else { Ordering::Greater }
}

/// Partitions of a RANGE COLUMNS table between two ends.
pub fn in_range_columns(bounds: &[Vec<BoundValue>], left: &End, right: &End) -> Vec<usize> {
    let above = |end: &End, is_left: bool| {
        bounds.iter().position(|bound| compare_end(end, is_left, bound).is_lt()).unwrap_or(bounds.len())
    };
    let start = if left.values.is_empty() { 0 } else { above(left, true) };
    let end = if right.values.is_empty() { bounds.len() } else { (above(right, false) + 1).min(bounds.len()) };
    (start..end).collect()
}

/// Partitions of a LIST COLUMNS table between two ends.
pub fn in_list_columns(lists: &[Vec<Vec<BoundValue>>], left: &End, right: &End) -> Vec<usize> {
    let within = |value: &Vec<BoundValue>| {
        (left.values.is_empty() || compare_end(left, true, value).is_le())
            && (right.values.is_empty() || compare_end(right, false, value).is_ge())
    };
    lists.iter().enumerate().filter(|(_, values)| values.iter().any(within)).map(|(place, _)| place).collect()
}

/// How the partitioning expression grows with its column (spec 03 §12.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Monotonic {
    /// The column itself, or a function that is strictly increasing.
    Strict,
    /// TO_DAYS of a date with time.
    Days,
    /// YEAR.
    Year,
}

/// Is the expression monotonic in its only column? Also: can it be NULL for values that are not?
pub fn monotonic(expr: &PartitionExpr, kind: TypeKind, is_integer: bool) -> Option<(Monotonic, bool)> {
    match expr {
        PartitionExpr::Column(0) if is_integer => Some((Monotonic::Strict, false)),
        PartitionExpr::Call(name, args) if matches!(args.as_slice(), [PartitionExpr::Column(0)]) => match (name.as_str(), kind) {
            ("to_days", TypeKind::Date) => Some((Monotonic::Strict, true)),
            ("to_days", TypeKind::DateTime) => Some((Monotonic::Days, true)),
            ("to_seconds", TypeKind::Date | TypeKind::DateTime) => Some((Monotonic::Strict, true)),
            ("year", TypeKind::Date | TypeKind::DateTime) => Some((Monotonic::Year, false)),
            ("unix_timestamp", TypeKind::Timestamp) => Some((Monotonic::Strict, false)),
            _ => None,
        },
        _ => None,
    }
}

/// Does an open end stay open behind the function?
pub fn stays_open(kind: Monotonic, value: &KeyValue, is_left: bool) -> bool {
    let moment = match value {
        KeyValue::Moment(moment) => *moment,
        _ => return true,
    };
    let midnight = moment.hour == 0 && moment.minute == 0 && moment.second == 0 && moment.microsecond == 0;
    match kind {
        Monotonic::Strict => true,
        Monotonic::Days if is_left => moment.hour == 23 && moment.minute == 59 && moment.second == 59,
        Monotonic::Days => midnight,
        Monotonic::Year => !is_left && midnight && moment.month == 1 && moment.day == 1,
    }
}

/// A key value as the expression takes it.
pub fn column_value(value: &KeyValue) -> Option<ColumnValue> {
    Some(match value {
        KeyValue::Null => ColumnValue::Null,
        KeyValue::Integer(number) => ColumnValue::Number(*number),
        KeyValue::Moment(moment) => ColumnValue::Moment(*moment),
        KeyValue::Time(time) => ColumnValue::Time(*time),
        _ => return None,
    })
}

/// Two dates without zero parts in the same month: no value between them makes TO_DAYS NULL.
pub fn same_month(low: Option<&KeyValue>, high: Option<&KeyValue>) -> bool {
    let whole = |moment: &Temporal| moment.month != 0 && moment.day != 0;
    match (low, high) {
        (Some(KeyValue::Moment(a)), Some(KeyValue::Moment(b))) => whole(a) && whole(b) && a.year == b.year && a.month == b.month,
        _ => false,
    }
}

/// A number that may be an end of an interval: none is infinity.
pub type NumberEnd = Option<(i128, bool)>;

/// Partitions of a RANGE table between two numbers (value, open).
pub fn in_range(bounds: &[Option<i128>], low: NumberEnd, high: NumberEnd) -> Vec<usize> {
    let count = bounds.len();
    let start = match low {
        None => 0,
        Some((value, open)) => {
            let first = value + i128::from(open);
            bounds.iter().position(|bound| bound.is_none_or(|bound| first < bound)).unwrap_or(count)
        }
    };
    let end = match high {
        None => count,
        Some((value, open)) => {
            let at = bounds.iter().position(|bound| bound.is_none_or(|bound| value <= bound)).unwrap_or(count - 1);
            let beyond = !open && bounds[at] == Some(value) && at + 1 < count;
            at + 1 + usize::from(beyond)
        }
    };
    (start..end).collect()
}

/// Partitions of a LIST table with a value between two numbers, and of NULL if asked for.
pub fn in_list(lists: &[Vec<Option<i128>>], low: NumberEnd, high: NumberEnd, with_null: bool) -> Vec<usize> {
    let within = |value: &Option<i128>| match value {
        None => with_null,
        Some(value) => {
            low.is_none_or(|(low, open)| *value > low || *value == low && !open)
                && high.is_none_or(|(high, open)| *value < high || *value == high && !open)
        }
    };
    lists.iter().enumerate().filter(|(_, values)| values.iter().any(within)).map(|(place, _)| place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(value: i128) -> KeyValue {
        KeyValue::Integer(value)
    }
    fn end(values: &[i128], open: bool) -> End {
        End { values: values.iter().map(|value| number(*value)).collect(), open }
    }

    #[test]
    fn range_by_number() {
        let bounds = [Some(10), Some(20), Some(30), None];
        assert_eq!(in_range(&bounds, None, Some((10, true))), [0]);
        assert_eq!(in_range(&bounds, None, Some((10, false))), [0, 1]);
        assert_eq!(in_range(&bounds, Some((9, true)), None), [1, 2, 3]);
        assert_eq!(in_range(&bounds, Some((19, true)), Some((20, true))), [] as [usize; 0]);
    }

    #[test]
    fn range_by_columns() {
        let value = |n| BoundValue::Value(number(n));
        let bounds = vec![
            vec![value(10), value(7)],
            vec![value(10), value(13)],
            vec![value(20), value(7)],
            vec![value(20), BoundValue::Max],
            vec![BoundValue::Max, BoundValue::Max],
        ];
        assert_eq!(in_range_columns(&bounds, &end(&[10], false), &end(&[10], false)), [0, 1, 2]);
        assert_eq!(in_range_columns(&bounds, &end(&[10, 8], true), &end(&[10], false)), [1, 2]);
    }

    #[test]
    fn list_by_number() {
        let lists = [vec![Some(1), Some(3), Some(5), None], vec![Some(2), Some(4), Some(6)], vec![Some(10), Some(20)]];
        assert_eq!(in_list(&lists, Some((6, true)), None, false), [2]);
        assert_eq!(in_list(&lists, Some((7, false)), Some((7, false)), false), [] as [usize; 0]);
        assert_eq!(in_list(&lists, None, None, false), [0, 1, 2]);
    }

    #[test]
    fn descriptions_are_split() {
        let plain = |text: &str| -> Vec<Vec<String>> {
            words(text).into_iter().map(|tuple| tuple.into_iter().map(|(word, _)| word).collect()).collect()
        };
        assert_eq!(plain("10,'g'"), [["10", "g"]]);
        assert_eq!(plain("(1,'a'),(2,'it''s')").concat(), ["1", "a", "2", "it's"]);
    }
}
