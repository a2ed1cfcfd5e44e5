//! `myexplain bundle import`: a bundle from what the mysql client printed for the script of `capture --print-sql`.

use super::Output;
use crate::terminal::Terminal;
use crate::{Failure, Found};
use clap::Args;
use myexplain_capture::script;
use std::path::PathBuf;

/// Arguments of `bundle import`.
#[derive(Args, Debug)]
pub(crate) struct Import {
    /// What the client printed; `-` is stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    output: Output,
}

impl Import {
    pub(super) fn run(&self, terminal: Terminal) -> Result<Found, Failure> {
        self.output.check()?;
        let bytes = if self.file.as_os_str() == "-" {
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut std::io::stdin(), &mut bytes).map(|_| bytes)
        } else {
            std::fs::read(&self.file)
        };
        let bytes = bytes.map_err(|error| format!("cannot read {}: {error}", self.file.display()))?;
        let captured = script::import(&text(bytes)).map_err(|error| format!("{}: {error}", self.file.display()))?;
        self.output.write(&captured.files)?;
        for gap in &captured.gaps {
            terminal.remark(gap);
        }
        let tables = if captured.tables == 1 { "table" } else { "tables" };
        terminal.remark(&format!("{} {tables} imported", captured.tables));
        Ok(Found::Nothing)
    }
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
