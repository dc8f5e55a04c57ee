//! Cached activations, and the loss along a line through weight space.

use pulp::{Arch, Simd, WithSimd};

use super::kernels::{PackedLayer, TILE, advance, apply, cross_entropy, rectify, sum};
use super::search::{Evaluation, Known};
use super::tiles::{Tile, activations, arranged, margins, tiles};
use crate::data::ImageSet;
use crate::dense::{DenseLayer, DenseNetwork, NetworkError};

/// The loss of a whole data set around w_0 while one dense layer moves: the mean cross-entropy alone, without the penalty λ|w|²/2 that
/// a weight decay λ adds to what a training minimises.
///
/// The samples are sorted by label, so that all samples of a tile share theirs: the last layer then gives the
/// margins m_j = z_j − z_y themselves, from the weights W_j − W_y. Within a label they are sorted by their loss at
/// w_0, so that what [`Line::search_losses`] may leave out comes in whole tiles.
///
/// ```
/// use varflat_model::data::ImageSet;
/// use varflat_model::{DenseLandscape, MlpConfig};
/// let network = MlpConfig::new(4, vec![3, 3], 2).initial(1)?;
/// let images = ImageSet { images: vec![0.5; 8], labels: vec![0, 1], rows: 2, columns: 2 };
/// let landscape = DenseLandscape::new(&network, "hidden", &images)?;
/// let mut line = landscape.line();
/// line.set_direction(&[1.0 / 3.0; 9])?;
/// let losses = line.losses(&[-0.1, 0.0, 0.1]);
/// assert!((losses[1] - landscape.reference_loss()).abs() < 1e-6);
/// # Ok::<(), varflat_model::NetworkError>(())
/// ```
pub struct DenseLandscape {
    arch: Arch,
    samples: usize,
    tiles: Vec<Tile>,
    /// h, the inputs of the moving layer: `[tiles, d_in, TILE]`.
    inputs: Vec<f32>,
    /// Z_0 = hW_0 + b: `[tiles, outputs, TILE]`.
    z0: Vec<f32>,
    d_in: usize,
    /// As the network has it.
    d_out: usize,
    /// d_out, or the d_out − 1 margins where the moving layer is the last.
    outputs: usize,
    /// The layers between the moving and the last one.
    between: Vec<PackedLayer>,
    /// The last layer, one for every label; empty where it is the moving one.
    last: Vec<PackedLayer>,
    reference_loss: f64,
}

/// A direction p in the moving layer's weights, with Z_p = hP cached. One per thread.
pub struct Line<'a> {
    landscape: &'a DenseLandscape,
    /// P, or one for every label where the last layer moves.
    direction: Vec<PackedLayer>,
    zp: Vec<f32>,
    known: Known,
    /// Two buffers wide enough for any layer from the moving one on: `[features, TILE]`.
    scratch: [Vec<f32>; 2],
}

impl DenseLandscape {
    /// Cache the activations of `set` for the network w_0 whose layer `layer` will move. They are computed in f64 and rounded once.
    ///
    /// Memory: 4·samples·(d_in + d_out) bytes, and 4·samples·d_out for every [`Line`].
    ///
    /// # Errors
    /// [`NetworkError`] when there is no such layer, or the images or labels do not fit the network.
    pub fn new(network: &DenseNetwork, layer: &str, set: &ImageSet) -> Result<Self, NetworkError> {
        let position = network.position(layer)?;
        check_fit(network, layer, set)?;
        let arch = Arch::new();
        let layers = network.layers();
        let (moving, after) = (&layers[position], &layers[position + 1..]);
        let tiles = tiles(&set.labels, |_| 0.0);
        let (inputs, z0) = activations(arch, network, position, set, &tiles);
        let (between, last) = match after.split_last() {
            None => (Vec::new(), Vec::new()),
            Some((last, between)) => (
                between.iter().map(packed).collect(),
                (0..last.outputs).map(|label| packed(&margins(last, label))).collect(),
            ),
        };
        let mut landscape = Self {
            arch,
            samples: set.samples(),
            outputs: z0.len() / (tiles.len() * TILE).max(1),
            tiles,
            inputs,
            z0,
            d_in: moving.inputs,
            d_out: moving.outputs,
            between,
            last,
            reference_loss: 0.0,
        };
        landscape.sort_by_loss(&set.labels);
        landscape.reference_loss = landscape.line().losses(&[0.0])[0];
        Ok(landscape)
    }

    /// Sort the samples of each label by their loss at w_0.
    fn sort_by_loss(&mut self, labels: &[u8]) {
        let mut losses = vec![0.0; self.samples];
        // Along the zero direction every offset is w_0.
        let at_centre = &mut [Evaluation::whole(0.0, self.tiles.len())];
        self.line().evaluate(at_centre, Some(&mut losses));
        let sorted = tiles(labels, |sample| losses[sample]);
        self.inputs = arranged(&self.inputs, self.d_in, &self.tiles, &sorted);
        self.z0 = arranged(&self.z0, self.outputs, &self.tiles, &sorted);
        self.tiles = sorted;
    }

    /// L_0 = L(w_0), the mean cross-entropy at the centre.
    pub fn reference_loss(&self) -> f64 {
        self.reference_loss
    }

    /// Number of weights of the moving layer.
    pub fn weights(&self) -> usize {
        self.d_in * self.d_out
    }

    /// Room for one direction at a time; it points nowhere until [`Line::set_direction`].
    pub fn line(&self) -> Line<'_> {
        let widths = self.between.iter().chain(&self.last).map(PackedLayer::outputs);
        let widest = widths.max().unwrap_or(0).max(self.outputs);
        let versions = if self.last.is_empty() { self.d_out } else { 1 };
        Line {
            landscape: self,
            direction: vec![PackedLayer::new(self.d_in, self.outputs, &[], None); versions],
            zp: vec![0.0; self.z0.len()],
            known: Known::nothing(),
            scratch: [vec![0.0; widest * TILE], vec![0.0; widest * TILE]],
        }
    }
}

impl Line<'_> {
    /// L_0 of the landscape it is a line of.
    pub fn reference_loss(&self) -> f64 {
        self.landscape.reference_loss
    }

    /// Point along p, flattened from `[d_in, d_out]`.
    ///
    /// # Errors
    /// [`NetworkError::Shape`] when p has another number of entries than the layer has weights, or one that is not finite.
    pub fn set_direction(&mut self, direction: &[f64]) -> Result<(), NetworkError> {
        let landscape = self.landscape;
        check_direction(direction, landscape.weights())?;
        match self.direction.as_mut_slice() {
            [whole] if !landscape.last.is_empty() => whole.set_weight(direction),
            versions => {
                let layer = DenseLayer {
                    name: String::new(),
                    inputs: landscape.d_in,
                    outputs: landscape.d_out,
                    weight: direction.to_vec(),
                    bias: None,
                };
                for (label, version) in versions.iter_mut().enumerate() {
                    version.set_weight(&margins(&layer, label).weight);
                }
            }
        }
        self.known.forget();
        landscape.arch.dispatch(Aim { landscape, direction: &self.direction, zp: &mut self.zp });
        Ok(())
    }

    /// L(w_0 + s·p) for every offset s, in one pass over the data: many offsets at once are cheaper than one by one.
    pub fn losses(&mut self, offsets: &[f64]) -> Vec<f64> {
        let tiles = self.landscape.tiles.len();
        let mut evaluations: Vec<_> =
            offsets.iter().map(|&offset| Evaluation::whole(offset, tiles)).collect();
        self.evaluate(&mut evaluations, None);
        evaluations.iter().map(|evaluation| self.mean(evaluation)).collect()
    }

    /// The same for a search that closes in on an offset: what cannot matter any more is not computed again.
    ///
    /// Where an offset lies between two that were asked for since [`set_direction`](Self::set_direction), on the same side of w_0 and no
    /// more than a factor of two apart, samples (in tiles of 64) that together hold less than 1e-6 of the loss at
    /// either end are left out, and their loss is taken from the straight line between the ends. The result is within
    /// 1e-6 of [`losses`](Self::losses), relative, unless one of them rises inside the bracket and falls again before its end. In
    /// a trained network a twentieth of the samples holds nearly all of the loss, and two thirds of the tiles go.
    pub fn search_losses(&mut self, offsets: &[f64]) -> Vec<f64> {
        let tiles = self.landscape.tiles.len();
        let mut evaluations: Vec<_> =
            offsets.iter().map(|&offset| self.known.prepare(offset, tiles)).collect();
        self.evaluate(&mut evaluations, None);
        let losses = evaluations.iter().map(|evaluation| self.mean(evaluation)).collect();
        evaluations.into_iter().for_each(|evaluation| self.known.insert(evaluation));
        losses
    }

    fn mean(&self, evaluation: &Evaluation) -> f64 {
        evaluation.total() / self.landscape.samples as f64
    }

    /// Compute the sums of the tiles that are not left out, and the losses of the samples at the last offset if asked for.
    fn evaluate(&mut self, evaluations: &mut [Evaluation], of_samples: Option<&mut [f32]>) {
        self.landscape.arch.dispatch(Losses { line: self, evaluations, of_samples });
    }
}

/// Z_p = hP over all tiles.
struct Aim<'a> {
    landscape: &'a DenseLandscape,
    direction: &'a [PackedLayer],
    zp: &'a mut [f32],
}

impl WithSimd for Aim<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let landscape = self.landscape;
        let inputs = landscape.inputs.chunks_exact(landscape.d_in * TILE);
        let zp = self.zp.chunks_exact_mut(landscape.outputs * TILE);
        for ((tile, input), zp) in landscape.tiles.iter().zip(inputs).zip(zp) {
            let version = if landscape.last.is_empty() { tile.label } else { 0 };
            apply(simd, &self.direction[version], input, zp);
        }
    }
}

/// The sum of the losses at every offset, tile by tile.
struct Losses<'a, 'b> {
    line: &'a mut Line<'b>,
    evaluations: &'a mut [Evaluation],
    of_samples: Option<&'a mut [f32]>,
}

impl WithSimd for Losses<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let Line { landscape, zp, scratch: [values, next], .. } = self.line;
        let size = landscape.outputs * TILE;
        let activations = landscape.z0.chunks_exact(size).zip(zp.chunks_exact(size));
        let mut losses = [0.0; TILE];
        for ((position, tile), (z0, zp)) in landscape.tiles.iter().enumerate().zip(activations) {
            for evaluation in self.evaluations.iter_mut().filter(|evaluation| !evaluation.left_out[position])
            {
                let step = (z0, zp, evaluation.offset as f32);
                advance(simd, !landscape.last.is_empty(), step, &mut values[..size]);
                let mut width = size;
                for layer in &landscape.between {
                    let output = &mut next[..layer.outputs() * TILE];
                    apply(simd, layer, &values[..width], output);
                    rectify(simd, output);
                    width = output.len();
                    std::mem::swap(values, next);
                }
                if let Some(layer) = landscape.last.get(tile.label) {
                    let output = &mut next[..layer.outputs() * TILE];
                    apply(simd, layer, &values[..width], output);
                    width = output.len();
                    std::mem::swap(values, next);
                }
                cross_entropy(simd, &values[..width], &mut losses);
                evaluation.sums[position] = sum(&losses[..tile.samples.len()]);
            }
            if let Some(of_samples) = self.of_samples.as_deref_mut() {
                for (&sample, &loss) in tile.samples.iter().zip(&losses) {
                    of_samples[sample] = loss;
                }
            }
        }
    }
}

fn packed(layer: &DenseLayer) -> PackedLayer {
    PackedLayer::new(layer.inputs, layer.outputs, &layer.weight, layer.bias.as_deref())
}

/// Whether a direction has one finite entry for each of the `weights`.
pub(crate) fn check_direction(direction: &[f64], weights: usize) -> Result<(), NetworkError> {
    let invalid = |problem: String| Err(NetworkError::Shape { layer: "direction".to_owned(), problem });
    if direction.len() != weights {
        return invalid(format!("has {} entries, but the layer has {weights} weights", direction.len()));
    }
    match direction.iter().position(|entry| !entry.is_finite()) {
        Some(entry) => invalid(format!("entry {entry} is {}", direction[entry])),
        None => Ok(()),
    }
}

/// Whether images and labels fit a network of finite weights and at least two classes; `layer` is for the message.
pub(crate) fn check_fit(network: &DenseNetwork, layer: &str, set: &ImageSet) -> Result<(), NetworkError> {
    let invalid = |problem: String| Err(NetworkError::Shape { layer: layer.to_owned(), problem });
    set.check().map_err(|error| NetworkError::Images(error.to_string()))?;
    network.layers().iter().try_for_each(DenseLayer::check_finite)?;
    let (inputs, classes, pixels) = (network.inputs(), network.classes(), set.pixels());
    if pixels != inputs {
        let turned = match classes == pixels {
            true => "; weights are [d_in, d_out] here: were they kept as PyTorch keeps them, transposed?",
            false => "",
        };
        return invalid(format!(
            "the network takes {inputs} inputs, but the images have {pixels} pixels{turned}"
        ));
    }
    if let Some(sample) = set.labels.iter().position(|&label| usize::from(label) >= classes) {
        let label = set.labels[sample];
        return invalid(format!(
            "image {sample} has label {label}, but the network has {classes} outputs, for labels 0 to {}",
            classes - 1
        ));
    }
    if classes < 2 {
        return invalid("with one class there is nothing to lose".to_owned());
    }
    Ok(())
}
