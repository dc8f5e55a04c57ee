//! What a training costs here, measured on its first steps.

use std::time::{Duration, Instant};

use varflat_model::data::Data;
use varflat_model::device::{self, OpenDevice};
use varflat_model::{Classifier, Trainer};
use varflat_recorder::parameter;

use super::TrainingCost;
use super::recording::Recording;
use crate::error::Result;
use crate::memory::Images;
use crate::networks::{self, WithNetwork};
use crate::optimizer::optimizer;
use crate::run_folder::{RunFolder, Stage};

/// Steps before the clock starts: the first ones fill caches.
const WARM_UP: usize = 30;
/// Steps are counted for so long.
const MEASURED: Duration = Duration::from_millis(400);

/// Train a few hundred steps of a run, in its folder, which is no good for anything else afterwards.
///
/// # Errors
/// What training itself can meet.
pub fn training_cost(run: &RunFolder, device: Option<&str>) -> Result<TrainingCost> {
    let experiment = run.experiment();
    let data = experiment.load()?;
    experiment.check_possible(Images::of(&data))?;
    let open = device::open(device)?;
    open.check_precision(experiment.training.precision)?;
    let images = (data.train.size(), data.classes);
    networks::initial(experiment, images, &open, Timing { run, data, open: &open })
}

/// Where the steps are timed.
struct Timing<'a> {
    run: &'a RunFolder,
    data: Data,
    open: &'a OpenDevice,
}

impl WithNetwork for Timing<'_> {
    type Made = TrainingCost;

    fn with(self, network: impl Classifier) -> Result<TrainingCost> {
        let Self { run, data, open } = self;
        let experiment = run.experiment();
        let precision = experiment.training.precision;
        let network = networks::in_precision(network, precision).train();
        let recorded = parameter(&network, &experiment.recorder.parameter())?;
        let [train, test] = networks::resident(&data, open, precision)?;
        let steps_per_epoch = experiment.training.steps_per_epoch(train.samples());
        let stage = run.writer()?.go_on(Stage::Train);
        let recording = Recording::start(&stage, &network, recorded, steps_per_epoch, None)?;
        let optimizer = optimizer(&network, &experiment.training, &recording)?;
        let mut trainer =
            Trainer::new(network, optimizer, &experiment.training, experiment.seed, &train, &test)?;
        (0..WARM_UP).for_each(|_| trainer.step());
        let begun = Instant::now();
        let mut steps = 0;
        while begun.elapsed() < MEASURED {
            trainer.step();
            steps += 1;
        }
        let step = begun.elapsed().as_secs_f64() / f64::from(steps);
        let begun = Instant::now();
        trainer.measure()?;
        Ok(TrainingCost {
            step,
            epoch_end: begun.elapsed().as_secs_f64(),
            steps_per_epoch,
            images: Images::of(&data),
        })
    }
}
