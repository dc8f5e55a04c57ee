//! Weights with fewer digits than they have: those of numbers about another value.

use burn::optim::{LearningRate, Optimizer};
use burn::tensor::{Device, Tensor};

/// An optimizer whose weights have the digits of w + c, for a constant c: after every step of the one inside it, w ← fl(w + c) − c.
///
/// It is the training of a network that keeps v = w + c and computes with v − c. Its gradients are the same, and so is its learning rate;
/// nothing differs but the rounding of the weights, by ulp(c) instead of ulp(w) where c is the larger one. (The subtraction is exact: v and c
/// are multiples of the same power of two.)
///
/// Weights that are scaled instead prove nothing: by a power of two every number of the training is scaled with its rounding, bit by bit.
#[derive(Clone)]
pub struct RoundedAbout<O> {
    optimizer: O,
    constant: f64,
}

impl<O: Optimizer> RoundedAbout<O> {
    /// Rounds what `optimizer` makes; about 0 it changes nothing.
    pub fn new(optimizer: O, constant: f64) -> Self {
        Self { optimizer, constant }
    }
}

impl<O: Optimizer> Optimizer for RoundedAbout<O> {
    type State<const D: usize> = O::State<D>;

    fn step<const D: usize>(
        &self,
        learning_rate: LearningRate,
        weights: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let (weights, state) = self.optimizer.step(learning_rate, weights, gradient, state);
        match self.constant == 0.0 {
            true => (weights, state),
            false => (weights.add_scalar(self.constant).sub_scalar(self.constant), state),
        }
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        O::to_device(state, device)
    }
}
