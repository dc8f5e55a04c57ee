//! Power laws as lines on logarithmic axes: fitted ones, and guides of a given slope.

use serde::{Deserialize, Serialize};

use crate::{PlotError, check};

/// The power law y = exp(`ln_prefactor`) · x^`slope`, fitted elsewhere: a straight line on logarithmic axes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PowerLawLine {
    /// The exponent of x: −ψ for the inverse variance–flatness relation, −γ for the spectrum, +2 in equilibrium.
    pub slope: f64,
    /// ln y of the line at x = 1.
    pub ln_prefactor: f64,
    /// Smallest x of the fit, where the line starts.
    pub from: f64,
    /// Largest x of the fit, where the line ends.
    pub to: f64,
    /// What the legend says of it, such as `ψ = 4.48 ± 0.01`.
    pub text: String,
}

impl PowerLawLine {
    /// Checks the numbers of a line; `field` is its name in the figure's data.
    pub(crate) fn check(&self, field: &str) -> Result<(), PlotError> {
        check::finite(&format!("{field}.slope"), &[self.slope])?;
        check::finite(&format!("{field}.ln_prefactor"), &[self.ln_prefactor])?;
        check::positive(&format!("{field}.from"), &[self.from])?;
        check::positive(&format!("{field}.to"), &[self.to])
    }

    /// Both ends, from small to large x.
    pub(crate) fn ends(&self) -> [(f64, f64); 2] {
        let at = |x: f64| (x, (self.ln_prefactor + self.slope * x.ln()).exp());
        [at(self.from.min(self.to)), at(self.from.max(self.to))]
    }
}

/// The values of y, and where the lines end unless that is more than a factor beyond all values.
pub(crate) fn with_near_ends<'a>(
    mut values: Vec<f64>,
    lines: impl IntoIterator<Item = &'a PowerLawLine>,
    factor: f64,
) -> Vec<f64> {
    let (low, high) = range(values.iter().copied());
    let near = low / factor..=factor * high;
    let ends = lines.into_iter().flat_map(PowerLawLine::ends).map(|end| end.1);
    values.extend(ends.filter(|end| near.contains(end)));
    values
}

/// The smallest and the largest of positive values.
pub(crate) fn range(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let widen = |(low, high): (f64, f64), value: f64| (low.min(value), high.max(value));
    values.into_iter().fold((f64::INFINITY, 0.0), widen)
}

/// A dashed line of a given slope, to compare with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SlopeGuide {
    /// The exponent of y ∝ x^`slope`.
    pub slope: f64,
    /// What the legend says of it, such as `+2, equilibrium`.
    pub text: String,
}

/// A line of this slope through the geometric mean of the points, from end to end of axes that
/// show them: it leads beyond, and is cut there.
pub(crate) fn through_middle(points: &[(f64, f64)], slope: f64) -> [(f64, f64); 2] {
    let ln_x = || points.iter().map(|point| point.0.ln());
    let n = points.len() as f64;
    let centre_x = ln_x().sum::<f64>() / n;
    let centre_y = points.iter().map(|point| point.1.ln()).sum::<f64>() / n;
    let at = |ln_x: f64| (ln_x.exp(), (centre_y + slope * (ln_x - centre_x)).exp());
    [at(ln_x().fold(f64::INFINITY, f64::min) - 2.0), at(ln_x().fold(f64::NEG_INFINITY, f64::max) + 2.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guide_passes_through_the_middle() {
        let [from, to] = through_middle(&[(1.0, 1e-4), (100.0, 1e-2)], 2.0);
        let slope = (to.1.ln() - from.1.ln()) / (to.0.ln() - from.0.ln());
        assert!((slope - 2.0).abs() < 1e-12);
        let at_middle = from.1.ln() + slope * (10f64.ln() - from.0.ln());
        assert!((at_middle - 1e-3_f64.ln()).abs() < 1e-12);
        assert!(from.0 < 1.0 && to.0 > 100.0);
    }

    #[test]
    fn a_line_ends_where_its_fit_does() {
        let line = PowerLawLine { slope: -4.0, from: 10.0, to: 0.1, ..PowerLawLine::default() };
        let [from, to] = line.ends();
        assert_eq!((from.0, to.0), (0.1, 10.0));
        assert!((from.1 / 1e4 - 1.0).abs() < 1e-12);
    }
}
