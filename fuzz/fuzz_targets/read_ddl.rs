//! Any text as the schema file of a bundle: a catalog or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use myexplain::catalog::bundle::{self, Files};
use myexplain::error::InputError;
use std::borrow::Cow;
use std::path::PathBuf;

struct OnlySchema<'a>(&'a str);

impl Files for OnlySchema<'_> {
    fn read(&self, name: &str) -> Result<Option<Cow<'_, str>>, InputError> {
        Ok((name == "schema.sql").then_some(Cow::Borrowed(self.0)))
    }
    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(name)
    }
}

fuzz_target!(|text: &str| {
    let _ = bundle::load_files(&OnlySchema(text));
});
