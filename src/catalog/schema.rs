//! Tables, columns and indexes as the optimizer numbers them (spec 01 §2).

use super::types::{CollationId, DataType};
use std::sync::Arc;

/// Storage engines that the planner tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Engine {
    InnoDb,
    MyIsam,
    Memory,
    /// An internal temporary table: a derived table, view, CTE or semijoin materialization.
    TempTable,
    /// Any other; planned as InnoDB where nothing better is known.
    Other,
}

/// Number of a column in its table, in definition order. Hidden columns of functional indexes follow the visible ones.
pub type ColumnNo = u16;
/// Number of an index in the optimizer's order (spec 01 §2.1); the bit in a [`KeySet`].
pub type IndexNo = u8;

/// A set of indexes of one table (at most 64).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
pub struct KeySet(pub u64);

impl KeySet {
    /// No index.
    pub const EMPTY: KeySet = KeySet(0);
    /// The set of the first `n` indexes.
    pub fn first(n: usize) -> KeySet {
        if n >= 64 { KeySet(u64::MAX) } else { KeySet((1u64 << n) - 1) }
    }
    /// The set of one index.
    pub fn of(index: IndexNo) -> KeySet {
        KeySet(1 << index)
    }
    /// True if `index` is a member.
    pub fn contains(self, index: IndexNo) -> bool {
        self.0 >> index & 1 == 1
    }
    /// Adds one index.
    pub fn insert(&mut self, index: IndexNo) {
        self.0 |= 1 << index;
    }
    /// Removes one index.
    pub fn remove(&mut self, index: IndexNo) {
        self.0 &= !(1 << index);
    }
    /// True if there is no member.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// Members of either.
    pub fn union(self, other: KeySet) -> KeySet {
        KeySet(self.0 | other.0)
    }
    /// Members of both.
    pub fn intersect(self, other: KeySet) -> KeySet {
        KeySet(self.0 & other.0)
    }
    /// Members of this set only.
    pub fn minus(self, other: KeySet) -> KeySet {
        KeySet(self.0 & !other.0)
    }
    /// True if every member is in `other`.
    pub fn is_subset(self, other: KeySet) -> bool {
        self.0 & !other.0 == 0
    }
    /// The members in ascending order.
    pub fn iter(self) -> impl Iterator<Item = IndexNo> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            if rest == 0 {
                return None;
            }
            let lowest = rest.trailing_zeros() as IndexNo;
            rest &= rest - 1;
            Some(lowest)
        })
    }
}

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Name as written in the table definition.
    pub name: Arc<str>,
    /// Its type.
    pub ty: DataType,
    /// False for NOT NULL.
    pub nullable: bool,
    /// AUTO_INCREMENT.
    pub auto_increment: bool,
    /// Text of the expression of a generated column.
    pub generated: Option<GeneratedColumn>,
    /// INVISIBLE columns are not part of `*`.
    pub visible: bool,
    /// Hidden column made for a functional index part: never resolved by name.
    pub functional: bool,
    /// Default value's text, if any.
    pub default: Option<Arc<str>>,
}

/// GENERATED ALWAYS AS.
#[derive(Clone, Debug)]
pub struct GeneratedColumn {
    /// The expression as SHOW CREATE TABLE prints it, without the outer parentheses.
    pub expression: Arc<str>,
    /// VIRTUAL, not STORED.
    pub is_virtual: bool,
    /// CAST(.. AS .. ARRAY): a multi-valued index.
    pub is_array: bool,
}

/// The kind of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum IndexKind {
    BTree,
    Hash,
    FullText,
    Spatial,
}

/// One part of an index.
#[derive(Clone, Debug)]
pub struct KeyPart {
    /// The column.
    pub column: ColumnNo,
    /// Characters of a prefix part (`c(10)`), none if the whole column is indexed.
    pub prefix_chars: Option<u32>,
    /// DESC.
    pub descending: bool,
    /// Bytes of the part in a key, without NULL and length bytes.
    pub length: u32,
    /// Bytes of the part in a key, with NULL byte and length bytes: what it adds to `key_len`.
    pub store_length: u32,
}

/// An index.
#[derive(Clone, Debug)]
pub struct Index {
    /// Name; `PRIMARY` for the primary key.
    pub name: Arc<str>,
    /// Kind.
    pub kind: IndexKind,
    /// UNIQUE or PRIMARY as defined by the user.
    pub unique: bool,
    /// Unique by its actual parts: the user's and the primary key columns that InnoDB appends (spec 01 §2.3).
    pub actual_unique: bool,
    /// INVISIBLE is false.
    pub visible: bool,
    /// Parts written by the user, followed by the primary key columns that InnoDB appends (spec 01 §2.3).
    pub parts: Vec<KeyPart>,
    /// How many of `parts` the user wrote.
    pub user_parts: usize,
    /// Full-text parser plugin.
    pub parser: Option<Arc<str>>,
    /// A multi-valued index.
    pub multi_valued: bool,
}

/// A base table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Schema name.
    pub schema: Arc<str>,
    /// Table name.
    pub name: Arc<str>,
    /// Engine.
    pub engine: Engine,
    /// Columns in definition order, hidden functional ones last.
    pub columns: Vec<Column>,
    /// Indexes in the optimizer's order.
    pub indexes: Vec<Index>,
    /// Number of the primary key in `indexes`.
    pub primary: Option<IndexNo>,
    /// Number of the index that InnoDB clusters the rows by: the primary key, or the first unique index without nullable
    /// columns; none if InnoDB uses a hidden row id.
    pub clustered: Option<IndexNo>,
    /// Partitioning.
    pub partitioning: Option<Partitioning>,
    /// Default collation of the table.
    pub collation: CollationId,
    /// KEY_BLOCK_SIZE in bytes, or 16384.
    pub page_bytes: u32,
    /// SECONDARY_ENGINE option, if any.
    pub secondary_engine: Option<Arc<str>>,
    /// ROW_FORMAT, if it was given.
    pub row_format: Option<RowFormat>,
}

/// ROW_FORMAT of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum RowFormat {
    Dynamic,
    Compact,
    Redundant,
    Compressed,
    Fixed,
    Default,
}

impl Index {
    /// Bytes of a whole key: all user parts with their NULL and length bytes (spec 01 §1.3). The appended parts never count.
    pub fn key_length(&self) -> u32 {
        self.parts[..self.user_parts].iter().map(|part| part.store_length).sum()
    }
    /// Bytes of the first `parts` parts: `key_len` of EXPLAIN.
    pub fn key_bytes(&self, parts: usize) -> u32 {
        self.parts.iter().take(parts).map(|part| part.store_length).sum()
    }
}

impl Table {
    /// The definition of an internal temporary table: a derived table, a CTE, a materialized subquery. It has no index yet.
    pub fn temporary(name: Arc<str>, columns: Vec<Column>) -> Table {
        Table {
            schema: Arc::from(""),
            name,
            engine: Engine::TempTable,
            columns,
            indexes: Vec::new(),
            primary: None,
            clustered: None,
            partitioning: None,
            collation: CollationId::UTF8MB4_0900_AI_CI,
            page_bytes: 16384,
            secondary_engine: None,
            row_format: None,
        }
    }
    /// Number of a column by name, hidden columns left out. Names compare without regard to case.
    pub fn column_by_name(&self, name: &str) -> Option<ColumnNo> {
        self.columns.iter().position(|c| !c.functional && same_name(&c.name, name)).map(|no| no as ColumnNo)
    }
    /// Number of an index by name, without regard to case.
    pub fn index_by_name(&self, name: &str) -> Option<IndexNo> {
        self.indexes.iter().position(|index| same_name(&index.name, name)).map(|no| no as IndexNo)
    }
}

/// True if two names of columns or indexes are the same: case does not matter.
pub fn same_name(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || (!(a.is_ascii() && b.is_ascii()) && a.to_lowercase() == b.to_lowercase())
}

/// PARTITION BY.
#[derive(Clone, Debug)]
pub struct Partitioning {
    /// Method of the partitions.
    pub method: PartitionMethod,
    /// The expression's text (RANGE, LIST, HASH) or the column list (COLUMNS, KEY).
    pub expression: Arc<str>,
    /// Columns of a COLUMNS or KEY list.
    pub columns: Vec<ColumnNo>,
    /// Partitions in order.
    pub partitions: Vec<Partition>,
    /// Subpartitioning: method, expression, columns; each partition has its own list of names.
    pub sub: Option<Box<SubPartitioning>>,
}

/// SUBPARTITION BY.
#[derive(Clone, Debug)]
pub struct SubPartitioning {
    /// HASH or KEY, LINEAR or not.
    pub method: PartitionMethod,
    /// Expression or column list.
    pub expression: Arc<str>,
    /// Columns of a KEY list.
    pub columns: Vec<ColumnNo>,
}

/// Partitioning methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum PartitionMethod {
    Range,
    RangeColumns,
    List,
    ListColumns,
    Hash,
    LinearHash,
    Key,
    LinearKey,
}

/// One partition.
#[derive(Clone, Debug)]
pub struct Partition {
    /// Name.
    pub name: Arc<str>,
    /// VALUES LESS THAN / VALUES IN as `information_schema.PARTITIONS` prints it; none for HASH and KEY.
    pub description: Option<Arc<str>>,
    /// Names of its subpartitions.
    pub subpartitions: Vec<Arc<str>>,
}
