//! The stages of a run: each reads files of the run folder and writes others.

mod around;
mod fit;
mod flatness;
mod langevin;
mod partial;
mod pca;
#[cfg(feature = "train")]
mod recording;
mod results;
mod subspace;
#[cfg(feature = "train")]
mod timing;
#[cfg(feature = "train")]
mod train;
mod trained;

use varflat_model::data::Data;
use varflat_model::device::Backend;

use crate::context::Context;
use crate::error::{Error, Remedy, Result};
use crate::run_folder::{RunFolder, Stage, StageWriter};
use crate::versions;

pub use crate::contents::{FitReport, FlatnessRow, ProfileTable, Profiles};
pub(crate) use around::on_host;
pub use fit::{Uncertainty, fitted, psi, read_components};
pub use flatness::{read_l0, read_rows_along, rows_of, search, selected_components};
pub use langevin::unfinished as unfinished_walk;
pub use partial::rows as finished_rows;
pub use pca::{check_weights, decomposed, read_variance};
pub use results::RunResults;
pub use subspace::Subspace;
#[cfg(feature = "train")]
pub use timing::training_cost;
pub use trained::{centre, centre_weights};

/// Wall time of the parts of a training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainingCost {
    /// Seconds a step, recording included.
    pub step: f64,
    /// Seconds for the loss and error on the full sets, at every epoch's end.
    pub epoch_end: f64,
    /// Steps in an epoch.
    pub steps_per_epoch: u64,
    /// The images it learns.
    pub images: crate::memory::Images,
}

/// Do one stage, whatever it finds of its own earlier results; the stages that follow from it are forgotten.
///
/// An unfinished training or flatness measurement continues where it stopped.
///
/// # Errors
/// [`Error::StageMissing`] if an earlier stage is not done, and what the stage itself can meet.
pub fn perform(run: &RunFolder, stage: Stage, context: &Context<'_>) -> Result<()> {
    let run = &run.writer()?;
    if let Some(notice) = run.take_notice() {
        context.warn(notice);
    }
    if let Some(before) = Stage::ALL.into_iter().rfind(|before| *before < stage) {
        run.require(before)?;
        run.remove_partial(before)?;
    }
    if stage == Stage::Fit {
        let cuts = run.experiment().cuts(read_variance(run)?.0.len());
        cuts.iter().for_each(|cut| context.message(format_args!("{:>9}: {cut}\n", stage.name())));
    }
    let seconds = match stage {
        Stage::Train => match &run.experiment().langevin {
            Some(section) => langevin::walk(run, section, context)?,
            #[cfg(feature = "train")]
            None => train::train(run, context)?,
            #[cfg(not(feature = "train"))]
            None => return check_device(context.device),
        },
        Stage::Pca => pca::pca(run, context)?,
        Stage::Flatness => flatness::flatness(run, context)?,
        Stage::Fit => fit::fit(run)?,
    };
    context.message(format_args!("{:>9}: done in {seconds:.1} s\n", stage.name()));
    Ok(())
}

/// Opens the device of that name, so that what is wrong with it is known before anything is computed.
///
/// # Errors
/// [`Error::Device`].
pub fn check_device(name: Option<&str>) -> Result<()> {
    #[cfg(feature = "train")]
    varflat_model::device::open(name)?;
    #[cfg(not(feature = "train"))]
    Backend::choose(name)?;
    Ok(())
}

/// Write down who begins to train a run, on what and with which data.
fn note_beginning(
    run: &StageWriter<'_>,
    backend: &str,
    device: &str,
    data: &Data,
    context: &Context<'_>,
) -> Result<()> {
    let experiment = run.experiment();
    let relative = experiment.data.folder.as_ref().is_some_and(|folder| folder.is_relative());
    let place = relative.then(|| std::path::absolute(&data.folder).ok()).flatten();
    run.note(|record| {
        record.name.clone_from(&experiment.name);
        record.seed = experiment.seed;
        record.versions = versions::versions();
        record.git_commit = versions::git_commit();
        backend.clone_into(&mut record.backend);
        device.clone_into(&mut record.device);
        record.data.clone_from(&data.checksums);
        record.data_set = data.known.map(str::to_owned);
        record.data_folder = place;
    })?;
    data.notices(experiment.training.loss_below).iter().for_each(|notice| context.warn(notice));
    Ok(())
}

/// The images of a run, which must be those it began with.
///
/// # Errors
/// [`Error::Data`] if they are not there or not usable; [`Error::Malformed`] if they are others.
pub fn load_data(run: &RunFolder) -> Result<Data> {
    let record = run.record()?;
    let data = run.experiment().load_from(record.data_folder.as_deref())?;
    let known = record.data;
    let changed = data
        .checksums
        .iter()
        .find(|file| known.iter().any(|known| known.file == file.file && known != *file));
    match changed {
        None => Ok(data),
        Some(changed) => Err(Error::malformed(
            &data.folder.join(&changed.file),
            format!("is not the file that {} was begun with", run.path().display()),
            Remedy::Restore,
        )),
    }
}

/// Do every stage that is not done yet; true if there was any.
///
/// # Errors
/// As [`perform`].
pub fn complete(run: &RunFolder, context: &Context<'_>) -> Result<bool> {
    // A walk runs on the host, whatever trains.
    let device = context.device.filter(|_| run.experiment().langevin.is_none());
    let context = &Context { device, ..*context };
    if let (Some(asked), true) = (device, run.is_done(Stage::Train)?) {
        let (trained, asked) = (run.record()?.backend, Backend::choose(Some(asked))?.name());
        if trained != asked {
            let problem = format!("was trained on {trained}, not {asked}");
            return Err(Error::malformed(run.path(), problem, Remedy::OtherFolderOrReplace));
        }
    }
    let mut worked = false;
    for stage in Stage::ALL {
        if run.is_done(stage)? {
            // A kill may have come between noting the stage as done and clearing up after it.
            run.remove_partial(stage)?;
        } else {
            perform(run, stage, context)?;
            worked = true;
        }
    }
    Ok(worked)
}
