//! Which parameters an optimizer moves.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use varflat_model::TrainingError;

use crate::error::Result;

/// Whether an optimizer moves the parameter at a path.
pub(super) fn check_learns(network: &impl Module, path: &str) -> Result<()> {
    struct Learns {
        names: Vec<String>,
        paths: Vec<String>,
    }
    impl ModuleVisitor for Learns {
        fn enter_module(&mut self, name: &str, _: &str) {
            self.names.push(name.to_owned());
        }

        fn exit_module(&mut self, _: &str, _: &str) {
            self.names.pop();
        }

        fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
            if parameter.val().is_require_grad() {
                self.paths.push(self.names.join("."));
            }
        }
    }
    let mut learns = Learns { names: Vec::new(), paths: Vec::new() };
    network.visit(&mut learns);
    match learns.paths.iter().any(|there| there == path) {
        true => Ok(()),
        false => {
            let learns = learns.paths.join(", ");
            let problem =
                format!("`{path}` is frozen, so that there is nothing to record; what learns is {learns}");
            Err(TrainingError::Config(problem).into())
        }
    }
}
