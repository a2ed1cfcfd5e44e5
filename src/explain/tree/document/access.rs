//! Members of nodes that read one table.

use super::{Members, Writer};
use crate::access::{RangePlan, RangePlanKind, ScanDirection, tree_ranges_text};
use crate::catalog::ColumnNo;
use crate::explain::facts::{Entry, column_text};
use crate::explain::subquery::materialized_column_name;
use crate::plan::TableAccess;
use crate::plan::tree::{LookupType, NodeKind, TempTable};
use crate::query::{BlockId, Expr, ExprId, NestId, NestKind, TableId, TableKind, UnitId};

impl<'p> Writer<'p> {
    /// Members of an access; false for a node of another kind.
    pub(super) fn access_members(&mut self, kind: &NodeKind<'p>, unit: UnitId, members: &mut Members) -> bool {
        match kind {
            NodeKind::TableScan(access) => self.whole_table("table", access, members),
            NodeKind::ConstRow(access) => self.whole_table("constant_row", access, members),
            NodeKind::FollowTail(access) => self.whole_table("scan_new_records", access, members),
            NodeKind::InformationSchema(_, access) => self.whole_table("materialize_information_schema", access, members),
            NodeKind::CountRows(access) => {
                members.add("access_type", "count_rows");
                if let Some(table) = access.table {
                    self.table_members(table, false, members);
                }
            }
            NodeKind::TempTableScan(table) => self.temporary_table(*table, unit, members),
            NodeKind::IndexScan { access, index, reverse, .. } => {
                self.index_access("index_scan", access, members);
                let index = self.text(|writer| writer.index_name(access, *index));
                members.add("index_name", index);
                members.add("covering", access.index_only);
                members.flag("reverse", *reverse);
            }
            NodeKind::Lookup { access, lookup, block } => self.lookup_members(access, *lookup, *block, members),
            NodeKind::SubqueryLookup { unit, left } => self.subquery_lookup_members(*unit, *left, members),
            NodeKind::Range { access, range, block, merged } => self.range_members(access, range, *block, *merged, members),
            NodeKind::DynamicRange { access, block } => {
                self.index_access("dynamic_index_range_scan", access, members);
                self.pushed(access, *block, members);
            }
            _ => return false,
        }
        true
    }

    fn whole_table(&mut self, access_type: &'static str, access: &TableAccess, members: &mut Members) {
        members.add("access_type", access_type);
        self.accessed_table(access, members);
    }

    fn index_access(&mut self, how: &'static str, access: &TableAccess, members: &mut Members) {
        members.add("access_type", "index");
        members.add("index_access_type", how);
        self.accessed_table(access, members);
    }

    fn accessed_table(&mut self, access: &TableAccess, members: &mut Members) {
        match (access.table, access.materialized) {
            (Some(table), _) => self.table_members(table, true, members),
            (None, Some(nest)) => {
                let name = self.text(|writer| writer.alias(access));
                members.add("table_name", name);
                members.add("used_columns", self.materialized_columns(nest));
            }
            (None, None) => {}
        }
    }

    /// Columns of a materialized semijoin's table.
    fn materialized_columns(&self, nest: NestId) -> Vec<String> {
        let query = self.query();
        let columns = match &query[nest].kind {
            NestKind::Semijoin(info) | NestKind::Antijoin(info) => info.pairs.len(),
            NestKind::Join => 0,
        };
        (0..columns).map(|no| materialized_column_name(query, nest, no).1.to_owned()).collect()
    }

    /// Name, schema, alias if it is another, columns that are read or written.
    pub(super) fn table_members(&mut self, id: TableId, columns: bool, members: &mut Members) {
        let table = &self.query()[id];
        let base = matches!(table.kind, TableKind::Base);
        let name = if base { &table.table.name } else { &table.alias };
        members.add("table_name", &**name);
        if base {
            members.add("schema_name", &*table.schema);
            if table.alias != *name {
                members.add("alias", &*table.alias);
            }
        }
        let whole = matches!(table.kind, TableKind::Derived { .. } | TableKind::RecursiveReference { .. });
        let used = |no: usize| {
            let no = no as ColumnNo;
            whole || table.read_set.contains(no) || table.write_set.contains(no)
        };
        let named = table.table.columns.iter().enumerate().filter(|(no, _)| used(*no));
        let names: Vec<String> = named.map(|(_, column)| column_text(column).into_owned()).collect();
        if columns && !names.is_empty() {
            members.add("used_columns", names);
        }
    }

    fn temporary_table(&mut self, table: TempTable, unit: UnitId, members: &mut Members) {
        members.add("access_type", "table");
        members.add("table_name", super::super::line::temp_table_name(table));
        let hidden: &[&str] = match table {
            TempTable::Plain => return,
            TempTable::Intersect | TempTable::Except => &["<hash_field>", "<set counter>"],
            TempTable::Union | TempTable::Result => &[],
        };
        let query = self.query();
        let items = query[unit].blocks.first().map_or(&[][..], |block| &query[*block].items);
        let names = hidden.iter().copied().chain(items.iter().map(|item| &*item.name));
        members.add("used_columns", names.map(str::to_owned).collect::<Vec<String>>());
    }

    fn lookup_members(&mut self, access: &'p TableAccess, lookup: LookupType, block: BlockId, members: &mut Members) {
        let crate::plan::AccessMethod::Lookup(values) = &access.method else { return };
        let how = match lookup {
            LookupType::Ref | LookupType::RefOrNull | LookupType::EqRef => "index_lookup",
            LookupType::FullText => "full_text_search",
            LookupType::MultiRange => "multi_range_read",
        };
        self.index_access(how, access, members);
        let index = self.text(|writer| writer.index_name(access, values.index));
        members.add("index_name", index);
        members.add("covering", access.index_only && access.materialized.is_none());
        let condition = self.text(|writer| writer.lookup_values(access, values, block));
        members.add("lookup_condition", condition);
        let parts = (0..values.values.len()).map(|part| self.part_name(access, values.index, part).into_owned());
        members.add("key_columns", parts.collect::<Vec<String>>());
        members.add("lookup_references", self.references(access, block));
        members.flag("reverse", values.reverse);
        self.pushed(access, block, members);
    }

    fn references(&self, access: &'p TableAccess, block: BlockId) -> Vec<String> {
        let mut references = Vec::new();
        if let Some(Some(plan)) = self.plan.blocks.get(block.0 as usize) {
            let entry = Entry { query: self.query(), block, plan, access };
            entry.for_each_ref(&mut |text| references.push(text.to_owned()));
        }
        references
    }

    fn subquery_lookup_members(&mut self, unit: UnitId, left: ExprId, members: &mut Members) {
        members.add("access_type", "index");
        members.add("index_access_type", "index_lookup");
        members.add("table_name", "<materialized_subquery>");
        members.add("index_name", "<auto_distinct_key>");
        members.add("covering", false);
        let block = self.outer_block(unit);
        let (mut conditions, mut columns, mut references) = (Vec::new(), Vec::new(), Vec::new());
        for (left, column) in self.subquery_columns(unit, left) {
            let text = self.text(|writer| writer.expr(left, block));
            conditions.push(format!("{column} = {text}"));
            columns.push(column.to_owned());
            references.push(self.reference(left));
        }
        members.add("lookup_condition", conditions.join(", "));
        members.add("key_columns", columns);
        members.add("lookup_references", references);
    }

    /// `schema.alias.column`, `const` or `func`.
    fn reference(&self, value: ExprId) -> String {
        let query = self.query();
        match &query.exprs[value] {
            Expr::Literal { .. } => "const".to_owned(),
            Expr::Column { table, column } => {
                let table = &query[*table];
                let column = table.table.columns.get(usize::from(*column)).map_or("", |column| &*column.name);
                let schema = if table.schema.is_empty() { String::new() } else { format!("{}.", table.schema) };
                format!("{schema}{}.{column}", table.alias)
            }
            Expr::Ref { target, .. } | Expr::Cache(target) => self.reference(*target),
            _ => "func".to_owned(),
        }
    }

    fn range_members(
        &mut self,
        access: &'p TableAccess,
        range: &'p RangePlan,
        block: BlockId,
        merged: bool,
        members: &mut Members,
    ) {
        let (how, index, parts, ranges, own) = match &range.kind {
            RangePlanKind::IndexRange(scan) => {
                members.flag("reverse", scan.direction == ScanDirection::Backward);
                members.flag("multi_range_read", scan.mrr);
                ("index_range_scan", scan.index, scan.key_parts, tree_ranges_text(&scan.tree_ranges, false), false)
            }
            RangePlanKind::GroupSkip(scan) => {
                let ranges = tree_ranges_text(&scan.tree_ranges, false);
                ("group_index_skip_scan", scan.index, scan.used_parts, ranges, true)
            }
            RangePlanKind::SkipScan(scan) => ("index_skip_scan", scan.index, scan.used_parts, scan.tree_text(), true),
            _ => return,
        };
        self.index_access(how, access, members);
        let name = self.text(|writer| writer.index_name(access, index));
        members.add("index_name", name);
        members.add("covering", (own || access.index_only) && !merged);
        let columns = (0..parts).map(|part| self.part_name(access, index, part).into_owned());
        members.add("key_columns", columns.collect::<Vec<String>>());
        let ranges = if ranges.is_empty() { Vec::new() } else { vec![ranges] };
        members.add("ranges", ranges);
        if !merged {
            self.pushed(access, block, members);
        }
    }

    fn pushed(&mut self, access: &TableAccess, block: BlockId, members: &mut Members) {
        if let Some(condition) = access.index_condition {
            let text = self.text(|writer| writer.expr(condition, block));
            members.add("pushed_index_condition", text);
        }
    }
}
