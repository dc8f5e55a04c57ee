//! What was read, as rows of tables: every number of the run beside those of its nulls.

use varflat_analysis::{Along, Basis, Estimate, QuadraticDirection, flatness_of_curvature};
use varflat_run::stages::{FitReport, FlatnessRow};

use super::frozen::Frozen;
use super::levels::AtLevel;
use super::reading::{LEADING, Reader, Reading, TIMED};
use super::settings::ControlsStudy;
use super::tables::{DirectionRow, Key, NumberRow, Quantity};

/// The fewest directions of a local ψ, and what divides the first and the last of them by the rank they are about.
const FEWEST: usize = 5;
const ABOUT: f64 = 1.6;

/// What was read of the run.
pub(super) struct OfData {
    pub(super) reading: Reading,
    /// ρ along the eigenvectors of the Hessian.
    pub(super) balance: Vec<Option<f64>>,
    /// F by level along them: the same for the run and its replays.
    pub(super) flatness: Vec<AtLevel>,
}

/// Everything that was read.
pub(super) struct Found {
    pub(super) data: OfData,
    pub(super) replays: Vec<Reading>,
    pub(super) noise: Vec<Reading>,
    /// σ_1²/σ_2² of the replays with the drift of the run.
    pub(super) gaps: Vec<Option<f64>>,
}

impl Found {
    /// A number of the data, and of all nulls that have it.
    fn row(&self, key: Key, of: impl Fn(&Reading) -> Option<f64>) -> NumberRow {
        let replays: Vec<f64> = self.replays.iter().filter_map(&of).collect();
        let noise: Vec<f64> = self.noise.iter().filter_map(&of).collect();
        NumberRow::of(key, of(&self.data.reading), &replays, &noise)
    }

    /// The rows of `controls.csv`; `measured` are those of the run's `flatness.csv`.
    pub(super) fn directions(
        &self,
        frozen: &Frozen,
        fit: &FitReport,
        measured: &[FlatnessRow],
        (steps, factor): (usize, f64),
    ) -> Vec<DirectionRow> {
        let flatness = |curvature: f64| flatness_of_curvature(curvature, fit.l0, factor);
        let mut table = Vec::new();
        for of_basis in &self.data.reading.of_bases {
            let basis = of_basis.basis;
            for (place, along) in of_basis.view.along.iter().enumerate() {
                let index = place + 1;
                let found = Some(along).filter(|along| along.trusted);
                let direction = found.map(|along| frozen.quadratic(along));
                let mean = |replays: &[Reading], of: fn(&Along) -> f64| {
                    found.and_then(|_| mean_of(replays, basis, place, of))
                };
                let (variance, curvature) = (|along: &Along| along.variance, |along: &Along| along.curvature);
                let exact = |of: fn(&QuadraticDirection, &Frozen, usize) -> Option<f64>| {
                    direction.as_ref().and_then(|direction| of(direction, frozen, steps))
                };
                let balance = self.data.balance.get(place).filter(|_| basis == Basis::Hessian);
                table.push(DirectionRow {
                    basis,
                    index,
                    trusted: along.trusted,
                    variance: found.map(variance),
                    curvature: found.map(curvature),
                    noise: direction.as_ref().map(|direction| direction.noise),
                    expected: exact(|direction, frozen, steps| {
                        direction.window_variance(frozen.sampling(), steps)
                    }),
                    equilibrium_ratio: direction
                        .as_ref()
                        .and_then(|direction| direction.ratio_of(along.variance)),
                    expected_ratio: exact(|direction, frozen, steps| {
                        direction.equilibrium_ratio(frozen.sampling(), steps)
                    }),
                    fluctuation_dissipation: found.and_then(|_| *balance?),
                    flatness: self.flatness_of(basis, index, measured, factor),
                    flatness_of_curvature: found.and_then(|along| flatness(along.curvature)),
                    replay_variance: mean(&self.replays, variance),
                    replay_flatness: mean(&self.replays, curvature).and_then(flatness),
                    noise_variance: mean(&self.noise, variance),
                    noise_flatness: mean(&self.noise, curvature).and_then(flatness),
                });
            }
        }
        table
    }

    /// F at the level of the run: along its components that of the run, along eigenvectors of the Hessian that of the study.
    fn flatness_of(&self, basis: Basis, index: usize, measured: &[FlatnessRow], factor: f64) -> Option<f64> {
        match basis {
            Basis::Components => measured.iter().find(|row| row.index == index)?.flatness,
            Basis::Hessian => {
                let here = self.data.flatness.iter().find(|found| (found.level - factor).abs() < 1e-9)?;
                here.flatness.iter().find(|(of, _)| *of == index).map(|(_, flatness)| *flatness)
            }
            _ => None,
        }
    }

    /// The rows of `controls_numbers.csv`.
    pub(super) fn numbers(&self, study: &ControlsStudy, reader: &Reader<'_>) -> Vec<NumberRow> {
        let mut rows = Vec::new();
        for &basis in &study.bases {
            for &range in &study.ranges {
                rows.push(self.psi((Quantity::Psi, basis, None, range)));
                // Nothing that could scatter: H and C are the same in every replay.
                let gamma = self.data.reading.of(basis).and_then(|found| found.view.gamma(range));
                rows.push(NumberRow::of((Quantity::Gamma, basis, None, range), gamma, &[], &[]));
            }
            if basis == Basis::Components {
                let of_range = |&range| {
                    self.row((Quantity::Flattening, basis, None, range), |reading| {
                        reading.of(basis)?.view.flattening(range)
                    })
                };
                rows.extend(study.ranges.iter().map(of_range));
            }
        }
        for basis in TIMED {
            for &level in &reader.levels.levels {
                let of_range = |&range| self.psi((Quantity::Psi, basis, Some(level), range));
                rows.extend(study.ranges.iter().map(of_range));
            }
            for level in [None, reader.levels.levels.iter().copied().find(|level| reader.is_own(*level))] {
                let of_range = |range| self.psi((Quantity::LocalPsi, basis, level, range));
                rows.extend(short_ranges(reader.frame.hessian.nrows()).into_iter().map(of_range));
            }
        }
        rows.extend(self.of_spectrum(reader.decay));
        for basis in TIMED {
            rows.extend(study.times.iter().map(|&index| self.time(basis, index)));
        }
        rows
    }

    /// ψ over a range: with F of the curvature, or as it is measured at a level.
    fn psi(&self, key: Key) -> NumberRow {
        let (_, basis, level, range) = key;
        self.row(key, |reading| {
            let found = reading.of(basis)?;
            let Some(level) = level else { return found.view.psi(range) };
            let levels = if basis == Basis::Hessian { &self.data.flatness } else { &found.flatness };
            found.view.psi_measured(range, &levels.iter().find(|found| found.level == level)?.flatness)
        })
    }

    fn time(&self, basis: Basis, index: usize) -> NumberRow {
        self.row((Quantity::Time, basis, None, [index, index]), |reading| {
            let times = &reading.of(basis)?.times;
            times.iter().find(|(of, _)| *of == index).map(|(_, time)| *time)
        })
    }

    /// What the spectrum of components tells, in and out of sample.
    fn of_spectrum(&self, decay: [usize; 2]) -> Vec<NumberRow> {
        let (own, halves) = (Basis::Components, Basis::Halves);
        let (pair, leading) = ([1, 2], [2, LEADING + 1]);
        let all = [2, self.data.reading.of(own).map_or(0, |found| found.view.along.len())];
        let gaps: Vec<f64> = self.gaps.iter().copied().flatten().collect();
        let count = |found: Option<usize>| found.map(|count| count as f64);
        vec![
            self.row((Quantity::Gap, own, None, pair), |reading| reading.gap),
            NumberRow::of((Quantity::GapWithDrift, own, None, pair), self.data.reading.gap, &gaps, &[]),
            self.row((Quantity::Decay, own, None, decay), |reading| reading.decay),
            self.row((Quantity::Share, own, None, leading), |reading| reading.share),
            self.row((Quantity::ShareOutOfSample, halves, None, leading), |found| found.share_out_of_sample),
            self.row((Quantity::Holding, own, None, all), |reading| count(reading.holding)),
            self.row((Quantity::HoldingOutOfSample, halves, None, all), |reading| {
                count(reading.holding_out_of_sample)
            }),
        ]
    }
}

/// Ranges about ranks a factor √2 apart, each from 1/[`ABOUT`] to [`ABOUT`] times its rank.
fn short_ranges(directions: usize) -> Vec<[usize; 2]> {
    let ranks = (0..).map(|step| 5.0 * 2f64.powf(0.5 * f64::from(step)));
    let ranges =
        ranks.map(|rank| [((rank / ABOUT).round() as usize).max(2), (rank * ABOUT).round() as usize]);
    ranges
        .take_while(|[_, last]| *last <= directions)
        .filter(|[first, last]| last - first >= FEWEST)
        .collect()
}

/// The mean over replays of what their direction of this rank has.
fn mean_of(replays: &[Reading], basis: Basis, place: usize, of: impl Fn(&Along) -> f64) -> Option<f64> {
    let values: Vec<f64> =
        replays.iter().filter_map(|replay| Some(of(replay.of(basis)?.view.along.get(place)?))).collect();
    Estimate::mean(&values).map(|mean| mean.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_ranges_are_about_ranks_a_half_octave_apart_and_end_with_the_directions() {
        let ranges = short_ranges(100);
        assert_eq!(ranges[0], [3, 8]);
        assert!(
            ranges.is_sorted() && ranges.iter().all(|[first, last]| last - first >= FEWEST && *last <= 100)
        );
        for [first, last] in ranges {
            let ratio = last as f64 / first as f64;
            assert!((ratio / (ABOUT * ABOUT) - 1.0).abs() < 0.15, "{first} {last}");
        }
        assert!(short_ranges(5).is_empty());
    }
}
