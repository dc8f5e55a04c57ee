//! Logits and gradients of images that are known by their non-zero pixels: a step on the host.

use pulp::Arch;

use super::host::{HostLayer, backward, forward};
use super::resident::Batch;
use super::rows::Rows;

/// ∂L/∂W `[inputs, outputs]` and ∂L/∂b `[outputs]` of a layer.
pub(crate) struct LayerGradient {
    pub(crate) weight: Vec<f32>,
    pub(crate) bias: Option<Vec<f32>>,
}

/// The logits `[batch, classes]` of images that are known by their non-zero pixels, with ReLU between the layers.
pub(crate) fn logits(batch: &Batch<'_>, layers: &[HostLayer<'_>]) -> Option<Vec<f32>> {
    let arch = Arch::new();
    let (first, rest) = layers.split_first()?;
    Some(forward(arch, from_pixels(batch, first)?, rest).pop()?.to_vec())
}

/// The gradients of the mini-batch loss, a layer after the other.
pub(crate) fn gradients(batch: &Batch<'_>, layers: &[HostLayer<'_>]) -> Option<Vec<LayerGradient>> {
    let arch = Arch::new();
    let (first, rest) = layers.split_first()?;
    let z = forward(arch, from_pixels(batch, first)?, rest);
    let mut gradients = Vec::with_capacity(layers.len());
    let d = backward(arch, z, batch.labels(), batch.len(), rest, |layer, before, d| {
        let weight = before.rectified().transposed_times(arch, d).to_vec();
        gradients.push(LayerGradient { weight, bias: layer.bias.map(|_| d.sum()) });
    })?;
    let weight = batch.sparse_transposed_product(&d.to_vec(), d.columns)?;
    gradients.push(LayerGradient { weight, bias: first.bias.map(|_| d.sum()) });
    gradients.reverse();
    Some(gradients)
}

/// z of the first layer.
fn from_pixels(batch: &Batch<'_>, first: &HostLayer<'_>) -> Option<Rows> {
    let mut z = Rows::new(&batch.sparse_product(first.weight, first.outputs)?, first.outputs);
    z.add(first.bias.unwrap_or(&[]));
    Some(z)
}
