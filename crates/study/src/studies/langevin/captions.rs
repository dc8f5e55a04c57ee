//! The captions of the figures.

use varflat_run::error::Result;

use super::tables::LangevinReport;
use crate::part::Tables;
use crate::studies::exponents::OLDER_INTERVALS;

pub(super) fn clouds(tables: &Tables) -> Result<Option<String>> {
    let Some(record) = tables.study::<LangevinReport>("langevin")? else { return Ok(None) };
    Ok(Some(format!(
        "σ² against F of the run of SGD and of walks in equilibrium on the same loss: full-batch gradient descent with isotropic noise \
                 from the same w_{{0}}. Judged are directions that relaxed at least {} times in the recorded walk and whose curvature is at least \
                 {} times the trap’s; the others are pale. Dashed: the slope +2 of equilibrium.",
        record.report.relaxations, record.report.own_curvature
    )))
}

pub(super) fn exponents(tables: &Tables) -> Result<Option<String>> {
    let Some(record) = tables.study::<LangevinReport>("langevin")? else { return Ok(None) };
    Ok(Some(format!(
        "Slope x of σ² ∝ F^{{x}} of every walk, read along the eigenvectors of the Hessian, along its own components, along those of SGD, and \
                 in an exact parabola with the same curvatures; {} readings are trusted. Bars: 95 % intervals {}. σ²(κ + k)/T is 1 in equilibrium.",
        record.report.trusted,
        match record.report.sgd_estimate {
            Some(_) => "over other windows of the walk (block jackknife)",
            None => OLDER_INTERVALS,
        }
    )))
}
