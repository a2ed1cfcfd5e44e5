//! `myexplain bundle import`: a bundle from what the mysql client printed for the script of `capture --print-sql`, or from dumps.

use super::Output;
use crate::terminal::Terminal;
use crate::{Failure, Found};
use clap::Args;
use myexplain_capture::server::Captured;
use myexplain_capture::{dump, script};
use std::path::{Path, PathBuf};

/// Arguments of `bundle import`.
#[derive(Args, Debug)]
pub(crate) struct Import {
    /// What the client printed for the script, or dumps: 'mysqldump --no-data --routines SCHEMA' and
    /// 'mysqldump mysql innodb_table_stats innodb_index_stats', in one file or several; `-` is stdin
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    #[command(flatten)]
    output: Output,
}

impl Import {
    pub(super) fn run(&self, terminal: Terminal) -> Result<Found, Failure> {
        self.output.check()?;
        let mut texts = Vec::new();
        for file in &self.files {
            texts.push((file.display().to_string(), read(file)?));
        }
        let captured = captured(&texts)?;
        super::load(&captured.files)?;
        self.output.write(&captured.files)?;
        for gap in &captured.gaps {
            terminal.remark(gap);
        }
        let tables = if captured.tables == 1 { "table" } else { "tables" };
        terminal.remark(&format!("{} {tables} imported", captured.tables));
        Ok(Found::Nothing)
    }
}

fn captured(texts: &[(String, String)]) -> Result<Captured, Failure> {
    match texts {
        [(name, text)] if script::is_output(text) || !dump::is_dump(text) => {
            script::import(text).map_err(|error| format!("{name}: {error}").into())
        }
        several => match several.iter().find(|(_, text)| script::is_output(text)) {
            Some((name, _)) => {
                Err(format!("{name}: the output of the script makes a bundle alone; give dumps without it").into())
            }
            None => dump::import(several).map_err(|error| error.to_string().into()),
        },
    }
}

fn read(file: &Path) -> Result<String, Failure> {
    let bytes = if file.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin(), &mut bytes).map(|_| bytes)
    } else {
        std::fs::read(file)
    };
    Ok(text(bytes.map_err(|error| format!("cannot read {}: {error}", file.display()))?))
}

/// The text of a file. PowerShell writes what is redirected as UTF-16.
fn text(bytes: Vec<u8>) -> String {
    if let Some(rest) = bytes.strip_prefix(&[0xff, 0xfe]) {
        let units: Vec<u16> = rest.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        return String::from_utf16_lossy(&units);
    }
    let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).map(<[u8]>::to_vec).unwrap_or(bytes);
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
