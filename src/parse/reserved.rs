//! Reserved words of MySQL 8.0.39 (spec 09 §6.9): identifiers only when quoted or behind a point.

use sqlparser::keywords::{ALL_KEYWORDS, ALL_KEYWORDS_INDEX, Keyword};
use std::sync::OnceLock;

/// True if an unquoted word cannot be an identifier.
pub(super) fn is_reserved(keyword: Keyword, word: &str) -> bool {
    if keyword == Keyword::NoKeyword {
        return word.len() >= 3
            && word.is_ascii()
            && UNKNOWN_TO_SQLPARSER.binary_search_by(|reserved| compare(reserved, word)).is_ok();
    }
    static RESERVED_KEYWORDS: OnceLock<Vec<bool>> = OnceLock::new();
    let reserved = RESERVED_KEYWORDS.get_or_init(|| {
        let mut reserved = vec![false; ALL_KEYWORDS.len() + 1];
        for (name, keyword) in ALL_KEYWORDS.iter().zip(ALL_KEYWORDS_INDEX) {
            if RESERVED.binary_search(name).is_ok()
                && let Some(slot) = reserved.get_mut(*keyword as usize)
            {
                *slot = true;
            }
        }
        reserved
    });
    reserved.get(keyword as usize).copied().unwrap_or(false)
}

/// True for a word that means something in MySQL's grammar or in some other dialect's: an unquoted name may be it by chance.
pub fn is_keyword(word: &str) -> bool {
    let upper = word.to_ascii_uppercase();
    ALL_KEYWORDS.binary_search(&upper.as_str()).is_ok() || UNKNOWN_TO_SQLPARSER.binary_search(&upper.as_str()).is_ok()
}

/// True for a word that is a name only in quotes or behind a point.
pub fn is_reserved_word(word: &str) -> bool {
    let upper = word.to_ascii_uppercase();
    RESERVED.binary_search(&upper.as_str()).is_ok() || UNKNOWN_TO_SQLPARSER.binary_search(&upper.as_str()).is_ok()
}

fn compare(reserved: &str, word: &str) -> std::cmp::Ordering {
    reserved.bytes().cmp(word.bytes().map(|b| b.to_ascii_uppercase()))
}

/// Reserved words that sqlparser has no keyword for, in order.
#[rustfmt::skip]
const UNKNOWN_TO_SQLPARSER: &[&str] = &[
    "ACCESSIBLE", "DAY_HOUR", "DAY_MICROSECOND", "DAY_MINUTE", "DAY_SECOND", "DUAL", "ENCLOSED", "EXIT", 
    "HOUR_MICROSECOND", "HOUR_MINUTE", "HOUR_SECOND", "INFILE", "INT1", "INT3", "IO_AFTER_GTIDS", "IO_BEFORE_GTIDS", 
    "ITERATE", "LEAVE", "LINEAR", "LOOP", "MASTER_BIND", "MASTER_SSL_VERIFY_SERVER_CERT", "MIDDLEINT", 
    "MINUTE_MICROSECOND", "MINUTE_SECOND", "OPTIONALLY", "OUTFILE", "READ_WRITE", "REPEAT", "RESIGNAL", 
    "SECOND_MICROSECOND", "SIGNAL", "SSL", "STARTING", "UNDO", "UTC_DATE", "UTC_TIME", "UTC_TIMESTAMP", "VARCHARACTER", 
    "YEAR_MONTH", "ZEROFILL", 
];

/// All reserved words that sqlparser has a keyword for, in order.
#[rustfmt::skip]
const RESERVED: &[&str] = &[
    "ADD", "ALL", "ALTER", "ANALYZE", "AND", "AS", "ASC", "ASENSITIVE", "BEFORE", "BETWEEN", "BIGINT", "BINARY", "BLOB", 
    "BOTH", "BY", "CALL", "CASCADE", "CASE", "CHANGE", "CHAR", "CHARACTER", "CHECK", "COLLATE", "COLUMN", "CONDITION", 
    "CONSTRAINT", "CONTINUE", "CONVERT", "CREATE", "CROSS", "CUBE", "CUME_DIST", "CURRENT_DATE", "CURRENT_TIME", 
    "CURRENT_TIMESTAMP", "CURRENT_USER", "CURSOR", "DATABASE", "DATABASES", "DEC", "DECIMAL", "DECLARE", "DEFAULT", 
    "DELAYED", "DELETE", "DENSE_RANK", "DESC", "DESCRIBE", "DETERMINISTIC", "DISTINCT", "DISTINCTROW", "DIV", "DOUBLE", 
    "DROP", "EACH", "ELSE", "ELSEIF", "EMPTY", "ESCAPED", "EXCEPT", "EXISTS", "EXPLAIN", "FALSE", "FETCH", "FIRST_VALUE", 
    "FLOAT", "FLOAT4", "FLOAT8", "FOR", "FORCE", "FOREIGN", "FROM", "FULLTEXT", "FUNCTION", "GENERATED", "GET", "GRANT", 
    "GROUP", "GROUPING", "GROUPS", "HAVING", "HIGH_PRIORITY", "IF", "IGNORE", "IN", "INDEX", "INNER", "INOUT", 
    "INSENSITIVE", "INSERT", "INT", "INT2", "INT4", "INT8", "INTEGER", "INTERSECT", "INTERVAL", "INTO", "IS", "JOIN", 
    "JSON_TABLE", "KEY", "KEYS", "KILL", "LAG", "LAST_VALUE", "LATERAL", "LEAD", "LEADING", "LEFT", "LIKE", "LIMIT", 
    "LINES", "LOAD", "LOCALTIME", "LOCALTIMESTAMP", "LOCK", "LONG", "LONGBLOB", "LONGTEXT", "LOW_PRIORITY", "MATCH", 
    "MAXVALUE", "MEDIUMBLOB", "MEDIUMINT", "MEDIUMTEXT", "MOD", "MODIFIES", "NATURAL", "NOT", "NO_WRITE_TO_BINLOG", 
    "NTH_VALUE", "NTILE", "NULL", "NUMERIC", "OF", "ON", "OPTIMIZE", "OPTIMIZER_COSTS", "OPTION", "OR", "ORDER", "OUT", 
    "OUTER", "OVER", "PARTITION", "PERCENT_RANK", "PRECISION", "PRIMARY", "PROCEDURE", "PURGE", "RANGE", "RANK", "READ", 
    "READS", "REAL", "RECURSIVE", "REFERENCES", "REGEXP", "RELEASE", "RENAME", "REPLACE", "REQUIRE", "RESTRICT", "RETURN", 
    "REVOKE", "RIGHT", "RLIKE", "ROW", "ROWS", "ROW_NUMBER", "SCHEMA", "SCHEMAS", "SELECT", "SENSITIVE", "SEPARATOR", 
    "SET", "SHOW", "SMALLINT", "SPATIAL", "SPECIFIC", "SQL", "SQLEXCEPTION", "SQLSTATE", "SQLWARNING", "SQL_BIG_RESULT", 
    "SQL_CALC_FOUND_ROWS", "SQL_SMALL_RESULT", "STORED", "STRAIGHT_JOIN", "SYSTEM", "TABLE", "TERMINATED", "THEN", 
    "TINYBLOB", "TINYINT", "TINYTEXT", "TO", "TRAILING", "TRIGGER", "TRUE", "UNION", "UNIQUE", "UNLOCK", "UNSIGNED", 
    "UPDATE", "USAGE", "USE", "USING", "VALUES", "VARBINARY", "VARCHAR", "VARYING", "VIRTUAL", "WHEN", "WHERE", "WHILE", 
    "WINDOW", "WITH", "WRITE", "XOR", 
];

/// Built-in functions whose `(` must follow without a blank; with one they are names like any other.
#[rustfmt::skip]
const TIGHT: &[&str] = &[
    "ADDDATE", "BIT_AND", "BIT_OR", "BIT_XOR", "CAST", "COUNT", "CURDATE", "CURTIME", "DATE_ADD", "DATE_SUB", "EXTRACT", "GROUP_CONCAT",
    "JSON_ARRAYAGG", "JSON_OBJECTAGG", "MAX", "MID", "MIN", "NOW", "POSITION", "SESSION_USER", "STD", "STDDEV", "STDDEV_POP",
    "STDDEV_SAMP", "ST_COLLECT", "SUBDATE", "SUBSTR", "SUBSTRING", "SUM", "SYSDATE", "SYSTEM_USER", "TRIM", "VARIANCE", "VAR_POP",
    "VAR_SAMP",
];

/// True for a built-in function whose `(` must follow without a blank.
pub(super) fn is_tight(word: &str) -> bool {
    word.len() >= 3 && word.is_ascii() && TIGHT.binary_search_by(|tight| compare(tight, word)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_and_complete() {
        assert!(TIGHT.is_sorted() && RESERVED.is_sorted() && UNKNOWN_TO_SQLPARSER.is_sorted());
        assert_eq!(RESERVED.len() + UNKNOWN_TO_SQLPARSER.len(), 262);
    }

    #[test]
    fn words() {
        assert!(is_reserved(Keyword::SELECT, "select"));
        assert!(is_reserved(Keyword::NoKeyword, "utc_Date"));
        assert!(!is_reserved(Keyword::DATE, "date"));
        assert!(!is_reserved(Keyword::NoKeyword, "salary"));
    }
}
