//! Results that outlive an interruption.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use varflat_files::{read_json, write_json};
use varflat_run::error::Result;
use varflat_run::experiment::Experiment;

use super::settings::ForgettingStudy;
use crate::studies::context::StudyContext;

/// A result, and all that it depends on.
#[derive(Serialize, Deserialize)]
struct Cached<T> {
    study: ForgettingStudy,
    experiment: Experiment,
    seed: u64,
    strength: Option<f64>,
    found: T,
}

/// The result in the file of that name if it was made with the same settings, else that of `make`, which is cached there.
pub(super) fn or_make<T: Serialize + DeserializeOwned>(
    work: &StudyContext<'_>,
    (study, seed, strength): (&ForgettingStudy, u64, Option<f64>),
    name: &str,
    make: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let file = work.file(name);
    // One seed depends on no other.
    let study = ForgettingStudy { seeds: vec![seed], ..study.clone() };
    if let (false, Ok(cached)) = (work.force, read_json::<Cached<T>>(&file))
        && cached.study == study
        && cached.experiment == *work.base
        && cached.seed == seed
        && cached.strength == strength
    {
        return Ok(cached.found);
    }
    let cached = Cached { study, experiment: work.base.clone(), seed, strength, found: make()? };
    write_json(&file, &cached)?;
    Ok(cached.found)
}
