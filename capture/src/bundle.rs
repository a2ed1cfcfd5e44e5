//! What is done with bundles that are there: looking into them, comparing, merging, shrinking, masking, growing.

pub mod diff;
pub mod grow;
pub mod info;
pub mod merge;
pub mod names;
pub mod redact;
pub mod shrink;
