//! What is read from a window, whatever noise has made it.

use ndarray::{Array2, Axis, Slice};
use serde::{Deserialize, Serialize};
use varflat_analysis::{
    Along, ParamGuard, TrajectoryPca, View, WindowSteps, along_directions, detrend, form_rounding, spectrum,
    variances_along,
};
use varflat_run::error::Result;

use super::checkpoint::Checkpoint;

/// What was read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Reading {
    /// ψ, F that of the curvature, along the window's own components and along the eigenvectors of the Hessian.
    pub(super) psi_components: Option<f64>,
    pub(super) psi_hessian: Option<f64>,
    /// γ in C ∝ κ^γ of the noise that the steps of the window have.
    pub(super) gamma: Option<f64>,
    /// σ_1²/σ_2².
    pub(super) gap: Option<f64>,
    /// σ² beyond a line in time: of all weights together, and along the leading components of the run together.
    pub(super) total: f64,
    pub(super) leading: f64,
    /// σ² beyond a line in time along each eigenvector that is looked along.
    pub(super) variance: Vec<f64>,
    /// The variance of the steps there, over α²: the C that the window has had.
    pub(super) step_noise: Vec<f64>,
    /// Whether σ² is more than rounding.
    pub(super) trusted: Vec<bool>,
}

impl Reading {
    /// Of a window `[steps, weights]`, with ψ and γ over the directions from `first` to `last`, counted from 1.
    pub(super) fn of(checkpoint: &Checkpoint, window: &Array2<f32>, range: [usize; 2]) -> Result<Self> {
        let alpha = checkpoint.training.learning_rate;
        let found = variances_along(window, checkpoint.directions.view())?;
        let steps = variances_along(WindowSteps::new(window), checkpoint.directions.view())?;
        let step_noise: Vec<f64> = steps.iter().map(|step| step.variance / (alpha * alpha)).collect();
        let trusted: Vec<bool> =
            found.iter().zip(&checkpoint.trusted).map(|(found, here)| found.is_trusted() && *here).collect();
        let variance: Vec<f64> = found.iter().map(|found| found.detrended).collect();
        let along = (0..variance.len()).map(|place| Along {
            variance: variance[place],
            curvature: checkpoint.curvature[place],
            noise: step_noise[place],
            trusted: trusted[place] && step_noise[place] > 0.0,
        });
        // Ranks have no gap as far as the range goes, so that places are ranks there.
        let view = View { along: along.collect() };
        let leading = variances_along(window, checkpoint.leading.view())?;
        let (psi_components, gap) = components(checkpoint, window, range)?;
        Ok(Self {
            psi_components,
            psi_hessian: view.psi(range),
            gamma: view.gamma(range),
            gap,
            total: beyond_lines(window),
            leading: leading.iter().map(|found| found.detrended).sum(),
            variance,
            step_noise,
            trusted,
        })
    }
}

/// ψ along the window's own components, and the gap of these.
fn components(
    checkpoint: &Checkpoint,
    window: &Array2<f32>,
    range: [usize; 2],
) -> Result<(Option<f64>, Option<f64>)> {
    let pca = TrajectoryPca::params().measured(false).check()?.fit_source(window)?;
    let variance = pca.variance();
    let kept = range[1].min(variance.len());
    let directions = pca.components().slice_axis(Axis(0), Slice::from(..kept));
    let curvature = along_directions(checkpoint.hessian.view(), directions)?;
    let noise = along_directions(checkpoint.covariance.view(), directions)?;
    let (least, fewest) =
        (form_rounding(checkpoint.hessian.view()), form_rounding(checkpoint.covariance.view()));
    let along = (0..kept).map(|place| Along {
        variance: variance[place],
        curvature: curvature[place],
        noise: noise[place],
        trusted: pca.trusted(place) && curvature[place] > least && noise[place] > fewest,
    });
    let view = View { along: along.collect() };
    let all: Vec<f64> = variance.to_vec();
    Ok((view.psi(range), spectrum::gap(&all).ok()))
}

/// Σ over the weights of what is left beyond a line in time.
fn beyond_lines(window: &Array2<f32>) -> f64 {
    let of_weight = |column: ndarray::ArrayView1<'_, f32>| -> f64 {
        let mut series: Vec<f64> = column.iter().map(|&weight| f64::from(weight)).collect();
        detrend(&mut series);
        series.iter().map(|left| left * left).sum::<f64>() / series.len() as f64
    };
    window.columns().into_iter().map(of_weight).sum()
}
