//! The moving layer at its own weights: exact curvature and noise along any direction, and the whole of both.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::{CHUNK, MovingLayer};
use crate::dense::NetworkError;
use crate::host::RowMatrix;

/// Samples whose products are summed together.
const ROWS: usize = 1000;
/// Columns of a matrix that one thread fills.
const COLUMNS: usize = 96;

/// Curvature and noise along one direction p at w_0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvatureAndNoise {
    /// κ = pᵀHp, H the Hessian of L.
    pub curvature: f64,
    /// S = Var_n(g_n), g_n = p·∇ℓ_n of every sample, about their mean and divided by their number N.
    pub noise: f64,
    /// p·∇L.
    pub slope: f64,
}

/// Activations and probabilities of every sample at w_0, the moving layer's own weights, from which curvature and noise follow exactly.
///
/// With ReLU between dense layers, logits are piecewise linear in the weights of one layer: with h the inputs of the layer and J_n the
/// Jacobian of the logits of sample n by z = hW + b, a direction P changes the logits by u_n = J_n(h_nP). So
/// g_n = Σ_j (q_j − y_j) u_j, and the Hessian is that of Gauss and Newton but for the kinks,
/// κ = ⟨Σ_j q_j u_j² − (Σ_j q_j u_j)²⟩_n, q the probabilities: never negative. Were labels drawn from q, S would be κ + (mean slope)².
///
/// Samples in f32, everything summed over them in f64. Memory: that of the layer, and 4·samples·(widths after the layer, twice) bytes.
///
/// ```
/// use varflat_model::data::ImageSet;
/// use varflat_model::{MlpConfig, MovingLayer};
/// let network = MlpConfig::new(4, vec![3, 3], 2).initial(1)?;
/// let images = ImageSet { images: vec![0.5, 0.0, 1.0, 0.5, 0.1, 0.9, 0.3, 0.7], labels: vec![0, 1], rows: 2, columns: 2 };
/// let layer = MovingLayer::new(&network, "hidden", &images)?;
/// let here = layer.linearized();
/// let direction = vec![1.0 / 3.0; 9];
/// let along = here.along(&direction)?;
/// let hessian = here.hessian();
/// let kappa: f64 = hessian.iter().map(|entry| entry / 9.0).sum();
/// assert!((along.curvature - kappa).abs() < 1e-6 && along.noise >= 0.0);
/// # Ok::<(), varflat_model::NetworkError>(())
/// ```
pub struct LinearizedLayer<'a> {
    layer: &'a MovingLayer,
    chunks: Vec<Chunk>,
}

/// What some samples have at w_0.
struct Chunk {
    /// h.
    inputs: RowMatrix,
    /// z of the moving layer and of those after it, without the logits: what is not positive there passes nothing on.
    z: Vec<RowMatrix>,
    /// Probability q_j of every class but the label, `[samples, classes]`; of the label 0.
    others: Vec<f64>,
    labels: Vec<usize>,
}

impl MovingLayer {
    /// What every sample has at the layer's own weights w_0.
    pub fn linearized(&self) -> LinearizedLayer<'_> {
        let all: Vec<u32> = (0..self.samples() as u32).collect();
        let chunks = all.par_chunks(CHUNK).map(|samples| self.chunk(samples)).collect();
        LinearizedLayer { layer: self, chunks }
    }

    fn chunk(&self, samples: &[u32]) -> Chunk {
        let inputs = self.gathered(samples);
        let mut z = self.forward(&self.moving.weight, &inputs);
        let labels: Vec<usize> =
            samples.iter().map(|&sample| usize::from(self.labels[sample as usize])).collect();
        let others = z.pop().map_or(Vec::new(), |logits| {
            logits.each().zip(&labels).flat_map(|(row, &label)| other_probabilities(row, label)).collect()
        });
        Chunk { inputs, z, others, labels }
    }
}

/// q_j = exp(z_j)/Σ exp(z) of every class but the label, whose place holds 0: its own is 1 − Σ q_j, of which nothing would be left
/// to subtract from 1 where a sample is learnt.
pub(super) fn other_probabilities(logits: &[f32], label: usize) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponentials: Vec<f64> = logits.iter().map(|&z| f64::from(z - largest).exp()).collect();
    let all: f64 = exponentials.iter().sum();
    exponentials
        .iter()
        .enumerate()
        .map(|(class, exponential)| if class == label { 0.0 } else { exponential / all })
        .collect()
}

/// Sums over samples of what is averaged along a direction.
#[derive(Clone, Copy, Default)]
struct Sums {
    curvature: f64,
    slope: f64,
    square: f64,
}

impl LinearizedLayer<'_> {
    /// Along p, flattened from `[inputs, outputs]`.
    ///
    /// # Errors
    /// [`NetworkError::Shape`] when p has another number of entries than the layer has weights, or one that is not finite.
    pub fn along(&self, direction: &[f64]) -> Result<CurvatureAndNoise, NetworkError> {
        crate::landscape::check_direction(direction, self.layer.moving.weight.len())?;
        let p: Vec<f32> = direction.iter().map(|&entry| entry as f32).collect();
        let p = RowMatrix::new(&p, self.layer.moving.outputs);
        let mut all = Sums::default();
        for chunk in &self.chunks {
            let of_chunk = self.sums(chunk, &p);
            all.curvature += of_chunk.curvature;
            all.slope += of_chunk.slope;
            all.square += of_chunk.square;
        }
        let samples = self.layer.samples() as f64;
        let slope = all.slope / samples;
        let noise = (all.square / samples - slope * slope).max(0.0);
        Ok(CurvatureAndNoise { curvature: all.curvature / samples, noise, slope })
    }

    /// Along many directions, `[k, weights]` row by row, in parallel.
    ///
    /// # Errors
    /// As [`along`](Self::along).
    pub fn along_each(&self, directions: &[&[f64]]) -> Result<Vec<CurvatureAndNoise>, NetworkError> {
        directions.par_iter().map(|direction| self.along(direction)).collect()
    }

    fn sums(&self, chunk: &Chunk, p: &RowMatrix) -> Sums {
        let u = self.change_of_logits(chunk, chunk.inputs.times(self.layer.arch, p));
        let classes = u.columns;
        let mut sums = Sums::default();
        for ((u, others), &label) in u.each().zip(chunk.others.chunks_exact(classes)).zip(&chunk.labels) {
            // Measured from the label's own, v_j = u_j − u_y: g = Σ q_j v_j, κ = Σ q_j v_j² − g², no 1 − q in it.
            let of_label = f64::from(u[label]);
            let (mut slope, mut square) = (0.0, 0.0);
            for (&u, q) in u.iter().zip(others) {
                let v = f64::from(u) - of_label;
                slope += q * v;
                square += q * v * v;
            }
            sums.curvature += square - slope * slope;
            sums.slope += slope;
            sums.square += slope * slope;
        }
        sums
    }

    /// u = J dz: how the logits change with z of the moving layer.
    fn change_of_logits(&self, chunk: &Chunk, dz: RowMatrix) -> RowMatrix {
        let rest = self.layer.rest.iter().zip(&chunk.z);
        rest.fold(dz, |mut change, (layer, z)| {
            change.mask(z);
            change.times(self.layer.arch, &RowMatrix::new(&layer.weight, layer.outputs))
        })
    }

    /// H of the layer, `[weights, weights]`: ⟨(h hᵀ) ⊗ (Jᵀ(diag q − q qᵀ)J)⟩.
    ///
    /// As h hᵀ and the other factor are symmetric, it is one product of matrices `[samples, pairs]`: about samples·weights²/2 operations.
    /// Memory: 2.5 times what it returns.
    pub fn hessian(&self) -> Vec<f64> {
        self.mean_of_products(|jacobian, others| {
            let slope = gradient(jacobian, others);
            let width = slope.len();
            let mut square = vec![0.0; width * width];
            for (row, q) in jacobian.chunks_exact(width).zip(others).filter(|(_, q)| **q > 0.0) {
                for (i, a) in row.iter().enumerate() {
                    let line = &mut square[i * width..][..width];
                    line.iter_mut().zip(row).for_each(|(sum, b)| *sum += q * a * b);
                }
            }
            for (i, a) in slope.iter().enumerate() {
                let line = &mut square[i * width..][..width];
                line.iter_mut().zip(&slope).for_each(|(sum, b)| *sum -= a * b);
            }
            square
        })
    }

    /// The covariance S of the samples' gradients, `[weights, weights]`, about their mean and divided by their number N: a mini-batch of B
    /// drawn without replacement has a gradient of covariance S/B·(N − B)/(N − 1), one drawn with replacement S/B.
    ///
    /// Memory: as [`hessian`](Self::hessian).
    pub fn gradient_covariance(&self) -> Vec<f64> {
        let mut covariance = self.mean_of_products(|jacobian, others| {
            let d = gradient(jacobian, others);
            d.iter().flat_map(|a| d.iter().map(move |b| a * b)).collect()
        });
        let mean = self.gradient();
        for (row, a) in covariance.chunks_exact_mut(mean.len()).zip(&mean) {
            row.iter_mut().zip(&mean).for_each(|(entry, b)| *entry -= a * b);
        }
        covariance
    }

    /// Along every single weight, flattened from `[inputs, outputs]`: the diagonals of H and S, and ∇L.
    ///
    /// With G and d of a sample as in [`hessian`](Self::hessian), H_jj = ⟨h_i² G_aa⟩ and S_jj = ⟨h_i² d_a²⟩ − ⟨h_i d_a⟩² for the weight j from
    /// input i to output a: as many operations as samples times weights. Memory: 16·samples·outputs bytes.
    pub fn along_weights(&self) -> Vec<CurvatureAndNoise> {
        let outputs = self.layer.moving.outputs;
        // (d_a, G_aa) of every sample and output.
        let of_samples: Vec<Vec<(f64, f64)>> = self
            .chunks
            .par_iter()
            .map(|chunk| {
                let jacobians = self.jacobians(chunk);
                let samples = jacobians.iter().zip(chunk.each_others());
                samples.flat_map(|(jacobian, others)| slopes_and_curvatures(jacobian, others)).collect()
            })
            .collect();
        let samples = self.layer.samples() as f64;
        let of_input = |input: usize| {
            let mut sums = vec![Sums::default(); outputs];
            for (chunk, of_samples) in self.chunks.iter().zip(&of_samples) {
                for (h, of_outputs) in chunk.inputs.each().zip(of_samples.chunks_exact(outputs)) {
                    let h = f64::from(h[input]);
                    if h == 0.0 {
                        continue;
                    }
                    for (sums, (slope, curvature)) in sums.iter_mut().zip(of_outputs) {
                        sums.curvature += h * h * curvature;
                        sums.slope += h * slope;
                        sums.square += h * h * slope * slope;
                    }
                }
            }
            sums
        };
        let sums: Vec<Vec<Sums>> = (0..self.layer.d_in).into_par_iter().map(of_input).collect();
        sums.concat()
            .into_iter()
            .map(|sums| {
                let slope = sums.slope / samples;
                let noise = (sums.square / samples - slope * slope).max(0.0);
                CurvatureAndNoise { curvature: (sums.curvature / samples).max(0.0), noise, slope }
            })
            .collect()
    }

    /// ∇L, flattened from `[inputs, outputs]`.
    pub fn gradient(&self) -> Vec<f64> {
        let outputs = self.layer.moving.outputs;
        let mut mean = vec![0.0; self.layer.d_in * outputs];
        for chunk in &self.chunks {
            let jacobians = self.jacobians(chunk);
            for ((h, jacobian), others) in chunk.inputs.each().zip(&jacobians).zip(chunk.each_others()) {
                let d = gradient(jacobian, others);
                for (line, &h) in mean.chunks_exact_mut(outputs).zip(h).filter(|(_, h)| **h != 0.0) {
                    line.iter_mut().zip(&d).for_each(|(sum, d)| *sum += f64::from(h) * d);
                }
            }
        }
        let samples = self.layer.samples() as f64;
        mean.iter_mut().for_each(|sum| *sum /= samples);
        mean
    }

    /// J_j − J_y of some samples, a row for every class j, `[classes, outputs]` each.
    fn jacobians(&self, chunk: &Chunk) -> Vec<Vec<f64>> {
        let (outputs, rows) = (self.layer.moving.outputs, chunk.inputs.rows);
        // Column by column: how the logits change with one z of the moving layer.
        let columns: Vec<RowMatrix> = (0..outputs)
            .map(|output| {
                let mut unit = vec![0.0; rows * outputs];
                unit.iter_mut().skip(output).step_by(outputs).for_each(|entry| *entry = 1.0);
                self.change_of_logits(chunk, RowMatrix::new(&unit, outputs))
            })
            .collect();
        let of_sample = |(row, &label): (usize, &usize)| {
            let classes = columns.first().map_or(0, |column| column.columns);
            let mut jacobian = vec![0.0; classes * outputs];
            for (output, column) in columns.iter().enumerate() {
                let u = column.row(row);
                for (class, &u_j) in u.iter().enumerate() {
                    jacobian[class * outputs + output] = f64::from(u_j) - f64::from(u[label]);
                }
            }
            jacobian
        };
        chunk.labels.iter().enumerate().map(of_sample).collect()
    }

    /// ⟨(h hᵀ) ⊗ G⟩ over the samples, with G `[outputs, outputs]` symmetric, made of J_j − J_y and q.
    fn mean_of_products(&self, symmetric: impl Fn(&[f64], &[f64]) -> Vec<f64> + Sync) -> Vec<f64> {
        let (inputs, outputs) = (self.layer.d_in, self.layer.moving.outputs);
        let (left, right) = (pairs(inputs), pairs(outputs));
        let mut product = Mat::<f64>::zeros(left.len(), right.len());
        for together in self.chunks.chunks(ROWS / CHUNK) {
            let rows: Vec<(Vec<f64>, Vec<f64>)> = together
                .par_iter()
                .map(|chunk| {
                    let jacobians = self.jacobians(chunk);
                    let (mut of_inputs, mut of_outputs) = (Vec::new(), Vec::new());
                    for ((h, jacobian), others) in
                        chunk.inputs.each().zip(&jacobians).zip(chunk.each_others())
                    {
                        of_inputs.extend(left.iter().map(|&(i, j)| f64::from(h[i]) * f64::from(h[j])));
                        let g = symmetric(jacobian, others);
                        of_outputs.extend(right.iter().map(|&(a, b)| g[a * outputs + b]));
                    }
                    (of_inputs, of_outputs)
                })
                .collect();
            for (of_inputs, of_outputs) in rows {
                add_transposed_product(product.as_mut(), &of_inputs, &of_outputs);
            }
        }
        let samples = self.layer.samples() as f64;
        let weights = inputs * outputs;
        let mut whole = vec![0.0; weights * weights];
        for (row, &(i, j)) in left.iter().enumerate() {
            for (column, &(a, b)) in right.iter().enumerate() {
                let mean = product[(row, column)] / samples;
                for (i, j) in [(i, j), (j, i)] {
                    whole[(i * outputs + a) * weights + j * outputs + b] = mean;
                    whole[(i * outputs + b) * weights + j * outputs + a] = mean;
                }
            }
        }
        whole
    }
}

impl Chunk {
    /// q of every sample.
    fn each_others(&self) -> impl Iterator<Item = &[f64]> {
        self.others.chunks_exact((self.others.len() / self.labels.len().max(1)).max(1))
    }
}

/// δ = Σ_j q_j (J_j − J_y): the gradient of a sample by z.
fn gradient(jacobian: &[f64], others: &[f64]) -> Vec<f64> {
    let width = jacobian.len() / others.len().max(1);
    let mut sum = vec![0.0; width];
    for (row, q) in jacobian.chunks_exact(width).zip(others) {
        sum.iter_mut().zip(row).for_each(|(sum, entry)| *sum += q * entry);
    }
    sum
}

/// d_a and G_aa = Σ_j q_j v_ja² − d_a² of a sample, v = J_j − J_y, for every output a of the moving layer.
fn slopes_and_curvatures(jacobian: &[f64], others: &[f64]) -> Vec<(f64, f64)> {
    let slopes = gradient(jacobian, others);
    let mut squares = vec![0.0; slopes.len()];
    for (row, q) in jacobian.chunks_exact(slopes.len()).zip(others) {
        squares.iter_mut().zip(row).for_each(|(sum, v)| *sum += q * v * v);
    }
    slopes.into_iter().zip(squares).map(|(slope, square)| (slope, square - slope * slope)).collect()
}

/// (i, j) with i ≤ j.
fn pairs(size: usize) -> Vec<(usize, usize)> {
    (0..size).flat_map(|i| (i..size).map(move |j| (i, j))).collect()
}

/// Adds AᵀB to the target, A and B row by row, in parallel over columns of fixed width.
fn add_transposed_product(target: MatMut<'_, f64>, a: &[f64], b: &[f64]) {
    let (left, right) = (target.nrows(), target.ncols());
    let rows = a.len() / left;
    let a = MatRef::from_row_major_slice(a, rows, left).transpose();
    let b = MatRef::from_row_major_slice(b, rows, right);
    target.par_col_chunks_mut(COLUMNS).enumerate().for_each(|(index, columns)| {
        let part = b.subcols(index * COLUMNS, columns.ncols());
        matmul(columns, Accum::Add, a, part, 1.0, Par::Seq);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MlpConfig;
    use crate::data::ImageSet;
    use crate::dense::DenseNetwork;
    use crate::random::{Purpose, stream, uniform};

    fn network() -> DenseNetwork {
        MlpConfig::new(6, vec![4, 3], 3).initial(3).unwrap()
    }

    /// Whether no unit is about to turn on or off: a difference of gradients across such a kink is no curvature.
    fn is_smooth(image: &[f32]) -> bool {
        let mut values: Vec<f64> = image.iter().map(|&pixel| f64::from(pixel)).collect();
        network().layers().iter().all(|layer| {
            let z = layer.apply(&values);
            values = z.iter().map(|z| z.max(0.0)).collect();
            z.iter().all(|z| z.abs() > 0.03)
        })
    }

    fn images(distinct: usize, copies: usize, label: impl Fn(usize, usize) -> u8) -> ImageSet {
        let mut random = stream(5, Purpose::InitialWeights, 1);
        let mut draw = || (0..6).map(|_| 3.0 * uniform(&mut random)).collect::<Vec<f32>>();
        let each: Vec<Vec<f32>> =
            std::iter::from_fn(|| Some(draw())).filter(|image| is_smooth(image)).take(distinct).collect();
        ImageSet {
            images: each.iter().flat_map(|image| image.repeat(copies)).collect(),
            labels: (0..distinct)
                .flat_map(|image| (0..copies).map(move |copy| (image, copy)))
                .map(|(i, c)| label(i, c))
                .collect(),
            rows: 2,
            columns: 3,
        }
    }

    fn near(a: f64, b: f64, scale: f64) -> bool {
        (a - b).abs() < scale
    }

    #[test]
    fn curvature_is_that_of_finite_differences_and_noise_that_of_samples() {
        for name in ["input", "hidden", "output"] {
            let set = images(40, 1, |image, _| (image * 7 % 3) as u8);
            let layer = MovingLayer::new(&network(), name, &set).unwrap();
            let here = layer.linearized();
            let weights: Vec<f64> = layer.weights().iter().map(|&w| f64::from(w)).collect();
            let count = weights.len();
            let (hessian, covariance) = (here.hessian(), here.gradient_covariance());
            let differences = layer.hessian(&weights, None, 2e-3).unwrap();
            let largest = hessian.iter().fold(0.0, |most: f64, entry| most.max(entry.abs()));
            for (exact, difference) in hessian.iter().zip(&differences) {
                assert!(near(*exact, *difference, 2e-3 * largest), "{name}: {exact} against {difference}");
            }
            let full = layer.full_gradient(layer.weights()).unwrap();
            for (a, b) in here.gradient().iter().zip(&full) {
                assert!(near(*a, *b, 1e-6), "{name}: {a} against {b}");
            }
            let of_weights = here.along_weights();
            assert_eq!(of_weights.len(), count);
            for (weight, found) in of_weights.iter().enumerate() {
                let diagonal = |matrix: &[f64]| matrix[weight * (count + 1)];
                assert!(near(found.curvature, diagonal(&hessian), 1e-12 * largest), "{name}: {found:?}");
                assert!(near(found.noise, diagonal(&covariance), 1e-12), "{name}: {found:?}");
                assert!(near(found.slope, here.gradient()[weight], 1e-12), "{name}: {found:?}");
            }
            let mut random = stream(9, Purpose::InitialWeights, 2);
            for _ in 0..3 {
                let p: Vec<f64> = (0..count).map(|_| f64::from(uniform(&mut random)) - 0.5).collect();
                let quadratic = |matrix: &[f64]| -> f64 {
                    matrix
                        .chunks_exact(count)
                        .zip(&p)
                        .map(|(row, a)| a * row.iter().zip(&p).map(|(m, b)| m * b).sum::<f64>())
                        .sum()
                };
                let along = here.along(&p).unwrap();
                assert!(
                    near(along.curvature, quadratic(&hessian), 1e-5 * along.curvature),
                    "{name}: {along:?}"
                );
                assert!(near(along.noise, quadratic(&covariance), 1e-5 * along.noise), "{name}: {along:?}");
                let slopes: Vec<f64> =
                    layer.along(&p, 0.0).unwrap().iter().map(|sample| sample.slope).collect();
                let mean = slopes.iter().sum::<f64>() / 40.0;
                let variance = slopes.iter().map(|slope| (slope - mean).powi(2)).sum::<f64>() / 40.0;
                assert!(
                    near(along.slope, mean, 1e-5) && near(along.noise, variance, 1e-4 * variance),
                    "{name}: {along:?}"
                );
            }
        }
    }

    /// Labels that the network itself draws: E[g gᵀ] of a sample is its Gauss–Newton matrix, whatever the weights are.
    #[test]
    fn of_labels_that_the_network_draws_the_noise_is_the_curvature() {
        let copies = 4000;
        let unlabelled = images(5, 1, |_, _| 0);
        let layer = MovingLayer::new(&network(), "hidden", &unlabelled).unwrap();
        let logits: Vec<Vec<f32>> = layer
            .forward(layer.weights(), &layer.gathered(&[0, 1, 2, 3, 4]))
            .pop()
            .unwrap()
            .each()
            .map(<[f32]>::to_vec)
            .collect();
        // In exact proportion, as far as copies allow: no chance is needed.
        let label = |image: usize, copy: usize| {
            let exponentials: Vec<f64> = logits[image].iter().map(|&z| f64::from(z).exp()).collect();
            let place = (copy as f64 + 0.5) / copies as f64 * exponentials.iter().sum::<f64>();
            let mut below = 0.0;
            exponentials
                .iter()
                .position(|e| {
                    below += e;
                    place < below
                })
                .unwrap_or(2) as u8
        };
        let drawn = images(5, copies, label);
        let layer = MovingLayer::new(&network(), "hidden", &drawn).unwrap();
        let here = layer.linearized();
        let (hessian, covariance) = (here.hessian(), here.gradient_covariance());
        let largest = hessian.iter().fold(0.0, |most: f64, entry| most.max(entry.abs()));
        for (curvature, noise) in hessian.iter().zip(&covariance) {
            assert!(near(*curvature, *noise, 1e-3 * largest), "{curvature} against {noise}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let layer = MovingLayer::new(&network(), "hidden", &images(3, 1, |image, _| image as u8)).unwrap();
        assert!(layer.linearized().along(&[1.0; 3]).is_err());
        assert!(layer.linearized().along(&[f64::NAN; 12]).is_err());
    }
}
