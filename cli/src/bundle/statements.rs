//! Statements that a bundle is made or shrunk for, from `-e` or files.

use crate::{Failure, session};
use clap::Args;
use myexplain::Catalog;
use myexplain::parse::script;
use myexplain_capture::workload::Statement;
use std::path::{Path, PathBuf};

/// A statement, or files of statements.
#[derive(Args, Debug)]
pub(super) struct Statements {
    /// A statement
    #[arg(short = 'e', long = "execute", value_name = "SQL")]
    sql: Option<String>,

    /// File of statements; may be repeated; `-` is stdin
    #[arg(long = "for", value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Statements {
    /// All statements, each with its settings.
    pub(super) fn read(&self) -> Result<Vec<Statement>, Failure> {
        let mut statements: Vec<Statement> = self.sql.iter().flat_map(|sql| of_text(sql, None)).collect();
        for file in &self.files {
            statements.extend(of_text(&session::read_text(file)?, Some(file)));
        }
        Ok(statements)
    }
}

fn of_text(text: &str, file: Option<&Path>) -> Vec<Statement> {
    let mut session: Vec<String> = Vec::new();
    let mut statements = Vec::new();
    for read in script::read(text) {
        let first = read.sql.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("").to_ascii_lowercase();
        if first == "set" || first == "use" {
            session.push(read.sql);
            continue;
        }
        let (before, own) = (session.clone(), read.sets);
        let name = file.map_or(read.name.clone(), |file| format!("{}:{} {}", file.display(), read.line, read.name));
        statements.push(Statement { name, sql: read.sql, settings: Box::new(move |catalog| apply(catalog, &before, &own)) });
    }
    statements
}

fn apply(catalog: &mut Catalog, session: &[String], own: &[String]) -> Result<(), String> {
    for sql in session {
        session::change(catalog, sql).map_err(|error| error.to_string())?;
    }
    session::assign(catalog, own).map_err(|error| error.to_string())
}
