//! The float parameters of any burn module, by their paths.

use std::collections::HashSet;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::{Element, Tensor};

use crate::dense::NetworkError;

/// What is done with a parameter of any rank.
pub(crate) trait Visit {
    /// `path` is the field names from the module down, joined by dots: `hidden.weight`.
    fn parameter<const D: usize>(&mut self, path: &str, parameter: &Param<Tensor<D>>);
}

/// Shows every float parameter, in the module's order: what an optimizer can move, frozen or not. Running statistics are none.
pub(crate) fn visit<M: Module>(module: &M, visit: &mut impl Visit) {
    let left_out = running(module);
    module.visit(&mut Walk { names: Vec::new(), shows: |id| !left_out.contains(&id), visit });
}

/// Shows whatever burn shows, running statistics too: for visits that tell by themselves, many times over.
pub(crate) fn visit_all<M: Module>(module: &M, visit: &mut impl Visit) {
    module.visit(&mut Walk { names: Vec::new(), shows: |_| true, visit });
}

/// Shows the running statistics of a module, those of batch norm for instance, likewise.
pub(crate) fn visit_running<M: Module>(module: &M, visit: &mut impl Visit) {
    let shown = running(module);
    module.visit(&mut Walk { names: Vec::new(), shows: |id| shown.contains(&id), visit });
}

/// The identities of what burn keeps as running state: tensors that it shows as parameters, but that no gradient reaches.
///
/// A parameter can be told to require gradients, a running state cannot: that tells them apart, frozen parameters too. Nothing is
/// initialised by it: a running state always is.
pub(crate) fn running<M: Module>(module: &M) -> HashSet<ParamId> {
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

/// Shows the parameter at a path.
///
/// # Errors
/// [`NetworkError::UnknownLayer`], which lists the paths there are.
pub(crate) fn visit_at<M: Module>(
    module: &M,
    path: &str,
    visit_one: &mut impl Visit,
) -> Result<(), NetworkError> {
    let mut one = One { path, visit: visit_one, found: false, available: Vec::new() };
    visit(module, &mut one);
    if one.found {
        return Ok(());
    }
    Err(NetworkError::UnknownLayer { asked: path.to_owned(), available: one.available.join(", ") })
}

/// The module with other weights at a path, made of the old ones: flattened row-major, without autodiff. Unchanged where there is no
/// float tensor of that path.
pub(crate) fn change_at<M: Module>(module: M, path: &str, change: impl FnOnce(Tensor<1>) -> Tensor<1>) -> M {
    module.map(&mut Change { names: Vec::new(), path, change: Some(change) })
}

struct Walk<'a, F, V> {
    names: Vec<String>,
    shows: F,
    visit: &'a mut V,
}

impl<F: Fn(ParamId) -> bool, V: Visit> ModuleVisitor for Walk<'_, F, V> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.names.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.names.pop();
    }

    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        if (self.shows)(parameter.id) {
            self.visit.parameter(&self.names.join("."), parameter);
        }
    }
}

struct One<'a, V> {
    path: &'a str,
    visit: &'a mut V,
    found: bool,
    available: Vec<String>,
}

impl<V: Visit> Visit for One<'_, V> {
    fn parameter<const D: usize>(&mut self, path: &str, parameter: &Param<Tensor<D>>) {
        if path == self.path {
            self.found = true;
            self.visit.parameter(path, parameter);
        }
        self.available.push(path.to_owned());
    }
}

struct Change<'a, F> {
    names: Vec<String>,
    path: &'a str,
    change: Option<F>,
}

impl<F: FnOnce(Tensor<1>) -> Tensor<1>> ModuleMapper for Change<'_, F> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.names.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.names.pop();
    }

    fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if self.names.join(".") != self.path {
            return parameter;
        }
        let Some(change) = self.change.take() else { return parameter };
        parameter.map(|tensor| {
            changed(tensor, |plain| {
                let shape = plain.dims();
                change(plain.reshape([shape.iter().product::<usize>()])).reshape(shape)
            })
        })
    }
}

/// The tensor of a parameter with other values, made without autodiff, which has it and learns as before.
pub(crate) fn changed<const D: usize>(
    tensor: Tensor<D>,
    change: impl FnOnce(Tensor<D>) -> Tensor<D>,
) -> Tensor<D> {
    let (learns, tracked) = (tensor.is_require_grad(), tensor.device().is_autodiff());
    let changed = change(if tracked { tensor.inner() } else { tensor });
    let changed = if tracked { Tensor::from_inner(changed) } else { changed };
    if learns { changed.require_grad() } else { changed }
}

/// The weights of a parameter, flattened row-major, without autodiff.
pub(crate) struct Weights<W>(pub(crate) Result<Vec<W>, String>);

impl<W: Element> Visit for Weights<W> {
    fn parameter<const D: usize>(&mut self, _: &str, parameter: &Param<Tensor<D>>) {
        self.0 = parameter.val().inner().try_into_vec_as::<W>().map_err(|error| error.to_string());
    }
}

/// The number of weights of a parameter.
pub(crate) struct Count(pub(crate) usize);

impl Visit for Count {
    fn parameter<const D: usize>(&mut self, _: &str, parameter: &Param<Tensor<D>>) {
        self.0 = parameter.lazy_shape().iter().product();
    }
}
