//! What a network has to be to be trained here.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

use super::resident::Batch;
use crate::loss::cross_entropy_gradient;

/// A burn module that maps flattened images to logits. Implement [`forward`](Self::forward) to train your own network.
pub trait Classifier: Module {
    /// Logits `[batch, classes]` of the images `[batch, pixels]`.
    fn forward(&self, inputs: Tensor<2>) -> Tensor<2>;

    /// Pixels of the images it takes, where it knows, so that others are refused before any tensor is made of them.
    fn inputs(&self) -> Option<usize> {
        None
    }

    /// Logits of a batch, by a network without autodiff. Override it where there is a faster way to the same numbers.
    fn logits(&self, batch: &Batch<'_>) -> Tensor<2> {
        self.forward(batch.images())
    }

    /// Gradients of the mini-batch loss L^μ, by a network on an autodiff device. Override it likewise.
    fn gradients(&self, batch: &Batch<'_>) -> GradientsParams {
        dense_gradients(self, batch)
    }
}

/// The gradients of every parameter by autodiff, from images to logits.
pub(crate) fn dense_gradients(network: &impl Classifier, batch: &Batch<'_>) -> GradientsParams {
    let logits = network.forward(Tensor::from_inner(batch.images()));
    // The sum of logits · (∂L/∂logits) has the gradient of the loss: backward needs no more than that.
    let gradient = cross_entropy_gradient(logits.clone().inner(), batch.one_hot());
    let gradients = (logits * Tensor::from_inner(gradient)).sum().backward();
    GradientsParams::from_grads(gradients, network)
}
