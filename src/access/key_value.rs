//! A value as an index holds it: converted to the key part's type, comparable in index order (spec 03 §2.4, §3.1).

use crate::catalog::CollationId;
use crate::query::ExprId;
use crate::value::Temporal;
use bigdecimal::BigDecimal;
use std::cmp::Ordering;
use std::sync::Arc;

/// One key part's value.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyValue {
    /// Smaller than every value.
    Null,
    /// Integers, YEAR, BIT, and the member numbers of ENUM and SET.
    Integer(i128),
    /// DECIMAL, with the column's scale.
    Decimal(BigDecimal),
    /// FLOAT and DOUBLE.
    Double(f64),
    /// DATE, DATETIME, TIMESTAMP.
    Moment(Temporal),
    /// TIME.
    Time(Temporal),
    /// Characters.
    Text {
        /// The characters, cut to the key part's length.
        text: Arc<str>,
        /// Decides the order.
        collation: CollationId,
    },
    /// Bytes.
    Bytes {
        /// The value's own bytes.
        bytes: Arc<[u8]>,
        /// What fills the key image behind them: zero, or what LIKE left there.
        pad: u8,
    },
    /// A constant that is not known while planning from a bundle: every expression stands for itself.
    Unknown(ExprId),
}

impl KeyValue {
    /// SQL NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, KeyValue::Null)
    }
    /// Index order. Values of one key part have one kind; NULL comes first and unknown values last.
    pub fn compare(&self, other: &KeyValue) -> Ordering {
        use KeyValue::*;
        match (self, other) {
            (Integer(a), Integer(b)) => a.cmp(b),
            (Decimal(a), Decimal(b)) => a.cmp(b),
            (Double(a), Double(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
            (Moment(a), Moment(b)) => moment_key(a).cmp(&moment_key(b)),
            (Time(a), Time(b)) => time_key(a).cmp(&time_key(b)),
            (Text { text: a, collation }, Text { text: b, .. }) => super::convert::compare_text(*collation, a, b),
            (Bytes { bytes: a, .. }, Bytes { bytes: b, .. }) => a.cmp(b),
            (Unknown(a), Unknown(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
    fn rank(&self) -> u8 {
        match self {
            KeyValue::Null => 0,
            KeyValue::Unknown(_) => 9,
            _ => 1,
        }
    }
}

type MomentKey = (u16, u8, u8, u16, u8, u8, u32);

fn moment_key(t: &Temporal) -> MomentKey {
    (t.year, t.month, t.day, t.hour, t.minute, t.second, t.microsecond)
}

/// Microseconds, signed.
pub fn time_key(t: &Temporal) -> i64 {
    let hours = i64::from(t.hour) + i64::from(t.day) * 24;
    let seconds = (hours * 60 + i64::from(t.minute)) * 60 + i64::from(t.second);
    let micros = seconds * 1_000_000 + i64::from(t.microsecond);
    if t.negative { -micros } else { micros }
}
