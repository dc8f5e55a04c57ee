//! Logits and gradients of images that are known by their non-zero pixels: a step on the host.

use pulp::Arch;

use super::layers::{HostLayer, backward, forward};
use super::row_matrix::RowMatrix;
use super::sparse_images::SparseImages;

/// Some images of a set that are known by their non-zero pixels, and the labels of the set.
#[derive(Clone, Copy)]
pub(crate) struct SparseBatch<'a> {
    pub(crate) images: &'a SparseImages,
    pub(crate) samples: &'a [u32],
    pub(crate) labels: &'a [u8],
}

/// ∂L/∂W `[inputs, outputs]` and ∂L/∂b `[outputs]` of a layer.
pub(crate) struct LayerGradient {
    pub(crate) weight: Vec<f32>,
    pub(crate) bias: Option<Vec<f32>>,
}

/// The logits `[batch, classes]` of images that are known by their non-zero pixels, with ReLU between the layers.
pub(crate) fn logits(batch: SparseBatch<'_>, layers: &[HostLayer<'_>]) -> Option<Vec<f32>> {
    let arch = Arch::new();
    let (first, rest) = layers.split_first()?;
    Some(forward(arch, first_layer(batch, first), rest).pop()?.to_vec())
}

/// The gradients of the mini-batch loss, a layer after the other.
pub(crate) fn gradients(batch: SparseBatch<'_>, layers: &[HostLayer<'_>]) -> Option<Vec<LayerGradient>> {
    let arch = Arch::new();
    let (first, rest) = layers.split_first()?;
    let z = forward(arch, first_layer(batch, first), rest);
    let mut gradients = Vec::with_capacity(layers.len());
    let SparseBatch { images, samples, labels } = batch;
    let labels = samples.iter().map(|&sample| usize::from(labels[sample as usize]));
    let d = backward(arch, z, labels, samples.len(), rest, |layer, before, d| {
        let weight = before.rectified().transposed_times(arch, d).to_vec();
        gradients.push(LayerGradient { weight, bias: layer.bias.map(|_| d.sum()) });
    })?;
    let weight = images.transposed_product(samples, &d.to_vec(), d.columns);
    gradients.push(LayerGradient { weight, bias: first.bias.map(|_| d.sum()) });
    gradients.reverse();
    Some(gradients)
}

/// z of the first layer.
fn first_layer(batch: SparseBatch<'_>, first: &HostLayer<'_>) -> RowMatrix {
    let product = batch.images.product(batch.samples, first.weight, first.outputs);
    let mut z = RowMatrix::new(&product, first.outputs);
    z.add(first.bias.unwrap_or(&[]));
    z
}
