//! The implicit step on the host: every direction is read once, and used twice while it is in the cache.

use pulp::{Arch, Simd, WithSimd};

use super::Place;

/// Vectors that are summed side by side, so that no sum waits for the one before.
const SUMS: usize = 4;

/// w ← w_1 + d, d = (w − w_1) shortened along each direction by 1/(1 + 2αk_i).
///
/// Along orthonormal directions one after the other is the same as all at once.
pub(super) fn relax(weights: &mut [f32], place: &Place, stiffness: &[f32], learning_rate: f64) {
    let rate = 2.0 * learning_rate as f32;
    let Some(directions) = &place.directions else {
        for ((w, centre), k) in weights.iter_mut().zip(&place.centre).zip(stiffness) {
            *w = centre + (*w - centre) / (1.0 + rate * k);
        }
        return;
    };
    let arch = Arch::new();
    weights.iter_mut().zip(&place.centre).for_each(|(w, centre)| *w -= centre);
    for (direction, k) in directions.chunks_exact(weights.len()).zip(stiffness) {
        let along = arch.dispatch(Dot(weights, direction));
        // What is left is c/(1 + 2αk).
        let taken = along * (rate * k / (1.0 + rate * k));
        arch.dispatch(Subtract(weights, direction, taken));
    }
    weights.iter_mut().zip(&place.centre).for_each(|(w, centre)| *w += centre);
}

/// Two rows of `[directions, weights]` whose product is further from δ_ij than `allowed`, if there are any.
pub(super) fn not_orthonormal(rows: &[f32], weights: usize, allowed: f32) -> Option<(usize, usize)> {
    let arch = Arch::new();
    let rows: Vec<&[f32]> = rows.chunks_exact(weights.max(1)).collect();
    let pairs = (0..rows.len()).flat_map(|one| (0..=one).map(move |other| (one, other)));
    pairs.into_iter().find(|&(one, other)| {
        let expected = f32::from(u8::from(one == other));
        let product = arch.dispatch(Dot(rows[one], rows[other]));
        // A product that is no number is not small either.
        !(product - expected).abs().le(&allowed)
    })
}

/// Σ_j a_j b_j.
struct Dot<'a>(&'a [f32], &'a [f32]);

impl WithSimd for Dot<'_> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f32 {
        let ((a, a_rest), (b, b_rest)) = (S::as_simd_f32s(self.0), S::as_simd_f32s(self.1));
        let ((a, a_last), (b, b_last)) = (a.as_chunks::<SUMS>(), b.as_chunks::<SUMS>());
        let mut sums = [simd.splat_f32s(0.0); SUMS];
        for (a, b) in a.iter().zip(b) {
            for ((sum, &a), &b) in sums.iter_mut().zip(a).zip(b) {
                *sum = simd.mul_add_e_f32s(a, b, *sum);
            }
        }
        for ((sum, &a), &b) in sums.iter_mut().zip(a_last).zip(b_last) {
            *sum = simd.mul_add_e_f32s(a, b, *sum);
        }
        let [one, two, three, four] = sums;
        let sum = simd.add_f32s(simd.add_f32s(one, two), simd.add_f32s(three, four));
        let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
        simd.reduce_sum_f32s(sum) + rest
    }
}

/// a ← a − c·b.
struct Subtract<'a>(&'a mut [f32], &'a [f32], f32);

impl WithSimd for Subtract<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self(a, b, factor) = self;
        let ((a, a_rest), (b, b_rest)) = (S::as_mut_simd_f32s(a), S::as_simd_f32s(b));
        let negative = simd.splat_f32s(-factor);
        for (a, &b) in a.iter_mut().zip(b) {
            *a = simd.mul_add_e_f32s(negative, b, *a);
        }
        for (a, &b) in a_rest.iter_mut().zip(b_rest) {
            *a -= factor * b;
        }
    }
}
