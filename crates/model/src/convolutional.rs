//! A small convolutional network, after LeNet.

use burn::module::{Module, Param, ParamId};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};

use crate::dense::{NetworkError, check_room};
use crate::mlp::{Initialization, Mlp, MlpConfig};
use crate::random::{Purpose, stream, uniform};
use crate::training::Classifier;

/// Pixels across a kernel, and across what one pooled value stands for.
const KERNEL: usize = 5;
const POOL: usize = 2;

/// Shape of a network of two 5 × 5 convolutions, each followed by ReLU and 2 × 2 max pooling, and dense layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvolutionalConfig {
    /// Rows and columns of an image.
    pub image: [usize; 2],
    /// Channels that the first and the second convolution give.
    pub channels: [usize; 2],
    /// Widths of the hidden layers among the dense ones, at least one.
    pub hidden: Vec<usize>,
    /// Number of classes.
    pub classes: usize,
    /// Whether layers have biases.
    pub bias: bool,
    /// How initial weights are drawn.
    pub init: Initialization,
}

/// Two convolutions and a perceptron on what they find, after LeCun, Bottou, Bengio & Haffner (Proc. IEEE 86, 1998).
///
/// For images of 28 × 28 pixels and channels `[6, 16]` the parameters are `first.weight` `[6, 1, 5, 5]`, `second.weight`
/// `[16, 6, 5, 5]` and, of the dense layers, `dense.input.weight` `[256, hidden]`, …, `dense.output.weight`.
///
/// ```
/// use varflat_model::{Convolutional, ConvolutionalConfig, Initialization, device};
/// let config = ConvolutionalConfig {
///     image: [28, 28],
///     channels: [6, 16],
///     hidden: vec![50],
///     classes: 10,
///     bias: false,
///     init: Initialization::UniformFanIn,
/// };
/// let network = Convolutional::new(&config, 1, &device::open(None)?.device)?;
/// # let _ = network;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Module, Debug)]
pub struct Convolutional {
    first: Conv2d,
    second: Conv2d,
    pool: MaxPool2d,
    dense: Mlp,
    image: [usize; 2],
}

impl ConvolutionalConfig {
    /// The perceptron on the pooled channels of the second convolution.
    ///
    /// # Errors
    /// [`NetworkError::Shape`] when the image is too small for two convolutions, or there are no channels.
    fn dense(&self) -> Result<MlpConfig, NetworkError> {
        if let Some((layer, _)) = ["first", "second"].iter().zip(self.channels).find(|(_, count)| *count == 0)
        {
            let problem =
                format!("a convolution needs at least one channel, but model.channels = {:?}", self.channels);
            return Err(NetworkError::Shape { layer: (*layer).to_owned(), problem });
        }
        let after = |pixels: usize| pixels.checked_sub(KERNEL - 1).map_or(0, |pixels| pixels / POOL);
        let left = self.image.iter().map(|&pixels| after(after(pixels))).fold(1, usize::saturating_mul);
        if left == 0 {
            let [rows, columns] = self.image;
            return Err(NetworkError::Shape {
                layer: "second".to_owned(),
                problem: format!(
                    "nothing is left of {rows} × {columns} pixels after two 5 × 5 convolutions with 2 × 2 pooling"
                ),
            });
        }
        Ok(MlpConfig {
            inputs: left.saturating_mul(self.channels[1]),
            hidden: self.hidden.clone(),
            classes: self.classes,
            bias: self.bias,
            init: self.init,
        })
    }

    /// The layers by name, from the input to the output, and the shape of their weights.
    ///
    /// # Errors
    /// [`NetworkError::Shape`] when the image is too small for two convolutions, or there are no channels.
    pub fn shapes(&self) -> Result<Vec<(String, Vec<usize>)>, NetworkError> {
        let [first, second] = self.channels;
        let convolutions = [("first", [first, 1]), ("second", [second, first])];
        let convolutions =
            convolutions.map(|(name, [to, from])| (name.to_owned(), vec![to, from, KERNEL, KERNEL]));
        let dense = self.dense()?.shapes().into_iter();
        let dense = dense.map(|(name, shape)| (format!("dense.{name}"), shape.to_vec()));
        Ok(convolutions.into_iter().chain(dense).collect())
    }

    /// A convolution with its initial weights, from stream (seed, initial weights, `place`): first W, row-major, then b.
    fn convolution(&self, channels: [usize; 2], seed: u64, place: u64, device: &Device) -> Conv2d {
        let Initialization::UniformFanIn = self.init;
        let bound = 1.0 / ((channels[0] * KERNEL * KERNEL) as f32).sqrt();
        let mut random = stream(seed, Purpose::InitialWeights, place);
        let mut draw = |shape: Vec<usize>| {
            let values: Vec<f32> =
                (0..shape.iter().product()).map(|_| (2.0 * uniform(&mut random) - 1.0) * bound).collect();
            TensorData::new(values, shape)
        };
        let weight = draw(vec![channels[1], channels[0], KERNEL, KERNEL]);
        let bias = self.bias.then(|| draw(vec![channels[1]]));
        let mut convolution = Conv2dConfig::new(channels, [KERNEL, KERNEL]).with_bias(false).init(device);
        // Identities of its own, so that a saved optimizer state finds its parameters again.
        let identity = |which: u64| ParamId::from(2 * place + which);
        convolution.weight = Param::from_data(weight, device);
        convolution.weight.id = identity(1);
        convolution.bias = bias.map(|bias| Param::from_data(bias, device));
        if let Some(bias) = &mut convolution.bias {
            bias.id = identity(2);
        }
        convolution
    }
}

impl Convolutional {
    /// The network with the initial weights of a seed, drawn on the host: the same for every backend.
    ///
    /// # Errors
    /// [`NetworkError`] when the image is too small, a width is zero, or there is no memory for the weights.
    pub fn new(config: &ConvolutionalConfig, seed: u64, device: &Device) -> Result<Self, NetworkError> {
        check_room(&config.shapes()?)?;
        let dense = config.dense()?.initial(seed)?;
        let layers = dense.layers().len() as u64;
        let [first, second] = config.channels;
        Ok(Self {
            first: config.convolution([1, first], seed, layers, device),
            second: config.convolution([first, second], seed, layers + 1, device),
            pool: MaxPool2dConfig::new([POOL, POOL]).with_strides([POOL, POOL]).init(),
            dense: Mlp::new(&dense, device)?,
            image: config.image,
        })
    }
}

impl Classifier for Convolutional {
    fn inputs(&self) -> Option<usize> {
        Some(self.image.iter().product())
    }

    fn forward(&self, inputs: Tensor<2>) -> Tensor<2> {
        let [batch, _] = inputs.dims();
        let [rows, columns] = self.image;
        let images: Tensor<4> = inputs.reshape([batch, 1, rows, columns]);
        let found = self.pool.forward(relu(self.first.forward(images)));
        let found = self.pool.forward(relu(self.second.forward(found)));
        self.dense.forward(found.flatten(1, 3))
    }
}
