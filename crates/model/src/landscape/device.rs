//! The loss along many directions of one dense layer at once, on the device.

use burn::tensor::activation::relu;
use burn::tensor::{Int, Tensor, TensorData, Transaction};

use super::engine::{check_direction, check_fit};
use super::module::LandscapeError;
use crate::data::ImageSet;
use crate::dense::{DenseLayer, DenseNetwork, NetworkError};
use crate::device::OpenDevice;
use crate::loss::cross_entropy;
use crate::training::TrainingError;
use crate::training::resident::one_hot;

/// Pairs of a direction and an offset whose losses are computed in one operation.
const PAIRS: usize = 120;

/// Largest tensor made, in bytes, where the device would hold larger ones.
const LARGEST: u64 = 256 << 20;

/// The loss of a whole data set around w_0 while one dense layer moves, for devices that need much to do at once.
///
/// What [`DenseLandscape`](super::DenseLandscape) is on the host: h, the inputs of the moving layer, and Z_0 = hW_0 + b stay on
/// the device, and an offset s costs relu(Z_0 + s·Z_p) and the layers after it. [`Lines`] holds Z_p of many directions; one
/// question about all of them is one wait for the device. Arithmetic is f32; the losses of the samples come over and are summed
/// in f64.
///
/// ```
/// use varflat_model::data::ImageSet;
/// use varflat_model::{DeviceLandscape, MlpConfig, device};
/// let device = device::open(None)?;
/// let network = MlpConfig::new(4, vec![3, 3], 2).initial(1)?;
/// let images = ImageSet { images: vec![0.5; 8], labels: vec![0, 1], rows: 2, columns: 2 };
/// let landscape = DeviceLandscape::new(&network, "hidden", &images, &device)?;
/// let lines = landscape.lines(&[vec![1.0 / 3.0; 9], vec![-1.0 / 3.0; 9]])?;
/// let losses = lines.losses(&[vec![0.1, 0.0], vec![-0.1]])?;
/// assert!((losses[0][0] - losses[1][0]).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct DeviceLandscape {
    device: OpenDevice,
    samples: usize,
    chunks: Vec<Chunk>,
    d_in: usize,
    d_out: usize,
    after: Vec<DeviceLayer>,
    reference_loss: f64,
}

/// Some directions p in the moving layer's weights, with Z_p = hP of each on the device.
pub struct Lines<'a> {
    landscape: &'a DeviceLandscape,
    directions: usize,
    /// For every chunk, `[directions, samples, d_out]`.
    zp: Vec<Tensor<3>>,
}

/// Some of the samples.
struct Chunk {
    samples: usize,
    /// h, `[samples, d_in]`.
    inputs: Tensor<2>,
    /// Z_0, `[1, samples, d_out]`.
    z0: Tensor<3>,
    /// `[1, samples, classes]`.
    one_hot: Tensor<3>,
}

/// A dense layer on the device.
struct DeviceLayer {
    weight: Tensor<2>,
    bias: Option<Tensor<2>>,
}

impl DeviceLayer {
    fn new(layer: &DenseLayer, device: &OpenDevice) -> Self {
        let tensor = |values: &[f64], rows: usize| {
            let values: Vec<f32> = values.iter().map(|&value| value as f32).collect();
            Tensor::from_data(TensorData::new(values, [rows, layer.outputs]), &device.device)
        };
        Self {
            weight: tensor(&layer.weight, layer.inputs),
            bias: layer.bias.as_ref().map(|bias| tensor(bias, 1)),
        }
    }

    /// xW + b of `[samples, d_in]`.
    fn apply(&self, values: Tensor<2>) -> Tensor<2> {
        let z = values.matmul(self.weight.clone());
        match &self.bias {
            Some(bias) => z + bias.clone(),
            None => z,
        }
    }
}

impl DeviceLandscape {
    /// Copy `set` to the device and cache there the activations of the network w_0 whose layer `layer` will move.
    ///
    /// Memory on the device: 4·samples·(d_in + d_out) bytes, and 4·samples·d_out for every direction of [`Lines`].
    ///
    /// # Errors
    /// [`NetworkError`] when there is no such layer, or the images or labels do not fit the network; [`TrainingError`] when the
    /// device fails.
    pub fn new(
        network: &DenseNetwork,
        layer: &str,
        set: &ImageSet,
        device: &OpenDevice,
    ) -> Result<Self, LandscapeError> {
        let position = network.position(layer)?;
        check_fit(network, layer, set)?;
        let on_device = |layer: &DenseLayer| DeviceLayer::new(layer, device);
        let layers = network.layers();
        let before: Vec<_> = layers[..position].iter().map(on_device).collect();
        let moving = on_device(&layers[position]);
        let (d_in, d_out, classes) = (layers[position].inputs, layers[position].outputs, network.classes());
        let widest = layers[position..]
            .iter()
            .map(|layer| layer.outputs)
            .max()
            .unwrap_or(d_out)
            .max(set.pixels().div_ceil(PAIRS));
        let fitting = device.largest_tensor.min(LARGEST) / (4 * PAIRS * widest) as u64;
        let fitting = usize::try_from(fitting).unwrap_or(usize::MAX).max(1);
        let pixels = set.pixels();
        let chunks = set.images.chunks(fitting * pixels).zip(set.labels.chunks(fitting));
        let chunks = chunks.map(|(images, labels)| {
            let samples = labels.len();
            let mut values =
                Tensor::from_data(TensorData::new(images.to_vec(), [samples, pixels]), &device.device);
            for layer in &before {
                values = relu(layer.apply(values));
            }
            Chunk {
                samples,
                z0: moving.apply(values.clone()).reshape([1, samples, d_out]),
                inputs: values,
                one_hot: one_hot(labels, classes, device).reshape([1, samples, classes]),
            }
        });
        let mut landscape = Self {
            device: device.clone(),
            samples: set.samples(),
            chunks: chunks.collect(),
            d_in,
            d_out,
            after: layers[position + 1..].iter().map(on_device).collect(),
            reference_loss: 0.0,
        };
        let nowhere = vec![0.0; landscape.weights()];
        landscape.reference_loss = landscape.lines(&[nowhere])?.losses(&[vec![0.0]])?[0][0];
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

    /// Point along each of these directions, flattened from `[d_in, d_out]`.
    ///
    /// # Errors
    /// [`NetworkError::Shape`] when one has another number of entries than the layer has weights, or one that is not finite.
    pub fn lines(&self, directions: &[Vec<f64>]) -> Result<Lines<'_>, NetworkError> {
        let mut values = Vec::with_capacity(directions.len() * self.weights());
        for direction in directions {
            check_direction(direction, self.weights())?;
            values.extend(direction.iter().map(|&entry| entry as f32));
        }
        let data = TensorData::new(values, [directions.len(), self.d_in, self.d_out]);
        // One product for all directions: `[samples, d_in]` by `[d_in, directions · d_out]`.
        let side_by_side: Tensor<2> = Tensor::<3>::from_data(data, &self.device.device)
            .swap_dims(0, 1)
            .reshape([self.d_in, directions.len() * self.d_out]);
        let zp = self.chunks.iter().map(|chunk| {
            let product = chunk.inputs.clone().matmul(side_by_side.clone());
            product.reshape([chunk.samples, directions.len(), self.d_out]).swap_dims(0, 1)
        });
        Ok(Lines { landscape: self, directions: directions.len(), zp: zp.collect() })
    }
}

impl Lines<'_> {
    /// L(w_0 + s·p) for every offset s asked for along each direction p, in the same order: one wait for the device.
    ///
    /// # Errors
    /// [`TrainingError::Config`] unless there is one list of offsets, which may be empty, for every direction;
    /// [`TrainingError::Device`] when the device fails.
    pub fn losses(&self, offsets: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, TrainingError> {
        if offsets.len() != self.directions {
            let (lists, directions) = (offsets.len(), self.directions);
            return Err(TrainingError::Config(format!(
                "{directions} directions need as many lists of offsets, but there are {lists}"
            )));
        }
        let landscape = self.landscape;
        let pairs: Vec<(i32, f32)> = offsets
            .iter()
            .enumerate()
            .flat_map(|(direction, offsets)| {
                offsets.iter().map(move |&offset| (direction as i32, offset as f32))
            })
            .collect();
        let mut answers = Transaction::default();
        for pairs in pairs.chunks(PAIRS) {
            let (direction, offset): (Vec<i32>, Vec<f32>) = pairs.iter().copied().unzip();
            let direction: Tensor<1, Int> =
                Tensor::from_data(TensorData::new(direction, [pairs.len()]), &landscape.device.device);
            let offset: Tensor<3> =
                Tensor::from_data(TensorData::new(offset, [pairs.len(), 1, 1]), &landscape.device.device);
            for (chunk, zp) in landscape.chunks.iter().zip(&self.zp) {
                let moved = chunk.z0.clone() + zp.clone().select(0, direction.clone()) * offset.clone();
                answers = answers.register(landscape.losses_of(moved, chunk));
            }
        }
        if pairs.is_empty() {
            return Ok(vec![Vec::new(); self.directions]);
        }
        let answers = answers.try_execute().map_err(TrainingError::device)?;
        let mut sums = vec![0.0; pairs.len()];
        for (answers, sums) in answers.chunks(landscape.chunks.len()).zip(sums.chunks_mut(PAIRS)) {
            for (answer, chunk) in answers.iter().zip(&landscape.chunks) {
                let losses = answer.as_slice::<f32>().map_err(TrainingError::device)?;
                for (sum, losses) in sums.iter_mut().zip(losses.chunks_exact(chunk.samples)) {
                    *sum += losses.iter().map(|&loss| f64::from(loss)).sum::<f64>();
                }
            }
        }
        let mut means = sums.into_iter().map(|sum| sum / landscape.samples as f64);
        Ok(offsets.iter().map(|offsets| means.by_ref().take(offsets.len()).collect()).collect())
    }
}

impl DeviceLandscape {
    /// The loss of every sample, `[pairs, samples, 1]`, from Z of the moving layer, `[pairs, samples, d_out]`.
    fn losses_of(&self, z: Tensor<3>, chunk: &Chunk) -> Tensor<3> {
        let [pairs, samples, d_out] = z.dims();
        let mut z = z.reshape([pairs * samples, d_out]);
        for layer in &self.after {
            z = layer.apply(relu(z));
        }
        let [_, classes] = z.dims();
        cross_entropy(z.reshape([pairs, samples, classes]), chunk.one_hot.clone())
    }
}
