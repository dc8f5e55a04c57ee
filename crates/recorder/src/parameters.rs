//! A module's parameters: their paths, shapes and weights.

use std::collections::HashSet;

use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId},
    tensor::{DType, Tensor, TensorData},
};

use crate::RecorderError;

/// A float parameter of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamPath {
    /// Field names from the module down, joined by dots: `hidden.weight`, `layers.0.bias`.
    pub path: String,
    /// The parameter's shape; a linear weight is `[d_in, d_out]`.
    pub shape: Vec<usize>,
}

/// The float parameters of a module, in the module's order: what an optimizer can move, frozen or not. Parameters that were not
/// initialised yet stay so.
///
/// Running statistics (`running_mean` and `running_var` of batch norm) are not among them: burn keeps them beside the parameters,
/// but a forward pass moves them, not the optimizer.
pub fn paths<M: Module>(module: &M) -> Vec<ParamPath> {
    let mut paths = Vec::new();
    visit(module, |path, parameter| {
        paths.push(ParamPath { path: path.into(), shape: parameter.shape() });
    });
    paths
}

/// The weights of one parameter, flattened row-major: e.g. w(0), before the first optimizer step.
///
/// # Errors
/// [`RecorderError::UnknownPath`], which lists the paths there are; [`RecorderError::NotF32`] for a parameter that is not f32;
/// [`RecorderError::Backend`] when the device does not hand the values over.
pub fn weights<M: Module>(module: &M, path: &str) -> Result<Vec<f32>, RecorderError> {
    let mut found = None;
    visit(module, |visited, parameter| {
        if visited == path {
            found = Some(parameter.weights());
        }
    });
    found.unwrap_or_else(|| Err(unknown_path(module, path)))
}

/// The same with every digit of a parameter that is f32 or f64.
///
/// # Errors
/// As [`weights`]; [`RecorderError::NotF32`] for a parameter that is neither.
pub fn weights_in_f64<M: Module>(module: &M, path: &str) -> Result<Vec<f64>, RecorderError> {
    let mut found = None;
    visit(module, |visited, parameter| {
        if visited == path {
            found = Some(parameter.weights_in_f64());
        }
    });
    found.unwrap_or_else(|| Err(unknown_path(module, path)))
}

/// The parameter of this path.
///
/// # Errors
/// [`RecorderError::UnknownPath`], which lists the paths there are.
pub fn parameter<M: Module>(module: &M, path: &str) -> Result<ParamPath, RecorderError> {
    let found = paths(module).into_iter().find(|parameter| parameter.path == path);
    found.ok_or_else(|| unknown_path(module, path))
}

fn unknown_path<M: Module>(module: &M, asked: &str) -> RecorderError {
    let available = paths(module).into_iter().map(|parameter| parameter.path).collect();
    RecorderError::UnknownPath { asked: asked.into(), available }
}

/// The values of a tensor, which must be f32. Read them with [`as_slice`].
pub(crate) fn values<const D: usize>(tensor: &Tensor<D>) -> Result<TensorData, RecorderError> {
    if tensor.dtype() != DType::F32 {
        return Err(not_f32(tensor));
    }
    // A product by one is exact, and a copy that nobody shares: CPU backends hand its memory over as it is. Reading the shared
    // tensor itself costs the same on flex and several times more on ndarray, which copies it element by element.
    let data = tensor.clone().mul_scalar(1.0).try_into_data();
    data.map_err(|error| RecorderError::Backend { reason: error.to_string() })
}

pub(crate) fn not_f32<const D: usize>(tensor: &Tensor<D>) -> RecorderError {
    RecorderError::NotF32 { dtype: format!("{:?}", tensor.dtype()) }
}

pub(crate) fn as_slice(data: &TensorData) -> Result<&[f32], RecorderError> {
    data.as_slice().map_err(|error| RecorderError::Backend { reason: error.to_string() })
}

/// A parameter of any rank.
trait Parameter {
    fn shape(&self) -> Vec<usize>;
    fn weights(&self) -> Result<Vec<f32>, RecorderError>;
    fn weights_in_f64(&self) -> Result<Vec<f64>, RecorderError>;
}

impl<const D: usize> Parameter for Param<Tensor<D>> {
    fn shape(&self) -> Vec<usize> {
        self.lazy_shape().to_vec()
    }

    fn weights(&self) -> Result<Vec<f32>, RecorderError> {
        let data = values(&self.val().inner())?;
        as_slice(&data).map(<[f32]>::to_vec)
    }

    fn weights_in_f64(&self) -> Result<Vec<f64>, RecorderError> {
        let tensor = self.val().inner();
        if !matches!(tensor.dtype(), DType::F32 | DType::F64) {
            return Err(not_f32(&tensor));
        }
        let values = tensor.try_into_vec_as::<f64>();
        values.map_err(|error| RecorderError::Backend { reason: error.to_string() })
    }
}

/// The identities of a module's running state.
///
/// A parameter can be told to require gradients, a running state cannot: that tells them apart, frozen parameters too. Nothing is
/// initialised by it: a running state always is.
fn running<M: Module>(module: &M) -> HashSet<ParamId> {
    struct Ask;
    impl ModuleMapper for Ask {
        fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
            if parameter.is_initialized() { parameter.set_require_grad(true) } else { parameter }
        }
    }
    struct Refused(HashSet<ParamId>);
    impl ModuleVisitor for Refused {
        fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
            if parameter.is_initialized() && !parameter.valid().train().val().is_require_grad() {
                self.0.insert(parameter.id);
            }
        }
    }
    let mut refused = Refused(HashSet::new());
    module.clone().map(&mut Ask).visit(&mut refused);
    refused.0
}

fn visit<M: Module>(module: &M, action: impl FnMut(&str, &dyn Parameter)) {
    struct Visitor<F> {
        names: Vec<String>,
        running: HashSet<ParamId>,
        action: F,
    }

    impl<F: FnMut(&str, &dyn Parameter)> ModuleVisitor for Visitor<F> {
        fn enter_module(&mut self, name: &str, _container_type: &str) {
            self.names.push(name.into());
        }

        fn exit_module(&mut self, _name: &str, _container_type: &str) {
            self.names.pop();
        }

        fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
            if !self.running.contains(&parameter.id) {
                (self.action)(&self.names.join("."), parameter);
            }
        }
    }

    module.visit(&mut Visitor { names: Vec::new(), running: running(module), action });
}
