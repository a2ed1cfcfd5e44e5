//! Definitions as SHOW CREATE prints them and as people write them.

use super::{Definition, build_table, read_script};
use crate::catalog::{CollationId, Table};

fn table(sql: &str) -> Table {
    let script = read_script(sql).unwrap();
    let Some((_, Definition::Table(definition))) = script.into_iter().next() else { panic!("no table in {sql}") };
    let utf8mb4 = CollationId::UTF8MB4_0900_AI_CI;
    build_table(&definition, &"test".into(), utf8mb4, utf8mb4).unwrap()
}

fn index_names(table: &Table) -> Vec<&str> {
    table.indexes.iter().map(|index| &*index.name).collect()
}

#[test]
fn indexes_are_sorted_as_the_server_does() {
    let made = table(
        "CREATE TABLE t (a INT, b INT NOT NULL, c INT NOT NULL, v VARCHAR(20), f TEXT, g INT AS (a+1) VIRTUAL, h VARCHAR(9) NOT NULL,
         KEY k1(a), UNIQUE u1(a), UNIQUE u2(b), KEY k2(b,c), UNIQUE u3(h(5)), UNIQUE u4(c,v), KEY kg(g), KEY k3(c),
         FULLTEXT ft(f), PRIMARY KEY(c,b))",
    );
    assert_eq!(index_names(&made), ["PRIMARY", "u2", "u3", "u1", "u4", "k1", "k2", "k3", "kg", "ft"]);
    assert_eq!((made.primary, made.clustered), (Some(0), Some(0)));
}

#[test]
fn lengths_of_worked_examples_e14() {
    let made = table("CREATE TABLE r6 (a INT, b CHAR(3), gv INT AS (a+1) VIRTUAL, KEY((a+2)))");
    assert_eq!(made.record_length(), 29);
    assert_eq!(made.record_buffer_bytes(), 32);
    let made = table(
        "CREATE TABLE r5 (a INT, b VARCHAR(10), c VARCHAR(300), t TEXT, j JSON, x BIT(9), dt DATETIME(3), e ENUM('a','b'))",
    );
    assert_eq!((made.record_length(), made.record_buffer_bytes()), (1280, 1288));
    let seven = "CREATE TABLE t (a INT, b INT, c INT, d INT, e INT, f INT, g INT, h SMALLINT)";
    assert_eq!(table(seven).record_buffer_bytes(), 40);
    assert_eq!(table(&format!("{seven} ROW_FORMAT=DYNAMIC")).record_buffer_bytes(), 32);
}

#[test]
fn shortest_records_of_worked_examples() {
    let big = table(
        "CREATE TABLE big (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(20), c DECIMAL(10,2) NOT NULL,
         d DATETIME(3), e INT NOT NULL, u INT NOT NULL, KEY ka(a), KEY kba(b,a), KEY ke(e), UNIQUE KEY uu(u))",
    );
    assert_eq!(big.min_record_bytes(), 48);
    assert_eq!(index_names(&big), ["PRIMARY", "uu", "ka", "kba", "ke"]);
    assert_eq!(big.indexes[2].key_length(), 5);
    assert_eq!(big.record_buffer_bytes(), 112);
    let full_text = table("CREATE TABLE ftt (id INT PRIMARY KEY, v VARCHAR(100), FULLTEXT(v))");
    assert_eq!(full_text.min_record_bytes(), 33);
    let mr = table(
        "CREATE TABLE mr (id BIGINT PRIMARY KEY, c10 CHAR(10), v40 VARCHAR(40), v20 VARCHAR(20) NOT NULL, t TEXT, j JSON,
         d DECIMAL(20,4), cl CHAR(5) CHARACTER SET latin1, vb VARBINARY(200), en ENUM('a','b'), b BIT(12) NOT NULL,
         gv INT AS (1) VIRTUAL, gs INT AS (2) STORED, KEY(v20))",
    );
    assert_eq!(mr.min_record_bytes(), 58);
}

#[test]
fn functional_parts() {
    let made = table(
        "CREATE TABLE `t` (
  `a` int DEFAULT NULL,
  `vc` varchar(10) DEFAULT NULL,
  `d` date DEFAULT NULL,
  `js` json DEFAULT NULL,
  KEY `f1` (((`a` * 2))),
  KEY `f2` ((lower(`vc`)) DESC,`d`),
  KEY `f3` ((cast(json_extract(`js`,_utf8mb4'$[*]') as unsigned array))),
  KEY `f4` ((concat(`vc`,_utf8mb4'x'))),
  KEY `f5` ((cast(`a` as char(10) charset utf8mb4))),
  KEY `f6` ((month(`d`)))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci",
    );
    let lengths: Vec<u32> = made.indexes.iter().map(|index| index.parts[0].store_length).collect();
    assert_eq!(lengths, [9, 43, 9, 47, 43, 5]);
    assert!(made.indexes[2].multi_valued && made.indexes[1].parts[0].descending);
    assert!(made.column_by_name("!hidden!f1!0!0").is_none());
}

#[test]
fn everything_that_show_create_prints() {
    let made = table(
        "CREATE TABLE `x` (
  `id` bigint unsigned NOT NULL AUTO_INCREMENT COMMENT 'it''s, (a) \\\\ comment',
  `w` int(10) unsigned zerofill DEFAULT '0000000005',
  `e` enum('a','b''c') CHARACTER SET latin1 COLLATE latin1_bin NOT NULL DEFAULT 'a',
  `s` set('x','y') DEFAULT NULL,
  `dt` datetime(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
  `ts` timestamp NULL DEFAULT NULL,
  `b` bit(3) DEFAULT b'101',
  `p` point NOT NULL /*!80003 SRID 4326 */,
  `gen` varchar(20) GENERATED ALWAYS AS (concat(`s`,_utf8mb4')')) VIRTUAL,
  `dx` int DEFAULT ((1 + 2)),
  `hidden` int DEFAULT NULL /*!80023 INVISIBLE */,
  PRIMARY KEY (`id`),
  UNIQUE KEY `u` (`e`,`w`) USING BTREE,
  KEY `pre` (`gen`(5)) COMMENT 'c' /*!80000 INVISIBLE */,
  SPATIAL KEY `sp` (`p`),
  CONSTRAINT `fk` FOREIGN KEY (`w`, `dx`) REFERENCES `db`.`t` (`x`, `y`) ON DELETE SET NULL ON UPDATE NO ACTION,
  CONSTRAINT `chk` CHECK ((`w` > 0)) /*!80016 NOT ENFORCED */
) /*!50100 TABLESPACE `innodb_system` */ ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin \
STATS_PERSISTENT=0 ROW_FORMAT=COMPACT COMMENT='x;y' DATA DIRECTORY='/tmp'",
    );
    assert_eq!(index_names(&made), ["PRIMARY", "u", "sp", "fk", "pre"]);
    assert_eq!(made.collation, CollationId::UTF8MB4_BIN);
    assert!(!made.indexes[4].visible && made.indexes[4].parts[0].prefix_chars == Some(5));
    assert_eq!(made.indexes[2].key_length(), 34);
    assert_eq!(made.columns[2].ty.members().collect::<Vec<_>>(), ["a", "b'c"]);
    assert!(!made.columns[10].visible && made.columns[4].ty.decimals == 3);
    assert_eq!(made.columns[3].ty.collation, CollationId::UTF8MB4_BIN);
}

#[test]
fn partitions() {
    let made = table(
        "CREATE TABLE `t` (`a` int DEFAULT NULL, `b` date DEFAULT NULL) ENGINE=InnoDB
/*!50100 PARTITION BY RANGE (year(`b`))
SUBPARTITION BY HASH (to_days(`b`))
(PARTITION p0 VALUES LESS THAN (1990)
 (SUBPARTITION s0 ENGINE = InnoDB,
  SUBPARTITION s1 COMMENT = 'sub' ENGINE = InnoDB),
 PARTITION pm VALUES LESS THAN MAXVALUE
 (SUBPARTITION s2 DATA DIRECTORY = '/x' ENGINE = InnoDB,
  SUBPARTITION s3 ENGINE = InnoDB)) */",
    );
    let partitioning = made.partitioning.unwrap();
    assert_eq!(partitioning.partitions[0].description.as_deref(), Some("1990"));
    assert_eq!(partitioning.partitions[1].description.as_deref(), Some("MAXVALUE"));
    assert_eq!(&*partitioning.partitions[1].subpartitions[1], "s3");
    let key = table(
        "CREATE TABLE t (a int, b int, PRIMARY KEY (a))
/*!50100 PARTITION BY LINEAR KEY */ /*!50611 ALGORITHM = 1 */ /*!50100 (a)
PARTITIONS 3 */",
    );
    assert_eq!(key.partitioning.unwrap().partitions.len(), 3);
    let list = table(
        "CREATE TABLE t (a int, b char(1))
/*!50500 PARTITION BY LIST  COLUMNS(a,b)
(PARTITION p0 VALUES IN ((1,'x'),(2,NULL)) ENGINE = InnoDB) */",
    );
    let list = list.partitioning.unwrap();
    assert_eq!((list.partitions[0].description.as_deref(), list.columns.len()), (Some("(1,'x'),(2,NULL)"), 2));
}
