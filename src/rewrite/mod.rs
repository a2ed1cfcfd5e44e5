//! Rewriting: one file a rule (spec 02).
