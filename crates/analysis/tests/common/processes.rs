//! Processes with a known law, the very same analysis of each, and how often its intervals hold the value over repetitions.

use ndarray::Array2;
use rand_chacha::rand_core::Rng;
use varflat_analysis::{
    AnalysisError, Component, Correlator, DatasetBase, Estimate, Fit, FlatnessSearch, Memory, ParamGuard,
    PowerLaw, Replicates, TrajectoryPca, among_neighbours, scaling, spectrum,
};

use crate::common::{generator, normal};

const ALPHA: f64 = 0.1;

/// How the noise of a step is drawn.
#[derive(Clone, Copy)]
pub(crate) enum Noise {
    /// Anew at every step: x ← (1 − ακ)x − αξ, an Ornstein–Uhlenbeck process; a walk where κ = 0.
    Independent,
    /// Without replacement: that of an epoch of so many steps sums to zero.
    Epoch(usize),
}

/// A linear process in the quadratic landscape L = L_0 + Σ κ_i x_i²/2 with noise of covariance κ^γ.
#[derive(Clone, Copy)]
pub(crate) struct Process {
    pub(crate) name: &'static str,
    pub(crate) weights: usize,
    pub(crate) steps: usize,
    pub(crate) block: usize,
    /// κ from `sharpest` down by so many decades.
    pub(crate) sharpest: f64,
    pub(crate) decades: f64,
    pub(crate) gamma: f64,
    /// The noise of the sharpest direction is so many times as strong.
    pub(crate) apart: f64,
    /// Whether the landscape pulls: without, the walk is free, and the landscape only gives F.
    pub(crate) pulls: bool,
    pub(crate) noise: Noise,
}

impl Process {
    pub(crate) fn curvature(&self) -> Vec<f64> {
        let fallen = |i: usize| -self.decades * i as f64 / (self.weights - 1) as f64;
        (0..self.weights).map(|i| self.sharpest * 10f64.powf(fallen(i))).collect()
    }

    /// Variance of the noise in one direction.
    fn strength(&self, i: usize, kappa: f64) -> f64 {
        let apart = if i == 0 { self.apart } else { 1.0 };
        apart * apart * kappa.powf(self.gamma)
    }

    /// A window `[steps, weights]`, after as many steps as the flattest direction needs.
    fn window(&self, seed: u64) -> Array2<f32> {
        let mut rng = generator(seed);
        let curvature = self.curvature();
        let flattest = curvature.last().copied().unwrap_or(1.0);
        let before = match self.noise {
            _ if !self.pulls => 0,
            Noise::Independent => (5.0 / ALPHA / flattest) as usize,
            Noise::Epoch(length) => 10 * length,
        };
        let mut window = Array2::zeros((self.steps, self.weights));
        for (i, kappa) in curvature.iter().enumerate() {
            let amplitude = ALPHA * self.strength(i, *kappa).sqrt();
            let held = if self.pulls { 1.0 - ALPHA * kappa } else { 1.0 };
            let mut noise = self.draw(before + self.steps, &mut rng);
            noise.drain(..).enumerate().fold(0.0, |x, (t, xi)| {
                let x = held * x - amplitude * xi;
                if t >= before {
                    window[[t - before, i]] = x as f32;
                }
                x
            });
        }
        window
    }

    fn draw(&self, steps: usize, rng: &mut impl Rng) -> Vec<f64> {
        let mut noise: Vec<f64> = (0..steps).map(|_| normal(rng)).collect();
        if let Noise::Epoch(length) = self.noise {
            for epoch in noise.chunks_mut(length) {
                let mean = epoch.iter().sum::<f64>() / epoch.len() as f64;
                epoch.iter_mut().for_each(|xi| *xi -= mean);
            }
        }
        noise
    }

    /// Everything that is read from one window.
    pub(crate) fn read(&self, seed: u64) -> Result<Reading, AnalysisError> {
        let window = self.window(seed);
        let pca = TrajectoryPca::params().fit(&DatasetBase::from(window.view()))?;
        let curvature = self.curvature();
        let search = FlatnessSearch::params().radius(1e6).check()?;
        let mut components = Vec::new();
        let mut temperature = Vec::new();
        for (i, p) in pca.components().rows().into_iter().enumerate() {
            let kappa: f64 = curvature.iter().zip(p).map(|(kappa, p)| kappa * p * p).sum();
            let loss = |offsets: &[f64]| offsets.iter().map(|s| 1.0 + 0.5 * kappa * s * s).collect();
            let flatness = search.measure(1.0, 1.0, loss)?.flatness();
            let variance = pca.variance()[i];
            components.push(Component { index: i + 1, variance, flatness, trusted: pca.trusted(i) });
            let along = curvature.iter().zip(p).enumerate();
            let noise: f64 = along.map(|(i, (kappa, p))| self.strength(i, *kappa) * p * p).sum();
            temperature.push((flatness.unwrap_or(f64::NAN), 0.5 * ALPHA * noise));
        }
        let theta = pca.project(window.view(), self.weights.min(60))?;
        let memory = Memory::of(theta.view())?;
        let block = memory.independent_block(self.block, 2..=self.weights);
        let replicates = Replicates::of_components(&pca, window.view(), block, self.weights)?;
        // As the program does: none where blocks are not independent.
        let given = |estimate: Estimate, [first, last]: [usize; 2]| match memory
            .longer_than_half(replicates.rows(), first..=last)
        {
            Some(_) => Estimate::without(estimate.value, "blocks are not independent"),
            None => estimate,
        };
        let law = PowerLaw::params();
        let (first, last) = (self.weights / 6, self.weights / 2);
        let gamma = spectrum::decay(pca.variance(), (first, last), pca.floor())?.gamma;
        let gamma = replicates.estimate(gamma, |variance| {
            Ok::<_, AnalysisError>(spectrum::decay(variance, (first, last), 0.0)?.gamma)
        })?;
        let mut correlator = Correlator::new(self.steps)?;
        let component = self.weights / 3;
        let direction: Vec<f64> = window.column(component).iter().map(|x| f64::from(*x)).collect();
        let no_time = AnalysisError::NoVariance { steps: self.steps };
        let time = correlator.estimate(&direction, self.block)?.ok_or(no_time)?;
        let along = theta.columns().into_iter().map(|theta| correlator.estimate(&theta.to_vec(), self.block));
        let along = among_neighbours(&along.collect::<Result<Vec<_>, _>>()?);
        let component_time = along.into_iter().nth(component).flatten();
        Ok(Reading {
            psi: given(law.estimate(&components, &replicates)?, [2, self.weights]),
            gamma: given(gamma, [first, last]),
            gap: given(spectrum::gap_estimate(pca.variance(), &replicates)?, [1, 2]),
            temperature: scaling(temperature.into_iter().skip(1))?.estimate(),
            time,
            component_time: component_time.ok_or(AnalysisError::NoVariance { steps: self.steps })?,
        })
    }
}

/// What one window says.
pub(crate) struct Reading {
    pub(crate) psi: Estimate,
    pub(crate) gamma: Estimate,
    pub(crate) gap: Estimate,
    pub(crate) temperature: Estimate,
    /// Along a direction that is the same in every window, and along a component, which is another in each.
    pub(crate) time: Estimate,
    pub(crate) component_time: Estimate,
}

/// How often intervals hold what they are said to hold.
pub(crate) struct Coverage {
    pub(crate) what: &'static str,
    /// Windows that give no interval.
    pub(crate) without: usize,
    pub(crate) mean: f64,
    /// Standard deviation over repetitions, and the root mean square of the standard errors.
    pub(crate) scatter: f64,
    pub(crate) standard_error: f64,
    /// Of those that give one.
    pub(crate) holds: f64,
}

/// How often the intervals of windows that only their seed tells apart hold the mean over all of them.
pub(crate) fn coverage(readings: &[Reading]) -> Vec<Coverage> {
    type Pick = fn(&Reading) -> &Estimate;
    let picks: [(&'static str, Pick); 6] = [
        ("ψ", |reading| &reading.psi),
        ("γ", |reading| &reading.gamma),
        ("gap", |reading| &reading.gap),
        ("x of T ∝ F^x", |reading| &reading.temperature),
        ("1/e time", |reading| &reading.time),
        ("1/e time of a component", |reading| &reading.component_time),
    ];
    picks.map(|(what, pick)| of(what, &readings.iter().map(pick).collect::<Vec<_>>())).into()
}

fn of(what: &'static str, estimates: &[&Estimate]) -> Coverage {
    let n = estimates.len() as f64;
    let mean = estimates.iter().map(|estimate| estimate.value).sum::<f64>() / n;
    let squares: f64 = estimates.iter().map(|estimate| (estimate.value - mean).powi(2)).sum();
    let with: Vec<[f64; 2]> = estimates.iter().filter_map(|estimate| estimate.interval).collect();
    let holds = with.iter().filter(|[low, high]| (*low..=*high).contains(&mean)).count();
    let errors: f64 = estimates.iter().filter_map(|e| e.standard_error).map(|error| error * error).sum();
    Coverage {
        what,
        without: estimates.len() - with.len(),
        mean,
        scatter: (squares / (n - 1.0)).sqrt(),
        standard_error: (errors / with.len() as f64).sqrt(),
        holds: holds as f64 / with.len() as f64,
    }
}

/// The processes that the intervals are held against.
pub(crate) fn processes() -> [Process; 7] {
    let base = Process {
        name: "equilibrium, C = 1",
        weights: 60,
        steps: 12_000,
        block: 1200,
        sharpest: 1.0,
        decades: 1.5,
        gamma: 0.0,
        apart: 1.0,
        pulls: true,
        noise: Noise::Independent,
    };
    [
        base,
        Process { name: "Ornstein–Uhlenbeck, C ∝ κ^1.5", gamma: 1.5, ..base },
        Process { name: "Ornstein–Uhlenbeck, C ∝ κ²", gamma: 2.0, ..base },
        Process {
            name: "reshuffled, C ∝ κ",
            sharpest: 0.1,
            decades: 3.0,
            gamma: 1.0,
            noise: Noise::Epoch(1200),
            ..base
        },
        Process {
            name: "reshuffled, C ∝ κ^1.5, 150 weights",
            weights: 150,
            steps: 6000,
            block: 600,
            sharpest: 0.1,
            decades: 3.0,
            gamma: 1.5,
            noise: Noise::Epoch(600),
            ..base
        },
        Process {
            name: "Ornstein–Uhlenbeck, C ∝ κ^1.5, one direction apart",
            gamma: 1.5,
            apart: 4.0,
            ..base
        },
        Process { name: "free walk, C ∝ κ", decades: 2.0, gamma: 1.0, pulls: false, ..base },
    ]
}
