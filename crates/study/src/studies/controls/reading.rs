//! What is read from a window of weights, recorded or replayed, by the very same code.

use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};
use varflat_analysis::{Basis, Correlator, Frame, View, WindowSource, detrend, project, spectrum};
use varflat_run::error::Result;

/// Components of most variance after the first, of which the paper gives the share.
pub(super) const LEADING: usize = 35;

/// The bases along which times are taken.
pub(super) const TIMED: [Basis; 2] = [Basis::Components, Basis::Hessian];

/// What to read.
pub(super) struct Reader<'a> {
    pub(super) frame: &'a Frame,
    /// First and last component of the rank exponent.
    pub(super) decay: [usize; 2],
    /// Directions whose correlation time is taken.
    pub(super) times: &'a [usize],
}

/// What was read.
#[derive(Serialize, Deserialize)]
pub(super) struct Reading {
    pub(super) of_bases: Vec<OfBasis>,
    /// σ_1²/σ_2².
    pub(super) gap: Option<f64>,
    /// γ in σ_i² ∝ i^(−γ).
    pub(super) decay: Option<f64>,
    /// Share of the [`LEADING`] components after the first in the variance of all but the first.
    pub(super) share: Option<f64>,
    /// The same of the components of the first half of the window in its second half.
    pub(super) share_out_of_sample: Option<f64>,
}

/// What was read along one kind of directions.
#[derive(Serialize, Deserialize)]
pub(super) struct OfBasis {
    pub(super) basis: Basis,
    pub(super) view: View,
    /// 1/e times, where they were asked for and the window tells them.
    pub(super) times: Vec<(usize, f64)>,
}

impl Reading {
    /// What was read along one kind of directions, if it was.
    pub(super) fn of(&self, basis: Basis) -> Option<&OfBasis> {
        self.of_bases.iter().find(|found| found.basis == basis)
    }
}

impl Reader<'_> {
    /// Reads a window `[steps, weights]` with this mean along these kinds of directions.
    pub(super) fn read(
        &self,
        window: impl WindowSource,
        mean: &Array1<f64>,
        bases: &[Basis],
    ) -> Result<Reading> {
        let mut of_bases = Vec::new();
        for &basis in bases {
            let (view, directions) = self.frame.view(&window, basis)?;
            let times = match TIMED.contains(&basis) {
                true => self.times_along(&window, mean, (basis, &view, &directions))?,
                false => Vec::new(),
            };
            of_bases.push(OfBasis { basis, view, times });
        }
        let reading = Reading { of_bases, gap: None, decay: None, share: None, share_out_of_sample: None };
        let Some(components) = reading.of(Basis::Components) else { return Ok(reading) };
        let variance: Vec<f64> = components.view.along.iter().map(|along| along.variance).collect();
        let [first, last] = self.decay;
        Ok(Reading {
            gap: spectrum::gap(&variance).ok(),
            decay: spectrum::decay(&variance, (first, last), 0.0).ok().map(|decay| decay.gamma),
            share: components.view.share(LEADING),
            share_out_of_sample: reading.of(Basis::Halves).and_then(|found| found.view.share(LEADING)),
            ..reading
        })
    }

    /// 1/e times of the directions asked for; along those that were not chosen by the variance, and so hold the drift all of them, of
    /// what is left beyond a line in time.
    fn times_along(
        &self,
        window: impl WindowSource,
        mean: &Array1<f64>,
        (basis, view, directions): (Basis, &View, &Array2<f64>),
    ) -> Result<Vec<(usize, f64)>> {
        // What is rounding has no time, and a weight that does not move none either.
        let trusted = |index: &usize| view.along.get(index - 1).is_some_and(|along| along.trusted);
        let asked: Vec<usize> = self.times.iter().copied().filter(trusted).collect();
        let places: Vec<usize> = asked.iter().map(|index| index - 1).collect();
        let theta = project(&window, mean.view(), directions.select(Axis(0), &places).view())?;
        let mut correlator = Correlator::new(theta.nrows())?;
        let mut found = Vec::new();
        for (series, index) in theta.axis_iter(Axis(1)).zip(asked) {
            let mut series = series.to_vec();
            if basis != Basis::Components {
                detrend(&mut series);
            }
            let times = correlator.times(&series, theta.nrows() / 2)?;
            found.extend(times.one_over_e.map(|time| (index, time)));
        }
        Ok(found)
    }
}
