//! Resolving: names become columns, expressions get types and collations, the statement becomes query blocks (spec 02 §1).
//!
//! Nothing is transformed here beyond what the parser of the server does itself: derived tables stay tables, subqueries stay
//! subqueries, joins keep the shape in which they were written.

mod block;
mod call;
mod change;
mod comparison;
mod condition;
#[cfg(test)]
mod error_tests;
mod expression;
mod from;
pub mod full_group_by;
#[cfg(test)]
mod hint_tests;
pub mod hints;
pub mod index_hints;
mod literal;
mod numbering;
mod order;
mod rollup;
mod scope;
pub mod set_var;
mod subquery;
mod table;
mod terms;
mod unit;
mod window;

use crate::catalog::Table;
use crate::context::Context;
use crate::error::{PlanError, Result, ServerError};
use crate::parse::ast::{self, StatementKind};
use crate::query::typing::TypeContext;
use crate::query::{BlockId, Clause, Command, Diagnostic, Exprs, Level, Query, TableId, Unit, UnitId, UnitRole};
use indexmap::IndexMap;
use numbering::{Instance, Numbering};
use scope::Scope;
use std::sync::Arc;

/// Resolves a statement.
pub fn resolve(ctx: &Context<'_>, statement: &ast::Statement) -> Result<Query> {
    let numbering = numbering::number(ctx, statement)?;
    let mut resolver = Resolver {
        ctx,
        query: empty_query(ctx, statement),
        numbering,
        states: Vec::new(),
        text: statement.text.clone(),
        recursions: Vec::new(),
        shared: Vec::new(),
        exists: Vec::new(),
        inserted: None,
        with_lists: Vec::new(),
        cte_places: Vec::new(),
    };
    for warning in &statement.warnings {
        resolver.query.diagnostics.push(Diagnostic { level: Level::Warning, code: warning.code, text: warning.text.clone() });
    }
    match &statement.kind {
        StatementKind::Select(query) => {
            resolver.root_unit(query, 0)?;
        }
        StatementKind::Insert(insert) => resolver.insert(insert)?,
        StatementKind::Update(update) => resolver.update(update)?,
        StatementKind::Delete(delete) => resolver.delete(delete)?,
        StatementKind::Set(_) | StatementKind::Use(_) => {
            return Err(PlanError::NotCovered("statements that set the session cannot be explained".into()));
        }
    }
    let mut query = resolver.query;
    let warnings = hints::resolve_hints(&mut query, ctx.settings, set_var::apply(&statement.variables, ctx.settings));
    let behind_parsing = statement.warnings.len();
    query.diagnostics.splice(behind_parsing..behind_parsing, warnings);
    if !query.hints.blocks.is_empty() {
        index_hints::set_usable_indexes(&mut query, ctx.settings)?;
    }
    Ok(query)
}

fn empty_query(ctx: &Context<'_>, statement: &ast::Statement) -> Query {
    let settings = ctx.settings;
    let root = Unit::new(UnitRole::Top, Clause::OptimizedAway, None);
    Query {
        sql: statement.text.clone(),
        current_schema: ctx.catalog.current_schema.clone(),
        exprs: Exprs::default(),
        blocks: Vec::new(),
        units: vec![root],
        tables: Vec::new(),
        nests: Vec::new(),
        root: UnitId(0),
        command: Command::Select,
        diagnostics: Vec::new(),
        assigns_user_variables: false,
        assigned_variables: Vec::new(),
        hints: Default::default(),
        substituted: Default::default(),
        equalities_in_place: Default::default(),
        secondary_engine: None,
        absorbed_columns: Default::default(),
        inherited_equalities: Default::default(),
        types: TypeContext {
            collation: settings.collation_connection,
            div_precision_increment: settings.div_precision_increment,
            no_unsigned_subtraction: settings.sql_mode.no_unsigned_subtraction,
            group_concat_max_len: settings.group_concat_max_len,
        },
        user_variables: settings.user_variables.clone(),
        system_variables: IndexMap::new(),
    }
}

/// The state of resolving one statement.
struct Resolver<'c> {
    ctx: &'c Context<'c>,
    query: Query,
    numbering: Numbering,
    /// What is known of each block while it is being resolved.
    states: Vec<BlockState>,
    /// The text that the syntax tree at hand was parsed from: the statement's or a view's.
    text: Arc<str>,
    /// Recursive CTEs whose definitions are being resolved, outermost first.
    recursions: Vec<Recursion>,
    /// First references of CTEs, by definition.
    shared: Vec<(usize, TableId)>,
    /// Query expressions of EXISTS.
    exists: Vec<UnitId>,
    /// The target of an INSERT while ON DUPLICATE KEY UPDATE is resolved.
    inserted: Option<change::Inserted>,
    /// WITH lists and the query expressions that they were written in.
    with_lists: Vec<(numbering::Key, UnitId)>,
    /// First references of CTEs and their places in their WITH lists.
    cte_places: Vec<(TableId, usize)>,
}

/// A recursive CTE that is being resolved.
struct Recursion {
    instance: Instance,
    name: Arc<str>,
    /// Column names, if a list was written.
    columns: Vec<Arc<str>>,
    /// Its table, once the non-recursive members are known.
    table: Option<Arc<Table>>,
    unit: UnitId,
}

/// What is known of a block while it is being resolved.
struct BlockState {
    /// Where names are searched next.
    outer: Option<BlockId>,
    /// The copy of the text.
    instance: Instance,
    /// Its FROM clause, as far as it is in sight.
    scope: Scope,
    /// Clause at hand.
    clause: ast_clause::AstClause,
    /// Windows by name.
    windows: Vec<(Arc<str>, usize)>,
    /// Its tables that the select list uses outside aggregates, with the inner block around the reference if there is one
    /// (spec 02 §0.2-5).
    uses: Vec<(Option<BlockId>, TableId)>,
    /// Aggregates around the place at hand.
    aggregate_depth: u32,
    /// The left operand of IN, ANY or ALL is at hand.
    left_of_in: bool,
    /// It has a GROUP BY clause.
    has_group_by: bool,
    /// GROUP BY and the select list are resolved: HAVING and ORDER BY may refer to them.
    items_known: bool,
}

/// Clauses as errors and rules tell them apart.
mod ast_clause {
    /// A clause of a query block.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(in crate::resolve) enum AstClause {
        SelectList,
        Where,
        On,
        GroupBy,
        Having,
        OrderBy,
        WindowPartition,
        Window,
        TableFunction,
        Values,
        UpdateValue,
        InsertUpdate,
    }

    impl AstClause {
        /// The name that error messages use.
        pub fn name(self) -> &'static str {
            match self {
                AstClause::SelectList | AstClause::Values | AstClause::UpdateValue | AstClause::InsertUpdate => "field list",
                AstClause::Where => "where clause",
                AstClause::On => "on clause",
                AstClause::GroupBy => "group statement",
                AstClause::Having => "having clause",
                AstClause::OrderBy => "order clause",
                AstClause::WindowPartition => "window partition by",
                AstClause::Window => "window order by",
                AstClause::TableFunction => "a table function argument",
            }
        }
        /// True where aggregate functions of the block itself may stand.
        pub fn takes_aggregates(self) -> bool {
            matches!(
                self,
                AstClause::SelectList | AstClause::Having | AstClause::OrderBy | AstClause::WindowPartition | AstClause::Window
            )
        }
    }
}

impl Resolver<'_> {
    fn state(&self, block: BlockId) -> &BlockState {
        &self.states[block.0 as usize]
    }
    fn state_mut(&mut self, block: BlockId) -> &mut BlockState {
        &mut self.states[block.0 as usize]
    }
    fn warn(&mut self, level: Level, code: u16, text: String) {
        self.query.diagnostics.push(Diagnostic { level, code, text });
    }
    /// The text between two offsets of the text at hand.
    fn source(&self, span: ast::Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }
}

fn server<T>(code: u16, sqlstate: &'static str, text: impl Into<String>) -> Result<T> {
    Err(ServerError::new(code, sqlstate, text).into())
}
