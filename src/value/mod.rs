//! Values of SQL: what literals, constant expressions, histogram buckets and captured rows hold.
//!
//! This room knows numbers, strings and dates, no tables: parsing, printing, comparing and converting values as MySQL does
//! (spec 01 §1, 02 §4.8 and §4.9).

pub mod collation;
pub mod compare;
pub mod convert;
pub mod number;
pub mod store;
pub mod temporal;
pub mod types;

pub use collation::compare_strings;
pub use compare::{ComparisonClass, compare, compare_in_type};
pub use store::{StoreOutcome, StoreRules, Stored, read_typed, store};
pub use temporal::DateRules;

use bigdecimal::BigDecimal;
use std::sync::Arc;

/// A date with or without time of day, or a time alone. Month and day may be zero, as MySQL allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Temporal {
    /// Years 0..=9999; 0 for a pure time.
    pub year: u16,
    /// 0..=12.
    pub month: u8,
    /// 0..=31.
    pub day: u8,
    /// Hours; up to 838 for a pure time.
    pub hour: u16,
    /// 0..=59.
    pub minute: u8,
    /// 0..=59.
    pub second: u8,
    /// 0..=999_999.
    pub microsecond: u32,
    /// True for a negative pure time.
    pub negative: bool,
    /// Digits of the fraction that print, 0..=6.
    pub decimals: u8,
}

/// One SQL value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// A signed integer.
    Int(i64),
    /// An integer of an unsigned type.
    UInt(u64),
    /// An exact number; its scale is the number of decimals that print.
    Decimal(BigDecimal),
    /// An approximate number.
    Double(f64),
    /// Characters or bytes; the collation is a matter of the type.
    Str(Arc<str>),
    /// Bytes that are not text: hexadecimal and bit literals, BLOB and BIT columns.
    Bytes(Arc<[u8]>),
    /// A date.
    Date(Temporal),
    /// A time of day or an interval of time.
    Time(Temporal),
    /// A date with time of day (DATETIME and TIMESTAMP).
    DateTime(Temporal),
    /// A JSON document, as text.
    Json(Arc<str>),
}

impl Value {
    /// True for SQL NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }
}
