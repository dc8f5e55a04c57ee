//! The three loops that run over a tile: a layer, a step along the direction, the loss.
//!
//! All arrays of a tile are `[features, TILE]`, one feature after the other. The loops are written
//! once over [`pulp`]'s vectors and run with AVX-512, AVX2, NEON or none, whatever the machine has.

use pulp::{Arch, Simd, WithSimd};

use super::vector_math::{exp, ln_1p};

/// Samples in a tile: a multiple of four of the longest vectors; 50 features of it fill 50 kB.
pub(super) const TILE: usize = 256;

/// Outputs computed together, so that every loaded input is used this often.
const OUTPUTS: usize = 5;

/// A dense layer packed for [`apply`]: groups of five outputs, all inputs of a group one after the other.
#[derive(Clone)]
pub(super) struct PackedLayer {
    inputs: usize,
    outputs: usize,
    packed: Vec<f32>,
    bias: Vec<f32>,
}

impl PackedLayer {
    /// Pack W `[inputs, outputs]` (row-major) and its bias (none is zero).
    pub(super) fn new(inputs: usize, outputs: usize, weight: &[f64], bias: Option<&[f64]>) -> Self {
        let mut layer = Self {
            inputs,
            outputs,
            packed: vec![0.0; outputs.div_ceil(OUTPUTS) * OUTPUTS * inputs],
            bias: vec![0.0; outputs],
        };
        layer.set_weight(weight);
        if let Some(bias) = bias {
            layer.bias.iter_mut().zip(bias).for_each(|(to, &from)| *to = from as f32);
        }
        layer
    }

    /// Replace W.
    pub(super) fn set_weight(&mut self, weight: &[f64]) {
        for (input, row) in weight.chunks_exact(self.outputs).enumerate() {
            for (output, &value) in row.iter().enumerate() {
                let group = output / OUTPUTS * OUTPUTS * self.inputs;
                self.packed[group + input * OUTPUTS + output % OUTPUTS] = value as f32;
            }
        }
    }

    pub(super) fn inputs(&self) -> usize {
        self.inputs
    }

    pub(super) fn outputs(&self) -> usize {
        self.outputs
    }
}

/// z = xW + b for one tile: `input` `[inputs, TILE]`, `output` `[outputs, TILE]`.
pub(super) fn apply(arch: Arch, layer: &PackedLayer, input: &[f32], output: &mut [f32]) {
    arch.dispatch(Apply { layer, input, output });
}

struct Apply<'a> {
    layer: &'a PackedLayer,
    input: &'a [f32],
    output: &'a mut [f32],
}

impl WithSimd for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // The sums of a group must stay in registers: 20 of 32, or 10 of 16.
        if S::REGISTER_COUNT >= 32 {
            apply_with::<S, 4>(simd, self.layer, self.input, self.output);
        } else {
            apply_with::<S, 2>(simd, self.layer, self.input, self.output);
        }
    }
}

#[inline(always)]
fn apply_with<S: Simd, const VECTORS: usize>(
    simd: S,
    layer: &PackedLayer,
    input: &[f32],
    output: &mut [f32],
) {
    let (input, _) = S::as_simd_f32s(input);
    let (output, _) = S::as_mut_simd_f32s(output);
    let row = TILE / S::F32_LANES;
    let groups = layer.packed.chunks_exact(OUTPUTS * layer.inputs);
    for (group, weights) in groups.enumerate() {
        let first = group * OUTPUTS;
        let count = OUTPUTS.min(layer.outputs - first);
        for start in (0..row).step_by(VECTORS) {
            let mut sums = [[simd.splat_f32s(0.0); VECTORS]; OUTPUTS];
            for (sum, &bias) in sums.iter_mut().zip(&layer.bias[first..first + count]) {
                *sum = [simd.splat_f32s(bias); VECTORS];
            }
            // Arrays of a known length, so that every sum gets a register of its own.
            let (weights, _) = weights.as_chunks::<OUTPUTS>();
            for (values, weights) in input.chunks_exact(row).zip(weights) {
                let Some(values) = values[start..].first_chunk::<VECTORS>() else { return };
                for output in 0..OUTPUTS {
                    let weight = simd.splat_f32s(weights[output]);
                    for vector in 0..VECTORS {
                        sums[output][vector] =
                            simd.mul_add_f32s(weight, values[vector], sums[output][vector]);
                    }
                }
            }
            for (output, sum) in output[first * row..].chunks_exact_mut(row).zip(&sums[..count]) {
                output[start..start + VECTORS].copy_from_slice(sum);
            }
        }
    }
}

/// max(0, z_0 + s·z_p), or without the ReLU when `rectify` is false (the logits have none).
pub(super) fn advance(
    arch: Arch,
    rectify: bool,
    (z0, zp, offset): (&[f32], &[f32], f32),
    output: &mut [f32],
) {
    arch.dispatch(Advance { rectify, z0, zp, offset, output });
}

struct Advance<'a> {
    rectify: bool,
    z0: &'a [f32],
    zp: &'a [f32],
    offset: f32,
    output: &'a mut [f32],
}

impl WithSimd for Advance<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let lowest = if self.rectify { 0.0 } else { f32::NEG_INFINITY };
        for ((output, z0), zp) in self.output.iter_mut().zip(self.z0).zip(self.zp) {
            *output = (z0 + self.offset * zp).max(lowest);
        }
    }
}

/// max(0, z), in place.
pub(super) fn rectify(arch: Arch, values: &mut [f32]) {
    arch.dispatch(Rectify(values));
}

struct Rectify<'a>(&'a mut [f32]);

impl WithSimd for Rectify<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.0.iter_mut().for_each(|z| *z = z.max(0.0));
    }
}

/// Sum over a tile of ℓ = ln(1 + Σ_{j≠y} exp(z_j − z_y)); the logits are overwritten.
///
/// Only the first `labels.len()` samples of the tile count. Sums in f64.
pub(super) fn cross_entropy(arch: Arch, logits: &mut [f32], labels: &[u8]) -> f64 {
    let mut correct = [0.0f32; TILE];
    for (sample, &label) in labels.iter().enumerate() {
        let logit = &mut logits[usize::from(label) * TILE + sample];
        correct[sample] = *logit;
        // exp of it is zero: the label's own term leaves the sum without a subtraction.
        *logit = f32::NEG_INFINITY;
    }
    let mut losses = [0.0f32; TILE];
    arch.dispatch(CrossEntropy { logits, correct: &correct, losses: &mut losses });
    losses[..labels.len()].iter().map(|&loss| f64::from(loss)).sum()
}

struct CrossEntropy<'a> {
    logits: &'a [f32],
    correct: &'a [f32; TILE],
    losses: &'a mut [f32; TILE],
}

impl WithSimd for CrossEntropy<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { logits, correct, losses } = self;
        // t = max(0, max_j (z_j − z_y)) keeps exp from overflowing for samples that are wrong.
        let mut shift = [0.0f32; TILE];
        for row in logits.chunks_exact(TILE) {
            for ((shift, z), y) in shift.iter_mut().zip(row).zip(correct) {
                *shift = shift.max(z - y);
            }
        }
        let mut sum = [0.0f32; TILE];
        for row in logits.chunks_exact(TILE) {
            for (((sum, z), y), shift) in sum.iter_mut().zip(row).zip(correct).zip(&shift) {
                *sum += exp((z - y) - shift);
            }
        }
        for ((loss, sum), shift) in losses.iter_mut().zip(&sum).zip(&shift) {
            // Wrong samples have Σ ≥ 1, so 1 + Σ + expm1(−t) = Σ + e^−t loses nothing for them; t = 0 leaves Σ alone.
            let rest = sum + (exp(-shift) - 1.0);
            *loss = shift + ln_1p(rest.max(0.0));
        }
    }
}
