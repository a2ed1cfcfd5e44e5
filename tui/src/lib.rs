//! The terminal explorer: browse a plan, ask why, try what if.

pub mod model;
