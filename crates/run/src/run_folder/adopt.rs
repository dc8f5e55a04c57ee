//! Taking over the stages that another run has done.

use std::fs::File;
use std::path::Path;

use varflat_files::{FileError, FileSum, write_whole};

use super::opened::RunFolder;
use crate::artifacts::{Stage, names};
use crate::error::Result;

impl RunFolder {
    /// Take over the stages that another run has done with the same settings. Its files are linked, or copied where they cannot be:
    /// no file of a run is ever changed in place.
    ///
    /// # Errors
    /// [`Error::File`](crate::Error::File) if a file cannot be linked nor copied; [`Error::Viewed`](crate::Error::Viewed) if this
    /// folder was opened to be looked into.
    pub fn adopt(&self, source: &Self) -> Result<()> {
        let differences = self.experiment().differences(source.experiment());
        let Some(first) =
            [Stage::Fit, Stage::Flatness].into_iter().find(|stage| stage.leaves_earlier_stages(&differences))
        else {
            return Ok(());
        };
        if self.is_done(Stage::Train)? {
            return Ok(());
        }
        let shared = || Stage::ALL.into_iter().filter(move |stage| *stage < first);
        let training = self.writer()?.begin(Stage::Train)?;
        // Before any file: a folder in which a kill has left some is then known as a run's.
        training.note(|record| record.name.clone_from(&self.experiment().name))?;
        for name in shared().flat_map(Stage::results) {
            link(&source.checked(name)?, &self.file(name))?;
        }
        let mut record = source.record()?;
        record.stages.retain(|name, _| shared().any(|stage| stage.name() == name));
        record.config = Some(FileSum::of(&self.file(names::CONFIG))?);
        training.note(|new| *new = record)
    }
}

/// The same file at another place: a link, or a copy where there can be none.
fn link(from: &Path, to: &Path) -> Result<()> {
    // A link to a file that is kept elsewhere would lead nowhere from here.
    let from = from.canonicalize().map_err(FileError::reading(from))?;
    if std::fs::hard_link(&from, to).is_err() {
        let mut source = File::open(&from).map_err(FileError::reading(&from))?;
        write_whole(to, |copy| std::io::copy(&mut source, copy).map(drop))?;
    }
    Ok(())
}
