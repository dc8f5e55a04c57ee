//! Forward and backward through dense layers on the host: the arithmetic of a step and little else.

use pulp::Arch;

use super::row_matrix::RowMatrix;
use crate::loss::logit_gradient;

/// A dense layer where it lies: W `[inputs, outputs]` and b `[outputs]`.
#[derive(Clone, Copy)]
pub(crate) struct HostLayer<'a> {
    pub(crate) weight: &'a [f32],
    pub(crate) bias: Option<&'a [f32]>,
    pub(crate) outputs: usize,
}

/// z_0 and z of every layer of `rest`, z_{k+1} = max(0, z_k) W_k + b_k; the logits come last.
pub(crate) fn forward(arch: Arch, z0: RowMatrix, rest: &[HostLayer<'_>]) -> Vec<RowMatrix> {
    let mut all = Vec::with_capacity(rest.len() + 1);
    let mut z = z0;
    for layer in rest {
        let mut next = z.rectified().times(arch, &RowMatrix::new(layer.weight, layer.outputs));
        next.add(layer.bias.unwrap_or(&[]));
        all.push(std::mem::replace(&mut z, next));
    }
    all.push(z);
    all
}

/// d_0 = ∂L/∂z_0 of the mean loss over `samples` samples, from what [`forward`] gave.
///
/// d of the logits is that of the cross-entropy, and d_k = (d_{k+1} W_kᵀ) where z_k > 0, zero elsewhere. `visit` sees, from the last
/// layer back, each layer, the z before it and its own d: ∂L/∂W = max(0, z)ᵀ d. `None` when `z` is empty.
pub(crate) fn backward(
    arch: Arch,
    mut z: Vec<RowMatrix>,
    labels: impl Iterator<Item = usize>,
    samples: usize,
    rest: &[HostLayer<'_>],
    mut visit: impl FnMut(&HostLayer<'_>, &RowMatrix, &RowMatrix),
) -> Option<RowMatrix> {
    let mut d = z.pop()?;
    for (row, label) in d.each_mut().zip(labels) {
        logit_gradient(row, label, samples);
    }
    for layer in rest.iter().rev() {
        let before = z.pop()?;
        visit(layer, &before, &d);
        d = d.times(arch, &RowMatrix::transposed(layer.weight, layer.outputs));
        d.mask(&before);
    }
    Some(d)
}
