//! Windows that nothing but frozen noise has made, in a frozen parabola and in no landscape at all.

use ndarray::{Array1, Array2, ArrayView2, Axis, Slice};
use varflat_analysis::{ParamGuard, Replay, Solver, TrajectoryPca, project, spectrum};
use varflat_run::error::Result;

use super::frozen::Frozen;

/// One realisation: the same noise twice.
pub(super) struct Windows {
    /// In the parabola of the Hessian, `[steps, weights]`, about w_0.
    pub(super) parabola: Array2<f32>,
    /// Without any landscape, H = 0.
    pub(super) noise_alone: Array2<f32>,
}

impl Windows {
    /// The replay of this number, of so many steps after so many epochs that are forgotten.
    pub(super) fn replayed(
        frozen: &Frozen,
        number: usize,
        (burn_in, steps): (usize, usize),
        mut go_on: impl FnMut() -> Result<()>,
    ) -> Result<Self> {
        let directions = frozen.frame.hessian_directions.view();
        let origin = Array1::zeros(directions.ncols());
        let per_epoch = frozen.steps_per_epoch();
        let mut in_parabola = Replay::new(frozen.learning_rate(), frozen.decay_of_weights())?;
        let mut alone = Replay::new(frozen.learning_rate(), origin.clone())?;
        let empty = Array2::<f32>::zeros((steps, origin.len()));
        let mut windows = Self { parabola: empty.clone(), noise_alone: empty };
        for epoch in 0..burn_in + steps.div_ceil(per_epoch) {
            go_on()?;
            let mut noise = frozen.noise_of_epoch(number, epoch)?;
            // In the coordinates of the eigenvectors, and back.
            let mut theta = project(&noise, origin.view(), directions)?;
            in_parabola.steps(theta.view_mut())?;
            alone.steps(noise.view_mut())?;
            let Some(first) = epoch.checked_sub(burn_in).map(|epoch| epoch * per_epoch) else { continue };
            let rows = first..steps.min(first + per_epoch);
            let kept = Slice::from(..rows.len());
            let moved = project(theta.slice_axis(Axis(0), kept), origin.view(), directions.t())?;
            let into = |window: &mut Array2<f32>, from: ArrayView2<'_, f64>| {
                let mut rows = window.slice_axis_mut(Axis(0), rows.clone().into());
                rows.assign(&from.mapv(|weight| weight as f32));
            };
            into(&mut windows.parabola, moved.view());
            into(&mut windows.noise_alone, noise.slice_axis(Axis(0), kept));
        }
        Ok(windows)
    }
}

/// σ_1²/σ_2² of a window to which the drift of another, so much a step for every weight, is added.
pub(super) fn gap_with_drift(mut window: Array2<f32>, drift: &Array1<f64>) -> Result<Option<f64>> {
    for (step, mut row) in window.rows_mut().into_iter().enumerate() {
        row.zip_mut_with(drift, |weight, drift| *weight += (step as f64 * drift) as f32);
    }
    let params = TrajectoryPca::params().solver(Solver::TopK(2)).measured(false).check()?;
    Ok(spectrum::gap(params.fit_source(&window)?.variance()).ok())
}
