//! `advise --indexes` and `advise --drop`.
use super::{Advise, Format, Written};
use crate::terminal::Terminal;
use crate::{Failure, Found};
use myexplain::Catalog;
pub(super) fn advise(_: &Catalog, _: &[Written], _: &Advise, _: Terminal) -> Result<Found, Failure> {
    Ok(Found::Nothing)
}
pub(super) fn drops(_: &Catalog, _: &[Written], _: &[String], _: Format) -> Result<Found, Failure> {
    Ok(Found::Nothing)
}
