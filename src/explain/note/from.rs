//! FROM in note 1003: tables in the order of the text after join simplification (spec 08 §10.3).

use super::super::expression::Printer;
use crate::catalog::ConstRow;
use crate::parse::ast::{IndexHint, IndexHintKind, IndexHintScope};
use crate::query::{Block, JoinMember, NestKind, TableId, TableKind, TableRef, UnitId};

impl Printer<'_, '_> {
    /// ` from …`, or nothing for a block without tables and condition.
    pub(super) fn tables_clause(&mut self, block: &Block) {
        if block.from.is_empty() {
            if block.where_.is_some() {
                self.push(" from DUAL ");
            }
            return;
        }
        self.push(" from ");
        if !self.join_list(&block.from) {
            self.push("dual");
        }
    }

    /// The members of a join list; false if none of them prints.
    pub(super) fn join_list(&mut self, members: &[JoinMember]) -> bool {
        let mut any = false;
        for member in members {
            if self.is_dropped(*member) {
                continue;
            }
            self.member(*member, !any);
            any = true;
        }
        any
    }

    fn member(&mut self, member: JoinMember, first: bool) {
        let operator = self.operator(member);
        if !first {
            self.push(operator);
        } else if !matches!(operator, " join " | " straight_join ") {
            self.push("<constant table>");
            self.push(operator);
        }
        let on = match member {
            JoinMember::Table(id) => {
                self.table(id);
                self.query[id].on
            }
            JoinMember::Nest(id) => {
                let nest = &self.query[id];
                let bare = nest.kind == NestKind::Join && nest.members.len() == 1 && nest.merged_from.is_none();
                if !bare {
                    self.push("(");
                }
                self.join_list(&nest.members);
                if !bare {
                    self.push(")");
                }
                nest.on
            }
        };
        let semijoin = matches!(member, JoinMember::Nest(id) if matches!(self.query[id].kind, NestKind::Semijoin(_)));
        if let Some(on) = on.filter(|_| !semijoin) {
            self.around(" on(", on, ")");
        }
    }

    fn operator(&self, member: JoinMember) -> &'static str {
        let (outer, straight) = match member {
            JoinMember::Table(id) => (self.query[id].outer_join, self.query[id].straight),
            JoinMember::Nest(id) => match self.query[id].kind {
                NestKind::Semijoin(_) => return " semi join ",
                NestKind::Antijoin(_) => return " anti join ",
                NestKind::Join => (self.query[id].outer_join, self.query[id].straight),
            },
        };
        match (outer, straight) {
            (true, _) => " left join ",
            (false, true) => " straight_join ",
            (false, false) => " join ",
        }
    }

    /// Tables of at most one row that was read before anything else do not print.
    fn is_dropped(&self, member: JoinMember) -> bool {
        match member {
            JoinMember::Table(id) => {
                let table = &self.query[id];
                let found = !matches!(table.const_row.as_deref(), None | Some(ConstRow::Missing));
                self.context.const_values
                    && table.system
                    && table.const_row.is_some()
                    && (found || self.is_inner_to_outer_join(table))
            }
            JoinMember::Nest(id) => self.query[id].members.iter().all(|member| self.is_dropped(*member)),
        }
    }

    pub(super) fn is_inner_to_outer_join(&self, table: &TableRef) -> bool {
        if table.outer_join {
            return true;
        }
        let mut around = table.nest;
        while let Some(nest) = around {
            if self.query[nest].outer_join {
                return true;
            }
            around = self.query[nest].parent;
        }
        false
    }

    fn table(&mut self, id: TableId) {
        let table = &self.query[id];
        let mut alias = Some(&table.alias);
        match &table.kind {
            TableKind::Base | TableKind::InformationSchema => {
                self.base_table(table);
                alias = alias.filter(|alias| **alias != table.table.name);
            }
            TableKind::Derived { view: Some((schema, name)), .. } => {
                self.name(schema);
                self.push(".");
                self.name(name);
                alias = alias.filter(|alias| *alias != name);
            }
            TableKind::Derived { cte: Some(name), .. } | TableKind::RecursiveReference { cte: name, .. } => {
                self.name(name);
                alias = alias.filter(|alias| *alias != name);
            }
            TableKind::Derived { unit, lateral, .. } => {
                self.push(if *lateral { "lateral (" } else { "(" });
                self.query_expression(*unit);
                self.push(")");
            }
            TableKind::JsonTable { document } => self.json_table(*document, table.json_table.as_deref()),
        }
        if let Some(alias) = alias.filter(|alias| !alias.is_empty()) {
            self.push(" ");
            self.name(alias);
        }
        if matches!(&table.kind, TableKind::Derived { view: None, cte: None, .. }) && self.renames_columns(id) {
            self.derived_columns(id);
        }
        self.index_hints(table);
    }

    /// `` [`db`.]`table`[ PARTITION (`p0`)] ``
    pub(super) fn base_table(&mut self, table: &TableRef) {
        let schema = &*table.table.schema;
        if !schema.is_empty() && self.context.hidden_schema != Some(schema) {
            self.name(&table.table.schema);
            self.push(".");
        }
        self.name(&table.table.name);
        for (i, partition) in table.partitions.iter().enumerate() {
            self.push(if i == 0 { " PARTITION (" } else { "," });
            self.name(partition);
        }
        if !table.partitions.is_empty() {
            self.push(")");
        }
    }

    /// One hint an index, in the reverse order of writing.
    pub(super) fn index_hints(&mut self, table: &TableRef) {
        for hint in table.index_hints.iter().rev() {
            if hint.indexes.is_empty() {
                self.index_hint_words(hint);
                self.push("()");
            }
            for index in hint.indexes.iter().rev() {
                self.index_hint_words(hint);
                self.push("(");
                match table.table.index_by_name(index).and_then(|no| table.table.indexes.get(usize::from(no))) {
                    Some(index) if table.table.primary.is_some() && &*index.name == "PRIMARY" => self.push("PRIMARY"),
                    Some(index) => self.name(&index.name),
                    None => self.name(index),
                }
                self.push(")");
            }
        }
    }

    fn index_hint_words(&mut self, hint: &IndexHint) {
        self.push(match hint.kind {
            IndexHintKind::Use => " USE INDEX ",
            IndexHintKind::Force => " FORCE INDEX ",
            IndexHintKind::Ignore => " IGNORE INDEX ",
        });
        self.push(match hint.scope {
            IndexHintScope::All => "",
            IndexHintScope::Join => "FOR JOIN ",
            IndexHintScope::OrderBy => "FOR ORDER BY ",
            IndexHintScope::GroupBy => "FOR GROUP BY ",
        });
    }

    /// `` (`c1`,`c2`)`` of a derived table or CTE with a column list.
    pub(super) fn derived_columns(&mut self, id: TableId) {
        for (i, column) in self.query[id].table.columns.iter().enumerate() {
            self.push(if i == 0 { " (" } else { "," });
            self.name(&column.name);
        }
        self.push(")");
    }

    /// True if the columns have other names than the select list gives them.
    fn renames_columns(&self, id: TableId) -> bool {
        let table = &self.query[id];
        let TableKind::Derived { unit, .. } = &table.kind else { return false };
        let Some(first) = self.query[*unit].blocks.first() else { return false };
        let items = &self.query[*first].items;
        items.len() == table.table.columns.len()
            && items.iter().zip(&table.table.columns).any(|(item, column)| item.name != column.name)
    }

    /// The definition of a CTE that some reference materializes, and whether it has a column list.
    pub(super) fn materialized_definition(&self, id: TableId) -> Option<(UnitId, bool)> {
        let table = &self.query[id];
        let TableKind::Derived { unit, .. } = &table.kind else { return None };
        self.query[table.block].leaves.contains(&id).then(|| (*unit, self.renames_columns(id)))
    }
}
