//! A window that is read in pieces has the decomposition of the array, bit by bit, and a failing one none.

mod common;

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::generator;
use ndarray::{Array2, ArrayView2, Axis};
use varflat_analysis::{
    AnalysisError, DatasetBase, Fit, ParamGuard, Solver, TrajectoryPca, TrajectoryPcaParams, WindowSource,
};

/// A window that lies elsewhere: every block is copied into the buffer. It fails when so many weights have been read.
struct Elsewhere<'a> {
    window: &'a Array2<f32>,
    read: AtomicUsize,
    largest: AtomicUsize,
    fails_after: usize,
}

impl<'a> Elsewhere<'a> {
    fn new(window: &'a Array2<f32>) -> Self {
        Self { window, read: AtomicUsize::new(0), largest: AtomicUsize::new(0), fails_after: usize::MAX }
    }

    fn passes(&self) -> f64 {
        self.read.load(Ordering::Relaxed) as f64 / self.window.len() as f64
    }
}

impl WindowSource for Elsewhere<'_> {
    fn steps(&self) -> usize {
        self.window.nrows()
    }

    fn weights(&self) -> usize {
        self.window.ncols()
    }

    fn block<'a>(
        &'a self,
        rows: Range<usize>,
        columns: Range<usize>,
        buffer: &'a mut Vec<f32>,
    ) -> Result<ArrayView2<'a, f32>, AnalysisError> {
        let shape = (rows.len(), columns.len());
        let weights = shape.0 * shape.1;
        if self.read.fetch_add(weights, Ordering::Relaxed) + weights > self.fails_after {
            return Err(AnalysisError::Source("the disk is gone".into()));
        }
        self.largest.fetch_max(weights, Ordering::Relaxed);
        let block = self.window.slice_axis(Axis(0), rows.into());
        buffer.clear();
        buffer.extend(block.slice_axis(Axis(1), columns.into()));
        ArrayView2::from_shape(shape, buffer).map_err(|error| AnalysisError::Source(Box::new(error)))
    }
}

fn in_pieces(params: TrajectoryPcaParams, window: &Elsewhere<'_>) -> Result<TrajectoryPca, AnalysisError> {
    params.check()?.fit_source(window)
}

/// Windows of several blocks along both axes.
fn windows() -> [(Array2<f32>, &'static [Solver]); 2] {
    let tall = common::window(1300, 520, 1e-4, 10.0, &mut generator(21));
    let wide = common::window(200, 1700, 1e-4, 26.0, &mut generator(22));
    [
        (tall, &[Solver::Auto, Solver::Covariance, Solver::TopK(6), Solver::TopK(300)]),
        (wide, &[Solver::Auto, Solver::Gram, Solver::TopK(4), Solver::TopK(150)]),
    ]
}

#[test]
fn pieces_give_the_bits_of_the_array() {
    for (window, solvers) in &windows() {
        for &solver in *solvers {
            for measured in [true, false] {
                let params = TrajectoryPca::params().solver(solver).measured(measured).segment(70);
                let whole = params.clone().fit(&DatasetBase::from(window.view())).unwrap();
                let pieces = in_pieces(params, &Elsewhere::new(window)).unwrap();
                assert_eq!(whole, pieces, "{solver:?}, measured: {measured}");
                let k = whole.variance().len().min(60);
                let theta = whole.project(window.view(), k).unwrap();
                assert_eq!(theta, pieces.project(Elsewhere::new(window), k).unwrap());
                assert_eq!(
                    whole.slopes(window.view(), k).unwrap(),
                    pieces.slopes(Elsewhere::new(window), k).unwrap()
                );
                let mut row = 0;
                let mut same = |block: ArrayView2<'_, f64>| {
                    let rows = row..row + block.nrows();
                    assert_eq!(block, theta.slice_axis(Axis(0), rows.into()));
                    row += block.nrows();
                    Ok::<_, AnalysisError>(())
                };
                pieces.project_blocks(Elsewhere::new(window), k, &mut same).unwrap();
                assert_eq!(row, window.nrows());
            }
        }
    }
}

#[test]
fn an_array_in_any_order_of_memory_is_the_same_window() {
    let window = common::window(600, 40, 1e-4, 5.0, &mut generator(23));
    let mut turned = Array2::zeros((40, 600));
    turned.assign(&window.t());
    let params = TrajectoryPca::params().check().unwrap();
    assert_eq!(params.fit_source(&window).unwrap(), params.fit_source(turned.t()).unwrap());
}

#[test]
fn the_window_is_read_as_often_as_is_said() {
    for (window, solvers) in &windows() {
        let source = Elsewhere::new(window);
        in_pieces(TrajectoryPca::params().solver(solvers[0]), &source).unwrap();
        let passes = if window.nrows() > window.ncols() { 3.0 } else { 4.0 };
        assert!((source.passes() - passes).abs() < 1e-9, "{}", source.passes());
        let top = Elsewhere::new(window);
        in_pieces(TrajectoryPca::params().solver(Solver::TopK(4)), &top).unwrap();
        assert!(top.passes() < 40.0, "{}", top.passes());
    }
}

#[test]
fn long_rows_are_read_fewer_at_a_time() {
    // 504 rows of 50,000 weights would be 25 million.
    let window = Array2::from_shape_fn((300, 50_000), |(t, n)| ((t * (n % 7 + 1)) as f32).sin());
    let source = Elsewhere::new(&window);
    in_pieces(TrajectoryPca::params().solver(Solver::TopK(2)), &source).unwrap();
    assert!(source.largest.load(Ordering::Relaxed) <= 504 * 16_384, "{:?}", source.largest);
}

#[test]
fn a_failing_source_gives_its_error_wherever_it_fails() {
    for (window, solvers) in &windows() {
        for &solver in *solvers {
            let params = TrajectoryPca::params().solver(solver);
            let whole = Elsewhere::new(window);
            let pca = in_pieces(params.clone(), &whole).unwrap();
            let passes = whole.passes();
            for part in [0.0, 0.3, 0.6, 0.999] {
                let fails_after = (part * passes * window.len() as f64) as usize;
                let failing = Elsewhere { fails_after, ..Elsewhere::new(window) };
                let error = in_pieces(params.clone(), &failing).unwrap_err();
                assert!(matches!(error, AnalysisError::Source(_)), "{error}");
                assert_eq!(error.to_string(), "the disk is gone", "{solver:?} at {part}");
            }
            let failing = Elsewhere { fails_after: window.len() - 1, ..Elsewhere::new(window) };
            assert!(matches!(pca.project(failing, 2), Err(AnalysisError::Source(_))));
        }
    }
}
