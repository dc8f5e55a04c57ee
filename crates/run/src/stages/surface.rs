//! The loss landscape of a run, by the means that fit its network and device.

use rayon::prelude::*;
use varflat_analysis::{DirectionFlatness, FlatnessSearch};
use varflat_model::DenseLandscape;
use varflat_model::data::ImageSet;
use varflat_model::device::{self, Backend};

use crate::error::Result;
use crate::landscape::{Landscape, in_a_row};
use crate::run_folder::RunFolder;

/// A landscape that is ready to be asked.
pub(crate) enum Surface<'a> {
    /// Dense layers on the CPU: varflat's own kernels, directions over threads.
    Host(&'a DenseLandscape),
    /// Any other: many directions in one question, or each by whole forward passes. It takes a backend.
    #[cfg_attr(not(feature = "train"), allow(dead_code))]
    Other(&'a dyn Landscape),
}

impl Surface<'_> {
    /// L_0.
    pub(crate) fn reference_loss(&self) -> f64 {
        match self {
            Self::Host(landscape) => landscape.reference_loss(),
            Self::Other(landscape) => landscape.reference_loss(),
        }
    }

    /// What `measured` makes of the flatness along the directions of each group; `done` after every so many directions.
    pub(crate) fn flatness<T: Send>(
        &self,
        search: &FlatnessSearch,
        groups: &[&[usize]],
        direction: impl Fn(usize) -> Vec<f64> + Sync,
        done: impl Fn(u64) + Sync,
        measured: impl Fn(&[usize], &[DirectionFlatness]) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        match self {
            Self::Host(landscape) => {
                let groups = groups.par_iter().map_init(
                    || landscape.line(),
                    |line, group| {
                        let directions = group.iter().map(|&index| direction(index));
                        measured(group, &in_a_row(line, search, directions, || done(1))?)
                    },
                );
                groups.collect()
            }
            Self::Other(landscape) => {
                let groups = groups.iter().map(|group| {
                    let directions: Vec<Vec<f64>> = group.iter().map(|&index| direction(index)).collect();
                    let found = landscape.flatness(search, &directions)?;
                    done(group.len() as u64);
                    measured(group, &found)
                });
                groups.collect()
            }
        }
    }

    /// The losses at the offsets of every direction.
    pub(crate) fn losses(&self, lines: &[(Vec<f64>, Vec<f64>)]) -> Result<Vec<Vec<f64>>> {
        match self {
            Self::Host(landscape) => lines
                .par_iter()
                .map_init(
                    || landscape.line(),
                    |line, (direction, offsets)| {
                        line.set_direction(direction)?;
                        Ok(line.losses(offsets))
                    },
                )
                .collect(),
            Self::Other(landscape) => {
                lines.iter().map(|(direction, offsets)| landscape.losses(direction, offsets)).collect()
            }
        }
    }
}

/// Let `work` ask the landscape around the run's centre. On a GPU it is the GPU's own, if that is the device asked for or, without
/// one, the device that trained the run.
#[cfg(feature = "train")]
pub(super) fn with_surface<R>(
    run: &RunFolder,
    device: Option<&str>,
    images: ImageSet,
    classes: usize,
    work: impl FnOnce(Surface<'_>) -> Result<R>,
) -> Result<R> {
    let experiment = run.experiment();
    let trained = run.record()?.backend;
    let compiled = Backend::compiled().into_iter().find(|backend| backend.name() == trained);
    let open = device::open(device.or(compiled.map(Backend::name)))?;
    let own_kernels = open.on_host && experiment.model.channels.is_none();
    let words = if own_kernels { device::HOST_LANDSCAPE } else { &open.description };
    run.update(|record| words.clone_into(&mut record.landscape_device))?;
    if experiment.model.channels.is_some() {
        with_passes(run, &open, images, classes, work)
    } else if open.on_host {
        with_kernels(run, images, work)
    } else {
        let network = run.centre(experiment.landscape.around)?;
        let layer = &experiment.recorder.layer;
        work(Surface::Other(&varflat_model::DeviceLandscape::new(&network, layer, &images, &open)?))
    }
}

/// The landscape of any network, each loss by whole forward passes.
#[cfg(feature = "train")]
fn with_passes<R>(
    run: &RunFolder,
    open: &device::OpenDevice,
    images: ImageSet,
    classes: usize,
    work: impl FnOnce(Surface<'_>) -> Result<R>,
) -> Result<R> {
    use varflat_model::{ModuleLandscape, ResidentSet};

    let experiment = run.experiment();
    let weights = run.centre_weights(experiment.landscape.around)?;
    let network = crate::weights::convolutional(experiment, &images, classes, open, &weights, run.path())?;
    let set = ResidentSet::new(&images, classes, open)?;
    drop(images);
    work(Surface::Other(&ModuleLandscape::new(&network, &experiment.recorder.parameter(), &set)?))
}

/// The landscape of dense layers on the CPU.
fn with_kernels<R>(
    run: &RunFolder,
    images: ImageSet,
    work: impl FnOnce(Surface<'_>) -> Result<R>,
) -> Result<R> {
    let experiment = run.experiment();
    let network = run.centre(experiment.landscape.around)?;
    let landscape = DenseLandscape::new(&network, &experiment.recorder.layer, &images)?;
    drop(images);
    work(Surface::Host(&landscape))
}

/// Let `work` ask the landscape around the run's centre without writing down who measures it: that of dense layers on the CPU,
/// whatever measured it first.
pub(crate) fn on_host<R>(
    run: &RunFolder,
    images: ImageSet,
    #[cfg_attr(not(feature = "train"), allow(unused_variables))] classes: usize,
    work: impl FnOnce(Surface<'_>) -> Result<R>,
) -> Result<R> {
    #[cfg(feature = "train")]
    if run.experiment().model.channels.is_some() {
        return with_passes(run, &device::open(None)?, images, classes, work);
    }
    with_kernels(run, images, work)
}

/// The same without a backend: dense layers alone, on the CPU.
#[cfg(not(feature = "train"))]
pub(super) fn with_surface<R>(
    run: &RunFolder,
    device: Option<&str>,
    images: ImageSet,
    _: usize,
    work: impl FnOnce(Surface<'_>) -> Result<R>,
) -> Result<R> {
    device.map(|name| Backend::choose(Some(name))).transpose()?;
    run.update(|record| device::HOST_LANDSCAPE.clone_into(&mut record.landscape_device))?;
    with_kernels(run, images, work)
}
