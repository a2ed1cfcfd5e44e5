//! Before anything is resolved: query blocks get their numbers, names in FROM are told apart into CTEs, views and base
//! tables, and all tables are opened (spec 02 §1.1 and §1.2).
//!
//! A node of the syntax tree is known by its address together with the number of the copy of the text that it is in: the
//! definition of a CTE is walked anew for every reference.

use super::terms::{self, TermPlan};
use crate::catalog::{Catalog, Table, View};
use crate::context::Context;
use crate::error::{PlanError, Result, ServerError};
use crate::parse::ast::{
    self, Expr, FrameBound, Join, ObjectName, Over, QueryBody, QueryExpr, SelectItem, StatementKind, TableExpr, TableFactor,
    TableSource, WindowSpec, With,
};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// A copy of a definition's text.
pub(super) type Instance = u32;

/// A node of the syntax tree in a copy of its text.
pub(super) type Key = (usize, Instance);

/// The key of a node.
pub(super) fn key<T>(node: &T, instance: Instance) -> Key {
    (std::ptr::from_ref(node) as usize, instance)
}

/// What a name in FROM means.
#[derive(Clone, Debug)]
pub(super) enum Opened {
    Base(Arc<Table>),
    View {
        view: Arc<View>,
        statement: Arc<ast::Statement>,
        instance: Instance,
    },
    Cte {
        definition: Arc<CteDefinition>,
        instance: Instance,
    },
    /// A recursive CTE's name inside its own definition, and the number that the reference took.
    Recursive {
        definition: Arc<CteDefinition>,
        instance: Instance,
    },
}

/// A CTE as written.
#[derive(Debug)]
pub(super) struct CteDefinition {
    pub name: Arc<str>,
    pub columns: Vec<Arc<str>>,
    pub query: Arc<QueryExpr>,
    pub recursive: bool,
    /// The WITH list that it stands in, and its place there.
    pub list: (Key, usize),
}

/// The outcome.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    blocks: HashMap<Key, u32>,
    nodes: HashMap<Key, Vec<u32>>,
    opened: HashMap<Key, Opened>,
    recursive: HashMap<Key, bool>,
    next: u32,
    instances: Instance,
}

impl Numbering {
    /// Number of a query block.
    pub fn block(&self, body: &QueryBody, instance: Instance) -> u32 {
        self.blocks.get(&key(body, instance)).copied().unwrap_or(1)
    }
    /// Numbers of the nodes above the blocks of a query expression, children first.
    pub fn nodes(&self, query: &QueryExpr, instance: Instance) -> &[u32] {
        self.nodes.get(&key(query, instance)).map_or(&[], |ids| ids)
    }
    /// What a name in FROM means.
    pub fn opened(&self, factor: &TableFactor, instance: Instance) -> Option<&Opened> {
        self.opened.get(&key(factor, instance))
    }
    /// What the name of `TABLE name` means.
    pub fn opened_table(&self, name: &ObjectName, instance: Instance) -> Option<&Opened> {
        self.opened.get(&key(name, instance))
    }
    /// Gives a table of FROM that no text has the meaning of a name.
    pub fn open_as(&mut self, factor: &TableFactor, instance: Instance, opened: Opened) {
        self.opened.insert(key(factor, instance), opened);
    }
    /// True if the block refers to the recursive CTE that it helps to define.
    pub fn is_recursive(&self, body: &QueryBody, instance: Instance) -> bool {
        self.recursive.contains_key(&key(body, instance))
    }
}

/// More blocks than any statement has: CTEs that double with every level must not fill the memory.
const MOST_BLOCKS: u32 = 5000;
/// Views in views in views.
const MOST_VIEW_LEVELS: u32 = 64;

/// CTEs in sight.
struct Environment {
    definition: Arc<CteDefinition>,
    /// What was in sight where it was defined.
    outer: Option<Rc<Environment>>,
    /// Inside its own definition: how many blocks were around it there, and the copy.
    inside: Option<(usize, Instance)>,
    parent: Option<Rc<Environment>>,
}

struct Walker<'c> {
    ctx: &'c Context<'c>,
    numbering: Numbering,
    instance: Instance,
    environment: Option<Rc<Environment>>,
    /// Blocks around the current place, outermost first.
    around: Vec<Key>,
    /// Names to open, in text order.
    to_open: Vec<(Key, ObjectName)>,
    default_schema: Option<Arc<str>>,
    view_levels: u32,
}

/// Numbers the blocks of a statement and opens its tables.
pub(super) fn number(ctx: &Context<'_>, statement: &ast::Statement) -> Result<Numbering> {
    let mut walker = Walker {
        ctx,
        numbering: Numbering { next: 1, ..Numbering::default() },
        instance: 0,
        environment: None,
        around: Vec::new(),
        to_open: Vec::new(),
        default_schema: ctx.catalog.current_schema.clone(),
        view_levels: 0,
    };
    walker.statement(&statement.kind)?;
    walker.open_all()?;
    Ok(walker.numbering)
}

/// True if two names of tables, aliases or CTEs are the same.
pub(super) fn same_table_name(ctx: &Context<'_>, a: &str, b: &str) -> bool {
    if ctx.settings.lower_case_table_names == 0 { a == b } else { a.to_lowercase() == b.to_lowercase() }
}

impl Walker<'_> {
    fn take(&mut self) -> Result<u32> {
        let number = self.numbering.next;
        if number > MOST_BLOCKS {
            return Err(PlanError::NotCovered(format!("more than {MOST_BLOCKS} query blocks")));
        }
        self.numbering.next += 1;
        Ok(number)
    }

    fn statement(&mut self, kind: &StatementKind) -> Result<()> {
        match kind {
            StatementKind::Select(query) => self.query(query, true),
            StatementKind::Insert(insert) => {
                self.to_open.push((key(&insert.table, self.instance), insert.table.clone()));
                match &insert.source {
                    ast::InsertSource::Query(query) => self.query(query, true)?,
                    ast::InsertSource::Values(rows) => {
                        self.take()?;
                        rows.iter().flatten().try_for_each(|e| self.expr(e))?;
                    }
                }
                insert.on_duplicate.iter().try_for_each(|(_, e)| self.expr(e))
            }
            StatementKind::Update(update) => {
                self.take()?;
                self.with(update.with.as_ref());
                update.tables.iter().try_for_each(|t| self.table(t))?;
                update.assignments.iter().try_for_each(|(_, e)| self.expr(e))?;
                update.where_.iter().try_for_each(|e| self.expr(e))?;
                update.order_by.iter().try_for_each(|o| self.expr(&o.expr))
            }
            StatementKind::Delete(delete) => {
                self.take()?;
                self.with(delete.with.as_ref());
                delete.tables.iter().try_for_each(|t| self.table(t))?;
                delete.where_.iter().try_for_each(|e| self.expr(e))?;
                delete.order_by.iter().try_for_each(|o| self.expr(&o.expr))
            }
            StatementKind::Set(_) | StatementKind::Use(_) => Ok(()),
        }
    }

    fn with(&mut self, with: Option<&With>) {
        let Some(with) = with else { return };
        let list = key(with, self.instance);
        for (place, cte) in with.ctes.iter().enumerate() {
            let definition = CteDefinition {
                name: cte.name.clone(),
                columns: cte.columns.clone(),
                query: cte.query.clone(),
                recursive: with.recursive,
                list: (list, place),
            };
            self.environment = Some(Rc::new(Environment {
                definition: Arc::new(definition),
                outer: self.environment.clone(),
                inside: None,
                parent: self.environment.clone(),
            }));
        }
    }

    fn query(&mut self, query: &QueryExpr, top_level: bool) -> Result<()> {
        let plan = terms::plan(query, top_level);
        for leaf in plan.leaves() {
            let outside = self.environment.clone();
            leaf.withs.iter().for_each(|with| self.with(Some(with)));
            let number = self.take()?;
            let block = key(leaf.body, self.instance);
            self.numbering.blocks.insert(block, number);
            self.around.push(block);
            self.body(leaf.body)?;
            leaf.tail.order_by.iter().try_for_each(|o| self.expr(&o.expr))?;
            self.around.pop();
            self.environment = outside;
        }
        if !matches!(plan, TermPlan::Block(_)) {
            let mut tails = Vec::new();
            plan.node_tails(&mut |tail| tails.push(*tail));
            let mut ids = Vec::with_capacity(tails.len());
            for _ in &tails {
                ids.push(self.take()?);
            }
            let outside = self.environment.clone();
            self.with(query.with.as_ref());
            for tail in tails {
                tail.order_by.iter().try_for_each(|o| self.expr(&o.expr))?;
            }
            self.environment = outside;
            self.numbering.nodes.insert(key(query, self.instance), ids);
        }
        Ok(())
    }

    fn body(&mut self, body: &QueryBody) -> Result<()> {
        match body {
            QueryBody::Select(select) => {
                for item in &select.items {
                    if let SelectItem::Expr { expr, .. } = item {
                        self.expr(expr)?;
                    }
                }
                select.from.iter().try_for_each(|t| self.table(t))?;
                select.where_.iter().try_for_each(|e| self.expr(e))?;
                select.group_by.iter().try_for_each(|o| self.expr(&o.expr))?;
                select.having.iter().try_for_each(|e| self.expr(e))?;
                select.windows.iter().try_for_each(|(_, w)| self.window(w))
            }
            QueryBody::Values(rows) => rows.iter().flatten().try_for_each(|e| self.expr(e)),
            QueryBody::Table(name) => self.name(key(name, self.instance), name),
            QueryBody::SetOperation { .. } | QueryBody::Parens(_) => Ok(()),
        }
    }

    fn table(&mut self, table: &TableExpr) -> Result<()> {
        match table {
            TableExpr::Table(factor) => match &factor.source {
                TableSource::Named(name) => self.name(key(factor, self.instance), name),
                TableSource::Derived { query, .. } => self.query(query, false),
                TableSource::JsonTable(json) => self.expr(&json.document),
            },
            TableExpr::Nested(list) => list.iter().try_for_each(|t| self.table(t)),
            TableExpr::Join(join) => {
                let Join { left, right, on, .. } = join.as_ref();
                self.table(left)?;
                self.table(right)?;
                on.iter().try_for_each(|e| self.expr(e))
            }
        }
    }

    fn name(&mut self, at: Key, name: &ObjectName) -> Result<()> {
        if name.schema.is_none()
            && let Some(found) = self.find_cte(&name.name)
        {
            return self.cte(at, &found);
        }
        self.to_open.push((at, name.clone()));
        Ok(())
    }

    fn find_cte(&self, name: &str) -> Option<Rc<Environment>> {
        let mut next = self.environment.clone();
        while let Some(environment) = next {
            if same_table_name(self.ctx, &environment.definition.name, name) {
                return Some(environment);
            }
            next = environment.parent.clone();
        }
        None
    }

    fn cte(&mut self, at: Key, found: &Rc<Environment>) -> Result<()> {
        let definition = found.definition.clone();
        if let Some((depth, instance)) = found.inside {
            self.take()?;
            let block = self.around.get(depth).copied();
            let once = block.is_some_and(|block| self.numbering.recursive.insert(block, true).is_none());
            if !once || self.around.len() > depth + 1 {
                return Err(recursive_reference(&definition.name).into());
            }
            self.numbering.opened.insert(at, Opened::Recursive { definition, instance });
            return Ok(());
        }
        self.numbering.instances += 1;
        let instance = self.numbering.instances;
        let outer = (self.instance, self.environment.clone());
        self.instance = instance;
        self.environment = found.outer.clone();
        if definition.recursive {
            self.environment = Some(Rc::new(Environment {
                definition: definition.clone(),
                outer: None,
                inside: Some((self.around.len(), instance)),
                parent: found.outer.clone(),
            }));
        }
        self.query(&definition.query, false)?;
        (self.instance, self.environment) = outer;
        self.numbering.opened.insert(at, Opened::Cte { definition, instance });
        Ok(())
    }

    fn window(&mut self, window: &WindowSpec) -> Result<()> {
        window.partition_by.iter().try_for_each(|e| self.expr(e))?;
        window.order_by.iter().try_for_each(|o| self.expr(&o.expr))?;
        let Some(frame) = &window.frame else { return Ok(()) };
        for bound in std::iter::once(&frame.start).chain(&frame.end) {
            if let FrameBound::Preceding(e) | FrameBound::Following(e) = bound {
                self.expr(e)?;
            }
        }
        Ok(())
    }

    fn expr(&mut self, expr: &Expr) -> Result<()> {
        match expr {
            Expr::Quantified { left, query, .. } => {
                self.expr(left)?;
                self.query(query, false)
            }
            Expr::InSubquery { expr, query, .. } => {
                self.expr(expr)?;
                self.query(query, false)
            }
            Expr::Exists(query) | Expr::Subquery(query) => self.query(query, false),
            Expr::Call(call) => {
                call.args.iter().try_for_each(|e| self.expr(e))?;
                super::call::check_count(call)?;
                call.order_by.iter().try_for_each(|o| self.expr(&o.expr))?;
                match &call.over {
                    Some(Over::Spec(window)) => self.window(window),
                    _ => Ok(()),
                }
            }
            _ => {
                let mut outcome = Ok(());
                for_each_child(expr, &mut |child| {
                    if outcome.is_ok() {
                        outcome = self.expr(child);
                    }
                });
                outcome
            }
        }
    }

    fn open_all(&mut self) -> Result<()> {
        let names = std::mem::take(&mut self.to_open);
        for (at, name) in names {
            let schema = name.schema.clone().or_else(|| self.default_schema.clone());
            let Some(schema) = schema else {
                return Err(ServerError::new(1046, "3D000", "No database selected").into());
            };
            let opened = self.open(&schema, &name.name)?;
            self.numbering.opened.insert(at, opened);
        }
        Ok(())
    }

    fn open(&mut self, schema: &str, name: &str) -> Result<Opened> {
        let catalog: &Catalog = self.ctx.catalog;
        let found = catalog
            .schemas
            .get(schema)
            .or_else(|| catalog.schemas.iter().find(|(s, _)| same_table_name(self.ctx, s, schema)).map(|(_, s)| s));
        let Some(found) = found else {
            if ["information_schema", "performance_schema", "mysql", "sys"].iter().any(|s| schema.eq_ignore_ascii_case(s)) {
                return Err(PlanError::NotCovered(format!("tables of {schema}")));
            }
            return Err(ServerError::new(1049, "42000", format!("Unknown database '{schema}'")).into());
        };
        let lower = name.to_lowercase();
        if let Some(table) = found.tables.get(&lower)
            && same_table_name(self.ctx, &table.name, name)
        {
            return Ok(Opened::Base(table.clone()));
        }
        if let Some(view) = found.views.get(&lower)
            && same_table_name(self.ctx, &view.name, name)
        {
            return self.view(view.clone());
        }
        Err(ServerError::new(1146, "42S02", format!("Table '{schema}.{name}' doesn't exist")).into())
    }

    fn view(&mut self, view: Arc<View>) -> Result<Opened> {
        if self.view_levels >= MOST_VIEW_LEVELS {
            return Err(PlanError::NotCovered("views nested too deeply".into()));
        }
        let statement = Arc::new(crate::parse::statement(&view.definition, self.ctx.settings)?);
        self.numbering.instances += 1;
        let instance = self.numbering.instances;
        let outer = (
            self.instance,
            self.environment.take(),
            std::mem::take(&mut self.around),
            std::mem::take(&mut self.to_open),
            self.default_schema.clone(),
        );
        self.instance = instance;
        self.default_schema = Some(view.schema.clone());
        self.view_levels += 1;
        if let StatementKind::Select(query) = &statement.kind {
            self.query(query, false)?;
        }
        let opened = self.open_all();
        self.view_levels -= 1;
        (self.instance, self.environment, self.around, self.to_open, self.default_schema) = outer;
        match opened {
            Err(PlanError::Server(e)) if matches!(e.code, 1146 | 1049) => Err(invalid_view(&view).into()),
            Err(other) => Err(other),
            Ok(()) => Ok(Opened::View { view, statement, instance }),
        }
    }
}

/// Error 1356.
pub(super) fn invalid_view(view: &View) -> ServerError {
    ServerError::new(
        1356,
        "HY000",
        format!(
            "View '{}.{}' references invalid table(s) or column(s) or function(s) or definer/invoker of view lack rights to use them",
            view.schema, view.name
        ),
    )
}

fn recursive_reference(name: &str) -> ServerError {
    ServerError::new(
        3577,
        "HY000",
        format!(
            "In recursive query block of Recursive Common Table Expression '{name}', the recursive table must be referenced only once, and not in any subquery"
        ),
    )
}

/// Calls `visit` for each direct sub-expression as written; the query expressions of subqueries are not entered.
pub(super) fn for_each_child<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Expr)) {
    match expr {
        Expr::Literal(_)
        | Expr::Column(_)
        | Expr::Parameter
        | Expr::UserVariable(_)
        | Expr::SystemVariable(..)
        | Expr::Exists(_)
        | Expr::Subquery(_)
        | Expr::DefaultOf(_)
        | Expr::DefaultValue
        | Expr::ValuesOf(_) => {}
        Expr::AssignUserVariable(_, e)
        | Expr::Negate(e)
        | Expr::BitNot(e)
        | Expr::Not(e)
        | Expr::Binary(e)
        | Expr::Extract { expr: e, .. }
        | Expr::IsNull { expr: e, .. }
        | Expr::IsTruth { expr: e, .. }
        | Expr::Cast { expr: e, .. }
        | Expr::ConvertUsing { expr: e, .. }
        | Expr::Collate { expr: e, .. }
        | Expr::JsonPath { expr: e, .. }
        | Expr::InSubquery { expr: e, .. }
        | Expr::Quantified { left: e, .. }
        | Expr::Match { against: e, .. } => visit(e),
        Expr::And(list) | Expr::Or(list) | Expr::Row(list) => list.iter().for_each(visit),
        Expr::Xor(a, b)
        | Expr::Arithmetic(_, a, b)
        | Expr::Compare(_, a, b)
        | Expr::SoundsLike(a, b)
        | Expr::MemberOf(a, b)
        | Expr::Position(a, b) => {
            visit(a);
            visit(b);
        }
        Expr::Between { expr, low, high, .. } => {
            visit(expr);
            visit(low);
            visit(high);
        }
        Expr::InList { expr, list, .. } => {
            visit(expr);
            list.iter().for_each(visit);
        }
        Expr::Like { expr, pattern, escape, .. } => {
            visit(expr);
            visit(pattern);
            escape.iter().for_each(|e| visit(e));
        }
        Expr::Regexp { expr, pattern, .. } => {
            visit(expr);
            visit(pattern);
        }
        Expr::Case { operand, branches, otherwise } => {
            operand.iter().for_each(|e| visit(e));
            for (when, then) in branches {
                visit(when);
                visit(then);
            }
            otherwise.iter().for_each(|e| visit(e));
        }
        Expr::DateAdd { date, amount, .. } => {
            visit(date);
            visit(amount);
        }
        Expr::TimestampFunction { left, right, .. } => {
            visit(left);
            visit(right);
        }
        Expr::Trim { remove, expr, .. } => {
            remove.iter().for_each(|e| visit(e));
            visit(expr);
        }
        Expr::Call(call) => {
            call.args.iter().for_each(&mut *visit);
            call.order_by.iter().for_each(|o| visit(&o.expr));
            if let Some(Over::Spec(window)) = &call.over {
                window.partition_by.iter().for_each(&mut *visit);
                window.order_by.iter().for_each(|o| visit(&o.expr));
            }
        }
    }
}
