//! What the tables say in a few numbers.

use varflat_analysis::{Basis, median, quantile};
use varflat_run::stages::FitReport;

use super::frozen::Frozen;
use super::tables::{Band, ControlsReport, DirectionRow, NumberRow, Quantity, called};

/// Eigenvectors of the Hessian whose amplitudes are summed up.
const AMPLITUDES: [usize; 2] = [1, 500];
/// Bands of ranks of the equilibrium ratio.
const BANDS: [[usize; 2]; 5] = [[1, 5], [6, 20], [21, 50], [51, 200], [201, 500]];

/// The record of a study with so many replays, of a window of so many steps and a level of F.
pub(super) fn of(
    frozen: &Frozen,
    fit: &FitReport,
    (replays, (steps, level)): (usize, (usize, f64)),
    (table, numbers): (&[DirectionRow], Vec<NumberRow>),
) -> ControlsReport {
    let hessian = || table.iter().filter(|row| row.basis == Basis::Hessian);
    let within = |[first, last]: [usize; 2]| hessian().filter(move |row| (first..=last).contains(&row.index));
    let amplitudes: Vec<f64> =
        within(AMPLITUDES).filter_map(|row| Some(row.variance? / row.expected?)).collect();
    let at = |q: f64| quantile(amplitudes.clone(), q);
    let bands = BANDS.iter().filter_map(|&[first, last]| {
        let of =
            |of: fn(&DirectionRow) -> Option<f64>| median(within([first, last]).filter_map(of).collect());
        Some(Band {
            first,
            last,
            measured: of(|row| row.equilibrium_ratio)?,
            expected: of(|row| row.expected_ratio)?,
            fluctuation_dissipation: of(|row| row.fluctuation_dissipation),
        })
    });
    let balance: Vec<f64> = within(AMPLITUDES)
        .filter_map(|row| Some(row.fluctuation_dissipation? / row.equilibrium_ratio?))
        .collect();
    let (psi, mut others): (Vec<NumberRow>, _) =
        numbers.into_iter().partition(|row| row.quantity == Quantity::Psi);
    others.retain(|row| called(row.quantity).is_some());
    let (alpha, length) = (frozen.learning_rate(), frozen.steps_per_epoch());
    let largest = frozen.curvature.first().copied().unwrap_or(f64::NAN);
    ControlsReport {
        replays,
        steps,
        steps_per_epoch: length,
        l0: fit.l0,
        largest_curvature: largest,
        lateness: alpha * largest * length as f64,
        crossover: 3.0 / (alpha * length as f64),
        alignment: frozen.frame.alignment(),
        amplitude: at(0.1).zip(at(0.5)).zip(at(0.9)).map(|((low, middle), high)| [low, middle, high]),
        amplitude_of: AMPLITUDES,
        bands: bands.collect(),
        psi,
        others,
        level: Some(level),
        balance: median(balance),
    }
}
