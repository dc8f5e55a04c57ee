//! The tables of a finished study, in its own folder and on their way to a figure folder.

use std::path::Path;

use varflat_files::{read_bytes, read_json, write_whole};
use varflat_run::error::{Error, Remedy, Result};
use varflat_run::run_folder::{is_record, names};

use super::{Part, StudyRecord, Unfinished, check_apart, claim_new};

/// Refuse a folder in which the tables of a study would replace what is not a study's.
pub(crate) fn check_own(folder: &Path, part: &Part, force: bool) -> Result<()> {
    let report = folder.join(part.record);
    if folder.join(names::CONFIG).exists() {
        let problem = format!("is the folder of a run, and the study is called {:?}", name_of(folder));
        return Err(Error::malformed(folder, problem, Remedy::RenameStudy));
    }
    // The lock file stays where a study was begun; the report may be all that was copied from elsewhere.
    let begun = folder.join(names::LOCK).exists() || is_record(&report)?;
    let ours = force || (begun && (!report.exists() || is_record(&report)?));
    let mut files = part.tables.iter().map(|table| folder.join(table)).chain([report]);
    match files.find(|file| !ours && file.exists()) {
        None => Ok(()),
        Some(file) => {
            let problem = "was not written by this study and would be overwritten";
            Err(Error::malformed(&file, problem, Remedy::MoveAwayOrRename))
        }
    }
}

/// The folder of a study has its name.
fn name_of(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Copy the tables of a finished study into a figure folder.
///
/// # Errors
/// [`Error::File`] if one cannot be read or written.
pub(crate) fn copy_tables(folder: &Path, figures: &Path, part: &Part) -> Result<()> {
    check_apart(figures, folder)?;
    let record: StudyRecord<serde_json::Value> = read_json(&folder.join(part.record))?;
    let _claim = claim_new(figures)?;
    let unfinished = Unfinished::begin(figures, part)?;
    for name in part.tables.iter().chain([&part.record]) {
        let from = folder.join(name);
        let bytes = read_bytes(&from)?;
        let known = record.tables.get(*name);
        if let Some(difference) =
            known.and_then(|known| known.difference(&varflat_files::FileSum::of_bytes(&bytes)))
        {
            let problem = format!("is not the table that the study wrote ({difference})");
            return Err(Error::malformed(&from, problem, Remedy::RedoStudy));
        }
        write_whole(&figures.join(name), |file| std::io::Write::write_all(file, &bytes))?;
    }
    unfinished.end()
}
