//! The captions of the figures.

use varflat_run::error::Result;

use super::tables::{Kind, NoiseReport};
use crate::part::Tables;
use crate::words::{fixed, two_digits};

pub(super) fn replacement(tables: &Tables) -> Result<Option<String>> {
    let Some(record) = tables.study::<NoiseReport>("noise")? else { return Ok(None) };
    let report = record.report;
    let half = |kappa: Option<f64>| kappa.map_or_else(|| "not reached".to_owned(), two_digits);
    let flat = report.flat_ratio.map_or_else(String::new, |flat| {
        format!(
            " Where nothing curves the formula gives {}; half of the way from there to 1 lies at κ = {} by the formula, measured {}; λ₁ = {}, \
             κ_{{×}} = 3/αM = {}.",
            fixed(flat, 2),
            half(report.half_way),
            half(report.half_way_measured),
            two_digits(report.largest_curvature),
            two_digits(report.kappa_crossover)
        )
    });
    Ok(Some(format!(
        "The training goes on from its last state for {} steps, all layers, {} times with mini-batches drawn without replacement and {} times with \
         it, every time in another order. (a) The ratio of the variances along the eigenvectors of the Hessian there, a line in time taken away; \
         bands of neighbouring directions with the 95 % interval over the orders. (b) The variances. Lines: the exact formula for a weight of \
         curvature κ and noise C in such a window, by the same way of taking the line away, without a free constant.{flat}",
        report.trained_steps, report.orders, report.orders
    )))
}

pub(super) fn replaced(tables: &Tables) -> Result<Option<String>> {
    let Some(record) = tables.study::<NoiseReport>("noise")? else { return Ok(None) };
    let report = record.report;
    let repeats = report.of(Kind::Full).map_or(0, |found| found.windows);
    Ok(Some(format!(
        "ψ with F of the parabola of κ in windows from the last state of the run: of mini-batches ({} orders each, with the 95 % interval of their \
         mean; all layers {} steps, the layer alone {}), and of other noise in their place, added to the gradient of all samples ({} window of each \
         kind). C is the covariance of the gradient of a mini-batch at the beginning. Exact: the same fit through the variances of the formula, for \
         the noise that was given. As mini-batches: ψ lies within the 95 % interval of one further window of mini-batches, drawn with replacement \
         where the noise is independent from step to step, without where it sums to zero over an epoch.",
        report.orders, report.trained_steps, report.alone_steps, repeats
    )))
}

pub(super) fn projected(tables: &Tables) -> Result<Option<String>> {
    let Some(record) = tables.study::<NoiseReport>("noise")? else { return Ok(None) };
    let report = record.report;
    Ok(Some(format!(
        "The layer alone moves, from the last state of the run, by mini-batches; by the gradient of all samples and the noise of mini-batches without \
         its part on the {} components of most variance after the first of the run’s own window; with that part alone; and without noise. Only noise is \
         projected, never the gradient of all samples. Means over the windows of a kind. p₁ is the first component of the run’s window, the drift.",
        report.projected
    )))
}
