//! A constraint at work on a module.

use burn::module::{Module, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};

use super::{Constraint, on_host};
use crate::dense::NetworkError;
use crate::parameters::{Count, Visit, change_at, visit_at};

impl Constraint {
    /// Σ_i k_i [(w − w_1)·p_i]², a number `[1]` that autodiff can follow: add it to a loss.
    ///
    /// As a gradient step it is stable only where α k_i < 1, and useful below a half of that; [`relax`](Self::relax) has no such limit.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn penalty<M: Module>(&self, module: &M) -> Result<Tensor<1>, NetworkError> {
        self.check(module)?;
        let mut penalty = Penalty { constraint: self, value: None };
        visit_at(module, &self.path, &mut penalty)?;
        penalty.value.ok_or_else(|| self.invalid("the parameter has no value".to_owned()))
    }

    /// Adds the gradient of the [`penalty`](Self::penalty), 2 Σ_i k_i [(w − w_1)·p_i] p_i, to those of a loss.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn add_gradients<M: Module>(
        &self,
        module: &M,
        gradients: GradientsParams,
    ) -> Result<GradientsParams, NetworkError> {
        self.check(module)?;
        let mut adding = Adding { constraint: self, gradients };
        visit_at(module, &self.path, &mut adding)?;
        Ok(adding.gradients)
    }

    /// An implicit step of learning rate α: the w that minimises penalty(w) + |w − w'|²/(2α), w' being the module's weights.
    ///
    /// Each c_i = (w' − w_1)·p_i becomes c_i/(1 + 2αk_i), and nothing else changes: a step that is stable for any stiffness. After the
    /// step of an optimizer on the loss alone it makes a training of loss and penalty together, to first order in α. Several
    /// constraints are taken one after the other.
    ///
    /// # Errors
    /// As [`check`](Self::check), and for an α that is negative or no finite number.
    pub fn relax<M: Module>(&self, module: M, learning_rate: f64) -> Result<M, NetworkError> {
        self.check(&module)?;
        if !(learning_rate >= 0.0 && learning_rate.is_finite()) {
            return Err(self.invalid(format!("a step of learning rate {learning_rate} is impossible")));
        }
        Ok(self.relax_checked(module, learning_rate))
    }

    /// [`relax`](Self::relax) of a module that has been checked.
    pub(crate) fn relax_checked<M: Module>(&self, module: M, learning_rate: f64) -> M {
        if self.count() == 0 {
            return module;
        }
        change_at(module, &self.path, |weights| {
            let device = weights.device();
            // GPUs keep their tensors in pools; reading from there and back would wait for all that is under way.
            if device.memory_pool_usage().is_some() {
                return weights.clone()
                    - self
                        .part_along(weights, |k| 2.0 * learning_rate * k / (1.0 + 2.0 * learning_rate * k));
            }
            let (shape, mut data) = (weights.dims(), weights.into_data());
            match data.as_mut_slice::<f32>() {
                Ok(values) => {
                    on_host::relax(values, &self.place, &self.stiffness, learning_rate);
                    Tensor::from_data(data, &device)
                }
                // Memory that may not be written in place.
                Err(_) => {
                    let mut values: Vec<f32> = data.iter::<f32>().collect();
                    on_host::relax(&mut values, &self.place, &self.stiffness, learning_rate);
                    Tensor::from_data(TensorData::new(values, shape), &device)
                }
            }
        })
    }

    /// Whether the module has the parameter this is a constraint on, and the constraint is one.
    ///
    /// # Errors
    /// [`NetworkError::UnknownLayer`] when there is no parameter of that path, [`NetworkError::Shape`] when it has another number of
    /// weights, or when [`scaled`](Self::scaled) has made a stiffness negative or no finite number.
    pub fn check<M: Module>(&self, module: &M) -> Result<(), NetworkError> {
        if let Some(place) = self.stiffness.iter().position(|k| !(*k >= 0.0 && k.is_finite())) {
            let k = self.stiffness[place];
            return Err(
                self.invalid(format!("stiffness {} is {k}; it must be finite and not negative", place + 1))
            );
        }
        let mut weights = Count(0);
        visit_at(module, &self.path, &mut weights)?;
        let expected = self.place.centre.len();
        if weights.0 == expected {
            return Ok(());
        }
        Err(self.invalid(format!("has {} weights, but the constraint on it is for {expected}", weights.0)))
    }

    fn invalid(&self, problem: String) -> NetworkError {
        NetworkError::Shape { layer: self.path.clone(), problem }
    }

    /// Σ_i f(k_i) [(w − w_1)·p_i] p_i.
    fn part_along(&self, weights: Tensor<1>, of_stiffness: impl Fn(f64) -> f64) -> Tensor<1> {
        let device = weights.device();
        let factors = self.stiffness.iter().map(|&k| of_stiffness(f64::from(k)) as f32).collect();
        let (along, directions) = self.along_each(weights);
        let weighted = along * vector(factors, &device);
        match directions {
            // [1, constraints] · [constraints, weights]
            Some(directions) => weighted.unsqueeze::<2>().matmul(directions).flatten(0, 1),
            None => weighted,
        }
    }

    /// c_i = (w − w_1)·p_i, and the directions on the device of w.
    fn along_each(&self, weights: Tensor<1>) -> (Tensor<1>, Option<Tensor<2>>) {
        let device = weights.device();
        let (centre, directions) = self.tensors(&device);
        let moved = weights - centre;
        match directions {
            Some(directions) => {
                // [constraints, weights] · [weights, 1]
                let along = directions.clone().matmul(moved.unsqueeze_dim(1)).flatten(0, 1);
                (along, Some(directions))
            }
            None => (moved, None),
        }
    }

    /// w_1 and the directions on a device, with autodiff where it has it.
    fn tensors(&self, device: &Device) -> (Tensor<1>, Option<Tensor<2>>) {
        let plain = device.clone().inner();
        let (centre, directions) = self.place.tensors.get_or_init(|| {
            let directions = self.place.directions.as_ref().map(|rows| {
                let shape = [self.stiffness.len(), self.place.centre.len()];
                Tensor::from_data(TensorData::new(rows.clone(), shape), &plain)
            });
            (vector(self.place.centre.clone(), &plain), directions)
        });
        let (centre, directions) =
            (centre.clone().to_device(&plain), directions.clone().map(|rows| rows.to_device(&plain)));
        if device.is_autodiff() {
            (Tensor::from_inner(centre), directions.map(Tensor::from_inner))
        } else {
            (centre, directions)
        }
    }
}

fn vector(values: Vec<f32>, device: &Device) -> Tensor<1> {
    let length = values.len();
    Tensor::from_data(TensorData::new(values, [length]), device)
}

struct Penalty<'a> {
    constraint: &'a Constraint,
    value: Option<Tensor<1>>,
}

impl Visit for Penalty<'_> {
    fn parameter<const D: usize>(&mut self, _: &str, parameter: &Param<Tensor<D>>) {
        let weights = parameter.val().flatten(0, D - 1);
        let device = weights.device();
        let (along, _) = self.constraint.along_each(weights);
        let stiffness = vector(self.constraint.stiffness.clone(), &device);
        self.value = Some((along.clone() * along * stiffness).sum());
    }
}

struct Adding<'a> {
    constraint: &'a Constraint,
    gradients: GradientsParams,
}

impl Visit for Adding<'_> {
    fn parameter<const D: usize>(&mut self, _: &str, parameter: &Param<Tensor<D>>) {
        let weights = parameter.val();
        let weights = if weights.device().is_autodiff() { weights.inner() } else { weights };
        let shape = weights.dims();
        let own = self.constraint.part_along(weights.flatten(0, D - 1), |k| 2.0 * k).reshape(shape);
        let sum = match self.gradients.remove::<D>(parameter.id) {
            Some(gradient) => gradient + own,
            None => own,
        };
        self.gradients.register(parameter.id, sum);
    }
}
