//! Dumps that are not as most are. The tests of the command have a whole one as the server's client wrote it.

use super::*;

fn one(text: &str) -> Result<Captured, DumpError> {
    import(&[("d.sql".to_owned(), text.to_owned())])
}

const HEAD: &str = "-- MySQL dump 10.13  Distrib 8.0.39, for Linux (x86_64)\n--\n-- Host: db    Database: shop\n-- ----\n\
                    -- Server version\t8.0.39\n\n";

const TABLE: &str = "CREATE TABLE `t` (`a` int NOT NULL, PRIMARY KEY (`a`));\n";

const STATISTICS: &str = "INSERT INTO `innodb_table_stats` VALUES ('shop','t','2026-01-02 03:04:05',70,3,0),\
                          ('other','t','2026-01-02 03:04:05',1,1,0);\n";

#[test]
fn several_dumps_in_one_file_are_told_apart() {
    let mysql = HEAD.replace("Database: shop", "Database: mysql");
    let own = "CREATE TABLE `innodb_table_stats` (`database_name` varchar(64) NOT NULL);\n";
    let captured = one(&format!("{mysql}{own}{STATISTICS}{HEAD}{TABLE}")).unwrap();
    assert_eq!(captured.tables, 1);
    assert_eq!(
        captured.files.get("schema.sql"),
        Some("USE `shop`;\n\nCREATE TABLE `t` (`a` int NOT NULL, PRIMARY KEY (`a`));\n\n")
    );
    let expected = "database_name\ttable_name\tn_rows\tclustered_index_size\tsum_of_other_index_sizes\tlast_update\n\
                    shop\tt\t70\t3\t0\t2026-01-02 03:04:05\n";
    assert_eq!(captured.files.get("innodb_table_stats.tsv"), Some(expected));
    assert_eq!(captured.files.about().unwrap().server_version.as_deref(), Some("8.0.39"));
    assert!(captured.gaps.iter().any(|gap| gap.starts_with("innodb_index_stats.tsv is missing (dump mysql.innodb_index_stats")));
}

#[test]
fn triggers_and_views_keep_their_last_definition() {
    let programs = "/*!50001 CREATE VIEW `v` AS SELECT \n 1 AS `a`*/;\n\
                    DELIMITER ;;\n/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER `g` BEFORE INSERT ON `t` \
                    FOR EACH ROW BEGIN SET NEW.a = 1; END */;;\nDELIMITER ;\n\
                    /*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=`r`@`h` SQL SECURITY DEFINER */\n\
                    /*!50001 VIEW `v` AS select `t`.`a` AS `a` from `t` */;\n";
    let captured = one(&format!("{HEAD}{TABLE}{programs}")).unwrap();
    let schema = captured.files.get("schema.sql").unwrap();
    assert!(schema.contains("TRIGGER `g`") && !schema.contains("1 AS `a`") && schema.contains("from `t`"), "{schema}");
    let catalog = myexplain::catalog::bundle::load_files(&captured.files).unwrap();
    assert!(catalog.schemas["shop"].views["v"].definition.contains("`t`.`a`"));
}

#[test]
fn a_dump_without_comments_is_of_the_schema_that_has_statistics() {
    let histogram = "/*!80002 ANALYZE TABLE `t` UPDATE HISTOGRAM ON `a`,`b` WITH 8 BUCKETS */;\n";
    let own = STATISTICS.replace("('other'", "('mysql'");
    let captured = one(&format!("{TABLE}{histogram}{own}")).unwrap();
    assert!(captured.gaps.contains(&"the dump does not name the schema of its tables: taken to be 'shop'".to_owned()));
    assert!(captured.gaps.iter().any(|gap| gap.contains("the server has some on shop.t.a, shop.t.b:")));
    let message = one(&format!("{TABLE}{STATISTICS}")).unwrap_err().to_string();
    assert!(message.contains("--databases"), "{message}");
}

#[test]
fn what_makes_no_bundle_is_refused() {
    let message = |text: &str| one(text).unwrap_err().to_string();
    assert!(message(STATISTICS).contains("no CREATE TABLE"));
    assert!(message(&HEAD.replace("8.0.39\n\n", "10.11.6-MariaDB\n\n")).contains("MariaDB"));
    assert!(message(&HEAD.replace("version\t8.0.39", "version\t5.7.44")).contains("MySQL 8.0 and later"));
    let short = message(&format!("{HEAD}{TABLE}INSERT INTO mysql.innodb_table_stats VALUES ('shop','t',70);\n"));
    assert_eq!(short, "d.sql:8: 3 values for 6 columns of 'innodb_table_stats'");
    assert!(is_dump(STATISTICS) && is_dump(TABLE) && is_dump(HEAD) && !is_dump("hello\tworld\n"));
}
