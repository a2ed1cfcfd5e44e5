//! Reading what servers and other tools print.

pub mod recording;
