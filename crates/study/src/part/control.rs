//! What later work says has to stand beside the claims: each control, what it found, and what that means.

use varflat_run::error::Result;

use super::number::Number;
use super::tables::Tables;

/// The numbers of a control, and what they mean.
pub(crate) type Outcome = (Vec<Number>, String);

/// A control beyond the paper.
pub(crate) struct Control {
    pub(crate) id: &'static str,
    pub(crate) question: &'static str,
    /// What is expected, and by whom.
    pub(crate) expected: &'static str,
    /// Its address, if it is a paper.
    pub(crate) link: &'static str,
    pub(crate) figures: &'static [&'static str],
    /// The numbers and what they mean; `None` if it was not measured.
    pub(crate) find: fn(&Tables) -> Result<Option<Outcome>>,
}
