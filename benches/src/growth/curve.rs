//! Which sizes are measured, and the curves that come of them.

use std::ops::RangeInclusive;

use varflat_analysis::{Scaling, scaling};

use super::task::{Taken, Thing};
use crate::format;

/// What a curve counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    /// Seconds.
    Time,
    /// Bytes.
    Memory,
}

impl Measure {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Memory => "memory",
        }
    }
}

/// Cost against size.
#[derive(Clone, Debug)]
pub(crate) struct Curve {
    /// What costs.
    pub(crate) what: &'static str,
    /// What is varied.
    pub(crate) size: &'static str,
    pub(crate) measure: Measure,
    /// (size, seconds or bytes), in ascending order.
    pub(crate) points: Vec<(f64, f64)>,
}

impl Curve {
    /// The power law through the points, if there are three.
    pub(crate) fn power(&self) -> Option<Scaling> {
        scaling(self.points.iter().copied()).ok()
    }

    /// In one line, for the person who waits.
    pub(crate) fn line(&self) -> String {
        let exponent = self.power().map_or("no exponent".to_owned(), |power| format::exponent(&power));
        format!("{} of {} against {}: exponent {exponent}", self.measure.name(), self.what, self.size)
    }
}

/// One thing at several sizes, and the curves to read from it.
pub(crate) struct Sweep {
    /// What is varied.
    size: &'static str,
    /// The sizes in ascending order.
    pub(crate) things: Vec<(usize, Thing)>,
    readings: Vec<Reading>,
}

/// A curve to read from a sweep.
struct Reading {
    what: &'static str,
    source: Source,
    /// The sizes that belong to it.
    sizes: RangeInclusive<usize>,
}

#[derive(Clone, Copy)]
enum Source {
    /// A time, by its name in [`Taken::seconds`].
    Time(&'static str),
    /// The peak memory of the process.
    Memory,
}

impl Sweep {
    fn new(size: &'static str, sizes: &[usize], thing: impl Fn(usize) -> Thing) -> Self {
        let things = sizes.iter().map(|&size| (size, thing(size))).collect();
        Self { size, things, readings: Vec::new() }
    }

    fn read(mut self, what: &'static str, source: Source, sizes: RangeInclusive<usize>) -> Self {
        self.readings.push(Reading { what, source, sizes });
        self
    }

    /// The curves of what was measured.
    pub(crate) fn curves(&self, taken: &[(usize, Taken)]) -> Vec<Curve> {
        let curves = self.readings.iter().map(|reading| {
            let cost = |taken: &Taken| match reading.source {
                Source::Time(name) => taken.seconds.get(name).copied(),
                Source::Memory => taken.peak.map(|peak| peak as f64),
            };
            let measure = match reading.source {
                Source::Time(_) => Measure::Time,
                Source::Memory => Measure::Memory,
            };
            let inside = taken.iter().filter(|(size, _)| reading.sizes.contains(size));
            let points = inside.filter_map(|(size, taken)| Some((*size as f64, cost(taken)?))).collect();
            Curve { what: reading.what, size: self.size, measure, points }
        });
        curves.filter(|curve| !curve.points.is_empty()).collect()
    }
}

/// Everything that is measured.
pub(crate) fn plan() -> Vec<Sweep> {
    use Source::{Memory, Time};
    /// Steps of the window where weights vary, and weights where steps do.
    const STEPS: usize = 3_000;
    const WEIGHTS: usize = 2_500;
    let all = || 0..=usize::MAX;
    let step = |width| Thing::Step { width };
    let loss = |width| Thing::Loss { width, samples: 60_000 };
    let weights = |weights| Thing::Pca { steps: STEPS, weights };
    let steps = |steps| Thing::Pca { steps, weights: WEIGHTS };
    let samples = |samples| Thing::Loss { width: 50, samples };
    let directions = |directions| Thing::Flatness { directions };
    vec![
        Sweep::new("hidden width √N", &[25, 50, 100, 200], step).read("SGD step", Time("step"), all()),
        Sweep::new("hidden width √N", &[25, 50, 100, 200], loss)
            .read("Z_p", Time("aim"), all())
            .read("loss", Time("loss"), all())
            .read("landscape", Memory, all()),
        Sweep::new("weights N", &[625, 1_225, 2_500, 4_900, 7_056, 10_000], weights)
            .read("PCA, N ≤ T", Time("pca"), 0..=STEPS)
            .read("PCA, N > T", Time("pca"), STEPS + 1..=usize::MAX)
            .read("PCA, N ≤ T", Memory, 0..=STEPS)
            .read("PCA, N > T", Memory, STEPS + 1..=usize::MAX),
        Sweep::new("steps T", &[750, 1_200, 2_000, 3_000, 6_000, 12_000], steps)
            .read("PCA, T ≥ N", Time("pca"), WEIGHTS..=usize::MAX)
            .read("PCA, T < N", Time("pca"), 0..=WEIGHTS - 1)
            .read("PCA, T ≥ N", Memory, WEIGHTS..=usize::MAX)
            .read("PCA, T < N", Memory, 0..=WEIGHTS - 1),
        Sweep::new("samples", &[7_500, 15_000, 30_000, 60_000], samples)
            .read("Z_p", Time("aim"), all())
            .read("loss", Time("loss"), all())
            .read("landscape", Memory, all()),
        Sweep::new("directions", &[40, 80, 160, 320], directions).read("flatness", Time("flatness"), all()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_curve_of_the_plan_has_enough_sizes_for_a_fit() {
        for sweep in plan() {
            let taken = |size: usize| {
                let seconds =
                    ["step", "pca", "aim", "loss", "flatness"].map(|name| (name.to_owned(), size as f64));
                Taken { seconds: seconds.into(), peak: Some(1000 * size as u64) }
            };
            let taken: Vec<_> = sweep.things.iter().map(|(size, _)| (*size, taken(*size))).collect();
            let curves = sweep.curves(&taken);
            assert_eq!(curves.len(), sweep.readings.len());
            for curve in curves {
                let power = curve.power().unwrap();
                assert!((power.exponent - 1.0).abs() < 1e-12, "{}", curve.line());
            }
        }
    }
}
