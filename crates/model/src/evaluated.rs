//! A network as it is evaluated, and derivatives of that: dropout off, batch norm by its running statistics.

use burn::module::{Flag, ModuleMapper, Param};
use burn::tensor::Tensor;

use crate::training::{Classifier, ResidentSet, TrainingError};

/// Images that two ways to the logits are compared on.
const COMPARED: usize = 8;

/// Largest difference of logits that is rounding, as a share of the largest logit.
const ROUNDING: f32 = 1e-3;

/// A copy of the network whose outputs are those of `network.valid()`, with autodiff and gradients of every parameter, frozen ones
/// too.
///
/// burn's layers that train in another way than they are evaluated (`Dropout`, `BatchNorm`, `GaussianNoise`, `RRelu`) do so where
/// there is autodiff *and* their flag is set: here none is.
///
/// # Errors
/// [`TrainingError::Misfit`] if the network does not take the images of `set`, or computes something else with autodiff than
/// without, or from one time to the next: a layer that knows no such flag.
pub(crate) fn differentiable<C: Classifier>(network: &C, set: &ResidentSet) -> Result<C, TrainingError> {
    struct Evaluate;
    impl ModuleMapper for Evaluate {
        fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
            parameter.set_require_grad(true)
        }

        fn map_flag(&mut self, flag: Param<Flag>) -> Param<Flag> {
            flag.with_value(false)
        }
    }
    check_steady(network, set)?;
    let plain = network.valid();
    let tracked = plain.clone().train().map(&mut Evaluate);
    let images = set.chosen(&set.leading(COMPARED)).images();
    let with = logits(tracked.forward(Tensor::from_inner(images.clone())).inner())?;
    let without = logits(plain.forward(images))?;
    if differ(&with, &without) {
        return Err(TrainingError::Misfit(
            "the network gives other logits with autodiff than without: a layer of its own trains in another way than it is \
             evaluated. Let that layer ask a burn `Param<Flag>`, as burn's `Dropout` does, so that it can be told to evaluate"
                .to_owned(),
        ));
    }
    Ok(tracked)
}

/// Whether the evaluated network gives the same logits twice.
///
/// # Errors
/// [`TrainingError::Misfit`] if it does not, or does not take the images.
pub(crate) fn check_steady(network: &impl Classifier, set: &ResidentSet) -> Result<(), TrainingError> {
    set.check_network(network)?;
    let network = network.valid();
    let images = set.chosen(&set.leading(COMPARED)).images();
    let once = logits(network.forward(images.clone()))?;
    let twice = logits(network.forward(images))?;
    if differ(&once, &twice) {
        return Err(TrainingError::Misfit(
            "the evaluated network gives other logits at every call, so that it has no one loss: a layer of its own draws random \
             numbers outside of the training. Let it draw none where its input has no autodiff, as burn's `Dropout` does"
                .to_owned(),
        ));
    }
    Ok(())
}

/// Whether two computations of the same logits differ by more than rounding.
fn differ(some: &[f32], others: &[f32]) -> bool {
    let largest = others.iter().fold(0.0f32, |largest, z| largest.max(z.abs()));
    some.iter().zip(others).any(|(one, other)| (one - other).abs() > ROUNDING * largest)
}

fn logits(logits: Tensor<2>) -> Result<Vec<f32>, TrainingError> {
    logits.try_into_vec_as::<f32>().map_err(TrainingError::device)
}
