//! What is read from a window of weights, recorded or replayed, by the very same code.

use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};
use varflat_analysis::{Basis, Correlator, Frame, View, WindowSource, detrend, project, spectrum};
use varflat_run::error::Result;

use super::levels::{AtLevel, Levels};

/// Components of most variance after the first, of which the paper gives the share.
pub(in crate::studies) const LEADING: usize = 35;

/// Share of the variance that directions are counted for.
pub(in crate::studies) const MOST: f64 = 0.9;

/// The bases along which times are taken and F is measured.
pub(in crate::studies) const TIMED: [Basis; 2] = [Basis::Components, Basis::Hessian];

/// What to read.
pub(in crate::studies) struct Reader<'a> {
    pub(in crate::studies) frame: &'a Frame,
    /// First and last component of the rank exponent.
    pub(in crate::studies) decay: [usize; 2],
    /// Directions whose correlation time is taken.
    pub(in crate::studies) times: &'a [usize],
    /// Where F is measured.
    pub(in crate::studies) levels: Levels<'a>,
    /// The level of the run.
    pub(in crate::studies) own_level: f64,
    /// What the coordinates of the windows are, one a row; the weights themselves where there are none.
    pub(in crate::studies) coordinates: Option<&'a Array2<f64>>,
}

/// What was read.
#[derive(Serialize, Deserialize)]
pub(in crate::studies) struct Reading {
    pub(in crate::studies) of_bases: Vec<OfBasis>,
    /// σ_1²/σ_2².
    pub(in crate::studies) gap: Option<f64>,
    /// γ in σ_i² ∝ i^(−γ).
    pub(in crate::studies) decay: Option<f64>,
    /// Share of the [`LEADING`] components after the first in the variance of all but the first.
    pub(in crate::studies) share: Option<f64>,
    /// How many components after the first hold [`MOST`] of the variance of all but the first.
    pub(in crate::studies) holding: Option<usize>,
    /// The same two of the components of the first half of the window in its second half.
    pub(in crate::studies) share_out_of_sample: Option<f64>,
    pub(in crate::studies) holding_out_of_sample: Option<usize>,
}

/// What was read along one kind of directions.
#[derive(Serialize, Deserialize)]
pub(in crate::studies) struct OfBasis {
    pub(in crate::studies) basis: Basis,
    pub(in crate::studies) view: View,
    /// 1/e times, where they were asked for and the window tells them.
    pub(in crate::studies) times: Vec<(usize, f64)>,
    /// F by level, measured along the components of this window. Of directions that all windows share it is measured once, elsewhere.
    pub(in crate::studies) flatness: Vec<AtLevel>,
}

impl Reading {
    /// What was read along one kind of directions, if it was.
    pub(in crate::studies) fn of(&self, basis: Basis) -> Option<&OfBasis> {
        self.of_bases.iter().find(|found| found.basis == basis)
    }
}

impl Reader<'_> {
    /// Whether F of the run itself is of this level.
    pub(in crate::studies) fn is_own(&self, level: f64) -> bool {
        (level - self.own_level).abs() < 1e-9
    }

    /// Reads a window `[steps, weights]` with this mean along these kinds of directions.
    pub(in crate::studies) fn read(
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
            let flatness = match basis {
                Basis::Components => self.levels.along(&directions, self.coordinates)?,
                _ => Vec::new(),
            };
            of_bases.push(OfBasis { basis, view, times, flatness });
        }
        Ok(self.of_spectrum(of_bases))
    }

    /// What the variances along the components, and of one half along those of the other, tell.
    fn of_spectrum(&self, of_bases: Vec<OfBasis>) -> Reading {
        let view =
            |basis| of_bases.iter().find(|found: &&OfBasis| found.basis == basis).map(|found| &found.view);
        let (components, halves) = (view(Basis::Components), view(Basis::Halves));
        let variance: Vec<f64> =
            components.iter().flat_map(|view| view.along.iter().map(|along| along.variance)).collect();
        let [first, last] = self.decay;
        Reading {
            gap: spectrum::gap(&variance).ok(),
            decay: spectrum::decay(&variance, (first, last), 0.0).ok().map(|decay| decay.gamma),
            share: components.and_then(|view| view.share(LEADING)),
            holding: components.and_then(|view| view.holding(MOST)),
            share_out_of_sample: halves.and_then(|view| view.share(LEADING)),
            holding_out_of_sample: halves.and_then(|view| view.holding(MOST)),
            of_bases,
        }
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
