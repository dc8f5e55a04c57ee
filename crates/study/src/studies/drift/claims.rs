//! What drift and diffusion decide.

mod alignment;
mod drift;

use crate::part::Claim;

pub(super) const CLAIMS: &[Claim] = &[drift::CLAIM, alignment::CLAIM];
