//! The Fisher information of a classifier, the stiffness of elastic weight consolidation.

use std::collections::HashMap;

use burn::module::{Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::{Tensor, TensorData};

use crate::evaluated::differentiable;
use crate::parameters::{Visit, visit, visit_all};
use crate::training::{Classifier, ResidentSet, TrainingError};

/// The diagonal of the Fisher information of every parameter, by its path, flattened row-major:
///
/// F_jj = n⁻¹ Σ_x Σ_y p(y|x) (∂ ln p(y|x)/∂w_j)² over the first n = `samples` images x of `set` (all of them where there are fewer).
///
/// The labels y are the model's own, summed over all classes, not those of the data: that would be the "empirical" Fisher
/// information, which vanishes with the training loss. p is that of the network as it is evaluated: dropout is off, batch norm takes
/// its running statistics, and parameters that are frozen count as well. One forward and backward pass for every image and class;
/// sums in f64.
/// Kirkpatrick et al., "Overcoming catastrophic forgetting in neural networks", arXiv 1612.00796.
///
/// ```
/// use varflat_model::data::ImageSet;
/// use varflat_model::{Mlp, MlpConfig, ResidentSet, device, fisher_diagonal};
/// let device = device::open(None)?;
/// let network = Mlp::new(&MlpConfig::new(4, vec![3, 3], 2).initial(1)?, &device.autodiff())?;
/// let images = ImageSet { images: vec![0.5; 8], labels: vec![0, 1], rows: 2, columns: 2 };
/// let fisher = fisher_diagonal(&network, &ResidentSet::new(&images, 2, &device)?, 2)?;
/// assert_eq!((fisher[1].0.as_str(), fisher[1].1.len()), ("hidden.weight", 9));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`TrainingError::Config`] for no samples; [`TrainingError::Misfit`] if the network does not take the images, gives logits that are
/// no numbers, or has a layer that cannot be told to evaluate; [`TrainingError::Device`] if the device does not hand its numbers out.
pub fn fisher_diagonal<C: Classifier>(
    network: &C,
    set: &ResidentSet,
    samples: usize,
) -> Result<Vec<(String, Vec<f64>)>, TrainingError> {
    if samples == 0 {
        return Err(TrainingError::Config(
            "Fisher information of 0 samples is none: at least 1 is needed".to_owned(),
        ));
    }
    let samples = samples.min(set.samples());
    let network = differentiable(network, set)?;
    let evaluated = network.valid();
    let mut squares = Squares::default();
    for sample in 0..samples as u32 {
        let image = set.chosen(&[sample]).images();
        let logits = evaluated.forward(image.clone());
        let values = logits.try_into_vec_as::<f32>().map_err(TrainingError::device)?;
        if let Some(z) = values.iter().find(|z| !z.is_finite()) {
            return Err(TrainingError::Misfit(format!(
                "a logit of image {sample} is {z}: the weights have diverged"
            )));
        }
        let probabilities = softmax(&values);
        for (class, &probability) in probabilities.iter().enumerate() {
            // ∂ ln p_y/∂z_j = δ_jy − p_j.
            let slope = |(other, p): (usize, &f64)| (f64::from(u8::from(other == class)) - p) as f32;
            let slopes: Vec<f32> = probabilities.iter().enumerate().map(slope).collect();
            let logits = network.forward(Tensor::from_inner(image.clone()));
            let slopes = TensorData::new(slopes, [1, values.len()]);
            let slopes = Tensor::from_inner(Tensor::<2>::from_data(slopes, &image.device()));
            let gradients = (logits * slopes).sum().backward();
            squares.gradients = GradientsParams::from_grads(gradients, &network);
            squares.weight = probability;
            visit_all(&network, &mut squares);
        }
    }
    if let Some(problem) = squares.problem {
        return Err(TrainingError::Device(problem));
    }
    let mut names = Names(Vec::new());
    visit(&network, &mut names);
    let mean = |sums: Vec<f64>| sums.into_iter().map(|sum| sum / samples as f64).collect();
    let of = names.0.into_iter();
    Ok(of
        .map(|(path, id, weights)| {
            (path, mean(squares.sums.remove(&id).unwrap_or_else(|| vec![0.0; weights])))
        })
        .collect())
}

fn softmax(logits: &[f32]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let terms: Vec<f64> = logits.iter().map(|z| f64::from(z - largest).exp()).collect();
    let sum: f64 = terms.iter().sum();
    terms.into_iter().map(|term| term / sum).collect()
}

/// Σ weight·gradient² of every parameter.
#[derive(Default)]
struct Squares {
    gradients: GradientsParams,
    weight: f64,
    sums: HashMap<ParamId, Vec<f64>>,
    problem: Option<String>,
}

impl Visit for Squares {
    fn parameter<const D: usize>(&mut self, _: &str, parameter: &Param<Tensor<D>>) {
        // What the loss does not depend on has no gradient.
        let Some(gradient) = self.gradients.remove::<D>(parameter.id) else { return };
        match gradient.try_into_vec_as::<f32>() {
            Ok(gradient) => {
                let sums = self.sums.entry(parameter.id).or_insert_with(|| vec![0.0; gradient.len()]);
                for (sum, &slope) in sums.iter_mut().zip(&gradient) {
                    *sum += self.weight * f64::from(slope) * f64::from(slope);
                }
            }
            Err(error) => self.problem = Some(error.to_string()),
        }
    }
}

/// Paths, identities and numbers of weights.
struct Names(Vec<(String, ParamId, usize)>);

impl Visit for Names {
    fn parameter<const D: usize>(&mut self, path: &str, parameter: &Param<Tensor<D>>) {
        self.0.push((path.to_owned(), parameter.id, parameter.lazy_shape().iter().product()));
    }
}
