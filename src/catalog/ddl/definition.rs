//! From a [`Table`] back to its definition, so that it can be changed and built anew.

use super::{
    ColumnDefinition, KeyDefinition, KeyType, PartDefinition, PartitionClause, PartitionItem, TableDefinition, TableOptions,
    TypeDefinition,
};
use crate::catalog::collation;
use crate::catalog::schema::{
    Column, ColumnNo, Engine, Index, IndexKind, KeyPart, PartitionMethod, Partitioning, RowFormat, Table,
};
use crate::catalog::types::{CollationId, DataType, NOT_FIXED_DECIMALS, TypeKind};

/// The definition that [`super::build_table`] makes the same table of.
pub fn definition_of(table: &Table) -> TableDefinition {
    TableDefinition {
        schema: Some(table.schema.to_string()),
        name: table.name.to_string(),
        columns: table.columns.iter().filter(|column| !column.functional).map(column).collect(),
        keys: table.indexes.iter().map(|index| key(table, index)).collect(),
        foreign_keys: Vec::new(),
        options: options(table),
        partitioning: table.partitioning.as_ref().map(|partitioning| partition_clause(table, partitioning)),
    }
}

fn column(column: &Column) -> ColumnDefinition {
    ColumnDefinition {
        name: column.name.to_string(),
        ty: type_definition(&column.ty),
        nullable: Some(column.nullable),
        auto_increment: column.auto_increment,
        invisible: !column.visible,
        default: column.default.as_deref().map(str::to_owned),
        generated: column.generated.as_ref().map(|generated| (generated.expression.to_string(), !generated.is_virtual)),
        primary: false,
        unique: false,
    }
}

fn type_definition(ty: &DataType) -> TypeDefinition {
    use TypeKind::*;
    let fraction = || (ty.decimals > 0).then_some(u32::from(ty.decimals));
    let (length, decimals) = match ty.kind {
        Decimal => (Some(ty.length), Some(u32::from(ty.decimals))),
        Float | Double if ty.decimals != NOT_FIXED_DECIMALS => (Some(ty.length), Some(u32::from(ty.decimals))),
        TinyInt | SmallInt | MediumInt | Int | BigInt | Bit | Char | VarChar => (Some(ty.length), None),
        Time | DateTime | Timestamp => (fraction(), None),
        _ => (None, None),
    };
    let is_text = matches!(ty.kind, Char | VarChar | TinyBlob | Blob | MediumBlob | LongBlob | Enum | Set);
    let bytes = is_text && ty.collation == CollationId::BINARY;
    TypeDefinition {
        kind: ty.kind,
        length,
        decimals,
        unsigned: ty.unsigned,
        zerofill: ty.zerofill,
        members: ty.members().map(str::to_owned).collect(),
        bytes,
        charset: None,
        collation: (is_text && !bytes).then(|| collation::info(ty.collation).name.to_string()),
    }
}

fn key(table: &Table, index: &Index) -> KeyDefinition {
    let key_type = match index.kind {
        IndexKind::FullText => KeyType::FullText,
        IndexKind::Spatial => KeyType::Spatial,
        _ if &*index.name == "PRIMARY" => KeyType::Primary,
        _ if index.unique => KeyType::Unique,
        _ => KeyType::Plain,
    };
    KeyDefinition {
        key_type,
        name: Some(index.name.to_string()),
        parts: index.parts[..index.user_parts].iter().map(|part| key_part(table, part)).collect(),
        method: Some(index.kind).filter(|kind| matches!(kind, IndexKind::BTree | IndexKind::Hash)),
        invisible: !index.visible,
        parser: index.parser.as_deref().map(str::to_owned),
    }
}

fn key_part(table: &Table, part: &KeyPart) -> PartDefinition {
    let column = &table.columns[part.column as usize];
    let expression = column.generated.as_ref().filter(|_| column.functional).map(|generated| generated.expression.to_string());
    PartDefinition {
        column: expression.is_none().then(|| column.name.to_string()),
        expression,
        prefix: part.prefix_chars,
        descending: part.descending,
    }
}

fn options(table: &Table) -> TableOptions {
    let engine = match table.engine {
        Engine::InnoDb | Engine::TempTable => "InnoDB",
        Engine::MyIsam => "MyISAM",
        Engine::Memory => "MEMORY",
        Engine::Other => "other",
    };
    let row_format = table.row_format.map(|format| match format {
        RowFormat::Dynamic => "DYNAMIC",
        RowFormat::Compact => "COMPACT",
        RowFormat::Redundant => "REDUNDANT",
        RowFormat::Compressed => "COMPRESSED",
        RowFormat::Fixed => "FIXED",
        RowFormat::Default => "DEFAULT",
    });
    TableOptions {
        engine: Some(engine.to_owned()),
        charset: None,
        collation: Some(collation::info(table.collation).name.to_string()),
        row_format: row_format.map(str::to_owned),
        key_block_size: (table.page_bytes != 16384).then_some(table.page_bytes / 1024),
        secondary_engine: table.secondary_engine.as_deref().map(str::to_owned),
    }
}

fn partition_clause(table: &Table, partitioning: &Partitioning) -> PartitionClause {
    let names = |columns: &[ColumnNo]| {
        let named = |no: &ColumnNo| table.columns.get(*no as usize).map(|column| column.name.to_string());
        columns.iter().filter_map(named).collect()
    };
    let clause = |method: PartitionMethod, expression: &str, columns: &[ColumnNo]| PartitionClause {
        method,
        expression: expression.to_owned(),
        columns: names(columns),
        sub: None,
        count: None,
        partitions: Vec::new(),
    };
    let mut whole = clause(partitioning.method, &partitioning.expression, &partitioning.columns);
    whole.sub = partitioning.sub.as_ref().map(|sub| Box::new(clause(sub.method, &sub.expression, &sub.columns)));
    whole.partitions = partitioning
        .partitions
        .iter()
        .map(|partition| PartitionItem {
            name: partition.name.to_string(),
            description: partition.description.as_deref().map(str::to_owned),
            subpartitions: partition.subpartitions.iter().map(|name| name.to_string()).collect(),
        })
        .collect();
    whole
}

#[cfg(test)]
mod tests {
    use super::super::{Definition, build_table, read_script};
    use super::*;
    use std::sync::Arc;

    fn built(sql: &str) -> Table {
        let Definition::Table(definition) = read_script(sql).unwrap().remove(0).1 else { panic!("a table") };
        build_table(&definition, &Arc::from("db"), CollationId::UTF8MB4_0900_AI_CI, CollationId::UTF8MB4_0900_AI_CI).unwrap()
    }

    fn rebuilt(table: &Table) -> Table {
        let default = CollationId::LATIN1_SWEDISH_CI;
        build_table(&definition_of(table), &table.schema, default, CollationId::UTF8MB4_0900_AI_CI).unwrap()
    }

    #[test]
    fn a_table_built_anew_is_the_same() {
        let table = built(
            "CREATE TABLE t (a INT UNSIGNED NOT NULL, b VARCHAR(20) COLLATE utf8mb4_bin, c DECIMAL(8,3) ZEROFILL, d DATETIME(3), \
             e ENUM('x','y'), f FLOAT, g DOUBLE(9,2), h TEXT CHARACTER SET latin1, i VARBINARY(9), j JSON, k BIT(9), l TIMESTAMP NULL, \
             m INT GENERATED ALWAYS AS (a + 1) VIRTUAL, n CHAR(3) INVISIBLE, \
             PRIMARY KEY (a, l), UNIQUE KEY u (b(5), a), KEY p (c DESC, d) INVISIBLE, KEY x ((a * 2), b), FULLTEXT KEY ft (h)) \
             ENGINE=InnoDB ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8 DEFAULT CHARSET=latin1 \
             PARTITION BY RANGE (a) SUBPARTITION BY HASH (a) SUBPARTITIONS 2 \
             (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE)",
        );
        assert_eq!(format!("{:?}", rebuilt(&table)), format!("{table:?}"));
    }

    #[test]
    fn the_sample_tables_are_the_same() {
        let catalog = crate::Catalog::sample();
        let tables = catalog.schemas.values().flat_map(|schema| schema.tables.values());
        let mut count = 0;
        for table in tables {
            assert_eq!(format!("{:?}", rebuilt(table)), format!("{table:?}"));
            count += 1;
        }
        assert!(count > 5);
    }
}
