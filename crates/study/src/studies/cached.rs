//! Results that outlive an interruption.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use varflat_files::{read_json, write_json};
use varflat_run::error::Result;
use varflat_run::experiment::Experiment;

use super::context::StudyContext;

/// A result, and all that it depends on.
#[derive(Serialize, Deserialize)]
struct Cached<K, T> {
    of: K,
    experiment: Experiment,
    found: T,
}

/// The result in the file of that name if it was made of the same, with the same experiment, else that of `make`, which is cached there.
pub(super) fn or_make<K, T>(
    work: &StudyContext<'_>,
    of: K,
    name: &str,
    make: impl FnOnce() -> Result<T>,
) -> Result<T>
where
    K: Serialize + DeserializeOwned + PartialEq,
    T: Serialize + DeserializeOwned,
{
    let file = work.file(name);
    if let (false, Ok(cached)) = (work.force, read_json::<Cached<K, T>>(&file))
        && cached.of == of
        && cached.experiment == *work.base
    {
        return Ok(cached.found);
    }
    let cached = Cached { of, experiment: work.base.clone(), found: make()? };
    write_json(&file, &cached)?;
    Ok(cached.found)
}

/// A result whose key says by itself what it was made of.
#[derive(Serialize, Deserialize)]
struct Kept<K, T> {
    of: K,
    found: T,
}

/// The result in the file if it was made of the same, and nothing is to be made by force; else that of `make`, which is kept there.
pub(super) fn kept<K, T>(file: &Path, force: bool, of: K, make: impl FnOnce() -> Result<T>) -> Result<T>
where
    K: Serialize + DeserializeOwned + PartialEq,
    T: Serialize + DeserializeOwned,
{
    if let (false, Ok(kept)) = (force, read_json::<Kept<K, T>>(file))
        && kept.of == of
    {
        return Ok(kept.found);
    }
    let kept = Kept { of, found: make()? };
    write_json(file, &kept)?;
    Ok(kept.found)
}
