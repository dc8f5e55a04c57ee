//! Small sets of images that a network can learn, as IDX files.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::{below, uniform};

/// Pixels along each side of an image.
const SIDE: usize = 8;
/// Classes: which quadrant is brighter than the others.
const CLASSES: usize = 4;

/// How the files are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// As they are.
    Plain,
    /// Gzipped, `.gz`.
    Gzip,
}

/// Images of 8×8 pixels in four classes, noisy enough that the loss stays above 0.
#[derive(Clone, Copy, Debug)]
pub struct SmallSet {
    /// Training images.
    pub train: usize,
    /// Test images.
    pub test: usize,
    /// Seed of labels and pixels.
    pub seed: u64,
}

impl Default for SmallSet {
    fn default() -> Self {
        Self { train: 300, test: 100, seed: 1 }
    }
}

impl SmallSet {
    /// Write the four files into `folder`, which is made.
    pub fn write(&self, folder: &Path, packing: Packing) {
        fs::create_dir_all(folder).unwrap();
        for (half, count, stream) in [("train", self.train, 0), ("t10k", self.test, 1)] {
            let mut random = ChaCha8Rng::seed_from_u64(2 * self.seed + stream);
            let labels: Vec<u8> = (0..count).map(|_| below(CLASSES, &mut random) as u8).collect();
            let pixels: Vec<u8> =
                labels.iter().flat_map(|label| image(usize::from(*label), &mut random)).collect();
            let mut images = header(3, &[count, SIDE, SIDE]);
            images.extend(pixels);
            let mut named = header(1, &[count]);
            named.extend(labels);
            store(folder, &format!("{half}-images-idx3-ubyte"), &images, packing);
            store(folder, &format!("{half}-labels-idx1-ubyte"), &named, packing);
        }
    }
}

/// One image: noise, and a brighter quadrant.
fn image(label: usize, random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(SIDE * SIDE);
    for row in 0..SIDE {
        for column in 0..SIDE {
            let quadrant = 2 * (2 * row / SIDE) + 2 * column / SIDE;
            let bright = if quadrant == label { 60.0 } else { 0.0 };
            pixels.push((bright + 190.0 * uniform(random)) as u8);
        }
    }
    pixels
}

/// IDX: two zeros, 0x08 for unsigned bytes, the number of dimensions, and each as a big-endian u32.
fn header(dimensions: u8, shape: &[usize]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, dimensions];
    for length in shape {
        bytes.extend((*length as u32).to_be_bytes());
    }
    bytes
}

fn store(folder: &Path, name: &str, bytes: &[u8], packing: Packing) {
    match packing {
        Packing::Plain => fs::write(folder.join(name), bytes).unwrap(),
        Packing::Gzip => {
            let file = File::create(folder.join(format!("{name}.gz"))).unwrap();
            let mut encoder = GzEncoder::new(file, Compression::default());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap();
        }
    }
}
