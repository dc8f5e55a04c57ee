//! exp and ln(1 + x) on vectors of f32: straight-line code, no table, no branch.
//!
//! Relative error below 2e-7 over the whole range, with and without fused multiply-add (tested
//! against f64 on every instruction set of the machine).

use pulp::Simd;

/// Rounds to the nearest integer when added and subtracted again: 1.5·2²³.
const ROUND: f32 = 12_582_912.0;
/// ln 2 in two parts: the first has few enough bits for n·ln 2 to be exact.
const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
/// (e^r − 1 − r)/r² on |r| ≤ ln 2 / 2, highest power first.
const EXP: [f32; 6] = [1.988_078e-4, 1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_6e-1, 0.5];
/// (ln(1 + f) − f + f²/2)/f³ on √½ ≤ 1 + f < √2, highest power first.
const LN: [f32; 9] = [
    7.037_683_6e-2,
    -1.151_461e-1,
    1.167_699_9e-1,
    -1.242_014_1e-1,
    1.424_932_3e-1,
    -1.666_805_8e-1,
    2.000_071_5e-1,
    -2.499_999_4e-1,
    3.333_333e-1,
];
/// The bits of √½.
const SQRT_HALF: u32 = 0x3f35_04f3;

/// e^x for x ≤ 88; below −87 the result is e^−87 ≈ 1.6e-38 instead of a denormal number.
#[inline(always)]
pub(super) fn exp<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let x = simd.max_f32s(simd.splat_f32s(-87.0), x);
    // x = n·ln 2 + r.
    let round = simd.splat_f32s(ROUND);
    let shifted = simd.mul_add_e_f32s(x, simd.splat_f32s(std::f32::consts::LOG2_E), round);
    let n = simd.sub_f32s(shifted, round);
    let r = simd.mul_add_e_f32s(n, simd.splat_f32s(-LN_2[0]), x);
    let r = simd.mul_add_e_f32s(n, simd.splat_f32s(-LN_2[1]), r);
    let tail = simd.mul_add_e_f32s(polynomial(simd, &EXP, r), simd.mul_f32s(r, r), r);
    let mantissa = simd.add_f32s(tail, simd.splat_f32s(1.0));
    // The low bits of the shifted number are n: 2ⁿ by putting them into the exponent.
    let bits = simd.wrapping_dyn_shl_u32s(simd.transmute_u32s_f32s(shifted), simd.splat_u32s(23));
    let power = simd.add_u32s(bits, simd.splat_u32s(1.0f32.to_bits()));
    simd.mul_f32s(mantissa, simd.transmute_f32s_u32s(power))
}

/// ln(1 + x) for 0 ≤ x < 1e30, accurate also for tiny x.
#[inline(always)]
pub(super) fn ln_1p<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let one = simd.splat_f32s(1.0);
    let u = simd.add_f32s(one, x);
    // u = m·2^e with m in [√½, √2).
    let bits = simd.sub_u32s(simd.transmute_u32s_f32s(u), simd.splat_u32s(SQRT_HALF));
    let exponent = simd.wrapping_dyn_shr_u32s(bits, simd.splat_u32s(23));
    // A small integer e is the float 2²³ + e without its 2²³.
    let whole = 8_388_608.0f32;
    let e = simd.transmute_f32s_u32s(simd.or_u32s(exponent, simd.splat_u32s(whole.to_bits())));
    let e = simd.sub_f32s(e, simd.splat_f32s(whole));
    let mantissa = simd.and_u32s(bits, simd.splat_u32s(0x007f_ffff));
    let m = simd.transmute_f32s_u32s(simd.add_u32s(mantissa, simd.splat_u32s(SQRT_HALF)));
    let f = simd.sub_f32s(m, one);
    let square = simd.mul_f32s(f, f);
    let cubic = simd.mul_f32s(simd.mul_f32s(polynomial(simd, &LN, f), f), square);
    let tail = simd.mul_add_e_f32s(square, simd.splat_f32s(-0.5), cubic);
    let tail = simd.mul_add_e_f32s(e, simd.splat_f32s(LN_2[1]), tail);
    let ln_u = simd.mul_add_e_f32s(e, simd.splat_f32s(LN_2[0]), simd.add_f32s(f, tail));
    // 1 + x was rounded; x/(u − 1) puts the lost digits back (Kahan). Where u is 1, ln(1 + x) is x.
    let rounded = simd.sub_f32s(u, one);
    let corrected = simd.mul_f32s(ln_u, simd.div_f32s(x, rounded));
    simd.select_f32s(simd.equal_f32s(u, one), x, corrected)
}

/// Horner's scheme, highest power first.
#[inline(always)]
fn polynomial<S: Simd>(simd: S, coefficients: &[f32], x: S::f32s) -> S::f32s {
    let mut value = simd.splat_f32s(coefficients[0]);
    for &coefficient in &coefficients[1..] {
        value = simd.mul_add_e_f32s(value, x, simd.splat_f32s(coefficient));
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulp::{Arch, Scalar, WithSimd};

    #[derive(Clone, Copy)]
    enum Function {
        Exp,
        Ln1p,
    }

    struct Apply<'a>(Function, &'a mut [f32]);

    impl WithSimd for Apply<'_> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            let (vectors, rest) = S::as_mut_simd_f32s(self.1);
            assert!(rest.is_empty());
            for x in vectors {
                *x = match self.0 {
                    Function::Exp => exp(simd, *x),
                    Function::Ln1p => ln_1p(simd, *x),
                };
            }
        }
    }

    /// The function on the widest vectors of this machine, and without any.
    fn both_ways(function: Function, x: &[f32]) -> [Vec<f32>; 2] {
        let mut padded = x.to_vec();
        padded.resize(x.len().next_multiple_of(16), 0.0);
        let (mut wide, mut scalar) = (padded.clone(), padded);
        Arch::new().dispatch(Apply(function, &mut wide));
        Scalar.vectorize(Apply(function, &mut scalar));
        wide.truncate(x.len());
        scalar.truncate(x.len());
        [wide, scalar]
    }

    fn assert_close(function: Function, x: &[f32], exact: impl Fn(f64) -> f64) {
        for values in both_ways(function, x) {
            for (value, &x) in values.iter().zip(x) {
                let error = (f64::from(*value) / exact(f64::from(x)) - 1.0).abs();
                assert!(error < 2e-7, "at {x:e}: relative error {error:e}");
            }
        }
    }

    #[test]
    fn exp_agrees_with_f64() {
        let x: Vec<f32> = (-870_000..=600_000).map(|step| step as f32 * 1e-4).collect();
        assert_close(Function::Exp, &x, f64::exp);
        for values in both_ways(Function::Exp, &[0.0, -1e30, f32::NEG_INFINITY]) {
            assert_eq!(values[0], 1.0);
            assert!(values[1] < 2e-38 && values[2] < 2e-38);
        }
    }

    #[test]
    fn ln_1p_agrees_with_f64_over_sixty_decades() {
        let mut x: Vec<f32> = vec![1e-37];
        while let Some(&last) = x.last()
            && last < 1e26
        {
            x.push(last * 1.000_1);
        }
        assert_close(Function::Ln1p, &x, f64::ln_1p);
        for values in both_ways(Function::Ln1p, &[0.0]) {
            assert_eq!(values[0], 0.0);
        }
    }
}
