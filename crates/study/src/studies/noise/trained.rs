//! Windows of the training itself, gone on with from the checkpoint: all layers move.

use burn::module::Module;
use ndarray::Array2;
use varflat_model::data::Data;
use varflat_model::device::{self, OpenDevice};
use varflat_model::{Mlp, ResidentSet, Trainer, TrainingConfig};
use varflat_recorder::SharedSink;
use varflat_run::context::Context;
use varflat_run::error::Result;
use varflat_run::optimizer::optimizer;
use varflat_run::record::RecordedRows;

use super::alone::Window;
use super::checkpoint::{Checkpoint, epoch_number};
use super::tables::Kind;

/// Steps after which it is asked whether to stop.
const ASK_EVERY: usize = 100;

/// What trainings from the checkpoint need.
pub(super) struct Bench<'a> {
    checkpoint: &'a Checkpoint,
    device: OpenDevice,
    images: ResidentSet,
    context: &'a Context<'a>,
}

impl<'a> Bench<'a> {
    pub(super) fn new(checkpoint: &'a Checkpoint, data: &Data, context: &'a Context<'a>) -> Result<Self> {
        let device = device::open(context.device)?;
        let images = ResidentSet::new(&data.train, data.classes, &device)?;
        Ok(Self { checkpoint, device, images, context })
    }

    /// So many epochs with mini-batches in an order that the run never came to. Nothing is measured on the way.
    pub(super) fn window(&self, (kind, order, epochs): (Kind, usize, usize)) -> Result<Window> {
        let Checkpoint { network, path, layer, seed, training, .. } = self.checkpoint;
        let network = Mlp::new(network, &self.device.device)?.train();
        let mut kept = RecordedRows::new(layer.weights().len(), true, 1);
        kept.begin(0);
        let sinks = [(format!("{path}.weight"), SharedSink::new(kept))];
        let training = TrainingConfig { shuffle: kind.shuffle(), loss_below: 0.0, ..training.clone() };
        let optimizer = optimizer(&network, &training, sinks.as_slice())?;
        // Nothing is measured: the second set is there for form's sake.
        let trainer = Trainer::new(network, optimizer, &training, *seed, &self.images, &self.images)?;
        let length = trainer.steps_per_epoch();
        let mut trainer = trainer.resume_at(epoch_number(order, 0) * length);
        let steps = epochs * length as usize;
        for step in 0..steps {
            if step % ASK_EVERY == 0 {
                self.context.go_on("noise")?;
            }
            trainer.step();
        }
        let [(_, sink)] = &sinks;
        sink.check()?;
        let rows = sink.with(RecordedRows::take_rows);
        let rows = Array2::from_shape_vec((steps, layer.weights().len()), rows)?;
        Ok(Window { rows, course: Vec::new() })
    }
}
