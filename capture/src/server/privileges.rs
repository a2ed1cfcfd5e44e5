//! What a capture's user may need, tried before anything is captured.

use super::connection::{Server, ServerError};
use super::selection::{literal, name};

/// Something that the user may not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingPrivilege {
    /// The privilege, as GRANT has it.
    pub privilege: &'static str,
    /// What a bundle without it lacks.
    pub without: &'static str,
}

/// A statement that only those may run who have a privilege, and what a bundle lacks without it.
struct Probe {
    sql: &'static str,
    missing: MissingPrivilege,
}

const PROBES: [Probe; 5] = [
    Probe {
        sql: "SELECT 1 FROM information_schema.INNODB_TABLESTATS LIMIT 1",
        missing: MissingPrivilege {
            privilege: "PROCESS",
            without: "row counts are those of the last ANALYZE TABLE, what is in the buffer pool is guessed: costs may differ",
        },
    },
    Probe {
        sql: "SELECT 1 FROM mysql.innodb_table_stats LIMIT 1",
        missing: MissingPrivilege {
            privilege: "SELECT ON mysql.innodb_table_stats",
            without: "sizes of partitioned tables are unknown, and without PROCESS those of all tables",
        },
    },
    Probe {
        sql: "SELECT 1 FROM mysql.innodb_index_stats LIMIT 1",
        missing: MissingPrivilege {
            privilege: "SELECT ON mysql.innodb_index_stats",
            without: "pages of indexes are guessed, rows per key are rougher: costs differ",
        },
    },
    Probe {
        sql: "SELECT 1 FROM mysql.server_cost LIMIT 1",
        missing: MissingPrivilege {
            privilege: "SELECT ON mysql.server_cost",
            without: "MySQL's default cost constants are assumed",
        },
    },
    Probe {
        sql: "SELECT 1 FROM mysql.engine_cost LIMIT 1",
        missing: MissingPrivilege {
            privilege: "SELECT ON mysql.engine_cost",
            without: "MySQL's default cost constants are assumed",
        },
    },
];

impl Server {
    /// Tries what the user may read. Privileges on tables show later: a table that may not be read cannot be seen.
    ///
    /// # Errors
    /// A lost connection.
    pub fn missing_privileges(&mut self) -> Result<Vec<MissingPrivilege>, ServerError> {
        let mut missing = Vec::new();
        for probe in &PROBES {
            match self.rows(probe.sql) {
                Ok(_) => {}
                Err(error) if error.is_refusal() => missing.push(probe.missing.clone()),
                Err(error) => return Err(error),
            }
        }
        Ok(missing)
    }
}

/// A script for the administrator: a user who may capture and nothing else.
pub fn grants(user: &str, schemas: &[String]) -> String {
    let account = match user.rsplit_once('@') {
        Some((user, host)) => format!("{}@{}", literal(user), literal(host)),
        None => format!("{}@'%'", literal(user)),
    };
    let mut out = format!(
        "-- A user for 'myexplain capture', who may read definitions and statistics and change nothing. Run it as an administrator.\n\
         -- docs/capture.md tells what each privilege is for and what works without it.\n\
         CREATE USER IF NOT EXISTS {account} IDENTIFIED BY RANDOM PASSWORD\n  \
         WITH MAX_USER_CONNECTIONS 2;\n\n\
         -- Row counts and what is in the buffer pool, as the running server has them.\n\
         GRANT PROCESS ON *.* TO {account};\n\n\
         -- Statistics of tables and indexes, cost constants.\n"
    );
    for table in ["innodb_table_stats", "innodb_index_stats", "server_cost", "engine_cost"] {
        out.push_str(&format!("GRANT SELECT ON mysql.{table} TO {account};\n"));
    }
    out.push_str(&format!(
        "\n-- Definitions of stored functions.\nGRANT SHOW_ROUTINE ON *.* TO {account};\n\n\
         -- Definitions of tables, views and triggers, histograms. SELECT is also what EXPLAIN needs (--queries).\n"
    ));
    let all = [String::from("*")];
    for schema in if schemas.is_empty() { &all[..] } else { schemas } {
        let place = if schema == "*" { "*.*".to_owned() } else { format!("{}.*", name(&pattern(schema))) };
        out.push_str(&format!("GRANT SELECT, SHOW VIEW, TRIGGER ON {place} TO {account};\n"));
    }
    out
}

/// A schema's name or pattern as GRANT has it.
fn pattern(schema: &str) -> String {
    schema.replace('_', "\\_").replace('*', "%").replace('?', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_name_user_and_schemas() {
        let script = grants("cap@10.%", &["shop".into(), "crm_*".into()]);
        assert!(script.contains("GRANT PROCESS ON *.* TO 'cap'@'10.%';"), "{script}");
        assert!(script.contains("GRANT SELECT, SHOW VIEW, TRIGGER ON `shop`.* TO 'cap'@'10.%';"), "{script}");
        assert!(script.contains("ON `crm\\_%`.* TO"), "{script}");
        assert!(grants("o'brien", &[]).contains("ON *.* TO 'o''brien'@'%';"));
    }
}
