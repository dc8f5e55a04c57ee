//! The images of an experiment.

use std::path::Path;

use varflat_model::data::{Data, DataError, DataSource, Verify};

use super::Experiment;
use crate::error::{Error, Result};

impl Experiment {
    /// Where the images come from.
    ///
    /// # Errors
    /// Both or an unknown `set`.
    pub fn source(&self) -> Result<DataSource> {
        self.data.source(&self.name)
    }

    /// The images it learns, those of `data.samples` alone, and those it is tested with. A relative `data.folder` is seen from the
    /// working directory.
    ///
    /// # Errors
    /// What is wrong with the files, or fewer training images than `data.samples`.
    pub fn load(&self) -> Result<Data> {
        self.load_from(None)
    }

    /// The same; a relative `data.folder` that is not here may be where it was `before`.
    pub(crate) fn load_from(&self, before: Option<&Path>) -> Result<Data> {
        let mut source = self.source()?;
        if let (DataSource::Folder(folder), Some(before)) = (&source, before)
            && folder.is_relative()
            && !folder.is_dir()
        {
            source = DataSource::Folder(before.to_owned());
        }
        let mut data = source.load(Verify::Listed).map_err(|error| self.not_here(error))?;
        if let Some(samples) = self.data.samples {
            let there = data.train.samples();
            if samples > there {
                let problem = format!("data.samples = {samples}, but there are {there} training images");
                return Err(Error::Experiment { origin: self.name.clone(), problem });
            }
            data.train = data.train.first(samples)?;
        }
        data.check_classes()?;
        Ok(data)
    }

    /// From where a folder was looked for that is not there.
    fn not_here(&self, error: DataError) -> Error {
        match (&self.data.folder, std::env::current_dir()) {
            (Some(folder), Ok(here))
                if folder.is_relative() && matches!(error, DataError::MissingFolder { .. }) =>
            {
                Error::DataElsewhere { folder: folder.clone(), here }
            }
            _ => error.into(),
        }
    }
}
