//! Join order and access method: key uses, const tables, ref access, greedy search, semijoin strategies (spec 04, 05).

pub mod state;

pub use state::{
    Constness, IndexFacts, JoinState, JoinTable, KeyUse, MaterializationCosts, MaterializationPlan, MaterializedSemijoin,
    Position, SemijoinNest, SemijoinProgress, SemijoinStrategy,
};
