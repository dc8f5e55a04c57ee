//! What the run itself decides.

mod landscape;
mod phases;
mod spectrum;

use crate::part::Claim;

pub(super) const CLAIMS: &[Claim] = &[phases::CLAIM, spectrum::CLAIM, landscape::CLAIM];
