//! The same loss and its gradient as tensors, on whatever device the logits are.

use burn::tensor::Tensor;
use burn::tensor::activation::softmax;

/// ∂L/∂z of the batch mean of ℓ, `[batch, classes]`: (p − 1_y)/B with p the softmax.
///
/// The entry of the label is −Σ_{j≠y} p_j, not p_y − 1: the same number without the cancellation
/// that stops the learning of confident samples in f32. `one_hot` is `[batch, classes]`.
pub fn cross_entropy_gradient(logits: Tensor<2>, one_hot: Tensor<2>) -> Tensor<2> {
    let [batch, _] = logits.dims();
    let probabilities = softmax(logits, 1);
    let others = probabilities.clone() - probabilities * one_hot.clone();
    let missing = others.clone().sum_dim(1);
    (others - one_hot * missing).div_scalar(batch as f64)
}

/// ℓ of every sample, of logits `[…, classes]`: `[…, 1]`. `one_hot` is `[…, classes]`, and may have a 1 where the logits have more.
///
/// The formula of [`sample_cross_entropy`](super::sample_cross_entropy) in f32: with m_j = z_j − z_y and t = max_j m_j, which is
/// no less than m_y = 0, ℓ = t + log1p(Σ_{j≠y} exp(m_j − t) + exp(−t) − 1).
pub fn cross_entropy<const D: usize>(logits: Tensor<D>, one_hot: Tensor<D>) -> Tensor<D> {
    let classes = D - 1;
    let correct = (logits.clone() * one_hot.clone()).sum_dim(classes);
    let margins = logits - correct;
    let shift = margins.clone().max_dim(classes);
    let others = (margins - shift.clone()).exp() * (-one_hot + 1.0);
    // Where a sample is right, t = 0 and nothing cancels; elsewhere a term of the sum is one.
    let sum = others.sum_dim(classes) + (shift.clone().neg().exp() - 1.0);
    shift + log1p(sum)
}

/// ln(1 + x) for x ≥ 0, with all digits of a small x.
///
/// burn's own is ln(1 + x) as it is written on GPUs: zero for every confident sample. Below ½ this is the series
/// 2 artanh(t) = 2 (t + t³/3 + t⁵/5 + …) with t = x/(2 + x).
fn log1p<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let t = x.clone() / (x.clone() + 2.0);
    let square = t.clone() * t.clone();
    let mut series = square.clone() / 11.0;
    for odd in [9.0, 7.0, 5.0, 3.0] {
        series = (series + 1.0 / odd) * square.clone();
    }
    let small = x.clone().lower_elem(0.5);
    (x + 1.0).log().mask_where(small, (series + 1.0) * t * 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::{logit_gradient, sample_cross_entropy};

    #[test]
    fn the_gradient_of_a_row_is_that_of_the_tensor() {
        let device = crate::device::open(None).unwrap().device;
        let logits = [[0.5f32, -3.0, 12.0], [200.0, 1.0, -90.0], [-1.0, -1.0, -1.0]];
        let labels = [2, 1, 0];
        let one_hot = labels.map(|label| [0, 1, 2].map(|class| if class == label { 1.0f32 } else { 0.0 }));
        let tensor = cross_entropy_gradient(
            Tensor::<2>::from_data(logits, &device),
            Tensor::<2>::from_data(one_hot, &device),
        );
        let tensor = tensor.try_into_vec_as::<f32>().unwrap();
        for ((mut row, label), expected) in logits.into_iter().zip(labels).zip(tensor.chunks(3)) {
            logit_gradient(&mut row, label, 3);
            for (value, expected) in row.iter().zip(expected) {
                assert!((value - expected).abs() <= 1e-6 * expected.abs(), "{value} against {expected}");
            }
        }
        let mut hopeless = [f32::NAN, 0.0];
        logit_gradient(&mut hopeless, 0, 1);
        assert!(hopeless[0].is_nan());
    }

    #[test]
    fn the_loss_of_a_tensor_is_that_of_its_rows() {
        let mut logits = vec![[2000.0f32, 0.0, 5.0], [1.0, 1.0, 1.0], [0.3, 0.1, 0.2], [-4.0, 3.0, 2.9]];
        logits.extend((0..90).map(|margin| [0.0, -(margin as f32), -1.5 * margin as f32]));
        for backend in crate::device::Backend::compiled() {
            let Ok(open) = crate::device::open(Some(backend.name())) else { continue };
            for label in 0..3 {
                let one_hot = [0, 1, 2].map(|class| if class == label { 1.0f32 } else { 0.0 });
                let rows = Tensor::cat(
                    logits.iter().map(|&row| Tensor::<2>::from_data([row], &open.device)).collect(),
                    0,
                );
                let losses = cross_entropy(rows, Tensor::from_data([one_hot], &open.device));
                let losses = losses.try_into_vec_as::<f32>().unwrap();
                for (row, loss) in logits.iter().zip(losses) {
                    let exact = sample_cross_entropy(row, label);
                    // Vulkan allows an error of (3 + 2|x|) units in the last place for exp(x).
                    let allowed = 1e-5 * exact + 1e-38;
                    assert!(
                        (f64::from(loss) - exact).abs() <= allowed,
                        "{}: {row:?}: {loss} against {exact}",
                        backend.name()
                    );
                }
            }
        }
    }
}
