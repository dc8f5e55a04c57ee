//! What the landscape takes back of the noise, from gradients of the full loss along the recorded path.

use ndarray::{Array1, Array2};
use varflat_analysis::{
    WindowSource, WindowSteps, drift_per_step, fluctuation_dissipation, project, variances_along,
};
use varflat_run::error::{Error, Result};

use super::frozen::Frozen;

/// ρ_i of a window `[steps, weights]` with this mean along each of the `directions`, by gradients at so many of its steps, evenly spaced.
///
/// θ is what is left beyond a line in time; the other layers are at w_0, as the curvature's are.
pub(super) fn along(
    frozen: &Frozen,
    window: impl WindowSource,
    mean: &Array1<f64>,
    directions: &Array2<f64>,
    gradients: usize,
) -> Result<Vec<Option<f64>>> {
    let (steps, weights) = (window.steps(), window.weights());
    let drift = drift_per_step(&window)?;
    let gradients = gradients.min(steps);
    let mut theta = Array2::zeros((gradients, weights));
    let mut slope = Array2::zeros((gradients, weights));
    let mut read = Vec::new();
    for (place, (mut theta, mut slope)) in theta.rows_mut().into_iter().zip(slope.rows_mut()).enumerate() {
        let step = place * steps / gradients;
        let row = window.block_f64(step..step + 1, 0..weights, &mut read)?;
        let here: Vec<f32> = row.iter().map(|&weight| weight as f32).collect();
        slope.assign(&Array1::from(frozen.layer.full_gradient(&here).map_err(Error::from)?));
        let from_middle = step as f64 - 0.5 * (steps - 1) as f64;
        theta.assign(&(&row.row(0) - mean - &drift * from_middle));
    }
    let origin = Array1::zeros(weights);
    let theta = project(&theta, origin.view(), directions.view())?;
    let slope = project(&slope, origin.view(), directions.view())?;
    let alpha = frozen.learning_rate();
    let steps = variances_along(WindowSteps::new(&window), directions.view())?;
    let square: Vec<f64> = steps.iter().map(|found| found.variance / (alpha * alpha)).collect();
    Ok(fluctuation_dissipation(alpha, theta.view(), slope.view(), &square)?)
}
