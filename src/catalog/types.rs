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
