//! A decomposition is the same bit by bit on any number of threads: a machine's cores are no part of an experiment.

mod common;

use common::{generator, window};
use varflat_analysis::{DatasetBase, Fit, Solver, TrajectoryPca};

#[test]
fn components_do_not_depend_on_the_number_of_threads() {
    // Beyond 400 weights products are cut into parts; beyond 504 rows there are several blocks.
    let shapes = [(1200, 452, Solver::Covariance), (452, 1100, Solver::Gram), (700, 600, Solver::TopK(12))];
    for (steps, weights, solver) in shapes {
        let window = window(steps, weights, 1e-4, 12.0, &mut generator(9));
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let params = TrajectoryPca::params().solver(solver);
            pool.install(|| params.fit(&DatasetBase::from(window.view())).unwrap())
        };
        let alone = on(1);
        for threads in [2, 3, 5, 16] {
            assert!(alone == on(threads), "{solver:?} on {threads} threads");
        }
    }
}
