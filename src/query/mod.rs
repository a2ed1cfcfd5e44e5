//! The resolved statement: query blocks over one arena of expressions.
//!
//! This is the data type that resolve hands to rewrite, rewrite to optimize, and the plan carries for printing. It holds no
//! logic of any stage; functions over it that every stage needs (walks, used tables, types) live beside it.

pub mod block;
mod change;
pub mod expr;
pub mod facts;
pub mod function;
pub mod hints;
mod result_type;
pub mod roots;
pub mod tables;
pub mod typing;
pub mod walk;

pub use block::{
    Block, BlockId, Clause, Command, Diagnostic, Injected, InsertTarget, Level, OrderElement, SelectItem, Term, TermKind,
    Uncacheable, Unit, UnitId, UnitRole, Window, WindowFrame, WindowFrameBound,
};
pub use expr::{
    AggregateKind, Expr, ExprId, Exprs, GuardKind, LiteralForm, MatchId, RefKind, SubqueryExpr, SubqueryKind, SubqueryStrategy,
    TruthValue, WindowFunction,
};
pub use facts::{ExprFlags, Facts, null_rejected};
pub use function::Func;
pub use tables::{
    ColumnSet, JoinMember, MaterializedNest, Nest, NestId, NestKind, SemijoinInfo, TableId, TableKind, TableRef, TableSet,
};

use indexmap::IndexMap;
use std::sync::Arc;

/// A resolved statement.
#[derive(Clone, Debug)]
pub struct Query {
    /// Text of the statement.
    pub sql: Arc<str>,
    /// Schema that unqualified names meant.
    pub current_schema: Option<Arc<str>>,
    /// All expressions.
    pub exprs: Exprs,
    /// Query blocks, indexed by [`BlockId`].
    pub blocks: Vec<Block>,
    /// Query expressions, indexed by [`UnitId`].
    pub units: Vec<Unit>,
    /// Tables of all blocks, indexed by [`TableId`].
    pub tables: Vec<TableRef>,
    /// Join nests of all blocks, indexed by [`NestId`].
    pub nests: Vec<Nest>,
    /// The outermost query expression.
    pub root: UnitId,
    /// What the statement does.
    pub command: Command,
    /// Secondary engine that the server would hand the statement to (spec 09 §4.4).
    pub secondary_engine: Option<Arc<str>>,
    /// Warnings and notes, in the order in which they arose.
    pub diagnostics: Vec<Diagnostic>,
    /// The statement assigns a user variable (`@v:=e`).
    pub assigns_user_variables: bool,
    /// Names of the user variables that it assigns.
    pub assigned_variables: Vec<Arc<str>>,
    /// What optimizer hints say, sorted by block and table.
    pub hints: hints::Hints,
    /// Session settings that result types depend on.
    pub types: typing::TypeContext,
    /// Values of the user variables that it reads, by lower-cased name: they decide types.
    pub user_variables: IndexMap<String, crate::value::Value>,
    /// Columns that substitution put into predicates, with the multiple equality that each came from (spec 02 §4.5, step 7).
    pub substituted: Vec<(ExprId, ExprId)>,
    /// Multiple equalities that stand in an AND because an OR there lost its other arms: they print in place.
    pub equalities_in_place: Vec<ExprId>,
    /// Columns of const tables that left a multiple equality: equality, column.
    pub absorbed_columns: Vec<(ExprId, ExprId)>,
    /// Multiple equalities of inner levels (ON) whose constant is that of an enclosing level, with the tables of the columns that
    /// the level itself compares: they drive lookups, but no ranges unless one of those tables is const (recorded behaviour).
    pub inherited_equalities: Vec<(ExprId, TableSet)>,
    /// Values of the system variables that it reads, by lower-cased name: they decide types.
    pub system_variables: IndexMap<String, Arc<str>>,
}

macro_rules! arena_index {
    ($id:ty, $field:ident, $item:ty) => {
        impl std::ops::Index<$id> for Query {
            type Output = $item;
            fn index(&self, id: $id) -> &$item {
                &self.$field[id.0 as usize]
            }
        }
        impl std::ops::IndexMut<$id> for Query {
            fn index_mut(&mut self, id: $id) -> &mut $item {
                &mut self.$field[id.0 as usize]
            }
        }
    };
}
arena_index!(BlockId, blocks, Block);
arena_index!(UnitId, units, Unit);
arena_index!(TableId, tables, TableRef);
arena_index!(NestId, nests, Nest);
