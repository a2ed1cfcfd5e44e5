//! Column and expression types (spec 01 §1).

use std::sync::Arc;

/// The type names of MySQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum TypeKind {
    TinyInt,
    SmallInt,
    MediumInt,
    Int,
    BigInt,
    Decimal,
    Float,
    Double,
    Bit,
    Year,
    Date,
    Time,
    DateTime,
    Timestamp,
    /// CHAR and BINARY (binary collation).
    Char,
    /// VARCHAR and VARBINARY (binary collation).
    VarChar,
    /// TEXT and BLOB families; `DataType::length` is the maximum number of bytes.
    TinyBlob,
    Blob,
    MediumBlob,
    LongBlob,
    Enum,
    Set,
    Json,
    Geometry,
    /// The type of the literal NULL.
    Null,
}

/// In which domain values of a type are computed and compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum ResultClass {
    Int,
    Decimal,
    Real,
    /// Characters, bytes, temporal values, JSON.
    Str,
    Row,
}

/// A collation by its number in `COLLATIONS` (see `catalog::collation`); decides the character set too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CollationId(pub u16);

impl CollationId {
    /// `binary`.
    pub const BINARY: CollationId = CollationId(63);
    /// `utf8mb4_0900_ai_ci`, the default of 8.0.
    pub const UTF8MB4_0900_AI_CI: CollationId = CollationId(255);
    /// `utf8mb3_general_ci`, the system character set.
    pub const UTF8MB3_GENERAL_CI: CollationId = CollationId(33);
    /// `utf8mb4_general_ci`.
    pub const UTF8MB4_GENERAL_CI: CollationId = CollationId(45);
    /// `utf8mb4_bin`.
    pub const UTF8MB4_BIN: CollationId = CollationId(46);
    /// `latin1_swedish_ci`.
    pub const LATIN1_SWEDISH_CI: CollationId = CollationId(8);
}

/// A type with its parameters, of a column or of an expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DataType {
    /// The type name.
    pub kind: TypeKind,
    /// UNSIGNED.
    pub unsigned: bool,
    /// ZEROFILL.
    pub zerofill: bool,
    /// Characters of a character type, bytes of a binary or BLOB type, digits of a DECIMAL (precision), bits of a BIT,
    /// display width of an integer.
    pub length: u32,
    /// Digits after the point (DECIMAL, FLOAT(m,d)) or of the fraction of a second. 31 = not fixed (FLOAT, DOUBLE).
    pub decimals: u8,
    /// Collation of character types; `binary` for all others.
    pub collation: CollationId,
    /// Members of ENUM and SET.
    pub members: Option<Arc<[Box<str>]>>,
}

/// `decimals` of FLOAT and DOUBLE without a fixed number of digits after the point.
pub const NOT_FIXED_DECIMALS: u8 = 31;

/// Maximum bytes of TINYTEXT, TEXT, MEDIUMTEXT and LONGTEXT, in this order.
pub const BLOB_BYTES: [u32; 4] = [255, 65_535, 16_777_215, u32::MAX];

/// Bytes that `digits` decimal digits take in the packed form of DECIMAL.
fn decimal_digit_bytes(digits: u32) -> u32 {
    const REST: [u32; 9] = [0, 1, 1, 2, 2, 3, 3, 4, 4];
    4 * (digits / 9) + REST[(digits % 9) as usize]
}

/// Bytes of a DECIMAL(precision, scale) (`decbin` of spec 01 §1.1).
pub fn decimal_bytes(precision: u32, scale: u32) -> u32 {
    decimal_digit_bytes(precision.saturating_sub(scale)) + decimal_digit_bytes(scale)
}

impl DataType {
    /// A type without character set: numbers and temporal types. `length` and `decimals` as [`DataType`] says.
    pub fn plain(kind: TypeKind, length: u32, decimals: u8) -> DataType {
        DataType { kind, unsigned: false, zerofill: false, length, decimals, collation: CollationId::BINARY, members: None }
    }
    /// VARCHAR(`chars`) in a collation; VARBINARY if it is `binary`.
    pub fn varchar(chars: u32, collation: CollationId) -> DataType {
        DataType { collation, ..DataType::plain(TypeKind::VarChar, chars, 0) }
    }
    /// BIGINT, signed or not.
    pub fn bigint(unsigned: bool) -> DataType {
        DataType { unsigned, ..DataType::plain(TypeKind::BigInt, 20, 0) }
    }
    /// INT.
    pub fn int() -> DataType {
        DataType::plain(TypeKind::Int, 11, 0)
    }
    /// DOUBLE without fixed decimals.
    pub fn double() -> DataType {
        DataType::plain(TypeKind::Double, 22, NOT_FIXED_DECIMALS)
    }
    /// DECIMAL(`precision`, `scale`).
    pub fn decimal(precision: u32, scale: u8) -> DataType {
        DataType::plain(TypeKind::Decimal, precision, scale)
    }
    /// The type of the literal NULL.
    pub fn null() -> DataType {
        DataType::plain(TypeKind::Null, 0, 0)
    }

    /// Domain in which values are computed and compared (spec 02 §4.9).
    pub fn result_class(&self) -> ResultClass {
        use TypeKind::*;
        match self.kind {
            TinyInt | SmallInt | MediumInt | Int | BigInt | Bit | Year => ResultClass::Int,
            Decimal => ResultClass::Decimal,
            Float | Double => ResultClass::Real,
            _ => ResultClass::Str,
        }
    }
    /// TINYINT to BIGINT.
    pub fn is_integer(&self) -> bool {
        matches!(self.kind, TypeKind::TinyInt | TypeKind::SmallInt | TypeKind::MediumInt | TypeKind::Int | TypeKind::BigInt)
    }
    /// Integers, DECIMAL, FLOAT, DOUBLE, BIT, YEAR.
    pub fn is_numeric(&self) -> bool {
        self.result_class() != ResultClass::Str
    }
    /// DATE, TIME, DATETIME, TIMESTAMP. (YEAR is a number.)
    pub fn is_temporal(&self) -> bool {
        matches!(self.kind, TypeKind::Date | TypeKind::Time | TypeKind::DateTime | TypeKind::Timestamp)
    }
    /// DATE, DATETIME, TIMESTAMP.
    pub fn is_temporal_with_date(&self) -> bool {
        matches!(self.kind, TypeKind::Date | TypeKind::DateTime | TypeKind::Timestamp)
    }
    /// TIME, DATETIME, TIMESTAMP.
    pub fn is_temporal_with_time(&self) -> bool {
        matches!(self.kind, TypeKind::Time | TypeKind::DateTime | TypeKind::Timestamp)
    }
    /// Characters or bytes: CHAR, VARCHAR, the TEXT and BLOB families, ENUM, SET.
    pub fn is_string(&self) -> bool {
        use TypeKind::*;
        matches!(self.kind, Char | VarChar | TinyBlob | Blob | MediumBlob | LongBlob | Enum | Set)
    }
    /// CHAR, VARCHAR and their binary forms, TEXT and BLOB families: not ENUM and SET.
    pub fn is_plain_string(&self) -> bool {
        self.is_string() && !matches!(self.kind, TypeKind::Enum | TypeKind::Set)
    }
    /// Stored out of line: TEXT and BLOB families, JSON, GEOMETRY.
    pub fn is_blob(&self) -> bool {
        use TypeKind::*;
        matches!(self.kind, TinyBlob | Blob | MediumBlob | LongBlob | Json | Geometry)
    }
    /// Character or byte string with the collation `binary`.
    pub fn is_binary_string(&self) -> bool {
        self.is_string() && self.collation == CollationId::BINARY
    }
    /// Its key parts carry two length bytes (spec 01 §1.3).
    pub fn has_length_bytes(&self) -> bool {
        self.kind == TypeKind::VarChar || self.is_blob()
    }
    /// Maximum bytes of a character.
    pub fn char_bytes(&self) -> u32 {
        if self.is_string() { super::collation::info(self.collation).max_char_bytes() } else { 1 }
    }
    /// Maximum characters of a string type, bytes of a binary one; display width of others.
    pub fn max_chars(&self) -> u32 {
        use TypeKind::*;
        match self.kind {
            Char | VarChar => self.length,
            TinyBlob | Blob | MediumBlob | LongBlob => self.length / self.char_bytes(),
            Enum => self.members().map(|m| m.chars().count() as u32).max().unwrap_or(0),
            Set => {
                let chars: usize = self.members().map(|m| m.chars().count()).sum();
                (chars + self.member_count().saturating_sub(1)) as u32
            }
            _ => self.display_length(),
        }
    }
    /// Maximum bytes of a value: display length of numbers and temporal types (`max_length`, spec 01 §1.5).
    pub fn max_bytes(&self) -> u32 {
        self.display_length()
    }
    /// Display length in bytes (`max_length`, spec 01 §1.5).
    pub fn display_length(&self) -> u32 {
        use TypeKind::*;
        let fraction = u32::from(self.decimals);
        let fraction = if fraction > 0 && fraction <= 6 { fraction + 1 } else { 0 };
        match self.kind {
            TinyInt | SmallInt | MediumInt | Int | BigInt if self.length > 0 => self.length,
            TinyInt => 4 - u32::from(self.unsigned),
            SmallInt => 6 - u32::from(self.unsigned),
            MediumInt => 9 - u32::from(self.unsigned),
            Int => 11 - u32::from(self.unsigned),
            BigInt => 20,
            Year => 4,
            Float if self.decimals == NOT_FIXED_DECIMALS || self.length == 0 => 12,
            Double if self.decimals == NOT_FIXED_DECIMALS || self.length == 0 => 22,
            Float | Double => self.length,
            Decimal => self.length + u32::from(self.decimals > 0) + u32::from(!self.unsigned),
            Bit => self.length,
            Date => 10,
            Time => 10 + fraction,
            DateTime | Timestamp => 19 + fraction,
            Char | VarChar => self.length.saturating_mul(self.char_bytes()),
            TinyBlob | Blob | MediumBlob | LongBlob => self.length,
            Enum | Set => self.max_chars().saturating_mul(self.char_bytes()),
            Json | Geometry => u32::MAX,
            Null => 0,
        }
    }
    /// Bytes in the server's row buffer (`rec` of spec 01 §1.1).
    pub fn pack_bytes(&self) -> u32 {
        use TypeKind::*;
        match self.kind {
            VarChar => {
                let bytes = self.length.saturating_mul(self.char_bytes());
                bytes.saturating_add(if bytes < 256 { 1 } else { 2 })
            }
            TinyBlob => 9,
            Blob => 10,
            MediumBlob => 11,
            LongBlob | Json | Geometry => 12,
            Null => 0,
            _ => self.key_bytes(),
        }
    }
    /// Bytes of the whole column as a key part, without NULL and length bytes (`key` of spec 01 §1.1). BLOB types can only be
    /// indexed by a prefix; for them this is the maximum length.
    pub fn key_bytes(&self) -> u32 {
        use TypeKind::*;
        let fraction = if self.decimals <= 6 { u32::from(self.decimals).div_ceil(2) } else { 0 };
        match self.kind {
            TinyInt | Year => 1,
            SmallInt => 2,
            MediumInt | Date => 3,
            Int | Float => 4,
            BigInt | Double => 8,
            Decimal => decimal_bytes(self.length, u32::from(self.decimals)),
            Time => 3 + fraction,
            DateTime => 5 + fraction,
            Timestamp => 4 + fraction,
            Bit => self.length.div_ceil(8),
            Char | VarChar => self.length.saturating_mul(self.char_bytes()),
            TinyBlob | Blob | MediumBlob | LongBlob => self.length,
            Enum => 1 + u32::from(self.member_count() > 255),
            Set => match self.member_count().div_ceil(8) {
                bytes @ 0..=4 => bytes.max(1) as u32,
                _ => 8,
            },
            Geometry => 32,
            Json | Null => 0,
        }
    }
    /// Members of ENUM and SET in order.
    pub fn members(&self) -> impl Iterator<Item = &str> {
        self.members.iter().flat_map(|members| members.iter()).map(|member| &**member)
    }
    /// Number of members of ENUM and SET.
    pub fn member_count(&self) -> usize {
        self.members.as_ref().map_or(0, |members| members.len())
    }
    /// Digits before the point of an exact number; display digits of others.
    pub fn integer_digits(&self) -> u32 {
        match self.kind {
            TypeKind::Decimal => self.length.saturating_sub(u32::from(self.decimals)),
            _ => self.display_length(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf8mb4(kind: TypeKind, chars: u32) -> DataType {
        DataType { collation: CollationId::UTF8MB4_0900_AI_CI, ..DataType::plain(kind, chars, 0) }
    }

    #[test]
    fn decimals_pack_nine_digits_in_four_bytes() {
        let of = |p, s| decimal_bytes(p, s);
        assert_eq!([of(10, 2), of(65, 30), of(5, 0), of(18, 9), of(7, 3)], [5, 30, 3, 8, 4]);
    }

    #[test]
    fn lengths_of_spec_section_1_3() {
        assert_eq!(utf8mb4(TypeKind::VarChar, 10).key_bytes(), 40);
        assert_eq!(utf8mb4(TypeKind::VarChar, 20).pack_bytes(), 81);
        assert_eq!(utf8mb4(TypeKind::VarChar, 300).pack_bytes(), 1202);
        assert_eq!(DataType::plain(TypeKind::DateTime, 19, 3).pack_bytes(), 7);
        assert_eq!(DataType::plain(TypeKind::Timestamp, 19, 6).pack_bytes(), 7);
        assert_eq!(DataType::plain(TypeKind::Time, 10, 6).pack_bytes(), 6);
        assert_eq!(DataType::plain(TypeKind::Bit, 9, 0).key_bytes(), 2);
    }
}
