//! `bundle.json`: what a bundle is, who made it, when.

use serde::{Deserialize, Serialize};

/// Format of bundles that this release writes. A newer one is read too: what is not known in it is left out, and said so.
pub const FORMAT: u32 = 1;

/// Name of the file.
pub const ABOUT_FILE: &str = "bundle.json";

/// Files that a bundle of this format may have.
pub const KNOWN_FILES: &[&str] = &[
    ABOUT_FILE,
    "schema.sql",
    "tables.tsv",
    "partitions.tsv",
    "statistics.tsv",
    "innodb_table_stats.tsv",
    "innodb_index_stats.tsv",
    "innodb_tablestats.tsv",
    "innodb_cached_indexes.tsv",
    "column_statistics.jsonl",
    "server_cost.tsv",
    "engine_cost.tsv",
    "variables.tsv",
    "dives.jsonl",
    "rows.jsonl",
    "subqueries.jsonl",
];

/// The content of `bundle.json`. A bundle without that file is one of format 1 about whose making nothing is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct About {
    /// Format of the files.
    #[serde(default = "first_format")]
    pub format: u32,
    /// Program that made it, with its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
    /// Version of the server that it describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_version: Option<String>,
    /// When it was captured: UTC, `2026-11-21T18:00:00Z`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured_at: Option<String>,
    /// What in it is not measured but guessed or changed, one sentence each. Planning with it rests on these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guesses: Vec<String>,
    /// Remarks for people: what was left out or masked, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

fn first_format() -> u32 {
    1
}

impl About {
    /// A bundle of the present format.
    pub fn new(made_by: &str) -> About {
        About { format: FORMAT, made_by: Some(made_by.to_owned()), ..About::default() }
    }

    /// Reads the text of the file.
    pub fn read(text: &str) -> Result<About, (usize, String)> {
        serde_json::from_str(text).map_err(|error| (error.line(), error.to_string()))
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}
