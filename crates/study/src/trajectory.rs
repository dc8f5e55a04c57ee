//! What stands beside the numbers of a trajectory of which nothing else is known: a file of any program, or a run without a fit.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use varflat_analysis::WindowSource;
use varflat_files::{FileError, FileSum, make_folder, read_json, remove, write_json};
use varflat_model::data::FileChecksum;
use varflat_run::artifacts::names;
use varflat_run::context::Context;
use varflat_run::error::{Error, Result};
use varflat_run::experiment::is_plain;
use varflat_run::recorded::RecordedWindow;
use varflat_run::run_folder::{self, RunFolder};
use varflat_run::versions;

use crate::part::{Build, Part, StudyRecord, check_own, copy_tables};
use crate::studies::context::Measure;
use crate::studies::surrogates::{PART, SurrogatesReport, Work};
use crate::study::{Study, StudyKind, SurrogatesStudy};

/// The seed where there is no experiment.
const SEED: u64 = 1;

/// A trajectory, and the folder beside it in which its surrogates are kept.
#[derive(Debug)]
pub struct TrajectoryControls {
    window: RecordedWindow,
    run: Option<RunFolder>,
    file: PathBuf,
    folder: PathBuf,
    name: String,
    of: String,
    settings: SurrogatesStudy,
}

type Record = StudyRecord<SurrogatesReport, Study>;

impl TrajectoryControls {
    /// Of a trajectory file, or of a folder that holds one, be it a run's or not. `change` may change what is asked of it.
    ///
    /// # Errors
    /// As [`RecordedWindow::open`]; [`Error::Experiment`] for a window that is too short, or needs more memory than there is.
    pub fn of(path: &Path, realisations: usize, change: impl FnOnce(&mut SurrogatesStudy)) -> Result<Self> {
        let window = RecordedWindow::open(path)?;
        let shape = (window.steps(), window.weights());
        let mut settings =
            SurrogatesStudy::suited(shape.1.min((shape.0 / 2).saturating_sub(1)), realisations);
        change(&mut settings);
        let refused = |problem: String| Error::Experiment { origin: path.display().to_string(), problem };
        settings.check_window(shape, None).and_then(|()| settings.check()).map_err(refused)?;
        let whole = path.canonicalize().map_err(FileError::reading(path))?;
        let (stem, file) = match path.is_dir() {
            true => (whole.file_name(), path.join(names::TRAJECTORY)),
            false => (whole.file_stem(), path.to_path_buf()),
        };
        let stem = stem.and_then(|stem| stem.to_str()).filter(|stem| is_plain(stem));
        let of = stem.unwrap_or("trajectory").to_owned();
        let name = format!("{of}-{}", PART.name);
        let beside = path.parent().filter(|_| path.file_name().is_some()).or_else(|| whole.parent());
        let folder = beside.unwrap_or(Path::new("")).join(&name);
        let run = if path.is_dir() { RunFolder::view(path).ok() } else { None };
        Ok(Self { window, run, file, folder, name, of, settings })
    }

    /// The folder of its tables.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What it leaves there.
    pub fn part(&self) -> &'static Part {
        &PART
    }

    /// Reads the window and all its surrogates, unless that is done, and says what was found.
    ///
    /// # Errors
    /// [`Error::Locked`] if another process is at work there, [`Error::Malformed`] if the folder holds what is not a study's, and whatever is
    /// met.
    pub fn complete(&self, context: &Context<'_>, force: bool) -> Result<()> {
        make_folder(&self.folder)?;
        let report = self.folder.join(PART.record);
        check_own(&self.folder, &PART, force)?;
        let lock = run_folder::lock_exclusive(&self.folder)?;
        if let Some(notice) = lock.take_notice() {
            context.warn(notice);
        }
        let sum = FileSum::of(&self.file)?;
        let file = self.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let data =
            BTreeMap::from([(self.of.clone(), vec![FileChecksum { file, sha256: sum.sha256.clone() }])]);
        if let (false, Ok(record)) = (force, read_json::<Record>(&report))
            && (&record.study, &record.data) == (&self.study(), &data)
            && PART.tables.iter().all(|table| self.folder.join(table).exists())
        {
            context.message("  already finished; nothing to compute\n");
            context.message(record.report);
            return Ok(());
        }
        let begun = Instant::now();
        remove(&report)?;
        let (folder, seed) =
            (self.folder.as_path(), self.run.as_ref().map_or(SEED, |run| run.experiment().seed));
        let work = Work { context, folder, force, advance: &|_| {}, source: sum.sha256, seed };
        let found = self.settings.measured(&self.window, self.run.as_ref(), &work)?;
        context.message(&found);
        let made = Build {
            versions: versions::versions(),
            git_commit: versions::git_commit(),
            seconds: begun.elapsed().as_secs_f64(),
        };
        let tables = FileSum::of_all(folder, PART.tables)?;
        let (study, runs) = (self.study(), BTreeMap::new());
        let record =
            Record { study, experiment: None, source: None, made, runs, data, tables, report: found };
        Ok(write_json(&report, &record)?)
    }

    /// Copy the tables into a figure folder.
    ///
    /// # Errors
    /// [`Error::File`] if one cannot be read or written.
    pub fn copy_tables(&self, figures: &Path) -> Result<()> {
        copy_tables(&self.folder, figures, &PART)
    }

    /// What was asked, as a study file says it.
    fn study(&self) -> Study {
        let (name, run) = (self.name.clone(), self.of.clone());
        Study { name, run, study: StudyKind::Surrogates(self.settings.clone()) }
    }
}
