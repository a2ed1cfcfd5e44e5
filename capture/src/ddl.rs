//! The definitions in a script or dump, without all else in it.

use myexplain::parse::script;

/// The CREATE and USE statements of a script, one after the other; INSERT, SET, LOCK, comments around them are left out.
pub fn definitions(script: &str) -> String {
    let mut out = String::new();
    for statement in script::read(script) {
        let text = statement.sql.trim();
        let bare = without_comments(text);
        let first =
            bare.split(|c: char| !c.is_ascii_alphabetic()).find(|word| !word.is_empty()).unwrap_or("").to_ascii_lowercase();
        if first == "create" || first == "use" {
            out.push_str(text);
            out.push_str(";\n\n");
        }
    }
    out
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
    #[test]
    fn a_dump_keeps_its_definitions() {
        let dump = "-- MySQL dump\n/*!40101 SET NAMES utf8mb4 */;\nUSE `shop`;\nDROP TABLE IF EXISTS `t`;\n/*!40101 SET @x = 1 */;\n\
                    CREATE TABLE `t` (\n  `a` int DEFAULT '1;2'\n);\nLOCK TABLES `t` WRITE;\nINSERT INTO `t` VALUES (1),(2);\n\
                    /*!50001 CREATE VIEW `v` AS SELECT 1 */;\nUNLOCK TABLES;\n";
        let kept = super::definitions(dump);
        assert_eq!(
            kept,
            "USE `shop`;\n\nCREATE TABLE `t` (\n  `a` int DEFAULT '1;2'\n);\n\n/*!50001 CREATE VIEW `v` AS SELECT 1 */;\n\n"
        );
    }
}
