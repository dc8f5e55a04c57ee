//! Images by the pixels that are not zero, and the first layer's two products over these alone.
//!
//! Four fifths of MNIST are background. Leaving a zero out of a sum changes none of its bits, so that this is the same layer:
//! z = xW forward, ∂L/∂W = xᵀ·∂L/∂z backward. Nine tenths of the arithmetic of a step are in these two.

use pulp::{Arch, Simd, WithSimd};

use crate::data::ImageSet;

/// Above this share of non-zero pixels a dense product is as fast.
const DENSEST: f64 = 0.4;

/// Most vectors whose sums are kept in registers.
const VECTORS: usize = 8;

/// The non-zero pixels of a set of images, one image after the other.
pub(crate) struct SparseImages {
    arch: Arch,
    pixels: usize,
    /// Where the pixels of each image begin, and where the last one's end: `[samples + 1]`.
    first: Vec<usize>,
    position: Vec<u16>,
    value: Vec<f32>,
}

impl SparseImages {
    /// `None` where too many pixels are not zero for it to pay.
    pub(crate) fn new(set: &ImageSet) -> Option<Self> {
        let pixels = set.pixels();
        let filled = set.images.iter().filter(|value| **value != 0.0).count();
        if pixels > usize::from(u16::MAX) || filled as f64 > DENSEST * set.images.len() as f64 {
            return None;
        }
        let mut images = Self {
            arch: Arch::new(),
            pixels,
            first: vec![0],
            position: Vec::with_capacity(filled),
            value: Vec::with_capacity(filled),
        };
        for sample in 0..set.samples() {
            // Every other pixel, then those between: a vector that runs over the end of its row must not have been written
            // just before the next row is read, or the processor waits for the write.
            for parity in 0..2 {
                for (position, &value) in set.at(sample).iter().enumerate().skip(parity).step_by(2) {
                    if value != 0.0 {
                        images.position.push(position as u16);
                        images.value.push(value);
                    }
                }
            }
            images.first.push(images.value.len());
        }
        Some(images)
    }

    /// All images with their zeros, `[samples, pixels]`.
    pub(crate) fn dense(&self) -> Vec<f32> {
        let samples = self.first.len() - 1;
        let mut images = vec![0.0; samples * self.pixels];
        for (sample, image) in images.chunks_exact_mut(self.pixels).enumerate() {
            for (position, value) in self.image(sample as u32) {
                image[position] = value;
            }
        }
        images
    }

    /// xW of some samples: W `[pixels, outputs]` → `[samples, outputs]`.
    pub(super) fn product(&self, samples: &[u32], weight: &[f32], outputs: usize) -> Vec<f32> {
        let mut result = vec![0.0; samples.len() * outputs];
        self.arch.dispatch(Product { images: self, samples, weight, outputs, result: &mut result });
        result
    }

    /// xᵀd of some samples: d `[samples, outputs]` → `[pixels, outputs]`.
    pub(super) fn transposed_product(&self, samples: &[u32], d: &[f32], outputs: usize) -> Vec<f32> {
        // Room for the last row's vector to end in.
        let mut result = vec![0.0; self.pixels * outputs + WIDEST];
        self.arch.dispatch(Transposed { images: self, samples, d, outputs, result: &mut result });
        result.truncate(self.pixels * outputs);
        result
    }

    #[inline(always)]
    fn image(&self, sample: u32) -> impl Iterator<Item = (usize, f32)> {
        let range = self.first[sample as usize]..self.first[sample as usize + 1];
        let positions = self.position[range.clone()].iter().map(|&position| usize::from(position));
        positions.zip(self.value[range].iter().copied())
    }
}

/// Entries in the widest block of columns: eight of the longest vectors.
const WIDEST: usize = VECTORS * 16;

/// Splits `outputs` columns into blocks of at most eight vectors, and calls `$body` with the first column and, as a
/// constant, the number of vectors of each.
macro_rules! for_column_blocks {
    ($simd:ty, $outputs:expr, |$first:ident, $vectors:ident| $body:expr) => {
        for $first in (0..$outputs).step_by(VECTORS * <$simd>::F32_LANES) {
            match ($outputs - $first).div_ceil(<$simd>::F32_LANES) {
                1 => for_column_blocks!(@ $vectors, 1, $body),
                2 => for_column_blocks!(@ $vectors, 2, $body),
                3 => for_column_blocks!(@ $vectors, 3, $body),
                4 => for_column_blocks!(@ $vectors, 4, $body),
                5 => for_column_blocks!(@ $vectors, 5, $body),
                6 => for_column_blocks!(@ $vectors, 6, $body),
                7 => for_column_blocks!(@ $vectors, 7, $body),
                _ => for_column_blocks!(@ $vectors, 8, $body),
            }
        }
    };
    (@ $vectors:ident, $number:literal, $body:expr) => {{
        const $vectors: usize = $number;
        $body
    }};
}

struct Product<'a> {
    images: &'a SparseImages,
    samples: &'a [u32],
    weight: &'a [f32],
    outputs: usize,
    result: &'a mut [f32],
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { images, samples, weight, outputs, result } = self;
        // Vectors run over the end of their row into the next. The last rows have none: theirs are read from a copy with room.
        let near_end = images.pixels.saturating_sub(1 + WIDEST / outputs);
        let mut ending = weight[near_end * outputs..].to_vec();
        ending.resize(ending.len() + WIDEST, 0.0);
        for (&sample, result) in samples.iter().zip(result.chunks_exact_mut(outputs)) {
            for_column_blocks!(S, outputs, |first, BLOCK| {
                let mut sums = [simd.splat_f32s(0.0); BLOCK];
                for (position, value) in images.image(sample) {
                    let row = match position.checked_sub(near_end) {
                        None => &weight[position * outputs + first..],
                        Some(late) => &ending[late * outputs + first..],
                    };
                    let Some(row) = S::as_simd_f32s(row).0.first_chunk::<BLOCK>() else { return };
                    let value = simd.splat_f32s(value);
                    for (sum, &weight) in sums.iter_mut().zip(row) {
                        *sum = simd.mul_add_e_f32s(value, weight, *sum);
                    }
                }
                let mut room = [simd.splat_f32s(0.0); VECTORS];
                room[..BLOCK].copy_from_slice(&sums);
                let sums: &[f32] = pulp::bytemuck::cast_slice(&room);
                let end = outputs.min(first + BLOCK * S::F32_LANES);
                result[first..end].copy_from_slice(&sums[..end - first]);
            });
        }
    }
}

struct Transposed<'a> {
    images: &'a SparseImages,
    samples: &'a [u32],
    d: &'a [f32],
    outputs: usize,
    /// With room for a vector after the last row.
    result: &'a mut [f32],
}

impl WithSimd for Transposed<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { images, samples, d, outputs, result } = self;
        let mut room = [0.0f32; WIDEST];
        for (&sample, d) in samples.iter().zip(d.chunks_exact(outputs)) {
            for_column_blocks!(S, outputs, |first, BLOCK| {
                // Zeros after the end of the row: what runs over into the next one adds nothing to it.
                let end = outputs.min(first + BLOCK * S::F32_LANES);
                room.fill(0.0);
                room[..end - first].copy_from_slice(&d[first..end]);
                let Some(d) = S::as_simd_f32s(&room).0.first_chunk::<BLOCK>() else { return };
                for (position, value) in images.image(sample) {
                    let row = S::as_mut_simd_f32s(&mut result[position * outputs + first..]).0;
                    let Some(row) = row.first_chunk_mut::<BLOCK>() else { return };
                    let value = simd.splat_f32s(value);
                    for (sum, &d) in row.iter_mut().zip(d) {
                        *sum = simd.mul_add_e_f32s(value, d, *sum);
                    }
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream, uniform};

    fn images(samples: usize, rows: usize, columns: usize, share: f32) -> ImageSet {
        let mut random = stream(3, Purpose::InitialWeights, 7);
        let mut pixel = || if uniform(&mut random) < share { uniform(&mut random) } else { 0.0 };
        ImageSet {
            images: (0..samples * rows * columns).map(|_| pixel()).collect(),
            labels: vec![0; samples],
            rows,
            columns,
        }
    }

    #[test]
    fn both_products_are_those_of_the_dense_images() {
        let mut random = stream(3, Purpose::InitialWeights, 8);
        for (rows, columns, outputs) in
            [(28, 28, 50), (3, 3, 1), (1, 2, 3), (5, 7, 8), (6, 6, 130), (9, 9, 257)]
        {
            let set = images(12, rows, columns, 0.2);
            let sparse = SparseImages::new(&set).unwrap();
            assert_eq!(sparse.dense(), set.images);
            let pixels = set.pixels();
            let mut draw =
                |count: usize| -> Vec<f32> { (0..count).map(|_| uniform(&mut random) - 0.5).collect() };
            let samples = [3u32, 0, 11, 3];
            let (weight, d) = (draw(pixels * outputs), draw(samples.len() * outputs));
            let product = sparse.product(&samples, &weight, outputs);
            let transposed = sparse.transposed_product(&samples, &d, outputs);
            assert_eq!((product.len(), transposed.len()), (samples.len() * outputs, pixels * outputs));
            for output in 0..outputs {
                for (place, &sample) in samples.iter().enumerate() {
                    let image = set.at(sample as usize).iter().enumerate();
                    let exact: f64 =
                        image.map(|(p, &x)| f64::from(x) * f64::from(weight[p * outputs + output])).sum();
                    assert!((f64::from(product[place * outputs + output]) - exact).abs() < 1e-5);
                }
                for pixel in 0..pixels {
                    let pairs = samples.iter().enumerate();
                    let exact: f64 = pairs
                        .map(|(place, &sample)| {
                            f64::from(set.at(sample as usize)[pixel]) * f64::from(d[place * outputs + output])
                        })
                        .sum();
                    assert!((f64::from(transposed[pixel * outputs + output]) - exact).abs() < 1e-5);
                }
            }
        }
    }

    #[test]
    fn full_images_stay_dense() {
        assert!(SparseImages::new(&images(5, 4, 4, 0.9)).is_none());
        assert!(SparseImages::new(&images(5, 4, 4, 0.2)).is_some());
    }
}
