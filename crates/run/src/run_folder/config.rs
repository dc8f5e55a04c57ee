//! `config.toml`: the experiment of a run folder.

use std::path::Path;

use varflat_files::{FileError, write_whole};

use super::foreign::{NO_RUN, check_no_sweep, check_no_tables, is_ours};
use crate::artifacts::names;
use crate::error::{Error, Remedy, Result};
use crate::experiment::Experiment;

/// The experiment of a run folder, if the folder holds a run.
pub(super) fn read_config(path: &Path, overrides: &[String]) -> Result<Experiment> {
    let config = path.join(names::CONFIG);
    if !config.exists() {
        check_no_sweep(path)?;
        check_no_tables(path)?;
        return Err(Error::malformed(path, "there is no run here (no config.toml)", Remedy::MakeRun));
    }
    // Errors of the file itself come with the remedy for a damaged run, those of overrides name the override.
    let problem = match Experiment::read(&config, &[]) {
        Ok(experiment) if overrides.is_empty() => return Ok(experiment),
        Ok(_) => return Experiment::read(&config, overrides),
        Err(Error::Experiment { problem, .. }) => problem,
        Err(Error::OtherKind { found, asked, .. }) => format!("this is {found}, not {asked}"),
        Err(error) => return Err(error),
    };
    match is_ours(path)? {
        true => Err(FileError::malformed(&config, problem).into()),
        false => Err(Error::malformed(&config, format!("{problem}; {NO_RUN}"), Remedy::RestoreOrMakeRun)),
    }
}

/// Write the experiment down.
pub(super) fn write_config(path: &Path, experiment: &Experiment) -> Result<()> {
    let file = path.join(names::CONFIG);
    let text = toml::to_string(experiment).map_err(|error| FileError::malformed(&file, error.to_string()))?;
    Ok(write_whole(&file, |out| std::io::Write::write_all(out, text.as_bytes()))?)
}
