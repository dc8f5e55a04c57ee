//! Draws the figures of a run, and that of growing cost, from synthetic data of realistic size:
//! `cargo run --release -p varflat-plot --example gallery -- FOLDER`.

use std::path::PathBuf;

use varflat_plot::{
    FitLine, FlatnessByIndex, Growth, GrowthLine, GrowthPanel, GrowthSeries, LandscapeProfiles,
    LearningPhases, PlotError, Point, PointStatus, PowerLawLine, Profile, Spectrum, Trajectories,
    TrajectoryPair, VarianceFlatness, flatness_by_index, growth, landscape_profiles, learning_phases,
    spectrum, trajectories, variance_flatness,
};

const COMPONENTS: usize = 2500;
const SEARCH_RADIUS: f64 = 30.0;

fn main() -> Result<(), PlotError> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "gallery".to_owned()));
    let mut noise = Noise(1);
    let flatness: Vec<f64> = (1..=COMPONENTS).map(|i| flatness(i, &mut noise)).collect();
    let variance: Vec<f64> = flatness
        .iter()
        .enumerate()
        .map(|(position, f)| {
            let drift = if position == 0 { 40.0 } else { 1.0 };
            // The last directions hardly move at all.
            let tail = (-((position as f64 - 2000.0) / 150.0).max(0.0)).exp();
            drift * 6e-7 * tail * f.powf(-4.2) * (0.35 * noise.normal()).exp()
        })
        .collect();
    let mut ordered = variance.clone();
    ordered.sort_by(|a, b| b.total_cmp(a));

    learning_phases(&phases(&mut noise))?.save(&folder, "learning_phases")?;
    spectrum(&Spectrum {
        gap: ordered[0] / ordered[1],
        nulls: Vec::new(),
        total: None,
        floor: Some(1e-15),
        decay: Some(PowerLawLine {
            slope: -2.41,
            ln_prefactor: ordered[60].ln() + 2.41 * 61f64.ln(),
            from: 20.0,
            to: 200.0,
            text: "power law, i = 20–200:  γ = 2.41 [2.36, 2.46]".to_owned(),
        }),
        variance: ordered,
    })?
    .save(&folder, "spectrum")?;
    trajectories(&paths(&mut noise))?.save(&folder, "trajectories")?;
    landscape_profiles(&profiles(&flatness))?.save(&folder, "landscape_profiles")?;
    flatness_by_index(&by_index(&flatness))?.save(&folder, "flatness_by_index")?;
    variance_flatness(&relation(&flatness, &variance))?.save(&folder, "variance_flatness")?;
    growth(&costs(&mut noise))?.save(&folder, "growth")
}

/// From 0.3 to 60, at first slowly, with the slight scatter of measured values.
fn flatness(i: usize, noise: &mut Noise) -> f64 {
    let i = i as f64;
    0.3 * i.powf(0.45) * (1.0 + (i / 900.0).powi(2)).powf(0.8) * (0.04 * noise.normal()).exp()
}

fn phases(noise: &mut Noise) -> LearningPhases {
    let epoch: Vec<f64> = (1..=241).map(f64::from).collect();
    let mut column =
        |of: &dyn Fn(f64, f64) -> f64| -> Vec<f64> { epoch.iter().map(|e| of(*e, noise.normal())).collect() };
    let training_error = |e: f64, n: f64| {
        let images = 60_000.0 * 0.08 * (-e / 9.0).exp() + 2.0 * (n - 1.0) * f64::from(e < 110.0);
        images.round().max(0.0) / 60_000.0
    };
    LearningPhases {
        train_loss: column(&|e, n| (0.3 * (-e / 8.0).exp() + 0.012 * e.powf(-1.0)) * (0.08 * n).exp()),
        train_error: column(&training_error),
        test_loss: column(&|e, n| (0.3 * (-e / 3.0).exp() + 0.09 + 2e-4 * e) * (0.03 * n).exp()),
        test_error: column(&|e, n| 0.07 * (-e / 4.0).exp() + 0.026 + 3e-4 * n),
        window_epochs: Some((231.0, 241.0)),
        epoch,
    }
}

fn paths(noise: &mut Noise) -> Trajectories {
    let mut path = |drift: f64, step: f64, memory: f64| -> Vec<f64> {
        let mut theta = 0.0;
        (0..12_000)
            .map(|t| {
                theta = memory * theta + step * noise.normal();
                drift * (f64::from(t) / 12_000.0 - 0.5) + theta
            })
            .collect()
    };
    Trajectories {
        pairs: vec![
            TrajectoryPair { x_index: 1, y_index: 2, x: path(0.035, 2e-5, 0.998), y: path(0.0, 4e-5, 0.997) },
            TrajectoryPair { x_index: 49, y_index: 50, x: path(0.0, 9e-6, 0.98), y: path(0.0, 9e-6, 0.98) },
        ],
        window_steps: Some(12_000.0),
    }
}

fn profiles(flatness: &[f64]) -> LandscapeProfiles {
    let reference_loss = 5.1e-5;
    let profile = |index: usize| {
        let (left, right) = (0.45 * flatness[index - 1], 0.55 * flatness[index - 1]);
        let loss = |offset: f64| {
            let side = if offset < 0.0 { left } else { right };
            let s: f64 = (offset / side).abs();
            reference_loss * (1.0 + (std::f64::consts::E - 1.0) * s.powf(2.2))
        };
        let offset: Vec<f64> = (-200..=200).map(|n| f64::from(n) / 200.0 * 6.0 * right).collect();
        let reached = index < 2200;
        Profile {
            index,
            loss: offset.iter().map(|offset| loss(*offset)).collect(),
            offset,
            left: reached.then_some(-left),
            right: reached.then_some(right),
        }
    };
    LandscapeProfiles {
        reference_loss,
        factor: std::f64::consts::E,
        profiles: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].map(profile).to_vec(),
    }
}

fn by_index(flatness: &[f64]) -> FlatnessByIndex {
    let status: Vec<_> = flatness
        .iter()
        .enumerate()
        .map(|(position, f)| match position {
            _ if *f > 50.0 => PointStatus::Censored,
            2100.. if position % 40 == 0 => PointStatus::Doubtful,
            _ => PointStatus::Measured,
        })
        .collect();
    FlatnessByIndex {
        index: (1..=COMPONENTS).collect(),
        flatness: flatness
            .iter()
            .zip(&status)
            .map(|(f, status)| (*status != PointStatus::Censored).then_some(*f))
            .collect(),
        status,
        radius: SEARCH_RADIUS,
    }
}

fn relation(flatness: &[f64], variance: &[f64]) -> VarianceFlatness {
    let points: Vec<_> = flatness
        .iter()
        .zip(variance)
        .enumerate()
        .map(|(position, (flatness, variance))| Point {
            index: position + 1,
            flatness: *flatness,
            variance: *variance,
            used_in_fit: position > 0 && position < 2000,
        })
        .collect();
    VarianceFlatness {
        fit: Some(FitLine {
            psi: 4.2,
            interval: Some((4.16, 4.28)),
            bend: Some((3.3, 4.8)),
            ln_prefactor: 6e-7_f64.ln(),
            r: -0.9934,
            first: 2,
            last: 2000,
            n: points.iter().filter(|point| point.used_in_fit).count(),
            censored: 0,
        }),
        points,
        equilibrium: true,
        title: Some("MNIST, B = 50, α = 0.1".to_owned()),
    }
}

fn costs(noise: &mut Noise) -> Growth {
    let mut series = |name: &str, exponent: f64, prefactor: f64| {
        let size = vec![25.0, 50.0, 100.0, 200.0];
        let cost =
            size.iter().map(|size: &f64| prefactor * size.powf(exponent) * (0.05 * noise.normal()).exp());
        let line = GrowthLine { exponent, standard_error: 0.04, ln_prefactor: prefactor.ln() };
        GrowthSeries { name: name.to_owned(), cost: cost.collect(), size, line: Some(line) }
    };
    let mut panel = |cost: &str, exponents: [f64; 2], prefactor: f64| GrowthPanel {
        size: "hidden width".to_owned(),
        cost: cost.to_owned(),
        series: vec![
            series("an SGD step", exponents[0], prefactor),
            series("a loss", exponents[1], 20.0 * prefactor),
        ],
    };
    Growth { panels: vec![panel("time (s)", [1.1, 2.0], 1e-6), panel("peak memory (MB)", [0.5, 0.9], 20.0)] }
}

/// A small fixed random sequence: the gallery is the same on every machine.
struct Noise(u64);

impl Noise {
    /// Uniform on (0, 1), by xorshift.
    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    /// Standard normal, by Box and Muller.
    fn normal(&mut self) -> f64 {
        let (u, v) = (self.uniform(), self.uniform());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }
}
