//! One hypothetical change: read from and printed as an option of the command line, and as SQL.

use super::names::{self, Member, quoted, quoted_table};
use crate::catalog::ddl::{self, Alteration, KeyDefinition, KeyType, NamedTable, SchemaStatement};
use crate::catalog::settings::SWITCH_NAMES;
use crate::catalog::{ServerVersion, UnknownVersion};
use std::fmt;

/// One thing that is supposed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// There is one more index.
    AddIndex {
        /// The table.
        table: NamedTable,
        /// The index.
        key: KeyDefinition,
    },
    /// An index is gone.
    DropIndex(Member),
    /// An index is invisible.
    Invisible(Member),
    /// An index is visible.
    Visible(Member),
    /// A migration has run.
    Ddl {
        /// The file that it came from, as one would name it on the command line.
        file: String,
        /// Its statements.
        text: String,
    },
    /// A table has more or fewer rows.
    Rows {
        /// The table.
        table: NamedTable,
        /// How many.
        rows: RowTarget,
    },
    /// A column has a histogram.
    Histogram {
        /// The column.
        column: Member,
        /// Most buckets, 1..=1024.
        buckets: u32,
    },
    /// A column has no histogram.
    DropHistogram(Member),
    /// A cost constant has another value.
    Cost {
        /// Name in `mysql.server_cost` or `mysql.engine_cost`.
        name: String,
        /// Cost units.
        value: f64,
    },
    /// A flag of `optimizer_switch` is on or off.
    Switch {
        /// The flag.
        name: String,
        /// On.
        on: bool,
    },
    /// A session variable has another value.
    Set {
        /// The variable.
        name: String,
        /// The value as one would write it behind SET.
        value: String,
    },
    /// A share of an index lies in the buffer pool.
    Cached {
        /// The index.
        index: Member,
        /// 0..=1.
        share: f64,
    },
    /// The server is of another release.
    Version(ServerVersion),
}

/// How many rows a table has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RowTarget {
    /// So many.
    Count(u64),
    /// So many times what it has.
    Times(f64),
}

/// The names of the options that may be repeated, without `--`, in the order in which help lists them. (`server-version` is the one
/// that may not.)
pub const OPTIONS: [&str; 12] = [
    "add-index",
    "drop-index",
    "invisible",
    "visible",
    "ddl",
    "rows",
    "histogram",
    "drop-histogram",
    "cost",
    "switch",
    "set",
    "cached",
];

/// Names of the cost constants.
pub const COST_NAMES: [&str; 8] = [
    "row_evaluate_cost",
    "key_compare_cost",
    "memory_temptable_create_cost",
    "memory_temptable_row_cost",
    "disk_temptable_create_cost",
    "disk_temptable_row_cost",
    "io_block_read_cost",
    "memory_block_read_cost",
];

/// Most buckets of a histogram, and the number without WITH n BUCKETS.
const MOST_BUCKETS: u32 = 1024;
const DEFAULT_BUCKETS: u32 = 100;

impl Change {
    /// Reads a change from an option (without `--`) and its value. The value of `ddl` is the text of the migration.
    ///
    /// # Errors
    /// A sentence that says what the option expects.
    pub fn from_option(option: &str, value: &str) -> Result<Change, String> {
        let member =
            |kind: &str| names::member_of_text(value).ok_or_else(|| format!("--{option} expects TABLE.{kind}, not '{value}'"));
        match option {
            "add-index" => Self::add_index(value),
            "drop-index" => member("INDEX").map(Change::DropIndex),
            "invisible" => member("INDEX").map(Change::Invisible),
            "visible" => member("INDEX").map(Change::Visible),
            "drop-histogram" => member("COLUMN").map(Change::DropHistogram),
            "ddl" => Self::ddl("-", value),
            "rows" => Self::rows(value),
            "histogram" => Self::histogram(value),
            "cost" => Self::cost(value),
            "switch" => Self::switch(value),
            "set" => Self::set(value),
            "cached" => Self::cached(value),
            "server-version" => value.parse().map(Change::Version).map_err(|error: UnknownVersion| error.to_string()),
            _ => Err(format!("there is no option --{option} that supposes something; there are --{}", OPTIONS.join(", --"))),
        }
    }

    /// Reads ALTER TABLE … ADD INDEX or CREATE INDEX.
    ///
    /// # Errors
    /// The text is something else, or adds more than one index.
    pub fn add_index(text: &str) -> Result<Change, String> {
        let wanted = "--add-index expects 'ALTER TABLE t ADD INDEX name (columns)' or 'CREATE INDEX name ON t (columns)'";
        let statements = ddl::read_migration(text).map_err(|error| format!("{wanted}: {}", error.what))?;
        let [(_, SchemaStatement::Alter { table, actions })] = &statements[..] else { return Err(wanted.to_owned()) };
        let mut keys = actions.iter().filter_map(|action| match action {
            Alteration::AddIndex(key) => Some(Ok(key)),
            Alteration::Nothing => None,
            _ => Some(Err(wanted.to_owned())),
        });
        match (keys.next(), keys.next()) {
            (Some(Ok(key)), None) => Ok(Change::AddIndex { table: table.clone(), key: key.clone() }),
            (Some(Ok(_)), Some(Ok(_))) => Err("--add-index adds one index; repeat the option, or use --ddl".to_owned()),
            _ => Err(wanted.to_owned()),
        }
    }

    /// A plain index over whole columns, as advice proposes it.
    pub fn plain_index(table: NamedTable, name: impl Into<String>, columns: &[&str]) -> Change {
        let part = |column: &&str| ddl::PartDefinition {
            column: Some((*column).to_owned()),
            expression: None,
            prefix: None,
            descending: false,
        };
        let key = KeyDefinition {
            key_type: KeyType::Plain,
            name: Some(name.into()),
            parts: columns.iter().map(part).collect(),
            method: None,
            invisible: false,
            parser: None,
        };
        Change::AddIndex { table, key }
    }

    /// A migration from a file's text.
    ///
    /// # Errors
    /// A statement that cannot be read, with its line.
    pub fn ddl(file: &str, text: &str) -> Result<Change, String> {
        ddl::read_migration(text).map_err(|error| format!("{file}:{}: {}", error.line, error.what))?;
        Ok(Change::Ddl { file: file.to_owned(), text: text.to_owned() })
    }

    fn rows(text: &str) -> Result<Change, String> {
        let wrong = || format!("--rows expects TABLE=ROWS or TABLE=FACTORx, not '{text}'");
        let (table, amount) = text.rsplit_once('=').ok_or_else(wrong)?;
        let table = names::table_of_text(table).ok_or_else(wrong)?;
        let amount = amount.trim().to_ascii_lowercase();
        let rows = match amount.strip_suffix('x') {
            Some(factor) => {
                let factor: f64 = factor.trim().parse().map_err(|_| wrong())?;
                RowTarget::Times(Some(factor).filter(|factor| factor.is_finite() && *factor >= 0.0).ok_or_else(wrong)?)
            }
            None => RowTarget::Count(row_count(&amount).ok_or_else(wrong)?),
        };
        Ok(Change::Rows { table, rows })
    }

    fn histogram(text: &str) -> Result<Change, String> {
        let wrong = || format!("--histogram expects TABLE.COLUMN or TABLE.COLUMN=BUCKETS (1 to {MOST_BUCKETS}), not '{text}'");
        let (column, buckets) = match text.rsplit_once('=') {
            Some((column, buckets)) => (column, buckets.trim().parse().map_err(|_| wrong())?),
            None => (text, DEFAULT_BUCKETS),
        };
        let column = names::member_of_text(column).ok_or_else(wrong)?;
        if (1..=MOST_BUCKETS).contains(&buckets) { Ok(Change::Histogram { column, buckets }) } else { Err(wrong()) }
    }

    fn cost(text: &str) -> Result<Change, String> {
        let (name, value) = text.split_once('=').ok_or_else(|| format!("--cost expects NAME=VALUE, not '{text}'"))?;
        let name = name.trim().to_ascii_lowercase();
        if !COST_NAMES.contains(&&*name) {
            return Err(format!("there is no cost constant '{name}'; there are {}", COST_NAMES.join(", ")));
        }
        let number: f64 = value.trim().parse().map_err(|_| format!("--cost: '{value}' is no number"))?;
        // The server keeps cost constants as single-precision numbers above zero (spec 01 §9).
        if !(number > 0.0 && number.is_finite()) {
            return Err(format!("--cost: {name} must be above 0, not {value}"));
        }
        Ok(Change::Cost { name, value: number })
    }

    fn switch(text: &str) -> Result<Change, String> {
        let wrong = || format!("--switch expects FLAG=on or FLAG=off, not '{text}'");
        let (name, state) = text.split_once('=').ok_or_else(wrong)?;
        let name = name.trim().to_ascii_lowercase();
        let on = match state.trim().to_ascii_lowercase().as_str() {
            "on" => true,
            "off" => false,
            _ => return Err(wrong()),
        };
        if !SWITCH_NAMES.contains(&&*name) {
            return Err(format!("optimizer_switch has no flag '{name}'; it has {}", SWITCH_NAMES.join(", ")));
        }
        Ok(Change::Switch { name, on })
    }

    fn set(text: &str) -> Result<Change, String> {
        let (name, value) = text.split_once('=').ok_or_else(|| format!("--set expects NAME=VALUE, not '{text}'"))?;
        let (name, value) = (name.trim().trim_end_matches(':').trim(), value.trim());
        Ok(Change::Set { name: name.to_owned(), value: value.to_owned() })
    }

    fn cached(text: &str) -> Result<Change, String> {
        let wrong = || format!("--cached expects TABLE.INDEX=SHARE with a share from 0 to 1, not '{text}'");
        let (index, share) = text.rsplit_once('=').ok_or_else(wrong)?;
        let index = names::member_of_text(index).ok_or_else(wrong)?;
        let share: f64 = share.trim().parse().map_err(|_| wrong())?;
        if (0.0..=1.0).contains(&share) { Ok(Change::Cached { index, share }) } else { Err(wrong()) }
    }

    /// The name of its option, without `--`.
    pub fn option(&self) -> &'static str {
        match self {
            Change::AddIndex { .. } => "add-index",
            Change::DropIndex(_) => "drop-index",
            Change::Invisible(_) => "invisible",
            Change::Visible(_) => "visible",
            Change::Ddl { .. } => "ddl",
            Change::Rows { .. } => "rows",
            Change::Histogram { .. } => "histogram",
            Change::DropHistogram(_) => "drop-histogram",
            Change::Cost { .. } => "cost",
            Change::Switch { .. } => "switch",
            Change::Set { .. } => "set",
            Change::Cached { .. } => "cached",
            Change::Version(_) => "server-version",
        }
    }

    /// The value of its option; of `ddl` the name of the file.
    pub fn value(&self) -> String {
        match self {
            Change::AddIndex { .. } => self.sql().unwrap_or_default(),
            Change::DropIndex(member) | Change::Invisible(member) | Change::Visible(member) | Change::DropHistogram(member) => {
                member.to_string()
            }
            Change::Ddl { file, .. } => file.clone(),
            Change::Rows { table, rows } => format!("{}={rows}", names::table_text(table)),
            Change::Histogram { column, buckets: DEFAULT_BUCKETS } => column.to_string(),
            Change::Histogram { column, buckets } => format!("{column}={buckets}"),
            Change::Cost { name, value } => format!("{name}={value}"),
            Change::Switch { name, on } => format!("{name}={}", on_off(*on)),
            Change::Set { name, value } => format!("{name}={value}"),
            Change::Cached { index, share } => format!("{index}={share}"),
            Change::Version(version) => version.to_string(),
        }
    }

    /// The SQL that does it on a server; none where there is no such SQL (rows, what lies in memory).
    pub fn sql(&self) -> Option<String> {
        let alter_index = |member: &Member, what: &str| {
            Some(format!("ALTER TABLE {} ALTER INDEX {} {what}", quoted_table(&member.table), quoted(&member.name)))
        };
        let histogram = |column: &Member, what: &str| Some(format!("ANALYZE TABLE {} {what}", quoted_table(&column.table)));
        match self {
            Change::AddIndex { table, key } => Some(format!("ALTER TABLE {} ADD {}", quoted_table(table), key_sql(key))),
            Change::DropIndex(index) if index.name.eq_ignore_ascii_case("PRIMARY") => {
                Some(format!("ALTER TABLE {} DROP PRIMARY KEY", quoted_table(&index.table)))
            }
            Change::DropIndex(index) => {
                Some(format!("ALTER TABLE {} DROP INDEX {}", quoted_table(&index.table), quoted(&index.name)))
            }
            Change::Invisible(index) => alter_index(index, "INVISIBLE"),
            Change::Visible(index) => alter_index(index, "VISIBLE"),
            Change::Ddl { text, .. } => Some(text.trim().trim_end_matches(';').to_owned()),
            Change::Rows { .. } | Change::Cached { .. } | Change::Version(_) => None,
            Change::Histogram { column, buckets } => {
                histogram(column, &format!("UPDATE HISTOGRAM ON {} WITH {buckets} BUCKETS", quoted(&column.name)))
            }
            Change::DropHistogram(column) => histogram(column, &format!("DROP HISTOGRAM ON {}", quoted(&column.name))),
            Change::Cost { name, value } => {
                let table = if name.contains("block_read") { "engine_cost" } else { "server_cost" };
                Some(format!("UPDATE mysql.{table} SET cost_value = {value} WHERE cost_name = '{name}'; FLUSH OPTIMIZER_COSTS"))
            }
            Change::Switch { name, on } => Some(format!("SET SESSION optimizer_switch = '{name}={}'", on_off(*on))),
            Change::Set { name, value } if name.starts_with('@') && !name.starts_with("@@") => {
                Some(format!("SET {name} = {value}"))
            }
            Change::Set { name, value } => Some(format!("SET SESSION {name} = {}", variable_value(value))),
        }
    }
}

/// A value behind SET SESSION: words that hold more than letters are strings.
fn variable_value(value: &str) -> String {
    let quoted = value.starts_with(['\'', '"']);
    let plain = value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
    if quoted || plain { value.to_owned() } else { format!("'{}'", value.replace('\'', "''")) }
}

fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// A number of rows, with k, m or g for thousands, millions, milliards.
fn row_count(text: &str) -> Option<u64> {
    let (digits, unit) = match text.as_bytes().last()? {
        b'k' => (&text[..text.len() - 1], 1e3),
        b'm' => (&text[..text.len() - 1], 1e6),
        b'g' => (&text[..text.len() - 1], 1e9),
        _ => return text.replace('_', "").parse().ok(),
    };
    let number: f64 = digits.parse().ok()?;
    (number >= 0.0 && number * unit < 1e18).then_some((number * unit).round() as u64)
}

impl fmt::Display for RowTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RowTarget::Count(rows) => write!(f, "{rows}"),
            RowTarget::Times(factor) => write!(f, "{factor}x"),
        }
    }
}

/// `INDEX n (a, b DESC)` as ALTER TABLE … ADD has it.
fn key_sql(key: &KeyDefinition) -> String {
    let words = match key.key_type {
        KeyType::Primary => "PRIMARY KEY",
        KeyType::Unique => "UNIQUE INDEX",
        KeyType::Plain => "INDEX",
        KeyType::FullText => "FULLTEXT INDEX",
        KeyType::Spatial => "SPATIAL INDEX",
    };
    let part = |part: &ddl::PartDefinition| {
        let what = match (&part.column, &part.expression) {
            (Some(column), _) => quoted(column),
            (None, expression) => format!("({})", expression.as_deref().unwrap_or_default()),
        };
        let prefix = part.prefix.map_or(String::new(), |chars| format!("({chars})"));
        format!("{what}{prefix}{}", if part.descending { " DESC" } else { "" })
    };
    let name = key.name.as_ref().filter(|_| key.key_type != KeyType::Primary);
    let name = name.map_or(String::new(), |name| format!(" {}", quoted(name)));
    let parts: Vec<String> = key.parts.iter().map(part).collect();
    let method = match key.method {
        Some(crate::catalog::IndexKind::Hash) => " USING HASH",
        Some(crate::catalog::IndexKind::BTree) => " USING BTREE",
        _ => "",
    };
    let parser = key.parser.as_ref().map_or(String::new(), |parser| format!(" WITH PARSER {}", quoted(parser)));
    let visibility = if key.invisible { " INVISIBLE" } else { "" };
    format!("{words}{name} ({}){method}{parser}{visibility}", parts.join(", "))
}

impl fmt::Display for Change {
    /// As an option of the command line, quoted for a shell.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value();
        let plain = value.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '=' | '-' | '/' | ',' | ':'));
        match plain && !value.is_empty() {
            true => write!(f, "--{} {value}", self.option()),
            false => write!(f, "--{} '{}'", self.option(), value.replace('\'', r"'\''")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_print_as_they_were_read() {
        for (option, value) in [
            ("add-index", "ALTER TABLE t ADD INDEX k (a, b(10), c DESC, (upper(`d`)))"),
            ("add-index", "ALTER TABLE s.t ADD UNIQUE INDEX `k 1` (a) INVISIBLE"),
            ("drop-index", "t.k"),
            ("invisible", "s.t.k"),
            ("visible", "t.`k.1`"),
            ("rows", "t=1000000"),
            ("rows", "t=2.5x"),
            ("histogram", "t.c"),
            ("histogram", "t.c=8"),
            ("drop-histogram", "s.t.c"),
            ("cost", "row_evaluate_cost=0.05"),
            ("switch", "mrr=off"),
            ("set", "join_buffer_size=1048576"),
            ("cached", "t.PRIMARY=0.3"),
            ("server-version", "9.7"),
        ] {
            let change = Change::from_option(option, value).unwrap();
            assert_eq!((change.option(), change.value().as_str()), (option, value));
            assert_eq!(Change::from_option(option, &change.value()), Ok(change));
        }
    }

    #[test]
    fn sql_where_there_is_sql() {
        let sql = |option: &str, value: &str| Change::from_option(option, value).unwrap().sql();
        let is = |text: &str| Some(text.to_owned());
        assert_eq!(sql("add-index", "create unique index k on s.t (a desc)"), is("ALTER TABLE s.t ADD UNIQUE INDEX k (a DESC)"));
        assert_eq!(sql("drop-index", "t.PRIMARY"), is("ALTER TABLE t DROP PRIMARY KEY"));
        assert_eq!(sql("invisible", "t.k"), is("ALTER TABLE t ALTER INDEX k INVISIBLE"));
        assert_eq!(sql("histogram", "t.c=4"), is("ANALYZE TABLE t UPDATE HISTOGRAM ON c WITH 4 BUCKETS"));
        assert_eq!(sql("rows", "t=5m"), None);
        assert_eq!(
            sql("cost", "io_block_read_cost=2"),
            is("UPDATE mysql.engine_cost SET cost_value = 2 WHERE cost_name = 'io_block_read_cost'; FLUSH OPTIMIZER_COSTS")
        );
        assert_eq!(sql("switch", "MRR=ON"), is("SET SESSION optimizer_switch = 'mrr=on'"));
        assert_eq!(sql("set", "sql_mode = ANSI,STRICT_ALL_TABLES"), is("SET SESSION sql_mode = 'ANSI,STRICT_ALL_TABLES'"));
    }

    #[test]
    fn wrong_values_are_refused_with_what_is_expected() {
        for (option, value, part) in [
            ("add-index", "DROP TABLE t", "--add-index expects"),
            ("add-index", "ALTER TABLE t ADD INDEX (a), ADD INDEX (b)", "repeat the option"),
            ("rows", "t=many", "TABLE=ROWS"),
            ("rows", "t=-1x", "TABLE=ROWS"),
            ("histogram", "t.c=0", "1 to 1024"),
            ("cost", "speed=1", "there are row_evaluate_cost"),
            ("cost", "row_evaluate_cost=0", "above 0"),
            ("switch", "mrr=maybe", "FLAG=on"),
            ("cached", "t.k=2", "0 to 1"),
            ("drop-index", "k", "TABLE.INDEX"),
            ("ddl", "ALTER TABLE t\nEXPLODE", "-:2:"),
        ] {
            let error = Change::from_option(option, value).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn options_are_quoted_for_a_shell() {
        let change = Change::add_index("ALTER TABLE t ADD INDEX k ((a = 'x'))").unwrap();
        assert_eq!(change.to_string(), r"--add-index 'ALTER TABLE t ADD INDEX k ((a = '\''x'\''))'");
    }
}
