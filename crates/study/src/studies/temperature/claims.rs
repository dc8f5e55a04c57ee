//! What the noise decides.

mod mini_batches;
mod noise;

use crate::part::Claim;

pub(super) const CLAIMS: &[Claim] = &[noise::CLAIM, mini_batches::CLAIM];
