//! Rows and numbers, of all windows together.

use varflat_analysis::{AgainstNull, Estimate, NullVerdict, Spread, crossing, quantile};

use super::alone::Point;
use super::checkpoint::Checkpoint;
use super::reading::Reading;
use super::tables::{DirectionRow, Kind, KindSummary, LearningRow, ReplacementBand, WindowRow};
use super::theory::{Theory, half_way};

/// Ranks of the eigenvectors whose ratios are taken together.
const BANDS: [[usize; 2]; 11] = [
    [1, 2],
    [3, 5],
    [6, 10],
    [11, 20],
    [21, 50],
    [51, 100],
    [101, 200],
    [201, 500],
    [501, 1000],
    [1001, 1500],
    [1501, 2000],
];

/// One window, and what was found in it.
pub(super) struct Found {
    pub(super) kind: Kind,
    pub(super) order: usize,
    pub(super) steps: usize,
    pub(super) reading: Reading,
    pub(super) course: Vec<Point>,
}

impl Found {
    fn last(&self) -> Option<&Point> {
        self.course.last()
    }

    fn final_loss(&self) -> Option<f64> {
        self.last().map(|point| point.train_loss)
    }
}

/// All windows, beside theory.
pub(super) struct Summary<'a> {
    pub(super) checkpoint: &'a Checkpoint,
    pub(super) theory: &'a Theory<'a>,
    pub(super) windows: &'a [Found],
    pub(super) range: [usize; 2],
}

impl Summary<'_> {
    fn of(&self, kind: Kind) -> impl Iterator<Item = &Found> {
        self.windows.iter().filter(move |found| found.kind == kind)
    }

    /// σ² over the exact formula along the eigenvectors of the range.
    fn amplitudes(&self, found: &Found) -> Vec<f64> {
        let [first, last] = self.range;
        let places = (0..self.checkpoint.ranks.len()).filter(|&place| {
            found.reading.trusted[place] && (first..=last).contains(&self.checkpoint.ranks[place])
        });
        let over =
            |place: usize| Some(found.reading.variance[place] / self.theory.variance(found.kind, place)?);
        places.filter_map(over).collect()
    }

    fn amplitude(&self, found: &Found) -> Option<f64> {
        quantile(self.amplitudes(found), 0.5)
    }

    /// The rows of `noise.csv`.
    pub(super) fn rows(&self) -> Vec<WindowRow> {
        self.windows
            .iter()
            .map(|found| {
                let amplitudes = self.amplitudes(found);
                let at = |share: f64| quantile(amplitudes.clone(), share);
                WindowRow {
                    kind: found.kind,
                    order: found.order,
                    steps: found.steps,
                    psi_components: found.reading.psi_components,
                    psi_hessian: found.reading.psi_hessian,
                    psi_expected: self.psi_expected(found.kind),
                    gamma: found.reading.gamma,
                    gamma_expected: self.gamma_expected(found.kind),
                    gap: found.reading.gap,
                    amplitude_low: at(0.1),
                    amplitude: at(0.5),
                    amplitude_high: at(0.9),
                    variance: found.reading.total,
                    leading_variance: found.reading.leading,
                    train_loss: found.final_loss(),
                    psi_verdict: self
                        .verdict(found, |found| found.reading.psi_hessian)
                        .filter(|_| !amplitudes.is_empty()),
                    amplitude_verdict: self.verdict(found, |found| self.amplitude(found)),
                    loss_verdict: self.verdict(found, Found::final_loss),
                }
            })
            .collect()
    }

    /// Whether a number is among those of the mini-batches that its window is compared with.
    fn verdict(&self, found: &Found, of: impl Fn(&Found) -> Option<f64>) -> Option<NullVerdict> {
        let reference = found.kind.reference()?;
        let realisations: Vec<f64> = self.of(reference).filter_map(&of).collect();
        Some(AgainstNull::of(of(found)?, &realisations).verdict)
    }

    fn psi_expected(&self, kind: Kind) -> Option<f64> {
        let exponent = self.theory.exponent(self.range, |place| self.theory.variance(kind, place))?;
        Some(2.0 * exponent)
    }

    fn gamma_expected(&self, kind: Kind) -> Option<f64> {
        self.theory.exponent(self.range, |place| self.theory.noise(kind, place))
    }

    /// The rows of `noise_directions.csv`.
    pub(super) fn directions(&self) -> Vec<DirectionRow> {
        let mut rows = Vec::new();
        for kind in self.kinds() {
            let windows: Vec<&Found> = self.of(kind).collect();
            for (place, &index) in self.checkpoint.ranks.iter().enumerate() {
                if !windows.iter().all(|found| found.reading.trusted[place]) {
                    continue;
                }
                let variances: Vec<f64> = windows.iter().map(|found| found.reading.variance[place]).collect();
                let spread = Spread::of(&variances);
                rows.push(DirectionRow {
                    kind,
                    index,
                    curvature: self.checkpoint.curvature[place],
                    noise: self.theory.noise(kind, place),
                    windows: variances.len(),
                    variance: variances.iter().sum::<f64>() / variances.len() as f64,
                    deviation: spread.map(|spread| spread.standard_deviation),
                    expected: self.theory.variance(kind, place),
                });
            }
        }
        rows
    }

    /// The rows of `noise_learning.csv`.
    pub(super) fn learning(&self) -> Vec<LearningRow> {
        let of = |found: &Found| {
            let (kind, order) = (found.kind, found.order);
            let row = |point: &Point| LearningRow {
                kind,
                order,
                step: point.step,
                train_loss: point.train_loss,
                train_error: point.train_error,
                test_loss: point.test_loss,
                test_error: point.test_error,
                distance: point.distance,
                along_first: point.along_first,
            };
            found.course.iter().map(row).collect::<Vec<_>>()
        };
        self.windows.iter().flat_map(of).collect()
    }

    /// Each kind once, in the order of its first window.
    fn kinds(&self) -> Vec<Kind> {
        let mut kinds = Vec::new();
        self.windows.iter().for_each(|found| {
            if !kinds.contains(&found.kind) {
                kinds.push(found.kind);
            }
        });
        kinds
    }

    /// All windows of each kind.
    pub(super) fn summaries(&self, rows: &[WindowRow]) -> Vec<KindSummary> {
        let of_kind = |kind: Kind| {
            let mean = |of: &dyn Fn(&Found) -> Option<f64>| {
                Estimate::mean(&self.of(kind).filter_map(of).collect::<Vec<f64>>())
            };
            let rows: Vec<&WindowRow> = rows.iter().filter(|row| row.kind == kind).collect();
            let beyond = |of: &dyn Fn(&WindowRow) -> Option<NullVerdict>| {
                let verdicts: Vec<NullVerdict> = rows.iter().filter_map(|row| of(row)).collect();
                let decided = !verdicts.is_empty() && !verdicts.contains(&NullVerdict::NotDecidable);
                decided.then(|| verdicts.iter().filter(|one| **one == NullVerdict::BeyondTheNull).count())
            };
            let learnt = |found: &Found| {
                Some((found.course.last()?.train_loss / found.course.first()?.train_loss).ln())
            };
            let first = rows.first();
            KindSummary {
                kind,
                windows: rows.len(),
                psi_components: mean(&|found| found.reading.psi_components),
                psi_hessian: mean(&|found| found.reading.psi_hessian),
                psi_expected: first.and_then(|row| row.psi_expected),
                gamma: mean(&|found| found.reading.gamma),
                gamma_expected: first.and_then(|row| row.gamma_expected),
                gap: mean(&|found| found.reading.gap),
                amplitude: mean(&|found| self.amplitude(found)),
                leading_share: mean(&|found| Some(found.reading.leading / found.reading.total)),
                learnt: mean(&learnt),
                test_error: mean(&|found| Some(found.last()?.test_error)),
                test_loss: mean(&|found| Some(found.last()?.test_loss)),
                distance: mean(&|found| Some(found.last()?.distance)),
                along_first: mean(&|found| Some(found.last()?.along_first)),
                psi_beyond: beyond(&|row| row.psi_verdict),
                amplitude_beyond: beyond(&|row| row.amplitude_verdict),
                loss_beyond: beyond(&|row| row.loss_verdict),
            }
        };
        self.kinds().into_iter().map(of_kind).collect()
    }

    /// The ratio with over without replacement among the eigenvectors of bands of ranks, order by order: Σ σ²/C with over Σ σ²/C
    /// without.
    pub(super) fn bands(&self) -> Vec<ReplacementBand> {
        let [without, with] = Kind::TRAINED;
        let usable =
            |place: usize| self.of(without).chain(self.of(with)).all(|found| found.reading.trusted[place]);
        let band = |&[first, last]: &[usize; 2]| {
            let places: Vec<usize> = (0..self.checkpoint.ranks.len())
                .filter(|&place| (first..=last).contains(&self.checkpoint.ranks[place]) && usable(place))
                .collect();
            let sum = |kind: Kind, of: &dyn Fn(usize) -> Option<f64>| -> Option<f64> {
                places.iter().map(|&place| Some(of(place)? / self.theory.noise(kind, place)?)).sum()
            };
            let measured: Vec<f64> = self
                .of(without)
                .zip(self.of(with))
                .filter_map(|(one, other)| {
                    let of = |found: &Found| sum(found.kind, &|place| Some(found.reading.variance[place]));
                    Some(of(other)? / of(one)?)
                })
                .collect();
            let exact = |kind: Kind| sum(kind, &|place| self.theory.variance(kind, place));
            let logarithms = places.iter().map(|&place| self.checkpoint.curvature[place].ln());
            let curvature = (logarithms.sum::<f64>() / places.len() as f64).exp();
            let ratio = Estimate::geometric_mean(&measured)?;
            let expected = exact(with)? / exact(without)?;
            let finite = curvature.is_finite() && expected.is_finite() && ratio.value.is_finite();
            finite.then_some(ReplacementBand { first, last, curvature, ratio, expected })
        };
        BANDS.iter().filter_map(band).collect()
    }
}

/// κ at which the ratio has come half of the way from its value where nothing curves to 1, through the bands: measured, and by the exact
/// formula.
pub(super) fn half_way_through(bands: &[ReplacementBand], flat: f64) -> [Option<f64>; 2] {
    let through = |of: fn(&ReplacementBand) -> f64| {
        // From flat to steep.
        crossing(bands.iter().rev().map(|band| (band.curvature, of(band))), half_way(flat))
    };
    [through(|band| band.ratio.value), through(|band| band.expected)]
}
