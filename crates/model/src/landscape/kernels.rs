//! What runs over a tile of samples: a layer, a step along the direction, the loss.
//!
//! All arrays of a tile are `[features, TILE]`, one feature after the other. The loops are written
//! once over [`pulp`]'s vectors and run with AVX-512, AVX2, NEON or none, whatever the machine has.

use pulp::{Arch, Simd, WithSimd};

use super::vector_math::{exp, ln_1p};

/// Samples in a tile: four of the longest vectors. 50 features of it fill 13 kB, so that z_0, z_p and
/// what is made of them stay in the first-level cache together.
pub(super) const TILE: usize = 64;

/// Outputs and vectors of samples computed together. Their 12 sums, the 3 weights and one input fill
/// the 16 registers of AVX2, and the nine margins of ten classes leave no register idle.
const OUTPUTS: usize = 3;
const VECTORS: usize = 4;

/// Margins from here on are left to f64: e^60 ≈ 1e26 is still far from the end of f32.
const LARGEST_MARGIN: f32 = 60.0;

/// A dense layer packed for [`apply`]: groups of three outputs, all inputs of a group one after the other.
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

    pub(super) fn outputs(&self) -> usize {
        self.outputs
    }
}

/// z = xW + b for one tile: `input` `[inputs, TILE]`, `output` `[outputs, TILE]`.
#[inline(always)]
pub(super) fn apply<S: Simd>(simd: S, layer: &PackedLayer, input: &[f32], output: &mut [f32]) {
    let (input, _) = S::as_simd_f32s(input);
    let (output, _) = S::as_mut_simd_f32s(output);
    let row = TILE / S::F32_LANES;
    // The inputs of one block of samples stay in the cache while all outputs are made of them.
    for start in (0..row).step_by(VECTORS) {
        for (group, weights) in layer.packed.chunks_exact(OUTPUTS * layer.inputs).enumerate() {
            let first = group * OUTPUTS;
            let count = OUTPUTS.min(layer.outputs - first);
            let mut sums = [[simd.splat_f32s(0.0); VECTORS]; OUTPUTS];
            for (sum, &bias) in sums.iter_mut().zip(&layer.bias[first..first + count]) {
                *sum = [simd.splat_f32s(bias); VECTORS];
            }
            // Arrays of a known length, so that every sum gets a register of its own.
            let (weights, _) = weights.as_chunks::<OUTPUTS>();
            for (values, weights) in input.chunks_exact(row).zip(weights) {
                let Some(values) = values[start..].first_chunk::<VECTORS>() else { return };
                let weights = weights.map(|weight| simd.splat_f32s(weight));
                for vector in 0..VECTORS {
                    for output in 0..OUTPUTS {
                        sums[output][vector] =
                            simd.mul_add_e_f32s(weights[output], values[vector], sums[output][vector]);
                    }
                }
            }
            for (output, sum) in output[first * row..].chunks_exact_mut(row).zip(&sums[..count]) {
                output[start..start + VECTORS].copy_from_slice(sum);
            }
        }
    }
}

/// max(0, z_0 + s·z_p), or without the ReLU when `rectified` is false (margins have none).
#[inline(always)]
pub(super) fn advance<S: Simd>(
    simd: S,
    rectified: bool,
    (z0, zp, offset): (&[f32], &[f32], f32),
    output: &mut [f32],
) {
    let offset = simd.splat_f32s(offset);
    let lowest = simd.splat_f32s(if rectified { 0.0 } else { f32::NEG_INFINITY });
    let ((z0, _), (zp, _)) = (S::as_simd_f32s(z0), S::as_simd_f32s(zp));
    let (output, _) = S::as_mut_simd_f32s(output);
    for ((output, &z0), &zp) in output.iter_mut().zip(z0).zip(zp) {
        *output = simd.max_f32s(lowest, simd.mul_add_e_f32s(offset, zp, z0));
    }
}

/// max(0, z), in place.
#[inline(always)]
pub(super) fn rectify<S: Simd>(simd: S, values: &mut [f32]) {
    let (values, _) = S::as_mut_simd_f32s(values);
    let zero = simd.splat_f32s(0.0);
    for value in values {
        *value = simd.max_f32s(zero, *value);
    }
}

/// ℓ = ln(1 + Σ_{j≠y} exp(m_j)), m_j = z_j − z_y, of every sample of a tile; `margins` is `[classes − 1, TILE]`.
#[inline(always)]
pub(super) fn cross_entropy<S: Simd>(simd: S, margins: &[f32], losses: &mut [f32; TILE]) {
    let row = TILE / S::F32_LANES;
    let (vectors, _) = S::as_simd_f32s(margins);
    let (to, _) = S::as_mut_simd_f32s(losses.as_mut_slice());
    let mut largest = simd.splat_f32s(f32::NEG_INFINITY);
    for (vector, loss) in to.iter_mut().enumerate() {
        let mut sum = simd.splat_f32s(0.0);
        for values in vectors.chunks_exact(row) {
            largest = simd.max_f32s(values[vector], largest);
            sum = simd.add_f32s(sum, exp(simd, values[vector]));
        }
        *loss = ln_1p(simd, sum);
    }
    if simd.reduce_max_f32s(largest) >= LARGEST_MARGIN {
        for (sample, loss) in losses.iter_mut().enumerate() {
            *loss = exact_cross_entropy(margins[sample..].iter().step_by(TILE));
        }
    }
}

/// The sum in f64.
pub(super) fn sum(losses: &[f32]) -> f64 {
    let (fours, rest) = losses.as_chunks::<4>();
    let mut sums = [0.0f64; 4];
    for losses in fours {
        for (sum, &loss) in sums.iter_mut().zip(losses) {
            *sum += f64::from(loss);
        }
    }
    rest.iter().fold(sums.iter().sum(), |sum, &loss| sum + f64::from(loss))
}

/// The same of one sample in f64, for margins of any size.
#[inline(never)]
fn exact_cross_entropy<'a>(margins: impl Iterator<Item = &'a f32> + Clone) -> f32 {
    let shift = margins.clone().fold(0.0, |shift: f64, &margin| shift.max(f64::from(margin)));
    let sum: f64 = margins.map(|&margin| (f64::from(margin) - shift).exp()).sum();
    (shift + (sum + (-shift).exp_m1()).ln_1p()) as f32
}

/// z = xW + b for one tile in f64: `input` `[inputs, TILE]`, W `[inputs, outputs]`, `output` `[outputs, TILE]`.
///
/// What does not move is computed once, so that it may be exact.
pub(super) fn apply_f64(
    arch: Arch,
    (weight, bias): (&[f64], Option<&[f64]>),
    input: &[f64],
    output: &mut [f64],
) {
    arch.dispatch(ApplyF64 { weight, bias, input, output });
}

struct ApplyF64<'a> {
    weight: &'a [f64],
    bias: Option<&'a [f64]>,
    input: &'a [f64],
    output: &'a mut [f64],
}

impl WithSimd for ApplyF64<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        /// Samples whose sums stay in registers.
        const BLOCK: usize = 16;
        let outputs = self.output.len() / TILE;
        for (position, output) in self.output.chunks_exact_mut(TILE).enumerate() {
            let bias = self.bias.map_or(0.0, |bias| bias[position]);
            let (blocks, _) = output.as_chunks_mut::<BLOCK>();
            for (block, output) in blocks.iter_mut().enumerate() {
                let mut sums = [bias; BLOCK];
                let weights = self.weight[position..].iter().step_by(outputs);
                for (values, weight) in self.input.chunks_exact(TILE).zip(weights) {
                    let Some(values) = values[block * BLOCK..].first_chunk::<BLOCK>() else { return };
                    for (sum, value) in sums.iter_mut().zip(values) {
                        *sum += weight * value;
                    }
                }
                *output = sums;
            }
        }
    }
}
