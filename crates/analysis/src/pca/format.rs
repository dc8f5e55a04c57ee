//! The format of floating-point numbers that weights were rounded to, by the digits they have.

/// Numbers that all have as few digits as bf16 or f16 by chance are fewer than these.
const ENOUGH: usize = 1000;

/// A format with an exponent and so many binary digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// 8 digits.
    Bfloat16,
    /// 11 digits, and no spacing under 2⁻²⁴.
    Half,
    /// 24 digits.
    Single,
    /// 53 digits.
    Double,
}

/// What is looked at of every weight.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Digits {
    /// All bits that are set in any of them.
    pub(super) bits: u64,
    /// The largest |w|.
    pub(super) largest: f64,
}

impl Format {
    /// The narrowest format that holds `count` numbers with these digits: where they come from, whatever they were widened to since.
    pub(super) fn of(digits: Digits, count: usize) -> Self {
        let fraction = digits.bits & ((1 << (f64::MANTISSA_DIGITS - 1)) - 1);
        let used =
            f64::MANTISSA_DIGITS.saturating_sub(fraction.trailing_zeros().min(f64::MANTISSA_DIGITS - 1));
        let within = |least: f64, most: f64| (least..=most).contains(&digits.largest);
        // Numbers scaled by a power of two keep their digits, but not the range.
        let single = within(f64::from(f32::MIN_POSITIVE), f64::from(f32::MAX));
        match used {
            0..=8 if single && count >= ENOUGH => Self::Bfloat16,
            0..=11 if within(2f64.powi(-14), 65504.0) && count >= ENOUGH => Self::Half,
            0..=24 if single => Self::Single,
            _ => Self::Double,
        }
    }

    /// The distance between neighbouring numbers around `weight`.
    pub(super) fn ulp(self, weight: f64) -> f64 {
        let magnitude = weight.abs();
        // The power of two at or under it.
        let power = f64::from_bits(magnitude.to_bits() & (0x7ff << (f64::MANTISSA_DIGITS - 1)));
        match self {
            Self::Bfloat16 => power * 2f64.powi(-7),
            Self::Half => (power * 2f64.powi(-10)).max(2f64.powi(-24)),
            Self::Single => {
                let magnitude = magnitude as f32;
                f64::from(magnitude.next_up()) - f64::from(magnitude)
            }
            Self::Double => magnitude.next_up() - magnitude,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(values: impl Iterator<Item = f64>) -> Format {
        let (mut digits, mut count) = (Digits::default(), 0);
        for value in values {
            digits.bits |= value.to_bits();
            digits.largest = digits.largest.max(value.abs());
            count += 1;
        }
        Format::of(digits, count)
    }

    #[test]
    fn weights_tell_what_they_were_rounded_to() {
        let exact = || (0..2000).map(|i| (0.1 + f64::from(i) * 0.7).sin());
        let cut = |value: f64, digits: i32| {
            let ulp = 2f64.powi(value.abs().log2().floor() as i32 + 1 - digits);
            (value / ulp).round() * ulp
        };
        assert_eq!(format(exact()), Format::Double);
        assert_eq!(format(exact().map(|w| f64::from(w as f32))), Format::Single);
        assert_eq!(format(exact().map(|w| cut(w, 11))), Format::Half);
        assert_eq!(format(exact().map(|w| cut(w, 8))), Format::Bfloat16);
        // Some numbers of a notebook cell, and numbers beyond f32.
        assert_eq!(format([0.0, 1.0, 0.5, 3.0].into_iter()), Format::Single);
        assert_eq!(format(exact().map(|w| f64::from(w as f32) * 2f64.powi(200))), Format::Double);
        assert_eq!(format(exact().map(|w| f64::from(w as f32) * 2f64.powi(-200))), Format::Double);
    }

    #[test]
    fn the_spacing_is_that_of_the_format() {
        assert_eq!(Format::Bfloat16.ulp(-1.3), 2f64.powi(-7));
        assert_eq!(Format::Half.ulp(2.5), 2f64.powi(-9));
        assert_eq!(Format::Half.ulp(1e-9), 2f64.powi(-24));
        assert_eq!(Format::Single.ulp(1.5), 2f64.powi(-23));
        assert_eq!(Format::Double.ulp(-1.5), 2f64.powi(-52));
        assert_eq!(Format::Bfloat16.ulp(0.0), 0.0);
    }
}
