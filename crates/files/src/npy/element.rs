//! The numbers of an NPY file: floats of two, four or eight bytes, in either order of the bytes.

/// How many bytes a float takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// f16.
    Half,
    /// f32.
    Single,
    /// f64.
    Double,
}

/// An element type that weights can be read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FloatElement {
    /// Its length.
    pub precision: Precision,
    /// Whether the first byte is the largest.
    pub big_endian: bool,
}

/// What floats are read as: f32, to which f64 is rounded, and f64.
pub trait FromFloat: Copy + Default {
    /// From f32, which f16 is widened to.
    fn from_single(value: f32) -> Self;
    /// From f64.
    fn from_double(value: f64) -> Self;
    /// The same memory as f32, if it is that.
    fn as_singles(values: &mut [Self]) -> Option<&mut [f32]>;
}

impl FromFloat for f32 {
    fn from_single(value: f32) -> Self {
        value
    }

    fn from_double(value: f64) -> Self {
        value as f32
    }

    fn as_singles(values: &mut [Self]) -> Option<&mut [f32]> {
        Some(values)
    }
}

impl FromFloat for f64 {
    fn from_single(value: f32) -> Self {
        f64::from(value)
    }

    fn from_double(value: f64) -> Self {
        value
    }

    fn as_singles(_: &mut [Self]) -> Option<&mut [f32]> {
        None
    }
}

impl std::fmt::Display for FloatElement {
    /// As numpy writes it: `<f4`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}f{}", if self.big_endian { '>' } else { '<' }, self.bytes())
    }
}

impl FloatElement {
    /// Of a type as numpy writes it: `<f2`, `<f4` or `<f8`, or `>` for the other order.
    pub fn parse(element: &str) -> Option<Self> {
        let big_endian = element.starts_with('>');
        let precision = match element.strip_prefix(['<', '>'])? {
            "f2" => Precision::Half,
            "f4" => Precision::Single,
            "f8" => Precision::Double,
            _ => return None,
        };
        Some(Self { precision, big_endian })
    }

    /// Bytes of one.
    pub fn bytes(self) -> usize {
        match self.precision {
            Precision::Half => 2,
            Precision::Single => 4,
            Precision::Double => 8,
        }
    }

    /// Reads as many as there are whole ones in `bytes`, and hands them over in order.
    pub fn decode<T: FromFloat>(self, bytes: &[u8], mut take: impl FnMut(T)) {
        fn array<const N: usize>(chunk: &[u8], reverse: bool) -> [u8; N] {
            let mut bytes = [0; N];
            bytes.copy_from_slice(chunk);
            if reverse {
                bytes.reverse();
            }
            bytes
        }
        let chunks = bytes.chunks_exact(self.bytes());
        match self.precision {
            Precision::Half => chunks.for_each(|chunk| {
                take(T::from_single(half(u16::from_le_bytes(array(chunk, self.big_endian)))));
            }),
            Precision::Single => chunks.for_each(|chunk| {
                take(T::from_single(f32::from_le_bytes(array(chunk, self.big_endian))));
            }),
            Precision::Double => chunks.for_each(|chunk| {
                take(T::from_double(f64::from_le_bytes(array(chunk, self.big_endian))));
            }),
        }
    }
}

/// An f16 (IEEE 754 binary16: a sign, five bits of exponent, ten of fraction) as f32, which holds every one of them.
fn half(bits: u16) -> f32 {
    let sign = u32::from(bits >> 15) << 31;
    let (exponent, fraction) = (u32::from(bits >> 10) & 0x1f, u32::from(bits) & 0x3ff);
    match exponent {
        // Multiples of 2⁻²⁴.
        0 => f32::from_bits(sign | (fraction as f32 * f32::from_bits((127 - 24) << 23)).to_bits()),
        // Infinite, or not a number.
        31 => f32::from_bits(sign | (0xff << 23) | (fraction << 13)),
        _ => f32::from_bits(sign | ((exponent + 127 - 15) << 23) | (fraction << 13)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By the definition: (−1)^s · 2^(e − 15) · (1 + f/1024).
    #[test]
    fn every_half_is_its_value() {
        for bits in 0..=u16::MAX {
            let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
            let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
            let value = half(bits);
            if exponent == 31 {
                assert!(if fraction == 0.0 { value == sign as f32 * f32::INFINITY } else { value.is_nan() });
                continue;
            }
            let expected = match exponent {
                0 => sign * fraction / 1024.0 * 2f64.powi(-14),
                _ => sign * 2f64.powi(exponent - 15) * (1.0 + fraction / 1024.0),
            };
            assert_eq!(f64::from(value), expected, "{bits:#06x}");
            assert_eq!(value.is_sign_negative(), bits >> 15 == 1, "{bits:#06x}");
        }
    }

    #[test]
    fn floats_of_any_length_and_order_come_back() {
        let read = |element: &str, bytes: &[u8]| {
            let mut values = Vec::new();
            FloatElement::parse(element).unwrap().decode(bytes, |value: f64| values.push(value));
            values
        };
        assert_eq!(read("<f2", &[0x00, 0x3e, 0x00, 0xc0]), [1.5, -2.0]);
        assert_eq!(read(">f2", &[0x3e, 0x00]), [1.5]);
        assert_eq!(read("<f4", &0.1_f32.to_le_bytes()), [f64::from(0.1_f32)]);
        assert_eq!(read(">f4", &0.1_f32.to_be_bytes()), [f64::from(0.1_f32)]);
        assert_eq!(read("<f8", &0.1_f64.to_le_bytes()), [0.1]);
        assert_eq!(read(">f8", &0.1_f64.to_be_bytes()), [0.1]);
        for element in ["f4", "|f4", "=f8", "<f1", "<f16", "<i4", "|V2", "|O", "", "<"] {
            assert_eq!(FloatElement::parse(element), None, "{element}");
        }
    }
}
