//! Result types of expressions (spec 01 §1.4): what kind of value an operation gives, how long it can be, with how many
//! decimals and in which collation.

use super::facts::Facts;
use crate::catalog::{CollationId, DataType, ResultClass, TypeKind, collation};

/// Session settings that result types depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypeContext {
    /// `collation_connection`: collation of string literals and of strings made from numbers.
    pub collation: CollationId,
    /// `div_precision_increment`: decimals that a division adds.
    pub div_precision_increment: u32,
    /// sql_mode NO_UNSIGNED_SUBTRACTION.
    pub no_unsigned_subtraction: bool,
    /// `group_concat_max_len`, bytes.
    pub group_concat_max_len: u64,
}

impl Default for TypeContext {
    fn default() -> Self {
        TypeContext {
            collation: CollationId::UTF8MB4_0900_AI_CI,
            div_precision_increment: 4,
            no_unsigned_subtraction: false,
            group_concat_max_len: 1024,
        }
    }
}

/// Decimals of a floating point number that are not fixed.
pub const NOT_FIXED: u8 = 31;
/// Coercibility of an explicit COLLATE.
pub const EXPLICIT: u8 = 0;
/// Coercibility of a mix that has no collation.
pub const NONE: u8 = 1;
/// Coercibility of columns and user variables.
pub const IMPLICIT: u8 = 2;
/// Coercibility of system constants.
pub const SYSCONST: u8 = 3;
/// Coercibility of literals.
pub const COERCIBLE: u8 = 4;
/// Coercibility of numbers and temporal values.
pub const NUMERIC: u8 = 5;
/// Coercibility of NULL.
pub const IGNORABLE: u8 = 6;

/// A type without length, decimals and character collation.
pub fn plain(kind: TypeKind) -> DataType {
    DataType { kind, unsigned: false, zerofill: false, length: 0, decimals: 0, collation: CollationId::BINARY, members: None }
}
/// A 64-bit integer of a display width.
pub fn integer(width: u32, unsigned: bool) -> DataType {
    DataType { unsigned, length: width, ..plain(TypeKind::BigInt) }
}
/// The type of a truth value.
pub fn boolean() -> DataType {
    integer(1, false)
}
/// DOUBLE.
pub fn double() -> DataType {
    DataType { length: 23, decimals: NOT_FIXED, ..plain(TypeKind::Double) }
}
/// DECIMAL, cut to the greatest precision and scale.
pub fn decimal(precision: u32, scale: u32, unsigned: bool) -> DataType {
    let scale = scale.min(30);
    DataType { length: precision.clamp(scale.max(1), 65), decimals: scale as u8, unsigned, ..plain(TypeKind::Decimal) }
}
/// DATE, TIME(n), DATETIME(n), TIMESTAMP(n).
pub fn temporal(kind: TypeKind, decimals: u8) -> DataType {
    DataType { decimals: decimals.min(6), ..plain(kind) }
}
/// JSON.
pub fn json() -> DataType {
    DataType { length: u32::MAX, collation: CollationId::UTF8MB4_BIN, ..plain(TypeKind::Json) }
}
/// Characters: VARCHAR as long as that holds them, else a type of the TEXT family.
pub fn string(chars: u32, collation: CollationId) -> DataType {
    let bytes = u64::from(chars) * u64::from(bytes_per_character(collation));
    if bytes <= 65_535 {
        return DataType { length: chars, collation, ..plain(TypeKind::VarChar) };
    }
    let (kind, length) = if bytes <= 16_777_215 { (TypeKind::MediumBlob, 16_777_215) } else { (TypeKind::LongBlob, u32::MAX) };
    DataType { length, collation, ..plain(kind) }
}

/// Greatest number of bytes of a character in a collation's character set.
pub fn bytes_per_character(collation: CollationId) -> u32 {
    collation::info(collation).max_char_bytes()
}

/// The default collation of a character set.
pub fn default_collation(charset: &str) -> Option<CollationId> {
    collation::default_of_charset(charset).map(|c| c.id)
}

/// The collation of a name.
pub fn collation_named(name: &str) -> Option<CollationId> {
    collation::by_name(name).map(|c| c.id)
}

/// The name of a collation.
pub fn collation_name(collation: CollationId) -> &'static str {
    collation::info(collation).name
}

/// The character set of a collation.
pub fn charset_name(collation: CollationId) -> &'static str {
    collation::info(collation).charset()
}

/// In which domain values of a type are computed.
pub fn class(ty: &DataType) -> ResultClass {
    match ty.kind {
        TypeKind::TinyInt
        | TypeKind::SmallInt
        | TypeKind::MediumInt
        | TypeKind::Int
        | TypeKind::BigInt
        | TypeKind::Bit
        | TypeKind::Year => ResultClass::Int,
        TypeKind::Decimal => ResultClass::Decimal,
        TypeKind::Float | TypeKind::Double => ResultClass::Real,
        _ => ResultClass::Str,
    }
}
/// True for DATE, TIME, DATETIME and TIMESTAMP.
pub fn is_temporal(ty: &DataType) -> bool {
    matches!(ty.kind, TypeKind::Date | TypeKind::Time | TypeKind::DateTime | TypeKind::Timestamp)
}
/// True for types with a date part.
pub fn has_date(ty: &DataType) -> bool {
    matches!(ty.kind, TypeKind::Date | TypeKind::DateTime | TypeKind::Timestamp)
}
/// True for types whose values are characters (binary ones too), ENUM and SET included.
pub fn is_character(ty: &DataType) -> bool {
    class(ty) == ResultClass::Str && !is_temporal(ty) && !matches!(ty.kind, TypeKind::Json | TypeKind::Geometry | TypeKind::Null)
}
/// True for the TEXT, BLOB, JSON and GEOMETRY types.
pub fn is_blob(ty: &DataType) -> bool {
    matches!(
        ty.kind,
        TypeKind::TinyBlob | TypeKind::Blob | TypeKind::MediumBlob | TypeKind::LongBlob | TypeKind::Json | TypeKind::Geometry
    )
}

/// Digits of the greatest value of an integer type.
fn integer_digits(ty: &DataType) -> u32 {
    match (ty.kind, ty.unsigned) {
        (TypeKind::TinyInt, _) => 3,
        (TypeKind::SmallInt, _) => 5,
        (TypeKind::MediumInt, false) => 7,
        (TypeKind::MediumInt, true) => 8,
        (TypeKind::Int, _) => 10,
        (TypeKind::Year, _) => 4,
        (TypeKind::BigInt, unsigned) if ty.length >= 20 || ty.length == 0 => 19 + u32::from(unsigned),
        (_, _) => ty.length.clamp(1, 20),
    }
}
/// Precision and scale of a value taken as DECIMAL.
pub fn as_decimal(ty: &DataType) -> (u32, u32) {
    match class(ty) {
        ResultClass::Int => (integer_digits(ty), 0),
        ResultClass::Decimal => (ty.length, u32::from(ty.decimals)),
        _ => match ty.kind {
            TypeKind::Date => (8, 0),
            TypeKind::Time => (6 + u32::from(ty.decimals), u32::from(ty.decimals)),
            TypeKind::DateTime | TypeKind::Timestamp => (14 + u32::from(ty.decimals), u32::from(ty.decimals)),
            _ => (65, 30),
        },
    }
}
/// The domain in which a value takes part in arithmetic: temporal values are numbers there.
pub fn numeric_class(ty: &DataType) -> ResultClass {
    if is_temporal(ty) {
        return if ty.decimals > 0 { ResultClass::Decimal } else { ResultClass::Int };
    }
    match class(ty) {
        ResultClass::Str | ResultClass::Row => ResultClass::Real,
        other => other,
    }
}
/// Characters that a value takes as text.
pub fn characters(ty: &DataType) -> u32 {
    match ty.kind {
        TypeKind::TinyInt => 4,
        TypeKind::SmallInt => 6,
        TypeKind::MediumInt => 9 - u32::from(ty.unsigned),
        TypeKind::Int => 11 - u32::from(ty.unsigned),
        TypeKind::BigInt if ty.length == 0 => 20,
        TypeKind::BigInt => ty.length,
        TypeKind::Year => 4,
        TypeKind::Bit => ty.length,
        TypeKind::Float => 12,
        TypeKind::Double => 22,
        TypeKind::Decimal => ty.length + u32::from(ty.decimals > 0) + u32::from(!ty.unsigned),
        TypeKind::Date => 10,
        TypeKind::Time => 10 + if ty.decimals > 0 { u32::from(ty.decimals) + 1 } else { 0 },
        TypeKind::DateTime | TypeKind::Timestamp => 19 + if ty.decimals > 0 { u32::from(ty.decimals) + 1 } else { 0 },
        TypeKind::Enum => ty.members.as_ref().map_or(0, |m| m.iter().map(|v| v.chars().count()).max().unwrap_or(0) as u32),
        TypeKind::Set => ty
            .members
            .as_ref()
            .map_or(0, |m| (m.iter().map(|v| v.chars().count()).sum::<usize>() + m.len().saturating_sub(1)) as u32),
        TypeKind::TinyBlob | TypeKind::Blob | TypeKind::MediumBlob | TypeKind::LongBlob => {
            ty.length / bytes_per_character(ty.collation).max(1)
        }
        TypeKind::Json | TypeKind::Geometry => u32::MAX / 4,
        TypeKind::Char | TypeKind::VarChar => ty.length,
        TypeKind::Null => 0,
    }
}

/// Type of `left op right` for the arithmetic operators.
pub fn arithmetic(op: crate::parse::ast::ArithmeticOp, left: &DataType, right: &DataType, context: &TypeContext) -> DataType {
    use crate::parse::ast::ArithmeticOp as Op;
    if matches!(op, Op::BitAnd | Op::BitOr | Op::BitXor | Op::ShiftLeft | Op::ShiftRight) {
        return integer(21, true);
    }
    let unsigned = left.unsigned || right.unsigned;
    if op == Op::IntegerDivide {
        return integer(characters(left).clamp(1, 21), unsigned);
    }
    let (a, b) = (numeric_class(left), numeric_class(right));
    if a == ResultClass::Real || b == ResultClass::Real {
        return double();
    }
    let ((p1, s1), (p2, s2)) = (as_decimal(left), as_decimal(right));
    if op == Op::Divide {
        let scale = (s1 + context.div_precision_increment).min(30);
        return decimal(p1 + s2 + context.div_precision_increment, scale, unsigned);
    }
    if a == ResultClass::Int && b == ResultClass::Int {
        let (l, r) = (characters(left), characters(right));
        let width = match op {
            Op::Multiply => l + r,
            Op::Modulo => l.max(r),
            _ => l.max(r) + 1,
        };
        let unsigned = unsigned && !(op == Op::Subtract && context.no_unsigned_subtraction);
        return integer(width.min(21), if op == Op::Modulo { left.unsigned } else { unsigned });
    }
    match op {
        Op::Multiply => decimal(p1 + p2, s1 + s2, unsigned),
        Op::Modulo => decimal(p1.max(p2), s1.max(s2), left.unsigned),
        _ => {
            let scale = s1.max(s2);
            decimal((p1 - s1.min(p1)).max(p2 - s2.min(p2)) + scale + 1, scale, unsigned)
        }
    }
}

/// The type that holds the values of all of `types`: CASE, COALESCE, UNION columns and the like. `collation` is the collation
/// that a character result has.
pub fn joined(types: &[&DataType], collation: CollationId) -> DataType {
    let mut known = types.iter().copied().filter(|ty| ty.kind != TypeKind::Null);
    let Some(first) = known.next() else { return plain(TypeKind::Null) };
    let mut result = first.clone();
    for ty in known {
        result = joined_pair(&result, ty, collation);
    }
    if is_character(&result) && !matches!(result.kind, TypeKind::Enum | TypeKind::Set) {
        result.collation = collation;
    }
    result
}

fn joined_pair(a: &DataType, b: &DataType, collation: CollationId) -> DataType {
    let unsigned = a.unsigned && b.unsigned;
    match (class(a), class(b)) {
        (ResultClass::Int, ResultClass::Int) => {
            let mixed = a.unsigned != b.unsigned;
            let (wide, other) = if integer_rank(a) >= integer_rank(b) { (a, b) } else { (b, a) };
            if mixed && wide.unsigned && wide.kind == TypeKind::BigInt && !other.unsigned {
                return decimal(20, 0, false);
            }
            let kind = if a.kind == b.kind {
                a.kind
            } else if matches!(wide.kind, TypeKind::Bit | TypeKind::Year) {
                TypeKind::BigInt
            } else {
                wide.kind
            };
            DataType { kind, unsigned, length: characters(a).max(characters(b)), zerofill: false, ..a.clone() }
        }
        (ResultClass::Int | ResultClass::Decimal, ResultClass::Int | ResultClass::Decimal) => {
            let ((p1, s1), (p2, s2)) = (as_decimal(a), as_decimal(b));
            let scale = s1.max(s2);
            decimal((p1 - s1).max(p2 - s2) + scale, scale, unsigned)
        }
        (
            ResultClass::Int | ResultClass::Decimal | ResultClass::Real,
            ResultClass::Int | ResultClass::Decimal | ResultClass::Real,
        ) => {
            if a.kind == TypeKind::Float && b.kind == TypeKind::Float {
                a.clone()
            } else {
                double()
            }
        }
        _ if is_temporal(a) && is_temporal(b) => {
            let decimals = a.decimals.max(b.decimals);
            if a.kind == b.kind { temporal(a.kind, decimals) } else { temporal(TypeKind::DateTime, decimals) }
        }
        _ if a.kind == TypeKind::Json && b.kind == TypeKind::Json => json(),
        _ if a.kind == TypeKind::Geometry && b.kind == TypeKind::Geometry => a.clone(),
        _ if a.kind == b.kind && matches!(a.kind, TypeKind::Enum | TypeKind::Set) && a.members == b.members => a.clone(),
        _ if a.kind == TypeKind::Char && b.kind == TypeKind::Char => {
            DataType { length: a.length.max(b.length), collation, ..a.clone() }
        }
        _ if is_blob(a) || is_blob(b) => {
            let kind = if a.kind == TypeKind::Json || b.kind == TypeKind::Json {
                TypeKind::LongBlob
            } else {
                [a.kind, b.kind].into_iter().filter(|k| is_blob(&plain(*k))).max().unwrap_or(TypeKind::Blob)
            };
            DataType { length: a.length.max(b.length), collation, ..plain(kind) }
        }
        _ => string(characters(a).max(characters(b)), collation),
    }
}

fn integer_rank(ty: &DataType) -> u8 {
    match ty.kind {
        TypeKind::Year => 0,
        TypeKind::TinyInt => 1,
        TypeKind::SmallInt => 2,
        TypeKind::MediumInt => 3,
        TypeKind::Int => 4,
        TypeKind::Bit => 5,
        _ => 6,
    }
}

/// The column type that a temporary table gives to an expression (not a plain column) of a type.
pub fn column_type(ty: &DataType) -> DataType {
    match ty.kind {
        TypeKind::BigInt if ty.length > 0 && ty.length < 10 => DataType { kind: TypeKind::Int, ..ty.clone() },
        TypeKind::Null => DataType { collation: CollationId::BINARY, ..plain(TypeKind::Char) },
        _ => ty.clone(),
    }
}

/// The collation and the coercibility of a string function over its string arguments; none if they do not go together.
pub fn aggregate_collation(args: &[&Facts], context: &TypeContext) -> Option<(CollationId, u8)> {
    let mut strings = args.iter().filter(|f| f.ty.kind != TypeKind::Null);
    let Some(first) = strings.next() else { return Some((context.collation, COERCIBLE)) };
    let seen = |f: &Facts| -> (CollationId, u8) {
        if class(&f.ty) == ResultClass::Str && !is_temporal(&f.ty) {
            (f.ty.collation, f.coercibility)
        } else {
            (context.collation, NUMERIC)
        }
    };
    let mut result = seen(first);
    for facts in strings {
        result = aggregate_pair(result, seen(facts))?;
    }
    Some(if result.1 == NUMERIC { (result.0, COERCIBLE) } else { result })
}

/// The collation of two operands by coercibility (spec 09 §4.5).
pub fn aggregate_pair(a: (CollationId, u8), b: (CollationId, u8)) -> Option<(CollationId, u8)> {
    if a.0 == b.0 {
        return Some((a.0, a.1.min(b.1)));
    }
    let (x, y) = (collation::info(a.0), collation::info(b.0));
    let binary = |c: CollationId| c == CollationId::BINARY;
    if binary(a.0) || binary(b.0) {
        // Bytes win over characters of the same strength.
        return Some(match a.1.cmp(&b.1) {
            std::cmp::Ordering::Less => a,
            std::cmp::Ordering::Greater => b,
            std::cmp::Ordering::Equal if binary(a.0) => a,
            std::cmp::Ordering::Equal => b,
        });
    }
    let unicode = |charset: &str| charset.starts_with("utf") || charset == "ucs2" || charset == "gb18030";
    if a.1 != b.1 {
        let (strong, weak, from, to) =
            if a.1 < b.1 { (a, b, y.charset(), x.charset()) } else { (b, a, x.charset(), y.charset()) };
        let converts = from == to || unicode(to) || weak.1 >= SYSCONST || from == "ascii";
        if converts {
            return Some(strong);
        }
        // A weaker Unicode side still takes in the stronger one of fewer characters.
        return if unicode(from) && strong.1 != EXPLICIT { Some(weak) } else { None };
    }
    if x.charset() == y.charset() {
        if a.1 == EXPLICIT {
            return None;
        }
        if x.name.ends_with("_bin") {
            return Some(a);
        }
        if y.name.ends_with("_bin") {
            return Some(b);
        }
        return Some((a.0, NONE));
    }
    let superset = |wide: &str, narrow: &str| {
        (unicode(wide) && !unicode(narrow)) || (wide == "utf8mb4" && matches!(narrow, "utf8mb3" | "utf8" | "ucs2"))
    };
    if superset(x.charset(), y.charset()) {
        return Some(a);
    }
    if superset(y.charset(), x.charset()) {
        return Some(b);
    }
    if a.1 >= COERCIBLE { Some(a) } else { None }
}
