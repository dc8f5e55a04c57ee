//! One size of one thing, measured in a process of its own on made-up inputs.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use varflat_analysis::{DatasetBase, Fit, NEIGHBOURS, TrajectoryPca};
use varflat_model::{DenseLandscape, MlpConfig};

use crate::bench::timed;
use crate::directions::{group, in_parallel, threads};
use crate::statistics::median;
use crate::training::{Ground, Recording, Training};
use crate::{memory, places, synthetic};

/// Steps that make one time.
const STEPS: u64 = 300;
/// Losses that make one time.
const LOSSES: usize = 10;
/// Seconds after which a measurement is not repeated any more.
const LONG_ENOUGH: f64 = 10.0;

/// What to measure, and at which size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Thing {
    /// Recorded SGD steps of 784–width–width–10, one thread.
    Step { width: usize },
    /// All principal components of a window, two threads.
    Pca { steps: usize, weights: usize },
    /// Z_p, and losses along a direction, of 784–width–width–10, one thread.
    Loss { width: usize, samples: usize },
    /// The flatness of so many directions over 60,000 images, two threads.
    Flatness { directions: usize },
}

/// A thing to measure, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) thing: Thing,
    pub(crate) repetitions: u32,
}

/// What it took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Taken {
    /// Median seconds, by what was timed.
    pub(crate) seconds: BTreeMap<String, f64>,
    /// Peak memory of the process in bytes, where the system tells.
    pub(crate) peak: Option<u64>,
}

impl Thing {
    pub(crate) fn with_repetitions(self, repetitions: u32) -> Task {
        Task { thing: self, repetitions }
    }
}

impl Task {
    /// Measure it in this process.
    pub(crate) fn measure(self) -> Result<Taken> {
        let seconds = match self.thing {
            Thing::Step { width } => self.step(width)?,
            Thing::Pca { steps, weights } => self.pca(steps, weights)?,
            Thing::Loss { width, samples } => self.loss(width, samples)?,
            Thing::Flatness { directions } => self.flatness(directions)?,
        };
        let seconds = seconds.into_iter().map(|(name, seconds)| (name.to_owned(), seconds)).collect();
        Ok(Taken { seconds, peak: memory::peak() })
    }

    fn step(self, width: usize) -> Result<Vec<(&'static str, f64)>> {
        let ground = Ground::new(&synthetic::images(60_000))?;
        let scratch = places::scratch()?;
        let mut training = Training::start(&ground, width, 1, Recording::Trajectory, &scratch)?;
        training.steps(STEPS)?;
        let seconds = self.repeat(|| training.steps(STEPS))?;
        Ok(vec![("step", seconds / STEPS as f64)])
    }

    fn pca(self, steps: usize, weights: usize) -> Result<Vec<(&'static str, f64)>> {
        let window = synthetic::window(steps, weights);
        let dataset = DatasetBase::from(window.view());
        let pool = threads(2)?;
        let seconds = self.repeat(|| {
            pool.install(|| TrajectoryPca::params().fit(&dataset))?;
            Ok(())
        })?;
        Ok(vec![("pca", seconds)])
    }

    fn loss(self, width: usize, samples: usize) -> Result<Vec<(&'static str, f64)>> {
        let landscape = landscape(width, samples)?;
        let directions = synthetic::directions(1, landscape.weights());
        let direction = directions.row(0).to_vec();
        let mut line = landscape.line();
        line.set_direction(&direction)?;
        line.losses(&[0.1]);
        let aim = self.repeat(|| Ok(line.set_direction(&direction)?))?;
        // Two sides at a time, as the search asks for them.
        let losses = self.repeat(|| {
            for offset in 0..LOSSES / 2 {
                line.losses(&[-0.1 * offset as f64, 0.1 * offset as f64]);
            }
            Ok(())
        })?;
        Ok(vec![("aim", aim), ("loss", losses / LOSSES as f64)])
    }

    fn flatness(self, count: usize) -> Result<Vec<(&'static str, f64)>> {
        let landscape = landscape(50, 60_000)?;
        let directions = synthetic::directions(count, landscape.weights());
        let groups: Vec<_> = (0..count).step_by(NEIGHBOURS).map(|first| group(&directions, first)).collect();
        let pool = threads(2)?;
        let seconds = self.repeat(|| pool.install(|| in_parallel(&landscape, &groups)).map(drop))?;
        Ok(vec![("flatness", seconds)])
    }

    /// The median time of as many repetitions as there is time for.
    fn repeat(self, mut action: impl FnMut() -> Result<()>) -> Result<f64> {
        let start = Instant::now();
        let mut times = Vec::new();
        for _ in 0..self.repetitions {
            times.push(timed(&mut action)?.0);
            if start.elapsed().as_secs_f64() > LONG_ENOUGH {
                break;
            }
        }
        median(&times).context("nothing was repeated")
    }
}

/// The landscape of a network that was just initialised.
fn landscape(width: usize, samples: usize) -> Result<DenseLandscape> {
    let network = MlpConfig::new(784, vec![width, width], 10).initial(1)?;
    Ok(DenseLandscape::new(&network, "hidden", &synthetic::images(samples))?)
}
