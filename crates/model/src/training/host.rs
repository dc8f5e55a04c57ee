//! Forward and backward through dense layers on the host: the arithmetic of a step and little else.

use pulp::Arch;

use super::resident::Batch;
use super::rows::Rows;
use crate::loss::logit_gradient;

/// A dense layer where it lies: W `[inputs, outputs]` and b `[outputs]`.
pub(crate) struct HostLayer<'a> {
    pub(crate) weight: &'a [f32],
    pub(crate) bias: Option<&'a [f32]>,
    pub(crate) outputs: usize,
}

/// ∂L/∂W `[inputs, outputs]` and ∂L/∂b `[outputs]` of a layer.
pub(crate) struct LayerGradient {
    pub(crate) weight: Vec<f32>,
    pub(crate) bias: Option<Vec<f32>>,
}

/// The logits `[batch, classes]` of images that are known by their non-zero pixels, with ReLU between the layers.
pub(crate) fn logits(batch: &Batch<'_>, layers: &[HostLayer<'_>]) -> Option<Vec<f32>> {
    Some(forward(Arch::new(), batch, layers)?.pop()?.to_vec())
}

/// The gradients of the mini-batch loss, a layer after the other.
///
/// With z_k = h_k W_k + b_k, h_{k+1} = max(0, z_k) and d_k = ∂L/∂z_k: ∂L/∂W_k = h_kᵀ d_k and
/// d_{k−1} = (d_k W_kᵀ) where z_{k−1} > 0, zero elsewhere.
pub(crate) fn gradients(batch: &Batch<'_>, layers: &[HostLayer<'_>]) -> Option<Vec<LayerGradient>> {
    let arch = Arch::new();
    let mut z = forward(arch, batch, layers)?;
    let mut d = z.pop()?;
    let samples = d.rows;
    for (row, label) in d.each_mut().zip(batch.labels()) {
        logit_gradient(row, label, samples);
    }
    let mut gradients = Vec::with_capacity(layers.len());
    for layer in layers[1..].iter().rev() {
        let before = z.pop()?;
        let weight = before.rectified().transposed_times(arch, &d).to_vec();
        gradients.push(LayerGradient { weight, bias: layer.bias.map(|_| d.sum()) });
        d = d.times(arch, &Rows::transposed(layer.weight, layer.outputs));
        d.mask(&before);
    }
    let weight = batch.sparse_transposed_product(&d.to_vec(), d.columns)?;
    gradients.push(LayerGradient { weight, bias: layers[0].bias.map(|_| d.sum()) });
    gradients.reverse();
    Some(gradients)
}

/// z of every layer.
fn forward(arch: Arch, batch: &Batch<'_>, layers: &[HostLayer<'_>]) -> Option<Vec<Rows>> {
    let (first, rest) = layers.split_first()?;
    let mut all = Vec::with_capacity(layers.len());
    let mut z = Rows::new(&batch.sparse_product(first.weight, first.outputs)?, first.outputs);
    z.add(first.bias.unwrap_or(&[]));
    for layer in rest {
        let mut next = z.rectified().times(arch, &Rows::new(layer.weight, layer.outputs));
        next.add(layer.bias.unwrap_or(&[]));
        all.push(std::mem::replace(&mut z, next));
    }
    all.push(z);
    Some(all)
}
