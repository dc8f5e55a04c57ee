//! Cross-entropy that keeps its accuracy for confident samples.
//!
//! With logits z and label y, ℓ = ln(1 + Σ_{j≠y} exp(z_j − z_y)). Late in training ℓ is 1e-5 and
//! smaller, where the usual logsumexp(z) − z_y has lost every digit in f32.

#[cfg(feature = "burn")]
mod of_tensors;

#[cfg(feature = "burn")]
pub use of_tensors::{cross_entropy, cross_entropy_gradient};

/// ℓ of one sample in f64, exact to rounding for any margin; NaN for a label without a logit.
///
/// Formula: with m_j = z_j − z_y and t = max(0, max_j m_j),
/// ℓ = t + log1p(Σ_{j≠y} exp(m_j − t) + expm1(−t)).
pub fn sample_cross_entropy<Z: Copy + Into<f64>>(logits: &[Z], label: usize) -> f64 {
    let Some(&correct) = logits.get(label) else { return f64::NAN };
    let correct: f64 = correct.into();
    let margins = || {
        let others = logits.iter().enumerate().filter(move |(class, _)| *class != label);
        others.map(move |(_, &z)| z.into() - correct)
    };
    let shift = margins().fold(0.0, f64::max);
    if !shift.is_finite() || !correct.is_finite() {
        return f64::NAN;
    }
    let sum: f64 = margins().map(|margin| (margin - shift).exp()).sum();
    shift + (sum + (-shift).exp_m1()).ln_1p()
}

/// Whether the largest logit belongs to another class than the label. A tie counts as an error,
/// and so does a logit that is not a number, and a label without one.
pub fn is_error<Z: Copy + PartialOrd>(logits: &[Z], label: usize) -> bool {
    let Some(&correct) = logits.get(label) else { return true };
    let mut others = logits.iter().enumerate().filter(|(class, _)| *class != label);
    !others.all(|(_, &z)| z < correct)
}

/// The margin z_y − max_{j≠y} z_j: positive where the sample is classified right; NaN for a label without a logit.
pub fn margin(logits: &[f32], label: usize) -> f64 {
    let Some(&correct) = logits.get(label) else { return f64::NAN };
    let others = logits.iter().enumerate().filter(|(class, _)| *class != label);
    f64::from(correct) - others.map(|(_, &z)| f64::from(z)).fold(f64::NEG_INFINITY, f64::max)
}

/// ∂L/∂z of the batch mean of ℓ, of one of its samples, in place: p_j/B, and the label's entry −Σ_{j≠y} p_j/B.
pub(crate) fn logit_gradient(logits: &mut [f32], label: usize, batch: usize) {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut all = 0.0;
    for z in logits.iter_mut() {
        *z = (*z - largest).exp();
        all += *z;
    }
    let share = 1.0 / (all * batch as f32);
    let mut others = 0.0;
    for (_, p) in logits.iter_mut().enumerate().filter(|(class, _)| *class != label) {
        *p *= share;
        others += *p;
    }
    logits[label] = -others;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_margin_is_to_the_best_of_the_others() {
        assert_eq!(margin(&[1.0, 4.0, 3.5], 1), 0.5);
        assert_eq!(margin(&[1.0, 4.0, 3.5], 0), -3.0);
    }

    #[test]
    fn confident_samples_keep_their_digits() {
        for margin in [5.0f32, 20.0, 40.0, 80.0] {
            let loss = sample_cross_entropy(&[0.0, margin, 0.0], 1);
            let exact = (2.0 * (-f64::from(margin)).exp()).ln_1p();
            assert!((loss / exact - 1.0).abs() < 1e-14, "margin {margin}: {loss} against {exact}");
        }
    }

    #[test]
    fn wrong_samples_do_not_overflow() {
        let loss = sample_cross_entropy(&[2000.0, 0.0], 1);
        assert!((loss - 2000.0).abs() < 1e-9);
        assert!((sample_cross_entropy(&[1.0, 1.0], 0) - 2f64.ln()).abs() < 1e-15);
    }

    #[test]
    fn not_a_number_stays_visible() {
        assert!(
            sample_cross_entropy(&[f32::NAN, 0.0], 1).is_nan()
                || sample_cross_entropy(&[f32::NAN, 0.0], 0).is_nan()
        );
        assert!(sample_cross_entropy(&[f32::INFINITY, 0.0], 1).is_nan());
        assert!(is_error(&[f32::NAN, 0.0], 1));
    }

    #[test]
    fn ties_are_errors() {
        assert!(is_error(&[1.0, 1.0], 0));
        assert!(!is_error(&[1.5, 1.0], 0));
    }
}
