//! The script's text, and what is made of outputs that are not as they should be. The tests against a live server run it.

use super::*;

fn short() -> String {
    let selection = Selection::new(&["shop".into()], &[]).unwrap();
    script(&ScriptOptions { selection, limit_seconds: 30, no_values: false, most_objects: 2 })
}

#[test]
fn statements_only_read() {
    for statement in myexplain::parse::script::read(&short()) {
        let first = statement.sql.split_whitespace().next().unwrap_or_default().to_uppercase();
        assert!(
            ["SET", "START", "SELECT", "SHOW", "PREPARE", "EXECUTE", "COMMIT"].contains(&first.as_str()),
            "{}",
            statement.sql
        );
    }
}

/// The least that a server says.
const OUTPUT: &str = "\
=== myexplain capture 1
=== ask server
9.7.4\t(Debian)\t2026-11-21
=== end 0
=== ask variables.tsv
version\t9.7.4
=== end 0
=== ask innodb_tablestats.tsv
=== end 1
=== ask objects
DATABASE\tshop\tshop\tSHOW CREATE DATABASE `shop`
TABLE\tshop\tt\tSHOW CREATE TABLE `shop`.`t`
=== end 0
=== room 2 2
=== show SHOW CREATE TABLE `shop`.`t`
t\tCREATE TABLE `t` (\\n  `a` int DEFAULT '1\\\\\\\\2'\\n)
=== show SHOW CREATE DATABASE `shop`
shop\tCREATE DATABASE `shop`
=== done
";

#[test]
fn the_least_output_is_a_bundle_with_gaps() {
    let captured = import(OUTPUT).unwrap();
    let expected = "CREATE DATABASE `shop`;\nUSE `shop`;\n\nCREATE TABLE `t` (\n  `a` int DEFAULT '1\\\\2'\n);\n";
    assert_eq!(captured.files.get("schema.sql"), Some(expected));
    assert_eq!(captured.files.get("variables.tsv"), Some("variable_name\tvalue\nversion\t9.7.4\n"));
    assert!(captured.files.get("innodb_tablestats.tsv").is_none());
    assert!(captured.gaps.iter().any(|gap| gap.contains("innodb_tablestats.tsv is missing (needs PROCESS)")));
    assert_eq!(captured.tables, 1);
    // Windows line ends, and the client's remarks in the same file.
    let mixed = format!("mysql: [Warning] x\n{OUTPUT}").replace('\n', "\r\n");
    assert_eq!(import(&mixed).unwrap().files, captured.files);
}

#[test]
fn wrong_outputs_say_what_to_do() {
    let message = |output: &str| import(output).unwrap_err().to_string();
    assert!(message("hello").contains("not the output of"));
    assert!(message(OUTPUT.strip_suffix("=== done\n").unwrap()).contains("breaks off"));
    assert!(message(&OUTPUT.replace("room 2 2", "room 2 7")).contains("--script-objects 7"));
    assert!(message(&OUTPUT.replace("=== ask server", "=== ask server\n=== ask server")).contains("--skip-column-names"));
    assert!(message(&OUTPUT.replace("version\t9.7.4", "version")).contains("--batch"));
    assert!(message(&OUTPUT.replace("9.7.4\t(Debian)", "11.4.2-MariaDB\tmariadb.org")).contains("MariaDB"));
}
