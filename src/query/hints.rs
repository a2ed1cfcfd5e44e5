//! What optimizer hints say about blocks and tables (spec 09 §1.6).

use super::{BlockId, Query, TableId};
use crate::parse::ast::{HintArguments, HintTable};

impl Query {
    /// MERGE or NO_MERGE of a derived table, view or CTE reference; none without such a hint.
    pub fn merge_hint(&self, table: TableId) -> Option<bool> {
        self.table_hint(table, "MERGE", "NO_MERGE")
    }

    /// DERIVED_CONDITION_PUSHDOWN or its negation; none without such a hint.
    pub fn pushdown_hint(&self, table: TableId) -> Option<bool> {
        self.table_hint(table, "DERIVED_CONDITION_PUSHDOWN", "NO_DERIVED_CONDITION_PUSHDOWN")
    }

    fn table_hint(&self, table: TableId, on: &str, off: &str) -> Option<bool> {
        let alias = &self[table].alias;
        let names = |hints: &[HintTable]| hints.is_empty() || hints.iter().any(|hint| hint.name.eq_ignore_ascii_case(alias));
        self[self[table].block].hints.iter().find_map(|hint| match (&*hint.name, &hint.arguments) {
            (name, HintArguments::Tables(tables)) if name == on && names(tables) => Some(true),
            (name, HintArguments::Tables(tables)) if name == off && names(tables) => Some(false),
            _ => None,
        })
    }

    /// Whether hints switch semijoin conversion of a subquery's block on or off; none without such a hint (spec 05 §1.3).
    pub fn semijoin_hint(&self, block: BlockId) -> Option<bool> {
        let hints = &self[block].hints;
        if hints.iter().any(|hint| &*hint.name == "SUBQUERY") {
            return Some(false);
        }
        if hints.iter().any(|hint| &*hint.name == "SEMIJOIN") {
            return Some(true);
        }
        let all_off = |arguments: &HintArguments| match arguments {
            HintArguments::Strategies(list) => list.is_empty(),
            HintArguments::Tables(list) => list.is_empty(),
            _ => false,
        };
        hints.iter().any(|hint| &*hint.name == "NO_SEMIJOIN" && all_off(&hint.arguments)).then_some(false)
    }
}
