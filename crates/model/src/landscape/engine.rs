//! Cached activations, and the loss along a line through weight space.

use pulp::Arch;

use super::kernels::{PackedLayer, TILE, advance, apply, cross_entropy, rectify};
use crate::data::ImageSet;
use crate::dense::{DenseNetwork, NetworkError};

/// The loss of a whole data set around w_0 while one dense layer moves.
///
/// ```
/// use varflat_model::data::ImageSet;
/// use varflat_model::{DenseLandscape, MlpConfig};
/// let network = MlpConfig::new(4, vec![3, 3], 2).initial(1)?;
/// let images = ImageSet { images: vec![0.5; 8], labels: vec![0, 1], rows: 2, columns: 2 };
/// let landscape = DenseLandscape::new(&network, "hidden", &images)?;
/// let mut line = landscape.line();
/// line.aim(&[1.0 / 3.0; 9])?;
/// let losses = line.losses(&[-0.1, 0.0, 0.1]);
/// assert!((losses[1] - landscape.reference_loss()).abs() < 1e-6);
/// # Ok::<(), varflat_model::NetworkError>(())
/// ```
pub struct DenseLandscape {
    arch: Arch,
    labels: Vec<u8>,
    /// h, the inputs of the moving layer: `[tiles, d_in, TILE]`.
    inputs: Vec<f32>,
    /// Z_0 = hW_0 + b: `[tiles, d_out, TILE]`.
    z0: Vec<f32>,
    d_in: usize,
    d_out: usize,
    /// The layers after the moving one.
    after: Vec<PackedLayer>,
    reference_loss: f64,
}

/// A direction p in the moving layer's weights, with Z_p = hP cached. One per thread.
pub struct Line<'a> {
    landscape: &'a DenseLandscape,
    direction: PackedLayer,
    zp: Vec<f32>,
    /// Two buffers wide enough for any layer after the moving one: `[features, TILE]`.
    scratch: [Vec<f32>; 2],
}

impl DenseLandscape {
    /// Cache the activations of `set` for the network w_0 whose layer `layer` will move.
    ///
    /// Memory: 4·samples·(d_in + d_out) bytes, and 4·samples·d_out for every [`Line`].
    ///
    /// # Errors
    /// [`NetworkError`] when there is no such layer, or the images or labels do not fit the network.
    pub fn new(network: &DenseNetwork, layer: &str, set: &ImageSet) -> Result<Self, NetworkError> {
        let moving = network.position(layer)?;
        let complain = |problem: String| NetworkError::Shape { layer: layer.to_owned(), problem };
        if set.pixels() != network.inputs() {
            return Err(complain(format!(
                "the network takes {} inputs, but the images have {} pixels",
                network.inputs(),
                set.pixels()
            )));
        }
        if set.labels.iter().any(|&label| usize::from(label) >= network.classes()) {
            return Err(complain(format!("a label is beyond the network's {} classes", network.classes())));
        }
        let arch = Arch::new();
        let mut packed = network
            .layers()
            .iter()
            .map(|layer| PackedLayer::new(layer.inputs, layer.outputs, &layer.weight, layer.bias.as_deref()));
        let mut inputs = tiled(set);
        let before: Vec<_> = packed.by_ref().take(moving).collect();
        for layer in &before {
            inputs = forward(arch, layer, &inputs);
            rectify(arch, &mut inputs);
        }
        let moving = &network.layers()[moving];
        let here = PackedLayer::new(moving.inputs, moving.outputs, &moving.weight, moving.bias.as_deref());
        let mut landscape = Self {
            arch,
            labels: set.labels.clone(),
            z0: forward(arch, &here, &inputs),
            inputs,
            d_in: moving.inputs,
            d_out: moving.outputs,
            after: packed.skip(1).collect(),
            reference_loss: 0.0,
        };
        // Along the zero direction every offset is w_0.
        landscape.reference_loss = landscape.line().losses(&[0.0])[0];
        Ok(landscape)
    }

    /// L_0 = L(w_0), the mean cross-entropy at the centre.
    pub fn reference_loss(&self) -> f64 {
        self.reference_loss
    }

    /// Number of weights of the moving layer.
    pub fn weights(&self) -> usize {
        self.d_in * self.d_out
    }

    /// Room for one direction at a time; it points nowhere until [`Line::aim`].
    pub fn line(&self) -> Line<'_> {
        let widest = self.after.iter().map(PackedLayer::outputs).max().unwrap_or(0).max(self.d_out);
        Line {
            landscape: self,
            direction: PackedLayer::new(self.d_in, self.d_out, &[], None),
            zp: vec![0.0; self.z0.len()],
            scratch: [vec![0.0; widest * TILE], vec![0.0; widest * TILE]],
        }
    }
}

impl Line<'_> {
    /// Point along p, flattened from `[d_in, d_out]`.
    ///
    /// # Errors
    /// [`NetworkError::Shape`] when p has another number of entries than the layer has weights.
    pub fn aim(&mut self, direction: &[f64]) -> Result<(), NetworkError> {
        let landscape = self.landscape;
        if direction.len() != landscape.weights() {
            return Err(NetworkError::Shape {
                layer: "direction".to_owned(),
                problem: format!(
                    "has {} entries, but the layer has {} weights",
                    direction.len(),
                    landscape.weights()
                ),
            });
        }
        self.direction.set_weight(direction);
        let inputs = landscape.inputs.chunks_exact(landscape.d_in * TILE);
        for (input, zp) in inputs.zip(self.zp.chunks_exact_mut(landscape.d_out * TILE)) {
            apply(landscape.arch, &self.direction, input, zp);
        }
        Ok(())
    }

    /// L(w_0 + s·p) for every offset s, in one pass over the data.
    pub fn losses(&mut self, offsets: &[f64]) -> Vec<f64> {
        let landscape = self.landscape;
        let mut sums = vec![0.0; offsets.len()];
        let size = landscape.d_out * TILE;
        let tiles = landscape.z0.chunks_exact(size).zip(self.zp.chunks_exact(size));
        for ((z0, zp), labels) in tiles.zip(landscape.labels.chunks(TILE)) {
            for (sum, &offset) in sums.iter_mut().zip(offsets) {
                let [values, next] = &mut self.scratch;
                let step = (z0, zp, offset as f32);
                advance(landscape.arch, !landscape.after.is_empty(), step, &mut values[..size]);
                let mut width = landscape.d_out;
                for (position, layer) in landscape.after.iter().enumerate() {
                    let output = &mut next[..layer.outputs() * TILE];
                    apply(landscape.arch, layer, &values[..width * TILE], output);
                    if position + 1 < landscape.after.len() {
                        rectify(landscape.arch, output);
                    }
                    std::mem::swap(values, next);
                    width = layer.outputs();
                }
                *sum += cross_entropy(landscape.arch, &mut values[..width * TILE], labels);
            }
        }
        sums.iter_mut().for_each(|sum| *sum /= landscape.labels.len() as f64);
        sums
    }
}

/// The images feature-major in tiles, `[tiles, pixels, TILE]`; missing samples of the last tile are zero.
fn tiled(set: &ImageSet) -> Vec<f32> {
    let pixels = set.pixels();
    let mut tiles = vec![0.0; set.samples().div_ceil(TILE) * pixels * TILE];
    let chunks = set.images.chunks(pixels * TILE);
    for (tile, images) in tiles.chunks_exact_mut(pixels * TILE).zip(chunks) {
        for (sample, image) in images.chunks_exact(pixels).enumerate() {
            for (feature, &value) in image.iter().enumerate() {
                tile[feature * TILE + sample] = value;
            }
        }
    }
    tiles
}

/// One layer over all tiles.
fn forward(arch: Arch, layer: &PackedLayer, inputs: &[f32]) -> Vec<f32> {
    let width = layer.inputs();
    let mut outputs = vec![0.0; inputs.len() / width * layer.outputs()];
    let size = layer.outputs() * TILE;
    for (input, output) in inputs.chunks_exact(width * TILE).zip(outputs.chunks_exact_mut(size)) {
        apply(arch, layer, input, output);
    }
    outputs
}
