//! Windows that nothing but frozen noise has made, in a frozen parabola and in no landscape at all.

use ndarray::{Array1, Array2, Axis};
use varflat_analysis::{ParamGuard, Replay, Solver, TrajectoryPca, project, spectrum};
use varflat_run::error::Result;

use super::frozen::Frozen;

/// One realisation: the same noise twice, in the coordinates of the eigenvectors of the Hessian, about w_0.
pub(in crate::studies) struct Windows {
    /// In the parabola of the Hessian, `[steps, weights]`.
    pub(in crate::studies) parabola: Array2<f32>,
    /// Without any landscape, H = 0.
    pub(in crate::studies) noise_alone: Array2<f32>,
}

impl Windows {
    /// The replay of this number: so many rows, as far apart as those of the recorded window, after so many epochs that are forgotten.
    pub(in crate::studies) fn replayed(
        frozen: &Frozen,
        number: usize,
        (burn_in, rows): (usize, usize),
        mut go_on: impl FnMut() -> Result<()>,
    ) -> Result<Self> {
        let directions = frozen.frame.hessian_directions.view();
        let origin = Array1::zeros(directions.ncols());
        let per_epoch = frozen.steps_per_epoch();
        let mut in_parabola = Replay::new(frozen.learning_rate(), frozen.decay_of_weights())?;
        let mut alone = Replay::new(frozen.learning_rate(), origin.clone())?;
        let every = frozen.every();
        let empty = Array2::<f32>::zeros((rows, origin.len()));
        let mut windows = Self { parabola: empty.clone(), noise_alone: empty };
        for epoch in 0..burn_in + (rows * every).div_ceil(per_epoch) {
            go_on()?;
            let mut theta = project(&frozen.noise_of_epoch(number, epoch)?, origin.view(), directions)?;
            let mut noise = theta.clone();
            in_parabola.steps(theta.view_mut())?;
            alone.steps(noise.view_mut())?;
            let Some(before) = epoch.checked_sub(burn_in).map(|epoch| epoch * per_epoch) else { continue };
            // The first row is that of the window's first step.
            let next = before.div_ceil(every);
            let kept: Vec<usize> =
                (next..rows).map(|row| row * every - before).take_while(|step| *step < per_epoch).collect();
            let into = |window: &mut Array2<f32>, from: &Array2<f64>| {
                let mut rows = window.slice_axis_mut(Axis(0), (next..next + kept.len()).into());
                rows.assign(&from.select(Axis(0), &kept).mapv(|weight| weight as f32));
            };
            into(&mut windows.parabola, &theta);
            into(&mut windows.noise_alone, &noise);
        }
        Ok(windows)
    }
}

/// σ_1²/σ_2² of a window to which the drift of another, so much a step for every weight, is added.
pub(in crate::studies) fn gap_with_drift(
    mut window: Array2<f32>,
    drift: &Array1<f64>,
) -> Result<Option<f64>> {
    for (step, mut row) in window.rows_mut().into_iter().enumerate() {
        row.zip_mut_with(drift, |weight, drift| *weight += (step as f64 * drift) as f32);
    }
    let params = TrajectoryPca::params().solver(Solver::TopK(2)).measured(false).check()?;
    Ok(spectrum::gap(params.fit_source(&window)?.variance()).ok())
}
