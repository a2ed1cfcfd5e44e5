//! The definitions in a script or dump, one by one.

use myexplain::catalog::ddl::{Definition, read_script};
use myexplain::parse::script;

/// What a statement of a schema file defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// CREATE DATABASE.
    Database,
    /// USE.
    Use,
    /// CREATE TABLE.
    Table,
    /// CREATE VIEW, FUNCTION, PROCEDURE, TRIGGER, EVENT.
    Program,
}

/// The CREATE and USE statements of a script; INSERT, SET, LOCK, comments around them are left out.
pub fn statements(text: &str) -> Vec<String> {
    let wanted = |sql: &str| {
        let bare = without_comments(sql);
        let first = bare.split(|c: char| !c.is_ascii_alphabetic()).find(|word| !word.is_empty()).unwrap_or("");
        first.eq_ignore_ascii_case("create") || first.eq_ignore_ascii_case("use")
    };
    script::read(text).into_iter().map(|statement| statement.sql.trim().to_owned()).filter(|sql| wanted(sql)).collect()
}

/// The CREATE and USE statements of a script as a script of their own.
pub fn definitions(text: &str) -> String {
    statements(text).iter().map(|statement| delimited(statement)).collect()
}

/// A statement with its delimiter; bodies of stored programs get one that they do not hold.
pub fn delimited(statement: &str) -> String {
    let whole = script::read(&format!("{statement};")).len() == 1;
    if whole { format!("{statement};\n\n") } else { format!("DELIMITER ;;\n{statement};;\nDELIMITER ;\n\n") }
}

/// Kind, schema if it is written, and name of what a statement defines; none if it cannot be read.
pub fn name_of(statement: &str) -> Option<(Kind, Option<String>, String)> {
    let text = format!("DELIMITER ;;\n{statement}");
    let (_, definition) = read_script(&text).ok()?.into_iter().next()?;
    Some(match definition {
        Definition::Database { name, .. } => (Kind::Database, None, name),
        Definition::Use(name) => (Kind::Use, None, name),
        Definition::Table(table) => (Kind::Table, table.schema, table.name),
        Definition::View(view) => (Kind::Program, view.schema, view.name),
        Definition::Routine(routine) => (Kind::Program, routine.schema, routine.name),
    })
}

/// The text behind the comments and the opening of a version comment in front of it.
fn without_comments(mut text: &str) -> &str {
    loop {
        text = text.trim_start();
        if let Some(rest) = text.strip_prefix("/*!") {
            text = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        } else if text.starts_with("/*") {
            text = text.find("*/").map_or("", |end| &text[end + 2..]);
        } else if text.starts_with("--") || text.starts_with('#') {
            text = text.find('\n').map_or("", |end| &text[end + 1..]);
        } else {
            return text;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_keeps_its_definitions() {
        let dump = "-- MySQL dump\n/*!40101 SET NAMES utf8mb4 */;\nUSE `shop`;\nDROP TABLE IF EXISTS `t`;\n/*!40101 SET @x = 1 */;\n\
                    CREATE TABLE `t` (\n  `a` int DEFAULT '1;2'\n);\nLOCK TABLES `t` WRITE;\nINSERT INTO `t` VALUES (1),(2);\n\
                    /*!50001 CREATE VIEW `v` AS SELECT 1 */;\nUNLOCK TABLES;\n";
        let kept = definitions(dump);
        assert_eq!(
            kept,
            "USE `shop`;\n\nCREATE TABLE `t` (\n  `a` int DEFAULT '1;2'\n);\n\n/*!50001 CREATE VIEW `v` AS SELECT 1 */;\n\n"
        );
        assert_eq!(name_of("CREATE TABLE `s`.`t` (a INT)"), Some((Kind::Table, Some("s".to_owned()), "t".to_owned())));
    }

    #[test]
    fn stored_programs_keep_their_bodies() {
        let text = "DELIMITER //\nCREATE FUNCTION f() RETURNS int DETERMINISTIC\nBEGIN\n  DECLARE a INT;\n  RETURN 1;\nEND//\nDELIMITER ;\n";
        let kept = definitions(text);
        assert!(kept.starts_with("DELIMITER ;;\nCREATE FUNCTION"), "{kept}");
        assert_eq!(statements(&kept), statements(text));
        assert_eq!(name_of(&statements(text)[0]).map(|(kind, _, name)| (kind, name)), Some((Kind::Program, "f".to_owned())));
    }
}
