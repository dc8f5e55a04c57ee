//! The loss landscape around a run's centre, by the means that fit its network and device.

use varflat_model::DenseLandscape;
use varflat_model::data::ImageSet;
use varflat_model::device::{self, Backend};
#[cfg(feature = "train")]
use varflat_model::{Classifier, ModuleLandscape, ResidentSet};

use super::trained::centre;
#[cfg(feature = "train")]
use super::trained::centre_weights;
use crate::error::Result;
use crate::landscape::Landscape;
#[cfg(feature = "train")]
use crate::networks::{self, WithNetwork};
use crate::run_folder::RunFolder;

/// Let `work` ask the landscape around the run's centre; it is told who measures, in words. On a GPU it is the GPU's own, if that is the device asked for or, without
/// one, the device that trained the run.
#[cfg(feature = "train")]
pub(super) fn with_landscape<R>(
    run: &RunFolder,
    device: Option<&str>,
    images: ImageSet,
    classes: usize,
    work: impl FnOnce(&dyn Landscape, &str) -> Result<R>,
) -> Result<R> {
    let experiment = run.experiment();
    let trained = run.record()?.backend;
    let compiled = Backend::compiled().into_iter().find(|backend| backend.name() == trained);
    let open = device::open(device.or(compiled.map(Backend::name)))?;
    match (experiment.model.is_dense(), open.on_host) {
        (false, _) => {
            with_passes(run, &open, images, classes, |landscape| work(landscape, &open.description))
        }
        (true, true) => with_kernels(run, images, |landscape| work(landscape, device::HOST_LANDSCAPE)),
        (true, false) => {
            let (network, layer) = (centre(run, experiment.landscape.around)?, &experiment.recorder.layer);
            let landscape = varflat_model::DeviceLandscape::new(&network, layer, &images, &open)?;
            work(&landscape, &open.description)
        }
    }
}

/// The landscape of any network, each loss by whole forward passes.
#[cfg(feature = "train")]
fn with_passes<R>(
    run: &RunFolder,
    open: &device::OpenDevice,
    images: ImageSet,
    classes: usize,
    work: impl FnOnce(&dyn Landscape) -> Result<R>,
) -> Result<R> {
    let experiment = run.experiment();
    let weights = centre_weights(run, experiment.landscape.around)?;
    let set = ResidentSet::new(&images, classes, open)?;
    let size = images.size();
    drop(images);
    let passes = Passes { set, parameter: experiment.recorder.parameter(), work };
    networks::with_weights(experiment, (size, classes), open, (&weights, run.path()), passes)
}

/// Asks the landscape of a network, of whatever kind it is, as one of its parameters moves.
#[cfg(feature = "train")]
struct Passes<F> {
    set: ResidentSet,
    parameter: String,
    work: F,
}

#[cfg(feature = "train")]
impl<R, F: FnOnce(&dyn Landscape) -> Result<R>> WithNetwork for Passes<F> {
    type Made = R;

    fn with(self, network: impl Classifier) -> Result<R> {
        (self.work)(&ModuleLandscape::new(&network, &self.parameter, &self.set)?)
    }
}

/// The landscape of dense layers on the CPU.
fn with_kernels<R>(
    run: &RunFolder,
    images: ImageSet,
    work: impl FnOnce(&dyn Landscape) -> Result<R>,
) -> Result<R> {
    let experiment = run.experiment();
    let network = centre(run, experiment.landscape.around)?;
    let landscape = DenseLandscape::new(&network, &experiment.recorder.layer, &images)?;
    drop(images);
    work(&landscape)
}

/// Let `work` ask the landscape around the run's centre without writing down who measures it: that of dense layers on the CPU,
/// whatever measured it first.
pub(crate) fn on_host<R>(
    run: &RunFolder,
    images: ImageSet,
    #[cfg_attr(not(feature = "train"), allow(unused_variables))] classes: usize,
    work: impl FnOnce(&dyn Landscape) -> Result<R>,
) -> Result<R> {
    #[cfg(feature = "train")]
    if !run.experiment().model.is_dense() {
        return with_passes(run, &device::open(None)?, images, classes, work);
    }
    with_kernels(run, images, work)
}

/// The same without a backend: dense layers alone, on the CPU.
#[cfg(not(feature = "train"))]
pub(super) fn with_landscape<R>(
    run: &RunFolder,
    device: Option<&str>,
    images: ImageSet,
    _: usize,
    work: impl FnOnce(&dyn Landscape, &str) -> Result<R>,
) -> Result<R> {
    device.map(|name| Backend::choose(Some(name))).transpose()?;
    with_kernels(run, images, |landscape| work(landscape, device::HOST_LANDSCAPE))
}
