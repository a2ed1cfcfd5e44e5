//! What the optimizer knows about the world: types, tables, indexes, statistics, histograms, cost constants, variables;
//! reading and writing bundles (DESIGN §3, spec 01).

pub mod bundle;
pub mod captured;
mod captured_rows;
pub mod ddl;
pub mod histogram;
pub mod range_rows;
pub mod record;
pub mod schema;
pub mod settings;
pub mod statistics;
pub mod stored_value;
mod version;

pub use crate::value::{collation, types};
pub use schema::{
    Column, ColumnNo, Engine, GeneratedColumn, Index, IndexKind, IndexNo, KeyPart, KeySet, Partition, PartitionMethod,
    Partitioning, RowFormat, SubPartitioning, Table,
};
pub use settings::{Settings, Switch, SwitchSet};
pub use statistics::{ConstRow, RangeQuestion, Statistics, StatisticsLayer, SubqueryResult, TableStatistics};
pub use types::{CollationId, DataType, ResultClass, TypeKind};
pub use version::{ServerVersion, UnknownVersion};

use indexmap::IndexMap;
use std::sync::Arc;

/// A view's definition.
#[derive(Clone, Debug)]
pub struct View {
    /// Schema.
    pub schema: Arc<str>,
    /// Name.
    pub name: Arc<str>,
    /// The SELECT statement.
    pub definition: Arc<str>,
    /// Column names, if the view was created with a list.
    pub columns: Vec<Arc<str>>,
    /// ALGORITHM.
    pub algorithm: ViewAlgorithm,
}

/// ALGORITHM of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ViewAlgorithm {
    Undefined,
    Merge,
    TempTable,
}

/// A stored function, procedure, trigger or event.
#[derive(Clone, Debug)]
pub struct Routine {
    /// Schema.
    pub schema: Arc<str>,
    /// Name.
    pub name: Arc<str>,
    /// DETERMINISTIC.
    pub deterministic: bool,
    /// Number of parameters (error 1318).
    pub parameters: usize,
    /// Type that a function returns.
    pub returns: Option<DataType>,
    /// The CREATE statement.
    pub definition: Arc<str>,
}

/// A parameter or local variable of a stored program, or a column of NEW or OLD in a trigger: a value that is known only when
/// the program runs.
#[derive(Clone, Debug, PartialEq)]
pub struct RoutineVariable {
    /// `NEW` or `OLD` in a trigger.
    pub qualifier: Option<Arc<str>>,
    /// Name.
    pub name: Arc<str>,
    /// Type.
    pub ty: DataType,
}

/// One schema (database).
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// Tables by lower-cased name.
    pub tables: IndexMap<String, Arc<Table>>,
    /// Views by lower-cased name.
    pub views: IndexMap<String, Arc<View>>,
    /// Stored functions by lower-cased name.
    pub functions: IndexMap<String, Arc<Routine>>,
    /// Procedures, triggers and events, in the order of the schema file.
    pub other_routines: Vec<Arc<Routine>>,
    /// Default collation.
    pub collation: Option<CollationId>,
}

/// Everything that is known: read-only and shared, so that many statements plan in parallel.
#[derive(Clone, Debug)]
pub struct Catalog {
    /// Schemas by name.
    pub schemas: IndexMap<String, Schema>,
    /// Schema that unqualified names mean.
    pub current_schema: Option<Arc<str>>,
    /// Server-wide values of variables, before any SET, and the release to follow.
    pub settings: Settings,
    /// Cost constants (spec 01 §9).
    pub costs: crate::cost::CostConstants,
    /// Answers about data.
    pub statistics: Arc<dyn Statistics>,
    /// What was assumed because an optional part of the bundle is missing: one sentence each.
    pub assumptions: Vec<String>,
}

impl Catalog {
    /// The release that is followed: that of the captured server, unless [`Catalog::set_version`] chose another.
    pub fn version(&self) -> ServerVersion {
        self.settings.version
    }

    /// Follows another release from here on, as an upgrade of the server would: variables that have their old default take the new.
    pub fn set_version(&mut self, version: ServerVersion) {
        self.settings.set_version(version);
    }
}
