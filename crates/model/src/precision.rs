//! Networks in f64.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{DType, Tensor};

use crate::parameters::changed;

/// The same network with every float parameter, and every running statistic, in f64: it then computes in f64 throughout, on images that are
/// in f64, too ([`ResidentSet::in_precision`](crate::ResidentSet::in_precision)). Only on the CPU; a GPU's runtime may not know f64.
///
/// No value changes: f64 has every f32.
pub fn in_f64<M: Module>(network: M) -> M {
    struct InF64;
    impl ModuleMapper for InF64 {
        fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
            parameter.map(|tensor| changed(tensor, |plain| plain.cast(DType::F64)))
        }
    }
    network.map(&mut InF64)
}
